//! What the pool will be: sizes to the byte, what it survives, what is fixed for ever.
//!
//! Computed by `capacity` from the drives that the plan takes; the same numbers that `zpool list -p` and
//! `zfs list -p` will print. Hours are a range and say so.

use serde::{Deserialize, Serialize};

use crate::capacity::{self, CapacityError, Drive, Kind, Vdev};
use crate::plan::pick::{Picked, Picks};
use crate::profile::{Layout, Profile};
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
    /// The smallest drive with 512-byte logical sectors that each data vdev accepts as a replacement.
    pub replacement: Vec<Bytes>,
    /// Hours of a resilver of a full drive at 150 and at 50 MB/s.
    pub resilver_hours: (u64, u64),
}

/// The kind of vdev that a layout is made of.
pub fn kind(layout: Layout) -> Kind {
    match layout {
        Layout::Raidz => Kind::Raidz1,
        Layout::Raidz2 => Kind::Raidz2,
        Layout::Raidz3 => Kind::Raidz3,
        Layout::Mirror => Kind::Mirror,
        Layout::Stripe => Kind::Stripe,
    }
}

/// The vdevs that `data` becomes: one for each group, or for each drive of a stripe.
pub fn vdevs(layout: Layout, data: Vec<Vec<Drive>>, ashift: Ashift) -> Vec<Vdev> {
    let kind = kind(layout);
    let groups: Vec<Vec<Drive>> = match layout {
        Layout::Stripe => data.into_iter().flatten().map(|leaf| vec![leaf]).collect(),
        _ => data,
    };
    groups.into_iter().map(|leaves| Vdev { kind, leaves, ashift }).collect()
}

fn drives(data: &[Vec<Picked<'_>>]) -> Vec<Vec<Drive>> {
    let drive =
        |pick: &Picked<'_>| Drive { bytes: pick.disk.size, logical_sector: pick.disk.logical };
    data.iter().map(|vdev| vdev.iter().map(drive).collect()).collect()
}

/// Computes what the picked drives will give.
///
/// # Errors
/// Drives from which no pool can be made.
pub fn outlook(profile: &Profile, picks: &Picks<'_>) -> Result<Outlook, CapacityError> {
    let ashift = picks.ashift(profile);
    let whole = capacity::of(&vdevs(profile.pool.layout, drives(&picks.data), ashift))?;
    let smallest =
        picks.data.iter().filter_map(|vdev| vdev.iter().map(|pick| pick.disk.size).min());
    Ok(Outlook {
        size: whole.size,
        usable: whole.usable,
        ashift,
        survives: whole.losses_survived.any,
        survives_at_best: whole.losses_survived.at_best,
        unused: whole.unused,
        replacement: whole.vdevs.iter().map(|vdev| vdev.replacement.drive_512).collect(),
        resilver_hours: capacity::resilver::hours(smallest),
    })
}

/// For a single RAIDZ of mixed sizes: the bays that would give more without the smallest drives, and how much.
pub fn better_without_smallest(
    profile: &Profile,
    picks: &Picks<'_>,
) -> Option<(Vec<String>, Bytes)> {
    let [vdev] = &picks.data[..] else { return None };
    let smallest = vdev.iter().map(|pick| pick.disk.size).min()?;
    let larger: Vec<Picked<'_>> =
        vdev.iter().filter(|pick| pick.disk.size > smallest).copied().collect();
    if profile.pool.layout.parity().is_none() || larger.len() < profile.pool.layout.fewest() {
        return None;
    }
    let ashift = picks.ashift(profile);
    let now = capacity::of(&vdevs(profile.pool.layout, drives(&picks.data), ashift)).ok()?.usable;
    let bays = larger.iter().map(|pick| pick.bay.to_string()).collect();
    let then = capacity::of(&vdevs(profile.pool.layout, drives(&[larger]), ashift)).ok()?.usable;
    (then > now).then_some((bays, then))
}
