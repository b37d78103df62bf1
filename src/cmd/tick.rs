//! `zbay tick`: starts what is due, and waits for none of it.
//!
//! Each job is a unit of systemd's with its own lock, limits and sandbox, so that this ends in seconds and an alert never
//! waits for a backup.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, ForRoot, need_root};
use crate::domain;
use crate::domain::face::{Job, Moment, World};
use crate::inventory::Want;
use crate::machine::Change;
use crate::render::json::{Shape, changed};
use crate::step::command;

/// The command.
pub const ROW: Row = Row {
    name: "tick",
    about: "Start the jobs that are due (run by a timer)",
    more: "Each is a unit of its own: this waits for none of them.",
    group: Group::Watch,
    does: Does::Asks,
    page: Page::Narrow,
    arguments: options::<TickArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Due>("tick")],
    examples: &[("tick --dry-run", "show what is due")],
};

/// Arguments of `tick`.
#[derive(Debug, Args)]
pub struct TickArgs {
    /// Show what is due, and start nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Jobs that were due.
#[derive(Serialize, JsonSchema)]
struct Due {
    /// What was started, or would have been with `--dry-run` and on a recorded machine.
    due: Vec<Job>,
}

/// `zbay tick`.
///
/// # Errors
/// No root, a profile that is broken, or a unit that systemd does not start.
pub fn run(context: &Context, args: &TickArgs) -> Result<Answer> {
    let dry = args.dry_run || context.common.machine.is_some();
    if !dry {
        need_root("tick", ForRoot::Writes)?;
    }
    let mut due = Vec::new();
    if let Some(profile) = context.wish()? {
        // No drive is woken to find out what is due.
        let inventory = context.look(Want::GLANCE)?;
        let (hw, _) = context.hw(&inventory.host)?;
        due = domain::due(&World::of(&hw.value, &profile, &inventory), Moment::Tick);
    }
    let mut text = String::new();
    for job in &due {
        if !dry {
            let start = command::start(job.unit);
            context.machine.change(&Change::Run(start.clone()))?.ok(&start)?;
        }
        let word = if dry { "due" } else { "started" };
        let _ = writeln!(text, "{word}: {} ({})", job.unit, job.why);
    }
    if due.is_empty() {
        text.push_str("nothing is due\n");
    }
    let started = !dry && !due.is_empty();
    let json = changed(&[], started, Due { due });
    Ok(Answer { text, json, status: 0 })
}
