//! ATA attributes: taken by number and name, counted as smartctl formats them.
//!
//! Makers agree on few numbers, and makers of flash on fewer: 197 is pending sectors of one drive, gibibytes read of another.
//! smartctl's database knows which, and says so by the name. The raw value is 48 bits of which some makers use 16 or 32 for the
//! count and the rest for something else; what smartctl prints begins with the count wherever it knows the form.

use serde_json::Value;

use super::raw::number;

/// A figure that is kept as an attribute: its number, and how its name begins or what is in it, in lower case.
pub(super) struct Figure {
    id: u64,
    names: &'static [&'static str],
}

const fn figure(id: u64, names: &'static [&'static str]) -> Figure {
    Figure { id, names }
}

pub(super) const STARTS: Figure = figure(4, &["start_stop"]);
pub(super) const REALLOCATED: Figure =
    figure(5, &["reallocate", "retired_block", "retired_sector"]);
pub(super) const HOURS: Figure = figure(9, &["power_on_hours"]);
pub(super) const UNCORRECTABLE: Figure =
    figure(187, &["reported_uncorrect", "uncorrectable_error"]);
pub(super) const PARKS: Figure = figure(193, &["load_cycle", "load/unload", "load_unload"]);
pub(super) const TEMPERATURE: Figure = figure(194, &["temperature", "device_temp", "drive_temp"]);
pub(super) const REALLOCATED_EVENTS: Figure =
    figure(196, &["reallocated_event", "reallocation_event"]);
pub(super) const PENDING: Figure =
    figure(197, &["current_pending_sector", "total_pending_sector", "pending_sector"]);
pub(super) const OFFLINE_UNCORRECTABLE: Figure = figure(
    198,
    &["offline_uncorrect", "total_offl_uncorrect", "offline_scan_unc", "off-line_scan_unc"],
);
pub(super) const CRC: Figure = figure(
    199,
    &["udma_crc", "crc_error", "sata_crc", "ultra_crc", "interface_crc", "ultradma_crc"],
);

/// The table of a report.
pub(super) struct Attributes<'a>(pub(super) &'a [Value]);

/// An attribute that is or was at its threshold.
#[derive(
    Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct AtThreshold {
    /// smartctl's name of it.
    pub name: String,
    /// True where it foretells failure, false where it tells of age or use.
    pub prefail: bool,
    /// True where it is so now, false where it was.
    pub now: bool,
}

impl Attributes<'_> {
    fn find(&self, figure: &Figure) -> Option<&Value> {
        self.0.iter().find(|row| {
            let name = row.get("name").and_then(Value::as_str).map(str::to_ascii_lowercase);
            // A row without a name is not one that somebody renamed.
            let fits =
                name.is_none_or(|name| figure.names.iter().any(|known| name.starts_with(known)));
            row.get("id").and_then(number) == Some(figure.id) && fits
        })
    }

    /// The count.
    pub(super) fn count(&self, figure: &Figure) -> Option<u64> {
        raw(self.find(figure)?)
    }

    /// Of the wear that the maker promises, the percent used, where it is sure which way the attribute counts.
    pub(super) fn wear(&self) -> Option<u64> {
        self.0.iter().find_map(wear)
    }

    /// Those at their threshold, now or once.
    pub(super) fn at_threshold(&self) -> Vec<AtThreshold> {
        let of = |row: &Value| {
            let now = match row.get("when_failed").and_then(Value::as_str)?.to_ascii_lowercase() {
                when if when.contains("now") => true,
                when if when.contains("past") => false,
                _ => return None,
            };
            let name = row.get("name").and_then(Value::as_str).map(str::trim);
            let id = row.get("id").and_then(number);
            Some(AtThreshold {
                name: match (name.filter(|name| !name.is_empty()), id) {
                    (Some(name), _) => name.to_owned(),
                    (None, Some(id)) => format!("attribute {id}"),
                    (None, None) => return None,
                },
                prefail: row.pointer("/flags/prefailure").and_then(Value::as_bool) == Some(true),
                now,
            })
        };
        self.0.iter().filter_map(of).collect()
    }
}

