//! What holds for every pool, whatever its drives: tried with random and with hostile ones.
//!
//! SIZE grows with the drives always; usable is only promised to do so for a single vdev. A larger
//! metaslab makes a larger embedded log, for which the slop of a pool of very many vdevs no longer
//! makes up (more than 64 of about 107 GB, or vdevs beyond 2 PiB).

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, prop_assert, prop_assert_eq};

use super::{Capacity, Drive, Kind, Vdev, drive, leaf, of, partition, table};
use crate::units::{Ashift, Bytes};

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Stripe),
        Just(Kind::Mirror),
        Just(Kind::Raidz1),
        Just(Kind::Raidz2),
        Just(Kind::Raidz3),
    ]
}

fn ashift(from: u8) -> impl Strategy<Value = Ashift> {
    (from..=Ashift::MAX.get()).prop_map(|shift| Ashift::new(shift).unwrap())
}

/// A drive that exists, up to about 35 TB.
fn real_drive() -> impl Strategy<Value = Drive> {
    let bytes = (160_u64 << 20)..(1 << 45);
    (bytes, prop_oneof![Just(512), Just(4096)])
        .prop_map(|(bytes, logical_sector)| Drive { bytes: Bytes(bytes), logical_sector })
}

/// A vdev that ZFS would make.
fn real_vdev() -> impl Strategy<Value = Vdev> {
    (kind(), ashift(12), collection::vec(real_drive(), 4..24)).prop_map(|(kind, ashift, drives)| {
        let width = if kind == Kind::Stripe { 1 } else { drives.len() };
        Vdev { kind, leaves: drives.into_iter().take(width).collect(), ashift }
    })
}

/// Anything at all.
fn hostile_vdev() -> impl Strategy<Value = Vdev> {
    let bytes = prop_oneof![any::<u64>(), Just(u64::MAX), 0..(1_u64 << 30)];
    let sector = prop_oneof![any::<u32>(), Just(512), Just(4096), Just(65536)];
    let drive = (bytes, sector)
        .prop_map(|(bytes, logical_sector)| Drive { bytes: Bytes(bytes), logical_sector });
    (kind(), ashift(9), collection::vec(drive, 0..6)).prop_map(|(kind, ashift, leaves)| Vdev {
        kind,
        leaves,
        ashift,
    })
}

fn lines_add_up(pool: &Capacity) -> bool {
    let lines: u64 = pool.deductions.iter().map(|line| line.bytes.0).sum();
    let vdev_lines = |vdev: &super::VdevCapacity| {
        let lines: u64 = vdev.deductions.iter().map(|line| line.bytes.0).sum();
        vdev.drives.0 - lines == vdev.dspace.0
    };
    pool.drives.0 - lines == pool.usable.0 && pool.vdevs.iter().all(vdev_lines)
}

proptest! {
    #[test]
    fn hostile_numbers_never_panic(
        vdevs in collection::vec(hostile_vdev(), 0..4),
        bytes in any::<u64>(),
        sector in any::<u32>(),
        bays in 0_usize..300,
    ) {
        if let Ok(pool) = of(&vdevs) {
            prop_assert!(lines_add_up(&pool));
        }
        let (bytes, drive) = (Bytes(bytes), Drive { bytes: Bytes(bytes), logical_sector: sector });
        let _ = drive::labelled(bytes);
        let _ = partition::partition(drive);
        let _ = partition::smallest_drive(bytes, sector);
        let _ = leaf::leaf(bytes);
        let _ = leaf::smallest_device(bytes);
        let label = Bytes(bytes.0 - bytes.0 % 1_000_000_000);
        let _ = table(&[label], bays, Ashift::DEFAULT);
        for width in [0, 1, 2, 255, u64::MAX] {
            let _ = Kind::Raidz3.allocated(bytes, width, Ashift::MAX);
        }
    }

    #[test]
    fn deductions_add_up(vdevs in collection::vec(real_vdev(), 1..8)) {
        let pool = of(&vdevs).unwrap();
        prop_assert!(lines_add_up(&pool));
        prop_assert!(pool.usable < pool.size && pool.size < pool.drives);
        prop_assert!(pool.usable < pool.nominal);
        prop_assert_eq!(pool.dspace.0 - pool.slop.0, pool.usable.0);
    }

    #[test]
    fn the_order_of_leaves_and_vdevs_is_irrelevant(
        vdevs in collection::vec(real_vdev(), 1..4),
        turn in any::<usize>(),
    ) {
        let mut turned = vdevs.clone();
        for vdev in &mut turned {
            let width = vdev.leaves.len();
            vdev.leaves.rotate_left(turn % width);
        }
        let pool = of(&vdevs).unwrap();
        prop_assert_eq!(&of(&turned).unwrap(), &pool);
        turned.reverse();
        let mut reversed = of(&turned).unwrap();
        reversed.vdevs.reverse();
        prop_assert_eq!(reversed, pool);
    }

    #[test]
    fn a_larger_drive_never_makes_a_vdev_smaller(
        vdev in real_vdev(),
        which in any::<usize>(),
        more in prop_oneof![0_u64..(1 << 24), 0_u64..(1 << 45)],
        all in any::<bool>(),
    ) {
        let before = of(std::slice::from_ref(&vdev)).unwrap();
        let mut larger = vdev;
        let which = which % larger.leaves.len();
        for (index, drive) in larger.leaves.iter_mut().enumerate() {
            if all || index == which {
                drive.bytes.0 += more;
            }
        }
        let after = of(&[larger]).unwrap();
        prop_assert!(after.size >= before.size);
        prop_assert!(after.usable >= before.usable);
    }

    #[test]
    fn a_vdev_takes_back_what_it_is_made_of_and_no_less_than_it_says(vdev in real_vdev()) {
        let replacement = vdev.capacity().unwrap().replacement;
        let leaf_of = |drive| leaf::leaf(partition::partition(drive).unwrap());
        for drive in vdev.leaves {
            prop_assert!(leaf_of(drive).unwrap() >= replacement.leaf);
        }
        let (small, large) = (replacement.drive_512, replacement.drive_4kn.unwrap());
        for drive in [Drive::sector_512(small), Drive::sector_4kn(large)] {
            prop_assert!(leaf_of(drive).unwrap() >= replacement.leaf);
            let less = Drive { bytes: Bytes(drive.bytes.0 - 1), ..drive };
            prop_assert!(leaf_of(less).map_or(true, |leaf| leaf < replacement.leaf));
        }
    }

    #[test]
    fn more_parity_never_gives_more(drive in real_drive(), width in 4_usize..24) {
        let usable = |kind| {
            let vdev = Vdev { kind, leaves: vec![drive; width], ashift: Ashift::DEFAULT };
            of(&[vdev]).unwrap().usable
        };
        prop_assert!(usable(Kind::Raidz1) >= usable(Kind::Raidz2));
        prop_assert!(usable(Kind::Raidz2) >= usable(Kind::Raidz3));
    }
}
