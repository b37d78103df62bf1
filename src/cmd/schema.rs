//! `zbay schema`: what the answers for programs look like, as JSON schemas.

use anyhow::{Result, bail};
use clap::Args;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, failure, overview};
use crate::fault::near_miss;
use crate::render::json::{Shape, Text, answer};
use crate::words::{labelled, plain, typeable};

/// The command.
pub const ROW: Row = Row {
    name: "schema",
    about: "Print the JSON schema of a command's answer, or which there are",
    more: "`zbay help json` has the same in words. `overview` is what `zbay --json` answers, `error` what a request that failed does.",
    group: Group::Help,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<SchemaArgs>,
    run: Run::Commands(|rows, matches| run(rows, &given::<SchemaArgs>(matches)?.command)),
    answers: &[],
    examples: &[
        ("schema", "the commands that have one"),
        ("schema status", "of `zbay status --json`"),
        ("schema show disk", "of `zbay show disk --json`"),
    ],
};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// A command, as it is typed. Left out: all that have a schema are listed.
    #[arg(value_name = "COMMAND", num_args = 0..)]
    pub command: Vec<String>,
}

/// The shapes of all answers: the overview's first, the error's last.
pub fn shapes(rows: &[Row]) -> Vec<Shape> {
    let all = [&overview::ROW].into_iter().chain(rows).flat_map(|row| row.answers.iter().copied());
    all.chain([failure::SHAPE]).collect()
}

/// A schema, or the names of all.
///
/// # Errors
/// There is none of that name.
pub fn run(rows: &[Row], words: &[String]) -> Result<Answer> {
    let shapes = shapes(rows);
    let names: Vec<&str> = shapes.iter().map(|shape| shape.command).collect();
    if words.is_empty() {
        let text = names.join("\n") + "\n";
        return Ok(Answer { json: answer(&[], Text { text: text.clone() }), text, status: 0 });
    }
    let command = words.join(" ");
    if let Some(shape) = shapes.iter().find(|shape| shape.command == command) {
        let schema = shape.schema();
        let text = serde_json::to_string_pretty(&schema)? + "\n";
        return Ok(Answer { text, json: schema, status: 0 });
    }
    let meant = near_miss(&command, names.iter().copied());
    let hint = meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
    let known = labelled("schemas", &names.join(", "));
    bail!("there is no schema of {}{hint}\n{}", plain(&typeable(&command)), known.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{run, shapes};
    use crate::cmd::table::TABLE;

    #[test]
    fn every_shape_has_a_name_of_its_own_and_a_schema() {
        let all = run(TABLE, &[]).unwrap().text;
        for shape in shapes(TABLE) {
            assert_eq!(all.lines().filter(|line| *line == shape.command).count(), 1);
            let words: Vec<String> = shape.command.split(' ').map(str::to_owned).collect();
            let schema = run(TABLE, &words).unwrap().json;
            assert!(schema["$schema"].is_string(), "{}", shape.command);
        }
        let said = run(TABLE, &["shwo".to_owned(), "disk".to_owned()]).unwrap_err().to_string();
        assert!(said.contains("did you mean `show disk`?"), "{said}");
    }
}
