//! ZFS labels, read from the bytes of a disk.
//!
//! The layout is that of `vdev_label_t` (`include/sys/vdev_impl.h`): four labels of 256 KiB, two at each end
//! of the vdev, in each a packed nvlist at 16 KiB and a ring of uberblocks at 128 KiB. Where a vdev may lie
//! is more than libblkid looks at: the whole disk, each partition, and where partition 1 of a whole-disk
//! member would be although the partition table is gone (`zpool_label_disk`, lib/libzfs). All is read from
//! the whole disk's device, at places from its start.

use jiff::Timestamp;

use super::nvlist::List;
use super::sysfs::Partition;
use super::{ForeignPool, PoolState};
use crate::machine::Hash;

/// Bytes of a label.
pub const LABEL: usize = 256 << 10;
const LABEL_U64: u64 = 256 << 10;
pub(super) const NVLIST: usize = 16 << 10;
pub(super) const NVLIST_LEN: usize = 112 << 10;
pub(super) const UBERBLOCKS: usize = 128 << 10;
/// `ZEC_MAGIC` of `zio_eck_t`, the last 40 bytes of the nvlist's room.
pub(super) const ECK_MAGIC: u64 = 0x0210_da7a_b10c_7a11;
/// `UBERBLOCK_MAGIC`.
pub(super) const UBER_MAGIC: u64 = 0x00ba_b10c;
/// The smallest uberblock slot (`UBERBLOCK_SHIFT`); others are multiples of it.
pub(super) const UBER_SLOT: usize = 1 << 10;

/// A place where a vdev may lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// First byte on the disk.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// In words: `on the whole disk`, `on sda1`.
    pub words: String,
    /// Where a member would lie that was made while the drive showed sectors of another size, as behind the bridge of
    /// a dock.
    pub of_other_sectors: bool,
}

/// The sizes of logical sectors that drives are sold with and bridges show.
const SECTORS: [u32; 2] = [512, 4096];

impl Place {
    /// Where its four labels begin on the disk (`vdev_label_offset`); `None`: too small for a vdev.
    pub fn labels(&self) -> Option<[u64; 4]> {
        let size = self.size - self.size % LABEL_U64;
        let last = size.checked_sub(2 * LABEL_U64).filter(|last| *last >= 2 * LABEL_U64)?;
        let at = |offset: u64| self.at.checked_add(offset);
        Some([at(0)?, at(LABEL_U64)?, at(last)?, at(last + LABEL_U64)?])
    }
}

/// All places of a disk of `size` bytes, each once. `logical` is the size of its sectors now, in bytes, if it is told: a
/// member may have been made while the drive showed others.
pub fn places(size: u64, logical: Option<u32>, partitions: &[Partition]) -> Vec<Place> {
    let place = |at, size, words| Place { at, size, words, of_other_sectors: false };
    let mut places = vec![place(0, size, "on the whole disk".to_owned())];
    for it in partitions {
        places.push(place(it.start, it.size, format!("on {}", it.name)));
    }
    let others = SECTORS.into_iter().filter(|sector| Some(*sector) != logical);
    for sector in logical.into_iter().chain(others) {
        let Some((at, size)) = first_partition(size, sector) else { continue };
        let of_other_sectors = logical.is_some_and(|own| own != sector);
        let mut words = "where partition 1 of a whole-disk member would lie".to_owned();
        if logical != Some(sector) {
            words = format!("{words} with sectors of {sector} bytes");
        }
        places.push(Place { at, size, words, of_other_sectors });
    }
    let mut seen = Vec::new();
    places.retain(|place| match place.labels() {
        Some(labels) if !seen.contains(&labels) => {
            seen.push(labels);
            true
        }
        _ => false,
    });
    places
}

/// Start and size of partition 1 of a disk that ZFS has whole: `zpool_label_disk` (lib/libzfs) begins
/// at sector 2048, leaves 16384 sectors for partition 9, and ends on a multiple of 2048 sectors;
/// `efi_alloc_and_init` (lib/libefi) leaves 16 KiB and one sector for the second table.
pub fn first_partition(size: u64, logical: u32) -> Option<(u64, u64)> {
    let sector = u64::from(logical);
    let sectors = size.checked_div(sector)?;
    let table = (16_384 / sector).checked_add(1)?;
    let last_usable = sectors.checked_sub(1 + table)?;
    let len = last_usable.checked_sub(16_384 + 2_048)?;
    let len = len - len % 2_048;
    Some((2_048 * sector, len * sector))
}

