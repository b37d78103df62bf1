//! `zbay firstboot`: the recorded profile, applied once, with words for a person in front of the box.
//!
//! Run by zbay-firstboot.service. It asks nothing, takes only disks that are proved free, and can be run
//! again: whatever stops it is said on the console with the bay and the remedy, and nothing is written. How it says
//! so, and where that stays, is in `voice`.

use std::fmt::Write as _;

use anyhow::{Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::apply::{Applied, carry_out, report};
use super::plan::Wished;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::task::settle;
use super::voice::{State, Voice};
use super::{Answer, Context, propose};
use crate::apply::secrets::NONE;
use crate::apply::{self, Progress};
use crate::fault::chain;
use crate::inventory::seats::in_bay;
use crate::inventory::{Disk, Inventory, MARK, Owner, phrase};
use crate::machine::local::{Lock, console, lock};
use crate::names::BayId;
use crate::plan::Plan;
use crate::render;
use crate::render::json::Shape;
use crate::shipped::WISH;
use crate::step::{Closed, Danger};
use crate::words;

/// The command.
pub const ROW: Row = Row {
    name: "firstboot",
    about: "Set the server up once, unattended (zbay-firstboot.service)",
    more: "It asks no questions and reports on the console.",
    group: Group::SetUp,
    does: Does::Changes,
    page: Page::Sent,
    arguments: options::<FirstbootArgs>,
    run: Run::Machine(|context, matches| {
        run(context, given::<FirstbootArgs>(matches)?.console.as_deref())
    }),
    answers: &[Shape::of::<Applied>("firstboot")],
    examples: &[
        ("firstboot", "with the recorded profile"),
        ("firstboot --console /dev/console", "with a report there too"),
    ],
};

/// Arguments of `firstboot`.
#[derive(Debug, Args)]
pub struct FirstbootArgs {
    /// A console that also gets the report, for example /dev/console.
    #[arg(long, value_name = "DEVICE")]
    pub console: Option<Utf8PathBuf>,
}

/// Applies /etc/zbay/profile.yaml, and says on the console what becomes of it.
///
/// # Errors
/// Everything that speaks against it, in words; nothing is written then.
pub fn run(context: &Context, device: Option<&Utf8Path>) -> Result<Answer> {
    let mut voice = Voice::new(&*context.machine, device.and_then(console));
    let _lock = match admitted(context) {
        Ok(lock) => lock,
        Err(error) => {
            voice.show(&format!("stopped: {}\n", chain(&error)));
            return Err(error);
        }
    };
    voice.begin();
    let answer = apply_wish(context, &mut voice);
    match &answer {
        Ok(answer) => {
            voice.show(&answer.text);
            let differs = answer.status != 0;
            let reason = differs.then(|| "the machine differs from the profile".to_owned());
            voice.end(if differs { State::Failed } else { State::Done }, reason);
        }
        Err(error) => {
            voice.show(&format!("stopped: {}\n", chain(error)));
            let state = if voice.has_begun() { State::Failed } else { State::Stopped };
            voice.end(state, Some(chain(error)));
        }
    }
    answer
}

/// The lock of this machine, where it may be changed at all.
fn admitted(context: &Context) -> Result<Lock> {
    if context.common.machine.is_some() {
        bail!("a recorded machine cannot be changed: `zbay plan` shows what would be done");
    }
    super::may_change(context, "firstboot", None)?;
    Ok(lock(apply::LOCK.into())?.with_children()?)
}

fn apply_wish(context: &Context, voice: &mut Voice<'_>) -> Result<Answer> {
    let wished = Wished::load(context, None).map_err(|error| no_wish(context, error))?;
    let name = wished.profile.value.pool.name.as_str();
    voice.pool(name, guid(&wished.inventory, name));
    voice.say(&format!(
        "zbay first boot: {}, profile {}\n{}",
        wished.hw.title,
        wished.name,
        drives(&wished)
    ));
    let (plan, closed) = match wished.plan() {
        // Nobody is there to be asked: what needs a passphrase waits for `zbay apply`.
        Ok(plan) => plan.without_asking(),
        Err(error) => bail!("{}\n\n{}", chain(&error), tail()),
    };
    if plan.danger() == Danger::ReplacesWish {
        bail!("the recorded profile changed while it was read: run `zbay firstboot` again");
    }
    if let Some(import) = &plan.import {
        let pinned = wished.profile.value.pool.guid.map(|guid| guid.to_string());
        if !is_marked(&wished.inventory, &import.guid) && pinned.as_ref() != Some(&import.guid) {
            bail!("{}\n\n{}", not_ours(&import.pool, &import.guid), tail());
        }
    }
    if !plan.disks.is_empty() {
        voice.mention(&render::plan::before_asking(&plan));
    }
    let mut tell = |progress: Progress<'_>| {
        if let Progress::Begin(number, count, what) = progress {
            voice.step(number, count, what);
        }
    };
    carry_out(context, &wished, &plan, &NONE, &mut tell)?;
    if plan.import.is_some() {
        settle(context, &wished.hw, &plan.pool, true, &mut tell)?;
        // What the pool lacks could not be known before it was imported; nothing of it touches a disk.
        let wished = wished.again(context)?;
        let (rest, closed) = wished.plan()?.without_asking();
        if rest.disks.is_empty() && rest.import.is_none() {
            carry_out(context, &wished, &rest, &NONE, &mut tell)?;
        }
        return finish(context, wished, &plan, &closed, voice);
    }
    finish(context, wished, &plan, &closed, voice)
}

