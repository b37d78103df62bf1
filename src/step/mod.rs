//! What is done, as values: a step with its changes and what must hold before and after, the commands that it may run, and
//! the journal that says what was begun.
//!
//! Pure, but for [`journal`]. Planners make steps, apply does them, and every screen shows them; none of these rooms knows
//! another.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::Disk;
use crate::machine::{Change, Cmd, Hash};
use crate::profile::property::Setting;

pub mod command;
pub mod effect;
pub mod journal;
pub mod role;
pub mod shape;

pub use effect::Effect;

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

impl Fingerprint {
    /// A disk as it is looked for again before it is touched.
    pub fn of(hw: &Hw, disk: &Disk, role: &str) -> Self {
        Self {
            drive: Drive::of(hw, disk),
            address: disk.address.clone().unwrap_or_default(),
            role: role.to_owned(),
            contents: disk.contents.as_ref().map(|it| it.digest.clone()).unwrap_or_default(),
        }
    }
}

/// How much a step can cost.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Danger {
    /// Settings and files of zbay's own.
    Harmless,
    /// Writes to disks that are proved free, or clears what a cut-off run of zbay's own left.
    TakesFreeDisks,
    /// Erases what a person named: a disk, a dataset.
    Erases,
    /// Replaces a profile that somebody recorded.
    ReplacesWish,
}

/// Which steps stand or fall together: a step that fails ends its chain, and the chains that need it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The chain that it is part of; empty: that of all steps that say nothing.
    pub chain: String,
    /// Chains that must not have failed.
    #[serde(default)]
    pub needs: Vec<String>,
}

impl Link {
    fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// In words: `create pool tank`.
    pub what: String,
    /// What it does.
    #[serde(default)]
    pub effect: Effect,
    /// How much it can cost.
    pub danger: Danger,
    /// Which other steps it stands or falls with.
    #[serde(default, skip_serializing_if = "Link::is_plain")]
    pub link: Link,
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

/// A pool that will be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Name.
    pub pool: String,
    /// GUID, as text.
    pub guid: String,
    /// `ONLINE` or `DEGRADED`, as `zpool import` says.
    pub state: String,
    /// Where its members are; none: every disk is looked at.
    pub devices: Vec<Utf8PathBuf>,
    /// True where another host had it last, did not export it, and a person named that host.
    pub force: bool,
    /// Who used it last, in words.
    pub last: String,
    /// True where its log is lost and it comes without (`-m`).
    #[serde(default)]
    pub without_log: bool,
}

/// A step that does these changes, without conditions.
pub fn step(what: impl Into<String>, effect: Effect, danger: Danger, changes: Vec<Change>) -> Step {
    let what = what.into();
    Step {
        what,
        effect,
        danger,
        link: Link::default(),
        before: Vec::new(),
        rehearsal: None,
        changes,
        again: None,
        after: Vec::new(),
    }
}

/// Commands as changes.
pub fn run(cmds: impl IntoIterator<Item = Cmd>) -> Vec<Change> {
    cmds.into_iter().map(Change::Run).collect()
}

/// Sets one property.
pub fn set(of: Of, object: &str, setting: &Setting, is: &str) -> Step {
    let holds = |value: &str| Condition::Property {
        of,
        object: object.to_owned(),
        name: setting.name.clone(),
        value: value.to_owned(),
    };
    let mut set = step(
        format!("set {} of {object} from {is} to {}", setting.name, setting.value),
        Effect::Set,
        Danger::Harmless,
        run([command::set(of, object, setting)]),
    );
    set.before = vec![holds(is)];
    set.after = vec![holds(&setting.value)];
    set
}

/// That each of these disks is free.
pub fn free(prints: &[Fingerprint], which: impl Fn(&Fingerprint) -> bool) -> Vec<Condition> {
    let disks = prints.iter().filter(|print| which(print)).cloned();
    disks.map(|disk| Condition::DiskFree { disk }).collect()
}
