//! Sampled blocks: does a disk on which nobody found anything hold bytes all the same?
//!
//! The start and the end are read without gaps, the rest at places spread evenly, the exact middle among
//! them. Zeros in all of them are the last of the four proofs that a disk is free; anything else is bytes
//! without a meaning, which may be anything: encrypted, of an unknown system, or half overwritten.

/// Read at once; small, so that little is read of a disk whose first bytes tell.
const PIECE: u64 = 512 << 10;
/// Read without gaps at either end.
const EDGE: u64 = 4 << 20;
/// Places between, at whole multiples of `size / SPREAD`.
const SPREAD: u64 = 32;
/// Read at each of them, half of it before.
const SPOT: u64 = 128 << 10;

/// A sample: first byte and length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub len: usize,
}

/// The samples of a disk of `size` bytes, in order of place.
pub(super) fn samples(size: u64) -> Vec<Sample> {
    let mut ranges = Vec::new();
    let mut gapless = |from: u64, to: u64| {
        let mut at = from;
        while at < to {
            ranges.push((at, to.min(at + PIECE)));
            at += PIECE;
        }
    };
    if size <= 2 * EDGE + SPREAD * SPOT {
        gapless(0, size);
    } else {
        gapless(0, EDGE);
        gapless(size - EDGE, size);
        for index in 1..SPREAD {
            let middle = size / SPREAD * index + size % SPREAD * index / SPREAD;
            let middle = middle - middle % 4096;
            ranges.push((middle - SPOT / 2, middle + SPOT / 2));
        }
    }
    ranges.sort_unstable();
    let sample = |(at, to): (u64, u64)| usize::try_from(to - at).ok().map(|len| Sample { at, len });
    ranges.into_iter().filter_map(sample).collect()
}

/// The first byte that is not zero.
pub(super) fn first_byte(bytes: &[u8]) -> Option<usize> {
    const ZEROS: [u8; 4096] = [0; 4096];
    // Compared by the block: byte by byte takes seconds where there are twenty-four disks.
    let block =
        bytes.chunks(ZEROS.len()).position(|block| ZEROS.get(..block.len()) != Some(block))?;
    let from = block * ZEROS.len();
    bytes.get(from..)?.iter().position(|byte| *byte != 0).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_byte() {
        let mut bytes = vec![0; 10_000];
        assert_eq!(first_byte(&bytes), None);
        bytes[9_999] = 1;
        assert_eq!(first_byte(&bytes), Some(9_999));
        bytes[4_096] = 1;
        assert_eq!(first_byte(&bytes), Some(4_096));
    }

    proptest! {
        #[test]
        fn samples_lie_within_and_have_both_ends_and_the_middle(size in 4096_u64..1 << 45) {
            let samples = samples(size);
            let to = |sample: &Sample| sample.at + u64::try_from(sample.len).unwrap();
            prop_assert!(samples.iter().all(|it| it.len > 0 && to(it) <= size));
            prop_assert!(samples.iter().map(|it| it.len).sum::<usize>() <= 13 << 20);
            prop_assert_eq!(samples[0].at, 0);
            prop_assert!(samples.iter().any(|it| to(it) == size));
            for at in [0, size / 2, size / 4 * 3, size - 1, 4096.min(size - 1)] {
                prop_assert!(samples.iter().any(|it| it.at <= at && at < to(it)), "{}", at);
            }
        }
    }
}
