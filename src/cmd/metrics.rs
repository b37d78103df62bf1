//! `zbay metrics`: figures for Prometheus, from one look.

use anyhow::Result;
use serde_json::json;

use super::notify::figures_of;
use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context};
use crate::render::json::answer;

/// The command.
pub const ROW: Row = Row {
    name: "metrics",
    about: "Print metrics for Prometheus",
    more: "For pools, members and drives, by bay.",
    group: Group::Watch,
    does: Does::Looks,
    page: Page::Narrow,
    arguments: nothing,
    run: Run::Machine(|context, _| run(context)),
    examples: &[
        ("metrics", "to standard output"),
        ("notify --metrics FILE.prom", "into a file, by the timer"),
    ],
};

/// The figures.
///
/// # Errors
/// A description that was named and cannot be had.
pub fn run(context: &Context) -> Result<Answer> {
    let text = figures_of(context)?;
    let json = answer(&[], json!({ "metrics": text }));
    Ok(Answer { text, json, status: 0 })
}
