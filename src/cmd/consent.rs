//! A question is open as long as a person thinks, and holds up nobody: it waits without the lock.
//!
//! What was decided under the lock is decided again under it once the answer is there, and has to be the same: another
//! zbay may have replaced a drive meanwhile, and drives can be exchanged.

use anyhow::Result;
use camino::Utf8Path;

use crate::machine::local::{Lock, lock};

/// Asks about what was decided while the lock at `path` was `held`, and gives the lock back with the answer and what was
/// decided last. `prompts`: a person is asked, so that it is decided `again`; else it stays as it is, under the same lock.
///
/// # Errors
/// No consent, another zbay at work by then, or another decision.
pub(super) fn without_lock<D, A>(
    (held, path): (Lock, &Utf8Path),
    prompts: bool,
    decided: D,
    ask: impl FnOnce(&D) -> Result<A>,
    again: impl FnOnce(&D) -> Result<D>,
) -> Result<(Lock, A, D)> {
    if !prompts {
        let answer = ask(&decided)?;
        return Ok((held.with_children()?, answer, decided));
    }
    drop(held);
    let answer = ask(&decided)?;
    let held = lock(path)?;
    let now = again(&decided)?;
    Ok((held.with_children()?, answer, now))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;
    use camino::Utf8PathBuf;

    use super::without_lock;
    use crate::machine::local::lock;

    #[test]
    fn an_open_question_holds_up_nobody_and_what_changed_meanwhile_is_not_done() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = Utf8PathBuf::from_path_buf(dir.path().join("lock")).expect("UTF-8");
        let free = || lock(&path).is_ok();
        let held = || (lock(&path).expect("free"), path.as_path());
        let ask = |_: &u8| Ok(free());
        let (kept, was_free, now) =
            without_lock(held(), true, 1, ask, |was| Ok(was + 1)).expect("done");
        assert!(was_free, "the lock was held while the question was open");
        assert_eq!(now, 2, "what was decided last is done");
        assert!(!free(), "it is done under the lock");
        drop(kept);
        let refused = without_lock(held(), true, 1, ask, |_| bail!("it changed"));
        assert!(refused.is_err() && free());
        // Somebody else began to work meanwhile.
        let mut other = None;
        let begin = |_: &u8| {
            other = lock(&path).ok();
            Ok(())
        };
        let busy = without_lock(held(), true, 1, begin, |was| Ok(*was));
        assert!(busy.expect_err("held").to_string().contains("another zbay"));
        drop(other);
        // Where nobody is asked there is no gap.
        let (kept, was_free, now) =
            without_lock(held(), false, 1, ask, |was| Ok(was + 1)).expect("done");
        assert!(!was_free && now == 1 && !free());
        drop(kept);
    }
}
