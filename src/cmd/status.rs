//! `zbay status`: how the pools are, by bay, and what to do next. Status 1 where something is wrong, 2 where nobody
//! answered.
//!
//! It asks as few questions as it can, each with a limit: a pool that hangs must not keep what the others say.

use std::io::{IsTerminal as _, Write as _};
use std::thread::sleep;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::care::{self, facts};
use crate::check::machine;
use crate::console;
use crate::finding::Finding;
use crate::inventory::{Inventory, Pool, Pools, Want, pools};
use crate::notice::{lost, start, store};
use crate::paint::Paint;
use crate::render::json::{Shape, answer};
use crate::render::status::{Screen, render};
use crate::status::running::seconds;
use crate::status::waiting::waiting;
use crate::status::{self, Condition, Status, Weight, What};

/// The command.
pub const ROW: Row = Row {
    name: "status",
    about: "Show each pool's health by bay, and what to do about it",
    more: "Exit status: 0 healthy, 1 not healthy, 2 no answer.",
    group: Group::Look,
    does: Does::Looks,
    page: Page::Wide,
    arguments: options::<StatusArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("status")],
    examples: &[
        ("status", "all pools"),
        ("status tank", "one pool"),
        ("status --json", "for a program"),
        ("--machine gen8-seed status", "on a recorded server"),
    ],
};

/// Arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    /// The pool (default: all of them).
    #[arg(value_name = "POOL")]
    pub pool: Option<String>,
    /// Refresh every SECONDS seconds, until Ctrl-C.
    #[arg(
        long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub watch: Option<u64>,
}

/// How the pools are.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// The imported pools, or the one that was named.
    pools: Vec<PoolStatus>,
    /// Pools that are not imported: those that wait for an import, and those that are missed.
    others: Vec<Finding>,
    /// Where no pool is imported and what could be imported is not known: why.
    importable: Option<Unlisted>,
}

/// Why the pools that could be imported are not known.
#[derive(Serialize, JsonSchema)]
struct Unlisted {
    /// In words.
    unknown: String,
}

/// How a pool is.
#[derive(Serialize, JsonSchema)]
struct PoolStatus {
    /// The first line of the screen: what is wrong, and what the pool can still lose.
    headline: String,
    /// What to type next; `null`: nothing.
    next: Option<String>,
    /// The rest.
    #[serde(flatten)]
    status: Status,
}

/// One look.
struct Look {
    inventory: Inventory,
    pools: Vec<Status>,
    answer: Answer,
}

/// The pools.
///
/// # Errors
/// Nobody answered, there is no pool of that name, or not even the disks can be listed.
pub fn run(context: &Context, args: &StatusArgs) -> anyhow::Result<Answer> {
    let first = look(context, args, None)?;
    // What was recorded never changes.
    let Some(every) = args.watch.filter(|_| context.common.machine.is_none()) else {
        return Ok(first.answer);
    };
    watch(context, args, first, Duration::from_secs(every))
}

/// Looks again and again; ends where nobody reads any more.
fn watch(
    context: &Context,
    args: &StatusArgs,
    mut last: Look,
    every: Duration,
) -> anyhow::Result<Answer> {
    let mut out = std::io::stdout();
    let screen = out.is_terminal() && !context.common.json;
    let mut shown = String::new();
    let mut fault: Option<String> = None;
    loop {
        let text = match &fault {
            Some(fault) => format!("{fault}\n"),
            None if context.common.json => format!("{}\n", last.answer.json),
            None => last.answer.text.clone(),
        };
        let text = if context.common.json {
            console::clean_json(&text).into_owned()
        } else {
            console::clean_screen(&text, Paint::now())
        };
        let gap = if shown.is_empty() || context.common.json { "" } else { "\n" };
        let written = if screen {
            write!(out, "\x1b[H\x1b[2J{text}")
        } else if text == shown {
            Ok(())
        } else {
            write!(out, "{gap}{text}")
        };
        if written.and_then(|()| out.flush()).is_err() {
            let silent = Answer { text: String::new(), json: Value::Null, ..last.answer };
            return Ok(silent);
        }
        shown = text;
        sleep(every);
        // Whoever watches wants to see when it answers again.
        match look(context, args, Some(&last)) {
            Ok(look) => (last, fault) = (look, None),
            Err(error) => fault = Some(crate::fault::chain(&error)),
        }
    }
}

