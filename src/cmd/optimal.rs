//! `zbay optimal`: which widths waste little, and which way of sharing out drives gives what.

use anyhow::{Result, bail};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::form::FormArgs;
use super::risk_args::OddsArgs;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, draw};
use crate::capacity::splits::{Split, splits};
use crate::capacity::widths::{Width, widths};
use crate::capacity::{Drive, Kind, Terms, Zfs, spec};
use crate::render::json::{Shape, answer};
use crate::render::optimal::{Stake, Staked, rule, rule_sheet, ways, ways_sheet};
use crate::render::svg::{self, Canvas};
use crate::risk::money::Cost;
use crate::risk::power::Power;
use crate::risk::words::column;
use crate::risk::{Assumed, Risk, Vdev, of};
use crate::units::{Ashift, Bytes};

/// The command.
pub const ROW: Row = Row {
    name: "optimal",
    about: "Compare vdev widths, and ways to lay out N drives",
    more: "",
    group: Group::Purchase,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<OptimalArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("optimal")],
    examples: &[
        ("optimal", "widths that waste little"),
        ("optimal --drives 24", "ways to lay out 24 drives"),
    ],
};

/// Widths of vdevs; with `--drives` the ways to lay out so many drives.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Answered {
    /// Without `--drives`: widths.
    Widths {
        /// A row for each width.
        widths: Vec<Width>,
    },
    /// With `--drives`: the ways.
    Ways {
        /// How many drives.
        drives: u64,
        /// Bytes of each.
        drive: Bytes,
        /// The ways, by what they survive and then by what they hold.
        ways: Vec<Laid>,
    },
}

/// A way to lay out drives.
#[derive(Serialize, JsonSchema)]
struct Laid {
    /// `2 x raidz2 of 6`.
    layout: String,
    /// What it is and gives.
    #[serde(flatten)]
    split: Split,
    /// How likely it is to be lost within 5 years.
    risk: Risk,
    /// What it costs; `null`: no price was given.
    cost: Option<Cost>,
}

/// Arguments of `optimal`.
#[derive(Clone, Debug, Args)]
pub struct OptimalArgs {
    /// Rank the layouts for this many equal drives, 2 to 500.
    #[arg(long, value_name = "N")]
    pub drives: Option<u64>,
    /// The size on their labels, as in 4TB.
    #[arg(long, value_name = "SIZE", default_value = "4TB", requires = "drives")]
    pub size: Bytes,
    /// How many layouts to show for each number of survivable failures.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "drives")]
    pub top: usize,
    /// Also show widths that the rule leaves out.
    #[arg(long, conflicts_with = "drives")]
    pub every: bool,
    /// log2 of the smallest write, 9 to 16.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u8).range(9..=16))]
    pub ashift: u8,
    /// OpenZFS release (default: 2.3).
    #[arg(long, value_name = "VERSION")]
    pub zfs: Option<Zfs>,
    /// Risk and money.
    #[command(flatten)]
    pub odds: OddsArgs,
    /// In which form.
    #[command(flatten)]
    pub form: FormArgs,
}

/// The lists, or the ways.
pub fn run(_context: &Context, args: &OptimalArgs) -> Result<Answer> {
    let ashift = Ashift::new(args.ashift).unwrap_or(Ashift::DEFAULT);
    let Some(drives) = args.drives else {
        if let Some(option) = args.odds.given() {
            bail!("`{option}` needs drives, as in `zbay optimal --drives 6 --size 4TB`");
        }
        let all = widths(ashift);
        let sheet = rule_sheet(&all);
        let text = match (args.form.csv, args.form.markdown) {
            (true, _) => sheet.csv(),
            (_, true) => sheet.markdown(),
            _ => rule(&all, args.every) + NEXT,
        };
        let json = answer(&[], Answered::Widths { widths: all.clone() });
        let mut answer = Answer { text, json, status: 0 };
        let is_screen = !args.form.csv && !args.form.markdown;
        draw(args.form.svg.as_deref(), &mut answer, is_screen, || svg::widths(&all, ashift))?;
        return Ok(answer);
    };
    let bytes = spec::drive_bytes(args.size);
    if bytes.0 > 1 << 60 {
        bail!(
            "a drive of {bytes} bytes is impossible: 67108864 (64 MiB) to {} (1 EiB) are accepted",
            1_u64 << 60
        );
    }
    let terms = Terms { zfs: args.zfs.unwrap_or_default(), ..Terms::default() };
    let all = splits(drives, Drive::sector_512(bytes), ashift, terms, is_article)?;
    let all = all.into_iter().map(|split| staked(args, split, drives, bytes));
    let all = all.collect::<Result<Vec<_>>>()?;
    let sheet = ways_sheet(&all);
    let stakes = column(&args.odds.rate(&[]), &args.odds.assumed(0));
    let text = match (args.form.csv, args.form.markdown) {
        (true, _) => sheet.csv(),
        (_, true) => sheet.markdown(),
        _ => {
            let noted = |split: &Split| is_article(split).then_some(ARTICLE);
            ways(&all, drives, bytes, args.top, noted, &stakes)
        }
    };
    let named = |way: &Staked| Laid {
        layout: way.split.to_string(),
        split: way.split.clone(),
        risk: way.stake.risk,
        cost: way.stake.cost,
    };
    let ways = all.iter().map(named).collect();
    let body = Answered::Ways { drives, drive: bytes, ways };
    let mut answer = Answer { text, json: answer(&[], body), status: 0 };
    let is_screen = !args.form.csv && !args.form.markdown;
    draw(args.form.svg.as_deref(), &mut answer, is_screen, || {
        picture(&all, drives, bytes, &stakes)
    })?;
    Ok(answer)
}

/// Space against risk.
fn picture(all: &[Staked], drives: u64, drive: Bytes, stakes: &str) -> Canvas {
    let point = |way: &Staked| svg::Point {
        name: way.split.to_string(),
        usable: way.split.usable,
        risk: way.stake.risk.pool,
        survives: way.split.survives.any,
        noted: is_article(&way.split),
    };
    let points: Vec<svg::Point> = all.iter().map(point).collect();
    svg::ways(&points, drives, &spec::size_word(drive), &format!("risk of losing {stakes}"))
}

const NEXT: &str = "\
wrong    blocks are padded to a multiple of parity + 1 sectors, which the rule\n         ignores; with 1M records no width up to 36 falls short by 2 %\n\
next     `zbay optimal --drives 24 --size 4TB`\n";
const ARTICLE: &str = "the article's server with 24 drives of 4 TB: 71 TiB under ZFS of 2014";

/// How likely a way is to be lost within five years, and what it costs. A way that has spares waits for no drive.
fn staked(args: &OptimalArgs, split: Split, drives: u64, bytes: Bytes) -> Result<Staked> {
    let spares = u32::try_from(split.spares).unwrap_or(u32::MAX);
    let assumed: Assumed = args.odds.assumed(spares);
    let vdevs = Vdev::of_split(&split, bytes, args.odds.rate(&[]));
    let power = Power::of(drives, None, None);
    let cost = args.odds.cost(&[(bytes, drives)], split.usable, None, &power)?;
    Ok(Staked { stake: Stake { risk: of(&vdevs, &assumed, 5.0), cost }, split })
}

/// The article's 18 and 6.
fn is_article(split: &Split) -> bool {
    split.kind == Kind::Raidz2 && split.spares == 0 && split.vdevs == [(1, 18), (1, 6)]
}
