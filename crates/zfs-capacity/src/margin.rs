//! How close a vdev is to its next metaslab, and to refusing a new drive.
//!
//! SIZE moves in whole metaslabs, so that a few MiB more on each drive may give 16 GiB, or nothing. The same
//! end of a vdev decides how much smaller a replacement may be. Neither is printed by ZFS.

use serde::Serialize;

use super::kind::Kind;
use super::vdev::{Part, VdevCapacity};
use crate::units::Bytes;

/// Less than this between a drive and the smallest that may replace it is little: makers differ by some MiB.
const LITTLE: Bytes = Bytes(1 << 30);

/// Where a vdev stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Margin {
    /// Raw bytes beyond the last whole metaslab.
    pub above: Bytes,
    /// Raw bytes short of one more.
    pub below: Bytes,
    /// The same on each drive of the vdev, rounded up.
    pub below_per_drive: Bytes,
    /// Bytes of a metaslab: what one more gives.
    pub metaslab: Bytes,
    /// The smallest drive with sectors of 512 bytes that it takes in place of one of its own.
    pub smallest: Bytes,
    /// The smallest 4Kn drive; `None`: it takes no such drive.
    pub smallest_4kn: Option<Bytes>,
    /// How much smaller than the smallest of its drives a new one may be.
    pub slack: Bytes,
    /// Whether a 4Kn drive of the smallest one's bytes is too small, or no such drive is taken at all.
    pub refuses_4kn: bool,
    /// Whether so little room is left that another maker's drive of the same label may be too small.
    pub is_tight: bool,
}

impl Margin {
    /// Of a vdev, and what was reckoned of it.
    pub fn of(part: &Part, vdev: &VdevCapacity) -> Self {
        let metaslab = 1_u64.checked_shl(vdev.ms_shift).unwrap_or(u64::MAX);
        let above = vdev.asize.0 % metaslab;
        let below = metaslab - above;
        let leaves = match vdev.kind {
            Kind::Stripe | Kind::Mirror => 1,
            Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 => vdev.width.max(1),
            Kind::Draid(draid) => (draid.children() - draid.spares()).max(1),
        };
        let replacement = vdev.replacement;
        let slack = replacement.slack(&part.vdev.leaves);
        let small = part.vdev.leaves.iter().map(|drive| drive.bytes).min();
        let fits = replacement.drive_4kn.zip(small).is_some_and(|(least, small)| least <= small);
        Self {
            above: Bytes(above),
            below: Bytes(below),
            below_per_drive: Bytes(below.div_ceil(leaves)),
            metaslab: Bytes(metaslab),
            smallest: replacement.drive_512,
            smallest_4kn: replacement.drive_4kn,
            slack,
            refuses_4kn: !fits,
            is_tight: slack < LITTLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Margin;
    use crate::units::{Ashift, Bytes};
    use crate::{Part, Terms, of_parts, spec};

    fn margin(parts: &[Part]) -> Margin {
        Margin::of(&parts[0], &of_parts(parts, Terms::default()).unwrap().vdevs[0])
    }

    fn of(spec: &str) -> Margin {
        margin(&spec::parse(spec, Ashift::DEFAULT).unwrap())
    }

    #[test]
    fn eight_of_12_tb_miss_a_metaslab_by_116_mib() {
        let margin = of("raidz1:8x12TB");
        assert_eq!(margin.below.0 / 1_000_000, 121);
        assert_eq!(margin.above.0 + margin.below.0, 1 << 34);
        // So much more on each drive gives it, and a little less does not.
        let size = |more: u64| {
            let mut parts = spec::parse("raidz1:8x12TB", Ashift::DEFAULT).unwrap();
            for drive in &mut parts[0].vdev.leaves {
                drive.bytes.0 += more;
            }
            of_parts(&parts, Terms::default()).unwrap().size.0
        };
        let wanted = margin.below_per_drive.0.next_multiple_of(1 << 20);
        assert_eq!(size(wanted) - size(0), 1 << 34);
        assert_eq!(size(wanted - (2 << 20)), size(0));
    }

    #[test]
    fn drives_that_may_be_too_small_are_warned_of() {
        let eight = of("raidz1:4x8TB");
        assert_eq!(eight.slack, Bytes(24_452_608));
        assert!(eight.is_tight && eight.refuses_4kn);
        let one = of("raidz1:4x1TB");
        assert!(!one.is_tight && !one.refuses_4kn);
        let six = of("raidz2:6x4TB");
        assert!(six.is_tight && !six.refuses_4kn, "693 MiB");
        let parts = spec::parse("mirror:2x1TB", Ashift::MIN).unwrap();
        assert!(margin(&parts).refuses_4kn, "ashift 9 takes no 4Kn drive");
    }
}
