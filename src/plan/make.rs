//! The planner: a pure function of what was asked and what was seen.
//!
//! Nothing here looks at the machine. All reasons to refuse are collected before any is told; a pool counts
//! as absent only if `zpool list`, `zpool import`, `zpool import -D` and the labels on all disks say so.

use thiserror::Error;

use crate::capacity::CapacityError;
use crate::check::{self, Note, Rule, Severity, health, seats};
use crate::domain::face::World;
use crate::domain::{self, Drift, Facts, host, storage};
use crate::drive::Drive;
use crate::fault::Faults;
use crate::hw::Hw;
use crate::hw::host::Host;
use crate::inventory::{Disk, Inventory, Pool, volume};
use crate::machine::Hash;
use crate::names::BayId;
use crate::plan::against::{elsewhere, half_way, not_known, the_box};
use crate::plan::erase::{self, Erased};
use crate::plan::outlook::{self, Outlook};
use crate::plan::pick::{self, Erasing, Picks};
use crate::plan::refusal::{Refusal, Refused};
use crate::plan::request::Request;
use crate::plan::{Plan, VERSION, better, import, pool, replace};
use crate::profile::places::wished_datasets;
use crate::profile::{Layout, Profile};
use crate::shipped::PROFILES;
use crate::step::{Fingerprint, Import, Step};
use crate::units::Bytes;
use crate::yaml::Parsed;

/// Why there is no plan.
#[derive(Debug, Error)]
pub enum PlanError {
    /// The profile cannot work on this box.
    #[error("{0}")]
    Faults(Box<Faults>),
    /// The machine is not fit for it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The drives do not make a pool.
    #[error("no pool can be made from these drives")]
    Capacity(#[from] CapacityError),
}

/// Whether a profile may be laid onto a pool that zbay did not make though nobody says so: it is a file of one's own, or
/// recorded here already. The name of a shipped profile is no such word.
pub fn is_own_word(name: &str, profile: &str, facts: &Facts) -> bool {
    let shipped = PROFILES.iter().any(|(known, text)| *known == name && *text == profile);
    !shipped || facts.host.recorded.as_deref() == Some(profile)
}

/// Makes the plan.
///
/// # Errors
/// Everything that speaks against it.
pub fn make(request: &Request<'_>) -> Result<Plan, PlanError> {
    let Request { hw, profile: parsed, inventory, facts, .. } = *request;
    let profile = &parsed.value;
    let mut notes = check::check(hw, profile);
    for note in notes.iter_mut().filter(|note| note.severity == Severity::Error) {
        note.message.push_str(&holds(hw, inventory, note));
    }
    if let Some(faults) = check::refusal(parsed, &notes) {
        return Err(PlanError::Faults(Box::new(faults)));
    }
    let Decided { pool, picks, erasing, import } = decide(request)?;
    let world = World::of(hw, parsed, inventory);
    let drift = domain::drift(&world, facts);
    let (mend, rest): (Vec<Drift>, Vec<Drift>) = drift.into_iter().partition(Drift::mendable);
    let mend: Vec<Drift> =
        mend.into_iter().filter(|it| !waits(it, facts, import.is_some())).collect();
    let prints = match (&picks, pool) {
        (Some(picks), None) => fingerprints(hw, picks),
        _ => Vec::new(),
    };
    let id = plan_id(parsed, &prints, &mend);
    let erases = to_erase(&erasing, &prints);
    let after: Vec<Fingerprint> = prints.iter().map(|print| once_erased(print, &erases)).collect();
    let mut arrives: Vec<Step> = erases
        .iter()
        .zip(&erasing)
        .filter_map(|(it, erasing)| {
            Some(erase::step(it, erasing.pick.disk.contents.as_ref().ok()?))
        })
        .collect();
    match (&import, &picks) {
        (Some(import), _) => arrives.push(import::step(import, &after)),
        (None, Some(picks)) => arrives.extend(pool::create(profile, picks, &after, &id)),
        (None, None) => {}
    }
    let steps = domain::steps(&World { arrives: &arrives, ..world }, facts, &mend);
    let outlook = match (&picks, pool) {
        (Some(picks), None) => outlook::outlook(profile, picks)?,
        (picks, Some(pool)) => standing(profile, picks.as_ref(), pool)?,
        (None, None) => return Err(Refused(Vec::new()).into()),
    };
    notes.retain(|note| note.severity < Severity::Error);
    notes.extend(domain::notes(facts, &steps));
    if let (Some(picks), None) = (&picks, pool) {
        notes.extend(advice(profile, picks, &outlook));
        notes.extend(health_of(hw, profile, picks, &inventory.host));
        let disks: Vec<_> = picks.all().into_iter().map(|(pick, _)| pick.disk).collect();
        notes.extend(seats::stand_on(&inventory.host, &disks));
        notes.extend(seats::one_bridge(hw, &disks));
    }
    if let (Some(picks), Some(import)) = (&picks, &import) {
        notes.extend(import::other_name_note(import, picks, inventory));
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
        drawn: host::drawn_hostid(inventory, &facts.host.own),
        onto_existing: request.onto_existing,
        as_wished: as_wished(profile, pool, &mend, &rest),
        steps,
        drift: rest,
        outlook,
        notes,
    })
}

