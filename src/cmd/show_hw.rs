//! `zbay show hw`: the box, as it is described and as it is.

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::render::hw::{KnownBy, json, render};
use crate::render::json::answer;

/// The box.
pub fn run(context: &Context) -> anyhow::Result<Answer> {
    let inventory = context.look(Want::SEEN)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let by = KnownBy::of(&hw.value, &inventory.host, context.common.hw.is_some(), known);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    Ok(Answer {
        text: render(&hw.value, &hw.file, by, &inventory),
        json: answer(&notes, json(&hw.value, &hw.file, by, &inventory)),
        status: 0,
    }
    .hinted(is_bare(known, &inventory.host)))
}
