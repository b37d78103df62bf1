//! A recording of a machine: what was asked, what was answered.
//!
//! A directory of a few JSON files, pretty-printed and sorted, so that a person can read one and git
//! can show what changed. Text stands as lines, other bytes as hexadecimal, blocks of a disk without
//! their runs of zeros: a blank 20 TB drive takes a few hundred bytes. Made by [`super::record`],
//! replayed by [`super::recorded`]. Standard input of commands is not in the model: no secret gets in.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::extent::Extent;
use super::{HostFacts, IoError, Output, RunError, UdevDevice, from_hex, to_hex};

/// The version of the form; another one is refused.
pub const VERSION: u32 = 1;
/// The files of a recording, in the order of their use.
pub const FILES: [&str; 7] = [MACHINE, UDEV, FILES_JSON, LINKS, LISTS, COMMANDS, BLOCKS];
const MACHINE: &str = "machine.json";
const UDEV: &str = "udev.json";
/// Answers of `Machine::file`.
pub const FILES_JSON: &str = "files.json";
/// Answers of `Machine::link`.
pub const LINKS: &str = "links.json";
/// Answers of `Machine::list`.
pub const LISTS: &str = "lists.json";
/// Answers of `Machine::read`.
pub const COMMANDS: &str = "commands.json";
/// Answers of `Machine::read_at`.
pub const BLOCKS: &str = "blocks.json";

/// Why a recording is not one.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum RecordingError {
    /// No such directory, no file in it, no such name.
    #[error("{place} is not a recorded machine: it has no {file}")]
    Absent {
        /// The directory or name.
        place: String,
        /// The file that is missing.
        file: String,
    },
    /// Could not be read or written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Could not be written.
    #[error(transparent)]
    Write(#[from] RunError),
    /// Damaged.
    #[error("{place}/{file}: {why}")]
    Damaged {
        /// The directory or name.
        place: String,
        /// The file.
        file: String,
        /// What serde found, with line and column.
        why: String,
    },
    /// Another version of zbay made it.
    #[error("{place} is a recording of version {found}, this zbay reads version {VERSION}")]
    Version {
        /// The directory or name.
        place: String,
        /// Its version.
        found: u32,
    },
}

/// Everything that was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The clock and the host.
    pub machine: MachineFile,
    /// Answer of `block_devices`.
    pub udev: Answer<Vec<UdevDevice>>,
    /// Answers of `file`.
    pub files: BTreeMap<Utf8PathBuf, Answer<Option<Bytes>>>,
    /// Answers of `link`.
    pub links: BTreeMap<Utf8PathBuf, Answer<Option<Utf8PathBuf>>>,
    /// Answers of `list`.
    pub lists: BTreeMap<Utf8PathBuf, Answer<Option<Vec<String>>>>,
    /// Answers of `read`, by the command as a person would type it.
    pub commands: BTreeMap<String, Said>,
    /// Answers of `read_at`, by device, in order of place.
    pub blocks: BTreeMap<Utf8PathBuf, Vec<Extent>>,
}

/// machine.json.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineFile {
    /// [`VERSION`].
    pub version: u32,
    /// When it was recorded: what `now` answers for ever.
    pub now: Timestamp,
    /// Answer of `host`; absent: not asked.
    pub host: Option<Answer<HostFacts>>,
}

/// An answer, or why there was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer<T> {
    /// Refused by the system.
    Refused {
        /// How.
        refused: IoError,
    },
    /// Answered.
    Given(T),
}

impl<T: Default> Default for Answer<T> {
    fn default() -> Self {
        Self::Given(T::default())
    }
}

impl<T> Answer<T> {
    /// From what the machine returned.
    pub fn of(result: Result<T, IoError>) -> Self {
        match result {
            Ok(given) => Self::Given(given),
            Err(refused) => Self::Refused { refused },
        }
    }
}

impl<T: Clone> Answer<T> {
    /// As the machine returned it.
    pub fn result(&self) -> Result<T, IoError> {
        match self {
            Self::Given(given) => Ok(given.clone()),
            Self::Refused { refused } => Err(refused.clone()),
        }
    }
}

/// Bytes as text, lines or hexadecimal, whichever reads best.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// One line, with its end if it has one.
    Line(String),
    /// Lines without their ends; an empty last one stands for the end of the one before.
    Lines(Vec<String>),
    /// Not text.
    Hex {
        /// Two digits a byte.
        hex: String,
    },
}

impl Bytes {
    /// The form that reads best.
    pub fn of(bytes: &[u8]) -> Self {
        let Ok(text) = str::from_utf8(bytes) else {
            return Self::Hex { hex: to_hex(bytes) };
        };
        if text.contains('\0') {
            return Self::Hex { hex: to_hex(bytes) };
        }
        match text.split_once('\n') {
            None | Some((_, "")) => Self::Line(text.to_owned()),
            Some(_) => Self::Lines(text.split('\n').map(str::to_owned).collect()),
        }
    }

    /// The bytes; `None` where hexadecimal is not.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Line(text) => Some(text.clone().into_bytes()),
            Self::Lines(lines) => Some(lines.join("\n").into_bytes()),
            Self::Hex { hex } => from_hex(hex),
        }
    }
}

