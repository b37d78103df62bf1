//! What a box is: `hw/NAME.yaml`.
//!
//! A box is described once: how it is recognised, which port is which bay, what the controller's modes
//! are and what each can boot from. A bay is keyed by udev's `ID_PATH` (PCI address of the controller,
//! port on it), never by a device letter or a host number, which follow the order of probing. Every fact
//! says whether it was `verified` on real machines or is `assumed`; sentences that send a person to an
//! assumed bay add the serial to compare.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::hw::host::Host;
use crate::names::BayId;
use crate::units::Bytes;

pub mod host;
mod recognise;

pub use recognise::Recognise;
use recognise::pattern;

/// A hardware description: a file under `hw/`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hw {
    /// Name of this description, the same as the file's; profiles refer to it.
    pub hardware: String,
    /// Name of the server, for people.
    pub title: String,
    /// How the server is recognised, by its SMBIOS strings and its processor. If left out, it is never recognised and
    /// must be named.
    #[serde(default, rename = "match")]
    pub recognise: Option<Recognise>,
    /// Firmware that boots the operating system: decides whether drives with 4096-byte sectors can boot.
    #[serde(default)]
    pub firmware: Firmware,
    /// The storage controller that the bays are connected to, and its modes. Default: unknown.
    #[serde(default)]
    pub controller: Option<Controller>,
    /// The bays in the order in which a person sees them. Empty: every port is a bay, named by its path.
    #[serde(default)]
    pub bays: Vec<Bay>,
    /// Other places for drives: a fifth port, internal USB, card readers. The first that matches a drive's port is its
    /// place.
    #[serde(default)]
    pub places: Vec<Place>,
    /// What can boot, by place and by controller mode.
    #[serde(default)]
    pub boots: Vec<Boot>,
    /// Memory.
    #[serde(default)]
    pub memory: Option<Memory>,
    /// Power draw of the server without its drives. Default: unknown, and not counted.
    #[serde(default)]
    pub power: Option<Draw>,
    /// Other facts worth printing: power, network, boot time, reference throughput.
    #[serde(default)]
    pub facts: Vec<Fact>,
}

/// How certain a fact is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// Seen on real machines.
    Verified,
    /// Believed, not proved.
    #[default]
    Assumed,
    /// Found out on this server.
    Learned,
}

impl fmt::Display for Sure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::Assumed => "assumed",
            Self::Learned => "learned",
        })
    }
}

/// What starts the operating system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Firmware {
    /// BIOS: cannot boot from drives with 4096-byte logical sectors.
    Bios,
    /// UEFI.
    Uefi,
    /// Not known.
    #[default]
    Unknown,
}

/// A storage controller.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// PCI address, for example 0000:00:1f.2.
    pub address: String,
    /// Its modes; at most one of each.
    pub modes: Vec<Mode>,
    /// Best link speed of each of its ports, Mb/s, unless a port says otherwise. Default: unknown.
    #[serde(default)]
    pub link: Option<u32>,
    /// How certain the speed is.
    #[serde(default)]
    pub link_sure: Sure,
}

/// Mode of a controller.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ControllerMode {
    /// Plain AHCI.
    #[default]
    Ahci,
    /// The firmware's RAID, with the pool's drives outside any volume.
    Raid,
    /// IDE emulation.
    Legacy,
    /// The bays are cabled to a card in a slot that passes drives through; the chipset's own controller stays in AHCI
    /// mode and has the other ports.
    Hba,
}

impl fmt::Display for ControllerMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ahci => "AHCI",
            Self::Raid => "RAID",
            Self::Legacy => "Legacy",
            Self::Hba => "HBA",
        })
    }
}

/// One mode.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Which.
    pub mode: ControllerMode,
    /// PCI `vendor:device` that identifies it. Default: unknown.
    #[serde(default)]
    pub id: Option<String>,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
    /// In this mode the same places have other ports: bays are then unknown, and ports are shown instead.
    #[serde(default)]
    pub moves_ports: bool,
    /// Drives can be swapped while the server is running.
    #[serde(default)]
    pub hot_swap: Option<bool>,
    /// The risk of this mode: printed as a warning with every plan for it.
    #[serde(default)]
    pub warning: Option<String>,
}

/// A drive bay.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bay {
    /// Its number, from 1, as printed on the server or counted from the left.
    #[schemars(with = "u32")]
    pub bay: BayId,
    /// udev's `ID_PATH` of the drive in it, without a trailing `.0`: pci-0000:00:1f.2-ata-1.
    pub port: String,
    /// How certain it is that this port is this bay.
    #[serde(default)]
    pub sure: Sure,
    /// Best link speed, Mb/s.
    #[serde(default)]
    pub link: Option<u32>,
    /// How certain the speed is.
    #[serde(default)]
    pub link_sure: Sure,
    /// Form factor, for example `3.5 inch`.
    #[serde(default)]
    pub form: Option<String>,
}

