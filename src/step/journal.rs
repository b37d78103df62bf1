//! The journal: what was about to be done, and how it ended.
//!
//! One JSON object a line, synced before the step goes on, in /var/lib/zbay/journal.jsonl. It is evidence, not a
//! position: to resume is to look again and compare. It never holds a secret, since no [`Change`] does.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::machine::{Change, Machine, RunError};
use crate::names::Serial;
use crate::step::{Effect, Fingerprint};
use crate::units::Bytes;

/// Its file.
pub const PATH: &str = "/var/lib/zbay/journal.jsonl";

/// What is noted of a step.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event<'a> {
    /// It is about to be done.
    Intent {
        /// In words.
        what: &'a str,
        /// What it does.
        effect: Effect,
        /// The changes.
        changes: &'a [Change],
        /// The disks that they write to.
        disks: Vec<Taken>,
    },
    /// A command of it is run again after a failure that is known to pass.
    Again {
        /// The failure.
        why: &'a str,
    },
    /// It was done.
    Done,
    /// It failed.
    Failed {
        /// Why.
        why: String,
    },
}

/// A disk that a step writes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its name below `/dev/disk`.
    pub address: Utf8PathBuf,
    /// Its serial number.
    pub serial: Option<Serial>,
    /// Bytes.
    pub size: Bytes,
    /// `data`, `log`, `cache`, `log and cache`, `spare`.
    pub role: String,
}

impl Taken {
    /// Those of a plan's disks that some changes name.
    pub fn by(changes: &[Change], disks: &[Fingerprint]) -> Vec<Self> {
        let names = |print: &Fingerprint, word: &str| {
            let rest = word.strip_prefix(print.address.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-part"))
        };
        let written = |print: &&Fingerprint| {
            changes.iter().any(|change| match change {
                Change::Run(cmd) => cmd.args.iter().any(|arg| names(print, arg)),
                Change::Zero { dev, .. } => *dev == print.address,
                _ => false,
            })
        };
        let taken = |print: &Fingerprint| Self {
            address: print.address.clone(),
            serial: print.drive.serial.clone(),
            size: print.drive.size,
            role: print.role.clone(),
        };
        disks.iter().filter(written).map(taken).collect()
    }
}

/// What the journal says of one disk that a run began to write to and did not finish with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// The plan's id: what the pool's comment would be.
    pub plan: String,
    /// The disk.
    pub disk: Taken,
}

#[derive(Deserialize)]
struct Noted {
    plan: String,
    step: usize,
    event: String,
    #[serde(default)]
    effect: Effect,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    disks: Vec<Taken>,
}

/// The disks that a run began to make a pool of, and did not: their last intent has no `done`. `text` is the
/// journal; a line that is torn (a power cut) or of another version proves nothing, so it is passed over.
pub fn unfinished(text: &str) -> Vec<Unfinished> {
    let mut open: Vec<(usize, bool, Unfinished)> = Vec::new();
    let mut erasing: Vec<(String, usize, Utf8PathBuf)> = Vec::new();
    for noted in text.lines().filter_map(|line| serde_json::from_str::<Noted>(line).ok()) {
        match noted.event.as_str() {
            "intent" => {
                let erased = |address: &Utf8PathBuf| {
                    noted
                        .changes
                        .iter()
                        .any(|change| matches!(change, Change::Zero { dev, .. } if dev == address))
                };
                // What is erased stays what it was until that is done: cut off half-way it is still ours.
                open.retain(|(_, _, it)| {
                    let named = noted.disks.iter().any(|disk| disk.address == it.disk.address);
                    !named || erased(&it.disk.address)
                });
                let erased = noted.disks.iter().map(|disk| &disk.address).filter(|it| erased(it));
                let erased = erased.map(|it| (noted.plan.clone(), noted.step, it.clone()));
                erasing.extend(erased.collect::<Vec<_>>());
                // Lines of an earlier version have no such word.
                let effect = match noted.effect {
                    Effect::Unsaid => Effect::guess(&noted.changes),
                    said => said,
                };
                // A disk that is erased is nobody's yet; one that is cut in two is not in a pool yet.
                let (makes, cuts) = (effect.labels(), effect == Effect::Cut);
                for disk in noted.disks.into_iter().filter(|_| makes || cuts) {
                    open.push((noted.step, makes, Unfinished { plan: noted.plan.clone(), disk }));
                }
            }
            "done" => {
                let erased = |address: &Utf8PathBuf| {
                    erasing.iter().any(|(plan, step, it)| {
                        (plan, *step, it) == (&noted.plan, noted.step, address)
                    })
                };
                open.retain(|(step, makes, it)| {
                    let made = *makes && *step == noted.step && it.plan == noted.plan;
                    !made && !erased(&it.disk.address)
                });
                erasing.retain(|(plan, step, _)| (plan, *step) != (&noted.plan, noted.step));
            }
            _ => {}
        }
    }
    open.into_iter().map(|(_, _, it)| it).collect()
}

#[derive(Serialize)]
struct Line<'a> {
    time: Timestamp,
    plan: &'a str,
    step: usize,
    #[serde(flatten)]
    event: Event<'a>,
}

/// The journal of one plan.
pub struct Journal<'a> {
    machine: &'a dyn Machine,
    plan: &'a str,
}

