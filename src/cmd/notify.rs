//! `zbay notify`: what a timer and ZED run. Looks, tells what has changed, and keeps what was told; `zbay metrics`: the
//! same look as figures.
//!
//! It waits for nobody who changes a pool, since that may take hours, and it never wakes a drive. What a way out did not carry
//! is not noted as told by it. What is wrong stands above the console's login prompt too.
//!
//! Nothing that is broken here may silence it: not a profile, a description, a look that fails, a full disk. Telling comes
//! first, and all that is a courtesy after it.

use std::io::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{Does, Group, Page, Row, Run, given, options};
use super::{Answer, Context, login_banner, need_root};
use crate::care::boot;
use crate::check::{Note, address, machine};
use crate::console;
use crate::finding::{Finding, Severity};
use crate::hw::Hw;
use crate::hw::host::Host;
use crate::inventory::{Inventory, Pool, Pools, Unknown, Want};
use crate::machine::local::{Lock, LockError, lock, read_user_file, replace_user_file};
use crate::machine::trust::trusted;
use crate::machine::{Change, Machine};
use crate::notice::lost::{self, Absent};
use crate::notice::scope::Scope;
use crate::notice::send::{self, JOURNAL, Way};
use crate::notice::start::{self, Start};
use crate::notice::{
    Letter, Look, Matter, Notice, Scene, Told, age, decide, failing, matters, metrics as figures,
    store,
};

/// What a look found to tell; with `--test` what was sent.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Notified {
    /// A look.
    Looked {
        /// The alert that this look gave cause to; `null`: none.
        notice: Option<Alert>,
        /// All that is the matter now, whether it was told before or not.
        matters: Vec<Finding>,
        /// Ways that could not send it, and why.
        failed: Vec<String>,
        /// The profile names nobody who is told.
        nobody: bool,
    },
    /// With `--test`.
    Test {
        /// The ways by which it was sent.
        sent: Vec<String>,
        /// Nothing was sent: these ways would be used.
        dry_run: bool,
    },
}

/// An alert.
#[derive(Serialize, JsonSchema)]
struct Alert {
    /// Its subject.
    subject: String,
    /// Its text.
    body: String,
    /// The gravest of what it tells.
    severity: Severity,
}

impl From<&Notice> for Alert {
    fn from(notice: &Notice) -> Self {
        Self {
            subject: notice.subject.clone(),
            body: notice.body.clone(),
            severity: notice.weight.into(),
        }
    }
}

/// A pool of which no alerts are sent any more.
#[derive(Serialize, JsonSchema)]
pub(super) struct Forgotten {
    /// Its name.
    pool: String,
    /// Its GUID, as text.
    guid: String,
}
use crate::profile::Profile;
use crate::profile::notify::{Notify, WebHook};
use crate::render::json::{Shape, answer, changed};
use crate::shipped::{self, LoadError, WISH};
use crate::status::{self, Status, Weight};
use crate::words::labelled;

/// The command.
pub const ROW: Row = Row {
    name: "notify",
    about: "Send alerts about changes (run by a timer and by ZED)",
    more: "`--test` sends a test alert.",
    group: Group::Watch,
    does: Does::Asks,
    page: Page::Sent,
    arguments: options::<NotifyArgs>,
    run: Run::Machine(|context, matches| run(context, &given(matches)?)),
    answers: &[Shape::of::<Notified>("notify")],
    examples: &[
        ("notify --dry-run", "show what would be sent"),
        ("notify --test", "send a test alert"),
    ],
};

/// Arguments of `notify`.
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Send a test alert every way that is set up, then exit.
    #[arg(long)]
    pub test: bool,
    /// Also write metrics for Prometheus to this file.
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<Utf8PathBuf>,
    /// Show what would be sent, without sending or recording anything.
    #[arg(long)]
    pub dry_run: bool,
}

