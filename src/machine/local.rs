//! Files that a user names on the command line, the lock that keeps two applies apart, and Ctrl-C where it is waited for.
//!
//! They belong to the machine that zbay runs on even where the machine that it looks at is a recorded one, so
//! they do not pass the seam.
#![allow(clippy::disallowed_methods)] // beside `real`, the other file that touches the file system

use std::cell::Cell;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use camino::{Utf8Path, Utf8PathBuf};
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
use thiserror::Error;

use super::IoError;
use super::deadline::{Wanted, in_turn_io};
use super::real::write::{FILE_LIMIT, make_dirs, swap};
use super::real::{plain, plain_file};
use crate::console::clean;

/// At most `cap` bytes of a file; `None`: there is none.
///
/// # Errors
/// It is there and cannot be read.
pub fn read_user_file(path: &Utf8Path, cap: usize) -> Result<Option<Vec<u8>>, IoError> {
    let refused = |why: io::Error| system("read", path, &why);
    let file = match plain_file(path) {
        Ok(file) => file,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(refused(why)),
    };
    let mut bytes = Vec::new();
    file.take(u64::try_from(cap).unwrap_or(u64::MAX)).read_to_end(&mut bytes).map_err(refused)?;
    Ok(Some(bytes))
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// It exists, or cannot be written.
pub fn write_new_file(path: &Utf8Path, text: &str) -> Result<(), IoError> {
    let refused = |why: io::Error| system("write", path, &why);
    let (own, text) = (path.to_owned(), text.to_owned());
    let write = move |wanted: &Wanted| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(own)?;
        wanted.check()?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    in_turn_io(FILE_LIMIT, write).map_err(refused)
}

/// Writes a file whole or not at all, in place of a file that is there. A directory, a device or a link is left alone.
///
/// # Errors
/// What is there is no regular file, or the file cannot be written.
pub fn replace_user_file(path: &Utf8Path, text: &str) -> Result<(), IoError> {
    let refused = |why: &str| IoError::System {
        what: "write".to_owned(),
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let mode = match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => Some(there.permissions().mode() & 0o777),
        Ok(there) if there.is_dir() => {
            return Err(refused("it is a directory: name a file within"));
        }
        Ok(there) if there.is_symlink() => {
            return Err(refused("it is a symbolic link: name the file itself"));
        }
        Ok(_) => return Err(refused("it is not a regular file")),
        Err(why) if why.kind() == ErrorKind::NotFound => None,
        Err(why) => return Err(refused(&why.to_string())),
    };
    let Some(name) = path.file_name() else {
        return Err(refused("an empty path names no file"));
    };
    let dir = path.parent().filter(|dir| !dir.as_str().is_empty()).unwrap_or(".".into());
    // The beginning of the name is enough, and leaves room in it.
    let name: String = name.chars().take(40).collect();
    let beside = dir.join(format!(".{name}.zbay-new"));
    let (own, text) = (path.to_owned(), text.to_owned());
    let write = move |wanted: &Wanted| {
        let _ = fs::remove_file(&beside); // left by a run that was cut off; else the next line says why not
        swap(&beside, &own, &text, mode, None, wanted)
    };
    in_turn_io(FILE_LIMIT, write).map_err(|why| refused(&why.to_string()))
}

/// The permission bits of a file.
///
/// # Errors
/// It cannot be looked at.
pub fn mode_of(path: &Utf8Path) -> Result<u32, IoError> {
    let found = fs::metadata(path).map_err(|why| system("look at", path, &why))?;
    Ok(found.permissions().mode() & 0o7777)
}

/// The console of the box, to be written to beside standard error; `None`: there is none.
pub fn console(path: &Utf8Path) -> Option<File> {
    OpenOptions::new().write(true).open(path).ok()
}

fn system(what: &str, path: &Utf8Path, why: &io::Error) -> IoError {
    match why.kind() {
        ErrorKind::PermissionDenied => {
            IoError::Denied { what: what.to_owned(), path: path.to_owned() }
        }
        _ => IoError::System { what: what.to_owned(), path: path.to_owned(), why: why.to_string() },
    }
}

/// Why the lock was not had.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another zbay is changing the machine.
    #[error(
        "another zbay, or a program it started, is running (it holds {0}): wait for it to finish, \
         then try again"
    )]
    Held(Utf8PathBuf),
    /// The lock's file cannot be made.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Held until it is dropped, or the program ends in whatever way.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Has the programs that zbay starts hold it too, until each has ended: a `zpool` that outlives a killed zbay
    /// is still at work on the disks.
    ///
    /// # Errors
    /// The system refuses.
    pub fn with_children(self) -> Result<Self, LockError> {
        fcntl(&self.file, FcntlArg::F_SETFD(FdFlag::empty()))
            .map_err(|why| system("keep", "the lock".into(), &why.into()))?;
        Ok(self)
    }
}

/// Takes the lock, or says at once that another has it.
///
/// # Errors
/// Another has it, or its file cannot be made.
pub fn lock(path: &Utf8Path) -> Result<Lock, LockError> {
    if let Some(dir) = path.parent() {
        make_dirs(dir, 0o755).map_err(|why| system("make", dir, &why))?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .and_then(plain)
        .map_err(|why| system("open", path, &why))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { file }),
        Err(TryLockError::WouldBlock) => Err(LockError::Held(path.to_owned())),
        Err(TryLockError::Error(why)) => Err(system("lock", path, &why).into()),
    }
}

/// Ctrl-C, and the signal of kill(1), held back so that what was begun can be ended; for as long as this is kept.
#[derive(Debug)]
pub struct Interrupt {
    held: SigSet,
    signals: SignalFd,
    came: Cell<bool>,
}

