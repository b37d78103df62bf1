//! One layout with everything that it gives: to the byte where OpenZFS's arithmetic has a say, in whole hours where
//! nobody knows better.
//!
//! The numbers come from `capacity` alone, the same ones that a plan for this layout will show.

use std::fmt;

use serde::Serialize;

use crate::capacity::{self, Drive, Losses, resilver};
use crate::layout::{FUZZ, LITTLE, mib, vdevs};
use crate::names::BayId;
use crate::profile::Layout;
use crate::propose::growth::Growth;
use crate::propose::layouts::{Shape, ashift, kind};
use crate::propose::{Member, Stock};
use crate::units::Bytes;

/// A resilver of so many hours is still had in one day.
pub const DAY: u64 = 24;

/// A layout and what it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// What each vdev is.
    pub layout: Layout,
    /// The bays of each vdev.
    pub bays: Vec<Vec<BayId>>,
    /// USED + AVAIL of the root dataset of `zfs list -p`.
    pub usable: Bytes,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// Drives that may fail.
    pub survives: Losses,
    /// Bays whose drives take no part.
    pub free: Vec<BayId>,
    /// Bytes of larger drives that stay unused beside smaller ones, in all vdevs together.
    pub unused: Bytes,
    /// Hours of a resilver of a full drive, at best and under load.
    pub resilver_hours: (u64, u64),
    /// Whether zpool calls the drives of a vdev different.
    pub mixed: bool,
    /// How more space is had later.
    pub growth: Growth,
    /// What is to know.
    pub remarks: Vec<Remark>,
}

/// What is to know of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// A second drive may fail in another vdev only: in how many of how many cases.
    OtherVdev {
        /// Drives whose loss is survived then.
        fine: usize,
        /// Drives that are left then.
        of: usize,
    },
    /// The pool is without redundancy for longer than a day.
    LongResilver {
        /// Hours at worst.
        hours: u64,
    },
    /// A new drive of the same label may be too small.
    LittleSlack {
        /// Bytes between the smallest drive and the smallest that may replace it.
        slack: Bytes,
    },
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherVdev { fine, of } => {
                write!(f, "a second drive too if it is in another vdev: {fine} of {of} cases")
            }
            Self::LongResilver { hours } => write!(f, "up to {hours} h without redundancy"),
            Self::LittleSlack { slack } => write!(
                f,
                "a new drive may be at most {} smaller: `reserve: 2GiB` leaves room",
                mib(*slack)
            ),
        }
    }
}

impl Candidate {
    /// What `shape` gives; `None` where ZFS makes no pool of it.
    pub fn new(shape: &Shape<'_>, stock: &Stock) -> Option<Self> {
        let leaf = |drive: &&Member| Drive { bytes: drive.size, logical_sector: drive.logical };
        let leaves: Vec<Vec<Drive>> =
            shape.vdevs.iter().map(|vdev| vdev.iter().map(leaf).collect()).collect();
        let ashift = ashift(shape.vdevs.iter().flatten().copied());
        let pool = capacity::of(&vdevs(shape.layout, &leaves, ashift)).ok()?;
        let survives = pool.losses_survived;
        if survives.any == 0 {
            return None;
        }
        let sizes = |vdev: &Vec<Drive>| {
            let sizes = vdev.iter().map(|drive| drive.bytes);
            sizes.clone().min().zip(sizes.max())
        };
        let sizes: Vec<(Bytes, Bytes)> = leaves.iter().filter_map(sizes).collect();
        let resilver_hours = resilver::hours(sizes.iter().map(|(smallest, _)| *smallest));
        let slack =
            pool.vdevs.iter().zip(&leaves).map(|(vdev, drives)| vdev.replacement.slack(drives));

        let mut remarks = Vec::new();
        if survives.at_best > survives.any {
            let width = shape.vdevs.first().map_or(0, Vec::len);
            let all: usize = shape.vdevs.iter().map(Vec::len).sum();
            if survives.any == 1 {
                remarks.push(Remark::OtherVdev { fine: all - width, of: all - 1 });
            }
        }
        if survives.any == 1 && resilver_hours.1 > DAY {
            remarks.push(Remark::LongResilver { hours: resilver_hours.1 });
        }
        if let Some(slack) = slack.min().filter(|slack| *slack < LITTLE) {
            remarks.push(Remark::LittleSlack { slack });
        }
        let bay = |drive: &&Member| drive.bay.clone();
        let bays: Vec<Vec<BayId>> =
            shape.vdevs.iter().map(|vdev| vdev.iter().map(bay).collect()).collect();
        let taken = |bay: &BayId| bays.iter().flatten().any(|other| other == bay);
        let free: Vec<BayId> =
            stock.drives.iter().map(|drive| drive.bay.clone()).filter(|bay| !taken(bay)).collect();
        Some(Self {
            layout: shape.layout,
            usable: pool.usable,
            size: pool.size,
            survives,
            unused: pool.unused,
            resilver_hours,
            mixed: sizes.iter().any(|(smallest, largest)| largest.0 - smallest.0 > FUZZ),
            growth: Growth::of(shape, &free, &stock.empty),
            remarks,
            bays,
            free,
        })
    }

    /// Drives that take part.
    pub fn drives(&self) -> usize {
        self.bays.iter().map(Vec::len).sum()
    }

    /// Whether a resilver leaves it without redundancy for longer than a day.
    pub fn is_long_exposed(&self) -> bool {
        self.remarks.iter().any(|remark| matches!(remark, Remark::LongResilver { .. }))
    }

    /// In words: `raidz of 3`, `mirror`, `two mirrors`, `3-way mirror`, `two raidz2 of 12`.
    pub fn words(&self) -> String {
        let count = match self.bays.len() {
            2 => "two".to_owned(),
            many => many.to_string(),
        };
        let width = self.bays.first().map_or(0, Vec::len);
        match (self.layout, self.bays.len()) {
            (layout, 1) => kind(layout, width),
            (Layout::Mirror, _) if width == 2 => format!("{count} mirrors"),
            (layout, _) => format!("{count} {}", kind(layout, width)),
        }
    }
}
