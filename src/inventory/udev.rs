//! What udev says of a disk: its properties, turned into an identity.
//!
//! Properties are those of systemd's 60-persistent-storage.rules and its builtins (`ata_id`, `scsi_id`,
//! `usb_id`, `path_id`). They differ by bus in what they call the serial number and whether the maker is
//! part of the model, and `ID_MODEL` has underscores for blanks where `ID_MODEL_ENC` has the truth.

use camino::Utf8PathBuf;

use super::Transport;
use crate::machine::UdevDevice;
use crate::names::{Serial, Wwn};

/// Who a disk is and where it sits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub model: Option<String>,
    pub serial: Option<Serial>,
    pub wwn: Option<Wwn>,
    pub wwn_base: Option<Wwn>,
    pub firmware: Option<String>,
    pub transport: Transport,
    pub path: Option<String>,
    pub links: Vec<Utf8PathBuf>,
}

/// A property that is there and not empty.
pub(super) fn property<'a>(device: &'a UdevDevice, name: &str) -> Option<&'a str> {
    device.properties.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// The identity of a disk that udevd has handled.
pub(super) fn identity(device: &UdevDevice) -> Identity {
    let get = |name: &str| property(device, name);
    let bus = get("ID_BUS").unwrap_or("");
    let path = get("ID_PATH").map(without_device_number);
    // scsi_id gives the wwn as the serial, and the number on the label apart.
    let serial = match bus {
        "scsi" => get("ID_SCSI_SERIAL").or_else(|| get("ID_SERIAL_SHORT")),
        _ => get("ID_SERIAL_SHORT").or_else(|| get("ID_SCSI_SERIAL")).or_else(|| get("ID_SERIAL")),
    };
    let mut links: Vec<Utf8PathBuf> = get("DEVLINKS")
        .unwrap_or("")
        .split_whitespace()
        .filter(|link| {
            link.starts_with("/dev/disk/by-id/") || link.starts_with("/dev/disk/by-path/")
        })
        .map(Utf8PathBuf::from)
        .collect();
    links.sort();
    links.dedup();
    Identity {
        model: model(device, bus),
        serial: serial.and_then(|serial| serial.parse().ok()),
        wwn: get("ID_WWN_WITH_EXTENSION")
            .or_else(|| get("ID_WWN"))
            .and_then(|wwn| wwn.parse().ok()),
        wwn_base: get("ID_WWN").and_then(|wwn| wwn.parse().ok()),
        firmware: get("ID_REVISION").map(str::to_owned),
        transport: transport(
            &device.name,
            bus,
            device.devpath.as_str(),
            path.as_deref().unwrap_or(""),
        ),
        path,
        links,
    }
}

/// `pci-0000:00:1f.2-ata-1.0` and `-ata-1` are two spellings of one port; a `.1` is a second device on it.
pub(super) fn without_device_number(path: &str) -> String {
    let port = path.strip_suffix(".0").filter(|port| {
        port.rsplit_once("-ata-").is_some_and(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()))
    });
    port.unwrap_or(path).to_owned()
}

/// SCSI and USB give the maker apart; behind them `ATA` is no maker.
fn model(device: &UdevDevice, bus: &str) -> Option<String> {
    let decoded = |encoded: &str, plain: &str| {
        let encoded = property(device, encoded).map(decode).filter(|text| !text.is_empty());
        encoded.or_else(|| property(device, plain).map(|text| text.replace('_', " ")))
    };
    let model = decoded("ID_MODEL_ENC", "ID_MODEL")?;
    if bus == "ata" || bus == "nvme" {
        return Some(model);
    }
    match decoded("ID_VENDOR_ENC", "ID_VENDOR") {
        Some(vendor) if vendor != "ATA" && !model.starts_with(&vendor) => {
            Some(format!("{vendor} {model}"))
        }
        _ => Some(model),
    }
}

