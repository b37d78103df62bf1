//! A drive that is replaced and a spare that stands in are one place of their vdev: what is verified, what may still be
//! lost and what may come out while it is so.

use serde_json::{Value, json};

use super::Altered;

const GLANCE: &str = "zpool status -j --json-int -P -p -t -i";
const STATUS: &str = "zpool status -j --json-int -P -p";

/// The members of bays 1 to 4.
const BAYS: [&str; 4] = [
    "/dev/disk/by-id/wwn-0x50000f0008064806-part1",
    "/dev/disk/by-id/wwn-0x5000c5006518af8f-part1",
    "/dev/disk/by-id/wwn-0x5000c5004d36f5b1-part1",
    "/dev/disk/by-id/wwn-0x5000c5004dad2a1b-part1",
];

/// every-owner with its pool as `change` makes it in both answers of `zpool status`.
fn changed(change: impl Fn(&mut Value)) -> Altered {
    Altered::of("every-owner").edit("commands.json", |all| {
        for command in [GLANCE, STATUS] {
            let said = all[command]["stdout"].as_str().expect("text");
            let mut said: Value = serde_json::from_str(said).expect("JSON");
            change(&mut said["pools"]["tank"]);
            all[command]["stdout"] = said.to_string().into();
        }
    })
}

fn raidz(pool: &mut Value) -> &mut Value {
    &mut pool["vdevs"]["tank"]["vdevs"]["raidz1-0"]
}

fn member(pool: &mut Value, bay: usize) -> &mut Value {
    &mut raidz(pool)["vdevs"][BAYS[bay - 1]]
}

fn gone(guid: u64) -> Value {
    json!({"name": guid.to_string(), "vdev_type": "disk", "guid": guid, "state": "CANT_OPEN",
        "not_present": 1, "was": "/dev/disk/by-id/ata-OLD_1-part1"})
}

/// The member in this bay shares its place with others, which come before or after it.
fn share(pool: &mut Value, bay: usize, kind: &str, before: &[Value], after: &[Value]) {
    let own = member(pool, bay).clone();
    let all = before.iter().chain([&own]).chain(after);
    // Keyed by its place: zpool writes them in order, and a map of ours is sorted.
    let children: serde_json::Map<String, Value> =
        all.enumerate().map(|(at, it)| (at.to_string(), it.clone())).collect();
    *member(pool, bay) = json!({"name": format!("{kind}-{}", bay - 1), "vdev_type": kind,
        "guid": 4711, "state": "DEGRADED", "vdevs": children});
}

fn resilvers(pool: &mut Value) {
    pool["scan_stats"] = json!({"function": "RESILVER", "state": "SCANNING",
        "start_time": 1_795_300_000, "to_examine": 1_000_000_000, "issued": 500_000_000});
}

fn ended(pool: &mut Value, errors: u64) {
    pool["scan_stats"] = json!({"function": "RESILVER", "state": "FINISHED", "errors": errors,
        "start_time": 1_795_300_000, "end_time": 1_795_310_000, "to_examine": 1_000_000_000});
}

fn worse(pool: &mut Value) {
    pool["state"] = json!("DEGRADED");
    for it in ["/vdevs/tank/state", "/vdevs/tank/vdevs/raidz1-0/state"] {
        *pool.pointer_mut(it).expect("there") = json!("DEGRADED");
    }
}

