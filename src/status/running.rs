//! What runs on a pool: how far, how fast, and between when and when it will end.
//!
//! Two rates are known without waiting: over all of it, and over this pass or since an earlier look. The end is told
//! as the range between them, since scans begin with seeks and end with long reads; nothing is told before ten
//! seconds of it are over. All in integers: bytes and seconds.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::inventory::{Copying, Pool, Run, Scan};
use crate::units::Bytes;

/// Too early to tell a rate.
const EARLY: u64 = 10;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "RunningTask")]
pub enum Task {
    /// A scrub.
    Scrub,
    /// A resilver, sequential ones too.
    Resilver,
    /// An expansion of a raidz.
    Expand,
    /// A removal of a vdev.
    Remove,
    /// A TRIM.
    Trim,
    /// An initialization.
    Initialize,
}

impl Task {
    /// The label of its line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scrub => "scrub",
            Self::Resilver => "resilver",
            Self::Expand => "expand",
            Self::Remove => "remove",
            Self::Trim => "trim",
            Self::Initialize => "init",
        }
    }
}

/// Something that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Running {
    /// What.
    pub task: Task,
    /// It was paused.
    pub paused: bool,
    /// Bytes done.
    pub done: Bytes,
    /// Bytes in all.
    pub all: Bytes,
    /// Whole percent, never 100 while it runs.
    pub percent: u64,
    /// Bytes a second, of late.
    pub rate: Option<Bytes>,
    /// Seconds to its end, from and to; `None`: nobody can tell.
    pub left: Option<(u64, u64)>,
}

/// Whole seconds between two times.
pub fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second().saturating_sub(from.as_second())).unwrap_or(0)
}

impl Running {
    fn new(task: Task, paused: bool, done: Bytes, all: Bytes, rates: &[Option<u64>]) -> Self {
        let percent = u128::from(done.0) * 100 / u128::from(all.0.max(1));
        let rates: Vec<u64> = rates.iter().flatten().copied().filter(|rate| *rate > 0).collect();
        let rest = all.0.saturating_sub(done.0);
        let ends = rates.iter().map(|rate| rest / rate);
        let left = ends.clone().min().zip(ends.max()).filter(|_| !paused);
        Self {
            task,
            paused,
            done,
            all,
            percent: u64::try_from(percent).unwrap_or(99).min(99),
            rate: rates.last().map(|rate| Bytes(*rate)).filter(|_| !paused),
            left,
        }
    }

    fn scan(scan: &Scan, now: Timestamp) -> Option<Self> {
        let paused = scan.run == Run::Paused;
        if !paused && scan.run != Run::Active {
            return None;
        }
        let rate = |from: Option<Timestamp>, bytes: Bytes, paused: u64| {
            let spent = seconds(from?, now).saturating_sub(paused);
            (spent >= EARLY).then(|| bytes.0 / spent)
        };
        let whole = rate(scan.began, scan.done, scan.pass_paused);
        let pass = rate(scan.pass_began, scan.pass_done, scan.pass_paused);
        let task = if scan.resilver { Task::Resilver } else { Task::Scrub };
        Some(Self::new(task, paused, scan.done, scan.all, &[whole, pass]))
    }

    fn copying(task: Task, work: &Copying, now: Timestamp) -> Option<Self> {
        let paused = work.run == Run::Paused;
        if !paused && work.run != Run::Active {
            return None;
        }
        let spent = work.began.map(|began| seconds(began, now)).filter(|spent| *spent >= EARLY);
        let rate = spent.map(|spent| work.done.0 / spent);
        Some(Self::new(task, paused, work.done, work.all, &[rate]))
    }

    /// All that runs on a pool.
    pub fn of(pool: &Pool, now: Timestamp) -> Vec<Self> {
        let told = &pool.told;
        let mut all: Vec<Self> = Vec::new();
        all.extend(told.scan.as_ref().and_then(|scan| Self::scan(scan, now)));
        let mut copy = |task, work: Option<&Copying>| {
            all.extend(work.and_then(|work| Self::copying(task, work, now)));
        };
        told.rebuilds.iter().for_each(|work| copy(Task::Resilver, Some(work)));
        copy(Task::Expand, told.expansion.as_ref());
        copy(Task::Remove, told.removal.as_ref());
        let leaves = || pool.vdevs.iter().flat_map(|vdev| &vdev.leaves);
        // Each drive has its own: told as one, which ends with the last.
        let trims: Vec<_> = leaves().filter_map(|leaf| leaf.told.trim.as_ref()).collect();
        let inits: Vec<_> = leaves().filter_map(|leaf| leaf.told.initialize.as_ref()).collect();
        copy(Task::Trim, together(&trims).as_ref());
        copy(Task::Initialize, together(&inits).as_ref());
        all
    }

    /// The same with the rate since an earlier look, `spent` seconds ago.
    #[must_use]
    pub fn since(self, earlier: &[Self], spent: u64) -> Self {
        let same = |it: &&Self| it.task == self.task && it.all == self.all && it.done <= self.done;
        let (Some(before), 1..) = (earlier.iter().find(same), spent) else { return self };
        let rate = (self.done.0 - before.done.0) / spent;
        let whole = self.rate.map(|rate| rate.0);
        Self::new(self.task, self.paused, self.done, self.all, &[whole, Some(rate)])
    }
}

fn together(all: &[&Copying]) -> Option<Copying> {
    let active: Vec<_> = all.iter().filter(|work| work.run == Run::Active).collect();
    let first = active.first()?;
    Some(Copying {
        all: active.iter().map(|work| work.all).sum(),
        done: active.iter().map(|work| work.done).sum(),
        ..(**first).to_owned()
    })
}
