//! What an earlier version set up goes on working: on a server that it left behind (tests/fixtures/server-VERSION/ABOUT) nothing
//! is planned and nobody is alarmed, its units and ZED's zedlet start, and its journal, notices, history and saved plans are read.
//!
//! The server is a recorded machine with its files beside it. A question that was not recorded stands in the message of the
//! test that fails for it: the answer is added to the recording by hand, or the recording is made anew (ABOUT says how).
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde_json::Value;
use zbay::cmd::plan::{Wished, saved};
use zbay::cmd::table::Typed;
use zbay::cmd::{Answer, Context, care, notify, plan, show_disk, status, verify};
use zbay::machine::recorded::Recorded;
use zbay::machine::recording::{Answer as Recalled, Bytes, Recording, RecordingError};
use zbay::machine::{
    Change, Cmd, Devices, Hash, HostFacts, IoError, Machine, Output, RunError, UdevDevice, Writer,
};
use zbay::profile::Profile;
use zbay::step::journal::unfinished;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/server-0.1")
}

/// A file that the earlier version left.
fn left(path: &str) -> String {
    let path = root().join("left").join(path.trim_start_matches('/'));
    fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn files_below(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("there") {
        let path = entry.expect("there").path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// The recorded server, which keeps what it was asked in vain.
struct Server {
    machine: Recorded,
    missing: Arc<Mutex<BTreeSet<String>>>,
}

impl Server {
    fn seen<T, E: std::fmt::Display>(&self, answer: Result<T, E>) -> Result<T, E> {
        answer.inspect_err(|why| {
            let why = why.to_string();
            if why.contains("has no answer to") {
                self.missing.lock().expect("one test").insert(why);
            }
        })
    }
}

impl Machine for Server {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        self.seen(self.machine.read(cmd))
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        self.seen(self.machine.file(path))
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        self.seen(self.machine.read_at(dev, at, len))
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        self.seen(self.machine.list(dir))
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        self.seen(self.machine.link(path))
    }

    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        self.seen(self.machine.block_devices(which))
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        self.seen(self.machine.writers())
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        self.seen(self.machine.host())
    }

    fn now(&self) -> Timestamp {
        self.machine.now()
    }

    fn note(&self, path: &Utf8Path, text: &str, was: Option<&Hash>) -> Result<(), RunError> {
        self.machine.note(path, text, was)
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        panic!("a recorded machine was to be changed: {change:?}")
    }
}

/// The server with a program that looks at it.
struct Look {
    context: Context,
    missing: Arc<Mutex<BTreeSet<String>>>,
}

impl Look {
    /// At the server as it was left, but for files that are altered (`None`: removed).
    fn at(altered: &[(&str, Option<String>)]) -> Self {
        let dir = root().join("machine");
        let text = |file: &str| {
            let path = dir.join(file);
            let text = fs::read_to_string(&path);
            text.map(Some).map_err(|why| panic!("{}: {why}", path.display()))
        };
        let parsed: Result<Recording, RecordingError> = Recording::parse("server-0.1", text);
        let mut recording = parsed.expect("a recording");
        let mut files = Vec::new();
        files_below(&root().join("left"), &mut files);
        for file in files {
            let below = file.strip_prefix(root().join("left")).expect("below it");
            let path = Path::new("/").join(below);
            let path = Utf8PathBuf::from_path_buf(path).expect("UTF-8");
            let bytes = Bytes::of(&fs::read(&file).expect("there"));
            recording.files.insert(path, Recalled::Given(Some(bytes)));
        }
        for (path, text) in altered {
            let bytes = text.as_ref().map(|text| Bytes::of(text.as_bytes()));
            recording.files.insert((*path).into(), Recalled::Given(bytes));
        }
        let machine = Recorded::new("tests/fixtures/server-0.1/machine".into(), recording);
        let missing = Arc::default();
        let server = Server { machine, missing: Arc::clone(&missing) };
        let cli = Typed::parse(["zbay", "--machine", "server-0.1"]).expect("arguments");
        Self { context: Context { machine: Box::new(server), common: cli.common }, missing }
    }

    fn missing(&self) -> String {
        let missing = self.missing.lock().expect("one test");
        let all: Vec<&str> = missing.iter().map(String::as_str).collect();
        if all.is_empty() {
            return "it was asked nothing that was not recorded".into();
        }
        format!(
            "not recorded is what it was asked here; tests/fixtures/server-0.1/ABOUT says how to add it:\n{}",
            all.join("\n")
        )
    }

    fn ends(&self, what: &str, answer: anyhow::Result<Answer>, status: u8) -> Answer {
        let missing = self.missing();
        match answer {
            Ok(answer) => {
                assert_eq!(answer.status, status, "{what}: {}\n{missing}", answer.text);
                answer
            }
            Err(why) => panic!("{what}: {why:#}\n{missing}"),
        }
    }

    fn says(&self, what: &str, answer: anyhow::Result<Answer>, words: &str) {
        let answer = self.ends(what, answer, 0);
        let flat = answer.text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            flat.contains(words),
            "{what} lacks `{words}`: {}\n{}",
            answer.text,
            self.missing()
        );
    }
}

