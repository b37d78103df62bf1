//! `zbay replace BAY`: shows what would be done, asks once, does exactly that, and watches until the new drive is
//! complete. Interrupted anywhere it goes on when it is typed again: it looks, and does what is still to do.

use anyhow::Result;
use clap::Args;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::task::{Proof, Scene, Tasked, Terms, look_around, perform};
use super::{Answer, Context};
use crate::inventory::seats::in_bay;
use crate::inventory::{Disk, Owner, Want};
use crate::life::ReplaceError;
use crate::life::called::{self, Known, Named, Spot};
use crate::life::replace::{Request, make, spot_of};
use crate::plan::erase::Take;
use crate::profile::value::Autoreplace;
use crate::render::json::{Shape, answer};
use crate::status::{self, What};

/// The command.
pub const ROW: Row = Row {
    name: "replace",
    about: "Replace a failed or missing member with a new drive",
    more: "It watches the resilver until it is done.",
    group: Group::Live,
    does: Does::Changes,
    page: Page::Narrow,
    arguments: options::<ReplaceArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Tasked>("replace")],
    examples: &[
        ("replace 2 --dry-run", "show what would be done"),
        ("replace 2", "the new drive is in bay 2"),
        ("replace 2 --with 5", "it is in another bay"),
    ],
};

/// Arguments of `replace`.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Debug, Args)]
pub struct ReplaceArgs {
    /// The failed or missing drive: its bay, its serial, its by-id or kernel name, or its GUID; not needed with
    /// --member.
    #[arg(value_name = "BAY|DRIVE", required_unless_present_any = ["waiting", "member"])]
    pub bay: Option<String>,
    /// Use blank drives found in the bays of missing members, without asking, if the profile says `autoreplace:
    /// blank`. Run by a timer.
    #[arg(long, exclusive = true)]
    pub waiting: bool,
    /// The new drive, if it is in another bay: its bay, its serial, or its by-id or kernel name.
    #[arg(long, value_name = "BAY|DRIVE")]
    pub with: Option<String>,
    /// The member to replace, by the end of its serial or by its GUID, if the bay is not enough.
    #[arg(long, value_name = "SERIAL|GUID")]
    pub member: Option<String>,
    /// Use the new drive even though it holds data, erasing it first: its wwn, and the serial read off its label.
    #[arg(long, value_name = "WWN=SERIAL")]
    pub take: Vec<Take>,
    /// Show what would be done, and change nothing.
    #[arg(long, alias = "plan")]
    pub dry_run: bool,
    /// Do not ask; needs --serial.
    #[arg(long)]
    pub yes: bool,
    /// The serial of the drive that will be written to, or at least its last four characters, as on its label.
    #[arg(long, value_name = "SERIAL")]
    pub serial: Option<String>,
    /// Do not wait for the resilver.
    #[arg(long)]
    pub no_wait: bool,
}

/// Replaces.
///
/// # Errors
/// All that speaks against it, or a step that does not go as planned.
pub fn run(context: &Context, args: &ReplaceArgs) -> Result<Answer> {
    if args.waiting {
        return waiting(context);
    }
    let scene = look_around(context, "replace", args.dry_run)?;
    if args.bay.is_none() && args.member.is_none() {
        return waiting(context);
    }
    let decide = |scene: &Scene| {
        let Asked { spot, with, member } = asked(args, &scene.known())?;
        make(&Request {
            hw: &scene.hw,
            inventory: &scene.inventory,
            wish: scene.wish.as_ref(),
            bay: &spot,
            with: with.as_ref(),
            member: member.as_deref(),
            takes: &args.take,
            unfinished: &scene.unfinished,
        })
    };
    let Asked { spot, with, member } = asked(args, &scene.known())?;
    let (bay, spoken) = (spot.typed(), spot.spoken());
    let with = with.map(|with| format!(" --with {}", with.typed())).unwrap_or_default();
    let member = member.map(|word| format!(" --member {word}")).unwrap_or_default();
    let terms = Terms {
        command: &format!("zbay replace {bay}{member}{with}"),
        bay: &spoken,
        plan: args.dry_run,
        yes: args.yes,
        proof: Proof::Serial(args.serial.as_deref()),
        no_wait: args.no_wait,
        resumes: false,
        settle: None,
    };
    perform(context, scene, &decide, &terms)
}

