//! Finds the conditions that a pool is in, from its members, its counters and ZFS's own message.
//!
//! No words here but those of numbers: sentences stand in the table. What `zpool status` says and nothing here
//! explains is told in its words, so that a state of a newer ZFS is never silence.

use jiff::Timestamp;

use super::member::{Member, Role};
use super::running::{Task, seconds};
use super::said::{self, Kind};
use super::{Condition, SCRUB_DAYS, Scrub, Status, VdevStatus, Weight, What};
use crate::inventory::{Class, Pool, Run, State};

/// Free space in pieces from here on is told.
const FRAGMENTED: u8 = 50;

/// All conditions, the heaviest first.
pub(super) fn conditions(pool: &Pool, status: &Status) -> Vec<Condition> {
    let suspended = pool.state == State::Suspended;
    let mut found = Found { pool: &pool.name, all: Vec::new() };
    let said = pool.status.as_deref().unwrap_or_default();
    let kind = said::kind(pool.told.msgid.as_deref(), said);
    if let Some(Kind::Own(what)) = kind {
        found.add(what);
    }
    if suspended && kind != Some(Kind::Own(What::SuspendedMultihost)) {
        let members = status.vdevs.iter().flat_map(|vdev| &vdev.members);
        let gone: Vec<&Member> = members.clone().filter(|member| member.gone).collect();
        let bad = members.filter(|it| it.has_errors() || it.state != State::Online);
        let who = if gone.is_empty() { bad.collect() } else { gone };
        found.about(What::Suspended, "", &who);
    }
    for (vdev, seen) in status.vdevs.iter().zip(&pool.vdevs) {
        let left = status.left.iter().find(|left| left.vdev == vdev.name);
        let over = left.is_some_and(|left| left.over);
        let stays = |member: &Member| {
            let leaf = seen.leaves.iter().find(|leaf| leaf.guid == member.guid);
            leaf.is_some_and(|leaf| pool.may_take_out(seen, leaf).is_err())
        };
        members(&mut found, vdev, &Sight { status, suspended, over, stays: &stays });
    }
    weaker(&mut found, pool, status);
    if pool.errors > 0 && !suspended {
        found.push(Condition::of_pool(What::DataErrors, found.pool).with("some of its data is"));
    }
    let full = [(95, What::Full95), (90, What::Full90), (80, What::Full80)];
    if let Some((_, what)) = full.iter().find(|(from, _)| status.percent >= *from) {
        found.count(*what, format!("{} %", status.percent));
    }
    scans(&mut found, pool, status);
    if let Some(work) = pool.told.removal.as_ref().filter(|work| work.run == Run::Active) {
        let name = work.vdev.rsplit('/').next().unwrap_or(&work.vdev);
        found.push(Condition {
            vdev: name.into(),
            ..Condition::of_pool(What::Removing, found.pool)
        });
    }
    if let Some(checkpoint) = &pool.told.checkpoint {
        found.count(What::Checkpoint, checkpoint.holds.zfs());
    }
    if let Some(frag) = pool.told.fragmentation.filter(|frag| *frag >= FRAGMENTED) {
        found.count(What::Fragmented, format!("{frag} %"));
    }
    untold(&mut found, status);
    let sentence = said.split_once(". ").map_or(said, |(first, _)| first);
    let explained = |kind: Kind| found.all.iter().any(|it| kind.is_explained_by(it));
    let is_told = kind.is_some_and(explained);
    let is_open = matches!(pool.state, State::Online | State::Degraded | State::Suspended);
    if !is_open && !found.all.iter().any(|it| it.what.closes()) {
        // Whatever its vdevs look like: it cannot be read.
        let why =
            if said.is_empty() { format!("ZFS says {}", pool.state) } else { sentence.to_owned() };
        found.count(What::NotReadable, why.trim_end_matches('.'));
    } else if !said.is_empty() && !is_told {
        found.count(What::Other, sentence);
    }
    if !is_open {
        // It cannot be scrubbed, and nothing is to be written to its drives.
        let is_scrub = |what| {
            matches!(
                what,
                What::ScrubPaused | What::ScrubCancelled | What::ScrubNever | What::ScrubOld
            )
        };
        found.all.retain(|it| !is_scrub(it.what));
    }
    if suspended {
        // Nothing else can be done to it until it is cleared.
        found.all.retain(|it| it.weight() == Weight::Wrong);
        let can = |it: &Condition| {
            let next = it.what.row().next;
            next.starts_with("zpool ") || next == "zbay show disk"
        };
        for it in found.all.iter_mut().filter(|it| !can(it)) {
            it.instead = Some("");
        }
    }
    found.all.sort_by_key(|it| it.what);
    found.all
}

