//! A drive's log of its own self-tests, read by the protocol that the drive speaks.
//!
//! The same number means other things in each: ATA keeps the result in the upper half of a byte (ATA8-ACS, self-test execution
//! status), NVMe (NVM Express 1.4, figure 203) and SCSI (SPC-5, 7.3.16) have codes of their own. ATA counts hours in 16 bits that
//! starts again, SCSI in 16 bits that stop. Health, `show disk` and the nightly tests all read the log here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::raw::number;

/// What a test covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Some minutes.
    Short,
    /// The whole surface.
    Extended,
    /// A part, or the maker's own.
    Other,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Without an error.
    Passed,
    /// It found a fault.
    Failed,
    /// By a command, a reset, or before it could say anything.
    BrokenOff,
    /// It runs.
    Runs,
}

impl Outcome {
    /// As reports have it: `None` is neither.
    pub fn passed(self) -> Option<bool> {
        match self {
            Self::Passed => Some(true),
            Self::Failed => Some(false),
            Self::BrokenOff | Self::Runs => None,
        }
    }
}

/// How a log counts hours powered on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// As the drive does.
    #[default]
    Whole,
    /// In 16 bits, anew after 65,535 (ATA; `smartctl(8)`, "wraps after 2^16 hours").
    Wraps,
    /// In 16 bits, for ever 65,535 after that (SCSI).
    Stops,
}

const SIXTEEN_BITS: u64 = 1 << 16;

/// How long ago something of a log was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Since {
    /// So many hours of power.
    Hours(u64),
    /// The log does not say.
    Unknown,
}

impl Clock {
    /// Hours of power between an entry of a log and a drive's `hours`.
    pub fn since(self, hours: Option<u64>, at: Option<u64>) -> Since {
        let (Some(hours), Some(at)) = (hours, at) else { return Since::Unknown };
        let told = match self {
            Self::Wraps if at < SIXTEEN_BITS => {
                Some((hours % SIXTEEN_BITS + SIXTEEN_BITS - at) % SIXTEEN_BITS)
            }
            Self::Stops if at + 1 >= SIXTEEN_BITS && hours >= SIXTEEN_BITS => None,
            _ => hours.checked_sub(at),
        };
        told.map_or(Since::Unknown, Since::Hours)
    }
}

/// A test of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub reach: Reach,
    /// How it ended.
    pub outcome: Outcome,
    /// In the drive's words.
    pub words: String,
    /// At how many hours powered on, as the log counts them.
    pub at: Option<u64>,
    /// The first sector that could not be read.
    pub lba: Option<u64>,
}

/// A test that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// In the drive's words.
    pub words: String,
    /// Percent left.
    pub left: Option<u64>,
}

/// The log, and what the drive says of a test that runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TestLog {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// How its hours count.
    pub clock: Clock,
    /// One runs.
    pub running: Option<Running>,
    /// False where the drive says that it has no self-tests.
    pub able: bool,
}

impl TestLog {
    /// From a report of smartctl.
    pub fn read(report: &Value) -> Self {
        let protocol = report.pointer("/device/protocol").and_then(Value::as_str);
        let has = |key: &str| report.get(key).is_some();
        match protocol {
            Some("NVMe") => nvme(report),
            Some("SCSI") => scsi(report),
            Some("ATA") => ata(report),
            _ if has("nvme_self_test_log") => nvme(report),
            _ if has("scsi_self_test_0") || has("scsi_self_test_status") => scsi(report),
            _ => ata(report),
        }
    }

    /// The newest failure that no whole test has passed after: a short one that passes reads too little to outdate it
    /// (`smartctl(8)`, exit status bit 7).
    pub fn failure(&self) -> Option<&Entry> {
        let whole =
            |entry: &&Entry| entry.reach == Reach::Extended && entry.outcome == Outcome::Passed;
        let valid = self.entries.iter().take_while(|entry| !whole(entry));
        valid.into_iter().find(|entry| entry.outcome == Outcome::Failed)
    }

    /// Whether any test failed, whatever came after.
    pub fn has_failures(&self) -> bool {
        self.entries.iter().any(|entry| entry.outcome == Outcome::Failed)
    }
}

