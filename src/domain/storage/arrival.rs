//! A pool that came from elsewhere: which of its datasets are mounted here, and which would cover something.
//!
//! Where a dataset goes is written in the pool, by whoever had it last: the pool of another system puts one at `/root`, a
//! hostile one at `/etc/cron.d`, and ZFS mounts over files that are there. So a pool is imported without mounting anything,
//! and is left out of the file from which the next boot imports. Then each mountpoint is judged by the rules that hold for a
//! profile and by what is there; those that fit are mounted, and the pool comes back at boot once no other is left. What
//! is cut off anywhere is taken up by the same judgement.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;

use crate::inventory::{Dataset, Pool};
use crate::machine::{IoError, Machine};
use crate::profile::property::Setting;
use crate::profile::value::fit_to_mount;
use crate::step::{Condition, Danger, Effect, Of, Step, command, run, set, step};

/// The property that says from which file the next boot imports a pool.
const CACHEFILE: &str = "cachefile";
/// Links that are followed to where a path leads.
const LINKS: usize = 20;

/// What becomes of the datasets of a pool that was imported and not settled yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Arrival {
    /// The pool.
    pub pool: String,
    /// Those that are mounted, those above first.
    pub mount: Vec<Mount>,
    /// Those that are not.
    pub left: Vec<Left>,
    /// Those that were shared where they come from, and are not shared yet.
    pub shared: Vec<String>,
}

/// A dataset that is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Mount {
    /// Full name.
    pub dataset: String,
    /// Where.
    #[schemars(with = "String")]
    pub at: Utf8PathBuf,
    /// Whether it is shared too, as it says.
    pub share: bool,
}

/// A dataset that stays unmounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Unmounted")]
pub struct Left {
    /// Full name.
    pub dataset: String,
    /// Where it would be.
    pub at: String,
    /// Why not.
    pub why: String,
}

impl Left {
    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        let dataset = &self.dataset;
        let name = dataset.rsplit('/').next().unwrap_or(dataset);
        let elsewhere = Setting { name: "mountpoint".to_owned(), value: format!("/mnt/{name}") };
        let never = Setting { name: "canmount".to_owned(), value: "noauto".to_owned() };
        let set = |setting: &Setting| command::set(Of::Zfs, dataset, setting).to_string();
        format!("`{}`, or `{}`", set(&elsewhere), set(&never))
    }
}

fn told<'a>(dataset: &'a Dataset, name: &str) -> Option<&'a str> {
    let found = dataset.properties.iter().find(|property| property.name == name)?;
    Some(found.value.as_str())
}

/// Whether a pool was imported and is not settled: nothing of it would come back at boot.
pub fn is_unsettled(pool: &Pool) -> bool {
    pool.properties.iter().any(|it| it.name == CACHEFILE && it.value == "none")
}

/// The datasets that ZFS would mount by itself, those above first.
fn by_itself(pool: &Pool) -> Vec<(&Dataset, Utf8PathBuf)> {
    let would = |dataset: &&Dataset| {
        dataset.kind == "filesystem"
            && told(dataset, "canmount").is_none_or(|value| value == "on")
            && told(dataset, "mounted") == Some("no")
            && told(dataset, "keystatus") != Some("unavailable")
    };
    let place = |dataset| {
        let at = told(dataset, "mountpoint").filter(|at| at.starts_with('/'))?;
        Some((dataset, Utf8PathBuf::from(at)))
    };
    let mut all: Vec<_> = pool.datasets.iter().filter(would).filter_map(place).collect();
    all.sort_by(|(one, at), (other, by)| {
        (at.components().count(), at, &one.name).cmp(&(by.components().count(), by, &other.name))
    });
    all
}

/// Judges the datasets of a pool. `ours`: what it says of shares is our own word.
///
/// # Errors
/// What is mounted cannot be told.
pub fn judge(machine: &dyn Machine, pool: &Pool, ours: bool) -> Result<Arrival, IoError> {
    let mut arrival = Arrival { pool: pool.name.clone(), ..Arrival::default() };
    let mut taken = mounted(machine)?;
    for (dataset, at) in by_itself(pool) {
        // Where a place of the system's is left nothing is ever mounted that could cover what lies below.
        let later = |left: &&Left| at.starts_with(&left.at) && fit_to_mount(&left.at).is_ok();
        let below = arrival.left.iter().find(later);
        let why = below
            .map(|left| format!("it lies below {}, which is not mounted", left.dataset))
            .or_else(|| vacant(machine, &at).err())
            .or_else(|| {
                let covered = taken.contains(&at);
                covered.then(|| "something else is mounted there".to_owned())
            });
        if let Some(why) = why {
            let (dataset, at) = (dataset.name.clone(), at.into_string());
            arrival.left.push(Left { dataset, at, why });
            continue;
        }
        let on = |name| told(dataset, name).is_some_and(|value| value != "off");
        let shared = on("sharenfs") || on("sharesmb");
        if shared && !ours {
            arrival.shared.push(dataset.name.clone());
        }
        taken.insert(at.clone());
        arrival.mount.push(Mount { dataset: dataset.name.clone(), at, share: shared && ours });
    }
    Ok(arrival)
}

/// Where something is mounted.
fn mounted(machine: &dyn Machine) -> Result<BTreeSet<Utf8PathBuf>, IoError> {
    let text = match machine.file("/proc/self/mountinfo".into()) {
        Err(IoError::Unrecorded { .. }) => None,
        other => other?,
    };
    let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
    let mounts = crate::machine::mounts::mountpoints(&text).map_err(|why| IoError::System {
        what: "read".to_owned(),
        path: "/proc/self/mountinfo".into(),
        why,
    })?;
    Ok(mounts.into_iter().map(Utf8PathBuf::from).collect())
}