/// Members and vdevs of which ZFS tells no state: that is not well. A pool that is ONLINE has no vdev that is not.
fn untold(found: &mut Found<'_>, status: &Status) {
    let online = status.state == State::Online;
    let vdevs = status.vdevs.iter().filter(|vdev| vdev.state == State::Unknown && !online);
    let mut names: Vec<&str> = vdevs.map(|vdev| vdev.name.as_str()).collect();
    let members = status.vdevs.iter().flat_map(|vdev| &vdev.members);
    names.extend(members.filter(|it| it.state == State::Unknown).map(|it| it.spoken.as_str()));
    names.dedup();
    if !names.is_empty() {
        let names = names.join(", ");
        found.count(What::Unanswered, format!("zpool does not report the state of {names}"));
    }
}

/// What is gathered.
struct Found<'a> {
    pool: &'a str,
    all: Vec<Condition>,
}

impl Found<'_> {
    /// Once each.
    fn push(&mut self, condition: Condition) {
        let same = |it: &Condition| it.what == condition.what && it.vdev == condition.vdev;
        if !self.all.iter().any(same) {
            self.all.push(condition);
        }
    }

    fn add(&mut self, what: What) {
        self.push(Condition::of_pool(what, self.pool));
    }

    fn count(&mut self, what: What, count: impl std::fmt::Display) {
        self.push(Condition::of_pool(what, self.pool).with(count));
    }

    /// The number of the one that was found last.
    fn last_count(&mut self, count: String) {
        if let Some(it) = self.all.last_mut() {
            it.count = count;
        }
    }

    /// What to type instead, for the one that was found last.
    fn last_next(&mut self, next: &'static str) {
        if let Some(it) = self.all.last_mut() {
            it.instead = Some(next);
        }
    }

    /// One that is about members; nothing where there are none.
    fn about(&mut self, what: What, vdev: &str, members: &[&Member]) {
        let Some(first) = members.first() else { return };
        let new = Condition {
            who: members.iter().map(|member| member.spoken.clone()).collect(),
            bay: first.bay.clone(),
            member: Some(first.name.clone()),
            serials: members.iter().filter_map(|member| member.serial.clone()).collect(),
            vdev: vdev.rsplit('/').next().unwrap_or(vdev).to_owned(),
            ..Condition::of_pool(what, self.pool)
        };
        self.push(new);
    }
}

/// What of the rest of the pool matters to the members of a vdev.
struct Sight<'a> {
    status: &'a Status,
    /// The pool is suspended.
    suspended: bool,
    /// More of its members are out than it can lose.
    over: bool,
    /// Whether the vdev cannot do without a member.
    stays: &'a dyn Fn(&Member) -> bool,
}

