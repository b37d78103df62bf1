//! `zbay show hw`: the box, as it is described and as it is.

use serde_json::json;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::render::hw::{KnownBy, json as screen, render};
use crate::render::json::answer;
use crate::render::vdev_id;

/// The box, or its bays as a `vdev_id.conf`.
pub fn run(context: &Context, as_vdev_id: bool) -> anyhow::Result<Answer> {
    if as_vdev_id {
        let inventory = context.look(Want::IDENTITY)?;
        let hw = context.hw(&inventory.host)?.0.value;
        if hw.bays.is_empty() {
            anyhow::bail!(
                "no description of this box names its bays\ndo this  describe it (docs/add-a-box.md), or name one: \
                 `zbay --hw NAME show hw --vdev-id`"
            );
        }
        let text = vdev_id::render(&hw);
        return Ok(Answer { json: answer(&[], json!({ "vdev_id": text })), text, status: 0 });
    }
    let inventory = context.look(Want::SEEN)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let by = KnownBy::of(&hw.value, &inventory.host, context.common.hw.is_some(), known);
    let notes = machine::drives(&hw.value, known, &inventory.disks);
    Ok(Answer {
        text: render(&hw.value, &hw.file, by, &inventory),
        json: answer(&notes, screen(&hw.value, &hw.file, by, &inventory)),
        status: 0,
    }
    .hinted(is_bare(known, &inventory.host)))
}
