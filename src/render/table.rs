//! Tables, in two styles; the only file that names the table crate.
//!
//! [`bars`] is the style of the original `show disk`: a bar either side of each cell and no rule lines.
//! [`list`] has no lines at all, for rows inside a screen. Cells are shown as [`plain`] text, left-aligned, and
//! each column is as wide as its longest cell: a table never wraps, its caller chooses what fits.

use comfy_table::{ContentArrangement, ContentLineStyle, Table, TableStyle};

use super::text::{WIDTH, clip, plain};

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
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let before: usize =
        (0..count.saturating_sub(1)).filter_map(longest).map(|width| width + 2).sum();
    let room = WIDTH.saturating_sub(indent + before).max(10);
    for cell in rows.iter_mut().filter(|row| row.len() == count).filter_map(|row| row.last_mut()) {
        *cell = clip(&plain(cell), room);
    }
    list(indent, &rows)
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
