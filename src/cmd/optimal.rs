//! `zbay optimal`: which widths waste little, and which way of sharing out drives gives what.

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::{Answer, Context};
use crate::capacity::splits::{Split, splits};
use crate::capacity::widths::widths;
use crate::capacity::{Drive, Kind, Terms, Zfs, spec};
use crate::render::json::answer;
use crate::render::optimal::{rule, rule_sheet, ways, ways_sheet};
use crate::units::{Ashift, Bytes};

/// Arguments of `optimal`.
#[derive(Clone, Debug, Args)]
pub struct OptimalArgs {
    /// Rank the ways to share out so many equal drives, 2 to 500.
    #[arg(long, value_name = "N")]
    pub drives: Option<u64>,
    /// The size on their labels.
    #[arg(long, value_name = "SIZE", default_value = "4TB", requires = "drives")]
    pub size: Bytes,
    /// How many ways of each level of losses survived. Left out: 5.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "drives")]
    pub top: usize,
    /// Widths that the rule leaves out as well.
    #[arg(long, conflicts_with = "drives")]
    pub every: bool,
    /// log2 of the smallest write, 9 to 16.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u8).range(9..=16))]
    pub ashift: u8,
    /// The release of OpenZFS. Left out: 2.3.
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// Comma-separated values.
    #[arg(long, conflicts_with = "markdown")]
    pub csv: bool,
    /// A table of Markdown.
    #[arg(long)]
    pub markdown: bool,
}

/// The lists, or the ways.
pub fn run(_context: &Context, args: &OptimalArgs) -> Result<Answer> {
    let ashift = Ashift::new(args.ashift).unwrap_or(Ashift::DEFAULT);
    let Some(drives) = args.drives else {
        let all = widths(ashift);
        let sheet = rule_sheet(&all);
        let text = match (args.csv, args.markdown) {
            (true, _) => sheet.csv(),
            (_, true) => sheet.markdown(),
            _ => rule(&all, args.every) + NEXT,
        };
        return Ok(Answer { text, json: answer(&[], json!({ "widths": all })), status: 0 });
    };
    let bytes = spec::drive_bytes(args.size);
    if bytes.0 > 1 << 60 {
        bail!(
            "a drive of {bytes} bytes: drives have 67108864 (64 MiB) to {} (1 EiB) bytes",
            1_u64 << 60
        );
    }
    let terms = Terms { zfs: args.zfs.unwrap_or_default(), ..Terms::default() };
    let all = splits(drives, Drive::sector_512(bytes), ashift, terms, is_article)?;
    let sheet = ways_sheet(&all);
    let text = match (args.csv, args.markdown) {
        (true, _) => sheet.csv(),
        (_, true) => sheet.markdown(),
        _ => ways(&all, drives, bytes, args.top, |split| is_article(split).then_some(ARTICLE)),
    };
    let named = |split: &Split| {
        let mut value = json!(split);
        value["layout"] = json!(split.to_string());
        value
    };
    let json = json!({ "drives": drives, "drive": bytes, "ways": all.iter().map(named).collect::<Vec<_>>() });
    Ok(Answer { text, json: answer(&[], json), status: 0 })
}

const NEXT: &str = "\
wrong    blocks are padded to a multiple of parity + 1 sectors, which the rule\n         \
forgets; with 1M records no width up to 36 misses its promise by 2 %\n\
next     `zbay optimal --drives 24 --size 4TB`\n";
const ARTICLE: &str = "the article's box of 24 drives of 4 TB: 71 TiB under ZFS of 2014";

/// The article's 18 and 6.
fn is_article(split: &Split) -> bool {
    split.kind == Kind::Raidz2 && split.spares == 0 && split.vdevs == [(1, 18), (1, 6)]
}
