//! What is the matter, from one look: the conditions of each pool, what drives say of their health, and the boot device.

use super::Matter;
use crate::check::{Note, Rule, Severity};
use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::status::{Status, Weight};

/// How the key of what a drive says begins.
pub const DRIVE: &str = "drive ";

/// All of them. `notes` are those of the drives and of the root file system.
pub fn matters(hw: &Hw, inventory: &Inventory, pools: &[Status], notes: &[Note]) -> Vec<Matter> {
    let mut all = Vec::new();
    for status in pools {
        for condition in &status.conditions {
            let id = condition.what.row().id;
            all.push(Matter {
                key: format!("{} {id} {}", status.pool, condition.serials.join(" ")),
                weight: condition.weight(),
                says: format!("{}: {condition}", status.pool),
                means: condition.means(),
                next: condition.next(),
                drives: members(status, &condition.serials),
            });
        }
    }
    let grave =
        notes.iter().filter(|note| note.severity >= Severity::Warning && note.wwn.is_some());
    for note in grave {
        let disk = inventory.disks.iter().find(|disk| disk.wwn == note.wwn);
        let Some(disk) = disk else { continue };
        let drive = Drive::of(hw, disk);
        all.push(Matter {
            key: format!(
                "{DRIVE}{:?} {}",
                note.rule,
                drive.wwn.as_ref().map(ToString::to_string).unwrap_or_default()
            ),
            weight: Weight::Warning,
            says: note.message.clone(),
            means: String::new(),
            next: Some(note.remedy.clone()),
            drives: vec![format!("{}  {}", drive.place(), drive.label())],
        });
    }
    let boot = |note: &&Note| matches!(note.rule, Rule::BootReadonly | Rule::BootFull);
    all.extend(notes.iter().filter(boot).map(|note| Matter {
        key: format!("boot {:?}", note.rule),
        weight: Weight::Warning,
        says: note.message.clone(),
        means: String::new(),
        next: Some(note.remedy.clone()),
        drives: Vec::new(),
    }));
    all
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
        key: "unanswered".to_owned(),
        weight: Weight::Wrong,
        says: format!("the pools could not be asked: {why}"),
        means: "a pool may be suspended, or a drive may hang".to_owned(),
        next: Some("zbay status".to_owned()),
        drives: Vec::new(),
    }
}
