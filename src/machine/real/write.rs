//! Changes files so that a power cut leaves the old one or the new one.
//!
//! A file is written beside its place, synced, moved there, and its directory synced; and only if what is
//! there now is what the plan was made for. Lines are added to a journal and synced before it returns.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{
    DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown,
};
use std::time::Duration;

use camino::Utf8Path;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::{Real, access, beneath, number_of, plain};
use crate::machine::deadline::{Wanted, given_up, in_turn};
use crate::machine::{Change, DeviceNumber, Hash, Machine, Output, RunError, Span};

/// What is no regular file keeps nobody waiting.
const NO_WAIT: i32 = OFlag::O_NONBLOCK.bits();

/// How long zeros may take: some MiB at either end of a drive, which may be dying.
const ZERO_LIMIT: Duration = Duration::from_mins(5);
/// How long a change to a file may take, its fsync too. A slow stick that is busy needs half a minute.
pub(in crate::machine) const FILE_LIMIT: Duration = Duration::from_mins(2);

/// Does a change; one to files or devices is given up after its limit.
pub(super) fn change(change: &Change) -> Result<Output, RunError> {
    let (limit, what) = match change {
        Change::Run(cmd) => return super::program::run(cmd),
        Change::WriteFile { path, .. } => (FILE_LIMIT, format!("write {path}")),
        Change::WriteBeneath { root, path, .. } => {
            (FILE_LIMIT, format!("write {}", root.join(path)))
        }
        Change::Attribute { path, .. } => (FILE_LIMIT, format!("set {path}")),
        Change::NewKey { path } => (FILE_LIMIT, format!("make the key {path}")),
        Change::AppendLine { path, .. } => (FILE_LIMIT, format!("append to {path}")),
        Change::Mkdir { path, .. } => (FILE_LIMIT, format!("make {path}")),
        Change::Remove { path } => (FILE_LIMIT, format!("remove {path}")),
        Change::Access { path, .. } => (FILE_LIMIT, format!("set owner and mode of {path}")),
        Change::Zero { dev, .. } => (ZERO_LIMIT, format!("write zeros to {dev}")),
    };
    let own = change.clone();
    in_turn(limit, move |wanted| in_time(&own, wanted)).unwrap_or_else(|| {
        Err(RunError::Io { what: format!("cannot {what}"), why: given_up(limit) })
    })
}

fn in_time(change: &Change, wanted: &Wanted) -> Result<Output, RunError> {
    match change {
        Change::Run(cmd) => super::program::run(cmd),
        Change::WriteFile { path, mode, content, was } => {
            write_file(path, *mode, content, was.as_ref(), wanted)
        }
        Change::WriteBeneath { root, path, content, was } => {
            let whole = root.join(path);
            let now = beneath::read(root, path);
            let now = now.map_err(|why| RunError::Io {
                what: format!("cannot write {whole}"),
                why: why.to_string(),
            })?;
            if now.map(|bytes| Hash::of(&bytes)).as_ref() != was.as_ref() {
                return Err(RunError::Moved { path: whole });
            }
            done(beneath::write(root, path, content, wanted), "write", &whole)
        }
        Change::Attribute { path, value } => done(attribute(path, value), "set", path),
        Change::NewKey { path } => done(new_key(path), "make the key", path),
        Change::AppendLine { path, line } => done(append(path, line, wanted), "append to", path),
        Change::Mkdir { path, mode } => done(mkdir(path, *mode), "make", path),
        Change::Remove { path } => done(remove(path), "remove", path),
        Change::Access { dataset, path, owner, mode } => {
            let set = access::set(dataset, path, owner.as_deref(), *mode, wanted);
            done(set, "set owner and mode of", path)
        }
        Change::Zero { dev, spans, number } => {
            done(zero(dev, spans, *number, wanted), "write zeros to", dev)
        }
    }
}

/// Zeros, span by span, and a sync. Nothing is made: what is not there cannot be opened.
fn zero(
    dev: &Utf8Path,
    spans: &[Span],
    number: Option<DeviceNumber>,
    wanted: &Wanted,
) -> io::Result<()> {
    static ZEROS: [u8; 1 << 18] = [0; 1 << 18];
    let flags = (OFlag::O_EXCL | OFlag::O_CLOEXEC).bits();
    let file = OpenOptions::new().write(true).custom_flags(flags).open(dev)?;
    is_meant(number_of(&file.metadata()?), number)?;
    for span in spans {
        let mut at = span.at;
        let mut left = span.len;
        while left > 0 {
            let len = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            wanted.check()?;
            file.write_all_at(&ZEROS[..len], at)?;
            let written = u64::try_from(len).map_err(io::Error::other)?;
            at += written;
            left -= written;
        }
    }
    file.sync_all()
}

