//! SMBIOS: the strings that name a box, and whether its memory corrects errors.
//!
//! Strings come from `/sys/class/dmi/id`, trimmed: makers pad them (`O41    `), and what nobody filled in is not known. Error correction is in
//! type 16 of the table (DSP0134, 7.17), which root alone may read.

use crate::filler::{is_filler, is_filler_serial, is_filler_uuid};
use crate::hw::host::Dmi;

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

/// What a slot for memory holds, as far as error correction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Module {
    /// Nothing.
    Empty,
    /// A module with more bits than it has data.
    Extra,
    /// A module with bits for its data alone.
    Plain,
    /// It is not told.
    NotKnown,
}

/// One entry of type 17 (Memory Device; DSP0134, 7.18): total width at 8, data width at 10, size at 12.
pub(super) fn module(entry: &[u8]) -> Module {
    const UNKNOWN: u16 = 0xffff;
    let word = |at: usize| {
        let two = entry.get(at..at + 2)?;
        Some(u16::from_le_bytes([*two.first()?, *two.last()?]))
    };
    let (Some(17), Some(total), Some(data), Some(size)) =
        (entry.first(), word(8), word(10), word(12))
    else {
        return Module::NotKnown;
    };
    match (total, data) {
        _ if size == 0 => Module::Empty,
        (0 | UNKNOWN, _) | (_, 0 | UNKNOWN) => Module::NotKnown,
        _ if total > data => Module::Extra,
        _ => Module::Plain,
    }
}

/// Whether errors are corrected: the board must be able to, and every module must have the bits.
pub(super) fn corrected(board: Option<bool>, modules: &[Module]) -> Option<bool> {
    let mut there = modules.iter().filter(|module| **module != Module::Empty).peekable();
    if board == Some(false) || there.clone().any(|module| *module == Module::Plain) {
        return Some(false);
    }
    let all = there.peek().is_some() && there.all(|module| *module == Module::Extra);
    board.filter(|_| all)
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

    /// A module of 8 GiB with these widths.
    fn of_widths(total: u16, data: u16) -> Vec<u8> {
        let mut entry = vec![17, 0x28, 0, 0x11, 0, 0x10, 0xfe, 0xff];
        entry.extend(total.to_le_bytes());
        entry.extend(data.to_le_bytes());
        entry.extend([0, 0x20]);
        entry
    }

    #[test]
    fn what_the_board_can_is_not_what_the_modules_do() {
        use Module::{Empty, Extra, NotKnown, Plain};
        let of = |total, data| module(&of_widths(total, data));
        assert_eq!((of(72, 64), of(80, 64), of(64, 64)), (Extra, Extra, Plain));
        assert_eq!((of(0xffff, 64), of(72, 0xffff), of(0, 0)), (NotKnown, NotKnown, NotKnown));
        let mut empty = of_widths(0, 0);
        empty[12..14].copy_from_slice(&[0, 0]);
        assert_eq!((module(&empty), module(&[17, 4]), module(&[])), (Empty, NotKnown, NotKnown));

        for (board, modules, wanted) in [
            (Some(true), &[Extra, Empty][..], Some(true)),
            (Some(true), &[Plain, Empty][..], Some(false)),
            (Some(true), &[Extra, Plain][..], Some(false)),
            (Some(true), &[Extra, NotKnown][..], None),
            (Some(true), &[NotKnown][..], None),
            (Some(true), &[][..], None),
            (Some(true), &[Empty][..], None),
            (Some(false), &[Extra][..], Some(false)),
            (None, &[Extra][..], None),
            (None, &[Plain][..], Some(false)),
        ] {
            assert_eq!(corrected(board, modules), wanted, "{board:?} {modules:?}");
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
