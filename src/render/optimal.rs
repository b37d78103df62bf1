//! `optimal`: the rule of powers of two against ZFS, and the ways to share out so many drives.
//!
//! Shares are percent of the raw space, rounded to tenths; bytes stand in the JSON answer.

use super::sheet::Sheet;
use super::{table, text};
use crate::capacity::splits::Split;
use crate::capacity::widths::Width;
use crate::capacity::{Kind, Losses};
use crate::units::Bytes;

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
    let mut out = table::bars(Some(&header), &rows);
    out.push_str(&text::labelled(
        "percent",
        "of the raw space: drives less parity; 128K records, as `zfs list` reckons; 1M records; a compressed mix of \
         4 to 128 KiB; 16K volumes",
    ));
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
    if at_best > any { format!("{any}, up to {at_best}") } else { any.to_string() }
}

/// Ways of each level of losses survived, the best of each first, at most `most` of a level; `noted` has a remark.
pub fn ways(
    all: &[Split],
    drives: u64,
    drive: Bytes,
    most: usize,
    noted: impl Fn(&Split) -> Option<&'static str>,
) -> String {
    let lead = format!("{drives} drives of {drive} bytes ({}), all in use or spare", drive.tb());
    let mut out = text::labelled("for", &lead);
    out.push('\n');
    let mut rows =
        vec![["", "layout", "usable", "mix", "survives", "resilver"].map(str::to_owned).to_vec()];
    for any in (1..=3).rev() {
        let level = all.iter().filter(|split| split.survives.any == any);
        // Mirrors must not be crowded out by what has more space.
        let first_mirror = level.clone().position(|split| split.kind == Kind::Mirror);
        let shown = level.enumerate().filter(|(at, split)| {
            *at < most || noted(split).is_some() || first_mirror == Some(*at)
        });
        for (_, split) in shown {
            let (from, to) = split.resilver_hours;
            rows.push(vec![
                noted(split).map_or(String::new(), |_| "*".to_owned()),
                split.to_string(),
                split.usable.tb(),
                split.compressed.tb(),
                survives(split),
                format!("{from} to {to} h"),
            ]);
        }
    }
    out.push_str(&table::list(0, &rows));
    out.push('\n');
    for note in all.iter().filter_map(&noted) {
        out.push_str(&text::labelled("*", note));
    }
    out.push_str(&text::labelled(
        "order",
        "by losses survived, then by usable space; mix: what fits of blocks of 4 to 128 KiB as compression leaves them; what another way beats in space, losses, spares, vdevs and time is left out",
    ));
    out
}

/// The same as plain values.
pub fn ways_sheet(all: &[Split]) -> Sheet {
    let row = |split: &Split| {
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
        std::iter::once(split.to_string()).chain(numbers.iter().map(u64::to_string)).collect()
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
    ];
    Sheet { header, rows: all.iter().map(row).collect() }
}
