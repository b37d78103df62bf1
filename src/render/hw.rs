//! `show hw`: the box, how it is known, its bays as a picture, what boots.
//!
//! A box of four bays fits 20 lines: what nobody acts upon (notes, power, throughput) is in the description and in
//! JSON. The picture of the bays is [`front`]'s. What is assumed says so, and what could not be found out is said in
//! words.

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::machine::assumed_bays;
use crate::check::seats::{doubtful, started_elsewhere};
use crate::drive::{Drive, by_place};
use crate::hw::host::{Dmi, Host, Nic};
use crate::hw::{Boot, CanBoot, ControllerMode, Fact, Hw, Place, Sure};
use crate::inventory::missing::{Missing, missing};
use crate::inventory::vacancy::{Doubt, Vacancy};
use crate::inventory::{Inventory, phrase};
use crate::names::{BayId, Serial};
use crate::paint::Paint;
use crate::render::disk::DriveRow;
use crate::render::{disk, front};
use crate::table;
use crate::units::Bytes;
use crate::words;

/// The server, as it is described and as it is.
#[derive(Serialize, JsonSchema)]
pub struct Server {
    /// The description of the server that is used, by its file's name.
    pub hardware: String,
    /// Its title.
    pub title: String,
    /// The server's serial number.
    pub serial: Option<String>,
    /// Its firmware.
    pub bios: Bios,
    /// The description's file.
    pub file: String,
    /// How that description came to be used.
    pub known_by: KnownBy,
    /// The mode that the disk controller is in; `null`: not known.
    pub mode: Option<ControllerMode>,
    /// How sure the description is of that mode.
    pub mode_sure: Option<Sure>,
    /// Its bays in order.
    pub bays: Vec<BayAnswer>,
    /// Places beside the bays: sticks, cards, an optical drive's port.
    pub places: Vec<Place>,
    /// What it boots from, as described.
    pub boots: Vec<Boot>,
    /// Its memory, as described.
    pub memory: Option<MemoryAnswer>,
    /// What else the description says: facts, each with how sure it is.
    pub facts: Vec<Fact>,
    /// The server as it is.
    pub host: Host,
    /// Whole disks in natural order of their kernel names.
    pub disks: Vec<DriveRow>,
    /// Members of imported pools whose drives are not there.
    pub missing: Vec<Missing>,
}

/// A server's firmware.
#[derive(Serialize, JsonSchema)]
pub struct Bios {
    /// Its version.
    pub version: Option<String>,
    /// Its date, as it says it.
    pub date: Option<String>,
}

/// Its memory, as described.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Memory")]
pub struct MemoryAnswer {
    /// Slots.
    pub slots: Option<u32>,
    /// The most that fits, bytes.
    pub max: Option<Bytes>,
    /// Whether it takes error-correcting memory.
    pub ecc: Option<bool>,
    /// How sure this is.
    pub sure: Sure,
}

/// A bay.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Bay")]
pub struct BayAnswer {
    /// Its name.
    pub bay: BayId,
    /// The port that it is: udev's `ID_PATH`.
    pub port: String,
    /// How sure it is that this port is this bay.
    pub sure: Sure,
    /// The best that its port can, in Mbit/s.
    pub link_mbps: Option<u32>,
    /// How sure that is.
    pub link_sure: Sure,
    /// Its form: `3.5`.
    pub form: Option<String>,
    /// The drive in it; `null`: it is empty.
    pub disk: Option<InBay>,
}

/// The drive in a bay.
#[derive(Serialize, JsonSchema)]
pub struct InBay {
    /// Its kernel name of this boot.
    pub dev: String,
    /// Its serial number.
    pub serial: Option<Serial>,
}

/// The screen for programs.
pub fn json(hw: &Hw, file: &str, by: KnownBy, inventory: &Inventory) -> Server {
    let host = &inventory.host;
    let mode = hw.mode(host);
    let rows = disk::rows(hw, inventory);
    let bays = hw.bays.iter().map(|bay| {
        let found = rows.iter().find(|row| row.drive.bay.as_ref() == Some(&bay.bay));
        let disk =
            found.map(|row| InBay { dev: row.disk.name.clone(), serial: row.disk.serial.clone() });
        BayAnswer {
            bay: bay.bay.clone(),
            port: bay.port.clone(),
            sure: bay.sure,
            link_mbps: bay.link,
            link_sure: bay.link_sure,
            form: bay.form.clone(),
            disk,
        }
    });
    Server {
        hardware: hw.hardware.clone(),
        title: hw.title.clone(),
        serial: host.dmi.product_serial.clone(),
        bios: Bios { version: host.dmi.bios_version.clone(), date: host.dmi.bios_date.clone() },
        file: file.to_owned(),
        known_by: by,
        mode,
        mode_sure: mode.and_then(|mode| hw.mode_of(mode)).map(|mode| mode.sure),
        bays: bays.collect(),
        places: hw.places.clone(),
        boots: hw.boots.clone(),
        memory: hw.memory.as_ref().map(|memory| MemoryAnswer {
            slots: memory.slots,
            max: memory.max,
            ecc: memory.ecc,
            sure: memory.sure,
        }),
        facts: hw.facts.clone(),
        host: host.clone(),
        disks: disk::json(hw, &rows, &disk::Choice::default()),
        missing: missing(hw, inventory),
    }
}