/// What a command said, or why it said nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Said {
    /// No answer.
    Failed {
        /// Why.
        failed: RunError,
    },
    /// It ended.
    Ended {
        /// Exit status.
        status: i32,
        /// Standard output.
        stdout: Bytes,
        /// Standard error.
        #[serde(default = "silence", skip_serializing_if = "is_silence")]
        stderr: Bytes,
    },
}

fn silence() -> Bytes {
    Bytes::Line(String::new())
}

fn is_silence(bytes: &Bytes) -> bool {
    *bytes == silence()
}

impl Said {
    /// From what the machine returned.
    pub fn of(result: &Result<Output, RunError>) -> Self {
        match result {
            Ok(output) => Self::Ended {
                status: output.status,
                stdout: Bytes::of(&output.stdout),
                stderr: Bytes::of(&output.stderr),
            },
            Err(failed) => Self::Failed { failed: failed.clone() },
        }
    }
}

/// The one key that every version has.
#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Recording {
    /// From the texts of its files.
    pub fn parse(
        place: &str,
        mut text: impl FnMut(&str) -> Result<Option<String>, RecordingError>,
    ) -> Result<Self, RecordingError> {
        let mut file = |name: &str| {
            text(name)?.ok_or_else(|| RecordingError::Absent {
                place: place.to_owned(),
                file: name.to_owned(),
            })
        };
        // The version alone first: another version may have other keys.
        let head = file(MACHINE)?;
        let found = parse::<Version>(place, MACHINE, &head)?.version;
        if found != VERSION {
            return Err(RecordingError::Version { place: place.to_owned(), found });
        }
        Ok(Self {
            machine: parse(place, MACHINE, &head)?,
            udev: parse(place, UDEV, &file(UDEV)?)?,
            files: parse(place, FILES_JSON, &file(FILES_JSON)?)?,
            links: parse(place, LINKS, &file(LINKS)?)?,
            lists: parse(place, LISTS, &file(LISTS)?)?,
            commands: parse(place, COMMANDS, &file(COMMANDS)?)?,
            blocks: parse(place, BLOCKS, &file(BLOCKS)?)?,
        })
    }

    /// Its files: name and text.
    pub fn texts(&self) -> Result<[(&'static str, String); 7], RecordingError> {
        Ok([
            (MACHINE, pretty(MACHINE, &self.machine)?),
            (UDEV, pretty(UDEV, &self.udev)?),
            (FILES_JSON, pretty(FILES_JSON, &self.files)?),
            (LINKS, pretty(LINKS, &self.links)?),
            (LISTS, pretty(LISTS, &self.lists)?),
            (COMMANDS, pretty(COMMANDS, &self.commands)?),
            (BLOCKS, pretty(BLOCKS, &self.blocks)?),
        ])
    }
}

fn parse<T: DeserializeOwned>(place: &str, file: &str, text: &str) -> Result<T, RecordingError> {
    serde_json::from_str(text).map_err(|why| damaged(place, file, &why))
}

fn pretty<T: Serialize>(file: &str, value: &T) -> Result<String, RecordingError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|why| damaged("recording", file, &why))?;
    Ok(text + "\n")
}

fn damaged(place: &str, file: &str, why: &serde_json::Error) -> RecordingError {
    RecordingError::Damaged { place: place.to_owned(), file: file.to_owned(), why: why.to_string() }
}

/// True for files whose content may be a secret: a recording says only that they were refused.
pub fn may_be_secret(path: &Utf8Path) -> bool {
    let name = path.as_str().to_ascii_lowercase();
    let words =
        ["secret", "passw", "passphrase", "credential", "token", "shadow", "private", ".key"];
    words.iter().any(|word| name.contains(word)) || path.components().any(|c| c.as_str() == "keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_as_what_they_are() {
        for (bytes, form) in [
            (&b"HP\n"[..], r#""HP\n""#),
            (b"", r#""""#),
            (b"a\nb\n", r#"["a","b",""]"#),
            (b"\xff\x00", r#"{"hex":"ff00"}"#),
        ] {
            let it = Bytes::of(bytes);
            assert_eq!(serde_json::to_string(&it).unwrap(), form);
            assert_eq!(it.bytes().unwrap(), bytes);
        }
    }

    #[test]
    fn other_versions_and_damage_are_named() {
        let parse = |text: &'static str| {
            Recording::parse("box", |_| Ok(Some(text.to_owned()))).unwrap_err().to_string()
        };
        assert_eq!(
            parse(r#"{"version": 2, "new": 1}"#),
            "box is a recording of version 2, this zbay reads version 1"
        );
        assert_eq!(
            parse(r#"{"version": 1, "now""#),
            "box/machine.json: EOF while parsing an object at line 1 column 20"
        );
        let absent = Recording::parse("box", |_| Ok(None)).unwrap_err().to_string();
        assert_eq!(absent, "box is not a recorded machine: it has no machine.json");
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        assert!(may_be_secret("/etc/zbay/smtp-password".into()));
        assert!(may_be_secret("/etc/zfs/keys/tank".into()));
        assert!(!may_be_secret("/etc/zbay/profile.yaml".into()));
    }
}
