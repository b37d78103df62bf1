//! `show hw` of the article's box, of 24 bays, of a box that nobody described.

use super::{KnownBy, gib, json, render};
use crate::hw::host::Host;
use crate::inventory::Unknown;
use crate::paint::Paint;
use crate::render::fixture::{hw, inventory, unprivileged};
use crate::smart::Smart;

fn fits(text: &str) {
    for line in text.lines() {
        assert!(line.len() <= 80 && line.is_ascii() && line.trim_end() == line, "{line:?}");
    }
}

#[test]
fn the_box_of_the_article() {
    let hw = hw("hp-microserver-gen8");
    let mut inventory = inventory();
    inventory.disks.remove(2);
    let smart = |temperature| Smart { temperature: Some(temperature), ..Smart::default() };
    inventory.disks[0].smart = Ok(smart(34));
    inventory.disks[1].smart = Ok(Smart { hours: Some(50_000), ..smart(51) });
    let asleep = || Unknown { asleep: true, ..Unknown::because("asleep") };
    inventory.disks[3].smart = Err(asleep());
    inventory.disks[3].contents = Err(asleep());
    let text =
        render(&hw, "hw/hp-microserver-gen8.yaml", KnownBy::Strings, &inventory, Paint::NONE);
    let wanted = "\
HP ProLiant MicroServer Gen8, serial CZ00000001, BIOS J06 04/04/2019
known    by its own names (verified), described in hw/hp-microserver-gen8.yaml

  +------------------+------------------+------------------+------------------+
  | bay 1    1.00 TB | bay 2    2.00 TB | bay 3            | bay 4    2.00 TB |
  | SAMSUNG HD103UJ  | ST2000DM001-1C.. | empty            | ST2000DM001-1E.. |
  | S13PJ0EXAMPLE    | Z1E0EXA1         |                  | Z4Z0EXA3         |
  | 3.0 of 6.0 Gb/s  | 3.0 of 6.0 Gb/s  |                  | 3.0 of 3.0 Gb/s  |
  | ok          34 C | ~ hot       51 C |                  | asleep           |
  | - blank          | - blank          |                  | ? not read       |
  +------------------+------------------+------------------+------------------+
  usb  SAMSUNG HM250HI  0.25 TB  boots, in use: mounted at /, the running system
  empty: the fifth port and iLO virtual media

order    bays 1-4: order assumed, so compare serials before you pull a drive
mode     AHCI (verified), 8086:1c02 at 0000:00:1f.2, hot-swap
boots    in AHCI mode bays 1-4 (assumed), USB and microSD; not the fifth port
         (RAID, Legacy and HBA mode can)
memory   9.7 GiB, ECC; 2 slots, at most 16 GiB, takes ECC (assumed)
network  eno1 00:00:5e:00:53:01 up 1000 Mb/s
";
    assert_eq!(text, wanted);
    assert!(text.lines().count() <= 20, "{}", text.lines().count());
    fits(&text);
}

#[test]
fn modes_other_than_ahci_and_none() {
    let hw = hw("hp-microserver-gen8");
    let mut inventory = inventory();
    let shown = |inventory: &_| render(&hw, "hw/x.yaml", KnownBy::Strings, inventory, Paint::NONE);
    inventory.host.controllers[0].id = "8086:1c04".into();
    let text = shown(&inventory);
    assert!(text.contains("mode     RAID (assumed), 8086:1c04"), "{text}");
    fits(&text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("it is an open question"), "{text}");
    assert!(text.contains("the fifth port (in a volume of the RAID firmware)"), "{text}");
    inventory.host.controllers[0].id = "8086:2822".into();
    let text = shown(&inventory);
    assert!(text.contains("mode     not known: 8086:2822 at 0000:00:1f.2 is not one of"), "{text}");
    assert!(
        text.contains("boots    depends on the controller's mode, which is not known"),
        "{text}"
    );
    inventory.host.controllers.clear();
    assert!(shown(&inventory).contains("mode     not known: there is no storage controller at"));
}

#[test]
fn a_box_without_a_description() {
    let mut inventory = unprivileged();
    inventory.host = Host::default();
    let text = render(&hw("generic"), "hw/generic.yaml", KnownBy::Nothing, &inventory, Paint::NONE);
    assert!(text.contains("known    no: it calls itself nothing, and no description"));
    assert!(text.contains("  pci-0000:00:1f.2-ata-1  SAMSUNG HD103UJ     1.00 TB  unknown: perm"));
    assert!(text.contains("memory   amount not known, ECC not known\n"), "{text}");
    fits(&text);
    inventory.disks.clear();
    let text = render(&hw("generic"), "hw/generic.yaml", KnownBy::Nothing, &inventory, Paint::NONE);
    assert!(text.contains("\n  no disk was found\n"), "{text}");
}

#[test]
fn how_it_is_known() {
    let (gen8, bays) = (hw("hp-microserver-gen8"), hw("4u-24bay"));
    let (dmi, none) = (inventory().host, Host::default());
    assert_eq!(KnownBy::of(&gen8, &dmi, false, true), KnownBy::Strings);
    assert_eq!(KnownBy::of(&gen8, &dmi, true, true), KnownBy::Named);
    assert_eq!(KnownBy::of(&bays, &dmi, false, true), KnownBy::Wish);
    assert_eq!(KnownBy::of(&hw("generic"), &none, false, false), KnownBy::Nothing);
}

#[test]
fn json_has_every_bay() {
    let mut inventory = inventory();
    inventory.disks.remove(0);
    let server = json(&hw("hp-microserver-gen8"), "f", KnownBy::Strings, &inventory);
    let json = serde_json::to_value(server).unwrap();
    assert_eq!(json["known_by"], "strings");
    assert_eq!(json["mode"], "ahci");
    assert_eq!(json["bays"][0]["disk"], serde_json::Value::Null);
    assert_eq!(json["bays"][1]["disk"]["serial"], "Z1E0EXA1");
    assert_eq!(json["serial"], "CZ00000001");
    assert_eq!(json["bios"], serde_json::json!({ "version": "J06", "date": "04/04/2019" }));
}

#[test]
fn memory_is_rounded_to_a_tenth() {
    for (bytes, text) in [(10_414_182_400, "9.7 GiB"), (16 << 30, "16 GiB"), (0, "0 GiB")] {
        assert_eq!(gib(bytes), text);
    }
}