/// What is in one label's room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Nothing of ZFS's.
    None,
    /// A label.
    Label(Box<Label>),
    /// Traces of one that cannot be read: which, in words.
    Broken(String),
}

/// A label that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Pool, except on spares and caches.
    pub pool: Option<String>,
    /// GUID of the pool, except on spares and caches.
    pub pool_guid: Option<u64>,
    /// GUID of this device.
    pub guid: Option<u64>,
    /// State of the pool.
    pub state: PoolState,
    /// Transaction group of the last change of the configuration.
    pub txg: u64,
    /// Host that last used it.
    pub hostname: Option<String>,
    /// Its id.
    pub hostid: Option<u64>,
    /// The pool's comment.
    pub comment: Option<String>,
    /// Shape of the top-level vdev: `raidz1 of 4`.
    pub shape: Option<String>,
    /// Leaves of the top-level vdev.
    pub leaves: Option<usize>,
    /// SHA-256 of the room of the nvlist: two labels of one vdev differ in their checksums alone.
    pub digest: Hash,
}

/// The newest uberblock of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Uberblock {
    /// Transaction group.
    pub txg: u64,
    /// Seconds since 1970.
    pub timestamp: u64,
}

/// Reads the 256 KiB of one label.
pub fn read(label: &[u8]) -> (Slot, Option<Uberblock>) {
    let newest = label.get(UBERBLOCKS..LABEL.min(label.len())).and_then(newest);
    let Some(room) = label.get(NVLIST..NVLIST + NVLIST_LEN) else {
        return (Slot::Broken("the device ends within the label".to_owned()), newest);
    };
    let magic = room.get(NVLIST_LEN - 40..NVLIST_LEN - 32).and_then(|it| it.try_into().ok());
    let magic = magic
        .is_some_and(|it| [u64::from_le_bytes(it), u64::from_be_bytes(it)].contains(&ECK_MAGIC));
    let slot = match List::unpack(room) {
        Ok(list) if list.number("version").is_some() && list.number("state").is_some() => {
            Slot::Label(Box::new(parse(&list, room)))
        }
        Ok(_) if magic => Slot::Broken("a label without version and state".to_owned()),
        Err(why) if magic => Slot::Broken(format!("a label that cannot be read: {why}")),
        _ if newest.is_some() => Slot::Broken("uberblocks without a label".to_owned()),
        _ => Slot::None,
    };
    (slot, newest)
}

