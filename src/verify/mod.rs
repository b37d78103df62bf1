//! What is there against what is wished: [`Drift`], as values.
//!
//! Pure. `plan` turns the drift that can be mended in place into steps and reports the rest with its way out;
//! `zbay verify` prints all of it. Nothing here is ever forced.

use crate::care::wish;
use crate::drift::Drift;
use crate::hw::Hw;
use crate::inventory::{Inventory, Pool};
use crate::machine::Hash;
use crate::profile::Profile;
use crate::profile::places::{full, wished_datasets};
use crate::profile::property::Setting;
use crate::property::{self, Property, same};
use crate::step::Of;
use crate::system::{LOAD_KEYS, System};

mod layout;
mod moved;

use layout::layout;
pub use moved::{Moved, moved};

/// Everything in which the machine differs from the profile. `text` is the profile as it would be recorded.
pub fn drift(
    hw: &Hw,
    profile: &Profile,
    text: &str,
    inventory: &Inventory,
    system: &System,
) -> Vec<Drift> {
    let mut found = around(text, inventory, system);
    let name = profile.pool.name.as_str();
    match &inventory.pools {
        Err(unknown) => {
            found.push(Drift::NotKnown { what: "the pools".to_owned(), why: unknown.why.clone() });
        }
        Ok(pools) => {
            if let Some(pool) = pools.iter().find(|pool| pool.name == name) {
                found.extend(state(pool));
                found.extend(another(profile, pool));
                found.extend(layout(hw, profile, inventory, pool));
                found.extend(properties(profile, pool));
                found.extend(kept(text, pool, system));
                found = patient(found, pool);
            } else {
                found.push(Drift::PoolMissing { pool: name.to_owned() });
                let datasets = wished_datasets(profile).into_iter();
                found.extend(
                    datasets
                        .map(|(name, _)| Drift::DatasetMissing { dataset: full(profile, &name) }),
                );
                if let Some((path, _)) = &system.kept {
                    found.push(Drift::NotKept { path: path.clone(), was: None });
                }
            }
        }
    }
    let left = system.arrival.iter().flat_map(|arrival| &arrival.left);
    found.extend(left.map(|left| Drift::Unmounted {
        dataset: left.dataset.clone(),
        at: left.at.clone(),
        why: left.why.clone(),
        remedy: left.remedy(),
    }));
    found.extend(keys(system));
    found.extend(wish::drift(hw, profile, inventory, system.care.as_ref()));
    found
}

/// Another pool than the one that the profile is for.
fn another(profile: &Profile, pool: &Pool) -> Option<Drift> {
    let wished = profile.pool.guid?.to_string();
    let is = pool.guid.to_string();
    (wished != is).then(|| Drift::Property {
        of: Of::Zpool,
        object: pool.name.clone(),
        name: "guid".to_owned(),
        wished,
        is,
        fixed: true,
    })
}

/// Encrypted datasets that are closed, or would be at the next boot.
fn keys(system: &System) -> Vec<Drift> {
    let mut found = Vec::new();
    for key in &system.keys {
        let dataset = || key.dataset.clone();
        let Some(path) = &key.path else {
            if key.loaded == Some(false) {
                found.push(Drift::Locked { dataset: dataset(), asks: true });
            }
            continue;
        };
        let drift =
            |why: &str| Drift::Key { dataset: dataset(), path: path.clone(), why: why.to_owned() };
        match (key.loaded, &key.file, &key.wrong) {
            (Some(_), None, _) => found.push(drift("there is no such file")),
            (Some(_), Some(_), Some(why)) => found.push(drift(why)),
            (Some(false), Some(_), None) => {
                found.push(Drift::Locked { dataset: dataset(), asks: false });
            }
            (Some(true), Some((mode, _)), None) if mode & 0o077 != 0 => {
                found.push(drift(&format!("others can read it (mode {mode:o})")));
            }
            (None, ..) | (Some(true), Some(_), None) => {}
        }
    }
    let in_files = system.keys.iter().any(|key| key.path.is_some());
    if in_files && system.keys_at_boot.as_deref() != Some(LOAD_KEYS) {
        let was = system.keys_at_boot.as_ref().map(|text| Hash::of(text.as_bytes()));
        found.push(Drift::KeysAtBoot { was });
    }
    found
}

/// The copy of the profile in a pool that is mounted; elsewhere nothing is concluded.
fn kept(text: &str, pool: &Pool, system: &System) -> Option<Drift> {
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name)?;
    let mounted = |it: &Property| it.name == "mounted" && it.value == "yes";
    if !root.properties.iter().any(mounted) {
        return None;
    }
    if let Some(why) = &system.kept_refused {
        let what = format!("the copy of the profile in pool {}", pool.name);
        return Some(Drift::NotKnown { what, why: format!("{why}; move it away") });
    }
    let (path, Ok(is)) = system.kept.as_ref()? else { return None };
    if is.as_deref() == Some(text) {
        return None;
    }
    let was = is.as_ref().map(|is| Hash::of(is.as_bytes()));
    Some(Drift::NotKept { path: path.clone(), was })
}

