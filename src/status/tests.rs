//! What is said of every state, from real answers: the sentence, and which bays it names.

use super::samples::{SAMPLES, hw, seen, status, text};
use super::{Left, Scrub, Status, Weight, What, of};
use crate::inventory::Class;
use crate::units::Bytes;

fn headline(name: &str) -> String {
    status(name).headline()
}

/// Of an answer that was changed, with the drives of these bays away.
fn changed(answer: &str, away: &[&str]) -> Status {
    let inventory = seen(answer, away);
    let pool = &inventory.pools.as_ref().unwrap()[0];
    of(&hw(), &inventory, pool)
}

#[test]
fn a_drive_that_is_there_again_is_not_said_to_be_gone() {
    let back = changed(text("removed"), &[]);
    assert_eq!(
        back.headline(),
        "tank is DEGRADED: bay 2 is back but not in use. No redundancy left: one more failure \
         loses the pool"
    );
    assert_eq!(back.next().as_deref(), Some("zbay replace 2"));
    assert!(!back.conditions.iter().any(|it| it.what == What::DriveGone));
}

#[test]
fn a_spare_with_which_zfs_would_suspend_the_pool_is_told_before_zed_takes_it() {
    let with = |size: u64| {
        let mut inventory = seen(text("sparing"), &[]);
        let pool = inventory.pools.as_ref().unwrap()[0].clone();
        let spare = pool.vdevs.iter().find(|it| it.class == Class::Spare).unwrap();
        let name = inventory.disk_of(&spare.leaves[0]).unwrap().name.clone();
        let disk = inventory.disks.iter_mut().find(|it| it.name == name).unwrap();
        disk.size = Bytes(size);
        let status = of(&hw(), &inventory, &pool);
        status.conditions.into_iter().find(|it| it.what == What::SpareSmall)
    };
    assert_eq!(with(4_000_787_030_016), None);
    let small = with(4_000_787_030_016 - 100_000_000).expect("told");
    assert_eq!(small.to_string(), "its spare bay 4 is too small for raidz1-0");
    assert!(small.next().unwrap().starts_with("zbay expand remove "), "{:?}", small.next());
}

