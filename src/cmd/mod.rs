//! One file for each command: load, call pure code, render. No logic.
//!
//! A command gets a [`Context`] and gives an [`Answer`]; only the program prints and exits.

use anyhow::Context as _;
use serde_json::Value;

use crate::cli;
use crate::hw::Hw;
use crate::inventory::{Host, Inventory, Want, look};
use crate::machine::Machine;
use crate::profile::Profile;
use crate::shipped;
use crate::yaml::Parsed;

pub mod apply;
pub mod capacity;
pub mod check;
pub mod firstboot;
pub mod overview;
pub mod plan;
pub mod propose;
pub mod record;
pub mod reference;
pub mod show_disk;
pub mod show_hw;
pub mod show_pool;
pub mod verify;

/// What all commands work on.
pub struct Context {
    /// This machine, or a recorded one.
    pub machine: Box<dyn Machine>,
    /// Arguments that all commands take.
    pub common: cli::Common,
}

/// What a command has to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// For people, ending in a newline.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// Exit status: 0 as wished, 1 differs or something is wrong with the machine.
    pub status: u8,
}

impl Context {
    /// One look at the machine.
    pub fn look(&self, want: Want) -> anyhow::Result<Inventory> {
        look::look(&*self.machine, want).context("could not look at the machine")
    }

    /// The description of the box: the one that was named, that fits, or that the recorded wish names. The flag is
    /// false where it is `generic` for want of another.
    pub fn hw(&self, host: &Host) -> anyhow::Result<(Parsed<Hw>, bool)> {
        if let Some(word) = &self.common.hw {
            return Ok((shipped::hw(&*self.machine, word)?, true));
        }
        let (hw, fits) = shipped::recognise(&*self.machine, host)?;
        if !fits && let Ok(Some(wish)) = self.wish() {
            return Ok((shipped::hw(&*self.machine, &wish.value.hardware)?, true));
        }
        Ok((hw, fits))
    }

    /// The recorded wish; `None`: there is none.
    pub fn wish(&self) -> anyhow::Result<Option<Parsed<Profile>>> {
        match shipped::recorded_wish(&*self.machine)? {
            Some(_) => Ok(Some(shipped::profile(&*self.machine, None)?)),
            None => Ok(None),
        }
    }
}

/// Changing a machine needs root; said before anything is looked at.
fn need_root(command: &str) -> anyhow::Result<()> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    anyhow::bail!("permission denied: `zbay {command}` changes disks\ndo this  sudo zbay {command}")
}

/// `zbay vm-box`: see [`crate::vmbox`].
///
/// # Errors
/// A box that is not known, or files that cannot be made.
pub fn vm_box(args: &crate::vmbox::launch::VmBoxArgs) -> anyhow::Result<Answer> {
    let mut out = Vec::new();
    crate::vmbox::launch::launch(args, &mut out)?;
    let text = String::from_utf8(out)?;
    Ok(Answer {
        json: serde_json::json!({ "arguments": text.lines().collect::<Vec<_>>() }),
        text,
        status: 0,
    })
}
