//! The table of what is proposed for which drives, and what holds for any drives at all.
//!
//! The table is that of docs/propose.md with every layout in its order; each layout is also written as a profile, which
//! has to be sound.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{collection, prop_assert, prop_assert_eq};

use super::drives::{there, thought_of};
use super::layouts::Shape;
use super::profile::{Frame, text};
use super::{Candidate, MOST, Member, Proposal, Remark, Stock, Why, propose};
use crate::check::{Severity, check};
use crate::hw::{ControllerMode, Hw};
use crate::inventory::{Flaw, Owner, Signature, Unknown};
use crate::profile::{Layout, Profile};
use crate::render::fixture::{holds, inventory};
use crate::render::propose::render;
use crate::shipped::HW;
use crate::units::Bytes;
use crate::yaml::read;

const TB: u64 = 1_000_000_000_000;

fn of(terabytes: &[u64]) -> Proposal {
    let labels: Vec<Bytes> = terabytes.iter().map(|tb| Bytes(tb * TB)).collect();
    propose(thought_of(None, &labels))
}

/// `raidz of 3 [2 3 4] 3.87`.
fn said(one: &Candidate) -> String {
    let bays = |vdev: &Vec<_>| vdev.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let bays = one.bays.iter().map(bays).collect::<Vec<_>>().join(" + ");
    format!("{} [{bays}] {}", one.words(), one.usable.tb().trim_end_matches(" TB"))
}

/// Drives, all layouts from the first to the last, and why the first is the first.
const TABLE: &[(&[u64], &[&str], &str)] = &[
    (&[4, 4], &["mirror [1 2] 3.86"], "the only layout"),
    (
        &[4, 4, 4],
        &["raidz of 3 [1 2 3] 7.85", "3-way mirror [1 2 3] 3.86"],
        "the most space that survives a drive failure",
    ),
    (&[8, 8, 8], &["raidz of 3 [1 2 3] 15.85", "3-way mirror [1 2 3] 7.85"], "the most space"),
    (
        &[2, 2, 2, 2],
        &[
            "raidz of 4 [1 2 3 4] 5.67",
            "two mirrors [1 2 + 3 4] 3.86",
            "raidz2 of 4 [1 2 3 4] 3.75",
        ],
        "the most space",
    ),
    (
        &[4, 4, 4, 4],
        &[
            "raidz of 4 [1 2 3 4] 11.48",
            "two mirrors [1 2 + 3 4] 7.83",
            "raidz2 of 4 [1 2 3 4] 7.61",
        ],
        "the most space",
    ),
    (
        &[8, 8, 8, 8],
        &[
            "raidz2 of 4 [1 2 3 4] 15.37",
            "raidz of 4 [1 2 3 4] 23.12",
            "two mirrors [1 2 + 3 4] 15.84",
        ],
        "it survives a second failure during a resilver, when raidz of 4 would have no redundancy \
         for up to 44 h",
    ),
    (&[2, 4], &["mirror [1 2] 1.93"], "the only layout"),
    (
        &[2, 4, 4],
        &["mirror [2 3] 3.86", "raidz of 3 [1 2 3] 3.87", "3-way mirror [1 2 3] 1.93"],
        "as much space as raidz of 3 to within 1 %, from fewer drives",
    ),
    (
        &[1, 2, 2, 2],
        &[
            "raidz of 3 [2 3 4] 3.87",
            "two mirrors [1 2 + 3 4] 2.90",
            "raidz of 4 [1 2 3 4] 2.81",
            "raidz2 of 4 [1 2 3 4] 1.87",
        ],
        "the most space",
    ),
    (
        &[2, 2, 4, 4],
        &[
            "two mirrors [1 2 + 3 4] 5.84",
            "raidz of 4 [1 2 3 4] 5.67",
            "mirror [3 4] 3.86",
            "raidz2 of 4 [1 2 3 4] 3.75",
        ],
        "the most space",
    ),
    (
        &[2, 4, 4, 4],
        &[
            "raidz of 3 [2 3 4] 7.85",
            "two mirrors [1 2 + 3 4] 5.84",
            "raidz of 4 [1 2 3 4] 5.67",
            "raidz2 of 4 [1 2 3 4] 3.75",
        ],
        "the most space",
    ),
    (
        &[4, 4, 4, 8],
        &[
            "raidz of 4 [1 2 3 4] 11.48",
            "two mirrors [1 2 + 3 4] 7.83",
            "raidz2 of 4 [1 2 3 4] 7.61",
        ],
        "the most space",
    ),
    (
        &[1, 2, 4, 8],
        &[
            "two mirrors [1 2 + 3 4] 4.84",
            "mirror [3 4] 3.86",
            "raidz of 3 [2 3 4] 3.87",
            "raidz of 4 [1 2 3 4] 2.81",
            "raidz2 of 4 [1 2 3 4] 1.87",
        ],
        "the most space",
    ),
];

