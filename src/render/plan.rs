//! A plan as a person reads it: the drives by bay, what will be done, what it gives, what is at stake.
//!
//! Commands are shown as they will run; without `--full` the devices are called by their bays, since nobody
//! compares wwns twice. Files and settings of zbay's own are a line each.

use std::fmt::Write as _;

use crate::check::{Note, Rule, Severity};
use crate::domain::Drift;
use crate::domain::storage::Moved;
use crate::inventory::Inventory;
use crate::machine::{Change, Cmd};
use crate::names::BayId;
use crate::paint::{Tone, painted};
use crate::plan::replace::{Members, merged};
use crate::plan::{Outlook, Plan};
use crate::step::{Fingerprint, Step};
use crate::words::{bays, labelled, marked, plain, sentence, width};

/// The whole plan and what to type next. `full` spells every path.
/// `command` does it.
pub fn render(plan: &Plan, full: bool, command: &str) -> String {
    let mut out = body(plan, full, command);
    match (plan.steps.is_empty(), plan.drift.is_empty()) {
        (false, _) => out.push_str(&sentence(&format!(
            "nothing written. `{command}` asks once and does exactly this"
        ))),
        (true, true) => out.push_str("nothing to do: the machine matches its profile\n"),
        (true, false) => {
            out.push_str("zbay cannot change this in place: see the lines marked `!`\n");
        }
    }
    out
}

/// The whole plan, for a question to follow.
pub fn before_asking(plan: &Plan) -> String {
    body(plan, false, &plan.typed(None))
}

fn body(plan: &Plan, full: bool, command: &str) -> String {
    let mut out = String::new();
    headline(plan, &mut out);
    if !plan.disks.is_empty() {
        out.push('\n');
        drives(&plan.disks, &mut out);
    }
    if !plan.steps.is_empty() {
        out.push('\n');
        for step in &plan.steps {
            one_step(step, &plan.disks, full, &mut out);
        }
    }
    if !plan.as_wished.is_empty() {
        out.push_str(&marked("=", &plan.as_wished.join(", ")));
    }
    for drift in &plan.drift {
        out.push_str(&marked("!", &drift.to_string()));
        out.push_str(&indent(&remedy(drift, command)));
    }
    out.push('\n');
    outlook(plan, &mut out);
    for note in &plan.notes {
        out.push_str(&note_lines(note));
    }
    if plan.disks.iter().any(|print| print.drive.assumed) {
        out.push_str(&labelled(
            "order",
            "which port is which bay is assumed: compare the serials before you pull a drive",
        ));
    }
    out.push('\n');
    out
}

fn headline(plan: &Plan, out: &mut String) {
    let name = plain(&plan.profile);
    let text = if plan.disks.is_empty() {
        let count = plan.steps.len();
        match count {
            0 => format!("{name}: pool {} is there, nothing to change", plan.pool),
            1 => format!("{name}: pool {} is there, 1 change", plan.pool),
            _ => format!("{name}: pool {} is there, {count} changes", plan.pool),
        }
    } else {
        let count = plan.disks.len();
        let drives = match (count, plan.erases.len()) {
            (1, 0) => "drive proved blank".to_owned(),
            (_, 0) => "drives, all proved blank".to_owned(),
            (1, _) => "drive that is erased first".to_owned(),
            (_, erased) => format!("drives, {erased} of them erased first"),
        };
        match &plan.import {
            Some(import) => format!("{name}: import pool {}, {}", plan.pool, import.last),
            None => {
                format!("{name}: create pool {} ({}) from {count} {drives}", plan.pool, plan.layout)
            }
        }
    };
    out.push_str(&painted(Tone::Head, &sentence(&text)));
}

