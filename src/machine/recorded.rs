//! A machine that was recorded, played back.
//!
//! It answers what was asked when it was recorded and nothing else: a question that is new names the
//! file to add its answer to. It never changes; what `apply` would have changed is kept, in order, and
//! answered with success. A few recordings are embedded in the program, so that `--machine gen8-seed`
//! shows a real box anywhere, without root, disks or ZFS.

use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::real::Real;
use super::recording::{self, Answer, Recording, RecordingError, Said};
use super::{
    Change, Cmd, Devices, Hash, HostFacts, IoError, Machine, Output, RunError, UdevDevice, Writer,
};

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, [
            embedded!(@ $name, "machine.json"),
            embedded!(@ $name, "udev.json"),
            embedded!(@ $name, "files.json"),
            embedded!(@ $name, "links.json"),
            embedded!(@ $name, "lists.json"),
            embedded!(@ $name, "commands.json"),
            embedded!(@ $name, "blocks.json"),
        ])),*]
    };
    (@ $name:literal, $file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/", $name, "/", $file))
    };
}

/// The embedded recordings: name, and the texts of [`recording::FILES`].
const EMBEDDED: &[(&str, [&str; 7])] = embedded!["gen8-seed"];

/// Names that [`Recorded::embedded`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().map(|(name, _)| *name)
}

/// A recorded machine.
#[derive(Debug)]
pub struct Recorded {
    place: String,
    recording: Recording,
    changes: Mutex<Vec<Change>>,
}

impl Recorded {
    /// The recording in a directory.
    pub fn open(dir: &Utf8Path) -> Result<Self, RecordingError> {
        let recording = Recording::parse(dir.as_str(), |name| {
            let Some(bytes) = Real.file(&dir.join(name))? else { return Ok(None) };
            String::from_utf8(bytes).map(Some).map_err(|_| RecordingError::Damaged {
                place: dir.to_string(),
                file: name.to_owned(),
                why: "it is not UTF-8".to_owned(),
            })
        })?;
        Ok(Self::new(dir.to_string(), recording))
    }

    /// A recording that the program carries; `None`: there is none of that name.
    pub fn embedded(name: &str) -> Option<Result<Self, RecordingError>> {
        let (_, texts) = EMBEDDED.iter().find(|(known, _)| *known == name)?;
        let text = |file: &str| {
            let index = recording::FILES.iter().position(|known| *known == file);
            Ok(index.and_then(|index| texts.get(index)).map(|text| (*text).to_owned()))
        };
        Some(Recording::parse(name, text).map(|it| Self::new(format!("tests/machines/{name}"), it)))
    }

    /// A recording in memory; `place` is what an error calls its directory.
    pub fn new(place: String, recording: Recording) -> Self {
        Self { place, recording, changes: Mutex::default() }
    }

    /// What it answers from.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What was changed, in order.
    pub fn changes(&self) -> Vec<Change> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn file_of(&self, name: &str) -> String {
        format!("{}/{name}", self.place)
    }

    fn unrecorded(&self, what: &str, path: &Utf8Path, file: &str) -> IoError {
        IoError::Unrecorded {
            what: what.to_owned(),
            path: path.to_owned(),
            file: self.file_of(file),
        }
    }
}

impl Machine for Recorded {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        let command = cmd.to_string();
        let file = self.file_of(recording::COMMANDS);
        match self.recording.commands.get(&command) {
            None => Err(RunError::Unrecorded { command, file }),
            Some(Said::Failed { failed }) => Err(failed.clone()),
            Some(Said::Ended { status, stdout, stderr }) => {
                let damaged = || RunError::Io {
                    what: format!("{file}, `{command}`"),
                    why: "the hexadecimal digits are damaged".to_owned(),
                };
                Ok(Output {
                    status: *status,
                    stdout: stdout.bytes().ok_or_else(damaged)?,
                    stderr: stderr.bytes().ok_or_else(damaged)?,
                })
            }
        }
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        let unrecorded = || self.unrecorded("read", path, recording::FILES_JSON);
        let answer = self.recording.files.get(path).ok_or_else(unrecorded)?;
        let Some(bytes) = answer.result()? else { return Ok(None) };
        bytes.bytes().map(Some).ok_or_else(|| IoError::System {
            what: "read".to_owned(),
            path: path.to_owned(),
            why: format!("{} is damaged there", self.file_of(recording::FILES_JSON)),
        })
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        let extents = self.recording.blocks.get(dev).map(Vec::as_slice).unwrap_or_default();
        let answer = extents.iter().find_map(|extent| extent.answer(at, len));
        let what = format!("read {len} bytes at {at} of");
        answer.unwrap_or_else(|| Err(self.unrecorded(&what, dev, recording::BLOCKS)))
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        let unrecorded = || self.unrecorded("list", dir, recording::LISTS);
        self.recording.lists.get(dir).ok_or_else(unrecorded)?.result()
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        let unrecorded = || self.unrecorded("read the link", path, recording::LINKS);
        self.recording.links.get(path).ok_or_else(unrecorded)?.result()
    }

    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        let mut devices = self.recording.udev.result()?;
        devices.retain(|device| which == Devices::All || device.is_hardware());
        Ok(devices)
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        Ok(Vec::new())
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        let unrecorded = || self.unrecorded("read the facts of", "the host".into(), "machine.json");
        self.recording.machine.host.as_ref().map(Answer::result).ok_or_else(unrecorded)?
    }

    fn now(&self) -> Timestamp {
        self.recording.machine.now
    }

    fn note(&self, _: &Utf8Path, _: &str, _: Option<&Hash>) -> Result<(), RunError> {
        Ok(())
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push(change.clone());
        Ok(Output::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::ZPOOL;

    #[test]
    fn every_embedded_machine_opens() {
        for name in names() {
            assert!(Recorded::embedded(name).unwrap().is_ok(), "{name}");
        }
        assert!(Recorded::embedded("no such").is_none());
    }

    #[test]
    fn what_was_not_asked_names_the_file() {
        let machine = Recorded::new("tests/machines/x".to_owned(), Recording::default());
        let error = machine.read(&Cmd::new(ZPOOL, ["status", "a b"])).unwrap_err();
        let expected = "tests/machines/x/commands.json has no answer to `zpool status 'a b'`";
        assert_eq!(error.to_string(), expected);
        let error = machine.file("/etc/hostid".into()).unwrap_err();
        let expected = "tests/machines/x/files.json has no answer to `read /etc/hostid`";
        assert_eq!(error.to_string(), expected);
        assert!(machine.list("/sys".into()).is_err() && machine.link("/sys".into()).is_err());
        assert!(machine.host().is_err() && machine.read_at("/dev/sda".into(), 0, 1).is_err());
    }

    #[test]
    fn changes_are_kept_and_nothing_else_happens() {
        let machine = Recorded::new("x".to_owned(), Recording::default());
        let change = Change::Remove { path: "/etc/hostid".into() };
        assert_eq!(machine.change(&change), Ok(Output::default()));
        assert_eq!(machine.changes(), [change]);
    }

    #[test]
    fn a_place_without_a_recording_says_so() {
        let error = Recorded::open("/nonexistent".into()).unwrap_err().to_string();
        assert_eq!(error, "/nonexistent is not a recorded machine: it has no machine.json");
    }
}
