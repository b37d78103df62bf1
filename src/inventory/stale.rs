//! Labels of an older pool where a member's partition would end once it has grown.
//!
//! `zpool online -e` makes the partition of a whole drive longer. The last two labels of a vdev lie at its end, and those
//! of a pool that the drive had before may still be there (openzfs/zfs #16144): ZFS could then read the wrong ones. So the
//! new end is read before, and what cannot be read counts as not clean.

use serde::Serialize;

use super::label::{self, Place, Slot};
use super::{Disk, Inventory};
use crate::machine::Machine;

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
        let disk = inventory.disks.iter().find(|disk| leaf.disk.as_ref() == Some(&disk.name))?;
        let (at, size) = label::first_partition(disk.size.0, disk.logical)?;
        let place = Place { at, size, words: String::new() };
        (leaf.partition?.0 < size).then_some((disk, leaf.guid, place))
    });
    grows.filter_map(|(disk, guid, place)| at_the_end(machine, disk, guid, &place)).collect()
}

fn at_the_end(machine: &dyn Machine, disk: &Disk, own: u64, place: &Place) -> Option<Stale> {
    let stale = |what: String| Some(Stale { disk: disk.name.clone(), what });
    for at in place.labels()?.into_iter().skip(2) {
        match machine.read_at(&disk.dev, at, LABEL) {
            Err(why) => return stale(format!("its new end cannot be read: {why}")),
            Ok(bytes) => match label::read(&bytes) {
                (Slot::None, None) => {}
                // A partition that is shorter by less than a label has its own ones there.
                (Slot::Label(label), _) if label.guid == Some(own) => {}
                (Slot::Label(_), _) => return stale("a ZFS label of an older pool".to_owned()),
                _ => return stale("traces of an older ZFS label".to_owned()),
            },
        }
    }
    None
}
