//! The day a drive dies, on real OpenZFS: pulled and put back, replaced by new ones of many kinds, cut off half-way. After
//! each drill the data is read again and compared, and no drive that was refused has changed by a byte.

use std::time::Duration;

use zbay_lab::{Lab, Ran};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
const REPLACE: &str = include_str!("../../../../systemd/zbay-replace.service");
const TICK: &str = include_str!("../../../../systemd/zbay-tick.service");
/// The drives of the box, bytes.
const SIZE: u64 = 4_000_787_030_016;

/// Files with known sums, written and on the drives.
fn fill(lab: &Lab, mib: u32) {
    lab.ok(&format!(
        "cd /tank/data && for n in 1 2 3 4; do dd if=/dev/urandom of=file$n bs=1M count={} status=none; done; \
         sha256sum file? > /root/sums; sync; zpool sync tank",
        mib / 4
    ));
}

/// Every byte that was acknowledged is there, read from the drives.
fn intact(lab: &Lab, drill: &str) {
    let ran = lab.sh("cd /tank/data && sha256sum -c --quiet /root/sums");
    assert_eq!(ran.status, 0, "{drill}: {}{}", ran.out, ran.err);
}

/// Scrubs, and finds nothing.
fn scrubbed(lab: &Lab, drill: &str) {
    lab.ok("zpool scrub -w tank");
    let status = lab.ok("zpool status -v tank");
    assert!(status.contains("errors: No known data errors"), "{drill}: {status}");
    intact(lab, drill);
}

fn state(lab: &Lab) -> String {
    lab.ok("zpool list -H -o health tank").trim().to_owned()
}

/// As if the drive in a bay were pulled while the box runs; nobody writes to the pool meanwhile.
fn pulled(lab: &Lab, bay: u8) {
    lab.ok(&format!(
        "d=$(readlink -f /dev/disk/by-path/pci-0000:00:1f.2-ata-{bay}); echo 1 > /sys/block/${{d##*/}}/device/delete"
    ));
}

/// The same, and ZFS notices.
fn pull(lab: &Lab, bay: u8) {
    pulled(lab, bay);
    // ZFS notices when it writes.
    lab.ok("date > /tank/data/now; zpool sync tank; sleep 1");
}

/// Looks for drives again.
fn rescan(lab: &Lab) {
    lab.ok("for h in /sys/class/scsi_host/host*; do echo '- - -' > $h/scan; done; udevadm settle");
}

