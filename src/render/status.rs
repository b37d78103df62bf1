//! `status`: each pool in one sentence, by bay, and what to do next.
//!
//! A box of four bays takes at most 20 lines whatever is the matter: what is told besides the first condition is
//! what there is room for, and the rest is counted. The last line can be typed.

use crate::hw::Hw;
use crate::inventory::Class;
use crate::inventory::State;
use crate::paint::{Tone, painted};
use crate::render::bar;
use crate::status::{
    Condition, Member, Role, Running, Scrub, Status, VdevStatus, Weight, What, running,
};
use crate::table;
use crate::words;

/// Lines of a screen.
const LINES: usize = 20;
/// Lines for other conditions where the bays alone fill the screen.
const FEW: usize = 4;
/// Lines for what is wrong, whatever else there is.
const WRONG: usize = 3;
/// Cells of a bar.
const CELLS: u64 = 20;
/// Bays that a strip shows.
const STRIP: usize = 8;
/// Files that are named.
const FILES: usize = 3;

/// What a screen is made of.
pub struct Screen<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The imported pools.
    pub pools: &'a [Status],
    /// What is to say of pools that are not imported.
    pub others: &'a [Condition],
    /// Why it is not known which pools wait for an import, where that was asked.
    pub unknown: Option<&'a str>,
}

/// The screen.
pub fn render(screen: &Screen<'_>) -> String {
    let mut out = String::new();
    if screen.pools.is_empty() && screen.others.is_empty() {
        if let Some(why) = screen.unknown {
            out.push_str("no pool is imported; it is unknown whether one could be\n\n");
            out.push_str(&words::labelled("why", &words::plain(why)));
            out.push_str(&words::labelled("next", "`zbay show disk`"));
        } else {
            out.push_str("no pool is imported, and none is waiting to be\n\n");
            out.push_str(&words::labelled("next", "`zbay propose`"));
        }
    }
    for (index, status) in screen.pools.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&one(screen.hw, status));
    }
    for condition in screen.others {
        if !out.is_empty() {
            out.push('\n');
        }
        let tone = match condition.weight() {
            Weight::Wrong => Tone::Bad,
            Weight::Warning => Tone::Warning,
            Weight::Notice => Tone::Head,
        };
        out.push_str(&painted(tone, &words::sentence(&words::plain(&condition.to_string()))));
        out.push('\n');
        out.push_str(&words::labelled("means", &words::plain(&condition.means())));
        for drive in condition.who.iter().filter(|_| condition.what == What::Lost) {
            out.push_str(&words::labelled("missing", &words::plain(drive)));
        }
        out.push_str(&words::labelled("next", &typed(condition.next())));
    }
    out
}

/// Of its sentence. Green is for a pool that was seen to be well.
pub(super) fn tone(status: &Status) -> Tone {
    match status.conditions.first().map(Condition::weight) {
        Some(Weight::Wrong) => Tone::Bad,
        Some(Weight::Warning) => Tone::Warning,
        Some(Weight::Notice) | None if status.is_well() => Tone::Well,
        Some(Weight::Notice) | None => Tone::Head,
    }
}

/// One pool.
fn one(hw: &Hw, status: &Status) -> String {
    let headline = words::sentence(&words::plain(&status.headline()));
    let mut head = painted(tone(status), &headline);
    head.push('\n');
    head.push_str(&strip(hw, status));
    head.push_str(&table::states(2, &rows(status), 3));
    head.push('\n');
    let mut body = String::new();
    let first = status.conditions.first();
    let worst = first.filter(|it| it.weight() != Weight::Notice);
    if let Some(condition) = worst {
        body.push_str(&words::labelled("means", &words::plain(&condition.means())));
    }
    for running in &status.running {
        body.push_str(&progress(running));
    }
    let left: Vec<String> = status.left.iter().map(ToString::to_string).collect();
    if !left.is_empty() && status.state != State::Suspended {
        body.push_str(&words::labelled("redundancy", &words::plain(&left.join("; "))));
    }
    let names = files(status);
    let mut tail = String::new();
    if let Some(said) = scrub(status) {
        tail.push_str(&words::labelled("scrub", &said));
    }
    let full = bar(status.percent);
    let (used, size) = (status.allocated.zfs(), status.size.zfs());
    tail.push_str(&words::labelled("full", &format!("{full} {used} of {size}")));
    let touched = worst.filter(|it| it.bay.is_some() && touches(it.what));
    if let Some(condition) = touched {
        let assumed = status.vdevs.iter().flat_map(|vdev| &vdev.members).any(|it| it.assumed);
        if let (true, Some(serial)) = (assumed, condition.serials.first()) {
            let said =
                format!("the bay is assumed: compare the serial {serial} before you touch it");
            tail.push_str(&words::labelled("order", &words::plain(&said)));
        }
    }
    let shown = |it: &&Condition| !has_line(it.what) && Some(*it) != worst;
    let rest: Vec<&Condition> = status.conditions.iter().filter(shown).collect();
    tail.push_str(&words::labelled("next", &typed(status.next())));
    let used = head.lines().count() + body.lines().count() + tail.lines().count();
    // What is wrong goes before the names of files, which `zpool status -v` has too.
    let wrong = rest.iter().take_while(|it| it.weight() == Weight::Wrong).count();
    let least = if wrong > 0 { WRONG } else { 0 };
    let beside = |names: &str| {
        let room = LINES.checked_sub(used + names.lines().count());
        also(&rest, room.unwrap_or(FEW).max(least))
    };
    let (names, (also, _)) = match beside(&names) {
        (_, shown) if shown < wrong => ("", beside("")),
        fits => (names.as_str(), fits),
    };
    let used = used + names.lines().count();
    // Who cares for the pool is worth a line where there is one.
    let care = status.care.as_ref().filter(|_| used + also.lines().count() < LINES);
    let care = care.filter(|_| status.state != State::Suspended).map(|said| {
        let line = words::labelled("care", &words::plain(said));
        if line.lines().count() == 1 { line } else { words::labelled("care", "`zbay care`") }
    });
    format!("{head}{body}{also}{}{names}{tail}", care.unwrap_or_default())
}

