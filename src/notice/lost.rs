//! Pools that are not there: what the profile names, or was once seen imported, and is not any more.
//!
//! Absence is never health. Such a pool is told as lost, at once and daily, unless its labels say that it was exported or
//! destroyed (told once), zbay exported it itself, or a person said `zbay forget`. A pool is known by its GUID: another one of
//! the same name is not it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::start::Start;
use super::{Matter, SKEW, Told, age};
use crate::inventory::{Inventory, Owner, Pool, PoolState};
use crate::status::{Condition, Status, Weight, What};

/// How the key of what is told of such a pool begins.
pub const KEY: &str = "lost ";
/// The same of one that was let go, which is told once.
const LET_GO: &str = "let go ";

/// How long what the labels said holds while the drives are the same.
const SEARCH: SignedDuration = SignedDuration::from_hours(1);

/// A pool that was seen imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its name then.
    pub name: String,
    /// When it was last seen.
    pub at: Timestamp,
    /// In which boot.
    #[serde(default)]
    pub boot: Option<String>,
    /// Its drives by serial, each with its row: bay, model, serial.
    #[serde(default)]
    pub drives: BTreeMap<String, String>,
    /// Why it is not missed.
    #[serde(default)]
    pub let_go: Option<LetGo>,
}

/// Why a pool that is not imported is not missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetGo {
    /// zbay exported it.
    Ours,
    /// Its labels say that it was exported.
    Exported,
    /// Its labels say that it was destroyed.
    Destroyed,
    /// Its drives are in another pool now.
    Overwritten,
}

/// A pool that is not imported and should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Name.
    pub name: String,
    /// GUID; `None`: zbay never saw it.
    pub guid: Option<String>,
    /// Why it is not missed; `None`: it is.
    pub let_go: Option<LetGo>,
    /// Whether the profile names it.
    pub wished: bool,
    /// Whether zbay has seen it, if only as a name.
    known: bool,
    /// It may still come by itself: this boot has not ended.
    pub may_come: bool,
    /// Why it is not here, as far as its drives tell.
    why: Why,
    /// Rows of drives that are not here.
    drives: Vec<String>,
}

/// What is known of the drives of a pool that is not imported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Why {
    /// Nobody looked.
    #[default]
    Unknown,
    /// `zpool import` names it, in this state.
    Here(String),
    /// It was looked for and not found.
    Nowhere,
    /// It was looked for, and not everywhere.
    Unread(String),
}

/// What a search of the drives for pools that are not imported found. Reading labels keeps drives from falling asleep, so it is
/// done once for each set of drives, and hourly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// When.
    at: Timestamp,
    /// The drives that were there: names, serials and sizes.
    drives: Vec<String>,
    /// By GUID, or by name where nobody knows that.
    found: BTreeMap<String, Found>,
}

/// What was found of one pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Found {
    why: Why,
    drives: Vec<String>,
}

/// The drives that are there. Names are among them: a drive that comes back under another one is looked at again.
fn drives(inventory: &Inventory) -> Vec<String> {
    let mut all: Vec<String> = inventory
        .disks
        .iter()
        .map(|disk| {
            let serial = disk.serial.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {serial} {}", disk.name, disk.size.0)
        })
        .collect();
    all.sort_unstable();
    all
}

/// Fills in what the last search of these drives found; true where that is enough: for these pools, within the hour.
pub fn recall(told: &Told, absent: &mut [Absent], inventory: &Inventory) -> bool {
    let same = |search: &&Search| inventory.blind.is_none() && search.drives == drives(inventory);
    let Some(search) = told.search.as_ref().filter(same) else { return false };
    let mut known = true;
    for pool in absent.iter_mut().filter(|pool| pool.let_go.is_none() && !pool.may_come) {
        match search.found.get(pool.guid.as_ref().unwrap_or(&pool.name)) {
            Some(found) => {
                (pool.why, pool.drives) = (found.why.clone(), found.drives.clone());
            }
            None => known = false,
        }
    }
    let fresh = age(search.at, inventory.taken).is_some_and(|age| age < SEARCH);
    known && fresh
}

