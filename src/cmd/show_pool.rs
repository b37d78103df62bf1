//! `zbay show pool`: the pools by bay. Status 1 where one is not well or could not be asked for.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::render::disk;
use crate::render::disk::DriveRow;
use crate::render::json::pool::{Importable, Pool, importable, imported};
use crate::render::json::{Known, answer};
use crate::render::pool::render;

/// The pools by bay.
#[derive(Serialize, JsonSchema)]
pub(super) struct Answered {
    /// Imported pools.
    pools: Known<Vec<Pool>>,
    /// Pools that could be imported.
    importable: Known<Vec<Importable>>,
    /// The disks with their bays: a member names its disk.
    disks: Vec<DriveRow>,
}

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
            Answered {
                pools: imported(&inventory),
                importable: importable(&inventory),
                disks: disk::json(
                    &hw.value,
                    &disk::rows(&hw.value, &inventory),
                    &disk::Choice::default(),
                ),
            },
        ),
        status: u8::from(!well),
    }
    .hinted(bare))
}
