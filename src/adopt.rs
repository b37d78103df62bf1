//! A profile made from a pool that is there already, such as one made by hand or by another NAS system.
//!
//! Pure. What is written describes the pool as it is: its vdevs by bay, and each property of its own that a profile has a
//! word for. `zbay plan` with it must find nothing to change in the pool; what a profile cannot say is told, and stays as it
//! is. Where the layout itself cannot be said, nothing is written.

use std::fmt::Write as _;

use thiserror::Error;

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::place::Place;
use crate::inventory::{Class, Dataset, Inventory, Leaf, Pool, State, Vdev};
use crate::names::{BayId, DatasetName};
use crate::profile::Layout;
use crate::profile::property::{FsWish, PoolProperties, Setting};
use crate::property::{self, Equality, Property, same};
use crate::propose::profile::{Frame, spelled};
use crate::units::Bytes;
use crate::words::{labelled, plain};

/// A profile, and what it cannot say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    /// The profile's text.
    pub text: String,
    /// What the pool has beside it, in words: it stays as it is, and zbay does not look after it.
    pub beside: Vec<String>,
}

/// Why a pool has no profile.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("a profile cannot describe pool {pool}, so nothing was written\n{}", rows(why))]
pub struct NoWish {
    /// The pool.
    pub pool: String,
    /// All reasons.
    pub why: Vec<String>,
}

fn rows(why: &[String]) -> String {
    let rows: String = why.iter().map(|one| labelled("because", &plain(one))).collect();
    let way = "zbay also works with it without a profile: `zbay status`, `zbay replace BAY`, `zbay \
               help expand`";
    rows + labelled("do this", way).trim_end()
}

/// The profile that a pool is as; `frame` is what the machine says of itself.
///
/// # Errors
/// Everything in its layout that a profile has no words for.
pub fn wish(hw: &Hw, inventory: &Inventory, pool: &Pool, frame: &Frame) -> Result<Adopted, NoWish> {
    let mut why = Vec::new();
    let mut beside = Vec::new();
    let shape = shape(hw, inventory, pool, &mut why);
    let (Some(shape), []) = (shape, &why[..]) else {
        return Err(NoWish { pool: pool.name.clone(), why });
    };
    let mut text = format!(
        "# Pool {} as it was when zbay adopted it. `zbay verify` compares the two.\n",
        pool.name
    );
    text.push_str(&frame.text(shape.layout, &shape.bays));
    let _ = writeln!(text, "  guid: {}", pool.guid);
    text.push_str(&shape.rest);
    text.push_str(&pool_properties(pool, &mut beside));
    text.push_str(&datasets(pool, &mut beside));
    Ok(Adopted { text, beside })
}

/// Layout and bays, and the lines of what else belongs to them.
struct Shape {
    layout: Layout,
    bays: Vec<Vec<BayId>>,
    rest: String,
}

