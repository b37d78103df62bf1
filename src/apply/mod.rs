//! Does what a plan says, and nothing else.
//!
//! Apply looks again, makes the plan again from that look and refuses if it is not the same one: a disk that was
//! exchanged or written to since is named. Each step then checks what must hold, lets zpool rehearse where it
//! can, writes its intent to the journal, changes, and checks what must hold after. A step that does not end as planned
//! stops what needs it ([`crate::step::Link`]), and all else goes on; running apply again looks again and goes on from what
//! is there.

use camino::Utf8Path;
use serde::Serialize;
use thiserror::Error;

use crate::hw::Hw;
use crate::life::Task;
use crate::machine::{Change, Machine, Output, RunError};
use crate::plan::Plan;
use crate::step::journal::{self, Event, Journal, Taken};
use crate::step::{Again, Condition, Effect, Fingerprint, Link, Rehearsal, Step};

pub mod condition;
pub mod learned;
mod ledger;
pub mod secrets;
pub mod wish;

use condition::{Look, Unmet};
use ledger::Ledger;
pub use ledger::Partly;
use secrets::Secrets;

/// The lock's file.
pub const LOCK: &str = "/run/zbay/lock";

/// Why apply stopped.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The machine is not as it was when the plan was made.
    #[error(
        "the machine has changed since the plan was made, so nothing was written: {what}\ndo this  look at it again: `zbay plan`"
    )]
    Changed {
        /// What changed.
        what: String,
    },
    /// The journal cannot be written, so nothing may be changed.
    #[error("the journal cannot be written, so step `{step}` was not started")]
    Journal {
        /// The step.
        step: String,
        /// Why.
        source: RunError,
    },
    /// Something that must hold before a step does not.
    #[error("`{step}` was not started")]
    Before {
        /// The step.
        step: String,
        /// What does not hold.
        source: Unmet,
    },
    /// zpool's own dry run does not agree.
    #[error("`{step}` was not started: zpool's dry run says: {said}\ndo this  `{command}`")]
    Rehearsal {
        /// The step.
        step: String,
        /// The dry run.
        command: String,
        /// Its words.
        said: String,
    },
    /// A change failed.
    #[error(
        "`{step}` failed half-way\ndo this  see what there is: `zbay plan`; nothing more was changed"
    )]
    Change {
        /// The step.
        step: String,
        /// Why.
        source: RunError,
    },
    /// Steps failed that did not hold up all others.
    #[error("{0}")]
    Partly(Partly),
    /// Something that must hold after a step does not.
    #[error(
        "`{step}` was done, but the result is not as it should be\ndo this  see what there is: \
         `zbay plan`; nothing more was changed"
    )]
    After {
        /// The step.
        step: String,
        /// What does not hold.
        source: Unmet,
    },
}

/// What happens while a plan is applied, for the console and for firstboot.
#[derive(Clone, Copy, Debug, Serialize)]
pub enum Progress<'a> {
    /// A step begins: its number from 1, of how many, and its words.
    Begin(usize, usize, &'a str),
    /// It ended as planned.
    Done(usize, usize, &'a str),
    /// It is not begun, since it needs one that failed.
    Skipped(usize, usize, &'a str),
}

/// Compares a plan that was saved with the one that the machine as it is now gives. A file can be edited, so that the new
/// one alone is shown and carried out; the old one has to be equal to it in all that a person may have agreed to: whole
/// steps with their conditions, disks, what is erased or imported. Kernel names change at every boot, and mean nothing.
///
/// # Errors
/// What changed, in words.
pub fn unchanged(plan: &Plan, now: &Plan) -> Result<(), ApplyError> {
    let changed = |what: String| Err(ApplyError::Changed { what });
    for old in &plan.disks {
        match now.disks.iter().find(|new| new.role == old.role && new.drive.bay == old.drive.bay) {
            None => return changed(format!("the plan would no longer use {}", old.drive)),
            Some(new) if !same_disk(old, new) => {
                return changed(format!(
                    "the plan was for {}; now there is {}",
                    old.drive, new.drive
                ));
            }
            Some(new) if new.contents != old.contents => {
                return changed(format!("the contents of {} have changed", new.drive));
            }
            Some(_) => {}
        }
    }
    if asked(plan, now) != asked(now, now) {
        return changed("different steps are needed now".to_owned());
    }
    Ok(())
}

fn same_disk(old: &Fingerprint, new: &Fingerprint) -> bool {
    old.address == new.address
        && old.drive.serial == new.drive.serial
        && old.drive.wwn == new.drive.wwn
        && old.drive.size == new.drive.size
}

/// A plan without kernel names, and with what is only told (time, estimates, notes, what is as it should be) as `told`
/// has it.
fn asked(plan: &Plan, told: &Plan) -> Plan {
    let nameless = |disk: &mut Fingerprint| disk.drive.name.clear();
    let mut plan = plan.clone();
    plan.disks.iter_mut().for_each(nameless);
    plan.erases.iter_mut().map(|erased| &mut erased.disk).for_each(nameless);
    let steps =
        plan.steps.iter_mut().flat_map(|step| step.before.iter_mut().chain(&mut step.after));
    steps.filter_map(Condition::disk_mut).for_each(nameless);
    // Labels that a person does not agree to: an earlier version saved none. Those of the new plan hold.
    for step in &mut plan.steps {
        (step.effect, step.link) = (Effect::Unsaid, Link::default());
    }
    let told = told.clone();
    Plan {
        made: told.made,
        title: told.title,
        hardware: told.hardware,
        layout: told.layout,
        as_wished: told.as_wished,
        drift: told.drift,
        outlook: told.outlook,
        notes: told.notes,
        ..plan
    }
}

/// What is carried out: the steps of a plan or a task, under its id in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The id.
    pub id: &'a str,
    /// Disks that are written to.
    pub disks: &'a [Fingerprint],
    /// The steps.
    pub steps: &'a [Step],
    /// What was typed for the steps that ask.
    pub secrets: &'a Secrets,
}

impl<'a> Work<'a> {
    /// The same with what was typed.
    #[must_use]
    pub fn with(self, secrets: &'a Secrets) -> Self {
        Self { secrets, ..self }
    }
}

impl Plan {
    /// What apply carries out.
    pub fn work(&self) -> Work<'_> {
        Work { id: &self.id, disks: &self.disks, steps: &self.steps, secrets: &secrets::NONE }
    }
}

