//! Where the bytes of the drives go, as a bar: what files can fill, what survives drive failures, what is lost.
//!
//! The many steps from the drives to usable are few groups here. Parts of a bar are whole cells, and shares whole
//! tenths of a percent; the largest remainders get what rounding leaves, so that both always add up.

use crate::capacity::{Capacity, What};
use crate::units::Bytes;

/// Cells of the bar: what is left of 80 columns behind a label.
const CELLS: u64 = 69;

/// What a step of the way belongs to, in the order of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What files can fill.
    Usable,
    /// Parity of raidz and dRAID.
    Parity,
    /// Further sides of mirrors.
    Copies,
    /// Distributed spares.
    Spares,
    /// Beyond the smallest drive of a vdev.
    Unused,
    /// Vdevs of other classes.
    Others,
    /// Everything else: padding, slop, labels, tails.
    Rest,
}

impl Group {
    /// In the order of a bar.
    const ALL: [Self; 7] = [
        Self::Usable,
        Self::Parity,
        Self::Copies,
        Self::Spares,
        Self::Unused,
        Self::Others,
        Self::Rest,
    ];

    /// Of a step.
    pub fn of(what: What) -> Self {
        match what {
            What::Parity => Self::Parity,
            What::Copies => Self::Copies,
            What::Spares => Self::Spares,
            What::MixedSizes => Self::Unused,
            What::LogVdevs | What::OtherClass => Self::Others,
            What::Partitions
            | What::Labels
            | What::DraidRows
            | What::MetaslabTail
            | What::DraidStripes
            | What::Padding
            | What::OldRatio
            | What::EmbeddedLog
            | What::Slop => Self::Rest,
        }
    }

    fn cell(self) -> (char, &'static str) {
        match self {
            Self::Usable => ('#', "usable"),
            Self::Parity => ('p', "parity"),
            Self::Copies => ('c', "copies"),
            Self::Spares => ('s', "spares"),
            Self::Unused => ('u', "unused on larger drives"),
            Self::Others => ('o', "other vdevs"),
            Self::Rest => ('.', "padding, slop, labels"),
        }
    }
}

/// `cells` shared out by `parts`: they add up, and each is less than one off its exact share.
pub fn shares(parts: &[u64], cells: u64) -> Vec<u64> {
    let whole: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    let exact = |part: &u64| u128::from(*part) * u128::from(cells);
    let floor = |part: &u64| exact(part).checked_div(whole).unwrap_or(0);
    let mut out: Vec<u64> =
        parts.iter().map(|part| u64::try_from(floor(part)).unwrap_or(cells)).collect();
    let left = cells.saturating_sub(out.iter().sum());
    let mut order: Vec<usize> = (0..parts.len()).filter(|_| whole > 0).collect();
    let rest = |part: &u64| exact(part).checked_rem(whole).unwrap_or(0);
    order.sort_by_key(|at| std::cmp::Reverse(parts.get(*at).map_or(0, rest)));
    for at in order.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        if let Some(cells) = out.get_mut(at) {
            *cells += 1;
        }
    }
    out
}

/// A share of 1000 as percent; what is there is never nothing.
pub fn percent(per_mille: u64, bytes: Bytes) -> String {
    match (per_mille, bytes.0) {
        (0, 1..) => "<0.1 %".to_owned(),
        (share, _) => format!("{}.{} %", share / 10, share % 10),
    }
}

/// The bytes of each group that has any, in the order of a bar; they add up to the drives.
fn groups(pool: &Capacity) -> Vec<(Group, Bytes)> {
    let lost = pool.deductions.iter().map(|line| (Group::of(line.what), line.bytes));
    let all: Vec<_> = std::iter::once((Group::Usable, pool.usable)).chain(lost).collect();
    let sum = |group: Group| {
        all.iter().filter(|(other, _)| *other == group).map(|(_, bytes)| *bytes).sum::<Bytes>()
    };
    Group::ALL.map(|group| (group, sum(group))).into_iter().filter(|(_, it)| it.0 > 0).collect()
}

/// The bar, and a legend of as many lines as it takes.
pub fn bar(pool: &Capacity) -> (String, String) {
    let groups = groups(pool);
    let parts: Vec<u64> = groups.iter().map(|(_, bytes)| bytes.0).collect();
    let mut bar = String::from("[");
    let mut legend = Vec::new();
    let of_mille = shares(&parts, 1000);
    for (((group, bytes), cells), mille) in groups.iter().zip(shares(&parts, CELLS)).zip(of_mille) {
        let (cell, name) = group.cell();
        bar.extend((0..cells).map(|_| cell));
        legend.push(format!("{cell} {name} {}", percent(mille, *bytes)));
    }
    bar.push(']');
    (bar, legend.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CELLS, bar, percent, shares};
    use crate::capacity::{Terms, of_parts, spec};
    use crate::units::{Ashift, Bytes};

    fn said(specs: &[&str]) -> (String, String) {
        let parse = |spec: &&str| spec::parse(spec, Ashift::DEFAULT).unwrap();
        let parts: Vec<_> = specs.iter().flat_map(parse).collect();
        bar(&of_parts(&parts, Terms::default()).unwrap())
    }

    #[test]
    fn bars_of_every_kind() {
        for (specs, runs, legend) in [
            (
                &["raidz1:4x4TB"][..],
                &[('#', 50), ('p', 17), ('.', 2)][..],
                "# usable 71.8 %, p parity 25.0 %, . padding, slop, labels 3.2 %",
            ),
            (
                &["mirror:2x8TB"],
                &[('#', 34), ('c', 34), ('.', 1)],
                "# usable 49.1 %, c copies 50.0 %, . padding, slop, labels 0.9 %",
            ),
            (
                &["raidz1:1TB,3x2TB", "log:mirror:2x1GB"],
                &[('#', 28), ('p', 10), ('u', 29), ('.', 2)],
                "# usable 40.1 %, p parity 14.2 %, c copies <0.1 %, u unused on larger drives 42.9 %, \
                 o other vdevs <0.1 %, . padding, slop, labels 2.8 %",
            ),
        ] {
            let (bar, words) = said(specs);
            let wanted: String = runs.iter().flat_map(|(cell, n)| vec![*cell; *n]).collect();
            assert_eq!((bar, words), (format!("[{wanted}]"), legend.to_owned()), "{specs:?}");
        }
        assert_eq!(percent(0, Bytes(0)), "0.0 %");
    }

    proptest! {
        #[test]
        fn shares_add_up_and_are_fair(
            parts in proptest::collection::vec(0_u64..=u64::MAX / 64, 1..9),
            cells in 0_u64..2000,
        ) {
            let shared = shares(&parts, cells);
            let whole: u128 = parts.iter().map(|part| u128::from(*part)).sum();
            prop_assert_eq!(shared.iter().sum::<u64>(), if whole > 0 { cells } else { 0 });
            for (part, got) in parts.iter().zip(shared) {
                let (exact, got) = (u128::from(*part) * u128::from(cells), u128::from(got));
                prop_assert!(exact.abs_diff(got * whole) < whole.max(1));
                prop_assert!(*part > 0 || got == 0);
            }
        }
    }

    #[test]
    fn a_bar_fits_the_screen() {
        for specs in [&["stripe:1TB"][..], &["draid2:4d:11c:1s:11x16TB", "special:mirror:2x1TB"]] {
            let (bar, _) = said(specs);
            assert_eq!(bar.len(), usize::try_from(CELLS).unwrap() + 2);
        }
    }
}
