//! A box of 24 drives and a pool of some of them as ZFS would say it, for the tests of growth.

use super::*;
use crate::capacity::{self, Class as Use, Cut, Kind, Part, Terms, Zfs, of_parts};
use crate::inventory::{
    Contents, Dataset, Disk, Inventory, Leaf, LeafTold, Membership, Owner, Told,
};
use crate::machine::Change;
use crate::plan::erase::Take;
use crate::profile::Profile;
use crate::property::Property;
use crate::render::fixture::{disk, holding, hw};
use crate::units::Ashift;

pub const TB4: u64 = 4_000_787_030_016;
pub const TB8: u64 = 8_001_563_222_016;
pub const TERMS: Terms = Terms { zfs: Zfs::V2_1, cut: Cut::Whole };

/// A box of 24 drives of 4 TB, and a pool of some of them as ZFS would say it.
pub struct Made(pub Inventory);

/// A vdev: its kind, what it is for, its bays.
pub type Spec<'a> = (&'a str, Class, &'a [usize]);

pub fn part_of(kind: &str, class: Class, disks: &[&Disk]) -> Part {
    let kind = if kind == "disk" { Kind::Stripe } else { kind.parse().unwrap() };
    let class = match class {
        Class::Log => Use::Log,
        Class::Special => Use::Special,
        _ => Use::Normal,
    };
    let leaves = disks.iter().map(|disk| disk.measure()).collect();
    Part { vdev: capacity::Vdev { kind, leaves, ashift: Ashift::DEFAULT }, class, born: None }
}

