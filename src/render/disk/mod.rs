//! `show disk`: drives in rows. One table, [`COLUMNS`], makes the flags, their help, the order, the headers, the
//! cells and the JSON.
//!
//! The letters and their order are those of the original tool, so that `-sm` and `-ms` both give `Dev`,
//! `Model`, `GB`; the bay comes before them. What was asked for by flags is printed whole, however wide; the
//! view without flags is fitted into 80 columns. Unknown is `?`.

use serde_json::{Map, Value};

use crate::check::machine::{assumed_bays, flawed};
use crate::check::{Note, Severity, health};
use crate::drive::Drive;
use crate::finding;
use crate::hw::Hw;
use crate::inventory::missing::Missing;
use crate::inventory::{Class, Disk, Inventory, Pool, Pools, Unknown, Want};
use crate::names::BayId;
use crate::render::sheet::Sheet;
use crate::smart::Smart;
use crate::smart::rules::Finding;
use crate::table;
use crate::words;

pub mod columns;
pub mod filter;
pub mod schema;

pub use columns::{COLUMNS, Column, Needs, Shown, gbps};
use filter::{Filter, sort_key};
use schema::Beside;
pub use schema::DriveRow;

/// Columns that are too few for half a phrase.
const STUMP: usize = 12;
/// Warnings that a screen has room for.
const WARNINGS: usize = 3;

/// A drive in its place.
pub struct Row<'a> {
    /// As a person knows it.
    pub drive: Drive,
    /// As the kernel does.
    pub disk: &'a Disk,
    /// What it is in a pool that is imported.
    pub member: Option<Member>,
    /// Its port's controller: `8086:1c02 ahci`.
    pub controller: Option<String>,
    /// The best that its port can, in Mbit/s, where that is known.
    pub port: Option<u64>,
    findings: Vec<Finding>,
}

/// A drive's part in an imported pool.
pub struct Member {
    /// Pool.
    pub pool: String,
    /// Vdev with its class: `raidz1-0`, `log mirror-1`, `spare`.
    pub vdev: String,
    /// ZFS's word.
    pub state: String,
    /// Read, write, checksum errors.
    pub errors: [u64; 3],
    /// Of its vdev.
    pub ashift: Option<u8>,
}

impl Row<'_> {
    /// What the drive says of its health, or said before it went to sleep.
    pub fn smart(&self) -> Option<&Smart> {
        let before = self.disk.remembered.as_ref().map(|it| &it.smart);
        self.disk.smart.as_ref().ok().or(before)
    }

    /// Whether what it says is from an earlier look.
    pub fn is_remembered(&self) -> bool {
        self.disk.smart.is_err() && self.disk.remembered.is_some()
    }

    /// What SMART gives cause to, the gravest first; nothing where it is not known.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// A word or two: what ZFS or SMART complains of, `asleep`, `ok`; `None`: nobody told.
    pub fn health(&self) -> Option<String> {
        if let Some(member) =
            self.member.as_ref().filter(|it| !matches!(it.state.as_str(), "ONLINE" | "AVAIL"))
        {
            return Some(member.state.clone());
        }
        if let Some(finding) = self.findings().first() {
            return Some(finding.short().to_owned());
        }
        match &self.disk.smart {
            Ok(_) => Some("ok".to_owned()),
            Err(unknown) if unknown.asleep => Some("asleep".to_owned()),
            Err(_) => None,
        }
    }
}

/// Which columns and rows, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The long flags that were given.
    pub flags: Vec<String>,
    /// All columns.
    pub all: bool,
    /// Without the header.
    pub no_header: bool,
    /// Without lines between the columns.
    pub no_lines: bool,
    /// `--cols`: `bay,model`, or `+temp-wwn` from what would be shown.
    pub cols: Option<Cols>,
    /// Rows in the order of these columns; the flag: backwards.
    pub sort: Vec<(&'static str, bool)>,
    /// Which rows.
    pub filter: Option<Filter>,
    /// Columns of the terminal that it goes to, where they are known and more than 80.
    pub width: Option<usize>,
}

