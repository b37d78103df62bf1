//! What is there: the box, its drives, whose they are, the pools.
//!
//! [`look::look`] asks a [`Machine`](crate::machine::Machine) for what is wanted and for nothing else,
//! and returns an [`Inventory`]: plain values, no handles. What could not be known is a value too
//! ([`Facet`] with the reason), never a default and never "empty". Parsers (`udev`, `sysfs`, `dmi`,
//! `signatures`, `label`, `zpool`, `zfs`, `mounts`) turn bytes, text or JSON into types and touch
//! nothing; `owner` decides whose disk it is from what they found.

pub mod bond;
pub mod label;
pub mod look;
pub mod missing;
pub mod outside;
pub mod redact;
pub mod seats;
pub mod stale;

mod contents;
mod disks;
mod dmi;
mod erase;
mod error;
mod held;
mod host;
mod import;
mod json;
mod nvlist;
mod owner;
pub mod phrase;
pub mod place;
mod pool;
pub mod pools;
mod power;
mod samples;
pub mod sentence;
mod signatures;
mod smart;
mod state;
mod sysfs;
mod told;
mod udev;
pub mod vacancy;
pub mod volume;
mod zfs;
mod zpool;

#[cfg(test)]
mod tests;

pub use bond::Bond;
pub use error::LookError;
pub use pool::{Activity, Class, Dataset, ImportablePool, Leaf, MARK, Pool, Reason, Vdev, guid};
pub use state::State;
pub use told::{Checkpoint, Copying, LeafTold, Run, Scan, Seen, StandIn, Told, Within};

use camino::Utf8PathBuf;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::capacity;
use crate::hw::host::Host;
use crate::machine::Span;
use crate::names::{Serial, Wwn};
use crate::smart::{self as smart_of_drives, Smart};
use crate::units::Bytes;

/// Something that was looked for: the value, or why it is not known.
pub type Facet<T> = Result<T, Unknown>;

/// The reason of what nobody asked for.
const NOT_ASKED: &str = "not asked for";

/// Why something is not known, in words: `not asked for`, or what refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}")]
pub struct Unknown {
    /// A phrase that completes "unknown: ...".
    pub why: String,
    /// True where a drive sleeps and was left asleep: to know, somebody has to ask for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asleep: bool,
}

impl Unknown {
    /// An unknown with its reason.
    pub fn because(why: impl std::fmt::Display) -> Self {
        Self { why: why.to_string(), asleep: false }
    }

    /// Not known because nobody asked.
    fn unasked() -> Self {
        Self::because(NOT_ASKED)
    }

    /// Whether nobody asked.
    pub fn is_unasked(&self) -> bool {
        self.why == NOT_ASKED
    }

    /// Not known because to look would wake a drive.
    fn asleep(why: &str) -> Self {
        Self { why: why.to_owned(), asleep: true }
    }
}

/// What a look shall find out. Identity, port and size of the disks always are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // any of them goes with any other
pub struct Want {
    /// Whose each disk is: signatures, labels, sampled blocks. Opens the disks.
    pub contents: bool,
    /// What of the pools.
    pub pools: Pools,
    /// What drives say of their health.
    pub smart: bool,
    /// Drives that sleep are read too, which wakes them.
    pub wake: bool,
    /// The box itself: which it is, so which port is which bay; its mode, memory, system.
    pub host: bool,
}

/// What a look shall find out of the pools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pools {
    /// Nothing.
    #[default]
    No,
    /// How the imported ones are: what `zpool status` tells. No properties, no datasets; those that could be imported
    /// only where none is, since that reads every drive.
    Glance,
    /// Imported and importable pools, datasets, properties.
    All,
}

impl Want {
    /// Identity of the disks alone: no bay is known.
    pub const DISKS: Self =
        Self { contents: false, pools: Pools::No, smart: false, wake: false, host: false };
    /// Identity of the box and its disks.
    pub const IDENTITY: Self = Self { host: true, ..Self::DISKS };
    /// How the pools are, in as few questions as it takes.
    pub const GLANCE: Self = Self { pools: Pools::Glance, ..Self::IDENTITY };
    /// Everything that can be known without waking a drive.
    pub const SEEN: Self = Self { contents: true, pools: Pools::All, ..Self::IDENTITY };
    /// Everything that a plan needs; wakes drives.
    pub const ALL: Self = Self { smart: true, wake: true, ..Self::SEEN };
}

/// One look at a machine.
#[derive(Clone, Debug, Serialize)]
pub struct Inventory {
    /// When.
    pub taken: Timestamp,
    /// The box; nothing of it where it was not asked for.
    pub host: Host,
    /// Whole disks, in natural order of their kernel names. No zvols, loops, ram disks, md, dm or
    /// optical drives.
    pub disks: Vec<Disk>,
    /// Why the disks could not be listed; then `disks` is empty, which says nothing.
    pub blind: Option<Unknown>,
    /// Imported pools.
    pub pools: Facet<Vec<Pool>>,
    /// Pools that `zpool import` and `zpool import -D` name.
    pub importable: Facet<Vec<ImportablePool>>,
}

