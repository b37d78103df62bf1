//! `zbay notify`: what a timer and ZED run. Looks, tells what has changed, and keeps what was told; `zbay metrics`: the
//! same look as figures.
//!
//! It waits for nobody who changes a pool, since that may take hours, and it never wakes a drive. What could not be sent is
//! not noted as told. What is wrong stands above the console's login prompt too.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};
use camino::Utf8Path;
use jiff::SignedDuration;
use serde_json::json;

use super::{Answer, Context, need_root, prompt};
use crate::care::boot;
use crate::check::machine;
use crate::cli::Notify as NotifyArgs;
use crate::hw::Hw;
use crate::inventory::{Inventory, Want};
use crate::machine::local::{lock, read_user_file, replace_user_file};
use crate::machine::{Change, Cmd, Hash, Machine};
use crate::notice::{Notice, PATH, Scene, Told, decide, matters, metrics as figures, send};
use crate::profile::notify::{Notify, WebHook};
use crate::render::json::answer;
use crate::status::{self, Status, Weight};

/// Where `node_exporter` of Debian looks for figures.
const TEXTFILES: &str = "/var/lib/prometheus/node-exporter";
/// Its own lock: looking waits for nobody who changes something.
const LOCK: &str = "/run/zbay/notify";
/// How often drives are asked for their health: some do not fall asleep while they are asked.
const HEALTH: SignedDuration = SignedDuration::from_mins(30);

/// One look with what is the matter.
struct Seen {
    hw: Hw,
    inventory: Inventory,
    pools: Vec<Status>,
    asked: Result<(), String>,
}

fn see(context: &Context, smart: bool) -> Result<Seen> {
    let want = Want { smart, ..Want::GLANCE };
    let mut inventory = context.look(want)?;
    let (hw, _) = context.hw(&inventory.host)?;
    let hw = hw.value;
    let (history, _) = context.remember(&hw, &mut inventory);
    if !smart {
        for disk in &mut inventory.disks {
            disk.remembered =
                history.of(disk).and_then(|life| life.last()).and_then(|last| last.health.clone());
        }
    }
    let asked = inventory.pools.as_ref().map(|_| ()).map_err(|why| why.why.clone());
    let pools = inventory.pools.iter().flatten();
    let pools = pools.map(|pool| status::of(&hw, &inventory, pool)).collect();
    Ok(Seen { hw, inventory, pools, asked })
}

/// `zbay metrics`.
///
/// # Errors
/// A machine that cannot be looked at.
pub fn metrics(context: &Context) -> Result<Answer> {
    let seen = see(context, true)?;
    let told = load(&*context.machine);
    let text = figures::metrics(&seen.hw, &seen.inventory, &seen.pools, &told);
    let json = answer(&[], json!({ "metrics": text }));
    Ok(Answer { text, json, status: 0 })
}

/// `zbay notify`.
///
/// # Errors
/// A machine that cannot be looked at, or a way out that does not work.
pub fn run(context: &Context, args: &NotifyArgs) -> Result<Answer> {
    let dry = args.dry_run || context.common.machine.is_some();
    if !dry {
        need_root("notify")?;
    }
    let notify = context.wish()?.map(|wish| wish.value.notify).unwrap_or_default();
    if args.test {
        return test(context, &notify, dry);
    }
    // Two at once would tell everything twice.
    let _lock = if dry { None } else { Some(lock(LOCK.into())?) };
    let machine = &*context.machine;
    let old = load(machine);
    let smart = old.asked.is_none_or(|at| machine.now().duration_since(at) >= HEALTH);
    let seen = see(context, smart)?;
    let mut drives = machine::drives(&seen.hw, true, &seen.inventory.disks);
    // What the drives say has its own hours; a root file system is looked at each time.
    let root = boot::look(machine);
    let of_root = boot::notes(&seen.hw, &seen.inventory, &root).into_iter();
    drives.extend(of_root.filter(|note| note.wwn.is_none()));
    let mut matters = matters::matters(&seen.hw, &seen.inventory, &seen.pools, &drives);
    if !smart {
        // What drives said stands until they are asked again.
        let known = old.matters.values().map(|known| &known.matter);
        matters.extend(known.filter(|it| it.key.starts_with(matters::DRIVE)).cloned());
    }
    if let Err(why) = &seen.asked {
        matters.push(matters::unanswered(why));
    }
    let headlines: Vec<String> = seen.pools.iter().map(Status::headline).collect();
    let host = seen.inventory.host.facts.as_ref().map_or("nas", |facts| facts.hostname.as_str());
    let now = seen.inventory.taken;
    let scene = Scene { host, now, headlines: &headlines, weekly: notify.weekly };
    let (notice, mut told) = decide(&old, &matters, &scene);
    if smart {
        told.asked = Some(now);
    }
    if seen.asked.is_ok() {
        figures::note_filled(&mut told, &seen.pools, now);
    }
    let usual = machine.list(TEXTFILES.into()).ok().flatten();
    let usual = usual.map(|_| Utf8Path::new(TEXTFILES).join("zbay.prom"));
    if let Some(file) = args.metrics.as_ref().or(usual.as_ref()).filter(|_| !dry) {
        let text = figures::metrics(&seen.hw, &seen.inventory, &seen.pools, &told);
        replace_user_file(file, &text)?;
    }
    if !dry && seen.asked.is_ok() {
        prompt::keep(machine, &seen.pools);
    }
    let failed = match &notice {
        Some(notice) if !dry => deliver(machine, &notify, notice),
        _ => Vec::new(),
    };
    if !dry {
        // What nobody got is told again at the next look.
        if !failed.is_empty() && failed.len() == notify.ways().len() {
            told.matters.clone_from(&old.matters);
            told.weekly = old.weekly;
        }
        keep_told(machine, &told)?;
    }
    let text = notice.as_ref().map_or_else(
        || "nothing new to tell\n".to_owned(),
        |notice| format!("{}\n\n{}", notice.subject, notice.body),
    );
    let json =
        answer(&[], json!({ "notice": notice, "failed": failed, "nobody": notify.is_empty() }));
    let mut err = std::io::stderr().lock();
    for why in &failed {
        let _ = writeln!(err, "warning: {why}");
    }
    Ok(Answer { text, json, status: u8::from(!failed.is_empty()) })
}

