//! What a file takes up: its blocks, each with parity and padding, and its tail.
//!
//! This is what really fits, and it depends on the record size; what `zfs list` says of an empty pool does
//! not. ZFS cuts a file into records. A file of one record has a block as large as itself; of any larger
//! file the last block is a whole record too, whose unwritten end is zeros: compression (on by default
//! since 2.2) takes them away again. A block goes to one vdev, and the blocks of a file to all of them in turn.

use super::error::CapacityError;
use super::kind::Kind;
use crate::units::{Ashift, Bytes};

/// `SPA_MINBLOCKSIZE` and `SPA_MAXBLOCKSIZE`.
const MIN: u64 = 512;
const MAX: u64 = 16 << 20;

/// A record size (or a volume's block size): a power of two from 512 bytes to 16 MiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record(u64);

impl Record {
    /// ZFS's default for file systems.
    pub const DEFAULT: Self = Self(128 << 10);

    /// Of so many bytes.
    pub fn new(bytes: u64) -> Result<Self, CapacityError> {
        let sound = bytes.is_power_of_two() && (MIN..=MAX).contains(&bytes);
        if sound { Ok(Self(bytes)) } else { Err(CapacityError::Record { bytes }) }
    }

    /// Bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

/// A file of data that does not compress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its length.
    pub bytes: Bytes,
    /// Of the dataset that it is written to.
    pub record: Record,
    /// Whether compression is on (lz4), so that the zeros behind the end of the file take no space.
    pub compression: bool,
}

/// A vdev that holds data, as far as blocks care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its kind.
    pub kind: Kind,
    /// Its leaves now; an expanded raidz writes over all of them.
    pub width: u64,
    /// log2 of its smallest write.
    pub ashift: Ashift,
    /// Bytes of data in 512 raw ones, for ever.
    pub deflate_ratio: u64,
    /// Raw bytes: its share of the blocks goes by them.
    pub size: Bytes,
}

/// What the data blocks of a file take up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Raw bytes with parity and padding; a mirror's copies count once, as in ALLOC of `zpool list`.
    pub allocated: Bytes,
    /// As ZFS counts them in USED: raw bytes times the vdev's ratio (`bp_get_dsize`).
    pub used: Bytes,
}

impl Target {
    /// What `count` blocks of `size` bytes take up here.
    fn blocks(&self, size: u64, count: u64) -> Option<Written> {
        let one = self.kind.allocated(Bytes(size), self.width, self.ashift)?;
        let allocated = one.0.checked_mul(count)?;
        let used = Kind::deflated(one.0, self.deflate_ratio).checked_mul(count)?;
        Some(Written { allocated: Bytes(allocated), used: Bytes(used) })
    }

    /// `vdev_get_min_alloc`: what a compressed block is rounded up to.
    fn least(&self) -> u64 {
        let data = if let Kind::Draid(draid) = self.kind { draid.data() } else { 1 };
        data << self.ashift.get()
    }
}

impl File {
    /// The blocks: how many whole records, and the bytes of the last block where it is another.
    fn records(&self) -> (u64, Option<u64>) {
        let (bytes, record) = (self.bytes.0, self.record.0);
        if bytes <= record {
            return (0, (bytes > 0).then(|| bytes.next_multiple_of(MIN)));
        }
        let rest = bytes % record;
        if self.compression || rest == 0 {
            (bytes / record, (rest > 0).then_some(rest))
        } else {
            (bytes / record + 1, None)
        }
    }

    /// What it takes up on these vdevs, in turn by their sizes; exact where they are alike.
    pub fn written(&self, targets: &[Target]) -> Result<Written, CapacityError> {
        self.try_written(targets).ok_or(CapacityError::TooLarge)
    }

    fn try_written(&self, targets: &[Target]) -> Option<Written> {
        let (records, last) = self.records();
        let whole: u128 = targets.iter().map(|target| u128::from(target.size.0)).sum();
        let (mut sum, mut before, mut done) = (Written::default(), 0_u128, 0);
        for target in targets {
            before += u128::from(target.size.0);
            let until = (u128::from(records) * before).checked_div(whole).unwrap_or(0);
            let until = u64::try_from(until).ok()?;
            sum = sum.plus(target.blocks(self.record.0, until - done)?)?;
            done = until;
        }
        if let (Some(last), Some(target)) = (last, targets.first()) {
            let size = if records == 0 { last } else { self.tail(last, target) };
            sum = sum.plus(target.blocks(size, 1)?)?;
        }
        Some(sum)
    }

