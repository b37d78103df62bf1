//! A pool grows, in every way that ZFS has, and shrinks in the few that it has.
//!
//! Each way is a [`Task`] as replacing is: decided at once from one look, complete, with conditions before and after. All
//! that makes ZFS refuse is asked before the command, since `zpool attach` and `zpool add` write to the drives first. What
//! is forever is said before it is done: no raidz becomes narrower, none leaves a pool, and its ratio stays that of its
//! first day.

use camino::Utf8PathBuf;

use crate::inventory::stale::Stale;
use crate::inventory::{Activity, Class, Pool, State, Vdev};
use crate::life::called::{Known, Spot};
use crate::life::member::{self, Member, part};
use crate::life::new_drive::{self, Needs, NewDrive};
use crate::life::{ReplaceError, Sight, Task, Usable};
use crate::step::Fingerprint;
use crate::units::Bytes;

mod add;
mod attach;
mod aux_vdevs;
mod enlarge;
mod refusal;
mod remove;
mod space;

pub use refusal::ExpandError;
use space::Space;

/// A way to grow, or to shrink.
#[derive(Clone, Copy, Debug)]
pub enum Way<'a> {
    /// One drive more for a vdev.
    Attach {
        /// The new drive, by its bay or another name ([`called`]).
        bay: &'a str,
        /// A vdev's name, or the bay of one of its members.
        to: Option<&'a str>,
    },
    /// A data vdev more, of the pool's own shape: its drives, each by its bay or another name.
    Add(&'a [String]),
    /// A log of one drive, or a mirror of two.
    Log(&'a [String]),
    /// Caches.
    Cache(&'a [String]),
    /// Spares.
    Spare(&'a [String]),
    /// A special vdev.
    Special(&'a [String]),
    /// A member gives way to a larger drive.
    Larger {
        /// The member, by its bay or another name.
        bay: &'a str,
        /// The larger drive; `None`: it will go into the same bay.
        with: Option<&'a str>,
    },
    /// A device or vdev leaves the pool.
    Remove(&'a str),
}

/// What is asked, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// What was seen.
    pub sight: Sight<'a>,
    /// The pool, if more than one is imported.
    pub pool: Option<&'a str>,
    /// What is asked.
    pub way: Way<'a>,
    /// Where a member's partition would grow over labels of an older pool.
    pub stale: &'a [Stale],
}

/// Makes the task.
///
/// # Errors
/// All that speaks against it.
pub fn make(request: &Request<'_>) -> Result<Task, ReplaceError> {
    let pools = request.sight.inventory.pools.as_ref();
    let pools = pools.map_err(|why| ReplaceError::NotKnown { why: why.why.clone() })?;
    if pools.is_empty() {
        return Err(ReplaceError::NoPool);
    }
    match request.way {
        Way::Attach { bay, to } => attach::make(request, bay, to),
        Way::Add(bays) => add::make(request, bays),
        Way::Log(bays) => aux_vdevs::log(request, bays),
        Way::Cache(bays) => aux_vdevs::cache(request, bays),
        Way::Spare(bays) => aux_vdevs::spare(request, bays),
        Way::Special(bays) => aux_vdevs::special(request, bays),
        Way::Larger { bay, with } => enlarge::make(request, bay, with),
        Way::Remove(what) => remove::make(request, what),
    }
}

/// What a way does to the whole pool; each step needs the pool so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needed {
    /// Every member well and nothing at work.
    Online,
    /// It takes commands. A scrub may run.
    Working,
}

impl<'a> Request<'a> {
    /// The pools that are asked about.
    fn pools(&self) -> Result<Vec<&'a Pool>, ReplaceError> {
        let all: Vec<&Pool> = self.sight.inventory.pools.iter().flatten().collect();
        let Some(name) = self.pool else { return Ok(all) };
        let named: Vec<&Pool> = all.iter().filter(|pool| pool.name == name).copied().collect();
        if named.is_empty() {
            let known = all.iter().map(|pool| pool.name.clone()).collect();
            return Err(ExpandError::NoSuchPool { name: name.to_owned(), known }.into());
        }
        Ok(named)
    }

    /// The one pool.
    fn one_pool(&self) -> Result<&'a Pool, ReplaceError> {
        match self.pools()?[..] {
            [one] => Ok(one),
            ref all => {
                let known = all.iter().map(|pool| pool.name.clone()).collect();
                Err(ExpandError::WhichPool { known }.into())
            }
        }
    }

    /// Members of the pools that are asked about.
    fn members(&self) -> Result<Vec<Member<'a>>, ReplaceError> {
        let pools = self.pools()?;
        let all = member::all(self.sight.inventory).into_iter();
        Ok(all.filter(|member| pools.iter().any(|pool| pool.guid == member.pool.guid)).collect())
    }

    /// What words are understood from.
    fn known(&self) -> Known<'a> {
        let Sight { hw, inventory, .. } = self.sight;
        Known { hw, inventory }
    }

    /// The new drive that a word names, judged.
    fn newcomer(&self, word: &str, needs: &Needs) -> Result<NewDrive<'a>, ReplaceError> {
        new_drive::judge(&self.sight, new_drive::called(&self.known(), word)?, needs)
    }

    /// New drives, judged; each is named once, by whatever name.
    fn newcomers(
        &self,
        words: &[String],
        needs: &Needs,
    ) -> Result<Vec<NewDrive<'a>>, ReplaceError> {
        let known = self.known();
        let disks = words.iter().map(|word| new_drive::called(&known, word));
        let disks = disks.collect::<Result<Vec<_>, _>>()?;
        for (at, disk) in disks.iter().enumerate() {
            if disks.iter().take(at).any(|other| other.name == disk.name) {
                let bay = Spot::of(&known, disk).spoken();
                return Err(ExpandError::Twice { bay }.into());
            }
        }
        disks.into_iter().map(|disk| new_drive::judge(&self.sight, disk, needs)).collect()
    }
}

