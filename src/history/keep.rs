//! Where the history lies: read whole, added to by whole lines, rewritten when it has grown too large.
//!
//! A failure is traced and nothing else: whoever may not write, or has no room, looks all the same.

use super::{History, PATH, compacted, lines};
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::machine::{Hash, Machine};

/// What the looks before this one saw; empty where it cannot be read.
pub fn load(machine: &dyn Machine) -> History {
    History::read(&text(machine))
}

fn text(machine: &dyn Machine) -> String {
    match machine.file(PATH.into()) {
        Ok(bytes) => String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned(),
        Err(why) => {
            tracing::debug!(%why, "there is no history");
            String::new()
        }
    }
}

/// Adds what this look saw.
pub fn note(machine: &dyn Machine, history: &History, hw: &Hw, inventory: &Inventory) {
    let new = lines(history, hw, inventory);
    if new.is_empty() {
        return;
    }
    let told = machine.note(PATH.into(), &new, None).and_then(|()| {
        let whole = text(machine);
        let Some(small) = compacted(&whole) else { return Ok(()) };
        machine.note(PATH.into(), &small, Some(&Hash::of(whole.as_bytes())))
    });
    if let Err(why) = told {
        tracing::debug!(%why, "the history was not kept");
    }
}
