//! Which disk goes where: the profile names bays, the look knows disks.
//!
//! Pure. Every bay that the profile names is found and judged before anything is decided, so that a person hears
//! of all that is wrong at once. A disk is taken only if its owner is `Blank`; a bay that is empty, a disk
//! that cannot be addressed, one that is not what the profile expects: each is a [`Refusal`] of its own.

use crate::check::health;
use crate::drive::Drive;
use crate::hw::{ControllerMode, Hw};
use crate::inventory::seats::in_bay;
use crate::inventory::vacancy::{Doubt, Vacancy};
use crate::inventory::{Contents, Disk, Flaw, Inventory, Owner};
use crate::layout::FUZZ;
use crate::names::BayId;
use crate::plan::erase::{self, Reason, Take};
use crate::plan::refusal::Refusal;
use crate::profile::{DriveKind, MixedSizes, Profile};
use crate::smart::rules::Weight;
use crate::step::journal::Unfinished;
use crate::units::{Ashift, Bytes};

/// A bay of the profile with the disk in it.
#[derive(Clone, Copy, Debug)]
pub struct Picked<'a> {
    /// The bay.
    pub bay: &'a BayId,
    /// The disk.
    pub disk: &'a Disk,
}

/// All bays of the profile with their disks.
#[derive(Clone, Debug)]
pub struct Picks<'a> {
    /// Data vdevs.
    pub data: Vec<Vec<Picked<'a>>>,
    /// Log devices.
    pub log: Vec<Picked<'a>>,
    /// Cache devices.
    pub cache: Vec<Picked<'a>>,
    /// Spares.
    pub spares: Vec<Picked<'a>>,
}

/// A picked disk that is to be erased, and why.
#[derive(Clone, Debug)]
pub struct Erasing<'a> {
    /// The disk.
    pub pick: Picked<'a>,
    /// Why.
    pub reason: Reason,
}

impl<'a> Picks<'a> {
    /// Every disk once, in the order of the profile, with its role.
    pub fn all(&self) -> Vec<(Picked<'a>, &'static str)> {
        let mut all: Vec<(Picked<'a>, &'static str)> = Vec::new();
        let data = self.data.iter().flatten().map(|pick| (*pick, "data"));
        let log = self.log.iter().map(|pick| (*pick, "log"));
        let cache = self.cache.iter().map(|pick| (*pick, "cache"));
        let spares = self.spares.iter().map(|pick| (*pick, "spare"));
        for (pick, role) in data.chain(log).chain(cache).chain(spares) {
            match all.iter_mut().find(|(other, _)| other.bay == pick.bay) {
                Some((_, other)) => *other = "log and cache",
                None => all.push((pick, role)),
            }
        }
        all
    }

    /// The ashift that the pool gets: the profile's, or from the largest physical sector, at least 12.
    pub fn ashift(&self, profile: &Profile) -> Ashift {
        let sectors =
            self.data.iter().flatten().map(|pick| pick.disk.physical.max(pick.disk.logical));
        let largest =
            sectors.flatten().filter_map(Ashift::of_sector).max().unwrap_or(Ashift::DEFAULT);
        profile.pool.ashift.unwrap_or(largest.max(Ashift::DEFAULT))
    }

    /// True if a vdev has drives of sizes that zpool calls different.
    pub fn mixed(&self) -> bool {
        self.data.iter().any(|vdev| differ(vdev))
    }
}

