//! What ZFS itself says of a pool (`zpool_get_status`, `lib/libzfs/libzfs_status.c`), and which conditions explain it.
//!
//! ZFS tells one thing, the gravest that it knows. It is silenced by a condition of its own kind and by nothing else: a
//! drive with errors explains no pool that cannot be opened. What no condition explains is told in ZFS's words.

use crate::status::{Condition, What};

/// What explains a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A condition of its own.
    Own(What),
    /// A member that is out.
    Member,
    /// A member with errors, or one that is out.
    Errors,
    /// What is damaged.
    Data,
    /// Members that are resilvering.
    Resilver,
    /// Sectors larger than a vdev was made for.
    Ashift,
    /// The pool waits.
    Suspended,
    /// The pool cannot be opened.
    Closed,
}

/// ZFS's messages: their names, how their texts begin in OpenZFS 2.3 and 2.4 (`print_status_reason`), and their kinds.
const SAID: [(&str, &str, Kind); 27] = [
    ("ZFS-8000-2Q", "One or more devices could not be opened. Sufficient", Kind::Member),
    ("ZFS-8000-3C", "One or more devices could not be opened. There are", Kind::Closed),
    ("ZFS-8000-4J", "", Kind::Member),
    ("ZFS-8000-5E", "", Kind::Closed),
    ("ZFS-8000-6X", "", Kind::Closed),
    ("ZFS-8000-72", "The pool metadata is corrupted", Kind::Own(What::MetadataCorrupt)),
    ("ZFS-8000-14", "", Kind::Closed),
    ("ZFS-8000-8A", "One or more devices has experienced an error resulting in data", Kind::Data),
    ("ZFS-8000-9P", "One or more devices has experienced an unrecoverable error", Kind::Errors),
    ("ZFS-8000-A5", "The pool has been upgraded to a newer", Kind::Closed),
    ("", "The pool cannot be accessed on this system because", Kind::Closed),
    ("ZFS-8000-EY", "Mismatch between pool hostid", Kind::Own(What::OtherHost)),
    ("ZFS-8000-HC", "One or more devices are faulted in response to IO", Kind::Suspended),
    ("ZFS-8000-JQ", "", Kind::Suspended),
    ("ZFS-8000-MM", "The pool is suspended because multihost", Kind::Own(What::SuspendedMultihost)),
    ("ZFS-8000-K4", "An intent log record could not be read", Kind::Own(What::LogLost)),
    ("ZFS-8000-ER", "Errata #", Kind::Own(What::Errata)),
    ("", "One or more devices are faulted in response to persistent errors. There", Kind::Closed),
    ("", "One or more devices are faulted in response to persistent errors. Suff", Kind::Member),
    ("", "One or more devices has been taken offline", Kind::Member),
    ("", "One or more devices has been removed", Kind::Member),
    ("", "One or more devices have been removed", Kind::Member),
    ("", "One or more devices is currently being resilvered", Kind::Resilver),
    ("", "One or more devices have been sequentially", Kind::Own(What::RebuiltUnchecked)),
    ("", "One or more devices are configured to use a non-native block", Kind::Ashift),
    ("", "The pool is formatted using a", Kind::Own(What::OldVersion)),
    ("", "Some supported", Kind::Own(What::OldFeatures)),
];
/// More of them, of what a pool's `compatibility` says.
const COMPATIBILITY: [(&str, What); 2] = [
    ("One or more features are enabled on the pool despite", What::ExtraFeatures),
    ("This pool has a compatibility list specified, but it could not be", What::BadCompatibility),
];

/// What a message is about; `None`: it is of a newer ZFS.
pub(super) fn kind(id: Option<&str>, text: &str) -> Option<Kind> {
    let text = text.trim();
    let named = id.and_then(|id| SAID.iter().find(|(known, _, _)| *known == id));
    let begun =
        || SAID.iter().find(|(_, begins, _)| !begins.is_empty() && text.starts_with(begins));
    let own = || {
        let found = COMPATIBILITY.iter().find(|(begins, _)| text.starts_with(begins));
        found.map(|(_, what)| Kind::Own(*what))
    };
    named.or_else(begun).map(|(_, _, kind)| *kind).or_else(own)
}

impl Kind {
    /// Whether a condition is what the message is about.
    pub(super) fn is_explained_by(self, condition: &Condition) -> bool {
        let what = condition.what;
        let errors = matches!(what, What::DriveErrors | What::SlowIos | What::DriveDegraded);
        let lesser = matches!(
            what,
            What::Resilvering
                | What::NewDrive
                | What::SpareSmall
                | What::SpareInUse
                | What::SmallAshift
                | What::Trimming
                | What::Initializing
        );
        let member = !condition.who.is_empty() && !errors && !lesser;
        match self {
            Self::Own(own) => what == own,
            Self::Member => member,
            Self::Errors => errors || member,
            Self::Data => what == What::DataErrors,
            Self::Resilver => matches!(
                what,
                What::Resilvering | What::PutBack | What::ResilverUnknown | What::ResilverWaits
            ),
            Self::Ashift => what == What::SmallAshift,
            Self::Suspended => matches!(what, What::Suspended | What::SuspendedMultihost),
            Self::Closed => what.closes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_has_one_kind_by_its_name_and_by_its_words() {
        for (id, begins, wanted) in SAID {
            if !id.is_empty() {
                assert_eq!(kind(Some(id), "in other words"), Some(wanted), "{id}");
            }
            if !begins.is_empty() {
                assert_eq!(kind(None, begins), Some(wanted), "{begins}");
                assert_eq!(kind(Some("ZFS-9000-ZZ"), begins), Some(wanted), "{begins}");
            }
        }
        assert_eq!(kind(Some("ZFS-9000-ZZ"), "The moon is full"), None);
    }
}
