//! The front of a box: its bays as a person sees them, each with its drive, how that is and whose it is.
//!
//! [`slots`] says what stands in each bay, once for the screen and for the picture. Each bay has a sign for whose its
//! drive is and one for how it is, so that nothing rests on colour; a serial is never cut. A member whose drive is gone
//! stands in its bay as MISSING.

use super::disk::{Row, gbps, rows};
use crate::drive::Drive;
use crate::hw::{Bay, Hw, Sure};
use crate::inventory::missing::{Missing, missing};
use crate::inventory::vacancy::Vacancy;
use crate::inventory::{Disk, Inventory, Owner, Pool, phrase};
use crate::names::BayId;
use crate::paint::{Paint, Tone};
use crate::smart::rules::Weight;
use crate::words;

/// What a sign says of a drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// In its pool.
    Member,
    /// Nothing is on it.
    Blank,
    /// It holds something that is not of an imported pool.
    Other,
    /// Not known.
    Unknown,
    /// Look at it.
    Warning,
    /// Act.
    Bad,
}

impl Sign {
    /// All, in the order in which a key lists them.
    pub const ALL: [Self; 6] =
        [Self::Member, Self::Blank, Self::Other, Self::Unknown, Self::Warning, Self::Bad];

    /// The character.
    pub fn letter(self) -> char {
        match self {
            Self::Member => '=',
            Self::Blank => '-',
            Self::Other => '#',
            Self::Unknown => '?',
            Self::Warning => '~',
            Self::Bad => '!',
        }
    }

    /// What it stands for.
    pub fn words(self) -> &'static str {
        match self {
            Self::Member => "in its pool",
            Self::Blank => "blank",
            Self::Other => "holds something else",
            Self::Unknown => "not known",
            Self::Warning => "look at it",
            Self::Bad => "act",
        }
    }

    fn tone(self, otherwise: Tone) -> Tone {
        match self {
            Self::Warning => Tone::Warning,
            Self::Bad => Tone::Bad,
            _ => otherwise,
        }
    }
}

/// A bay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub bay: BayId,
    /// What is in it, or should be; `None`: empty.
    pub drive: Option<Held>,
    /// Whether it is proved that no drive is in it, where none was seen.
    pub is_empty: bool,
}

/// A drive in a bay, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Model.
    pub model: String,
    /// Serial number.
    pub serial: String,
    /// Size; empty where the drive is not there.
    pub size: String,
    /// The link as it runs, and the best of its port.
    pub link: String,
    /// How it is, in a word or two; empty: nobody told.
    pub state: String,
    /// What its state calls for; `None`: nothing.
    pub alarm: Option<Sign>,
    /// `34 C`; empty: not known.
    pub heat: String,
    /// Whose it is.
    pub sign: Sign,
    /// The same in words.
    pub whose: String,
    /// The imported pool that it is of, in the order of the look.
    pub pool: Option<usize>,
}

impl Held {
    fn of_row(row: &Row<'_>, bay: &Bay, pools: &[Pool]) -> Self {
        let drive = &row.drive;
        let asleep = row.disk.asleep == Some(true);
        let state =
            row.health().unwrap_or_else(|| String::from(if asleep { "asleep" } else { "" }));
        let alarm = alarm(row);
        let temperature = row.disk.smart.as_ref().ok().and_then(|smart| smart.temperature);
        let named = |name: &str| pools.iter().position(|pool| pool.name == name);
        let (sign, whose, pool) = match (&row.member, &row.disk.contents) {
            (Some(member), _) => {
                let pool = named(&member.pool);
                let is = pool.and_then(|at| pools.get(at)).map(|pool| pool.state.as_str());
                let sign = match alarm {
                    Some(Sign::Bad) if is_out(&member.state) => Sign::Bad,
                    _ if is == Some("ONLINE") => Sign::Member,
                    _ => Sign::Warning,
                };
                let class = member.vdev.split(' ').next().unwrap_or_default();
                let class = ["log", "cache", "spare", "special", "dedup"]
                    .into_iter()
                    .find(|it| *it == class);
                let state = is.filter(|is| *is != "ONLINE");
                let words = [Some(member.pool.as_str()), class, state];
                (sign, words.into_iter().flatten().collect::<Vec<_>>().join(" "), pool)
            }
            (None, Err(unknown)) if unknown.asleep => (Sign::Unknown, "not read".to_owned(), None),
            (None, Err(_)) => (Sign::Unknown, "unknown".to_owned(), None),
            (None, Ok(found)) => match &found.owner {
                Owner::Blank => (Sign::Blank, "blank".to_owned(), None),
                Owner::Member(member) => (Sign::Member, member.pool.clone(), named(&member.pool)),
                Owner::Unknown { .. } => (Sign::Unknown, "unknown".to_owned(), None),
                Owner::ForeignPool(pool) => {
                    let name = pool.name.as_deref().unwrap_or("of unknown name");
                    (Sign::Other, format!("pool {name}"), None)
                }
                other => (Sign::Other, phrase::contents_phrase(other), None),
            },
        };
        Self {
            model: drive.model.clone().unwrap_or_else(|| "no model".to_owned()),
            serial: drive
                .serial
                .as_ref()
                .map_or_else(|| "no serial".to_owned(), ToString::to_string),
            size: drive.size.tb(),
            link: link(row, bay),
            state,
            alarm,
            heat: temperature.map_or_else(String::new, |degrees| format!("{degrees} C")),
            sign,
            whose: words::plain(&whose),
            pool,
        }
    }

