//! Layouts side by side: a row each, the first with its reason, how each grows, and the drives that do not count.
//!
//! Bays are told by their numbers; ports of a server without a description are too long for a table and get letters, which
//! the drives above it explain.

use schemars::JsonSchema;
use serde::Serialize;

use crate::inventory::phrase::contents_phrase;
use crate::inventory::{Flaw, Transport};
use crate::names::BayId;
use crate::profile::Layout;
use crate::propose::{Absent, Candidate, Member, Proposal, Remark, Why};
use crate::render::json::plan::{NamedDrive, Plan};
use crate::table::list;
use crate::units::Bytes;
use crate::words::{WIDTH, and, bays, clip, labelled, plain};

/// From so many bays on, neighbours are told as a range.
const FEW: usize = 8;
/// The longest list of bays that a row holds.
const ROOM: usize = 16;

/// The screen without its last line.
pub fn render(proposal: &Proposal) -> String {
    let mut out = head(proposal);
    let layouts = &proposal.layouts;
    if layouts.is_empty() {
        out.push_str(&labelled("none", none(proposal)));
        return out;
    }
    out.push('\n');
    out.push_str(&rows(proposal));
    out.push('\n');
    if let (Some(reason), Some(first)) = (&proposal.reason, layouts.first()) {
        let said = format!("{}: {reason}", first.words());
        out.push_str(&labelled("proposed", &said));
    }
    for (index, said) in numbered(layouts, &|one| Some(one.growth.clone())).iter().enumerate() {
        out.push_str(&labelled(if index == 0 { "grows" } else { "" }, said));
    }
    let of = |wanted: fn(&Remark) -> bool| {
        let found = |one: &Candidate| one.remarks.iter().find(|remark| wanted(remark)).copied();
        numbered(layouts, &found)
    };
    for said in of(|remark| matches!(remark, Remark::OtherVdev { .. })) {
        out.push_str(&labelled("(*)", &said));
    }
    let warnings = [
        of(|remark| matches!(remark, Remark::LongResilver { .. })),
        of(|remark| matches!(remark, Remark::LittleSlack { .. })),
    ];
    for said in warnings.into_iter().flatten() {
        out.push_str(&labelled("warning", &said));
    }
    out
}

/// The line that ends the screen of `zbay propose`.
pub fn next() -> &'static str {
    "\n`zbay propose --write` writes /etc/zbay/profile.yaml; nothing is applied\n"
}

/// The same where nothing was looked at.
pub fn buy() -> &'static str {
    "\nno drive was looked at: `zbay propose` alone uses the drives here\n"
}

/// The same where a profile was asked for and there is none.
pub fn no_wish() -> &'static str {
    "\nno profile yet, so nothing is done: `zbay propose --write` records layout 1"
}

/// `4 blank drives: 1.00 TB in bay 1, 2.00 TB in bays 2-4`, and who does not count.
fn head(proposal: &Proposal) -> String {
    let stock = &proposal.stock;
    let drives = &stock.drives;
    let mut sizes: Vec<(String, Vec<BayId>)> = Vec::new();
    let mut by_size: Vec<&Member> = drives.iter().collect();
    by_size.sort_by_key(|drive| (drive.size, &drive.bay));
    for drive in by_size {
        let size = drive.size.tb();
        match sizes.iter_mut().find(|(other, _)| *other == size) {
            Some((_, bays)) => bays.push(drive.bay.clone()),
            None => sizes.push((size, vec![drive.bay.clone()])),
        }
    }
    let there = drives.iter().any(|drive| drive.drive.is_some());
    let blank = if there || drives.is_empty() { "blank drive" } else { "drive" };
    let count = format!("{} {blank}{}", drives.len(), if drives.len() == 1 { "" } else { "s" });
    let mut out = if numbers(drives) {
        let said = |(size, at): &mut (String, Vec<BayId>)| {
            at.sort();
            format!("{size} in {}", bays(at))
        };
        let sizes: Vec<String> = sizes.iter_mut().map(said).collect();
        let colon = if sizes.is_empty() { "" } else { ":" };
        labelled(&format!("{count}{colon}"), &sizes.join(", "))
    } else {
        let row = |(index, drive): (usize, &Member)| {
            vec![letter(index), drive.bay.to_string(), drive.size.tb(), named(drive)]
        };
        format!("{count}\n{}", list(2, &drives.iter().enumerate().map(row).collect::<Vec<_>>()))
    };
    for (index, absent) in stock.absent.iter().enumerate() {
        let label = if index == 0 { "left out" } else { "" };
        out.push_str(&labelled(label, &left_out(absent)));
    }
    for (index, way) in ways_out(&stock.absent).iter().enumerate() {
        out.push_str(&labelled(if index == 0 { "do this" } else { "" }, way));
    }
    out
}

