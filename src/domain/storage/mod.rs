//! The pool of the profile, its datasets and their properties, against what is there.
//!
//! Whether the pool comes back at boot, who may own datasets, which mountpoints already hold files, and whether OpenZFS knows
//! the profile's feature set: everything that would make a step fail half-way is asked before the first one.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::domain::face::{Chain, Domain, Job, Moment, World};
use crate::domain::keys;
use crate::drift::Differs;
use crate::inventory::{Facet, Unknown};
use crate::machine::{IoError, Machine};
use crate::profile::Profile;
use crate::profile::places::{compatibility, mountpoint_of, mountpoints};
use crate::profile::value::Autoreplace;
use crate::step::journal::{self, Unfinished};

pub mod arrival;
mod compare;
pub mod drift;
mod layout;
mod moved;
pub mod steps;
pub mod unwell;

use arrival::Arrival;
pub use drift::Drift;
pub use moved::{Moved, moved};

/// The domain.
#[derive(Debug)]
pub struct Storage;

/// What it looks at, beside disks and pools.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Where the pool keeps a copy of the profile, and what is there; `None`: it has no mountpoint to keep it in.
    pub kept: Option<(Utf8PathBuf, Facet<Option<String>>)>,
    /// Why what is there is not read: it is none of zbay's own.
    pub kept_refused: Option<String>,
    /// Users of `/etc/passwd`.
    pub users: Facet<Vec<String>>,
    /// Groups of `/etc/group`.
    pub groups: Facet<Vec<String>>,
    /// Wished mountpoints that exist and are not empty.
    pub occupied: Vec<Utf8PathBuf>,
    /// Whether OpenZFS has the wished feature set.
    pub feature_set: Facet<bool>,
    /// Disks that the journal holds as begun and never finished; empty where there is no journal.
    pub unfinished: Vec<Unfinished>,
    /// Key files that do not exist yet, by the dataset that gets one.
    pub new_keys: BTreeMap<String, Utf8PathBuf>,
    /// Where the wished pool was imported and is not settled yet: what becomes of its datasets.
    pub arrival: Option<Arrival>,
}

impl Domain for Storage {
    type Facts = Facts;
    type Drift = Drift;

    fn look(machine: &dyn Machine, profile: &Profile) -> Result<Facts, IoError> {
        let names = |path: &str| -> Facet<Vec<String>> {
            let bytes = machine.file(path.into()).map_err(Unknown::because)?.unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            Ok(text.lines().filter_map(|line| line.split(':').next()).map(str::to_owned).collect())
        };
        let mut occupied = Vec::new();
        for path in mountpoints(profile) {
            match machine.list(&path) {
                Ok(Some(entries)) if !entries.is_empty() => occupied.push(path),
                // A recorded machine was not asked about mountpoints of somebody's own.
                Ok(_) | Err(IoError::Unrecorded { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        // What cannot be read proves nothing: then nothing is taken for zbay's own.
        let journal = machine.file(journal::PATH.into()).ok().flatten().unwrap_or_default();
        let root = mountpoint_of(profile, "");
        let kept = root.as_ref().map(|root| machine.file_beneath(root, KEPT.into()));
        let kept_refused = match &kept {
            Some(Err(why @ IoError::System { .. })) => Some(why.to_string()),
            _ => None,
        };
        Ok(Facts {
            kept: root.zip(kept).map(|(root, text)| {
                let text = text.map_err(Unknown::because);
                let text =
                    text.map(|bytes| bytes.map(|it| String::from_utf8_lossy(&it).into_owned()));
                (kept_in(&root), text)
            }),
            kept_refused,
            users: names("/etc/passwd"),
            groups: names("/etc/group"),
            occupied,
            feature_set: feature_set(machine, profile),
            unfinished: journal::unfinished(&String::from_utf8_lossy(&journal)),
            new_keys: keys::absent(machine, profile),
            arrival: None,
        })
    }

    fn drift(world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
        compare::drift(world, facts)
    }

    fn steps(world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
        steps::chains(world, facts, drift)
    }

    fn due(world: &World<'_>, moment: Moment) -> Vec<Job> {
        due(world, moment)
    }

    fn keeps() -> &'static [&'static str] {
        &["/etc/zfs/zpool.cache", "/etc/zbay/keys"]
    }
}

/// A drive that waits in the bay of a member that is gone: whether one does, the job itself finds out.
fn due(world: &World<'_>, moment: Moment) -> Vec<Job> {
    let pool = &world.profile.pool;
    if moment != Moment::Tick || pool.properties.autoreplace != Some(Autoreplace::Blank) {
        return Vec::new();
    }
    let mut imported = world.inventory.pools.iter().flatten();
    let imported = imported.find(|it| it.name == pool.name.as_str());
    let mut leaves = imported.into_iter().flat_map(|it| &it.vdevs).flat_map(|vdev| &vdev.leaves);
    let gone = leaves.any(|leaf| !leaf.is_read());
    let why = || format!("a member of {} is gone, and the profile takes blank drives", pool.name);
    gone.then(|| Job { unit: "zbay-replace.service", why: why() }).into_iter().collect()
}

/// The name of the copy of the profile below the root of a pool.
pub const KEPT: &str = ".zbay/profile.yaml";

/// Where a pool that is mounted at `root` keeps a copy of the profile.
pub fn kept_in(root: &Utf8Path) -> Utf8PathBuf {
    root.join(KEPT)
}

fn feature_set(machine: &dyn Machine, profile: &Profile) -> Facet<bool> {
    let name = compatibility(profile);
    if name == "off" || name == "legacy" {
        return Ok(true);
    }
    for dir in ["/usr/share/zfs/compatibility.d", "/etc/zfs/compatibility.d"] {
        let names = machine.list(Utf8Path::new(dir)).map_err(Unknown::because)?;
        if names.is_some_and(|names| names.contains(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}
