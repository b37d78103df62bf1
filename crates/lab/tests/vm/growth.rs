//! A pool grows on real OpenZFS in every way that zbay has, and gives back what can be given back. Usable is foretold each
//! time and compared with `zfs list` to the byte; the data is read again after each way; what is refused leaves the drives
//! as they were. One box, 24 small drives.

use std::time::Duration;

use serde_json::Value;
use zbay_lab::{FIRST, Lab, Ran};

use crate::promises::{made, sizes};
use crate::shelf::{LARGE, SMALL, ZBAY, boxed, fill, flat, intact, wwn};

/// A way that is refused with these words, and no drive outside of pools has changed by a byte.
fn refused(lab: &Lab, way: &str, free: &[u8], words: &[&str]) {
    crate::shelf::refused(lab, &format!("expand {way} --yes"), free, words);
}

/// What the plan foretells: USED + AVAIL when all has ended.
fn foretold(lab: &Lab, way: &str) -> u64 {
    let ran = lab.sh(&format!("{ZBAY} --json expand {way} --plan"));
    assert_eq!(ran.status, 1, "`{way}`: {}{}", ran.out, ran.err);
    let answer: Value = serde_json::from_str(&ran.out).expect("JSON");
    answer["task"]["usable"]["after"].as_u64().unwrap_or_else(|| lab.fail(&answer.to_string()))
}

fn done(lab: &Lab, way: &str) -> Ran {
    let ran = lab.sh_within(&format!("{ZBAY} expand {way} --yes"), Duration::from_mins(8), b"");
    assert_eq!(ran.status, 0, "`{way}`: {}{}\n{}", ran.out, ran.err, lab.sh("zpool status").out);
    ran
}

/// Done, and usable is what was foretold.
fn grows(lab: &Lab, pool: &str, way: &str) -> u64 {
    let after = foretold(lab, way);
    done(lab, way);
    lab.ok(&format!("zpool sync {pool}"));
    assert_eq!(sizes(lab, pool).1, after, "`{way}`\n{}", lab.sh("zpool list -v").out);
    after
}

#[test]
#[ignore = "long: half an hour"]
fn a_raidz_pool_grows_in_every_way() {
    let free: Vec<u8> = (4..=17).collect();
    let mut lab = boxed(17, |bay, drive| {
        if bay == 16 {
            drive.size = SMALL;
        }
    });
    made(
        &lab,
        &format!(
            "zpool create -o ashift=12 -o autoexpand=off -o feature@raidz_expansion=disabled tank raidz1 {} {} {}",
            wwn(1),
            wwn(2),
            wwn(3)
        ),
    );
    fill(&lab, "tank", 64);
    lab.ok(&format!("mkfs.ext4 -q -F -L photos {} && sync", wwn(17)));

    refused(&lab, "add 4", &free, &["a single drive is never added", "zbay expand attach BAY"]);
    refused(&lab, "attach 4", &free, &["feature@raidz_expansion=enabled tank"]);
    lab.ok("zpool set feature@raidz_expansion=enabled tank");
    refused(&lab, "attach 16", &free, &["bay 16 is too small"]);
    refused(&lab, "attach 17", &free, &["bay 17 is not free", "photos", "--take"]);
    refused(&lab, "attach 2", &free, &["bay 2 is not free"]);
    refused(&lab, "add 4 5", &free, &["a raidz1 needs 3 drives"]);
    refused(&lab, "add 4 5 6 7", &free, &["have 3 drives"]);
    refused(&lab, "special 4 5 6", &free, &["only with force"]);
    refused(&lab, "spare 16", &free, &["bay 16 is too small"]);
    refused(&lab, "remove 2", &free, &["never narrowed"]);
    refused(&lab, "larger 2 --with 4", &free, &["bay 4 is not larger"]);

    widened(&mut lab);
    added(&lab);
    beside(&lab);
}

