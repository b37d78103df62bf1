//! `zbay` alone: the box, its bays, the profile, the pool, and what to type next.
//!
//! Where a box has many bays, neighbours that hold the same share a line. What is proposed to type exists.

use crate::check::machine::well;
use crate::check::seats::started_elsewhere;
use crate::check::{Note, Rule, Severity};
use crate::drive::{Drive, by_place};
use crate::hw::Hw;
use crate::inventory::vacancy::Vacancy;
use crate::inventory::{Inventory, Pool, phrase};
use crate::names::BayId;
use crate::profile::Profile;
use crate::render::{disk, front, hw as box_, pool};
use crate::shipped::WISH;
use crate::status::{self, Status};
use crate::table;
use crate::words;

/// Up to so many bays have a line each.
const FEW: usize = 8;

/// The profile that is recorded on the machine.
pub enum Wish {
    /// None.
    None,
    /// A sound one.
    Sound(Box<Profile>),
    /// One that cannot be used.
    Faulty,
}

/// What an overview is made of.
pub struct Overview<'a> {
    /// The box's description.
    pub hw: &'a Hw,
    /// What is there.
    pub inventory: &'a Inventory,
    /// The profile.
    pub wish: Wish,
    /// What could be typed next.
    pub ways: Ways,
    /// What is to know.
    pub notes: Vec<Note>,
    /// A drive of a pool said that it fails when it was asked last.
    pub failing: bool,
    /// There is nothing to work on: then a pool that is not known is no fault.
    pub bare: bool,
    /// Whether it was looked at as root, or is recorded.
    pub root: bool,
}

/// What could be typed next and is not refused on this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ways {
    /// How zbay is called here: `zbay`, or with the recording that is looked at.
    pub zbay: String,
    /// Pools that `zbay import` would take, as it is told them.
    pub imports: Vec<String>,
    /// A pool that `zbay adopt` would write a profile for.
    pub adopt: Option<String>,
    /// A shipped profile that has a plan.
    pub profile: Option<&'static str>,
    /// Whether the recorded one has a plan.
    pub plan: bool,
}

impl Overview<'_> {
    /// The pool that is wished, where it is imported.
    fn wished(&self) -> Option<&Pool> {
        let Wish::Sound(wish) = &self.wish else { return None };
        let pools = self.inventory.pools.as_ref().ok()?;
        pools.iter().find(|pool| pool.name == wish.pool.name.as_str())
    }

    /// Whether nothing is the matter, as far as could be seen.
    pub fn is_well(&self) -> bool {
        let pools = self.inventory.pools.as_ref();
        let known = pools.map_or(self.bare, |pools| pools.iter().all(well));
        known && !self.failing && !matches!(self.wish, Wish::Faulty)
    }
}

/// The screen.
pub fn render(overview: &Overview<'_>) -> String {
    let (hw, inventory) = (overview.hw, overview.inventory);
    let mut out = String::new();
    if !overview.root {
        let said = "contents and health are unknown: `sudo zbay`";
        out.push_str(&words::labelled("not root", said));
    }
    out.push_str(&words::labelled("server", &about(hw, inventory)));
    out.push_str(&words::labelled("system", &system(hw, inventory)));
    out.push('\n');
    out.push_str(&bays(hw, inventory));
    out.push('\n');
    out.push_str(&words::labelled("profile", &wish(overview)));
    out.push_str(&words::labelled("pool", &pools(inventory)));
    if let Some(said) = pool::importable(&inventory.importable).filter(|_| inventory.pools.is_ok())
    {
        out.push_str(&words::labelled("others", &said));
    }
    let pools: Vec<Status> =
        inventory.pools.iter().flatten().map(|pool| status::of(hw, inventory, pool)).collect();
    for status in &pools {
        if !status.is_well() {
            let said = format!("{}: `zbay status`", status.headline());
            out.push_str(&words::labelled("warning", &words::plain(&said)));
        }
    }
    // What the sentence above says is not said twice.
    let apart = |note: &&Note| !matches!(note.rule, Rule::BayAssumed | Rule::PoolState);
    for note in overview.notes.iter().filter(apart) {
        let label = if note.severity == Severity::Advice { "notice" } else { "warning" };
        out.push_str(&words::labelled(
            label,
            &words::plain(&format!("{}: {}", note.message, note.remedy)),
        ));
    }
    if overview.notes.iter().any(|note| note.rule == Rule::BayAssumed) {
        let said = "the order of the bays is assumed: compare serials (`zbay show disk`)";
        out.push_str(&words::labelled("notice", said));
    }
    out.push('\n');
    let next = next(overview, &pools);
    out + &lines(&next)
}

