//! Asks `zpool` and `zfs` for imported pools and for those that could be imported.
//!
//! Each question has a limit, since a suspended pool can keep `zpool` waiting forever; what is not
//! answered is unknown, and a pool that one answer names and another lacks makes all of it unknown.

use std::collections::BTreeMap;
use std::time::Duration;

use super::pool::UNTOLD;
use super::{Facet, ImportablePool, Leaf, Pool, Unknown, import, zfs, zpool};
use crate::machine::{Cmd, Machine, Output, Program, UdevDevice, ZFS, ZPOOL};

/// A person waits for the answer; a pool that hangs must not keep what the others say.
const GLANCE_LIMIT: Duration = Duration::from_secs(10);

/// The labels of all disks are read for `zpool import`; drives that sleep take 10 s each to start.
const IMPORT_LIMIT: Duration = Duration::from_mins(2);

fn ask(machine: &dyn Machine, program: Program, args: &[&str]) -> Facet<String> {
    let cmd = Cmd::new(program, args.iter().copied());
    answer(&machine.read(&cmd).map_err(Unknown::because)?, &cmd)
}

fn answer(output: &Output, cmd: &Cmd) -> Facet<String> {
    if output.status != 0 && output.said().contains("invalid option 'j'") {
        return Err(Unknown::because("this OpenZFS is older than 2.3, whose JSON zbay reads"));
    }
    output.ok(cmd).map(str::to_owned).map_err(Unknown::because)
}

/// Imported pools with their properties and datasets.
pub(super) fn imported(machine: &dyn Machine, devices: &[UdevDevice]) -> Facet<Vec<Pool>> {
    let names = zpool::names(&ask(machine, ZPOOL, &["list", "-H", "-o", "name"])?);
    let status = ask(machine, ZPOOL, &["status", "-j", "--json-int", "-P", "-p"])?;
    let mut pools = zpool::status(&status)?;
    if names.is_empty() && pools.is_empty() {
        return Ok(pools);
    }
    let properties = zpool::properties(&ask(machine, ZPOOL, &["get", "-j", "-p", "all"])?)?;
    let types = ["get", "-j", "-p", "-t", "filesystem,volume", "all"];
    let datasets = zfs::datasets(&ask(machine, ZFS, &types)?)?;
    for pool in &mut pools {
        let args = ["get", "-j", "-p", "ashift", pool.name.as_str(), "all-vdevs"];
        // Not worth the pool: where it is not told, the ashift is unknown.
        let ashifts = ask(machine, ZPOOL, &args).and_then(|text| zpool::ashifts(&text));
        let ashifts = ashifts.unwrap_or_default();
        for vdev in &mut pool.vdevs {
            let by_guid = ashifts.values().find(|(guid, _)| *guid == Some(vdev.guid));
            let Some((guid, ashift)) = by_guid.or_else(|| ashifts.get(&vdev.name)) else {
                continue;
            };
            vdev.ashift = *ashift;
            if vdev.guid == UNTOLD {
                vdev.guid = guid.unwrap_or(UNTOLD);
            }
        }
    }
    name_disks(&mut pools, devices);
    zpool::join(&names, pools, properties, datasets)
}

/// Imported pools as `zpool status` has them, within [`GLANCE_LIMIT`], their disks not named yet. FRAG is asked for where
/// a pool is half full, since before that there is room in one piece, and is not worth the answer.
pub(super) fn glance(machine: &dyn Machine) -> Facet<Vec<Pool>> {
    let within = |args: &[&str]| {
        let cmd = Cmd::new(ZPOOL, args.iter().copied()).within(GLANCE_LIMIT);
        answer(&machine.read(&cmd).map_err(Unknown::because)?, &cmd)
    };
    let mut pools =
        zpool::status(&within(&["status", "-j", "--json-int", "-P", "-p", "-t", "-i"])?)?;
    if pools.iter().any(|pool| pool.allocated.0 >= pool.size.0 / 2) {
        let list = within(&["list", "-H", "-p", "-o", "name,fragmentation"]);
        let fragmentation = list.map(|list| zpool::fragmentation(&list)).unwrap_or_default();
        for pool in &mut pools {
            pool.told.fragmentation = fragmentation.get(&pool.name).copied();
        }
    }
    Ok(pools)
}

