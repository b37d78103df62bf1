//! What a plan is made from.

use crate::domain::Facts;
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::plan::erase::Take;
use crate::profile::Profile;
use crate::yaml::Parsed;

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The box that the profile is for.
    pub hw: &'a Hw,
    /// Title of the box that was recognised, where it is another one than the profile's.
    pub other_box: Option<&'a str>,
    /// The profile.
    pub profile: &'a Parsed<Profile>,
    /// Its name, as the user knows it.
    pub name: &'a str,
    /// The look.
    pub inventory: &'a Inventory,
    /// The rest of the system.
    pub facts: &'a Facts,
    /// Disks that a person named to be erased.
    pub takes: &'a [Take],
    /// The host that a person named as the one that had the pool last.
    pub adopt: Option<&'a str>,
    /// A person said that a pool which zbay did not make becomes as this profile.
    pub onto_existing: bool,
    /// Whether `zbay adopt` could write a profile of the pool that is there.
    pub adoptable: bool,
}