fn look(context: &Context, args: &StatusArgs, earlier: Option<&Look>) -> anyhow::Result<Look> {
    let mut inventory = context.look(Want::GLANCE)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let others = others(context, args, &mut inventory)?;
    let imported = match &inventory.pools {
        Ok(pools) => pools,
        Err(unknown) => {
            bail!(
                "could not get pool status: {unknown}\ndo this  {}",
                status::unread(&unknown.why, "zbay status")
            )
        }
    };
    let wished =
        imported.iter().filter(|it| args.pool.as_ref().is_none_or(|name| it.name == *name));
    let one = |pool: &Pool| {
        let mut status = status::of(&hw, &inventory, pool);
        if let Some((look, before)) = earlier.and_then(|look| Some((look, before(look, pool)?))) {
            status = status.since(before, seconds(look.inventory.taken, inventory.taken));
        }
        // The names of damaged files are read from the pool: only where there are any.
        let damaged = status.conditions.iter().any(|it| it.what == What::DataErrors);
        if damaged { status.naming(named(context, &pool.name)) } else { status }
    };
    let mut pools: Vec<Status> = wished.map(one).collect();
    care(context, &mut pools, earlier);
    if let (Some(name), [], []) = (&args.pool, pools.as_slice(), others.as_slice()) {
        let names: Vec<&str> = imported.iter().map(|pool| pool.name.as_str()).collect();
        match names.as_slice() {
            [] => bail!("no pool `{name}` is imported, and no other pool is"),
            names => bail!("no pool `{name}` is imported: there is {}", names.join(", ")),
        }
    }
    let calm = others.iter().all(|it| it.weight() == Weight::Notice);
    let well = calm && pools.iter().all(Status::is_well);
    let unknown = inventory.importable.as_ref().err().filter(|_| imported.is_empty());
    let shown = |status: &Status| PoolStatus {
        headline: status.headline(),
        next: status.next(),
        status: status.clone(),
    };
    let body = Answered {
        pools: pools.iter().map(shown).collect(),
        others: others.iter().map(Finding::from).collect(),
        importable: unknown.map(|unknown| Unlisted { unknown: unknown.why.clone() }),
    };
    let unknown = unknown.map(|unknown| unknown.why.as_str());
    let answer = Answer {
        text: render(&Screen { hw: &hw, pools: &pools, others: &others, unknown }),
        json: answer(&machine::drives(&hw, known, &inventory.disks), body),
        status: u8::from(!well),
    };
    Ok(Look { inventory, pools, answer })
}

/// Who scrubs each pool and who is told: a few files, once. Whoever watches has read it.
fn care(context: &Context, pools: &mut [Status], earlier: Option<&Look>) {
    let was = |name: &str| {
        let look = earlier?;
        look.pools.iter().find(|it| it.pool == name)?.care.clone()
    };
    for status in &mut *pools {
        status.care = was(&status.pool);
    }
    if pools.is_empty() || earlier.is_some() {
        return;
    }
    let names: Vec<&str> = pools.iter().map(|it| it.pool.as_str()).collect();
    let facts = facts::glance(&*context.machine, &names);
    let wish = context.wish().ok().flatten().map(|wish| wish.value);
    for status in pools {
        status.care = care::line(&status.pool, wish.as_ref(), &facts);
    }
}

/// The same pool, an earlier time.
fn before<'a>(look: &'a Look, pool: &Pool) -> Option<&'a Status> {
    look.pools.iter().find(|it| it.pool == pool.name)
}

fn named(context: &Context, pool: &str) -> Result<Vec<String>, String> {
    pools::damaged(&*context.machine, pool)
        .map_err(|unknown| format!("the names of the damaged files ({unknown})"))
}

/// Pools that `zbay notify` has seen and misses. Only root can read what it keeps.
fn lost(
    context: &Context,
    inventory: &Inventory,
    imported: &[Pool],
    wish: Option<&str>,
) -> Vec<Condition> {
    let machine = &*context.machine;
    let told = store::load(machine);
    let wish = wish.or(told.wished.as_deref());
    let imports = |guid: &String| imported.iter().any(|pool| pool.guid.to_string() == *guid);
    if told.pools.keys().all(imports) {
        return Vec::new();
    }
    let mut absent = lost::absent(&told, wish, imported, &start::look(machine));
    lost::recall(&told, &mut absent, inventory);
    let known = absent.iter().filter(|pool| pool.is_known());
    known.filter_map(|pool| pool.condition(&absent, imported)).collect()
}

/// Pools that wait for an import, and the one that the profile names and nobody has.
fn others(
    context: &Context,
    args: &StatusArgs,
    inventory: &mut Inventory,
) -> anyhow::Result<Vec<Condition>> {
    let Ok(imported) = &inventory.pools else { return Ok(Vec::new()) };
    let named = |name: &str| args.pool.as_ref().is_none_or(|wanted| wanted == name);
    let wish = context.wish().ok().flatten().map(|wish| wish.value.pool.name.to_string());
    let asked = args.pool.clone().or(wish.clone());
    let missing = asked.filter(|name| !imported.iter().any(|pool| pool.name == *name));
    if missing.is_some() && !imported.is_empty() {
        let want = Want { pools: Pools::All, ..Want::IDENTITY };
        inventory.importable = context.look(want)?.importable;
    }
    let mut others = Vec::new();
    match &inventory.importable {
        Ok(listed) => {
            let here = listed.iter().filter(|pool| !pool.destroyed && named(&pool.name));
            others.extend(here.map(|pool| waiting(pool, listed)));
        }
        Err(unknown) if missing.is_some() => {
            let name = missing.as_deref().unwrap_or_default();
            others.push(
                Condition::of_pool(What::Unanswered, name)
                    .with(format!("whether pool {name} waits for an import ({unknown})")),
            );
        }
        Err(_) => {}
    }
    let lost = lost(context, inventory, imported, wish.as_deref());
    for condition in lost.into_iter().filter(|it| named(&it.pool)) {
        if !others.iter().any(|it| it.pool == condition.pool && it.what != What::Unanswered) {
            others.retain(|it| it.pool != condition.pool);
            others.push(condition);
        }
    }
    let absent = missing.filter(|name| wish.as_ref() == Some(name) && inventory.importable.is_ok());
    if let Some(name) = absent.filter(|name| !others.iter().any(|it| it.pool == *name)) {
        others.push(Condition::of_pool(What::WishedAbsent, &name));
    }
    Ok(others)
}
