//! Over any sequence of looks: what is bad is told by every way that works, data at stake at once and daily, nothing twice
//! within its time nor over before it was; "all pools are healthy" is said of nothing but pools that the look saw healthy; a pool is
//! lost where nothing says that it was let go, and not before a boot had the time to import it; a way that keeps failing
//! is told by the others, and tried.
//!
//! The world keeps its own account of what is so, and never asks the code under test for it.
//! The looks are real ones (samples of `zpool status` on the recorded box), what is kept goes through [`super::store`] to a
//! disk in memory that may be full, and the clock may jump.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::lost::tests::label;
use super::scope::Scope;
use super::start::Start;
use super::{
    AGAIN, AWAY, Letter, Look, MISSED, Matter, PATIENCE, SKEW, Scene, Told, age, decide, lost,
    matters, store,
};
use crate::care::boot::Root;
use crate::check::{Note, Rule, Severity};
use crate::inventory::{Contents, Inventory, PoolState, Unknown};
use crate::machine::{
    Change, Cmd, Devices, Hash, HostFacts, IoError, Machine, Output, RunError, UdevDevice, Writer,
};
use crate::smart::Smart;
use crate::status::{self, Status, samples};

/// Files in memory. `/var` may be full, and `/run` is empty after a boot.
#[derive(Default)]
struct Disk {
    files: Mutex<BTreeMap<Utf8PathBuf, String>>,
    full: Mutex<bool>,
}

impl Disk {
    fn boot(&self) {
        self.files.lock().unwrap().retain(|path, _| !path.starts_with("/run"));
    }
}

impl Machine for Disk {
    fn read(&self, _: &Cmd) -> Result<Output, RunError> {
        Ok(Output::default())
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        Ok(self.files.lock().unwrap().get(path).map(|text| text.clone().into_bytes()))
    }

    fn read_at(&self, _: &Utf8Path, _: u64, _: usize) -> Result<Vec<u8>, IoError> {
        Ok(Vec::new())
    }

    fn list(&self, _: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        Ok(None)
    }

    fn link(&self, _: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        Ok(None)
    }

    fn block_devices(&self, _: Devices) -> Result<Vec<UdevDevice>, IoError> {
        Ok(Vec::new())
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        Ok(Vec::new())
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        Ok(HostFacts::default())
    }

    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn note(&self, _: &Utf8Path, _: &str, _: Option<&Hash>) -> Result<(), RunError> {
        Ok(())
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        let full = || RunError::Io { what: "cannot write".into(), why: "no space left".into() };
        match change {
            Change::WriteFile { path, content, .. } => {
                if *self.full.lock().unwrap() && path.starts_with("/var") {
                    return Err(full());
                }
                self.files.lock().unwrap().insert(path.clone(), content.clone());
            }
            Change::Remove { path } => drop(self.files.lock().unwrap().remove(path)),
            _ => {}
        }
        Ok(Output::default())
    }
}

/// How the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pool {
    Healthy,
    /// A drive is gone.
    Removed,
    Suspended,
    /// A warning.
    Full,
    /// Not imported, and nothing says why.
    Absent,
    /// Not imported, and the labels say that it was exported.
    Exported,
}

impl Pool {
    fn is_imported(self) -> bool {
        !matches!(self, Self::Absent | Self::Exported)
    }
}

const POOLS: [Pool; 6] =
    [Pool::Healthy, Pool::Removed, Pool::Suspended, Pool::Full, Pool::Absent, Pool::Exported];

/// One look, and what happened before it.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // what happens is drawn for each by itself
struct Step {
    pool: Pool,
    /// zpool gives no answer.
    fails: bool,
    /// A drive says that it fails.
    drive: bool,
    /// It could not be asked.
    unread: bool,
    minutes: i64,
    /// The clock is put forward or back.
    jump: i64,
    mail: bool,
    post: bool,
    full: bool,
    reboot: bool,
}

