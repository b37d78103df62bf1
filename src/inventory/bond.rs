//! Which disks are not drives of their own: paths, namespaces and logical units of one drive, drives behind one bridge.
//!
//! The kernel shows each as a disk, and a pool that counts them as drives that fail apart is lost with one. Told by what the
//! kernel hangs them on (an NVMe controller or subsystem, a SCSI target) and by their world wide names: the same one twice is
//! one thing seen twice; one that differs in its extension alone (`ID_WWN` against `ID_WWN_WITH_EXTENSION`) is another part
//! of the same drive. Pure.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Disk, Transport, Vdev};
use crate::filler::is_filler_serial;
use crate::names::Wwn;

/// What several disks have in common, so that they fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bond {
    /// One drive, seen by each of its paths: the same blocks.
    Paths,
    /// Namespaces of one `NVMe` drive.
    Namespaces,
    /// Logical units of one drive, such as the two halves of a SAS drive with two actuators.
    Units,
    /// Logical units of one target that is no drive: a USB bridge with several bays, an array, a hypervisor.
    Target,
}

impl Bond {
    /// True where the disks are one drive, false where they only hang on one thing.
    pub fn is_one_drive(self) -> bool {
        self != Self::Target
    }
}

/// What one disk shares with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bound {
    /// How.
    pub bond: Bond,
    /// Kernel names of the others, in the order of the inventory.
    pub with: Vec<String>,
}

/// Which drive each disk is of: partitions, namespaces, logical units and paths of one drive are one. Made once for a look.
#[derive(Clone, Debug)]
pub struct Drives<'a> {
    /// Kernel names: of each disk the first one of its drive.
    of: BTreeMap<&'a str, &'a str>,
}

impl<'a> Drives<'a> {
    /// Of these disks.
    pub fn of(disks: &'a [Disk]) -> Self {
        let known: BTreeMap<&str, &str> =
            disks.iter().map(|disk| (disk.name.as_str(), disk.name.as_str())).collect();
        let first = |(disk, bonds): (&'a Disk, Vec<Bound>)| {
            let own = bonds.iter().filter(|bound| bound.bond.is_one_drive());
            let others = own.flat_map(|bound| &bound.with);
            let others = others.filter_map(|name| known.get(name.as_str()).copied());
            (disk.name.as_str(), others.fold(disk.name.as_str(), Ord::min))
        };
        Self { of: disks.iter().zip(bonds(disks)).map(first).collect() }
    }

    /// The drives of a vdev that are here, each with the places of its parts among the vdev's leaves.
    pub fn in_vdev(&self, vdev: &Vdev) -> BTreeMap<&'a str, Vec<usize>> {
        let mut drives: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, leaf) in vdev.leaves.iter().enumerate() {
            if let Some(drive) = leaf.disk.as_deref().and_then(|name| self.of.get(name)) {
                drives.entry(drive).or_default().push(at);
            }
        }
        drives
    }

    /// How many drives of a vdev may fail where it can lose `left` of its members: all parts of a drive go with it.
    pub fn left(&self, vdev: &Vdev, left: usize) -> usize {
        let mut parts: Vec<usize> = self.in_vdev(vdev).values().map(Vec::len).collect();
        parts.sort_unstable_by(|a, b| b.cmp(a));
        if parts.first().is_none_or(|most| *most < 2) {
            return left;
        }
        let mut lost = 0;
        let fits = parts.iter().take_while(|parts| {
            lost += **parts;
            lost <= left
        });
        fits.count()
    }
}

/// For each disk, in their order, what it shares with others; the closest bond first.
pub fn bonds(disks: &[Disk]) -> Vec<Vec<Bound>> {
    let paths = groups(disks, path);
    let namespaces = groups(disks, |disk| {
        disk.host.as_deref().filter(|_| disk.transport == Transport::Nvme).map(str::to_owned)
    });
    let units = groups(disks, |disk| {
        let base = disk.wwn_base.as_ref().filter(|wwn| !wwn.is_placeholder())?;
        drive_of_scsi(disk).then(|| base.to_string())
    });
    let same_drive = groups(disks, |disk| {
        disk.host.as_deref().filter(|_| disk.transport == Transport::Sas).map(str::to_owned)
    });
    let targets = groups(disks, |disk| {
        let other = !matches!(disk.transport, Transport::Nvme | Transport::Sas);
        disk.host.as_deref().filter(|_| other).map(str::to_owned)
    });
    let mut all = Vec::with_capacity(disks.len());
    for at in 0..disks.len() {
        let mut bound: Vec<Bound> = Vec::new();
        let kinds = [
            (Bond::Paths, &paths),
            (Bond::Namespaces, &namespaces),
            (Bond::Units, &units),
            (Bond::Units, &same_drive),
            (Bond::Target, &targets),
        ];
        for (bond, groups) in kinds {
            // A disk is bound to another once, by the closest bond.
            let near = |name: &String| bound.iter().any(|one| one.with.contains(name));
            let with: Vec<String> =
                groups.get(at).into_iter().flatten().filter(|name| !near(name)).cloned().collect();
            if with.is_empty() {
                continue;
            }
            match bound.iter_mut().find(|one| one.bond == bond) {
                Some(one) => one.with.extend(with),
                None => bound.push(Bound { bond, with }),
            }
        }
        all.push(bound);
    }
    all
}

