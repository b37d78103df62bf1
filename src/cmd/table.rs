//! The commands, a line each, and what becomes of what was typed.
//!
//! A new command is one module that exports its row, and one line here: the parser, the help with its groups, the man
//! pages and the dispatch are made of this table.

use std::ffi::OsString;
use std::io::Write as _;

use anyhow::Result;
use clap::ArgMatches;
use nix::unistd::geteuid;

use super::row::{Does, Page, Row, Run};
use super::{Answer, Context};
use super::{
    adopt, apply, capacity, care, check, completions, destroy, expand, explain, firstboot, forget,
    grow, help, learn, locate, metrics, moving, notify, optimal, overview, parser, plan, profile,
    propose, record, reference, replace, schema, selftest, show, status, tick, verify,
};
use crate::cli::{self, Common};
use crate::console;
use crate::paint::Paint;
use crate::words::{self, Letters, typeable};

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
    tick::ROW,
    help::ROW,
    schema::ROW,
    completions::ROW,
    record::ROW,
    reference::ROW,
];

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
        let is_root = self.common.machine.is_some() || geteuid().is_root();
        if let Some(said) = without_root(self.row, is_root, std::env::args_os().skip(1)) {
            let _ = console::err().write_all(said.as_bytes());
        }
        let context = Context { machine: cli::machine(&self.common)?, common: self.common };
        let page = self.row.page;
        let columns = if page == Page::Wide { console::columns() } else { None };
        // A program reads words.
        let is_screen = page != Page::Sent && !context.common.json;
        let paint = if is_screen { console::paint() } else { Paint::NONE };
        let letters = match page {
            Page::Sent => Letters::Ascii,
            _ if context.common.json => Letters::Unicode,
            _ => Letters::now(),
        };
        let draw =
            || words::within(columns.unwrap_or(words::WIDTH), || run(&context, &self.matches));
        paint.within(|| letters.within(draw))
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

/// What is said, once and before all else, where a look sees less than there is. The overview has it on its own screen.
fn without_root(row: &Row, is_root: bool, words: impl Iterator<Item = OsString>) -> Option<String> {
    if is_root || row.does != Does::Looks || row.name.is_empty() {
        return None;
    }
    let words: Vec<String> = words.map(|word| typeable(&word.to_string_lossy())).collect();
    Some(format!("not root: contents and health are unknown: `sudo zbay {}`\n", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::{TABLE, overview, without_root};
    use crate::cmd::row::Does;

    #[test]
    fn whoever_looks_without_root_is_told_what_it_hides() {
        let row = |name: &str| TABLE.iter().find(|row| row.name == name).unwrap();
        let words = || ["status", "my pool"].map(Into::into).into_iter();
        let said = without_root(row("status"), false, words()).unwrap();
        assert_eq!(
            said,
            "not root: contents and health are unknown: `sudo zbay status 'my pool'`\n"
        );
        assert_eq!(without_root(row("status"), true, words()), None);
        assert_eq!(without_root(row("capacity"), false, words()), None);
        assert_eq!(without_root(&overview::ROW, false, words()), None, "it has a line for it");
        assert_eq!(row("replace").does, Does::Changes);
    }
}
