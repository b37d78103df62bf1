//! `zbay show pool`: the pools by bay. Status 1 where one is not well or could not be asked for.

use serde_json::json;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::{Facet, Want};
use crate::render::disk;
use crate::render::json::answer;
use crate::render::pool::render;

/// The pools.
pub fn run(context: &Context) -> anyhow::Result<Answer> {
    let inventory = context.look(Want::SEEN)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let notes = machine::all(&hw.value, known, &inventory);
    let bare = is_bare(known, &inventory.host);
    let pools = inventory.pools.as_ref();
    let well = pools.map_or(bare, |pools| pools.iter().all(machine::well));
    Ok(Answer {
        text: render(&hw.value, &inventory),
        json: answer(
            &notes,
            json!({
                "pools": facet(&inventory.pools),
                "importable": facet(&inventory.importable),
                // A leaf names its disk; here are the disks with their bays.
                "disks": disk::json(&disk::rows(&hw.value, &inventory), &disk::Choice::default()),
            }),
        ),
        status: u8::from(!well),
    }
    .hinted(bare))
}

/// The value, or an object that says why it is not known.
pub(super) fn facet<T: serde::Serialize>(facet: &Facet<T>) -> serde_json::Value {
    match facet {
        Ok(value) => json!(value),
        Err(unknown) => json!({ "unknown": unknown.why }),
    }
}
