//! What a look would tell, on recorded machines whose past is a file beside them: nothing that is broken silences it, and
//! absence is not health.

use serde_json::{Value, json};

use super::{Altered, on};

const STATUS: &str = "zpool status -j --json-int -P -p -t -i";
const WISH: &str = "/etc/zbay/profile.yaml";
const TOLD: &str = "/var/lib/zbay/told.json";
const GUID: &str = "6286925134088733371";
const NONE: &str =
    r#"{"output_version":{"command":"zpool status","vers_major":0,"vers_minor":1},"pools":{}}"#;

fn lines(text: &str) -> Value {
    Value::from(text.split('\n').collect::<Vec<_>>())
}

/// The profile of the box with a pool that lost a drive, and who is told.
fn profile() -> String {
    let shipped = include_str!("../../profiles/gen8-usb-raidz.yaml");
    format!("{shipped}notify:\n  mail: root\n  url: https://ntfy.example/topic\n  weekly: true\n")
}

/// A box with this profile on it, and what an earlier look kept.
fn boxed(machine: &str, profile: Option<&str>, told: &Value) -> Altered {
    let profile = profile.map_or(Value::Null, lines);
    Altered::of(machine).edit("files.json", |all| {
        all[WISH] = profile;
        all[TOLD] = lines(&told.to_string());
        all["/run/zbay/told.json"] = Value::Null;
    })
}

fn said_status(pools: &str) -> Value {
    json!({"status": 0, "stdout": pools, "stderr": ""})
}

/// What an earlier look saw: the pool, and that a drive of it is gone, told a minute before now.
fn earlier(now: &str) -> Value {
    let ways = json!({"journal": now, "mail root": now, "post https://ntfy.example/topic": now});
    json!({
        "form": 2, "turn": 5, "looked": now, "asked": now, "weekly": now, "weeklies": ways, "filled": {},
        "matters": {"tank drive-gone Z1E0EXA1": {
            "matter": {"key": "tank drive-gone Z1E0EXA1", "weight": "wrong", "says": "tank: bay 2 is gone",
                "means": "m", "next": null, "drives": [], "pool": "tank", "serials": ["Z1E0EXA1"]},
            "since": now, "seen": now, "told": now, "ways": ways
        }},
        "pools": {GUID: {"name": "tank", "at": now, "boot": "b", "drives": {"Z1E0EXA1": "bay 2  ST  serial Z1E0EXA1"}}},
        "notify": {"mail": "root", "url": null, "url_file": null, "weekly": true},
        "wished": "tank"
    })
}

