//! `show disk` over the article's box and over whatever drives call themselves.

use proptest::prelude::{Strategy, prop, proptest};

use super::{COLUMNS, Choice, json, render, rows};
use crate::inventory::{Owner, Signature, Unknown};
use crate::render::fixture::{disk, disks, holds, hw};

fn flags(flags: &[&str]) -> Choice {
    Choice { flags: flags.iter().map(|flag| (*flag).to_owned()).collect(), ..Choice::default() }
}

#[test]
fn size_and_model_as_in_the_article() {
    let (hw, disks) = (hw("hp-microserver-gen8"), disks());
    let table = "\
| Dev | Model              | GB   |
| sda | SAMSUNG HD103UJ    | 1000 |
| sdb | ST2000DM001-1CH164 | 2000 |
| sdc | ST2000DM001-1ER164 | 2000 |
| sdd | SAMSUNG HM250HI    | 250  |
| sde | ST2000DM001-1ER164 | 2000 |
";
    let rows = rows(&hw, &disks);
    assert_eq!(render(&hw, &rows, None, &flags(&["size", "model"])), table);
    assert_eq!(render(&hw, &rows, None, &flags(&["model", "size"])), table);
    assert!(!flags(&["model", "size", "bay", "wwn", "path"]).opens(true));
    assert!(Choice::default().opens(false));
}

#[test]
fn without_flags_the_bay_is_first_and_80_columns_hold() {
    let (hw, mut disks) = (hw("hp-microserver-gen8"), disks());
    disks.remove(2);
    let found = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    disks[1].contents = holds(Owner::Filesystem(found));
    let text = render(&hw, &rows(&hw, &disks), None, &Choice::default());
    assert_eq!(
        text,
        "\
| Bay | Dev | Model              | TB   | Serial        | Contents             |
| 1   | sda | SAMSUNG HD103UJ    | 1.00 | S13PJ0EXAMPLE | blank                |
| 2   | sdb | ST2000DM001-1CH164 | 2.00 | Z1E0EXA1      | ext4 \"photos\"        |
| usb | sdd | SAMSUNG HM250HI    | 0.25 | S20TEXAMPLE   | in use: mounted at.. |
| 4   | sde | ST2000DM001-1ER164 | 2.00 | Z4Z0EXA3      | blank                |
empty    bay 3
order    which port is which of bays 1-4 is assumed, nobody has proved it:
         compare the serial on the label before you pull a drive
"
    );
}

#[test]
fn what_is_not_known_is_a_question_mark_and_never_blank() {
    let hw = hw("hp-microserver-gen8");
    let mut odd = disk("sdf", "", "", 1_000_000_000, "");
    odd.rotational = None;
    odd.contents = Err(Unknown::because("permission denied"));
    let disks = [odd];
    let rows = rows(&hw, &disks);
    let text = render(&hw, &rows, None, &Choice { all: true, ..Choice::default() });
    let cells: Vec<&str> = text.lines().nth(1).unwrap().split('|').map(str::trim).collect();
    assert_eq!(
        cells[1..14],
        [
            "?",
            "sdf",
            "?",
            "?",
            "1.00 GB",
            "?",
            "1",
            "?",
            "?",
            "?",
            "?",
            "unknown: permission denied",
            "?",
        ]
    );
    let json = json(&rows, &flags(&["free"]));
    assert_eq!(json[0]["free"], serde_json::Value::Null);
    assert!(json[0].get("model").is_none());
    assert_eq!(
        super::json(&rows, &Choice::default())[0]["contents"]["unknown"],
        "permission denied"
    );
    assert_eq!(super::json(&rows, &Choice::default())[0]["size"], 1_000_000_000);
}

#[test]
fn ports_of_an_unknown_box_give_way_in_a_narrow_view() {
    let hw = hw("generic");
    let path = "pci-0000:03:00.0-sas-exp0x500605b0000272bf-phy12-lun-0";
    let disks = [disk("sdaa", "HGST HUS724040ALE640", "PK1334PCJY9ZLS", 4_000_787_030_016, path)];
    let text = render(&hw, &rows(&hw, &disks), None, &Choice::default());
    assert!(text.starts_with("| Dev  | Model                | TB   |"), "{text}");
    assert!(render(&hw, &rows(&hw, &disks), None, &flags(&["bay"])).contains(path));
}

#[test]
fn no_two_columns_share_a_flag_and_clap_agrees() {
    use clap::Args as _;
    let command = crate::cmd::show_disk::DiskArgs::augment_args(clap::Command::new("disk"));
    command.debug_assert();
    assert_eq!(COLUMNS.iter().filter(|column| column.long == "serial").count(), 1);
}

#[test]
fn no_disk_is_said() {
    let hw = hw("generic");
    assert_eq!(render(&hw, &[], None, &Choice::default()), "no disk was found\n");
    assert_eq!(render(&hw, &[], None, &flags(&["model"])), "| Dev | Model |\n");
}

fn name() -> impl Strategy<Value = String> {
    "[ -~]{0,20}"
}

proptest! {
    #[test]
    fn the_view_without_flags_fits_whatever_drives_call_themselves(
        drives in prop::collection::vec((name(), name(), 1_u64..100_000_000_000_000, 0_u32..7), 0..9),
        why in "[ -~]{0,60}",
        known in proptest::bool::ANY,
    ) {
        let hw = hw(if known { "hp-microserver-gen8" } else { "generic" });
        let disks: Vec<_> = drives.iter().enumerate().map(|(at, (model, serial, size, port))| {
            let path = format!("pci-0000:00:1f.2-ata-{port}");
            let mut disk = disk(&format!("sd{at}"), model, serial, *size, &path);
            disk.contents = holds(Owner::Unknown { why: why.clone() });
            disk
        }).collect();
        let rows = rows(&hw, &disks);
        let text = render(&hw, &rows, None, &Choice::default());
        for line in text.lines() {
            assert!(line.len() <= 80 && line.is_ascii(), "{text}");
        }
        for disk in &disks {
            // A drive that calls itself `?` is one whose serial nobody knows.
            if let Some(serial) = disk.serial.as_ref().filter(|serial| serial.as_str() != "?") {
                assert!(text.contains(serial.as_str()), "{text}");
            }
        }
        render(&hw, &rows, None, &Choice { all: true, ..Choice::default() });
    }
}
