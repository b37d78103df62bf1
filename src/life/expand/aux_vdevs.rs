//! What stands beside the data: logs, caches, spares, and special vdevs, each with its own rule of redundancy.
//!
//! A log that is lost costs the last seconds of synchronous writes, and only in a crash; a cache costs nothing; with a
//! special vdev the pool is lost, so that it must survive as many failures as the data does.

use super::add::{spoken, steps};
use super::{ExpandError, Needed, Request, Space, ashift, data, devices, fact, feature, new_row};
use super::{profile_fact, ready, task, usable_facts};
use crate::capacity::{self, Kind, Part, Replacement};
use crate::inventory::Pool;
use crate::life::new_drive::{Needs, NewDrive};
use crate::life::{ReplaceError, Task, member};
use crate::step::command::{Add, Added};
use crate::step::role::{LOG, SPECIAL};
use crate::step::shape::Shape;
use crate::units::{Ashift, Bytes};

/// The same amount of data fits as before.
fn unchanged() -> (String, String) {
    fact("usable", "as before: it holds no data of the pool")
}

/// The frame of all four.
fn made(
    request: &Request<'_>,
    pool: &Pool,
    news: &[NewDrive<'_>],
    what: String,
    add: &Add<'_>,
) -> Task {
    Task {
        steps: steps(pool, news, &what, add, Vec::new()),
        what,
        drives: news.iter().map(|new| new_row("new", new)).collect(),
        notes: news.iter().flat_map(|new| new.notes.clone()).collect(),
        ..task(request, pool, news.iter().map(|new| new.seen.clone()).collect())
    }
}

pub(super) fn log(request: &Request<'_>, bays: &[String]) -> Result<Task, ReplaceError> {
    let pool = request.one_pool()?;
    ready(pool, Needed::Working)?;
    if bays.len() > 2 {
        return Err(ExpandError::ManyLogs { count: bays.len() }.into());
    }
    let ashift = ashift(pool)?;
    let needs = Needs { least: None, ashift, role: LOG, cut: None };
    let news = request.newcomers(bays, &needs)?;
    let devices = devices(&news);
    let add = Add { pool: &pool.name, added: Added::Log(&devices), ashift: Some(ashift) };
    let mut facts = vec![unchanged()];
    facts.push(fact(
        "gives",
        "synchronous writes (databases, NFS, virtual machines) are confirmed at the speed of this \
         drive; nothing else gets faster, and only a few GB of it are used",
    ));
    facts.push(if let [_] = news[..] {
        fact(
            "warning",
            "it is a single drive: if it fails and power is lost within the same few seconds, the \
             last confirmed writes are lost; use two for a mirror",
        )
    } else {
        fact("survives", "one of its two drives")
    });
    facts.push(fact("back", "`zbay expand remove BAY` at any time"));
    facts.extend(profile_fact(&request.sight, pool, "write the bays into `log`"));
    let kind = if news.len() > 1 { "a mirrored log" } else { "a log" };
    let what = format!("add {kind} to pool {}", pool.name);
    Ok(Task { facts, ..made(request, pool, &news, what, &add) }.identified())
}

pub(super) fn cache(request: &Request<'_>, bays: &[String]) -> Result<Task, ReplaceError> {
    let pool = request.one_pool()?;
    ready(pool, Needed::Working)?;
    let needs = Needs { least: None, ashift: ashift(pool)?, role: "cache", cut: None };
    let news = request.newcomers(bays, &needs)?;
    let devices = devices(&news);
    let add = Add { pool: &pool.name, added: Added::Cache(&devices), ashift: None };
    let mut facts = vec![
        unchanged(),
        fact(
            "gives",
            "it caches what is read repeatedly and does not fit in memory; its index uses some \
             memory",
        ),
        fact("survives", "it can fail at any time: every block on it is also in the pool"),
        fact("back", "`zbay expand remove BAY` at any time"),
    ];
    facts.extend(profile_fact(&request.sight, pool, "write the bays into `cache`"));
    let what = format!("add {} of cache to pool {}", drives(news.len()), pool.name);
    Ok(Task { facts, ..made(request, pool, &news, what, &add) }.identified())
}

pub(super) fn spare(request: &Request<'_>, bays: &[String]) -> Result<Task, ReplaceError> {
    let pool = request.one_pool()?;
    ready(pool, Needed::Working)?;
    let largest = largest(request, pool)?;
    let needs = Needs { least: Some(largest), ashift: ashift(pool)?, role: "spare", cut: None };
    let news = request.newcomers(bays, &needs)?;
    let devices = devices(&news);
    let add = Add { pool: &pool.name, added: Added::Spare(&devices), ashift: None };
    let mut facts = vec![unchanged()];
    facts.extend(news.iter().map(|new| fact("needs", new.needs())));
    facts.push(fact(
        "gives",
        "if ZED is running, it replaces a failed member automatically; until then it is empty",
    ));
    facts.push(fact("back", "`zbay expand remove BAY` at any time"));
    facts.extend(profile_fact(&request.sight, pool, "write the bays into `spares`"));
    let what = format!(
        "add {} to pool {}",
        if news.len() == 1 { "a spare".to_owned() } else { format!("{} spares", news.len()) },
        pool.name
    );
    Ok(Task { facts, ..made(request, pool, &news, what, &add) }.identified())
}

/// A spare has to be able to stand in for a member of any data vdev, at once and while the pool is imported: for the most
/// demanding of them the least, and no less than its members have ([`member::smallest`]).
fn largest(request: &Request<'_>, pool: &Pool) -> Result<Replacement, ReplaceError> {
    let mut largest: Option<Replacement> = None;
    for vdev in data(pool) {
        let least = member::least(vdev, request.sight.inventory)
            .map_err(|why| ReplaceError::Untold { vdev: super::part(pool, vdev), why })?;
        let device = vdev.smallest().unwrap_or(Bytes::ZERO);
        let least = least.at_least(device, request.sight.inventory.release()).unwrap_or(least);
        largest = largest.filter(|it| it.drive_512 >= least.drive_512).or(Some(least));
    }
    largest.ok_or_else(|| ReplaceError::Untold {
        vdev: format!("pool {}", pool.name),
        why: "it has no data vdev".to_owned(),
    })
}

pub(super) fn special(request: &Request<'_>, bays: &[String]) -> Result<Task, ReplaceError> {
    let pool = request.one_pool()?;
    ready(pool, Needed::Online)?;
    feature(pool, "allocation_classes")?;
    let shape = Shape::of(pool).map_err(|why| ExpandError::Unlike {
        pool: pool.name.clone(),
        bays: spoken(bays),
        why,
    })?;
    let needed = shape.may_lose() + 1;
    if shape == Shape::Single || bays.len() != needed {
        let data = shape.may_lose();
        return Err(
            ExpandError::Special { pool: pool.name.clone(), data, given: bays.len() }.into()
        );
    }
    let ashift = ashift(pool)?;
    let needs = Needs { least: None, ashift, role: SPECIAL, cut: None };
    let news = request.newcomers(bays, &needs)?;
    let devices = devices(&news);
    let add = Add { pool: &pool.name, added: Added::Special(&devices), ashift: Some(ashift) };
    let space = Space::of(pool, request.sight.inventory);
    let after = space.after(|parts| {
        let leaves = news.iter().map(NewDrive::leaf).collect();
        let vdev = capacity::Vdev { kind: Kind::Mirror, leaves, ashift: Ashift::new(ashift)? };
        parts.push(Part { vdev, class: capacity::Class::Special, born: None });
        Some(())
    });
    let (mut facts, usable) = usable_facts(&space, after);
    facts.push(fact(
        "gives",
        "metadata goes there from now on, and small blocks where `special_small_blocks` is set; \
         existing data stays where it is until it is rewritten. From 2.3.7 on, `zfs list` counts \
         what is allocated on it as usable",
    ));
    facts.push(fact("survives", format!("any {} of its drives, as the data does", needed - 1)));
    let raidz = data(pool).any(|vdev| vdev.kind.starts_with("raidz"));
    let stays = if raidz {
        "because the pool has a raidz, it can never be removed, and losing it loses the pool"
    } else {
        "losing it loses the pool; `zbay expand remove NAME` moves its data to the others"
    };
    facts.push(fact("fixed", stays));
    let what = format!("add a special mirror of {} to pool {}", news.len(), pool.name);
    let task = made(request, pool, &news, what, &add);
    Ok(Task { facts, usable: Some(usable), ..task }.identified())
}

fn drives(count: usize) -> String {
    if count == 1 { "one drive".to_owned() } else { format!("{count} drives") }
}
