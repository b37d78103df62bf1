//! From the JSON of `smartctl -j -x` to what the drive says. Fields are those of smartmontools 7.1 to 7.5.
//!
//! A field of another form than expected is one that is not told: makers and bridges differ, and a figure that is odd
//! must not hide the others.

use serde_json::Value;
use thiserror::Error;

use super::attribute::{
    Attributes, CRC, HOURS, OFFLINE_UNCORRECTABLE, PARKS, PENDING, REALLOCATED, REALLOCATED_EVENTS,
    STARTS, TEMPERATURE, UNCORRECTABLE,
};
use super::raw::number;
use super::test_log::{Entry, Since, TestLog};
use super::{Recovery, SelfTest, Signs, Smart};

/// Why an answer of smartctl says nothing of the drive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ReportError {
    /// It sleeps, and was not woken.
    #[error("asleep")]
    Asleep,
    /// smartctl could not speak with it.
    #[error("{0}")]
    Refused(String),
    /// No JSON.
    #[error("cannot read smartctl's output: {0}")]
    Unread(String),
}

/// Exit status bits 0 (command line), 1 (cannot open, or asleep): nothing else is said then.
const SAYS_NOTHING: i32 = 0b11;
/// Bit 2: a command to the drive failed, or a checksum was wrong.
const COMMAND_FAILED: i32 = 0b100;

/// Whether a message of smartctl says that the drive sleeps and was left asleep (`-n standby`).
pub fn sleeps(message: &str) -> bool {
    let mode = message.strip_prefix("Device is in ");
    mode.is_some_and(|mode| mode.starts_with("STANDBY") || mode.starts_with("SLEEP"))
}

/// Reads an answer.
///
/// # Errors
/// The drive sleeps, or nothing is said of it.
pub fn read(status: i32, stdout: &[u8]) -> Result<Smart, ReportError> {
    let report: Value =
        serde_json::from_slice(stdout).map_err(|why| ReportError::Unread(why.to_string()))?;
    let report = Report(&report);
    let messages = report.list("/smartctl/messages");
    let said = || messages.iter().filter_map(|it| it.get("string")?.as_str());
    if status & SAYS_NOTHING != 0 {
        if said().any(sleeps) {
            return Err(ReportError::Asleep);
        }
        let words: Vec<&str> = said().collect();
        let words =
            if words.is_empty() { "no reason was given".to_owned() } else { words.join("; ") };
        return Err(ReportError::Refused(words));
    }
    let smart = report.smart(status);
    // Who the drive is says nothing of how it is.
    if !smart.speaks_of_health() {
        let words: Vec<&str> = said().collect();
        return Err(ReportError::Refused(report.silence(status, &words)));
    }
    Ok(smart)
}

struct Report<'a>(&'a Value);

impl<'a> Report<'a> {
    fn list(&self, at: &str) -> &'a [Value] {
        self.0.pointer(at).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn number(&self, at: &str) -> Option<u64> {
        number(self.0.pointer(at)?)
    }

    fn text(&self, at: &str) -> Option<String> {
        self.0.pointer(at)?.as_str().map(|text| text.trim().to_owned()).filter(|it| !it.is_empty())
    }

    fn yes(&self, at: &str) -> Option<bool> {
        self.0.pointer(at)?.as_bool()
    }

