//! What a pool is, once seen: imported, or on disks that wait for an import.
//!
//! Plain values. GUIDs are `u64` here and texts in our JSON, since they exceed what a JSON number holds safely;
//! states are ZFS's own words, as `zpool status` prints them.

use super::state::State;
use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::inventory::told::{LeafTold, Told};
use crate::property::Property;
use crate::units::Bytes;

/// An imported pool.
#[derive(Clone, Debug, Serialize)]
pub struct Pool {
    /// Name.
    pub name: String,
    /// GUID.
    #[serde(with = "guid")]
    pub guid: u64,
    /// `ONLINE`, `DEGRADED`, `SUSPENDED` ...
    pub state: State,
    /// `status` and `action` of zpool status, if any.
    pub status: Option<String>,
    /// What a scrub, resilver or expansion is doing, if one runs.
    pub busy: Option<String>,
    /// Data errors.
    pub errors: u64,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// ALLOC of `zpool list -p`.
    pub allocated: Bytes,
    /// Top-level vdevs in order, log, cache, spare, special and dedup ones too.
    pub vdevs: Vec<Vdev>,
    /// Pool properties: name, value as `-p` prints it, source (`local`, `default`, `-`).
    pub properties: Vec<Property>,
    /// Datasets, the root first.
    pub datasets: Vec<Dataset>,
    /// What runs on it or ran last, and what else `zpool status` tells.
    #[serde(flatten)]
    pub told: Told,
}

/// Begins the comment of each pool that zbay makes; the plan's number follows.
pub const MARK: &str = "zbay:";

impl Pool {
    /// Whether zbay made it, as its comment says.
    pub fn is_marked(&self) -> bool {
        self.properties.iter().any(|it| it.name == "comment" && it.value.starts_with(MARK))
    }
}

/// What runs in a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Every block is read and compared with its checksum.
    Scrub,
    /// A drive is written anew.
    Resilver,
    /// A raidz is spread over one drive more.
    Expansion,
    /// A vdev's data moves to the others.
    Removal,
    /// Something else.
    Other,
}

impl Activity {
    /// Whether a task of zbay's sets it going, and watches it: a scrub is nobody's task.
    pub fn is_watched(self) -> bool {
        matches!(self, Self::Resilver | Self::Expansion | Self::Removal)
    }
}

impl Pool {
    /// What runs, of [`Pool::busy`]: the only place where its words are read.
    pub fn activity(&self) -> Option<Activity> {
        let words = self.busy.as_deref()?;
        let known = [
            ("scrub", Activity::Scrub),
            ("resilver", Activity::Resilver),
            ("raidz expansion", Activity::Expansion),
            ("device removal", Activity::Removal),
        ];
        let known = known.into_iter().find(|(begins, _)| words.starts_with(begins));
        Some(known.map_or(Activity::Other, |(_, activity)| activity))
    }
}

/// What a top-level vdev is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Data.
    Normal,
    /// SLOG.
    Log,
    /// L2ARC.
    Cache,
    /// Hot spare.
    Spare,
    /// Special allocation class.
    Special,
    /// Deduplication tables.
    Dedup,
}

/// A top-level vdev of an imported pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Vdev {
    /// `raidz1-0`, `mirror-1`; a single disk's own path.
    pub name: String,
    /// GUID.
    #[serde(with = "guid")]
    pub guid: u64,
    /// `raidz1`, `raidz2`, `mirror`, `disk`, `draid1:4d:11c:1s` ...
    pub kind: String,
    /// Class.
    pub class: Class,
    /// State.
    pub state: State,
    /// ashift; `None`: not told.
    pub ashift: Option<u8>,
    /// Its children: leaves, or what stands for one while it is replaced. 1 for a single disk.
    pub width: usize,
    /// Raw bytes of its metaslabs (`vs_space`): its part of SIZE. `None`: not told.
    pub size: Option<Bytes>,
    /// The same as ZFS reckons data (`vs_dspace`).
    pub deflated: Option<Bytes>,
    /// Raw bytes allocated (`vs_alloc`).
    pub allocated: Option<Bytes>,
    /// Leaves in order (a spare or replacing vdev's leaves in place).
    pub leaves: Vec<Leaf>,
}

impl Vdev {
    /// Whether the two are one vdev of one pool: its name is its own there, and ZFS tells it of every vdev.
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name && self.guid == other.guid
    }
}

