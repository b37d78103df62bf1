//! Each other profile on its box: made at first boot, as predicted, the same after a reboot, nothing done twice.

use zbay::property::DATASET;
use zbay_lab::Lab;

use crate::promises::{by_zbay, json, lives_on, sizes};

/// Sets the box up and says what its pool looks like: `zpool status`.
fn lives(name: &str, profile: &str, pool: &str) -> String {
    let mut lab = Lab::new(name).with_wish(profile).boot();
    lab.ready();
    let log = lab.ok("journalctl -u zbay-firstboot --no-pager -o cat");
    assert!(log.contains("equal") && !log.contains("DIFFERENT"), "{log}");
    let plan = json(&lab, "plan");
    let (size, usable) = sizes(&lab, pool);
    assert_eq!(plan["plan"]["outlook"]["size"], size, "{plan}");
    assert_eq!(plan["plan"]["outlook"]["usable"], usable, "{plan}");
    let status =
        lab.ok(&format!("zpool status {pool}; zfs list -Hp -o name,recordsize,mounted -r {pool}"));
    lives_on(&mut lab, pool);
    status
}

#[test]
#[ignore = "long: a box and a profile of the same kind are in each run"]
fn gen8_usb_raidz() {
    let status =
        lives("gen8-4x4tb", include_str!("../../../../profiles/gen8-usb-raidz.yaml"), "tank");
    assert!(status.contains("raidz1-0"), "{status}");
    for dataset in
        ["tank/data\t131072\tyes", "tank/media\t1048576\tyes", "tank/backup\t1048576\tyes"]
    {
        assert!(status.contains(dataset), "{status}");
    }
}

#[test]
#[ignore = "long: a box and a profile of the same kind are in each run"]
fn gen8_usb_raidz2() {
    let status =
        lives("gen8-4x4tb", include_str!("../../../../profiles/gen8-usb-raidz2.yaml"), "tank");
    assert!(status.contains("raidz2-0"), "{status}");
}

#[test]
#[ignore = "long: a box and a profile of the same kind are in each run"]
fn gen8_usb_mirror() {
    let status =
        lives("gen8-4x4tb", include_str!("../../../../profiles/gen8-usb-mirror.yaml"), "tank");
    assert!(status.contains("mirror-0") && status.contains("mirror-1"), "{status}");
}

#[test]
fn gen8_raid_fifth_port() {
    let profile = include_str!("../../../../profiles/gen8-raid-fifth-port.yaml");
    let status = lives("gen8-raid-fifth-port", profile, "tank");
    assert!(status.contains("raidz1-0"), "{status}");
}

#[test]
fn gen8_usb_raidz_slog() {
    let profile = include_str!("../../../../profiles/gen8-usb-raidz-slog.yaml");
    let status = lives("gen8-4x4tb-ssd", profile, "tank");
    assert!(status.contains("logs") && status.contains("cache"), "{status}");
    assert!(status.contains("-part1") && status.contains("-part2"), "{status}");
}

/// The partitions end 2 GiB before the drives, and the pool is what was predicted all the same.
#[test]
fn gen8_with_a_reserve() {
    let wish = include_str!("../../../../profiles/gen8-usb-raidz.yaml")
        .replace("  layout: raidz\n", "  layout: raidz\n  reserve: 2GiB\n");
    let mut lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();
    let plan = json(&lab, "plan");
    let (size, usable) = sizes(&lab, "tank");
    assert_eq!(plan["plan"]["outlook"]["size"], size, "{plan}");
    assert_eq!(plan["plan"]["outlook"]["usable"], usable, "{plan}");
    let log = lab.ok("journalctl -u zbay-firstboot --no-pager -o cat");
    assert!(log.contains("equal") && !log.contains("DIFFERENT"), "{log}");
    let ends = lab.ok(
        "for p in $(zpool list -vHPL tank | grep -o '/dev/sd[a-z]*1'); do b=${p#/dev/}; d=${b%1}; \
         echo $(($(cat /sys/block/$d/size) - $(cat /sys/block/$d/$b/start) - $(cat /sys/block/$d/$b/size))); done",
    );
    let reserve = (2_u64 << 30) / 512;
    let free: Vec<u64> = ends.lines().map(|line| line.parse().expect("sectors")).collect();
    assert_eq!(free.len(), 4, "{ends}");
    assert!(free.iter().all(|free| (reserve..reserve + 2048).contains(free)), "{ends}");
    lives_on(&mut lab, "tank");
}

