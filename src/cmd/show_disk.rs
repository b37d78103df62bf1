//! `zbay show disk`: the drives in rows.
//!
//! Its flags are made from the table of columns, not written down a second time. What none of them needs is not
//! looked at.

use anyhow::bail;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::console;
use crate::history::{Life, PATH, Sighting, Since, keep};
use crate::hw::Hw;
use crate::inventory::missing::{Missing, missing};
use crate::inventory::{Unknown, Want};
use crate::render::disk::filter::{Filter, FilterError, column};
use crate::render::disk::{self, COLUMNS, Choice, Cols, DriveRow, Row, Shown};
use crate::render::history;
use crate::render::json::answer;
use crate::shipped;
use crate::words::plain;

/// The drives; with `--history` one of them through time; with `--list-cols` what the columns are.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Answered {
    /// The drives in rows.
    Drives {
        /// The description of the server that is used, by its file's name.
        hardware: String,
        /// Whole disks in natural order of their kernel names.
        disks: Vec<DriveRow>,
        /// Members of imported pools whose drives are not there.
        missing: Vec<Missing>,
        /// What differs from the look before.
        since: Changed,
    },
    /// With `--history`: one drive through time.
    History {
        /// When it was seen first.
        first_seen: Timestamp,
        /// When it was there last.
        last_seen: Option<Timestamp>,
        /// What was seen, the oldest first.
        seen: Vec<Sighting>,
    },
    /// With `--list-cols`: the columns.
    Columns {
        /// All of them.
        columns: Vec<Described>,
    },
}

/// What differs from the look before.
#[derive(Serialize, JsonSchema)]
pub(super) struct Changed {
    /// When that look was; `null`: there was none.
    looked: Option<Timestamp>,
    /// What differs.
    changes: Vec<Since>,
}

/// A column of the table.
#[derive(Serialize, JsonSchema)]
pub(super) struct Described {
    /// Its name in `--cols`, `--sort` and `--filter`.
    name: &'static str,
    /// Its long flag.
    flag: &'static str,
    /// Its short flag.
    letter: Option<char>,
    /// Its header.
    header: &'static str,
    /// What it is.
    help: &'static str,
}

/// Arguments of `show disk`.
#[allow(clippy::struct_excessive_bools)] // flags are what they are
#[derive(Clone, Debug, Default)]
pub struct DiskArgs {
    /// Which columns.
    pub choice: Choice,
    /// What the columns are.
    pub list_cols: bool,
    /// Comma-separated values.
    pub csv: bool,
    /// A Markdown table.
    pub markdown: bool,
    /// Drives that sleep are asked too.
    pub wake: bool,
    /// What earlier looks saw of this drive, and nothing else.
    pub history: Option<String>,
}

impl FromArgMatches for DiskArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let asked = COLUMNS.iter().filter(|column| column.shown != Shown::Always);
        let given = asked.filter(|column| matches.get_flag(column.long));
        self.choice = Choice {
            flags: given.map(|column| column.long.to_owned()).collect(),
            all: matches.get_flag("all-opts"),
            no_header: matches.get_flag("noheader"),
            no_lines: matches.get_flag("transparent"),
            cols: matches.get_one::<Cols>("cols").cloned(),
            sort: matches.get_many("sort").unwrap_or_default().copied().collect(),
            filter: matches.get_one::<Filter>("filter").cloned(),
            width: console::columns(),
        };
        self.list_cols = matches.get_flag("list-cols");
        self.csv = matches.get_flag("csv");
        self.markdown = matches.get_flag("markdown");
        self.wake = matches.get_flag("wake");
        self.history = matches.get_one("history").cloned();
        Ok(())
    }
}

/// A column to sort by: `temp`, or `-temp` for backwards.
fn sorted(word: &str) -> Result<(&'static str, bool), FilterError> {
    let (name, backwards) = word.strip_prefix('-').map_or((word, false), |name| (name, true));
    Ok((column(name)?.key(), backwards))
}

