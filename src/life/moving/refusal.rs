//! Why a pool does not come or go as asked: one value for each reason, and its words with the way out.

use crate::drive::Drive;
use crate::refuse::{About, Refuses, Words};

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveError {
    /// No pool could be imported.
    Nothing {
        /// Pools that are imported.
        here: Vec<String>,
        /// Pools that were destroyed and are still on their drives.
        destroyed: Vec<String>,
    },
    /// No such pool could be imported.
    NoSuch {
        /// As it was typed.
        word: String,
        /// Those that could.
        known: Vec<String>,
    },
    /// More than one could be meant.
    Which {
        /// Those.
        known: Vec<String>,
    },
    /// It is imported already.
    Here {
        /// The pool.
        pool: String,
    },
    /// Another pool of its name is imported.
    NameTaken {
        /// The name.
        pool: String,
    },
    /// ZFS does not import it.
    Refused {
        /// Why.
        says: String,
        /// The way out.
        means: String,
        /// The drives of it that are here.
        places: Vec<String>,
    },
    /// Its log is lost.
    NoLog {
        /// The pool.
        pool: String,
    },
    /// No label tells who had it last.
    Unlabelled {
        /// The pool.
        pool: String,
    },
    /// Another host had it last and did not export it.
    Elsewhere {
        /// The pool.
        pool: String,
        /// That host.
        host: String,
        /// Who used it last and when, in words.
        last: String,
    },
    /// More than one pool is imported.
    WhichHere {
        /// Those.
        known: Vec<String>,
    },
    /// No such pool is imported.
    NotHere {
        /// As it was typed.
        word: String,
        /// Those that are.
        known: Vec<String>,
    },
}

impl Refuses for MoveError {
    fn id(&self) -> &'static str {
        match self {
            Self::Nothing { .. } => "nothing",
            Self::NoSuch { .. } => "no-such",
            Self::Which { .. } => "which",
            Self::Here { .. } => "here",
            Self::NameTaken { .. } => "name-taken",
            Self::Refused { .. } => "refused",
            Self::NoLog { .. } => "no-log",
            Self::Unlabelled { .. } => "unlabelled",
            Self::Elsewhere { .. } => "elsewhere",
            Self::WhichHere { .. } => "which-here",
            Self::NotHere { .. } => "not-here",
        }
    }

    fn words(&self) -> Vec<Words> {
        vec![Words::from(self.own_words())]
    }
}

impl MoveError {
    fn own_words(&self) -> About<'_> {
        const DO: &str = "do this";
        let none: Option<&Drive> = None;
        let one = |matter: String, how: String| (matter, none, vec![(DO, how)]);
        let listed = |matter: String, label: &'static str, list: &[String], how: String| {
            let mut rows: Vec<_> = list.iter().map(|it| (label, it.clone())).collect();
            rows.push((DO, how));
            (matter, none, rows)
        };
        match self {
            Self::Nothing { here, destroyed } => {
                let mut rows = Vec::new();
                if !here.is_empty() {
                    rows.push(("imported", here.join(", ")));
                }
                if !destroyed.is_empty() {
                    rows.push((
                        "destroyed",
                        format!("{}: `zpool import -D` brings it back", destroyed.join(", ")),
                    ));
                }
                rows.push((
                    DO,
                    "connect the drives of the pool; `zbay show disk` says what is on each"
                        .to_owned(),
                ));
                ("no pool here can be imported".to_owned(), none, rows)
            }
            Self::NoSuch { word, known } => listed(
                format!("no pool `{word}` here can be imported"),
                "pools",
                known,
                "name one of these; `zbay show disk` says what is on each drive".to_owned(),
            ),
            Self::Which { known } => listed(
                "more than one pool matches, so nothing was done".to_owned(),
                "pools",
                known,
                "name one by its GUID: `zbay import GUID`".to_owned(),
            ),
            Self::Here { pool } => {
                one(format!("pool {pool} is already imported"), format!("`zbay status {pool}`"))
            }
            Self::NameTaken { pool } => one(
                format!("another pool {pool} is imported, so this one cannot use that name here"),
                format!(
                    "export that one first (`zbay export {pool}`), or import this one under \
                     another name: `zpool import GUID NAME`"
                ),
            ),
            Self::Refused { says, means, places } => {
                listed(format!("{says}, so nothing was done"), "here", places, means.clone())
            }
            Self::NoLog { pool } => one(
                format!("the log (SLOG) of pool {pool} cannot be opened, so nothing was done"),
                format!(
                    "put its drive back. If it is dead: `zbay import {pool} --without-log`; that \
                     loses the last few seconds of writes if they were only in the log, and \
                     nothing else"
                ),
            ),
            Self::Unlabelled { pool } => one(
                format!("no drive's label says who used pool {pool} last, so nothing was done"),
                "look at the drives: `zbay show disk`, then `zpool import`".to_owned(),
            ),
            Self::Elsewhere { pool, host, last } => (
                format!("pool {pool} may be in use on another host, so nothing was done"),
                none,
                vec![
                    ("last", last.clone()),
                    (
                        DO,
                        format!(
                            "`zbay export {pool}` there. If that host is gone for good: `zbay \
                             import {pool} --from-host {host}`"
                        ),
                    ),
                ],
            ),
            Self::WhichHere { known } => listed(
                "more than one pool is imported, so nothing was done".to_owned(),
                "pools",
                known,
                "name one of these".to_owned(),
            ),
            Self::NotHere { word, known } => listed(
                format!("no pool `{word}` is imported"),
                "pools",
                known,
                "name one of these".to_owned(),
            ),
        }
    }
}
