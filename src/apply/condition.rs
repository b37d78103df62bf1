//! Whether what must hold before or after a step does hold, asked of the machine at that moment.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

use crate::care::facts;
use crate::domain;
use crate::domain::storage::arrival;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Contents, Disk, Inventory, Leaf, Owner, Want, sentence};
use crate::machine::{Change, DeviceNumber, Hash, IoError, Machine, RunError};
use crate::property::same;
use crate::step::{Condition, Fingerprint, command};

/// What does not hold.
#[derive(Debug, Error)]
pub enum Unmet {
    /// A disk that is not the one that was planned for.
    #[error("{planned} is no longer there")]
    Gone {
        /// The drive.
        planned: Box<Drive>,
    },
    /// A disk that is not free.
    #[error("{drive} is not free: {holds}")]
    NotFree {
        /// The drive.
        drive: Box<Drive>,
        /// What it holds.
        holds: String,
    },
    /// A name that leads to another disk.
    #[error(
        "{address} points {leads}, but the drive that was checked is {name}: `udevadm trigger \
         --settle`"
    )]
    Link {
        /// The name.
        address: String,
        /// Where it leads.
        leads: String,
        /// The kernel's name of the disk.
        name: String,
    },
    /// A disk whose contents changed.
    #[error("the contents of {drive} have changed since the plan was made")]
    Touched {
        /// The drive.
        drive: Box<Drive>,
    },
    /// A pool that should not be there.
    #[error("a pool named {0} already exists")]
    PoolThere(String),
    /// A pool that should be well.
    #[error("pool {pool} is {state}, but should be ONLINE")]
    PoolState {
        /// Name.
        pool: String,
        /// State.
        state: String,
    },
    /// A member in another state.
    #[error("member {leaf} is {is}, but should be {should}")]
    Leaf {
        /// Its GUID, and its pool.
        leaf: String,
        /// Is.
        is: String,
        /// Should be.
        should: String,
    },
    /// A drive that should be a member.
    #[error("pool {pool} does not have it as a member")]
    NoMember {
        /// Pool.
        pool: String,
    },
    /// A member that should be gone.
    #[error("pool {pool} still has member {leaf}")]
    StillThere {
        /// Pool.
        pool: String,
        /// Its GUID.
        leaf: String,
    },
    /// A dataset that should not be there.
    #[error("dataset {0} already exists")]
    DatasetThere(String),
    /// A property.
    #[error("{name} of {object} is {is}, but should be {value}")]
    Property {
        /// Pool or dataset.
        object: String,
        /// Property.
        name: String,
        /// Should be.
        value: String,
        /// Is.
        is: String,
    },
    /// A file.
    #[error("{0} is not what it should be")]
    File(String),
    /// A place where something is to be mounted.
    #[error("nothing can be mounted at {path}: {why}")]
    NotVacant {
        /// The place.
        path: String,
        /// Why not.
        why: String,
    },
    /// A timer.
    #[error("{unit} should be {should}")]
    Timer {
        /// Its name.
        unit: String,
        /// On or off.
        should: &'static str,
    },
    /// Units.
    #[error("not enabled: {0}")]
    Disabled(String),
    /// The machine could not be looked at.
    #[error("could not look at the machine: {0}")]
    Look(String),
    /// A command that asks.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file that cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
}

/// Looks at the machine for what is wanted; an error in words.
pub type Look<'a> = &'a dyn Fn(Want) -> Result<Inventory, String>;

/// The numbers of the devices that were looked at, by the name that is written to.
#[derive(Debug, Default)]
pub struct Numbers(BTreeMap<Utf8PathBuf, DeviceNumber>);

impl Numbers {
    /// The change with the number of the device that its name must still lead to when it is opened.
    pub(super) fn fill(&self, change: Change) -> Change {
        match change {
            Change::Zero { dev, spans, .. } => {
                let number = self.0.get(&dev).copied();
                Change::Zero { dev, spans, number }
            }
            other => other,
        }
    }
}

