use super::called::{self, Known};
use super::replace::{Request, make};
use super::*;
use crate::inventory::{Contents, Disk, Inventory, Owner, Signature};
use crate::machine::Change;
use crate::plan::erase::Take;
use crate::render::fixture::{disk, hw, with_pool};
use crate::smart::Smart;
use crate::step::{Condition, Danger};
use crate::units::Bytes;

const TB2: u64 = 2_000_398_934_016;

/// The article's pool, its third member gone; each leaf with a GUID of its own.
fn degraded() -> Inventory {
    let mut look = with_pool();
    let vdev = &mut look.pools.as_mut().unwrap()[0].vdevs[0];
    vdev.size = Some(Bytes(3_985_729_650_688));
    for (leaf, guid) in vdev.leaves.iter_mut().zip(11..) {
        (leaf.guid, leaf.errors) = (guid, [0; 3]);
    }
    look
}

/// The same with a new drive in bay 3.
fn with_new(size: u64) -> Inventory {
    let mut look = degraded();
    look.disks.push(disk("sdf", "ST2000DM008", "NEW0F42A", size, "pci-0000:00:1f.2-ata-3"));
    look
}

fn all_well() -> Inventory {
    let mut look = with_new(TB2);
    let pool = &mut look.pools.as_mut().unwrap()[0];
    pool.state = "ONLINE".into();
    pool.vdevs[0].leaves[2].state = "ONLINE".into();
    pool.vdevs[0].leaves[2].disk = Some("sdf".into());
    new_disk(&mut look).contents = Ok(Contents::bare(Owner::Unknown { why: "x".into() }));
    look
}

struct Ask<'a> {
    bay: &'a str,
    with: Option<&'a str>,
    member: Option<&'a str>,
    take: Option<&'a str>,
}

const BAY3: Ask<'_> = Ask { bay: "3", with: None, member: None, take: None };

fn task(look: &Inventory, ask: &Ask<'_>) -> Result<Task, ReplaceError> {
    let hw = &hw("hp-microserver-gen8");
    let known = Known { hw, inventory: look };
    let bay = called::spot(&known, ask.bay)?;
    let with = ask.with.map(|word| called::spot(&known, word)).transpose()?;
    let takes: Vec<Take> = ask.take.iter().map(|take| take.parse().unwrap()).collect();
    make(&Request {
        hw,
        inventory: look,
        wish: None,
        bay: &bay,
        with: with.as_ref(),
        member: ask.member,
        takes: &takes,
        unfinished: &[],
    })
}