/// Another place for a drive.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its name in profiles: fifth-port, usb, microsd.
    #[schemars(with = "String")]
    pub place: BayId,
    /// Its name, for people.
    pub title: String,
    /// `ID_PATH`; a `*` at its end matches anything, a single one within it any run of characters. If left out, this
    /// place cannot be told from others.
    #[serde(default)]
    pub port: Option<String>,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
    /// Pool devices may be here.
    #[serde(default)]
    pub pool: bool,
    /// Best link speed, Mb/s.
    #[serde(default)]
    pub link: Option<u32>,
    /// Anything else worth knowing.
    #[serde(default)]
    pub note: Option<String>,
}

/// What a place can boot.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Boot {
    /// `bays`, or the name of a place.
    pub from: String,
    /// In AHCI mode.
    pub ahci: CanBoot,
    /// In RAID mode.
    pub raid: CanBoot,
    /// In Legacy mode.
    pub legacy: CanBoot,
    /// With the bays cabled to an HBA. Default: unknown.
    #[serde(default)]
    pub hba: Option<CanBoot>,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
    /// Anything else worth knowing.
    #[serde(default)]
    pub note: Option<String>,
}

impl Boot {
    /// Whether it can boot in this mode; `None`: not known.
    pub fn can(&self, mode: ControllerMode) -> Option<CanBoot> {
        match mode {
            ControllerMode::Ahci => Some(self.ahci),
            ControllerMode::Raid => Some(self.raid),
            ControllerMode::Legacy => Some(self.legacy),
            ControllerMode::Hba => self.hba,
        }
    }
}

/// Whether something can boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CanBoot {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Only from a drive that is in a volume of the RAID firmware.
    Volume,
}

/// Memory.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Slots.
    #[serde(default)]
    pub slots: Option<u32>,
    /// The most that fits.
    #[serde(default, deserialize_with = "crate::yaml::size::option::deserialize")]
    #[schemars(with = "Option<String>")]
    pub max: Option<Bytes>,
    /// Takes error-correcting memory.
    #[serde(default)]
    pub ecc: Option<bool>,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
}

/// What a server draws at the wall, idle, with its drives in standby.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Draw {
    /// Watts, at least.
    pub from: u32,
    /// Watts, at most.
    pub to: u32,
    /// How certain this is.
    #[serde(default)]
    pub sure: Sure,
    /// Who measured it.
    pub source: String,
}

/// A fact in words.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What of.
    pub what: String,
    /// The value, with its unit.
    pub value: String,
    /// How certain it is.
    #[serde(default)]
    pub sure: Sure,
    /// Where it is from.
    #[serde(default)]
    pub source: Option<String>,
}

/// Where a drive sits, as far as the description knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seat {
    /// Bay or place.
    pub bay: BayId,
    /// How certain it is.
    pub sure: Sure,
    /// True for a drive bay, false for another place.
    pub is_bay: bool,
}

impl Hw {
    /// True where ports stand for bays: nobody has proved which is which, or nobody described the box.
    pub fn is_generic(&self) -> bool {
        self.bays.is_empty()
    }

    /// True for the description of last resort, which says nothing of the box.
    pub fn is_nobodys(&self) -> bool {
        self.is_generic() && self.recognise.is_none()
    }

    /// The description as it holds in the mode that the controller is in: where that mode moves the ports, no bay is
    /// claimed.
    #[must_use]
    pub fn in_mode_of(self, host: &Host) -> Self {
        let mode = self.chipset_mode(host);
        self.in_mode(mode)
    }

    /// The description as it holds in this mode.
    #[must_use]
    pub fn in_mode(mut self, mode: Option<ControllerMode>) -> Self {
        let mode = mode.and_then(|mode| self.mode_of(mode));
        if mode.is_some_and(|mode| mode.moves_ports) {
            let own = self.controller.as_ref().map(|it| format!("pci-{}-", it.address));
            let moved = |port: &str| own.as_ref().is_some_and(|own| port.starts_with(own));
            self.bays.retain(|bay| !moved(&bay.port));
            self.places.retain(|place| !place.port.as_deref().is_some_and(moved));
        }
        self
    }

