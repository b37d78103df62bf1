//! Add one drive to a vdev: a raidz gets wider, a mirror or a single disk gets another copy.

use super::{ExpandError, fact, new_row, profile_fact, space, task, usable_facts};
use super::{Needed, Request, Space, bay_of, data, feature, part, ready};
use crate::capacity::Kind;
use crate::inventory::place::Holds;
use crate::inventory::{Class, Pool, State, Vdev};
use crate::life::member::{self, Member, may_lose};
use crate::life::new_drive::{Needs, NewDrive};
use crate::life::{Follows, ReplaceError, Task, called};
use crate::names::BayId;
use crate::step::role::ATTACHED;
use crate::step::{Condition, Danger, Effect, command, run, step};

/// What a drive is attached to.
struct Target<'a> {
    pool: &'a Pool,
    vdev: &'a Vdev,
    members: Vec<Member<'a>>,
    is_raidz: bool,
}

pub(super) fn make(
    request: &Request<'_>,
    word: &str,
    to: Option<&str>,
) -> Result<Task, ReplaceError> {
    let target = target(request, word, to)?;
    let Target { pool, vdev, .. } = &target;
    judge(&target)?;
    let least = member::least(vdev, request.sight.inventory)
        .map_err(|why| ReplaceError::Untold { vdev: part(pool, vdev), why })?;
    let reserve = request.sight.wish_for(&pool.name).and_then(|wish| wish.pool.reserve);
    let longest = vdev.leaves.iter().filter_map(|leaf| leaf.partition).max();
    let needs = Needs {
        least: Some(least),
        ashift: vdev.ashift.unwrap_or(12),
        role: ATTACHED,
        cut: reserve
            .filter(|_| vdev.class == Class::Normal)
            .map(|_| longest.unwrap_or(least.partition).max(least.partition)),
    };
    let new = &request.newcomer(word, &needs)?;
    let space = Space::of(pool, request.sight.inventory);
    let after = space.with(vdev, |part| {
        if part.vdev.kind == Kind::Stripe {
            part.vdev.kind = Kind::Mirror;
            let born = part.born.as_mut()?;
            born.leaves = vec![*born.leaves.first()?; 2];
        }
        part.vdev.leaves.push(new.leaf());
        Some(())
    });
    let (mut facts, usable) = usable_facts(&space, after);
    facts.push(fact("needs", new.needs()));
    facts.extend(if target.is_raidz { of_raidz(request, &target) } else { of_copy(&target) });
    let what = format!("write `{}` into `bays` of the pool", bay_of(new));
    facts.extend(profile_fact(&request.sight, pool, &what));
    let mut steps = new.steps.clone();
    steps.push(attach_step(&target, new)?);
    Ok(Task {
        what: format!("attach the drive in {} to {}", new.drive.spoken(), part(pool, vdev)),
        steps,
        drives: vec![new_row("new", new)],
        facts,
        follows: if target.is_raidz { Follows::Expansion } else { Follows::Resilver },
        usable: Some(usable),
        notes: new.notes.clone(),
        ..task(request, pool, vec![new.seen.clone()])
    }
    .identified())
}

fn attach_step(target: &Target<'_>, new: &NewDrive<'_>) -> Result<crate::step::Step, ReplaceError> {
    let Target { pool, vdev, members, is_raidz } = target;
    let well = members.iter().find(|member| member.leaf.state == State::Online);
    let well = well.ok_or_else(|| ExpandError::NotWell {
        what: part(pool, vdev),
        state: vdev.state.to_string(),
    })?;
    let beside = if *is_raidz { vdev.name.clone() } else { well.leaf.guid.to_string() };
    let mut attach = step(
        format!("attach the drive in {} to {}", new.drive.spoken(), part(pool, vdev)),
        Effect::Join,
        Danger::TakesFreeDisks,
        run([command::attach(&pool.name, &beside, &new.device), command::settle()]),
    );
    attach.before = new.is_free();
    if *is_raidz {
        attach.before.push(Condition::PoolOnline { pool: pool.name.clone() });
        attach.before.extend(members.iter().map(Member::as_seen));
    } else {
        attach.before.push(well.as_seen());
    }
    attach.again = Some(command::udev_race());
    attach.after = vec![Condition::MemberOf { pool: pool.name.clone(), disk: new.after.clone() }];
    Ok(attach)
}

/// Whether the vdev takes one more, as it is.
fn judge(target: &Target<'_>) -> Result<(), ReplaceError> {
    let Target { pool, vdev, is_raidz, .. } = target;
    let name = part(pool, vdev);
    ready(pool, if *is_raidz { Needed::Online } else { Needed::Working })?;
    if vdev.is_shared() {
        return Err(ReplaceError::Replacing { pool: pool.name.clone(), vdev: name });
    }
    if *is_raidz {
        feature(pool, "raidz_expansion")?;
        if let Some(ill) = vdev.leaves.iter().find(|leaf| pool.holds(vdev, leaf) != Holds::All) {
            let what = format!("a member of {name}");
            let state = match ill.state.as_str() {
                "ONLINE" => "ONLINE, and missing data until it has resilvered".to_owned(),
                state => state.to_owned(),
            };
            return Err(ExpandError::NotWell { what, state }.into());
        }
    }
    Ok(())
}

