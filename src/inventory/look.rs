//! Looks at a machine once, for what is wanted and for nothing else.
//!
//! Identity comes from udev and sysfs alone: no disk is opened and no program runs. A drive that sleeps is read only
//! where that is wanted ([`Want::wake`]). What could not be
//! known is a value in the inventory; an error is left for a machine that shows no disks at all, and for a
//! recording that lacks an answer.

use std::thread;

use crate::hw::host::Host;
use crate::inventory::contents::{World, fill};
use crate::inventory::disks::disks;
use crate::inventory::held::{held, mounted};
use crate::inventory::host::host;
use crate::inventory::pools::{glance, importable, imported, name_disks};
use crate::inventory::sysfs::partitions;
use crate::inventory::{Facet, Inventory, LookError, Pool, Pools, Unknown, Want, power, smart};
use crate::machine::{Devices, IoError, Machine, UdevDevice};

/// Looks at `machine`.
///
/// # Errors
/// [`LookError`] where not even the disks can be listed, or a recording has no answer to a question.
pub fn look(machine: &dyn Machine, want: Want) -> Result<Inventory, LookError> {
    if want.pools != Pools::Glance || want.contents {
        return seen(machine, want, |devices| imported(machine, devices));
    }
    // zpool takes as long as all the rest: that is looked at meanwhile.
    thread::scope(|scope| {
        let asked = scope.spawn(|| glance(machine));
        seen(machine, want, |devices| {
            let ended = |_| Err(Unknown::because("zpool was asked, and the thread ended"));
            let mut pools = asked.join().unwrap_or_else(ended)?;
            name_disks(&mut pools, devices);
            Ok(pools)
        })
    })
}

/// The look; `ask`: the imported pools, on these devices.
fn seen(
    machine: &dyn Machine,
    want: Want,
    ask: impl FnOnce(&[UdevDevice]) -> Facet<Vec<Pool>>,
) -> Result<Inventory, LookError> {
    let unasked = Unknown::unasked;
    let which =
        if want.contents || want.pools != Pools::No { Devices::All } else { Devices::Disks };
    let devices = match machine.block_devices(which) {
        Ok(devices) => devices,
        Err(error @ IoError::Unrecorded { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::debug!(%error, "udev has no answer, sysfs has");
            Vec::new()
        }
    };
    let (mut disks, blind) = disks(machine, &devices)?;
    let mounts = match want.host.then(|| mounted(machine)) {
        Some(Err(LookError::Io(error @ IoError::Unrecorded { .. }))) => return Err(error.into()),
        mounts => mounts.and_then(Result::ok),
    };
    let mut host = if want.host { host(machine, mounts.as_ref())? } else { Host::default() };
    let pools = match want.pools {
        Pools::No if !want.contents => Err(unasked()),
        _ => ask(&devices),
    };
    // Where no pool is imported, those that wait for it are what there is to tell.
    let waiting = match want.pools {
        Pools::No => false,
        Pools::Glance => pools.as_ref().is_ok_and(Vec::is_empty),
        Pools::All => true,
    };
    if want.smart {
        smart::ask(machine, &mut disks, host.boot_disk.as_deref(), want.wake);
    } else if want.contents || waiting {
        power::ask(machine, &mut disks, host.boot_disk.as_deref());
    }
    let rests = !want.wake && disks.iter().any(|disk| disk.asleep == Some(true));
    let importable = match waiting {
        false => Err(unasked()),
        // `zpool import` reads the labels of every disk.
        true if rests => Err(Unknown::asleep("a drive is asleep, and `zbay plan` wakes it to ask")),
        true => importable(machine),
    };
    // On a root of ZFS the boot disk is a member of its pool.
    if let (None, Some(root), Ok(pools)) =
        (&host.boot_disk, mounts.and_then(|mounts| mounts.boot_pool), &pools)
    {
        let root = pools.iter().find(|pool| pool.name == root);
        let mut leaves = root.iter().flat_map(|pool| &pool.vdevs).flat_map(|vdev| &vdev.leaves);
        host.boot_disk = leaves.find_map(|leaf| leaf.disk.clone());
    }
    if want.contents {
        let partitions = disks
            .iter()
            .map(|disk| Ok((disk.name.clone(), partitions(machine, &disk.name)?)))
            .collect::<Result<_, LookError>>()
            .map_err(Unknown::because);
        let held = partitions.as_ref().map_err(Clone::clone).and_then(|it| held(machine, it));
        let zfs = host.zfs.is_some();
        fill(
            &World {
                machine,
                devices: &devices,
                partitions,
                held,
                pools: &pools,
                zfs,
                wake: want.wake,
            },
            &mut disks,
        );
    }
    Ok(Inventory { taken: machine.now(), host, disks, blind, pools, importable })
}
