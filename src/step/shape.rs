//! What may be added beside the data vdevs of a pool: more of the same, and nothing else can be written down.
//!
//! A pool is lost with any of its data vdevs, so that one without redundancy makes all others' worthless, and no raidz
//! ever leaves again. A [`Further`] vdev is made by the pool's own [`Shape`] alone: its kind comes from the pool and never
//! from what was asked.

use camino::Utf8PathBuf;

use crate::inventory::{Class, Pool};

/// A vdev for `zpool create`: its type (nothing for single disks) and its devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VdevArgs {
    /// `raidz1`, `mirror`.
    pub kind: Option<&'static str>,
    /// Devices.
    pub devices: Vec<Utf8PathBuf>,
}

/// What all data vdevs of a pool have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Single disks: the pool has no redundancy that could be spoilt.
    Single,
    /// Vdevs that outlive a drive.
    Redundant {
        /// Their kind.
        kind: Redundant,
        /// How wide each is.
        widths: Vec<usize>,
    },
}

/// A kind of vdev with redundancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redundant {
    /// Each drive holds everything.
    Mirror,
    /// One drive's worth of parity.
    Raidz1,
    /// Two.
    Raidz2,
    /// Three.
    Raidz3,
}

/// Data vdevs that may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Further {
    vdevs: Vec<VdevArgs>,
    uneven: bool,
}

/// Why nothing may be added, or not this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlike {
    /// The pool's own data vdevs differ in kind.
    Mixed(Vec<String>),
    /// Of a kind whose further vdevs are not made here.
    Kind(String),
    /// One drive, for a pool with redundancy.
    Single(Redundant),
    /// Fewer drives than such a vdev needs.
    Narrow(Redundant, usize),
    /// Another width than any vdev of the pool has.
    Width(Redundant, Vec<usize>),
}

impl Redundant {
    /// As `zpool add` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Raidz1 => "raidz1",
            Self::Raidz2 => "raidz2",
            Self::Raidz3 => "raidz3",
        }
    }

    /// The fewest drives: one more than `zpool` insists on for raidz, where a mirror would be as large.
    pub fn least(self) -> usize {
        match self {
            Self::Mirror => 2,
            Self::Raidz1 => 3,
            Self::Raidz2 => 4,
            Self::Raidz3 => 5,
        }
    }

    /// How many drives a vdev of `width` may lose.
    pub fn may_lose(self, width: usize) -> usize {
        match self {
            Self::Mirror => width.saturating_sub(1),
            Self::Raidz1 => 1,
            Self::Raidz2 => 2,
            Self::Raidz3 => 3,
        }
    }
}

impl Shape {
    /// Of a pool.
    ///
    /// # Errors
    /// Its data vdevs are of several kinds, or of one that is not added to.
    pub fn of(pool: &Pool) -> Result<Self, Unlike> {
        let left = |kind: &str| ["indirect", "hole", "missing"].contains(&kind);
        let data = pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal);
        let data: Vec<_> = data.filter(|vdev| !left(&vdev.kind)).collect();
        let mut kinds: Vec<String> = data.iter().map(|vdev| vdev.kind.clone()).collect();
        kinds.sort();
        kinds.dedup();
        let kind = match kinds.as_slice() {
            [one] => one.as_str(),
            _ => return Err(Unlike::Mixed(kinds)),
        };
        let kind = match kind {
            "disk" => return Ok(Self::Single),
            "mirror" => Redundant::Mirror,
            "raidz1" => Redundant::Raidz1,
            "raidz2" => Redundant::Raidz2,
            "raidz3" => Redundant::Raidz3,
            other => return Err(Unlike::Kind(other.to_owned())),
        };
        Ok(Self::Redundant { kind, widths: data.iter().map(|vdev| vdev.width).collect() })
    }

    /// How many drives the weakest data vdev may lose.
    pub fn may_lose(&self) -> usize {
        match self {
            Self::Single => 0,
            Self::Redundant { kind, widths } => {
                widths.iter().map(|width| kind.may_lose(*width)).min().unwrap_or(0)
            }
        }
    }

    /// Further vdevs of these devices: one beside redundant ones, one each beside single disks. `uneven`: the profile
    /// accepts another width.
    ///
    /// # Errors
    /// The devices do not make such a vdev.
    pub fn further(&self, devices: Vec<Utf8PathBuf>, uneven: bool) -> Result<Further, Unlike> {
        let Self::Redundant { kind, widths } = self else {
            let single = |device| VdevArgs { kind: None, devices: vec![device] };
            return Ok(Further { vdevs: devices.into_iter().map(single).collect(), uneven: false });
        };
        if devices.len() < 2 {
            return Err(Unlike::Single(*kind));
        }
        if devices.len() < kind.least() {
            return Err(Unlike::Narrow(*kind, kind.least()));
        }
        let other = !widths.contains(&devices.len());
        if other && !uneven {
            return Err(Unlike::Width(*kind, widths.clone()));
        }
        let vdev = VdevArgs { kind: Some(kind.as_str()), devices };
        Ok(Further { vdevs: vec![vdev], uneven: other })
    }
}

impl Further {
    /// For `zpool add`.
    pub fn vdevs(&self) -> &[VdevArgs] {
        &self.vdevs
    }

    /// Whether it has a width that no vdev of the pool has.
    pub fn is_uneven(&self) -> bool {
        self.uneven
    }
}
