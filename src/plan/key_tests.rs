//! Encrypted datasets: the key is made with them and is in no plan; what is no key is refused; what a key does not open is told.

use serde_json::json;

use super::Plan;
use super::make::{PlanError, make};
use super::request::Request;
use crate::apply::secrets::Secrets;
use crate::apply::{Work, run};
use crate::domain::face::World;
use crate::domain::keys::{self, unlock};
use crate::domain::{self, Drift};
use crate::inventory::{Want, look};
use crate::machine::recorded::Recorded;
use crate::machine::recording::{Answer, Bytes, Said};
use crate::machine::{Change, Cmd};
use crate::profile::Profile;
use crate::shipped::{self, WISH};
use crate::step::command;
use crate::step::{Condition, Of, Step};
use crate::yaml::{Parsed, read};

const KEY: &str = "/etc/zbay/keys/private";

fn wish(line: &str) -> Parsed<Profile> {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let seed = shipped::profile(&recorded, Some("gen8-seed")).expect("shipped").text;
    let text = format!("{}\ndatasets:\n  private: {{{line}}}\n", seed.trim_end());
    read::<Profile>(WISH, text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}\n{text}"))
}

/// The seed's box where these commands answer so.
fn box_saying(said: &[(Cmd, i32, &str)]) -> Recorded {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let mut recording = recorded.recording().clone();
    for (cmd, status, text) in said {
        let (stdout, stderr) = if *status == 0 { (*text, "") } else { ("", *text) };
        let bytes = |text: &str| Bytes::of(text.as_bytes());
        let said = Said::Ended { status: *status, stdout: bytes(stdout), stderr: bytes(stderr) };
        recording.commands.insert(cmd.to_string(), said);
    }
    Recorded::new("gen8-seed".to_owned(), recording)
}

fn plan(machine: &Recorded, profile: &Parsed<Profile>) -> Result<Plan, PlanError> {
    let hw = shipped::hw(machine, "hp-microserver-gen8").expect("shipped").value;
    let inventory = look::look(machine, Want::ALL).expect("recorded");
    let facts = domain::look(machine, &profile.value).expect("recorded");
    make(&Request {
        hw: &hw,
        other_box: None,
        profile,
        name: "mine",
        inventory: &inventory,
        facts: &facts,
        takes: &[],
        adopt: None,
        onto_existing: false,
        adoptable: false,
    })
}

#[test]
fn a_key_is_made_with_its_dataset_and_is_nowhere_else() {
    let profile = wish(&format!("key_file: {KEY}"));
    let plan = plan(&box_saying(&[]), &profile).expect("a plan");
    let step = plan.steps.iter().find(|it| it.what.contains("private")).expect("a step");
    let [Change::NewKey { path }, Change::Run(create), ..] = &step.changes[..] else {
        panic!("{:?}", step.changes)
    };
    assert_eq!(path, KEY);
    let create = create.to_string();
    for part in [
        "-o encryption=aes-256-gcm",
        "-o keyformat=hex",
        "-o keylocation=file:///etc/zbay/keys/private",
    ] {
        assert!(create.contains(part), "{create}");
    }
    let boot =
        plan.steps.iter().find(|it| it.what.contains("at boot") && it.what.contains("encrypted"));
    assert!(boot.is_some_and(|it| it.changes.len() == 3), "{:?}", plan.steps);
    // One that is there, of a run that was cut off, is taken.
    let there = (command::mode_and_size(KEY.into()), 0, "600 64\n");
    let plan = self::plan(&box_saying(&[there]), &profile).expect("a plan");
    let step = plan.steps.iter().find(|it| it.what.contains("/private")).expect("a step");
    assert!(matches!(&step.changes[..], [Change::Run(_), ..]), "{:?}", step.changes);
}