static LOOKS: LazyLock<BTreeMap<Pool, (Inventory, Vec<Status>)>> = LazyLock::new(|| {
    let of = |pool: Pool| {
        let (name, away): (_, &[&str]) = match pool {
            Pool::Healthy | Pool::Absent | Pool::Exported => ("healthy", &[]),
            Pool::Removed => ("removed", &["2"]),
            Pool::Suspended => ("suspended", &["2", "3"]),
            Pool::Full => ("full", &[]),
        };
        let mut inventory = samples::seen(samples::text(name), away);
        let pools = inventory.pools.as_mut().unwrap();
        pools.truncate(1);
        (pools[0].name, pools[0].guid) = ("tank".to_owned(), 7);
        if !pool.is_imported() {
            pools.clear();
            inventory.importable = Ok(Vec::new());
        }
        let hw = samples::hw();
        let all = inventory.pools.as_ref().unwrap();
        let shown = all.iter().map(|pool| status::of(&hw, &inventory, pool)).collect();
        (pool, (inventory, shown))
    };
    POOLS.into_iter().map(of).collect()
});

/// What is the matter with a pool that is imported, in truth: keys of all that is more than a notice.
static TRUTH: LazyLock<BTreeMap<Pool, BTreeSet<String>>> = LazyLock::new(|| {
    let of = |(pool, (inventory, shown)): (&Pool, &(Inventory, Vec<Status>))| {
        let all = matters::matters(&samples::hw(), inventory, shown, &[]);
        let keys = all.into_iter().filter(|it| it.weight != status::Weight::Notice);
        (*pool, keys.map(|it| it.key).collect())
    };
    LOOKS.iter().map(of).collect()
});

fn start() -> Timestamp {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

/// What a way heard of a matter last.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Heard {
    at: Timestamp,
    over: bool,
    /// False where nobody could know later that it was told: it was in memory alone, or by a clock that was put back.
    sure: bool,
}

/// How the world is made for all looks.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// The profile names the pool.
    wished: bool,
    /// Another pool is there, and healthy.
    beside: bool,
}

/// The world, and what each way heard.
struct World {
    kind: Kind,
    disk: Disk,
    clock: Timestamp,
    boot: u32,
    up: i64,
    drive: Option<String>,
    /// What the drive said when it was asked last.
    fails: bool,
    /// The pool was seen imported; the boot of then, and whether it was let go since.
    known: Option<(u32, bool)>,
    looked: Option<Timestamp>,
    /// When each matter was there last.
    seen: BTreeMap<String, Timestamp>,
    /// What the last look found.
    there: BTreeSet<String>,
    /// Ways that carried nothing since the first time.
    out: BTreeMap<String, (Timestamp, Timestamp)>,
    /// Who heard that all is well.
    well: BTreeSet<String>,
    heard: BTreeMap<(String, String), Heard>,
}

/// Where what a way heard of a matter lies. A pool that was never seen is called by its name.
fn slot(way: &str, key: &str) -> (String, String) {
    (way.to_owned(), key.replace("lost tank", "lost 7"))
}

const WAYS: [&str; 3] = ["journal", "mail", "post"];

