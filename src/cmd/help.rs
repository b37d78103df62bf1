//! `zbay help [TOPIC]`: the documents, which the program carries, and the help of each command.
//!
//! What a message points to has to be there on an installed server: a document is named by its topic, never by a path.

use anyhow::{Result, bail};
use clap::Args;

use super::Answer;
use super::parser::{command, parse};
use super::row::{Does, Group, Page, Row, Run, given, options};
use crate::fault::near_miss;
use crate::render::json::{Shape, Text, answer};
use crate::words::{labelled, plain, typeable};

/// The command.
pub const ROW: Row = Row {
    name: "help",
    about: "Print a topic, a command's help, or the list of both",
    more: "",
    group: Group::Help,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<HelpArgs>,
    run: Run::Commands(|rows, matches| run(rows, given::<HelpArgs>(matches)?.topic.as_deref())),
    answers: &[Shape::of::<Text>("help")],
    examples: &[
        ("help", "commands and topics"),
        ("help foreign", "a document"),
        ("help replace", "a command and its document"),
    ],
};

/// Arguments of `help`.
#[derive(Debug, Args)]
pub struct HelpArgs {
    /// A topic or a command. Without it, both are listed.
    #[arg(value_name = "TOPIC")]
    pub topic: Option<String>,
}

macro_rules! documents {
    ($($topic:literal: $what:literal),+ $(,)?) => {
        /// Topic, what it is about, and the document.
        const TOPICS: &[(&str, &str, &str)] =
            &[$(($topic, $what, include_str!(concat!("../../docs/", $topic, ".md")))),+];
    };
}

documents! {
    "tour": "every screen on a recorded server, to follow along",
    "install": "OpenZFS on Debian, zbay, the first boot, and how to uninstall",
    "profile": "every key of a profile",
    "defaults": "what a pool gets by default, and why",
    "foreign": "drives that hold data, and how to give one to a pool",
    "safety": "what is proved before anything is written",
    "propose": "how layouts are chosen",
    "capacity": "where the bytes go, and how sizes are computed",
    "status": "every condition of a pool, what it means, what to type",
    "replace": "replacing a failed drive",
    "expand": "ways to grow a pool",
    "moving": "import, export, adopt, destroy",
    "care": "scrub, trim, self-tests, the boot device",
    "notices": "alerts: mail, push, Prometheus, the login prompt",
    "show-disk": "columns and filters of the drive table",
    "hw": "every key of a hardware description",
    "add-a-box": "adding a server that zbay does not know",
    "gen8-boot": "what a MicroServer Gen8 boots from",
    "json": "answers for programs, key by key",
    "metrics": "names of the figures for Prometheus",
    "rules": "what check and plan look for",
    "add-a-capability": "how to add a capability to zbay",
    "testing": "how zbay is tested",
}

/// A document, the help of a command, or what there is.
///
/// # Errors
/// There is no such topic.
pub fn run(rows: &[Row], topic: Option<&str>) -> Result<Answer> {
    let text = match topic {
        None => overview(rows),
        Some(topic) => match TOPICS.iter().find(|(name, ..)| *name == topic) {
            // What is both a command and a document: first how it is typed.
            Some((_, _, text)) => match of_command(rows, topic) {
                Ok(help) => format!("{help}\n{text}"),
                Err(_) => (*text).to_owned(),
            },
            None => of_command(rows, topic)?,
        },
    };
    Ok(Answer { json: answer(&[], Text { text: text.clone() }), text, status: 0 })
}

fn overview(rows: &[Row]) -> String {
    let mut out = command(rows).render_help().to_string();
    out.push_str(
        "\nTopics (`zbay help TOPIC`; `zbay help COMMAND` for the arguments of a command):\n",
    );
    let width = TOPICS.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
    for (name, what, _) in TOPICS {
        out.extend([format!("  {name:<width$}  {what}\n")]);
    }
    out
}

fn of_command(rows: &[Row], topic: &str) -> Result<String> {
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    if names.contains(&topic) {
        // Its arguments are put together when it is typed.
        return match parse(rows, ["zbay", topic, "--help"]) {
            Err(help) if !help.use_stderr() => Ok(help.to_string()),
            _ => bail!("`zbay {topic}` has no help"),
        };
    }
    let topics = TOPICS.iter().map(|(name, ..)| *name);
    let meant = near_miss(topic, topics.clone().chain(names.iter().copied()));
    let hint = meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
    let known = labelled("topics", &topics.collect::<Vec<_>>().join(", "));
    bail!("there is no topic {}{hint}\n{}", plain(&typeable(topic)), known.trim_end())
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::TOPICS;
    use crate::cmd::Answer;
    use crate::cmd::table::TABLE;

    fn run(topic: Option<&str>) -> Result<Answer> {
        super::run(TABLE, topic)
    }

    #[test]
    fn every_document_is_a_topic_and_every_topic_is_printed() {
        #[allow(clippy::disallowed_methods)] // the files of the test itself
        let pages = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        let names = pages.map(|page| page.unwrap().file_name().into_string().unwrap());
        let mut pages: Vec<String> =
            names.filter_map(|name| name.strip_suffix(".md").map(str::to_owned)).collect();
        let mut topics: Vec<&str> = TOPICS.iter().map(|(name, ..)| *name).collect();
        pages.sort_unstable();
        topics.sort_unstable();
        assert_eq!(pages, topics);
        for topic in topics {
            assert!(run(Some(topic)).unwrap().text.contains("# "), "{topic}");
        }
    }

    #[test]
    fn commands_have_their_help_and_what_is_none_is_told() {
        let text = run(Some("replace")).unwrap().text;
        assert!(text.contains("Usage: zbay replace") && text.contains("\n# "), "{text}");
        assert!(run(Some("plan")).unwrap().text.contains("Usage: zbay plan"));
        let all = run(None).unwrap().text;
        assert!(all.contains("Usage: zbay") && all.contains("  foreign "), "{all}");
        let said = run(Some("foregin")).unwrap_err().to_string();
        assert!(said.contains("did you mean `foreign`?"), "{said}");
    }
}
