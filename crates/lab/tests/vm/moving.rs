//! A pool that was made by hand gets a profile, leaves its box, comes back, comes from a host that did not let it go, and comes
//! without its log. After each, the data is read again.

use zbay_lab::{Lab, Ran};

use crate::promises::{json, made};

/// Two mirrors and a log, as somebody types it from a blog.
const MADE: &str = "zpool create -f -o ashift=12 -O compression=zstd -O mountpoint=/srv/hand hand \
    mirror /dev/disk/by-id/wwn-0x5000c5007a030001 /dev/disk/by-id/wwn-0x5000c5007a030002 \
    mirror /dev/disk/by-id/wwn-0x5000c5007a030003 /dev/disk/by-id/wwn-0x5000c5007a030004";
const LOG: &str = "zpool add -f hand log /dev/disk/by-path/pci-0000:00:1f.2-ata-5";
const FILLED: &str = "zpool set autotrim=on hand && \
    zfs create -o recordsize=1M -o quota=500G -o logbias=throughput hand/media && zfs create -V 64M hand/vm0 && \
    dd if=/dev/urandom of=/srv/hand/media/film bs=1M count=32 status=none && sha256sum /srv/hand/media/film > /root/sums && \
    zpool sync hand && sync";

fn intact(lab: &Lab, drill: &str) {
    let ran = lab.sh("sha256sum -c --quiet /root/sums");
    assert_eq!(ran.status, 0, "{drill}: {}{}", ran.out, ran.err);
}

