//! The heart of the chain: from the smallest leaf of a vdev to what ZFS keeps of it, without a list in sight.
//!
//! Everything that a vdev will hold follows from a handful of numbers, so this is a function of them that
//! allocates nothing: a batch asks it for hundreds of thousands of pools a second. The names are those of
//! `vdev_t`. What a vdev was at birth counts forever: the size of its metaslabs, and the ratio of a raidz
//! that was widened later.

use super::class::Class;
use super::error::CapacityError;
use super::kind::Kind;
use super::metaslab::Metaslabs;
use super::zfs::Zfs;
use crate::units::{Ashift, Bytes};

/// What a top-level vdev is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Make {
    /// How the leaves work together.
    pub kind: Kind,
    /// The number of leaves.
    pub width: u64,
    /// Allocatable bytes of the smallest leaf.
    pub leaf: Bytes,
    /// log2 of its smallest write.
    pub ashift: Ashift,
    /// What it is for.
    pub class: Class,
    /// What it was made of, where that differs.
    pub born: Option<Birth>,
}

/// A vdev on its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Birth {
    /// The number of leaves.
    pub width: u64,
    /// Allocatable bytes of the smallest leaf.
    pub leaf: Bytes,
    /// The release that made it.
    pub zfs: Zfs,
}

/// A top-level vdev as OpenZFS keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Allocatable raw bytes (`vdev_asize`).
    pub asize: Bytes,
    /// The metaslabs (`vdev_ms_shift`, `vdev_ms_count`).
    pub metaslabs: Metaslabs,
    /// Bytes of the metaslabs: its part of SIZE. Less than count times size for dRAID.
    pub size: Bytes,
    /// Bytes of data in 512 raw ones (`vdev_deflate_ratio`).
    pub deflate_ratio: u64,
    /// Deflated bytes of all metaslabs but the embedded log.
    pub dspace: Bytes,
    /// Deflated bytes of the embedded log.
    pub embedded_log: Bytes,
}

impl Geometry {
    /// Under the release that runs; the one that made it is the same unless `born` says otherwise.
    pub fn of(make: &Make, zfs: Zfs) -> Result<Self, CapacityError> {
        let too_large = CapacityError::TooLarge;
        check(make, zfs)?;
        let asize = make.kind.asize(make.leaf.0, make.width).ok_or(too_large.clone())?;
        let metaslabs = match make.born {
            None => Metaslabs::made_by(zfs, asize),
            Some(born) => {
                let then = make.kind.asize(born.leaf.0, born.width).ok_or(too_large)?;
                Metaslabs::of_shift(Metaslabs::made_by(born.zfs, then).shift, asize)
            }
        };
        let (size, metaslab) = match make.kind {
            Kind::Draid(draid) => draid.metaslabs(metaslabs, make.ashift.get()),
            _ => (metaslabs.bytes(), 1 << metaslabs.shift),
        };
        let log = if zfs.embeds_log(make.class, metaslabs.count) { metaslab } else { 0 };
        let deflate_ratio = ratio(make)?;
        Ok(Self {
            asize: Bytes(asize),
            metaslabs,
            size: Bytes(size),
            deflate_ratio,
            dspace: Bytes(Kind::deflated(size - log, deflate_ratio)),
            embedded_log: Bytes(Kind::deflated(log, deflate_ratio)),
        })
    }
}

/// The vdevs of a pool, added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// Deflated bytes that may hold data.
    pub dspace: Bytes,
    /// Deflated bytes of the embedded logs.
    pub embedded_log: Bytes,
    has_data: bool,
}

impl Totals {
    /// With one more vdev.
    pub fn and(self, class: Class, vdev: &Geometry) -> Result<Self, CapacityError> {
        let plus = |to: Bytes, more: Bytes| {
            to.0.checked_add(more.0).map(Bytes).ok_or(CapacityError::TooLarge)
        };
        let mut sum = self;
        if class.is_vital() {
            sum.size = plus(self.size, vdev.size)?;
            sum.embedded_log = plus(self.embedded_log, vdev.embedded_log)?;
        }
        if class == Class::Normal {
            sum.dspace = plus(self.dspace, vdev.dspace)?;
            sum.has_data = true;
        }
        Ok(sum)
    }

    /// What is kept back, and what is left: USED + AVAIL of the root dataset in `zfs list -p`. An error unless a vdev
    /// holds data.
    pub fn slop_and_usable(&self, zfs: Zfs) -> Result<(Bytes, Bytes), CapacityError> {
        if !self.has_data {
            return Err(CapacityError::Empty);
        }
        let slop = zfs.slop(self.dspace, self.embedded_log);
        Ok((slop, Bytes(self.dspace.0 - slop.0)))
    }
}

/// The ratio for ever: of the width at birth, also for a raidz that was widened (`vdev_set_deflate_ratio` asks for
/// transaction group 0).
fn ratio(make: &Make) -> Result<u64, CapacityError> {
    let is_raidz = matches!(make.kind, Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3);
    let width = make.born.filter(|_| is_raidz).map_or(make.width, |born| born.width);
    make.kind.deflate_ratio(width, make.ashift).ok_or_else(|| impossible(make.kind, width))
}

fn impossible(kind: Kind, width: u64) -> CapacityError {
    CapacityError::Width { kind, leaves: usize::try_from(width).unwrap_or(usize::MAX) }
}

fn check(make: &Make, zfs: Zfs) -> Result<(), CapacityError> {
    let Make { kind, width, class, .. } = *make;
    kind.data(width).ok_or_else(|| impossible(kind, width))?;
    if !zfs.has_class(class) {
        return Err(CapacityError::Class { class, zfs });
    }
    if class == Class::Log && !matches!(kind, Kind::Stripe | Kind::Mirror) {
        return Err(CapacityError::Log { kind });
    }
    if matches!(kind, Kind::Draid(_)) && zfs < Zfs::V2_1 {
        return Err(CapacityError::Draid { zfs });
    }
    let Some(born) = make.born else { return Ok(()) };
    match kind {
        Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 => {
            kind.data(born.width).ok_or_else(|| impossible(kind, born.width))?;
            if born.width > width {
                return Err(CapacityError::Narrowed { kind, was: born.width, is: width });
            }
        }
        Kind::Draid(_) if born.width != width => return Err(impossible(kind, born.width)),
        // Its stripes would not fit the metaslabs of a release that had none.
        Kind::Draid(_) if born.zfs < Zfs::V2_1 => {
            return Err(CapacityError::Draid { zfs: born.zfs });
        }
        _ => {}
    }
    if born.leaf > make.leaf {
        return Err(CapacityError::Shrunk { was: born.leaf, is: make.leaf });
    }
    Ok(())
}
