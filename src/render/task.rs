//! What will be done to a pool, before it is done: the drives, the commands, and what a person needs to decide.

use super::plan::{note_lines, one_step};
use crate::life::Task;
use crate::paint::{Tone, painted};
use crate::words;

/// The screen.
pub fn render(task: &Task) -> String {
    let mut out = format!("{}\n\n", painted(Tone::Head, &words::plain(&task.what)));
    for (word, drive) in &task.drives {
        out.push_str(&words::plain(&format!("  {word:<5} {drive}")));
        out.push('\n');
    }
    out.push('\n');
    for step in &task.steps {
        one_step(step, &task.disks, false, &mut out);
    }
    out.push('\n');
    for (word, say) in &task.facts {
        out.push_str(&words::labelled(word, &words::plain(say)));
    }
    for note in &task.notes {
        out.push_str(&note_lines(note));
    }
    out
}
