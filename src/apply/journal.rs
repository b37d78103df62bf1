//! The journal: what was about to be done, and how it ended.
//!
//! One JSON object a line, synced before the step goes on, in /var/lib/zbay/journal.jsonl. It is evidence, not a
//! position: to resume is to look again and compare. It never holds a secret, since no [`Change`] does.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::Serialize;

use crate::machine::{Change, Machine, RunError};

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
        /// The changes.
        changes: &'a [Change],
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
