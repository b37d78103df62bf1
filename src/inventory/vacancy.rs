//! Whether a bay is empty, which is said only where it is proved.
//!
//! That no drive answers at a bay's port proves nothing where drives sit at ports that no description names: the bays'
//! cable may have been moved to a card. Nor does it where the controller of the port is not there, or has no driver.

use std::fmt;

use serde::Serialize;

use crate::hw::{Hw, address_of};
use crate::inventory::{Disk, Inventory, Transport};
use crate::names::BayId;

/// Whether a drive is in a bay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vacancy {
    /// One is.
    Taken,
    /// None is.
    Empty,
    /// Nobody can say.
    NotKnown(Doubt),
}

/// Why nobody can say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "doubt")]
pub enum Doubt {
    /// The disks could not be listed.
    Blind {
        /// Why.
        why: String,
    },
    /// No drive is at the bays' ports, and these are at ports that are not described.
    Elsewhere {
        /// Kernel names and ports.
        drives: Vec<(String, Option<String>)>,
    },
    /// The controller of the port is not there.
    NoController {
        /// Its PCI address.
        address: String,
    },
    /// No driver shows the drives of the controller of the port.
    NoDriver {
        /// Its PCI address.
        address: String,
        /// What holds it instead.
        driver: Option<String>,
    },
    /// Other bays were found at a card, and this one's port there is not known.
    Unlearned {
        /// The card's PCI address.
        card: String,
    },
}

impl Doubt {
    /// What to do.
    pub fn remedy(&self) -> String {
        match self {
            Self::Blind { .. } => "run it as root".to_owned(),
            Self::Elsewhere { drives } => {
                let usb = |port: &Option<String>| port.as_deref().is_some_and(is_usb);
                if drives.iter().all(|(_, port)| usb(port)) {
                    "if the enclosure moved to another USB port, `zbay learn` finds out which bay is which".to_owned()
                } else {
                    "if the bays are cabled to a card, `zbay learn` finds out which port is which \
                     bay"
                    .to_owned()
                }
            }
            Self::NoController { .. } => {
                "enable the controller in the BIOS setup, or put the card back".to_owned()
            }
            Self::NoDriver { .. } => {
                "load its driver, or run zbay in the guest that the controller was passed to"
                    .to_owned()
            }
            Self::Unlearned { .. } => "put a drive in and run `zbay learn` again".to_owned(),
        }
    }
}

impl fmt::Display for Doubt {
    /// Completes "not known: ...".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blind { why } => write!(f, "the disks could not be listed: {why}"),
            Self::Elsewhere { drives } => {
                let names: Vec<&str> = drives.iter().map(|(name, _)| name.as_str()).collect();
                let sit = if names.len() == 1 { "sits" } else { "sit" };
                let first = drives.iter().find_map(|(_, port)| port.as_deref());
                let at = first.map_or_else(
                    || "at a port that udev does not report".to_owned(),
                    |port| match names.len() {
                        1 => format!("at {port}"),
                        _ => format!("at ports like {port}"),
                    },
                );
                let names = names.join(", ");
                write!(
                    f,
                    "no drive answers at the bays' ports, and {names} {sit} {at}, which no description names"
                )
            }
            Self::NoController { address } => {
                write!(f, "the controller of its port, {address}, is missing")
            }
            Self::NoDriver { address, driver: None } => {
                write!(f, "no driver is bound to the controller of its port, {address}")
            }
            Self::NoDriver { address, driver: Some(driver) } => {
                write!(
                    f,
                    "{driver} holds the controller of its port, {address}, and hides its drives"
                )
            }
            Self::Unlearned { card } => {
                write!(
                    f,
                    "other bays are on the card at {card}, and this bay's port there is unknown"
                )
            }
        }
    }
}

/// Drivers that hide a device from this system so that another one gets it.
const HIDING: [&str; 3] = ["vfio-pci", "pci-stub", "pciback"];

/// What a port's name says of its controller, without the number of the port on it.
pub fn controller(port: &str) -> &str {
    let ends = ["-ata-", "-sas-", "-scsi-", "-nvme-", "-usb-", "-fc-", "-vmbus-"];
    let end = ends.iter().filter_map(|part| port.find(part)).min();
    port.get(..end.unwrap_or(port.len())).unwrap_or(port)
}

/// True for a port of a USB controller.
pub fn is_usb(port: &str) -> bool {
    port.contains("-usb-")
}

