//! A drive is called by its bay, its serial, its by-id or kernel name, its GUID or what ZFS calls it: all mean the same,
//! wherever a bay is typed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Altered, Said, on};

/// A drive as a recording has it, with all its names.
#[derive(Debug)]
struct Names {
    name: String,
    bay: Option<String>,
    all: Vec<String>,
}

/// All drives of a recording. A name that several have is none.
fn drives(machine: &str) -> Vec<Names> {
    let said = on(machine, &["--json", "show", "disk", "-a"]);
    let shown: Value = serde_json::from_str(&said.out).expect("JSON");
    let dir = Altered::of(machine);
    let text = std::fs::read_to_string(dir.0.path().join("udev.json")).expect("there");
    let udev: Value = serde_json::from_str(&text).expect("JSON");
    let mut drives = Vec::new();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for disk in shown["disks"].as_array().expect("disks") {
        let name = disk["dev"].as_str().expect("a name").to_owned();
        let mut all = vec![name.clone(), format!("/dev/{name}")];
        if let Some(serial) = disk["serial"].as_str() {
            let tail = &serial[serial.len().saturating_sub(5)..];
            all.extend([serial.to_owned(), serial.to_ascii_lowercase(), tail.to_owned()]);
        }
        if let Some(wwn) = disk["wwn"].as_str() {
            all.extend([wwn.to_owned(), format!("wwn-{wwn}")]);
        }
        let is = |one: &&Value| one["name"] == name.as_str() && one["devtype"] == "disk";
        let one = udev.as_array().expect("devices").iter().find(is).expect("known to udev");
        let links = one["properties"]["DEVLINKS"].as_str().unwrap_or_default();
        for link in links.split(' ').filter(|link| link.contains("/by-id/")) {
            let last = link.rsplit('/').next().expect("a name");
            all.extend([link.to_owned(), last.to_owned()]);
            all.extend([format!("{link}-part1"), format!("{last}-part1")]);
        }
        all.sort();
        all.dedup();
        for word in &all {
            *count.entry(word.to_ascii_lowercase()).or_default() += 1;
        }
        let bay = disk["bay"].as_str().map(str::to_owned);
        drives.push(Names { name, bay, all });
    }
    let lower = |word: &String| word.to_ascii_lowercase();
    for drive in &mut drives {
        let own = drive.all.iter().map(lower).fold(BTreeMap::new(), |mut own, word| {
            *own.entry(word).or_insert(0) += 1;
            own
        });
        drive.all.retain(|word| count.get(&lower(word)) == own.get(&lower(word)));
    }
    drives
}