fn flat(ran: &Ran) -> String {
    format!("{} {}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Refused with these words, and the drive in bay 3, where it is no member, has not changed.
fn refused(lab: &Lab, command: &str, words: &[&str]) {
    let third = |lab: &Lab| lab.digests().remove("3");
    let is_member = lab.ok("zpool status -P tank").contains(&third_wwn(lab));
    let before = third(lab);
    let ran = lab.sh(command);
    assert_eq!(ran.status, 2, "`{command}`: {}{}", ran.out, ran.err);
    for word in words {
        assert!(flat(&ran).contains(word), "`{command}` lacks `{word}`: {}", ran.err);
    }
    assert!(is_member || third(lab) == before, "`{command}` wrote to a drive");
}

fn third_wwn(lab: &Lab) -> String {
    lab.drive("3").wwn.clone().expect("a wwn").to_string()
}

#[test]
fn a_drive_that_fails_is_replaced() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    fill(&lab, 64);

    // Nothing is the matter: nothing to replace, whatever is named.
    refused(&lab, "zbay replace 3 --yes", &["the drive in bay 3 is healthy", "tank/raidz1-0"]);
    refused(&lab, "zbay replace 9 --yes", &["this server has no bay `9`"]);

    // Pulled while it runs, and put back: it is brought back, not replaced.
    pull(&lab, 3);
    assert_eq!(state(&lab), "DEGRADED");
    refused(&lab, "zbay replace 2 --yes", &["the drive in bay 2 is healthy", "problems bay 3"]);
    refused(
        &lab,
        "zbay replace 3 --yes",
        &["bay 3 is empty", "missing bay 3", "Z302EXA3", "zbay replace 3"],
    );
    lab.ok("systemctl stop zfs-zed; dd if=/dev/urandom of=/tank/data/more bs=1M count=8 status=none; zpool sync tank");
    rescan(&lab);
    let ran = lab.sh("zbay replace 3 --yes");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(state(&lab), "ONLINE");
    lab.ok("systemctl start zfs-zed");
    scrubbed(&lab, "pulled and put back");

    // Dead. A drive that is too small, by a little, and a used one are refused; their bytes stay.
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "TOOSMALL", SIZE - 5_000_000_000);
    lab.start();
    lab.settled();
    assert_eq!(state(&lab), "DEGRADED");
    refused(
        &lab,
        "zbay replace 3 --yes --serial TOOSMALL",
        &["too small", "bay 3", "TOOSMALL", "bytes"],
    );
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "USEDDRIVE", SIZE - 1_000_000_000);
    lab.on_image("3", "mkfs.ext4", &["-q", "-F", "-L", "photos"]);
    lab.start();
    lab.settled();
    refused(
        &lab,
        "zbay replace 3 --yes --serial USEDDRIVE",
        &["bay 3 is not free", "ext4", "photos", "--take"],
    );

    // By name it is taken: smaller by a gigabyte, within what the vdev can spare.
    let wwn = third_wwn(&lab);
    let take = format!("--take wwn-{wwn}=USEDDRIVE");
    let plan = lab.sh(&format!("zbay replace 3 --plan {take}"));
    assert_eq!(plan.status, 1, "{}", plan.err);
    assert!(
        plan.out.contains("USEDDRIVE")
            && plan.out.contains("ERASED")
            && plan.out.contains("Z302EXA3"),
        "{}",
        plan.out
    );
    refused(&lab, &format!("zbay replace 3 --yes {take}"), &["needs the serial"]);
    refused(
        &lab,
        &format!("zbay replace 3 --yes {take} --serial WRONG"),
        &["does not end in `WRONG`"],
    );
    let ran = lab.sh(&format!("zbay replace 3 --yes {take} --serial DRIVE"));
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(state(&lab), "ONLINE");
    assert!(lab.ok("zpool status -P tank").contains(&wwn));
    scrubbed(&lab, "replaced by a smaller one that was used");
    assert_eq!(lab.sh("zbay verify").status, 0, "{}", lab.sh("zbay verify").out);

    // A larger one, the run killed and the power cut on the way: typed again it goes on.
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "LARGEONE", SIZE + 2_000_000_000_000);
    lab.start();
    lab.settled();
    lab.ok("echo 1 > /sys/module/zfs/parameters/zfs_scan_suspend_progress");
    lab.ok("setsid zbay replace 3 --yes --serial LARGEONE >/root/replace.out 2>&1 </dev/null & \
        for i in $(seq 300); do zpool status tank | grep -q replacing && exit 0; sleep 0.2; done; cat /root/replace.out; exit 1");
    lab.ok("sleep 1; pkill -KILL -x zbay; zpool sync tank; sync");
    lab.power_cut();
    lab.start();
    lab.settled();
    let ran = lab.sh_within("zbay replace 3 --yes --serial LARGEONE", Duration::from_mins(5), b"");
    let done = ran.status == 0 || flat(&ran).contains("the drive in bay 3 is healthy");
    assert!(done, "{}{}", ran.out, ran.err);
    assert_eq!(state(&lab), "ONLINE");
    scrubbed(&lab, "replaced by a larger one with two cuts");
}