/// As it was when ZED had taken such a spare (2.3.9, crates/lab/tests/vm/newcomers.rs has the box).
#[test]
fn a_vdev_that_zfs_does_not_open_is_not_said_to_lack_drives() {
    let unavailable = text("sparing").replacen(r#""state":"DEGRADED""#, r#""state":"UNAVAIL""#, 3);
    let status = changed(&unavailable, &[]);
    assert_eq!(
        status.headline(),
        "tank is not readable: raidz1-0 cannot be opened, though enough of its drives are there"
    );
    assert_eq!(status.next().as_deref(), Some("systemctl reboot"));
    let unread = text("damaged-files");
    let from = unread.find(r#""errlist":"#).unwrap();
    let to = from + unread[from..].find(']').unwrap() + 1;
    let unread = format!(
        r#"{}"errlist":"Resource temporarily unavailable"{}"#,
        &unread[..from],
        &unread[to..]
    );
    let why = crate::inventory::pools::files(&unread).unwrap_err();
    assert_eq!(why.why, "Resource temporarily unavailable");
}

#[test]
fn every_state_has_its_sentence() {
    let said: Vec<(&str, String)> =
        SAMPLES.iter().map(|(name, _)| (*name, headline(name))).collect();
    let wanted = [
        ("ashift-9", "tank is healthy: it can lose any 1 drive"),
        (
            "bad-label",
            "tank is DEGRADED: bay 2 is no longer a member. No redundancy left: one more failure \
             loses the pool",
        ),
        (
            "checkpoint",
            "tank is DEGRADED: bay 3 was taken offline by force. It can lose any 1 drive",
        ),
        (
            "classes-gone",
            "tank is DEGRADED: v4 is missing. No redundancy left in mirror-1: one more failure there loses the pool",
        ),
        (
            "damaged",
            "tank is DEGRADED: some of its data is damaged. No redundancy left: one more failure loses the pool",
        ),
        (
            "degraded-member",
            "tank is DEGRADED: bay 3 has too many errors. No redundancy left: one more failure loses the pool",
        ),
        (
            "draid-rebuilding",
            "tank is DEGRADED: v3 was taken offline by force. No redundancy left: one more failure loses the pool",
        ),
        (
            "draid-spared",
            "tank is DEGRADED: v3 was taken offline by force. It can lose any 1 drive",
        ),
        ("expanded", "tank is healthy: it can lose any 1 drive; it is being scrubbed"),
        ("expanding", "tank is healthy: it can lose any 1 drive; raidz1-0 is being expanded"),
        ("features", "tank is healthy: it can lose any 1 drive"),
        ("full", "tank is 93 % full. No redundancy: any drive failure loses the pool"),
        ("healthy", "tank is healthy: it can lose any 1 drive"),
        ("incompatible", "tank is healthy: it can lose any 1 drive"),
        (
            "initializing",
            "tank is healthy: it can lose any 1 drive; v1, v2, v3 and v4 are being initialized",
        ),
        ("just-back", "tank is healthy: it can lose any 1 drive"),
        ("log-missing", "tank is DEGRADED: some of its data is damaged. It can lose any 1 drive"),
        (
            "offline",
            "tank is DEGRADED: bay 2 was taken offline. No redundancy left: one more failure loses the pool",
        ),
        (
            "removed",
            "tank is DEGRADED: the drive in bay 2 is missing. No redundancy left: one more failure loses the pool",
        ),
        (
            "removing",
            "tank is healthy, with no redundancy: any drive failure loses the pool; v2 is being removed",
        ),
        ("replacing", "tank is online, but bay 4 is resilvering. It can lose any 1 drive"),
        (
            "replacing-gone",
            "tank is DEGRADED: bay 4 is resilvering. No redundancy left: one more failure loses \
             the pool",
        ),
        ("resilvered", "tank is healthy: it can lose any 1 drive"),
        ("scrub-cancelled", "tank is healthy: it can lose any 1 drive"),
        ("scrub-paused", "tank is healthy: it can lose any 1 drive"),
        ("scrubbed", "tank is healthy: it can lose any 1 drive"),
        ("scrubbing", "tank is healthy: it can lose any 1 drive; it is being scrubbed"),
        ("spared", "tank is DEGRADED: bay 3 was taken offline by force. It can lose any 1 drive"),
        (
            "sparing",
            "tank is DEGRADED: bay 3 was taken offline by force. No redundancy left: one more failure loses the pool",
        ),
        ("suspended", "tank is suspended: bays 2 and 3 are out of reach"),
        (
            "trimming",
            "tank is healthy: it can lose any 1 drive; v1, v2, v3 and v4 are being trimmed",
        ),
        ("version-28", "tank is healthy: it can lose any 1 drive"),
    ];
    for ((name, said), (also, wanted)) in said.iter().zip(wanted) {
        assert_eq!((*name, said.as_str()), (also, wanted));
    }
    assert_eq!(said.len(), wanted.len());
}

#[test]
fn what_to_type_next() {
    for (name, next) in [
        ("removed", Some("zbay replace 2")),
        ("spared", Some("zpool clear tank /dev/disk/by-id/wwn-0x5000c5007a020003")),
        // Two resilvers at once help nobody.
        ("sparing", Some("zbay status --watch")),
        ("replacing", Some("zbay status --watch")),
        ("offline", Some("zpool online tank /dev/disk/by-id/wwn-0x5000c5007a020002")),
        ("suspended", Some("zpool clear tank")),
        ("damaged", Some("zpool status -v tank")),
        ("full", Some("zfs list -o space -r tank")),
        ("scrub-paused", Some("zpool scrub tank")),
        ("features", Some("zpool scrub tank")),
        ("resilvered", None),
        ("scrubbed", None),
        // Nobody knows a bay: none is claimed.
        ("draid-spared", Some("zpool clear tank /root/f/v3")),
    ] {
        assert_eq!(status(name).next().as_deref(), next, "{name}");
    }
}

#[test]
fn conditions_of_all_kinds_are_found() {
    let found = |name: &str| -> Vec<What> {
        status(name).conditions.iter().map(|condition| condition.what).collect()
    };
    assert_eq!(found("sparing"), [What::DriveForced, What::Resilvering]);
    assert_eq!(found("checkpoint"), [What::DriveForced, What::SpareInUse, What::Checkpoint]);
    let gone = [What::DriveGone, What::CacheGone, What::SpareGone, What::ScrubNever];
    assert_eq!(found("classes-gone"), gone);
    assert_eq!(found("log-missing"), [What::DataErrors, What::LogGone, What::ScrubErrors]);
    assert_eq!(found("version-28"), [What::ScrubNever, What::OldVersion]);
    assert_eq!(found("features"), [What::ScrubNever, What::OldFeatures]);
    assert_eq!(found("incompatible"), [What::ScrubNever, What::ExtraFeatures]);
    assert_eq!(found("ashift-9"), [What::ScrubNever, What::SmallAshift]);
    assert_eq!(found("scrub-cancelled"), [What::ScrubCancelled]);
    assert_eq!(found("full"), [What::Full90, What::ScrubNever]);
    assert_eq!(found("suspended"), [What::Suspended]);
    assert_eq!(found("scrubbed"), []);
}

#[test]
fn no_healthy_bay_is_named_for_a_failed_one() {
    let answer = text("removed");
    let named = |status: &Status| format!("{}; {:?}", status.headline(), status.next());
    let plain = named(&changed(answer, &["2"]));
    assert!(plain.contains("the drive in bay 2 is missing"), "{plain}");
    // Drives changed places while it was off: what ZFS remembers is where a healthy member is now.
    let moved = answer.replace(
        "\"phys_path\":\"pci-0000:00:1f.2-ata-2.0\"",
        "\"phys_path\":\"pci-0000:00:1f.2-ata-1.0\"",
    );
    let said = named(&changed(&moved, &["2"]));
    assert!(said.contains("a drive (ST4000DM000-1F2168 Z302EXA2) is missing"), "{said}");
    assert!(!said.contains("bay 1") && said.contains("zbay show disk"), "{said}");
    // It was opened by a name of the kernel, which is another drive's since.
    let inventory = seen(answer, &["2"]);
    let other = inventory
        .disks
        .iter()
        .find(|disk| disk.serial.as_ref().is_some_and(|s| s.as_str() == "Z302EXA1"));
    let path = format!("/dev/{}1", other.unwrap().name);
    let renamed = answer.replace("/dev/disk/by-id/wwn-0x5000c5007a020002-part1", &path);
    let said = named(&changed(&renamed, &["2"]));
    assert!(said.contains("the drive in bay 2 is missing") && !said.contains("bay 1"), "{said}");
    // The same by its place: a new drive sits there, and is not the one that failed.
    let by_place = answer.replace(
        "/dev/disk/by-id/wwn-0x5000c5007a020002-part1",
        "/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0-part1",
    );
    let said = named(&changed(&by_place, &["2"]));
    assert!(said.contains("the drive in bay 2 is missing") && !said.contains("bay 1"), "{said}");
}

#[test]
fn of_a_suspended_pool_what_is_there_is_not_named() {
    // Both are back in their bays; ZFS counts their errors still.
    let back = changed(text("suspended"), &[]);
    assert_eq!(back.headline(), "tank is suspended: bays 2 and 3 are out of reach");
    assert!(back.vdevs[0].members.iter().all(|member| !member.gone));
    // One is back.
    let one = changed(text("suspended"), &["3"]);
    assert_eq!(one.headline(), "tank is suspended: bay 3 is out of reach");
    assert!(!one.is_well());
}

#[test]
fn what_zfs_says_and_nobody_knows_is_told() {
    let odd = text("scrub-cancelled").replace(
        "\"spa_version\"",
        "\"status\":\"The moon is full.  Dogs may howl.\\n\",\"action\":\"Wait.\\n\",\"spa_version\"",
    );
    let status = changed(&odd, &[]);
    assert_eq!(
        status.headline(),
        "tank is online, but zpool says: The moon is full. It can lose any 1 drive"
    );
    assert!(!status.is_well());
    for (id, what) in [
        ("ZFS-8000-K4", What::LogLost),
        ("ZFS-8000-EY", What::OtherHost),
        ("ZFS-8000-ER", What::Errata),
    ] {
        let odd = odd.replace("\"action\"", &format!("\"msgid\":\"{id}\",\"action\""));
        assert_eq!(changed(&odd, &[]).conditions[0].what, what);
    }
    let other = text("suspended").replace("ZFS-8000-HC", "ZFS-8000-MM");
    assert_eq!(changed(&other, &["2", "3"]).conditions[0].what, What::SuspendedMultihost);
}

#[test]
fn capacity_is_told_from_80_percent_on() {
    let at = |percent: u64| {
        let used = format!("\"alloc_space\":{}", 2_147_483_648 / 100 * percent + 100);
        let status = changed(&text("full").replace("\"alloc_space\":2014551040", &used), &[]);
        let what = status.conditions.iter().map(|it| it.what);
        let full = what.clone().find(|it| matches!(it, What::Full80 | What::Full90 | What::Full95));
        full.map(|what| what.row().weight)
    };
    assert_eq!(at(79), None);
    assert_eq!(at(80), Some(Weight::Notice));
    assert_eq!(at(89), Some(Weight::Notice));
    assert_eq!(at(90), Some(Weight::Warning));
    assert_eq!(at(95), Some(Weight::Wrong));
}

#[test]
fn scrubs_grow_old() {
    let mut inventory = seen(text("scrubbed"), &[]);
    let ended = 1_795_394_277;
    let mut after = |days: i64| {
        inventory.taken = jiff::Timestamp::from_second(ended + days * 86_400 + 60).unwrap();
        let pool = inventory.pools.as_ref().unwrap()[0].clone();
        of(&hw(), &inventory, &pool)
    };
    assert!(after(35).conditions.is_empty());
    let old = after(36);
    assert_eq!(old.conditions[0].to_string(), "its last scrub was 36 days ago");
    assert!(old.is_well(), "a notice");
    // ZFS remembers one scan: after a resilver nobody knows of the scrub, which is not "never".
    assert!(matches!(status("resilvered").scrub, Scrub::Forgotten { resilver: Some(_) }));
    assert!(status("resilvered").conditions.is_empty());
}

#[test]
fn what_may_still_fail() {
    let said =
        |name: &str| status(name).left.iter().map(Left::to_string).collect::<Vec<_>>().join("; ");
    assert_eq!(said("healthy"), "raidz1-0: it can lose any 1 drive");
    assert_eq!(said("removed"), "raidz1-0: none left");
    assert_eq!(said("sparing"), "raidz1-0: none left", "the spare is not full");
    assert_eq!(said("spared"), "raidz1-0: it can lose any 1 drive");
    assert_eq!(said("draid-rebuilding"), "draid1:2d:5c:1s-0: none left");
    let mirrors = "mirror-0: it can lose any 1 drive; mirror-1: none left";
    assert_eq!(said("classes-gone"), mirrors);
    assert_eq!(said("full"), "v1: none, if it fails the pool is lost");
    let two = text("offline").replacen("\"state\":\"ONLINE\"", "\"state\":\"FAULTED\"", 1);
    assert_eq!(
        changed(&two, &[]).left[0].to_string(),
        "raidz1-0: it has lost more drives than it can survive"
    );
}

#[test]
fn progress_has_a_rate_and_a_range() {
    let running = |name: &str| status(name).running[0].clone();
    let replacing = running("replacing");
    assert_eq!((replacing.percent, replacing.paused), (44, false));
    assert!(replacing.rate.is_some() && replacing.left.is_some());
    assert!(running("scrub-paused").paused && running("scrub-paused").left.is_none());
    assert_eq!(running("draid-rebuilding").percent, 99, "never 100 while it runs");
    // An import began a pass: the two rates differ, and the end is told as the range between them.
    let slow = text("replacing")
        .replace("\"pass_start\":1795394383", "\"pass_start\":1795394473")
        .replace("\"issued_bytes_per_scan\":492175360", "\"issued_bytes_per_scan\":90000000");
    let mut inventory = seen(&slow, &[]);
    inventory.taken = jiff::Timestamp::from_second(1_795_394_483).unwrap();
    let pool = inventory.pools.as_ref().unwrap()[0].clone();
    let it = of(&hw(), &inventory, &pool);
    // 493 MB in 100 s, 90 MB in the last 10: 610 MB are left.
    let run = &it.running[0];
    assert_eq!((run.rate.unwrap().0, run.left), (9_000_000, Some((67, 123))), "{run:?}");
    // Counters move with each transaction group: no change in a moment says nothing.
    let later = it.clone().since(&it, 2);
    assert_eq!(later.running[0].rate, it.running[0].rate);
}

#[test]
fn damaged_files_are_counted_and_named() {
    let files = crate::inventory::pools::files(text("damaged-files")).unwrap();
    assert_eq!(files, ["/tank/photos/2025.jpg", "/tank/x/a b"]);
    let named = status("damaged").naming(Ok(files));
    assert_eq!(
        named.headline(),
        "tank is DEGRADED: 2 files are damaged. No redundancy left: one more failure loses the pool"
    );
    let lost = status("classes-gone");
    let cache = lost.conditions.iter().find(|it| it.what == What::CacheGone).unwrap();
    let next = cache.next().unwrap();
    assert!(next == "zbay expand remove 8414851878663482875", "by its guid: {next}");
    let hung = status("damaged").naming(Err("their names (no answer)".into()));
    assert!(
        hung.conditions
            .iter()
            .any(|it| it.to_string() == "something is unknown: their names (no answer)")
    );
}

#[test]
fn foreign_names_fill_no_placeholder() {
    let odd = super::Condition::of_pool(What::Other, "{count}").with("{pool} {who} {");
    assert_eq!(odd.to_string(), "zpool says: {pool} {who} {");
    assert_eq!(odd.next().as_deref(), Some("zpool status {count}"));
}

#[test]
fn the_wrong_drive_pulled_in_a_resilver_is_to_be_put_back_and_not_replaced() {
    // As it was while bay 4 was resilvering for one that is gone, and then bay 2 went.
    let status = changed_members("replacing-gone", "2");
    let worst = &status.conditions[0];
    assert_eq!(worst.what, What::PutBack, "{:#?}", status.conditions);
    assert_eq!(worst.bay.as_ref().map(ToString::to_string).as_deref(), Some("2"));
    assert!(worst.means().contains("put it back"), "{}", worst.means());
    assert_ne!(status.next().as_deref(), Some("zbay replace 2"));
}

/// A sample in which the member in this bay is gone too.
fn changed_members(name: &str, bay: &str) -> Status {
    let mut inventory = seen(text(name), &[bay]);
    let hw = hw();
    let before = status(name);
    let members = before.vdevs.iter().flat_map(|vdev| &vdev.members);
    let it = members.into_iter().find(|it| it.bay.as_ref().is_some_and(|it| it.as_str() == bay));
    let guid = it.expect("a member").guid;
    let pool = &mut inventory.pools.as_mut().unwrap()[0];
    for leaf in pool.vdevs.iter_mut().flat_map(|vdev| &mut vdev.leaves) {
        if leaf.guid == guid {
            (leaf.state, leaf.disk) = ("REMOVED".into(), None);
        }
    }
    let pool = inventory.pools.as_ref().unwrap()[0].clone();
    of(&hw, &inventory, &pool)
}

#[test]
fn a_new_drive_in_the_bay_of_one_that_is_gone_is_told_and_no_other() {
    let with = |bay: usize, serial: &str| {
        let mut inventory = seen(text("removed"), &["2"]);
        let path = hw().port(&bay.to_string().parse().unwrap()).unwrap();
        inventory.disks.retain(|disk| disk.path.as_deref() != Some(path.as_str()));
        inventory.disks.push(crate::render::fixture::disk(
            "sdz",
            "NEW",
            serial,
            4_000_787_030_016,
            &path,
        ));
        let pool = &inventory.pools.as_ref().unwrap()[0];
        of(&hw(), &inventory, pool)
    };
    let told = with(2, "FRESH1");
    let new = told.conditions.iter().find(|it| it.what == What::NewDrive).unwrap();
    assert_eq!(new.to_string(), "bay 2 has a new drive (serial FRESH1)");
    assert_eq!(new.next().as_deref(), Some("zbay replace 2"));
    assert_eq!(
        told.headline(),
        "tank is DEGRADED: the drive in bay 2 is missing. No redundancy left: one more failure loses the pool"
    );
    let gone = status("removed");
    assert!(gone.conditions.iter().all(|it| it.what != What::NewDrive), "bay 2 is empty");
}

#[test]
fn parts_of_one_drive_in_one_vdev_are_told_with_its_bay_and_serial() {
    use crate::inventory::{Inventory, Transport};
    let of_change = |change: &dyn Fn(&mut Inventory)| {
        let mut inventory = seen(text("healthy"), &[]);
        change(&mut inventory);
        let pool = inventory.pools.as_ref().unwrap()[0].clone();
        let status = of(&hw(), &inventory, &pool);
        status.conditions.into_iter().filter(|it| it.what == What::OneDrive).collect::<Vec<_>>()
    };
    assert_eq!(of_change(&|_| {}), []);
    let name = |inventory: &Inventory, at: usize| {
        inventory.pools.as_ref().unwrap()[0].vdevs[0].leaves[at].disk.clone().unwrap()
    };
    // Two partitions of the drive in bay 1.
    let partitions = |inventory: &mut Inventory| {
        let first = name(inventory, 0);
        inventory.pools.as_mut().unwrap()[0].vdevs[0].leaves[1].disk = Some(first);
    };
    // Two logical units of one SAS drive, two namespaces of one NVMe drive.
    let at = |transport: Transport| {
        move |inventory: &mut Inventory| {
            for leaf in 0..2 {
                let name = name(inventory, leaf);
                let disk = inventory.disks.iter_mut().find(|disk| disk.name == name).unwrap();
                disk.transport = transport;
                disk.host = Some("devices/pci0000:00/host0/target0:0:0".into());
            }
        }
    };
    let changes: [&dyn Fn(&mut Inventory); 3] =
        [&partitions, &at(Transport::Sas), &at(Transport::Nvme)];
    let left = |change: &dyn Fn(&mut Inventory), kind: &str| {
        let mut inventory = seen(text("healthy"), &[]);
        change(&mut inventory);
        inventory.pools.as_mut().unwrap()[0].vdevs[0].kind = kind.to_owned();
        let pool = inventory.pools.as_ref().unwrap()[0].clone();
        Left::sentence(&of(&hw(), &inventory, &pool).left).unwrap()
    };
    assert_eq!(left(&|_| {}, "raidz1"), "it can lose any 1 drive");
    for change in changes {
        // A drive takes all its parts with it.
        let none = "no redundancy left: one more failure loses the pool";
        assert_eq!(left(change, "raidz1"), none);
        assert_eq!(left(change, "raidz2"), "it can still lose 1 drive");
        let found = of_change(change);
        let [one] = &found[..] else { panic!("{found:?}") };
        assert_eq!(one.weight(), Weight::Warning);
        let serial = &one.serials[0];
        assert_eq!(
            one.to_string(),
            format!("raidz1-0 counts one drive, bay 1 (serial {serial}), as 2")
        );
        assert!(one.means().contains("less redundancy"), "{}", one.means());
        let next = one.next().unwrap();
        assert!(
            next.starts_with("zbay replace 1 --member ") && next.ends_with(" --with BAY"),
            "{next}"
        );
    }
    // What only hangs on one bridge is not one drive.
    assert_eq!(of_change(&at(Transport::Usb)), []);
}