/// What to do about drives that are left out for where they are.
fn ways_out(absent: &[Absent]) -> Vec<&'static str> {
    let any = |is: fn(&Why) -> bool| absent.iter().any(|one| is(&one.why));
    let mut ways = Vec::new();
    if any(|why| matches!(why, Why::Outside { transport, .. } if *transport != Transport::Usb)) {
        ways.push(
            "name the ports in a description in /etc/zbay/hw (`zbay help hw`): as bays for data, \
             or as places with `pool: true` for a log or a cache; if the bays are cabled to that \
             card, `zbay learn` finds out which port is which bay",
        );
    }
    if any(|why| matches!(why, Why::Outside { transport: Transport::Usb, .. })) {
        ways.push(
            "zbay uses USB drives only if a description names their ports as bays: put one into \
             /etc/zbay/hw (`zbay help hw`)",
        );
    }
    if any(|why| *why == Why::Ambiguous) {
        ways.push("use direct ports instead of a port multiplier, or another controller");
    }
    ways
}

/// Why there is nothing to show.
fn none(proposal: &Proposal) -> &'static str {
    match (proposal.stock.drives.len(), proposal.stock.absent.len()) {
        (0, 0) => "there is no drive that zbay may use",
        (0, _) => "all drives are left out, each for the reason above",
        (1, 0) => "one drive alone has no redundancy: a second one of the same size makes a mirror",
        (1, _) => {
            "one drive alone has no redundancy, and the others are left out for the reasons above"
        }
        _ => "ZFS cannot make a pool with redundancy from these drives",
    }
}

/// Why a drive does not count.
fn why(why: &Why) -> String {
    match why {
        Why::Holds(owner) => contents_phrase(owner),
        Why::NotKnown(why) => format!("unknown: {}", plain(why)),
        Why::Unsound(finding) => format!("it {}", finding.words()),
        Why::Flawed(Flaw::PlaceholderWwn) => "its wwn is shared by many units".to_owned(),
        Why::Flawed(
            flaw
            @ (Flaw::OneDrive { .. } | Flaw::Zoned { .. } | Flaw::NoCapacity | Flaw::NoSectors),
        ) => {
            format!("it {}", flaw.words())
        }
        Why::Flawed(Flaw::DuplicateWwn { .. }) => "another drive has its wwn".to_owned(),
        Why::Flawed(Flaw::DuplicateSerial { .. }) => "another drive has its serial".to_owned(),
        Why::Flawed(Flaw::NoAddress) => "it has no name that survives a reboot".to_owned(),
        Why::NoBay => "blank, but not in a bay: usable for a log or a cache".to_owned(),
        Why::Ambiguous => {
            "udev gives it the same port as others, so a profile cannot tell them apart".to_owned()
        }
        Why::Outside { port: None, .. } => "udev does not report its port".to_owned(),
        Why::Outside { port: Some(port), transport: Transport::Usb } => {
            format!("a USB drive at {}, which no description names as a bay", plain(port))
        }
        Why::Outside { port: Some(port), .. } => {
            format!("at {}, which the description does not name", plain(port))
        }
    }
}

fn left_out(absent: &Absent) -> String {
    let drive = &absent.drive;
    let why = why(&absent.why);
    let model = plain(drive.model.as_deref().unwrap_or("no model"));
    let serial = drive.serial.as_ref().map_or("no serial", |serial| serial.as_str());
    let outside = matches!(absent.why, Why::Outside { .. } | Why::Ambiguous);
    let name = if outside { format!("`{}`", drive.name) } else { drive.spoken() };
    format!("{name}, {model} {}, {}: {why}", drive.size.tb(), plain(serial))
}

