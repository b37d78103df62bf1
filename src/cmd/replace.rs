//! `zbay replace BAY`: shows what would be done, asks once, does exactly that, and watches until the new drive is
//! complete. Interrupted anywhere it goes on when it is typed again: it looks, and does what is still to do.

use std::io::{BufRead, IsTerminal, Write as _};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::json;

use super::{Answer, Context, need_root, say_woken};
use crate::apply::{self, Progress, journal};
use crate::cli::Replace;
use crate::history::History;
use crate::hw::{Hw, Sure};
use crate::inventory::{Inventory, Pool, Pools, Want, look};
use crate::life::replace::{Request, make};
use crate::life::{Cannot, Task};
use crate::machine::local::lock;
use crate::render;
use crate::render::json::answer;
use crate::render::text::{labelled, plain};

/// How often a resilver is looked at.
const PERIOD: Duration = Duration::from_secs(3);
/// Characters of a serial that tell a drive from its neighbours.
const ENOUGH: usize = 4;

/// Replaces.
pub fn run(context: &Context, args: &Replace) -> Result<Answer> {
    let only_shown = args.plan || context.common.machine.is_some();
    if !only_shown {
        need_root("replace")?;
    }
    let _lock = if only_shown { None } else { Some(lock(apply::LOCK.into())?.with_children()?) };
    let mut inventory = context.look(Want::ALL)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    say_woken(&hw, &inventory);
    let (history, _) = context.remember(&hw, &mut inventory);
    let task = match decide(context, &hw, &inventory, &history, args) {
        Ok(task) => task,
        // One that was interrupted while it was watched is watched again.
        Err(Cannot::Replacing { pool, .. } | Cannot::Busy { pool, .. })
            if !only_shown && !args.no_wait && is_resilvering(&inventory, &pool) =>
        {
            return follow(context, &hw, &pool);
        }
        Err(why) => return Err(why.into()),
    };
    let text = render::task::render(&task);
    if only_shown {
        let mut text = text + "nothing was done\n";
        if args.plan {
            text = text.replace("nothing was done\n", &next(args, &hw, &task));
        }
        return Ok(Answer { text, json: report(&task, false), status: 1 });
    }
    consent(args, &hw, &task, &text)?;
    carry_out(context, &hw, &task)?;
    if !task.resilvers {
        let mut text = "done\n".to_owned();
        if let Some(then) = &task.then {
            text.push_str(&labelled("do this", &plain(then)));
        }
        return Ok(Answer { text, json: report(&task, true), status: 1 });
    }
    if args.no_wait {
        let text =
            format!("done; the new drive is being filled: `zbay status {} --watch`\n", task.pool);
        return Ok(Answer { text, json: report(&task, true), status: 1 });
    }
    let mut answer = follow(context, &hw, &task.pool)?;
    answer.json["task"] = json!(task);
    answer.json["changed"] = json!(true);
    Ok(answer)
}

fn decide(
    context: &Context,
    hw: &Hw,
    inventory: &Inventory,
    history: &History,
    args: &Replace,
) -> Result<Task, Cannot> {
    let wish = context.wish().ok().flatten();
    let machine = &*context.machine;
    let journal = machine.file(journal::PATH.into()).ok().flatten().unwrap_or_default();
    let unfinished = journal::unfinished(&String::from_utf8_lossy(&journal));
    make(&Request {
        hw,
        inventory,
        history,
        wish: wish.as_ref().map(|wish| &wish.value),
        bay: &args.bay,
        with: args.with.as_ref(),
        member: args.member.as_deref(),
        takes: &args.take,
        unfinished: &unfinished,
    })
}

/// What to type to have it done.
fn next(args: &Replace, hw: &Hw, task: &Task) -> String {
    let with = args.with.as_ref().map(|bay| format!(" --with {bay}")).unwrap_or_default();
    let serial = task.disks.first().and_then(|disk| disk.drive.serial.as_ref());
    let what = match serial {
        Some(_) => "asks for the last characters of the new drive's serial",
        None => "asks once",
    };
    let assumed = task.disks.first().is_some_and(|disk| disk.drive.assumed);
    let order = if assumed || hw.is_generic() {
        labelled("order", "the bay is assumed: read the serial off the new drive")
    } else {
        String::new()
    };
    format!(
        "{order}\nnothing was done. `zbay replace {}{with}` {what} and does exactly this\n",
        args.bay
    )
}

