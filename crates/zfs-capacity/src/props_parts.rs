//! What holds for pools of every release, class and age: tried with random ones.
//!
//! A vdev that grew never has less than before, more drives never have a smaller SIZE, and no number makes it panic.

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, option, prop_assert, prop_assert_eq, sample};

use super::fits::Mix;
use super::margin::Margin;
use super::{Born, Class, Cut, Draid, Drive, Kind, Part, Terms, Vdev, Zfs, of_parts, spec};
use crate::units::{Ashift, Bytes};

fn kind() -> impl Strategy<Value = Kind> {
    let draid = (0_u64..5, 0_u64..300, 0_u64..300, 0_u64..120)
        .prop_filter_map("a dRAID", |(p, d, c, s)| Draid::new(p, d, c, s).ok().map(Kind::Draid));
    let small = (1_u64..4, 1_u64..8, 12_u64..20, 0_u64..2)
        .prop_filter_map("a dRAID", |(p, d, c, s)| Draid::new(p, d, c, s).ok().map(Kind::Draid));
    let plain =
        sample::select(&[Kind::Stripe, Kind::Mirror, Kind::Raidz1, Kind::Raidz2, Kind::Raidz3]);
    prop_oneof![4 => plain, 1 => draid, 2 => small]
}

fn terms() -> impl Strategy<Value = Terms> {
    let cut = prop_oneof![
        Just(Cut::Whole),
        Just(Cut::Truenas),
        Just(Cut::Bare),
        (0_u64..(1 << 33)).prop_map(|bytes| Cut::Reserve(Bytes(bytes))),
    ];
    (sample::select(&Zfs::ALL), cut).prop_map(|(zfs, cut)| Terms { zfs, cut })
}

fn class() -> impl Strategy<Value = Class> {
    sample::select(&[Class::Normal, Class::Normal, Class::Special, Class::Dedup, Class::Log])
}

fn drive(real: bool) -> impl Strategy<Value = Drive> {
    let bytes = if real {
        ((9_u64 << 30)..(1 << 45)).boxed()
    } else {
        prop_oneof![any::<u64>(), 0..(1_u64 << 30)].boxed()
    };
    let sector = prop_oneof![8 => Just(512), 4 => Just(4096), 1 => any::<u32>()];
    (bytes, sector).prop_map(move |(bytes, sector)| {
        let logical_sector = if real && sector != 4096 { 512 } else { sector };
        Drive { bytes: Bytes(bytes), logical_sector }
    })
}

fn part(real: bool) -> impl Strategy<Value = Part> {
    let ashift = if real { 12_u8..17 } else { 9_u8..17 };
    let leaves = collection::vec(drive(real), 1..300);
    let born = option::of((0_usize..300, sample::select(&Zfs::ALL)));
    (kind(), ashift, leaves, class(), born).prop_map(|(kind, ashift, mut leaves, class, born)| {
        match kind {
            Kind::Stripe => leaves.truncate(1),
            Kind::Draid(draid) => {
                let width = usize::try_from(draid.children()).unwrap();
                leaves = leaves.iter().copied().cycle().take(width).collect();
            }
            _ => leaves.truncate(20),
        }
        let born = born.map(|(width, zfs)| {
            // Half of them of today's width, as only replaced drives leave it.
            let width = if width % 2 == 0 { usize::MAX } else { width };
            let leaves = leaves.iter().take(width).copied().collect();
            Born { leaves, zfs }
        });
        let ashift = Ashift::new(ashift).unwrap();
        Part { vdev: Vdev { kind, leaves, ashift }, class, born }
    })
}

proptest! {
    #[test]
    fn whatever_is_asked_adds_up(
        parts in collection::vec(prop_oneof![part(true), part(false)], 1..5),
        terms in terms(),
    ) {
        if let Ok(pool) = of_parts(&parts, terms) {
            let lines: u64 = pool.deductions.iter().map(|line| line.bytes.0).sum();
            prop_assert_eq!(pool.drives.0 - lines, pool.usable.0);
            let before: u64 = pool.deductions.iter().filter(|line| line.what.is_before_size()).map(|line| line.bytes.0).sum();
            prop_assert_eq!(pool.drives.0 - before, pool.size.0);
            prop_assert!(pool.usable <= pool.size && pool.size <= pool.drives);
            prop_assert_eq!(pool.vdevs.len(), parts.len());
        }
    }

    #[test]
    fn growth_never_takes_space_away(
        part in part(true),
        more in prop_oneof![0_u64..(1 << 26), 0_u64..(1 << 45)],
        terms in terms(),
    ) {
        let mut part = Part { class: Class::Normal, born: None, ..part };
        let Ok(before) = of_parts(std::slice::from_ref(&part), terms) else { return Ok(()) };
        part.born = Some(Born { leaves: part.vdev.leaves.clone(), zfs: terms.zfs });
        prop_assert_eq!(&of_parts(std::slice::from_ref(&part), terms).unwrap(), &before);
        for drive in &mut part.vdev.leaves {
            drive.bytes.0 += more;
        }
        let larger = of_parts(std::slice::from_ref(&part), terms).unwrap();
        prop_assert!(larger.size >= before.size && larger.usable >= before.usable);
        if matches!(part.vdev.kind, Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3) {
            part.vdev.leaves.push(Drive::sector_512(Bytes(1 << 47)));
            let wider = of_parts(std::slice::from_ref(&part), terms).unwrap();
            prop_assert!(wider.size >= larger.size && wider.usable >= larger.usable);
        }
    }

    #[test]
    fn no_word_panics(
        word in prop_oneof![
            "\\PC{0,40}",
            "(log:|special:)?(raidz[1-3]?|mirror|stripe|draid[0-9]:[0-9]{1,3}d:[0-9]{1,3}c:[0-9]s):[0-9]{0,3}x?[0-9.]{1,6}(TB|GiB|EB|)(-4kn)?",
        ],
        terms in terms(),
    ) {
        let _ = (word.parse::<Zfs>(), word.parse::<Cut>(), word.parse::<Mix>());
        if let Ok(parts) = spec::parse(&word, Ashift::DEFAULT) {
            let words = spec::words(&parts);
            prop_assert!(spec::parse(words.split(" x ").last().unwrap(), Ashift::DEFAULT).is_ok(), "{}", words);
            if let Ok(pool) = of_parts(&parts, terms) {
                let _ = (Mix::machines().fits(&pool), Margin::of(&parts[0], &pool.vdevs[0]));
            }
        }
    }

    #[test]
    fn another_vdev_never_makes_a_pool_smaller(
        parts in collection::vec(part(true), 2..5),
        terms in terms(),
    ) {
        let (Ok(less), Ok(more)) = (of_parts(&parts[1..], terms), of_parts(&parts, terms)) else {
            return Ok(());
        };
        prop_assert!(more.size >= less.size);
        prop_assert!(more.dspace >= less.dspace);
    }
}
