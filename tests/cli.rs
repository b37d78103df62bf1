//! The program as an ordinary user runs it, on recorded machines: no root, no ZFS, nothing changed.
//!
//! A machine with a fault is a recording with one answer changed, in a temporary directory: all else stays real.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The front of a box.
#[path = "cli/bays.rs"]
mod bays;
/// The order of the bays, learned.
#[path = "cli/learn.rs"]
mod learn;
/// Machines where little is known, or that QEMU cannot be.
#[path = "cli/odd_machines.rs"]
mod odd_machines;
/// Where drives are, and what they stand on.
#[path = "cli/seats.rs"]
mod seats;

/// What others call themselves.
#[path = "cli/hostile.rs"]
mod hostile;

/// What commands take.
#[path = "cli/helps.rs"]
mod helps;

/// Names of drives that are typed.
#[path = "cli/words.rs"]
mod words;

/// What is told to be typed.
#[path = "cli/typed.rs"]
mod typed;

/// Pools that grow.
#[path = "cli/growth.rs"]
mod growth;

/// Drives in rows.
#[path = "cli/drives.rs"]
mod drives;

/// What a profile can wish of a dataset.
#[path = "cli/properties.rs"]
mod properties;

/// Who cares for them.
#[path = "cli/care.rs"]
mod care;

/// Places that several drives share.
#[path = "cli/places.rs"]
mod places;

/// What drives say of their health, and what is said where they say nothing.
#[path = "cli/health.rs"]
mod health;

/// What a look would tell.
#[path = "cli/notices.rs"]
mod notices;

/// What the real program sends.
#[path = "cli/sent.rs"]
mod sent;

/// Red, yellow, green.
#[path = "cli/colour.rs"]
mod colour;

/// How pools are, and what it ends with.
#[path = "cli/status.rs"]
mod status;

const MACHINES: [&str; 12] = [
    "gen8-seed",
    "gen8-4x4tb",
    "gen8-4x4tb-ssd",
    "gen8-raid-fifth-port",
    "4u-24x4tb",
    "every-owner",
    "in-trouble",
    "gen8-raid-mode",
    "gen8-legacy-mode",
    "gen8-asleep",
    "n54l",
    "t20",
];
const PROFILES: [&str; 8] = [
    "gen8-usb-raidz",
    "gen8-usb-raidz2",
    "gen8-usb-mirror",
    "gen8-raid-fifth-port",
    "gen8-usb-raidz-slog",
    "gen8-seed",
    "gen8-seed-3",
    "4u-24bay-raidz2",
];

/// What a plan says of the drive that sleeps in the recording gen8-asleep.
const WOKEN: &str = "woke bay 2 (serial Z1E0EXA1): every drive has to be read first\n";

fn zbay(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zbay"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.env("LC_ALL", "C"); // whatever the one who tests has
    command
}

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn said(output: Output) -> Said {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let status = output.status.code().expect("ended by itself");
    let said = Said { status, out: text(output.stdout), err: text(output.stderr) };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}

fn run(args: &[&str]) -> Said {
    said(zbay(args).output().expect("zbay runs"))
}

fn on(machine: &str, args: &[&str]) -> Said {
    let dir = format!("tests/machines/{machine}");
    run(&[&["--machine", &dir], args].concat())
}

