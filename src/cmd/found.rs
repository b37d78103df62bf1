//! Drives of a LAYOUT by their model: `raidz2:6xST4000VN008` is six drives like one that is in this machine.
//!
//! The machine is looked at when a model is typed, and not before. A model is the whole of what the drive calls itself,
//! or the beginning of a word of it; where drives that it fits differ in size or sector, a size has to be written.

use std::cell::OnceCell;

use anyhow::Result;

use super::Context;
use crate::capacity::spec::{Found, Named, parse_named, size_word};
use crate::inventory::{Disk, Want};
use crate::units::Ashift;
use crate::words::plain;

/// The drives of the machine, once somebody asks for them.
pub struct Drives<'a> {
    context: &'a Context,
    seen: OnceCell<Result<Vec<Disk>, String>>,
}

impl<'a> Drives<'a> {
    /// Of this machine; nothing is looked at yet.
    pub fn of(context: &'a Context) -> Self {
        Self { context, seen: OnceCell::new() }
    }

    /// The vdevs that a word says, and the models of their drives.
    pub fn parse(&self, word: &str, ashift: Ashift) -> Result<Named> {
        Ok(parse_named(word, ashift, |model| self.find(model))?)
    }

    fn find(&self, model: &str) -> Found {
        let look = || {
            let seen =
                self.context.look(Want::IDENTITY).map_err(|error| crate::fault::chain(&error))?;
            match seen.blind {
                Some(why) => Err(format!("the drives here could not be listed: {why}")),
                None => Ok(seen.disks),
            }
        };
        let disks = self.seen.get_or_init(look).as_ref().map_err(Clone::clone)?;
        among(disks, model)
    }
}

/// The drive of this model among these.
fn among(disks: &[Disk], model: &str) -> Found {
    let wanted = model.to_ascii_lowercase();
    let fits = |disk: &&Disk| {
        let own = disk.model.as_deref().unwrap_or("").trim().to_ascii_lowercase();
        own == wanted || own.split_whitespace().any(|word| word.starts_with(&wanted))
    };
    let fitting: Vec<&Disk> = disks.iter().filter(fits).collect();
    let Some(first) = fitting.first() else {
        return Err(format!("models here: {}", names(disks)));
    };
    if fitting.iter().any(|disk| disk.measure() != first.measure()) {
        return Err(format!("it matches drives of several sizes: {}", names(fitting)));
    }
    Ok((first.measure(), plain(first.model.as_deref().unwrap_or(""))))
}

/// Each model once, with its size.
fn names<'a>(disks: impl IntoIterator<Item = &'a Disk>) -> String {
    let name = |disk: &Disk| {
        let model = disk.model.as_deref()?;
        Some(format!("{} ({})", plain(model), size_word(disk.size)))
    };
    let mut names: Vec<String> = disks.into_iter().filter_map(name).collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
