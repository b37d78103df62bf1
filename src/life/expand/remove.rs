//! What leaves a pool again: logs, caches and spares at any time, a copy of a mirror, and a whole vdev where no raidz is.

use super::{ExpandError, Needed, Request, Space, data, fact, feature, part, ready};
use super::{space, task, usable_facts};
use crate::drive::Drive;
use crate::inventory::{Class, Pool, State, Vdev};
use crate::life::member::Member;
use crate::life::{Follows, ReplaceError, Task, called, replace};
use crate::step::{Condition, Danger, Effect, command, run, step};
use crate::units::Bytes;

pub(super) fn make(request: &Request<'_>, what: &str) -> Result<Task, ReplaceError> {
    let pools = request.pools()?;
    let all = pools.iter().flat_map(|pool| pool.vdevs.iter().map(|vdev| (*pool, vdev)));
    // A device that is gone has no bay: ZFS's own number for it is taken too.
    let called = all.filter(|(pool, vdev)| {
        vdev.guid.to_string() == what
            || vdev.name == what
            || format!("{}/{}", pool.name, vdev.name) == what
    });
    match called.collect::<Vec<_>>()[..] {
        [] => {}
        [(pool, vdev)] => return of_vdev(request, pool, vdev),
        ref many => {
            let known = many.iter().map(|(pool, vdev)| part(pool, vdev)).collect();
            return Err(ExpandError::Ambiguous { word: what.to_owned(), known }.into());
        }
    }
    let word = || if called::is_number(what) { called::spoken(what) } else { what.to_owned() };
    match called::members(&request.known(), &request.members()?, what)[..] {
        [one] => of_member(request, one),
        [] => Err(ExpandError::NoMember { word: word() }.into()),
        ref many => {
            let known = many.iter().map(|it| format!("{} ({})", it.part(), it.leaf.guid)).collect();
            Err(ExpandError::Ambiguous { word: word(), known }.into())
        }
    }
}

fn of_member(request: &Request<'_>, member: Member<'_>) -> Result<Task, ReplaceError> {
    let (pool, vdev) = (member.pool, member.vdev);
    match vdev.kind.as_str() {
        "mirror" => detach(request, member),
        "disk" => of_vdev(request, pool, vdev),
        _ if matches!(vdev.class, Class::Cache | Class::Spare) => of_vdev(request, pool, vdev),
        _ => {
            let drive = member.disk.map(|disk| Box::new(Drive::of(request.sight.hw, disk)));
            Err(ExpandError::Narrower { drive, vdev: part(pool, vdev) }.into())
        }
    }
}

fn of_vdev(request: &Request<'_>, pool: &Pool, vdev: &Vdev) -> Result<Task, ReplaceError> {
    match vdev.class {
        Class::Log | Class::Cache | Class::Spare => aside(request, pool, vdev),
        Class::Normal | Class::Special | Class::Dedup => evacuate(request, pool, vdev),
    }
}

/// The rows about the drives of a vdev.
fn rows(request: &Request<'_>, vdev: &Vdev) -> Vec<(String, String)> {
    let disk = |leaf: &crate::inventory::Leaf| {
        let disks = request.sight.inventory.disks.iter();
        let disk = disks.clone().find(|disk| leaf.disk.as_ref() == Some(&disk.name));
        match disk {
            Some(disk) => {
                replace::row("out", &Drive::of(request.sight.hw, disk), leaf.state.as_str())
            }
            None => ("out".to_owned(), format!("member {}  {}", leaf.guid, leaf.state)),
        }
    };
    vdev.leaves.iter().map(disk).collect()
}

/// A log, a cache, a spare: nothing of the pool is on it.
fn aside(request: &Request<'_>, pool: &Pool, vdev: &Vdev) -> Result<Task, ReplaceError> {
    ready(pool, Needed::Working)?;
    if let Some(busy) = vdev.leaves.iter().find(|leaf| leaf.state == State::InUse) {
        let what = format!("spare {}", busy.guid);
        return Err(ExpandError::NotWell { what, state: busy.state.to_string() }.into());
    }
    let class = match vdev.class {
        Class::Log => "log",
        Class::Cache => "cache",
        _ => "spare",
    };
    let what = format!("remove a {class} from pool {}", pool.name);
    let mut remove =
        step(&what, Effect::Leave, Danger::Harmless, run([command::remove(&pool.name, vdev.guid)]));
    let leaf = |guid: u64| (pool.name.clone(), guid.to_string());
    remove.before =
        vec![Condition::PoolImported { pool: pool.name.clone(), guid: pool.guid.to_string() }];
    remove.after = vdev
        .leaves
        .iter()
        .map(|it| leaf(it.guid))
        .map(|(pool, guid)| Condition::LeafGone { pool, guid })
        .collect();
    let mut facts = vec![fact("usable", "as before: it holds no data of the pool")];
    if vdev.class == Class::Log {
        facts.push(fact("costs", "synchronous writes go to the data drives again and are slower"));
    }
    Ok(Task {
        what,
        steps: vec![remove],
        drives: rows(request, vdev),
        facts,
        ..task(request, pool, Vec::new())
    }
    .identified())
}

