//! `zbay propose`: layouts for the drives that are there, side by side; `--write` records one as the profile.
//!
//! Nothing is ever applied from here: what is written is a profile, and `zbay plan` shows what it would do.

use anyhow::{Context as _, Result, anyhow, bail};
use camino::Utf8PathBuf;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::apply;
use crate::check::seats::seats;
use crate::check::{self, Note, Rule, Severity, machine};
use crate::fault::chain;
use crate::hw::Hw;
use crate::inventory::{Inventory, Owner, Want};
use crate::machine::local::{lock, write_new_file};
use crate::names::PoolName;
use crate::profile::Profile;
use crate::propose::profile::{Frame, text};
use crate::propose::{Candidate, Proposal, Stock, drives, propose};
use crate::render::json::{Shape, answer, changed};
use crate::render::propose::{self as screen, Planned, ProposalAnswer};
use crate::shipped::{self, LoadError, WISH};
use crate::units::Bytes;
use crate::words::{labelled, plain};
use crate::yaml::read;

/// The command.
pub const ROW: Row = Row {
    name: "propose",
    about: "Propose layouts for the drives here, side by side",
    more: "`--write` records one as the profile.",
    group: Group::Purchase,
    does: Does::Looks,
    page: Page::Narrow,
    arguments: options::<ProposeArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Proposed>("propose")],
    examples: &[
        ("propose", "for the blank drives here"),
        ("propose --drives 4TB,4TB,8TB,8TB", "for drives not bought yet"),
        ("propose --write 2", "record layout 2 as the profile"),
    ],
};

/// Layouts for the drives that are there, or would be.
#[derive(Serialize, JsonSchema)]
struct Proposed {
    /// The layouts, and what they are made from.
    proposal: ProposalAnswer,
    /// The profile that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    written: Option<Written>,
}

/// A profile that was written.
#[derive(Serialize, JsonSchema)]
struct Written {
    /// Its file.
    file: String,
    /// The number of the layout that it has.
    number: usize,
}

/// Arguments of `propose`.
#[derive(Clone, Debug, Args)]
pub struct ProposeArgs {
    /// For drives you do not have yet, by the sizes on their labels: no drive is looked at.
    #[arg(long, value_name = "SIZE,...", value_delimiter = ',')]
    pub drives: Vec<Bytes>,
    /// Record layout N (default: 1) in /etc/zbay/profile.yaml; nothing is applied.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    pub write: Option<usize>,
    /// Write it to a new file instead.
    #[arg(long, value_name = "FILE.yaml")]
    pub out: Option<Utf8PathBuf>,
    /// Replace a different profile that is recorded in /etc/zbay/profile.yaml.
    #[arg(long = "replace-profile", alias = "replace-wish")]
    pub replace_wish: bool,
}

/// A proposal, and the box that it is for.
struct Looked {
    proposal: Proposal,
    hw: Option<Hw>,
    inventory: Option<Inventory>,
    notes: Vec<Note>,
}

impl Looked {
    fn at(context: &Context) -> Result<Self> {
        let inventory = context.look(Want::ALL)?;
        let (hw, known) = context.hw(&inventory.host)?;
        let mut notes = machine::drives(&hw.value, known, &inventory.disks);
        notes.extend(seats(&hw.value, &inventory));
        let proposal = propose(drives::there(&hw.value, &inventory));
        Ok(Self { proposal, hw: Some(hw.value), inventory: Some(inventory), notes })
    }

    fn of(context: &Context, labels: &[Bytes]) -> Result<Self> {
        let word = context.common.hw.as_deref();
        let hw = word.map(|word| shipped::hw(&*context.machine, word)).transpose()?;
        let hw = hw.map(|hw| hw.value);
        let bays = hw.as_ref().map_or(0, |hw| hw.bays.len());
        let most = if bays == 0 { drives::LIMIT } else { bays };
        if labels.len() > most {
            bail!("{} drives do not fit into {most} bays", labels.len());
        }
        let stock: Stock = drives::thought_of(hw.as_ref(), labels);
        Ok(Self { proposal: propose(stock), hw, inventory: None, notes: Vec::new() })
    }
}