fn drives(disks: &[Fingerprint], out: &mut String) {
    let rows: Vec<Vec<String>> = disks
        .iter()
        .map(|print| {
            let drive = &print.drive;
            vec![
                drive.place(),
                plain(drive.model.as_deref().unwrap_or("?")),
                drive.size.tb(),
                drive
                    .serial
                    .as_ref()
                    .map_or_else(|| "?".to_owned(), |serial| plain(serial.as_str())),
                print.address.file_name().unwrap_or("?").to_owned(),
                if print.role == "data" { String::new() } else { print.role.clone() },
            ]
        })
        .collect();
    out.push_str(&crate::table::drives(2, &rows));
}

pub(super) fn one_step(step: &Step, disks: &[Fingerprint], full: bool, out: &mut String) {
    let commands: Vec<&Cmd> = step
        .changes
        .iter()
        .filter_map(|change| if let Change::Run(cmd) = change { Some(cmd) } else { None })
        // What only waits or makes sure says nothing to a person.
        .filter(|cmd| full || !["sync", "udevadm"].contains(&cmd.program.file_name().unwrap_or("")))
        .collect();
    let erases = step.changes.iter().any(|change| matches!(change, Change::Zero { .. }));
    let key = step.changes.iter().any(|change| matches!(change, Change::NewKey { .. }));
    let loads = |cmd: &&Cmd| cmd.args.first().is_some_and(|word| word == "daemon-reload");
    if commands.iter().all(loads) || erases || key {
        out.push_str(&marked("+", &step.what));
    }
    // What it is for stands above it.
    let commands: Vec<&Cmd> = commands.into_iter().filter(|cmd| full || !loads(cmd)).collect();
    if erases && !full {
        return;
    }
    let texts = if full {
        commands.iter().map(|cmd| full_command(cmd)).collect()
    } else {
        short_commands(&commands, disks)
    };
    for (index, text) in texts.iter().enumerate() {
        let _ = writeln!(out, "{}", wrap_command(text, if index == 0 { "  + " } else { "    " }));
    }
    if full {
        for change in &step.changes {
            match change {
                Change::WriteFile { path, mode, content, .. } => {
                    let _ = writeln!(out, "    write {path} ({mode:o}, {} bytes)", content.len());
                }
                Change::WriteBeneath { root, path, content, .. } => {
                    let _ = writeln!(out, "    write {root}/{path} (600, {} bytes)", content.len());
                }
                Change::NewKey { path } => {
                    let _ = writeln!(out, "    make the key {path} (600)");
                }
                Change::Access { dataset, path, owner, mode } => {
                    let owner = owner.iter().map(|owner| format!(" owner {owner}"));
                    let mode = mode.iter().map(|mode| format!(" mode {mode:o}"));
                    let all: String = owner.chain(mode).collect();
                    let _ = writeln!(out, "    set{all} on {path}, the top of {dataset}");
                }
                Change::Zero { dev, spans, .. } => {
                    let bytes: u64 = spans.iter().map(|span| span.len).sum();
                    let _ =
                        writeln!(out, "    zero {bytes} bytes in {} places of {dev}", spans.len());
                }
                _ => {}
            }
        }
    }
}

fn full_command(cmd: &Cmd) -> String {
    format!("{}{}", cmd.program.parent().map(|dir| format!("{dir}/")).unwrap_or_default(), cmd)
}

/// Short commands; those that differ in nothing but the drive at their end are told once.
fn short_commands(commands: &[&Cmd], disks: &[Fingerprint]) -> Vec<String> {
    let alike = |one: &Cmd, other: &Cmd| {
        let head = |cmd: &Cmd| cmd.args.split_last().map(|(_, head)| head.to_vec());
        one.program == other.program && head(one) == head(other)
    };
    let bay = |cmd: &Cmd| {
        let print = cmd.args.last().and_then(|last| disks.iter().find(|it| it.address == *last))?;
        print.drive.bay.clone()
    };
    let group = |group: &[&Cmd]| -> Vec<String> {
        let drives: Vec<BayId> = group.iter().filter_map(|cmd| bay(cmd)).collect();
        match group {
            [first, _, ..] if drives.len() == group.len() => {
                let mut head = (*first).clone();
                head.args.pop();
                vec![format!("{} (each of {})", short_command(&head, disks), bays(&drives))]
            }
            _ => group.iter().map(|cmd| short_command(cmd, disks)).collect(),
        }
    };
    commands.chunk_by(|one, other| alike(one, other)).flat_map(group).collect()
}

