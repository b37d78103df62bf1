//! The parser and the first page of the help, made of the rows.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};

use super::row::{Group, Row, heading};
use crate::cli::Common;

/// The last lines of the help.
const OPTIONS: &str =
    "  --machine DIR|NAME  a recorded machine; --hw NAME|FILE  another description
  --json, -v, --color WHEN, -h, -V  JSON; show what is run; auto, always, never
See `zbay COMMAND --help`, `zbay help TOPIC`, `zbay completions`, `zbay schema`
Exit status: 0 healthy or as the profile says, 1 differs or wrong, 2 error
";

/// The parser of all that can be typed.
pub fn command(rows: &[Row]) -> Command {
    let command = Command::new("zbay")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .override_help(front(rows));
    let command = Common::augment_args(command).about(ABOUT).long_about(None);
    command.subcommands(rows.iter().map(Row::command))
}

const ABOUT: &str = "Turn a small server with drive bays into a ZFS NAS, and keep it one";

/// The first page of the help: every command, by groups, on a screen of 80 columns and 40 lines.
fn front(rows: &[Row]) -> String {
    let mut out = format!(
        "{ABOUT}\n{} zbay [OPTIONS] [COMMAND]     no command: the overview\n",
        heading("Usage:")
    );
    for (group, words) in Group::LISTED {
        let _ = writeln!(out, "{}", heading(words));
        for row in rows.iter().filter(|row| row.group == group) {
            let _ = writeln!(out, "  {:<10} {}", row.name, row.about);
        }
    }
    let _ = write!(out, "{}\n{OPTIONS}", heading("Global options"));
    out
}

/// The parser of what the help lists, with the arguments of all commands, for those who write them all down.
pub fn whole(rows: &[Row]) -> Command {
    let listed = rows.iter().filter(|row| row.group != Group::Hidden);
    let listed: Vec<Row> = listed.copied().collect();
    let mut command = command(&listed);
    command.build();
    command
}

/// What was typed, the program's name first: the command's row, what it takes, and what all take. No row: the overview.
///
/// # Errors
/// What cannot be understood; and the help and the version, which are no commands.
pub fn parse<W>(
    rows: &[Row],
    words: impl IntoIterator<Item = W>,
) -> Result<(Option<&Row>, ArgMatches, Common), clap::Error>
where
    W: Into<OsString> + Clone,
{
    let mut matches = command(rows).try_get_matches_from(words)?;
    let common = Common::from_arg_matches(&matches)?;
    Ok(match matches.remove_subcommand() {
        Some((name, below)) => (rows.iter().find(|row| row.name == name), below, common),
        None => (None, matches, common),
    })
}