/// Columns by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cols {
    /// These, in this order.
    These(Vec<&'static str>),
    /// More and fewer of them.
    Changed {
        /// More.
        more: Vec<&'static str>,
        /// Fewer.
        less: Vec<&'static str>,
    },
}

impl std::str::FromStr for Cols {
    type Err = filter::FilterError;

    /// `bay,model,temp`, `+bay-wwn`. A name with a dash of its own (`speed-best`) is one name where there is such a column.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = |word: &str| filter::column(word.trim()).map(Column::key);
        if !text.starts_with(['+', '-']) {
            let words = text.split(',').filter(|word| !word.trim().is_empty());
            return Ok(Self::These(words.map(key).collect::<Result<_, _>>()?));
        }
        let (mut more, mut less) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some(sign) = rest.chars().next() {
            let body = rest.get(1..).unwrap_or_default();
            // The longest name that there is, so that a dash may be in it.
            let ends = body.match_indices(['+', '-', ',']).map(|(at, _)| at).chain([body.len()]);
            let known = ends.clone().rev().find(|end| columns::named(&body[..*end]).is_some());
            let end = known.or_else(|| ends.min()).unwrap_or(body.len());
            let name = key(&body[..end])?;
            if sign == '-' {
                less.push(name);
            } else {
                more.push(name);
            }
            rest = body[end..].trim_start_matches(',');
            if !rest.is_empty() && !rest.starts_with(['+', '-']) {
                return Err(filter::FilterError::Expected {
                    at: format!("`{}`", rest.chars().take(40).collect::<String>()),
                    wanted: "+ or - before each column",
                });
            }
        }
        Ok(Self::Changed { more, less })
    }
}

impl Choice {
    /// The view without flags: fitted into the screen, with what there is to say below it.
    pub fn is_unasked(&self) -> bool {
        self.flags.is_empty() && !self.all && !matches!(self.cols, Some(Cols::These(_)))
    }

    fn columns(&self) -> Vec<&'static Column> {
        if let Some(Cols::These(keys)) = &self.cols {
            return keys.iter().filter_map(|key| columns::named(key)).collect();
        }
        let (more, less) = match &self.cols {
            Some(Cols::Changed { more, less }) => (&more[..], &less[..]),
            _ => (&[][..], &[][..]),
        };
        let shown = |column: &&Column| match column.shown {
            _ if less.contains(&column.key()) => false,
            Shown::Always => true,
            _ if more.contains(&column.key()) => true,
            Shown::Unasked if self.is_unasked() => true,
            _ => self.all || self.flags.iter().any(|flag| flag == column.long),
        };
        COLUMNS.iter().filter(shown).collect()
    }

    /// What must be looked at; `json` without flags has all columns.
    pub fn wants(&self, json: bool) -> Want {
        if json && self.is_unasked() {
            return Want { smart: true, ..Want::SEEN };
        }
        let mut columns = self.columns();
        let named = self.sort.iter().map(|(key, _)| *key);
        let named = named.chain(self.filter.iter().flat_map(Filter::keys));
        columns.extend(named.filter_map(columns::named));
        let needs = |what| columns.iter().any(|column| column.needs == what);
        Want {
            contents: needs(Needs::Contents),
            pools: if needs(Needs::Contents) || needs(Needs::Pools) {
                Pools::All
            } else {
                Pools::No
            },
            smart: needs(Needs::Smart),
            wake: false,
            host: json || columns.iter().any(|column| column.needs != Needs::Identity),
        }
    }

    /// The rows that are wished, in the order that is: by bay where a person sees bays, else by kernel name.
    fn seated<'r, 'a>(&self, hw: &Hw, rows: &'r [Row<'a>]) -> Vec<&'r Row<'a>> {
        let by_bay = self.columns().iter().any(|column| column.key() == "bay");
        self.chosen(by_bay.then_some(hw), rows)
    }

    fn chosen<'r, 'a>(&self, seats: Option<&Hw>, rows: &'r [Row<'a>]) -> Vec<&'r Row<'a>> {
        let met = |row: &&Row<'_>| self.filter.as_ref().is_none_or(|filter| filter.meets(row));
        let mut chosen: Vec<&Row<'_>> = rows.iter().filter(met).collect();
        if let Some(hw) = seats {
            let seat = |row: &&Row<'_>| {
                hw.bays.iter().position(|bay| row.drive.bay.as_ref() == Some(&bay.bay))
            };
            chosen.sort_by_key(|row| seat(row).unwrap_or(usize::MAX));
        }
        for (key, backwards) in self.sort.iter().rev() {
            let Some(column) = columns::named(key) else { continue };
            chosen.sort_by_cached_key(|row| sort_key(column, row));
            if *backwards {
                // What is not known stays last.
                let known = chosen.iter().take_while(|row| !column.value(row).is_null()).count();
                chosen[..known].reverse();
            }
        }
        chosen
    }
}

