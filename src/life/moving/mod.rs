//! A pool comes to a box, or leaves it: import after the system was reinstalled, export before the drives move.
//!
//! A pool that another host had last and did not export may be in use there: it is imported only where a person names that
//! host. What is imported is named by its GUID, and looked for only on the drives whose labels name it.

use crate::domain::host::{self, Own};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Disk, ForeignPool, ImportablePool, Inventory, Owner, Pool, Reason, State};
use crate::life::{ReplaceError, Task, member};
use crate::plan::import;
use crate::profile::Profile;
use crate::status::waiting::waiting;
use crate::step::{Condition, Danger, Effect, Fingerprint, Import, command, run, step};

mod refusal;

pub use refusal::MoveError;

/// What is asked of `import`, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The look.
    pub inventory: &'a Inventory,
    /// What a hostid could be made from.
    pub own: &'a Own,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// The pool's name or GUID; `None`: the only one that is there.
    pub pool: Option<&'a str>,
    /// The host that a person named as the one that had it last.
    pub from: Option<&'a str>,
    /// Import it though its log is lost, with what was in the log and nowhere else.
    pub without_log: bool,
}

/// Makes the task of an import.
///
/// # Errors
/// All that speaks against it.
pub fn import(request: &Incoming<'_>) -> Result<Task, ReplaceError> {
    let Incoming { hw, inventory, own, .. } = *request;
    let listed = wanted(request)?;
    let members = members_of(inventory, &listed.guid);
    let newest = members.iter().map(|(_, label)| *label).max_by_key(|label| label.txg);
    let name = &listed.name;
    let waits = waiting(listed, inventory.importable.as_deref().unwrap_or_default());
    let is_never = matches!(
        listed.reason,
        Reason::InUse | Reason::Newer | Reason::Features | Reason::ReadOnly | Reason::Damaged
    );
    if is_never {
        let places = places(hw, &members);
        return Err(
            MoveError::Refused { says: waits.to_string(), means: waits.means(), places }.into()
        );
    }
    if listed.log_lost && !request.without_log {
        return Err(MoveError::NoLog { pool: name.clone() }.into());
    }
    if !(listed.state.is_working() || request.without_log) {
        let places = places(hw, &members);
        return Err(
            MoveError::Refused { says: waits.to_string(), means: waits.means(), places }.into()
        );
    }
    let Some(label) = newest else {
        return Err(MoveError::Unlabelled { pool: name.clone() }.into());
    };
    let hostid = host::own_hostid(inventory, own);
    let force = import::whose(label, hostid.as_deref(), request.from).map_err(|host| {
        MoveError::Elsewhere { pool: name.clone(), host, last: import::last_used(label) }
    })?;
    let known: Option<Vec<_>> = members.iter().map(|(disk, _)| disk.address.clone()).collect();
    let enough = known.filter(|known| known.len() == listed.members.len());
    let import = Import {
        pool: name.clone(),
        guid: listed.guid.clone(),
        state: listed.state.to_string(),
        // Of partitions that are not the first the label on the disk does not tell: then all are looked at.
        devices: enough
            .filter(|_| listed.members.iter().all(|it| !is_other_part(it)))
            .map(|all| all.iter().map(|disk| command::part(disk, 1)).collect())
            .unwrap_or_default(),
        force,
        last: import::last_used(label),
        without_log: request.without_log,
    };
    let mut steps = Vec::new();
    if inventory.host.hostid.is_none() {
        steps.extend(host::hostid(inventory, own));
    }
    let prints: Vec<_> =
        members.iter().map(|(disk, _)| Fingerprint::of(hw, disk, "data")).collect();
    steps.push(import::step(&import, &prints));
    let row = |(disk, _): &(&Disk, &ForeignPool)| {
        let drive = Drive::of(hw, disk);
        ("member".to_owned(), format!("{}  {}", drive.place(), drive.label()))
    };
    let mut facts = vec![
        ("pool".to_owned(), format!("{name}, GUID {}, {}", listed.guid, listed.state)),
        ("last".to_owned(), import.last.clone()),
    ];
    if let Some((said, remedy)) = import::other_name(label, inventory).filter(|_| !force) {
        facts.push(("name".to_owned(), format!("{said}: {remedy}")));
    }
    facts.push((
        "mounts".to_owned(),
        "its datasets at their own mountpoints, except any that would hide something here"
            .to_owned(),
    ));
    if force {
        let host = request.from.unwrap_or_default();
        facts.push((
            "danger".to_owned(),
            format!(
                "two hosts that write to one pool destroy it: make sure that `{host}` is off or \
                 has exported it"
            ),
        ));
    }
    if request.without_log {
        facts.push((
            "danger".to_owned(),
            "the last few seconds of writes, if they were only in the lost log, are gone"
                .to_owned(),
        ));
    }
    let wished = request.wish.is_some_and(|wish| wish.pool.name.as_str() == name);
    let then = match request.wish {
        Some(_) if wished => "`zbay verify` compares it with the recorded profile".to_owned(),
        _ => format!("`zbay adopt {name}` records a profile for it, so that zbay looks after it"),
    };
    Ok(Task {
        what: format!("import pool {name}"),
        steps,
        drives: members.iter().map(row).collect(),
        facts,
        then: Some(then),
        ..Task::empty(inventory.taken, name, Vec::new())
    }
    .identified())
}

