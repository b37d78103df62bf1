//! What a pool holds before and after it has grown: the model's vdevs, retraced from what ZFS says, with the grown ones
//! in their place.
//!
//! A number is given only where the model says the very bytes of today; where it cannot retrace a vdev, or differs from
//! `zfs list` by a byte, it is not known.

use crate::capacity::{Born, Cut, Part, Terms, of_parts, resilver};
use crate::explain::{self, Explained};
use crate::inventory::{Class, Inventory, Pool, Vdev};
use crate::life::member;
use crate::units::Bytes;

/// A pool's space.
pub struct Space<'a> {
    pool: &'a Pool,
    explained: Result<Explained, String>,
}

impl<'a> Space<'a> {
    /// Retraces the pool. A vdev whose drives are larger than what it takes of them is reckoned as it is now.
    pub fn of(pool: &'a Pool, inventory: &Inventory) -> Self {
        let release = inventory.host.zfs.as_deref().unwrap_or_default();
        let ask = |pool: &Pool| {
            explain::explain(pool, &inventory.disks, release).map_err(|why| why.to_string())
        };
        let mut explained = ask(pool);
        if let Ok(first) = &explained
            && !first.live.unknown.is_empty()
        {
            let mut seen = pool.clone();
            let counted = seen.vdevs.iter_mut().filter(|vdev| counts(vdev));
            for (at, vdev) in counted.enumerate() {
                if let (true, Ok(least)) =
                    (first.live.unknown.contains(&at), member::least(vdev, inventory))
                {
                    for leaf in &mut vdev.leaves {
                        leaf.partition = Some(least.partition);
                    }
                }
            }
            explained = ask(&seen);
        }
        Self { pool, explained }
    }

    /// USED + AVAIL, as ZFS says it.
    pub fn before(&self) -> Option<Bytes> {
        let root = self.pool.datasets.first()?;
        root.used.0.checked_add(root.available.0).map(Bytes)
    }

    /// USED + AVAIL once the vdevs have changed so; `None`: not known.
    pub fn after(&self, change: impl FnOnce(&mut Vec<Part>) -> Option<()>) -> Option<Bytes> {
        let it = self.explained.as_ref().ok()?;
        if !it.live.unknown.is_empty() || it.rest != 0 {
            return None;
        }
        let mut parts = it.live.parts.clone();
        change(&mut parts)?;
        let terms = Terms { zfs: it.zfs, cut: Cut::Bare };
        let grown = of_parts(&parts, terms).ok()?;
        grown.usable.0.checked_add(it.special.0).map(Bytes)
    }

    /// The same where one vdev changes.
    pub fn with(&self, vdev: &Vdev, change: impl FnOnce(&mut Part) -> Option<()>) -> Option<Bytes> {
        let at = self.index(vdev)?;
        self.after(|parts| {
            let zfs = self.explained.as_ref().ok()?.zfs;
            let part = parts.get_mut(at)?;
            if part.born.is_none() {
                part.born = Some(Born { leaves: part.vdev.leaves.clone(), zfs });
            }
            change(part)
        })
    }

    /// The same without one vdev.
    pub fn without(&self, vdev: &Vdev) -> Option<Bytes> {
        let at = self.index(vdev)?;
        self.after(|parts| {
            parts.remove(at);
            Some(())
        })
    }

    /// Why it is not known.
    pub fn why(&self) -> String {
        match &self.explained {
            Err(why) => why.lines().next().unwrap_or_default().to_owned(),
            Ok(it) if !it.live.unknown.is_empty() => {
                "no history of the vdev explains its current size".to_owned()
            }
            Ok(it) if it.rest != 0 => {
                format!("`zfs list` differs from the model by {} bytes", it.rest)
            }
            Ok(_) => "the model does not cover such a pool".to_owned(),
        }
    }

    fn index(&self, vdev: &Vdev) -> Option<usize> {
        self.pool.vdevs.iter().filter(|it| counts(it)).position(|it| it.is(vdev))
    }
}

/// Whether the model has it among its vdevs.
fn counts(vdev: &Vdev) -> bool {
    !matches!(vdev.class, Class::Cache | Class::Spare)
}

/// Hours for what is on each drive of a vdev now, in words.
pub fn hours(vdev: &Vdev, drives: usize) -> String {
    let Some(allocated) = vdev.allocated else { return "unknown how long".to_owned() };
    let each = u64::try_from(drives.max(1)).map_or(allocated.0, |drives| allocated.0 / drives);
    let on = Bytes(each).tb();
    match resilver::hours([Bytes(each)]) {
        (from, to) if from == to => format!("about {from} h for the {on} on each drive"),
        (from, to) => format!("{from} to {to} h for the {on} on each drive"),
    }
}
