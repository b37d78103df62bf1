//! What the kernel says of a disk below `/sys`: size and sectors always, the rest where udev is silent.
//!
//! Files and their forms: Documentation/ABI/stable/sysfs-block and sysfs-class-ata of Linux. The kernel's
//! model of an ATA disk is cut at 16 characters, and without udevd there are no stable names; but a
//! container or a rescue system without udevd still shows which disks it has.

use camino::Utf8Path;

use super::LookError;
use super::udev::Identity;
use crate::machine::{IoError, Machine};
use crate::names::{Serial, Wwn};

/// A partition as the kernel has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Kernel name: `sda1`.
    pub name: String,
    /// Its number.
    pub number: u32,
    /// First byte on the disk.
    pub start: u64,
    /// Bytes.
    pub size: u64,
}

/// Kernel names that are whole disks of the box: not zvols, loops, ram disks, md, dm, network, optical
/// or floppy drives, nor a path of a multipath `NVMe` namespace, nor the boot areas of flash.
pub(super) fn is_disk(name: &str) -> bool {
    const OTHERS: [&str; 16] = [
        "zd", "loop", "ram", "zram", "nbd", "md", "dm-", "sr", "fd", "drbd", "rbd", "bcache",
        "mtdblock", "nullb", "ublkb", "pmem",
    ];
    let other = |prefix: &&str| {
        name.strip_prefix(*prefix)
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let hidden_path = name
        .strip_prefix("nvme")
        .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('c'));
    let emmc_area = name.starts_with("mmcblk") && (name.contains("boot") || name.contains("rpmb"));
    !(OTHERS.iter().any(other) || hidden_path || emmc_area)
}

/// Whether a device's path in the kernel has no hardware behind it: `null_blk`, ublk, loops. A namespace of a multipath `NVMe`
/// subsystem hangs below `virtual` too, and is a drive.
pub(super) fn is_made_up(devpath: &str) -> bool {
    devpath.contains("/devices/virtual/") && !devpath.contains("/virtual/nvme-subsystem/")
        || devpath.starts_with("devices/virtual/block/")
}

