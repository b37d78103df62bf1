//! Pools of other releases, classes and ages: what their owners published, and what the source says.
//!
//! A published figure was rounded by `zpool list` or `zfs list`, so that it is compared as printed. Where nobody
//! measured, the expected bytes were worked out apart from this code.

use super::{Born, Capacity, CapacityError, Class, Drive, Kind, Part, Terms, Vdev, Zfs, of_parts};
use crate::units::{Ashift, Bytes};

const TB: u64 = 1_000_000_000_000;

fn drives(labels: &[u64]) -> Vec<Drive> {
    labels.iter().map(|tb| Drive::labelled(Bytes(tb * TB)).unwrap()).collect()
}

fn part(kind: &str, labels: &[u64]) -> Part {
    let kind: Kind = kind.parse().unwrap();
    Vdev { kind, leaves: drives(labels), ashift: Ashift::DEFAULT }.into()
}

fn of_class(class: Class, kind: &str, labels: &[u64]) -> Part {
    Part { class, ..part(kind, labels) }
}

fn under(zfs: Zfs, parts: &[Part]) -> Capacity {
    let pool = of_parts(parts, Terms { zfs, ..Terms::default() }).unwrap();
    let lines: u64 = pool.deductions.iter().map(|line| line.bytes.0).sum();
    assert_eq!(pool.drives.0 - lines, pool.usable.0, "the lines add up");
    pool
}

/// openzfs/zfs issue 1089 (0.6.0-rc, 2012): 6, 10 and 12 drives of 3 TB in one raidz2.
#[test]
fn three_pools_of_2012() {
    for (width, size, usable) in
        [(6, "16.2T", "10.7T"), (10, "27.2T", "20.4T"), (12, "32.5T", "24.4T")]
    {
        let pool = under(Zfs::V0_6_4, &[part("raidz2", &vec![3; width])]);
        assert_eq!((pool.size.zfs().as_str(), pool.usable.zfs().as_str()), (size, usable));
    }
}

/// louwrentius.com, 2014: 18 and 6 drives of 4 TB, 86 TiB gross and 71 TiB net on ZFS on Linux.
#[test]
fn a_box_of_24_drives_of_2014() {
    let pool = under(Zfs::V0_6_4, &[part("raidz2", &[4; 18]), part("raidz2", &[4; 6])]);
    assert_eq!(pool.size.0 >> 40, 86);
    assert_eq!(pool.usable.0 >> 40, 71);
}

/// openzfs/zfs issue 18711 (2.4.3): 3 x 3 TB raidz1, to which a fourth was attached: 10.9T, and 1.44T + 5.70T.
#[test]
fn a_raidz_that_was_widened_keeps_its_ratio() {
    let born = Some(Born { leaves: drives(&[3; 3]), zfs: Zfs::V2_4 });
    let wide = Part { born, ..part("raidz1", &[3; 4]) };
    let pool = under(Zfs::V2_4, std::slice::from_ref(&wide));
    assert_eq!((pool.size.zfs().as_str(), pool.usable.zfs().as_str()), ("10.9T", "7.14T"));
    assert_eq!(pool.vdevs[0].deflate_ratio, 341);
    assert!(pool.deductions.iter().any(|line| line.what == super::What::OldRatio));
    let new = under(Zfs::V2_4, &[part("raidz1", &[3; 4])]);
    assert_eq!((new.usable.zfs().as_str(), new.size), ("7.80T", pool.size));
    // Six attaches to 6 x 4 TB raidz2 give what two of them do.
    let born = Some(Born { leaves: drives(&[4; 6]), zfs: Zfs::V2_1 });
    let pool = under(Zfs::V2_1, &[Part { born, ..part("raidz2", &[4; 12]) }]);
    assert_eq!(pool.usable, Bytes(31_831_680_352_256));
}

#[test]
fn a_vdev_that_grew_keeps_the_size_of_its_metaslabs() {
    let born = |zfs| Some(Born { leaves: drives(&[1, 1]), zfs });
    let grown = under(Zfs::V2_1, &[Part { born: born(Zfs::V2_1), ..part("mirror", &[8, 8]) }]);
    assert_eq!((grown.vdevs[0].ms_shift, grown.vdevs[0].ms_count), (33, 931));
    let new = under(Zfs::V2_1, &[part("mirror", &[8, 8])]);
    assert_eq!((new.vdevs[0].ms_shift, new.vdevs[0].ms_count), (34, 465));
    assert!(grown.size > new.size, "a smaller metaslab wastes less of the end");
    let back = Part {
        born: Some(Born { leaves: drives(&[8, 8]), zfs: Zfs::V2_1 }),
        ..part("mirror", &[1, 1])
    };
    let error = of_parts(&[back], Terms::default()).unwrap_err();
    assert!(error.to_string().starts_with("a vdev cannot get smaller"), "{error}");
    let back = Part {
        born: Some(Born { leaves: drives(&[8; 5]), zfs: Zfs::V2_1 }),
        ..part("raidz1", &[8; 4])
    };
    let error = of_parts(&[back], Terms::default()).unwrap_err();
    let text =
        "a raidz1 vdev cannot get narrower: it was created with 5 drives and is said to have 4";
    assert_eq!(error.to_string(), text);
}