/// A copy of a mirror.
fn detach(request: &Request<'_>, member: Member<'_>) -> Result<Task, ReplaceError> {
    let (pool, vdev) = (member.pool, member.vdev);
    ready(pool, Needed::Working)?;
    let name = part(pool, vdev);
    if vdev.is_shared() {
        return Err(ReplaceError::Replacing { pool: pool.name.clone(), vdev: name });
    }
    let others = || vdev.leaves.iter().filter(|leaf| leaf.guid != member.leaf.guid);
    if pool.may_take_out(vdev, member.leaf).is_err() {
        let drive = member.disk.map(|disk| Box::new(Drive::of(request.sight.hw, disk)));
        return Err(ExpandError::LastCopy { drive, vdev: name }.into());
    }
    let what = format!("remove a copy from {name}");
    let mut detach = step(
        &what,
        Effect::Leave,
        Danger::Harmless,
        run([command::detach(&pool.name, member.leaf.guid)]),
    );
    let states = |leaf: &crate::inventory::Leaf| Condition::LeafIs {
        pool: pool.name.clone(),
        guid: leaf.guid.to_string(),
        states: vec![leaf.state.to_string()],
    };
    detach.before = vec![member.as_seen()];
    detach.before.extend(others().map(states));
    detach.after =
        vec![Condition::LeafGone { pool: pool.name.clone(), guid: member.leaf.guid.to_string() }];
    let mut facts = vec![fact("usable", "as before: each copy holds everything")];
    facts.push(match vdev.width {
        2 => fact(
            "warning",
            format!(
                "{name} then has no redundancy: if the remaining drive fails, it is lost, and if \
                 it holds data, so is the pool"
            ),
        ),
        width => fact("survives", format!("{} of the remaining drives", width - 2)),
    });
    facts.push(fact(
        "drive",
        "it keeps its partition table; to use it for something else: `--take WWN=SERIAL`",
    ));
    let mut drives = rows(request, vdev);
    for ((word, _), leaf) in drives.iter_mut().zip(&vdev.leaves) {
        if leaf.guid != member.leaf.guid {
            "stays".clone_into(word);
        }
    }
    Ok(Task { what, steps: vec![detach], drives, facts, ..task(request, pool, Vec::new()) }
        .identified())
}

/// A whole vdev: its data moves to the others.
fn evacuate(request: &Request<'_>, pool: &Pool, vdev: &Vdev) -> Result<Task, ReplaceError> {
    let name = part(pool, vdev);
    let vital = |it: &&Vdev| matches!(it.class, Class::Normal | Class::Special | Class::Dedup);
    let parity = |it: &&Vdev| it.kind.starts_with("raidz") || it.kind.starts_with("draid");
    if let Some(raidz) = pool.vdevs.iter().filter(vital).find(parity) {
        return Err(ExpandError::Raidz { vdev: name, raidz: raidz.name.clone() }.into());
    }
    if vdev.class == Class::Normal && data(pool).count() < 2 {
        return Err(ExpandError::LastVdev { pool: pool.name.clone() }.into());
    }
    ready(pool, Needed::Online)?;
    feature(pool, "device_removal")?;
    let checkpoint = pool.properties.iter().find(|it| it.name == "checkpoint");
    if checkpoint.is_some_and(|it| it.value.parse::<u64>().is_ok_and(|bytes| bytes > 0)) {
        return Err(ExpandError::Checkpoint { pool: pool.name.clone() }.into());
    }
    let mut ashifts: Vec<u8> = pool.vdevs.iter().filter(vital).filter_map(|it| it.ashift).collect();
    ashifts.sort_unstable();
    ashifts.dedup();
    if ashifts.len() > 1 {
        return Err(ExpandError::Ashifts { pool: pool.name.clone(), ashifts }.into());
    }
    let allocated = vdev.allocated.unwrap_or(Bytes::ZERO);
    let free = pool.datasets.first().map_or(Bytes::ZERO, |root| root.available);
    let space = Space::of(pool, request.sight.inventory);
    let after = space.without(vdev);
    let used = pool.datasets.first().map_or(Bytes::ZERO, |root| root.used);
    if free < allocated || after.is_some_and(|after| after < used) {
        return Err(ExpandError::NoRoom { vdev: name, allocated, free }.into());
    }
    let what = format!("remove {} from pool {}", vdev.name, pool.name);
    let mut remove =
        step(&what, Effect::Leave, Danger::Harmless, run([command::remove(&pool.name, vdev.guid)]));
    remove.before = vec![Condition::PoolOnline { pool: pool.name.clone() }];
    remove.before.extend(vdev.leaves.iter().map(|leaf| Condition::LeafIs {
        pool: pool.name.clone(),
        guid: leaf.guid.to_string(),
        states: vec![leaf.state.to_string()],
    }));
    let (mut facts, usable) = usable_facts(&space, after);
    facts.push(fact("takes", space::hours(vdev, 1)));
    facts.push(fact(
        "during",
        "the pool stays usable; `zpool remove -s POOL` stops it, and it resumes after a power cut",
    ));
    facts.push(fact(
        "fixed",
        "a table of where its blocks went stays in the pool and in memory until they are rewritten",
    ));
    Ok(Task {
        what,
        steps: vec![remove],
        drives: rows(request, vdev),
        facts,
        follows: Follows::Removal,
        usable: Some(usable),
        ..task(request, pool, Vec::new())
    }
    .identified())
}
