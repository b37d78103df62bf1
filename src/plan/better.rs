//! Whether another layout of the same drives beats the profile: more space, and no loss survived less.
//!
//! The layouts are those of `propose`. Mirrors are not beaten by a raidz, since they may survive a second loss; a raidz
//! of mixed drives often is, by the raidz of its larger ones.

use crate::capacity::Capacity;
use crate::check::{Note, Rule, Severity};
use crate::plan::pick::Picks;
use crate::propose::{Candidate, Member, Stock, propose};
use crate::words::bays;

/// A warning with the better layout; `None`: there is none. `wish` is what the profile gives from whole drives.
pub fn better(picks: &Picks<'_>, wish: &Capacity) -> Option<Note> {
    let drives = picks.data.iter().flatten().map(|pick| Member {
        bay: pick.bay.clone(),
        size: pick.disk.size,
        logical: pick.disk.sector(),
        physical: pick.disk.physical.unwrap_or(0),
        drive: None,
    });
    let stock = Stock { drives: drives.collect(), ..Stock::default() };
    let beats = |one: &&Candidate| {
        one.usable.0.saturating_sub(wish.usable.0) > wish.usable.0 / 100
            && one.survives.any >= wish.losses_survived.any
            && one.survives.at_best >= wish.losses_survived.at_best
    };
    let layouts = propose(stock).layouts;
    let best = layouts.iter().find(beats)?;
    let mut all: Vec<_> = best.bays.iter().flatten().cloned().collect();
    all.sort();
    let (words, all, usable) = (best.words(), bays(&all), best.usable.tb());
    Some(Note {
        severity: Severity::Warning,
        rule: Rule::BetterLayout,
        at: "pool.bays".to_owned(),
        message: format!("{words} over {all} would hold {usable} with no less redundancy"),
        remedy: "`zbay propose` has the layouts side by side".to_owned(),
        bay: None,
        wwn: None,
    })
}

#[cfg(test)]
mod tests {
    use super::better;
    use crate::plan::outlook::whole;
    use crate::plan::pick::pick;
    use crate::profile::Profile;
    use crate::render::fixture::{hw, inventory};
    use crate::units::Bytes;
    use crate::yaml::read;

    /// What is said of a profile for drives of so many TB in bays 1 to 4.
    fn said(terabytes: [u64; 4], pool: &str) -> Option<String> {
        let text = format!("hardware: hp-microserver-gen8\npool: {{name: tank, {pool}}}\n");
        let profile = read::<Profile>("x.yaml", text.as_bytes()).unwrap().value;
        let mut inventory = inventory();
        inventory.disks.remove(3);
        for (disk, tb) in inventory.disks.iter_mut().zip(terabytes) {
            disk.size = crate::capacity::drive::labelled(Bytes(tb * 1_000_000_000_000)).unwrap();
        }
        let hw = hw("hp-microserver-gen8");
        let picks = pick(&hw, &profile, &inventory).unwrap();
        better(&picks, &whole(&profile, &picks).unwrap()).map(|note| note.message)
    }

    #[test]
    fn a_small_drive_among_larger_ones_costs_more_than_it_brings() {
        let raidz = "layout: raidz, mixed_sizes: waste, bays: [1, 2, 3, 4]";
        let better =
            "raidz of 3 over bays 2-4 would hold 3.87 TB with no less redundancy".to_owned();
        assert_eq!(said([1, 2, 2, 2], raidz), Some(better));
        assert_eq!(said([1, 2, 2, 2], "layout: raidz, bays: [2, 3, 4]"), None);
        assert_eq!(said([2, 2, 2, 2], raidz), None);
        let pairs = said([2, 2, 4, 4], raidz).unwrap();
        assert_eq!(pairs, "two mirrors over bays 1-4 would hold 5.84 TB with no less redundancy");
    }

    #[test]
    fn what_survives_more_is_not_beaten_by_space() {
        let mirrors = "layout: mirror, bays: [[1, 2], [3, 4]]";
        assert_eq!(said([4, 4, 4, 4], mirrors), None, "they may survive two");
        assert_eq!(said([4, 4, 4, 4], "layout: raidz2, bays: [1, 2, 3, 4]"), None);
        assert_eq!(said([8, 8, 8, 8], "layout: raidz, bays: [1, 2, 3, 4]"), None);
        let crossed =
            said([2, 4, 2, 4], "layout: mirror, mixed_sizes: waste, bays: [[1, 2], [3, 4]]");
        assert!(crossed.unwrap().starts_with("two mirrors over bays 1-4 would hold 5.84 TB"));
    }
}