/// Without a profile nothing is done and the layouts are shown; one of them, recorded, becomes the pool that was promised.
#[test]
fn what_is_proposed_can_be_had() {
    let lab = Lab::new("gen8-seed").with_zbay().boot();
    let none = lab.sh("zbay firstboot");
    assert_eq!(none.status, 2, "{}", none.out);
    assert!(none.err.contains("raidz of 3") && none.err.contains("zbay propose --write"));
    assert!(lab.ok("zpool list -H").is_empty());
    let promised = json(&lab, "propose")["proposal"]["layouts"][0]["usable"].clone();
    lab.ok("zbay propose --write");
    lab.ok("zbay check /etc/zbay/profile.yaml");
    assert_eq!(lab.sh("zbay propose --write 2").status, 2, "another wish is never overwritten");
    assert!(lab.ok("zpool list -H").is_empty(), "nothing is applied");
    lab.ok("zbay apply --yes");
    assert_eq!(promised, sizes(&lab, "tank").1);
    assert_eq!(lab.sh("zbay verify").status, 0);
}

#[test]
#[ignore = "long: a box and a profile of the same kind are in each run"]
fn gen8_seed_3() {
    let status =
        lives("gen8-seed", include_str!("../../../../profiles/gen8-seed-3.yaml"), "testpool");
    assert!(!status.contains("wwn-0x50000f0008064806"), "the 1 TB drive is not taken: {status}");
}

#[test]
#[ignore = "long: every_kind and equal boot such a box in each run"]
fn a_24_bay_box() {
    let status =
        lives("4u-24x4tb", include_str!("../../../../profiles/4u-24bay-raidz2.yaml"), "tank");
    assert!(status.contains("raidz2-0") && status.contains("raidz2-1"), "{status}");
}

/// Each property that can be changed, on a dataset that exists: set once, and then as wished. The values are those of no default.
#[test]
fn every_property_of_a_dataset_is_set_once() {
    const WISHED: &str = "{mountpoint: /srv/every, quota: 3G, refquota: 2G, reservation: 64M, refreservation: 32M, \
         recordsize: 1M, compression: gzip-6, atime: on, xattr: dir, acltype: off, dnodesize: 4k, sync: always, \
         copies: 2, snapdir: visible}";
    let profile = include_str!("../../../../profiles/gen8-usb-mirror.yaml");
    let mut lab = Lab::new("gen8-4x4tb").with_wish(profile).boot();
    lab.ready();
    let settable = DATASET.iter().filter(|row| !row.fixed);
    for row in settable {
        assert!(WISHED.contains(&format!("{}: ", row.name)), "{} is not in the drill", row.name);
    }
    lab.ok("zfs create tank/every");
    lab.ok(&format!(
        "sed -i 's|^datasets:$|datasets:\\n  every: {WISHED}|' /etc/zbay/profile.yaml"
    ));
    lab.ok("grep -q 'every:' /etc/zbay/profile.yaml");
    // A limit of the cache, which holds at once and after a boot.
    lab.ok("echo 'memory: {arc: 128MiB}' >>/etc/zbay/profile.yaml");
    let limit = |lab: &Lab| {
        lab.ok("awk '$1 == \"c_max\" {print $3}' /proc/spl/kstat/zfs/arcstats").trim().to_owned()
    };
    assert_ne!(limit(&lab), "134217728");
    let differs = lab.sh("zbay verify");
    assert_eq!(differs.status, 1, "{}{}", differs.out, differs.err);
    assert!(!differs.out.contains("not known"), "{}", differs.out);
    lab.ok("zbay apply --yes");
    let verify = lab.sh("zbay verify");
    assert_eq!(verify.status, 0, "{}{}", verify.out, verify.err);
    lab.trace();
    let again = json(&lab, "apply --yes");
    assert_eq!(again["changed"], false, "{again}");
    assert_eq!(by_zbay(&lab.traced()), Vec::<String>::new());
    assert_eq!(limit(&lab), "134217728");
    lives_on(&mut lab, "tank");
    assert_eq!(limit(&lab), "134217728", "after a boot");
    lab.ok("sed -i /^memory:/d /etc/zbay/profile.yaml && zbay apply --yes --replace-profile");
    assert_eq!(lab.ok("cat /sys/module/zfs/parameters/zfs_arc_max"), "0\n");
    lab.ok("test ! -e /etc/modprobe.d/zbay-arc.conf && zbay verify");
}
