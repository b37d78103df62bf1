//! The planner: a pure function of what was asked and what was seen.
//!
//! Nothing here looks at the machine. All reasons to refuse are collected before any is told; a pool counts
//! as absent only if `zpool list`, `zpool import`, `zpool import -D` and the labels on all disks say so.

use thiserror::Error;

use crate::capacity::CapacityError;
use crate::check::{self, Note, Severity};
use crate::drive::Drive;
use crate::fault::Faults;
use crate::hw::Hw;
use crate::inventory::{Disk, ImportablePool, Inventory, Owner, Pool};
use crate::machine::Hash;
use crate::plan::erase::{self, Erased, Erasing, Take};
use crate::plan::import::{self, Import};
use crate::plan::outlook::{self, Outlook};
use crate::plan::pick::{self, Picks};
use crate::plan::refusal::{Refusal, Refused};
use crate::plan::system::{System, compatibility};
use crate::plan::{Danger, Fingerprint, Plan, Step, VERSION, better, replace, steps};
use crate::profile::property::Setting;
use crate::profile::{BootFrom, Profile};
use crate::units::Bytes;
use crate::verify::{self, Drift};
use crate::yaml::Parsed;

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The wish cannot work on this box.
    #[error("{0}")]
    Faults(Box<Faults>),
    /// The machine is not fit for it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The drives do not make a pool.
    #[error("no pool can be made from these drives")]
    Capacity(#[from] CapacityError),
}

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The box that the wish is for.
    pub hw: &'a Hw,
    /// Title of the box that was recognised, where it is another one than the wish's.
    pub other_box: Option<&'a str>,
    /// The wish.
    pub profile: &'a Parsed<Profile>,
    /// Its name, as the user knows it.
    pub name: &'a str,
    /// The look.
    pub inventory: &'a Inventory,
    /// The rest of the system.
    pub system: &'a System,
    /// Disks that a person named to be erased.
    pub takes: &'a [Take],
    /// The host that a person named as the one that had the pool last.
    pub adopt: Option<&'a str>,
}

