//! Drive sizes against layouts, for a box of so many bays: the first article's table, made exact.
//!
//! The article gives label times data drives (4 x 3 TB: 9 TB as RAIDZ, 6 TB as RAIDZ2 or mirrors).
//! Both are given here, that figure and what `zfs list` will say, because people meet both. A
//! layout that the bays cannot hold with sense (raidz of 2, raidz2 of 3, mirrors of an odd number)
//! has no cell.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::drive::Drive;
use super::error::CapacityError;
use super::kind::Kind;
use super::pool::{Losses, of_parts};
use super::vdev::{Part, Terms, Vdev};
use crate::units::{Ashift, Bytes};

/// A way to use all bays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "TableLayout"))]
pub enum Layout {
    /// One raidz1 vdev.
    Raidz,
    /// One raidz2 vdev.
    Raidz2,
    /// Mirrors of two.
    Mirrors,
    /// One raidz3 vdev.
    Raidz3,
    /// Each drive by itself.
    Stripe,
}

/// Not a layout of the table.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the table has no layout `{0}`: use raidz, raidz2, raidz3, mirrors or stripe")]
pub struct LayoutError(String);

/// A drive size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SizeRow"))]
pub struct Row {
    /// What the drive is sold as, in bytes.
    pub label: Bytes,
    /// Its real bytes.
    pub drive: Bytes,
    /// The layouts that the bays can hold, in the order of the columns.
    pub cells: Vec<Cell>,
}

/// A layout of drives of one size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SizeCell"))]
pub struct Cell {
    /// Which.
    pub layout: Layout,
    /// Label times data drives, as the article reckons.
    pub nominal: Bytes,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// USED + AVAIL of `zfs list -p`.
    pub usable: Bytes,
    /// How many drives may fail.
    #[serde(flatten)]
    pub losses_survived: Losses,
}

impl Layout {
    /// The columns of the article.
    pub const ALL: [Self; 3] = [Self::Raidz, Self::Raidz2, Self::Mirrors];
    /// All that can be asked for.
    pub const EVERY: [Self; 5] =
        [Self::Raidz, Self::Raidz2, Self::Raidz3, Self::Mirrors, Self::Stripe];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raidz => "raidz",
            Self::Raidz2 => "raidz2",
            Self::Raidz3 => "raidz3",
            Self::Mirrors => "mirrors",
            Self::Stripe => "stripe",
        }
    }

    /// The vdevs of this layout over `bays` equal drives; none if it has no sense there.
    fn vdevs(self, drive: Drive, bays: usize, ashift: Ashift) -> Vec<Vdev> {
        let vdev = |kind, width| Vdev { kind, leaves: vec![drive; width], ashift };
        match self {
            Self::Raidz if bays >= 3 => vec![vdev(Kind::Raidz1, bays)],
            Self::Raidz2 if bays >= 4 => vec![vdev(Kind::Raidz2, bays)],
            Self::Raidz3 if bays >= 5 => vec![vdev(Kind::Raidz3, bays)],
            Self::Mirrors if bays.is_multiple_of(2) => vec![vdev(Kind::Mirror, 2); bays / 2],
            Self::Stripe => vec![vdev(Kind::Stripe, 1); bays],
            Self::Raidz | Self::Raidz2 | Self::Raidz3 | Self::Mirrors => Vec::new(),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Layout {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let found = Self::EVERY.into_iter().find(|layout| layout.as_str() == text);
        found.ok_or_else(|| LayoutError(text.to_owned()))
    }
}

/// A row for each label (decimal bytes: 4 TB is 4 000 000 000 000), all bays filled with it.
pub fn table(labels: &[Bytes], bays: usize, ashift: Ashift) -> Result<Vec<Row>, CapacityError> {
    table_of(labels, bays, ashift, &Layout::ALL, Terms::default())
}

/// The same with these columns, under these terms.
pub fn table_of(
    labels: &[Bytes],
    bays: usize,
    ashift: Ashift,
    layouts: &[Layout],
    terms: Terms,
) -> Result<Vec<Row>, CapacityError> {
    labels.iter().map(|label| row(*label, bays, ashift, layouts, terms)).collect()
}

fn row(
    label: Bytes,
    bays: usize,
    ashift: Ashift,
    layouts: &[Layout],
    terms: Terms,
) -> Result<Row, CapacityError> {
    let drive = Drive::labelled(label)?;
    let mut cells = Vec::new();
    for layout in layouts.iter().copied() {
        let vdevs = layout.vdevs(drive, bays, ashift);
        if vdevs.is_empty() {
            continue;
        }
        let parts: Vec<Part> = vdevs.into_iter().map(Part::from).collect();
        let pool = of_parts(&parts, terms)?;
        // Equal drives: the pool's nominal bytes are a whole number of them.
        let nominal = (pool.nominal.0 / drive.bytes.0)
            .checked_mul(label.0)
            .map(Bytes)
            .ok_or(CapacityError::TooLarge)?;
        let (size, usable) = (pool.size, pool.usable);
        cells.push(Cell { layout, nominal, size, usable, losses_survived: pool.losses_survived });
    }
    Ok(Row { label, drive: drive.bytes, cells })
}

#[cfg(test)]
mod tests {
    use super::{Layout, table};
    use crate::units::{Ashift, Bytes};

    const TB: u64 = 1_000_000_000_000;

    fn nominal(labels: &[u64], bays: usize) -> Vec<Vec<(Layout, u64)>> {
        let labels: Vec<_> = labels.iter().map(|tb| Bytes(tb * TB)).collect();
        let rows = table(&labels, bays, Ashift::DEFAULT).unwrap();
        rows.iter()
            .map(|row| row.cells.iter().map(|cell| (cell.layout, cell.nominal.0)).collect())
            .collect()
    }

    #[test]
    fn the_table_of_the_first_article() {
        let expected = [(9, 6), (12, 8), (18, 12), (24, 16)].map(|(raidz, double)| {
            let (raidz, double) = (raidz * TB, double * TB);
            vec![(Layout::Raidz, raidz), (Layout::Raidz2, double), (Layout::Mirrors, double)]
        });
        assert_eq!(nominal(&[3, 4, 6, 8], 4), expected);
    }

    #[test]
    fn only_layouts_that_the_bays_can_hold() {
        assert!(nominal(&[4], 0)[0].is_empty());
        assert!(nominal(&[4], 1)[0].is_empty());
        assert_eq!(nominal(&[4], 2), [[(Layout::Mirrors, 4 * TB)]]);
        assert_eq!(nominal(&[4], 3), [[(Layout::Raidz, 8 * TB)]]);
        assert_eq!(nominal(&[4], 5), [[(Layout::Raidz, 16 * TB), (Layout::Raidz2, 12 * TB)]]);
        assert!(table(&[Bytes(4 * TB)], 300, Ashift::DEFAULT).is_err());
    }

    #[test]
    fn cells_are_exact_beside_the_nominal_figure() {
        let rows = table(&[Bytes(4 * TB)], 4, Ashift::DEFAULT).unwrap();
        assert_eq!(rows[0].drive, Bytes(4_000_787_030_016));
        assert_eq!(rows[0].cells[0].usable, Bytes(11_483_534_589_952));
        assert_eq!(rows[0].cells[2].size, Bytes(7_971_459_301_376));
        assert_eq!(rows[0].cells[2].losses_survived.to_string(), "any 1, at best 2");
    }
}
