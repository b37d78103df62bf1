//! What passes for a drive and is none: a volume of a RAID controller, a disk of a hypervisor, a unit of a storage array.
//!
//! What such a disk stands on, how that does, and which of them fail together nobody here can know: its model is the maker's
//! word for it, its serial the controller's. Told by the model, by the kernel's driver and the channel that it shows volumes
//! on (`MEGASAS_MAX_PD_CHANNELS` of `megaraid_sas.h`, `HPSA_RAID_VOLUME_BUS` of hpsa.h, `PQI_RAID_VOLUME_BUS` of smartpqi.h), and
//! by the network that it comes over. Drives that the same controllers pass through are drives. Pure.

use std::fmt;

use serde::Serialize;

use crate::hw::host::PciDevice;
use crate::inventory::{Disk, Transport};

/// What a disk is that is no drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Volume {
    /// Of a hardware RAID controller.
    Raid,
    /// Of a hypervisor.
    Virtual,
    /// Of a storage array behind iSCSI or Fibre Channel.
    Array,
}

impl Volume {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Raid, Self::Virtual, Self::Array];

    /// What to do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Raid => {
                "set the controller to IT or HBA mode, so that ZFS gets the drives themselves: two volumes may share a drive, \
                 and drive health cannot be read"
            }
            Self::Virtual => {
                "pass the controller or whole drives through to this machine, or put the redundancy on the host: two virtual \
                 disks may share a drive"
            }
            Self::Array => "put the redundancy on the array: two of its units may share drives",
        }
    }
}

impl fmt::Display for Volume {
    /// What several of them are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raid => "volumes of a RAID controller",
            Self::Virtual => "disks of a hypervisor",
            Self::Array => "units of a storage array",
        })
    }
}

/// Words of models, in upper case: a whole word, or the beginning of one where a `*` ends it.
const RAID: [&str; 14] = [
    "PERC",
    "*RAID*",
    "ARECA",
    "ADAPTEC",
    "ASR*",
    "MR9*",
    "SMC2108",
    "SMC3108",
    "AVAGO",
    "CERC",
    "3WARE",
    "AMCC",
    "LOGICALDRIVE",
    "LOGICAL_VOLUME",
];
const VIRTUAL: [&str; 11] = [
    "QEMU",
    "VBOX",
    "VMWARE",
    "VMWARE*",
    "MSFT",
    "XEN*",
    "BHYVE*",
    "PARALLELS",
    "VIRTIO*",
    "NUTANIX",
    "QEMU*",
];
/// Models of several words.
const PHRASES: [(&str, Volume); 7] = [
    ("LOGICAL VOLUME", Volume::Raid),
    ("LOGICAL DRIVE", Volume::Raid),
    ("VIRTUAL DRIVE", Volume::Raid),
    ("VIRTUAL DISK", Volume::Virtual),
    ("VIRTUAL HD", Volume::Virtual),
    ("ELASTIC BLOCK STORE", Volume::Virtual),
    ("PERSISTENTDISK", Volume::Virtual),
];

fn is_word(word: &str, pattern: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(inner), Some(_)) => word.contains(inner.trim_end_matches('*')),
        (_, Some(head)) => word.starts_with(head),
        _ => word == pattern,
    }
}

fn by_model(model: &str) -> Option<Volume> {
    let model = model.to_ascii_uppercase().replace('_', " ");
    let phrase = PHRASES.iter().find(|(phrase, _)| model.contains(phrase));
    if let Some((_, volume)) = phrase {
        // VMware and Hyper-V say "Virtual disk", PERC says "Virtual Disk" of its first releases too.
        return Some(if model.contains("PERC") { Volume::Raid } else { *volume });
    }
    let any = |words: &[&str]| {
        model.split([' ', '-', '.']).any(|word| words.iter().any(|pattern| is_word(word, pattern)))
    };
    if any(&VIRTUAL) {
        return Some(Volume::Virtual);
    }
    any(&RAID).then_some(Volume::Raid)
}

/// Whether a driver shows volumes on this SCSI channel.
fn by_driver(driver: &str, channel: u32) -> bool {
    match driver {
        "megaraid_sas" => channel >= 2,
        "hpsa" | "smartpqi" => channel == 1,
        "aacraid" => channel == 0,
        "arcmsr" | "3w-9xxx" | "3w-sas" | "3w-xxxx" | "cciss" | "megaraid_mbox" | "ips"
        | "mvumi" => true,
        _ => false,
    }
}

/// The channel of `pci-0000:02:00.0-scsi-0:2:1:0`.
fn channel(path: &str) -> Option<u32> {
    let (_, numbers) = path.rsplit_once("-scsi-")?;
    numbers.split(':').nth(1)?.parse().ok()
}

/// What a disk is, if it is no drive; `controllers` are those of the box.
pub fn of(disk: &Disk, controllers: &[PciDevice]) -> Option<Volume> {
    // iLO's and other boards' virtual media are no disks of a hypervisor.
    if disk.removable || matches!(disk.transport, Transport::Mmc) {
        return None;
    }
    if disk.transport == Transport::Virtio {
        return Some(Volume::Virtual);
    }
    let path = disk.path.as_deref().unwrap_or_default();
    if path.contains("-iscsi-") || path.starts_with("fc-") || path.contains("-fc-") {
        return Some(Volume::Array);
    }
    if path.contains("vmbus") || path.starts_with("xen-") {
        return Some(Volume::Virtual);
    }
    if let Some(volume) = disk.model.as_deref().and_then(by_model) {
        return Some(volume);
    }
    let mut on = controllers.iter().filter(|it| path.contains(&format!("pci-{}-", it.address)));
    let driver = on.find_map(|it| it.driver.as_deref())?;
    channel(path).is_some_and(|channel| by_driver(driver, channel)).then_some(Volume::Raid)
}

