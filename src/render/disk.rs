//! `show disk`: drives in rows. One table, [`COLUMNS`], makes the flags, their help, the order, the headers, the
//! cells and the JSON.
//!
//! The letters and their order are those of the original tool, so that `-sm` and `-ms` both give `Dev`,
//! `Model`, `GB`; the bay comes before them. What was asked for by flags is printed whole, however wide; the
//! view without flags is fitted into 80 columns. Unknown is `?`.

use serde_json::{Map, Value, json};

use super::{contents, table, text};
use crate::check::machine::assumed_bays;
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Disk, Unknown};
use crate::names::BayId;

/// A drive in its place.
pub struct Row<'a> {
    /// As a person knows it.
    pub drive: Drive,
    /// As the kernel does.
    pub disk: &'a Disk,
}

/// When a column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// In every view.
    Always,
    /// Without flags, and by its flag.
    Unasked,
    /// By its flag.
    Asked,
}

/// A column.
pub struct Column {
    /// Long flag, and key in JSON.
    pub long: &'static str,
    /// Short flag.
    pub short: Option<char>,
    /// Header.
    pub header: &'static str,
    /// Help of the flag.
    pub help: &'static str,
    /// When it is shown.
    pub shown: Shown,
    /// True where the disks must be opened to know it.
    pub opens: bool,
    text: fn(&Row<'_>) -> String,
    json: fn(&Row<'_>) -> Value,
}

/// All columns, in the order in which they are shown.
pub const COLUMNS: [Column; 13] = [
    Column {
        long: "bay",
        short: Some('b'),
        header: "Bay",
        help: "Bay or other place in the box",
        shown: Shown::Unasked,
        opens: false,
        text: |row| known(row.drive.bay.as_ref()),
        json: |row| json!(row.drive.bay),
    },
    Column {
        long: "dev",
        short: None,
        header: "Dev",
        help: "Kernel name of this boot (always shown)",
        shown: Shown::Always,
        opens: false,
        text: |row| row.disk.name.clone(),
        json: |row| json!(row.disk.name),
    },
    Column {
        long: "type",
        short: Some('k'),
        header: "Type",
        help: "HDD or SSD",
        shown: Shown::Asked,
        opens: false,
        text: |row| known(row.disk.rotational.map(kind)),
        json: |row| json!(row.disk.rotational.map(kind)),
    },
    Column {
        long: "model",
        short: Some('m'),
        header: "Model",
        help: "Model",
        shown: Shown::Unasked,
        opens: false,
        text: |row| known(row.disk.model.as_ref()),
        json: |row| json!(row.disk.model),
    },
    Column {
        long: "tb",
        short: None,
        header: "TB",
        help: "Size in decimal terabytes, two decimals",
        shown: Shown::Unasked,
        opens: false,
        text: |row| row.disk.size.tb().trim_end_matches(" TB").to_owned(),
        json: |row| json!(row.disk.size.tb()),
    },
    Column {
        long: "serial",
        short: Some('S'),
        header: "Serial",
        help: "Serial number, as on the drive's label",
        shown: Shown::Unasked,
        opens: false,
        text: |row| known(row.disk.serial.as_ref()),
        json: |row| json!(row.disk.serial),
    },
    Column {
        long: "size",
        short: Some('s'),
        header: "GB",
        help: "Size in decimal gigabytes, rounded (JSON: bytes)",
        shown: Shown::Asked,
        opens: false,
        text: |row| row.disk.size.gb_rounded().to_string(),
        json: |row| json!(row.disk.size),
    },
    Column {
        long: "speed",
        short: Some('z'),
        header: "Gbps",
        help: "Speed of the SATA link as it runs (JSON: bits per second)",
        shown: Shown::Asked,
        opens: false,
        text: |row| known(row.disk.link.map(gbps)),
        json: |row| json!(row.disk.link.map(|mbps| u64::from(mbps) * 1_000_000)),
    },
    Column {
        long: "firmware",
        short: Some('f'),
        header: "Firmware",
        help: "Firmware revision",
        shown: Shown::Asked,
        opens: false,
        text: |row| known(row.disk.firmware.as_ref()),
        json: |row| json!(row.disk.firmware),
    },
    Column {
        long: "path",
        short: Some('p'),
        header: "/dev/disk/by-path",
        help: "Port, as in /dev/disk/by-path and in descriptions of boxes",
        shown: Shown::Asked,
        opens: false,
        text: |row| known(row.disk.path.as_ref()),
        json: |row| json!(row.disk.path),
    },
    Column {
        long: "wwn",
        short: Some('w'),
        header: "/dev/disk/by-id/wwn*",
        help: "World wide name, as in /dev/disk/by-id",
        shown: Shown::Asked,
        opens: false,
        text: |row| known(wwn_link(row.disk)),
        json: |row| json!(row.disk.wwn),
    },
    Column {
        long: "contents",
        short: None,
        header: "Contents",
        help: "What is on it (opens the disks, needs root)",
        shown: Shown::Unasked,
        opens: true,
        text: |row| contents::phrase(&row.disk.contents),
        json: |row| match &row.disk.contents {
            Ok(found) => json!({
                "phrase": contents::contents_phrase(&found.owner),
                "owner": found.owner,
                "seen": found.seen,
            }),
            Err(unknown) => json!({ "unknown": unknown.why }),
        },
    },
    Column {
        long: "free",
        short: None,
        header: "Free",
        help: "Whether it is proved to be free for a pool (opens the disks, needs root)",
        shown: Shown::Asked,
        opens: true,
        text: |row| {
            known(contents::free(&row.disk.contents).map(|free| if free { "yes" } else { "no" }))
        },
        json: |row| json!(contents::free(&row.disk.contents)),
    },
];

/// Which columns, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The long flags that were given.
    pub flags: Vec<String>,
    /// All columns.
    pub all: bool,
    /// Without the header.
    pub no_header: bool,
}

impl Choice {
    /// The view without flags: fitted into the screen, with what there is to say below it.
    pub fn is_unasked(&self) -> bool {
        self.flags.is_empty() && !self.all
    }