/// Whether the labels of a pool carry the comment of those that zbay makes.
fn is_marked(inventory: &Inventory, guid: &str) -> bool {
    let owners = inventory.disks.iter().filter_map(|disk| disk.contents.as_ref().ok());
    owners.into_iter().any(|contents| match &contents.owner {
        Owner::ForeignPool(pool) => {
            pool.guid.as_deref() == Some(guid)
                && pool.comment.as_deref().is_some_and(|comment| comment.starts_with(MARK))
        }
        _ => false,
    })
}

/// A name alone proves nothing where nobody is there to be asked.
fn not_ours(pool: &str, guid: &str) -> String {
    format!(
        "zbay did not make pool {pool}, and the profile does not say that it means this one\n\
         do this  log in and type: zbay import {pool}\n\
         or       write `guid: {guid}` below `pool:` in {WISH}, and type: zbay firstboot"
    )
}

fn guid(inventory: &Inventory, pool: &str) -> Option<u64> {
    let pools = inventory.pools.as_ref().ok()?;
    pools.iter().find(|found| found.name == pool).map(|found| found.guid)
}

/// What is said where there is no profile: the layouts, and that nothing was written.
fn no_wish(context: &Context, error: anyhow::Error) -> anyhow::Error {
    let error = propose::instead(context, error);
    anyhow!("{}\n\n{}", chain(&error), tail())
}

/// `drives   bay 1 ok   bay 2 ok   bay 3 ok   bay 4 EMPTY`: ok is a drive that is free, or in the pool already.
fn drives(wished: &Wished) -> String {
    let pool = &wished.profile.value.pool;
    let ours = |disk: &Disk| {
        let owner = disk.contents.as_ref().ok().map(|contents| &contents.owner);
        matches!(owner, Some(Owner::Member(member)) if member.pool == pool.name.as_str())
    };
    let state = |bay: &BayId| {
        let word = match in_bay(&wished.hw, &wished.inventory, bay)[..] {
            [] => "EMPTY".to_owned(),
            [disk] if ours(disk) => "ok".to_owned(),
            [disk] => match phrase::free(&disk.contents) {
                Some(true) => "ok".to_owned(),
                _ => phrase::word(&disk.contents),
            },
            _ => "AMBIGUOUS".to_owned(),
        };
        let name = if bay.as_str().parse::<u32>().is_ok() {
            format!("bay {bay}")
        } else {
            bay.to_string()
        };
        format!("{name} {word}")
    };
    columns(&pool.bays.all().map(state).collect::<Vec<_>>())
}

/// Words beside each other, as many in a line as a console has room for.
fn columns(words: &[String]) -> String {
    const LEAD: usize = 11;
    let mut out = String::new();
    let mut line = format!("  {:<width$}", "drives", width = LEAD - 2);
    for word in words {
        if line.len() > LEAD && line.len() + 3 + word.len() > words::WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(LEAD);
        }
        line.push_str(if line.len() > LEAD { "   " } else { "" });
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
    out
}

fn tail() -> &'static str {
    "nothing was written to any drive\nthen     press Ctrl-Alt-Del, or log in and type: zbay firstboot\nlog      journalctl -u zbay-firstboot"
}

