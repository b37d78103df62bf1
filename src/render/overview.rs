//! `zbay` alone: the box, its bays, the wish, the pool, and what to type next.
//!
//! Where a box has many bays, neighbours that hold the same share a line. What is proposed to type exists.

use std::cmp::Ordering;

use super::{contents, disk, front, hw as box_, pool, table, text};
use crate::check::machine::well;
use crate::check::seats::started_elsewhere;
use crate::check::{Note, Rule, Severity};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::hw::vacancy::Vacancy;
use crate::inventory::{Inventory, Pool};
use crate::names::BayId;
use crate::profile::Profile;
use crate::shipped::WISH;
use crate::status;

/// Up to so many bays have a line each.
const FEW: usize = 8;

/// The wish that is recorded on the machine.
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
    /// The wish.
    pub wish: Wish,
    /// Names of profiles for this box.
    pub profiles: Vec<&'static str>,
    /// What is to know.
    pub notes: Vec<Note>,
    /// There is nothing to work on: then a pool that is not known is no fault.
    pub bare: bool,
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
        known && !matches!(self.wish, Wish::Faulty)
    }
}

/// The screen.
pub fn render(overview: &Overview<'_>) -> String {
    let (hw, inventory) = (overview.hw, overview.inventory);
    let mut out = text::labelled("box", &about(hw, inventory));
    out.push_str(&text::labelled("system", &system(hw, inventory)));
    out.push('\n');
    out.push_str(&bays(hw, inventory));
    out.push('\n');
    out.push_str(&text::labelled("wish", &wish(overview)));
    out.push_str(&text::labelled("pool", &pools(inventory)));
    if let Some(said) = pool::importable(&inventory.importable).filter(|_| inventory.pools.is_ok())
    {
        out.push_str(&text::labelled("others", &said));
    }
    for status in inventory.pools.iter().flatten().map(|pool| status::of(hw, inventory, pool)) {
        if !status.is_well() {
            let said = format!("{}: `zbay status`", status.headline());
            out.push_str(&text::labelled("warning", &text::plain(&said)));
        }
    }
    // What the sentence above says is not said twice.
    let apart = |note: &&Note| !matches!(note.rule, Rule::BayAssumed | Rule::PoolState);
    for note in overview.notes.iter().filter(apart) {
        let label = if note.severity == Severity::Advice { "notice" } else { "warning" };
        out.push_str(&text::labelled(
            label,
            &text::plain(&format!("{}: {}", note.message, note.remedy)),
        ));
    }
    if overview.notes.iter().any(|note| note.rule == Rule::BayAssumed) {
        let said = "the order of the bays is assumed: compare serials (`zbay show disk`)";
        out.push_str(&text::labelled("notice", said));
    }
    out.push('\n');
    let next = next(overview);
    let width = next.iter().map(|(command, _)| command.len() + 2).max().unwrap_or(0);
    for (index, (command, what)) in next.iter().enumerate() {
        let label = if index == 0 { "next" } else { "" };
        let command = format!("`{command}`");
        out.extend([format!("{label:<8} {command:<width$}  {what}\n")]);
    }
    out
}

fn about(hw: &Hw, inventory: &Inventory) -> String {
    let host = &inventory.host;
    let dmi = &host.dmi;
    let title = if hw.is_nobodys() {
        let names: Vec<String> = dmi.names().into_iter().map(text::plain).collect();
        if names.is_empty() {
            text::plain(&hw.title)
        } else {
            format!("{} (no description)", names.join(" "))
        }
    } else {
        text::plain(&hw.title)
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
    let os = host.facts.as_ref().map(|facts| text::plain(&facts.os));
    let os = os.filter(|os| !os.is_empty()).unwrap_or_else(|| "system not known".to_owned());
    let zfs = host.zfs.as_deref().map_or_else(
        || "OpenZFS not loaded".to_owned(),
        |version| format!("OpenZFS {}", text::plain(version)),
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
        [model, drive.size.tb(), contents::phrase(&disk.contents)]
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
        rows.push(vec![text::bays(&names), model, size, holds]);
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
        table::list_fit(2, &rows)
    }
}

/// Drives in the order of their places, those without one behind.
pub fn by_place(a: &Drive, b: &Drive) -> Ordering {
    a.bay.is_none().cmp(&b.bay.is_none()).then_with(|| a.bay.cmp(&b.bay))
}

fn wish(overview: &Overview<'_>) -> String {
    match &overview.wish {
        Wish::None => "none is recorded".to_owned(),
        Wish::Faulty => format!("{WISH} cannot be used: `zbay check {WISH}` says why"),
        Wish::Sound(wish) => {
            let pool = &wish.pool;
            let groups = pool.bays.0.iter().map(|group| text::bays(group));
            let groups = text::and(&groups.collect::<Vec<_>>());
            let state = match (overview.inventory.pools.is_ok(), overview.wished()) {
                (false, _) => "whether it is there is not known",
                (true, Some(_)) => "that pool is imported",
                (true, None) => "that pool is not imported",
            };
            format!("{} of {groups} as {} in {WISH}; {state}", pool.layout, pool.name)
        }
    }
}

fn pools(inventory: &Inventory) -> String {
    match &inventory.pools {
        Err(unknown) => format!("not known: {}", text::plain(&unknown.why)),
        Ok(pools) if pools.is_empty() => "none is imported".to_owned(),
        Ok(pools) => {
            let one = |pool: &Pool| {
                let free = pool.datasets.first().map_or_else(String::new, |root| {
                    format!(", {} used, {} free", root.used.zfs(), root.available.zfs())
                });
                let busy = pool.busy.as_deref().map(|busy| format!(", {busy}")).unwrap_or_default();
                text::plain(&format!("{} {}{free}{busy}", pool.name, pool.state))
            };
            pools.iter().map(one).collect::<Vec<_>>().join("; ")
        }
    }
}

/// Commands that make sense now, and what each does.
fn next(overview: &Overview<'_>) -> Vec<(String, &'static str)> {
    let mut next = Vec::new();
    match (&overview.wish, overview.wished()) {
        (Wish::Faulty, _) => {
            next.push((format!("zbay check {WISH}"), "what is wrong with the wish"));
        }
        (Wish::None, _) => {
            let what = "layouts for these drives; writes nothing";
            let disks = &overview.inventory.disks;
            if disks.iter().any(|disk| contents::free(&disk.contents) != Some(false)) {
                next.push(("zbay propose".to_owned(), what));
            }
            if let Some(profile) = overview.profiles.first() {
                next.push((
                    format!("zbay plan {profile}"),
                    "what this profile would do; writes nothing",
                ));
            }
        }
        (Wish::Sound(_), None) => {
            next.push(("zbay plan".to_owned(), "what would be done; writes nothing"));
            next.push(("zbay propose".to_owned(), "other layouts for these drives, side by side"));
        }
        (Wish::Sound(_), Some(_)) => {
            next.push(("zbay verify".to_owned(), "whether all is as wished"));
        }
    }
    if overview.inventory.pools.as_ref().is_ok_and(|pools| !pools.is_empty()) {
        next.push(("zbay status".to_owned(), "the pool by bay: how it is, what to do"));
    } else {
        next.push(("zbay capacity".to_owned(), "what common drive sizes would hold"));
    }
    next.push(("zbay show hw".to_owned(), "the box: bays, what boots, memory"));
    next
}

#[cfg(test)]
#[path = "overview_tests.rs"]
mod tests;
