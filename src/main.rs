//! The program `zbay`: parse, call one command, print its answer or its error once, exit.

use std::ffi::OsString;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use tracing::Level;

use zbay::cli::{Cli, Command, Common, Show};
use zbay::cmd::{self, Answer, Context};
use zbay::console;
use zbay::fault::chain;
use zbay::machine::Machine;
use zbay::machine::real::Real;
use zbay::machine::recorded::{self, Recorded};
use zbay::machine::recording::RecordingError;
use zbay::words;

fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(arguments()) {
        Ok(cli) => cli,
        Err(why) => return not_parsed(&why),
    };
    trace(cli.common.verbose);
    let json = cli.common.json;
    let painted =
        matches!(&cli.command, Some(Command::Show(show)) if matches!(**show, Show::Hw(_)));
    match run(cli) {
        Ok(answer) => print(&answer, json, painted),
        Err(error) => {
            let text = chain(&error);
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let _ = writeln!(console::err(), "error: {text}");
            if json {
                let answer =
                    serde_json::json!({"version": 1, "changed": false, "error": text, "notes": []});
                let _ = writeln!(std::io::stdout(), "{}", console::clean_json(&answer.to_string()));
            }
            ExitCode::from(2)
        }
    }
}

/// Help and the version are answers; what else cannot be parsed is an error, in clap's words.
fn not_parsed(why: &clap::Error) -> ExitCode {
    if why.use_stderr() {
        let _ = write!(console::err(), "{}", why.render());
        return ExitCode::from(2);
    }
    match why.print().and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => unwritten(&error),
        _ => ExitCode::SUCCESS,
    }
}

fn unwritten(error: &std::io::Error) -> ExitCode {
    let _ = writeln!(console::err(), "error: standard output: {error}");
    ExitCode::from(2)
}

/// Called by the name `show`, the program is the original's `show disk`.
fn arguments() -> Vec<OsString> {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    let name = arguments.first().and_then(|path| Path::new(path).file_name());
    if name.is_some_and(|name| name == "show") {
        arguments.insert(1, "show".into());
    }
    arguments
}

fn run(cli: Cli) -> Result<Answer> {
    let context = Context { machine: machine(&cli.common)?, common: cli.common };
    let wide = console::columns().unwrap_or(words::WIDTH);
    match &cli.command {
        None => words::within(wide, || cmd::overview::run(&context)),
        Some(Command::Check(args)) => cmd::check::run(&context, args),
        Some(Command::Show(show)) => match &**show {
            Show::Disk(args) => cmd::show_disk::run(&context, args),
            Show::Hw(args) => words::within(wide, || cmd::show_hw::run(&context, args)),
            Show::Pool => words::within(wide, || cmd::show_pool::run(&context)),
        },
        Some(Command::Status(args)) => words::within(wide, || cmd::status::run(&context, args)),
        Some(Command::Care) => cmd::care::run(&context),
        Some(Command::Selftest(args)) => cmd::selftest::run(&context, args),
        Some(Command::Locate(args)) => cmd::locate::run(&context, args),
        Some(Command::Learn) => cmd::learn::run(&context),
        Some(Command::Plan(args)) => words::within(wide, || cmd::plan::run(&context, args)),
        Some(Command::Propose(args)) => cmd::propose::run(&context, args),
        Some(Command::Apply(args)) => cmd::apply::run(&context, args),
        Some(Command::Notify(args)) => cmd::notify::run(&context, args),
        Some(Command::Forget(args)) => cmd::forget::run(&context, args),
        Some(Command::Metrics) => cmd::notify::metrics(&context),
        Some(Command::Replace(args)) => cmd::replace::run(&context, args),
        Some(Command::Expand(way)) => cmd::expand::run(&context, way),
        Some(Command::Import(args)) => cmd::moving::import(&context, args),
        Some(Command::Export(args)) => cmd::moving::export(&context, args),
        Some(Command::Destroy(args)) => cmd::destroy::run(&context, args),
        Some(Command::Adopt(args)) => cmd::adopt::run(&context, args),
        Some(Command::Verify(args)) => cmd::verify::run(&context, args),
        Some(Command::Profile(args)) => cmd::profile::run(&context, args),
        Some(Command::Capacity(args)) => cmd::capacity::run(&context, args),
        Some(Command::Explain { pool }) => cmd::explain::run(&context, pool.as_deref()),
        Some(Command::Grow(args)) => cmd::grow::run(&context, args),
        Some(Command::Optimal(args)) => cmd::optimal::run(&context, args),
        Some(Command::Firstboot { console }) => cmd::firstboot::run(&context, console.as_deref()),
        Some(Command::Help { topic }) => cmd::help::run(topic.as_deref()),
        Some(Command::Record { dir, keep_serials }) => {
            cmd::record::run(&context, dir, *keep_serials)
        }
        Some(Command::Reference { page }) => cmd::reference::run(page),
    }
}

fn machine(common: &Common) -> Result<Box<dyn Machine>> {
    let Some(word) = &common.machine else { return Ok(Box::new(Real)) };
    if let Some(recorded) = Recorded::embedded(word) {
        return Ok(Box::new(recorded?));
    }
    match Recorded::open(word.as_str().into()) {
        Err(RecordingError::Absent { .. }) if !word.contains('/') => {
            let names = recorded::names().collect::<Vec<_>>().join(", ");
            bail!(
                "there is no recorded machine `{word}`: {names}, or a directory that \
                 scripts/record-machine made"
            )
        }
        other => Ok(Box::new(other?)),
    }
}

fn trace(verbose: u8) {
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

/// Data to standard output; a reader that closed it has seen enough.
fn print(answer: &Answer, json: bool, painted: bool) -> ExitCode {
    let text = if json && !answer.json.is_null() {
        let text = serde_json::to_string_pretty(&answer.json).map(|text| text + "\n");
        console::clean_json(&text.unwrap_or_default()).into_owned()
    } else if painted {
        console::clean_painted(&answer.text)
    } else {
        console::clean(&answer.text).into_owned()
    };
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::from(answer.status),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(answer.status),
        Err(error) => unwritten(&error),
    }
}
