//! What will be done, or was, for programs: a plan from a profile, and a task on a pool that exists.
//!
//! A step has its words, its danger, and what would be typed. What a step checks before and after is `apply`'s own.

use camino::Utf8PathBuf;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::Drift;
use crate::domain::storage;
use crate::drive;
use crate::finding::Finding;
use crate::life;
use crate::machine::Change;
use crate::names::{BayId, Serial, Wwn};
use crate::plan;
use crate::render::plan::remedy;
use crate::step::{self, Danger, Effect, Fingerprint};
use crate::units::Bytes;

/// A drive as a person finds it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NamedDrive {
    /// Its bay or other place; `null`: at a port that no description names.
    pub bay: Option<BayId>,
    /// Nobody has proved that this port is this bay.
    pub bay_assumed: bool,
    /// Its model.
    pub model: Option<String>,
    /// Bytes.
    pub size: Bytes,
    /// Its serial number.
    pub serial: Option<Serial>,
    /// Its world wide name.
    pub wwn: Option<Wwn>,
    /// Its kernel name of this boot.
    pub dev: String,
}

/// A disk that is written to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TakenDisk {
    /// Which drive.
    pub drive: NamedDrive,
    /// Its name below /dev/disk.
    pub address: String,
    /// What for: `data`, `log`, `cache`, `log and cache`, `spare`.
    pub role: String,
}

/// One thing that is done.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Step {
    /// In words: `create pool tank`.
    pub what: String,
    /// What kind of thing it does.
    pub effect: Effect,
    /// How much it can cost.
    pub danger: Danger,
    /// The commands, in order, as they would be typed.
    pub commands: Vec<String>,
    /// Files and directories that it writes, makes or removes.
    pub files: Vec<String>,
    /// Disks on which it writes zeros.
    pub zeroes: Vec<String>,
}

/// A disk that is erased first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ErasedDisk {
    /// Which drive.
    pub drive: NamedDrive,
    /// What is on it, in words.
    pub holds: String,
}

/// What a pool will be, or is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Outlook {
    /// SIZE of `zpool list -p`, bytes.
    pub size: Bytes,
    /// USED + AVAIL of the root dataset of `zfs list -p`, bytes.
    pub usable: Bytes,
    /// log2 of its smallest write; it cannot be changed later.
    pub ashift: u8,
    /// Drives that may fail in any combination.
    pub failures_tolerated: u64,
    /// Drives that may fail in the best combination.
    pub failures_tolerated_at_best: u64,
    /// Bytes of larger drives that stay unused beside smaller ones.
    pub unused: Bytes,
    /// Each data vdev with the smallest drive that it takes as a replacement.
    pub replacement: Vec<Replacement>,
    /// Hours of a resilver of a full drive: at best, and under load.
    pub resilver_hours: (u64, u64),
}

/// The smallest drive that a vdev takes as a replacement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "VdevReplacement")]
pub struct Replacement {
    /// The bays of the vdev.
    pub bays: Vec<BayId>,
    /// Bytes of the smallest drive with 512-byte sectors.
    pub drive_512: Bytes,
    /// The same with 4096-byte sectors; `null`: none, for the ashift is below 12.
    pub drive_4kn: Option<Bytes>,
    /// Bytes by which such a drive may be smaller than the vdev's smallest.
    pub slack: Bytes,
}

/// A pool that is imported instead of made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Imported {
    /// Its name.
    pub pool: String,
    /// Its GUID, as text.
    pub guid: String,
    /// `ONLINE` or `DEGRADED`.
    pub state: String,
    /// Who used it last, in words.
    pub last: String,
    /// It comes without its log, which is lost.
    pub without_log: bool,
}

/// What will be done to make the machine as its profile says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Plan {
    /// Sixteen hexadecimal digits over the profile and the disks; the comment of a pool that is made is `zbay:` and these.
    pub id: String,
    /// When the look was taken.
    pub made: Timestamp,
    /// The description of the server, by its file's name.
    pub hardware: String,
    /// The profile's name or file.
    pub profile: String,
    /// The pool.
    pub pool: String,
    /// Its layout: `raidz of 4`.
    pub layout: String,
    /// Disks that are taken, in the order of the profile.
    pub disks: Vec<TakenDisk>,
    /// Those of them that are erased first.
    pub erases: Vec<ErasedDisk>,
    /// The pool that is imported instead of made; `null`: none.
    pub import: Option<Imported>,
    /// The gravest thing that it does.
    pub danger: Danger,
    /// What is done, in order; none: the machine is as its profile says.
    pub steps: Vec<Step>,
    /// What is as the profile says already, in words.
    pub as_wished: Vec<String>,
    /// What differs and cannot be changed in place.
    pub drift: Vec<Finding>,
    /// What the pool will be, or is.
    pub outlook: Outlook,
    /// The command that carries it out.
    pub command: String,
}

/// What is done to a pool that exists.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Task {
    /// Sixteen hexadecimal digits over the steps and the disks.
    pub id: String,
    /// When the look was taken.
    pub made: Timestamp,
    /// In words: `replace the drive in bay 3 of pool tank`.
    pub what: String,
    /// The pool.
    pub pool: String,
    /// Disks that are written to.
    pub disks: Vec<TakenDisk>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// The drives that it is about, as the screen has them.
    pub drives: Vec<Labelled>,
    /// What else a person needs to decide, as the screen has it.
    pub facts: Vec<Labelled>,
    /// What a person does after the steps; `null`: nothing.
    pub then: Option<String>,
    /// What goes on by itself after the steps.
    pub follows: life::Follows,
    /// What it changes of the usable space, where that is known and may change.
    pub usable: Option<life::Usable>,
}