/// Vdevs without redundancy beside such as have it: the pool is lost with the weakest, so that it is hardly ever meant.
fn weaker(found: &mut Found<'_>, pool: &Pool, status: &Status) {
    let known = || status.left.iter().filter(|left| !left.unknown);
    let strong: Vec<&str> = known().filter(|it| it.of > 0).map(|it| short(&it.vdev)).collect();
    let leaves = |name: &str| {
        let removal = pool.told.removal.as_ref().filter(|work| work.run == Run::Active);
        removal.is_some_and(|work| work.vdev == name)
    };
    for weak in known().filter(|it| it.of == 0 && !leaves(&it.vdev)) {
        let vdev = status.vdevs.iter().find(|vdev| vdev.name == weak.vdev);
        let Some(vdev) = vdev.filter(|_| !strong.is_empty()) else { continue };
        found.about(What::NoRedundancy, &vdev.name, &vdev.members.iter().collect::<Vec<_>>());
        found.last_count(strong.join(", "));
    }
}

fn short(vdev: &str) -> &str {
    vdev.rsplit('/').next().unwrap_or(vdev)
}

/// What is the matter with members that are not data, after their names: `has failed`.
fn matter(members: &[&Member]) -> String {
    let word = |it: &Member| match it.state.as_str() {
        _ if it.is_away() => ["is missing", "are missing"],
        "FAULTED" => ["has failed", "have failed"],
        "OFFLINE" => ["was taken offline", "were taken offline"],
        "DEGRADED" => ["has too many errors", "have too many errors"],
        "REMOVED" => ["is back but not in use", "are back but not in use"],
        "UNAVAIL" => ["has no valid ZFS label", "have no valid ZFS label"],
        _ => ["is not in use", "are not in use"],
    };
    let words: Vec<[&str; 2]> = members.iter().map(|it| word(it)).collect();
    match &words[..] {
        [[one, _]] => (*one).to_owned(),
        [[_, all], rest @ ..] if rest.iter().all(|it| it[1] == *all) => (*all).to_owned(),
        _ => "are not in use".to_owned(),
    }
}

/// Logs, caches and spares that ZFS does not use, or no more as it should.
fn aside(found: &mut Found<'_>, vdev: &VdevStatus, mine: &[&Member], status: &Status) {
    let name = vdev.name.as_str();
    let those = |test: &dyn Fn(&Member) -> bool| -> Vec<&Member> {
        mine.iter().copied().filter(|member| test(member)).collect()
    };
    let bad = those(&|it| !it.state.is_well());
    let what = match vdev.class {
        // The log works as long as one of its drives does.
        Class::Log if mine.iter().any(|it| it.state.is_working()) => What::LogDegraded,
        Class::Log => What::LogGone,
        Class::Cache => What::CacheGone,
        _ => What::SpareGone,
    };
    if !bad.is_empty() {
        found.about(what, name, &bad);
        found.last_count(matter(&bad));
    }
    if vdev.class != Class::Spare {
        return;
    }
    let small = those(&|it| it.small_for.is_some());
    found.about(What::SpareSmall, name, &small);
    if let Some(vdev) = small.first().and_then(|it| it.small_for.clone()) {
        found.last_count(vdev);
    }
    let data = || status.vdevs.iter().filter(|vdev| vdev.class != Class::Spare);
    let stands = |it: &Member| data().flat_map(|vdev| &vdev.members).any(|one| one.guid == it.guid);
    let idle = those(&|it| it.state == State::InUse && !stands(it));
    match idle.first().and_then(|it| it.used_by.clone()) {
        Some(other) => {
            found.about(What::SpareElsewhere, name, &idle);
            found.last_count(other);
        }
        None => found.about(What::SpareNowhere, name, &idle),
    }
}

