//! What a pool of these drives will hold: OpenZFS's own arithmetic, before anything is written.
//!
//! One chain, one file for each step: [`drive`] (label to bytes), [`mod@cut`] and [`partition`] (what a
//! partition table leaves), [`leaf`] (what the ZFS labels leave), [`geometry`] (the vdev: [`kind`],
//! [`mod@draid`], [`metaslab`]), [`vdev`] (the same from its drives), [`pool`] (SIZE, slop, usable). Each step
//! names its loss in the [`ledger`]. [`zfs`] says what differs between releases, [`class`] what counts where.
//! [`replacement`] walks the chain backwards, [`mod@table`] walks it for many drive sizes. Whole numbers only
//! and nothing is read, so an answer is the same everywhere, and two figures are promised to the byte: SIZE of
//! `zpool list -p`, and USED + AVAIL of the root dataset in `zfs list -p`. What is modelled: pools with
//! default module parameters; [`of`] takes new ones of OpenZFS 2.1 to 2.3 on Linux, [`of_parts`] those of any
//! release, class and age. Cache and spare vdevs add nothing and are left out.
//!
//! ```
//! use zfs_capacity::units::{Ashift, Bytes};
//! use zfs_capacity::{CapacityError, Drive, Kind, Vdev};
//!
//! let drive = Drive::labelled(Bytes(4_000_000_000_000))?;
//! let vdev = Vdev { kind: Kind::Raidz1, leaves: vec![drive; 4], ashift: Ashift::DEFAULT };
//! let capacity = zfs_capacity::of(&[vdev])?;
//! assert_eq!(capacity.size.zfs(), "14.5T");
//! assert_eq!(capacity.usable, Bytes(11_483_534_589_952));
//! assert_eq!(capacity.losses_survived.to_string(), "any 1");
//! # Ok::<(), CapacityError>(())
//! ```
//!
//! How likely such a pool is to be lost is in [`risk`].

pub mod batch;
mod batch_fields;
#[cfg(test)]
mod batch_tests;
pub mod class;
pub mod cut;
pub mod draid;
pub mod drive;
mod error;
pub mod fits;
pub mod geometry;
pub mod grow;
pub mod kind;
#[cfg(test)]
mod known;
#[cfg(test)]
mod known_parts;
pub mod leaf;
pub mod ledger;
pub mod live;
pub mod margin;
pub mod metaslab;
pub mod partition;
pub mod pool;
#[cfg(test)]
mod props;
#[cfg(test)]
mod props_parts;
pub mod replacement;
pub mod resilver;
pub mod risk;
pub mod spec;
pub mod splits;
pub mod table;
pub mod units;
pub mod vdev;
#[cfg(test)]
mod vdev_tests;
pub mod widths;
pub mod write;
pub mod zfs;

pub use class::Class;
pub use cut::Cut;
pub use draid::Draid;
pub use drive::Drive;
pub use error::CapacityError;
pub use kind::Kind;
pub use ledger::{Deduction, What};
pub use pool::{Capacity, Losses, of, of_cut, of_parts};
pub use replacement::Replacement;
pub use table::{Cell, Row, table};
pub use vdev::{Born, Part, Terms, Vdev, VdevCapacity};
pub use zfs::Zfs;

/// The README's example is run with those of the docs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
