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
            let message = "the pool's root dataset cannot be encrypted".to_owned();
            let remedy = format!("set `{key}` on each dataset that needs it");
            found.error(Rule::KeyOnRoot, &format!("pool.root.{key}"), message, &remedy);
        }
    }
    let mounts: BTreeSet<_> = mountpoints(profile).into_iter().collect();
    let mut seen: BTreeSet<&Utf8Path> = BTreeSet::new();
    for (name, wish) in &profile.datasets {
        let Some(key) = wish.key_file.as_ref().map(KeyFile::path) else { continue };
        if wish.passphrase.is_some() {
            let message = "one dataset has both a key file and a passphrase".to_owned();
            let at = format!("datasets.{}.passphrase", name.as_str());
            found.error(Rule::TwoKeys, &at, message, "ZFS uses one key: remove one of the two");
        }
        if let Some(mount) = key.ancestors().skip(1).find(|dir| mounts.contains(*dir)) {
            let message = format!(
                "{key} is inside the pool itself, at {mount}: it can be read only once the pool is \
                 open"
            );
            let at = format!("datasets.{}.key_file", name.as_str());
            found.error(Rule::KeyInPool, &at, message, "put it in /etc/zbay/keys");
        }
        if !seen.insert(key) {
            let message = format!("{key} is the key of two datasets");
            let at = format!("datasets.{}.key_file", name.as_str());
            let remedy = "give each its own file: the second one could not be created";
            found.error(Rule::KeyTwice, &at, message, remedy);
        }
    }
}
