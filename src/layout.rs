//! A layout and its drives as the vdevs that the arithmetic knows.

use crate::capacity::{Drive, Kind, Vdev};
use crate::profile::Layout;
use crate::units::{Ashift, Bytes};

/// zpool(8) takes neighbours of a vdev that differ by up to 16 MiB for equal (`ZPOOL_FUZZ` in its `zpool_vdev.c`), so
/// that drives of one label from two makers go together.
pub const FUZZ: u64 = 16 << 20;
/// Less than this between a drive and the smallest that may replace it is little: makers differ by some MiB.
pub const LITTLE: Bytes = Bytes(1 << 30);

/// Whole MiB, rounded down.
pub fn mib(bytes: Bytes) -> String {
    format!("{} MiB", bytes.0 / Bytes::MIB.0)
}

/// The kind of vdev that a layout is made of.
pub fn kind(layout: Layout) -> Kind {
    match layout {
        Layout::Raidz => Kind::Raidz1,
        Layout::Raidz2 => Kind::Raidz2,
        Layout::Raidz3 => Kind::Raidz3,
        Layout::Mirror => Kind::Mirror,
        Layout::Stripe => Kind::Stripe,
    }
}

/// One group for each vdev: as wished, or each drive of a stripe by itself.
pub fn grouped<T: Clone>(layout: Layout, data: &[Vec<T>]) -> Vec<Vec<T>> {
    match layout {
        Layout::Stripe => data.iter().flatten().map(|one| vec![one.clone()]).collect(),
        _ => data.to_vec(),
    }
}

/// The vdevs that `data` becomes.
pub fn vdevs(layout: Layout, data: &[Vec<Drive>], ashift: Ashift) -> Vec<Vdev> {
    let kind = kind(layout);
    grouped(layout, data).into_iter().map(|leaves| Vdev { kind, leaves, ashift }).collect()
}
