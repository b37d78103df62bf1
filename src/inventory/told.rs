//! What `zpool status` tells of a pool beyond its vdevs: what runs on it, what ran last, how a member does.
//!
//! Plain values in ZFS's own units: bytes, and seconds of the epoch as times. A figure that was not told is `None`,
//! never nought: 2.3 leaves out what it has nothing to say of. Forms are those of OpenZFS 2.3.9 (`pool_scan_stat_t`
//! and its kin), of which `samples/status` has one of each.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::json::{Number, Ordered};
use crate::names::Serial;
use crate::units::Bytes;

/// What is told of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// `ZFS-8000-HC`: the name of the message that `status` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub msgid: Option<String>,
    /// The scrub or resilver that runs, or the last one: ZFS remembers one of either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<Scan>,
    /// Sequential resilvers, by top-level vdev.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rebuilds: Vec<Copying>,
    /// Expansion of a raidz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expansion: Option<Copying>,
    /// Removal of a top-level vdev.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal: Option<Copying>,
    /// A checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// FRAG of `zpool list`, percent; asked for by a glance alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragmentation: Option<u8>,
}

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// It runs.
    Active,
    /// It was paused, and goes on from there.
    Paused,
    /// It was aborted.
    Cancelled,
    /// It is done.
    Finished,
}

/// A scrub or a resilver (`pool_scan_stat_t`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Scan {
    /// A resilver; else a scrub.
    pub resilver: bool,
    /// How far.
    pub run: Run,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it ended, was aborted, or was paused.
    pub ended: Option<Timestamp>,
    /// Bytes to go through.
    pub all: Bytes,
    /// Bytes gone through (issued, and what needed no reading).
    pub done: Bytes,
    /// Bytes written anew.
    pub repaired: Bytes,
    /// Errors that it could not repair.
    pub errors: u64,
    /// When this pass began: an import or a resumption begins one.
    pub pass_began: Option<Timestamp>,
    /// Bytes gone through in this pass.
    pub pass_done: Bytes,
    /// Seconds of this pass that it was paused.
    pub pass_paused: u64,
}

/// Something that is copied from here to there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Copying {
    /// Which vdev, in ZFS's words.
    pub vdev: String,
    /// How far.
    pub run: Run,
    /// When it began.
    pub began: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// Bytes to copy.
    pub all: Bytes,
    /// Bytes copied.
    pub done: Bytes,
}

/// A checkpoint of the pool (`pool_checkpoint_stat_t`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Checkpoint {
    /// When it was made.
    pub made: Option<Timestamp>,
    /// Bytes that it keeps from being freed.
    pub holds: Bytes,
    /// True while it is discarded.
    pub going: bool,
}

/// What an earlier look saw of a drive that is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// udev's name of the port: `pci-0000:00:1f.2-ata-3`.
    pub port: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial.
    pub serial: Option<Serial>,
}

/// What is told of a leaf beyond its state and its errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeafTold {
    /// Its name where it is no path and no GUID: a distributed spare, `draid1-0-0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What stands for it in its top-level vdev, from the outermost: `spare-2`, `replacing-1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Within>,
    /// Why it is in its state (`vdev_aux_t`): `ERR_EXCEEDED`, `EXTERNAL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux: Option<String>,
    /// Answers that took longer than 30 seconds.
    #[serde(skip_serializing_if = "is_zero")]
    pub slow_ios: u64,
    /// Bytes that the last resilver wrote to it.
    #[serde(skip_serializing_if = "is_zero")]
    pub resilvered: u64,
    /// It lacks data, and the next resilver will write it: `awaiting resilver`.
    #[serde(skip_serializing_if = "is_false")]
    pub deferred: bool,
    /// Of a spare: the other pool that has it in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_by: Option<String>,
    /// A TRIM of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trim: Option<Copying>,
    /// An initialization of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialize: Option<Copying>,
    /// The ashift that would suit it, where its vdev has a smaller one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better_ashift: Option<u8>,
    /// Where an earlier look saw the drive, of a leaf whose drive is not here ([`crate::history`]).
    #[serde(skip)]
    pub seen: Option<Box<Seen>>,
}

/// A vdev between a leaf and its top-level vdev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Within {
    /// `replacing-2`, `spare-2`.
    pub name: String,
    /// GUID.
    #[serde(with = "super::guid")]
    pub guid: u64,
    /// What it is.
    pub kind: StandIn,
    /// Which of its children the leaf is in, from 0: the first is the one that is stood in for.
    pub at: usize,
    /// How many children it has.
    pub of: usize,
}

/// Why a leaf has a parent of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StandIn {
    /// One drive takes the place of another for good.
    Replacing,
    /// A hot spare stands in.
    Spare,
    /// Something else.
    Other,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_false(flag: &bool) -> bool {
    !*flag
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// `scan_stats` as it is written; a pool that was only ever rebuilt has `rebuild_stats` in it and nothing else.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawScan {
    function: Option<String>,
    state: Option<String>,
    start_time: Number,
    end_time: Number,
    to_examine: Number,
    skipped: Number,
    processed: Number,
    errors: Number,
    pass_start: Number,
    scrub_pause: Number,
    scrub_spent_paused: Number,
    issued_bytes_per_scan: Number,
    issued: Number,
    rebuild_stats: Ordered<RawCopy>,
}

/// `raidz_expand_stats`, `removal_stats` and `rebuild_stats` as they are written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawCopy {
    name: String,
    state: Option<String>,
    start_time: Number,
    end_time: Number,
    to_reflow: Number,
    reflowed: Number,
    to_copy: Number,
    copied: Number,
    to_scan: Number,
    issued: Number,
    pass_skipped: Number,
}

