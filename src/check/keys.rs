//! Keys of encrypted datasets: which file, and whether the processor is made for it.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{Found, Note, Rule, Severity};
use crate::machine::{CHMOD, CHOWN, Cmd};
use crate::plan::arrival::Left;
use crate::plan::system::{Key, mountpoints};
use crate::profile::Profile;
use crate::profile::value::KeyFile;

pub(super) fn keys(profile: &Profile, found: &mut Found) {
    let root = &profile.pool.root;
    for (key, given) in
        [("key_file", root.key_file.is_some()), ("passphrase", root.passphrase.is_some())]
    {
        if given {
            let message = "the pool's root cannot be encrypted here".to_owned();
            let remedy = format!("write `{key}` at each dataset that needs it");
            found.error(Rule::KeyOnRoot, &format!("pool.root.{key}"), message, &remedy);
        }
    }
    let mounts: BTreeSet<_> = mountpoints(profile).into_iter().collect();
    let mut seen: BTreeSet<&Utf8Path> = BTreeSet::new();
    for (name, wish) in &profile.datasets {
        let Some(key) = wish.key_file.as_ref().map(KeyFile::path) else { continue };
        if wish.passphrase.is_some() {
            let message = "a key in a file and a passphrase for one dataset".to_owned();
            let at = format!("datasets.{}.passphrase", name.as_str());
            found.error(Rule::TwoKeys, &at, message, "ZFS takes one key: leave one of them out");
        }
        if let Some(mount) = key.ancestors().skip(1).find(|dir| mounts.contains(*dir)) {
            let message = format!(
                "{key} lies in the pool itself, at {mount}: it is there once the pool is open"
            );
            let at = format!("datasets.{}.key_file", name.as_str());
            found.error(Rule::KeyInPool, &at, message, "write it below /etc/zbay/keys");
        }
        if !seen.insert(key) {
            let message = format!("{key} is the key of two datasets");
            let at = format!("datasets.{}.key_file", name.as_str());
            let remedy = "give each a file of its own: the second could not be made";
            found.error(Rule::KeyTwice, &at, message, remedy);
        }
    }
}

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