impl World {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            disk: Disk::default(),
            clock: start(),
            boot: 0,
            up: 100,
            drive: None,
            fails: false,
            known: None,
            looked: None,
            seen: BTreeMap::new(),
            there: BTreeSet::new(),
            out: BTreeMap::new(),
            well: BTreeSet::new(),
            heard: BTreeMap::new(),
        }
    }

    /// Time passes, the clock is put, the box starts anew.
    fn pass(&mut self, step: Step) {
        let past = step.minutes + step.jump;
        self.clock = self.clock.checked_add(SignedDuration::from_mins(past)).unwrap();
        self.up += step.minutes;
        *self.disk.full.lock().unwrap() = step.full;
        let now = self.clock;
        self.looked = self.looked.map(|at| at.min(now));
        if step.jump < 0 {
            // How long ago that was nobody knows by this clock.
            self.seen.clear();
        }
        for (first, last) in self.out.values_mut() {
            let ahead = last.duration_since(now);
            if ahead.is_positive() {
                (*first, *last) = (*first - ahead, now);
            }
        }
        for ((_, key), heard) in &mut self.heard {
            // What was noted by a later clock counts as none, but for the little that it is put right by. Where its end
            // waited to be told, it is known to have been told.
            let ahead = heard.at.duration_since(now);
            heard.sure &= ahead <= SKEW;
            if ahead.is_positive() && (ahead <= SKEW || !self.there.contains(key)) {
                heard.at = now;
            }
        }
        if step.reboot {
            let memory = store::load(&self.disk);
            self.disk.boot();
            (self.boot, self.up) = (self.boot + 1, 0);
            let left = store::load(&self.disk);
            if memory != left {
                self.forget(&left);
            }
        }
    }

    /// What was in memory alone is gone.
    fn forget(&mut self, left: &Told) {
        for heard in self.heard.values_mut() {
            heard.sure = false;
        }
        // An end that was told since is not known to have been told.
        for (key, known) in &left.matters {
            for (way, at) in &known.ways {
                let heard = Heard { at: *at, over: false, sure: false };
                self.heard.insert(slot(way, key), heard);
            }
        }
        let boot = |seen: &lost::Seen| seen.boot.as_ref().and_then(|boot| boot.parse().ok());
        let seen = left.pools.get("7");
        self.known = seen.map(|seen| (boot(seen).unwrap(), seen.let_go.is_some()));
        self.seen.clear();
        self.looked = left.looked;
        let out = left.failing.iter();
        self.out = out.map(|(way, one)| (way.clone(), (one.since, one.tried))).collect();
        self.fails = false;
    }

    /// Whether drives may still spin up in a boot that has not seen the pool.
    fn may_come(&self) -> bool {
        self.up < 3 && self.known.is_none_or(|(boot, _)| boot != self.boot)
    }

    /// Notes what a look sees of the pool.
    fn witness(&mut self, step: Step) {
        if step.fails {
            // What cannot be asked is as it was.
            if let Some(at) = self.seen.get_mut("let go 7") {
                *at = self.clock;
            }
            return;
        }
        if step.pool.is_imported() {
            self.known = Some((self.boot, false));
            // Exported again it is news when it was here for a while.
            let gone = self.seen.get("let go 7").map(|at| self.clock.duration_since(*at));
            let is_news = gone.is_some_and(|gone| gone >= AWAY);
            self.heard.retain(|(_, key), heard| {
                let of_it = key.starts_with("let go ");
                heard.sure &= !of_it;
                !of_it || !is_news
            });
        } else if step.pool == Pool::Exported && !self.may_come() {
            self.known = self.known.map(|(boot, _)| (boot, true));
        }
        if self.known.is_some_and(|(_, gone)| gone) {
            // What was the matter with it goes without a word: it was let go.
            let of_it = |key: &str| key.starts_with("lost ") || key.starts_with("tank ");
            self.heard.retain(|(_, key), _| !of_it(key));
        }
    }

    /// What is the matter in truth, but for drives and ways.
    fn bad(&self, step: Step) -> BTreeSet<String> {
        let one = |key: &str| BTreeSet::from([key.to_owned()]);
        match (step.pool, self.known) {
            _ if step.fails => one(matters::UNANSWERED),
            (pool, _) if pool.is_imported() => TRUTH[&pool].clone(),
            (_, Some((_, true))) => one("let go 7"),
            _ if self.may_come() => BTreeSet::new(),
            (_, Some((_, false))) => one("lost 7"),
            (_, None) if self.kind.wished => one("lost tank"),
            (_, None) => BTreeSet::new(),
        }
    }

    /// Whether nothing is wrong with the pools.
    fn is_well(&self, step: Step) -> bool {
        let let_go = self.known.is_none_or(|(_, gone)| gone);
        let unmissed = !step.pool.is_imported() && !self.kind.wished && let_go && self.kind.beside;
        !step.fails && !self.fails && (step.pool == Pool::Healthy || unmissed)
    }

    /// What a look finds.
    fn sight(&self, step: Step) -> (Inventory, Vec<Status>) {
        let (mut inventory, mut shown) = LOOKS[&step.pool].clone();
        inventory.taken = self.clock;
        if self.kind.beside {
            let (other, status) = &LOOKS[&Pool::Healthy];
            let mut pool = other.pools.as_ref().unwrap()[0].clone();
            (pool.name, pool.guid) = ("media".to_owned(), 8);
            inventory.pools.as_mut().unwrap().push(pool);
            shown.push(Status { pool: "media".to_owned(), ..status[0].clone() });
        }
        // What a label said before the pool was last here proves nothing.
        let of_old = start() - SignedDuration::from_hours(24_000);
        let exported = match step.pool {
            Pool::Exported => Some(self.clock),
            Pool::Absent => Some(of_old),
            _ => None,
        };
        if let Some(at) = exported {
            inventory.disks[1].contents = Ok(Contents::bare(label(7, PoolState::Exported, at)));
        }
        if step.pool == Pool::Absent {
            // Labels do not change while the drives are the same and no pool was imported.
            let in_bay_2 = |path: &String| path.ends_with("-ata-2");
            inventory.disks.retain(|disk| !disk.path.as_ref().is_some_and(in_bay_2));
        }
        if step.fails {
            inventory.pools = Err(Unknown::because("it gave no answer"));
            shown.clear();
        }
        for disk in &mut inventory.disks {
            disk.smart =
                if step.unread { Err(Unknown::because("no answer")) } else { Ok(Smart::default()) };
        }
        (inventory, shown)
    }

    fn look(&mut self, step: Step) {
        self.pass(step);
        let (inventory, shown) = self.sight(step);
        // One that is there in each look.
        let in_bay_4 = |path: &String| path.ends_with("-ata-4");
        let disk = inventory.disks.iter().find(|disk| disk.path.as_ref().is_some_and(in_bay_4));
        let wwn = disk.unwrap().wwn.clone();
        let before = store::load(&self.disk);
        let mut told = before.clone();
        told.wished = self.kind.wished.then(|| "tank".to_owned());
        let smart = told.asked.and_then(|at| age(at, self.clock));
        let smart = smart.is_none_or(|since| since >= SignedDuration::from_mins(30));
        if smart && !step.unread {
            self.fails = step.drive;
        }
        let begun = Start { boot: Some(self.boot.to_string()), settling: self.up < 3 };
        let mut absent = Vec::new();
        if let Ok(pools) = &inventory.pools {
            lost::note(&mut told, pools, &shown, &begun, self.clock);
            absent = lost::absent(&told, told.wished.as_deref(), pools, &begun);
            if !lost::recall(&told, &mut absent, &inventory) && lost::is_asked(&absent) {
                lost::explain(&mut told, &mut absent, &inventory);
            }
        }
        let note = Note {
            severity: Severity::Warning,
            rule: Rule::DriveFailing,
            at: String::new(),
            message: "bay 1 says that it fails".into(),
            remedy: "zbay replace 1".into(),
            bay: None,
            wwn,
        };
        let notes = if smart && step.drive && !step.unread { vec![note] } else { Vec::new() };
        let mut all = matters::matters(&samples::hw(), &inventory, &shown, &notes);
        let drive = all.iter().find(|it| it.key.starts_with(matters::DRIVE));
        self.drive = drive.map(|it| it.key.clone()).or(self.drive.take());
        let imported = inventory.pools.as_deref().unwrap_or_default();
        all.extend(absent.iter().filter_map(|pool| pool.matter(&absent, imported)));
        if let Err(why) = &inventory.pools {
            all.push(matters::unanswered(&why.why));
        }
        let root = Root { readonly: Ok(false), full: Ok(1) };
        let scope = Scope {
            inventory: &inventory,
            pools: &shown,
            absent: &absent,
            root: &root,
            smart,
            profile: true,
        };
        let asked = |matter: &Matter| scope.asked(matter);
        let scene = Scene {
            host: "nas",
            now: self.clock,
            headlines: &[],
            weekly: true,
            whole: scope.is_whole(&told),
        };
        let ways = WAYS.map(str::to_owned);
        let (letters, mut next) =
            decide(&told, Look { matters: &all, asked: &asked }, scene, &ways);
        if smart {
            next.asked = Some(self.clock);
        }
        self.witness(step);
        let out: Vec<String> = self.out.keys().filter(|way| self.is_out(way)).cloned().collect();
        for letter in &letters {
            for way in &letter.ways {
                if Self::works(way, step) {
                    self.judge(letter, way, step, (&before, &next), &out);
                    next.carried(letter, way, self.clock);
                    self.out.remove(way);
                } else {
                    next.failed(way, way, "no route", self.clock);
                    self.out.entry(way.clone()).or_insert((self.clock, self.clock)).1 = self.clock;
                }
            }
        }
        self.count(step, &letters, &out, &next);
        let kept = store::save(&self.disk, &mut next);
        assert_eq!(kept.is_err(), step.full);
    }

    /// Whether a way keeps failing.
    fn is_out(&self, way: &str) -> bool {
        let out = self.out.get(way);
        out.is_some_and(|(first, last)| last.duration_since(*first) >= PATIENCE)
    }

    fn works(way: &str, step: Step) -> bool {
        let works = [true, step.mail, step.post];
        works[WAYS.iter().position(|it| *it == way).unwrap()]
    }

    /// What a way says must be so, and not be said for the second time.
    fn judge(
        &mut self,
        letter: &Letter,
        way: &str,
        step: Step,
        (before, told): (&Told, &Told),
        out: &[String],
    ) {
        let tells = &letter.tells;
        let truth = self.bad(step);
        if letter.notice.subject.contains("all pools are healthy") || tells.weekly {
            assert!(self.is_well(step), "all pools are healthy, says {way}: {step:?}");
            self.well.insert(way.to_owned());
        }
        for key in &tells.over {
            assert!(!truth.contains(key), "{key} is over, says {way}: {step:?}");
            let beside = [matters::DRIVE, matters::WAY];
            let is_beside = beside.iter().any(|prefix| key.starts_with(prefix));
            assert!(!step.fails || is_beside, "{key}: nobody could know");
            let of_gone = !step.pool.is_imported()
                && ["tank ", "lost ", "let go "].iter().any(|prefix| key.starts_with(prefix));
            assert!(!of_gone, "{key} is over, and the pool is gone");
            assert!(!key.starts_with("let go "), "{key} is over: it was settled");
            let unseen = step.pool == Pool::Suspended && key.starts_with("tank ");
            assert!(!unseen, "{key} is over, and the pool is suspended");
            let away = self.seen.get(key).map(|at| self.clock.duration_since(*at));
            assert!(away.is_none_or(|away| away >= AWAY), "{key} is over after {away:?}");
            self.heard.insert(slot(way, key), Heard { at: self.clock, over: true, sure: true });
        }
        for key in tells.new.iter().chain(&tells.again) {
            assert!(*key != format!("{}{way}", matters::WAY), "it says that it says nothing");
            let early = key.starts_with("lost ") && self.may_come();
            assert!(!early || before.matters.contains_key(key), "{key} before the boot has ended");
            if let Some(of) = key.strip_prefix(matters::WAY) {
                let is_known = before.matters.contains_key(key) || out.iter().any(|it| it == of);
                assert!(is_known, "{of} failed once: that is no news");
            } else if told.matters[key].matter.weight != status::Weight::Wrong {
                let known = before.matters.get(key);
                let lasted = known.map(|it| self.clock.duration_since(it.since));
                assert!(lasted.is_some_and(|it| it >= PATIENCE), "{key} after {lasted:?}");
            }
            let slot = slot(way, key);
            let last = self.heard.get(&slot).filter(|heard| !heard.over && heard.sure);
            if let Some(last) = last {
                let since = self.clock.duration_since(last.at);
                let matter = &told.matters[key].matter;
                let daily = matter.weight == status::Weight::Wrong || key.starts_with(matters::WAY);
                let daily = daily && !key.starts_with("let go ");
                assert!(daily && since >= AGAIN, "{key} is told twice by {way}: {since:?}");
            }
            self.heard.insert(slot, Heard { at: self.clock, over: false, sure: true });
        }
    }

    /// What is at stake was told by every way that works, within a day, and a gap in the looks; ways that were out before
    /// were tried, and the others say so.
    fn count(&mut self, step: Step, letters: &[Letter], out: &[String], told: &Told) {
        let bad = self.bad(step);
        let mut due: BTreeSet<String> = bad.clone();
        due.retain(|key| {
            let known = told.matters.get(key);
            known.is_none_or(|known| known.matter.weight == status::Weight::Wrong)
        });
        due.extend(out.iter().map(|way| format!("{}{way}", matters::WAY)));
        for way in WAYS.iter().filter(|way| Self::works(way, step)) {
            for key in due.iter().filter(|key| **key != format!("{}{way}", matters::WAY)) {
                let heard = self.heard.get(&slot(way, key));
                let is_fresh = |heard: &Heard| {
                    let lasted = age(heard.at, self.clock);
                    !heard.over && lasted.is_some_and(|lasted| lasted < AGAIN)
                };
                // What was known before a clock was put back by much is told again: that is in `at`.
                let is_fresh =
                    |heard: &Heard| is_fresh(heard) || (!heard.sure && heard.at <= self.clock);
                assert!(
                    heard.is_some_and(is_fresh),
                    "{key} is untold by {way}: {heard:?} {step:?}"
                );
            }
        }
        let has = |way: &str, what: &dyn Fn(&Letter) -> bool| {
            letters.iter().any(|it| it.ways.iter().any(|other| other == way) && what(it))
        };
        for way in out {
            assert!(has(way, &|_| true), "{way} is not tried");
        }
        if self.looked.is_some_and(|at| self.clock.duration_since(at) >= MISSED) {
            assert!(has("journal", &|it| !it.tells.gaps.is_empty()), "nobody looked: {step:?}");
        }
        self.looked = Some(self.clock);
        self.there.clone_from(&due);
        for key in bad.into_iter().chain(due) {
            self.seen.insert(key, self.clock);
        }
        if let (true, Some(drive)) = (self.fails, &self.drive) {
            let at = told.matters.get(drive).map(|known| known.seen);
            self.seen.extend(at.map(|at| (drive.clone(), at)));
        }
    }

    fn has_heard(&self, way: &str, key: &str) -> bool {
        self.heard.get(&slot(way, key)).is_some_and(|heard| !heard.over)
    }
}