fn rows(proposal: &Proposal) -> String {
    let header = ["", "layout", "bays", "usable", "survives", "resilver", "unused"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let drives = &proposal.stock.drives;
    for (index, one) in proposal.layouts.iter().enumerate() {
        let (from, to) = one.resilver_hours;
        let star = one.remarks.iter().any(|remark| matches!(remark, Remark::OtherVdev { .. }));
        rows.push(vec![
            (index + 1).to_string(),
            one.words(),
            vdevs(drives, &one.bays),
            one.usable.tb(),
            format!("any {}{}", one.survives.any, if star { " (*)" } else { "" }),
            if from == to { format!("{from} h") } else { format!("{from} to {to} h") },
            unused(drives, one),
        ]);
    }
    let mut out = String::new();
    for line in list(2, &rows).lines() {
        out.push_str(&clip(line, WIDTH));
        out.push('\n');
    }
    out
}

/// `2 3 4`, `1 2 + 3 4`; ranges where there are many.
fn vdevs(drives: &[Member], groups: &[Vec<BayId>]) -> String {
    let all: Vec<&BayId> = groups.iter().flatten().collect();
    let few =
        |vdev: &Vec<BayId>| vdev.iter().map(|bay| short(drives, bay)).collect::<Vec<_>>().join(" ");
    let said = groups.iter().map(few).collect::<Vec<_>>().join(" + ");
    if all.len() <= FEW && said.len() <= ROOM {
        return said;
    }
    let said = groups.iter().map(|vdev| ranges(drives, vdev)).collect::<Vec<_>>().join(" + ");
    if said.len() <= ROOM {
        return said;
    }
    let all: Vec<BayId> = all.into_iter().cloned().collect();
    let width = groups.first().map_or(0, Vec::len);
    format!("{} by {width}", ranges(drives, &all))
}

/// Whether a range may go on from one drive to another: letters have no gaps, bays without a drive are one.
fn next_to(drives: &[Member], from: usize, to: usize) -> bool {
    let number =
        |at: usize| drives.get(at).and_then(|drive| drive.bay.as_str().parse::<u32>().ok());
    let step = |from: u32, to: u32| from.checked_add(1) == Some(to);
    from + 1 == to
        && (!numbers(drives) || number(from).zip(number(to)).is_some_and(|(a, b)| step(a, b)))
}

/// `1-3, 7`, `a-c, g`.
fn ranges(drives: &[Member], all: &[BayId]) -> String {
    let mut at: Vec<usize> =
        all.iter().filter_map(|bay| drives.iter().position(|drive| drive.bay == *bay)).collect();
    at.sort_unstable();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for index in at {
        match runs.last_mut() {
            Some((_, to)) if next_to(drives, *to, index) => *to = index,
            _ => runs.push((index, index)),
        }
    }
    let name = |index: usize| {
        let drive = drives.get(index);
        drive.map_or_else(String::new, |drive| short(drives, &drive.bay))
    };
    let said = |(from, to): &(usize, usize)| {
        if from == to { name(*from) } else { format!("{}-{}", name(*from), name(*to)) }
    };
    runs.iter().map(said).collect::<Vec<_>>().join(", ")
}

fn unused(drives: &[Member], one: &Candidate) -> String {
    let mut parts = Vec::new();
    if one.unused > Bytes(100_000_000) {
        parts.push(one.unused.tb());
    }
    if !one.free.is_empty() {
        let free: Vec<String> = one.free.iter().map(|bay| short(drives, bay)).collect();
        let s = if free.len() == 1 { "" } else { "s" };
        let free = if free.len() > 2 { ranges(drives, &one.free) } else { free.join(" ") };
        parts.push(format!("bay{s} {free}"));
    }
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

/// What holds of some layouts, each behind their numbers: `2 and 3: ...`.
fn numbered<T: PartialEq + std::fmt::Display>(
    layouts: &[Candidate],
    of: &dyn Fn(&Candidate) -> Option<T>,
) -> Vec<String> {
    let mut found: Vec<(T, Vec<String>)> = Vec::new();
    for (index, one) in layouts.iter().enumerate() {
        let Some(value) = of(one) else { continue };
        let number = (index + 1).to_string();
        match found.iter_mut().find(|(other, _)| *other == value) {
            Some((_, numbers)) => numbers.push(number),
            None => found.push((value, vec![number])),
        }
    }
    found.iter().map(|(value, numbers)| format!("{}: {value}", and(numbers))).collect()
}

fn numbers(drives: &[Member]) -> bool {
    drives.iter().all(|drive| drive.bay.as_str().parse::<u32>().is_ok())
}

/// The bay's number, or the letter of its drive.
fn short(drives: &[Member], bay: &BayId) -> String {
    if numbers(drives) {
        return bay.to_string();
    }
    let at = drives.iter().position(|drive| drive.bay == *bay);
    at.map_or_else(|| bay.to_string(), letter)
}

/// a to z, then a1, b1 ...
fn letter(index: usize) -> String {
    let of = |at: usize| "abcdefghijklmnopqrstuvwxyz".chars().nth(at).unwrap_or('?');
    let round = index / 26;
    let number = if round == 0 { String::new() } else { round.to_string() };
    format!("{}{number}", of(index % 26))
}

fn named(drive: &Member) -> String {
    let serial = drive.drive.as_ref().and_then(|drive| drive.serial.as_ref());
    serial.map_or_else(String::new, |serial| plain(serial.as_str()))
}

/// What would be done; without a profile: the layouts that there are.
#[derive(Serialize, JsonSchema)]
pub struct Planned {
    /// The plan; `null`: no profile is named and none is recorded.
    pub plan: Option<Box<Plan>>,
    /// Without a profile: the layouts for these drives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalAnswer>,
}

/// Layouts for drives, side by side.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Proposal")]
pub struct ProposalAnswer {
    /// Drives that count, by bay.
    pub drives: Vec<StockDrive>,
    /// Drives that are there and do not count.
    pub absent: Vec<AbsentDrive>,
    /// Bays without a drive.
    pub empty: Vec<BayId>,
    /// The layouts; the first is the proposed one.
    pub layouts: Vec<LayoutAnswer>,
    /// Why it is the first; `null`: there is no layout.
    pub reason: Option<String>,
}

/// A drive that may be taken.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StockDrive {
    /// Where it is.
    pub bay: BayId,
    /// Bytes.
    pub size: Bytes,
    /// Logical sector, bytes.
    pub logical: u32,
    /// Physical sector, bytes.
    pub physical: u32,
    /// Which drive it is; `null`: one that is not bought yet.
    pub drive: Option<NamedDrive>,
}

/// A drive that does not count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AbsentDrive {
    /// Which.
    pub drive: NamedDrive,
    /// Why not, in words.
    pub why: String,
}