fn flat(said: &Said) -> String {
    (said.out.clone() + "\n" + &said.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One in a bay, and one that is in none.
#[test]
fn a_new_drive_is_meant_by_any_of_its_names() {
    for (machine, name) in [("in-trouble", "sdc"), ("every-owner", "sdk")] {
        let drives = drives(machine);
        let drive = drives.iter().find(|it| it.name == name).expect("there");
        let word = drive.bay.as_ref().unwrap_or(&drive.name);
        let by_bay = on(machine, &["expand", "log", word, "--plan"]);
        assert!(!by_bay.err.contains("no bay"), "{machine} {word}: {}", by_bay.err);
        assert!(drive.all.len() > 8, "{drive:?}");
        for name in &drive.all {
            let by_name = on(machine, &["expand", "log", name, "--plan"]);
            assert_eq!(flat(&by_name), flat(&by_bay), "{machine}: {name} of {}", drive.name);
        }
    }
}

/// SATA, SAS, `NVMe` and USB drives, in bays and in none.
#[test]
fn the_drive_that_is_located_is_meant_by_any_of_its_names() {
    for name in ["nvme0n1", "sda", "sdd", "sdf"] {
        let drives = drives("mixed");
        let drive = drives.iter().find(|it| it.name == name).expect("there");
        let first = on("mixed", &["locate", &drive.name]);
        assert!(first.err.contains("a recorded machine has no lights"), "{}", first.err);
        for name in &drive.all {
            assert_eq!(on("mixed", &["locate", name]).err, first.err, "{name} of {}", drive.name);
        }
    }
}

#[test]
fn what_means_several_or_none_is_refused_with_what_there_is() {
    let said = flat(&on("mixed", &["locate", "0123456789abcdef"]));
    for word in
        ["matches more than one drive", "(sdg), JMicron", "(sdh), JMicron", "0123456789ABCDEF"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    let said = flat(&on("mixed", &["locate", "sdz"]));
    for word in ["no drive `sdz`", "bay 3 (sdc), ST2000DM001-1ER164 Z4Z0EXA2"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    // One drive by two names is one drive.
    let [one, other] = &drives("every-owner")[4..6] else { panic!("two drives") };
    let said = flat(&on("every-owner", &["expand", "log", &one.all[0], &one.name, "--plan"]));
    assert!(said.contains("is named twice"), "{said}");
    let said = flat(&on("every-owner", &["expand", "log", &one.name, &other.name, "--plan"]));
    assert!(!said.contains("is named twice"), "{said}");
    // A bay's word is the bay, whatever a serial ends in.
    assert!(flat(&on("every-owner", &["locate", "1"])).contains("S13PJ0EXAMPLE"));
    let said = flat(&on("every-owner", &["locate", "9"]));
    assert!(said.contains("this server has no bay `9`"), "{said}");
}

/// What ZFS and `zbay status` call a log, a cache and a spare that is there or gone, and the kernel does.
#[test]
fn what_stands_beside_the_data_leaves_by_any_of_its_names() {
    for (machine, names) in [
        (
            "in-trouble",
            &[
                "/dev/disk/by-id/wwn-0x5000c50070000000",
                "/dev/disk/by-id/wwn-0x5000c50070000000-part1",
                "wwn-0x5000c50070000000-part1",
                "wwn-0x5000c50070000000",
                "sdl",
                "/dev/sdl",
                "/dev/sdl1",
                "V0000000",
                "17197882041686080413",
            ][..],
        ),
        ("every-owner", &["sde", "/dev/sde", "/dev/sde1", "V0000001"]),
    ] {
        let said: Vec<String> = names
            .iter()
            .map(|name| {
                flat(&on(machine, &["expand", "remove", name, "--plan"])).replace(name, "IT")
            })
            .collect();
        for (name, said) in names.iter().zip(&said) {
            assert!(said.contains("zpool remove tank"), "{machine} {name}: {said}");
        }
    }
}

/// The drive for the place of one that is gone, and the one that is gone, by names of their own.
#[test]
fn a_replacement_takes_the_same_words() {
    let by_bay = flat(&on("in-trouble", &["replace", "1", "--with", "usb", "--plan"]));
    assert!(by_bay.contains("USB is not free") || by_bay.contains("too small"), "{by_bay}");
    for (old, new) in [
        ("sdb", "usb"),
        ("S13PJ0EXAMPLE", "/dev/sdo"),
        ("/dev/disk/by-id/wwn-0x50000f0008064806-part1", "USBSER"),
        ("1", "sdo"),
    ] {
        let said = flat(&on("in-trouble", &["replace", old, "--with", new, "--plan"]));
        assert_eq!(said, by_bay, "{old} {new}");
    }
    let gone = flat(&on("in-trouble", &["replace", "2", "--plan"]));
    assert!(gone.contains("bay 2 is empty"), "{gone}");
    let dir = Altered::of("in-trouble");
    let text = std::fs::read_to_string(dir.0.path().join("commands.json")).expect("there");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let status = all["zpool status -j --json-int -P -p"]["stdout"].as_str().expect("text");
    let status: Value = serde_json::from_str(status).expect("JSON");
    let vdevs = &status["pools"]["tank"]["vdevs"]["tank"]["vdevs"]["raidz1-0"]["vdevs"];
    let one = vdevs.as_object().expect("leaves").values().find(|leaf| leaf["state"] != "ONLINE");
    let (guid, path) = (one.expect("gone")["guid"].to_string(), &one.expect("gone")["was"]);
    for name in [guid.as_str(), path.as_str().unwrap_or(&guid)] {
        assert_eq!(flat(&on("in-trouble", &["replace", name, "--plan"])), gone, "{name}");
    }
    let said = flat(&on("in-trouble", &["locate", &guid]));
    assert!(said.contains("is not here") && said.contains("bay 2"), "{said}");
}
