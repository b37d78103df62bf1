//! The bays of a box as `zbay show hw` draws them: size of the screen, signs, colour, the picture.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::on;

const FOUR_BAYS: [&str; 5] =
    ["gen8-seed", "gen8-4x4tb", "gen8-4x4tb-ssd", "gen8-raid-fifth-port", "gen8-asleep"];

#[test]
fn a_box_of_four_bays_fits_a_console() {
    for machine in FOUR_BAYS {
        let said = on(machine, &["show", "hw"]);
        let lines = said.out.lines().count();
        assert!(lines <= 20 && said.out.contains("| bay 4"), "{machine}: {lines}\n{}", said.out);
        assert!(said.out.contains("- blank"), "{}", said.out);
    }
    let said = on("gen8-asleep", &["show", "hw"]);
    assert!(said.out.contains("| asleep") && said.out.contains("? not read"), "{}", said.out);
}

#[test]
fn a_member_that_is_gone_stands_in_its_bay() {
    let said = on("in-trouble", &["show", "hw"]);
    for words in ["! MISSING", "! tank REMOVED", "~ tank DEGRADED", "Z1E0EXA1"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = on("in-trouble", &["--json", "show", "hw"]);
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(json["missing"][0]["serial"], "Z1E0EXA1");
    assert_eq!(json["missing"][0]["bay"], "2");
}

#[test]
fn colour_is_asked_for_and_stays_out_of_pipes_and_files() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("front.svg");
    let file = path.to_str().expect("UTF-8");
    let plain = on("in-trouble", &["show", "hw"]).out;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let painted = on("in-trouble", &["show", "hw", "--color", "always", "--svg", file]).out;
    assert!(painted.contains("\u{1b}[1;31m! MISSING\u{1b}[0m"), "{painted}");
    let svg = fs::read_to_string(&path).expect("drawn");
    assert!(svg.contains("! MISSING") && !svg.contains('\u{1b}'));
    for args in [
        &["show", "hw", "--color", "always", "--ascii"][..],
        &["show", "hw", "--ascii"],
        &["show", "hw", "--color", "never"],
        &["--json", "show", "hw", "--color", "always"],
    ] {
        let said = on("in-trouble", args);
        assert!(said.status == 0 && !said.out.contains('\u{1b}'), "{args:?}: {}", said.out);
    }
    let said = on("t20", &["show", "hw", "--svg", file]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("names its bays\ndo this"), "{}", said.err);
}
