//! How many more drives may fail, for each top-level vdev, from what is whole in it now.
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
    /// How many more may fail; `None`: more are gone than it can lose.
    pub may_fail: Option<usize>,
    /// How many may fail when all are whole.
    pub of: usize,
}

impl Left {
    /// Of a vdev and its members; `None`: losing it loses no data that is on disk (a log, a cache, a spare).
    pub fn of(vdev: &Vdev, members: &[Member]) -> Option<Self> {
        if !matches!(vdev.class, Class::Normal | Class::Special | Class::Dedup) {
            return None;
        }
        let width = u64::try_from(vdev.width).unwrap_or(u64::MAX);
        let of = Kind::called(&vdev.kind).map_or(0, |kind| kind.losses(width));
        let of = usize::try_from(of).unwrap_or(usize::MAX);
        let mut places: BTreeMap<(Option<u64>, usize), bool> = BTreeMap::new();
        for (at, member) in members.iter().enumerate() {
            let key = (member.shares, if member.shares.is_some() { 0 } else { at });
            *places.entry(key).or_default() |= member.is_whole();
        }
        // A place of which nothing is told is not whole.
        let whole = places.values().filter(|whole| **whole).count();
        let lost = vdev.width.max(places.len()) - whole;
        Some(Self { vdev: vdev.name.clone(), may_fail: of.checked_sub(lost), of })
    }

    /// The weakest of them; of equals the first.
    pub fn weakest(all: &[Self]) -> Option<&Self> {
        all.iter().min_by_key(|left| left.may_fail.map_or(0, |count| count + 1))
    }

    /// For a sentence: `no more drive may fail`. `several`: the pool has more such vdevs.
    pub fn phrase(&self, several: bool) -> String {
        let whole = self.may_fail == Some(self.of);
        let of = if several { format!(" of {}", short(&self.vdev)) } else { String::new() };
        let s = if self.may_fail == Some(1) { "" } else { "s" };
        match self.may_fail {
            None => "too many drives are gone".to_owned(),
            Some(0) if self.of == 0 => "no drive may fail".to_owned(),
            Some(0) => format!("no more drive{of} may fail"),
            Some(count) if whole && several => format!("{count} drive{s} of each vdev may fail"),
            Some(count) if whole => format!("{count} drive{s} may fail"),
            Some(count) => format!("{count} more drive{s}{of} may fail"),
        }
    }
}

fn short(vdev: &str) -> &str {
    vdev.rsplit('/').next().unwrap_or(vdev)
}

impl fmt::Display for Left {
    /// `raidz1-0: no more drive may fail`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let vdev = short(&self.vdev);
        let s = |count: usize| if count == 1 { "" } else { "s" };
        match (self.may_fail, self.of) {
            (None, _) => write!(f, "{vdev}: more drives are gone than it can lose"),
            (Some(_), 0) => write!(f, "{vdev}: none, if it fails the pool is lost"),
            (Some(0), _) => write!(f, "{vdev}: no more drive may fail"),
            (Some(count), of) if count == of => {
                write!(f, "{vdev}: any {count} drive{} may fail", s(count))
            }
            (Some(count), _) => write!(f, "{vdev}: {count} more drive{} may fail", s(count)),
        }
    }
}