#[test]
fn each_release_gives_what_it_kept_back() {
    let pool = [part("raidz1", &[4; 4])];
    let of = |zfs: &str| under(zfs.parse().unwrap(), &pool).usable.0;
    assert_eq!(of("2.3"), 11_483_534_589_952);
    assert_eq!(of("2.4.1"), of("2.1.0"));
    let dspace = 11_608_491_294_720 + 12_482_248_704;
    assert_eq!(of("2.0.7"), dspace - (128 << 30));
    assert_eq!(of("0.8.6"), dspace - dspace / 32);
    // Metaslabs of 64 GiB: 232 of them.
    let old = (232_u64 << 36 >> 9) * 372;
    assert_eq!(of("0.7.13"), old - old / 32);
    assert_eq!(of("0.6.5.11"), of("0.7.13"));
    assert_eq!(of("0.6.4"), old - old / 64);
}

#[test]
fn special_counts_in_size_and_a_log_in_nothing() {
    let data = || part("raidz2", &[8; 6]);
    let alone = under(Zfs::V2_1, &[data()]);
    let log = of_class(Class::Log, "mirror", &[1, 1]);
    let logged = under(Zfs::V2_1, &[data(), log]);
    assert_eq!((logged.size, logged.usable), (alone.size, alone.usable));
    assert_eq!(logged.losses_survived.to_string(), "any 2", "a log may be lost without the pool");
    let special = || of_class(Class::Special, "mirror", &[1, 1]);
    let all = under(Zfs::V2_1, &[data(), special()]);
    assert_eq!(all.size.0 - alone.size.0, all.vdevs[1].ms_count << all.vdevs[1].ms_shift);
    assert_eq!(all.usable, alone.usable);
    assert_eq!(all.losses_survived.to_string(), "any 1, at best 3");
    // From 2.4 on it has an embedded log, for which the slop makes up.
    let newer = under(Zfs::V2_4, &[data(), special()]);
    assert_eq!(newer.usable.0 - all.usable.0, 1 << 33);
    assert_eq!(newer.size, all.size);
    let dedup = of_class(Class::Dedup, "mirror", &[1, 1]);
    assert_eq!(under(Zfs::V2_4, &[data(), dedup]).usable, alone.usable);
}

/// openzfs/zfs issue 13727 has this layout of 18 TB drives; what its stripes cost each metaslab is 2.3 GB together.
#[test]
fn draid_pays_for_rows_spares_and_stripes() {
    let pool = under(Zfs::V2_1, &[part("draid1:16d:36c:2s", &[18; 36])]);
    let line = |what| pool.deductions.iter().find(|line| line.what == what).unwrap().bytes.0;
    assert_eq!(line(super::What::DraidStripes) / 10_000_000, 233);
    let spare = 18_000_192_733_184_u64 / (16 << 20) * (16 << 20) - (32 << 20);
    assert_eq!(line(super::What::Spares), 2 * spare);
    let vdev = &pool.vdevs[0];
    assert_eq!((vdev.ms_shift, vdev.deflate_ratio, vdev.losses_survived), (34, 481, 1));
    assert_eq!(vdev.asize.0 % (17 * (16 << 20)), 0);
    let replacement = vdev.replacement.leaf.0;
    assert_eq!(replacement, (vdev.ms_count << 34).div_ceil(34) + (32 << 20));
}

#[test]
fn what_a_release_or_a_class_has_not_is_refused() {
    let error = |zfs, part: Part| {
        of_parts(&[part], Terms { zfs, ..Terms::default() }).unwrap_err().to_string()
    };
    let special = of_class(Class::Special, "mirror", &[1, 1]);
    assert_eq!(
        error(Zfs::V0_7, special.clone()),
        "OpenZFS 0.7 has no special vdevs: they came with 0.8"
    );
    let draid = part("draid1:2d:4c", &[1; 4]);
    assert_eq!(
        error(Zfs::V0_8, draid.clone()),
        "OpenZFS 0.8 to 2.0.6 has no dRAID: it came with 2.1"
    );
    let log = of_class(Class::Log, "raidz1", &[1; 3]);
    assert_eq!(error(Zfs::V2_1, log), "a log vdev can be a stripe or a mirror, not raidz1");
    assert_eq!(error(Zfs::V2_1, special), CapacityError::Empty.to_string());
    let born = Some(Born { leaves: drives(&[1; 4]), zfs: Zfs::V0_6_4 });
    let old = Part { born, ..draid };
    assert_eq!(error(Zfs::V2_1, old), "OpenZFS up to 0.6.4 has no dRAID: it came with 2.1");
    let narrow = part("draid1:2d:4c", &[1; 3]);
    let text =
        "a draid1:2d:4c:0s vdev cannot be made of 3 drives: it takes as many as its `c` says";
    assert_eq!(error(Zfs::V2_1, narrow), text);
    let many = vec![part("stripe", &[1]); (1 << 16) + 1];
    let error = of_parts(&many, Terms::default()).unwrap_err();
    assert_eq!(error.to_string(), "65537 vdevs are too many: the limit here is 65536");
}

#[test]
fn ten_thousand_drives_of_100_tb() {
    let vdevs = vec![part("raidz2", &[100; 100]); 100];
    let pool = under(Zfs::V2_1, &vdevs);
    assert!(pool.size.0 > 900_000 * TB && pool.usable < pool.size);
    let stripes = vec![part("stripe", &[100]); 10_000];
    assert!(under(Zfs::V2_1, &stripes).usable > pool.usable);
}
