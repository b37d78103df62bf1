//! What may replace a member of a vdev later, and how little it may be smaller.
//!
//! ZFS insists on a vdev's whole metaslabs and refuses a smaller drive on the day when a drive has failed. So a plan says
//! the number for each vdev before the pool is made, and warns where there is little to spare.

use serde::{Deserialize, Serialize};

use crate::capacity::{Capacity, VdevCapacity};
use crate::check::{Note, Rule, Severity};
use crate::layout::{LITTLE, grouped, mib};
use crate::names::BayId;
use crate::plan::pick::{Picked, Picks};
use crate::profile::Profile;
use crate::units::Bytes;
use crate::words::bays;

/// A data vdev as whoever buys a drive for it needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// The bays of its drives.
    pub bays: Vec<BayId>,
    /// The smallest whole drive with 512-byte logical sectors that takes a member's place.
    pub drive_512: Bytes,
    /// The same with 4096-byte logical sectors; `None` where ashift is below 12.
    pub drive_4kn: Option<Bytes>,
    /// How much smaller than the vdev's smallest drive such a drive may be.
    pub slack: Bytes,
}

/// Of each data vdev, in their order.
pub fn members(profile: &Profile, picks: &Picks<'_>, pool: &Capacity) -> Vec<Members> {
    let drive = |pick: &Picked<'_>| pick.disk.measure();
    let one = |(picks, vdev): (&Vec<Picked<'_>>, &VdevCapacity)| Members {
        bays: picks.iter().map(|pick| pick.bay.clone()).collect(),
        drive_512: vdev.replacement.drive_512,
        drive_4kn: vdev.replacement.drive_4kn,
        slack: vdev.replacement.slack(&picks.iter().map(drive).collect::<Vec<_>>()),
    };
    grouped(profile.pool.layout, &picks.data).iter().zip(&pool.vdevs).map(one).collect()
}

/// A warning for each kind of vdev with little to spare.
pub fn little_slack(all: &[Members]) -> Vec<Note> {
    let little = merged(all).into_iter().filter(|members| members.slack < LITTLE);
    let note = |members: Members| Note {
        severity: Severity::Warning,
        rule: Rule::LittleSlack,
        at: "pool.bays".to_owned(),
        message: format!(
            "a new drive in {} may be at most {} smaller",
            bays(&members.bays),
            mib(members.slack)
        ),
        remedy: "`reserve: 2GiB` below `pool`, now or never, leaves room for other manufacturers' \
                 drives"
            .to_owned(),
        bay: None,
        wwn: None,
    };
    little.map(note).collect()
}

/// The same with vdevs that differ in nothing but their bays made one.
pub fn merged(all: &[Members]) -> Vec<Members> {
    let mut kinds: Vec<Members> = Vec::new();
    for members in all {
        let like = |kind: &&mut Members| {
            (kind.drive_512, kind.drive_4kn, kind.slack)
                == (members.drive_512, members.drive_4kn, members.slack)
        };
        match kinds.iter_mut().find(like) {
            Some(kind) => kind.bays.extend(members.bays.iter().cloned()),
            None => kinds.push(members.clone()),
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::{Members, little_slack, merged};
    use crate::units::Bytes;

    fn members(bays: &[&str], drive: u64, slack: u64) -> Members {
        Members {
            bays: bays.iter().map(|bay| bay.parse().unwrap()).collect(),
            drive_512: Bytes(drive),
            drive_4kn: None,
            slack: Bytes(slack),
        }
    }

    #[test]
    fn less_than_a_gib_is_little() {
        let mib = 1 << 20;
        let all = [
            members(&["1", "2"], 7, 23 * mib + 5),
            members(&["3", "4"], 7, 1024 * mib),
            members(&["5", "6"], 7, 23 * mib + 5),
            members(&["7", "8"], 7, 1024 * mib - 1),
        ];
        let said: Vec<String> = little_slack(&all).into_iter().map(|note| note.message).collect();
        assert_eq!(
            said,
            [
                "a new drive in bays 1-2 and 5-6 may be at most 23 MiB smaller",
                "a new drive in bays 7-8 may be at most 1023 MiB smaller",
            ]
        );
    }

    #[test]
    fn vdevs_with_the_same_numbers_share_a_line() {
        let all = [members(&["1"], 7, 1), members(&["2"], 8, 1), members(&["3"], 7, 1)];
        assert_eq!(merged(&all), [members(&["1", "3"], 7, 1), members(&["2"], 8, 1)]);
    }
}