#[test]
fn what_is_proposed_for_which_drives() {
    for (drives, layouts, why) in TABLE {
        let proposal = of(drives);
        assert_eq!(proposal.layouts.iter().map(said).collect::<Vec<_>>(), *layouts, "{drives:?}");
        let reason = proposal.reason.as_ref().expect("a reason").to_string();
        assert!(reason.starts_with(why), "{drives:?}: {reason}");
    }
}

#[test]
fn the_bays_of_the_drives_do_not_matter() {
    for (drives, layouts, _) in TABLE {
        let mut turned = drives.to_vec();
        turned.reverse();
        let usable = |proposal: &Proposal| {
            proposal.layouts.iter().map(|one| (one.words(), one.usable)).collect::<Vec<_>>()
        };
        assert_eq!(usable(&of(&turned)), usable(&of(drives)), "{layouts:?}");
    }
}

#[test]
fn what_is_beside_the_numbers() {
    // A resilver of more than a day is said of whatever survives one loss.
    let long = |terabytes: &[u64], at: usize| of(terabytes).layouts[at].is_long_exposed();
    assert!(long(&[8, 8, 8], 0) && !long(&[8, 8, 8], 1) && long(&[8, 8], 0));
    assert!(!long(&[8, 8, 8, 8], 0) && long(&[8, 8, 8, 8], 1) && long(&[8, 8, 8, 8], 2));
    let raidz = &of(&[8, 8, 8, 8]).layouts[1];
    assert!(raidz.remarks.contains(&Remark::LittleSlack { slack: Bytes(24_452_608) }));
    // Two mirrors: the second failure may be one of two in three drives.
    let mirrors = &of(&[1, 2, 2, 2]).layouts[1];
    assert_eq!(mirrors.remarks, [Remark::OtherVdev { fine: 2, of: 3 }]);
    assert_eq!((mirrors.resilver_hours, mirrors.unused.tb()), ((2, 11), "1.00 TB".to_owned()));
    let raidz = &of(&[1, 2, 2, 2]).layouts[0];
    assert_eq!((raidz.resilver_hours, raidz.unused), ((4, 11), Bytes::ZERO));
    assert_eq!(raidz.free, ["1".parse().unwrap()]);
    assert_eq!(of(&[4, 4, 4, 8]).layouts[0].unused.tb(), "4.00 TB");
}

#[test]
fn each_layout_says_how_it_grows() {
    let grows = |terabytes: &[u64], at: usize| of(terabytes).layouts[at].growth.to_string();
    assert_eq!(grows(&[2, 4], 0), "about 3.86 TB with a drive of 4.00 TB in bay 1");
    assert_eq!(grows(&[1, 2, 2, 2], 0), "attach a drive of 2.00 TB or more in bay 1");
    assert_eq!(grows(&[1, 2, 2, 2], 2), "about 5.67 TB with a drive of 2.00 TB in bay 1");
    assert_eq!(
        grows(&[4, 4, 4, 4], 0),
        "replace all 4 drives of a vdev with larger ones, one by one"
    );
    assert_eq!(grows(&[4, 4, 4, 4], 1), "replace both drives of a mirror with larger ones");
    let mut stock = thought_of(None, &[Bytes(4 * TB), Bytes(4 * TB)]);
    stock.empty = ["3", "4"].map(|bay| bay.parse().unwrap()).to_vec();
    assert_eq!(propose(stock).layouts[0].growth.to_string(), "add a mirror in bays 3-4");
    let mut stock = thought_of(None, &[Bytes(4 * TB); 12]);
    stock.empty = (13..=24).map(|bay: u8| bay.to_string().parse().unwrap()).collect();
    assert_eq!(propose(stock).layouts[0].growth.to_string(), "add a raidz2 of 12 in bays 13-24");
}

