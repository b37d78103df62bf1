//! Risk, power and money as they are typed: `zbay capacity LAYOUT` and `zbay optimal --drives`.
#![allow(clippy::disallowed_methods)] // the program itself, and files of the test
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn zbay(args: &[&str]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zbay runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("ended by itself");
    let said = Said { status, out: text(output.stdout), err: text(output.stderr) };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    let fits = |line: &str| line.len() <= 80 && line.is_ascii() && line.trim_end() == line;
    let is_screen = !args.contains(&"--json") && !args.contains(&"--csv");
    assert!(!is_screen || said.out.lines().all(fits), "{}", said.out);
    said
}

fn capacity(machine: &str, args: &[&str]) -> Said {
    zbay(&[&["--machine", machine, "capacity"], args].concat())
}

/// The text without its line breaks.
fn flat(said: &Said) -> String {
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    said.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json_of(said: &Said) -> Value {
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    serde_json::from_str(&said.out).expect("JSON")
}

#[test]
fn a_layout_may_name_the_model_of_a_drive_that_is_here() {
    let by_model = json_of(&capacity("gen8-seed", &["raidz:HD103UJ,3xST2000DM001", "--json"]));
    assert_eq!(by_model["pool"]["usable"], json!(2_805_775_466_496_u64));
    assert_eq!(by_model["layout"], json!("raidz1:1TB,3x2TB"));
    let said = capacity("gen8-seed", &["raidz2:6xST4000VN008"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert_eq!(
        said.err,
        "error: in `raidz2:6xST4000VN008`: `ST4000VN008` is neither a size nor the model of a \
         drive here\n\
         models here: SAMSUNG HD103UJ (1TB), SAMSUNG HM250HI (250GB), ST2000DM001-1CH164 (2TB), \
         ST2000DM001-1ER164 (2TB)\nor write a size, as in 4TB\n"
    );
    let grown =
        ["--machine", "gen8-seed", "grow", "mirror:2xHD103UJ", "--", "mirror:2xST2000DM001"];
    assert!(flat(&zbay(&grown)).contains("from mirror:2x1TB to mirror:2x2TB"));
}

#[test]
fn drives_of_a_known_model_fail_as_that_model_does() {
    let dir = tempfile::tempdir().expect("a directory");
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/gen8-4x4tb");
    for entry in fs::read_dir(recorded).expect("recorded") {
        let path = entry.expect("recorded").path();
        let text = fs::read_to_string(&path).expect("text");
        let name = path.file_name().expect("a name");
        // The same drives under another name.
        let text = text.replace("ST4000DM000-1F2168", "ST8000NM0055-1RM112");
        fs::write(dir.path().join(name), text).expect("written");
    }
    let machine = dir.path().to_str().expect("UTF-8");
    let said = flat(&capacity(machine, &["raidz2:4xST8000NM0055"]));
    assert!(said.contains("(AFR 1.68 % of ST8000NM0055, 48 h to a new drive"), "{said}");
    let mixed = flat(&capacity(machine, &["raidz2:2xST8000NM0055,2x4TB", "--explain"]));
    assert!(mixed.contains("the models of 2 of 4 are in the table"), "{mixed}");
    let told = flat(&capacity(machine, &["raidz2:4xST8000NM0055", "--afr", "3%"]));
    assert!(told.contains("(AFR 3.00 %, 48 h"), "{told}");
    // A profile has the drives of this machine.
    let json = json_of(&capacity(machine, &["gen8-usb-raidz", "--json"]));
    let of = json["risk"]["vdevs"][0]["rate"]["of"].as_str().expect("words");
    assert!(of.contains("ST8000NM0055 had 56 failures in 1,217,828 drive days"), "{of}");
    assert!(
        json["risk"]["within"][1]["high"]["pool"].as_f64()
            > json["risk"]["within"][1]["likely"]["pool"].as_f64()
    );
}

#[test]
fn a_pool_is_explained_with_all_that_its_odds_rest_on() {
    let said = flat(&capacity("gen8-seed", &["raidz:4x4TB", "--explain"]));
    for words in [
        "AFR 1.57 % of drives a year: all that Backblaze ran in 2024. Assumed:",
        "| 1 | 21.1 years | 70 h | 15.8 years |",
        "| 2: lost | | | 41,700 years |",
        "| 5 years | 1 in 8,000 | not known | 1 in 35 |",
        "about 1 in 8,000 at factor 1, about 1 in 800 at factor 10 in 5 years",
        "not the pool: 1 bit of 1e15 (data sheet), 12.00 TB are read then",
        "7 to 22 h: 4.00 TB on a drive (100 % full) at 150 MB/s idle, 50 under load",
        "48 h until it starts",
        "warning 55 to 70 h without redundancy after one failure: more than a day",
        "46 to 67 W, 403 to 587 kWh a year: 4 to 8 W a 3.5 inch drive",
        "30 to 35 W HP ProLiant MicroServer Gen8, drives in standby (seed article 2015-08-14)",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let other = ["mirror:2x4TB", "--explain", "--spares", "1", "--full", "50%", "--watts", "5"];
    let said = flat(&capacity("tests/machines/container", &other));
    for words in [
        "a hot spare, 1 bad bit",
        "4 to 11 h: 2.00 TB",
        "15 W, 131 kWh a year",
        "the server itself is not counted",
    ] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    assert!(!said.contains("without redundancy after"), "{said}");
    let short = capacity("gen8-seed", &["raidz:4x4TB", "--price", "4TB=90"]);
    assert!(short.out.lines().count() <= 20, "{}", short.out);
    assert_eq!(short.out.matches("\nrisk ").count(), 1);
}

#[test]
fn prices_become_costs() {
    let args = ["raidz2:6x4TB", "--price", "4TB=90", "--kwh", "0.30", "--watts", "5", "--json"];
    let json = json_of(&capacity("tests/machines/container", &args));
    assert_eq!(json["cost"]["drives"], json!(540.0));
    // 540 for 15.847 TB; 30 W for five years are 394.47.
    assert_eq!(json["cost"]["per_tb"], json!(34.0755));
    assert_eq!(json["cost"]["electricity"], json!([394.47, 394.47]));
    assert_eq!(json["cost"]["per_tb_year"], json!([11.7935, 11.7935]));
    let said = flat(&capacity(
        "tests/machines/container",
        &["raidz2:6x4TB", "--price", "4TB=90", "--spares", "1"],
    ));
    assert!(said.contains("cost 630.00 for the drives, 39.75 a usable TB"), "{said}");
    assert_eq!(
        json_of(&capacity("tests/machines/container", &["raidz2:6x4TB", "--json"]))["cost"],
        Value::Null
    );
}

#[test]
fn ways_to_share_out_drives_have_their_risk_and_price() {
    let said = zbay(&["optimal", "--drives", "24", "--size", "4TB", "--price", "4TB=90"]);
    let text = flat(&said);
    assert!(text.contains("lost price/TB"), "{text}");
    assert!(
        text.contains("lost the pool, within 5 years: AFR 1.57 % of the fleet, 48 h to a new"),
        "{text}"
    );
    let json = json_of(&zbay(&["optimal", "--drives", "24", "--json", "--price", "4TB=90"]));
    let ways = json["ways"].as_array().expect("ways");
    let pool = |name: &str| {
        let way = ways.iter().find(|way| way["layout"] == name).expect("listed");
        way["risk"]["pool"].as_f64().expect("a number")
    };
    assert!(pool("raidz3 of 24") < pool("raidz2 of 24"));
    assert!(
        pool("12 x mirror of 2") > pool("11 x mirror of 2, 2 spares") * 2.0,
        "a spare waits for nobody"
    );
    for way in ways {
        let risk = way["risk"]["pool"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&risk));
        assert_eq!(way["cost"]["drives"], json!(2160.0));
    }
    let csv = zbay(&["optimal", "--drives", "6", "--csv", "--price", "4TB=90"]);
    assert!(csv.out.starts_with("layout,usable,"));
    let header = csv.out.lines().next().expect("a header");
    assert!(header.ends_with(",pool_lost_5y,file_lost_5y,cost_per_tb"), "{header}");
    for line in csv.out.lines() {
        assert_eq!(line.matches(',').count() - line.matches(", ").count(), 11, "{line}");
    }
    // Screens fit whatever is asked; zbay() looks.
    for args in
        [&["2"][..], &["90"], &["90", "--top", "500", "--price", "4TB=1000000000000"], &["500"]]
    {
        assert_eq!(zbay(&[&["optimal", "--drives"], args].concat()).status, 0);
    }
}

#[test]
fn what_cannot_be_is_named_with_its_range() {
    let layout = ["raidz2:6x4TB"];
    for (args, words) in [
        (
            &["--afr", "NaN%"][..],
            "`NaN%` is not a failure rate: write a yearly rate over 0 % and under 100 %",
        ),
        (&["--afr", "0%"], "or a model of the table: WUH722222ALE6L4,"),
        (&["--afr", "-1%"], "`-1%` is not a failure rate"),
        (&["--afr", "WD40EFRX"], "`WD40EFRX` is not a failure rate"),
        (&["--wait", "-1"], "`-1` is not a number of hours: write 0 to 8766"),
        (&["--wait", "inf"], "`inf` is not a number of hours"),
        (&["--correlation", "0"], "`0` is not a factor: write 1 to 1000"),
        (&["--full", "0%"], "`0%` is not a share: write a percentage over 0% and up to 100%"),
        (&["--spares", "101"], "101 is not in 0..=100"),
        (&["--watts", "nan"], "`nan` is not a number of watts: write one over 0 and up to 100"),
        (
            &["--price", "4TB="],
            "in `4TB=`: `` is not a price: write a number over 0 and up to 1000000000000",
        ),
        (&["--price", "4TB=0"], "`0` is not a price"),
        (&["--price", "4TB=NaN"], "`NaN` is not a price"),
        (&["--price", "4TB=-9"], "`-9` is not a price"),
        (&["--price", "4TB=inf"], "`inf` is not a price"),
        (&["--price", "90"], "`90` is not a drive price: write SIZE=PRICE, as in 4TB=90"),
        (&["--price", "8TB=90"], "there are no drives of 8TB to price, only drives of 4TB"),
        (
            &["--price", "4TB=90", "--price", "4TB=80"],
            "drives of 4TB have two prices, 90.00 and 80.00",
        ),
        (&["--price", "4TB=90", "--kwh", "0"], "`0` is not a price"),
        (&["--kwh", "0.30"], "--price"),
    ] {
        // `--wait -1` as one word, so that it is a value.
        let words_of: Vec<String> = args.chunks(2).map(|pair| pair.join("=")).collect();
        let args: Vec<&str> = words_of.iter().map(String::as_str).collect();
        let said = capacity("tests/machines/container", &[&layout[..], &args].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
    for (args, words) in [
        (
            &["capacity", "--afr", "2%"][..],
            "`--afr` needs a LAYOUT, as in `zbay capacity raidz2:6x4TB`",
        ),
        (&["capacity", "--batch", "--price", "4TB=90"], "`--price` needs a LAYOUT"),
        (
            &["optimal", "--wait", "9"],
            "`--wait` needs drives, as in `zbay optimal --drives 6 --size 4TB`",
        ),
        (&["optimal", "--drives", "6", "--price", "8TB=90"], "there are no drives of 8TB to price"),
    ] {
        let said = zbay(args);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}
