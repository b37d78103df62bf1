//! The whole disks of the box: identity, place, size, and what is wrong with their names.
//!
//! udev first, sysfs where udevd has not handled a disk. No disk is opened. A disk is addressed by its
//! world wide name; one that many units share, or that two disks show, is no name, and such a disk is
//! refused for pools: after a reboot nobody could say which of them ZFS had opened.

use std::collections::BTreeMap;
use std::fmt::Display;

use camino::{Utf8Path, Utf8PathBuf};

use super::bond::{self, Bound, bonds, groups};
use super::sysfs::{is_disk, is_made_up, number, text};
use super::{Disk, Flaw, LookError, Transport, Unknown, Zoned, sysfs, udev};
use crate::filler::is_filler_serial;
use crate::machine::threads::shared_out;
use crate::machine::{IoError, Machine, UdevDevice};
use crate::names::Wwn;
use crate::units::Bytes;

/// The disks in natural order of their kernel names, contents not asked for; and why there are none to list.
pub(super) fn disks(
    machine: &dyn Machine,
    devices: &[UdevDevice],
) -> Result<(Vec<Disk>, Option<Unknown>), LookError> {
    let by_name: BTreeMap<&str, &UdevDevice> =
        devices.iter().map(|device| (device.name.as_str(), device)).collect();
    // What else udev names then has no size: that is below /sys/block too.
    let blind = |why: &dyn Display| Ok((Vec::new(), Some(Unknown::because(why))));
    let mut names = match machine.list("/sys/block".into()) {
        Ok(Some(names)) => names,
        Ok(None) => return blind(&"there is no /sys/block"),
        Err(error @ IoError::Unrecorded { .. }) => return Err(error.into()),
        Err(error) => return blind(&error),
    };
    let of_udev = devices.iter().filter(|device| device.devtype == "disk");
    names.extend(of_udev.map(|device| device.name.clone()));
    names.retain(|name| {
        let made_up =
            by_name.get(name.as_str()).is_some_and(|device| is_made_up(device.devpath.as_str()));
        is_disk(name) && !made_up
    });
    names.sort_by_cached_key(|name| tokens(name));
    names.dedup();
    let seen = |name: &String| disk(machine, name, by_name.get(name.as_str()).copied()).transpose();
    let mut disks = Vec::with_capacity(names.len());
    for share in shared_out(&names, |names| names.iter().filter_map(seen).collect::<Vec<_>>()) {
        for disk in share {
            disks.push(disk?);
        }
    }
    flaws(&mut disks);
    Ok((disks, None))
}

/// `None`: a reader without a medium.
fn disk(
    machine: &dyn Machine,
    name: &str,
    device: Option<&UdevDevice>,
) -> Result<Option<Disk>, LookError> {
    let file = |file: &str| number(machine, &format!("/sys/block/{name}/{file}"));
    let Some(sectors) = file("size")? else {
        return Err(LookError::NoSize { disk: name.to_owned() });
    };
    let removable = file("removable")? == Some(1);
    if sectors == 0 && removable {
        return Ok(None);
    }
    let mut devpath = device.map(|device| device.devpath.to_string());
    // The kernel's own link tells it where udev has not listed the device.
    if devpath.is_none() {
        let link = machine.link(Utf8Path::new(&format!("/sys/block/{name}")))?;
        if link.is_some_and(|link| is_made_up(link.as_str())) {
            return Ok(None);
        }
    }
    let identity = if let Some(device) = device.filter(|device| device.initialized) {
        udev::identity(device)
    } else {
        let link = machine.link(Utf8Path::new(&format!("/sys/block/{name}")))?;
        let path = link.map(|link| link.to_string()).unwrap_or_default();
        let identity = sysfs::identity(machine, name, path.trim_start_matches("../"))?;
        devpath = Some(path);
        identity
    };
    let sector =
        |bytes: Option<u64>| bytes.and_then(|it| u32::try_from(it).ok()).filter(|it| *it > 0);
    let logical = sector(file("queue/logical_block_size")?);
    let physical = sector(file("queue/physical_block_size")?).or(logical);
    Ok(Some(Disk {
        dev: Utf8PathBuf::from(format!("/dev/{name}")),
        model: identity.model,
        serial: identity.serial,
        wwn: identity.wwn,
        wwn_base: identity.wwn_base,
        host: bond::host(devpath.as_deref().unwrap_or_default()),
        firmware: identity.firmware,
        size: Bytes(sectors.saturating_mul(512)),
        logical,
        physical,
        rotational: text(machine, &format!("/sys/block/{name}/queue/rotational"))?
            .map(|it| it == "1"),
        zoned: zoned(machine, name, device)?,
        transport: identity.transport,
        removable,
        link: sysfs::link_speed(machine, devpath.as_deref().unwrap_or_default())?,
        path: identity.path,
        links: identity.links,
        address: None,
        flaws: Vec::new(),
        asleep: None,
        by_udev: device.is_some_and(|device| device.initialized),
        contents: Err(Unknown::unasked()),
        smart: Err(Unknown::unasked()),
        remembered: None,
        first_seen: None,
        name: name.to_owned(),
    }))
}

