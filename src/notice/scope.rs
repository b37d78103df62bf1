//! What one look could see: without it nobody can say that anything is over, or that all is well.

use super::lost::{self, Absent};
use super::{Asked, Matter, Told, matters};
use crate::care::boot::Root;
use crate::check::Rule;
use crate::inventory::Inventory;
use crate::status::Status;

/// What one look looked at.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The look.
    pub inventory: &'a Inventory,
    /// The imported pools.
    pub pools: &'a [Status],
    /// Pools that are missed, and those that were let go.
    pub absent: &'a [Absent],
    /// The root file system.
    pub root: &'a Root,
    /// Whether drives were asked for their health.
    pub smart: bool,
    /// Whether the profile, if there is one, could be read.
    pub profile: bool,
}

impl Scope<'_> {
    /// Whether every pool was seen that should be there, and there was one.
    pub fn is_whole(&self, told: &Told) -> bool {
        let named = |name: &String| self.pools.iter().any(|pool| pool.pool == *name);
        let missed = self.absent.iter().any(|pool| pool.let_go.is_none());
        self.inventory.pools.is_ok()
            && self.profile
            && !missed
            && !self.pools.is_empty()
            && told.wished.as_ref().is_none_or(named)
    }

    /// Whether the look could have seen a matter that it does not have.
    pub fn asked(&self, matter: &Matter) -> Asked {
        let key = matter.key.as_str();
        if let Some(pool) = matter.pool() {
            return self.of_pool(matter, pool);
        }
        if let Some(of) = key.strip_prefix(matters::DRIVE) {
            return self.of_drive(of.split(' ').next_back().unwrap_or_default());
        }
        let root = [
            (Rule::BootReadonly, self.root.readonly.is_err()),
            (Rule::BootFull, self.root.full.is_err()),
        ];
        let failed = root.into_iter().any(|(rule, err)| err && key == matters::boot_key(rule));
        if failed { Asked::Failed } else { Asked::Yes }
    }

    fn of_pool(&self, matter: &Matter, pool: &str) -> Asked {
        if self.inventory.pools.is_err() {
            return Asked::Failed;
        }
        if lost::is_about(matter) {
            return match self.absent.iter().find(|it| it.is_same(&matter.key)) {
                Some(pool) if pool.may_come => Asked::Failed,
                Some(_) => Asked::Dropped,
                None => Asked::Yes,
            };
        }
        if self.pools.iter().any(|it| it.pool == pool) {
            return Asked::Yes;
        }
        // What was the matter with a pool that is gone is not over.
        let missed = self.absent.iter().any(|it| it.name == pool && it.let_go.is_none());
        if missed { Asked::Failed } else { Asked::Dropped }
    }

    /// A drive that did not answer is as it was; one that is not in the box any more has nothing the matter.
    fn of_drive(&self, wwn: &str) -> Asked {
        let is =
            |it: &&crate::inventory::Disk| it.wwn.as_ref().is_some_and(|it| it.to_string() == wwn);
        match self.inventory.disks.iter().find(is) {
            _ if !self.smart => Asked::No,
            Some(disk) if disk.smart.is_err() => Asked::No,
            None if self.inventory.blind.is_some() => Asked::No,
            _ => Asked::Yes,
        }
    }
}
