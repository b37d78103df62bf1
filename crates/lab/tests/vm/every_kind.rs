//! Everything that other people leave on drives, in one box: refused by what it is, untouched, and erased only
//! where a person names the drive.

use std::fmt::Write as _;

use zbay_lab::{Lab, Ran};

use crate::promises::changing;

/// What is put into each bay, and the words with which it is refused. `$d` is the drive, `$b` its bay.
const KINDS: [(u8, &str, &str); 20] = [
    (1, "mkfs.ext4 -q -F -L photos $d", "ext4 \"photos\""),
    (2, "mkfs.ntfs -Q -F -q -L win $d", "ntfs \"win\""),
    (3, "mkfs.xfs -q -L media $d", "xfs \"media\""),
    (4, "mkfs.btrfs -q -L btr $d", "btrfs \"btr\""),
    (5, "mkswap -L swp $d", "swap space \"swp\""),
    (
        6,
        "yes | mdadm --create /dev/md/old --level=1 --raid-devices=2 missing $d && mdadm --stop /dev/md/old",
        "md",
    ),
    (7, "pvcreate -q -y $d && vgcreate -q vg0 $d && vgchange -q -an vg0", "LVM"),
    (
        8,
        "echo secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $d -",
        "LUKS",
    ),
    (9, "make-bcache -B $d", "bcache"),
    (10, "zpool create expo $d && zpool export expo", "`expo`"),
    (11, "zpool create media $d", "`media`"),
    (12, "zpool create dest $d && zpool destroy dest", "destroyed"),
    (13, "zpool create zap $d && zpool export zap && sgdisk -Z $d", "`zap`"),
    (
        14,
        "zpool create stale $d && zpool export stale && mkfs.ext4 -q -F -E nodiscard -L over $d",
        "ext4 \"over\"",
    ),
    // 15 to 17 are members of the pool of 18.
    (
        18,
        "zpool create aux $d spare $(bay 15) cache $(bay 16) log $(bay 17) && zpool export aux",
        "`aux`",
    ),
    (19, "sgdisk -o $d", "gpt partition table, no partition"),
    (
        20,
        "zpool create tail $d && zpool export tail && sgdisk -Z $d && dd if=/dev/zero of=$d bs=1M count=8 conv=notrunc status=none",
        "`tail`",
    ),
    (21, "dd if=/dev/urandom of=$d bs=1M count=1 conv=notrunc status=none", "unrecognised data"),
    (
        22,
        "printf x | dd of=$d bs=1 seek=$(($(blockdev --getsize64 $d) / 2)) conv=notrunc status=none",
        "unrecognised data",
    ),
    (23, "true", ""),
];

const WISH: &str = "hardware: 4u-24bay\nboot: any\npool:\n  name: tank\n  layout: raidz2\n  bays: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]]\n";
const FOUR: &str =
    "hardware: 4u-24bay\nboot: any\npool:\n  name: tank\n  layout: raidz\n  bays: [1, 2, 3, 4]\n";

/// The part of a refusal that speaks of one bay.
fn about(ran: &Ran, bay: u8) -> String {
    let head = format!("bay {bay} is not free");
    let mut parts = ran.err.split("error: ");
    parts.find(|part| part.starts_with(&head)).unwrap_or_default().to_owned()
}

/// Puts all of it there.
fn leave(lab: &Lab) {
    let mut script = String::from(
        "set -e; exec 2>&1; bay() { printf '/dev/disk/by-id/wwn-0x5000c5007a07%04x' $1; }\n",
    );
    for (bay, make, _) in KINDS {
        let _ = writeln!(script, "b={bay}; d=$(bay $b); {make} >/dev/null");
    }
    script.push_str("sync; rm -f /etc/zfs/zpool.cache /etc/hostid\n");
    lab.push("/root/left.sh", &script);
    lab.ok("bash -x /root/left.sh");
}

