//! What can be typed: the commands and their arguments, as clap types.
//!
//! Help texts live here and nowhere else. Each command has a file of its own under `cmd`.

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};

mod late;

pub use late::Late;

/// Turns a small server with a few drive bays into a ZFS NAS, and keeps it one.
///
/// Without a command: the box, its bays, the wish, the pool, and what to type next.
/// Exit status: 0 as wished, 1 something differs or is wrong with the machine, 2 the request or zbay failed.
#[derive(Debug, Parser)]
#[command(version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// What is common to all commands.
    #[command(flatten)]
    pub common: Common,
    /// The command; none is the overview.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Arguments that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// Look at a recorded machine instead of this one: a directory, or one that comes with zbay (gen8-seed).
    #[arg(long, global = true, value_name = "DIR|NAME")]
    pub machine: Option<String>,
    /// Take this description of the box instead of the recognised one.
    #[arg(long, global = true, value_name = "NAME|FILE")]
    pub hw: Option<String>,
    /// Answer as JSON.
    #[arg(long, global = true)]
    pub json: bool,
    /// Say on standard error what is run and for how long (twice: more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check profiles and descriptions of boxes, offline: every fault with its line.
    Check(Late<Check>),
    /// Show disks, the box, or the pool by bay.
    #[command(subcommand)]
    Show(Late<Show>),
    /// How the pools are, by bay: what is wrong, what it means, what to do next. 0: well, 1: not, 2: nobody answered.
    Status(Late<crate::cmd::status::StatusArgs>),
    /// Who scrubs and trims the pools, has drives test themselves, and is told; what is done twice or by nobody.
    Care,
    /// Have the drives of the pools test themselves; those that sleep are let sleep.
    Selftest(Late<crate::cmd::selftest::SelfTestArgs>),
    /// Show which drive is in a bay: its activity light blinks by reads, and its own light where ledctl knows one.
    Locate(Late<crate::cmd::locate::LocateArgs>),
    /// Find out which port is which bay, by serial numbers that you read or drives that blink, and write it to
    /// /etc/zbay/hw after one question.
    Learn,
    /// Show what would be done to make the machine as wished; writes nothing.
    Plan(Late<Plan>),
    /// Propose layouts for the drives that are there, side by side; `--write` records one as the wish.
    Propose(Late<crate::cmd::propose::ProposeArgs>),
    /// Make the machine as wished: shows the plan, asks once, does exactly that.
    Apply(Late<Apply>),
    /// Put a new drive into the place of a pool's member that failed or is missing, and watch it until it is done.
    Replace(Late<Replace>),
    /// Grow a pool in every way that ZFS has: attach, add, log, cache, spare, special, larger drives; and remove.
    #[command(subcommand)]
    Expand(Late<crate::cmd::expand::Expand>),
    /// Import a pool that another system made or had: after the system was installed anew, or in another box.
    Import(Late<crate::cmd::moving::ImportArgs>),
    /// Let go of a pool, so that its drives can move to another box.
    Export(Late<crate::cmd::moving::ExportArgs>),
    /// Record a wish for a pool that zbay did not make: what it is now, by bay; nothing in the pool is changed.
    Adopt(Late<crate::cmd::adopt::AdoptArgs>),
    /// Destroy a dataset with its snapshots and all below it, for ever: shows what would be lost, and has its name typed.
    Destroy(Late<crate::cmd::destroy::DestroyArgs>),
    /// Compare the machine with the wish.
    Verify(Late<Wish>),
    /// Print the wish that a pool keeps: `zbay profile --from-pool > mine.yaml` on a box with a new boot device.
    Profile(Late<ProfileArgs>),
    /// What drives of common sizes would hold in this box, or what a layout would give, to the byte.
    Capacity(Late<crate::cmd::capacity::CapacityArgs>),
    /// Where the bytes of a pool went, from the labels on its drives to AVAIL, line by line.
    Explain {
        /// Which. Left out: the only one.
        #[arg(value_name = "POOL")]
        pool: Option<String>,
    },
    /// Which widths waste little, and the ways to share out so many drives.
    Optimal(Late<crate::cmd::optimal::OptimalArgs>),
    /// Ways from one pool to a larger one, side by side: `zbay grow raidz2:6x4TB --to raidz2:12x4TB`.
    Grow(Late<crate::cmd::grow::GrowArgs>),
    /// Set the box up once, without questions, with a report on the console (zbay-firstboot.service).
    Firstboot {
        /// A console that gets the report too, such as /dev/console.
        #[arg(long, value_name = "DEVICE")]
        console: Option<Utf8PathBuf>,
    },
    /// Look, and tell who is to be told what has changed: what a timer and ZED run. `--test` tries the way out.
    Notify(Late<Notify>),
    /// Miss a pool no more that zbay has seen and that is gone for good: its alerts end. Nothing is changed on any drive.
    Forget(Late<crate::cmd::forget::ForgetArgs>),
    /// Print a document that zbay carries (`zbay help foreign`), the help of a command, or what there is.
    Help {
        /// A topic or a command. Left out: both are listed.
        #[arg(value_name = "TOPIC")]
        topic: Option<String>,
    },
    /// Print figures for Prometheus: pools, members and drives by bay.
    Metrics,
    /// Record this machine, for a bug report or a test: what zbay's readers need of it, and nothing of its owner's.
    #[command(hide = true)]
    Record {
        /// A directory to make.
        dir: Utf8PathBuf,
        /// Keep all names, serial numbers and addresses as they are, for yourself alone; otherwise made-up ones take their places.
        #[arg(long)]
        keep_serials: bool,
    },
    /// Write the reference pages that are made from the types.
    #[command(hide = true)]
    Reference {
        /// Which: profile, hw, rules, status, capabilities or show-disk.schema.
        page: String,
    },
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Profiles or descriptions of boxes: shipped names, or files.
    #[arg(required = true, value_name = "FILE|NAME")]
    pub files: Vec<String>,
}

