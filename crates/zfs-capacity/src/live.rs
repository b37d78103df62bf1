//! A pool that exists: from what ZFS says of its vdevs to the vdevs that the model computes the same.
//!
//! ZFS tells what a vdev holds, but neither the size of its metaslabs nor what it was made of. Both follow: the ratio
//! of raw to deflated bytes is that of the width at birth, and only one size of metaslab leaves such an end. So
//! births are tried until one gives the very bytes that ZFS says; what cannot be found is not made up.

use super::class::Class;
use super::drive::Drive;
use super::error::CapacityError;
use super::kind::Kind;
use super::ledger::{Deduction, What};
use super::pool::{Capacity, of_parts};
use super::vdev::{Born, Part, Terms, Vdev};
use super::zfs::Zfs;
use super::{Cut, ledger};
use crate::units::{Ashift, Bytes};

/// A top-level vdev as ZFS says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How its leaves work together now.
    pub kind: Kind,
    /// What it is for.
    pub class: Class,
    /// log2 of its smallest write.
    pub ashift: Ashift,
    /// Its leaves, one for each child.
    pub leaves: Vec<SeenLeaf>,
    /// Raw bytes of its metaslabs (`vs_space`).
    pub size: Bytes,
    /// The same, deflated (`vs_dspace`).
    pub deflated: Bytes,
}

/// A leaf as ZFS and the kernel say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenLeaf {
    /// The whole drive; `None`: it is not here.
    pub drive: Option<Drive>,
    /// What ZFS has of it (`vs_pspace`).
    pub partition: Bytes,
}

/// A pool, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Live {
    /// From the drives to usable, for a vdev that was found as it is here.
    pub pool: Capacity,
    /// The vdevs with their births, of partitions.
    pub parts: Vec<Part>,
    /// Vdevs whose bytes no birth gives: they are reckoned as if they were new. From 0.
    pub unknown: Vec<usize>,
    /// What the same drives would give, made anew under the same release with ashift 12.
    pub today: Capacity,
}

/// The oldest first leaf that is tried is a 1024th of the present one.
const GROWN: u32 = 10;

/// The births that could have made this vdev, the likeliest first; of those that give the same figures one.
fn retrace(seen: &Seen, terms: Terms) -> Vec<Part> {
    let leaves: Vec<Drive> =
        seen.leaves.iter().map(|leaf| Drive::sector_512(leaf.partition)).collect();
    let vdev = Vdev { kind: seen.kind, leaves, ashift: seen.ashift };
    let new = Part { vdev, class: seen.class, born: None };
    let fits = |part: &Part| {
        part.capacity(terms).is_ok_and(|it| {
            let deflated = it.dspace.0 + it.embedded_log.0;
            it.size == seen.size && (deflated == seen.deflated.0 || seen.class != Class::Normal)
        })
    };
    let mut found: Vec<Part> = Vec::new();
    let mut add = |part: Part| {
        let figures =
            |part: &Part| part.capacity(terms).ok().map(|it| (it.dspace, it.embedded_log));
        if fits(&part) && !found.iter().any(|other| figures(other) == figures(&part)) {
            found.push(part);
        }
    };
    add(new.clone());
    let least = seen.leaves.iter().map(|leaf| leaf.partition.0).min().unwrap_or(0);
    let is_raidz = matches!(seen.kind, Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3);
    let narrowest = if is_raidz { 2 } else { seen.leaves.len() };
    for zfs in [terms.zfs, Zfs::V0_7, Zfs::V0_6_4] {
        for width in (narrowest..=seen.leaves.len()).rev() {
            for halved in 0..=GROWN {
                let leaves = vec![Drive::sector_512(Bytes(least >> halved)); width];
                add(Part { born: Some(Born { leaves, zfs }), ..new.clone() });
            }
        }
    }
    found
}

/// Explains these vdevs (no caches or spares) under the release that runs. Where several births give the bytes of a vdev,
/// `usable` (USED + AVAIL of the root dataset) tells which it was, if all vdevs have the same one.
///
/// # Errors
/// Vdevs that the model refuses.
pub fn explain(vdevs: &[Seen], zfs: Zfs, usable: Option<Bytes>) -> Result<Live, CapacityError> {
    let terms = Terms { zfs, cut: Cut::Bare };
    let mut unknown = Vec::new();
    let mut births = Vec::new();
    for (at, seen) in vdevs.iter().enumerate() {
        let mut of_vdev = retrace(seen, terms);
        if of_vdev.is_empty() {
            unknown.push(at);
            let leaves = seen.leaves.iter().map(|leaf| Drive::sector_512(leaf.partition)).collect();
            let vdev = Vdev { kind: seen.kind, leaves, ashift: seen.ashift };
            of_vdev.push(Part { vdev, class: seen.class, born: None });
        }
        births.push(of_vdev);
    }
    let nth = |rank: usize| -> Vec<Part> {
        births.iter().filter_map(|of| of.get(rank.min(of.len() - 1)).cloned()).collect()
    };
    let ranks = births.iter().map(Vec::len).max().unwrap_or(1);
    let told =
        |rank: &usize| of_parts(&nth(*rank), terms).is_ok_and(|it| Some(it.usable) == usable);
    let parts = nth((0..ranks).find(told).unwrap_or(0));
    let mut pool = of_parts(&parts, terms)?;
    partitions(&mut pool, vdevs)?;
    let today = of_parts(&today(vdevs), Terms { zfs, cut: Cut::Whole })?;
    Ok(Live { pool, parts, unknown, today })
}

