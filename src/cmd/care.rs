//! `zbay care`: who scrubs, trims, tests and tells. Status 1 where something is done twice, by nobody, or the boot device
//! is in trouble.

use serde_json::json;

use super::row::{Does, Group, Page, Row, Run, nothing};
use super::{Answer, Context};
use crate::care::{self, PoolCare, boot, facts};
use crate::check::machine;
use crate::inventory::{Pools, Want};
use crate::render::care::{Screen, render};
use crate::render::json::answer;
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
    examples: &[("care", "all pools")],
};

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
    let pools: Vec<_> =
        cared.iter().map(|(care, last)| json!({ "care": care, "last": last })).collect();
    let body = json!({
        "pools": pools,
        "testers": testers,
        "told": told,
        "wish": wish.and_then(|wish| wish.care),
        "boot": { "readonly": root.readonly.ok(), "full": root.full.ok() },
    });
    let status = u8::from(wrong || !trouble.is_empty());
    Ok(Answer { text, json: answer(&notes, body), status })
}
