//! `zbay capacity`: what drives of common sizes would hold in this box, what a layout gives, or a batch of them.

use std::io::BufReader;

use serde_json::Value;

use super::capacity_of::{self, CapacityArgs, ashift};
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, draw, is_bare};
use crate::capacity::Terms;
use crate::capacity::table::{Layout, table_of};
use crate::inventory::Want;
use crate::render::capacity::{Of, render, sheet};
use crate::render::capacity_of::Held;
use crate::render::json::{Shape, answer};
use crate::render::svg;

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
    answers: &[Shape::of::<Held>("capacity")],
    examples: &[
        ("capacity", "drives of common sizes in this server"),
        ("capacity raidz2:6x4TB", "one layout"),
        ("capacity raidz2:6x4TB mirror:2x8TB --explain", "two vdevs, and where the bytes go"),
        ("capacity gen8-usb-raidz", "the layout of a profile"),
    ],
};

/// Bays of the seed article's box.
const ARTICLE_BAYS: usize = 4;

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
    let json = answer(&[], Held::Sizes { bays, ashift, rows: rows.clone() });
    let plain = !args.form.csv && !args.form.markdown;
    let mut answer = Answer { text, json, status: 0 };
    draw(args.form.svg.as_deref(), &mut answer, plain, || svg::bays(&rows, bays))?;
    Ok(answer.hinted(bare && plain))
}