    fn attributes(&self) -> Attributes<'a> {
        Attributes(self.list("/ata_smart_attributes/table"))
    }

    /// Why nothing is said of the drive's health, with the way out where there is one.
    fn silence(&self, status: i32, said: &[&str]) -> String {
        let plain = |name: &&str| {
            name.starts_with("/dev/")
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'/')
        };
        if self.yes("/smart_support/available") == Some(false) {
            return "it has no SMART".to_owned();
        }
        if self.yes("/smart_support/enabled") == Some(false) {
            let name = self.0.pointer("/device/name").and_then(Value::as_str).filter(plain);
            return format!("SMART is off: `smartctl -s on {}`", name.unwrap_or("DEVICE"));
        }
        match said {
            [] if status & COMMAND_FAILED != 0 => "its health could not be read".to_owned(),
            [] => "no health data is reported".to_owned(),
            words => format!("its health could not be read: {}", words.join("; ")),
        }
    }

    fn smart(&self, status: i32) -> Smart {
        let nvme =
            |field: &str| self.number(&format!("/nvme_smart_health_information_log/{field}"));
        let attributes = self.attributes();
        let count = |figure| attributes.count(figure);
        let hours = self.number("/power_on_time/hours").or_else(|| count(&HOURS));
        let log = TestLog::read(self.0);
        let signs = Signs::of(status);
        Smart {
            passed: self.yes("/smart_status/passed"),
            signs,
            temperature: self.temperature(),
            hours,
            starts: count(&STARTS).or_else(|| {
                self.number("/scsi_start_stop_cycle_counter/accumulated_start_stop_cycles")
            }),
            parks: count(&PARKS).or_else(|| {
                self.number("/scsi_start_stop_cycle_counter/accumulated_load_unload_cycles")
            }),
            reallocated: count(&REALLOCATED).or_else(|| self.number("/scsi_grown_defect_list")),
            reallocated_events: count(&REALLOCATED_EVENTS),
            pending: count(&PENDING).or_else(|| self.number("/scsi_pending_defects/count")),
            uncorrectable: self.uncorrectable().or_else(|| nvme("media_errors")),
            crc: count(&CRC),
            wear: self.wear().or_else(|| nvme("percentage_used").filter(|used| *used <= 0xff)),
            spare: self
                .number("/spare_available/current_percent")
                .or_else(|| nvme("available_spare"))
                .filter(|left| *left <= 100),
            spare_threshold: self
                .number("/spare_available/threshold_percent")
                .or_else(|| nvme("available_spare_threshold"))
                .filter(|least| *least <= 100),
            warning: self.number("/smart_status/nvme/value").or_else(|| nvme("critical_warning")),
            at_threshold: attributes.at_threshold(),
            self_test: newest(&log, hours),
            failed_test: failed(&log, hours, signs),
            recovery: self.recovery(),
            link: self.speed("current"),
            link_best: self.speed("max"),
            apm: match self.yes("/ata_apm/enabled") {
                Some(false) => Some("off".to_owned()),
                _ => self.number("/ata_apm/level").map(|level| level.to_string()),
            },
            write_cache: self.yes("/write_cache/enabled"),
            family: self.text("/model_family"),
            rotation: self.number("/rotation_rate"),
        }
    }

    fn temperature(&self) -> Option<i64> {
        let told = self.0.pointer("/temperature/current").and_then(Value::as_i64);
        // Minimum and maximum may be packed above it.
        let attribute = || i64::try_from(self.attributes().count(&TEMPERATURE)? & 0xff).ok();
        told.or_else(attribute).filter(|degrees| (-40..=120).contains(degrees) && *degrees != 0)
    }

    fn uncorrectable(&self) -> Option<u64> {
        let of = |kind: &str| {
            self.number(&format!("/scsi_error_counter_log/{kind}/total_uncorrected_errors"))
        };
        let scsi = || {
            let counts = ["read", "write", "verify"].map(of);
            let told = counts.iter().any(Option::is_some);
            told.then(|| counts.into_iter().flatten().fold(0_u64, u64::saturating_add))
        };
        let attributes = self.attributes();
        let ata = [&UNCORRECTABLE, &OFFLINE_UNCORRECTABLE].map(|figure| attributes.count(figure));
        ata.into_iter().flatten().max().or_else(scsi)
    }

    /// Percent of the promised wear that is used. smartctl's own field is of 7.5; 7.3 and 7.4 give the same as a device statistic
    /// (ACS-3, page 7, offset 8), and some drives as an attribute alone. SCSI's key is written in two ways.
    fn wear(&self) -> Option<u64> {
        let scsi = || {
            self.number("/scsi_percentage_used_endurance_indicator").or_else(|| {
                let key = "scsi_Percentage used endurance indicator";
                self.0.get(key).and_then(number)
            })
        };
        let told = self
            .number("/endurance_used/current_percent")
            .or_else(|| self.statistic(7, 8))
            .or_else(scsi)
            .filter(|used| *used <= 0xff);
        told.or_else(|| self.attributes().wear())
    }

    /// A device statistic, where the drive calls it valid.
    fn statistic(&self, page: u64, offset: u64) -> Option<u64> {
        let is =
            |value: &Value, key: &str, wanted: u64| value.get(key).and_then(number) == Some(wanted);
        let pages = self.list("/ata_device_statistics/pages");
        let of_page = pages.iter().filter(|it| is(it, "number", page));
        let mut rows = of_page.filter_map(|it| it.get("table")?.as_array()).flatten();
        let row = rows.find(|row| is(row, "offset", offset))?;
        let valid = row.pointer("/flags/valid").and_then(Value::as_bool) != Some(false);
        row.get("value").and_then(number).filter(|_| valid)
    }

    fn speed(&self, which: &str) -> Option<u64> {
        let of = |field: &str| self.number(&format!("/interface_speed/{which}/{field}"));
        Some(of("units_per_second")?.checked_mul(of("bits_per_unit")?)? / 1_000_000)
    }

    fn recovery(&self) -> Option<Recovery> {
        let reads = self.0.pointer("/ata_sct_erc/read");
        match (reads, self.yes("/ata_sct_capabilities/error_recovery_control_supported")) {
            (Some(reads), _) => match reads.get("enabled").and_then(Value::as_bool) {
                Some(true) => Some(Recovery::Within(reads.get("deciseconds").and_then(number)?)),
                Some(false) => Some(Recovery::Off),
                None => None,
            },
            (None, Some(false)) => Some(Recovery::Unsupported),
            (None, _) => None,
        }
    }
}

