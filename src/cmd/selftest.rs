//! `zbay selftest`: members of the pools test themselves. Those that sleep are left asleep, and none begins while a scrub
//! or a resilver runs: each would halve the other.

use anyhow::{Result, bail};
use clap::Args;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{self, Does, Group, Page, given, options};
use super::{Answer, Context};
use crate::care::selftest::{Candidate, NOT_DONE, Said, Verdict, account, choose};
use crate::care::{self, facts, wish};
use crate::drive::Drive;
use crate::inventory::{Disk, Pool, Run, Want};
use crate::machine::{Change, Machine, RunError};
use crate::render::json::{Shape, answer};
use crate::smart::selftest::Kind;
use crate::step::command;
use crate::table;
use crate::words;

/// The command.
pub const ROW: row::Row = row::Row {
    name: "selftest",
    about: "Start SMART self-tests on pool members",
    more: "Sleeping drives are skipped.",
    group: Group::Watch,
    does: Does::Asks,
    page: Page::Narrow,
    arguments: options::<SelfTestArgs>,
    run: row::Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Answered>("selftest")],
    examples: &[
        ("selftest short", "takes minutes"),
        ("selftest long --due", "those whose long test is due"),
    ],
};

/// Self-tests that were started.
#[derive(Serialize, JsonSchema)]
struct Answered {
    /// Which test.
    kind: Kind,
    /// Members of pools.
    drives: Vec<Tested>,
    /// Pools of which no drive is tested now, and why.
    held: Vec<String>,
}

/// A drive and its test.
#[derive(Serialize, JsonSchema)]
struct Tested {
    /// `bay 3`.
    place: String,
    /// Its model.
    model: String,
    /// What becomes of it.
    is: Verdict,
}

/// A long test of a large drive takes about so long.
const NIGHT: SignedDuration = SignedDuration::from_hours(14);

/// Arguments of `selftest`.
#[derive(Clone, Debug, Args)]
pub struct SelfTestArgs {
    /// `short` takes minutes, `long` reads the whole drive.
    #[arg(value_name = "KIND")]
    pub kind: Kind,
    /// Only drives that are due for this test according to the profile: what the timer runs.
    #[arg(long)]
    pub due: bool,
}

/// What became of a drive.
struct Row {
    place: String,
    model: String,
    verdict: Verdict,
}

/// Begins the tests. On a recorded machine it says what would begin.
///
/// # Errors
/// Not root, or a machine that cannot be looked at.
pub fn run(context: &Context, args: &SelfTestArgs) -> Result<Answer> {
    let recorded = context.common.machine.is_some();
    if !recorded {
        super::need_root("selftest", super::ForRoot::Reads)?;
    }
    let inventory = context.look(Want::GLANCE)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let pools = match &inventory.pools {
        Ok(pools) => pools,
        Err(why) => bail!("could not get pool status, so no test was started: {why}"),
    };
    let wished = context.wish().ok().flatten().and_then(|wish| wish.value.care);
    let days = wish::test_days(wished.unwrap_or_default(), args.kind).filter(|_| args.due);
    let machine = &*context.machine;
    let mut held: Vec<String> = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut failed = false;
    for pool in pools {
        if let Some(why) = busy(machine, pool, args) {
            held.push(format!("{}: {why}, so none of its drives starts a test", pool.name));
            continue;
        }
        let members: Vec<(&str, &Disk)> = care::members(pool)
            .filter_map(|(vdev, name)| {
                Some((vdev, inventory.disks.iter().find(|disk| disk.name == name)?))
            })
            .collect();
        let asked: Vec<Candidate> = members
            .iter()
            .map(|(vdev, disk)| Candidate { vdev: (*vdev).to_owned(), said: ask(machine, disk) })
            .collect();
        for ((_, disk), mut verdict) in members.iter().zip(choose(&asked, args.kind, days)) {
            if verdict == Verdict::Start
                && !recorded
                && let Err(why) = begin(machine, disk, args.kind)
            {
                failed = true;
                verdict = Verdict::Unable { why };
            }
            let drive = Drive::of(&hw, disk);
            let model = drive.model.clone().unwrap_or_default();
            rows.push(Row { place: drive.place(), model, verdict });
        }
    }
    let began = rows.iter().filter(|row| row.verdict == Verdict::Start).count();
    let verb = if recorded { "would begin" } else { "began" };
    let drives = if began == 1 { "drive" } else { "drives" };
    let kind = args.kind.word();
    let mut out = format!("the {kind} self-test {verb} on {began} {drives}\n");
    let cells = |row: &Row| {
        vec![row.place.clone(), words::plain(&row.model), words::plain(&row.verdict.to_string())]
    };
    out.push_str(&table::list_fit(2, &rows.iter().map(cells).collect::<Vec<_>>()));
    for line in &held {
        out.push_str(&words::labelled("held", &words::plain(line)));
    }
    out.push_str(&words::labelled("next", "`zbay show disk` shows what each test found"));
    let drives =
        rows.into_iter().map(|row| Tested { place: row.place, model: row.model, is: row.verdict });
    let body = Answered { kind: args.kind, drives: drives.collect(), held };
    Ok(Answer { text: out, json: answer(&[], body), status: u8::from(failed) })
}

/// Why no drive of a pool may test itself now.
fn busy(machine: &dyn Machine, pool: &Pool, args: &SelfTestArgs) -> Option<String> {
    if let Some(scan) = pool.told.scan.as_ref().filter(|scan| scan.run == Run::Active) {
        let what = if scan.resilver { "a resilver" } else { "a scrub" };
        return Some(format!("{what} is running"));
    }
    if pool.told.rebuilds.iter().any(|it| it.run == Run::Active) {
        return Some("a rebuild is running".to_owned());
    }
    if pool.told.expansion.as_ref().is_some_and(|it| it.run == Run::Active) {
        return Some("an expansion is running".to_owned());
    }
    // Typed by a person, it is wanted now.
    if args.kind == Kind::Short || !args.due {
        return None;
    }
    let facts = facts::look(machine, &[&pool.name]);
    let next = wish::next_scrub(&facts, &pool.name)?;
    let wait = next.duration_since(machine.now());
    (wait < NIGHT).then(|| "a scrub is due within hours".to_owned())
}

fn ask(machine: &dyn Machine, disk: &Disk) -> Said {
    match machine.read(&command::test_account(&disk.dev)) {
        Ok(output) => account(output.status, &output.stdout),
        Err(RunError::Unrecorded { .. }) => Said::Unable("not recorded".to_owned()),
        Err(why) => Said::Unable(why.to_string()),
    }
}

fn begin(machine: &dyn Machine, disk: &Disk, kind: Kind) -> Result<(), String> {
    let cmd = command::test_begin(&disk.dev, kind);
    let output = machine.change(&Change::Run(cmd)).map_err(|why| why.to_string())?;
    if output.status & NOT_DONE == 0 {
        return Ok(());
    }
    // smartctl says what it did on standard output, the reason last.
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Err(said
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty())
        .unwrap_or("it said nothing")
        .to_owned())
}
