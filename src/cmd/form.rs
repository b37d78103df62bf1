//! In which form an answer comes: the tables of commands that print tables, and colour where there is any.

use std::ffi::OsStr;
use std::io::IsTerminal as _;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};

use crate::render::paint::Paint;

/// Forms besides the screen; JSON is an argument of every command.
#[derive(Clone, Debug, Args)]
pub struct FormArgs {
    /// Comma-separated values.
    #[arg(long, conflicts_with = "markdown")]
    pub csv: bool,
    /// A table of Markdown.
    #[arg(long)]
    pub markdown: bool,
    /// Draw it too, into this file; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<Utf8PathBuf>,
}

/// Whether a screen is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Also into a pipe.
    Always,
    /// Not at all.
    Never,
}

/// Arguments of screens that are coloured.
#[derive(Clone, Debug, Args)]
pub struct PaintArgs {
    /// Colour the screen. It repeats what signs and words say.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Colour::Auto)]
    pub color: Colour,
    /// Nothing but printable ASCII: never any colour.
    #[arg(long)]
    pub ascii: bool,
}

impl PaintArgs {
    /// How standard output is painted.
    pub fn paint(&self) -> Paint {
        let (no_color, term) = (std::env::var_os("NO_COLOR"), std::env::var_os("TERM"));
        self.decide(std::io::stdout().is_terminal(), no_color.as_deref(), term.as_deref())
    }

    fn decide(&self, terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> Paint {
        let wanted = match self.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                let refused = no_color.is_some_and(|value| !value.is_empty());
                terminal && !refused && term.is_none_or(|term| term != "dumb")
            }
        };
        if wanted && !self.ascii { Paint::ANSI } else { Paint::NONE }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::{Colour, PaintArgs};
    use crate::render::paint::Paint;

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        let decide = |color, ascii, terminal, no_color: Option<&str>, term: &str| {
            let args = PaintArgs { color, ascii };
            args.decide(terminal, no_color.map(OsStr::new), Some(OsStr::new(term))) == Paint::ANSI
        };
        let (auto, always, never) = (Colour::Auto, Colour::Always, Colour::Never);
        assert!(decide(auto, false, true, None, "xterm"));
        assert!(decide(auto, false, true, Some(""), "linux"));
        assert!(!decide(auto, false, true, Some("1"), "xterm"));
        assert!(!decide(auto, false, false, None, "xterm"));
        assert!(!decide(auto, false, true, None, "dumb"));
        assert!(!decide(auto, true, true, None, "xterm"));
        assert!(!decide(never, false, true, None, "xterm"));
        assert!(decide(always, false, false, Some("1"), "dumb"));
        assert!(!decide(always, true, true, None, "xterm"));
    }
}
