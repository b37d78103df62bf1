//! The vdevs of a pool against the wished ones.
//!
//! Pure. Bays of the wish and leaves of the pool are both told as kernel names of disks, so that it does not
//! matter in which order they stand. A drive that is missing, or that sits in another free bay, makes no other
//! layout: on the day a drive dies nobody shall be told to make the pool anew.

use crate::hw::Hw;
use crate::inventory::{Class, Inventory, Leaf, Pool, Vdev};
use crate::plan::pick::in_bay;
use crate::profile::{Layout, Profile};
use crate::verify::Drift;

/// A vdev as both sides say it: class, type, and the kernel names of its disks in order of name.
type Shape = (Class, String, Vec<String>);

pub(super) fn layout(hw: &Hw, profile: &Profile, inventory: &Inventory, pool: &Pool) -> Vec<Drift> {
    let mut wished = wished_shapes(hw, profile, inventory);
    let mut is: Vec<Shape> = pool.vdevs.iter().map(shape_of).collect();
    wished.sort_by(|a, b| a.2.cmp(&b.2));
    is.sort_by(|a, b| a.2.cmp(&b.2));
    let mut found = Vec::new();
    if !alike(&wished, &is) {
        let words = |shapes: &[Shape]| {
            let say = |(class, kind, disks): &Shape| {
                let class = if *class == Class::Normal {
                    String::new()
                } else {
                    format!("{class:?} ").to_lowercase()
                };
                format!("{class}{kind} of {}", places(hw, inventory, disks))
            };
            shapes.iter().map(say).collect::<Vec<_>>().join(" + ")
        };
        let pool = pool.name.clone();
        found.push(Drift::Layout { pool, wished: words(&wished), is: words(&is) });
    }
    if let Some(ashift) = profile.pool.ashift {
        for vdev in pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal) {
            if let Some(is) = vdev.ashift.filter(|is| *is != ashift.get()) {
                found.push(Drift::Ashift { vdev: vdev.name.clone(), wished: ashift.get(), is });
            }
        }
    }
    found
}

const MISSING: &str = "a missing drive";
const EMPTY: &str = "(empty)";

/// Whether a pool has the wished shape. Drives may sit in each other's bays, or in a bay that is free otherwise, and
/// one may be missing: none of that is another layout.
fn alike(wished: &[Shape], is: &[Shape]) -> bool {
    let widths = |shapes: &[Shape]| {
        let mut widths: Vec<(String, String, usize)> = shapes
            .iter()
            .map(|(class, kind, disks)| (format!("{class:?}"), kind.clone(), disks.len()))
            .collect();
        widths.sort();
        widths
    };
    let of = |shapes: &[Shape], class: Class| -> Vec<String> {
        let mine = shapes.iter().filter(|shape| shape.0 == class);
        mine.flat_map(|shape| shape.2.clone()).collect()
    };
    widths(wished) == widths(is)
        && wished.iter().all(|(class, ..)| {
            let (bays, members) = (of(wished, *class), of(is, *class));
            let missing = members.iter().filter(|name| name.starts_with(MISSING)).count();
            let strangers = bays
                .iter()
                .filter(|name| !name.ends_with(EMPTY) && !members.contains(name))
                .count();
            strangers <= missing
        })
}

/// `bays 1, 2, 3`, or what a disk is called where it has no bay.
fn places(hw: &Hw, inventory: &Inventory, disks: &[String]) -> String {
    let place = |name: &String| {
        let disk = inventory.disks.iter().find(|disk| disk.name == *name);
        let seat = disk.and_then(|disk| disk.path.as_deref()).and_then(|path| hw.seat(path));
        seat.map_or_else(|| name.clone(), |seat| seat.bay.to_string())
    };
    let mut places: Vec<String> = disks.iter().map(place).collect();
    places.sort_by_key(|place| (place.parse::<u64>().unwrap_or(u64::MAX), place.clone()));
    format!("bays {}", places.join(" "))
}

fn shape_of(vdev: &Vdev) -> Shape {
    let known =
        |leaf: &Leaf| leaf.disk.clone().unwrap_or_else(|| format!("{MISSING} ({})", leaf.guid));
    let mut disks: Vec<String> = vdev.leaves.iter().map(known).collect();
    disks.sort();
    (vdev.class, vdev.kind.clone(), disks)
}

fn wished_shapes(hw: &Hw, profile: &Profile, inventory: &Inventory) -> Vec<Shape> {
    let name = |bay| match in_bay(hw, inventory, bay)[..] {
        [disk] => disk.name.clone(),
        _ => format!("{bay} {EMPTY}"),
    };
    let pool = &profile.pool;
    let mut shapes = Vec::new();
    let mut add = |class, kind: Option<&str>, disks: Vec<String>| match kind {
        Some(kind) => {
            let mut disks = disks;
            disks.sort();
            shapes.push((class, kind.to_owned(), disks));
        }
        None => shapes.extend(disks.into_iter().map(|disk| (class, "disk".to_owned(), vec![disk]))),
    };
    for bays in &pool.bays.0 {
        add(Class::Normal, pool.layout.vdev_type(), bays.iter().map(name).collect());
    }
    if let Some(log) = &pool.log {
        let kind = log.mirror.then_some(Layout::Mirror.as_str());
        add(Class::Log, kind, log.bays.iter().map(name).collect());
    }
    if let Some(cache) = &pool.cache {
        add(Class::Cache, None, cache.bays.iter().map(name).collect());
    }
    add(Class::Spare, None, pool.spares.iter().map(name).collect());
    shapes
}
