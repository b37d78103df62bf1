//! Every condition that a pool can be in: its weight, what it means, and what to type next. One table.
//!
//! What always holds: a condition names what it is about by placeholders alone, which [`super::Condition`] fills in
//! (`{who}`: drives by their bays; `{pool}`, `{bay}`, `{vdev}`, `{count}`); docs/status.md is this table. `next` can be
//! typed as it stands once filled in, or is empty where there is nothing to do but to wait.

use serde::{Deserialize, Serialize};

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Data is lost, out of reach, or less safe than it should be.
    Wrong,
    /// It will become so if nobody does anything.
    Warning,
    /// Good to know; nothing is the matter.
    Notice,
}

impl Weight {
    /// As a screen and docs/status.md have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

impl What {
    /// Whether it is why a pool cannot be read at all.
    pub fn closes(self) -> bool {
        matches!(
            self,
            Self::MetadataCorrupt
                | Self::NamesMoved
                | Self::Unavailable
                | Self::CannotOpen
                | Self::NotReadable
                | Self::LogLost
        )
    }

    /// Whether something is at work, which is worth a word though all is well.
    pub fn runs(self) -> bool {
        matches!(
            self,
            Self::Scrubbing
                | Self::Expanding
                | Self::Removing
                | Self::Trimming
                | Self::Initializing
        )
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The condition's name in JSON.
    pub id: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// One sentence without its full stop.
    pub says: &'static str,
    /// What follows from it.
    pub means: &'static str,
    /// What to type.
    pub next: &'static str,
    /// ZFS's name for it, where it has one.
    pub zfs: &'static str,
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident $id:literal $weight:ident $zfs:literal: $says:literal, $means:literal, $next:literal;)*) => {
        /// What a pool can be in. The order is that in which it is told: the first is the headline.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum What { $($(#[$doc])* $name),* }

        impl What {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its row.
            pub fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        id: $id, weight: Weight::$weight, says: $says, means: $means, next: $next, zfs: $zfs,
                    }),*
                }
            }
        }
    };
}

