//! Block devices, as udev knows them.
//!
//! libudev's own enumeration makes every device twice and its parents too, and each time walks the kernel's path from
//! the root by a dozen opens. So the directory is read here, and each device that is asked for is made once, by its
//! path. A device that goes meanwhile is not there.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;

use crate::machine::threads::shared_out;
use crate::machine::{Devices, UdevDevice, is_made_up};

/// Where the kernel lists block devices, partitions too.
pub(super) const DIR: &str = "/sys/class/block";
/// The same for whole disks.
const DISKS: &str = "/sys/block";

/// The devices, by name.
pub(super) fn of(which: Devices) -> io::Result<Vec<UdevDevice>> {
    // An old kernel without /sys/block has no disks to list either.
    let dir = if which == Devices::Disks { DISKS } else { DIR };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = path(&entry?);
        if which == Devices::All || !path.to_str().is_some_and(is_made_up) {
            paths.push(path);
        }
    }
    let mut devices = Vec::with_capacity(paths.len());
    for share in shared_out(&paths, made) {
        devices.extend(share?);
    }
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(devices)
}

/// The kernel's own path, to which the entry is a link (a directory on kernels that are built without).
fn path(entry: &DirEntry) -> PathBuf {
    match fs::read_link(entry.path()) {
        Ok(target) => Path::new("/sys").join(
            target.components().skip_while(|part| part.as_os_str() == "..").collect::<PathBuf>(),
        ),
        Err(_) => entry.path(),
    }
}

fn made(paths: &[PathBuf]) -> io::Result<Vec<UdevDevice>> {
    let udev = udev::Udev::new()?;
    let device = |path: &PathBuf| udev::Device::from_syspath_with_context(udev.clone(), path).ok();
    Ok(paths.iter().filter_map(device).map(|device| udev_device(&device)).collect())
}

fn udev_device(device: &udev::Device) -> UdevDevice {
    let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
    UdevDevice {
        name: text(device.sysname()),
        devtype: device.devtype().map(text).unwrap_or_default(),
        devpath: Utf8PathBuf::from(text(device.devpath())),
        initialized: device.is_initialized(),
        properties: device
            .properties()
            .map(|property| (text(property.name()), text(property.value())))
            .filter(|(name, _)| name != "USEC_INITIALIZED") // differs at every boot, says nothing
            .collect(),
    }
}
