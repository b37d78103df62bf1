//! A virtual box as vm-images/BOX.yaml has it: its firmware's strings, and each drive in its bay.
//!
//! What is promised to users is proved in such a box. It has the real box's DMI strings, and each of
//! its drives sits at the controller address and port that zbay's hw/NAME.yaml gives for its bay, with the
//! model, serial, wwn, size and sectors of a real one: a wrong port in hw/*.yaml shows here, since
//! there is no second table of ports.
//!
//! What QEMU cannot be (its SATA controller is always 8086:2922 in AHCI mode at 1.5 Gb/s) is tested on
//! recorded machines instead.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zbay::fault::Faults;
use zbay::hw::Hw;
use zbay::names::{BayId, Wwn};
use zbay::shipped::HW;
use zbay::yaml;

/// The boxes that there are: name and text of vm-images/NAME.yaml.
pub const BOXES: [(&str, &str); 7] = [
    ("gen8-seed", include_str!("../vm-images/gen8-seed.yaml")),
    ("gen8-4x4tb", include_str!("../vm-images/gen8-4x4tb.yaml")),
    ("gen8-4x4tb-ssd", include_str!("../vm-images/gen8-4x4tb-ssd.yaml")),
    ("gen8-raid-fifth-port", include_str!("../vm-images/gen8-raid-fifth-port.yaml")),
    ("gen8-foreign", include_str!("../vm-images/gen8-foreign.yaml")),
    ("4u-24x4tb", include_str!("../vm-images/4u-24x4tb.yaml")),
    ("4u-foreign", include_str!("../vm-images/4u-foreign.yaml")),
];

/// The kernel arguments of every virtual box; [`Files::append`] adds to them. `TERM=dumb` keeps systemd from
/// moving the cursor about in the console's log.
pub const KERNEL_ARGS: &str = "root=LABEL=root rootfstype=ext4 rw console=ttyS0 quiet \
    net.ifnames=0 mitigations=off audit=0 random.trust_cpu=on lsm=yama TERM=dumb \
    systemd.show_status=no rd.systemd.show_status=no";

/// vm-images/BOX.yaml: a box and the drives in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmBox {
    /// One line for people: what the box is for.
    pub description: String,
    /// The name of hw/NAME.yaml: it says which port each bay is.
    pub hardware: String,
    /// The controller mode that the box stands for. QEMU's controller is in AHCI mode whatever stands here.
    pub controller: String,
    /// The bay or place of the drive that holds the root file system: `usb`, `fifth-port`.
    pub boot: BayId,
    /// Memory in MiB.
    pub memory_mib: u32,
    /// What the firmware says of the box.
    pub smbios: Smbios,
    /// The drives, each at its place.
    pub drives: Vec<VmDrive>,
}

/// The strings of the SMBIOS tables 0 (BIOS) and 1 (system).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Smbios {
    /// `/sys/class/dmi/id/sys_vendor`.
    pub manufacturer: String,
    /// `product_name`.
    pub product: String,
    /// `product_serial`; another in each box.
    pub serial: String,
    /// `product_uuid`; another in each box.
    pub uuid: String,
    /// `bios_version`.
    pub bios: Option<String>,
    /// `bios_date`, as month/day/year.
    pub bios_date: Option<String>,
    /// `board_vendor`; a box without it has no base board record, as the Gen8.
    pub board_vendor: Option<String>,
    /// `board_name`.
    pub board: Option<String>,
}

/// One drive of a virtual box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VmDrive {
    /// The bay or place, as in hw/NAME.yaml.
    pub at: BayId,
    /// The model; on a SCSI or USB drive at most 16 characters.
    pub model: String,
    /// The vendor that a SCSI or USB drive shows apart from its model, at most 8 characters.
    pub vendor: Option<String>,
    /// The serial, at most 20 characters.
    pub serial: String,
    /// The world wide name, of 16 hexadecimal digits; a USB bridge hides it.
    pub wwn: Option<Wwn>,
    /// The port, as udev's `ID_PATH`: needed where hw/NAME.yaml gives a pattern, or does not know the place.
    pub port: Option<String>,
    /// Size in bytes, a multiple of the logical sector.
    pub size: u64,
    /// Logical sector in bytes.
    #[serde(default = "sector")]
    pub logical: u32,
    /// Physical sector in bytes.
    #[serde(default = "sector")]
    pub physical: u32,
    /// Revolutions per minute; 1 is an SSD.
    pub rotation: u32,
    /// A file of QEMU's blkdebug rules, which say what of the drive cannot be read; left out: all can.
    #[serde(default)]
    pub errors: Option<Utf8PathBuf>,
}

const fn sector() -> u32 {
    512
}

/// Where a virtual box's files are.
#[derive(Clone, Debug)]
pub struct Files {
    /// A directory of the box's own: drives, console log, control socket.
    pub dir: Utf8PathBuf,
    /// The appliance: root.img, vmlinuz, initrd.img, key.
    pub image: Utf8PathBuf,
    /// The port on 127.0.0.1 that leads to the box's ssh.
    pub ssh_port: u16,
    /// Who executes the guest's instructions.
    pub accel: Accel,
    /// Processors of the guest. Two that are translated cost half as much again as one: to boot, 42.7 s of a processor
    /// against 27.4 (QEMU 10.0).
    pub processors: u8,
    /// More kernel arguments.
    pub append: Vec<String>,
}