    fn of_missing(one: &Missing, pools: &[Pool]) -> Self {
        Self {
            model: words::plain(&one.model),
            serial: words::plain(one.serial.as_deref().unwrap_or("serial not known")),
            size: String::new(),
            link: String::new(),
            state: "MISSING".to_owned(),
            alarm: Some(Sign::Bad),
            heat: String::new(),
            sign: Sign::Bad,
            whose: words::plain(&format!("{} {}", one.pool, one.state)),
            pool: pools.iter().position(|pool| pool.name == one.pool),
        }
    }

    /// `! unreadable`, `ok`, `asleep`.
    pub fn stated(&self) -> String {
        match self.alarm {
            Some(sign) => format!("{} {}", sign.letter(), self.state),
            None => self.state.clone(),
        }
    }

    /// `= tank`, `- blank`.
    pub fn owned(&self) -> String {
        format!("{} {}", self.sign.letter(), self.whose)
    }
}

/// Whether a member in this state does not serve its pool as it should.
fn is_out(state: &str) -> bool {
    !matches!(state, "ONLINE" | "AVAIL" | "INUSE")
}

/// What ZFS and SMART call for.
fn alarm(row: &Row<'_>) -> Option<Sign> {
    if row.member.as_ref().is_some_and(|member| is_out(&member.state)) {
        return Some(Sign::Bad);
    }
    match row.findings().first()?.weight() {
        Weight::Refusal => Some(Sign::Bad),
        Weight::Warning => Some(Sign::Warning),
        Weight::Advice => None,
    }
}

/// `3.0 of 6.0 Gb/s`: the link as it runs, and the best of its port where that is proved.
fn link(row: &Row<'_>, bay: &Bay) -> String {
    let best = bay.link.filter(|_| bay.link_sure != Sure::Assumed);
    let best = best.map(u64::from).map(gbps);
    match (row.disk.link.map(u64::from).map(gbps), best) {
        (Some(now), Some(best)) => format!("{now} of {best} Gb/s"),
        (Some(now), None) => format!("{now} Gb/s"),
        (None, Some(best)) => format!("? of {best} Gb/s"),
        (None, None) => String::new(),
    }
}

/// The bays in the order of the description; none for a box without one.
pub fn slots(hw: &Hw, inventory: &Inventory) -> Vec<Slot> {
    let pools = inventory.pools.as_deref().unwrap_or_default();
    let (rows, gone) = (rows(hw, inventory), missing(hw, inventory));
    let slot = |bay: &Bay| {
        let row = rows.iter().find(|row| row.drive.bay.as_ref() == Some(&bay.bay));
        let lost = || gone.iter().find(|one| one.bay.as_ref() == Some(&bay.bay));
        let drive = match row {
            Some(row) => Some(Held::of_row(row, bay, pools)),
            None => lost().map(|one| Held::of_missing(one, pools)),
        };
        let is_empty = hw.vacancy(inventory, &bay.bay) == Vacancy::Empty;
        Slot { bay: bay.bay.clone(), drive, is_empty }
    };
    hw.bays.iter().map(slot).collect()
}

/// Where a drive outside the bays is: its place, or its port where no place is that port's own.
pub fn place(hw: &Hw, inventory: &Inventory, drive: &Drive, disk: &Disk) -> String {
    let shared = |bay: &BayId| {
        let port =
            hw.places.iter().find(|place| place.place == *bay).and_then(|it| it.port.as_ref());
        port.is_some_and(|port| port.contains('*'))
    };
    // Where it is not known what the system runs from, it may be this one.
    let boots = inventory.host.boot_disk.as_ref().is_none_or(|name| *name == disk.name);
    match (&drive.bay, &disk.path) {
        (None, Some(path)) => words::plain(path),
        (Some(bay), Some(path)) if shared(bay) && !boots && !disk.removable => words::plain(path),
        _ => drive.place(),
    }
}

