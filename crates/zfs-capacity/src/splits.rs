//! Every sensible way to use so many equal drives: vdevs of one or two widths, hot spares, dRAID.
//!
//! Whether a way is good depends on what one wants, so that none is thrown away but those that another beats in
//! everything: space (also for compressed blocks), losses survived, spares, vdevs (requests a second), the time of a resilver. Single parity goes up to 12 drives in a vdev,
//! double to 24, triple to 32; wider ones take longer to resilver than they are worth.

use std::fmt;

use serde::Serialize;

use super::class::Class;
use super::draid::Draid;
use super::drive::Drive;
use super::error::CapacityError;
use super::fits::Mix;
use super::geometry::{Geometry, Make, Totals};
use super::kind::Kind;
use super::leaf::leaf;
use super::pool::Losses;
use super::resilver;
use super::vdev::Terms;
use crate::units::{Ashift, Bytes};

/// The most hot spares that are tried, or distributed ones of a dRAID.
const SPARES: u64 = 2;
/// The fewest and the most drives that are split.
const DRIVES: std::ops::RangeInclusive<u64> = 2..=500;

/// A way to use the drives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Split {
    /// Its vdevs: how many, and of how many drives each.
    pub vdevs: Vec<(u64, u64)>,
    /// What each of them is.
    pub kind: Kind,
    /// Drives that wait.
    pub spares: u64,
    /// USED + AVAIL of `zfs list -p`.
    pub usable: Bytes,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// What fits of blocks of 4 to 128 KiB, as compression leaves them ([`Mix::documents`]).
    pub compressed: Bytes,
    /// Drives that may fail at once.
    #[serde(flatten)]
    pub survives: Losses,
    /// Hours of a resilver of a full drive, at best and under load.
    pub resilver_hours: (u64, u64),
}

impl fmt::Display for Split {
    /// `raidz2 of 18 + raidz2 of 6`, `12 mirrors of 2`, with `, 1 spare` behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (count, width)) in self.vdevs.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { " + " })?;
            if *count > 1 {
                write!(f, "{count} x ")?;
            }
            match self.kind {
                Kind::Draid(_) => write!(f, "{}", self.kind)?,
                kind => write!(f, "{kind} of {width}")?,
            }
        }
        match self.spares {
            0 => Ok(()),
            1 => f.write_str(", 1 spare"),
            many => write!(f, ", {many} spares"),
        }
    }
}

/// All ways that no other one beats, by losses survived and then by space, the most first; and those that are `kept`
/// whatever beats them.
pub fn splits(
    drives: u64,
    drive: Drive,
    ashift: Ashift,
    terms: Terms,
    kept: impl Fn(&Split) -> bool,
) -> Result<Vec<Split>, CapacityError> {
    if !DRIVES.contains(&drives) {
        return Err(CapacityError::Split { drives });
    }
    let leaf = leaf(terms.cut.made_by(terms.zfs, drive)?)?;
    let on = On { drive, leaf, ashift, terms, mix: Mix::documents() };
    let mut all = Vec::new();
    for spares in 0..=SPARES.min(drives) {
        for kind in [Kind::Mirror, Kind::Raidz1, Kind::Raidz2, Kind::Raidz3] {
            for vdevs in shares(drives - spares, kind) {
                all.push(on.split(kind, vdevs, spares)?);
            }
        }
    }
    for (parity, data, spares) in draids(drives) {
        if let Ok(draid) = Draid::new(parity, data, drives, spares) {
            all.push(on.split(Kind::Draid(draid), vec![(1, drives)], 0)?);
        }
    }
    let order = |split: &Split| {
        let Losses { any, at_best } = split.survives;
        (any, split.usable, at_best, split.waiting())
    };
    all.sort_by_key(|split| std::cmp::Reverse(order(split)));
    let mut best: Vec<Split> = Vec::new();
    for split in all {
        if kept(&split) || !best.iter().any(|other| other.beats(&split)) {
            best.push(split);
        }
    }
    Ok(best)
}

impl Split {
    /// Drives' worth of spares, distributed ones too.
    fn waiting(&self) -> u64 {
        if let Kind::Draid(draid) = self.kind { draid.spares() } else { self.spares }
    }

    /// Vdevs: the more there are, the more small requests a second.
    fn count(&self) -> u64 {
        self.vdevs.iter().map(|(count, _)| count).sum()
    }

    /// No worse in anything.
    fn beats(&self, other: &Self) -> bool {
        self.usable >= other.usable
            && self.compressed >= other.compressed
            && self.survives.any >= other.survives.any
            && self.survives.at_best >= other.survives.at_best
            && self.waiting() >= other.waiting()
            && self.count() >= other.count()
            && self.resilver_hours.1 <= other.resilver_hours.1
    }
}

/// Equal drives under the same terms.
struct On {
    drive: Drive,
    leaf: Bytes,
    ashift: Ashift,
    terms: Terms,
    mix: Mix,
}

