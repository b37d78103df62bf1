//! From the capacity on a drive's label to its bytes.
//!
//! A real drive's bytes are read from the drive; this is for drives that are not there yet. Makers
//! agree on the sector count behind a label, so that drives of one label can replace each other:
//! up to 8 TB by IDEMA's LBA1-03, beyond it as whole GiB (SFF-8447). USB bridges and old drives
//! may differ by some MiB. Using the label itself as the byte count would shift SIZE by a metaslab
//! in a good quarter of the common layouts.

use serde::{Deserialize, Serialize};

use super::error::CapacityError;
use crate::units::Bytes;

const GB: u64 = 1_000_000_000;
const GIB: u64 = 1 << 30;
const SECTOR: u64 = 512;
/// IDEMA LBA1-03: sectors of 512 bytes for each GB, and those on top.
const IDEMA_SECTORS_PER_GB: u64 = 1_953_504;
const IDEMA_SECTORS_EXTRA: u64 = 97_696_368 - 50 * IDEMA_SECTORS_PER_GB;
/// The largest label under the IDEMA rule.
const IDEMA_MAX_GB: u64 = 8_000;

/// A whole drive, as the kernel shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Drive {
    /// All of its bytes.
    pub bytes: Bytes,
    /// Logical sector in bytes: 512 (512n and 512e drives) or 4096 (4Kn).
    pub logical_sector: u32,
}

impl Drive {
    /// A drive with 512-byte logical sectors, as nearly all SATA drives have.
    pub fn sector_512(bytes: Bytes) -> Self {
        Self { bytes, logical_sector: 512 }
    }

    /// A drive with 4096-byte logical sectors (4Kn).
    pub fn sector_4kn(bytes: Bytes) -> Self {
        Self { bytes, logical_sector: 4096 }
    }

    /// A drive with 512-byte logical sectors that is sold as `label`; see [`labelled`].
    pub fn labelled(label: Bytes) -> Result<Self, CapacityError> {
        labelled(label).map(Self::sector_512)
    }
}

/// The bytes of a drive that is sold as `label`, in decimal bytes: 4 TB is 4 000 000 000 000 and
/// gives 4 000 787 030 016. An error unless the label is a whole number of GB.
pub fn labelled(label: Bytes) -> Result<Bytes, CapacityError> {
    let gb = label.0 / GB;
    if gb == 0 || !label.0.is_multiple_of(GB) {
        return Err(CapacityError::Label { label });
    }
    if gb <= IDEMA_MAX_GB {
        return Ok(Bytes((IDEMA_SECTORS_EXTRA + IDEMA_SECTORS_PER_GB * gb) * SECTOR));
    }
    label.0.checked_next_multiple_of(GIB).map(Bytes).ok_or(CapacityError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::{Drive, GB, labelled};
    use crate::CapacityError;
    use crate::units::Bytes;

    #[test]
    fn labels_give_the_bytes_of_real_drives() {
        for (gb, bytes) in [
            (500, 500_107_862_016),
            (960, 960_197_124_096),
            (1_000, 1_000_204_886_016),
            (1_500, 1_500_301_910_016),
            (2_000, 2_000_398_934_016),
            (4_000, 4_000_787_030_016),
            (8_000, 8_001_563_222_016),
            (9_000, 9_000_103_968_768), // never sold; the first rule ends at 8 TB
            (10_000, 10_000_831_348_736),
            (12_000, 12_000_138_625_024),
            (16_000, 16_000_900_661_248),
            (18_000, 18_000_207_937_536),
            (20_000, 20_000_588_955_648),
            (24_000, 24_000_277_250_048),
        ] {
            assert_eq!(labelled(Bytes(gb * GB)), Ok(Bytes(bytes)), "{gb} GB");
        }
        assert_eq!(Drive::labelled(Bytes(GB)).unwrap().logical_sector, 512);
    }

    #[test]
    fn what_is_no_label_is_refused() {
        for bytes in [0, 1, GB - 1, GB + 1, 4_000_787_030_016, u64::MAX] {
            let label = Bytes(bytes);
            assert_eq!(labelled(label), Err(CapacityError::Label { label }));
        }
        let last = Bytes(u64::MAX / GB * GB);
        assert_eq!(labelled(last), Err(CapacityError::TooLarge));
    }
}
