//! Tables, in two styles; the only file that names the table crate.
//!
//! [`bars`] is the style of the original `show disk`: a bar either side of each cell and no rule lines.
//! [`list`] has no lines at all, for rows inside a screen. Cells are shown as [`plain`] text, left-aligned, and
//! each column is as wide as its longest cell: a table never wraps, its caller chooses what fits.

use comfy_table::{ContentArrangement, ContentLineStyle, Table, TableStyle};

use std::fmt::Write as _;

use crate::paint::{Tone, painted};
use crate::words::{clip, columns, pieces, plain, width};

/// Rows between bars, the header first if there is one.
pub fn bars(header: Option<&[&str]>, rows: &[Vec<String>]) -> String {
    let bar = ContentLineStyle::new('|', '|', '|');
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_lines(bar).content_lines(bar))
        .set_content_arrangement(ContentArrangement::Disabled);
    if let Some(header) = header {
        table.set_header(header.iter().map(|cell| plain(cell)));
    }
    table.add_rows(rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>()));
    if header.is_none() && rows.is_empty() { String::new() } else { format!("{table}\n") }
}

/// Rows without lines, two blanks between columns, each line behind `indent` blanks.
pub fn list(indent: usize, rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().content_lines(ContentLineStyle::none()))
        .set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect::<Vec<_>>()));
    let count = table.column_count();
    for column in table.column_iter_mut() {
        let last = column.index + 1 == count;
        column.set_padding((0, if last { 0 } else { 2 }));
    }
    let mut out = String::new();
    for line in table.lines() {
        let line = format!("{:indent$}{line}", "");
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// [`list`] whose last column is cut where the screen ends.
pub fn list_fit(indent: usize, rows: &[Vec<String>]) -> String {
    let mut rows = rows.to_vec();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let longest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| columns(cell)).max()
    };
    let before: usize =
        (0..count.saturating_sub(1)).filter_map(longest).map(|width| width + 2).sum();
    let room = width().saturating_sub(indent + before).max(10);
    for cell in rows.iter_mut().filter(|row| row.len() == count).filter_map(|row| row.last_mut()) {
        *cell = clip(&plain(cell), room);
    }
    list(indent, &rows)
}

/// [`list`] of drives for a screen: where it does not fit, the models (column 1) are cut, and the last column, a reason, is
/// wrapped and never cut.
pub fn drives(indent: usize, rows: &[Vec<String>]) -> String {
    /// What is left of a model, and what a reason has at least beside the other columns.
    const MODEL: usize = 10;
    const REASON: usize = 24;
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let longest = |rows: &[Vec<String>], column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| columns(cell)).max().unwrap_or(0)
    };
    let before = |rows: &[Vec<String>]| {
        indent + (0..count.saturating_sub(1)).map(|at| longest(rows, at) + 2).sum::<usize>()
    };
    let wanted = longest(&rows, count.saturating_sub(1)).min(REASON);
    let fitted = |reason: usize| {
        let over = (before(&rows) + reason).saturating_sub(width());
        let mut fitted = rows.clone();
        let model = longest(&rows, 1);
        let room = model.saturating_sub(over).max(MODEL.min(model));
        for cell in fitted.iter_mut().filter(|_| count > 2).filter_map(|row| row.get_mut(1)) {
            *cell = clip(cell, room);
        }
        fitted
    };
    let reasons = rows.iter().filter(|row| row.len() == count).filter_map(|row| row.last());
    let word = reasons.flat_map(|cell| cell.split(' ')).map(columns).max().unwrap_or(0);
    let beside = fitted(wanted);
    let (at, under) = (before(&beside), indent + 4);
    let room = width().saturating_sub(at);
    let narrow = room < word && word <= width().saturating_sub(under);
    // Where too little is left beside the others, it stands below them, and no model gives way to it.
    let below = room < wanted || narrow;
    let (mut rows, at) = if below { (fitted(0), under) } else { (beside, at) };
    let room = width().saturating_sub(at);
    let mut rests = Vec::new();
    for row in &mut rows {
        let is_whole = row.len() == count;
        let mut pieces = match row.last_mut().filter(|_| is_whole) {
            Some(last) => pieces(&std::mem::take(last), room),
            None => Vec::new(),
        };
        if let (false, false, Some(last)) = (below, pieces.is_empty(), row.last_mut()) {
            *last = pieces.remove(0);
        }
        rests.push(pieces);
    }
    let mut out = String::new();
    for (line, rest) in list(indent, &rows).lines().zip(rests) {
        out.extend([line, "\n"]);
        for piece in rest {
            let _ = writeln!(out, "{:at$}{piece}", "");
        }
    }
    out
}

/// [`drives`] whose column `at` is a state, painted for what it means.
pub fn states(indent: usize, rows: &[Vec<String>], at: usize) -> String {
    let text = drives(indent, rows);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut from = 0;
    for row in rows {
        let Some(state) = row.get(at).filter(|state| Tone::of_state(state) != Tone::Plain) else {
            continue;
        };
        // The rows stand in their order, with lines of their reasons between them.
        let first = row.first().map(|cell| plain(cell)).unwrap_or_default();
        let own = |line: &String| {
            line.get(indent..).is_some_and(|line| line.starts_with(&first))
                && line.contains(state.as_str())
        };
        let Some(found) = lines.iter().skip(from).position(own) else { continue };
        if let Some(line) = lines.get_mut(from + found)
            && let Some(place) = line.rfind(&format!("  {state}"))
        {
            line.replace_range(
                place + 2..place + 2 + state.len(),
                &painted(Tone::of_state(state), state),
            );
        }
        from += found + 1;
    }
    let mut out = lines.join("\n");
    out.push_str(if out.is_empty() { "" } else { "\n" });
    out
}

/// How wide [`bars`] makes these columns.
pub fn bars_width(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 3).sum::<usize>() + 1
}

#[cfg(test)]
mod tests {
    use super::{bars, bars_width, list, list_fit};

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    #[test]
    fn bars_are_those_of_the_article() {
        let text = bars(Some(&["Dev", "GB"]), &rows(&[&["sda", "1000"], &["sdaa", "2"]]));
        assert_eq!(text, "| Dev  | GB   |\n| sda  | 1000 |\n| sdaa | 2    |\n");
        assert_eq!(text.lines().next().unwrap().len(), bars_width(&[4, 4]));
        assert_eq!(bars(None, &[]), "");
        assert_eq!(bars(None, &rows(&[&["a\nb\u{1b}"]])), "| a?b? |\n");
    }

    #[test]
    fn lists_have_no_trailing_blanks() {
        let text = list(2, &rows(&[&["bay 1", "empty", ""], &["usb", "HM250HI", "x"]]));
        assert_eq!(text, "  bay 1  empty\n  usb    HM250HI  x\n");
        assert_eq!(list(2, &[]), "");
        let text = list_fit(2, &rows(&[&["usb", "HM250HI", &"x ".repeat(50)]]));
        assert!((79..=80).contains(&text.trim_end().len()));
        assert!(text.ends_with("x..\n"));
    }
}