/// The parameters that may be set.
const PARAMETERS: &str = "/sys/module/zfs/parameters";

/// Writes one value to a parameter that is there. Nothing is made, and no link is followed.
fn attribute(path: &Utf8Path, value: &str) -> io::Result<()> {
    if path.parent() != Some(Utf8Path::new(PARAMETERS)) || value.contains(char::is_whitespace) {
        return Err(io::Error::other("it is no parameter of the module zfs"));
    }
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC).bits() | NO_WAIT;
    let mut file = OpenOptions::new().write(true).custom_flags(flags).open(path)?;
    file.write_all(format!("{value}\n").as_bytes())
}

/// What was opened is a block device, and the one that was looked at.
fn is_meant(opened: Option<DeviceNumber>, meant: Option<DeviceNumber>) -> io::Result<()> {
    let Some(opened) = opened else { return Err(io::Error::other("it is not a block device")) };
    match meant {
        Some(meant) if meant != opened => Err(io::Error::other(format!(
            "it now points to device {opened}, but {meant} was checked, so nothing was written"
        ))),
        _ => Ok(()),
    }
}

fn done(result: io::Result<()>, what: &str, path: &Utf8Path) -> Result<Output, RunError> {
    match result {
        Ok(()) => {
            tracing::debug!(%path, "{what}");
            Ok(Output::default())
        }
        Err(why) => {
            Err(RunError::Io { what: format!("cannot {what} {path}"), why: why.to_string() })
        }
    }
}

fn write_file(
    path: &Utf8Path,
    mode: u32,
    content: &str,
    was: Option<&Hash>,
    wanted: &Wanted,
) -> Result<Output, RunError> {
    let now = Real.file(path).map_err(|why| RunError::Io {
        what: format!("cannot write {path}"),
        why: why.to_string(),
    })?;
    if now.map(|bytes| Hash::of(&bytes)).as_ref() != was {
        return Err(RunError::Moved { path: path.to_owned() });
    }
    done(replace(path, mode, content, wanted), "write", path)
}

/// 256 bits of the kernel's, in a file that was not there.
fn new_key(path: &Utf8Path) -> io::Result<()> {
    let mut bits = [0_u8; 32];
    File::open("/dev/urandom")?.read_exact(&mut bits)?;
    let key: String = bits.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex).collect();
    let dir = parent(path)?;
    make_dirs(dir, 0o700)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(key.as_bytes())?;
    file.sync_all()?;
    sync_dir(dir)
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0')
}

/// A file of zbay's own in its place, with this mode.
fn replace(path: &Utf8Path, mode: u32, content: &str, wanted: &Wanted) -> io::Result<()> {
    let dir = parent(path)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let beside = dir.join(format!(".{name}.zbay-new"));
    if let Err(why) = fs::remove_file(&beside) // left by a run that was cut off
        && why.kind() != ErrorKind::NotFound
    {
        return Err(why);
    }
    // An owner may have made it his, and less for others to read.
    let there = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file);
    let mode = there.as_ref().map_or(mode, |there| there.permissions().mode() & 0o7755);
    swap(&beside, path, content, Some(mode), there.as_ref(), wanted)
}

/// Writes `beside` the place, in the same directory, then moves there: whoever reads sees the old file or the new one.
/// No mode: what the umask leaves of 0644. It belongs to whom the file belongs that it is `like`.
pub(in crate::machine) fn swap(
    beside: &Utf8Path,
    path: &Utf8Path,
    content: &str,
    mode: Option<u32>,
    like: Option<&fs::Metadata>,
    wanted: &Wanted,
) -> io::Result<()> {
    let first = if mode.is_some() { 0o600 } else { 0o644 };
    // Not made here: not ours to remove.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(first).open(beside)?;
    let mut write = || {
        file.write_all(content.as_bytes())?;
        if let Some(like) = like {
            let now = file.metadata()?;
            if (now.uid(), now.gid()) != (like.uid(), like.gid()) {
                fchown(&file, Some(like.uid()), Some(like.gid()))?;
            }
        }
        if let Some(mode) = mode {
            file.set_permissions(Permissions::from_mode(mode))?;
        }
        file.sync_all()?;
        wanted.check()?;
        fs::rename(beside, path)?;
        let dir = beside.parent().unwrap_or(path);
        sweep(dir);
        sync_dir(dir)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(beside); // the error is told; the debris is a courtesy
    })
}