/// A leaf vdev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leaf {
    /// Path of the vdev: `/dev/disk/by-id/wwn-0x...-part1`; `None` where ZFS has only the GUID.
    pub path: Option<Utf8PathBuf>,
    /// GUID.
    #[serde(with = "guid")]
    pub guid: u64,
    /// `ONLINE`, `UNAVAIL` ...
    pub state: State,
    /// What ZFS remembers of the place: `pci-0000:00:1f.2-ata-1`.
    pub phys_path: Option<String>,
    /// What ZFS remembers of the drive: `ata-MODEL_SERIAL-part1`.
    pub devid: Option<String>,
    /// Read, write, checksum errors.
    pub errors: [u64; 3],
    /// Bytes of the partition, or of the whole disk where ZFS has it (`vs_pspace`). `None`: not told.
    pub partition: Option<Bytes>,
    /// Kernel name of the whole disk that the path leads to now. Of a member that is not open it is the disk that
    /// was the member, by its own name; never one that has come to its place.
    pub disk: Option<String>,
    /// What else `zpool status` tells of it.
    #[serde(flatten)]
    pub told: LeafTold,
}

impl Leaf {
    /// Whether ZFS has no complaint of it. A spare that waits, and one at work, are well.
    pub fn is_well(&self) -> bool {
        self.state.is_well()
    }
}

/// A dataset of an imported pool.
#[derive(Clone, Debug, Serialize)]
pub struct Dataset {
    /// Full name: `tank/data`.
    pub name: String,
    /// `filesystem`, `volume`.
    pub kind: String,
    /// Properties that have a source other than default, and those that zbay manages.
    pub properties: Vec<Property>,
    /// Bytes used (USED).
    pub used: Bytes,
    /// Bytes available (AVAIL).
    pub available: Bytes,
}

/// A pool that could be imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportablePool {
    /// Name.
    pub name: String,
    /// GUID, as text.
    pub guid: String,
    /// State line of `zpool import`.
    pub state: State,
    /// Named by `zpool import -D`.
    pub destroyed: bool,
    /// Names of its members in `zpool import`'s words.
    pub members: Vec<String>,
    /// Its log cannot be opened.
    pub log_lost: bool,
    /// What `zpool import` says of it.
    pub reason: Reason,
    /// What belongs to that: the host that has it, the features that this ZFS lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What `zpool import` says of a pool that is not imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing that keeps it from an import.
    #[default]
    Nothing,
    /// Drives are not here.
    Missing,
    /// Members are here and not what they should be.
    Corrupted,
    /// Its data or metadata cannot be read.
    Damaged,
    /// A log record cannot be read.
    BadLog,
    /// A newer ZFS made it.
    Newer,
    /// It uses features that this ZFS has not.
    Features,
    /// This ZFS can read it only.
    ReadOnly,
    /// Another host has it now.
    InUse,
    /// `multihost` is on, and this host has no hostid.
    NoHostid,
    /// Another host had it last.
    OtherHost,
    /// Words that this zbay does not know.
    Other,
}

/// The GUID of a vdev of which ZFS told none: it never makes this one (`spa_generate_guid`).
pub const UNTOLD: u64 = 0;

/// GUIDs exceed what a JSON number can hold safely: they are texts there, and `null` where ZFS told none.
pub mod guid {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::UNTOLD;

    /// As decimal text.
    pub fn serialize<S: Serializer>(guid: &u64, to: S) -> Result<S::Ok, S::Error> {
        if *guid == UNTOLD { to.serialize_none() } else { to.collect_str(guid) }
    }

    /// From decimal text.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map_or(Ok(UNTOLD), |text| text.parse().map_err(serde::de::Error::custom))
    }
}

impl Vdev {
    /// What every member has, bytes of its device: a newcomer that has less makes the vdev smaller. `None`: of one that has
    /// members, and is no single drive, nothing is known.
    ///
    /// In `vdev_open` a vdev of members takes a smaller size on only while all of them are healthy, but its greatest size
    /// always. With a smaller drive in the place of one that was open since the import and failed, its size is the greater
    /// of the two then; such a vdev is not opened, and the pool stands still (openzfs/zfs #16123, seen on 2.3.9). Imported
    /// anew, with the failed drive not there, it takes the drive.
    pub fn smallest(&self) -> Option<Bytes> {
        let sizes = self.leaves.iter().filter_map(|leaf| leaf.partition);
        sizes.min().filter(|_| self.kind != "disk")
    }

    /// Whether each member is larger than a device of so many bytes, where that is known; ZFS reckons in whole labels.
    pub fn is_above(&self, device: Bytes) -> bool {
        const LABEL: u64 = 256 << 10;
        self.smallest().is_some_and(|smallest| device.0 / LABEL < smallest.0 / LABEL)
    }
}
