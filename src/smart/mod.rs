//! What a drive says of its own health: smartctl's JSON as a value, and what follows from it.
//!
//! ATA, SCSI (SAS) and NVMe say different things in different places; here each figure has one name, and one that a
//! drive does not tell is `None`, never 0. Pure: who asks, and how a sleeping drive is let sleep, is the inventory's part.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use test_log::Reach;

mod attribute;
mod models;
mod raw;
mod report;
pub mod rules;
#[cfg(test)]
mod samples;
pub mod selftest;
pub mod test_log;

pub use attribute::AtThreshold;
pub use models::is_shingled;
pub use report::{ReportError, read, sleeps};

/// What a drive says. Counts are raw values as the drive keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Smart {
    /// The drive's own verdict.
    pub passed: Option<bool>,
    /// Bits 3 to 7 of smartctl's exit status.
    pub signs: Signs,
    /// Degrees Celsius.
    pub temperature: Option<i64>,
    /// Hours powered on.
    pub hours: Option<u64>,
    /// Times that the platters were started.
    pub starts: Option<u64>,
    /// Times that the heads were parked (load cycles).
    pub parks: Option<u64>,
    /// Sectors that were replaced by spare ones (SCSI: grown defects).
    pub reallocated: Option<u64>,
    /// Times that it was tried.
    pub reallocated_events: Option<u64>,
    /// Sectors that could not be read and wait for a write.
    pub pending: Option<u64>,
    /// Sectors that could not be read or written (NVMe: media errors).
    pub uncorrectable: Option<u64>,
    /// CRC errors on the link between drive and port.
    pub crc: Option<u64>,
    /// Of the wear that the maker promises, how many percent are used up; over 100 on drives that live longer.
    pub wear: Option<u64>,
    /// Percent of the spare blocks that are left.
    pub spare: Option<u64>,
    /// The percentage of them below which the drive's maker warns.
    pub spare_threshold: Option<u64>,
    /// The bits of an NVMe drive's critical warning.
    pub warning: Option<u64>,
    /// Attributes that are or were at their threshold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_threshold: Vec<AtThreshold>,
    /// A self-test that runs, or the last one.
    pub self_test: Option<SelfTest>,
    /// The last one that failed, if no whole test has passed after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_test: Option<SelfTest>,
    /// Error-recovery control.
    pub recovery: Option<Recovery>,
    /// Link: as it runs and as the drive could, in Mbit/s.
    pub link: Option<u64>,
    /// The best that the drive can, in Mbit/s.
    pub link_best: Option<u64>,
    /// Advanced power management: `off`, or its level from 1 to 254.
    pub apm: Option<String>,
    /// Whether the drive caches writes.
    pub write_cache: Option<bool>,
    /// The maker's family of models, as smartctl's database has it.
    pub family: Option<String>,
    /// Revolutions a minute; 0 for flash.
    pub rotation: Option<u64>,
}

impl Smart {
    /// Whether it says anything of the drive's health, well or ill. Who a drive is, how warm it is and how fast its link runs is
    /// no word of that.
    pub fn speaks_of_health(&self) -> bool {
        let counts = [self.reallocated, self.pending, self.uncorrectable, self.wear, self.spare];
        let tested = |test: &Option<SelfTest>| test.as_ref().is_some_and(|it| it.passed.is_some());
        let ill = self.signs.failing || self.signs.prefail || !self.at_threshold.is_empty();
        self.passed.is_some()
            || self.warning.is_some()
            || counts.iter().any(Option::is_some)
            || tested(&self.self_test)
            || tested(&self.failed_test)
            || ill
    }
}

/// Whether a drive is flash, by what it says and what the kernel says (`queue/rotational`): the one place where that is decided.
/// The drive's own word goes first, since a bridge or a controller often has the kernel believe that all of its drives spin.
pub fn is_flash(smart: Option<&Smart>, rotational: Option<bool>) -> Option<bool> {
    let told = smart.and_then(|smart| smart.rotation.map(|turns| turns == 0));
    let worn = || smart.is_some_and(|smart| smart.wear.is_some()).then_some(true);
    told.or_else(worn).or(rotational.map(|rotational| !rotational))
}

/// What smartctl's exit status says of the drive (`smartctl(8)`, bits 3 to 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[allow(clippy::struct_excessive_bools)] // bits are what they are
pub struct Signs {
    /// Bit 3: the drive says that it is failing.
    pub failing: bool,
    /// Bit 4: an attribute that foretells failure is at its threshold now.
    pub prefail: bool,
    /// Bit 5: an attribute was at its threshold once.
    pub was_prefail: bool,
    /// Bit 6: its log has errors.
    pub errors: bool,
    /// Bit 7: its log has failed self-tests.
    pub failed_tests: bool,
}

impl Signs {
    /// From the exit status.
    pub fn of(status: i32) -> Self {
        let bit = |at: u8| status >> at & 1 == 1;
        Self {
            failing: bit(3),
            prefail: bit(4),
            was_prefail: bit(5),
            errors: bit(6),
            failed_tests: bit(7),
        }
    }
}

/// A self-test of a drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SelfTest {
    /// In the drive's own words: `Completed without error`.
    pub words: String,
    /// Whether it passed; `None`: it runs, or was ended early.
    pub passed: Option<bool>,
    /// Percent that are left of one that runs.
    pub left: Option<u64>,
    /// At how many hours powered on it ended.
    pub at: Option<u64>,
    /// What it covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// The first sector that it could not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lba: Option<u64>,
}

impl SelfTest {
    /// With what it covers, when it was and where it stopped: `extended test: Completed: read failure, at 47,000 hours`.
    pub fn told(&self) -> String {
        let mut out = match self.reach {
            Some(Reach::Short) => "short test: ".to_owned(),
            Some(Reach::Extended) => "extended test: ".to_owned(),
            _ => String::new(),
        };
        out.push_str(&self.words);
        if let Some(at) = self.at {
            out.extend([format!(", at {at} hours")]);
        }
        if let Some(lba) = self.lba {
            out.extend([format!(", LBA {lba}")]);
        }
        out
    }
}

/// How long a drive tries to read a bad sector (SCT ERC), in tenths of a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// It cannot be told to give up.
    Unsupported,
    /// As long as it takes: minutes.
    Off,
    /// So long.
    Within(u64),
}
