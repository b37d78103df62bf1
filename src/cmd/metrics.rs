//! `zbay metrics`: figures for Prometheus, from one look.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::notify::figures_of;
use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context};
use crate::render::json::{Shape, answer};

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
    answers: &[Shape::of::<Figures>("metrics")],
    examples: &[
        ("metrics", "to standard output"),
        ("notify --metrics FILE.prom", "into a file, by the timer"),
    ],
};

/// Figures for Prometheus.
#[derive(Serialize, JsonSchema)]
struct Figures {
    /// In Prometheus' own text format.
    metrics: String,
}

/// The figures.
///
/// # Errors
/// A description that was named and cannot be had.
pub fn run(context: &Context) -> Result<Answer> {
    let text = figures_of(context)?;
    let json = answer(&[], Figures { metrics: text.clone() });
    Ok(Answer { text, json, status: 0 })
}
