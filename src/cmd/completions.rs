//! `zbay completions SHELL`: what the shell completes, for scripts/install or for a start-up file of one's own.

use anyhow::Result;
use clap::Args;
use clap_complete::{Shell, generate};
use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;
use super::parser::whole;
use super::row::{Does, Group, Page, Row, Run, given, options};
use crate::render::json::{Shape, answer};

/// The command.
pub const ROW: Row = Row {
    name: "completions",
    about: "Print shell completions for bash, zsh or fish",
    more: "scripts/install installs them where the shells find them.",
    group: Group::Help,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<CompletionsArgs>,
    run: Run::Commands(|rows, matches| run(rows, &given(matches)?)),
    answers: &[Shape::of::<Script>("completions")],
    examples: &[
        ("completions bash", "source <(zbay completions bash)"),
        ("completions fish", "zbay completions fish | source"),
    ],
};

/// What a shell reads to complete what is typed.
#[derive(Serialize, JsonSchema)]
struct Script {
    /// Which shell.
    shell: String,
    /// The script.
    text: String,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Which shell.
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

fn run(rows: &[Row], args: &CompletionsArgs) -> Result<Answer> {
    let mut out = Vec::new();
    generate(args.shell, &mut whole(rows), "zbay", &mut out);
    let text = String::from_utf8(out)?;
    let body = Script { shell: args.shell.to_string(), text: text.clone() };
    Ok(Answer { text, json: answer(&[], body), status: 0 })
}

#[cfg(test)]
mod tests {
    use clap_complete::Shell;

    use super::{CompletionsArgs, run};
    use crate::cmd::table::TABLE;

    #[test]
    fn arguments_of_each_command_are_completed() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let text = run(TABLE, &CompletionsArgs { shell }).unwrap().text;
            for words in ["replace", "onto-existing", "no-wait", "machine", "list-cols"] {
                assert!(text.contains(words), "{shell}: {words}");
            }
            // What is hidden from the help is hidden here.
            assert!(!text.contains("reference") && !text.contains('\u{1b}'), "{shell}");
        }
    }
}