fn shape(hw: &Hw, inventory: &Inventory, pool: &Pool, why: &mut Vec<String>) -> Option<Shape> {
    if pool.state != State::Online {
        why.push(format!(
            "it is {}: fix that first, `zbay status {}` says how",
            pool.state, pool.name
        ));
    }
    let mut bays_of = |vdev: &Vdev| -> Vec<BayId> {
        let mut bays = Vec::new();
        // While a drive is replaced, or a spare stands in, the place is that of its member.
        for leaf in vdev.places().iter().filter_map(Place::member) {
            match bay_of(hw, inventory, vdev, leaf) {
                Ok(bay) => bays.push(bay),
                Err(reason) => why.push(reason),
            }
        }
        bays
    };
    let mut data: Vec<(&Vdev, Vec<BayId>)> = Vec::new();
    let (mut log, mut cache, mut spares) = (Vec::new(), Vec::new(), Vec::new());
    for vdev in &pool.vdevs {
        let bays = bays_of(vdev);
        match vdev.class {
            Class::Normal => data.push((vdev, bays)),
            Class::Log => log.push((vdev, bays)),
            Class::Cache => cache.extend(bays),
            Class::Spare => spares.extend(bays),
            Class::Special | Class::Dedup => {}
        }
    }
    let special = pool.vdevs.iter().filter(|it| matches!(it.class, Class::Special | Class::Dedup));
    why.extend(special.map(|it| {
        format!("{} holds metadata (special or dedup), which profiles do not support yet", it.name)
    }));
    let layout = layout_of(&data, why);
    let logs = match &log[..] {
        [] => None,
        [(vdev, bays)] => Some((vdev.kind == "mirror", bays.clone())),
        many if many.iter().all(|(vdev, _)| vdev.kind == "disk") => {
            Some((false, many.iter().flat_map(|(_, bays)| bays.clone()).collect()))
        }
        _ => {
            why.push("it has several logs, and only some are mirrors".to_owned());
            None
        }
    };
    let layout = layout?;
    let mut rest = String::new();
    let widths: Vec<usize> = data.iter().map(|(_, bays)| bays.len()).collect();
    if layout != Layout::Stripe && widths.windows(2).any(|two| two.first() != two.last()) {
        rest.push_str("  uneven_vdevs: accept\n");
    }
    if data.iter().any(|(vdev, _)| are_mixed(vdev)) {
        rest.push_str("  mixed_sizes: waste\n");
    }
    let ashifts: Vec<u8> = data.iter().filter_map(|(vdev, _)| vdev.ashift).collect();
    if let [first, rest_of @ ..] = &ashifts[..]
        && rest_of.iter().all(|it| it == first)
    {
        let _ = writeln!(rest, "  ashift: {first}");
    }
    let list = |bays: &[BayId]| bays.iter().map(spelled).collect::<Vec<_>>().join(", ");
    if let Some((mirror, bays)) = &logs {
        let shared = bays.iter().any(|bay| cache.contains(bay));
        let size = log.first().and_then(|(vdev, _)| vdev.leaves.first()?.partition);
        let size = size.filter(|_| shared).map(|size| format!(", size: {}", exact(size)));
        let mirror = if *mirror { ", mirror: true" } else { "" };
        let _ =
            writeln!(rest, "  log: {{bays: [{}]{mirror}{}}}", list(bays), size.unwrap_or_default());
    }
    if !cache.is_empty() {
        let _ = writeln!(rest, "  cache: {{bays: [{}]}}", list(&cache));
    }
    if !spares.is_empty() {
        let _ = writeln!(rest, "  spares: [{}]", list(&spares));
    }
    let mut bays: Vec<Vec<BayId>> = data.into_iter().map(|(_, bays)| bays).collect();
    if layout == Layout::Stripe {
        bays = vec![bays.concat()];
    }
    Some(Shape { layout, bays, rest })
}

fn bay_of(hw: &Hw, inventory: &Inventory, vdev: &Vdev, leaf: &Leaf) -> Result<BayId, String> {
    let Some(disk) = inventory.disk_of(leaf) else {
        return Err(format!("member {} of {} is not on any drive here", leaf.guid, vdev.name));
    };
    let drive = Drive::of(hw, disk);
    let place = drive.place();
    drive.bay.ok_or_else(|| format!("the drive at {place} is not in a bay of {}", hw.title))
}

