//! What follows from what a drive says of itself: refuse it, warn of it, or advise, each with what to do.
//!
//! The thresholds are few and plain. A drive that calls itself failing, or that waits for sectors it cannot read, is
//! refused for a new pool; what is worn or old is told. Counts that only ever grow (CRC) say that something happened once:
//! whether it still does, the next look tells.

use serde::Serialize;

use super::models::shingled;
use super::{AtThreshold, Recovery, Smart, is_flash};

/// Hours of a year (365.25 days).
pub const YEAR: u64 = 8766;
/// Above it a drive is old: failures rise in the fifth to sixth year (Backblaze, "How long do disk drives last?").
const OLD: u64 = 5 * YEAR;
/// Below it a drive is new, and a long self-test finds what the transport did to it.
const NEW: u64 = 24;
/// Degrees from which platters age sooner, and those at which flash slows itself down.
const HOT_PLATTERS: i64 = 50;
const HOT_FLASH: i64 = 70;
/// Percent of the promised wear from which an SSD is worn.
const WORN: u64 = 90;
/// Parkings that makers promise for desktop drives.
const PARKED: u64 = 600_000;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// Good to know.
    Advice,
    /// A person should act.
    Warning,
    /// Not for a new pool, unless the profile accepts it by name.
    Refusal,
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "finding")]
pub enum Finding {
    /// The drive's own verdict.
    Failing,
    /// Bits of an NVMe drive's critical warning.
    Warned {
        /// Which, without that of the temperature.
        bits: u64,
    },
    /// An attribute that foretells failure is at its threshold.
    Prefail {
        /// smartctl's name of it, where it tells which.
        attribute: Option<String>,
    },
    /// An attribute of age or use is at its threshold.
    Marginal {
        /// smartctl's name of it.
        attribute: String,
    },
    /// An attribute was at its threshold once.
    WasMarginal {
        /// smartctl's name of it, where it tells which.
        attribute: Option<String>,
    },
    /// Fewer spare blocks than its maker calls safe.
    SpareLow {
        /// Percent left.
        percent: u64,
        /// Percent that there should be.
        least: u64,
    },
    /// The drive itself calls its temperature too high.
    Overheated {
        /// Degrees Celsius, where they are told.
        degrees: Option<i64>,
    },
    /// Sectors that cannot be read.
    Pending {
        /// How many.
        sectors: u64,
    },
    /// The last self-test failed.
    TestFailed {
        /// In the drive's words.
        words: String,
    },
    /// Sectors were replaced.
    Reallocated {
        /// How many.
        sectors: u64,
    },
    /// Reads or writes failed.
    Uncorrectable {
        /// How many.
        errors: u64,
    },
    /// The cable erred.
    Crc {
        /// How often.
        errors: u64,
    },
    /// Too warm.
    Hot {
        /// Degrees Celsius.
        degrees: i64,
    },
    /// Years powered on.
    Old {
        /// Hours.
        hours: u64,
    },
    /// Hours powered on.
    New {
        /// Hours.
        hours: u64,
    },
    /// Flash that is worn.
    Worn {
        /// Percent used.
        percent: u64,
    },
    /// Heads that were parked too often.
    Parked {
        /// How often.
        times: u64,
    },
    /// It retries a bad sector for minutes, and could be told not to.
    RecoveryOff,
    /// It retries a bad sector for minutes, and cannot be told not to.
    NoRecovery,
    /// The link runs slower than drive and port could.
    SlowLink {
        /// Mbit/s now.
        is: u64,
        /// Mbit/s at best.
        best: u64,
    },
    /// Shingled tracks.
    Shingled {
        /// What the model begins with.
        model: &'static str,
    },
}

