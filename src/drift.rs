//! What can differ between the profile and the machine, as values with their words and their way out.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::machine::Hash;
use crate::step::Of;

/// A timer as it is wished, where it is not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// Its name.
    pub unit: String,
    /// On or off.
    pub on: bool,
    /// The file beside it, where that differs.
    pub file: Option<Beside>,
}

/// A drop-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Where.
    pub path: Utf8PathBuf,
    /// What it is to hold; `None`: it goes.
    pub text: Option<String>,
    /// What is there now.
    pub was: Option<Hash>,
}

/// One difference between the profile and the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "drift")]
pub enum Drift {
    /// There is no such pool.
    PoolMissing {
        /// Name.
        pool: String,
    },
    /// The pool is not well.
    PoolState {
        /// Name.
        pool: String,
        /// `DEGRADED` ...
        state: String,
        /// ZFS's words.
        status: Option<String>,
    },
    /// The pool's vdevs are not the wished ones.
    Layout {
        /// Name.
        pool: String,
        /// Wished.
        wished: String,
        /// Is.
        is: String,
        /// The line of a profile that is as the pool, where one can say it: `bays: [1, 2, 3]`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<String>,
        /// Why nothing should be made of that now: the pool is degraded, or busy.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits: Option<String>,
    },
    /// A log, a cache or a spare that the profile does not name.
    Extra {
        /// Name of the pool.
        pool: String,
        /// `log`, `cache`, `spare`.
        class: String,
        /// Its bays.
        is: String,
        /// What a command calls it.
        name: String,
        /// A spare that stands in for a member now, and stays until that was replaced.
        #[serde(default)]
        in_use: bool,
    },
    /// A log, a cache or a spare that the profile names and the pool has not.
    Lacking {
        /// Name of the pool.
        pool: String,
        /// `log`, `cache`, `spare`.
        class: String,
        /// Its bays, in words.
        wished: String,
        /// Its bays, as they are typed.
        bays: String,
    },
    /// The pool was made with another ashift.
    Ashift {
        /// vdev.
        vdev: String,
        /// Wished.
        wished: u8,
        /// Is.
        is: u8,
    },
    /// A property has another value.
    Property {
        /// `zpool` or `zfs`.
        of: Of,
        /// Pool or dataset.
        object: String,
        /// Property.
        name: String,
        /// Wished, as `-p` prints it.
        wished: String,
        /// Is.
        is: String,
        /// It can only be set when the dataset is made.
        fixed: bool,
    },
    /// A dataset is missing.
    DatasetMissing {
        /// Full name.
        dataset: String,
    },
    /// The box has no hostid.
    NoHostid,
    /// The recorded profile is another one, or none.
    Wish {
        /// True if another one is recorded.
        other: bool,
    },
    /// The pool does not keep this profile.
    NotKept {
        /// Where it would be.
        path: Utf8PathBuf,
        /// What is there now.
        was: Option<Hash>,
    },
    /// Units that bring the pool back at boot are not enabled.
    Disabled {
        /// Their names.
        units: Vec<String>,
    },
    /// An encrypted dataset is closed, and its key is there, or is asked for.
    Locked {
        /// Full name.
        dataset: String,
        /// Its passphrase is asked for.
        asks: bool,
    },
    /// A dataset of a pool that was imported is not mounted where it says.
    Unmounted {
        /// Full name.
        dataset: String,
        /// Where it would be.
        at: String,
        /// Why not, in words.
        why: String,
        /// What settles it.
        remedy: String,
    },
    /// The key file of an encrypted dataset does not open it.
    Key {
        /// Full name.
        dataset: String,
        /// The file.
        path: Utf8PathBuf,
        /// Why, in words.
        why: String,
    },
    /// Keys would not be loaded at boot.
    KeysAtBoot {
        /// What is in the file now.
        was: Option<Hash>,
    },
    /// Timers are not as `care:` wishes them.
    Timers {
        /// What is wished: `scrub tank monthly`.
        what: String,
        /// Those that differ.
        timers: Vec<Timer>,
    },
    /// A timer that `care:` needs is not installed.
    NoUnit {
        /// Its name.
        unit: String,
    },
    /// Something that waits until the pool is well.
    Waits {
        /// What differs, in words.
        what: String,
        /// What is the matter with the pool.
        why: String,
    },
    /// Something could not be known.
    NotKnown {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
}

impl Drift {
    /// True if `apply` mends it.
    pub fn mendable(&self) -> bool {
        match self {
            Self::PoolMissing { .. }
            | Self::DatasetMissing { .. }
            | Self::NoHostid
            | Self::Wish { .. }
            | Self::NotKept { .. }
            | Self::Disabled { .. }
            | Self::Locked { .. }
            | Self::KeysAtBoot { .. }
            | Self::Timers { .. } => true,
            Self::Property { fixed, .. } => !fixed,
            Self::PoolState { .. }
            | Self::Layout { .. }
            | Self::Extra { .. }
            | Self::Lacking { .. }
            | Self::Ashift { .. }
            | Self::Key { .. }
            | Self::Unmounted { .. }
            | Self::NoUnit { .. }
            | Self::Waits { .. }
            | Self::NotKnown { .. } => false,
        }
    }

