//! `zbay grow FROM --to TO`: ways to a larger pool, side by side.

use anyhow::{Result, bail};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::capacity_of::release;
use super::found::Drives;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::capacity::grow::{Growth, ways};
use crate::capacity::{Cut, Part, Terms, Zfs, spec};
use crate::render::grow::{Target, render};
use crate::render::json::{Shape, answer};
use crate::units::Ashift;

/// The command.
pub const ROW: Row = Row {
    name: "grow",
    about: "Compare upgrade paths from one layout to a larger one",
    more: "",
    group: Group::Purchase,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<GrowArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("grow")],
    examples: &[
        ("grow raidz2:6x4TB --to raidz2:12x4TB", "twice the drives"),
        ("grow mirror:2x4TB --to mirror:2x8TB", "larger drives"),
    ],
};

/// Ways from one layout to larger ones.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// The layout, as it is typed.
    from: String,
    /// The release of OpenZFS that it is computed for.
    zfs: Zfs,
    /// The larger ones.
    targets: Vec<Toward>,
}

/// A larger layout.
#[derive(Serialize, JsonSchema)]
struct Toward {
    /// The layout, as it is typed.
    to: String,
    /// As it is now, grown in place, and made anew.
    ways: Vec<Growth>,
}

/// Arguments of `grow`.
#[derive(Clone, Debug, Args)]
pub struct GrowArgs {
    /// The current pool: raidz2:6x4TB, or several vdevs.
    #[arg(value_name = "FROM", required = true)]
    pub from: Vec<String>,
    /// A possible target pool; may be repeated; join the vdevs of one pool with a plus: raidz2:6x4TB+raidz2:6x8TB.
    #[arg(long = "to", value_name = "TO")]
    pub to: Vec<String>,
    /// The same, behind `--`.
    #[arg(value_name = "TO", last = true)]
    pub rest: Vec<String>,
    /// OpenZFS release (default: the installed one, otherwise 2.3).
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// log2 of the smallest write, 9 to 16.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u8).range(9..=16))]
    pub ashift: u8,
    /// How drives are partitioned: linux, truenas, freebsd, none, reserve=2GiB.
    #[arg(long, value_name = "SCHEME")]
    pub partition: Option<Cut>,
}

/// The ways.
pub fn run(context: &Context, args: &GrowArgs) -> Result<Answer> {
    let ashift = Ashift::new(args.ashift).unwrap_or(Ashift::DEFAULT);
    let here = Drives::of(context);
    let pool = |words: &str| -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        for word in words.split('+') {
            parts.extend(here.parse(word, ashift)?.into_iter().map(|(part, _)| part));
        }
        Ok(parts)
    };
    let wanted: Vec<&String> = args.to.iter().chain(&args.rest).collect();
    if let Some(option) = args.rest.iter().find(|word| word.starts_with('-')) {
        bail!("`{option}` comes after `--`, where pools are named: put options before it");
    }
    if wanted.is_empty() {
        let (from, to) = match &args.from[..] {
            [from, rest @ ..] if !rest.is_empty() => (from.as_str(), rest.join(" --to ")),
            _ => (args.from.first().map_or("FROM", String::as_str), "TO".to_owned()),
        };
        bail!("no target layout was given\ndo this  zbay grow {from} --to {to}");
    }
    if wanted.len() > 20 {
        bail!("cannot compare {} pools: name 1 to 20", wanted.len());
    }
    let (zfs, _) = release(context, args.zfs);
    let terms = Terms { zfs, cut: args.partition.unwrap_or_default() };
    let from = pool(&args.from.join("+"))?;
    let mut targets = Vec::new();
    for to in wanted {
        let to = pool(to)?;
        targets.push(Target { words: spec::words(&to), ways: ways(&from, &to, terms)? });
    }
    let from = spec::words(&from);
    let text = render(&from, &targets);
    let to = |target: Target| Toward { to: target.words, ways: target.ways };
    let body = Answered { from, zfs, targets: targets.into_iter().map(to).collect() };
    Ok(Answer { text, json: answer(&[], body), status: 0 })
}
