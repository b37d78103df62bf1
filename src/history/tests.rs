use super::*;
use crate::inventory::Unknown;
use crate::render::fixture::{hw, inventory, with_pool};

const BOX: &str = "hp-microserver-gen8";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn look(when: &str) -> Inventory {
    Inventory { taken: at(when), ..inventory() }
}

/// What the file holds after these looks.
fn after(looks: &[Inventory]) -> String {
    let hw = hw(BOX);
    looks.iter().fold(String::new(), |text, look| {
        let new = lines(&History::read(&text), &hw, look);
        text + &new
    })
}

fn said(history: &str, now: &Inventory) -> Vec<String> {
    since(&History::read(history), &hw(BOX), now).iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_new_is_one_line_a_day_for_each_drive() {
    let first = after(&[look("2026-11-01T10:00:00Z")]);
    assert_eq!(first.lines().count(), 5);
    let soon = after(&[look("2026-11-01T10:00:00Z"), look("2026-11-01T22:00:00Z")]);
    assert_eq!(soon, first);
    let later = after(&[look("2026-11-01T10:00:00Z"), look("2026-11-02T10:00:00Z")]);
    assert_eq!(later.lines().count(), 10);
    assert_eq!(said("", &look("2026-11-01T10:00:00Z")), [""; 0], "the first look has no before");
    assert_eq!(said(&first, &look("2026-11-01T11:00:00Z")), [""; 0]);
}

#[test]
fn a_drive_that_goes_moves_and_comes_back_is_told_once() {
    let full = look("2026-11-01T10:00:00Z");
    let mut without = look("2026-11-02T10:00:00Z");
    let pulled = without.disks.remove(2);
    let history = after(std::slice::from_ref(&full));
    assert_eq!(
        said(&history, &without),
        ["bay 3: ST2000DM001-1ER164 Z4Z0EXA2 is gone, last seen 2026-11-01"]
    );
    let history = after(&[full.clone(), without.clone()]);
    assert_eq!(said(&history, &without), [""; 0], "told already");
    let life = History::read(&history).called("EXA2")[0].clone();
    assert_eq!((life.first, life.last_there()), (full.taken, Some(full.taken)));
    // Into bay 4, from which another drive was taken.
    let mut other = Inventory { taken: at("2026-11-03T10:00:00Z"), ..without.clone() };
    other.disks.retain(|disk| disk.name != "sde");
    other.disks.push(Disk { path: Some("pci-0000:00:1f.2-ata-4".into()), ..pulled });
    let told = said(&history, &other);
    assert!(
        told.contains(&"bay 4: ST2000DM001-1ER164 Z4Z0EXA2 is back, it was in bay 3".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(
            &"bay 4: ST2000DM001-1ER164 Z4Z0EXA3 is gone, last seen 2026-11-02".to_owned()
        ),
        "{told:?}"
    );
}

#[test]
fn swapped_drives_new_ones_and_growing_counts_are_told() {
    let mut before = look("2026-11-01T10:00:00Z");
    before.disks[1].smart = Ok(Smart { pending: Some(0), crc: Some(3), ..Smart::default() });
    let history = after(std::slice::from_ref(&before));
    let mut now = Inventory { taken: at("2026-11-01T10:05:00Z"), ..before };
    (now.disks[0].path, now.disks[2].path) = (now.disks[2].path.clone(), now.disks[0].path.clone());
    now.disks[1].smart = Ok(Smart { pending: Some(2), crc: Some(3), ..Smart::default() });
    now.disks[4].serial = "NEW00001".parse().ok();
    now.disks[4].wwn = "0x5000c500deadbeef".parse().ok();
    assert_eq!(
        said(&history, &now),
        [
            "bay 3: SAMSUNG HD103UJ S13PJ0EXAMPLE was in bay 1",
            "bay 2: ST2000DM001-1CH164 Z1E0EXA1 has 2 pending sectors, 0 before",
            "bay 1: ST2000DM001-1ER164 Z4Z0EXA2 was in bay 3",
            "bay 4: ST2000DM001-1ER164 NEW00001 is new",
            "bay 4: ST2000DM001-1ER164 Z4Z0EXA3 is gone, last seen 2026-11-01",
        ]
    );
}

#[test]
fn a_sleeping_drive_says_what_it_said_before_and_a_blind_look_takes_nothing_for_gone() {
    let mut awake = look("2026-11-01T10:00:00Z");
    awake.disks[1].smart = Ok(Smart { temperature: Some(31), ..Smart::default() });
    let history = History::read(&after(std::slice::from_ref(&awake)));
    let mut now = look("2026-11-01T12:00:00Z");
    now.disks[1].smart = Err(Unknown { why: "asleep".into(), asleep: true });
    history.recall(&mut now);
    let remembered = now.disks[1].remembered.as_ref().unwrap();
    assert_eq!((remembered.at, remembered.smart.temperature), (awake.taken, Some(31)));
    assert_eq!(now.disks[2].remembered, None, "it is awake");
    assert_eq!(now.disks[2].first_seen, Some(awake.taken));
    // A look that did not ask keeps what is known, and its age.
    let text =
        lines(&history, &hw(BOX), &Inventory { taken: at("2026-11-02T12:00:00Z"), ..now.clone() });
    let kept = History::read(&text);
    assert_eq!(
        kept.of(&now.disks[1]).unwrap().last().unwrap().health.as_ref().unwrap().at,
        awake.taken
    );
    let blind = Inventory { disks: Vec::new(), blind: Some(Unknown::because("no /sys")), ..now };
    assert_eq!(lines(&history, &hw(BOX), &blind), "");
}

#[test]
fn a_member_is_found_by_the_guid_of_its_leaf() {
    let mut there = with_pool();
    there.taken = at("2026-11-01T10:00:00Z");
    let vdevs = there.pools.as_mut().unwrap().iter_mut().flat_map(|pool| &mut pool.vdevs);
    for (leaf, guid) in vdevs.flat_map(|vdev| &mut vdev.leaves).zip(11..) {
        leaf.guid = guid;
    }
    let history = History::read(&after(std::slice::from_ref(&there)));
    let pool = &there.pools.as_ref().unwrap()[0];
    let leaf =
        pool.vdevs[0].leaves.iter().find(|leaf| leaf.disk.as_deref() == Some("sdb")).unwrap();
    let seen = history.of_leaf(leaf.guid).unwrap();
    assert_eq!(
        (seen.place(), seen.serial.as_ref().unwrap().as_str()),
        ("bay 2".into(), "Z1E0EXA1")
    );
    assert_eq!(history.of_leaf(1), None);
}

#[test]
fn torn_and_foreign_lines_are_passed_over() {
    let sound = after(&[look("2026-11-01T10:00:00Z")]);
    let torn = format!("{{\"at\": \"2026\n\u{0}garbage\n{sound}{}", &sound[..40]);
    assert_eq!(History::read(&torn), History::read(&sound));
}

#[test]
fn the_file_stays_small_and_keeps_first_days_and_changes() {
    let mut looks = Vec::new();
    let start = at("2020-01-01T00:00:00Z");
    for day in 0..500_i64 {
        let taken = start + jiff::SignedDuration::from_hours(25 * day);
        let mut look = Inventory { taken, ..inventory() };
        let grown = u64::from(day >= 200);
        look.disks[1].smart =
            Ok(Smart { reallocated: Some(grown), hours: Some(9), ..Smart::default() });
        looks.push(look);
    }
    let text = after(&looks);
    assert!(text.len() > BOUND);
    let small = compacted(&text).unwrap();
    assert!(small.len() <= BOUND, "{}", small.len());
    assert_eq!(compacted(&small), None);
    let history = History::read(&small);
    let life = history.called("Z1E0EXA1")[0];
    assert_eq!((life.first, life.last_there()), (start, looks.last().map(|it| it.taken)));
    let grown = |it: &Sighting| it.health.as_ref().unwrap().smart.reallocated == Some(1);
    assert_eq!(life.seen.iter().find(|it| grown(it)).unwrap().at, looks[200].taken);
}

/// Bytes that the history of a box of five drives may have.
const BOUND: usize = 256 << 10;
