//! `zbay forget POOL`: a person says that a pool which zbay has seen is not to be missed any more.
//!
//! It changes what zbay remembers and nothing else: the pool, if it still exists somewhere, is left as it is.

use anyhow::Result;
use clap::Args;

use super::notify::Forgotten;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, notify};
use crate::render::json::Shape;

/// The command.
pub const ROW: Row = Row {
    name: "forget",
    about: "Stop alerts about a pool that is gone for good",
    more: "Nothing is changed on any drive.",
    group: Group::Watch,
    does: Does::Asks,
    page: Page::Narrow,
    arguments: options::<ForgetArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Forgotten>("forget")],
    examples: &[("forget oldtank", "its alerts end")],
};

/// Arguments of `forget`.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// The pool's name, or its GUID if two have the same name.
    #[arg(value_name = "POOL|GUID")]
    pub pool: String,
}

/// `zbay forget`.
///
/// # Errors
/// It is imported, the profile names it, it was never seen, or that cannot be kept.
pub fn run(context: &Context, args: &ForgetArgs) -> Result<Answer> {
    notify::forget(context, &args.pool)
}
