//! For any look and any wish: no step touches a disk that is not proved free or ours, and what is applied is a fixpoint.
//!
//! The machine afterwards is told from the plan's own commands (`after`), not from the profile: a property that the plan
//! forgets to set, or a disk that it takes twice, shows as steps in the second plan.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use proptest::prelude::*;

use super::make::make;
use super::request::Request;
use super::{Danger, Plan};
use crate::domain::host::UNITS;
use crate::domain::{self, Facts};
use crate::hw::Hw;
use crate::inventory::{
    Class, Contents, Dataset, Disk, ForeignPool, ImportablePool, Inventory, Leaf, LeafTold,
    Membership, Owner, Pool, PoolState, Signature, Told, Unknown, Vdev, Want, look,
};
use crate::machine::recorded::Recorded;
use crate::machine::{Change, Span};
use crate::plan::erase::{Reason, Take};
use crate::profile::Profile;
use crate::property::Property;
use crate::shipped;
use crate::step::journal::{Taken, Unfinished};
use crate::units::Bytes;
use crate::yaml::Parsed;

const WISHES: [&str; 5] =
    ["gen8-seed", "gen8-seed-3", "gen8-usb-raidz", "gen8-usb-raidz2", "gen8-usb-mirror"];
const PLAN: &str = "0123456789abcdef";

fn pool(state: PoolState, comment: Option<&str>, never_synced: bool) -> Owner {
    let named = !matches!(state, PoolState::Spare | PoolState::Cache);
    Owner::ForeignPool(ForeignPool {
        name: named.then(|| "testpool".to_owned()),
        guid: named.then(|| "7".to_owned()),
        state,
        hostname: Some("oldnas".to_owned()),
        hostid: Some("0badcafe".to_owned()),
        last_used: None,
        txg: Some(4711),
        others: Some(3),
        shape: Some("raidz1 of 4".to_owned()),
        comment: comment.map(str::to_owned),
        labels: 4,
        never_synced,
    })
}

/// What may be on a disk: the owner, whether it may be erased, whether only a table is there.
fn owner() -> impl Strategy<Value = Result<(Owner, bool, bool), Unknown>> {
    let found = || Signature { kind: "ext4".to_owned(), label: None, uuid: None };
    let table = || Owner::PartitionTable { kind: "gpt".to_owned(), partitions: vec![] };
    let member = Membership { pool: "other".to_owned(), guid: 9, vdev: "raidz1-0".to_owned() };
    let ours = format!("zbay:{PLAN}");
    prop_oneof![
        12 => Just(Ok((Owner::Blank, true, false))),
        1 => Just(Ok((Owner::Filesystem(found()), true, false))),
        1 => Just(Ok((table(), true, false))),
        2 => Just(Ok((table(), true, true))),
        1 => Just(Ok((table(), false, true))),
        1 => Just(Ok((pool(PoolState::Active, None, false), true, false))),
        1 => Just(Ok((pool(PoolState::Active, None, true), true, false))),
        1 => Just(Ok((pool(PoolState::Active, Some(&ours), false), true, false))),
        2 => Just(Ok((pool(PoolState::Active, Some(&ours), true), true, false))),
        1 => Just(Ok((pool(PoolState::Exported, None, false), true, false))),
        1 => Just(Ok((pool(PoolState::Spare, None, true), true, false))),
        1 => Just(Ok((Owner::Member(member), false, false))),
        1 => Just(Ok((Owner::Held { by: vec!["mounted at /".into()], boot: false }, false, false))),
        1 => Just(Ok((Owner::Unknown { why: "bytes".into() }, true, false))),
        1 => Just(Ok((Owner::Unknown { why: "it failed".into() }, false, false))),
        1 => Just(Err(Unknown::because("it failed"))),
    ]
}

struct World {
    hw: Hw,
    profile: Parsed<Profile>,
    inventory: Inventory,
    facts: Facts,
}

fn world(wish: &str, owners: &[Result<(Owner, bool, bool), Unknown>], journal: &[bool]) -> World {
    let machine = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let profile = shipped::profile(&machine, Some(wish)).expect("shipped");
    let hw = shipped::hw(&machine, "hp-microserver-gen8").expect("shipped").value;
    let mut inventory = look::look(&machine, Want::ALL).expect("recorded");
    let mut facts = domain::look(&machine, &profile.value).expect("recorded");
    let bays = inventory.disks.iter_mut().filter(|disk| bay(&hw, disk).is_some());
    for ((disk, owner), noted) in bays.zip(owners).zip(journal) {
        // The other profiles than the seed's want drives of one size.
        if !wish.starts_with("gen8-seed") {
            disk.size = Bytes(4_000_787_030_016);
        }
        disk.contents = owner.clone().map(|(owner, erasable, only_table)| {
            let blank = owner == Owner::Blank;
            let digest =
                if blank { Contents::blank_digest() } else { format!("{owner:?}{only_table}") };
            let erase =
                if erasable && !blank { vec![Span { at: 0, len: 512 }] } else { Vec::new() };
            Contents { owner, seen: vec![], digest, erasable, only_table, erase }
        });
        if *noted {
            let address = disk.address.clone().expect("an address");
            let (serial, size) = (disk.serial.clone(), disk.size);
            let disk = Taken { address, serial, size, role: "data".into() };
            facts.storage.unfinished.push(Unfinished { plan: PLAN.into(), disk });
        }
    }
    World { hw, profile, inventory, facts }
}

