//! Asks every source what is on a disk, for [`super::owner`] to judge.
//!
//! A disk that is held, or whose place in an imported pool is sound, is not opened: the answer is known and
//! it may be asleep. One that says that it sleeps is opened only where that is wanted. The others are asked in threads, one a disk, since a disk is slow and a box has many.

use std::collections::BTreeMap;
use std::thread;

use super::held::{Held, Hold};
use super::owner::{self, Evidence};
use super::samples::{first_byte, samples};
use super::sysfs::Partition;
use super::udev::property;
use super::{
    Class, Contents, Disk, Facet, Leaf, Membership, Pool, Unknown, Vdev, erase, label, signatures,
};
use crate::machine::{Hash, IoError, Machine, Span, UdevDevice};

/// What is known of the whole box before a disk is opened.
pub(super) struct World<'a> {
    /// The machine.
    pub machine: &'a dyn Machine,
    /// What udev knows.
    pub devices: &'a [UdevDevice],
    /// Partitions by disk.
    pub partitions: Facet<BTreeMap<String, Vec<Partition>>>,
    /// Uses of all disks.
    pub held: Facet<Held>,
    /// Imported pools.
    pub pools: &'a Facet<Vec<Pool>>,
    /// Whether the ZFS module is loaded: without it no pool is imported, whatever could not be asked.
    pub zfs: bool,
    /// Drives that sleep are read too.
    pub wake: bool,
}

/// Fills in the contents of all disks.
pub(super) fn fill(world: &World<'_>, disks: &mut [Disk]) {
    thread::scope(|scope| {
        for disk in disks {
            scope.spawn(move || disk.contents = contents(world, disk));
        }
    });
}