#[test]
fn a_passphrase_is_asked_for_and_is_in_nothing_that_is_kept() {
    let profile = wish("passphrase: ask}\n  private/sub: {quota: 1G");
    let machine = box_saying(&[]);
    let plan = plan(&machine, &profile).expect("a plan");
    let asks: Vec<_> = plan.steps.iter().flat_map(Step::asks).collect();
    assert_eq!(asks, [("testpool/private", true)]);
    let mut secrets = Secrets::default();
    secrets.keep("testpool/private", "correct horse".to_owned());
    assert!(!format!("{secrets:?}").contains("horse"));
    let step = plan.steps.iter().find(|it| it.asks().next().is_some()).expect("a step");
    // The recorded machine has no such dataset, before or after: what was changed is what counts.
    let step = Step { before: Vec::new(), ..step.clone() };
    let (id, disks) = ("0", &plan.disks[..]);
    let work = Work { id, disks, steps: &[step], secrets: &secrets };
    let look = |_| look::look(&machine, Want::ALL).map_err(|error| error.to_string());
    let hw = shipped::hw(&machine, "hp-microserver-gen8").expect("shipped").value;
    let _ = run(&machine, &hw, work, &look, &mut |_| {});
    let changes = machine.changes();
    let typed = changes.iter().find_map(|change| match change {
        Change::Run(cmd) if cmd.args.first().is_some_and(|verb| verb == "create") => {
            cmd.stdin.clone()
        }
        _ => None,
    });
    assert_eq!(typed.as_deref(), Some(&b"correct horse\n"[..]), "{changes:?}");
    let kept = serde_json::to_string(&(&changes, &plan)).expect("JSON");
    assert!(!kept.contains("horse") && kept.contains("keylocation=prompt"), "{kept}");

    // Where nobody can be asked, it and what is below it wait, and nothing else does.
    let count = plan.steps.len();
    let (rest, closed) = plan.without_asking();
    assert_eq!(
        (rest.steps.len(), &closed.0[..]),
        (count - 2, &["testpool/private".to_owned()][..])
    );
    assert!(closed.has("testpool/private/sub") && !closed.has("testpool/private2"));
}

#[test]
fn a_passphrase_beside_a_key_or_at_the_root_is_refused() {
    let profile = wish(&format!("passphrase: ask, key_file: {KEY}"));
    let why = plan(&box_saying(&[]), &profile).expect_err("refused").to_string();
    assert!(why.contains("one dataset has both"), "{why}");
    let bad = "hardware: generic\npool: {name: a, layout: mirror, bays: [1, 2], root: {passphrase: ask}}\n";
    let parsed = read::<Profile>("x", bad.as_bytes()).expect("reads");
    let notes = crate::check::check(&crate::render::fixture::hw("generic"), &parsed.value);
    assert!(notes.iter().any(|it| it.at == "pool.root.passphrase"), "{notes:?}");
    let typed = bad.replace("ask", "hunter22");
    let why = read::<Profile>("x", typed.as_bytes()).expect_err("no secret in a file").to_string();
    assert!(why.contains("ask"), "{why}");
}

#[test]
fn a_dataset_that_waits_for_its_passphrase_is_told_and_opened_by_it() {
    let profile = wish("passphrase: ask");
    let dataset = "testpool/private";
    let closed = box_saying(&[(command::get(Of::Zfs, dataset, "keystatus"), 0, "unavailable\n")]);
    let facts = domain::look(&closed, &profile.value).expect("recorded");
    let hw = shipped::hw(&closed, "hp-microserver-gen8").expect("shipped").value;
    let inventory = look::look(&closed, Want::ALL).expect("recorded");
    let found = domain::drift(&World::of(&hw, &profile, &inventory), &facts);
    let locked =
        found.iter().find(|it| matches!(it, Drift::Keys(keys::Drift::Locked { asks: true, .. })));
    assert!(locked.is_some_and(Drift::mendable), "{found:?}");
    assert!(
        !found.iter().any(|it| matches!(it, Drift::Keys(keys::Drift::KeysAtBoot { .. }))),
        "{found:?}"
    );
    let open = unlock(dataset, true, None);
    assert_eq!(open.iter().flat_map(Step::asks).collect::<Vec<_>>(), [(dataset, false)]);
}

