//! Why a look could not be taken.

use crate::inventory::Unknown;
use crate::machine::IoError;

/// Why there is no inventory.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum LookError {
    /// The system refused, or a recording has no answer.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Something read that is not what it should be.
    #[error(transparent)]
    Unread(#[from] Unknown),
    /// A disk went while it was looked at.
    #[error("cannot tell the size of {disk}: it is listed below /sys/block and has no size")]
    NoSize {
        /// Kernel name.
        disk: String,
    },
}
