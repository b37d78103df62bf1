//! One top-level vdev: from its drives to its part of SIZE and of the usable bytes.
//!
//! A vdev is as large as its smallest leaf allows, and each vdev of a pool is reckoned by itself.
//! The order of the leaves never matters. SIZE counts raidz raw, parity included, and a mirror
//! once: ZFS's own convention, which is why the two cannot be compared by SIZE.

use serde::{Deserialize, Serialize};

use super::cut::Cut;
use super::drive::Drive;
use super::error::CapacityError;
use super::kind::Kind;
use super::leaf::leaf;
use super::ledger::{Deduction, Ledger, What, total};
use super::metaslab::Metaslabs;
use super::replacement::{self, Replacement};
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
pub struct VdevCapacity {
    /// As asked.
    pub kind: Kind,
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
    pub losses_survived: u64,
    /// What may replace a leaf.
    pub replacement: Replacement,
    /// From `drives` to `dspace`, line by line.
    pub deductions: Vec<Deduction>,
}

impl Vdev {
    /// What this vdev would give, were it made now.
    pub fn capacity(&self) -> Result<VdevCapacity, CapacityError> {
        self.cut(Cut::Whole)
    }

    /// The same of drives that are cut first.
    pub fn cut(&self, cut: Cut) -> Result<VdevCapacity, CapacityError> {
        let too_large = || CapacityError::TooLarge;
        let impossible = || CapacityError::Width { kind: self.kind, leaves: self.leaves.len() };
        let width = u64::try_from(self.leaves.len()).map_err(|_| too_large())?;
        let data = self.kind.data(width).ok_or_else(impossible)?;
        let deflate_ratio = self.kind.deflate_ratio(width, self.ashift).ok_or_else(impossible)?;

        let drives = total(self.leaves.iter().map(|drive| drive.bytes))?;
        let mut smallest = u64::MAX;
        let mut part = u64::MAX;
        for drive in &self.leaves {
            self.check_sector(*drive)?;
            smallest = smallest.min(drive.bytes.0);
            part = part.min(cut.length(*drive)?.0);
        }
        let leaf = leaf(Bytes(part))?.0;
        // No product below can exceed `drives`: each is a smaller value for the same leaves.
        let times = |bytes: u64, leaves: u64| bytes.checked_mul(leaves).ok_or_else(too_large);
        let asize = match self.kind {
            Kind::Stripe | Kind::Mirror => leaf,
            Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 => times(leaf, width)?,
        };
        let metaslabs = Metaslabs::new(asize);
        let size = metaslabs.bytes();
        let without_parity = match self.kind.parity() {
            0 => size,
            _ => share(size, data, width).ok_or_else(too_large)?,
        };
        let log = Kind::deflated(metaslabs.embedded_log(), deflate_ratio);
        let dspace = Kind::deflated(size - metaslabs.embedded_log(), deflate_ratio);

        let used = times(smallest, width)?;
        let mut ledger = Ledger::new(drives);
        ledger.down_to(What::MixedSizes, used)?;
        ledger.down_to(What::Partitions, times(part, width)?)?;
        ledger.down_to(What::Labels, times(leaf, width)?)?;
        ledger.down_to(What::Copies, asize)?;
        ledger.down_to(What::MetaslabTail, size)?;
        ledger.down_to(What::Parity, without_parity)?;
        ledger.down_to(What::Padding, dspace.checked_add(log).ok_or_else(too_large)?)?;
        ledger.down_to(What::EmbeddedLog, dspace)?;

        Ok(VdevCapacity {
            kind: self.kind,
            ashift: self.ashift,
            width,
            drives: Bytes(drives),
            unused: Bytes(drives - used),
            nominal: Bytes(times(smallest, data)?),
            asize: Bytes(asize),
            ms_shift: metaslabs.shift,
            ms_count: metaslabs.count,
            size: Bytes(size),
            deflate_ratio,
            dspace: Bytes(dspace),
            embedded_log: Bytes(log),
            losses_survived: self.kind.losses(width),
            replacement: replacement::smallest(self.kind, width, self.ashift, metaslabs)?,
            deductions: ledger.into_lines(),
        })
    }

    fn check_sector(&self, drive: Drive) -> Result<(), CapacityError> {
        let sector = drive.logical_sector;
        match Ashift::of_sector(sector) {
            Some(needed) if needed > self.ashift => {
                Err(CapacityError::Ashift { ashift: self.ashift, sector })
            }
            _ => Ok(()), // a sector that is none is refused by `partition`
        }
    }
}