impl Task {
    /// What apply carries out.
    pub fn work(&self) -> Work<'_> {
        Work { id: &self.id, disks: &self.disks, steps: &self.steps, secrets: &secrets::NONE }
    }
}

/// Runs the steps. The caller holds the lock and has found the plan [`unchanged`] in a fresh look.
///
/// # Errors
/// What did not go as planned. Steps that do not need it were done all the same, unless the journal cannot be written.
pub fn run(
    machine: &dyn Machine,
    hw: &Hw,
    plan: Work<'_>,
    look: Look<'_>,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<(), ApplyError> {
    let journal = Journal::new(machine, plan.id);
    let count = plan.steps.len();
    let mut ledger = Ledger::default();
    for (index, step) in plan.steps.iter().enumerate() {
        let number = index + 1;
        if ledger.holds_up(step) {
            tell(Progress::Skipped(number, count, &step.what));
            continue;
        }
        tell(Progress::Begin(number, count, &step.what));
        match one(machine, hw, plan, &journal, look, number) {
            Ok(()) => {
                ledger.done();
                tell(Progress::Done(number, count, &step.what));
            }
            Err(why) => ledger.fails(step, why)?,
        }
    }
    ledger.end(count)
}

fn one(
    machine: &dyn Machine,
    hw: &Hw,
    plan: Work<'_>,
    journal: &Journal<'_>,
    look: Look<'_>,
    number: usize,
) -> Result<(), ApplyError> {
    let Some(step) = plan.steps.get(number - 1) else { return Ok(()) };
    let name = || step.what.clone();
    let numbers = condition::all(machine, hw, look, &step.before)
        .map_err(|source| ApplyError::Before { step: name(), source })?;
    let mut changes = step.changes.clone();
    if let (Some(rehearsal), Some(first)) = (&step.rehearsal, changes.first_mut())
        && !rehearse(machine, step, rehearsal)?
    {
        *first = Change::Run(rehearsal.plain.clone());
    }
    journal
        .write(
            number,
            Event::Intent {
                what: &step.what,
                effect: step.effect,
                changes: &changes,
                disks: Taken::by(&changes, plan.disks),
            },
        )
        .map_err(|source| ApplyError::Journal { step: name(), source })?;
    // Filled in after the intent was noted: it is in nothing that is kept.
    let fill = |change| numbers.fill(plan.secrets.fill(change));
    let changes: Vec<Change> = changes.into_iter().map(fill).collect();
    let outcome = change_all(machine, journal, number, step.again.as_ref(), &changes);
    let event = match &outcome {
        Ok(()) => Event::Done,
        Err(why) => Event::Failed { why: why.to_string() },
    };
    // An outcome that cannot be noted changes nothing of what was done: the next look tells.
    let noted = journal.write(number, event);
    outcome.map_err(|source| ApplyError::Change { step: name(), source })?;
    noted.map_err(|source| ApplyError::Journal { step: name(), source })?;
    condition::all(machine, hw, look, &step.after)
        .map(drop)
        .map_err(|source| ApplyError::After { step: name(), source })
}

fn change_all(
    machine: &dyn Machine,
    journal: &Journal<'_>,
    number: usize,
    again: Option<&Again>,
    changes: &[Change],
) -> Result<(), RunError> {
    let mut left = again.map_or(0, |again| again.times);
    for change in changes {
        loop {
            let output: Output = machine.change(change)?;
            let Change::Run(cmd) = change else { break };
            let said = output.said();
            match again {
                Some(again) if left > 0 && said.contains(&again.said) => {
                    left -= 1;
                    journal.write(number, Event::Again { why: &said })?;
                    machine.read(&again.settle)?;
                }
                _ => break output.ok(cmd).map(drop)?,
            }
        }
    }
    Ok(())
}

/// The dry run must agree (`false`), or complain of exactly what the profile accepts by name (`true`).
fn rehearse(machine: &dyn Machine, step: &Step, rehearsal: &Rehearsal) -> Result<bool, ApplyError> {
    let refuse = |said: String| ApplyError::Rehearsal {
        step: step.what.clone(),
        command: rehearsal.cmd.to_string(),
        said,
    };
    let output = machine.read(&rehearsal.cmd).map_err(|error| refuse(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status == 0 {
        return Ok(false);
    }
    let frame = ["invalid vdev specification", "use '-f' to override the following errors:"];
    let mut complaints = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !frame.contains(line))
        .peekable();
    let any = complaints.peek().is_some();
    let accepted =
        |line: &str| rehearsal.accepted.iter().any(|known| line.contains(known.as_str()));
    if any && complaints.all(accepted) { Ok(true) } else { Err(refuse(output.said())) }
}

/// Where the journal is.
pub fn journal_path() -> &'static Utf8Path {
    Utf8Path::new(journal::PATH)
}

#[cfg(test)]
mod tests;