impl Interrupt {
    /// From now on it does not end the program. `None`: the system refuses, and it does.
    pub fn catch() -> Option<Self> {
        Self::of(&[Signal::SIGINT, Signal::SIGTERM])
    }

    /// The same with all that would leave a terminal as it is now: a core, a stop, a line that hung up.
    fn catch_all() -> Option<Self> {
        use Signal::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
        Self::of(&[SIGINT, SIGTERM, SIGQUIT, SIGTSTP, SIGHUP])
    }

    fn of(signals: &[Signal]) -> Option<Self> {
        let held: SigSet = signals.iter().copied().collect();
        held.thread_block().ok()?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let signals = SignalFd::with_flags(&held, flags).ok()?;
        Some(Self { held, signals, came: Cell::new(false) })
    }

    /// Whether it has come.
    pub fn came(&self) -> bool {
        if matches!(self.signals.read_signal(), Ok(Some(_))) {
            self.came.set(true);
        }
        self.came.get()
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        let _ = self.held.thread_unblock(); // it cannot fail for signals that there are
    }
}

/// A line that is typed at the terminal and not shown; `None`: its end. Ctrl-C gives the terminal back as it was.
///
/// # Errors
/// Standard input is no terminal, cannot be read, or Ctrl-C.
pub fn hidden_line(question: &str) -> io::Result<Option<String>> {
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    silent.local_flags.insert(LocalFlags::ECHONL);
    // What is typed stays out of a core of this program.
    let _ = nix::sys::prctl::set_dumpable(false);
    let interrupt = Interrupt::catch_all();
    let mut err = io::stderr().lock();
    write!(err, "{}", clean(question)).and_then(|()| err.flush())?;
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &silent)?;
    let line = typed(interrupt.as_ref());
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &before)?;
    line
}

/// Waits for a line or for an interrupt, whichever comes first.
fn typed(interrupt: Option<&Interrupt>) -> io::Result<Option<String>> {
    let stdin = io::stdin();
    if let Some(interrupt) = interrupt {
        let mut both = [stdin.as_fd(), interrupt.signals.as_fd()]
            .map(|from| PollFd::new(from, PollFlags::POLLIN));
        poll(&mut both, PollTimeout::NONE)?;
        if interrupt.came() {
            return Err(io::Error::new(
                ErrorKind::Interrupted,
                "interrupted, so nothing was written",
            ));
        }
    }
    short_line(stdin.lock())
}

/// The longest line that is typed, bytes.
const LINE: u64 = 64 << 10;

/// A line without its end, of whoever gives one; `None`: its end.
///
/// # Errors
/// It cannot be read, or has no end in sight.
pub fn short_line(from: impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let read = from.take(LINE + 1).read_line(&mut line)?;
    if line.len() > usize::try_from(LINE).unwrap_or(usize::MAX) {
        return Err(io::Error::other(format!("a line of more than {LINE} bytes")));
    }
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Interrupt, LockError, lock, read_user_file, replace_user_file, write_new_file};
    use camino::Utf8PathBuf;
    use nix::sys::signal::{Signal, raise};

    #[test]
    fn an_interrupt_is_held_back_and_remembered() {
        let interrupt = Interrupt::catch().expect("caught");
        assert!(!interrupt.came());
        raise(Signal::SIGINT).expect("raised");
        assert!(interrupt.came() && interrupt.came());
    }

    #[test]
    fn two_applies_are_kept_apart() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = Utf8PathBuf::from_path_buf(dir.path().join("run/lock")).expect("UTF-8");
        let first = lock(&path).expect("free");
        assert!(matches!(lock(&path), Err(LockError::Held(_))));
        drop(first);
        assert!(lock(&path).is_ok());
    }

    #[test]
    fn a_saved_file_is_never_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = Utf8PathBuf::from_path_buf(dir.path().join("plan.json")).expect("UTF-8");
        assert_eq!(read_user_file(&path, 10), Ok(None));
        write_new_file(&path, "once").expect("new");
        assert!(write_new_file(&path, "twice").is_err());
        assert_eq!(read_user_file(&path, 3), Ok(Some(b"onc".to_vec())));
    }
    #[test]
    fn a_picture_is_written_whole_or_not_at_all() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a directory");
        let dir = Utf8PathBuf::from_path_buf(dir.path().to_owned()).expect("UTF-8");
        let path = dir.join("picture.svg");
        replace_user_file(&path, "old").expect("new");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("ours");
        replace_user_file(&path, "new").expect("replaced");
        assert_eq!(read_user_file(&path, 10), Ok(Some(b"new".to_vec())));
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640, "as it was");
        std::os::unix::fs::symlink(&path, dir.join("link")).expect("a link");
        std::fs::create_dir(dir.join("dir")).expect("a directory");
        let too_long = "x".repeat(300);
        for (name, words) in [
            ("dir", "it is a directory"),
            ("link", "it is a symbolic link"),
            ("none/picture.svg", "No such file"),
            ("picture.svg/x", "Not a directory"),
            (&too_long, "File name too long"),
        ] {
            let error = replace_user_file(&dir.join(name), "x").expect_err(name).to_string();
            assert!(error.contains(words) && error.contains(name), "{error}");
        }
        for device in ["/dev/null", "/"] {
            assert!(replace_user_file(device.into(), "x").is_err(), "{device}");
        }
        assert_eq!(read_user_file(&path, 10), Ok(Some(b"new".to_vec())));
        let names = std::fs::read_dir(&dir).expect("ours").count();
        assert_eq!(names, 3, "nothing is left beside");
    }
}
