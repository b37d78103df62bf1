//! The QEMU command line of a virtual box: pure, from data alone.
//!
//! A drive's udev port decides its controller, so that the guest's udev gives the same port back:
//! `pci-0000:00:1f.2-ata-N` is q35's built-in AHCI, which sits where the Gen8's chipset has its own;
//! `pci-...-usb-0:N:1.0-...` is an EHCI at that address with the drive on its port N (a `usb-bot` with a
//! `scsi-hd`, since `usb-storage` hides model and vendor); `pci-...-scsi-0:0:N:0` is a virtio-scsi
//! controller at that address; `pci-...-sas-phyN-lun-0` a SAS host adapter of eight ports. What else
//! the box needs (network, random numbers, console) takes addresses that no known box has drives at.

use std::collections::{BTreeMap, BTreeSet};

use zbay::hw::Hw;

use crate::recipe::{Accel, Files, KERNEL_ARGS, VmBox, VmDrive, VmError};

/// A controller by the PCI address that udev shows, without the domain: `00:1f.2`.
type Address = String;

/// The place of a drive, in QEMU's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Socket {
    Sata { unit: u8 },
    Usb { at: Address, port: String },
    Scsi { at: Address, target: u16 },
    Sas { at: Address, phy: u8 },
}

/// The arguments for `qemu-system-x86_64` that start `spec`, without the program.
///
/// `hw` gives the udev `ID_PATH` of each bay. The drive files, the console log and
/// the control socket are those of `files`; they are made by [`crate::files::create_drives`]. The
/// same arguments start the box again after it was stopped.
pub fn qemu_args(hw: &Hw, spec: &VmBox, files: &Files) -> Result<Vec<String>, VmError> {
    spec.boot_drive()?;
    let mut args = base(spec, files);
    let mut seen = BTreeSet::new();
    let mut controllers = BTreeMap::new();
    let mut drives = Vec::new();
    for drive in &spec.drives {
        if !seen.insert(&drive.at) {
            return Err(VmError::Twice(drive.at.clone()));
        }
        let text = port(hw, drive)?;
        let socket = socket(&text).map_err(|why| VmError::Port {
            place: drive.at.clone(),
            port: text.clone(),
            why,
        })?;
        fits(drive, &socket)?;
        if let Some((address, args)) = controller(&socket) {
            controllers.entry(address).or_insert(args);
        }
        drives.extend(device(drive, &socket, files));
    }
    args.extend(controllers.into_values().flatten());
    args.extend(drives);
    Ok(args)
}

/// The port of a drive: that of its place, or the one given where the place's is a pattern.
fn port(hw: &Hw, drive: &VmDrive) -> Result<String, VmError> {
    let place = || drive.at.clone();
    let hardware = || hw.hardware.clone();
    let Some(given) = &drive.port else {
        let known = hw.port(&drive.at).filter(|port| !port.contains('*'));
        return known.ok_or_else(|| VmError::NoPlace { place: place(), hardware: hardware() });
    };
    if hw.knows(&drive.at) && hw.seat(given).is_none_or(|seat| seat.bay != drive.at) {
        let port = given.clone();
        return Err(VmError::Elsewhere { place: place(), port, hardware: hardware() });
    }
    Ok(given.clone())
}

fn base(spec: &VmBox, files: &Files) -> Vec<String> {
    let mut args = Vec::new();
    let mut add = |name: &str, value: String| {
        args.push(format!("-{name}"));
        args.push(value);
    };
    add("name", comma(&files.dir.file_name().unwrap_or("box").replace(' ', "-")));
    // With its HPET: without one a loaded host makes the kernel calibrate its timers wrong, and it stands still.
    add("M", "q35,usb=off,vmport=off".into());
    match files.accel {
        Accel::Kvm => {
            add("accel", "kvm".into());
            add("cpu", "host".into());
        }
        Accel::Tcg => {
            add("accel", "tcg,thread=multi,tb-size=512".into());
            // Close to the Gen8's Celeron: what a newer one has (AVX, AES) costs more to translate than it saves.
            add("cpu", "Nehalem,model-id=Celeron G1610T (translated)".into());
        }
    }
    add("smp", files.processors.to_string());
    add("m", spec.memory_mib.to_string());
    for table in smbios(spec) {
        add("smbios", table);
    }
    add("kernel", files.of_image("vmlinuz").into_string());
    add("initrd", files.of_image("initrd.img").into_string());
    let append: Vec<&str> =
        std::iter::once(KERNEL_ARGS).chain(files.append.iter().map(String::as_str)).collect();
    add("append", append.join(" "));
    add("chardev", format!("file,id=console,append=on,path={}", comma(files.console().as_str())));
    add("serial", "chardev:console".into());
    add("qmp", format!("unix:{},server=on,wait=off", comma(files.qmp().as_str())));
    add("device", "virtio-rng-pci,addr=4".into());
    let forward = format!("hostfwd=tcp:127.0.0.1:{}-10.0.2.15:22", files.ssh_port);
    add("netdev", format!("user,id=net,restrict=on,{forward}"));
    add("device", "virtio-net-pci,netdev=net,addr=3,romfile=".into());
    for lone in ["-nodefaults", "-no-user-config"] {
        args.push(lone.into());
    }
    args.extend(["-display", "none"].map(Into::into));
    args
}