/// `zbay propose`. Status 1 where there is no layout.
///
/// # Errors
/// A machine that cannot be looked at, or a file that cannot be written.
pub fn run(context: &Context, args: &ProposeArgs) -> Result<Answer> {
    let looked = if args.drives.is_empty() {
        Looked::at(context)?
    } else {
        Looked::of(context, &args.drives)?
    };
    if args.write.is_some() || args.out.is_some() {
        return write(context, args, &looked);
    }
    let mut text = screen::render(&looked.proposal);
    text.push_str(&warnings(&looked.notes));
    let none = looked.proposal.layouts.is_empty();
    if !none {
        text.push_str(if looked.inventory.is_some() { screen::next() } else { screen::buy() });
    }
    let body = Proposed { proposal: screen::json(&looked.proposal), written: None };
    Ok(Answer { text, json: answer(&looked.notes, body), status: u8::from(none) })
}

/// What holds of all layouts, whichever drives they take.
fn warnings(notes: &[Note]) -> String {
    let rules = [Rule::BaysElsewhere, Rule::Volumes, Rule::NoIdentity];
    let these = notes.iter().filter(|note| rules.contains(&note.rule));
    these
        .map(|note| labelled("warning", &plain(&format!("{}: {}", note.message, note.remedy))))
        .collect()
}

/// What `plan` says where no profile is named and none is recorded: that there is none, and the layouts. Status 1, nothing
/// is written.
///
/// # Errors
/// The error as it was, where it is another one or the machine cannot be looked at.
pub fn instead_of_plan(context: &Context, error: anyhow::Error) -> Result<Answer> {
    if !is_without_profile(&error) {
        return Err(error);
    }
    let looked = Looked::at(context).map_err(|why| without(&error, &why))?;
    let text = format!("{}\n", no_profile(context, &looked));
    let body = Planned { plan: None, proposal: Some(screen::json(&looked.proposal)) };
    Ok(Answer { text, json: answer(&looked.notes, body), status: 1 })
}

/// The same as an error, for `firstboot`.
pub fn instead(context: &Context, error: anyhow::Error) -> anyhow::Error {
    if !is_without_profile(&error) {
        return error;
    }
    match Looked::at(context) {
        Ok(looked) => anyhow!("{}", no_profile(context, &looked)),
        Err(why) => without(&error, &why),
    }
}

fn is_without_profile(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref::<LoadError>(), Some(LoadError::NoWish(_)))
}

fn without(error: &anyhow::Error, why: &anyhow::Error) -> anyhow::Error {
    anyhow!("{}; and no layout can be proposed: {}", chain(error), chain(why))
}

fn no_profile(context: &Context, looked: &Looked) -> String {
    let screen = screen::render(&looked.proposal);
    let next = if looked.proposal.layouts.is_empty() {
        format!("\nmore about the drives: `{}`", context.typed("show disk"))
    } else {
        screen::no_wish().to_owned()
    };
    format!("no profile was given, and {WISH} does not exist\n\n{}\n{next}", screen.trim_end())
}

fn write(context: &Context, args: &ProposeArgs, looked: &Looked) -> Result<Answer> {
    let number = args.write.unwrap_or(1);
    let layouts = &looked.proposal.layouts;
    let Some(candidate) = number.checked_sub(1).and_then(|at| layouts.get(at)) else {
        let count = layouts.len();
        bail!("there is no layout {number}: `zbay propose` shows {count}");
    };
    let wish = wish(looked, candidate)?;
    let (path, is_changed) = match &args.out {
        Some(path) => {
            write_new_file(path, &wish)?;
            (path.as_str(), true)
        }
        None if looked.inventory.is_none() => {
            bail!(
                "drives that are not here cannot make a profile for this server: add `--out \
                 FILE.yaml`"
            )
        }
        None => (WISH, record(context, args, &wish)?),
    };
    let word = if args.out.is_some() { path } else { "" };
    let next = format!("zbay plan {word}");
    let text = format!(
        "{path}: {}, {} usable\nnothing was applied; to see what would be done:\n  {}\n",
        candidate.words(),
        candidate.usable.tb(),
        next.trim_end()
    );
    let written = Written { file: path.to_owned(), number };
    let body = Proposed { proposal: screen::json(&looked.proposal), written: Some(written) };
    Ok(Answer { text, json: changed(&looked.notes, is_changed, body), status: 0 })
}

