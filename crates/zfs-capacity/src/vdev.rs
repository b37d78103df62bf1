//! One top-level vdev: from its drives to its part of SIZE and of the usable bytes.
//!
//! A vdev is as large as its smallest leaf allows, and each vdev of a pool is computed by itself.
//! The order of the leaves never matters. SIZE counts raidz raw, parity included, and a mirror
//! once: ZFS's own convention, which is why the two cannot be compared by SIZE.

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::cut::Cut;
use super::draid::Draid;
use super::drive::Drive;
use super::error::CapacityError;
use super::geometry::{Birth, Geometry, Make};
use super::kind::Kind;
use super::leaf::leaf;
use super::ledger::{Deduction, Ledger, What, total};
use super::replacement::{self, Replacement};
use super::zfs::Zfs;
use crate::units::{Ashift, Bytes};

/// A top-level vdev that is to be made of whole drives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vdev {
    /// How the leaves work together.
    pub kind: Kind,
    /// Its drives, in any order.
    pub leaves: Vec<Drive>,
    /// log2 of its smallest write.
    pub ashift: Ashift,
}

/// What a new vdev gives. The values of OpenZFS's `vdev_t` are named as they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VdevCapacity {
    /// As asked.
    pub kind: Kind,
    /// As asked.
    #[serde(default)]
    pub class: Class,
    /// As asked.
    pub ashift: Ashift,
    /// The number of leaves.
    pub width: u64,
    /// All bytes of all drives.
    pub drives: Bytes,
    /// Bytes on larger drives beyond the size of the smallest one, all of them together.
    pub unused: Bytes,
    /// The smallest drive, as often as data fits on it: what a person reckons with. The other
    /// leaves' worth is redundancy.
    pub nominal: Bytes,
    /// Allocatable raw bytes (`vdev_asize`): of all leaves for raidz, of one for a mirror.
    pub asize: Bytes,
    /// log2 of the bytes of a metaslab.
    pub ms_shift: u32,
    /// The number of whole metaslabs.
    pub ms_count: u64,
    /// Its part of SIZE: the metaslabs.
    pub size: Bytes,
    /// Bytes of data in 512 raw ones, for ever.
    pub deflate_ratio: u64,
    /// Deflated bytes of the metaslabs that hold data: all but the embedded log.
    pub dspace: Bytes,
    /// Deflated bytes of the embedded log; 0 up to 64 metaslabs.
    pub embedded_log: Bytes,
    /// How many leaves may be lost at once, whichever they are.
    #[serde(rename = "failures_tolerated")]
    pub losses_survived: u64,
    /// What may replace a leaf.
    pub replacement: Replacement,
    /// From `drives` to `dspace`, line by line; to nothing unless the class is normal.
    pub deductions: Vec<Deduction>,
}

/// A vdev of a pool with what a drive list does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// As it is now.
    pub vdev: Vdev,
    /// What it is for.
    #[serde(default)]
    pub class: Class,
    /// What it was made of, where it has grown since: by drives attached to a raidz, or by larger drives.
    #[serde(default)]
    pub born: Option<Born>,
}

/// A vdev on its first day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Born {
    /// Its drives.
    pub leaves: Vec<Drive>,
    /// The release that made it.
    pub zfs: Zfs,
}

/// Under what a pool is made or looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The release that runs.
    pub zfs: Zfs,
    /// How drives are cut.
    pub cut: Cut,
}

impl From<Vdev> for Part {
    fn from(vdev: Vdev) -> Self {
        Self { vdev, class: Class::Normal, born: None }
    }
}

impl Part {
    /// What this vdev gives.
    pub fn capacity(&self, terms: Terms) -> Result<VdevCapacity, CapacityError> {
        self.vdev.under(self.class, self.born.as_ref(), terms)
    }
}

impl Vdev {
    /// What this vdev would give, were it made now.
    pub fn capacity(&self) -> Result<VdevCapacity, CapacityError> {
        self.cut(Cut::Whole)
    }

    /// The same of drives that are cut first.
    pub fn cut(&self, cut: Cut) -> Result<VdevCapacity, CapacityError> {
        self.under(Class::Normal, None, Terms { cut, ..Terms::default() })
    }

