//! The places of a vdev: what redundancy, layout and the question whether a drive may come out are decided on.
//!
//! A vdev has places, and in each of them stands a drive, or what stands for one: while a drive is replaced (`replacing`)
//! or a hot spare stands in (`spare`) several leaves share one place, nested ones too (zpoolconcepts(7): one child). A
//! parity or a copy covers a place, never a leaf. What always holds: a place is whole only if one drive in it is known
//! to hold all that belongs there; DEGRADED is read and leaned on by nobody; what ZFS does not tell is not whole.

use super::state::State;
use super::told::StandIn;
use super::{Class, Leaf, Pool, Run, Vdev};
use crate::capacity::Kind;

/// How much of what belongs in its place a drive holds, as far as ZFS tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// It is not read.
    Nothing,
    /// It is read, and lacks something.
    Some,
    /// All of it as far as is known, and it had too many errors.
    Doubtful,
    /// All of it.
    All,
}

/// One place of a vdev.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A drive has it for itself.
    Drive(&'a Leaf),
    /// Several share it.
    Shared {
        /// `replacing-1`, `spare-2`.
        name: &'a str,
        /// GUID of what stands there.
        guid: u64,
        /// Why they do.
        kind: StandIn,
        /// They, in order: the first is the one that is stood in for.
        children: Vec<Place<'a>>,
    },
}

impl<'a> Place<'a> {
    /// The places of these leaves, `depth` vdevs below the top-level one.
    fn all(leaves: &[&'a Leaf], depth: usize) -> Vec<Self> {
        let mut places = Vec::new();
        let mut rest = leaves;
        while let Some((first, others)) = rest.split_first() {
            let Some(within) = first.told.within.get(depth) else {
                places.push(Self::Drive(first));
                rest = others;
                continue;
            };
            let same = |leaf: &&&Leaf| {
                leaf.told.within.get(depth).is_some_and(|other| other.guid == within.guid)
            };
            let count = rest.iter().take_while(same).count();
            let (mine, others) = rest.split_at(count);
            let (guid, kind) = (within.guid, within.kind);
            let children = Self::all(mine, depth + 1);
            places.push(Self::Shared { name: &within.name, guid, kind, children });
            rest = others;
        }
        places
    }

    /// Its leaves, in order.
    pub fn leaves(&self) -> Vec<&'a Leaf> {
        match self {
            Self::Drive(leaf) => vec![leaf],
            Self::Shared { children, .. } => children.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// The drive that the place belongs to: of a replacement the new one, else the one that a spare stands in for.
    pub fn member(&self) -> Option<&'a Leaf> {
        match self {
            Self::Drive(leaf) => Some(leaf),
            Self::Shared { kind: StandIn::Replacing, children, .. } => children.last()?.member(),
            Self::Shared { children, .. } => children.first()?.member(),
        }
    }

    /// Whether a leaf is in it.
    pub fn has(&self, guid: u64) -> bool {
        self.leaves().iter().any(|leaf| leaf.guid == guid)
    }

    /// The replacements and spares in it, from the outermost.
    pub fn shared(&self) -> Vec<&Self> {
        match self {
            Self::Drive(_) => Vec::new(),
            Self::Shared { children, .. } => {
                std::iter::once(self).chain(children.iter().flat_map(Self::shared)).collect()
            }
        }
    }

    /// What the place holds, where `of` says it of a leaf. ZFS ends a replacement as soon as the new drive holds all, so
    /// that one which is still there never does.
    pub fn holds(&self, of: &dyn Fn(&Leaf) -> Holds) -> Holds {
        match self {
            Self::Drive(leaf) => of(leaf),
            Self::Shared { kind, children, .. } => {
                let each = children.iter().enumerate().map(|(at, child)| {
                    let holds = child.holds(of);
                    let is_new = *kind == StandIn::Replacing && at > 0;
                    if is_new { holds.min(Holds::Some) } else { holds }
                });
                each.max().unwrap_or(Holds::Nothing)
            }
        }
    }
}

/// What a data vdev can still lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// How many places it can lose when all are whole.
    pub of: usize,
    /// How many more it can lose for certain; `None`: `over`, or ZFS does not read it.
    pub left: Option<usize>,
    /// More of its places are gone, or lack something, than it can lose.
    pub over: bool,
    /// A resilver runs and ZFS does not tell of which drive, or the vdev is of an unknown kind: `left` is the least.
    pub unsure: bool,
}