/// `wwn-0x...-part2`: on a partition that is not the first.
fn is_other_part(member: &str) -> bool {
    member.rsplit_once("-part").is_some_and(|(_, number)| number != "1")
}

/// The pool that is meant.
fn wanted<'a>(request: &Incoming<'a>) -> Result<&'a ImportablePool, ReplaceError> {
    let inventory = request.inventory;
    let listed = inventory
        .importable
        .as_ref()
        .map_err(|why| ReplaceError::NotKnown { why: why.why.clone() })?;
    let there: Vec<&ImportablePool> = listed.iter().filter(|pool| !pool.destroyed).collect();
    let words = |pools: &[&ImportablePool]| {
        let say =
            |pool: &&ImportablePool| format!("{}, GUID {}, {}", pool.name, pool.guid, pool.state);
        pools.iter().map(say).collect::<Vec<_>>()
    };
    let imported = |name: &str| inventory.pools.iter().flatten().any(|pool| pool.name == name);
    let Some(word) = request.pool else {
        return match there[..] {
            [one] if imported(&one.name) => {
                Err(MoveError::NameTaken { pool: one.name.clone() }.into())
            }
            [one] => Ok(one),
            [] => {
                let here = inventory.pools.iter().flatten().map(|pool| pool.name.clone()).collect();
                let destroyed = listed.iter().map(|pool| pool.name.clone()).collect();
                Err(MoveError::Nothing { here, destroyed }.into())
            }
            ref many => Err(MoveError::Which { known: words(many) }.into()),
        };
    };
    let meant: Vec<&ImportablePool> =
        there.iter().filter(|pool| pool.name == word || pool.guid == word).copied().collect();
    match meant[..] {
        [one] if imported(&one.name) => Err(MoveError::NameTaken { pool: one.name.clone() }.into()),
        [one] => Ok(one),
        [] if imported(word) => Err(MoveError::Here { pool: word.to_owned() }.into()),
        [] => Err(MoveError::NoSuch { word: word.to_owned(), known: words(&there) }.into()),
        ref many => Err(MoveError::Which { known: words(many) }.into()),
    }
}

/// The disks whose labels name the pool.
fn members_of<'a>(inventory: &'a Inventory, guid: &str) -> Vec<(&'a Disk, &'a ForeignPool)> {
    let label = |disk: &'a Disk| match &disk.contents.as_ref().ok()?.owner {
        Owner::ForeignPool(pool) if pool.guid.as_deref() == Some(guid) => Some((disk, pool)),
        _ => None,
    };
    inventory.disks.iter().filter_map(label).collect()
}