#[test]
fn every_shipped_file_is_sound() {
    let said = run(&[&["check"], &PROFILES[..]].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for profile in PROFILES {
        assert!(said.out.contains(&format!("{profile}: valid\n")), "{profile}");
    }
    let mut descriptions = 0;
    for entry in fs::read_dir("hw").expect("there") {
        let path = entry.expect("there").path();
        let path = path.to_str().expect("UTF-8");
        let said = run(&["check", path]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{path}");
        // And it is one that the program carries.
        let name = path.trim_start_matches("hw/").trim_end_matches(".yaml");
        let said = run(&["--machine", "gen8-seed", "--hw", name, "show", "hw"]);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{path}");
        descriptions += 1;
    }
    assert_eq!(descriptions, 8);
    let mixed = run(&["check", "gen8-seed", "tests/bad/raidz-of-2.yaml"]);
    assert_eq!((mixed.status, mixed.out.as_str()), (2, ""));
    assert!(mixed.err.ends_with("1 of 2 files refused, 1 valid\n"), "{}", mixed.err);
}

/// What a profile meets on a box: the drives that the plan takes, or words of its refusal.
#[allow(clippy::match_same_arms)] // in the order in which a person would ask
fn meets(machine: &str, profile: &str) -> Result<usize, &'static str> {
    let is_4u = machine == "4u-24x4tb";
    match (machine, profile) {
        (_, "4u-24bay-raidz2") if is_4u => Ok(24),
        (_, "4u-24bay-raidz2") => Err("the profile is for 4U server with 24 bays, but this is "),
        _ if is_4u => Err("the profile is for HP ProLiant MicroServer Gen8, but this is"),
        ("gen8-legacy-mode", _) => Err("in Legacy mode the bays are on other ports"),
        ("n54l" | "t20", _) => Err("the profile is for HP ProLiant MicroServer Gen8, but this is"),
        ("gen8-raid-mode", "gen8-raid-fifth-port") => Ok(4),
        ("gen8-raid-mode", _) => Err("requires AHCI mode; the controller is in RAID mode"),
        ("gen8-asleep", "gen8-raid-fifth-port") => {
            Err("requires RAID mode; the controller is in AHCI mode")
        }
        ("gen8-asleep", profile) => meets("gen8-seed", profile),
        ("every-owner", "gen8-seed" | "gen8-seed-3") => Err("is not free, so nothing was written"),
        ("in-trouble", "gen8-seed" | "gen8-seed-3") => Err("bay 2 is empty"),
        ("every-owner", _) => Ok(0),
        ("in-trouble", _) => Err("pool tank was not made by zbay"),
        ("gen8-seed", "gen8-usb-raidz-slog") => Err("the fifth port is empty"),
        ("gen8-seed", "gen8-seed") => Ok(4),
        (_, "gen8-seed-3") => Ok(3),
        (
            "gen8-seed",
            "gen8-usb-mirror" | "gen8-usb-raidz" | "gen8-usb-raidz2" | "gen8-raid-fifth-port",
        ) => Err("`mixed_sizes: waste`"),
        ("gen8-4x4tb-ssd", "gen8-usb-raidz-slog") => Ok(5),
        ("gen8-raid-fifth-port", "gen8-usb-raidz-slog") => Err("the fifth port is not free"),
        (_, "gen8-usb-raidz-slog") => Err("the fifth port is empty"),
        _ => Ok(4),
    }
}

#[test]
fn every_profile_on_every_box_is_planned_or_refused() {
    for machine in MACHINES {
        for profile in PROFILES {
            let what = format!("{profile} on {machine}");
            let mut said = on(machine, &["plan", profile]);
            if machine == "gen8-asleep" {
                said.err = said.err.replacen(WOKEN, "", 1);
            }
            match meets(machine, profile) {
                Ok(drives) => {
                    assert_eq!((said.status, said.err.as_str()), (1, ""), "{what}");
                    assert!(said.out.starts_with(&format!("{profile}: ")), "{what}: {}", said.out);
                    let rows = said.out.lines().filter(|line| line.contains("  wwn-0x")).count();
                    assert_eq!(rows, drives, "{what}: {}", said.out);
                    assert!(said.out.contains("nothing written."), "{what}");
                }
                Err(words) => {
                    assert_eq!((said.status, said.out.as_str()), (2, ""), "{what}");
                    assert!(
                        said.err.starts_with("error: ") && said.err.contains(words),
                        "{what}: {}",
                        said.err
                    );
                    assert_eq!(
                        said.err.matches("the profile is for").count() > 0,
                        words.contains("the profile is for"),
                        "{what}: {}",
                        said.err
                    );
                }
            }
        }
    }
}

#[test]
fn screens_are_80_columns_of_ascii() {
    let screens: [&[&str]; 9] = [
        &[],
        &["show", "disk"],
        &["show", "disk", "-sm"],
        &["show", "hw"],
        &["show", "pool"],
        &["status"],
        &["care"],
        &["capacity"],
        &["plan", "gen8-seed-3"],
    ];
    for machine in MACHINES {
        for screen in screens {
            let said = on(machine, screen);
            if said.status == 2 {
                continue; // a plan that is refused, above
            }
            assert!(!said.out.is_empty(), "{screen:?} on {machine}");
            for line in said.out.lines() {
                // A command is never broken.
                let long = line.contains("`zbay --machine tests/");
                assert!(
                    line.is_ascii() && (long || line.len() <= 80),
                    "{screen:?} on {machine}: {line}"
                );
                assert_eq!(line, line.trim_end(), "{screen:?} on {machine}");
            }
        }
    }
}

#[test]
fn the_articles_table_to_the_letter() {
    let said = run(&["--machine", "gen8-seed", "show", "disk", "-sm"]);
    assert_eq!(
        said.out,
        "\
| Dev | Model              | GB   |
| sda | SAMSUNG HD103UJ    | 1000 |
| sdb | ST2000DM001-1CH164 | 2000 |
| sdc | ST2000DM001-1ER164 | 2000 |
| sdd | SAMSUNG HM250HI    | 250  |
| sde | ST2000DM001-1ER164 | 2000 |
"
    );
    assert_eq!(said.status, 0);
}

#[test]
fn the_articles_numbers_to_the_byte() {
    let json: Value =
        serde_json::from_str(&on("gen8-seed", &["--json", "plan", "gen8-seed"]).out).expect("JSON");
    let outlook = &json["plan"]["outlook"];
    assert_eq!(outlook["size"], json!(3_985_729_650_688_u64));
    assert_eq!(outlook["usable"], json!(2_805_775_466_496_u64));
}

#[test]
fn json_is_json_whatever_happens() {
    let commands: [&[&str]; 12] = [
        &[],
        &["show", "disk"],
        &["show", "hw"],
        &["show", "pool"],
        &["status"],
        &["care"],
        &["capacity"],
        &["check", "gen8-seed"],
        &["plan", "gen8-seed"],
        &["verify", "gen8-seed"],
        &["plan", "gen8-usb-raidz-slog"],
        &["check", "tests/bad/many-faults.yaml"],
    ];
    for machine in MACHINES {
        for command in commands {
            let said = on(machine, &[&["--json"], command].concat());
            let what = format!("{command:?} on {machine}");
            let json: Value =
                serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(json["version"], json!(2), "{what}");
            assert!(json["notes"].is_array(), "{what}");
            assert_eq!(json["changed"], json!(false), "{what}");
            assert_eq!(json["error"]["code"].is_string(), said.status == 2, "{what}");
            let silent = said.err.replacen(WOKEN, "", 1).is_empty();
            assert_eq!(silent, said.status != 2, "{what}: {}", said.err);
        }
    }
}

#[test]
fn a_plan_can_be_saved_and_is_never_overwritten() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("plan.json");
    let file = path.to_str().expect("UTF-8");
    let said = on("gen8-seed", &["plan", "gen8-seed", "--save", file]);
    assert_eq!(said.status, 1, "{}", said.err);
    let plan: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("saved")).expect("JSON");
    assert_eq!(plan["zbay_plan"], json!(1));
    assert_eq!(plan["disks"].as_array().map(Vec::len), Some(4));
    assert_eq!(on("gen8-seed", &["plan", "gen8-seed", "--save", file]).status, 2);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    let args = ["--machine", "tests/machines/4u-24x4tb", "show", "disk", "-a"];
    let mut child =
        zbay(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs");
    let mut first = String::new();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().expect("piped"));
    reader.read_line(&mut first).expect("a line");
    drop(reader);
    let said = said(child.wait_with_output().expect("ends"));
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(first.contains("Bay"), "{first}");
    // One that was closed before the first byte.
    let mut closed = zbay(&args);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = closed.stdout(writer).output().expect("runs");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &[][..]));
}