fn differ(vdev: &[Picked<'_>]) -> bool {
    vdev.windows(2).any(|two| two[0].disk.size.0.abs_diff(two[1].disk.size.0) > FUZZ)
}

/// Finds the disk of every bay that the profile names.
///
/// # Errors
/// All bays that are empty or ambiguous.
pub fn pick<'a>(
    hw: &Hw,
    profile: &'a Profile,
    inventory: &'a Inventory,
) -> Result<Picks<'a>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut doubts: Vec<(Vec<BayId>, Doubt)> = Vec::new();
    let mut find = |bays: &'a [BayId]| -> Vec<Picked<'a>> {
        let mut found = Vec::new();
        for bay in bays {
            match in_bay(hw, inventory, bay)[..] {
                [disk] => found.push(Picked { bay, disk }),
                [] => match hw.vacancy(inventory, bay) {
                    Vacancy::NotKnown(doubt) => match doubts.iter_mut().find(|it| it.1 == doubt) {
                        Some((bays, _)) => bays.push(bay.clone()),
                        None => doubts.push((vec![bay.clone()], doubt)),
                    },
                    Vacancy::Taken | Vacancy::Empty => {
                        refusals.push(Refusal::EmptyBay { bay: bay.clone() });
                    }
                },
                _ => refusals.push(Refusal::ManyInBay { bay: bay.clone() }),
            }
        }
        found
    };
    let pool = &profile.pool;
    let picks = Picks {
        data: pool.bays.0.iter().map(|bays| find(bays)).collect(),
        log: pool.log.as_ref().map(|aux| find(&aux.bays)).unwrap_or_default(),
        cache: pool.cache.as_ref().map(|aux| find(&aux.bays)).unwrap_or_default(),
        spares: find(&pool.spares),
    };
    refusals.extend(doubts.into_iter().map(|(bays, doubt)| Refusal::BaysNotKnown { bays, doubt }));
    refusals.dedup();
    if refusals.is_empty() { Ok(picks) } else { Err(refusals) }
}

/// Judges whether the picked disks may become a new pool: those that are to be erased first, or what speaks
/// against it. `takes` is what a person named, `unfinished` what the journal holds of runs that were cut off.
///
/// # Errors
/// All that speaks against it.
pub fn judge<'a>(
    hw: &Hw,
    profile: &Profile,
    picks: &Picks<'a>,
    takes: &[Take],
    unfinished: &[Unfinished],
) -> Result<Vec<Erasing<'a>>, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut erasing = Vec::new();
    let raid = profile.controller == ControllerMode::Raid;
    let terms = Terms { raid, accept_smart: profile.pool.accept_smart, takes, unfinished };
    for take in takes {
        let named = |pick: &Picked<'_>| pick.disk.wwn.as_ref() == Some(&take.wwn);
        if !picks.all().iter().any(|(pick, _)| named(pick)) {
            refusals.push(Refusal::NoSuchTake { wwn: take.wwn.clone() });
        }
    }
    for (pick, role) in picks.all() {
        match one(hw, pick.disk, &terms) {
            Ok(reason) => erasing.extend(reason.map(|reason| Erasing { pick, reason })),
            Err(found) => refusals.extend(found),
        }
        if role == "data" {
            refusals.extend(unexpected(hw, profile, pick.disk));
        }
    }
    if profile.pool.mixed_sizes == MixedSizes::Refuse {
        for vdev in &picks.data {
            refusals.extend(sizes(hw, vdev));
        }
    }
    refusals.extend(small_spares(hw, picks));
    if refusals.is_empty() { Ok(erasing) } else { Err(refusals) }
}

/// On what terms a disk may be taken.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The controller is in RAID mode: it may keep data of its own on a drive.
    pub raid: bool,
    /// Drives that say of themselves that they are no good are taken too.
    pub accept_smart: bool,
    /// What a person named to be erased.
    pub takes: &'a [Take],
    /// What the journal holds of runs that were cut off.
    pub unfinished: &'a [Unfinished],
}

/// Judges one disk: `None` where it is blank, why it may be erased first where it is not.
///
/// # Errors
/// All that speaks against it.
pub fn one(hw: &Hw, disk: &Disk, terms: &Terms<'_>) -> Result<Option<Reason>, Vec<Refusal>> {
    let drive = || Drive::of(hw, disk);
    let mut refusals = Vec::new();
    if disk.flaws.contains(&Flaw::NoCapacity) {
        // All else that is the matter with it follows from that.
        return Err(vec![Refusal::Flawed { drive: drive(), flaw: Flaw::NoCapacity }]);
    }
    for flaw in &disk.flaws {
        refusals.push(Refusal::Flawed { drive: drive(), flaw: flaw.clone() });
    }
    if !terms.accept_smart {
        let grave = health::of(hw, disk).into_iter();
        let grave = grave.filter(|finding| finding.weight() == Weight::Refusal);
        refusals.extend(grave.map(|finding| Refusal::Unsound { drive: drive(), finding }));
    }
    let mut reason = None;
    match &disk.contents {
        Ok(contents) if contents.owner == Owner::Blank => {}
        Ok(contents) => match erasable(hw, disk, contents, terms) {
            Ok(why) => reason = Some(why),
            Err(refusal) => refusals.push(*refusal),
        },
        Err(unknown) => refusals.push(Refusal::NotFree {
            drive: drive(),
            owner: Owner::Unknown { why: unknown.why.clone() },
            seen: Vec::new(),
            erasable: false,
        }),
    }
    if refusals.is_empty() { Ok(reason) } else { Err(refusals) }
}