/// Notes the pools that are imported, with the rows of their drives.
pub fn note(told: &mut Told, pools: &[Pool], shown: &[Status], start: &Start, now: Timestamp) {
    for pool in pools {
        let status = shown.iter().find(|status| status.pool == pool.name);
        let members = status.into_iter().flat_map(|it| &it.vdevs).flat_map(|it| &it.members);
        let rows = members.filter_map(|member| {
            let serial = member.serial.as_deref()?;
            let row = format!("{}  {}  serial {serial}", member.place, member.model);
            Some((serial.to_owned(), row))
        });
        let seen = Seen {
            name: pool.name.clone(),
            at: now,
            boot: start.boot.clone(),
            drives: rows.collect(),
            let_go: None,
        };
        told.pools.insert(pool.guid.to_string(), seen);
        if let Some(search) = &mut told.search {
            search.found.retain(|key, _| *key != pool.guid.to_string() && *key != pool.name);
        }
        call_by_guid(told, pool);
    }
}

/// What was told of a pool when only its name was known.
fn call_by_guid(told: &mut Told, pool: &Pool) {
    let (name, guid) = (format!("{KEY}{}", pool.name), format!("{KEY}{}", pool.guid));
    if let Some(mut known) = told.matters.remove(&name) {
        known.matter.key.clone_from(&guid);
        told.matters.entry(guid.clone()).or_insert(known);
    }
    for over in told.over.iter_mut().filter(|over| over.matter.key == name) {
        over.matter.key.clone_from(&guid);
    }
}

/// Pools that are not imported and were seen, or are named by the profile. `pools` are the imported ones.
pub fn absent(told: &Told, wished: Option<&str>, pools: &[Pool], start: &Start) -> Vec<Absent> {
    let imported = |guid: &str| pools.iter().any(|pool| pool.guid.to_string() == guid);
    let named = |name: &str| pools.iter().any(|pool| pool.name == name);
    let seen = told.pools.iter().filter(|(guid, _)| !imported(guid));
    let mut all: Vec<Absent> = seen
        .map(|(guid, seen)| Absent {
            name: seen.name.clone(),
            guid: Some(guid.clone()),
            let_go: seen.let_go,
            // Another pool of its name is what the profile means now.
            wished: wished == Some(&seen.name) && !named(&seen.name),
            known: true,
            may_come: start.settling && (start.boot.is_none() || seen.boot != start.boot),
            why: Why::Unknown,
            drives: Vec::new(),
        })
        .collect();
    if let Some(name) =
        wished.filter(|name| !named(name) && !all.iter().any(|it| it.name == **name))
    {
        all.push(Absent {
            name: name.to_owned(),
            guid: None,
            let_go: None,
            wished: true,
            // Older files have no pools, but what was told of them.
            known: told.filled.contains_key(name)
                || told.matters.values().any(|known| known.matter.pool() == Some(name)),
            may_come: start.settling,
            why: Why::Unknown,
            drives: Vec::new(),
        });
    }
    all
}

/// Whether somebody has to look at the drives for them.
pub fn is_asked(absent: &[Absent]) -> bool {
    absent.iter().any(|pool| pool.let_go.is_none() && !pool.may_come)
}

