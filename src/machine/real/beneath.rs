//! Files in a directory that others may write to, such as the root of a pool: read and written as root without being led
//! astray.
//!
//! Whoever may write there can put a link, a FIFO or a file of his own in the place of ours. So no name is followed out of
//! the directory or through a link (openat2(2)), nothing is waited for, and only what root (or whoever runs zbay) owns and
//! nobody else may write counts as ours. What is ours is kept in a directory of ours, in which nobody else can rename.

use std::fs::{File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use camino::{Utf8Component, Utf8Path};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2, renameat};
use nix::sys::stat::{Mode, mkdirat};
use nix::unistd::{UnlinkatFlags, geteuid, unlinkat};

use crate::machine::deadline::Wanted;

/// The most that is read: what zbay keeps in a pool has kilobytes.
const CAP: u64 = 256 << 10;

/// The whole file; `None`: there is none.
pub(super) fn read(root: &Utf8Path, path: &Utf8Path) -> io::Result<Option<Vec<u8>>> {
    within(path)?;
    let Some(root) = found(open_dir(root))? else { return Ok(None) };
    for dir in dirs(path) {
        let Some(dir) = found(open(&root, dir, OFlag::O_DIRECTORY))? else { return Ok(None) };
        ours(&dir)?;
    }
    let Some(file) = found(open(&root, path, OFlag::empty()))? else { return Ok(None) };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    ours(&file)?;
    let mut bytes = Vec::new();
    file.take(CAP + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > CAP {
        return Err(io::Error::other(format!("it has more than {CAP} bytes")));
    }
    Ok(Some(bytes))
}

/// Writes the file beside its place, syncs it and moves it there; its directories are made where they are not there.
pub(super) fn write(
    root: &Utf8Path,
    path: &Utf8Path,
    content: &str,
    wanted: &Wanted,
) -> io::Result<()> {
    within(path)?;
    let mut dir = open_dir(root)?;
    for name in dirs(path).filter_map(Utf8Path::file_name) {
        match mkdirat(&dir, name, Mode::from_bits_truncate(0o755)) {
            Ok(()) => dir.sync_all()?,
            Err(Errno::EEXIST) => {}
            Err(why) => return Err(why.into()),
        }
        dir = open(&dir, name.into(), OFlag::O_DIRECTORY).map_err(|why| named(&why, name))?;
        ours(&dir)?;
    }
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let beside = format!(".{name}.zbay-new");
    match unlinkat(&dir, beside.as_str(), UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => {} // left by a run that was cut off
        Err(why) => return Err(why.into()),
    }
    let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
    let mut file = File::from(at(&dir, beside.as_str().into(), flags, 0o600)?);
    let mut put = || {
        file.write_all(content.as_bytes())?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.sync_all()?;
        wanted.check()?;
        renameat(&dir, beside.as_str(), &dir, name)?;
        dir.sync_all()
    };
    put().inspect_err(|_| {
        let _ = unlinkat(&dir, beside.as_str(), UnlinkatFlags::NoRemoveDir); // the error is told
    })
}

/// A path that leads down and nowhere else.
fn within(path: &Utf8Path) -> io::Result<()> {
    let down = |part| matches!(part, Utf8Component::Normal(_));
    let down = path.components().all(down) && path.file_name().is_some();
    if down { Ok(()) } else { Err(io::Error::other("it points outside its directory")) }
}

/// The directories of a path below its root, the outermost first.
fn dirs(path: &Utf8Path) -> impl Iterator<Item = &Utf8Path> {
    let mut all: Vec<&Utf8Path> =
        path.ancestors().skip(1).filter(|dir| !dir.as_str().is_empty()).collect();
    all.reverse();
    all.into_iter()
}

fn open_dir(dir: &Utf8Path) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let opened = nix::fcntl::open(dir.as_std_path(), flags, Mode::empty())?;
    Ok(File::from(opened))
}

/// Opens to read; a FIFO gives an end, and keeps nobody waiting.
fn open(dir: &File, path: &Utf8Path, flags: OFlag) -> io::Result<File> {
    at(dir, path, flags | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, 0).map(File::from)
}

fn at(dir: &File, path: &Utf8Path, flags: OFlag, mode: u32) -> io::Result<OwnedFd> {
    let how = OpenHow::new()
        .flags(flags | OFlag::O_CLOEXEC)
        .mode(Mode::from_bits_truncate(mode))
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    match openat2(dir, path.as_std_path(), how) {
        Err(Errno::ELOOP) => Err(io::Error::other("a symbolic link is in its place")),
        Err(Errno::EXDEV) => Err(io::Error::other("it points outside its directory")),
        other => Ok(other?),
    }
}

fn named(why: &io::Error, name: &str) -> io::Error {
    io::Error::other(format!("{name}: {why}"))
}

fn found(opened: io::Result<File>) -> io::Result<Option<File>> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(why) => Err(why),
    }
}