/// Makes the plan.
///
/// # Errors
/// Everything that speaks against it.
pub fn make(request: &Request<'_>) -> Result<Plan, PlanError> {
    let Request { hw, profile: parsed, inventory, system, .. } = *request;
    let profile = &parsed.value;
    let mut notes = check::check(hw, profile);
    if let Some(faults) = check::refusal(parsed, &notes) {
        return Err(PlanError::Faults(Box::new(faults)));
    }
    let mut refusals = the_box(request);
    let pool = match &inventory.pools {
        Ok(pools) => pools.iter().find(|pool| pool.name == profile.pool.name.as_str()),
        Err(unknown) => {
            refusals.push(not_known("which pools are imported", &unknown.why));
            None
        }
    };
    let picks = match (pick::pick(hw, profile, inventory), pool) {
        (Ok(picks), _) => Some(picks),
        (Err(_), Some(_)) => None,
        (Err(empty), None) => {
            refusals.extend(empty);
            None
        }
    };
    let mut erasing = Vec::new();
    let mut import = None;
    if let (None, Some(picks)) = (pool, &picks) {
        let hostid = steps::own_hostid(inventory, system);
        let name = profile.pool.name.as_str();
        match import::own(name, picks, inventory, hostid.as_deref(), request.adopt) {
            Ok(found) => import = found,
            Err(import::Elsewhere { pool, host, last }) => {
                // What else could be said of these drives follows from it.
                refusals.push(Refusal::UsedElsewhere { pool, host, last });
                return Err(Refused(refusals).into());
            }
        }
    }
    if pool.is_none() && import.is_none() {
        if let Some(picks) = &picks {
            match pick::judge(hw, profile, picks, request.takes, &system.unfinished) {
                Ok(found) => erasing = found,
                Err(found) => refusals.extend(found),
            }
        }
        refusals.extend(elsewhere(request, &erasing));
    }
    refusals.extend(half_way(request, pool.is_some(), import.is_some()));
    if request.other_box.is_some() {
        // What the wish makes of another box's bays helps nobody.
        refusals.retain(|refusal| matches!(refusal, Refusal::OtherBox { .. }));
    }
    if !refusals.is_empty() {
        return Err(Refused(refusals).into());
    }

    let drift = verify::drift(hw, profile, &parsed.text, inventory, system);
    let (mend, rest): (Vec<Drift>, Vec<Drift>) = drift.into_iter().partition(Drift::mendable);
    // What an imported pool has is known once it is imported.
    let mend: Vec<Drift> = mend
        .into_iter()
        .filter(|drift| {
            import.is_none()
                || !matches!(drift, Drift::DatasetMissing { .. } | Drift::NotKept { .. })
        })
        .collect();
    let prints = match (&picks, pool) {
        (Some(picks), None) => fingerprints(hw, picks),
        _ => Vec::new(),
    };
    let id = plan_id(parsed, &prints, &mend);
    let erases = erased(&erasing, &prints);
    let after: Vec<Fingerprint> = prints.iter().map(|print| once_erased(print, &erases)).collect();
    let mut steps = steps_for(request, picks.as_ref(), &after, &id, &mend, import.as_ref());
    let first = steps.iter().position(|step| step.danger == Danger::TakesFreeDisks);
    steps.splice(
        first.unwrap_or(0)..first.unwrap_or(0),
        erases.iter().zip(&erasing).filter_map(|(erased, it)| {
            Some(erase::step(erased, it.pick.disk.contents.as_ref().ok()?))
        }),
    );
    let outlook = match (&picks, pool) {
        (Some(picks), None) => outlook::outlook(profile, picks)?,
        (picks, Some(pool)) => standing(profile, picks.as_ref(), pool)?,
        (None, None) => return Err(Refused(Vec::new()).into()),
    };
    notes.retain(|note| note.severity < Severity::Error);
    if let (Some(picks), None) = (&picks, pool) {
        notes.extend(advice(profile, picks, &outlook));
    }
    Ok(Plan {
        zbay_plan: VERSION,
        id,
        made: inventory.taken,
        title: hw.title.clone(),
        hardware: hw.hardware.clone(),
        profile: request.name.to_owned(),
        wish: parsed.text.clone(),
        pool: profile.pool.name.to_string(),
        layout: layout_words(profile),
        disks: prints,
        erases,
        takes: request.takes.to_vec(),
        import,
        adopt: request.adopt.map(str::to_owned),
        as_wished: as_wished(profile, pool, &mend, &rest),
        steps,
        drift: rest,
        outlook,
        notes,
    })
}

/// `raidz of 4`, `mirror of 2 + 2`.
pub fn layout_words(profile: &Profile) -> String {
    let widths: Vec<String> =
        profile.pool.bays.0.iter().map(|bays| bays.len().to_string()).collect();
    format!("{} of {}", profile.pool.layout, widths.join(" + "))
}

fn not_known(what: &str, why: &str) -> Refusal {
    Refusal::NotKnown { what: what.to_owned(), why: why.to_owned() }
}

fn the_box(request: &Request<'_>) -> Vec<Refusal> {
    let Request { hw, profile, inventory, other_box, .. } = *request;
    let mut refusals = Vec::new();
    if let Some(is) = other_box {
        refusals.push(Refusal::OtherBox { wished: hw.title.clone(), is: is.to_owned() });
        return refusals;
    }
    let wished = profile.value.controller;
    if let Some(is) = hw.mode(&inventory.host).filter(|is| *is != wished) {
        refusals.push(Refusal::OtherMode { wished: wished.to_string(), is: is.to_string() });
    }
    refusals.extend(zfs(inventory));
    if let (BootFrom::From(from), crate::hw::Firmware::Bios) = (&profile.value.boot, hw.firmware) {
        for disk in pick::in_bay(hw, inventory, from).iter().filter(|disk| disk.logical > 512) {
            refusals.push(Refusal::Boot4Kn { drive: Drive::of(hw, disk) });
        }
    }
    refusals
}

