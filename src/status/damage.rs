//! What a damaged thing is that `zpool status -v` names: a file, a snapshot, the pool itself, or what is deleted by now.
//!
//! The forms are those of `zpool_obj_to_path` (lib/libzfs): `/tank/a`; `tank/data:/a` of a dataset that is not mounted;
//! `tank/data:<0x2a>` where there is no path to it; `<0x95>:<0x0>` of a dataset that is gone; `<metadata>:<0x24>` of the pool.

use super::What;

/// What is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The pool's own metadata.
    Pool,
    /// A file.
    File,
    /// Something in a dataset without a path: a block of a volume, or a file that was deleted.
    Object,
    /// Something in a snapshot.
    Snapshot,
    /// Something in a dataset or a snapshot that is gone by now.
    Deleted,
}

impl Damage {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 5] =
        [Self::Pool, Self::File, Self::Object, Self::Snapshot, Self::Deleted];

    /// What a name is of.
    pub fn of(name: &str) -> Self {
        if name.starts_with('/') {
            // A snapshot that is mounted has a path of its own.
            let inside = name.contains("/.zfs/snapshot/");
            return if inside { Self::Snapshot } else { Self::File };
        }
        if name.starts_with("<metadata>:") {
            return Self::Pool;
        }
        if name.starts_with("<0x") {
            return Self::Deleted;
        }
        // A dataset's name has neither of these in it; a colon it may have.
        let ends = [":/", ":<"].iter().filter_map(|mark| name.find(mark)).min();
        let Some((dataset, rest)) = ends.map(|at| name.split_at(at)) else { return Self::File };
        match rest {
            _ if dataset.contains('@') => Self::Snapshot,
            rest if rest.starts_with(":<metadata>") || rest.starts_with(":<0x") => Self::Object,
            _ => Self::File,
        }
    }

    /// The condition that it is, and what it counts: `2 files are`.
    pub fn condition(self, count: usize) -> (What, String) {
        let (what, one, many) = match self {
            Self::Pool => (What::MetadataErrors, "in 1 place", "in {} places"),
            Self::File => (What::DataErrors, "1 file is", "{} files are"),
            Self::Object => {
                (What::ObjectErrors, "1 object without a path is", "{} objects without a path are")
            }
            Self::Snapshot => {
                (What::SnapshotErrors, "1 file in a snapshot is", "{} files in snapshots are")
            }
            Self::Deleted => (What::DeletedErrors, "1 entry", "{} entries"),
        };
        let words =
            if count == 1 { one.to_owned() } else { many.replace("{}", &count.to_string()) };
        (what, words)
    }
}

#[cfg(test)]
mod tests {
    use super::Damage;

    #[test]
    fn every_form_is_told_apart() {
        for (name, wanted) in [
            ("/tank/photos/2025.jpg", Damage::File),
            ("/tank/a@b:c", Damage::File),
            ("tank/data:/a b", Damage::File),
            ("tank/a:b:/film@home.mkv", Damage::File),
            ("tank/vm0:<0x1>", Damage::Object),
            ("tank/data:<0x2a>", Damage::Object),
            ("tank/data:<metadata>", Damage::Object),
            ("tank/media@auto-2025:/film.mkv", Damage::Snapshot),
            ("tank/media@auto:<0x2a>", Damage::Snapshot),
            ("/tank/media/.zfs/snapshot/auto/film.mkv", Damage::Snapshot),
            ("<0x95>:<0x0>", Damage::Deleted),
            ("<metadata>:<0x0>", Damage::Pool),
            ("<metadata>:<0x24>", Damage::Pool),
        ] {
            assert_eq!(Damage::of(name), wanted, "{name}");
        }
    }
}
