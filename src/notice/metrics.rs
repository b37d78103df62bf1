//! Figures for Prometheus, as text that `node_exporter`'s textfile collector takes.
//!
//! What is not known is left out: a gap in a curve says so, a 0 would lie. Names follow Prometheus' own rules (base units,
//! `_total` for what only grows, `_timestamp_seconds` for times); labels are escaped as its text format wants. One table,
//! [`FAMILIES`], has them all; docs/metrics.md is made from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::lost::Absent;
use super::{Told, age};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Class, Inventory, Remembered};
use crate::status::{Scrub, Status, VdevStatus};

/// States of a pool or a member: each is a line, 1 for the one that is.
const STATES: [&str; 7] =
    ["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED"];
/// Days of allocated bytes that a forecast needs.
const LEAST_DAYS: usize = 7;

/// What a drive said is a figure for this long: drives are not asked at each look.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// Figures of one name.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// Prometheus' word for what it is: `gauge` or `counter`.
    pub kind: &'static str,
    /// Its labels, blank between them; those that are not known are left out.
    pub labels: &'static str,
    /// What it says.
    pub help: &'static str,
}

macro_rules! families {
    ($($name:ident $text:literal $kind:literal $labels:literal $help:literal;)*) => {
        $(const $name: Family = Family { name: $text, kind: $kind, labels: $labels, help: $help };)*

        /// All of them, in the order in which they are printed. A name is never changed: dashboards have it.
        pub const FAMILIES: &[Family] = &[$($name),*];
    };
}

families! {
    LAST_LOOK "zbay_last_look_timestamp_seconds" "gauge" "" "When zbay looked last, in Unix time.";
    ANSWERED "zbay_pools_answered" "gauge" "" "1 where ZFS said how the pools are.";
    IMPORTED "zbay_pool_imported" "gauge" "pool guid" "1 where a pool is imported, 0 where one is missed.";
    STATE "zbay_pool_state" "gauge" "pool state" "1 for the state that the pool is in.";
    CONDITIONS "zbay_pool_conditions" "gauge" "pool severity" "Conditions of the pool by severity: wrong or warning.";
    SIZE "zbay_pool_size_bytes" "gauge" "pool" "SIZE of the pool.";
    ALLOCATED "zbay_pool_allocated_bytes" "gauge" "pool" "ALLOC of the pool.";
    SCRUBBED "zbay_pool_last_scrub_timestamp_seconds" "gauge" "pool" "When the last scrub ended, in Unix time.";
    FULL "zbay_pool_full_timestamp_seconds" "gauge" "pool"
        "When the pool will be full if it fills as in the last weeks, in Unix time.";
    ONLINE "zbay_member_online" "gauge" "pool vdev bay serial guid"
        "1 where a member of a pool is ONLINE, or a spare that waits.";
    ERRORS "zbay_member_errors_total" "counter" "pool vdev bay serial guid kind"
        "Errors that ZFS counts of a member since they were cleared; kind is read, write or checksum.";
    DRIVE "zbay_drive_info" "gauge" "bay serial device model" "A drive that is there.";
    ASLEEP "zbay_drive_asleep" "gauge" "bay serial device"
        "1 where a drive sleeps; it was not woken to be asked.";
    TEMPERATURE "zbay_drive_temperature_celsius" "gauge" "bay serial device"
        "Temperature of a drive that is awake.";
    POWERED "zbay_drive_power_on_seconds_total" "counter" "bay serial device"
        "Time powered on; drives count it in hours.";
    SECTORS "zbay_drive_sectors" "gauge" "bay serial device kind"
        "Sectors of a drive; kind is pending (they cannot be read) or reallocated.";
}

/// Names of the first version, which dashboards may have, and what they are called since.
pub const RENAMED: &[(&str, &str)] = &[
    ("zbay_last_look_seconds", "zbay_last_look_timestamp_seconds"),
    ("zbay_pool_scrubbed_seconds", "zbay_pool_last_scrub_timestamp_seconds"),
    ("zbay_pool_full_seconds", "zbay_pool_full_timestamp_seconds"),
    ("zbay_pool_conditions{weight}", "zbay_pool_conditions{severity}"),
    ("zbay_drive_hours_total (hours)", "zbay_drive_power_on_seconds_total (seconds)"),
];

