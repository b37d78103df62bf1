//! What earlier looks saw of the drives: which bay each was in, when it was first and last seen, what it said of itself.
//!
//! No daemon keeps it. A look that has something new to say adds a line of JSON to a small file ([`PATH`]), and at most
//! a line a day where there is nothing new. It is a help, never a proof: no decision over a drive rests on it, a line that
//! cannot be read is passed over, and a look goes on without it where /var is full, read-only or someone else's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Disk, Flaw, Inventory, Remembered, Seen, State, guid};
use crate::names::{BayId, Serial, Wwn};
use crate::smart::Smart;
use crate::units::Bytes;

pub mod keep;
mod note;
mod since;

pub use note::{compacted, lines};
pub use since::{Since, since};

/// Its file.
pub const PATH: &str = "/var/lib/zbay/history.jsonl";

/// What one look saw of one drive: a line of the file. What that look did not ask for stands as the look before had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sighting {
    /// When.
    pub at: Timestamp,
    /// Model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Serial>,
    /// World wide name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wwn: Option<Wwn>,
    /// Bytes.
    pub size: Bytes,
    /// Firmware revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// Bay or place; `None`: at a port that has no name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bay: Option<BayId>,
    /// udev's name of the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// Its part in an imported pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Part>,
    /// What it said of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Remembered>,
    /// True where it was not there any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// A drive's part in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Pool.
    pub pool: String,
    /// Vdev.
    pub vdev: String,
    /// GUID of its leaf.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// ZFS's word for its state.
    pub state: State,
}

impl Sighting {
    /// What tells it from other drives: its wwn, then its model with its serial.
    fn keys(&self) -> impl Iterator<Item = Key> {
        let wwn = self.wwn.clone().map(Key::Wwn);
        let serial = self.serial.clone().map(|serial| Key::Serial(self.model.clone(), serial));
        wwn.into_iter().chain(serial)
    }

    /// Where it was: `bay 3`, `usb`, a port, `an unknown place`.
    pub fn place(&self) -> String {
        match (&self.bay, &self.port) {
            (Some(bay), _) => bay.spoken(),
            (None, Some(port)) => port.clone(),
            (None, None) => "an unknown place".to_owned(),
        }
    }

    /// Model and serial.
    pub fn name(&self) -> String {
        let model = self.model.as_deref().unwrap_or("drive");
        let serial = self.serial.as_ref().map(Serial::as_str).unwrap_or_default();
        format!("{model} {serial}").trim_end().to_owned()
    }

    /// What a look sees of a disk that can be told from others; `None`: it cannot. `last` is what was known before.
    fn of(hw: &Hw, inventory: &Inventory, disk: &Disk, last: Option<&Self>) -> Option<Self> {
        let mut seen = Self::named(disk)?;
        seen.at = inventory.taken;
        seen.bay = Drive::of(hw, disk).bay;
        seen.member = if inventory.pools.is_ok() {
            let mut leaves = inventory.leaves();
            let found = leaves.find(|(_, _, leaf)| leaf.disk.as_ref() == Some(&disk.name));
            found.map(|(pool, vdev, leaf)| Part {
                pool: pool.name.clone(),
                vdev: vdev.name.clone(),
                guid: leaf.guid,
                state: leaf.state.clone(),
            })
        } else {
            last.and_then(|last| last.member.clone())
        };
        seen.health = match &disk.smart {
            Ok(smart) => Some(Remembered { at: inventory.taken, smart: smart.clone() }),
            Err(_) => last.and_then(|last| last.health.clone()),
        };
        Some(seen)
    }

    /// Who a disk is; `None` where another one says the same of itself, or it says nothing.
    fn named(disk: &Disk) -> Option<Self> {
        let sound = !disk
            .flaws
            .iter()
            .any(|it| matches!(it, Flaw::PlaceholderWwn | Flaw::DuplicateWwn { .. }));
        let unique = !disk.flaws.iter().any(|it| matches!(it, Flaw::DuplicateSerial { .. }));
        let wwn = disk.wwn.clone().filter(|_| sound);
        (wwn.is_some() || (unique && disk.serial.is_some())).then(|| Self {
            at: Timestamp::UNIX_EPOCH,
            model: disk.model.clone(),
            serial: disk.serial.clone(),
            wwn,
            size: disk.size,
            firmware: disk.firmware.clone(),
            bay: None,
            port: disk.path.clone(),
            member: None,
            health: None,
            gone: false,
        })
    }
}

/// One drive through time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    /// When it was seen first.
    pub first: Timestamp,
    /// What was seen, oldest first; never empty.
    pub seen: Vec<Sighting>,
}

