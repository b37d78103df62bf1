//! What holds of every risk, whatever is assumed.

use proptest::prelude::*;

use super::models::{MODELS, Rate};
use super::{Amount, Assumed, Repairs, Risk, Vdev, limits, merged, of, real};
use crate::Kind;
use crate::units::Bytes;

const TB4: Bytes = Bytes(4_000_787_030_016);

fn vdev(kind: Kind, width: u64) -> Vdev {
    Vdev::new(kind, width, TB4, Rate::FLEET, 1).unwrap()
}

fn is_probability(risk: Risk) -> bool {
    (0.0..=1.0).contains(&risk.pool) && (0.0..=1.0).contains(&risk.file)
}

#[test]
fn whole_numbers_are_exact() {
    for number in [0, 1, 1 << 32, (1 << 53) - 1, 4_000_787_030_016] {
        assert_eq!(format!("{:.0}", real(number)), number.to_string());
    }
}

#[test]
fn four_drives_in_a_closet() {
    let risk = of(&[vdev(Kind::Raidz1, 4)], &Assumed::default(), 5.0);
    assert!((1.0 / risk.pool - 8_340.0).abs() < 50.0, "1 in {}", 1.0 / risk.pool);
    assert!((1.0 / risk.file - 35.0).abs() < 1.5, "1 in {}", 1.0 / risk.file);
    let better = of(&[vdev(Kind::Raidz2, 4)], &Assumed::default(), 5.0);
    assert!(better.pool < risk.pool / 1_000.0 && better.file < risk.file / 1_000.0);
}

#[test]
fn without_redundancy_no_resilver_costs_a_file() {
    let stripe = Vdev { count: 12, ..vdev(Kind::Stripe, 1) };
    let risk = of(&[stripe], &Assumed::default(), 1.0);
    assert!(risk.file == 0.0 && (risk.pool - 0.173).abs() < 0.001, "{risk:?}");
}

#[test]
fn a_spare_saves_the_waiting_and_half_empty_drives_half_the_resilver() {
    let raidz = vdev(Kind::Raidz1, 4);
    let wait = Assumed::default();
    let spare = Assumed { spares: 1, ..wait };
    let ratio = of(&[raidz], &wait, 5.0).pool / of(&[raidz], &spare, 5.0).pool;
    assert!((ratio - 70.0 / 22.0).abs() < 0.02, "{ratio}");
    let half = Assumed { full: Amount::percent("50%").unwrap(), ..wait };
    assert_eq!((raidz.resilver(&wait), raidz.resilver(&half)), ((7, 22), (4, 11)));
    // A dRAID has its spares among its drives, and all of them rebuild.
    let draid = vdev("draid2:4d:11c:1s".parse().unwrap(), 11);
    assert!(draid.waiting(&wait) == 0.0 && draid.resilver(&wait).1 < 22 && draid.read == 4);
}

#[test]
fn vdevs_that_are_alike_are_one() {
    let all = merged([vdev(Kind::Mirror, 2), vdev(Kind::Raidz1, 4), vdev(Kind::Mirror, 2)]);
    let counts: Vec<u32> = all.iter().map(|vdev| vdev.count).collect();
    assert_eq!(counts, [2, 1]);
    let apart = [vdev(Kind::Mirror, 2), vdev(Kind::Mirror, 2)];
    let (one, two) =
        (of(&all[..1], &Assumed::default(), 5.0), of(&apart, &Assumed::default(), 5.0));
    assert!((one.pool / two.pool - 1.0).abs() < 1e-9);
}

prop_compose! {
    fn assumptions()(
        waiting in 0_u32..8766,
        spares in 0_u32..3,
        correlation in 1_u32..1000,
        full in 1_u32..=100,
        all in any::<bool>(),
    ) -> Assumed {
        Assumed {
            waiting: Amount::whole(waiting),
            spares,
            correlation: Amount::whole(correlation),
            full: Amount::whole(full),
            repairs: if all { Repairs::Parallel } else { Repairs::Serial },
            ..Assumed::default()
        }
    }
}

proptest! {
    #[test]
    fn probabilities_are_probabilities(
        drives in 4_u64..255,
        parity in 1_u8..=3,
        afr in 0.0001_f64..99.99,
        assumed in assumptions(),
        years in 0.0_f64..100.0,
    ) {
        let rate: Rate = format!("{afr}%").parse().unwrap();
        let raidz = |parity| Vdev { rate, ..vdev(Kind::raidz(parity).unwrap_or(Kind::Stripe), drives) };
        let this = raidz(parity);
        let one = of(&[this], &assumed, years);
        let two = of(&[Vdev { count: 2, ..this }], &assumed, years);
        prop_assert!(is_probability(one) && is_probability(two));
        prop_assert!(two.pool >= one.pool && two.file >= one.file);
        let less = of(&[raidz(parity - 1)], &assumed, years);
        prop_assert!(less.pool >= one.pool * 0.999_999);
        let together = Assumed { correlation: Amount::whole(1000), ..assumed };
        prop_assert!(of(&[this], &together, years).pool >= one.pool * 0.999_999);
        let at_once = Assumed { repairs: Repairs::Parallel, ..assumed };
        prop_assert!(of(&[this], &at_once, years).pool <= one.pool * 1.000_001);
    }

    #[test]
    fn an_interval_contains_what_is_likely(
        model in proptest::sample::select(MODELS.iter().collect::<Vec<_>>()),
        parity in 1_u8..=3,
        assumed in assumptions(),
    ) {
        let rate = Rate::of(model);
        let this = Vdev { rate, ..vdev(Kind::raidz(parity).unwrap(), 6) };
        let likely = of(&[this], &assumed, 5.0);
        match limits(&[this], &assumed, 5.0) {
            Some((low, high)) => {
                prop_assert!(low.pool <= likely.pool && likely.pool <= high.pool);
                prop_assert!(low.file <= likely.file && likely.file <= high.file);
                prop_assert!(is_probability(low) && is_probability(high));
            }
            None => prop_assert!(rate.limits.is_none()),
        }
    }
}
