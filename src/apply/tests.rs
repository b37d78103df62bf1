//! Apply on a recorded machine, with every change counted: what is noted when, and what stops the rest.

use std::sync::atomic::{AtomicUsize, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::condition::Unmet;
use super::{ApplyError, Progress, run, unchanged};
use crate::domain::{self, face::POOL};
use crate::hw::Hw;
use crate::inventory::{Inventory, Owner, Want, look};
use crate::machine::recorded::Recorded;
use crate::machine::recording::{Answer, Bytes, Said};
use crate::machine::{
    Change, Cmd, DeviceNumber, Devices, HostFacts, IoError, Machine, Output, RunError, SYSTEMCTL,
    UdevDevice, Writer,
};
use crate::plan::Plan;
use crate::plan::make::make;
use crate::plan::request::Request;
use crate::shipped;
use crate::step::{Danger, Effect, Link, Step, command, step};

/// The recorded box, which keeps the files that are written to it, and fails where it is told to.
struct Patient {
    box_: Recorded,
    /// Changes whose words contain this fail.
    fails: Option<&'static str>,
    /// So often `zpool create` finds a device unavailable, and `zpool online` leaves it so.
    unavailable: AtomicUsize,
    refused: AtomicUsize,
    /// Numbers of devices, where there are any.
    numbers: Vec<(Utf8PathBuf, DeviceNumber)>,
}

fn words(change: &Change) -> String {
    match change {
        Change::Run(cmd) => cmd.to_string(),
        Change::WriteFile { path, .. } => format!("write {path}"),
        Change::Attribute { path, .. } => format!("set {path}"),
        Change::WriteBeneath { root, path, .. } => format!("write {root}/{path}"),
        Change::Mkdir { path, .. } => format!("mkdir {path}"),
        Change::Remove { path } => format!("remove {path}"),
        Change::Zero { dev, .. } => format!("zero {dev}"),
        Change::NewKey { path } => format!("key {path}"),
        Change::Access { path, .. } => format!("access {path}"),
        Change::AppendLine { line, .. } => {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            format!("journal {} {}", line["step"], line["event"].as_str().unwrap_or("?"))
        }
    }
}

impl Patient {
    /// What was changed, in order, without the journal's directory.
    fn changes(&self) -> Vec<String> {
        let all = self.box_.changes();
        all.iter().map(words).filter(|word| word != "mkdir /var/lib/zbay").collect()
    }
}

impl Machine for Patient {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        self.box_.read(cmd)
    }
    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        for change in self.box_.changes().iter().rev() {
            match change {
                Change::WriteFile { path: written, content, .. } if written == path => {
                    return Ok(Some(content.clone().into_bytes()));
                }
                Change::WriteBeneath { root, path: name, content, .. }
                    if root.join(name) == path =>
                {
                    return Ok(Some(content.clone().into_bytes()));
                }
                Change::Run(cmd)
                    if path == "/etc/hostid" && words(change).starts_with("zgenhostid") =>
                {
                    let value = u32::from_str_radix(&cmd.args[0], 16).expect("hexadecimal");
                    return Ok(Some(value.to_ne_bytes().to_vec()));
                }
                _ => {}
            }
        }
        self.box_.file(path)
    }
    fn note(
        &self,
        _: &Utf8Path,
        _: &str,
        _: Option<&crate::machine::Hash>,
    ) -> Result<(), RunError> {
        Ok(())
    }
    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        self.box_.read_at(dev, at, len)
    }
    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        self.box_.list(dir)
    }
    fn number(&self, path: &Utf8Path) -> Result<Option<DeviceNumber>, IoError> {
        if self.numbers.is_empty() {
            return self.box_.number(path);
        }
        Ok(self.numbers.iter().find(|(name, _)| name == path).map(|(_, number)| *number))
    }
    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        self.box_.link(path)
    }
    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        self.box_.block_devices(which)
    }
    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        self.box_.writers()
    }
    fn host(&self) -> Result<HostFacts, IoError> {
        self.box_.host()
    }
    fn now(&self) -> Timestamp {
        self.box_.now()
    }
    fn change(&self, change: &Change) -> Result<Output, RunError> {
        if self.fails.is_some_and(|part| words(change).contains(part)) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(RunError::Io {
                what: words(change),
                why: "no space left on device".into(),
            });
        }
        let output = self.box_.change(change)?;
        let left = self.unavailable.load(Ordering::Relaxed);
        if left > 0 && words(change).starts_with("zpool create") {
            self.unavailable.store(left - 1, Ordering::Relaxed);
            let stderr =
                b"cannot create 'testpool': one or more devices is currently unavailable\n";
            return Ok(Output { status: 1, stdout: Vec::new(), stderr: stderr.to_vec() });
        }
        if left > 0 && words(change).starts_with("zpool online") {
            self.unavailable.store(left - 1, Ordering::Relaxed);
            let stdout = b"warning: device 'd' onlined, but remains in faulted state\nuse 'zpool replace' to replace devices that are no longer present\n";
            return Ok(Output { status: 0, stdout: stdout.to_vec(), stderr: Vec::new() });
        }
        Ok(output)
    }
}

