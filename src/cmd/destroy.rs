//! `zbay destroy DATASET`: shows what would be lost, has its name typed, and does exactly that.

use anyhow::Result;
use clap::Args;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::task::{Proof, Scene, Tasked, Terms, look_around, perform};
use super::{Answer, Context};
use crate::life::destroy::{Request, make};
use crate::render::json::Shape;
use crate::step::command;

/// The command.
pub const ROW: Row = Row {
    name: "destroy",
    about: "Permanently destroy a dataset, its snapshots and children",
    more: "It lists what will be lost and asks you to type the name. It never destroys a pool.",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<DestroyArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Tasked>("destroy")],
    examples: &[
        ("destroy tank/old --dry-run", "show what would be lost"),
        ("destroy tank/old", "asks for the name"),
    ],
};

/// Arguments of `destroy`.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Full name, as in tank/media.
    #[arg(value_name = "DATASET", value_parser = full_name)]
    pub dataset: String,
    /// Show what would be lost, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// The name again, instead of typing it when asked.
    #[arg(long, value_name = "DATASET")]
    pub confirm: Option<String>,
}

/// `tank`, `tank/a/b`: nothing that looks like an option, a snapshot or a wildcard.
fn full_name(text: &str) -> Result<String, String> {
    let fine = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.: ".contains(c))
    };
    if text.split('/').all(fine) && text.len() < 256 {
        Ok(text.to_owned())
    } else {
        Err("a dataset is named in full, as in tank/media; snapshots are not destroyed here"
            .to_owned())
    }
}

/// `zbay destroy`.
///
/// # Errors
/// All that speaks against it, or ZFS does not do it.
pub fn run(context: &Context, args: &DestroyArgs) -> Result<Answer> {
    let scene = look_around(context, "destroy", args.dry_run)?;
    let name = args.dataset.as_str();
    let decide = |scene: &Scene| {
        let output = context.machine.read(&command::would_destroy(name));
        let would = output.map_err(|error| error.to_string()).and_then(|output| {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            if output.status == 0 { Ok(text) } else { Err(output.said()) }
        });
        make(&Request {
            inventory: &scene.inventory,
            wish: scene.wish.as_ref(),
            dataset: name,
            would: would.as_deref().map_err(String::as_str),
        })
    };
    let terms = Terms {
        command: &format!("zbay destroy {name}"),
        bay: "the bay",
        plan: args.dry_run,
        yes: false,
        proof: Proof::Name(name, args.confirm.as_deref()),
        no_wait: false,
        resumes: false,
        settle: None,
    };
    perform(context, scene, &decide, &terms)
}
