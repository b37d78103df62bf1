//! Drives with a reserve: cut before the pool is made, so that a drive that is a little smaller can replace one later.
//!
//! The pool is then made of the first partitions. Their ends are reckoned from the size that was looked at, never from
//! what a tool thinks is the end, so that the capacity model and the drive agree to the byte.

use camino::{Utf8Path, Utf8PathBuf};

use crate::capacity::{CapacityError, Drive, cut::Cut};
use crate::plan::pick::{Picked, Picks};
use crate::plan::steps::{free, run, step};
use crate::plan::{Danger, Fingerprint, Step, command};
use crate::profile::Profile;
use crate::units::Bytes;

/// How the drives of a wish are cut.
pub fn cut_of(profile: &Profile) -> Cut {
    profile.pool.reserve.map_or(Cut::Whole, Cut::Reserve)
}

/// The device that a data drive becomes a leaf as: itself, or its first partition.
pub fn device(profile: &Profile, whole: &Utf8Path) -> Utf8PathBuf {
    match cut_of(profile) {
        Cut::Whole => whole.to_owned(),
        Cut::Reserve(_) => command::part(whole, 1),
    }
}

/// The step that cuts the data drives; `None`: the wish has no reserve, or a drive is too small for it, which the
/// outlook refuses.
pub fn cut_step(profile: &Profile, picks: &Picks<'_>, prints: &[Fingerprint]) -> Option<Step> {
    let reserve = profile.pool.reserve?;
    let data: Vec<&Picked<'_>> = picks.data.iter().flatten().collect();
    let commands = data.iter().map(|pick| {
        let address = pick.disk.address.clone().unwrap_or_default();
        let length = length(pick, reserve)?;
        Ok(command::first_partition(&address, pick.disk.logical, length))
    });
    let mut commands = commands.collect::<Result<Vec<_>, CapacityError>>().ok()?;
    commands.push(command::settle());
    let what = format!(
        "cut the {} data drives: {} at the end of each stays free",
        data.len(),
        reserve.zfs()
    );
    let mut cut = step(what, Danger::TakesFreeDisks, run(commands));
    cut.before = free(prints, |print| print.role == "data");
    Some(cut)
}

fn length(pick: &Picked<'_>, reserve: Bytes) -> Result<Bytes, CapacityError> {
    let drive = Drive { bytes: pick.disk.size, logical_sector: pick.disk.logical };
    Cut::Reserve(reserve).length(drive)
}