/// Other conditions, as many as there is room for; and how many those are.
fn also(rest: &[&Condition], room: usize) -> (String, usize) {
    let mut out = String::new();
    let mut shown = 0;
    for (index, condition) in rest.iter().enumerate() {
        let next = condition.next().map(|next| format!(": `{next}`")).unwrap_or_default();
        let label = condition.weight().word();
        let entry = words::labelled(label, &words::plain(&format!("{condition}{next}")));
        let more = usize::from(index + 1 < rest.len());
        if out.lines().count() + entry.lines().count() + more > room {
            let count = rest.len() - index;
            out.push_str(&words::labelled(
                "more",
                &format!("{count} others: `zbay status --json`"),
            ));
            break;
        }
        out.push_str(&entry);
        shown += 1;
    }
    (out, shown)
}

/// What has a line of its own.
fn has_line(what: What) -> bool {
    matches!(
        what,
        What::Scrubbing
            | What::ScrubPaused
            | What::Expanding
            | What::Removing
            | What::Trimming
            | What::Initializing
    )
}

/// What makes somebody pull a drive.
fn touches(what: What) -> bool {
    matches!(
        what,
        What::DriveFailed
            | What::DriveGone
            | What::PutBack
            | What::LabelBad
            | What::DriveDegraded
            | What::DriveErrors
    )
}

fn typed(next: Option<String>) -> String {
    next.map_or_else(|| "nothing to do".to_owned(), |next| format!("`{}`", words::plain(&next)))
}

/// The bays side by side, each with what its member is: `[1 ok] [2 MISSING]`.
fn strip(hw: &Hw, status: &Status) -> String {
    let members: Vec<&Member> = status.vdevs.iter().flat_map(|vdev| &vdev.members).collect();
    if hw.bays.len() > STRIP || members.iter().all(|member| member.bay.is_none()) {
        return String::new();
    }
    let painted_word = |word: &str| painted(Tone::of_state(word), word);
    let cell = |bay: &crate::hw::Bay| {
        let here = members.iter().filter(|member| member.bay.as_ref() == Some(&bay.bay));
        let word = here.map(|member| brief(member)).max_by_key(|word| rank(word)).unwrap_or("-");
        format!("[ {} {} ]", bay.bay, painted_word(word))
    };
    let cells: Vec<String> = hw.bays.iter().map(cell).collect();
    format!("  {}\n", cells.join(" "))
}

fn rank(word: &str) -> Option<usize> {
    WORDS.iter().position(|known| *known == word)
}

/// Words for a member, the mildest first: of two members in one bay the worse one is shown.
const WORDS: [&str; 9] =
    ["ok", "spare", "MISSING", "errors", "FAILED", "resilvering", "OFFLINE", "FAILING", "NO LABEL"];

/// A member in a word of [`WORDS`].
fn brief(member: &Member) -> &'static str {
    match member.state.as_str() {
        _ if member.is_away() => "MISSING",
        "FAULTED" => "FAILED",
        "REMOVED" => "MISSING",
        "UNAVAIL" => "NO LABEL",
        "OFFLINE" => "OFFLINE",
        "DEGRADED" => "FAILING",
        _ if member.filling => "resilvering",
        _ if member.has_errors() => "errors",
        "AVAIL" => "spare",
        _ => "ok",
    }
}

fn rows(status: &Status) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for vdev in &status.vdevs {
        let alone = matches!(vdev.kind.as_str(), "disk" | "file") || vdev.members.len() == 1;
        if !alone {
            let class = if vdev.class == Class::Normal { "" } else { class(vdev.class) };
            let name = format!("{class} {}", vdev.name);
            let empty = String::new;
            rows.push(vec![
                name.trim().to_owned(),
                empty(),
                empty(),
                vdev.state.to_string(),
                empty(),
            ]);
        }
        // A spare that stands in is shown where it stands.
        let stands = |it: &Member| {
            let mut data = status.vdevs.iter().filter(|vdev| vdev.class != Class::Spare);
            data.any(|vdev| vdev.members.iter().any(|one| one.guid == it.guid))
        };
        let shown = vdev.members.iter().filter(|it| it.state != State::InUse || !stands(it));
        rows.extend(shown.map(|member| row(vdev, member, alone)));
    }
    rows
}

