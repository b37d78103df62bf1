//! A drive takes the place of a member that failed or is missing.
//!
//! `zpool replace` writes a partition table to the new drive before it refuses, so all that could make it refuse is
//! asked first: whose the drive is, its size against the least that the vdev takes, its sectors, its health. Members are
//! addressed by GUID for `replace` and by path for `online` (with autoexpand ZFS does not find them by GUID there).
//! A drive that was pulled and put back is brought online, not replaced. One that is there and failing is taken offline
//! first where the new one has to go into the same bay, and never where its vdev would be lost without it.

use crate::capacity::{Replacement, resilver};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::missing::Missing;
use crate::inventory::place::{Needed, Place};
use crate::inventory::{
    Activity, Class, Disk, Inventory, Leaf, Owner, Pool, StandIn, State, Vdev, sentence,
};
use crate::life::called::{self, Known, Spot};
use crate::life::member::{self, Member, may_lose};
use crate::life::new_drive::{self, Needs, NewDrive};
use crate::life::{Follows, ReplaceError, Sight, Task};
use crate::plan::erase::Take;
use crate::profile::Profile;
use crate::step::journal::Unfinished;
use crate::step::role::REPLACEMENT;
use crate::step::{Condition, Danger, Effect, Fingerprint, Step, command, run, step};
use crate::units::Bytes;

/// What is asked, and what was seen.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The look, with health.
    pub inventory: &'a Inventory,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// The bay or the drive of the member that failed, or the new drive.
    pub bay: &'a Spot<'a>,
    /// The new drive, where that is another one.
    pub with: Option<&'a Spot<'a>>,
    /// The member, by any name ([`called`]).
    pub member: Option<&'a str>,
    /// Disks that a person named to be erased.
    pub takes: &'a [Take],
    /// What the journal holds of runs that were cut off.
    pub unfinished: &'a [Unfinished],
}

impl<'a> Request<'a> {
    fn sight(&self) -> Sight<'a> {
        let Self { hw, inventory, wish, takes, unfinished, .. } = *self;
        Sight { hw, inventory, wish, takes, unfinished }
    }

    fn known(&self) -> Known<'a> {
        Known { hw: self.hw, inventory: self.inventory }
    }
}

/// Makes the task.
///
/// # Errors
/// All that speaks against it.
pub fn make(request: &Request<'_>) -> Result<Task, ReplaceError> {
    let Request { hw, inventory, bay, with, .. } = *request;
    let pools =
        inventory.pools.as_ref().map_err(|why| ReplaceError::NotKnown { why: why.why.clone() })?;
    if pools.is_empty() {
        return Err(ReplaceError::NoPool);
    }
    let known = request.known();
    let members = member::all(inventory);
    let here = bay.disk(&known)?;
    // One drive may be in two pools, or have two roles: the member that is not well is meant.
    let sitting = || members.iter().filter(|member| bay.has(hw, member));
    let ill = sitting().find(|it| !it.is_well() || it.leaf.errors != [0; 3]);
    let sitting = ill.or_else(|| sitting().next()).copied();
    let target = match (request.member, sitting) {
        (Some(word), _) => named(request, &members, word)?,
        (None, Some(sitting)) => sitting,
        (None, None) => missed(request, &members, here)?,
    };
    if let Some(why) = at_work(request, target, &members) {
        return Err(why);
    }
    let new = match with {
        Some(with) => {
            let empty = || ReplaceError::NoDrive { bay: with.spoken() };
            let empty = || with.doubted(&known).unwrap_or_else(empty);
            Some(with.disk(&known)?.ok_or_else(empty)?)
        }
        None if sitting.is_some() => None,
        None => here,
    };
    match new {
        Some(new) => exchange(request, target, new),
        None if target.disk.is_none() => Err(put_one_in(request, target)),
        None => of_itself(request, target, &members),
    }
}

/// Where the member is that a person named: its drive, the bay of one that is gone, or the new one.
///
/// # Errors
/// It is no member, or nobody knows where it is.
pub fn spot_of<'a>(
    known: &Known<'a>,
    word: &str,
    with: Option<&Spot<'a>>,
) -> Result<Spot<'a>, ReplaceError> {
    let members = member::all(known.inventory);
    let words = |it: &Member<'_>| it.named(known.hw, &it.missing(known.hw, known.inventory));
    let [one] = called::members_named(known, &members, word)[..] else {
        let members = members.iter().map(words).collect();
        return Err(ReplaceError::NoSuchMember { word: word.to_owned(), members });
    };
    let is = one.disk.map(|disk| Spot::of(known, disk));
    is.or_else(|| one.missing(known.hw, known.inventory).bay.map(Spot::bay))
        .or_else(|| with.cloned())
        .ok_or_else(|| ReplaceError::Nowhere { member: words(&one), word: word.to_owned() })
}