fn zfs(inventory: &Inventory) -> Option<Refusal> {
    let install = "Debian 13: add `contrib` to its sources, then `apt install zfs-dkms zfsutils-linux`\n         \
                   Debian 12: add the suite `bookworm-backports` with `main contrib`, then\n         \
                   `apt install -t bookworm-backports zfs-dkms zfsutils-linux` (docs/install.md)";
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
fn elsewhere(request: &Request<'_>, erasing: &[Erasing<'_>]) -> Vec<Refusal> {
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
fn half_way(request: &Request<'_>, there: bool, import: bool) -> Vec<Refusal> {
    let Request { profile: parsed, inventory, system, .. } = *request;
    let profile = &parsed.value;
    let exists = |name: &str| {
        let pools = inventory.pools.as_ref().ok();
        let full = verify::full(profile, name);
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
        for (kind, who, known) in [("user", user, &system.users), ("group", group, &system.groups)]
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
            mount.filter(|m| system.occupied.iter().any(|path| path == m.value.as_str()))
        {
            refusals.push(Refusal::Occupied { path: path.value.clone() });
        }
    }
    if !there && !import {
        match &system.feature_set {
            Ok(true) => {}
            Ok(false) => refusals.push(Refusal::NoFeatureSet { name: compatibility(profile) }),
            Err(unknown) => {
                refusals.push(not_known("which feature sets OpenZFS has", &unknown.why));
            }
        }
    }
    refusals.dedup();
    refusals
}

fn fingerprints(hw: &Hw, picks: &Picks<'_>) -> Vec<Fingerprint> {
    picks
        .all()
        .into_iter()
        .map(|(pick, role)| Fingerprint {
            drive: Drive::of(hw, pick.disk),
            address: pick.disk.address.clone().unwrap_or_default(),
            role: role.to_owned(),
            contents: pick.disk.contents.as_ref().map(|c| c.digest.clone()).unwrap_or_default(),
        })
        .collect()
}

/// What is erased, as the plan says it.
fn erased(erasing: &[Erasing<'_>], prints: &[Fingerprint]) -> Vec<Erased> {
    let one = |it: &Erasing<'_>| {
        let print =
            prints.iter().find(|print| Some(&print.address) == it.pick.disk.address.as_ref());
        let contents = it.pick.disk.contents.as_ref().ok()?;
        let holds = crate::render::foreign::sentence(&contents.owner);
        Some(Erased { disk: print?.clone(), holds, reason: it.reason.clone() })
    };
    erasing.iter().filter_map(one).collect()
}

fn once_erased(print: &Fingerprint, erases: &[Erased]) -> Fingerprint {
    let erased = erases.iter().any(|it| it.disk.address == print.address);
    if erased { erase::blank(print) } else { print.clone() }
}

/// Over the wish, the disks (not their kernel names, which change at every boot) and what is to be mended.
fn plan_id(parsed: &Parsed<Profile>, prints: &[Fingerprint], mend: &[Drift]) -> String {
    let disks: Vec<_> = prints
        .iter()
        .map(|print| {
            (&print.address, &print.drive.serial, print.drive.size, &print.role, &print.contents)
        })
        .collect();
    let all = serde_json::to_string(&(&parsed.text, disks, mend)).unwrap_or_default();
    Hash::of(all.as_bytes()).0.chars().take(16).collect()
}

fn steps_for(
    request: &Request<'_>,
    picks: Option<&Picks<'_>>,
    prints: &[Fingerprint],
    id: &str,
    mend: &[Drift],
    import: Option<&Import>,
) -> Vec<Step> {
    let Request { profile: parsed, inventory, system, .. } = *request;
    let profile = &parsed.value;
    let mut all = Vec::new();
    for drift in mend {
        match drift {
            Drift::Wish { .. } => all.push(steps::record_wish(&parsed.text, system)),
            Drift::NoHostid => all.extend(steps::hostid(inventory, system)),
            Drift::PoolMissing { .. } => {
                if let Some(import) = import {
                    all.push(import::step(import, prints));
                } else if let Some(picks) = picks {
                    all.extend(steps::create_pool(profile, picks, prints, id));
                }
            }
            Drift::DatasetMissing { dataset } => {
                let name = dataset.split_once('/').map_or("", |(_, name)| name);
                all.push(steps::create_dataset(profile, name));
            }
            Drift::Property { of, object, name, wished, is, .. } => {
                let setting = Setting { name: name.clone(), value: wished.clone() };
                all.push(steps::set(*of, object, &setting, is));
            }
            Drift::Disabled { units } => all.push(steps::enable(units)),
            Drift::NotKept { path, was } => {
                let pool = profile.pool.name.as_str();
                all.push(steps::keep_wish(&parsed.text, pool, path, was.as_ref()));
            }
            Drift::PoolState { .. }
            | Drift::Layout { .. }
            | Drift::Ashift { .. }
            | Drift::Waits { .. }
            | Drift::NotKnown { .. } => {}
        }
    }
    // What makes the pool come back comes last: it means something only once there is a pool.
    all.sort_by_key(|step| step.what.starts_with("import the pool"));
    all
}

/// The outlook of a pool that is there: its own numbers, and what its drives say about the rest.
fn standing(
    profile: &Profile,
    picks: Option<&Picks<'_>>,
    pool: &Pool,
) -> Result<Outlook, CapacityError> {
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name);
    let usable =
        root.map_or(Bytes::ZERO, |root| Bytes(root.used.0.saturating_add(root.available.0)));
    let computed = match picks {
        Some(picks) => outlook::outlook(profile, picks)?,
        None => Outlook {
            size: pool.size,
            usable,
            ashift: profile.pool.ashift.unwrap_or(crate::units::Ashift::DEFAULT),
            survives: 0,
            survives_at_best: 0,
            unused: Bytes::ZERO,
            replacement: Vec::new(),
            resilver_hours: (0, 0),
        },
    };
    Ok(Outlook { size: pool.size, usable, ..computed })
}

