//! What differs between the profile and the machine, as a value: what every domain's differences have in common.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};

/// One difference between the profile and the machine: it reads as a sentence.
pub trait Difference: fmt::Display {
    /// True if `apply` mends it.
    fn mendable(&self) -> bool;

    /// What a person can do about it.
    fn remedy(&self) -> String;

    /// Its name for programs, which does not change, and what it is about.
    fn subject(&self) -> (&'static str, String);

    /// Whether data is lost, out of reach, or less safe than it should be.
    fn is_wrong(&self) -> bool {
        false
    }

    /// As programs read it.
    fn finding(&self) -> Finding {
        let (id, subject) = self.subject();
        let severity = if self.is_wrong() { Severity::Wrong } else { Severity::Warning };
        Finding::new(id, severity, &subject, self.to_string()).remedy(&self.remedy())
    }
}

/// The remedy of what `apply` mends.
pub const APPLY: &str = "`zbay apply` fixes it";

/// Something that could not be known: it may differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "not-known", tag = "drift")]
pub struct NotKnown {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// A difference, or what could not be known.
pub type Differs<D> = Result<D, NotKnown>;

impl NotKnown {
    /// This, for this reason.
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }
}

impl Difference for NotKnown {
    fn mendable(&self) -> bool {
        false
    }

    fn remedy(&self) -> String {
        "fix that first; a failed look proves nothing".to_owned()
    }

    fn subject(&self) -> (&'static str, String) {
        ("not-known", "server".to_owned())
    }
}

impl fmt::Display for NotKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not known: {}", self.what, self.why)
    }
}
