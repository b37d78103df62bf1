//! From one pool to a larger one: what each way there gives, costs in drives, and takes.
//!
//! The same drives give different pools: a vdev that is added keeps its own parity, a raidz that is widened
//! keeps the ratio of its first width, drives that are replaced keep the size of the metaslabs, and a pool built
//! again has none of this but needs a place for the data meanwhile. Hours are those of full drives, a range.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::CapacityError;
use super::fits::Mix;
use super::kind::Kind;
use super::pool::{Capacity, of_parts};
use super::resilver;
use super::vdev::{Born, Part, Terms};
use super::write::Record;
use super::zfs::Zfs;
use crate::units::Bytes;

/// How the larger pool is come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Way {
    /// As it is.
    Now,
    /// Vdevs added, drives attached, drives replaced; one of them at least.
    Grown {
        /// Vdevs.
        added: usize,
        /// Drives attached one after the other to vdevs that are there.
        attached: usize,
        /// Drives replaced one after the other by others.
        replaced: usize,
    },
    /// A new pool of all drives.
    Anew,
}

/// A pool, and how it is come by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Growth {
    /// How.
    pub way: Way,
    /// USED + AVAIL of `zfs list -p`.
    pub usable: Bytes,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// Of 1000 parts of the drives that are no data: as people reckon, by drives.
    pub parity_by_drives: u64,
    /// The same as `zfs list` reckons, with blocks of 128 KiB.
    pub parity_128k: u64,
    /// The same for blocks of 1 MiB that are written from then on.
    pub parity_1m: u64,
    /// Drives that are not there yet.
    pub bought: usize,
    /// Hours at best and under load: resilvers, reflows, or copying the data.
    pub hours: (u64, u64),
    /// Of these, hours in which one more failure loses the pool, where each old drive is taken out first.
    pub exposed_hours: (u64, u64),
}

/// The pool as it is, and each way to the other one, of which building anew is the last.
pub fn ways(from: &[Part], to: &[Part], terms: Terms) -> Result<Vec<Growth>, CapacityError> {
    let now = of_parts(from, terms)?;
    let mut found = vec![growth(Way::Now, from, &now, 0, [(0, 0); 2])?];
    let bought = bought(from, to);
    if let Some(steps) = Steps::between(from, to, terms.zfs) {
        let grown = of_parts(&steps.parts, terms)?;
        let hours = [steps.hours(false), steps.hours(true)];
        found.push(growth(steps.way, &steps.parts, &grown, bought, hours)?);
    }
    let anew = of_parts(to, terms)?;
    let copied = resilver::hours(from.iter().filter_map(smallest));
    found.push(growth(Way::Anew, to, &anew, bought, [copied, (0, 0)])?);
    Ok(found)
}

fn growth(
    way: Way,
    parts: &[Part],
    pool: &Capacity,
    bought: usize,
    [hours, exposed_hours]: [(u64, u64); 2],
) -> Result<Growth, CapacityError> {
    let (mut raw, mut data_128k, mut data_1m, mut nominal, mut drives) = (0, 0, 0, 0, 0);
    let large = Mix::record(Record::new(1 << 20)?);
    for (part, vdev) in parts.iter().zip(&pool.vdevs) {
        if part.class != super::Class::Normal {
            continue;
        }
        let sides = if vdev.kind == Kind::Mirror { vdev.width } else { 1 };
        let whole = u128::from(vdev.size.0) * u128::from(sides);
        let share = large.per_mille(vdev.kind, vdev.width, vdev.ashift).unwrap_or(0);
        raw += whole;
        data_128k += u128::from(vdev.dspace.0) + u128::from(vdev.embedded_log.0);
        data_1m += u128::from(vdev.size.0) * u128::from(share) / 1000;
        nominal += u128::from(vdev.nominal.0);
        drives += u128::from(vdev.drives.0 - vdev.unused.0);
    }
    let lost = |part: u128, whole: u128| {
        let lost = (whole.saturating_sub(part) * 2000 + whole).checked_div(2 * whole);
        lost.and_then(|lost| u64::try_from(lost).ok()).unwrap_or(0)
    };
    Ok(Growth {
        way,
        usable: pool.usable,
        size: pool.size,
        parity_by_drives: lost(nominal, drives),
        parity_128k: lost(data_128k, raw),
        parity_1m: lost(data_1m, raw),
        bought,
        hours,
        exposed_hours,
    })
}

fn smallest(part: &Part) -> Option<Bytes> {
    part.vdev.leaves.iter().map(|drive| drive.bytes).min()
}

/// Drives of `to` that `from` has not.
fn bought(from: &[Part], to: &[Part]) -> usize {
    let drives = |parts: &[Part]| {
        let mut counts: BTreeMap<(Bytes, u32), usize> = BTreeMap::new();
        for drive in parts.iter().flat_map(|part| &part.vdev.leaves) {
            *counts.entry((drive.bytes, drive.logical_sector)).or_default() += 1;
        }
        counts
    };
    let have = drives(from);
    let lacking = |(drive, count): (&(Bytes, u32), &usize)| {
        count.saturating_sub(*have.get(drive).unwrap_or(&0))
    };
    drives(to).iter().map(lacking).sum()
}

/// The vdevs of `to`, grown from those of `from`.
struct Steps {
    parts: Vec<Part>,
    way: Way,
    /// Bytes that each attach or replacement moves on a drive, and whether a pool is exposed by it.
    moves: Vec<(Bytes, bool)>,
}

