//! What must become zero on a disk before it is proved blank: everything that the sources look at.
//!
//! Pure. The places are those of the proof itself (samples, rooms of ZFS labels), the signatures that were
//! found, and both edges of the disk and of each partition, where file systems, md, LVM, LUKS and firmware RAID
//! keep what they are recognised by. What lies between stays: it is found by nobody, and ZFS writes over it.

use super::label::{self, LABEL};
use super::samples::samples;
use super::sysfs::Partition;
use crate::machine::Span;

/// Zeroed at either end of the disk and of each partition: more than any format that libblkid knows keeps there.
const EDGE: u64 = 16 << 20;
/// Zeroed from a little before a signature.
const ROOM: u64 = 64 << 10;

/// The spans, in order, without overlaps. `signatures`: bytes on the disk at which one was found.
pub(super) fn spans(
    size: u64,
    logical: Option<u32>,
    partitions: &[Partition],
    signatures: &[u64],
) -> Vec<Span> {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut edges = |from: u64, to: u64| {
        ranges.push((from, to.min(from.saturating_add(EDGE))));
        ranges.push((from.max(to.saturating_sub(EDGE)), to));
    };
    edges(0, size);
    for it in partitions {
        edges(it.start, it.start.saturating_add(it.size));
    }
    let of = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    for place in label::places(size, logical, partitions) {
        let labels = place.labels().into_iter().flatten();
        ranges.extend(labels.map(|at| (at, at.saturating_add(of(LABEL)))));
    }
    ranges.extend(samples(size).iter().map(|it| (it.at, it.at.saturating_add(of(it.len)))));
    ranges.extend(signatures.iter().map(|at| (at.saturating_sub(4096), at.saturating_add(ROOM))));
    // Whole sectors of the larger kind are whole ones of the smaller.
    joined(ranges, size, u64::from(logical.unwrap_or(4096).max(512)))
}

/// Sorted, cut to the disk, widened to whole sectors, and without overlaps.
fn joined(mut ranges: Vec<(u64, u64)>, size: u64, sector: u64) -> Vec<Span> {
    for (from, to) in &mut ranges {
        *from -= *from % sector;
        *to = to.div_ceil(sector).saturating_mul(sector).min(size);
    }
    ranges.retain(|(from, to)| from < to);
    ranges.sort_unstable();
    let mut spans: Vec<Span> = Vec::new();
    for (from, to) in ranges {
        match spans.last_mut() {
            Some(last) if from <= last.at + last.len => {
                last.len = last.len.max(to - last.at);
            }
            _ => spans.push(Span { at: from, len: to - from }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn covers(spans: &[Span], from: u64, to: u64) -> bool {
        spans.iter().any(|span| span.at <= from && to <= span.at + span.len)
    }

    proptest! {
        #[test]
        fn all_that_is_looked_at_becomes_zero(
            sectors in 200_000_u64..40_000_000_000,
            start in 34_u64..100_000,
            share in 1_u64..100,
            signature in 0_u64..100_000_000,
        ) {
            let size = sectors * 512;
            let len = (size - start * 512) / 100 * share / 512 * 512;
            let partition = Partition { name: "sda1".into(), number: 1, start: start * 512, size: len };
            let partitions = [partition];
            let spans = spans(size, Some(512), &partitions, &[signature]);
            for sample in samples(size) {
                prop_assert!(covers(&spans, sample.at, sample.at + u64::try_from(sample.len).unwrap()));
            }
            for place in label::places(size, Some(512), &partitions) {
                for at in place.labels().unwrap() {
                    prop_assert!(covers(&spans, at, at + (256 << 10)));
                }
            }
            prop_assert!(covers(&spans, 0, 16 << 20) && covers(&spans, size - (16 << 20), size));
            prop_assert!(covers(&spans, signature, signature + 4096) || signature + (64 << 10) > size);
            prop_assert!(spans.windows(2).all(|two| two[0].at + two[0].len < two[1].at));
            prop_assert!(spans.iter().all(|span| span.at + span.len <= size && span.at % 512 == 0));
            // Minutes at most, not hours: it is not the whole disk.
            prop_assert!(spans.iter().map(|span| span.len).sum::<u64>() < 128 << 20);
        }
    }
}