/// How a description came to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// `--hw`.
    Named,
    /// Its SMBIOS strings.
    Strings,
    /// The recorded profile names it.
    Wish,
    /// Nothing fits: `generic`.
    Nothing,
}

impl KnownBy {
    /// Which it was, for a description that was `known` or not.
    pub fn of(hw: &Hw, host: &Host, named: bool, known: bool) -> Self {
        match &hw.recognise {
            _ if named => Self::Named,
            Some(recognise) if recognise.fits(host) => Self::Strings,
            _ if known => Self::Wish,
            _ => Self::Nothing,
        }
    }
}

/// The screen; `file` is the description's.
pub fn render(hw: &Hw, file: &str, by: KnownBy, inventory: &Inventory, paint: Paint) -> String {
    let host = &inventory.host;
    let serial = host.dmi.product_serial.as_deref().map_or_else(
        || "serial unknown".to_owned(),
        |serial| format!("serial {}", words::plain(serial)),
    );
    let title = words::plain(&hw.title);
    let bios = format!("BIOS {}", bios(&host.dmi));
    let mut out = format!("{title}, {serial}, {bios}\n");
    if out.len() > words::width() {
        out = format!("{title}\n") + &words::labelled("told", &format!("{serial}, {bios}"));
    }
    out.push_str(&words::labelled("known", &known(hw, file, by, &host.dmi)));
    out.push('\n');
    if inventory.disks.is_empty() && (hw.is_generic() || inventory.blind.is_some()) {
        out.extend(["  ", &disk::none(inventory.blind.as_ref())]);
    }
    if inventory.blind.is_none() {
        out.push_str(&front::picture(&front::slots(hw, inventory), paint));
    }
    out.push_str(&elsewhere(hw, inventory));
    for (bays, doubt) in doubtful(hw, inventory) {
        if !matches!(doubt, Doubt::Blind { .. }) {
            let say = format!("{}: {doubt}; {}", words::bays(&bays), doubt.remedy());
            out.push_str(&words::labelled("not known", &words::plain(&say)));
        }
    }
    for one in front::lost(hw, inventory) {
        out.push_str(&words::labelled("MISSING", &disk::was(&one)));
    }
    out.push('\n');
    let assumed = assumed_bays(hw);
    if !assumed.is_empty() {
        let bays = words::bays(&assumed);
        let say = format!("{bays}: order assumed, so compare serials before you pull a drive");
        out.push_str(&words::labelled("order", &say));
    } else if hw.is_generic() && !hw.is_nobodys() {
        let say = "it is not confirmed which port is which place in the server: ports are shown \
                   instead of bays";
        out.push_str(&words::labelled("order", say));
    }
    out.push_str(&words::labelled("mode", &mode(hw, host)));
    if !hw.boots.is_empty() {
        out.push_str(&words::labelled("boots", &boots(hw, hw.mode(host))));
        if let Some(bay) = started_elsewhere(hw, inventory) {
            let bay = bay.spoken();
            let say = format!(
                "the system is on {bay}, which the firmware cannot boot: a boot loader elsewhere started it"
            );
            out.push_str(&words::labelled("system", &say));
        }
    }
    let ports = ports(hw);
    if !ports.is_empty() {
        out.push_str(&words::labelled("ports", &ports));
    }
    out.push_str(&words::labelled("memory", &memory(hw, host)));
    out.push_str(&words::labelled("network", &network(&host.nics)));
    out
}

