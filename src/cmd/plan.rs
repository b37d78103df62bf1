//! `zbay plan`: what would be done; and the steps from a profile to a plan that apply and verify share.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use camino::Utf8PathBuf;
use clap::Args;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, propose};
use crate::domain::Drift;
use crate::domain::face::World;
use crate::domain::storage::arrival;
use crate::domain::storage::{Moved, moved};
use crate::domain::{self, Facts};
use crate::fault::Fault;
use crate::hw::Hw;
use crate::inventory::{Inventory, Want};
use crate::machine::local::write_new_file;
use crate::plan::erase::Take;
use crate::plan::make::{is_own_word, make};
use crate::plan::request::Request;
use crate::plan::{Plan, VERSION};
use crate::profile::Profile;
use crate::render;
use crate::render::json::{Shape, answer};
use crate::render::propose::Planned;
use crate::shipped::{self, LoadError};
use crate::words::typeable;
use crate::yaml::Parsed;

/// The command.
pub const ROW: Row = Row {
    name: "plan",
    about: "Show what would be done to match the profile; write nothing",
    more: "",
    group: Group::SetUp,
    does: Does::Looks,
    page: Page::Wide,
    arguments: options::<PlanArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Planned>("plan")],
    examples: &[
        ("plan", "with the recorded profile"),
        ("plan gen8-seed", "with a shipped one"),
        ("plan gen8-seed --full", "every command in full"),
        ("--machine gen8-seed plan gen8-seed", "on a recorded server"),
    ],
};

/// A profile.
#[derive(Debug, Args)]
pub struct WhichProfile {
    /// A shipped profile's name, or a file if it contains `/` or ends in .yaml (default: /etc/zbay/profile.yaml).
    #[arg(value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// What a person allows by name, to `plan` and to `apply`.
#[derive(Debug, Default, Args)]
pub struct Allowed {
    /// Use this drive even though it holds data, erasing it first: its wwn, and the serial that you read off its
    /// label. One drive per --take.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<Take>,
    /// Import the profile's pool from its bays even though this host used it last and did not export it.
    #[arg(long, alias = "adopt", value_name = "HOST")]
    pub from_host: Option<String>,
    /// Change a pool that zbay did not make to this shipped profile.
    #[arg(long)]
    pub onto_existing: bool,
}

impl Allowed {
    /// Whether nothing is.
    pub fn is_nothing(&self) -> bool {
        self.take.is_empty() && self.from_host.is_none() && !self.onto_existing
    }
}

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The profile.
    #[command(flatten)]
    pub wish: WhichProfile,
    /// What is allowed.
    #[command(flatten)]
    pub allowed: Allowed,
    /// Save the plan; `zbay apply FILE` carries out exactly this plan, if nothing has changed by then.
    #[arg(long, value_name = "FILE.json")]
    pub save: Option<Utf8PathBuf>,
    /// Print every command and path in full.
    #[arg(long)]
    pub full: bool,
}

/// A profile with the box that it is for, and one look at the machine.
pub struct Wished {
    /// Its name or file.
    pub name: String,
    /// The profile.
    pub profile: Parsed<Profile>,
    /// The box that it is for.
    pub hw: Hw,
    /// The box that this is, where that is another one.
    pub other_box: Option<String>,
    /// The look.
    pub inventory: Inventory,
    /// The rest of the system.
    pub facts: Facts,
    /// Disks that a person named to be erased.
    pub takes: Vec<Take>,
    /// The host that a person named as the one that had the pool last.
    pub adopt: Option<String>,
    /// A person said that a pool which zbay did not make becomes as this profile.
    pub onto_existing: bool,
}

impl Wished {
    /// Loads the profile and looks.
    ///
    /// # Errors
    /// A file that is broken, a machine that cannot be looked at.
    pub fn load(context: &Context, word: Option<&str>) -> Result<Self> {
        let machine = &*context.machine;
        let profile = shipped::profile(machine, word)?;
        let name = word.map_or_else(|| profile.file.clone(), str::to_owned);
        Self::of(context, profile, name)
    }