/// What the drives say of them; what their labels say is noted.
pub fn explain(told: &mut Told, absent: &mut [Absent], look: &Inventory) {
    let mut found = BTreeMap::new();
    for pool in absent.iter_mut().filter(|pool| pool.let_go.is_none() && !pool.may_come) {
        let seen = pool.guid.as_ref().and_then(|guid| told.pools.get_mut(guid));
        let here = |serial: &String| {
            look.disks.iter().any(|it| it.serial.as_ref().is_some_and(|is| is.as_str() == serial))
        };
        if let (Some(seen), true) = (&seen, look.blind.is_none()) {
            let gone = seen.drives.iter().filter(|(serial, _)| !here(serial));
            pool.drives = gone.map(|(_, row)| format!("{row}  not here")).collect();
        }
        pool.let_go = let_go(pool, seen.as_deref(), look);
        if let Some(seen) = seen {
            seen.let_go = pool.let_go;
        }
        let same = |name: &str, guid: &str| {
            pool.guid.as_ref().map_or(name == pool.name, |known| known == guid)
        };
        pool.why = match &look.importable {
            Ok(all) => {
                let found = all.iter().find(|it| !it.destroyed && same(&it.name, &it.guid));
                found.map_or(Why::Nowhere, |it| Why::Here(it.state.to_string()))
            }
            Err(why) => Why::Unread(why.why.clone()),
        };
        let key = pool.guid.as_ref().unwrap_or(&pool.name).clone();
        let (why, drives) = (pool.why.clone(), pool.drives.clone());
        found.insert(key, Found { why, drives });
    }
    told.search = Some(Search { at: look.taken, drives: drives(look), found });
}

/// Whether the drives say that nobody misses it. Of labels that differ the newest count: a drive that was away keeps what it had.
fn let_go(pool: &Absent, seen: Option<&Seen>, look: &Inventory) -> Option<LetGo> {
    let owners =
        look.disks.iter().filter_map(|disk| Some((disk, &disk.contents.as_ref().ok()?.owner)));
    // A drive that was let go of earlier says so for ever.
    let last = seen.map(|seen| seen.at.min(look.taken) - SKEW);
    let labels: Vec<(Option<u64>, PoolState)> = owners
        .clone()
        .filter_map(|(_, owner)| match owner {
            Owner::ForeignPool(it) if it.guid.is_some() && it.guid == pool.guid => {
                let is_stale = last.is_some_and(|last| it.last_used.is_none_or(|at| at < last));
                Some((it.txg, if is_stale { PoolState::Active } else { it.state }))
            }
            _ => None,
        })
        .collect();
    let newest = labels.iter().map(|(txg, _)| *txg).max();
    let says = |state| labels.iter().any(|(txg, is)| Some(*txg) == newest && *is == state);
    if says(PoolState::Destroyed) {
        return Some(LetGo::Destroyed);
    }
    if says(PoolState::Exported) {
        return Some(LetGo::Exported);
    }
    let destroyed = look.importable.iter().flatten().filter(|it| it.destroyed);
    if destroyed.clone().any(|it| Some(&it.guid) == pool.guid.as_ref()) {
        return Some(LetGo::Destroyed);
    }
    let drives = &seen?.drives;
    let taken = owners
        .filter(|(_, owner)| matches!(owner, Owner::Member(_)))
        .filter(|(disk, _)| {
            disk.serial.as_ref().is_some_and(|serial| drives.contains_key(serial.as_str()))
        })
        .count();
    (labels.is_empty() && taken > 0 && 2 * taken >= drives.len()).then_some(LetGo::Overwritten)
}

/// Notes that zbay itself exported a pool.
pub fn ours(told: &mut Told, guid: u64, name: &str, now: Timestamp) {
    let seen = told.pools.entry(guid.to_string()).or_insert_with(|| Seen {
        name: name.to_owned(),
        at: now,
        boot: None,
        drives: BTreeMap::new(),
        let_go: None,
    });
    seen.let_go = Some(LetGo::Ours);
}

/// Whether it is told of a pool that is not there.
pub fn is_about(matter: &Matter) -> bool {
    matter.covers && [KEY, LET_GO].iter().any(|prefix| matter.key.starts_with(prefix))
}

