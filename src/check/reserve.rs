//! Whether a reserve makes sense: what is free at the end of each drive, for one that is a little smaller.
//!
//! Only what is no room at all is refused. How much is lost by a large one is seen in every plan, and one that leaves
//! nothing of a drive is refused there, where the drives are known.

use super::{Found, Rule};
use crate::profile::Profile;
use crate::units::Bytes;

/// Less than this is no room for anything.
const LEAST: Bytes = Bytes::MIB;

pub(super) fn reserve(profile: &Profile, found: &mut Found) {
    let at = "pool.reserve";
    let Some(size) = profile.pool.reserve.filter(|size| *size < LEAST) else { return };
    let message = format!("a reserve of {size} bytes leaves no room");
    found.error(Rule::ReserveSize, at, message, "write `reserve: 2GiB`, or leave it out");
}