/// Asks at a terminal; `--yes` needs the serial of the drive that is written to. Silence means no.
fn consent(args: &Replace, hw: &Hw, task: &Task, text: &str) -> Result<()> {
    let new = task.disks.first().map(|disk| &disk.drive);
    let serial = new.and_then(|drive| drive.serial.as_ref());
    let bay = new.map_or_else(|| args.bay.spoken(), crate::drive::Drive::spoken);
    let fits = |typed: &str| {
        let typed = typed.trim().to_ascii_lowercase();
        serial.is_none_or(|serial| {
            typed.len() >= ENOUGH.min(serial.as_str().len())
                && serial.as_str().to_ascii_lowercase().ends_with(&typed)
        })
    };
    let check = |typed: &str| {
        if fits(typed) {
            return Ok(());
        }
        let typed = plain(typed.trim());
        Err(Cannot::OtherSerial { typed, bay: bay.clone() }.into())
    };
    if let Some(typed) = &args.serial {
        check(typed)?;
    }
    if args.yes {
        if args.serial.is_none() && serial.is_some() {
            bail!(
                "`--yes` needs the serial of the drive that is written to, so nothing was done\n\
                 do this  `zbay replace {} --yes --serial SERIAL`, as on the label of the drive in {bay}",
                args.bay
            );
        }
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to ask at, so nothing was done\n\
             do this  `zbay replace {} --yes --serial SERIAL`",
            args.bay
        );
    }
    let unsure = new
        .is_some_and(|drive| drive.bay.as_ref().is_none_or(|bay| hw.sure(bay) != Sure::Verified));
    let by_serial = serial.is_some() && unsure && args.serial.is_none();
    let mut err = std::io::stderr().lock();
    let question = if by_serial {
        format!("type the last {ENOUGH} characters of the serial on the drive in {bay}: ")
    } else {
        "do this? type yes: ".to_owned()
    };
    let _ = write!(err, "{text}\n{question}");
    let _ = err.flush();
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if by_serial && !line.trim().is_empty() {
        return check(&line);
    }
    if line.trim() == "yes" { Ok(()) } else { bail!("not confirmed, so nothing was done") }
}

fn carry_out(context: &Context, hw: &Hw, task: &Task) -> Result<()> {
    let machine = &*context.machine;
    let want = Want { smart: false, ..Want::ALL };
    let fresh = || look::look(machine, want).map_err(|error| error.to_string());
    let mut say = |progress: Progress<'_>| {
        if let Progress::Begin(number, count, what) = progress {
            let _ = writeln!(std::io::stderr().lock(), "  {number}/{count} {what}");
        }
    };
    Ok(apply::run(machine, hw, task.work(), &fresh, &mut say)?)
}

fn find<'a>(inventory: &'a Inventory, pool: &str) -> Option<&'a Pool> {
    inventory.pools.iter().flatten().find(|it| it.name == pool)
}

fn is_resilvering(inventory: &Inventory, pool: &str) -> bool {
    let busy = find(inventory, pool).and_then(|pool| pool.busy.as_deref());
    busy.is_some_and(|busy| busy.starts_with("resilver"))
}

/// Watches the pool until nothing is resilvered any more, and says how it is then.
fn follow(context: &Context, hw: &Hw, name: &str) -> Result<Answer> {
    let want = Want { pools: Pools::Glance, ..Want::IDENTITY };
    let mut told = String::new();
    let inventory = loop {
        let inventory = context.look(want)?;
        let Some(pool) = find(&inventory, name) else { bail!("pool {name} is no longer imported") };
        let Some(busy) = pool.busy.clone().filter(|busy| busy.starts_with("resilver")) else {
            break inventory;
        };
        if busy != told {
            let _ = writeln!(
                std::io::stderr().lock(),
                "  {busy}; ctrl-c is safe: it goes on by itself"
            );
            told = busy;
        }
        sleep(PERIOD);
    };
    let Some(pool) = find(&inventory, name) else { bail!("pool {name} is no longer imported") };
    let well = pool.state == "ONLINE" && pool.errors == 0;
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
    let json = answer(&[], json!({ "pool": name, "state": pool.state, "hardware": hw.hardware }));
    Ok(Answer { text, json, status: u8::from(!well) })
}

fn report(task: &Task, changed: bool) -> serde_json::Value {
    let mut json = answer(&task.notes, json!({ "task": task }));
    json["changed"] = json!(changed);
    json
}
