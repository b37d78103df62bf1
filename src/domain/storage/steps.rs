//! From differences to steps: the pool, its datasets, their properties, the copy of the profile.

use camino::{Utf8Path, Utf8PathBuf};

use crate::domain::face::{Chain, POOL, Phase, SERVER, World};
use crate::domain::storage::arrival::Arrival;
use crate::domain::storage::drift::Drift;
use crate::domain::storage::{Facts, KEPT};
use crate::machine::{Change, Hash};
use crate::profile::Profile;
use crate::profile::places::{full, mountpoint_of, wished_datasets};
use crate::profile::property::Setting;
use crate::step::{Condition, Danger, Effect, Of, Step, command, run, set, step};

/// What mends the differences that can be mended.
pub(super) fn chains(world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
    let profile = world.profile;
    let pool = profile.pool.name.as_str();
    let of_dataset = |dataset: &str| format!("dataset {dataset}");
    let mut chains = Vec::new();
    for one in drift {
        let mut add = |name: String, needs: &[&str], steps: Vec<Step>| {
            chains.push(Chain::new(Phase::Make, name, needs, steps));
        };
        match one {
            Drift::PoolMissing { .. } => {
                add(POOL.to_owned(), &[SERVER], world.arrives.to_vec());
            }
            Drift::DatasetMissing { dataset } => {
                let name = dataset.split_once('/').map_or("", |(_, name)| name);
                let above = dataset.rsplit_once('/').map(|(above, _)| of_dataset(above));
                let needs = [SERVER, POOL, above.as_deref().unwrap_or(POOL)];
                let step = create_dataset(profile, name, facts);
                add(of_dataset(dataset), &needs, vec![step]);
            }
            Drift::Property { of: Of::Zpool, name, .. }
                if name == "cachefile" && facts.arrival.is_some() =>
            {
                let steps = facts.arrival.iter().flat_map(Arrival::steps).collect();
                add("mounts".to_owned(), &[POOL], steps);
            }
            Drift::Property { of, object, name, wished, is, .. } => {
                let setting = Setting { name: name.clone(), value: wished.clone() };
                let step = set(*of, object, &setting, is);
                add(format!("{name} of {object}"), &[POOL], vec![step]);
            }
            Drift::NotKept { path, was } => {
                let step = keep(world.text, pool, path, was.as_ref());
                add("copy of the profile".to_owned(), &[SERVER, POOL], vec![step]);
            }
            Drift::PoolState { .. }
            | Drift::Layout { .. }
            | Drift::Extra { .. }
            | Drift::Lacking { .. }
            | Drift::Ashift { .. }
            | Drift::Unmounted { .. }
            | Drift::Waits { .. } => {}
        }
    }
    chains
}

/// Keeps the profile in the pool too, for a box whose boot device is new. Nothing is written unless the pool is
/// mounted: the file would land on the boot device.
fn keep(text: &str, pool: &str, path: &Utf8Path, was: Option<&Hash>) -> Step {
    let root = path.as_str().strip_suffix(KEPT).unwrap_or_default().trim_end_matches('/');
    let root = Utf8PathBuf::from(if root.is_empty() { "/" } else { root });
    let changes = vec![Change::WriteBeneath {
        root: root.clone(),
        path: KEPT.into(),
        content: text.to_owned(),
        was: was.cloned(),
    }];
    let mut keep = step(
        format!("keep the profile in the pool: {path}"),
        Effect::Record,
        Danger::Harmless,
        changes,
    );
    keep.before = vec![Condition::Property {
        of: Of::Zfs,
        object: pool.to_owned(),
        name: "mounted".to_owned(),
        value: "yes".to_owned(),
    }];
    let hash = Some(Hash::of(text.as_bytes()));
    keep.after = vec![Condition::FileBeneath { root, path: KEPT.into(), hash }];
    keep
}

/// Owner and mode of a mountpoint, where they are not what zfs gives by itself.
pub fn access(profile: &Profile, name: &str, (owner, mode): (String, u32)) -> Option<Change> {
    let path = mountpoint_of(profile, name)?;
    let owner = (owner != "root:root").then_some(owner);
    let mode = (mode != 0o755).then_some(mode);
    let dataset = full(profile, name);
    let wished = owner.is_some() || mode.is_some();
    wished.then_some(Change::Access { dataset, path, owner, mode })
}

/// Makes a dataset; `name` is below the root.
fn create_dataset(profile: &Profile, name: &str, facts: &Facts) -> Step {
    let dataset = full(profile, name);
    let settings = wished_datasets(profile)
        .into_iter()
        .find(|(other, _)| other == name)
        .map(|(_, settings)| settings);
    let settings = settings.unwrap_or_default();
    let wish =
        profile.datasets.iter().find(|(other, _)| other.as_str() == name).map(|(_, wish)| wish);
    let asks = wish.is_some_and(|wish| wish.passphrase.is_some());
    let create = command::create_dataset(&dataset, &settings);
    let mut changes = run([if asks { create.asking(&dataset) } else { create }]);
    if let Some(wish) = wish {
        changes.extend(access(profile, name, wish.access()));
    }
    let mut before = vec![Condition::DatasetAbsent { dataset: dataset.clone() }];
    let mut what = format!("create dataset {dataset}");
    if asks {
        what.push_str(" with a passphrase that you type");
    }
    // One that is there is of a run that was cut off, or somebody's own: the plan refuses what is no key.
    if let Some(path) = facts.new_keys.get(&dataset).cloned() {
        what = format!("{what} with its own key in {path}");
        changes.insert(0, Change::NewKey { path: path.clone() });
        before.push(Condition::File { path, hash: None });
    }
    let mut make = step(what, Effect::Dataset, Danger::Harmless, changes);
    make.before = before;
    make.after = settings
        .into_iter()
        .map(|Setting { name, value }| Condition::Property {
            of: Of::Zfs,
            object: dataset.clone(),
            name,
            value,
        })
        .collect();
    make
}