#[test]
fn a_recorded_machine_is_never_changed() {
    for args in [&["apply", "gen8-seed", "--yes"][..], &["firstboot"]] {
        let said = on("gen8-seed", args);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains("a recorded machine cannot be changed"), "{}", said.err);
    }
}

#[test]
fn requests_that_make_no_sense_end_with_2() {
    for (args, words) in [
        (&["--machine", "gen9"][..], "gen8-seed"),
        (&["--machine", "/nonexistent/x"], "/nonexistent/x is not a recorded machine"),
        (&["--machine", "gen8-seed", "plan", "gen8-sede"], "did you mean `gen8-seed`?"),
        (&["--machine", "gen8-seed", "plan", "./none.yaml"], "there is no file ./none.yaml"),
        (&["--machine", "gen8-seed", "plan", "-f"], "'-f'"),
        (&["--machine", "gen8-seed", "plan", "a;b"], "there is no profile `a;b`"),
        (&["--machine", "gen8-seed", "verify"], "no profile was given"),
        (
            &["--machine", "gen8-seed", "--hw", "gen8", "show", "hw"],
            "there is no hardware description",
        ),
        (&["plna"], "plna"),
        (&["check"], "FILE"),
    ] {
        let said = run(args);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

/// A copy of a recording, mostly the seed's, to be altered.
struct Altered(TempDir);

impl Altered {
    fn new() -> Self {
        Self::of("gen8-seed")
    }

    fn of(machine: &str) -> Self {
        let dir = TempDir::new().expect("a directory");
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines").join(machine);
        for entry in fs::read_dir(from).expect("recorded") {
            let entry = entry.expect("recorded");
            fs::copy(entry.path(), dir.path().join(entry.file_name())).expect("copied");
        }
        Self(dir)
    }

    fn edit(self, file: &str, edit: impl FnOnce(&mut Value)) -> Self {
        let path = self.0.path().join(file);
        let mut value =
            serde_json::from_str(&fs::read_to_string(&path).expect("there")).expect("JSON");
        edit(&mut value);
        fs::write(&path, value.to_string()).expect("written");
        self
    }

    /// Another answer to every command that begins with `command`.
    fn answer(self, command: &str, answer: &Value) -> Self {
        self.edit("commands.json", |all| {
            let all = all.as_object_mut().expect("commands");
            let mut count = 0;
            for (_, old) in all.iter_mut().filter(|(name, _)| name.starts_with(command)) {
                *old = answer.clone();
                count += 1;
            }
            assert!(count > 0, "no {command} was recorded");
        })
    }

    fn run(&self, args: &[&str]) -> Said {
        run(&[&["--machine", self.0.path().to_str().expect("UTF-8")], args].concat())
    }

    /// The plan is refused in these words.
    fn refused(&self, words: &[&str]) {
        let said = self.run(&["plan", "gen8-seed"]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{words:?}");
        // Lines are wrapped anywhere between words.
        let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "{word}: {}", said.err);
        }
        // What can be seen is still shown.
        let overview = self.run(&[]);
        assert!(
            overview.status < 2 && overview.out.contains("SAMSUNG HD103UJ"),
            "{}",
            overview.err
        );
    }
}

fn missing(program: &str, package: &str) -> Value {
    json!({"failed": {"Missing": {"program": program, "package": package}}})
}

fn complains(words: &str) -> Value {
    json!({"status": 1, "stdout": "", "stderr": words})
}

#[test]
fn a_program_that_is_missing_is_named_with_its_package() {
    let zpool = missing("/usr/sbin/zpool", "zfsutils-linux");
    Altered::new()
        .answer("zpool", &zpool)
        .refused(&["/usr/sbin/zpool", "apt install zfsutils-linux"]);
    let wipefs = missing("/usr/sbin/wipefs", "util-linux");
    Altered::new()
        .answer("wipefs", &wipefs)
        .refused(&["/usr/sbin/wipefs", "apt install util-linux"]);
}

#[test]
fn without_permission_nothing_is_called_empty() {
    let denied =
        complains("wipefs: error: /dev/sda: probing initialization failed: Permission denied\n");
    let altered = Altered::new().answer("wipefs", &denied);
    altered.refused(&["bay 1 is not free", "Permission denied", "Z4Z0EXA3"]);
    assert!(!altered.run(&["show", "disk"]).out.contains("blank"));
    let denied = complains("Permission denied the ZFS utilities must be run as root.\n");
    Altered::new().answer("zpool", &denied).refused(&["must be run as root"]);
    let refused = |dev: &str| json!({"refused": {"Denied": {"what": "read", "path": dev}}});
    let blocks = Altered::new().edit("blocks.json", |all| {
        for (dev, extents) in all.as_object_mut().expect("devices") {
            for extent in extents.as_array_mut().expect("extents") {
                extent["refused"] = refused(dev)["refused"].clone();
            }
        }
    });
    blocks.refused(&["is not free", "permission denied, run as root"]);
    assert!(!blocks.run(&["show", "disk"]).out.contains("blank"));
}

#[test]
fn a_command_that_hangs_proves_nothing() {
    let hung = json!({"failed": {"TimedOut": {"command": "zpool import", "seconds": 60}}});
    Altered::new().answer("zpool import", &hung).refused(&["gave no answer within 60 s"]);
    let hung = json!({"failed": {"TimedOut": {"command": "wipefs", "seconds": 30}}});
    Altered::new().answer("wipefs", &hung).refused(&["not free", "gave no answer within 30 s"]);
}

#[test]
fn an_openzfs_that_is_too_old_or_not_there() {
    let version = |version: Value| {
        Altered::new().edit("files.json", |all| all["/sys/module/zfs/version"] = version)
    };
    version(json!("2.1.11-1+deb12u1\n")).refused(&["OpenZFS 2.1.11-1+deb12u1 is too old", "2.3"]);
    version(json!("2.2.7-1\n")).refused(&["too old"]);
    version(json!("banana\n")).refused(&["`banana`, is not understood"]);
    version(Value::Null).refused(&["the ZFS module is not loaded", "modprobe zfs"]);
    for fine in ["2.3.0-rc1\n", "2.4.1-1\n", "3.0.0\n"] {
        let said = version(json!(fine)).run(&["plan", "gen8-seed"]);
        assert_eq!(said.status, 1, "{fine}: {}", said.err);
    }
}

#[test]
fn a_drive_with_a_signature_or_a_byte_is_refused_by_name() {
    let found = json!({"status": 0, "stdout": r#"{"signatures": [{"device": "sdc", "offset": "0x438",
        "type": "ext4", "usage": "filesystem", "uuid": "0-0", "label": "photos"}]}"#});
    let command = "wipefs --no-act --json --output DEVICE,OFFSET,TYPE,USAGE,UUID,LABEL /dev/sdc";
    let altered = Altered::new().answer(command, &found);
    altered.refused(&["bay 3 is not free", "ext4 \"photos\"", "Z4Z0EXA2", "0x5000c5007cebaf42"]);
    let said = altered.run(&["plan", "gen8-seed"]);
    assert!(!said.err.contains("bay 1 is not free"), "{}", said.err);
}

