//! What the commands that change a pool share: a look under the lock, one question without it, the steps under it, and
//! watching what they set going until it has ended. Interrupted anywhere such a command goes on when it is typed again.

use std::io::{IsTerminal, Write as _};
use std::ops::RangeInclusive;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::apply::{self, Progress, Work, secrets};
use crate::cmd::consent::without_lock;
use crate::cmd::{Answer, Context, may_change, say_woken};
use crate::console;
use crate::domain::storage::arrival::{self, Arrival};
use crate::drive::Drive;
use crate::hw::{Hw, Sure};
use crate::inventory::{Activity, Inventory, Pool, Pools, State, Vdev, Want, look};
use crate::life::called::Known;
use crate::life::{Follows, ReplaceError, Task};
use crate::machine::local::{Lock, lock, short_line};
use crate::profile::Profile;
use crate::render;
use crate::render::json::changed;
use crate::render::status::progress;
use crate::status::running::seconds;
use crate::status::{self, Status};
use crate::step::journal::{self, Unfinished};
use crate::words::{labelled, plain};

/// How often what runs is looked at, in seconds: it is disturbed less where it has long to go.
const PERIOD: RangeInclusive<u64> = 3..=30;
/// Characters of a serial that tell a drive from its neighbours.
const ENOUGH: usize = 4;

/// How a task is asked for.
#[allow(clippy::struct_excessive_bools)] // each goes with any other
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// What was typed, without options: `zbay replace 3`.
    pub command: &'a str,
    /// The bay that it is about, in words.
    pub bay: &'a str,
    /// Only show.
    pub plan: bool,
    /// Do not ask.
    pub yes: bool,
    /// What a person shows that it is this drive.
    pub proof: Proof<'a>,
    /// Do not watch.
    pub no_wait: bool,
    /// What runs already is what this command set going: it is watched, not refused.
    pub resumes: bool,
    /// What is done after the steps, by what is there then.
    pub settle: Option<Settle>,
}

/// What is done after the steps of a task, by what is there then: the box, the pool, and whether the profile is for it.
pub type Settle = fn(&Context, &Hw, &str, bool) -> Result<Settled>;

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Words and sentences, for people.
    pub rows: Vec<(&'static str, String)>,
    /// The same for programs: what became of the datasets.
    pub arrival: Option<Arrival>,
    /// Whether something is left to a person.
    pub left: bool,
}

/// What was done to a pool that exists, or would be.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Tasked {
    /// What is done; `null`: nothing but to watch what runs, or nothing at all.
    pub task: Option<render::json::plan::Task>,
    /// The pool; `null`: nothing was done to any.
    pub pool: Option<String>,
    /// ZFS's word for its state once all that was set going has ended; `null`: nothing was waited for.
    pub state: Option<String>,
    /// USED + AVAIL of its root dataset then, bytes.
    pub usable: Option<u64>,
    /// Of a pool that was imported: what became of its datasets.
    pub arrival: Option<Arrival>,
    /// Where nothing was done: why.
    pub why: Option<String>,
}

impl Tasked {
    fn of(task: &Task) -> Self {
        Self { task: Some(task.into()), pool: Some(task.pool.clone()), ..Self::default() }
    }
}

/// What a person types to show that it is the drive that is meant.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// The end of the new drive's serial, and what was given of it.
    Serial(Option<&'a str>),
    /// The full name of what is lost, and what was given of it beforehand.
    Name(&'a str, Option<&'a str>),
    /// Nothing more than yes: each drive that is written to is proved free, and the plan was shown.
    Yes,
}

/// What is there, seen once for the decision.
pub struct Scene {
    /// Held until the last step is done; none where nothing is changed.
    lock: Option<Lock>,
    /// The look.
    pub inventory: Inventory,
    /// The box.
    pub hw: Hw,
    /// The recorded profile.
    pub wish: Option<Profile>,
    /// What the journal holds of runs that were cut off.
    pub unfinished: Vec<Unfinished>,
}

impl Scene {
    /// Has the programs of the steps hold the lock too.
    pub(super) fn begin(&mut self) -> Result<()> {
        self.lock = self.lock.take().map(Lock::with_children).transpose()?;
        Ok(())
    }

