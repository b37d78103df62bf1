//! `show disk` over the article's box and over whatever drives call themselves.

use proptest::prelude::{Strategy, prop, proptest};

use super::filter::{Filter, FilterError};
use super::{COLUMNS, Choice, json, render, rows};
use super::{Cols, Row};
use crate::inventory::{Owner, Signature, Unknown, Want};
use crate::render::fixture::{disk, disks, holding, holds, hw, inventory, with_pool};
use crate::smart::Smart;

fn flags(flags: &[&str]) -> Choice {
    Choice { flags: flags.iter().map(|flag| (*flag).to_owned()).collect(), ..Choice::default() }
}

#[test]
fn size_and_model_as_in_the_article() {
    let (hw, inventory) = (hw("hp-microserver-gen8"), inventory());
    let table = "\
| Dev | Model              | GB   |
| sda | SAMSUNG HD103UJ    | 1000 |
| sdb | ST2000DM001-1CH164 | 2000 |
| sdc | ST2000DM001-1ER164 | 2000 |
| sdd | SAMSUNG HM250HI    | 250  |
| sde | ST2000DM001-1ER164 | 2000 |
";
    let rows = rows(&hw, &inventory);
    assert_eq!(render(&hw, &rows, &[], None, &flags(&["size", "model"])), table);
    assert_eq!(render(&hw, &rows, &[], None, &flags(&["model", "size"])), table);
    let wants = |choice: &Choice| choice.wants(false);
    assert_eq!(wants(&flags(&["model", "size", "wwn", "pcipath"])), Want::DISKS);
    assert_eq!(wants(&flags(&["model", "size", "bay"])), Want::IDENTITY);
    assert_eq!(flags(&["model", "size"]).wants(true), Want::IDENTITY, "JSON has the bay always");
    let temp = wants(&flags(&["temp"]));
    assert!(temp.smart && !temp.contents && !temp.wake, "a temperature opens no disk to read it");
    assert!(wants(&Choice::default()).contents && wants(&Choice::default()).smart);
}

#[test]
fn without_flags_the_bay_is_first_and_80_columns_hold() {
    let (hw, mut disks) = (hw("hp-microserver-gen8"), disks());
    disks.remove(2);
    let found = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    disks[1].contents = holds(Owner::Filesystem(found));
    let text = render(&hw, &rows(&hw, &holding(disks)), &[], None, &Choice::default());
    assert_eq!(
        text,
        "\
| Bay | Dev | Model              | TB   | Serial        | Contents             |
| 1   | sda | SAMSUNG HD103UJ    | 1.00 | S13PJ0EXAMPLE | blank                |
| 2   | sdb | ST2000DM001-1CH164 | 2.00 | Z1E0EXA1      | ext4 \"photos\"        |
| 4   | sde | ST2000DM001-1ER164 | 2.00 | Z4Z0EXA3      | blank                |
| usb | sdd | SAMSUNG HM250HI    | 0.25 | S20TEXAMPLE   | in use: mounted at.. |
empty    bay 3
order    which port is which of bays 1-4 is assumed, not confirmed: compare the
         serial on the label before you pull a drive
"
    );
}

#[test]
fn what_is_not_known_is_a_question_mark_and_never_blank() {
    let hw = hw("hp-microserver-gen8");
    let mut odd = disk("sdf", "", "", 1_000_000_000, "");
    odd.rotational = None;
    odd.contents = Err(Unknown::because("permission denied"));
    let inventory = holding(vec![odd]);
    let rows = rows(&hw, &inventory);
    let text = render(&hw, &rows, &[], None, &Choice { all: true, ..Choice::default() });
    let cells: Vec<&str> = text.lines().nth(1).unwrap().split('|').map(str::trim).collect();
    assert_eq!(cells.len(), COLUMNS.len() + 2);
    for (column, cell) in COLUMNS.iter().zip(&cells[1..]) {
        let known = match column.key() {
            "dev" => "sdf",
            "tb" => "1.00 GB",
            "size" => "1",
            "sectors" => "512/4096",
            "contents" => "unknown: permission denied",
            _ => "?",
        };
        assert_eq!(*cell, known, "{}", column.key());
    }
    let json = json(&hw, &rows, &flags(&["free"]));
    assert_eq!(json[0].0["free"], serde_json::Value::Null);
    assert!(json[0].0.get("model").is_none());
    assert_eq!(
        super::json(&hw, &rows, &Choice::default())[0].0["contents"]["unknown"],
        "permission denied"
    );
    assert_eq!(super::json(&hw, &rows, &Choice::default())[0].0["size"], 1_000_000_000);
}