#[test]
#[ignore = "long: half an hour"]
fn mirrors_grow_and_shrink() {
    let lab = boxed(5, |bay, drive| {
        if bay >= 4 {
            drive.size = LARGE;
        }
    });
    copies(&lab);
    larger(&lab);
}

/// raidz1 of 3 to 4, with the power cut in the middle.
fn widened(lab: &mut Lab) {
    let before = sizes(lab, "tank").1;
    let after = foretold(lab, "attach 4");
    assert!(after > before);
    let plan = lab.sh(&format!("{ZBAY} expand attach 4 --plan"));
    eprintln!("{}", plan.out);
    // ZFS's own brake for tests: the expansion stands still after so many bytes.
    lab.ok("echo 20000000 > /sys/module/zfs/parameters/raidz_expand_max_reflow_bytes");
    let ran = lab.sh(&format!("{ZBAY} expand attach 4 --yes --no-wait"));
    assert_eq!(ran.status, 1, "{}{}", ran.out, ran.err);
    lab.ok("for i in $(seq 60); do zpool status tank | grep -q 'expand:.*in progress' && break; sleep 1; done; sleep 3; zpool sync tank; sync");
    let half = lab.ok("zpool status tank");
    assert!(half.contains("in progress"), "{half}");
    assert_eq!(sizes(lab, "tank").1, before, "not before it has ended");
    eprintln!("{half}");
    lab.power_cut();
    lab.start();
    lab.settled();
    lab.sh("zpool list tank || zpool import -d /dev/disk/by-id tank");
    let ran = lab.sh_within(&format!("{ZBAY} expand attach 4 --yes"), Duration::from_mins(6), b"");
    let said = flat(&ran);
    assert!(ran.status == 0 || said.contains("bay 4 is not free"), "{said}");
    lab.ok("zpool wait -t raidz_expand tank; zpool sync tank");
    assert_eq!(sizes(lab, "tank").1, after, "{}", lab.sh("zpool list -v tank").out);
    eprintln!("after the expansion: {}", lab.ok("zpool status tank"));
    lab.ok("zpool wait -t scrub tank; zpool scrub -w tank");
    assert!(lab.ok("zpool status tank").contains("errors: No known data errors"));
    intact(lab, "tank", "widened");

    // What `zfs list` shows of rewriting: USED gets smaller, and the sum stays.
    let used =
        |lab: &Lab| lab.ok("zfs list -Hp -o used tank").trim().parse::<u64>().expect("bytes");
    let old = used(lab);
    let ran = lab.sh("zfs rewrite -r /tank; zpool sync tank");
    eprintln!("zfs rewrite: {} {}{}; USED {old} to {}", ran.status, ran.out, ran.err, used(lab));
    intact(lab, "tank", "rewritten");
    assert_eq!(sizes(lab, "tank").1, after);
}

/// A second raidz vdev of the same width.
fn added(lab: &Lab) {
    refused(lab, "add 5 6 7", &[5, 6, 7], &["have 4 drives"]);
    grows(lab, "tank", "add 5 6 7 8");
    assert!(lab.ok("zpool status tank").contains("raidz1-1"));
    refused(lab, "remove raidz1-1", &[9], &["while the pool has a raidz"]);
    intact(lab, "tank", "added");
}