/// Owned by root or by whoever runs zbay, and for nobody else to write.
fn ours(file: &File) -> io::Result<()> {
    let it = file.metadata()?;
    if it.uid() != 0 && it.uid() != geteuid().as_raw() {
        return Err(io::Error::other(format!("it belongs to another user (uid {})", it.uid())));
    }
    if it.mode() & 0o022 != 0 {
        let mode = it.mode() & 0o7777;
        return Err(io::Error::other(format!("others may write to it (mode {mode:o})")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::time::{Duration, Instant};

    use camino::{Utf8Path, Utf8PathBuf};
    use nix::unistd::{Uid, chown, mkfifo};

    use super::*;
    use crate::machine::real::Real;
    use crate::machine::{Change, Hash, Machine, RunError};

    const KEPT: &str = ".zbay/profile.yaml";

    /// A pool's root that everybody may write to.
    fn root() -> (tempfile::TempDir, Utf8PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(dir.path().join("tank")).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        (dir, path)
    }

    fn look(root: &Utf8Path) -> Result<Option<Vec<u8>>, String> {
        let started = Instant::now();
        let found = Real.file_beneath(root, KEPT.into()).map_err(|why| why.to_string());
        assert!(started.elapsed() < Duration::from_secs(5), "it hangs");
        found
    }

    fn keep(root: &Utf8Path, content: &str, was: Option<Hash>) -> Result<(), RunError> {
        let (root, path) = (root.to_owned(), KEPT.into());
        let content = content.to_owned();
        Real.change(&Change::WriteBeneath { root, path, content, was }).map(|_| ())
    }

    #[test]
    fn what_is_kept_is_read_again_and_written_only_as_planned() {
        let (_guard, root) = root();
        assert_eq!(look(&root), Ok(None));
        assert_eq!(look(&root.join("none")), Ok(None));
        keep(&root, "one", None).unwrap();
        assert_eq!(look(&root), Ok(Some(b"one".to_vec())));
        assert!(matches!(keep(&root, "two", None), Err(RunError::Moved { .. })));
        keep(&root, "two", Some(Hash::of(b"one"))).unwrap();
        assert_eq!(look(&root), Ok(Some(b"two".to_vec())));
        let mode = |path: &str| root.join(path).metadata().unwrap().permissions().mode() & 0o7777;
        assert_eq!(
            (mode(".zbay"), mode(KEPT)),
            (0o755, 0o600),
            "addresses in it are for nobody else"
        );
        assert_eq!(root.join(".zbay").read_dir_utf8().unwrap().count(), 1, "nothing left beside");
    }

    /// What anybody may put in the place of a file of ours, and what is said of it.
    type Trap = (&'static str, fn(&Utf8Path), &'static str);
    const TRAPS: [Trap; 9] = [
        (
            "a link to a directory",
            |root| symlink("/etc", root.join(".zbay")).unwrap(),
            "symbolic link",
        ),
        (
            "a link within",
            |root| {
                std::fs::create_dir(root.join("x")).unwrap();
                symlink("x", root.join(".zbay")).unwrap();
            },
            "symbolic link",
        ),
        (
            "a link to a file",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                symlink("/etc/shadow", root.join(KEPT)).unwrap();
            },
            "symbolic link",
        ),
        (
            "a link to nothing",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                symlink("/nowhere", root.join(KEPT)).unwrap();
            },
            "symbolic link",
        ),
        (
            "a FIFO",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                mkfifo(root.join(KEPT).as_std_path(), Mode::from_bits_truncate(0o600)).unwrap();
            },
            "not a regular file",
        ),
        (
            "a directory",
            |root| std::fs::create_dir_all(root.join(KEPT)).unwrap(),
            "not a regular file",
        ),
        (
            "an endless file",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                File::create(root.join(KEPT)).unwrap().set_len(1 << 40).unwrap();
            },
            "more than 262144 bytes",
        ),
        (
            "a directory that others may write to",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                std::fs::set_permissions(root.join(".zbay"), Permissions::from_mode(0o777))
                    .unwrap();
                std::fs::write(root.join(KEPT), "x").unwrap();
            },
            "others may write to it",
        ),
        (
            "a file that others may write to",
            |root| {
                std::fs::create_dir(root.join(".zbay")).unwrap();
                std::fs::write(root.join(KEPT), "x").unwrap();
                std::fs::set_permissions(root.join(KEPT), Permissions::from_mode(0o666)).unwrap();
            },
            "others may write to it",
        ),
    ];

    #[test]
    fn nothing_leads_out_of_a_directory_of_others_or_keeps_anybody_waiting() {
        for (what, set, words) in TRAPS {
            let (_guard, root) = root();
            set(&root);
            let said = look(&root).expect_err(what);
            assert!(said.contains(words) && said.contains(root.as_str()), "{what}: {said}");
            assert!(keep(&root, "x", None).is_err(), "{what}");
            assert!(keep(&root, "x", Some(Hash::of(b"x"))).is_err(), "{what}");
        }
        for path in ["../x", "/etc/passwd", "a/../../x"] {
            let (_guard, root) = root();
            assert!(read(&root, path.into()).is_err(), "{path}");
            let content = "x".to_owned();
            let change = Change::WriteBeneath { root, path: path.into(), content, was: None };
            assert!(Real.change(&change).is_err(), "{path}");
        }
    }

    #[test]
    fn what_somebody_else_owns_is_not_ours() {
        if !geteuid().is_root() {
            return; // only root gives files away
        }
        for owned in [".zbay", KEPT] {
            let (_guard, root) = root();
            keep(&root, "one", None).unwrap();
            chown(root.join(owned).as_std_path(), Some(Uid::from_raw(65534)), None).unwrap();
            let said = look(&root).unwrap_err();
            assert!(said.contains("belongs to another user (uid 65534)"), "{said}");
            assert!(keep(&root, "two", Some(Hash::of(b"one"))).is_err());
        }
    }
}