/// The hour at which a machine was recorded, plus some minutes.
fn hour(machine: &str, minutes: i64) -> String {
    let path = format!("{}/tests/machines/{machine}/machine.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("recorded");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    let now: jiff::Timestamp = value["now"].as_str().expect("text").parse().expect("a time");
    (now + jiff::SignedDuration::from_mins(minutes)).to_string()
}

fn told(altered: &Altered) -> String {
    let said = altered.run(&["notify"]);
    assert!(said.status < 2, "{}", said.err);
    said.out
}

#[test]
fn a_pool_that_is_gone_altogether_is_lost_and_never_well() {
    let now = hour("in-trouble", -1);
    for wish in [Some(profile()), None] {
        let mut past = earlier(&now);
        if wish.is_none() {
            past["wished"] = Value::Null;
        }
        let gone =
            boxed("in-trouble", wish.as_deref(), &past).answer("zpool status", &said_status(NONE));
        let text = told(&gone);
        assert!(text.contains("tank is lost: it is no longer imported"), "{text}");
        assert!(!text.contains("over: ") && !text.contains("all pools are healthy"), "{text}");
        assert_eq!(text.contains("zbay forget tank"), wish.is_none(), "{text}");
        // Hours later, and after weeks, it is neither over nor well.
        for minutes in [-20, -60 * 30, -60 * 24 * 30] {
            let mut past = earlier(&hour("in-trouble", minutes));
            past["looked"] = json!(now);
            let gone = boxed("in-trouble", wish.as_deref(), &past)
                .answer("zpool status", &said_status(NONE));
            let text = told(&gone);
            assert!(text.contains("is lost") && !text.contains("over: "), "{text}");
            assert!(!text.contains("all pools are healthy"), "{text}");
        }
    }
}

#[test]
fn what_an_older_version_kept_is_read_and_the_profiles_pool_is_missed() {
    let now = hour("in-trouble", -1);
    let past = json!({
        "looked": now, "asked": now, "weekly": now, "filled": {"tank": [[now, 5]]},
        "matters": {"tank drive-gone Z1E0EXA1": {
            "matter": {"key": "tank drive-gone Z1E0EXA1", "weight": "wrong", "says": "tank: bay 2 is gone",
                "means": "m", "next": null, "drives": []},
            "since": now, "seen": now, "told": now
        }}
    });
    let here = boxed("in-trouble", Some(&profile()), &past);
    assert!(!told(&here).contains("now: tank: the drive in bay 2"), "told before");
    let text = told(&here.answer("zpool status", &said_status(NONE)));
    assert!(text.contains("tank is lost") && !text.contains("over: "), "{text}");
}

#[test]
fn a_look_that_failed_ends_nothing() {
    let past = earlier(&hour("in-trouble", -40));
    let hung = json!({"failed": {"TimedOut": {"command": STATUS, "seconds": 10}}});
    let text = told(&boxed("in-trouble", Some(&profile()), &past).answer("zpool", &hung));
    assert!(text.contains("could not get pool status"), "{text}");
    assert!(!text.contains("over: ") && !text.contains("all pools are healthy"), "{text}");
}

#[test]
fn a_profile_that_is_broken_is_told_by_the_last_addresses_and_silences_nothing() {
    let now = hour("in-trouble", -10);
    let mut past = earlier(&now);
    past["matters"] = json!({});
    // Of all lines the one that says who is told.
    let typo = profile().replace("  mail:", "  mial:");
    let broken = boxed("in-trouble", Some(&typo), &past);
    let said = broken.run(&["--json", "notify"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((said.status, &json["nobody"]), (0, &json!(false)), "{}", said.err);
    assert!(json["notice"]["subject"].as_str().expect("a notice").contains("bay 2 is missing"));
    // That it is broken is a warning: told when it lasts, with its line.
    let key = format!("file {WISH}");
    past["matters"][&key] = json!({
        "matter": {"key": key, "weight": "warning", "says": "s", "means": "", "next": null, "drives": []},
        "since": now, "seen": now, "told": null, "ways": {}
    });
    let text = told(&boxed("in-trouble", Some(&typo), &past));
    let line = 1 + typo.lines().position(|line| line == "  mial: root").expect("there");
    assert!(
        text.contains(&format!("the profile is broken, using the last valid one: {WISH}:{line}:")),
        "{text}"
    );
    assert!(text.contains(&format!("do this: zbay check {WISH}")), "{text}");
    // One that vanished names nobody, so the last one holds too.
    let said = boxed("in-trouble", None, &past).run(&["--json", "notify"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(json["nobody"], json!(false));
    assert!(json["notice"]["body"].as_str().expect("text").contains("profile.yaml is gone"));
    // Nor is anything well beside it.
    let well =
        json!({"looked": hour("gen8-seed", -10), "wished": "tank", "notify": past["notify"]});
    assert!(
        !told(&boxed("gen8-seed", Some("hardware: ["), &well)).contains("all pools are healthy")
    );
}

#[test]
fn a_description_that_is_broken_is_named_and_passed_over() {
    let own = |machine: &str, name: &str, text: &str| {
        let file = format!("/etc/zbay/hw/{name}.yaml");
        let text = lines(text);
        Altered::of(machine)
            .edit("lists.json", |all| all["/etc/zbay/hw"] = json!([format!("{name}.yaml")]))
            .edit("files.json", |all| all[&file] = text)
    };
    let sound = on("in-trouble", &["status"]);
    let other = own("in-trouble", "other", "# nothing but a comment\n");
    for args in [&["status"][..], &["show", "hw"], &["notify"], &["metrics"], &["show", "disk"]] {
        let said = other.run(args);
        assert!(said.status < 2, "{args:?}: {}", said.err);
        let warned = said.err.contains("/etc/zbay/hw/other.yaml:") && said.err.contains("skipped");
        assert!(warned, "{args:?}: {}", said.err);
    }
    assert_eq!(other.run(&["status"]).out, sound.out, "and changes nothing else");
    // One that takes the place of the box's shipped description: no bay is claimed by what somebody found to be otherwise.
    let mine = own("in-trouble", "hp-microserver-gen8", "hardware: [\n");
    let said = mine.run(&["status"]);
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(
        said.err.contains("hp-microserver-gen8.yaml:") && !said.out.contains("bay 1"),
        "{}",
        said.out
    );
    let generic = own("in-trouble", "generic", "hardware: [\n");
    assert_eq!(generic.run(&["status"]).out, sound.out);
    // Where it is asked for by name it is refused.
    assert_eq!(mine.run(&["--hw", "hp-microserver-gen8", "status"]).status, 2);
}

#[test]
fn figures_of_a_pool_that_is_gone_are_zeros_and_no_series_comes_twice() {
    let past = earlier(&hour("in-trouble", -1));
    let gone =
        boxed("in-trouble", Some(&profile()), &past).answer("zpool status", &said_status(NONE));
    let figures = gone.run(&["metrics"]).out;
    for line in [
        &format!("zbay_pool_imported{{pool=\"tank\",guid=\"{GUID}\"}} 0"),
        "zbay_pool_state{pool=\"tank\",state=\"ONLINE\"} 0",
        "zbay_pools_answered 1",
    ] {
        assert!(figures.contains(line), "{line}: {figures}");
    }
    for machine in super::MACHINES {
        let figures = on(machine, &["metrics"]).out;
        let mut series: Vec<&str> = figures
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| Some(line.rsplit_once(' ')?.0))
            .collect();
        let count = series.len();
        series.sort_unstable();
        series.dedup();
        assert_eq!(series.len(), count, "{machine}");
    }
    let hung = json!({"failed": {"TimedOut": {"command": STATUS, "seconds": 10}}});
    let figures =
        boxed("in-trouble", Some(&profile()), &past).answer("zpool", &hung).run(&["metrics"]).out;
    assert!(figures.contains("zbay_pools_answered 0") && !figures.contains("zbay_pool_imported{"));
}

/// Members without bay and serial: what is gone, partitions on dm, spares of dRAID.
#[test]
fn members_that_say_nothing_of_themselves_are_told_apart() {
    let nameless = Altered::of("in-trouble").edit("commands.json", |all| {
        let said = all[STATUS]["stdout"].as_str().expect("text");
        let mut said: Value = serde_json::from_str(said).expect("JSON");
        let vdevs = said["pools"]["tank"]["vdevs"]["tank"]["vdevs"].as_object_mut().expect("vdevs");
        for leaf in vdevs
            .values_mut()
            .filter_map(|vdev| vdev["vdevs"].as_object_mut())
            .flat_map(|it| it.values_mut())
        {
            for key in ["path", "devid", "phys_path"] {
                leaf.as_object_mut().expect("a leaf").remove(key);
            }
        }
        all[STATUS]["stdout"] = said.to_string().into();
    });
    let figures = nameless.run(&["metrics"]).out;
    let members: Vec<&str> =
        figures.lines().filter(|line| line.starts_with("zbay_member_online{")).collect();
    let bare =
        members.iter().filter(|line| !line.contains("bay=") && !line.contains("serial=")).count();
    assert!(bare > 2, "{figures}");
    let names = |line: &str| line.rsplit_once(' ').map(|(name, _)| name.to_owned());
    let mut all: Vec<_> = members.iter().map(|line| names(line)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), members.len());
    assert!(members.iter().any(|line| line.ends_with(" 0")), "{figures}");
}

#[test]
fn a_clock_that_was_ahead_silences_nothing() {
    let ahead = "2040-01-01T00:00:00Z";
    let text = told(&boxed("in-trouble", Some(&profile()), &earlier(ahead)));
    assert!(text.contains("now: tank: the drive in bay 2 is missing"), "{text}");
    let mut well = earlier(ahead);
    well["matters"] = json!({});
    well["pools"] = json!({});
    well["wished"] = Value::Null;
    let healthy = boxed("every-owner", None, &well).edit("commands.json", |all| {
        let said = all[STATUS]["stdout"].as_str().expect("text");
        let mut said: Value = serde_json::from_str(said).expect("JSON");
        said["pools"]["tank"].as_object_mut().expect("a pool").remove("spares").expect("a spare");
        all[STATUS]["stdout"] = said.to_string().into();
    });
    assert!(told(&healthy).contains("all pools are healthy"), "{}", told(&healthy));
}

#[test]
fn all_is_well_is_said_of_pools_that_were_seen() {
    let long_ago = hour("gen8-seed", -60 * 24 * 30);
    let past = json!({"form": 2, "looked": hour("gen8-seed", -1), "weeklies": {"journal": long_ago},
        "notify": {"mail": "root", "url": null, "url_file": null, "weekly": true}});
    assert_eq!(
        told(&boxed("gen8-seed", None, &past)),
        "nothing new to report\n",
        "there is no pool"
    );
}

#[test]
fn a_person_says_which_pool_is_not_missed_any_more() {
    let past = earlier(&hour("in-trouble", -1));
    let gone = |wish: Option<&str>| {
        let mut past = past.clone();
        if wish.is_none() {
            past["wished"] = Value::Null;
        }
        boxed("in-trouble", wish, &past).answer("zpool status", &said_status(NONE))
    };
    for word in ["tank", GUID] {
        let said = gone(None).run(&["forget", word]);
        assert_eq!((said.status, said.err.as_str()), (0, ""));
        assert!(said.out.contains(&format!("tank (guid {GUID})")), "{}", said.out);
    }
    for (altered, word, words) in [
        (gone(Some(&profile())), "tank", "names tank, so it is watched\ndo this"),
        (gone(None), "tnak", "zbay has seen no pool `tnak`"),
        (boxed("in-trouble", None, &past), "tank", "tank is imported, so it is watched\ndo this"),
        (boxed("in-trouble", None, &past), GUID, "tank is imported"),
    ] {
        let said = altered.run(&["forget", word]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains(words), "{}", said.err);
    }
    assert_eq!(on("in-trouble", &["forget"]).status, 2);
}

/// Whoever is on the way reads a plain address: that is told where a profile is checked and where a notice is tried.
#[test]
fn a_secret_that_can_be_read_on_the_way_is_warned_of() {
    let dir = tempfile::TempDir::new().expect("a directory");
    let file = dir.path().join("wish.yaml");
    let kept = |url: &str| {
        let text = profile()
            .replace("  url: https://ntfy.example/topic\n", "  url_file: /etc/zbay/ntfy\n");
        std::fs::write(&file, &text).expect("written");
        let url = format!("{url}\n");
        boxed("in-trouble", Some(&text), &json!({}))
            .edit("files.json", move |all| all["/etc/zbay/ntfy"] = lines(&url))
    };
    let warned = kept("http://push.example.org/message?token=AbCdEf");
    for args in [&["notify", "--test", "--dry-run"][..], &["check", file.to_str().expect("UTF-8")]]
    {
        let said = warned.run(args);
        assert_eq!(said.status, 0, "{}", said.err);
        let words =
            "the address in `notify.url_file` is plain http and holds a query string with values";
        let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(out.matches(words).count(), 1, "{out}");
        assert!(said.out.contains("https://") && !said.out.contains("AbCdEf"), "{}", said.out);
        for silent in ["https://push.example.org/?token=AbCdEf", "http://10.0.0.2/?token=AbCdEf"] {
            let said = kept(silent).run(args);
            assert!(said.status == 0 && !said.out.contains("plain http"), "{}", said.out);
        }
    }
}

#[test]
fn status_names_pools_that_are_lost_also_where_no_profile_does() {
    let now = hour("in-trouble", -1);
    let mut past = earlier(&now);
    past["wished"] = Value::Null;
    let gone =
        |past: &Value| boxed("in-trouble", None, past).answer("zpool status", &said_status(NONE));
    for args in [&["status"][..], &["status", "tank"]] {
        let said = gone(&past).run(args);
        assert_eq!((said.status, said.err.as_str()), (1, ""), "{}", said.out);
        let text = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("tank is lost: it is no longer imported"), "{text}");
        assert!(text.contains("if it is gone for good: `zbay forget tank`"), "{text}");
        assert!(text.contains("next `zbay "), "{text}");
    }
    // A profile that names it offers no way to forget it, and no plan that would make it anew.
    let wished = boxed("in-trouble", Some(&profile()), &past)
        .answer("zpool status", &said_status(NONE))
        .run(&["status"]);
    assert!(wished.out.contains("tank is lost"), "{}", wished.out);
    assert!(!wished.out.contains("forget") && !wished.out.contains("plan"), "{}", wished.out);
    // One that was let go, or is here, is not lost.
    for let_go in ["exported", "destroyed", "ours", "overwritten"] {
        let mut past = past.clone();
        past["pools"][GUID]["let_go"] = json!(let_go);
        let said = gone(&past).run(&["status"]);
        assert!(!said.out.contains("lost"), "{}", said.out);
    }
    let here = boxed("in-trouble", None, &past).run(&["status"]);
    assert_eq!(here.out, on("in-trouble", &["status"]).out);
}
