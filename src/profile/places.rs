//! What a profile says of its datasets as a whole: their full names, settings and mountpoints, inherited ones included.

use camino::Utf8PathBuf;

use crate::profile::Profile;
use crate::profile::property::Setting;

/// The full name of a dataset; the empty name is the root.
pub fn full(profile: &Profile, name: &str) -> String {
    if name.is_empty() {
        profile.pool.name.to_string()
    } else {
        format!("{}/{name}", profile.pool.name)
    }
}

/// The wished datasets with their settings, parents that are not named included, parents first.
pub fn wished_datasets(profile: &Profile) -> Vec<(String, Vec<Setting>)> {
    let mut all: Vec<(String, Vec<Setting>)> = Vec::new();
    for (name, wish) in &profile.datasets {
        let name = name.as_str();
        for (at, _) in name.match_indices('/') {
            let parent = &name[..at];
            if !all.iter().any(|(other, _)| other == parent) {
                all.push((parent.to_owned(), Vec::new()));
            }
        }
        match all.iter_mut().find(|(other, _)| other == name) {
            Some((_, settings)) => *settings = wish.settings(),
            None => all.push((name.to_owned(), wish.settings())),
        }
    }
    all
}

/// The wished feature set.
pub fn compatibility(profile: &Profile) -> String {
    value_of(&profile.pool.properties.settings(), "compatibility").unwrap_or_default()
}

fn value_of(settings: &[Setting], name: &str) -> Option<String> {
    settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.clone())
}

/// Where the profile mounts things: the root and each dataset, inherited paths included.
pub fn mountpoints(profile: &Profile) -> Vec<Utf8PathBuf> {
    let root = value_of(&profile.pool.root.root_settings(profile.pool.name.as_str()), "mountpoint");
    let root = root.filter(|path| path.starts_with('/')).map(Utf8PathBuf::from);
    let own = profile.datasets.values().filter_map(|wish| value_of(&wish.settings(), "mountpoint"));
    let own = own.filter(|path| path.starts_with('/')).map(Utf8PathBuf::from);
    root.into_iter().chain(own).collect()
}

/// Where the dataset `name` (below the root; the root itself is empty) is mounted; `None`: nowhere.
pub fn mountpoint_of(profile: &Profile, name: &str) -> Option<Utf8PathBuf> {
    let mut below = Vec::new();
    let mut at = name;
    loop {
        let settings = if at.is_empty() {
            profile.pool.root.root_settings(profile.pool.name.as_str())
        } else {
            let wish = profile.datasets.iter().find(|(dataset, _)| dataset.as_str() == at);
            wish.map(|(_, wish)| wish.settings()).unwrap_or_default()
        };
        if let Some(path) = value_of(&settings, "mountpoint") {
            let mut whole = path.starts_with('/').then(|| Utf8PathBuf::from(path))?;
            whole.extend(below.iter().rev());
            return Some(whole);
        }
        let (parent, last) = at.rsplit_once('/').unwrap_or(("", at));
        below.push(last);
        at = parent;
    }
}
