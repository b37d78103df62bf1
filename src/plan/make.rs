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
use crate::inventory::{Inventory, Owner, Pool};
use crate::machine::Hash;
use crate::plan::outlook::{self, Outlook};
use crate::plan::pick::{self, Picks};
use crate::plan::refusal::{Refusal, Refused};
use crate::plan::system::{System, compatibility};
use crate::plan::{Fingerprint, Plan, Step, VERSION, better, replace, steps};
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
    if pool.is_none() {
        if let Some(picks) = &picks {
            refusals.extend(pick::judge(hw, profile, picks));
        }
        refusals.extend(elsewhere(request));
    }
    refusals.extend(half_way(request, pool.is_some()));
    if request.other_box.is_some() {
        // What the wish makes of another box's bays helps nobody.
        refusals.retain(|refusal| matches!(refusal, Refusal::OtherBox { .. }));
    }
    if !refusals.is_empty() {
        return Err(Refused(refusals).into());
    }

    let drift = verify::drift(hw, profile, &parsed.text, inventory, system);
    let (mend, rest): (Vec<Drift>, Vec<Drift>) = drift.into_iter().partition(Drift::mendable);
    let prints = match (&picks, pool) {
        (Some(picks), None) => fingerprints(hw, picks),
        _ => Vec::new(),
    };
    let id = plan_id(parsed, &prints, &mend);
    let steps = steps_for(request, picks.as_ref(), &prints, &id, &mend);
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
fn elsewhere(request: &Request<'_>) -> Vec<Refusal> {
    let Request { hw, profile, inventory, .. } = *request;
    let name = profile.value.pool.name.as_str();
    let mut sources = Vec::new();
    let mut refusals = Vec::new();
    match &inventory.importable {
        Ok(pools) => {
            for pool in pools.iter().filter(|pool| pool.name == name) {
                let command = if pool.destroyed { "zpool import -D" } else { "zpool import" };
                sources.push(format!("`{command}` names it ({})", pool.state));
            }
        }
        Err(unknown) => refusals.push(not_known("which pools could be imported", &unknown.why)),
    }
    for disk in &inventory.disks {
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

/// What would stop a step after others were done.
fn half_way(request: &Request<'_>, there: bool) -> Vec<Refusal> {
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
                _ if number || who == "root" => {}
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
    if !there {
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
) -> Vec<Step> {
    let Request { profile: parsed, inventory, system, .. } = *request;
    let profile = &parsed.value;
    let mut all = Vec::new();
    for drift in mend {
        match drift {
            Drift::Wish { .. } => all.push(steps::record_wish(&parsed.text, system)),
            Drift::NoHostid => all.extend(steps::hostid(inventory, system)),
            Drift::PoolMissing { .. } => {
                if let Some(picks) = picks {
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
            Drift::PoolState { .. }
            | Drift::Layout { .. }
            | Drift::Ashift { .. }
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