    fn columns(&self) -> Vec<&'static Column> {
        let shown = |column: &&Column| match column.shown {
            Shown::Always => true,
            Shown::Unasked if self.is_unasked() => true,
            _ => self.all || self.flags.iter().any(|flag| flag == column.long),
        };
        COLUMNS.iter().filter(shown).collect()
    }

    /// True if a column needs the disks to be opened; `json` without flags has all columns.
    pub fn opens(&self, json: bool) -> bool {
        (json && self.is_unasked()) || self.columns().iter().any(|column| column.opens)
    }
}

/// The rows of all disks, seated by `hw`.
pub fn rows<'a>(hw: &Hw, disks: &'a [Disk]) -> Vec<Row<'a>> {
    disks.iter().map(|disk| Row { drive: Drive::of(hw, disk), disk }).collect()
}

/// What is said where there is no disk to show: that there is none, or why nobody knows.
pub fn none(blind: Option<&Unknown>) -> String {
    match blind {
        None => "no disk was found\n".to_owned(),
        Some(why) => format!("disks not known: {}\n", text::plain(&why.why)),
    }
}

/// The screen; `blind`: why the disks could not be listed.
pub fn render(hw: &Hw, rows: &[Row<'_>], blind: Option<&Unknown>, choice: &Choice) -> String {
    let mut columns = choice.columns();
    let mut cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| text::plain(&(column.text)(row))).collect())
        .collect();
    if choice.is_unasked() {
        if rows.is_empty() {
            return none(blind);
        }
        fit(hw, &mut columns, &mut cells);
    }
    let header: Vec<&str> = columns.iter().map(|column| column.header).collect();
    let mut out = table::bars((!choice.no_header).then_some(&header), &cells);
    if columns.iter().any(|column| column.long == "bay") {
        if choice.is_unasked() {
            let taken = |bay: &BayId| rows.iter().any(|row| row.drive.bay.as_ref() == Some(bay));
            let bays = hw.bays.iter().map(|bay| bay.bay.clone());
            let empty: Vec<BayId> = bays.filter(|bay| !taken(bay)).collect();
            if !empty.is_empty() {
                out.push_str(&text::labelled("empty", &text::bays(&empty)));
            }
        }
        out.push_str(&order(hw));
    }
    out
}