#[test]
fn flipped_bytes_a_wrong_pull_and_a_suspended_pool() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    fill(&lab, 64);
    lab.stop();

    // Bytes go bad on one drive, all over what was written: a scrub mends them, and says where.
    let wwn = lab.drive("2").wwn.clone().expect("a wwn").to_string();
    assert!(lab.spoil("2", 1 << 20) > 10);
    lab.start();
    lab.settled();
    lab.ok("zpool scrub -w tank");
    let status = lab.sh("zbay status");
    let said = flat(&status);
    assert_eq!(status.status, 1, "{said}");
    assert!(said.contains("bay 2") && said.contains("checksum"), "{said}");
    for healthy in ["bay 1 had", "bay 3 had", "bay 4 had"] {
        assert!(!said.contains(healthy), "{said}");
    }
    intact(&lab, "flipped bytes");
    assert!(lab.ok("zpool status -P tank").contains(&wwn));
    lab.ok("zpool clear tank");
    scrubbed(&lab, "flipped bytes, mended");
    assert_eq!(lab.sh("zbay status").status, 0, "{}", lab.sh("zbay status").out);

    // A drive is replaced, and meanwhile somebody pulls the wrong one: the pool stands still, nothing hangs, and putting
    // it back is enough.
    held_half_way(&mut lab, "NEWTHIRD");
    lab.ok("systemctl stop zfs-zed");
    pulled(&lab, 2);
    lab.sh("(dd if=/dev/urandom of=/tank/data/late bs=1M count=4 conv=fsync status=none >/dev/null 2>&1 &); sleep 5");
    let began = std::time::Instant::now();
    let status = lab.sh_within("zbay status", Duration::from_mins(2), b"");
    let said = flat(&status);
    assert!(began.elapsed() < Duration::from_mins(1), "it hung for {:?}", began.elapsed());
    assert!(status.status == 1 || status.status == 2, "{said}");
    // Whether the pool stands still or reads on from what the old drives hold, the bay is told, and what to do.
    assert!(said.contains("bay 2 is missing") || said.contains("suspended"), "{said}");
    assert!(said.contains("put it back") || said.contains("put back"), "{said}");
    assert!(!said.contains("bay 1 is") && !said.contains("bay 4 is"), "{said}");
    assert!(
        !said.contains("bay 2 missing: ST4000DM000-1F2168 Z302EXA3"),
        "it never was there: {said}"
    );
    let replace = lab.sh_within("zbay replace 2 --yes", Duration::from_mins(3), b"");
    assert_eq!(replace.status, 2, "{}{}", replace.out, replace.err);
    rescan(&lab);
    lab.ok("sleep 2; timeout 60 zpool clear tank; echo 0 > /sys/module/zfs/parameters/zfs_scan_suspend_progress; systemctl start zfs-zed");
    let well = lab
        .until("zpool list -H -o health tank | grep -qE 'ONLINE|DEGRADED'", Duration::from_mins(2));
    assert_eq!(well.status, 0, "{}", lab.ok("zpool status tank"));
    lab.ok("zpool wait -t resilver,replace tank");
    scrubbed(&lab, "the wrong drive was pulled in a resilver");
    assert_eq!(state(&lab), "ONLINE");

    // Sectors that cannot be read: a scrub mends them by writing them anew, and the drive is named.
    lab.stop();
    // As many as ZFS's own daemon takes for a drive that is only old: ten in ten minutes and it takes it out.
    assert_eq!(lab.bad_sectors("4", 1 << 20, 5), 5);
    lab.start();
    lab.settled();
    lab.ok("zpool scrub -w tank");
    let status = lab.sh("zbay status");
    let said = flat(&status);
    assert_eq!(status.status, 1, "{said}\n{}", lab.ok("zpool status tank; dmesg | tail -20"));
    assert!(said.contains("bay 4") && said.contains("read"), "{said}");
    for healthy in ["bay 1 had", "bay 2 had", "bay 3 had"] {
        assert!(!said.contains(healthy), "{said}");
    }
    intact(&lab, "sectors that cannot be read");
    lab.ok("zpool clear tank");
    lab.stop();
    lab.readable("4");
    lab.start();
    lab.settled();
    scrubbed(&lab, "sectors that cannot be read, mended");
}

#[test]
#[ignore = "long: the same on recordings is in tests/cli/places.rs"]
fn a_replacement_keeps_the_layout_and_may_not_end() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    fill(&lab, 64);
    held_half_way(&mut lab, "NEWTHIRD");
    // While it is resilvering the pool has the profile's layout, and nobody says to make it anew.
    for command in ["zbay verify", "zbay plan"] {
        let said = flat(&lab.sh(command));
        assert!(!said.contains("raidz1 of") && !said.contains("destroy"), "`{command}`: {said}");
    }
    let said = flat(&lab.sh("zbay status"));
    assert!(said.contains("bay 3 is resilvering") && said.contains("No redundancy left"), "{said}");
    refused(
        &lab,
        "zbay replace 3 --yes --no-wait",
        &["is already being replaced", "let it finish"],
    );
    lab.ok("echo 0 > /sys/module/zfs/parameters/zfs_scan_suspend_progress");
    lab.ok("zpool wait -t resilver,replace tank");
    scrubbed(&lab, "a replacement");
    the_last_copy_is_left_in(&mut lab);
    a_resilver_with_errors(&mut lab);
    the_new_drive_goes_too(&mut lab);
}

/// A new drive in bay 3 takes the place of the old one, and nothing is written to it yet.
fn held_half_way(lab: &mut Lab, serial: &str) {
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", serial, SIZE);
    lab.start();
    lab.settled();
    // All that is left is whole: what is written to these three is all that there is.
    lab.ok("zpool wait -t resilver tank; echo 1 > /sys/module/zfs/parameters/zfs_scan_suspend_progress");
    let ran = lab.sh(&format!("zbay replace 3 --yes --serial {serial} --no-wait"));
    assert_eq!(ran.status, 1, "{}{}", ran.out, ran.err);
}

