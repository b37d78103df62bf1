//! `optimal`: the rule of powers of two against ZFS, and the ways to share out so many drives.
//!
//! Shares are percent of the raw space, rounded to tenths; bytes stand in the JSON answer.

use crate::capacity::splits::Split;
use crate::capacity::widths::Width;
use crate::capacity::{Kind, Losses};
use crate::render::sheet::Sheet;
use crate::risk::Risk;
use crate::risk::money::Cost;
use crate::risk::words::{exact, one_in_short};
use crate::table;
use crate::units::Bytes;
use crate::words;

/// What is at stake with a way to share out drives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stake {
    /// How likely it is to be lost within five years.
    pub risk: Risk,
    /// What it costs; `None`: no price was told.
    pub cost: Option<Cost>,
}

/// A way, and what is at stake.
#[derive(Clone, Debug, PartialEq)]
pub struct Staked {
    /// The way.
    pub split: Split,
    /// What is at stake.
    pub stake: Stake,
}

fn percent(per_mille: u64) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

/// The rule's lists and what ZFS makes of them; `every`: also the widths that the rule leaves out.
pub fn rule(widths: &[Width], every: bool) -> String {
    let row = |it: &Width| {
        let verdict = match (it.by_rule, it.is_broken_promise()) {
            (true, true) => "optimal, and wrong",
            (true, false) => "optimal",
            (false, _) => "",
        };
        let shares = [it.promised, it.records_128k, it.records_1m, it.compressed, it.volumes_16k];
        let lead = vec![format!("{} of {}", it.kind, it.width), verdict.to_owned()];
        [lead, shares.map(percent).to_vec()].concat()
    };
    let rows: Vec<Vec<String>> = widths.iter().filter(|it| every || it.by_rule).map(row).collect();
    let header = ["Layout", "rule says", "promised", "128K", "1M", "mix", "16K"];
    let mut out = lists(widths);
    out.push_str(&table::bars(Some(&header), &rows));
    out.push_str(&words::labelled(
        "percent",
        "of the raw space: drives minus parity; 128K records, as `zfs list` computes; 1M records; \
         a compressed mix of 4 to 128 KiB; 16K volumes",
    ));
    out
}

/// The rule's own lists as the article has them, and which of their widths keep what they promise.
fn lists(widths: &[Width]) -> String {
    let name = |kind: Kind| match kind {
        Kind::Raidz1 => "RAID-Z".to_owned(),
        Kind::Raidz2 => "RAID-Z2".to_owned(),
        Kind::Raidz3 => "RAID-Z3".to_owned(),
        other => other.to_string(),
    };
    let mut kinds: Vec<Kind> = widths.iter().map(|it| it.kind).collect();
    kinds.dedup();
    let of = |kind: Kind, wanted: fn(&Width) -> bool| {
        let ruled = widths.iter().filter(|it| it.kind == kind && it.by_rule && wanted(it));
        ruled.map(|it| it.width.to_string()).collect::<Vec<_>>()
    };
    let mut out = String::new();
    for kind in &kinds {
        let all = of(*kind, |_| true).join(", ");
        out.extend([format!("{}: {all} drives\n", name(*kind))]);
    }
    out.push('\n');
    let which = |wanted: fn(&Width) -> bool| {
        let named = |kind: &Kind| {
            let widths = of(*kind, wanted);
            (!widths.is_empty()).then(|| format!("{} of {}", name(*kind), words::and(&widths)))
        };
        kinds.iter().filter_map(named).collect::<Vec<_>>().join("; ")
    };
    out.push_str(&words::labelled("these", "are the article's optimal widths for 4K sectors"));
    out.push_str(&words::labelled("hold", &which(|it| !it.is_broken_promise())));
    out.push_str(&words::labelled("do not", &which(Width::is_broken_promise)));
    out.push('\n');
    out
}

/// The same as plain values.
pub fn rule_sheet(widths: &[Width]) -> Sheet {
    let row = |it: &Width| {
        let shares = [it.promised, it.records_128k, it.records_1m, it.compressed, it.volumes_16k];
        let lead = [it.kind.to_string(), it.width.to_string(), u8::from(it.by_rule).to_string()];
        lead.into_iter().chain(shares.iter().map(u64::to_string)).collect()
    };
    let header = vec![
        "kind",
        "width",
        "by_rule",
        "promised",
        "records_128k",
        "records_1m",
        "compressed",
        "volumes_16k",
    ];
    Sheet { header, rows: widths.iter().map(row).collect() }
}

fn survives(split: &Split) -> String {
    let Losses { any, at_best } = split.survives;
    if at_best > any { format!("{any} to {at_best}") } else { any.to_string() }
}