/// Log, cache, spare, special.
fn beside(lab: &Lab) {
    let usable = sizes(lab, "tank").1;
    done(lab, "log 9 10");
    let status = lab.ok("zpool status tank");
    assert!(status.contains("logs") && status.contains("mirror-2"), "{status}");
    done(lab, "cache 11");
    done(lab, "spare 12");
    let status = lab.ok("zpool status tank");
    assert!(status.contains("cache") && status.contains("AVAIL"), "{status}");
    assert_eq!(sizes(lab, "tank").1, usable);
    done(lab, "remove mirror-2");
    done(lab, "remove 11");
    done(lab, "remove 12");
    let status = lab.ok("zpool status tank");
    assert!(!["logs", "cache", "spares"].iter().any(|it| status.contains(it)), "{status}");
    // A log of one drive that dies: it has no bay any more, and goes by ZFS's number.
    done(lab, "log 13");
    lab.ok(&format!("d=$(readlink -f {}); echo 1 > /sys/block/${{d##*/}}/device/delete", wwn(13)));
    lab.ok("dd if=/dev/urandom of=/tank/sync bs=4k count=4 oflag=sync status=none; sleep 1");
    let status = lab.ok("zpool status -g tank");
    let number = status.split("logs").nth(1).and_then(|it| it.split_whitespace().next());
    let number = number.unwrap_or_else(|| lab.fail(&status)).to_owned();
    eprintln!("a log that is gone: {status}");
    done(lab, &format!("remove {number}"));
    assert!(!lab.ok("zpool status tank").contains("logs"));
    lab.ok("zpool wait -t resilver tank");
    // Special: two drives beside raidz1 need no force, three would.
    let three = format!("zpool add -n tank special mirror {} {} {}", wwn(14), wwn(15), wwn(16));
    let ran = lab.sh(&three);
    assert_ne!(ran.status, 0, "{}", ran.out);
    eprintln!("three: {}", ran.err);
    done(lab, "special 14 15");
    let explained: Value =
        serde_json::from_str(&lab.ok(&format!("{ZBAY} --json explain tank"))).expect("JSON");
    assert_eq!(explained["rest"], 0, "{explained}");
    let status = lab.ok("zpool status tank");
    let name = status.split("special").nth(1).and_then(|it| it.split_whitespace().next());
    let name = name.unwrap_or_else(|| lab.fail(&status));
    refused(lab, &format!("remove {name}"), &[16], &["while the pool has a raidz"]);
    intact(lab, "tank", "with a special vdev");
}

/// A mirror gets a third copy and gives it back.
fn copies(lab: &Lab) {
    made(
        lab,
        &format!("zpool create -o ashift=12 -o autoexpand=on two mirror {} {}", wwn(1), wwn(2)),
    );
    fill(lab, "two", 32);
    grows(lab, "two", "attach 3");
    assert!(lab.ok("zpool status two").contains(&wwn(3)[16..]));
    intact(lab, "two", "a third copy");
    done(lab, "remove 3");
    assert!(!lab.ok("zpool status two").contains(&wwn(3)[16..]));
    refused(lab, "attach 3", &[3], &["bay 3 is not free"]);
    intact(lab, "two", "two copies again");
}

/// Both drives give way to larger ones; the second while autoexpand is off.
fn larger(lab: &Lab) {
    let before = sizes(lab, "two").1;
    assert_eq!(grows(lab, "two", "larger 1 --with 4"), before, "one is still small");
    lab.ok("zpool set autoexpand=off two");
    assert_eq!(grows(lab, "two", "larger 2 --with 5"), before, "not by itself");
    let plan = lab.sh(&format!("{ZBAY} expand larger 4 --plan"));
    eprintln!("{}", plan.out);
    assert!(grows(lab, "two", "larger 4") > before);
    intact(lab, "two", "larger drives");
}

#[test]
fn a_second_mirror_comes_and_goes() {
    let lab = boxed(FIRST, |_, _| {});
    made(
        &lab,
        &format!("zpool create -o ashift=12 -o autoexpand=on two mirror {} {}", wwn(1), wwn(2)),
    );
    fill(&lab, "two", 32);
    refused(&lab, "add 3", &[3], &["a single drive is never added"]);
    refused(&lab, "remove mirror-0", &[5], &["only data vdev"]);
    grows(&lab, "two", "add 3 4");
    lab.ok("dd if=/dev/urandom of=/two/more bs=1M count=16 status=none; zpool sync two");
    grows(&lab, "two", "remove mirror-1");
    eprintln!("{}", lab.ok("zpool status two"));
    intact(&lab, "two", "emptied");
    let ran = lab.sh(&format!("{ZBAY} expand remove 1 --plan"));
    assert!(
        ran.status == 1 && ran.out.contains("then has no redundancy"),
        "{}{}",
        ran.out,
        ran.err
    );
}
