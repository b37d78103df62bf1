//! What any screen tells to be typed can be typed where it was told: it ends with 0 or 1.
//!
//! Each screen is run on each recorded machine, without a profile recorded and with each shipped one that fits the box.
//! From what it prints are taken: every `zbay ...` in backticks, and every row that begins with one. A command that
//! changes is asked for its plan (`apply` by `plan`); one with a placeholder has to be understood.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use serde_json::json;
use zbay::cmd::table::Typed;

use super::{Altered, PROFILES, Said, run};

/// Commands that end with 2 all the same: on which recording, and why that is right.
const LISTED: [(&str, &str, &str); 3] = [
    ("in-trouble", "replace 2", "a drive has to be put into the empty bay first: it says so"),
    ("gen8-raid-mode", "apply", "the recorded profile is for another mode, and it says so"),
    ("gen8-raid-mode", "plan", "the recorded profile is for another mode, and it says so"),
];

/// Labels of rows that are typed as they stand.
const LABELS: [&str; 8] =
    ["next", "do this", "say it", "keep it", "erase it", "then", "or", "try:"];

/// What stands for something in a command that is not to be typed to the letter, and what it is tried with.
const PLACEHOLDERS: [(&str, &str); 16] = [
    ("BAY", "1"),
    ("POOL", "tank"),
    ("POOL/DATASET", "tank/data"),
    ("DATASET", "tank/data"),
    ("PROFILE", "gen8-seed"),
    ("LAYOUT", "raidz2:6x4TB"),
    ("NAME", "gen8-seed"),
    ("FILE", "./x.yaml"),
    ("FILE.yaml", "./x.yaml"),
    ("SERIAL", "Z1E0EXA1"),
    ("GUID", "1234567890"),
    ("HOST", "old"),
    ("VDEV", "raidz1-0"),
    ("DRIVE", "sda"),
    ("DEVICE", "/dev/console"),
    ("N", "1"),
];

/// The screens, and refusals.
const SCREENS: [&[&str]; 23] = [
    &[],
    &["show", "disk", "-a"],
    &["show", "hw"],
    &["show", "pool"],
    &["status"],
    &["care"],
    &["plan"],
    &["plan", "gen8-seed"],
    &["plan", "gen8-usb-raidz"],
    &["plan", "gen8-raid-fifth-port"],
    &["plan", "4u-24bay-raidz2"],
    &["verify"],
    &["verify", "gen8-usb-raidz"],
    &["propose"],
    &["explain"],
    &["adopt"],
    &["import"],
    &["profile", "--from-pool"],
    &["replace", "2", "--dry-run"],
    &["expand", "attach", "2", "--dry-run"],
    &["expand", "remove", "nothing", "--dry-run"],
    &["locate", "1"],
    &["destroy", "tank/data", "--dry-run"],
];

/// Commands of a text: in backticks, and behind the label of a row.
fn commands(text: &str) -> BTreeSet<String> {
    // A wrapped line goes on below its first word.
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = flat.split('`').skip(1).step_by(2);
    let rows = text.lines().filter_map(|line| {
        let rest = LABELS.iter().find_map(|label| line.strip_prefix(label))?;
        Some(rest.trim()).filter(|row| rest.starts_with(' ') && !row.contains('`'))
    });
    let said = quoted.chain(rows).map(|said| said.strip_prefix("sudo ").unwrap_or(said));
    let typed = said.filter(|said| *said == "zbay" || said.starts_with("zbay "));
    typed.map(str::to_owned).collect()
}

/// What is run for a command; `None`: it has a placeholder, and was understood.
fn tried(command: &str) -> Result<Option<Vec<String>>, String> {
    let mut held = command.contains("...");
    let words = command.split(' ').skip(1).filter(|word| *word != "...");
    let mut args: Vec<String> = Vec::new();
    for word in words {
        let (left, right) = word.split_once('=').map_or((None, word), |(l, r)| (Some(l), r));
        let stands = PLACEHOLDERS.iter().find(|(name, _)| *name == right).map(|(_, with)| *with);
        held |= stands.is_some();
        let right = stands.unwrap_or(right);
        args.push(left.map_or_else(|| right.to_owned(), |left| format!("{left}={right}")));
    }
    let typed = std::iter::once("zbay".to_owned()).chain(args.iter().cloned());
    if let Err(error) = Typed::parse(typed) {
        return Err(error.to_string());
    }
    if held {
        return Ok(None);
    }
    let changes = ["replace", "expand", "import", "export", "adopt", "destroy"];
    match args.first().map(String::as_str) {
        Some("apply") => {
            "plan".clone_into(&mut args[0]);
            args.retain(|word| word != "--yes" && word != "--replace-profile");
        }
        Some(verb) if changes.contains(&verb) && !args.iter().any(|word| word == "--dry-run") => {
            args.push("--dry-run".to_owned());
        }
        _ => {}
    }
    Ok(Some(args))
}

