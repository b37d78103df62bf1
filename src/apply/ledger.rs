//! What became of the steps so far: a step that failed holds up its chain and the chains that need it, and no others.

use std::collections::BTreeSet;
use std::fmt;

use super::ApplyError;
use crate::step::Step;
use crate::words::labelled;

/// What became of the steps so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    broken: BTreeSet<String>,
    failed: Vec<ApplyError>,
    skipped: Vec<String>,
    done: usize,
    /// Whether a step was done after one had failed.
    went_on: bool,
}

/// Steps that failed beside others that were done.
#[derive(Debug)]
pub struct Partly {
    /// Why, for each that failed.
    pub failed: Vec<ApplyError>,
    /// Those that were not begun, since they need one that failed.
    pub skipped: Vec<String>,
    /// How many were done.
    pub done: usize,
    /// Of how many.
    pub count: usize,
}

impl Ledger {
    /// Whether a step cannot be begun: one that it needs failed.
    pub fn holds_up(&mut self, step: &Step) -> bool {
        let link = &step.link;
        let held = self.broken.contains(&link.chain)
            || link.needs.iter().any(|need| self.broken.contains(need));
        if held {
            self.broken.insert(link.chain.clone());
            self.skipped.push(step.what.clone());
        }
        held
    }

    /// Notes a step that went as planned.
    pub fn done(&mut self) {
        self.done += 1;
        self.went_on |= !self.failed.is_empty();
    }

    /// Notes a failure.
    ///
    /// # Errors
    /// It stops everything: nothing may be changed that cannot be noted.
    pub fn fails(&mut self, step: &Step, why: ApplyError) -> Result<(), ApplyError> {
        if matches!(why, ApplyError::Journal { .. }) {
            return Err(why);
        }
        self.broken.insert(step.link.chain.clone());
        self.failed.push(why);
        Ok(())
    }

    /// How it ended, of so many steps.
    ///
    /// # Errors
    /// What failed.
    pub fn end(mut self, count: usize) -> Result<(), ApplyError> {
        match (self.failed.pop(), self.failed.is_empty() && !self.went_on) {
            (None, _) => Ok(()),
            (Some(only), true) => Err(only),
            (Some(last), false) => {
                self.failed.push(last);
                let Self { failed, skipped, done, .. } = self;
                Err(ApplyError::Partly(Partly { failed, skipped, done, count }))
            }
        }
    }
}

/// The step and why, without what to do.
fn briefly(why: &ApplyError) -> String {
    match why {
        ApplyError::Before { step, source } => format!("`{step}` was not begun: {source}"),
        ApplyError::Rehearsal { step, said, .. } => {
            format!("`{step}` was not begun: zpool's dry run says: {said}")
        }
        ApplyError::Change { step, source } => format!("`{step}` failed half-way: {source}"),
        ApplyError::After { step, source } => {
            format!("`{step}` was done, and is not as it should be: {source}")
        }
        ApplyError::Changed { .. } | ApplyError::Journal { .. } | ApplyError::Partly(_) => {
            why.to_string()
        }
    }
}

impl fmt::Display for Partly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {} steps were done", self.done, self.count)?;
        for why in &self.failed {
            f.write_str(&labelled("failed", &briefly(why)))?;
        }
        for step in &self.skipped {
            f.write_str(&labelled("skipped", &format!("`{step}`, which needs what failed")))?;
        }
        f.write_str(labelled("do this", "see what there is: `zbay plan`").trim_end())
    }
}