#[test]
fn a_pool_is_explained_to_avail() {
    let said = on("in-trouble", &["explain", "tank"]);
    assert_eq!(said.status, 0, "{}", said.err);
    for words in [
        "pool     tank: raidz1:1TB",
        "2805775466496",
        "AVAIL",
        "as this pool",
        "1 of its drives is not here",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    let said = on("in-trouble", &["--json", "explain"]);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&answer["rest"], &answer["unknown"]), (&json!(0), &json!([])), "{answer}");
    let sum =
        answer["used"].as_u64().expect("bytes") + answer["available"].as_u64().expect("bytes");
    assert_eq!(answer["capacity"]["usable"], sum);
    for (machine, pool, words) in [
        ("in-trouble", "tnak", "there is no pool `tnak`: the pool here is tank"),
        ("gen8-seed", "tank", "no pool is imported here"),
    ] {
        let said = on(machine, &["explain", pool]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains(words), "{}", said.err);
    }
}

#[test]
fn another_box_is_told_apart() {
    let altered = Altered::new().edit("files.json", |all| {
        all["/sys/class/dmi/id/product_name"] = json!("ProLiant MicroServer Gen10\n");
    });
    altered.refused(&["this is HP ProLiant MicroServer Gen10"]);
}

#[test]
fn where_no_profile_is_named_the_layouts_are_shown() {
    let said = run(&["--machine", "gen8-seed", "plan"]);
    assert_eq!((said.status, said.err.as_str()), (1, ""), "{}", said.out);
    assert!(
        said.out.starts_with("no profile was given, and /etc/zbay/profile.yaml does not exist")
    );
    assert!(said.out.contains("raidz of 3") && !said.out.contains("error:"), "{}", said.out);
}

