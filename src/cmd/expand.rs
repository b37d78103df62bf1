//! `zbay expand WAY ...`: shows what growth gives, costs and cannot undo, asks once, does exactly that, and watches until
//! it has ended.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::row::{Does, Group, Page, Row, Run, commands, given};
use super::task::{Proof, Scene, Tasked, Terms, look_around, perform};
use super::{Answer, Context};
use crate::inventory::stale;
use crate::life::Sight;
use crate::life::called::{self, Known};
use crate::life::expand::{Request, Way, make};
use crate::plan::erase::Take;
use crate::render::json::Shape;

/// The command.
pub const ROW: Row = Row {
    name: "expand",
    about: "Grow a pool, or remove a log, cache, spare or mirror copy",
    more: "",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: commands::<Expand>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Tasked>("expand")],
    examples: &[
        ("expand attach 5 --dry-run", "show what a wider raidz gives"),
        ("expand larger 2 --with 5", "swap in a larger drive"),
        ("expand spare 6", "add a hot spare"),
    ],
};

/// The ways to grow, and to shrink.
#[derive(Debug, Subcommand)]
pub enum Expand {
    /// Add one drive to a vdev: a raidz gets wider, a mirror or a single disk gets another copy.
    Attach {
        /// The new drive: its bay, its serial, or its by-id or kernel name.
        #[arg(value_name = "BAY|DRIVE")]
        bay: String,
        /// The vdev as `zpool status` names it, or one of its drives. Left out: the only one.
        #[arg(long, value_name = "BAY|DRIVE|VDEV")]
        to: Option<String>,
        /// Of what holds something.
        #[command(flatten)]
        erase: Erase,
        /// Until when.
        #[command(flatten)]
        wait: Wait,
        /// How.
        #[command(flatten)]
        how: How,
    },
    /// A data vdev more, of the kind and width that the pool has. A single disk is never added to a redundant pool.
    Add(Bays),
    /// Add a log for synchronous writes (SLOG): one drive, or a mirror of two.
    Log(Bays),
    /// Add read caches (L2ARC).
    Cache(Bays),
    /// Add hot spares, which ZED uses to replace a failed member.
    Spare(Bays),
    /// Add a mirror for metadata and small blocks, with as much redundancy as the data vdevs.
    Special(Bays),
    /// Replace a healthy member with a larger drive; the pool grows with the last one of a vdev.
    Larger {
        /// The member: its bay, its serial, its by-id or kernel name, or its GUID.
        #[arg(value_name = "BAY|DRIVE")]
        bay: String,
        /// The larger drive. Without it, the new drive goes into the same bay, after the old one is taken offline.
        #[arg(long, value_name = "BAY|DRIVE")]
        with: Option<String>,
        /// Of what holds something.
        #[command(flatten)]
        erase: Erase,
        /// Until when.
        #[command(flatten)]
        wait: Wait,
        /// How.
        #[command(flatten)]
        how: How,
    },
    /// Remove a log, a cache, a spare or a mirror copy, or a whole vdev if the pool has no raidz.
    Remove {
        /// The drive, by bay or serial as elsewhere, or the vdev as `zpool status` names it.
        #[arg(value_name = "BAY|DRIVE|VDEV")]
        what: String,
        /// Until when.
        #[command(flatten)]
        wait: Wait,
        /// How.
        #[command(flatten)]
        how: How,
    },
}

/// New drives.
#[derive(Debug, Args)]
pub struct Bays {
    /// The new drives: each by its bay, its serial, or its by-id or kernel name.
    #[arg(value_name = "BAY|DRIVE", required = true)]
    pub bays: Vec<String>,
    /// Of what holds something.
    #[command(flatten)]
    pub erase: Erase,
    /// How.
    #[command(flatten)]
    pub how: How,
}

/// How every way is gone.
#[derive(Debug, Args)]
pub struct How {
    /// The pool, if more than one is imported.
    #[arg(long, value_name = "POOL")]
    pub pool: Option<String>,
    /// Show what would be done, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// New drives that hold something.
#[derive(Debug, Args)]
pub struct Erase {
    /// Use a new drive even though it holds data, erasing it first: its wwn, and the serial read off its label. One
    /// drive per --take.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<Take>,
}

/// What goes on by itself afterwards.
#[derive(Debug, Args)]
pub struct Wait {
    /// Do not wait for the data to move.
    #[arg(long)]
    pub no_wait: bool,
}

impl Expand {
    fn how(&self) -> &How {
        match self {
            Self::Attach { how, .. } | Self::Larger { how, .. } | Self::Remove { how, .. } => how,
            Self::Add(it)
            | Self::Log(it)
            | Self::Cache(it)
            | Self::Spare(it)
            | Self::Special(it) => &it.how,
        }
    }

