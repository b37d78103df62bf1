//! What is told while steps are done.

use std::io::Write as _;

use crate::apply::Progress;
use crate::console;

/// Tells that a step begins.
pub(super) fn say(progress: &Progress<'_>) {
    let mut err = console::err();
    let _ = match progress {
        Progress::Begin(number, count, what) => writeln!(err, "  {number}/{count} {what}"),
        Progress::Skipped(number, count, what) => {
            writeln!(err, "  {number}/{count} {what}: skipped, it needs a step that failed")
        }
        Progress::Done(..) => Ok(()),
    };
}
