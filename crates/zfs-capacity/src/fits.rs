//! What will really fit, as far as block sizes decide it: apart from, and never instead of, what `zfs list` says.
//!
//! `zfs list` computes with blocks of 128 KiB. Larger ones carry less parity and padding, small ones more, and
//! compression makes blocks of every size. A [`Mix`] is a histogram of blocks as they are stored. The space
//! of the whole pool is taken to be filled with it: data blocks alone, since metadata is small and is in
//! AVAIL anyway.

use std::str::FromStr;

use thiserror::Error;

use super::class::Class;
use super::kind::Kind;
use super::pool::Capacity;
use super::write::Record;
use crate::units::{Ashift, Bytes};

/// Blocks as they are stored, after compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    /// In words.
    pub name: String,
    /// Bytes of a block, and how many there are.
    pub blocks: Vec<(u64, u64)>,
}

/// A histogram that is none.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "line {line} of a mix, `{text}`: write SIZE COUNT, as in 128K 40 (512 bytes to 16M, count 1 to 10^9, 1000 lines at most)"
)]
pub struct MixError {
    /// From 1.
    pub line: usize,
    /// As it stands.
    pub text: String,
}

const KIB: u64 = 1 << 10;

impl Mix {
    /// Blocks of one size.
    pub fn record(record: Record) -> Self {
        let name = format!("{} records", Bytes(record.bytes()).zfs());
        Self { name, blocks: vec![(record.bytes(), 1)] }
    }

    /// Large files with some small ones beside them: 1M records.
    pub fn media() -> Self {
        let blocks = vec![(1024 * KIB, 200), (512 * KIB, 4), (128 * KIB, 8), (16 * KIB, 16)];
        Self { name: "media".to_owned(), blocks }
    }

    /// 128K records of which compression leaves anything from 4 to 128 KiB.
    pub fn documents() -> Self {
        let blocks = (1..=32).map(|sectors| (sectors * 4 * KIB, 1)).collect();
        Self { name: "documents".to_owned(), blocks }
    }

    /// Volumes of 16K blocks, some of which compress.
    pub fn machines() -> Self {
        let blocks = vec![(16 * KIB, 60), (12 * KIB, 20), (8 * KIB, 15), (4 * KIB, 5)];
        Self { name: "vm".to_owned(), blocks }
    }

    /// The mix of a word.
    pub fn named(word: &str) -> Option<Self> {
        match word {
            "media" => Some(Self::media()),
            "documents" => Some(Self::documents()),
            "vm" => Some(Self::machines()),
            _ => None,
        }
    }

    /// Bytes of data that fill the pool; `None`: it holds none of them.
    pub fn fits(&self, pool: &Capacity) -> Option<Bytes> {
        let mut fits = 0_u128;
        for vdev in pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal) {
            let here = u128::from(pool.usable.0) * u128::from(vdev.dspace.0);
            let here = here.checked_div(u128::from(pool.dspace.0))?;
            fits += self.fits_in(here, vdev.kind, vdev.width, vdev.ashift, vdev.deflate_ratio)?;
        }
        u64::try_from(fits).ok().map(Bytes)
    }

    /// Bytes of data that fill so many usable ones of a vdev.
    pub(super) fn fits_in(
        &self,
        usable: u128,
        kind: Kind,
        width: u64,
        ashift: Ashift,
        deflate_ratio: u64,
    ) -> Option<u128> {
        let used = |(size, count): &(u64, u64)| {
            let raw = kind.allocated(Bytes(*size), width, ashift)?;
            Some(times(Kind::deflated(raw.0, deflate_ratio), *count))
        };
        let used: u128 = self.blocks.iter().map(used).sum::<Option<u128>>()?;
        usable.checked_mul(self.data())?.checked_div(used)
    }

    fn data(&self) -> u128 {
        self.blocks.iter().map(|(size, count)| times(*size, *count)).sum()
    }

    /// Of 1000 raw bytes of such a vdev, how many are data.
    pub fn per_mille(&self, kind: Kind, width: u64, ashift: Ashift) -> Option<u64> {
        let data = self.data();
        let raw = |(size, count): &(u64, u64)| {
            Some(times(kind.allocated(Bytes(*size), width, ashift)?.0, *count))
        };
        let raw: u128 = self.blocks.iter().map(raw).sum::<Option<u128>>()?;
        u64::try_from((data * 2000 + raw).checked_div(2 * raw)?).ok()
    }
}

fn times(size: u64, count: u64) -> u128 {
    u128::from(size) * u128::from(count)
}

