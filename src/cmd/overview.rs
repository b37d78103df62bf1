//! `zbay` alone: the overview. Status 1 where something is wrong with the machine or its profile; a profile that is
//! not applied yet is not wrong.

use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context, adopt, is_bare, plan};
use crate::check::{Note, Severity, health, machine};
use crate::domain::host::Own;
use crate::history::History;
use crate::hw::host::Host;
use crate::hw::{ControllerMode, Hw};
use crate::inventory::{Disk, Inventory, Want, phrase};
use crate::life::moving::{self, Incoming};
use crate::profile::Profile;
use crate::render::disk::DriveRow;
use crate::render::json::pool::{Importable, Pool, importable, imported};
use crate::render::json::{Known, OVERVIEW, Shape, answer};
use crate::render::overview::{Overview, Ways, Wish, render};
use crate::render::{disk, history};
use crate::shipped::{PROFILES, WISH};
use crate::yaml::read;

/// The command.
pub const ROW: Row = Row {
    name: "",
    about: "The overview",
    more: "",
    group: Group::Look,
    does: Does::Looks,
    page: Page::Wide,
    arguments: nothing,
    run: Run::Machine(|context, _| run(context)),
    answers: &[Shape::of::<Answered>(OVERVIEW)],
    examples: &[],
};

/// What is there, at a glance.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// The description of the server that is used, by its file's name.
    hardware: String,
    /// The server as it is.
    host: Host,
    /// The mode that the disk controller is in; `null`: not known.
    mode: Option<ControllerMode>,
    /// The recorded profile; `null`: there is none.
    profile: Option<Recorded>,
    /// Whole disks in natural order of their kernel names.
    disks: Vec<DriveRow>,
    /// Imported pools.
    pools: Known<Vec<Pool>>,
    /// Pools that could be imported.
    importable: Known<Vec<Importable>>,
}

/// The profile in /etc/zbay/profile.yaml.
#[derive(Serialize, JsonSchema)]
struct Recorded {
    /// It has faults: `zbay check` names them.
    faulty: bool,
    /// The pool that it is for; `null` where it is faulty.
    pool: Option<String>,
    /// The description of the server that it is for; `null` where it is faulty.
    hardware: Option<String>,
}

/// What could be typed next and would not be refused here.
fn ways(context: &Context, hw: &Hw, inventory: &Inventory, wish: &Wish) -> anyhow::Result<Ways> {
    let mut ways = Ways { zbay: context.typed(""), ..Ways::default() };
    let recorded = match wish {
        Wish::Sound(wish) => Some(&**wish),
        Wish::None | Wish::Faulty => None,
    };
    let waiting = inventory.importable.iter().flatten().filter(|pool| !pool.destroyed);
    let waiting: Vec<_> = waiting.collect();
    if !waiting.is_empty() {
        let own = Own::look(&*context.machine);
        for pool in &waiting {
            let named = waiting.iter().filter(|other| other.name == pool.name).count();
            let word = if named == 1 { &pool.name } else { &pool.guid };
            let asked = Incoming {
                hw,
                inventory,
                own: &own,
                wish: recorded,
                pool: Some(word),
                from: None,
                without_log: false,
            };
            ways.imports.extend(moving::import(&asked).is_ok().then(|| word.clone()));
        }
    }
    let imported = inventory.pools.as_deref().unwrap_or_default();
    if recorded.is_none() {
        let mut pools = imported.iter();
        ways.adopt = pools
            .find(|pool| adopt::would(context, hw, inventory, pool))
            .map(|pool| pool.name.clone());
    }
    let free = inventory.disks.iter().any(|disk| phrase::free(&disk.contents) == Some(true));
    match wish {
        Wish::Sound(_) => {
            ways.plan = context
                .wish()
                .ok()
                .flatten()
                .is_some_and(|wish| plan::would(context, hw, inventory, &wish, WISH));
        }
        Wish::None if imported.is_empty() && free => {
            // What a drive says of its health may speak against a plan.
            let inventory = context.look(Want { smart: true, ..Want::SEEN })?;
            let fits = |(name, text): &(&'static str, &str)| {
                let wish = read::<Profile>(name, text.as_bytes()).ok()?;
                let fits = wish.value.hardware == hw.hardware
                    && plan::would(context, hw, &inventory, &wish, name);
                fits.then_some(*name)
            };
            ways.profile = PROFILES.iter().find_map(fits);
        }
        Wish::None | Wish::Faulty => {}
    }
    Ok(ways)
}