impl Absent {
    /// Whether it is what this key is about.
    pub fn is_same(&self, key: &str) -> bool {
        let of = key.strip_prefix(KEY).or_else(|| key.strip_prefix(LET_GO));
        of == Some(self.guid.as_deref().unwrap_or(&self.name))
    }

    /// What tells it from others.
    pub fn key(&self) -> String {
        let prefix = if self.let_go.is_some() { LET_GO } else { KEY };
        format!("{prefix}{}", self.guid.as_deref().unwrap_or(&self.name))
    }

    /// What a command calls it.
    fn called(&self, all: &[Self], imported: &[Pool]) -> &str {
        let same = all.iter().filter(|it| it.name == self.name).count()
            + imported.iter().filter(|pool| pool.name == self.name).count();
        self.guid.as_deref().filter(|_| same > 1).unwrap_or(&self.name)
    }

    /// In a sentence.
    pub fn headline(&self) -> String {
        let name = &self.name;
        match self.let_go {
            None if self.known => format!("{name} is lost: it is no longer imported"),
            None => format!("{name} is missing: the profile names it, but it is not imported"),
            Some(LetGo::Ours | LetGo::Exported) => format!("{name} was exported"),
            Some(LetGo::Destroyed) => format!("{name} was destroyed"),
            Some(LetGo::Overwritten) => format!("{name} is gone: its drives are in another pool"),
        }
    }

    /// The same for a screen; `None` where it is not missed, or may still come.
    pub fn condition(&self, all: &[Self], imported: &[Pool]) -> Option<Condition> {
        let matter = self.matter(all, imported).filter(|matter| !matter.settled)?;
        let called = self.called(all, imported).to_owned();
        Some(Condition {
            who: self.drives.clone(),
            member: Some(called),
            vdev: self.headline(),
            // What a screen of pools would say again is no way on.
            instead: (!matches!(self.why, Why::Here(_))).then_some("zbay show disk"),
            ..Condition::of_pool(What::Lost, &self.name).with(matter.means)
        })
    }

    /// Whether zbay has seen it.
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// What is to be told of it; `None`: nothing, since it was let go by zbay, or may still come.
    pub fn matter(&self, all: &[Self], imported: &[Pool]) -> Option<Matter> {
        if self.may_come || self.let_go == Some(LetGo::Ours) {
            return None;
        }
        let called = self.called(all, imported);
        let weight = if self.let_go.is_some() { Weight::Warning } else { Weight::Wrong };
        let forget = if self.wished {
            String::new()
        } else {
            format!("; if it is gone for good: `zbay forget {called}`")
        };
        let (means, next) = match (self.let_go, &self.why) {
            (Some(_), _) if self.wished => (
                "the profile still names it, but it cannot be read".to_owned(),
                Some(format!("zbay import {called}")),
            ),
            (Some(_), _) => ("it is no longer watched until it is imported again".to_owned(), None),
            (None, Why::Here(state)) => (
                format!("its drives are here ({state}), but nothing imported it{forget}"),
                Some(format!("zbay import {called}")),
            ),
            (None, Why::Nowhere) => (
                format!("too few of its drives answer: check power, cables and controller{forget}"),
                Some("zbay status".to_owned()),
            ),
            (None, Why::Unread(why)) => (
                format!("whether its drives are here is not known ({why}){forget}"),
                Some("zbay status".to_owned()),
            ),
            (None, Why::Unknown) => {
                (format!("it cannot be read{forget}"), Some("zbay status".to_owned()))
            }
        };
        Some(Matter {
            means,
            next,
            drives: self.drives.clone(),
            pool: Some(self.name.clone()),
            covers: true,
            settled: self.let_go.is_some(),
            ..Matter::of(&self.key(), weight, self.headline())
        })
    }
}

