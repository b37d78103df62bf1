//! Why a capacity cannot be computed.
//!
//! Only what makes the arithmetic meaningless is refused here; whether a layout is wise is the
//! business of the check of a profile. OpenZFS refuses each of these as well, mostly after it has
//! written partition tables, which is why the numbers are asked first.

use thiserror::Error;

use super::kind::Kind;
use crate::units::{Ashift, Bytes};

/// An input that no pool can be made of.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CapacityError {
    /// A pool without a data vdev.
    #[error("a pool needs at least one vdev that holds data")]
    Empty,
    /// More or fewer leaves than this kind of vdev can have.
    #[error("a {kind} vdev cannot be made of {leaves} drives: it takes {}", .kind.widths())]
    Width {
        /// The kind of vdev.
        kind: Kind,
        /// The leaves given.
        leaves: usize,
    },
    /// A sector size that is not a power of two in 512..=65536, for example 520 (T10 DIF).
    #[error("ZFS cannot use logical sectors of {sector} bytes")]
    Sector {
        /// Bytes.
        sector: u32,
    },
    /// The vdev's unit is smaller than a sector of one of its drives.
    #[error("ashift {ashift} is too small for a drive with logical sectors of {sector} bytes")]
    Ashift {
        /// As given.
        ashift: Ashift,
        /// Bytes.
        sector: u32,
    },
    /// Below 64 MiB (`SPA_MINDEVSIZE`), counted after partitioning.
    #[error("{bytes} bytes are too few for a pool member: ZFS takes 64 MiB after partitioning")]
    TooSmall {
        /// The drive or partition.
        bytes: Bytes,
    },
    /// The drives together exceed what ZFS can count.
    #[error("the drives hold more than 16 EiB together")]
    TooLarge,
    /// Not a capacity that drives are sold with.
    #[error("`{label}` bytes are no drive label: labels are whole decimal gigabytes, as 4TB is")]
    Label {
        /// Bytes.
        label: Bytes,
    },
}
