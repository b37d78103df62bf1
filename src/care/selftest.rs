//! Which drives test themselves now: pure, from what each says of the tests that it has done.
//!
//! The drive itself keeps the account (its self-test log, by hours powered on), so that a night on which the box was off
//! or the drive asleep loses nothing. Of a vdev one drive at a time does the long test: it costs reads, and a drive that
//! fails under it should not meet another that is busy.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::smart::sleeps;

/// Bits 0 and 1 of smartctl's exit status: it was not asked.
const NOTHING_DONE: i32 = 0b11;
/// Bits 0 to 2: what was asked for was not done.
pub const NOT_DONE: i32 = 0b111;
/// A night's play: hours that a test may come early, so that weekly does not become every eighth day.
const EARLY: u64 = 12;

/// A test of a drive by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
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
}

impl Account {
    /// Hours since the last test that is at least such a one; `None`: it never was, or the drive does not say.
    fn since(&self, kind: Kind) -> Option<u64> {
        let last = match kind {
            Kind::Short => self.short.max(self.long),
            Kind::Long => self.long,
        };
        self.hours?.checked_sub(last?)
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
        return Said::Unable("smartctl's answer cannot be read".to_owned());
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
    // ATA: 15 in the upper half of the byte (ATA8-ACS, self-test execution status).
    let ata = number(&report, "/ata_smart_data/self_test/status/value");
    let nvme = number(&report, "/nvme_self_test_log/current_self_test_operation/value");
    let able = report.pointer("/ata_smart_data/capabilities/self_tests_supported");
    if able.and_then(Value::as_bool) == Some(false) {
        return Said::Unable("it has no self-tests".to_owned());
    }
    let mut account = Account {
        running: ata.is_some_and(|value| value >> 4 == 15) || nvme.is_some_and(|value| value > 0),
        hours: number(&report, "/power_on_time/hours"),
        ..Account::default()
    };
    // Newest first in each log; what was ended early is no test.
    for entry in list("/ata_smart_self_test_log/standard/table") {
        let (kind, how) = (number(&entry, "/type/value"), number(&entry, "/status/value"));
        let (Some(kind), Some(at)) = (kind, number(&entry, "/lifetime_hours")) else { continue };
        if how.is_some_and(|how| matches!(how >> 4, 1..=3 | 15)) {
            continue;
        }
        account.note(kind & 0x7f, at);
    }
    for entry in list("/nvme_self_test_log/table") {
        let (kind, how) =
            (number(&entry, "/self_test_code/value"), number(&entry, "/self_test_result/value"));
        let (Some(kind), Some(at)) = (kind, number(&entry, "/power_on_hours")) else { continue };
        if !how.is_some_and(|how| matches!(how, 1..=4 | 8 | 9 | 15)) {
            account.note(kind, at);
        }
    }
    Said::Tells(account)
}

impl Account {
    /// 1 is short and 2 is extended, in both worlds.
    fn note(&mut self, kind: u64, at: u64) {
        match kind {
            1 if self.short.is_none() => self.short = Some(at),
            2 if self.long.is_none() => self.long = Some(at),
            _ => {}
        }
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
            Self::Asleep => f.write_str("asleep, and left asleep"),
            Self::Running => f.write_str("a test runs already"),
            Self::Fresh { days: 0 } => f.write_str("tested within a day of power"),
            Self::Fresh { days: 1 } => f.write_str("tested 1 day of power ago"),
            Self::Fresh { days } => write!(f, "tested {days} days of power ago"),
            Self::Waits => f.write_str("waits for another drive of its vdev"),
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
                (Some(limit), Some(hours)) if hours < limit => Verdict::Fresh { days: hours / 24 },
                _ => Verdict::Start,
            },
        })
        .collect();
    if kind == Kind::Short {
        return verdicts;
    }
    // The one whose last test is longest ago; one that was never tested before all others.
    let age = |at: usize| match &members[at].said {
        Said::Tells(account) => account.since(kind).unwrap_or(u64::MAX),
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
    use super::{Account, Candidate, Kind, Said, Verdict, account, choose};

    fn member(vdev: &str, short: Option<u64>, long: Option<u64>) -> Candidate {
        let account = Account { running: false, hours: Some(10_000), short, long };
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
        // A log that runs over counts for nothing.
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
        let whole = Account { running: false, hours: Some(500), short: Some(480), long: Some(100) };
        assert_eq!(account(0, ata), Said::Tells(whole), "one that was broken off is none");
        assert_eq!(
            account(0x40, ata),
            Said::Tells(whole),
            "bits of health say nothing of the question"
        );
        let runs = br#"{"ata_smart_data": {"self_test": {"status": {"value": 249}}}}"#;
        assert_eq!(account(0, runs), Said::Tells(Account { running: true, ..Account::default() }));
        let nvme = br#"{"power_on_time": {"hours": 50}, "nvme_self_test_log": {"current_self_test_operation":
            {"value": 0}, "table": [{"self_test_code": {"value": 2}, "self_test_result": {"value": 0},
            "power_on_hours": 40}]}}"#;
        let told = Account { running: false, hours: Some(50), short: None, long: Some(40) };
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
}