fn smbios(spec: &VmBox) -> Vec<String> {
    let table = |kind: u8, fields: &[(&str, Option<&str>)]| {
        let given = fields.iter().filter_map(|(key, value)| value.map(|value| (key, value)));
        let fields: Vec<_> = given.map(|(key, value)| format!("{key}={}", comma(value))).collect();
        (!fields.is_empty()).then(|| format!("type={kind},{}", fields.join(",")))
    };
    let said = &spec.smbios;
    let bios = said.bios.as_deref();
    let family = said.product.split(' ').next();
    [
        table(
            0,
            &[
                ("vendor", bios.map(|_| said.manufacturer.as_str())),
                ("version", bios),
                ("date", said.bios_date.as_deref()),
            ],
        ),
        table(
            1,
            &[
                ("manufacturer", Some(&said.manufacturer)),
                ("product", Some(&said.product)),
                ("serial", Some(&said.serial)),
                ("uuid", Some(&said.uuid)),
                ("family", family),
            ],
        ),
        table(
            2,
            &[("manufacturer", said.board_vendor.as_deref()), ("product", said.board.as_deref())],
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Reads a port as udev spells it, with or without the `.0` that newer versions end an ATA port with.
fn socket(port: &str) -> Result<Socket, &'static str> {
    const FORM: &str = "the port is not one that QEMU has a controller for";
    let rest = port.strip_prefix("pci-0000:").ok_or("the port is not behind a PCI controller")?;
    let (at, rest) = rest.split_once('-').ok_or(FORM)?;
    if let Some(number) = rest.strip_prefix("ata-") {
        if at != "00:1f.2" {
            return Err("QEMU's only SATA controller with an address of its own is 00:1f.2");
        }
        let number = number.strip_suffix(".0").unwrap_or(number);
        return match number.parse::<u8>() {
            Ok(number @ 1..=6) => Ok(Socket::Sata { unit: number - 1 }),
            _ => Err("QEMU's SATA controller has the ports 1 to 6"),
        };
    }
    let at = at.to_owned();
    if let Some(rest) = rest.strip_prefix("usb-0:").or_else(|| rest.strip_prefix("usbv2-0:")) {
        let port = rest.split(':').next().unwrap_or_default().to_owned();
        return Ok(Socket::Usb { at, port });
    }
    if let Some(target) = rest.strip_prefix("scsi-0:0:").and_then(|rest| rest.strip_suffix(":0")) {
        return target.parse().map(|target| Socket::Scsi { at, target }).map_err(|_| FORM);
    }
    if let Some(phy) = rest.strip_prefix("sas-phy").and_then(|rest| rest.strip_suffix("-lun-0")) {
        return match phy.parse::<u8>() {
            Ok(phy @ 0..=7) => Ok(Socket::Sas { at, phy }),
            _ => Err("a SAS host adapter of QEMU has the ports 0 to 7"),
        };
    }
    Err(FORM)
}

fn fits(drive: &VmDrive, socket: &Socket) -> Result<(), VmError> {
    let refuse = |why| Err(VmError::Drive { place: drive.at.clone(), why });
    let sata = matches!(socket, Socket::Sata { .. });
    if sata && drive.logical != 512 {
        return refuse("QEMU's SATA drives have logical sectors of 512 bytes, no others");
    }
    if sata && drive.vendor.is_some() {
        return refuse("a SATA drive has its maker in the model, not as a vendor");
    }
    if drive.model.len() > if sata { 40 } else { 16 } {
        return refuse("the model is too long: 40 characters for SATA, 16 for SCSI and USB");
    }
    if drive.serial.is_empty() || drive.serial.len() > 20 {
        return refuse("a serial has 1 to 20 characters");
    }
    if drive.vendor.as_ref().is_some_and(|vendor| vendor.len() > 8) {
        return refuse("a vendor has at most 8 characters");
    }
    if drive.logical == 0 || !drive.size.is_multiple_of(u64::from(drive.logical)) {
        return refuse("the size is not a multiple of the logical sector");
    }
    Ok(())
}

/// Names a controller in QEMU's terms: ids have no colons.
fn id(kind: &str, at: &str) -> String {
    format!("{kind}-{}", at.replace([':', '.'], "-"))
}

/// The `addr=` and `bus=` of a device that the guest shall see at `at`, and a bridge if it needs one.
fn slot(at: &str) -> (String, Vec<String>) {
    let (bus, slot) = at.split_once(':').unwrap_or(("00", at));
    if bus == "00" {
        return (format!("bus=pcie.0,addr={slot}"), Vec::new());
    }
    // SeaBIOS numbers the buses behind root ports in the order of their slots, beginning with 1.
    let bridge = format!("root-{bus}");
    let number = u8::from_str_radix(bus, 16).unwrap_or(1);
    let addr = 7 + number;
    let args = format!("pcie-root-port,id={bridge},bus=pcie.0,addr={addr:x},chassis={number}");
    (format!("bus={bridge},addr={slot}"), vec!["-device".into(), args])
}

fn controller(socket: &Socket) -> Option<(Address, Vec<String>)> {
    let (at, kind, model) = match socket {
        Socket::Sata { .. } => return None,
        Socket::Usb { at, .. } => (at, "usb", "usb-ehci"),
        Socket::Scsi { at, .. } => (at, "scsi", "virtio-scsi-pci"),
        Socket::Sas { at, .. } => (at, "sas", "mptsas1068"),
    };
    let (place, mut args) = slot(at);
    args.extend(["-device".into(), format!("{model},id={},{place}", id(kind, at))]);
    Some((at.clone(), args))
}

fn device(drive: &VmDrive, socket: &Socket, files: &Files) -> Vec<String> {
    let name = drive.name();
    let mut args = vec![
        "-drive".to_owned(),
        format!(
            "if=none,id={name},format={},cache=unsafe,discard=unmap,file={}{}",
            drive.format(),
            drive.errors.as_ref().map_or_else(String::new, |rules| format!("blkdebug:{rules}:")),
            comma(files.drive(drive).as_str())
        ),
    ];
    let mut common = format!(
        "drive={name},serial={},rotation_rate={},logical_block_size={},physical_block_size={}",
        comma(&drive.serial),
        drive.rotation,
        drive.logical,
        drive.physical
    );
    if let Some(wwn) = &drive.wwn {
        common = format!("{common},wwn={wwn}");
    }
    let scsi = |rest: String| {
        let vendor = drive.vendor.as_deref().unwrap_or("ATA");
        format!("scsi-hd,vendor={},product={},{rest},{common}", comma(vendor), comma(&drive.model))
    };
    let text = match socket {
        Socket::Sata { unit } => {
            format!("ide-hd,id=dev-{name},bus=ide.{unit},model={},{common}", comma(&drive.model))
        }
        Socket::Usb { at, port } => {
            let bus = id("usb", at);
            args.extend([
                "-device".into(),
                format!("usb-bot,id=bot-{name},bus={bus}.0,port={port},serial={}", drive.serial),
            ]);
            scsi(format!("id=dev-{name},bus=bot-{name}.0,scsi-id=0,lun=0"))
        }
        Socket::Scsi { at, target } => {
            scsi(format!("id=dev-{name},bus={}.0,scsi-id={target},lun=0", id("scsi", at)))
        }
        Socket::Sas { at, phy } => {
            scsi(format!("id=dev-{name},bus={}.0,scsi-id={phy},lun=0", id("sas", at)))
        }
    };
    args.extend(["-device".into(), text]);
    args
}

/// QEMU ends a value at a comma; two stand for one.
fn comma(value: &str) -> String {
    value.replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::{Socket, socket};

    #[test]
    fn ports_have_two_spellings() {
        let third = Ok(Socket::Sata { unit: 2 });
        assert_eq!(socket("pci-0000:00:1f.2-ata-3"), third);
        assert_eq!(socket("pci-0000:00:1f.2-ata-3.0"), third);
        assert!(socket("pci-0000:00:1f.2-ata-7").is_err());
        assert!(socket("pci-0000:00:11.0-ata-1").is_err());
        assert!(socket("platform-soc").is_err());
        assert_eq!(
            socket("pci-0000:00:1d.0-usb-0:1:1.0-scsi-0:0:0:0"),
            Ok(Socket::Usb { at: "00:1d.0".into(), port: "1".into() })
        );
        assert_eq!(
            socket("pci-0000:03:00.0-sas-phy5-lun-0"),
            Ok(Socket::Sas { at: "03:00.0".into(), phy: 5 })
        );
    }
}