/// The devices that were looked at, if all hold. Disks and pools are looked at once for all of them.
///
/// # Errors
/// The first that does not hold.
pub fn all(
    machine: &dyn Machine,
    hw: &Hw,
    look: Look<'_>,
    conditions: &[Condition],
) -> Result<Numbers, Unmet> {
    let inventory = needed(look, conditions)?;
    let mut numbers = Numbers::default();
    let mut leads = |disk: &Fingerprint, inventory: &Inventory| -> Result<(), Unmet> {
        let number = leads_there(machine, same_disk(hw, inventory, disk)?, &disk.address)?;
        numbers.0.extend(number.map(|number| (disk.address.clone(), number)));
        Ok(())
    };
    for condition in conditions {
        match (condition, &inventory) {
            (Condition::DiskFree { disk }, Some(inventory)) => {
                unchanged(hw, inventory, disk, |contents| contents.owner == Owner::Blank)?;
                leads(disk, inventory)?;
            }
            (Condition::AsSeen { disk }, Some(inventory)) => {
                unchanged(hw, inventory, disk, |contents| contents.erasable)?;
                leads(disk, inventory)?;
            }
            (Condition::PoolAbsent { pool }, Some(inventory)) => absent(inventory, pool)?,
            (Condition::LeafIs { pool, guid, states }, Some(inventory)) => {
                let is = leaf_state(inventory, pool, |leaf| leaf.guid.to_string() == *guid)?;
                if !states.contains(&is) {
                    let (leaf, should) = (format!("{guid} of pool {pool}"), states.join(" or "));
                    return Err(Unmet::Leaf { leaf, is, should });
                }
            }
            (Condition::LeafGone { pool, guid }, Some(inventory)) => {
                let found = leaf_state(inventory, pool, |leaf| leaf.guid.to_string() == *guid);
                match found {
                    Err(Unmet::NoMember { .. }) => {}
                    Err(other) => return Err(other),
                    Ok(_) => {
                        return Err(Unmet::StillThere { pool: pool.clone(), leaf: guid.clone() });
                    }
                }
            }
            (Condition::MemberOf { pool, disk }, Some(inventory)) => {
                let found = same_disk(hw, inventory, disk)?;
                leaf_state(inventory, pool, |leaf| leaf.disk.as_ref() == Some(&found.name))?;
            }
            (other, _) => ask(machine, other)?,
        }
    }
    Ok(numbers)
}

/// As much of a look as these conditions are about. Members alone take a glance: what is on drives that are being
/// filled is not read beside it.
fn needed(look: Look<'_>, conditions: &[Condition]) -> Result<Option<Inventory>, Unmet> {
    let reads = |it: &Condition| {
        matches!(
            it,
            Condition::DiskFree { .. } | Condition::AsSeen { .. } | Condition::PoolAbsent { .. }
        )
    };
    let members = |it: &Condition| {
        matches!(
            it,
            Condition::LeafIs { .. } | Condition::LeafGone { .. } | Condition::MemberOf { .. }
        )
    };
    if !conditions.iter().any(reads) {
        if !conditions.iter().any(members) {
            return Ok(None);
        }
        if let Some(seen) = look(Want::GLANCE).ok().filter(|it| it.pools.is_ok()) {
            return Ok(Some(seen));
        }
    }
    // What drives say of their health was asked when the plan was made, and no step depends on it.
    look(Want { smart: false, ..Want::ALL }).map(Some).map_err(Unmet::Look)
}

/// The disk that was planned for.
fn same_disk<'a>(
    hw: &Hw,
    inventory: &'a Inventory,
    print: &Fingerprint,
) -> Result<&'a Disk, Unmet> {
    let planned = &print.drive;
    let found = inventory.disks.iter().find(|disk| disk.address.as_ref() == Some(&print.address));
    let same = |drive: &Drive| {
        drive.serial == planned.serial && drive.size == planned.size && drive.bay == planned.bay
    };
    found
        .filter(|disk| same(&Drive::of(hw, disk)))
        .ok_or_else(|| Unmet::Gone { planned: Box::new(planned.clone()) })
}

