//! Rules over where drives are and what they stand on: bays of which nobody can say whether they are empty, ports that
//! several drives share, disks that are no drives, disks without a name of their own, a system that its firmware cannot have
//! started from where it is.

use super::{Note, Rule, Severity};
use crate::drive::Drive;
use crate::filler::is_filler_serial;
use crate::hw::host::Host;
use crate::hw::{CanBoot, Hw};
use crate::inventory::vacancy::{Doubt, Vacancy};
use crate::inventory::volume::{self, Volume};
use crate::inventory::{Disk, Inventory, Transport};
use crate::names::BayId;
use crate::words;

fn note(severity: Severity, rule: Rule, message: String, remedy: impl Into<String>) -> Note {
    let (at, remedy) = (String::new(), remedy.into());
    Note { severity, rule, at, message, remedy, bay: None, wwn: None }
}

fn named(disks: &[&Disk]) -> String {
    words::and(&disks.iter().map(|disk| disk.name.clone()).collect::<Vec<_>>())
}

/// All of an inventory.
pub fn seats(hw: &Hw, inventory: &Inventory) -> Vec<Note> {
    let all: Vec<&Disk> = inventory.disks.iter().collect();
    let mut notes = doubts(hw, inventory);
    notes.extend(shared_ports(&all));
    notes.extend(stand_on(&inventory.host, &all));
    notes.extend(one_bridge(hw, &all));
    notes.extend(started(hw, inventory));
    notes
}

/// Bays that are not known to be empty, those of one doubt together.
pub fn doubtful(hw: &Hw, inventory: &Inventory) -> Vec<(Vec<BayId>, Doubt)> {
    let mut found: Vec<(Vec<BayId>, Doubt)> = Vec::new();
    for bay in &hw.bays {
        let Vacancy::NotKnown(doubt) = hw.vacancy(inventory, &bay.bay) else { continue };
        match found.iter_mut().find(|(_, other)| *other == doubt) {
            Some((bays, _)) => bays.push(bay.bay.clone()),
            None => found.push((vec![bay.bay.clone()], doubt)),
        }
    }
    found
}

fn doubts(hw: &Hw, inventory: &Inventory) -> Vec<Note> {
    let said = |(bays, doubt): (Vec<BayId>, Doubt)| {
        let message =
            format!("cannot tell whether there are drives in {}: {doubt}", words::bays(&bays));
        note(Severity::Warning, Rule::BaysElsewhere, message, doubt.remedy())
    };
    // That the disks could not be listed is said where they would stand.
    let told = doubtful(hw, inventory).into_iter();
    told.filter(|(_, doubt)| !matches!(doubt, Doubt::Blind { .. })).map(said).collect()
}