/// A layout and what it gives.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "ProposedLayout")]
pub struct LayoutAnswer {
    /// Its number, for `zbay propose --write NUMBER`.
    pub number: usize,
    /// `raidz of 4`, `two mirrors`.
    pub layout: String,
    /// What each vdev is, as a profile says it.
    pub kind: Layout,
    /// The bays of each vdev.
    pub bays: Vec<Vec<BayId>>,
    /// USED + AVAIL of the root dataset of `zfs list -p`, bytes.
    pub usable: Bytes,
    /// SIZE of `zpool list -p`, bytes.
    pub size: Bytes,
    /// Drives that may fail in any combination.
    pub failures_tolerated: u64,
    /// Drives that may fail in the best combination.
    pub failures_tolerated_at_best: u64,
    /// Bays whose drives take no part.
    pub free: Vec<BayId>,
    /// Bytes of larger drives that stay unused beside smaller ones.
    pub unused: Bytes,
    /// Hours of a resilver of a full drive: at best, and under load.
    pub resilver_hours: (u64, u64),
    /// `zpool create` calls the drives of a vdev different.
    pub mixed: bool,
    /// How more space is had later, in words.
    pub grows: String,
    /// What else is to know, in words.
    pub remarks: Vec<String>,
}

/// The proposal for programs.
pub fn json(proposal: &Proposal) -> ProposalAnswer {
    let layout = |(index, one): (usize, &Candidate)| LayoutAnswer {
        number: index + 1,
        layout: one.words(),
        kind: one.layout,
        bays: one.bays.clone(),
        usable: one.usable,
        size: one.size,
        failures_tolerated: one.survives.any,
        failures_tolerated_at_best: one.survives.at_best,
        free: one.free.clone(),
        unused: one.unused,
        resilver_hours: one.resilver_hours,
        mixed: one.mixed,
        grows: one.growth.to_string(),
        remarks: one.remarks.iter().map(ToString::to_string).collect(),
    };
    let drive = |member: &Member| StockDrive {
        bay: member.bay.clone(),
        size: member.size,
        logical: member.logical,
        physical: member.physical,
        drive: member.drive.as_ref().map(NamedDrive::from),
    };
    let absent = |one: &Absent| AbsentDrive { drive: (&one.drive).into(), why: why(&one.why) };
    ProposalAnswer {
        drives: proposal.stock.drives.iter().map(drive).collect(),
        absent: proposal.stock.absent.iter().map(absent).collect(),
        empty: proposal.stock.empty.clone(),
        layouts: proposal.layouts.iter().enumerate().map(layout).collect(),
        reason: proposal.reason.as_ref().map(ToString::to_string),
    }
}
