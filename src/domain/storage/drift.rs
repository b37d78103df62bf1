//! What can differ between the pool of a profile and the one that is there, as values with their words.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::drift::{APPLY, Difference};
use crate::machine::Hash;
use crate::step::Of;

/// One difference.
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
    /// The pool does not keep this profile.
    NotKept {
        /// Where it would be.
        path: Utf8PathBuf,
        /// What is there now.
        was: Option<Hash>,
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
    /// Something that waits until the pool is well.
    Waits {
        /// What differs, in words.
        what: String,
        /// What is the matter with the pool.
        why: String,
    },
}

impl Difference for Drift {
    fn mendable(&self) -> bool {
        match self {
            Self::PoolMissing { .. } | Self::DatasetMissing { .. } | Self::NotKept { .. } => true,
            Self::Property { fixed, .. } => !fixed,
            Self::PoolState { .. }
            | Self::Layout { .. }
            | Self::Extra { .. }
            | Self::Lacking { .. }
            | Self::Ashift { .. }
            | Self::Unmounted { .. }
            | Self::Waits { .. } => false,
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::PoolState { pool, .. } => {
                format!("see `zpool status -x {pool}` and `zbay show pool`")
            }
            Self::Layout { pool, waits: Some(_), .. } => format!(
                "change nothing now: `zbay status {pool}` says what to do first; then compare again"
            ),
            Self::Layout { waits: None, line: Some(line), .. } => format!(
                "if the pool is right, write `{line}` below `pool:` in the profile, and `zbay apply` records it; an existing layout can be \
                 extended (`zbay expand`) but not changed in place, so another one needs a new pool and a copy of the data"
            ),
            Self::Layout { pool, waits: None, line: None, .. } => format!(
                "if the pool is right, write its layout into the profile (`zbay adopt {pool}` shows it); an existing layout \
                 can be extended (`zbay expand`) but not changed in place, so another one needs a new pool and a copy of the data"
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
                    "{name} is fixed when {object} is created: write `{name}: {is}`, or recreate the dataset"
                )
            }
            Self::Unmounted { remedy, .. } => {
                format!(
                    "{remedy}, then `zbay apply`: until then the pool does not come back at boot"
                )
            }
            Self::Waits { .. } => {
                "see `zbay show pool`; `zbay apply` fixes it once the pool is healthy".to_owned()
            }
            Self::PoolMissing { .. }
            | Self::DatasetMissing { .. }
            | Self::NotKept { .. }
            | Self::Property { fixed: false, .. } => APPLY.to_owned(),
        }
    }

    fn subject(&self) -> (&'static str, String) {
        let pool = |pool: &str| format!("pool {pool}");
        let of = |dataset: &str| format!("dataset {dataset}");
        match self {
            Self::PoolMissing { pool: name } => ("pool-missing", pool(name)),
            Self::PoolState { pool: name, .. } => ("pool-state", pool(name)),
            Self::Layout { pool: name, .. } => ("layout", pool(name)),
            Self::Extra { pool: name, .. } => ("extra", pool(name)),
            Self::Lacking { pool: name, .. } => ("lacking", pool(name)),
            Self::Ashift { vdev, .. } => ("ashift", format!("vdev {vdev}")),
            Self::Property { of: Of::Zpool, object, .. } => ("property", pool(object)),
            Self::Property { of: Of::Zfs, object, .. } => ("property", of(object)),
            Self::DatasetMissing { dataset } => ("dataset-missing", of(dataset)),
            Self::NotKept { .. } => ("not-kept", "profile".to_owned()),
            Self::Unmounted { dataset, .. } => ("unmounted", of(dataset)),
            Self::Waits { .. } => ("waits", "server".to_owned()),
        }
    }

    fn is_wrong(&self) -> bool {
        matches!(self, Self::PoolMissing { .. } | Self::PoolState { .. })
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
            Self::NotKept { path, .. } => write!(f, "the profile is not kept in the pool ({path})"),
            Self::Unmounted { dataset, at, why, .. } => {
                write!(f, "{dataset} is not mounted at {at}: {why}")
            }
            Self::Waits { what, why } => write!(f, "{what}; that has to wait: {why}"),
        }
    }
}