/// `uberblock_t` begins with magic, version, txg, guid sum, time: five words in the writer's order.
fn newest(ring: &[u8]) -> Option<Uberblock> {
    let word = |slot: &[u8], index: usize, swap: bool| {
        let bytes = slot.get(index * 8..index * 8 + 8)?.try_into().ok()?;
        Some(if swap { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    };
    let read = |slot: &[u8]| {
        let swap = match word(slot, 0, false)? {
            UBER_MAGIC => false,
            other if other.swap_bytes() == UBER_MAGIC => true,
            _ => return None,
        };
        Some(Uberblock { txg: word(slot, 2, swap)?, timestamp: word(slot, 4, swap)? })
    };
    ring.chunks_exact(UBER_SLOT).filter_map(read).max()
}

fn parse(list: &List, room: &[u8]) -> Label {
    let text = |name: &str| list.text(name).map(str::to_owned);
    let tree = list.list("vdev_tree");
    Label {
        pool: text("name"),
        pool_guid: list.number("pool_guid"),
        guid: list.number("guid"),
        state: match list.number("state") {
            Some(0) => PoolState::Active,
            Some(1) => PoolState::Exported,
            Some(2) => PoolState::Destroyed,
            Some(3) => PoolState::Spare,
            Some(4) => PoolState::Cache,
            _ => PoolState::Other,
        },
        txg: list.number("txg").unwrap_or(0),
        hostname: text("hostname"),
        hostid: list.number("hostid").filter(|id| *id != 0),
        comment: text("comment"),
        shape: tree.and_then(shape),
        leaves: tree.map(leaves),
        digest: Hash::of(&room[..NVLIST_LEN - 40]),
    }
}

fn leaves(tree: &List) -> usize {
    match tree.lists("children") {
        [] => 1,
        children => children.iter().map(leaves).sum(),
    }
}

fn shape(tree: &List) -> Option<String> {
    let kind = tree.text("type")?;
    let parity = tree.number("nparity").map(|parity| parity.to_string()).unwrap_or_default();
    let shape = match tree.lists("children").len() {
        0 => kind.to_owned(),
        count => format!("{kind}{parity} of {count}"),
    };
    Some(if tree.number("is_log") == Some(1) { format!("log, {shape}") } else { shape })
}

/// What the four labels of one place say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub place: Place,
    /// The label that counts: readable, of the newest transaction group.
    pub best: Option<Label>,
    /// Labels of the same device of the same pool as the best one.
    pub agree: u8,
    /// Readable labels of another one.
    pub differ: u8,
    /// Traces that cannot be read.
    pub broken: Vec<String>,
    /// The newest uberblock.
    pub newest: Option<Uberblock>,
}

/// Puts four labels together; `None`: nothing of ZFS's in any of them.
pub fn found(place: Place, slots: Vec<(Slot, Option<Uberblock>)>) -> Option<Found> {
    let newest = slots.iter().filter_map(|(_, newest)| *newest).max();
    let (mut labels, mut broken) = (Vec::new(), Vec::new());
    for (slot, _) in slots {
        match slot {
            Slot::None => {}
            Slot::Label(label) => labels.push(*label),
            Slot::Broken(why) => broken.push(why),
        }
    }
    broken.dedup();
    let best = labels.iter().max_by_key(|label| label.txg).cloned();
    if best.is_none() && broken.is_empty() {
        return None;
    }
    let same = |label: &&Label| {
        best.as_ref().is_some_and(|it| it.guid == label.guid && it.pool_guid == label.pool_guid)
    };
    let count = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
    let agree = labels.iter().filter(same).count();
    Some(Found {
        place,
        agree: count(agree),
        differ: count(labels.len() - agree),
        best,
        broken,
        newest,
    })
}

impl Found {
    /// In words, for a refusal.
    pub fn words(&self) -> String {
        let Self { place, best, agree, differ, broken, .. } = self;
        let mut words = match best {
            Some(label) => {
                let pool = match &label.pool {
                    Some(name) => format!("pool \"{name}\""),
                    None => "a pool that they do not name".to_owned(),
                };
                format!("{agree} of 4 labels {}, of {pool}, {}", place.words, label.state)
            }
            None => format!("traces of labels {}", place.words),
        };
        if *differ > 0 {
            words = format!("{words}, and {differ} of another device");
        }
        broken.iter().fold(words, |words, why| format!("{words}, and {why}"))
    }

    /// The pool that left them; `None`: only traces.
    pub fn pool(&self) -> Option<ForeignPool> {
        let label = self.best.as_ref()?;
        let seconds = self.newest.and_then(|it| i64::try_from(it.timestamp).ok());
        Some(ForeignPool {
            name: label.pool.clone(),
            guid: label.pool_guid.map(|guid| guid.to_string()),
            state: label.state,
            hostname: label.hostname.clone(),
            hostid: label.hostid.map(|id| format!("{id:08x}")),
            last_used: seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            txg: self.newest.map(|it| it.txg),
            others: label.leaves.map(|leaves| leaves.saturating_sub(1)),
            shape: label.shape.clone(),
            comment: label.comment.clone(),
            labels: self.agree,
            never_synced: self.newest.is_none_or(|it| it.txg == 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn partition_1_ends_where_zpool_put_it() {
        // OpenZFS 2.3.9: two 8 TB drives, and the drives of the recorded boxes.
        for (size, logical, partition) in [
            (8_001_563_222_016, 512, 8_001_553_432_576),
            (8_001_563_222_016, 4096, 8_001_482_129_408),
            (1_000_204_886_016, 512, 1_000_194_703_360),
            (2_000_398_934_016, 512, 2_000_389_406_720),
            (64_000_000_000, 512, 63_990_398_976),
        ] {
            // `phys_space` of `zpool status -j` is the partition's end on a multiple of 256 KiB.
            let (at, len) = first_partition(size, logical).unwrap();
            assert_eq!(at, 2048 * u64::from(logical));
            assert!(len == partition || len - len % LABEL_U64 == partition, "{size} {len}");
        }
        for (size, logical) in [(0, 512), (1 << 20, 512), (1 << 40, 0), (16_384 * 512, 512)] {
            assert_eq!(first_partition(size, logical), None);
        }
    }

    #[test]
    fn places_are_read_once() {
        let disk = 1_000_204_886_016;
        let (start, size) = first_partition(disk, 512).unwrap();
        let one = Partition { name: "sda1".to_owned(), number: 1, start, size };
        let nine = Partition { name: "sda9".to_owned(), number: 9, start: 1 << 39, size: 8 << 20 };
        let words = |partitions: &[Partition]| {
            places(disk, Some(512), partitions).into_iter().map(|it| it.words).collect::<Vec<_>>()
        };
        let other = "where partition 1 of a whole-disk member would lie with sectors of 4096 bytes";
        assert_eq!(words(&[one, nine]), ["on the whole disk", "on sda1", "on sda9", other]);
        let virtual_one = "where partition 1 of a whole-disk member would lie";
        assert_eq!(words(&[]), ["on the whole disk", virtual_one, other]);
        let tiny = Place { at: 0, size: 1_000_000, words: String::new(), of_other_sectors: false };
        assert_eq!(tiny.labels(), None);
    }

    #[test]
    fn a_member_is_looked_for_where_either_size_of_sectors_puts_it() {
        let starts = |logical| {
            places(1_000_204_886_016, logical, &[]).into_iter().map(|it| it.at).collect::<Vec<_>>()
        };
        for logical in [Some(512), Some(4096), Some(520), None] {
            let starts = starts(logical);
            assert!(starts.contains(&(1 << 20)) && starts.contains(&(8 << 20)), "{logical:?}");
        }
    }

    #[test]
    fn traces_are_not_nothing() {
        let mut label = vec![0; LABEL];
        assert_eq!(read(&label), (Slot::None, None));
        label[UBERBLOCKS + 4096..UBERBLOCKS + 4104].copy_from_slice(&UBER_MAGIC.to_le_bytes());
        label[UBERBLOCKS + 4096 + 16] = 7;
        label[UBERBLOCKS + 4096 + 32] = 9;
        let newest = Some(Uberblock { txg: 7, timestamp: 9 });
        assert_eq!(read(&label), (Slot::Broken("uberblocks without a label".to_owned()), newest));
        let end = NVLIST + NVLIST_LEN;
        label[end - 40..end - 32].copy_from_slice(&ECK_MAGIC.to_be_bytes());
        let (slot, _) = read(&label);
        assert!(
            matches!(slot, Slot::Broken(why) if why.starts_with("a label that cannot be read"))
        );
        assert!(matches!(read(&label[..1000]).0, Slot::Broken(_)));
    }

    proptest! {
        #[test]
        fn hostile_labels_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let mut label = vec![0; LABEL];
            label[NVLIST..NVLIST + bytes.len()].copy_from_slice(&bytes);
            label[NVLIST..NVLIST + 4].copy_from_slice(&[1, 1, 0, 0]);
            label[UBERBLOCKS..UBERBLOCKS + bytes.len()].copy_from_slice(&bytes);
            let _ = read(&label);
        }

        #[test]
        fn places_lie_within_the_disk(size in 0_u64..1 << 50, logical in prop_oneof![Just(Some(512)), Just(Some(4096)), Just(None)]) {
            for place in places(size, logical, &[]) {
                for at in place.labels().unwrap() {
                    prop_assert!(at + LABEL_U64 <= size);
                }
            }
        }
    }
}
