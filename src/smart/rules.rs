//! What follows from what a drive says of itself: refuse it, warn of it, or advise, each with what to do.
//!
//! The thresholds are few and plain. A drive that calls itself failing, or that waits for sectors it cannot read, is
//! refused for a new pool; what is worn or old is told. Counts that only ever grow (CRC) say that something happened once:
//! whether it still does, the next look tells.

use serde::Serialize;

use super::{Recovery, Smart};

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
    /// An attribute that foretells failure is at its threshold.
    Prefail,
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
    /// It retries a bad sector for minutes.
    RecoveryOff,
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

/// Drive-managed shingled models that their makers have named: Western Digital, "On WD Red NAS Drives" (April 2020) with
/// its list of SMR drives; Seagate, "CMR and SMR hard drives" list; Toshiba, its list of SMR drives of April 2020.
const SHINGLED: [&str; 22] = [
    "WD20EFAX",
    "WD30EFAX",
    "WD40EFAX",
    "WD60EFAX",
    "WD20EZAZ",
    "WD60EZAZ",
    "WD10SPZX",
    "WD20SPZX",
    "ST8000AS0002",
    "ST8000AS0022",
    "ST5000AS0011",
    "ST6000AS0002",
    "ST2000DM008",
    "ST3000DM007",
    "ST4000DM004",
    "ST6000DM003",
    "ST8000DM004",
    "ST5000LM000",
    "HDWD240",
    "HDWD260",
    "DT02ABA",
    "HDWL120",
];

/// The shingled model that this is, if its maker has said so: `WDC WD40EFAX-68JH4N0`.
pub fn shingled(model: &str) -> Option<&'static str> {
    let mut words = model.split([' ', '_']);
    words.find_map(|word| SHINGLED.iter().copied().find(|known| word.starts_with(known)))
}

/// What `smart` gives cause to, the gravest first; `port`: the best that the port can, in Mbit/s.
pub fn findings(model: Option<&str>, smart: &Smart, port: Option<u64>) -> Vec<Finding> {
    let mut found = Vec::new();
    let over = |count: Option<u64>, limit: u64| count.filter(|count| *count > limit);
    if smart.passed == Some(false) || smart.signs.failing {
        found.push(Finding::Failing);
    } else if smart.signs.prefail {
        found.push(Finding::Prefail);
    }
    found.extend(over(smart.pending, 0).map(|sectors| Finding::Pending { sectors }));
    if let Some(test) = smart.self_test.as_ref().filter(|test| test.passed == Some(false)) {
        found.push(Finding::TestFailed { words: test.words.clone() });
    }
    found.extend(over(smart.reallocated, 0).map(|sectors| Finding::Reallocated { sectors }));
    found.extend(over(smart.uncorrectable, 0).map(|errors| Finding::Uncorrectable { errors }));
    found.extend(over(smart.crc, 0).map(|errors| Finding::Crc { errors }));
    let flash = smart.rotation == Some(0) || smart.wear.is_some();
    let hot = if flash { HOT_FLASH } else { HOT_PLATTERS };
    let degrees = smart.temperature.filter(|degrees| *degrees >= hot);
    found.extend(degrees.map(|degrees| Finding::Hot { degrees }));
    found.extend(over(smart.hours, OLD).map(|hours| Finding::Old { hours }));
    found.extend(over(smart.wear, WORN).map(|percent| Finding::Worn { percent }));
    found.extend(over(smart.parks, PARKED).map(|times| Finding::Parked { times }));
    if !flash && matches!(smart.recovery, Some(Recovery::Off)) {
        found.push(Finding::RecoveryOff);
    }
    let best = smart.link_best.map(|best| port.map_or(best, |port| port.min(best)));
    if let (Some(is), Some(best)) = (smart.link, best)
        && is < best
    {
        found.push(Finding::SlowLink { is, best });
    }
    found.extend(model.and_then(shingled).map(|model| Finding::Shingled { model }));
    let hours = smart.hours.filter(|hours| *hours < NEW && smart.self_test.is_none() && !flash);
    found.extend(hours.map(|hours| Finding::New { hours }));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.weight()));
    found
}

