//! Metaslabs: the equal pieces, a power of two each, that a vdev is cut into.
//!
//! Their size is chosen once, when the vdev is made: about 200 of them, of 512 MiB to 16 GiB. What
//! does not fill the last one is lost, and so SIZE moves in steps of a metaslab. The same rest is
//! what lets a slightly smaller drive replace a failed one.

use super::zfs::Zfs;

/// `zfs_vdev_default_ms_shift`, `zfs_vdev_min_ms_count`, `zfs_vdev_default_ms_count`.
const DEFAULT_SHIFT: u32 = 29;
const MIN_COUNT: u64 = 16;
const DEFAULT_COUNT: u64 = 200;
/// `SPA_MAXBLOCKSHIFT`: a metaslab holds the largest block.
const MIN_SHIFT: u32 = 24;
/// The same up to 0.6.4, whose largest block was 128 KiB.
const OLD_MIN_SHIFT: u32 = 17;
/// `zfs_vdev_max_ms_shift`, and `zfs_vdev_ms_count_limit`, which goes before it.
const MAX_SHIFT: u32 = 34;
const COUNT_LIMIT: u64 = 1 << 17;

/// The metaslabs of a vdev.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metaslabs {
    /// log2 of the bytes of one (`vdev_ms_shift`), 24 or more.
    pub shift: u32,
    /// How many fit (`vdev_ms_count`).
    pub count: u64,
}

impl Metaslabs {
    /// Of a new vdev of `asize` bytes (`vdev_metaslab_set_size`, `vdev_metaslab_init`).
    pub fn new(asize: u64) -> Self {
        let wanted = match asize >> DEFAULT_SHIFT {
            count if count < MIN_COUNT => highbit(asize / MIN_COUNT),
            count if count > DEFAULT_COUNT => highbit(asize / DEFAULT_COUNT),
            _ => DEFAULT_SHIFT,
        };
        let shift = if wanted > MAX_SHIFT && asize >> MAX_SHIFT > COUNT_LIMIT {
            highbit(asize / COUNT_LIMIT)
        } else {
            wanted.clamp(MIN_SHIFT, MAX_SHIFT)
        };
        Self { shift, count: asize >> shift }
    }

    /// Of a vdev that this release makes; up to 0.7, 100 to 200 of them, however large they become.
    pub fn made_by(zfs: Zfs, asize: u64) -> Self {
        if zfs >= Zfs::V0_8 {
            return Self::new(asize);
        }
        let least = if zfs == Zfs::V0_6_4 { OLD_MIN_SHIFT } else { MIN_SHIFT };
        Self::of_shift(highbit(asize / DEFAULT_COUNT).max(least), asize)
    }

    /// Of a vdev that has grown to `asize`: the size of a metaslab is that of its first day (`vdev_metaslab_init`).
    pub fn of_shift(shift: u32, asize: u64) -> Self {
        Self { shift, count: asize >> shift }
    }

    /// Bytes of all of them: the vdev's part of SIZE.
    pub fn bytes(self) -> u64 {
        self.count << self.shift
    }
}

/// `highbit64`: the number of the highest bit that is set, counted from 1.
fn highbit(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::Metaslabs;
    use crate::Zfs;

    #[test]
    fn size_and_count_follow_the_vdev() {
        for (asize, shift, count) in [
            (0, 24, 0),
            (119 << 19, 24, 3),
            (1 << 32, 29, 8), // 8 < 16: highbit(2^28)
            ((1 << 32) - 1, 28, 15),
            (1 << 33, 29, 16),
            (200 << 29, 29, 200),
            ((201 << 29) - 1, 29, 200),
            (201 << 29, 30, 100), // more than 200: half as many
            (1_000_189_919_232, 33, 116),
            (16_003_087_990_784, 34, 931), // 4 x 4 TB
            (1 << 51, 34, 1 << 17),
            ((1 << 51) + (1 << 34), 35, 1 << 16),
            (u64::MAX, 47, (1 << 17) - 1),
        ] {
            assert_eq!(Metaslabs::new(asize), Metaslabs { shift, count }, "{asize}");
        }
    }

    #[test]
    fn old_releases_made_as_large_ones_as_it_took() {
        // 24 x 3 TB in one raidz: 512 GiB each, so that up to that much is lost.
        let asize = 24 * 3_000_000_000_000;
        assert_eq!(Metaslabs::made_by(Zfs::V0_6_4, asize), Metaslabs { shift: 39, count: 130 });
        assert_eq!(Metaslabs::made_by(Zfs::V0_7, asize).shift, 39);
        assert_eq!(Metaslabs::made_by(Zfs::V0_8, asize).shift, 34);
        assert_eq!(Metaslabs::made_by(Zfs::V0_6_4, 1 << 20).shift, 17);
        assert_eq!(Metaslabs::made_by(Zfs::V0_6_5, 1 << 20).shift, 24);
    }
}