/// A line each; what does not fit beside a long command stands below it.
fn lines(next: &[(String, String)]) -> String {
    let longest = words::width() / 2;
    let mut out = String::new();
    let short = next.iter().map(|(command, _)| command.len() + 2).filter(|len| *len <= longest);
    let width = short.max().unwrap_or(0);
    for (index, (command, what)) in next.iter().enumerate() {
        let label = if index == 0 { "next" } else { "" };
        let command = format!("`{}`", words::plain(command));
        let what = words::plain(what);
        let line = format!("{label:<8} {command:<width$}  {what}");
        if command.len() <= width && line.len() <= words::width() {
            out.extend([line.trim_end(), "\n"]);
        } else {
            out.extend([format!("{label:<8} {command}\n")]);
            out.push_str(&words::labelled("", &what));
        }
    }
    out
}

fn about(hw: &Hw, inventory: &Inventory) -> String {
    let host = &inventory.host;
    let dmi = &host.dmi;
    let title = if hw.is_nobodys() {
        let names: Vec<String> = dmi.names().into_iter().map(words::plain).collect();
        if names.is_empty() {
            words::plain(&hw.title)
        } else {
            format!("{} (no description)", names.join(" "))
        }
    } else {
        words::plain(&hw.title)
    };
    let size = host.facts.as_ref().map_or_else(
        || "processor and memory not known".to_owned(),
        |facts| {
            let s = if facts.cpus == 1 { "" } else { "s" };
            let memory = box_::gib(facts.memory);
            format!("{} CPU{s}, {memory}, {}", facts.cpus, box_::ecc(host))
        },
    );
    format!("{title}, BIOS {}, {size}", box_::bios(dmi))
}

fn system(hw: &Hw, inventory: &Inventory) -> String {
    let host = &inventory.host;
    let os = host.facts.as_ref().map(|facts| words::plain(&facts.os));
    let os = os.filter(|os| !os.is_empty()).unwrap_or_else(|| "system not known".to_owned());
    let zfs = host.zfs.as_deref().map_or_else(
        || "OpenZFS not loaded".to_owned(),
        |version| format!("OpenZFS {}", words::plain(version)),
    );
    let boot = host.boot_disk.as_ref().map_or_else(
        || "boot disk not known".to_owned(),
        |name| {
            let disk = inventory.disks.iter().find(|disk| disk.name == *name);
            let from =
                disk.map_or_else(|| format!("`{name}`"), |disk| Drive::of(hw, disk).spoken());
            let word = if started_elsewhere(hw, inventory).is_some() {
                "system on"
            } else {
                "booted from"
            };
            format!("{word} {from}")
        },
    );
    let mode = match (&hw.controller, hw.mode(host)) {
        (_, Some(mode)) => format!(", controller in {mode} mode"),
        (Some(_), None) => ", controller mode not known".to_owned(),
        (None, None) => String::new(),
    };
    format!("{os}, {zfs}, {boot}{mode}")
}

/// A line for each bay and each other drive.
fn bays(hw: &Hw, inventory: &Inventory) -> String {
    let mut drives: Vec<_> =
        inventory.disks.iter().map(|disk| (Drive::of(hw, disk), disk)).collect();
    if !hw.is_nobodys() {
        drives.sort_by(|(a, _), (b, _)| by_place(a, b));
    }
    // Bays in their order, then drives elsewhere: bay, and what stands behind it.
    let mut lines: Vec<(Option<BayId>, [String; 3])> = Vec::new();
    let what = |(drive, disk): &(Drive, &crate::inventory::Disk)| {
        let model = drive.model.clone().unwrap_or_else(|| "no model".to_owned());
        [model, drive.size.tb(), phrase::phrase(&disk.contents)]
    };
    for bay in &hw.bays {
        let here = drives.iter().find(|(drive, _)| drive.bay.as_ref() == Some(&bay.bay));
        let is_empty = hw.vacancy(inventory, &bay.bay) == Vacancy::Empty;
        let state = if is_empty { "empty" } else { "not known" };
        let empty = || [state.to_owned(), String::new(), String::new()];
        lines.push((Some(bay.bay.clone()), here.map_or_else(empty, what)));
    }
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut rest = lines.as_slice();
    while let [(_, first), ..] = rest {
        let same = rest.iter().take_while(|(_, what)| hw.bays.len() > FEW && what == first).count();
        let (group, others) = rest.split_at(same.max(1));
        let names: Vec<BayId> = group.iter().filter_map(|(bay, _)| bay.clone()).collect();
        let [model, size, holds] = first.clone();
        let model = if group.len() > 1 && !size.is_empty() {
            format!("{} x {model}", group.len())
        } else {
            model
        };
        rows.push(vec![words::bays(&names), model, size, holds]);
        rest = others;
    }
    for drive in &drives {
        let seated = |bay: &BayId| hw.bays.iter().any(|b| b.bay == *bay);
        if !drive.0.bay.as_ref().is_some_and(seated) {
            let place = if hw.is_nobodys() {
                drive.0.name.clone()
            } else {
                front::place(hw, inventory, &drive.0, drive.1)
            };
            rows.push([vec![place], what(drive).to_vec()].concat());
        }
    }
    if rows.is_empty() {
        format!("  {}", disk::none(inventory.blind.as_ref()))
    } else {
        table::drives(2, &rows)
    }
}

