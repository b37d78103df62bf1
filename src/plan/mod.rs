//! From what is wished and what is there to what will be done.
//!
//! [`make::make`] is a pure function; its [`Plan`] is immutable and complete: apply makes no decision of its
//! own. A plan holds the wish's text, a fingerprint of each disk that it takes, and steps that carry their
//! changes with the conditions before and after them. It can be saved, read by a person, and applied later,
//! if everything is still as it was.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::drive::Drive;
use crate::machine::{Change, Cmd, Hash};
use crate::shipped::WISH;
use crate::words::typeable;

mod against;
pub mod arrival;
pub mod better;
pub mod care;
pub mod command;
pub mod erase;
pub mod import;
pub mod make;
pub mod outlook;
pub mod pick;
pub mod refusal;
pub mod replace;
pub mod reserve;
pub mod shape;
pub mod steps;
pub mod system;

pub use outlook::Outlook;
pub use refusal::{Refusal, Refused};

/// Version of the plan's form; another one is refused.
pub const VERSION: u32 = 1;

/// What will be done, completely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`VERSION`].
    pub zbay_plan: u32,
    /// Sixteen hexadecimal digits over the wish and the disks; the pool's comment is `zbay:` and these.
    pub id: String,
    /// When the look was taken.
    pub made: Timestamp,
    /// Title of the box.
    pub title: String,
    /// Name of the description of the box.
    pub hardware: String,
    /// The wish's name or file.
    pub profile: String,
    /// The wish's text.
    pub wish: String,
    /// Name of the pool.
    pub pool: String,
    /// Layout in words: `raidz of 4`.
    pub layout: String,
    /// Disks that the plan takes, in the order of the wish.
    pub disks: Vec<Fingerprint>,
    /// Those of them that are erased first.
    pub erases: Vec<erase::Erased>,
    /// What a person named to be erased.
    pub takes: Vec<erase::Take>,
    /// The pool that is imported instead of made.
    pub import: Option<import::Import>,
    /// The host that a person named as the one that had the pool last.
    pub adopt: Option<String>,
    /// The hostid that was drawn by chance, where the box has nothing to make one from: a saved plan keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<String>,
    /// A person said that a pool which zbay did not make becomes as this profile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub onto_existing: bool,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What is already as wished, in words.
    pub as_wished: Vec<String>,
    /// What differs and cannot be reached in place.
    pub drift: Vec<crate::verify::Drift>,
    /// What the pool will be, or is.
    pub outlook: Outlook,
    /// Warnings and advice.
    pub notes: Vec<crate::check::Note>,
}

impl Plan {
    /// True if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The command that does this plan; `hw`: the description that was named for it.
    pub fn typed(&self, hw: Option<&str>) -> String {
        let mut words = vec!["zbay apply".to_owned()];
        words.extend(hw.map(|hw| format!("--hw {}", typeable(hw))));
        if self.profile != WISH {
            words.push(typeable(&self.profile));
        }
        words.extend(self.takes.iter().map(|take| {
            format!("--take {}", typeable(&format!("wwn-{}={}", take.wwn, take.serial)))
        }));
        words.extend(self.adopt.iter().map(|host| format!("--adopt {}", typeable(host))));
        if self.onto_existing {
            words.push("--onto-existing".to_owned());
        }
        words.join(" ")
    }

    /// The gravest thing that the plan does.
    pub fn danger(&self) -> Danger {
        self.steps.iter().map(|step| step.danger).max().unwrap_or(Danger::Harmless)
    }
}

/// A disk as it was when the plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Which drive.
    pub drive: Drive,
    /// Its name below `/dev/disk`.
    pub address: Utf8PathBuf,
    /// Its role: `data`, `log`, `cache`, `log and cache`, `spare`.
    pub role: String,
    /// Digest of what its sources saw.
    pub contents: String,
}

/// How much a step can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Settings and files of zbay's own.
    Harmless,
    /// Writes to disks that are proved free, or clears what a cut-off run of zbay's own left.
    TakesFreeDisks,
    /// Erases what a person named: a disk, a dataset.
    Erases,
    /// Replaces a wish that somebody recorded.
    ReplacesWish,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// In words: `create pool tank`.
    pub what: String,
    /// How much it can cost.
    pub danger: Danger,
    /// What must hold before; else nothing of the step is done.
    pub before: Vec<Condition>,
    /// A command that changes nothing and must agree first.
    pub rehearsal: Option<Rehearsal>,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// A failure of a command after which the same command may be run again.
    pub again: Option<Again>,
    /// What must hold after; else the plan stops here.
    pub after: Vec<Condition>,
}

impl Step {
    /// Datasets whose passphrases are asked for before it is done; true: it makes the dataset.
    pub fn asks(&self) -> impl Iterator<Item = (&str, bool)> {
        self.changes.iter().filter_map(|change| match change {
            Change::Run(cmd) => {
                let makes = cmd.args.first().is_some_and(|verb| verb == "create");
                Some((cmd.asks.as_deref()?, makes))
            }
            _ => None,
        })
    }
}

