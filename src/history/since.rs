//! What differs from the look before: a drive that is new, gone, back or in another bay, and counts that grew. Pure.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{History, Life, Sighting, counts};
use crate::hw::Hw;
use crate::inventory::Inventory;

/// A difference; drives are named by model and serial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "change")]
pub enum Since {
    /// Never seen before.
    New {
        /// The drive.
        drive: String,
        /// Where it is.
        place: String,
    },
    /// It was there, and is not.
    Gone {
        /// The drive.
        drive: String,
        /// Where it was.
        place: String,
        /// When it was there last.
        last: Option<Timestamp>,
    },
    /// It was gone for a while.
    Back {
        /// The drive.
        drive: String,
        /// Where it is.
        place: String,
        /// Where it was.
        was: String,
    },
    /// In another place.
    Moved {
        /// The drive.
        drive: String,
        /// Where it is.
        place: String,
        /// Where it was.
        was: String,
    },
    /// A count that should not grow.
    Grew {
        /// The drive.
        drive: String,
        /// Where it is.
        place: String,
        /// What is counted.
        what: &'static str,
        /// Before.
        was: u64,
        /// Now.
        is: u64,
    },
    /// Other firmware.
    Firmware {
        /// The drive.
        drive: String,
        /// Where it is.
        place: String,
        /// Before.
        was: String,
        /// Now.
        is: String,
    },
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New { drive, place } => write!(f, "{place}: {drive} is new"),
            Self::Gone { drive, place, last } => {
                write!(f, "{place}: {drive} is gone")?;
                last.map_or(Ok(()), |last| write!(f, ", last seen {}", last.strftime("%Y-%m-%d")))
            }
            Self::Back { drive, place, was } if place == was => {
                write!(f, "{place}: {drive} is back")
            }
            Self::Back { drive, place, was } => {
                write!(f, "{place}: {drive} is back, it was in {was}")
            }
            Self::Moved { drive, place, was } => write!(f, "{place}: {drive} was in {was}"),
            Self::Grew { drive, place, what, was, is } => {
                write!(f, "{place}: {drive} has {is} {what}, {was} before")
            }
            Self::Firmware { drive, place, was, is } => {
                write!(f, "{place}: {drive} has firmware {is}, {was} before")
            }
        }
    }
}

/// All differences; none where nothing was seen before.
pub fn since(history: &History, hw: &Hw, inventory: &Inventory) -> Vec<Since> {
    if history.drives.is_empty() {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut here = BTreeSet::new();
    for disk in &inventory.disks {
        let life = history.of(disk);
        let last = life.and_then(Life::last);
        let Some(seen) = Sighting::of(hw, inventory, disk, last) else { continue };
        match last {
            Some(last) => all.extend(between(last, &seen)),
            None => all.push(Since::New { drive: seen.name(), place: seen.place() }),
        }
        here.extend(history.place(&seen));
    }
    if inventory.blind.is_none() {
        let absent = history.drives.iter().enumerate().filter(|(at, _)| !here.contains(at));
        let gone = absent
            .map(|(_, life)| life)
            .filter_map(|life| Some((life, life.last().filter(|it| !it.gone)?)));
        all.extend(gone.map(|(life, last)| Since::Gone {
            drive: last.name(),
            place: last.place(),
            last: life.last_there(),
        }));
    }
    all
}

fn between(last: &Sighting, seen: &Sighting) -> Vec<Since> {
    let (drive, place, was) = (seen.name(), seen.place(), last.place());
    let mut all = Vec::new();
    if last.gone {
        all.push(Since::Back { drive: drive.clone(), place: place.clone(), was });
    } else if (&last.bay, &last.port) != (&seen.bay, &seen.port) && place != was {
        all.push(Since::Moved { drive: drive.clone(), place: place.clone(), was });
    }
    if let (Some(was), Some(is)) = (&last.firmware, &seen.firmware)
        && was != is
    {
        let (was, is) = (was.clone(), is.clone());
        all.push(Since::Firmware { drive: drive.clone(), place: place.clone(), was, is });
    }
    if let (Some(last), Some(now)) = (&last.health, &seen.health) {
        let pairs = counts(&last.smart).into_iter().zip(counts(&now.smart));
        all.extend(pairs.filter_map(|((what, was), (_, is))| {
            let (was, is) = (was?, is?);
            let (drive, place) = (drive.clone(), place.clone());
            (is > was).then_some(Since::Grew { drive, place, what, was, is })
        }));
    }
    all
}