/// udev's encoding: `\x20` for a blank. Runs of blanks become one, the ends none.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend(before.as_bytes());
        if let Some(byte) = after.get(..2).and_then(|it| u8::from_str_radix(it, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.extend(b"\\x");
            rest = after;
        }
    }
    bytes.extend(rest.as_bytes());
    let text = String::from_utf8_lossy(&bytes);
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How a disk is attached: the innermost bus that a person would name.
pub(super) fn transport(name: &str, bus: &str, devpath: &str, path: &str) -> Transport {
    let below = |part: &str| devpath.split('/').any(|it| it.starts_with(part));
    if name.starts_with("nvme") {
        Transport::Nvme
    } else if name.starts_with("mmcblk") {
        Transport::Mmc
    } else if bus == "usb" || below("usb") {
        Transport::Usb
    } else if name.starts_with("vd") {
        Transport::Virtio
    } else if path.contains("-sas-") || below("end_device-") {
        if bus == "ata" { Transport::Sata } else { Transport::Sas }
    } else if bus == "ata" || path.contains("-ata-") || below("ata") {
        Transport::Sata
    } else if bus == "scsi" || name.starts_with("sd") {
        Transport::Scsi
    } else {
        Transport::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `udevadm info -q all`: its `E:` lines are the properties.
    fn device(text: &str) -> UdevDevice {
        let lines = || text.lines().filter_map(|line| line.split_once(": "));
        let of = |key: &str| lines().find(|(k, _)| *k == key).map_or("", |(_, v)| v).to_owned();
        let properties =
            lines().filter(|(key, _)| *key == "E").filter_map(|(_, it)| it.split_once('='));
        UdevDevice {
            name: of("M"),
            devtype: of("T"),
            devpath: of("P").into(),
            initialized: true,
            properties: properties.map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        }
    }

    fn seen(text: &str) -> (String, String, String, String, Transport) {
        let it = identity(&device(text));
        let wwn = it.wwn.map(|wwn| wwn.to_string()).unwrap_or_default();
        let serial = it.serial.map(|serial| serial.to_string()).unwrap_or_default();
        (it.model.unwrap_or_default(), serial, wwn, it.path.unwrap_or_default(), it.transport)
    }

    fn expect(it: [&str; 4], transport: Transport) -> (String, String, String, String, Transport) {
        let [model, serial, wwn, path] = it.map(str::to_owned);
        (model, serial, wwn, path, transport)
    }

    // udev 257 in a virtual box: a SATA disk, a USB bridge, a SCSI disk.
    #[test]
    fn sata() {
        let it = include_str!("samples/udev-sata.txt");
        let path = "pci-0000:00:1f.2-ata-1";
        let expected = ["SAMSUNG HD103UJ", "S13PJ0EXAMPLE", "0x50000f0008064806", path];
        assert_eq!(seen(it), expect(expected, Transport::Sata));
        let links = identity(&device(it)).links;
        let expected = [
            "/dev/disk/by-id/ata-SAMSUNG_HD103UJ_S13PJ0EXAMPLE",
            "/dev/disk/by-id/wwn-0x50000f0008064806",
            "/dev/disk/by-path/pci-0000:00:1f.2-ata-1",
            "/dev/disk/by-path/pci-0000:00:1f.2-ata-1.0",
        ];
        assert_eq!(links, expected);
    }

    #[test]
    fn usb() {
        let path = "pci-0000:00:1d.0-usb-0:1:1.0-scsi-0:0:0:0";
        let expected = ["SAMSUNG HM250HI", "USBSER", "", path];
        let it = include_str!("samples/udev-usb.txt");
        assert_eq!(seen(it), expect(expected, Transport::Usb));
    }

    #[test]
    fn scsi_has_its_serial_apart() {
        let path = "pci-0000:00:05.0-scsi-0:0:3:0";
        let expected = ["ACME DRIVE3", "V0000003", "0x5000c50070000003", path];
        let it = include_str!("samples/udev-scsi.txt");
        assert_eq!(seen(it), expect(expected, Transport::Scsi));
    }

    #[test]
    fn sata_behind_sas_is_no_maker_named_ata() {
        let text = "M: sdx\nT: disk\nP: /devices/x\nE: ID_BUS=scsi\nE: ID_VENDOR=ATA\n\
            E: ID_VENDOR_ENC=ATA\\x20\\x20\\x20\nE: ID_MODEL=ST4000DM000-1F21\n\
            E: ID_SCSI_SERIAL=Z3000002\nE: ID_SERIAL_SHORT=5000c50070000002\n\
            E: ID_PATH=pci-0000:01:00.0-sas-phy0-lun-0\n";
        let path = "pci-0000:01:00.0-sas-phy0-lun-0";
        assert_eq!(seen(text), expect(["ST4000DM000-1F21", "Z3000002", "", path], Transport::Sas));
    }

    #[test]
    fn one_port_has_one_spelling() {
        for (path, port) in [
            ("pci-0000:00:1f.2-ata-5.0", "pci-0000:00:1f.2-ata-5"),
            ("pci-0000:00:1f.2-ata-5", "pci-0000:00:1f.2-ata-5"),
            ("pci-0000:00:1f.2-ata-5.1", "pci-0000:00:1f.2-ata-5.1"),
            ("pci-0000:00:05.0", "pci-0000:00:05.0"),
        ] {
            assert_eq!(without_device_number(path), port);
        }
    }

    #[test]
    fn encoded_names() {
        assert_eq!(decode("WDC\\x20WD40EFRX-68W\\x20\\x20"), "WDC WD40EFRX-68W");
        assert_eq!(decode("a\\xzz\\x"), "a\\xzz\\x");
        assert_eq!(decode("a\\x1b[2Jb"), "a [2Jb");
    }
}