fn missing_of(request: &Request<'_>, member: Member<'_>) -> Missing {
    member.missing(request.hw, request.inventory)
}

fn words(request: &Request<'_>, member: Member<'_>) -> String {
    member.named(request.hw, &missing_of(request, member))
}

/// The member that a person named.
fn named<'a>(
    request: &Request<'_>,
    members: &[Member<'a>],
    word: &str,
) -> Result<Member<'a>, ReplaceError> {
    if let [one] = called::members_named(&request.known(), members, word)[..] {
        return Ok(one);
    }
    let all = members.iter().map(|member| words(request, *member)).collect();
    Err(ReplaceError::Which { bay: request.bay.spoken(), members: all })
}

/// The member that is missed in the bay, or the only one that is missed at all.
fn missed<'a>(
    request: &Request<'_>,
    members: &[Member<'a>],
    here: Option<&Disk>,
) -> Result<Member<'a>, ReplaceError> {
    let gone: Vec<Member<'a>> = members.iter().filter(|it| it.is_gone()).copied().collect();
    let was_here = |it: &&Member<'a>| {
        let was = missing_of(request, **it).bay;
        was.is_some() && was == request.bay.bay
    };
    let list = |of: &[Member<'a>]| of.iter().map(|it| words(request, *it)).collect::<Vec<_>>();
    match (gone.iter().filter(was_here).collect::<Vec<_>>().as_slice(), &gone[..], here) {
        ([one], ..) => Ok(**one),
        // A log, cache or spare that is gone need never have been in a bay.
        (_, [one], Some(_)) if holds_data(one.vdev) => Ok(*one),
        (_, [], Some(disk)) => {
            let sick: Vec<Member<'a>> =
                members.iter().filter(|it| it.is_to_replace(request.hw)).copied().collect();
            let holds = match &disk.contents {
                Ok(contents) => sentence::sentence(&contents.owner),
                Err(unknown) => format!("not known: {}", unknown.why),
            };
            let drive = Box::new(Drive::of(request.hw, disk));
            Err(ReplaceError::NothingMissing { drive, holds, sick: list(&sick) })
        }
        (_, _, None) => Err(request.bay.doubted(&request.known()).unwrap_or_else(|| {
            ReplaceError::Empty { bay: request.bay.spoken(), missing: list(&gone) }
        })),
        _ => Err(ReplaceError::Which { bay: request.bay.spoken(), members: list(&gone) }),
    }
}

fn holds_data(vdev: &Vdev) -> bool {
    matches!(vdev.class, Class::Normal | Class::Special | Class::Dedup)
}