impl<'a> Journal<'a> {
    /// For the plan with this id.
    pub fn new(machine: &'a dyn Machine, plan: &'a str) -> Self {
        Self { machine, plan }
    }

    /// Notes an event; it is on disk when this returns.
    ///
    /// # Errors
    /// It could not be written: nothing may be changed then.
    pub fn write(&self, step: usize, event: Event<'_>) -> Result<(), RunError> {
        let line = Line { time: self.machine.now(), plan: self.plan, step, event };
        let line = serde_json::to_string(&line).map_err(|why| RunError::Io {
            what: "write the journal".to_owned(),
            why: why.to_string(),
        })?;
        let path = Utf8PathBuf::from(PATH);
        if let Some(dir) = path.parent() {
            self.machine.change(&Change::Mkdir { path: dir.to_owned(), mode: 0o755 })?;
        }
        self.machine.change(&Change::AppendLine { path, line }).map(|_| ())
    }
}

/// Changes that touch no disk, in the journal from their intent to their end.
///
/// # Errors
/// The journal or one of them cannot be written; what follows it is not begun.
pub fn noted(
    machine: &dyn Machine,
    plan: &str,
    what: &str,
    effect: Effect,
    changes: &[Change],
) -> Result<(), RunError> {
    let journal = Journal::new(machine, plan);
    journal.write(1, Event::Intent { what, effect, changes, disks: Vec::new() })?;
    for change in changes {
        if let Err(why) = machine.change(change) {
            // The reason is told below whether or not the journal takes it.
            let _ = journal.write(1, Event::Failed { why: why.to_string() });
            return Err(why);
        }
    }
    journal.write(1, Event::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::{Cmd, SGDISK, ZPOOL};

    fn disk(name: &str) -> Taken {
        let address = format!("/dev/disk/by-id/{name}").into();
        Taken { address, serial: None, size: Bytes(1), role: "data".into() }
    }

    fn line(plan: &str, event: Event<'_>) -> String {
        let line = Line { time: Timestamp::UNIX_EPOCH, plan, step: 2, event };
        serde_json::to_string(&line).unwrap() + "\n"
    }

    fn intent(plan: &str, cmd: &Cmd, names: &[&str]) -> String {
        let disks = names.iter().map(|name| disk(name)).collect();
        let changes = [Change::Run(cmd.clone())];
        line(plan, Event::Intent { what: "x", effect: Effect::Unsaid, changes: &changes, disks })
    }

    fn open(text: &str) -> Vec<(String, String)> {
        let name = |it: Unfinished| (it.plan, it.disk.address.file_name().unwrap().to_owned());
        unfinished(text).into_iter().map(name).collect()
    }

    #[test]
    fn only_what_was_begun_and_never_done_is_open() {
        let create = Cmd::new(ZPOOL, ["create", "tank"]);
        let cut = Cmd::new(SGDISK, ["-n1"]);
        let begun = intent("a", &create, &["x", "y"]);
        let both = [("a".into(), "x".into()), ("a".into(), "y".into())];
        assert_eq!(open(&begun), both);
        assert_eq!(open(&(begun.clone() + &line("a", Event::Failed { why: "w".into() }))), both);
        assert_eq!(open(&(begun.clone() + &line("a", Event::Done))), []);
        // Another plan's end is not this one's.
        assert_eq!(open(&(begun.clone() + &line("b", Event::Done))), both);
        // The newest intent for a disk counts.
        let later = begun.clone() + &intent("b", &create, &["x"]) + &line("b", Event::Done);
        assert_eq!(open(&later), [("a".into(), "y".into())]);
        // A cut that is done is not a pool yet.
        let shared = intent("c", &cut, &["x"]) + &line("c", Event::Done);
        assert_eq!(open(&shared), [("c".into(), "x".into())]);
        // A torn line, and lines of something else, prove nothing.
        assert_eq!(open(&begun[..begun.len() - 9]), []);
        assert_eq!(open(&format!("{{}}\nnonsense\n{begun}")), both);
        assert_eq!(open(&line("a", Event::Done)), []);
    }

    #[test]
    fn debris_that_was_being_cleared_is_ours_until_that_is_done() {
        let create = Cmd::new(ZPOOL, ["create", "tank"]);
        let begun = intent("a", &create, &["x", "y"]);
        let dev: Utf8PathBuf = "/dev/disk/by-id/x".into();
        let zero = [Change::Zero { dev, spans: vec![], number: None }];
        let erase = Event::Intent {
            what: "x",
            effect: Effect::Erase,
            changes: &zero,
            disks: vec![disk("x")],
        };
        let cleared = begun.clone() + &line("b", erase);
        let both = [("a".into(), "x".into()), ("a".into(), "y".into())];
        assert_eq!(open(&cleared), both, "cut off while it was cleared");
        let failed = cleared.clone() + &line("b", Event::Failed { why: "w".into() });
        assert_eq!(open(&failed), both);
        assert_eq!(open(&(cleared.clone() + &line("c", Event::Done))), both, "another's end");
        assert_eq!(open(&(cleared + &line("b", Event::Done))), [("a".into(), "y".into())]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,300}") {
            let _ = unfinished(&text);
        }
    }
}