const SIZES: &str = "invalid vdev specification\nuse '-f' to override the following errors:\nraidz contains devices of different sizes\n";

/// The seed's box before its first boot, its plan, and zpool's answers to the rehearsal and afterwards.
fn patient(rehearsal: (i32, &str), health: &str) -> (Patient, Hw, Plan) {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let plan = plan_on(&recorded);
    let mut recording = recorded.recording().clone();
    let mut say = |command: String, status: i32, stdout: &str, stderr: &str| {
        let bytes = |text: &str| Bytes::of(text.as_bytes());
        let said = Said::Ended { status, stdout: bytes(stdout), stderr: bytes(stderr) };
        recording.commands.insert(command, said);
    };
    let dry = plan.steps.iter().find_map(|step| step.rehearsal.as_ref()).expect("a rehearsal");
    assert!(!dry.cmd.args.contains(&"-f".to_owned()));
    say(dry.cmd.to_string(), rehearsal.0, "", rehearsal.1);
    say("udevadm settle --timeout=60".into(), 0, "", "");
    say("zfs get -H -p -o value mounted testpool".into(), 0, "yes\n", "");
    say("zpool list -H -o name,health testpool".into(), 0, &format!("testpool\t{health}\n"), "");
    let box_ = Recorded::new("gen8-seed".to_owned(), recording);
    let patient = Patient {
        box_,
        fails: None,
        unavailable: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        numbers: Vec::new(),
    };
    (patient, hw(), plan)
}

fn hw() -> Hw {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    shipped::hw(&recorded, "hp-microserver-gen8").expect("shipped").value
}

fn plan_on(machine: &dyn Machine) -> Plan {
    let profile = shipped::profile(machine, Some("gen8-seed")).expect("shipped");
    let inventory = look::look(machine, Want::ALL).expect("recorded");
    let facts = domain::look(machine, &profile.value).expect("recorded");
    let hw = hw();
    let request = Request {
        hw: &hw,
        other_box: None,
        profile: &profile,
        name: "gen8-seed",
        inventory: &inventory,
        facts: &facts,
        takes: &[],
        adopt: None,
        onto_existing: false,
        adoptable: false,
    };
    make(&request).expect("a plan")
}

fn apply(patient: &Patient, hw: &Hw, plan: &Plan) -> Result<(), ApplyError> {
    apply_seeing(patient, hw, plan, &|_| {})
}

/// Applies; `spoil` changes what the fresh looks find.
fn apply_seeing(
    patient: &Patient,
    hw: &Hw,
    plan: &Plan,
    spoil: &dyn Fn(&mut Inventory),
) -> Result<(), ApplyError> {
    let look = |_| {
        let mut inventory =
            look::look(&patient.box_, Want::ALL).map_err(|error| error.to_string())?;
        spoil(&mut inventory);
        Ok(inventory)
    };
    run(patient, hw, plan.work(), &look, &mut |_| {})
}

fn begins(changes: &[String], with: &str) -> usize {
    changes.iter().filter(|change| change.starts_with(with)).count()
}