impl Steps {
    /// Vdev by vdev, in the order given; `None`: no way but to build anew.
    fn between(from: &[Part], to: &[Part], zfs: Zfs) -> Option<Self> {
        let added = to.len().checked_sub(from.len())?;
        let (mut attached, mut replaced, mut moves) = (0, 0, Vec::new());
        let mut parts = to.to_vec();
        for (old, new) in from.iter().zip(&mut parts) {
            let (was, is) = (&old.vdev, &new.vdev);
            let alike = (was.kind, was.ashift, old.class) == (is.kind, is.ashift, new.class);
            let wider = is.leaves.len().checked_sub(was.leaves.len())?;
            let may_widen = match is.kind {
                Kind::Mirror => true,
                Kind::Raidz1 | Kind::Raidz2 | Kind::Raidz3 => zfs >= Zfs::V2_1,
                Kind::Stripe | Kind::Draid(_) => false,
            };
            let kept = u64::try_from(was.leaves.len()).ok()?;
            if !alike || (wider > 0 && !may_widen) || smallest(new)? < smallest(old)? {
                return None;
            }
            let others =
                bought(std::slice::from_ref(old), std::slice::from_ref(new)).saturating_sub(wider);
            let leaf = smallest(old)?;
            let exposes = is.kind.losses(kept) <= 1;
            moves.extend((0..wider).map(|_| (leaf, false)));
            moves.extend((0..others).map(|_| (leaf, exposes)));
            (attached, replaced) = (attached + wider, replaced + others);
            if was.leaves != is.leaves {
                new.born = old.born.clone().or(Some(Born { leaves: was.leaves.clone(), zfs }));
            }
        }
        let way = Way::Grown { added, attached, replaced };
        (added + attached + replaced > 0).then_some(Self { parts, way, moves })
    }

    fn hours(&self, exposed: bool) -> (u64, u64) {
        let moves = self.moves.iter().filter(|(_, exposes)| *exposes || !exposed);
        moves
            .map(|(bytes, _)| resilver::hours([*bytes]))
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Way, ways};
    use crate::units::{Ashift, Bytes};
    use crate::{Part, Terms, spec};

    fn pool(specs: &str) -> Vec<Part> {
        specs.split('+').flat_map(|spec| spec::parse(spec, Ashift::DEFAULT).unwrap()).collect()
    }

    fn of(from: &str, to: &str) -> Vec<super::Growth> {
        ways(&pool(from), &pool(to), Terms::default()).unwrap()
    }

    /// The articles reckon 33 % of parity for two vdevs of 6 and 16 % for one of 12.
    #[test]
    fn from_6_to_12_drives() {
        let added = of("raidz2:6x4TB", "raidz2:6x4TB+raidz2:6x4TB");
        assert_eq!(added[0].usable, Bytes(15_847_120_699_392));
        assert_eq!(added[1].way, Way::Grown { added: 1, attached: 0, replaced: 0 });
        assert_eq!((added[1].usable, added[1].bought), (Bytes(31_831_680_352_256), 6));
        assert_eq!(
            (added[1].parity_by_drives, added[1].parity_128k, added[1].parity_1m),
            (333, 334, 333)
        );
        assert_eq!(added[1].hours, (0, 0));
        let wide = of("raidz2:6x4TB", "raidz2:12x4TB");
        let [_, widened, anew] = &wide[..] else { panic!("{wide:?}") };
        assert_eq!(widened.way, Way::Grown { added: 0, attached: 6, replaced: 0 });
        assert_eq!(widened.usable, added[1].usable, "the ratio of six");
        assert_eq!(
            (widened.parity_by_drives, widened.parity_128k, widened.parity_1m),
            (167, 334, 172)
        );
        assert_eq!((anew.way, anew.usable), (Way::Anew, Bytes(36_425_483_419_648)));
        assert_eq!((anew.parity_by_drives, anew.parity_128k, anew.parity_1m), (167, 238, 172));
        assert_eq!(widened.hours, (42, 132));
    }

    /// A vdev of 10 is said to lose 20 % to parity; blocks of 128 KiB lose 24.
    #[test]
    fn ten_drives() {
        let ten = &of("raidz2:6x4TB", "raidz2:10x4TB")[2];
        assert_eq!((ten.parity_by_drives, ten.parity_128k, ten.parity_1m), (200, 238, 202));
    }

    #[test]
    fn larger_drives_one_by_one() {
        let grown = &of("raidz1:4x4TB", "raidz1:4x8TB")[1];
        assert_eq!(grown.way, Way::Grown { added: 0, attached: 0, replaced: 4 });
        assert_eq!((grown.bought, grown.hours, grown.exposed_hours), (4, (28, 88), (28, 88)));
        let safe = &of("raidz2:4x4TB", "raidz2:4x8TB")[1];
        assert_eq!(safe.exposed_hours, (0, 0));
        let mixed = &of("mirror:2x4TB", "mirror:2x8TB+mirror:2x4TB")[1];
        assert_eq!(mixed.way, Way::Grown { added: 1, attached: 0, replaced: 2 });
    }

    #[test]
    fn some_pools_are_only_had_anew() {
        for (from, to) in [
            ("raidz1:4x4TB", "raidz2:6x4TB"),
            ("raidz2:6x8TB", "raidz2:6x4TB"),
            ("mirror:2x4TB+mirror:2x4TB", "raidz1:4x4TB"),
            ("draid1:4d:9c:1s:9x4TB", "draid1:4d:10c:1s:10x4TB"),
            ("raidz1:4x4TB", "raidz1:4x4TB"),
        ] {
            let ways: Vec<Way> = of(from, to).iter().map(|growth| growth.way).collect();
            assert_eq!(ways, [Way::Now, Way::Anew], "{from} {to}");
        }
    }
}