/// A row of a screen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Labelled {
    /// Its label.
    pub label: String,
    /// Its text.
    pub text: String,
}

/// A member that sits in another bay than the profile has it in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MovedMember {
    /// The drive, where it is now.
    pub drive: NamedDrive,
    /// The bay that it was in.
    pub was: BayId,
}

impl From<&drive::Drive> for NamedDrive {
    fn from(drive: &drive::Drive) -> Self {
        Self {
            bay: drive.bay.clone(),
            bay_assumed: drive.assumed,
            model: drive.model.clone(),
            size: drive.size,
            serial: drive.serial.clone(),
            wwn: drive.wwn.clone(),
            dev: drive.name.clone(),
        }
    }
}

impl From<&Fingerprint> for TakenDisk {
    fn from(disk: &Fingerprint) -> Self {
        Self {
            drive: (&disk.drive).into(),
            address: disk.address.to_string(),
            role: disk.role.clone(),
        }
    }
}

impl From<&step::Step> for Step {
    fn from(step: &step::Step) -> Self {
        let mut shown = Self {
            what: step.what.clone(),
            effect: step.effect,
            danger: step.danger,
            commands: Vec::new(),
            files: Vec::new(),
            zeroes: Vec::new(),
        };
        for change in &step.changes {
            let mut file = |path: &Utf8PathBuf| shown.files.push(path.to_string());
            match change {
                Change::Run(cmd) => shown.commands.push(cmd.to_string()),
                Change::WriteFile { path, .. }
                | Change::Attribute { path, .. }
                | Change::NewKey { path }
                | Change::AppendLine { path, .. }
                | Change::Mkdir { path, .. }
                | Change::Remove { path }
                | Change::Access { path, .. } => file(path),
                Change::WriteBeneath { root, path, .. } => file(&root.join(path)),
                Change::Zero { dev, .. } => shown.zeroes.push(dev.to_string()),
            }
        }
        shown
    }
}

impl From<&plan::Outlook> for Outlook {
    fn from(outlook: &plan::Outlook) -> Self {
        let replacement = outlook.replacement.iter().map(|members| Replacement {
            bays: members.bays.clone(),
            drive_512: members.drive_512,
            drive_4kn: members.drive_4kn,
            slack: members.slack,
        });
        Self {
            size: outlook.size,
            usable: outlook.usable,
            ashift: outlook.ashift.get(),
            failures_tolerated: outlook.survives,
            failures_tolerated_at_best: outlook.survives_at_best,
            unused: outlook.unused,
            replacement: replacement.collect(),
            resilver_hours: outlook.resilver_hours,
        }
    }
}

impl Plan {
    /// A plan that `command` carries out.
    pub fn of(plan: &plan::Plan, command: &str) -> Self {
        let erases = plan.erases.iter().map(|erased| ErasedDisk {
            drive: (&erased.disk.drive).into(),
            holds: erased.holds.clone(),
        });
        let import = plan.import.as_ref().map(|import| Imported {
            pool: import.pool.clone(),
            guid: import.guid.clone(),
            state: import.state.clone(),
            last: import.last.clone(),
            without_log: import.without_log,
        });
        Self {
            id: plan.id.clone(),
            made: plan.made,
            hardware: plan.hardware.clone(),
            profile: plan.profile.clone(),
            pool: plan.pool.clone(),
            layout: plan.layout.clone(),
            disks: plan.disks.iter().map(TakenDisk::from).collect(),
            erases: erases.collect(),
            import,
            danger: plan.danger(),
            steps: plan.steps.iter().map(Step::from).collect(),
            as_wished: plan.as_wished.clone(),
            drift: differences(&plan.drift, command),
            outlook: (&plan.outlook).into(),
            command: command.to_owned(),
        }
    }
}

impl From<&life::Task> for Task {
    fn from(task: &life::Task) -> Self {
        let labelled = |rows: &[(String, String)]| {
            let row = |(label, text): &(String, String)| Labelled {
                label: label.clone(),
                text: text.clone(),
            };
            rows.iter().map(row).collect()
        };
        Self {
            id: task.id.clone(),
            made: task.made,
            what: task.what.clone(),
            pool: task.pool.clone(),
            disks: task.disks.iter().map(TakenDisk::from).collect(),
            steps: task.steps.iter().map(Step::from).collect(),
            drives: labelled(&task.drives),
            facts: labelled(&task.facts),
            then: task.then.clone(),
            follows: task.follows,
            usable: task.usable,
        }
    }
}

impl From<&storage::Moved> for MovedMember {
    fn from(moved: &storage::Moved) -> Self {
        Self { drive: (&moved.drive).into(), was: moved.was.clone() }
    }
}

/// What differs from the profile; `mend`: the command that mends what can be mended, or why none does.
pub fn differences(drift: &[Drift], mend: &str) -> Vec<Finding> {
    drift.iter().map(|one| Finding::from(one).remedy(&remedy(one, mend))).collect()
}