/// `bytes * part / whole`, rounded down.
fn share(bytes: u64, part: u64, whole: u64) -> Option<u64> {
    u64::try_from((u128::from(bytes) * u128::from(part)).checked_div(u128::from(whole))?).ok()
}

#[cfg(test)]
mod tests {
    use super::{Kind, Vdev, What};
    use crate::capacity::{CapacityError, Drive};
    use crate::units::{Ashift, Bytes};

    fn drives(terabytes: &[u64]) -> Vec<Drive> {
        let tb = |tb| Drive::labelled(Bytes(tb * 1_000_000_000_000)).unwrap();
        terabytes.iter().copied().map(tb).collect()
    }

    fn vdev(kind: Kind, terabytes: &[u64]) -> Vdev {
        Vdev { kind, leaves: drives(terabytes), ashift: Ashift::DEFAULT }
    }

    #[test]
    fn four_drives_of_4_tb_step_by_step() {
        let vdev = vdev(Kind::Raidz1, &[4; 4]).capacity().unwrap();
        assert_eq!(vdev.asize, Bytes(16_003_087_990_784));
        assert_eq!((vdev.ms_shift, vdev.ms_count, vdev.deflate_ratio), (34, 931, 372));
        assert_eq!(vdev.size, Bytes(15_994_458_210_304));
        assert_eq!(vdev.dspace, Bytes(11_608_491_294_720));
        assert_eq!(vdev.embedded_log, Bytes(12_482_248_704));
        assert_eq!(vdev.nominal, Bytes(3 * 4_000_787_030_016));
        let lines: Vec<_> = vdev.deductions.iter().map(|d| (d.what, d.bytes.0)).collect();
        assert_eq!(
            lines,
            [
                (What::Partitions, 4 * 10_313_728),
                (What::Labels, 4 * 4_718_592),
                (What::MetaslabTail, 8_629_780_480),
                (What::Parity, 3_998_614_552_576),
                (What::Padding, 374_870_114_304),
                (What::EmbeddedLog, 12_482_248_704),
            ]
        );
    }

    #[test]
    fn the_smallest_leaf_rules() {
        let mixed = vdev(Kind::Raidz1, &[1, 2, 2, 2]).capacity().unwrap();
        let even = vdev(Kind::Raidz1, &[1; 4]).capacity().unwrap();
        assert_eq!((mixed.size, mixed.dspace), (even.size, even.dspace));
        assert_eq!(mixed.unused, Bytes(3 * (2_000_398_934_016 - 1_000_204_886_016)));
        assert_eq!(mixed.unused, Bytes(3_000_582_144_000));
        assert_eq!(vdev(Kind::Raidz1, &[2, 1, 2, 2]).capacity(), Ok(mixed));
    }

    #[test]
    fn a_4kn_drive_makes_the_vdev_smaller_at_the_same_size() {
        let mut vdev = vdev(Kind::Mirror, &[8, 8]);
        vdev.leaves[1].logical_sector = 4096;
        let capacity = vdev.capacity().unwrap();
        assert_eq!(capacity.asize, Bytes(8_001_482_129_408 - (9 << 19)));
        assert_eq!(capacity.unused, Bytes::ZERO);
        vdev.ashift = Ashift::MIN;
        let refused = CapacityError::Ashift { ashift: Ashift::MIN, sector: 4096 };
        assert_eq!(vdev.capacity(), Err(refused));
    }

    #[test]
    fn impossible_vdevs_are_errors() {
        let error = vdev(Kind::Raidz2, &[4, 4]).capacity().unwrap_err();
        assert_eq!(error, CapacityError::Width { kind: Kind::Raidz2, leaves: 2 });
        let text = "a raidz2 vdev cannot be made of 2 drives: it takes 3 to 255";
        assert_eq!(error.to_string(), text);
        assert!(vdev(Kind::Mirror, &[]).capacity().is_err());

        let huge = Drive::sector_512(Bytes(u64::MAX));
        let of = |kind, leaves| Vdev { kind, leaves, ashift: Ashift::DEFAULT }.capacity();
        assert!(of(Kind::Stripe, vec![huge]).is_ok());
        assert_eq!(of(Kind::Raidz1, vec![huge; 2]), Err(CapacityError::TooLarge));
        let small = Drive::sector_512(Bytes(64 << 20));
        assert!(matches!(of(Kind::Stripe, vec![small]), Err(CapacityError::TooSmall { .. })));
        let odd = Drive { bytes: Bytes(1 << 40), logical_sector: 520 };
        assert_eq!(of(Kind::Stripe, vec![odd]), Err(CapacityError::Sector { sector: 520 }));
    }
}