/// Whether a disk is written in zones: what the kernel says, or else its type (SPC-5: 14h, host-managed), which udev's rules keep
/// and the kernel has below `device/`. Recordings of earlier versions have no answer, which is none.
fn zoned(
    machine: &dyn Machine,
    name: &str,
    device: Option<&UdevDevice>,
) -> Result<Option<Zoned>, LookError> {
    let asked = |file: &str| match text(machine, &format!("/sys/block/{name}/{file}")) {
        Err(LookError::Io(IoError::Unrecorded { .. })) => Ok(None),
        answer => answer,
    };
    // 20, as ata_id and sysfs write 14h.
    let managed = |kind: &str| kind == "20" || kind == "0x14";
    let kind = device.and_then(|device| udev::property(device, "ID_ATA_PERIPHERAL_DEVICE_TYPE"));
    if kind.is_some_and(managed) || asked("device/type")?.as_deref().is_some_and(managed) {
        return Ok(Some(Zoned::HostManaged));
    }
    Ok(match asked("queue/zoned")?.as_deref() {
        Some("none") => Some(Zoned::None),
        Some("host-aware") => Some(Zoned::HostAware),
        Some("host-managed") => Some(Zoned::HostManaged),
        _ => None,
    })
}

/// Finds what is wrong with the identities, and chooses each disk's address with that in mind.
fn flaws(disks: &mut [Disk]) {
    let wwns = groups(disks, |disk| disk.wwn.clone());
    // A USB bridge may give all drives behind it one serial, and each the number of its bay as a model.
    let model = |disk: &Disk| disk.model.clone().filter(|_| disk.transport != Transport::Usb);
    let serials = groups(disks, |disk| {
        Some((disk.serial.clone()?, disk.transport == Transport::Usb, model(disk)))
    });
    let bonds = bonds(disks);
    for (((disk, wwns), serials), bonds) in disks.iter_mut().zip(wwns).zip(serials).zip(bonds) {
        let placeholder = disk.wwn.as_ref().is_some_and(Wwn::is_placeholder);
        let filler = disk.serial.as_ref().is_some_and(|serial| is_filler_serial(serial.as_str()));
        disk.address =
            address(disk, !placeholder && wwns.is_empty(), serials.is_empty() && !filler);
        if disk.size == Bytes(0) {
            disk.flaws.push(Flaw::NoCapacity);
        }
        if disk.logical.is_none() {
            disk.flaws.push(Flaw::NoSectors);
        }
        if let Some(zoned @ (Zoned::HostAware | Zoned::HostManaged)) = disk.zoned {
            disk.flaws.push(Flaw::Zoned { zoned });
        }
        if placeholder {
            disk.flaws.push(Flaw::PlaceholderWwn);
        }
        // One drive that is seen several times has its own names several times: that is no duplicate.
        let mut own = Vec::new();
        for Bound { bond, with } in bonds.into_iter().filter(|bound| bound.bond.is_one_drive()) {
            own.extend(with.iter().cloned());
            disk.flaws.push(Flaw::OneDrive { bond, with });
        }
        let other = |names: Vec<String>| -> Vec<String> {
            names.into_iter().filter(|name| !own.contains(name)).collect()
        };
        let (wwns, serials) = (other(wwns), other(serials));
        if !wwns.is_empty() {
            disk.flaws.push(Flaw::DuplicateWwn { with: wwns });
        }
        if !serials.is_empty() {
            disk.flaws.push(Flaw::DuplicateSerial { with: serials });
        }
        if disk.address.is_none() {
            disk.flaws.push(Flaw::NoAddress);
        }
    }
}

