//! A vdev's drives give way to larger ones, one by one: over days, with a look between two of them.
//!
//! What is done already is read off the drives themselves, so that nothing has to be kept between: each time it is said
//! which members are still small, what is usable now, and what will be after the last one.

use super::{ExpandError, Needed, Request, Space, fact, part, ready, task, usable_facts};
use crate::capacity;
use crate::drive::Drive;
use crate::inventory::Class;
use crate::life::member::{self, Member};
use crate::life::new_drive::{self, reserved};
use crate::life::{ReplaceError, Task, called, replace};
use crate::names::BayId;
use crate::step::{Danger, Effect, command, run, step};
use crate::units::Bytes;
use crate::words::bays;

pub(super) fn make(
    request: &Request<'_>,
    word: &str,
    with: Option<&str>,
) -> Result<Task, ReplaceError> {
    let sight = &request.sight;
    let known = request.known();
    let bay = &called::spot(&known, word)?;
    let with = with.map(|word| called::spot(&known, word)).transpose()?;
    let with = with.as_ref();
    let members = request.members()?;
    let sits = members.iter().find(|member| bay.has(sight.hw, member)).copied();
    let target = sits.ok_or_else(|| ExpandError::NoMember { word: bay.spoken() })?;
    let (pool, vdev) = (target.pool, target.vdev);
    ready(pool, Needed::Working)?;
    if vdev.is_shared() {
        return Err(ReplaceError::Replacing { pool: pool.name.clone(), vdev: part(pool, vdev) });
    }
    if !target.is_well() {
        let what = format!("the drive in {}", bay.spoken());
        return Err(ExpandError::NotWell { what, state: target.leaf.state.to_string() }.into());
    }
    member::least(vdev, sight.inventory)
        .map_err(|why| ReplaceError::Untold { vdev: target.part(), why })?;
    let of_vdev: Vec<Member<'_>> = members.iter().filter(|it| it.vdev.is(vdev)).copied().collect();
    let space = Space::of(pool, sight.inventory);
    let now = space.with(vdev, |part| {
        part.vdev.leaves =
            vdev.leaves.iter().map(|leaf| Some(leaf_of(leaf.partition?))).collect::<Option<_>>()?;
        Some(())
    });
    if with.is_none()
        && let (Some(after), Some(before)) = (now, space.before())
        && after > before
    {
        return take_the_room(request, target, &of_vdev, &space, after);
    }
    let ask = replace::Request {
        hw: sight.hw,
        inventory: sight.inventory,
        wish: sight.wish,
        bay,
        with,
        member: None,
        takes: sight.takes,
        unfinished: sight.unfinished,
    };
    match with {
        Some(with) => exchange(request, &ask, target, &of_vdev, &space, &with.typed()),
        None => in_the_same_bay(&ask, target, &of_vdev, &space),
    }
}

fn leaf_of(partition: Bytes) -> capacity::Drive {
    capacity::Drive::sector_512(partition)
}

