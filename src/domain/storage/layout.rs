//! The vdevs of a pool against those in the profile.
//!
//! Pure. Bays of the profile and leaves of the pool are both told as kernel names of disks, so that it does not
//! matter in which order they stand. A drive that is missing, or that sits in another free bay, makes no other
//! layout: on the day a drive dies no one should be told to make the pool again.

use crate::domain::storage::drift::Drift;
use crate::domain::storage::unwell::unwell;
use crate::hw::Hw;
use crate::inventory::place::Place;
use crate::inventory::seats::in_bay;
use crate::inventory::{Class, Inventory, Leaf, Pool, State, Vdev};
use crate::profile::{Layout, Profile};

/// A vdev as both sides say it: class, type, and its places in order, each with the kernel names of the disks in it (of a
/// place that several share the member first).
type Shape = (Class, String, Vec<Vec<String>>);

pub(super) fn layout(hw: &Hw, profile: &Profile, inventory: &Inventory, pool: &Pool) -> Vec<Drift> {
    let wished = wished_shapes(hw, profile, inventory);
    let vdevs: Vec<(&Vdev, Shape)> = pool.vdevs.iter().map(|vdev| (vdev, shape_of(vdev))).collect();
    let of = |class: Class| wished.iter().filter(|it| it.0 == class).cloned().collect::<Vec<_>>();
    let mut found = Vec::new();
    let is: Vec<Shape> = vdevs
        .iter()
        .filter(|it| it.0.class == Class::Normal && it.0.is_vital())
        .map(|it| it.1.clone())
        .collect();
    let wished_data = of(Class::Normal);
    if !alike(&wished_data, &is) {
        let words = |shapes: &[Shape]| {
            let mut shapes: Vec<&Shape> = shapes.iter().collect();
            shapes.sort_by(|a, b| a.2.cmp(&b.2));
            let say = |it: &&Shape| format!("{} of {}", it.1, places(hw, inventory, &it.2));
            shapes.iter().map(say).collect::<Vec<_>>().join(" + ")
        };
        found.push(Drift::Layout {
            pool: pool.name.clone(),
            wished: words(&wished_data),
            is: words(&is),
            line: line(hw, profile, inventory, &is),
            waits: unwell(pool).map(|(why, _)| why),
        });
    }
    for class in [Class::Log, Class::Cache, Class::Spare] {
        let is: Vec<&(&Vdev, Shape)> = vdevs.iter().filter(|it| it.0.class == class).collect();
        found.extend(beside(hw, inventory, pool, class, (&of(class), &is)));
    }
    if let Some(profile) = profile.pool.ashift {
        for vdev in pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal) {
            if let Some(is) = vdev.ashift.filter(|is| *is != profile.get()) {
                found.push(Drift::Ashift { vdev: vdev.name.clone(), wished: profile.get(), is });
            }
        }
    }
    found
}

/// `bays:` of a profile whose layout is the pool's; `None`: another kind of vdev, or drives that are in no bay.
fn line(hw: &Hw, profile: &Profile, inventory: &Inventory, is: &[Shape]) -> Option<String> {
    let kind = profile.pool.layout.vdev_type();
    let all = is.iter().map(|(_, is, places)| {
        if is.as_str() != kind.unwrap_or("disk") {
            return None;
        }
        let bay = |place: &Vec<String>| {
            let disk = inventory.disks.iter().find(|disk| Some(&disk.name) == place.first())?;
            let seat = disk.seat(hw)?;
            Some(seat.bay.to_string())
        };
        places.iter().map(bay).collect::<Option<Vec<String>>>()
    });
    let all: Vec<Vec<String>> = all.collect::<Option<_>>()?;
    let list = |bays: &[String]| format!("[{}]", bays.join(", "));
    let lists: Vec<String> = all.iter().map(|bays| list(bays)).collect();
    Some(match &lists[..] {
        // A stripe is one list of bays, each a vdev.
        _ if kind.is_none() => format!("bays: {}", list(&all.concat())),
        [one] => format!("bays: {one}"),
        many => format!("bays: {}", list(many)),
    })
}

