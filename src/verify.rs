//! What is there against what is wished: [`Drift`], as values.
//!
//! Pure. `plan` turns the drift that can be mended in place into steps and reports the rest with its way out;
//! `zbay verify` prints all of it. Nothing here is ever forced.

use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::hw::Hw;
use crate::inventory::{Class, Inventory, Pool, Property, Vdev};
use crate::machine::Hash;
use crate::plan::Of;
use crate::plan::pick::{Picked, in_bay};
use crate::plan::system::System;
use crate::profile::property::{FIXED, Setting};
use crate::profile::{Layout, Profile};

/// One difference between the wish and the machine.
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
    /// The recorded wish is another one, or none.
    Wish {
        /// True if another one is recorded.
        other: bool,
    },
    /// The pool does not keep this wish.
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
            | Self::Disabled { .. } => true,
            Self::Property { fixed, .. } => !fixed,
            Self::PoolState { .. }
            | Self::Layout { .. }
            | Self::Ashift { .. }
            | Self::NotKnown { .. } => false,
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::PoolState { pool, .. } => format!("see `zpool status -x {pool}` and `zbay show pool`"),
            Self::Layout { .. } => {
                "a pool's layout cannot be changed in place: back up, destroy it yourself, apply again; or write the \
                 layout that is there into the profile"
                    .to_owned()
            }
            Self::Ashift { is, .. } => format!("ashift is fixed for ever: write `ashift: {is}` into the profile"),
            Self::Property { fixed: true, object, name, is, .. } => {
                format!("{name} is fixed when {object} is made: write `{name}: {is}`, or make the dataset anew")
            }
            Self::NotKnown { .. } => "mend that first; nothing is concluded from a failed look".to_owned(),
            _ => "`zbay apply` mends it".to_owned(),
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
            Self::Layout { pool, wished, is } => {
                write!(f, "pool {pool} is {is}, wished is {wished}")
            }
            Self::Ashift { vdev, wished, is } => {
                write!(f, "{vdev} has ashift {is}, wished is {wished}")
            }
            Self::Property { object, name, wished, is, .. } => {
                write!(f, "{name} of {object} is {is}, wished is {wished}")
            }
            Self::DatasetMissing { dataset } => write!(f, "there is no dataset {dataset}"),
            Self::NoHostid => f.write_str("the box has no hostid of its own"),
            Self::Wish { other: true } => {
                f.write_str("another wish is recorded in /etc/zbay/profile.yaml")
            }
            Self::Wish { other: false } => {
                f.write_str("the wish is not recorded in /etc/zbay/profile.yaml")
            }
            Self::NotKept { path, .. } => write!(f, "the wish is not kept in the pool ({path})"),
            Self::Disabled { units } => {
                write!(f, "the pool would not come back at boot: {} not enabled", units.join(", "))
            }
            Self::NotKnown { what, why } => write!(f, "{what} is not known: {why}"),
        }
    }
}

/// Everything in which the machine differs from the wish. `text` is the wish as it would be recorded.
pub fn drift(
    hw: &Hw,
    profile: &Profile,
    text: &str,
    inventory: &Inventory,
    system: &System,
) -> Vec<Drift> {
    let mut found = around(text, inventory, system);
    let name = profile.pool.name.as_str();
    match &inventory.pools {
        Err(unknown) => {
            found.push(Drift::NotKnown { what: "the pools".to_owned(), why: unknown.why.clone() });
        }
        Ok(pools) => {
            if let Some(pool) = pools.iter().find(|pool| pool.name == name) {
                found.extend(state(pool));
                found.extend(layout(hw, profile, inventory, pool));
                found.extend(properties(profile, pool));
                found.extend(kept(text, pool, system));
            } else {
                found.push(Drift::PoolMissing { pool: name.to_owned() });
                let datasets = wished_datasets(profile).into_iter();
                found.extend(
                    datasets
                        .map(|(name, _)| Drift::DatasetMissing { dataset: full(profile, &name) }),
                );
                if let Some((path, _)) = &system.kept {
                    found.push(Drift::NotKept { path: path.clone(), was: None });
                }
            }
        }
    }
    found
}

