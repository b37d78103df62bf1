//! The pool that is there against the profile's. Pure.

use crate::care::wish;
use crate::domain::face::World;
use crate::domain::storage::Facts;
use crate::domain::storage::drift::Drift;
use crate::domain::storage::layout::layout;
use crate::domain::storage::unwell::patient;
use crate::drift::{Differs, NotKnown};
use crate::inventory::Pool;
use crate::inventory::State;
use crate::machine::Hash;
use crate::profile::Profile;
use crate::profile::places::{full, wished_datasets};
use crate::profile::property::Setting;
use crate::property::{self, Property, same};
use crate::step::Of;

/// All that differs.
pub(super) fn drift(world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
    let World { hw, profile, text, inventory, .. } = *world;
    let mut found = Vec::new();
    let name = profile.pool.name.as_str();
    match &inventory.pools {
        Err(unknown) => found.push(Err(NotKnown::new("the pools", &unknown.why))),
        Ok(pools) => {
            if let Some(pool) = pools.iter().find(|pool| pool.name == name) {
                found.extend(state(pool).map(Ok));
                found.extend(another(profile, pool).map(Ok));
                found.extend(layout(hw, profile, inventory, pool).into_iter().map(Ok));
                found.extend(properties(profile, pool));
                found.extend(kept(text, pool, facts));
                found = patient(found, pool);
            } else {
                found.push(Ok(Drift::PoolMissing { pool: name.to_owned() }));
                let missing = |name: &str| Drift::DatasetMissing { dataset: full(profile, name) };
                let datasets = wished_datasets(profile).into_iter();
                found.extend(datasets.map(|(name, _)| Ok(missing(&name))));
                if let Some((path, _)) = &facts.kept {
                    found.push(Ok(Drift::NotKept { path: path.clone(), was: None }));
                }
            }
        }
    }
    let left = facts.arrival.iter().flat_map(|arrival| &arrival.left);
    found.extend(left.map(|left| {
        Ok(Drift::Unmounted {
            dataset: left.dataset.clone(),
            at: left.at.clone(),
            why: left.why.clone(),
            remedy: left.remedy(),
        })
    }));
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

/// The copy of the profile in a pool that is mounted; elsewhere nothing is concluded.
fn kept(text: &str, pool: &Pool, facts: &Facts) -> Option<Differs<Drift>> {
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name)?;
    let mounted = |it: &Property| it.name == "mounted" && it.value == "yes";
    if !root.properties.iter().any(mounted) {
        return None;
    }
    if let Some(why) = &facts.kept_refused {
        let what = format!("the copy of the profile in pool {}", pool.name);
        return Some(Err(NotKnown::new(what, format!("{why}; move it away"))));
    }
    let (path, Ok(is)) = facts.kept.as_ref()? else { return None };
    if is.as_deref() == Some(text) {
        return None;
    }
    let was = is.as_ref().map(|is| Hash::of(is.as_bytes()));
    Some(Ok(Drift::NotKept { path: path.clone(), was }))
}

fn state(pool: &Pool) -> Option<Drift> {
    (pool.state != State::Online).then(|| Drift::PoolState {
        pool: pool.name.clone(),
        state: pool.state.to_string(),
        status: pool.status.clone(),
    })
}

fn properties(profile: &Profile, pool: &Pool) -> Vec<Differs<Drift>> {
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
                found.push(Err(NotKnown::new(what, "zfs did not tell it")));
                continue;
            };
            if !same(&setting.name, &setting.value, &is.value) {
                found.push(Ok(Drift::Property {
                    of,
                    object: object.to_owned(),
                    name: setting.name.clone(),
                    wished: setting.value.clone(),
                    is: is.value.clone(),
                    fixed: property::row(&setting.name).is_some_and(|row| row.fixed),
                }));
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
            None => missing.push(Ok(Drift::DatasetMissing { dataset: name })),
        }
    }
    missing.extend(found);
    missing
}