#[test]
fn ports_of_an_unknown_box_give_way_in_a_narrow_view() {
    let hw = hw("generic");
    let path = "pci-0000:03:00.0-sas-exp0x500605b0000272bf-phy12-lun-0";
    let disks =
        vec![disk("sdaa", "HGST HUS724040ALE640", "PK1334PCJY9ZLS", 4_000_787_030_016, path)];
    let inventory = holding(disks);
    let text = render(&hw, &rows(&hw, &inventory), &[], None, &Choice::default());
    assert!(text.starts_with("| Dev  | Model                | TB   |"), "{text}");
    assert!(render(&hw, &rows(&hw, &inventory), &[], None, &flags(&["bay"])).contains(path));
}

#[test]
fn no_two_columns_share_a_flag_and_clap_agrees() {
    use clap::Args as _;
    let command = crate::cmd::show_disk::DiskArgs::augment_args(clap::Command::new("disk"));
    command.debug_assert();
    // Letters and names of the original tool, in its order.
    let theirs: Vec<(char, &str)> =
        COLUMNS.iter().filter_map(|it| it.short.map(|letter| (letter, it.long))).collect();
    let wanted = [
        ('b', "bay"),
        ('k', "type"),
        ('m', "model"),
        ('S', "serial"),
        ('D', "state"),
        ('e', "apm"),
        ('s', "size"),
        ('z', "speed"),
        ('f', "firmware"),
        ('c', "controller"),
        ('p', "pcipath"),
        ('w', "wwn"),
        ('o', "scsi"),
        ('t', "temp"),
        ('H', "hours"),
        ('P', "pending"),
        ('r', "reallocated"),
        ('R', "reallocatedevent"),
        ('C', "crc"),
        ('u', "startstop"),
        ('n', "park"),
    ];
    assert_eq!(theirs, wanted);
}

#[test]
fn no_disk_is_said() {
    let hw = hw("generic");
    assert_eq!(render(&hw, &[], &[], None, &Choice::default()), "no disk was found\n");
    assert_eq!(render(&hw, &[], &[], None, &flags(&["model"])), "| Dev | Model |\n");
}

/// The article's disks with something said of the health of the first two; the third sleeps.
fn ageing() -> crate::inventory::Inventory {
    let mut inventory = with_pool();
    let smart = |temperature, hours| Smart {
        temperature: Some(temperature),
        hours: Some(hours),
        passed: Some(true),
        ..Smart::default()
    };
    inventory.disks[0].smart = Ok(smart(34, 9_000));
    inventory.disks[1].smart = Ok(Smart { pending: Some(3), ..smart(51, 50_000) });
    inventory.disks[2].smart = Err(Unknown { why: "asleep".into(), asleep: true });
    inventory
}