fn places(hw: &Hw, members: &[(&Disk, &ForeignPool)]) -> Vec<String> {
    let say = |(disk, _): &(&Disk, &ForeignPool)| {
        let drive = Drive::of(hw, disk);
        format!("{}  {}", drive.place(), drive.label())
    };
    members.iter().map(say).collect()
}

/// What is asked of `export`, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The look.
    pub inventory: &'a Inventory,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// The pool; `None`: the only one.
    pub pool: Option<&'a str>,
    /// Whether zbay-firstboot.service would apply the profile at the next boot.
    pub first_boot_waits: bool,
}

/// Makes the task of an export.
///
/// # Errors
/// All that speaks against it.
pub fn export(request: &Outgoing<'_>) -> Result<Task, ReplaceError> {
    let Outgoing { hw, inventory, .. } = *request;
    let pool = one_pool(inventory, request.pool)?;
    let name = &pool.name;
    if pool.state == State::Suspended {
        return Err(ReplaceError::Suspended { pool: name.clone() });
    }
    let mut out = step(
        format!("export pool {name}"),
        Effect::Export,
        Danger::Harmless,
        run([command::export(name)]),
    );
    out.before = vec![Condition::PoolImported { pool: name.clone(), guid: pool.guid.to_string() }];
    out.after = vec![Condition::PoolNotImported { pool: name.clone() }];
    let members = member::all(inventory);
    let of_it = members.iter().filter(|member| member.pool.guid == pool.guid);
    let row = |member: &member::Member<'_>| {
        let drive = Drive::of(hw, member.disk?);
        Some(("member".to_owned(), format!("{}  {}", drive.place(), drive.label())))
    };
    let mut facts = vec![
        (
            "loses".to_owned(),
            "nothing; its datasets and their shares are unavailable here until it is imported again"
                .to_owned(),
        ),
        (
            "then".to_owned(),
            format!(
                "all its drives move together, into any bays: `zbay import {name}` there"
            ),
        ),
    ];
    if pool.state != State::Online {
        facts.push((
            "state".to_owned(),
            format!("{name} is {}: it moves as it is and is repaired there", pool.state),
        ));
    }
    if let Some(busy) = &pool.busy {
        facts.push((
            "runs".to_owned(),
            format!("{busy}; it continues wherever the pool is imported"),
        ));
    }
    let wished = request.wish.is_some_and(|wish| wish.pool.name.as_str() == name);
    if wished && request.first_boot_waits {
        facts.push((
            "boot".to_owned(),
            "zbay-firstboot.service has not finished here and would import it at the next boot: \
             take the drives out first"
                .to_owned(),
        ));
    }
    Ok(Task {
        what: format!("export pool {name}"),
        steps: vec![out],
        drives: of_it.filter_map(row).collect(),
        facts,
        ..Task::empty(inventory.taken, name, Vec::new())
    }
    .identified())
}

/// The pool that was named, or the only one.
///
/// # Errors
/// None is imported, not this one, or several are and none was named.
pub fn one_pool<'a>(
    inventory: &'a Inventory,
    named: Option<&str>,
) -> Result<&'a Pool, ReplaceError> {
    let pools =
        inventory.pools.as_ref().map_err(|why| ReplaceError::NotKnown { why: why.why.clone() })?;
    let all = || pools.iter().map(|pool| pool.name.clone()).collect::<Vec<_>>();
    match (named, &pools[..]) {
        (_, []) => Err(ReplaceError::NoPool),
        (None, [one]) => Ok(one),
        (None, _) => Err(MoveError::WhichHere { known: all() }.into()),
        (Some(name), pools) => pools
            .iter()
            .find(|pool| pool.name == name)
            .ok_or_else(|| MoveError::NotHere { word: name.to_owned(), known: all() }.into()),
    }
}

#[cfg(test)]
mod tests;
