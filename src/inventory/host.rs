//! The box as a whole: its names, memory, network ports and storage controllers.
//!
//! All of it is small files below `/sys` and what the sysinfo crate says; no disk is opened. What an
//! ordinary user may not read (serial number, UUID, memory type) is unknown, not absent.

use camino::Utf8Path;

use crate::hw::host::{Host, Nic, PciDevice};
use crate::inventory::held::Held;
use crate::inventory::sysfs::{bytes, number, text};
use crate::inventory::{LookError, dmi};
use crate::machine::{IoError, Machine};

/// Looks at the box.
pub(super) fn host(machine: &dyn Machine, held: Option<&Held>) -> Result<Host, LookError> {
    let mut strings = [const { None }; 8];
    for (slot, name) in strings.iter_mut().zip(dmi::NAMES) {
        *slot = text(machine, &format!("/sys/class/dmi/id/{name}"))?;
    }
    let facts = match machine.host() {
        // Without /proc all is zero, which is what not known looks like.
        Ok(facts) => Some(facts).filter(|facts| facts.memory > 0 && facts.cpus > 0),
        Err(error @ IoError::Unrecorded { .. }) => return Err(error.into()),
        Err(_) => None,
    };
    let hostid = bytes(machine, "/etc/hostid")?.and_then(|it| <[u8; 4]>::try_from(it).ok());
    // 0 is none (zgenhostid(8)).
    let hostid = hostid.filter(|four| *four != [0; 4]);
    let (ecc, ecc_board) = ecc(machine)?;
    Ok(Host {
        dmi: dmi::strings(strings),
        facts,
        ecc,
        ecc_board,
        nics: nics(machine)?,
        controllers: controllers(machine)?,
        // gethostid(3): four bytes in the machine's order; hostid(1) shows them as a number.
        hostid: hostid.map(|four| format!("{:08x}", u32::from_le_bytes(four))),
        zfs: text(machine, "/sys/module/zfs/version")?,
        boot_disk: held.and_then(Held::boot_disk),
    })
}

/// Whether the memory corrects errors, and whether the board could.
fn ecc(machine: &dyn Machine) -> Result<(Option<bool>, Option<bool>), LookError> {
    let (mut board, mut modules) = (None, Vec::new());
    for entry in names(machine, "/sys/firmware/dmi/entries")? {
        let raw = || machine.file(Utf8Path::new(&format!("/sys/firmware/dmi/entries/{entry}/raw")));
        if entry.starts_with("16-") {
            let raw = bytes(machine, &format!("/sys/firmware/dmi/entries/{entry}/raw"))?;
            // All arrays must correct, or the memory does not.
            if let Some(corrects) = raw.as_deref().and_then(dmi::corrects) {
                board = Some(board.unwrap_or(true) && corrects);
            }
        } else if entry.starts_with("17-") {
            // Recordings of earlier versions were not asked for modules.
            let raw = raw().ok().flatten();
            modules.push(raw.as_deref().map_or(dmi::Module::NotKnown, dmi::module));
        }
    }
    Ok((dmi::corrected(board, &modules), board))
}

/// Ports with hardware behind them: not `lo`, not bridges.
fn nics(machine: &dyn Machine) -> Result<Vec<Nic>, LookError> {
    let mut nics = Vec::new();
    for name in names(machine, "/sys/class/net")? {
        let dir = format!("/sys/class/net/{name}");
        if machine.link(Utf8Path::new(&format!("{dir}/device")))?.is_none() {
            continue;
        }
        nics.push(Nic {
            mac: text(machine, &format!("{dir}/address"))?.unwrap_or_default(),
            // -1 or a refusal where there is no link.
            speed: number(machine, &format!("{dir}/speed"))?.and_then(|it| u32::try_from(it).ok()),
            state: text(machine, &format!("{dir}/operstate"))?
                .unwrap_or_else(|| "unknown".to_owned()),
            name,
        });
    }
    Ok(nics)
}

/// PCI functions of class 01, mass storage.
fn controllers(machine: &dyn Machine) -> Result<Vec<PciDevice>, LookError> {
    let mut controllers = Vec::new();
    for address in names(machine, "/sys/bus/pci/devices")? {
        let dir = format!("/sys/bus/pci/devices/{address}");
        let hex = |file: &str| -> Result<Option<String>, LookError> {
            let text = text(machine, &format!("{dir}/{file}"))?;
            Ok(text.and_then(|text| text.strip_prefix("0x").map(str::to_owned)))
        };
        let Some(class) = hex("class")?.filter(|class| class.starts_with("01")) else { continue };
        let driver = machine.link(Utf8Path::new(&format!("{dir}/driver")))?;
        controllers.push(PciDevice {
            id: format!(
                "{}:{}",
                hex("vendor")?.unwrap_or_default(),
                hex("device")?.unwrap_or_default()
            ),
            class: class.chars().take(4).collect(),
            driver: driver.and_then(|target| target.file_name().map(str::to_owned)),
            address,
        });
    }
    Ok(controllers)
}

fn names(machine: &dyn Machine, dir: &str) -> Result<Vec<String>, LookError> {
    match machine.list(Utf8Path::new(dir)) {
        Ok(names) => Ok(names.unwrap_or_default()),
        Err(error @ IoError::Unrecorded { .. }) => Err(error.into()),
        Err(_) => Ok(Vec::new()),
    }
}
