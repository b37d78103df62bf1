//! `zbay show disk`: the drives in rows.
//!
//! Its flags are made from the table of columns, not written down a second time. Where none of them needs the
//! disks to be opened, none is.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::json;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::render::disk::{self, COLUMNS, Choice, Shown};
use crate::render::json::answer;

/// Arguments of `show disk`.
#[derive(Clone, Debug, Default)]
pub struct DiskArgs {
    /// Which columns.
    pub choice: Choice,
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
            all: matches.get_flag("all"),
            no_header: matches.get_flag("noheader"),
        };
        Ok(())
    }
}

impl Args for DiskArgs {
    fn augment_args(command: Command) -> Command {
        let flag = |long: &'static str, short: Option<char>, help: &'static str| {
            Arg::new(long).long(long).short(short).help(help).action(ArgAction::SetTrue)
        };
        let asked = COLUMNS.iter().filter(|column| column.shown != Shown::Always);
        command
            .args(asked.map(|column| flag(column.long, column.short, column.help)))
            .arg(flag("all", Some('a'), "All columns"))
            .arg(flag("noheader", Some('g'), "No header"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The drives.
pub fn run(context: &Context, args: &DiskArgs) -> anyhow::Result<Answer> {
    let opens = args.choice.opens(context.common.json);
    let inventory = context.look(if opens { Want::SEEN } else { Want::IDENTITY })?;
    let (hw, known) = context.hw(&inventory.host)?;
    let rows = disk::rows(&hw.value, &inventory.disks);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    Ok(Answer {
        text: disk::render(&hw.value, &rows, inventory.blind.as_ref(), &args.choice),
        json: answer(
            &notes,
            json!({ "hardware": hw.value.hardware, "disks": disk::json(&rows, &args.choice) }),
        ),
        status: 0,
    }
    .hinted(args.choice.is_unasked() && is_bare(known, &inventory.host)))
}