    /// The same for a profile that is already read.
    ///
    /// # Errors
    /// As above.
    pub fn of(context: &Context, profile: Parsed<Profile>, name: String) -> Result<Self> {
        let hw = load_hw(context, &profile)?;
        let inventory = context.look(Want::ALL)?;
        let fits = match &hw.recognise {
            Some(recognise) => recognise.fits(&inventory.host),
            // A description that recognises nothing is taken at its word, but not where another one fits.
            None => hw.is_generic() || !shipped::recognise(&*context.machine, &inventory.host)?.1,
        };
        let other_box = if fits || context.common.hw.is_some() {
            None
        } else {
            Some(this_box(context, &inventory)?)
        };
        let mut facts = domain::look(&*context.machine, &profile.value)
            .context("could not look at the system")?;
        let wished = profile.value.pool.name.as_str();
        let pool = inventory.pools.iter().flatten().find(|pool| pool.name == wished);
        if let Some(pool) = pool.filter(|pool| arrival::is_unsettled(pool)) {
            let arrival = arrival::judge(&*context.machine, pool, true);
            facts.storage.arrival = Some(arrival.context("could not look at the mountpoints")?);
        }
        let hw = super::settled(context, hw, other_box.is_some(), &profile.value, &inventory)?;
        Ok(Self {
            name,
            profile,
            hw,
            other_box,
            inventory,
            facts,
            takes: Vec::new(),
            adopt: None,
            onto_existing: false,
        })
    }

    /// Takes what a person allows.
    pub fn allow(&mut self, allowed: &Allowed) {
        self.takes.clone_from(&allowed.take);
        self.adopt.clone_from(&allowed.from_host);
        self.onto_existing = allowed.onto_existing;
    }

    /// The same profile after another look.
    ///
    /// # Errors
    /// A machine that cannot be looked at any more.
    pub fn again(self, context: &Context) -> Result<Self> {
        Self::of(context, self.profile, self.name)
    }

    /// Everything in which the machine differs from the profile.
    pub fn drift(&self) -> Vec<Drift> {
        let world = World::of(&self.hw, &self.profile, &self.inventory);
        domain::drift(&world, &self.facts)
    }

    /// Members of the pool that sit in another bay than they were made in.
    pub fn moved(&self) -> Vec<Moved> {
        moved(&self.hw, &self.profile.value, &self.inventory)
    }

    /// Makes the plan.
    ///
    /// # Errors
    /// Everything that speaks against it.
    pub fn plan(&self) -> Result<Plan> {
        Ok(make(&Request {
            hw: &self.hw,
            other_box: self.other_box.as_deref(),
            profile: &self.profile,
            name: &self.name,
            inventory: &self.inventory,
            facts: &self.facts,
            takes: &self.takes,
            adopt: self.adopt.as_deref(),
            onto_existing: self.onto_existing,
            adoptable: self.is_adoptable(),
        })?)
    }

    /// The command that brings the machine to this profile.
    pub fn mend(&self, context: &Context) -> String {
        let mut words = vec!["zbay apply".to_owned()];
        words.extend(context.common.hw.iter().map(|hw| format!("--hw {}", typeable(hw))));
        if self.name != shipped::WISH {
            words.push(typeable(&self.name));
        }
        let name = self.profile.value.pool.name.as_str();
        let pool = self.inventory.pools.iter().flatten().find(|pool| pool.name == name);
        if pool.is_some_and(|pool| !pool.is_marked())
            && !is_own_word(&self.name, &self.profile.text, &self.facts)
        {
            words.push("--onto-existing".to_owned());
        }
        words.join(" ")
    }

    /// Whether a profile of the imported pool of this name could be written.
    fn is_adoptable(&self) -> bool {
        let name = self.profile.value.pool.name.as_str();
        let pool = self.inventory.pools.iter().flatten().find(|pool| pool.name == name);
        pool.is_some_and(|pool| super::adopted::made(&self.hw, &self.inventory, pool).is_ok())
    }
}