/// What smartctl prints begins with the count in all of its forms with one: `12345`, `0 (0 1)`, `34 (Min/Max 18/47)`, `0/65536`,
/// `12345h+22m+03.455s`, `34.5`. Bytes or words without a mark (`0 0 7`) and hexadecimal digits are forms of what smartctl knows
/// nothing of: there the last counts if the others are zero.
fn raw(row: &Value) -> Option<u64> {
    let value = row.pointer("/raw/value").and_then(number);
    let count = match row.pointer("/raw/string").and_then(Value::as_str).map(str::trim) {
        Some(text) if !text.is_empty() => printed(text),
        // Without the text nobody says how it is packed.
        _ => value.filter(|value| u32::try_from(*value).is_ok()),
    };
    // All ones is what a bridge or a drive says that has nothing to say.
    let filler = |count: u64| count == u64::from(u32::MAX) || count >= 0xffff_ffff_ffff;
    count.filter(|count| !filler(*count))
}

fn printed(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let first = digits.parse().ok()?;
    let marked = ["(", "/", "h", ".", "+"];
    let rest = rest.trim_start();
    if rest.is_empty() || marked.iter().any(|mark| rest.starts_with(mark)) {
        return Some(first);
    }
    let words: Option<Vec<u64>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
    match words.as_deref() {
        Some([high @ .., low]) if high.iter().all(|word| *word == 0) => Some(*low),
        _ => None,
    }
}

/// Names whose normalised value falls from 100 to 1 as the flash wears: Intel's, Samsung's, and those of `SandForce` and Phison.
const FALLS: [&str; 3] = ["media_wearout_indicator", "wear_leveling_count", "ssd_life_left"];
/// Names of a percentage that some makers count up and some down: the raw value has to tell which.
const EITHER: [&str; 7] = [
    "percent_lifetime_remain",
    "percent_life_remain",
    "remaining_lifetime_perc",
    "lifetime_remaining",
    "percent_lifetime_used",
    "perc_rated_life_used",
    "perc_rated_life_remain",
];

