//! The smallest drive that ZFS takes in place of a leaf: the chain walked backwards.
//!
//! A vdev only insists on its whole metaslabs, so that a drive may be smaller than the one it
//! replaces by a leaf's share of the rest: 3.5 GiB for 4 x 1 TB raidz, but 23 MiB for 4 x 8 TB,
//! where a 4Kn drive of the very same size is refused. `zpool replace` finds out only after it has
//! written a partition table to the new drive; so we ask first.

use serde::{Deserialize, Serialize};

use super::cut::Cut;
use super::draid;
use super::drive::Drive;
use super::error::CapacityError;
use super::kind::Kind;
use super::leaf::smallest_device;
use super::metaslab::Metaslabs;
use super::zfs::Zfs;
use crate::units::{Ashift, Bytes};

/// What a leaf of a vdev may be replaced by, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replacement {
    /// Allocatable bytes of the leaf (`vdev_get_min_asize`).
    pub leaf: Bytes,
    /// Length of the partition or other device under it.
    pub partition: Bytes,
    /// A whole drive with 512-byte logical sectors.
    pub drive_512: Bytes,
    /// A whole drive with 4096-byte logical sectors; `None` where the vdev's ashift is below 12 and
    /// ZFS takes no such drive.
    pub drive_4kn: Option<Bytes>,
}

impl Replacement {
    /// What the drives of the vdev have to spare: how much smaller than the smallest of them a new one may be. `drives`
    /// are those of the vdev; zero where there is none.
    pub fn slack(&self, drives: &[Drive]) -> Bytes {
        let spare = |drive: &Drive| {
            let needed = match (drive.logical_sector, self.drive_4kn) {
                (4096, Some(needed)) => needed,
                _ => self.drive_512,
            };
            Bytes(drive.bytes.0.saturating_sub(needed.0))
        };
        drives.iter().map(spare).min().unwrap_or(Bytes::ZERO)
    }
}

impl Replacement {
    /// The same for a device of at least so many bytes.
    ///
    /// # Errors
    /// Sizes that no drive has.
    pub fn at_least(self, device: Bytes, zfs: Zfs) -> Result<Self, CapacityError> {
        if device <= self.partition {
            return Ok(self);
        }
        let drive =
            |sector| Cut::Whole.smallest_drive(zfs, device, sector).map(|drive| drive.bytes);
        let drive_4kn = self.drive_4kn.map(|_| drive(4096)).transpose()?;
        Ok(Self { partition: device, drive_512: drive(512)?, drive_4kn, ..self })
    }

    /// Of a vdev that exists: `size` is what ZFS says of its metaslabs (`vs_space`), which is what it insists on.
    ///
    /// # Errors
    /// Sizes that no drive has.
    pub fn of_existing(
        kind: Kind,
        width: u64,
        ashift: Ashift,
        size: Bytes,
        zfs: Zfs,
    ) -> Result<Self, CapacityError> {
        least(kind, width, ashift, size.0, (zfs, Cut::Whole))
    }
}

/// The least that a leaf must have, for a vdev of these metaslabs (`vdev_get_min_asize`,
/// `vdev_raidz_min_asize`, `vdev_draid_min_asize`, checked in `spa_vdev_attach`).
pub(super) fn smallest(
    kind: Kind,
    width: u64,
    ashift: Ashift,
    metaslabs: Metaslabs,
    terms: (Zfs, Cut),
) -> Result<Replacement, CapacityError> {
    least(kind, width, ashift, metaslabs.bytes(), terms)
}