/// What is asked, as it is understood from a look.
struct Asked<'a> {
    spot: Spot<'a>,
    with: Option<Spot<'a>>,
    member: Option<String>,
}

/// What the words mean. Of a drive that is gone its bay is meant, and it is the member.
fn asked<'a>(args: &ReplaceArgs, known: &Known<'a>) -> Result<Asked<'a>, ReplaceError> {
    let with = args.with.as_deref().map(|word| called::spot(known, word)).transpose()?;
    let of_member = |word: &str| spot_of(known, word, with.as_ref());
    let (spot, member) = match (&args.bay, &args.member) {
        (Some(word), Some(member)) => (called::spot(known, word)?, Some(member.clone())),
        (Some(word), None) => match called::named(known, word)? {
            Named::Spot(spot) => (spot, None),
            Named::Gone(gone) => {
                let guid = gone.leaf.guid.to_string();
                (of_member(&guid)?, Some(guid))
            }
        },
        (None, member) => {
            let word = member.clone().unwrap_or_default();
            (of_member(&word)?, Some(word))
        }
    };
    Ok(Asked { spot, with, member })
}

/// What the profile lets zbay do by itself: a blank drive in the very bay of a member that is gone takes its place.
fn waiting(context: &Context) -> Result<Answer> {
    let wish = context.wish()?.map(|wish| wish.value);
    let blank = Some(Autoreplace::Blank);
    let Some(wish) = wish.filter(|wish| wish.pool.properties.autoreplace == blank) else {
        return Ok(nothing("the recorded profile does not say `autoreplace: blank`"));
    };
    // No drive is read for this: most of the time nothing waits.
    let inventory = context.look(Want::GLANCE)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let pool = inventory.pools.iter().flatten().find(|it| it.name == wish.pool.name.as_str());
    let conditions = pool.map(|pool| status::of(&hw.value, &inventory, pool).conditions);
    let mut new = conditions.into_iter().flatten().filter(|it| it.what == What::NewDrive);
    let Some(bay) = new.find_map(|it| it.bay) else {
        return Ok(nothing("there is no new drive in the bay of a missing member"));
    };
    let scene = look_around(context, "replace --waiting", false)?;
    let is_blank = |disk: &Disk| disk.contents.as_ref().is_ok_and(|it| it.owner == Owner::Blank);
    if !matches!(in_bay(&scene.hw, &scene.inventory, &bay)[..], [disk] if is_blank(disk)) {
        return Ok(nothing(&format!(
            "the new drive in {} is not blank: `zbay replace {bay}`",
            bay.spoken()
        )));
    }
    let decide = |scene: &Scene| {
        make(&Request {
            hw: &scene.hw,
            inventory: &scene.inventory,
            wish: scene.wish.as_ref(),
            bay: &Spot::bay(bay.clone()),
            with: None,
            member: None,
            takes: &[],
            unfinished: &scene.unfinished,
        })
    };
    let terms = Terms {
        command: &format!("zbay replace {bay}"),
        bay: &bay.spoken(),
        plan: false,
        yes: true,
        proof: Proof::Yes,
        no_wait: true,
        resumes: false,
        settle: None,
    };
    perform(context, scene, &decide, &terms)
}

fn nothing(why: &str) -> Answer {
    let json = answer(&[], Tasked { why: Some(why.to_owned()), ..Tasked::default() });
    Answer { text: format!("nothing was done: {why}\n"), json, status: 0 }
}
