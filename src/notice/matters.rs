//! What is the matter, from one look: the conditions of each pool, what drives say of their health, and the boot device.

use super::Matter;
use crate::check::{Note, Rule, Severity};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::status::{Condition, Status, Weight, What};

/// How the key of what a drive says begins.
pub const DRIVE: &str = "drive ";
/// The same of the root file system.
pub const BOOT: &str = "boot ";
/// The same of a file that zbay reads and that is broken.
pub const FILE: &str = "file ";
/// The same of a way out that keeps failing.
pub const WAY: &str = "way ";
/// The key where nobody could say how the pools are.
pub const UNANSWERED: &str = "unanswered";
/// Whether nothing can be said of a pool's members while it is in this.
fn is_unreadable(what: What) -> bool {
    what.closes() || matches!(what, What::SuspendedMultihost | What::Suspended)
}

/// All of them. `notes` are those of the drives and of the root file system.
pub fn matters(hw: &Hw, inventory: &Inventory, pools: &[Status], notes: &[Note]) -> Vec<Matter> {
    let mut all = Vec::new();
    for status in pools {
        for condition in &status.conditions {
            let says = format!("{}: {condition}", status.pool);
            all.push(Matter {
                means: condition.means(),
                next: condition.next(),
                drives: members(status, &condition.serials),
                pool: Some(status.pool.clone()),
                serials: condition.serials.clone(),
                covers: is_unreadable(condition.what),
                ..Matter::of(&key(condition), condition.weight(), says)
            });
        }
    }
    let grave =
        notes.iter().filter(|note| note.severity >= Severity::Warning && note.wwn.is_some());
    for note in grave {
        let disk = inventory.disks.iter().find(|disk| disk.wwn == note.wwn);
        let Some(disk) = disk else { continue };
        let drive = Drive::of(hw, disk);
        let wwn = drive.wwn.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = format!("{DRIVE}{:?} {wwn}", note.rule);
        all.push(Matter {
            next: Some(note.remedy.clone()),
            drives: vec![format!("{}  {}", drive.place(), drive.label())],
            ..Matter::of(&key, Weight::Warning, note.message.clone())
        });
    }
    let boot = |note: &&Note| matches!(note.rule, Rule::BootReadonly | Rule::BootFull);
    all.extend(notes.iter().filter(boot).map(|note| Matter {
        next: Some(note.remedy.clone()),
        ..Matter::of(&boot_key(note.rule), Weight::Warning, note.message.clone())
    }));
    all
}

/// The key of what is told of the root file system.
pub fn boot_key(rule: Rule) -> String {
    format!("{BOOT}{rule:?}")
}

/// What tells a condition from others: pool, condition, serials, and how many of its drives have none.
fn key(condition: &Condition) -> String {
    let (pool, id) = (&condition.pool, condition.what.row().id);
    let nameless = condition.who.len().saturating_sub(condition.serials.len());
    let nameless = if nameless > 0 { format!(" +{nameless}") } else { String::new() };
    format!("{pool} {id} {}{nameless}", condition.serials.join(" "))
}

/// That a file is broken which says who is told, or which bay is which.
pub fn broken(file: &str, says: String, next: String) -> Matter {
    let matter = Matter::of(&format!("{FILE}{file}"), Weight::Warning, says);
    Matter { next: Some(next), ..matter }
}

/// Rows of the members with these serials.
fn members(status: &Status, serials: &[String]) -> Vec<String> {
    let all = status.vdevs.iter().flat_map(|vdev| &vdev.members);
    let named = all.filter(|member| {
        member.serial.as_ref().is_some_and(|serial| serials.iter().any(|it| it == serial))
    });
    named
        .map(|member| {
            let serial = member.serial.as_deref().unwrap_or("?");
            format!("{}  {}  serial {serial}  {}", member.place, member.model, member.state)
        })
        .collect()
}

/// That the pools could not be asked.
pub fn unanswered(why: &str) -> Matter {
    Matter {
        means: "a pool may be suspended, or a drive may hang".to_owned(),
        next: Some("zbay status".to_owned()),
        ..Matter::of(UNANSWERED, Weight::Wrong, format!("could not get pool status: {why}"))
    }
}
