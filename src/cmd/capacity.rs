//! `zbay capacity`: what drives of common sizes would hold in this box, what a layout gives, or a batch of them.

use std::io::BufReader;

use clap::Args;
use serde_json::{Value, json};

use super::capacity_of::{self, ashift};
use super::form::FormArgs;
use super::odds::{OddsArgs, PoolArgs};
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, draw, is_bare};
use crate::capacity::table::{Layout, table_of};
use crate::capacity::{Cut, Terms, Zfs};
use crate::inventory::Want;
use crate::render::capacity::{Of, render, sheet};
use crate::render::json::answer;
use crate::render::svg;
use crate::units::Bytes;

/// The command.
pub const ROW: Row = Row {
    name: "capacity",
    about: "Compute what drives or a layout would hold, to the byte",
    more: "",
    group: Group::Purchase,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<CapacityArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    examples: &[
        ("capacity", "drives of common sizes in this server"),
        ("capacity raidz2:6x4TB", "one layout"),
        ("capacity raidz2:6x4TB mirror:2x8TB --explain", "two vdevs, and where the bytes go"),
        ("capacity gen8-usb-raidz", "the layout of a profile"),
    ],
};

/// Bays of the seed article's box.
const ARTICLE_BAYS: usize = 4;

/// Arguments of `capacity`.
#[allow(clippy::struct_excessive_bools)] // flags are what they are
#[derive(Clone, Debug, Args)]
pub struct CapacityArgs {
    /// What one pool is made of: raidz2:6x4TB, mirror:8TB,8TB, draid2:4d:11c:1s:11x16TB, log:mirror:2x100GB, drives by
    /// the model of one that is here (raidz2:6xST4000VN008), or a profile's name. Left out: a table of drive sizes.
    #[arg(value_name = "LAYOUT", conflicts_with_all = ["sizes", "bays", "layouts"])]
    pub layout: Vec<String>,
    /// Drive sizes as on their labels.
    #[arg(long, value_name = "SIZE,...", value_delimiter = ',', default_value = "3TB,4TB,6TB,8TB")]
    pub sizes: Vec<Bytes>,
    /// How many bays. Left out: those of this box.
    #[arg(long, value_name = "N")]
    pub bays: Option<u8>,
    /// Columns of the table: raidz, raidz2, raidz3, mirrors, stripe.
    #[arg(long, value_name = "LAYOUT,...", value_delimiter = ',')]
    pub layouts: Vec<Layout>,
    /// The release of OpenZFS. Left out: the installed one, else 2.3 (table and `--batch`: 2.3).
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// log2 of the smallest write, 9 to 16. Left out: 12.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(9..=16))]
    pub ashift: Option<u8>,
    /// How drives are cut: linux (`zpool create` gets whole drives), truenas, freebsd, none, reserve=2GiB.
    #[arg(long, value_name = "SCHEME")]
    pub partition: Option<Cut>,
    /// What would really fit in records of this size: 512 to 16M, a power of two.
    #[arg(long, value_name = "SIZE", requires = "layout")]
    pub recordsize: Option<Bytes>,
    /// What would really fit of blocks as they are stored: media, documents, vm, or a file of lines `SIZE COUNT`.
    #[arg(long, value_name = "NAME|FILE", requires = "layout")]
    pub mix: Option<String>,
    /// Every step from the drives to usable, and why.
    #[arg(long, requires = "layout")]
    pub explain: bool,
    /// Risk and money.
    #[command(flatten)]
    pub odds: OddsArgs,
    /// The same, of one pool.
    #[command(flatten)]
    pub pool: PoolArgs,
    /// In which form.
    #[command(flatten)]
    pub form: FormArgs,
    /// Read a pool a line as JSON from standard input and print what it gives as JSON, in order; exit status 1 if a line
    /// could not be (`zbay help capacity`).
    #[arg(long, conflicts_with_all = ["layout", "sizes", "bays", "layouts", "ashift", "csv", "markdown", "svg"])]
    pub batch: bool,
}

/// The table, a pool, or the batch.
pub fn run(context: &Context, args: &CapacityArgs) -> anyhow::Result<Answer> {
    if let Some(option) = args.odds.given().filter(|_| args.layout.is_empty()) {
        anyhow::bail!("`{option}` needs a LAYOUT, as in `zbay capacity raidz2:6x4TB`");
    }
    if args.batch {
        let (zfs, cut) = (args.zfs.unwrap_or_default(), args.partition.unwrap_or_default());
        let input = BufReader::with_capacity(1 << 18, std::io::stdin().lock());
        let fine = super::batch::run(input, std::io::stdout().lock(), Terms { zfs, cut })?;
        // All is said.
        return Ok(Answer { text: String::new(), json: Value::Null, status: u8::from(!fine) });
    }
    if !args.layout.is_empty() {
        return capacity_of::run(context, args);
    }
    let mut bare = false;
    let (bays, of) = if let Some(bays) = args.bays {
        (usize::from(bays), Of::Asked)
    } else {
        let inventory = context.look(Want::IDENTITY)?;
        let (hw, known) = context.hw(&inventory.host)?;
        bare = is_bare(known, &inventory.host);
        match hw.value.bays.len() {
            _ if !known => (ARTICLE_BAYS, Of::Article),
            0 if hw.value.is_nobodys() => (ARTICLE_BAYS, Of::Article),
            0 => (ARTICLE_BAYS, Of::NoBays(hw.value.title)),
            bays => (bays, Of::Box(hw.value.title)),
        }
    };
    let layouts = if args.layouts.is_empty() { &Layout::ALL[..] } else { &args.layouts[..] };
    let terms =
        Terms { zfs: args.zfs.unwrap_or_default(), cut: args.partition.unwrap_or_default() };
    let ashift = ashift(args);
    let rows = table_of(&args.sizes, bays, ashift, layouts, terms)?;
    let text = match (args.form.csv, args.form.markdown) {
        (true, _) => sheet(&rows).csv(),
        (_, true) => sheet(&rows).markdown(),
        _ => render(&rows, bays, &of, layouts),
    };
    let json = answer(&[], json!({ "bays": bays, "ashift": ashift, "rows": rows }));
    let plain = !args.form.csv && !args.form.markdown;
    let mut answer = Answer { text, json, status: 0 };
    draw(args.form.svg.as_deref(), &mut answer, plain, || svg::bays(&rows, bays))?;
    Ok(answer.hinted(bare && plain))
}