    /// The seat of the drive at this `ID_PATH` (without a trailing `.0`).
    pub fn seat(&self, path: &str) -> Option<Seat> {
        if let Some(bay) = self.bays.iter().find(|bay| bay.port == path) {
            return Some(Seat { bay: bay.bay.clone(), sure: bay.sure, is_bay: true });
        }
        let fits = |place: &&Place| place.port.as_ref().is_some_and(|port| pattern(port, path));
        if let Some(place) = self.places.iter().find(fits) {
            return Some(Seat { bay: place.place.clone(), sure: place.sure, is_bay: false });
        }
        let port = || path.to_ascii_lowercase().parse().ok();
        if self.is_generic() {
            return port().map(|bay| Seat { bay, sure: Sure::Verified, is_bay: true });
        }
        None
    }

    /// The port of a bay or place, as an `ID_PATH` or a pattern of one.
    pub fn port(&self, bay: &BayId) -> Option<String> {
        let bays = self.bays.iter().find(|b| b.bay == *bay).map(|b| b.port.clone());
        let place = || self.places.iter().find(|p| p.place == *bay).and_then(|p| p.port.clone());
        let generic = || self.is_generic().then(|| bay.as_str().to_owned());
        bays.or_else(place).or_else(generic)
    }

    /// True if the box has this bay or place at all.
    pub fn knows(&self, bay: &BayId) -> bool {
        self.bays.iter().any(|b| b.bay == *bay)
            || self.places.iter().any(|p| p.place == *bay)
            || (self.is_generic() && bay.is_port())
    }

    /// How sure the order of this bay is.
    pub fn sure(&self, bay: &BayId) -> Sure {
        let bays = self.bays.iter().find(|b| b.bay == *bay).map(|b| b.sure);
        let place = || self.places.iter().find(|p| p.place == *bay).map(|p| p.sure);
        bays.or_else(place).unwrap_or(Sure::Verified)
    }

    /// Every name that a profile may give as a bay, for an error.
    pub fn seats(&self) -> String {
        let bays = self.bays.iter().map(|bay| bay.bay.to_string());
        let places = self.places.iter().filter(|place| place.pool).map(|p| p.place.to_string());
        let all: Vec<String> = bays.chain(places).collect();
        if all.is_empty() {
            "ports, as `zbay show disk -p` names them".to_owned()
        } else {
            all.join(", ")
        }
    }

    /// Which mode the box is in: that of its own controller by its PCI id, or [`ControllerMode::Hba`] where the bays are
    /// known to hang elsewhere. `None`: not one of the known.
    pub fn mode(&self, host: &Host) -> Option<ControllerMode> {
        if self.card().is_some() { Some(ControllerMode::Hba) } else { self.chipset_mode(host) }
    }

    /// Which mode the described controller is in, by its PCI id, wherever the bays hang.
    pub fn chipset_mode(&self, host: &Host) -> Option<ControllerMode> {
        let controller = self.controller.as_ref()?;
        let found = host.controllers.iter().find(|c| c.address == controller.address)?;
        controller.modes.iter().find(|mode| mode.id.as_ref() == Some(&found.id)).map(|m| m.mode)
    }

    /// The PCI address that bays hang at, where that is another one than the described controller's: `zbay learn` found
    /// their cable at a card.
    pub fn card(&self) -> Option<&str> {
        let own = self.controller.as_ref()?.address.as_str();
        let at = self.bays.iter().filter_map(|bay| address_of(&bay.port));
        at.into_iter().find(|address| *address != own)
    }

    /// True if this mode can be: one that is described, or an HBA where the bays can be told from the rest.
    pub fn has_mode(&self, mode: ControllerMode) -> bool {
        let hba = mode == ControllerMode::Hba && self.boots.iter().any(|row| row.hba.is_some());
        hba || self.mode_of(mode).is_some()
    }

    /// The description of a mode.
    pub fn mode_of(&self, mode: ControllerMode) -> Option<&Mode> {
        self.controller.as_ref()?.modes.iter().find(|m| m.mode == mode)
    }

    /// What can boot from `from` (a place, or any bay) in `mode`; `None`: not known.
    pub fn can_boot(&self, from: &BayId, mode: ControllerMode) -> Option<(CanBoot, &Boot)> {
        let is_bay = self.bays.iter().any(|bay| bay.bay == *from);
        let row = self
            .boots
            .iter()
            .find(|row| if is_bay { row.from == "bays" } else { row.from == from.as_str() })?;
        let can = row.can(mode)?;
        Some((can, row))
    }
}

/// The PCI address of a port's controller: the last one in its name.
pub fn address_of(port: &str) -> Option<&str> {
    let at = port.rfind("pci-")? + 4;
    let end = port.get(at..)?.find('-').map_or(port.len(), |more| at + more);
    port.get(at..end)
}
