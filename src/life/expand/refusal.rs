//! Why a pool does not grow, or shrink, as asked: one value for each reason, and its words with the way out.

use crate::drive::Drive;
use crate::refuse::{About, Refuses, Words};
use crate::step::shape::{Redundant, Unlike};
use crate::units::Bytes;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpandError {
    /// No pool of this name is imported.
    NoSuchPool {
        /// As it was typed.
        name: String,
        /// Those that are.
        known: Vec<String>,
    },
    /// More than one pool could be meant.
    WhichPool {
        /// The pools.
        known: Vec<String>,
    },
    /// More than one vdev could be meant.
    WhichVdev {
        /// The bay of the new drive.
        bay: String,
        /// The vdevs with their bays.
        known: Vec<String>,
    },
    /// There is no such vdev, and no member in such a bay.
    NoSuchVdev {
        /// As it was typed.
        word: String,
        /// The vdevs with their bays.
        known: Vec<String>,
    },
    /// No member of a pool is there.
    NoMember {
        /// `bay 3`, or as it was typed.
        word: String,
    },
    /// The word means several members or vdevs.
    Ambiguous {
        /// As it was typed.
        word: String,
        /// What it could be.
        known: Vec<String>,
    },
    /// A bay was named twice.
    Twice {
        /// `bay 3`.
        bay: String,
    },
    /// It has to be well first.
    NotWell {
        /// A pool, a vdev or a drive.
        what: String,
        /// ZFS's word.
        state: String,
    },
    /// ZFS lacks a feature, or it is not enabled.
    Feature {
        /// The pool.
        pool: String,
        /// The feature.
        feature: &'static str,
        /// Whether this ZFS has it.
        known: bool,
        /// The pool's `compatibility`, where it is set.
        compatibility: Option<String>,
    },
    /// Nothing can be attached to such a vdev.
    NotAttached {
        /// The vdev.
        vdev: String,
        /// Its kind or class.
        kind: String,
    },
    /// What is to be added is not as the pool's data vdevs are.
    Unlike {
        /// The pool.
        pool: String,
        /// The bays.
        bays: String,
        /// Why.
        why: Unlike,
    },
    /// More drives than a log has.
    ManyLogs {
        /// How many.
        count: usize,
    },
    /// A special vdev that would be weaker than the data, or that zpool takes by force alone.
    Special {
        /// The pool.
        pool: String,
        /// How many drives a data vdev may lose.
        data: usize,
        /// How many drives were named.
        given: usize,
    },
    /// A drive that is not larger.
    NotLarger {
        /// The drive.
        drive: Box<Drive>,
        /// Bytes that ZFS has of the old one.
        old: Bytes,
        /// The old one's bay.
        bay: String,
    },
    /// Labels of an older pool where the partition would end.
    Stale {
        /// The drive.
        drive: Box<Drive>,
        /// What is there.
        what: String,
    },
    /// A raidz cannot become narrower.
    Narrower {
        /// The drive.
        drive: Option<Box<Drive>>,
        /// The vdev.
        vdev: String,
    },
    /// No vdev leaves a pool that has a raidz.
    Raidz {
        /// The vdev that should.
        vdev: String,
        /// The raidz.
        raidz: String,
    },
    /// The only data vdev.
    LastVdev {
        /// The pool.
        pool: String,
    },
    /// The other copies are not well.
    LastCopy {
        /// The drive.
        drive: Option<Box<Drive>>,
        /// The vdev.
        vdev: String,
    },
    /// The pool has a checkpoint.
    Checkpoint {
        /// The pool.
        pool: String,
    },
    /// Vdevs of different ashift.
    Ashifts {
        /// The pool.
        pool: String,
        /// All of them.
        ashifts: Vec<u8>,
    },
    /// The other vdevs have no room for its data.
    NoRoom {
        /// The vdev.
        vdev: String,
        /// On it.
        allocated: Bytes,
        /// AVAIL.
        free: Bytes,
    },
}

const DO: &str = "do this";

impl Refuses for ExpandError {
    fn id(&self) -> &'static str {
        match self {
            Self::NoSuchPool { .. } => "no-such-pool",
            Self::WhichPool { .. } => "which-pool",
            Self::WhichVdev { .. } => "which-vdev",
            Self::NoSuchVdev { .. } => "no-such-vdev",
            Self::NoMember { .. } => "no-member",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Twice { .. } => "twice",
            Self::NotWell { .. } => "not-well",
            Self::Feature { .. } => "feature",
            Self::NotAttached { .. } => "not-attached",
            Self::Unlike { .. } => "unlike",
            Self::ManyLogs { .. } => "many-logs",
            Self::Special { .. } => "special",
            Self::NotLarger { .. } => "not-larger",
            Self::Stale { .. } => "stale",
            Self::Narrower { .. } => "narrower",
            Self::Raidz { .. } => "raidz",
            Self::LastVdev { .. } => "last-vdev",
            Self::LastCopy { .. } => "last-copy",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Ashifts { .. } => "ashifts",
            Self::NoRoom { .. } => "no-room",
        }
    }

    fn words(&self) -> Vec<Words> {
        vec![Words::from(self.own_words())]
    }
}