#[test]
fn each_step_is_noted_before_it_is_done_and_after() {
    let (patient, hw, plan) = patient((1, SIZES), "ONLINE");
    let mut told = Vec::new();
    let look = |_| look::look(&patient.box_, Want::ALL).map_err(|error| error.to_string());
    run(&patient, &hw, plan.work(), &look, &mut |progress| {
        told.push(match progress {
            Progress::Begin(number, count, _) => format!("begin {number} of {count}"),
            Progress::Done(number, count, _) => format!("done {number} of {count}"),
            Progress::Skipped(..) => panic!("{progress:?}"),
        });
    })
    .expect("applied");
    let mut expected = Vec::new();
    for (index, step) in plan.steps.iter().enumerate() {
        expected.push(format!("journal {} intent", index + 1));
        expected.extend(step.changes.iter().map(words));
        expected.push(format!("journal {} done", index + 1));
    }
    assert_eq!(patient.changes(), expected);
    assert!(plan.steps.len() >= 3, "wish, hostid, pool: {:?}", plan.steps);
    assert_eq!(told.len(), 2 * plan.steps.len());
    assert_eq!(begins(&expected, "zpool create -f "), 1);
}

#[test]
fn a_plan_without_steps_changes_nothing_at_all() {
    let (patient, hw, mut plan) = patient((1, SIZES), "ONLINE");
    plan.steps.clear();
    apply(&patient, &hw, &plan).expect("nothing to do");
    assert_eq!(patient.box_.changes(), []);
}

#[test]
fn a_change_that_fails_stops_the_rest() {
    let (mut patient, hw, plan) = patient((1, SIZES), "ONLINE");
    patient.fails = Some("zgenhostid");
    let error = apply(&patient, &hw, &plan).expect_err("stopped");
    assert!(matches!(error, ApplyError::Change { .. }), "{error}");
    let changes = patient.changes();
    assert_eq!(begins(&changes, "zpool"), 0, "{changes:?}");
    assert!(changes.last().expect("noted").ends_with("failed"), "{changes:?}");
    assert_eq!(patient.refused.load(Ordering::Relaxed), 1, "tried once, not again");
}

#[test]
fn without_a_journal_nothing_is_begun() {
    for part in ["journal", "mkdir /var/lib/zbay"] {
        let (mut patient, hw, plan) = patient((1, SIZES), "ONLINE");
        patient.fails = Some(part);
        let error = apply(&patient, &hw, &plan).expect_err("stopped");
        assert!(matches!(error, ApplyError::Journal { .. }), "{error}");
        assert_eq!(patient.changes(), Vec::<String>::new());
    }
}

#[test]
fn a_complaint_that_nobody_accepted_stops_before_the_drives() {
    for (status, said) in [
        (1, "invalid vdev specification\n/dev/sdb1 is part of potentially active pool 'tank'\n"),
        (1, format!("{SIZES}/dev/sdc1 is mounted\n").as_str()),
        (1, ""),
        (127, "cannot open the dry run\n"),
    ] {
        let (patient, hw, plan) = patient((status, said), "ONLINE");
        let error = apply(&patient, &hw, &plan).expect_err("stopped");
        assert!(matches!(error, ApplyError::Rehearsal { .. }), "{said}: {error}");
        let changes = patient.changes();
        assert_eq!(begins(&changes, "zpool create"), 0, "{changes:?}");
        // Not even the intent is noted: the step was not begun.
        assert!(changes.last().expect("earlier steps").ends_with("done"), "{changes:?}");
    }
}

#[test]
fn a_race_with_udev_is_run_again_and_noted_but_not_for_ever() {
    let (patient, hw, plan) = patient((1, SIZES), "ONLINE");
    patient.unavailable.store(2, Ordering::Relaxed);
    apply(&patient, &hw, &plan).expect("the third time it works");
    assert_eq!(begins(&patient.changes(), "zpool create"), 3);
    let noted = patient.changes().iter().filter(|words| words.ends_with("again")).count();
    assert_eq!(noted, 2, "{:?}", patient.changes());

    let (patient, hw, plan) = self::patient((1, SIZES), "ONLINE");
    patient.unavailable.store(9, Ordering::Relaxed);
    let error = apply(&patient, &hw, &plan).expect_err("never works");
    assert!(matches!(error, ApplyError::Change { .. }), "{error}");
    assert_eq!(begins(&patient.changes(), "zpool create"), 4);
}