    /// The dataset that is missing or closed; `None`: it is another difference.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::DatasetMissing { dataset } | Self::Locked { dataset, .. } => Some(dataset),
            _ => None,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::PoolState { pool, .. } => {
                format!("see `zpool status -x {pool}` and `zbay show pool`")
            }
            Self::Layout { pool, waits: Some(_), .. } => format!(
                "change nothing now: `zbay status {pool}` says what to do first; then compare again"
            ),
            Self::Layout { waits: None, line: Some(line), .. } => format!(
                "if the pool is right, write `{line}` below `pool:` in the profile, and `zbay \
                 apply` records it; an existing layout can be extended (`zbay expand`) but not \
                 changed in place, so another one needs a new pool and a copy of the data"
            ),
            Self::Layout { pool, waits: None, line: None, .. } => format!(
                "if the pool is right, write its layout into the profile (`zbay adopt {pool}` \
                 shows it); an existing layout can be extended (`zbay expand`) but not changed in \
                 place, so another one needs a new pool and a copy of the data"
            ),
            Self::Extra { class, in_use: true, .. } => {
                format!("add the {class} to the profile, or remove it once it is no longer in use")
            }
            Self::Extra { class, name, .. } => {
                format!("`zbay expand remove {name}`, or add the {class} to the profile")
            }
            Self::Lacking { class, bays, .. } => {
                format!("`zbay expand {class} {bays}`, or remove it from the profile")
            }
            Self::Ashift { is, .. } => {
                format!("ashift cannot be changed later: write `ashift: {is}` into the profile")
            }
            Self::Property { fixed: true, object, name, is, .. } => {
                format!(
                    "{name} is fixed when {object} is created: write `{name}: {is}`, or recreate \
                     the dataset"
                )
            }
            Self::Key { path, .. } => format!(
                "put the right key back as {path} (mode 600, 64 hexadecimal digits): without it the data is lost at the \
                 next boot"
            ),
            Self::Unmounted { remedy, .. } => {
                format!(
                    "{remedy}, then `zbay apply`: until then the pool does not come back at boot"
                )
            }
            Self::Waits { .. } => {
                "see `zbay show pool`; `zbay apply` fixes it once the pool is healthy".to_owned()
            }
            Self::NoUnit { unit } if unit.starts_with("zbay-") => {
                "`scripts/install` installs it; or write `selftest: off`".to_owned()
            }
            Self::NoUnit { .. } => {
                "`apt install zfsutils-linux` installs it (OpenZFS 2.1.3 or newer)".to_owned()
            }
            Self::NotKnown { .. } => "fix that first; a failed look proves nothing".to_owned(),
            _ => "`zbay apply` fixes it".to_owned(),
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PoolMissing { pool } => write!(f, "there is no pool {pool}"),
            Self::PoolState { pool, state, status } => {
                write!(f, "pool {pool} is {state}")?;
                status.as_ref().map_or(Ok(()), |status| write!(f, ": {status}"))
            }
            Self::Layout { pool, wished, is, waits, .. } => {
                write!(f, "pool {pool} is {is}, the profile says {wished}")?;
                waits.as_ref().map_or(Ok(()), |why| write!(f, " ({why})"))
            }
            Self::Extra { pool, class, is, .. } => {
                write!(f, "pool {pool} has a {class} that the profile does not name: {is}")
            }
            Self::Lacking { pool, class, wished, .. } => {
                write!(f, "pool {pool} does not have the {class} that the profile names: {wished}")
            }
            Self::Ashift { vdev, wished, is } => {
                write!(f, "{vdev} has ashift {is}, the profile says {wished}")
            }
            Self::Property { object, name, wished, is, .. } => {
                write!(f, "{name} of {object} is {is}, the profile says {wished}")
            }
            Self::DatasetMissing { dataset } => write!(f, "there is no dataset {dataset}"),
            Self::NoHostid => f.write_str("this server has no hostid of its own"),
            Self::Wish { other: true } => {
                f.write_str("another profile is recorded in /etc/zbay/profile.yaml")
            }
            Self::Wish { other: false } => {
                f.write_str("the profile is not recorded in /etc/zbay/profile.yaml")
            }
            Self::NotKept { path, .. } => write!(f, "the profile is not kept in the pool ({path})"),
            Self::Disabled { units } => {
                write!(f, "the pool would not come back at boot: {} not enabled", units.join(", "))
            }
            Self::Timers { what, timers } => {
                let state = |timer: &Timer| {
                    let state = if timer.on { "on" } else { "off" };
                    if timer.file.is_some() {
                        format!(
                            "{} should be {state}, {}",
                            timer.unit,
                            if timer.on { "with its schedule" } else { "without a drop-in" }
                        )
                    } else {
                        format!("{} should be {state}", timer.unit)
                    }
                };
                let timers: Vec<String> = timers.iter().map(state).collect();
                write!(f, "the profile asks to {what}: {}", timers.join(", "))
            }
            Self::Locked { dataset, asks: false } => write!(f, "{dataset} is encrypted and locked"),
            Self::Locked { dataset, asks: true } => {
                write!(f, "{dataset} is encrypted and locked until its passphrase is typed")
            }
            Self::Key { dataset, path, why } => {
                write!(f, "the key of {dataset} is not in {path}: {why}")
            }
            Self::Unmounted { dataset, at, why, .. } => {
                write!(f, "{dataset} is not mounted at {at}: {why}")
            }
            Self::KeysAtBoot { .. } => f.write_str("encrypted datasets would stay locked at boot"),
            Self::NoUnit { unit } => write!(f, "the profile needs {unit}, which is not installed"),
            Self::Waits { what, why } => write!(f, "{what}; that has to wait: {why}"),
            Self::NotKnown { what, why } => write!(f, "{what} is not known: {why}"),
        }
    }
}
