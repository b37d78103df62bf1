//! From the JSON of `smartctl -j -x` to what the drive says. Fields are those of smartmontools 7.1 to 7.5.
//!
//! A field of another form than expected is one that is not told: makers and bridges differ, and a figure that is odd
//! must not hide the others.

use serde_json::Value;
use thiserror::Error;

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
    #[error("smartctl's answer cannot be read: {0}")]
    Unread(String),
}

/// Exit status bits 0 (command line), 1 (cannot open, or asleep): nothing else is said then.
const SAYS_NOTHING: i32 = 0b11;
/// ATA attributes by their numbers, which makers agree on; names are smartctl's and vary.
const REALLOCATED: u64 = 5;
const HOURS: u64 = 9;
const STARTS: u64 = 4;
const UNCORRECTABLE: u64 = 187;
const PARKS: u64 = 193;
const TEMPERATURE: u64 = 194;
const REALLOCATED_EVENTS: u64 = 196;
const PENDING: u64 = 197;
const OFFLINE_UNCORRECTABLE: u64 = 198;
const CRC: u64 = 199;

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
    let empty = Smart { signs: smart.signs, ..Smart::default() };
    if smart == empty {
        return Err(ReportError::Refused("the drive tells nothing of its health".to_owned()));
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

    /// Raw value of an ATA attribute. Hours may be packed with minutes above 32 bits; smartctl's own field goes first.
    fn attribute(&self, id: u64) -> Option<u64> {
        let table = self.list("/ata_smart_attributes/table");
        let found = table.iter().find(|it| it.get("id").and_then(number) == Some(id))?;
        let raw = found.pointer("/raw/value").and_then(number)?;
        // Some makers keep two or three counts in one value: what smartctl prints begins with the one that is meant.
        let printed = found.pointer("/raw/string").and_then(Value::as_str).unwrap_or_default();
        let first = printed.split([' ', '/', '(']).next().and_then(|it| it.parse().ok());
        if raw > u64::from(u32::MAX) { first.or(Some(raw)) } else { Some(raw) }
    }

    fn smart(&self, status: i32) -> Smart {
        let nvme =
            |field: &str| self.number(&format!("/nvme_smart_health_information_log/{field}"));
        Smart {
            passed: self.yes("/smart_status/passed"),
            signs: Signs::of(status),
            temperature: self.temperature(),
            hours: self.number("/power_on_time/hours").or_else(|| self.attribute(HOURS)),
            starts: self.attribute(STARTS).or_else(|| {
                self.number("/scsi_start_stop_cycle_counter/accumulated_start_stop_cycles")
            }),
            parks: self.attribute(PARKS).or_else(|| {
                self.number("/scsi_start_stop_cycle_counter/accumulated_load_unload_cycles")
            }),
            reallocated: self
                .attribute(REALLOCATED)
                .or_else(|| self.number("/scsi_grown_defect_list")),
            reallocated_events: self.attribute(REALLOCATED_EVENTS),
            pending: self.attribute(PENDING).or_else(|| self.number("/scsi_pending_defects/count")),
            uncorrectable: self.uncorrectable().or_else(|| nvme("media_errors")),
            crc: self.attribute(CRC),
            wear: self
                .number("/endurance_used/current_percent")
                .or_else(|| nvme("percentage_used"))
                .or_else(|| self.number("/scsi_percentage_used_endurance_indicator")),
            self_test: self.self_test(),
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
        let attribute = || Some(i64::try_from(self.attribute(TEMPERATURE)? & 0xff).unwrap_or(0));
        told.or_else(attribute).filter(|degrees| (-40..=120).contains(degrees) && *degrees != 0)
    }

    fn uncorrectable(&self) -> Option<u64> {
        let of = |kind: &str| {
            self.number(&format!("/scsi_error_counter_log/{kind}/total_uncorrected_errors"))
        };
        let scsi = || Some(of("read")?.saturating_add(of("write").unwrap_or(0)));
        let ata = [UNCORRECTABLE, OFFLINE_UNCORRECTABLE].map(|id| self.attribute(id));
        ata.into_iter().flatten().max().or_else(scsi)
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

    /// One that runs, else the last of the log.
    fn self_test(&self) -> Option<SelfTest> {
        let now = "/ata_smart_data/self_test/status";
        if let Some(left) = self.number(&format!("{now}/remaining_percent")) {
            let words =
                self.text(&format!("{now}/string")).unwrap_or_else(|| "in progress".to_owned());
            return Some(SelfTest { words, passed: None, left: Some(left), at: None });
        }
        let logs = [
            "/ata_smart_self_test_log/extended/table",
            "/ata_smart_self_test_log/standard/table",
            "/nvme_self_test_log/table",
        ];
        let last = logs.iter().find_map(|at| self.list(at).first());
        let last = last.or_else(|| self.0.pointer("/scsi_self_test_0"))?;
        let of = |at: &str| last.pointer(at);
        let status = of("/status").or_else(|| of("/self_test_result")).or_else(|| of("/result"))?;
        let words = status.get("string").and_then(Value::as_str)?.trim().to_owned();
        let passed = status.get("passed").and_then(Value::as_bool).or_else(|| {
            let value = status.get("value").and_then(number)?;
            // NVMe and SCSI: 0 is passed; 1, 2 and 8, 9 were ended by somebody, 15 runs.
            match value {
                0 => Some(true),
                1 | 2 | 8 | 9 | 15 => None,
                _ => Some(false),
            }
        });
        let at = of("/lifetime_hours").or_else(|| of("/power_on_hours"));
        let at = at.or_else(|| of("/power_on_time/hours")).and_then(number);
        Some(SelfTest { words, passed, left: None, at })
    }
}

/// A count, also where it is written as a text because it exceeds what a JSON number holds safely.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
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

    /// Makers keep several counts in one value.
    #[test]
    fn packed_values_are_taken_apart() {
        let attribute = |id: u64, value: u64, string: &str| {
            let raw = json!({"value": value, "string": string});
            of(&json!({"ata_smart_attributes": {"table": [{"id": id, "raw": raw}]}}).to_string())
        };
        assert_eq!(attribute(9, 214_748_412_345, "12345 (50 12 0)").hours, Some(12_345));
        assert_eq!(attribute(194, 201_864_839_200, "32 (Min/Max 18/47)").temperature, Some(32));
        assert_eq!(attribute(9, 12_345, "12345").hours, Some(12_345));
        let odd: Value =
            json!({"power_on_time": {"hours": "many"}, "temperature": {"current": 33}});
        assert_eq!(of(&odd.to_string()).hours, None);
    }

    #[test]
    fn a_test_that_runs_and_one_that_failed() {
        let running = json!({"ata_smart_data": {"self_test": {"status":
            {"value": 249, "string": "in progress, 90% remaining", "remaining_percent": 90}}}});
        let test = of(&running.to_string()).self_test.unwrap();
        assert_eq!((test.left, test.passed), (Some(90), None));
        let failed = json!({"ata_smart_self_test_log": {"standard": {"table": [{"status":
            {"value": 121, "string": "Completed: read failure", "passed": false}, "lifetime_hours": 20}]}}});
        assert_eq!(of(&failed.to_string()).self_test.unwrap().passed, Some(false));
    }
}
