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
