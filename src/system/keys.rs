//! Keys of encrypted datasets, as they are on this machine: whose their files are, and whether the processor is made for it.

use super::Key;
use super::arrival::Left;
use crate::check::{Note, Rule, Severity};
use crate::machine::{CHMOD, CHOWN, Cmd};

/// Keys in files that somebody else has the say over, or reads. They are used all the same.
pub fn open(keys: &[Key]) -> Vec<Note> {
    let one = |key: &Key| {
        let (path, (mode, _)) = (key.path.as_ref()?, key.file?);
        let other = key.owner.filter(|uid| *uid != 0);
        let (message, remedy) = match other {
            Some(uid) => {
                let own = Cmd::new(CHOWN, ["root:root", path.as_str()]);
                (format!("the key {path} belongs to another user (uid {uid})"), own)
            }
            None if mode & 0o077 != 0 => {
                let close = Cmd::new(CHMOD, ["600", path.as_str()]);
                let may = if mode & 0o022 == 0 { "read" } else { "read or changed" };
                (format!("the key {path} can be {may} by others (mode {mode:o})"), close)
            }
            None => return None,
        };
        Some(Note {
            severity: Severity::Warning,
            rule: Rule::KeyOpen,
            at: "datasets".to_owned(),
            message,
            remedy: format!("`{remedy}`"),
            bay: None,
            wwn: None,
        })
    };
    keys.iter().filter_map(one).collect()
}

/// Encrypted datasets that are opened and stay unmounted, since they would cover something.
pub fn left(keys: &[Key]) -> Vec<Note> {
    let left = keys.iter().filter_map(|key| key.place.as_ref()?.as_ref().err());
    let note = |left: &Left| Note {
        severity: Severity::Warning,
        rule: Rule::MountCovers,
        at: "datasets".to_owned(),
        message: format!("{} is opened and not mounted at {}: {}", left.dataset, left.at, left.why),
        remedy: format!("empty that, then `zfs mount {}`; or {}", left.dataset, left.remedy()),
        bay: None,
        wwn: None,
    };
    left.map(note).collect()
}

/// What is told where keys are made and the processor has no instructions for them; `aes`: whether it has, if that is known.
pub fn slow(aes: Option<bool>) -> Option<Note> {
    (aes == Some(false)).then(|| Note {
        severity: Severity::Warning,
        rule: Rule::NoAes,
        at: "datasets".to_owned(),
        message: "this processor has no AES instructions: encrypted datasets are slow on it"
            .to_owned(),
        remedy: "encrypt what needs it, and nothing else".to_owned(),
        bay: None,
        wwn: None,
    })
}