/// The command with runs of devices called by their bays: `raidz1 (bays 1-4)`.
fn short_command(cmd: &Cmd, disks: &[Fingerprint]) -> String {
    let bay_of = |arg: &str| {
        let whole = arg.rsplit_once("-part").map_or(arg, |(whole, _)| whole);
        let print = disks.iter().find(|print| print.address == arg || print.address == whole)?;
        let part =
            (print.address != arg).then(|| arg.rsplit_once("-part").map(|(_, n)| n)).flatten();
        Some((print.drive.bay.clone()?, part.map(str::to_owned)))
    };
    let mut words = vec![cmd.program.file_name().unwrap_or("?").to_owned()];
    let mut run: Vec<BayId> = Vec::new();
    for arg in &cmd.args {
        match bay_of(arg) {
            Some((bay, None)) => {
                run.push(bay);
                continue;
            }
            Some((bay, Some(part))) => {
                close(&mut run, &mut words);
                words.push(format!("({}, part {part})", bay.spoken()));
                continue;
            }
            None => close(&mut run, &mut words),
        }
        words.push(
            Cmd { args: vec![arg.clone()], ..cmd.clone() }
                .to_string()
                .split_once(' ')
                .map_or_else(String::new, |(_, arg)| arg.to_owned()),
        );
    }
    close(&mut run, &mut words);
    words.join(" ")
}

fn close(run: &mut Vec<BayId>, words: &mut Vec<String>) {
    if !run.is_empty() {
        words.push(format!("({})", bays(run)));
        run.clear();
    }
}

/// Breaks a command between arguments, an option and its value kept together.
fn wrap_command(text: &str, lead: &str) -> String {
    let mut lines = vec![lead.to_owned()];
    let mut words = text.split(' ').peekable();
    let mut first = true;
    while let Some(word) = words.next() {
        let mut piece = word.to_owned();
        if (word == "-o" || word == "-O") && words.peek().is_some() {
            piece = format!("{word} {}", words.next().unwrap_or_default());
        } else if word.starts_with('(') && !word.ends_with(')') {
            for more in words.by_ref() {
                piece = format!("{piece} {more}");
                if more.ends_with(')') {
                    break;
                }
            }
        }
        let line = lines.last_mut();
        if let Some(line) = line {
            if !first && line.len() + 1 + piece.len() + 2 > width() {
                line.push_str(" \\");
                lines.push(format!("      {piece}"));
                continue;
            }
            if !first {
                line.push(' ');
            }
            line.push_str(&piece);
        }
        first = false;
    }
    lines.join("\n")
}

fn indent(text: &str) -> String {
    labelled("", text)
}

fn outlook(plan: &Plan, out: &mut String) {
    let o = &plan.outlook;
    let will = if plan.disks.is_empty() { "holds" } else { "gives" };
    out.push_str(&labelled(
        will,
        &format!(
            "{} usable (zfs: {}, {} bytes), SIZE {} ({} bytes)",
            o.usable.tb(),
            o.usable.zfs(),
            o.usable,
            o.size.zfs(),
            o.size
        ),
    ));
    if o.unused.0 > 0 {
        out.push_str(&labelled("unused", &unused(plan, o)));
    }
    if !plan.disks.is_empty() {
        let volumes = plan.notes.iter().any(|note| note.rule == Rule::Volumes);
        let said = if volumes {
            format!(
                "{}; not all of these are drives, and it is unknown which fail together",
                survives(o)
            )
        } else {
            survives(o)
        };
        out.push_str(&labelled("survives", &said));
        let ashift = o.ashift;
        out.push_str(&labelled(
            "fixed",
            &format!("layout and ashift {ashift} cannot be changed later"),
        ));
        for (index, members) in merged(&o.replacement).iter().enumerate() {
            out.push_str(&labelled(if index == 0 { "replace" } else { "" }, &replaced(members)));
        }
    }
}