fn known(hw: &Hw, file: &str, by: KnownBy, dmi: &Dmi) -> String {
    let names: Vec<String> =
        dmi.names().iter().map(|name| format!("`{}`", words::plain(name))).collect();
    let strings = if names.is_empty() { "nothing".to_owned() } else { names.join(" ") };
    match by {
        KnownBy::Strings => {
            let sure = hw.recognise.as_ref().map_or(Sure::Assumed, |recognise| recognise.sure);
            format!("by its own names ({sure}), described in {file}")
        }
        KnownBy::Named => format!("by `--hw`, described in {file}; calls itself {strings}"),
        KnownBy::Wish => {
            format!("by the recorded profile, described in {file}; calls itself {strings}")
        }
        KnownBy::Nothing => format!(
            "no: it calls itself {strings}, and no description matches. Ports are shown instead of \
             bays; to describe it, put a file into /etc/zbay/hw"
        ),
    }
}

/// Drives that sit in no bay, and places that are empty.
fn elsewhere(hw: &Hw, inventory: &Inventory) -> String {
    let host = &inventory.host;
    let elsewhere = started_elsewhere(hw, inventory);
    let in_bay = |bay: &BayId| hw.bays.iter().any(|b| b.bay == *bay);
    let mut rows = Vec::new();
    let mut taken = Vec::new();
    let mut drives: Vec<_> =
        inventory.disks.iter().map(|disk| (Drive::of(hw, disk), disk)).collect();
    if !hw.is_nobodys() {
        drives.sort_by(|(a, _), (b, _)| by_place(a, b));
    }
    for (drive, disk) in drives {
        if drive.bay.as_ref().is_some_and(in_bay) {
            continue;
        }
        let boots = match host.boot_disk.as_ref() == Some(&disk.name) {
            true if elsewhere.is_some() => "system, ",
            true => "boots, ",
            false => "",
        };
        rows.push(vec![
            front::place(hw, inventory, &drive, disk),
            drive.model.as_deref().unwrap_or("no model").to_owned(),
            drive.size.tb(),
            format!("{boots}{}", phrase::phrase(&disk.contents)),
        ]);
        taken.extend(drive.bay);
    }
    let mut out = table::drives(2, &rows);
    if inventory.blind.is_some() {
        return out;
    }
    let empty =
        hw.places.iter().filter(|place| place.port.is_some() && !taken.contains(&place.place));
    let empty = empty.filter(|place| hw.vacancy(inventory, &place.place) == Vacancy::Empty);
    let empty: Vec<String> = empty.map(|place| place.place.spoken()).collect();
    if !empty.is_empty() {
        out.extend(["  empty: ", &words::and(&empty), "\n"]);
    }
    out
}

fn mode(hw: &Hw, host: &Host) -> String {
    let Some(controller) = &hw.controller else {
        return "unknown: the description names no controller".to_owned();
    };
    let address = &controller.address;
    let Some(found) = host.controllers.iter().find(|found| found.address == *address) else {
        return format!("not known: there is no storage controller at {address}");
    };
    let id = words::plain(&found.id);
    if let Some(card) = hw.card() {
        let found = host.controllers.iter().find(|found| found.address == card);
        let what = found.map_or_else(
            || ", which is not there".to_owned(),
            |found| {
                let driver = found.driver.as_ref().map(|driver| format!(", {driver}"));
                words::plain(&format!(" ({}{})", found.id, driver.unwrap_or_default()))
            },
        );
        let is = hw.chipset_mode(host);
        let is =
            is.map_or_else(|| "a mode that is not known".to_owned(), |mode| format!("{mode} mode"));
        return format!("HBA: bays at the card at {card}{what}; the chipset ({id}) in {is}");
    }
    match hw.chipset_mode(host).and_then(|mode| hw.mode_of(mode)) {
        None => format!("not known: {id} at {address} is not one of those described"),
        Some(mode) => {
            let swap = match mode.hot_swap {
                Some(true) => ", hot-swap",
                Some(false) => ", no hot-swap",
                None => "",
            };
            let warning =
                mode.warning.as_ref().map(|warning| format!(". {warning}")).unwrap_or_default();
            format!("{} ({}), {id} at {address}{swap}{warning}", mode.mode, mode.sure)
        }
    }
}