/// The text of a file below `/sys` or `/proc`, trimmed. `None`: absent, empty, or not for us.
pub(super) fn text(machine: &dyn Machine, path: &str) -> Result<Option<String>, LookError> {
    let Some(bytes) = bytes(machine, path)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// The bytes of a file. What is refused is as unknown as what is absent; what a recording lacks is an
/// error, or recordings would rot unnoticed.
pub(super) fn bytes(machine: &dyn Machine, path: &str) -> Result<Option<Vec<u8>>, LookError> {
    match machine.file(Utf8Path::new(path)) {
        Ok(bytes) => Ok(bytes),
        Err(error @ IoError::Unrecorded { .. }) => Err(error.into()),
        Err(error) => {
            tracing::debug!(path, %error, "not readable");
            Ok(None)
        }
    }
}

/// A number in such a file.
pub(super) fn number(machine: &dyn Machine, path: &str) -> Result<Option<u64>, LookError> {
    Ok(text(machine, path)?.and_then(|text| text.parse().ok()))
}

/// The partitions of a disk that the kernel knows, by number.
pub(super) fn partitions(machine: &dyn Machine, disk: &str) -> Result<Vec<Partition>, LookError> {
    let names = machine.list(Utf8Path::new(&format!("/sys/block/{disk}")))?.unwrap_or_default();
    let mut partitions = Vec::new();
    for name in names.into_iter().filter(|name| name != disk && name.starts_with(disk)) {
        let file = |file: &str| number(machine, &format!("/sys/block/{disk}/{name}/{file}"));
        // In units of 512 bytes, whatever the sector. One that cannot be read is not one that is not there.
        let (Some(number), Some(start), Some(size)) =
            (file("partition")?, file("start")?, file("size")?)
        else {
            return Err(LookError::NoSize { disk: name });
        };
        {
            partitions.push(Partition {
                number: u32::try_from(number).unwrap_or(u32::MAX),
                start: start.saturating_mul(512),
                size: size.saturating_mul(512),
                name,
            });
        }
    }
    partitions.sort_by_key(|it| it.number);
    Ok(partitions)
}

/// Identity without udev.
pub(super) fn identity(
    machine: &dyn Machine,
    disk: &str,
    devpath: &str,
) -> Result<Identity, LookError> {
    let file = |file: &str| text(machine, &format!("/sys/block/{disk}/{file}"));
    let vendor =
        file("device/vendor")?.filter(|vendor| vendor != "ATA" && !vendor.starts_with("0x"));
    let model = match (vendor, file("device/model")?) {
        (Some(vendor), Some(model)) => Some(format!("{vendor} {model}")),
        (_, model) => model,
    };
    let page = bytes(machine, &format!("/sys/block/{disk}/device/vpd_pg80"))?;
    let serial = match page.as_deref().and_then(unit_serial) {
        Some(serial) => Some(serial),
        None => match file("device/serial")? {
            Some(serial) => Some(serial),
            None => file("serial")?,
        },
    };
    let firmware = match file("device/rev")? {
        Some(rev) => Some(rev),
        None => file("device/firmware_rev")?,
    };
    let wwid = match file("wwid")? {
        Some(wwid) => Some(wwid),
        None => file("device/wwid")?,
    };
    Ok(Identity {
        model,
        serial: serial.and_then(|text| text.parse::<Serial>().ok()),
        wwn: wwid.as_deref().and_then(wwn),
        wwn_base: None,
        firmware,
        transport: super::udev::transport(disk, "", devpath, ""),
        path: path(machine, devpath)?,
        links: Vec::new(),
    })
}

/// SCSI vital product data page 0x80 (SPC-5, 7.7.20): four bytes of header, then the serial number.
fn unit_serial(page: &[u8]) -> Option<String> {
    let [_, 0x80, high, low, rest @ ..] = page else { return None };
    let text = rest.get(..usize::from(u16::from_be_bytes([*high, *low])))?;
    let text = str::from_utf8(text).ok()?.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

/// `naa.5000c5006518af8f` is what udev writes as `0x5000c5006518af8f`; `NVMe` names are the same in both.
fn wwn(wwid: &str) -> Option<Wwn> {
    match wwid.strip_prefix("naa.") {
        Some(digits) => format!("0x{digits}").parse().ok(),
        None => wwid.parse().ok(),
    }
}

/// The PCI address of the controller of `/devices/pci0000:00/0000:00:1f.2/ata1/...`, and `ata1`.
fn ata_port(devpath: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = devpath.split('/').collect();
    let at = parts.iter().position(|part| {
        part.strip_prefix("ata")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    })?;
    Some((parts.get(at.checked_sub(1)?)?, parts.get(at)?))
}

/// udev's `ID_PATH` of a SATA disk, made from the kernel's path and the number of the port.
fn path(machine: &dyn Machine, devpath: &str) -> Result<Option<String>, LookError> {
    let Some((controller, port)) = ata_port(devpath) else { return Ok(None) };
    let number = number(machine, &format!("/sys/class/ata_port/{port}/port_no"))?;
    Ok(number.map(|number| format!("pci-{controller}-ata-{number}")))
}

/// Mb/s of the SATA link at the end of this kernel path (`/sys/class/ata_link/linkN/sata_spd`: `6.0 Gbps`).
pub(super) fn link_speed(machine: &dyn Machine, devpath: &str) -> Result<Option<u32>, LookError> {
    let number = ata_port(devpath).and_then(|(_, port)| port.strip_prefix("ata"));
    let Some(number) = number else { return Ok(None) };
    Ok(text(machine, &format!("/sys/class/ata_link/link{number}/sata_spd"))?
        .as_deref()
        .and_then(speed))
}

/// `1.5 Gbps`, `3.0 Gbps`, `6.0 Gbps`; `<unknown>` and `<n/a>` are not known.
fn speed(text: &str) -> Option<u32> {
    let (whole, tenths) = text.strip_suffix(" Gbps")?.split_once('.')?;
    let digit = |text: &str| text.parse::<u32>().ok().filter(|_| text.len() == 1);
    Some(digit(whole)? * 1000 + digit(tenths)? * 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_of_links() {
        for (text, mbps) in
            [("6.0 Gbps", Some(6000)), ("1.5 Gbps", Some(1500)), ("<unknown>", None)]
        {
            assert_eq!(speed(text), mbps);
        }
    }

    #[test]
    fn disks_and_others() {
        for name in ["sda", "sdaa", "vda", "nvme0n1", "mmcblk0", "xvda", "hda", "dasda", "sdf"] {
            assert!(is_disk(name), "{name}");
        }
        for name in [
            "zd0",
            "zd16",
            "loop0",
            "ram0",
            "zram0",
            "nbd0",
            "md0",
            "md127",
            "dm-0",
            "sr0",
            "fd0",
            "nvme0c0n1",
            "mmcblk0boot0",
            "mmcblk0rpmb",
        ] {
            assert!(!is_disk(name), "{name}");
        }
    }

    #[test]
    fn the_serial_number_page() {
        // As QEMU's ide-hd gives it.
        assert_eq!(unit_serial(b"\0\x80\0\x14S13PJ0EXAMPLE       "), Some("S13PJ0EXAMPLE".into()));
        assert_eq!(unit_serial(b"\0\x80\0\x08V0000003"), Some("V0000003".to_owned()));
        for page in [&b""[..], b"\0\x80\0\x14short", b"\0\x83\0\x01x", b"\0\x80\0\0"] {
            assert_eq!(unit_serial(page), None);
        }
    }

    #[test]
    fn names_of_the_kernel() {
        assert_eq!(wwn("naa.50000f0008064806").unwrap().as_str(), "0x50000f0008064806");
        assert_eq!(wwn("eui.0025388b91d0c5a1").unwrap().as_str(), "eui.0025388b91d0c5a1");
        assert_eq!(wwn("t10.ATA     QEMU HARDDISK"), None);
    }

    #[test]
    fn ports() {
        let path = "/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda";
        assert_eq!(ata_port(path), Some(("0000:00:1f.2", "ata1")));
        assert_eq!(ata_port("/devices/pci0000:00/0000:00:05.0/virtio2/block/vda"), None);
    }
}