/// The lines of each family, and the series in them: one that comes twice makes a reader drop all of them.
#[derive(Default)]
struct Text {
    lines: BTreeMap<&'static str, String>,
    series: BTreeSet<String>,
}

impl Text {
    /// A figure; labels without a value are left out.
    fn line(&mut self, family: Family, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let known = labels.iter().filter(|(_, value)| !value.is_empty());
        let labels: Vec<String> =
            known.map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let series = format!("{}{labels}", family.name);
        if self.series.contains(&series) {
            return;
        }
        let lines = self.lines.entry(family.name).or_default();
        let _ = writeln!(lines, "{series} {value}");
        self.series.insert(series);
    }

    /// All of it, the lines of a family together.
    fn whole(&self) -> String {
        let mut out = String::new();
        for Family { name, kind, help, .. } in FAMILIES {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
            out.push_str(self.lines.get(name).map_or("", String::as_str));
        }
        out
    }
}

/// All figures of a look. `absent`: pools that should be imported and are not.
pub fn metrics(
    hw: &Hw,
    inventory: &Inventory,
    pools: &[Status],
    absent: &[Absent],
    told: &Told,
) -> String {
    let mut out = Text::default();
    out.line(LAST_LOOK, &[], inventory.taken.as_second());
    out.line(ANSWERED, &[], u8::from(inventory.pools.is_ok()));
    let absent = if inventory.pools.is_ok() { absent } else { &[] };
    are_imported(&mut out, inventory, absent);
    for pool in pools {
        of_pool(&mut out, inventory.taken, pool, told);
        of_members(&mut out, pool);
    }
    // One that is not imported is in none of them; where another has its name, that one's lines stand above.
    for pool in absent {
        for state in STATES {
            out.line(STATE, &[("pool", &pool.name), ("state", state)], 0);
        }
    }
    of_drives(&mut out, hw, inventory);
    out.whole()
}

/// A pool that is gone is a 0, not a curve that ends.
fn are_imported(out: &mut Text, inventory: &Inventory, absent: &[Absent]) {
    for pool in inventory.pools.iter().flatten() {
        let guid = pool.guid.to_string();
        out.line(IMPORTED, &[("pool", &pool.name), ("guid", &guid)], 1);
    }
    for pool in absent {
        let guid = pool.guid.as_deref().unwrap_or_default();
        out.line(IMPORTED, &[("pool", &pool.name), ("guid", guid)], 0);
    }
}

fn of_pool(out: &mut Text, now: Timestamp, pool: &Status, told: &Told) {
    let name = ("pool", pool.pool.as_str());
    for state in STATES {
        out.line(STATE, &[name, ("state", state)], u8::from(pool.state.as_str() == state));
    }
    for weight in [super::Weight::Wrong, super::Weight::Warning] {
        let count = pool.conditions.iter().filter(|it| it.weight() == weight).count();
        out.line(CONDITIONS, &[name, ("severity", weight.word())], count);
    }
    out.line(SIZE, &[name], pool.size.0);
    out.line(ALLOCATED, &[name], pool.allocated.0);
    if let Scrub::Ended { at, .. } = pool.scrub {
        out.line(SCRUBBED, &[name], at.as_second());
    }
    let past = told.filled.get(&pool.pool).map_or(&[][..], Vec::as_slice);
    if let Some(at) = full_at(past, pool.size.0, now) {
        out.line(FULL, &[name], at.as_second());
    }
}

/// A single drive's vdev is called by the path of its partition, which says nothing on a dashboard.
fn vdev_name(vdev: &VdevStatus) -> &str {
    match vdev.class {
        _ if !vdev.name.starts_with('/') => &vdev.name,
        Class::Normal => "disk",
        Class::Log => "log",
        Class::Cache => "cache",
        Class::Spare => "spare",
        Class::Special => "special",
        Class::Dedup => "dedup",
    }
}

