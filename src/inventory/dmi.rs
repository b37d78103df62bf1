//! SMBIOS: the strings that name a box, and whether its memory corrects errors.
//!
//! Strings come from `/sys/class/dmi/id`, trimmed: makers pad them (`O41    `). Error correction is in
//! type 16 of the table (DSP0134, 7.17), which root alone may read.

use super::Dmi;

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
    ] = found.map(|text| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()));
    Dmi {
        sys_vendor,
        product_name,
        product_serial,
        product_uuid,
        board_vendor,
        board_name,
        bios_version,
        bios_date,
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