impl Args for DiskArgs {
    fn augment_args(command: Command) -> Command {
        let flag = |long: &'static str, short: Option<char>, help: &'static str| {
            Arg::new(long).long(long).short(short).help(help).action(ArgAction::SetTrue)
        };
        let option = |long: &'static str, name: &'static str, help: &'static str| {
            Arg::new(long).long(long).value_name(name).help(help).allow_hyphen_values(true)
        };
        let asked = COLUMNS.iter().filter(|column| column.shown != Shown::Always);
        let columns = asked.map(|column| {
            let flag = flag(column.long, column.short, column.help);
            column.alias.map_or(flag.clone(), |alias| flag.alias(alias))
        });
        command
            .args(columns)
            .arg(flag("all-opts", Some('a'), "All columns").visible_alias("all"))
            .arg(flag("noheader", Some('g'), "No header"))
            .arg(flag("transparent", Some('E'), "No lines"))
            .arg(
                option(
                    "cols",
                    "LIST",
                    "Show these columns: bay,model,temp, or +temp-wwn to change the default",
                )
                .value_parser(clap::value_parser!(Cols)),
            )
            .arg(flag("list-cols", None, "List the column names and exit"))
            .arg(
                option("sort", "COLUMN,...", "Sort by these columns; -temp reverses the order")
                    .value_delimiter(',')
                    .value_parser(sorted),
            )
            .arg(
                option(
                    "filter",
                    "CONDITION",
                    "Only drives that match, for example 'temp > 45 and pool = tank'",
                )
                .value_parser(clap::value_parser!(Filter)),
            )
            .arg(flag("csv", None, "Comma-separated values").conflicts_with("markdown"))
            .arg(flag("markdown", None, "A Markdown table"))
            .arg(flag("wake", None, "Also query sleeping drives, which wakes them"))
            .arg(
                option(
                    "history",
                    "SERIAL",
                    "Show the history of one drive, present or gone: its serial or the end of it",
                )
                .value_parser(clap::value_parser!(String)),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// What earlier looks saw of one drive.
fn history_of(context: &Context, word: &str) -> anyhow::Result<Answer> {
    let past = keep::load(&*context.machine);
    let life = match past.called(word)[..] {
        [life] => life,
        [] if past.drives.is_empty() => {
            bail!("there is no history yet: running zbay as root writes it to {PATH}")
        }
        ref several => {
            let all: Vec<&Life> = past.drives.iter().collect();
            let of = if several.is_empty() { &all } else { several };
            let names = of.iter().filter_map(|life| life.last()).map(Sighting::name);
            let names = names.take(12).collect::<Vec<_>>().join("\n  ");
            let what = if several.is_empty() { "no drive" } else { "more than one drive" };
            bail!(
                "{what} with a serial ending in `{}` was ever seen here\n  {}",
                plain(word),
                names
            )
        }
    };
    let json = Answered::History {
        first_seen: life.first,
        last_seen: life.last_there(),
        seen: life.seen.clone(),
    };
    Ok(Answer { text: history::render(life), json: answer(&[], json), status: 0 })
}

/// The rows, in the form that is wished.
fn table(
    args: &DiskArgs,
    hw: &Hw,
    rows: &[Row<'_>],
    missing: &[Missing],
    blind: Option<&Unknown>,
) -> String {
    let choice = &args.choice;
    match (args.csv, args.markdown) {
        (true, _) => disk::sheet(hw, rows, choice).csv(),
        (_, true) => disk::sheet(hw, rows, choice).markdown(),
        _ => disk::render(hw, rows, missing, blind, choice),
    }
}

/// The drives.
pub fn run(context: &Context, args: &DiskArgs) -> anyhow::Result<Answer> {
    if args.list_cols {
        let columns: Vec<_> = COLUMNS
            .iter()
            .map(|it| Described {
                name: it.key(),
                flag: it.long,
                letter: it.short,
                header: it.header,
                help: it.help,
            })
            .collect();
        let json = answer(&[], Answered::Columns { columns });
        return Ok(Answer { text: disk::list_columns(), json, status: 0 });
    }
    let choice = &args.choice;
    let want = choice.wants(context.common.json);
    if let Some(word) = &args.history {
        return history_of(context, word);
    }
    let mut inventory = context.look(Want { wake: args.wake, ..want })?;
    if !want.host {
        // No bay is shown, and no look without bays is remembered.
        let hw = shipped::hw(&*context.machine, "generic")?.value;
        let text = table(args, &hw, &disk::rows(&hw, &inventory), &[], inventory.blind.as_ref());
        return Ok(Answer { text, json: Value::Null, status: 0 });
    }
    let (hw, known) = context.hw(&inventory.host)?;
    let (past, changes) = context.remember(&hw.value, &mut inventory);
    let rows = disk::rows(&hw.value, &inventory);
    let missing = missing(&hw.value, &inventory);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    let plain = !args.csv && !args.markdown;
    let mut text = table(args, &hw.value, &rows, &missing, inventory.blind.as_ref());
    if plain && choice.is_unasked() {
        text += &disk::warnings(&notes);
        text += &history::since(past.looked, &changes);
    }
    let disks = disk::json(&hw.value, &rows, choice);
    let json = answer(
        &notes,
        Answered::Drives {
            hardware: hw.value.hardware.clone(),
            disks,
            missing,
            since: Changed { looked: past.looked, changes },
        },
    );
    Ok(Answer { text, json, status: 0 }
        .hinted(plain && choice.is_unasked() && is_bare(known, &inventory.host)))
}