fn bay(hw: &Hw, disk: &Disk) -> Option<String> {
    let seat = disk.seat(hw)?;
    seat.is_bay.then(|| seat.bay.to_string())
}

fn plan(world: &World, takes: &[Take]) -> Option<Plan> {
    let World { hw, profile, inventory, facts } = world;
    let request = Request {
        hw,
        other_box: None,
        profile,
        name: "wish",
        inventory,
        facts,
        takes,
        adopt: None,
        onto_existing: false,
        adoptable: false,
    };
    make(&request).ok()
}

/// Every disk that some change of the plan names.
fn touched(plan: &Plan, inventory: &Inventory) -> BTreeSet<String> {
    let mut words: Vec<String> = Vec::new();
    for change in plan.steps.iter().flat_map(|step| &step.changes) {
        match change {
            Change::Run(cmd) => words.extend(cmd.args.iter().cloned()),
            Change::Zero { dev, .. } => words.push(dev.to_string()),
            _ => {}
        }
    }
    let named = |disk: &&Disk| {
        let mut names: Vec<&str> = disk.links.iter().map(|link| link.as_str()).collect();
        names.extend(disk.address.iter().map(|link| link.as_str()));
        names.push(disk.dev.as_str());
        words.iter().any(|word| {
            names.iter().any(|name| {
                word.strip_prefix(name)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("-part"))
            })
        })
    };
    inventory.disks.iter().filter(named).map(|disk| disk.name.clone()).collect()
}

/// The world once the plan's commands have done what they say.
fn after(world: &World, plan: &Plan) -> World {
    let mut inventory = world.inventory.clone();
    let mut facts = world.facts.clone();
    let mut pools: Vec<Pool> = inventory.pools.clone().expect("asked");
    let property = |text: &str| {
        let (name, value) = text.split_once('=').expect("NAME=VALUE");
        Property { name: name.into(), value: value.into(), source: "local".into() }
    };
    for change in plan.steps.iter().flat_map(|step| &step.changes) {
        let Change::Run(cmd) = change else {
            match (change, &mut facts.storage.kept) {
                (Change::WriteFile { path, content, .. }, _) => {
                    assert_eq!(path, "/etc/zbay/profile.yaml");
                    facts.host.recorded = Some(content.clone());
                }
                (Change::WriteBeneath { root, path, content, .. }, Some((kept, text))) => {
                    assert_eq!(*kept, root.join(path));
                    *text = Ok(Some(content.clone()));
                }
                _ => {}
            }
            continue;
        };
        let args: Vec<&str> = cmd.args.iter().map(String::as_str).collect();
        match (cmd.program.file_name().expect("a name"), args.first().copied()) {
            ("zgenhostid", Some(id)) => inventory.host.hostid = Some(id.to_owned()),
            ("systemctl", Some("enable")) => {
                facts.host.units =
                    Ok(UNITS.iter().map(|unit| ((*unit).to_owned(), true)).collect());
            }
            ("zpool", Some("create")) => pools.push(created(&inventory, &args[1..], property)),
            ("zfs", Some("create")) => {
                let pool = pools.last_mut().expect("a pool");
                let set = args.windows(2).filter(|two| two[0] == "-o").map(|two| property(two[1]));
                let name = (*args.last().expect("a name")).to_owned();
                pool.datasets.push(dataset(name, set.collect()));
            }
            _ => {}
        }
    }
    // What nobody set has its default, which is what an unwished property is compared with.
    inventory.pools = Ok(pools);
    let profile = world.profile.clone();
    World { hw: world.hw.clone(), profile, inventory, facts }
}

fn dataset(name: String, properties: Vec<Property>) -> Dataset {
    Dataset { name, kind: "filesystem".into(), properties, used: Bytes(0), available: Bytes(1) }
}

