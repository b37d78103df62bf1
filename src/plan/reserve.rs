//! Drives with a reserve: cut before the pool is made, so that a drive that is a little smaller can replace one later.
//!
//! The pool is then made of the first partitions. Their ends are computed from the size that was looked at, never from
//! what a tool thinks is the end, so that the capacity model and the drive agree to the byte.

use camino::{Utf8Path, Utf8PathBuf};

use crate::capacity::{CapacityError, cut::Cut};
use crate::plan::pick::{Picked, Picks};
use crate::profile::Profile;
use crate::step::free;
use crate::step::{Danger, Effect, Fingerprint, Step, command, run, step};
use crate::units::Bytes;

/// How the drives of a profile are cut.
pub fn cut_of(profile: &Profile) -> Cut {
    profile.pool.reserve.map_or(Cut::Whole, Cut::Reserve)
}

/// The device that a data drive becomes a leaf as: itself, or its first partition.
pub fn device(profile: &Profile, whole: &Utf8Path) -> Utf8PathBuf {
    match profile.pool.reserve {
        None => whole.to_owned(),
        Some(_) => command::part(whole, 1),
    }
}

/// The step that cuts the data drives; `None`: the profile has no reserve, or a drive is too small for it, which the
/// outlook refuses.
pub fn cut_step(profile: &Profile, picks: &Picks<'_>, prints: &[Fingerprint]) -> Option<Step> {
    let reserve = profile.pool.reserve?;
    let data: Vec<&Picked<'_>> = picks.data.iter().flatten().collect();
    let commands = data.iter().map(|pick| {
        let address = pick.disk.address.clone().unwrap_or_default();
        let length = length(pick, reserve)?;
        Ok(command::first_partition(&address, pick.disk.sector(), length))
    });
    let mut commands = commands.collect::<Result<Vec<_>, CapacityError>>().ok()?;
    commands.push(command::settle());
    let what = format!(
        "partition the {} data drives: {} at the end of each stays free",
        data.len(),
        reserve.zfs()
    );
    let mut cut = step(what, Effect::Cut, Danger::TakesFreeDisks, run(commands));
    cut.before = free(prints, |print| print.role == "data");
    Some(cut)
}

fn length(pick: &Picked<'_>, reserve: Bytes) -> Result<Bytes, CapacityError> {
    let drive = pick.disk.measure();
    Cut::Reserve(reserve).length(drive)
}

#[cfg(test)]
mod tests {
    use super::device;
    use crate::domain;
    use crate::domain::Drift;
    use crate::domain::face::World;
    use crate::domain::storage::Drift::{Layout, PoolMissing};
    use crate::machine::recorded::Recorded;
    use crate::profile::Profile;
    use crate::render::fixture::{hw, inventory, with_pool};
    use crate::step::command::first_partition;
    use crate::units::Bytes;
    use crate::yaml::{Parsed, read};

    fn wish(more: &str) -> Parsed<Profile> {
        let text = format!(
            "hardware: hp-microserver-gen8\npool:\n  name: testpool\n  layout: raidz\n  \
             bays: [1, 2, 3, 4]\n  mixed_sizes: waste\n{more}"
        );
        read("x.yaml", text.as_bytes()).unwrap()
    }

    #[test]
    fn the_leaf_is_the_first_partition() {
        let of = |more| device(&wish(more).value, "/dev/disk/by-id/wwn-0x1".into()).to_string();
        assert_eq!(of("  reserve: 2GiB\n"), "/dev/disk/by-id/wwn-0x1-part1");
        assert_eq!(of(""), "/dev/disk/by-id/wwn-0x1");
    }

    #[test]
    fn sgdisk_counts_alignment_in_sectors() {
        let said = |sector| first_partition("/dev/x".into(), sector, Bytes(3 << 20)).to_string();
        let wanted =
            "sgdisk --clear --set-alignment=2048 --new=1:1M:+3072K --typecode=1:bf01 /dev/x";
        assert_eq!(said(512), wanted);
        assert_eq!(said(4096), wanted.replace("2048", "256"));
    }

    /// ZFS names the partitions as the pool's leaves; the disks are those of the profile all the same.
    #[test]
    fn a_pool_of_partitions_is_as_wished() {
        let mut seen = inventory();
        let mut pools = with_pool().pools;
        let leaves = &mut pools.as_mut().unwrap()[0].vdevs[0].leaves;
        let bays = seen.disks.iter().filter(|disk| disk.name != "sdd");
        for (leaf, disk) in leaves.iter_mut().zip(bays) {
            leaf.path = disk.address.as_ref().map(|path| format!("{path}-part1").into());
            leaf.disk = Some(disk.name.clone());
        }
        seen.pools = pools;
        let recorded = Recorded::embedded("gen8-seed").unwrap().unwrap();
        let (hw, wish) = (hw("hp-microserver-gen8"), wish("  reserve: 2GiB\n"));
        let facts = domain::look(&recorded, &wish.value).unwrap();
        let found = domain::drift(&World::of(&hw, &wish, &seen), &facts);
        let wrong =
            |drift: &&Drift| matches!(drift, Drift::Storage(Layout { .. } | PoolMissing { .. }));
        assert_eq!(found.iter().find(wrong), None);
    }
}