/// Why a disk that is not blank may be erased, or why it may not.
fn erasable(
    hw: &Hw,
    disk: &Disk,
    contents: &Contents,
    terms: &Terms<'_>,
) -> Result<Reason, Box<Refusal>> {
    let drive = Drive::of(hw, disk);
    // Where the controller keeps data of its own on a drive, nobody can say what erasing would take along.
    let raid = terms.raid;
    let wwn = disk.wwn.as_ref().filter(|_| disk.flaws.is_empty());
    let erasable = contents.erasable && !raid && wwn.is_some();
    if let Some(take) = terms.takes.iter().find(|take| Some(&take.wwn) == wwn) {
        return if !erasable {
            let why = if raid {
                "in RAID mode the controller may keep its own data on it".to_owned()
            } else {
                crate::inventory::sentence::sentence(&contents.owner)
            };
            Err(Box::new(Refusal::CannotTake { drive, why }))
        } else if disk
            .serial
            .as_ref()
            .is_some_and(|serial| serial.is_typed(&take.serial, disk.model.as_deref()))
        {
            Ok(Reason::Taken)
        } else {
            Err(Box::new(Refusal::OtherSerial { drive, typed: take.serial.clone() }))
        };
    }
    if let Some(reason) = erase::debris(disk, contents, terms.unfinished) {
        return Ok(reason);
    }
    let (owner, seen) = (contents.owner.clone(), contents.seen.clone());
    Err(Box::new(Refusal::NotFree { drive, owner, seen, erasable }))
}

fn unexpected(hw: &Hw, profile: &Profile, disk: &Disk) -> Vec<Refusal> {
    let Some(expect) = &profile.pool.expect else { return Vec::new() };
    let mut refusals = Vec::new();
    let mut refuse = |wished: String, is: String| {
        refusals.push(Refusal::Unexpected { drive: Drive::of(hw, disk), wished, is });
    };
    if let Some(size) = expect.size
        && disk.size.0.abs_diff(size.0) > size.0 / 100
    {
        refuse(size.tb(), disk.size.tb());
    }
    if let Some(kind) = expect.kind {
        let word = |flash: bool| if flash { "an SSD" } else { "a hard disk" };
        let wished = kind != DriveKind::Hdd;
        match disk.is_flash() {
            Some(flash) if flash == wished => {}
            Some(flash) => refuse(word(wished).to_owned(), word(flash).to_owned()),
            None => refuse(word(wished).to_owned(), "something that does not tell".to_owned()),
        }
    }
    refusals
}

fn sizes(hw: &Hw, vdev: &[Picked<'_>]) -> Option<Refusal> {
    let smallest = vdev.iter().map(|pick| pick.disk.size).min()?;
    let unused: Bytes = vdev.iter().map(|pick| Bytes(pick.disk.size.0 - smallest.0)).sum();
    let drives = vdev.iter().map(|pick| Drive::of(hw, pick.disk)).collect();
    // A drive without a capacity is refused for that.
    (differ(vdev) && smallest > Bytes(0)).then_some(Refusal::MixedSizes { drives, unused })
}

/// A spare that is smaller than the smallest drive of the largest vdev could not stand in for it.
fn small_spares(hw: &Hw, picks: &Picks<'_>) -> Vec<Refusal> {
    let smallest = |vdev: &Vec<Picked<'_>>| vdev.iter().map(|pick| pick.disk.size).min();
    let Some(needed) = picks.data.iter().filter_map(smallest).max() else { return Vec::new() };
    let small = picks.spares.iter().filter(|pick| pick.disk.size < needed);
    small.map(|pick| Refusal::SmallSpare { drive: Drive::of(hw, pick.disk), needed }).collect()
}
