//! What a look adds to the history, and how the history stays small. Pure.

use jiff::{SignedDuration, Timestamp};

use super::{History, Sighting, counts};
use crate::hw::Hw;
use crate::inventory::Inventory;

/// A drive of which nothing is new is noted this often: a day is what "last seen" is good for.
const DAILY: SignedDuration = SignedDuration::from_hours(24);
/// What a drive says of itself is noted this often.
const HEALTH: SignedDuration = SignedDuration::from_hours(6);
/// Bytes that the file may have, and more of them for a box with many drives.
const BOUND: usize = 256 << 10;
const BOUND_PER_DRIVE: usize = 4 << 10;
/// Of one drive, how many changes and how many of the last lines stay.
const CHANGES: usize = 40;
const LAST: usize = 8;

/// The lines that a look adds: none where nothing is new.
pub fn lines(history: &History, hw: &Hw, inventory: &Inventory) -> String {
    let mut here = vec![false; history.drives.len()];
    let mut new = Vec::new();
    for disk in &inventory.disks {
        let Some(named) = Sighting::named(disk) else { continue };
        let known = history.place(&named);
        let last = known.and_then(|index| history.drives[index].last());
        if let Some(index) = known {
            here[index] = true;
        }
        let seen = Sighting::of(hw, inventory, disk, last);
        new.extend(seen.filter(|seen| last.is_none_or(|last| is_news(last, seen))));
    }
    if inventory.blind.is_none() {
        let absent = history.drives.iter().zip(here).filter(|(_, here)| !here);
        let lasts = absent.filter_map(|(life, _)| life.last()).filter(|last| !last.gone);
        new.extend(lasts.map(|last| Sighting { at: inventory.taken, gone: true, ..last.clone() }));
    }
    written(new.iter())
}

fn written<'a>(seen: impl Iterator<Item = &'a Sighting>) -> String {
    let line = |seen: &Sighting| {
        let mut value = serde_json::to_value(seen).ok()?;
        if let Some(smart) = value.pointer_mut("/health/smart").and_then(|it| it.as_object_mut()) {
            smart.retain(|_, value| !value.is_null());
        }
        Some(format!("{value}\n"))
    };
    seen.filter_map(line).collect()
}

/// Whether it says what the line before did not.
fn differs(last: &Sighting, seen: &Sighting) -> bool {
    let figures = |it: &Sighting| it.health.as_ref().map(|it| (counts(&it.smart), it.smart.passed));
    last.gone != seen.gone
        || (&last.bay, &last.port, &last.firmware, &last.member)
            != (&seen.bay, &seen.port, &seen.firmware, &seen.member)
        || figures(last) != figures(seen)
}

fn is_news(last: &Sighting, seen: &Sighting) -> bool {
    // A line that a clock wrote which was ahead is of no age at all.
    let is_old =
        |then: Timestamp, now: Timestamp, bound| then > now || now.duration_since(then) >= bound;
    let healths = last.health.as_ref().zip(seen.health.as_ref());
    differs(last, seen)
        || is_old(last.at, seen.at, DAILY)
        || healths.is_some_and(|(last, seen)| is_old(last.at, seen.at, HEALTH))
}

/// The file when it has grown too large: of each drive the first line, its changes and the last few; `None`: it has not.
/// Where that is too much, the ones that went longest ago are forgotten.
pub fn compacted(text: &str) -> Option<String> {
    if text.len() <= BOUND {
        return None; // whatever is in it
    }
    let history = History::read(text);
    let bound = BOUND.max(history.drives.len().min(2_000) * BOUND_PER_DRIVE);
    if text.len() <= bound {
        return None;
    }
    let mut drives = history.drives;
    drives.sort_by_key(|life| std::cmp::Reverse(life.last_there()));
    let mut kept = Vec::new();
    let mut room = bound / 2;
    for life in &drives {
        let changes: Vec<usize> = (0..life.seen.len())
            .filter(|at| *at == 0 || differs(&life.seen[at - 1], &life.seen[*at]))
            .collect();
        let recent = changes.len().saturating_sub(CHANGES);
        let last = life.seen.len().saturating_sub(LAST);
        let stays = |at: &usize| *at == 0 || *at >= last || changes[recent..].contains(at);
        let lines: Vec<&Sighting> =
            (0..life.seen.len()).filter(stays).map(|at| &life.seen[at]).collect();
        let Some(left) = room.checked_sub(written(lines.iter().copied()).len()) else { break };
        room = left;
        kept.extend(lines);
    }
    kept.sort_by_key(|seen| seen.at);
    Some(written(kept.into_iter()))
}
