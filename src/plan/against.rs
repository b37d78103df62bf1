//! What speaks against a plan: the box, OpenZFS, pools elsewhere, and what would stop a step half-way.
//!
//! Pure. All of it is collected before any is told; what speaks against a drive is in `pick`.

use crate::domain::keys::KEY_BYTES;
use crate::drive::Drive;
use crate::hw::ControllerMode;
use crate::inventory::seats::in_bay;
use crate::inventory::{Disk, ImportablePool, Inventory, Owner};
use crate::plan::pick::Erasing;
use crate::plan::refusal::Refusal;
use crate::plan::request::Request;
use crate::profile::BootFrom;
use crate::profile::places::{compatibility, full};

pub(super) fn not_known(what: &str, why: &str) -> Refusal {
    Refusal::NotKnown { what: what.to_owned(), why: why.to_owned() }
}

pub(super) fn the_box(request: &Request<'_>) -> Vec<Refusal> {
    let Request { hw, profile, inventory, other_box, .. } = *request;
    let mut refusals = Vec::new();
    if let Some(is) = other_box {
        refusals.push(Refusal::OtherBox { wished: hw.title.clone(), is: is.to_owned() });
        return refusals;
    }
    let wished = profile.value.controller;
    let chipset = hw.chipset_mode(&inventory.host);
    if wished == ControllerMode::Hba {
        if hw.controller.is_some() && hw.card().is_none() {
            refusals.push(Refusal::NotLearned);
        }
        // The chipset's other ports boot as they do in AHCI mode.
        if let Some(is) = chipset.filter(|is| *is != ControllerMode::Ahci && at_chipset(request)) {
            let wished = ControllerMode::Ahci.to_string();
            refusals.push(Refusal::OtherMode { wished, is: is.to_string() });
        }
    } else if let Some(is) = chipset.filter(|is| *is != wished) {
        refusals.push(Refusal::OtherMode { wished: wished.to_string(), is: is.to_string() });
    }
    refusals.extend(zfs(inventory));
    if let (BootFrom::From(from), crate::hw::Firmware::Bios) = (&profile.value.boot, hw.firmware) {
        for disk in in_bay(hw, inventory, from)
            .iter()
            .filter(|disk| disk.logical.is_some_and(|it| it > 512))
        {
            refusals.push(Refusal::Boot4Kn { drive: Drive::of(hw, disk) });
        }
    }
    refusals
}

/// Whether the system is wished to boot from a port of the described controller.
fn at_chipset(request: &Request<'_>) -> bool {
    let BootFrom::From(from) = &request.profile.value.boot else { return false };
    let own = request.hw.controller.as_ref().map(|it| format!("pci-{}-", it.address));
    let port = request.hw.port(from);
    own.zip(port).is_some_and(|(own, port)| port.starts_with(&own))
}

fn zfs(inventory: &Inventory) -> Option<Refusal> {
    let install = "Debian 13: add `contrib` to its sources, then `apt install zfs-dkms zfsutils-linux`\n         \
                   Debian 12: add the suite `bookworm-backports` with `main contrib`, then\n         \
                   `apt install -t bookworm-backports zfs-dkms zfsutils-linux`; `zbay help install`";
    let refuse = |why: String, remedy: &str| Some(Refusal::Zfs { why, remedy: remedy.to_owned() });
    match &inventory.host.zfs {
        None => refuse(
            "the ZFS module is not loaded".to_owned(),
            &format!("`modprobe zfs`; if there is none: {install}"),
        ),
        Some(version) => {
            let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>().ok());
            match (numbers.next().flatten(), numbers.next().flatten()) {
                (Some(major), Some(minor)) if (major, minor) >= (2, 3) => None,
                (Some(_), Some(_)) => refuse(
                    format!("OpenZFS {version} is too old: zbay needs 2.3 or newer"),
                    install,
                ),
                _ => refuse(
                    format!("the version of OpenZFS, `{version}`, is not understood"),
                    install,
                ),
            }
        }
    }
}