/// As the bay of a new drive is written into a profile; in none, what the kernel calls it.
fn bay_of(new: &NewDrive<'_>) -> String {
    new.drive.bay.as_ref().map_or_else(|| new.drive.name.clone(), ToString::to_string)
}

/// The pool takes commands, is as well as it must be, and nothing runs in it that would be disturbed.
fn ready(pool: &Pool, needed: Needed) -> Result<(), ReplaceError> {
    let name = &pool.name;
    if pool.state == State::Suspended {
        return Err(ReplaceError::Suspended { pool: name.clone() });
    }
    if let Some(with) = &pool.busy
        && (needed == Needed::Online || pool.activity() != Some(Activity::Scrub))
    {
        return Err(ReplaceError::Busy { pool: name.clone(), with: with.clone() });
    }
    if needed == Needed::Online && pool.state != State::Online {
        let state = pool.state.to_string();
        return Err(ExpandError::NotWell { what: format!("pool {name}"), state }.into());
    }
    Ok(())
}

/// A feature that ZFS must have enabled.
fn feature(pool: &Pool, name: &'static str) -> Result<(), ReplaceError> {
    let full = format!("feature@{name}");
    let value = pool.properties.iter().find(|it| it.name == full).map(|it| it.value.as_str());
    if matches!(value, Some("enabled" | "active")) {
        return Ok(());
    }
    let set = pool.properties.iter().find(|it| it.name == "compatibility");
    let compatibility = set.map(|it| it.value.clone()).filter(|it| it != "off" && it != "-");
    let (pool, known) = (pool.name.clone(), value.is_some());
    Err(ExpandError::Feature { pool, feature: name, known, compatibility }.into())
}

/// Data vdevs; what a removed one leaves is none.
fn data(pool: &Pool) -> impl Iterator<Item = &Vdev> {
    let left = |kind: &str| ["indirect", "hole", "missing"].contains(&kind);
    pool.vdevs.iter().filter(move |vdev| vdev.class == Class::Normal && !left(&vdev.kind))
}

/// The ashift of the pool's data.
fn ashift(pool: &Pool) -> Result<u8, ReplaceError> {
    let largest = data(pool).filter_map(|vdev| vdev.ashift).max();
    largest.ok_or_else(|| ReplaceError::Untold {
        vdev: format!("pool {}", pool.name),
        why: "ZFS does not report its ashift".to_owned(),
    })
}

/// A row about a new drive.
fn new_row(word: &str, new: &NewDrive<'_>) -> (String, String) {
    super::replace::row(word, &new.drive, &new.holds)
}

/// What each wish for this pool has to be told afterwards, where one is recorded.
fn profile_fact(sight: &Sight<'_>, pool: &Pool, what: &str) -> Option<(String, String)> {
    sight.wish_for(&pool.name)?;
    Some((
        "profile".to_owned(),
        format!(
            "the recorded profile names bays: {what} in /etc/zbay/profile.yaml, otherwise `zbay \
             verify` reports a difference"
        ),
    ))
}

/// Usable before and after, to the byte.
fn usable_facts(space: &Space<'_>, after: Option<Bytes>) -> (Vec<(String, String)>, Usable) {
    let before = space.before();
    let words = |bytes: Option<Bytes>, why: String| match bytes {
        Some(bytes) => format!("{bytes} bytes ({}, zfs: {})", bytes.tb(), bytes.zfs()),
        None => format!("not known: {why}"),
    };
    let now = words(before, "run as root".to_owned());
    let facts = vec![("usable".to_owned(), now), ("after".to_owned(), words(after, space.why()))];
    (facts, Usable { before, after })
}

fn task(request: &Request<'_>, pool: &Pool, disks: Vec<Fingerprint>) -> Task {
    Task::empty(request.sight.inventory.taken, &pool.name, disks)
}

fn fact(word: &str, say: impl Into<String>) -> (String, String) {
    (word.to_owned(), say.into())
}

fn devices(news: &[NewDrive<'_>]) -> Vec<Utf8PathBuf> {
    news.iter().map(|new| new.device.clone()).collect()
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_aux_vdevs;
