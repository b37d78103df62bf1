//! What a step does, as a label: for consent, for screens and for the journal. It never orders steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::machine::Change;

/// What a step does.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Not said: a plan or a journal of an earlier version, which had no such word.
    #[default]
    Unsaid,
    /// Records the profile, on the boot device or in the pool.
    Record,
    /// Erases a disk.
    Erase,
    /// Partitions a free disk.
    Cut,
    /// Creates a pool.
    Create,
    /// Puts a disk into a pool that exists: `replace`, `attach`, `add`.
    Join,
    /// Brings a member back that is the member itself.
    Return,
    /// Takes a member, or a vdev, out of a pool.
    Leave,
    /// Lets a pool use more of its drives.
    Grow,
    /// Imports a pool.
    Import,
    /// Exports a pool.
    Export,
    /// Creates a dataset.
    Dataset,
    /// Loads a key.
    Unlock,
    /// Mounts a dataset.
    Mount,
    /// Sets a property.
    Set,
    /// Writes files of the system.
    Files,
    /// Turns units of systemd on or off.
    Units,
    /// Destroys a dataset.
    Destroy,
}

impl Effect {
    /// Whether a drive that it was cut off on may hold the label of a pool that was never made, or never had it.
    pub fn labels(self) -> bool {
        matches!(self, Self::Create | Self::Join)
    }

    /// What changes do, where nobody has said so. Reads the verb where each program has it, so that a pool named `add` is
    /// no `zpool add`.
    pub fn guess(changes: &[Change]) -> Self {
        let one = |change: &Change| match change {
            Change::Zero { .. } => Self::Erase,
            Change::Run(cmd) => {
                let verb = cmd.args.first().map(String::as_str);
                match (cmd.program.file_name().unwrap_or_default(), verb) {
                    ("sgdisk", _) => Self::Cut,
                    ("systemctl", _) => Self::Units,
                    ("zpool", Some("create")) => Self::Create,
                    ("zpool", Some("replace" | "attach" | "add")) => Self::Join,
                    ("zpool", Some("import")) => Self::Import,
                    ("zpool", Some("export")) => Self::Export,
                    ("zpool", Some("online")) => Self::Return,
                    ("zpool", Some("offline" | "detach" | "remove")) => Self::Leave,
                    ("zfs", Some("create")) => Self::Dataset,
                    ("zfs", Some("destroy")) => Self::Destroy,
                    ("zpool" | "zfs", Some("set")) => Self::Set,
                    _ => Self::Unsaid,
                }
            }
            _ => Self::Unsaid,
        };
        changes.iter().map(one).find(|effect| *effect != Self::Unsaid).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Effect;
    use crate::machine::{Change, Cmd, Program, SGDISK, ZFS, ZPOOL};

    #[test]
    fn a_name_is_no_verb() {
        let of = |program: Program, args: &[&str]| {
            Effect::guess(&[Change::Run(Cmd::new(program, args.iter().copied()))])
        };
        assert_eq!(of(ZPOOL, &["create", "add", "/dev/disk/by-id/x"]), Effect::Create);
        assert_eq!(of(ZPOOL, &["set", "autotrim=on", "create"]), Effect::Set);
        assert_eq!(of(ZPOOL, &["export", "replace"]), Effect::Export);
        assert_eq!(of(ZPOOL, &["add", "tank", "spare", "/dev/disk/by-id/x"]), Effect::Join);
        assert_eq!(of(ZFS, &["create", "tank/add"]), Effect::Dataset);
        assert_eq!(of(SGDISK, &["--clear"]), Effect::Cut);
        assert_eq!(of(ZPOOL, &["list"]), Effect::Unsaid);
        assert_eq!(Effect::guess(&[]), Effect::Unsaid);
    }
}
