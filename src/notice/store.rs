//! Where what was told is kept: whole files, root's alone. Where /var takes nothing, because it is full or went read-only, it is
//! kept in memory until it does again, so that nobody hears everything again at each look.

use super::{PATH, Told};
use crate::machine::{Change, Hash, Machine, RunError};

/// The copy for as long as /var takes none.
pub const COPY: &str = "/run/zbay/told.json";

/// What was told; nothing where no copy can be read.
pub fn load(machine: &dyn Machine) -> Told {
    let read = |path: &str| {
        let bytes = machine.file(path.into()).ok().flatten()?;
        serde_json::from_slice::<Told>(&bytes).ok()
    };
    match (read(PATH), read(COPY)) {
        (Some(told), Some(copy)) if copy.turn > told.turn => copy,
        (Some(told), _) => told,
        (None, copy) => copy.unwrap_or_default(),
    }
}

/// Keeps it.
///
/// # Errors
/// /var takes nothing, whether or not the copy was kept.
pub fn save(machine: &dyn Machine, told: &mut Told) -> Result<(), RunError> {
    told.turn += 1;
    let text = serde_json::to_string_pretty(told)
        .map_err(|why| RunError::Io { what: "what was told".to_owned(), why: why.to_string() })?;
    let kept = write(machine, PATH, &text);
    if kept.is_ok() {
        // A copy that stays is older than the file.
        if machine.file(COPY.into()).is_ok_and(|copy| copy.is_some()) {
            let gone = machine.change(&Change::Remove { path: COPY.into() });
            tracing::debug!(?gone, "the copy is not needed any more");
        }
    } else if let Err(why) = write(machine, COPY, &text) {
        tracing::warn!(%why, "there is no copy either");
    }
    kept
}

fn write(machine: &dyn Machine, path: &str, text: &str) -> Result<(), RunError> {
    let path = camino::Utf8Path::new(path);
    let unread = |why: crate::machine::IoError| RunError::Io {
        what: format!("cannot write {path}"),
        why: why.to_string(),
    };
    let was = machine.file(path).map_err(unread)?.map(|bytes| Hash::of(&bytes));
    if let (None, Some(dir)) = (&was, path.parent()) {
        machine.change(&Change::Mkdir { path: dir.to_owned(), mode: 0o755 })?;
    }
    let (path, content) = (path.to_owned(), text.to_owned());
    machine.change(&Change::WriteFile { path, mode: 0o600, content, was }).map(drop)
}
