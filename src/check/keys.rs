//! Keys of encrypted datasets: which file, and whether the processor is made for it.

use camino::Utf8Path;

use super::{Found, Note, Rule, Severity};
use crate::profile::Profile;
use crate::profile::value::KeyFile;

pub(super) fn keys(profile: &Profile, found: &mut Found) {
    if profile.pool.root.key_file.is_some() {
        let message = "the pool's root cannot be encrypted here".to_owned();
        let remedy = "write `key_file` at each dataset that needs it";
        found.error(Rule::KeyOnRoot, "pool.root.key_file", message, remedy);
    }
    let mut seen: Vec<&Utf8Path> = Vec::new();
    for (name, wish) in &profile.datasets {
        let Some(key) = wish.key_file.as_ref().map(KeyFile::path) else { continue };
        if seen.contains(&key) {
            let message = format!("{key} is the key of two datasets");
            let at = format!("datasets.{}.key_file", name.as_str());
            let remedy = "give each a file of its own: the second could not be made";
            found.error(Rule::KeyTwice, &at, message, remedy);
        }
        seen.push(key);
    }
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