/// Whether something may be mounted at `path`, through whatever links: it is nobody's, and nothing is in it.
///
/// # Errors
/// Why not, in words.
pub fn vacant(machine: &dyn Machine, path: &Utf8Path) -> Result<(), String> {
    fit_to_mount(path.as_str()).map_err(|why| format!("it {why}"))?;
    let leads = leads_to(machine, path)?;
    if leads != path {
        fit_to_mount(leads.as_str()).map_err(|why| format!("it leads to {leads}, which {why}"))?;
    }
    match machine.list(&leads) {
        Ok(Some(names)) if !names.is_empty() => Err("it is not empty there".to_owned()),
        Ok(Some(_)) | Err(IoError::Unrecorded { .. }) => Ok(()),
        Ok(None) => {
            let beside = leads.parent().and_then(|dir| machine.list(dir).ok().flatten());
            let name = leads.file_name().unwrap_or_default();
            let there = beside.is_some_and(|names| names.iter().any(|it| it == name));
            if there { Err("what is there is no directory".to_owned()) } else { Ok(()) }
        }
        Err(why) => Err(why.to_string()),
    }
}

/// Where a dataset whose key is loaded would be mounted, if that covers nothing. `None`: nowhere by itself.
///
/// # Errors
/// What would be covered, in words; or where it would be is not told.
pub fn place_of(machine: &dyn Machine, dataset: &str) -> Option<Result<Utf8PathBuf, Left>> {
    let left = |at: &str, why: String| {
        Some(Err(Left { dataset: dataset.to_owned(), at: at.to_owned(), why }))
    };
    let told = |name: &str| {
        let cmd = command::get(Of::Zfs, dataset, name);
        let output = machine.read(&cmd).map_err(|why| why.to_string())?;
        output.ok(&cmd).map(|text| text.trim().to_owned()).map_err(|why| why.to_string())
    };
    let at = match told("mountpoint") {
        Ok(at) if at.starts_with('/') => Utf8PathBuf::from(at),
        Ok(_) => return None,
        Err(why) => return left("its mountpoint", format!("that is not known: {why}")),
    };
    if told("canmount").is_ok_and(|value| value == "off") {
        return None;
    }
    let covered = match mounted(machine) {
        Ok(taken) => taken.contains(&at).then(|| "something else is mounted there".to_owned()),
        Err(why) => Some(why.to_string()),
    };
    match covered.or_else(|| vacant(machine, &at).err()) {
        Some(why) => left(at.as_str(), why),
        None => Some(Ok(at)),
    }
}

/// The path with every link in it followed.
fn leads_to(machine: &dyn Machine, path: &Utf8Path) -> Result<Utf8PathBuf, String> {
    let parts = |path: &Utf8Path| -> Vec<String> {
        path.components().rev().map(|part| part.as_str().to_owned()).collect()
    };
    let mut todo = parts(path);
    let mut at = Utf8PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "/" => at = "/".into(),
            "." => {}
            ".." => {
                at.pop();
            }
            name => {
                let next = at.join(name);
                match machine.link(&next) {
                    Ok(Some(target)) => {
                        links += 1;
                        if links > LINKS {
                            return Err("links in it lead in a circle".to_owned());
                        }
                        todo.extend(parts(&target));
                    }
                    Ok(None) | Err(IoError::Unrecorded { .. }) => at = next,
                    Err(why) => return Err(why.to_string()),
                }
            }
        }
    }
    Ok(at)
}

impl Arrival {
    /// Mounts what fits, and lets the pool come back at boot where nothing is left.
    pub fn steps(&self) -> Vec<Step> {
        let mut all: Vec<Step> = self.mount.iter().map(Mount::step).collect();
        if self.left.is_empty() {
            let back = Setting { name: CACHEFILE.to_owned(), value: command::CACHE.to_owned() };
            let mut step = set(Of::Zpool, &self.pool, &back, "none");
            step.what = format!("import pool {} at boot", self.pool);
            all.push(step);
        }
        all
    }

    /// What is to be said of it: a word, and a sentence.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        for left in &self.left {
            rows.push((
                "left",
                format!("{} is not mounted at {}: {}", left.dataset, left.at, left.why),
            ));
            rows.push(("do this", left.remedy()));
        }
        if !self.left.is_empty() {
            rows.push((
                "boot",
                format!(
                    "{0} does not come back at boot before that is settled: then `zbay import {0}`",
                    self.pool
                ),
            ));
        }
        for dataset in &self.shared {
            let off = |name: &str| {
                let off = Setting { name: name.to_owned(), value: "off".to_owned() };
                command::set(Of::Zfs, dataset, &off)
            };
            rows.push((
                "shared",
                format!("{dataset} was shared where it comes from, and is from the next boot on: `{}` and `{}` keep it private", off("sharenfs"), off("sharesmb")),
            ));
        }
        rows
    }
}

impl Mount {
    /// Mounts it, where the place is still vacant.
    pub fn step(&self) -> Step {
        let mut cmds = vec![command::mount(&self.dataset)];
        cmds.extend(self.share.then(|| command::share(&self.dataset)));
        let what = format!("mount {} at {}", self.dataset, self.at);
        let mut step = step(what, Effect::Mount, Danger::Harmless, run(cmds));
        step.before = vec![Condition::Vacant { path: self.at.clone() }];
        step.after = vec![Condition::Property {
            of: Of::Zfs,
            object: self.dataset.clone(),
            name: "mounted".to_owned(),
            value: "yes".to_owned(),
        }];
        step
    }
}

#[cfg(test)]
mod tests;