impl Inventory {
    /// All members of imported pools with their pools and vdevs, in the order of the pools; none where those are not known.
    pub fn leaves(&self) -> impl Iterator<Item = (&Pool, &Vdev, &Leaf)> {
        let pools = self.pools.iter().flatten();
        let vdevs = pools.flat_map(|pool| pool.vdevs.iter().map(move |vdev| (pool, vdev)));
        vdevs.flat_map(|(pool, vdev)| vdev.leaves.iter().map(move |leaf| (pool, vdev, leaf)))
    }

    /// The release of OpenZFS that runs.
    pub fn release(&self) -> capacity::Zfs {
        self.host.zfs.as_deref().and_then(|it| it.parse().ok()).unwrap_or_default()
    }

    /// The disk that a member is on; `None`: it is not here.
    pub fn disk_of(&self, leaf: &Leaf) -> Option<&Disk> {
        self.disks.iter().find(|disk| leaf.disk.as_ref() == Some(&disk.name))
    }
}

/// A whole disk.
#[derive(Clone, Debug, Serialize)]
pub struct Disk {
    /// Kernel name of this boot: `sda`. Never used to address it.
    pub name: String,
    /// `/dev/sda`.
    pub dev: Utf8PathBuf,
    /// Model, whole (sysfs cuts it at 16 characters, udev does not).
    pub model: Option<String>,
    /// Serial number as on its label.
    pub serial: Option<Serial>,
    /// World wide name with extension, as read; may be a placeholder or a duplicate (see `flaws`).
    pub wwn: Option<Wwn>,
    /// The same without its extension: what the parts of one drive have in common.
    #[serde(skip)]
    pub wwn_base: Option<Wwn>,
    /// What the kernel hangs it on, below `/sys`: its SCSI target, its `NVMe` controller or subsystem.
    #[serde(skip)]
    pub host: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Bytes.
    pub size: Bytes,
    /// Logical sector, bytes; `None`: not told, and such a disk is refused for pools.
    pub logical: Option<u32>,
    /// Physical sector, bytes; the logical one where none is told.
    pub physical: Option<u32>,
    /// Platters, as the kernel has it; `None`: not told. [`Disk::is_flash`] knows more.
    pub rotational: Option<bool>,
    /// Whether it is written in zones, as the kernel or the drive itself says; `None`: neither tells.
    pub zoned: Option<Zoned>,
    /// How it is attached.
    pub transport: Transport,
    /// The kernel calls it removable.
    pub removable: bool,
    /// Speed of its SATA link as it runs, Mb/s; `None`: not told, or no such link.
    pub link: Option<u32>,
    /// udev's `ID_PATH` with a trailing `.0` removed: `pci-0000:00:1f.2-ata-1`; `None`: not told.
    pub path: Option<String>,
    /// Every name under `/dev/disk/by-id` and `/dev/disk/by-path`, both spellings, sorted.
    pub links: Vec<Utf8PathBuf>,
    /// The `/dev/disk/...` name that zbay uses for it: `by-id/wwn-*` where the wwn is sound, then the
    /// serial's by-id name, then by-path; `None`: nothing stable.
    pub address: Option<Utf8PathBuf>,
    /// What is wrong with its identity; such a disk is refused for pools.
    pub flaws: Vec<Flaw>,
    /// Whether it slept when it was asked, before anything that could wake it; `None`: not asked, or it cannot tell.
    pub asleep: Option<bool>,
    /// Whether udev had handled it; where not, sysfs answered.
    pub by_udev: bool,
    /// Whose it is.
    pub contents: Facet<Contents>,
    /// What it says of its health.
    pub smart: Facet<Smart>,
    /// What it said before, where it is not known now because it sleeps ([`crate::history`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Remembered>,
    /// When a look saw it first, as far as the history goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
}

impl Disk {
    /// Whether it is flash, by what it says and what the kernel says; `None`: neither tells.
    pub fn is_flash(&self) -> Option<bool> {
        let before = self.remembered.as_ref().map(|it| &it.smart);
        smart_of_drives::is_flash(self.smart.as_ref().ok().or(before), self.rotational)
    }

    /// It as the arithmetic takes a drive: bytes and sectors.
    pub fn measure(&self) -> capacity::Drive {
        capacity::Drive { bytes: self.size, logical_sector: self.sector() }
    }

    /// Its logical sector for arithmetic that refuses what no sector is: 0 where it is not told.
    pub fn sector(&self) -> u32 {
        self.logical.unwrap_or(0)
    }

