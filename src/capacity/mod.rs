//! What a pool of these drives will hold: OpenZFS's own arithmetic, before anything is written.
//!
//! One chain, one file for each step: [`drive`] (label to bytes), [`partition`] (what the GPT
//! leaves), [`leaf`] (what the ZFS labels leave), [`vdev`] (with [`kind`]: raidz and mirrors, and
//! [`metaslab`]), [`pool`] (SIZE, slop, usable). Each step names its loss in the [`ledger`].
//! [`replacement`] walks the chain backwards, [`mod@table`] walks it for many drive sizes. Whole numbers only and nothing is read, so an answer is the same everywhere, and
//! two figures are promised to the byte: SIZE of `zpool list -p`, and USED + AVAIL of the root
//! dataset in `zfs list -p`. What is modelled: a new pool of whole disks (or of partitions with a
//! reserve behind them, [`mod@cut`]), OpenZFS 2.1 to 2.3 on
//! Linux, default module parameters. Log, cache and spare vdevs add nothing and are left out.
//!
//! ```
//! use zbay::capacity::{self, Drive, Kind, Vdev};
//! use zbay::units::{Ashift, Bytes};
//!
//! let drive = Drive::labelled(Bytes(4_000_000_000_000))?;
//! let vdev = Vdev { kind: Kind::Raidz1, leaves: vec![drive; 4], ashift: Ashift::DEFAULT };
//! let capacity = capacity::of(&[vdev])?;
//! assert_eq!(capacity.size.zfs(), "14.5T");
//! assert_eq!(capacity.usable, Bytes(11_483_534_589_952));
//! assert_eq!(capacity.losses_survived.to_string(), "any 1");
//! # Ok::<(), capacity::CapacityError>(())
//! ```

pub mod cut;
pub mod drive;
mod error;
pub mod kind;
#[cfg(test)]
mod known;
pub mod leaf;
pub mod ledger;
pub mod metaslab;
pub mod partition;
pub mod pool;
#[cfg(test)]
mod props;
pub mod replacement;
pub mod resilver;
pub mod table;
pub mod vdev;

pub use cut::Cut;
pub use drive::Drive;
pub use error::CapacityError;
pub use kind::Kind;
pub use ledger::{Deduction, What};
pub use pool::{Capacity, Losses, of, of_cut};
pub use replacement::Replacement;
pub use table::{Cell, Row, table};
pub use vdev::{Vdev, VdevCapacity};
