//! Every name that a recorded drive or member has means it, on every recorded machine.

use camino::Utf8PathBuf;

use super::*;
use crate::inventory::look::look;
use crate::inventory::{Pools, Want};
use crate::machine::recorded::Recorded;
use crate::shipped;

const MACHINES: [&str; 9] = [
    "gen8-seed",
    "gen8-4x4tb-ssd",
    "gen8-raid-fifth-port",
    "4u-24x4tb",
    "every-owner",
    "in-trouble",
    "n54l",
    "t20",
    "mixed",
];

/// What is seen of a machine, with what its words are understood from.
fn with(machine: &str, say: impl FnOnce(&Known<'_>)) {
    let dir = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machines").join(machine);
    let recorded = Recorded::open(&dir).unwrap();
    let want = Want { smart: false, pools: Pools::All, ..Want::IDENTITY };
    let inventory = look(&recorded, want).unwrap();
    let (hw, _) = shipped::recognise(&recorded, &inventory.host).unwrap();
    let hw = hw.value.in_mode_of(&inventory.host);
    say(&Known { hw: &hw, inventory: &inventory });
}

fn names_of(disk: &Disk) -> Vec<String> {
    let mut all = vec![disk.name.clone(), disk.dev.to_string(), disk.name.to_uppercase()];
    for link in &disk.links {
        let last = link.file_name().unwrap();
        all.extend([
            link.to_string(),
            last.to_owned(),
            format!("{link}-part1"),
            format!("{last}-part9"),
        ]);
        all.push(link.as_str().trim_start_matches("/dev/disk/").to_owned());
    }
    if let Some(wwn) = &disk.wwn {
        all.extend([wwn.to_string(), format!("wwn-{wwn}")]);
    }
    let partition = if disk.name.starts_with("nvme") { "p3" } else { "3" };
    all.push(format!("{}{partition}", disk.dev));
    if let Some(serial) = disk.serial.as_ref().map(Serial::as_str) {
        all.extend([
            serial.to_owned(),
            serial.to_lowercase(),
            serial[serial.len() - 4..].to_owned(),
        ]);
    }
    all
}

#[test]
fn a_name_means_its_drive_or_is_refused_with_all_that_it_means() {
    let (mut meant, mut several) = (0, 0);
    for machine in MACHINES {
        with(machine, |known| {
            for disk in &known.inventory.disks {
                for name in names_of(disk) {
                    match spot(known, &name).map(|spot| spot.disk(known)) {
                        Ok(Ok(Some(is))) => {
                            assert_eq!(is.name, disk.name, "{machine}: {name}");
                            meant += 1;
                        }
                        Err(ReplaceError::Ambiguous { known: all, .. }) => {
                            let own = disk_words(known.hw, disk);
                            assert!(
                                all.len() > 1 && all.contains(&own),
                                "{machine}: {name} {all:?}"
                            );
                            several += 1;
                        }
                        other => panic!("{machine}: {name} of {}: {other:?}", disk.name),
                    }
                }
                // As it is typed again it means the same.
                let again = spot(known, &Spot::of(known, disk).typed()).unwrap();
                assert_eq!(again.disk(known).unwrap().unwrap().name, disk.name, "{machine}");
            }
        });
    }
    assert!(meant > 500 && several > 0, "{meant} {several}");
}

#[test]
fn a_name_of_a_member_means_it_whether_its_drive_is_here_or_not() {
    for machine in ["every-owner", "in-trouble"] {
        with(machine, |known| {
            let all = member::all(known.inventory);
            assert!(all.len() > 4, "{machine}");
            for member in &all {
                let path = member.leaf.path.as_ref().unwrap().as_str();
                let last = path.rsplit('/').next().unwrap();
                let whole = [path, last].map(|name| name.trim_end_matches("-part1"));
                let guid = member.leaf.guid.to_string();
                let told = member.leaf.told.name.as_deref();
                for name in [guid.as_str(), path, last].into_iter().chain(whole).chain(told) {
                    let found = members(known, &all, name);
                    let found: Vec<u64> = found.iter().map(|it| it.leaf.guid).collect();
                    assert_eq!(found, [member.leaf.guid], "{machine}: {name}");
                    match (named(known, name).unwrap(), member.disk) {
                        (Named::Gone(gone), None) => assert_eq!(gone.leaf.guid, member.leaf.guid),
                        (Named::Spot(spot), Some(disk)) => {
                            assert_eq!(spot.disk(known).unwrap().unwrap().name, disk.name);
                        }
                        (other, _) => panic!("{machine}: {name}: {other:?}"),
                    }
                }
            }
        });
    }
}

#[test]
fn of_two_members_on_one_drive_the_partition_says_which() {
    with("in-trouble", |known| {
        let mut look = known.inventory.clone();
        let leaves = &mut look.pools.as_mut().unwrap()[0].vdevs[0].leaves;
        let path = leaves[0].path.clone().unwrap();
        let mut other = leaves[0].clone();
        (other.guid, other.path) = (5, Some(path.as_str().replace("-part1", "-part3").into()));
        let (one, drive) = (leaves[0].guid, leaves[0].disk.clone().unwrap());
        leaves.push(other);
        let known = Known { inventory: &look, ..*known };
        let all = member::all(&look);
        let last = path.file_name().unwrap().trim_end_matches("-part1");
        for (word, found) in [
            (format!("{last}-part1"), &[one][..]),
            (format!("{last}-part3"), &[5]),
            (format!("/dev/disk/by-id/{last}-part3"), &[5]),
            (format!("{drive}1"), &[one]),
            (format!("/dev/{drive}3"), &[5]),
            (last.to_owned(), &[one, 5]),
            (drive.clone(), &[one, 5]),
        ] {
            let mut is: Vec<u64> =
                members(&known, &all, &word).iter().map(|it| it.leaf.guid).collect();
            is.sort_unstable_by_key(|guid| *guid == 5);
            assert_eq!(is, found, "{word}");
        }
    });
}

#[test]
fn a_longer_name_is_another_drive_and_a_bay_comes_first() {
    with("mixed", |known| {
        for none in [
            "nvme0n12",
            "nvme0n1x",
            "sdap1",
            "sd",
            "",
            "/dev/",
            "/dev/zvol/tank/sda",
            "-part1",
            "A1",
        ] {
            assert!(matches!(named(known, none), Err(ReplaceError::NoBay { .. })), "{none}");
        }
        let ReplaceError::NoBay { is_bay, drives, .. } = named(known, "9").unwrap_err() else {
            panic!()
        };
        assert!(is_bay && drives.len() == known.inventory.disks.len());
        // Whatever another one's serial is, or ends in.
        for (serial, word) in [("1", "1"), ("XXS13PJ0EXAMPLE", "S13PJ0EXAMPLE")] {
            let mut look = known.inventory.clone();
            look.disks[5].serial = serial.parse().ok();
            let known = Known { inventory: &look, ..*known };
            let one = spot(&known, word).unwrap().disk(&known).unwrap().unwrap();
            assert_eq!(one.name, "sda", "{word}");
        }
    });
}
