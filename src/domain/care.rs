//! Who scrubs and trims: OpenZFS's timers with zbay's drop-in beside them, on or off. Every step can be taken back.

use crate::care::wish::{self, Beside, Drift, Scene, Timer};
use crate::domain::face::{Chain, Domain, POOL, Phase, World};
use crate::drift::Differs;
use crate::machine::{Change, IoError, Machine};
use crate::profile::Profile;
use crate::step::{Condition, Danger, Effect, Step, command, run};

/// The domain.
#[derive(Debug)]
pub struct Care;

/// What it looks at: nothing where the profile says nothing of care.
pub type Facts = Option<Scene>;

impl Domain for Care {
    type Facts = Facts;
    type Drift = Drift;

    fn look(machine: &dyn Machine, profile: &Profile) -> Result<Facts, IoError> {
        Ok(wish::look(machine, profile))
    }

    fn drift(world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
        wish::drift(world.hw, world.profile, world.inventory, facts.as_ref())
    }

    fn steps(_world: &World<'_>, _facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
        let chain = |one: &Drift| match one {
            Drift::Timers { what, timers } => {
                let steps = vec![step(what, timers)];
                Some(Chain::new(Phase::Make, what, &[POOL], steps))
            }
            Drift::NoUnit { .. } => None,
        };
        drift.iter().filter_map(chain).collect()
    }

    fn keeps() -> &'static [&'static str] {
        &["/etc/systemd/system"]
    }
}

/// Makes timers as they are wished: first what is to be on, so that nothing is left without anybody half-way.
pub fn step_of(timer: &Timer) -> Vec<Change> {
    let mut changes = Vec::new();
    let off = (!timer.on).then(|| command::disable_now(&timer.unit));
    changes.extend(run(off));
    if let Some(file) = &timer.file {
        match &file.text {
            Some(text) => changes.extend(Change::file(&file.path, text, file.was.clone())),
            None => changes.push(Change::Remove { path: file.path.clone() }),
        }
        changes.extend(run([command::reload_units()]));
    }
    if timer.on {
        let unit = timer.unit.clone();
        changes.extend(run([command::enable(&[unit]), command::restart(&timer.unit)]));
    }
    changes
}

/// All timers of one job.
pub fn step(what: &str, timers: &[Timer]) -> Step {
    let ordered = timers.iter().filter(|it| it.on).chain(timers.iter().filter(|it| !it.on));
    let changes = ordered.flat_map(step_of).collect();
    let mut made = crate::step::step(what, Effect::Units, Danger::Harmless, changes);
    let files = timers.iter().filter_map(|timer| timer.file.as_ref());
    let file = |it: &Beside| Condition::File { path: it.path.clone(), hash: it.was.clone() };
    made.before = files.map(file).collect();
    let holds = |it: &Timer| Condition::Timer { unit: it.unit.clone(), on: it.on };
    made.after = timers.iter().map(holds).collect();
    made
}
