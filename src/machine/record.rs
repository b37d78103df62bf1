//! Makes a recording of a machine while it passes every question through.
//!
//! Only questions and their answers are kept: no environment, no standard input, no changes, and no
//! content of files whose names tell of secrets. The same machine gives the same recording, whatever
//! the order in which its disks were asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::extent::Extent;
use super::real::Real;
use super::recording::{
    Answer, Bytes, MachineFile, Recording, RecordingError, Said, VERSION, may_be_secret,
};
use super::{
    Change, Cmd, Devices, Hash, HostFacts, IoError, Machine, Output, RunError, UdevDevice, Writer,
};

/// A machine whose answers are kept.
#[derive(Debug)]
pub struct Record<M> {
    machine: M,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    recording: Recording,
    blocks: BTreeMap<Utf8PathBuf, BTreeMap<(u64, usize), Extent>>,
}

impl<M: Machine> Record<M> {
    /// Records from here on.
    pub fn new(machine: M) -> Self {
        let mut kept = Kept::default();
        kept.recording.machine = MachineFile { version: VERSION, now: machine.now(), host: None };
        Self { machine, kept: Mutex::new(kept) }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was answered so far.
    pub fn recording(&self) -> Recording {
        let kept = self.kept();
        let mut recording = kept.recording.clone();
        let sorted = |extents: &BTreeMap<_, Extent>| extents.values().cloned().collect();
        recording.blocks =
            kept.blocks.iter().map(|(dev, extents)| (dev.clone(), sorted(extents))).collect();
        recording
    }
}

/// Writes the texts of a recording into a directory of this machine that only its owner may read, over an older one.
///
/// # Errors
/// It cannot be made or written.
pub fn save(dir: &Utf8Path, texts: Vec<(&'static str, String)>) -> Result<(), RecordingError> {
    let dir = camino::absolute_utf8(dir).map_err(|why| IoError::System {
        what: "find".to_owned(),
        path: dir.to_owned(),
        why: why.to_string(),
    })?;
    Real.change(&Change::Mkdir { path: dir.clone(), mode: 0o700 })?;
    for (name, content) in texts {
        let path = dir.join(name);
        let was = Real.file(&path)?.map(|bytes| Hash::of(&bytes));
        Real.change(&Change::WriteFile { path, mode: 0o600, content, was })?;
    }
    Ok(())
}

impl<M: Machine> Machine for Record<M> {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        let answer = self.machine.read(cmd);
        if cmd.stdin.is_none() {
            self.kept().recording.commands.insert(cmd.to_string(), Said::of(&answer));
        }
        answer
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        let answer = self.machine.file(path);
        let kept = if may_be_secret(path) {
            let (what, path) = ("read".to_owned(), path.to_owned());
            Answer::Refused { refused: IoError::Denied { what, path } }
        } else {
            Answer::of(answer.clone().map(|bytes| bytes.as_deref().map(Bytes::of)))
        };
        self.kept().recording.files.insert(path.to_owned(), kept);
        answer
    }

    fn file_beneath(&self, root: &Utf8Path, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        let answer = self.machine.file_beneath(root, path);
        let kept = Answer::of(answer.clone().map(|bytes| bytes.as_deref().map(Bytes::of)));
        self.kept().recording.files.insert(root.join(path), kept);
        answer
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        let answer = self.machine.read_at(dev, at, len);
        let extent = Extent::of(at, len, &answer);
        self.kept().blocks.entry(dev.to_owned()).or_default().insert((at, len), extent);
        answer
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        let answer = self.machine.list(dir);
        self.kept().recording.lists.insert(dir.to_owned(), Answer::of(answer.clone()));
        answer
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        let answer = self.machine.link(path);
        self.kept().recording.links.insert(path.to_owned(), Answer::of(answer.clone()));
        answer
    }

    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        let mut all = self.machine.block_devices(Devices::All);
        self.kept().recording.udev = Answer::of(all.clone());
        if let Ok(devices) = &mut all {
            devices.retain(|device| which == Devices::All || device.is_hardware());
        }
        all
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        self.machine.writers()
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        let answer = self.machine.host();
        self.kept().recording.machine.host = Some(Answer::of(answer.clone()));
        answer
    }

