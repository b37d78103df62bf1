//! A fault in a file that a user wrote: where it is, what is wrong, what to type instead.
//!
//! All faults of a file are collected before it is refused, and each is drawn as rustc draws its own:
//! `path:line:col`, the line, a caret, and a `help:`. A fault is a value until it is printed.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Bytes of the text that the caret underlines.
    pub span: Range<usize>,
    /// What is wrong, lower-case, without a full stop.
    pub message: String,
    /// What can be typed instead.
    pub help: Option<String>,
}

impl Fault {
    /// A fault without advice.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), help: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// All faults of one file, with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The file, as the user named it.
    pub file: String,
    /// Its text.
    pub text: String,
    /// At least one, in the order of the text.
    pub list: Vec<Fault>,
}

impl Faults {
    /// The first of them in one line: `profile.yaml:12:3: unknown key`.
    pub fn first_line(&self) -> String {
        let Some(fault) = self.list.first() else { return format!("{} is broken", self.file) };
        let before = self.text.get(..fault.span.start).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}: {}", self.file, fault.message)
    }
}

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            let end = fault.span.end.min(self.text.len());
            let span = fault.span.start.min(end)..end;
            let mut group = Level::ERROR.primary_title(&fault.message).element(
                Snippet::source(&self.text)
                    .path(&self.file)
                    .annotation(AnnotationKind::Primary.span(span)),
            );
            if let Some(help) = &fault.help {
                group = group.element(Level::HELP.message(help));
            }
            f.write_str(&Renderer::plain().render(&[group]))?;
        }
        Ok(())
    }
}

/// The faults of several files, as people read them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsound(pub String);

/// The one of `known` that was probably meant by `word`: equal but for case, `-` and `_`, or close to it.
pub fn near_miss<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bare = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let meant = bare(word);
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(level) = zfs_capacity::kind::raid_level(word, &known) {
        return Some(level);
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let distance = strsim::damerau_levenshtein(&meant, &bare(candidate));
        if distance <= candidate.len().max(3) / 3 && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// An error with its causes in one line, as [`anyhow`] prints it with `{:#}`, but no part twice: some say their cause
/// themselves.
pub fn chain(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::{chain, near_miss};
    use crate::capacity::spec;
    use crate::units::Ashift;

    #[test]
    fn finds_what_was_meant() {
        let layouts = ["raidz", "raidz2", "raidz3", "mirror", "stripe"];
        assert_eq!(near_miss("raid-z2", layouts), Some("raidz2"));
        assert_eq!(near_miss("mirorr", layouts), Some("mirror"));
        assert_eq!(near_miss("recordsiez", ["recordsize", "reservation"]), Some("recordsize"));
        assert_eq!(near_miss("zzz", layouts), None);
        for (level, layout) in
            [("raid5", "raidz"), ("RAID6", "raidz2"), ("raid-10", "mirror"), ("raid0", "stripe")]
        {
            assert_eq!(near_miss(level, layouts), Some(layout));
        }
    }

    #[test]
    fn no_part_of_an_error_is_said_twice() {
        for typed in ["raid5:6x4TB", "raidz2:6x4XB", "raidz2:2x4TB", "draid2:9d:3c:2x4TB", "x"] {
            let error = anyhow::Error::from(spec::parse(typed, Ashift::DEFAULT).unwrap_err());
            let said = chain(&error.context("the layout"));
            assert!(said.starts_with("the layout: "), "{said}");
            for part in said.split(": ").filter(|part| part.len() > 12) {
                assert_eq!(said.matches(part).count(), 1, "{said}");
            }
        }
    }
}