/// Why a drive stays where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// The vdev has no redundancy at all.
    Alone,
    /// The others do not hold all of it for certain; the GUIDs of those on which nobody should lean.
    Others(Vec<u64>),
    /// A resilver runs, and it is not told of which drive.
    Unsure,
}

impl Vdev {
    /// Its places, in order.
    pub fn places(&self) -> Vec<Place<'_>> {
        Place::all(&self.leaves.iter().collect::<Vec<_>>(), 0)
    }

    /// Whether losing it loses the pool's data.
    pub fn is_vital(&self) -> bool {
        matches!(self.class, Class::Normal | Class::Special | Class::Dedup)
            && !matches!(self.kind.as_str(), "indirect" | "hole")
    }

    /// Whether a drive in it shares its place with another.
    pub fn is_shared(&self) -> bool {
        let mut leaves = self.leaves.iter();
        self.leaves.len() > self.width || leaves.any(|leaf| !leaf.told.within.is_empty())
    }

    /// Whether a drive in it is being replaced, or was to be.
    pub fn is_replaced(&self) -> bool {
        let mut within = self.leaves.iter().flat_map(|leaf| &leaf.told.within);
        within.any(|it| it.kind == StandIn::Replacing)
    }

    /// How many of its places may be lost when all are whole, whatever it is for; `None`: its kind is unknown.
    pub fn losses(&self) -> Option<usize> {
        let width = u64::try_from(self.width).unwrap_or(u64::MAX);
        usize::try_from(Kind::called(&self.kind)?.losses(width)).ok()
    }
}

impl Leaf {
    /// What it is in its place: replaced, the new drive, spared for, a spare; `None`: itself alone.
    pub fn stands(&self) -> Option<(StandIn, bool)> {
        let mut within = self.told.within.iter().rev();
        within.find_map(|it| match it.kind {
            // Of several that were put there one after the other the last is the new one.
            StandIn::Replacing => Some((it.kind, it.at > 0 && it.at + 1 >= it.of)),
            StandIn::Spare => Some((it.kind, it.at > 0)),
            StandIn::Other => None,
        })
    }

    /// Whether ZFS reads it.
    pub fn is_read(&self) -> bool {
        self.state.is_open()
    }
}

impl Pool {
    /// Whether a resilver runs anywhere in it.
    pub fn resilvers(&self) -> bool {
        self.scans() || self.told.rebuilds.iter().any(|work| work.run == Run::Active)
    }

    /// Whether a resilver has begun since an earlier look, ended or not.
    pub fn resilvers_since(&self, earlier: &Self) -> bool {
        let began = |pool: &Self| {
            let scan = pool.told.scan.as_ref().filter(|scan| scan.resilver);
            scan.map(|scan| scan.began)
        };
        let scanned = began(self).is_some() && began(self) != began(earlier);
        scanned || self.told.rebuilds.iter().any(|work| !earlier.told.rebuilds.contains(work))
    }

    fn scans(&self) -> bool {
        let scan = self.told.scan.as_ref();
        scan.is_some_and(|scan| scan.resilver && matches!(scan.run, Run::Active | Run::Paused))
    }

    /// Whether a resilver that runs writes to the leaf: what takes another's place, and what got a good part of what was
    /// written. A block that was mended on the way makes no drive a new one.
    pub fn fills(&self, vdev: &Vdev, leaf: &Leaf) -> bool {
        let rebuilt = |work: &super::Copying| work.run == Run::Active && work.vdev == vdev.name;
        let rebuilt = self.told.rebuilds.iter().any(rebuilt);
        if !(rebuilt || self.scans()) || !leaf.is_read() || vdev.class == Class::Spare {
            return false;
        }
        match leaf.stands() {
            Some((_, true)) => true,
            Some((StandIn::Replacing, false)) => false,
            // One whose spare was in use and that came back is filled too.
            _ => self.got_much(leaf),
        }
    }

    /// Whether the last resilver wrote a good part of what it wrote to this leaf.
    fn got_much(&self, leaf: &Leaf) -> bool {
        let leaves = self.vdevs.iter().flat_map(|vdev| &vdev.leaves);
        let most = leaves.map(|leaf| leaf.told.resilvered).max().unwrap_or(0);
        let all = self.told.scan.as_ref().filter(|scan| scan.resilver);
        let most = most.max(all.map_or(0, |scan| scan.repaired.0));
        leaf.told.resilvered > 0 && leaf.told.resilvered >= most / 10
    }