/// Drives of pools that said that they fail when they were asked last, with the day of that. This look asks none, so that it
/// is quick and keeps none awake.
fn failing(hw: &Hw, past: &History, inventory: &Inventory) -> Vec<Note> {
    let members = inventory.leaves().filter_map(|(_, _, leaf)| inventory.disk_of(leaf));
    let of = |disk: &Disk| {
        let Some(health) = past.health_of(disk) else { return Vec::new() };
        let day = health.at.strftime("%Y-%m-%d").to_string();
        let told = Disk { remembered: Some(health), ..disk.clone() };
        let grave = health::notes(hw, &told).into_iter();
        let grave = grave.filter(|note| note.severity == Severity::Error);
        let dated = |note: Note| Note { message: format!("{} ({day})", note.message), ..note };
        grave.map(dated).collect()
    };
    let mut all: Vec<Note> = Vec::new();
    for note in members.flat_map(of) {
        // A drive may be in several vdevs.
        if !all.contains(&note) {
            all.push(note);
        }
    }
    all
}

/// The overview.
pub fn run(context: &Context) -> anyhow::Result<Answer> {
    let mut inventory = context.look(Want::SEEN)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let hw = &hw.value;
    let (past, changes) = context.remember(hw, &mut inventory);
    let wish = match context.wish() {
        Ok(None) => Wish::None,
        Ok(Some(wish)) => Wish::Sound(Box::new(wish.value)),
        Err(_) => Wish::Faulty,
    };
    let ways = ways(context, hw, &inventory, &wish)?;
    let failing = failing(hw, &past, &inventory);
    let overview = Overview {
        hw,
        inventory: &inventory,
        wish,
        ways,
        failing: !failing.is_empty(),
        notes: failing.into_iter().chain(machine::all(hw, known, &inventory)).collect(),
        bare: is_bare(known, &inventory.host),
        root: context.common.machine.is_some() || nix::unistd::geteuid().is_root(),
    };
    let rows = disk::rows(hw, &inventory);
    let body = Answered {
        hardware: hw.hardware.clone(),
        host: inventory.host.clone(),
        mode: hw.mode(&inventory.host),
        profile: match &overview.wish {
            Wish::Sound(wish) => Some(Recorded {
                faulty: false,
                pool: Some(wish.pool.name.to_string()),
                hardware: Some(wish.hardware.clone()),
            }),
            Wish::None => None,
            Wish::Faulty => Some(Recorded { faulty: true, pool: None, hardware: None }),
        },
        disks: disk::json(hw, &rows, &disk::Choice::default()),
        pools: imported(&inventory),
        importable: importable(&inventory),
    };
    Ok(Answer {
        text: render(&overview) + &history::since(past.looked, &changes),
        json: answer(&overview.notes, body),
        status: u8::from(!overview.is_well()),
    }
    .hinted(overview.bare))
}

#[cfg(test)]
mod tests {
    use super::failing;
    use crate::history::{History, lines};
    use crate::inventory::{Inventory, Unknown};
    use crate::render::fixture::{hw, inventory, with_pool};
    use crate::smart::Smart;

    #[test]
    fn a_member_that_fails_is_told_though_nobody_asks_it_now() {
        let hw = hw("hp-microserver-gen8");
        let looked = |smart: Smart| {
            let mut asked = with_pool();
            asked.disks[1].smart = Ok(smart);
            History::read(&lines(&History::read(""), &hw, &asked))
        };
        let mut now: Inventory = with_pool();
        now.disks[1].smart = Err(Unknown::because("not asked for"));
        let said = failing(&hw, &looked(Smart { passed: Some(false), ..Smart::default() }), &now);
        let [one] = &said[..] else { panic!("{said:?}") };
        assert!(
            one.message.starts_with("bay 2 (sdb, serial ") && one.message.ends_with(')'),
            "{one:?}"
        );
        let well = looked(Smart { passed: Some(true), ..Smart::default() });
        assert_eq!(failing(&hw, &well, &now), []);
        let none = inventory();
        let bad = looked(Smart { passed: Some(false), ..Smart::default() });
        assert_eq!(failing(&hw, &bad, &none), [], "of drives that are in no pool a plan tells");
    }
}
