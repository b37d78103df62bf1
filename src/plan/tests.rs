//! What holds for every plan: the same look gives the same plan, whatever letters the drives got at boot.

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, proptest};

use super::make::{PlanError, make};
use super::request::Request;
use super::{Plan, Step};
use crate::domain;
use crate::domain::face::World;
use crate::inventory::{Disk, Inventory, Transport, Want, look};
use crate::machine::Change;
use crate::machine::recorded::Recorded;
use crate::machine::recording::{FILES, Recording};
use crate::shipped;

const LETTERS: [char; 5] = ['a', 'b', 'c', 'd', 'e'];

/// The seed's box as it would be with its drives named `letters[0]`, `letters[1]` ... for a, b ...
fn renamed(letters: &[char]) -> Recorded {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let texts = recorded.recording().texts().expect("JSON");
    let rename = |text: &str| {
        let mut text = text.to_owned();
        for (old, new) in LETTERS.iter().zip(letters) {
            text = text.replace(&format!("sd{old}"), &format!("s\u{1}{new}"));
        }
        text.replace("s\u{1}", "sd")
    };
    let find = |name: &str| {
        assert!(FILES.contains(&name));
        let text = texts.iter().find(|(file, _)| *file == name).map(|(_, text)| rename(text));
        Ok(text)
    };
    Recorded::new("renamed".to_owned(), Recording::parse("renamed", find).expect("sound"))
}

fn plan(machine: &Recorded, reversed: bool) -> Plan {
    planned(machine, "gen8-seed", |inventory| {
        if reversed {
            inventory.disks.reverse();
        }
    })
    .expect("a plan")
}

/// The plan for a look that `change` had its hands in.
fn planned(
    machine: &Recorded,
    name: &str,
    change: impl Fn(&mut Inventory),
) -> Result<Plan, PlanError> {
    let profile = shipped::profile(machine, Some(name)).expect("shipped");
    let hw = shipped::hw(machine, "hp-microserver-gen8").expect("shipped").value;
    let mut inventory = look::look(machine, Want::ALL).expect("recorded");
    change(&mut inventory);
    let facts = domain::look(machine, &profile.value).expect("recorded");
    let (inventory, facts) = (&inventory, &facts);
    make(&Request {
        hw: &hw,
        other_box: None,
        profile: &profile,
        name,
        inventory,
        facts,
        takes: &[],
        adopt: None,
        onto_existing: false,
        adoptable: false,
    })
}

#[test]
fn drives_of_one_label_from_two_makers_go_together_without_force() {
    let machine = renamed(&LETTERS);
    let smaller_by = |bytes: u64| {
        planned(&machine, "gen8-seed-3", |inventory| {
            let of = |disk: &&mut Disk| disk.path.as_deref() == Some("pci-0000:00:1f.2-ata-3");
            inventory.disks.iter_mut().find(of).expect("bay 3").size.0 -= bytes;
        })
    };
    let plan = smaller_by(16 << 20).expect("zpool takes up to 16 MiB for equal");
    let forced = |step: &Step| {
        step.changes
            .iter()
            .any(|c| matches!(c, Change::Run(cmd) if cmd.args.contains(&"-f".to_owned())))
    };
    assert!(!plan.steps.iter().any(forced));
    let refused = smaller_by((16 << 20) + 512).expect_err("these differ").to_string();
    assert!(refused.contains("differ in size"), "{refused}");
}

#[test]
fn a_bios_does_not_boot_from_4096_byte_sectors() {
    let machine = renamed(&LETTERS);
    let refused = planned(&machine, "gen8-seed", |inventory| {
        let usb = inventory.disks.iter_mut().find(|disk| disk.transport == Transport::Usb);
        usb.expect("the boot drive").logical = Some(4096);
    });
    let words = refused.expect_err("it cannot start").to_string();
    assert!(words.contains("4096-byte sectors") && words.contains("SAMSUNG HM250HI"), "{words}");
}

#[test]
fn a_controller_in_another_mode_than_wished_is_refused() {
    let machine = renamed(&LETTERS);
    let in_mode = |id: &str| {
        planned(&machine, "gen8-seed", |inventory| {
            for controller in &mut inventory.host.controllers {
                controller.id = id.to_owned();
            }
        })
    };
    assert!(in_mode("8086:1c02").is_ok(), "AHCI is wished");
    let words = in_mode("8086:1c04").expect_err("RAID is not").to_string();
    assert!(words.contains("requires AHCI mode; the controller is in RAID mode"), "{words}");
}

#[test]
fn the_same_look_gives_the_same_plan() {
    let machine = renamed(&LETTERS);
    let json = |plan: &Plan| serde_json::to_string(plan).expect("JSON");
    let first = plan(&machine, false);
    assert_eq!(json(&first), json(&plan(&machine, false)));
    assert_eq!(json(&first), json(&plan(&machine, true)), "the order of the disks says nothing");
    let read: Plan = serde_json::from_str(&json(&first)).expect("a saved plan reads back");
    assert_eq!(json(&first), json(&read));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn letters_of_drives_mean_nothing(letters in Just(LETTERS.to_vec()).prop_shuffle()) {
        let (as_was, now) = (plan(&renamed(&LETTERS), false), plan(&renamed(&letters), false));
        prop_assert_eq!(&as_was.id, &now.id, "{:?}", letters);
        prop_assert_eq!(&as_was.steps.len(), &now.steps.len());
        for (old, new) in as_was.steps.iter().zip(&now.steps) {
            prop_assert_eq!(&old.what, &new.what);
            prop_assert_eq!(&old.changes, &new.changes, "{:?}", letters);
        }
    }
}

#[test]
fn what_a_plan_writes_on_the_boot_device_is_among_what_must_be_kept() {
    let machine = renamed(&LETTERS);
    let more = "care: {}\nmemory: {arc: 1GiB}\n";
    let mut profile = shipped::profile(&machine, Some("gen8-seed")).expect("shipped");
    let text = format!("{}\n{more}", profile.text);
    profile = crate::yaml::read("x.yaml", text.as_bytes()).expect("sound");
    let hw = shipped::hw(&machine, "hp-microserver-gen8").expect("shipped").value;
    let inventory = look::look(&machine, Want::ALL).expect("recorded");
    let facts = domain::look(&machine, &profile.value).expect("recorded");
    let drift = domain::drift(&World::of(&hw, &profile, &inventory), &facts);
    let steps = domain::steps(&World::of(&hw, &profile, &inventory), &facts, &drift);
    let kept = domain::keeps();
    let mut written = 0;
    for change in steps.iter().flat_map(|step| &step.changes) {
        let (Change::WriteFile { path, .. } | Change::NewKey { path }) = change else { continue };
        assert!(kept.iter().any(|keeps| path.starts_with(keeps)), "{path} is kept by nobody");
        written += 1;
    }
    assert!(written > 1, "{steps:?}");
}