/// `checkpoint_stats` as it is written.
#[derive(Deserialize)]
pub(super) struct RawCheckpoint {
    state: Option<String>,
    #[serde(default)]
    start_time: Number,
    #[serde(default)]
    space: Number,
}

/// What `-t` and `-i` add to a leaf.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawLeaf {
    aux: Option<String>,
    slow_ios: Number,
    scan_processed: Number,
    resilver_deferred: Number,
    used_by: Option<String>,
    init_state: Option<String>,
    initialized: Number,
    to_initialize: Number,
    init_time: Number,
    trim_state: Option<String>,
    trimmed: Number,
    to_trim: Number,
    trim_time: Number,
    physical_ashift: Number,
}

fn bytes(number: Number) -> Bytes {
    Bytes(number.0.unwrap_or(0))
}

/// Seconds of the epoch; nought is "not yet".
fn time(number: Number) -> Option<Timestamp> {
    let seconds = number.0.filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

/// `dsl_scan_state_t`, `vdev_rebuild_state_t` and `vdev_trim_state_t`; anything else never ran.
fn run(state: Option<&str>) -> Option<Run> {
    match state? {
        "SCANNING" | "ACTIVE" => Some(Run::Active),
        "SUSPENDED" => Some(Run::Paused),
        "CANCELED" => Some(Run::Cancelled),
        "FINISHED" | "COMPLETE" => Some(Run::Finished),
        _ => None,
    }
}

impl RawScan {
    pub(super) fn scan(&self) -> Option<Scan> {
        let run = run(self.state.as_deref())?;
        let paused = time(self.scrub_pause).filter(|_| run == Run::Active);
        let skipped = bytes(self.skipped).0;
        let all = bytes(self.to_examine);
        Some(Scan {
            resilver: self.function.as_deref() == Some("RESILVER"),
            run: if paused.is_some() { Run::Paused } else { run },
            began: time(self.start_time),
            ended: paused.or_else(|| time(self.end_time)),
            all,
            done: Bytes(bytes(self.issued).0.saturating_add(skipped).min(all.0)),
            repaired: bytes(self.processed),
            errors: self.errors.0.unwrap_or(0),
            pass_began: time(self.pass_start),
            pass_done: bytes(self.issued_bytes_per_scan),
            pass_paused: self.scrub_spent_paused.0.unwrap_or(0),
        })
    }

    pub(super) fn rebuilds(&self) -> Vec<Copying> {
        self.rebuild_stats.values().filter_map(RawCopy::copying).collect()
    }
}

impl RawCopy {
    pub(super) fn copying(&self) -> Option<Copying> {
        let run = run(self.state.as_deref())?;
        let one_of = |numbers: [Number; 3]| numbers.into_iter().find_map(|number| number.0);
        let all = one_of([self.to_reflow, self.to_copy, self.to_scan]).unwrap_or(0);
        let skipped = self.pass_skipped.0.unwrap_or(0);
        let done = one_of([self.reflowed, self.copied, self.issued]).unwrap_or(0);
        Some(Copying {
            vdev: self.name.clone(),
            run,
            began: time(self.start_time),
            ended: time(self.end_time),
            all: Bytes(all),
            done: Bytes(done.saturating_add(skipped).min(all)),
        })
    }
}

impl RawCheckpoint {
    pub(super) fn checkpoint(&self) -> Option<Checkpoint> {
        let going = match self.state.as_deref()? {
            "EXISTS" => false,
            "DISCARDING" => true,
            _ => return None,
        };
        Some(Checkpoint { made: time(self.start_time), holds: bytes(self.space), going })
    }
}

impl RawLeaf {
    pub(super) fn told(&self, name: &str, within: &[Within]) -> LeafTold {
        let copying = |state: &Option<String>, all: Number, done: Number, at: Number| {
            Some(Copying {
                vdev: name.to_owned(),
                run: run(state.as_deref())?,
                began: None,
                ended: time(at),
                all: bytes(all),
                done: bytes(done),
            })
        };
        let is_plain = name.starts_with('/') || name.bytes().all(|byte| byte.is_ascii_digit());
        LeafTold {
            seen: None,
            name: (!is_plain).then(|| name.to_owned()),
            within: within.to_vec(),
            aux: self.aux.clone(),
            slow_ios: self.slow_ios.0.unwrap_or(0),
            resilvered: self.scan_processed.0.unwrap_or(0),
            deferred: self.resilver_deferred.0.unwrap_or(0) > 0,
            used_by: self.used_by.clone(),
            trim: copying(&self.trim_state, self.to_trim, self.trimmed, self.trim_time),
            initialize: copying(
                &self.init_state,
                self.to_initialize,
                self.initialized,
                self.init_time,
            ),
            better_ashift: self.physical_ashift.0.and_then(|it| u8::try_from(it).ok()),
        }
    }
}

impl Within {
    /// Which stand-in a vdev of this name and type is; `None`: it stands for no drive.
    pub(super) fn kind(name: &str, kind: Option<&str>) -> Option<StandIn> {
        match kind.or_else(|| name.rsplit_once('-').map(|(kind, _)| kind)) {
            Some("replacing") => Some(StandIn::Replacing),
            Some("spare") => Some(StandIn::Spare),
            _ => None,
        }
    }

    pub(super) fn of(name: &str, guid: u64, kind: Option<&str>, at: usize, of: usize) -> Self {
        let kind = Self::kind(name, kind).unwrap_or(StandIn::Other);
        Self { name: name.to_owned(), guid, kind, at, of }
    }
}