/// ZFS reads a drive that gave too many errors, and leans on it where another one is out: it is not taken out.
fn the_last_copy_is_left_in(lab: &mut Lab) {
    let wwn = lab.drive("2").wwn.clone().expect("a wwn").to_string();
    lab.stop();
    assert_eq!(lab.bad_sectors("2", 1 << 20, 15), 15);
    lab.start();
    lab.settled();
    pulled(lab, 3);
    lab.ok("dd if=/dev/urandom of=/tank/data/late bs=1M count=4 conv=fsync status=none");
    // After ten errors ZFS's own daemon has a drive given up, and ZFS calls it degraded where nothing else holds its data.
    lab.sh("cat /tank/data/* >/dev/null; zpool sync tank");
    let degraded = format!("zpool status -P tank | grep '{wwn}.* DEGRADED'");
    lab.until(&degraded, Duration::from_mins(2));
    let said = flat(&lab.sh("zbay status"));
    assert!(said.contains("the drive in bay 3 is missing. No redundancy left"), "{said}");
    assert!(said.contains("bay 2 has too many errors and is still needed"), "{said}");
    assert!(!said.contains("zbay replace 2"), "{said}");
    for command in ["zbay replace 2 --plan", "zbay replace 2 --yes"] {
        let ran = lab.sh(command);
        assert_eq!(ran.status, 2, "{command}: {}{}", ran.out, ran.err);
    }
    assert_eq!(lab.sh(&degraded).status, 0, "{}", lab.ok("zpool status -P tank"));
    rescan(lab);
    lab.ok("udevadm settle; zpool clear tank");
    lab.ok("zpool wait -t resilver tank; zpool clear tank; zpool scrub -w tank");
    lab.stop();
    lab.readable("2");
    lab.start();
    lab.settled();
    lab.ok("zpool clear tank");
    scrubbed(lab, "the last copy was left in");
}

/// The source of a resilver is damaged: OpenZFS 2.3.9 ends the replacement all the same, and the files are lost.
fn a_resilver_with_errors(lab: &mut Lab) {
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "NEWFOURTH", SIZE);
    assert!(lab.spoil("2", 2 << 20) > 3);
    lab.start();
    lab.settled();
    let ran = lab.sh_within("zbay replace 3 --yes --serial NEWFOURTH", Duration::from_mins(5), b"");
    assert_eq!(ran.status, 1, "{}{}", ran.out, ran.err);
    let status = lab.sh("zbay status");
    let said = flat(&status);
    assert_eq!(status.status, 1, "{said}");
    assert!(said.contains("damaged") && said.contains("/tank/data/"), "{said}");
    assert!(!said.contains("healthy") && !said.contains("resilvering"), "{said}");
    lab.ok("rm -f /tank/data/*; zpool sync tank; zpool clear tank; zpool scrub -w tank; zpool scrub -w tank");
    let status = lab.sh("zbay status");
    assert_eq!((status.status, state(lab).as_str()), (0, "ONLINE"), "{}", status.out);
}

/// The new drive goes before it is filled: both of the pair are out, and no resilver can end it (openzfs/zfs #17226).
fn the_new_drive_goes_too(lab: &mut Lab) {
    fill(lab, 64);
    held_half_way(lab, "NEWFIFTH");
    lab.ok("systemctl stop zfs-zed");
    pulled(lab, 3);
    lab.ok("dd if=/dev/urandom of=/tank/data/late bs=1M count=4 conv=fsync status=none");
    lab.ok(
        "echo 0 > /sys/module/zfs/parameters/zfs_scan_suspend_progress; sleep 10; zpool sync tank",
    );
    let zfs = lab.ok("zpool status -P tank");
    assert!(zfs.contains("replacing-"), "{zfs}");
    let status = lab.sh("zbay status");
    let said = flat(&status);
    assert_eq!(status.status, 1, "{said}\n{zfs}");
    assert!(said.contains("bay 3") && said.contains("NEWFIFTH"), "{said}\n{zfs}");
    assert!(said.contains("No redundancy left"), "{said}\n{zfs}");
    assert!(!said.contains("is resilvering") && !said.contains("healthy"), "{said}\n{zfs}");
    let said = flat(&lab.sh("zbay verify"));
    assert!(!said.contains("raidz1 of") && !said.contains("destroy"), "{said}");
    let again = lab.sh("zbay replace 3 --yes --no-wait");
    assert_eq!(again.status, 2, "{}{}", again.out, again.err);
    assert!(again.err.contains("bay 3") && !again.err.contains("let it finish"), "{}", again.err);
    // Put back, it is filled to the end.
    rescan(lab);
    lab.ok(
        "sleep 2; zpool clear tank; systemctl start zfs-zed; zpool wait -t resilver,replace tank",
    );
    scrubbed(lab, "the new drive was put back");
    assert!(!lab.ok("zpool status tank").contains("replacing"));
}

