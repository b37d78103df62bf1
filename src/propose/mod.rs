//! Layouts for the drives that are there: at most five sensible ones, the best first, with its reason.
//!
//! Pure: [`propose`] is a function of [`Member`]s, each a drive that may be taken. Never without redundancy, never a
//! raidz of two; what gives the most space and survives a drive failure stands first, of equals the one with fewer drives; where
//! a resilver takes longer than a day, double parity goes before single. Which layouts are tried at all is said in
//! [`layouts`], the order in [`rank`], docs/propose.md has the reasons.

use serde::Serialize;

use crate::drive::Drive;
use crate::inventory::{Flaw, Owner, Transport};
use crate::names::BayId;
use crate::smart::rules::Finding;
use crate::units::Bytes;

pub mod candidate;
pub mod drives;
pub mod growth;
pub mod layouts;
pub mod profile;
pub mod rank;
#[cfg(test)]
mod tests;

pub use candidate::{Candidate, Remark};
pub use growth::Growth;
pub use rank::Reason;

/// The most layouts that are shown.
pub const MOST: usize = 5;

/// A drive that may be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Where it is.
    pub bay: BayId,
    /// Its bytes.
    pub size: Bytes,
    /// Logical sector, bytes.
    pub logical: u32,
    /// Physical sector, bytes.
    pub physical: u32,
    /// Which drive it is; `None`: one that is not bought yet.
    pub drive: Option<Drive>,
}

/// Why a drive does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is somebody's.
    Holds(Owner),
    /// What is on it could not be found out: why.
    NotKnown(String),
    /// It says of itself that it is no good.
    Unsound(Finding),
    /// It cannot be told from others for sure.
    Flawed(Flaw),
    /// It is in a place that may serve a pool's log or cache, not its data.
    NoBay,
    /// Other drives have the same port, so that none of them can be named.
    Ambiguous,
    /// It is at a port that no description names as a bay.
    Outside {
        /// The port; `None`: udev tells none.
        port: Option<String>,
        /// How it is attached.
        transport: Transport,
    },
}

/// A drive that is there and does not count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Absent {
    /// Which.
    pub drive: Drive,
    /// Why not.
    pub why: Why,
}

/// What the layouts are made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// Drives that count, by bay.
    pub drives: Vec<Member>,
    /// Drives that do not.
    pub absent: Vec<Absent>,
    /// Bays without a drive.
    pub empty: Vec<BayId>,
}

/// The layouts, and what they are made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The drives.
    pub stock: Stock,
    /// At most [`MOST`]; the first is the proposed one.
    pub layouts: Vec<Candidate>,
    /// Why it is the first; `None`: there is no layout.
    pub reason: Option<Reason>,
}

/// Makes the proposal. Drives from which ZFS can make nothing give no layout.
pub fn propose(stock: Stock) -> Proposal {
    let shapes = layouts::layouts(&stock.drives);
    let all = shapes.iter().filter_map(|shape| Candidate::new(shape, &stock)).collect();
    let (layouts, reason) = rank::rank(all);
    Proposal { stock, layouts, reason }
}
