//! A profile of a pool that zbay did not make, checked as any other.

use anyhow::Result;

use super::propose::sound;
use crate::adopt::{Adopted, wish};

use crate::hw::Hw;
use crate::inventory::{Inventory, Pool};
use crate::profile::Profile;
use crate::propose::profile::Frame;
use crate::shipped::{LoadError, WISH};
use crate::yaml::{Parsed, read};

/// The profile that a pool is as.
///
/// # Errors
/// A pool that no profile can describe.
pub(super) fn made(
    hw: &Hw,
    inventory: &Inventory,
    pool: &Pool,
) -> Result<(Adopted, Parsed<Profile>)> {
    let frame = Frame::of(hw, inventory, pool.name.parse()?);
    let Adopted { beside, .. } = wish(hw, inventory, pool, &frame)?;
    let text = sound(hw, frame, |frame| {
        wish(hw, inventory, pool, frame).map(|it| it.text).unwrap_or_default()
    })?;
    let profile = read::<Profile>(WISH, text.as_bytes()).map_err(LoadError::Faults)?;
    Ok((Adopted { text, beside }, profile))
}