    /// What a person's words for bays and drives are understood from.
    pub fn known(&self) -> Known<'_> {
        Known { hw: &self.hw, inventory: &self.inventory }
    }

    fn let_go(&mut self) {
        self.lock = None;
    }
}

/// Looks; under the lock where something will be changed.
///
/// # Errors
/// No root, another zbay at work, or a look that fails.
pub fn look_around(context: &Context, command: &str, plan: bool) -> Result<Scene> {
    let shown = is_shown(context, plan);
    if !shown {
        may_change(context, command, None)?;
    }
    let lock = if shown { None } else { Some(lock(apply::LOCK.into())?) };
    Ok(Scene { lock, ..looked(context)? })
}

fn looked(context: &Context) -> Result<Scene> {
    let mut inventory = context.look(Want::ALL)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    say_woken(&hw, &inventory);
    context.remember(&hw, &mut inventory);
    let wish = context.wish().ok().flatten().map(|wish| wish.value);
    let journal = context.machine.file(journal::PATH.into()).ok().flatten().unwrap_or_default();
    let unfinished = journal::unfinished(&String::from_utf8_lossy(&journal));
    Ok(Scene { lock: None, inventory, hw, wish, unfinished })
}

/// Whether nothing is changed: a plan, or a recorded machine.
fn is_shown(context: &Context, plan: bool) -> bool {
    plan || context.common.machine.is_some()
}

/// Shows the task, asks, does it and watches; a task that was interrupted while it was watched is watched again.
///
/// # Errors
/// It cannot be made, was not confirmed, or a step did not go as planned.
pub fn perform(
    context: &Context,
    mut scene: Scene,
    decide: &dyn Fn(&Scene) -> Result<Task, ReplaceError>,
    terms: &Terms<'_>,
) -> Result<Answer> {
    let shown = is_shown(context, terms.plan);
    let mut decided = decide(&scene);
    if let Err(ReplaceError::Unfinished { pool, .. }) = &decided
        && !shown
        && moves_on(context, pool)?
    {
        scene = Scene { lock: scene.lock.take(), ..looked(context)? };
        decided = decide(&scene);
    }
    let task = match decided {
        Ok(task) => task,
        Err(ReplaceError::Replacing { pool, .. })
            if !shown && !terms.no_wait && is_at_work(&scene.inventory, &pool) =>
        {
            scene.let_go();
            return follow(context, &scene.hw, &Followed::going(&pool));
        }
        Err(ReplaceError::Busy { pool, .. })
            if terms.resumes && !shown && !terms.no_wait && is_at_work(&scene.inventory, &pool) =>
        {
            scene.let_go();
            return follow(context, &scene.hw, &Followed::going(&pool));
        }
        Err(why) => return Err(why.into()),
    };
    let text = render::task::render(&task);
    let Some(held) = scene.lock.take().filter(|_| !shown) else {
        let last = if terms.plan {
            next(&scene.hw, &task, terms)
        } else {
            "nothing was done: this is a recorded machine\n".to_owned()
        };
        return Ok(Answer { text: text + &last, json: report(&task, false), status: 1 });
    };
    let given = terms.yes || matches!(terms.proof, Proof::Name(_, Some(_)));
    let (lock, (), (mut scene, task)) = without_lock(
        (held, apply::LOCK.into()),
        !given && std::io::stdin().is_terminal(),
        (scene, task),
        |(scene, task)| consent(&scene.hw, task, &text, terms),
        |(_, task)| {
            let scene = looked(context)?;
            let now = decide(&scene)?;
            same(task, &now, terms.command)?;
            Ok((scene, now))
        },
    )?;
    scene.lock = Some(lock);
    let hw = &scene.hw;
    carry_out(context, hw, &task)?;
    let Some(what) = task.follows.words() else {
        let wished = scene.wish.as_ref().is_some_and(|wish| wish.pool.name.as_str() == task.pool);
        let settled = match terms.settle {
            Some(settle) => settle(context, hw, &task.pool, wished)?,
            None => Settled::default(),
        };
        let mut text = "done\n".to_owned();
        for (word, row) in &settled.rows {
            text.push_str(&labelled(word, &plain(row)));
        }
        if let Some(then) = &task.then {
            text.push_str(&labelled("do this", &plain(then)));
        }
        let status = u8::from(task.then.is_some() || settled.left);
        let body = Tasked { arrival: settled.arrival, ..Tasked::of(&task) };
        return Ok(Answer { text, json: changed(&task.notes, true, body), status });
    };
    if terms.no_wait {
        let text = format!("done; {what}: `zbay status {} --watch`\n", task.pool);
        return Ok(Answer { text, json: report(&task, true), status: 1 });
    }
    // Watching takes hours, and holds up nobody.
    scene.let_go();
    let before = find(&scene.inventory, &task.pool).filter(|_| task.follows == Follows::Resilver);
    follow(context, &scene.hw, &Followed { pool: &task.pool, before, task: Some(&task) })
}