/// The one layout that all data vdevs have.
fn layout_of(data: &[(&Vdev, Vec<BayId>)], why: &mut Vec<String>) -> Option<Layout> {
    const ALL: [Layout; 5] =
        [Layout::Raidz, Layout::Raidz2, Layout::Raidz3, Layout::Mirror, Layout::Stripe];
    let mut kinds: Vec<&str> = data.iter().map(|(vdev, _)| vdev.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let [kind] = kinds[..] else {
        why.push(format!("its data vdevs are of different kinds: {}", kinds.join(", ")));
        return None;
    };
    let found = ALL.into_iter().find(|it| it.vdev_type().unwrap_or("disk") == kind);
    if found.is_none() {
        why.push(format!(
            "its vdevs are {kind}: profiles support raidz, raidz2, raidz3, mirror and stripe"
        ));
    }
    found
}

fn are_mixed(vdev: &Vdev) -> bool {
    let sizes: Vec<Bytes> = vdev.leaves.iter().filter_map(|leaf| leaf.partition).collect();
    sizes.windows(2).any(|two| two.first() != two.last())
}

/// A size that reads back as the same bytes.
fn exact(size: Bytes) -> String {
    const UNITS: [(&str, u32); 4] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    let unit = UNITS.into_iter().find(|(_, bits)| size.0 > 0 && size.0.is_multiple_of(1 << bits));
    unit.map_or_else(|| size.0.to_string(), |(unit, bits)| format!("{}{unit}", size.0 >> bits))
}

/// Properties of the pool that are not what a profile without words for them would wish.
fn pool_properties(pool: &Pool, beside: &mut Vec<String>) -> String {
    let differing = |setting: &Setting| {
        let is = pool.properties.iter().find(|it| it.name == setting.name)?;
        (!same(&setting.name, &setting.value, &is.value)).then_some(is)
    };
    let settings = PoolProperties::default().settings();
    let mut lines = String::new();
    for is in settings.iter().filter_map(differing) {
        let line = format!("{}: {}", is.name, scalar(&is.name, &is.value));
        if crate::yaml::read::<PoolProperties>("properties", line.as_bytes()).is_ok() {
            let _ = writeln!(lines, "    {line}");
        } else {
            beside.push(format!("{}={} of the pool", is.name, is.value));
        }
    }
    if lines.is_empty() { lines } else { format!("  properties:\n{lines}") }
}

/// The root's own properties and the datasets with theirs.
fn datasets(pool: &Pool, beside: &mut Vec<String>) -> String {
    let mut text = String::new();
    let defaults = FsWish::default().root_settings(&pool.name);
    if let Some(root) = pool.datasets.iter().find(|it| it.name == pool.name) {
        let mut lines = Vec::new();
        for is in &root.properties {
            let default = defaults.iter().find(|it| it.name == is.name);
            let as_default = default.is_some_and(|it| same(&it.name, &it.value, &is.value));
            if !as_default && (default.is_some() || is_own(is)) {
                lines.extend(line(root, is, beside));
            }
        }
        if !lines.is_empty() {
            let _ = writeln!(text, "  root:\n    {}", lines.join("\n    "));
        }
    }
    let mut below = String::new();
    for dataset in pool.datasets.iter().filter(|it| it.name != pool.name) {
        let name = dataset.name.strip_prefix(&format!("{}/", pool.name)).unwrap_or(&dataset.name);
        if dataset.kind != "filesystem" {
            beside.push(format!("{} {}", dataset.kind, dataset.name));
            continue;
        }
        if name.parse::<DatasetName>().is_err() {
            beside.push(format!("dataset {}: its name is not allowed in a profile", dataset.name));
            continue;
        }
        let own = dataset.properties.iter().filter(|it| is_own(it));
        let lines: Vec<String> = own.filter_map(|is| line(dataset, is, beside)).collect();
        let _ = writeln!(below, "  {name}: {{{}}}", lines.join(", "));
    }
    if !below.is_empty() {
        let _ = write!(text, "\ndatasets:\n{below}");
    }
    text
}

/// Whether somebody set it on this very dataset. What is fixed when a dataset is made has no source: it is told where it is
/// not what ZFS makes of itself.
fn is_own(property: &Property) -> bool {
    ["local", "received"].contains(&property.source.as_str())
        || (property.name == "casesensitivity" && property.value != "sensitive")
}

/// `recordsize: 1M`; `None`: a profile has no such key, or not this value.
fn line(dataset: &Dataset, is: &Property, beside: &mut Vec<String>) -> Option<String> {
    for value in [is.value.clone(), scalar(&is.name, &is.value)] {
        let line = format!("{}: {value}", is.name);
        let wish = crate::yaml::read::<FsWish>("dataset", line.as_bytes()).ok();
        let back = wish.map(|wish| wish.value.settings());
        let back = back.and_then(|settings| settings.into_iter().find(|it| it.name == is.name));
        let is_number = value.parse::<u64>().is_ok_and(|number| number >= 1024);
        if !is_number && back.is_some_and(|it| same(&it.name, &it.value, &is.value)) {
            return Some(line);
        }
    }
    beside.push(format!("{}={} of {}", is.name, is.value, dataset.name));
    None
}

/// A value as a profile spells it: sizes with their unit, the words that ZFS reads back as zbay writes them.
fn scalar(name: &str, value: &str) -> String {
    let spelled = match property::row(name).map(|row| row.equality) {
        Some(Equality::Spelled(pairs)) => pairs.iter().find(|(_, is)| *is == value),
        _ => None,
    };
    match (spelled, value.parse::<u64>()) {
        (Some((wished, _)), _) => (*wished).to_owned(),
        (None, Ok(number)) if number >= 1024 => exact(Bytes(number)),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
