//! Which drives test themselves now: pure, from what each says of the tests that it has done.
//!
//! The drive itself keeps the account (its self-test log, by hours powered on), so that a night on which the box was off
//! or the drive asleep loses nothing. Of a vdev one drive at a time does the long test: it costs reads, and a drive that
//! fails under it should not meet another that is busy.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::smart::selftest::Kind;
use crate::smart::sleeps;
use crate::smart::test_log::{Clock, Entry, Outcome, Reach, Since, TestLog};

/// Bits 0 and 1 of smartctl's exit status: it was not asked.
const NOTHING_DONE: i32 = 0b11;
/// Bits 0 to 2: what was asked for was not done.
pub const NOT_DONE: i32 = 0b111;
/// A night's play: hours that a test may come early, so that weekly does not become every eighth day.
const EARLY: u64 = 12;

/// What a drive says of its tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// One runs.
    pub running: bool,
    /// Hours powered on.
    pub hours: Option<u64>,
    /// At how many hours the last short test ended.
    pub short: Option<u64>,
    /// The same of the long test.
    pub long: Option<u64>,
    /// How the log counts those hours.
    #[serde(skip)]
    pub clock: Clock,
}

/// How long ago the last test was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// There was none that the drive knows of.
    Never,
    /// So many hours of power.
    Hours(u64),
    /// There was one, and nobody knows when.
    Unknown,
}

impl Account {
    /// Since the last test that is at least such a one.
    fn since(&self, kind: Kind) -> Last {
        let of = |at: Option<u64>| match (at, self.clock.since(self.hours, at)) {
            (None, _) => Last::Never,
            (_, Since::Hours(hours)) => Last::Hours(hours),
            // A log that runs ahead of the drive's own count says nothing of when.
            (Some(_), Since::Unknown) if self.hours.is_some() && self.hours < at => Last::Never,
            (Some(_), Since::Unknown) => Last::Unknown,
        };
        match (kind, of(self.short), of(self.long)) {
            (Kind::Long, _, long) => long,
            (_, Last::Hours(short), Last::Hours(long)) => Last::Hours(short.min(long)),
            (_, Last::Hours(hours), _) | (_, _, Last::Hours(hours)) => Last::Hours(hours),
            (_, Last::Unknown, _) | (_, _, Last::Unknown) => Last::Unknown,
            (_, Last::Never, Last::Never) => Last::Never,
        }
    }
}

/// What a drive said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Said {
    /// Its account.
    Tells(Account),
    /// It sleeps, and was left asleep.
    Asleep,
    /// Nothing that can be used, and why.
    Unable(String),
}

/// Reads `smartctl -n standby -j -i -A -c -l selftest`.
pub fn account(status: i32, stdout: &[u8]) -> Said {
    let Ok(report) = serde_json::from_slice::<Value>(stdout) else {
        return Said::Unable("cannot read smartctl's output".to_owned());
    };
    let list = |at: &str| report.pointer(at).and_then(Value::as_array).cloned().unwrap_or_default();
    let number = |of: &Value, at: &str| of.pointer(at).and_then(Value::as_u64);
    if status & NOTHING_DONE != 0 {
        let messages = list("/smartctl/messages");
        let words: Vec<&str> =
            messages.iter().filter_map(|it| it.get("string").and_then(Value::as_str)).collect();
        if words.iter().any(|it| sleeps(it)) {
            return Said::Asleep;
        }
        let why =
            if words.is_empty() { "smartctl gives no reason".to_owned() } else { words.join("; ") };
        return Said::Unable(why);
    }
    let log = TestLog::read(&report);
    if !log.able {
        return Said::Unable("it has no self-tests".to_owned());
    }
    let mut account = Account {
        running: log.running.is_some(),
        hours: number(&report, "/power_on_time/hours"),
        clock: log.clock,
        ..Account::default()
    };
    // Newest first; what was ended early is no test.
    let whole = |entry: &&Entry| matches!(entry.outcome, Outcome::Passed | Outcome::Failed);
    for entry in log.entries.iter().filter(whole) {
        let slot = match entry.reach {
            Reach::Short => &mut account.short,
            Reach::Extended => &mut account.long,
            Reach::Other => continue,
        };
        if slot.is_none() {
            *slot = entry.at;
        }
    }
    Said::Tells(account)
}

/// A member and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Pool and vdev.
    pub vdev: String,
    /// Its answer.
    pub said: Said,
}