/// Takes away what runs of earlier versions left beside a file when they were killed: `.zbay-new-PID`. Only a regular file
/// that is root's (or of whoever runs zbay), of a process that is no more. What cannot be taken away stays.
fn sweep(dir: &Utf8Path) {
    let Ok(entries) = dir.read_dir_utf8() else { return };
    for entry in entries.flatten() {
        let pid = entry.file_name().strip_prefix(".zbay-new-");
        let Some(pid) = pid.filter(|pid| pid.parse::<u32>().is_ok()) else { continue };
        let is_ours = fs::symlink_metadata(entry.path())
            .is_ok_and(|it| it.is_file() && (it.uid() == 0 || it.uid() == geteuid().as_raw()));
        let is_over = !Utf8Path::new("/proc").join(pid).exists();
        if is_ours && is_over {
            let _ = fs::remove_file(entry.path()); // a courtesy
        }
    }
}

/// Adds lines in one write, without waiting for the disk; or puts a whole file in place of the one that has this hash.
pub(super) fn note(path: &Utf8Path, text: &str, instead_of: Option<&Hash>) -> Result<(), RunError> {
    let (own, text, was) = (path.to_owned(), text.to_owned(), instead_of.cloned());
    let noted = in_turn(FILE_LIMIT, move |wanted| note_in_time(&own, &text, was.as_ref(), wanted));
    noted.unwrap_or_else(|| {
        Err(RunError::Io { what: format!("cannot append to {path}"), why: given_up(FILE_LIMIT) })
    })
}

fn note_in_time(
    path: &Utf8Path,
    text: &str,
    instead_of: Option<&Hash>,
    wanted: &Wanted,
) -> Result<(), RunError> {
    if let Some(was) = instead_of {
        return write_file(path, 0o644, text, Some(was), wanted).map(|_| ());
    }
    let add = || {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o644).custom_flags(NO_WAIT);
        let file = match options.open(path) {
            Err(why) if why.kind() == ErrorKind::NotFound => {
                make_dirs(parent(path)?, 0o755)?;
                options.open(path)?
            }
            other => other?,
        };
        let mut file = plain(file)?;
        wanted.check()?;
        file.write_all(text.as_bytes())
    };
    done(add(), "append to", path).map(|_| ())
}

/// Adds one line. A line that a power cut tore is ended first, so that it cannot swallow the new one.
fn append(path: &Utf8Path, line: &str, wanted: &Wanted) -> io::Result<()> {
    if line.contains('\n') {
        return Err(io::Error::other("the line has a line end within"));
    }
    let dir = parent(path)?;
    let new = !path.exists();
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600).custom_flags(NO_WAIT);
    let mut file = plain(options.open(path)?)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    wanted.check()?;
    let torn = if last == *b"\n" { "" } else { "\n" };
    file.write_all(format!("{torn}{line}\n").as_bytes())?;
    file.sync_all()?;
    if new { sync_dir(dir) } else { Ok(()) }
}

fn mkdir(path: &Utf8Path, mode: u32) -> io::Result<()> {
    parent(path)?;
    make_dirs(path, mode)
}

/// Makes a directory and those above it. Each that is new is on the disk, with its name in the one above, before this
/// returns; nobody but its owner may write to it, whatever the umask.
pub(in crate::machine) fn make_dirs(dir: &Utf8Path, mode: u32) -> io::Result<()> {
    match DirBuilder::new().mode(mode & !0o022).create(dir) {
        Ok(()) => {}
        Err(why) if why.kind() == ErrorKind::AlreadyExists && dir.is_dir() => return Ok(()),
        Err(why) if why.kind() == ErrorKind::NotFound => {
            let above = dir.parent().filter(|above| !above.as_str().is_empty()).ok_or(why)?;
            make_dirs(above, mode)?;
            return make_dirs(dir, mode);
        }
        Err(why) => return Err(why),
    }
    sync_dir(dir.parent().filter(|above| !above.as_str().is_empty()).unwrap_or(".".into()))
}

fn remove(path: &Utf8Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_dir(parent(path)?),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why),
    }
}

fn parent(path: &Utf8Path) -> io::Result<&Utf8Path> {
    if !path.is_absolute() {
        return Err(io::Error::other("it is not an absolute path"));
    }
    path.parent().ok_or_else(|| io::Error::other("it has no directory above"))
}

/// A name is on the disk only once its directory is.
fn sync_dir(dir: &Utf8Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::{DeviceNumber, is_meant};

    #[test]
    fn what_was_opened_is_the_device_that_was_looked_at() {
        let (one, other) = (DeviceNumber(8, 0), DeviceNumber(8, 16));
        assert!(is_meant(Some(one), Some(one)).is_ok() && is_meant(Some(one), None).is_ok());
        let said = is_meant(Some(other), Some(one)).unwrap_err().to_string();
        assert_eq!(
            said,
            "it now points to device 8:16, but 8:0 was checked, so nothing was written"
        );
        assert_eq!(is_meant(None, Some(one)).unwrap_err().to_string(), "it is not a block device");
    }
}
