//! What a drive is taken for, in the words that stand in a plan and in the journal.

/// A drive that takes a member's place.
pub const REPLACEMENT: &str = "replacement";
/// A drive that stands beside a member.
pub const ATTACHED: &str = "attached";
/// A drive of a further data vdev.
pub const ADDED: &str = "added data";
/// A drive of a log.
pub const LOG: &str = "added log";
/// A drive of a special vdev.
pub const SPECIAL: &str = "added special";
/// The roles whose debris has the label of a pool that was there before; spares and caches have none.
pub const JOINS: [&str; 5] = [REPLACEMENT, ATTACHED, ADDED, LOG, SPECIAL];
