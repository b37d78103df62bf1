//! From what is wished and what is there to what will be done.
//!
//! [`make::make`] is a pure function; its [`Plan`] is immutable and complete: apply makes no decision of its
//! own. A plan holds the profile's text, a fingerprint of each disk that it takes, and steps that carry their
//! changes with the conditions before and after them. It can be saved, read by a person, and applied later,
//! if everything is still as it was.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::shipped::WISH;
use crate::step::{Closed, Condition, Danger, Fingerprint, Import, Step};
use crate::words::typeable;

mod against;
pub mod better;
pub mod erase;
pub mod import;
pub mod make;
pub mod outlook;
pub mod pick;
pub mod pool;
pub mod refusal;
pub mod replace;
pub mod request;
pub mod reserve;

pub use outlook::Outlook;
pub use refusal::{Refusal, Refused};

/// Version of the plan's form; another one is refused.
pub const VERSION: u32 = 1;

/// What will be done, completely.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`VERSION`].
    pub zbay_plan: u32,
    /// Sixteen hexadecimal digits over the profile and the disks; the pool's comment is `zbay:` and these.
    pub id: String,
    /// When the look was taken.
    pub made: Timestamp,
    /// Title of the box.
    pub title: String,
    /// Name of the description of the box.
    pub hardware: String,
    /// The profile's name or file.
    pub profile: String,
    /// The profile's text.
    pub wish: String,
    /// Name of the pool.
    pub pool: String,
    /// Layout in words: `raidz of 4`.
    pub layout: String,
    /// Disks that the plan takes, in the order of the profile.
    pub disks: Vec<Fingerprint>,
    /// Those of them that are erased first.
    pub erases: Vec<erase::Erased>,
    /// What a person named to be erased.
    pub takes: Vec<erase::Take>,
    /// The pool that is imported instead of made.
    pub import: Option<Import>,
    /// The host that a person named as the one that had the pool last.
    pub adopt: Option<String>,
    /// The hostid that was drawn by chance, where the box has nothing to make one from: a saved plan keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawn: Option<String>,
    /// A person said that a pool which zbay did not make becomes as this profile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub onto_existing: bool,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What is already as wished, in words.
    pub as_wished: Vec<String>,
    /// What differs and cannot be reached in place.
    pub drift: Vec<crate::domain::Drift>,
    /// What the pool will be, or is.
    pub outlook: Outlook,
    /// Warnings and advice.
    pub notes: Vec<crate::check::Note>,
}

impl Plan {
    /// True if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The command that does this plan; `hw`: the description that was named for it.
    pub fn typed(&self, hw: Option<&str>) -> String {
        let mut words = vec!["zbay apply".to_owned()];
        words.extend(hw.map(|hw| format!("--hw {}", typeable(hw))));
        if self.profile != WISH {
            words.push(typeable(&self.profile));
        }
        words.extend(self.takes.iter().map(|take| {
            format!("--take {}", typeable(&format!("wwn-{}={}", take.wwn, take.serial)))
        }));
        words.extend(self.adopt.iter().map(|host| format!("--from-host {}", typeable(host))));
        if self.onto_existing {
            words.push("--onto-existing".to_owned());
        }
        words.join(" ")
    }

    /// The gravest thing that the plan does.
    pub fn danger(&self) -> Danger {
        self.steps.iter().map(|step| step.danger).max().unwrap_or(Danger::Harmless)
    }
}

impl Plan {
    /// The plan without the steps that need a person: those that ask for a passphrase, and those of datasets below. Which
    /// datasets wait for one.
    pub fn without_asking(mut self) -> (Self, Closed) {
        let asks = |step: &Step| step.asks().map(|(of, _)| of.to_owned()).collect::<Vec<_>>();
        let closed = Closed(self.steps.iter().flat_map(asks).collect());
        let waits = |step: &Step| {
            let below = step.before.iter().any(|condition| match condition {
                Condition::DatasetAbsent { dataset } => closed.has(dataset),
                _ => false,
            });
            below || step.asks().next().is_some()
        };
        self.steps.retain(|step| !waits(step));
        (self, closed)
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod key_tests;

#[cfg(test)]
mod props;

#[cfg(test)]
pub(crate) mod import_tests;