/// What the members of a vdev are in.
fn members(found: &mut Found<'_>, vdev: &VdevStatus, sight: &Sight<'_>) {
    let Sight { status, suspended, over, stays } = *sight;
    // Of one whose place is being taken the resilver is told.
    let mine: Vec<&Member> =
        vdev.members.iter().filter(|member| member.role != Role::Replaced).collect();
    let those = |test: &dyn Fn(&Member) -> bool| -> Vec<&Member> {
        mine.iter().copied().filter(|member| test(member)).collect()
    };
    let name = vdev.name.as_str();
    counters(found, name, &those(&|it| it.state == State::Online && !it.gone && !suspended));
    if matches!(vdev.class, Class::Log | Class::Cache | Class::Spare) {
        return aside(found, vdev, &mine, status);
    }
    let bad = those(&|it| !(it.state.is_well() || it.state == State::Unknown));
    let renamed = those(&|it| it.renamed);
    found.about(What::NamesMoved, name, &renamed);
    if !suspended && matches!(vdev.state, State::Unavail | State::Faulted) && renamed.is_empty() {
        if over {
            found.about(What::Unavailable, name, &bad);
        } else {
            found.push(Condition {
                vdev: name.into(),
                ..Condition::of_pool(What::CannotOpen, found.pool)
            });
        }
    }
    let state = |state: State| move |it: &Member| it.state == state && !it.renamed;
    let forced = |it: &Member| it.aux.as_deref().is_some_and(|aux| aux.starts_with("EXTERNAL"));
    let failed = those(&|it| it.state == State::Faulted && !forced(it) && !it.renamed);
    found.about(What::DriveFailed, name, &failed);
    if failed.first().is_some_and(|it| !it.gone && stays(it)) {
        found.last_next("zbay show disk");
    }
    found.about(What::DriveForced, name, &those(&|it| it.state == State::Faulted && forced(it)));
    let away = |it: &Member| it.is_away() && it.state != State::Online && !it.renamed;
    let pulled = over && mine.iter().any(|it| it.filling);
    let gone = if pulled { What::PutBack } else { What::DriveGone };
    found.about(gone, name, &those(&away));
    found.about(What::DriveBack, name, &those(&|it| it.state == State::Removed && !it.gone));
    found.about(
        What::LabelBad,
        name,
        &those(&|it| it.state == State::Unavail && !it.gone && !it.renamed),
    );
    found.about(What::DriveOffline, name, &those(&state(State::Offline)));
    let (needed, others): (Vec<_>, Vec<_>) =
        those(&state(State::Degraded)).into_iter().partition(|it| stays(it));
    for (what, members) in [(What::DriveNeeded, needed), (What::DriveDegraded, others)] {
        found.about(what, name, &members);
        let is_slow = |it: &&Member| it.slow > 0 && !it.has_errors();
        let count = match (members.iter().all(is_slow), members.len()) {
            (_, 0) => continue,
            (true, 1) => "answers too slowly",
            (true, _) => "answer too slowly",
            (false, 1) => "has too many errors",
            (false, _) => "have too many errors",
        };
        found.last_count(count.to_owned());
    }
    for new in those(&|it| it.unfinished) {
        let olds: Vec<String> = vdev.olds_of(new).iter().map(u64::to_string).collect();
        found.about(What::Unfinished, name, &[new]);
        found.last_count(olds.join(", "));
    }
    found.about(What::Resilvering, name, &those(&|it| it.filling));
    found.about(What::ResilverWaits, name, &those(&|it| it.waits && !it.filling && !it.gone));
    found.about(What::SmallAshift, name, &those(&|it| it.small_ashift));
    found.about(What::Trimming, name, &those(&|it| it.trims));
    found.about(What::Initializing, name, &those(&|it| it.initializes));
    // What was stood in for does without the spare once it is sound again.
    let is_back = |spare: &Member| {
        let mut beside = vdev.members.iter().filter(|it| it.shares == spare.shares);
        beside.any(|it| it.role == Role::SparedFor && it.is_sound())
    };
    let (stay, stands): (Vec<_>, Vec<_>) = those(&|it| it.role == Role::StandsIn && !it.filling)
        .into_iter()
        .partition(|it| is_back(it));
    found.about(What::SpareStays, name, &stay);
    if !stands.is_empty() {
        found.about(What::SpareInUse, name, &stands);
        // What is to be replaced is the failed drive, not the spare.
        let failed = those(&|it| it.role == Role::SparedFor && !it.is_sound());
        if let (Some(it), Some(failed)) = (found.all.last_mut(), failed.first()) {
            it.bay.clone_from(&failed.bay);
        }
    }
}

