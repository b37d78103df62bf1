//! Real answers of `zpool status`, on the virtual box that gave them, as they are seen now.

use camino::Utf8PathBuf;

use super::Status;
use crate::hw::Hw;
use crate::inventory::{Inventory, Pools, Want, look};
use crate::machine::recorded::Recorded;
use crate::machine::recording::{Answer, Recording, Said};
use crate::render::fixture;

macro_rules! samples {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../inventory/samples/status/", $name, ".json")))),*]
    };
}

/// Name, and the answer. How each was made stands in `samples/status/README`.
pub const SAMPLES: &[(&str, &str)] = samples![
    "ashift-9",
    "bad-label",
    "checkpoint",
    "classes-gone",
    "damaged",
    "degraded-member",
    "draid-rebuilding",
    "draid-spared",
    "expanded",
    "expanding",
    "features",
    "full",
    "healthy",
    "incompatible",
    "initializing",
    "just-back",
    "log-missing",
    "offline",
    "removed",
    "removing",
    "replacing",
    "replacing-gone",
    "resilvered",
    "scrub-cancelled",
    "scrub-paused",
    "scrubbed",
    "scrubbing",
    "spared",
    "sparing",
    "suspended",
    "trimming",
    "version-28",
];

/// The sample's text.
pub fn text(name: &str) -> &'static str {
    if name == "damaged-files" {
        return include_str!("../inventory/samples/status/damaged-files.json");
    }
    SAMPLES.iter().find(|(known, _)| *known == name).unwrap().1
}

/// The bays whose drives were not there when the sample was taken.
fn away(name: &str) -> &'static [&'static str] {
    match name {
        "removed" => &["2"],
        "replacing-gone" => &["3"],
        "suspended" => &["2", "3"],
        _ => &[],
    }
}

pub fn hw() -> Hw {
    fixture::hw("hp-microserver-gen8")
}

/// The box of four 4 TB drives with this answer of `zpool status` and these bays empty.
pub fn seen(answer: &str, away: &[&str]) -> Inventory {
    let dir = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machines/gen8-4x4tb");
    let mut recording: Recording = Recorded::open(&dir).unwrap().recording().clone();
    let said = |text: &str| Said::Ended {
        status: 0,
        stdout: crate::machine::recording::Bytes::of(text.as_bytes()),
        stderr: crate::machine::recording::Bytes::of(b""),
    };
    let status = "zpool status -j --json-int -P -p -t -i".to_owned();
    recording.commands.insert(status, said(answer));
    // The samples' members are on the first partition, as on any box; the recording was taken before they were made.
    if let Answer::Given(devices) = &mut recording.udev {
        let gone = |path: &str| away.iter().any(|bay| path.ends_with(&format!("-ata-{bay}.0")));
        let is_gone = |device: &crate::machine::UdevDevice| {
            device.properties.get("ID_PATH").is_some_and(|path| gone(path))
        };
        let names: Vec<String> =
            devices.iter().filter(|it| is_gone(it)).map(|it| it.name.clone()).collect();
        devices.retain(|device| !is_gone(device));
        if let Some(Answer::Given(Some(list))) =
            recording.lists.get_mut(camino::Utf8Path::new("/sys/block"))
        {
            list.retain(|name| !names.contains(name));
        }
        let mut parts = Vec::new();
        for device in devices.iter().filter(|it| it.devtype == "disk") {
            let mut part = device.clone();
            part.name = format!("{}1", device.name);
            part.devtype = "partition".into();
            part.devpath = device.devpath.join(&part.name);
            if let Some(links) = part.properties.get_mut("DEVLINKS") {
                let all: Vec<String> =
                    links.split_whitespace().map(|link| format!("{link}-part1")).collect();
                *links = all.join(" ");
            }
            parts.push(part);
        }
        devices.extend(parts);
    }
    let machine = Recorded::new("x".to_owned(), recording);
    look::look(&machine, Want { pools: Pools::Glance, ..Want::IDENTITY }).unwrap()
}

/// How the sample's pool is, three minutes after the answer's last time.
pub fn status(name: &str) -> Status {
    let text = text(name);
    let mut inventory = seen(text, away(name));
    inventory.taken = after(text);
    let pool = inventory.pools.as_ref().unwrap()[0].clone();
    super::of(&hw(), &inventory, &pool)
}

fn after(text: &str) -> jiff::Timestamp {
    let times = text
        .split("_time\":")
        .chain(text.split("scrub_pause\":"))
        .chain(text.split("pass_start\":"));
    let numbers = times.filter_map(|rest| rest.split([',', '}']).next()?.parse::<i64>().ok());
    let last = numbers.filter(|it| (1_700_000_000..2_000_000_000).contains(it)).max();
    jiff::Timestamp::from_second(last.unwrap_or(1_795_394_000) + 180).unwrap()
}
