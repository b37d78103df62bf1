//! How likely a pool is to be lost, what its drives draw and cost.
//!
//! Probabilities, not bytes: this is the one room that computes with floating-point numbers. A vdev is a chain of
//! states (`chain`): so many drives failed, one more fails, one is replaced. What the chain cannot know is named
//! with every answer: fire, theft, mistakes, bad batches. Rates come from counted failures (`models`) or from the user.
//! ZFS loses the block and not the pool when a sector cannot be read while nothing is redundant, so the two
//! are never added up. No price is known here; `money` computes with those that are told.

pub mod afr;
pub mod amount;
pub mod chain;
pub mod explain;
pub mod models;
pub mod money;
pub mod odds;
pub mod power;
#[cfg(test)]
mod props;
pub mod words;

use serde::Serialize;

use crate::splits::Split;
use crate::units::Bytes;
use crate::{Class, Kind, VdevCapacity, resilver};
pub use afr::Afr;
pub use amount::Amount;
pub use chain::{Chain, Repairs};
pub use models::Rate;
pub use odds::Odds;

/// Hours of a year (365.25 days).
pub const YEAR: f64 = 8766.0;

/// What is assumed; every answer says it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Assumed {
    /// Hours from the failure to the begin of the resilver: noticed, ordered, delivered, put in.
    pub waiting: Amount,
    /// Hot spares: nothing waits.
    pub spares: u32,
    /// How much likelier a further drive of a vdev fails once one has: age, heat and batch are shared. 1: not at all.
    pub correlation: Amount,
    /// Bits read for one that cannot be: the drive's data sheet, 1e15 for NAS drives.
    pub bits_per_error: f64,
    /// Percent of the space that holds data: a resilver reads no more.
    pub full: Amount,
    /// How many drives of a vdev are rebuilt at once.
    pub repairs: Repairs,
}

impl Default for Assumed {
    /// Two days to a new drive, full drives, one rebuilt at a time.
    fn default() -> Self {
        Self {
            waiting: Amount::whole(48),
            spares: 0,
            correlation: Amount::whole(1),
            bits_per_error: 1e15,
            full: Amount::whole(100),
            repairs: Repairs::Serial,
        }
    }
}

/// A vdev, as far as risk goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vdev {
    /// What it is.
    pub kind: Kind,
    /// How many like it the pool has.
    pub count: u32,
    /// Drives.
    pub drives: u32,
    /// How many may fail.
    pub parity: u32,
    /// Bytes of one drive that the vdev uses.
    pub drive: Bytes,
    /// Drives that must be read to rebuild one when nothing is redundant: those that hold data, 1 of a mirror.
    pub read: u32,
    /// Bytes that the busiest drive moves while a full one is rebuilt.
    pub moved: Bytes,
    /// Whether it has spares of its own (dRAID).
    pub has_spares: bool,
    /// How often its drives fail.
    pub rate: Rate,
}

impl Vdev {
    /// `count` vdevs of so many drives that each give it `drive` bytes; `None`: more drives than can be.
    pub fn new(kind: Kind, width: u64, drive: Bytes, rate: Rate, count: u64) -> Option<Self> {
        let drives = u32::try_from(width).ok()?;
        let parity = u32::try_from(kind.losses(width)).ok()?;
        let (read, has_spares) = match kind {
            Kind::Mirror => (1, false),
            Kind::Draid(draid) => (u32::try_from(draid.data()).ok()?, draid.spares() > 0),
            _ => (drives.saturating_sub(parity), false),
        };
        let (moved, count) = (resilver::moved(kind, drive), u32::try_from(count).ok()?);
        Some(Self { kind, count, drives, parity, drive, read, moved, has_spares, rate })
    }

    /// As the capacity model has it; `None`: a class whose loss is not the pool's.
    pub fn of(vdev: &VdevCapacity, rate: Rate) -> Option<Self> {
        if vdev.class == Class::Log {
            return None;
        }
        let drive = Bytes((vdev.drives.0.saturating_sub(vdev.unused.0)) / vdev.width.max(1));
        Self::new(vdev.kind, vdev.width, drive, rate, 1)
    }

