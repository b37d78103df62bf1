//! What single vdevs give, step by step.
//!
//! A file of its own beside `vdev`, whose code fills one.

use super::vdev::Vdev;
use super::{Kind, What};
use crate::units::{Ashift, Bytes};
use crate::{CapacityError, Drive};

fn drives(terabytes: &[u64]) -> Vec<Drive> {
    let tb = |tb| Drive::labelled(Bytes(tb * 1_000_000_000_000)).unwrap();
    terabytes.iter().copied().map(tb).collect()
}

fn vdev(kind: Kind, terabytes: &[u64]) -> Vdev {
    Vdev { kind, leaves: drives(terabytes), ashift: Ashift::DEFAULT }
}

#[test]
fn four_drives_of_4_tb_step_by_step() {
    let vdev = vdev(Kind::Raidz1, &[4; 4]).capacity().unwrap();
    assert_eq!(vdev.asize, Bytes(16_003_087_990_784));
    assert_eq!((vdev.ms_shift, vdev.ms_count, vdev.deflate_ratio), (34, 931, 372));
    assert_eq!(vdev.size, Bytes(15_994_458_210_304));
    assert_eq!(vdev.dspace, Bytes(11_608_491_294_720));
    assert_eq!(vdev.embedded_log, Bytes(12_482_248_704));
    assert_eq!(vdev.nominal, Bytes(3 * 4_000_787_030_016));
    let lines: Vec<_> = vdev.deductions.iter().map(|d| (d.what, d.bytes.0)).collect();
    assert_eq!(
        lines,
        [
            (What::Partitions, 4 * 10_313_728),
            (What::Labels, 4 * 4_718_592),
            (What::MetaslabTail, 8_629_780_480),
            (What::Parity, 3_998_614_552_576),
            (What::Padding, 374_870_114_304),
            (What::EmbeddedLog, 12_482_248_704),
        ]
    );
}

#[test]
fn the_smallest_leaf_rules() {
    let mixed = vdev(Kind::Raidz1, &[1, 2, 2, 2]).capacity().unwrap();
    let even = vdev(Kind::Raidz1, &[1; 4]).capacity().unwrap();
    assert_eq!((mixed.size, mixed.dspace), (even.size, even.dspace));
    assert_eq!(mixed.unused, Bytes(3 * (2_000_398_934_016 - 1_000_204_886_016)));
    assert_eq!(mixed.unused, Bytes(3_000_582_144_000));
    assert_eq!(vdev(Kind::Raidz1, &[2, 1, 2, 2]).capacity(), Ok(mixed));
}

#[test]
fn a_4kn_drive_makes_the_vdev_smaller_at_the_same_size() {
    let mut vdev = vdev(Kind::Mirror, &[8, 8]);
    vdev.leaves[1].logical_sector = 4096;
    let capacity = vdev.capacity().unwrap();
    assert_eq!(capacity.asize, Bytes(8_001_482_129_408 - (9 << 19)));
    assert_eq!(capacity.unused, Bytes::ZERO);
    vdev.ashift = Ashift::MIN;
    let refused = CapacityError::Ashift { ashift: Ashift::MIN, sector: 4096 };
    assert_eq!(vdev.capacity(), Err(refused));
}

#[test]
fn impossible_vdevs_are_errors() {
    let error = vdev(Kind::Raidz2, &[4, 4]).capacity().unwrap_err();
    assert_eq!(error, CapacityError::Width { kind: Kind::Raidz2, leaves: 2 });
    let text = "a raidz2 vdev cannot be made of 2 drives: it takes 3 to 255";
    assert_eq!(error.to_string(), text);
    assert!(vdev(Kind::Mirror, &[]).capacity().is_err());

    let huge = Drive::sector_512(Bytes(u64::MAX));
    let of = |kind, leaves| Vdev { kind, leaves, ashift: Ashift::DEFAULT }.capacity();
    assert!(of(Kind::Stripe, vec![huge]).is_ok());
    assert_eq!(of(Kind::Raidz1, vec![huge; 2]), Err(CapacityError::TooLarge));
    let small = Drive::sector_512(Bytes(64 << 20));
    assert!(matches!(of(Kind::Stripe, vec![small]), Err(CapacityError::TooSmall { .. })));
    let odd = Drive { bytes: Bytes(1 << 40), logical_sector: 520 };
    assert_eq!(of(Kind::Stripe, vec![odd]), Err(CapacityError::Sector { sector: 520 }));
}
