//! What each domain has: its faces. Static dispatch, and nothing that registers itself.

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Note;
use crate::drift::{Difference, Differs};
use crate::hw::Hw;
use crate::inventory::Inventory;
use crate::machine::{IoError, Machine};
use crate::profile::Profile;
use crate::step::{Link, Step};
use crate::yaml::Parsed;

/// What every domain is given: the same look, the same profile.
#[derive(Clone, Copy, Debug)]
pub struct World<'a> {
    /// The server that the profile is for.
    pub hw: &'a Hw,
    /// The profile.
    pub profile: &'a Profile,
    /// Its text, as it would be recorded.
    pub text: &'a str,
    /// The look.
    pub inventory: &'a Inventory,
    /// The steps that create or import the profile's pool, where it is not here: which drives they may touch was decided
    /// with the person. Empty where only differences are asked for.
    pub arrives: &'a [Step],
}

impl<'a> World<'a> {
    /// What is to be compared: no step is made of it yet.
    pub fn of(hw: &'a Hw, profile: &'a Parsed<Profile>, inventory: &'a Inventory) -> Self {
        Self { hw, profile: &profile.value, text: &profile.text, inventory, arrives: &[] }
    }
}

/// When steps are done, whatever domain they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Access ends before what it stands on goes. Domains in reverse.
    Close,
    /// What is wished is made.
    Make,
    /// Access begins.
    Open,
    /// What means something only once all else is there.
    Tidy,
}

/// Steps that need one another: the first that fails ends the chain, and those that need it. The others go on.
#[derive(Clone, Debug)]
pub struct Chain {
    /// When.
    pub phase: Phase,
    /// Its name, and those of the chains without which it is not begun. A chain that is not in a plan holds up nobody.
    pub link: Link,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

impl Chain {
    /// A chain of one domain's.
    pub fn new(phase: Phase, name: impl Into<String>, needs: &[&str], steps: Vec<Step>) -> Self {
        let needs = needs.iter().map(|need| (*need).to_owned()).collect();
        Self { phase, link: Link { chain: name.into(), needs }, steps }
    }
}

/// The chain of what all else on the server stands on.
pub const SERVER: &str = "server";
/// The chain that makes the pool, or brings it here.
pub const POOL: &str = "pool";

/// A moment at which domains are asked what is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Every five minutes, and after an event of ZED's.
    Tick,
}

/// Work that is due: a unit of systemd's, which has its own lock, limits and sandbox. It is started and not waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Job {
    /// The unit.
    pub unit: &'static str,
    /// Why now, in words.
    pub why: String,
}

/// A capability: what it wants to know, what differs, what mends it, what is due.
pub trait Domain {
    /// What is there, as far as this domain needs it: each facet a result of its own.
    type Facts;
    /// What can differ.
    type Drift: Difference;

    /// Looks: the only face that sees a machine. Changes nothing, and asks nothing remote.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    fn look(machine: &dyn Machine, profile: &Profile) -> Result<Self::Facts, IoError>;

    /// Where the machine is not as the profile says. Pure, like all below.
    fn drift(world: &World<'_>, facts: &Self::Facts) -> Vec<Differs<Self::Drift>>;

    /// What mends differences that can be mended.
    fn steps(world: &World<'_>, facts: &Self::Facts, drift: &[Self::Drift]) -> Vec<Chain>;

    /// What a person should know before they agree to `steps`.
    fn notes(_facts: &Self::Facts, _steps: &[Step]) -> Vec<Note> {
        Vec::new()
    }

    /// What is due, as far as a look without waking a drive tells.
    fn due(_world: &World<'_>, _moment: Moment) -> Vec<Job> {
        Vec::new()
    }

    /// Files and directories that steps write on the boot device, and that must outlive a reboot.
    fn keeps() -> &'static [&'static str];
}
