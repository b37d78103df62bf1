//! What `zpool create` leaves of a whole disk: partition 1 of its GPT, on Linux.
//!
//! libzfs counts its start, its reserve (partition 9) and its alignment in logical sectors, not in
//! bytes: a 4Kn drive pays eight times as much as a 512e drive of the same size, and may thus be
//! too small to replace it. Up to OpenZFS 2.4; after it start and reserve are the same bytes on both,
//! and only the alignment still counts sectors.

use super::drive::Drive;
use super::error::CapacityError;
use super::zfs::Zfs;
use crate::units::Bytes;

/// First sector of partition 1, and the multiple that its length is cut to (`NEW_START_BLOCK`,
/// `PARTITION_END_ALIGNMENT`).
const START: u64 = 2048;
const ALIGNMENT: u64 = 2048;
/// Sectors of partition 9 (`EFI_MIN_RESV_SIZE`).
const RESERVE: u64 = 16 * 1024;
/// 128 partition entries of 128 bytes (`EFI_NUMPAR` on Linux).
const GPT_ENTRIES: u64 = 128 * 128;

/// Length of partition 1 (`zpool_label_disk`, `efi_alloc_and_init`) up to OpenZFS 2.4.
pub fn partition(drive: Drive) -> Result<Bytes, CapacityError> {
    made_by(Zfs::default(), drive)
}

/// Length of partition 1 where this release makes it.
pub fn made_by(zfs: Zfs, drive: Drive) -> Result<Bytes, CapacityError> {
    let sector = sector(drive.logical_sector)?;
    let sectors = (drive.bytes.0 / sector)
        .checked_sub(overhead(sector, zfs))
        .ok_or(CapacityError::TooSmall { bytes: drive.bytes })?;
    Ok(Bytes((sectors - sectors % ALIGNMENT) * sector))
}

/// The smallest drive whose partition 1 holds `partition` bytes: the inverse of [`partition`].
pub fn smallest_drive(partition: Bytes, logical_sector: u32) -> Result<Drive, CapacityError> {
    smallest_for(Zfs::default(), partition, logical_sector)
}

/// The same where this release makes the partition: the inverse of [`made_by`].
pub fn smallest_for(
    zfs: Zfs,
    partition: Bytes,
    logical_sector: u32,
) -> Result<Drive, CapacityError> {
    let sector = sector(logical_sector)?;
    let bytes = partition
        .0
        .div_ceil(sector)
        .checked_next_multiple_of(ALIGNMENT)
        .and_then(|sectors| sectors.checked_add(overhead(sector, zfs))?.checked_mul(sector))
        .ok_or(CapacityError::TooLarge)?;
    Ok(Drive { bytes: Bytes(bytes), logical_sector })
}

/// Sectors outside partition 1, apart from its alignment: the gap in front, partition 9, and the
/// backup GPT (one header and the entries).
fn overhead(sector: u64, zfs: Zfs) -> u64 {
    let scale = if zfs.labels_4kn_in_bytes() { sector / 512 } else { 1 };
    START / scale + RESERVE / scale + 1 + GPT_ENTRIES.div_ceil(sector)
}

/// A sector as a count of bytes, if it is one.
pub(super) fn sector(bytes: u32) -> Result<u64, CapacityError> {
    if bytes.is_power_of_two() && (512..=1 << 16).contains(&bytes) {
        Ok(u64::from(bytes))
    } else {
        Err(CapacityError::Sector { sector: bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::{made_by, partition, smallest_drive, smallest_for};
    use crate::units::Bytes;
    use crate::{CapacityError, Drive, Zfs};

    #[test]
    fn lengths_seen_by_lsblk() {
        for (drive, expected) in [
            (18_000_207_937_536, 18_000_197_451_776),
            (4_000_787_030_016, 4_000_776_716_288),
            (8_001_563_222_016, 8_001_553_432_576),
        ] {
            assert_eq!(partition(Drive::sector_512(Bytes(drive))), Ok(Bytes(expected)));
        }
        for (drive, expected) in [
            (4_000_787_030_016, 4_000_703_315_968),
            (8_001_563_222_016, 8_001_482_129_408), // OpenZFS 2.3.9
        ] {
            assert_eq!(partition(Drive::sector_4kn(Bytes(drive))), Ok(Bytes(expected)));
        }
    }

    #[test]
    fn after_2_4_a_4kn_drive_loses_no_more_than_others() {
        let drive = Drive::sector_4kn(Bytes(4_000_787_030_016));
        assert_eq!(made_by(Zfs::Master, drive), Ok(Bytes(4_000_770_424_832)));
        assert_eq!(made_by(Zfs::V2_4, drive), partition(drive));
        let small = Drive::sector_512(drive.bytes);
        assert_eq!(made_by(Zfs::Master, small), partition(small));
        let back = smallest_for(Zfs::Master, Bytes(4_000_770_424_832), 4096).unwrap();
        assert!(back.bytes <= drive.bytes && back.bytes.0 + (8 << 20) > drive.bytes.0);
    }

    #[test]
    fn the_inverse_is_tight() {
        for logical_sector in [512, 4096, 65536] {
            for wanted in [0, 1, 1 << 20, (1 << 20) + 1, 8_001_524_334_592] {
                let drive = smallest_drive(Bytes(wanted), logical_sector).unwrap();
                assert!(partition(drive).unwrap().0 >= wanted);
                let bytes = Bytes(drive.bytes.0 - 1);
                let less = partition(Drive { bytes, logical_sector });
                assert!(less.is_err() || less.unwrap().0 < wanted, "{wanted} {logical_sector}");
            }
        }
    }

    #[test]
    fn hostile_drives_are_errors() {
        let bytes = Bytes(9_454_079);
        assert_eq!(partition(Drive::sector_512(bytes)), Err(CapacityError::TooSmall { bytes }));
        assert_eq!(partition(Drive::sector_512(Bytes(9_454_080))), Ok(Bytes::ZERO));
        for sector in [0, 1, 256, 520, 4160, 1 << 17, u32::MAX] {
            let drive = Drive { bytes: Bytes(u64::MAX), logical_sector: sector };
            assert_eq!(partition(drive), Err(CapacityError::Sector { sector }));
        }
        assert!(partition(Drive::sector_4kn(Bytes(u64::MAX))).is_ok());
        assert_eq!(smallest_drive(Bytes(u64::MAX), 512), Err(CapacityError::TooLarge));
    }
}