/// Members that are gone and stand in no bay of [`slots`].
pub fn lost(hw: &Hw, inventory: &Inventory) -> Vec<Missing> {
    let taken: Vec<BayId> =
        rows(hw, inventory).into_iter().filter_map(|row| row.drive.bay).collect();
    let mut gone = missing(hw, inventory);
    let mut seen: Vec<BayId> = Vec::new();
    gone.retain(|one| {
        let bay = one.bay.as_ref().filter(|bay| hw.bays.iter().any(|it| it.bay == **bay));
        let Some(bay) = bay.filter(|bay| !taken.contains(bay) && !seen.contains(bay)) else {
            return true;
        };
        seen.push(bay.clone());
        false
    });
    gone
}

/// A line of a bay.
struct Line {
    /// Of the first character.
    sign: Tone,
    /// Of the others.
    tone: Tone,
    left: String,
    right: String,
}

impl Line {
    fn new(tone: Tone, left: &str, right: &str) -> Self {
        Self { sign: tone, tone, left: words::plain(left), right: right.to_owned() }
    }

    fn plain(left: &str) -> Self {
        Self::new(Tone::Plain, left, "")
    }

    fn len(&self) -> usize {
        self.left.len() + usize::from(!self.right.is_empty()) + self.right.len()
    }

    /// As wide as told, painted last.
    fn fitted(&self, width: usize, paint: Paint) -> String {
        let (left, right) = (&self.left, &self.right);
        // `! test failed` and `34 C` go together without their blanks.
        let (tight, short) = (left.replacen(' ', "", 1), right.replace(' ', ""));
        let ways = [(left, right), (left, &short), (&tight, &short)];
        let gap = usize::from(!right.is_empty());
        let fits = |(left, right): &(&String, &String)| left.len() + gap + right.len() <= width;
        let (left, right) = ways.into_iter().find(fits).unwrap_or(ways[gap * 2]);
        let left = words::clip(left, width.saturating_sub(right.len() + gap));
        let gap = width.saturating_sub(left.len() + right.len());
        let painted = if self.sign == self.tone {
            paint.paint(self.tone, &left)
        } else {
            let (sign, rest) = left.split_at(left.len().min(1));
            paint.paint(self.sign, sign) + &paint.paint(self.tone, rest)
        };
        format!("{painted}{:gap$}{right}", "")
    }
}

fn lines(slot: &Slot) -> [Line; 6] {
    let name = slot.bay.spoken();
    let Some(held) = &slot.drive else {
        let state = if slot.is_empty { "empty" } else { "not known" };
        return [name.as_str(), state, "", "", "", ""].map(Line::plain);
    };
    let pool = held.pool.map_or(Tone::Plain, Tone::Pool);
    let state = held.alarm.map_or(Tone::Plain, |sign| sign.tone(Tone::Plain));
    [
        Line::new(pool, &name, &held.size),
        Line::plain(&held.model),
        Line::plain(&held.serial),
        Line::plain(&held.link),
        Line::new(state, &held.stated(), &held.heat),
        Line { sign: held.sign.tone(pool), ..Line::new(pool, &held.owned(), "") },
    ]
}

/// The bays with what is in them, in as many rows as the screen's columns need; nothing for a server without a description.
pub fn picture(slots: &[Slot], paint: Paint) -> String {
    if slots.is_empty() {
        return String::new();
    }
    let all: Vec<[Line; 6]> = slots.iter().map(lines).collect();
    let longest =
        |line: usize| all.iter().filter_map(|it| it.get(line)).map(Line::len).max().unwrap_or(0);
    // Models and words may be cut, serials not; a box narrower than this has no room for words.
    let words = longest(4).max(longest(5)).min(16);
    let least = [longest(0), longest(2), longest(3), words, 8].into_iter().max().unwrap_or(8);
    let room = words::width() - 3;
    let most = (room / (least + 3)).clamp(1, 6);
    let rows = all.len().div_ceil(most).max(1);
    let across = all.len().div_ceil(rows).max(1);
    let width = (room / across)
        .saturating_sub(3)
        .min(longest(1).max(longest(4)).max(longest(5)).max(least));
    let width = width.max(least);
    let rule = format!("  {}+\n", format!("+{}", "-".repeat(width + 2)).repeat(across));
    let mut out = rule.clone();
    for row in all.chunks(across) {
        // What nobody told of any bay takes no line.
        for line in (0..6).filter(|line| longest(*line) > 0) {
            out.push_str("  ");
            for at in 0..across {
                let text = row.get(at).and_then(|it| it.get(line));
                let text = text.map_or_else(|| " ".repeat(width), |it| it.fitted(width, paint));
                out.extend(["| ", &text, " "]);
            }
            out.push_str("|\n");
        }
        out.push_str(&rule);
    }
    out
}

#[cfg(test)]
#[path = "front_tests.rs"]
mod tests;