#[test]
fn what_others_can_read_or_is_no_key_is_refused() {
    let profile = wish(&format!("key_file: {KEY}"));
    for (said, words) in [("644 64\n", "mode 644"), ("600 12\n", "12 bytes")] {
        let machine = box_saying(&[(command::mode_and_size(KEY.into()), 0, said)]);
        let why = plan(&machine, &profile).expect_err("refused").to_string();
        assert!(why.contains(words) && why.contains(KEY), "{why}");
    }
}

#[test]
fn a_path_that_is_lost_at_boot_and_an_encrypted_root_are_refused() {
    let bad = |text: &str| read::<Profile>("x", text.as_bytes()).expect_err("refused").to_string();
    let pool = "hardware: generic\npool: {name: tank, layout: mirror, bays: [1, 2]}\n";
    for (path, words) in
        [("/tmp/key", "next boot"), ("key", "is not the path"), ("/etc/../x", "is not")]
    {
        let said = bad(&format!("{pool}datasets: {{a: {{key_file: {path}}}}}\n"));
        assert!(said.contains(words), "{said}");
    }
    let hw = crate::render::fixture::hw("generic");
    let text = pool.replace("bays: [1, 2]", "bays: [1, 2], root: {key_file: /etc/k}");
    let parsed = read::<Profile>("x", text.as_bytes()).expect("reads");
    let notes = crate::check::check(&hw, &parsed.value);
    assert!(notes.iter().any(|it| it.rule == crate::check::Rule::KeyOnRoot), "{notes:?}");
}

#[test]
fn one_file_for_two_datasets_is_refused_before_the_first_is_made() {
    let profile = wish(&format!("key_file: {KEY}}}\n  other: {{key_file: {KEY}"));
    let why = plan(&box_saying(&[]), &profile).expect_err("refused").to_string();
    assert!(why.contains("is the key of two datasets"), "{why}");
}

#[test]
fn a_dataset_that_its_key_does_not_open_is_told_before_the_next_boot() {
    let profile = wish(&format!("key_file: {KEY}"));
    let dataset = "testpool/private";
    let found = |status: &'static str, file: Option<&'static str>, tried: (i32, &'static str)| {
        let mut said = vec![
            (command::get(Of::Zfs, dataset, "keystatus"), 0, status),
            (command::try_key(dataset), tried.0, tried.1),
        ];
        said.extend(file.map(|text| (command::mode_and_size(KEY.into()), 0, text)));
        let machine = box_saying(&said);
        let hw = shipped::hw(&machine, "hp-microserver-gen8").expect("shipped").value;
        let inventory = look::look(&machine, Want::ALL).expect("recorded");
        let facts = domain::look(&machine, &profile.value).expect("recorded");
        domain::drift(&World::of(&hw, &profile, &inventory), &facts)
    };
    let key = |drift: &[Drift]| {
        drift.iter().find_map(|it| match it {
            Drift::Keys(keys::Drift::Key { why, .. }) => Some(why.clone()),
            _ => None,
        })
    };
    let well = Some("600 64\n");
    assert_eq!(key(&found("available\n", well, (0, ""))), None);
    assert!(key(&found("available\n", None, (0, ""))).unwrap().contains("no such file"));
    let wrong = found("available\n", well, (1, "Key load error: Incorrect key provided"));
    assert!(key(&wrong).unwrap().contains("Incorrect key"), "{wrong:?}");
    assert!(key(&found("available\n", Some("644 64\n"), (0, ""))).unwrap().contains("mode 644"));
    let closed = found("unavailable\n", well, (0, ""));
    assert!(
        closed
            .iter()
            .any(|it| matches!(it, Drift::Keys(keys::Drift::Locked { .. })) && it.mendable()),
        "{closed:?}"
    );
}