impl FromStr for Mix {
    type Err = MixError;

    /// A line for each size: `128K 40`; what stands behind `#` is a comment.
    fn from_str(text: &str) -> Result<Self, MixError> {
        const MOST: u64 = 1_000_000_000;
        let mut blocks = Vec::new();
        let refused = |at: usize, line: &str| MixError {
            line: at + 1,
            text: line.chars().take(60).collect(),
        };
        for (at, line) in text.lines().enumerate() {
            let content = line.split('#').next().unwrap_or_default();
            let mut words = content.split_whitespace();
            let Some(size) = words.next() else { continue };
            let size = size.parse().ok().filter(|size: &Bytes| (512..=16 << 20).contains(&size.0));
            let count = words.next().and_then(|count| count.parse().ok());
            let count = count.filter(|count| (1..=MOST).contains(count));
            let (Some(size), Some(count), None) = (size, count, words.next()) else {
                return Err(refused(at, line));
            };
            // A longer one is finer than it matters, and the largest pool times these still counts.
            if blocks.len() == 1000 {
                return Err(refused(at, line));
            }
            blocks.push((size.0, count));
        }
        if blocks.is_empty() {
            Err(refused(0, text))
        } else {
            Ok(Self { name: "mix".to_owned(), blocks })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mix, Record};
    use crate::units::Ashift;
    use crate::{Kind, Terms, of_parts, spec};

    fn per_mille(mix: &Mix, kind: Kind, width: u64) -> u64 {
        mix.per_mille(kind, width, Ashift::DEFAULT).unwrap()
    }

    #[test]
    fn shares_of_the_raw_space() {
        let record = |kib: u64| Mix::record(Record::new(kib << 10).unwrap());
        let (z1, z2, z3) = (Kind::Raidz1, Kind::Raidz2, Kind::Raidz3);
        for (kind, width, small, large, mix, volume) in [
            (z1, 3, 667, 667, 647, 667),
            (z1, 4, 727, 749, 727, 667),
            (z1, 5, 800, 800, 767, 667),
            (z1, 9, 889, 889, 846, 667),
            (z1, 33, 941, 970, 917, 667),
            (z2, 4, 485, 499, 478, 444),
            (z2, 6, 667, 667, 629, 667),
            (z2, 10, 762, 798, 733, 667),
            (z2, 34, 889, 938, 846, 667),
            (z3, 19, 800, 842, 733, 500),
            (z3, 35, 889, 914, 786, 500),
        ] {
            let is = [record(128), record(1024), Mix::documents(), record(16)]
                .map(|mix| per_mille(&mix, kind, width));
            assert_eq!(is, [small, large, mix, volume], "{kind} of {width}");
        }
    }

    #[test]
    fn what_fits_is_the_usable_bytes_for_128k_and_more_for_1m() {
        let parts = spec::parse("raidz1:4x4TB", Ashift::DEFAULT).unwrap();
        let pool = of_parts(&parts, Terms::default()).unwrap();
        let fits = |mix: Mix| mix.fits(&pool).unwrap().0;
        let same = fits(Mix::record(Record::DEFAULT));
        assert!(same.abs_diff(pool.usable.0) < pool.usable.0 / 500, "but for whole 512ths: {same}");
        let large = fits(Mix::record(Record::new(1 << 20).unwrap()));
        assert!(large > same + same / 50 && large < pool.nominal.0);
        assert!(fits(Mix::machines()) < same);
        let media = fits(Mix::media());
        assert!(same < media && media < large);
    }

    #[test]
    fn a_histogram_of_ones_own() {
        let mix: Mix = "# from zdb\n128K 40\n 4K 2 # tails\n\n".parse().unwrap();
        assert_eq!(mix.blocks, [(128 << 10, 40), (4096, 2)]);
        for (text, line) in [
            ("", 1),
            ("128K", 1),
            ("4K 1\n3 1", 2),
            ("4K 0", 1),
            ("4K -1", 1),
            ("4K 1 1", 1),
            ("32M 1", 1),
        ] {
            assert_eq!(text.parse::<Mix>().unwrap_err().line, line, "{text}");
        }
        let huge: Mix = "16M 1000000000\n".repeat(1000).parse().unwrap();
        assert!("16M 1\n".repeat(1001).parse::<Mix>().is_err());
        let parts = spec::parse("stripe:1000x100TB", Ashift::DEFAULT).unwrap();
        let pool = of_parts(&parts, Terms::default()).unwrap();
        assert!(huge.fits(&pool).is_some());
    }
}