fn wear(row: &Value) -> Option<u64> {
    let name = row.get("name")?.as_str()?.to_ascii_lowercase();
    let value = row.get("value").and_then(number).filter(|value| (0..=100).contains(value))?;
    // The worst that it ever was is below the value where it counts up.
    let falls = row.get("worst").and_then(number).is_none_or(|worst| worst >= value);
    let known = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    if known(&FALLS) {
        return (falls && value > 0).then(|| 100 - value);
    }
    if !known(&EITHER) {
        return None;
    }
    let raw = raw(row)?;
    match raw {
        used if !name.contains("remain") && used + value == 100 => Some(used),
        // Of what remains, by its name, and the maker's raw value counts what is used.
        used if used + value == 100 && used != value => Some(used),
        left if name.contains("remain") && left == value && falls => Some(100 - left),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Attributes, PENDING, REALLOCATED, TEMPERATURE, UNCORRECTABLE, printed};

    fn row(id: u64, name: &str, value: u64, raw: u64, string: &str) -> Value {
        json!({"id": id, "name": name, "value": value, "worst": value, "raw": {"value": raw, "string": string}})
    }

    #[test]
    fn a_number_counts_only_under_its_name() {
        for (name, wanted) in [
            ("Current_Pending_Sector", Some(7)),
            ("Total_Pending_Sectors", Some(7)),
            ("Current_Pending_ECC_Cnt", None),
            ("Host_Reads_GiB", None),
            ("Read_Failure_Blk_Ct", None),
            ("Not_In_Use", None),
            ("Unknown_SSD_Attribute", None),
        ] {
            let table = [row(197, name, 100, 7, "7")];
            assert_eq!(Attributes(&table).count(&PENDING), wanted, "{name}");
        }
        for (name, wanted) in [
            ("Reallocated_Sector_Ct", Some(7)),
            ("Reallocate_NAND_Blk_Cnt", Some(7)),
            ("Retired_Block_Count", Some(7)),
            ("Runtime_Bad_Block", None),
        ] {
            let table = [row(5, name, 100, 7, "7")];
            assert_eq!(Attributes(&table).count(&REALLOCATED), wanted, "{name}");
        }
        let table = [row(187, "Uncorrectable_Error_Cnt", 100, 7, "7")];
        assert_eq!(Attributes(&table).count(&UNCORRECTABLE), Some(7));
        let nameless = [json!({"id": 197, "raw": {"value": 7, "string": "7"}})];
        assert_eq!(Attributes(&nameless).count(&PENDING), Some(7));
    }

    #[test]
    fn what_smartctl_prints_begins_with_the_count() {
        for (text, wanted) in [
            ("12345", Some(12_345)),
            ("0 (0 1)", Some(0)),
            ("3 (1 2 3)", Some(3)),
            ("34 (Min/Max 18/47)", Some(34)),
            ("34 (0 18 0 0 0)", Some(34)),
            ("0/65536", Some(0)),
            ("12345h+22m+03.455s", Some(12_345)),
            ("12345 (Average 12001)", Some(12_345)),
            ("34.5", Some(34)),
            ("0 0 7", Some(7)),
            ("1 0 7", None),
            ("0x0000000000ff", None),
            ("many", None),
            ("18446744073709551616", None),
        ] {
            assert_eq!(printed(text), wanted, "{text}");
        }
        let packed = [row(5, "Reallocated_Sector_Ct", 100, 65_536, "0 (0 1)")];
        assert_eq!(Attributes(&packed).count(&REALLOCATED), Some(0));
        let bare = [
            json!({"id": 194, "name": "Temperature_Celsius", "raw": {"value": 201_864_839_200_u64}}),
        ];
        assert_eq!(Attributes(&bare).count(&TEMPERATURE), None, "packed, and nobody says how");
        let ones = [row(5, "Reallocated_Sector_Ct", 100, 4_294_967_295, "4294967295")];
        assert_eq!(Attributes(&ones).count(&REALLOCATED), None);
    }

    #[test]
    fn wear_is_known_where_it_is_sure_which_way_it_counts() {
        let wear = |name: &str, value: u64, raw: u64| {
            Attributes(&[row(1, name, value, raw, &raw.to_string())]).wear()
        };
        assert_eq!(wear("Media_Wearout_Indicator", 1, 0), Some(99));
        assert_eq!(wear("Wear_Leveling_Count", 97, 41), Some(3));
        assert_eq!(wear("SSD_Life_Left", 100, 100), Some(0));
        assert_eq!(wear("Percent_Lifetime_Remain", 88, 12), Some(12));
        assert_eq!(wear("Percent_Lifetime_Remain", 0, 100), Some(100));
        assert_eq!(wear("Percent_Lifetime_Remain", 12, 77), None, "neither way");
        assert_eq!(wear("Remaining_Lifetime_Perc", 61, 61), Some(39));
        assert_eq!(wear("Percent_Lifetime_Used", 96, 4), Some(4));
        for (name, value) in [
            ("Media_Wearout_Indicator", 0),
            ("Media_Wearout_Indicator", 200),
            ("SSD_Life_Left", 253),
        ] {
            assert_eq!(wear(name, value, 0), None, "{name} {value}");
        }
        // It was lower once: it counts up.
        let up = json!({"id": 233, "name": "Media_Wearout_Indicator", "value": 9, "worst": 1, "raw": {"value": 9, "string": "9"}});
        assert_eq!(Attributes(&[up]).wear(), None);
        assert_eq!(wear("Reallocated_Sector_Ct", 1, 0), None);
    }

    #[test]
    fn those_at_their_threshold_have_names() {
        let table = [
            json!({"id": 184, "name": "End-to-End_Error", "when_failed": "now", "flags": {"prefailure": false}}),
            json!({"id": 190, "name": "Airflow_Temperature_Cel", "when_failed": "past"}),
            json!({"id": 5, "when_failed": "now", "flags": {"prefailure": true}}),
            json!({"id": 9, "name": "Power_On_Hours", "when_failed": ""}),
        ];
        let all = Attributes(&table).at_threshold();
        let brief: Vec<_> = all.iter().map(|it| (it.name.as_str(), it.prefail, it.now)).collect();
        let wanted = [
            ("End-to-End_Error", false, true),
            ("Airflow_Temperature_Cel", false, false),
            ("attribute 5", true, true),
        ];
        assert_eq!(brief, wanted);
    }
}
