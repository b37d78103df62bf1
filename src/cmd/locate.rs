//! `zbay locate BAY`: makes a drive show itself, by a light of its own where one is known, and by the rhythm of its
//! activity light. It says which, and why.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, need_root, say_woken};
use crate::console;
use crate::drive::Drive;
use crate::inventory::{Disk, Pools, Want};
use crate::life::called::{self, Known};
use crate::locate;
use crate::locate::light::{self, Light};
use crate::machine::Machine;
use crate::machine::local::Interrupt;
use crate::names::BayId;
use crate::render::json::plan::NamedDrive;
use crate::render::json::{Shape, answer};
use crate::words;

/// The command.
pub const ROW: Row = Row {
    name: "locate",
    about: "Blink the light of the drive in a bay",
    more: "Reads make its activity light blink; where ledctl knows a locate light, that is lit \
           too.",
    group: Group::Look,
    does: Does::Asks,
    page: Page::Narrow,
    arguments: options::<LocateArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Located>("locate")],
    examples: &[
        ("locate 3", "the drive in bay 3"),
        ("locate Z1E0EXA1 --seconds 60", "by its serial, for a minute"),
    ],
};

/// A drive that showed itself.
#[derive(Serialize, JsonSchema)]
struct Located {
    /// Which.
    drive: NamedDrive,
    /// How: `light`, `light and reads`, `reads`.
    method: &'static str,
    /// Reads that made its own light blink.
    reads: u64,
    /// The light of its bay; `null`: there is none that can be reached.
    light: Option<Light>,
    /// Why not, or what went wrong with it.
    why: Option<String>,
}

/// Arguments of `locate`.
#[derive(Clone, Debug, Args)]
pub struct LocateArgs {
    /// The bay: 3, or another place like usb; or the drive by its serial, its by-id or kernel name, or a member's GUID.
    #[arg(value_name = "BAY|DRIVE")]
    pub bay: String,
    /// How many seconds, 1 to 3600.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
    /// Use only the locate light that ledctl controls, without reads.
    #[arg(long)]
    pub led: bool,
}

/// Shows it.
pub fn run(context: &Context, args: &LocateArgs) -> Result<Answer> {
    let recorded = context.common.machine.is_some();
    if !recorded {
        need_root("locate", super::ForRoot::Reads)?;
    }
    let machine = &*context.machine;
    let inventory = context.look(Want { smart: false, pools: Pools::All, ..Want::IDENTITY })?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let known = Known { hw: &hw, inventory: &inventory };
    let spot = called::spot(&known, &args.bay)?;
    let Some(disk) = spot.disk(&known)? else {
        let drives = inventory.disks.iter().filter_map(|disk| Drive::of(&hw, disk).bay);
        let there: Vec<BayId> = drives.collect();
        let there = match words::bays(&there) {
            none if there.is_empty() => format!("no drive here is in a known bay{none}"),
            bays => format!("there are drives in {bays}"),
        };
        bail!("no drive is in {}: {there}", spot.spoken());
    };
    if recorded {
        let drive = Drive::of(&hw, disk);
        bail!(
            "a recorded machine has no lights: a drive can only be located on its own server\n\n  \
             {}  {}",
            drive.place(),
            drive.label()
        );
    }
    if disk.asleep == Some(true) {
        say_woken(&hw, &inventory);
    }
    let drive = Drive::of(&hw, disk);
    let light = light::find(machine, disk);
    if let (true, Err(why)) = (args.led, &light) {
        bail!(
            "{why}, so {} cannot be lit\ndo this  leave out `--led`: reads make it blink",
            drive.spoken()
        );
    }
    let mut err = console::err();
    let _ = writeln!(err, "{}  {}", drive.place(), drive.label());
    let said = match &light {
        Ok(light) => format!("{light}; out again in {} s, or with Ctrl-C", args.seconds),
        Err(why) => format!("none of its own: {why}"),
    };
    let _ = err.write_all(words::labelled("light", &said).as_bytes());
    if !args.led {
        let how = format!("three short bursts of reads and a pause, for {} s", args.seconds);
        let _ = err.write_all(words::labelled("blinks", &how).as_bytes());
    }
    drop(err);
    let (shown, trouble) = show(machine, disk, light.as_ref().ok(), args)?;
    let mut said = match (&trouble, args.led) {
        (None, true) => words::labelled("done", "the light is out again"),
        _ => words::labelled("done", &format!("{} reads, nothing was written", shown.reads)),
    };
    said.extend(trouble.iter().map(|why| words::labelled("light", why)));
    if drive.assumed {
        let say = "the bay is assumed: the drive that blinked is the right one; `zbay learn` \
                   records its bay";
        said.push_str(&words::labelled("order", say));
    }
    let method = match (shown.lit, args.led) {
        (true, true) => "light",
        (true, false) => "light and reads",
        (false, _) => "reads",
    };
    let (found, why) = match light {
        Ok(light) => (Some(light), trouble),
        Err(why) => (None, Some(why.to_string())),
    };
    let body = Located { drive: (&drive).into(), method, reads: shown.reads, light: found, why };
    Ok(Answer { text: said, json: answer(&[], body), status: 0 })
}

/// What was done.
struct Shown {
    lit: bool,
    reads: u64,
}

/// Lights and blinks; in words what did not go well with the light. Ctrl-C ends it early, and the light is put out.
fn show(
    machine: &dyn Machine,
    disk: &Disk,
    light: Option<&Light>,
    args: &LocateArgs,
) -> Result<(Shown, Option<String>)> {
    let whole = Duration::from_secs(args.seconds);
    let Some(light) = light else {
        let reads = locate::blink(machine, disk, whole, &|| false)?;
        return Ok((Shown { lit: false, reads }, None));
    };
    let interrupt = Interrupt::catch();
    let stop = || interrupt.as_ref().is_some_and(Interrupt::came);
    let during = || {
        if args.led {
            locate::wait(whole, &stop);
            return Ok(0);
        }
        locate::blink(machine, disk, whole, &stop)
    };
    match light::lit(machine, &disk.dev, light, during) {
        Ok((reads, out)) => {
            let off = light.command(&disk.dev, false);
            let still = out.err().map(|why| format!("it may still be lit: {why}; try `{off}`"));
            match reads {
                Ok(reads) => Ok((Shown { lit: true, reads }, still)),
                Err(why) => Err(anyhow!(why)
                    .context(still.unwrap_or_else(|| "the light is out again".to_owned()))),
            }
        }
        Err(why) if args.led => Err(why.into()),
        Err(why) => {
            let reads = locate::blink(machine, disk, whole, &stop)?;
            Ok((Shown { lit: false, reads }, Some(format!("it could not be lit: {why}"))))
        }
    }
}