/// What was agreed to is what would be done now: the same steps on the same disks.
fn same(agreed: &Task, now: &Task, command: &str) -> Result<()> {
    if agreed.id == now.id {
        return Ok(());
    }
    bail!(
        "the machine changed while the question was open, so nothing was done\n\
         do this  look at it again: `{command} --dry-run`"
    )
}

/// What to type to have it done.
fn next(hw: &Hw, task: &Task, terms: &Terms<'_>) -> String {
    let new = task.disks.first().map(|disk| &disk.drive);
    let what = match (terms.proof, new.and_then(|drive| drive.serial.as_ref())) {
        (Proof::Name(..), _) => "asks for the name",
        (Proof::Serial(_), Some(_)) => "asks for the last characters of the new drive's serial",
        _ => "asks once",
    };
    let order = if new.is_some_and(|drive| drive.assumed) || hw.is_generic() {
        labelled("order", "the bay is assumed: read the serial off the new drive")
    } else {
        String::new()
    };
    format!("{order}\nnothing was done. `{}` {what} and does exactly this\n", terms.command)
}

/// Asks at a terminal. Silence means no.
fn consent(hw: &Hw, task: &Task, text: &str, terms: &Terms<'_>) -> Result<()> {
    let given = match terms.proof {
        Proof::Serial(given) => given,
        Proof::Name(name, given) => return named(text, name, given, terms.command),
        Proof::Yes if terms.yes => return Ok(()),
        Proof::Yes => {
            let line = ask(text, "do this? type yes: ", &format!("{} --yes", terms.command))?;
            return confirmed(&line);
        }
    };
    let new = task.disks.first().map(|disk| &disk.drive);
    let serial = new.and_then(|drive| drive.serial.as_ref());
    let model = new.and_then(|drive| drive.model.as_deref());
    let bay = new.map_or_else(|| terms.bay.to_owned(), Drive::spoken);
    let fits = |typed: &str| {
        let typed = typed.trim().to_ascii_lowercase();
        serial.is_none_or(|serial| {
            typed.len() >= ENOUGH.min(serial.as_str().len()) && serial.ends_with(&typed, model)
        })
    };
    let check = |typed: &str| {
        if fits(typed) {
            return Ok(());
        }
        let typed = plain(typed.trim());
        Err(ReplaceError::OtherSerial { typed, bay: bay.clone() }.into())
    };
    if let Some(typed) = given {
        check(typed)?;
    }
    let command = terms.command;
    if terms.yes {
        if given.is_none() && serial.is_some() {
            bail!(
                "`--yes` needs the serial of the drive that is written to, so nothing was done\n\
                 do this  `{command} --yes --serial SERIAL`, as on the label of the drive in {bay}"
            );
        }
        return Ok(());
    }
    let unsure = new
        .is_some_and(|drive| drive.bay.as_ref().is_none_or(|bay| hw.sure(bay) != Sure::Verified));
    let by_serial = serial.is_some() && unsure && given.is_none();
    let question = if by_serial {
        format!("type the last {ENOUGH} characters of the serial on the drive in {bay}: ")
    } else {
        "do this? type yes: ".to_owned()
    };
    let line = ask(text, &question, &format!("{command} --yes --serial SERIAL"))?;
    if by_serial && !line.trim().is_empty() {
        return check(&line);
    }
    confirmed(&line)
}