fn flat(ran: &Ran) -> String {
    format!("{} {}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(ran: &Ran, words: &[&str]) {
    for word in words {
        assert!(flat(ran).contains(word), "`{word}` is not in: {}{}", ran.out, ran.err);
    }
}

/// Runs, with this exit status and these words.
fn says(lab: &Lab, command: &str, status: i32, words: &[&str]) {
    let ran = lab.sh(command);
    assert_eq!(ran.status, status, "`{command}`: {}{}", ran.out, ran.err);
    has(&ran, words);
}

#[test]
fn a_pool_made_by_hand_is_adopted_moves_and_comes_back() {
    let mut lab = Lab::new("gen8-4x4tb-ssd").with_zbay().boot();
    made(&lab, MADE);
    made(&lab, LOG);
    lab.ok(FILLED);
    let before = lab.ok("zfs get -Hp -o name,property,value -r recordsize,quota,compression,mountpoint hand; zpool get -Hp -o property,value all hand | grep -vE 'free|alloc|frag|cap|size|load_guid|feature@'");

    // Adopted: the profile says what is there, and nothing in the pool is changed.
    let beside = ["logbias=throughput of hand/media", "volume hand/vm0"];
    says(
        &lab,
        "zbay adopt --plan",
        1,
        &[beside[0], beside[1], "layout: mirror", "[[1, 2], [3, 4]]", "fifth-port"],
    );
    assert_eq!(lab.sh("test -e /etc/zbay/profile.yaml").status, 1, "a plan writes nothing");
    says(&lab, "zbay adopt --yes", 0, &["/etc/zbay/profile.yaml"]);
    let plan = json(&lab, "plan");
    assert_eq!(plan["plan"]["steps"], serde_json::json!([]), "{plan}");
    says(&lab, "zbay verify", 0, &[]);
    says(&lab, "zbay adopt --yes", 0, &[]);
    let after = lab.ok("zfs get -Hp -o name,property,value -r recordsize,quota,compression,mountpoint hand; zpool get -Hp -o property,value all hand | grep -vE 'free|alloc|frag|cap|size|load_guid|feature@'");
    assert_eq!(before, after, "adopting changes nothing of the pool");
    let kept = lab.ok("cat /srv/hand/.zbay/profile.yaml");
    assert_eq!(lab.ok("cat /etc/zbay/profile.yaml"), kept);
    intact(&lab, "adopted");

    // A dataset goes by its typed name alone, and not while the profile has it.
    lab.ok("zfs create hand/old && date > /srv/hand/old/x && zfs snapshot hand/old@monday && zpool sync hand");
    says(&lab, "zbay destroy hand/media --confirm hand/media", 2, &["profile names hand/media"]);
    says(&lab, "zbay destroy hand --confirm hand", 2, &["zbay does not destroy pools"]);
    says(
        &lab,
        "zbay destroy hand/old --plan",
        1,
        &["1 snapshot", "hand/old@monday", "/srv/hand/old"],
    );
    says(&lab, "zbay destroy hand/old </dev/null", 2, &["no terminal", "--confirm hand/old"]);
    says(&lab, "zbay destroy hand/old --confirm hand/olf", 2, &["is not `hand/old`"]);
    lab.ok("zfs clone hand/old@monday hand/clone");
    says(&lab, "zbay destroy hand/old --confirm hand/old", 2, &["dependent clones"]);
    lab.ok("zfs destroy hand/clone; test -e /srv/hand/old/x");
    says(&lab, "zbay destroy hand/old --confirm hand/old", 0, &["done"]);
    assert_eq!(lab.sh("zfs list hand/old").status, 1);
    intact(&lab, "a dataset beside it was destroyed");

    // It goes when nobody uses it, and not before.
    lab.ok(
        "cd /srv/hand/media && (setsid sleep 600 >/dev/null 2>&1 </dev/null & echo $! > /run/holder)",
    );
    says(&lab, "zbay export --yes", 2, &["busy"]);
    intact(&lab, "an export that was refused");
    lab.ok("kill $(cat /run/holder)");
    says(&lab, "zbay export --plan", 1, &["zpool export hand", "bay 4", "fifth-port"]);
    says(&lab, "zbay export --yes", 0, &["done"]);
    assert_eq!(lab.ok("zpool list -H -o name"), "");
    says(&lab, "zbay export", 2, &["no pool"]);
    says(&lab, "zbay import nosuch --yes", 2, &["nosuch", "hand, GUID"]);
    says(&lab, "zbay import --yes", 1, &["zbay verify"]);
    intact(&lab, "exported and imported");
    says(&lab, "zbay import --yes", 2, &["no pool here", "hand"]);

    // Another host had it, and its power went: it is taken only by that host's name.
    lab.ok("zpool export hand; hostname oldnas; zpool import -o cachefile=none -d /dev/disk/by-id hand");
    lab.ok(
        "date > /srv/hand/media/late; sha256sum /srv/hand/media/* > /root/sums; zpool sync hand",
    );
    lab.ok("zgenhostid -f 0badcafe; systemctl disable zfs-import-scan zfs-import-cache 2>/dev/null; rm -f /etc/zfs/zpool.cache; sync");
    lab.power_cut();
    let drives = lab.digests();
    lab.start();
    lab.settled();
    assert_eq!(lab.ok("zpool list -H -o name"), "");
    says(&lab, "zbay import --yes", 2, &["another host", "oldnas", "txg ", "--from-host oldnas"]);
    says(&lab, "zbay import --yes --from newnas", 2, &["oldnas"]);
    let refused = lab.digests();
    for bay in ["1", "2", "3", "4", "fifth-port"] {
        assert_eq!(drives[bay], refused[bay], "bay {bay}: a refused import wrote");
    }
    says(&lab, "zbay import --yes --from oldnas", 1, &["zbay verify"]);
    intact(&lab, "taken over from another host");
    // Units that were off are a drift of the profile, and are mended by it.
    says(&lab, "zbay apply --yes", 0, &[]);

    // The log dies while the power is off: the pool comes without it when a person says so, and is whole again once the
    // dead log is taken out.
    lab.stop();
    lab.take_out("fifth-port");
    lab.start();
    lab.settled();
    assert_eq!(lab.ok("zpool list -H -o name"), "");
    says(&lab, "zbay import --yes", 2, &["--without-log"]);
    says(&lab, "zbay import --yes --without-log", 1, &["zbay verify"]);
    intact(&lab, "imported without its log");
    let status = lab.sh("zbay status");
    assert_eq!(status.status, 1, "{}{}", status.out, status.err);
    has(&status, &["log", "zbay expand remove"]);
    let log = lab.ok("zpool status -g hand | grep -A1 logs | tail -n 1");
    let guid = log.split_whitespace().next().expect("a GUID").to_owned();
    says(&lab, &format!("zbay expand remove {guid} --yes"), 0, &[]);
    assert_eq!(lab.ok("zpool list -H -o health hand").trim(), "ONLINE");
    lab.ok("zpool scrub -w hand");
    intact(&lab, "the lost log taken out");
}

/// The pool of another system, which puts datasets at `/root`, where cron looks, over files, and where nothing is.
const FOREIGN: &str = "mkdir -p /mnt/alt /srv/full && date > /srv/full/mine && date > /root/mine && \
    zpool create -f -R /mnt/alt -O mountpoint=/rpool rpool /dev/disk/by-id/wwn-0x5000c5007a030001 && \
    zfs create -o mountpoint=/root rpool/root && zfs create rpool/root/below && \
    zfs create -o mountpoint=/etc/cron.d rpool/cron && zfs create -o mountpoint=/srv/full rpool/full && \
    zfs create -o mountpoint=/srv/data rpool/data && zfs create rpool/data/more && \
    echo '* * * * * root touch /run/owned' > /mnt/alt/etc/cron.d/own && date > /mnt/alt/root/theirs && \
    date > /mnt/alt/srv/data/film && sha256sum < /mnt/alt/srv/data/film > /root/film.sum && \
    echo long-enough | zfs create -o encryption=on -o keyformat=passphrase -o mountpoint=/srv/closed rpool/closed && \
    zpool export rpool && sync";

/// A profile for a pool of that name in that bay.
const NAMESAKE: &str = "hardware: hp-microserver-gen8\\ncontroller: ahci\\nboot: usb\\npool:\\n  name: rpool\\n  layout: stripe\\n  bays: [1]\\n";

/// Nothing of the box is covered, and what fits is mounted or not.
fn covers_nothing(lab: &Lab, mounted: bool, drill: &str) {
    for place in ["/root", "/root/below", "/etc/cron.d", "/srv/full", "/srv/closed"] {
        assert_ne!(lab.sh(&format!("findmnt -n {place}")).status, 0, "{drill}: {place} is covered");
    }
    lab.ok("test -e /root/mine && test -e /srv/full/mine && test ! -e /etc/cron.d/own");
    if mounted {
        lab.ok("findmnt -n /rpool && findmnt -n /srv/data && findmnt -n /srv/data/more");
        lab.ok("sha256sum < /srv/data/film | cmp - /root/film.sum");
    }
}

#[test]
fn a_foreign_pool_covers_nothing_now_or_after_a_boot() {
    let mut lab = Lab::new("gen8-4x4tb-ssd").with_zbay().boot();
    lab.ok(FOREIGN);
    let named = [
        "rpool/root is not mounted at /root",
        "rpool/root/below is not mounted",
        "rpool/cron is not mounted at /etc/cron.d",
        "rpool/full is not mounted at /srv/full",
        "zbay import rpool",
    ];
    says(&lab, "zbay import rpool --yes", 1, &named);
    covers_nothing(&lab, true, "imported");
    assert_eq!(lab.ok("zpool get -H -o value cachefile rpool").trim(), "none");

    // The next boot does not import it, so that nothing mounts it either.
    lab.reboot();
    lab.settled();
    assert_eq!(lab.ok("zpool list -H -o name"), "");
    covers_nothing(&lab, false, "booted");

    // A profile that has its name and its bay does not say that it means this very pool: first boot imports it not.
    lab.ok(&format!("mkdir -p /etc/zbay && printf '{NAMESAKE}' > /etc/zbay/profile.yaml"));
    says(
        &lab,
        "zbay firstboot",
        2,
        &["zbay did not make pool rpool", "zbay import rpool", "write `guid: "],
    );
    assert_eq!(lab.ok("zpool list -H -o name"), "", "first boot imported a stranger's pool");
    lab.ok("rm /etc/zbay/profile.yaml");

    // What an import leaves that was cut off half-way is taken up.
    lab.ok("zpool import -N -o cachefile=none -d /dev/disk/by-id rpool");
    covers_nothing(&lab, false, "cut off");
    says(&lab, "zbay import rpool --plan", 1, &["would be mounted"]);
    covers_nothing(&lab, false, "only shown");
    says(&lab, "zbay import rpool --yes", 1, &named);
    covers_nothing(&lab, true, "taken up");

    // A link within the pool leads nowhere.
    lab.ok("zfs set mountpoint=/mnt/theirs rpool/root && zfs set canmount=noauto rpool/cron && rm /srv/full/mine");
    lab.ok("rmdir /srv/data/link 2>/dev/null; ln -s /etc /srv/data/link && zfs create -u -o mountpoint=/srv/data/link/cron.d rpool/link");
    says(&lab, "zbay import rpool --yes", 1, &["rpool/link", "leads to /etc/cron.d"]);
    assert_ne!(lab.sh("findmnt -n /etc/cron.d").status, 0);
    lab.ok("findmnt -n /mnt/theirs && findmnt -n /srv/full && zfs destroy rpool/link");
    says(&lab, "zbay import rpool --yes", 0, &[]);
    assert_ne!(lab.ok("zpool get -H -o value cachefile rpool").trim(), "none");

    // Settled, it comes back as any other.
    lab.reboot();
    lab.settled();
    lab.ok("findmnt -n /srv/data/more && findmnt -n /mnt/theirs && test -e /root/mine");
    assert_ne!(lab.sh("findmnt -n /etc/cron.d").status, 0);
}