fn created(inventory: &Inventory, args: &[&str], property: impl Fn(&str) -> Property) -> Pool {
    let default = |name: &str, value: &str| property(&format!("{name}={value}"));
    let mut properties = vec![
        default("autoreplace", "off"),
        default("autotrim", "off"),
        default("failmode", "wait"),
        default("compatibility", "off"),
        default("cachefile", "-"),
    ];
    let mut root = vec![default("mounted", "yes")];
    let mut vdevs: Vec<Vdev> = Vec::new();
    let mut name = None;
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match *word {
            "-f" => {}
            "-o" | "-O" => {
                let set = property(words.next().expect("a value"));
                let list = if *word == "-o" { &mut properties } else { &mut root };
                list.retain(|other| other.name != set.name);
                list.push(set);
            }
            kind @ ("raidz1" | "raidz2" | "raidz3" | "mirror") => vdevs.push(Vdev {
                name: kind.to_owned(),
                guid: 1,
                kind: kind.to_owned(),
                class: Class::Normal,
                state: "ONLINE".into(),
                ashift: Some(12),
                width: 0,
                size: None,
                deflated: None,
                allocated: None,
                leaves: vec![],
            }),
            path if path.starts_with('/') => {
                let at = Utf8PathBuf::from(path);
                let disk = inventory.disks.iter().find(|disk| disk.address.as_ref() == Some(&at));
                vdevs.last_mut().expect("a vdev").leaves.push(Leaf {
                    path: Some(at),
                    guid: 2,
                    state: "ONLINE".into(),
                    phys_path: None,
                    devid: None,
                    errors: [0, 0, 0],
                    partition: None,
                    disk: Some(disk.expect("one of the disks").name.clone()),
                    told: LeafTold::default(),
                });
            }
            other => name = Some(other.to_owned()),
        }
    }
    let name = name.expect("a name");
    root.push(default("mountpoint", &format!("/{name}")));
    Pool {
        datasets: vec![dataset(name.clone(), root)],
        name,
        guid: 7,
        state: "ONLINE".into(),
        status: None,
        busy: None,
        errors: 0,
        size: Bytes(1),
        allocated: Bytes(0),
        vdevs,
        properties,
        told: Told::default(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_step_touches_what_is_not_free_or_ours_and_apply_is_a_fixpoint(
        wish in prop::sample::select(&WISHES[..]),
        owners in prop::collection::vec(owner(), 4),
        same in prop::option::of(owner()),
        journal in prop::collection::vec(any::<bool>(), 4),
        taken in prop::collection::vec((any::<bool>(), prop::bool::weighted(0.9)), 4),
        listed in any::<bool>(),
    ) {
        // Half of the time all four hold the same: a pool in all bays is rare otherwise.
        let owners = same.map_or(owners, |same| vec![same; 4]);
        let mut world = world(wish, &owners, &journal);
        if listed {
            world.inventory.importable = Ok(vec![ImportablePool {
                name: "testpool".into(),
                guid: "7".into(),
                state: "ONLINE".into(),
                destroyed: false,
                members: vec![],
                log_lost: false,
                reason: crate::inventory::Reason::Nothing,
                detail: None,
            }]);
        }
        let bays: Vec<Disk> = world
            .inventory
            .disks
            .iter()
            .filter(|disk| bay(&world.hw, disk).is_some())
            .cloned()
            .collect();
        let mut takes = Vec::new();
        for (disk, (take, right)) in bays.iter().zip(&taken) {
            if *take {
                let (wwn, serial) = (disk.wwn.clone().unwrap(), disk.serial.clone().unwrap());
                let serial = if *right { serial } else { "S0MEOTHER".parse().unwrap() };
                takes.push(Take { wwn, serial });
            }
        }
        let Some(first) = plan(&world, &takes) else { return Ok(()) };
        let touched = touched(&first, &world.inventory);
        for disk in world.inventory.disks.iter().filter(|disk| touched.contains(&disk.name)) {
            let contents = disk.contents.as_ref().expect("nothing that could not be looked at is touched");
            let erased = first.erases.iter().find(|it| Some(&it.disk.address) == disk.address.as_ref());
            let wiped = first.steps.iter().flat_map(|step| &step.changes).any(
                |change| matches!(change, Change::Zero { dev, .. } if Some(dev) == disk.address.as_ref()),
            );
            prop_assert_eq!(wiped, erased.is_some());
            match (erased, &contents.owner) {
                (None, Owner::Blank) => {}
                (None, Owner::ForeignPool(_)) => prop_assert!(first.import.is_some()),
                (Some(it), owner) => {
                    prop_assert!(contents.erasable && *owner != Owner::Blank);
                    match &it.reason {
                        Reason::Taken => {
                            let named = |take: &Take| {
                                Some(&take.wwn) == disk.wwn.as_ref()
                                    && Some(&take.serial) == disk.serial.as_ref()
                            };
                            prop_assert!(takes.iter().any(named));
                        }
                        Reason::CutOff { .. } => {
                            let noted = world.facts.storage.unfinished.iter();
                            let mut noted = noted.map(|it| Some(&it.disk.address));
                            prop_assert!(noted.any(|it| it == disk.address.as_ref()));
                            let empty = matches!(
                                owner,
                                Owner::ForeignPool(pool) if pool.never_synced && pool.comment.is_some()
                            );
                            prop_assert!(contents.only_table || empty);
                        }
                    }
                }
                (None, owner) => prop_assert!(false, "{owner:?} is touched: {first:?}"),
            }
        }
        // A pool is made only where none of its name is listed, and never beside an import.
        let creates = first.steps.iter().any(|step| step.rehearsal.is_some());
        prop_assert!(!(creates && first.import.is_some()));
        prop_assert_eq!(first.danger() >= Danger::TakesFreeDisks, creates);
        if creates {
            let second = plan(&after(&world, &first), &[]).expect("a plan");
            prop_assert!(second.steps.is_empty(), "{:?}", second.steps);
            prop_assert!(second.drift.is_empty(), "{:?}", second.drift);
        }
    }
}
