//! What every command takes, and what is made of it before a command runs: the machine that is looked at, and how much
//! is said meanwhile.

use std::ffi::OsString;
use std::path::Path;

use anstream::ColorChoice;
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use tracing::Level;

use crate::console;
use crate::machine::Machine;
use crate::machine::real::Real;
use crate::machine::recorded::{self, Recorded};
use crate::machine::recording::RecordingError;

/// Arguments that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Use a recorded machine instead of this one: a directory, or a recording that comes with zbay (gen8-seed).
    #[arg(long, global = true, value_name = "DIR|NAME", help_heading = "Global options")]
    pub machine: Option<String>,
    /// Use this hardware description instead of the recognised one.
    #[arg(long, global = true, value_name = "NAME|FILE", help_heading = "Global options")]
    pub hw: Option<String>,
    /// Print JSON.
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// When to use colour; words and symbols always say the same.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub color: Colour,
    /// Show on standard error which programs run and for how long (twice: more).
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

/// When colours are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal that supports it, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Even into a pipe.
    Always,
    /// Never.
    Never,
}

impl Colour {
    /// For all that is written from here on.
    pub fn choose(self) {
        console::choose_colour(match self {
            Self::Auto => ColorChoice::Auto,
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        });
    }
}

/// What was typed. Called by the name `show`, the program is the original's `show disk`.
pub fn words() -> Vec<OsString> {
    let mut words: Vec<OsString> = std::env::args_os().collect();
    let name = words.first().and_then(|path| Path::new(path).file_name());
    if name.is_some_and(|name| name == "show") {
        words.insert(1, "show".into());
    }
    words
}

/// The machine that is meant: this one, or a recorded one.
///
/// # Errors
/// There is no such recording, or it cannot be read.
pub fn machine(common: &Common) -> Result<Box<dyn Machine>> {
    let Some(word) = &common.machine else { return Ok(Box::new(Real)) };
    if let Some(recorded) = Recorded::embedded(word) {
        return Ok(Box::new(recorded?));
    }
    match Recorded::open(word.as_str().into()) {
        Err(RecordingError::Absent { .. }) if !word.contains('/') => {
            let names = recorded::names().collect::<Vec<_>>().join(", ");
            bail!(
                "there is no recorded machine `{word}`: use {names}, or a directory made by \
                 scripts/record-machine"
            )
        }
        other => Ok(Box::new(other?)),
    }
}

/// Says on standard error what is run, as often as it was asked for.
pub fn trace(verbose: u8) {
    // Nobody but zbay speaks through it: a level is all there is to choose.
    let level = match verbose {
        0 => Level::WARN,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(console::err)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .init();
}
