//! How zbay says no: what is the matter, which drives it is about, and what to do, in one form for all commands.
//!
//! Whatever refuses is a [`Refuses`]: an identity for programs, that does not change, and words for people. There is one
//! renderer, so that a refusal reads the same wherever it comes from.

use std::fmt;

use crate::drive::Drive;
use crate::finding::command_in;
use crate::names::BayId;
use crate::words::labelled;

/// A reason not to do what was asked.
pub trait Refuses {
    /// What a program knows it by; it does not change.
    fn id(&self) -> &'static str;
    /// In words: one thing or several.
    fn words(&self) -> Vec<Words>;
}

/// A refusal in parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What is the matter, in one line.
    pub matter: String,
    /// The drives that it is about, a line each.
    pub drives: Vec<String>,
    /// Rows of a label and a sentence, the way out last.
    pub advice: Vec<(&'static str, String)>,
    /// The bay of the drive that it is about, where it is about one that is in a bay.
    pub bay: Option<BayId>,
}

/// The matter, a drive that it is about, and rows of a label and a sentence, the way out last.
pub type About<'a> = (String, Option<&'a Drive>, Vec<(&'static str, String)>);

/// The label of what to do.
pub const REMEDY: &str = "do this";

/// Said of a drive whose bay nobody has proved.
pub const ASSUMED: &str = "the order of the bays is assumed: compare the serial on the drive";

impl Words {
    /// A matter, and what to do.
    pub fn new(matter: impl Into<String>, remedy: impl Into<String>) -> Self {
        let advice = vec![(REMEDY, remedy.into())];
        Self { matter: matter.into(), drives: Vec::new(), advice, bay: None }
    }

    /// The same about a drive.
    #[must_use]
    pub fn about(mut self, drive: &Drive) -> Self {
        self.drives.push(format!("{}  {}", drive.place(), drive.label()));
        self.bay.clone_from(&drive.bay);
        if drive.assumed {
            self.advice.insert(0, ("order", ASSUMED.to_owned()));
        }
        self
    }
}

impl Words {
    /// What to do, in words.
    pub fn remedy(&self) -> Option<&str> {
        let (_, remedy) = self.advice.iter().find(|(label, _)| *label == REMEDY)?;
        Some(remedy)
    }

    /// The command that does it, as it is typed, where the remedy names one.
    pub fn command(&self) -> Option<&str> {
        command_in(self.remedy()?)
    }
}

impl From<About<'_>> for Words {
    fn from((matter, drive, advice): About<'_>) -> Self {
        let words = Self { matter, drives: Vec::new(), advice, bay: None };
        match drive {
            Some(drive) => words.about(drive),
            None => words,
        }
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.matter)?;
        for (index, drive) in self.drives.iter().enumerate() {
            writeln!(f, "{}  {drive}", if index == 0 { "\n" } else { "" })?;
        }
        if !self.drives.is_empty() {
            f.write_str("\n")?;
        }
        let advice: String =
            self.advice.iter().map(|(label, text)| labelled(label, text)).collect();
        f.write_str(advice.trim_end())
    }
}

/// All words of a refusal, one under the other.
///
/// # Errors
/// The formatter's.
pub fn show(refusal: &impl Refuses, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, words) in refusal.words().into_iter().enumerate() {
        if index > 0 {
            f.write_str("\n\nerror: ")?;
        }
        write!(f, "{words}")?;
    }
    Ok(())
}

/// Makes a [`Refuses`] an error that is shown by its words.
macro_rules! shown_as_words {
    ($kind:ty) => {
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::refuse::show(self, f)
            }
        }

        impl std::error::Error for $kind {}
    };
}

pub(crate) use shown_as_words;

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn a_program_reads_the_way_out_and_the_command_in_it() {
        let words = Words::new("bay 2 is empty", "put a drive in, then `zbay replace 2`");
        assert_eq!(words.remedy(), Some("put a drive in, then `zbay replace 2`"));
        assert_eq!(words.command(), Some("zbay replace 2"));
        assert_eq!(Words::new("no", "name a vdev as `mirror-1`").command(), None, "a word is none");
        assert_eq!(Words::new("no", "fix that first").command(), None);
        assert_eq!(
            words.to_string(),
            "bay 2 is empty\n".to_owned()
                + crate::words::labelled("do this", words.remedy().unwrap()).trim_end()
        );
    }
}
