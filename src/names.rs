//! Names as types: pools, datasets, bays, serials and world wide names.
//!
//! Each is validated where it is parsed, against the rules of zfs (module/zcommon/zfs_namecheck.c,
//! `zpool_name_valid` in lib/libzfs) narrowed to what is safe to type: no blanks, nothing that looks
//! like an option, nothing a shell would read. So a name that exists as a value may stand in an
//! argument vector, and no other string may.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

/// Why a name is refused, and what would do.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NameError {
    /// Nothing there.
    #[error("the name is empty")]
    Empty,
    /// Longer than zfs takes.
    #[error("`{name}` has {len} characters, zfs allows at most {max}")]
    Long {
        /// The name, cut.
        name: String,
        /// Its length in bytes.
        len: usize,
        /// The most zfs takes.
        max: usize,
    },
    /// The first character.
    #[error("`{0}` does not begin with a letter")]
    First(String),
    /// A component's first character.
    #[error("`{0}` has a part that does not begin with a letter or a digit")]
    PartFirst(String),
    /// Another character.
    #[error("`{name}` contains {bad:?}: use letters, digits, `-`, `_`, `.` and `:`")]
    Character {
        /// The name.
        name: String,
        /// The first character that is refused.
        bad: char,
    },
    /// A word with a meaning to `zpool`.
    #[error(
        "`{name}` is reserved: zpool takes `{word}` for a kind of vdev; choose another name, for \
         example tank"
    )]
    Reserved {
        /// The name.
        name: String,
        /// The word that it begins with.
        word: &'static str,
    },
    /// `a//b`, `/a`, `a/`.
    #[error("`{0}` has an empty part: write it as parent/child")]
    EmptyPart(String),
    /// Not hexadecimal digits of a known length.
    #[error("`{0}` is not a world wide name: write it as udev does, 0x5000c5006518af8f")]
    Wwn(String),
    /// Not a bay.
    #[error("`{0}` is not a bay: use a number, or a place like fifth-port")]
    Bay(String),
}

fn characters(name: &str, extra: &str) -> Result<(), NameError> {
    let fine = |c: &char| c.is_ascii_alphanumeric() || "-_.:".contains(*c) || extra.contains(*c);
    match name.chars().find(|c| !fine(c)) {
        Some(bad) => Err(NameError::Character { name: name.to_owned(), bad }),
        None => Ok(()),
    }
}

fn length(name: &str, max: usize) -> Result<(), NameError> {
    match name.len() {
        0 => Err(NameError::Empty),
        len if len > max => {
            Err(NameError::Long { name: name.chars().take(40).collect(), len, max })
        }
        _ => Ok(()),
    }
}

macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// The name of a pool, such as `tank`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct PoolName(String);
text_type!(PoolName);

impl FromStr for PoolName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        length(name, 200)?;
        characters(name, "")?;
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(NameError::First(name.to_owned()));
        }
        let reserved = ["mirror", "raidz", "draid", "spare"];
        let word = reserved.into_iter().find(|word| name.starts_with(word));
        let word =
            word.or_else(|| ["log", "cache", "special", "dedup"].into_iter().find(|w| name == *w));
        match word {
            Some(word) => Err(NameError::Reserved { name: name.to_owned(), word }),
            None => Ok(Self(name.to_owned())),
        }
    }
}

/// The name of a dataset below its pool's root, without the pool: `data`, `home/anna`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct DatasetName(String);
text_type!(DatasetName);

impl FromStr for DatasetName {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        length(name, 240)?;
        characters(name, "/")?;
        for part in name.split('/') {
            if part.is_empty() {
                return Err(NameError::EmptyPart(name.to_owned()));
            }
            if !part.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                return Err(NameError::PartFirst(name.to_owned()));
            }
        }
        Ok(Self(name.to_owned()))
    }
}

