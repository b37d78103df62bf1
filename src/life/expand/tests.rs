use super::*;
use crate::capacity::{self, Class as Use, Cut, Kind, Part, Terms, Zfs, of_parts};
use crate::history::History;
use crate::inventory::{
    Contents, Dataset, Disk, Inventory, Leaf, LeafTold, Membership, Owner, Property, Signature,
    Told,
};
use crate::machine::Change;
use crate::plan::erase::Take;
use crate::plan::{Danger, Rehearsal};
use crate::profile::Profile;
use crate::render::fixture::{disk, holding, hw};
use crate::smart::Smart;
use crate::units::Ashift;

const TB4: u64 = 4_000_787_030_016;
const TB8: u64 = 8_001_563_222_016;
const TERMS: Terms = Terms { zfs: Zfs::V2_1, cut: Cut::Whole };

/// A box of 24 drives of 4 TB, and a pool of some of them as ZFS would say it.
struct Made(Inventory);

/// A vdev: its kind, what it is for, its bays.
type Spec<'a> = (&'a str, Class, &'a [usize]);

fn drive(disk: &Disk) -> capacity::Drive {
    capacity::Drive { bytes: disk.size, logical_sector: disk.logical }
}

fn part_of(kind: &str, class: Class, disks: &[&Disk]) -> Part {
    let kind = if kind == "disk" { Kind::Stripe } else { kind.parse().unwrap() };
    let class = match class {
        Class::Log => Use::Log,
        Class::Special => Use::Special,
        _ => Use::Normal,
    };
    let leaves = disks.iter().map(|disk| drive(disk)).collect();
    Part { vdev: capacity::Vdev { kind, leaves, ashift: Ashift::DEFAULT }, class, born: None }
}