/// What was proved was read from the disk itself; what is written goes to a link of udev's, which must lead there: to the
/// same name, and to the same number, since a name may be of another node. The number, where there are any.
fn leads_there(
    machine: &dyn Machine,
    disk: &Disk,
    address: &Utf8Path,
) -> Result<Option<DeviceNumber>, Unmet> {
    let target = match machine.link(address) {
        Err(IoError::Unrecorded { .. }) => return Ok(None), // recordings have udev's word alone
        other => other?,
    };
    let other = |leads: String| {
        Err(Unmet::Link { address: address.to_string(), leads, name: disk.name.clone() })
    };
    let leads = target.as_deref().and_then(Utf8Path::file_name);
    if leads != Some(disk.name.as_str()) {
        return other(target.map_or_else(|| "nowhere".to_owned(), |target| format!("to {target}")));
    }
    let (read, written) = match (machine.number(&disk.dev), machine.number(address)) {
        (Err(IoError::Unrecorded { .. }), _) => return Ok(None),
        (read, written) => (read?, written?),
    };
    match (read, written) {
        (Some(read), Some(written)) if read == written => Ok(Some(read)),
        (_, Some(written)) => other(format!("to device {written}")),
        (_, None) => other("to no device".to_owned()),
    }
}

/// It is the disk that was planned for, holds what it held then, and `fit` says that it may be written to.
fn unchanged(
    hw: &Hw,
    inventory: &Inventory,
    print: &Fingerprint,
    fit: fn(&Contents) -> bool,
) -> Result<(), Unmet> {
    let disk = same_disk(hw, inventory, print)?;
    let drive = || Box::new(Drive::of(hw, disk));
    match &disk.contents {
        Ok(contents) if !fit(contents) => {
            Err(Unmet::NotFree { drive: drive(), holds: sentence::sentence(&contents.owner) })
        }
        Ok(contents) if contents.digest != print.contents => Err(Unmet::Touched { drive: drive() }),
        Ok(_) => Ok(()),
        Err(unknown) => Err(Unmet::NotFree { drive: drive(), holds: unknown.why.clone() }),
    }
}

/// The state of the member that `which` means; `absent` where the pool has none.
fn leaf_state(
    inventory: &Inventory,
    pool: &str,
    which: impl Fn(&Leaf) -> bool,
) -> Result<String, Unmet> {
    let pools = inventory.pools.as_ref().map_err(|unknown| Unmet::Look(unknown.why.clone()))?;
    let leaves = pools.iter().filter(|it| it.name == pool).flat_map(|it| &it.vdevs);
    let mut leaves = leaves.flat_map(|vdev| &vdev.leaves);
    leaves
        .find(|leaf| which(leaf))
        .map(|leaf| leaf.state.to_string())
        .ok_or_else(|| Unmet::NoMember { pool: pool.to_owned() })
}

fn absent(inventory: &Inventory, pool: &str) -> Result<(), Unmet> {
    let pools = inventory.pools.as_ref().map_err(|unknown| Unmet::Look(unknown.why.clone()))?;
    let importable =
        inventory.importable.as_ref().map_err(|unknown| Unmet::Look(unknown.why.clone()))?;
    let there = pools.iter().any(|other| other.name == pool)
        || importable.iter().any(|other| other.name == pool);
    if there { Err(Unmet::PoolThere(pool.to_owned())) } else { Ok(()) }
}