/// Who else names a pool of the wished name (rule 2).
pub(super) fn elsewhere(request: &Request<'_>, erasing: &[Erasing<'_>]) -> Vec<Refusal> {
    let Request { hw, profile, inventory, .. } = *request;
    let name = profile.value.pool.name.as_str();
    let mut sources = Vec::new();
    let mut refusals = Vec::new();
    match &inventory.importable {
        Ok(pools) => {
            let erased = |pool: &ImportablePool| {
                // All that is left of it is what a person wants erased.
                let mut labels = erasing.iter().map(|it| guid_on(it.pick.disk));
                labels.any(|guid| guid.as_deref() == Some(pool.guid.as_str()))
            };
            for pool in pools.iter().filter(|pool| pool.name == name && !erased(pool)) {
                let command = if pool.destroyed { "zpool import -D" } else { "zpool import" };
                sources.push(format!("`{command}` names it ({})", pool.state));
            }
        }
        Err(unknown) => refusals.push(not_known("which pools could be imported", &unknown.why)),
    }
    for disk in &inventory.disks {
        if erasing.iter().any(|it| it.pick.disk.name == disk.name) {
            continue;
        }
        let Ok(contents) = &disk.contents else { continue };
        let Owner::ForeignPool(pool) = &contents.owner else { continue };
        if pool.name.as_deref() == Some(name) {
            sources
                .push(format!("its labels are on the drive in {}", Drive::of(hw, disk).spoken()));
        }
    }
    if !sources.is_empty() {
        refusals.push(Refusal::PoolElsewhere { pool: name.to_owned(), sources });
    }
    refusals
}

/// The pool that the labels of a disk name.
fn guid_on(disk: &Disk) -> Option<String> {
    match &disk.contents.as_ref().ok()?.owner {
        Owner::ForeignPool(pool) => pool.guid.clone(),
        _ => None,
    }
}

/// What would stop a step after others were done.
pub(super) fn half_way(request: &Request<'_>, there: bool, import: bool) -> Vec<Refusal> {
    let Request { profile: parsed, inventory, facts, .. } = *request;
    let profile = &parsed.value;
    let exists = |name: &str| {
        let pools = inventory.pools.as_ref().ok();
        let full = full(profile, name);
        let mut datasets = pools.into_iter().flatten().flat_map(|pool| &pool.datasets);
        datasets.any(|dataset| dataset.name == full)
    };
    let mut refusals = Vec::new();
    let wishes = profile.datasets.iter().map(|(name, wish)| (name.as_str(), wish));
    for (name, wish) in std::iter::once(("", &profile.pool.root)).chain(wishes) {
        if exists(name) {
            continue;
        }
        let (owner, _) = wish.access();
        let (user, group) = owner.split_once(':').unwrap_or((&owner, "root"));
        for (kind, who, known) in
            [("user", user, &facts.storage.users), ("group", group, &facts.storage.groups)]
        {
            let number = who.chars().all(|c| c.is_ascii_digit());
            match known {
                // A pool that is imported brings its datasets along: nobody is needed to own new ones.
                _ if import || number || who == "root" => {}
                Ok(names) if names.iter().any(|name| name == who) => {}
                Ok(_) => refusals.push(Refusal::NoPrincipal { kind, name: who.to_owned() }),
                Err(unknown) => refusals.push(not_known("which users there are", &unknown.why)),
            }
        }
        let settings = if name.is_empty() {
            wish.root_settings(profile.pool.name.as_str())
        } else {
            wish.settings()
        };
        let mount = settings.iter().find(|setting| setting.name == "mountpoint");
        if let Some(path) =
            mount.filter(|m| facts.storage.occupied.iter().any(|path| path == m.value.as_str()))
        {
            refusals.push(Refusal::Occupied { path: path.value.clone() });
        }
    }
    if !there && !import {
        match &facts.storage.feature_set {
            Ok(true) => {}
            Ok(false) => refusals.push(Refusal::NoFeatureSet { name: compatibility(profile) }),
            Err(unknown) => {
                refusals.push(not_known("which feature sets OpenZFS has", &unknown.why));
            }
        }
    }
    for key in facts.keys.keys.iter().filter(|key| key.loaded.is_none()) {
        let Some((mode, bytes)) = key.file else { continue };
        if mode & 0o077 != 0 || bytes != KEY_BYTES {
            let Some(path) = key.path.clone() else { continue };
            refusals.push(Refusal::NoKey { path, mode, bytes });
        }
    }
    refusals.dedup();
    refusals
}
