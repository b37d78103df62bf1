//! SMBIOS: the strings that name a box, and whether its memory corrects errors.
//!
//! Strings come from `/sys/class/dmi/id`, trimmed: makers pad them (`O41    `), and what nobody filled in is not known. Error correction is in
//! type 16 of the table (DSP0134, 7.17), which root alone may read.

use super::Dmi;
use crate::filler::{is_filler, is_filler_serial, is_filler_uuid};

/// The files of `/sys/class/dmi/id` that are read, in the order of [`strings`].
pub(super) const NAMES: [&str; 8] = [
    "sys_vendor",
    "product_name",
    "product_serial",
    "product_uuid",
    "board_vendor",
    "board_name",
    "bios_version",
    "bios_date",
];

/// From the contents of the files of [`NAMES`].
pub(super) fn strings(found: [Option<String>; 8]) -> Dmi {
    let [
        sys_vendor,
        product_name,
        product_serial,
        product_uuid,
        board_vendor,
        board_name,
        bios_version,
        bios_date,
    ] = found.map(|text| text.map(|text| text.trim().to_owned()).filter(|text| !is_filler(text)));
    Dmi {
        sys_vendor,
        product_name,
        product_serial: product_serial.filter(|serial| !is_filler_serial(serial)),
        product_uuid: product_uuid.filter(|uuid| !is_filler_uuid(uuid)),
        board_vendor,
        board_name,
        bios_version,
        bios_date,
    }
}

impl Dmi {
    /// Maker and name as a person knows the box: the system's, or the board's where nobody filled those in.
    pub fn names(&self) -> Vec<&str> {
        let system = [&self.sys_vendor, &self.product_name];
        let board = [&self.board_vendor, &self.board_name];
        let names = if self.product_name.is_some() { system } else { board };
        let told = |names: [&'_ Option<String>; 2]| names.iter().any(|name| name.is_some());
        let names = if told(names) { names } else { system };
        names.into_iter().flatten().map(String::as_str).collect()
    }
}

/// Whether memory corrects errors, from one entry of type 16 (Physical Memory Array). `None`: not the
/// system's memory, or the entry does not say.
pub(super) fn corrects(entry: &[u8]) -> Option<bool> {
    const SYSTEM_MEMORY: u8 = 3;
    match entry {
        [16, len, _, _, _location, SYSTEM_MEMORY, correction, ..] if *len >= 7 => {
            match correction {
                5 | 6 => Some(true),      // single-bit, multi-bit
                3 | 4 | 7 => Some(false), // none, parity, CRC: seen, not corrected
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecc_of_entries() {
        // QEMU calls its memory multi-bit ECC.
        let qemu = [16, 0x17, 0, 0x10, 1, 3, 6, 0, 0, 0x30, 0, 0xfe, 0xff, 1, 0];
        assert_eq!(corrects(&qemu), Some(true));
        assert_eq!(corrects(&[16, 0x17, 0, 0x10, 3, 3, 3]), Some(false));
        assert_eq!(corrects(&[16, 0x17, 0, 0x10, 3, 3, 2]), None);
        assert_eq!(corrects(&[16, 0x17, 0, 0x10, 3, 5, 6]), None, "flash, not memory");
        for bytes in [&[][..], &[16], &[17, 0x17, 0, 0x10, 1, 3, 6], &[16, 6, 0, 0, 1, 3, 6]] {
            assert_eq!(corrects(bytes), None);
        }
    }

    #[test]
    fn what_nobody_filled_in_is_not_known_and_the_board_stands_in() {
        let of = |texts: [&str; 8]| strings(texts.map(|text| Some(text.to_owned())));
        let oem = "To Be Filled By O.E.M.";
        let uuid = "03000200-0400-0500-0006-000700080009";
        let dmi = of([oem, oem, oem, uuid, "ASRock", "A320M", "P5.90", "01/02/2020"]);
        assert_eq!((&dmi.sys_vendor, &dmi.product_name), (&None, &None));
        assert_eq!((&dmi.product_serial, &dmi.product_uuid), (&None, &None));
        assert_eq!(dmi.names(), ["ASRock", "A320M"]);
        let dmi = of(["HP", "ProLiant", "0123456789", "x1y2", "HP", "Board", "J06", "2019"]);
        assert_eq!((dmi.names(), &dmi.product_serial), (vec!["HP", "ProLiant"], &None));
        let dmi = of(["Acme", "System Product Name", "s", "u", "", "Default string", "", ""]);
        assert_eq!(dmi.names(), ["Acme"]);
        assert!(of([""; 8]).names().is_empty());
    }

    #[test]
    fn strings_are_trimmed() {
        let mut found = [const { None }; 8];
        found[0] = Some("HP\n".to_owned());
        found[5] = Some("    \n".to_owned());
        found[6] = Some("O41    \n".to_owned());
        let dmi = strings(found);
        assert_eq!(dmi.sys_vendor.as_deref(), Some("HP"));
        assert_eq!((dmi.board_name, dmi.bios_version.as_deref()), (None, Some("O41")));
    }
}