/// Bits of an NVMe drive's critical warning (NVM Express 1.4, figure 196).
mod critical {
    pub const SPARE: u64 = 0x01;
    pub const TEMPERATURE: u64 = 0x02;
    pub const RELIABILITY: u64 = 0x04;
    pub const READ_ONLY: u64 = 0x08;
    pub const BACKUP: u64 = 0x10;
    pub const PERSISTENT_MEMORY: u64 = 0x20;
    /// What a pool loses nothing by: a drive that is hot, memory that ZFS does not use.
    pub const MILD: u64 = TEMPERATURE | PERSISTENT_MEMORY;
}

/// What `smart` gives cause to, the gravest first; `port`: the best that the port can, in Mbit/s, where that is known;
/// `rotational`: what the kernel says.
pub fn findings(
    model: Option<&str>,
    smart: &Smart,
    port: Option<u64>,
    rotational: Option<bool>,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let over = |count: Option<u64>, limit: u64| count.filter(|count| *count > limit);
    let flash = is_flash(Some(smart), rotational);
    let is_flash = flash == Some(true);
    found.extend(verdict(smart));
    found.extend(over(smart.pending, 0).map(|sectors| Finding::Pending { sectors }));
    // A look of an earlier version kept but the last test.
    let last = smart.self_test.as_ref().filter(|test| test.passed == Some(false));
    if let Some(test) = smart.failed_test.as_ref().or(last) {
        found.push(Finding::TestFailed { words: test.told() });
    }
    found.extend(over(smart.reallocated, 0).map(|sectors| Finding::Reallocated { sectors }));
    found.extend(over(smart.uncorrectable, 0).map(|errors| Finding::Uncorrectable { errors }));
    found.extend(over(smart.crc, 0).map(|errors| Finding::Crc { errors }));
    found.extend(heat(smart, is_flash));
    found.extend(over(smart.hours, OLD).map(|hours| Finding::Old { hours }));
    found.extend(over(smart.wear, WORN).map(|percent| Finding::Worn { percent }));
    found.extend(over(smart.parks, PARKED).map(|times| Finding::Parked { times }));
    match smart.recovery {
        Some(Recovery::Off) if !is_flash => found.push(Finding::RecoveryOff),
        Some(Recovery::Unsupported) if flash == Some(false) => found.push(Finding::NoRecovery),
        _ => {}
    }
    // What an unknown port could do is not known either.
    let best = smart.link_best.zip(port).map(|(best, port)| port.min(best));
    if let (Some(is), Some(best)) = (smart.link, best)
        && is < best
    {
        found.push(Finding::SlowLink { is, best });
    }
    found.extend(model.and_then(shingled).map(|model| Finding::Shingled { model }));
    let hours = smart.hours.filter(|hours| *hours < NEW && smart.self_test.is_none() && !is_flash);
    found.extend(hours.map(|hours| Finding::New { hours }));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    found
}

/// What the drive says of itself as a whole: its verdict, the bits of its warning apart, attributes at their threshold.
fn verdict(smart: &Smart) -> Vec<Finding> {
    let mut found = Vec::new();
    let bits = smart.warning.unwrap_or(0);
    let told = bits & !critical::TEMPERATURE;
    // The verdict of an NVMe drive is bad with any bit, also with that of its temperature.
    if told != 0 {
        found.push(Finding::Warned { bits: told });
    } else if bits == 0 && (smart.passed == Some(false) || smart.signs.failing) {
        found.push(Finding::Failing);
    }
    let at_threshold = |prefail: bool, now: bool| {
        let fits = move |it: &&AtThreshold| it.prefail == prefail && it.now == now;
        smart.at_threshold.iter().filter(fits).map(|it| it.name.clone())
    };
    let name = at_threshold(true, true).next();
    if !found.contains(&Finding::Failing) && (smart.signs.prefail || name.is_some()) {
        found.push(Finding::Prefail { attribute: name });
    }
    found.extend(at_threshold(false, true).map(|attribute| Finding::Marginal { attribute }));
    let past = [true, false].into_iter().flat_map(|prefail| at_threshold(prefail, false));
    found.extend(past.map(|attribute| Finding::WasMarginal { attribute: Some(attribute) }));
    if smart.signs.was_prefail && smart.at_threshold.is_empty() {
        found.push(Finding::WasMarginal { attribute: None });
    }
    if let (Some(percent), Some(least)) = (smart.spare, smart.spare_threshold)
        && percent < least
        && bits & critical::SPARE == 0
    {
        found.push(Finding::SpareLow { percent, least });
    }
    found
}

