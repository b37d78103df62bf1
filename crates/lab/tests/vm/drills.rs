//! Cut off anywhere: by the power, by a kill of zbay alone, by a journal that cannot be written.
//!
//! Where a run is cut is told by system calls, not by a clock: strace stops zbay when it has synced a file for the
//! n-th time (each line of the journal and each file of its own is one), and stops `zpool create` at a given
//! ioctl. Each drill says which state it hit, then boots or runs again: apply must converge by itself, on the
//! same drives, and no byte of the drive that is not ours may change. One boot serves many drills: what a drill made
//! is destroyed afterwards, and the drives are blank again.

use std::time::Duration;

use zbay_lab::Lab;

use crate::promises::{at_sync, sizes};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
/// `BLKRRPART` of linux/fs.h: the kernel reads a partition table that was just written.
const BLKRRPART: &str = "0x125f";
/// `ZFS_IOC_POOL_CREATE`, the first of `zfs_ioc_t`.
const POOL_CREATE: &str = "0x5a00";
/// The profile's pool on bays 1 to 3; bay 4 is somebody else's.
fn wish() -> String {
    let wish = WISH.replace("bays: [1, 2, 3, 4]", "bays: [1, 2, 3]");
    assert_ne!(wish, WISH);
    wish
}

fn box_with_a_stranger() -> Lab {
    let lab = Lab::new("gen8-foreign").with_zbay().boot();
    lab.push("/root/wish.yaml", &wish());
    lab.ok("mkfs.ext4 -q -F -L photos /dev/disk/by-id/wwn-0x5000c5007a050004 && sync");
    lab
}

fn stranger(lab: &Lab) -> String {
    lab.ok("dd if=/dev/disk/by-id/wwn-0x5000c5007a050004 bs=1M count=256 status=none | sha256sum")
}