/// The world wide name, then a name with the serial number in it, then the place.
fn address(disk: &Disk, wwn_sound: bool, serial_sound: bool) -> Option<Utf8PathBuf> {
    const BY_WWN: [&str; 4] = ["wwn-", "nvme-eui.", "nvme-uuid.", "nvme-nvme."];
    let ids = || {
        let named =
            |link: &Utf8PathBuf| link.file_name().map(|name| (link.clone(), name.to_owned()));
        disk.links.iter().filter(|link| link.starts_with("/dev/disk/by-id")).filter_map(named)
    };
    let of_wwn = |name: &str| BY_WWN.iter().any(|prefix| name.starts_with(prefix));
    if let Some(wwn) = disk.wwn.as_ref().filter(|_| wwn_sound) {
        let known = |name: &str| of_wwn(name) && name.to_ascii_lowercase().ends_with(wwn.as_str());
        if let Some((link, _)) = ids().find(|(_, name)| known(name)) {
            return Some(link);
        }
    }
    if let Some(serial) = disk.serial.as_ref().filter(|_| serial_sound) {
        let blank_free = serial.as_str().replace(' ', "_");
        let known = |name: &str| !of_wwn(name) && name.contains(&blank_free);
        if let Some((link, _)) = ids().find(|(_, name)| known(name)) {
            return Some(link);
        }
    }
    disk.links.iter().find(|link| link.starts_with("/dev/disk/by-path")).cloned()
}

/// A kernel name in parts that are in natural order (`sda`, `sdb`, `sdaa`; `nvme2n1`, `nvme10n1`): each with its length
/// before it, where that counts first.
fn tokens(name: &str) -> Vec<(usize, String)> {
    let mut tokens = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digit = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        let token = if digit { token.trim_start_matches('0') } else { token };
        // The two letters of the driver, then the letters that count.
        let (driver, letters) = token.split_at_checked(2).unwrap_or(("", token));
        if !digit && ["sd", "vd", "hd"].contains(&driver) {
            tokens.push((0, driver.to_owned()));
            tokens.push((letters.len(), letters.to_owned()));
        } else {
            tokens.push((if digit { token.len() } else { 0 }, token.to_owned()));
        }
        rest = after;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Answer, Recording};

    #[test]
    fn disks_that_cannot_be_listed_are_not_known_whatever_udev_names() {
        let devices =
            [UdevDevice { name: "sda".into(), devtype: "disk".into(), ..UdevDevice::default() }];
        let blind = |answer| {
            let mut recording = Recording::default();
            recording.lists.insert("/sys/block".into(), answer);
            let machine = Recorded::new("x".to_owned(), recording);
            let (disks, blind) = disks(&machine, &devices).unwrap();
            assert!(disks.is_empty());
            blind.unwrap().why
        };
        assert_eq!(blind(Answer::Given(None)), "there is no /sys/block");
        let refused = IoError::Denied { what: "list".into(), path: "/sys/block".into() };
        let why = blind(Answer::Refused { refused });
        assert_eq!(why, "cannot list /sys/block: permission denied, run as root");
    }

    #[test]
    fn natural_order() {
        let mut names = ["sdaa", "nvme10n1", "sdb", "vda", "sda", "nvme2n1", "sdz", "mmcblk0"];
        names.sort_by_key(|name| tokens(name));
        assert_eq!(names, ["mmcblk0", "nvme2n1", "nvme10n1", "sda", "sdb", "sdz", "sdaa", "vda"]);
    }
}