    /// Bytes of a last record of which `rest` bytes were written: what lz4 makes of it, unless that saves less than an
    /// eighth (`zio_compress_data`).
    fn tail(&self, rest: u64, target: &Target) -> u64 {
        let record = self.record.0;
        // A length, the literals with a byte for each 255 of them, one long match, and what the search overshoots.
        let zeros = record - rest;
        let packed = 4 + rest + rest / 255 + zeros / 255 + (rest / 32).isqrt() + 16;
        let stored = packed.next_multiple_of(target.least());
        if packed > record - record / 8 || stored >= record { record } else { stored }
    }
}

impl Written {
    fn plus(self, more: Self) -> Option<Self> {
        Some(Self {
            allocated: Bytes(self.allocated.0.checked_add(more.allocated.0)?),
            used: Bytes(self.used.0.checked_add(more.used.0)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{File, Record, Target, Written};
    use crate::units::{Ashift, Bytes};
    use crate::{CapacityError, Kind};

    const KIB: u64 = 1 << 10;

    fn target(kind: &str, width: u64) -> Target {
        let kind: Kind = kind.parse().unwrap();
        let ashift = Ashift::DEFAULT;
        let deflate_ratio = kind.deflate_ratio(width, ashift).unwrap();
        Target { kind, width, ashift, deflate_ratio, size: Bytes(1 << 40) }
    }

    fn written(bytes: u64, record: u64, compression: bool, targets: &[Target]) -> (u64, u64) {
        let record = Record::new(record * KIB).unwrap();
        let file = File { bytes: Bytes(bytes), record, compression };
        let Written { allocated, used } = file.written(targets).unwrap();
        (allocated.0, used.0)
    }

    #[test]
    fn whole_records_with_parity_and_padding() {
        let raidz = [target("raidz1", 4)];
        // 32 sectors, 11 of parity, 1 of padding; as USED that is a little less than the file.
        assert_eq!(written(128 * KIB, 128, true, &raidz), (44 * 4096, 44 * 8 * 372));
        assert_eq!(written(1280 * KIB, 128, false, &raidz), (440 * 4096, 440 * 8 * 372));
        // 256 sectors, 86 of parity: a record of 1M takes less of the drives and of USED.
        assert_eq!(written(1024 * KIB, 1024, true, &raidz), (342 * 4096, 342 * 8 * 372));
        assert_eq!(written(16 * KIB, 16, true, &[target("raidz2", 6)]), (6 * 4096, 6 * 8 * 341));
        assert_eq!(written(1 << 20, 128, true, &[target("mirror", 2)]), (1 << 20, 1 << 20));
        // 16 data drives: a full stripe, however little is written.
        assert_eq!(written(4096, 128, true, &[target("draid1:16d:36c:2s", 36)]).0, 17 * 4096);
    }

    #[test]
    fn small_files_and_tails() {
        let one = [target("mirror", 2)];
        assert_eq!(written(0, 128, true, &one), (0, 0));
        assert_eq!(written(1, 128, true, &one).0, 4096);
        assert_eq!(written(5000, 128, false, &one).0, 8192, "a small file has a small block");
        assert_eq!(
            written(129 * KIB, 128, false, &one).0,
            256 * KIB,
            "the last is a record as well"
        );
        assert_eq!(written(129 * KIB, 128, true, &one).0, 132 * KIB, "of which lz4 leaves little");
        assert_eq!(
            written(250 * KIB, 128, true, &one).0,
            256 * KIB,
            "less than an eighth is not saved"
        );
    }

    #[test]
    fn blocks_go_to_all_vdevs_in_turn() {
        let (small, large) =
            (target("mirror", 2), Target { size: Bytes(3 << 40), ..target("raidz1", 3) });
        let eight = written(8 * 128 * KIB, 128, true, &[small, large]);
        assert_eq!(eight.0, 2 * 128 * KIB + 6 * 48 * 4096);
        let like = [target("raidz1", 4); 7];
        assert_eq!(
            written(5 * 128 * KIB, 128, true, &like),
            written(5 * 128 * KIB, 128, true, &like[..1])
        );
    }

    #[test]
    fn hostile_files_are_errors() {
        for bytes in [0, 1, 511, 513, 3000, 32 << 20, u64::MAX] {
            assert_eq!(Record::new(bytes), Err(CapacityError::Record { bytes }));
        }
        let record = Record::DEFAULT;
        for compression in [false, true] {
            let file = File { bytes: Bytes(u64::MAX), record, compression };
            assert_eq!(file.written(&[target("raidz1", 3)]), Err(CapacityError::TooLarge));
            assert!(file.written(&[]).is_ok());
        }
    }
}
