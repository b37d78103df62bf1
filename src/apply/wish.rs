//! Records a profile and does nothing else: what `zbay propose --write` leaves behind.
//!
//! It is in the journal like every change. A different profile is never overwritten unless someone says so: it may be the
//! only description of a pool that is full of data.

use thiserror::Error;

use crate::machine::{Change, Hash, IoError, Machine, RunError};
use crate::shipped::{WISH, recorded_wish};
use crate::step::Effect;
use crate::step::journal::noted;

/// Why the profile was not recorded.
#[derive(Debug, Error)]
pub enum WishError {
    /// Another one is.
    #[error(
        "another profile is recorded in {WISH}, so nothing was written\n\
         do this  compare the two (`zbay propose --out FILE.yaml`), then add `--replace-profile`"
    )]
    Other,
    /// What is recorded cannot be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The file, or the journal, cannot be written.
    #[error("the profile was not recorded")]
    Change(#[from] RunError),
}

/// Records `wish`; false: it was recorded already. The caller holds the lock.
///
/// # Errors
/// Another wish is recorded and `replace` is not said, or a file cannot be read or written.
pub fn record(machine: &dyn Machine, wish: &str, replace: bool) -> Result<bool, WishError> {
    let old = recorded_wish(machine)?;
    if old.as_deref() == Some(wish.as_bytes()) {
        return Ok(false);
    }
    if old.is_some() && !replace {
        return Err(WishError::Other);
    }
    let changes = Change::file(WISH.into(), wish, old.map(|old| Hash::of(&old)));
    noted(machine, "propose", "record a proposed profile", Effect::Record, &changes)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::record;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{FILES, Recording};
    use crate::machine::{Change, Machine};
    use crate::shipped::WISH;

    /// The seed's box with this profile recorded.
    fn machine(wish: Option<&str>) -> Recorded {
        let recorded = Recorded::embedded("gen8-seed").unwrap().unwrap();
        let texts = recorded.recording().texts().unwrap();
        let find = |name: &str| {
            assert!(FILES.contains(&name));
            let text = texts.iter().find(|(file, _)| *file == name).map(|(_, text)| text.clone());
            let Some(text) = text.filter(|_| name == "files.json") else {
                return Ok(texts.iter().find(|(file, _)| *file == name).map(|(_, t)| t.clone()));
            };
            let mut files: serde_json::Value = serde_json::from_str(&text).unwrap();
            files[WISH] = json!(wish);
            Ok(Some(files.to_string()))
        };
        Recorded::new("with a wish".to_owned(), Recording::parse("with a wish", find).unwrap())
    }

    /// What was written to the profile's file.
    fn written(machine: &Recorded) -> Vec<String> {
        let changes = machine.changes();
        let wish = changes.iter().filter_map(|change| match change {
            Change::WriteFile { path, content, .. } if path == WISH => Some(content.clone()),
            _ => None,
        });
        wish.collect()
    }

    #[test]
    fn a_wish_is_recorded_once_and_another_one_is_never_overwritten() {
        let none = machine(None);
        assert_eq!(none.file(WISH.into()), Ok(None));
        assert!(record(&none, "new", false).unwrap());
        assert_eq!(written(&none), ["new"]);
        let journal = |change: &Change| matches!(change, Change::AppendLine { .. });
        let changes = none.changes();
        assert_eq!(changes.iter().filter(|change| journal(change)).count(), 2, "{changes:?}");

        let same = machine(Some("new"));
        assert!(!record(&same, "new", false).unwrap());
        assert!(same.changes().is_empty());

        let other = machine(Some("old"));
        let said = record(&other, "new", false).unwrap_err().to_string();
        assert!(said.contains("another profile is recorded") && said.contains("--replace-profile"));
        assert!(other.changes().is_empty());
        record(&other, "new", true).unwrap();
        assert_eq!(written(&other), ["new"]);
    }
}