fn finish(
    context: &Context,
    wished: Wished,
    plan: &Plan,
    closed: &Closed,
    voice: &mut Voice<'_>,
) -> Result<Answer> {
    let again = wished.again(context)?;
    voice.pool(&plan.pool, guid(&again.inventory, &plan.pool));
    let mut left = again.drift();
    left.retain(|drift| !drift.dataset().is_some_and(|dataset| closed.has(dataset)));
    let mut text = String::new();
    if plan.is_empty() && closed.0.is_empty() {
        text.push_str(
            "zbay first boot: everything already matches the profile, nothing was changed\n",
        );
    } else {
        let _ = writeln!(text, "zbay first boot: done, pool {} is ready", plan.pool);
    }
    for print in &plan.disks {
        let _ = writeln!(text, "  {}  {}", print.drive.place(), print.drive.label());
    }
    text.push_str(&render::plan::compared(plan, &again.inventory));
    if !closed.0.is_empty() {
        let waits = format!("{}: `zbay apply` asks for the passphrase", closed.0.join(", "));
        text.push_str(&words::labelled("waits", &waits));
    }
    if !left.is_empty() {
        text.push_str(&render::plan::drift(&plan.pool, &left, &[], "zbay apply"));
    }
    let json = report(plan, "zbay firstboot", &left, !plan.is_empty());
    Ok(Answer { text, json, status: u8::from(!left.is_empty()) })
}

#[cfg(test)]
mod tests {
    use super::{columns, is_marked, no_wish, not_ours};
    use crate::cli::Common;
    use crate::cmd::Context;
    use crate::cmd::plan::Wished;
    use crate::inventory::{Owner, Want};
    use crate::machine::recorded::Recorded;

    #[test]
    fn drives_stand_beside_each_other_within_80_columns() {
        let of = |words: &[&str]| {
            columns(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        let four = of(&["bay 1 ok", "bay 2 ok", "bay 3 ok", "bay 4 EMPTY"]);
        assert_eq!(four, "  drives   bay 1 ok   bay 2 ok   bay 3 ok   bay 4 EMPTY\n");
        let long = of(&["bay 1 pool a_name_of_a_pool"; 4]);
        assert_eq!(long.lines().count(), 2, "{long}");
        assert!(long.lines().all(|line| line.len() <= 80), "{long}");
        assert!(
            long.ends_with(
                "\n           bay 1 pool a_name_of_a_pool   bay 1 pool a_name_of_a_pool\n"
            )
        );
    }

    #[test]
    fn a_pool_that_zbay_did_not_make_is_not_imported_unasked() {
        let machine = Recorded::open(
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/machines/every-owner").into(),
        );
        let common = Common::default();
        let context = Context { machine: Box::new(machine.unwrap()), common };
        let mut inventory = context.look(Want::ALL).unwrap();
        let guids: Vec<String> =
            inventory.importable.as_ref().unwrap().iter().map(|pool| pool.guid.clone()).collect();
        assert!(!guids.is_empty());
        assert!(guids.iter().all(|guid| !is_marked(&inventory, guid)), "no label has the comment");
        let said = not_ours("p9", &guids[0]);
        assert!(said.contains("zbay import p9") && said.contains(&format!("guid: {}", guids[0])));
        for contents in inventory.disks.iter_mut().filter_map(|disk| disk.contents.as_mut().ok()) {
            if let Owner::ForeignPool(pool) = &mut contents.owner {
                pool.comment = Some("zbay:0123456789abcdef".to_owned());
            }
        }
        assert!(is_marked(&inventory, &guids[0]));
    }

    #[test]
    fn without_a_wish_the_layouts_are_shown() {
        let machine = Box::new(Recorded::embedded("gen8-seed").unwrap().unwrap());
        let common = Common::default();
        let context = Context { machine, common };
        let error = Wished::load(&context, None).err().unwrap();
        let said = no_wish(&context, error).to_string();
        for words in [
            "no profile was given, and /etc/zbay/profile.yaml does not exist",
            "  1  raidz of 3   2 3 4      3.87 TB",
            "`zbay propose --write` records layout 1\n\nnothing was written to any drive",
        ] {
            assert!(said.contains(words), "{words}\n{said}");
        }
        assert!(said.lines().all(|line| line.len() <= 80), "{said}");
    }
}
