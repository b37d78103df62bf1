//! What a recording keeps of the blocks of a drive: what zbay's readers take from them, and not a byte of anybody's data.
//!
//! Of a ZFS label the pairs that [`super::label`] reads, packed again, and its uberblocks' magic, group and time. Of all else only where
//! the first byte that is not zero lies: that is what a sample tells. The key slots of LUKS, the edges of file systems and what an
//! earlier owner left beside a label are none of it.

use super::label::{ECK_MAGIC, LABEL, NVLIST, NVLIST_LEN, UBER_MAGIC, UBER_SLOT, UBERBLOCKS};
use super::nvlist::{List, Scalar};
use crate::machine::disguise::Disguise;
use crate::machine::extent::Extent;

/// The pairs of a label that are read.
const PAIRS: [&str; 14] = [
    "version",
    "state",
    "txg",
    "name",
    "pool_guid",
    "guid",
    "hostname",
    "hostid",
    "comment",
    "vdev_tree",
    "type",
    "nparity",
    "is_log",
    "children",
];

/// Adds the names in a drive's labels.
pub fn names(blocks: &[Extent], disguise: &mut Disguise) {
    for (_, bytes) in labels(blocks) {
        let Some(list) = room(&bytes).and_then(|room| List::unpack(room).ok()) else { continue };
        list.each(&mut |name, value| match (name, value) {
            ("pool_guid" | "guid" | "top_guid", Scalar::Number(guid)) => disguise.guid(guid),
            ("hostid", Scalar::Number(hostid)) => {
                disguise.hostid(u32::try_from(hostid).unwrap_or_default());
            }
            ("name" | "hostname", Scalar::Text(name)) => disguise.word(name),
            _ => {}
        });
    }
}

/// A drive's blocks as they are kept.
pub fn kept(blocks: &[Extent], disguise: &Disguise) -> Vec<Extent> {
    let labels: Vec<(u64, Vec<u8>)> =
        labels(blocks).into_iter().map(|(at, bytes)| (at, label(&bytes, disguise))).collect();
    blocks.iter().map(|extent| reduced(extent, &labels)).collect()
}

/// What was read of the places of labels.
fn labels(blocks: &[Extent]) -> Vec<(u64, Vec<u8>)> {
    let read = |extent: &Extent| match extent.answer(extent.at, extent.len) {
        Some(Ok(bytes)) if extent.len == LABEL => Some((extent.at, bytes)),
        _ => None,
    };
    blocks.iter().filter_map(read).collect()
}

fn room(label: &[u8]) -> Option<&[u8]> {
    label.get(NVLIST..NVLIST + NVLIST_LEN)
}

fn label(bytes: &[u8], disguise: &Disguise) -> Vec<u8> {
    let mut out = vec![0; bytes.len()];
    let mut put = |at: usize, piece: &[u8]| {
        if let Some(slot) = out.get_mut(at..at + piece.len()) {
            slot.copy_from_slice(piece);
        }
    };
    if let Some(room) = room(bytes) {
        let text = |name: &str, text: &str| match name {
            "comment" if !text.starts_with("zbay:") => "-".to_owned(),
            "comment" => disguise.marks(text),
            "type" => text.to_owned(),
            _ => disguise.name(text),
        };
        if let Ok(list) = List::unpack(room) {
            put(NVLIST, &list.pack(&PAIRS, &text, &|number| disguise.number(number)));
        }
        let magic = NVLIST_LEN - 40..NVLIST_LEN - 32;
        if let Some(is) = room.get(magic.clone())
            && [ECK_MAGIC.to_le_bytes(), ECK_MAGIC.to_be_bytes()].iter().any(|magic| is == magic)
        {
            put(NVLIST + magic.start, is);
        }
    }
    for (index, slot) in bytes.get(UBERBLOCKS..).unwrap_or_default().chunks(UBER_SLOT).enumerate() {
        let magic = slot.get(..8).unwrap_or_default();
        if [UBER_MAGIC.to_le_bytes(), UBER_MAGIC.to_be_bytes()].iter().any(|known| magic == known) {
            // Magic, version, group; the sum of all GUIDs is left out; time.
            for words in [0..24, 32..40] {
                put(
                    UBERBLOCKS + index * UBER_SLOT + words.start,
                    slot.get(words).unwrap_or_default(),
                );
            }
        }
    }
    out
}

fn reduced(extent: &Extent, labels: &[(u64, Vec<u8>)]) -> Extent {
    let Some(Ok(bytes)) = extent.answer(extent.at, extent.len) else { return extent.clone() };
    let mut out = vec![0; bytes.len()];
    for (at, label) in labels {
        // The piece of the label that lies in this extent.
        let (from, skip) = (at.saturating_sub(extent.at), extent.at.saturating_sub(*at));
        if let (Ok(from), Ok(skip)) = (usize::try_from(from), usize::try_from(skip)) {
            let (from, skip) = (from.min(out.len()), skip.min(label.len()));
            for (to, byte) in out[from..].iter_mut().zip(&label[skip..]) {
                *to = *byte;
            }
        }
    }
    let first = bytes.iter().position(|byte| *byte != 0);
    if let (Some(first), true) = (first, out.iter().all(|byte| *byte == 0) && extent.len != LABEL) {
        out[first] = 1;
    }
    let mut new = Extent::of(extent.at, extent.len, &Ok(out));
    new.short = extent.short;
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_anothers_data_only_its_place_is_left() {
        let mut bytes = vec![0; 1 << 20];
        bytes[4096..4096 + 18].copy_from_slice(b"a diary of someone");
        let kept = kept(&[Extent::of(0, bytes.len(), &Ok(bytes.clone()))], &Disguise::default());
        let out = kept[0].answer(0, bytes.len()).unwrap().unwrap();
        assert_eq!(out.iter().position(|byte| *byte != 0), Some(4096));
        assert_eq!(out.iter().filter(|byte| **byte != 0).count(), 1);
    }
}
