//! Asks drives what they say of their health, all at once, and never wakes one that sleeps unless that is wanted.
//!
//! smartctl(8) with `-n standby` looks at the power mode first, so that one call tells whether a drive sleeps and, where
//! it does not, all else. A drive that sleeps, does not answer in time or tells
//! nothing is "not known" with its reason: no cell of a table depends on another drive. A USB bridge that smartctl does
//! not know is asked once more as one that passes SATA commands through, as most do.

use std::thread;
use std::time::Duration;

use super::{Disk, Facet, Transport, Unknown, power};
use crate::machine::{Cmd, Machine, Output, RunError, SMARTCTL};
use crate::smart::{self, ReportError, Smart};

/// A drive that spins up takes ten seconds, and one that is dying more.
const LIMIT: Duration = Duration::from_secs(25);

/// Asks all drives; `wake`: those that sleep too. `boot` is the drive that the system runs from, which does not sleep.
pub(super) fn ask(machine: &dyn Machine, disks: &mut [Disk], boot: Option<&str>, wake: bool) {
    thread::scope(|scope| {
        for disk in disks.iter_mut() {
            scope.spawn(move || {
                let asked = power::may_sleep(disk) && boot != Some(&disk.name);
                let (asleep, smart) = one(machine, disk, wake);
                (disk.asleep, disk.smart) = (asleep.filter(|_| asked), smart);
            });
        }
    });
}

/// Whether it slept, and what it says.
fn one(machine: &dyn Machine, disk: &Disk, wake: bool) -> (Option<bool>, Facet<Smart>) {
    if matches!(disk.transport, Transport::Virtio | Transport::Mmc) {
        return (None, Err(Unknown::because("such a disk keeps no account of its health")));
    }
    let told = |mode: &str, kind: &[&str]| {
        let args = [&["-n", mode, "-j", "-x"], kind, &[disk.dev.as_str()]].concat();
        machine.read(&Cmd::new(SMARTCTL, args).within(LIMIT)).map_err(|why| match why {
            // Nobody asked that drive when the recording was made.
            RunError::Unrecorded { .. } => Unknown::unasked(),
            why => Unknown::because(why),
        })
    };
    let read = |output: &Output| smart::read(output.status, &output.stdout);
    let with = |mode: &str| {
        let first = told(mode, &[])?;
        let bridge = |why: &ReportError| {
            disk.transport == Transport::Usb
                && matches!(why, ReportError::Refused(words) if words.contains("USB bridge"))
        };
        if read(&first).is_err_and(|why| bridge(&why)) {
            told(mode, &["-d", "sat"])
        } else {
            Ok(first)
        }
    };
    let first = match with("standby") {
        Ok(first) => first,
        Err(why) => return (None, Err(why)),
    };
    let asleep = power::asleep(&first);
    let answer = match asleep {
        Some(true) if wake => with("never"),
        _ => Ok(first),
    };
    let smart = answer.and_then(|output| {
        read(&output).map_err(|why| match why {
            ReportError::Asleep => Unknown::asleep("asleep"),
            why => Unknown::because(why),
        })
    });
    (asleep, smart)
}
