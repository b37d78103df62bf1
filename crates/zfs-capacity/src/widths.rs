//! The rule of powers of two against what ZFS gives: RAIDZ of 3, 5, 9, 17, 33 drives and its kin.
//!
//! The rule wants 2^n data drives, so that a block of 128 KiB fills whole rows. It forgets that ZFS pads each
//! block to a multiple of parity + 1 sectors, and that compressed blocks are of any size. What `zfs list` says is
//! the column of 128K; what fits with other blocks stands beside it.

use serde::Serialize;

use super::fits::Mix;
use super::kind::Kind;
use super::write::Record;
use crate::units::Ashift;

/// The widest vdev that is listed: the article's last list ends at 35.
const WIDEST: u64 = 36;

/// A width, and of 1000 raw bytes how many hold data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Width {
    /// raidz1, raidz2 or raidz3.
    pub kind: Kind,
    /// Drives.
    pub width: u64,
    /// Whether the rule calls it optimal: 2^n data drives, two or more.
    pub by_rule: bool,
    /// Data drives by drives: what the rule promises.
    pub promised: u64,
    /// Blocks of 128 KiB: what `zfs list` reckons with.
    pub records_128k: u64,
    /// Blocks of 1 MiB.
    pub records_1m: u64,
    /// 128K records of which compression leaves 4 to 128 KiB, all alike.
    pub compressed: u64,
    /// Volumes of 16K blocks.
    pub volumes_16k: u64,
}

impl Width {
    /// Whether the rule promises more than blocks of 128 KiB get.
    pub fn is_broken_promise(&self) -> bool {
        self.by_rule && self.records_128k < self.promised
    }
}

/// Every width of the three kinds up to 36 drives, with sectors of so many bytes.
pub fn widths(ashift: Ashift) -> Vec<Width> {
    let kinds = [Kind::Raidz1, Kind::Raidz2, Kind::Raidz3];
    kinds
        .into_iter()
        .flat_map(|kind| {
            (kind.parity() + 1..=WIDEST).filter_map(move |width| of(kind, width, ashift))
        })
        .collect()
}

fn of(kind: Kind, width: u64, ashift: Ashift) -> Option<Width> {
    let data = kind.data(width)?;
    let share = |mix: &Mix| mix.per_mille(kind, width, ashift);
    let record = |bytes| Record::new(bytes).ok().map(Mix::record);
    Some(Width {
        kind,
        width,
        by_rule: data.is_power_of_two() && data > 1,
        promised: (data * 2000 + width) / (2 * width),
        records_128k: share(&record(128 << 10)?)?,
        records_1m: share(&record(1 << 20)?)?,
        compressed: share(&Mix::documents())?,
        volumes_16k: share(&record(16 << 10)?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::widths;
    use crate::Kind;
    use crate::units::Ashift;

    #[test]
    fn the_lists_of_the_article() {
        let all = widths(Ashift::DEFAULT);
        let of = |kind| -> Vec<u64> {
            all.iter().filter(|it| it.kind == kind && it.by_rule).map(|it| it.width).collect()
        };
        assert_eq!(of(Kind::Raidz1), [3, 5, 9, 17, 33]);
        assert_eq!(of(Kind::Raidz2), [4, 6, 10, 18, 34]);
        assert_eq!(of(Kind::Raidz3), [5, 7, 11, 19, 35]);
        let ten = all.iter().find(|it| it.kind == Kind::Raidz2 && it.width == 10).unwrap();
        assert_eq!((ten.promised, ten.records_128k, ten.records_1m), (800, 762, 798));
        assert_eq!((ten.compressed, ten.volumes_16k), (733, 667));
        let broken: Vec<_> = all
            .iter()
            .filter(|it| it.is_broken_promise())
            .map(|it| (it.kind.parity(), it.width))
            .collect();
        assert_eq!(broken, [(1, 33), (2, 4), (2, 10), (2, 34), (3, 19), (3, 35)]);
        // With records of 1M no width misses its promise by two percent of the raw space, of the rule's none by one.
        let misses = |by_rule: bool| {
            let these = all.iter().filter(|it| it.by_rule || !by_rule);
            these.map(|it| it.promised.saturating_sub(it.records_1m)).max().unwrap()
        };
        assert_eq!((misses(false), misses(true)), (16, 3));
    }
}