fn text(value: &Value, at: &str) -> Option<String> {
    let text = value.pointer(at)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn count(value: &Value, at: &str) -> Option<u64> {
    number(value.pointer(at)?)
}

fn words(value: &Value, at: &str, outcome: Outcome) -> String {
    text(value, at).unwrap_or_else(|| {
        match outcome {
            Outcome::Passed => "completed without error",
            Outcome::Failed => "failed",
            Outcome::BrokenOff => "was aborted",
            Outcome::Runs => "in progress",
        }
        .to_owned()
    })
}

/// ATA: the upper half of the byte; smartctl's own `passed` where there is no byte.
fn of_ata(status: &Value) -> Option<Outcome> {
    let told = status.get("passed").and_then(Value::as_bool);
    let told = told.map(|passed| if passed { Outcome::Passed } else { Outcome::Failed });
    match status.get("value").and_then(number).map(|value| value >> 4) {
        Some(0) => Some(Outcome::Passed),
        Some(1..=3) => Some(Outcome::BrokenOff),
        Some(4..=8) => Some(Outcome::Failed),
        Some(15) => Some(Outcome::Runs),
        _ => told,
    }
}

fn ata(report: &Value) -> TestLog {
    let mut log = TestLog { clock: Clock::Wraps, able: true, ..TestLog::default() };
    let able = report.pointer("/ata_smart_data/capabilities/self_tests_supported");
    log.able = able.and_then(Value::as_bool) != Some(false);
    let table = |at: &str| report.pointer(at).and_then(Value::as_array).filter(|it| !it.is_empty());
    let table = table("/ata_smart_self_test_log/extended/table")
        .or_else(|| table("/ata_smart_self_test_log/standard/table"));
    for entry in table.into_iter().flatten() {
        let status = entry.get("status").unwrap_or(&Value::Null);
        let Some(outcome) = of_ata(status) else { continue };
        let words = words(entry, "/status/string", outcome);
        if outcome == Outcome::Runs {
            let left = count(entry, "/status/remaining_percent");
            log.running.get_or_insert(Running { words, left });
            continue;
        }
        log.entries.push(Entry {
            reach: match count(entry, "/type/value").map(|kind| kind & 0x7f) {
                Some(1) => Reach::Short,
                Some(2) => Reach::Extended,
                _ => Reach::Other,
            },
            outcome,
            words,
            at: count(entry, "/lifetime_hours"),
            lba: count(entry, "/lba"),
        });
    }
    let now = report.pointer("/ata_smart_data/self_test/status").unwrap_or(&Value::Null);
    let left = count(now, "/remaining_percent");
    match of_ata(now) {
        Some(Outcome::Runs) => {
            log.running = Some(Running { words: words(now, "/string", Outcome::Runs), left });
        }
        None if left.is_some() => {
            log.running = Some(Running { words: words(now, "/string", Outcome::Runs), left });
        }
        // A drive without a log still says how the last one ended.
        Some(Outcome::Failed) if log.entries.is_empty() => log.entries.push(Entry {
            reach: Reach::Other,
            outcome: Outcome::Failed,
            words: words(now, "/string", Outcome::Failed),
            at: None,
            lba: None,
        }),
        _ => {}
    }
    log
}

fn nvme(report: &Value) -> TestLog {
    let mut log = TestLog { able: true, ..TestLog::default() };
    let of = report.get("nvme_self_test_log").unwrap_or(&Value::Null);
    if count(of, "/current_self_test_operation/value").is_some_and(|runs| runs > 0) {
        let done = count(of, "/current_self_test_completion_percent");
        log.running = Some(Running {
            words: words(of, "/current_self_test_operation/string", Outcome::Runs),
            left: done.and_then(|done| 100_u64.checked_sub(done)),
        });
    }
    for entry in of.get("table").and_then(Value::as_array).into_iter().flatten() {
        let outcome = match count(entry, "/self_test_result/value") {
            Some(0) => Outcome::Passed,
            Some(1..=4 | 8 | 9) => Outcome::BrokenOff,
            Some(5..=7) => Outcome::Failed,
            // 15: the entry is not used.
            _ => continue,
        };
        log.entries.push(Entry {
            reach: match count(entry, "/self_test_code/value") {
                Some(1) => Reach::Short,
                Some(2) => Reach::Extended,
                _ => Reach::Other,
            },
            outcome,
            words: words(entry, "/self_test_result/string", outcome),
            at: count(entry, "/power_on_hours"),
            lba: count(entry, "/lba").or_else(|| count(entry, "/lba/value")),
        });
    }
    log
}

/// SPC-5 keeps twenty.
const SCSI_ENTRIES: usize = 20;

fn scsi(report: &Value) -> TestLog {
    let mut log = TestLog { clock: Clock::Stops, able: true, ..TestLog::default() };
    for at in 0..SCSI_ENTRIES {
        let Some(entry) = report.get(format!("scsi_self_test_{at}")) else { break };
        let now = entry.get("self_test_in_progress").and_then(Value::as_bool) == Some(true);
        let outcome = match count(entry, "/result/value") {
            _ if now => Outcome::Runs,
            Some(0) => Outcome::Passed,
            // 3: it could not be completed, for a reason that the drive does not know.
            Some(1..=3) => Outcome::BrokenOff,
            Some(4..=7) => Outcome::Failed,
            Some(15) => Outcome::Runs,
            _ => continue,
        };
        let words = words(entry, "/result/string", outcome);
        if outcome == Outcome::Runs {
            log.running.get_or_insert(Running { words, left: None });
            continue;
        }
        log.entries.push(Entry {
            reach: match count(entry, "/code/value") {
                Some(1 | 5) => Reach::Short,
                Some(2 | 6) => Reach::Extended,
                _ => Reach::Other,
            },
            outcome,
            words,
            at: count(entry, "/power_on_time/hours"),
            lba: count(entry, "/lba_first_failure/value"),
        });
    }
    let status = report.get("scsi_self_test_status").unwrap_or(&Value::Null);
    if status.get("in_progress").and_then(Value::as_bool) == Some(true) {
        let left = count(status, "/remaining_percent");
        let words = words(status, "/string", Outcome::Runs);
        log.running.get_or_insert(Running { words, left });
    }
    log
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Clock, Outcome, Reach, Since, TestLog};

    fn outcomes(report: &Value) -> Vec<Outcome> {
        TestLog::read(report).entries.iter().map(|entry| entry.outcome).collect()
    }

    #[test]
    fn one_number_means_other_things_in_each_protocol() {
        use Outcome::{BrokenOff, Failed, Passed};
        let ata = |bytes: &[u64]| {
            let table: Vec<Value> = bytes
                .iter()
                .map(|byte| json!({"type": {"value": 1}, "status": {"value": byte}}))
                .collect();
            json!({"device": {"protocol": "ATA"}, "ata_smart_self_test_log": {"standard": {"table": table}}})
        };
        let bytes = [0x00, 0x19, 0x25, 0x31, 0x48, 0x55, 0x60, 0x79, 0x80];
        let wanted =
            [Passed, BrokenOff, BrokenOff, BrokenOff, Failed, Failed, Failed, Failed, Failed];
        assert_eq!(outcomes(&ata(&bytes)), wanted);
        let nvme = |codes: &[u64]| {
            let table: Vec<Value> = codes
                .iter()
                .map(|code| json!({"self_test_code": {"value": 2}, "self_test_result": {"value": code}}))
                .collect();
            json!({"device": {"protocol": "NVMe"}, "nvme_self_test_log": {"table": table}})
        };
        let codes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15];
        let wanted = [
            Passed, BrokenOff, BrokenOff, BrokenOff, BrokenOff, Failed, Failed, Failed, BrokenOff,
            BrokenOff,
        ];
        assert_eq!(outcomes(&nvme(&codes)), wanted);
        let mut scsi = json!({"device": {"protocol": "SCSI"}});
        for (at, code) in [0, 1, 2, 3, 4, 7].into_iter().enumerate() {
            scsi[format!("scsi_self_test_{at}")] = json!({"code": {"value": 2}, "result": {"value": code}, "power_on_time": {"hours": 9}});
        }
        let wanted = [Passed, BrokenOff, BrokenOff, BrokenOff, Failed, Failed];
        assert_eq!(outcomes(&scsi), wanted);
    }

    #[test]
    fn only_a_whole_test_outdates_a_failure() {
        let log = |entries: &[(u64, u64)]| {
            let table: Vec<Value> = entries
                .iter()
                .enumerate()
                .map(|(at, (kind, status))| {
                    json!({"type": {"value": kind}, "status": {"value": status}, "lifetime_hours": 900 - at})
                })
                .collect();
            TestLog::read(&json!({"ata_smart_self_test_log": {"extended": {"table": table}}}))
        };
        let failed = |entries: &[(u64, u64)]| log(entries).failure().and_then(|it| it.at);
        assert_eq!(failed(&[(1, 0), (2, 0x79)]), Some(899), "a short one reads too little");
        assert_eq!(failed(&[(2, 0x19), (1, 0), (1, 0x79)]), Some(898), "nor one broken off");
        assert_eq!(failed(&[(2, 0), (1, 0x79)]), None);
        assert_eq!(failed(&[(0x82, 0), (2, 0x79)]), None, "captive is whole too");
        assert_eq!(failed(&[(1, 0x79), (2, 0)]), Some(900));
        assert_eq!(failed(&[]), None);
        assert!(log(&[(2, 0), (1, 0x79)]).has_failures());
    }

    #[test]
    fn a_test_that_runs_is_seen_in_each_protocol() {
        let left = |report: Value| TestLog::read(&report).running.map(|it| (it.words, it.left));
        let ata = json!({"ata_smart_data": {"self_test": {"status":
            {"value": 249, "string": "in progress, 90% remaining", "remaining_percent": 90}}}});
        assert_eq!(left(ata), Some(("in progress, 90% remaining".to_owned(), Some(90))));
        let broken = json!({"ata_smart_data": {"self_test": {"status":
            {"value": 25, "string": "was aborted by the host", "remaining_percent": 90}}}});
        assert_eq!(left(broken), None, "what was left of one that was aborted");
        let nvme = json!({"nvme_self_test_log": {"current_self_test_operation":
            {"value": 2, "string": "Extended self-test in progress"}, "current_self_test_completion_percent": 30}});
        assert_eq!(left(nvme), Some(("Extended self-test in progress".to_owned(), Some(70))));
        let scsi = json!({"scsi_self_test_0": {"code": {"value": 2}, "result":
            {"value": 15, "string": "Self test in progress ..."}, "self_test_in_progress": true}});
        assert_eq!(left(scsi), Some(("Self test in progress ...".to_owned(), None)));
        let scsi = json!({"scsi_self_test_status": {"in_progress": true}});
        assert_eq!(left(scsi), Some(("in progress".to_owned(), None)));
    }

    #[test]
    fn hours_of_sixteen_bits() {
        let since = |clock: Clock, hours, at| clock.since(Some(hours), Some(at));
        assert_eq!(since(Clock::Wraps, 67_346, 1_770), Since::Hours(40));
        assert_eq!(since(Clock::Wraps, 65_536, 65_535), Since::Hours(1));
        assert_eq!(since(Clock::Wraps, 140_000, 8_000), Since::Hours(928));
        assert_eq!(since(Clock::Wraps, 9_000, 8_000), Since::Hours(1_000));
        assert_eq!(since(Clock::Wraps, 70_000, 69_990), Since::Hours(10), "a field of more bits");
        assert_eq!(since(Clock::Whole, 67_346, 1_770), Since::Hours(65_576));
        assert_eq!(since(Clock::Whole, 10, 20), Since::Unknown);
        assert_eq!(since(Clock::Stops, 70_000, 65_535), Since::Unknown);
        assert_eq!(since(Clock::Stops, 66_000, 65_000), Since::Hours(1_000));
        assert_eq!(Clock::Wraps.since(None, Some(4)), Since::Unknown);
        assert_eq!(TestLog::read(&json!({})).failure(), None);
        assert_eq!(Reach::Other, Reach::Other);
    }
}