const PLAN: fn() -> plan::PlanArgs = || plan::PlanArgs {
    wish: WISH(),
    allowed: plan::Allowed { take: Vec::new(), from_host: None, onto_existing: false },
    save: None,
    full: false,
};
const WISH: fn() -> plan::WhichProfile = || plan::WhichProfile { profile: None };
const ALL: fn() -> status::StatusArgs = || status::StatusArgs { pool: None, watch: None };
const NOTIFY: fn() -> notify::NotifyArgs =
    || notify::NotifyArgs { test: false, metrics: None, dry_run: true };

#[test]
fn nothing_is_planned_on_what_an_earlier_version_set_up() {
    let look = Look::at(&[]);
    let planned = look.ends("plan", plan::run(&look.context, &PLAN()), 0);
    assert_eq!(planned.json["plan"]["steps"], Value::Array(Vec::new()), "{}", look.missing());
    let verified = look.ends("verify", verify::run(&look.context, &WISH()), 0);
    assert_eq!(verified.json["drift"], Value::Array(Vec::new()), "{}", look.missing());
    look.ends("status", status::run(&look.context, &ALL()), 0);
    // Of `media`, adopted without `care:`, it says that nobody scrubs it.
    let care = look.ends("care", care::run(&look.context), 1);
    assert!(
        care.text.contains("scrubbed monthly by zfs-scrub-monthly@tank.timer"),
        "{}",
        care.text
    );
}

#[test]
fn nothing_is_planned_on_a_pool_that_an_earlier_version_adopted() {
    let adopted = left("/media/.zbay/profile.yaml");
    let look = Look::at(&[("/etc/zbay/profile.yaml", Some(adopted))]);
    let planned = look.ends("plan", plan::run(&look.context, &PLAN()), 0);
    assert_eq!(planned.json["plan"]["pool"], "media", "{}", look.missing());
    assert_eq!(planned.json["plan"]["steps"], Value::Array(Vec::new()), "{}", look.missing());
    look.ends("verify", verify::run(&look.context, &WISH()), 0);
}

#[test]
fn nobody_is_alarmed_by_the_first_look_of_another_version() {
    let look = Look::at(&[]);
    look.says("notify", notify::run(&look.context, &NOTIFY()), "nothing new to report");
    // What was told is read: without it the weekly line is due.
    let fresh = Look::at(&[("/var/lib/zbay/told.json", None)]);
    let notice = fresh.ends("notify", notify::run(&fresh.context, &NOTIFY()), 0);
    assert!(!notice.json["notice"].is_null(), "{}", notice.text);
    // It was told of a drive that went, and that this was over.
    let mail = left("/root/mail");
    assert!(mail.contains("bay 2") && mail.contains("over: "), "{mail}");
}

