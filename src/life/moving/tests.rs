//! Which pool is imported, whose word it takes, and what export leaves behind.

use super::*;
use crate::inventory::Class;
use crate::inventory::PoolState;
use crate::life::expand::fixture::Made;
use crate::machine::Change;
use crate::machine::recorded::Recorded;
use crate::plan::import_tests::holding;

fn seed() -> Recorded {
    Recorded::embedded("gen8-seed").unwrap().unwrap()
}

fn come(
    state: PoolState,
    listed: &str,
    change: impl Fn(&mut Inventory),
    ask: impl Fn(&mut Incoming<'_>),
) -> Result<Task, ReplaceError> {
    let machine = seed();
    let (hw, mut inventory) = holding(&machine, state, listed);
    change(&mut inventory);
    let own = Own {
        hostid: None,
        random: Some("0f0e0d0c-0b0a-0908-0706-050403020100".into()),
        drawn: None,
    };
    let mut request = Incoming {
        hw: &hw,
        inventory: &inventory,
        own: &own,
        wish: None,
        pool: None,
        from: None,
        without_log: false,
    };
    ask(&mut request);
    import(&request)
}

fn commands(task: &Task) -> Vec<String> {
    let words = |change: &Change| match change {
        Change::Run(cmd) => Some(cmd.to_string()),
        _ => None,
    };
    task.steps.iter().flat_map(|step| &step.changes).filter_map(words).collect()
}

fn last(task: &Task) -> String {
    commands(task).pop().unwrap()
}

#[test]
fn an_exported_pool_comes_without_force_from_its_own_drives_alone() {
    let task = come(PoolState::Exported, "ONLINE", |_| {}, |_| {}).unwrap();
    let import = last(&task);
    assert!(
        import.starts_with("zpool import -N -o cachefile=none -d /dev/disk/by-id/wwn-"),
        "{import}"
    );
    assert!(import.ends_with("-part1 7") && import.matches(" -d ").count() == 4, "{import}");
    assert!(!import.contains(" -f ") && !import.contains(" -m "), "{import}");
    // Without a hostid the box could not say the next time that it was this one.
    assert!(commands(&task)[0].starts_with("zgenhostid "), "{task:?}");
    assert_eq!(task.drives.len(), 4);
    assert!(task.then.unwrap().contains("zbay adopt testpool"));
}

#[test]
fn another_hosts_pool_takes_that_hosts_name() {
    let no =
        |from: Option<&'static str>| come(PoolState::Active, "ONLINE", |_| {}, |it| it.from = from);
    for wrong in [None, Some("other"), Some("")] {
        let said = no(wrong).unwrap_err().to_string();
        for part in [
            "may be in use on another host",
            "oldnas",
            "txg 4711",
            "2024-03-02",
            "--from-host oldnas",
        ] {
            assert!(said.replace("\n         ", " ").contains(part), "`{part}`: {said}");
        }
    }
    let task = no(Some("oldnas")).unwrap();
    assert!(last(&task).starts_with("zpool import -f "), "{task:?}");
    let danger = task.facts.iter().find(|(word, _)| word == "danger").unwrap();
    assert!(danger.1.contains("oldnas") && danger.1.contains("two hosts"), "{danger:?}");
    let ours = |it: &mut Inventory| it.host.hostid = Some("0badcafe".into());
    let task = come(PoolState::Active, "ONLINE", ours, |_| {}).unwrap();
    assert_eq!(commands(&task).len(), 1, "its own hostid is kept");
    assert!(!last(&task).contains(" -f "));
}

#[test]
fn a_pool_that_is_not_whole_stays_out_and_one_that_lost_its_log_takes_a_word() {
    let why = come(PoolState::Exported, "UNAVAIL", |_| {}, |_| {}).unwrap_err().to_string();
    assert!(why.contains("UNAVAIL") && why.contains("bay 1"), "{why}");
    let lost = |it: &mut Inventory| it.importable.as_mut().unwrap()[0].log_lost = true;
    let why = come(PoolState::Exported, "ONLINE", lost, |_| {}).unwrap_err().to_string();
    assert!(why.contains("--without-log") && why.contains("cannot be opened"), "{why}");
    let task = come(PoolState::Exported, "ONLINE", lost, |it| it.without_log = true).unwrap();
    assert!(last(&task).contains(" -m "), "{task:?}");
}

#[test]
fn names_and_guids_mean_one_pool_or_none() {
    let twin = |it: &mut Inventory| {
        let mut other = it.importable.as_ref().unwrap()[0].clone();
        other.guid = "8".into();
        it.importable.as_mut().unwrap().push(other);
    };
    let said = |pool, change: &dyn Fn(&mut Inventory)| {
        come(PoolState::Exported, "ONLINE", change, |it| it.pool = pool).map(|task| last(&task))
    };
    assert!(said(None, &twin).unwrap_err().to_string().contains("GUID 8"));
    assert!(said(Some("testpool"), &twin).unwrap_err().to_string().contains("zbay import GUID"));
    assert!(said(Some("7"), &twin).unwrap().ends_with(" 7"));
    assert!(said(Some("nine"), &|_| {}).unwrap_err().to_string().contains("testpool, GUID 7"));
    let destroyed = |it: &mut Inventory| it.importable.as_mut().unwrap()[0].destroyed = true;
    assert!(said(None, &destroyed).unwrap_err().to_string().contains("zpool import -D"));
    let taken = |it: &mut Inventory| {
        let mut here = Made::of(&[("mirror", Class::Normal, &[1, 2])]).pool().clone();
        here.name = "testpool".into();
        it.pools = Ok(vec![here]);
    };
    assert!(said(None, &taken).unwrap_err().to_string().contains("cannot use that name"));
}

fn go(made: &Made, pool: Option<&str>) -> Result<Task, ReplaceError> {
    let hw = crate::render::fixture::hw("4u-24bay");
    export(&Outgoing { hw: &hw, inventory: &made.0, wish: None, pool, first_boot_waits: false })
}

#[test]
fn export_is_never_forced_and_names_what_moves() {
    let mut made = Made::of(&[("mirror", Class::Normal, &[1, 2]), ("disk", Class::Log, &[3])]);
    let task = go(&made, None).unwrap();
    assert_eq!(commands(&task), ["zpool export tank"]);
    assert_eq!(task.drives.len(), 3);
    assert!(matches!(&task.steps[0].after[..], [Condition::PoolNotImported { .. }]));
    assert!(go(&made, Some("other")).unwrap_err().to_string().contains("tank"));
    made.pool().state = "SUSPENDED".into();
    assert!(matches!(go(&made, None), Err(ReplaceError::Suspended { .. })));
}
