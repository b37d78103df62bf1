//! `zbay` alone: the overview. Status 1 where something is wrong with the machine or its wish; a wish that is
//! not applied yet is not wrong.

use serde_json::json;

use super::show_pool::facet;
use super::{Answer, Context, is_bare};
use crate::check::machine;
use crate::inventory::Want;
use crate::profile::Profile;
use crate::render::json::answer;
use crate::render::overview::{Overview, Wish, render};
use crate::render::{disk, history};
use crate::shipped::PROFILES;
use crate::yaml::read;

/// The overview.
pub fn run(context: &Context) -> anyhow::Result<Answer> {
    let mut inventory = context.look(Want::SEEN)?;
    let (hw, known) = context.hw(&inventory.host)?;
    let hw = &hw.value;
    let (past, changes) = context.remember(hw, &mut inventory);
    let wish = match context.wish() {
        Ok(None) => Wish::None,
        Ok(Some(wish)) => Wish::Sound(Box::new(wish.value)),
        Err(_) => Wish::Faulty,
    };
    let profiles = PROFILES.iter().filter(|(name, text)| {
        read::<Profile>(name, text.as_bytes()).is_ok_and(|wish| wish.value.hardware == hw.hardware)
    });
    let overview = Overview {
        hw,
        inventory: &inventory,
        wish,
        profiles: profiles.map(|(name, _)| *name).collect(),
        notes: machine::all(hw, known, &inventory),
        bare: is_bare(known, &inventory.host),
    };
    let rows = disk::rows(hw, &inventory);
    let body = json!({
        "hardware": hw.hardware,
        "host": inventory.host,
        "mode": hw.mode(&inventory.host),
        "wish": match &overview.wish {
            Wish::Sound(wish) => json!(wish),
            Wish::None => json!(null),
            Wish::Faulty => json!({ "faulty": true }),
        },
        "disks": disk::json(&rows, &disk::Choice::default()),
        "pools": facet(&inventory.pools),
        "importable": facet(&inventory.importable),
    });
    Ok(Answer {
        text: render(&overview) + &history::since(past.looked, &changes),
        json: answer(&overview.notes, body),
        status: u8::from(!overview.is_well()),
    }
    .hinted(overview.bare))
}
