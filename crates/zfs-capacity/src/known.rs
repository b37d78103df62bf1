//! Pools whose figures are known: measured ones to the byte, and the tables that zbay prints.
//!
//! The raidz pools of 4 x 8 TB, of 1 TB + 3 x 2 TB and of 5 x 20 TB were read off real pools
//! (OpenZFS 2.1 to 2.3). The others follow the same source, worked out apart from this code.

use super::{Capacity, Drive, Kind, Vdev, of};
use crate::units::{Ashift, Bytes};

const TB: u64 = 1_000_000_000_000;

/// TB; raidz and raidz2: SIZE; raidz: usable; raidz2: usable; two mirrors: SIZE, usable.
const FOUR_BAYS: &str = "
 1  3985729650688  2805775466496  1870516977664  1992864825344  1931124670464
 2  7988639170560  5666806693888  3748835360768  3985729650688  3862249340928
 3 11991548690432  8575170641920  5670967443456  5978594476032  5841155522560
 4 15994458210304 11483534589952  7609876742144  7971459301376  7834020347904
 6 24000277250048 17300262486016 11487695339520 11991548690432 11854109736960
 8 32006096289792 23116990382080 15365513936896 15977278341120 15839839387648
10 39994735460352 28921236029440 19235011035136 19997367730176 19859928776704
12 47983374630912 34725481676800 23104508133376 23983097380864 23845658427392
14 55989193670656 40542209572864 26982326730752 27968827031552 27831388078080
16 63995012710400 46358937468928 30860145328128 31988916420608 31851477467136
18 71983651880960 52163183116288 34729642426368 35974646071296 35837207117824
20 79989470920704 57979911012352 38607461023744 39994735460352 39857296506880
22 87995289960448 63796638908416 42485279621120 43980465111040 43843026157568
24 95983929131008 69600884555776 46354776719360 47966194761728 47828755808256
";

/// A pool of vdevs of such kinds, of drives with these labels in TB.
fn pool(vdevs: &[(Kind, &[u64])]) -> Capacity {
    let drive = |tb: &u64| Drive::labelled(Bytes(tb * TB)).unwrap();
    let vdev = |(kind, labels): &(Kind, &[u64])| Vdev {
        kind: *kind,
        leaves: labels.iter().map(drive).collect(),
        ashift: Ashift::DEFAULT,
    };
    of(&vdevs.iter().map(vdev).collect::<Vec<_>>()).unwrap()
}

fn size_and_usable(vdevs: &[(Kind, &[u64])]) -> (u64, u64) {
    let pool = pool(vdevs);
    (pool.size.0, pool.usable.0)
}

#[test]
fn four_bays_with_drives_of_every_size() {
    for line in FOUR_BAYS.trim().lines() {
        let figures: Vec<u64> = line.split_whitespace().map(|n| n.parse().unwrap()).collect();
        let [tb, size, raidz, raidz2, mirrors_size, mirrors] = figures[..] else {
            panic!("{line}")
        };
        let four = [tb; 4];
        let pair = (Kind::Mirror, &four[..2]);
        assert_eq!(size_and_usable(&[(Kind::Raidz1, &four)]), (size, raidz), "raidz {tb}");
        assert_eq!(size_and_usable(&[(Kind::Raidz2, &four)]), (size, raidz2), "raidz2 {tb}");
        assert_eq!(size_and_usable(&[pair, pair]), (mirrors_size, mirrors), "mirrors {tb}");
    }
    assert_eq!(FOUR_BAYS.trim().lines().count(), 14);
}

#[test]
fn measured_by_others() {
    let five = size_and_usable(&[(Kind::Raidz1, &[20; 5])]);
    assert_eq!(five, (99_986_838_650_880, 746_016 + 79_734_859_144_672));
    let seed = size_and_usable(&[(Kind::Raidz1, &[1, 2, 2, 2])]);
    assert_eq!(seed, (3_985_729_650_688, 499_968 + 2_805_774_966_528));
}

