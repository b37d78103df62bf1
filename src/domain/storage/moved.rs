//! Members that changed places, and the bay of one that is not there.
//!
//! Pure. ZFS finds its members wherever they are; a person has to find them by bay. What ZFS remembers of a
//! place is that of the last open: after drives were exchanged while the box was off it may name a bay in which
//! a healthy member sits now, and that bay is never named.

use std::fmt;

use serde::Serialize;

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::place::Place;
use crate::inventory::{Class, Inventory, Vdev};
use crate::names::{BayId, Serial};
use crate::profile::Profile;

/// A member of the pool that sits in another bay than it was made in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The drive, where it is now.
    pub drive: Drive,
    /// The bay that it was in.
    pub was: BayId,
}

impl fmt::Display for Moved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serial = self.drive.serial.as_ref().map_or("without a serial", Serial::as_str);
        let model = self.drive.model.as_deref().unwrap_or("a drive");
        write!(
            f,
            "{model} {serial} is now in {}, it was in {}",
            self.drive.spoken(),
            self.was.spoken()
        )
    }
}

/// Members that sit in another bay than the profile has them in: a pool that zbay made has its leaves in the order of
/// the profile's bays. Nothing is wrong with that: ZFS knows its members by their labels.
pub fn moved(hw: &Hw, profile: &Profile, inventory: &Inventory) -> Vec<Moved> {
    let pools = inventory.pools.as_ref().ok();
    let pool = pools.and_then(|it| it.iter().find(|pool| pool.name == profile.pool.name.as_str()));
    let Some(pool) = pool.filter(|pool| pool.is_marked()) else { return Vec::new() };
    let vdevs = pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal);
    let places: Vec<Place<'_>> = vdevs.flat_map(Vdev::places).collect();
    let bays: Vec<&BayId> = profile.pool.bays.0.iter().flatten().collect();
    if places.len() != bays.len() {
        return Vec::new();
    }
    let moved = |(place, bay): (&Place<'_>, &BayId)| {
        // The new drive of a replacement was in no other bay before.
        let Place::Drive(leaf) = place else { return None };
        let disk = inventory.disk_of(leaf)?;
        let drive = Drive::of(hw, disk);
        (drive.bay.as_ref() != Some(bay)).then(|| Moved { drive, was: bay.clone() })
    };
    places.iter().zip(bays).filter_map(moved).collect()
}
