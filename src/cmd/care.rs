//! `zbay care`: who scrubs, trims, tests and tells. Status 1 where something is done twice, by nobody, or the boot device
//! is in trouble.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context};
use crate::care::{self, PoolCare, Told, boot, facts};
use crate::check::machine;
use crate::inventory::{Pools, Want};
use crate::profile::care::Care;
use crate::render::care::{Screen, render};
use crate::render::json::{Shape, answer};
use crate::status::{self, Scrub};

/// The command.
pub const ROW: Row = Row {
    name: "care",
    about: "Show which scrubs, self-tests and alerts cover each pool",
    more: "It also shows which are missing, and which run twice.",
    group: Group::Watch,
    does: Does::Looks,
    page: Page::Narrow,
    arguments: nothing,
    run: Run::Machine(|context, _| run(context)),
    answers: &[Shape::of::<Answered>("care")],
    examples: &[("care", "all pools")],
};

/// Which jobs cover the pools, and who is told.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// Imported pools.
    pools: Vec<Cared>,
    /// Who starts self-tests of drives; `null`: not known.
    testers: Option<Vec<Tester>>,
    /// Who sends alerts.
    told: Told,
    /// What the profile says of it; `null`: nothing.
    profile: Option<Care>,
    /// The root file system.
    boot: Root,
}

/// A pool's scrubs and trims.
#[derive(Serialize, JsonSchema)]
struct Cared {
    /// Who scrubs and trims it.
    #[serde(flatten)]
    care: PoolCare,
    /// When it was scrubbed last.
    last_scrub: Scrub,
}

/// Who starts self-tests.
#[derive(Serialize, JsonSchema)]
struct Tester {
    /// A timer, or smartd.
    who: String,
    /// When the next ones begin, if that is known.
    next: Option<Timestamp>,
}

/// The root file system.
#[derive(Serialize, JsonSchema)]
struct Root {
    /// It is mounted read-only; `null`: not known.
    readonly: Option<bool>,
    /// How full it is, percent; `null`: not known.
    full: Option<u64>,
}

/// Looks and says.
///
/// # Errors
/// A machine that cannot be looked at.
pub fn run(context: &Context) -> anyhow::Result<Answer> {
    let inventory = context.look(Want { smart: true, pools: Pools::All, ..Want::IDENTITY })?;
    let (hw, known) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let wish = context.wish().ok().flatten().map(|wish| wish.value);
    let pools = inventory.pools.iter().flatten();
    let names: Vec<&str> = pools.clone().map(|pool| pool.name.as_str()).collect();
    let machine = &*context.machine;
    let facts = facts::look(machine, &names);
    let cared: Vec<(PoolCare, Scrub)> = pools
        .map(|pool| {
            let scrub = status::of(&hw, &inventory, pool).scrub;
            (care::of(&inventory, pool, &facts), scrub)
        })
        .collect();
    let notify = wish.as_ref().map(|wish| wish.notify.clone()).unwrap_or_default();
    let told = care::told(&notify, &facts);
    let testers = care::testers(&facts);
    let root = boot::look(machine);
    let trouble = boot::notes(&hw, &inventory, &root);
    let unknown = root.readonly.as_ref().err().or(root.full.as_ref().err());
    let screen = Screen {
        pools: inventory.pools.as_ref().map(|_| &cared[..]).map_err(|why| why.why.as_str()),
        testers: testers.as_deref(),
        told: &told,
        boot: &trouble,
        boot_unknown: unknown.map(|why| why.why.as_str()),
        wish: wish.as_ref(),
        now: inventory.taken,
    };
    let nobody = |kept: &care::Kept| kept.by.is_empty() && kept.unknown.is_none();
    let wrong = cared
        .iter()
        .any(|(care, _)| care.scrub.is_twice() || care.trim.is_twice() || nobody(&care.scrub));
    let text = render(&screen);
    let mut notes = machine::drives(&hw, known, &inventory.disks);
    notes.extend(trouble.iter().filter(|note| note.wwn.is_none()).cloned());
    let pools = cared.iter().map(|(care, last)| Cared { care: care.clone(), last_scrub: *last });
    let tester = |(who, next): (String, Option<Timestamp>)| Tester { who, next };
    let body = Answered {
        pools: pools.collect(),
        testers: testers.map(|all| all.into_iter().map(tester).collect()),
        told,
        profile: wish.and_then(|wish| wish.care),
        boot: Root { readonly: root.readonly.ok(), full: root.full.ok() },
    };
    let status = u8::from(wrong || !trouble.is_empty());
    Ok(Answer { text, json: answer(&notes, body), status })
}
