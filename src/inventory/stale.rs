//! Labels of an older pool where a member's partition would end once it has grown.
//!
//! `zpool online -e` makes the partition of a whole drive longer. The last two labels of a vdev lie at its end, and those
//! of a pool that the drive had before may still be there (openzfs/zfs #16144): ZFS could then read the wrong ones. So the
//! new end is read before, and what cannot be read counts as not clean.

use serde::Serialize;

use super::Inventory;
use super::label::{self, Place, Slot};
use crate::machine::{IoError, Machine};

/// What would be at the new end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stale {
    /// Kernel name of the disk.
    pub disk: String,
    /// In words.
    pub what: String,
}

/// Bytes of a label.
const LABEL: usize = 256 << 10;

/// Reads the new end of each member of an imported pool whose drive has more room than ZFS has of it.
pub fn look(machine: &dyn Machine, inventory: &Inventory) -> Vec<Stale> {
    let vdevs = inventory.pools.iter().flatten().flat_map(|pool| &pool.vdevs);
    let grows = vdevs.flat_map(|vdev| &vdev.leaves).filter_map(|leaf| {
        let disk = inventory.disk_of(leaf)?;
        let Some(logical) = disk.logical else { return Some((disk, leaf.guid, None)) };
        let (at, size) = label::first_partition(disk.size.0, logical)?;
        let place = Place { at, size, words: String::new(), of_other_sectors: false };
        (leaf.partition?.0 < size).then_some((disk, leaf.guid, Some(place)))
    });
    grows
        .filter_map(|(disk, guid, place)| {
            let read = |at: u64| machine.read_at(&disk.dev, at, LABEL);
            let what = match place {
                Some(place) => at_the_end(&read, guid, &place)?,
                None => "its new end is unknown: it does not report its sector size".to_owned(),
            };
            Some(Stale { disk: disk.name.clone(), what })
        })
        .collect()
}

/// What is in the room of the last two labels; `own` is the member, whose labels may lie there in part already.
fn at_the_end(
    read: &dyn Fn(u64) -> Result<Vec<u8>, IoError>,
    own: u64,
    place: &Place,
) -> Option<String> {
    for at in place.labels()?.into_iter().skip(2) {
        match read(at) {
            Err(why) => return Some(format!("its new end cannot be read: {why}")),
            Ok(bytes) => match label::read(&bytes) {
                (Slot::None, None) => {}
                (Slot::Label(label), _) if label.guid == Some(own) => {}
                (Slot::Label(_), _) => return Some("a ZFS label of an older pool".to_owned()),
                _ => return Some("traces of an older ZFS label".to_owned()),
            },
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{LABEL, Place, at_the_end};
    use crate::machine::IoError;

    const GIB: u64 = 1 << 30;

    fn place() -> Place {
        Place { at: 1 << 20, size: GIB, words: String::new(), of_other_sectors: false }
    }

    /// Bytes of nothing, with a trace at one of the places that are read.
    fn with(trace: Option<u64>) -> impl Fn(u64) -> Result<Vec<u8>, IoError> {
        move |at| {
            let mut bytes = vec![0; LABEL];
            if trace == Some(at) {
                bytes[128 << 10..][..8].copy_from_slice(&0x00ba_b10c_u64.to_le_bytes());
            }
            Ok(bytes)
        }
    }

    #[test]
    fn both_labels_at_the_new_end_are_read() {
        let (end, label) = ((1 << 20) + GIB, 256 << 10);
        assert_eq!(at_the_end(&with(None), 7, &place()), None);
        for at in [end - label, end - 2 * label] {
            let found = at_the_end(&with(Some(at)), 7, &place());
            assert_eq!(found.as_deref(), Some("traces of an older ZFS label"), "{at}");
        }
        assert_eq!(at_the_end(&with(Some(1 << 20)), 7, &place()), None, "the front stays");
    }

    #[test]
    fn what_cannot_be_read_is_not_clean() {
        let broken = |_| {
            Err(IoError::System { what: "read".into(), path: "/dev/sda".into(), why: "EIO".into() })
        };
        assert!(at_the_end(&broken, 7, &place()).is_some_and(|it| it.contains("cannot be read")));
    }
}
