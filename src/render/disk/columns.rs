//! The table of columns: flags, their help, order, headers, cells and JSON all come from here.
//!
//! Letters, long names, headers and order of the first part are those of the original tool, with the bay in front. A
//! column says what must be asked for its sake, so that a look asks for nothing that is not shown.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Row;
use crate::inventory::{Owner, phrase};
use crate::render::json::Known;
pub use crate::smart::rules::gbps;
use crate::smart::rules::years;
use crate::smart::{Recovery, Smart};
use crate::units::Ashift;

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

/// What must be asked to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// udev and sysfs: no disk is opened.
    Identity,
    /// Which box it is, too: so which port is which bay.
    Place,
    /// The imported pools: no disk is opened.
    Pools,
    /// The disks are read.
    Contents,
    /// smartctl, which lets a sleeping drive sleep.
    Smart,
}

/// What is on a disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OnDisk {
    /// In words: `blank`, `in use: mounted at /`.
    pub phrase: String,
    /// Whose it is.
    pub owner: Owner,
    /// What each source saw, in words.
    pub seen: Vec<String>,
}

/// The sizes of a drive's sectors.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Sectors {
    /// Logical sector, bytes.
    pub logical: u32,
    /// Physical sector, bytes.
    pub physical: u32,
}

/// A column.
pub struct Column {
    /// Long flag.
    pub long: &'static str,
    /// Another name for it.
    pub alias: Option<&'static str>,
    /// Key in JSON, and name in `--cols`, `--sort` and `--filter`, where it is not the flag's.
    key: Option<&'static str>,
    /// Short flag.
    pub short: Option<char>,
    /// Header.
    pub header: &'static str,
    /// Header of the view without flags, where it is a shorter one.
    brief: Option<&'static str>,
    /// Help of the flag.
    pub help: &'static str,
    /// When it is shown.
    pub shown: Shown,
    /// What it takes.
    pub needs: Needs,
    /// What its value is in JSON, where it is known.
    pub is: Kind,
    value: fn(&Row<'_>) -> Value,
    text: Option<fn(&Row<'_>) -> String>,
}

/// A type of JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
    /// Three whole numbers.
    Counts,
    /// The sizes of a drive's sectors.
    Sectors,
    /// An object that says what was found, or why it is not known.
    Object,
}

const fn column(
    long: &'static str,
    header: &'static str,
    help: &'static str,
    value: fn(&Row<'_>) -> Value,
) -> Column {
    Column {
        long,
        alias: None,
        key: None,
        short: None,
        header,
        brief: None,
        help,
        shown: Shown::Asked,
        needs: Needs::Identity,
        is: Kind::Text,
        value,
        text: None,
    }
}

impl Column {
    const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    const fn is(mut self, kind: Kind) -> Self {
        self.is = kind;
        self
    }

    const fn int(self) -> Self {
        self.is(Kind::Integer)
    }

    const fn text(mut self, text: fn(&Row<'_>) -> String) -> Self {
        self.text = Some(text);
        self
    }

    const fn named(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self.alias = Some(key);
        self
    }

    const fn brief(mut self, header: &'static str) -> Self {
        self.brief = Some(header);
        self
    }

    const fn shown(mut self, shown: Shown) -> Self {
        self.shown = shown;
        self
    }

    const fn needs(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    const fn smart(self) -> Self {
        self.needs(Needs::Smart)
    }

    const fn place(self) -> Self {
        self.needs(Needs::Place)
    }

    const fn pools(self) -> Self {
        self.needs(Needs::Pools)
    }

    /// Name in JSON, `--cols`, `--sort` and `--filter`.
    pub const fn key(&self) -> &'static str {
        match self.key {
            Some(key) => key,
            None => self.long,
        }
    }

    /// Header of the view.
    pub fn heading(&self, unasked: bool) -> &'static str {
        self.brief.filter(|_| unasked).unwrap_or(self.header)
    }

    /// The value, for JSON, sorting and filtering; `null`: not known.
    pub fn value(&self, row: &Row<'_>) -> Value {
        (self.value)(row)
    }

    /// The cell. What a drive said before it went to sleep ends in `~`.
    pub fn cell(&self, row: &Row<'_>) -> String {
        let cell = match self.text {
            Some(text) => text(row),
            None => plain(&(self.value)(row)),
        };
        let old = self.is_smart() && row.is_remembered() && cell != "?";
        if old { cell + "~" } else { cell }
    }

    /// A figure of SMART: whether the drive is awake is known now.
    pub fn is_smart(&self) -> bool {
        self.needs == Needs::Smart && !matches!(self.long, "state" | "health")
    }
}

/// The column of this name, flag or letter.
pub fn named(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| {
        column.key() == name
            || column.long == name
            || column.short.is_some_and(|it| name == it.to_string())
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "?".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// As JSON has it.
fn value(of: impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// A figure of SMART.
fn smart<T: Serialize>(row: &Row<'_>, of: impl Fn(&Smart) -> Option<T>) -> Value {
    value(row.smart().and_then(of))
}

fn bits(mbps: Option<u64>) -> Value {
    value(mbps.map(|mbps| mbps * 1_000_000))
}

/// The first name of the disk below /dev/disk/by-id that begins with one of these.
fn by_id(row: &Row<'_>, prefixes: &[&str]) -> Option<String> {
    let links = row.disk.links.iter().filter_map(|link| link.strip_prefix("/dev/disk/by-id/").ok());
    let names: Vec<&str> = links.map(camino::Utf8Path::as_str).collect();
    let first = |prefix: &&str| names.iter().find(|name| name.starts_with(*prefix)).copied();
    prefixes.iter().find_map(first).map(str::to_owned)
}

/// All columns, in the order in which they are shown.
pub const COLUMNS: &[Column] = &[
    column("bay", "Bay", "Bay or other place in the server", |row| value(&row.drive.bay))
        .short('b')
        .shown(Shown::Unasked)
        .place(),
    column("dev", "Dev", "Kernel name of this boot (always shown)", |row| value(&row.disk.name))
        .shown(Shown::Always),
    column("type", "Type", "HDD or SSD", |row| value(row.disk.is_flash().map(kind))).short('k'),
    column("model", "Model", "Model", |row| value(&row.disk.model))
        .short('m')
        .shown(Shown::Unasked),
    column("tb", "TB", "Size in decimal terabytes, two decimals", |row| value(row.disk.size.tb()))
        .text(|row| row.disk.size.tb().trim_end_matches(" TB").to_owned())
        .shown(Shown::Unasked),
    column("serial", "Serial Number", "Serial number, as on the drive's label", |row| {
        value(&row.disk.serial)
    })
    .short('S')
    .brief("Serial")
    .shown(Shown::Unasked),
    column("state", "State", "Power state: active or asleep (asked without waking it)", |row| {
        value(row.disk.asleep.map(|asleep| if asleep { "asleep" } else { "active" }))
    })
    .short('D')
    .smart(),
    column("apm", "APM", "Advanced power management: off, or 1 to 254", |row| {
        smart(row, |smart| smart.apm.clone())
    })
    .short('e')
    .smart(),
    column("size", "GB", "Size in decimal gigabytes, rounded (JSON: bytes)", |row| {
        value(row.disk.size)
    })
    .int()
    .text(|row| row.disk.size.gb_rounded().to_string())
    .short('s'),
    column("speed", "Gbps", "Speed of the SATA link as it runs (JSON: bits per second)", |row| {
        bits(row.disk.link.map(u64::from))
    })
    .int()
    .text(|row| known(row.disk.link.map(|link| gbps(u64::from(link)))))
    .short('z'),
    column("firmware", "Firmware", "Firmware revision", |row| value(&row.disk.firmware)).short('f'),
    column("controller", "Controller", "The port's controller: vendor:device and driver", |row| {
        value(&row.controller)
    })
    .short('c')
    .place(),
    column(
        "pcipath",
        "/dev/disk/by-path",
        "Port, as in /dev/disk/by-path and in hardware descriptions",
        |row| value(&row.disk.path),
    )
    .named("path")
    .short('p'),
    column("wwn", "/dev/disk/by-id/wwn*", "World wide name, as in /dev/disk/by-id", |row| {
        value(&row.disk.wwn)
    })
    .text(|row| known(by_id(row, &["wwn-", "nvme-eui."])))
    .short('w'),
    column("scsi", "/dev/disk/by-id/scsi*", "SCSI name, as in /dev/disk/by-id", |row| {
        value(by_id(row, &["scsi-"]))
    })
    .short('o'),
    column("temp", "Temp", "Degrees Celsius", |row| smart(row, |smart| smart.temperature))
        .int()
        .short('t')
        .smart(),
    column("hours", "Hours", "Hours powered on", |row| smart(row, |smart| smart.hours))
        .int()
        .short('H')
        .smart(),
    column("pending", "PS", "Pending (unreadable) sectors", |row| {
        smart(row, |smart| smart.pending)
    })
    .int()
    .short('P')
    .smart(),
    column("reallocated", "RS", "Reallocated sectors (SAS: grown defects)", |row| {
        smart(row, |smart| smart.reallocated)
    })
    .int()
    .short('r')
    .smart(),
    column("reallocatedevent", "RSE", "Reallocation events", |row| {
        smart(row, |smart| smart.reallocated_events)
    })
    .int()
    .short('R')
    .smart(),
    column("crc", "CRC", "CRC errors on the link", |row| smart(row, |smart| smart.crc))
        .int()
        .short('C')
        .smart(),
    column("startstop", "Spin", "Spin-ups (start/stop count)", |row| {
        smart(row, |smart| smart.starts)
    })
    .int()
    .short('u')
    .smart(),
    column("park", "Park", "Head parkings (load cycles)", |row| smart(row, |smart| smart.parks))
        .int()
        .short('n')
        .smart(),
    column("uncorrectable", "Unc", "Uncorrectable errors", |row| {
        smart(row, |smart| smart.uncorrectable)
    })
    .int()
    .smart(),
    column("wear", "Wear", "Percent of an SSD's rated endurance used", |row| {
        smart(row, |smart| smart.wear)
    })
    .int()
    .smart(),
    column("age", "Years", "Years powered on", |row| smart(row, |smart| smart.hours))
        .int()
        .text(|row| {
            let hours = row.smart().and_then(|smart| smart.hours);
            known(hours.map(|hours| years(hours).trim_end_matches(" years").to_owned()))
        })
        .smart(),
    column("selftest", "Self-test", "The last self-test, in the drive's words", |row| {
        smart(row, |smart| smart.self_test.as_ref().map(|test| test.words.clone()))
    })
    .smart(),
    column("erc", "ERC", "Error recovery limit (ERC): off, or seconds", |row| {
        smart(row, |smart| {
            smart.recovery.map(|it| match it {
                Recovery::Unsupported => "none".to_owned(),
                Recovery::Off => "off".to_owned(),
                Recovery::Within(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
            })
        })
    })
    .smart(),
    column("cache", "Cache", "Whether the drive caches writes", |row| {
        smart(row, |smart| smart.write_cache)
    })
    .is(Kind::Boolean)
    .smart(),
    column(
        "speed-best",
        "Best",
        "Best link speed of port and drive, Gb/s (JSON: bits per second)",
        |row| bits(best(row)),
    )
    .int()
    .text(|row| known(best(row).map(gbps)))
    .smart(),
    column(
        "smr",
        "SMR",
        "Shingled (SMR) according to the kernel or manufacturer; ?: unknown",
        |row| value(row.disk.is_shingled()),
    )
    .is(Kind::Boolean),
    column("sectors", "Sectors", "Logical and physical sector, bytes", |row| value(sectors(row)))
        .is(Kind::Sectors)
        .text(|row| known(sectors(row).map(|it| format!("{}/{}", it.logical, it.physical)))),
    column("first-seen", "First seen", "The day zbay first saw it", |row| {
        value(row.disk.first_seen)
    })
    .text(|row| known(row.disk.first_seen.map(|at| at.strftime("%Y-%m-%d"))))
    .place(),
    column("pool", "Pool", "The pool it belongs to", |row| {
        value(row.member.as_ref().map(|member| &member.pool))
    })
    .pools(),
    column("vdev", "Vdev", "The vdev, with its class", |row| {
        value(row.member.as_ref().map(|member| &member.vdev))
    })
    .pools(),
    column("member", "Member", "State in the pool: ONLINE, DEGRADED ...", |row| {
        value(row.member.as_ref().map(|member| &member.state))
    })
    .pools(),
    column("errors", "R/W/C", "Read, write and checksum errors that ZFS counted", |row| {
        value(row.member.as_ref().map(|member| member.errors))
    })
    .is(Kind::Counts)
    .text(|row| {
        known(row.member.as_ref().map(|it| {
            let [read, write, checksum] = it.errors;
            format!("{read}/{write}/{checksum}")
        }))
    })
    .pools(),
    column(
        "ashift",
        "Ashift",
        "log2 of the smallest write of its vdev; ! where it is below the drive's",
        |row| value(row.member.as_ref().and_then(|member| member.ashift)),
    )
    .int()
    .text(|row| {
        let is = row.member.as_ref().and_then(|member| member.ashift);
        let needs = row.disk.physical.and_then(Ashift::of_sector).map(Ashift::get);
        known(is.map(|is| format!("{is}{}", if needs > Some(is) { "!" } else { "" })))
    })
    .pools(),
    column("contents", "Contents", "What is on it (reads the disks, needs root)", |row| {
        value(Known::of(&row.disk.contents, |found| OnDisk {
            phrase: phrase::contents_phrase(&found.owner),
            owner: found.owner.clone(),
            seen: found.seen.clone(),
        }))
    })
    .is(Kind::Object)
    .text(|row| phrase::phrase(&row.disk.contents))
    .shown(Shown::Unasked)
    .needs(Needs::Contents),
    column(
        "free",
        "Free",
        "Whether it is proved free for a pool (reads the disks, needs root)",
        |row| value(phrase::free(&row.disk.contents)),
    )
    .is(Kind::Boolean)
    .needs(Needs::Contents),
    column("health", "Health", "ok, or the worst that SMART and ZFS report", |row| {
        value(row.health())
    })
    .brief("State")
    .shown(Shown::Unasked)
    .smart(),
];

fn sectors(row: &Row<'_>) -> Option<Sectors> {
    let (logical, physical) = row.disk.logical.zip(row.disk.physical)?;
    Some(Sectors { logical, physical })
}

/// What drive and port could do together.
fn best(row: &Row<'_>) -> Option<u64> {
    let drive = row.smart().and_then(|smart| smart.link_best);
    match (drive, row.port) {
        (Some(drive), Some(port)) => Some(drive.min(port)),
        (drive, _) => drive,
    }
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

fn kind(flash: bool) -> &'static str {
    if flash { "SSD" } else { "HDD" }
}
