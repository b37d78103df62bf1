//! Who does what, from facts; and that what is wished is reached once and can be taken back.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::facts::{Cron, Facts, Smartd, Unit};
use super::wish::{Drift, Scene, beside, drift, settings};
use super::{CRON, Every, Job, Keeper, NOTIFY, SMARTD, Teller, ZED, line, of, told};
use crate::domain::care::step;
use crate::drift::{Difference as _, Differs};
use crate::inventory::{Inventory, Pool, Transport, Unknown};
use crate::machine::{Change, Hash};
use crate::profile::Profile;
use crate::property::Property;
use crate::render::fixture::{hw, with_pool};
use crate::yaml::read;

const WISH: &str = include_str!("../../profiles/gen8-seed.yaml");

fn on() -> Unit {
    Unit { there: true, enabled: true, active: true, ..Unit::default() }
}

fn off() -> Unit {
    Unit { there: true, ..Unit::default() }
}

/// Debian as it comes: cron runs, both jobs are in its file; ZED and smartd would mail root.
pub fn debian() -> Facts {
    let units = [CRON[0], ZED, SMARTD].map(|unit| (unit.to_owned(), on()));
    Facts {
        units: Ok(units.into()),
        cron: Ok(Cron { scrub: true, trim: true }),
        zed: Ok(Some("root".to_owned())),
        smartd: Ok(Smartd { mail: Some("root".to_owned()), tests: false }),
        mail: Ok(true),
    }
}

fn pool(inventory: &mut Inventory) -> &mut Pool {
    &mut inventory.pools.as_mut().unwrap()[0]
}

fn said(inventory: &mut Inventory, name: &str, value: &str) {
    let root = &mut pool(inventory).datasets[0].properties;
    root.push(Property { name: name.into(), value: value.into(), source: "local".into() });
}

fn by(inventory: &Inventory, facts: &Facts, job: Job) -> Vec<Keeper> {
    let care = of(inventory, &inventory.pools.as_ref().unwrap()[0], facts);
    let kept = if job == Job::Scrub { care.scrub } else { care.trim };
    assert_eq!(kept.unknown, None);
    kept.by
}

fn wished(care: &str) -> Profile {
    read::<Profile>("wish", format!("{WISH}{care}").as_bytes()).unwrap().value
}

#[test]
fn debians_cron_scrubs_unless_it_is_told_not_to() {
    let cron = |value: Option<&str>| {
        let mut inventory = with_pool();
        if let Some(value) = value {
            said(&mut inventory, Job::Scrub.property(), value);
        }
        by(&inventory, &debian(), Job::Scrub)
    };
    for value in [None, Some("auto"), Some("enable")] {
        assert_eq!(cron(value), [Keeper::Cron { sunday: 2 }], "{value:?}");
    }
    for value in [Some("disable"), Some("false")] {
        assert_eq!(cron(value), [], "{value:?}");
    }
    let mut facts = debian();
    facts.units.as_mut().unwrap().remove(CRON[0]);
    assert_eq!(by(&with_pool(), &facts, Job::Scrub), [], "a file that nobody reads");
    facts = Facts { cron: Ok(Cron::default()), ..debian() };
    assert_eq!(by(&with_pool(), &facts, Job::Scrub), []);
}

#[test]
fn debians_cron_trims_nvme_alone_unless_it_is_told_to() {
    let mut inventory = with_pool();
    assert_eq!(by(&inventory, &debian(), Job::Trim), []);
    for disk in &mut inventory.disks {
        disk.transport = Transport::Nvme;
    }
    assert_eq!(by(&inventory, &debian(), Job::Trim), [Keeper::Cron { sunday: 1 }]);
    let mut told_to = with_pool();
    said(&mut told_to, Job::Trim.property(), "enable");
    assert_eq!(by(&told_to, &debian(), Job::Trim), [Keeper::Cron { sunday: 1 }]);
    let autotrim = Property { name: "autotrim".into(), value: "on".into(), source: "local".into() };
    pool(&mut told_to).properties.push(autotrim);
    assert_eq!(by(&told_to, &debian(), Job::Trim).len(), 2, "twice");
}