/// What is lost is named in full.
fn named(text: &str, name: &str, given: Option<&str>, command: &str) -> Result<()> {
    let typed = if let Some(given) = given {
        given.to_owned()
    } else {
        let question = format!("type {name} to destroy it permanently: ");
        ask(text, &question, &format!("{command} --confirm {name}"))?
    };
    if typed.trim() == name {
        return Ok(());
    }
    bail!("`{}` is not `{name}`, so nothing was done", plain(typed.trim()))
}

fn ask(text: &str, question: &str, without: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("there is no terminal to ask on, so nothing was done\ndo this  `{without}`");
    }
    let mut err = console::err();
    let _ = write!(err, "{text}\n{question}");
    let _ = err.flush();
    let line = short_line(std::io::stdin().lock())?.unwrap_or_default();
    Ok(line)
}

fn confirmed(line: &str) -> Result<()> {
    if line.trim() == "yes" { Ok(()) } else { bail!("not confirmed, so nothing was done") }
}

fn carry_out(context: &Context, hw: &Hw, task: &Task) -> Result<()> {
    work(context, hw, task.work(), &mut |progress| super::progress::say(&progress))
}

fn work(
    context: &Context,
    hw: &Hw,
    work: Work<'_>,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<()> {
    let machine = &*context.machine;
    let fresh = |want| look::look(machine, want).map_err(|error| error.to_string());
    Ok(apply::run(machine, hw, work, &fresh, tell)?)
}

/// Mounts the datasets of a pool that was imported, where they cover nothing, and lets it come back at boot.
///
/// # Errors
/// It cannot be looked at, or a step does not go as planned.
pub fn settle(
    context: &Context,
    hw: &Hw,
    pool: &str,
    ours: bool,
    tell: &mut dyn FnMut(Progress<'_>),
) -> Result<Arrival> {
    let inventory = context.look(Want { contents: false, pools: Pools::All, ..Want::IDENTITY })?;
    let pools = inventory.pools.as_ref().map_err(|why| anyhow::anyhow!("the pools: {why}"))?;
    let pool = pools.iter().find(|it| it.name == pool && arrival::is_unsettled(it));
    let Some(pool) = pool else { return Ok(Arrival::default()) };
    let found = arrival::judge(&*context.machine, pool, ours)?;
    let steps = found.steps();
    let done = Work { id: "arrival", disks: &[], steps: &steps, secrets: &secrets::NONE };
    work(context, hw, done, tell)?;
    Ok(found)
}

fn find<'a>(inventory: &'a Inventory, pool: &str) -> Option<&'a Pool> {
    inventory.pools.iter().flatten().find(|it| it.name == pool)
}

fn is_at_work(inventory: &Inventory, pool: &str) -> bool {
    find(inventory, pool).and_then(Pool::activity).is_some_and(Activity::is_watched)
}

/// How far what runs is, on standard error: a line that is written over where that is a terminal, else one for each tenth.
struct Progressed<'a> {
    hw: &'a Hw,
    is_terminal: bool,
    earlier: Option<(Timestamp, Status)>,
    told: Option<u64>,
}

impl<'a> Progressed<'a> {
    fn new(hw: &'a Hw) -> Self {
        let mut err = console::err();
        let is_terminal = err.is_terminal();
        let _ = writeln!(err, "  ctrl-c is safe: what is running continues");
        Self { hw, is_terminal, earlier: None, told: None }
    }

    /// Shows it, and says how long it may go on by itself.
    fn show(&mut self, inventory: &Inventory, pool: &Pool) -> Duration {
        let mut now = status::of(self.hw, inventory, pool);
        if let Some((then, before)) = &self.earlier {
            now = now.since(before, seconds(*then, inventory.taken));
        }
        if let Some(running) = now.running.first() {
            let line = progress(running);
            let mut err = std::io::stderr().lock();
            let tenth = running.percent / 10;
            if self.is_terminal {
                let _ = write!(err, "\r\x1b[K  {}", console::clean(line.trim_end()));
                let _ = err.flush();
            } else if self.told != Some(tenth) {
                let _ = write!(err, "  {}", console::clean(&line));
            }
            self.told = Some(tenth);
        }
        let left = now.running.first().and_then(|it| it.left).map_or(0, |(least, _)| least);
        self.earlier = Some((inventory.taken, now));
        Duration::from_secs((left / 10).clamp(*PERIOD.start(), *PERIOD.end()))
    }