/// What keeps a pool from a replacement: it is suspended, or something runs in it that one would disturb. Whoever names the
/// bay of a drive that is resilvering wants to watch it; a healthy one is said to be healthy, and one that went
/// meanwhile
/// has to come back.
fn at_work(
    request: &Request<'_>,
    target: Member<'_>,
    members: &[Member<'_>],
) -> Option<ReplaceError> {
    let Pool { name, state, busy, .. } = target.pool;
    let pool = || name.clone();
    if *state == State::Suspended {
        return Some(ReplaceError::Suspended { pool: pool() });
    }
    if !state.is_working() {
        return Some(ReplaceError::Closed { pool: pool(), state: state.to_string() });
    }
    // A scrub gives way to a resilver by itself.
    let activity = target.pool.activity().filter(|what| *what != Activity::Scrub);
    let busy = busy.as_ref().filter(|_| activity.is_some());
    let resilvers = target.pool.resilvers() || activity == Some(Activity::Resilver);
    let replacing = resilvers && target.vdev.is_replaced();
    if let Some(why) = replaced_already(request, target, resilvers) {
        return Some(why);
    }
    if !replacing && busy.is_none() {
        return None;
    }
    let none_left =
        may_lose(request.inventory, target.pool, target.vdev, &|_| false).unwrap_or(0) == 0;
    if target.is_gone() && resilvers && target.vdev.is_vital() && none_left {
        let was = words(request, target);
        return Some(ReplaceError::PutBack {
            bay: missing_of(request, target).place,
            was,
            pool: pool(),
        });
    }
    if let Some(disk) =
        target.disk.filter(|_| !target.is_sick(request.hw) && request.with.is_none())
    {
        let sick = members.iter().filter(|it| it.is_to_replace(request.hw));
        return Some(ReplaceError::Healthy {
            drive: Box::new(Drive::of(request.hw, disk)),
            part: target.part(),
            sick: sick.map(|it| words(request, *it)).collect(),
        });
    }
    match busy {
        Some(with) => Some(ReplaceError::Busy { pool: pool(), with: with.clone() }),
        None => Some(ReplaceError::Replacing { pool: pool(), vdev: target.part() }),
    }
}

/// Whether the member's place is being taken already: it is waited for while a resilver runs or is to come, and else it did
/// not end.
fn replaced_already(
    request: &Request<'_>,
    target: Member<'_>,
    resilvers: bool,
) -> Option<ReplaceError> {
    let places = target.vdev.places();
    let pairs = places.iter().flat_map(Place::shared);
    let mut pairs = pairs.filter(|it| it.has(target.leaf.guid));
    let pair = pairs.find(|it| matches!(it, Place::Shared { kind: StandIn::Replacing, .. }))?;
    let (pool, vdev) = (target.pool.name.clone(), target.part());
    let mut leaves = pair.leaves().into_iter();
    if resilvers || leaves.any(|leaf| leaf.told.deferred && leaf.is_read()) {
        return Some(ReplaceError::Replacing { pool, vdev });
    }
    let new = pair.member()?;
    let called = |leaf: &Leaf| {
        let all = member::all(request.inventory);
        let it = all.into_iter().find(|it| it.leaf.guid == leaf.guid);
        it.map_or_else(|| leaf.guid.to_string(), |it| words(request, it))
    };
    let old: Vec<&Leaf> = pair.leaves().into_iter().filter(|it| it.guid != new.guid).collect();
    Some(ReplaceError::Unfinished {
        pool,
        vdev,
        new: called(new),
        new_is_read: new.is_read(),
        new_guid: new.guid,
        old: old.iter().map(|leaf| leaf.guid).collect(),
        damaged: target.pool.errors > 0,
    })
}

/// The least that may take the member's place.
fn least(request: &Request<'_>, target: Member<'_>) -> Result<Replacement, ReplaceError> {
    member::least(target.vdev, request.inventory)
        .map_err(|why| ReplaceError::Untold { vdev: target.part(), why })
}

fn put_one_in(request: &Request<'_>, target: Member<'_>) -> ReplaceError {
    if let Some(doubted) = request.bay.doubted(&request.known()) {
        return doubted;
    }
    let least = least(request, target).ok();
    ReplaceError::PutOneIn {
        bay: request.bay.spoken(),
        was: words(request, target),
        least: least.map(|least| (least.drive_512, least.drive_4kn)),
        how: by_hand(request, "put a drive into"),
        command: format!("zbay replace {}", request.bay.typed()),
    }
}

/// How a drive gets in or out of this box: running, or with the power off.
pub(super) fn by_hand(request: &Request<'_>, what: &str) -> String {
    let hw = request.hw;
    let mode = hw.mode(&request.inventory.host).and_then(|mode| hw.mode_of(mode));
    let bay = request.bay.spoken();
    match mode.and_then(|mode| mode.hot_swap) {
        Some(true) => {
            format!("{what} {bay} (this server supports hot swap; with the power off is fine too)")
        }
        Some(false) => format!("shut down, {what} {bay}, power on"),
        None => {
            format!("shut down, {what} {bay}, power on (hot swap is not confirmed on this server)")
        }
    }
}

/// A member whose drive is there and no new one is: back online, or out.
fn of_itself(
    request: &Request<'_>,
    target: Member<'_>,
    members: &[Member<'_>],
) -> Result<Task, ReplaceError> {
    let hw = request.hw;
    let Some(disk) = target.disk else { return Err(put_one_in(request, target)) };
    let drive = Drive::of(hw, disk);
    let wiped = disk.contents.as_ref().is_ok_and(|it| it.owner == Owner::Blank);
    match target.leaf.state.as_str() {
        _ if wiped && !target.is_well() => exchange(request, target, disk),
        "OFFLINE" | "REMOVED" | "UNAVAIL" => Ok(online(request, target, disk)),
        _ if target.is_sick(hw) => take_out(request, target, disk),
        _ => {
            let sick = members.iter().filter(|it| it.is_to_replace(hw));
            Err(ReplaceError::Healthy {
                drive: Box::new(drive),
                part: target.part(),
                sick: sick.map(|it| words(request, *it)).collect(),
            })
        }
    }
}

pub(super) fn row(word: &str, drive: &Drive, say: &str) -> (String, String) {
    (word.to_owned(), format!("{}  {}  {say}", drive.place(), drive.label()))
}

/// A drive that was pulled and put back: ZFS writes what it missed.
fn online(request: &Request<'_>, target: Member<'_>, disk: &Disk) -> Task {
    let drive = Drive::of(request.hw, disk);
    let pool = &target.pool.name;
    let path = target.leaf.path.clone().unwrap_or_else(|| target.leaf.guid.to_string().into());
    // Of a whole drive zpool wants the drive, not the partition that it has made there itself: it reads the table anew.
    let whole = path.as_str().strip_suffix("-part1").filter(|_| reserve(request, target).is_none());
    let path = whole.map_or(path.clone(), Into::into);
    let mut back = step(
        format!("bring the drive in {} back into pool {pool}", drive.spoken()),
        Effect::Return,
        Danger::Harmless,
        run([command::online(pool, &path)]),
    );
    back.again = Some(command::not_open_yet());
    back.before = vec![target.as_seen()];
    back.after = vec![Condition::LeafIs {
        pool: pool.clone(),
        guid: target.leaf.guid.to_string(),
        states: vec!["ONLINE".to_owned()],
    }];
    Task {
        what: format!("bring the drive in {} back into pool {pool}", drive.spoken()),
        steps: vec![back],
        drives: vec![row("back", &drive, target.leaf.state.as_str())],
        facts: vec![(
            "why".to_owned(),
            "it is that same member: only what was written meanwhile is copied to it".to_owned(),
        )],
        follows: Follows::Resilver,
        ..task(request, target, Vec::new())
    }
    .identified()
}

/// A drive that is there and failing, and no other bay for the new one: it goes first.
pub(super) fn take_out(
    request: &Request<'_>,
    target: Member<'_>,
    disk: &Disk,
) -> Result<Task, ReplaceError> {
    let drive = Drive::of(request.hw, disk);
    let pool = &target.pool.name;
    if let Err(why) = target.pool.may_take_out(target.vdev, target.leaf) {
        return Err(still_needed(request, target, drive, &why));
    }
    let least = least(request, target)?;
    let mut offline = step(
        format!("take the drive in {} out of service in pool {pool}", drive.spoken()),
        Effect::Leave,
        Danger::TakesFreeDisks,
        run([command::offline(pool, target.leaf.guid)]),
    );
    offline.before = vec![target.as_seen()];
    offline.after = vec![Condition::LeafIs {
        pool: pool.clone(),
        guid: target.leaf.guid.to_string(),
        states: vec!["OFFLINE".to_owned()],
    }];
    let serial =
        drive.serial.as_ref().map(|serial| format!(" (serial {serial})")).unwrap_or_default();
    let out = by_hand(request, "swap the drive in");
    Ok(Task {
        what: format!("take the drive in {} out of service", drive.spoken()),
        steps: vec![offline],
        drives: vec![row("out", &drive, &state_words(request, target))],
        facts: vec![
            ("needs".to_owned(), least_words(&least)),
            ("during".to_owned(), meanwhile(request, target, true)),
        ],
        then: Some(format!("{out}{serial}, then `zbay replace {}`", request.bay.typed())),
        ..task(request, target, Vec::new())
    }
    .identified())
}

/// The refusal to take out what the vdev cannot do without.
fn still_needed(
    request: &Request<'_>,
    target: Member<'_>,
    drive: Drive,
    why: &Needed,
) -> ReplaceError {
    let others = match why {
        Needed::Others(guids) => {
            let all = member::all(request.inventory).into_iter();
            let weak =
                all.filter(|it| it.vdev.guid == target.vdev.guid && guids.contains(&it.leaf.guid));
            weak.map(|it| words(request, it)).collect()
        }
        Needed::Alone | Needed::Unsure => Vec::new(),
    };
    ReplaceError::NoRedundancy {
        drive: Box::new(drive),
        vdev: target.part(),
        others,
        unsure: *why == Needed::Unsure,
        pool: target.pool.name.clone(),
    }
}

pub(super) fn state_words(request: &Request<'_>, target: Member<'_>) -> String {
    let [read, write, checksum] = target.leaf.errors;
    let errors = if target.leaf.errors == [0; 3] {
        String::new()
    } else {
        format!(", {read} read, {write} write, {checksum} checksum errors")
    };
    let says = target.gravest(request.hw).map(|it| format!(", {}", it.words())).unwrap_or_default();
    format!("{}{errors}{says}", target.leaf.state)
}

fn least_words(least: &Replacement) -> String {
    let large = least.drive_4kn.filter(|large| *large != least.drive_512);
    let large = large.map(|large| format!("; with 4096-byte sectors {large}")).unwrap_or_default();
    format!("{} bytes or more{large}", least.drive_512)
}

/// What the vdev outlives until the new drive is complete.
fn meanwhile(request: &Request<'_>, target: Member<'_>, without: bool) -> String {
    let out = |leaf: &Leaf| without && leaf.guid == target.leaf.guid;
    let can = may_lose(request.inventory, target.pool, target.vdev, &out);
    let name = target.part();
    let hours = target.leaf.partition.map(|bytes| resilver::hours([bytes]));
    let hours = match hours {
        Some((from, to)) if from == to => format!(", about {from} h if it is full"),
        Some((from, to)) => format!(", {from} to {to} h if it is full"),
        None => String::new(),
    };
    match can {
        Some(0) => format!("{name} cannot lose another drive until the new one is complete{hours}"),
        Some(1) => {
            format!("{name} can lose one more drive until the new one is complete{hours}")
        }
        Some(more) => {
            format!("{name} can lose {more} more drives until the new one is complete{hours}")
        }
        None => format!("until the new one is complete{hours}"),
    }
}

/// The new drive takes the member's place.
fn exchange(request: &Request<'_>, target: Member<'_>, new: &Disk) -> Result<Task, ReplaceError> {
    let hw = request.hw;
    let least = least(request, target)?;
    // A larger drive is used up to the reserve, or the vdev could never grow.
    let reserve = reserve(request, target).filter(|_| target.vdev.class == Class::Normal);
    let cut = reserve.map(|reserve| {
        let old = target.leaf.partition.unwrap_or(least.partition).max(least.partition);
        new_drive::reserved(reserve, new).unwrap_or(old).max(old)
    });
    let needs = Needs {
        least: Some(least),
        ashift: target.vdev.ashift.unwrap_or(12),
        role: REPLACEMENT,
        cut,
    };
    let new = new_drive::judge(&request.sight(), new, &needs)?;
    if let Some(why) = would_suspend(request, target, &new, &least) {
        return Err(why);
    }
    let drive = new.drive.clone();
    let pool = &target.pool.name;
    let mut steps = new.steps.clone();
    steps.push(replace_step(target, &new));
    let gone = missing_of(request, target);
    let old = match target.disk {
        Some(disk) => row("old", &Drive::of(hw, disk), &state_words(request, target)),
        None => ("gone".to_owned(), words(request, target)),
    };
    let mut facts = vec![
        ("needs".to_owned(), new.needs()),
        ("during".to_owned(), meanwhile(request, target, false)),
    ];
    facts.extend(only_a_part(request, target, &new));
    if !gone.place.starts_with("bay ?") && target.disk.is_none() && drive.bay != gone.bay {
        facts.push((
            "place".to_owned(),
            format!(
                "the new drive is in {}, the missing one was in {}: the profile goes by bays, so \
                 change it there",
                drive.spoken(),
                gone.place
            ),
        ));
    }
    Ok(Task {
        what: format!("replace a member of pool {pool} with the drive in {}", drive.spoken()),
        steps,
        drives: vec![old, row("new", &drive, &new.holds)],
        facts,
        follows: Follows::Resilver,
        notes: new.notes,
        ..task(request, target, vec![new.seen])
    }
    .identified())
}

/// Where the member is a partition of a drive that has more to it: what a whole new drive would lack, and how it comes there.
fn only_a_part(
    request: &Request<'_>,
    target: Member<'_>,
    new: &NewDrive<'_>,
) -> Vec<(String, String)> {
    let (drive, number) = partition(target.leaf);
    let is_beside = |other: &Member<'_>| {
        let same_disk = target.leaf.disk.is_some() && other.leaf.disk == target.leaf.disk;
        let same_name = drive.is_some() && partition(other.leaf).0 == drive;
        other.leaf.guid != target.leaf.guid && (same_disk || same_name)
    };
    let others: Vec<String> = member::all(request.inventory)
        .iter()
        .filter(|other| is_beside(other))
        .map(|other| format!("{} (member {}, {})", other.part(), other.leaf.guid, other.leaf.state))
        .collect();
    if others.is_empty() && number.is_none_or(|number| number == 1) {
        return Vec::new();
    }
    let number = number.map_or_else(String::new, |number| format!("{number}"));
    let of =
        format!("the member is partition {number} of its drive, but the new drive is used whole");
    let beside = if others.is_empty() {
        "anything else on the old drive, for example a boot loader, is not copied to the new one"
            .to_owned()
    } else {
        format!(
            "anything else on the old drive is not copied to the new one: {}, and possibly a boot \
             loader",
            others.join(", ")
        )
    };
    let (pool, guid) = (&target.pool.name, target.leaf.guid);
    let address = &new.after.address;
    let old = target.disk.map_or("OLD-DRIVE".to_owned(), |disk| disk.dev.to_string());
    let way = format!(
        "to keep the partitions: `sgdisk -R {address} {old}`, `sgdisk -G {address}`, then `zpool \
         replace {pool} {guid} {address}-part{number}`, the same for each other pool, and \
         reinstall the boot loader"
    );
    vec![("warning".to_owned(), format!("{of}; {beside}")), ("or".to_owned(), way)]
}

/// The name of the drive in a member's path, and the number of its partition.
fn partition(leaf: &Leaf) -> (Option<&str>, Option<u32>) {
    let Some(path) = leaf.path.as_ref().map(|path| path.as_str()) else { return (None, None) };
    let stem = path.trim_end_matches(|it: char| it.is_ascii_digit());
    let number = path[stem.len()..].parse().ok();
    if let Some(drive) = stem.strip_suffix("-part") {
        return (Some(drive), number);
    }
    // `/dev/sda3`, `/dev/nvme0n1p3`; other names that end in a number are no partitions.
    let name = stem.strip_prefix("/dev/").unwrap_or_default();
    match name.strip_suffix('p') {
        Some(drive) if drive.ends_with(|it: char| it.is_ascii_digit()) => (Some(drive), number),
        _ if name.starts_with("sd") && !name.contains('/') => (Some(name), number),
        _ => (Some(path), None),
    }
}

/// A drive that fits and is smaller than each of the vdev's, for one that failed since the pool was imported.
fn would_suspend(
    request: &Request<'_>,
    target: Member<'_>,
    new: &NewDrive<'_>,
    least: &Replacement,
) -> Option<ReplaceError> {
    let was_open = target.leaf.state != State::Online && target.leaf.partition.is_some();
    if !was_open || !target.vdev.is_above(new.partition) {
        return None;
    }
    let smallest = target.vdev.smallest()?;
    let safe = least.at_least(smallest, request.inventory.release()).ok()?;
    let needs = match safe.drive_4kn {
        Some(large) if new.disk.logical == Some(4096) => large,
        _ => safe.drive_512,
    };
    Some(ReplaceError::WouldSuspend {
        drive: Box::new(new.drive.clone()),
        is: new.disk.size,
        vdev: target.part(),
        failed: missing_of(request, target).place,
        needs,
        command: match request.with {
            Some(with) => format!("zbay replace {} --with {}", request.bay.typed(), with.typed()),
            None => format!("zbay replace {}", request.bay.typed()),
        },
    })
}

/// What the profile leaves free at the end of each drive of this pool.
fn reserve(request: &Request<'_>, target: Member<'_>) -> Option<Bytes> {
    request.sight().wish_for(&target.pool.name)?.pool.reserve
}

fn replace_step(target: Member<'_>, new: &NewDrive<'_>) -> Step {
    let pool = &target.pool.name;
    let mut replace = step(
        format!(
            "put the drive in {} in place of member {} of {}",
            new.drive.spoken(),
            target.leaf.guid,
            target.part()
        ),
        Effect::Join,
        Danger::TakesFreeDisks,
        run([command::replace(pool, target.leaf.guid, &new.device), command::settle()]),
    );
    replace.before = new.is_free();
    replace.before.push(target.as_seen());
    replace.again = Some(command::udev_race());
    replace.after = vec![Condition::MemberOf { pool: pool.clone(), disk: new.after.clone() }];
    replace
}

fn task(request: &Request<'_>, target: Member<'_>, disks: Vec<Fingerprint>) -> Task {
    Task::empty(request.inventory.taken, &target.pool.name, disks)
}
