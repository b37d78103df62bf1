//! What the pool will be: sizes to the byte, what it survives, what is fixed forever.
//!
//! Computed by `capacity` from the drives that the plan takes; the same numbers that `zpool list -p` and
//! `zfs list -p` will print. Hours are a range and say so.

use serde::{Deserialize, Serialize};

use crate::capacity::{self, Capacity, CapacityError, Drive};
use crate::layout::vdevs;
use crate::plan::pick::{Picked, Picks};
use crate::plan::replace::{Members, members};
use crate::plan::reserve::cut_of;
use crate::profile::Profile;
use crate::units::{Ashift, Bytes};

/// What the pool will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// USED + AVAIL of the root dataset of `zfs list -p`.
    pub usable: Bytes,
    /// ashift, fixed for ever.
    pub ashift: Ashift,
    /// Drives that may fail in any combination.
    pub survives: u64,
    /// Drives that may fail in the best combination.
    pub survives_at_best: u64,
    /// Bytes of larger drives that stay unused beside smaller ones.
    pub unused: Bytes,
    /// Each data vdev with the smallest drive that it accepts as a replacement.
    pub replacement: Vec<Members>,
    /// Hours of a resilver of a full drive at 150 and at 50 MB/s.
    pub resilver_hours: (u64, u64),
}

fn drives(data: &[Vec<Picked<'_>>]) -> Vec<Vec<Drive>> {
    let drive = |pick: &Picked<'_>| pick.disk.measure();
    data.iter().map(|vdev| vdev.iter().map(drive).collect()).collect()
}

/// What the picked drives give, pool.
///
/// # Errors
/// Drives from which no pool can be made.
pub fn whole(profile: &Profile, picks: &Picks<'_>) -> Result<Capacity, CapacityError> {
    capacity::of(&vdevs(profile.pool.layout, &drives(&picks.data), picks.ashift(profile)))
}

/// Computes what the picked drives will give.
///
/// # Errors
/// Drives from which no pool can be made.
pub fn outlook(profile: &Profile, picks: &Picks<'_>) -> Result<Outlook, CapacityError> {
    let ashift = picks.ashift(profile);
    let vdevs = vdevs(profile.pool.layout, &drives(&picks.data), ashift);
    let pool = capacity::of_cut(&vdevs, cut_of(profile))?;
    let smallest =
        picks.data.iter().filter_map(|vdev| vdev.iter().map(|pick| pick.disk.size).min());
    Ok(Outlook {
        size: pool.size,
        usable: pool.usable,
        ashift,
        survives: pool.losses_survived.any,
        survives_at_best: pool.losses_survived.at_best,
        unused: pool.unused,
        replacement: members(profile, picks, &pool),
        resilver_hours: capacity::resilver::hours(smallest),
    })
}