/// Where `node_exporter` of Debian looks for figures.
const TEXTFILES: &str = "/var/lib/prometheus/node-exporter";
/// Its own lock: looking waits for nobody who changes something.
const LOCK: &str = "/run/zbay/notify";
/// How often drives are asked for their health: some do not fall asleep while they are asked.
const HEALTH: SignedDuration = SignedDuration::from_mins(30);
/// How long a person waits for a look that runs.
const PATIENCE: Duration = Duration::from_mins(2);

/// One look with what is the matter.
struct Seen {
    hw: Hw,
    inventory: Inventory,
    pools: Vec<Status>,
    start: Start,
}

impl Seen {
    fn imported(&self) -> &[Pool] {
        self.inventory.pools.as_deref().unwrap_or_default()
    }
}

fn see(context: &Context, smart: bool) -> Result<Seen> {
    let machine = &*context.machine;
    let want = Want { smart, ..Want::GLANCE };
    // A look that fails altogether is told as one that could not ask the pools.
    let mut inventory = context.look(want).unwrap_or_else(|why| blind(machine, &why));
    let hw = match context.hw(&inventory.host) {
        Ok((hw, _)) => hw.value,
        Err(why) if context.common.hw.is_some() => return Err(why),
        Err(_) => shipped::generic()?.value,
    };
    let (history, _) = context.remember(&hw, &mut inventory);
    if !smart {
        for disk in &mut inventory.disks {
            disk.remembered =
                history.of(disk).and_then(|life| life.last()).and_then(|last| last.health.clone());
        }
    }
    let pools = inventory.pools.iter().flatten();
    let pools = pools.map(|pool| status::of(&hw, &inventory, pool)).collect();
    Ok(Seen { hw, inventory, pools, start: start::look(machine) })
}

fn blind(machine: &dyn Machine, why: &anyhow::Error) -> Inventory {
    let unknown = || Unknown::because(crate::fault::chain(why));
    let host = Host { facts: machine.host().ok(), ..Host::default() };
    let (disks, taken) = (Vec::new(), machine.now());
    let blind = Some(unknown());
    Inventory { taken, host, disks, blind, pools: Err(unknown()), importable: Err(unknown()) }
}

/// The recorded profile; `None`: there is none.
fn profile(machine: &dyn Machine) -> Result<Option<Profile>, LoadError> {
    match shipped::recorded_wish(machine)? {
        Some(_) => shipped::profile(machine, None).map(|profile| Some(profile.value)),
        None => Ok(None),
    }
}

/// Keeps what a profile that can be read says of who is told and of the pool; where it cannot be read, what is the matter
/// with it. What the last one said holds until then.
fn heed(told: &mut Told, profile: &Result<Option<Profile>, LoadError>) -> Option<Matter> {
    let next = format!("zbay check {WISH}");
    match profile {
        Ok(Some(profile)) => {
            told.notify = Some(profile.notify.clone());
            told.wished = Some(profile.pool.name.to_string());
            None
        }
        Ok(None) if told.wished.is_none() => None,
        Ok(None) => {
            let says = format!("the profile {WISH} is gone: using the last one that was read");
            Some(matters::broken(WISH, says, format!("zbay profile --from-pool > {WISH}")))
        }
        Err(why) => {
            let says =
                format!("the profile is broken, using the last valid one: {}", why.first_line());
            Some(matters::broken(WISH, says, next))
        }
    }
}

/// Pools that are missed, with what their drives say of them.
fn missed(context: &Context, told: &mut Told, seen: &Seen, deep: bool) -> Vec<Absent> {
    let Ok(pools) = &seen.inventory.pools else { return Vec::new() };
    lost::note(told, pools, &seen.pools, &seen.start, seen.inventory.taken);
    let mut absent = lost::absent(told, told.wished.as_deref(), pools, &seen.start);
    let known = lost::recall(told, &mut absent, &seen.inventory);
    if deep && !known && lost::is_asked(&absent) {
        // Drives that sleep are let sleep, and those that may fall asleep are not read at each look.
        let want = Want { contents: true, pools: Pools::All, ..Want::IDENTITY };
        if let Ok(look) = context.look(want) {
            lost::explain(told, &mut absent, &look);
        }
    }
    absent
}