fn wish(overview: &Overview<'_>) -> String {
    match &overview.wish {
        Wish::None => "none is recorded".to_owned(),
        Wish::Faulty => format!("{WISH} cannot be used: `zbay check {WISH}` says why"),
        Wish::Sound(wish) => {
            let pool = &wish.pool;
            let groups = pool.bays.0.iter().map(|group| words::bays(group));
            let groups = words::and(&groups.collect::<Vec<_>>());
            let state = match (overview.inventory.pools.is_ok(), overview.wished()) {
                (false, _) => "it is unknown whether it is there",
                (true, Some(_)) => "that pool is imported",
                (true, None) => "that pool is not imported",
            };
            format!("{} of {groups} as {} in {WISH}; {state}", pool.layout, pool.name)
        }
    }
}

fn pools(inventory: &Inventory) -> String {
    match &inventory.pools {
        Err(unknown) => format!("not known: {}", words::plain(&unknown.why)),
        Ok(pools) if pools.is_empty() => "none is imported".to_owned(),
        Ok(pools) => {
            let one = |pool: &Pool| {
                let free = pool.datasets.first().map_or_else(String::new, |root| {
                    format!(", {} used, {} free", root.used.zfs(), root.available.zfs())
                });
                let busy = pool.busy.as_deref().map(|busy| format!(", {busy}")).unwrap_or_default();
                words::plain(&format!("{} {}{free}{busy}", pool.name, pool.state))
            };
            pools.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    }
}

/// Commands that make sense now, and what each does: first what the gravest condition of all pools asks for.
fn next(overview: &Overview<'_>, pools: &[Status]) -> Vec<(String, String)> {
    let ways = &overview.ways;
    let typed = |rest: &str| format!("{} {rest}", ways.zbay);
    let mut next: Vec<(String, String)> = Vec::new();
    let mut add = |command: String, what: &str| {
        if next.iter().all(|(other, _)| *other != command) {
            next.push((command, what.to_owned()));
        }
    };
    let worst = pools.iter().filter(|status| !status.is_well());
    let worst = worst.min_by_key(|status| status.conditions.first().map(|worst| worst.what));
    if let Some((status, command)) = worst.and_then(|status| Some((status, status.next()?))) {
        let what = status.conditions.first().map(ToString::to_string).unwrap_or_default();
        let command = command.strip_prefix("zbay ").map_or(command.clone(), typed);
        add(command, &format!("pool {}: {what}", status.pool));
    }
    for pool in &ways.imports {
        add(typed(&format!("import {}", words::typeable(pool))), "check it, then import it");
    }
    let none = overview.inventory.pools.as_ref().is_ok_and(Vec::is_empty);
    let disks = &overview.inventory.disks;
    let blank = disks
        .iter()
        .any(|disk| phrase::free(&disk.contents) == Some(true) || disk.asleep == Some(true));
    match (&overview.wish, overview.wished()) {
        (Wish::Faulty, _) => add(typed(&format!("check {WISH}")), "what is wrong with the profile"),
        (Wish::None, _) => {
            if none && blank {
                add(typed("propose"), "layouts for these drives; writes nothing");
                if let Some(profile) = ways.profile {
                    let what = "what this profile would do; writes nothing";
                    add(typed(&format!("plan {profile}")), what);
                }
            }
        }
        (Wish::Sound(_), None) if overview.inventory.pools.is_ok() => {
            let what = if ways.plan {
                "what would be done; writes nothing"
            } else {
                "what is in the way of the profile"
            };
            add(typed("plan"), what);
            if none && blank {
                add(typed("propose"), "other layouts for these drives, side by side");
            }
        }
        (Wish::Sound(_), None) => {}
        (Wish::Sound(_), Some(_)) => {
            add(typed("verify"), "compare the server with its profile");
        }
    }
    if overview.inventory.pools.as_ref().is_ok_and(|pools| !pools.is_empty()) {
        add(typed("status"), "the pool by bay: its health and what to do");
        if let Some(pool) = &ways.adopt {
            let what = "write a profile of this pool as it is";
            add(typed(&format!("adopt {}", words::typeable(pool))), what);
        }
    } else {
        add(typed("capacity"), "what drives of common sizes would hold");
    }
    add(typed("show hw"), "the server: bays, boot devices, memory");
    next
}

#[cfg(test)]
#[path = "overview_tests.rs"]
mod tests;
