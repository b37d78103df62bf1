//! Who scrubs and trims, as steps: OpenZFS's timers with zbay's drop-in beside them, on or off. Every step can be taken back.

use crate::drift::Timer;
use crate::machine::Change;
use crate::step::{Condition, Danger, Effect, Step, command, run};

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
    let file =
        |it: &crate::drift::Beside| Condition::File { path: it.path.clone(), hash: it.was.clone() };
    made.before = files.map(file).collect();
    let holds = |it: &Timer| Condition::Timer { unit: it.unit.clone(), on: it.on };
    made.after = timers.iter().map(holds).collect();
    made
}
