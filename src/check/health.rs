//! What drives say of their health, as notes: one rule for each finding, with the bay and what to do.

use super::{Note, Rule, Severity};
use crate::drive::Drive;
use crate::hw::{Hw, Sure};
use crate::inventory::{Disk, Transport, Unknown};
use crate::smart::rules::{Finding, Weight, findings};
use crate::words;

/// Letters of a serial number that may differ within one batch.
const TAIL: usize = 3;
/// Between a drive and why its health is not known.
const UNKNOWN: &str = " is unknown: ";

/// The best that the port of a disk can, in Mbit/s, where that is proved: of the bay, of the place, or of all ports of the
/// controller.
pub fn port(hw: &Hw, disk: &Disk) -> Option<u64> {
    let path = disk.path.as_deref()?;
    let bay = hw.bays.iter().find(|bay| bay.port == path).map(|bay| (bay.link, bay.link_sure));
    let place = || {
        let place = hw.places.iter().find(|place| place.port.as_deref() == Some(path));
        place.map(|place| (place.link, place.sure))
    };
    let controller = || {
        let own = hw.controller.as_ref()?;
        let on = path.starts_with(&format!("pci-{}-", own.address));
        on.then_some((own.link, own.link_sure))
    };
    let told = [bay, place(), controller()].into_iter().flatten();
    let mut proved = told.filter(|(_, sure)| *sure != Sure::Assumed).filter_map(|(link, _)| link);
    proved.next().map(u64::from)
}

/// What SMART of a disk gives cause to, the gravest first; nothing where it is not known. Of a drive that sleeps what it
/// said before counts, where that was looked up.
pub fn of(hw: &Hw, disk: &Disk) -> Vec<Finding> {
    let before = disk.remembered.as_ref().map(|it| &it.smart);
    let smart = disk.smart.as_ref().ok().or(before);
    smart.map_or_else(Vec::new, |smart| {
        findings(disk.model.as_deref(), smart, port(hw, disk), disk.rotational)
    })
}

/// The notes of a disk.
pub fn notes(hw: &Hw, disk: &Disk) -> Vec<Note> {
    let mut notes = said(hw, disk);
    if let Some(why) = unknown(disk) {
        let drive = Drive::of(hw, disk);
        let named = named(&drive);
        notes.push(Note {
            severity: severity_of_silence(disk),
            rule: Rule::DriveHealthUnknown,
            at: String::new(),
            message: format!("the health of {named}{UNKNOWN}{}", words::plain(&why.why)),
            remedy: "a failure would come without warning: run `smartctl -x` by hand".to_owned(),
            bay: drive.bay.clone(),
            wwn: drive.wwn.clone(),
        });
    }
    notes
}

fn named(drive: &Drive) -> String {
    match &drive.serial {
        Some(serial) => format!("{} ({}, serial {serial})", drive.spoken(), drive.name),
        None => format!("{} ({})", drive.spoken(), drive.name),
    }
}

/// What follows from what a disk says of its health, the gravest first.
pub fn said(hw: &Hw, disk: &Disk) -> Vec<Note> {
    let drive = Drive::of(hw, disk);
    let named = named(&drive);
    let note = |finding: Finding| Note {
        severity: match finding.weight() {
            Weight::Refusal => Severity::Error,
            Weight::Warning => Severity::Warning,
            Weight::Advice => Severity::Advice,
        },
        rule: rule(&finding),
        at: String::new(),
        message: format!("{named} {}", finding.words()),
        remedy: finding.remedy().to_owned(),
        bay: drive.bay.clone(),
        wwn: drive.wwn.clone(),
    };
    of(hw, disk).into_iter().map(note).collect()
}

/// Why a drive's health is not known though it was asked; `None`: it is known, sleeps, or nobody asked.
pub fn unknown(disk: &Disk) -> Option<&Unknown> {
    let why = disk.smart.as_ref().err()?;
    (!why.asleep && !why.is_unasked()).then_some(why)
}

/// Of a stick, a card or a virtual disk nobody expects more.
fn severity_of_silence(disk: &Disk) -> Severity {
    match disk.transport {
        Transport::Usb | Transport::Mmc | Transport::Virtio => Severity::Advice,
        _ => Severity::Warning,
    }
}

fn rule(finding: &Finding) -> Rule {
    match finding {
        Finding::Failing | Finding::Warned { .. } => Rule::DriveFailing,
        Finding::Prefail { .. } => Rule::DrivePrefail,
        Finding::Marginal { .. } | Finding::WasMarginal { .. } => Rule::DriveMarginal,
        Finding::SpareLow { .. } => Rule::DriveSpare,
        Finding::Pending { .. } => Rule::DrivePending,
        Finding::TestFailed { .. } => Rule::DriveTestFailed,
        Finding::Reallocated { .. } => Rule::DriveReallocated,
        Finding::Uncorrectable { .. } => Rule::DriveUncorrectable,
        Finding::Crc { .. } => Rule::DriveCable,
        Finding::Hot { .. } | Finding::Overheated { .. } => Rule::DriveHot,
        Finding::Old { .. } => Rule::DriveOld,
        Finding::New { .. } => Rule::DriveNew,
        Finding::Worn { .. } => Rule::DriveWorn,
        Finding::Parked { .. } => Rule::DriveParked,
        Finding::RecoveryOff | Finding::NoRecovery => Rule::DriveRecovery,
        Finding::SlowLink { .. } => Rule::DriveLink,
        Finding::Shingled { .. } => Rule::DriveShingled,
    }
}