/// What `zbay propose` says, in TB as it prints them.
#[test]
fn proposals() {
    use Kind::{Mirror, Raidz1, Raidz2};
    type Vdevs<'a> = &'a [(Kind, &'a [u64])];
    let cases: &[(Vdevs<'_>, &str)] = &[
        (&[(Mirror, &[4, 4])], "3.86 TB"),
        (&[(Raidz1, &[4, 4, 4])], "7.85 TB"),
        (&[(Mirror, &[4, 4, 4])], "3.86 TB"),
        (&[(Raidz1, &[8, 8, 8])], "15.85 TB"),
        (&[(Mirror, &[8, 8, 8])], "7.85 TB"),
        (&[(Raidz1, &[2; 4])], "5.67 TB"),
        (&[(Raidz2, &[2; 4])], "3.75 TB"),
        (&[(Mirror, &[2, 2]), (Mirror, &[2, 2])], "3.86 TB"),
        (&[(Raidz1, &[4; 4])], "11.48 TB"),
        (&[(Raidz2, &[4; 4])], "7.61 TB"),
        (&[(Mirror, &[4, 4]), (Mirror, &[4, 4])], "7.83 TB"),
        (&[(Raidz2, &[8; 4])], "15.37 TB"),
        (&[(Raidz1, &[8; 4])], "23.12 TB"),
        (&[(Mirror, &[8, 8]), (Mirror, &[8, 8])], "15.84 TB"),
        (&[(Mirror, &[2, 4])], "1.93 TB"),
        (&[(Raidz1, &[2, 4, 4])], "3.87 TB"),
        (&[(Raidz1, &[2, 2, 2])], "3.87 TB"),
        (&[(Mirror, &[1, 2]), (Mirror, &[2, 2])], "2.90 TB"),
        (&[(Raidz1, &[1, 2, 2, 2])], "2.81 TB"),
        (&[(Raidz2, &[1, 2, 2, 2])], "1.87 TB"),
        (&[(Mirror, &[2, 2]), (Mirror, &[4, 4])], "5.84 TB"),
        (&[(Raidz1, &[2, 2, 4, 4])], "5.67 TB"),
        (&[(Raidz2, &[2, 2, 4, 4])], "3.75 TB"),
        (&[(Mirror, &[2, 4]), (Mirror, &[4, 4])], "5.84 TB"),
        (&[(Raidz1, &[4, 4, 4, 8])], "11.48 TB"),
        (&[(Raidz2, &[4, 4, 4, 8])], "7.61 TB"),
        (&[(Mirror, &[4, 4]), (Mirror, &[4, 8])], "7.83 TB"),
        (&[(Mirror, &[1, 2]), (Mirror, &[4, 8])], "4.84 TB"),
    ];
    for (vdevs, usable) in cases {
        assert_eq!(pool(vdevs).usable.tb(), *usable, "{vdevs:?}");
    }
}

#[test]
fn six_twelve_and_twenty_four_drives() {
    let (six, twelve, eighteen) = (&[4; 6][..], &[4; 12][..], &[4; 18][..]);
    let z2 = |drives| (Kind::Raidz2, drives);
    assert_eq!(size_and_usable(&[z2(six)]), (24_000_277_250_048, 15_847_120_699_392));
    let two = size_and_usable(&[z2(six), z2(six)]);
    assert_eq!(two, (48_000_554_500_096, 31_831_680_352_256));
    let one = size_and_usable(&[z2(twelve)]);
    assert_eq!(one, (48_000_554_500_096, 36_425_483_419_648));
    let seed = size_and_usable(&[z2(eighteen), z2(six)]);
    assert_eq!(seed, (96_001_109_000_192, 79_832_234_852_352));
    let z3 = size_and_usable(&[(Kind::Raidz3, twelve)]);
    assert_eq!(z3, (48_000_554_500_096, 34_737_963_925_504));
}

/// The embedded logs of 12 mirrors are 192 GiB, of which the slop makes up for 64.
#[test]
fn many_mirrors_lose_more_than_the_slop() {
    let mirrors = |count| pool(&vec![(Kind::Mirror, &[4, 4][..]); count]);
    for (count, lost_gib) in [(1, 0), (3, 128), (4, 128), (5, 144), (12, 256)] {
        let pool = mirrors(count);
        assert_eq!(pool.embedded_log.0, u64::try_from(count).unwrap() << 34);
        if lost_gib > 0 {
            assert_eq!(pool.size.0 - pool.usable.0, lost_gib << 30, "{count} mirrors");
        }
    }
    assert_eq!(mirrors(12).usable, Bytes(47_553_877_901_312));
}
