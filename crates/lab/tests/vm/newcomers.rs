//! Drives of other sizes and sectors in the place of a member that is gone: what fits by a byte is taken, what is too small
//! by one is refused before ZFS has written to it, and ZFS itself says the same. Then a dRAID, whose spare is in its members.

use std::time::Duration;

use zbay_lab::Lab;

use crate::promises::made;
use crate::shelf::{
    ZBAY, boxed, fill, flat, intact, pull, refused, scrubbed, serial, state, wipe, wwn,
};

/// The smallest drives that raidz1 of three of the box's drives takes, by `zbay capacity raidz1:3x80026361856`.
const LEAST: u64 = 79_471_591_936;
const LEAST_4KN: u64 = 79_540_801_536;

fn replaced(lab: &Lab, pool: &str, bay: u8, with: u8) {
    let serial = serial(lab, with);
    let command = format!("{ZBAY} replace {bay} --with {with} --yes --serial {serial}");
    let ran = lab.sh_within(&command, Duration::from_mins(6), b"");
    assert_eq!(ran.status, 0, "`{command}`: {}\n{}", flat(&ran), lab.ok("zpool status"));
    assert_eq!(state(lab, pool), "ONLINE", "bay {with}");
}

#[test]
fn drives_of_other_sizes_and_sectors_and_a_draid() {
    let lab = boxed(12, |bay, drive| match bay {
        4 => (drive.size, drive.logical) = (LEAST_4KN, 4096),
        5 => (drive.size, drive.logical) = (LEAST_4KN - 4096, 4096),
        6 => drive.size = LEAST,
        7 => drive.size = LEAST - 512,
        _ => {}
    });
    let drives = |bays: &[u8]| bays.iter().copied().map(wwn).collect::<Vec<_>>().join(" ");
    let raidz = drives(&[1, 2, 3]);
    made(&lab, &format!("zpool create -o ashift=12 -o autoexpand=on tank raidz1 {raidz}"));
    fill(&lab, "tank", 32);

    // As a spare ZED would take it, and ZFS would not open the vdev any more.
    refused(&lab, "expand spare 6 --yes", &[4, 5, 6, 7], &["bay 6 is too small"]);
    lab.ok(&format!("zpool add tank spare {}", wwn(6)));
    let said = flat(&lab.sh(&format!("{ZBAY} status tank")));
    assert!(said.contains("spare bay 6 is too small for raidz1-0"), "{said}");
    lab.ok(&format!("{ZBAY} expand remove 6 --yes"));
    wipe(&lab, 6);

    pull(&lab, "tank", 2);
    let free = [4, 5, 6, 7];
    for (bay, needs) in [
        (5, format!("needs {LEAST_4KN} bytes, 4096 more")),
        (7, format!("needs {LEAST} bytes, 512 more")),
    ] {
        let serial = serial(&lab, bay);
        let command = format!("replace 2 --with {bay} --yes --serial {serial}");
        let place = format!("bay {bay} is too small");
        refused(&lab, &command, &free, &[&place, &serial, &needs]);
    }
    // ZFS would take the smallest that fits and suspend the pool, which had the lost drive open: openzfs/zfs #16123.
    let small = format!("replace 2 --with 6 --yes --serial {}", serial(&lab, 6));
    refused(
        &lab,
        &small,
        &free,
        &[
            "ZFS would suspend the pool with the drive in bay 6",
            "the one of bay 2 failed",
            "power off",
        ],
    );
    // Imported anew it never had.
    lab.ok("zpool export tank && zpool import -d /dev/disk/by-id tank");
    replaced(&lab, "tank", 2, 6);
    intact(&lab, "tank", "the smallest that fits");
    // No smaller than each member, which bay 6 is one of now: at once.
    pull(&lab, "tank", 3);
    replaced(&lab, "tank", 3, 4);
    scrubbed(&lab, "tank", "the smallest with sectors of 4096 bytes that fits");
    // ZFS agrees of those that were refused.
    for bay in [5, 7] {
        let ran = lab.sh(&format!("zpool replace tank {} {}", wwn(1), wwn(bay)));
        assert!(ran.status != 0 && ran.err.contains("too small"), "bay {bay}: {}", flat(&ran));
    }

    let members = drives(&[8, 9, 10, 11]);
    made(&lab, &format!("zpool create -o ashift=12 wide draid1:2d:4c:1s {members}"));
    fill(&lab, "wide", 32);
    pull(&lab, "wide", 9);
    let said = flat(&lab.sh(&format!("{ZBAY} status wide")));
    assert!(said.contains("bay 9 is missing") && !said.contains("bay 8 is missing"), "{said}");
    // Its own spare stands in, by ZED.
    lab.until("zpool status wide | grep draid1-0-0 | grep -q INUSE", Duration::from_mins(3));
    lab.ok("zpool wait -t resilver wide");
    intact(&lab, "wide", "the distributed spare stands in");
    replaced(&lab, "wide", 9, 12);
    lab.until("zpool status wide | grep draid1-0-0 | grep -q AVAIL", Duration::from_mins(2));
    scrubbed(&lab, "wide", "a member of a dRAID replaced");
}