fn step() -> impl Strategy<Value = Step> {
    let jump = prop_oneof![
        12 => Just(0_i64),
        1 => 1_i64..60_000,
        1 => -60_000_i64..0,
        1 => Just(14 * 365 * 24 * 60_i64),
    ];
    let minutes = prop_oneof![8 => Just(5_i64), 1 => 1_i64..90, 1 => 1_400_i64..20_000];
    let one_in = |many: u32| prop::bool::weighted(1.0 / f64::from(many));
    let looked = (prop::sample::select(&POOLS[..]), one_in(5), one_in(3), one_in(4));
    let ways = (prop::bool::weighted(0.7), prop::bool::weighted(0.7));
    (looked, minutes, jump, ways, one_in(6), one_in(10)).prop_map(
        |((pool, fails, drive, unread), minutes, jump, (mail, post), full, reboot)| Step {
            pool,
            fails,
            drive,
            unread,
            minutes,
            jump,
            mail,
            post,
            full,
            reboot,
        },
    )
}

/// States last for some looks, as in life; some for days.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pace = prop_oneof![6 => Just(5_i64), 1 => Just(30_i64), 1 => Just(1_500_i64)];
    let lasting = (step(), pace, 1_usize..8).prop_map(|(first, minutes, count)| {
        let calm = Step { jump: 0, reboot: false, minutes, ..first };
        let rest = std::iter::repeat_n(calm, count);
        std::iter::once(first).chain(rest).collect::<Vec<_>>()
    });
    prop::collection::vec(lasting, 1..12).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_bad_is_told_once_by_each_way_that_works(
        steps in steps(),
        end in step(),
        mail in any::<bool>(),
        post in any::<bool>(),
        (wished, beside) in any::<(bool, bool)>(),
    ) {
        let mut world = World::new(Kind { wished, beside });
        for step in steps {
            world.look(step);
        }
        // It stays so for long enough that drives are asked too.
        let end = Step { minutes: 5, jump: 0, reboot: false, unread: false, mail, post, ..end };
        for _ in 0..9 {
            world.look(end);
        }
        let mut bad = world.bad(end);
        if let (true, Some(drive)) = (end.drive, &world.drive) {
            bad.insert(drive.clone());
        }
        let works = [("journal", true), ("mail", mail), ("post", post)];
        for (way, _) in works.into_iter().filter(|(_, works)| *works) {
            for key in &bad {
                prop_assert!(world.has_heard(way, key), "{key} is untold by {way}: {end:?}");
            }
        }
        // And when all has been healthy for a while, everybody has heard so.
        let healthy = Step { pool: Pool::Healthy, fails: false, drive: false, mail: true, post: true, full: false, ..end };
        for _ in 0..16 {
            world.look(healthy);
        }
        let left: Vec<_> = world.heard.iter().filter(|(_, heard)| heard.sure && !heard.over).collect();
        prop_assert!(left.is_empty(), "{left:?} is not over");
        let told = store::load(&world.disk);
        prop_assert!(told.matters.values().all(|it| it.matter.weight == status::Weight::Notice));
        world.well.clear();
        world.look(Step { minutes: 8 * 24 * 60, ..healthy });
        world.look(healthy);
        prop_assert_eq!(world.well.len(), WAYS.len(), "a week is well");
    }
}