fn heat(smart: &Smart, is_flash: bool) -> Option<Finding> {
    if smart.warning.is_some_and(|bits| bits & critical::TEMPERATURE != 0) {
        return Some(Finding::Overheated { degrees: smart.temperature });
    }
    let hot = if is_flash { HOT_FLASH } else { HOT_PLATTERS };
    let degrees = smart.temperature.filter(|degrees| *degrees >= hot)?;
    Some(Finding::Hot { degrees })
}

impl Finding {
    /// How bad it is.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Warned { bits } if bits & !critical::MILD == 0 => Weight::Warning,
            Self::Failing
            | Self::Warned { .. }
            | Self::Prefail { .. }
            | Self::SpareLow { .. }
            | Self::Pending { .. } => Weight::Refusal,
            Self::New { .. }
            | Self::Parked { .. }
            | Self::WasMarginal { .. }
            | Self::RecoveryOff
            | Self::NoRecovery => Weight::Advice,
            _ => Weight::Warning,
        }
    }

    /// The column `State`: a word or two.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Warned { bits } if bits & !critical::MILD == 0 => "warning",
            Self::Failing | Self::Warned { .. } => "FAILING",
            Self::Prefail { .. } => "prefail",
            Self::Marginal { .. } => "at limit",
            Self::WasMarginal { .. } => "was at limit",
            Self::SpareLow { .. } => "spare low",
            Self::Pending { .. } => "unreadable",
            Self::TestFailed { .. } => "test failed",
            Self::Reallocated { .. } => "reallocated",
            Self::Uncorrectable { .. } => "errors",
            Self::Crc { .. } => "cable",
            Self::Hot { .. } | Self::Overheated { .. } => "hot",
            Self::Old { .. } => "old",
            Self::New { .. } => "new",
            Self::Worn { .. } => "worn",
            Self::Parked { .. } => "parked",
            Self::RecoveryOff | Self::NoRecovery => "no ERC",
            Self::SlowLink { .. } => "slow link",
            Self::Shingled { .. } => "SMR",
        }
    }

    /// What is the matter, behind the drive's name.
    pub fn words(&self) -> String {
        match self {
            Self::Failing => "reports SMART failure".to_owned(),
            Self::Warned { bits } => warned(*bits),
            Self::Prefail { attribute: None } => {
                "has an attribute at its failure threshold".to_owned()
            }
            Self::Prefail { attribute: Some(attribute) } => {
                format!("has {attribute} at its failure threshold")
            }
            Self::Marginal { attribute } => format!("has {attribute} at its threshold"),
            Self::WasMarginal { attribute: Some(attribute) } => {
                format!("had {attribute} at its threshold in the past")
            }
            Self::WasMarginal { attribute: None } => {
                "had an attribute at its threshold in the past".to_owned()
            }
            Self::SpareLow { percent, least } => {
                format!(
                    "has {percent} % of its spare blocks left, below its threshold of {least} %"
                )
            }
            Self::Overheated { degrees: Some(degrees) } => {
                format!("reports that it is too hot: {degrees} C")
            }
            Self::Overheated { degrees: None } => "reports that it is too hot".to_owned(),
            Self::Pending { sectors } => {
                format!("has {}", counted(*sectors, "unreadable sector"))
            }
            Self::TestFailed { words } => format!("failed a self-test: {words}"),
            Self::Reallocated { sectors } => {
                format!("has reallocated {}", counted(*sectors, "sector"))
            }
            Self::Uncorrectable { errors } => {
                format!("has had {} that could not be corrected", counted(*errors, "error"))
            }
            Self::Crc { errors } => {
                format!("has had {} on its link", counted(*errors, "CRC error"))
            }
            Self::Hot { degrees } => format!("is at {degrees} C, which is too hot"),
            Self::Old { hours } => format!("has been powered on for {}", years(*hours)),
            Self::New { hours } => format!("is new: {} powered on", counted(*hours, "hour")),
            Self::Worn { percent } => {
                format!("has used {percent} % of its rated endurance")
            }
            Self::Parked { times } => format!("has parked its heads {times} times"),
            Self::RecoveryOff => "retries a bad sector for minutes (ERC is off)".to_owned(),
            Self::NoRecovery => "retries a bad sector for minutes (it has no ERC)".to_owned(),
            Self::SlowLink { is, best } => {
                format!("runs at {} Gb/s where {} is possible", gbps(*is), gbps(*best))
            }
            Self::Shingled { model } => {
                format!("is shingled (SMR), according to its manufacturer's data on {model}")
            }
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Warned { bits } if bits & !critical::MILD == 0 => {
                "see what the drive reports: `smartctl -x`"
            }
            Self::Failing | Self::Warned { .. } | Self::Prefail { .. } | Self::SpareLow { .. } => {
                "replace it now, while it can still be read"
            }
            Self::Marginal { .. } => "have a new drive ready; `smartctl -x` shows the attribute",
            Self::WasMarginal { .. } => "nothing now; it may have been a hot summer or a bad cable",
            Self::Pending { .. } | Self::TestFailed { .. } => {
                "replace it; a scrub shows whether redundancy covers those sectors"
            }
            Self::Reallocated { .. } | Self::Uncorrectable { .. } => {
                "watch whether the count grows, and have a new drive ready"
            }
            Self::Crc { .. } => "reseat the drive, or change the cable; the count never goes down",
            Self::Hot { .. } | Self::Overheated { .. } => "check for dust and for a stopped fan",
            Self::Old { .. } => "have a new drive ready, and a backup",
            Self::New { .. } => "run a long self-test before it holds data: `smartctl -t long`",
            Self::Worn { .. } => "replace it before it goes read-only",
            Self::Parked { .. } => "turn off its power management: `smartctl -s apm,off`",
            Self::RecoveryOff => "set it to seven seconds at each boot: `smartctl -l scterc,70,70`",
            Self::NoRecovery => {
                "make the kernel wait longer: write 180 to /sys/block/NAME/device/timeout at each \
                 boot"
            }
            Self::SlowLink { .. } => "reseat the drive, or try another bay",
            Self::Shingled { .. } => "in a RAIDZ a resilver takes days: use CMR drives",
        }
    }
}

