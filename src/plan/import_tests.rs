//! Old drives: when a plan is an import, whose pool it may be, and what waits while a pool is not well.

use super::Plan;
use super::make::{PlanError, make};
use super::request::Request;
use crate::check::Rule;
use crate::domain;
use crate::domain::storage::Drift;
use crate::domain::storage::unwell::{patient, unwell};
use crate::drift::Difference;
use crate::hw::Hw;
use crate::inventory::{
    Contents, ForeignPool, ImportablePool, Inventory, Owner, Pool, PoolState, Signature, Told,
    Want, look,
};
use crate::machine::Change;
use crate::machine::recorded::Recorded;
use crate::plan::erase::Take;
use crate::property::Property;
use crate::shipped;
use crate::units::Bytes;

fn member(state: PoolState, guid: &str) -> ForeignPool {
    ForeignPool {
        name: Some("testpool".into()),
        guid: Some(guid.into()),
        state,
        hostname: Some("oldnas".into()),
        hostid: Some("0badcafe".into()),
        last_used: "2024-03-02T10:00:00Z".parse().ok(),
        txg: Some(4711),
        others: Some(3),
        shape: Some("raidz1 of 4".into()),
        comment: Some("zbay:0123456789abcdef".into()),
        labels: 4,
        never_synced: false,
    }
}

/// The seed's wish where the four bays hold members, and `zpool import` lists the pool of GUID 7.
fn planned(
    state: PoolState,
    listed: &str,
    adopt: Option<&str>,
    change: impl Fn(&mut Inventory),
) -> Result<Plan, PlanError> {
    let machine = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let profile = shipped::profile(&machine, Some("gen8-seed")).expect("shipped");
    let (hw, mut inventory) = holding(&machine, state, listed);
    change(&mut inventory);
    let facts = domain::look(&machine, &profile.value).expect("recorded");
    make(&Request {
        hw: &hw,
        other_box: None,
        profile: &profile,
        name: "gen8-seed",
        inventory: &inventory,
        facts: &facts,
        takes: &[],
        adopt,
        onto_existing: false,
        adoptable: false,
    })
}

/// The seed's box, whose four bays hold members of the pool that `zpool import` lists.
pub(crate) fn holding(machine: &Recorded, state: PoolState, listed: &str) -> (Hw, Inventory) {
    let hw = shipped::hw(machine, "hp-microserver-gen8").expect("shipped").value;
    let mut inventory = look::look(machine, Want::ALL).expect("recorded");
    for disk in &mut inventory.disks {
        if disk.seat(&hw).is_some_and(|seat| seat.is_bay) {
            let mut contents = Contents::bare(Owner::ForeignPool(member(state, "7")));
            contents.erasable = true;
            disk.contents = Ok(contents);
        }
    }
    inventory.importable = Ok(vec![ImportablePool {
        name: "testpool".into(),
        guid: "7".into(),
        state: listed.into(),
        destroyed: state == PoolState::Destroyed,
        members: vec!["a".into(), "b".into(), "c".into(), "d".into()],
        log_lost: false,
        reason: crate::inventory::Reason::Nothing,
        detail: None,
    }]);
    (hw, inventory)
}

fn commands(plan: &Plan) -> Vec<String> {
    let run = |change: &Change| match change {
        Change::Run(cmd) => Some(cmd.to_string()),
        _ => None,
    };
    plan.steps.iter().flat_map(|step| &step.changes).filter_map(run).collect()
}

#[test]
fn an_exported_pool_is_imported_and_never_made_anew() {
    for state in ["ONLINE", "DEGRADED"] {
        let plan = planned(PoolState::Exported, state, None, |_| {}).expect("a plan");
        let commands = commands(&plan);
        assert!(commands.iter().all(|cmd| !cmd.contains("create")), "{commands:?}");
        let import: Vec<&String> = commands.iter().filter(|cmd| cmd.contains("import ")).collect();
        let [import] = import[..] else { panic!("{commands:?}") };
        assert!(import.ends_with("-part1 7") && !import.contains(" -f "), "{import}");
        assert_eq!(import.matches(" -d /dev/disk/by-id/wwn-").count(), 4, "{import}");
        assert!(plan.erases.is_empty());
    }
}

