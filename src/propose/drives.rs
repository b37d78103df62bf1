//! Which drives count: those in the bays that are proved blank, or those that someone thinks of buying.
//!
//! A drive with contents counts as absent and is named with what it holds. A drive elsewhere (an SSD on a fifth port, a USB
//! enclosure, a card that nobody described) is no data drive, and is named with the way out; of drives that share a port none
//! counts. Sticks, cards, virtual media and what the system runs from are not spoken of at all.

use super::{Absent, Member, Stock, Why};
use crate::capacity;
use crate::check::health;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::vacancy::Vacancy;
use crate::inventory::{Disk, Inventory, Owner, Transport, phrase};
use crate::names::BayId;
use crate::smart::rules::Weight;
use crate::units::Bytes;

/// The most drives that a layout is sought for.
pub const LIMIT: usize = 90;

/// The drives of a box, as they were looked at.
pub fn there(hw: &Hw, inventory: &Inventory) -> Stock {
    let mut stock = Stock::default();
    for disk in &inventory.disks {
        let Some(bay) = place(hw, disk) else {
            let why = outside(inventory, disk);
            stock.absent.extend(why.map(|why| Absent { drive: Drive::of(hw, disk), why }));
            continue;
        };
        // What is used elsewhere than in a bay was never meant for data.
        if !is_bay(hw, &bay) && phrase::free(&disk.contents) == Some(false) {
            continue;
        }
        let drive = Drive::of(hw, disk);
        let same = inventory.disks.iter().filter(|other| place(hw, other).as_ref() == Some(&bay));
        match why_not(hw, disk, &bay) {
            Some(why) => stock.absent.push(Absent { drive, why }),
            None if same.count() > 1 => stock.absent.push(Absent { drive, why: Why::Ambiguous }),
            None if stock.drives.len() < LIMIT => stock.drives.push(Member {
                bay,
                size: disk.size,
                logical: disk.sector(),
                physical: disk.physical.unwrap_or(0),
                drive: Some(drive),
            }),
            None => {}
        }
    }
    stock.drives.sort_by(|a, b| a.bay.cmp(&b.bay));
    stock.absent.sort_by(|a, b| a.drive.bay.cmp(&b.drive.bay));
    let bays = hw.bays.iter().map(|bay| bay.bay.clone());
    stock.empty = bays.filter(|bay| hw.vacancy(inventory, bay) == Vacancy::Empty).collect();
    stock
}

/// Drives that are not bought yet, in the order of the bays: those of the box, or counted from 1. `labels` are sizes as
/// drives are sold (4 000 000 000 000 stands for a drive of 4 000 787 030 016 bytes), or exact bytes.
pub fn thought_of(hw: Option<&Hw>, labels: &[Bytes]) -> Stock {
    let known = hw.map(|hw| hw.bays.as_slice()).unwrap_or_default();
    let mut bays = known.iter().map(|bay| bay.bay.clone());
    let mut drives = Vec::new();
    for (index, label) in labels.iter().enumerate().take(LIMIT) {
        let Some(bay) = bays.next().or_else(|| (index + 1).to_string().parse().ok()) else {
            continue;
        };
        let size = capacity::drive::labelled(*label).unwrap_or(*label);
        drives.push(Member { bay, size, logical: 512, physical: 4096, drive: None });
    }
    Stock { drives, absent: Vec::new(), empty: bays.collect() }
}

/// Where a disk is, if that may be of use to a pool.
fn place(hw: &Hw, disk: &Disk) -> Option<BayId> {
    let seat = disk.seat(hw)?;
    if seat.is_bay {
        let no_drive = disk.removable || disk.transport == Transport::Usb;
        return (!(hw.is_generic() && no_drive)).then_some(seat.bay);
    }
    let pool = hw.places.iter().any(|place| place.place == seat.bay && place.pool);
    pool.then_some(seat.bay)
}

/// Why a drive that is in no place for a pool does not count; `None`: it was never meant to.
fn outside(inventory: &Inventory, disk: &Disk) -> Option<Why> {
    let runs = inventory.host.boot_disk.as_ref() == Some(&disk.name);
    let holds = disk.contents.as_ref().ok().map(|contents| &contents.owner);
    let system = matches!(holds, Some(Owner::Held { boot: true, .. }));
    if runs || system || disk.removable || disk.transport == Transport::Mmc {
        return None;
    }
    match holds {
        Some(owner) if *owner != Owner::Blank => Some(Why::Holds(owner.clone())),
        _ => Some(Why::Outside { port: disk.path.clone(), transport: disk.transport }),
    }
}

fn why_not(hw: &Hw, disk: &Disk, bay: &BayId) -> Option<Why> {
    match &disk.contents {
        Err(unknown) => return Some(Why::NotKnown(unknown.why.clone())),
        Ok(contents) if contents.owner != Owner::Blank => {
            return Some(Why::Holds(contents.owner.clone()));
        }
        Ok(_) => {}
    }
    let mut findings = health::of(hw, disk).into_iter();
    if let Some(grave) = findings.find(|finding| finding.weight() == Weight::Refusal) {
        return Some(Why::Unsound(grave));
    }
    if let Some(flaw) = disk.flaws.first() {
        return Some(Why::Flawed(flaw.clone()));
    }
    (!is_bay(hw, bay)).then_some(Why::NoBay)
}

fn is_bay(hw: &Hw, bay: &BayId) -> bool {
    hw.is_generic() || hw.bays.iter().any(|one| one.bay == *bay)
}
