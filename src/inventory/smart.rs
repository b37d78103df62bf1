//! Asks drives what they say of their health, all at once, and never wakes one that sleeps unless that is wanted.
//!
//! smartctl(8) with `-n standby` looks at the power mode first. A drive that sleeps, does not answer in time or tells
//! nothing is "not known" with its reason: no cell of a table depends on another drive. A USB bridge that smartctl does
//! not know is asked once more as one that passes SATA commands through, as most do.

use std::thread;
use std::time::Duration;

use super::{Disk, Facet, Transport, Unknown};
use crate::machine::{Cmd, Machine, SMARTCTL};
use crate::smart::{self, ReportError, Smart};

/// A drive that spins up takes ten seconds, and one that is dying more.
const LIMIT: Duration = Duration::from_secs(25);

/// Asks all drives; `wake`: those that sleep too.
pub(super) fn ask(machine: &dyn Machine, disks: &mut [Disk], wake: bool) {
    thread::scope(|scope| {
        for disk in disks.iter_mut() {
            scope.spawn(move || disk.smart = one(machine, disk, wake));
        }
    });
}

fn one(machine: &dyn Machine, disk: &Disk, wake: bool) -> Facet<Smart> {
    if matches!(disk.transport, Transport::Virtio | Transport::Mmc) {
        return Err(Unknown::because("such a disk keeps no account of its health"));
    }
    if disk.asleep == Some(true) && !wake {
        return Err(Unknown::asleep("asleep"));
    }
    let mode = if wake { "never" } else { "standby" };
    let dev = disk.dev.as_str();
    let with = |kind: &[&str]| {
        let args = [&["-n", mode, "-j", "-x"], kind, &[dev]].concat();
        let output = machine.read(&Cmd::new(SMARTCTL, args).within(LIMIT));
        let output = output.map_err(Unknown::because)?;
        Ok(smart::read(output.status, &output.stdout))
    };
    let mut answer = with(&[])?;
    if disk.transport == Transport::Usb
        && matches!(&answer, Err(ReportError::Refused(words)) if words.contains("USB bridge"))
    {
        answer = with(&["-d", "sat"])?;
    }
    answer.map_err(|why| match why {
        ReportError::Asleep => Unknown::asleep("asleep"),
        why => Unknown::because(why),
    })
}
