//! The life of a pool that exists: a member that fails, a drive that takes its place, drives that make it larger.
//!
//! Like a plan from a profile: a pure function of what was asked and what was seen makes a [`Task`], complete and
//! immutable, with conditions before and after each step; [`crate::apply`] carries it out. What comes after the steps
//! (a resilver) is watched, not done.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::Note;
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::machine::Hash;
use crate::plan::erase::Take;
use crate::profile::Profile;
use crate::step::journal::Unfinished;
use crate::step::{Fingerprint, Step};
use crate::units::Bytes;

pub mod called;
pub mod destroy;
pub mod expand;
pub mod member;
pub mod moving;
pub mod new_drive;
mod refusal;
pub mod replace;

pub use refusal::ReplaceError;

/// What a task about new drives is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Sight<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The look, with health.
    pub inventory: &'a Inventory,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// Disks that a person named to be erased.
    pub takes: &'a [Take],
    /// What the journal holds of runs that were cut off.
    pub unfinished: &'a [Unfinished],
}

impl Sight<'_> {
    /// The profile, where it is for this pool.
    pub fn wish_for(&self, pool: &str) -> Option<&Profile> {
        self.wish.filter(|wish| wish.pool.name.as_str() == pool)
    }
}

/// What will be done to a pool, completely.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Sixteen hexadecimal digits over the steps and the disks; in the journal.
    pub id: String,
    /// When the look was taken.
    pub made: Timestamp,
    /// In words: `replace the drive in bay 3 of pool tank`.
    pub what: String,
    /// The pool.
    pub pool: String,
    /// Disks that are written to.
    pub disks: Vec<Fingerprint>,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// Rows about drives: a word, and the drive with what is to say of it.
    pub drives: Vec<(String, String)>,
    /// What else a person needs to decide: a word, and a sentence.
    pub facts: Vec<(String, String)>,
    /// What a person does after the steps, where that is not nothing.
    pub then: Option<String>,
    /// What the steps set going.
    pub follows: Follows,
    /// USED + AVAIL of the root dataset before, and when all has ended, where that is known and may change.
    pub usable: Option<Usable>,
    /// Warnings and advice.
    pub notes: Vec<Note>,
}

/// USED + AVAIL of a pool's root dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Usable {
    /// As ZFS says it now.
    pub before: Option<Bytes>,
    /// As the model reckons it for the time when all has ended; `None`: the model does not know the pool to the byte.
    pub after: Option<Bytes>,
}

/// What goes on by itself after the steps of a task, and is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// A drive is filled.
    Resilver,
    /// A raidz is spread over one drive more.
    Expansion,
    /// A vdev's data moves to the others.
    Removal,
}

impl Follows {
    /// In words; `None`: nothing follows.
    pub fn words(self) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Resilver => Some("the new drive is resilvering"),
            Self::Expansion => Some("the data is being spread over the new drive"),
            Self::Removal => Some("the data is being moved to the other vdevs"),
        }
    }
}

impl Task {
    /// A task for a pool with nothing in it yet.
    fn empty(made: Timestamp, pool: &str, disks: Vec<Fingerprint>) -> Self {
        Self {
            id: String::new(),
            made,
            what: String::new(),
            pool: pool.to_owned(),
            disks,
            steps: Vec::new(),
            drives: Vec::new(),
            facts: Vec::new(),
            then: None,
            follows: Follows::Nothing,
            usable: None,
            notes: Vec::new(),
        }
    }

    /// The id over steps and disks, and not over the time.
    fn identified(mut self) -> Self {
        let disks: Vec<_> = self
            .disks
            .iter()
            .map(|it| (&it.address, &it.drive.serial, it.drive.size, &it.contents))
            .collect();
        let all = serde_json::to_string(&(&self.what, disks, &self.steps)).unwrap_or_default();
        self.id = Hash::of(all.as_bytes()).0.chars().take(16).collect();
        self
    }
}

#[cfg(test)]
mod tests;
