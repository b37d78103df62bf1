//! How long a resilver of a full drive takes: a range, since nobody knows how busy the pool will be.
//!
//! OpenZFS rebuilds a leaf at what one drive takes, sequentially since 0.8: 150 MB/s at best, a third of that on a
//! pool that is in use. Whole hours, rounded, at least one.

use super::kind::Kind;
use crate::units::Bytes;

/// Bytes a second at best and under load.
const BEST: u64 = 150_000_000;
const LOADED: u64 = 50_000_000;

/// Bytes that the busiest drive moves while a lost one of so many bytes is rebuilt: into a spare all of them; dRAID with
/// spares reads and writes on all drives at once.
pub fn moved(kind: Kind, drive: Bytes) -> Bytes {
    match kind {
        Kind::Draid(draid) if draid.spares() > 0 => {
            let others = (draid.children() - 1).max(1);
            let moved = u128::from(drive.0) * u128::from(draid.data() + 1);
            Bytes(u64::try_from(moved / u128::from(others)).unwrap_or(u64::MAX))
        }
        _ => drive,
    }
}

/// Hours for the quickest vdev at best and for the slowest one under load; `leaves` has the bytes that each vdev
/// keeps on a drive, which are those of its smallest one. None: nothing to resilver, `(0, 0)`.
pub fn hours(leaves: impl IntoIterator<Item = Bytes>) -> (u64, u64) {
    let mut range: Option<(Bytes, Bytes)> = None;
    for leaf in leaves {
        let (least, most) = range.unwrap_or((leaf, leaf));
        range = Some((least.min(leaf), most.max(leaf)));
    }
    let at = |bytes: Bytes, rate: u64| (bytes.0.saturating_add(rate * 1800) / rate / 3600).max(1);
    range.map_or((0, 0), |(least, most)| (at(least, BEST), at(most, LOADED)))
}

#[cfg(test)]
mod tests {
    use super::hours;
    use crate::units::Bytes;

    const TB: u64 = 1_000_000_000_000;

    #[test]
    fn a_drive_of_4_tb_is_done_within_a_day() {
        assert_eq!(hours([Bytes(4_000_787_030_016)]), (7, 22));
        assert_eq!(hours([Bytes(2 * TB)]), (4, 11));
        assert_eq!(hours([Bytes(8_001_563_222_016)]), (15, 44));
        assert_eq!(hours([Bytes(TB), Bytes(2 * TB)]), (2, 11), "from one vdev to the other");
        assert_eq!(hours([Bytes(1)]), (1, 1));
        assert_eq!(hours([Bytes(u64::MAX)]), (34_160_637, 102_481_911), "no overflow");
        assert_eq!(hours([]), (0, 0));
    }
}