impl ExpandError {
    /// What is the matter in one line, the drive that it is about, and rows of a word and a sentence.
    #[allow(clippy::too_many_lines)] // a row for each
    fn own_words(&self) -> About<'_> {
        let plain = |matter: String, how: &str| (matter, None, vec![(DO, how.to_owned())]);
        let listed = |matter: String, label: &'static str, list: &[String], how: &str| {
            let mut rows: Vec<_> = list.iter().map(|one| (label, one.clone())).collect();
            rows.push((DO, how.to_owned()));
            (matter, None, rows)
        };
        match self {
            Self::NoSuchPool { name, known } => {
                listed(format!("no pool `{name}` is imported"), "pools", known, "name one of these")
            }
            Self::WhichPool { known } => listed(
                "more than one pool is imported, so nothing was done".to_owned(),
                "pools",
                known,
                "name one: `--pool NAME`",
            ),
            Self::WhichVdev { bay, known } => (
                "cannot tell which vdev should get the drive, so nothing was done".to_owned(),
                None,
                choices(
                    known,
                    &format!(
                        "`zbay expand attach {bay} --to VDEV`, or the bay of one of its drives"
                    ),
                ),
            ),
            Self::NoSuchVdev { word, known } => (
                format!("there is no vdev `{word}`, and no bay of that name holds a pool member"),
                None,
                choices(known, "name one of these, or the bay of one of its drives"),
            ),
            Self::NoMember { word } => plain(
                format!("{word} holds no pool member"),
                "`zbay show pool` shows which bays do",
            ),
            Self::Ambiguous { word, known } => listed(
                format!("{word} matches more than one part of a pool, so nothing was done"),
                "means",
                known,
                "name the vdev as `zpool status` does, as in `zbay expand remove mirror-1`",
            ),
            Self::Twice { bay } => plain(format!("{bay} is named twice"), "name each bay once"),
            Self::NotWell { what, state } => plain(
                format!("{what} is {state}, so nothing was done"),
                "fix that first: `zbay status` says how; `zbay replace BAY` replaces a drive",
            ),
            Self::Feature { pool, feature, known, compatibility } => {
                no_feature(pool, feature, *known, compatibility.as_deref())
            }
            Self::NotAttached { vdev, kind } => plain(
                format!("nothing can be attached to {vdev}: it is of kind {kind}"),
                "add a vdev instead: `zbay expand add BAY BAY ...`",
            ),
            Self::Unlike { pool, bays, why } => unlike(pool, bays, why),
            Self::ManyLogs { count } => plain(
                format!("a log has one drive or a mirror of two, not {count}"),
                "name one bay or two; each pair is a separate log",
            ),
            Self::Special { pool, data, given } => special(pool, *data, *given),
            Self::NotLarger { drive, old, bay } => (
                format!("the drive in {} is not larger, so nothing was done", drive.spoken()),
                Some(drive.as_ref()),
                vec![
                    ("old", format!("ZFS uses {old} bytes of the one in bay {bay}")),
                    (
                        DO,
                        format!(
                            "to replace it anyway: `zbay replace {bay} --with {}`",
                            drive.bay.as_ref().map(ToString::to_string).unwrap_or_default()
                        ),
                    ),
                ],
            ),
            Self::Stale { drive, what } => (
                format!(
                    "the drive in {} holds more than its pool member, so nothing was done",
                    drive.spoken()
                ),
                Some(drive.as_ref()),
                vec![
                    ("holds", format!("{what}, where the member's last labels would go")),
                    (
                        "why",
                        "ZFS could mistake the old labels for the member's own (openzfs/zfs #16144)"
                            .to_owned(),
                    ),
                    (
                        DO,
                        "replace this member with a blank drive: `zbay replace BAY --with \
                         OTHER-BAY`"
                            .to_owned(),
                    ),
                ],
            ),
            Self::Narrower { drive, vdev } => {
                (
                    format!("{vdev} can be widened but never narrowed, so nothing was done"),
                    drive.as_deref(),
                    vec![
                    ("why", "each row of a raidz is spread over all its drives, and ZFS cannot \
                             undo that".to_owned()),
                    (DO, "it can be replaced by another drive: `zbay expand larger BAY`, or `zbay \
                          replace BAY` if it failed".to_owned()),
                ],
                )
            }
            Self::Raidz { vdev, raidz } => plain(
                format!(
                    "{vdev} cannot be removed: ZFS moves no data while the pool has a raidz \
                     ({raidz})"
                ),
                "only logs, caches, spares and mirror copies can be removed from this pool; \
                 otherwise create a new pool and copy",
            ),
            Self::LastVdev { pool } => plain(
                format!("it is the only data vdev of pool {pool}, so it cannot be removed"),
                "add another one first: `zbay expand add BAY ...`",
            ),
            Self::LastCopy { drive, vdev } => (
                format!("no other copy of {vdev} is healthy, so this one cannot be removed"),
                drive.as_deref(),
                vec![(DO, "fix the others first: `zbay status` says how".to_owned())],
            ),
            Self::Checkpoint { pool } => plain(
                format!(
                    "pool {pool} has a checkpoint, and ZFS cannot remove a vdev while it exists"
                ),
                &format!("discard it if you do not need it: `zpool checkpoint -d {pool}`"),
            ),
            Self::Ashifts { pool, ashifts } => plain(
                format!(
                    "the vdevs of pool {pool} differ in ashift ({}), and ZFS cannot move data \
                     between them",
                    ashifts.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")
                ),
                "create a new pool and copy",
            ),
            Self::NoRoom { vdev, allocated, free } => plain(
                format!("{vdev} holds {allocated} bytes, but the others have room for only {free}"),
                "free up space, or add a vdev first: `zbay expand add BAY ...`",
            ),
        }
    }
}

