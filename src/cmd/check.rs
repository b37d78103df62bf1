//! `zbay check FILE...`: files against their own rules, without a machine.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::notify::in_clear;
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::check::{self, Note, Severity};
use crate::domain;
use crate::fault::{Faults, Unsound};
use crate::hw::Hw;
use crate::machine::Machine;
use crate::machine::local::read_user_file;
use crate::profile::Profile;
use crate::render::json::{Shape, answer};
use crate::shipped::{self, LoadError};
use crate::words::labelled;
use crate::yaml::{MAX_BYTES, read};

/// The command.
pub const ROW: Row = Row {
    name: "check",
    about: "Check profiles and hardware descriptions, offline",
    more: "It shows every fault with its line.",
    group: Group::SetUp,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<CheckArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("check")],
    examples: &[("check ./mine.yaml", "a file of yours"), ("check gen8-seed", "a shipped profile")],
};

/// Files without faults; one with faults is an error.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// Those that were checked.
    files: Vec<Sound>,
}

/// A file without faults.
#[derive(Serialize, JsonSchema)]
struct Sound {
    /// Its name.
    file: String,
    /// It has no faults.
    sound: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Profiles or hardware descriptions: shipped names, or files.
    #[arg(required = true, value_name = "FILE|NAME")]
    pub files: Vec<String>,
}

/// Checks every file and tells of all of them; any error ends in exit status 2.
///
/// # Errors
/// All faults of all files.
pub fn run(context: &Context, args: &CheckArgs) -> Result<Answer> {
    let mut text = String::new();
    let mut files: Vec<Sound> = Vec::new();
    let mut notes: Vec<Note> = Vec::new();
    let mut broken: Vec<String> = Vec::new();
    for file in &args.files {
        match one(context, file) {
            Ok(found) => {
                let _ = writeln!(text, "{file}: valid");
                for note in &found {
                    let label =
                        if note.severity == Severity::Advice { "advice" } else { "warning" };
                    text.push_str(&labelled(label, &format!("{}: {}", note.message, note.remedy)));
                }
                files.push(Sound { file: file.clone(), sound: true });
                notes.extend(found);
            }
            Err(error) => broken.push(crate::fault::chain(&error)),
        }
    }
    if !broken.is_empty() {
        let count = broken.len();
        let sound = args.files.len() - count;
        let tail = if args.files.len() > 1 {
            format!("\n\n{count} of {} files refused, {sound} valid", args.files.len())
        } else {
            String::new()
        };
        // The first `error: ` is printed at the edge, where all errors get theirs.
        let all = broken.join("\n\n");
        let all = all.strip_prefix("error: ").unwrap_or(&all);
        return Err(Unsound(format!("{all}{tail}")).into());
    }
    Ok(Answer { text, json: answer(&notes, Answered { files }), status: 0 })
}

fn one(context: &Context, file: &str) -> Result<Vec<Note>> {
    let machine = &*context.machine;
    if !shipped::is_path(file) {
        if shipped::HW.iter().any(|(name, _)| *name == file) {
            shipped::hw(machine, file)?;
            return Ok(Vec::new());
        }
        return profile(context, file);
    }
    let Some(bytes) = read_user_file(file.into(), MAX_BYTES + 1)? else {
        return Err(LoadError::NoFile(file.to_owned()).into());
    };
    // A description of a box has bays, places or a title at its top; a profile has a pool.
    let text = String::from_utf8_lossy(&bytes);
    let top = |key: &str| text.lines().any(|line| line.starts_with(key));
    if top("title:") || top("bays:") || top("places:") || top("match:") {
        read::<Hw>(file, &bytes).map_err(LoadError::Faults)?;
        return Ok(Vec::new());
    }
    profile(context, file)
}

fn profile(context: &Context, word: &str) -> Result<Vec<Note>> {
    let machine = &*context.machine;
    let profile = shipped::profile(machine, Some(word))?;
    let hw = match shipped::hw(machine, &profile.value.hardware) {
        Ok(hw) => hw,
        Err(LoadError::NoSuchName { hint, known, .. }) => {
            let fault = crate::fault::Fault::new(
                profile.span("hardware"),
                format!("there is no hardware description `{}`{hint}", profile.value.hardware),
            )
            .help(format!("shipped: {known}; put your own in /etc/zbay/hw"));
            return Err(LoadError::Faults(profile.refuse(vec![fault])).into());
        }
        Err(other) => return Err(other.into()),
    };
    let mut notes = check::check(&hw.value, &profile.value);
    let refusal: Option<Faults> = check::refusal(&profile, &notes);
    notes.extend(of_files(machine, &profile.value));
    match refusal {
        Some(faults) => Err(LoadError::Faults(faults).into()),
        None => Ok(notes),
    }
}

/// What is to be said of the files that a profile names, where they are on this machine and can be read.
fn of_files(machine: &dyn Machine, profile: &Profile) -> Vec<Note> {
    let mut notes = domain::keys::open(&domain::keys::key_files(machine, profile));
    notes.extend(in_clear(machine, &profile.notify));
    notes
}
