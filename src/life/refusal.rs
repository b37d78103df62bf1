//! Why a task cannot be made: one value for each reason, and its words with the way out.

use crate::drive::Drive;
use crate::life::destroy::DestroyError;
use crate::life::expand::ExpandError;
use crate::life::moving::MoveError;
use crate::plan::Refused;
use crate::refuse::{About, Refuses, Words, shown_as_words};
use crate::units::Bytes;

/// Why nothing is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplaceError {
    /// Which pools there are is not known.
    NotKnown {
        /// Why.
        why: String,
    },
    /// No pool is imported.
    NoPool,
    /// The box has no such bay, and no drive or member is called so.
    NoBay {
        /// As it was typed.
        word: String,
        /// Whether it can be meant for a bay alone.
        is_bay: bool,
        /// Bays and places that the box has.
        known: String,
        /// Drives that are here.
        drives: Vec<String>,
    },
    /// More than one drive or member is called so.
    Ambiguous {
        /// As it was typed.
        word: String,
        /// Those that are, with bay and serial.
        known: Vec<String>,
    },
    /// A member is called so, and its drive is not here.
    NotHere {
        /// As it was typed.
        word: String,
        /// The member.
        was: String,
    },
    /// The bay is empty and nobody misses a drive there.
    Empty {
        /// `bay 3`.
        bay: String,
        /// Where drives are missing, if they are.
        missing: Vec<String>,
    },
    /// The bay is empty, and the drive that was in it is missed.
    PutOneIn {
        /// `bay 3`.
        bay: String,
        /// The drive that was there.
        was: String,
        /// The least bytes of a new one, with 512-byte and with 4096-byte sectors.
        least: Option<(Bytes, Option<Bytes>)>,
        /// How it is put in.
        how: String,
        /// What to type then.
        command: String,
    },
    /// The member in the bay is well.
    Healthy {
        /// The drive.
        drive: Box<Drive>,
        /// Its pool and vdev.
        part: String,
        /// Members that are not, if there are.
        sick: Vec<String>,
    },
    /// The drive in the bay is not a member, and no member is missing.
    NothingMissing {
        /// The drive.
        drive: Box<Drive>,
        /// What is on it.
        holds: String,
        /// Members that are sick, if there are.
        sick: Vec<String>,
    },
    /// More than one member could be meant.
    Which {
        /// `bay 3`.
        bay: String,
        /// The members.
        members: Vec<String>,
    },
    /// No member is called so, or more than one.
    NoSuchMember {
        /// As it was typed.
        word: String,
        /// The members.
        members: Vec<String>,
    },
    /// In which bay the member is, or was, is not known, and no bay of a new drive was named.
    Nowhere {
        /// The member.
        member: String,
        /// As it was typed.
        word: String,
    },
    /// A resilver or something else runs.
    Busy {
        /// The pool.
        pool: String,
        /// With what.
        with: String,
    },
    /// The member is being replaced already.
    Replacing {
        /// The pool.
        pool: String,
        /// Its vdev.
        vdev: String,
    },
    /// Without the drive the vdev would be lost.
    NoRedundancy {
        /// The drive.
        drive: Box<Drive>,
        /// The vdev.
        vdev: String,
        /// Members that do not hold all of it for certain, or had errors.
        others: Vec<String>,
        /// A resilver runs, and ZFS does not tell of which drive.
        unsure: bool,
        /// The pool.
        pool: String,
    },
    /// The member was replaced, and that did not end.
    Unfinished {
        /// The pool.
        pool: String,
        /// Its vdev.
        vdev: String,
        /// The new drive.
        new: String,
        /// ZFS reads it.
        new_is_read: bool,
        /// Its GUID.
        new_guid: u64,
        /// GUIDs of what it was to replace.
        old: Vec<u64>,
        /// Data is damaged.
        damaged: bool,
    },
    /// The new drive is too small.
    TooSmall {
        /// The drive.
        drive: Box<Drive>,
        /// Its bytes.
        is: Bytes,
        /// The least.
        least: Bytes,
    },
    /// ZFS would take the new drive, and suspend the pool.
    WouldSuspend {
        /// The drive.
        drive: Box<Drive>,
        /// Its bytes.
        is: Bytes,
        /// The vdev.
        vdev: String,
        /// Where the failed one is or was.
        failed: String,
        /// The least bytes of one that is taken at once.
        needs: Bytes,
        /// What to type.
        command: String,
    },
    /// The new drive's sectors are larger than the vdev can write.
    Sectors {
        /// The drive.
        drive: Box<Drive>,
        /// Its logical sector.
        logical: u32,
        /// The vdev's ashift.
        ashift: u8,
    },
    /// How large a drive must be cannot be told.
    Untold {
        /// The vdev.
        vdev: String,
        /// Why.
        why: String,
    },
    /// The serial that was typed is not that of the new drive.
    OtherSerial {
        /// What was typed.
        typed: String,
        /// The drive's bay.
        bay: String,
    },
    /// A member went while another one is resilvering from it.
    PutBack {
        /// `bay 2`.
        bay: String,
        /// The member.
        was: String,
        /// The pool.
        pool: String,
    },
    /// The pool is suspended.
    Suspended {
        /// The pool.
        pool: String,
    },
    /// ZFS does not open the pool.
    Closed {
        /// The pool.
        pool: String,
        /// ZFS's word for its state.
        state: String,
    },
    /// The bay for a new drive is empty.
    NoDrive {
        /// `bay 3`.
        bay: String,
    },
    /// What speaks against the new drive.
    Drive(Refused),
    /// The pool does not grow, or shrink, this way.
    Growth(ExpandError),
    /// The pool does not come or go as asked.
    Moving(MoveError),
    /// The dataset is not destroyed.
    Loss(DestroyError),
}

