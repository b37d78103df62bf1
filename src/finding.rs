//! One thing that a person should know or do, as programs read it: the same shape wherever it was found.
//!
//! Conditions of a pool, notes of the rules, differences from the profile, alerts and flaws of drives all become a
//! [`Finding`]. Its words are those of the screens; its `id` does not change, and `docs/rules.md` and `docs/status.md` list
//! most of them.

use schemars::JsonSchema;
use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A command refuses to go on because of it, or would.
    Refuses,
    /// Data is lost, out of reach, or less safe than it should be.
    Wrong,
    /// It will become so if nobody acts.
    Warning,
    /// Good to know; nothing has to be done.
    Notice,
}

/// One thing that a person should know or do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// What kind of finding it is. It does not change: `drive-failed`, `bay-assumed`.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about: `pool tank`, `bay 3`, `dataset tank/data`, a key of the profile such as `pool.bays[0]`, or `server`.
    pub subject: String,
    /// What is the matter, in one sentence.
    pub summary: String,
    /// What follows from it, or why it is looked for.
    pub meaning: Option<String>,
    /// What to do, in words.
    pub remedy: Option<String>,
    /// The command that does it, as it is typed.
    pub command: Option<String>,
    /// The bay of the drive that it is about.
    pub bay: Option<String>,
    /// The world wide name of the drive that it is about.
    pub wwn: Option<String>,
    /// The serial numbers of the drives that it is about, where they are known.
    pub serials: Vec<String>,
}

impl Finding {
    /// One with nothing but what it is.
    pub fn new(id: &str, severity: Severity, subject: &str, summary: String) -> Self {
        Self {
            id: id.to_owned(),
            severity,
            subject: subject.to_owned(),
            summary,
            meaning: None,
            remedy: None,
            command: None,
            bay: None,
            wwn: None,
            serials: Vec::new(),
        }
    }

    /// The same with what follows from it; nothing where that is empty.
    #[must_use]
    pub fn meaning(self, meaning: &str) -> Self {
        Self { meaning: (!meaning.is_empty()).then(|| meaning.to_owned()), ..self }
    }

    /// The same with what to do, and the command that is named there; nothing where that is empty.
    #[must_use]
    pub fn remedy(self, remedy: &str) -> Self {
        let command = command_in(remedy).map(str::to_owned).or(self.command);
        Self { remedy: (!remedy.is_empty()).then(|| remedy.to_owned()), command, ..self }
    }

    /// The same with what to type.
    #[must_use]
    pub fn command(self, command: Option<String>) -> Self {
        Self { command, ..self }
    }

    /// The same about a drive.
    #[must_use]
    pub fn about(self, bay: Option<&impl ToString>, wwn: Option<&impl ToString>) -> Self {
        Self { bay: bay.map(ToString::to_string), wwn: wwn.map(ToString::to_string), ..self }
    }
}

/// The first command that a sentence names: what stands in backticks, has a blank, and is no key with its value.
pub fn command_in(text: &str) -> Option<&str> {
    let is_key = |word: &str| word.ends_with(':');
    let mut quoted = text.split('`').skip(1).step_by(2);
    quoted.find(|part| part.split_once(' ').is_some_and(|(word, _)| !is_key(word)))
}

#[cfg(test)]
mod tests {
    use super::{Finding, Severity, command_in};

    #[test]
    fn the_command_is_the_first_that_can_be_typed() {
        assert_eq!(command_in("put it back, then `zbay replace 2`"), Some("zbay replace 2"));
        assert_eq!(command_in("write `ashift: 12`, or `zbay apply x`"), Some("zbay apply x"));
        assert_eq!(command_in("name a vdev as `mirror-1`"), None);
        let found = Finding::new("x", Severity::Notice, "server", "it is so".to_owned());
        assert_eq!(found.clone().remedy("").remedy, None);
        assert_eq!(found.remedy("do `zbay status`").command.as_deref(), Some("zbay status"));
    }
}