#[test]
fn a_pool_of_another_host_is_imported_only_where_a_person_names_that_host() {
    let refused =
        planned(PoolState::Active, "ONLINE", None, |_| {}).expect_err("refused").to_string();
    let flat = refused.replace("\n         ", " ");
    assert!(flat.contains("last used by host `oldnas` on 2024-03-02, not exported"), "{flat}");
    assert!(flat.contains("--from-host oldnas"), "{flat}");
    assert!(planned(PoolState::Active, "ONLINE", Some("other"), |_| {}).is_err());
    let plan = planned(PoolState::Active, "ONLINE", Some("oldnas"), |_| {}).expect("a plan");
    assert!(commands(&plan).iter().any(|cmd| cmd.starts_with("zpool import -f ")), "{plan:?}");
    // The very box that had it needs nobody's word.
    let ours = |inventory: &mut Inventory| inventory.host.hostid = Some("0badcafe".into());
    let plan = planned(PoolState::Active, "ONLINE", None, ours).expect("a plan");
    assert!(commands(&plan).iter().all(|cmd| !cmd.contains(" -f ")), "{plan:?}");
}

#[test]
fn what_does_not_agree_is_not_imported() {
    let stranger = |inventory: &mut Inventory| {
        let disk = inventory.disks.iter_mut().find(|disk| disk.contents.is_ok()).expect("a disk");
        disk.contents.as_mut().expect("seen").owner =
            Owner::ForeignPool(member(PoolState::Exported, "8"));
    };
    for (state, listed, change) in [
        (PoolState::Destroyed, "ONLINE", false),
        (PoolState::Exported, "UNAVAIL", false),
        (PoolState::Exported, "FAULTED", false),
        (PoolState::Exported, "ONLINE", true),
    ] {
        let plan = planned(state, listed, None, |inventory| {
            if change {
                stranger(inventory);
            }
        });
        let refused = plan.expect_err("refused").to_string();
        assert!(refused.contains("is not free"), "{state:?} {listed}: {refused}");
    }
}

#[test]
fn a_pool_that_is_not_well_gets_properties_at_most() {
    let pool = |state: &str, busy: Option<&str>, readonly: &str| Pool {
        name: "tank".into(),
        guid: 7,
        state: state.into(),
        status: None,
        busy: busy.map(str::to_owned),
        errors: 0,
        size: Bytes(1),
        allocated: Bytes(0),
        vdevs: vec![],
        properties: vec![Property {
            name: "readonly".into(),
            value: readonly.into(),
            source: "-".into(),
        }],
        datasets: vec![],
        told: Told::default(),
    };
    let drift = || {
        vec![
            Ok(Drift::DatasetMissing { dataset: "tank/new".into() }),
            Ok(Drift::Property {
                of: crate::step::Of::Zfs,
                object: "tank".into(),
                name: "atime".into(),
                wished: "off".into(),
                is: "on".into(),
                fixed: false,
            }),
        ]
    };
    let mended =
        |pool: &Pool| patient(drift(), pool).iter().flatten().filter(|it| it.mendable()).count();
    for (pool, left) in [
        (pool("ONLINE", None, "off"), 2),
        (pool("ONLINE", Some("scrub"), "off"), 2),
        (pool("DEGRADED", None, "off"), 1),
        (pool("ONLINE", Some("resilver"), "off"), 1),
        (pool("SUSPENDED", None, "off"), 0),
        (pool("ONLINE", None, "on"), 0),
    ] {
        assert_eq!(mended(&pool), left, "{pool:?}");
        assert_eq!(unwell(&pool).is_some(), left < 2, "{pool:?}");
    }
}

#[test]
fn a_person_erases_nothing_in_raid_mode_or_under_a_pool() {
    let machine = Recorded::open("tests/machines/gen8-raid-fifth-port".into()).expect("recorded");
    let profile = shipped::profile(&machine, Some("gen8-raid-fifth-port")).expect("shipped");
    let hw = shipped::hw(&machine, "hp-microserver-gen8").expect("shipped").value;
    let mut inventory = look::look(&machine, Want::ALL).expect("recorded");
    let facts = domain::look(&machine, &profile.value).expect("recorded");
    let found = Signature { kind: "ext4".into(), label: Some("photos".into()), uuid: None };
    let disk = inventory
        .disks
        .iter_mut()
        .find(|disk| disk.path.as_deref() == Some("pci-0000:00:1f.2-ata-2"))
        .expect("bay 2");
    let mut contents = Contents::bare(Owner::Filesystem(found));
    contents.erasable = true;
    disk.contents = Ok(contents);
    let takes =
        [Take { wwn: disk.wwn.clone().expect("a wwn"), serial: disk.serial.clone().expect("one") }];
    let said = |profile, inventory: &Inventory| {
        make(&Request {
            hw: &hw,
            other_box: None,
            profile,
            name: "wish",
            inventory,
            facts: &facts,
            takes: &takes,
            adopt: None,
            onto_existing: false,
            adoptable: false,
        })
        .expect_err("refused")
        .to_string()
    };
    let raid = said(&profile, &inventory).replace("\n         ", " ");
    assert!(raid.contains("bay 2 cannot be erased: in RAID mode"), "{raid}");
    // A pool of the wished name is there: whoever names a drive means something else.
    inventory.pools = Ok(vec![Pool {
        name: "tank".into(),
        guid: 7,
        state: "ONLINE".into(),
        status: None,
        busy: None,
        errors: 0,
        size: Bytes(1),
        allocated: Bytes(0),
        vdevs: vec![],
        properties: vec![],
        datasets: vec![],
        told: Told::default(),
    }]);
    let late = said(&profile, &inventory);
    assert!(late.contains("pool `tank` already exists, so no drive is taken"), "{late}");
}

