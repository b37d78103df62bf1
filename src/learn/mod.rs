//! Which port is which bay of this server, found out with the person in front of it.
//!
//! The description of a box may only assume its order. A person in front of it can read a serial number off a drive, or
//! see which one blinks: [`dialog`] asks, [`order`] says what follows for all bays, [`edit`] puts that into the text
//! of the description and leaves all else in it as it was. Nothing here touches a machine.

use schemars::JsonSchema;
use serde::Serialize;

use crate::drive::Drive;
use crate::hw::{Bay, Hw, Sure};
use crate::inventory::{Disk, Inventory};
use crate::names::BayId;

pub mod dialog;
pub mod edit;

/// So many characters of a serial number tell one drive from others, mostly.
pub const SUFFIX: usize = 4;

/// A drive that may be in a bay whose order is assumed.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// As a person knows it; its bay is the assumed one.
    pub drive: Drive,
    /// As the kernel does.
    pub disk: &'a Disk,
    /// Its port.
    pub port: &'a str,
}

/// A bay whose drive was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proof {
    /// The bay.
    pub bay: BayId,
    /// The port that it is.
    pub port: String,
    /// The drive that proved it.
    pub serial: String,
}

/// The bays that are to be asked for.
pub fn open_bays(hw: &Hw) -> Vec<&Bay> {
    hw.bays.iter().filter(|bay| bay.sure == Sure::Assumed).collect()
}

/// The drives that may be in one of them: those with a port and a serial number whose place nobody has proved.
pub fn found<'a>(hw: &Hw, inventory: &'a Inventory) -> Vec<Found<'a>> {
    let found = |disk: &'a Disk| {
        let port = disk.path.as_deref()?;
        let seat = hw.seat(port);
        let is_open = seat.is_none_or(|seat| seat.is_bay && seat.sure == Sure::Assumed);
        let drive = Drive::of(hw, disk);
        (is_open && drive.serial.is_some()).then_some(Found { drive, disk, port })
    };
    inventory.disks.iter().filter_map(found).collect()
}

/// The drives whose serial number ends in these characters, in whatever case.
pub fn ending<'f, 'a>(found: &'f [Found<'a>], suffix: &str) -> Vec<&'f Found<'a>> {
    let suffix = suffix.to_ascii_uppercase();
    let serial = |found: &Found<'_>| {
        found.drive.serial.as_ref().map(|serial| serial.as_str().to_ascii_uppercase())
    };
    let all: Vec<_> =
        found.iter().filter(|it| serial(it).is_some_and(|it| it.ends_with(&suffix))).collect();
    // A serial number that is another one's end is meant where it was typed whole.
    let whole: Vec<_> =
        all.iter().copied().filter(|it| serial(it).as_ref() == Some(&suffix)).collect();
    if whole.len() == 1 { whole } else { all }
}

/// The ports of all bays, and how sure each is, once the proofs hold. A bay without a proof keeps its port where nobody
/// proved it to be another's; else it gets one that is left over, and stays assumed.
pub fn order(hw: &Hw, proofs: &[Proof]) -> Vec<(String, Sure)> {
    let proof = |bay: &Bay| proofs.iter().find(|proof| proof.bay == bay.bay);
    let proved = |port: &String| proofs.iter().any(|proof| proof.port == *port);
    let kept = |bay: &Bay| proof(bay).is_none() && !proved(&bay.port);
    let mut left = hw.bays.iter().filter(|bay| !proved(&bay.port) && proof(bay).is_some());
    let mut next = || left.next().map(|bay| bay.port.clone());
    let one = |bay: &Bay| match proof(bay) {
        Some(proof) => (proof.port.clone(), Sure::Learned),
        None if kept(bay) => (bay.port.clone(), bay.sure),
        None => (next().unwrap_or_else(|| bay.port.clone()), Sure::Assumed),
    };
    hw.bays.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::{Proof, ending, found, open_bays, order};
    use crate::hw::Sure;
    use crate::render::fixture::{disk, holding, hw, inventory};

    fn port(n: u32) -> String {
        format!("pci-0000:00:1f.2-ata-{n}")
    }

    fn proof(bay: &str, at: u32) -> Proof {
        Proof { bay: bay.parse().unwrap(), port: port(at), serial: String::new() }
    }

    fn ordered(proofs: &[Proof]) -> Vec<(String, Sure)> {
        order(&hw("hp-microserver-gen8"), proofs)
    }

    #[test]
    fn drives_outside_the_bays_are_not_asked_for() {
        let (hw, inventory) = (hw("hp-microserver-gen8"), inventory());
        let names: Vec<&str> =
            found(&hw, &inventory).iter().map(|it| it.disk.name.as_str()).collect();
        assert_eq!(names, ["sda", "sdb", "sdc", "sde"], "the USB drive has a place");
        assert_eq!(open_bays(&hw).len(), 4);
    }

    #[test]
    fn the_end_of_a_serial_finds_its_drive() {
        let hw = hw("hp-microserver-gen8");
        let of = |serials: [&str; 3]| {
            let disk = |(n, serial)| disk(&format!("sd{n}"), "M", serial, 1, &port(n));
            holding((1..).zip(serials).map(disk).collect())
        };
        let inventory = of(["WD-WCC4E1", "XWCC4E1", "Z4Z0EXA2"]);
        let all = found(&hw, &inventory);
        let ends = |suffix: &str| -> Vec<&str> {
            ending(&all, suffix).iter().map(|it| it.disk.name.as_str()).collect()
        };
        assert_eq!(ends("exa2"), ["sd3"]);
        assert_eq!(ends("WCC4E1"), ["sd1", "sd2"]);
        assert_eq!(ends("-WCC4E1"), ["sd1"]);
        assert!(ends("EXA3").is_empty());
        let inside = of(["ABCD", "XABCD", "Q"]);
        let all = found(&hw, &inside);
        assert_eq!(ending(&all, "abcd").len(), 1, "it was typed whole");
    }

    #[test]
    fn a_permutation_is_closed_and_no_port_is_in_two_bays() {
        let all = ordered(&[proof("1", 4), proof("4", 1)]);
        let wanted =
            [(4, Sure::Learned), (2, Sure::Assumed), (3, Sure::Assumed), (1, Sure::Learned)];
        assert_eq!(all, wanted.map(|(n, sure)| (port(n), sure)));
        // Bay 2 was thought to have the port that bay 1 has: it gets the one that is free.
        let all = ordered(&[proof("1", 2)]);
        let wanted =
            [(2, Sure::Learned), (1, Sure::Assumed), (3, Sure::Assumed), (4, Sure::Assumed)];
        assert_eq!(all, wanted.map(|(n, sure)| (port(n), sure)));
        // A port that the description did not know.
        let all = ordered(&[proof("3", 9)]);
        let wanted =
            [(1, Sure::Assumed), (2, Sure::Assumed), (9, Sure::Learned), (4, Sure::Assumed)];
        assert_eq!(all, wanted.map(|(n, sure)| (port(n), sure)));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_proved_each_port_is_one_bay(pairs in proptest::collection::vec((1_u32..5, 1_u32..9), 0..6)) {
            let mut proofs: Vec<Proof> = Vec::new();
            for (bay, at) in pairs {
                let one = proof(&bay.to_string(), at);
                if !proofs.iter().any(|it| it.bay == one.bay || it.port == one.port) {
                    proofs.push(one);
                }
            }
            let mut ports: Vec<String> = ordered(&proofs).into_iter().map(|(port, _)| port).collect();
            ports.sort();
            ports.dedup();
            assert_eq!(ports.len(), 4);
        }
    }
}