    fn end(&self) {
        if self.is_terminal && self.told.is_some() {
            let _ = writeln!(console::err());
        }
    }
}

/// Seconds that ZFS is given to let go of a drive that was replaced.
const LETS_GO: u32 = 10;

/// Seconds that ZFS is given to begin a resilver: a drive that is back gets its own in one of the next
/// transaction groups (5 seconds each at most), and none where it has missed nothing.
const BEGINS: u32 = 15;

/// Whether a replacement that seems to have stopped goes on, or has ended, within [`BEGINS`] seconds: right after an import
/// its resilver has yet to begin, and right after a resilver ZFS has yet to let go of the old drive.
fn moves_on(context: &Context, name: &str) -> Result<bool> {
    for _ in 0..BEGINS {
        let inventory = context.look(Want::GLANCE)?;
        let Some(pool) = find(&inventory, name) else { return Ok(true) };
        if pool.resilvers() || !pool.vdevs.iter().any(Vdev::is_replaced) {
            return Ok(true);
        }
        sleep(Duration::from_secs(1));
    }
    Ok(false)
}

/// A pool that is watched.
struct Followed<'a> {
    pool: &'a str,
    /// How it was before a step that a resilver follows, if it may not have begun.
    before: Option<&'a Pool>,
    /// What was done before it is watched.
    task: Option<&'a Task>,
}

impl<'a> Followed<'a> {
    /// One at work already.
    fn going(pool: &'a str) -> Self {
        Self { pool, before: None, task: None }
    }
}

/// Watches the pool until nothing that a task sets going runs any more, and says how it is then.
fn follow(context: &Context, hw: &Hw, followed: &Followed<'_>) -> Result<Answer> {
    let &Followed { pool: name, before, task } = followed;
    let mut screen = Progressed::new(hw);
    let (mut patience, mut begins) = (LETS_GO, BEGINS);
    loop {
        let inventory = context.look(Want::GLANCE)?;
        let Some(pool) = find(&inventory, name) else { bail!("pool {name} is no longer imported") };
        if pool.activity().is_some_and(Activity::is_watched) {
            sleep(screen.show(&inventory, pool));
        } else if before.is_some_and(|before| !pool.resilvers_since(before)) && begins > 0 {
            begins -= 1;
            sleep(Duration::from_secs(1));
        } else if pool.vdevs.iter().any(Vdev::is_replaced) && patience > 0 {
            // ZFS lets go of the old drive a moment after the resilver; it stays if that did not end well.
            patience -= 1;
            sleep(Duration::from_secs(1));
        } else {
            break;
        }
    }
    screen.end();
    let inventory = context.look(Want { pools: Pools::All, ..Want::IDENTITY })?;
    let Some(pool) = find(&inventory, name) else { bail!("pool {name} is no longer imported") };
    let lacks =
        |vdev: &Vdev| vdev.is_replaced() || vdev.leaves.iter().any(|leaf| pool.lacks(vdev, leaf));
    let well = pool.state == State::Online && pool.errors == 0 && !pool.vdevs.iter().any(lacks);
    let mut text = if well {
        format!("done: pool {name} is ONLINE, every member is complete\n")
    } else {
        format!("pool {name} is {}\n", pool.state)
    };
    if !well {
        text.push_str(&labelled(
            "do this",
            &format!("see what is left to do: `zbay status {name}`"),
        ));
    }
    let root = pool.datasets.first();
    let usable = root.map(|root| root.used.0.saturating_add(root.available.0));
    if let Some(then) = task.and_then(|task| task.then.as_deref()) {
        text.push_str(&labelled("do this", &plain(then)));
    }
    let body = Tasked {
        task: task.map(render::json::plan::Task::from),
        pool: Some(name.to_owned()),
        state: Some(pool.state.to_string()),
        usable,
        ..Tasked::default()
    };
    let json = changed(&[], task.is_some(), body);
    Ok(Answer { text, json, status: u8::from(!well) })
}

fn report(task: &Task, is_changed: bool) -> serde_json::Value {
    changed(&task.notes, is_changed, Tasked::of(task))
}
