//! `zbay capacity`: what drives of common sizes would hold in this box.

use std::io::BufReader;

use clap::Args;
use serde_json::{Value, json};

use super::{Answer, Context, is_bare};
use crate::capacity::{self, Cut, Terms, Zfs};
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
    /// Read a pool a line as JSON from standard input and print what it gives as JSON, in order; exit status 1 if a line
    /// could not be (docs/capacity.md).
    #[arg(long, conflicts_with_all = ["sizes", "bays"])]
    pub batch: bool,
    /// The release of OpenZFS. Left out: the installed one, else 2.3 (`--batch`: 2.3).
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// How drives are cut: linux (`zpool create` gets whole drives), truenas, freebsd, none, reserve=2GiB.
    #[arg(long, value_name = "SCHEME")]
    pub partition: Option<Cut>,
}

/// The table, or the batch.
pub fn run(context: &Context, args: &CapacityArgs) -> anyhow::Result<Answer> {
    let cut = args.partition.unwrap_or_default();
    if args.batch {
        let terms = Terms { zfs: args.zfs.unwrap_or_default(), cut };
        let input = BufReader::with_capacity(1 << 18, std::io::stdin().lock());
        let fine = super::batch::run(input, std::io::stdout().lock(), terms)?;
        // All is said.
        return Ok(Answer { text: String::new(), json: Value::Null, status: u8::from(!fine) });
    }
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
