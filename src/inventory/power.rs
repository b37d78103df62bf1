//! Whether a drive sleeps, asked without waking it.
//!
//! smartctl(8) with `-n standby` sends CHECK POWER MODE first and nothing that spins a drive up where the answer is
//! STANDBY or SLEEP. Its exit status is a bit mask: the bit that it sets then (2) is also that of a device that could
//! not be opened, so its words decide, and whatever is not clearly asleep is "cannot tell": the look goes on as if
//! nobody had asked. Flash and virtual disks never sleep and are not asked, nor is the drive that the system runs from.

use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::{Disk, Transport};
use crate::machine::{Cmd, Machine, Output, SMARTCTL};
use crate::smart::sleeps;

/// A USB bridge that swallows the question must not hold up the look.
const LIMIT: Duration = Duration::from_secs(5);
/// Bit 1 of smartctl's exit status.
const LOW_POWER_OR_NOT_OPENED: i32 = 2;

/// Bits 0 and 1: it was not asked.
const NOTHING_DONE: i32 = 0b11;

/// What of smartctl's JSON is read.
#[derive(Deserialize)]
struct Report {
    smartctl: Smartctl,
}

#[derive(Deserialize)]
struct Smartctl {
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    string: String,
}

/// Asks all drives that could sleep, in threads: a drive is slow and a box has many.
pub(super) fn ask(machine: &dyn Machine, disks: &mut [Disk], boot: Option<&str>) {
    thread::scope(|scope| {
        for disk in disks.iter_mut().filter(|disk| may_sleep(disk) && boot != Some(&disk.name)) {
            scope.spawn(move || {
                let args = ["-n", "standby", "-j", "-i", disk.dev.as_str()];
                let answer = machine.read(&Cmd::new(SMARTCTL, args).within(LIMIT));
                disk.asleep = answer.ok().as_ref().and_then(asleep);
            });
        }
    });
}

pub(super) fn may_sleep(disk: &Disk) -> bool {
    let wired = matches!(
        disk.transport,
        Transport::Sata | Transport::Sas | Transport::Scsi | Transport::Usb | Transport::Unknown
    );
    wired && disk.rotational != Some(false)
}

/// `None`: it cannot tell.
pub(super) fn asleep(output: &Output) -> Option<bool> {
    let report: Report = serde_json::from_slice(&output.stdout).ok()?;
    if output.status & LOW_POWER_OR_NOT_OPENED != 0 {
        return report.smartctl.messages.iter().any(|it| sleeps(&it.string)).then_some(true);
    }
    // It says so where the drive does not know the question; a later command that failed says nothing of this one.
    let unasked = report.smartctl.messages.iter().any(|it| it.string.contains("CHECK POWER MODE"));
    (output.status & NOTHING_DONE == 0 && !unasked).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::asleep;
    use crate::machine::Output;

    #[test]
    fn only_a_drive_that_is_said_to_sleep_sleeps() {
        let said = |status: i32, message: &str| {
            let messages = if message.is_empty() {
                "[]".to_owned()
            } else {
                format!(r#"[{{"string": "{message}", "severity": "information"}}]"#)
            };
            let stdout = format!(r#"{{"smartctl": {{"messages": {messages}}}}}"#).into_bytes();
            asleep(&Output { status, stdout, stderr: Vec::new() })
        };
        assert_eq!(said(2, "Device is in STANDBY mode, exit(2)"), Some(true));
        assert_eq!(said(2, "Device is in SLEEP mode, exit(2)"), Some(true));
        assert_eq!(said(2, "Smartctl open device: /dev/sda failed: No such device"), None);
        assert_eq!(said(2, ""), None);
        assert_eq!(said(0, ""), Some(false));
        assert_eq!((said(0x40, ""), said(4, "")), (Some(false), Some(false)));
        assert_eq!(said(4, "CHECK POWER MODE not implemented, ignoring -n option"), None);
        assert_eq!(said(1, "/dev/sdd: Unknown USB bridge [0x152d:0x0578]"), None);
        assert_eq!(asleep(&Output::default()), None);
        let text = Output { stdout: b"Device is in STANDBY mode".to_vec(), ..Output::default() };
        assert_eq!(asleep(&text), None);
    }
}
