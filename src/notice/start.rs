//! Whether the machine has come up: pools that are imported at boot are not missed before that was tried, and before drives
//! had time to spin up.

use jiff::SignedDuration;

use crate::machine::{Cmd, Machine, SYSTEMCTL};

/// Drives have spun up and said who they are by then, staggered ones too.
const SPIN_UP: SignedDuration = SignedDuration::from_mins(3);
/// An import that hangs is no reason to be silent for longer than this.
const LONGEST: SignedDuration = SignedDuration::from_mins(20);
/// Reached when the import units have run, however that ended; and what imports on a first boot.
const UNITS: [&str; 2] = ["zfs-import.target", "zbay-firstboot.service"];

/// How far a boot is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What tells this boot from others.
    pub boot: Option<String>,
    /// Pools may still come by themselves.
    pub settling: bool,
}

/// Asks. What cannot be known is no reason to wait.
pub fn look(machine: &dyn Machine) -> Start {
    let text = |path: &str| {
        let bytes = machine.file(path.into()).ok().flatten()?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    };
    let up = text("/proc/uptime").and_then(|text| seconds(&text));
    let boot = text("/proc/sys/kernel/random/boot_id").filter(|text| !text.is_empty());
    let settling = up.is_some_and(|up| {
        up < SPIN_UP || (up < LONGEST && units(machine).as_deref().is_some_and(|it| !is_over(it)))
    });
    Start { boot, settling }
}

/// The first word of /proc/uptime, without its fraction.
fn seconds(text: &str) -> Option<SignedDuration> {
    let word = text.split(['.', ' ']).next()?;
    word.parse::<i64>().ok().map(SignedDuration::from_secs)
}

fn units(machine: &dyn Machine) -> Option<String> {
    let args = [&["show", "--property=ActiveState", "--value"], &UNITS[..]].concat();
    let cmd = Cmd::new(SYSTEMCTL, args);
    machine.read(&cmd).ok()?.ok(&cmd).ok().map(str::to_owned)
}

/// One word for each unit, with an empty line between.
fn is_over(states: &str) -> bool {
    let mut states = states.lines().filter(|line| !line.is_empty());
    let imported = states.next().is_none_or(|state| state == "active");
    imported && states.next() != Some("activating")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Answer, Bytes, Recording, Said};

    fn on(uptime: &str, units: Option<&str>) -> bool {
        let mut recording = Recording::default();
        let uptime = Answer::Given(Some(Bytes::of(uptime.as_bytes())));
        recording.files.insert("/proc/uptime".into(), uptime);
        let (command, out) = (
            "systemctl show --property=ActiveState --value zfs-import.target zbay-firstboot.service",
            Bytes::of,
        );
        if let Some(units) = units {
            let said = Said::Ended { status: 0, stdout: out(units.as_bytes()), stderr: out(b"") };
            recording.commands.insert(command.to_owned(), said);
        }
        look(&Recorded::new("x".to_owned(), recording)).settling
    }

    #[test]
    fn a_pool_is_not_missed_before_it_could_be_imported() {
        assert!(on("119.02 400.1\n", Some("active\n\ninactive\n")), "drives spin up");
        assert!(!on("185.02 400.1\n", Some("active\n\ninactive\n")));
        assert!(on("185.02 400.1\n", Some("inactive\n\ninactive\n")), "nothing has tried yet");
        assert!(on("185.02 400.1\n", Some("active\n\nactivating\n")), "the first boot is at work");
        assert!(!on("1260.0 1.0\n", Some("inactive\n\nactivating\n")), "nobody waits for ever");
        assert!(!on("185.02 1.0\n", None), "no systemd");
        assert!(!on("what", None) && !on("", None), "not known");
    }
}