/// Figures for Prometheus.
///
/// # Errors
/// A description that was named and cannot be had.
pub(super) fn figures_of(context: &Context) -> Result<String> {
    let seen = see(context, true)?;
    let mut told = store::load(&*context.machine);
    heed(&mut told, &profile(&*context.machine));
    let absent = missed(context, &mut told, &seen, false);
    Ok(figures::metrics(&seen.hw, &seen.inventory, &seen.pools, &figured(absent), &told))
}

/// Those that are a figure: what was let go is none, unless the profile names it.
fn figured(absent: Vec<Absent>) -> Vec<Absent> {
    absent.into_iter().filter(|pool| pool.let_go.is_none() || pool.wished).collect()
}

/// `zbay notify`.
///
/// # Errors
/// No root, another look that runs, or a way out that does not work with `--test`.
pub fn run(context: &Context, args: &NotifyArgs) -> Result<Answer> {
    let dry = args.dry_run || context.common.machine.is_some();
    if !dry {
        need_root("notify", super::ForRoot::Writes)?;
    }
    let machine = &*context.machine;
    context.warn_of_others(&context.decide(None));
    if args.test {
        let notify = profile(machine)?.map(|profile| profile.notify).unwrap_or_default();
        return test(context, &notify, dry);
    }
    // Two at once would tell everything twice. A lock that cannot be made keeps nobody from being told.
    let lock = if dry { None } else { Some(lock(LOCK.into())) };
    let mut warnings = Vec::new();
    let _lock = match lock {
        Some(Err(held @ LockError::Held(_))) => return Err(held.into()),
        Some(Err(why)) => {
            warnings.push(why.to_string());
            None
        }
        Some(Ok(lock)) => Some(lock),
        None => None,
    };
    let mut old = store::load(machine);
    let broken = heed(&mut old, &profile(machine));
    let notify = old.notify.clone().unwrap_or_default();
    let since = old.asked.and_then(|at| age(at, machine.now()));
    let smart = since.is_none_or(|since| since >= HEALTH);
    let seen = see(context, smart)?;
    let absent = missed(context, &mut old, &seen, true);
    let root = boot::look(machine);
    let told_of = |absent: &[Absent], all: &[Absent]| -> Vec<Matter> {
        absent.iter().filter_map(|pool| pool.matter(all, seen.imported())).collect()
    };
    let lost = told_of(&absent, &absent);
    let missed = figured(absent.clone());
    let shown = told_of(&missed, &absent);
    let all = matters_of(context, &seen, &root, [lost, broken.iter().cloned().collect()].concat());
    let mut headlines: Vec<String> = seen.pools.iter().map(Status::headline).collect();
    headlines.extend(shown.iter().map(|matter| matter.says.clone()));
    let host = seen.inventory.host.facts.as_ref().map_or("nas", |facts| facts.hostname.as_str());
    let now = seen.inventory.taken;
    let scope = Scope {
        inventory: &seen.inventory,
        pools: &seen.pools,
        absent: &absent,
        root: &root,
        smart,
        profile: broken.is_none(),
    };
    let whole = scope.is_whole(&old);
    let scene = Scene { host, now, headlines: &headlines, weekly: notify.weekly, whole };
    let asked = |matter: &Matter| scope.asked(matter);
    let ways = Way::all(&notify);
    let keys: Vec<String> =
        [JOURNAL.to_owned()].into_iter().chain(ways.iter().map(Way::key)).collect();
    let (letters, mut told) = decide(&old, Look { matters: &all, asked: &asked }, scene, &keys);
    if smart {
        told.asked = Some(now);
    }
    if seen.inventory.pools.is_ok() {
        figures::note_filled(&mut told, &seen.pools, now);
    }
    let failed = if dry { Vec::new() } else { deliver(machine, &ways, &letters, &mut told) };
    if !dry {
        if let Err(why) = store::save(machine, &mut told) {
            warnings.push(format!("could not record which alerts were sent: {why}"));
        }
        if let Err(why) = write_figures(machine, args, &seen, &missed, &told) {
            warnings.push(why.to_string());
        }
        // Whom no way reaches may look at the console.
        let unreached = failing::matters(&told);
        above_the_prompt(machine, &seen, &[shown, unreached].concat());
    }
    let notice = letters.first().map(|letter| &letter.notice);
    let body = Notified::Looked {
        notice: notice.map(Alert::from),
        matters: all.iter().map(Finding::from).collect(),
        failed: failed.clone(),
        nobody: notify.is_empty(),
    };
    let json = answer(&[], body);
    let mut err = console::err();
    for why in failed.iter().chain(&warnings) {
        let _ = writeln!(err, "warning: {why}");
    }
    let status = u8::from(!failed.is_empty() || !warnings.is_empty());
    Ok(Answer { text: words(&letters), json, status })
}

