//! What holds for every plan: the same look gives the same plan, whatever letters the drives got at boot.

use proptest::prelude::{Just, ProptestConfig, Strategy, prop_assert_eq, proptest};

use super::Plan;
use super::make::{Request, make};
use super::system;
use crate::inventory::{Want, look};
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
    let profile = shipped::profile(machine, Some("gen8-seed")).expect("shipped");
    let hw = shipped::hw(machine, "hp-microserver-gen8").expect("shipped").value;
    let mut inventory = look::look(machine, Want::ALL).expect("recorded");
    if reversed {
        inventory.disks.reverse();
    }
    let system = system::look(machine, &profile.value).expect("recorded");
    let request = Request {
        hw: &hw,
        other_box: None,
        profile: &profile,
        name: "gen8-seed",
        inventory: &inventory,
        system: &system,
    };
    make(&request).expect("a plan")
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
