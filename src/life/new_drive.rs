//! A drive that comes into a pool that exists: judged before zpool writes to it, erased first where a person named it,
//! cut where the profile leaves a reserve.
//!
//! zpool writes a partition table to a new drive before it refuses, so that all that could make it refuse is asked here:
//! whose the drive is, its size, its sectors, its health. Replacing and growing take a drive by no other door.

use camino::Utf8PathBuf;

use crate::capacity::{self, Cut, Replacement};
use crate::check::seats::stand_on;
use crate::check::{Note, Rule, Severity, health};
use crate::drive::Drive;
use crate::hw::ControllerMode;
use crate::inventory::seats::in_bay;
use crate::inventory::{Disk, Flaw, sentence};
use crate::life::called::{self, Known};
use crate::life::{ReplaceError, Sight};
use crate::plan::erase::{self, Erased, Reason};
use crate::plan::{Refusal, Refused, pick};
use crate::step::{Condition, Danger, Effect, Fingerprint, Step, command, run, step};
use crate::units::{Ashift, Bytes};

/// What is asked of a new drive.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// The least size; `None`: any.
    pub least: Option<Replacement>,
    /// The smallest write of its vdev.
    pub ashift: u8,
    /// What it is for.
    pub role: &'static str,
    /// The length of its one partition, where the pool's drives are cut by zbay; `None`: zpool cuts it.
    pub cut: Option<Bytes>,
}

/// A drive that may come in.
#[derive(Clone, Debug)]
pub struct NewDrive<'a> {
    /// The disk.
    pub disk: &'a Disk,
    /// The drive, for words.
    pub drive: Drive,
    /// As it was seen.
    pub seen: Fingerprint,
    /// As it is when zpool gets it.
    pub after: Fingerprint,
    /// What is done to it before.
    pub steps: Vec<Step>,
    /// What zpool is told.
    pub device: Utf8PathBuf,
    /// What it holds, in words.
    pub holds: String,
    /// Bytes of the device that ZFS will have of it.
    pub partition: Bytes,
    /// Warnings.
    pub notes: Vec<Note>,
    is_cut: bool,
    least: Option<Bytes>,
}

impl NewDrive<'_> {
    /// What must hold right before zpool gets it. A step that cut it has looked itself.
    pub fn is_free(&self) -> Vec<Condition> {
        if self.is_cut {
            Vec::new()
        } else {
            vec![Condition::DiskFree { disk: self.after.clone() }]
        }
    }

    /// As the model has it, cut already.
    pub fn leaf(&self) -> capacity::Drive {
        capacity::Drive::sector_512(self.partition)
    }

    /// `4000776716288 bytes or more; this one has 4000787030016`.
    pub fn needs(&self) -> String {
        match self.least {
            Some(least) => format!("{least} bytes or more; this one has {}", self.disk.size),
            None => format!("any size; this one has {} bytes", self.disk.size),
        }
    }
}

/// The partition that a profile's reserve leaves of a drive.
pub fn reserved(reserve: Bytes, disk: &Disk) -> Option<Bytes> {
    let drive = disk.measure();
    Cut::Reserve(reserve).length(drive).ok()
}

/// The drive that a word names: the one in a bay, or the one that is called so.
///
/// # Errors
/// No such bay or drive, none in the bay, or more than one.
pub fn called<'a>(known: &Known<'a>, word: &str) -> Result<&'a Disk, ReplaceError> {
    let spot = called::spot(known, word)?;
    let empty = || ReplaceError::NoDrive { bay: spot.spoken() };
    spot.disk(known)?.ok_or_else(|| spot.doubted(known).unwrap_or_else(empty))
}

