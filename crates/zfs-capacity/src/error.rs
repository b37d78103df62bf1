//! Why a capacity cannot be computed.
//!
//! Only what makes the arithmetic meaningless is refused here; whether a layout is wise is the
//! business of the check of a profile. OpenZFS refuses each of these as well, mostly after it has
//! written partition tables, which is why the numbers are asked first.

use thiserror::Error;

use super::class::Class;
use super::kind::Kind;
use super::zfs::Zfs;
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
    #[error("{}", sectors(*.sector))]
    Sector {
        /// Bytes; 0: not known.
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
    #[error("{bytes} bytes are too few for a pool member: ZFS needs 64 MiB after partitioning")]
    TooSmall {
        /// The drive or partition.
        bytes: Bytes,
    },
    /// The drives together exceed what ZFS can count.
    #[error("the drives hold more than 16 EiB together")]
    TooLarge,
    /// A class that the release does not know.
    #[error("OpenZFS {} has no {class} vdevs: they came with 0.8", .zfs.releases())]
    Class {
        /// As given.
        class: Class,
        /// As given.
        zfs: Zfs,
    },
    /// A log that ZFS does not make.
    #[error("a log vdev can be a stripe or a mirror, not {kind}")]
    Log {
        /// As given.
        kind: Kind,
    },
    /// dRAID before its time.
    #[error("OpenZFS {} has no dRAID: it came with 2.1", .zfs.releases())]
    Draid {
        /// As given.
        zfs: Zfs,
    },
    /// A raidz that lost leaves since it was made.
    #[error(
        "a {kind} vdev cannot get narrower: it was created with {was} drives and is said to have \
         {is}"
    )]
    Narrowed {
        /// The kind of vdev.
        kind: Kind,
        /// Leaves at birth.
        was: u64,
        /// Leaves now.
        is: u64,
    },
    /// A vdev whose leaves shrank since it was made.
    #[error("a vdev cannot get smaller: its leaves had {was} bytes and are said to have {is}")]
    Shrunk {
        /// Bytes of the smallest leaf at birth.
        was: Bytes,
        /// Bytes of the smallest leaf now.
        is: Bytes,
    },
    /// More top-level vdevs than make sense.
    #[error("{count} vdevs are too many: the limit here is 65536")]
    Vdevs {
        /// As given.
        count: usize,
    },
    /// Too few drives to share out, or more than make sense.
    #[error("cannot lay out {drives} drives: use 2 to 500")]
    Split {
        /// As given.
        drives: u64,
    },
    /// A record size that ZFS does not take.
    #[error(
        "a record size of {bytes} bytes is impossible: use a power of two from 512 to 16777216 \
         (16M)"
    )]
    Record {
        /// As given.
        bytes: u64,
    },
    /// Not a capacity that drives are sold with.
    #[error(
        "`{label}` bytes is not a drive's label size: labels are whole decimal gigabytes, as in 4TB"
    )]
    Label {
        /// Bytes.
        label: Bytes,
    },
}

/// What is wrong with sectors of so many bytes.
fn sectors(bytes: u32) -> String {
    match bytes {
        0 => "a drive does not report its sector size".to_owned(),
        bytes => format!("ZFS cannot use logical sectors of {bytes} bytes"),
    }
}