/// Ways of each level of losses survived, the best of each first, at most `most` of a level; `noted` has a remark.
pub fn ways(
    all: &[Staked],
    drives: u64,
    drive: Bytes,
    most: usize,
    noted: impl Fn(&Split) -> Option<&'static str>,
    stakes: &str,
) -> String {
    let lead = format!("{drives} drives of {drive} bytes ({}), all in use or spare", drive.tb());
    let mut out = words::labelled("for", &lead);
    out.push('\n');
    let mut shown = Vec::new();
    for any in (1..=3).rev() {
        let level = all.iter().filter(|way| way.split.survives.any == any);
        // Mirrors must not be crowded out by what has more space.
        let first_mirror = level.clone().position(|way| way.split.kind == Kind::Mirror);
        let best = level.enumerate().filter(|(at, way)| {
            *at < most || noted(&way.split).is_some() || first_mirror == Some(*at)
        });
        shown.extend(best.map(|(_, way)| (way, noted(&way.split).is_some())));
    }
    let (list, left_out) = fitting(&shown);
    out.push_str(&list);
    out.push('\n');
    for note in all.iter().filter_map(|way| noted(&way.split)) {
        out.push_str(&words::labelled("*", note));
    }
    out.push_str(&words::labelled(
        "order",
        "by failures survived, then by usable space, in TB; mix: what fits with compressed blocks \
         of 4 to 128 KiB; layouts that another one beats in space, failures survived, spares, \
         vdevs and time are left out",
    ));
    if !left_out.is_empty() {
        let text = format!("no room for {}: `--csv` and `--json` have all", left_out.join(", "));
        out.push_str(&words::labelled("columns", &text));
    }
    out.push_str(&words::labelled("lost", stakes));
    out
}

/// Columns that are left out, one after the other, where the screen is too narrow.
const SPARED: [&str; 3] = ["mix", "hours", "survives"];

/// Ways as rows of as many columns as fit; the flag is for a remark.
fn fitting(ways: &[(&Staked, bool)]) -> (String, Vec<&'static str>) {
    let cells = |name: &str| -> Vec<String> {
        let cell = |(Staked { split, stake }, is_noted): &(&Staked, bool)| match name {
            "" => if *is_noted { "*" } else { "" }.to_owned(),
            "layout" => split.to_string(),
            "usable" => terabytes(split.usable),
            "mix" => terabytes(split.compressed),
            "survives" => survives(split),
            "hours" => format!("{}-{}", split.resilver_hours.0, split.resilver_hours.1),
            "lost" => one_in_short(stake.risk.pool),
            _ => stake.cost.map_or_else(String::new, |cost| cost.per_tb.to_string()),
        };
        std::iter::once(name.to_owned()).chain(ways.iter().map(cell)).collect()
    };
    let is_priced = ways.iter().any(|(way, _)| way.stake.cost.is_some());
    let names = ["", "layout", "usable", "mix", "survives", "hours", "lost", "price/TB"];
    let mut columns: Vec<Vec<String>> = names
        .iter()
        .filter(|name| **name != "price/TB" || is_priced)
        .map(|name| cells(name))
        .collect();
    let width = |columns: &[Vec<String>]| -> usize {
        let longest =
            |column: &Vec<String>| column.iter().map(String::len).max().unwrap_or(0).max(1) + 2;
        columns.iter().map(longest).sum::<usize>().saturating_sub(2)
    };
    let mut out = Vec::new();
    for spared in SPARED {
        if width(&columns) > words::WIDTH {
            columns.retain(|column| column[0] != spared);
            out.push(spared);
        }
    }
    // Prices of a million million.
    let over = width(&columns).saturating_sub(words::WIDTH);
    let layouts = columns.iter_mut().find(|column| column[0] == "layout");
    if let Some(column) = layouts.filter(|_| over > 0) {
        let longest = column.iter().map(String::len).max().unwrap_or(0);
        for cell in column.iter_mut() {
            *cell = words::clip(cell, longest.saturating_sub(over));
        }
    }
    let row = |at: usize| columns.iter().map(|column| column[at].clone()).collect();
    (table::list(0, &(0..=ways.len()).map(row).collect::<Vec<_>>()), out)
}

/// Without the unit, which the legend says.
fn terabytes(bytes: Bytes) -> String {
    bytes.tb().strip_suffix(" TB").map_or_else(|| bytes.tb(), str::to_owned)
}

/// The same as plain values.
pub fn ways_sheet(all: &[Staked]) -> Sheet {
    let row = |Staked { split, stake }: &Staked| {
        let numbers = [
            split.usable.0,
            split.size.0,
            split.compressed.0,
            split.survives.any,
            split.survives.at_best,
            split.spares,
            split.resilver_hours.0,
            split.resilver_hours.1,
        ];
        let mut row = vec![split.to_string()];
        row.extend(numbers.iter().map(u64::to_string));
        row.extend([stake.risk.pool, stake.risk.file].map(exact));
        row.push(stake.cost.map_or_else(String::new, |cost| cost.per_tb.to_string()));
        row
    };
    let header = vec![
        "layout",
        "usable",
        "size",
        "compressed",
        "survives",
        "at_best",
        "spares",
        "hours",
        "hours_loaded",
        "pool_lost_5y",
        "file_lost_5y",
        "cost_per_tb",
    ];
    Sheet { header, rows: all.iter().map(row).collect() }
}