/// Whether a difference is not mended now: a pool that was imported and whose datasets are not settled does not come back at
/// boot before nothing of it is left unmounted, and what an imported pool has is known once it is imported.
fn waits(drift: &Drift, facts: &Facts, imports: bool) -> bool {
    let Drift::Storage(drift) = drift else { return false };
    let mut arrival = facts.storage.arrival.iter();
    let stuck = arrival.any(|it| !it.left.is_empty() && it.mount.is_empty());
    match drift {
        storage::Drift::Property { name, .. } => stuck && name == "cachefile",
        storage::Drift::DatasetMissing { .. } | storage::Drift::NotKept { .. } => imports,
        _ => false,
    }
}

/// What the drives of a pool that is yet to be made say of their health, and whether they were made together.
fn health_of(hw: &Hw, profile: &Profile, picks: &Picks<'_>, host: &Host) -> Vec<Note> {
    let raidz = !matches!(profile.pool.layout, Layout::Mirror | Layout::Stripe);
    let mut notes = health::of_all(hw, picks.all().into_iter().map(|(pick, _)| pick.disk));
    notes.retain(|note| raidz || note.rule != Rule::DriveShingled);
    for vdev in &picks.data {
        // What is no drive was not made in a batch.
        let drives = vdev.iter().map(|pick| pick.disk);
        let drives = drives.filter(|disk| volume::of(disk, &host.controllers).is_none());
        let disks: Vec<_> = drives.collect();
        notes.extend(health::batch(hw, &disks));
    }
    notes
}

/// The drive at a port that the box does not have as a bay, for whoever named it.
fn holds(hw: &Hw, inventory: &Inventory, note: &Note) -> String {
    let named = |disk: &&Disk| {
        let path = disk.path.as_ref().map(|path| path.to_ascii_lowercase());
        path.is_some() && path.as_deref() == note.bay.as_ref().map(BayId::as_str)
    };
    inventory.disks.iter().find(named).map_or_else(String::new, |disk| {
        let drive = Drive::of(hw, disk);
        format!("; it holds {}", crate::words::plain(&drive.label()))
    })
}

/// What a look makes of a profile, where nothing speaks against it.
struct Decided<'a> {
    /// The wished pool, if it is imported.
    pool: Option<&'a Pool>,
    /// The wished bays with their disks, where there is one in each.
    picks: Option<Picks<'a>>,
    /// Those of them that are erased first.
    erasing: Vec<Erasing<'a>>,
    /// The pool that they hold already.
    import: Option<Import>,
}

fn decide<'a>(request: &Request<'a>) -> Result<Decided<'a>, Refused> {
    let Request { hw, profile: parsed, inventory, facts, .. } = *request;
    let profile = &parsed.value;
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
    // Whoever names drives to be erased does not want them imported.
    let wanted = request.takes.is_empty() && request.other_box.is_none();
    if let (None, Some(picks), true) = (pool, &picks, wanted) {
        let hostid = host::own_hostid(inventory, &facts.host.own);
        let name = profile.pool.name.as_str();
        match import::own(name, picks, inventory, hostid.as_deref(), request.adopt) {
            Ok(found) => import = found,
            Err(import::Elsewhere { pool, host, last }) => {
                // What else could be said of these drives follows from it.
                refusals.push(Refusal::UsedElsewhere { pool, host, last });
                return Err(Refused(refusals));
            }
        }
    }
    if let (Some(pool), false) = (pool, request.takes.is_empty()) {
        refusals.push(Refusal::TakeTooLate { pool: pool.name.clone() });
    }
    if pool.is_none() && import.is_none() {
        if let Some(picks) = &picks {
            match pick::judge(hw, profile, picks, request.takes, &facts.storage.unfinished) {
                Ok(found) => erasing = found,
                Err(found) => refusals.extend(found),
            }
        }
        refusals.extend(elsewhere(request, &erasing));
    }
    refusals.extend(another(request, pool, picks.as_ref(), import.as_ref()));
    refusals.extend(half_way(request, pool.is_some(), import.is_some()));
    if request.other_box.is_some() {
        // What the profile makes of another box's bays helps nobody.
        refusals.retain(|refusal| matches!(refusal, Refusal::OtherBox { .. }));
    }
    if !refusals.is_empty() {
        return Err(Refused(refusals));
    }
    Ok(Decided { pool, picks, erasing, import })
}

