//! The tests that a drive does by itself.

use schemars::JsonSchema;
use serde::Serialize;

/// A test of a drive by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "SelfTestKind")]
pub enum Kind {
    /// Some minutes.
    Short,
    /// The whole surface: hours.
    Long,
}

impl Kind {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Short, Self::Long];

    /// As smartctl spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
        }
    }

    /// The timer.
    pub fn timer(self) -> String {
        format!("zbay-selftest@{}.timer", self.word())
    }
}