/// The key opens the dataset, and others may read or change it: that is told with what mends it, and it is used.
#[test]
fn a_key_that_others_have_the_say_over_is_a_finding_and_is_used() {
    let profile = wish(&format!("key_file: {KEY}"));
    let told = |mode: &str, owner: &str| {
        let said = [
            (command::mode_and_size(KEY.into()), 0, mode),
            (command::owner_of(KEY.into()), 0, owner),
            (command::get(Of::Zfs, "testpool/private", "keystatus"), 0, "available"),
            (command::try_key("testpool/private"), 0, ""),
        ];
        let machine = box_saying(&said);
        let plan = plan(&machine, &profile).expect("a plan");
        let notes = plan.notes.into_iter().filter(|note| json!(note.rule) == "key-open");
        let planned: Vec<_> = notes.map(|note| (note.message, note.remedy)).collect();
        let checked = keys::open(&keys::key_files(&machine, &profile.value));
        let checked: Vec<_> = checked.into_iter().map(|it| (it.message, it.remedy)).collect();
        assert_eq!(planned, checked, "`zbay check` and `zbay plan` say the same");
        planned
    };
    let one = |message: &str, remedy: &str| vec![(message.to_owned(), remedy.to_owned())];
    assert_eq!(
        told("644 64", "0"),
        one(
            &format!("the key {KEY} can be read by others (mode 644)"),
            &format!("`chmod 600 {KEY}`")
        )
    );
    assert_eq!(
        told("660 64", "0"),
        one(
            &format!("the key {KEY} can be read or changed by others (mode 660)"),
            &format!("`chmod 600 {KEY}`")
        )
    );
    assert_eq!(
        told("600 64", "1000"),
        one(
            &format!("the key {KEY} belongs to another user (uid 1000)"),
            &format!("`chown root:root {KEY}`")
        )
    );
    assert_eq!(told("600 64", "0"), []);
    assert_eq!(told("400 64", "0"), []);
}

/// What is opened is mounted as what comes with a pool is: where it covers nothing.
#[test]
fn what_is_opened_is_mounted_only_where_it_covers_nothing() {
    let profile = wish("passphrase: ask");
    let dataset = "testpool/private";
    let look = |at: &str, canmount: &str, holds: Option<&[&str]>| {
        let said = [
            (command::get(Of::Zfs, dataset, "keystatus"), 0, "unavailable\n"),
            (command::get(Of::Zfs, dataset, "mountpoint"), 0, at),
            (command::get(Of::Zfs, dataset, "canmount"), 0, canmount),
        ];
        let machine = box_saying(&said);
        let mut recording = machine.recording().clone();
        let names = holds.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        recording.lists.insert(at.trim().into(), Answer::Given(names));
        let machine = Recorded::new("gen8-seed".to_owned(), recording);
        let facts = domain::look(&machine, &profile.value).expect("recorded");
        let place = facts.keys.keys[0].place.clone();
        let place = place.map(|place| place.map_err(|left| left.why));
        let notes = keys::left(&facts.keys.keys);
        (place, notes.into_iter().map(|note| note.message).collect::<Vec<_>>())
    };
    let fits = |at: &str| Some(Ok(at.into()));
    assert_eq!(look("/srv/private\n", "on\n", Some(&[])), (fits("/srv/private"), vec![]));
    assert_eq!(look("/srv/private\n", "noauto\n", None), (fits("/srv/private"), vec![]));
    assert_eq!(look("/srv/private\n", "off\n", None), (None, vec![]));
    assert_eq!(look("none\n", "on\n", None), (None, vec![]));
    for (at, holds, why) in [
        ("/srv/private\n", Some(&["photos"][..]), "it is not empty there"),
        ("/etc/cron.d\n", None, "system"),
        ("/\n", None, ""),
    ] {
        let (place, notes) = look(at, "on\n", holds);
        let said = place.expect("a place").expect_err(at);
        assert!(said.contains(why), "{said}");
        let words = format!("{dataset} is opened and not mounted at {}: {said}", at.trim());
        assert_eq!(notes, [words]);
    }
    // The key is loaded whatever becomes of the mount, and the place is judged once more before it is used.
    let at = camino::Utf8Path::new("/srv/private");
    let steps = unlock(dataset, true, Some(at));
    assert_eq!(steps.len(), 2);
    assert!(steps[0].before.is_empty() && !format!("{:?}", steps[0].changes).contains("mount"));
    assert_eq!(steps[1].before, [Condition::Vacant { path: at.to_owned() }]);
    let steps = unlock(dataset, true, None);
    assert!(steps.len() == 1 && !format!("{:?}", steps[0].changes).contains("mount"));
}