/// The rows of all disks, seated by `hw`.
pub fn rows<'a>(hw: &Hw, inventory: &'a Inventory) -> Vec<Row<'a>> {
    let pools = inventory.pools.as_ref().map_or(&[][..], Vec::as_slice);
    let row = |disk: &'a Disk| {
        let drive = Drive::of(hw, disk);
        Row {
            member: member(pools, disk),
            controller: controller(inventory, disk),
            port: health::port(hw, disk),
            findings: health::of(hw, disk),
            drive,
            disk,
        }
    };
    inventory.disks.iter().map(row).collect()
}

fn member(pools: &[Pool], disk: &Disk) -> Option<Member> {
    pools.iter().flat_map(|pool| pool.vdevs.iter().map(move |vdev| (pool, vdev))).find_map(
        |(pool, vdev)| {
            let leaf = vdev.leaves.iter().find(|leaf| leaf.disk.as_ref() == Some(&disk.name))?;
            let single = vdev.kind == "disk";
            let class = match vdev.class {
                Class::Normal if single => "stripe",
                Class::Normal => "",
                Class::Log => "log",
                Class::Cache => "cache",
                Class::Spare => "spare",
                Class::Special => "special",
                Class::Dedup => "dedup",
            };
            let name = if single { "" } else { vdev.name.as_str() };
            Some(Member {
                pool: pool.name.clone(),
                vdev: format!("{class} {name}").trim().to_owned(),
                state: leaf.state.to_string(),
                errors: leaf.errors,
                ashift: vdev.ashift,
            })
        },
    )
}

/// The PCI device whose address the port's path begins with, function and all.
fn controller(inventory: &Inventory, disk: &Disk) -> Option<String> {
    let address = disk.path.as_ref()?.strip_prefix("pci-")?.get(..12)?;
    let found = inventory.host.controllers.iter().find(|it| it.address == address)?;
    let driver = found.driver.as_deref().unwrap_or("no driver");
    Some(format!("{} {driver}", found.id))
}

/// What is said where there is no disk to show: that there is none, or why nobody knows.
pub fn none(blind: Option<&Unknown>) -> String {
    match blind {
        None => "no disk was found\n".to_owned(),
        Some(why) => format!("disks not known: {}\n", words::plain(&why.why)),
    }
}

