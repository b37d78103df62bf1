//! A member of a pool as a person finds it: bay, model, serial; whether its drive is there and holds all it should.
//!
//! What always holds: a bay is named for a member only where its own drive is in it, or where ZFS remembers it and
//! no other member is in it now ([`crate::inventory::missing`]). Of a pool that is suspended ZFS goes on saying ONLINE
//! of drives that are gone (measured on 2.3.9), so there the drives that are not there are told by looking.

use schemars::JsonSchema;
use serde::Serialize;

use crate::capacity::Cut;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::place::Place;
use crate::inventory::{
    Class, Copying, Disk, Inventory, Leaf, Pool, Run, StandIn, State, Vdev, guid, missing,
};
use crate::names::BayId;

/// What a member stands for in its vdev.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Itself.
    Plain,
    /// Another takes its place for good.
    Replaced,
    /// It takes the place of another for good.
    Replacing,
    /// A spare stands in for it.
    SparedFor,
    /// A spare that stands in.
    StandsIn,
}

/// A member.
#[allow(clippy::struct_excessive_bools)] // each goes with any other
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Member {
    /// Its bay, where it can be told.
    pub bay: Option<BayId>,
    /// The beginning of its line: `bay 3`, `usb`, `/root/file`.
    pub place: String,
    /// In a sentence: `bay 3`, `the fifth port`.
    pub spoken: String,
    /// It is not confirmed that this port is this bay.
    pub assumed: bool,
    /// Model; of a drive that is gone as ZFS remembers it.
    pub model: String,
    /// Serial.
    pub serial: Option<String>,
    /// Its drive is not there.
    pub gone: bool,
    /// ZFS's word for its state.
    pub state: State,
    /// What it stands for.
    pub role: Role,
    /// It is being written anew, and does not hold all it should.
    pub filling: bool,
    /// It lacks data, and the next resilver will write it.
    #[serde(skip_serializing_if = "is_false")]
    pub waits: bool,
    /// It took the place of another, and that did not end: it lacks data, and no resilver runs.
    #[serde(skip_serializing_if = "is_false")]
    pub unfinished: bool,
    /// Why it is in its state, in ZFS's word (`vdev_aux_t`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux: Option<String>,
    /// Read, write, checksum errors.
    pub errors: [u64; 3],
    /// Answers that took longer than 30 s.
    pub slow: u64,
    /// What a command calls it.
    pub name: String,
    /// GUID.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// GUID of the replacement or spare that it is in, the outermost. `None`: it has its place for itself.
    #[serde(skip)]
    pub shares: Option<u64>,
    /// Of a spare: the other pool that has it in use.
    #[serde(skip)]
    pub used_by: Option<String>,
    /// ZFS looks for it under a kernel name such as sda that another drive has now.
    #[serde(skip)]
    pub renamed: bool,
    /// Its sectors are larger than its vdev was made for.
    #[serde(skip)]
    pub small_ashift: bool,
    /// Of a spare: the vdev whose members are all larger, so that ZFS cannot open it with this one while the pool is imported.
    #[serde(skip)]
    pub small_for: Option<String>,
    /// A TRIM of it runs.
    #[serde(skip)]
    pub trims: bool,
    /// An initialization of it runs.
    #[serde(skip)]
    pub initializes: bool,
}

impl Member {
    /// The member that a leaf is.
    pub fn of(hw: &Hw, inventory: &Inventory, pool: &Pool, vdev: &Vdev, leaf: &Leaf) -> Self {
        let told = &leaf.told;
        let here = inventory.disk_of(leaf);
        let path = leaf.path.as_ref().map(|path| path.as_str());
        let is_device = path.is_none_or(|path| path.starts_with("/dev/"));
        let open = leaf.is_read();
        let hit = leaf.errors.iter().any(|count| *count > 0);
        let suspended = pool.state == State::Suspended;
        let lost = if is_device { here.is_none() } else { leaf.state == State::Unavail };
        let gone = told.name.is_none() && lost && (!open || suspended && hit);
        let drive = here.map(|disk| Drive::of(hw, disk));
        let plain = told.name.as_deref().or(path);
        let (bay, place, spoken, model, serial) = match (drive.as_ref(), plain) {
            (Some(drive), _) => (
                drive.bay.clone().filter(|_| !hw.is_generic()),
                drive.place(),
                drive.spoken(),
                drive.model.clone().unwrap_or_else(|| "?".to_owned()),
                drive.serial.as_ref().map(ToString::to_string),
            ),
            (None, Some(name)) if !is_device || !gone || told.name.is_some() => {
                let short = name.rsplit('/').next().unwrap_or(name).to_owned();
                (None, short.clone(), short, String::new(), None)
            }
            (None, _) => {
                let was = missing::of(hw, inventory, leaf);
                let bay = was.bay.filter(|_| !hw.is_generic());
                let serial = was.serial.as_deref().unwrap_or("no serial known");
                let spoken = bay
                    .as_ref()
                    .map_or_else(|| format!("a drive ({} {serial})", was.model), BayId::spoken);
                (bay, was.place, spoken, was.model, was.serial)
            }
        };
        let role = match leaf.stands() {
            None => Role::Plain,
            Some((StandIn::Replacing, false)) => Role::Replaced,
            Some((StandIn::Replacing, true)) => Role::Replacing,
            Some((_, false)) => Role::SparedFor,
            Some((_, true)) => Role::StandsIn,
        };
        let runs = |work: Option<&Copying>| work.is_some_and(|work| work.run == Run::Active);
        let whole = path.map(|path| match path.strip_suffix("-part1") {
            Some(whole) if path.starts_with("/dev/disk/") => whole,
            _ => path,
        });
        Self {
            assumed: drive.as_ref().is_some_and(|drive| drive.assumed),
            bay,
            place,
            spoken,
            model,
            serial,
            gone,
            state: leaf.state.clone(),
            role,
            filling: pool.fills(vdev, leaf),
            waits: told.deferred,
            unfinished: is_unfinished(pool, vdev, leaf),
            aux: told.aux.clone(),
            errors: leaf.errors,
            slow: told.slow_ios,
            // Of one that is gone the path may be another's by now.
            name: whole
                .filter(|_| !gone)
                .or(told.name.as_deref())
                .map_or_else(|| leaf.guid.to_string(), str::to_owned),
            guid: leaf.guid,
            shares: told.within.first().map(|it| it.guid),
            used_by: told.used_by.clone(),
            renamed: !open && is_renamed(inventory, pool, vdev, leaf),
            small_ashift: told.better_ashift.is_some(),
            small_for: here
                .filter(|_| vdev.class == Class::Spare && is_device)
                .and_then(|disk| small_for(inventory, pool, disk)),
            trims: runs(told.trim.as_ref()),
            initializes: runs(told.initialize.as_ref()),
        }
    }