    /// Whether its tracks are shingled; `None`: nobody said.
    pub fn is_shingled(&self) -> Option<bool> {
        match self.zoned {
            Some(Zoned::HostAware | Zoned::HostManaged) => Some(true),
            _ if self.is_flash() == Some(true) => Some(false),
            _ => smart_of_drives::is_shingled(self.model.as_deref()?),
        }
    }
}

/// What a drive said of its health at an earlier look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remembered {
    /// When.
    pub at: Timestamp,
    /// What.
    pub smart: Smart,
}

/// Whether a disk is written in zones (`queue/zoned`, Documentation/ABI/stable/sysfs-block).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zoned {
    /// Anywhere.
    None,
    /// It takes writes anywhere, at a price.
    HostAware,
    /// It takes writes only at the end of each zone.
    HostManaged,
}

/// How a disk is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Serial ATA.
    Sata,
    /// Serial attached SCSI.
    Sas,
    /// NVM Express.
    Nvme,
    /// USB, card readers and virtual media too.
    Usb,
    /// Paravirtual disks of a virtual machine.
    Virtio,
    /// SD card reader of its own.
    Mmc,
    /// Other SCSI.
    Scsi,
    /// Not told.
    Unknown,
}

/// What is wrong with a disk that no pool can do with: mostly that its identity cannot be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "flaw")]
pub enum Flaw {
    /// The wwn is one that many units share (zeros, a bridge's constant).
    PlaceholderWwn,
    /// It is written in zones, and ZFS writes anywhere.
    Zoned {
        /// How.
        zoned: Zoned,
    },
    /// Its size is 0.
    NoCapacity,
    /// The size of its logical sectors is not told: what ZFS would make of it cannot be computed.
    NoSectors,
    /// It is no drive of its own: other disks are the same drive, or parts of it.
    OneDrive {
        /// How.
        bond: Bond,
        /// Kernel names of the others.
        with: Vec<String>,
    },
    /// Another disk has the same wwn: its kernel names.
    DuplicateWwn {
        /// Kernel names of the others.
        with: Vec<String>,
    },
    /// Another disk has the same model and serial.
    DuplicateSerial {
        /// Kernel names of the others.
        with: Vec<String>,
    },
    /// No name that survives a reboot.
    NoAddress,
}

/// What was found on a disk, and the verdict from it.
#[derive(Clone, Debug, Serialize)]
pub struct Contents {
    /// Whose it is.
    pub owner: Owner,
    /// What each source saw, in words, for a refusal: `libblkid: ext4 "photos"`, `ZFS labels: 4 of 4`.
    pub seen: Vec<String>,
    /// SHA-256 over what the sources saw (not over names and times that change by themselves): the
    /// fingerprint that apply compares.
    pub digest: String,
    /// True where every source answered, nobody uses the disk and no imported pool has it: a person may have it
    /// erased, or it is blank.
    pub erasable: bool,
    /// True where there is nothing but a partition table whose partitions are of ZFS's types: no signature, no
    /// label, zeros elsewhere. It is what a cut-off `zpool create` leaves.
    pub only_table: bool,
    /// What must become zero for the disk to be proved blank; empty unless `erasable`, and where it is blank.
    #[serde(skip)]
    pub erase: Vec<Span>,
}

impl Contents {
    /// The digest of a disk that is proved blank: what an erased one must have.
    pub fn blank_digest() -> String {
        owner::blank_digest()
    }

    /// Contents of which nothing but the owner is told.
    #[cfg(test)]
    pub fn bare(owner: Owner) -> Self {
        let (seen, digest, erase) = (Vec::new(), String::new(), Vec::new());
        Self { owner, seen, digest, erasable: false, only_table: false, erase }
    }
}

/// Whose disk it is. Only `Blank` may be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Owner {
    /// Proved free by every source of rule 1.
    Blank,
    /// A member of a pool that this machine has imported.
    Member(Membership),
    /// ZFS labels of a pool that is not imported here.
    ForeignPool(ForeignPool),
    /// A file system.
    Filesystem(Signature),
    /// A partition table with or without anything in it.
    PartitionTable {
        /// `gpt` or `dos`.
        kind: String,
        /// What the partitions hold, in words.
        partitions: Vec<String>,
    },
    /// A member of a Linux md array.
    Md(Signature),
    /// An LVM physical volume.
    Lvm(Signature),
    /// An encrypted volume.
    Luks(Signature),
    /// Swap space.
    Swap(Signature),
    /// A hardware or firmware RAID member, bcache, or another signature that libblkid knows.
    Other(Signature),
    /// Mounted, opened by md, dm, swap or another kernel user: by what.
    Held {
        /// In words: `mounted at /`, `swap`, `held by md0`.
        by: Vec<String>,
        /// True where it carries the running system.
        boot: bool,
    },
    /// Bytes without a meaning, sources that disagree, or a probe that failed.
    Unknown {
        /// Why, in words.
        why: String,
    },
}

