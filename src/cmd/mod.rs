//! One file for each command: load, call pure code, render. No logic.
//!
//! A command gets a [`Context`] and gives an [`Answer`]; only the program prints and exits.

use std::io::Write as _;
use std::sync::Once;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::apply::learned;
use crate::cli;
use crate::console;
use crate::drive::Drive;
use crate::history::{History, Since, keep, since};
use crate::hw::Hw;
use crate::hw::host::Host;
use crate::inventory::{Inventory, Want, look};
use crate::machine::Machine;
use crate::machine::local::replace_user_file;
use crate::machine::trust::trusted;
use crate::paint::Paint;
use crate::profile::Profile;
use crate::render::svg::Canvas;
use crate::shipped::{self, LoadError};
use crate::words::{labelled, plain, typeable};
use crate::yaml::Parsed;

pub mod adopt;
mod adopted;
pub mod apply;
pub mod batch;
pub mod capabilities;
pub mod capacity;
pub mod capacity_of;
pub mod care;
pub mod check;
pub mod completions;
mod consent;
pub mod destroy;
pub mod expand;
pub mod explain;
pub mod failure;
pub mod firstboot;
pub mod forget;
pub mod form;
pub mod found;
pub mod grow;
pub mod help;
mod json_page;
pub mod learn;
pub mod locate;
mod login_banner;
pub mod man;
pub mod metrics;
pub mod moving;
pub mod notify;
pub mod optimal;
pub mod overview;
pub mod parser;
mod passphrase;
pub mod plan;
pub mod profile;
mod progress;
pub mod propose;
pub mod record;
pub mod reference;
pub mod replace;
pub mod risk_args;
pub mod row;
pub mod schema;
pub mod selftest;
pub mod show;
pub mod show_disk;
pub mod show_hw;
pub mod show_pool;
pub mod status;
pub mod table;
pub mod task;
pub mod tick;
mod type_page;
pub mod verify;
pub mod voice;

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
        let mut inventory =
            look::look(&*self.machine, want).context("could not look at the machine")?;
        if inventory.leaves().any(|(_, _, leaf)| leaf.disk.is_none()) {
            keep::load(&*self.machine).tell_of_missing(&mut inventory);
        }
        Ok(inventory)
    }

    /// A command as it is typed here: it names the recording that is looked at, and the description that was named.
    pub fn typed(&self, rest: &str) -> String {
        let named = |option: &str, value: Option<&String>| {
            value.map(|value| format!(" {option} {}", typeable(value))).unwrap_or_default()
        };
        let machine = named("--machine", self.common.machine.as_ref());
        let hw = named("--hw", self.common.hw.as_ref());
        let blank = if rest.is_empty() { "" } else { " " };
        format!("zbay{machine}{hw}{blank}{rest}")
    }

    /// What earlier looks saw: sleeping drives get what they said before, what changed is told, and this look is noted.
    pub fn remember(&self, hw: &Hw, inventory: &mut Inventory) -> (History, Vec<Since>) {
        let history = keep::load(&*self.machine);
        history.recall(inventory);
        let changes = since(&history, hw, inventory);
        keep::note(&*self.machine, &history, hw, inventory);
        (history, changes)
    }

    /// The description of the box: the one that was named, that fits, or that the recorded profile names. The flag is
    /// false where it is `generic` for want of another.
    pub fn hw(&self, host: &Host) -> anyhow::Result<(Parsed<Hw>, bool)> {
        let (mut hw, known) = self.described(host)?;
        hw.value = hw.value.in_mode_of(host);
        Ok((hw, known))
    }

    fn described(&self, host: &Host) -> anyhow::Result<(Parsed<Hw>, bool)> {
        if let Some(word) = &self.common.hw {
            return Ok((shipped::hw(&*self.machine, word)?, true));
        }
        let (hw, fits) = shipped::recognise(&*self.machine, host)?;
        say_broken(&*self.machine);
        if !fits && let Ok(Some(wish)) = self.wish() {
            match shipped::hw(&*self.machine, &wish.value.hardware) {
                Ok(hw) => return Ok((hw, true)),
                // It was named above; a look goes on by ports.
                Err(LoadError::Faults(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok((hw, fits))
    }

    /// Files that decide what is done: what was named, the recorded profile, and descriptions of this box.
    fn decide(&self, named: Option<&str>) -> Vec<Utf8PathBuf> {
        let has = |name: &str, extension: &str| Utf8Path::new(name).extension() == Some(extension);
        let of = |word: &str, dir: &str| {
            let is_file = shipped::is_path(word) || has(word, "json");
            if is_file { word.into() } else { Utf8PathBuf::from(format!("{dir}/{word}.yaml")) }
        };
        let own = self.machine.list(learned::DIR.into()).ok().flatten().unwrap_or_default();
        let mut files = vec![Utf8PathBuf::from(shipped::WISH)];
        files.extend(named.map(|word| of(word, "/etc/zbay/profiles")));
        files.extend(self.common.hw.as_deref().map(|word| of(word, learned::DIR)));
        let own = own.iter().filter(|name| has(name, "yaml"));
        files.extend(own.map(|name| Utf8Path::new(learned::DIR).join(name)));
        files
    }

    /// Whoever only looks is told that somebody else has the say over a file, and goes on.
    pub(crate) fn warn_of_others(&self, files: &[Utf8PathBuf]) {
        if self.common.machine.is_some() {
            return; // nothing of a recorded machine is ever done
        }
        for file in files {
            if let Err(why) = trusted(file) {
                let _ = writeln!(
                    console::err(),
                    "warning: {why}: `zbay apply` will not act on it before `{}`",
                    why.remedy
                );
            }
        }
    }

    /// The recorded profile; `None`: there is none.
    pub fn wish(&self) -> anyhow::Result<Option<Parsed<Profile>>> {
        match shipped::recorded_wish(&*self.machine)? {
            Some(_) => Ok(Some(shipped::profile(&*self.machine, None)?)),
            None => Ok(None),
        }
    }
}

impl Answer {
    /// As it is printed: for people, painted so, or for a program.
    pub fn shown(&self, json: bool, paint: Paint) -> String {
        if json && !self.json.is_null() {
            let text = serde_json::to_string_pretty(&self.json).map(|text| text + "\n");
            return console::clean_json(&text.unwrap_or_default()).into_owned();
        }
        console::clean_screen(&self.text, paint)
    }

    /// On a machine that shows nothing to work on, the last words are where to see one that does.
    #[must_use]
    fn hinted(mut self, bare: bool) -> Self {
        if bare {
            self.text.push_str("\ntry: ");
            self.text.push_str(TRY);
            self.text.push('\n');
            self.json["try"] = Value::from(TRY);
        }
        self
    }
}

/// A look that needs nothing of the machine that it is typed on.
const TRY: &str = "zbay show hw --machine gen8-seed";

/// Whether the machine shows nothing to work on, as a container does: no description fits it and OpenZFS is not
/// loaded, so that nobody can miss a pool there.
fn is_bare(known: bool, host: &Host) -> bool {
    !known && host.zfs.is_none()
}

/// The description as it holds for a profile, after a look that read every drive: those that it woke are named.
///
/// # Errors
/// The controller is in a mode that the profile does not name and in which its ports are others: then the bays of the
/// wish are nowhere.
fn settled(
    context: &Context,
    hw: Hw,
    is_other: bool,
    wish: &Profile,
    inventory: &Inventory,
) -> anyhow::Result<Hw> {
    let is = hw.mode(&inventory.host);
    let moved = is.and_then(|is| hw.mode_of(is)).filter(|mode| mode.moves_ports);
    let wished = wish.controller;
    if let Some(mode) = moved.filter(|mode| mode.mode != wished) {
        anyhow::bail!(
            "the profile requires {wished} mode; the controller is in {is} mode\n\n\
             in {is} mode the bays are on other ports, so no bay can be named\n\
             do this  change it in the BIOS setup, or the profile",
            is = mode.mode
        );
    }
    let hw = hw.in_mode_of(&inventory.host);
    if is_other {
        say_woken(&context.hw(&inventory.host)?.0.value, inventory);
    } else {
        say_woken(&hw, inventory);
    }
    Ok(hw)
}

/// Names descriptions of boxes that cannot be read, once: they are passed over.
fn say_broken(machine: &dyn Machine) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        for (_, why) in shipped::broken(machine) {
            let why = plain(&why.first_line());
            let _ = writeln!(std::io::stderr().lock(), "warning: {why} (skipped)");
        }
    });
}

