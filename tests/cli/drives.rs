//! `show disk` on machines that QEMU cannot be: what the original tool got wrong, what sleeps, what was seen before, a
//! thousand drives.

use serde_json::{Value, json};

use super::{Altered, on};

fn json(machine: &str, args: &[&str]) -> Value {
    let said = on(machine, &[&["show", "disk", "--json"], args].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{machine}");
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn drives_of_all_kinds_are_listed_and_none_stops_the_table() {
    let rows = on("mixed", &["show", "disk", "-gE", "--cols", "dev"]).out;
    let names: Vec<&str> = rows.lines().map(str::trim).collect();
    // Natural order; no zvol, loop, md, dm, optical or RAM disk.
    let natural = ["nvme0n1", "sda", "sdb", "sdc", "sdd", "sde", "sdf", "sdg", "sdh", "sdaa"];
    assert_eq!(names, natural);
    let disks = json("mixed", &[])["disks"].clone();
    let of = |name: &str| {
        let all = disks.as_array().expect("disks");
        all.iter().find(|disk| disk["dev"] == name).expect("listed").clone()
    };
    // One whose name begins another's keeps its own port, serial and controller.
    assert_eq!(of("sda")["path"], "pci-0000:00:1f.2-ata-1");
    assert_eq!(of("sdaa")["path"], "pci-0000:02:00.0-sas-phy4-lun-0");
    assert_eq!(of("sda")["controller"], "8086:1c02 ahci", "not the chipset's first function");
    // A serial is a serial, and the second name of pending sectors counts.
    assert_eq!((&of("sda")["serial"], &of("sda")["pending"]), (&json!("S13PJ0EXAMPLE"), &json!(8)));
    assert_eq!((&of("sdf")["serial"], &of("sdf")["pending"]), (&json!("Z1Z9EXAMPLE"), &json!(8)));
    assert_eq!((&of("nvme0n1")["wear"], &of("nvme0n1")["temp"]), (&json!(12), &json!(41)));
    // A bridge is asked as SATA; one that answers nobody, and a drive that hangs, cost their own cells alone.
    assert_eq!((&of("sdg")["temp"], &of("sdh")["temp"]), (&json!(36), &Value::Null));
    assert_eq!(
        (&of("sdaa")["temp"], &of("sdaa")["model"]),
        (&Value::Null, &json!("SEAGATE ST4000NM0023"))
    );
    let twins = of("sdg")["flaws"].as_array().expect("flaws").clone();
    let [twin] = &twins[..] else { panic!("{twins:?}") };
    assert_eq!((&twin["id"], &twin["severity"]), (&json!("serial-twice"), &json!("refuses")));
    assert!(twin["summary"].as_str().expect("words").ends_with("has the serial of sdh"), "{twin}");
    assert_eq!(of("sda")["health"], "FAILING");
}

#[test]
fn what_is_wrong_with_a_drive_is_said_with_its_bay_once_and_a_plan_refuses_it() {
    let said = on("mixed", &["show", "disk"]).out;
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains(
            "warning bay 1 (sda, serial S13PJ0EXAMPLE) reports SMART failure: replace it now"
        ),
        "{said}"
    );
    assert_eq!(said.matches("warning  bay 1").count(), 1, "{said}");
    assert!(said.lines().all(|line| line.len() <= 80), "{said}");
    let plan = on("gen8-aging", &["plan", "gen8-seed"]);
    assert_eq!((plan.status, plan.out.as_str()), (2, ""));
    assert!(plan.err.contains("bay 3") && plan.err.contains("accept_smart: true"), "{}", plan.err);
}

#[test]
fn a_sleeping_drive_shows_what_it_said_before_with_its_day() {
    let said = on("gen8-aging", &["show", "disk", "-tP"]).out;
    assert!(said.contains("| sdb | 33~  | 0~ |"), "{said}");
    assert!(said.contains("| sdc | 36   | 3  |"), "{said}");
    assert!(said.contains("~        reported on 2026-11-20 18:40 UTC"), "{said}");
    let disks = json("gen8-aging", &[])["disks"].clone();
    assert_eq!(
        (&disks[1]["asleep"], &disks[1]["smart_as_of"]),
        (&json!(true), &json!("2026-11-20T18:40:00Z"))
    );
    assert_eq!((disks[0].get("smart_as_of"), disks[2].get("smart_as_of")), (None, None));
}

#[test]
fn what_changed_since_the_look_before_is_told_and_one_drive_through_time() {
    let said = on("gen8-aging", &["show", "disk"]).out;
    assert!(
        said.contains(
            "changed  bay 3: ST2000DM001-1ER164 Z4Z0EXA2 has 3 pending sectors, 0 before"
        ),
        "{said}"
    );
    assert!(
        said.contains("since    the look of 2026-11-20 18:40 UTC; 1 more with `--json`"),
        "{said}"
    );
    assert_eq!(json("gen8-aging", &[])["since"]["changes"].as_array().expect("changes").len(), 4);
    let gone = on("gen8-aging", &["show", "disk", "--history", "wd-wcc4example"]);
    assert_eq!((gone.status, gone.err.as_str()), (0, ""));
    assert!(
        gone.out.contains(
            "first seen 2026-03-02; gone since 2026-11-19, last seen 2026-03-02 in bay 4"
        ),
        "{}",
        gone.out
    );
    for (word, wanted) in [
        ("XXXX", "no drive with a serial ending in `XXXX`"),
        ("EXAMPLE", "more than one drive with a serial ending in `EXAMPLE`"),
    ] {
        let said = on("gen8-aging", &["show", "disk", "--history", word]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains(wanted) && said.err.contains("S13PJ0EXAMPLE"), "{}", said.err);
    }
    let none = on("gen8-seed", &["show", "disk", "--history", "x"]);
    assert!(none.status == 2 && none.err.contains("there is no history yet"), "{}", none.err);
}

/// A shelf: `count` more drives like the SAS drive of `mixed`, and none of the others.
fn shelf(count: usize) -> Altered {
    let name = |index: usize| {
        let letter = |digit: usize| char::from(b'a' + u8::try_from(digit).expect("a letter"));
        let (high, low) = (index / 26, index % 26);
        if index < 26 {
            format!("sd{}", letter(low))
        } else if index < 26 * 27 {
            format!("sd{}{}", letter(high - 1), letter(low))
        } else {
            let high = high - 27;
            format!("sd{}{}{}", letter(high / 26), letter(high % 26), letter(low))
        }
    };
    let twin = |text: &str, index: usize| {
        text.replace("sdf", &name(index))
            .replace("Z1Z9EXAMPLE", &format!("Z1Z9{index:07}"))
            .replace("a1b2c3d7", &format!("{index:08x}"))
            .replace("phy3", &format!("phy{index}"))
    };
    let many = |all: &mut Value| {
        let map = all.as_object_mut().expect("a map");
        let of_one: Vec<(String, Value)> = map
            .iter()
            .filter(|(key, _)| key.split(['/', ' ']).any(|part| part == "sdf"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for index in 0..count {
            for (key, value) in &of_one {
                let value = serde_json::from_str(&twin(&value.to_string(), index)).expect("JSON");
                map.insert(twin(key, index), value);
            }
        }
    };
    let names: Vec<String> = (0..count).map(name).collect();
    Altered::of("mixed")
        .edit("files.json", many)
        .edit("commands.json", many)
        .edit("lists.json", |all| {
            many(all);
            all["/sys/block"] = json!(names);
        })
        .edit("udev.json", |all| {
            let drives = all.as_array_mut().expect("drives");
            let one = drives.iter().find(|it| it["name"] == "sdf").expect("there").to_string();
            *drives = (0..count)
                .map(|index| serde_json::from_str(&twin(&one, index)).expect("JSON"))
                .collect();
        })
}

#[test]
fn a_hundred_and_a_thousand_drives_are_each_themselves() {
    for count in [100, 1_000] {
        let shelf = shelf(count);
        let said = shelf.run(&["show", "disk", "--cols", "dev,serial,wwn", "-g"]);
        assert_eq!((said.status, said.err.as_str()), (0, ""));
        assert_eq!(said.out.lines().count(), count);
        let last = count - 1;
        let row = said.out.lines().last().expect("rows");
        assert!(
            row.contains(&format!("Z1Z9{last:07}")) && row.contains(&format!("{last:08x}")),
            "{row}"
        );
        let warm = shelf.run(&["show", "disk", "-t", "--filter", "temp >= 38", "-gE"]);
        assert_eq!(warm.out.lines().count(), count, "{}", warm.err);
    }
}