/// The profile's text; it is sound, or not written.
fn wish(looked: &Looked, candidate: &Candidate) -> Result<String> {
    let Some(hw) = &looked.hw else {
        bail!(
            "a profile is for one kind of server: name it with `--hw`, for example \
             hp-microserver-gen8"
        )
    };
    sound(hw, frame(hw, looked.inventory.as_ref())?, |frame| text(candidate, frame))
}

/// A profile that `zbay check` has nothing against.
///
/// # Errors
/// There is none.
pub(super) fn sound(hw: &Hw, mut frame: Frame, text: impl Fn(&Frame) -> String) -> Result<String> {
    let mut wish = text(&frame);
    if faulty(hw, &wish)?.is_some() {
        // What the machine is and what its description says do not agree: the pool does not depend on it.
        frame.boot = None;
        frame.controller = None;
        wish = text(&frame);
    }
    match faulty(hw, &wish)? {
        None => Ok(wish),
        Some(faults) => bail!("this layout does not make a valid profile\n{faults}"),
    }
}

fn faulty(hw: &Hw, wish: &str) -> Result<Option<String>> {
    let parsed = read::<Profile>(WISH, wish.as_bytes()).map_err(LoadError::Faults)?;
    let mut notes = check::check(hw, &parsed.value);
    notes.retain(|note| note.severity == Severity::Error);
    Ok(check::refusal(&parsed, &notes).map(|faults| faults.to_string()))
}

/// What the machine says of itself.
fn frame(hw: &Hw, inventory: Option<&Inventory>) -> Result<Frame> {
    let Some(inventory) = inventory else {
        let pool = "tank".parse::<PoolName>()?;
        let hardware = hw.hardware.clone();
        return Ok(Frame { hardware, controller: None, boot: None, pool });
    };
    Ok(Frame::of(hw, inventory, pool_name(inventory)?))
}

/// `tank`, or the first `tank2`, `tank3` ... that no drive here knows.
fn pool_name(inventory: &Inventory) -> Result<PoolName> {
    let mut taken: Vec<&str> = Vec::new();
    taken.extend(inventory.pools.iter().flatten().map(|pool| pool.name.as_str()));
    taken.extend(inventory.importable.iter().flatten().map(|pool| pool.name.as_str()));
    for contents in inventory.disks.iter().filter_map(|disk| disk.contents.as_ref().ok()) {
        if let Owner::ForeignPool(pool) = &contents.owner {
            taken.extend(pool.name.as_deref());
        }
    }
    let names = (1..).map(|n: u32| if n == 1 { "tank".to_owned() } else { format!("tank{n}") });
    let free = names.take(1000).find(|name| !taken.contains(&name.as_str()));
    Ok(free.context("every name from tank to tank1000 is taken")?.parse()?)
}

/// Records the profile on this machine; false: it was there already.
fn record(context: &Context, args: &ProposeArgs, wish: &str) -> Result<bool> {
    if context.common.machine.is_some() {
        bail!("a recorded machine cannot be changed: `zbay propose --out FILE.yaml` writes a file");
    }
    super::need_root("propose --write", super::ForRoot::Writes)?;
    let _lock = lock(apply::LOCK.into())?;
    Ok(apply::wish::record(&*context.machine, wish, args.replace_wish)?)
}