/// What an NVMe drive warns of.
fn warned(bits: u64) -> String {
    let known = [
        (critical::SPARE, "its spare blocks are nearly used up"),
        (critical::RELIABILITY, "errors have made it unreliable"),
        (critical::READ_ONLY, "it has gone read-only"),
        (critical::BACKUP, "the backup of its volatile memory failed"),
        (critical::PERSISTENT_MEMORY, "its persistent memory is read-only or unreliable"),
    ];
    let told: Vec<&str> =
        known.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, words)| *words).collect();
    if told.is_empty() {
        return format!("gives a critical warning (0x{bits:02x})");
    }
    format!("warns that {}", told.join(", and that "))
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `5.4 years`.
pub fn years(hours: u64) -> String {
    let tenths = hours * 10 / YEAR;
    format!("{}.{} years", tenths / 10, tenths % 10)
}

/// Mbit/s as makers write the speed of a link: `6.0`.
pub fn gbps(mbps: u64) -> String {
    format!("{}.{}", mbps / 1000, mbps % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::super::{SelfTest, Signs};
    use super::*;

    #[test]
    fn a_sound_drive_gives_no_cause() {
        let smart = Smart {
            passed: Some(true),
            temperature: Some(34),
            hours: Some(9_000),
            reallocated: Some(0),
            pending: Some(0),
            uncorrectable: Some(0),
            crc: Some(0),
            parks: Some(5_000),
            recovery: Some(Recovery::Within(70)),
            link: Some(6000),
            link_best: Some(6000),
            ..Smart::default()
        };
        assert_eq!(findings(Some("WDC WD40EFRX-68N32N0"), &smart, Some(6000), None), []);
        // What is not told gives no cause either.
        assert_eq!(findings(None, &Smart::default(), None, None), []);
    }

    #[test]
    fn each_finding_has_its_cause_and_says_what_to_do() {
        let one = |smart: Smart| findings(None, &smart, None, None);
        let none = Smart::default;
        for (smart, wanted) in [
            (Smart { passed: Some(false), ..none() }, Finding::Failing),
            (Smart { signs: Signs::of(1 << 3), ..none() }, Finding::Failing),
            (Smart { signs: Signs::of(1 << 4), ..none() }, Finding::Prefail { attribute: None }),
            (Smart { pending: Some(1), ..none() }, Finding::Pending { sectors: 1 }),
            (Smart { reallocated: Some(8), ..none() }, Finding::Reallocated { sectors: 8 }),
            (Smart { uncorrectable: Some(2), ..none() }, Finding::Uncorrectable { errors: 2 }),
            (Smart { crc: Some(1), ..none() }, Finding::Crc { errors: 1 }),
            (Smart { temperature: Some(50), ..none() }, Finding::Hot { degrees: 50 }),
            (Smart { hours: Some(43_831), ..none() }, Finding::Old { hours: 43_831 }),
            (Smart { hours: Some(23), ..none() }, Finding::New { hours: 23 }),
            (Smart { wear: Some(91), ..none() }, Finding::Worn { percent: 91 }),
            (Smart { parks: Some(600_001), ..none() }, Finding::Parked { times: 600_001 }),
            (Smart { recovery: Some(Recovery::Off), ..none() }, Finding::RecoveryOff),
        ] {
            assert_eq!(one(smart), std::slice::from_ref(&wanted));
            assert!(!wanted.words().is_empty() && !wanted.remedy().is_empty());
            assert!(wanted.short().len() <= 11);
        }
        let slow = Smart { link: Some(3000), link_best: Some(6000), ..none() };
        let found = findings(None, &slow, Some(6000), None);
        assert_eq!(found, [Finding::SlowLink { is: 3000, best: 6000 }]);
        assert_eq!(findings(None, &slow, None, None), [], "nobody knows what the port can do");
        let failed = SelfTest {
            words: "read failure".into(),
            passed: Some(false),
            left: None,
            at: None,
            reach: None,
            lba: None,
        };
        let words = one(Smart { self_test: Some(failed), ..none() })[0].words();
        assert_eq!(words, "failed a self-test: read failure");
    }

    #[test]
    fn limits_are_kept_to_the_unit() {
        let one = |smart: Smart| findings(None, &smart, Some(3000), None);
        for fine in [
            Smart { temperature: Some(49), ..Smart::default() },
            Smart { hours: Some(43_830), ..Smart::default() },
            Smart { hours: Some(24), ..Smart::default() },
            // Flash may be warmer.
            Smart { temperature: Some(69), rotation: Some(0), ..Smart::default() },
            // The port can do no more.
            Smart { link: Some(3000), link_best: Some(6000), ..Smart::default() },
        ] {
            assert_eq!(one(fine), []);
        }
        assert_eq!(years(47_211), "5.3 years");
    }

    #[test]
    fn a_shingled_model_is_a_warning() {
        let found = findings(Some("ST8000AS0002"), &Smart::default(), None, None);
        assert_eq!(found[0].weight(), Weight::Warning);
    }

    #[test]
    fn the_bits_of_a_critical_warning_are_told_apart() {
        let of = |bits: u64| {
            let smart = Smart {
                passed: Some(bits == 0),
                signs: Signs::of(if bits == 0 { 0 } else { 1 << 3 }),
                warning: Some(bits),
                temperature: Some(60),
                rotation: Some(0),
                ..Smart::default()
            };
            let found = findings(None, &smart, None, None);
            found.iter().map(|it| (it.short(), it.weight())).collect::<Vec<_>>()
        };
        assert_eq!(of(0), []);
        assert_eq!(of(0x02), [("hot", Weight::Warning)], "too hot is not failing");
        assert_eq!(of(0x20), [("warning", Weight::Warning)]);
        for bit in [0x01, 0x04, 0x08, 0x10, 0x40, 0x80] {
            assert_eq!(of(bit), [("FAILING", Weight::Refusal)], "0x{bit:02x}");
        }
        assert_eq!(of(0x06), [("FAILING", Weight::Refusal), ("hot", Weight::Warning)]);
        let words = Finding::Warned { bits: 0x09 }.words();
        assert_eq!(
            words,
            "warns that its spare blocks are nearly used up, and that it has gone read-only"
        );
        // What says nothing of bits has its verdict alone.
        let bare = Smart { passed: Some(false), warning: Some(0), ..Smart::default() };
        assert_eq!(findings(None, &bare, None, None), [Finding::Failing]);
    }

    #[test]
    fn spare_blocks_below_their_threshold_and_attributes_at_theirs() {
        let spare = |percent, least| {
            let smart =
                Smart { spare: Some(percent), spare_threshold: Some(least), ..Smart::default() };
            findings(None, &smart, None, None)
        };
        assert_eq!(spare(4, 10), [Finding::SpareLow { percent: 4, least: 10 }]);
        assert_eq!(spare(10, 10), []);
        assert_eq!(spare(0, 0), []);
        let at = |prefail, now| {
            let one = AtThreshold { name: "End-to-End_Error".into(), prefail, now };
            let smart =
                Smart { at_threshold: vec![one], signs: Signs::of(1 << 5), ..Smart::default() };
            let found = findings(None, &smart, None, None);
            assert_eq!(found.len(), 1);
            assert!(found[0].words().contains("End-to-End_Error"));
            found[0].weight()
        };
        assert_eq!(at(false, true), Weight::Warning);
        assert_eq!(at(true, true), Weight::Refusal);
        assert_eq!(at(false, false), Weight::Advice);
        let bare = Smart { signs: Signs::of(1 << 5), ..Smart::default() };
        assert_eq!(findings(None, &bare, None, None), [Finding::WasMarginal { attribute: None }]);
    }

    #[test]
    fn a_drive_without_erc_is_told_where_it_spins() {
        let smart = Smart { recovery: Some(Recovery::Unsupported), ..Smart::default() };
        let of = |rotational| findings(None, &smart, None, rotational);
        assert_eq!(of(Some(true)), [Finding::NoRecovery]);
        assert_eq!(of(Some(false)), []);
        assert_eq!(of(None), [], "not known to spin");
        let warm = Smart { temperature: Some(56), ..Smart::default() };
        assert_eq!(
            findings(None, &warm, None, Some(false)),
            [],
            "the kernel knows that it is flash"
        );
        assert_eq!(findings(None, &warm, None, Some(true)).len(), 1);
    }

    #[test]
    fn the_gravest_is_first() {
        let smart =
            Smart { hours: Some(50_000), pending: Some(3), crc: Some(2), ..Smart::default() };
        let weights: Vec<Weight> =
            findings(None, &smart, None, None).iter().map(Finding::weight).collect();
        assert_eq!(weights, [Weight::Refusal, Weight::Warning, Weight::Warning]);
    }
}
