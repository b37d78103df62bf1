//! `show disk --history`: one drive through time, and below a table what differs from the look before.

use jiff::Timestamp;

use crate::history::{Life, Sighting, Since};
use crate::smart::Smart;
use crate::table;
use crate::words;

/// Lines below a table.
const SHOWN: usize = 3;

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// One drive: who it is, then a line for each time that something was noted.
pub fn render(life: &Life) -> String {
    let Some(last) = life.last() else { return String::new() };
    let wwn = last.wwn.as_ref().map(|wwn| format!("  wwn-{wwn}")).unwrap_or_default();
    let mut out = words::plain(&format!("{}  {}{wwn}", last.name(), last.size.tb())) + "\n";
    let there = match life.last_there() {
        Some(seen) if last.gone => {
            format!("gone since {}, last seen {} in {}", day(last.at), day(seen), last.place())
        }
        _ => format!("in {}, last noted {}", last.place(), day(last.at)),
    };
    out.push_str(&words::plain(&format!("first seen {}; {there}", day(life.first))));
    out.push_str("\n\n");
    let header = ["When (UTC)", "Where", "Pool", "State", "Temp", "Hours", "RS", "PS", "CRC"];
    let rows: Vec<Vec<String>> = life.seen.iter().map(row).collect();
    out.push_str(&table::bars(Some(&header), &rows));
    out
}

fn row(seen: &Sighting) -> Vec<String> {
    let when = seen.at.strftime("%Y-%m-%d %H:%M").to_string();
    if seen.gone {
        let mut row = vec![when, "gone".to_owned()];
        row.resize(9, String::new());
        return row;
    }
    let smart = seen.health.as_ref().map(|it| &it.smart);
    let figure = |of: fn(&Smart) -> Option<u64>| {
        smart.and_then(of).map_or_else(|| "?".to_owned(), |figure| figure.to_string())
    };
    let member = seen.member.as_ref();
    vec![
        when,
        words::plain(&seen.place()),
        words::plain(&member.map(|it| format!("{}/{}", it.pool, it.vdev)).unwrap_or_default()),
        words::plain(&member.map(|it| it.state.to_string()).unwrap_or_default()),
        smart.and_then(|it| it.temperature).map_or_else(|| "?".to_owned(), |it| it.to_string()),
        figure(|it| it.hours),
        figure(|it| it.reallocated),
        figure(|it| it.pending),
        figure(|it| it.crc),
    ]
}

/// Lines for below a table: what differs from the look before; nothing where nothing does.
pub fn since(looked: Option<Timestamp>, changes: &[Since]) -> String {
    let mut out = String::new();
    for change in changes.iter().take(SHOWN) {
        out.push_str(&words::labelled("changed", &words::plain(&change.to_string())));
    }
    let more = changes.len().saturating_sub(SHOWN);
    if let Some(looked) = looked.filter(|_| !changes.is_empty()) {
        let more = if more > 0 { format!("; {more} more with `--json`") } else { String::new() };
        let when = looked.strftime("%Y-%m-%d %H:%M");
        out.push_str(&words::labelled("since", &format!("the look of {when} UTC{more}")));
    }
    out
}