    /// Whether nothing is the matter with it: its drive answers, holds all it should, and counts no errors.
    pub fn is_sound(&self) -> bool {
        let lacks = self.gone || self.filling || self.waits || self.unfinished;
        self.state == State::Online && !lacks && !self.has_errors()
    }

    /// Whether ZFS, too, says that its drive is not there. A device that is no drive of the box (a mapper's, a file) and
    /// one that was given up before it went have another state.
    pub fn is_away(&self) -> bool {
        self.gone && matches!(self.state, State::Unavail | State::Removed | State::Online)
    }

    /// Whether anything stands in the column of errors.
    pub fn has_errors(&self) -> bool {
        self.errors.iter().any(|count| *count > 0)
    }
}

/// Whether ZFS looks for a member under a kernel name that is another drive's by now: its own drive is here by another
/// name, or several of a vdev are not what ZFS found under such names.
fn is_renamed(inventory: &Inventory, pool: &Pool, vdev: &Vdev, leaf: &Leaf) -> bool {
    let named = |leaf: &Leaf| {
        let name = leaf.path.as_ref().and_then(|path| path.as_str().strip_prefix("/dev/"));
        let bare = name.filter(|name| !name.contains('/'));
        bare.filter(|name| ["sd", "nvme", "vd", "hd", "xvd"].iter().any(|it| name.starts_with(it)))
            .map(str::to_owned)
    };
    let Some(name) = named(leaf) else { return false };
    let is_out = |leaf: &Leaf| matches!(leaf.state, State::Faulted | State::Unavail);
    let is_other = |leaf: &Leaf| {
        let aux = leaf.told.aux.as_deref();
        is_out(leaf) && matches!(aux, Some("CORRUPT_DATA" | "BAD_LABEL" | "BAD_GUID_SUM"))
    };
    let label = matches!(pool.told.msgid.as_deref(), Some("ZFS-8000-4J" | "ZFS-8000-5E"));
    if !is_out(leaf) || !(label || vdev.leaves.iter().any(is_other)) {
        return false;
    }
    let elsewhere = inventory.disk_of(leaf).is_some_and(|disk| !name.starts_with(&disk.name));
    let several = vdev.leaves.iter().filter(|leaf| is_out(leaf) && named(leaf).is_some()).count();
    elsewhere || several > 1
}

/// The vdev whose members are all larger than what ZFS makes of this whole drive, which is the most that a spare can be.
fn small_for(inventory: &Inventory, pool: &Pool, disk: &Disk) -> Option<String> {
    let drive = disk.measure();
    let most = Cut::Whole.made_by(inventory.release(), drive).ok()?;
    let holds = |vdev: &&Vdev| !matches!(vdev.class, Class::Spare | Class::Cache | Class::Log);
    let mut data = pool.vdevs.iter().filter(holds);
    data.find(|vdev| vdev.is_above(most)).map(|vdev| vdev.name.clone())
}

/// Whether a leaf is the new drive of a replacement that goes on no more.
fn is_unfinished(pool: &Pool, vdev: &Vdev, leaf: &Leaf) -> bool {
    let lacks = |place: &&Place<'_>| {
        let Place::Shared { kind: StandIn::Replacing, .. } = place else { return false };
        place.member().is_some_and(|it| it.guid == leaf.guid)
    };
    let waits = |place: &&Place<'_>| !place.leaves().iter().any(|leaf| leaf.told.deferred);
    let places = vdev.places();
    let mut pairs = places.iter().flat_map(Place::shared);
    leaf.is_read() && !pool.resilvers() && pairs.any(|it| lacks(&it) && waits(&it))
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's form
fn is_false(flag: &bool) -> bool {
    !*flag
}
