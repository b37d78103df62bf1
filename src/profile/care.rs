//! How a pool is cared for: `care:` in a profile.
//!
//! One schedule and one voice: whoever else scrubs or trims is told to leave it where `care:` names a rhythm, and is given
//! it back by the word `debian`. Without the key nothing is changed, only shown. Defaults and reasons: docs/care.md.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// Scheduled maintenance of the pool. If left out, everything stays as it is, and `zbay care` shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Care {
    /// How often the pool is scrubbed: monthly, weekly, off, or `debian` (by Debian's cron, as without zbay). Default:
    /// monthly.
    #[serde(default)]
    pub scrub: Rhythm,
    /// How often free space is trimmed, if the pool has an SSD: monthly, weekly, off, or `debian`. Default: monthly.
    #[serde(default)]
    pub trim: Rhythm,
    /// How often drives run SMART self-tests: {short: weekly, long: monthly}, or off. Default: {short: weekly, long:
    /// monthly}.
    #[serde(default, deserialize_with = "tests_or_off")]
    pub selftest: SelfTests,
}

/// How often something is done to a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Rhythm {
    /// Once a month.
    #[default]
    Monthly,
    /// Once a week.
    Weekly,
    /// Never automatically.
    Off,
    /// As Debian's cron does it by default.
    Debian,
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Monthly => "monthly",
            Self::Weekly => "weekly",
            Self::Off => "off",
            Self::Debian => "debian",
        })
    }
}

/// How often drives run SMART self-tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelfTests {
    /// The short test, some minutes. Default: weekly.
    #[serde(default = "weekly")]
    pub short: TestRhythm,
    /// The long test, which reads the whole drive. Default: monthly.
    #[serde(default = "monthly")]
    pub long: TestRhythm,
}

/// How often a drive runs a self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestRhythm {
    /// Every week.
    Weekly,
    /// Every four weeks.
    Monthly,
    /// Never automatically.
    Off,
}

impl TestRhythm {
    /// Days from one test to the next; `None`: never.
    pub fn days(self) -> Option<u64> {
        match self {
            Self::Weekly => Some(7),
            Self::Monthly => Some(28),
            Self::Off => None,
        }
    }
}

impl fmt::Display for TestRhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Off => "off",
        })
    }
}

impl Default for SelfTests {
    fn default() -> Self {
        Self { short: weekly(), long: monthly() }
    }
}

fn weekly() -> TestRhythm {
    TestRhythm::Weekly
}

fn monthly() -> TestRhythm {
    TestRhythm::Monthly
}

/// A map, or the word `off`.
fn tests_or_off<'de, D: Deserializer<'de>>(from: D) -> Result<SelfTests, D::Error> {
    struct Either;
    const OFF: SelfTests = SelfTests { short: TestRhythm::Off, long: TestRhythm::Off };
    impl<'de> Visitor<'de> for Either {
        type Value = SelfTests;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("`off`, or tests as in {short: weekly, long: monthly},")
        }

        fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<SelfTests, E> {
            if value { Ok(SelfTests::default()) } else { Ok(OFF) }
        }

        fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<SelfTests, E> {
            match value {
                "off" | "no" => Ok(OFF),
                other => Err(E::unknown_variant(other, &["off"])),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SelfTests, A::Error> {
            SelfTests::deserialize(serde::de::value::MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_any(Either)
}
