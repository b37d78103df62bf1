//! Which layout comes first, and in what order the others stand beside it.
//!
//! The most space that survives a drive failure; what differs by less than a hundredth counts as equal, and of equals the one
//! with fewer drives is better, since each drive more can fail. Where a resilver would leave the pool without redundancy
//! for longer than a day, raidz2 of the same bays goes first, if there is one.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use super::{Candidate, MOST};
use crate::names::BayId;
use crate::profile::Layout;
use crate::units::Bytes;

/// What gives less than one part in so many of the most is not worth showing.
const SENSE: u64 = 5;

/// Why the first one is the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is no other.
    Only,
    /// The most space.
    MostSpace,
    /// As much space as another, with fewer drives.
    FewerDrives {
        /// The other, in words.
        than: String,
    },
    /// What gives more would be exposed for too long.
    SecondLoss {
        /// The other, in words.
        than: String,
        /// Hours.
        hours: u64,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => {
                f.write_str("the only layout of these drives that survives a drive failure")
            }
            Self::MostSpace => f.write_str("the most space that survives a drive failure"),
            Self::FewerDrives { than } => {
                write!(f, "as much space as {than} to within 1 %, from fewer drives")
            }
            Self::SecondLoss { than, hours } => write!(
                f,
                "it survives a second failure during a resilver, when {than} would have no \
                 redundancy for up to {hours} h"
            ),
        }
    }
}

/// At most [`MOST`], the best first, and why it is.
pub fn rank(mut all: Vec<Candidate>) -> (Vec<Candidate>, Option<Reason>) {
    let Some(most) = all.iter().map(|candidate| candidate.usable.0).max() else {
        return (Vec::new(), None);
    };
    all.retain(|candidate| candidate.usable.0 >= most / SENSE);
    let Some(best) = best(&all) else { return (Vec::new(), None) };
    let (first, reason) = match safer(&all, best) {
        Some(safer) => {
            let (than, hours) = (all[best].words(), all[best].resilver_hours.1);
            (safer, Reason::SecondLoss { than, hours })
        }
        None => (best, reason(&all, best)),
    };
    let mut ranked = vec![all.remove(first)];
    // What outlives a second drive, and mirrors, must not be crowded out by their wider kin.
    let mut kept = Vec::new();
    let two = |candidate: &Candidate| candidate.survives.any > 1;
    let mirrors = |candidate: &Candidate| candidate.layout == Layout::Mirror;
    let musts: [&dyn Fn(&Candidate) -> bool; 2] = [&two, &mirrors];
    for must in musts {
        if !ranked.iter().chain(&kept).any(must) {
            kept.extend(take(&mut all, must));
        }
    }
    while ranked.len() + kept.len() < MOST {
        let Some(next) = take(&mut all, &|_| true) else { break };
        kept.push(next);
    }
    while let Some(next) = take(&mut kept, &|_| true) {
        ranked.push(next);
    }
    (ranked, Some(reason))
}

/// Takes the best of those that `which` names.
fn take(all: &mut Vec<Candidate>, which: &dyn Fn(&Candidate) -> bool) -> Option<Candidate> {
    let (among, mut rest): (Vec<Candidate>, Vec<Candidate>) = all.drain(..).partition(|c| which(c));
    *all = among;
    let found = best(all).map(|at| all.remove(at));
    all.append(&mut rest);
    found
}

/// Within a hundredth of each other.
fn equal(less: Bytes, more: Bytes) -> bool {
    more.0.saturating_sub(less.0) <= more.0 / 100
}

/// The best by space, then by drives. Not a sort: to be equal within a hundredth does not carry over.
fn best(all: &[Candidate]) -> Option<usize> {
    let most = all.iter().map(|candidate| candidate.usable).max()?;
    let equals = all.iter().enumerate().filter(|(_, candidate)| equal(candidate.usable, most));
    let order = |candidate: &Candidate| {
        (
            candidate.drives(),
            Reverse((candidate.usable, candidate.survives.any, candidate.survives.at_best)),
            candidate.bays.clone(),
        )
    };
    equals.min_by_key(|(_, candidate)| order(candidate)).map(|(at, _)| at)
}

/// Double parity over the same bays, where the best one is exposed for too long.
fn safer(all: &[Candidate], best: usize) -> Option<usize> {
    let best = all.get(best).filter(|best| best.is_long_exposed())?;
    let bays = |candidate: &Candidate| -> BTreeSet<BayId> {
        candidate.bays.iter().flatten().cloned().collect()
    };
    let same = all.iter().enumerate().filter(|(_, candidate)| {
        candidate.layout == Layout::Raidz2 && bays(candidate) == bays(best)
    });
    same.max_by_key(|(at, candidate)| (candidate.usable, Reverse(*at))).map(|(at, _)| at)
}

fn reason(all: &[Candidate], best: usize) -> Reason {
    if all.len() == 1 {
        return Reason::Only;
    }
    let Some(first) = all.get(best) else { return Reason::MostSpace };
    let more =
        all.iter().find(|other| other.usable > first.usable && other.drives() > first.drives());
    match more {
        Some(other) => Reason::FewerDrives { than: other.words() },
        None => Reason::MostSpace,
    }
}