/// All are large already, and ZFS has not taken the room.
fn take_the_room(
    request: &Request<'_>,
    target: Member<'_>,
    of_vdev: &[Member<'_>],
    space: &Space<'_>,
    after: Bytes,
) -> Result<Task, ReplaceError> {
    let (pool, vdev) = (target.pool, target.vdev);
    let mut commands = Vec::new();
    for member in of_vdev {
        let untold = || ReplaceError::Untold {
            vdev: target.part(),
            why: "ZFS does not report the path of a member".to_owned(),
        };
        let disk = member.disk.ok_or_else(untold)?;
        if let Some(stale) = request.stale.iter().find(|stale| stale.disk == disk.name) {
            let drive = Box::new(Drive::of(request.sight.hw, disk));
            return Err(ExpandError::Stale { drive, what: stale.what.clone() }.into());
        }
        let path = member.leaf.path.clone().ok_or_else(untold)?;
        // Of a whole drive zpool wants the drive, not the partition that it has made there itself.
        let own = request.sight.wish_for(&pool.name).is_none_or(|it| it.pool.reserve.is_none());
        let whole = path.as_str().strip_suffix("-part1").filter(|_| own);
        let path = whole.map_or(path.clone(), Into::into);
        commands.push(command::online_expand(&pool.name, &path));
    }
    let what = format!("expand {} to the full size of its drives", part(pool, vdev));
    let mut grow = step(&what, Effect::Grow, Danger::Harmless, run(commands));
    grow.again = Some(command::not_open_yet());
    grow.before = of_vdev.iter().map(Member::as_seen).collect();
    let (mut facts, usable) = usable_facts(space, Some(after));
    facts.push(fact("takes", "seconds: nothing is moved"));
    facts.push(fact("fixed", "members can no longer be replaced by drives of the old size"));
    let drives = of_vdev.iter().filter_map(|member| {
        let drive = Drive::of(request.sight.hw, member.disk?);
        Some(replace::row("large", &drive, member.leaf.state.as_str()))
    });
    Ok(Task {
        what,
        steps: vec![grow],
        drives: drives.collect(),
        facts,
        usable: Some(usable),
        ..task(request, pool, Vec::new())
    }
    .identified())
}

/// The larger drive is in another bay: the old one stays until it is complete.
fn exchange(
    request: &Request<'_>,
    ask: &replace::Request<'_>,
    target: Member<'_>,
    of_vdev: &[Member<'_>],
    space: &Space<'_>,
    with: &str,
) -> Result<Task, ReplaceError> {
    let task = replace::make(ask)?;
    let disk = new_drive::called(&request.known(), with)?;
    let drive = disk.measure();
    let zfs = request.sight.inventory.release();
    let whole = || capacity::Cut::Whole.made_by(zfs, drive).ok();
    let reserve = ask.wish.filter(|it| it.pool.name.as_str() == target.pool.name);
    let reserve = reserve.and_then(|it| it.pool.reserve);
    let reserve = reserve.filter(|_| target.vdev.class == Class::Normal);
    let new = reserve.map_or_else(whole, |reserve| reserved(reserve, disk)).unwrap_or(Bytes::ZERO);
    let old = target.leaf.partition.unwrap_or(Bytes::ZERO);
    if new <= old {
        let drive = Box::new(Drive::of(request.sight.hw, disk));
        return Err(ExpandError::NotLarger { drive, old, bay: ask.bay.typed() }.into());
    }
    let vdev = target.vdev;
    let leaves = |all: bool| {
        let of = |leaf: &crate::inventory::Leaf| {
            let is = leaf.partition?;
            let gets = all || leaf.guid == target.leaf.guid;
            Some(leaf_of(if gets { is.max(new) } else { is }))
        };
        vdev.leaves.iter().map(of).collect::<Option<Vec<_>>>()
    };
    let reckon = |all: bool| {
        space.with(vdev, |part| {
            part.vdev.leaves = leaves(all)?;
            Some(())
        })
    };
    let expands = autoexpand(target);
    let after = if expands { reckon(false) } else { space.before() };
    let (mut facts, usable) = usable_facts(space, after);
    facts.push(fact(
        "at last",
        match reckon(true) {
            Some(bytes) => format!(
                "{bytes} bytes ({}) once every member of {} is as large as this one",
                bytes.tb(),
                target.part()
            ),
            None => format!("not known: {}", space.why()),
        },
    ));
    let small: Vec<Member<'_>> = of_vdev
        .iter()
        .filter(|it| it.leaf.guid != target.leaf.guid && it.leaf.partition < Some(new))
        .copied()
        .collect();
    facts.extend(still_small(ask.hw, &small, expands));
    facts.extend(task.facts);
    Ok(Task {
        what: format!("a larger drive for a member of {}", target.part()),
        facts,
        usable: Some(usable),
        id: String::new(),
        ..task
    }
    .identified())
}

/// The larger drive will go into the same bay: the old one goes out of service first.
fn in_the_same_bay(
    ask: &replace::Request<'_>,
    target: Member<'_>,
    of_vdev: &[Member<'_>],
    space: &Space<'_>,
) -> Result<Task, ReplaceError> {
    let untold = |why: &str| ReplaceError::Untold { vdev: target.part(), why: why.to_owned() };
    let disk = target.disk.ok_or_else(|| untold("the drive is not here"))?;
    let task = replace::take_out(ask, target, disk)?;
    let (mut facts, usable) = usable_facts(space, space.before());
    facts.truncate(1);
    let size = disk.size;
    facts.push(fact(
        "larger",
        format!("the new drive must have more than {size} bytes to gain anything"),
    ));
    let smallest = target.leaf.partition;
    let small: Vec<Member<'_>> = of_vdev
        .iter()
        .filter(|it| it.leaf.guid != target.leaf.guid && it.leaf.partition <= smallest)
        .copied()
        .collect();
    facts.extend(still_small(ask.hw, &small, autoexpand(target)));
    facts.extend(task.facts);
    Ok(Task { facts, usable: Some(usable), id: String::new(), ..task }.identified())
}

/// Whether the pool takes the room of larger drives by itself.
fn autoexpand(target: Member<'_>) -> bool {
    let value = target.pool.properties.iter().find(|it| it.name == "autoexpand");
    value.is_some_and(|it| it.value == "on")
}

/// The members that are still to come, and what happens after the last one.
fn still_small(hw: &crate::hw::Hw, small: &[Member<'_>], expands: bool) -> Vec<(String, String)> {
    let of: Vec<BayId> = small.iter().filter_map(|it| Drive::of(hw, it.disk?).bay).collect();
    let mut facts = Vec::new();
    if small.is_empty() {
        facts.push(fact("small", "none after this one: it is the last"));
    } else {
        let first = of.first().map(|bay| format!(": next `zbay expand larger {bay}`"));
        let first = first.unwrap_or_default();
        facts.push(fact("small", format!("{} still to replace{first}", bays(&of))));
    }
    facts.push(if expands {
        fact("room", "autoexpand is on: the pool grows automatically when the last one is complete")
    } else {
        fact(
            "room",
            "autoexpand is off: when the last one is complete, `zbay expand larger BAY` makes the \
             pool grow",
        )
    });
    facts
}
