//! Disks that are not blank and may be erased all the same: one that a person named, and our own debris.
//!
//! Pure. A person names a disk by its wwn and by the serial that is on its label (`--take WWN=SERIAL`): one disk,
//! one option, never all. Debris is what a cut-off run of zbay left, and is known by the journalled intent for
//! that very disk together with what is on it: a pool whose comment is that plan's and that never wrote a
//! transaction group, or a partition table of ZFS's types with nothing else anywhere. Nothing weaker counts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::inventory::{Contents, Disk, ForeignPool, Owner, PoolState};
use crate::machine::Change;
use crate::names::{NameError, Serial, Wwn};
use crate::step::journal::Unfinished;
use crate::step::role::JOINS;
use crate::step::{Again, Condition, Danger, Effect, Fingerprint, Link, Step, command};

/// A disk that a person wants erased and taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Take {
    /// Its wwn.
    pub wwn: Wwn,
    /// The serial number that was read off its label.
    pub serial: Serial,
}

/// Why a `--take` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// No `=`.
    #[error("`{0}` is not WWN=SERIAL: the serial is read off the drive's label")]
    Form(String),
    /// The wwn is none.
    #[error(transparent)]
    Wwn(NameError),
    /// The serial is empty.
    #[error("there is no serial behind `=`: read it off the drive's label")]
    Serial,
}

impl FromStr for Take {
    type Err = TakeError;

    fn from_str(text: &str) -> Result<Self, TakeError> {
        let (wwn, serial) =
            text.split_once('=').ok_or_else(|| TakeError::Form(text.chars().take(80).collect()))?;
        let wwn = wwn.strip_prefix("wwn-").unwrap_or(wwn).parse().map_err(TakeError::Wwn)?;
        let serial = serial.parse().map_err(|_| TakeError::Serial)?;
        Ok(Self { wwn, serial })
    }
}

/// Why a disk is erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "because")]
pub enum Reason {
    /// A person named it.
    Taken,
    /// A run of zbay began to make a pool of it and was cut off.
    CutOff {
        /// That plan's id.
        plan: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("`--take` names it"),
            Self::CutOff { plan } => {
                write!(f, "left by zbay's own run {plan}, which was cut off")
            }
        }
    }
}

/// A disk that the plan erases before it takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erased {
    /// The disk, with what is on it.
    pub disk: Fingerprint,
    /// What is on it, in words.
    pub holds: String,
    /// Why it may be erased.
    pub reason: Reason,
}

/// Whether what is on a disk is the debris of a run that the journal holds as unfinished.
pub fn debris(disk: &Disk, contents: &Contents, unfinished: &[Unfinished]) -> Option<Reason> {
    if !contents.erasable {
        return None;
    }
    let ours = unfinished.iter().find(|it| {
        disk.address.as_ref() == Some(&it.disk.address)
            && disk.serial == it.disk.serial
            && disk.size == it.disk.size
    })?;
    let comment = format!("zbay:{}", ours.plan);
    let empty_pool = |pool: &ForeignPool| match pool.state {
        // Spares and caches carry neither name nor comment; the journal says that this one was to be one.
        PoolState::Spare => ours.disk.role == "spare" && pool.name.is_none(),
        PoolState::Cache => ours.disk.role.contains("cache") && pool.name.is_none(),
        // The label of a drive that was to join a pool and was cut off is that of the pool, which was not made by it.
        PoolState::Active => {
            let made = pool.comment.as_deref() == Some(comment.as_str());
            pool.never_synced && (made || JOINS.contains(&ours.disk.role.as_str()))
        }
        PoolState::Exported | PoolState::Destroyed | PoolState::Other => false,
    };
    let left = match &contents.owner {
        Owner::PartitionTable { .. } => contents.only_table,
        Owner::ForeignPool(pool) => empty_pool(pool),
        _ => false,
    };
    left.then(|| Reason::CutOff { plan: ours.plan.clone() })
}

/// The step that erases a disk: only what it is recognised by, so that it is proved blank afterwards.
pub fn step(erased: &Erased, contents: &Contents) -> Step {
    let drive = &erased.disk.drive;
    let serial = drive.serial.as_ref().map_or("no serial", Serial::as_str);
    let dev = erased.disk.address.clone();
    let changes = vec![
        Change::Zero { dev: dev.clone(), spans: contents.erase.clone(), number: None },
        Change::Run(command::settle()),
        Change::Run(command::reread(&dev)),
        Change::Run(command::settle()),
    ];
    Step {
        what: format!(
            "erase {} (serial {serial}): {}; {}",
            drive.spoken(),
            erased.holds,
            erased.reason
        ),
        effect: Effect::Erase,
        link: Link::default(),
        danger: match erased.reason {
            Reason::Taken => Danger::Erases,
            Reason::CutOff { .. } => Danger::TakesFreeDisks,
        },
        before: vec![Condition::AsSeen { disk: erased.disk.clone() }],
        rehearsal: None,
        changes,
        // udev looks into a device that was written to, and holds its partitions for a moment.
        again: Some(Again {
            said: "Device or resource busy".to_owned(),
            settle: command::settle(),
            times: 5,
        }),
        after: vec![Condition::DiskFree { disk: blank(&erased.disk) }],
    }
}

/// The same disk once it is erased.
pub fn blank(disk: &Fingerprint) -> Fingerprint {
    Fingerprint { contents: Contents::blank_digest(), ..disk.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_take_is_one_wwn_and_one_serial() {
        let take: Take = "wwn-0x5000c5007cebaf42=Z4Z0EXA2".parse().unwrap();
        assert_eq!(take, "0x5000c5007cebaf42=Z4Z0EXA2".parse().unwrap());
        assert_eq!(take.serial.as_str(), "Z4Z0EXA2");
        for (text, error) in [
            ("0x5000c5007cebaf42", "is not WWN=SERIAL"),
            ("0x5000c5007cebaf42=", "no serial"),
            ("sda=Z4Z0EXA2", "sda"),
            ("all=yes", "all"),
            ("", "is not WWN=SERIAL"),
        ] {
            let said = text.parse::<Take>().unwrap_err().to_string();
            assert!(said.contains(error), "{text}: {said}");
        }
    }
}