/// The vdev that is meant, or the only one that can be.
fn target<'a>(
    request: &Request<'a>,
    bay: &str,
    to: Option<&str>,
) -> Result<Target<'a>, ReplaceError> {
    let pools = request.pools()?;
    let choices = || {
        let all = pools.iter().flat_map(|pool| data(pool).map(|vdev| choice(request, pool, vdev)));
        all.collect::<Vec<String>>()
    };
    let found: Vec<(&Pool, &Vdev)> = match to {
        None => pools.iter().flat_map(|pool| data(pool).map(|vdev| (*pool, vdev))).collect(),
        Some(word) => named(request, &pools, word)?,
    };
    let (pool, vdev) = match (&found[..], to) {
        ([one], _) => *one,
        ([], Some(word)) => {
            return Err(ExpandError::NoSuchVdev { word: word.to_owned(), known: choices() }.into());
        }
        _ => return Err(ExpandError::WhichVdev { bay: bay.to_owned(), known: choices() }.into()),
    };
    let is_raidz = vdev.kind.starts_with("raidz");
    let takes = is_raidz || vdev.kind == "mirror" || vdev.kind == "disk";
    if !takes || matches!(vdev.class, Class::Cache | Class::Spare) {
        let kind =
            if takes { format!("{:?}", vdev.class).to_lowercase() } else { vdev.kind.clone() };
        return Err(ExpandError::NotAttached { vdev: part(pool, vdev), kind }.into());
    }
    let members = request.members()?;
    let members = members.into_iter().filter(|it| it.vdev.is(vdev)).collect();
    Ok(Target { pool, vdev, members, is_raidz })
}

/// By a vdev's name, with its pool's or without, or by the bay of a member.
fn named<'a>(
    request: &Request<'a>,
    pools: &[&'a Pool],
    word: &str,
) -> Result<Vec<(&'a Pool, &'a Vdev)>, ReplaceError> {
    let is_called = |pool: &Pool, vdev: &Vdev| {
        vdev.name == word || format!("{}/{}", pool.name, vdev.name) == word
    };
    let all = pools.iter().flat_map(|pool| pool.vdevs.iter().map(|vdev| (*pool, vdev)));
    let called: Vec<_> = all.filter(|(pool, vdev)| is_called(pool, vdev)).collect();
    if !called.is_empty() {
        return Ok(called);
    }
    let in_it = called::members(&request.known(), &request.members()?, word);
    let mut found: Vec<(&Pool, &Vdev)> = Vec::new();
    for member in in_it {
        if !found.iter().any(|(pool, vdev)| pool.guid == member.pool.guid && vdev.is(member.vdev)) {
            found.push((member.pool, member.vdev));
        }
    }
    Ok(found)
}

/// `tank/mirror-0: bays 1 and 2`.
fn choice(request: &Request<'_>, pool: &Pool, vdev: &Vdev) -> String {
    let members = request.members().unwrap_or_default();
    let of_it = members.iter().filter(|member| member.vdev.is(vdev));
    let bays: Vec<BayId> = of_it
        .filter_map(|member| crate::drive::Drive::of(request.sight.hw, member.disk?).bay)
        .collect();
    format!("{}, {}", part(pool, vdev), crate::words::bays(&bays))
}

fn of_raidz(request: &Request<'_>, target: &Target<'_>) -> Vec<(String, String)> {
    let Target { pool, vdev, .. } = target;
    let name = part(pool, vdev);
    let outlives = match may_lose(request.sight.inventory, pool, vdev, &|_| false) {
        Some(1) => "any one drive".to_owned(),
        Some(more) => format!("any {more} drives"),
        None => "what it survives now".to_owned(),
    };
    vec![
        fact("takes", space::hours(vdev, vdev.width)),
        fact(
            "during",
            format!(
                "the pool stays usable, and {name} survives {outlives} throughout; if a drive \
                 fails, the expansion waits until it is replaced; it resumes after a power cut. A \
                 scrub follows automatically"
            ),
        ),
        fact(
            "blocks",
            "existing data keeps the parity ratio of the old width until it is rewritten: `zfs \
             rewrite -r MOUNTPOINT` (2.3.4 and later; blocks held by snapshots stay), or by \
             copying; then USED gets smaller",
        ),
        fact(
            "fixed",
            format!(
                "{name} can be widened again but never narrowed; `zfs list` keeps computing with \
                 the parity ratio of its first width, so it shows less than a new pool would, even \
                 after everything has been rewritten"
            ),
        ),
    ]
}

fn of_copy(target: &Target<'_>) -> Vec<(String, String)> {
    let Target { pool, vdev, .. } = target;
    let name = part(pool, vdev);
    let then = vdev.width;
    let words = if then == 1 { "one drive".to_owned() } else { format!("{then} drives") };
    vec![
        fact("takes", space::hours(vdev, 1)),
        fact(
            "during",
            format!("{name} keeps its existing copies; afterwards it survives the loss of {words}"),
        ),
        fact("back", "`zbay expand remove BAY` removes a copy again"),
    ]
}