/// The line that says whose order is assumed; nothing where all is proved.
pub fn order(hw: &Hw) -> String {
    let assumed = assumed_bays(hw);
    if assumed.is_empty() {
        return String::new();
    }
    let bays = text::bays(&assumed);
    let say = format!(
        "which port is which of {bays} is assumed, nobody has proved it: compare the serial on the label \
         before you pull a drive"
    );
    text::labelled("order", &say)
}

/// Drops and cuts until the bars fit: columns that say nothing, the ports that stand for bays, then ends of
/// the contents and of models. Serials are never cut.
fn fit(hw: &Hw, columns: &mut Vec<&'static Column>, cells: &mut [Vec<String>]) {
    let over = |columns: &[&Column], cells: &[Vec<String>]| {
        let wide = |index: usize| {
            let longest = cells.iter().filter_map(|row| row.get(index)).map(String::len).max();
            longest.unwrap_or(0).max(columns.get(index).map_or(0, |column| column.header.len()))
        };
        let widths: Vec<usize> = (0..columns.len()).map(wide).collect();
        (table::bars_width(&widths).saturating_sub(text::WIDTH), widths)
    };
    let idle = |column: &Column, index: usize, cells: &[Vec<String>]| {
        column.shown != Shown::Always
            && (cells.iter().all(|row| row.get(index).is_some_and(|cell| cell == "?"))
                || (column.long == "bay" && hw.is_generic()))
    };
    while over(columns, cells).0 > 0 {
        let found = (0..columns.len()).find(|index| idle(columns[*index], *index, cells));
        let Some(index) = found else { break };
        columns.remove(index);
        for row in cells.iter_mut() {
            row.remove(index);
        }
    }
    for (long, least) in [("contents", 10), ("model", 8)] {
        let (over, widths) = over(columns, cells);
        let Some(index) = columns.iter().position(|column| column.long == long) else { continue };
        let width = widths[index].saturating_sub(over).max(least);
        for row in cells.iter_mut().filter(|_| over > 0) {
            row[index] = text::clip(&row[index], width);
        }
    }
}

/// The rows as JSON, the chosen columns and always what tells a drive from others; without flags: all columns.
pub fn json(rows: &[Row<'_>], choice: &Choice) -> Value {
    let identity = ["bay", "dev", "serial", "wwn"];
    let chosen = choice.columns();
    let wanted = |column: &&Column| {
        choice.is_unasked()
            || identity.contains(&column.long)
            || chosen.iter().any(|chosen| chosen.long == column.long)
    };
    let row = |row: &Row<'_>| {
        let columns = COLUMNS.iter().filter(wanted).filter(|column| column.long != "tb");
        let mut map: Map<String, Value> =
            columns.map(|column| (column.long.to_owned(), (column.json)(row))).collect();
        map.insert("bay_assumed".to_owned(), json!(row.drive.assumed));
        map.insert("asleep".to_owned(), json!(row.disk.asleep));
        map.insert("address".to_owned(), json!(row.disk.address));
        map.insert("flaws".to_owned(), json!(row.disk.flaws));
        Value::Object(map)
    };
    rows.iter().map(row).collect()
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// `6.0`, as makers write the speed of a link.
pub fn gbps(mbps: u32) -> String {
    format!("{}.{}", mbps / 1000, mbps % 1000 / 100)
}

fn kind(rotational: bool) -> &'static str {
    if rotational { "HDD" } else { "SSD" }
}

/// The name below /dev/disk/by-id that is made from the wwn.
fn wwn_link(disk: &Disk) -> Option<&str> {
    let names = disk.links.iter().filter_map(|link| link.strip_prefix("/dev/disk/by-id/").ok());
    let mut names: Vec<&str> = names.map(camino::Utf8Path::as_str).collect();
    names.sort_by_key(|name| !name.starts_with("wwn-"));
    names.into_iter().find(|name| name.starts_with("wwn-") || name.starts_with("nvme-eui."))
}

#[cfg(test)]
#[path = "disk_tests.rs"]
mod tests;