#[test]
fn many_drives_are_cut_into_vdevs_of_double_parity() {
    let layouts: Vec<String> = of(&[4; 24]).layouts.iter().map(Candidate::words).collect();
    assert_eq!(
        layouts,
        ["two raidz2 of 12", "3 raidz2 of 8", "4 raidz2 of 6", "12 mirrors", "6 raidz2 of 4"]
    );
    assert_eq!(of(&[4; 13]).layouts[0].words(), "raidz2 of 12", "the thirteenth is left out");
    let mut mixed = vec![8; 12];
    mixed.extend([4; 12]);
    let first = &of(&mixed).layouts[0];
    assert_eq!((first.words().as_str(), first.unused), ("two raidz2 of 12", Bytes::ZERO));
}

#[test]
fn a_stripe_is_no_candidate() {
    let stock = thought_of(None, &[Bytes(4 * TB), Bytes(4 * TB)]);
    let all: Vec<&Member> = stock.drives.iter().collect();
    let of = |layout| Candidate::new(&Shape { layout, vdevs: vec![all.clone()] }, &stock);
    assert!(of(Layout::Stripe).is_none());
    assert!(of(Layout::Mirror).is_some());
    assert!(of(Layout::Raidz2).is_none(), "ZFS makes none of two");
}

#[test]
fn a_drive_with_contents_is_named_and_left_out() {
    let hw = hw("hp-microserver-gen8");
    let mut seen = inventory();
    let found = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    seen.disks[2].contents = holds(Owner::Filesystem(found));
    seen.disks[4].contents = Err(Unknown::because("permission denied, run as root"));
    seen.disks[1].flaws = vec![Flaw::NoAddress];
    let stock = there(&hw, &seen);
    assert_eq!(stock.drives.len(), 1, "{:?}", stock.drives);
    let why: Vec<&Why> = stock.absent.iter().map(|absent| &absent.why).collect();
    assert!(
        matches!(why[..], [Why::Flawed(Flaw::NoAddress), Why::Holds(_), Why::NotKnown(_)]),
        "{why:?}"
    );
    let screen = render(&propose(stock));
    for words in [
        "1 blank drive: 1.00 TB in bay 1\n",
        "left out bay 2, ST2000DM001-1CH164 2.00 TB, Z1E0EXA1: it has no name that\n",
        "bay 3, ST2000DM001-1ER164 2.00 TB, Z4Z0EXA2: ext4 \"photos\"",
        "bay 4, ST2000DM001-1ER164 2.00 TB, Z4Z0EXA3: unknown: permission\n",
        "none     one drive alone has no redundancy, and the others are left out",
    ] {
        assert!(screen.contains(words), "{words}\n{screen}");
    }
    seen.disks.remove(2);
    assert_eq!(there(&hw, &seen).empty, ["3".parse().unwrap()]);
}

#[test]
fn a_drive_that_is_far_too_small_makes_no_layout() {
    let labels = [120, 4000, 4000, 4000].map(|gb| Bytes(gb * TB / 1000));
    let layouts = propose(thought_of(None, &labels)).layouts;
    let said: Vec<String> = layouts.iter().map(said).collect();
    assert_eq!(said, ["raidz of 3 [2 3 4] 7.85", "two mirrors [1 2 + 3 4] 3.98"]);
}

#[test]
fn nothing_is_proposed_without_redundancy() {
    for drives in [&[][..], &[4]] {
        let proposal = of(drives);
        assert!(proposal.layouts.is_empty() && proposal.reason.is_none(), "{drives:?}");
    }
}