fn matters_of(context: &Context, seen: &Seen, root: &boot::Root, more: Vec<Matter>) -> Vec<Matter> {
    let mut drives = machine::drives(&seen.hw, true, &seen.inventory.disks);
    // What the drives say has its own hours; a root file system is looked at each time.
    let of_root = boot::notes(&seen.hw, &seen.inventory, root).into_iter();
    drives.extend(of_root.filter(|note| note.wwn.is_none()));
    let mut all = matters::matters(&seen.hw, &seen.inventory, &seen.pools, &drives);
    all.extend(more);
    for (file, why) in shipped::broken(&*context.machine) {
        let says =
            format!("a hardware description is broken and was skipped: {}", why.first_line());
        all.push(matters::broken(&file, says, format!("zbay check {file}")));
    }
    if let Err(why) = &seen.inventory.pools {
        all.push(matters::unanswered(&why.why));
    }
    all
}

/// What standard output, and so the journal, gets.
fn words(letters: &[Letter]) -> String {
    let mut text = String::new();
    for letter in letters {
        if !text.is_empty() {
            text.push('\n');
        }
        let notice = &letter.notice;
        if letter.ways.iter().any(|way| way == JOURNAL) {
            text += &[notice.subject.as_str(), "\n\n", notice.body.as_str()].concat();
        } else {
            // It was told here before.
            text +=
                &["sent again where it did not arrive: ", notice.subject.as_str(), "\n"].concat();
        }
    }
    if text.is_empty() { "nothing new to report\n".to_owned() } else { text }
}

fn write_figures(
    machine: &dyn Machine,
    args: &NotifyArgs,
    seen: &Seen,
    absent: &[Absent],
    told: &Told,
) -> Result<()> {
    let usual = machine.list(TEXTFILES.into()).ok().flatten();
    let usual = usual.map(|_| Utf8Path::new(TEXTFILES).join("zbay.prom"));
    let Some(file) = args.metrics.as_ref().or(usual.as_ref()) else { return Ok(()) };
    let text = figures::metrics(&seen.hw, &seen.inventory, &seen.pools, absent, told);
    replace_user_file(file, &text).context("the metrics were not written")
}

/// Where nobody answered, what stands there stays.
fn above_the_prompt(machine: &dyn Machine, seen: &Seen, lost: &[Matter]) {
    match &seen.inventory.pools {
        Ok(_) => login_banner::keep(machine, &seen.pools, lost),
        Err(why) => login_banner::add(machine, &matters::unanswered(&why.why)),
    }
}

/// The lock of looks, had when none runs.
fn wait_for_look() -> Result<Lock> {
    let began = Instant::now();
    loop {
        match lock(LOCK.into()) {
            Err(LockError::Held(_)) if began.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(200));
            }
            Err(LockError::Held(_)) => {
                bail!("another `zbay notify` is running and does not finish\ndo this  try again")
            }
            other => return Ok(other?),
        }
    }
}

