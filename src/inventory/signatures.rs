//! What libblkid finds, all of it: the JSON of `wipefs --no-act --json`.
//!
//! udev, lsblk and blkid ask the same library but show one answer of several, or none where the answers
//! contradict each other (ext4 over stale ZFS labels). wipefs(8) lists every signature. It is asked once
//! for a disk and all of its partitions.

use serde::Deserialize;

use super::{Signature, Unknown};
use crate::machine::{Cmd, WIPEFS};

/// A signature and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Kernel name of the disk or partition.
    pub device: String,
    /// Byte on it, hexadecimal, as wipefs writes it.
    pub offset: String,
    /// `filesystem`, `raid`, `crypto`, `partition-table`, `other`.
    pub usage: String,
    /// What it is.
    pub signature: Signature,
}

impl Found {
    /// True for the signatures of a partition table.
    pub fn is_table(&self) -> bool {
        self.usage == "partition-table"
    }

    /// In words: `ext4 "photos" on sda1`.
    pub fn words(&self) -> String {
        format!("{} on {}", spoken(&self.signature), self.device)
    }
}

/// `ext4 "photos"`.
pub(super) fn spoken(signature: &Signature) -> String {
    match &signature.label {
        Some(label) => format!("{} \"{label}\"", signature.kind),
        None => signature.kind.clone(),
    }
}

/// The command that asks for devices, by kernel name.
pub(super) fn command<'a>(devices: impl IntoIterator<Item = &'a str>) -> Cmd {
    let output = ["--no-act", "--json", "--output", "DEVICE,OFFSET,TYPE,USAGE,UUID,LABEL"];
    let devices = devices.into_iter().map(|name| format!("/dev/{name}"));
    Cmd::new(WIPEFS, output.into_iter().map(str::to_owned).chain(devices))
}

#[derive(Deserialize)]
struct Document {
    signatures: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    device: String,
    offset: String,
    #[serde(rename = "type")]
    kind: String,
    usage: Option<String>,
    uuid: Option<String>,
    label: Option<String>,
}

/// Reads the answer.
pub(super) fn signatures(text: &str) -> Result<Vec<Found>, Unknown> {
    // Before util-linux 2.41 it writes nothing at all where it finds nothing.
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let document: Document = serde_json::from_str(text)
        .map_err(|why| Unknown::because(format!("`wipefs --json` wrote no such JSON: {why}")))?;
    let clean = |text: String| -> Option<String> {
        let text: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
        (!text.is_empty()).then_some(text)
    };
    let found = |row: Row| Found {
        device: row.device,
        offset: row.offset,
        usage: row.usage.unwrap_or_default(),
        signature: Signature {
            kind: row.kind,
            label: row.label.and_then(clean),
            uuid: row.uuid.and_then(clean),
        },
    };
    Ok(document.signatures.into_iter().map(found).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_and_its_partitions_in_one_question() {
        // util-linux 2.41.
        let found = signatures(include_str!("samples/wipefs.json")).unwrap();
        let words: Vec<_> = found.iter().map(Found::words).collect();
        assert_eq!(
            words,
            ["gpt on sdm", "gpt on sdm", "PMBR on sdm", "ext4 \"old\" on sdm1", "swap on sdm2"]
        );
        assert!(found[2].is_table() && !found[3].is_table());
        assert_eq!(
            command(["sdm", "sdm1"]).to_string(),
            "wipefs --no-act --json --output \
            DEVICE,OFFSET,TYPE,USAGE,UUID,LABEL /dev/sdm /dev/sdm1"
        );
    }

    #[test]
    fn nothing_found_has_two_forms() {
        assert_eq!(signatures("{\n   \"signatures\": [\n\n   ]\n}\n"), Ok(vec![]));
        assert_eq!(signatures(""), Ok(vec![]));
    }

    #[test]
    fn anything_else_is_an_error() {
        for text in ["{", "[]", "{}", "{\"signatures\": [{\"device\": \"sda\"}]}", "ext4"] {
            assert!(signatures(text).is_err(), "{text}");
        }
    }

    #[test]
    fn labels_cannot_move_the_cursor() {
        let row = r#"{"device":"sda","offset":"0x0","type":"vfat","usage":"filesystem","label":"a\u001b[2J"}"#;
        let found = signatures(&format!("{{\"signatures\": [{row}]}}")).unwrap();
        assert_eq!(found[0].words(), "vfat \"a?[2J\" on sda");
    }
}