fn around(text: &str, inventory: &Inventory, system: &System) -> Vec<Drift> {
    let mut found = Vec::new();
    if system.wish.as_deref() != Some(text) {
        found.push(Drift::Wish { other: system.wish.is_some() });
    }
    if inventory.host.hostid.is_none() {
        found.push(Drift::NoHostid);
    }
    match &system.units {
        Ok(units) => {
            let off: Vec<String> =
                units.iter().filter(|(_, on)| !**on).map(|(unit, _)| unit.clone()).collect();
            if !off.is_empty() {
                found.push(Drift::Disabled { units: off });
            }
        }
        Err(unknown) => found.push(Drift::NotKnown {
            what: "whether the pool comes back at boot".to_owned(),
            why: unknown.why.clone(),
        }),
    }
    found
}

fn state(pool: &Pool) -> Option<Drift> {
    (pool.state != "ONLINE").then(|| Drift::PoolState {
        pool: pool.name.clone(),
        state: pool.state.clone(),
        status: pool.status.clone(),
    })
}

/// Why nothing but properties may be changed on a pool now; `None`: it is well. The flag is true where not even
/// those can be.
pub fn unwell(pool: &Pool) -> Option<(String, bool)> {
    let name = &pool.name;
    let readonly = |it: &Property| it.name == "readonly" && it.value == "on";
    if pool.properties.iter().any(readonly) {
        return Some((format!("pool {name} is imported read-only"), true));
    }
    if pool.state == "SUSPENDED" {
        return Some((format!("pool {name} is SUSPENDED"), true));
    }
    if pool.state != "ONLINE" {
        return Some((format!("pool {name} is {}", pool.state), false));
    }
    let busy =
        pool.busy.as_ref().filter(|busy| busy.contains("resilver") || busy.contains("expan"));
    busy.map(|busy| (format!("pool {name}: {busy}"), false))
}

/// What differs, with what must wait until the pool is well said to.
pub fn patient(drift: Vec<Drift>, pool: &Pool) -> Vec<Drift> {
    let Some((why, all)) = unwell(pool) else { return drift };
    let wait = |one: Drift| match one {
        Drift::DatasetMissing { .. } | Drift::NotKept { .. } => {
            Drift::Waits { what: one.to_string(), why: why.clone() }
        }
        Drift::Property { fixed: false, .. } if all => {
            Drift::Waits { what: one.to_string(), why: why.clone() }
        }
        other => other,
    };
    drift.into_iter().map(wait).collect()
}

fn properties(profile: &Profile, pool: &Pool) -> Vec<Drift> {
    let mut found = Vec::new();
    let mut compare = |of, object: &str, wished: &[Setting], have: &[Property]| {
        for setting in wished {
            let is = have.iter().find(|property| property.name == setting.name);
            // A property of somebody's own that nobody set is told by nobody.
            let unset = Property {
                name: setting.name.clone(),
                value: "-".to_owned(),
                source: "none".to_owned(),
            };
            let Some(is) = is.or(setting.name.contains(':').then_some(&unset)) else {
                let what = format!("{} of {object}", setting.name);
                found.push(Drift::NotKnown { what, why: "zfs did not tell it".to_owned() });
                continue;
            };
            if !same(&setting.name, &setting.value, &is.value) {
                found.push(Drift::Property {
                    of,
                    object: object.to_owned(),
                    name: setting.name.clone(),
                    wished: setting.value.clone(),
                    is: is.value.clone(),
                    fixed: property::row(&setting.name).is_some_and(|row| row.fixed),
                });
            }
        }
    };
    let mut settings = profile.pool.properties.settings();
    settings
        .push(Setting { name: "cachefile".to_owned(), value: "/etc/zfs/zpool.cache".to_owned() });
    compare(Of::Zpool, &pool.name, &settings, &pool.properties);
    let mut root = profile.pool.root.root_settings(&pool.name);
    root.extend(wish::settings(profile.care));
    if let Some(dataset) = pool.datasets.iter().find(|dataset| dataset.name == pool.name) {
        compare(Of::Zfs, &pool.name, &root, &dataset.properties);
    }
    let mut missing = Vec::new();
    for (name, settings) in wished_datasets(profile) {
        let name = full(profile, &name);
        match pool.datasets.iter().find(|dataset| dataset.name == name) {
            Some(dataset) => compare(Of::Zfs, &name, &settings, &dataset.properties),
            None => missing.push(Drift::DatasetMissing { dataset: name }),
        }
    }
    missing.extend(found);
    missing
}
