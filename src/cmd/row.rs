//! A command's row: its name, what it is for, what it takes, and what runs it. Each command's module exports its own.
//!
//! From the rows come the parser, the groups of the help and the dispatch; see [`super::table`]. The arguments of a command
//! are put together when it is typed, and not before: all of them would be half of the time of a short look.

use anyhow::Result;
use clap::builder::{Resettable, StyledStr};
use clap::{ArgMatches, Args, Command, FromArgMatches, Subcommand};

use super::{Answer, Context};
use crate::render::json::Shape;

/// What the commands of a group are for, in the order in which they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// What is there.
    Look,
    /// Before drives are bought.
    Purchase,
    /// Until the pool is there.
    SetUp,
    /// A pool that exists.
    Live,
    /// What runs by itself, and what it has to say.
    Watch,
    /// What tells of the commands.
    Help,
    /// For those who work on zbay.
    Hidden,
}

impl Group {
    /// Those that the help lists, in its order, with their headings.
    pub const LISTED: [(Self, &str); 5] = [
        (Self::Look, "Look"),
        (Self::Purchase, "Plan a purchase"),
        (Self::SetUp, "Set up"),
        (Self::Live, "Maintain"),
        (Self::Watch, "Watch"),
    ];
}

/// What a command does to the machine that it is typed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Nothing but reading files: it is the same everywhere.
    Computes,
    /// It looks at the machine, and sees less where it is not root.
    Looks,
    /// It asks the drives or a person, and writes files of zbay's own: root's.
    Asks,
    /// It can change drives, pools or settings: root's.
    Changes,
}

/// What a command prints on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// A screen, as wide as the terminal.
    Wide,
    /// A screen of 80 columns.
    Narrow,
    /// Text that goes elsewhere too, such as mail or a console: never painted.
    Sent,
}

/// What runs a command.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// It looks at a machine, or changes one.
    Machine(fn(&Context, &ArgMatches) -> Result<Answer>),
    /// It tells of the commands themselves, and looks at no machine.
    Commands(fn(&'static [Row], &ArgMatches) -> Result<Answer>),
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// As it is typed.
    pub name: &'static str,
    /// What it is for, in a line of the help.
    pub about: &'static str,
    /// What else is to be known before it is typed; may be empty.
    pub more: &'static str,
    /// Where the help lists it.
    pub group: Group,
    /// What it does to the machine.
    pub does: Does,
    /// What it prints on.
    pub page: Page,
    /// Puts its arguments together.
    pub arguments: fn(Command) -> Command,
    /// Does it.
    pub run: Run,
    /// The shapes of its answers for programs.
    pub answers: &'static [Shape],
    /// What may be typed, behind `zbay`, and what comes of it.
    pub examples: &'static [(&'static str, &'static str)],
}

/// No arguments.
pub fn nothing(command: Command) -> Command {
    command
}

/// Arguments of a command.
pub fn options<A: Args>(command: Command) -> Command {
    described(command, A::augment_args)
}

/// Commands below a command.
pub fn commands<S: Subcommand>(command: Command) -> Command {
    let command = command.subcommand_required(true).arg_required_else_help(true);
    described(command, S::augment_subcommands)
}

/// What the row says stays: the types have a description of their own.
fn described(command: Command, augment: impl Fn(Command) -> Command) -> Command {
    let (about, more) = (command.get_about().cloned(), command.get_long_about().cloned());
    let or_none = |text: Option<StyledStr>| text.map_or(Resettable::Reset, Resettable::Value);
    augment(command).about(or_none(about)).long_about(or_none(more))
}

/// What was typed.
///
/// # Errors
/// In clap's words; the parser has refused it before.
pub fn given<A: FromArgMatches>(matches: &ArgMatches) -> Result<A> {
    Ok(A::from_arg_matches(matches)?)
}

impl Row {
    /// For the parser; the arguments come when the command is typed.
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.name).about(self.about).defer(self.arguments);
        if !self.more.is_empty() {
            command = command.long_about(format!("{}.\n\n{}", self.about, self.more));
        }
        if !self.examples.is_empty() {
            command = command.after_help(self.shown_examples());
        }
        command.hide(self.group == Group::Hidden)
    }

    fn shown_examples(&self) -> String {
        let lines = self.examples.iter().map(|(typed, what)| (format!("zbay {typed}"), *what));
        let lines: Vec<(String, &str)> = lines.collect();
        // What is longer than most has its remark below it.
        let width = lines.iter().map(|(typed, _)| typed.len()).filter(|len| *len < 40).max();
        let width = width.unwrap_or(0);
        let mut out = heading("Examples:");
        for (typed, what) in lines {
            let gap = if typed.len() > width {
                format!("\n{:width$}", "", width = width + 4)
            } else {
                " ".repeat(width + 2 - typed.len())
            };
            out.extend(["\n  ", &typed, &gap, what]);
        }
        out
    }
}

/// A heading as clap's own are.
pub fn heading(text: &str) -> String {
    format!("\u{1b}[1m\u{1b}[4m{text}\u{1b}[0m")
}
