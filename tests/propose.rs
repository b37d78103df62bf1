//! `zbay propose` as an ordinary user runs it, on recorded machines and on drives that nobody has bought yet.
//!
//! What it promises is what a plan of the written profile promises, to the byte; and what a plan says of other layouts
//! and of drives that may replace a member.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

struct Said {
    status: Option<i32>,
    out: String,
    err: String,
}

fn zbay(args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zbay"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    let output = command.output().expect("zbay runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let said =
        Said { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    // A path is as long as its user made it, and JSON has no lines.
    let screen = said.out.lines().filter(|line| !line.contains(".yaml"));
    for line in screen.filter(|_| args.contains(&"propose") && !args.contains(&"--json")) {
        assert!(line.is_ascii() && line.len() <= 80 && line == line.trim_end(), "{line}");
    }
    said
}

fn on(machine: &str, args: &[&str]) -> Said {
    let dir = format!("tests/machines/{machine}");
    zbay(&[&["--machine", &dir], args].concat())
}

#[test]
fn the_seeds_drives_side_by_side() {
    let said = on("gen8-seed", &["propose"]);
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
    let wanted = "\
4 blank drives: 1.00 TB in bay 1, 2.00 TB in bays 2-4

     layout       bays       usable   survives   resilver   unused
  1  raidz of 3   2 3 4      3.87 TB  any 1      4 to 11 h  bay 1
  2  two mirrors  1 2 + 3 4  2.90 TB  any 1 (*)  2 to 11 h  1.00 TB
  3  raidz of 4   1 2 3 4    2.81 TB  any 1      2 to 6 h   3.00 TB
  4  raidz2 of 4  1 2 3 4    1.87 TB  any 2      2 to 6 h   3.00 TB

proposed raidz of 3: the most space that survives a drive failure
";
    assert!(said.out.starts_with(wanted), "{}", said.out);
    assert!(
        said.out.contains("grows    1: attach a drive of 2.00 TB or more in bay 1\n"),
        "{}",
        said.out
    );
    assert!(said.out.contains("\n(*)      2: "), "{}", said.out);
    assert!(said.out.ends_with("; nothing is applied\n") && said.out.lines().count() <= 20);
}

#[test]
fn numbers_to_the_byte_for_programs() {
    let said = on("gen8-seed", &["--json", "propose"]);
    let all: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&all["version"], &all["changed"]), (&json!(2), &json!(false)));
    let third = &all["proposal"]["layouts"][2];
    assert_eq!(third["usable"], json!(2_805_775_466_496_u64));
    assert_eq!(third["unused"], json!(3_000_582_144_000_u64));
    assert_eq!(third["bays"], json!([["1", "2", "3", "4"]]));
    assert_eq!(third["resilver_hours"], json!([2, 6]));
    assert_eq!(all["proposal"]["reason"], json!("the most space that survives a drive failure"));
}

#[test]
fn drives_with_contents_are_absent_by_name() {
    for (machine, words) in [
        ("every-owner", "bay 1, SAMSUNG HD103UJ 1.00 TB, S13PJ0EXAMPLE: pool tank (raidz1-0)"),
        ("in-trouble", "bay 3, ST2000DM001-1CH164 2.00 TB, Z1E0EXA2: pool tank (raidz1-0)"),
    ] {
        let said = on(machine, &["propose"]);
        assert_eq!((said.status, said.err.as_str()), (Some(1), ""), "{machine}");
        assert!(said.out.contains(words), "{machine}: {}", said.out);
        let none = "none     all drives are left out, each for the reason above\n";
        assert!(said.out.ends_with(none), "{machine}: {}", said.out);
    }
    let boots = on("gen8-raid-fifth-port", &["propose"]);
    assert!(!boots.out.contains("left out"), "a boot drive is no matter: {}", boots.out);
    let said = on("gen8-4x4tb-ssd", &["propose"]);
    assert!(said.out.contains("left out the fifth port, Samsung SSD 840 EVO"), "{}", said.out);
    assert!(said.out.contains("  1  raidz of 4   1 2 3 4    11.48 TB"), "{}", said.out);
}