fn least(
    kind: Kind,
    width: u64,
    ashift: Ashift,
    bytes: u64,
    (zfs, cut): (Zfs, Cut),
) -> Result<Replacement, CapacityError> {
    let (leaves, reserve) = match kind {
        Kind::Stripe | Kind::Mirror => (1, 0),
        Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 => (width.max(1), 0),
        Kind::Draid(draid) => (draid.disks().max(1), draid::REFLOW_RESERVE),
    };
    let leaf = Bytes(bytes.div_ceil(leaves) + reserve);
    let partition = smallest_device(leaf)?;
    let drive = |sector| cut.smallest_drive(zfs, partition, sector).map(|drive| drive.bytes);
    Ok(Replacement {
        leaf,
        partition,
        drive_512: drive(512)?,
        drive_4kn: (ashift >= Ashift::DEFAULT).then(|| drive(4096)).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::Replacement;
    use crate::units::{Ashift, Bytes};
    use crate::{Drive, Kind, Vdev, leaf, partition};

    const MIB: u64 = 1 << 20;

    fn of(kind: Kind, terabytes: &[u64]) -> Replacement {
        let tb = |tb: &u64| Drive::labelled(Bytes(tb * 1_000_000_000_000)).unwrap();
        let leaves = terabytes.iter().map(tb).collect();
        Vdev { kind, leaves, ashift: Ashift::DEFAULT }.capacity().unwrap().replacement
    }

    /// Whether ZFS would take it, walking forwards.
    fn takes(replacement: Replacement, drive: Drive) -> bool {
        let leaf = leaf::leaf(partition::partition(drive).unwrap()).unwrap();
        leaf >= replacement.leaf
    }

    /// OpenZFS 2.3.9 took 23 MiB less and refused 24 MiB less and a 4Kn drive of the same size.
    #[test]
    fn four_of_8_tb_have_23_mib_to_spare() {
        let eight = 8_001_563_222_016;
        let replacement = of(Kind::Raidz1, &[8; 4]);
        assert_eq!(replacement.leaf, Bytes(8_001_524_072_448));
        assert_eq!(replacement.partition, Bytes(8_001_528_791_040));
        assert_eq!(replacement.drive_512, Bytes(eight - 24_452_608));
        let drives = [Drive::sector_512(Bytes(eight)); 4];
        assert_eq!(replacement.slack(&drives), Bytes(24_452_608));
        assert!(takes(replacement, Drive::sector_512(Bytes(eight - 23 * MIB))));
        assert!(!takes(replacement, Drive::sector_512(Bytes(eight - 24 * MIB))));
        assert!(!takes(replacement, Drive::sector_4kn(Bytes(eight))));
        assert!(replacement.drive_4kn.unwrap() > Bytes(eight));
    }

    #[test]
    fn the_smallest_drive_is_taken_and_a_sector_less_is_not() {
        for (kind, terabytes) in [
            (Kind::Stripe, &[3][..]),
            (Kind::Mirror, &[1, 2]),
            (Kind::Mirror, &[12; 3]),
            (Kind::Raidz1, &[1, 2, 2, 2]),
            (Kind::Raidz2, &[16; 12]),
            (Kind::Raidz3, &[20; 24]),
        ] {
            let smallest = of(kind, terabytes);
            let (small, large) = (smallest.drive_512.0, smallest.drive_4kn.unwrap().0);
            assert!(takes(smallest, Drive::sector_512(Bytes(small))), "{kind}");
            assert!(!takes(smallest, Drive::sector_512(Bytes(small - 512))), "{kind}");
            assert!(takes(smallest, Drive::sector_4kn(Bytes(large))), "{kind}");
            assert!(!takes(smallest, Drive::sector_4kn(Bytes(large - 4096))), "{kind}");
        }
    }

    #[test]
    fn the_first_article_takes_drives_from_here() {
        let replacement = of(Kind::Raidz1, &[1, 2, 2, 2]);
        assert_eq!(replacement.drive_512, Bytes(996_447_109_632));
        assert_eq!(replacement.drive_4kn, Some(Bytes(996_516_319_232)));
        let (one, two) = (1_000_204_886_016, 2_000_398_934_016);
        let drives = [one, two, two, two].map(|bytes| Drive::sector_512(Bytes(bytes)));
        assert_eq!(replacement.slack(&drives), Bytes(one - 996_447_109_632), "of the smallest");
    }

    #[test]
    fn an_old_pool_takes_no_4kn_drive() {
        let drive = Drive::labelled(Bytes(1_000_000_000_000)).unwrap();
        let vdev = Vdev { kind: Kind::Stripe, leaves: vec![drive], ashift: Ashift::MIN };
        assert_eq!(vdev.capacity().unwrap().replacement.drive_4kn, None);
    }
}