/// What becomes of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// Its test begins.
    Start,
    /// It sleeps, and is left asleep.
    Asleep,
    /// A test runs.
    Running,
    /// It was tested not long ago.
    Fresh {
        /// Days of power since.
        days: u64,
    },
    /// Another drive of its vdev is at it.
    Waits,
    /// It cannot be asked.
    Unable {
        /// Why.
        why: String,
    },
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("begins"),
            Self::Asleep => f.write_str("asleep, left asleep"),
            Self::Running => f.write_str("a test is already running"),
            Self::Fresh { days: 0 } => f.write_str("tested within the last power-on day"),
            Self::Fresh { days: 1 } => f.write_str("tested 1 power-on day ago"),
            Self::Fresh { days } => write!(f, "tested {days} power-on days ago"),
            Self::Waits => f.write_str("waiting for another drive of its vdev"),
            Self::Unable { why } => write!(f, "cannot: {why}"),
        }
    }
}

/// What each member does; `days`: only those whose last test is so long ago.
pub fn choose(members: &[Candidate], kind: Kind, days: Option<u64>) -> Vec<Verdict> {
    let limit = days.map(|days| (days * 24).saturating_sub(EARLY));
    let mut verdicts: Vec<Verdict> = members
        .iter()
        .map(|member| match &member.said {
            Said::Asleep => Verdict::Asleep,
            Said::Unable(why) => Verdict::Unable { why: why.clone() },
            Said::Tells(account) if account.running => Verdict::Running,
            Said::Tells(account) => match (limit, account.since(kind)) {
                (Some(limit), Last::Hours(hours)) if hours < limit => {
                    Verdict::Fresh { days: hours / 24 }
                }
                // Each night anew would wear it out.
                (Some(_), Last::Unknown) => Verdict::Unable {
                    why: format!(
                        "its log does not say when it was tested last: `zbay selftest {}`",
                        kind.word()
                    ),
                },
                _ => Verdict::Start,
            },
        })
        .collect();
    if kind == Kind::Short {
        return verdicts;
    }
    // The one whose last test is longest ago; one that was never tested before all others.
    let age = |at: usize| match &members[at].said {
        Said::Tells(account) => match account.since(kind) {
            Last::Hours(hours) => hours,
            Last::Unknown | Last::Never => u64::MAX,
        },
        _ => 0,
    };
    for at in 0..members.len() {
        if verdicts[at] != Verdict::Start {
            continue;
        }
        let mut others =
            (0..members.len()).filter(|it| *it != at && members[*it].vdev == members[at].vdev);
        let before = others.any(|it| match verdicts[it] {
            Verdict::Running => true,
            Verdict::Start => age(it) > age(at) || (age(it) == age(at) && it < at),
            _ => false,
        });
        if before {
            verdicts[at] = Verdict::Waits;
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Account, Candidate, Kind, Said, Verdict, account, choose};
    use crate::smart::test_log::Clock;

    fn member(vdev: &str, short: Option<u64>, long: Option<u64>) -> Candidate {
        let account =
            Account { running: false, hours: Some(10_000), short, long, clock: Clock::Wraps };
        Candidate { vdev: vdev.to_owned(), said: Said::Tells(account) }
    }

    #[test]
    fn one_drive_of_a_vdev_does_the_long_test_the_one_that_waited_longest() {
        let members = [
            member("a", None, Some(9_000)),
            member("a", None, Some(8_000)),
            member("b", None, None),
            member("b", None, None),
        ];
        let said = choose(&members, Kind::Long, Some(28));
        assert_eq!(said, [Verdict::Waits, Verdict::Start, Verdict::Start, Verdict::Waits]);
        let mut busy = members.clone();
        busy[0].said = Said::Tells(Account { running: true, ..Account::default() });
        assert_eq!(choose(&busy, Kind::Long, Some(28))[..2], [Verdict::Running, Verdict::Waits]);
        assert_eq!(choose(&members, Kind::Short, Some(7)), vec![Verdict::Start; 4]);
    }

    #[test]
    fn a_test_is_due_by_the_drives_own_account() {
        let due =
            |short, long, kind, days| choose(&[member("a", short, long)], kind, days)[0].clone();
        let week = 7 * 24;
        assert_eq!(
            due(Some(10_000 - week + 13), None, Kind::Short, Some(7)),
            Verdict::Fresh { days: 6 }
        );
        assert_eq!(
            due(Some(10_000 - week + 12), None, Kind::Short, Some(7)),
            Verdict::Start,
            "a night early"
        );
        let long = Some(9_990);
        assert_eq!(
            due(None, long, Kind::Short, Some(7)),
            Verdict::Fresh { days: 0 },
            "the long one is more"
        );
        assert_eq!(due(long, None, Kind::Long, Some(28)), Verdict::Start, "the short one is less");
        assert_eq!(due(None, long, Kind::Long, None), Verdict::Start, "typed by a person");
        assert_eq!(due(None, Some(20_000), Kind::Long, Some(28)), Verdict::Start);
        let asleep = Candidate { vdev: "a".to_owned(), said: Said::Asleep };
        assert_eq!(choose(&[asleep], Kind::Long, None), [Verdict::Asleep]);
    }

    #[test]
    fn accounts_of_ata_and_nvme() {
        let ata = br#"{"power_on_time": {"hours": 500}, "ata_smart_data": {"self_test": {"status": {"value": 0}}},
            "ata_smart_self_test_log": {"standard": {"table": [
            {"type": {"value": 2}, "status": {"value": 16}, "lifetime_hours": 490},
            {"type": {"value": 1}, "status": {"value": 0}, "lifetime_hours": 480},
            {"type": {"value": 1}, "status": {"value": 0}, "lifetime_hours": 300},
            {"type": {"value": 2}, "status": {"value": 0}, "lifetime_hours": 100}]}}}"#;
        let whole = Account {
            running: false,
            hours: Some(500),
            short: Some(480),
            long: Some(100),
            clock: Clock::Wraps,
        };
        assert_eq!(account(0, ata), Said::Tells(whole), "one that was aborted is none");
        assert_eq!(
            account(0x40, ata),
            Said::Tells(whole),
            "bits of health say nothing of the question"
        );
        let runs = br#"{"ata_smart_data": {"self_test": {"status": {"value": 249}}}}"#;
        assert_eq!(
            account(0, runs),
            Said::Tells(Account { running: true, clock: Clock::Wraps, ..Account::default() })
        );
        let nvme = br#"{"power_on_time": {"hours": 50}, "nvme_self_test_log": {"current_self_test_operation":
            {"value": 0}, "table": [{"self_test_code": {"value": 2}, "self_test_result": {"value": 0},
            "power_on_hours": 40}]}}"#;
        let told = Account { hours: Some(50), long: Some(40), ..Account::default() };
        assert_eq!(account(0, nvme), Said::Tells(told));
        let message =
            |text: &str| format!(r#"{{"smartctl": {{"messages": [{{"string": "{text}"}}]}}}}"#);
        assert_eq!(
            account(2, message("Device is in STANDBY mode, exit(2)").as_bytes()),
            Said::Asleep
        );
        let gone = account(2, message("No such device").as_bytes());
        assert_eq!(gone, Said::Unable("No such device".to_owned()));
        assert!(matches!(account(0, b""), Said::Unable(_)));
    }

    /// A drive of 67,346 hours whose log has 16 bits, and a SAS drive, whose log stops counting there.
    #[test]
    fn logs_of_old_drives_do_not_make_a_test_due_every_night() {
        let due = |report: &serde_json::Value, kind, days| {
            let said = account(0, report.to_string().as_bytes());
            choose(&[Candidate { vdev: "a".to_owned(), said }], kind, days)[0].clone()
        };
        let ata = json!({"device": {"protocol": "ATA"}, "power_on_time": {"hours": 67_346},
            "ata_smart_self_test_log": {"standard": {"table": [
                {"type": {"value": 1}, "status": {"value": 0}, "lifetime_hours": 1_790},
                {"type": {"value": 2}, "status": {"value": 0}, "lifetime_hours": 1_770}]}}});
        assert_eq!(due(&ata, Kind::Long, Some(28)), Verdict::Fresh { days: 1 });
        assert_eq!(due(&ata, Kind::Short, Some(7)), Verdict::Fresh { days: 0 });
        let scsi = |hours: u64, at: u64| {
            json!({"device": {"protocol": "SCSI"}, "power_on_time": {"hours": hours},
                "scsi_self_test_0": {"code": {"value": 2}, "result": {"value": 0}, "power_on_time": {"hours": at}}})
        };
        assert_eq!(due(&scsi(30_110, 30_000), Kind::Long, Some(28)), Verdict::Fresh { days: 4 });
        assert_eq!(due(&scsi(30_110, 30_000), Kind::Short, Some(7)), Verdict::Fresh { days: 4 });
        let stuck = due(&scsi(70_000, 65_535), Kind::Long, Some(28));
        assert!(
            matches!(&stuck, Verdict::Unable { why } if why.contains("does not say")),
            "{stuck}"
        );
        assert_eq!(
            due(&scsi(70_000, 65_535), Kind::Long, None),
            Verdict::Start,
            "typed by a person"
        );
        let runs = json!({"device": {"protocol": "SCSI"}, "scsi_self_test_0": {"self_test_in_progress": true}});
        assert_eq!(due(&runs, Kind::Long, Some(28)), Verdict::Running);
    }
}