/// Notes that zbay let a pool go, so that nobody misses it. It is a courtesy: what cannot be kept is told once by its labels.
pub(super) fn exported(context: &Context, guid: u64, name: &str) {
    let machine = &*context.machine;
    let keep = || -> Result<()> {
        let _lock = wait_for_look()?;
        let mut told = store::load(machine);
        lost::ours(&mut told, guid, name, machine.now());
        Ok(store::save(machine, &mut told)?)
    };
    if let Err(why) = keep() {
        tracing::warn!("could not note for `zbay notify` that {name} was exported: {why:#}");
    }
}

/// `zbay forget POOL`.
///
/// # Errors
/// It is imported, the profile names it, it was never seen, or that cannot be kept.
pub fn forget(context: &Context, word: &str) -> Result<Answer> {
    let machine = &*context.machine;
    let dry = context.common.machine.is_some();
    let pools = context.look(Want::GLANCE)?.pools.map_err(|why| why.why);
    let _lock = if dry { None } else { Some(wait_for_look()?) };
    let mut told = store::load(machine);
    // A profile that is broken names what it named before; one that is gone names nothing any more.
    let profile = profile(machine);
    let _ = heed(&mut told, &profile);
    if matches!(profile, Ok(None)) {
        told.wished = None;
    }
    let (guid, name) = lost::forgotten(&told, word, told.wished.as_deref(), &pools)?;
    let mut text =
        format!("{name} (guid {guid}) is no longer watched until it is imported again\n");
    if dry {
        text = format!("nothing was done: this is a recorded machine\nwould be: {text}");
    } else {
        lost::forget(&mut told, &guid);
        store::save(machine, &mut told).context("that could not be kept")?;
    }
    let json = changed(&[], !dry, Forgotten { pool: name, guid });
    Ok(Answer { text, json, status: 0 })
}

fn test(context: &Context, notify: &Notify, dry: bool) -> Result<Answer> {
    if notify.is_empty() {
        bail!(
            "no alerts: the profile /etc/zbay/profile.yaml has no `notify:`\n\
             do this  add it (`zbay help notices`), then `zbay notify --test`"
        );
    }
    let host = context.machine.host().map(|facts| facts.hostname).unwrap_or_default();
    let notice = Notice {
        subject: format!("{host}: a test"),
        body: "zbay can reach you: this is what `zbay notify --test` sends\n".to_owned(),
        weight: Weight::Notice,
    };
    let all = if dry { Vec::new() } else { Way::all(notify) };
    let send = |way: &Way| {
        let why = carry(&*context.machine, way, &notice).err()?;
        Some(unsent(way.word(), &why))
    };
    let failed: Vec<String> = all.iter().filter_map(send).collect();
    if !failed.is_empty() {
        bail!("{}", failed.join("\nerror: "));
    }
    let ways = notify.ways();
    let verb = if dry { "would be sent" } else { "sent" };
    let mut text = format!("{verb}: {}\n", ways.join(", "));
    let own = notify.url.as_ref().and_then(|url| address::in_clear("notify.url", url));
    let notes: Vec<Note> = own.into_iter().chain(in_clear(&*context.machine, notify)).collect();
    for note in &notes {
        text.push_str(&labelled("warning", &note.message));
        text.push_str(&labelled("do this", &note.remedy));
    }
    Ok(Answer {
        text,
        json: answer(&notes, Notified::Test { sent: ways, dry_run: dry }),
        status: 0,
    })
}

/// A warning where the secret of the address in a file can be read on the way.
pub(super) fn in_clear(machine: &dyn Machine, notify: &Notify) -> Option<Note> {
    let text = machine.file(notify.url_file.as_ref()?).ok().flatten()?;
    let url: WebHook = str::from_utf8(&text).ok()?.trim().parse().ok()?;
    address::in_clear("notify.url_file", &url)
}