impl Finding {
    /// How bad it is.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Failing | Self::Prefail | Self::Pending { .. } => Weight::Refusal,
            Self::New { .. } | Self::Parked { .. } | Self::RecoveryOff => Weight::Advice,
            _ => Weight::Warning,
        }
    }

    /// The column `State`: a word or two.
    pub fn short(&self) -> &'static str {
        match self {
            Self::Failing => "FAILING",
            Self::Prefail => "prefail",
            Self::Pending { .. } => "unreadable",
            Self::TestFailed { .. } => "test failed",
            Self::Reallocated { .. } => "reallocated",
            Self::Uncorrectable { .. } => "errors",
            Self::Crc { .. } => "cable",
            Self::Hot { .. } => "hot",
            Self::Old { .. } => "old",
            Self::New { .. } => "new",
            Self::Worn { .. } => "worn",
            Self::Parked { .. } => "parked",
            Self::RecoveryOff => "no ERC",
            Self::SlowLink { .. } => "slow link",
            Self::Shingled { .. } => "SMR",
        }
    }

    /// What is the matter, behind the drive's name.
    pub fn words(&self) -> String {
        match self {
            Self::Failing => "says of itself that it is failing".to_owned(),
            Self::Prefail => "has an attribute at the threshold that foretells failure".to_owned(),
            Self::Pending { sectors } => {
                format!("has {} that cannot be read", counted(*sectors, "sector"))
            }
            Self::TestFailed { words } => format!("failed its last self-test: {words}"),
            Self::Reallocated { sectors } => {
                format!("has replaced {} by spare ones", counted(*sectors, "sector"))
            }
            Self::Uncorrectable { errors } => {
                format!("has had {} that could not be corrected", counted(*errors, "error"))
            }
            Self::Crc { errors } => format!("has had {} on its cable", counted(*errors, "error")),
            Self::Hot { degrees } => format!("is {degrees} degrees Celsius warm"),
            Self::Old { hours } => format!("has been powered on for {}", years(*hours)),
            Self::New { hours } => format!("is new: {} powered on", counted(*hours, "hour")),
            Self::Worn { percent } => {
                format!("has used {percent} % of the wear that it is good for")
            }
            Self::Parked { times } => format!("has parked its heads {times} times"),
            Self::RecoveryOff => "tries for minutes to read a bad sector (ERC is off)".to_owned(),
            Self::SlowLink { is, best } => {
                format!("runs at {} Gb/s where {} could be", gbps(*is), gbps(*best))
            }
            Self::Shingled { model } => {
                format!("has shingled tracks (SMR): its maker says so of {model}")
            }
        }
    }

    /// What to do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Failing | Self::Prefail => "replace it now, while it can still be read",
            Self::Pending { .. } | Self::TestFailed { .. } => {
                "replace it; a scrub tells whether the pool can do without those sectors"
            }
            Self::Reallocated { .. } | Self::Uncorrectable { .. } => {
                "watch whether the count grows from look to look, and have a new drive at hand"
            }
            Self::Crc { .. } => {
                "seat the drive anew, or change the cable; the count never goes back"
            }
            Self::Hot { .. } => "look for dust and for a fan that stands still",
            Self::Old { .. } => "have a new drive at hand, and a backup",
            Self::New { .. } => "run a long self-test before it holds data: `smartctl -t long`",
            Self::Worn { .. } => "replace it before it goes read-only",
            Self::Parked { .. } => "switch its power management off: `smartctl -s apm,off`",
            Self::RecoveryOff => {
                "set it to seven seconds at each start: `smartctl -l scterc,70,70`"
            }
            Self::SlowLink { .. } => "seat the drive anew, or try another bay",
            Self::Shingled { .. } => {
                "in a RAIDZ a resilver takes days: use drives without it (CMR)"
            }
        }
    }
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
        assert_eq!(findings(Some("WDC WD40EFRX-68N32N0"), &smart, Some(6000)), []);
        // What is not told gives no cause either.
        assert_eq!(findings(None, &Smart::default(), None), []);
    }

    #[test]
    fn each_finding_has_its_cause_and_says_what_to_do() {
        let one = |smart: Smart| findings(None, &smart, None);
        let none = Smart::default;
        for (smart, wanted) in [
            (Smart { passed: Some(false), ..none() }, Finding::Failing),
            (Smart { signs: Signs::of(1 << 3), ..none() }, Finding::Failing),
            (Smart { signs: Signs::of(1 << 4), ..none() }, Finding::Prefail),
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
            (
                Smart { link: Some(3000), link_best: Some(6000), ..none() },
                Finding::SlowLink { is: 3000, best: 6000 },
            ),
        ] {
            assert_eq!(one(smart), std::slice::from_ref(&wanted));
            assert!(!wanted.words().is_empty() && !wanted.remedy().is_empty());
            assert!(wanted.short().len() <= 11);
        }
        let failed =
            SelfTest { words: "read failure".into(), passed: Some(false), left: None, at: None };
        let words = one(Smart { self_test: Some(failed), ..none() })[0].words();
        assert_eq!(words, "failed its last self-test: read failure");
    }

    #[test]
    fn limits_are_kept_to_the_unit() {
        let one = |smart: Smart| findings(None, &smart, Some(3000));
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
    fn shingled_models_are_known_by_their_first_letters() {
        assert_eq!(shingled("WDC WD40EFAX-68JH4N0"), Some("WD40EFAX"));
        assert_eq!(shingled("ST4000DM004-2CV104"), Some("ST4000DM004"));
        assert_eq!(shingled("WDC WD40EFRX-68N32N0"), None);
        assert_eq!(shingled("ST4000DM000-1F2168"), None);
        let found = findings(Some("ST8000AS0002"), &Smart::default(), None);
        assert_eq!(found[0].weight(), Weight::Warning);
    }

    #[test]
    fn the_gravest_is_first() {
        let smart =
            Smart { hours: Some(50_000), pending: Some(3), crc: Some(2), ..Smart::default() };
        let weights: Vec<Weight> =
            findings(None, &smart, None).iter().map(Finding::weight).collect();
        assert_eq!(weights, [Weight::Refusal, Weight::Warning, Weight::Warning]);
    }
}
