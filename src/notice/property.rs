//! Over any sequence of looks: what is bad at the end was told by every way that works, nothing was told twice within its
//! time, and "all is well" was said of nothing but pools that the look saw healthy.
//!
//! The looks are real ones (samples of `zpool status` on the recorded box), what is kept goes through [`super::store`] to a
//! disk in memory that may be full, and the clock may jump.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::scope::Scope;
use super::start::Start;
use super::{AGAIN, Letter, Look, Matter, Scene, Told, age, decide, lost, matters, store};
use crate::care::boot::Root;
use crate::check::{Note, Rule, Severity};
use crate::inventory::{Inventory, Unknown};
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
}

const POOLS: [Pool; 5] = [Pool::Healthy, Pool::Removed, Pool::Suspended, Pool::Full, Pool::Absent];

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
            Pool::Healthy | Pool::Absent => ("healthy", &[]),
            Pool::Removed => ("removed", &["2"]),
            Pool::Suspended => ("suspended", &["2", "3"]),
            Pool::Full => ("full", &[]),
        };
        let mut inventory = samples::seen(samples::text(name), away);
        let pools = inventory.pools.as_mut().unwrap();
        pools.truncate(1);
        (pools[0].name, pools[0].guid) = ("tank".to_owned(), 7);
        if pool == Pool::Absent {
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

/// What is the matter with a pool in truth: keys of all that is more than a notice.
static TRUTH: LazyLock<BTreeMap<Pool, BTreeSet<String>>> = LazyLock::new(|| {
    let of = |(pool, (inventory, shown)): (&Pool, &(Inventory, Vec<Status>))| {
        let all = matters::matters(&samples::hw(), inventory, shown, &[]);
        let mut keys: BTreeSet<String> = all
            .into_iter()
            .filter(|it| it.weight != status::Weight::Notice)
            .map(|it| it.key)
            .collect();
        if *pool == Pool::Absent {
            keys.insert("lost 7".to_owned());
        }
        (*pool, keys)
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
}

/// The world, and what each way heard.
struct World {
    disk: Disk,
    clock: Timestamp,
    boot: u32,
    up: i64,
    drive: Option<String>,
    heard: BTreeMap<(String, String), Heard>,
    /// Nobody could know what was told: it was in memory alone, or by a clock that was put back.
    excused: bool,
}

/// Where what a way heard of a matter lies. A pool that was never seen is called by its name.
fn slot(way: &str, key: &str) -> (String, String) {
    (way.to_owned(), key.replace("lost tank", "lost 7"))
}

const WAYS: [&str; 3] = ["journal", "mail", "post"];

impl World {
    fn new() -> Self {
        Self {
            disk: Disk::default(),
            clock: start(),
            boot: 0,
            up: 100,
            drive: None,
            heard: BTreeMap::new(),
            excused: false,
        }
    }

    fn look(&mut self, step: Step) {
        let (mut inventory, mut shown) = LOOKS[&step.pool].clone();
        let past = step.minutes + step.jump;
        self.clock = self.clock.checked_add(SignedDuration::from_mins(past)).unwrap();
        self.up += step.minutes;
        *self.disk.full.lock().unwrap() = step.full;
        if step.reboot {
            let memory = store::load(&self.disk);
            self.disk.boot();
            self.excused |= memory != store::load(&self.disk);
            (self.boot, self.up) = (self.boot + 1, 0);
        }
        // What was noted by a later clock counts as none.
        self.excused |= step.jump < -10;
        inventory.taken = self.clock;
        if step.fails {
            inventory.pools = Err(Unknown::because("it gave no answer"));
            shown.clear();
        }
        for disk in &mut inventory.disks {
            disk.smart =
                if step.unread { Err(Unknown::because("no answer")) } else { Ok(Smart::default()) };
        }
        // One that is there in each look.
        let in_bay_4 = |path: &String| path.ends_with("-ata-4");
        let disk = inventory.disks.iter().find(|disk| disk.path.as_ref().is_some_and(in_bay_4));
        let wwn = disk.unwrap().wwn.clone();
        let mut told = store::load(&self.disk);
        told.wished = Some("tank".to_owned());
        let smart = told.asked.and_then(|at| age(at, self.clock));
        let smart = smart.is_none_or(|since| since >= SignedDuration::from_mins(30));
        let begun = Start { boot: Some(self.boot.to_string()), settling: self.up < 3 };
        let mut absent = Vec::new();
        if let Ok(pools) = &inventory.pools {
            lost::note(&mut told, pools, &shown, &begun, self.clock);
            absent = lost::absent(&told, Some("tank"), pools, &begun);
            if lost::is_asked(&absent) {
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
        all.extend(absent.iter().filter_map(|pool| pool.matter(&absent, &[])));
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
        for letter in &letters {
            for way in &letter.ways {
                let works = [true, step.mail, step.post];
                let at = WAYS.iter().position(|it| it == way).unwrap();
                if works[at] {
                    self.judge(letter, way, step, &next);
                    next.carried(letter, way, self.clock);
                }
            }
        }
        let kept = store::save(&self.disk, &mut next);
        assert_eq!(kept.is_err(), step.full);
    }

    /// What a way says must be so, and not be said for the second time.
    fn judge(&mut self, letter: &Letter, way: &str, step: Step, told: &Told) {
        let tells = &letter.tells;
        if letter.notice.subject.contains("all is well") || tells.weekly {
            assert!(
                TRUTH[&step.pool].is_empty() && step.pool == Pool::Healthy && !step.fails,
                "all is well, says {way}: {step:?}"
            );
        }
        for key in &tells.over {
            assert!(!TRUTH[&step.pool].contains(key), "{key} is over, says {way}: {step:?}");
            assert!(!step.fails || key.starts_with(matters::DRIVE), "{key}: nobody could know");
            let of_gone =
                step.pool == Pool::Absent && (key.starts_with("tank ") || key.starts_with("lost "));
            assert!(!of_gone, "{key} is over, and the pool is gone");
            self.heard.insert(slot(way, key), Heard { at: self.clock, over: true });
        }
        for key in tells.new.iter().chain(&tells.again) {
            let slot = slot(way, key);
            let last = self.heard.get(&slot).filter(|heard| !heard.over && !self.excused);
            if let Some(last) = last {
                let since = self.clock.duration_since(last.at);
                let grave = told.matters[key].matter.weight == status::Weight::Wrong;
                assert!(grave && since >= AGAIN, "{key} is told twice by {way}: {since:?}");
            }
            self.heard.insert(slot, Heard { at: self.clock, over: false });
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

/// States last for some looks, as in life.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lasting = (step(), 1_usize..8).prop_map(|(first, count)| {
        let calm = Step { jump: 0, reboot: false, minutes: 5, ..first };
        let rest = std::iter::repeat_n(calm, count);
        std::iter::once(first).chain(rest).collect::<Vec<_>>()
    });
    prop::collection::vec(lasting, 1..12).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_bad_is_told_once_by_each_way_that_works(
        steps in steps(),
        end in step(),
        mail in any::<bool>(),
        post in any::<bool>(),
    ) {
        let mut world = World::new();
        for step in steps {
            world.look(step);
        }
        // It stays so for long enough that drives are asked too.
        let end = Step { minutes: 5, jump: 0, reboot: false, unread: false, mail, post, ..end };
        for _ in 0..9 {
            world.look(end);
        }
        let mut bad = if end.fails { BTreeSet::new() } else { TRUTH[&end.pool].clone() };
        if end.fails {
            bad.insert(matters::UNANSWERED.to_owned());
        }
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
        let left: Vec<_> = world.heard.iter().filter(|(_, heard)| !heard.over).collect();
        prop_assert!(world.excused || left.is_empty(), "{left:?} is not over");
        let told = store::load(&world.disk);
        prop_assert!(told.matters.values().all(|it| it.matter.weight == status::Weight::Notice));
    }
}

#[test]
fn the_samples_are_what_they_stand_for() {
    let count = |pool| TRUTH[&pool].len();
    assert_eq!(count(Pool::Healthy), 0);
    assert!(
        [Pool::Removed, Pool::Suspended, Pool::Full, Pool::Absent]
            .into_iter()
            .all(|it| count(it) > 0)
    );
}