/// World wide name, serial, model and size: who has all of another's is the other. What a bridge makes up is no sign.
fn path(disk: &Disk) -> Option<String> {
    let wwn = disk.wwn.as_ref().filter(|wwn| !wwn.is_placeholder())?;
    let serial = disk.serial.as_ref().filter(|serial| !is_filler_serial(serial.as_str()))?;
    let own = !matches!(disk.transport, Transport::Usb | Transport::Mmc);
    own.then(|| format!("{wwn}\n{serial}\n{:?}\n{}", disk.model, disk.size.0))
}

/// Whether the first half of a world wide name is the drive's: a registered extended name (NAA 6) of a SAS drive. An array
/// gives all of its volumes names that begin alike, and some makers end the first half with their own digits.
fn drive_of_scsi(disk: &Disk) -> bool {
    let differs = |base: &Wwn| disk.wwn.as_ref().is_some_and(|wwn| wwn != base);
    disk.transport == Transport::Sas && disk.wwn_base.as_ref().is_some_and(differs)
}

/// For each disk the names of the others of which `say` says the same.
pub(super) fn groups<K: Ord>(disks: &[Disk], say: impl Fn(&Disk) -> Option<K>) -> Vec<Vec<String>> {
    let said: Vec<Option<K>> = disks.iter().map(say).collect();
    let mut by_word: BTreeMap<&K, Vec<&Disk>> = BTreeMap::new();
    for (disk, word) in disks.iter().zip(&said) {
        if let Some(word) = word {
            by_word.entry(word).or_default().push(disk);
        }
    }
    let others = |(disk, word): (&Disk, &Option<K>)| {
        let same = word.as_ref().and_then(|word| by_word.get(word)).into_iter().flatten();
        same.filter(|other| other.name != disk.name).map(|other| other.name.clone()).collect()
    };
    disks.iter().zip(&said).map(others).collect()
}