fn test(context: &Context, notify: &Notify, dry: bool) -> Result<Answer> {
    if notify.is_empty() {
        bail!(
            "nobody is told: the wish in /etc/zbay/profile.yaml has no `notify:`\n\
             do this  add it (docs/notices.md), then `zbay notify --test`"
        );
    }
    let host = context.machine.host().map(|facts| facts.hostname).unwrap_or_default();
    let notice = Notice {
        subject: format!("{host}: a test"),
        body: "zbay can reach you: this is what `zbay notify --test` sends\n".to_owned(),
        weight: Weight::Notice,
    };
    let failed = if dry { Vec::new() } else { deliver(&*context.machine, notify, &notice) };
    if !failed.is_empty() {
        bail!("{}", failed.join("\nerror: "));
    }
    let ways = notify.ways();
    let verb = if dry { "would be sent" } else { "sent" };
    let text = format!("{verb}: {}\n", ways.join(", "));
    Ok(Answer { text, json: answer(&[], json!({ "sent": ways, "dry_run": dry })), status: 0 })
}

/// Sends by each way; what failed, in words. Nothing of an address that is a secret is in them.
fn deliver(machine: &dyn Machine, notify: &Notify, notice: &Notice) -> Vec<String> {
    let mut failed = Vec::new();
    let mut send = |way: &str, cmd: Result<Cmd>| {
        let sent = cmd.and_then(|cmd| {
            let output = machine.change(&Change::Run(cmd.clone()))?;
            output.ok(&cmd).map(|_| ()).map_err(anyhow::Error::from)
        });
        if let Err(why) = sent {
            failed.push(format!("the notice could not be sent by {way}: {why:#}"));
        }
    };
    if let Some(to) = &notify.mail {
        send("mail", Ok(send::mail(to, notice)));
    }
    if let Some(url) = &notify.url {
        send("POST", Ok(send::post(url, notice)));
    }
    if let Some(file) = &notify.url_file {
        send("POST", secret(file).map(|url| send::post(&url, notice)));
    }
    failed
}

/// The address in a file that nobody else may read.
fn secret(file: &Utf8Path) -> Result<WebHook> {
    let text = read_user_file(file, 4096)?.with_context(|| format!("there is no file {file}"))?;
    let mode = crate::machine::local::mode_of(file)?;
    if mode & 0o077 != 0 {
        bail!("{file} can be read by others (mode {mode:o})\ndo this  chmod 600 {file}");
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    text.trim().parse().map_err(|_| anyhow::anyhow!("{file} holds no web address"))
}

fn load(machine: &dyn Machine) -> Told {
    let bytes = machine.file(PATH.into()).ok().flatten().unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn keep_told(machine: &dyn Machine, told: &Told) -> Result<()> {
    let text = serde_json::to_string_pretty(told)?;
    let was = machine.file(PATH.into())?;
    let kept = match was {
        Some(bytes) => machine.note(PATH.into(), &text, Some(&Hash::of(&bytes))),
        None => machine.note(PATH.into(), &text, None),
    };
    kept.with_context(|| format!("what was told could not be kept in {PATH}"))
}
