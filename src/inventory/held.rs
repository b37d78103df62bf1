//! Who uses a disk now: mounts, swap, md and dm, loops over a device, btrfs over several.
//!
//! The kernel's own links below `/sys` lead from a mount's device number to the disks below it, through any
//! stack of md and dm. A file system of several devices shows one of them in mountinfo, so btrfs is asked
//! for the others. If any of these cannot be read, no disk is known to be unused.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::sysfs::{Partition, text};
use super::{LookError, Unknown};
use crate::machine::Machine;
use crate::machine::mounts::{Mount, mountinfo, swaps};

/// Where the running system lives.
const BOOT: [&str; 10] = [
    "/",
    "/usr",
    "/boot",
    "/boot/efi",
    "/boot/firmware",
    "/efi",
    "/nix",
    "/cdrom",
    "/run/live/medium",
    "/run/initramfs/live",
];

/// A use of a disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hold {
    /// In words: `mounted at /`, `swap`, `held by md0`.
    pub by: String,
    /// True where it carries the running system.
    pub boot: bool,
}

/// Uses of all disks.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// By kernel name of the whole disk.
    pub disks: BTreeMap<String, BTreeSet<Hold>>,
    /// The pool that the root file system is on.
    pub boot_pool: Option<String>,
}

impl Held {
    fn add(&mut self, disks: BTreeSet<String>, by: &str, boot: bool) {
        for disk in disks {
            self.disks.entry(disk).or_default().insert(Hold { by: by.to_owned(), boot });
        }
    }

    /// The disk that carries `/`, else another part of the running system.
    pub fn boot_disk(&self) -> Option<String> {
        let with = |test: &dyn Fn(&Hold) -> bool| {
            let found = self.disks.iter().find(|(_, holds)| holds.iter().any(test));
            found.map(|(disk, _)| disk.clone())
        };
        with(&|hold| hold.by == "mounted at /").or_else(|| with(&|hold| hold.boot))
    }
}

/// Mounts and swap alone: what a look at identities needs.
pub(super) fn mounted(machine: &dyn Machine) -> Result<Held, LookError> {
    let mut held = Held::default();
    let read = |path: &str| -> Result<String, LookError> {
        let bytes = machine.file(Utf8Path::new(path))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    for mount in mountinfo(&read("/proc/self/mountinfo")?).map_err(Unknown::because)? {
        let boot = BOOT.contains(&mount.at.as_str());
        if mount.kind == "zfs" && mount.at == "/" {
            held.boot_pool = mount.source.split('/').next().map(str::to_owned);
        }
        let disks = disks_of(machine, &mount)?;
        held.add(disks, &format!("mounted at {}", mount.at), boot);
    }
    for swap in swaps(&read("/proc/swaps")?).map_err(Unknown::because)? {
        if let Some(name) = block_name(machine, &swap)? {
            held.add(below(machine, &name)?, "swap", false);
        }
    }
    Ok(held)
}

/// Everything: what proof needs. `partitions` are those of each disk.
pub(super) fn held(
    machine: &dyn Machine,
    partitions: &BTreeMap<String, Vec<Partition>>,
) -> Result<Held, Unknown> {
    let why = |error: LookError| Unknown::because(format!("cannot tell what is in use: {error}"));
    let mut held = mounted(machine).map_err(why)?;
    holders(machine, partitions, &mut held).map_err(why)?;
    writers(machine, &mut held).map_err(why)?;
    others(machine, &mut held).map_err(why)?;
    Ok(held)
}

fn holders(
    machine: &dyn Machine,
    partitions: &BTreeMap<String, Vec<Partition>>,
    held: &mut Held,
) -> Result<(), LookError> {
    for (disk, partitions) in partitions {
        let mut dirs = vec![format!("/sys/block/{disk}/holders")];
        dirs.extend(partitions.iter().map(|it| format!("/sys/block/{disk}/{}/holders", it.name)));
        for dir in dirs {
            for holder in machine.list(Utf8Path::new(&dir))?.unwrap_or_default() {
                held.add(BTreeSet::from([disk.clone()]), &format!("held by {holder}"), false);
            }
        }
    }
    Ok(())
}

/// Programs that write to a disk without a mount: a virtual machine, a copy under way.
fn writers(machine: &dyn Machine, held: &mut Held) -> Result<(), LookError> {
    for writer in machine.writers()? {
        if let Some(name) = block_name(machine, writer.device.as_str())? {
            let by = format!("open for writing by {} (process {})", writer.program, writer.pid);
            held.add(below(machine, &name)?, &by, false);
        }
    }
    Ok(())
}

fn others(machine: &dyn Machine, held: &mut Held) -> Result<(), LookError> {
    for name in machine.list("/sys/block".into())?.unwrap_or_default() {
        if !name.starts_with("loop") {
            continue;
        }
        let backing = text(machine, &format!("/sys/block/{name}/loop/backing_file"))?;
        if let Some(file) = backing.filter(|file| file.starts_with("/dev/"))
            && let Some(device) = block_name(machine, &file)?
        {
            held.add(below(machine, &device)?, &format!("held by {name}"), false);
        }
    }
    for uuid in machine.list("/sys/fs/btrfs".into())?.unwrap_or_default() {
        let dir = format!("/sys/fs/btrfs/{uuid}/devices");
        for device in machine.list(Utf8Path::new(&dir))?.unwrap_or_default() {
            held.add(below(machine, &device)?, "part of a mounted btrfs", false);
        }
    }
    Ok(())
}

fn disks_of(machine: &dyn Machine, mount: &Mount) -> Result<BTreeSet<String>, LookError> {
    let name = if !mount.device.starts_with("0:") {
        let link = machine.link(Utf8Path::new(&format!("/sys/dev/block/{}", mount.device)))?;
        link.and_then(|target| target.file_name().map(str::to_owned))
    } else if mount.source.starts_with("/dev/") {
        block_name(machine, &mount.source)? // btrfs, and others with device numbers of their own
    } else {
        None
    };
    match name {
        Some(name) => below(machine, &name),
        None => Ok(BTreeSet::new()),
    }
}

/// The kernel name of `/dev/sda1`, or of what `/dev/mapper/x` links to; `None`: no block device.
fn block_name(machine: &dyn Machine, path: &str) -> Result<Option<String>, LookError> {
    let path = Utf8Path::new(path);
    let target =
        if path.parent() == Some(Utf8Path::new("/dev")) { None } else { machine.link(path)? };
    let name = target.as_deref().unwrap_or(path).file_name();
    Ok(name.map(str::to_owned))
}

/// The whole disks below a block device: of a partition its disk, of md and dm all that they stand on.
fn below(machine: &dyn Machine, name: &str) -> Result<BTreeSet<String>, LookError> {
    let mut disks = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut todo = vec![name.to_owned()];
    while let Some(name) = todo.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(target) = machine.link(Utf8Path::new(&format!("/sys/class/block/{name}")))? else {
            continue;
        };
        let mut parts = target.components().map(|part| part.as_str());
        let Some(disk) = parts.by_ref().find(|part| *part == "block").and_then(|_| parts.next())
        else {
            continue;
        };
        let slaves = machine.list(Utf8Path::new(&format!("/sys/block/{disk}/slaves")))?;
        match slaves.unwrap_or_default() {
            none if none.is_empty() => {
                disks.insert(disk.to_owned());
            }
            slaves => todo.extend(slaves),
        }
    }
    Ok(disks)
}