/// What udev's `path_id` begins the name of a port with (src/udev/udev-builtin-path_id.c of systemd), where no `:` follows
/// in all of them.
const BUSES: [&str; 13] = [
    "acpi", "amba", "ap", "bcma", "ccw", "ccwgroup", "iucv", "pci", "platform", "scm", "spi",
    "vmbus", "xen",
];

/// A bay or another place for a drive: `1`, `fifth-port`, `usb`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct BayId(String);

impl BayId {
    /// The bay as text: `1`, `fifth-port`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a sentence names it: `bay 1`, `the fifth port`, `port pci-0000:00:1f.2-ata-1`.
    pub fn spoken(&self) -> String {
        if self.0.starts_with(|c: char| c.is_ascii_digit()) {
            format!("bay {}", self.0)
        } else if self.is_port() {
            format!("port {}", self.0)
        } else {
            match self.0.as_str() {
                "usb" => "USB".to_owned(),
                "microsd" => "microSD".to_owned(),
                "ilo" => "iLO virtual media".to_owned(),
                name => format!("the {}", name.replace('-', " ")),
            }
        }
    }

    /// True for the name that udev has for a port (`ID_PATH`), of whatever bus.
    pub fn is_port(&self) -> bool {
        let bus = |bus: &&str| self.0.strip_prefix(*bus).is_some_and(|rest| rest.starts_with('-'));
        self.0.contains(':') || BUSES.iter().any(bus)
    }

    fn order(&self) -> (u64, &str) {
        (self.0.parse().unwrap_or(u64::MAX), &self.0)
    }
}

impl Ord for BayId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

impl PartialOrd for BayId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for BayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for BayId {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-:._@".contains(c);
        if name.is_empty()
            || name.len() > 200
            || !name.chars().all(fine)
            || name.starts_with(['-', '.'])
        {
            return Err(NameError::Bay(name.chars().take(40).collect()));
        }
        Ok(Self(name.to_owned()))
    }
}

impl<'de> Deserialize<'de> for BayId {
    /// A number or a text: both are natural in YAML.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = BayId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bay: a number, or a place like fifth-port")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<BayId, E> {
                Ok(BayId(value.to_string()))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<BayId, E> {
                value.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(Visitor)
    }
}

/// A drive's serial number as it is printed on its label, trimmed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Serial(String);
text_type!(Serial);

impl Serial {
    /// What of it stands on the label of a drive of this model, as far as that is known: Seagate's SAS drives answer SCSI with
    /// twenty characters, of which the label has the first eight.
    pub fn on_label(&self, model: Option<&str>) -> &str {
        let seagate = model.is_some_and(|model| model.starts_with("SEAGATE "));
        match self.0.get(..8) {
            Some(label) if seagate && self.0.len() == 20 => label,
            _ => &self.0,
        }
    }

    /// Whether a person who read the label of a drive of this model would type this.
    pub fn is_typed(&self, typed: &Self, model: Option<&str>) -> bool {
        typed == self || typed.as_str() == self.on_label(model)
    }

    /// Whether it, or what the label has of it, ends so, whatever the case.
    pub fn ends_with(&self, end: &str, model: Option<&str>) -> bool {
        let end = end.to_ascii_lowercase();
        [self.as_str(), self.on_label(model)]
            .iter()
            .any(|serial| serial.to_ascii_lowercase().ends_with(&end))
    }
}

impl FromStr for Serial {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.trim() {
            "" => Err(NameError::Empty),
            text => Ok(Self(text.to_owned())),
        }
    }
}

/// A world wide name as udev's `ID_WWN_WITH_EXTENSION` spells it: `0x` and hexadecimal digits for SATA
/// and SAS; `eui.`, `nvme.`, `naa.` or `uuid.` and a text for NVMe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Wwn(String);
text_type!(Wwn);

impl Wwn {
    /// True for names that makers and USB bridges give to every unit alike: all zeros, all ones, or
    /// nothing but one low digit behind the vendor's block (0x5000000000000001 was seen in the field).
    pub fn is_placeholder(&self) -> bool {
        let digits = self.0.split_once(['x', '.']).map_or(self.0.as_str(), |(_, digits)| digits);
        let same = |c: char| !digits.is_empty() && digits.chars().all(|d| d == c);
        let tail = digits.get(1..).unwrap_or("").trim_start_matches('0');
        same('0') || same('f') || (tail.len() <= 1 && digits.len() >= 8)
    }
}

