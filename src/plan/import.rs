//! Old drives in a box that does not know them (a fresh boot device): the pool is imported, not recreated.
//!
//! Pure. It is the same pool where the labels in all wished data bays name one pool of the wished name, and
//! `zpool import` lists that very pool as usable. It is ours to import where it was exported, or last used by a
//! host with this box's own hostid; else a person has to name the host that had it (`--from-host HOST`).

use camino::Utf8PathBuf;

use crate::check::{Note, Rule, Severity};
use crate::inventory::{ForeignPool, ImportablePool, Inventory, MARK, Owner, PoolState};
use crate::plan::pick::{Picked, Picks};
use crate::step::{Condition, Danger, Effect, Fingerprint, Import, Link, Step, command};
use crate::words::plain;

/// Why a pool that is all there is not imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Name.
    pub pool: String,
    /// The host, as the labels name it.
    pub host: String,
    /// Who used it last and when, in words.
    pub last: String,
}

/// The pool to import, if the wished bays hold one. `hostid`: this box's, or the one that it is about to get.
///
/// # Errors
/// It was last used by another host, and `adopt` does not name it.
pub fn own(
    name: &str,
    picks: &Picks<'_>,
    inventory: &Inventory,
    hostid: Option<&str>,
    adopt: Option<&str>,
) -> Result<Option<Import>, Elsewhere> {
    let Some((label, listed)) = find(name, picks, inventory) else { return Ok(None) };
    let last = last_used(label);
    let force = match whose(label, hostid, adopt) {
        Ok(force) => force,
        Err(host) => return Err(Elsewhere { pool: name.to_owned(), host, last }),
    };
    Ok(Some(Import {
        pool: name.to_owned(),
        guid: listed.guid.clone(),
        state: listed.state.to_string(),
        devices: devices(picks, listed),
        force,
        last,
        without_log: false,
    }))
}

/// Whether a pool has to be forced: true where another host had it last, did not export it, and a person named that host.
///
/// # Errors
/// That host, where nobody named it.
pub fn whose(
    label: &ForeignPool,
    hostid: Option<&str>,
    named: Option<&str>,
) -> Result<bool, String> {
    let ours = label.state == PoolState::Exported
        || label.hostid.as_deref().is_none_or(|id| Some(id) == hostid);
    let host = label.hostname.clone().or_else(|| label.hostid.clone()).unwrap_or_default();
    if !ours && named != Some(host.as_str()) { Err(host) } else { Ok(!ours) }
}

/// What is to know where the labels name another host than this one, although the hostid is this one's: a hostid of firmware
/// that boards share would be equal too. What is so, and what to do.
pub fn other_name(label: &ForeignPool, inventory: &Inventory) -> Option<(String, String)> {
    let there = label.hostname.as_deref()?;
    let here = inventory.host.facts.as_ref().map(|facts| facts.hostname.as_str())?;
    if there == here || here.is_empty() || label.state == PoolState::Exported {
        return None;
    }
    let (there, here) = (plain(there), plain(here));
    Some((
        format!("the labels name host `{there}`, and this host is `{here}`, with the same hostid"),
        format!(
            "if `{there}` is another machine that can reach these drives, make sure that it does \
             not have the pool imported"
        ),
    ))
}

/// The same as a note of a plan that imports; nothing where a person named the host.
pub fn other_name_note(import: &Import, picks: &Picks<'_>, inventory: &Inventory) -> Option<Note> {
    let labels = picks.data.iter().flatten().filter_map(|pick| {
        match &pick.disk.contents.as_ref().ok()?.owner {
            Owner::ForeignPool(pool) if pool.guid.as_ref() == Some(&import.guid) => Some(pool),
            _ => None,
        }
    });
    let label = labels.max_by_key(|label| label.last_used)?;
    let (message, remedy) = other_name(label, inventory).filter(|_| !import.force)?;
    let (severity, rule) = (Severity::Warning, Rule::OtherName);
    Some(Note { severity, rule, at: String::new(), message, remedy, bay: None, wwn: None })
}

/// The label that all data bays agree on, and the pool as `zpool import` lists it.
fn find<'a>(
    name: &str,
    picks: &Picks<'a>,
    inventory: &'a Inventory,
) -> Option<(&'a ForeignPool, &'a ImportablePool)> {
    let label = |pick: &Picked<'a>| match &pick.disk.contents.as_ref().ok()?.owner {
        Owner::ForeignPool(pool) if pool.name.as_deref() == Some(name) => Some(pool),
        _ => None,
    };
    let labels: Option<Vec<&ForeignPool>> = picks.data.iter().flatten().map(label).collect();
    let labels = labels?;
    let best = labels.iter().max_by_key(|label| label.last_used)?;
    let usable = |label: &&ForeignPool| {
        label.guid.is_some()
            && label.guid == best.guid
            && [PoolState::Active, PoolState::Exported].contains(&label.state)
    };
    if !labels.iter().all(usable) {
        return None;
    }
    let listed = inventory.importable.as_ref().ok()?.iter().find(|pool| {
        !pool.destroyed && Some(&pool.guid) == best.guid.as_ref() && pool.state.is_working()
    })?;
    Some((best, listed))
}

/// Whether the labels of a pool in the wished bays carry the comment that zbay gives to pools that it makes.
pub fn is_marked(import: &Import, picks: &Picks<'_>) -> bool {
    let label = |pick: &Picked<'_>| match &pick.disk.contents.as_ref().ok()?.owner {
        Owner::ForeignPool(pool) if pool.guid.as_ref() == Some(&import.guid) => {
            pool.comment.clone()
        }
        _ => None,
    };
    picks.data.iter().flatten().filter_map(label).any(|comment| comment.starts_with(MARK))
}

/// The members by the wished bays, where those are all that the pool has.
fn devices(picks: &Picks<'_>, listed: &ImportablePool) -> Vec<Utf8PathBuf> {
    let mut devices = Vec::new();
    for (pick, role) in picks.all() {
        let Some(address) = &pick.disk.address else { return Vec::new() };
        devices.push(command::part(address, 1));
        if role == "log and cache" {
            devices.push(command::part(address, 2));
        }
    }
    if devices.len() == listed.members.len() { devices } else { Vec::new() }
}

/// `last used by host `oldnas` on 2024-03-02, not exported, txg 4711`.
pub fn last_used(label: &ForeignPool) -> String {
    let host = match (&label.hostname, &label.hostid) {
        (Some(name), _) => format!("host `{}`", plain(name)),
        (None, Some(id)) => format!("a host with hostid {}", plain(id)),
        (None, None) => "a host that it does not name".to_owned(),
    };
    let when = label.last_used.map(|when| format!(" on {}", when.strftime("%Y-%m-%d")));
    let txg = label.txg.map(|txg| format!(", txg {txg}")).unwrap_or_default();
    format!("last used by {host}{}, {}{txg}", when.unwrap_or_default(), label.state)
}

/// The step.
pub fn step(import: &Import, disks: &[Fingerprint]) -> Step {
    let mut before: Vec<Condition> =
        disks.iter().map(|disk| Condition::AsSeen { disk: disk.clone() }).collect();
    before.push(Condition::PoolNotImported { pool: import.pool.clone() });
    Step {
        what: format!("import pool {}, {}", import.pool, import.last),
        effect: Effect::Import,
        link: Link::default(),
        danger: Danger::Harmless,
        before,
        rehearsal: None,
        changes: vec![crate::machine::Change::Run(command::import(import))],
        again: None,
        after: vec![Condition::PoolImported {
            pool: import.pool.clone(),
            guid: import.guid.clone(),
        }],
    }
}
