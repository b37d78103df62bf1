//! Figures for Prometheus, as text that `node_exporter`'s textfile collector takes.
//!
//! What is not known is left out: a gap in a curve says so, a 0 would lie. Names follow Prometheus' own rules (base units,
//! `_total` for what only grows); labels are escaped as its text format wants.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};

use super::lost::Absent;
use super::{Told, age};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Inventory, Remembered};
use crate::status::{Scrub, Status};

/// States of a pool or a member: each is a line, 1 for the one that is.
const STATES: [&str; 7] =
    ["ONLINE", "DEGRADED", "FAULTED", "OFFLINE", "UNAVAIL", "REMOVED", "SUSPENDED"];
/// Days of allocated bytes that a forecast needs.
const LEAST_DAYS: usize = 7;

/// What a drive said is a figure for this long: drives are not asked at each look.
const FRESH: SignedDuration = SignedDuration::from_hours(1);

/// The text, and the series in it: one that comes twice makes a reader drop all of them.
#[derive(Default)]
struct Text {
    text: String,
    series: BTreeSet<String>,
}

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let escaped =
            |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let series = format!("{name}{labels}");
        if self.series.contains(&series) {
            return;
        }
        let _ = writeln!(self.text, "{series} {value}");
        self.series.insert(series);
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
    out.family("zbay_last_look_seconds", "gauge", "When zbay looked last, in Unix time.");
    out.line("zbay_last_look_seconds", &[], inventory.taken.as_second());
    out.family("zbay_pools_answered", "gauge", "1 if ZFS reported the state of the pools.");
    out.line("zbay_pools_answered", &[], u8::from(inventory.pools.is_ok()));
    let absent = if inventory.pools.is_ok() { absent } else { &[] };
    are_imported(&mut out, inventory, absent);
    of_pools(&mut out, inventory, pools, absent, told);
    of_members(&mut out, pools);
    of_drives(&mut out, hw, inventory);
    out.text
}

/// A pool that is gone is a 0, not a curve that ends.
fn are_imported(out: &mut Text, inventory: &Inventory, absent: &[Absent]) {
    let name = "zbay_pool_imported";
    out.family(name, "gauge", "1 if a pool is imported, 0 if it is missing.");
    for pool in inventory.pools.iter().flatten() {
        let guid = pool.guid.to_string();
        out.line(name, &[("pool", &pool.name), ("guid", &guid)], 1);
    }
    for pool in absent {
        let guid = pool.guid.as_deref().unwrap_or_default();
        out.line(name, &[("pool", &pool.name), ("guid", guid)], 0);
    }
}

fn of_pools(
    out: &mut Text,
    inventory: &Inventory,
    pools: &[Status],
    absent: &[Absent],
    told: &Told,
) {
    out.family("zbay_pool_state", "gauge", "1 for the state that the pool is in.");
    for pool in pools {
        for state in STATES {
            let labels = [("pool", pool.pool.as_str()), ("state", state)];
            out.line("zbay_pool_state", &labels, u8::from(pool.state == state));
        }
    }
    // One that is not imported is in none of them; where another has its name, that one's lines stand above.
    for pool in absent {
        for state in STATES {
            out.line("zbay_pool_state", &[("pool", &pool.name), ("state", state)], 0);
        }
    }
    out.family("zbay_pool_conditions", "gauge", "Conditions of the pool by weight.");
    for pool in pools {
        for weight in [super::Weight::Wrong, super::Weight::Warning] {
            let count = pool.conditions.iter().filter(|it| it.weight() == weight).count();
            let labels = [("pool", pool.pool.as_str()), ("weight", weight.word())];
            out.line("zbay_pool_conditions", &labels, count);
        }
    }
    out.family("zbay_pool_size_bytes", "gauge", "SIZE of the pool.");
    for pool in pools {
        out.line("zbay_pool_size_bytes", &[("pool", &pool.pool)], pool.size.0);
    }
    out.family("zbay_pool_allocated_bytes", "gauge", "ALLOC of the pool.");
    for pool in pools {
        out.line("zbay_pool_allocated_bytes", &[("pool", &pool.pool)], pool.allocated.0);
    }
    out.family("zbay_pool_scrubbed_seconds", "gauge", "When the last scrub ended, in Unix time.");
    for pool in pools {
        if let Scrub::Ended { at, .. } = pool.scrub {
            out.line("zbay_pool_scrubbed_seconds", &[("pool", &pool.pool)], at.as_second());
        }
    }
    out.family(
        "zbay_pool_full_seconds",
        "gauge",
        "When the pool will be full if it fills as in the last weeks, in Unix time.",
    );
    for pool in pools {
        let past = told.filled.get(&pool.pool).map_or(&[][..], Vec::as_slice);
        if let Some(at) = full_at(past, pool.size.0, inventory.taken) {
            out.line("zbay_pool_full_seconds", &[("pool", &pool.pool)], at.as_second());
        }
    }
}

