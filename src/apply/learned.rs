//! Writes the description of this server, and does nothing else: what `zbay learn` leaves behind.
//!
//! It overrides the shipped one of its name. What stands there is replaced only as it was shown: a file that changed
//! since is left alone.

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

use crate::machine::{Change, Hash, IoError, Machine, RunError};
use crate::step::Effect;
use crate::step::journal::noted;

/// Where descriptions of this machine's own are.
pub const DIR: &str = "/etc/zbay/hw";

/// Why it was not written.
#[derive(Debug, Error)]
pub enum LearnedError {
    /// A name that makes no file's name.
    #[error(
        "`{0}` cannot be a file's name, so nothing was written\ndo this  give the description another `hardware:`"
    )]
    Name(String),
    /// What is there cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The file, or the journal, cannot be written.
    #[error("the order of the bays was not written")]
    Change(#[from] RunError),
}

/// The file of a description.
///
/// # Errors
/// A name with characters that have no place in one.
pub fn path(hardware: &str) -> Result<Utf8PathBuf, LearnedError> {
    let sane = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if hardware.is_empty() || hardware.starts_with('.') || !hardware.chars().all(sane) {
        return Err(LearnedError::Name(hardware.chars().take(60).collect()));
    }
    Ok(Utf8Path::new(DIR).join(format!("{hardware}.yaml")))
}

/// What is there now; `None`: nothing. A recorded machine that was never asked has none.
///
/// # Errors
/// It is there and cannot be read.
pub fn now(machine: &dyn Machine, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
    match machine.file(path) {
        Err(IoError::Unrecorded { .. }) => Ok(None),
        other => other,
    }
}

/// Writes it in the place of `was`; the caller holds the lock.
///
/// # Errors
/// Something else is there by now, or it cannot be written.
pub fn write(
    machine: &dyn Machine,
    path: &Utf8Path,
    text: &str,
    was: Option<&[u8]>,
) -> Result<(), LearnedError> {
    let changes = Change::file(path, text, was.map(Hash::of));
    Ok(noted(machine, "learn", "record the order of the bays", Effect::Record, &changes)?)
}

#[cfg(test)]
mod tests {
    use super::{now, path, write};
    use crate::machine::recorded::Recorded;
    use crate::machine::{Change, Hash};

    #[test]
    fn a_name_stays_in_its_directory() {
        assert_eq!(path("hp-microserver-gen8").unwrap(), "/etc/zbay/hw/hp-microserver-gen8.yaml");
        for bad in ["../x", "", ".x", "a/b", "a b", "\u{e9}"] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_file_is_replaced_as_it_was_shown_and_journalled() {
        let machine = Recorded::embedded("gen8-seed").unwrap().unwrap();
        let path = path("x").unwrap();
        assert_eq!(now(&machine, &path), Ok(None));
        write(&machine, &path, "new", Some(b"old")).unwrap();
        let changes = machine.changes();
        let written = changes.iter().find_map(|change| match change {
            Change::WriteFile { path, content, was, .. } => {
                Some((path, content.as_str(), was.clone()))
            }
            _ => None,
        });
        assert_eq!(written, Some((&path, "new", Some(Hash::of(b"old")))));
        let lines = changes.iter().filter(|it| matches!(it, Change::AppendLine { .. })).count();
        assert_eq!(lines, 2, "intent and done");
    }
}