impl FromStr for Wwn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim().to_ascii_lowercase();
        let refused = || NameError::Wwn(text.chars().take(60).collect());
        if let Some(digits) = text.strip_prefix("0x") {
            let fine =
                (8..=32).contains(&digits.len()) && digits.chars().all(|c| c.is_ascii_hexdigit());
            return if fine { Ok(Self(text)) } else { Err(refused()) };
        }
        let kinds = ["eui.", "nvme.", "naa.", "uuid."];
        let rest = kinds.iter().find_map(|kind| text.strip_prefix(kind)).ok_or_else(refused)?;
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if rest.is_empty() || rest.len() > 200 || !rest.chars().all(fine) {
            return Err(refused());
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{BayId, DatasetName, NameError, PoolName, Serial, Wwn};

    #[test]
    fn pool_names_follow_zfs_and_more() {
        for good in ["tank", "testpool", "a", "Tank-2_b.c:d"] {
            assert!(good.parse::<PoolName>().is_ok(), "{good}");
        }
        for bad in [
            "", "-f", "a;b", "../x", "1tank", "mirror1", "raidz", "draid2", "spare", "log", "a b",
            "tänk", "a/b", "$(x)", "a\nb",
        ] {
            assert!(bad.parse::<PoolName>().is_err(), "{bad}");
        }
        assert!(matches!("x".repeat(300).parse::<PoolName>(), Err(NameError::Long { .. })));
    }

    #[test]
    fn dataset_names_have_parts() {
        for good in ["data", "home/anna", "2024", "a.b-c"] {
            assert!(good.parse::<DatasetName>().is_ok(), "{good}");
        }
        for bad in ["", "/data", "data/", "a//b", "../x", "-r", "a@b", "a#b", "a b"] {
            assert!(bad.parse::<DatasetName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn placeholders_are_no_names() {
        for (text, placeholder) in [
            ("0x5000c5006518af8f", false),
            ("0x0000000000000000", true),
            ("0x5000000000000001", true),
            ("0xffffffffffffffff", true),
            ("eui.0025388b91d0c5a1", false),
            ("eui.0000000000000000", true),
        ] {
            assert_eq!(
                text.parse::<Wwn>().map(|wwn| wwn.is_placeholder()),
                Ok(placeholder),
                "{text}"
            );
        }
        assert!("0xzz".parse::<Wwn>().is_err() && "wwn".parse::<Wwn>().is_err());
    }

    #[test]
    fn the_label_of_a_sas_drive_has_the_beginning_of_its_serial() {
        let serial: Serial = "Z1Z0EXA20000C4021QHP".parse().unwrap();
        let label: Serial = "Z1Z0EXA2".parse().unwrap();
        let sas = Some("SEAGATE ST4000NM0023");
        assert!(serial.is_typed(&label, sas) && serial.is_typed(&serial, sas));
        assert!(serial.ends_with("exa2", sas) && serial.ends_with("1qhp", sas));
        assert!(!serial.is_typed(&label, Some("ST4000DM000")) && !serial.is_typed(&label, None));
        let other: Serial = "Z1Z0EXA3".parse().unwrap();
        assert!(!serial.is_typed(&other, sas));
        assert!(label.is_typed(&label, sas) && !label.is_typed(&"Z1Z0".parse().unwrap(), sas));
    }

    #[test]
    fn bays_sort_as_numbers() {
        let mut bays: Vec<BayId> =
            ["10", "fifth-port", "2", "1"].iter().filter_map(|b| b.parse().ok()).collect();
        bays.sort();
        assert_eq!(
            bays.iter().map(BayId::as_str).collect::<Vec<_>>(),
            ["1", "2", "10", "fifth-port"]
        );
    }
}