fn as_wished(
    profile: &Profile,
    pool: Option<&Pool>,
    mend: &[Drift],
    rest: &[Drift],
) -> Vec<String> {
    let mut fine = Vec::new();
    let all = || mend.iter().chain(rest);
    if let Some(pool) = pool {
        if !all().any(|drift| matches!(drift, Drift::Layout { .. })) {
            fine.push(format!("pool {}: {}", pool.name, layout_words(profile)));
        }
        let missing = all().filter(|drift| matches!(drift, Drift::DatasetMissing { .. })).count();
        let wished = verify::wished_datasets(profile).len();
        if wished > missing {
            fine.push(format!("{} of {wished} datasets", wished - missing));
        }
        if !all().any(|drift| matches!(drift, Drift::Property { .. })) {
            fine.push("properties".to_owned());
        }
    }
    if !all().any(|drift| matches!(drift, Drift::NoHostid)) {
        fine.push("hostid".to_owned());
    }
    if !all().any(|drift| matches!(drift, Drift::Disabled { .. } | Drift::NotKnown { .. })) {
        fine.push("import at boot".to_owned());
    }
    if !all().any(|drift| matches!(drift, Drift::Wish { .. })) {
        fine.push("the recorded wish".to_owned());
    }
    fine
}

fn advice(profile: &Profile, picks: &Picks<'_>, outlook: &Outlook) -> Vec<Note> {
    let wish = outlook::whole(profile, picks).ok();
    let better = wish.and_then(|wish| better::better(picks, &wish));
    better.into_iter().chain(replace::little_slack(&outlook.replacement)).collect()
}