/// Judges a drive.
///
/// # Errors
/// All that speaks against it.
pub fn judge<'a>(
    sight: &Sight<'_>,
    disk: &'a Disk,
    needs: &Needs,
) -> Result<NewDrive<'a>, ReplaceError> {
    let hw = sight.hw;
    let drive = Drive::of(hw, disk);
    // Whoever names one of several drives at one port by a name of its own gets it no more than by the bay.
    let seat = disk.seat(hw).filter(|seat| seat.is_bay);
    if let Some(seat) = seat.filter(|seat| in_bay(hw, sight.inventory, &seat.bay).len() > 1) {
        return Err(ReplaceError::Drive(Refused(vec![Refusal::ManyInBay { bay: seat.bay }])));
    }
    let ashift = needs.ashift;
    // Neither what it must hold nor where zpool would cut it can be told.
    let Some(logical) = disk.logical else {
        let flawed = Refusal::Flawed { drive, flaw: Flaw::NoSectors };
        return Err(ReplaceError::Drive(Refused(vec![flawed])));
    };
    if Ashift::of_sector(logical).is_some_and(|sector| sector.get() > ashift) {
        return Err(ReplaceError::Sectors { drive: Box::new(drive), logical, ashift });
    }
    let least = needs.least.map(|least| match least.drive_4kn {
        Some(large) if disk.logical == Some(4096) => large,
        _ => least.drive_512,
    });
    if let Some(least) = least.filter(|least| disk.size < *least) {
        return Err(ReplaceError::TooSmall { drive: Box::new(drive), is: disk.size, least });
    }
    let raid = hw.chipset_mode(&sight.inventory.host) == Some(ControllerMode::Raid);
    let accept_smart = sight.wish.is_some_and(|wish| wish.pool.accept_smart);
    let terms =
        pick::Terms { raid, accept_smart, takes: sight.takes, unfinished: sight.unfinished };
    let reason = pick::one(hw, disk, &terms).map_err(|all| ReplaceError::Drive(Refused(all)))?;
    let seen = Fingerprint::of(hw, disk, needs.role);
    let mut steps = Vec::new();
    let mut after = seen.clone();
    let mut holds = "blank".to_owned();
    if let (Some(reason), Ok(contents)) = (&reason, &disk.contents) {
        let sentence = sentence::sentence(&contents.owner);
        holds = match reason {
            Reason::Taken => format!("ERASED: {sentence}"),
            Reason::CutOff { .. } => "leftovers of an interrupted run are cleared".to_owned(),
        };
        let erased = Erased { disk: seen.clone(), holds: sentence, reason: reason.clone() };
        steps.push(erase::step(&erased, contents));
        after = erase::blank(&seen);
    }
    let mut device = after.address.clone();
    let whole = disk.measure();
    let mut partition = Cut::Whole.made_by(sight.inventory.release(), whole).unwrap_or(Bytes::ZERO);
    if let Some(length) = needs.cut {
        partition = Bytes(length.0.div_ceil(Bytes::MIB.0) * Bytes::MIB.0);
        let mut cut = step(
            format!("partition the drive in {} like the others in the pool", drive.spoken()),
            Effect::Cut,
            Danger::TakesFreeDisks,
            run([command::first_partition(&device, logical, partition), command::settle()]),
        );
        cut.before = vec![Condition::DiskFree { disk: after.clone() }];
        steps.push(cut);
        device = command::part(&device, 1);
    }
    let notes = health::of_all(hw, std::iter::once(disk));
    let notes = notes.into_iter().chain(sectors(disk, ashift, &drive));
    let notes = notes.chain(stand_on(&sight.inventory.host, &[disk])).collect();
    let is_cut = needs.cut.is_some();
    Ok(NewDrive { disk, drive, seen, after, steps, device, holds, partition, notes, is_cut, least })
}

/// A warning where the drive writes larger pieces than the vdev.
fn sectors(new: &Disk, ashift: u8, drive: &Drive) -> Option<Note> {
    let physical = new.physical?;
    let large = Ashift::of_sector(physical).is_some_and(|sector| sector.get() > ashift);
    large.then(|| Note {
        severity: Severity::Warning,
        rule: Rule::DriveSectors,
        at: String::new(),
        message: format!(
            "{} has {}-byte physical sectors, but the vdev writes {} (ashift {ashift}): it will be \
             slow",
            drive.spoken(),
            physical,
            1_u64 << ashift
        ),
        remedy: "a vdev's ashift cannot be changed: only a new pool can have another".to_owned(),
        bay: drive.bay.clone(),
        wwn: drive.wwn.clone(),
    })
}