#[test]
fn before_buying_nothing_is_looked_at() {
    let none = "--machine=/nonexistent/x";
    assert_eq!(zbay(&[none, "propose"]).status, Some(2));
    let said = zbay(&["propose", "--drives", "1TB,2TB,2TB,2TB"]);
    assert_eq!(said.status, Some(0), "{}", said.err);
    assert!(said.out.starts_with("4 drives: 1.00 TB in bay 1, 2.00 TB in bays 2-4\n"));
    assert!(said.out.contains("  1  raidz of 3   2 3 4      3.87 TB"), "{}", said.out);
    let eight = zbay(&["propose", "--drives", "8TB,8TB,8TB"]);
    assert!(eight.out.contains("without redundancy"), "{}", eight.out);
    for (args, words) in [
        (&["--drives", "banana"][..], "`banana` is not a size"),
        (
            &["--drives", "1TB,1TB,1TB,1TB,1TB", "--hw", "hp-microserver-gen8"],
            "do not fit into 4 bays",
        ),
        (&["--drives", "1TB,1TB", "--write"], "a profile is for one kind of server"),
        (&["--drives", "1TB,1TB", "--hw", "hp-microserver-gen8", "--write"], "--out FILE.yaml"),
        (&["--drives", "1TB"], ""),
    ] {
        let said = zbay(&[&["propose"], args].concat());
        assert_eq!(said.status, Some(if words.is_empty() { 1 } else { 2 }), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

#[test]
fn what_is_written_is_sound_and_gives_what_was_promised() {
    let dir = TempDir::new().expect("a directory");
    for (machine, hw, count) in [
        ("gen8-seed", "hp-microserver-gen8", 4),
        ("gen8-4x4tb", "hp-microserver-gen8", 3),
        ("gen8-4x4tb-ssd", "hp-microserver-gen8", 3),
        ("gen8-raid-fifth-port", "hp-microserver-gen8", 3),
        ("4u-24x4tb", "4u-24bay", 5),
        ("4u-24x4tb", "generic", 5),
    ] {
        let json = on(machine, &["--hw", hw, "--json", "propose"]).out;
        let all: Value = serde_json::from_str(&json).expect("JSON");
        let layouts = all["proposal"]["layouts"].as_array().expect("layouts");
        assert_eq!(layouts.len(), count, "{machine}");
        for (index, layout) in layouts.iter().enumerate() {
            let number = (index + 1).to_string();
            let what = format!("layout {number} of {machine} as {hw}");
            let path = dir.path().join(format!("{machine}-{hw}-{number}.yaml"));
            let file = path.to_str().expect("UTF-8");
            let args = ["--hw", hw, "propose", "--write", &number, "--out", file];
            let said = on(machine, &args);
            assert_eq!((said.status, said.err.as_str()), (Some(0), ""), "{what}");
            assert_eq!(zbay(&["check", file]).status, Some(0), "{what}");
            let plan = on(machine, &["--hw", hw, "--json", "plan", file]);
            assert_eq!(plan.status, Some(1), "{what}: {}", plan.err);
            let plan: Value = serde_json::from_str(&plan.out).expect("JSON");
            assert_eq!(plan["plan"]["outlook"]["usable"], layout["usable"], "{what}");
            assert_eq!(plan["plan"]["outlook"]["size"], layout["size"], "{what}");
            assert_eq!(on(machine, &args).status, Some(2), "{what}: never overwritten");
        }
    }
}

#[test]
fn a_profile_for_drives_that_are_not_bought_yet() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("later.yaml");
    let file = path.to_str().expect("UTF-8");
    let hw = ["--hw", "hp-microserver-gen8"];
    let args = ["propose", "--drives", "8TB,8TB,8TB,8TB", "--write", "2", "--out", file];
    let said = zbay(&[&hw[..], &args].concat());
    assert_eq!((said.status, said.err.as_str()), (Some(0), ""));
    let text = fs::read_to_string(&path).expect("written");
    for words in ["layout: raidz\n", "# up to 44 h without redundancy.\n", "  # reserve: 2GiB\n"] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert_eq!(zbay(&["check", file]).status, Some(0));
}

#[test]
fn a_recorded_machine_gets_no_wish() {
    let said = zbay(&["--machine", "gen8-seed", "propose", "--write"]);
    assert_eq!((said.status, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("a recorded machine cannot be changed"), "{}", said.err);
    let said = zbay(&["--machine", "gen8-seed", "propose", "--write", "5"]);
    assert!(said.err.contains("there is no layout 5: `zbay propose` shows 4"), "{}", said.err);
}

#[test]
fn without_a_wish_plan_shows_the_proposal_and_does_nothing() {
    let said = zbay(&["--machine", "gen8-seed", "plan"]);
    assert_eq!((said.status, said.err.as_str()), (Some(1), ""));
    assert!(said.out.starts_with("no profile was given"), "{}", said.out);
    assert!(said.out.contains("  1  raidz of 3   2 3 4      3.87 TB"), "{}", said.out);
    assert!(said.out.contains("no profile yet, so nothing is done: `zbay propose --write`"));
    let none = on("every-owner", &["propose"]);
    assert!(!none.out.contains("--write"), "nothing to write: {}", none.out);
    // A profile that is named and not there is a matter of its own.
    let said = zbay(&["--machine", "gen8-seed", "plan", "gen8-sede"]);
    assert!(!said.err.contains("raidz of 3"), "{}", said.err);
}

#[test]
fn a_plan_says_what_beats_it_and_what_may_replace_a_drive() {
    let flat = |said: &Said| said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = on("gen8-seed", &["plan", "gen8-seed"]);
    let beaten = "warning raidz of 3 over bays 2-4 would hold 3.87 TB with no less redundancy: \
                  `zbay propose`";
    assert!(flat(&said).contains(beaten), "{}", said.out);
    let least = "replace bays 1-4 with drives of 996447109632 bytes or more (4096-byte sectors: \
                 996516319232)";
    assert!(flat(&said).contains(least) && !said.out.contains("may be at most"), "{}", said.out);
    let said = on("gen8-seed", &["plan", "gen8-seed-3"]);
    assert!(!said.out.contains("with no less redundancy"), "{}", said.out);
    let said = on("4u-24x4tb", &["plan", "4u-24bay-raidz2"]);
    let little = "a new drive in bays 1-24 may be at most 692 MiB smaller: `reserve: 2GiB`";
    assert!(flat(&said).contains(little), "{}", said.out);
}

#[test]
fn a_reserve_makes_partitions_that_leave_room() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("reserve.yaml");
    let file = path.to_str().expect("UTF-8");
    let wish = |more: &str| {
        let text = format!(
            "hardware: hp-microserver-gen8\nboot: usb\npool:\n  name: tank\n  layout: raidz\n  \
             bays: [1, 2, 3, 4]\n{more}"
        );
        fs::write(&path, text).expect("written");
    };
    wish("  reserve: 2GiB\n");
    let said = on("gen8-4x4tb", &["plan", file]);
    assert_eq!(said.status, Some(1), "{}", said.err);
    // (4000787030016 - 2 GiB) cut to whole MiB, less the first one: 3904919552 KiB.
    let cut = "sgdisk --clear --set-alignment=2048 --new=1:1M:+3904919552K --typecode=1:bf01";
    let flat = said.out.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\ ", "");
    assert!(flat.contains(&format!("{cut} (each of bays 1-4)")), "{}", said.out);
    let full = on("gen8-4x4tb", &["plan", file, "--full"]).out;
    let full = full.split_whitespace().collect::<Vec<_>>().join(" ").replace("\\ ", "");
    assert_eq!(full.matches(cut).count(), 4, "{full}");
    let vdev = "tank raidz1 (bay 1, part 1) (bay 2, part 1) (bay 3, part 1) (bay 4, part 1)";
    assert!(flat.contains(vdev), "{}", said.out);
    assert!(!flat.contains("zpool create -f"), "{}", said.out);

    let plan = |args: &[&str]| -> Value {
        let json = on("gen8-4x4tb", &[&["--json", "plan"], args].concat()).out;
        serde_json::from_str::<Value>(&json).expect("JSON")["plan"].take()
    };
    let (reserved, whole) = (plan(&[file]), plan(&["gen8-usb-raidz"]));
    let number = |plan: &Value, name: &str| plan["outlook"][name].as_u64().expect("a number");
    assert!(number(&reserved, "usable") <= number(&whole, "usable"));
    let slack = &reserved["outlook"]["replacement"][0]["slack"];
    assert!(slack.as_u64().expect("a number") > (2 << 30) - (16 << 20), "{slack}");
    // What holds before a step is in the plan that is saved.
    let kept = dir.path().join("plan.json");
    on("gen8-4x4tb", &["plan", file, "--save", kept.to_str().expect("UTF-8")]);
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(&kept).expect("saved")).expect("JSON");
    let step = |name: &str| {
        let steps = kept["steps"].as_array().expect("steps");
        let found = steps.iter().find(|step| step["what"].as_str().expect("words").contains(name));
        found.expect("a step").clone()
    };
    let free = |step: &Value| step["before"].to_string().matches("disk-free").count();
    assert_eq!(
        free(&step("partition the 4 data drives: 2G")),
        4,
        "all are proved free before the first"
    );
    assert_eq!(free(&step("create pool tank")), 0, "they are cut by then");

    // Where the pool is, nothing is cut again.
    let there = on("every-owner", &["--json", "plan", file]);
    assert!(!there.out.contains("sgdisk"), "{}", there.out);
    let same = |said: &Said| {
        let value: Value = serde_json::from_str(&said.out).expect("JSON");
        value["plan"]["drift"].to_string()
    };
    wish("");
    assert_eq!(same(&there), same(&on("every-owner", &["--json", "plan", file])));

    wish("  reserve: 5TB\n");
    let said = on("gen8-4x4tb", &["plan", file]);
    assert_eq!(said.status, Some(2));
    assert!(said.err.contains("too few for a pool member"), "{}", said.err);
}

#[test]
fn the_table_of_the_page_on_layouts_is_what_is_proposed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/propose.md");
    let page = fs::read_to_string(path).expect("docs/propose.md");
    let mut rows = 0;
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [drives, first, usable, ..] = cells[..] else { panic!("{line}") };
        let said = zbay(&["propose", "--drives", drives.trim_matches('`')]);
        let row = said.out.lines().find(|line| line.starts_with("  1  ")).expect("a layout");
        assert!(row.contains(&format!("  {first}  ")) && row.contains(usable), "{line}\n{row}");
        rows += 1;
    }
    assert!(rows >= 13, "{rows}");
}