/// Whether there is a plan of this profile for this look: what is offered to be typed is not refused.
pub fn would(
    context: &Context,
    hw: &Hw,
    inventory: &Inventory,
    profile: &Parsed<Profile>,
    name: &str,
) -> bool {
    let moved = hw.mode(&inventory.host).and_then(|is| hw.mode_of(is));
    if moved.is_some_and(|is| is.moves_ports && is.mode != profile.value.controller) {
        return false;
    }
    let Ok(facts) = domain::look(&*context.machine, &profile.value) else { return false };
    make(&Request {
        hw,
        other_box: None,
        profile,
        name,
        inventory,
        facts: &facts,
        takes: &[],
        adopt: None,
        onto_existing: false,
        adoptable: false,
    })
    .is_ok()
}

/// The description that `--hw` or the profile names.
fn load_hw(context: &Context, profile: &Parsed<Profile>) -> Result<Hw> {
    let machine = &*context.machine;
    let word = context.common.hw.as_deref().unwrap_or(&profile.value.hardware);
    match shipped::hw(machine, word) {
        Ok(hw) => Ok(hw.value),
        Err(LoadError::NoSuchName { hint, known, .. }) if context.common.hw.is_none() => {
            let message = format!("there is no hardware description `{word}`{hint}");
            let help = format!("shipped: {known}; put your own in /etc/zbay/hw");
            let fault = Fault::new(profile.span("hardware"), message).help(help);
            Err(LoadError::Faults(profile.refuse(vec![fault])).into())
        }
        Err(other) => Err(other.into()),
    }
}

/// What this box is, as a sentence says it.
fn this_box(context: &Context, inventory: &Inventory) -> Result<String> {
    let (hw, known) = context.hw(&inventory.host)?;
    if known {
        return Ok(hw.value.title);
    }
    let strings = inventory.host.dmi.names();
    Ok(if strings.is_empty() {
        "a server that does not identify itself".to_owned()
    } else {
        strings.join(" ")
    })
}

/// `zbay plan`.
///
/// # Errors
/// Everything that speaks against a plan.
pub fn run(context: &Context, args: &PlanArgs) -> Result<Answer> {
    let word = args.wish.profile.as_deref();
    context.warn_of_others(&context.decide(word));
    let mut wished = match Wished::load(context, word) {
        Ok(wished) => wished,
        Err(error) => return propose::instead_of_plan(context, error),
    };
    wished.allow(&args.allowed);
    let plan = wished.plan()?;
    let command = plan.typed(context.common.hw.as_deref());
    let mut text = render::plan::render(&plan, args.full, &command);
    if let Some(path) = &args.save {
        let saved = serde_json::to_string_pretty(&plan).context("the plan cannot be saved")?;
        write_new_file(path, &format!("{saved}\n"))?;
        let file = typeable(path.as_str());
        let _ = writeln!(text, "saved in {path}: `zbay apply {file}` does exactly this");
    }
    let status = u8::from(!plan.is_empty() || !plan.drift.is_empty());
    let shown = render::json::plan::Plan::of(&plan, &command);
    let body = Planned { plan: Some(Box::new(shown)), proposal: None };
    Ok(Answer { text, json: answer(&plan.notes, body), status })
}

/// Reads a saved plan.
///
/// # Errors
/// It is no plan, or another version's.
pub fn saved(file: &str, bytes: &[u8]) -> Result<Plan> {
    let version = serde_json::from_slice::<serde_json::Value>(bytes)
        .ok()
        .and_then(|value| value.get("zbay_plan").and_then(serde_json::Value::as_u64));
    match version {
        Some(version) if version == u64::from(VERSION) => {
            serde_json::from_slice(bytes).with_context(|| format!("{file} is a damaged plan"))
        }
        Some(version) => {
            bail!(
                "{file} is a plan of version {version}, this zbay reads {VERSION}: make a new one"
            )
        }
        None => bail!("{file} is not a saved plan: `zbay plan --save {file}` makes one"),
    }
}
