//! Work of the kernel that may have no end: given up after its limit.
//!
//! A drive that is dying, a pool that is suspended or a server that is gone keeps a read, a write or an fsync for minutes or
//! forever, and no signal reaches it there. So such work is done in a thread of its own, and whoever asked waits for the
//! answer no longer than the limit. The thread is never joined. It stays in the kernel, with the file that it has open, until
//! the kernel lets go of it: the program goes on meanwhile, says what gave no answer, gives its lock back and ends, and the
//! process is gone from the list only when the thread is. What comes back late does nothing more: it asks
//! [`Wanted::check`] before each step that changes something.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

/// Whether anybody still waits.
#[derive(Clone, Debug)]
pub(super) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Asked before each step.
    ///
    /// # Errors
    /// It was given up.
    pub fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::SeqCst) { Ok(()) } else { Err(io::Error::other("given up")) }
    }
}

/// What `work` says; `None`: it gave no answer in time, and was given up.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> Option<T> {
    let (wanted, told) = begin(work, |job| drop(thread::spawn(job)));
    wait(limit, &wanted, &told)
}

/// The same for what changes something: one after the other, in one thread, in the order in which it was asked for. Once
/// something is given up what comes next gets a new thread.
pub(super) fn in_turn<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
) -> Option<T> {
    let (wanted, told) = begin(work, hand_on);
    let answer = wait(limit, &wanted, &told);
    if answer.is_none() {
        *HAND.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    answer
}

type Job = Box<dyn FnOnce() + Send>;

/// The way to the thread that changes things, while it answers.
static HAND: Mutex<Option<mpsc::Sender<Job>>> = Mutex::new(None);

fn hand_on(job: Job) {
    let mut hand = HAND.lock().unwrap_or_else(PoisonError::into_inner);
    let back = match &*hand {
        // A panic has ended it.
        Some(there) => there.send(job).err().map(|mpsc::SendError(job)| job),
        None => Some(job),
    };
    if let Some(job) = back {
        let (to, from) = mpsc::channel::<Job>();
        thread::spawn(move || from.into_iter().for_each(|job| job()));
        drop(to.send(job));
        *hand = Some(to);
    }
}

fn begin<T: Send + 'static>(
    work: impl FnOnce(&Wanted) -> T + Send + 'static,
    start: impl FnOnce(Job),
) -> (Wanted, mpsc::Receiver<T>) {
    let (tell, told) = mpsc::channel();
    let wanted = Wanted(Arc::new(AtomicBool::new(true)));
    let own = wanted.clone();
    start(Box::new(move || drop(tell.send(work(&own)))));
    (wanted, told)
}

fn wait<T>(limit: Duration, wanted: &Wanted, told: &mpsc::Receiver<T>) -> Option<T> {
    let answer = told.recv_timeout(limit).ok();
    if answer.is_none() {
        wanted.0.store(false, Ordering::SeqCst);
    }
    answer
}

/// What is said of work that was given up.
pub(super) fn given_up(limit: Duration) -> String {
    format!(
        "no answer within {} s, so it was given up: the drive behind it may be failing, `dmesg` \
         has the kernel's messages",
        limit.as_secs()
    )
}

/// The same for work that can fail by itself.
pub(super) fn within_io<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Wanted) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    within(limit, work).unwrap_or_else(|| Err(io::Error::other(given_up(limit))))
}

/// The same for a change that can fail by itself.
pub(super) fn in_turn_io<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Wanted) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    in_turn(limit, work).unwrap_or_else(|| Err(io::Error::other(given_up(limit))))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::{in_turn, within, within_io};

    #[test]
    fn what_has_no_end_is_given_up_and_changes_nothing_later() {
        let (late, came) = mpsc::channel();
        let started = Instant::now();
        let answer = within_io(Duration::from_millis(50), move |wanted| {
            wanted.check()?;
            sleep(Duration::from_millis(400));
            let _ = late.send(wanted.check().is_ok());
            Ok(())
        });
        assert!(started.elapsed() < Duration::from_millis(350), "it waited");
        assert!(answer.unwrap_err().to_string().starts_with("no answer within 0 s, so it was"));
        assert_eq!(came.recv_timeout(Duration::from_secs(10)), Ok(false), "it went on");
        assert_eq!(within(Duration::from_secs(10), |wanted| wanted.check().is_ok()), Some(true));
    }

    #[test]
    fn changes_come_in_turn_and_one_that_hangs_keeps_no_other() {
        let thread = || std::thread::current().id();
        let (long, short) = (Duration::from_secs(10), Duration::from_millis(50));
        let (first, second) = (in_turn(long, move |_| thread()), in_turn(long, move |_| thread()));
        assert!(first.is_some() && first == second, "each in a thread of its own");
        assert_eq!(in_turn(short, |_| sleep(Duration::from_secs(20))), None);
        let after = in_turn(long, move |_| thread());
        assert!(after.is_some() && after != first, "it waits for the one that hangs");
        assert_eq!(in_turn(long, |_| -> () { std::panic::resume_unwind(Box::new(())) }), None);
        assert!(in_turn(long, move |_| thread()).is_some());
    }
}