#[test]
fn what_was_not_answered_is_not_nobody() {
    let unknown = || Unknown::because("not asked for");
    let facts = Facts { units: Err(unknown()), cron: Err(unknown()), ..debian() };
    let inventory = with_pool();
    let care = of(&inventory, &inventory.pools.as_ref().unwrap()[0], &facts);
    assert!(care.scrub.by.is_empty() && care.scrub.unknown.is_some());
    let mut bare = with_pool();
    pool(&mut bare).datasets.clear();
    let care = of(&bare, &bare.pools.as_ref().unwrap()[0], &debian());
    assert!(care.scrub.unknown.unwrap().contains("root dataset"));
    assert!(told(&wished("").notify, &facts).unknown.is_some());
    assert_eq!(line("testpool", None, &facts), None);
}

#[test]
fn who_is_told_and_what_keeps_them_from_it() {
    let nobody = wished("").notify;
    let zed = Teller::Zed { to: "root".into() };
    let smartd = Teller::Smartd { to: "root".into() };
    assert_eq!(told(&nobody, &debian()).by, [zed, smartd]);
    let mute = told(&nobody, &Facts { mail: Ok(false), ..debian() });
    assert!(mute.by.is_empty() && mute.silent.len() == 2, "{mute:?}");
    let mut facts = Facts { zed: Ok(None), ..debian() };
    facts.units.as_mut().unwrap().insert(SMARTD.into(), off());
    let set = wished("notify: {mail: root}\n").notify;
    let silent = told(&set, &facts);
    assert!(silent.by.is_empty() && silent.silent[0].contains(NOTIFY), "{silent:?}");
    facts.units.as_mut().unwrap().insert(NOTIFY.into(), on());
    assert_eq!(told(&set, &facts).by, [Teller::Zbay { ways: vec!["mail to root".into()] }]);
}

#[test]
fn one_line_for_status() {
    let pool = "testpool";
    let mut facts = Facts { zed: Ok(None), smartd: Ok(Smartd::default()), ..debian() };
    let says = |facts: &Facts, wish: Option<&Profile>| line(pool, wish, facts).unwrap();
    assert_eq!(says(&facts, None), "possibly scrubbed by Debian's cron; no alerts: set `notify:`");
    facts.cron = Ok(Cron::default());
    assert_eq!(says(&facts, None), "no scrub schedule: `zbay care`; no alerts: set `notify:`");
    let timer = Job::Scrub.timer(Every::Month, pool);
    facts.units.as_mut().unwrap().insert(timer, on());
    assert_eq!(says(&facts, None), "scrubbed monthly by OpenZFS's timer; no alerts: set `notify:`");
    let wish = wished("care: {}\n");
    assert_eq!(
        says(&facts, Some(&wish)),
        "scrubbed monthly by zbay's profile; no alerts: set `notify:`"
    );
    let wish = wished("care: {}\nnotify: {mail: root}\n");
    assert_eq!(
        says(&facts, Some(&wish)),
        "scrubbed monthly by zbay's profile; no alerts: zbay-notify is off"
    );
    facts.units.as_mut().unwrap().insert(Job::Scrub.timer(Every::Week, pool), on());
    assert!(says(&facts, None).starts_with("scrubbed twice"));
}