/// The notes of several disks: those that say the same of drives that are new are one.
pub fn of_all<'a>(hw: &Hw, disks: impl Iterator<Item = &'a Disk>) -> Vec<Note> {
    let all: Vec<Note> = disks.flat_map(|disk| notes(hw, disk)).collect();
    let (silent, all): (Vec<Note>, Vec<Note>) =
        all.into_iter().partition(|note| note.rule == Rule::DriveHealthUnknown);
    let (new, mut rest): (Vec<Note>, Vec<Note>) =
        all.into_iter().partition(|note| note.rule == Rule::DriveNew);
    rest.extend(together(silent));
    if let [first, _, ..] = &new[..] {
        let bays: Vec<_> = new.iter().filter_map(|note| note.bay.clone()).collect();
        rest.push(Note {
            message: format!(
                "{} hold new drives, powered on for less than a day",
                words::bays(&bays)
            ),
            ..first.clone()
        });
    } else {
        rest.extend(new);
    }
    rest
}

/// Drives whose health is unknown for one reason (smartctl is not installed) are one note.
fn together(silent: Vec<Note>) -> Vec<Note> {
    let mut by_reason: Vec<(String, Vec<Note>)> = Vec::new();
    for note in silent {
        let why = note.message.split_once(UNKNOWN).map_or("", |(_, why)| why);
        let key = format!("{:?} {why}", note.severity);
        match by_reason.iter_mut().find(|(known, _)| *known == key) {
            Some((_, alike)) => alike.push(note),
            None => by_reason.push((key, vec![note])),
        }
    }
    let told = |(_, alike): (String, Vec<Note>)| {
        let mut note = alike.first()?.clone();
        if let [first, _, ..] = &alike[..] {
            let why = first.message.split_once(UNKNOWN).map_or("", |(_, why)| why);
            let bays: Option<Vec<_>> = alike.iter().map(|note| note.bay.clone()).collect();
            let place = bays.map(|bays| format!(" in {}", words::bays(&bays))).unwrap_or_default();
            note.message = format!("the health of {} drives{place}{UNKNOWN}{why}", alike.len());
        }
        Some(note)
    };
    by_reason.into_iter().filter_map(told).collect()
}

/// Drives of one vdev that were made together, as their models and serial numbers say.
pub fn batch(hw: &Hw, vdev: &[&Disk]) -> Option<Note> {
    let made = |disk: &Disk| {
        let serial = disk.serial.as_ref()?.as_str();
        let head = serial.len().checked_sub(TAIL).filter(|len| *len >= 4)?;
        Some((disk.model.clone()?, serial.get(..head)?.to_owned()))
    };
    let (at, alike) = vdev.iter().enumerate().find_map(|(at, disk)| {
        let this = made(disk)?;
        let alike: Vec<&Disk> =
            vdev.iter().copied().filter(|other| made(other).as_ref() == Some(&this)).collect();
        (alike.len() > 1).then_some((at, alike))
    })?;
    let first = Drive::of(hw, vdev.get(at)?);
    let bays: Vec<_> = alike.iter().filter_map(|disk| Drive::of(hw, disk).bay).collect();
    Some(Note {
        severity: Severity::Advice,
        rule: Rule::SameBatch,
        at: String::new(),
        message: format!("the drives in {} seem to be from one batch", words::bays(&bays)),
        remedy:
            "drives from one batch tend to fail together: mix batches, and keep a spare on the \
             shelf"
                .to_owned(),
        bay: first.bay,
        wwn: first.wwn,
    })
}

#[cfg(test)]
mod tests {
    use super::{batch, notes};
    use crate::check::{Rule, Severity};
    use crate::render::fixture::{disk, hw};
    use crate::smart::Smart;

    #[test]
    fn a_note_names_the_bay_the_serial_and_the_way_out() {
        let mut sick = disk("sdb", "X", "Z1E0EXA1", 1, "pci-0000:00:1f.2-ata-2");
        sick.smart = Ok(Smart { pending: Some(1), hours: Some(50_000), ..Smart::default() });
        let notes = notes(&hw("hp-microserver-gen8"), &sick);
        assert_eq!((notes[0].rule, notes[0].severity), (Rule::DrivePending, Severity::Error));
        assert_eq!(notes[0].message, "bay 2 (sdb, serial Z1E0EXA1) has 1 unreadable sector");
        assert_eq!(notes[1].rule, Rule::DriveOld);
        let unasked = disk("sdc", "X", "Z1E0EXA2", 1, "pci-0000:00:1f.2-ata-3");
        assert!(super::notes(&hw("hp-microserver-gen8"), &unasked).is_empty());
    }

    #[test]
    fn drives_of_one_batch_are_told_and_others_are_not() {
        let port = |n: u32| format!("pci-0000:00:1f.2-ata-{n}");
        let one = disk("sda", "ST4000", "Z306EX01", 1, &port(1));
        let two = disk("sdb", "ST4000", "Z306EX77", 1, &port(2));
        let far = disk("sdc", "ST4000", "Z4Z0EX02", 1, &port(3));
        let other = disk("sdd", "WD40", "Z306EX03", 1, &port(4));
        let hw = hw("hp-microserver-gen8");
        let note = batch(&hw, &[&far, &one, &other, &two]).unwrap();
        assert_eq!(note.message, "the drives in bays 1-2 seem to be from one batch");
        assert_eq!(batch(&hw, &[&far, &one, &other]), None);
    }
}