/// Logs, caches and spares: what the pool has beside the profile, and what it lacks. They come and go in place.
fn beside(
    hw: &Hw,
    inventory: &Inventory,
    pool: &Pool,
    class: Class,
    (wished, is): (&[Shape], &[&(&Vdev, Shape)]),
) -> Vec<Drift> {
    let shapes: Vec<Shape> = is.iter().map(|it| it.1.clone()).collect();
    if alike(wished, &shapes) {
        return Vec::new();
    }
    let in_wish = |shape: &Shape| {
        wished.iter().any(|other| {
            other.1 == shape.1 && alike(std::slice::from_ref(other), std::slice::from_ref(shape))
        })
    };
    let in_pool = |shape: &Shape| {
        shapes.iter().any(|other| {
            other.1 == shape.1 && alike(std::slice::from_ref(shape), std::slice::from_ref(other))
        })
    };
    let word = format!("{class:?}").to_lowercase();
    let mut found = Vec::new();
    let extra: Vec<_> = is.iter().filter(|it| !in_wish(&it.1)).collect();
    let lacking: Vec<_> = wished.iter().filter(|it| !in_pool(it)).collect();
    for (vdev, shape) in extra {
        let kind = if vdev.kind == "disk" { String::new() } else { format!("{} of ", vdev.kind) };
        found.push(Drift::Extra {
            pool: pool.name.clone(),
            class: word.clone(),
            is: format!("{kind}{}", places(hw, inventory, &shape.2)),
            name: vdev.guid.to_string(),
            in_use: vdev.leaves.iter().any(|leaf| leaf.state == State::InUse),
        });
    }
    for shape in lacking {
        let kind = if shape.1 == "disk" { String::new() } else { format!("{} of ", shape.1) };
        let bays = bays(hw, inventory, &shape.2);
        found.push(Drift::Lacking {
            pool: pool.name.clone(),
            class: word.clone(),
            wished: format!("{kind}{}", places(hw, inventory, &shape.2)),
            bays,
        });
    }
    found
}

const MISSING: &str = "a missing drive";
const EMPTY: &str = "(empty)";

/// Whether vdevs have the wished shape. Drives may sit in each other's bays, or in a bay that is free otherwise, and
/// one may be missing: none of that is another layout, and neither is a place that several drives share.
fn alike(wished: &[Shape], is: &[Shape]) -> bool {
    fn widths(shapes: &[Shape]) -> Vec<(&str, usize)> {
        let mut widths: Vec<(&str, usize)> =
            shapes.iter().map(|(_, kind, places)| (kind.as_str(), places.len())).collect();
        widths.sort_unstable();
        widths
    }
    let places = || is.iter().flat_map(|shape| &shape.2);
    let members: Vec<&String> = places().flatten().collect();
    let missing = places().filter(|place| place.iter().all(|name| name.starts_with(MISSING)));
    let bays = wished.iter().flat_map(|shape| &shape.2).flatten();
    let strangers = bays.filter(|name| !name.ends_with(EMPTY) && !members.contains(name));
    widths(wished) == widths(is) && strangers.count() <= missing.count()
}

/// The bay of a disk, or what it is called where it has none.
fn bay_of(hw: &Hw, inventory: &Inventory, name: &String) -> String {
    let disk = inventory.disks.iter().find(|disk| disk.name == *name);
    let seat = disk.and_then(|disk| disk.seat(hw));
    seat.map_or_else(|| name.clone(), |seat| seat.bay.to_string())
}

/// The bays as they are typed.
fn bays(hw: &Hw, inventory: &Inventory, places: &[Vec<String>]) -> String {
    let first = places.iter().filter_map(|place| place.first());
    let name = |it: &String| bay_of(hw, inventory, it);
    let all: Vec<String> = first.map(name).collect();
    all.iter().map(|it| it.trim_end_matches(EMPTY).trim()).collect::<Vec<_>>().join(" ")
}