impl Plan {
    /// The plan without the steps that need a person: those that ask for a passphrase, and those of datasets below. Which
    /// datasets wait for one.
    pub fn without_asking(mut self) -> (Self, Closed) {
        let asks = |step: &Step| step.asks().map(|(of, _)| of.to_owned()).collect::<Vec<_>>();
        let closed = Closed(self.steps.iter().flat_map(asks).collect());
        let waits = |step: &Step| {
            let below = step.before.iter().any(|condition| match condition {
                Condition::DatasetAbsent { dataset } => closed.has(dataset),
                _ => false,
            });
            below || step.asks().next().is_some()
        };
        self.steps.retain(|step| !waits(step));
        (self, closed)
    }
}

/// Datasets that wait for a passphrase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closed(pub Vec<String>);

impl Closed {
    /// Whether a dataset is one of them, or below one.
    pub fn has(&self, dataset: &str) -> bool {
        let below = self.0.iter().filter_map(|of| dataset.strip_prefix(of.as_str()));
        below.into_iter().any(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// A dry run of zpool's own: `zpool create -n`, without `-f`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// The command.
    pub cmd: Cmd,
    /// Complaints that the profile accepts by name; any other one stops the plan. Where it is not empty, the
    /// step's first change carries `-f`.
    pub accepted: Vec<String>,
    /// What takes the place of the step's first change where the rehearsal complains of nothing: the same
    /// without `-f`, since then `-f` would stand for nothing. OpenZFS's releases differ in what they mind.
    pub plain: Cmd,
}

/// A known race: the command ran while udev was still at work on what had just been made.
///
/// `zpool create` writes a partition table to each disk; udev reads them again, and the partitions vanish for a
/// moment in which the kernel may fail to open one (it waits for one second). Nothing is on the disks then but
/// the partition tables that this very step has written. `zpool online` reads the table anew, in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Again {
    /// What the command says in this case, whatever its exit status.
    pub said: String,
    /// A command that waits until udev is done.
    pub settle: Cmd,
    /// How often it is run again.
    pub times: u8,
}

/// Something that holds or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// A disk is proved free, and is the one that was looked at.
    DiskFree {
        /// Its fingerprint.
        disk: Fingerprint,
    },
    /// A disk holds what it held when it was looked at, and nobody uses it.
    AsSeen {
        /// Its fingerprint.
        disk: Fingerprint,
    },
    /// No pool of this name is imported or importable, nor named by a label.
    PoolAbsent {
        /// Name.
        pool: String,
    },
    /// No pool of this name is imported.
    PoolNotImported {
        /// Name.
        pool: String,
    },
    /// This pool is imported, `ONLINE` or `DEGRADED`.
    PoolImported {
        /// Name.
        pool: String,
        /// GUID, as text.
        guid: String,
    },
    /// A pool of this name is imported and `ONLINE`.
    PoolOnline {
        /// Name.
        pool: String,
    },
    /// A member of a pool is in one of these states.
    LeafIs {
        /// Pool.
        pool: String,
        /// GUID of the member, as text.
        guid: String,
        /// ZFS's words.
        states: Vec<String>,
    },
    /// A disk is a member of a pool.
    MemberOf {
        /// Pool.
        pool: String,
        /// Its fingerprint; what is on it has changed.
        disk: Fingerprint,
    },
    /// A pool has no such member any more.
    LeafGone {
        /// Pool.
        pool: String,
        /// GUID of the member, as text.
        guid: String,
    },
    /// There is no such dataset.
    DatasetAbsent {
        /// Full name.
        dataset: String,
    },
    /// A property of a pool (no `/`) or dataset has this value.
    Property {
        /// `zpool` or `zfs`: whose property it is.
        of: Of,
        /// Full name.
        object: String,
        /// Property.
        name: String,
        /// Value, as `-p` prints it.
        value: String,
    },
    /// A file has this content; `None`: it does not exist.
    File {
        /// Path.
        path: Utf8PathBuf,
        /// Hash of its content.
        hash: Option<Hash>,
    },
    /// The same of a file in a directory that others may write to.
    FileBeneath {
        /// The directory.
        root: Utf8PathBuf,
        /// The file's name below it.
        path: Utf8PathBuf,
        /// Hash of its content.
        hash: Option<Hash>,
    },
    /// Something may be mounted here: it is no place of the system's, and nothing is in it.
    Vacant {
        /// The place.
        path: Utf8PathBuf,
    },
    /// A timer is enabled and waits, or neither.
    Timer {
        /// Its name.
        unit: String,
        /// On or off.
        on: bool,
    },
    /// Units are enabled.
    Enabled {
        /// Their names.
        units: Vec<String>,
    },
}

impl Condition {
    /// The disk that it is about.
    pub fn disk_mut(&mut self) -> Option<&mut Fingerprint> {
        match self {
            Self::DiskFree { disk } | Self::AsSeen { disk } | Self::MemberOf { disk, .. } => {
                Some(disk)
            }
            _ => None,
        }
    }
}

/// Whose property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// A pool's (zpoolprops(7)).
    Zpool,
    /// A dataset's (zfsprops(7)).
    Zfs,
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod key_tests;

#[cfg(test)]
mod props;

#[cfg(test)]
pub(crate) mod import_tests;
