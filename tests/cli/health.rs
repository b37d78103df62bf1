//! What drives say of their health: the screens and plans that follow from answers of smartctl in the forms of its releases,
//! and from drives that say nothing, are zoned, have no capacity or are not drives.

use std::fs;

use serde_json::{Value, json};

use super::Altered;

const ASK: &str = "smartctl -n standby -j -x /dev/sda";

fn sample(name: &str) -> Value {
    let text = fs::read_to_string(format!("tests/samples/smartctl/{name}.json")).expect("a sample");
    serde_json::from_str(&text).expect("JSON")
}

/// The drive in bay 1 gives this answer.
fn answers(machine: &str, answer: &Value) -> Altered {
    let status = answer.pointer("/smartctl/exit_status").cloned().unwrap_or(json!(0));
    let said = json!({"status": status, "stdout": answer.to_string()});
    Altered::of(machine).edit("commands.json", |all| all[ASK] = said)
}

fn row(altered: &Altered, name: &str) -> Value {
    let said = altered.run(&["show", "disk", "--json"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let all: Value = serde_json::from_str(&said.out).expect("JSON");
    let disks = all["disks"].as_array().expect("disks");
    disks.iter().find(|disk| disk["dev"] == name).cloned().unwrap_or(Value::Null)
}

#[test]
fn a_drive_whose_health_nobody_could_read_is_not_ok() {
    for (name, why) in [
        ("usb-partly-7.4", "Read SMART Data failed"),
        ("smart-off-7.4", "SMART is off: `smartctl -s on /dev/sda`"),
        ("no-smart-7.3", "it has no SMART"),
        ("unknown-bridge-7.3", "Unknown USB bridge"),
    ] {
        let altered = answers("gen8-seed", &sample(name));
        assert_eq!(row(&altered, "sda")["health"], Value::Null, "{name}");
        for command in [&["show", "disk"][..], &["plan", "gen8-seed"]] {
            let said = altered.run(command);
            let flat =
                (said.out.clone() + &said.err).split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                flat.contains("the health of bay 1 (sda, serial S13PJ0EXAMPLE) is unknown"),
                "{name}: {flat}"
            );
            assert!(flat.contains(why), "{name}: {flat}");
        }
    }
}

#[test]
fn answers_of_three_releases_give_the_state_that_they_mean() {
    for (name, health, wear) in [
        ("ata-hdd-7.3", "test failed", Value::Null),
        ("ata-ssd-7.4", "worn", json!(97)),
        ("ata-ssd-7.5", "worn", json!(97)),
        ("nvme-7.4", "test failed", json!(2)),
        ("nvme-7.5", "spare low", json!(2)),
        ("sas-hdd-7.4", "unreadable", Value::Null),
        ("sas-ssd-7.3", "old", json!(12)),
    ] {
        let row = row(&answers("gen8-seed", &sample(name)), "sda");
        assert_eq!((&row["health"], &row["wear"]), (&json!(health), &wear), "{name}");
    }
    // Too hot is neither failing nor refused.
    let mut hot = sample("nvme-7.4");
    hot["smartctl"]["exit_status"] = json!(8);
    hot.as_object_mut().expect("a report").remove("nvme_self_test_log");
    let hot = answers("gen8-seed", &hot);
    assert_eq!(row(&hot, "sda")["health"], "hot");
    assert_eq!(hot.run(&["plan", "gen8-seed"]).status, 1);
}

#[test]
fn whether_a_drive_is_shingled_is_unknown_where_nobody_said() {
    let smr = |model: &str| {
        let altered = Altered::new().edit("udev.json", |all| {
            for device in all.as_array_mut().expect("devices") {
                if device["name"] == "sda" {
                    device["properties"]["ID_MODEL"] = json!(model);
                    device["properties"]["ID_MODEL_ENC"] = json!(model);
                }
            }
        });
        row(&altered, "sda")["smr"].clone()
    };
    assert_eq!(smr("ST4000LM024-2AN17V"), json!(true));
    assert_eq!(smr("WDC_WD40EFRX-68N32N0"), json!(false));
    assert_eq!(smr("ST4000DM000-1F2168"), Value::Null);
}

#[test]
fn a_zoned_drive_is_refused_by_what_the_kernel_says() {
    let zoned = |word: &str| {
        Altered::new().edit("files.json", |all| {
            all["/sys/block/sda/queue/zoned"] = json!(format!("{word}\n"));
        })
    };
    zoned("host-managed").refused(&["bay 1 (sda) is a host-managed zoned drive", "without zones"]);
    zoned("host-aware").refused(&["bay 1 (sda) is a host-aware zoned drive"]);
    assert_eq!(row(&zoned("host-managed"), "sda")["smr"], json!(true));
    assert_eq!(zoned("none").run(&["plan", "gen8-seed"]).status, 1);
    let proposed = zoned("host-managed").run(&["propose"]);
    let flat = proposed.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("it is a host-managed zoned drive"), "{flat}");
    // By the type of the device, where the kernel has no zones.
    let by_type = Altered::new().edit("udev.json", |all| {
        for device in all.as_array_mut().expect("devices") {
            if device["name"] == "sda" {
                device["properties"]["ID_ATA_PERIPHERAL_DEVICE_TYPE"] = json!("20");
            }
        }
    });
    by_type.refused(&["host-managed zoned drive"]);
}

#[test]
fn a_drive_without_a_capacity_is_refused_for_that_alone() {
    let altered = Altered::new().edit("files.json", |all| {
        all["/sys/block/sda/size"] = json!("0\n");
    });
    altered.refused(&["bay 1 (sda) reports no capacity", "520 bytes", "sg_format"]);
    let said = altered.run(&["plan", "gen8-seed"]);
    assert!(
        !said.err.contains("would stay unused") && !said.err.contains("0.00 MB"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("bay 1 is not free"), "{}", said.err);
}

#[test]
fn devices_without_hardware_are_no_drives() {
    for name in ["nullb0", "ublkb0", "pmem0", "newkind0"] {
        let altered = Altered::new()
            .edit("lists.json", |all| {
                all["/sys/block"].as_array_mut().expect("names").push(json!(name));
            })
            .edit("links.json", |all| {
                all[format!("/sys/block/{name}")] =
                    json!(format!("../devices/virtual/block/{name}"));
            })
            .edit("files.json", |all| {
                all[format!("/sys/block/{name}/size")] = json!("1953525168\n");
                all[format!("/sys/block/{name}/removable")] = json!("0\n");
            });
        assert_eq!(row(&altered, name), Value::Null, "{name}");
        assert_ne!(row(&altered, "sda"), Value::Null);
    }
}