fn ask(machine: &dyn Machine, condition: &Condition) -> Result<(), Unmet> {
    match condition {
        Condition::DiskFree { disk } | Condition::AsSeen { disk } => {
            Err(Unmet::Gone { planned: Box::new(disk.drive.clone()) })
        }
        Condition::PoolAbsent { pool } => Err(Unmet::PoolThere(pool.clone())),
        Condition::LeafIs { pool, .. }
        | Condition::LeafGone { pool, .. }
        | Condition::MemberOf { pool, .. } => Err(Unmet::NoMember { pool: pool.clone() }),
        Condition::PoolNotImported { pool } => {
            let output = machine.read(&command::find_pool(pool))?;
            if output.status == 0 {
                Err(Unmet::PoolThere(pool.clone()))
            } else if output.said().contains("no such pool") {
                Ok(())
            } else {
                Err(Unmet::Look(output.said()))
            }
        }
        Condition::PoolImported { pool, guid } => {
            let cmd = command::find_pool(pool);
            let output = machine.read(&cmd)?;
            let mut words = output.ok(&cmd)?.split_whitespace();
            let (is, state) = (words.next().unwrap_or("?"), words.next().unwrap_or("unknown"));
            if is == guid && ["ONLINE", "DEGRADED"].contains(&state) {
                Ok(())
            } else {
                let state = format!("{state} (GUID {is}, the plan was for {guid})");
                Err(Unmet::PoolState { pool: pool.clone(), state })
            }
        }
        Condition::PoolOnline { pool } => {
            let cmd = command::health(pool);
            let output = machine.read(&cmd)?;
            let state = output.ok(&cmd)?.split_whitespace().nth(1).unwrap_or("unknown").to_owned();
            if state == "ONLINE" {
                Ok(())
            } else {
                Err(Unmet::PoolState { pool: pool.clone(), state })
            }
        }
        Condition::DatasetAbsent { dataset } => {
            let output = machine.read(&command::find_dataset(dataset))?;
            let missing = String::from_utf8_lossy(&output.stderr).contains("does not exist");
            if output.status != 0 && missing {
                Ok(())
            } else if output.status == 0 {
                Err(Unmet::DatasetThere(dataset.clone()))
            } else {
                Err(Unmet::Look(output.said()))
            }
        }
        Condition::Property { of, object, name, value } => {
            let cmd = command::get(*of, object, name);
            let output = machine.read(&cmd)?;
            let is = output.ok(&cmd)?.trim().to_owned();
            if same(name, value, &is) {
                return Ok(());
            }
            Err(Unmet::Property {
                object: object.clone(),
                name: name.clone(),
                value: value.clone(),
                is,
            })
        }
        Condition::File { path, hash } => {
            let is = machine.file(path)?.map(|bytes| Hash::of(&bytes));
            if is == *hash { Ok(()) } else { Err(Unmet::File(path.to_string())) }
        }
        Condition::FileBeneath { root, path, hash } => {
            let is = machine.file_beneath(root, path)?.map(|bytes| Hash::of(&bytes));
            if is == *hash { Ok(()) } else { Err(Unmet::File(root.join(path).to_string())) }
        }
        Condition::Vacant { path } => {
            let why = |why| Unmet::NotVacant { path: path.to_string(), why };
            arrival::vacant(machine, path).map_err(why)
        }
        Condition::Timer { unit, on } => {
            let units = facts::units(machine, std::slice::from_ref(unit));
            let units = units.map_err(|unknown| Unmet::Look(unknown.why))?;
            let is = units.get(unit).cloned().unwrap_or_default();
            if (is.enabled && is.active, is.enabled || is.active) == (*on, *on) {
                Ok(())
            } else {
                let should = if *on { "on" } else { "off" };
                Err(Unmet::Timer { unit: unit.clone(), should })
            }
        }
        Condition::Enabled { .. } => {
            let units = domain::host::units(machine).map_err(|unknown| Unmet::Look(unknown.why))?;
            let off: Vec<String> =
                units.into_iter().filter(|(_, on)| !on).map(|(unit, _)| unit).collect();
            if off.is_empty() { Ok(()) } else { Err(Unmet::Disabled(off.join(", "))) }
        }
    }
}