fn boots(hw: &Hw, mode: Option<ControllerMode>) -> String {
    let Some(mode) = mode else {
        return "depends on the controller's mode, which is not known".to_owned();
    };
    let (mut yes, mut no, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for row in &hw.boots {
        let name = if row.from == "bays" {
            words::bays(&hw.bays.iter().map(|bay| bay.bay.clone()).collect::<Vec<_>>())
        } else {
            row.from.parse::<BayId>().map_or_else(|_| row.from.clone(), |bay| bay.spoken())
        };
        // Of what boots with the bays at a card nobody has more than reports.
        let is_assumed = row.sure == Sure::Assumed || mode == ControllerMode::Hba;
        let sure = if is_assumed { " (assumed)" } else { "" };
        let Some(can) = row.can(mode) else { continue };
        match can {
            CanBoot::Yes => yes.push(format!("{name}{sure}")),
            CanBoot::Volume => yes.push(format!("{name} (in a volume of the RAID firmware)")),
            CanBoot::No => no.push(format!("{name}{sure}{}", other_modes(row))),
        }
        if can == CanBoot::Volume {
            notes.extend(row.note.as_ref().map(|note| format!("{name}: {note}")));
        }
    }
    let yes = if yes.is_empty() { "nothing".to_owned() } else { words::and(&yes) };
    let no = if no.is_empty() { String::new() } else { format!("; not {}", words::and(&no)) };
    notes.insert(0, format!("in {mode} mode {yes}{no}"));
    notes.join(". ")
}

/// ` (RAID and Legacy mode can)`, of a place that cannot boot in the mode that the controller is in.
fn other_modes(row: &Boot) -> String {
    let modes =
        [ControllerMode::Ahci, ControllerMode::Raid, ControllerMode::Legacy, ControllerMode::Hba];
    let can = modes.into_iter().filter(|mode| row.can(*mode).is_some_and(|can| can != CanBoot::No));
    let can: Vec<String> = can.map(|mode| mode.to_string()).collect();
    if can.is_empty() { String::new() } else { format!(" ({} mode can)", words::and(&can)) }
}

/// Best speeds of ports that are not proved (the picture has the others), equal ones together.
fn ports(hw: &Hw) -> String {
    let mut groups: Vec<(String, Vec<BayId>)> = Vec::new();
    for bay in hw.bays.iter().filter(|bay| bay.link_sure == Sure::Assumed) {
        let Some(link) = bay.link else { continue };
        let speed = format!("up to {} Gb/s ({})", disk::gbps(u64::from(link)), bay.link_sure);
        match groups.iter_mut().find(|(group, _)| *group == speed) {
            Some((_, bays)) => bays.push(bay.bay.clone()),
            None => groups.push((speed, vec![bay.bay.clone()])),
        }
    }
    let said = groups.iter().map(|(speed, bays)| format!("{} {speed}", words::bays(bays)));
    said.collect::<Vec<_>>().join(", ")
}

fn memory(hw: &Hw, host: &Host) -> String {
    let here = match &host.facts {
        Some(facts) => format!("{}, {}", gib(facts.memory), ecc(host)),
        None => format!("amount not known, {}", ecc(host)),
    };
    let room = hw.memory.as_ref().map(|memory| {
        let slots = memory.slots.map(|slots| format!("{slots} slots"));
        let max = memory.max.map(|Bytes(max)| format!("at most {}", gib(max)));
        let kind = memory.ecc.map(|ecc| if ecc { "takes ECC" } else { "takes no ECC" }.to_owned());
        let all: Vec<String> = [slots, max, kind].into_iter().flatten().collect();
        format!("; {} ({})", all.join(", "), memory.sure)
    });
    here + &room.unwrap_or_default()
}

/// Memory as a person says it: `9.7 GiB`.
pub fn gib(bytes: u64) -> String {
    let tenths = (u128::from(bytes) * 10 + (1 << 29)) >> 30;
    if tenths.is_multiple_of(10) {
        format!("{} GiB", tenths / 10)
    } else {
        format!("{}.{} GiB", tenths / 10, tenths % 10)
    }
}

/// Whether the memory corrects errors.
pub fn ecc(host: &Host) -> &'static str {
    match (host.ecc, host.ecc_board) {
        (Some(true), _) => "ECC",
        (Some(false), Some(true)) => "no ECC modules (the board could)",
        (Some(false), _) => "no ECC",
        (None, _) => "ECC not known",
    }
}

fn network(nics: &[Nic]) -> String {
    let nic = |nic: &Nic| {
        let speed = nic.speed.map(|speed| format!(" {speed} Mb/s")).unwrap_or_default();
        words::plain(&format!("{} {} {}{speed}", nic.name, nic.mac, nic.state))
    };
    if nics.is_empty() {
        "no port seen".to_owned()
    } else {
        nics.iter().map(nic).collect::<Vec<_>>().join(", ")
    }
}

/// Version and date of the firmware.
pub fn bios(dmi: &Dmi) -> String {
    match (&dmi.bios_version, &dmi.bios_date) {
        (Some(version), Some(date)) => words::plain(&format!("{version} {date}")),
        (Some(one), None) | (None, Some(one)) => words::plain(one),
        (None, None) => "unknown".to_owned(),
    }
}

#[cfg(test)]
#[path = "hw_tests.rs"]
mod tests;
