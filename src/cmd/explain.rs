//! `zbay explain [POOL]`: where the bytes of a pool that exists went.

use anyhow::{Result, bail};
use clap::Args;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::explain::explain;
use crate::inventory::{Inventory, Want};
use crate::render::explain::{Accounted, json, render};
use crate::render::json::{Shape, answer};
use crate::words;

/// The command.
pub const ROW: Row = Row {
    name: "explain",
    about: "Show where a pool's bytes went, from drive labels to AVAIL",
    more: "",
    group: Group::Look,
    does: Does::Looks,
    page: Page::Narrow,
    arguments: options::<ExplainArgs>,
    run: Run::Machine(|context, matches| {
        run(context, given::<ExplainArgs>(matches)?.pool.as_deref())
    }),
    answers: &[Shape::of::<Accounted>("explain")],
    examples: &[("explain", "the only pool"), ("explain tank", "one of several")],
};

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The pool (default: the only one).
    #[arg(value_name = "POOL")]
    pub pool: Option<String>,
}

/// The way from the drives to AVAIL.
pub fn run(context: &Context, name: Option<&str>) -> Result<Answer> {
    let inventory = context.look(Want::SEEN)?;
    let pools = match &inventory.pools {
        Ok(pools) => pools,
        Err(unknown) => bail!("could not list the pools: {}", words::plain(&unknown.why)),
    };
    let names: Vec<String> = pools.iter().map(|pool| words::plain(&pool.name)).collect();
    let pool = match (name, &pools[..]) {
        (Some(name), _) => pools.iter().find(|pool| pool.name == name),
        (None, [one]) => Some(one),
        (None, _) => None,
    };
    let Some(pool) = pool else {
        let there = match &names[..] {
            [] => "no pool is imported here".to_owned(),
            [one] => format!("the pool here is {one}"),
            many => format!("the pools here are {}", words::and(many)),
        };
        match name {
            Some(name) => bail!("there is no pool `{}`: {there}", words::plain(name)),
            None if pools.is_empty() => {
                bail!("{there}, so there is nothing to explain\n{}", way(&inventory))
            }
            None => bail!("{there}\ndo this  zbay explain {}", words::typeable(&pools[0].name)),
        }
    };
    let release = inventory.host.zfs.as_deref().unwrap_or_default();
    let explained = explain(pool, &inventory.disks, release)?;
    Ok(Answer { text: render(&explained), json: answer(&[], json(&explained)), status: 0 })
}

/// What helps where no pool is imported.
fn way(inventory: &Inventory) -> String {
    match inventory.importable.iter().flatten().find(|pool| !pool.destroyed) {
        Some(pool) => {
            format!("do this  `zbay import {}`, then this again", words::typeable(&pool.name))
        }
        None => "do this  ask what a layout would give: `zbay capacity raidz2:6x4TB`".to_owned(),
    }
}
