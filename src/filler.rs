//! Firmware's filler: what makers leave in a field that should tell one unit from another.
//!
//! A text such as `To Be Filled By O.E.M.` is no name of a box, `0123456789` no serial, and a UUID that a board maker copied into
//! every board is no identity. Whoever reads one of them knows nothing, so each reader asks here. Sources: dumps of SMBIOS
//! tables (linuxhw/DMI), dmidecode's own words for empty fields, serials of USB bridges in public bug reports.

/// Texts, in lower case and without what is no letter or digit.
const TEXTS: &[&str] = &[
    "asset",
    "assetnumber",
    "assettag",
    "baseboard",
    "baseboardmanufacturer",
    "baseboardproduct",
    "baseboardproductname",
    "baseboardserialnumber",
    "baseboardversion",
    "boardmanufacturer",
    "boardname",
    "boardproduct",
    "boardproductname",
    "boardserialnumber",
    "boardvendor",
    "chassisserialnumber",
    "default",
    "defaultstring",
    "empty",
    "filler",
    "invalid",
    "manufacturer",
    "model",
    "na",
    "noassettag",
    "none",
    "noserial",
    "notapplicable",
    "notavailable",
    "notdefined",
    "notpresent",
    "notprovided",
    "notset",
    "notsettable",
    "notspecified",
    "null",
    "oem",
    "oemname",
    "oemproduct",
    "other",
    "product",
    "productname",
    "serial",
    "serialnumber",
    "sn",
    "standard",
    "system",
    "systemmanufacturer",
    "systemname",
    "systemproduct",
    "systemproductname",
    "systemserialnumber",
    "systemuuid",
    "systemvendor",
    "systemversion",
    "undefined",
    "unknown",
    "version",
];
/// Beginnings of longer ones: `To Be Filled By O.E.M. by More String`, `To be set by OEM`.
const HEADS: [&str; 5] = ["tobefilled", "tobeset", "tobedefined", "filledbyoem", "fillbyoem"];
/// UUIDs that stand in boards of several makers; the first two are AMI's sample, in both orders of its bytes.
const UUIDS: [&str; 6] = [
    "03000200040005000006000700080009",
    "00020003000400050006000700080009",
    "000102030405060708090a0b0c0d0e0f",
    "00010203040506070809101112131415",
    "12345678123456781234567812345678",
    "1234567890abcdef1234567890abcdef",
];
/// Serials that USB bridges give to every drive behind them.
const BRIDGES: [&str; 4] = ["152d00539000", "dd56419883891", "db9876543214e", "0123456789000"];

fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// One letter over and over.
fn repeats(text: &str) -> bool {
    let mut letters = text.bytes();
    let first = letters.next();
    letters.all(|letter| Some(letter) == first)
}

/// Whether a text of firmware says nothing: empty, or words that stand for what somebody should have filled in.
pub fn is_filler(text: &str) -> bool {
    let bare = bare(text);
    // A text of another script says something; one of dots and blanks does not.
    if bare.is_empty() {
        return text.is_ascii();
    }
    TEXTS.contains(&bare.as_str()) || HEADS.iter().any(|head| bare.starts_with(head))
}

/// Whether a serial number is none: filler, one letter over and over (`00000000`), digits that count up
/// (`0123456789ABCDEF`, `123456789`), or a bridge's own.
pub fn is_filler_serial(text: &str) -> bool {
    const COUNTS: [&str; 2] =
        ["0123456789abcdef0123456789abcdef", "0123456789012345678901234567890123456789"];
    let bare = bare(text);
    let up = bare.len() >= 5 && COUNTS.iter().any(|run| run.contains(&bare));
    is_filler(text) || repeats(&bare) || up || BRIDGES.contains(&bare.as_str())
}

/// Whether a UUID is one that many boards share.
pub fn is_filler_uuid(text: &str) -> bool {
    let bare = bare(text);
    let head = bare.get(..bare.len().saturating_sub(1)).unwrap_or_default();
    repeats(head) || UUIDS.contains(&bare.as_str()) || is_filler(text)
}

#[cfg(test)]
mod tests {
    use super::{is_filler, is_filler_serial, is_filler_uuid};

    #[test]
    fn words_of_firmware_that_say_nothing() {
        for text in [
            "",
            "  ",
            "...",
            "To Be Filled By O.E.M.",
            "To be filled by O.E.M. by More String",
            "Default string",
            "System Product Name",
            "System manufacturer",
            "System Serial Number",
            "Not Specified",
            "N/A",
            "O.E.M.",
            "None",
            "INVALID",
            "Base Board Product Name",
        ] {
            assert!(is_filler(text) && is_filler_serial(text) && is_filler_uuid(text), "{text}");
        }
        for text in ["HP", "ProLiant MicroServer Gen8", "A320M", "X", "システム", "System x3250"]
        {
            assert!(!is_filler(text), "{text}");
        }
    }

    #[test]
    fn serials_that_count_or_repeat_are_none() {
        for serial in [
            "0123456789",
            "123456789",
            "0123456789ABCDEF",
            "00000000",
            "XXXX",
            "1234567890",
            "0",
            "152D00539000",
        ] {
            assert!(is_filler_serial(serial), "{serial}");
        }
        for serial in ["CZ00000001", "Z4Z0EXA2", "S13PJ0EXAMPLE", "1234567891", "0001"] {
            assert!(!is_filler_serial(serial), "{serial}");
        }
    }

    #[test]
    fn uuids_that_many_boards_share_are_none() {
        for uuid in [
            "03000200-0400-0500-0006-000700080009",
            "00020003-0004-0005-0006-000700080009",
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "00000000-0000-0000-0000-000000000001",
        ] {
            assert!(is_filler_uuid(uuid), "{uuid}");
        }
        assert!(!is_filler_uuid("31393637-3136-5a43-3334-343130303031"));
    }
}