#[test]
fn everything_that_others_left_is_refused_by_name_and_taken_only_by_name() {
    let mut lab = Lab::new("4u-foreign").with_zbay().boot();
    lab.ok("zgenhostid -f 0badcafe && hostname oldnas");
    leave(&lab);
    lab.stop();
    let before = lab.digests();
    let blank = before["24"].clone();
    assert!(
        before.iter().all(|(bay, digest)| ["23", "24"].contains(&bay.as_str()) || *digest != blank)
    );

    // First boot.
    let unit = include_str!("../../../../systemd/zbay-firstboot.service");
    lab.put(&zbay_lab::files::zbay(&zbay_lab::program(), unit, Some(WISH)));
    lab.start();
    assert_eq!(lab.ended("zbay-firstboot.service"), "failed");
    assert!(lab.console().contains("nothing was written to any drive"), "{}", lab.console());

    // Every bay is refused with what it holds, what was seen, and the ways out.
    lab.trace();
    let plan = lab.sh("zbay plan");
    assert_eq!(plan.status, 2, "{}", plan.out);
    let pool_members = [(15, "hot spare"), (16, "cache"), (17, "`aux`")];
    let kinds = KINDS.iter().map(|(bay, _, words)| (*bay, *words)).chain(pool_members);
    for (bay, words) in kinds.filter(|(_, words)| !words.is_empty()) {
        let said = about(&plan, bay).replace("\n         ", " ");
        assert!(
            said.contains(words),
            "bay {bay} is refused without {words}:\n{said}\n{}",
            plan.err
        );
        assert!(said.contains("keep it") && said.contains(&format!("6RA7EX{bay:02}")), "{said}");
        // The box's own udev puts md and bcache together at boot: then they are in use.
        if ![6, 9].contains(&bay) {
            let wwn = format!("--take wwn-0x5000c5007a07{bay:04x}=SERIAL");
            assert!(said.contains(&wwn), "bay {bay}: {said}");
        }
    }
    assert!(about(&plan, 14).contains("of pool \"stale\""), "both are told: {}", about(&plan, 14));
    let media = about(&plan, 11).replace("\n         ", " ");
    assert!(
        media.contains("last used by host `oldnas`") && media.contains("not exported"),
        "{media}"
    );
    assert!(about(&plan, 10).contains("exported"), "{}", plan.err);
    for bay in [23, 24] {
        assert_eq!(about(&plan, bay), "", "bay {bay} is blank");
    }
    for command in ["zbay apply --yes", "zbay firstboot"] {
        assert_eq!(lab.sh(command).status, 2);
    }

    // A take of some is not a take of all, and a serial that nobody read off the drive is none.
    lab.push("/root/four.yaml", FOUR);
    let take = |bay: u8| format!("--take wwn-0x5000c5007a07{bay:04x}=6RA7EX{bay:02}");
    let apply = "zbay apply /root/four.yaml --yes --replace-profile";
    let some = lab.sh(&format!("{apply} {} {}", take(1), take(2)));
    assert_eq!(some.status, 2, "{}", some.out);
    assert!(about(&some, 1).is_empty() && !about(&some, 3).is_empty(), "{}", some.err);
    let three = [1, 2, 3].map(take).join(" ");
    let wrong = lab.sh(&format!("{apply} {three} --take wwn-0x5000c5007a070004=6RA7EX05"));
    assert_eq!(wrong.status, 2, "{}", wrong.out);
    assert!(wrong.err.contains("is not that of the drive in bay 4"), "{}", wrong.err);
    let elsewhere = lab.sh(&format!("zbay plan /root/four.yaml {}", take(9)));
    assert!(elsewhere.err.contains("has the wwn 0x5000c5007a070009"), "{}", elsewhere.err);
    assert_eq!(changing(&lab.traced()), Vec::<String>::new());
    assert!(lab.ok("zpool list -H").is_empty());
    lab.stop();
    assert_eq!(lab.digests(), before, "no drive was written to");

    // What is in use is refused whatever it holds, and cannot be taken.
    lab.start();
    let d = |bay: u8| format!("/dev/disk/by-id/wwn-0x5000c5007a07{bay:04x}");
    lab.ok(&format!("mount -o ro,noload {} /mnt", d(1)));
    lab.ok(&format!(
        "echo 0 2048 linear {} 0 | dmsetup create held && (setsid sleep 600 3<>{} </dev/null >/dev/null 2>&1 &)",
        d(23),
        d(24)
    ));
    lab.push("/root/held.yaml", &FOUR.replace("[1, 2, 3, 4]", "[1, 22, 23, 24]"));
    let held = lab.sh(&format!("zbay plan /root/held.yaml {} {} {}", take(1), take(23), take(24)));
    assert_eq!(held.status, 2, "{}", held.out);
    let flat = held.err.replace("\n         ", " ");
    for words in [
        "bay 1 cannot be erased: in use: mounted at /mnt",
        "bay 23 cannot be erased: in use: held by dm-",
        "bay 24 cannot be erased: in use: open for writing by sleep",
        "bay 22 is not free",
    ] {
        assert!(flat.contains(words), "{words}\n{flat}");
    }
    lab.ok("umount /mnt; dmsetup remove held; pkill sleep; true");

    // All four named: those are erased and taken, and nothing else is touched.
    let all: Vec<String> = (1..=4).map(take).collect();
    let planned = lab.sh(&format!("zbay plan /root/four.yaml {}", all.join(" ")));
    assert_eq!(planned.status, 1, "{}{}", planned.out, planned.err);
    assert!(planned.out.replace('\n', " ").contains("4 of them erased first"), "{}", planned.out);
    let done = lab.sh(&format!("{apply} {}", all.join(" ")));
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    assert!(lab.ok("zpool list -H -o name,health").contains("tank\tONLINE"));
    assert_eq!(lab.sh("zbay verify").status, 0);
    lab.stop();
    let after = lab.digests();
    for (bay, digest) in &before {
        let taken = ["1", "2", "3", "4"].contains(&bay.as_str());
        assert_eq!(after[bay] != *digest, taken, "bay {bay}");
    }
}
