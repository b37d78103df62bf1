//! States of pools, vdevs and their members, in ZFS's own words.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// A state as `zpool` says it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum State {
    /// It works.
    Online,
    /// It works, and something of it does not.
    Degraded,
    /// Too many errors: ZFS has left it out; of a pool: it cannot be opened.
    Faulted,
    /// An administrator has taken it out.
    Offline,
    /// It cannot be opened.
    Unavail,
    /// Its drive was pulled.
    Removed,
    /// All I/O of the pool stands still.
    Suspended,
    /// A spare that waits.
    Avail,
    /// A spare that stands in.
    InUse,
    /// Nobody has told.
    Unknown,
    /// A word that is not known here.
    Other(Box<str>),
}

impl State {
    /// As `zpool` says it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Online => "ONLINE",
            Self::Degraded => "DEGRADED",
            Self::Faulted => "FAULTED",
            Self::Offline => "OFFLINE",
            Self::Unavail => "UNAVAIL",
            Self::Removed => "REMOVED",
            Self::Suspended => "SUSPENDED",
            Self::Avail => "AVAIL",
            Self::InUse => "INUSE",
            Self::Unknown => "UNKNOWN",
            Self::Other(word) => word,
        }
    }

    /// ZFS reads it, and writes to it where it is no spare that waits.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Online | Self::Degraded | Self::Avail | Self::InUse)
    }

    /// Nothing is the matter with it: a spare is never `ONLINE`.
    pub fn is_well(&self) -> bool {
        matches!(self, Self::Online | Self::Avail | Self::InUse)
    }

    /// Of a pool: it can be read, with all of its redundancy or not.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Online | Self::Degraded)
    }
}

impl From<&str> for State {
    fn from(word: &str) -> Self {
        match word {
            "ONLINE" => Self::Online,
            "DEGRADED" => Self::Degraded,
            "FAULTED" => Self::Faulted,
            "OFFLINE" => Self::Offline,
            "UNAVAIL" => Self::Unavail,
            "REMOVED" => Self::Removed,
            "SUSPENDED" => Self::Suspended,
            "AVAIL" => Self::Avail,
            "INUSE" => Self::InUse,
            "UNKNOWN" => Self::Unknown,
            other => Self::Other(other.into()),
        }
    }
}

impl From<String> for State {
    fn from(word: String) -> Self {
        word.as_str().into()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.as_str().to_owned()
    }
}

impl JsonSchema for State {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