fn refused(look: &Inventory, ask: &Ask<'_>) -> String {
    let said = task(look, ask).unwrap_err().to_string();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn commands(task: &Task) -> Vec<String> {
    let changes = task.steps.iter().flat_map(|step| &step.changes);
    let run = |change: &Change| match change {
        Change::Run(cmd) => Some(cmd.to_string()),
        _ => None,
    };
    // Names of new partitions are there only when udev is done: each such step waits for it.
    changes.filter_map(run).filter(|cmd| !cmd.starts_with("udevadm settle")).collect()
}

fn new_disk(look: &mut Inventory) -> &mut Disk {
    look.disks.iter_mut().find(|disk| disk.name == "sdf").unwrap()
}

#[test]
fn a_blank_drive_takes_the_place_of_the_one_that_is_gone() {
    let look = with_new(TB2);
    let first = task(&look, &BAY3).unwrap();
    let address = look.disks.iter().find(|it| it.name == "sdf").unwrap().address.clone().unwrap();
    assert_eq!(commands(&first), [format!("zpool replace testpool 13 {address}")]);
    assert!(first.follows == Follows::Resilver && first.steps[0].danger == Danger::TakesFreeDisks);
    let before = &first.steps[0].before;
    assert!(matches!(&before[0], Condition::DiskFree { disk } if disk.address == address));
    assert!(matches!(&before[1], Condition::LeafIs { guid, .. } if guid == "13"));
    assert!(matches!(&first.steps[0].after[..], [Condition::MemberOf { .. }]));
    // The same look gives the same task.
    assert_eq!(task(&look, &BAY3).unwrap().id, first.id);
}

#[test]
fn the_size_is_judged_to_the_byte_by_what_the_vdev_insists_on() {
    let least = 996_447_109_632;
    assert!(task(&with_new(least), &BAY3).is_ok());
    let said = refused(&with_new(least - 512), &BAY3);
    assert!(
        said.contains("is too small") && said.contains("needs 996447109632 bytes, 512 more"),
        "{said}"
    );
    let mut large = with_new(least);
    new_disk(&mut large).logical = Some(4096);
    assert!(refused(&large, &BAY3).contains("needs 996516319232 bytes"));
    new_disk(&mut large).size = Bytes(996_516_319_232);
    assert!(task(&large, &BAY3).is_ok());
}

/// Seen on 2.3.9 in crates/lab/tests/vm/newcomers.rs: it fits, and ZFS suspends the pool.
#[test]
fn one_smaller_than_each_member_waits_for_a_new_import_where_the_member_failed_in_this_one() {
    let least = 996_447_109_632;
    let told = |look: &mut Inventory, gone: Option<u64>| {
        let leaves = &mut look.pools.as_mut().unwrap()[0].vdevs[0].leaves;
        leaves[0].partition = Some(Bytes(1_000_194_048_000));
        leaves[1].partition = Some(Bytes(2_000_389_406_720));
        leaves[2].partition = gone.map(Bytes);
    };
    let mut small = with_new(least);
    told(&mut small, Some(1_000_194_048_000));
    let said = refused(&small, &BAY3);
    for part in [
        "ZFS would suspend the pool with the drive in bay 3, so nothing was written",
        "NEW0F42A",
        "power off",
        "then run `zbay replace 3` again",
        "1000204157440 bytes or more",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    // What it was is not known to a pool that was imported without it; then ZFS takes the vdev's new size as well.
    told(&mut small, None);
    assert!(task(&small, &BAY3).is_ok());
    // It is the smallest that counts, the failed one among them.
    for (gone, has, ok) in [
        (2_000_389_406_720, 1_000_204_157_440, true),
        (2_000_389_406_720, 1_000_204_157_440 - (2 << 20), false),
        (999_000_000_000, 1_000_204_157_440 - (2 << 20), true),
    ] {
        let mut look = with_new(has);
        told(&mut look, Some(gone));
        assert_eq!(task(&look, &BAY3).is_ok(), ok, "{has} for {gone}");
    }
}

#[test]
fn a_drive_that_is_not_free_fails_or_has_large_sectors_is_refused() {
    let mut used = with_new(TB2);
    let ext4 = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    let holds = Contents { erasable: true, ..Contents::bare(Owner::Filesystem(ext4)) };
    new_disk(&mut used).contents = Ok(holds);
    let said = refused(&used, &BAY3);
    assert!(said.contains("bay 3 is not free") && said.contains("--take"), "{said}");
    let wwn = new_disk(&mut used).wwn.clone().unwrap().to_string();
    let other = format!("{wwn}=OTHER");
    assert!(
        refused(&used, &Ask { take: Some(&other), ..BAY3 }).contains("is not that of the drive")
    );
    let take = format!("{wwn}=NEW0F42A");
    let taken = task(&used, &Ask { take: Some(&take), ..BAY3 }).unwrap();
    assert_eq!((taken.steps.len(), taken.steps[0].danger), (2, Danger::Erases));

    let mut failing = with_new(TB2);
    new_disk(&mut failing).smart = Ok(Smart { pending: Some(1), ..Smart::default() });
    assert!(refused(&failing, &BAY3).contains("accept_smart"));

    let mut small = with_new(TB2);
    small.pools.as_mut().unwrap()[0].vdevs[0].ashift = Some(9);
    new_disk(&mut small).logical = Some(4096);
    assert!(refused(&small, &BAY3).contains("sectors of 4096 bytes"));
    new_disk(&mut small).logical = Some(512);
    let slow = task(&small, &BAY3).unwrap();
    assert!(
        slow.notes.iter().any(|note| note.message.contains("it will be slow")),
        "{:?}",
        slow.notes
    );
}

#[test]
fn an_empty_bay_says_what_to_put_in_and_a_healthy_one_is_never_touched() {
    let said = refused(&degraded(), &BAY3);
    for word in ["bay 3 is empty", "Z4Z0EXA2", "996447109632", "zbay replace 3"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    for bay in ["1", "2", "4"] {
        let said = refused(&degraded(), &Ask { bay, ..BAY3 });
        assert!(said.contains(&format!("the drive in bay {bay} is healthy")), "{said}");
        assert!(said.contains("problems bay 3"), "{said}");
    }
    assert!(refused(&all_well(), &BAY3).contains("the drive in bay 3 is healthy"));
    assert!(refused(&degraded(), &Ask { bay: "7", ..BAY3 }).contains("this server has no bay `7`"));
    let spare = refused(&all_well(), &Ask { bay: "usb", ..BAY3 });
    assert!(spare.contains("no pool member is missing"), "{spare}");
}

#[test]
fn a_member_that_was_put_back_is_brought_online() {
    for state in ["OFFLINE", "REMOVED", "UNAVAIL"] {
        let mut look = all_well();
        let leaf = &mut look.pools.as_mut().unwrap()[0].vdevs[0].leaves[2];
        leaf.state = state.into();
        new_disk(&mut look).contents = Ok(Contents::bare(Owner::Unknown { why: "x".into() }));
        let task = task(&look, &BAY3).unwrap();
        assert!(
            matches!(&commands(&task)[..], [one] if one.starts_with("zpool online testpool /dev/disk/by-id/")),
            "{state}"
        );
        assert!(task.disks.is_empty(), "nothing is written over");
    }
}

#[test]
fn a_failing_member_goes_out_of_service_only_where_its_vdev_outlives_it() {
    let mut look = all_well();
    look.pools.as_mut().unwrap()[0].vdevs[0].leaves[2].errors = [4, 0, 9];
    new_disk(&mut look).contents = Ok(Contents::bare(Owner::Unknown { why: "x".into() }));
    let out = task(&look, &BAY3).unwrap();
    assert_eq!(commands(&out), ["zpool offline testpool 13"]);
    assert_eq!(out.follows, Follows::Nothing);
    let then = out.then.unwrap();
    assert!(then.contains("NEW0F42A") && then.contains("zbay replace 3"), "{then}");
    // Another one is gone already.
    let vdev = &mut look.pools.as_mut().unwrap()[0].vdevs[0];
    vdev.leaves[0].state = "UNAVAIL".into();
    let said = refused(&look, &BAY3);
    assert!(said.contains("would be lost, so it stays"), "{said}");
    // A new drive in another place needs no such step.
    let moved = Ask { with: Some("fifth-port"), ..BAY3 };
    let mut fifth = disk("sdg", "ST2000DM008", "NEW0AAAA", TB2, "pci-0000:00:1f.2-ata-5");
    fifth.wwn = "0x5000c500deadbeef".parse().ok();
    look.disks.push(fifth);
    assert!(commands(&task(&look, &moved).unwrap())[0].starts_with("zpool replace testpool 13 "));
}

#[test]
fn which_member_is_asked_where_more_than_one_is_missing() {
    let mut look = with_new(TB2);
    let vdev = &mut look.pools.as_mut().unwrap()[0].vdevs[0];
    // Two are gone, and ZFS remembers neither's place.
    for at in [1, 2] {
        (vdev.leaves[at].state, vdev.leaves[at].phys_path) = ("UNAVAIL".into(), None);
        vdev.leaves[at].disk = None;
    }
    look.disks.retain(|disk| disk.name != "sdb");
    let said = refused(&look, &BAY3);
    assert!(
        said.contains("Z1E0EXA1") && said.contains("Z4Z0EXA2") && said.contains("--member"),
        "{said}"
    );
    let one = task(&look, &Ask { member: Some("exa2"), ..BAY3 }).unwrap();
    assert!(commands(&one)[0].starts_with("zpool replace testpool 13 "));
    assert!(task(&look, &Ask { member: Some("12"), ..BAY3 }).is_ok());
    assert!(
        refused(&look, &Ask { member: Some("nope"), ..BAY3 }).contains("cannot tell which member")
    );
}

#[test]
fn a_pool_that_is_at_work_or_suspended_is_left_alone() {
    let with = |change: &dyn Fn(&mut crate::inventory::Pool)| {
        let mut look = with_new(TB2);
        change(&mut look.pools.as_mut().unwrap()[0]);
        look
    };
    assert!(
        refused(&with(&|pool| pool.state = "SUSPENDED".into()), &BAY3).contains("is suspended")
    );
    assert!(
        refused(&with(&|pool| pool.busy = Some("raidz expansion".into())), &BAY3)
            .contains("is busy")
    );
    assert!(task(&with(&|pool| pool.busy = Some("scrub".into())), &BAY3).is_ok(), "it gives way");
    let mut none = with_new(TB2);
    none.pools = Ok(Vec::new());
    assert!(refused(&none, &BAY3).contains("no pool is imported"));
}

#[test]
fn while_a_drive_is_being_filled_each_bay_gets_its_own_answer() {
    use crate::inventory::{LeafTold, StandIn, Within};
    let mut look = with_new(TB2);
    new_disk(&mut look).contents = Ok(Contents::bare(Owner::Unknown { why: "x".into() }));
    let pool = &mut look.pools.as_mut().unwrap()[0];
    pool.busy = Some("resilver".into());
    let vdev = &mut pool.vdevs[0];
    let within = |at| {
        let within =
            Within { name: "replacing-2".into(), guid: 99, kind: StandIn::Replacing, at, of: 2 };
        LeafTold { within: vec![within], ..LeafTold::default() }
    };
    let mut new = vdev.leaves[0].clone();
    (new.guid, new.disk, new.told) = (15, Some("sdf".into()), within(1));
    vdev.leaves[2].told = within(0);
    vdev.leaves.push(new);
    // Its own bay: it is watched. A healthy one: it is healthy.
    assert!(matches!(task(&look, &BAY3), Err(ReplaceError::Replacing { .. })));
    assert!(refused(&look, &Ask { bay: "2", ..BAY3 }).contains("the drive in bay 2 is healthy"));
    // One that was pulled meanwhile has to come back.
    let vdev = &mut look.pools.as_mut().unwrap()[0].vdevs[0];
    (vdev.leaves[1].state, vdev.leaves[1].disk) = ("REMOVED".into(), None);
    look.disks.retain(|disk| disk.name != "sdb");
    let said = refused(&look, &Ask { bay: "2", ..BAY3 });
    assert!(said.contains("put that drive back into bay 2") && said.contains("Z1E0EXA1"), "{said}");
}

#[test]
fn of_a_drive_in_two_pools_the_member_that_is_not_well_is_meant_and_what_else_is_on_it_is_told() {
    let mut look = all_well();
    let pools = look.pools.as_mut().unwrap();
    let mut boot = pools[0].clone();
    boot.name = "bpool".into();
    for (leaf, guid) in boot.vdevs[0].leaves.iter_mut().zip(21..) {
        leaf.guid = guid;
    }
    boot.vdevs[0].guid = 8;
    pools.insert(0, boot);
    for (pool, part) in [(0, "-part2"), (1, "-part3")] {
        for leaf in &mut pools[pool].vdevs[0].leaves {
            leaf.path = leaf.path.as_ref().map(|path| format!("{path}{part}").into());
        }
    }
    pools[1].vdevs[0].leaves[2].state = "FAULTED".into();
    new_disk(&mut look).contents = Ok(Contents::bare(Owner::Unknown { why: "x".into() }));
    let out = task(&look, &BAY3).unwrap();
    assert_eq!(commands(&out), ["zpool offline testpool 13"], "and not 23 of bpool");
    let mut fifth = disk("sdg", "ST2000DM008", "NEW0AAAA", TB2, "pci-0000:00:1f.2-ata-5");
    fifth.wwn = "0x5000c500deadbeef".parse().ok();
    look.disks.push(fifth);
    let said = task(&look, &Ask { with: Some("fifth-port"), ..BAY3 }).unwrap();
    let facts: Vec<String> = said.facts.iter().map(|(a, b)| format!("{a}: {b}")).collect();
    let facts = facts.join("\n");
    for part in ["partition 3 of its drive", "bpool/raidz1-0 (member 23", "sgdisk -R", "-part3`"] {
        assert!(facts.contains(part), "no {part} in {facts}");
    }
    // Members of whole drives say nothing of it.
    let mut plain = all_well();
    plain.pools.as_mut().unwrap()[0].vdevs[0].leaves[2].state = "FAULTED".into();
    plain.disks.extend(look.disks.last().cloned());
    let said = task(&plain, &Ask { with: Some("fifth-port"), ..BAY3 }).unwrap();
    assert!(!said.facts.iter().any(|(word, _)| word == "warning"), "{:?}", said.facts);
}

/// Nothing of the box is at the ports of its bays: their cable may be at a card.
fn at_a_card(mut look: Inventory) -> Inventory {
    let sata = |disk: &&mut Disk| disk.path.as_deref().is_some_and(|path| path.contains("-ata-"));
    for (at, disk) in look.disks.iter_mut().filter(sata).enumerate() {
        disk.path = Some(format!("pci-0000:07:00.0-sas-phy{at}-lun-0"));
    }
    look
}

#[test]
fn a_bay_of_which_nobody_knows_whether_it_is_empty_is_not_named_to_be_filled() {
    assert!(refused(&degraded(), &BAY3).contains("put a drive into bay 3"));
    let look = at_a_card(degraded());
    let with = Ask { bay: "3", with: Some("4"), member: None, take: None };
    let other = Ask { bay: "2", with: None, member: None, take: None };
    for (ask, bay) in [(&BAY3, 3), (&with, 4), (&other, 2)] {
        let said = refused(&look, ask);
        let begins = format!(
            "cannot tell whether there are drives in bay {bay}: no drive answers at the bays' ports"
        );
        assert!(said.contains(&begins), "{said}");
        assert!(said.contains("`zbay learn`"), "{said}");
        assert!(!said.contains("empty") && !said.contains("put a drive"), "{said}");
    }
}

/// As behind a port multiplier: by no name of its own is it any safer than by the bay.
#[test]
fn one_of_several_drives_in_a_bay_comes_in_by_no_name() {
    let mut look = with_new(TB2);
    look.disks.push(disk("sdg", "ST2000DM008", "NEW0F42B", TB2, "pci-0000:00:1f.2-ata-3"));
    for with in ["3", "NEW0F42B", "sdg", "/dev/sdf"] {
        let said = refused(&look, &Ask { bay: "2", with: Some(with), ..BAY3 });
        assert!(said.contains("more than one drive answers for bay 3"), "{with}: {said}");
    }
}
