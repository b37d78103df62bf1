//! Programs that have a block device open for writing, from /proc/PID/fd and fdinfo (proc(5)).
//!
//! A virtual machine that was given a whole disk shows up nowhere else: the kernel knows no holder, and the disk
//! may look blank. Readers do not count: udev, smartd and zbay's own probes come and go.

use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;

use camino::Utf8PathBuf;

use crate::machine::Writer;

/// The access mode of `open(2)`: anything but read-only writes.
const O_ACCMODE: u32 = 3;

/// Looks through all processes. One that ends meanwhile is no longer a user.
pub(super) fn writers() -> io::Result<Vec<Writer>> {
    let mut writers = Vec::new();
    for process in fs::read_dir("/proc")? {
        let process = process?;
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        if pid == std::process::id() {
            continue;
        }
        match of(&process, pid) {
            Ok(found) => writers.extend(found),
            Err(why) if gone(&why) => {}
            Err(why) => return Err(why),
        }
    }
    writers.sort_by(|a: &Writer, b: &Writer| (&a.device, a.pid).cmp(&(&b.device, b.pid)));
    writers.dedup();
    Ok(writers)
}

fn gone(why: &io::Error) -> bool {
    // ESRCH, where the process ended between two looks.
    why.kind() == ErrorKind::NotFound || why.raw_os_error() == Some(3)
}

fn of(process: &DirEntry, pid: u32) -> io::Result<Vec<Writer>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(process.path().join("fd"))? {
        let entry = entry?;
        let Ok(target) = fs::read_link(entry.path()) else { continue };
        let Ok(device) = Utf8PathBuf::from_path_buf(target) else { continue };
        let block = device.starts_with("/dev")
            && fs::metadata(&device).is_ok_and(|it| it.file_type().is_block_device());
        if !block {
            continue;
        }
        let info = process.path().join("fdinfo").join(entry.file_name());
        let Ok(info) = fs::read_to_string(info) else { continue };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
        if flags.is_none_or(|flags| flags & O_ACCMODE != 0) {
            let program = fs::read_to_string(process.path().join("comm")).unwrap_or_default();
            found.push(Writer { device, program: program.trim().to_owned(), pid });
        }
    }
    Ok(found)
}