#[test]
fn what_is_printed_as_a_command_has_the_arguments_that_it_needs() {
    let plan = on("gen8-4x4tb", &["plan", "gen8-usb-raidz"]);
    assert!(plan.out.contains("`zbay apply gen8-usb-raidz` asks once"), "{}", plan.out);
    let verify = on("gen8-4x4tb", &["verify", "gen8-usb-raidz"]);
    assert!(verify.out.contains("`zbay apply gen8-usb-raidz` fixes it"), "{}", verify.out);
    let file = on("gen8-4x4tb", &["plan", "./profiles/gen8-usb-raidz.yaml"]);
    assert!(file.out.contains("`zbay apply ./profiles/gen8-usb-raidz.yaml` asks"), "{}", file.out);
    let onto = on("in-trouble", &["plan", "gen8-usb-raidz", "--onto-existing"]);
    assert!(onto.out.contains("`zbay apply gen8-usb-raidz --onto-existing`"), "{}", onto.err);
}

#[test]
fn a_layout_that_other_systems_name_otherwise_is_told_once() {
    for (typed, words) in [
        ("raid5:6x4TB", "did you mean `raidz1`?"),
        ("raid6:6x4TB", "did you mean `raidz2`?"),
        ("raid10:4x4TB", "did you mean `mirror`?"),
        ("6x4TB", "`zbay capacity raidz2:6x4TB`"),
        ("4TB,4TB,4TB", "`zbay capacity raidz2:4TB,4TB,4TB`"),
    ] {
        let said = run(&["capacity", typed]);
        assert_eq!(said.status, 2);
        assert!(said.err.contains(words), "{typed}: {}", said.err);
        assert!(said.err.matches("unknown vdev kind").count() < 2, "{}", said.err);
    }
    let grow = run(&["grow", "raidz2:6x4TB", "raidz2:12x4TB"]);
    assert!(grow.err.contains("zbay grow raidz2:6x4TB --to raidz2:12x4TB"), "{}", grow.err);
    let option = run(&["grow", "raidz2:6x4TB", "--", "raidz2:12x4TB", "--json"]);
    assert!(option.err.contains("put options before it"), "{}", option.err);
    let both = ["grow", "raidz2:6x4TB", "--to", "raidz2:7x4TB", "--to", "raidz2:12x4TB", "--json"];
    assert_eq!(run(&both).status, 0);
}

