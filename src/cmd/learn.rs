//! `zbay learn`: finds out with the person in front of the box which port is which bay, and writes it down.
//!
//! Questions go to standard error and answers come from standard input, so that a pipe can give them. On a recorded
//! machine nothing is written.

use std::io::{Write as _, stdin};
use std::time::Duration;

use anyhow::{Result, bail};
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context};
use crate::apply::{self, learned};
use crate::console;
use crate::hw::Hw;
use crate::inventory::{Inventory, Want};
use crate::learn::dialog::Dialog;
use crate::learn::edit::{difference, renewed};
use crate::learn::{Found, Proof, found, open_bays};
use crate::locate;
use crate::machine::local::{lock, short_line};
use crate::names::BayId;
use crate::render::json::{Shape, changed};
use crate::words;
use crate::yaml::Parsed;

/// The command.
pub const ROW: Row = Row {
    name: "learn",
    about: "Find out which port is which bay, and record it",
    more: "You read serial numbers or watch which drive blinks; the result is written to \
           /etc/zbay/hw after one question.",
    group: Group::SetUp,
    does: Does::Asks,
    page: Page::Narrow,
    arguments: nothing,
    run: Run::Machine(|context, _| run(context)),
    answers: &[Shape::of::<Bays>("learn")],
    examples: &[("learn", "asks bay by bay")],
};

/// Which port is which bay.
#[derive(Serialize, JsonSchema)]
struct Bays {
    /// The description of the server that is used, by its file's name.
    hardware: String,
    /// What was learned.
    learned: Vec<Proof>,
    /// The text of the description that was written; `null`: none was.
    description: Option<String>,
}

/// How long a drive blinks for a question.
const BLINK: Duration = Duration::from_secs(12);

/// `zbay learn`.
///
/// # Errors
/// A box whose bays nobody described, no answer, or a file that cannot be written.
pub fn run(context: &Context) -> Result<Answer> {
    let is_recorded = context.common.machine.is_some();
    if !is_recorded {
        super::need_root("learn", super::ForRoot::Reads)?;
    }
    let inventory = context.look(Want::IDENTITY)?;
    let (hw, _) = context.hw(&inventory.host)?;
    if hw.value.bays.is_empty() {
        bail!(
            "no description of this server names its bays, so there is no order to learn\n\
             do this  describe it: `zbay help add-a-box`; or name one: `zbay --hw NAME learn`"
        );
    }
    let bays: Vec<BayId> = open_bays(&hw.value).iter().map(|bay| bay.bay.clone()).collect();
    if bays.is_empty() {
        let say = format!("the order of all bays is proved already: {}\n", hw.file);
        return Ok(told(say, &hw, &[], None, false));
    }
    let proofs = ask(context, &hw.value, &inventory, bays)?;
    if proofs.is_empty() {
        let say = "nothing was learned, so nothing was written\n".to_owned();
        return Ok(told(say, &hw, &[], None, false));
    }
    let new = renewed(&hw, &proofs)?;
    let path = learned::path(&hw.value.hardware)?;
    let was = learned::now(&*context.machine, &path)?;
    let all = words::bays(&proofs.iter().map(|proof| proof.bay.clone()).collect::<Vec<_>>());
    let old = was.as_deref().map(String::from_utf8_lossy);
    let is_other = old.as_deref().is_some_and(|old| old != hw.text);
    let heading = match &old {
        Some(_) if is_other => {
            format!("{path} exists and differs from {}: all of it would be replaced", hw.file)
        }
        Some(_) => format!("changes of {path}"),
        None => format!("{path} would be {} with these changes", hw.file),
    };
    let mut shown = shown(&hw.value, &proofs) + &heading + "\n";
    shown.push_str(&difference(old.as_deref().filter(|_| is_other).unwrap_or(&hw.text), &new));
    if is_recorded {
        shown.push_str("nothing was written: a recorded machine cannot be changed\n");
        return Ok(told(shown, &hw, &proofs, Some(&new), false));
    }
    confirm(&shown, if is_other { "replace" } else { "yes" })?;
    let _lock = lock(apply::LOCK.into())?;
    learned::write(&*context.machine, &path, &new, was.as_deref())?;
    let mut say = words::labelled("written", &format!("{path}: {all} proved on this box"));
    let next =
        "`zbay show hw`; where a profile is recorded, `zbay verify` says whether it still fits";
    say.push_str(&words::labelled("next", next));
    Ok(told(say, &hw, &proofs, Some(&new), true))
}

fn ask(context: &Context, hw: &Hw, inventory: &Inventory, bays: Vec<BayId>) -> Result<Vec<Proof>> {
    let found = found(hw, inventory);
    let (mut input, mut output) = (stdin().lock(), console::err());
    let mut dialog = Dialog { bays, found: &found, input: &mut input, output: &mut output };
    let mut blink = |found: &Found<'_>| {
        if context.common.machine.is_some() {
            return Err("a recorded machine has no lights".to_owned());
        }
        let blinked = locate::blink(&*context.machine, found.disk, BLINK, &|| false);
        blinked.map(|_| ()).map_err(|why| why.to_string())
    };
    Ok(dialog.ask(&mut blink)?)
}

/// Which bay is which port, and which it was thought to be.
fn shown(hw: &Hw, proofs: &[Proof]) -> String {
    let mut out = String::from("\n");
    for proof in proofs {
        let was = hw.bays.iter().find(|bay| bay.bay == proof.bay).map(|bay| bay.port.as_str());
        let was = match was {
            Some(was) if was == proof.port => "as was assumed".to_owned(),
            Some(was) => format!("not {was}"),
            None => String::new(),
        };
        let line = format!("{} is {}, {was} ({})", proof.bay.spoken(), proof.port, proof.serial);
        out.extend(["  ", &words::plain(&line), "\n"]);
    }
    out
}

/// Silence means no.
fn confirm(shown: &str, word: &str) -> Result<()> {
    let mut err = console::err();
    let _ = write!(err, "{shown}write this? type {word}: ");
    let _ = err.flush();
    let line = short_line(stdin().lock())?.unwrap_or_default();
    if line.trim() == word { Ok(()) } else { bail!("not confirmed, so nothing was written") }
}

fn told(
    text: String,
    hw: &Parsed<Hw>,
    proofs: &[Proof],
    description: Option<&str>,
    is_changed: bool,
) -> Answer {
    let body = Bays {
        hardware: hw.value.hardware.clone(),
        learned: proofs.to_vec(),
        description: description.map(str::to_owned),
    };
    Answer { text, json: changed(&[], is_changed, body), status: 0 }
}