table! {
    /// Heartbeats of `multihost=on` did not reach the drives.
    SuspendedMultihost "suspended-multihost" Wrong "ZFS-8000-MM": "it is suspended: multihost heartbeats came too late",
        "a drive or cable hangs, or another host took the pool: check drives, then that host; then `zpool clear {pool}`; if refused, reboot",
        "zbay show disk";
    /// Too many members went at once.
    Suspended "suspended" Wrong "ZFS-8000-HC, -JQ": "it is suspended: {who} {is} out of reach",
        "nothing can be read or written: put the drives back, then clear the pool; the latest writes are waiting in memory",
        "zpool clear {pool}";
    /// No metadata of the pool can be read.
    MetadataCorrupt "metadata-corrupt" Wrong "ZFS-8000-72": "its metadata is corrupted, and it cannot be opened",
        "write nothing to its drives: this command only tests whether rewinding a few seconds would open it; if not, restore from backup",
        "zpool clear -Fn {pool}";
    /// Members are looked for under kernel names that other drives have now.
    NamesMoved "names-moved" Wrong "": "{vdev} looks for its drives under names like sda, which now belong to other drives",
        "the drives are most likely fine: export the pool, then `zbay import` finds them by their permanent names",
        "zbay export {pool}";
    /// More members are gone than the redundancy covers.
    Unavailable "unavailable" Wrong "ZFS-8000-3C, -5E": "{vdev} has lost more drives than it can survive: {who}",
        "the pool cannot be read until one of them is back: put it back before anything else",
        "zpool clear {pool}";
    /// ZFS does not open a vdev though enough of its members are there.
    CannotOpen "cannot-open" Wrong "": "{vdev} cannot be opened, though enough of its drives are there",
        "a failed drive was replaced by a smaller one (openzfs/zfs #16123); nothing is lost: reboot, by the power button if that hangs",
        "systemctl reboot";
    /// ZFS does not open the pool, for a reason of its own.
    NotReadable "not-readable" Wrong "ZFS-8000-6X, -A5": "it cannot be read: {count}",
        "ZFS does not open it, whatever state its drives are in; write nothing to them until the reason is known",
        "zpool status {pool}";
    /// A member went while another one was resilvering from it: most likely the wrong one was pulled.
    PutBack "put-back" Wrong "": "{drive} {is} missing while another drive is resilvering",
        "the new drive cannot resilver without it; if it was pulled, it was the wrong one: put it back where it was, and nothing is lost",
        "zbay status --watch";
    /// A log was gone when the pool was imported.
    LogLost "log-lost" Wrong "ZFS-8000-K4": "its log cannot be read",
        "writes of the last seconds before the power went may be lost with it",
        "zpool clear {pool}";
    /// ZFS gave a member up.
    DriveFailed "drive-failed" Wrong "FAULTED": "{drive} {has} failed",
        "ZFS stopped using it, usually after too many errors; a replacement is rebuilt from the other drives",
        "zbay replace {bay}";
    /// A member's drive is not there.
    DriveGone "drive-gone" Wrong "ZFS-8000-2Q, REMOVED": "{drive} {is} missing",
        "the drive does not answer: it was pulled, has a loose cable, or died; put it back, or replace it",
        "zbay replace {bay}";
    /// A member's drive went, and is there again.
    DriveBack "drive-back" Wrong "REMOVED": "{who} {is} back but not in use",
        "the drive answers again, but ZFS has not taken it back: once it does, only what the drive missed is written",
        "zbay replace {bay}";
    /// A drive is there and is no longer a member.
    LabelBad "label-bad" Wrong "ZFS-8000-4J": "{who} {is} no longer a member",
        "the drive answers, but its ZFS label is missing or damaged: it was overwritten, or this is another drive",
        "zbay replace {bay}";
    /// A person took a member out of use.
    DriveOffline "drive-offline" Wrong "OFFLINE": "{who} {was} taken offline",
        "`zpool offline` was run on it; it gets no writes until it is online again",
        "zpool online {pool} {member}";
    /// A person took a member out of use by force.
    DriveForced "drive-forced-offline" Wrong "FAULTED": "{who} {was} taken offline by force",
        "`zpool offline -f` was run on it; clearing brings it back, and what it missed is written to it",
        "zpool clear {pool} {member}";
    /// The pool's own metadata is damaged.
    MetadataErrors "metadata-errors" Wrong "ZFS-8000-8A": "its own metadata is damaged {count}",
        "no file is affected, it is the pool itself: copy everything off while it can be read, then scrub; if the damage stays, make a new pool",
        "zpool scrub {pool}";
    /// A pool that was seen imported is not any more.
    Lost "lost" Wrong "": "{vdev}",
        "{count}",
        "zbay import {member}";
    /// Files are damaged.
    DataErrors "data-errors" Wrong "ZFS-8000-8A": "{count} damaged",
        "these files can no longer be read in full: restore them from a backup, then scrub",
        "zpool status -v {pool}";
    /// Something without a path is damaged.
    ObjectErrors "object-errors" Wrong "ZFS-8000-8A": "{count} damaged",
        "a block of a volume, or a file that was deleted while open: check the volumes, restore them from a backup, then scrub",
        "zpool status -v {pool}";
    /// Files in snapshots are damaged.
    SnapshotErrors "snapshot-errors" Wrong "ZFS-8000-8A": "{count} damaged",
        "a snapshot cannot be repaired: the current file may be intact; destroy the snapshot and run two scrubs to clear the entry",
        "zpool status -v {pool}";
    /// A drive was replaced, and that did not end.
    Unfinished "replacement-unfinished" Wrong "": "{who} {has} not taken over: the replacement did not finish",
        "it is missing data: delete what is damaged, clear, `zpool scrub {pool}`; if the old drive is still listed, `zpool detach {pool} {count}`",
        "zpool clear {pool}";
    /// A member has too many errors, and is needed.
    DriveNeeded "drive-degraded-needed" Wrong "DEGRADED": "{who} {count} and {is} still needed",
        "no other drive holds all of its data: copy that off first, check cable and power, then replace it `--with` a new drive in another bay",
        "zbay show disk";
    /// A member has too many errors, and the others hold all that it does.
    DriveDegraded "drive-degraded" Wrong "DEGRADED": "{who} {count}",
        "ZFS still reads it, but do not rely on it: replace it before it fails",
        "zbay replace {bay}";
    /// The pool is full.
    Full95 "full-95" Wrong "": "it is {count} full",
        "writes get slow and will soon fail; a full pool may not even be able to delete",
        "zfs list -o space -r {pool}";
    /// A drive sits in the bay of a member that is gone.
    NewDrive "new-drive" Warning "": "{who} has a new drive (serial {count})",
        "it is in no pool, and it is left alone until you say so; zbay first checks that it is free",
        "zbay replace {bay}";
    /// A part of a log, which works still.
    LogDegraded "log-degraded" Warning "": "one side of its log, {who}, {count}",
        "the log still works; if the rest of it fails too, synchronous writes go to the data drives",
        "zbay expand remove {member}";
    /// A log is not in use.
    LogGone "log-gone" Warning "": "its log {who} {count}",
        "synchronous writes go to the data drives and are slower; nothing is lost unless power failed at the same time",
        "zbay expand remove {member}";
    /// A cache is gone.
    CacheGone "cache-gone" Warning "": "its cache {who} {count}",
        "reads are slower; everything on it is also in the pool",
        "zbay expand remove {member}";
    /// A hot spare is gone.
    SpareGone "spare-gone" Warning "": "its spare {who} {count}",
        "no spare will take over when the next drive fails",
        "zbay expand remove {member}";
    /// A spare that ZED would take and with which ZFS cannot open the vdev.
    SpareSmall "spare-small" Warning "": "its spare {who} {is} too small for {count}",
        "when a drive fails, ZFS refuses it, or uses it and suspends the pool (openzfs/zfs #16123): add one at least as large as the members",
        "zbay expand remove {member}";
    /// A spare that ZFS did not give back.
    SpareStays "spare-not-returned" Warning "": "{who} still {stands} in as {spare}, although the original is healthy",
        "ZFS did not release it, so it is not available when the next drive fails: detach it",
        "zpool detach {pool} {member}";
    /// A spare that is in use and nowhere to be seen.
    SpareNowhere "spare-in-use-nowhere" Warning "": "its spare {who} is marked as in use, but nothing uses it",
        "it will not take over when the next drive fails; an export and import releases it",
        "zpool status {pool}";
    /// A data, special or dedup vdev without redundancy beside some with it.
    NoRedundancy "vdev-without-redundancy" Warning "": "{who} {has} no redundancy, next to {count}",
        "if it fails, the whole pool is lost, whatever the others can survive: attach a second drive to it",
        "zbay expand attach BAY --to {bay}";
    /// Several members of a vdev are parts of one drive.
    OneDrive "one-drive" Warning "": "{vdev} counts one drive, {who}, as {count}",
        "they all fail with that drive, so there is less redundancy than it seems: replace all parts but one with separate drives",
        "zbay replace {bay} --member {member} --with BAY";
    /// A member had errors.
    DriveErrors "drive-errors" Warning "ZFS-8000-9P": "{who} had {count}",
        "ZFS repaired what it read; it may be a cable, or a drive starting to fail",
        "zbay show disk";
    /// A resilver runs.
    Resilvering "resilvering" Warning "": "{who} {is} resilvering",
        "its data is being written to it; leave the other drives in place until it finishes",
        "zbay status --watch";
    /// A resilver runs, and ZFS names no drive.
    ResilverUnknown "resilver-unknown" Warning "": "a resilver is running, but it is unknown which drive it is for",
        "ZFS does not report which drive is missing data: leave all of them in place until it finishes",
        "zbay status --watch";
    /// A member lacks data, and its resilver is to come.
    ResilverWaits "resilver-waits" Warning "": "{who} {is} waiting to be resilvered",
        "it is missing data until the next resilver, which starts automatically when the current one finishes",
        "zbay status --watch";
    /// The last scrub could not mend everything.
    ScrubErrors "scrub-errors" Warning "": "the last {scan} found {count}",
        "it could not repair them all; files may be damaged",
        "zpool status -v {pool}";
    /// What is damaged was deleted since.
    DeletedErrors "deleted-errors" Warning "ZFS-8000-8A": "the damaged data has since been deleted ({count})",
        "there is nothing to restore: the entry clears after two scrubs",
        "zpool scrub {pool}";
    /// Nearly full.
    Full90 "full-90" Warning "": "it is {count} full",
        "writes get slower from here on; free up space, or add drives",
        "zfs list -o space -r {pool}";
    /// Another host had it.
    OtherHost "other-host" Warning "ZFS-8000-EY": "it was last used by another host",
        "it was imported by force, or the hostid changed; make sure that no other host has it imported too",
        "zpool status {pool}";
    /// An erratum.
    Errata "errata" Warning "ZFS-8000-ER": "it carries damage from a bug in an older ZFS",
        "ZFS knows how to fix it and says how",
        "zpool status {pool}";
    /// A sequential resilver ended without a scrub after it.
    RebuiltUnchecked "rebuilt-unchecked" Warning "": "it was rebuilt without verifying checksums",
        "a sequential resilver copies without verifying: a scrub verifies",
        "zpool scrub {pool}";
    /// `zpool status` says something that this table has not.
    Other "other" Warning "": "zpool says: {count}",
        "zbay does not know this condition; the words are zpool's",
        "zpool status {pool}";
    /// Another server has the pool now.
    ImportInUse "import-in-use" Warning "ZFS-8000-EY": "{vdev} is in use by another server now ({count})",
        "two servers that write to one pool destroy it: export it there first; zbay does not force it",
        "zbay import {member} --dry-run";
    /// A pool that waits lacks drives.
    ImportMissing "import-missing" Warning "ZFS-8000-6X": "{vdev} cannot be imported: some of its drives are missing ({count})",
        "a loose cable is enough: connect the others and look again; nothing needs to be recreated",
        "zbay import {member} --dry-run";
    /// A pool that waits lacks its log.
    ImportLog "import-log" Warning "ZFS-8000-K4": "{vdev} cannot be imported as it is: its log is missing or cannot be read",
        "put the log's drive back; without it, the last few seconds of writes are lost, and nothing else",
        "zbay import {member} --dry-run";
    /// A pool that waits is damaged.
    ImportDamaged "import-damaged" Warning "ZFS-8000-72, -5E": "{vdev} cannot be imported: the data on its drives is damaged ({count})",
        "write nothing to them; check the cables and that all its drives are here before giving up on anything",
        "zbay import {member} --dry-run";
    /// A pool that waits needs a newer ZFS.
    ImportFeatures "import-features" Warning "": "{vdev} needs a newer ZFS: it uses features that this one does not have ({count})",
        "its drives are fine: import it on a system with that ZFS, or install it here",
        "zbay import {member} --dry-run";
    /// A pool that this ZFS can only read.
    ImportReadOnly "import-read-only" Warning "": "{vdev} is read-only here: it uses features that this ZFS does not have ({count})",
        "its drives are fine: a newer ZFS can write to it; with this one, `zpool import -o readonly=on` reads it",
        "zbay import {member} --dry-run";
    /// A pool of a newer version.
    ImportNewer "import-newer" Warning "ZFS-8000-A5": "{vdev} needs a newer ZFS: this one does not know its version",
        "its drives are fine: import it on a system with that ZFS, or install it here",
        "zbay import {member} --dry-run";
    /// A pool whose `multihost` needs a hostid.
    ImportNoHostid "import-no-hostid" Warning "ZFS-8000-EY": "{vdev} is not imported: its multihost property needs a hostid here",
        "this server has no hostid yet; zbay creates one before it imports",
        "zbay import {member}";
    /// A pool that another server had last.
    ImportOtherHost "import-other-host" Warning "ZFS-8000-EY": "{vdev} is on drives here and was last used by another server ({count})",
        "if that server is still using it, export it there; `zbay import` says which server it was",
        "zbay import {member}";
    /// A pool that ZFS does not import, for a reason of its own.
    ImportRefused "import-refused" Warning "": "{vdev} is on drives here but cannot be imported ({count})",
        "write nothing to its drives until the reason is known",
        "zbay import {member} --dry-run";
    /// A pool is there, not imported.
    NotImported "not-imported" Warning "": "{vdev} is on drives here but not imported ({count})",
        "it cannot be read until it is imported",
        "zbay import {member}";
    /// The wished pool is nowhere.
    WishedAbsent "wished-absent" Warning "": "the profile names pool {pool}, but it is not here",
        "it was never created, or its drives are not here",
        "zbay plan";
    /// Not asked, or no answer.
    Unanswered "unanswered" Warning "": "something is unknown: {count}",
        "only what answered is shown",
        "zpool status {pool}";
    /// A spare stands in, whole.
    SpareInUse "spare-in-use" Notice "": "{who} {is} standing in as {spare}",
        "redundancy is complete; the spare is released when the failed drive has been replaced",
        "zbay replace {bay}";
    /// A spare that another pool took.
    SpareElsewhere "spare-in-use-elsewhere" Notice "": "its spare {who} {is} in use by pool {count}",
        "until that pool releases it, no spare takes over here when a drive fails",
        "zpool status {count}";
    /// Filling up.
    Full80 "full-80" Notice "": "it is {count} full",
        "from 90 % on, writes get slower: plan for more space",
        "zfs list -o space -r {pool}";
    /// A scrub runs.
    Scrubbing "scrubbing" Notice "": "it is being scrubbed",
        "every block is read and checked against its checksum",
        "zbay status --watch";
    /// A scrub was paused.
    ScrubPaused "scrub-paused" Notice "": "its scrub is paused",
        "it resumes where it stopped when it is started again",
        "zpool scrub {pool}";
    /// A scrub was aborted.
    ScrubCancelled "scrub-cancelled" Notice "": "its last scrub was cancelled",
        "the part it did not reach is unchecked",
        "zpool scrub {pool}";
    /// No scrub is known.
    ScrubNever "scrub-never" Notice "": "it has never been scrubbed",
        "a scrub finds damage while there is still a good copy",
        "zpool scrub {pool}";
    /// The last scrub is long ago.
    ScrubOld "scrub-old" Notice "": "its last scrub was {count} days ago",
        "a monthly scrub finds damage while there is still a good copy",
        "zpool scrub {pool}";
    /// A raidz grows.
    Expanding "expanding" Notice "": "{vdev} is being expanded",
        "the space appears when it finishes; redundancy stays as it was",
        "zbay status --watch";
    /// A vdev is removed.
    Removing "removing" Notice "": "{vdev} is being removed",
        "its data is being copied to the other vdevs",
        "zbay status --watch";
    /// A TRIM runs.
    Trimming "trimming" Notice "": "{who} {is} being trimmed",
        "the drives are told which blocks are free",
        "zbay status --watch";
    /// An initialization runs.
    Initializing "initializing" Notice "": "{who} {is} being initialized",
        "all free space is being written once",
        "zbay status --watch";
    /// A checkpoint holds space.
    Checkpoint "checkpoint" Notice "": "it has a checkpoint that holds {count}",
        "until it is discarded, the space it holds is not freed, and no drive can be removed or attached to a raidz",
        "zpool checkpoint -d {pool}";
    /// Slow answers.
    SlowIos "slow" Notice "": "{who} {was} slow {count}",
        "it took more than 30 s to answer: a drive starting to fail, or one that was asleep",
        "zbay show disk";
    /// Free space in small pieces.
    Fragmented "fragmented" Notice "": "its free space is {count} fragmented",
        "large writes get slower; it goes down when more space is free",
        "zfs list -o space -r {pool}";
    /// A vdev whose ashift is too small.
    SmallAshift "small-ashift" Notice "": "{who} {has} larger sectors than {vdev} was made for",
        "each small write has to read first; only recreating the pool changes that",
        "";
    /// An old version.
    OldVersion "old-version" Notice "": "its on-disk version is old",
        "newer features are off; after an upgrade, older systems cannot read it",
        "";
    /// Features are off.
    OldFeatures "old-features" Notice "": "some features of this ZFS are not enabled on it",
        "everything works; after an upgrade, older systems may not be able to read it",
        "";
    /// More features than wished.
    ExtraFeatures "extra-features" Notice "": "it has features that its `compatibility` does not list",
        "a system with that feature set may not be able to read it",
        "zpool get compatibility {pool}";
    /// A compatibility that cannot be read.
    BadCompatibility "bad-compatibility" Notice "": "its `compatibility` names a file that cannot be read",
        "`zpool upgrade` refuses until it is set to a file that exists",
        "zpool get compatibility {pool}";
}

#[cfg(test)]
mod tests {
    use super::What;

    #[test]
    fn rows_are_whole_and_told_apart() {
        let mut ids: Vec<&str> = What::ALL.iter().map(|what| what.row().id).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for what in What::ALL {
            let row = what.row();
            for text in [row.says, row.means, row.next] {
                assert!(text.is_ascii() && !text.ends_with('.') && !text.contains('|'), "{text}");
            }
            assert!(row.means.len() < 140 && !row.says.is_empty(), "{}", row.id);
            let known = [
                "who", "drive", "pool", "bay", "vdev", "count", "scan", "is", "has", "was",
                "member", "spare", "stands",
            ];
            for text in [row.says, row.means, row.next] {
                for part in text.split('{').skip(1) {
                    let (name, _) = part.split_once('}').unwrap();
                    assert!(known.contains(&name), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_heaviest_comes_first() {
        let weights: Vec<_> = What::ALL.iter().map(|what| what.row().weight).collect();
        assert!(weights.is_sorted());
    }
}
