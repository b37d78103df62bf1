//! Blocks of a disk as a recording keeps them: without their runs of zeros.
//!
//! An extent answers any question that lies within it, so a recording does not depend on how its reader cuts
//! the disk into pieces. What it says of itself is never trusted: only what was asked for is allocated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{IoError, from_hex, to_hex};

/// Fewer zeros than this are written out, as that takes less than to leave them out.
const RUN: usize = 32;

/// Blocks of a disk that were read at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// First byte.
    pub at: u64,
    /// Bytes that were asked for.
    pub len: usize,
    /// Bytes that came, where the device ended before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<usize>,
    /// Why none came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<IoError>,
    /// What is not zero: place within the extent, hexadecimal digits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<usize, String>,
}

impl Extent {
    /// From what the machine returned.
    pub fn of(at: u64, len: usize, result: &Result<Vec<u8>, IoError>) -> Self {
        let mut extent = Self { at, len, short: None, refused: None, data: BTreeMap::new() };
        match result {
            Err(refused) => extent.refused = Some(refused.clone()),
            Ok(bytes) => {
                extent.short = (bytes.len() != len).then_some(bytes.len());
                extent.data = pieces(bytes);
            }
        }
        extent
    }

    /// The answer to a question that lies within this extent; `None`: it does not, or the recording
    /// contradicts itself.
    pub fn answer(&self, at: u64, len: usize) -> Option<Result<Vec<u8>, IoError>> {
        let from = usize::try_from(at.checked_sub(self.at)?).ok()?;
        let to = from.checked_add(len)?;
        if to > self.len {
            return None;
        }
        if let Some(refused) = &self.refused {
            return Some(Err(refused.clone()));
        }
        let there = self.short.unwrap_or(self.len).min(to).saturating_sub(from);
        let mut bytes = vec![0; there];
        for (place, hex) in &self.data {
            for (index, byte) in (*place..).zip(from_hex(hex)?) {
                if let Some(slot) = index.checked_sub(from).and_then(|index| bytes.get_mut(index)) {
                    *slot = byte;
                }
            }
        }
        Some(Ok(bytes))
    }
}

/// The pieces between the runs of zeros.
fn pieces(bytes: &[u8]) -> BTreeMap<usize, String> {
    let mut pieces = BTreeMap::new();
    let mut at = 0;
    while let Some(start) = bytes[at..].iter().position(|byte| *byte != 0).map(|skip| at + skip) {
        let mut end = start;
        let mut zeros = 0;
        for (index, byte) in bytes.iter().enumerate().skip(start) {
            if *byte == 0 {
                zeros += 1;
            } else {
                (zeros, end) = (0, index + 1);
            }
            if zeros >= RUN {
                break;
            }
        }
        pieces.insert(start, to_hex(&bytes[start..end]));
        at = end;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_blank_extent_is_tiny() {
        let extent = Extent::of(0, 4 << 20, &Ok(vec![0; 4 << 20]));
        assert_eq!(serde_json::to_string(&extent).unwrap(), r#"{"at":0,"len":4194304}"#);
        assert_eq!(extent.answer(1 << 20, 1 << 20), Some(Ok(vec![0; 1 << 20])));
        assert_eq!(extent.answer(1 << 20, 4 << 20), None);
    }

    #[test]
    fn the_end_of_a_device_is_the_end() {
        let extent = Extent::of(100, 10, &Ok(vec![1; 6]));
        assert_eq!(extent.answer(104, 6), Some(Ok(vec![1; 2])));
        assert_eq!(extent.answer(108, 2), Some(Ok(vec![])));
    }

    proptest! {
        #[test]
        fn extents_answer_as_the_device_did(
            blocks in proptest::collection::vec((any::<u8>(), 0_usize..80), 0..20),
            from in 0_usize..200, len in 0_usize..200,
        ) {
            let bytes: Vec<u8> =
                blocks.into_iter().flat_map(|(byte, count)| vec![byte & 1; count]).collect();
            let extent = Extent::of(5, bytes.len(), &Ok(bytes.clone()));
            let answer = extent.answer(5 + u64::try_from(from).unwrap(), len);
            let expected = bytes.get(from..from + len).map(<[u8]>::to_vec).map(Ok);
            prop_assert_eq!(answer, expected);
        }
    }
}
