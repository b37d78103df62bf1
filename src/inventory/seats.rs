//! Which drive is in which bay, and where one that is gone was.

use super::{Disk, Inventory, Leaf};
use crate::hw::{Hw, Seat};
use crate::names::BayId;

impl Disk {
    /// Where it sits; `None`: its port is not told, or the description does not name it.
    pub fn seat(&self, hw: &Hw) -> Option<Seat> {
        hw.seat(self.path.as_deref()?)
    }
}

/// The disk in a bay.
pub fn in_bay<'a>(hw: &Hw, inventory: &'a Inventory, bay: &BayId) -> Vec<&'a Disk> {
    let sits = |disk: &&Disk| disk.seat(hw).is_some_and(|seat| seat.bay == *bay);
    inventory.disks.iter().filter(sits).collect()
}

/// The bay that a member was in whose drive is not there: where an earlier look saw the drive, else as ZFS remembers it
/// (it remembers the last open, and drives may have changed places since); unless a member sits there now. Never the one
/// that is left over: it may never have been in a bay at all.
pub fn bay_of_missing(hw: &Hw, inventory: &Inventory, leaf: &Leaf) -> Option<Seat> {
    let member = |bay: &BayId| {
        let here = in_bay(hw, inventory, bay);
        let has = |other: &Leaf| here.iter().any(|disk| other.disk.as_ref() == Some(&disk.name));
        inventory.leaves().any(|(_, _, leaf)| has(leaf))
    };
    let seen = leaf.told.seen.as_ref().and_then(|seen| seen.port.as_deref());
    let known = seen.into_iter().chain(leaf.phys_path.as_deref());
    let mut seats = known.filter_map(|port| hw.seat(port.strip_suffix(".0").unwrap_or(port)));
    seats.find(|seat| !member(&seat.bay))
}