/// What `verify` says of the layout of the four bays.
fn layout(machine: &Altered) -> String {
    let said = machine.run(&["verify", "tests/cli/raidz-of-four.yaml"]);
    let lines = said.out.lines().filter(|line| !line.contains("of tank is"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_layout_is_as_wished_while_a_drive_is_replaced_or_a_spare_stands_in() {
    let plain = layout(&changed(|_| {}));
    assert!(!plain.contains("raidz1 of"), "{plain}");
    let cases: [&dyn Fn(&mut Value); 5] = [
        &|pool| share(pool, 2, "replacing", &[gone(1)], &[]),
        &|pool| share(pool, 2, "replacing", &[], &[gone(1)]),
        &|pool| share(pool, 2, "replacing", &[gone(1), gone(2)], &[]),
        &|pool| share(pool, 2, "spare", &[], &[gone(1)]),
        &|pool| {
            share(pool, 2, "spare", &[], &[gone(1)]);
            let inner = raidz(pool)["vdevs"][BAYS[1]].clone();
            raidz(pool)["vdevs"][BAYS[1]] = json!({"name": "replacing-1", "guid": 4712,
                "vdev_type": "replacing", "state": "DEGRADED",
                "vdevs": {"0": inner, "1": gone(3)}});
        },
    ];
    for (at, case) in cases.iter().enumerate() {
        let machine = changed(|pool| {
            case(pool);
            worse(pool);
            resilvers(pool);
        });
        let said = layout(&machine);
        assert!(!said.contains("raidz1 of") && !said.contains("destroy"), "{at}: {said}");
        let made = machine.run(&["plan", "tests/cli/raidz-of-four.yaml"]);
        let all = made.out + &made.err;
        assert!(!all.contains("raidz1 of") && !all.contains("destroy"), "{at}: {all}");
    }
    // A layout that does differ says so, and what comes first.
    let other = changed(|pool| {
        raidz(pool)["vdevs"].as_object_mut().expect("members").remove(BAYS[3]);
        worse(pool);
    });
    let said = layout(&other);
    assert!(said.contains("pool tank is raidz1 of bays 1 2 3, the profile says raidz1"), "{said}");
    assert!(said.contains("`zbay status tank`") && !said.contains("destroy"), "{said}");
}

#[test]
fn logs_caches_and_spares_beside_the_profile_come_off_in_place() {
    let plain = changed(|_| {});
    let said = layout(&plain);
    for (class, guid) in [
        ("log", "4305212143037846584"),
        ("cache", "15729248437992588215"),
        ("spare", "11198734856339073456"),
    ] {
        let has = format!("pool tank has a {class} that the profile does not name: ");
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&has), "{said}");
        let remove = format!("`zbay expand remove {guid}`, or add the {class} to the profile");
        assert!(flat.contains(&remove), "{flat}");
        let removal = plain.run(&["expand", "remove", guid, "--plan"]);
        assert_ne!(removal.status, 2, "{}", removal.err);
    }
    assert!(!said.contains("destroy") && !said.contains("backup"), "{said}");
}

#[test]
fn the_last_copy_is_never_taken_out() {
    let failing = |more: &dyn Fn(&mut Value)| {
        changed(|pool| {
            member(pool, 2)["state"] = json!("DEGRADED");
            member(pool, 2)["checksum_errors"] = json!(40);
            worse(pool);
            more(pool);
        })
    };
    let alone = failing(&|_| {});
    let said = alone.run(&["replace", "2", "--plan"]);
    assert!(said.out.contains("out of service"), "{}{}", said.out, said.err);
    let others: [&dyn Fn(&mut Value); 4] = [
        &|pool| member(pool, 3)["state"] = json!("FAULTED"),
        &|pool| member(pool, 3)["state"] = json!("DEGRADED"),
        &|pool| member(pool, 3)["checksum_errors"] = json!(2),
        &|pool| member(pool, 3)["resilver_deferred"] = json!(1),
    ];
    for (at, other) in others.iter().enumerate() {
        let said = failing(other).run(&["replace", "2", "--plan"]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{at}");
        assert!(said.err.contains("would be lost, so it stays"), "{at}: {}", said.err);
        assert!(said.err.contains("--with OTHER-BAY"), "{at}: {}", said.err);
        assert!(said.err.contains("no help  bay 3"), "{at}: {}", said.err);
    }
}

#[test]
fn a_member_that_waits_for_its_resilver_is_not_whole() {
    let machine = changed(|pool| {
        member(pool, 2)["resilver_deferred"] = json!(1);
        resilvers(pool);
    });
    let json: Value = serde_json::from_str(&machine.run(&["status", "--json"]).out).expect("JSON");
    let left = &json["pools"][0]["left"][0];
    assert_eq!(
        (&left["failures_tolerated"], &left["unknown"]),
        (&json!(0), &json!(false)),
        "{left}"
    );
    // Which drive a resilver is of is not told: nothing is promised.
    let machine = changed(resilvers);
    let json: Value = serde_json::from_str(&machine.run(&["status", "--json"]).out).expect("JSON");
    let left = &json["pools"][0]["left"][0];
    assert_eq!(
        (&left["failures_tolerated"], &left["unknown"]),
        (&Value::Null, &json!(true)),
        "{left}"
    );
    let said = machine.run(&["status"]).out;
    assert!(said.contains("unknown") && !said.contains("any 1"), "{said}");
}

#[test]
fn a_replacement_that_did_not_end_is_told_with_its_way_out_and_not_waited_for() {
    let machine = changed(|pool| {
        share(pool, 2, "replacing", &[gone(123_456)], &[]);
        worse(pool);
        ended(pool, 3);
        pool["error_count"] = json!(2);
    });
    let said = machine.run(&["replace", "2", "--plan"]);
    assert_eq!(said.status, 2);
    let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "did not finish, and no resilver is running",
        "`zpool status -v tank`",
        "`zpool clear tank`",
        "`zpool scrub tank`",
        "`zpool detach tank 123456`",
    ] {
        assert!(flat.contains(part), "no {part} in {flat}");
    }
    assert!(!flat.contains("--watch"), "{flat}");
    let json: Value = serde_json::from_str(&machine.run(&["status", "--json"]).out).expect("JSON");
    let pool = &json["pools"][0];
    assert_eq!(pool["left"][0]["failures_tolerated"], json!(0));
    let all = pool["conditions"].as_array().expect("conditions");
    let stuck = all.iter().find(|it| it["id"] == "replacement-unfinished");
    let stuck = stuck.unwrap_or_else(|| panic!("{all:#?}"));
    assert_eq!((&stuck["severity"], &stuck["bay"]), (&json!("wrong"), &json!("2")));
    assert!(stuck["meaning"].as_str().expect("words").contains("`zpool detach tank 123456`"));
    assert_eq!(stuck["command"], json!("zpool clear tank"));
    // While it runs, or is to run, it is waited for.
    let waits: fn(&mut Value) = |pool| {
        let pair = raidz(pool)["vdevs"][BAYS[1]]["vdevs"].as_object_mut().expect("a pair");
        pair.get_mut("1").expect("new")["resilver_deferred"] = json!(1);
    };
    let runs: fn(&mut Value) = resilvers;
    for change in [runs, waits] {
        let machine = changed(|pool| {
            share(pool, 2, "replacing", &[gone(123_456)], &[]);
            worse(pool);
            change(pool);
        });
        let said = machine.run(&["replace", "2", "--plan"]).err;
        assert!(said.contains("is already being replaced"), "{said}");
    }
}

fn conditions(machine: &Altered) -> Vec<Value> {
    let said = machine.run(&["status", "--json"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    json["pools"][0]["conditions"].as_array().expect("conditions").clone()
}

/// The one condition of this name.
fn one(machine: &Altered, name: &str) -> Value {
    let all = conditions(machine);
    let mut found = all.iter().filter(|it| it["id"] == name);
    let one = found.next().unwrap_or_else(|| panic!("no {name} in {all:#?}"));
    assert!(found.next().is_none(), "{name} twice");
    one.clone()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().expect("words")
}

#[test]
fn a_vdev_without_redundancy_beside_some_with_it_is_a_warning() {
    let disk = |pool: &Value| {
        pool["l2cache"].as_object().expect("a cache").values().next().expect("one").clone()
    };
    let data = changed(|pool| {
        let mut disk = disk(pool);
        disk["guid"] = json!(77);
        pool["vdevs"]["tank"]["vdevs"]["x"] = disk;
        pool["l2cache"] = json!({});
    });
    let special = changed(|pool| {
        pool["special"] = json!({"x": disk(pool)});
        pool["l2cache"] = json!({});
    });
    for machine in [&data, &special] {
        let it = one(machine, "vdev-without-redundancy");
        assert_eq!(it["severity"], json!("warning"));
        assert!(word(&it, "summary").ends_with("has no redundancy, next to raidz1-0"), "{it}");
        assert!(word(&it, "meaning").contains("attach a second drive"), "{it}");
        assert_eq!(machine.run(&["status"]).status, 1);
        let metrics = machine.run(&["metrics"]).out;
        assert!(!metrics.contains("zbay_pool_conditions{pool=\"tank\",severity=\"warning\"} 0"));
    }
    // A mirror beside a raidz is a choice, and so is a pool of single drives alone.
    let all = conditions(&changed(|_| {}));
    assert!(!all.iter().any(|it| it["id"] == "vdev-without-redundancy"));
}

#[test]
fn what_is_faulted_or_offline_is_not_said_to_be_gone() {
    let log = "/dev/disk/by-id/wwn-0x5000c50070000000-part1";
    for (state, says) in [
        ("FAULTED", "has failed"),
        ("OFFLINE", "was taken offline"),
        ("CANT_OPEN", "has no valid ZFS label"),
    ] {
        let machine = changed(|pool| pool["logs"][log]["state"] = json!(state));
        let it = one(&machine, "log-gone");
        assert!(word(&it, "summary").ends_with(says), "{it}");
    }
    // Half of a mirrored log: synchronous writes go to the other half.
    let half = changed(|pool| {
        let log = pool["logs"][log].clone();
        pool["logs"] = json!({"m": {"name": "mirror-1", "vdev_type": "mirror", "guid": 70,
            "state": "DEGRADED", "vdevs": {"0": log, "1": gone(71)}}});
    });
    let it = one(&half, "log-degraded");
    assert!(word(&it, "summary").ends_with("is missing"), "{it}");
    assert!(word(&it, "meaning").contains("still works"), "{it}");
    assert_eq!(it["command"], json!("zbay expand remove 71"));
    // What is no drive of the box has ZFS's state.
    let mapped = changed(|pool| {
        worse(pool);
        let it = member(pool, 2);
        for key in ["name", "path"] {
            it[key] = json!("/dev/mapper/crypt-2");
        }
        it.as_object_mut().expect("a member").remove("devid");
        it["state"] = json!("FAULTED");
        it["aux"] = json!("ERR_EXCEEDED");
    });
    let said = mapped.run(&["status"]).out;
    assert!(said.contains("FAULTED") && !said.contains("MISSING"), "{said}");
}

#[test]
fn a_spare_that_stays_and_one_that_is_in_use_elsewhere_are_told() {
    let spare = "/dev/disk/by-id/wwn-0x5000c50070000002-part1";
    let stays = changed(|pool| {
        let mut stands = pool["spares"][spare].clone();
        pool["spares"][spare]["state"] = json!("INUSE");
        stands["state"] = json!("ONLINE");
        share(pool, 2, "spare", &[], &[stands]);
    });
    let it = one(&stays, "spare-not-returned");
    let next = format!("zpool detach tank {}", spare.trim_end_matches("-part1"));
    assert_eq!((&it["severity"], &it["command"]), (&json!("warning"), &json!(next)));
    assert!(!conditions(&stays).iter().any(|it| it["id"] == "spare-in-use"));
    // What it stands in for is not healthy: it is right where it is.
    let needed = changed(|pool| {
        let mut stands = pool["spares"][spare].clone();
        pool["spares"][spare]["state"] = json!("INUSE");
        stands["state"] = json!("ONLINE");
        member(pool, 2)["state"] = json!("DEGRADED");
        share(pool, 2, "spare", &[], &[stands]);
        worse(pool);
    });
    assert_eq!(one(&needed, "spare-in-use")["command"], json!("zbay replace 2"));
    let nowhere = changed(|pool| pool["spares"][spare]["state"] = json!("INUSE"));
    one(&nowhere, "spare-in-use-nowhere");
    assert!(nowhere.run(&["status"]).out.contains("INUSE"), "it has a row");
    let elsewhere = changed(|pool| {
        pool["spares"][spare]["state"] = json!("INUSE");
        pool["spares"][spare]["used_by"] = json!("other");
    });
    let it = one(&elsewhere, "spare-in-use-elsewhere");
    assert!(word(&it, "summary").ends_with("is in use by pool other"), "{it}");
}

#[test]
fn causes_are_told_as_zfs_tells_them() {
    let slow = changed(|pool| {
        member(pool, 2)["state"] = json!("DEGRADED");
        member(pool, 2)["slow_ios"] = json!(14);
        worse(pool);
    });
    assert_eq!(one(&slow, "drive-degraded")["summary"], json!("bay 2 answers too slowly"));
    let forced = changed(|pool| {
        member(pool, 2)["state"] = json!("FAULTED");
        member(pool, 2)["aux"] = json!("EXTERNAL");
        worse(pool);
    });
    let it = one(&forced, "drive-forced-offline");
    assert!(word(&it, "command").starts_with("zpool clear tank /dev/disk/by-id/"), "{it}");
    assert!(!conditions(&forced).iter().any(|it| it["id"] == "drive-failed"));
    // An earlier drive of a replacement that was begun anew is no drive to bring online.
    let old = changed(|pool| {
        let mut old = member(pool, 2).clone();
        for key in ["name", "path"] {
            old[key] = json!("/dev/disk/by-id/wwn-0x5000c5006518af8f-part1/old");
        }
        (old["guid"], old["state"]) = (json!(5), json!("OFFLINE"));
        share(pool, 2, "replacing", &[gone(4), old], &[]);
        worse(pool);
        resilvers(pool);
    });
    let all = conditions(&old);
    assert!(!all.iter().any(|it| it["id"] == "drive-offline"), "{all:#?}");
    assert_eq!(old.run(&["status"]).out.matches("replacement").count(), 1);
    // Both of a pair are out: no drive is resilvering.
    let none = changed(|pool| {
        member(pool, 2)["state"] = json!("OFFLINE");
        share(pool, 2, "replacing", &[gone(4)], &[]);
        worse(pool);
        resilvers(pool);
    });
    one(&none, "resilver-unknown");
}

#[test]
fn drives_that_are_read_are_not_said_to_be_lost() {
    let both = changed(|pool| {
        for bay in [2, 3] {
            member(pool, bay)["state"] = json!("DEGRADED");
            member(pool, bay)["checksum_errors"] = json!(40);
        }
        worse(pool);
    });
    let said = both.run(&["status"]).out;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("No redundancy left"), "{said}");
    assert!(!said.contains("than it can") && !said.contains("`zbay replace"), "{said}");
    let it = one(&both, "drive-degraded-needed");
    assert!(word(&it, "meaning").contains("check cable"), "{it}");
}

#[test]
fn of_a_suspended_pool_no_replacement_is_offered() {
    let machine = changed(|pool| {
        pool["state"] = json!("SUSPENDED");
        for bay in [2, 3] {
            member(pool, bay)["state"] = json!("FAULTED");
        }
        worse(pool);
        pool["state"] = json!("SUSPENDED");
    });
    let all = conditions(&machine);
    assert!(all.iter().any(|it| it["id"] == "suspended"), "{all:#?}");
    assert!(!all.iter().any(|it| word_or_none(it).contains("replace")), "{all:#?}");
    let said = machine.run(&["replace", "2", "--plan"]).err;
    assert!(said.contains("is suspended") && !said.contains("pulled last"), "{said}");
}

fn word_or_none(it: &Value) -> &str {
    it["command"].as_str().unwrap_or_default()
}

#[test]
fn a_member_is_enough_to_name_where_its_bay_is_known() {
    let machine = changed(|pool| {
        member(pool, 2)["state"] = json!("DEGRADED");
        member(pool, 2)["checksum_errors"] = json!(40);
        worse(pool);
    });
    let said = machine.run(&["replace", "--member", "7594149765528716333", "--plan"]);
    assert!(said.out.contains("bay 2") && said.out.contains("out of service"), "{}", said.err);
    let none = machine.run(&["replace", "--member", "nobody", "--plan"]);
    assert!(
        none.err.contains("`nobody` does not match the serial or GUID of exactly one member"),
        "{}",
        none.err
    );
}
