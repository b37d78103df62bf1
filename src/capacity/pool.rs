//! The pool: SIZE and usable, and the lines between the drives and usable.
//!
//! SIZE sums what the vdevs have, the embedded logs included. Usable (USED + AVAIL of the root
//! dataset; AVAIL alone moves with a new pool's metadata) sums what may hold data, less the slop:
//! a 32nd of it or 128 GiB, the smaller. The embedded logs are counted as part of the slop, but
//! for half of it at most: from five large mirrors on, each further one costs 16 GiB more.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::cut::Cut;
use super::error::CapacityError;
use super::ledger::{Deduction, What, total};
use super::vdev::{Vdev, VdevCapacity};
use crate::units::Bytes;

/// `spa_slop_shift`: a 32nd.
const SLOP_SHIFT: u32 = 5;
/// `spa_max_slop`.
const SLOP_MAX: u64 = 128 << 30;
/// `spa_min_slop`.
const SLOP_MIN: u64 = 128 << 20;

/// What a new pool gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// All bytes of all drives.
    pub drives: Bytes,
    /// From `drives` to `usable`, line by line: `drives` less all of them is `usable`.
    pub deductions: Vec<Deduction>,
    /// SIZE of `zpool list -p`: raidz raw with its parity, mirrors once.
    pub size: Bytes,
    /// Deflated bytes that may hold data (`spa_get_dspace`).
    pub dspace: Bytes,
    /// Deflated bytes of the embedded logs.
    pub embedded_log: Bytes,
    /// Of `dspace`, what ZFS keeps back (`spa_get_slop_space`).
    pub slop: Bytes,
    /// USED + AVAIL of the root dataset in `zfs list -p`.
    pub usable: Bytes,
    /// What a person reckons with: drive bytes that are not redundancy, before any overhead, with
    /// the smallest drive of each vdev.
    pub nominal: Bytes,
    /// Bytes on larger drives beyond the smallest one of their vdev. With a drive of 1 TB and three
    /// of 2 TB in one raidz: 3 x (2 000 398 934 016 - 1 000 204 886 016).
    pub unused: Bytes,
    /// How many drives may fail.
    pub losses_survived: Losses,
    /// Each vdev, in the order asked.
    pub vdevs: Vec<VdevCapacity>,
}

/// How many drives may fail at once before the pool is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Whichever they are.
    pub any: u64,
    /// If they are the right ones: each vdev loses no more than it survives.
    pub at_best: u64,
}

impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.any {
            0 => f.write_str("none")?,
            any => write!(f, "any {any}")?,
        }
        if self.at_best > self.any { write!(f, ", at best {}", self.at_best) } else { Ok(()) }
    }
}

/// What a new pool of these data vdevs would give. Log, cache and spare vdevs do not count and must
/// be left out.
pub fn of(vdevs: &[Vdev]) -> Result<Capacity, CapacityError> {
    of_cut(vdevs, Cut::Whole)
}

/// The same of drives that are cut first.
pub fn of_cut(vdevs: &[Vdev], cut: Cut) -> Result<Capacity, CapacityError> {
    if vdevs.is_empty() {
        return Err(CapacityError::Empty);
    }
    let vdevs = vdevs.iter().map(|vdev| vdev.cut(cut)).collect::<Result<Vec<_>, _>>()?;
    let sum = |field: fn(&VdevCapacity) -> Bytes| total(vdevs.iter().map(field)).map(Bytes);

    let (dspace, embedded_log) = (sum(|v| v.dspace)?, sum(|v| v.embedded_log)?);
    let slop = slop(dspace, embedded_log);
    let losses = || vdevs.iter().map(|vdev| vdev.losses_survived);
    Ok(Capacity {
        drives: sum(|v| v.drives)?,
        deductions: deductions(&vdevs, slop)?,
        size: sum(|v| v.size)?,
        dspace,
        embedded_log,
        slop,
        usable: Bytes(dspace.0 - slop.0),
        nominal: sum(|v| v.nominal)?,
        unused: sum(|v| v.unused)?,
        losses_survived: Losses {
            any: losses().min().unwrap_or(0),
            at_best: losses().fold(0, u64::saturating_add),
        },
        vdevs,
    })
}

