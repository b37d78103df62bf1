//! What of each drive a vdev gets: all of it, or what a partition table of this or that kind leaves.
//!
//! Given a whole drive, `zpool create` on Linux cuts it as [`partition`] says. With a reserve the drive is cut
//! beforehand: one partition from the first MiB to a whole MiB, so that the reserve stays free behind it and a drive that
//! is smaller by no more than that can take its place. TrueNAS does much the same without a reserve, and FreeBSD uses a
//! drive as it is.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::drive::Drive;
use super::error::CapacityError;
use super::partition;
use super::zfs::Zfs;
use crate::units::Bytes;

/// Where a partition of a reserve begins, and what its end is a multiple of.
const UNIT: Bytes = Bytes::MIB;
/// 128 partition entries of 128 bytes.
const GPT_ENTRIES: u64 = 128 * 128;

/// How drives are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// `zpool create` gets the whole drive, on Linux.
    #[default]
    Whole,
    /// It gets a partition, and so many bytes at the end stay free: at least 1 MiB, where the second partition table is.
    Reserve(Bytes),
    /// TrueNAS SCALE: one partition of whole MiB from the first one to the second partition table.
    Truenas,
    /// No partition table, as FreeBSD takes a drive; or the bytes are those of a partition.
    Bare,
}

/// No way of cutting a drive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "unknown partition scheme `{0}`: use linux, truenas, freebsd, none, or a reserve as in \
     reserve=2GiB"
)]
pub struct CutError(String);

impl Cut {
    /// Bytes of the partition that becomes a leaf, up to OpenZFS 2.4.
    pub fn length(self, drive: Drive) -> Result<Bytes, CapacityError> {
        self.made_by(Zfs::default(), drive)
    }

    /// Bytes of the partition that becomes a leaf, where this release labels the drive.
    pub fn made_by(self, zfs: Zfs, drive: Drive) -> Result<Bytes, CapacityError> {
        let small = || CapacityError::TooSmall { bytes: drive.bytes };
        match self {
            Self::Whole => partition::made_by(zfs, drive),
            Self::Bare => {
                let sector = partition::sector(drive.logical_sector)?;
                Ok(Bytes(drive.bytes.0 - drive.bytes.0 % sector))
            }
            Self::Reserve(reserve) => {
                partition::made_by(zfs, drive)?;
                let end = drive.bytes.0.checked_sub(reserve.0.max(UNIT.0)).ok_or_else(small)?;
                (end - end % UNIT.0).checked_sub(UNIT.0).map(Bytes).ok_or_else(small)
            }
            Self::Truenas => {
                let around = UNIT.0 + behind(drive.logical_sector)?;
                let rest = drive.bytes.0.checked_sub(around).ok_or_else(small)?;
                Ok(Bytes(rest - rest % UNIT.0))
            }
        }
    }

    /// The smallest drive that gives a partition of so many bytes once it is cut to replace another. A drive for a
    /// partition with a reserve may be used up to its end.
    pub fn smallest_drive(
        self,
        zfs: Zfs,
        partition: Bytes,
        logical_sector: u32,
    ) -> Result<Drive, CapacityError> {
        let large = || CapacityError::TooLarge;
        let bytes = match self {
            Self::Whole | Self::Reserve(_) => {
                return partition::smallest_for(zfs, partition, logical_sector);
            }
            Self::Bare => {
                let sector = partition::sector(logical_sector)?;
                partition.0.checked_next_multiple_of(sector).ok_or_else(large)?
            }
            Self::Truenas => {
                let behind = behind(logical_sector)?;
                let whole = partition.0.checked_next_multiple_of(UNIT.0);
                whole.and_then(|it| it.checked_add(UNIT.0 + behind)).ok_or_else(large)?
            }
        };
        Ok(Drive { bytes: Bytes(bytes), logical_sector })
    }
}

/// Bytes of the second partition table: a header and the entries.
fn behind(logical_sector: u32) -> Result<u64, CapacityError> {
    let sector = partition::sector(logical_sector)?;
    Ok(sector + GPT_ENTRIES.next_multiple_of(sector))
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("linux"),
            Self::Reserve(bytes) => write!(f, "reserve={bytes}"),
            Self::Truenas => f.write_str("truenas"),
            Self::Bare => f.write_str("none"),
        }
    }
}

impl FromStr for Cut {
    type Err = CutError;

    fn from_str(text: &str) -> Result<Self, CutError> {
        match text {
            "linux" => Ok(Self::Whole),
            "truenas" => Ok(Self::Truenas),
            "freebsd" | "none" => Ok(Self::Bare),
            other => {
                let bytes = other.strip_prefix("reserve=").and_then(|bytes| bytes.parse().ok());
                bytes.map(Self::Reserve).ok_or_else(|| CutError(other.to_owned()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_oneof, proptest};
    use proptest::prop_assert;

    use super::Cut;
    use crate::units::{Ashift, Bytes};
    use crate::{CapacityError, Drive, Kind, Vdev, Zfs, of, of_cut, partition};

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

    #[test]
    fn other_systems_cut_otherwise() {
        let drive = Drive::sector_512(Bytes(EIGHT));
        assert_eq!(Cut::Truenas.length(drive), Ok(Bytes(8_001_561_821_184)));
        assert_eq!(Cut::Bare.length(drive), Ok(drive.bytes));
        for cut in [Cut::Whole, Cut::Truenas, Cut::Bare] {
            assert_eq!(cut.to_string().parse(), Ok(cut));
            for sector in [512, 4096] {
                let wanted = Bytes(EIGHT - (1 << 40) - 4096);
                let small = cut.smallest_drive(Zfs::Master, wanted, sector).unwrap();
                assert!(cut.made_by(Zfs::Master, small).unwrap() >= wanted);
                let bytes = Bytes(small.bytes.0 - 1);
                assert!(cut.made_by(Zfs::Master, Drive { bytes, ..small }).unwrap() < wanted);
            }
        }
        assert_eq!("freebsd".parse(), Ok(Cut::Bare));
        assert_eq!("reserve=2GiB".parse(), Ok(Cut::Reserve(Bytes(2 * GIB))));
        let error = "windows".parse::<Cut>().unwrap_err().to_string();
        assert!(
            error.starts_with("unknown partition scheme `windows`: use linux, truenas"),
            "{error}"
        );
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
