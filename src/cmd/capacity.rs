//! `zbay capacity`: what drives of common sizes would hold in this box.

use clap::Args;
use serde_json::json;

use super::{Answer, Context, is_bare};
use crate::capacity;
use crate::inventory::Want;
use crate::render::capacity::{Of, render};
use crate::render::json::answer;
use crate::units::{Ashift, Bytes};

/// Bays of the seed article's box.
const ARTICLE_BAYS: usize = 4;

/// Arguments of `capacity`.
#[derive(Clone, Debug, Args)]
pub struct CapacityArgs {
    /// Drive sizes as on their labels.
    #[arg(long, value_name = "SIZE,...", value_delimiter = ',', default_value = "3TB,4TB,6TB,8TB")]
    pub sizes: Vec<Bytes>,
    /// How many bays. Left out: those of this box.
    #[arg(long, value_name = "N")]
    pub bays: Option<u8>,
}

/// The table.
pub fn run(context: &Context, args: &CapacityArgs) -> anyhow::Result<Answer> {
    let mut bare = false;
    let (bays, of) = if let Some(bays) = args.bays {
        (usize::from(bays), Of::Asked)
    } else {
        let inventory = context.look(Want::IDENTITY)?;
        let (hw, known) = context.hw(&inventory.host)?;
        bare = is_bare(known, &inventory.host);
        match hw.value.bays.len() {
            0 => (ARTICLE_BAYS, Of::Article),
            bays => (bays, Of::Box(hw.value.title)),
        }
    };
    let rows = capacity::table(&args.sizes, bays, Ashift::DEFAULT)?;
    Ok(Answer {
        text: render(&rows, bays, &of),
        json: answer(&[], json!({ "bays": bays, "ashift": Ashift::DEFAULT, "rows": rows })),
        status: 0,
    }
    .hinted(bare))
}