/// Why a pool cannot be forgotten.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotForget {
    /// Nobody knows whether it is imported.
    #[error(
        "could not get pool status, so it is unknown whether {pool} is imported: {why}\n\
         do this  zbay status"
    )]
    Unasked {
        /// As it was called.
        pool: String,
        /// Why.
        why: String,
    },
    /// It is imported.
    #[error(
        "{pool} is imported, so it is watched\ndo this  `zbay export {pool}`, then its alerts stop \
         by themselves"
    )]
    Imported {
        /// Name.
        pool: String,
    },
    /// The profile names it.
    #[error(
        "the profile /etc/zbay/profile.yaml names {pool}, so it is watched\n\
         do this  `zbay import {pool}`, or name another pool in the profile"
    )]
    Wished {
        /// Name.
        pool: String,
    },
    /// There are two.
    #[error("zbay has seen two pools named {pool}: name one by its guid, {guids}")]
    Two {
        /// Name.
        pool: String,
        /// GUIDs.
        guids: String,
    },
    /// It was never seen.
    #[error("zbay has seen no pool `{pool}`, so there is nothing to forget: {known}")]
    Never {
        /// As it was called.
        pool: String,
        /// Those that were seen.
        known: String,
    },
}

/// The GUID and the name of the pool that a person says is not to be watched any more, by name or GUID.
///
/// # Errors
/// It is imported, or named by the profile; there are two, or none.
pub fn forgotten(
    told: &Told,
    word: &str,
    wished: Option<&str>,
    pools: &Result<Vec<Pool>, String>,
) -> Result<(String, String), CannotForget> {
    let pool = word.to_owned();
    let pools = match pools {
        Ok(pools) => pools,
        Err(why) => return Err(CannotForget::Unasked { pool, why: why.clone() }),
    };
    let imported = |guid: &str| pools.iter().any(|pool| pool.guid.to_string() == guid);
    let called = told.pools.iter().filter(|(guid, seen)| *guid == word || seen.name == word);
    let absent: Vec<(&String, &Seen)> = called.filter(|(guid, _)| !imported(guid)).collect();
    let is_imported = pools.iter().find(|it| it.name == word || it.guid.to_string() == word);
    match absent[..] {
        [(guid, seen)] => {
            // Another pool of its name is what the profile means now.
            let is_wished =
                wished == Some(&seen.name) && !pools.iter().any(|pool| pool.name == seen.name);
            if is_wished {
                return Err(CannotForget::Wished { pool: seen.name.clone() });
            }
            if let Some(other) = is_imported.filter(|_| guid != word) {
                return Err(CannotForget::Two {
                    pool,
                    guids: format!("{guid} is the one that is not imported, {} is", other.guid),
                });
            }
            Ok((guid.clone(), seen.name.clone()))
        }
        [] if is_imported.is_some() => {
            let name = is_imported.map_or(pool, |it| it.name.clone());
            Err(CannotForget::Imported { pool: name })
        }
        [] if wished == Some(word) => Err(CannotForget::Wished { pool }),
        [] => {
            let known: Vec<&str> = told.pools.values().map(|seen| seen.name.as_str()).collect();
            let known = if known.is_empty() {
                "it has seen none".to_owned()
            } else {
                format!("it has seen {}", known.join(", "))
            };
            Err(CannotForget::Never { pool, known })
        }
        _ => {
            let guids: Vec<&str> = absent.iter().map(|(guid, _)| guid.as_str()).collect();
            Err(CannotForget::Two { pool, guids: guids.join(" or ") })
        }
    }
}