    /// Whether ZFS says, or its last resilver shows, that the leaf lacks some of what it should hold.
    pub fn lacks(&self, vdev: &Vdev, leaf: &Leaf) -> bool {
        // What a resilver could not copy stays missing, and ZFS goes on saying ONLINE of the drive.
        let scan = self.told.scan.as_ref();
        let failed = scan.is_some_and(|scan| {
            scan.resilver && matches!(scan.run, Run::Finished | Run::Cancelled) && scan.errors > 0
        });
        leaf.told.deferred || self.fills(vdev, leaf) || (failed && self.got_much(leaf))
    }

    /// What a leaf holds, as ZFS tells it.
    pub fn holds(&self, vdev: &Vdev, leaf: &Leaf) -> Holds {
        match leaf.state {
            _ if !leaf.is_read() => Holds::Nothing,
            _ if self.lacks(vdev, leaf) => Holds::Some,
            State::Degraded => Holds::Doubtful,
            _ => Holds::All,
        }
    }

    /// Whether a resilver runs that may be of a drive of this vdev, and ZFS tells of none that it is of.
    fn is_unsure(&self, vdev: &Vdev) -> bool {
        let named = |vdev: &Vdev| {
            let mut leaves = vdev.leaves.iter();
            leaves.any(|leaf| leaf.told.deferred || self.fills(vdev, leaf))
        };
        let rebuilds = self.told.rebuilds.iter();
        let mut rebuilds = rebuilds.filter(|work| work.run == Run::Active);
        let rebuilt = rebuilds.any(|work| work.vdev == vdev.name);
        (rebuilt && !named(vdev)) || (self.scans() && !self.vdevs.iter().any(named))
    }

    /// Whether ZFS does not read the vdev, or the pool as a whole.
    fn is_closed(&self, vdev: &Vdev) -> bool {
        [&vdev.state, &self.state].iter().any(|it| matches!(it, State::Unavail | State::Faulted))
    }

    /// What a data vdev can still lose, and whatever ZFS says of a drive, one that `gone` knows to be away is not read.
    /// `None`: losing it loses no data that is on disk (a log, a cache, a spare).
    pub fn redundancy(&self, vdev: &Vdev, gone: &dyn Fn(&Leaf) -> bool) -> Option<Redundancy> {
        if !vdev.is_vital() {
            return None;
        }
        let known = vdev.losses();
        let of = known.unwrap_or(0);
        let leaf = |leaf: &Leaf| if gone(leaf) { Holds::Nothing } else { self.holds(vdev, leaf) };
        let places: Vec<Holds> = vdev.places().iter().map(|place| place.holds(&leaf)).collect();
        let width = vdev.width.max(places.len());
        let least = |holds: Holds| places.iter().filter(|it| **it >= holds).count();
        let over = known.is_some() && width - least(Holds::Doubtful) > of;
        let closed = self.is_closed(vdev);
        let unsure = known.is_none() || (of > 0 && self.is_unsure(vdev));
        let left = of.saturating_sub(width - least(Holds::All));
        let left = if unsure { 0 } else { left };
        Some(Redundancy { of, left: (!over && !closed).then_some(left), over, unsure })
    }

    /// Whether a drive may be taken out of service before another has its place.
    ///
    /// The others must hold all of it without it: whole, ONLINE, and without errors. Of a drive that ZFS reads no more
    /// the errors that others had are past, as long as nothing is damaged.
    ///
    /// # Errors
    /// Why it stays.
    pub fn may_take_out(&self, vdev: &Vdev, leaf: &Leaf) -> Result<(), Needed> {
        let of = match (vdev.is_vital(), vdev.losses()) {
            (true, None) => return Err(Needed::Unsure),
            (true, Some(0)) => return Err(Needed::Alone),
            (false, None | Some(0)) => return Ok(()),
            (_, Some(of)) => of,
        };
        if self.is_unsure(vdev) {
            return Err(Needed::Unsure);
        }
        let past = !leaf.is_read() && self.errors == 0;
        let trusted = |other: &Leaf| {
            if other.guid == leaf.guid {
                return Holds::Nothing;
            }
            let holds = self.holds(vdev, other);
            let bad = other.errors != [0; 3] && !past;
            if bad { holds.min(Holds::Doubtful) } else { holds }
        };
        let places = vdev.places();
        let (sound, weak): (Vec<_>, Vec<_>) =
            places.iter().partition(|place| place.holds(&trusted) == Holds::All);
        let closed = self.is_closed(vdev);
        if sound.len() + of >= vdev.width.max(places.len()) && !closed {
            return Ok(());
        }
        let weak = weak.iter().filter(|place| !place.has(leaf.guid));
        Err(Needed::Others(weak.filter_map(|place| place.member()).map(|it| it.guid).collect()))
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