/// A pool of the wished name that is not the one that the profile may be laid onto.
fn another(
    request: &Request<'_>,
    pool: Option<&Pool>,
    picks: Option<&Picks<'_>>,
    import: Option<&Import>,
) -> Option<Refusal> {
    let profile = &request.profile.value;
    let name = profile.pool.name.to_string();
    let is = pool.map(|pool| pool.guid.to_string()).or_else(|| import.map(|it| it.guid.clone()));
    if let Some(wished) = profile.pool.guid.filter(|guid| is != Some(guid.to_string())) {
        return Some(Refusal::OtherGuid { pool: name, wished: wished.to_string(), is });
    }
    let ours = match (pool, import, picks) {
        (Some(pool), _, _) => pool.is_marked(),
        (None, Some(import), Some(picks)) => import::is_marked(import, picks),
        _ => true,
    };
    let word =
        request.onto_existing || is_own_word(request.name, &request.profile.text, request.facts);
    (!ours && !word).then(|| Refusal::NotOurs {
        pool: name,
        profile: request.name.to_owned(),
        adoptable: request.adoptable && pool.is_some(),
    })
}

/// `raidz of 4`, `mirror of 2 + 2`.
pub fn layout_words(profile: &Profile) -> String {
    let widths: Vec<String> =
        profile.pool.bays.0.iter().map(|bays| bays.len().to_string()).collect();
    format!("{} of {}", profile.pool.layout, widths.join(" + "))
}

fn fingerprints(hw: &Hw, picks: &Picks<'_>) -> Vec<Fingerprint> {
    picks.all().into_iter().map(|(pick, role)| Fingerprint::of(hw, pick.disk, role)).collect()
}

/// What is erased, as the plan says it.
fn to_erase(erasing: &[Erasing<'_>], prints: &[Fingerprint]) -> Vec<Erased> {
    let one = |it: &Erasing<'_>| {
        let print =
            prints.iter().find(|print| Some(&print.address) == it.pick.disk.address.as_ref());
        let contents = it.pick.disk.contents.as_ref().ok()?;
        let holds = crate::inventory::sentence::sentence(&contents.owner);
        Some(Erased { disk: print?.clone(), holds, reason: it.reason.clone() })
    };
    erasing.iter().filter_map(one).collect()
}

fn once_erased(print: &Fingerprint, erases: &[Erased]) -> Fingerprint {
    let first = erases.iter().any(|it| it.disk.address == print.address);
    if first { erase::blank(print) } else { print.clone() }
}

/// Over the profile, the disks (not their kernel names, which change at every boot) and what is to be mended.
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
    let of_host = |is: fn(&host::Drift) -> bool| {
        all().any(|drift| matches!(drift, Drift::Host(drift) if is(drift)))
    };
    let of_storage = |is: fn(&storage::Drift) -> bool| {
        all().filter(|drift| matches!(drift, Drift::Storage(drift) if is(drift))).count()
    };
    if let Some(pool) = pool {
        use storage::Drift::{DatasetMissing, Extra, Lacking, Layout, Property};
        if of_storage(|it| matches!(it, Layout { .. } | Extra { .. } | Lacking { .. })) == 0 {
            fine.push(format!("pool {}: {}", pool.name, layout_words(profile)));
        }
        let missing = of_storage(|it| matches!(it, DatasetMissing { .. }));
        let wished = wished_datasets(profile).len();
        if wished > missing {
            fine.push(format!("{} of {wished} datasets", wished - missing));
        }
        if of_storage(|it| matches!(it, Property { .. })) == 0 {
            fine.push("properties".to_owned());
        }
    }
    if !of_host(|it| *it == host::Drift::NoHostid) {
        fine.push("hostid".to_owned());
    }
    let unknown = all().any(|drift| matches!(drift, Drift::NotKnown(_)));
    if !unknown && !of_host(|it| matches!(it, host::Drift::Disabled { .. })) {
        fine.push("import at boot".to_owned());
    }
    if profile.care.is_some() && !all().any(|drift| matches!(drift, Drift::Care(_))) {
        fine.push("care".to_owned());
    }
    if !of_host(|it| matches!(it, host::Drift::Wish { .. })) {
        fine.push("the recorded profile".to_owned());
    }
    fine
}

fn advice(profile: &Profile, picks: &Picks<'_>, outlook: &Outlook) -> Vec<Note> {
    let wish = outlook::whole(profile, picks).ok();
    let better = wish.and_then(|wish| better::better(picks, &wish));
    better.into_iter().chain(replace::little_slack(&outlook.replacement)).collect()
}