/// `spa_get_slop_space`; never more than `dspace`.
fn slop(dspace: Bytes, embedded_log: Bytes) -> Bytes {
    let full = (dspace.0 >> SLOP_SHIFT).min(SLOP_MAX);
    let slop = full - embedded_log.0.min(full >> 1);
    Bytes(slop.max((dspace.0 >> 1).min(SLOP_MIN)))
}

/// The vdevs' lines, one for each cause, and the slop.
fn deductions(vdevs: &[VdevCapacity], slop: Bytes) -> Result<Vec<Deduction>, CapacityError> {
    let mut sums = BTreeMap::new();
    let slop = Deduction { what: What::Slop, bytes: slop };
    let lines = vdevs.iter().flat_map(|vdev| &vdev.deductions).chain([&slop]);
    for Deduction { what, bytes } in lines.filter(|line| line.bytes > Bytes::ZERO) {
        let sum = sums.entry(*what).or_insert(Bytes::ZERO);
        *sum = Bytes(total([*sum, *bytes])?);
    }
    Ok(sums.into_iter().map(|(what, bytes)| Deduction { what, bytes }).collect())
}

#[cfg(test)]
mod tests {
    use super::{Capacity, What, of, slop};
    use crate::capacity::{CapacityError, Drive, Kind, Vdev};
    use crate::units::{Ashift, Bytes};

    const TB: u64 = 1_000_000_000_000;

    /// A pool of vdevs of such kinds, of drives with these labels in TB.
    fn pool(vdevs: &[(Kind, &[u64])]) -> Capacity {
        let drive = |tb: &u64| Drive::labelled(Bytes(tb * TB)).unwrap();
        let vdev = |(kind, labels): &(Kind, &[u64])| Vdev {
            kind: *kind,
            leaves: labels.iter().map(drive).collect(),
            ashift: Ashift::DEFAULT,
        };
        of(&vdevs.iter().map(vdev).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn slop_has_a_floor_and_a_ceiling() {
        let of = |dspace, log| slop(Bytes(dspace), Bytes(log)).0;
        assert_eq!(of(0, 0), 0);
        assert_eq!(of(100 << 20, 0), 50 << 20);
        assert_eq!(of(1 << 30, 0), 128 << 20);
        assert_eq!(of(1 << 40, 0), 32 << 30);
        assert_eq!(of(1 << 40, 8 << 30), 24 << 30);
        assert_eq!(of(1 << 40, 20 << 30), 16 << 30);
        assert_eq!(of(u64::MAX, 0), 128 << 30);
        assert_eq!(of(u64::MAX, u64::MAX), 64 << 30);
    }

    #[test]
    fn lines_nominal_unused_and_losses_of_a_mixed_pool() {
        let pool = pool(&[(Kind::Mirror, &[1, 2]), (Kind::Mirror, &[4, 4])]);
        let what: Vec<_> = pool.deductions.iter().map(|line| line.what).collect();
        assert_eq!(
            what,
            [
                What::MixedSizes,
                What::Partitions,
                What::Labels,
                What::Copies,
                What::MetaslabTail,
                What::EmbeddedLog,
                What::Slop,
            ]
        );
        assert_eq!(pool.nominal.tb(), "5.00 TB");
        assert_eq!(pool.unused, Bytes(1_000_194_048_000));
        assert_eq!(pool.losses_survived.to_string(), "any 1, at best 2");
    }

    #[test]
    fn losses_in_words() {
        for (vdevs, words) in [
            (&[(Kind::Stripe, &[1][..])][..], "none"),
            (&[(Kind::Stripe, &[1]), (Kind::Mirror, &[1, 1])], "none, at best 1"),
            (&[(Kind::Mirror, &[1, 1, 1])], "any 2"),
            (&[(Kind::Raidz3, &[1; 6])], "any 3"),
        ] {
            assert_eq!(pool(vdevs).losses_survived.to_string(), words);
        }
    }

    #[test]
    fn no_vdev_is_no_pool() {
        assert_eq!(of(&[]), Err(CapacityError::Empty));
    }

    #[test]
    fn json_has_plain_numbers_and_comes_back() {
        let pool = pool(&[(Kind::Raidz1, &[4; 4])]);
        let json = serde_json::to_value(&pool).unwrap();
        assert_eq!(json["usable"], 11_483_534_589_952_u64);
        assert_eq!(json["vdevs"][0]["kind"], "raidz1");
        assert_eq!(json["deductions"][0]["what"], "partitions");
        assert_eq!(serde_json::from_value::<Capacity>(json).unwrap(), pool);
    }
}