    fn under(
        &self,
        class: Class,
        born: Option<&Born>,
        terms: Terms,
    ) -> Result<VdevCapacity, CapacityError> {
        let too_large = || CapacityError::TooLarge;
        let impossible = || CapacityError::Width { kind: self.kind, leaves: self.leaves.len() };
        let width = u64::try_from(self.leaves.len()).map_err(|_| too_large())?;
        let data = self.kind.data(width).ok_or_else(impossible)?;

        let drives = total(self.leaves.iter().map(|drive| drive.bytes))?;
        let least = Least::of(&self.leaves, self.ashift, terms)?;
        let born = born.map(|born| birth(born, self.ashift, terms)).transpose()?;
        let leaf = least.leaf.0;
        let (kind, ashift) = (self.kind, self.ashift);
        let shape = Make { kind, width, leaf: least.leaf, ashift, class, born };
        let made = Geometry::of(&shape, terms.zfs)?;

        // No product below can exceed `drives`: each is a smaller value for the same leaves.
        let times = |bytes: u64, leaves: u64| bytes.checked_mul(leaves).ok_or_else(too_large);
        let used = times(least.drive, width)?;
        let mut ledger = Ledger::new(drives);
        ledger.down_to(What::MixedSizes, used)?;
        ledger.down_to(What::Partitions, times(least.part, width)?)?;
        ledger.down_to(What::Labels, times(leaf, width)?)?;
        if let Kind::Draid(draid) = kind {
            let spares = times(Draid::child(leaf), draid.spares())?;
            ledger.down_to(What::DraidRows, made.asize.0 + spares)?;
            ledger.down_to(What::Spares, made.asize.0)?;
        }
        ledger.down_to(What::Copies, made.asize.0)?;
        ledger.down_to(What::MetaslabTail, made.metaslabs.bytes())?;
        ledger.down_to(What::DraidStripes, made.size.0)?;
        match class {
            Class::Normal => {
                let (part, whole) = kind.without_parity(width).ok_or_else(impossible)?;
                let rest = share(made.size.0, part, whole).ok_or_else(too_large)?;
                let now = kind.deflate_ratio(width, ashift).ok_or_else(impossible)?;
                let held = made.dspace.0.checked_add(made.embedded_log.0).ok_or_else(too_large)?;
                ledger.down_to(What::Parity, rest)?;
                if now != made.deflate_ratio {
                    ledger.down_to(What::Padding, Kind::deflated(made.size.0, now).max(held))?;
                    ledger.down_to(What::OldRatio, held)?;
                }
                ledger.down_to(What::Padding, held)?;
                ledger.down_to(What::EmbeddedLog, made.dspace.0)?;
            }
            Class::Special | Class::Dedup => ledger.down_to(What::OtherClass, 0)?,
            Class::Log => ledger.down_to(What::LogVdevs, 0)?,
        }

        let metaslabs = made.metaslabs;
        let under = (terms.zfs, terms.cut);
        Ok(VdevCapacity {
            kind,
            class,
            ashift,
            width,
            drives: Bytes(drives),
            unused: Bytes(drives - used),
            nominal: Bytes(times(least.drive, data)?),
            asize: made.asize,
            ms_shift: metaslabs.shift,
            ms_count: metaslabs.count,
            size: made.size,
            deflate_ratio: made.deflate_ratio,
            dspace: made.dspace,
            embedded_log: made.embedded_log,
            losses_survived: kind.losses(width),
            replacement: replacement::smallest(kind, width, ashift, metaslabs, under)?,
            deductions: ledger.into_lines(),
        })
    }
}

/// The smallest of the leaves at each step.
struct Least {
    drive: u64,
    part: u64,
    leaf: Bytes,
}

impl Least {
    fn of(leaves: &[Drive], ashift: Ashift, terms: Terms) -> Result<Self, CapacityError> {
        let (mut smallest, mut part) = (u64::MAX, u64::MAX);
        for drive in leaves {
            check_sector(ashift, *drive)?;
            smallest = smallest.min(drive.bytes.0);
            part = part.min(terms.cut.made_by(terms.zfs, *drive)?.0);
        }
        Ok(Self { drive: smallest, part, leaf: leaf(Bytes(part))? })
    }
}

fn birth(born: &Born, ashift: Ashift, terms: Terms) -> Result<Birth, CapacityError> {
    let least = Least::of(&born.leaves, ashift, Terms { zfs: born.zfs, ..terms })?;
    let width = u64::try_from(born.leaves.len()).map_err(|_| CapacityError::TooLarge)?;
    Ok(Birth { width, leaf: least.leaf, zfs: born.zfs })
}

/// Whether a vdev of this ashift takes such a drive.
pub(super) fn check_sector(ashift: Ashift, drive: Drive) -> Result<(), CapacityError> {
    let sector = drive.logical_sector;
    match Ashift::of_sector(sector) {
        Some(needed) if needed > ashift => Err(CapacityError::Ashift { ashift, sector }),
        _ => Ok(()), // a sector that is none is refused by `partition`
    }
}

/// `bytes * part / whole`, rounded down.
fn share(bytes: u64, part: u64, whole: u64) -> Option<u64> {
    u64::try_from((u128::from(bytes) * u128::from(part)).checked_div(u128::from(whole))?).ok()
}
