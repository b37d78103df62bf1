//! `zbay locate BAY`: makes the activity light of a drive blink in a rhythm that no file system has, by reads alone.
//!
//! Boards with on-board SATA ports have no light for locating: three short bursts and a pause, again and again, are told
//! from ordinary work at a glance. Places all over the drive are read, so that no cache answers.

use std::io::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::{Answer, Context, need_root, say_woken};
use crate::drive::Drive;
use crate::inventory::{Disk, Pools, Want};
use crate::machine::Machine;
use crate::names::BayId;
use crate::plan::pick::in_bay;
use crate::render::json::answer;
use crate::render::text;

/// Bursts, then a pause.
const BURSTS: u32 = 3;
const BURST: Duration = Duration::from_millis(300);
const GAP: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(1200);
/// Bytes of one read.
const READ: usize = 128 << 10;

/// Arguments of `locate`.
#[derive(Clone, Debug, Args)]
pub struct LocateArgs {
    /// The bay: 3, or another place such as usb.
    #[arg(value_name = "BAY")]
    pub bay: BayId,
    /// For how many seconds, 1 to 3600.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
}

/// Blinks.
pub fn run(context: &Context, args: &LocateArgs) -> Result<Answer> {
    if context.common.machine.is_some() {
        bail!("a recorded machine has no lights: `zbay locate` is for the box that it is typed on");
    }
    need_root("locate")?;
    let machine = &*context.machine;
    let inventory = context.look(Want { smart: false, pools: Pools::All, ..Want::IDENTITY })?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let disk = match in_bay(&hw, &inventory, &args.bay)[..] {
        [disk] => disk,
        [] => {
            let drives = inventory.disks.iter().filter_map(|disk| Drive::of(&hw, disk).bay);
            let there: Vec<BayId> = drives.collect();
            let there = match text::bays(&there) {
                none if there.is_empty() => format!("no drive is in a place that is known{none}"),
                bays => format!("there are drives in {bays}"),
            };
            bail!("no drive is in {}: {there}", args.bay.spoken());
        }
        _ => {
            bail!("more than one drive answers for {}: see `zbay show disk -p`", args.bay.spoken())
        }
    };
    if disk.asleep == Some(true) {
        say_woken(&hw, &inventory);
    }
    let drive = Drive::of(&hw, disk);
    let what = format!("{}  {}", drive.place(), drive.label());
    let how = format!(
        "three short bursts of reads and a pause, for {} s: this box has no light of its own for it that is known",
        args.seconds
    );
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{what}");
    let _ = err.write_all(text::labelled("blinks", &how).as_bytes());
    drop(err);
    let reads = blink(machine, disk, Duration::from_secs(args.seconds))?;
    let mut said = text::labelled("done", &format!("{reads} reads, nothing was written"));
    if drive.assumed {
        said.push_str(&text::labelled(
            "order",
            "the bay is assumed: what blinked is the drive, so learn from it which bay this is",
        ));
    }
    let json = answer(&[], json!({ "drive": drive, "method": "reads", "reads": reads }));
    Ok(Answer { text: said, json, status: 0 })
}

/// How many reads were done.
fn blink(machine: &dyn Machine, disk: &Disk, whole: Duration) -> Result<u64> {
    let began = Instant::now();
    let mut reads = 0_u64;
    while began.elapsed() < whole {
        for _ in 0..BURSTS {
            let burst = Instant::now();
            while burst.elapsed() < BURST {
                machine.read_at(&disk.dev, place(reads, disk.size.0), READ)?;
                reads += 1;
            }
            sleep(GAP);
        }
        sleep(PAUSE);
    }
    Ok(reads)
}

/// Where the n-th read is: all over the drive, in steps of a megabyte.
fn place(n: u64, size: u64) -> u64 {
    let steps = (size >> 20).saturating_sub(1).max(1);
    // An odd multiplier visits places far from each other.
    ((n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 1) % steps) << 20
}

#[cfg(test)]
mod tests {
    use super::{READ, place};

    #[test]
    fn reads_are_spread_over_the_drive_and_stay_on_it() {
        let size = 4_000_787_030_016_u64;
        let places: Vec<u64> = (0..200).map(|n| place(n, size)).collect();
        let end = size - u64::try_from(READ).unwrap();
        assert!(places.iter().all(|at| *at <= end && at.is_multiple_of(1 << 20)));
        for eighth in 0..8 {
            let within = size / 8 * eighth..size / 8 * (eighth + 1);
            assert!(places.iter().any(|at| within.contains(at)), "{eighth}");
        }
        assert_eq!(place(7, 1 << 20), 0);
    }
}
