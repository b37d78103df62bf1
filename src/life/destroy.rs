//! A dataset goes, with its snapshots and all below it: by its full name alone, with what would be lost in plain sight.
//!
//! What goes is not computed here: `zfs destroy -n` lists it, and the list is shown. A dataset that the profile still names is not
//! destroyed, since the next apply would make it again and empty.

use crate::inventory::{Dataset, Inventory};
use crate::life::{ReplaceError, Task};
use crate::profile::Profile;
use crate::profile::places::full;
use crate::step::{Condition, Danger, Effect, Of, command, run, step};
use crate::units::Bytes;

mod refusal;

pub use refusal::DestroyError;

/// What is asked, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The look, with all of the pools.
    pub inventory: &'a Inventory,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// Full name: `tank/media`.
    pub dataset: &'a str,
    /// What `zfs destroy -n -v -p -r` said.
    pub would: Result<&'a str, &'a str>,
}

/// What `zfs destroy -n -v -p -r` lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// Datasets, by their full names.
    pub datasets: Vec<String>,
    /// Snapshots, by their full names.
    pub snapshots: Vec<String>,
    /// Bytes that become free.
    pub bytes: Option<Bytes>,
}

impl Loss {
    /// Reads the list: `destroy NAME` and `reclaim BYTES`, with a tab between.
    ///
    /// # Errors
    /// A line that is neither.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut loss = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.split_once('\t') {
                Some(("destroy", name)) if name.contains('@') => {
                    loss.snapshots.push(name.to_owned());
                }
                Some(("destroy", name)) => loss.datasets.push(name.to_owned()),
                Some(("reclaim", bytes)) => loss.bytes = bytes.parse().ok().map(Bytes),
                _ => return Err(format!("`zfs destroy -n` wrote {line:?}, which is not known")),
            }
        }
        Ok(loss)
    }
}

/// Makes the task.
///
/// # Errors
/// All that speaks against it.
pub fn make(request: &Request<'_>) -> Result<Task, ReplaceError> {
    let Request { inventory, dataset: name, .. } = *request;
    let pools =
        inventory.pools.as_ref().map_err(|why| ReplaceError::NotKnown { why: why.why.clone() })?;
    let pool_name = name.split('/').next().unwrap_or_default();
    let Some(pool) = pools.iter().find(|pool| pool.name == pool_name) else {
        let known = pools.iter().map(|pool| pool.name.clone()).collect();
        return Err(DestroyError::NoPool { name: name.to_owned(), known }.into());
    };
    if name == pool.name {
        return Err(DestroyError::WholePool { pool: name.to_owned() }.into());
    }
    let Some(dataset) = pool.datasets.iter().find(|it| it.name == name) else {
        let known = pool.datasets.iter().map(|it| it.name.clone()).collect();
        return Err(DestroyError::NoDataset { name: name.to_owned(), known }.into());
    };
    let below = |full: &String| *full == name || full.starts_with(&format!("{name}/"));
    let wished = request.wish.filter(|wish| wish.pool.name.as_str() == pool.name);
    let named =
        wished.into_iter().flat_map(|wish| wish.datasets.keys().map(|it| full(wish, it.as_str())));
    let named: Vec<String> = named.filter(below).collect();
    if !named.is_empty() {
        return Err(DestroyError::Wished { names: named }.into());
    }
    let said = |why: &str| DestroyError::Held { name: name.to_owned(), said: why.to_owned() };
    let loss = Loss::read(request.would.map_err(said)?).map_err(|why| said(&why))?;
    let mut out = step(
        format!("destroy {name}"),
        Effect::Destroy,
        Danger::Erases,
        run([command::destroy(name)]),
    );
    // The very dataset that was looked at, and no other of its name.
    out.before =
        property(dataset, "guid").map(|value| is(name, "guid", value)).into_iter().collect();
    out.after = vec![Condition::DatasetAbsent { dataset: name.to_owned() }];
    let mut facts = vec![(
        "lost".to_owned(),
        format!(
            "{} ({}), which only a backup can bring back",
            loss.bytes.unwrap_or(dataset.used).zfs(),
            count(&loss)
        ),
    )];
    let mut all: Vec<&String> =
        loss.datasets.iter().filter(|it| *it != name).chain(&loss.snapshots).collect();
    all.sort();
    facts.extend(all.iter().take(SHOWN).map(|it| ("with it".to_owned(), (*it).clone())));
    if all.len() > SHOWN {
        facts.push((
            "with it".to_owned(),
            format!("and {} more: `zfs destroy -nv -r {name}` lists them", all.len() - SHOWN),
        ));
    }
    if let Some(path) = property(dataset, "mountpoint").filter(|path| path.starts_with('/')) {
        facts.push(("mounted".to_owned(), path.to_owned()));
    }
    Ok(Task {
        what: format!("permanently destroy dataset {name}"),
        steps: vec![out],
        facts,
        ..Task::empty(inventory.taken, &pool.name, Vec::new())
    }
    .identified())
}

/// So many names are shown.
const SHOWN: usize = 6;

fn count(loss: &Loss) -> String {
    let words =
        |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!(
        "{}, {}",
        words(loss.datasets.len(), "dataset"),
        words(loss.snapshots.len(), "snapshot")
    )
}

fn property<'a>(dataset: &'a Dataset, name: &str) -> Option<&'a str> {
    dataset.properties.iter().find(|it| it.name == name).map(|it| it.value.as_str())
}

fn is(dataset: &str, name: &str, value: &str) -> Condition {
    Condition::Property {
        of: Of::Zfs,
        object: dataset.to_owned(),
        name: name.to_owned(),
        value: value.to_owned(),
    }
}

#[cfg(test)]
mod tests;