/// A recording, with a profile recorded or none.
struct Case {
    name: String,
    dir: Altered,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    for entry in fs::read_dir(dir).expect("recordings") {
        let name = entry.expect("a recording").file_name().into_string().expect("UTF-8");
        cases.push(Case { dir: Altered::of(&name), name });
    }
    for (machine, profile) in [
        ("gen8-seed", "gen8-seed"),
        ("gen8-4x4tb", "gen8-usb-raidz"),
        ("every-owner", "gen8-usb-raidz"),
        ("in-trouble", "gen8-usb-raidz"),
        ("gen8-raid-mode", "gen8-usb-raidz"),
    ] {
        assert!(PROFILES.contains(&profile));
        let text = fs::read_to_string(format!("profiles/{profile}.yaml")).expect("shipped");
        let dir = Altered::of(machine)
            .edit("files.json", |files| files["/etc/zbay/profile.yaml"] = json!(text));
        cases.push(Case { name: format!("{machine} with {profile}"), dir });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// A line that names a document by a path which leads nowhere on an installed server: `zbay help TOPIC` has it.
fn relative(text: &str) -> Option<&str> {
    text.lines().find(|line| {
        line.match_indices("docs/").any(|(at, _)| {
            let before = line[..at].chars().next_back();
            before.is_none_or(|c| c != '/' && c != '-' && !c.is_ascii_alphanumeric())
        })
    })
}

/// All texts of the program, of its units, and of the files that it carries, without comments.
fn texts() -> Vec<(String, String)> {
    let mut dirs = vec!["src".to_owned(), "systemd".into(), "hw".into(), "profiles".into()];
    let mut all = Vec::new();
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            let name = path.to_str().expect("UTF-8").to_owned();
            // What ZFS says is no text of the program's.
            if name.ends_with("/samples") {
                continue;
            }
            if path.is_dir() {
                dirs.push(name);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a text");
            let comment = if path.extension().is_some_and(|it| it == "rs") { "//" } else { "#" };
            // A remark behind a value is none that anybody is shown.
            let code = |line: &str| line.split(&format!(" {comment} ")).next().map(str::to_owned);
            let lines = text.lines().filter(|line| !line.trim_start().starts_with(comment));
            let lines: Vec<String> = lines.filter_map(code).collect();
            all.push((name, lines.join("\n")));
        }
    }
    all
}

#[test]
fn no_text_names_a_path_that_is_not_there_on_a_server() {
    assert_eq!(relative("see docs/hw.md"), Some("see docs/hw.md"));
    assert_eq!(relative("file:///usr/share/doc/zbay/docs/hw.md"), None);
    let all = texts();
    assert!(all.len() > 200, "{}", all.len());
    let bad: Vec<String> = all
        .iter()
        .filter_map(|(name, text)| Some(format!("{name}: {}", relative(text)?.trim())))
        .collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// Commands told on a recording that end with 2 there: with the screen that told them, and what they said.
fn dead_ends(case: &Case) -> BTreeMap<String, String> {
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut dead = BTreeMap::new();
    for screen in SCREENS {
        let said = case.dir.run(screen);
        if let Some(line) = relative(&said.out).or_else(|| relative(&said.err)) {
            dead.insert(format!("{}: a path in {screen:?}", case.name), line.to_owned());
        }
        for command in commands(&(said.out + "\n" + &said.err)) {
            told.entry(command).or_insert_with(|| screen.to_vec());
        }
    }
    for (command, screen) in told {
        let error = match tried(&command) {
            Err(error) => Some(error),
            Ok(None) => None,
            Ok(Some(args)) => {
                let own = args.iter().any(|word| word == "--machine");
                let args: Vec<&str> = args.iter().map(String::as_str).collect();
                let Said { status, err, .. } = if own { run(&args) } else { case.dir.run(&args) };
                let root = err.contains("permission denied") || err.contains("changed: ");
                (status == 2 && !(root && err.contains("a recorded machine"))).then_some(err)
            }
        };
        let listed = LISTED
            .iter()
            .any(|(on, it, _)| case.name.starts_with(on) && command.ends_with(&format!(" {it}")));
        if let Some(error) = error.filter(|_| !listed) {
            dead.insert(format!("{}: `{command}`, told by {screen:?}", case.name), error);
        }
    }
    dead
}

#[test]
fn what_is_told_to_be_typed_can_be_typed_there() {
    let todo = Mutex::new(cases());
    let dead = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(case) = todo.lock().expect("sound").pop() else { break };
                    let found = dead_ends(&case);
                    dead.lock().expect("sound").extend(found);
                }
            });
        }
    });
    let dead = dead.into_inner().expect("sound");
    let said: Vec<String> = dead.iter().map(|(what, error)| format!("{what}\n{error}")).collect();
    assert!(dead.is_empty(), "{} dead ends:\n{}", dead.len(), said.join("\n"));
}
