//! Each rule is seen to refuse, with the way out, and every shipped profile is seen to pass.

use super::{Rule, Severity, check};
use crate::hw::Hw;
use crate::profile::Profile;
use crate::shipped::{HW, PROFILES};
use crate::yaml::read;

fn hw(name: &str) -> Hw {
    let (_, text) = HW.iter().find(|(n, _)| *n == name).expect("shipped");
    read::<Hw>(name, text.as_bytes()).expect("sound").value
}

fn gen8(controller: &str, boot: &str, pool: &str) -> Vec<(Severity, Rule, String)> {
    let text = format!(
        "hardware: hp-microserver-gen8\ncontroller: {controller}\nboot: {boot}\npool: {{name: tank, {pool}}}\n"
    );
    let profile =
        read::<Profile>("x.yaml", text.as_bytes()).unwrap_or_else(|f| panic!("{f}")).value;
    let notes = check(&hw("hp-microserver-gen8"), &profile);
    notes
        .into_iter()
        .map(|n| (n.severity, n.rule, format!("{}: {}", n.message, n.remedy)))
        .collect()
}

const RAIDZ: &str = "layout: raidz, bays: [1, 2, 3, 4]";

#[test]
fn every_shipped_profile_passes_on_its_box() {
    for (name, text) in PROFILES {
        let profile = read::<Profile>(name, text.as_bytes()).expect("sound").value;
        let notes = check(&hw(&profile.hardware), &profile);
        assert!(notes.iter().all(|note| note.severity < Severity::Error), "{name}: {notes:?}");
    }
}

#[test]
fn ahci_does_not_boot_the_fifth_port_and_the_ways_out_are_named() {
    let notes = gen8("ahci", "fifth-port", RAIDZ);
    assert_eq!(notes[0].1, Rule::BootCannot);
    for way in ["boot: usb", "boot: microsd", "controller: raid"] {
        assert!(notes[0].2.contains(way), "{way} in {}", notes[0].2);
    }
}

#[test]
fn modes_warn_and_go_on() {
    let raid = gen8("raid", "fifth-port", RAIDZ);
    assert!(raid.iter().all(|note| note.0 == Severity::Warning), "{raid:?}");
    assert!(raid.iter().any(|note| note.1 == Rule::ModeWarning && note.2.contains("read errors")));
    let legacy = gen8("legacy", "fifth-port", RAIDZ);
    assert!(legacy.iter().any(|note| note.2.contains("hot-swap") && note.2.contains("speed")));
}

#[test]
fn each_rule_refuses() {
    let first = |pool: &str| gen8("ahci", "usb", pool)[0].clone();
    for (pool, rule, way) in [
        ("layout: raidz, bays: [1, 2]", Rule::TooFew, "layout: mirror"),
        ("layout: raidz2, bays: [1, 2, 3]", Rule::TooFew, "layout: raidz"),
        ("layout: mirror, bays: [[1], [2, 3]]", Rule::TooFew, "stripe"),
        ("layout: raidz, bays: [1, 2, 5]", Rule::NoSuchBay, "1, 2, 3, 4, fifth-port"),
        ("layout: raidz, bays: [1, 2, 2]", Rule::BayTwice, "once"),
        ("layout: raidz, bays: [1, 2, ilo]", Rule::PlaceNotForPool, "1, 2, 3, 4"),
        ("layout: raidz, bays: [1, 2, 3], log: {bays: [3]}", Rule::BayTwice, "its own"),
        ("layout: raidz, bays: [1, 2, 3], cache: {bays: [1]}", Rule::BayTwice, "its own"),
        (
            "layout: raidz, bays: [1, 2, 3], log: {bays: [4]}, cache: {bays: [4]}",
            Rule::SharedSize,
            "size: 8G",
        ),
        (
            "layout: raidz, bays: [1, 2, 3], log: {bays: [4], mirror: true}",
            Rule::AuxMirror,
            "mirror",
        ),
    ] {
        let found = first(pool);
        assert_eq!((found.0, found.1), (Severity::Error, rule), "{pool}: {found:?}");
        assert!(found.2.contains(way), "{pool}: {}", found.2);
    }
    let boot = gen8("ahci", "bay-1", RAIDZ);
    assert_eq!((boot[0].0, boot[0].1), (Severity::Error, Rule::BootBayInPool));
}

#[test]
fn a_stripe_is_had_by_its_name_and_warned_of() {
    let notes = gen8("ahci", "usb", "layout: stripe, bays: [1, 2]");
    assert_eq!(
        notes.iter().map(|note| (note.0, note.1)).collect::<Vec<_>>(),
        [(Severity::Warning, Rule::NoRedundancy)]
    );
}