/// The system after what a plan's steps do.
fn carried_out(scene: &mut Scene, found: &[Differs<Drift>]) -> Vec<String> {
    let mut words = Vec::new();
    for drift in found {
        let Ok(Drift::Timers { what, timers }) = drift else { panic!("{drift:?}") };
        for change in step(what, timers).changes {
            match change {
                Change::Run(cmd) => {
                    let units = scene.units.as_mut().unwrap();
                    let args: Vec<&str> = cmd.args.iter().map(String::as_str).collect();
                    match args[..] {
                        ["enable", unit] => units.get_mut(unit).unwrap().enabled = true,
                        ["restart", unit] => units.get_mut(unit).unwrap().active = true,
                        ["disable", "--now", unit] => *units.get_mut(unit).unwrap() = off(),
                        ["daemon-reload"] => {}
                        _ => panic!("{cmd}"),
                    }
                    words.push(cmd.to_string());
                }
                Change::WriteFile { path, content, was, .. } => {
                    let is = scene.files.insert(path, Ok(Some(content))).unwrap().unwrap();
                    assert_eq!(is.map(|text| Hash::of(text.as_bytes())), was);
                }
                Change::Remove { path } => {
                    scene.files.insert(path, Ok(None));
                }
                Change::Mkdir { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    words
}

fn fresh() -> Scene {
    let timers =
        Job::BOTH.iter().flat_map(|job| Every::BOTH.map(|every| job.timer(every, "testpool")));
    let timers: Vec<String> = timers.collect();
    let files: BTreeMap<Utf8PathBuf, _> =
        timers.iter().map(|unit| (beside(unit), Ok(None))).collect();
    let tests = crate::smart::selftest::Kind::BOTH.map(crate::smart::selftest::Kind::timer);
    let units = timers.into_iter().chain(tests).map(|unit| (unit, off())).collect();
    Scene { units: Ok(units), files }
}

#[test]
fn a_wish_is_reached_once_changed_and_taken_back() {
    let (hw, mut inventory) = (hw("hp-microserver-gen8"), with_pool());
    let mut scene = fresh();
    let mut apply = |care: &str, inventory: &Inventory| {
        let wish = wished(care);
        let found = drift(&hw, &wish, inventory, Some(&scene));
        let words = carried_out(&mut scene, &found);
        let again = drift(&hw, &wish, inventory, Some(&scene));
        assert_eq!(again, [], "{care}: a second apply finds nothing to do");
        let units = scene.units.as_ref().unwrap();
        let on = units.iter().filter(|(_, unit)| unit.enabled && unit.active);
        let on: Vec<String> = on.map(|(name, _)| name.clone()).collect();
        let files = scene.files.values().filter(|text| matches!(text, Ok(Some(_)))).count();
        (words, on, files)
    };
    assert_eq!(apply("", &inventory), (vec![], vec![], 0), "without a wish nothing is touched");
    let (_, on, files) = apply("care: {}\n", &inventory);
    let tests = ["zbay-selftest@long.timer", "zbay-selftest@short.timer"];
    let monthly = "zfs-scrub-monthly@testpool.timer";
    assert_eq!(on, [&tests[..], &[monthly]].concat(), "HDDs have nothing to trim");
    assert_eq!(files, 1);
    inventory.disks[0].rotational = Some(false);
    let (words, on, files) =
        apply("care: {scrub: weekly, trim: weekly, selftest: off}\n", &inventory);
    assert_eq!(on, ["zfs-scrub-weekly@testpool.timer", "zfs-trim-weekly@testpool.timer"]);
    assert_eq!(files, 2, "the file of the timer that is off is gone");
    let at = |word: &str| words.iter().position(|it| it.contains(word)).unwrap();
    assert!(at("restart zfs-scrub-weekly") < at("disable --now zfs-scrub-monthly"), "{words:?}");
    let back = "care: {scrub: debian, trim: debian, selftest: off}\n";
    let (_, on, files) = apply(back, &inventory);
    assert_eq!((on, files), (vec![], 0));
}

#[test]
fn what_debians_cron_is_told() {
    let of = |care: &str| {
        let all = settings(wished(care).care);
        all.into_iter().map(|it| format!("{}={}", it.name, it.value)).collect::<Vec<_>>()
    };
    assert_eq!(of(""), [""; 0]);
    assert_eq!(
        of("care: {}\n"),
        ["org.debian:periodic-scrub=disable", "org.debian:periodic-trim=disable"]
    );
    assert_eq!(
        of("care: {scrub: debian, trim: off}\n"),
        ["org.debian:periodic-scrub=auto", "org.debian:periodic-trim=disable"]
    );
}

#[test]
fn a_timer_that_is_not_installed_is_named_and_nothing_is_promised() {
    let (hw, inventory) = (hw("hp-microserver-gen8"), with_pool());
    let mut scene = fresh();
    scene.units.as_mut().unwrap().retain(|unit, _| !unit.starts_with("zbay-"));
    let found = drift(&hw, &wished("care: {scrub: debian}\n"), &inventory, Some(&scene));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|it| matches!(it, Ok(it @ Drift::NoUnit { .. }) if !it.mendable())));
    let off =
        drift(&hw, &wished("care: {scrub: debian, selftest: off}\n"), &inventory, Some(&scene));
    assert_eq!(off, [], "what is not wished need not be there");
    scene.units = Err(Unknown::because("no systemd"));
    let found = drift(&hw, &wished("care: {}\n"), &inventory, Some(&scene));
    assert!(matches!(&found[..], [Err(_)]), "{found:?}");
}
