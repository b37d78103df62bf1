//! What stands beside the data, larger drives, and what leaves again.

use super::fixture::*;
use super::*;
use crate::capacity::{self, Cut, Zfs};
use crate::inventory::stale::Stale;
use crate::life::Follows;
use crate::render::fixture::hw;
use crate::step::Condition;

#[test]
fn logs_caches_spares_and_special_vdevs() {
    let made = raidz();
    let log = made.ask(Way::Log(&bays("4"))).unwrap();
    assert_eq!(commands(&log), [format!("zpool add -o ashift=12 tank log {}", wwn(4))]);
    assert!(says(&log, "warning").contains("it is a single drive"));
    let log = made.ask(Way::Log(&bays("4 5"))).unwrap();
    let both = format!("{} {}", wwn(4), wwn(5));
    assert_eq!(commands(&log), [format!("zpool add -o ashift=12 tank log mirror {both}")]);
    assert_eq!(says(&log, "warning"), "");
    assert!(made.no(Way::Log(&bays("4 5 6"))).contains("a mirror of two, not 3"));
    let cache = made.ask(Way::Cache(&bays("4 5"))).unwrap();
    assert_eq!(commands(&cache), [format!("zpool add tank cache {both}")]);
    let spare = made.ask(Way::Spare(&bays("4"))).unwrap();
    assert_eq!(commands(&spare), [format!("zpool add tank spare {}", wwn(4))]);
    assert!(spare.steps[0].rehearsal.is_some());
    let mut small = raidz();
    small.disk(4).size = Bytes(TB4 - 10_000_000_000);
    assert!(small.no(Way::Spare(&bays("4"))).contains("too small"));
    // One that would fit by the slack could not stand in while the pool is imported.
    let least = member::least(&small.pool().vdevs[0].clone(), &small.0).unwrap().drive_512;
    assert!(least < Bytes(TB4));
    for (size, sectors, ok) in
        [(least, 512, false), (Bytes(TB4), 512, true), (Bytes(TB4), 4096, false)]
    {
        (small.disk(4).size, small.disk(4).logical) = (size, Some(sectors));
        assert_eq!(small.ask(Way::Spare(&bays("4"))).is_ok(), ok, "{size} in {sectors}");
    }
    (small.disk(4).size, small.disk(4).logical) = (Bytes(TB4 - 10_000_000_000), Some(512));
    assert!(small.ask(Way::Cache(&bays("4"))).is_ok());

    let special = made.ask(Way::Special(&bays("4 5"))).unwrap();
    assert_eq!(commands(&special), [format!("zpool add -o ashift=12 tank special mirror {both}")]);
    let usable = special.usable.unwrap();
    assert_eq!(usable.after, usable.before);
    assert!(made.no(Way::Special(&bays("4"))).contains("a mirror of 1 would be weaker"));
    assert!(made.no(Way::Special(&bays("4 5 6"))).contains("only with force"));
    let double = Made::of(&[("raidz2", Class::Normal, &[1, 2, 3, 4])]);
    assert!(double.no(Way::Special(&bays("5 6"))).contains("needs 3 drives"));
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
    assert!(says(&task, "small").contains("bays 2-3 still to replace"), "{task:?}");
    assert!(says(&task, "small").contains("zbay expand larger 2"));
    assert!(says(&task, "room").contains("automatically"));
    let usable = task.usable.unwrap();
    assert_eq!(usable.before, usable.after, "two are still small");
    let mut all = made.parts();
    all[0].born = Some(capacity::Born { leaves: all[0].vdev.leaves.clone(), zfs: Zfs::V2_1 });
    all[0].vdev.leaves = vec![made.0.disks[8].measure(); 3];
    let last = Made::usable(&all);
    assert!(says(&task, "at last").starts_with(&last.to_string()), "{}", says(&task, "at last"));

    // A reserve of the profile is left free on it too, and the rest is used.
    let reserve = wish("  reserve: 2GiB\n");
    let larger = Way::Larger { bay: &one, with: Some(&nine) };
    let cut = made.told(larger, Some(&reserve), &[], &[]).unwrap();
    let length = new_drive::reserved(Bytes(2 << 30), &made.0.disks[8]).unwrap();
    let kib = length.0.div_ceil(1 << 20) * 1024;
    assert!(commands(&cut)[0].contains(&format!("--new=1:1M:+{kib}K")), "{:?}", commands(&cut));

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
    assert!(made.no(Way::Larger { bay: &nine, with: None }).contains("holds no pool member"));
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
    assert!(why.contains("bay 2 holds more than") && why.contains("#16144"), "{why}");
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
    assert!(
        says(&made.ask(Way::Remove("2")).unwrap(), "warning").contains("then has no redundancy")
    );
    let task = made.ask(Way::Remove("mirror-1")).unwrap();
    let rest = made.parts()[..1].to_vec();
    assert_eq!(task.usable.unwrap().after, Some(Bytes(Made::usable(&rest))));
    assert!(made.no(Way::Remove("13")).contains("bay 13 holds no pool member"));
    assert!(made.no(Way::Remove("no such")).contains("holds no pool member"));
    let three = Made::of(&[("mirror", Class::Normal, &[1, 2, 3])]);
    assert!(says(&three.ask(Way::Remove("2")).unwrap(), "survives").starts_with("1 of"));
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
        assert!(why.contains("while the pool has a raidz (raidz1-0)"), "{what}: {why}");
    }
    let only = Made::of(&[("mirror", Class::Normal, &[1, 2])]);
    assert!(only.no(Way::Remove("mirror-0")).contains("only data vdev"));
    let no = |change: &dyn Fn(&mut Made), what: &str| {
        let mut made = mirrors();
        change(&mut made);
        made.no(Way::Remove(what))
    };
    let copies = |made: &mut Made| made.pool().vdevs[0].leaves[1].state = "UNAVAIL".into();
    assert!(no(&copies, "1").contains("no other copy of tank/mirror-0 is healthy"));
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
    assert!(no(&busy, "mirror-1").contains("is busy"));
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
        let way = Way::Log(&[]);
        make(&Request { sight, pool, way, stale: &[] })
    };
    assert!(said(&ask(Some("tnak")).unwrap_err()).contains("no pool `tnak`"));
    assert!(ask(Some("other")).is_ok());
}