/// A test of the log, with the hours as the drive counts them.
fn of_log(log: &TestLog, entry: &Entry, hours: Option<u64>) -> SelfTest {
    let at = match log.clock.since(hours, entry.at) {
        Since::Hours(since) => hours.and_then(|hours| hours.checked_sub(since)),
        Since::Unknown => entry.at,
    };
    SelfTest {
        words: entry.words.clone(),
        passed: entry.outcome.passed(),
        left: None,
        at,
        reach: Some(entry.reach),
        lba: entry.lba,
    }
}

/// One that runs, else the last of the log.
fn newest(log: &TestLog, hours: Option<u64>) -> Option<SelfTest> {
    match &log.running {
        Some(runs) => Some(SelfTest {
            words: runs.words.clone(),
            passed: None,
            left: runs.left,
            at: None,
            reach: None,
            lba: None,
        }),
        None => log.entries.first().map(|entry| of_log(log, entry, hours)),
    }
}

/// The failure that holds. smartctl's sign (exit status bit 7) counts where the log itself shows none.
fn failed(log: &TestLog, hours: Option<u64>, signs: Signs) -> Option<SelfTest> {
    let unseen = || SelfTest {
        words: "its log has failed ones".to_owned(),
        passed: Some(false),
        left: None,
        at: None,
        reach: None,
        lba: None,
    };
    match log.failure() {
        Some(entry) => Some(of_log(log, entry, hours)),
        None => (signs.failed_tests && !log.has_failures()).then(unseen),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::samples::{ATA, NVME, SAS};
    use super::*;

    fn of(text: &str) -> Smart {
        read(0, text.as_bytes()).unwrap()
    }

    #[test]
    fn a_sata_drive_that_ages() {
        let smart = read(0x40, ATA.as_bytes()).unwrap();
        assert!(smart.signs.errors && !smart.signs.failing);
        assert_eq!(smart.passed, Some(true));
        assert_eq!((smart.temperature, smart.hours), (Some(34), Some(47_211)));
        assert_eq!(
            (smart.reallocated, smart.pending, smart.uncorrectable),
            (Some(8), Some(0), Some(2))
        );
        assert_eq!((smart.crc, smart.parks, smart.starts), (Some(3), Some(912_004), Some(310)));
        assert_eq!(smart.recovery, Some(Recovery::Within(70)));
        assert_eq!((smart.link, smart.link_best), (Some(3000), Some(6000)));
        let test = smart.self_test.unwrap();
        assert_eq!((test.passed, test.at), (Some(true), Some(47_000)));
        assert_eq!((smart.apm.as_deref(), smart.write_cache), (Some("off"), Some(true)));
    }

    #[test]
    fn sas_and_nvme_tell_the_same_elsewhere() {
        let sas = of(SAS);
        assert_eq!((sas.reallocated, sas.uncorrectable, sas.pending), (Some(11), Some(4), None));
        assert_eq!((sas.starts, sas.parks, sas.hours), (Some(58), Some(2_210), Some(30_110)));
        assert_eq!(sas.self_test.unwrap().passed, Some(true));
        let nvme = of(NVME);
        assert_eq!(
            (nvme.wear, nvme.uncorrectable, nvme.temperature),
            (Some(12), Some(0), Some(41))
        );
        assert_eq!((nvme.reallocated, nvme.crc, nvme.recovery), (None, None, None));
        assert_eq!(nvme.passed, Some(true));
    }

    #[test]
    fn what_is_no_answer_is_said() {
        let said = |status: i32, message: &str| {
            let text = json!({"smartctl": {"messages": [{"string": message}]}}).to_string();
            read(status, text.as_bytes())
        };
        assert_eq!(said(2, "Device is in STANDBY mode, exit(2)"), Err(ReportError::Asleep));
        assert_eq!(
            said(1, "/dev/sdd: Unknown USB bridge [0x152d:0x0578]"),
            Err(ReportError::Refused("/dev/sdd: Unknown USB bridge [0x152d:0x0578]".into()))
        );
        assert!(matches!(said(2, "open failed"), Err(ReportError::Refused(_))));
        assert!(matches!(said(0, ""), Err(ReportError::Refused(_))), "an answer without a figure");
        assert!(matches!(read(0, b"smartctl 7.4"), Err(ReportError::Unread(_))));
        // Bit 2: a command failed, and the rest is good.
        assert_eq!(read(4, ATA.as_bytes()).unwrap().hours, Some(47_211));
    }

    /// Answers in the forms of three releases and all protocols, with made-up figures.
    fn sample(text: &str) -> Result<Smart, ReportError> {
        let report: Value = serde_json::from_str(text).unwrap();
        let status = report.pointer("/smartctl/exit_status").and_then(Value::as_i64).unwrap();
        read(i32::try_from(status).unwrap(), text.as_bytes())
    }

    #[test]
    fn an_old_hard_disk_by_7_3() {
        let it = sample(include_str!("../../tests/samples/smartctl/ata-hdd-7.3.json")).unwrap();
        assert_eq!((it.reallocated, it.hours, it.temperature), (Some(0), Some(67_346), Some(34)));
        let failed = it.failed_test.as_ref().unwrap();
        assert_eq!((failed.at, failed.lba), (Some(67_306), Some(494_591_083)), "above 16 bits");
        assert_eq!(
            failed.told(),
            "extended test: Completed: read failure, at 67306 hours, LBA 494591083"
        );
        assert_eq!(it.self_test.as_ref().unwrap().passed, Some(true), "the newest one passed");
        let found = super::super::rules::findings(None, &it, None, None);
        let short: Vec<&str> = found.iter().map(super::super::rules::Finding::short).collect();
        assert_eq!(short, ["test failed", "old", "was at limit"]);
    }

    #[test]
    fn the_wear_of_flash_by_each_release() {
        let wear = |text: &str| sample(text).unwrap().wear;
        let by_7_4 = include_str!("../../tests/samples/smartctl/ata-ssd-7.4.json");
        assert_eq!(wear(by_7_4), Some(97));
        let ssd = sample(by_7_4).unwrap();
        assert_eq!((ssd.pending, ssd.uncorrectable, ssd.crc), (None, Some(0), None));
        assert_eq!(wear(include_str!("../../tests/samples/smartctl/ata-ssd-7.5.json")), Some(97));
        // A statistic that the drive does not vouch for: then the attribute.
        let doubtful = by_7_4.replace("\"value\": 192", "\"value\": 64");
        let mut report: Value = serde_json::from_str(&doubtful).unwrap();
        report["ata_device_statistics"]["pages"][1]["table"][0]["flags"]["valid"] = json!(false);
        assert_eq!(wear(&report.to_string()), Some(96));
        assert_eq!(wear(include_str!("../../tests/samples/smartctl/sas-ssd-7.3.json")), Some(12));
        assert_eq!(wear(include_str!("../../tests/samples/smartctl/nvme-7.4.json")), Some(2));
    }

    #[test]
    fn nvme_drives_by_7_4_and_7_5() {
        let hot = sample(include_str!("../../tests/samples/smartctl/nvme-7.4.json")).unwrap();
        assert_eq!((hot.warning, hot.passed), (Some(2), Some(false)));
        assert_eq!(hot.self_test.as_ref().unwrap().passed, None, "broken off by a format");
        assert_eq!(hot.failed_test.as_ref().unwrap().at, Some(8_000));
        let low = sample(include_str!("../../tests/samples/smartctl/nvme-7.5.json")).unwrap();
        assert_eq!((low.spare, low.spare_threshold), (Some(4), Some(10)));
        let test = low.self_test.unwrap();
        assert_eq!((test.passed, test.left), (None, Some(70)), "one runs");
    }

    #[test]
    fn sas_drives_by_7_3_and_7_4() {
        let hdd = sample(include_str!("../../tests/samples/smartctl/sas-hdd-7.4.json")).unwrap();
        assert_eq!((hdd.reallocated, hdd.pending, hdd.uncorrectable), (Some(11), Some(2), Some(4)));
        let failed = hdd.failed_test.unwrap();
        assert_eq!((failed.at, failed.lba), (Some(30_000), Some(123_456)));
        let ssd = sample(include_str!("../../tests/samples/smartctl/sas-ssd-7.3.json")).unwrap();
        assert_eq!(ssd.self_test.unwrap().words, "Self test in progress ...");
        assert_eq!((ssd.failed_test, ssd.rotation), (None, Some(0)));
    }

    #[test]
    fn a_drive_that_says_nothing_of_its_health_is_not_well() {
        let why = |text: &str| sample(text).unwrap_err().to_string();
        let partly = why(include_str!("../../tests/samples/smartctl/usb-partly-7.4.json"));
        assert!(
            partly.starts_with("its health could not be read: Read SMART Data failed"),
            "{partly}"
        );
        let off = why(include_str!("../../tests/samples/smartctl/smart-off-7.4.json"));
        assert_eq!(off, "SMART is off: `smartctl -s on /dev/sda`");
        assert_eq!(
            why(include_str!("../../tests/samples/smartctl/no-smart-7.3.json")),
            "it has no SMART"
        );
        let bridge = why(include_str!("../../tests/samples/smartctl/unknown-bridge-7.3.json"));
        assert!(bridge.contains("Unknown USB bridge"), "{bridge}");
        let asleep = sample(include_str!("../../tests/samples/smartctl/asleep-7.4.json"));
        assert_eq!(asleep, Err(ReportError::Asleep));
        // A word of ill is a word.
        let ill = json!({"smart_status": {"passed": false}}).to_string();
        assert!(read(8, ill.as_bytes()).is_ok() && read(1 << 4, b"{}").is_ok());
        assert!(read(4, b"{}").is_err() && read(1 << 6, b"{}").is_err());
        assert!(
            read(0, br#"{"temperature": {"current": 30}, "power_on_time": {"hours": 9}}"#).is_err()
        );
    }

    /// Makers keep several counts in one value.
    #[test]
    fn packed_values_are_taken_apart() {
        let attribute = |id: u64, value: u64, string: &str| {
            let raw = json!({"value": value, "string": string});
            of(&json!({"smart_status": {"passed": true},
                "ata_smart_attributes": {"table": [{"id": id, "raw": raw}]}})
            .to_string())
        };
        assert_eq!(attribute(9, 214_748_412_345, "12345 (50 12 0)").hours, Some(12_345));
        assert_eq!(attribute(194, 201_864_839_200, "32 (Min/Max 18/47)").temperature, Some(32));
        assert_eq!(attribute(9, 12_345, "12345").hours, Some(12_345));
        let odd: Value =
            json!({"power_on_time": {"hours": "many"}, "smart_status": {"passed": true}});
        assert_eq!(of(&odd.to_string()).hours, None);
    }

    #[test]
    fn a_test_that_runs_and_one_that_failed() {
        let running = json!({"smart_status": {"passed": true}, "ata_smart_data": {"self_test": {"status":
            {"value": 249, "string": "in progress, 90% remaining", "remaining_percent": 90}}}});
        let test = of(&running.to_string()).self_test.unwrap();
        assert_eq!((test.left, test.passed), (Some(90), None));
        let failed = json!({"ata_smart_self_test_log": {"standard": {"table": [{"status":
            {"value": 121, "string": "Completed: read failure", "passed": false}, "lifetime_hours": 20}]}}});
        assert_eq!(of(&failed.to_string()).self_test.unwrap().passed, Some(false));
    }
}