fn of_members(out: &mut Text, pools: &[Status]) {
    out.family(
        "zbay_member_online",
        "gauge",
        "1 where a member of a pool is ONLINE, or a spare that waits.",
    );
    out.family(
        "zbay_member_errors_total",
        "counter",
        "Errors that ZFS counts of a member since they were cleared.",
    );
    for pool in pools {
        for vdev in &pool.vdevs {
            for (place, member) in vdev.members.iter().enumerate() {
                // Bay and serial may both be empty: of what is gone, of files, partitions, spares of dRAID.
                let first = vdev.members.iter().position(|it| it.guid == member.guid);
                let guid = match first {
                    Some(first) if first != place => format!("{}-{place}", member.guid),
                    _ => member.guid.to_string(),
                };
                let serial = member.serial.as_deref().unwrap_or_default();
                let bay = member.bay.as_ref().map(ToString::to_string).unwrap_or_default();
                let labels = [
                    ("pool", pool.pool.as_str()),
                    ("vdev", vdev.name.as_str()),
                    ("bay", bay.as_str()),
                    ("serial", serial),
                    ("guid", guid.as_str()),
                ];
                let well =
                    matches!(member.state.as_str(), "ONLINE" | "AVAIL" | "INUSE") && !member.gone;
                out.line("zbay_member_online", &labels, u8::from(well));
                for (kind, count) in ["read", "write", "checksum"].into_iter().zip(member.errors) {
                    let labels = [&labels[..], &[("kind", kind)]].concat();
                    out.line("zbay_member_errors_total", &labels, count);
                }
            }
        }
    }
}

fn of_drives(out: &mut Text, hw: &Hw, inventory: &Inventory) {
    out.family("zbay_drive_info", "gauge", "A drive that is there.");
    out.family(
        "zbay_drive_asleep",
        "gauge",
        "1 where a drive sleeps; it was not woken to be asked.",
    );
    out.family("zbay_drive_temperature_celsius", "gauge", "Temperature of a drive that is awake.");
    out.family("zbay_drive_hours_total", "counter", "Hours powered on.");
    out.family("zbay_drive_sectors", "gauge", "Sectors that are pending or were reallocated.");
    for disk in &inventory.disks {
        let drive = Drive::of(hw, disk);
        let bay = drive.bay.as_ref().map(ToString::to_string).unwrap_or_default();
        let serial = drive.serial.as_ref().map(ToString::to_string).unwrap_or_default();
        let labels =
            [("bay", bay.as_str()), ("serial", serial.as_str()), ("device", disk.name.as_str())];
        let model = drive.model.clone().unwrap_or_default();
        out.line("zbay_drive_info", &[&labels[..], &[("model", model.as_str())]].concat(), 1);
        if let Some(asleep) = disk.asleep {
            out.line("zbay_drive_asleep", &labels, u8::from(asleep));
        }
        let fresh =
            |it: &&Remembered| age(it.at, inventory.taken).is_some_and(|since| since < FRESH);
        let before = disk.remembered.as_ref().filter(fresh).map(|it| &it.smart);
        let Some(smart) = disk.smart.as_ref().ok().or(before) else { continue };
        if let Some(degrees) = smart.temperature {
            out.line("zbay_drive_temperature_celsius", &labels, degrees);
        }
        if let Some(hours) = smart.hours {
            out.line("zbay_drive_hours_total", &labels, hours);
        }
        for (kind, count) in [("pending", smart.pending), ("reallocated", smart.reallocated)] {
            if let Some(count) = count {
                out.line("zbay_drive_sectors", &[&labels[..], &[("kind", kind)]].concat(), count);
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
