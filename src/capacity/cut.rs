//! What of each drive a vdev gets: all of it, or a partition that leaves some bytes at the end.
//!
//! Given a whole drive, `zpool create` cuts it as [`partition`] says. With a reserve the drive is cut
//! beforehand: one partition from the first MiB to a whole MiB, so that the reserve stays free behind it and a drive that
//! is smaller by no more than that can take its place.

use super::drive::Drive;
use super::error::CapacityError;
use super::partition;
use crate::units::Bytes;

/// Where a partition of a reserve begins, and what its end is a multiple of.
const UNIT: Bytes = Bytes::MIB;

/// How drives are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// `zpool create` gets the whole drive.
    #[default]
    Whole,
    /// It gets a partition, and so many bytes at the end stay free: at least 1 MiB, where the second partition table is.
    Reserve(Bytes),
}

impl Cut {
    /// Bytes of the partition that becomes a leaf.
    pub fn length(self, drive: Drive) -> Result<Bytes, CapacityError> {
        let whole = partition::partition(drive)?;
        let Self::Reserve(reserve) = self else { return Ok(whole) };
        let small = CapacityError::TooSmall { bytes: drive.bytes };
        let end = drive.bytes.0.checked_sub(reserve.0.max(UNIT.0)).ok_or_else(|| small.clone())?;
        (end - end % UNIT.0).checked_sub(UNIT.0).map(Bytes).ok_or(small)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_oneof, proptest};
    use proptest::prop_assert;

    use super::Cut;
    use crate::capacity::{CapacityError, Drive, Kind, Vdev, of, of_cut, partition};
    use crate::units::{Ashift, Bytes};

    const GIB: u64 = 1 << 30;
    const EIGHT: u64 = 8_001_563_222_016;

    #[test]
    fn a_reserve_ends_so_much_before_the_drive() {
        let drive = Drive::sector_512(Bytes(EIGHT));
        assert_eq!(Cut::Whole.length(drive), partition::partition(drive));
        let length = Cut::Reserve(Bytes(2 * GIB)).length(drive).unwrap();
        assert_eq!(length, Bytes(7_999_414_337_536));
        let free = EIGHT - (1 << 20) - length.0;
        assert!((2 * GIB..2 * GIB + (1 << 20)).contains(&free), "{free}");
        let none = Cut::Reserve(Bytes::ZERO).length(drive).unwrap();
        assert!(EIGHT - (1 << 20) - none.0 >= 1 << 20, "the second partition table needs room");
        let large = Cut::Reserve(Bytes(EIGHT)).length(drive);
        assert_eq!(large, Err(CapacityError::TooSmall { bytes: drive.bytes }));
    }

    #[test]
    fn two_gib_make_room_for_another_makers_drive() {
        let drives = vec![Drive::sector_512(Bytes(EIGHT)); 4];
        let vdev = Vdev { kind: Kind::Raidz1, leaves: drives.clone(), ashift: Ashift::DEFAULT };
        let whole = of(std::slice::from_ref(&vdev)).unwrap();
        assert!(whole.vdevs[0].replacement.slack(&drives) < Bytes(24 << 20));
        let cut = of_cut(&[vdev], Cut::Reserve(Bytes(2 * GIB))).unwrap();
        let replacement = cut.vdevs[0].replacement;
        assert!(replacement.slack(&drives) > Bytes(2 * GIB - (16 << 20)));
        assert!(replacement.drive_4kn.unwrap() < Bytes(EIGHT), "one with 4096-byte sectors too");
        assert!(whole.usable.0 - cut.usable.0 < 16 * GIB, "it costs a metaslab at most");
        let lines: u64 = cut.deductions.iter().map(|line| line.bytes.0).sum();
        assert_eq!(cut.drives.0 - lines, cut.usable.0);
    }

    proptest! {
        #[test]
        fn whatever_is_reserved(
            bytes in prop_oneof![any::<u64>(), (1_u64 << 30)..(1 << 45)],
            reserve in prop_oneof![any::<u64>(), 0_u64..(1 << 36)],
            sector in prop_oneof![any::<u32>(), 0_u32..3],
        ) {
            let logical_sector = if sector < 3 { 512 << sector } else { sector };
            let drive = Drive { bytes: Bytes(bytes), logical_sector };
            if let Ok(length) = Cut::Reserve(Bytes(reserve)).length(drive) {
                prop_assert!(length.0 + (1 << 20) <= bytes - reserve.max(1 << 20));
                prop_assert!(length.0.is_multiple_of(1 << 20));
            }
        }
    }
}