impl Refuses for ReplaceError {
    fn id(&self) -> &'static str {
        match self {
            Self::Drive(why) => why.id(),
            Self::Growth(why) => why.id(),
            Self::Moving(why) => why.id(),
            Self::Loss(why) => why.id(),
            Self::NotKnown { .. } => "not-known",
            Self::NoPool { .. } => "no-pool",
            Self::NoBay { .. } => "no-bay",
            Self::Ambiguous { .. } => "ambiguous",
            Self::NotHere { .. } => "not-here",
            Self::Empty { .. } => "empty",
            Self::PutOneIn { .. } => "put-one-in",
            Self::Healthy { .. } => "healthy",
            Self::NothingMissing { .. } => "nothing-missing",
            Self::Which { .. } => "which",
            Self::NoSuchMember { .. } => "no-such-member",
            Self::Nowhere { .. } => "nowhere",
            Self::Busy { .. } => "busy",
            Self::Replacing { .. } => "replacing",
            Self::NoRedundancy { .. } => "no-redundancy",
            Self::Unfinished { .. } => "unfinished",
            Self::TooSmall { .. } => "too-small",
            Self::WouldSuspend { .. } => "would-suspend",
            Self::Sectors { .. } => "sectors",
            Self::Untold { .. } => "untold",
            Self::OtherSerial { .. } => "other-serial",
            Self::PutBack { .. } => "put-back",
            Self::Suspended { .. } => "suspended",
            Self::Closed { .. } => "closed",
            Self::NoDrive { .. } => "no-drive",
        }
    }

    #[allow(clippy::too_many_lines)] // a row for each
    fn words(&self) -> Vec<Words> {
        let status = || ("do this", "`zbay status` says what is wrong".to_owned());
        let all = |label: &'static str, list: &[String]| {
            list.iter().map(|one| (label, one.clone())).collect::<Vec<_>>()
        };
        let about: About<'_> = match self {
            Self::Drive(why) => return why.words(),
            Self::Growth(why) => return why.words(),
            Self::Moving(why) => return why.words(),
            Self::Loss(why) => return why.words(),
            Self::NotKnown { why } => (
                format!("cannot tell which pools are imported: {why}"),
                None,
                vec![("do this", crate::status::unread(why, "zbay"))],
            ),
            Self::NoPool => (
                "no pool is imported".to_owned(),
                None,
                vec![("do this", "`zbay` shows what is here".to_owned())],
            ),
            Self::Empty { bay, missing } if missing.is_empty() => (
                format!("{bay} is empty, and no member of a pool is missing"),
                None,
                vec![status()],
            ),
            Self::Empty { bay, missing } => {
                let mut rows = all("missing", missing);
                rows.push(("do this", "name the bay of one of these".to_owned()));
                (format!("{bay} is empty, and no pool is missing a drive there"), None, rows)
            }
            Self::PutOneIn { bay, was, least, how, command } => {
                let mut rows = vec![("missing", was.clone())];
                if let Some((small, large)) = least {
                    let large = large.filter(|large| large != small);
                    let large = large.map(|it| format!("; with 4096-byte sectors {it}"));
                    let large = large.unwrap_or_default();
                    rows.push((
                        "needs",
                        format!("a drive of {} or more: {small} bytes{large}", small.tb()),
                    ));
                }
                rows.push(("do this", format!("{how}, then `{command}`")));
                (format!("{bay} is empty, so nothing was done"), None, rows)
            }
            Self::Healthy { drive, part, sick } => {
                let mut rows = all("problems", sick);
                let how = "name the bay of the drive that failed: `zbay status` says which";
                rows.push(("do this", how.to_owned()));
                let matter = format!(
                    "the drive in {} is healthy, a member of {part}, so nothing was done",
                    drive.spoken()
                );
                (matter, Some(drive), rows)
            }
            Self::NothingMissing { drive, holds, sick } => {
                let mut rows = vec![("holds", holds.clone())];
                rows.extend(all("problems", sick));
                let how = "to replace a working member: `zbay replace ITS-BAY --with THIS-BAY`";
                rows.push(("do this", how.to_owned()));
                let matter = format!(
                    "no pool member is missing, so there is nothing for {} to replace",
                    drive.spoken()
                );
                (matter, Some(drive), rows)
            }
            Self::Which { bay, members } => {
                let mut rows = all("members", members);
                let how = "name one by its serial or GUID: `zbay replace BAY --member SERIAL`";
                rows.push(("do this", how.to_owned()));
                (format!("cannot tell which member the drive in {bay} should replace"), None, rows)
            }
            Self::NoSuchMember { word, members } => {
                let mut rows = all("members", members);
                rows.push((
                    "do this",
                    "name one by the end of its serial or by its GUID".to_owned(),
                ));
                (
                    format!("`{word}` does not match the serial or GUID of exactly one member"),
                    None,
                    rows,
                )
            }
            Self::Nowhere { member, word } => {
                let how = format!(
                    "say where the new drive is: `zbay replace --member {word} --with BAY`"
                );
                let rows = vec![("member", member.clone()), ("do this", how)];
                ("cannot tell which bay the member is or was in".to_owned(), None, rows)
            }

            Self::NoBay { word, is_bay, known, drives } => {
                let what = if *is_bay {
                    format!("this server has no bay `{word}`")
                } else {
                    format!("this server has no bay and no drive `{word}`")
                };
                let mut rows = all("drives", drives);
                let how = format!("name a bay ({known}), or a drive by its serial");
                rows.push(("do this", how));
                (what, None, rows)
            }
            Self::Ambiguous { word, known } => {
                let mut rows = all("means", known);
                let how = "name one by its bay, or by its whole serial".to_owned();
                rows.push(("do this", how));
                (format!("`{word}` matches more than one drive, so nothing was done"), None, rows)
            }
            Self::NotHere { word, was } => (
                format!("the drive `{word}` is not here, so nothing was done"),
                None,
                vec![
                    ("missing", was.clone()),
                    ("do this", "`zbay status` says what is wrong with it".to_owned()),
                ],
            ),

            Self::Busy { pool, with } => (
                format!("pool {pool} is busy ({with}), so nothing was done"),
                None,
                vec![("do this", format!("let it finish: `zbay status {pool} --watch`"))],
            ),
            Self::Replacing { pool, vdev } => (
                format!("a drive of {vdev} is already being replaced, so nothing was done"),
                None,
                vec![("do this", format!("let it finish: `zbay status {pool} --watch`"))],
            ),
            Self::NoDrive { bay } => (
                format!("{bay} is empty, so nothing was done"),
                None,
                vec![("do this", format!("put a drive into {bay} and run this again"))],
            ),
            Self::Untold { vdev, why } => (
                format!("the minimum drive size for {vdev} is unknown: {why}"),
                None,
                vec![("do this", "`zbay explain` shows what is known".to_owned())],
            ),
            Self::OtherSerial { typed, bay } => (
                format!(
                    "the serial of the drive in {bay} does not end in `{typed}`, so nothing was done"
                ),
                None,
                vec![(
                    "do this",
                    format!(
                        "take the drive out of {bay}, read the serial off its label, and type the \
                         end of it"
                    ),
                )],
            ),
            Self::PutBack { bay, was, pool } => (
                format!(
                    "{bay} went missing while another drive of pool {pool} is resilvering, so \
                     nothing was done"
                ),
                None,
                vec![
                    ("gone", was.clone()),
                    (
                        "do this",
                        format!(
                            "put that drive back into {bay}: if it was pulled, it was the wrong one, and nothing is lost; then `zbay status {pool}`"
                        ),
                    ),
                ],
            ),
            Self::Suspended { pool } => (
                format!("pool {pool} is suspended: ZFS cannot write to enough of its drives"),
                None,
                vec![(
                    "do this",
                    format!(
                        "put back what was pulled, check cables and power, then `zpool clear \
                         {pool}`"
                    ),
                )],
            ),
            Self::Closed { pool, state } => (
                format!("pool {pool} is {state} and cannot be read, so nothing was done"),
                None,
                vec![("do this", format!("`zbay status {pool}` says why, and what to do"))],
            ),

            Self::NoRedundancy { drive, vdev, others, unsure, pool } => {
                let mut rows: Vec<_> =
                    others.iter().map(|other| ("no help", other.clone())).collect();
                if *unsure {
                    let wait = format!(
                        "a resilver is running, but ZFS does not say for which drive: `zbay status \
                         {pool} --watch`"
                    );
                    rows.push(("wait", wait));
                }
                let other_bay = "put the new drive into another bay: `zbay replace BAY --with \
                                 OTHER-BAY`; the old one stays in use until the new one is \
                                 complete";
                rows.push(("do this", other_bay.to_owned()));
                if !others.is_empty() {
                    let hint = format!(
                        "several drives at once: suspect what they share (cable, controller, \
                         power) and copy off what matters first; then `zpool clear {pool}` and a \
                         scrub show which drive is really bad"
                    );
                    rows.push(("or", hint));
                }
                let matter = format!(
                    "without the drive in {},, data of {vdev} would be lost, so it stays",
                    drive.spoken()
                );
                (matter, Some(drive), rows)
            }
            Self::Unfinished { pool, vdev, new, new_is_read, new_guid, old, damaged } => {
                let mut rows = vec![("new", new.clone())];
                let guids: Vec<String> = old.iter().map(ToString::to_string).collect();
                rows.push((if guids.len() == 1 { "old" } else { "olds" }, guids.join(", ")));
                if *new_is_read {
                    if *damaged {
                        let how = format!(
                            "`zpool status -v {pool}` names what is damaged: delete it, or restore \
                             it from a backup"
                        );
                        rows.push(("first", how));
                    }
                    rows.push((
                        "do this",
                        format!("`zpool clear {pool}`, then `zpool scrub {pool}`"),
                    ));
                    let last = guids.iter().map(|old| format!("`zpool detach {pool} {old}`"));
                    let last = last.collect::<Vec<_>>().join(", ");
                    rows.push((
                        "then",
                        format!("if the old one is still there after the scrub: {last}"),
                    ));
                } else {
                    let how = format!(
                        "put the new drive back, or give it up: `zpool detach {pool} {new_guid}`; \
                         then run this again"
                    );
                    rows.push(("do this", how));
                }
                let matter = format!(
                    "a replacement in {vdev} did not finish, and no resilver is running, so \
                     nothing was done"
                );
                (matter, None, rows)
            }

            Self::TooSmall { drive, is, least } => (
                format!("the drive in {} is too small, so nothing was written", drive.spoken()),
                Some(drive),
                vec![
                    ("has", format!("{is} bytes")),
                    (
                        "needs",
                        format!("{least} bytes, {} more", Bytes(least.0.saturating_sub(is.0))),
                    ),
                    ("do this", format!("use a drive of {} or more", least.tb())),
                ],
            ),
            Self::WouldSuspend { drive, is, vdev, failed, needs, command } => (
                format!(
                    "ZFS would suspend the pool with the drive in {}, so nothing was written",
                    drive.spoken()
                ),
                Some(drive),
                vec![
                    ("has", format!("{is} bytes")),
                    (
                        "why",
                        format!(
                            "it fits, but is smaller than every drive of {vdev}; the one of \
                             {failed} failed since the pool was imported, and ZFS cannot open the \
                             vdev with both (openzfs/zfs #16123)"
                        ),
                    ),
                    (
                        "do this",
                        format!(
                            "power off, remove the failed drive if it is still there, power on, \
                             then run `{command}` again; or use a drive of {needs} bytes or more"
                        ),
                    ),
                ],
            ),
            Self::Sectors { drive, logical, ashift } => (
                format!(
                    "the drive in {} has sectors of {logical} bytes, so nothing was written",
                    drive.spoken()
                ),
                Some(drive),
                vec![
                    (
                        "needs",
                        format!(
                            "{} bytes, the smallest write of its vdev (ashift {ashift})",
                            1_u64 << ashift
                        ),
                    ),
                    ("do this", "use a drive with 512-byte logical sectors".to_owned()),
                ],
            ),
        };
        vec![Words::from(about)]
    }
}

shown_as_words!(ReplaceError);

impl From<ExpandError> for ReplaceError {
    fn from(why: ExpandError) -> Self {
        Self::Growth(why)
    }
}

impl From<MoveError> for ReplaceError {
    fn from(why: MoveError) -> Self {
        Self::Moving(why)
    }
}

impl From<DestroyError> for ReplaceError {
    fn from(why: DestroyError) -> Self {
        Self::Loss(why)
    }
}