impl On {
    fn split(
        &self,
        kind: Kind,
        vdevs: Vec<(u64, u64)>,
        spares: u64,
    ) -> Result<Split, CapacityError> {
        let (leaf, ashift, class) = (self.leaf, self.ashift, Class::Normal);
        let mut totals = Totals::default();
        let (mut any, mut at_best) = (u64::MAX, 0);
        let mut vdevs_of = Vec::with_capacity(2);
        for (count, width) in vdevs.iter().copied() {
            let make = Make { kind, width, leaf, ashift, class, born: None };
            let vdev = Geometry::of(&make, self.terms.zfs)?;
            for _ in 0..count {
                totals = totals.and(class, &vdev)?;
            }
            vdevs_of.push((count, width, vdev));
            any = any.min(kind.losses(width));
            at_best += kind.losses(width) * count;
        }
        let (_, usable) = totals.slop_and_usable(self.terms.zfs)?;
        let survives = Losses { any, at_best };
        let mut compressed = 0_u128;
        for (count, width, vdev) in vdevs_of {
            let here = u128::from(usable.0) * u128::from(vdev.dspace.0) * u128::from(count);
            let here = here.checked_div(u128::from(totals.dspace.0)).unwrap_or(0);
            let fits = self.mix.fits_in(here, kind, width, ashift, vdev.deflate_ratio);
            compressed += fits.ok_or(CapacityError::TooLarge)?;
        }
        let compressed = Bytes(u64::try_from(compressed).map_err(|_| CapacityError::TooLarge)?);
        let resilver_hours = resilver::hours([resilver::moved(kind, self.drive.bytes)]);
        Ok(Split {
            vdevs,
            kind,
            spares,
            usable,
            size: totals.size,
            compressed,
            survives,
            resilver_hours,
        })
    }
}

/// All drives in vdevs of one width or of two.
fn shares(drives: u64, kind: Kind) -> Vec<Vec<(u64, u64)>> {
    let (least, most) = match kind {
        Kind::Mirror => (2, 3),
        Kind::Raidz1 => (3, 12),
        Kind::Raidz2 => (4, 24),
        _ => (5, 32),
    };
    let mut found = Vec::new();
    for wide in least..=most.min(drives) {
        for count in 1..=drives / wide {
            let rest = drives - count * wide;
            if rest == 0 {
                found.push(vec![(count, wide)]);
                continue;
            }
            let narrow =
                (least..wide).filter(|narrow| kind != Kind::Mirror && rest.is_multiple_of(*narrow));
            found.extend(narrow.map(|narrow| vec![(count, wide), (rest / narrow, narrow)]));
        }
    }
    found
}

/// Parity, data and spares of the dRAIDs that are tried, all drives in one.
fn draids(drives: u64) -> Vec<(u64, u64, u64)> {
    let mut found = Vec::new();
    for parity in 1..=3 {
        for data in [4, 8, 16] {
            for spares in 1..=SPARES.max(drives / 20) {
                if drives > 8 && parity + data + spares <= drives {
                    found.push((parity, data, spares));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Split, splits};
    use crate::fits::Mix;
    use crate::units::{Ashift, Bytes};
    use crate::{CapacityError, Drive, Kind, Terms, of_parts, spec};

    fn ways(drives: u64, kept: impl Fn(&Split) -> bool) -> Result<Vec<Split>, CapacityError> {
        let drive = Drive::labelled(Bytes(4_000_000_000_000)).unwrap();
        splits(drives, drive, Ashift::DEFAULT, Terms::default(), kept)
    }

    fn is_article(split: &Split) -> bool {
        split.kind == Kind::Raidz2 && split.vdevs == [(1, 18), (1, 6)]
    }

    #[test]
    fn the_article_is_among_the_ways_of_24_drives() {
        let all = ways(24, is_article).unwrap();
        let article = all.iter().find(|split| is_article(split)).unwrap();
        assert_eq!(article.usable, Bytes(79_832_234_852_352));
        assert_eq!(article.to_string(), "raidz2 of 18 + raidz2 of 6");
        let has = |words: &str| all.iter().any(|split| split.to_string() == words);
        for words in ["raidz2 of 24", "12 x mirror of 2", "raidz3 of 24"] {
            assert!(has(words), "{words}");
        }
        assert!(all.iter().any(|split| matches!(split.kind, Kind::Draid(_))));
        // What is said of a way is what is said of the pool.
        for split in all {
            let spec = |(count, width): &(u64, u64)| {
                let text = format!("{}:{width}x4TB", split.kind);
                let vdev = spec::parse(&text, Ashift::DEFAULT).unwrap();
                vec![vdev; usize::try_from(*count).unwrap()].concat()
            };
            let parts: Vec<_> = split.vdevs.iter().flat_map(spec).collect();
            let pool = of_parts(&parts, Terms::default()).unwrap();
            let fits = Mix::documents().fits(&pool).unwrap();
            assert!(fits.0.abs_diff(split.compressed.0) < 100, "{split}");
            assert_eq!((pool.usable, pool.size), (split.usable, split.size), "{split}");
            assert_eq!(pool.losses_survived, split.survives, "{split}");
        }
    }

    #[test]
    fn any_number_of_drives_has_its_ways() {
        for drives in [2, 3, 4, 5, 7, 13, 90, 500] {
            let all = ways(drives, |_| false).unwrap();
            assert!(!all.is_empty(), "{drives}");
            for split in &all {
                let used: u64 = split.vdevs.iter().map(|(count, width)| count * width).sum();
                assert_eq!(used + split.spares, drives, "{split}");
            }
        }
        for drives in [0, 1, 501, u64::MAX] {
            assert_eq!(ways(drives, |_| false), Err(CapacityError::Split { drives }));
        }
    }
}