/// The copy of the wish in a pool that is mounted; elsewhere nothing is concluded.
fn kept(text: &str, pool: &Pool, system: &System) -> Option<Drift> {
    let (path, Ok(is)) = system.kept.as_ref()? else { return None };
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name)?;
    let mounted = |it: &Property| it.name == "mounted" && it.value == "yes";
    if is.as_deref() == Some(text) || !root.properties.iter().any(mounted) {
        return None;
    }
    let was = is.as_ref().map(|is| Hash::of(is.as_bytes()));
    Some(Drift::NotKept { path: path.clone(), was })
}

fn around(text: &str, inventory: &Inventory, system: &System) -> Vec<Drift> {
    let mut found = Vec::new();
    if system.wish.as_deref() != Some(text) {
        found.push(Drift::Wish { other: system.wish.is_some() });
    }
    if inventory.host.hostid.is_none() {
        found.push(Drift::NoHostid);
    }
    match &system.units {
        Ok(units) => {
            let off: Vec<String> =
                units.iter().filter(|(_, on)| !**on).map(|(unit, _)| unit.clone()).collect();
            if !off.is_empty() {
                found.push(Drift::Disabled { units: off });
            }
        }
        Err(unknown) => found.push(Drift::NotKnown {
            what: "whether the pool comes back at boot".to_owned(),
            why: unknown.why.clone(),
        }),
    }
    found
}

fn state(pool: &Pool) -> Option<Drift> {
    (pool.state != "ONLINE").then(|| Drift::PoolState {
        pool: pool.name.clone(),
        state: pool.state.clone(),
        status: pool.status.clone(),
    })
}

/// The full name of a dataset; the empty name is the root.
pub fn full(profile: &Profile, name: &str) -> String {
    if name.is_empty() {
        profile.pool.name.to_string()
    } else {
        format!("{}/{name}", profile.pool.name)
    }
}

/// The wished datasets with their settings, parents that are not named included, parents first.
pub fn wished_datasets(profile: &Profile) -> Vec<(String, Vec<Setting>)> {
    let mut all: Vec<(String, Vec<Setting>)> = Vec::new();
    for (name, wish) in &profile.datasets {
        let name = name.as_str();
        for (at, _) in name.match_indices('/') {
            let parent = &name[..at];
            if !all.iter().any(|(other, _)| other == parent) {
                all.push((parent.to_owned(), Vec::new()));
            }
        }
        match all.iter_mut().find(|(other, _)| other == name) {
            Some((_, settings)) => *settings = wish.settings(),
            None => all.push((name.to_owned(), wish.settings())),
        }
    }
    all
}

fn properties(profile: &Profile, pool: &Pool) -> Vec<Drift> {
    let mut found = Vec::new();
    let mut compare = |of, object: &str, wished: &[Setting], have: &[Property]| {
        for setting in wished {
            let is = have.iter().find(|property| property.name == setting.name);
            let Some(is) = is else {
                let what = format!("{} of {object}", setting.name);
                found.push(Drift::NotKnown { what, why: "zfs did not tell it".to_owned() });
                continue;
            };
            if !same(&setting.name, &setting.value, &is.value) {
                found.push(Drift::Property {
                    of,
                    object: object.to_owned(),
                    name: setting.name.clone(),
                    wished: setting.value.clone(),
                    is: is.value.clone(),
                    fixed: FIXED.contains(&setting.name.as_str()),
                });
            }
        }
    };
    let mut settings = profile.pool.properties.settings();
    settings
        .push(Setting { name: "cachefile".to_owned(), value: "/etc/zfs/zpool.cache".to_owned() });
    compare(Of::Zpool, &pool.name, &settings, &pool.properties);
    let root = profile.pool.root.root_settings(&pool.name);
    if let Some(dataset) = pool.datasets.iter().find(|dataset| dataset.name == pool.name) {
        compare(Of::Zfs, &pool.name, &root, &dataset.properties);
    }
    let mut missing = Vec::new();
    for (name, settings) in wished_datasets(profile) {
        let name = full(profile, &name);
        match pool.datasets.iter().find(|dataset| dataset.name == name) {
            Some(dataset) => compare(Of::Zfs, &name, &settings, &dataset.properties),
            None => missing.push(Drift::DatasetMissing { dataset: name }),
        }
    }
    missing.extend(found);
    missing
}

/// True if two values of a property are equal, or two spellings of the same.
pub fn same(name: &str, wished: &str, is: &str) -> bool {
    let none = |value: &str| value == "0" || value == "none" || value == "-";
    let limit = ["quota", "refquota", "reservation", "refreservation"].contains(&name);
    let cachefile =
        name == "cachefile" && (is == "-" || is.is_empty() || is == "/etc/zfs/zpool.cache");
    wished == is
        || (limit && none(wished) && none(is))
        || cachefile
        || other_spelling(name, wished, is)
}

