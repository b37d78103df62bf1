//! A data vdev more, of the pool's own kind and width.

use super::{ExpandError, Needed, Request, Space, ashift, bay_of, data, devices, fact, new_row};
use super::{profile_fact, ready, task, usable_facts};
use crate::capacity::{self, Class, Kind, Part};
use crate::drive::Drive;
use crate::inventory::Pool;
use crate::layout::FUZZ;
use crate::life::new_drive::{Needs, NewDrive, reserved};
use crate::life::{ReplaceError, Task, called};
use crate::plan::{Refusal, Refused};
use crate::profile::{MixedSizes, Uneven};
use crate::step::command::{Add, Added};
use crate::step::role::ADDED;
use crate::step::shape::{Shape, Unlike};
use crate::step::{Condition, Danger, Effect, Rehearsal, Step, command, run, step};
use crate::units::{Ashift, Bytes};

pub(super) fn make(request: &Request<'_>, bays: &[String]) -> Result<Task, ReplaceError> {
    let pool = request.one_pool()?;
    let bay_words = || spoken(bays);
    let unlike = |why: Unlike| {
        ReplaceError::from(ExpandError::Unlike { pool: pool.name.clone(), bays: bay_words(), why })
    };
    let shape = Shape::of(pool).map_err(unlike)?;
    let wish = request.sight.wish_for(&pool.name);
    let uneven = wish.is_some_and(|wish| wish.pool.uneven_vdevs == Uneven::Accept);
    // Asked of the number before any drive is judged: with too few none of them matters.
    let paths = bays.iter().map(|bay| bay.as_str().into()).collect();
    shape.further(paths, uneven).map_err(unlike)?;
    ready(pool, Needed::Online)?;
    let ashift = ashift(pool)?;
    let needs = Needs { least: None, ashift, role: ADDED, cut: None };
    let mut news = request.newcomers(bays, &needs)?;
    let waste = wish.is_some_and(|wish| wish.pool.mixed_sizes == MixedSizes::Waste);
    let mixed = shape != Shape::Single && sizes(&news, waste)?;
    if let Some(reserve) = wish.and_then(|wish| wish.pool.reserve) {
        let cut = news.iter().filter_map(|new| reserved(reserve, new.disk)).min();
        news = request.newcomers(bays, &Needs { cut, ..needs })?;
    }
    let further = shape.further(devices(&news), uneven).map_err(unlike)?;
    let space = Space::of(pool, request.sight.inventory);
    let after = space.after(|parts| {
        parts.extend(grown(&shape, &news, Ashift::new(ashift)?)?);
        Some(())
    });
    let (mut facts, usable) = usable_facts(&space, after);
    facts.extend(words(pool, &shape));
    let what = format!("write [{}] into `bays` of the pool", list(&news));
    facts.extend(profile_fact(&request.sight, pool, &what));
    let mut accepted = Vec::new();
    if mixed {
        accepted.push("contains devices of different sizes".to_owned());
    }
    if further.is_uneven() {
        accepted.push("mismatched replication level".to_owned());
    }
    let add = Add { pool: &pool.name, added: Added::Data(&further), ashift: Some(ashift) };
    let what = format!("add {} to pool {}", vdev_words(&shape, bays.len()), pool.name);
    let steps = steps(pool, &news, &what, &add, accepted);
    Ok(Task {
        what,
        steps,
        drives: news.iter().map(|new| new_row("new", new)).collect(),
        facts,
        usable: Some(usable),
        notes: news.iter().flat_map(|new| new.notes.clone()).collect(),
        ..task(request, pool, news.iter().map(|new| new.seen.clone()).collect())
    }
    .identified())
}

/// The steps of any `zpool add`: what is done to the drives first, then the command, rehearsed without what lets through.
pub(super) fn steps(
    pool: &Pool,
    news: &[NewDrive<'_>],
    what: &str,
    add: &Add<'_>,
    accepted: Vec<String>,
) -> Vec<Step> {
    let mut steps: Vec<Step> = news.iter().flat_map(|new| new.steps.clone()).collect();
    let mut one = step(
        what,
        Effect::Join,
        Danger::TakesFreeDisks,
        run([add.run(!accepted.is_empty()), command::settle()]),
    );
    one.before = news.iter().flat_map(NewDrive::is_free).collect();
    one.before
        .push(Condition::PoolImported { pool: pool.name.clone(), guid: pool.guid.to_string() });
    one.rehearsal = Some(Rehearsal { cmd: add.rehearse(), accepted, plain: add.run(false) });
    one.again = Some(command::udev_race());
    let member = |new: &NewDrive<'_>| Condition::MemberOf {
        pool: pool.name.clone(),
        disk: new.after.clone(),
    };
    one.after = news.iter().map(member).collect();
    steps.push(one);
    steps
}

/// Whether the drives differ in size, which the profile has to accept.
fn sizes(news: &[NewDrive<'_>], waste: bool) -> Result<bool, ReplaceError> {
    let sizes = || news.iter().map(|new| new.disk.size.0);
    let differ = news.windows(2).any(|two| two[0].disk.size.0.abs_diff(two[1].disk.size.0) > FUZZ);
    if differ && !waste {
        let least = sizes().min().unwrap_or(0);
        let unused = Bytes(sizes().map(|size| size - least).sum());
        let drives: Vec<Drive> = news.iter().map(|new| new.drive.clone()).collect();
        return Err(ReplaceError::Drive(Refused(vec![Refusal::MixedSizes { drives, unused }])));
    }
    Ok(differ)
}

/// As the model has the new vdevs.
fn grown(shape: &Shape, news: &[NewDrive<'_>], ashift: Ashift) -> Option<Vec<Part>> {
    let vdev = |kind, leaves| {
        let vdev = capacity::Vdev { kind, leaves, ashift };
        Part { vdev, class: Class::Normal, born: None }
    };
    let leaves: Vec<capacity::Drive> = news.iter().map(NewDrive::leaf).collect();
    Some(match shape {
        Shape::Single => leaves.into_iter().map(|leaf| vdev(Kind::Stripe, vec![leaf])).collect(),
        Shape::Redundant { kind, .. } => vec![vdev(kind.as_str().parse().ok()?, leaves)],
    })
}

fn list(news: &[NewDrive<'_>]) -> String {
    news.iter().map(bay_of).collect::<Vec<_>>().join(", ")
}

/// `bay 3, bay 4`.
pub(super) fn spoken(words: &[String]) -> String {
    words.iter().map(|word| called::spoken(word)).collect::<Vec<_>>().join(", ")
}

fn vdev_words(shape: &Shape, count: usize) -> String {
    match shape {
        Shape::Single if count == 1 => "a single disk".to_owned(),
        Shape::Single => format!("{count} single disks"),
        Shape::Redundant { kind, .. } => format!("a {} of {count}", kind.as_str()),
    }
}

fn words(pool: &Pool, shape: &Shape) -> Vec<(String, String)> {
    let raidz = data(pool).any(|vdev| vdev.kind.starts_with("raidz"));
    let stays = if raidz {
        "because the pool has a raidz, no data vdev can be removed later"
    } else {
        "`zbay expand remove NAME` moves its data to the others; a mapping table of the old \
         location stays"
    };
    let mut facts = vec![
        fact("takes", "seconds: nothing is moved, new data goes where there is most free space"),
        fact("fixed", format!("{stays}; losing any one data vdev loses the pool")),
    ];
    if *shape == Shape::Single {
        facts.push(fact(
            "warning",
            "the pool has no redundancy, and neither will the new disks; `zbay expand attach` \
             turns them into mirrors",
        ));
    }
    facts
}
