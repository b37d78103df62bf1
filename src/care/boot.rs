//! The device that the system runs from: read-only, nearly full, or worn. A stick of some years ends in one of these, and
//! nothing else says so until the box does not come back.

use crate::care::facts::{unanswered, unread};
use crate::check::{Note, Rule, Severity, health};
use crate::hw::Hw;
use crate::inventory::{Facet, Inventory, Unknown};
use crate::machine::{IoError, Machine};
use crate::step::command;

/// From here on a root file system is nearly full (docs/care.md).
const FULL: u64 = 90;

/// The root file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Nothing can be written to it; `None`: not known.
    pub readonly: Facet<bool>,
    /// Whole percent used, as df(1) has it: of what ordinary users may use.
    pub full: Facet<u64>,
}

/// Asks.
pub fn look(machine: &dyn Machine) -> Root {
    let mounts = machine.file("/proc/self/mountinfo".into());
    let mounts = mounts.and_then(|bytes| bytes.ok_or_else(no_mounts)).map_err(|why| unread(&why));
    let mounts = mounts.and_then(|bytes| readonly(&String::from_utf8_lossy(&bytes)));
    let cmd = command::disk_free("/".into());
    let free = machine.read(&cmd).map_err(|why| unanswered(&why));
    let free = free.and_then(|output| full(output.ok(&cmd).map_err(|why| unanswered(&why))?));
    Root { readonly: mounts, full: free }
}

fn no_mounts() -> IoError {
    let (what, why) = ("read".to_owned(), "it is not there".to_owned());
    IoError::System { what, path: "/proc/self/mountinfo".into(), why }
}

/// mountinfo of proc(5): the sixth field has the mount's options, the last the file system's. The last mount on / counts.
fn readonly(text: &str) -> Facet<bool> {
    let root = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        (fields.get(4) == Some(&"/")).then(|| {
            let ro = |options: Option<&&str>| {
                options.is_some_and(|it| it.split(',').any(|one| one == "ro"))
            };
            ro(fields.get(5)) || ro(fields.last())
        })
    };
    text.lines().rev().find_map(root).ok_or_else(|| Unknown::because("nothing is mounted on /"))
}

/// `df -B1 --output=used,avail /`: a head and a line.
fn full(text: &str) -> Facet<u64> {
    let unread = || Unknown::because(format!("df said: {text:?}"));
    let line = text.lines().nth(1).ok_or_else(unread)?;
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|it| it.parse().ok()).collect();
    let [used, free] = numbers[..] else { return Err(unread()) };
    let all = u128::from(used) + u128::from(free);
    let percent = (u128::from(used) * 100).checked_div(all).unwrap_or(0);
    u64::try_from(percent).map_err(|_| unread())
}

/// What is to be told of the device that the system runs from.
pub fn notes(hw: &Hw, inventory: &Inventory, root: &Root) -> Vec<Note> {
    let note = |rule, message: String, remedy: &str| Note {
        severity: Severity::Warning,
        rule,
        at: String::new(),
        message,
        remedy: remedy.to_owned(),
        bay: None,
        wwn: None,
    };
    let mut notes = Vec::new();
    if root.readonly == Ok(true) {
        notes.push(note(
            Rule::BootReadonly,
            "the root file system is read-only: logs and alerts cannot be saved".to_owned(),
            "`dmesg` says why; a USB stick that has gone read-only is worn out: replace it: `zbay \
             help care`",
        ));
    }
    if let Some(percent) = root.full.as_ref().ok().filter(|percent| **percent > FULL) {
        notes.push(note(
            Rule::BootFull,
            format!("the root file system is {percent} % full"),
            "`journalctl --vacuum-size=100M`, `apt clean`; then `du -x -d2 -h / | sort -h | tail`",
        ));
    }
    let boot = inventory.host.boot_disk.as_ref();
    let disk = boot.and_then(|name| inventory.disks.iter().find(|disk| disk.name == *name));
    // Age alone is no wear; what the drive says of its health is.
    let grave = [
        Rule::DriveFailing,
        Rule::DrivePrefail,
        Rule::DrivePending,
        Rule::DriveTestFailed,
        Rule::DriveReallocated,
        Rule::DriveUncorrectable,
        Rule::DriveWorn,
    ];
    let of_drive = disk.map(|disk| health::notes(hw, disk)).unwrap_or_default();
    notes.extend(of_drive.into_iter().filter(|note| grave.contains(&note.rule)));
    notes
}

#[cfg(test)]
mod tests {
    use super::{Root, full, notes, readonly};
    use crate::check::Rule;
    use crate::inventory::Unknown;
    use crate::notice::matters::matters;
    use crate::render::fixture::{hw, inventory};
    use crate::smart::Smart;

    #[test]
    fn a_root_that_cannot_be_written_to() {
        let line = |options: &str, more: &str| {
            format!("24 1 8:49 / / {options} shared:1 - ext4 /dev/sdd1 {more}\n")
        };
        let boot = "30 23 8:50 / /boot ro,noatime shared:11 - ext4 /dev/sdd2 ro\n";
        assert_eq!(readonly(&(line("rw,noatime", "rw") + boot)), Ok(false));
        assert_eq!(readonly(&line("ro,noatime", "rw")), Ok(true));
        assert_eq!(
            readonly(&line("rw", "ro,errors=remount-ro")),
            Ok(true),
            "the kernel's own doing"
        );
        assert_eq!(
            readonly(&line("rw", "rw,errors=remount-ro")),
            Ok(false),
            "that is what it would do"
        );
        assert!(readonly(boot).is_err());
    }

    #[test]
    fn how_full_a_root_is() {
        let of = |line: &str| full(&format!("     Used     Avail\n{line}\n"));
        assert_eq!(of("910 90"), Ok(91));
        assert_eq!(of("0 0"), Ok(0));
        assert_eq!(of(&format!("{} {}", u64::MAX, 0)), Ok(100));
        assert!(of("-").is_err() && full("").is_err());
    }

    #[test]
    fn what_is_told_of_the_boot_device() {
        let (hw, mut inventory) = (hw("hp-microserver-gen8"), inventory());
        let rules = |inventory: &_, readonly: bool, full: u64| -> Vec<Rule> {
            let root = Root { readonly: Ok(readonly), full: Ok(full) };
            notes(&hw, inventory, &root).into_iter().map(|note| note.rule).collect()
        };
        assert_eq!(rules(&inventory, false, 90), []);
        assert_eq!(rules(&inventory, true, 91), [Rule::BootReadonly, Rule::BootFull]);
        let worn = Smart { wear: Some(97), hours: Some(60_000), ..Smart::default() };
        for disk in &mut inventory.disks {
            disk.smart = Ok(worn.clone());
        }
        let of_root = Root { readonly: Ok(true), full: Ok(1) };
        let told = matters(&hw, &inventory, &[], &notes(&hw, &inventory, &of_root));
        assert!(
            told.iter().any(|it| it.key == "boot BootReadonly"),
            "and it is a notice: {told:?}"
        );
        let found = notes(&hw, &inventory, &Root { readonly: Ok(false), full: Ok(1) });
        assert_eq!(found.len(), 1, "of the boot device alone: {found:?}");
        assert!(found[0].message.contains("S20TEXAMPLE"), "{found:?}");
        let unknown = || Unknown::because("not asked for");
        let root = Root { readonly: Err(unknown()), full: Err(unknown()) };
        inventory.host.boot_disk = None;
        assert_eq!(notes(&hw, &inventory, &root), []);
    }
}
