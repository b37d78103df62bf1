//! Members of imported pools, each with its drive where there is one, and what its vdev can still lose.

use crate::capacity::{Kind, Replacement};
use crate::check::health;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::bond::Drives;
use crate::inventory::missing::{self, Missing};
use crate::inventory::{Class, Disk, Inventory, Leaf, Pool, StandIn, Vdev};
use crate::names::BayId;
use crate::smart::rules::{Finding, Weight};
use crate::step::Condition;
use crate::units::Ashift;

/// A member of a pool.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its pool.
    pub pool: &'a Pool,
    /// Its top-level vdev.
    pub vdev: &'a Vdev,
    /// What ZFS knows of it.
    pub leaf: &'a Leaf,
    /// The drive that it is on; `None`: it is not here.
    pub disk: Option<&'a Disk>,
}

/// All members of all imported pools, in the order of the pools.
pub fn all(inventory: &Inventory) -> Vec<Member<'_>> {
    let member = |(pool, vdev, leaf)| Member { pool, vdev, leaf, disk: inventory.disk_of(leaf) };
    inventory.leaves().map(member).collect()
}

impl Member<'_> {
    /// Whether ZFS has no complaint of it.
    pub fn is_well(&self) -> bool {
        self.leaf.is_well()
    }

    /// Whether its drive is not here.
    pub fn is_gone(&self) -> bool {
        self.disk.is_none() && !self.is_well()
    }

    /// What its drive says that is grave enough to refuse it for a new pool.
    pub fn gravest(&self, hw: &Hw) -> Option<Finding> {
        let findings = health::of(hw, self.disk?);
        findings.into_iter().find(|finding| finding.weight() == Weight::Refusal)
    }

    /// Whether something is the matter with it.
    pub fn is_sick(&self, hw: &Hw) -> bool {
        !self.is_well() || self.leaf.errors != [0; 3] || self.gravest(hw).is_some()
    }

    /// The same, and no other takes its place already.
    pub fn is_to_replace(&self, hw: &Hw) -> bool {
        self.is_sick(hw) && self.leaf.stands() != Some((StandIn::Replacing, false))
    }

    /// `tank/raidz1-0`; a single disk's vdev has its pool's name alone.
    pub fn part(&self) -> String {
        part(self.pool, self.vdev)
    }

    /// That it still is as it was seen.
    pub fn as_seen(&self) -> Condition {
        Condition::LeafIs {
            pool: self.pool.name.clone(),
            guid: self.leaf.guid.to_string(),
            states: vec![self.leaf.state.to_string()],
        }
    }

    /// What is known of it where its drive is not here.
    pub fn missing(&self, hw: &Hw, inventory: &Inventory) -> Missing {
        Missing {
            pool: self.pool.name.clone(),
            vdev: self.vdev.name.clone(),
            ..missing::of(hw, inventory, self.leaf)
        }
    }

    /// `bay 3, ST2000DM001-1ER164 Z4Z0EXA2, tank/raidz1-0 UNAVAIL`.
    pub fn named(&self, hw: &Hw, gone: &Missing) -> String {
        let (place, model, serial) = match self.disk {
            Some(disk) => {
                let drive = Drive::of(hw, disk);
                let serial = drive.serial.as_ref().map(ToString::to_string);
                (drive.place(), drive.model.unwrap_or_default(), serial)
            }
            None => (gone.place.clone(), gone.model.clone(), gone.serial.clone()),
        };
        let serial = serial.map(|serial| format!(" {serial}")).unwrap_or_default();
        format!("{place}, {model}{serial}, {} {}", self.part(), self.leaf.state)
    }

    /// Whether it sits in this bay.
    pub fn is_in(&self, hw: &Hw, bay: &BayId) -> bool {
        self.disk.is_some_and(|disk| Drive::of(hw, disk).bay.as_ref() == Some(bay))
    }
}

/// `tank/raidz1-0`, or the pool's own name for a single disk.
pub fn part(pool: &Pool, vdev: &Vdev) -> String {
    if vdev.kind == "disk" { pool.name.clone() } else { format!("{}/{}", pool.name, vdev.name) }
}

/// The least drive that may stand in the place of a member of this vdev, or beside one.
///
/// # Errors
/// What is not told, in words.
pub fn least(vdev: &Vdev, inventory: &Inventory) -> Result<Replacement, String> {
    if matches!(vdev.class, Class::Cache | Class::Spare) {
        return Err("caches and spares are removed and added again: `zbay expand remove`, then \
                    `zbay expand cache` or `spare`"
            .to_owned());
    }
    let kind = Kind::called(&vdev.kind).ok_or("its kind is unknown")?;
    let size = vdev.size.ok_or("ZFS does not report its size")?;
    let ashift = vdev.ashift.and_then(Ashift::new).ok_or("ZFS does not report its ashift")?;
    let width = u64::try_from(vdev.width).unwrap_or(u64::MAX);
    Replacement::of_existing(kind, width, ashift, size, inventory.release())
        .map_err(|why| why.to_string())
}

/// How many more drives a data vdev can lose as it is now, or would be without members that are `out`; `None`: it is no data
/// vdev, or not known.
pub fn may_lose(
    inventory: &Inventory,
    pool: &Pool,
    vdev: &Vdev,
    out: &dyn Fn(&Leaf) -> bool,
) -> Option<usize> {
    let redundancy = pool.redundancy(vdev, out).filter(|it| !it.unsure)?;
    Some(Drives::of(&inventory.disks).left(vdev, redundancy.left.unwrap_or(0)))
}
