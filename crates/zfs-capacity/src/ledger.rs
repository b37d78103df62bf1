//! The named losses on the way from the drives' bytes to the usable ones.
//!
//! A `Ledger` only ever goes down to a next value and writes the difference as a line, so that
//! the lines add up by construction and not because someone kept two sums in step. Each cause has a
//! short name for a table and one sentence of why.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::CapacityError;
use crate::units::Bytes;

/// Where bytes went. The order is that of the chain: up to [`What::LogVdevs`] they lie between the drives and
/// SIZE, from [`What::OtherClass`] on between SIZE and usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum What {
    /// What a drive has beyond the smallest one of its vdev.
    MixedSizes,
    /// Both copies of the GPT, the gap before partition 1, partition 9, alignment
    /// (`zpool_label_disk`); a reserve, where one is wished.
    Partitions,
    /// ZFS's four labels and the boot area on each leaf, rounding to 256 KiB (`vdev_open`).
    Labels,
    /// dRAID's two rows of each drive for a later reflow, rounding to rows of 16 MiB and to whole groups
    /// (`vdev_draid_open`).
    DraidRows,
    /// dRAID's distributed spares.
    Spares,
    /// The second and further sides of mirrors.
    Copies,
    /// The end of a vdev that does not fill a metaslab (`vdev_metaslab_init`).
    MetaslabTail,
    /// What dRAID cuts off each metaslab so that it holds whole stripes (`vdev_draid_metaslab_init`).
    DraidStripes,
    /// Log vdevs: in neither SIZE nor usable.
    LogVdevs,
    /// Special and dedup vdevs: in SIZE, but not in usable.
    OtherClass,
    /// Parity of raidz and dRAID, as the share p/n of SIZE.
    Parity,
    /// What raidz loses beyond p/n when 128 KiB blocks are written, as ZFS itself assumes
    /// (`vdev_set_deflate_ratio`). Real files may fare better or worse.
    Padding,
    /// What a raidz that was widened is still reckoned with: the ratio of its first width (`vdev_set_deflate_ratio`).
    OldRatio,
    /// The metaslab of each vdev that is kept for synchronous writes (`vdev_metaslab_init`).
    EmbeddedLog,
    /// Kept back so that a full pool can still delete (`spa_get_slop_space`).
    Slop,
}

impl What {
    /// Whether it lies before SIZE.
    pub fn is_before_size(self) -> bool {
        self <= Self::LogVdevs
    }

    /// Why, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Self::MixedSizes => {
                "the smallest drive of a vdev sets the size; larger ones waste the rest"
            }
            Self::Partitions => {
                "partition tables, the gaps around them, and a reserve if asked for"
            }
            Self::Labels => "four labels and a boot area on each drive, and rounding to 256 KiB",
            Self::DraidRows => {
                "two rows of 16 MiB are kept on each drive, and rows and groups are whole"
            }
            Self::Spares => "whole drives' worth of space is kept free to rebuild into",
            Self::Copies => "SIZE counts a mirror once",
            Self::MetaslabTail => {
                "a vdev is divided into equal metaslabs; an incomplete last one is lost"
            }
            Self::DraidStripes => {
                "blocks fill whole stripes, and so must each metaslab of the vdev"
            }
            Self::LogVdevs => "they hold seconds of synchronous writes, and no files",
            Self::OtherClass => "they hold metadata or the dedup table: in SIZE, but not in AVAIL",
            Self::Parity => "what makes up for lost drives",
            Self::Padding => "ZFS computes with blocks of 128 KiB, their padding and whole 512ths",
            Self::OldRatio => "ZFS always computes a widened raidz by its first width",
            Self::EmbeddedLog => {
                "one metaslab of each vdev with more than 64 is for synchronous writes"
            }
            Self::Slop => "kept back so that a full pool can still delete",
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MixedSizes => "unused on larger drives",
            Self::Partitions => "partition tables and gaps",
            Self::Labels => "ZFS labels",
            Self::DraidRows => "dRAID rows",
            Self::Spares => "distributed spares",
            Self::Copies => "mirror copies",
            Self::MetaslabTail => "end of the last metaslab",
            Self::DraidStripes => "dRAID stripes",
            Self::LogVdevs => "log vdevs",
            Self::OtherClass => "special and dedup vdevs",
            Self::Parity => "parity",
            Self::Padding => "raidz padding at 128 KiB",
            Self::OldRatio => "ratio of the first width",
            Self::EmbeddedLog => "embedded log",
            Self::Slop => "slop, kept for deletions",
        })
    }
}

/// One loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deduction {
    /// Its cause.
    pub what: What,
    /// Its size; never zero.
    pub bytes: Bytes,
}

/// A value on its way down.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    left: u64,
    lines: Vec<Deduction>,
}

impl Ledger {
    pub(super) fn new(start: u64) -> Self {
        Self { left: start, lines: Vec::new() }
    }

    /// Goes down to `value`; a line of nothing is not written.
    pub(super) fn down_to(&mut self, what: What, value: u64) -> Result<(), CapacityError> {
        let bytes = self.left.checked_sub(value).ok_or(CapacityError::TooLarge)?;
        self.left = value;
        if bytes > 0 {
            self.lines.push(Deduction { what, bytes: Bytes(bytes) });
        }
        Ok(())
    }

    pub(super) fn into_lines(self) -> Vec<Deduction> {
        self.lines
    }
}

/// The sum, or an error beyond `u64`.
pub(super) fn total(values: impl IntoIterator<Item = Bytes>) -> Result<u64, CapacityError> {
    values
        .into_iter()
        .try_fold(0_u64, |sum, bytes| sum.checked_add(bytes.0))
        .ok_or(CapacityError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::{Ledger, What, total};
    use crate::CapacityError;
    use crate::units::Bytes;

    #[test]
    fn goes_down_and_never_up() {
        let mut ledger = Ledger::new(100);
        ledger.down_to(What::Labels, 90).unwrap();
        ledger.down_to(What::Copies, 90).unwrap();
        ledger.down_to(What::Slop, 0).unwrap();
        assert_eq!(ledger.clone().down_to(What::Slop, 1), Err(CapacityError::TooLarge));
        let lines: Vec<_> = ledger.into_lines().iter().map(|d| (d.what, d.bytes.0)).collect();
        assert_eq!(lines, [(What::Labels, 10), (What::Slop, 90)]);
    }

    #[test]
    fn a_sum_beyond_u64_is_an_error() {
        assert_eq!(total([Bytes(u64::MAX - 1), Bytes(1)]), Ok(u64::MAX));
        assert_eq!(total([Bytes(u64::MAX), Bytes(1)]), Err(CapacityError::TooLarge));
    }
}