/// To decide, every drive is read; one that slept is not woken in silence.
fn say_woken(hw: &Hw, inventory: &Inventory) {
    let slept = inventory.disks.iter().filter(|disk| disk.asleep == Some(true));
    for drive in slept.map(|disk| Drive::of(hw, disk)) {
        let serial = drive.serial.as_ref().map_or_else(String::new, |it| format!(" (serial {it})"));
        let _ = writeln!(
            console::err(),
            "woke {}{serial}: every drive has to be read first",
            drive.spoken()
        );
    }
}

/// Changing a machine needs root, and files that nobody else has the say over; said before anything is looked at.
/// `named`: a file of the command line, or a name that stands for one.
fn may_change(context: &Context, command: &str, named: Option<&str>) -> anyhow::Result<()> {
    need_root(command, ForRoot::Changes)?;
    for file in context.decide(named) {
        if let Err(why) = trusted(&file) {
            anyhow::bail!(
                "{why}, so root does not act on it, and nothing was written\n\
                 do this  check what is in it, then `{}`",
                why.remedy
            );
        }
    }
    Ok(())
}

/// Why a command is root's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ForRoot {
    /// It changes drives, pools or settings of the system.
    Changes,
    /// It writes a file of zbay's own below /etc or /var.
    Writes,
    /// It reads drives.
    Reads,
}