/// `bays 1 2 3`, or what a disk is called where it has no bay; of a shared place its member.
fn places(hw: &Hw, inventory: &Inventory, shared: &[Vec<String>]) -> String {
    let known = |place: &Vec<String>| {
        let there = place.iter().find(|name| !name.starts_with(MISSING)).or(place.first());
        there.map_or_else(String::new, |name| bay_of(hw, inventory, name))
    };
    let mut places: Vec<String> = shared.iter().map(known).collect();
    places.sort_by_key(|place| (place.parse::<u64>().unwrap_or(u64::MAX), place.clone()));
    match &places[..] {
        [one] if one.parse::<u64>().is_err() => one.clone(),
        [one] => format!("bay {one}"),
        all => format!("bays {}", all.join(" ")),
    }
}

fn shape_of(vdev: &Vdev) -> Shape {
    let known =
        |leaf: &Leaf| leaf.disk.clone().unwrap_or_else(|| format!("{MISSING} ({})", leaf.guid));
    let place = |place: &Place<'_>| {
        let member = place.member().map(|it| it.guid);
        let mut leaves = place.leaves();
        leaves.sort_by_key(|leaf| Some(leaf.guid) != member);
        leaves.into_iter().map(known).collect()
    };
    (vdev.class, vdev.kind.clone(), vdev.places().iter().map(place).collect())
}

fn wished_shapes(hw: &Hw, profile: &Profile, inventory: &Inventory) -> Vec<Shape> {
    let name = |bay| match in_bay(hw, inventory, bay)[..] {
        [disk] => disk.name.clone(),
        _ => format!("{bay} {EMPTY}"),
    };
    let pool = &profile.pool;
    let mut shapes = Vec::new();
    let mut add = |class, kind: Option<&str>, disks: Vec<String>| {
        let places = disks.into_iter().map(|disk| vec![disk]);
        if let Some(kind) = kind {
            shapes.push((class, kind.to_owned(), places.collect()));
        } else {
            shapes.extend(places.map(|place| (class, "disk".to_owned(), vec![place])));
        }
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

#[cfg(test)]
mod tests {
    use super::layout;
    use crate::drift::Difference as _;
    use crate::profile::Profile;
    use crate::shipped::WISH;
    use crate::status::samples::{hw, seen, text};
    use crate::yaml::read;

    fn wish(bays: &str) -> Profile {
        let shipped = include_str!("../../../profiles/gen8-usb-raidz.yaml");
        let text = shipped.replace("bays: [1, 2, 3, 4]", bays);
        read::<Profile>(WISH, text.as_bytes()).unwrap().value
    }

    #[test]
    fn a_pool_that_grew_is_written_into_the_profile_by_one_line() {
        let (hw, inventory) = (hw(), seen(text("healthy"), &[]));
        let pool = &inventory.pools.as_ref().unwrap()[0];
        assert_eq!(layout(&hw, &wish("bays: [1, 2, 3]"), &inventory, pool), []);
        let found = layout(&hw, &wish("bays: [1, 2]"), &inventory, pool);
        let [one] = &found[..] else { panic!("{found:?}") };
        let said = one.remedy();
        let line = said.split('`').nth(1).unwrap();
        assert!(
            said.starts_with("if the pool is right, write `bays: [")
                && said.contains("`zbay apply` records it"),
            "{said}"
        );
        assert_eq!(layout(&hw, &wish(line), &inventory, pool), [], "{line}");
        // Drives that are in no bay have no line.
        let mut elsewhere = inventory.clone();
        elsewhere
            .disks
            .iter_mut()
            .for_each(|disk| disk.path = Some("pci-0000:07:00.0-ata-9".into()));
        let found = layout(&hw, &wish("bays: [1, 2]"), &elsewhere, pool);
        assert!(found[0].remedy().contains("`zbay adopt tank` shows it"), "{found:?}");
    }
}