/// The screen; `blind`: why the disks could not be listed.
pub fn render(
    hw: &Hw,
    rows: &[Row<'_>],
    missing: &[Missing],
    blind: Option<&Unknown>,
    choice: &Choice,
) -> String {
    let mut columns = choice.columns();
    let chosen = choice.seated(hw, rows);
    let mut cells: Vec<Vec<String>> = chosen
        .iter()
        .map(|row| columns.iter().map(|column| words::plain(&column.cell(row))).collect())
        .collect();
    let unasked = choice.is_unasked();
    if unasked {
        if rows.is_empty() {
            return none(blind);
        }
        fit(hw, &mut columns, &mut cells, choice.width.unwrap_or(words::WIDTH));
    }
    let header: Vec<&str> = columns.iter().map(|column| column.heading(unasked)).collect();
    let mut out = if choice.no_lines {
        let all = (!choice.no_header).then(|| header.iter().map(|it| (*it).to_owned()).collect());
        table::list(0, &all.into_iter().chain(cells).collect::<Vec<_>>())
    } else {
        table::bars((!choice.no_header).then_some(&header), &cells)
    };
    if columns.iter().any(|column| column.key() == "bay") {
        if unasked {
            let taken = |bay: &BayId| rows.iter().any(|row| row.drive.bay.as_ref() == Some(bay));
            let bays = hw.bays.iter().map(|bay| bay.bay.clone());
            let lost = |bay: &BayId| missing.iter().any(|one| one.bay.as_ref() == Some(bay));
            let empty: Vec<BayId> = bays.filter(|bay| !taken(bay) && !lost(bay)).collect();
            for one in missing {
                out.push_str(&words::labelled("MISSING", &was(one)));
            }
            if !empty.is_empty() {
                out.push_str(&words::labelled("empty", &words::bays(&empty)));
            }
        }
        out.push_str(&order(hw));
    }
    if columns.iter().any(|column| column.is_smart()) {
        out.push_str(&remembered(&chosen));
    }
    out
}

/// The gravest of what is to say of each drive, with the way out, below the table.
pub fn warnings(notes: &[Note]) -> String {
    let is_grave = |note: &&Note| note.severity >= Severity::Warning && note.wwn.is_some();
    let mut grave: Vec<&Note> = notes.iter().filter(is_grave).collect();
    let all = grave.len();
    grave.sort_by_key(|note| std::cmp::Reverse(note.severity));
    let mut told = Vec::new();
    grave.retain(|note| {
        let is_new = !told.contains(&&note.wwn);
        told.push(&note.wwn);
        is_new
    });
    grave.truncate(WARNINGS);
    let mut out = String::new();
    for note in &grave {
        let said = format!("{}: {}", note.message, note.remedy);
        out.push_str(&words::labelled("warning", &words::plain(&said)));
    }
    if all > grave.len() {
        let more = all - grave.len();
        out.push_str(&words::labelled("", &format!("and {more} more, with `--json`")));
    }
    out
}

/// What `~` means below figures of drives that sleep.
fn remembered(rows: &[&Row<'_>]) -> String {
    let oldest = rows.iter().filter(|row| row.is_remembered());
    let oldest = oldest.filter_map(|row| row.disk.remembered.as_ref()).map(|it| it.at).min();
    oldest.map_or_else(String::new, |at| {
        let when = at.strftime("%Y-%m-%d %H:%M");
        words::labelled(
            "~",
            &format!("reported on {when} UTC or later: the drive is asleep, `--wake` queries it"),
        )
    })
}

/// The same as plain values: what is not known is empty.
pub fn sheet(hw: &Hw, rows: &[Row<'_>], choice: &Choice) -> Sheet {
    let columns = choice.columns();
    let plain = |row: &&Row<'_>| {
        let cell = |column: &&Column| match column.value(row) {
            Value::Null => String::new(),
            Value::Number(number) => number.to_string(),
            _ => words::plain(&column.cell(row)),
        };
        columns.iter().map(cell).collect()
    };
    Sheet {
        header: columns.iter().map(|column| column.key()).collect(),
        rows: choice.seated(hw, rows).iter().map(plain).collect(),
    }
}

/// `--list-cols`: names, letters, and what they are.
pub fn list_columns() -> String {
    let row = |column: &Column| {
        let letter = column.short.map_or_else(String::new, |letter| format!("-{letter}"));
        vec![column.key().to_owned(), letter, column.header.to_owned(), column.help.to_owned()]
    };
    table::list(0, &COLUMNS.iter().map(row).collect::<Vec<_>>())
}

/// `bay 3: was ST2000DM001 Z4ZBAF42, tank/raidz1-0 UNAVAIL`.
pub fn was(one: &Missing) -> String {
    let serial = one.serial.as_deref().unwrap_or_default();
    let Missing { place, model, pool, vdev, state, .. } = one;
    words::plain(&format!(
        "{place}: was {} {pool}/{vdev} {state}",
        format!("{model} {serial}").trim_end().to_owned() + ","
    ))
}

/// The line that says whose order is assumed; nothing where all is proved.
pub fn order(hw: &Hw) -> String {
    let assumed = assumed_bays(hw);
    if assumed.is_empty() {
        return String::new();
    }
    let bays = words::bays(&assumed);
    let say = format!(
        "which port is which of {bays} is assumed, not confirmed: compare the serial on the label \
         before you pull a drive"
    );
    words::labelled("order", &say)
}

/// Whether a cell tells nothing that the row does not tell anyway: that a drive sleeps stands in its contents.
fn says_nothing(column: &Column, cell: &str) -> bool {
    cell == "?" || column.key() == "health" && cell == "asleep"
}

/// Drops and cuts until the bars fit: columns that say nothing, the ports that stand for bays, then ends of
/// the contents and of models. Serials are never cut.
fn fit(hw: &Hw, columns: &mut Vec<&'static Column>, cells: &mut [Vec<String>], screen: usize) {
    let over = |columns: &[&Column], cells: &[Vec<String>]| {
        let wide = |index: usize| {
            let longest = cells
                .iter()
                .filter_map(|row| row.get(index))
                .map(|cell| words::columns(cell))
                .max();
            longest
                .unwrap_or(0)
                .max(columns.get(index).map_or(0, |column| column.heading(true).len()))
        };
        let widths: Vec<usize> = (0..columns.len()).map(wide).collect();
        (table::bars_width(&widths).saturating_sub(screen), widths)
    };
    let idle = |column: &Column, index: usize, cells: &[Vec<String>]| {
        column.shown != Shown::Always
            && (cells
                .iter()
                .all(|row| row.get(index).is_some_and(|cell| says_nothing(column, cell)))
                || (column.key() == "bay" && hw.is_generic()))
    };
    while over(columns, cells).0 > 0 {
        let found = (0..columns.len()).find(|index| idle(columns[*index], *index, cells));
        let Some(index) = found else { break };
        columns.remove(index);
        for row in cells.iter_mut() {
            row.remove(index);
        }
    }
    for (long, least) in [("contents", 8), ("model", 8)] {
        let (over, widths) = over(columns, cells);
        let Some(index) = columns.iter().position(|column| column.key() == long) else { continue };
        let width = widths[index].saturating_sub(over).max(least);
        for row in cells.iter_mut().filter(|_| over > 0) {
            // What stands before a colon says more than a stump of what is behind it.
            let word = row[index].split(':').next().unwrap_or_default();
            row[index] = match row[index].len() {
                len if len > width && width < STUMP && !word.is_empty() && word.len() <= width => {
                    word.to_owned()
                }
                _ => words::clip(&row[index], width),
            };
        }
    }
}

/// The rows for programs, the chosen columns and always what tells a drive from others; without flags: all columns.
pub fn json(hw: &Hw, rows: &[Row<'_>], choice: &Choice) -> Vec<DriveRow> {
    let identity = ["bay", "dev", "serial", "wwn"];
    let chosen = choice.columns();
    let wanted = |column: &&Column| {
        choice.is_unasked()
            || identity.contains(&column.key())
            || chosen.iter().any(|chosen| chosen.key() == column.key())
    };
    let row = |row: &&Row<'_>| {
        let columns = schema::keys().filter(wanted);
        let mut map: Map<String, Value> =
            columns.map(|column| (schema::key(column), column.value(row))).collect();
        let before = row.disk.remembered.as_ref().filter(|_| row.is_remembered());
        let said = || health::said(hw, row.disk).iter().map(finding::Finding::from).collect();
        let beside = Beside {
            bay_assumed: row.drive.assumed,
            asleep: row.disk.asleep,
            address: row.disk.address.as_ref().map(ToString::to_string),
            flaws: row
                .disk
                .flaws
                .iter()
                .map(|flaw| finding::Finding {
                    severity: finding::Severity::Refuses,
                    ..finding::Finding::from(&flawed(&row.drive, flaw))
                })
                .collect(),
            smart: row.smart().cloned(),
            findings: row.smart().map(|_| said()),
            smart_as_of: before.map(|before| before.at),
        };
        if let Ok(Value::Object(beside)) = serde_json::to_value(beside) {
            map.extend(beside);
        }
        DriveRow(map)
    };
    choice.chosen(None, rows).iter().map(row).collect()
}

#[cfg(test)]
mod tests;
