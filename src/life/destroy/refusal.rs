//! Why a dataset is not destroyed: one value for each reason, and its words with the way out.

use crate::drive::Drive;
use crate::refuse::{About, Refuses, Words};

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestroyError {
    /// Its pool is not imported.
    NoPool {
        /// As it was typed.
        name: String,
        /// Pools that are.
        known: Vec<String>,
    },
    /// It is a pool.
    WholePool {
        /// The pool.
        pool: String,
    },
    /// There is no such dataset.
    NoDataset {
        /// As it was typed.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// The profile names it, or what is below it.
    Wished {
        /// Which.
        names: Vec<String>,
    },
    /// ZFS would not destroy it.
    Held {
        /// The dataset.
        name: String,
        /// ZFS's words.
        said: String,
    },
}

impl Refuses for DestroyError {
    fn id(&self) -> &'static str {
        match self {
            Self::NoPool { .. } => "no-pool",
            Self::WholePool { .. } => "whole-pool",
            Self::NoDataset { .. } => "no-dataset",
            Self::Wished { .. } => "wished",
            Self::Held { .. } => "held",
        }
    }

    fn words(&self) -> Vec<Words> {
        vec![Words::from(self.own_words())]
    }
}

impl DestroyError {
    fn own_words(&self) -> About<'_> {
        const DO: &str = "do this";
        let none: Option<&Drive> = None;
        match self {
            Self::NoPool { name, known } if known.is_empty() => (
                format!("no pool is imported, so there is no `{name}`"),
                none,
                vec![(DO, "`zbay` shows what is here".to_owned())],
            ),
            Self::NoPool { name, known } => (
                format!("the pool of `{name}` is not imported"),
                none,
                vec![
                    ("pools", known.join(", ")),
                    (DO, "name a dataset in full: POOL/NAME".to_owned()),
                ],
            ),
            Self::WholePool { pool } => (
                format!("`{pool}` is a pool, and zbay does not destroy pools, so nothing was done"),
                none,
                vec![(DO, format!("`zbay export {pool}` releases it with everything in it"))],
            ),
            Self::NoDataset { name, known } => (
                format!("there is no dataset `{name}`"),
                none,
                vec![("there are", known.join(", ")), (DO, "name one of these".to_owned())],
            ),
            Self::Wished { names } => (
                format!("the recorded profile names {}, so nothing was done", names.join(", ")),
                none,
                vec![(
                    DO,
                    "remove it from the profile and `zbay apply` that first: otherwise the next \
                     apply creates it again, empty"
                        .to_owned(),
                )],
            ),
            Self::Held { name, said } => (
                format!("ZFS would not destroy {name}, so nothing was done"),
                none,
                vec![
                    ("zfs", said.clone()),
                    (
                        DO,
                        format!(
                            "`zfs list -t all -o name,origin,userrefs -r {name}` shows clones and holds"
                        ),
                    ),
                ],
            ),
        }
    }
}
