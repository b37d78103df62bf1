//! Pools for programs: imported, or waiting for an import.

use schemars::JsonSchema;
use serde::Serialize;

use super::Known;
use crate::inventory::{
    self, Checkpoint, Class, Copying, Facet, ImportablePool, Inventory, Reason, Scan, guid,
};
use crate::property::Property;
use crate::units::Bytes;

/// A pool that is imported.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pool {
    /// Its name.
    pub pool: String,
    /// Its GUID, as text.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// ZFS's word for its state: `ONLINE`, `DEGRADED`, `SUSPENDED`.
    pub state: String,
    /// `status` and `action` of `zpool status`.
    pub status: Option<String>,
    /// The scrub, resilver or expansion that runs, in words.
    pub busy: Option<String>,
    /// Data errors.
    pub errors: u64,
    /// SIZE of `zpool list -p`, bytes.
    pub size: Bytes,
    /// ALLOC of `zpool list -p`, bytes.
    pub allocated: Bytes,
    /// How much of its free space is fragmented, percent; `null`: not told.
    pub fragmentation: Option<u8>,
    /// The last scrub or resilver, running or ended.
    pub scan: Option<Scan>,
    /// Sequential resilvers.
    pub rebuilds: Vec<Copying>,
    /// The last expansion of a raidz vdev.
    pub expansion: Option<Copying>,
    /// The last removal of a vdev.
    pub removal: Option<Copying>,
    /// Its checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Its top-level vdevs in order: data, log, cache, spare, special and dedup.
    pub vdevs: Vec<Vdev>,
    /// Its properties.
    pub properties: Vec<Property>,
    /// Its datasets, the root first.
    pub datasets: Vec<Dataset>,
}

/// A top-level vdev of a pool.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Vdev {
    /// `raidz1-0`, `mirror-1`; a single disk's path.
    pub vdev: String,
    /// Its GUID, as text.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// `raidz1`, `mirror`, `disk`, `draid1:4d:11c:1s`.
    pub kind: String,
    /// What it is for.
    pub class: Class,
    /// ZFS's word for its state.
    pub state: String,
    /// log2 of its smallest write; `null`: not told.
    pub ashift: Option<u8>,
    /// Raw bytes of its part of SIZE; `null`: not told.
    pub size: Option<Bytes>,
    /// Raw bytes allocated in it; `null`: not told.
    pub allocated: Option<Bytes>,
    /// Its members in order; of a replacement, the old and the new one.
    pub members: Vec<PoolMember>,
}

/// A member of a vdev, as ZFS has it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PoolMember {
    /// Its path: `/dev/disk/by-id/wwn-0x...-part1`; `null` where ZFS has only the GUID.
    pub path: Option<String>,
    /// Its GUID, as text.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// ZFS's word for its state.
    pub state: String,
    /// Read, write and checksum errors.
    pub errors: [u64; 3],
    /// I/O that took longer than 30 seconds.
    pub slow_ios: u64,
    /// Bytes of its device; `null`: not told.
    pub partition: Option<Bytes>,
    /// The kernel's name of the drive that it is on (`dev` of `disks`); `null`: that drive is not here.
    pub disk: Option<String>,
    /// Why it is in its state, in ZFS's word.
    pub aux: Option<String>,
}

/// A dataset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Dataset {
    /// Its full name: `tank/data`.
    pub dataset: String,
    /// `filesystem` or `volume`.
    pub kind: String,
    /// Properties that are set, and those that zbay manages.
    pub properties: Vec<Property>,
    /// USED, bytes.
    pub used: Bytes,
    /// AVAIL, bytes.
    pub available: Bytes,
}

/// A pool that could be imported.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Importable {
    /// Its name.
    pub pool: String,
    /// Its GUID, as text.
    pub guid: String,
    /// The state that `zpool import` tells.
    pub state: String,
    /// It was destroyed, and can still be recovered.
    pub destroyed: bool,
    /// Its members in `zpool import`'s words.
    pub members: Vec<String>,
    /// Its log cannot be opened.
    pub log_lost: bool,
    /// What `zpool import` says of it.
    pub reason: Reason,
    /// What belongs to that: the host that has it, the features that this ZFS lacks.
    pub detail: Option<String>,
}

impl From<&inventory::Pool> for Pool {
    fn from(pool: &inventory::Pool) -> Self {
        let told = &pool.told;
        Self {
            pool: pool.name.clone(),
            guid: pool.guid,
            state: pool.state.to_string(),
            status: pool.status.clone(),
            busy: pool.busy.clone(),
            errors: pool.errors,
            size: pool.size,
            allocated: pool.allocated,
            fragmentation: told.fragmentation,
            scan: told.scan.clone(),
            rebuilds: told.rebuilds.clone(),
            expansion: told.expansion.clone(),
            removal: told.removal.clone(),
            checkpoint: told.checkpoint.clone(),
            vdevs: pool.vdevs.iter().map(Vdev::from).collect(),
            properties: pool.properties.clone(),
            datasets: pool.datasets.iter().map(Dataset::from).collect(),
        }
    }
}

impl From<&inventory::Vdev> for Vdev {
    fn from(vdev: &inventory::Vdev) -> Self {
        Self {
            vdev: vdev.name.clone(),
            guid: vdev.guid,
            kind: vdev.kind.clone(),
            class: vdev.class,
            state: vdev.state.to_string(),
            ashift: vdev.ashift,
            size: vdev.size,
            allocated: vdev.allocated,
            members: vdev.leaves.iter().map(PoolMember::from).collect(),
        }
    }
}

impl From<&inventory::Leaf> for PoolMember {
    fn from(leaf: &inventory::Leaf) -> Self {
        Self {
            path: leaf.path.as_ref().map(ToString::to_string),
            guid: leaf.guid,
            state: leaf.state.to_string(),
            errors: leaf.errors,
            slow_ios: leaf.told.slow_ios,
            partition: leaf.partition,
            disk: leaf.disk.clone(),
            aux: leaf.told.aux.clone(),
        }
    }
}

impl From<&inventory::Dataset> for Dataset {
    fn from(dataset: &inventory::Dataset) -> Self {
        Self {
            dataset: dataset.name.clone(),
            kind: dataset.kind.clone(),
            properties: dataset.properties.clone(),
            used: dataset.used,
            available: dataset.available,
        }
    }
}

impl From<&ImportablePool> for Importable {
    fn from(pool: &ImportablePool) -> Self {
        Self {
            pool: pool.name.clone(),
            guid: pool.guid.clone(),
            state: pool.state.to_string(),
            destroyed: pool.destroyed,
            members: pool.members.clone(),
            log_lost: pool.log_lost,
            reason: pool.reason,
            detail: pool.detail.clone(),
        }
    }
}

/// The imported pools, or why they are not known.
pub fn imported(inventory: &Inventory) -> Known<Vec<Pool>> {
    all(&inventory.pools)
}

/// The pools that could be imported, or why they are not known.
pub fn importable(inventory: &Inventory) -> Known<Vec<Importable>> {
    all(&inventory.importable)
}

fn all<F, T: for<'a> From<&'a F>>(facet: &Facet<Vec<F>>) -> Known<Vec<T>> {
    Known::of(facet, |all| all.iter().map(T::from).collect())
}
