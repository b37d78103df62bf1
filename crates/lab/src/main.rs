//! `zbay-lab`: what the scripts ask of the laboratory. A developer's program, and no part of zbay.
#![allow(clippy::disallowed_methods)] // reads what the developer's scripts have written

use std::fs;
use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Parser, Subcommand};
use zbay_lab::budget::{Part, at_most, part};
use zbay_lab::seconds::{now, of_test, running, sums};

mod launch;

/// Virtual boxes for the demo and the tests, and what the tests' times say.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the files of a virtual box and print QEMU's arguments, one a line
    Box(launch::BoxArgs),
    /// The pieces of one part of the long run, one a line: `SECONDS NAME`; the first line is `all`
    Part {
        /// Such as 3/8
        part: Part,
        /// The releases that have a drill
        releases: Vec<String>,
    },
    /// The tests that run, and for how long
    Running {
        /// What the tests noted (`ZBAY_SECONDS`)
        notes: Utf8PathBuf,
        /// The harness's own output
        log: Utf8PathBuf,
    },
    /// The time of a test and its budget
    Took {
        /// What the tests noted
        notes: Utf8PathBuf,
        /// Its path, `seed::name`
        test: String,
        /// The run is a long one
        #[arg(long)]
        long: bool,
    },
    /// The tests that took longest, and those over their budgets
    Sums {
        /// What the tests noted
        notes: Utf8PathBuf,
        /// The run was a long one
        #[arg(long)]
        long: bool,
    },
}

/// Characters that a step's line has room for: see `step_line` in scripts/lib.sh.
const WIDTH: usize = 58;

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    // What is not there yet says nothing.
    let read = |path: &Utf8PathBuf| {
        String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
    };
    match command {
        Command::Box(args) => launch::launch(&args, &mut out)?,
        Command::Part { part: which, releases } => {
            let pieces = part(which, &releases);
            writeln!(out, "{} all", at_most(&pieces))?;
            for piece in pieces {
                writeln!(out, "{} {}", piece.seconds, piece.name)?;
            }
        }
        Command::Running { notes, log } => {
            writeln!(out, "{}", running(&read(&notes), &read(&log), now(), WIDTH))?;
        }
        Command::Took { notes, test, long } => {
            writeln!(out, "{}", of_test(&read(&notes), &test, long))?;
        }
        Command::Sums { notes, long } => write!(out, "{}", sums(&read(&notes), long))?,
    }
    Ok(())
}
