//! `zbay profile --from-pool`: the profile that a pool keeps, for a box whose boot device is new.

use anyhow::{Result, anyhow, bail};
use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::domain::storage::{KEPT, kept_in};
use crate::inventory::{Inventory, Pool, Pools, Want};
use crate::profile::Profile;
use crate::render::json::{Shape, answer};
use crate::yaml::{Parsed, read};

/// The command.
pub const ROW: Row = Row {
    name: "profile",
    about: "Print the profile stored in a pool",
    more: "For a server that got a new boot device.",
    group: Group::SetUp,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<ProfileArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Kept>("profile")],
    examples: &[
        ("profile --from-pool", "of the only pool"),
        ("profile --from-pool=tank", "of one of several"),
    ],
};

/// The profile that a pool keeps.
#[derive(Serialize, JsonSchema)]
struct Kept {
    /// The pool.
    pool: String,
    /// The file in it.
    path: String,
    /// The profile's text.
    profile: String,
}

/// Arguments of `profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The pool; not needed if only one is imported.
    #[arg(long, value_name = "POOL", num_args = 0..=1, default_missing_value = "", required = true)]
    pub from_pool: Option<String>,
}

/// Prints it; with a hint where it has to go.
///
/// # Errors
/// No such pool, one that is not imported or not mounted, or one that keeps no profile.
pub fn run(context: &Context, args: &ProfileArgs) -> Result<Answer> {
    let inventory = context.look(Want { contents: false, pools: Pools::All, ..Want::IDENTITY })?;
    let name = pool(&inventory, args.from_pool.as_deref())?;
    let pools = inventory.pools.as_ref().map_err(|unknown| anyhow!("the pools: {unknown}"))?;
    let pool = pools.iter().find(|pool| pool.name == name);
    let Some(pool) = pool else { bail!("{}", not_imported(&inventory, &name)) };
    let Some((path, parsed)) = kept(context, pool)? else {
        bail!(
            "pool {name} has no profile in it\ndo this  write one from the pool as it is: `zbay \
             adopt {name}`"
        )
    };
    let body = Kept { pool: name, path: path.into_string(), profile: parsed.text.clone() };
    Ok(Answer { text: parsed.text, json: answer(&[], body), status: 0 })
}

/// The profile that a pool keeps, and where; `None`: it keeps none.
///
/// # Errors
/// It is not mounted, or what it keeps is broken.
pub(super) fn kept(
    context: &Context,
    pool: &Pool,
) -> Result<Option<(Utf8PathBuf, Parsed<Profile>)>> {
    let name = &pool.name;
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name);
    let told = |name: &str| {
        let found = root?.properties.iter().find(|it| it.name == name)?;
        Some(found.value.clone())
    };
    let mountpoint = told("mountpoint").filter(|path| path.starts_with('/'));
    let Some(mountpoint) = mountpoint.filter(|_| told("mounted").as_deref() == Some("yes")) else {
        bail!(
            "pool {name} is not mounted, so its profile cannot be read\ndo this  `zfs mount {name}`"
        )
    };
    let path = kept_in(mountpoint.as_str().into());
    let kept = context.machine.file_beneath(mountpoint.as_str().into(), KEPT.into())?;
    let Some(bytes) = kept else { return Ok(None) };
    // What a pool keeps is input like any other: it is checked before anybody uses it.
    let parsed =
        read::<Profile>(path.as_str(), &bytes).map_err(crate::shipped::LoadError::Faults)?;
    Ok(Some((path, parsed)))
}

/// The pool that was named, or the only one.
fn pool(inventory: &Inventory, named: Option<&str>) -> Result<String> {
    if let Some(name) = named.filter(|name| !name.is_empty()) {
        return Ok(name.to_owned());
    }
    let pools = inventory.pools.as_ref().map_err(|unknown| anyhow!("the pools: {unknown}"))?;
    match &pools[..] {
        [one] => Ok(one.name.clone()),
        [] => match inventory.importable.as_deref() {
            Ok([one]) => bail!("{}", not_imported(inventory, &one.name)),
            Ok([]) => {
                bail!("no pool is imported, and none can be\ndo this  `zbay` shows what is there")
            }
            _ => bail!(
                "no pool is imported\ndo this  name one: `zbay` shows those that could be imported"
            ),
        },
        many => {
            let all: Vec<&str> = many.iter().map(|pool| pool.name.as_str()).collect();
            bail!("which pool: {}? `zbay profile --from-pool POOL`", all.join(", "))
        }
    }
}

fn not_imported(inventory: &Inventory, name: &str) -> String {
    let here = inventory.importable.iter().flatten().any(|pool| pool.name == name);
    if here {
        format!(
            "pool {name} is here but not imported\ndo this  `zbay import {name}`, then this again"
        )
    } else {
        format!("there is no pool {name}\ndo this  `zbay` shows the pools")
    }
}