/// Drives of one kind cannot be in a bay of another.
#[derive(PartialEq, Eq)]
enum Kind {
    Usb,
    Nvme,
    Cable,
}

impl Kind {
    fn of_port(port: &str) -> Self {
        if is_usb(port) {
            Self::Usb
        } else if port.contains("-nvme-") {
            Self::Nvme
        } else {
            Self::Cable
        }
    }

    /// `None`: such a drive is in no bay.
    fn of_disk(disk: &Disk) -> Option<Self> {
        match disk.transport {
            Transport::Usb => Some(Self::Usb),
            Transport::Nvme => Some(Self::Nvme),
            Transport::Sata | Transport::Sas | Transport::Scsi | Transport::Unknown => {
                Some(Self::Cable)
            }
            Transport::Virtio | Transport::Mmc => None,
        }
    }
}

impl Hw {
    /// Drives that may be in a bay although they are at none of the bays' ports: no port of the description is theirs, or
    /// only one that stands for any port of its kind.
    pub fn unplaced<'a>(&self, inventory: &'a Inventory, port: &str) -> Vec<&'a Disk> {
        let kind = Kind::of_port(port);
        let boot = inventory.host.boot_disk.as_ref();
        let any = |disk: &&Disk| {
            let seat = disk.seat(self);
            let stands_for_any = |bay: &BayId| {
                let place = self.places.iter().find(|place| place.place == *bay);
                kind == Kind::Usb
                    && place.and_then(|it| it.port.as_ref()).is_some_and(|it| it.contains('*'))
            };
            let is_open = seat.is_none_or(|seat| !seat.is_bay && stands_for_any(&seat.bay));
            let plain = !disk.removable && (kind == Kind::Cable || boot != Some(&disk.name));
            is_open && plain && Kind::of_disk(disk).as_ref() == Some(&kind)
        };
        inventory.disks.iter().filter(any).collect()
    }

    /// Whether a drive is in this bay or place.
    pub fn vacancy(&self, inventory: &Inventory, bay: &BayId) -> Vacancy {
        let seats = || {
            let paths = inventory.disks.iter().filter_map(|disk| disk.path.as_deref());
            paths.filter_map(|path| self.seat(path))
        };
        if seats().any(|seat| seat.bay == *bay) {
            return Vacancy::Taken;
        }
        if let Some(why) = &inventory.blind {
            return Vacancy::NotKnown(Doubt::Blind { why: why.why.clone() });
        }
        let Some(port) = self.port(bay) else { return Vacancy::Empty };
        let hidden = unseen(inventory, &port).map(Vacancy::NotKnown);
        let Some(own) = self.bays.iter().find(|one| one.bay == *bay) else {
            return hidden.unwrap_or(Vacancy::Empty);
        };
        let beside = |seat: crate::hw::Seat| {
            let port = self.bays.iter().find(|one| one.bay == seat.bay).map(|one| &one.port);
            port.is_some_and(|port| controller(port) == controller(&own.port))
        };
        if seats().any(beside) {
            return Vacancy::Empty;
        }
        if let Some(hidden) = hidden {
            return hidden;
        }
        let open = self.unplaced(inventory, &own.port);
        if !open.is_empty() {
            let drives = open.iter().map(|disk| (disk.name.clone(), disk.path.clone())).collect();
            return Vacancy::NotKnown(Doubt::Elsewhere { drives });
        }
        match self.card() {
            Some(card) if address_of(&own.port) != Some(card) => {
                Vacancy::NotKnown(Doubt::Unlearned { card: card.to_owned() })
            }
            _ => Vacancy::Empty,
        }
    }
}

