//! Rules over what is there, without a profile: drives that cannot be told apart, bays that nobody proved, pools
//! that are not well. Every screen that shows a drive runs them, and JSON carries them as `notes`.
//!
//! What a profile makes of a drive is decided where plans are made; nothing here refuses.

use super::{Note, Rule, Severity, health};
use crate::drive::Drive;
use crate::hw::{Hw, Sure};
use crate::inventory::{Disk, Flaw, Inventory, Pool, State};
use crate::names::BayId;

/// The bays whose order is assumed, in their order.
pub fn assumed_bays(hw: &Hw) -> Vec<BayId> {
    let assumed = hw.bays.iter().filter(|bay| bay.sure == Sure::Assumed);
    assumed.map(|bay| bay.bay.clone()).collect()
}

/// What is to know about the box and its drives. `known`: a description of this box was found or named.
pub fn drives(hw: &Hw, known: bool, disks: &[Disk]) -> Vec<Note> {
    let mut notes = Vec::new();
    if !known {
        notes.push(Note {
            severity: Severity::Advice,
            rule: Rule::BoxUnknown,
            at: String::new(),
            message: "no description matches this server, so ports are shown instead of bays"
                .to_owned(),
            remedy: "describe it in /etc/zbay/hw, or name a description with `--hw`".to_owned(),
            bay: None,
            wwn: None,
        });
    }
    notes.extend(health::of_all(hw, disks.iter()));
    for disk in disks {
        let drive = Drive::of(hw, disk);
        // One drive is told once, by the first of its disks.
        let first = |flaw: &&Flaw| match flaw {
            Flaw::OneDrive { with, .. } => disks
                .iter()
                .find(|it| it.name == disk.name || with.contains(&it.name))
                .is_none_or(|it| it.name == disk.name),
            _ => true,
        };
        notes.extend(disk.flaws.iter().filter(first).map(|flaw| flawed(&drive, flaw)));
        if drive.assumed {
            notes.push(Note {
                severity: Severity::Advice,
                rule: Rule::BayAssumed,
                at: String::new(),
                message: format!("it is not confirmed that {} is {}", drive.name, drive.spoken()),
                remedy: match &drive.serial {
                    Some(serial) => format!("compare the serial {serial} before pulling it"),
                    None => "it reports no serial: compare all the others".to_owned(),
                },
                bay: drive.bay.clone(),
                wwn: drive.wwn.clone(),
            });
        }
    }
    notes
}

/// What is wrong with the identity of a drive.
pub fn flawed(drive: &Drive, flaw: &Flaw) -> Note {
    let rule = match flaw {
        Flaw::PlaceholderWwn => Rule::WwnPlaceholder,
        Flaw::OneDrive { .. } => Rule::OneDrive,
        Flaw::Zoned { .. } => Rule::DriveZoned,
        Flaw::NoCapacity => Rule::NoCapacity,
        Flaw::NoSectors => Rule::NoSectors,
        Flaw::DuplicateWwn { .. } => Rule::WwnTwice,
        Flaw::DuplicateSerial { .. } => Rule::SerialTwice,
        Flaw::NoAddress => Rule::NoAddress,
    };
    let message = flaw.words();
    Note {
        severity: Severity::Warning,
        rule,
        at: String::new(),
        message: match &drive.bay {
            Some(_) => format!("{} ({}) {message}", drive.spoken(), drive.name),
            None => format!("{} {message}", drive.spoken()),
        },
        remedy: flaw.remedy().to_owned(),
        bay: drive.bay.clone(),
        wwn: drive.wwn.clone(),
    }
}

/// Pools that are not well.
pub fn pools(pools: &[Pool]) -> Vec<Note> {
    let sick = pools.iter().filter(|pool| !well(pool));
    sick.map(|pool| Note {
        severity: Severity::Error,
        rule: Rule::PoolState,
        at: String::new(),
        message: match (pool.state.as_str(), pool.errors) {
            ("ONLINE", 1) => format!("pool {} has 1 data error", pool.name),
            ("ONLINE", errors) => format!("pool {} has {errors} data errors", pool.name),
            (state, _) => format!("pool {} is {state}", pool.name),
        },
        remedy: "`zbay show pool` names the bays; `zpool status -v` has the details".to_owned(),
        bay: None,
        wwn: None,
    })
    .collect()
}

/// Whether nothing is the matter with a pool.
pub fn well(pool: &Pool) -> bool {
    pool.state == State::Online && pool.errors == 0
}

/// All notes of an inventory.
pub fn all(hw: &Hw, known: bool, inventory: &Inventory) -> Vec<Note> {
    let mut notes = drives(hw, known, &inventory.disks);
    notes.extend(super::seats::seats(hw, inventory));
    if let Ok(found) = &inventory.pools {
        notes.extend(pools(found));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::{all, drives, pools, well};
    use crate::check::{Rule, Severity};
    use crate::inventory::Flaw;
    use crate::render::fixture::{disk, disks, hw, inventory, with_pool};

    #[test]
    fn assumed_bays_name_the_serial_to_compare() {
        let notes = drives(&hw("hp-microserver-gen8"), true, &disks());
        assert_eq!(notes.len(), 4, "the USB drive is in no bay");
        let first = &notes[0];
        assert_eq!((first.rule, first.severity), (Rule::BayAssumed, Severity::Advice));
        assert_eq!(first.bay.as_ref().unwrap().as_str(), "1");
        assert_eq!(first.remedy, "compare the serial S13PJ0EXAMPLE before pulling it");
        assert!(first.wwn.is_some());
    }

    #[test]
    fn drives_that_cannot_be_told_apart_are_told() {
        let mut odd = disk("sdf", "X", "S", 1, "");
        odd.flaws = vec![
            Flaw::PlaceholderWwn,
            Flaw::DuplicateWwn { with: vec!["sdg".into(), "sdh".into()] },
            Flaw::DuplicateSerial { with: vec!["sdg".into()] },
            Flaw::NoAddress,
        ];
        let notes = drives(&hw("generic"), false, &[odd]);
        let rules: Vec<Rule> = notes.iter().map(|note| note.rule).collect();
        let wanted = [
            Rule::BoxUnknown,
            Rule::WwnPlaceholder,
            Rule::WwnTwice,
            Rule::SerialTwice,
            Rule::NoAddress,
        ];
        assert_eq!(rules, wanted);
        assert_eq!(notes[2].message, "`sdf` has the world wide name of sdg, sdh");
    }

    #[test]
    fn only_a_pool_without_any_trouble_is_well() {
        let mut broken = with_pool();
        let hw = hw("hp-microserver-gen8");
        assert!(all(&hw, true, &broken).iter().any(|note| note.rule == Rule::PoolState));
        let pool = &mut broken.pools.as_mut().unwrap()[0];
        pool.state = "ONLINE".into();
        assert!(well(pool) && pools(std::slice::from_ref(pool)).is_empty());
        pool.errors = 1;
        assert_eq!(pools(std::slice::from_ref(pool))[0].message, "pool testpool has 1 data error");
        assert!(!all(&hw, true, &inventory()).iter().any(|n| n.rule == Rule::PoolState));
    }
}
