//! `grow`: ways from one pool to larger ones, side by side.

use crate::capacity::grow::{Growth, Way};
use crate::table;
use crate::words;

/// What is compared: the words of a pool and the ways there.
pub struct Target {
    /// The pool, as it would be typed.
    pub words: String,
    /// The pool as it is first.
    pub ways: Vec<Growth>,
}

fn way(way: Way) -> String {
    match way {
        Way::Now => "as it is".to_owned(),
        Way::Anew => "new pool".to_owned(),
        Way::Grown { added, attached, replaced } => {
            let parts = [(attached, "attach"), (replaced, "replace"), (added, "add vdevs:")];
            let said: Vec<String> = parts
                .iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, verb)| format!("{verb} {count}"))
                .collect();
            said.join(", ")
        }
    }
}

fn percent(per_mille: u64) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

fn hours((from, to): (u64, u64)) -> String {
    if to == 0 { "-".to_owned() } else { format!("{from}-{to}") }
}

/// The screen.
pub fn render(from: &str, targets: &[Target]) -> String {
    let mut out = words::labelled("from", from);
    let header = ["", "usable", "parity", "128K", "1M", "buy", "hours", "exposed"];
    for target in targets {
        out.push_str(&words::labelled("to", &target.words));
        let row = |growth: &Growth| {
            let shares =
                [growth.parity_by_drives, growth.parity_128k, growth.parity_1m].map(percent);
            let [drives, small, large] = shares;
            let usable = growth.usable.tb();
            let buy = growth.bought.to_string();
            let (took, exposed) = (hours(growth.hours), hours(growth.exposed_hours));
            vec![way(growth.way), usable, drives, small, large, buy, took, exposed]
        };
        let rows: Vec<Vec<String>> = target.ways.iter().map(row).collect();
        out.push_str(&table::bars(Some(&header), &rows));
    }
    out.push('\n');
    out.push_str(&words::labelled(
        "parity",
        "percent of the drives that is not data: by drive count; as `zfs list` computes, with 128K \
         blocks; with 1M blocks written from then on",
    ));
    out.push_str(&words::labelled(
        "hours",
        "for full drives, at 150 and at 50 MB/s; exposed: with no redundancy left, if each old \
         drive is removed first",
    ));
    let all = || targets.iter().flat_map(|target| &target.ways).map(|growth| growth.way);
    if all().any(|way| matches!(way, Way::Grown { attached, .. } if attached > 0)) {
        out.push_str(&words::labelled(
            "attach",
            "to a raidz needs OpenZFS 2.3; ZFS always computes it by its first width, so usable \
             stays below what really fits",
        ));
    }
    if all().any(|way| way == Way::Anew) {
        out.push_str(&words::labelled("new pool", "the data has to be stored elsewhere meanwhile"));
    }
    out
}
