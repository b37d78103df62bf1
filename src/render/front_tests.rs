//! The bays of a box in trouble, of 24 bays, of drives with odd names; what colour may not change.

use proptest::prelude::{prop, proptest};

use super::{Sign, Slot, lost, picture, slots};
use crate::inventory::{Inventory, Owner, Signature, Unknown};
use crate::paint::Paint;
use crate::render::fixture::{disk, holding, holds, hw, with_pool};
use crate::smart::Smart;

fn gen8(inventory: &Inventory) -> Vec<Slot> {
    slots(&hw("hp-microserver-gen8"), inventory)
}

/// Without what paints it.
fn unpainted(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}

/// The article's pool with one member gone, one failing, one old, and one that counts as new.
fn in_trouble() -> Inventory {
    let mut inventory = with_pool();
    let smart = Smart { temperature: Some(34), ..Smart::default() };
    inventory.disks[0].smart = Ok(Smart { pending: Some(2), ..smart.clone() });
    inventory.disks[1].smart = Ok(Smart { hours: Some(50_000), ..smart.clone() });
    inventory.disks[3].smart = Ok(smart);
    inventory
}

#[test]
fn a_pool_in_trouble_is_read_from_signs_alone() {
    let text = picture(&gen8(&in_trouble()), Paint::NONE);
    let wanted = "  +------------------+------------------+------------------+------------------+
  | bay 1    1.00 TB | bay 2    2.00 TB | bay 3            | bay 4    2.00 TB |
  | SAMSUNG HD103UJ  | ST2000DM001-1C.. | ST2000DM001-1E.. | ST2000DM001-1E.. |
  | S13PJ0EXAMPLE    | Z1E0EXA1         | Z4Z0EXA2         | Z4Z0EXA3         |
  | 3.0 of 6.0 Gb/s  | 3.0 of 6.0 Gb/s  |                  | 3.0 of 3.0 Gb/s  |
  | ! unreadable 34C | ~ old       34 C | ! MISSING        | ok          34 C |
  | ~ testpool DEG.. | ~ testpool DEG.. | ! testpool UNA.. | ~ testpool DEG.. |
  +------------------+------------------+------------------+------------------+
";
    assert_eq!(text, wanted);
}

#[test]
fn colour_repeats_and_never_replaces() {
    let mut inventory = in_trouble();
    let plain = picture(&gen8(&inventory), Paint::NONE);
    let painted = picture(&gen8(&inventory), Paint::ANSI);
    assert_eq!(unpainted(&painted), plain);
    assert!(!plain.contains('\u{1b}'));
    for red in ["! unreadable", "! MISSING", "!"] {
        assert!(painted.contains(&format!("\u{1b}[1;31m{red}")), "{red}: {painted}");
    }
    assert!(painted.contains("\u{1b}[33m~ old\u{1b}[0m"), "{painted}");
    // All bays of one pool have its colour.
    for bay in 1..=4 {
        assert!(painted.contains(&format!("\u{1b}[36mbay {bay}\u{1b}[0m")), "{painted}");
    }
    assert!(
        painted.contains("\u{1b}[33m~\u{1b}[0m\u{1b}[36m testpool DEG..\u{1b}[0m"),
        "{painted}"
    );
    assert!(
        painted.contains("\u{1b}[1;31m!\u{1b}[0m\u{1b}[36m testpool UNA..\u{1b}[0m"),
        "{painted}"
    );
    // In order it is all the pool's.
    inventory.pools.as_mut().unwrap()[0].state = "ONLINE".into();
    let painted = picture(&gen8(&inventory), Paint::ANSI);
    assert!(painted.contains("\u{1b}[36m= testpool\u{1b}[0m"), "{painted}");
}