/// The seed's wish under a name, where the labels carry this comment.
fn laid(
    name: &str,
    comment: Option<&str>,
    onto_existing: bool,
    guid: Option<u64>,
) -> Result<Plan, PlanError> {
    let machine = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let mut profile = shipped::profile(&machine, Some("gen8-seed")).expect("shipped");
    if let Some(guid) = guid {
        let text =
            profile.text.replace("  name: testpool", &format!("  name: testpool\n  guid: {guid}"));
        assert_ne!(text, profile.text);
        profile = crate::yaml::read("mine.yaml", text.as_bytes()).expect("sound");
    }
    let (hw, mut inventory) = holding(&machine, PoolState::Exported, "ONLINE");
    for contents in inventory.disks.iter_mut().filter_map(|disk| disk.contents.as_mut().ok()) {
        if let Owner::ForeignPool(pool) = &mut contents.owner {
            pool.comment = comment.map(str::to_owned);
        }
    }
    let facts = domain::look(&machine, &profile.value).expect("recorded");
    make(&Request {
        hw: &hw,
        other_box: None,
        profile: &profile,
        name,
        inventory: &inventory,
        facts: &facts,
        takes: &[],
        adopt: None,
        onto_existing,
        adoptable: false,
    })
}

#[test]
fn a_pool_that_zbay_did_not_make_is_no_shipped_profiles() {
    for comment in [None, Some("old nas")] {
        let said = laid("gen8-seed", comment, false, None).expect_err("refused").to_string();
        assert!(said.contains("pool testpool was not made by zbay"), "{said}");
        assert!(said.contains("`zbay plan gen8-seed --onto-existing`"), "{said}");
        assert!(laid("gen8-seed", comment, true, None).expect("a plan").onto_existing);
        // A file of one's own is the word.
        assert!(laid("./mine.yaml", comment, false, None).is_ok());
    }
    assert!(laid("gen8-seed", Some("zbay:0123456789abcdef"), false, None).is_ok());
}

#[test]
fn a_profile_for_one_pool_is_for_no_other() {
    let plan = laid("./mine.yaml", None, false, Some(7)).expect("a plan");
    assert_eq!(plan.import.map(|import| import.guid), Some("7".to_owned()));
    let said = laid("./mine.yaml", None, false, Some(8)).expect_err("refused").to_string();
    assert!(said.contains("has the GUID 7, but the profile is for 8"), "{said}");
}

#[test]
fn a_pool_whose_labels_name_another_host_with_this_hosts_id_is_said_to() {
    let on = |name: &'static str, hostid: &'static str, adopt| {
        let plan = planned(PoolState::Active, "ONLINE", adopt, |inventory| {
            inventory.host.hostid = Some(hostid.into());
            inventory.host.facts.as_mut().expect("recorded").hostname = name.into();
        });
        let notes = plan.expect("a plan").notes.into_iter();
        notes.filter(|note| note.rule == Rule::OtherName).collect::<Vec<_>>()
    };
    let [note] = &on("attic", "0badcafe", None)[..] else { panic!("no note") };
    assert!(note.message.contains("name host `oldnas`, and this host is `attic`"), "{note:?}");
    assert!(note.remedy.contains("make sure that it does not have the pool"), "{note:?}");
    assert_eq!(on("oldnas", "0badcafe", None), []);
    assert_eq!(on("attic", "11111111", Some("oldnas")), [], "a person named it");
}