/// `xattr=sa` reads back as `on` since OpenZFS 2.3 (both mean system attributes there).
fn other_spelling(name: &str, wished: &str, is: &str) -> bool {
    matches!((name, wished, is), ("xattr", "sa", "on") | ("acltype", "posix", "posixacl"))
}

/// A vdev as both sides say it: class, type, and the kernel names of its disks in order of name.
type Shape = (Class, String, Vec<String>);

fn layout(hw: &Hw, profile: &Profile, inventory: &Inventory, pool: &Pool) -> Vec<Drift> {
    let mut wished = wished_shapes(hw, profile, inventory);
    let mut is: Vec<Shape> = pool.vdevs.iter().map(shape_of).collect();
    wished.sort_by(|a, b| a.2.cmp(&b.2));
    is.sort_by(|a, b| a.2.cmp(&b.2));
    let mut found = Vec::new();
    if wished != is {
        let words = |shapes: &[Shape]| {
            let say = |(class, kind, disks): &Shape| {
                let class = if *class == Class::Normal {
                    String::new()
                } else {
                    format!("{class:?} ").to_lowercase()
                };
                format!("{class}{kind} of {}", places(hw, inventory, disks))
            };
            shapes.iter().map(say).collect::<Vec<_>>().join(" + ")
        };
        let pool = pool.name.clone();
        found.push(Drift::Layout { pool, wished: words(&wished), is: words(&is) });
    }
    if let Some(ashift) = profile.pool.ashift {
        for vdev in pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal) {
            if let Some(is) = vdev.ashift.filter(|is| *is != ashift.get()) {
                found.push(Drift::Ashift { vdev: vdev.name.clone(), wished: ashift.get(), is });
            }
        }
    }
    found
}

/// `bays 1, 2, 3`, or what a disk is called where it has no bay.
fn places(hw: &Hw, inventory: &Inventory, disks: &[String]) -> String {
    let place = |name: &String| {
        let disk = inventory.disks.iter().find(|disk| disk.name == *name);
        let seat = disk.and_then(|disk| disk.path.as_deref()).and_then(|path| hw.seat(path));
        seat.map_or_else(|| name.clone(), |seat| seat.bay.to_string())
    };
    let mut places: Vec<String> = disks.iter().map(place).collect();
    places.sort_by_key(|place| (place.parse::<u64>().unwrap_or(u64::MAX), place.clone()));
    format!("bays {}", places.join(" "))
}

fn shape_of(vdev: &Vdev) -> Shape {
    let known = |leaf: &crate::inventory::Leaf| {
        leaf.disk.clone().unwrap_or_else(|| format!("a missing drive ({})", leaf.guid))
    };
    let mut disks: Vec<String> = vdev.leaves.iter().map(known).collect();
    disks.sort();
    (vdev.class, vdev.kind.clone(), disks)
}

fn wished_shapes(hw: &Hw, profile: &Profile, inventory: &Inventory) -> Vec<Shape> {
    let name = |bay| match in_bay(hw, inventory, bay)[..] {
        [disk] => disk.name.clone(),
        _ => format!("{bay} (empty)"),
    };
    let pool = &profile.pool;
    let mut shapes = Vec::new();
    let mut add = |class, kind: Option<&str>, disks: Vec<String>| match kind {
        Some(kind) => {
            let mut disks = disks;
            disks.sort();
            shapes.push((class, kind.to_owned(), disks));
        }
        None => shapes.extend(disks.into_iter().map(|disk| (class, "disk".to_owned(), vec![disk]))),
    };
    for bays in &pool.bays.0 {
        add(Class::Normal, pool.layout.vdev_type(), bays.iter().map(name).collect());
    }
    if let Some(log) = &pool.log {
        let kind = log.mirror.then_some(Layout::Mirror.as_str());
        add(Class::Log, kind, log.bays.iter().map(name).collect());
    }
    if let Some(cache) = &pool.cache {
        add(Class::Cache, None, cache.bays.iter().map(name).collect());
    }
    add(Class::Spare, None, pool.spares.iter().map(name).collect());
    shapes
}

/// The kernel names of picked disks.
pub fn kernel_names(picks: &[Picked<'_>]) -> Vec<String> {
    picks.iter().map(|pick| pick.disk.name.clone()).collect()
}
