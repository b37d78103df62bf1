//! `capacity`: drive sizes against layouts, the seed article's table made exact.
//!
//! The first line of a size is what a person computes (drives without redundancy, in the label's TB); below it
//! stands what `zfs list` will say, decimal and binary, and to the byte. A layout that the bays cannot hold with
//! sense is `-`.

use crate::capacity::table::Layout;
use crate::capacity::{Cell, Row};
use crate::render::sheet::Sheet;
use crate::table;
use crate::units::Bytes;
use crate::words;

/// Which bays are reckoned with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// The bays of this box.
    Box(String),
    /// As many as were asked for.
    Asked,
    /// Those of the seed article's box, because the description of this one names no bays.
    NoBays(String),
    /// Those of the seed article's box, because nothing is known of this one.
    Article,
}

/// The screen.
pub fn render(rows: &[Row], bays: usize, of: &Of, layouts: &[Layout]) -> String {
    let of = match of {
        Of::Box(title) => format!("{bays} bays of {}", words::plain(title)),
        Of::Asked => format!("{bays} bays, as asked"),
        Of::NoBays(title) => format!(
            "{bays} bays, as in the seed article: the description of {} names no bays (`--bays` says how many)",
            words::plain(title)
        ),
        Of::Article => format!(
            "{bays} bays, as in the seed article: this server has no description (`--bays` says \
             how many)"
        ),
    };
    let mut out = words::labelled("for", &format!("{of}, all drives of one size"));
    out.push('\n');
    let header: Vec<&str> =
        ["Drive"].into_iter().chain(layouts.iter().map(|it| title(*it))).collect();
    let lines: Vec<Vec<String>> = rows.iter().flat_map(|row| lines(row, layouts)).collect();
    out.push_str(&table::bars(Some(&header), &lines));
    out.push('\n');
    out.push_str(&words::labelled(
        "lines",
        "first: drives minus redundancy, by drive count; then: what `zfs list` will say",
    ));
    out.push_str(&words::labelled("survives", &survives(rows)));
    out
}

/// The table as rows of plain numbers.
pub fn sheet(rows: &[Row]) -> Sheet {
    let header = vec!["drive", "bytes", "layout", "nominal", "size", "usable"];
    let cells = |row: &Row| -> Vec<Vec<String>> {
        let cell = |cell: &Cell| {
            let first = [label(row.label), row.drive.to_string(), cell.layout.to_string()];
            let rest = [cell.nominal, cell.size, cell.usable].map(|bytes| bytes.to_string());
            first.into_iter().chain(rest).collect()
        };
        row.cells.iter().map(cell).collect()
    };
    Sheet { header, rows: rows.iter().flat_map(cells).collect() }
}

fn title(layout: Layout) -> &'static str {
    match layout {
        Layout::Raidz => "RAIDZ",
        Layout::Raidz2 => "RAIDZ2",
        Layout::Raidz3 => "RAIDZ3",
        Layout::Mirrors => "or mirrors",
        Layout::Stripe => "stripe",
    }
}

fn lines(row: &Row, layouts: &[Layout]) -> [Vec<String>; 3] {
    let cells = |text: fn(Bytes, Bytes) -> String| {
        let cell = |layout: &Layout| {
            let cell = row.cells.iter().find(|cell| cell.layout == *layout);
            cell.map_or_else(|| "-".to_owned(), |cell| text(cell.nominal, cell.usable))
        };
        layouts.iter().map(cell).collect::<Vec<String>>()
    };
    let line = |first: String, cells: Vec<String>| [vec![first], cells].concat();
    [
        line(label(row.label), cells(|nominal, _| label(nominal))),
        line(String::new(), cells(|_, usable| format!("{} = {}", usable.tb(), binary(usable)))),
        line(String::new(), cells(|_, usable| format!("{usable} bytes"))),
    ]
}

fn survives(rows: &[Row]) -> String {
    let cells = rows.first().map(|row| row.cells.as_slice()).unwrap_or_default();
    let said: Vec<String> =
        cells.iter().map(|cell| format!("{}: {}", cell.layout, cell.losses_survived)).collect();
    if said.is_empty() { "no layout fits".to_owned() } else { said.join("; ") }
}

/// A label: `4 TB`, `500 GB`, `1.5 TB`.
pub fn label(bytes: Bytes) -> String {
    const GB: u64 = 1_000_000_000;
    let gb = bytes.0 / GB;
    match (gb / 1000, gb % 1000) {
        (0, gb) => format!("{gb} GB"),
        (tb, 0) => format!("{tb} TB"),
        (tb, gb) => format!("{tb}.{} TB", format!("{gb:03}").trim_end_matches('0')),
    }
}

/// As `zfs list` prints it, with the unit in full: `7.80 TiB`.
pub fn binary(bytes: Bytes) -> String {
    let text = bytes.zfs();
    match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, unit)) if unit != "B" => format!("{number} {unit}iB"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Of, label, render};
    use crate::capacity::table;
    use crate::capacity::table::Layout;
    use crate::units::{Ashift, Bytes};

    const TB: u64 = 1_000_000_000_000;

    #[test]
    fn the_table_of_the_article_with_the_bytes_below() {
        let labels = [3, 4, 6, 8].map(|tb| Bytes(tb * TB));
        let rows = table(&labels, 4, Ashift::DEFAULT).unwrap();
        let text = render(&rows, 4, &Of::Box("HP ProLiant MicroServer Gen8".into()), &Layout::ALL);
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
        assert_eq!(text.lines().count(), 19, "{text}");
        let wanted = "\
for      4 bays of HP ProLiant MicroServer Gen8, all drives of one size

| Drive | RAIDZ                | RAIDZ2               | or mirrors           |
| 3 TB  | 9 TB                 | 6 TB                 | 6 TB                 |
|       | 8.58 TB = 7.80 TiB   | 5.67 TB = 5.16 TiB   | 5.84 TB = 5.31 TiB   |
|       | 8575170641920 bytes  | 5670967443456 bytes  | 5841155522560 bytes  |
";
        assert!(text.starts_with(wanted), "{text}");
        assert!(text.ends_with("raidz: any 1; raidz2: any 2; mirrors: any 1, at best 2\n"));
    }

    #[test]
    fn layouts_without_sense_are_a_dash() {
        let rows = table(&[Bytes(4 * TB)], 2, Ashift::DEFAULT).unwrap();
        let text = render(&rows, 2, &Of::Asked, &Layout::ALL);
        assert!(text.contains("| 4 TB  | -     | -      | 4 TB "), "{text}");
        assert!(text.ends_with("survives mirrors: any 1\n"));
        assert!(render(&[], 4, &Of::Article, &Layout::ALL).contains("no description"));
    }

    #[test]
    fn labels() {
        for (bytes, text) in [(4 * TB, "4 TB"), (TB / 2, "500 GB"), (3 * TB / 2, "1.5 TB")] {
            assert_eq!(label(Bytes(bytes)), text);
        }
    }
}
