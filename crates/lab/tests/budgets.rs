//! Each test of the boxes has one budget, and each budget its test: so that every test is in one part of the long run.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // the sources are read where they lie; a file that is gone fails the test

use std::fs;
use std::path::Path;

use zbay_lab::budget::{BUDGETS, Part, part};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests of the target `vm`, by their paths, read from the sources.
fn tests() -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(here().join("tests/vm")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "rs") {
            continue;
        }
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        while lines.any(|line| line.trim() == "#[test]") {
            let head = lines.find_map(|line| line.trim_start().strip_prefix("fn ")).unwrap();
            let name = head.split('(').next().unwrap();
            all.push(format!("{module}::{name}"));
        }
    }
    all.sort();
    all
}

#[test]
fn every_test_of_the_boxes_has_one_budget() {
    let listed: Vec<String> = BUDGETS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(listed, tests(), "the table in src/budget.rs, by name, against tests/vm");
}

#[test]
fn every_test_of_the_boxes_and_every_release_is_in_one_part_of_the_long_run() {
    let entries = fs::read_dir(here().join("vm-images/appliance/releases")).unwrap();
    let releases: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!releases.is_empty());
    let mut wanted = tests();
    wanted.extend(releases.iter().map(|release| format!("release {release}")));
    wanted.push("fast".to_owned());
    wanted.sort();
    for of in [1, 2, 3, 8, 60] {
        let names = |number| {
            let one: Part = format!("{number}/{of}").parse().unwrap();
            part(one, &releases).into_iter().map(|piece| piece.name)
        };
        let mut found: Vec<String> = (1..=of).flat_map(names).collect();
        found.sort();
        assert_eq!(found, wanted, "{of} parts");
    }
}