impl Files {
    /// The image file of a drive.
    pub fn drive(&self, drive: &VmDrive) -> Utf8PathBuf {
        self.dir.join(format!("{}.{}", drive.name(), drive.format()))
    }

    /// What the box writes to its serial console.
    pub fn console(&self) -> Utf8PathBuf {
        self.dir.join("console.log")
    }

    /// QEMU's control socket (QMP). Its path must stay under 108 bytes.
    pub fn qmp(&self) -> Utf8PathBuf {
        self.dir.join("qmp")
    }

    /// A file of the appliance.
    pub fn of_image(&self, name: &str) -> Utf8PathBuf {
        self.image.join(name)
    }
}

/// Who executes the guest's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accel {
    /// The processor itself.
    Kvm,
    /// QEMU, by translation: slower, always works.
    Tcg,
}

/// A raw sparse file of more than 16 TiB does not fit ext4, so that larger drives are qcow2.
const LARGEST_RAW: u64 = 16 * 1024 * 1024 * 1024 * 1024 - 4096;

impl VmDrive {
    /// A name for files and QEMU ids: `bay-1`, `fifth-port`.
    pub fn name(&self) -> String {
        let number = self.at.as_str().starts_with(|c: char| c.is_ascii_digit());
        if number { format!("bay-{}", self.at) } else { self.at.to_string() }
    }

    /// The number of its bay; 0 in a place that has a name.
    pub fn number(&self) -> u8 {
        self.at.as_str().parse().unwrap_or(0)
    }

    /// The format of its image file: `raw` where the host's file system can hold it, else `qcow2`.
    pub fn format(&self) -> &'static str {
        if self.size > LARGEST_RAW { "qcow2" } else { "raw" }
    }
}

impl VmBox {
    /// The shipped box of this name; `None`: there is none.
    pub fn shipped(name: &str) -> Option<Result<Self, Faults>> {
        let (_, text) = BOXES.iter().find(|(known, _)| *known == name)?;
        let file = format!("vm-images/{name}.yaml");
        Some(yaml::read(&file, text.as_bytes()).map(|parsed| parsed.value))
    }

    /// The description of the box's hardware, of those that are shipped.
    pub fn hw(&self) -> Result<Hw, VmError> {
        let unknown = || VmError::Hardware(self.hardware.clone());
        let (name, text) =
            HW.iter().find(|(name, _)| *name == self.hardware).ok_or_else(unknown)?;
        let file = format!("hw/{name}.yaml");
        Ok(yaml::read(&file, text.as_bytes())?.value)
    }

    /// The drive that holds the root file system.
    pub fn boot_drive(&self) -> Result<&VmDrive, VmError> {
        self.drives
            .iter()
            .find(|drive| drive.at == self.boot)
            .ok_or_else(|| VmError::NoBootDrive(self.boot.clone()))
    }

    /// The drives that do not hold the root file system: the pool's, as a rule.
    pub fn data_drives(&self) -> impl Iterator<Item = &VmDrive> {
        self.drives.iter().filter(|drive| drive.at != self.boot)
    }
}

/// Why a virtual box cannot be made.
#[derive(Debug, Error)]
pub enum VmError {
    /// No such hw/NAME.yaml.
    #[error("`{0}` is no hardware that zbay ships: see hw/")]
    Hardware(String),
    /// A file with faults.
    #[error(transparent)]
    Faults(#[from] Faults),
    /// `boot` names a place without a drive.
    #[error("the box boots from `{0}`, where it has no drive")]
    NoBootDrive(BayId),
    /// Two drives in one place.
    #[error("two drives sit in `{0}`")]
    Twice(BayId),
    /// The port that is given is another place.
    #[error("`{port}` is not `{place}` in hw/{hardware}.yaml")]
    Elsewhere {
        /// The drive's place.
        place: BayId,
        /// The port given.
        port: String,
        /// The name of the hardware.
        hardware: String,
    },
    /// The hardware has no such bay.
    #[error("hw/{hardware}.yaml gives no port for `{place}`: give the drive one with `port:`")]
    NoPlace {
        /// The drive's place.
        place: BayId,
        /// The name of the hardware.
        hardware: String,
    },
    /// QEMU has nothing like that port.
    #[error("no virtual drive can sit at `{port}` ({place}): {why}")]
    Port {
        /// The drive's place.
        place: BayId,
        /// The port, as udev spells it.
        port: String,
        /// What is in the way.
        why: &'static str,
    },
    /// A value that QEMU would cut or refuse.
    #[error("the drive in `{place}`: {why}")]
    Drive {
        /// The drive's place.
        place: BayId,
        /// What is wrong.
        why: &'static str,
    },
    /// A file of the box.
    #[error("could not {what} `{path}`")]
    Io {
        /// `create`, `read` ...
        what: &'static str,
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A program that makes drives failed.
    #[error("`{program}` failed on `{path}`: {text}")]
    Tool {
        /// The program.
        program: &'static str,
        /// The file that it worked on.
        path: Utf8PathBuf,
        /// What it said.
        text: String,
    },
}

impl VmError {
    pub(crate) fn io(what: &'static str, path: &Utf8Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