impl Life {
    /// What was seen last.
    pub fn last(&self) -> Option<&Sighting> {
        self.seen.last()
    }

    /// When it was there last.
    pub fn last_there(&self) -> Option<Timestamp> {
        self.seen.iter().rev().find(|it| !it.gone).map(|it| it.at)
    }
}

/// What a drive is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Wwn(Wwn),
    Serial(Option<String>, Serial),
}

/// All drives that were ever seen, as far as the file goes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// One each, in the order in which they were seen first.
    pub drives: Vec<Life>,
    /// When the last line was written.
    pub looked: Option<Timestamp>,
    /// Places in `drives`: a box may have a thousand.
    index: BTreeMap<Key, usize>,
}

impl History {
    /// From the file's text.
    pub fn read(text: &str) -> Self {
        let mut history = Self::default();
        for seen in text.lines().filter_map(|line| serde_json::from_str::<Sighting>(line).ok()) {
            history.looked = history.looked.max(Some(seen.at));
            let at = history.place(&seen).unwrap_or(history.drives.len());
            for key in seen.keys() {
                history.index.insert(key, at);
            }
            match history.drives.get_mut(at) {
                Some(life) => life.seen.push(seen),
                None => history.drives.push(Life { first: seen.at, seen: vec![seen] }),
            }
        }
        history
    }

    /// Where in `drives` it is. A serial is that of another drive where the wwns differ.
    fn place(&self, seen: &Sighting) -> Option<usize> {
        let same = |at: &usize| {
            let last = self.drives.get(*at).and_then(Life::last);
            last.is_some_and(|last| {
                last.wwn == seen.wwn || last.wwn.is_none() || seen.wwn.is_none()
            })
        };
        seen.keys().filter_map(|key| self.index.get(&key).copied()).find(same)
    }

    /// What is known of a disk that is there.
    pub fn of(&self, disk: &Disk) -> Option<&Life> {
        self.drives.get(self.place(&Sighting::named(disk)?)?)
    }

    /// Those whose serial ends so, or whose wwn is this.
    pub fn called(&self, word: &str) -> Vec<&Life> {
        let wwn = word.strip_prefix("wwn-").unwrap_or(word);
        let ends = |serial: &Serial| {
            serial.as_str().to_ascii_lowercase().ends_with(&word.to_ascii_lowercase())
        };
        let is = |last: &Sighting| {
            last.serial.as_ref().is_some_and(ends)
                || last.wwn.as_ref().is_some_and(|it| it.to_string() == wwn)
        };
        self.drives.iter().filter(|life| life.last().is_some_and(is)).collect()
    }

    /// The drive that was this leaf of a pool, as it was seen last.
    pub fn of_leaf(&self, guid: u64) -> Option<&Sighting> {
        let was = |seen: &&Sighting| seen.member.as_ref().is_some_and(|it| it.guid == guid);
        let seen = self.drives.iter().filter_map(|life| life.seen.iter().rev().find(was));
        seen.max_by_key(|seen| seen.at)
    }

    /// Gives each leaf whose drive is not here what an earlier look saw of that drive.
    pub fn tell_of_missing(&self, inventory: &mut Inventory) {
        let pools = inventory.pools.iter_mut().flatten();
        let leaves = pools.flat_map(|pool| &mut pool.vdevs).flat_map(|vdev| &mut vdev.leaves);
        for leaf in leaves.filter(|leaf| leaf.disk.is_none()) {
            leaf.told.seen = self.of_leaf(leaf.guid).map(|seen| {
                let (model, serial) = (seen.model.clone(), seen.serial.clone());
                Box::new(Seen { port: seen.port.clone(), model, serial })
            });
        }
    }

    /// What a drive said of its health when it was asked last.
    pub fn health_of(&self, disk: &Disk) -> Option<Remembered> {
        self.of(disk).and_then(Life::last)?.health.clone()
    }

    /// Gives each disk its first day, and those that sleep what they said before.
    pub fn recall(&self, inventory: &mut Inventory) {
        for disk in &mut inventory.disks {
            disk.first_seen = self.of(disk).map(|life| life.first);
            if disk.smart.as_ref().is_err_and(|why| why.asleep) {
                disk.remembered = self.health_of(disk);
            }
        }
    }
}

/// The figures whose growth matters, with their names.
fn counts(smart: &Smart) -> [(&'static str, Option<u64>); 5] {
    [
        ("pending sectors", smart.pending),
        ("reallocated sectors", smart.reallocated),
        ("uncorrectable errors", smart.uncorrectable),
        ("errors on the cable", smart.crc),
        ("percent of wear", smart.wear),
    ]
}

#[cfg(test)]
mod tests;