    /// Those of a way to share out equal drives.
    pub fn of_split(split: &Split, drive: Bytes, rate: Rate) -> Vec<Self> {
        let vdev = |(count, width): &(u64, u64)| Self::new(split.kind, *width, drive, rate, *count);
        split.vdevs.iter().filter_map(vdev).collect()
    }

    /// Hours of a resilver, at best and under load.
    pub fn resilver(&self, assumed: &Assumed) -> (u64, u64) {
        resilver::hours([Bytes(assumed.full.percent_of(self.moved.0))])
    }

    /// Hours until a resilver begins.
    pub fn waiting(&self, assumed: &Assumed) -> f64 {
        if assumed.spares > 0 || self.has_spares { 0.0 } else { assumed.waiting.real() }
    }

    /// The chain, with a resilver under load.
    pub fn chain(&self, assumed: &Assumed) -> Chain {
        Chain {
            drives: self.drives,
            parity: self.parity,
            failure: self.rate.afr.per_hour(),
            repair: 1.0 / (self.waiting(assumed) + real(self.resilver(assumed).1)),
            correlation: assumed.correlation.real(),
            repairs: assumed.repairs,
        }
    }

    /// Bytes that are read to rebuild a drive when nothing is redundant.
    pub fn read_bytes(&self, assumed: &Assumed) -> u64 {
        assumed.full.percent_of(self.drive.0.saturating_mul(u64::from(self.read)))
    }
}

/// What is likely in some years.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Risk {
    /// That the pool is lost.
    pub pool: f64,
    /// That a resilver without redundancy meets a sector that cannot be read: a file is lost.
    pub file: f64,
}

/// What is likely to happen to a pool of these vdevs within `years`.
pub fn of(vdevs: &[Vdev], assumed: &Assumed, years: f64) -> Risk {
    let (mut lost, mut bare) = (0.0, 0.0);
    for vdev in vdevs {
        let chain = vdev.chain(assumed);
        lost += f64::from(vdev.count) / chain.mean_hours();
        if let Some(parity) = vdev.parity.checked_sub(1) {
            // How often nothing is redundant, and how likely an error is while what is left is read.
            let bits = real(vdev.read_bytes(assumed)) * 8.0;
            let error = -(-bits / assumed.bits_per_error).exp_m1();
            bare += f64::from(vdev.count) * error / Chain { parity, ..chain }.mean_hours();
        }
    }
    let within = |rate: f64| -(-rate * years * YEAR).exp_m1();
    Risk { pool: within(lost), file: within(bare) }
}

/// The same at the lower and at the upper limits of the rates; `None`: no rate was counted.
pub fn limits(vdevs: &[Vdev], assumed: &Assumed, years: f64) -> Option<(Risk, Risk)> {
    vdevs.iter().find(|vdev| vdev.rate.limits.is_some())?;
    let at = |end: fn((Afr, Afr)) -> Afr| {
        let moved = |vdev: &Vdev| {
            let afr = vdev.rate.limits.map_or(vdev.rate.afr, end);
            Vdev { rate: Rate { afr, ..vdev.rate }, ..*vdev }
        };
        of(&vdevs.iter().map(moved).collect::<Vec<_>>(), assumed, years)
    };
    Some((at(|(low, _)| low), at(|(_, high)| high)))
}

/// Those that are alike as one.
pub fn merged(vdevs: impl IntoIterator<Item = Vdev>) -> Vec<Vdev> {
    let mut all: Vec<Vdev> = Vec::new();
    for vdev in vdevs {
        match all.iter_mut().find(|other| Vdev { count: vdev.count, ..**other } == vdev) {
            Some(other) => other.count = other.count.saturating_add(vdev.count),
            None => all.push(vdev),
        }
    }
    all
}

/// A whole number as a real one: exact up to 2^53, and nobody counts more bytes than that.
pub fn real(number: u64) -> f64 {
    let half = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    half(number >> 32).mul_add(4_294_967_296.0, half(number & 0xffff_ffff))
}
