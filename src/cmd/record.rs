//! `zbay record DIR`: everything that zbay looks at, for a bug report or a test.

use anyhow::{Result, bail};
use camino::Utf8Path;
use serde_json::json;

use super::{Answer, Context};
use crate::inventory::{Want, look};
use crate::machine::real::Real;
use crate::machine::record::Record;
use crate::plan::system;
use crate::profile::Profile;
use crate::render::json::answer;
use crate::shipped::{self, PROFILES};
use crate::yaml::read;

/// Looks at everything that any shipped profile would ask, and saves the answers.
///
/// # Errors
/// The machine cannot be looked at, or the directory cannot be written.
pub fn run(context: &Context, dir: &Utf8Path) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine is recorded already");
    }
    let record = Record::new(Real);
    let inventory = look::look(&record, Want::ALL)?;
    look::look(&record, Want::GLANCE)?;
    shipped::recorded_wish(&record)?;
    for (name, _) in shipped::HW {
        shipped::hw(&record, name)?;
    }
    shipped::recognise(&record, &inventory.host)?;
    for (name, text) in PROFILES {
        shipped::profile(&record, Some(name))?;
        if let Ok(profile) = read::<Profile>(name, text.as_bytes()) {
            system::look(&record, &profile.value)?;
        }
    }
    record.save(dir)?;
    let text = format!("recorded in {dir}: `zbay --machine {dir} plan` works from it\n");
    Ok(Answer { text, json: answer(&[], json!({ "dir": dir })), status: 0 })
}