fn of_members(out: &mut Text, pool: &Status) {
    for vdev in &pool.vdevs {
        for (place, member) in vdev.members.iter().enumerate() {
            // Bay and serial may both be unknown: of what is gone, of files, partitions, spares of dRAID.
            let first = vdev.members.iter().position(|it| it.guid == member.guid);
            let guid = match first {
                Some(first) if first != place => format!("{}-{place}", member.guid),
                _ => member.guid.to_string(),
            };
            let serial = member.serial.as_deref().unwrap_or_default();
            let bay = member.bay.as_ref().map(ToString::to_string).unwrap_or_default();
            let labels = [
                ("pool", pool.pool.as_str()),
                ("vdev", vdev_name(vdev)),
                ("bay", bay.as_str()),
                ("serial", serial),
                ("guid", guid.as_str()),
            ];
            let well = member.state.is_well() && !member.gone;
            out.line(ONLINE, &labels, u8::from(well));
            for (kind, count) in ["read", "write", "checksum"].into_iter().zip(member.errors) {
                out.line(ERRORS, &[&labels[..], &[("kind", kind)]].concat(), count);
            }
        }
    }
}

fn of_drives(out: &mut Text, hw: &Hw, inventory: &Inventory) {
    const HOUR: u64 = 3600;
    for disk in &inventory.disks {
        let drive = Drive::of(hw, disk);
        let bay = drive.bay.as_ref().map(ToString::to_string).unwrap_or_default();
        let serial = drive.serial.as_ref().map(ToString::to_string).unwrap_or_default();
        let labels =
            [("bay", bay.as_str()), ("serial", serial.as_str()), ("device", disk.name.as_str())];
        let model = drive.model.clone().unwrap_or_default();
        out.line(DRIVE, &[&labels[..], &[("model", model.as_str())]].concat(), 1);
        if let Some(asleep) = disk.asleep {
            out.line(ASLEEP, &labels, u8::from(asleep));
        }
        let fresh =
            |it: &&Remembered| age(it.at, inventory.taken).is_some_and(|since| since < FRESH);
        let before = disk.remembered.as_ref().filter(fresh).map(|it| &it.smart);
        let Some(smart) = disk.smart.as_ref().ok().or(before) else { continue };
        if let Some(degrees) = smart.temperature {
            out.line(TEMPERATURE, &labels, degrees);
        }
        if let Some(hours) = smart.hours {
            out.line(POWERED, &labels, hours.saturating_mul(HOUR));
        }
        for (kind, count) in [("pending", smart.pending), ("reallocated", smart.reallocated)] {
            if let Some(count) = count {
                out.line(SECTORS, &[&labels[..], &[("kind", kind)]].concat(), count);
            }
        }
    }
}

/// When a pool of `size` bytes is full if it goes on filling as it did (least squares over the days that are known);
/// `None`: too few days, it does not fill, or not within ten years.
pub fn full_at(past: &[(Timestamp, u64)], size: u64, now: Timestamp) -> Option<Timestamp> {
    if past.len() < LEAST_DAYS {
        return None;
    }
    let first = past.first()?.0.as_second();
    let points: Vec<(i128, i128)> = past
        .iter()
        .map(|(at, bytes)| (i128::from(at.as_second() - first), i128::from(*bytes)))
        .collect();
    let count = i128::try_from(points.len()).ok()?;
    let sum = |of: fn(&(i128, i128)) -> i128| points.iter().map(of).sum::<i128>();
    let (xs, ys) = (sum(|it| it.0), sum(|it| it.1));
    let (xx, xy) = (sum(|it| it.0 * it.0), sum(|it| it.0 * it.1));
    // slope = (n xy - xs ys) / (n xx - xs xs), in bytes a second.
    let (rise, run) = (count * xy - xs * ys, count * xx - xs * xs);
    if rise <= 0 || run <= 0 {
        return None;
    }
    let is = points.last()?.1;
    let left = (i128::from(size) - is).max(0);
    let seconds = i64::try_from(left.checked_mul(run)? / rise).ok()?;
    let ten_years = 3_653 * 86_400;
    (seconds <= ten_years).then(|| now.checked_add(SignedDuration::from_secs(seconds)).ok())?
}

/// Notes how full the pools are, one value a day, of the last two months.
pub fn note_filled(told: &mut Told, pools: &[Status], now: Timestamp) {
    const DAY: i64 = 86_400;
    const KEPT: usize = 60;
    for pool in pools {
        let past = told.filled.entry(pool.pool.clone()).or_default();
        // Of a clock that was ahead.
        past.retain(|(at, _)| *at <= now);
        let same_day = past.last().is_some_and(|(at, _)| now.as_second() - at.as_second() < DAY);
        if !same_day {
            past.push((now, pool.allocated.0));
        }
        let over = past.len().saturating_sub(KEPT);
        past.drain(..over);
    }
}
