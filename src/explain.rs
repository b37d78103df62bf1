//! Where the bytes of a pool that exists went, from the labels on its drives to AVAIL.
//!
//! ZFS says what it has (SIZE, the vdevs' bytes, USED, AVAIL), the kernel what the drives have; the model says why,
//! line by line. What is left over between the model and ZFS is a line of its own, and never hidden in another.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::capacity::live::{self, Live, Seen, SeenLeaf};
use crate::capacity::zfs::counts_allocated_special;
use crate::capacity::{CapacityError, Class, Cut, Drive, Kind, Part, Zfs, spec};
use crate::inventory::{self, Disk, Pool};
use crate::units::{Ashift, Bytes};

/// Why a pool cannot be explained.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ExplainError {
    /// Something that is reckoned with was not told.
    #[error(
        "{vdev} of {pool}: ZFS does not report its {what}; `zbay explain` needs OpenZFS 2.3 or \
         newer"
    )]
    Untold {
        /// The pool.
        pool: String,
        /// The vdev or leaf.
        vdev: String,
        /// What.
        what: &'static str,
    },
    /// A child is two drives at once.
    #[error(
        "{vdev} of {pool} is having a drive replaced\ndo this  run this again after the resilver: \
         `zpool wait {pool}`"
    )]
    Replacing {
        /// The pool.
        pool: String,
        /// The vdev.
        vdev: String,
    },
    /// A kind that is not modelled, as what a removed vdev leaves.
    #[error("{vdev} of {pool} is of kind {kind}, whose space is not modelled")]
    Kind {
        /// The pool.
        pool: String,
        /// The vdev.
        vdev: String,
        /// ZFS's word.
        kind: String,
    },
    /// The datasets could not be asked for.
    #[error("USED and AVAIL of {pool} are not known: run as root")]
    Datasets {
        /// The pool.
        pool: String,
    },
    /// The model refuses it.
    #[error("the space of {pool} cannot be computed")]
    Model {
        /// The pool.
        pool: String,
        /// Why.
        source: CapacityError,
    },
}

/// A pool, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: String,
    /// What is on the drives' labels, as a layout is typed.
    pub words: String,
    /// The release that runs.
    pub zfs: Zfs,
    /// Every ashift, once.
    pub ashifts: Vec<Ashift>,
    /// The chain to usable, and what the same drives would give today.
    pub live: Live,
    /// Allocated on special and dedup vdevs, where this release adds that to what may hold data.
    pub special: Bytes,
    /// What ZFS says beyond the model's usable and `special`; below nothing where it says less.
    pub rest: i128,
    /// USED of the root dataset.
    pub used: Bytes,
    /// AVAIL of the root dataset.
    pub available: Bytes,
    /// SIZE as `zpool list` says it.
    pub size: Bytes,
    /// Drives of the pool that are not here: their partitions count instead.
    pub absent: usize,
    /// In what the pool is not as it would be made today.
    pub differences: Vec<Difference>,
}

/// Something that a new pool of the same drives would not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "difference")]
pub enum Difference {
    /// A raidz that drives were attached to.
    Widened {
        /// The vdev.
        vdev: String,
        /// Drives at birth.
        was: usize,
        /// Drives now.
        is: usize,
    },
    /// A vdev whose drives, or whose release, had made smaller or larger metaslabs.
    Metaslabs {
        /// The vdev.
        vdev: String,
        /// Bytes of a metaslab.
        is: Bytes,
        /// Of a new one.
        new: Bytes,
    },
    /// Writes smaller than 4 KiB.
    Ashift {
        /// The vdev.
        vdev: String,
        /// As it is.
        is: Ashift,
    },
    /// A partition that zpool would make longer.
    Partition {
        /// The vdev.
        vdev: String,
        /// Bytes of its partition.
        is: Bytes,
        /// Of a new one.
        new: Bytes,
    },
}

/// Explains a pool on these disks; `release` is the one that runs, as it calls itself.
///
/// # Errors
/// What is not told, or not modelled.
pub fn explain(pool: &Pool, disks: &[Disk], release: &str) -> Result<Explained, ExplainError> {
    let name = pool.name.clone();
    let zfs: Zfs = release.parse().unwrap_or_default();
    let counted = |vdev: &&inventory::Vdev| class(vdev).is_some();
    let vdevs: Vec<&inventory::Vdev> = pool.vdevs.iter().filter(counted).collect();
    let disks = disks.iter().map(|disk| (disk.name.as_str(), disk)).collect();
    let seen: Vec<Seen> =
        vdevs.iter().map(|vdev| seen(&name, vdev, &disks)).collect::<Result<_, _>>()?;
    let root =
        pool.datasets.first().ok_or_else(|| ExplainError::Datasets { pool: name.clone() })?;
    let beside = |vdev: &&&inventory::Vdev| {
        matches!(class(vdev), Some(Class::Special | Class::Dedup))
            && counts_allocated_special(release)
    };
    let special = vdevs.iter().filter(beside).filter_map(|vdev| deflated(vdev)).sum();
    let usable = (root.used.0.saturating_add(root.available.0)).checked_sub(special).map(Bytes);
    let live = live::explain(&seen, zfs, usable)
        .map_err(|source| ExplainError::Model { pool: name.clone(), source })?;
    let model = i128::from(live.pool.usable.0) + i128::from(special);
    let rest = i128::from(root.used.0) + i128::from(root.available.0) - model;
    let mut ashifts: Vec<Ashift> = seen.iter().map(|vdev| vdev.ashift).collect();
    ashifts.sort_unstable();
    ashifts.dedup();
    let absent = seen.iter().flat_map(|it| &it.leaves).filter(|it| it.drive.is_none()).count();
    Ok(Explained {
        name,
        words: spec::words(&whole(&seen)),
        zfs,
        ashifts,
        special: Bytes(special),
        rest,
        used: root.used,
        available: root.available,
        size: pool.size,
        absent,
        differences: differences(&vdevs, &seen, &live),
        live,
    })
}