/// What hardly any of the drawn sequences has: each by hand.
#[test]
fn rare_sequences() {
    let look = Step {
        pool: Pool::Healthy,
        fails: false,
        drive: false,
        unread: false,
        minutes: 5,
        jump: 0,
        mail: true,
        post: true,
        full: false,
        reboot: false,
    };
    let of = |pool: Pool, count: usize| vec![Step { pool, ..look }; count];

    // A week is over in a boot that has not ended: the pool may come, and nobody knows that it is well.
    let mut world = World::new(Kind { wished: false, beside: true });
    for step in of(Pool::Healthy, 2) {
        world.look(step);
    }
    world.look(Step { pool: Pool::Absent, reboot: true, minutes: 8 * 24 * 60, ..look });
    world.look(Step { pool: Pool::Absent, minutes: 1, ..look });

    // What was let go of was told, and all is well beside it.
    let mut world = World::new(Kind { wished: false, beside: true });
    for (pool, count) in [(Pool::Healthy, 2), (Pool::Exported, 3)] {
        for step in of(pool, count) {
            world.look(step);
        }
    }
    world.well.clear();
    world.look(Step { pool: Pool::Exported, minutes: 8 * 24 * 60, ..look });
    world.look(Step { pool: Pool::Exported, ..look });
    assert_eq!(world.well.len(), WAYS.len());

    // Exported again after it was here, though in a state that hides what else is the matter with it.
    let mut world = World::new(Kind { wished: false, beside: false });
    for (pool, count) in [(Pool::Healthy, 2), (Pool::Exported, 3), (Pool::Suspended, 6)] {
        for step in of(pool, count) {
            world.look(step);
        }
    }
    assert!(!world.has_heard("journal", "let go 7"));
    for step in of(Pool::Exported, 3) {
        world.look(step);
    }
    assert!(world.has_heard("journal", "let go 7"), "it is exported again");

    // Nobody answers, the pool is here for less than a while, and is exported again: that was told.
    let mut world = World::new(Kind { wished: false, beside: false });
    for (pool, fails, count) in [
        (Pool::Healthy, false, 2),
        (Pool::Exported, false, 2),
        (Pool::Healthy, true, 2),
        (Pool::Healthy, false, 2),
        (Pool::Exported, false, 3),
    ] {
        for step in of(pool, count) {
            world.look(Step { fails, ..step });
        }
    }

    // A drive is gone, then the pool is suspended for long: nothing of it is over.
    let mut world = World::new(Kind { wished: true, beside: false });
    for (pool, count) in [(Pool::Removed, 2), (Pool::Full, 2), (Pool::Suspended, 8)] {
        for step in of(pool, count) {
            world.look(step);
        }
    }

    // The clock is put back by a day: what stands is told anew, and daily from then on.
    let mut world = World::new(Kind { wished: true, beside: false });
    for step in of(Pool::Removed, 2) {
        world.look(step);
    }
    world.look(Step { pool: Pool::Removed, jump: -2_000, ..look });
    for step in of(Pool::Removed, 3) {
        world.look(Step { minutes: 1_441, ..step });
    }
}

#[test]
fn the_samples_are_what_they_stand_for() {
    let count = |pool| TRUTH[&pool].len();
    assert_eq!(count(Pool::Healthy), 0);
    assert!([Pool::Removed, Pool::Suspended, Pool::Full].into_iter().all(|it| count(it) > 0));
}