#[test]
fn a_recording_that_is_damaged_says_where() {
    let cut = Altered::new();
    let path = cut.0.path().join("udev.json");
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, &text[..text.len() / 2]).expect("cut");
    let gone = Altered::new();
    fs::remove_file(gone.0.path().join("files.json")).expect("gone");
    let newer = Altered::new().edit("machine.json", |machine| machine["version"] = json!(99));
    let asked = Altered::new().edit("files.json", |all| {
        all.as_object_mut().expect("files").remove("/proc/self/mountinfo").expect("recorded");
    });
    for (altered, words) in [
        (cut, "udev.json: EOF while parsing"),
        (gone, "it has no files.json"),
        (newer, "is a recording of version 99, this zbay reads version 1"),
        (asked, "files.json has no answer to `read /proc/self/mountinfo`"),
    ] {
        let said = altered.run(&["show", "disk"]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{words}");
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
}

#[test]
fn a_program_reads_a_refusal_in_parts() {
    let error = |words: &[&str]| {
        let said = on("in-trouble", &[&["--json"], words].concat());
        assert_eq!(said.status, 2, "{words:?}: {}{}", said.out, said.err);
        let json: Value = serde_json::from_str(&said.out).expect("JSON");
        json["error"].clone()
    };
    let unknown = error(&["replace", "9", "--dry-run"]);
    assert_eq!(unknown["code"], "no-bay");
    assert_eq!(unknown["message"], "this server has no bay `9`");
    assert!(unknown["remedy"].as_str().is_some_and(|it| it.starts_with("name a bay")));
    let well = error(&["replace", "1", "--dry-run"]);
    assert_eq!((&well["code"], &well["bay"]), (&json!("healthy"), &json!("1")));
    let none = error(&["expand", "remove", "nothing", "--dry-run"]);
    assert!(none["code"].is_string() && none["text"].is_string(), "{none}");
    let faulty = error(&["check", "tests/bad/many-faults.yaml"]);
    assert_eq!(faulty["code"], "profile");
}