/// What the counters of members say that are at work.
fn counters(found: &mut Found<'_>, vdev: &str, members: &[&Member]) {
    let hit: Vec<&Member> = members.iter().copied().filter(|it| it.has_errors()).collect();
    let sum = |at: usize| hit.iter().filter_map(|it| it.errors.get(at)).sum::<u64>();
    let counts = [(sum(0), "read"), (sum(1), "write"), (sum(2), "checksum")];
    let parts = counts.iter().filter(|it| it.0 > 0).map(|(count, word)| format!("{count} {word}"));
    let parts: Vec<String> = parts.collect();
    if !parts.is_empty() {
        let s = if counts.iter().map(|it| it.0).sum::<u64>() == 1 { "" } else { "s" };
        found.about(What::DriveErrors, vdev, &hit);
        found.last_count(format!("{} error{s}", parts.join(", ")));
    }
    let slow: Vec<&Member> = members.iter().copied().filter(|it| it.slow > 0).collect();
    let times: u64 = slow.iter().map(|it| it.slow).sum();
    if times > 0 {
        found.about(What::SlowIos, vdev, &slow);
        found.last_count(if times == 1 { "once".to_owned() } else { format!("{times} times") });
    }
}

/// What the scans say.
fn scans(found: &mut Found<'_>, pool: &Pool, status: &Status) {
    let scan = pool.told.scan.as_ref();
    for running in &status.running {
        match (running.task, running.paused) {
            (Task::Scrub, false) => found.add(What::Scrubbing),
            (Task::Scrub, true) => found.add(What::ScrubPaused),
            (Task::Expand, _) => {
                let raidz = pool.vdevs.iter().filter(|it| it.kind.starts_with("raidz"));
                let name = raidz.map(|it| it.name.clone()).next().unwrap_or_default();
                found.push(Condition {
                    vdev: name,
                    ..Condition::of_pool(What::Expanding, found.pool)
                });
            }
            // A resilver whose drive cannot be told is told all the same.
            (Task::Resilver, _)
                if !found
                    .all
                    .iter()
                    .any(|it| matches!(it.what, What::Resilvering | What::ResilverWaits)) =>
            {
                found.add(What::ResilverUnknown);
            }
            _ => {}
        }
    }
    if let Some(scan) = scan.filter(|scan| scan.run == Run::Finished && scan.errors > 0) {
        let word = if scan.resilver { "resilver" } else { "scrub" };
        let s = if scan.errors == 1 { "" } else { "s" };
        let it = Condition::of_pool(What::ScrubErrors, found.pool);
        let it = it.with(format!("{} error{s}", scan.errors));
        found.push(Condition { vdev: word.to_owned(), ..it });
    }
    if scan.is_some_and(|scan| scan.run == Run::Cancelled && !scan.resilver) {
        found.add(What::ScrubCancelled);
    }
    match status.scrub {
        Scrub::Never => found.add(What::ScrubNever),
        Scrub::Ended { days, .. } if days > SCRUB_DAYS => found.count(What::ScrubOld, days),
        _ => {}
    }
}

/// When the pool was last read through.
pub(super) fn scrub(pool: &Pool, now: Timestamp) -> Scrub {
    let Some(scan) = &pool.told.scan else {
        let rebuilt = pool.told.rebuilds.iter().find(|work| work.run != Run::Active);
        return rebuilt.map_or(Scrub::Never, |work| Scrub::Forgotten { resilver: work.ended });
    };
    match (scan.resilver, scan.run, scan.ended) {
        (true, _, ended) => Scrub::Forgotten { resilver: ended },
        (false, Run::Finished, Some(at)) => Scrub::Ended {
            at,
            days: seconds(at, now) / 86_400,
            took: scan.began.map_or(0, |began| seconds(began, at)),
            errors: scan.errors,
            repaired: scan.repaired,
        },
        _ => Scrub::Unfinished,
    }
}
