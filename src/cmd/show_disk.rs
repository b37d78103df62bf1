//! `zbay show disk`: the drives in rows.
//!
//! Its flags are made from the table of columns, not written down a second time. What none of them needs is not
//! looked at.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::render::disk::filter::{Filter, FilterError, column};
use crate::render::disk::{self, COLUMNS, Choice, Cols, Shown};
use crate::render::json::answer;
use crate::verify::missing::missing;

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
    /// A table of Markdown.
    pub markdown: bool,
    /// Drives that sleep are asked too.
    pub wake: bool,
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
        };
        self.list_cols = matches.get_flag("list-cols");
        self.csv = matches.get_flag("csv");
        self.markdown = matches.get_flag("markdown");
        self.wake = matches.get_flag("wake");
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
                    "These columns: bay,model,temp, or +temp-wwn from those shown",
                )
                .value_parser(clap::value_parser!(Cols)),
            )
            .arg(flag("list-cols", None, "What the columns are called, and end"))
            .arg(
                option("sort", "COLUMN,...", "In the order of these columns; -temp is backwards")
                    .value_delimiter(',')
                    .value_parser(sorted),
            )
            .arg(
                option("filter", "CONDITION", "Only drives such as 'temp > 45 and pool = tank'")
                    .value_parser(clap::value_parser!(Filter)),
            )
            .arg(flag("csv", None, "Comma-separated values").conflicts_with("markdown"))
            .arg(flag("markdown", None, "A table of Markdown"))
            .arg(flag("wake", None, "Ask drives that sleep too, which wakes them"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The drives.
pub fn run(context: &Context, args: &DiskArgs) -> anyhow::Result<Answer> {
    if args.list_cols {
        let columns: Vec<_> = COLUMNS
            .iter()
            .map(|it| json!({ "name": it.key(), "flag": it.long, "letter": it.short, "header": it.header, "help": it.help }))
            .collect();
        let json = answer(&[], json!({ "columns": columns }));
        return Ok(Answer { text: disk::list_columns(), json, status: 0 });
    }
    let choice = &args.choice;
    let want = choice.wants(context.common.json);
    let inventory = context.look(Want { wake: args.wake, ..want })?;
    let (hw, known) = context.hw(&inventory.host)?;
    let rows = disk::rows(&hw.value, &inventory);
    let missing = missing(&hw.value, &inventory);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    let text = if args.csv {
        disk::sheet(&hw.value, &rows, choice).csv()
    } else if args.markdown {
        disk::sheet(&hw.value, &rows, choice).markdown()
    } else {
        disk::render(&hw.value, &rows, &missing, inventory.blind.as_ref(), choice)
    };
    let disks = disk::json(&rows, choice);
    let json = answer(
        &notes,
        json!({ "hardware": hw.value.hardware, "disks": disks, "missing": missing }),
    );
    let plain = !args.csv && !args.markdown;
    Ok(Answer { text, json, status: 0 }
        .hinted(plain && choice.is_unasked() && is_bare(known, &inventory.host)))
}
