//! `zbay import` and `zbay export`: a pool comes to a box, or leaves it.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;

use super::progress::say;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::task::{Proof, Scene, Settle, Settled, Tasked, Terms, look_around, perform, settle};
use super::{Answer, Context};
use crate::domain::host::Own;
use crate::domain::storage::arrival::{self, Arrival};
use crate::inventory::Pool;
use crate::life::moving::{self, Incoming, Outgoing};
use crate::render::json::{Shape, changed};
use crate::words::{labelled, plain};

/// The command.
pub const IMPORT: Row = Row {
    name: "import",
    about: "Import a pool that another system made or used",
    more: "For example from another server, or after a reinstall.",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<ImportArgs>,
    run: Run::Machine(|context, matches| import(context, &given(matches)?)),
    answers: &[Shape::of::<Tasked>("import")],
    examples: &[
        ("import", "the only pool here"),
        ("import tank --dry-run", "show what would be done"),
    ],
};

/// The command.
pub const EXPORT: Row = Row {
    name: "export",
    about: "Export a pool so that its drives can move to another server",
    more: "",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<ExportArgs>,
    run: Run::Machine(|context, matches| export(context, &given(matches)?)),
    answers: &[Shape::of::<Tasked>("export")],
    examples: &[
        ("export tank --dry-run", "show what would be done"),
        ("export tank", "unmount and export it"),
    ],
};

/// Written where zbay-firstboot.service has ended well.
const DONE: &str = "/var/lib/zbay/firstboot.done";

/// Arguments of `import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The pool's name, or its GUID if two have the same name (default: the only one here).
    #[arg(value_name = "POOL|GUID")]
    pub pool: Option<String>,
    /// Import it even though this host used it last and did not export it: that host is off, or gone for good.
    #[arg(long, alias = "from", value_name = "HOST")]
    pub from_host: Option<String>,
    /// Import it even though its log (SLOG) is lost, without the writes that were only in the log.
    #[arg(long)]
    pub without_log: bool,
    /// Show what would be done, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The pool (default: the only one).
    #[arg(value_name = "POOL")]
    pub pool: Option<String>,
    /// Show what would be done, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `zbay import`.
///
/// # Errors
/// All that speaks against it, or a step that does not go as planned.
pub fn import(context: &Context, args: &ImportArgs) -> Result<Answer> {
    let mut scene = look_around(context, "import", args.dry_run)?;
    if let Some(pool) = cut_off(&scene, args) {
        scene.begin()?;
        return go_on(context, &scene, &pool, args);
    }
    // One number of chance for both looks.
    let own = Own::look(&*context.machine);
    let decide = |scene: &Scene| {
        moving::import(&Incoming {
            hw: &scene.hw,
            inventory: &scene.inventory,
            own: &own,
            wish: scene.wish.as_ref(),
            pool: args.pool.as_deref(),
            from: args.from_host.as_deref(),
            without_log: args.without_log,
        })
    };
    let mut command = typed("import", args.pool.as_deref());
    if let Some(host) = &args.from_host {
        let _ = write!(command, " --from-host {host}");
    }
    command.push_str(if args.without_log { " --without-log" } else { "" });
    let settle: Settle = |context, hw, pool, ours| {
        let arrival = settle(context, hw, pool, ours, &mut |progress| say(&progress))?;
        let left = !arrival.left.is_empty();
        Ok(Settled { rows: arrival.rows(), left, arrival: Some(arrival) })
    };
    let terms = Terms { settle: Some(settle), ..terms(&command, args.dry_run, args.yes) };
    perform(context, scene, &decide, &terms)
}

/// The pool that was imported and then nothing more, whose turn it is: an import was cut off, or something of it was left.
fn cut_off(scene: &Scene, args: &ImportArgs) -> Option<String> {
    let pools = scene.inventory.pools.as_ref().ok()?;
    let mut open = pools.iter().filter(|pool| arrival::is_unsettled(pool));
    let meant = if let Some(word) = &args.pool {
        open.find(|pool| pool.name == *word || pool.guid.to_string() == *word)
    } else {
        let others = scene.inventory.importable.iter().flatten().any(|pool| !pool.destroyed);
        let only = open.next().filter(|_| !others);
        only.filter(|_| open.next().is_none())
    };
    meant.map(|pool| pool.name.clone())
}

fn go_on(context: &Context, scene: &Scene, pool: &str, args: &ImportArgs) -> Result<Answer> {
    let wished = scene.wish.as_ref().is_some_and(|wish| wish.pool.name.as_str() == pool);
    let shown = args.dry_run || context.common.machine.is_some();
    let found = if shown {
        let pools = scene.inventory.pools.iter().flatten();
        match pools.into_iter().find(|it| it.name == pool) {
            Some(pool) => arrival::judge(&*context.machine, pool, wished)?,
            None => Arrival::default(),
        }
    } else {
        settle(context, &scene.hw, pool, wished, &mut |progress| say(&progress))?
    };
    let verb = if shown { "would be mounted" } else { "mounted" };
    let mut text = format!("pool {pool} is imported, but its datasets were not mounted yet\n");
    for mount in &found.mount {
        text.push_str(&labelled(verb, &plain(&format!("{} at {}", mount.dataset, mount.at))));
    }
    for (word, row) in found.rows() {
        text.push_str(&labelled(word, &plain(&row)));
    }
    let left = shown || !found.left.is_empty();
    let body = Tasked { pool: Some(pool.to_owned()), arrival: Some(found), ..Tasked::default() };
    Ok(Answer { text, json: changed(&[], !shown, body), status: u8::from(left) })
}

/// `zbay export`.
///
/// # Errors
/// All that speaks against it, or a step that does not go as planned.
pub fn export(context: &Context, args: &ExportArgs) -> Result<Answer> {
    let scene = look_around(context, "export", args.dry_run)?;
    let done = context.machine.file(DONE.into()).ok().flatten().is_some();
    let decide = |scene: &Scene| {
        moving::export(&Outgoing {
            hw: &scene.hw,
            inventory: &scene.inventory,
            wish: scene.wish.as_ref(),
            pool: args.pool.as_deref(),
            first_boot_waits: !done,
        })
    };
    let command = typed("export", args.pool.as_deref());
    let mut pools = scene.inventory.pools.iter().flatten();
    let named = |pool: &&Pool| args.pool.as_ref().is_none_or(|name| pool.name == *name);
    let going = pools.find(named).map(|pool| (pool.guid, pool.name.clone()));
    let answer = perform(context, scene, &decide, &terms(&command, args.dry_run, args.yes))?;
    if let (true, Some((guid, name))) = (answer.json["changed"] == true, going) {
        super::notify::exported(context, guid, &name);
    }
    Ok(answer)
}

fn typed(command: &str, pool: Option<&str>) -> String {
    pool.map_or_else(|| format!("zbay {command}"), |pool| format!("zbay {command} {pool}"))
}

fn terms(command: &str, plan: bool, yes: bool) -> Terms<'_> {
    Terms {
        command,
        bay: "the bay",
        plan,
        yes,
        proof: Proof::Yes,
        no_wait: false,
        resumes: false,
        settle: None,
    }
}
