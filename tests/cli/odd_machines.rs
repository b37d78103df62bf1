//! Machines where little is known, and what QEMU cannot be: no SMBIOS and no ZFS, other boxes, other controller modes,
//! drives in standby.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Altered, WOKEN, missing, on};

#[test]
fn a_look_leaves_a_drive_asleep_and_a_plan_says_that_it_woke_it() {
    for look in [&[][..], &["show", "disk"], &["show", "hw"]] {
        let said = on("gen8-asleep", look);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{look:?}");
        assert!(said.out.contains("asleep"), "{look:?}: {}", said.out);
        assert_eq!(said.out.matches("blank").count(), 3, "{look:?}: {}", said.out);
    }
    let row = "| 2   | sdb | ST2000DM001-1CH164 | 2.00 | Z1E0EXA1      | asleep: `zbay plan.. |";
    assert!(on("gen8-asleep", &["show", "disk"]).out.contains(row));
    let json: Value = serde_json::from_str(&on("gen8-asleep", &["--json"]).out).expect("JSON");
    let asleep = |at: usize| &json["disks"][at]["asleep"];
    let all = [asleep(0), asleep(1), asleep(2), asleep(3), asleep(4)];
    assert_eq!(all, [&json!(false), &json!(true), &json!(false), &Value::Null, &json!(false)]);
    assert_eq!(json["disks"][1]["free"], Value::Null);
    assert!(json["importable"]["unknown"].as_str().expect("words").contains("asleep"));
    for command in ["plan", "verify"] {
        let said = on("gen8-asleep", &[command, "gen8-seed"]);
        assert_eq!((said.status, said.err.as_str()), (1, WOKEN), "{command}");
    }
    // The look did not so much as ask for what would have woken it.
    let altered = Altered::of("gen8-asleep").edit("commands.json", |all| {
        let all = all.as_object_mut().expect("commands");
        all.retain(|name, _| {
            !(name.starts_with("zpool import")
                || name.ends_with("/dev/sdb") && name.starts_with("wipefs"))
        });
    });
    let altered = altered.edit("blocks.json", |all| {
        all.as_object_mut().expect("devices").remove("/dev/sdb").expect("recorded");
    });
    let said = altered.run(&["show", "disk"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.contains("asleep"), "{}", said.out);
}

#[test]
fn a_drive_that_cannot_tell_whether_it_sleeps_is_read() {
    for answer in [
        missing("smartctl", "smartmontools"),
        json!({"failed": {"TimedOut": {"command": "smartctl", "seconds": 5}}}),
        json!({"status": 2, "stdout": "{\"smartctl\": {\"messages\": []}}", "stderr": ""}),
        json!({"status": 1, "stdout": "", "stderr": ""}),
    ] {
        let altered = Altered::of("gen8-asleep").answer("smartctl", &answer);
        let said = altered.run(&["show", "disk"]);
        assert_eq!((said.status, said.out.matches("blank").count()), (0, 4), "{}", said.out);
        assert_eq!(altered.run(&["plan", "gen8-seed"]).err, "", "nothing is claimed to be woken");
    }
}

#[test]
fn no_bay_is_claimed_where_ports_are_not_proved() {
    for (machine, title, port) in [
        ("n54l", "HP ProLiant MicroServer N36L, N40L or N54L", "pci-0000:00:11.0-ata-1"),
        ("t20", "Dell PowerEdge T20", "pci-0000:00:1f.2-ata-1"),
        ("gen8-legacy-mode", "HP ProLiant MicroServer Gen8", "pci-0000:00:1f.2-ata-1.1"),
    ] {
        for look in [&[][..], &["show", "hw"], &["show", "disk"], &["show", "disk", "-a"]] {
            let said = on(machine, look);
            assert_eq!((said.status, said.err.as_str()), (0, ""), "{look:?} on {machine}");
            assert!(!said.out.contains("bay 1"), "{look:?} on {machine}: {}", said.out);
        }
        let overview = on(machine, &[]).out;
        assert!(overview.contains(title) && overview.contains(port), "{overview}");
        assert!(
            on(machine, &["show", "hw"]).out.contains("it is not confirmed which port is which")
        );
    }
    let ports: Vec<String> = (1..=4).map(|n| format!("pci-0000:00:11.0-ata-{n}")).collect();
    for look in [&[][..], &["show", "hw"]] {
        let shown = on("n54l", look).out;
        let rows = shown.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
        let rows: Vec<&str> = rows.filter(|place| place.starts_with("pci-")).collect();
        assert_eq!(rows, ports, "{shown}");
    }
    assert!(on("t20", &[]).out.contains("controller in RAID mode"));
    assert!(on("gen8-raid-mode", &[]).out.contains("controller in RAID mode"));
    // Ports do for a pool.
    let dir = TempDir::new().expect("a directory");
    let wish = dir.path().join("wish.yaml");
    let port = |n: u32| format!("pci-0000:00:11.0-ata-{n}");
    let text = format!(
        "hardware: hp-microserver-n36l-n40l-n54l\ncontroller: ahci\nboot: usb\npool:\n  name: tank\n  \
         layout: raidz\n  bays: [\"{}\", \"{}\", \"{}\", \"{}\"]\n",
        port(1),
        port(2),
        port(3),
        port(4)
    );
    fs::write(&wish, text).expect("written");
    let said = on("n54l", &["plan", wish.to_str().expect("UTF-8")]);
    assert_eq!((said.status, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(said.out.contains("create pool tank") && !said.out.contains("bay 1"), "{}", said.out);
}

/// Machines that have no SMBIOS, no udevd, no ZFS: the last line is where to see one that has.
#[test]
fn a_bare_machine_answers_and_says_where_to_look() {
    let looks: [&[&str]; 5] =
        [&[], &["show", "disk"], &["show", "hw"], &["show", "pool"], &["capacity"]];
    for machine in ["bare", "container"] {
        for look in looks {
            let what = format!("{look:?} on {machine}");
            let said = on(machine, look);
            assert_eq!((said.status, said.err.as_str()), (0, ""), "{what}");
            assert!(
                said.out.ends_with("\ntry: zbay show hw --machine gen8-seed\n"),
                "{what}: {}",
                said.out
            );
            assert!(said.out.lines().all(|line| line.is_ascii() && line.len() <= 80), "{what}");
            for absent in ["loop", "zram", " 0 CPU", "0 GiB for", "blank"] {
                assert!(!said.out.contains(absent), "{what}: {}", said.out);
            }
            assert!(machine != "bare" || !said.out.contains("empty"), "{what}: {}", said.out);
            let said = on(machine, &[&["--json"], look].concat());
            let json: Value = serde_json::from_str(&said.out).expect("JSON");
            assert_eq!((said.status, said.err.as_str()), (0, ""), "{what}");
            assert_eq!(json["try"], json!("zbay show hw --machine gen8-seed"), "{what}");
        }
        assert!(
            on(machine, &["show", "pool"])
                .out
                .starts_with("pools    not known: zpool is not installed")
        );
    }
    let overview = on("bare", &[]).out;
    for unknown in [
        "processor and memory not known",
        "system not known",
        "disks not known: there is no /sys/block",
    ] {
        let flat = overview.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(unknown), "{overview}");
    }
    let disks = on("container", &["show", "disk", "-g"]).out;
    assert_eq!(disks.lines().filter(|line| line.starts_with('|')).count(), 1, "{disks}");
    // What is asked for by flags is a table and nothing else; a box that is known gets no such hint.
    assert!(!on("container", &["show", "disk", "-sm"]).out.contains("try:"));
    assert!(!on("gen8-seed", &["show", "hw"]).out.contains("try:"));
}
