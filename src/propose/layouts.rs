//! Which layouts are tried: every set of drives that makes sense, cut into equal vdevs.
//!
//! A raidz counts each drive as its smallest, so that a set is all drives from some size on: leaving out one of two
//! equal drives gives less for nothing. Mirrors are paired by size, a raidz's groups likewise. Single parity goes up to
//! eight drives in all, double parity to twelve in a vdev; wider ones take longer to resilver than they are worth.

use std::collections::BTreeSet;

use crate::layout::FUZZ;
use crate::names::BayId;
use crate::profile::Layout;
use crate::propose::Member;
use crate::units::Ashift;

/// The most drives under single parity.
pub const SINGLE: usize = 8;
/// The widest vdev of double parity.
pub const DOUBLE: usize = 12;

/// A layout over drives: the members of each vdev, by bay.
#[derive(Clone, Debug)]
pub struct Shape<'a> {
    /// What each vdev is.
    pub layout: Layout,
    /// Its drives.
    pub vdevs: Vec<Vec<&'a Member>>,
}

/// All that make sense, in no order that means anything.
pub fn layouts(drives: &[Member]) -> Vec<Shape<'_>> {
    let sorted = by_size(drives);
    let mut shapes = Vec::new();
    for set in sets(&sorted) {
        let count = set.len();
        let mut cut = |layout, set, width| shapes.push(Shape { layout, vdevs: groups(set, width) });
        if count <= SINGLE {
            for width in widths(count, Layout::Raidz.fewest(), SINGLE) {
                cut(Layout::Raidz, set, width);
            }
        }
        // A number of drives that cannot be shared out leaves its smallest out.
        let mut whole = set;
        while whole.len() >= Layout::Raidz2.fewest() {
            let found = widths(whole.len(), Layout::Raidz2.fewest(), DOUBLE);
            if found.is_empty() {
                whole = &whole[1..];
                continue;
            }
            for width in found {
                cut(Layout::Raidz2, whole, width);
            }
            break;
        }
        match count {
            3 if drives.len() == 3 => cut(Layout::Mirror, set, 3),
            0 | 1 | 3 => {}
            odd if odd % 2 == 1 => cut(Layout::Mirror, &set[1..], 2),
            _ => cut(Layout::Mirror, set, 2),
        }
    }
    let mut seen = BTreeSet::new();
    shapes.retain(|shape| seen.insert(key(shape)));
    shapes
}

fn key(shape: &Shape<'_>) -> (&'static str, Vec<Vec<BayId>>) {
    let bays = |vdev: &Vec<&Member>| vdev.iter().map(|drive| drive.bay.clone()).collect();
    (shape.layout.as_str(), shape.vdevs.iter().map(bays).collect())
}

/// From the smallest to the largest, drives of one label by their bays.
fn by_size(drives: &[Member]) -> Vec<(u64, &Member)> {
    let mut sorted: Vec<&Member> = drives.iter().collect();
    sorted.sort_by_key(|drive| (drive.size, &drive.bay));
    let mut class = 0;
    let mut classed: Vec<(u64, &Member)> = Vec::new();
    for drive in sorted {
        if classed.is_empty() || drive.size.0 - class > FUZZ {
            class = drive.size.0;
        }
        classed.push((class, drive));
    }
    classed.sort_by_key(|(class, drive)| (*class, &drive.bay));
    classed
}

/// All drives from each size on.
fn sets<'s, 'a>(sorted: &'s [(u64, &'a Member)]) -> Vec<&'s [(u64, &'a Member)]> {
    let first = |at: &usize| *at == 0 || sorted[*at].0 != sorted[at - 1].0;
    (0..sorted.len()).filter(first).map(|at| &sorted[at..]).collect()
}

/// Widths from `least` to `most` that share out `count` drives.
fn widths(count: usize, least: usize, most: usize) -> Vec<usize> {
    (least..=most.min(count)).filter(|width| count.is_multiple_of(*width)).collect()
}

fn groups<'a>(set: &[(u64, &'a Member)], width: usize) -> Vec<Vec<&'a Member>> {
    let mut vdevs: Vec<Vec<&Member>> = set
        .chunks(width)
        .map(|vdev| {
            let mut vdev: Vec<&Member> = vdev.iter().map(|(_, drive)| *drive).collect();
            vdev.sort_by_key(|drive| &drive.bay);
            vdev
        })
        .collect();
    vdevs.sort_by_key(|vdev| vdev.first().map(|drive| &drive.bay));
    vdevs
}

/// The ashift that a pool of these drives gets.
pub fn ashift<'a>(drives: impl Iterator<Item = &'a Member>) -> Ashift {
    let sectors = drives.map(|drive| drive.physical.max(drive.logical));
    sectors.filter_map(Ashift::of_sector).max().unwrap_or(Ashift::DEFAULT).max(Ashift::DEFAULT)
}

/// One vdev in words: `mirror`, `3-way mirror`, `raidz of 3`.
pub fn kind(layout: Layout, width: usize) -> String {
    match (layout, width) {
        (Layout::Mirror, 2) => "mirror".to_owned(),
        (Layout::Mirror, width) => format!("{width}-way mirror"),
        (layout, width) => format!("{layout} of {width}"),
    }
}