fn contents(world: &World<'_>, disk: &Disk) -> Facet<Contents> {
    let partitions = match &world.partitions {
        Ok(partitions) => partitions.get(&disk.name).cloned().unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let holds = world.partitions.as_ref().and(world.held.as_ref()).map_err(Clone::clone);
    let holds =
        holds.map(|held| held.disks.get(&disk.name).into_iter().flatten().cloned().collect());
    let mut evidence = Evidence {
        disk: disk.name.clone(),
        partitions,
        holds,
        member: member(world, disk),
        signatures: Err(owner::unasked()),
        udev: remembered(world, disk),
        labels: Err(owner::unasked()),
        bytes: Err(owner::unasked()),
        only_table: false,
        erase: Vec::new(),
    };
    let held = |holds: &Vec<Hold>| !holds.is_empty();
    if !evidence.holds.as_ref().is_ok_and(held) && !matches!(evidence.member, Ok(Some(_))) {
        if disk.asleep == Some(true) && !world.wake {
            return Err(Unknown::asleep("it is asleep and was left asleep: `zbay plan` reads it"));
        }
        probe(world.machine, disk, &mut evidence);
        evidence.only_table = only_table(world, disk, &evidence);
        evidence.erase = to_erase(disk, &evidence);
    }
    Ok(owner::contents(&evidence))
}

/// Its place in an imported pool. One that ZFS cannot use says nothing of what is on the disk now.
fn member(world: &World<'_>, disk: &Disk) -> Facet<Option<Membership>> {
    let pools = match world.pools {
        Ok(pools) => pools,
        Err(_) if !world.zfs => return Ok(None),
        Err(why) => return Err(Unknown::because(format!("it may be in a pool: {why}"))),
    };
    let sound = |leaf: &Leaf| leaf.state.is_open();
    let here = |leaf: &&Leaf| leaf.disk.as_deref() == Some(disk.name.as_str()) && sound(leaf);
    let vdevs = pools.iter().flat_map(|pool| pool.vdevs.iter().map(move |vdev| (pool, vdev)));
    let mut found =
        vdevs.filter_map(|(pool, vdev)| Some((pool, vdev, vdev.leaves.iter().find(here)?)));
    Ok(found.next().map(|(pool, vdev, leaf)| Membership {
        pool: pool.name.clone(),
        guid: pool.guid,
        vdev: spoken(vdev, leaf),
    }))
}

/// `raidz1-0`, `logs/mirror-1`, `spares`; a single data disk's own name.
fn spoken(vdev: &Vdev, leaf: &Leaf) -> String {
    let class = match vdev.class {
        Class::Normal => "",
        Class::Log => "logs",
        Class::Cache => "cache",
        Class::Spare => "spares",
        Class::Special => "special",
        Class::Dedup => "dedup",
    };
    let single = vdev.kind == "disk";
    match (class, single) {
        ("", false) => vdev.name.clone(),
        ("", true) => {
            leaf.path.as_ref().and_then(|path| path.file_name()).unwrap_or("disk").to_owned()
        }
        (class, true) => class.to_owned(),
        (class, false) => format!("{class}/{}", vdev.name),
    }
}

/// What udev's own probe left as properties of the disk and its partitions.
fn remembered(world: &World<'_>, disk: &Disk) -> Vec<String> {
    let child = |device: &&UdevDevice| {
        device.name == disk.name
            || device.devpath.parent().and_then(|it| it.file_name()) == Some(disk.name.as_str())
    };
    // A partition inherits the kind of its disk's table.
    let kind = |device: &UdevDevice| {
        let table = property(device, "ID_PART_TABLE_TYPE").filter(|_| device.name == disk.name);
        let kind = property(device, "ID_FS_TYPE").or(table)?;
        Some(format!("{kind} on {}", device.name))
    };
    world.devices.iter().filter(child).filter_map(kind).collect()
}

/// Opens the disk, cheapest and most telling source first. Samples are the proof of nothing, so they are
/// taken only where nothing was found.
fn probe(machine: &dyn Machine, disk: &Disk, evidence: &mut Evidence) {
    if disk.size.0 == 0 {
        let nothing = Unknown::because("it reports no capacity");
        evidence.signatures = Err(nothing.clone());
        evidence.labels = Err(nothing);
        return;
    }
    let names = evidence.partitions.iter().map(|it| it.name.as_str());
    let command = signatures::command([disk.name.as_str()].into_iter().chain(names));
    evidence.signatures = machine
        .read(&command)
        .and_then(|output| output.ok(&command).map(str::to_owned))
        .map_err(Unknown::because)
        .and_then(|text| signatures::signatures(&text));
    evidence.labels = labels(machine, disk, &evidence.partitions);
    let none = |found: &Facet<bool>| matches!(found, Ok(true));
    let free = [
        evidence.signatures.as_ref().map(Vec::is_empty).map_err(Clone::clone),
        evidence.labels.as_ref().map(Vec::is_empty).map_err(Clone::clone),
    ];
    if free.iter().all(none) {
        evidence.bytes = bytes(machine, disk, 0);
    }
}

/// Partition types that `zpool create` and zbay give: ZFS, and the reserve behind it (`efi_conversion_array`,
/// lib/libefi).
const ZFS_TYPES: [&str; 2] =
    ["6a898cc3-1dd2-11b2-99a6-080020736631", "6a945a3b-1dd2-11b2-99a6-080020736631"];

/// Whether a partition table of ZFS's types is all that is there: asked only where nothing else was found.
fn only_table(world: &World<'_>, disk: &Disk, evidence: &Evidence) -> bool {
    let tables = |found: &Vec<signatures::Found>| {
        !found.is_empty() && found.iter().all(signatures::Found::is_table)
    };
    let typed = |partition: &Partition| {
        let device = world.devices.iter().find(|device| device.name == partition.name);
        let kind = device.and_then(|device| property(device, "ID_PART_ENTRY_TYPE"));
        kind.is_some_and(|kind| ZFS_TYPES.contains(&kind))
    };
    evidence.signatures.as_ref().is_ok_and(tables)
        && evidence.labels.as_ref().is_ok_and(Vec::is_empty)
        && evidence.partitions.iter().all(typed)
        && matches!(bytes(world.machine, disk, TABLE), Ok(None))
}

/// The rooms of both partition tables: nothing of anybody's lies there beside them.
const TABLE: u64 = 1 << 20;

fn to_erase(disk: &Disk, evidence: &Evidence) -> Vec<Span> {
    let (Ok(found), true) = (&evidence.signatures, disk.size.0 > 0) else { return Vec::new() };
    let at = |found: &signatures::Found| {
        let within = evidence.partitions.iter().find(|it| it.name == found.device);
        let from = within.map_or(0, |it| it.start);
        let offset = u64::from_str_radix(found.offset.trim_start_matches("0x"), 16).ok()?;
        from.checked_add(offset)
    };
    let at: Vec<u64> = found.iter().filter_map(at).collect();
    erase::spans(disk.size.0, disk.logical, &evidence.partitions, &at)
}

fn labels(
    machine: &dyn Machine,
    disk: &Disk,
    partitions: &[Partition],
) -> Facet<Vec<label::Found>> {
    let mut found = Vec::new();
    'places: for place in label::places(disk.size.0, disk.logical, partitions) {
        let mut slots = Vec::new();
        for at in place.labels().into_iter().flatten() {
            match machine.read_at(&disk.dev, at, label::LABEL) {
                Ok(label) => slots.push(label::read(&label)),
                // Recordings of earlier versions were asked for the places of the drive's own sectors alone.
                Err(IoError::Unrecorded { .. }) if place.of_other_sectors => continue 'places,
                Err(why) => return Err(Unknown::because(why)),
            }
        }
        found.extend(label::found(place, slots));
    }
    Ok(found)
}

/// The first sampled byte that is not zero; `edge` bytes at either end do not count.
fn bytes(machine: &dyn Machine, disk: &Disk, edge: u64) -> Facet<Option<(u64, Hash)>> {
    let last = disk.size.0.saturating_sub(edge);
    for sample in samples(disk.size.0) {
        let bytes = machine.read_at(&disk.dev, sample.at, sample.len).map_err(Unknown::because)?;
        if bytes.len() != sample.len {
            let at = sample.at;
            return Err(Unknown::because(format!("{} ends before byte {at} was read", disk.dev)));
        }
        let cut = |at: u64| {
            usize::try_from(at.saturating_sub(sample.at))
                .map_or(sample.len, |it| it.min(sample.len))
        };
        let (from, to) = (cut(edge), cut(last));
        if let Some(first) = bytes.get(from..to).and_then(first_byte) {
            let at = sample.at.saturating_add(u64::try_from(from + first).unwrap_or(u64::MAX));
            return Ok(Some((at, Hash::of(&bytes))));
        }
    }
    Ok(None)
}