/// A signature of libblkid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Signature {
    /// libblkid's type: `ext4`, `linux_raid_member`.
    pub kind: String,
    /// Label, if any.
    pub label: Option<String>,
    /// UUID, if any.
    pub uuid: Option<String>,
}

/// A member of an imported pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Membership {
    /// Pool.
    pub pool: String,
    /// Pool GUID.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// Top-level vdev: `raidz1-0`, `logs/mirror-1`.
    pub vdev: String,
}

impl Flaw {
    /// What follows a drive's name: `has the world wide name of sdg`.
    pub fn words(&self) -> String {
        match self {
            Self::PlaceholderWwn => "has a world wide name that is a placeholder".to_owned(),
            Self::OneDrive { bond: Bond::Paths, with } => {
                format!("and {} are one drive, seen through two paths", with.join(", "))
            }
            Self::OneDrive { bond: Bond::Namespaces, with } => {
                format!("and {} are namespaces of one drive, which fail together", with.join(", "))
            }
            Self::OneDrive { with, .. } => {
                format!("and {} are parts of one drive, which fail together", with.join(", "))
            }
            Self::Zoned { zoned: Zoned::HostManaged } => {
                "is a host-managed zoned drive: it accepts only sequential writes, but ZFS \
                 rewrites in place"
                    .to_owned()
            }
            Self::Zoned { .. } => {
                "is a host-aware zoned drive (SMR): writes that are not sequential stall it"
                    .to_owned()
            }
            Self::NoCapacity => {
                "reports no capacity: it is formatted with sectors of 520 bytes, or it is dead"
                    .to_owned()
            }
            Self::NoSectors => "does not report its sector size".to_owned(),
            Self::DuplicateWwn { with } => {
                format!("has the world wide name of {}", with.join(", "))
            }
            Self::DuplicateSerial { with } => {
                format!("has the serial of {}", with.join(", "))
            }
            Self::NoAddress => "has no name that survives a reboot".to_owned(),
        }
    }

    /// What to do, where the drive shall be of use to a pool.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::OneDrive { bond: Bond::Paths, .. } => {
                "it is refused for pools: unplug one of its cables, or set up dm-multipath"
            }
            Self::OneDrive { bond: Bond::Namespaces, .. } => {
                "it is refused for pools: use a drive with a single namespace"
            }
            Self::Zoned { .. } => "it is refused for pools: use a drive without zones (CMR)",
            Self::NoCapacity => {
                "it is refused for pools: `sg_readcap` shows its sectors; `sg_format --format \
                 --size=512` makes them 512 bytes (hours, and it erases the drive)"
            }
            Self::NoSectors => {
                "it is refused for pools: plug it in again, or attach it in another way; `zbay \
                 show disk --cols +sectors` shows when it reports them"
            }
            Self::OneDrive { .. } => {
                "it is refused for pools: redundancy would be counted twice over one drive"
            }
            _ => "it is refused for pools: use another drive, or another way to attach it",
        }
    }
}

impl std::fmt::Display for PoolState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Active => "not exported",
            Self::Exported => "exported",
            Self::Destroyed => "destroyed",
            Self::Spare => "a hot spare",
            Self::Cache => "a cache device",
            Self::Other => "in a state that is not known",
        })
    }
}

/// A pool that left labels on a disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ForeignPool {
    /// Name; spares and caches carry none.
    pub name: Option<String>,
    /// Pool GUID, where the label has it.
    pub guid: Option<String>,
    /// What state the labels say it is in.
    pub state: PoolState,
    /// Host that last used it.
    pub hostname: Option<String>,
    /// That host's id, eight hexadecimal digits.
    pub hostid: Option<String>,
    /// When the label says it was last written (uberblock time).
    pub last_used: Option<Timestamp>,
    /// The last transaction group of which it has an uberblock.
    pub txg: Option<u64>,
    /// Members that its labels list besides this one.
    pub others: Option<usize>,
    /// Shape of this disk's top-level vdev: `raidz1 of 4`.
    pub shape: Option<String>,
    /// The pool's comment: `zbay:<plan>` on zbay's own.
    pub comment: Option<String>,
    /// How many of the labels are readable: 1 to 4; fewer than 4 may be stale.
    pub labels: u8,
    /// True where no transaction group was ever written: `zpool create` was cut off before the pool held
    /// anything (`vdev_label_init` writes labels first).
    pub never_synced: bool,
}

/// State in a ZFS label (`pool_state_t`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PoolState {
    /// In use by some host, or not exported cleanly.
    Active,
    /// Exported.
    Exported,
    /// Destroyed, still recoverable.
    Destroyed,
    /// A hot spare.
    Spare,
    /// An L2ARC device.
    Cache,
    /// Something newer.
    Other,
}