fn row(vdev: &VdevStatus, member: &Member, alone: bool) -> Vec<String> {
    let indent = if alone { "" } else { "  " };
    let gone = if member.gone && !member.model.is_empty() { "missing: " } else { "" };
    let mut notes: Vec<String> = Vec::new();
    if alone && vdev.class != Class::Normal {
        notes.push(class(vdev.class).to_owned());
    }
    if member.is_away() && member.model.is_empty() {
        notes.push("missing".to_owned());
    }
    let [read, write, checksum] = member.errors;
    let errors = [(read, "read"), (write, "write"), (checksum, "cksum")];
    notes
        .extend(errors.iter().filter(|it| it.0 > 0).map(|(count, word)| format!("{count} {word}")));
    match member.role {
        Role::Replaced => notes.push("being replaced".to_owned()),
        Role::Replacing if member.unfinished => notes.push("not complete".to_owned()),
        Role::Replacing => notes.push("replacement".to_owned()),
        Role::StandsIn => notes.push("stands in".to_owned()),
        Role::Plain | Role::SparedFor => {}
    }
    if member.waits {
        notes.push("waiting".to_owned());
    }
    if let Some(other) = &member.used_by {
        notes.push(format!("used by {other}"));
    }
    if member.filling && member.role == Role::Plain {
        notes.push("resilvering".to_owned());
    }
    let serial = member.serial.clone().unwrap_or_default();
    vec![
        format!("{indent}{}", member.place),
        format!("{gone}{}", member.model),
        serial,
        member.state.to_string(),
        notes.join(", "),
    ]
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Normal => "data",
        Class::Log => "log",
        Class::Cache => "cache",
        Class::Spare => "spare",
        Class::Special => "special",
        Class::Dedup => "dedup",
    }
}

fn bar(percent: u64) -> String {
    let percent = percent.min(100);
    let cells = bar::shares(&[percent, 100 - percent], CELLS);
    let mut out = String::from("[");
    for (cell, count) in ['#', '-'].into_iter().zip(cells) {
        out.extend((0..count).map(|_| cell));
    }
    format!("{out}] {percent} %,")
}

/// What runs, how far it is, and when it ends: one line.
pub fn progress(running: &Running) -> String {
    let mut said =
        format!("{} {} of {}", bar(running.percent), running.done.zfs(), running.all.zfs());
    let rate = running.rate.map(|rate| format!(", {}/s", rate.zfs())).unwrap_or_default();
    let ends = match running.left {
        _ if running.paused => ", paused".to_owned(),
        Some((from, to)) if duration(from) == duration(to) => format!(", {} left", duration(to)),
        Some((from, to)) => format!(", {} to {} left", duration(from), duration(to)),
        None => ", too early to say how long".to_owned(),
    };
    said.push_str(&rate);
    said.push_str(&ends);
    words::labelled(running.task.word(), &said)
}

fn files(status: &Status) -> String {
    let mut named: Vec<String> =
        status.damaged.iter().take(FILES).map(|file| words::plain(file)).collect();
    if named.is_empty() {
        return String::new();
    }
    if status.damaged.len() > FILES {
        named.push(format!("and {} more", status.damaged.len() - FILES));
    }
    named.iter().map(|file| words::labelled("damaged", file)).collect()
}

/// The last scrub; `None`: a line of its own tells of it.
fn scrub(status: &Status) -> Option<String> {
    match status.scrub {
        Scrub::Unfinished | Scrub::Never => None,
        Scrub::Forgotten { .. }
            if status.running.iter().any(|it| it.task == running::Task::Resilver) =>
        {
            None
        }
        Scrub::Forgotten { resilver } => {
            let day = resilver.map(|at| format!(" of {}", at.strftime("%Y-%m-%d")));
            Some(format!("unknown: a resilver{} has replaced the record", day.unwrap_or_default()))
        }
        Scrub::Ended { days, took, errors, repaired, .. } => {
            let ago = match days {
                0 => "today".to_owned(),
                1 => "1 day ago".to_owned(),
                many => format!("{many} days ago"),
            };
            let found = match (errors, repaired.0) {
                (0, 0) => "no errors".to_owned(),
                (0, _) => format!("{} mended", repaired.zfs()),
                (1, _) => "1 error that it could not repair".to_owned(),
                (many, _) => format!("{many} errors that it could not repair"),
            };
            Some(format!("{ago}, took {}, {found}", duration(took)))
        }
    }
}

/// Two units at most: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`.
fn duration(seconds: u64) -> String {
    let two = |big: u64, one: &str, small: u64, other: &str| match small {
        0 => format!("{big} {one}"),
        small => format!("{big} {one} {small} {other}"),
    };
    match seconds {
        0..=89 => format!("{seconds} s"),
        90..=3599 => format!("{} min", seconds.div_ceil(60)),
        3600..=86_399 => two(seconds / 3600, "h", seconds % 3600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3600, "h"),
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
