//! Programs that have a block device open for writing, from /proc/PID/fd and fdinfo (proc(5)).
//!
//! A virtual machine that was given a whole disk shows up nowhere else: the kernel knows no holder, and the disk
//! may look blank. Readers do not count: udev, smartd and zbay's own probes come and go. What a file is open on is asked of
//! the open file itself, and a device is known by its number: its name may be another one, of another directory, or of a
//! container that has a /dev of its own. What cannot be looked at is an error, never "nobody".

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use camino::Utf8PathBuf;
use nix::sys::stat::{major, minor};

use crate::machine::Writer;

/// The access mode of `open(2)`: anything but read-only writes.
const O_ACCMODE: u32 = 3;
/// What is open and no file, as the kernel calls it.
const NO_FILES: [&str; 4] = ["socket:", "pipe:", "anon_inode:", "/memfd:"];

/// Looks through all processes. One that ends meanwhile is no longer a user.
pub(super) fn writers() -> io::Result<Vec<Writer>> {
    of_all(Path::new("/proc"), Path::new("/sys"))
}

fn of_all(proc: &Path, sys: &Path) -> io::Result<Vec<Writer>> {
    let mut writers = Vec::new();
    for process in fs::read_dir(proc)? {
        let process = process?;
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        writers.extend(unless_gone(of(&process.path(), sys, pid))?.unwrap_or_default());
    }
    writers.sort_by(|a: &Writer, b: &Writer| (&a.device, a.pid).cmp(&(&b.device, b.pid)));
    writers.dedup();
    Ok(writers)
}

/// `None`: it went while it was looked at.
fn unless_gone<T>(looked: io::Result<T>) -> io::Result<Option<T>> {
    match looked {
        Ok(found) => Ok(Some(found)),
        // ESRCH, where the process ended between two looks.
        Err(why) if why.kind() == ErrorKind::NotFound || why.raw_os_error() == Some(3) => Ok(None),
        Err(why) => Err(why),
    }
}

fn of(process: &Path, sys: &Path, pid: u32) -> io::Result<Vec<Writer>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(process.join("fd"))? {
        let entry = entry?;
        let Some(target) = unless_gone(fs::read_link(entry.path()))? else { continue };
        let target = target.to_string_lossy();
        if NO_FILES.iter().any(|kind| target.starts_with(kind)) {
            continue;
        }
        let Some(open) = unless_gone(fs::metadata(entry.path()))? else { continue };
        if !open.file_type().is_block_device() {
            continue;
        }
        let info = process.join("fdinfo").join(entry.file_name());
        let Some(info) = unless_gone(fs::read_to_string(info))? else { continue };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
        if flags.is_some_and(|flags| flags & O_ACCMODE == 0) {
            continue;
        }
        let number = format!("{}:{}", major(open.rdev()), minor(open.rdev()));
        let link = unless_gone(fs::read_link(sys.join("dev/block").join(number)))?;
        // A device that was taken out while it is open is no disk any more.
        let Some(name) = link.as_deref().and_then(Path::file_name) else { continue };
        let device = Utf8PathBuf::from(format!("/dev/{}", name.to_string_lossy()));
        let program = unless_gone(fs::read_to_string(process.join("comm")))?.unwrap_or_default();
        found.push(Writer { device, program: program.trim().to_owned(), pid });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs::{create_dir_all, write};
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use nix::sys::stat::{Mode, SFlag, makedev, mknod};

    use super::of_all;

    #[test]
    fn a_device_is_known_by_its_number_whatever_it_is_called() {
        let guard = tempfile::tempdir().unwrap();
        let at = |name: &str| guard.path().join(name);
        for dir in ["proc/4000000/fd", "proc/4000000/fdinfo", "proc/self", "sys/dev/block", "mnt"] {
            create_dir_all(at(dir)).unwrap();
        }
        write(at("proc/4000000/comm"), "qemu\n").unwrap();
        symlink("../../devices/pci0/block/sdb/sdb2", at("sys/dev/block/8:18")).unwrap();
        let node = |name: &str, minor| {
            let mode = Mode::from_bits_truncate(0o600);
            mknod(&at(name), SFlag::S_IFBLK, mode, makedev(8, minor)).is_ok()
        };
        if !(node("mnt/xvdc", 18) && node("mnt/gone", 19)) {
            return; // a container that may make no nodes
        }
        let open = |fd: u32, target: &Path, flags: &str| {
            symlink(target, at(&format!("proc/4000000/fd/{fd}"))).unwrap();
            write(at(&format!("proc/4000000/fdinfo/{fd}")), format!("pos:\t0\nflags:\t{flags}\n"))
                .unwrap();
        };
        let devices = || {
            let found = of_all(&at("proc"), &at("sys")).unwrap();
            found
                .into_iter()
                .map(|it| (it.device.into_string(), it.program, it.pid))
                .collect::<Vec<_>>()
        };
        write(at("mnt/file"), "x").unwrap();
        open(3, &at("mnt/xvdc"), "0100000");
        open(4, &at("mnt/file"), "0100002");
        open(5, &at("mnt/gone"), "0100002");
        symlink("socket:[1]", at("proc/4000000/fd/6")).unwrap();
        symlink(at("vanished"), at("proc/4000000/fd/7")).unwrap();
        assert_eq!(devices(), []);
        open(8, &at("mnt/xvdc"), "0100002");
        let expected = [("/dev/sdb2".to_owned(), "qemu".to_owned(), 4_000_000)];
        assert_eq!(devices(), expected);
        // What cannot be looked at is never nobody.
        std::fs::remove_file(at("proc/4000000/fdinfo/8")).unwrap();
        create_dir_all(at("proc/4000000/fdinfo/8")).unwrap();
        assert!(of_all(&at("proc"), &at("sys")).is_err());
    }
}
