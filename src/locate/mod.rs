//! Makes a drive show itself: by a light of its own where one is known ([`light`]), and by reads.
//!
//! Boards with on-board SATA ports have no light for locating: three short bursts of reads and a pause, again and again,
//! are told from ordinary work at a glance. Places all over the drive are read, so that no cache answers.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::inventory::Disk;
use crate::machine::{IoError, Machine};

pub mod light;

/// Bursts, then a pause.
const BURSTS: u32 = 3;
const BURST: Duration = Duration::from_millis(300);
const GAP: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(1200);
/// Bytes of one read.
const READ: usize = 128 << 10;
/// How soon somebody who wants to stop is heard.
const STEP: Duration = Duration::from_millis(100);

/// Reads in that rhythm for `whole`, or until `stop` says so; how many reads were done.
///
/// # Errors
/// The drive cannot be read.
pub fn blink(
    machine: &dyn Machine,
    disk: &Disk,
    whole: Duration,
    stop: &dyn Fn() -> bool,
) -> Result<u64, IoError> {
    let began = Instant::now();
    let mut reads = 0_u64;
    while began.elapsed() < whole && !stop() {
        for _ in 0..BURSTS {
            let burst = Instant::now();
            while burst.elapsed() < BURST {
                machine.read_at(&disk.dev, place(reads, disk.size.0), READ)?;
                reads += 1;
            }
            wait(GAP, stop);
        }
        wait(PAUSE, stop);
    }
    Ok(reads)
}

/// Waits for `whole`, or until `stop` says so.
pub fn wait(whole: Duration, stop: &dyn Fn() -> bool) {
    let began = Instant::now();
    while began.elapsed() < whole && !stop() {
        sleep(STEP.min(whole.saturating_sub(began.elapsed())));
    }
}

/// Where the n-th read is: all over the drive, in steps of a megabyte.
fn place(n: u64, size: u64) -> u64 {
    let steps = (size >> 20).saturating_sub(1).max(1);
    // An odd multiplier visits places far from each other.
    ((n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1) % steps) << 20
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{READ, place, wait};

    #[test]
    fn reads_are_spread_over_the_drive_and_stay_on_it() {
        let size = 4_000_787_030_016_u64;
        let places: Vec<u64> = (0..200).map(|n| place(n, size)).collect();
        let end = size - u64::try_from(READ).unwrap();
        assert!(places.iter().all(|at| *at <= end && at.is_multiple_of(1 << 20)));
        for eighth in 0..8 {
            let within = size / 8 * eighth..size / 8 * (eighth + 1);
            assert!(places.iter().any(|at| within.contains(at)), "{eighth}");
        }
        assert_eq!(place(7, 1 << 20), 0);
    }

    #[test]
    fn who_wants_to_stop_does_not_wait() {
        let began = Instant::now();
        wait(Duration::from_mins(10), &|| true);
        assert!(began.elapsed() < Duration::from_mins(1));
    }
}
