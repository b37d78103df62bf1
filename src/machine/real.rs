//! The machine that zbay runs on.
//!
//! The one place that may start programs, open files and read the clock. Programs get an empty
//! environment (`LC_ALL=C`, `TZ=UTC`, a fixed `PATH`), a process group of their own, no terminal, and a
//! limit. One that is over its limit is killed if it can be and then left behind, never waited for: a
//! `zpool export` with two drives gone sits in the kernel for minutes and no signal reaches it. Blocks
//! are read under a limit too, since a dying drive may keep a reader just as long.
#![allow(clippy::disallowed_methods)] // this is the seam that the rule protects

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use nix::fcntl::{OFlag, PosixFadviseAdvice, posix_fadvise};
use nix::sys::stat::{major, minor};
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::deadline::{within, within_io};
use super::{
    Change, Cmd, DeviceNumber, Devices, Hash, HostFacts, IoError, Machine, Output, RunError,
    UdevDevice, Writer,
};

mod access;
mod beneath;
mod devices;
mod program;
#[cfg(test)]
mod tests;
pub(super) mod write;
mod writers;

/// The largest file that is read whole; what zbay asks for has kilobytes.
const FILE_CAP: u64 = 64 << 20;
/// What the kernel gives of a file below /sys at a time, at most.
const PAGE: usize = 4096;
/// How long one read of a disk may take. A drive's own recovery of a bad sector takes up to two minutes.
const BLOCK_LIMIT: Duration = Duration::from_secs(30);

/// The machine that zbay runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real;

impl Machine for Real {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        program::run(cmd)
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        let read = || {
            let mut bytes = Vec::new();
            let mut file = plain_file(path)?;
            // A file below /sys is read by the page, and less than one is its end: most are a word, and there are many.
            if path.starts_with("/sys") {
                let mut page = [0; PAGE];
                let first = file.read(&mut page)?;
                bytes.extend_from_slice(&page[..first]);
                if first < PAGE {
                    return Ok(bytes);
                }
            }
            file.take(FILE_CAP + 1).read_to_end(&mut bytes)?;
            if bytes.len() > usize::try_from(FILE_CAP).unwrap_or(usize::MAX) {
                return Err(io::Error::other(format!("it has more than {FILE_CAP} bytes")));
            }
            Ok(bytes)
        };
        present(read(), "read", path)
    }

    fn file_beneath(&self, root: &Utf8Path, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        // A pool that is suspended answers nobody.
        let (dir, name) = (root.to_owned(), path.to_owned());
        within_io(BLOCK_LIMIT, move |_| beneath::read(&dir, &name))
            .map_err(|why| refused("read", &root.join(path), &why))
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        let device = dev.to_owned();
        let started = Instant::now();
        let bytes = within(BLOCK_LIMIT, move |_| blocks(&device, at, len)).unwrap_or_else(|| {
            let seconds = BLOCK_LIMIT.as_secs();
            Err(io::Error::other(format!("no answer within {seconds} s at byte {at}")))
        });
        tracing::trace!(%dev, at, len, ms = started.elapsed().as_millis(), "read blocks");
        bytes.map_err(|why| refused("read", dev, &why))
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        let read = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(dir)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names)
        };
        present(read(), "list", dir)
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        let target = match fs::read_link(path) {
            Err(why) if why.kind() == ErrorKind::InvalidInput => return Ok(None), // no link
            other => other,
        };
        let text = target.and_then(|target| {
            Utf8PathBuf::from_path_buf(target).map_err(|_| io::Error::other("it is not UTF-8"))
        });
        present(text, "read the link", path)
    }

    fn number(&self, path: &Utf8Path) -> Result<Option<DeviceNumber>, IoError> {
        let found = present(fs::metadata(path), "look at", path)?;
        Ok(found.as_ref().and_then(number_of))
    }

    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        devices::of(which).map_err(|why| refused("list", devices::DIR.into(), &why))
    }

    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        // A file on a server that is gone keeps whoever asks about it.
        let found = within(BLOCK_LIMIT, |_| writers::writers()).unwrap_or_else(|| {
            Err(io::Error::other(format!("no answer within {} s", BLOCK_LIMIT.as_secs())))
        });
        found.map_err(|why| refused("look through", "/proc".into(), &why))
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        let memory = MemoryRefreshKind::nothing().with_ram();
        let kind = RefreshKind::nothing().with_memory(memory).with_cpu(CpuRefreshKind::nothing());
        let system = System::new_with_specifics(kind)
            .map_err(|why| refused("read", "/proc".into(), &io::Error::other(why.to_string())))?;
        Ok(HostFacts {
            memory: system.total_memory(),
            cpus: system.cpus().len(),
            cpu: system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default(),
            kernel: System::kernel_version().unwrap_or_default(),
            os: [System::name(), System::os_version()].map(Result::unwrap_or_default).join(" "),
            hostname: System::host_name().unwrap_or_default(),
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn note(&self, path: &Utf8Path, text: &str, instead_of: Option<&Hash>) -> Result<(), RunError> {
        write::note(path, text, instead_of)
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        write::change(change)
    }
}

/// `None`: it is not a block device.
fn number_of(found: &fs::Metadata) -> Option<DeviceNumber> {
    let is_block = found.file_type().is_block_device();
    is_block.then(|| DeviceNumber(major(found.rdev()), minor(found.rdev())))
}

/// Opens a regular file to read. A FIFO would keep the reader waiting for whoever writes, a device for ever.
pub(super) fn plain_file(path: &Utf8Path) -> io::Result<File> {
    let flags = (OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    plain(file)
}

/// The file, where it is a regular one.
pub(super) fn plain(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    let why = if kind.is_file() {
        return Ok(file);
    } else if kind.is_dir() {
        "it is a directory"
    } else if kind.is_fifo() {
        "it is a pipe, not a file"
    } else {
        "it is not a regular file"
    };
    Err(io::Error::other(why))
}

fn refused(what: &str, path: &Utf8Path, why: &io::Error) -> IoError {
    let (what, path) = (what.to_owned(), path.to_owned());
    match why.kind() {
        ErrorKind::PermissionDenied => IoError::Denied { what, path },
        _ => IoError::System { what, path, why: why.to_string() },
    }
}

fn present<T>(found: io::Result<T>, what: &str, path: &Utf8Path) -> Result<Option<T>, IoError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(why) => Err(refused(what, path, &why)),
    }
}

/// Reads a device. What the page cache has of it is dropped first: ZFS writes past that cache, and the
/// cache of a disk and those of its partitions do not know of each other.
fn blocks(dev: &Utf8Path, at: u64, len: usize) -> io::Result<Vec<u8>> {
    let file = File::open(dev)?;
    if let (Ok(start), Ok(count)) = (i64::try_from(at), i64::try_from(len)) {
        let advice = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
        let _ = posix_fadvise(&file, start, count, advice); // advice: a refusal costs nothing
    }
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        let offset = at + u64::try_from(filled).unwrap_or(u64::MAX);
        match file.read_at(&mut bytes[filled..], offset) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