impl ForRoot {
    fn words(self) -> &'static str {
        match self {
            Self::Changes => "it changes drives, pools or settings",
            Self::Writes => "it writes files below /etc/zbay or /var/lib/zbay",
            Self::Reads => "it reads the drives themselves",
        }
    }
}

/// Some commands are root's; said before anything is looked at, with all that was typed.
fn need_root(command: &str, why: ForRoot) -> anyhow::Result<()> {
    if nix::unistd::geteuid().is_root() {
        return Ok(());
    }
    Err(not_root(command, why, std::env::args_os().skip(1)))
}

fn not_root(
    command: &str,
    why: ForRoot,
    typed: impl Iterator<Item = std::ffi::OsString>,
) -> anyhow::Error {
    let words: Vec<String> = typed.map(|word| typeable(&word.to_string_lossy())).collect();
    let (why, again) = (why.words(), words.join(" "));
    anyhow::anyhow!(
        "permission denied: `zbay {command}` needs root: {why}\ndo this  sudo zbay {again}"
    )
}

/// Writes a picture where one is wished, and says so.
fn draw(
    file: Option<&Utf8Path>,
    answer: &mut Answer,
    is_screen: bool,
    picture: impl FnOnce() -> Canvas,
) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    replace_user_file(file, &picture().svg())?;
    if is_screen {
        answer.text.push_str(&labelled("picture", &plain(file.as_str())));
    }
    answer.json["picture"] = Value::from(file.as_str());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{ForRoot, not_root};

    #[test]
    fn what_is_roots_says_why_and_repeats_what_was_typed() {
        let words = ["replace", "2", "--take", "wwn-0x5=a b"].map(Into::into);
        let said = not_root("replace", ForRoot::Changes, words.into_iter()).to_string();
        assert_eq!(
            said,
            "permission denied: `zbay replace` needs root: it changes drives, pools or settings\n\
             do this  sudo zbay replace 2 --take 'wwn-0x5=a b'"
        );
        let said = not_root("locate", ForRoot::Reads, ["locate", "1"].map(Into::into).into_iter());
        assert!(said.to_string().contains("it reads the drives themselves"), "{said}");
    }
}