/// Forgets it, with all that is known of it.
pub fn forget(told: &mut Told, guid: &str) {
    let Some(seen) = told.pools.remove(guid) else { return };
    let (lost, let_go) = (format!("{KEY}{guid}"), format!("{LET_GO}{guid}"));
    let other = told.pools.values().any(|it| it.name == seen.name);
    let of_it = |matter: &Matter| {
        matter.key == lost
            || matter.key == let_go
            || (!other && matter.pool() == Some(seen.name.as_str()))
    };
    told.matters.retain(|_, known| !of_it(&known.matter));
    told.over.retain(|over| !of_it(&over.matter));
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::inventory::{Contents, ForeignPool, ImportablePool, Membership, Reason, Unknown};
    use crate::notice::Known;
    use crate::status::samples;

    fn now() -> Timestamp {
        "2026-11-01T00:00:00Z".parse().unwrap()
    }

    /// The box with a healthy pool of GUID 7 and four drives.
    fn here() -> (Inventory, Vec<Status>) {
        let mut inventory = samples::seen(samples::text("healthy"), &[]);
        inventory.taken = now();
        let pools = inventory.pools.as_mut().unwrap();
        (pools[0].name, pools[0].guid) = ("tank".to_owned(), 7);
        let all = inventory.pools.clone().unwrap();
        let shown = all.iter().map(|pool| crate::status::of(&samples::hw(), &inventory, pool));
        let shown = shown.collect();
        (inventory, shown)
    }

    fn calm() -> Start {
        Start { boot: Some("a".into()), settling: false }
    }

    /// What is known after one look at it.
    fn seen() -> (Told, Inventory) {
        let (mut inventory, shown) = here();
        let mut told = Told::default();
        note(&mut told, inventory.pools.as_ref().unwrap(), &shown, &calm(), now());
        assert!(absent(&told, Some("tank"), inventory.pools.as_ref().unwrap(), &calm()).is_empty());
        inventory.pools = Ok(Vec::new());
        inventory.importable = Ok(Vec::new());
        (told, inventory)
    }

    /// What the labels of a drive say of a pool.
    pub fn label(guid: u64, state: PoolState, used: Timestamp) -> Owner {
        Owner::ForeignPool(ForeignPool {
            name: Some("tank".into()),
            guid: Some(guid.to_string()),
            state,
            hostname: None,
            hostid: None,
            last_used: Some(used),
            txg: Some(9),
            others: Some(3),
            shape: None,
            comment: None,
            labels: 4,
            never_synced: false,
        })
    }

    fn matter_of(told: &mut Told, wished: Option<&str>, look: &Inventory) -> Vec<Matter> {
        let pools = look.pools.clone().unwrap();
        let mut all = absent(told, wished, &pools, &calm());
        explain(told, &mut all, look);
        all.iter().filter_map(|pool| pool.matter(&all, &pools)).collect()
    }

    #[test]
    fn a_pool_that_was_seen_and_is_gone_is_lost_whether_or_not_the_profile_names_it() {
        let (mut told, look) = seen();
        for wished in [Some("tank"), None] {
            let all = matter_of(&mut told, wished, &look);
            let [lost] = &all[..] else { panic!("{all:?}") };
            assert_eq!((lost.key.as_str(), lost.weight), ("lost 7", Weight::Wrong));
            assert_eq!(lost.says, "tank is lost: it is no longer imported");
            assert_eq!(lost.means.contains("zbay forget tank"), wished.is_none(), "{}", lost.means);
        }
        // One that the profile names and nobody ever saw.
        let all = matter_of(&mut Told::default(), Some("tank"), &look);
        assert!(all[0].says.contains("the profile names it, but it is not imported"), "{all:?}");
        // Drives that are not there any more are named.
        let mut fewer = look.clone();
        fewer.disks.retain(|disk| disk.path.as_ref().is_none_or(|path| !path.ends_with("-ata-2")));
        let all = matter_of(&mut told, None, &fewer);
        assert_eq!(all[0].drives.len(), 1, "{:?}", all[0].drives);
        assert!(all[0].drives[0].starts_with("bay 2 ") && all[0].drives[0].ends_with("not here"));
    }

    #[test]
    fn where_it_waits_for_an_import_the_command_is_that() {
        let (mut told, mut look) = seen();
        let waits = |guid: &str| ImportablePool {
            name: "tank".into(),
            guid: guid.into(),
            state: "DEGRADED".into(),
            destroyed: false,
            members: Vec::new(),
            log_lost: false,
            reason: Reason::Nothing,
            detail: None,
        };
        look.importable = Ok(vec![waits("7")]);
        assert_eq!(matter_of(&mut told, None, &look)[0].next.as_deref(), Some("zbay import tank"));
        look.importable = Ok(vec![waits("8")]);
        let other = matter_of(&mut told, None, &look);
        assert_eq!(other[0].next.as_deref(), Some("zbay status"), "another pool of its name");
        look.importable = Err(Unknown::because("a drive is asleep"));
        assert!(matter_of(&mut told, None, &look)[0].means.contains("a drive is asleep"));
    }

    #[test]
    fn labels_that_say_exported_or_destroyed_are_told_once() {
        for (state, words) in
            [(PoolState::Exported, "was exported"), (PoolState::Destroyed, "was destroyed")]
        {
            let (mut told, mut look) = seen();
            look.disks[1].contents = Ok(Contents::bare(label(7, state, now())));
            let all = matter_of(&mut told, None, &look);
            let [gone] = &all[..] else { panic!("{all:?}") };
            assert!(gone.settled && gone.weight == Weight::Warning && gone.says.contains(words));
            // The drives are in another box by now: it stays let go of.
            look.disks.clear();
            let all = matter_of(&mut told, None, &look);
            assert_eq!((all.len(), all[0].settled), (1, true));
            // Until it is imported again.
            let (inventory, shown) = here();
            note(&mut told, inventory.pools.as_ref().unwrap(), &shown, &calm(), now());
            assert_eq!(told.pools["7"].let_go, None);
        }
    }

    #[test]
    fn labels_that_say_so_of_an_earlier_time_or_another_pool_prove_nothing() {
        let hour = SignedDuration::from_hours(1);
        for owner in [
            label(7, PoolState::Exported, now() - hour),
            label(8, PoolState::Exported, now()),
            label(7, PoolState::Active, now()),
        ] {
            let (mut told, mut look) = seen();
            look.disks[1].contents = Ok(Contents::bare(owner));
            assert_eq!(matter_of(&mut told, None, &look)[0].key, "lost 7");
        }
    }

    #[test]
    fn a_pool_whose_drives_are_in_another_one_is_overwritten() {
        let (mut told, mut look) = seen();
        let (inventory, _) = here();
        let mut pool = inventory.pools.unwrap()[0].clone();
        (pool.name, pool.guid) = ("new".to_owned(), 8);
        look.pools = Ok(vec![pool]);
        for disk in &mut look.disks {
            disk.contents = Ok(Contents::bare(Owner::Member(Membership {
                pool: "new".into(),
                guid: 8,
                vdev: "raidz1-0".into(),
            })));
        }
        let all = matter_of(&mut told, None, &look);
        assert!(all[0].settled && all[0].says.contains("in another pool"), "{all:?}");
    }

    #[test]
    fn what_zbay_exported_itself_is_no_news() {
        let (mut told, look) = seen();
        ours(&mut told, 7, "tank", now());
        assert_eq!(matter_of(&mut told, Some("tank"), &look), []);
    }

    #[test]
    fn in_a_boot_that_has_not_ended_only_what_it_has_seen_is_missed() {
        let (told, _) = seen();
        let settling = |boot: &str| Start { boot: Some(boot.into()), settling: true };
        let of = |start: &Start| absent(&told, None, &[], start)[0].may_come;
        assert!(of(&settling("b")) && !of(&settling("a")) && !of(&calm()));
        assert!(absent(&Told::default(), Some("tank"), &[], &settling("b"))[0].may_come);
    }

    #[test]
    fn drives_are_read_once_for_each_set_of_them_and_hourly() {
        let (mut told, mut look) = seen();
        let pools = Vec::new();
        let of = |told: &Told, look: &Inventory| {
            let mut all = absent(told, Some("tank"), &pools, &calm());
            (recall(told, &mut all, look), all)
        };
        assert!(!of(&told, &look).0, "nobody has looked yet");
        look.importable = Err(Unknown::because("a drive is asleep"));
        let said = matter_of(&mut told, None, &look);
        let (known, all) = of(&told, &look);
        assert!(known, "the same drives, a moment later");
        let again = absent(&told, None, &pools, &calm());
        assert_eq!(all[0].why, Why::Unread("a drive is asleep".into()));
        assert_eq!(again.len(), 1);
        assert!(said[0].means.contains("a drive is asleep"));
        let shown = all[0].condition(&all, &pools).unwrap();
        assert_eq!(shown.to_string(), "tank is lost: it is no longer imported");
        assert!(shown.means().contains("a drive is asleep"), "{}", shown.means());
        assert_eq!(shown.next().as_deref(), Some("zbay show disk"));
        // It lies in the file, and comes out of it.
        let kept = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Told>(&kept).unwrap(), told);
        let later = |minutes: i64| {
            let taken = look.taken + SignedDuration::from_mins(minutes);
            Inventory { taken, ..look.clone() }
        };
        assert!(of(&told, &later(55)).0 && !of(&told, &later(60)).0);
        assert!(!of(&told, &later(-5)).0, "by another clock");
        let mut fewer = look.clone();
        fewer.disks.pop();
        assert!(!of(&told, &fewer).0, "a drive went");
        let mut other = look.clone();
        other.disks[0].serial = "OTHER".parse().ok();
        assert!(!of(&told, &other).0, "a drive was changed");
        other = look.clone();
        other.blind = Some(Unknown::because("no answer"));
        assert!(!of(&told, &other).0);
        // A second pool is lost.
        told.pools.insert("9".into(), Seen { name: "media".into(), ..told.pools["7"].clone() });
        assert!(!of(&told, &look).0);
    }

    #[test]
    fn what_can_be_forgotten() {
        let (mut told, look) = seen();
        let (inventory, _) = here();
        let is = Ok(inventory.pools.unwrap());
        let none = Ok(Vec::new());
        let why =
            |word: &str, wished: Option<&str>, pools: &Result<Vec<Pool>, String>, told: &Told| {
                forgotten(told, word, wished, pools).unwrap_err().to_string()
            };
        assert!(why("tank", None, &is, &told).contains("is imported, so it is watched"));
        assert!(why("7", None, &is, &told).contains("`zbay export tank`"));
        assert!(why("tank", Some("tank"), &none, &told).contains("the profile"));
        assert!(why("nope", None, &none, &told).contains("it has seen tank"));
        assert!(why("tank", None, &Err("it hangs".into()), &told).contains("it hangs"));
        let two = Told {
            pools: BTreeMap::from([
                ("7".to_owned(), told.pools["7"].clone()),
                ("8".to_owned(), told.pools["7"].clone()),
            ]),
            ..Told::default()
        };
        assert!(why("tank", None, &none, &two).contains("7 or 8"));
        assert_eq!(forgotten(&two, "8", None, &none), Ok(("8".to_owned(), "tank".to_owned())));
        // One of that name is imported: the other is called by its guid, whatever the profile says.
        assert!(why("tank", Some("tank"), &is, &two).contains("8 is the one"));
        assert_eq!(forgotten(&two, "8", Some("tank"), &is).unwrap().0, "8");
        let matter = matter_of(&mut told, None, &look).remove(0);
        let known = Known { matter, since: now(), seen: now(), told: None, ways: BTreeMap::new() };
        told.matters.insert("lost 7".to_owned(), known);
        let (guid, _) = forgotten(&told, "tank", None, &none).unwrap();
        forget(&mut told, &guid);
        assert_eq!((told.pools.len(), told.matters.len()), (0, 0));
        assert_eq!(matter_of(&mut told, None, &look), []);
    }
}