#[test]
fn a_member_that_zfs_could_not_open_yet_is_brought_back_again() {
    let (patient, hw, mut plan) = patient((1, SIZES), "ONLINE");
    let drive = Utf8Path::new("/dev/disk/by-id/wwn-0x5000c500a1b2c3d4");
    let run = Change::Run(command::online("testpool", drive));
    plan.steps.truncate(1);
    let back = plan.steps.first_mut().expect("a step");
    (back.changes, back.before, back.after) = (vec![run], vec![], vec![]);
    back.again = Some(command::not_open_yet());
    patient.unavailable.store(1, Ordering::Relaxed);
    apply(&patient, &hw, &plan).expect("the second time it is open");
    assert_eq!(begins(&patient.changes(), "zpool online"), 2, "{:?}", patient.changes());
}

#[test]
fn force_stands_for_a_complaint_and_is_left_out_without_one() {
    let (patient, hw, plan) = patient((0, ""), "ONLINE");
    apply(&patient, &hw, &plan).expect("applied");
    assert_eq!(begins(&patient.changes(), "zpool create -f"), 0, "{:?}", patient.changes());
    assert_eq!(begins(&patient.changes(), "zpool create -o"), 1);
}

#[test]
fn a_drive_that_is_no_longer_free_stops_before_it_is_touched() {
    let (patient, hw, plan) = patient((1, SIZES), "ONLINE");
    let error = apply_seeing(&patient, &hw, &plan, &|inventory| {
        let disk = inventory.disks.iter_mut().find(|disk| disk.name == "sdc").expect("there");
        disk.contents.as_mut().expect("seen").owner =
            Owner::Held { by: vec!["mounted at /mnt".into()], boot: false };
    })
    .expect_err("stopped");
    let ApplyError::Before { source: Unmet::NotFree { drive, .. }, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(drive.serial.as_ref().map(crate::names::Serial::as_str), Some("Z4Z0EXA2"));
    assert_eq!(begins(&patient.changes(), "zpool create"), 0);

    let (patient, hw, plan) = self::patient((1, SIZES), "ONLINE");
    let error = apply_seeing(&patient, &hw, &plan, &|inventory| {
        inventory.disks.retain(|disk| disk.name != "sdc");
    })
    .expect_err("stopped");
    assert!(matches!(error, ApplyError::Before { source: Unmet::Gone { .. }, .. }), "{error:?}");
    assert_eq!(begins(&patient.changes(), "zpool create"), 0);
}

#[test]
fn a_name_that_leads_to_another_disk_stops_before_it_is_touched() {
    for (target, fits) in [("../../sdx", false), ("../../sdb", true)] {
        let (mut patient, hw, plan) = patient((1, SIZES), "ONLINE");
        let mut recording = patient.box_.recording().clone();
        let disk = plan.disks.iter().find(|disk| disk.drive.name == "sdb").expect("there");
        recording.links.insert(disk.address.clone(), Answer::Given(Some(target.into())));
        patient.box_ = Recorded::new("gen8-seed".to_owned(), recording);
        let ended = apply(&patient, &hw, &plan);
        let creates = begins(&patient.changes(), "zpool create");
        assert_eq!((ended.is_ok(), creates), (fits, usize::from(fits)), "{target}");
        if let Err(error) = ended {
            let is_link = matches!(error, ApplyError::Before { source: Unmet::Link { .. }, .. });
            assert!(is_link, "{error:?}");
        }
    }
}

/// A name can be right and its node another device's: the number decides.
#[test]
fn the_device_that_is_written_is_the_one_that_was_looked_at_by_its_number() {
    for (written, fits) in [(Some(16), true), (Some(32), false), (None, false)] {
        let (mut patient, hw, plan) = patient((1, SIZES), "ONLINE");
        let mut recording = patient.box_.recording().clone();
        for (index, disk) in (1..).zip(&plan.disks) {
            let name = &disk.drive.name;
            let link = Answer::Given(Some(format!("../../{name}").into()));
            recording.links.insert(disk.address.clone(), link);
            let minor = if name == "sdb" { written } else { Some(index * 64) };
            let read = DeviceNumber(8, if name == "sdb" { 16 } else { index * 64 });
            patient.numbers.push((format!("/dev/{name}").into(), read));
            let number = minor.map(|minor| (disk.address.clone(), DeviceNumber(8, minor)));
            patient.numbers.extend(number);
        }
        patient.box_ = Recorded::new("gen8-seed".to_owned(), recording);
        let ended = apply(&patient, &hw, &plan);
        let creates = begins(&patient.changes(), "zpool create");
        assert_eq!((ended.is_ok(), creates), (fits, usize::from(fits)), "{written:?}");
        if let Err(error) = ended {
            let is_link = matches!(error, ApplyError::Before { source: Unmet::Link { .. }, .. });
            assert!(is_link, "{error:?}");
        }
    }
}

#[test]
fn what_does_not_come_out_as_planned_stops_the_rest() {
    let (patient, hw, mut plan) = patient((1, SIZES), "DEGRADED");
    // Something must come after the pool for this to show.
    let link = Link { chain: String::new(), needs: vec![POOL.to_owned()] };
    plan.steps.push(Step { link, ..plan.steps[0].clone() });
    let error = apply(&patient, &hw, &plan).expect_err("stopped");
    assert!(
        matches!(&error, ApplyError::After { source: Unmet::PoolState { state, .. }, .. } if state == "DEGRADED"),
        "{error:?}"
    );
    let changes = patient.changes();
    assert_eq!(begins(&changes, "write /etc/zbay/profile.yaml"), 1, "{changes:?}");
}

#[test]
fn what_fails_holds_up_what_needs_it_and_nothing_else() {
    let (mut patient, hw, mut plan) = patient((1, SIZES), "ONLINE");
    patient.fails = Some("zgenhostid");
    let cmd = |word: &str| Change::Run(Cmd::new(SYSTEMCTL, ["enable", word]));
    let add = |plan: &mut Plan, chain: &str, needs: &[&str], word: &str| {
        let mut more = step(word, Effect::Units, Danger::Harmless, vec![cmd(word)]);
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        more.link = Link { chain: chain.to_owned(), needs };
        plan.steps.push(more);
    };
    add(&mut plan, "free", &[], "alone.timer");
    add(&mut plan, "needs", &["pool"], "needs.timer");
    add(&mut plan, "needs too", &["needs"], "later.timer");
    add(&mut plan, "free", &["nobody"], "also.timer");
    let error = apply(&patient, &hw, &plan).expect_err("one failed");
    let changes = patient.changes();
    for word in ["alone.timer", "also.timer"] {
        assert_eq!(begins(&changes, &format!("systemctl enable {word}")), 1, "{changes:?}");
    }
    for word in ["systemctl enable needs.timer", "systemctl enable later.timer", "zpool"] {
        assert_eq!(begins(&changes, word), 0, "{word}: {changes:?}");
    }
    let ApplyError::Partly(partly) = &error else { panic!("{error}") };
    assert_eq!((partly.failed.len(), partly.count), (1, plan.steps.len()));
    assert_eq!(partly.done + partly.skipped.len() + 1, plan.steps.len());
    let said = error.to_string();
    for words in
        ["hostid", "failed half-way", "`needs.timer`, which needs what failed", "`zbay plan`"]
    {
        assert!(said.replace('\n', " ").contains(words), "{words}: {said}");
    }
    assert!(!said.contains("alone.timer"), "{said}");
}

#[test]
fn a_plan_is_held_against_the_machine_drive_by_drive() {
    let recorded = Recorded::embedded("gen8-seed").expect("shipped").expect("sound");
    let plan = plan_on(&recorded);
    assert!(unchanged(&plan, &plan_on(&recorded)).is_ok());
    let says = |now: &Plan| unchanged(&plan, now).expect_err("changed").to_string();

    let mut now = plan.clone();
    now.disks[1].drive.serial = "W1E0OTHER".parse().ok();
    let text = says(&now);
    assert!(text.contains("Z1E0EXA1") && text.contains("W1E0OTHER"), "{text}");

    let mut now = plan.clone();
    now.disks[2].contents = "other".into();
    let text = says(&now);
    assert!(text.contains("Z4Z0EXA2") && !text.contains("Z1E0EXA1"), "{text}");

    let mut now = plan.clone();
    now.disks.remove(0);
    assert!(says(&now).contains("S13PJ0EXAMPLE"));

    let mut now = plan.clone();
    now.steps.pop();
    assert!(says(&now).contains("different steps"));
}