/// What a cut left, in one word, from the drives alone.
fn state(lab: &Lab) -> String {
    let script = "udevadm settle; zpool list -H -o name tank 2>/dev/null | sed 's/.*/imported/'; \
        t=0; l=0; for n in 1 2 3; do d=/dev/disk/by-id/wwn-0x5000c5007a05000$n; \
        [ -e $d-part1 ] && { t=$((t+1)); zdb -l $d-part1 2>/dev/null | grep -q \"name: 'tank'\" && l=$((l+1)); }; done; \
        echo tables=$t labels=$l";
    lab.ok(script).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Applies until it is done, and checks that all is as wished.
fn converges(lab: &Lab, drill: &str) {
    let ran = lab.sh("zbay apply /root/wish.yaml --yes");
    assert_eq!(ran.status, 0, "{drill}: {}{}", ran.out, ran.err);
    let again = lab.sh("zbay --json apply /root/wish.yaml --yes");
    assert!(again.out.contains("\"changed\": false"), "{drill}: {}", again.out);
    assert_eq!(lab.sh("zbay verify /root/wish.yaml").status, 0, "{drill}");
    assert_eq!(lab.ok("zfs list -H -o name -r tank | wc -l").trim(), "4", "{drill}");
    assert!(lab.ok("zpool get -H -o value comment tank").starts_with("zbay:"), "{drill}");
    let (size, usable) = sizes(lab, "tank");
    assert!(size > usable && usable > 7_000_000_000_000, "{drill}: {size} {usable}");
}

/// As if nothing had been: blank drives, no profile, no journal.
fn undone(lab: &Lab) {
    lab.ok(
        "zpool destroy tank 2>/dev/null; for n in 1 2 3; do d=/dev/disk/by-id/wwn-0x5000c5007a05000$n; \
         for p in 1 9; do [ -e $d-part$p ] && wipefs -qa $d-part$p; done; \
         s=$(blockdev --getsz $d); for at in 0 $((s/2048-40)); do dd if=/dev/zero of=$d bs=1M seek=$at count=42 conv=notrunc status=none 2>/dev/null; done; \
         for i in 1 2 3 4 5; do udevadm settle; blockdev --rereadpt $d 2>/dev/null && break; done; done; udevadm settle; rm -rf /tank /var/lib/zbay /etc/zbay/profile.yaml /etc/hostid /etc/zfs/zpool.cache; sync",
    );
}

/// Runs zbay until it has synced for the `n`-th time and stops it there, or kills it. False: it ended before.
fn until_sync(lab: &Lab, n: u32, signal: &str) -> bool {
    at_sync(lab, "zbay apply /root/wish.yaml --yes", n, signal)
}

/// Has `zpool create` run under strace with these options in the box; all else of zpool is as it is.
fn wrapped(lab: &Lab, options: &str) {
    lab.push(
        "/usr/sbin/zpool.drill",
        &format!(
            "#!/bin/sh\n[ \"$1 $2\" = 'create -n' ] && exec /usr/sbin/zpool.real \"$@\"\n\
             [ \"$1\" = create ] && exec strace -qq -X raw -o /run/drill -e trace=ioctl {options} /usr/sbin/zpool.real \"$@\"\n\
             exec /usr/sbin/zpool.real \"$@\"\n"
        ),
    );
    lab.ok(
        "[ -e /usr/sbin/zpool.real ] || cp -a /usr/sbin/zpool /usr/sbin/zpool.real; chmod 755 /usr/sbin/zpool.drill; \
         rm -f /run/drill; mount --bind /usr/sbin/zpool.drill /usr/sbin/zpool",
    );
}

/// Runs zbay until `zpool create` has done its `n`-th ioctl, and stops zpool there.
fn until_ioctl(lab: &Lab, n: usize) {
    wrapped(lab, &format!("-e inject=ioctl:signal=SIGSTOP:when={n}"));
    lab.ok(
        "(setsid zbay apply /root/wish.yaml --yes >/run/drill.out 2>&1 </dev/null &); \
         for i in $(seq 900); do grep -q SIGSTOP /run/drill 2>/dev/null && exit 0; sleep 0.2; done; exit 1",
    );
    // What zpool has written to the drives is on them; the boot device is left as it is.
    lab.ok("sleep 0.5; for n in 1 2 3; do blockdev --flushbufs /dev/disk/by-id/wwn-0x5000c5007a05000$n; done");
}

/// How long a program that zbay had started may outlive it: a pool is made in a minute on a loaded host.
const LOCK: Duration = Duration::from_mins(5);

/// Takes the power away, boots, and gives the state that the cut left.
fn cut(lab: &mut Lab) -> String {
    lab.power_cut();
    lab.start();
    lab.settled();
    state(lab)
}

/// The ioctls of zbay's own `zpool create`, by number, in order.
fn ioctls(lab: &Lab) -> Vec<String> {
    wrapped(lab, "");
    lab.ok("zbay apply /root/wish.yaml --yes");
    let text = lab.ok("umount /usr/sbin/zpool; cat /run/drill");
    undone(lab);
    let name = |line: &str| line.split([',', ')']).nth(1).map(|word| word.trim().to_owned());
    text.lines().filter(|line| line.starts_with("ioctl(")).filter_map(name).collect()
}

#[test]
fn power_cuts_inside_zpool_create_and_around_it() {
    let mut lab = box_with_a_stranger();
    let photos = stranger(&lab);
    let calls = ioctls(&lab);
    let create = calls.iter().position(|call| call == POOL_CREATE).expect("ZFS_IOC_POOL_CREATE");
    let first = calls.iter().position(|call| call == BLKRRPART).expect("a table was written");
    // strace counts from 1, and the signal stops zpool when the call is done.
    let inside = [
        ("the first partition table made", first + 2, "tables=1 labels=0"),
        ("all tables made", create, "tables=3 labels=0"),
        ("labels written, the command not returned", create + 1, "tables=3 labels=3"),
    ];
    let long = std::env::var_os("ZBAY_LONG").is_some();
    // The last of them alone in a short run: the others are met by the kills below, without a boot.
    let inside = if long { &inside[..] } else { &inside[2..] };
    for (drill, n, left) in inside.iter().copied() {
        until_ioctl(&lab, n);
        let found = cut(&mut lab);
        assert!(found.ends_with(left), "{drill}: {found}; ioctls {calls:?}");
        converges(&lab, drill);
        assert_eq!(stranger(&lab), photos, "{drill}");
        undone(&lab);
    }
    // Around it: before the pool, after it, before the last line of the journal.
    for n in 1..=if long { 22 } else { 0 } {
        let drill = format!("power cut at the {n}th sync");
        if !until_sync(&lab, n, "SIGSTOP") {
            assert!(n > 12, "only {n} syncs: {}", lab.sh("cat /run/drill.out").out);
            break;
        }
        let journal =
            lab.ok("tail -n 1 /var/lib/zbay/journal.jsonl 2>/dev/null | cut -c1-120; true");
        let found = cut(&mut lab);
        eprintln!("{drill}: {found}; {journal}");
        converges(&lab, &drill);
        assert_eq!(stranger(&lab), photos, "{drill}");
        undone(&lab);
    }
}

#[test]
fn kills_of_zbay_alone_and_a_journal_that_cannot_be_written() {
    let lab = box_with_a_stranger();
    let photos = stranger(&lab);
    // All of them in the long run, or those from the N-th on with ZBAY_KILLS=N.
    let from = std::env::var("ZBAY_KILLS").ok().and_then(|from| from.parse().ok());
    let long: Vec<u32> = (from.unwrap_or(1)..60).collect();
    let whole = from.is_some() || std::env::var_os("ZBAY_LONG").is_some();
    let points = if whole { &long[..] } else { &[17] };
    let mut killed = 0;
    for n in points.iter().copied() {
        let drill = format!("zbay killed at its {n}th sync");
        if !until_sync(&lab, n, "SIGKILL") {
            // It ended before: that was all.
            eprintln!("no {n}th sync");
            undone(&lab);
            break;
        }
        killed += 1;
        // A program that zbay had started may still be at work: then zbay says so, and is run again.
        lab.until("flock -n /run/zbay/lock true", LOCK);
        converges(&lab, &drill);
        assert_eq!(stranger(&lab), photos, "{drill}");
        undone(&lab);
    }
    assert!(killed >= 1 || from.is_some(), "{killed} kills");

    // /var full, or read-only: nothing is begun, and every drive is as it was.
    for (drill, mount) in [
        (
            "full",
            "mount -t tmpfs -o size=4k none /var/lib/zbay && head -c 4096 /dev/zero >/var/lib/zbay/filler",
        ),
        ("read-only", "mount -t tmpfs -o ro none /var/lib/zbay"),
    ] {
        lab.ok(&format!("mkdir -p /var/lib/zbay && {mount}"));
        let ran = lab.sh("zbay apply /root/wish.yaml --yes");
        lab.ok("umount /var/lib/zbay");
        assert_eq!(ran.status, 2, "{drill}: {}", ran.out);
        assert!(ran.err.contains("journal"), "{drill}: {}", ran.err);
        assert_eq!(state(&lab), "tables=0 labels=0", "{drill}");
    }
    converges(&lab, "after a journal that could not be written");

    // Debris is known by the journal: without it, the same drives are somebody else's.
    undone(&lab);
    let calls = ioctls(&lab);
    let create = calls.iter().position(|call| call == POOL_CREATE).expect("ZFS_IOC_POOL_CREATE");
    until_ioctl(&lab, create);
    lab.ok("pkill -KILL zbay; pkill -KILL strace; pkill -KILL zpool; sleep 1; umount /usr/sbin/zpool; udevadm settle");
    lab.until("flock -n /run/zbay/lock true", LOCK);
    assert_eq!(state(&lab), "tables=3 labels=0");
    lab.ok("mv /var/lib/zbay/journal.jsonl /root/journal");
    let refused = lab.sh("zbay apply /root/wish.yaml --yes");
    assert_eq!(refused.status, 2, "{}", refused.out);
    assert!(refused.err.contains("bay 1 is not free"), "{}", refused.err);
    lab.ok("mv /root/journal /var/lib/zbay/journal.jsonl");
    let planned = lab.sh("zbay plan /root/wish.yaml");
    let flat = planned.out.replace("\n    ", " ");
    assert!(flat.contains("left by zbay's own run"), "{}{}", planned.out, planned.err);
    converges(&lab, "debris of a killed zpool create");
    assert_eq!(stranger(&lab), photos);
}
