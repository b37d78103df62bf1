//! How many more drives each top-level vdev can lose, from what is whole in it now, and the one sentence that says so.
//!
//! A drive that is resilvering, that has too many errors, or that is gone counts as failed already: what is said
//! here holds if the next drive fails this minute.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::member::Member;
use crate::capacity::Kind;
use crate::inventory::bond::Drives;
use crate::inventory::place::Redundancy;
use crate::inventory::{Leaf, Pool, State, Vdev};

/// What a top-level vdev can still lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Redundancy")]
pub struct Left {
    /// The vdev.
    pub vdev: String,
    /// How many more may fail; `None`: more are gone than it can lose, it is unknown, or ZFS does not open it.
    #[serde(rename = "failures_tolerated")]
    pub may_fail: Option<usize>,
    /// How many may fail when all are whole.
    pub of: usize,
    /// More of its members are gone than it can lose.
    #[serde(skip)]
    pub over: bool,
    /// Not enough is told of the vdev to say how many may fail.
    pub unknown: bool,
}

impl Left {
    /// Of a vdev and its members; `None`: losing it loses no data that is on disk (a log, a cache, a spare).
    pub fn of(drives: &Drives<'_>, pool: &Pool, vdev: &Vdev, members: &[Member]) -> Option<Self> {
        let gone = vdev.leaves.iter().zip(members).filter(|(_, member)| member.gone);
        let gone: Vec<&Leaf> = gone.map(|(leaf, _)| leaf).collect();
        let gone = |leaf: &Leaf| gone.iter().any(|it| std::ptr::eq(*it, leaf));
        let Redundancy { of, left, over, unsure } = pool.redundancy(vdev, &gone)?;
        let untold = Kind::called(&vdev.kind).is_none()
            || members.iter().any(|member| member.state == State::Unknown);
        let unknown = (unsure && left.is_some()) || (untold && !over);
        let left = left.map(|left| drives.left(vdev, left));
        let may_fail = left.filter(|_| !unknown);
        Some(Self { vdev: vdev.name.clone(), may_fail, of, over, unknown })
    }

    /// The weakest of them; of equals the first. What is unknown may be none at all, and one that is known to have
    /// none left says more.
    pub fn weakest(all: &[Self]) -> Option<&Self> {
        all.iter().min_by_key(|left| match left.may_fail {
            None if !left.unknown => 0,
            Some(0) => 1,
            None => 2,
            Some(count) => count.saturating_add(2),
        })
    }

    /// The sentence of a pool: `it can lose any 1 drive`. `None`: it has no vdev with data.
    pub fn sentence(all: &[Self]) -> Option<String> {
        let weakest = Self::weakest(all)?;
        let several = all.len() > 1;
        let vdev = short(&weakest.vdev);
        let s = if weakest.may_fail == Some(1) { "" } else { "s" };
        let whole = weakest.may_fail == Some(weakest.of);
        Some(match weakest.may_fail {
            None if weakest.unknown && several => format!("the redundancy of {vdev} is unknown"),
            None if weakest.unknown => "its redundancy is unknown".to_owned(),
            None if !weakest.over => format!("{vdev} cannot be read"),
            None => "it has lost more drives than it can survive".to_owned(),
            Some(0) if weakest.of > 0 && several => {
                format!("no redundancy left in {vdev}: one more failure there loses the pool")
            }
            Some(0) if weakest.of > 0 => {
                "no redundancy left: one more failure loses the pool".to_owned()
            }
            Some(0) if all.iter().any(|left| left.of > 0) => {
                format!("{vdev} has no redundancy: if it fails, the pool is lost")
            }
            Some(0) => "no redundancy: any drive failure loses the pool".to_owned(),
            Some(count) if whole && several => {
                format!("it can lose any {count} drive{s} of each vdev")
            }
            Some(count) if whole => format!("it can lose any {count} drive{s}"),
            Some(count) => format!("it can still lose {count} drive{s}"),
        })
    }
}

fn short(vdev: &str) -> &str {
    vdev.rsplit('/').next().unwrap_or(vdev)
}

impl fmt::Display for Left {
    /// `raidz1-0: none left`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vdev = short(&self.vdev);
        let s = if self.may_fail == Some(1) { "" } else { "s" };
        match (self.may_fail, self.of) {
            (None, _) if self.unknown => write!(f, "{vdev}: unknown"),
            (None, _) if !self.over => write!(f, "{vdev}: it cannot be read"),
            (None, _) => write!(f, "{vdev}: it has lost more drives than it can survive"),
            (Some(0), 0) => write!(f, "{vdev}: none, if it fails the pool is lost"),
            (Some(0), _) => write!(f, "{vdev}: none left"),
            (Some(count), of) if count == of => {
                write!(f, "{vdev}: it can lose any {count} drive{s}")
            }
            (Some(count), _) => write!(f, "{vdev}: it can still lose {count} drive{s}"),
        }
    }
}
