//! In which form an answer comes: the tables of commands that print tables.

use camino::Utf8PathBuf;
use clap::Args;

/// Forms besides the screen; JSON is an argument of every command.
#[derive(Clone, Debug, Args)]
pub struct FormArgs {
    /// Comma-separated values.
    #[arg(long, conflicts_with = "markdown")]
    pub csv: bool,
    /// A Markdown table.
    #[arg(long)]
    pub markdown: bool,
    /// Also draw it into this file; an existing file is replaced.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<Utf8PathBuf>,
}