    /// Drives that a person named to be erased.
    fn takes(&self) -> &[Take] {
        match self {
            Self::Attach { erase, .. } | Self::Larger { erase, .. } => &erase.take,
            Self::Add(it)
            | Self::Log(it)
            | Self::Cache(it)
            | Self::Spare(it)
            | Self::Special(it) => &it.erase.take,
            Self::Remove { .. } => &[],
        }
    }

    /// Whether what goes on afterwards is watched; `None`: nothing does.
    fn watches(&self) -> Option<bool> {
        match self {
            Self::Attach { wait, .. } | Self::Larger { wait, .. } | Self::Remove { wait, .. } => {
                Some(!wait.no_wait)
            }
            Self::Add(_) | Self::Log(_) | Self::Cache(_) | Self::Spare(_) | Self::Special(_) => {
                None
            }
        }
    }

    fn way(&self) -> Way<'_> {
        match self {
            Self::Attach { bay, to, .. } => Way::Attach { bay, to: to.as_deref() },
            Self::Add(it) => Way::Add(&it.bays),
            Self::Log(it) => Way::Log(&it.bays),
            Self::Cache(it) => Way::Cache(&it.bays),
            Self::Spare(it) => Way::Spare(&it.bays),
            Self::Special(it) => Way::Special(&it.bays),
            Self::Larger { bay, with, .. } => Way::Larger { bay, with: with.as_deref() },
            Self::Remove { what, .. } => Way::Remove(what),
        }
    }

    /// As it is typed again: new drives by what stays when the kernel counts anew.
    fn command(&self, known: &Known<'_>) -> String {
        let again = |word: &String| {
            called::spot(known, word).map_or_else(|_| word.clone(), |spot| spot.typed())
        };
        let all = |word: &str, bays: &[String]| {
            let bays: Vec<String> = bays.iter().map(again).collect();
            format!("zbay expand {word} {}", bays.join(" "))
        };
        let option = |name: &str, value: Option<String>| {
            value.map(|value| format!(" --{name} {value}")).unwrap_or_default()
        };
        match self {
            Self::Attach { bay, to, .. } => {
                format!("zbay expand attach {}{}", again(bay), option("to", to.clone()))
            }
            Self::Add(it) => all("add", &it.bays),
            Self::Log(it) => all("log", &it.bays),
            Self::Cache(it) => all("cache", &it.bays),
            Self::Spare(it) => all("spare", &it.bays),
            Self::Special(it) => all("special", &it.bays),
            Self::Larger { bay, with, .. } => {
                let with = with.as_ref().map(again);
                format!("zbay expand larger {}{}", again(bay), option("with", with))
            }
            Self::Remove { what, .. } => format!("zbay expand remove {what}"),
        }
    }
}

/// Grows, or shrinks.
pub fn run(context: &Context, args: &Expand) -> Result<Answer> {
    let how = args.how();
    let scene = look_around(context, "expand", how.dry_run)?;
    let decide = |scene: &Scene| {
        // Only where members take more of their own drives does it matter what lies behind them.
        let stale = match args.way() {
            Way::Larger { with: None, .. } => stale::look(&*context.machine, &scene.inventory),
            _ => Vec::new(),
        };
        let sight = Sight {
            hw: &scene.hw,
            inventory: &scene.inventory,
            wish: scene.wish.as_ref(),
            takes: args.takes(),
            unfinished: &scene.unfinished,
        };
        make(&Request { sight, pool: how.pool.as_deref(), way: args.way(), stale: &stale })
    };
    let command = args.command(&scene.known());
    let watches = args.watches();
    let terms = Terms {
        command: &command,
        bay: "the bay",
        plan: how.dry_run,
        yes: how.yes,
        proof: Proof::Yes,
        no_wait: !watches.unwrap_or(false),
        resumes: watches.is_some(),
        settle: None,
    };
    perform(context, scene, &decide, &terms)
}