/// What the kernel hangs a disk on, from its path below `/sys/devices`: the SCSI target, the `NVMe` controller or subsystem.
pub(super) fn host(devpath: &str) -> Option<String> {
    let parts: Vec<&str> = devpath.trim_start_matches("../").trim_matches('/').split('/').collect();
    let numbered = |part: &str, kind: &str| {
        part.strip_prefix(kind).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let at = parts.iter().rposition(|part| {
        numbered(part, "target") || numbered(part, "nvme-subsys") || numbered(part, "nvme")
    })?;
    let is_disk = at + 1 == parts.len();
    // `.../nvme/nvme0/nvme0n1`: the last part is the disk itself.
    let end = if is_disk { at } else { at + 1 };
    let host = parts.get(..end)?;
    let named = host.last().is_some_and(|part| {
        numbered(part, "target") || numbered(part, "nvme-subsys") || numbered(part, "nvme")
    });
    named.then(|| host.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Bond, Bound, bonds, host};
    use crate::inventory::{Disk, Transport};
    use crate::render::fixture::disk;

    fn sas(name: &str, target: u32, serial: &str, wwn: &str, base: &str) -> Disk {
        let mut it = disk(name, "ST14000NM0001", serial, 7_000_000_000_000, "");
        it.transport = Transport::Sas;
        (it.wwn, it.wwn_base) = (wwn.parse().ok(), base.parse().ok());
        it.host = Some(format!("devices/pci0000:00/host0/target0:0:{target}"));
        it
    }

    fn one(bond: Bond, with: &[&str]) -> Vec<Bound> {
        vec![Bound { bond, with: with.iter().map(|name| (*name).to_owned()).collect() }]
    }

    #[test]
    fn what_the_kernel_hangs_a_disk_on() {
        for (path, wanted) in [
            (
                "/devices/pci0000:00/0000:01:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:1/block/sda",
                Some("devices/pci0000:00/0000:01:00.0/host0/port-0:0/end_device-0:0/target0:0:0"),
            ),
            (
                "../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n2",
                Some("devices/pci0000:00/0000:01:00.0/nvme/nvme0"),
            ),
            (
                "/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1",
                Some("devices/virtual/nvme-subsystem/nvme-subsys0"),
            ),
            ("/devices/pci0000:00/0000:00:05.0/virtio2/block/vda", None),
            ("/devices/virtual/block/loop0", None),
            ("", None),
        ] {
            assert_eq!(host(path).as_deref(), wanted, "{path}");
        }
    }

    #[test]
    fn two_paths_are_one_drive_and_two_serials_are_not() {
        let (a, b) = ("0x5000c500b1000001", "0x5000c500b1000002");
        let disks =
            [sas("sda", 1, "Z1", a, a), sas("sdb", 2, "Z2", b, b), sas("sdc", 3, "Z1", a, a)];
        assert_eq!(bonds(&disks), [one(Bond::Paths, &["sdc"]), vec![], one(Bond::Paths, &["sda"])]);
        // A clone's name, another serial: that is a name that is there twice, not a drive.
        let disks = [sas("sda", 1, "Z1", a, a), sas("sdb", 2, "Z2", a, a)];
        assert_eq!(bonds(&disks), [vec![], vec![]]);
        // What a bridge makes up says nothing.
        let mut disks = [sas("sda", 1, "0123456789", a, a), sas("sdb", 2, "0123456789", a, a)];
        assert_eq!(bonds(&disks), [vec![], vec![]]);
        for disk in &mut disks {
            disk.serial = "Z1".parse().ok();
            disk.transport = Transport::Usb;
        }
        assert_eq!(bonds(&disks), [vec![], vec![]]);
    }

    #[test]
    fn two_units_of_one_drive_by_its_target_or_by_its_name() {
        let base = "0x6000c500ae000000";
        let (a, b) = ("0x6000c500ae0000000000000000000000", "0x6000c500ae0000000001000000000000");
        let units = [sas("sda", 1, "Z1A", a, base), sas("sdb", 1, "Z1B", b, base)];
        assert_eq!(bonds(&units), [one(Bond::Units, &["sdb"]), one(Bond::Units, &["sda"])]);
        let by_name = [sas("sda", 1, "Z1A", a, base), sas("sdb", 2, "Z1B", b, base)];
        assert_eq!(bonds(&by_name), bonds(&units));
        // Both units by both paths.
        let four = [
            sas("sda", 1, "Z1A", a, base),
            sas("sdb", 1, "Z1B", b, base),
            sas("sdc", 2, "Z1A", a, base),
            sas("sdd", 2, "Z1B", b, base),
        ];
        let first = &bonds(&four)[0];
        assert_eq!(first[0], one(Bond::Paths, &["sdc"])[0]);
        assert_eq!(first[1], one(Bond::Units, &["sdb", "sdd"])[0]);
    }

    #[test]
    fn namespaces_and_what_hangs_on_one_bridge() {
        let nvme = |name: &str, nth: u32| {
            let mut it = disk(name, "EXAMPLE SSD", "S1", 1, "");
            it.transport = Transport::Nvme;
            it.wwn = None;
            it.host = Some(format!("devices/pci/nvme/nvme{nth}"));
            it
        };
        let disks = [nvme("nvme0n1", 0), nvme("nvme0n2", 0), nvme("nvme1n1", 1)];
        let wanted =
            [one(Bond::Namespaces, &["nvme0n2"]), one(Bond::Namespaces, &["nvme0n1"]), vec![]];
        assert_eq!(bonds(&disks), wanted);
        let usb = |name: &str| {
            let mut it = disk(name, name, name, 1, "");
            it.transport = Transport::Usb;
            it.host = Some("devices/usb1/host6/target6:0:0".to_owned());
            it
        };
        let found = bonds(&[usb("sda"), usb("sdb")]);
        assert_eq!(found, [one(Bond::Target, &["sdb"]), one(Bond::Target, &["sda"])]);
        assert!(!Bond::Target.is_one_drive() && Bond::Units.is_one_drive());
    }
}