fn devs(text: &str, choice: &Choice) -> Vec<String> {
    let (hw, inventory) = (hw("hp-microserver-gen8"), ageing());
    let choice = Choice { filter: Some(text.parse().unwrap()), ..choice.clone() };
    let rows = rows(&hw, &inventory);
    let met = choice.seated(&hw, &rows);
    met.iter().map(|row: &&Row<'_>| row.disk.name.clone()).collect()
}

#[test]
fn filters_and_orders() {
    let plain = flags(&["model"]);
    for (text, wanted) in [
        ("temp > 45", &["sdb"][..]),
        ("temp >= 34 and temp<51", &["sda"]),
        ("not temp > 45", &["sda", "sdd", "sde"]),
        ("temp = ?", &["sdd", "sde"]),
        ("size > 1.5TB", &["sdb", "sde"]),
        ("size <= 1000204886016", &["sda", "sdd"]),
        ("model ~ samsung and (pool = testpool or bay = usb)", &["sda", "sdd"]),
        ("health = unreadable", &["sdb"]),
        ("pool=testpool and not member=ONLINE", &[]),
        ("serial = 'Z1E0EXA1'", &["sdb"]),
    ] {
        assert_eq!(devs(text, &plain), wanted, "{text}");
    }
    let by = |key, backwards| Choice { sort: vec![(key, backwards)], ..plain.clone() };
    assert_eq!(devs("dev ~ sd", &by("temp", true)), ["sdb", "sda", "sdd", "sde"]);
    assert_eq!(devs("dev ~ sd", &by("size", false)), ["sdd", "sda", "sdb", "sde"]);
    // By bay where bays are shown: the stick is in none.
    assert_eq!(devs("dev ~ sd", &flags(&["bay"])), ["sda", "sdb", "sde", "sdd"]);
}

#[test]
fn what_is_no_filter_is_said_with_its_place() {
    for (text, words) in [
        ("tmep > 3", "`tmep` is no column, did you mean `temp`"),
        ("temp", "at its end: expected =, !=, <"),
        ("temp > ", "at its end: expected a value"),
        ("temp > 3 pool = x", "at `pool`: expected and, or"),
        ("(temp > 3", "at its end: expected a )"),
        ("", "at its end: expected a column"),
        ("temp ! 3", "at `!`: expected ="),
    ] {
        let said = text.parse::<Filter>().unwrap_err().to_string();
        assert!(said.contains(words), "{text}: {said}");
    }
    let long = "not ".repeat(300) + "temp = 1";
    assert_eq!(long.parse::<Filter>(), Err(FilterError::Long));
}

#[test]
fn columns_by_name() {
    let these: Cols = "bay, model,temp".parse().unwrap();
    assert_eq!(these, Cols::These(vec!["bay", "model", "temp"]));
    let changed: Cols = "+temp-serial+speed-best".parse().unwrap();
    let wanted = Cols::Changed { more: vec!["temp", "speed-best"], less: vec!["serial"] };
    assert_eq!(changed, wanted);
    assert!("bay,modle".parse::<Cols>().unwrap_err().to_string().contains("did you mean `model`"));
    let (hw, inventory) = (hw("hp-microserver-gen8"), ageing());
    let rows = rows(&hw, &inventory);
    let text = render(&hw, &rows, &[], None, &Choice { cols: Some(these), ..Choice::default() });
    assert!(text.starts_with("| Bay | Model              | Temp |\n"), "{text}");
    let state = render(&hw, &rows, &[], None, &Choice::default());
    assert!(state.lines().next().unwrap().contains("| State"), "{state}");
    let lost = crate::inventory::missing::missing(&hw, &inventory);
    let text = render(&hw, &rows, &lost, None, &Choice::default());
    let line = "MISSING  bay 3: was ST2000DM001-1ER164 Z4Z0EXA2, testpool/raidz1-0 UNAVAIL\n";
    assert!(text.contains(line) && !text.contains("empty    bay 3"), "{text}");
    assert!(state.contains("unreadable") && state.contains("asleep"), "{state}");
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
        let inventory = holding(disks);
        let rows = rows(&hw, &inventory);
        let text = render(&hw, &rows, &[], None, &Choice::default());
        for line in text.lines() {
            assert!(line.len() <= 80 && line.is_ascii(), "{text}");
        }
        for disk in &inventory.disks {
            // A drive that calls itself `?` is one whose serial nobody knows.
            if let Some(serial) = disk.serial.as_ref().filter(|serial| serial.as_str() != "?") {
                assert!(text.contains(serial.as_str()), "{text}");
            }
        }
        render(&hw, &rows, &[], None, &Choice { all: true, ..Choice::default() });
    }
}