/// Why drives at this port would not be seen.
fn unseen(inventory: &Inventory, port: &str) -> Option<Doubt> {
    let all = &inventory.host.controllers;
    // NVMe drives are controllers themselves, and USB's are of another class.
    if all.is_empty() || Kind::of_port(port) != Kind::Cable {
        return None;
    }
    let address = address_of(port)?.to_owned();
    match all.iter().find(|one| one.address == address) {
        None => Some(Doubt::NoController { address }),
        Some(found) => {
            let hiding = found.driver.as_ref().filter(|it| HIDING.contains(&it.as_str())).cloned();
            (hiding.is_some() || found.driver.is_none())
                .then_some(Doubt::NoDriver { address, driver: hiding })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Doubt, Vacancy, controller};
    use crate::hw::address_of;
    use crate::inventory::{Disk, Inventory, Transport, Unknown};
    use crate::render::fixture::{disk, disks, holding, hw};

    const CARD: &str = "pci-0000:07:00.0-sas-phy";

    fn at_a_card() -> Vec<Disk> {
        let mut all = disks();
        for (at, disk) in all.iter_mut().filter(|it| it.transport == Transport::Sata).enumerate() {
            disk.path = Some(format!("{CARD}{at}-lun-0"));
        }
        all
    }

    fn first(inventory: &Inventory) -> Vacancy {
        hw("hp-microserver-gen8").vacancy(inventory, &"1".parse().unwrap())
    }

    #[test]
    fn a_bay_is_not_called_empty_while_drives_sit_where_nothing_is_described() {
        let all = at_a_card();
        assert!(matches!(
            first(&holding(all.clone())),
            Vacancy::NotKnown(Doubt::Elsewhere { drives }) if drives.len() == 4
        ));
        // One drive at the bays' own controller proves where their cable is.
        let mut one = all.clone();
        one.push(disk("sdx", "M", "S", 1, "pci-0000:00:1f.2-ata-3"));
        assert_eq!(first(&holding(one)), Vacancy::Empty);
        // What no bay can hold says nothing: a stick, a card, an NVMe drive.
        for transport in [Transport::Usb, Transport::Mmc, Transport::Nvme, Transport::Virtio] {
            let mut other = all[0].clone();
            other.transport = transport;
            assert_eq!(first(&holding(vec![other])), Vacancy::Empty, "{transport:?}");
        }
        // A drive of which nobody tells the port may be anywhere.
        let mut lost = all[0].clone();
        lost.path = None;
        assert!(matches!(first(&holding(vec![lost])), Vacancy::NotKnown(_)));
        assert_eq!(first(&holding(Vec::new())), Vacancy::Empty);
    }

    #[test]
    fn a_controller_that_shows_no_drives_proves_nothing() {
        let mut none = holding(Vec::new());
        none.host.controllers[0].driver = Some("vfio-pci".into());
        assert!(matches!(first(&none), Vacancy::NotKnown(Doubt::NoDriver { .. })));
        none.host.controllers[0].driver = None;
        assert!(matches!(first(&none), Vacancy::NotKnown(Doubt::NoDriver { .. })));
        none.host.controllers[0].address = "0000:03:00.0".into();
        assert!(matches!(first(&none), Vacancy::NotKnown(Doubt::NoController { .. })));
        none.blind = Some(Unknown::because("x"));
        assert!(matches!(first(&none), Vacancy::NotKnown(Doubt::Blind { .. })));
    }

    #[test]
    fn bays_that_were_not_learned_with_the_others_are_not_known() {
        let mut hw = hw("hp-microserver-gen8");
        let all = at_a_card();
        hw.bays[2].port = format!("{CARD}0-lun-0");
        let mut seen = holding(vec![all[0].clone()]);
        assert_eq!(hw.card(), Some("0000:07:00.0"));
        let of = |bay: &str| hw.vacancy(&seen, &bay.parse().unwrap());
        assert_eq!(of("3"), Vacancy::Taken);
        assert!(matches!(of("1"), Vacancy::NotKnown(Doubt::Unlearned { .. })));
        // The card is gone: its bay is not empty for that.
        seen.disks.clear();
        let of = |bay: &str| hw.vacancy(&seen, &bay.parse().unwrap());
        assert!(matches!(of("3"), Vacancy::NotKnown(Doubt::NoController { .. })));
    }

    #[test]
    fn controllers_of_ports() {
        for (port, pci, on) in [
            ("pci-0000:00:1f.2-ata-1", Some("0000:00:1f.2"), "pci-0000:00:1f.2"),
            ("platform-f10a8000.sata-ata-1", None, "platform-f10a8000.sata"),
            (
                "platform-1000.pcie-pci-0001:01:00.0-nvme-1",
                Some("0001:01:00.0"),
                "platform-1000.pcie-pci-0001:01:00.0",
            ),
            (
                "pci-0000:01:00.0-sas-exp0x50030480000000bf-phy1-lun-0",
                Some("0000:01:00.0"),
                "pci-0000:01:00.0",
            ),
            ("pci-0000:06:02.0", Some("0000:06:02.0"), "pci-0000:06:02.0"),
        ] {
            assert_eq!((address_of(port), controller(port)), (pci, on));
        }
    }
}