/// A wish.
#[derive(Debug, Args)]
pub struct Wish {
    /// A shipped profile's name, or a file if it contains `/` or ends in .yaml. Left out: /etc/zbay/profile.yaml.
    #[arg(value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct Plan {
    /// The wish.
    #[command(flatten)]
    pub wish: Wish,
    /// Erase this drive first and take it, though it holds something: its wwn, and the serial that you read off its
    /// label. One drive for each --take.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<crate::plan::erase::Take>,
    /// Import the wished pool from the wished bays though this host had it last and did not export it.
    #[arg(long, value_name = "HOST")]
    pub adopt: Option<String>,
    /// Change a pool that zbay did not make to this shipped profile.
    #[arg(long)]
    pub onto_existing: bool,
    /// Save the plan; `zbay apply FILE` does exactly it, if nothing has changed by then.
    #[arg(long, value_name = "FILE.json")]
    pub save: Option<Utf8PathBuf>,
    /// Print every command with every path in full.
    #[arg(long)]
    pub full: bool,
}

/// Arguments of `apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// A profile as for `plan`, or a saved plan (FILE.json). Left out: /etc/zbay/profile.yaml.
    #[arg(value_name = "PROFILE|PLAN")]
    pub profile: Option<String>,
    /// Erase this drive first and take it, though it holds something: its wwn, and the serial that you read off its
    /// label. One drive for each --take.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<crate::plan::erase::Take>,
    /// Import the wished pool from the wished bays though this host had it last and did not export it.
    #[arg(long, value_name = "HOST")]
    pub adopt: Option<String>,
    /// Change a pool that zbay did not make to this shipped profile.
    #[arg(long)]
    pub onto_existing: bool,
    /// Do not ask. Answers for plans that only take free disks and set properties.
    #[arg(long)]
    pub yes: bool,
    /// Replace a different wish that is recorded in /etc/zbay/profile.yaml.
    #[arg(long)]
    pub replace_wish: bool,
}

/// Arguments of `notify`.
#[derive(Debug, Args)]
pub struct Notify {
    /// Send a test to everybody who is told, and end.
    #[arg(long)]
    pub test: bool,
    /// Write figures for Prometheus into this file too.
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<Utf8PathBuf>,
    /// Show what would be sent, and send and keep nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// Arguments of `replace`.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Debug, Args)]
pub struct Replace {
    /// The drive that failed or is missing: its bay, its serial, its by-id or kernel name, or its GUID; with --member it may
    /// be left out.
    #[arg(value_name = "BAY|DRIVE", required_unless_present_any = ["waiting", "member"])]
    pub bay: Option<String>,
    /// Without a word: take blank drives that wait in the bays of members that are gone, if the profile says
    /// `autoreplace: blank`. A timer runs it.
    #[arg(long, exclusive = true)]
    pub waiting: bool,
    /// The new drive, where that is in another bay: its bay, its serial, or its by-id or kernel name.
    #[arg(long, value_name = "BAY|DRIVE")]
    pub with: Option<String>,
    /// The member to replace, by the end of its serial or by its GUID, where the bay does not say it.
    #[arg(long, value_name = "SERIAL|GUID")]
    pub member: Option<String>,
    /// Erase the new drive first and take it, though it holds something: its wwn, and the serial read off its label.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<crate::plan::erase::Take>,
    /// Only show what would be done.
    #[arg(long)]
    pub plan: bool,
    /// Do not ask; takes the new drive's serial.
    #[arg(long)]
    pub yes: bool,
    /// The serial of the drive that is written to, or its last four characters or more, as on its label.
    #[arg(long, value_name = "SERIAL")]
    pub serial: Option<String>,
    /// Do not wait for the resilver.
    #[arg(long)]
    pub no_wait: bool,
}

/// Arguments of `profile`.
#[derive(Debug, Args)]
pub struct ProfileArgs {
    /// The pool; left out where just one is imported.
    #[arg(long, value_name = "POOL", num_args = 0..=1, default_missing_value = "", required = true)]
    pub from_pool: Option<String>,
}

/// What to show.
#[derive(Debug, Subcommand)]
pub enum Show {
    /// The drives, a row each; `-sm` gives size and model as the seed article's `show disk -sm`.
    Disk(crate::cmd::show_disk::DiskArgs),
    /// The box: how it is recognised, its mode, what boots, memory, network, a drawing of the bays.
    ///
    /// Each bay has a sign for whose its drive is: = in its pool, - blank, # holds something else, ? not known; ~ look at
    /// it, ! act. Drives that sleep are let sleep.
    Hw(crate::cmd::show_hw::HwArgs),
    /// The pool by bay.
    Pool,
}
