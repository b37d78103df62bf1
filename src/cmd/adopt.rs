//! `zbay adopt`: a profile for a pool that zbay did not make. It shows the profile and what recording it would do, asks once, and
//! does exactly that.

use std::fmt::Write as _;
use std::io::IsTerminal;

use anyhow::{Result, bail};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::adopted::made;
use super::apply::{self, consent};
use super::consent::without_lock;
use super::plan::Wished;
use super::profile::kept;
use super::progress::say;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, may_change};
use crate::adopt::Adopted;
use crate::apply::secrets::NONE;
use crate::domain::Drift;
use crate::finding::Finding;
use crate::hw::Hw;
use crate::inventory::{Inventory, Pool, Pools, Want};
use crate::life::moving::one_pool;
use crate::machine::local::lock;
use crate::plan::Plan;
use crate::render;
use crate::render::json::plan::differences;
use crate::render::json::{Shape, changed};
use crate::words::{labelled, plain, typeable};

/// The command.
pub const ROW: Row = Row {
    name: "adopt",
    about: "Write a profile for a pool that zbay did not make",
    more: "It describes the pool as it is, by bay; nothing in the pool is changed.",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<AdoptArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Adoption>("adopt")],
    examples: &[("adopt tank --dry-run", "show the profile"), ("adopt tank", "record it")],
};

/// A profile made from a pool that is there.
#[derive(Serialize, JsonSchema)]
struct Adoption {
    /// The profile's text.
    profile: String,
    /// Parts of the pool that are not in it and stay as they are, in words.
    beside: Vec<String>,
    /// What is done to record it.
    plan: render::json::plan::Plan,
    /// What differs from it.
    drift: Vec<Finding>,
}

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub struct AdoptArgs {
    /// The pool (default: the only one).
    #[arg(value_name = "POOL")]
    pub pool: Option<String>,
    /// Show the profile and what would be done, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Replace a different profile that is recorded in /etc/zbay/profile.yaml.
    #[arg(long = "replace-profile", alias = "replace-wish")]
    pub replace_wish: bool,
}

/// Whether a pool can be adopted as it was just seen.
pub(super) fn would(context: &Context, hw: &Hw, inventory: &Inventory, pool: &Pool) -> bool {
    let profile = match kept(context, pool).ok().flatten() {
        Some((_, profile)) => profile,
        None => match made(hw, inventory, pool) {
            Ok((_, profile)) => profile,
            Err(_) => return false,
        },
    };
    super::plan::would(context, hw, inventory, &profile, &format!("pool {}", pool.name))
}

/// `zbay adopt`. Status 1 where something is left to do.
///
/// # Errors
/// A pool that no profile can describe, another profile that is recorded, or a step that does not go as planned.
pub fn run(context: &Context, args: &AdoptArgs) -> Result<Answer> {
    let shown = args.dry_run || context.common.machine.is_some();
    let held = if shown {
        None
    } else {
        may_change(context, "adopt", None)?;
        Some(lock(crate::apply::LOCK.into())?)
    };
    // What is on the drives is read once, when the plan is made.
    let want = Want { contents: false, pools: Pools::All, ..Want::IDENTITY };
    let inventory = context.look(want)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let pool = one_pool(&inventory, args.pool.as_deref())?;
    let hw = hw.value;
    // What the pool was made with says more than the pool does.
    let kept = kept(context, pool).ok().flatten();
    let (adopted, profile) = match kept {
        Some((_, profile)) => (Adopted { text: profile.text.clone(), beside: Vec::new() }, profile),
        None => made(&hw, &inventory, pool)?,
    };
    let wished = Wished::of(context, profile, format!("pool {}", pool.name))?;
    let plan = wished.plan()?;
    let command = format!("zbay adopt {}", typeable(&pool.name));
    let mut text = String::new();
    for line in adopted.text.lines() {
        let _ = writeln!(text, "  {}", plain(line));
    }
    text.push('\n');
    for one in &adopted.beside {
        text.push_str(&labelled(
            "beside",
            &format!("{} is not in it, and stays as it is", plain(one)),
        ));
    }
    text.push_str(&render::plan::render(&plan, false, &command));
    let said = |plan: &Plan, left: &[Drift], is_changed: bool| {
        let body = Adoption {
            profile: adopted.text.clone(),
            beside: adopted.beside.clone(),
            plan: render::json::plan::Plan::of(plan, &command),
            drift: differences(left, &command),
        };
        changed(&plan.notes, is_changed, body)
    };
    if plan.is_empty() {
        let json = said(&plan, &plan.drift, false);
        return Ok(Answer { text, json, status: 0 });
    }
    let Some(held) = held else {
        let json = said(&plan, &plan.drift, false);
        return Ok(Answer { text, json, status: 1 });
    };
    if !plan.disks.is_empty() {
        bail!("pool {} went away while it was looked at, so nothing was written", pool.name);
    }
    let (_lock, (), (wished, plan)) = without_lock(
        (held, crate::apply::LOCK.into()),
        !args.yes && std::io::stdin().is_terminal(),
        (wished, plan),
        |(_, plan)| consent(plan, Some(&text), args.yes, args.replace_wish, &command),
        |(_, plan)| apply::agreed(context, plan),
    )?;
    apply::carry_out(context, &wished, &plan, &NONE, &mut |progress| say(&progress))?;
    let (done, left) = apply::finished(context, wished, &plan)?;
    Ok(Answer { json: said(&plan, &left, true), ..done })
}
