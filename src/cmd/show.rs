//! `zbay show`: the drives, the server, or the pools by bay.

use anyhow::Result;
use clap::Subcommand;

use super::row::{Does, Group, Page, Row, Run, commands, given};
use super::show_disk::{self, DiskArgs};
use super::show_hw::{self, HwAnswer, HwArgs};
use super::{Answer, Context, show_pool};
use crate::render::json::Shape;

/// The command.
pub const ROW: Row = Row {
    name: "show",
    about: "Show the drives, the server, or the pools by bay",
    more: "",
    group: Group::Look,
    does: Does::Looks,
    page: Page::Wide,
    arguments: commands::<Show>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[
        Shape::of::<show_disk::Answered>("show disk"),
        Shape::of::<HwAnswer>("show hw"),
        Shape::of::<show_pool::Answered>("show pool"),
    ],
    examples: &[
        ("show disk -sm", "drives with size and model"),
        ("show disk -a", "all columns"),
        ("show hw", "the server and its bays"),
        ("show pool", "members by bay"),
    ],
};

/// What to show.
#[derive(Debug, Subcommand)]
pub enum Show {
    /// List the drives, one per row; `-sm` shows size and model, like the seed article's `show disk -sm`.
    Disk(DiskArgs),
    /// Show the server: how it was recognised, controller mode, boot devices, memory, network, and a drawing of the
    /// bays.
    ///
    /// Each bay has a symbol: = in its pool, - blank, # holds something else, ? unknown; ~ look at it, ! act. Sleeping
    /// drives are not woken.
    Hw(HwArgs),
    /// Show the pools by bay.
    Pool,
}

fn run(context: &Context, args: &Show) -> Result<Answer> {
    match args {
        Show::Disk(args) => show_disk::run(context, args),
        Show::Hw(args) => show_hw::run(context, args),
        Show::Pool => show_pool::run(context),
    }
}