    fn now(&self) -> Timestamp {
        self.kept().recording.machine.now
    }

    fn note(&self, _: &Utf8Path, _: &str, _: Option<&Hash>) -> Result<(), RunError> {
        Ok(()) // a look that is recorded leaves nothing behind
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        self.machine.change(change)
    }
}

/// One recording that several commands ask in turn.
impl<M: Machine + Send> Machine for Arc<Record<M>> {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        self.as_ref().read(cmd)
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        self.as_ref().file(path)
    }

    fn file_beneath(&self, root: &Utf8Path, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        self.as_ref().file_beneath(root, path)
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        self.as_ref().read_at(dev, at, len)
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        self.as_ref().list(dir)
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        self.as_ref().link(path)
    }

    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        self.as_ref().block_devices(which)
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        self.as_ref().writers()
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        self.as_ref().host()
    }

    fn now(&self) -> Timestamp {
        self.as_ref().now()
    }

    fn note(&self, path: &Utf8Path, text: &str, was: Option<&Hash>) -> Result<(), RunError> {
        self.as_ref().note(path, text, was)
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        self.as_ref().change(change)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::machine::Program;
    use crate::machine::recorded::Recorded;

    const SH: Program = Program { path: "/bin/sh", else_at: None, package: "dash" };

    fn ask(machine: &dyn Machine, dir: &Utf8Path) -> String {
        let fails = Cmd::new(SH, ["-c", "echo a; echo b; echo c >&2; exit 2"]);
        let hangs = Cmd::new(SH, ["-c", "sleep 9"]).within(Duration::from_millis(10));
        let mut told = Cmd::new(SH, ["-c", "cat >/dev/null"]);
        told.stdin = Some(b"hunter2".to_vec());
        let _ = machine.read(&told);
        format!(
            "{:?}",
            (
                machine.read(&fails),
                machine.read(&hangs),
                [machine.file(&dir.join("f")), machine.file(&dir.join("g")), machine.file(dir)],
                [machine.list(dir), machine.list(&dir.join("f/x"))],
                [machine.link(&dir.join("l")), machine.link(&dir.join("f"))],
                [machine.read_at(&dir.join("f"), 0, 9), machine.read_at(&dir.join("g"), 0, 9)],
                machine.host(),
                machine.block_devices(Devices::All),
                machine.now(),
            )
        )
    }

    #[test]
    fn a_recording_answers_as_the_machine_did() {
        let guard = tempfile::tempdir().unwrap();
        let dir = Utf8PathBuf::from_path_buf(guard.path().join("data")).unwrap();
        let saved = Utf8PathBuf::from_path_buf(guard.path().join("saved")).unwrap();
        Real.change(&Change::Mkdir { path: dir.clone(), mode: 0o755 }).unwrap();
        for (name, content) in [("f", "text\0text"), ("password", "hunter2")] {
            let (path, content) = (dir.join(name), content.to_owned());
            Real.change(&Change::WriteFile { path, mode: 0o600, content, was: None }).unwrap();
        }
        std::os::unix::fs::symlink("f", dir.join("l")).unwrap();
        let record = Record::new(Real);
        let live = ask(&record, &dir);
        assert_eq!(record.file(&dir.join("password")), Ok(Some(b"hunter2".to_vec())));
        let texts = record.recording().texts().unwrap().to_vec();
        save(&saved, texts.clone()).unwrap();
        save(&saved, texts).unwrap();
        let recorded = Recorded::open(&saved).unwrap();
        assert_eq!(ask(&recorded, &dir), live);
        assert!(recorded.file(&dir.join("password")).is_err());
        for name in Real.list(&saved).unwrap().unwrap() {
            let text = Real.file(&saved.join(name)).unwrap().unwrap();
            assert!(!String::from_utf8(text).unwrap().contains("hunter2"));
        }
    }
}