/// Drives that have something in common, where two or more have it, in the order in which they come.
fn together<'a>(
    disks: &[&'a Disk],
    have: impl Fn(&'a Disk) -> Option<&'a str>,
) -> Vec<(&'a str, Vec<&'a Disk>)> {
    let mut all: Vec<(&str, Vec<&Disk>)> = Vec::new();
    for disk in disks {
        let Some(own) = have(disk) else { continue };
        match all.iter_mut().find(|(other, _)| *other == own) {
            Some((_, there)) => there.push(disk),
            None => all.push((own, vec![disk])),
        }
    }
    all.retain(|(_, there)| there.len() > 1);
    all
}

/// Drives that udev gives one port, so that a profile cannot name one of them.
fn shared_ports(disks: &[&Disk]) -> Vec<Note> {
    let shared = together(disks, |disk| disk.path.as_deref());
    let said = |(port, there): (&str, Vec<&Disk>)| {
        let message = format!(
            "{} share the port {}, so a profile cannot tell them apart",
            named(&there),
            words::plain(port)
        );
        let remedy = "they are behind a port multiplier, or udev cannot name the ports of this controller: use direct ports or \
                      another controller";
        note(Severity::Warning, Rule::SamePort, message, remedy)
    };
    shared.into_iter().map(said).collect()
}

/// Drives that hang on one USB bridge with several bays: no redundancy among them survives the loss of the bridge.
pub fn one_bridge(hw: &Hw, disks: &[&Disk]) -> Vec<Note> {
    let said = |(_, there): (&str, Vec<&Disk>)| {
        let spoken = |disk: &&Disk| Drive::of(hw, disk).spoken();
        let who = words::and(&there.iter().map(spoken).collect::<Vec<_>>());
        let message = format!(
            "{who} share one USB bridge and its cable and fail together: no redundancy among them \
             survives the loss of the bridge"
        );
        let remedy = "keep a backup elsewhere; SATA bays, or an enclosure with one bridge per bay, \
                      fail one at a time";
        note(Severity::Warning, Rule::OneBridge, message, remedy)
    };
    together(disks, |disk| disk.host.as_deref().filter(|_| disk.transport == Transport::Usb))
        .into_iter()
        .map(said)
        .collect()
}

/// What disks stand on, and whether they have a name of their own.
pub fn stand_on(host: &Host, disks: &[&Disk]) -> Vec<Note> {
    let mut notes = Vec::new();
    for kind in Volume::ALL {
        let of_kind = |disk: &&&Disk| volume::of(disk, &host.controllers) == Some(kind);
        let these: Vec<&Disk> = disks.iter().filter(of_kind).copied().collect();
        if these.is_empty() {
            continue;
        }
        let are = if these.len() == 1 { "is one of the" } else { "are" };
        let message = format!(
            "{} {are} {kind}, not drives: it is unknown which of them fail together",
            named(&these)
        );
        notes.push(note(Severity::Warning, Rule::Volumes, message, kind.remedy()));
    }
    let nameless = |disk: &&&Disk| {
        let by_path = disk.address.as_ref().is_some_and(|it| it.starts_with("/dev/disk/by-path"));
        let serial = disk.serial.as_ref().filter(|serial| !is_filler_serial(serial.as_str()));
        by_path && !disk.removable && disk.wwn.is_none() && serial.is_none()
    };
    let these: Vec<&Disk> = disks.iter().filter(nameless).copied().collect();
    if !these.is_empty() {
        let (tell, own, them) = if these.len() == 1 {
            ("reports", "its own", "it")
        } else {
            ("report", "their own", "them")
        };
        let message = format!(
            "{} {tell} neither a serial of {own} nor a wwn, so only the slot identifies {them}",
            named(&these)
        );
        let remedy = "in Proxmox or libvirt give each disk a `serial=`; elsewhere use an adapter that passes the drive's own serial";
        notes.push(note(Severity::Warning, Rule::NoIdentity, message, remedy));
    }
    notes
}

/// Where the system is, if the firmware cannot have started it from there.
pub fn started_elsewhere(hw: &Hw, inventory: &Inventory) -> Option<BayId> {
    let name = inventory.host.boot_disk.as_ref()?;
    let disk = inventory.disks.iter().find(|disk| disk.name == *name)?;
    let bay = Drive::of(hw, disk).bay?;
    let (can, _) = hw.can_boot(&bay, hw.mode(&inventory.host)?)?;
    (can == CanBoot::No).then_some(bay)
}

fn started(hw: &Hw, inventory: &Inventory) -> Option<Note> {
    let bay = started_elsewhere(hw, inventory)?;
    let mode = hw.mode(&inventory.host)?;
    let message = format!(
        "the system is on {}, which the firmware cannot boot in {mode} mode: a boot loader \
         elsewhere starts it",
        bay.spoken()
    );
    let remedy = "keep that boot loader (USB or microSD) in place, and keep a copy of it";
    Some(note(Severity::Advice, Rule::BootElsewhere, message, remedy))
}

#[cfg(test)]
mod tests {
    use super::{seats, stand_on};
    use crate::check::Rule;
    use crate::inventory::Transport;
    use crate::render::fixture::{disks, holding, hw, inventory};

    #[test]
    fn where_all_is_as_described_there_is_nothing_to_say() {
        assert_eq!(seats(&hw("hp-microserver-gen8"), &inventory()), []);
    }

    #[test]
    fn bays_that_nobody_can_see_are_one_note_with_the_way_out() {
        let mut all = disks();
        for (at, disk) in all.iter_mut().filter(|it| it.transport == Transport::Sata).enumerate() {
            disk.path = Some(format!("pci-0000:07:00.0-sas-phy{at}-lun-0"));
        }
        let notes = seats(&hw("hp-microserver-gen8"), &holding(all));
        let rules: Vec<Rule> = notes.iter().map(|note| note.rule).collect();
        assert_eq!(rules, [Rule::BaysElsewhere]);
        assert!(
            notes[0].message.contains("bays 1-4") && notes[0].remedy.contains("`zbay learn`"),
            "{notes:?}"
        );
    }

    #[test]
    fn drives_at_one_port_and_disks_without_a_name_are_told() {
        let mut all = disks();
        for disk in &mut all[..3] {
            disk.path = Some("pci-0000:01:00.0-ata-1".into());
        }
        let notes = seats(&hw("generic"), &holding(all.clone()));
        assert_eq!(notes[0].rule, Rule::SamePort);
        assert!(notes[0].message.starts_with("sda, sdb and sdc share the port"), "{notes:?}");
        let lone = &mut all[0];
        (lone.wwn, lone.serial) = (None, None);
        lone.address = Some("/dev/disk/by-path/pci-0000:06:01.0".into());
        let notes = stand_on(&inventory().host, &[&all[0], &all[1]]);
        assert_eq!(notes[0].rule, Rule::NoIdentity);
        assert!(notes[0].remedy.contains("`serial=`"));
    }

    #[test]
    fn drives_on_one_usb_bridge_fail_together_and_those_on_bridges_of_their_own_do_not() {
        let mut all = disks();
        for disk in all.iter_mut().take(3) {
            disk.transport = Transport::Usb;
            disk.host = Some("devices/usb1/1-1/host6/target6:0:0".into());
        }
        let notes = seats(&hw("hp-microserver-gen8"), &holding(all.clone()));
        let [note] = &notes.iter().filter(|it| it.rule == Rule::OneBridge).collect::<Vec<_>>()[..]
        else {
            panic!("{notes:?}")
        };
        assert!(note.message.contains("share one USB bridge and its cable"), "{note:?}");
        assert!(note.message.starts_with("bay 1, "), "{note:?}");
        // A bridge for each bay; one target that is no USB bridge; one drive on a bridge.
        for (at, disk) in all.iter_mut().enumerate() {
            disk.host = Some(format!("devices/usb1/1-1/host{at}/target{at}:0:0"));
        }
        let notes = seats(&hw("hp-microserver-gen8"), &holding(all));
        assert!(notes.iter().all(|it| it.rule != Rule::OneBridge), "{notes:?}");
    }

    #[test]
    fn a_system_that_the_firmware_cannot_have_started_has_a_boot_loader_elsewhere() {
        let mut all = disks();
        all[3].path = Some("pci-0000:00:1f.2-ata-5".into());
        let notes = seats(&hw("hp-microserver-gen8"), &holding(all));
        assert_eq!(notes[0].rule, Rule::BootElsewhere);
        assert!(notes[0].message.contains("the fifth port"), "{notes:?}");
    }
}
