//! How likely a pool is to be lost, and, told apart from it, how likely a resilver is to cost a file.
//!
//! Probabilities, not bytes: this is the one room that reckons with floating-point numbers. A vdev is a chain of
//! states (`chain`): so many drives failed, one more fails, one is replaced. What the chain cannot know is named
//! with every answer: fire, theft, mistakes, bad batches. Rates come from counted failures (`afr`) or from the user.
//! ZFS loses the block and not the pool when a sector cannot be read while nothing is redundant, so the two
//! are never added up.

pub mod afr;
pub mod chain;
pub mod words;

use crate::capacity::{Class, Kind, VdevCapacity, resilver};
use crate::units::Bytes;
pub use afr::Afr;

/// Hours of a year (365.25 days).
pub const YEAR: f64 = 8766.0;

/// What is assumed; every answer says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Assumed {
    /// Share of drives that fail in a year.
    pub afr: Afr,
    /// Hours from the failure to the begin of the resilver: noticed, ordered, delivered, put in. 0 with a hot spare.
    pub waiting: f64,
    /// How much likelier a further drive of a vdev fails once one has: age, heat and batch are shared. 1: not at all.
    pub correlation: f64,
    /// Bits read for one that cannot be: the drive's data sheet, 1e15 for NAS drives.
    pub bits_per_error: f64,
    /// Share of the space that holds data, 0 to 1: a resilver reads no more.
    pub full: f64,
}

impl Default for Assumed {
    /// The fleet of 2024, two days to a new drive, full drives.
    fn default() -> Self {
        Self { afr: Afr::FLEET, waiting: 48.0, correlation: 1.0, bits_per_error: 1e15, full: 1.0 }
    }
}

/// A vdev, as far as risk goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Vdev {
    /// Drives.
    pub drives: u32,
    /// How many may fail.
    pub parity: u32,
    /// Bytes of one drive that the vdev uses.
    pub drive: Bytes,
    /// Drives that must be read to rebuild one: `drives - parity`, or 1 of a mirror.
    pub read: u32,
    /// Hours of a resilver of a full drive.
    pub resilver: u64,
}

impl Vdev {
    /// As the capacity model has it; `None`: a class whose loss is not the pool's.
    pub fn of(vdev: &VdevCapacity) -> Option<Self> {
        if vdev.class == Class::Log {
            return None;
        }
        let drives = u32::try_from(vdev.width).ok()?;
        let parity = u32::try_from(vdev.losses_survived).ok()?;
        // A mirror is read from one side, raidz from all drives that are left when nothing is redundant.
        let read = if vdev.kind == Kind::Mirror { 1 } else { drives.saturating_sub(parity) };
        let drive = Bytes((vdev.drives.0.saturating_sub(vdev.unused.0)) / vdev.width.max(1));
        Some(Self { drives, parity, drive, read, resilver: resilver::hours([drive]).1 })
    }
}

/// What is likely in some years.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Risk {
    /// That the pool is lost.
    pub pool: f64,
    /// That a resilver without redundancy meets a sector that cannot be read: a file is lost.
    pub file: f64,
}

/// What is likely to happen to a pool of these vdevs within `years`.
pub fn of(vdevs: &[Vdev], assumed: &Assumed, years: f64) -> Risk {
    let lambda = assumed.afr.per_hour();
    let (mut lost, mut bare) = (0.0, 0.0);
    for vdev in vdevs {
        let repair =
            1.0 / (assumed.waiting + real(vdev.resilver * u64::from(assumed.full > 0.0)).max(1.0));
        let chain = |parity| chain::Chain {
            drives: vdev.drives,
            parity,
            failure: lambda,
            repair,
            correlation: assumed.correlation,
        };
        lost += 1.0 / chain(vdev.parity).mean_hours();
        if let Some(less) = vdev.parity.checked_sub(1) {
            // How often nothing is redundant, and how likely an error is while what is left is read.
            let bits = real(vdev.drive.0) * 8.0 * f64::from(vdev.read) * assumed.full;
            let error = -(-bits / assumed.bits_per_error).exp_m1();
            bare += error / chain(less).mean_hours();
        }
    }
    let within = |rate: f64| -(-rate * years * YEAR).exp_m1();
    Risk { pool: within(lost), file: within(bare) }
}

/// A whole number as a real one: exact up to 2^53, and nobody counts more bytes than that.
fn real(number: u64) -> f64 {
    let half = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    half(number >> 32).mul_add(4_294_967_296.0, half(number & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TB4: Bytes = Bytes(4_000_787_030_016);

    fn raidz(drives: u32, parity: u32) -> Vdev {
        Vdev { drives, parity, drive: TB4, read: drives - parity, resilver: 22 }
    }

    #[test]
    fn whole_numbers_are_exact() {
        for number in [0, 1, 1 << 32, (1 << 53) - 1, 4_000_787_030_016] {
            assert_eq!(format!("{:.0}", real(number)), number.to_string());
        }
    }

    #[test]
    fn four_drives_in_a_closet() {
        let risk = of(&[raidz(4, 1)], &Assumed::default(), 5.0);
        assert!((1.0 / risk.pool - 8_340.0).abs() < 50.0, "1 in {}", 1.0 / risk.pool);
        assert!((1.0 / risk.file - 35.0).abs() < 1.5, "1 in {}", 1.0 / risk.file);
        let better = of(&[raidz(4, 2)], &Assumed::default(), 5.0);
        assert!(better.pool < risk.pool / 1_000.0 && better.file < risk.file / 1_000.0);
    }

    #[test]
    fn without_redundancy_no_resilver_costs_a_file() {
        let stripe = Vdev { drives: 12, parity: 0, drive: TB4, read: 0, resilver: 0 };
        let risk = of(&[stripe], &Assumed::default(), 1.0);
        assert!(risk.file == 0.0 && (risk.pool - 0.173).abs() < 0.001, "{risk:?}");
    }

    proptest! {
        #[test]
        fn probabilities_are_probabilities(
            drives in 1_u32..300,
            parity in 0_u32..4,
            afr in 0.0001_f64..0.999,
            waiting in 0.0_f64..10_000.0,
            years in 0.0_f64..100.0,
        ) {
            let parity = parity.min(drives - 1);
            let vdev = raidz(drives, parity);
            let assumed = Assumed { afr: Afr::new(afr).unwrap(), waiting, ..Assumed::default() };
            let one = of(&[vdev], &assumed, years);
            let two = of(&[vdev, vdev], &assumed, years);
            for risk in [one, two] {
                prop_assert!((0.0..=1.0).contains(&risk.pool) && (0.0..=1.0).contains(&risk.file));
            }
            prop_assert!(two.pool >= one.pool);
            if parity > 0 {
                let less = of(&[raidz(drives, parity - 1)], &assumed, years);
                prop_assert!(less.pool >= one.pool * 0.999_999);
            }
        }
    }
}