#[cfg(test)]
mod tests {
    use super::{Volume, of};
    use crate::hw::host::PciDevice;
    use crate::inventory::Transport;
    use crate::render::fixture::disk;

    #[test]
    fn volumes_are_told_by_their_models() {
        for (model, wanted) in [
            ("DELL PERC H710", Some(Volume::Raid)),
            ("HP LOGICAL VOLUME", Some(Volume::Raid)),
            ("HPE LOGICAL VOLUME", Some(Volume::Raid)),
            ("LSI MR9271-8i", Some(Volume::Raid)),
            ("LSI MegaRAID SAS RMB", Some(Volume::Raid)),
            ("AVAGO SMC3108", Some(Volume::Raid)),
            ("IBM ServeRAID M5110", Some(Volume::Raid)),
            ("Lenovo RAID 930-8i-2GB", Some(Volume::Raid)),
            ("Areca ARC-1882-VOL#00", Some(Volume::Raid)),
            ("LSILOGIC Logical Volume", Some(Volume::Raid)),
            ("DELL PERC 6/i Virtual Disk", Some(Volume::Raid)),
            ("QEMU HARDDISK", Some(Volume::Virtual)),
            ("QEMU NVMe Ctrl", Some(Volume::Virtual)),
            ("QEMU_HARDDISK", Some(Volume::Virtual)),
            ("VMware Virtual disk", Some(Volume::Virtual)),
            ("VMware Virtual NVMe Disk", Some(Volume::Virtual)),
            ("Msft Virtual Disk", Some(Volume::Virtual)),
            ("VBOX HARDDISK", Some(Volume::Virtual)),
            ("Amazon Elastic Block Store", Some(Volume::Virtual)),
            ("Google PersistentDisk", Some(Volume::Virtual)),
            ("ST4000DM000-1F2168", None),
            ("WDC WD40EFRX-68N32N0", None),
            ("SEAGATE ST14000NM0001", None),
            ("HGST HUSMR1680ASS200", None),
            ("Samsung SSD 970 EVO Plus 1TB", None),
            ("INTEL SSDSC2BB480G4", None),
        ] {
            let mut it = disk("sda", model, "S1", 1, "pci-0000:02:00.0-scsi-0:0:1:0");
            it.transport = Transport::Scsi;
            assert_eq!(of(&it, &[]), wanted, "{model}");
        }
    }

    #[test]
    fn a_controller_shows_volumes_on_one_channel_and_drives_on_another() {
        let by = |driver: &str, path: &str| {
            let mut it = disk("sda", "ACME 1234", "S1", 1, path);
            it.transport = Transport::Scsi;
            let (address, driver) = ("0000:02:00.0".to_owned(), Some(driver.to_owned()));
            let card = PciDevice { address, id: "1000:005b".into(), class: "0104".into(), driver };
            of(&it, &[card])
        };
        let raid = Some(Volume::Raid);
        for (driver, path, wanted) in [
            ("megaraid_sas", "pci-0000:02:00.0-scsi-0:2:1:0", raid),
            ("megaraid_sas", "pci-0000:02:00.0-scsi-0:3:111:0", raid),
            ("megaraid_sas", "pci-0000:02:00.0-scsi-0:0:9:0", None),
            ("hpsa", "pci-0000:02:00.0-scsi-0:1:0:1", raid),
            ("smartpqi", "pci-0000:02:00.0-sas-0x5000c500a1b2c3d4-lun-0", None),
            ("arcmsr", "pci-0000:02:00.0-scsi-0:0:0:0", raid),
            ("mpt3sas", "pci-0000:02:00.0-scsi-0:0:0:0", None),
            ("ahci", "pci-0000:02:00.0-ata-1", None),
            ("megaraid_sas", "pci-0000:03:00.0-scsi-0:2:1:0", None),
        ] {
            assert_eq!(by(driver, path), wanted, "{driver} {path}");
        }
        let far = |path: &str| {
            let mut it = disk("sda", "ACME 1234", "S1", 1, path);
            it.transport = Transport::Scsi;
            of(&it, &[])
        };
        let iscsi = "ip-192.0.2.1:3260-iscsi-iqn.2005-10.org.example:tank-lun-0";
        assert_eq!(far(iscsi), Some(Volume::Array));
        assert_eq!(far("acpi-vmbus:01-vmbus-f8b3781b1e82-lun-0"), Some(Volume::Virtual));
        let mut virtio = disk("vda", "", "", 1, "pci-0000:06:01.0");
        virtio.transport = Transport::Virtio;
        assert_eq!(of(&virtio, &[]), Some(Volume::Virtual));
        let mut media = disk("sdb", "HP iLO Virtual Disk", "", 1, "");
        media.removable = true;
        assert_eq!(of(&media, &[]), None);
    }
}
