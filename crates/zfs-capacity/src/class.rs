//! What a vdev is for: data, metadata, the dedup table or the log of synchronous writes.
//!
//! Only normal vdevs give AVAIL. Special and dedup vdevs are in SIZE nevertheless; log vdevs are in
//! neither, and may be lost without the pool.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An allocation class (`vdev_alloc_bias_t`, and the log).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "VdevClass"))]
pub enum Class {
    /// Data.
    #[default]
    Normal,
    /// Metadata and small blocks.
    Special,
    /// The dedup table.
    Dedup,
    /// The log of synchronous writes.
    Log,
}

/// Not a class.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown class `{0}`: use normal, special, dedup or log")]
pub struct ClassError(String);

impl Class {
    /// Whether the pool is lost with a vdev of this class.
    pub fn is_vital(self) -> bool {
        self != Self::Log
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Special => "special",
            Self::Dedup => "dedup",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Class {
    type Err = ClassError;

    fn from_str(text: &str) -> Result<Self, ClassError> {
        [Self::Normal, Self::Special, Self::Dedup, Self::Log]
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| ClassError(text.to_owned()))
    }
}