impl Made {
    fn of(specs: &[Spec<'_>]) -> Self {
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
            partition: Some(Cut::Whole.made_by(Zfs::V2_1, drive(disk)).unwrap()),
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

    fn parts(&self) -> Vec<Part> {
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

    fn usable(parts: &[Part]) -> u64 {
        of_parts(parts, TERMS).unwrap().usable.0
    }

    fn pool(&mut self) -> &mut Pool {
        &mut self.0.pools.as_mut().unwrap()[0]
    }

    fn set(&mut self, name: &str, value: &str) {
        let all = &mut self.pool().properties;
        all.retain(|it| it.name != name);
        all.push(Property { name: name.into(), value: value.into(), source: "local".into() });
    }

    fn disk(&mut self, bay: usize) -> &mut Disk {
        &mut self.0.disks[bay - 1]
    }

    fn ask(&self, way: Way<'_>) -> Result<Task, Cannot> {
        self.told(way, None, &[], &[])
    }

    fn told(
        &self,
        way: Way<'_>,
        wish: Option<&Profile>,
        takes: &[Take],
        stale: &[Stale],
    ) -> Result<Task, Cannot> {
        let hw = hw("4u-24bay");
        let sight = Sight { hw: &hw, inventory: &self.0, wish, takes, unfinished: &[] };
        let history = History::default();
        let task = make(&Request { sight, history: &history, pool: None, way, stale });
        // What holds of every task that is ever made.
        for cmd in task.iter().flat_map(commands) {
            assert!(!cmd.split(' ').any(|word| word == "-f"), "{cmd}");
            assert!(!cmd.contains("-force"), "{cmd}");
        }
        task
    }

    fn no(&self, way: Way<'_>) -> String {
        said(&self.ask(way).unwrap_err())
    }
}

fn number(of: usize) -> u64 {
    u64::try_from(of).unwrap()
}

fn said(why: &Cannot) -> String {
    why.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn commands(task: &Task) -> Vec<String> {
    let changes = task.steps.iter().flat_map(|step| &step.changes);
    let run = |change: &Change| match change {
        Change::Run(cmd) => Some(cmd.to_string()),
        _ => None,
    };
    changes.filter_map(run).collect()
}

fn says(task: &Task, word: &str) -> String {
    let facts = task.facts.iter().filter(|(label, _)| label == word);
    facts.map(|(_, say)| say.clone()).collect::<Vec<_>>().join("; ")
}

fn bay(text: &str) -> BayId {
    text.parse().unwrap()
}

fn bays(text: &str) -> Vec<BayId> {
    text.split(' ').map(bay).collect()
}

fn wwn(bay: usize) -> String {
    format!("/dev/disk/by-id/wwn-0x5000c5007a0600{bay:02}")
}

fn wish(more: &str) -> Profile {
    let text = format!(
        "hardware: 4u-24bay\npool:\n  name: tank\n  layout: raidz\n  bays: [1, 2, 3]\n{more}"
    );
    crate::yaml::read::<Profile>("mine.yaml", text.as_bytes()).unwrap().value
}

fn attach<'a>(bay: &'a BayId, to: Option<&'a str>) -> Way<'a> {
    Way::Attach { bay, to }
}

fn raidz() -> Made {
    Made::of(&[("raidz1", Class::Normal, &[1, 2, 3])])
}

fn mirrors() -> Made {
    Made::of(&[("mirror", Class::Normal, &[1, 2]), ("mirror", Class::Normal, &[3, 4])])
}

#[test]
fn a_raidz_is_widened_and_its_bytes_are_foretold() {
    let made = raidz();
    let four = bay("4");
    let task = made.ask(attach(&four, None)).unwrap();
    assert_eq!(commands(&task), [format!("zpool attach tank raidz1-0 {}", wwn(4))]);
    assert_eq!((task.follows, task.steps[0].danger), (Follows::Expansion, Danger::TakesFreeDisks));
    let before = &task.steps[0].before;
    assert!(matches!(&before[0], Condition::DiskFree { disk } if disk.address == wwn(4)));
    assert!(before.iter().any(|it| matches!(it, Condition::PoolOnline { .. })));
    assert_eq!(before.iter().filter(|it| matches!(it, Condition::LeafIs { .. })).count(), 3);
    assert!(matches!(&task.steps[0].after[..], [Condition::MemberOf { .. }]));
    // Four drives, and the ratio of three: what `zbay grow` says too.
    let mut grown = made.parts();
    grown[0].born = Some(capacity::Born { leaves: grown[0].vdev.leaves.clone(), zfs: Zfs::V2_1 });
    grown[0].vdev.leaves.push(drive(&made.0.disks[3]));
    let usable = task.usable.unwrap();
    assert_eq!(usable.after, Some(Bytes(Made::usable(&grown))));
    assert_eq!(usable.before, Some(Bytes(Made::usable(&made.parts()))));
    assert!(usable.after > usable.before);
    assert!(says(&task, "for ever").contains("never narrowed"));
    assert!(says(&task, "blocks").contains("zfs rewrite"));
    assert!(says(&task, "meanwhile").contains("outlives any one drive"));
    assert_eq!(made.ask(attach(&four, None)).unwrap().id, task.id, "the same look, the same task");
}

#[test]
fn what_the_model_cannot_retrace_is_not_known() {
    let four = bay("4");
    let mut odd = raidz();
    odd.pool().vdevs[0].size = odd.pool().vdevs[0].size.map(|size| Bytes(size.0 - 4096));
    let task = odd.ask(attach(&four, None)).unwrap();
    assert_eq!(task.usable.unwrap().after, None);
    assert!(says(&task, "after").contains("not known"), "{task:?}");
    let mut beside = raidz();
    beside.pool().datasets[0].used.0 += 1;
    assert_eq!(beside.ask(attach(&four, None)).unwrap().usable.unwrap().after, None);
}

#[test]
fn a_raidz_is_widened_only_where_all_is_well() {
    let four = bay("4");
    let no = |change: &dyn Fn(&mut Made)| {
        let mut made = raidz();
        change(&mut made);
        made.no(attach(&four, None))
    };
    let feature = no(&|made| made.set("feature@raidz_expansion", "disabled"));
    assert!(feature.contains("zpool set feature@raidz_expansion=enabled tank"), "{feature}");
    let limited = no(&|made| {
        made.set("feature@raidz_expansion", "disabled");
        made.set("compatibility", "openzfs-2.2-linux");
    });
    assert!(limited.contains("compatibility is openzfs-2.2-linux"), "{limited}");
    let old = no(&|made| made.pool().properties.clear());
    assert!(old.contains("OpenZFS 2.3 or newer"), "{old}");
    assert!(no(&|made| made.pool().state = "DEGRADED".into()).contains("pool tank is DEGRADED"));
    assert!(no(&|made| made.pool().state = "SUSPENDED".into()).contains("is suspended"));
    assert!(no(&|made| made.pool().busy = Some("scrub".into())).contains("is at work (scrub)"));
    let leaf = no(&|made| made.pool().vdevs[0].leaves[1].state = "OFFLINE".into());
    assert!(leaf.contains("a member of tank/raidz1-0 is OFFLINE"), "{leaf}");
    let replacing = no(&|made| {
        let leaf = made.pool().vdevs[0].leaves[0].clone();
        made.pool().vdevs[0].leaves.push(leaf);
    });
    assert!(replacing.contains("being replaced already"), "{replacing}");
    let small = no(&|made| made.disk(4).size = Bytes(TB4 - 10_000_000_000));
    assert!(small.contains("bay 4 is too small"), "{small}");
    let sector = no(&|made| {
        made.pool().vdevs[0].ashift = Some(9);
        made.disk(4).logical = 4096;
    });
    assert!(sector.contains("sectors of 4096"), "{sector}");
    let failing =
        no(&|made| made.disk(4).smart = Ok(Smart { pending: Some(1), ..Smart::default() }));
    assert!(failing.contains("accept_smart"), "{failing}");
    assert!(raidz().no(attach(&bay("2"), None)).contains("bay 2 is not free"));
    assert!(raidz().no(attach(&bay("99"), None)).contains("there is no bay `99`"));
    let gone = no(&|made| made.0.disks.retain(|disk| disk.name != "d4"));
    assert!(gone.contains("bay 4 is empty, so nothing was done"), "{gone}");
    let none = no(&|made| made.0.pools = Ok(Vec::new()));
    assert!(none.contains("no pool is imported"), "{none}");
}

#[test]
fn a_drive_that_holds_something_comes_in_by_name_alone() {
    let mut made = raidz();
    let ext4 = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    let holds = Contents { erasable: true, ..Contents::bare(Owner::Filesystem(ext4)) };
    made.disk(4).contents = Ok(holds);
    let four = bay("4");
    let why = made.no(attach(&four, None));
    assert!(why.contains("bay 4 is not free") && why.contains("--take"), "{why}");
    let take: Take = "0x5000c5007a060004=SER04".parse().unwrap();
    let task = made.told(attach(&four, None), None, &[take], &[]).unwrap();
    assert_eq!((task.steps.len(), task.steps[0].danger), (2, Danger::Erases));
}

#[test]
fn a_mirror_and_a_single_disk_get_a_copy() {
    let five = bay("5");
    let why = mirrors().no(attach(&five, None));
    for words in ["tank/mirror-0, bays 1-2", "tank/mirror-1, bays 3-4", "attach 5 --to VDEV"] {
        assert!(why.contains(words), "{words}: {why}");
    }
    for to in ["mirror-1", "tank/mirror-1", "3", "4"] {
        let task = mirrors().ask(attach(&five, Some(to))).unwrap();
        assert_eq!(commands(&task), [format!("zpool attach tank 103 {}", wwn(5))], "{to}");
        assert_eq!(task.follows, Follows::Resilver);
        let usable = task.usable.unwrap();
        assert!(usable.after.is_some() && usable.before == usable.after);
    }
    assert!(mirrors().no(attach(&five, Some("mirror-7"))).contains("there is no vdev `mirror-7`"));
    assert!(mirrors().no(attach(&five, Some("9"))).contains("no bay of that name with a member"));
    // What helps a pool that is not well is allowed: a copy beside the member that stays.
    let mut ill = mirrors();
    ill.pool().state = "DEGRADED".into();
    ill.pool().busy = Some("scrub".into());
    ill.pool().vdevs[0].leaves[0].state = "FAULTED".into();
    let task = ill.ask(attach(&five, Some("mirror-0"))).unwrap();
    assert_eq!(commands(&task), [format!("zpool attach tank 102 {}", wwn(5))]);
    ill.pool().busy = Some("resilver".into());
    assert!(ill.no(attach(&five, Some("mirror-0"))).contains("is at work"));
    let single = Made::of(&[("disk", Class::Normal, &[1])]);
    let task = single.ask(attach(&five, None)).unwrap();
    assert_eq!(commands(&task), [format!("zpool attach tank 101 {}", wwn(5))]);
    let usable = task.usable.unwrap();
    assert!(usable.after.is_some() && usable.before == usable.after, "{usable:?}");
    let with = Made::of(&[("raidz1", Class::Normal, &[1, 2, 3]), ("disk", Class::Cache, &[4])]);
    assert!(with.no(attach(&five, Some("4"))).contains("nothing can be attached"));
}

#[test]
fn a_single_drive_is_never_added_to_a_redundant_pool() {
    for (kind, bays_of) in
        [("mirror", &[1, 2][..]), ("raidz1", &[1, 2, 3]), ("raidz2", &[1, 2, 3, 4])]
    {
        let made = Made::of(&[(kind, Class::Normal, bays_of)]);
        let why = made.no(Way::Add(&bays("9")));
        assert!(why.contains("a single drive is never added"), "{kind}: {why}");
        assert!(why.contains("zbay expand attach BAY"), "{why}");
        // Nor where the wish accepts everything that can be accepted.
        let all = wish("  uneven_vdevs: accept\n  mixed_sizes: waste\n  accept_smart: true\n");
        assert!(made.told(Way::Add(&bays("9")), Some(&all), &[], &[]).is_err(), "{kind}");
    }
    let striped = Made::of(&[("disk", Class::Normal, &[1])]);
    let task = striped.ask(Way::Add(&bays("9 10"))).unwrap();
    assert!(commands(&task)[0].ends_with(&format!("tank {} {}", wwn(9), wwn(10))));
    assert!(says(&task, "warning").contains("no redundancy"));
}

#[test]
fn a_vdev_is_added_in_the_shape_of_the_pool_after_a_rehearsal() {
    let made = raidz();
    let task = made.ask(Way::Add(&bays("4 5 6"))).unwrap();
    let devices = format!("{} {} {}", wwn(4), wwn(5), wwn(6));
    assert_eq!(commands(&task), [format!("zpool add -o ashift=12 tank raidz1 {devices}")]);
    let Some(Rehearsal { cmd, accepted, .. }) = &task.steps[0].rehearsal else { panic!() };
    assert_eq!(cmd.to_string(), format!("zpool add -n -o ashift=12 tank raidz1 {devices}"));
    assert!(accepted.is_empty());
    assert_eq!((task.steps[0].before.len(), task.steps[0].after.len()), (4, 3));
    let mut grown = made.parts();
    grown.extend(made.parts());
    assert_eq!(task.usable.unwrap().after, Some(Bytes(Made::usable(&grown))));
    assert!(says(&task, "for ever").contains("no data vdev can be removed"));

    assert!(made.no(Way::Add(&bays("4 5"))).contains("a raidz1 needs 3 drives or more"));
    let wide = made.no(Way::Add(&bays("4 5 6 7")));
    assert!(wide.contains("vdevs of pool tank have 3 drives"), "{wide}");
    let accepts = wish("  uneven_vdevs: accept\n");
    let task = made.told(Way::Add(&bays("4 5 6 7")), Some(&accepts), &[], &[]).unwrap();
    assert!(commands(&task)[0].starts_with("zpool add --allow-replication-mismatch -o ashift=12"));
    assert_eq!(
        task.steps[0].rehearsal.as_ref().unwrap().accepted,
        ["mismatched replication level"]
    );
    assert!(says(&task, "profile").contains("[4, 5, 6, 7]"));
    assert!(made.no(Way::Add(&bays("4 5 5"))).contains("bay 5 is named twice"));

    let mut sizes = raidz();
    sizes.disk(5).size = Bytes(TB8);
    assert!(sizes.no(Way::Add(&bays("4 5 6"))).contains("differ in size"));
    let waste = wish("  mixed_sizes: waste\n");
    let task = sizes.told(Way::Add(&bays("4 5 6")), Some(&waste), &[], &[]).unwrap();
    assert!(commands(&task)[0].contains("--allow-replication-mismatch"));

    let two =
        Made::of(&[("raidz1", Class::Normal, &[1, 2, 3]), ("mirror", Class::Normal, &[4, 5])]);
    assert!(two.no(Way::Add(&bays("6 7 8"))).contains("of several kinds (mirror, raidz1)"));
    let mut ill = raidz();
    ill.pool().state = "DEGRADED".into();
    assert!(ill.no(Way::Add(&bays("4 5 6"))).contains("is DEGRADED"));
}

#[test]
fn a_reserve_of_the_wish_is_kept_by_new_drives() {
    let made = raidz();
    let reserve = wish("  reserve: 2GiB\n");
    let task = made.told(Way::Add(&bays("4 5 6")), Some(&reserve), &[], &[]).unwrap();
    assert_eq!(task.steps.len(), 4);
    let all = commands(&task);
    assert!(all[0].starts_with("sgdisk --clear") && all[0].ends_with(&wwn(4)), "{all:?}");
    assert!(all.last().unwrap().contains(&format!("{}-part1", wwn(6))), "{all:?}");
    let four = bay("4");
    let task = made.told(attach(&four, None), Some(&reserve), &[], &[]).unwrap();
    assert!(commands(&task).last().unwrap().ends_with("-part1"));
    // A log of its own is a whole drive.
    let log = made.told(Way::Log(&bays("4")), Some(&reserve), &[], &[]).unwrap();
    assert_eq!(log.steps.len(), 1);
}

#[test]
fn logs_caches_spares_and_special_vdevs() {
    let made = raidz();
    let log = made.ask(Way::Log(&bays("4"))).unwrap();
    assert_eq!(commands(&log), [format!("zpool add -o ashift=12 tank log {}", wwn(4))]);
    assert!(says(&log, "warning").contains("it is one drive"));
    let log = made.ask(Way::Log(&bays("4 5"))).unwrap();
    let both = format!("{} {}", wwn(4), wwn(5));
    assert_eq!(commands(&log), [format!("zpool add -o ashift=12 tank log mirror {both}")]);
    assert_eq!(says(&log, "warning"), "");
    assert!(made.no(Way::Log(&bays("4 5 6"))).contains("a log of 3 drives"));
    let cache = made.ask(Way::Cache(&bays("4 5"))).unwrap();
    assert_eq!(commands(&cache), [format!("zpool add tank cache {both}")]);
    let spare = made.ask(Way::Spare(&bays("4"))).unwrap();
    assert_eq!(commands(&spare), [format!("zpool add tank spare {}", wwn(4))]);
    assert!(spare.steps[0].rehearsal.is_some());
    let mut small = raidz();
    small.disk(4).size = Bytes(TB4 - 10_000_000_000);
    assert!(small.no(Way::Spare(&bays("4"))).contains("too small"));
    assert!(small.ask(Way::Cache(&bays("4"))).is_ok());

    let special = made.ask(Way::Special(&bays("4 5"))).unwrap();
    assert_eq!(commands(&special), [format!("zpool add -o ashift=12 tank special mirror {both}")]);
    let usable = special.usable.unwrap();
    assert_eq!(usable.after, usable.before);
    assert!(made.no(Way::Special(&bays("4"))).contains("a mirror of 1 would be weaker"));
    assert!(made.no(Way::Special(&bays("4 5 6"))).contains("by force alone"));
    let double = Made::of(&[("raidz2", Class::Normal, &[1, 2, 3, 4])]);
    assert!(double.no(Way::Special(&bays("5 6"))).contains("has 3 drives"));
    assert!(double.ask(Way::Special(&bays("5 6 7"))).is_ok());
    let single = Made::of(&[("disk", Class::Normal, &[1])]);
    assert!(single.no(Way::Special(&bays("5 6"))).contains("has no redundancy"));
    let mut old = raidz();
    old.set("feature@allocation_classes", "disabled");
    assert!(old.no(Way::Special(&bays("4 5"))).contains("allocation_classes"));
}

#[test]
fn larger_drives_one_by_one() {
    let (one, nine) = (bay("1"), bay("9"));
    let with = |made: &Made| made.ask(Way::Larger { bay: &one, with: Some(&nine) });
    let mut made = raidz();
    assert!(said(&with(&made).unwrap_err()).contains("bay 9 is not larger"));
    made.disk(9).size = Bytes(TB8);
    let task = with(&made).unwrap();
    assert_eq!(commands(&task), [format!("zpool replace tank 101 {}", wwn(9))]);
    assert!(says(&task, "small").contains("bays 2-3 still have to give way"), "{task:?}");
    assert!(says(&task, "small").contains("zbay expand larger 2"));
    assert!(says(&task, "room").contains("by itself"));
    let usable = task.usable.unwrap();
    assert_eq!(usable.before, usable.after, "two are still small");
    let mut all = made.parts();
    all[0].born = Some(capacity::Born { leaves: all[0].vdev.leaves.clone(), zfs: Zfs::V2_1 });
    all[0].vdev.leaves = vec![drive(&made.0.disks[8]); 3];
    let last = Made::usable(&all);
    assert!(says(&task, "at last").starts_with(&last.to_string()), "{}", says(&task, "at last"));

    // In the same bay the old one goes first, where its vdev can lose one.
    let here = Way::Larger { bay: &one, with: None };
    let task = made.ask(here).unwrap();
    assert_eq!(commands(&task), ["zpool offline tank 101"]);
    assert!(task.then.unwrap().contains("zbay replace 1"));
    let mut ill = raidz();
    ill.pool().vdevs[0].leaves[2].state = "UNAVAIL".into();
    assert!(ill.no(here).contains("would be lost, so it stays"));
    let single = Made::of(&[("disk", Class::Normal, &[1])]);
    assert!(single.no(here).contains("would be lost, so it stays"));
    assert!(made.no(Way::Larger { bay: &nine, with: None }).contains("has no member"));
    ill.pool().vdevs[0].leaves[0].state = "FAULTED".into();
    assert!(ill.no(here).contains("is FAULTED"));
}

#[test]
fn the_last_larger_drive_and_the_room_that_zfs_has_not_taken() {
    let (one, nine) = (bay("1"), bay("9"));
    // Two are large already; ZFS has the vdev as it was.
    let mut made = raidz();
    let large = Cut::Whole.made_by(Zfs::V2_1, capacity::Drive::sector_512(Bytes(TB8))).unwrap();
    for at in [1, 2] {
        made.disk(at + 1).size = Bytes(TB8);
        made.pool().vdevs[0].leaves[at].partition = Some(large);
    }
    made.disk(9).size = Bytes(TB8);
    let task = made.ask(Way::Larger { bay: &one, with: Some(&nine) }).unwrap();
    assert!(says(&task, "small").contains("it is the last"));
    let usable = task.usable.unwrap();
    assert!(usable.after > usable.before);
    let grown = usable.after;
    made.set("autoexpand", "off");
    let task = made.ask(Way::Larger { bay: &one, with: Some(&nine) }).unwrap();
    let usable = task.usable.unwrap();
    assert_eq!(usable.after, usable.before, "not by itself");
    assert!(says(&task, "room").contains("autoexpand is off"));

    // All are large.
    made.disk(1).size = Bytes(TB8);
    made.pool().vdevs[0].leaves[0].partition = Some(large);
    let room = Way::Larger { bay: &one, with: None };
    let task = made.ask(room).unwrap();
    let expected = [1, 2, 3].map(|at| format!("zpool online -e tank {}", wwn(at)));
    assert_eq!(commands(&task), expected);
    assert_eq!(task.usable.unwrap().after, grown);
    let stale = [Stale { disk: "d2".into(), what: "a ZFS label of an older pool".into() }];
    let why = said(&made.told(room, None, &[], &stale).unwrap_err());
    assert!(why.contains("bay 2 has more on it") && why.contains("#16144"), "{why}");
}

#[test]
fn what_can_leave_again() {
    let made = Made::of(&[
        ("mirror", Class::Normal, &[1, 2]),
        ("mirror", Class::Normal, &[3, 4]),
        ("mirror", Class::Log, &[5, 6]),
        ("disk", Class::Cache, &[7]),
        ("disk", Class::Spare, &[8]),
        ("disk", Class::Log, &[9]),
    ]);
    for (what, command) in [
        ("mirror-2", "zpool remove tank 12"),
        ("7", "zpool remove tank 107"),
        ("8", "zpool remove tank 108"),
        ("9", "zpool remove tank 109"),
        ("109", "zpool remove tank 109"),
        ("12", "zpool remove tank 12"),
        ("5", "zpool detach tank 105"),
        ("2", "zpool detach tank 102"),
        ("tank/mirror-1", "zpool remove tank 11"),
    ] {
        let task = made.ask(Way::Remove(what)).unwrap();
        assert_eq!(commands(&task), [command], "{what}");
        assert!(task.disks.is_empty(), "nothing is written over");
        let moves = what == "tank/mirror-1";
        assert_eq!(task.follows == Follows::Removal, moves, "{what}");
        let gone = matches!(task.steps[0].after.first(), Some(Condition::LeafGone { .. }));
        assert_eq!(gone, !moves, "{what}");
    }
    assert!(says(&made.ask(Way::Remove("2")).unwrap(), "warning").contains("no redundancy then"));
    let task = made.ask(Way::Remove("mirror-1")).unwrap();
    let rest = made.parts()[..1].to_vec();
    assert_eq!(task.usable.unwrap().after, Some(Bytes(Made::usable(&rest))));
    assert!(made.no(Way::Remove("13")).contains("bay 13 has no member"));
    assert!(made.no(Way::Remove("no such")).contains("has no member"));
    let three = Made::of(&[("mirror", Class::Normal, &[1, 2, 3])]);
    assert!(says(&three.ask(Way::Remove("2")).unwrap(), "outlives").starts_with("1 of"));
}

#[test]
fn what_must_stay() {
    let raidz = Made::of(&[
        ("raidz1", Class::Normal, &[1, 2, 3]),
        ("mirror", Class::Normal, &[4, 5]),
        ("mirror", Class::Special, &[6, 7]),
    ]);
    assert!(raidz.no(Way::Remove("2")).contains("never narrowed"));
    for what in ["mirror-1", "mirror-2", "raidz1-0"] {
        let why = raidz.no(Way::Remove(what));
        assert!(why.contains("while a raidz (raidz1-0) is in the pool"), "{what}: {why}");
    }
    let only = Made::of(&[("mirror", Class::Normal, &[1, 2])]);
    assert!(only.no(Way::Remove("mirror-0")).contains("only data vdev"));
    let no = |change: &dyn Fn(&mut Made), what: &str| {
        let mut made = mirrors();
        change(&mut made);
        made.no(Way::Remove(what))
    };
    let copies = |made: &mut Made| made.pool().vdevs[0].leaves[1].state = "UNAVAIL".into();
    assert!(no(&copies, "1").contains("no other copy of tank/mirror-0 is well"));
    let errors = |made: &mut Made| made.pool().vdevs[0].leaves[1].errors = [0, 0, 3];
    assert!(no(&errors, "1").contains("no other copy"));
    assert!(no(&|made| made.pool().vdevs[1].ashift = Some(13), "mirror-1").contains("(12, 13)"));
    let full = |made: &mut Made| {
        made.pool().vdevs[1].allocated = Some(Bytes(TB4));
        made.pool().datasets[0].available = Bytes(TB4 - 1);
    };
    assert!(no(&full, "mirror-1").contains("have room for"));
    assert!(no(&|made| made.set("checkpoint", "4096"), "mirror-1").contains("zpool checkpoint -d"));
    assert!(mirrors_with_checkpoint_off());
    let off = |made: &mut Made| made.set("feature@device_removal", "disabled");
    assert!(no(&off, "mirror-1").contains("device_removal"));
    let busy = |made: &mut Made| made.pool().busy = Some("device removal".into());
    assert!(no(&busy, "mirror-1").contains("is at work"));
    let mut used = Made::of(&[("mirror", Class::Normal, &[1, 2]), ("disk", Class::Spare, &[8])]);
    used.pool().vdevs[1].leaves[0].state = "INUSE".into();
    assert!(used.no(Way::Remove("8")).contains("is INUSE"));
}

fn mirrors_with_checkpoint_off() -> bool {
    let mut made = mirrors();
    made.set("checkpoint", "-");
    made.ask(Way::Remove("mirror-1")).is_ok()
}

#[test]
fn which_pool_is_asked_where_there_are_two() {
    let mut made = raidz();
    let other = Pool { name: "other".into(), guid: 78, ..made.pool().clone() };
    made.0.pools.as_mut().unwrap().push(other);
    let why = made.no(Way::Log(&bays("4")));
    assert!(why.contains("--pool NAME") && why.contains("other"), "{why}");
    let hw = hw("4u-24bay");
    let sight = Sight { hw: &hw, inventory: &made.0, wish: None, takes: &[], unfinished: &[] };
    let ask = |pool| {
        let history = History::default();
        let way = Way::Log(&[]);
        make(&Request { sight, history: &history, pool, way, stale: &[] })
    };
    assert!(said(&ask(Some("tnak")).unwrap_err()).contains("no pool `tnak`"));
    assert!(ask(Some("other")).is_ok());
}
