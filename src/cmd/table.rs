//! The commands, a line each, and what becomes of what was typed.
//!
//! A new command is one module that exports its row, and one line here: the parser, the help with its groups, the man
//! pages and the dispatch are made of this table.

use std::ffi::OsString;

use anyhow::Result;
use clap::ArgMatches;

use super::row::{Group, Row, Run, given, options_of};
use super::{Answer, Context};
use super::{
    adopt, apply, capacity, care, check, completions, destroy, expand, explain, firstboot, forget,
    grow, help, learn, locate, metrics, moving, notify, optimal, overview, parser, plan, profile,
    propose, record, reference, replace, selftest, show, status, verify, vm_box,
};
use crate::cli::{self, Common};
use crate::console;
use crate::words;

/// All commands, in the order of their groups and of their use.
pub static TABLE: &[Row] = &[
    status::ROW,
    show::ROW,
    locate::ROW,
    explain::ROW,
    capacity::ROW,
    propose::ROW,
    optimal::ROW,
    grow::ROW,
    check::ROW,
    plan::ROW,
    apply::ROW,
    verify::ROW,
    profile::ROW,
    learn::ROW,
    firstboot::ROW,
    replace::ROW,
    expand::ROW,
    moving::IMPORT,
    moving::EXPORT,
    adopt::ROW,
    destroy::ROW,
    care::ROW,
    selftest::ROW,
    notify::ROW,
    forget::ROW,
    metrics::ROW,
    help::ROW,
    completions::ROW,
    record::ROW,
    VM_BOX,
    reference::ROW,
];

/// It makes the files of a virtual box.
const VM_BOX: Row = Row {
    name: "vm-box",
    about: "Make the files of a virtual box and print QEMU's arguments, one a line",
    more: "",
    group: Group::Hidden,
    changes: false,
    wide: false,
    arguments: options_of(vm_box),
    run: Run::Commands(|_, matches| vm_box(&given(matches)?)),
    examples: &[],
};

/// A command that was typed, with what it takes.
#[derive(Debug)]
pub struct Typed {
    row: &'static Row,
    matches: ArgMatches,
    /// Arguments that all commands take.
    pub common: Common,
}

impl Typed {
    /// Understands what was typed, the program's name first.
    ///
    /// # Errors
    /// What cannot be understood; and the help and the version, which are no commands.
    pub fn parse<W>(words: impl IntoIterator<Item = W>) -> Result<Self, clap::Error>
    where
        W: Into<OsString> + Clone,
    {
        let (row, matches, common) = parser::parse(TABLE, words)?;
        Ok(Self { row: row.unwrap_or(&overview::ROW), matches, common })
    }

    /// Does it, on the machine that was named.
    ///
    /// # Errors
    /// Whatever the command refuses.
    pub fn run(self) -> Result<Answer> {
        let run = match self.row.run {
            Run::Commands(run) => return run(TABLE, &self.matches),
            Run::Machine(run) => run,
        };
        let context = Context { machine: cli::machine(&self.common)?, common: self.common };
        let columns = if self.row.wide { console::columns() } else { None };
        words::within(columns.unwrap_or(words::WIDTH), || run(&context, &self.matches))
    }

    /// Does it on this machine and a screen of so many columns.
    ///
    /// # Errors
    /// Whatever the command refuses.
    pub fn run_on(
        self,
        machine: Box<dyn crate::machine::Machine>,
        columns: usize,
    ) -> Result<Answer> {
        let Run::Machine(run) = self.row.run else { return self.run() };
        let context = Context { machine, common: self.common };
        words::within(columns, || run(&context, &self.matches))
    }
}