/// The model began at the partitions: puts the drives and a line for what lies between in front.
fn partitions(pool: &mut Capacity, vdevs: &[Seen]) -> Result<(), CapacityError> {
    let leaves = || vdevs.iter().flat_map(|vdev| &vdev.leaves);
    let drives =
        leaves().map(|leaf| leaf.drive.map_or(leaf.partition, |it| it.bytes.max(leaf.partition)));
    let drives = Bytes(ledger::total(drives)?);
    let bytes = Bytes(drives.0.saturating_sub(pool.drives.0));
    pool.drives = drives;
    if bytes > Bytes::ZERO {
        let at = pool.deductions.partition_point(|line| line.what < What::Partitions);
        pool.deductions.insert(at, Deduction { what: What::Partitions, bytes });
    }
    Ok(())
}

/// The same drives in the same vdevs, as they would be made now.
fn today(vdevs: &[Seen]) -> Vec<Part> {
    let part = |seen: &Seen| {
        let whole = |leaf: &SeenLeaf| leaf.drive.unwrap_or(Drive::sector_512(leaf.partition));
        let leaves = seen.leaves.iter().map(whole).collect();
        let ashift = seen.ashift.max(Ashift::DEFAULT);
        Part { vdev: Vdev { kind: seen.kind, leaves, ashift }, class: seen.class, born: None }
    };
    vdevs.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::{Seen, SeenLeaf, explain};
    use crate::units::{Ashift, Bytes};
    use crate::{Born, Class, Cut, Drive, Kind, Part, Terms, Vdev, Zfs, of_parts};

    const TB4: u64 = 4_000_787_030_016;

    fn drives(bytes: u64, count: usize) -> Vec<Drive> {
        vec![Drive::sector_512(Bytes(bytes)); count]
    }

    /// What ZFS would say of such a pool, whose drives are cut as zpool does it.
    fn seen(part: &Part, zfs: Zfs) -> Seen {
        let terms = Terms { zfs, cut: Cut::Whole };
        let vdev = part.capacity(terms).unwrap();
        let leaf = |drive: &Drive| SeenLeaf {
            drive: Some(*drive),
            partition: Cut::Whole.made_by(zfs, *drive).unwrap(),
        };
        Seen {
            kind: vdev.kind,
            class: part.class,
            ashift: vdev.ashift,
            leaves: part.vdev.leaves.iter().map(leaf).collect(),
            size: vdev.size,
            deflated: Bytes(vdev.dspace.0 + vdev.embedded_log.0),
        }
    }

    fn part(kind: Kind, leaves: Vec<Drive>, born: Option<Born>) -> Part {
        let vdev = Vdev { kind, leaves, ashift: Ashift::DEFAULT };
        Part { vdev, class: Class::Normal, born }
    }

    #[test]
    fn any_past_is_found_and_the_lines_add_up() {
        let zfs = Zfs::default();
        let born = |bytes, count, zfs| Some(Born { leaves: drives(bytes, count), zfs });
        for part in [
            part(Kind::Raidz1, drives(TB4, 4), None),
            part(Kind::Raidz1, drives(TB4, 4), born(TB4, 3, zfs)),
            part(Kind::Raidz2, drives(TB4, 12), born(TB4, 6, zfs)),
            part(Kind::Mirror, drives(8 * TB4, 2), born(TB4 / 4, 2, zfs)),
            part(Kind::Raidz1, drives(TB4, 4), born(TB4 / 8, 3, zfs)),
            part(Kind::Raidz2, drives(TB4, 6), born(TB4, 6, Zfs::V0_7)),
            part(Kind::Raidz1, drives(160_041_885_696, 4), born(80_026_361_856, 4, zfs)),
            part(Kind::Raidz1, drives(160_041_885_696, 4), born(80_026_361_856, 3, zfs)),
            part(Kind::Mirror, drives(160_041_885_696, 2), born(80_026_361_856, 2, zfs)),
        ] {
            let terms = Terms { zfs, cut: Cut::Whole };
            let real = of_parts(std::slice::from_ref(&part), terms).unwrap();
            let live = explain(&[seen(&part, zfs)], zfs, Some(real.usable)).unwrap();
            assert!(live.unknown.is_empty(), "{part:?}");
            assert_eq!((live.pool.size, live.pool.usable), (real.size, real.usable), "{part:?}");
            assert_eq!(live.pool.drives, real.drives);
            let lost: u64 = live.pool.deductions.iter().map(|line| line.bytes.0).sum();
            assert_eq!(live.pool.drives.0 - lost, live.pool.usable.0);
            let new = of_parts(&[Part { born: None, ..part }], terms).unwrap();
            assert_eq!(live.today, new);
        }
    }

    #[test]
    fn what_no_birth_gives_is_said() {
        let mut odd = seen(&part(Kind::Raidz1, drives(TB4, 4), None), Zfs::default());
        odd.size = Bytes(odd.size.0 - 4096);
        let live = explain(&[odd], Zfs::default(), None).unwrap();
        assert_eq!(live.unknown, [0]);
    }
}