fn choices(known: &[String], how: &str) -> Vec<(&'static str, String)> {
    let mut rows: Vec<_> = known.iter().map(|one| ("vdevs", one.clone())).collect();
    rows.push((DO, how.to_owned()));
    rows
}

fn no_feature(
    pool: &str,
    feature: &str,
    known: bool,
    compatibility: Option<&str>,
) -> About<'static> {
    if !known {
        let matter = format!("this OpenZFS does not have {feature}, so nothing was done");
        return (matter, None, vec![(DO, "install OpenZFS 2.3 or newer".to_owned())]);
    }
    let mut rows = Vec::new();
    if let Some(set) = compatibility {
        rows.push((
            "limit",
            format!(
                "compatibility is {set}: if that does not include it, raise it first (`zpool set \
                 compatibility=...`)"
            ),
        ));
    }
    rows.push((DO, format!("`zpool set feature@{feature}=enabled {pool}`: older releases cannot import the pool once it is used")));
    (format!("pool {pool} does not have {feature} enabled, so nothing was done"), None, rows)
}

fn unlike(pool: &str, bays: &str, why: &Unlike) -> About<'static> {
    let attach = || "to widen the existing vdev: `zbay expand attach BAY`".to_owned();
    let widths = |widths: &[usize]| {
        let mut all: Vec<String> = widths.iter().map(ToString::to_string).collect();
        all.dedup();
        all.join(" and ")
    };
    match why {
        Unlike::Single(kind) => (
            "a single drive is never added to a pool with redundancy, so nothing was done".to_owned(),
            None,
            vec![
                ("why", format!("pool {pool} has {} vdevs; with a single disk next to them, the \
                                 whole pool would be lost when {bays} fails, and ZFS could not \
                                 remove the disk again", kind.as_str())),
                (DO, attach()),
                ("or", format!("name {} bays or more: `zbay expand add BAY BAY ...`", kind.least())),
            ],
        ),
        Unlike::Narrow(kind, least) => (
            format!("a {} needs {least} drives or more, so nothing was done", kind.as_str()),
            None,
            vec![(DO, format!("name {least} bays or more")), ("or", attach())],
        ),
        Unlike::Width(kind, all) => (
            format!("the {} vdevs of pool {pool} have {} drives, so nothing was done", kind.as_str(), widths(all)),
            None,
            vec![
                (DO, format!("name {} bays", all.last().copied().unwrap_or_else(|| Redundant::least(*kind)))),
                ("or", "accept another width in the recorded profile: `uneven_vdevs: accept` below `pool`".to_owned()),
            ],
        ),
        Unlike::Mixed(kinds) => (
            format!("the data vdevs of pool {pool} are of different kinds ({}), so there is no \
                     pattern to follow", kinds.join(", ")),
            None,
            vec![(DO, attach())],
        ),
        Unlike::Kind(kind) => (
            format!("the data vdevs of pool {pool} are of kind {kind}, which zbay does not add"),
            None,
            vec![(DO, "`zpool add` by hand, after `zpool add -n`".to_owned())],
        ),
    }
}

fn special(pool: &str, data: usize, given: usize) -> About<'static> {
    if data == 0 {
        return (
            format!("pool {pool} has no redundancy, so no special vdev is added"),
            None,
            vec![
                (
                    "why",
                    "zpool accepts a mirror next to single disks only with force, and without a \
                     mirror it is one more drive whose failure loses everything"
                        .to_owned(),
                ),
                (
                    DO,
                    "turn its disks into mirrors first: `zbay expand attach BAY --to BAY`"
                        .to_owned(),
                ),
            ],
        );
    }
    let needs = data + 1;
    let why = if given < needs {
        format!(
            "losing the special vdev loses the pool, and its data vdevs survive the loss of \
             {data}: a mirror of {given} would be weaker"
        )
    } else {
        format!(
            "zpool accepts a mirror of {given} next to data that survives the loss of {data} only \
             with force, which zbay does not use"
        )
    };
    (
        format!("a special vdev for pool {pool} needs {needs} drives, so nothing was done"),
        None,
        vec![("why", why), (DO, format!("name {needs} bays; another copy can be attached later"))],
    )
}