#[test]
fn its_journal_is_read() {
    let journal = left("/var/lib/zbay/journal.jsonl");
    let of_disks = |text: &str| unfinished(text).len();
    assert_eq!(of_disks(&journal), 0, "all was done");
    // As it was while the pool was being made: its two drives are known by it.
    let create = "\"create\"";
    let at = journal.lines().position(|line| line.contains("\"intent\"") && line.contains(create));
    let until = at.expect("the step that makes the pool");
    let cut: Vec<&str> = journal.lines().take(until + 1).collect();
    let begun = unfinished(&cut.join("\n"));
    let serials: BTreeSet<_> = begun.iter().filter_map(|it| it.disk.serial.clone()).collect();
    let names: Vec<String> = serials.iter().map(ToString::to_string).collect();
    assert!(
        ["Z303EXA1", "Z303EXA2"].iter().all(|name| names.contains(&(*name).to_owned())),
        "{names:?}"
    );
}

#[test]
fn its_history_is_read() {
    let look = Look::at(&[]);
    let args = show_disk::DiskArgs { history: Some("Z303EXA2".into()), ..Default::default() };
    look.says("show disk", show_disk::run(&look.context, &args), "OFFLINE");
}

#[test]
fn its_saved_plan_is_read_and_is_out_of_date() {
    let look = Look::at(&[]);
    let text = left("/root/plan.json");
    let old = saved("plan.json", text.as_bytes()).expect("a plan");
    assert!(!old.steps.is_empty() && !old.disks.is_empty());
    let profile =
        zbay::yaml::read::<Profile>(&old.profile, old.wish.as_bytes()).expect("a profile");
    let wished = Wished::of(&look.context, profile, old.profile.clone()).expect("a look");
    let now = wished.plan().unwrap_or_else(|why| panic!("{why}\n{}", look.missing()));
    let refused = zbay::apply::unchanged(&old, &now).expect_err("it was done long ago").to_string();
    assert!(refused.starts_with("the machine has changed since the plan was made"), "{refused}");
}

/// The `zbay` commands of the `Exec` lines of a unit, or of a drop-in of one.
fn started(unit: &str) -> Vec<Vec<String>> {
    let lines = unit.lines().filter(|line| line.starts_with("Exec"));
    let commands = lines.filter_map(|line| line.split_once('=')).map(|(_, command)| {
        let command = command.trim_start_matches(['-', '+', '!', ':', '@']);
        command.split_whitespace().map(|word| word.replace("%i", "short")).collect::<Vec<_>>()
    });
    commands.filter(|words| words.first().is_some_and(|word| word.ends_with("/zbay"))).collect()
}

#[test]
fn its_units_and_its_zedlet_start() {
    let mut files = Vec::new();
    files_below(&root().join("left/etc/systemd"), &mut files);
    let mut commands = 0;
    for file in &files {
        let text = fs::read_to_string(file).expect("there");
        for words in started(&text) {
            if let Err(why) = Typed::parse(&words) {
                panic!("{}: {words:?}: {why}", file.display());
            }
            commands += 1;
        }
    }
    assert_eq!(commands, 4, "{files:?}");
    // What is enabled, and what the zedlet starts, still comes with zbay.
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let enabled = left("/enabled");
    let enabled = enabled.lines().filter_map(|line| line.rsplit('/').next());
    let zedlet = left("/etc/zfs/zed.d/all-zbay.sh");
    let starts = zedlet.split_whitespace().filter(|word| word.ends_with(".service"));
    let names: BTreeSet<&str> =
        enabled.chain(starts).filter(|name| name.starts_with("zbay-")).collect();
    assert!(names.len() >= 4, "{names:?}");
    for name in names {
        let template = name.split_once('@').map_or(name.to_owned(), |(stem, rest)| {
            format!("{stem}@.{}", rest.rsplit('.').next().expect("a kind"))
        });
        assert!(
            ours.join(&template).exists(),
            "{name} is enabled, and is no unit of zbay any more"
        );
    }
}