/// Sends by each way what it has to tell, and notes what it carried; what failed, in words. Nothing of an address that is a
/// secret is in them.
fn deliver(
    machine: &dyn Machine,
    ways: &[Way],
    letters: &[Letter],
    told: &mut Told,
) -> Vec<String> {
    let (mut failed, now) = (Vec::new(), told.looked.unwrap_or_else(|| machine.now()));
    for letter in letters {
        for key in &letter.ways {
            let sent = match ways.iter().find(|way| way.key() == *key) {
                Some(way) => carry(machine, way, &letter.notice).map_err(|why| (way.word(), why)),
                None => Ok(()),
            };
            match sent {
                Ok(()) => told.carried(letter, key, now),
                Err((word, why)) => {
                    told.failed(key, word, &why, now);
                    failed.push(unsent(word, &why));
                }
            }
        }
    }
    failed
}

/// Sends a notice by one way; else why not, in words that hold no secret.
fn carry(machine: &dyn Machine, way: &Way, notice: &Notice) -> Result<(), String> {
    let send = || -> Result<()> {
        let cmd = match way {
            Way::Mail(to) => send::mail(to, notice),
            Way::Post(url) => send::post(url, notice),
            Way::PostFile(file) => send::post(&secret(file)?, notice),
        };
        let output = machine.change(&Change::Run(cmd.clone()))?;
        Ok(output.ok(&cmd).map(|_| ())?)
    };
    send().map_err(|why| {
        let why = crate::fault::chain(&why);
        let url = match way {
            Way::Mail(_) => None,
            Way::Post(url) => Some(url.clone()),
            Way::PostFile(file) => secret(file).ok(),
        };
        url.map_or(why.clone(), |url| send::veiled(&url, &why))
    })
}

fn unsent(word: &str, why: &str) -> String {
    format!("could not send the alert by {word}: {why}")
}

/// The address in a file that nobody else may read.
fn secret(file: &Utf8Path) -> Result<WebHook> {
    // It is sent all the same: whoever can change the address must not be able to silence it.
    if let Err(why) = trusted(file) {
        let _ = writeln!(console::err(), "warning: {why}\ndo this  `{}`", why.remedy);
    }
    let text = read_user_file(file, 4096)?.with_context(|| format!("there is no file {file}"))?;
    let mode = crate::machine::local::mode_of(file)?;
    if mode & 0o077 != 0 {
        bail!("{file} can be read by others (mode {mode:o})\ndo this  chmod 600 {file}");
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    text.trim().parse().map_err(|_| anyhow::anyhow!("{file} contains no web address"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::Recording;
    use crate::notice::Asked;

    #[test]
    fn a_way_that_carries_nothing_is_noted_with_its_reason_and_without_its_address() {
        let machine = Recorded::new("x".to_owned(), Recording::default());
        let ways =
            [Way::Mail("root".parse().unwrap()), Way::PostFile("/nonexistent/zbay/ntfy".into())];
        let keys: Vec<String> = ways.iter().map(Way::key).collect();
        let matters = [Matter::of("unanswered", Weight::Wrong, "the pools hang".to_owned())];
        let scene = |minute: i64| Scene {
            host: "nas",
            now: jiff::Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute),
            headlines: &[],
            weekly: false,
            whole: false,
        };
        let mut told = Told::default();
        for minute in [0, 5] {
            let look = Look { matters: &matters, asked: &|_| Asked::Yes };
            let (letters, next) = decide(&told, look, scene(minute), &keys);
            told = next;
            let failed = deliver(&machine, &ways, &letters, &mut told);
            assert_eq!(failed.len(), 1, "{failed:?}");
            assert!(failed[0].starts_with("could not send the alert by POST: "), "{failed:?}");
        }
        let [matter] = &failing::matters(&told)[..] else { panic!("{told:?}") };
        assert_eq!(matter.says, "alerts cannot be sent by POST");
        assert!(matter.means.contains("there is no file /nonexistent/zbay/ntfy"), "{matter:?}");
    }
}
