//! Members of imported pools, each with its drive where there is one, and what its vdev can still lose.

use crate::capacity::{Kind, Replacement, Zfs};
use crate::check::health;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::missing::{self, Missing};
use crate::inventory::{Class, Disk, Inventory, Leaf, Pool, StandIn, Vdev};
use crate::life::called::{self, Fit, Known};
use crate::names::{BayId, Serial};
use crate::plan::Condition;
use crate::smart::rules::{Finding, Weight};
use crate::units::{Ashift, Bytes};

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
            states: vec![self.leaf.state.clone()],
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

    /// How a word fits it: its GUID, its name as ZFS has it, any name of the drive that it is on, or the serial of the drive
    /// that it was on.
    pub fn called(&self, known: &Known<'_>, word: &str) -> Fit {
        if self.leaf.guid.to_string() == word {
            return Fit::Whole;
        }
        let leaf = self.leaf;
        let path = leaf.path.as_ref().map(|path| path.as_str());
        let names = [path, leaf.devid.as_deref(), leaf.told.name.as_deref()];
        let own = names.into_iter().flatten().map(|name| called::name_called(name, word));
        let own = own.max().unwrap_or(Fit::No);
        if let Some(disk) = self.disk {
            let other = path.is_some_and(|path| called::is_other_partition(disk, path, word));
            let as_drive = if other { Fit::No } else { called::disk_called(disk, word) };
            return own.max(as_drive);
        }
        let gone = self.missing(known.hw, known.inventory);
        let serial: Option<Serial> = gone.serial.and_then(|serial| serial.parse().ok());
        let serial = serial.map(|it| called::serial_called(&it, Some(&gone.model), word));
        own.max(serial.unwrap_or(Fit::No))
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
        return Err("caches and spares are taken out and added anew: `zbay expand remove`, \
                    then `zbay expand cache` or `spare`"
            .to_owned());
    }
    let kind = Kind::called(&vdev.kind).ok_or("its kind is not known")?;
    let size = vdev.size.ok_or("ZFS does not tell its size")?;
    let ashift = vdev.ashift.and_then(Ashift::new).ok_or("ZFS does not tell its ashift")?;
    let width = u64::try_from(vdev.width).unwrap_or(u64::MAX);
    Replacement::of_existing(kind, width, ashift, size, release(inventory))
        .map_err(|why| why.to_string())
}

/// What every member of a vdev has, bytes of its device: a newcomer that has less makes the vdev smaller. `None`: of one
/// that has members, and is no single drive, nothing is known.
///
/// In `vdev_open` a vdev of members takes a smaller size on only while all of them are healthy, but its greatest size
/// always. With a smaller drive in the place of one that was open since the import and failed, its size is the greater of
/// the two then; such a vdev is not opened, and the pool stands still (openzfs/zfs #16123, seen on 2.3.9). Imported anew,
/// with the failed drive not there, it takes the drive.
pub fn smallest(vdev: &Vdev) -> Option<Bytes> {
    let sizes = vdev.leaves.iter().filter_map(|leaf| leaf.partition);
    sizes.min().filter(|_| vdev.kind != "disk")
}

/// Whether a device of so many bytes is smaller than each member of a vdev, where that is known; ZFS reckons in whole labels.
pub fn is_smaller(device: Bytes, vdev: &Vdev) -> bool {
    const LABEL: u64 = 256 << 10;
    smallest(vdev).is_some_and(|smallest| device.0 / LABEL < smallest.0 / LABEL)
}

/// The release of OpenZFS that runs.
pub fn release(inventory: &Inventory) -> Zfs {
    inventory.host.zfs.as_deref().and_then(|it| it.parse().ok()).unwrap_or_default()
}

/// How many more drives a data vdev can lose as it is now; `None`: it is no data vdev, or not known.
pub fn may_lose(pool: &Pool, vdev: &Vdev) -> Option<usize> {
    let redundancy = pool.redundancy(vdev, &|_| false).filter(|it| !it.unsure)?;
    Some(redundancy.left.unwrap_or(0))
}
