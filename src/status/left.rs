//! How many more drives each top-level vdev can lose, from what is whole in it now, and the one sentence that says so.
//!
//! A drive that is being filled, that has too many errors, or that is gone counts as failed already: what is said
//! here holds if the next drive fails this minute.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::member::Member;
use crate::capacity::Kind;
use crate::inventory::{Class, Vdev};

/// What a top-level vdev can still lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The vdev.
    pub vdev: String,
    /// How many more may fail; `None`: more are gone than it can lose, or it is unknown.
    #[serde(rename = "failures_tolerated")]
    pub may_fail: Option<usize>,
    /// How many may fail when all are whole.
    pub of: usize,
    /// Not enough is told of the vdev to say how many may fail.
    pub unknown: bool,
}

impl Left {
    /// Of a vdev and its members; `None`: losing it loses no data that is on disk (a log, a cache, a spare).
    pub fn of(vdev: &Vdev, members: &[Member]) -> Option<Self> {
        if !matches!(vdev.class, Class::Normal | Class::Special | Class::Dedup) {
            return None;
        }
        let width = u64::try_from(vdev.width).unwrap_or(u64::MAX);
        let kind = Kind::called(&vdev.kind);
        let of = kind.map_or(0, |kind| kind.losses(width));
        let of = usize::try_from(of).unwrap_or(usize::MAX);
        let mut places: BTreeMap<(Option<u64>, usize), bool> = BTreeMap::new();
        for (at, member) in members.iter().enumerate() {
            let key = (member.shares, if member.shares.is_some() { 0 } else { at });
            *places.entry(key).or_default() |= member.is_whole();
        }
        // A place of which nothing is told is not whole.
        let whole = places.values().filter(|whole| **whole).count();
        let lost = vdev.width.max(places.len()) - whole;
        let unknown = kind.is_none();
        let may_fail = of.checked_sub(lost).filter(|_| !unknown);
        Some(Self { vdev: vdev.name.clone(), may_fail, of, unknown })
    }

    /// Whether more of its members are gone than it can lose.
    pub fn is_over(&self) -> bool {
        self.may_fail.is_none() && !self.unknown
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
            (None, _) => write!(f, "{vdev}: more drives are gone than it can lose"),
            (Some(0), 0) => write!(f, "{vdev}: none, if it fails the pool is lost"),
            (Some(0), _) => write!(f, "{vdev}: none left"),
            (Some(count), of) if count == of => {
                write!(f, "{vdev}: it can lose any {count} drive{s}")
            }
            (Some(count), _) => write!(f, "{vdev}: it can still lose {count} drive{s}"),
        }
    }
}