fn hw(name: &str) -> Hw {
    let (_, text) = HW.iter().find(|(n, _)| *n == name).expect("shipped");
    read::<Hw>(name, text.as_bytes()).expect("sound").value
}

#[test]
fn every_layout_is_a_sound_profile() {
    let mut boxes: Vec<(&str, &[u64])> =
        TABLE.iter().map(|(drives, _, _)| ("hp-microserver-gen8", *drives)).collect();
    let (many, mixed) = (vec![4; 24], [vec![4; 7], vec![8; 6], vec![3; 11]].concat());
    boxes.extend([("4u-24bay", &many[..]), ("4u-24bay", &mixed)]);
    for (name, drives) in boxes {
        let hw = hw(name);
        let labels: Vec<Bytes> = drives.iter().map(|tb| Bytes(tb * TB)).collect();
        let proposal = propose(thought_of(Some(&hw), &labels));
        assert!(!proposal.layouts.is_empty());
        for one in &proposal.layouts {
            let frame = Frame {
                hardware: name.to_owned(),
                controller: (name != "4u-24bay").then_some(ControllerMode::Ahci),
                boot: (name != "4u-24bay").then(|| "usb".parse().unwrap()),
                pool: "tank".parse().unwrap(),
            };
            let wish = text(one, &frame);
            let parsed = read::<Profile>("wish.yaml", wish.as_bytes());
            let profile = parsed.unwrap_or_else(|faults| panic!("{faults}\n{wish}")).value;
            assert_eq!(profile.pool.bays.0, one.bays, "{wish}");
            let notes = check(&hw, &profile);
            assert!(notes.iter().all(|n| n.severity < Severity::Error), "{notes:?}\n{wish}");
            assert!(wish.lines().all(|line| line.len() <= 100 && line.is_ascii()), "{wish}");
        }
    }
}

fn drive() -> impl Strategy<Value = (u64, u32)> {
    let label = prop_oneof![Just(1), Just(2), Just(4), Just(8), Just(18)];
    let real = (label, 0_u64..(32 << 20)).prop_map(|(tb, more)| tb * TB + more);
    let size = prop_oneof![8 => real, 1 => any::<u64>(), 1 => 0_u64..(1 << 30)];
    (size, prop_oneof![Just(512), Just(4096), any::<u32>()])
}

fn stock(drives: &[(u64, u32)]) -> Stock {
    let member = |(index, (size, logical)): (usize, &(u64, u32))| Member {
        bay: (index + 1).to_string().parse().unwrap(),
        size: Bytes(*size),
        logical: *logical,
        physical: 4096,
        drive: None,
    };
    Stock { drives: drives.iter().enumerate().map(member).collect(), ..Stock::default() }
}

proptest! {
    #[test]
    fn whatever_the_drives_are(
        drives in collection::vec(drive(), 0..30),
        turn in any::<usize>(),
    ) {
        let stock = stock(&drives);
        let proposal = propose(stock.clone());
        prop_assert!(proposal.layouts.len() <= MOST);
        prop_assert_eq!(proposal.layouts.is_empty(), proposal.reason.is_none());
        for one in &proposal.layouts {
            prop_assert!(one.survives.any >= 1);
            prop_assert!(one.layout != Layout::Stripe);
            prop_assert!(one.bays.iter().all(|vdev| vdev.len() >= one.layout.fewest()));
            let all: Vec<_> = one.bays.iter().flatten().chain(&one.free).collect();
            let set: BTreeSet<_> = all.iter().collect();
            prop_assert_eq!(set.len(), all.len(), "a bay twice");
            prop_assert_eq!(all.len(), drives.len(), "a bay is forgotten");
        }
        let mut turned = stock.clone();
        if !turned.drives.is_empty() {
            let by = turn % turned.drives.len();
            turned.drives.rotate_left(by);
        }
        let again = propose(turned);
        prop_assert_eq!(&again.layouts.iter().map(|c| &c.bays).collect::<Vec<_>>(),
            &proposal.layouts.iter().map(|c| &c.bays).collect::<Vec<_>>());
        for line in render(&proposal).lines() {
            prop_assert!(line.is_ascii() && line.len() <= 80, "{}", line);
        }
    }
}
