//! A server as a whole, as a look finds it: its names, memory, network ports and storage controllers.

use schemars::JsonSchema;
use serde::Serialize;

use crate::machine::HostFacts;

/// The box as a whole.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Host {
    /// SMBIOS strings, trimmed.
    pub dmi: Dmi,
    /// Processor, memory, system.
    pub facts: Option<HostFacts>,
    /// Whether the memory corrects errors: the modules of SMBIOS type 17 have the bits for it, or the board cannot; `None`:
    /// not known.
    pub ecc: Option<bool>,
    /// Whether the board could correct errors with modules that have the bits for it, from SMBIOS type 16; `None`: not
    /// known.
    pub ecc_board: Option<bool>,
    /// Network ports.
    pub nics: Vec<Nic>,
    /// PCI ids `vendor:device` of the storage controllers by address (`0000:00:1f.2`), with the class.
    pub controllers: Vec<PciDevice>,
    /// `/etc/hostid` as eight hexadecimal digits; `None`: there is none.
    pub hostid: Option<String>,
    /// Version of the loaded OpenZFS module, such as `2.3.9-1`; `None`: not loaded.
    pub zfs: Option<String>,
    /// Where the root file system is: kernel name of the whole disk.
    pub boot_disk: Option<String>,
}

/// SMBIOS strings. Absent and empty are the same: `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Dmi {
    /// Type 1 manufacturer.
    pub sys_vendor: Option<String>,
    /// Type 1 product.
    pub product_name: Option<String>,
    /// Type 1 serial (root only).
    pub product_serial: Option<String>,
    /// Type 1 UUID (root only).
    pub product_uuid: Option<String>,
    /// Type 2 manufacturer.
    pub board_vendor: Option<String>,
    /// Type 2 product.
    pub board_name: Option<String>,
    /// Type 0 version.
    pub bios_version: Option<String>,
    /// Type 0 date.
    pub bios_date: Option<String>,
}

/// A network port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Nic {
    /// Interface name.
    pub name: String,
    /// MAC address.
    pub mac: String,
    /// Mb/s; `None`: no link, or not told.
    pub speed: Option<u32>,
    /// `up`, `down`, `unknown`.
    pub state: String,
}

/// A PCI storage controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PciDevice {
    /// `0000:00:1f.2`.
    pub address: String,
    /// `8086:1c02`.
    pub id: String,
    /// `0106` for AHCI, `0104` for RAID, `0101` for IDE.
    pub class: String,
    /// Kernel driver bound to it.
    pub driver: Option<String>,
}