/// Which files of a pool are damaged, within [`GLANCE_LIMIT`]: it reads the pool, and names that are long gone.
pub fn damaged(machine: &dyn Machine, pool: &str) -> Facet<Vec<String>> {
    let args = ["status", "-j", "--json-int", "-P", "-p", "-v", pool];
    let cmd = Cmd::new(ZPOOL, args).within(GLANCE_LIMIT);
    zpool::damaged(&answer(&machine.read(&cmd).map_err(Unknown::because)?, &cmd)?)
}

/// The damaged files in an answer.
#[cfg(test)]
pub fn files(answer: &str) -> Facet<Vec<String>> {
    zpool::damaged(answer)
}

/// Tells each leaf which disk it is on.
pub(super) fn name_disks(pools: &mut [Pool], devices: &[UdevDevice]) {
    let disks = disks_by_path(devices);
    for leaf in pools.iter_mut().flat_map(|pool| &mut pool.vdevs).flat_map(|it| &mut it.leaves) {
        leaf.disk = disk_of(leaf, &disks).cloned();
    }
}

/// The disk of a leaf. A path below /dev or by-path may lead to another drive once the member's own is gone, and a
/// healthy one must not be named for it: of a member that is not open only a name of the drive itself counts.
fn disk_of<'a>(leaf: &Leaf, disks: &'a BTreeMap<String, String>) -> Option<&'a String> {
    let open = leaf.state.is_open();
    let path = leaf.path.as_ref().map(|path| path.as_str());
    if open {
        return path.and_then(|path| disks.get(path));
    }
    let is_own = |path: &&str| {
        ["/dev/disk/by-id/", "/dev/disk/by-partuuid/"].iter().any(|dir| path.starts_with(dir))
    };
    let own = path.filter(is_own);
    let devid = leaf.devid.as_ref().map(|devid| format!("/dev/disk/by-id/{devid}"));
    own.and_then(|path| disks.get(path)).or_else(|| devid.and_then(|path| disks.get(&path)))
}

/// Kernel name of the whole disk by every path that leads to it or to a partition of it.
fn disks_by_path(devices: &[UdevDevice]) -> BTreeMap<String, String> {
    let mut disks = BTreeMap::new();
    for device in devices {
        let parent = device.devpath.parent().and_then(|it| it.file_name());
        let disk = match device.devtype.as_str() {
            "partition" => parent.unwrap_or(&device.name),
            _ => &device.name,
        };
        let links = device.properties.get("DEVLINKS").map(String::as_str).unwrap_or_default();
        for path in
            links.split_whitespace().map(str::to_owned).chain([format!("/dev/{}", device.name)])
        {
            disks.insert(path, disk.to_owned());
        }
    }
    disks
}

/// Pools that `zpool import` and `zpool import -D` name.
pub(super) fn importable(machine: &dyn Machine) -> Facet<Vec<ImportablePool>> {
    let list = |args: &[&str], destroyed: bool| {
        let cmd = Cmd::new(ZPOOL, args.iter().copied()).within(IMPORT_LIMIT);
        let output = machine.read(&cmd).map_err(Unknown::because)?;
        // Releases differ in the exit status of an empty answer, not in its words.
        if output.said().starts_with("no pools available to import") {
            return Ok(Vec::new());
        }
        import::pools(output.ok(&cmd).map_err(Unknown::because)?, destroyed)
    };
    let mut pools = list(&["import"], false)?;
    pools.extend(list(&["import", "-D"], true)?);
    // They come in the order in which the disks answered.
    pools.sort_by(|a, b| (a.destroyed, &a.name, &a.guid).cmp(&(b.destroyed, &b.name, &b.guid)));
    Ok(pools)
}
