//! How a layout becomes larger later, by what OpenZFS can do in place.
//!
//! A smaller drive that is exchanged frees what its neighbours waste; a raidz takes one more drive (attach, OpenZFS 2.3);
//! a further vdev is added where there are bays for it; and any vdev grows once its last drive is a larger one. One way is named, the next one.

use std::fmt;

use serde::Serialize;

use crate::capacity::{self, Drive};
use crate::layout::{FUZZ, vdevs};
use crate::names::BayId;
use crate::profile::Layout;
use crate::propose::Member;
use crate::propose::layouts::{DOUBLE, SINGLE, Shape, ashift, kind};
use crate::units::Bytes;
use crate::words::bays;

/// The next way to more space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Growth {
    /// Exchange drives that are smaller than the others of their vdev.
    Exchange {
        /// Where they are.
        bays: Vec<BayId>,
        /// Bytes of the next larger drive of that vdev.
        size: Bytes,
        /// Usable bytes of such a pool, were it made anew: the grown one may differ by a metaslab.
        usable: Bytes,
    },
    /// Attach a drive to the raidz.
    Attach {
        /// A bay that takes no part.
        bay: BayId,
        /// Bytes of the smallest drive that counts whole.
        size: Bytes,
    },
    /// Add a vdev like those that are there.
    Add {
        /// What it is.
        layout: Layout,
        /// Bays that take no part, as many as a vdev has drives.
        bays: Vec<BayId>,
    },
    /// Exchange all drives of a vdev, one after the other.
    Larger {
        /// How many drives the vdev has.
        drives: usize,
    },
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exchange { bays: at, size, usable } => {
                let (size, usable, count) = (size.tb(), usable.tb(), at.len());
                let drives = if count == 1 { "a drive of" } else { "drives of" };
                write!(f, "about {usable} with {drives} {size} in {}", bays(at))
            }
            Self::Attach { bay, size } => {
                let (size, bay) = (size.tb(), bay.spoken());
                write!(f, "attach a drive of {size} or more in {bay}")
            }
            Self::Add { layout, bays: at } => {
                let (layout, at) = (kind(*layout, at.len()), bays(at));
                write!(f, "add a {layout} in {at}")
            }
            Self::Larger { drives: 2 } => {
                f.write_str("replace both drives of a mirror with larger ones")
            }
            Self::Larger { drives } => {
                write!(f, "replace all {drives} drives of a vdev with larger ones, one by one")
            }
        }
    }
}

impl Growth {
    /// The next way for `shape`; `free` are bays whose drives take no part, `empty` those without one.
    pub fn of(shape: &Shape<'_>, free: &[BayId], empty: &[BayId]) -> Self {
        if let Some(exchange) = exchange(shape) {
            return exchange;
        }
        let width = shape.vdevs.first().map_or(0, Vec::len);
        let room: Vec<&BayId> = free.iter().chain(empty).collect();
        let smallest = shape.vdevs.iter().flatten().map(|drive| drive.size).min();
        let most = match shape.layout {
            Layout::Raidz => SINGLE,
            Layout::Raidz2 => DOUBLE,
            Layout::Raidz3 | Layout::Mirror | Layout::Stripe => 0,
        };
        match (&shape.vdevs[..], &room[..]) {
            ([only], [bay, ..]) if only.len() < most => {
                Self::Attach { bay: (*bay).clone(), size: smallest.unwrap_or_default() }
            }
            (_, room) if room.len() >= width => {
                let bays = room.iter().take(width).map(|bay| (*bay).clone()).collect();
                Self::Add { layout: shape.layout, bays }
            }
            _ => Self::Larger { drives: width },
        }
    }
}

/// The smallest drives of the vdev that wastes most, exchanged for its next larger size.
fn exchange(shape: &Shape<'_>) -> Option<Growth> {
    let wasted = |vdev: &Vec<&Member>| {
        let smallest = vdev.iter().map(|drive| drive.size.0).min().unwrap_or(0);
        vdev.iter().map(|drive| drive.size.0 - smallest).sum::<u64>()
    };
    let (at, vdev) = shape.vdevs.iter().enumerate().max_by_key(|(_, vdev)| wasted(vdev))?;
    let smallest = vdev.iter().map(|drive| drive.size).min()?;
    let small = |drive: &Member| drive.size.0 - smallest.0 <= FUZZ;
    let size = vdev.iter().filter(|drive| !small(drive)).map(|drive| drive.size).min()?;
    let bays = vdev.iter().filter(|drive| small(drive)).map(|drive| drive.bay.clone()).collect();
    let leaf = |index: usize, drive: &Member| {
        let bytes = if index == at { drive.size.max(size) } else { drive.size };
        Drive { bytes, logical_sector: drive.logical }
    };
    let leaves: Vec<Vec<Drive>> = shape
        .vdevs
        .iter()
        .enumerate()
        .map(|(index, vdev)| vdev.iter().map(|drive| leaf(index, drive)).collect())
        .collect();
    let ashift = ashift(shape.vdevs.iter().flatten().copied());
    let usable = capacity::of(&vdevs(shape.layout, &leaves, ashift)).ok()?.usable;
    Some(Growth::Exchange { bays, size, usable })
}
