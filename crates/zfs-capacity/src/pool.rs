//! The pool: SIZE and usable, and the lines between the drives and usable.
//!
//! SIZE sums what the vdevs have (log vdevs apart), the embedded logs included. Usable (USED + AVAIL of the root
//! dataset; AVAIL alone moves with a new pool's metadata) sums what may hold data, less the slop:
//! a 32nd of it or 128 GiB, the smaller. The embedded logs are counted as part of the slop, but
//! for half of it at most: from five large mirrors on, each further one costs 16 GiB more.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::class::Class;
use super::cut::Cut;
use super::error::CapacityError;
use super::ledger::{Deduction, What, total};
use super::vdev::{Part, Terms, Vdev, VdevCapacity};
use super::zfs::Zfs;
use crate::units::Bytes;

/// What a new pool gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[serde(flatten)]
    pub losses_survived: Losses,
    /// Each vdev, in the order asked.
    pub vdevs: Vec<VdevCapacity>,
}

/// How many drives may fail at once before the pool is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Losses {
    /// Whichever they are.
    #[serde(rename = "failures_tolerated")]
    pub any: u64,
    /// If they are the right ones: each vdev loses no more than it survives.
    #[serde(rename = "failures_tolerated_at_best")]
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

/// The most top-level vdevs: beyond it a request is a mistake, not a pool.
pub(super) const MAX_VDEVS: usize = 1 << 16;

/// What a new pool of these data vdevs would give. Log, cache and spare vdevs do not count and must
/// be left out.
pub fn of(vdevs: &[Vdev]) -> Result<Capacity, CapacityError> {
    of_cut(vdevs, Cut::Whole)
}

/// The same of drives that are cut first.
pub fn of_cut(vdevs: &[Vdev], cut: Cut) -> Result<Capacity, CapacityError> {
    sum_up(vdevs.iter().map(|vdev| vdev.cut(cut)).collect::<Result<Vec<_>, _>>()?, Zfs::default())
}

/// What a pool of these vdevs, of any class and age, gives under these terms. Cache and spare vdevs are left out.
pub fn of_parts(parts: &[Part], terms: Terms) -> Result<Capacity, CapacityError> {
    if parts.len() > MAX_VDEVS {
        return Err(CapacityError::Vdevs { count: parts.len() });
    }
    let vdevs = parts.iter().map(|part| part.capacity(terms)).collect::<Result<Vec<_>, _>>()?;
    sum_up(vdevs, terms.zfs)
}

fn sum_up(vdevs: Vec<VdevCapacity>, zfs: Zfs) -> Result<Capacity, CapacityError> {
    if !vdevs.iter().any(|vdev| vdev.class == Class::Normal) {
        return Err(CapacityError::Empty);
    }
    let sum = |of: fn(&VdevCapacity) -> bool, field: fn(&VdevCapacity) -> Bytes| {
        total(vdevs.iter().filter(|vdev| of(vdev)).map(field)).map(Bytes)
    };
    let all = |_: &VdevCapacity| true;
    let normal = |vdev: &VdevCapacity| vdev.class == Class::Normal;
    let vital = |vdev: &VdevCapacity| vdev.class.is_vital();

    let (dspace, embedded_log) = (sum(normal, |v| v.dspace)?, sum(vital, |v| v.embedded_log)?);
    let slop = zfs.slop(dspace, embedded_log);
    let losses = || vdevs.iter().filter(|vdev| vital(vdev)).map(|vdev| vdev.losses_survived);
    Ok(Capacity {
        drives: sum(all, |v| v.drives)?,
        deductions: deductions(&vdevs, slop)?,
        size: sum(vital, |v| v.size)?,
        dspace,
        embedded_log,
        slop,
        usable: Bytes(dspace.0 - slop.0),
        nominal: sum(normal, |v| v.nominal)?,
        unused: sum(all, |v| v.unused)?,
        losses_survived: Losses {
            any: losses().min().unwrap_or(0),
            at_best: losses().fold(0, u64::saturating_add),
        },
        vdevs,
    })
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
    use super::{Capacity, What, of};
    use crate::units::{Ashift, Bytes};
    use crate::{CapacityError, Drive, Kind, Vdev};

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