/// `bays 1-4 with drives of 996447109632 bytes or more (4096-byte sectors: 996516319232)`.
fn replaced(members: &Members) -> String {
    let large = members.drive_4kn.map_or_else(
        || "none with 4096-byte sectors".to_owned(),
        |least| format!("4096-byte sectors: {least}"),
    );
    format!("{} with drives of {} bytes or more ({large})", bays(&members.bays), members.drive_512)
}

fn unused(plan: &Plan, o: &Outlook) -> String {
    let force = plan.steps.iter().any(|step| {
        step.changes.iter().any(
            |change| matches!(change, Change::Run(cmd) if cmd.args.iter().any(|arg| arg == "-f")),
        )
    });
    let note = if force { "; `-f` is only for that" } else { "" };
    format!("{} of the larger drives, since the smallest sets the size{note}", o.unused.tb())
}

fn survives(o: &Outlook) -> String {
    let (from, to) = o.resilver_hours;
    let number = |n: u64| match n {
        1 => "any one drive".to_owned(),
        2 => "any two drives".to_owned(),
        3 => "any three drives".to_owned(),
        n => format!("any {n} drives"),
    };
    let hours = format!("a resilver of a full drive takes {from} to {to} h");
    match (o.survives, o.survives_at_best) {
        (0, _) => "nothing: any drive failure loses all data".to_owned(),
        (any, best) if best > any => {
            format!("{}; a second one only in another vdev; {hours}", number(any))
        }
        (1, _) => format!("any one drive; none during its resilver ({from} to {to} h)"),
        (any, _) => format!("{}; {hours}", number(any)),
    }
}

pub(super) fn note_lines(note: &Note) -> String {
    let label = match note.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "advice",
    };
    let text = if note.remedy.is_empty() {
        note.message.clone()
    } else {
        format!("{}: {}", note.message, note.remedy)
    };
    labelled(label, &text)
}

/// What a person can do about a difference: the command that brings this machine to its profile, or else why none does.
pub fn remedy(drift: &Drift, mend: &str) -> String {
    let said = drift.remedy();
    if mend.starts_with("zbay ") {
        said.replace("`zbay apply`", &format!("`{mend}`"))
    } else {
        said.replace("`zbay apply` fixes it", &format!("not applied as things are: {mend}"))
    }
}

/// What `zbay verify` prints. Drives that have moved are told, and are no difference.
pub fn drift(pool: &str, drift: &[Drift], moved: &[Moved], command: &str) -> String {
    let mut out = String::new();
    for one in moved {
        out.push_str(&marked("=", &format!("{one}: ZFS finds it there too")));
    }
    if drift.is_empty() {
        let said = format!("pool {pool} and its machine match the profile\n");
        out.push_str(&painted(Tone::Well, &said));
        return out;
    }
    for one in drift {
        out.push_str(&marked("!", &one.to_string()));
        out.push_str(&indent(&remedy(one, command)));
    }
    out
}

/// What was predicted beside what ZFS says now.
pub fn compared(plan: &Plan, inventory: &Inventory) -> String {
    let Ok(pools) = &inventory.pools else { return String::new() };
    let Some(pool) = pools.iter().find(|pool| pool.name == plan.pool) else { return String::new() };
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name);
    let Some(root) = root else { return String::new() };
    let usable = root.used.0.saturating_add(root.available.0);
    let rows = [
        vec![String::new(), "predicted".to_owned(), "zfs says".to_owned(), String::new()],
        row("SIZE", plan.outlook.size.0, pool.size.0),
        row("usable", plan.outlook.usable.0, usable),
    ];
    crate::table::list(2, &rows)
}

fn row(what: &str, predicted: u64, is: u64) -> Vec<String> {
    let word = if predicted == is { "equal" } else { "DIFFERENT" };
    vec![what.to_owned(), predicted.to_string(), is.to_string(), word.to_owned()]
}
