//! Keys of encrypted datasets, as a profile names them.

use std::collections::BTreeSet;

use camino::Utf8Path;

use super::{Found, Rule};
use crate::profile::Profile;
use crate::profile::places::mountpoints;
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
