//! Above the login prompt of the console: what is wrong with the pools and what to type, for as long as it is so.
//!
//! /run/issue.d is where agetty(8) looks besides /etc/issue.d, and it is empty after a boot: nothing old is ever shown. It is
//! a courtesy: a file that cannot be written stops nothing.

use std::fmt::Write as _;

use camino::Utf8Path;

use crate::machine::{Change, Hash, Machine};
use crate::notice::Matter;
use crate::status::{Status, Weight};
use crate::words::plain;

/// The file.
const ISSUE: &str = "/run/issue.d/zbay.issue";

/// What is shown: what is told of pools that are not there, a line for each pool that is not well, and what to type for each thing that is wrong with it.
fn text(pools: &[Status], lost: &[Matter]) -> String {
    let mut text = String::new();
    for matter in lost {
        let _ = writeln!(text, "\n  {}", plain(&matter.says));
        if let Some(next) = &matter.next {
            let _ = writeln!(text, "    {}: {}", plain(&matter.means), plain(next));
        }
    }
    for pool in pools.iter().filter(|pool| !pool.is_well()) {
        let _ = writeln!(text, "\n  {}", plain(&pool.headline()));
        let grave = pool.conditions.iter().filter(|it| it.weight() != Weight::Notice);
        let mut ways: Vec<(String, String)> = Vec::new();
        for it in grave {
            let Some(next) = it.next() else { continue };
            match ways.iter_mut().find(|(_, way)| *way == next) {
                // The later one knows more: a drive is gone, and a new one is in its bay.
                Some((says, _)) => *says = it.to_string(),
                None => ways.push((it.to_string(), next)),
            }
        }
        for (says, way) in ways.iter().take(4) {
            let _ = writeln!(text, "    {}: {}", plain(says), plain(way));
        }
    }
    if text.is_empty() { text } else { text.replace('\\', "\\\\") + "\n" }
}

/// Writes it, or takes it away where all is well. `lost`: what is told of pools that are not imported.
pub fn keep(machine: &dyn Machine, pools: &[Status], lost: &[Matter]) {
    let path = Utf8Path::new(ISSUE);
    let old = machine.file(path).ok().flatten();
    let new = text(pools, lost);
    if old.as_deref().unwrap_or_default() == new.as_bytes() {
        return;
    }
    let was = old.map(|bytes| Hash::of(&bytes));
    let write = || {
        if new.is_empty() {
            return machine.change(&Change::Remove { path: path.to_owned() }).map(drop);
        }
        if let (None, Some(dir)) = (&was, path.parent()) {
            machine.change(&Change::Mkdir { path: dir.to_owned(), mode: 0o755 })?;
        }
        let (path, content) = (path.to_owned(), new.clone());
        machine
            .change(&Change::WriteFile { path, mode: 0o644, content, was: was.clone() })
            .map(drop)
    };
    if let Err(error) = write() {
        tracing::warn!(%error, "{path} is not written");
    }
}

/// Where nothing stands there yet, what could not be asked; else what was known stays.
pub fn add(machine: &dyn Machine, matter: &Matter) {
    if machine.file(Utf8Path::new(ISSUE)).ok().flatten().is_none() {
        keep(machine, &[], std::slice::from_ref(matter));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::Recording;
    use crate::status::samples::status;

    #[test]
    fn what_is_wrong_stands_above_the_prompt_and_nothing_else() {
        let machine = Recorded::new("x".to_owned(), Recording::default());
        keep(&machine, &[status("healthy")], &[]);
        assert_eq!(machine.changes(), [], "a box that is well shows nothing");
        keep(&machine, &[status("healthy"), status("removed")], &[]);
        let changes = machine.changes();
        let [Change::Mkdir { .. }, Change::WriteFile { content, .. }] = &changes[..] else {
            panic!("{changes:?}")
        };
        assert_eq!(
            content,
            "\n  tank is DEGRADED: the drive in bay 2 is missing. No redundancy left: one more failure loses the pool\n    the drive in bay 2 is missing: zbay replace 2\n\n"
        );
    }
}