/// The class, if the vdev counts in SIZE or is a log.
fn class(vdev: &inventory::Vdev) -> Option<Class> {
    match vdev.class {
        inventory::Class::Normal => Some(Class::Normal),
        inventory::Class::Special => Some(Class::Special),
        inventory::Class::Dedup => Some(Class::Dedup),
        inventory::Class::Log => Some(Class::Log),
        inventory::Class::Cache | inventory::Class::Spare => None,
    }
}

/// Allocated bytes as ZFS reckons data: raw ones by the vdev's own ratio.
fn deflated(vdev: &inventory::Vdev) -> Option<u64> {
    let (size, deflated) = (vdev.size?.0 >> 9, vdev.deflated?.0);
    Some((vdev.allocated?.0 >> 9) * deflated.checked_div(size)?)
}

fn seen(
    pool: &str,
    vdev: &inventory::Vdev,
    disks: &BTreeMap<&str, &Disk>,
) -> Result<Seen, ExplainError> {
    let untold =
        |what| ExplainError::Untold { pool: pool.to_owned(), vdev: vdev.name.clone(), what };
    if vdev.is_shared() || vdev.leaves.len() != vdev.width {
        return Err(ExplainError::Replacing { pool: pool.to_owned(), vdev: vdev.name.clone() });
    }
    let kind = Kind::called(&vdev.kind).ok_or_else(|| ExplainError::Kind {
        pool: pool.to_owned(),
        vdev: vdev.name.clone(),
        kind: vdev.kind.clone(),
    })?;
    let leaf = |leaf: &inventory::Leaf| {
        let disk = leaf.disk.as_ref().and_then(|name| disks.get(name.as_str()));
        let whole = |disk: &&Disk| Some(Drive { bytes: disk.size, logical_sector: disk.logical? });
        let drive = disk.and_then(whole);
        let partition = leaf.partition.ok_or_else(|| untold("partition's size"))?;
        Ok(SeenLeaf { drive, partition })
    };
    Ok(Seen {
        kind,
        class: class(vdev).unwrap_or_default(),
        ashift: vdev.ashift.and_then(Ashift::new).ok_or_else(|| untold("ashift"))?,
        leaves: vdev.leaves.iter().map(leaf).collect::<Result<_, _>>()?,
        size: vdev.size.ok_or_else(|| untold("space"))?,
        deflated: vdev.deflated.ok_or_else(|| untold("deflated space"))?,
    })
}

/// The vdevs of whole drives, for words.
fn whole(seen: &[Seen]) -> Vec<Part> {
    let part = |seen: &Seen| {
        let drive = |leaf: &SeenLeaf| leaf.drive.unwrap_or(Drive::sector_512(leaf.partition));
        let leaves = seen.leaves.iter().map(drive).collect();
        let vdev = crate::capacity::Vdev { kind: seen.kind, leaves, ashift: seen.ashift };
        Part { class: seen.class, ..vdev.into() }
    };
    seen.iter().map(part).collect()
}

fn differences(vdevs: &[&inventory::Vdev], seen: &[Seen], live: &Live) -> Vec<Difference> {
    let mut found = Vec::new();
    for (at, (named, seen)) in vdevs.iter().zip(seen).enumerate() {
        let vdev = || named.name.clone();
        let (Some(part), Some(is), Some(new)) =
            (live.parts.get(at), live.pool.vdevs.get(at), live.today.vdevs.get(at))
        else {
            continue;
        };
        if let Some(born) = &part.born
            && born.leaves.len() < seen.leaves.len()
        {
            let (was, is) = (born.leaves.len(), seen.leaves.len());
            found.push(Difference::Widened { vdev: vdev(), was, is });
        }
        if is.ms_shift != new.ms_shift && !live.unknown.contains(&at) {
            let (is, new) = (Bytes(1 << is.ms_shift), Bytes(1 << new.ms_shift));
            found.push(Difference::Metaslabs { vdev: vdev(), is, new });
        }
        if seen.ashift < Ashift::DEFAULT {
            found.push(Difference::Ashift { vdev: vdev(), is: seen.ashift });
        }
        let shorter = seen.leaves.iter().find_map(|leaf| {
            let new = Cut::Whole.made_by(Zfs::default(), leaf.drive?).ok()?;
            (leaf.partition < new).then_some((leaf.partition, new))
        });
        if let Some((is, new)) = shorter {
            found.push(Difference::Partition { vdev: vdev(), is, new });
        }
    }
    found
}

impl Difference {
    /// In a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Widened { vdev, was, is } => format!(
                "{vdev} was created with {was} drives and now has {is}: ZFS keeps computing its \
                 space with the parity ratio of {was}, and new data takes less than that"
            ),
            Self::Metaslabs { vdev, is, new } => format!(
                "{vdev} was created for other sizes or by an older release: its metaslabs have {}, \
                 new ones {}",
                is.zfs(),
                new.zfs()
            ),
            Self::Ashift { vdev, is } => format!(
                "{vdev} has ashift {is}: less padding, but slow on drives with 4096-byte sectors"
            ),
            Self::Partition { vdev, is, new } => {
                format!("{vdev} has a partition of {is} bytes, where zpool would make one of {new}")
            }
        }
    }
}