#[test]
fn whose_a_drive_is_has_a_sign() {
    let port = |port: u32| format!("pci-0000:00:1f.2-ata-{port}");
    let mut disks: Vec<_> = (1..=4)
        .map(|n| disk(&format!("sd{n}"), "M", &format!("SER{n}"), 1 << 40, &port(n)))
        .collect();
    let signature = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    disks[1].contents = holds(Owner::Filesystem(signature));
    disks[2].contents = Err(Unknown::because("permission denied"));
    disks[3].contents = holds(Owner::Unknown { why: "non-zero bytes".into() });
    let signs: Vec<(Sign, String)> = gen8(&holding(disks))
        .into_iter()
        .filter_map(|slot| slot.drive)
        .map(|held| (held.sign, held.owned()))
        .collect();
    let wanted = [
        (Sign::Blank, "- blank"),
        (Sign::Other, "# ext4 \"photos\""),
        (Sign::Unknown, "? unknown"),
        (Sign::Unknown, "? unknown"),
    ];
    assert_eq!(signs, wanted.map(|(sign, words)| (sign, words.to_owned())));
    let mut letters = Sign::ALL.map(Sign::letter);
    letters.sort_unstable();
    assert!(letters.windows(2).all(|two| two[0] != two[1]), "{letters:?}");
}

#[test]
fn a_member_whose_bay_was_filled_anew_is_still_told() {
    let (hw, mut inventory) = (hw("hp-microserver-gen8"), with_pool());
    assert!(lost(&hw, &inventory).is_empty(), "it stands in its bay");
    inventory.disks.push(disk("sdx", "NEW", "NEW1", 1 << 41, "pci-0000:00:1f.2-ata-3"));
    let [one] = &lost(&hw, &inventory)[..] else { panic!("it is told beside the picture") };
    assert_eq!(one.serial.as_deref(), Some("Z4Z0EXA2"));
    assert_eq!(slots(&hw, &inventory)[2].drive.as_ref().unwrap().serial, "NEW1");
}

#[test]
fn twenty_four_bays_stand_in_rows() {
    let port = "pci-0000:01:00.0-sas-phy3-lun-0";
    let disks =
        vec![disk("sda", "HGST HUS724040ALE641", "PK2334PAG1R6RT", 4_000_787_030_016, port)];
    let text = picture(&slots(&hw("4u-24bay"), &holding(disks)), Paint::NONE);
    assert!(text.starts_with("  +------------------+------------------+"), "{text}");
    assert!(text.contains("| empty            | HGST HUS724040.. |"), "{text}");
    assert_eq!(text.lines().filter(|line| line.contains("+---")).count(), 7, "{text}");
    assert!(text.lines().all(|line| line.len() <= 80));
}

#[test]
fn a_box_without_bays_has_no_front() {
    assert_eq!(picture(&slots(&hw("generic"), &with_pool()), Paint::NONE), "");
}

proptest! {
    #[test]
    fn no_serial_is_cut_and_no_line_too_long(
        drives in prop::collection::vec(("[ -~]{0,30}", "[!-~]{1,20}", 0_u32..5, 0_u64..3, -9_i64..200), 0..6),
    ) {
        let disks: Vec<_> = drives.iter().enumerate().map(|(at, (model, serial, port, tests, heat))| {
            let path = format!("pci-0000:00:1f.2-ata-{port}");
            let mut disk = disk(&format!("sd{at}"), model, serial, 40_000_787_030_016, &path);
            let (temperature, reallocated) = (Some(*heat), Some(*tests));
            disk.smart = Ok(Smart { temperature, reallocated, ..Smart::default() });
            disk
        }).collect();
        let hw = hw("hp-microserver-gen8");
        let inventory = holding(disks);
        let text = picture(&slots(&hw, &inventory), Paint::NONE);
        for line in text.lines() {
            assert!(line.len() <= 80 && line.is_ascii() && line.trim_end() == line, "{line:?}");
        }
        let widths: Vec<usize> = text.lines().map(str::len).collect();
        assert!(widths.windows(2).all(|two| two[0] == two[1]), "{text}");
        let mut seen = Vec::new();
        for disk in &inventory.disks {
            let bay = disk.seat(&hw).filter(|seat| seat.is_bay);
            if let Some(seat) = bay.filter(|seat| !seen.contains(&seat.bay)) {
                seen.push(seat.bay);
                assert!(text.contains(disk.serial.as_ref().unwrap().as_str()), "{text}");
            }
        }
    }
}