impl Made {
    pub fn of(specs: &[Spec<'_>]) -> Self {
        let disks = (1..=24).map(|bay| {
            let (hba, phy) = ((bay - 1) / 8 + 1, (bay - 1) % 8);
            let port = format!("pci-0000:0{hba}:00.0-sas-phy{phy}-lun-0");
            let mut one =
                disk(&format!("d{bay}"), "ST4000DM000", &format!("SER{bay:02}"), TB4, &port);
            one.wwn = format!("0x5000c5007a0600{bay:02}").parse().ok();
            one.address = one.wwn.as_ref().map(|wwn| format!("/dev/disk/by-id/wwn-{wwn}").into());
            one.links = one.address.clone().into_iter().collect();
            one
        });
        let mut it = holding(disks.collect());
        // Another box than that of the fixture.
        it.host.controllers.clear();
        it.pools = Ok(vec![Pool {
            name: "tank".into(),
            guid: 77,
            state: "ONLINE".into(),
            status: None,
            busy: None,
            errors: 0,
            size: Bytes(0),
            allocated: Bytes(0),
            vdevs: Vec::new(),
            properties: [
                ("feature@raidz_expansion", "enabled"),
                ("feature@device_removal", "enabled"),
                ("feature@allocation_classes", "enabled"),
                ("autoexpand", "on"),
            ]
            .map(|(name, value)| Property {
                name: name.into(),
                value: value.into(),
                source: "local".into(),
            })
            .into(),
            datasets: Vec::new(),
            told: Told::default(),
        }]);
        let mut made = Self(it);
        for (at, spec) in specs.iter().enumerate() {
            made.vdev(at, spec);
        }
        made.reckon();
        made
    }

    /// Puts a vdev in.
    fn vdev(&mut self, at: usize, (kind, class, bays): &Spec<'_>) {
        let name = if *kind == "disk" {
            format!("/dev/d{}-part1", bays[0])
        } else {
            format!("{kind}-{at}")
        };
        let disks: Vec<&Disk> = bays.iter().map(|bay| &self.0.disks[*bay - 1]).collect();
        let model = part_of(kind, *class, &disks).capacity(TERMS).unwrap();
        let aside = matches!(class, Class::Cache | Class::Spare);
        let leaf = |disk: &&Disk| Leaf {
            path: disk.address.as_ref().map(|path| format!("{path}-part1").into()),
            guid: 100 + disk.name[1..].parse::<u64>().unwrap(),
            state: if *class == Class::Spare { "AVAIL".into() } else { "ONLINE".into() },
            phys_path: None,
            devid: None,
            errors: [0; 3],
            partition: Some(Cut::Whole.made_by(Zfs::V2_1, disk.measure()).unwrap()),
            disk: Some(disk.name.clone()),
            told: LeafTold::default(),
        };
        let vdev = Vdev {
            name: name.clone(),
            guid: if *kind == "disk" { number(100 + bays[0]) } else { number(10 + at) },
            kind: (*kind).into(),
            class: *class,
            state: "ONLINE".into(),
            ashift: Some(12),
            width: bays.len(),
            size: (!aside).then_some(model.size),
            deflated: (!aside).then_some(Bytes(model.dspace.0 + model.embedded_log.0)),
            allocated: Some(Bytes(0)),
            leaves: disks.iter().map(leaf).collect(),
        };
        for bay in *bays {
            let (pool, vdev) = ("tank".into(), name.clone());
            let owner = Owner::Member(Membership { pool, guid: 1, vdev });
            self.0.disks[*bay - 1].contents = Ok(Contents::bare(owner));
        }
        self.pool().vdevs.push(vdev);
    }

    /// Has the root dataset say what the model says of the vdevs.
    fn reckon(&mut self) {
        let usable = Self::usable(&self.parts());
        self.pool().datasets = vec![Dataset {
            name: "tank".into(),
            kind: "filesystem".into(),
            properties: Vec::new(),
            used: Bytes(1_000_000),
            available: Bytes(usable - 1_000_000),
        }];
    }

    pub fn parts(&self) -> Vec<Part> {
        let vdevs = self.0.pools.as_ref().unwrap()[0].vdevs.iter();
        let counted = vdevs.filter(|it| !matches!(it.class, Class::Cache | Class::Spare));
        let of = |vdev: &Vdev| {
            let by_name = |leaf: &Leaf| {
                self.0.disks.iter().find(|disk| leaf.disk.as_ref() == Some(&disk.name)).unwrap()
            };
            part_of(&vdev.kind, vdev.class, &vdev.leaves.iter().map(by_name).collect::<Vec<_>>())
        };
        counted.map(of).collect()
    }

    pub fn usable(parts: &[Part]) -> u64 {
        of_parts(parts, TERMS).unwrap().usable.0
    }

    pub fn pool(&mut self) -> &mut Pool {
        &mut self.0.pools.as_mut().unwrap()[0]
    }

    pub fn set(&mut self, name: &str, value: &str) {
        let all = &mut self.pool().properties;
        all.retain(|it| it.name != name);
        all.push(Property { name: name.into(), value: value.into(), source: "local".into() });
    }

    pub fn disk(&mut self, bay: usize) -> &mut Disk {
        &mut self.0.disks[bay - 1]
    }

    pub fn ask(&self, way: Way<'_>) -> Result<Task, ReplaceError> {
        self.told(way, None, &[], &[])
    }

    pub fn told(
        &self,
        way: Way<'_>,
        wish: Option<&Profile>,
        takes: &[Take],
        stale: &[Stale],
    ) -> Result<Task, ReplaceError> {
        let hw = hw("4u-24bay");
        let sight = Sight { hw: &hw, inventory: &self.0, wish, takes, unfinished: &[] };
        let task = make(&Request { sight, pool: None, way, stale });
        // What holds of every task that is ever made.
        for cmd in task.iter().flat_map(commands) {
            assert!(!cmd.split(' ').any(|word| word == "-f"), "{cmd}");
            assert!(!cmd.contains("-force"), "{cmd}");
        }
        task
    }

    pub fn no(&self, way: Way<'_>) -> String {
        said(&self.ask(way).unwrap_err())
    }
}

pub fn number(of: usize) -> u64 {
    u64::try_from(of).unwrap()
}

pub fn said(why: &ReplaceError) -> String {
    why.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

pub fn commands(task: &Task) -> Vec<String> {
    let changes = task.steps.iter().flat_map(|step| &step.changes);
    let run = |change: &Change| match change {
        Change::Run(cmd) => Some(cmd.to_string()),
        _ => None,
    };
    // Names of new partitions are there only when udev is done: each such step waits for it.
    changes.filter_map(run).filter(|cmd| !cmd.starts_with("udevadm settle")).collect()
}

pub fn says(task: &Task, word: &str) -> String {
    let facts = task.facts.iter().filter(|(label, _)| label == word);
    facts.map(|(_, say)| say.clone()).collect::<Vec<_>>().join("; ")
}

pub fn bay(text: &str) -> String {
    text.to_owned()
}

pub fn bays(text: &str) -> Vec<String> {
    text.split(' ').map(bay).collect()
}

pub fn wwn(bay: usize) -> String {
    format!("/dev/disk/by-id/wwn-0x5000c5007a0600{bay:02}")
}

pub fn wish(more: &str) -> Profile {
    let text = format!(
        "hardware: 4u-24bay\npool:\n  name: tank\n  layout: raidz\n  bays: [1, 2, 3]\n{more}"
    );
    crate::yaml::read::<Profile>("mine.yaml", text.as_bytes()).unwrap().value
}

pub fn attach<'a>(bay: &'a str, to: Option<&'a str>) -> Way<'a> {
    Way::Attach { bay, to }
}

pub fn raidz() -> Made {
    Made::of(&[("raidz1", Class::Normal, &[1, 2, 3])])
}

pub fn mirrors() -> Made {
    Made::of(&[("mirror", Class::Normal, &[1, 2]), ("mirror", Class::Normal, &[3, 4])])
}
