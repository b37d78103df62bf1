//! What makes a pool larger at once: attach and add.

use super::fixture::*;
use super::*;
use crate::capacity::{self, Zfs};
use crate::inventory::{Contents, Owner, Signature};
use crate::life::Follows;
use crate::machine::Change;
use crate::plan::erase::Take;
use crate::smart::Smart;
use crate::step::{Condition, Danger, Rehearsal};

#[test]
fn a_raidz_is_widened_and_its_bytes_are_foretold() {
    let made = raidz();
    let four = bay("4");
    let task = made.ask(attach(&four, None)).unwrap();
    assert_eq!(commands(&task), [format!("zpool attach tank raidz1-0 {}", wwn(4))]);
    assert_eq!((task.follows, task.steps[0].danger), (Follows::Expansion, Danger::TakesFreeDisks));
    let waits =
        |change: &Change| matches!(change, Change::Run(cmd) if cmd.to_string().contains("settle"));
    assert!(task.steps[0].changes.last().is_some_and(waits), "or its partition has no name yet");
    let before = &task.steps[0].before;
    assert!(matches!(&before[0], Condition::DiskFree { disk } if disk.address == wwn(4)));
    assert!(before.iter().any(|it| matches!(it, Condition::PoolOnline { .. })));
    assert_eq!(before.iter().filter(|it| matches!(it, Condition::LeafIs { .. })).count(), 3);
    assert!(matches!(&task.steps[0].after[..], [Condition::MemberOf { .. }]));
    // Four drives, and the ratio of three: what `zbay grow` says too.
    let mut grown = made.parts();
    grown[0].born = Some(capacity::Born { leaves: grown[0].vdev.leaves.clone(), zfs: Zfs::V2_1 });
    grown[0].vdev.leaves.push(made.0.disks[3].measure());
    let usable = task.usable.unwrap();
    assert_eq!(usable.after, Some(Bytes(Made::usable(&grown))));
    assert_eq!(usable.before, Some(Bytes(Made::usable(&made.parts()))));
    assert!(usable.after > usable.before);
    assert!(says(&task, "fixed").contains("never narrowed"));
    assert!(says(&task, "blocks").contains("zfs rewrite"));
    assert!(says(&task, "during").contains("survives any one drive"));
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
    assert!(no(&|made| made.pool().busy = Some("scrub".into())).contains("is busy (scrub)"));
    let leaf = no(&|made| made.pool().vdevs[0].leaves[1].state = "OFFLINE".into());
    assert!(leaf.contains("a member of tank/raidz1-0 is OFFLINE"), "{leaf}");
    let replacing = no(&|made| {
        let leaf = made.pool().vdevs[0].leaves[0].clone();
        made.pool().vdevs[0].leaves.push(leaf);
    });
    assert!(replacing.contains("already being replaced"), "{replacing}");
    let small = no(&|made| made.disk(4).size = Bytes(TB4 - 10_000_000_000));
    assert!(small.contains("bay 4 is too small"), "{small}");
    let sector = no(&|made| {
        made.pool().vdevs[0].ashift = Some(9);
        made.disk(4).logical = Some(4096);
    });
    assert!(sector.contains("sectors of 4096"), "{sector}");
    let failing =
        no(&|made| made.disk(4).smart = Ok(Smart { pending: Some(1), ..Smart::default() }));
    assert!(failing.contains("accept_smart"), "{failing}");
    assert!(raidz().no(attach(&bay("2"), None)).contains("bay 2 is not free"));
    assert!(raidz().no(attach(&bay("99"), None)).contains("this server has no bay `99`"));
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
    assert!(
        mirrors().no(attach(&five, Some("9"))).contains("no bay of that name holds a pool member")
    );
    // What helps a pool that is not well is allowed: a copy beside the member that stays.
    let mut ill = mirrors();
    ill.pool().state = "DEGRADED".into();
    ill.pool().busy = Some("scrub".into());
    ill.pool().vdevs[0].leaves[0].state = "FAULTED".into();
    let task = ill.ask(attach(&five, Some("mirror-0"))).unwrap();
    assert_eq!(commands(&task), [format!("zpool attach tank 102 {}", wwn(5))]);
    ill.pool().busy = Some("resilver".into());
    assert!(ill.no(attach(&five, Some("mirror-0"))).contains("is busy"));
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
        // Nor where the profile accepts everything that can be accepted.
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
    assert!(says(&task, "fixed").contains("no data vdev can be removed"));

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
    assert!(two.no(Way::Add(&bays("6 7 8"))).contains("of different kinds (mirror, raidz1)"));
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
