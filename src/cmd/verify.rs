//! `zbay verify`: the machine against the profile.

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;

use super::plan::{WhichProfile, Wished};
use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context};
use crate::check::check;
use crate::finding::Finding;
use crate::render;
use crate::render::json::plan::{MovedMember, differences};
use crate::render::json::{Shape, answer};

/// The command.
pub const ROW: Row = Row {
    name: "verify",
    about: "Compare the server with its profile",
    more: "",
    group: Group::SetUp,
    does: Does::Looks,
    page: Page::Narrow,
    arguments: options::<WhichProfile>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("verify")],
    examples: &[
        ("verify", "with the recorded profile"),
        ("verify gen8-usb-raidz", "with a shipped one"),
    ],
};

/// How the machine differs from its profile.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// What differs; nothing: they match.
    drift: Vec<Finding>,
    /// Members that sit in another bay than the profile has them in; ZFS finds them there too.
    moved: Vec<MovedMember>,
}

/// Exit status 0 as wished, 1 if anything differs.
///
/// # Errors
/// A profile that is broken, a box that is another one, a machine that cannot be looked at.
pub fn run(context: &Context, args: &WhichProfile) -> Result<Answer> {
    let wished = Wished::load(context, args.profile.as_deref())?;
    if let Some(is) = &wished.other_box {
        anyhow::bail!("the profile is for {}, but this is {is}", wished.hw.title);
    }
    let profile = &wished.profile;
    let found = wished.drift();
    let notes = check(&wished.hw, &profile.value);
    let moved = wished.moved();
    // What is refused mends nothing.
    let mend = match wished.plan() {
        Ok(_) => wished.mend(context),
        Err(why) => why.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let text = render::plan::drift(profile.value.pool.name.as_str(), &found, &moved, &mend);
    let body = Answered {
        drift: differences(&found, &mend),
        moved: moved.iter().map(MovedMember::from).collect(),
    };
    Ok(Answer { text, json: answer(&notes, body), status: u8::from(!found.is_empty()) })
}
