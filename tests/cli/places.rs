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
        let plan = machine.run(&["plan", "tests/cli/raidz-of-four.yaml"]);
        let all = plan.out + &plan.err;
        assert!(!all.contains("raidz1 of") && !all.contains("destroy"), "{at}: {all}");
    }
    // A layout that does differ says so, and what comes first.
    let other = changed(|pool| {
        raidz(pool)["vdevs"].as_object_mut().expect("members").remove(BAYS[3]);
        worse(pool);
    });
    let said = layout(&other);
    assert!(said.contains("pool tank is raidz1 of bays 1 2 3, wished is raidz1"), "{said}");
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
        let plan = plain.run(&["expand", "remove", guid, "--plan"]);
        assert_ne!(plan.status, 2, "{}", plan.err);
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
        "did not end; no resilver runs",
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
    let stuck = all.iter().find(|it| it["condition"] == "replacement-unfinished");
    let stuck = stuck.unwrap_or_else(|| panic!("{all:#?}"));
    assert_eq!((&stuck["weight"], &stuck["bay"]), (&json!("wrong"), &json!("2")));
    assert!(stuck["means"].as_str().expect("words").contains("`zpool detach tank 123456`"));
    assert_eq!(stuck["next"], json!("zpool clear tank"));
    // While it runs, or is to run, it is waited for.
    for change in [resilvers as fn(&mut Value), |pool| {
        let pair = raidz(pool)["vdevs"][BAYS[1]]["vdevs"].as_object_mut().expect("a pair");
        pair.get_mut("1").expect("new")["resilver_deferred"] = json!(1);
    }] {
        let machine = changed(|pool| {
            share(pool, 2, "replacing", &[gone(123_456)], &[]);
            worse(pool);
            change(pool);
        });
        let said = machine.run(&["replace", "2", "--plan"]).err;
        assert!(said.contains("is being replaced already"), "{said}");
    }
}