/// A profile with one word more below `pool`.
fn with(line: &str) -> String {
    let wish = WISH.replace("  layout: raidz\n", &format!("  layout: raidz\n  {line}\n"));
    assert_ne!(wish, WISH);
    wish
}

#[test]
fn a_blank_drive_in_the_bay_of_a_dead_one_is_taken_where_the_profile_says_so() {
    let wish = with("properties: {autoreplace: blank}");
    let mut lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();
    fill(&lab, 32);
    assert_eq!(lab.ok("zpool get -H -o value autoreplace tank").trim(), "off", "ZED is left out");
    let ran = lab.sh("zbay replace --waiting");
    assert_eq!(
        (ran.status, flat(&ran).contains("there is no new drive")),
        (0, true),
        "{}",
        ran.out
    );

    // One that holds something is left alone, and everybody is told of it.
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "OLDPHOTOS", SIZE);
    lab.on_image("3", "mkfs.ext4", &["-q", "-F", "-L", "photos"]);
    let before = lab.digests();
    lab.start();
    lab.settled();
    let ran = lab.sh("zbay replace --waiting");
    assert_eq!((ran.status, flat(&ran).contains("is not blank")), (0, true), "{}", ran.out);
    let said = flat(&lab.sh("zbay status"));
    assert!(said.contains("bay 3 has a new drive (serial OLDPHOTOS)"), "{said}");
    assert!(said.contains("zbay replace 3") && said.contains("No redundancy left"), "{said}");
    lab.sh("zbay notify");
    let prompt = lab.ok("cat /run/issue.d/zbay.issue");
    assert!(prompt.contains("tank is DEGRADED") && prompt.contains("zbay replace 3"), "{prompt}");
    lab.ok("sync");
    assert_eq!(before["3"], lab.digests()["3"], "a drive with data on it was touched");

    // A blank one is taken without a word, and the prompt is quiet again.
    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "BLANKONE", SIZE);
    lab.start();
    lab.settled();
    lab.push("/etc/systemd/system/zbay-replace.service", REPLACE);
    lab.push("/etc/systemd/system/zbay-tick.service", TICK);
    lab.ok("systemctl daemon-reload; systemctl start zbay-tick.service");
    let third = third_wwn(&lab);
    lab.until(&format!("zpool status -P tank | grep -q {third}"), Duration::from_mins(3));
    lab.until(
        "[ $(systemctl is-active zbay-replace.service) != activating ]",
        Duration::from_mins(3),
    );
    lab.ok("zpool wait -t resilver,replace tank");
    let due = lab.ok("zbay tick");
    assert_eq!(due, "nothing is due\n");
    assert_eq!(state(&lab), "ONLINE");
    assert!(lab.ok("zpool status -P tank").contains(&third_wwn(&lab)));
    scrubbed(&lab, "taken without a word");
    lab.sh("zbay notify");
    assert_eq!(lab.sh("test -e /run/issue.d/zbay.issue").status, 1, "it says something still");
}

#[test]
#[ignore = "long: three boots"]
fn a_spare_stands_in_and_goes_back() {
    let wish = WISH.replace("bays: [1, 2, 3, 4]", "bays: [1, 2, 3]\n  spares: [4]");
    assert_ne!(wish, WISH);
    let mut lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();
    fill(&lab, 32);
    lab.until("systemctl is-active zfs-zed", Duration::from_mins(2));
    pull(&lab, 3);
    lab.until("zpool status tank | grep -q INUSE", Duration::from_mins(3));
    lab.ok("zpool wait -t resilver tank");
    let said = flat(&lab.sh("zbay status"));
    assert!(said.contains("bay 3") && said.contains("It can lose any 1 drive"), "{said}");
    intact(&lab, "a spare stands in");
    refused(&lab, "zbay replace 4 --yes", &["bay 4"]);

    lab.stop();
    lab.take_out("3");
    lab.put_in("3", "2", "NEWTHIRD", SIZE);
    lab.start();
    lab.settled();
    let ran = lab.sh("zbay replace 3 --yes --serial NEWTHIRD");
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    lab.until("zpool status tank | grep -q AVAIL", Duration::from_mins(2));
    assert_eq!(state(&lab), "ONLINE");
    scrubbed(&lab, "the spare is a spare again");
    assert_eq!(lab.sh("zbay verify").status, 0, "{}", lab.sh("zbay verify").out);
}
