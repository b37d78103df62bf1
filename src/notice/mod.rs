//! Being told in time: one notice for each change of state, not for each look, by every way out that there is.
//!
//! Pure, but for [`store`] and [`start`]. What is the matter is a set of [`Matter`]s; what was told of them lies in a small
//! file ([`Told`]). A matter that is new is told at once where data is at stake, and else when it is still there at the next
//! look; one that is over is told when it has stayed away for a while, so that a cable that comes and goes makes one notice
//! and not a hundred. Each way out has an account of its own: what one could not send it sends at the next look, and the
//! others do not hear it twice.
//!
//! What always holds: a matter ends only by a look that could have seen it ([`Asked`]), and a time that lies in the future
//! counts as none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use crate::finding::Finding;
use crate::profile::notify::Notify;
use crate::status::Weight;

pub mod failing;
pub mod lost;
pub mod matters;
pub mod metrics;
pub mod scope;
pub mod send;
pub mod start;
pub mod store;

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;

/// Where what was told lies.
pub const PATH: &str = "/var/lib/zbay/told.json";
/// A matter that does not lose data is told when it has lasted this long.
const PATIENCE: SignedDuration = SignedDuration::from_mins(4);
/// It is over when it has stayed away this long.
const AWAY: SignedDuration = SignedDuration::from_mins(15);
/// A look is missed when none was for this long.
const MISSED: SignedDuration = SignedDuration::from_mins(60);
/// The weekly line.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Where a matter is told again though nothing changed: data at stake.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// A clock that is put right by less than this is the same clock.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// So many ends and gaps wait for a way out that does not work.
const WAITING: usize = 100;
/// The form of [`Told`] that this version writes.
const FORM: u32 = 2;

/// Something that is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// What tells it from others: pool, condition, serials.
    pub key: String,
    /// How much it matters.
    pub weight: Weight,
    /// One sentence: `bay 3 has failed`.
    pub says: String,
    /// What follows from it.
    pub means: String,
    /// What to type.
    pub next: Option<String>,
    /// Rows about the drives: bay, model, serial.
    pub drives: Vec<String>,
    /// The pool that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Serials of the drives that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<String>,
    /// While it lasts, nobody can tell what else of its pool is over: a pool that cannot be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub covers: bool,
    /// Told once and then settled: all may be well beside it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// Told again each day though no data is at stake.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub daily: bool,
}

impl From<&Matter> for Finding {
    fn from(matter: &Matter) -> Self {
        let subject = match (&matter.pool, matter.drives.first()) {
            (Some(pool), _) => format!("pool {pool}"),
            (None, Some(drive)) => drive.split("  ").next().unwrap_or(drive).to_owned(),
            (None, None) => "server".to_owned(),
        };
        let severity = matter.weight.into();
        let found = Self::new(&matter.id(), severity, &subject, matter.says.clone());
        let found = found.meaning(&matter.means);
        // Of drives and files it is a sentence.
        let found = match &matter.next {
            Some(next) if !next.starts_with("zbay ") && matter.pool.is_none() => found.remedy(next),
            next => found.command(next.clone()),
        };
        Self { serials: matter.serials.clone(), ..found }
    }
}

impl Matter {
    /// What kind of matter it is, for programs: the second word of its key where the first says what it is about.
    fn id(&self) -> String {
        let of_pool = |pool: &String| self.key.strip_prefix(pool.as_str())?.strip_prefix(' ');
        if let Some(rest) = self.pool.as_ref().and_then(of_pool) {
            return rest.split(' ').next().unwrap_or_default().to_owned();
        }
        let mut words = self.key.split(' ');
        match (words.next().unwrap_or_default(), words.next()) {
            ("drive" | "boot", Some(rule)) => {
                let mut id = String::new();
                for letter in rule.chars() {
                    if letter.is_ascii_uppercase() && !id.is_empty() {
                        id.push('-');
                    }
                    id.push(letter.to_ascii_lowercase());
                }
                id
            }
            ("file", _) => "file-broken".to_owned(),
            ("way", _) => "alert-not-sent".to_owned(),
            ("lost", _) => "pool-lost".to_owned(),
            ("let", _) => "pool-let-go".to_owned(),
            (word, _) => word.to_owned(),
        }
    }

    /// One that is about no pool and no drive.
    pub fn of(key: &str, weight: Weight, says: String) -> Self {
        Self {
            key: key.to_owned(),
            weight,
            says,
            means: String::new(),
            next: None,
            drives: Vec::new(),
            pool: None,
            serials: Vec::new(),
            covers: false,
            settled: false,
            daily: false,
        }
    }

    /// The pool that it is about; older files have it in the key alone.
    pub fn pool(&self) -> Option<&str> {
        let beside =
            [matters::DRIVE, matters::BOOT, matters::FILE, matters::WAY, matters::UNANSWERED];
        let of_pool = !beside.iter().any(|prefix| self.key.starts_with(prefix));
        let first = || self.key.split(' ').next().filter(|_| of_pool && self.key.contains(' '));
        self.pool.as_deref().or_else(first)
    }

    /// Whether nobody can say that the other is over while this one is there.
    fn hides(&self, other: &Self) -> bool {
        self.pool.is_some()
            && !lost::is_about(self)
            && self.pool() == other.pool()
            && self.key != other.key
            && !other.settled
            && self.weight <= other.weight
            && (self.covers || self.serials.iter().any(|serial| other.names(serial)))
    }

    fn names(&self, serial: &str) -> bool {
        let in_key = || self.key.split(' ').skip(2).any(|word| word == serial);
        self.serials.iter().any(|it| it == serial) || (self.serials.is_empty() && in_key())
    }
}

/// Whether a look could have seen a matter that it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It looked, and it is not there.
    Yes,
    /// Nobody was asked for it this time: it stands as it was known.
    No,
    /// It could not look: what was known stands.
    Failed,
    /// What it is about is watched no more: it goes without a word.
    Dropped,
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// Which form it has: 0 is that of a version that kept no account for each way.
    pub form: u32,
    /// Counts the times that it was kept: of two copies the later one is known without a clock.
    pub turn: u64,
    /// When the last look was.
    pub looked: Option<Timestamp>,
    /// When drives were asked for their health.
    pub asked: Option<Timestamp>,
    /// When the last weekly line was sent.
    pub weekly: Option<Timestamp>,
    /// Matters by key.
    pub matters: BTreeMap<String, Known>,
    /// Allocated bytes by pool, one value a day, the newest last.
    pub filled: BTreeMap<String, Vec<(Timestamp, u64)>>,
    /// When each way had its last weekly line.
    pub weeklies: BTreeMap<String, Timestamp>,
    /// Ends that some way has not told yet.
    pub over: Vec<Over>,
    /// Gaps between looks that some way has not told yet.
    pub gaps: Vec<Gap>,
    /// Ways that have carried nothing since they failed.
    pub failing: BTreeMap<String, failing::Failing>,
    /// Pools that were seen imported, by GUID.
    pub pools: BTreeMap<String, lost::Seen>,
    /// What was found of pools that are not imported.
    #[serde(deserialize_with = "if_known")]
    pub search: Option<lost::Search>,
    /// Who is told, from the last profile that could be read. An address that lies in a file of its own stays there.
    #[serde(deserialize_with = "if_known")]
    pub notify: Option<Notify>,
    /// The pool that the last profile that could be read names.
    pub wished: Option<String>,
}

/// Another version's way to write it costs this alone, and not all that was told.
fn if_known<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(value).ok().flatten())
}

/// A matter that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// As it was seen last.
    pub matter: Matter,
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was seen last.
    pub seen: Timestamp,
    /// When any way told it last; `None`: none has.
    pub told: Option<Timestamp>,
    /// When each way told it last.
    #[serde(default)]
    pub ways: BTreeMap<String, Timestamp>,
}

/// A matter that is over, and the ways that told it and not yet its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Over {
    /// As it was seen last.
    pub matter: Matter,
    /// When each way told it last.
    pub ways: BTreeMap<String, Timestamp>,
}

/// A time in which nobody looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The look before.
    pub from: Timestamp,
    /// The look after.
    pub to: Timestamp,
    /// The ways that have not told it yet.
    pub ways: BTreeSet<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// One line.
    pub subject: String,
    /// Lines.
    pub body: String,
    /// The gravest of what it tells.
    pub weight: Weight,
}

/// A message with the ways that are to carry it, and what they will have told then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Who carries it.
    pub ways: Vec<String>,
    /// What it says.
    pub notice: Notice,
    tells: Tells,
}

/// What a message tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tells {
    new: Vec<String>,
    again: Vec<String>,
    over: Vec<String>,
    gaps: Vec<Timestamp>,
    weekly: bool,
    /// Since when nothing got through by this way.
    out: Option<Timestamp>,
}

/// What a look is about: the host's name for the subject, and the headlines of its pools.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// Host.
    pub host: &'a str,
    /// When.
    pub now: Timestamp,
    /// One sentence a pool.
    pub headlines: &'a [String],
    /// Whether all is told once a week.
    pub weekly: bool,
    /// Whether this look saw every pool that it should, and there was one: else nobody can say that all is well.
    pub whole: bool,
}

/// What a look found, and what it could have found.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What is the matter.
    pub matters: &'a [Matter],
    /// Whether it could have seen a matter that it does not have.
    pub asked: &'a dyn Fn(&Matter) -> Asked,
}

/// How long ago it was; `None`: it lies in the future, so that nobody knows.
pub fn age(then: Timestamp, now: Timestamp) -> Option<SignedDuration> {
    (then <= now).then(|| now.duration_since(then))
}

/// A time as this clock has it: one that lies ahead is none, but for the little that a clock is put right by.
fn possible(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    if at <= now {
        return Some(at);
    }
    (at.duration_since(now) <= SKEW).then_some(now)
}

impl Told {
    /// What a clock that was wrong has left is none.
    fn set_right(&mut self, now: Timestamp) {
        let right = |at: &mut Option<Timestamp>| *at = at.and_then(|at| possible(at, now));
        let all = |ways: &mut BTreeMap<String, Timestamp>| {
            ways.retain(|_, at| {
                possible(*at, now).is_some_and(|right| {
                    *at = right;
                    true
                })
            });
        };
        for at in [&mut self.looked, &mut self.asked, &mut self.weekly] {
            right(at);
        }
        all(&mut self.weeklies);
        for known in self.matters.values_mut() {
            (known.since, known.seen) = (known.since.min(now), known.seen.min(now));
            right(&mut known.told);
            all(&mut known.ways);
        }
        for over in &mut self.over {
            for at in over.ways.values_mut() {
                *at = (*at).min(now);
            }
        }
        for gap in &mut self.gaps {
            (gap.from, gap.to) = (gap.from.min(now), gap.to.min(now));
        }
        for failing in self.failing.values_mut() {
            failing.set_right(now);
        }
        for past in self.filled.values_mut() {
            past.retain(|(at, _)| *at <= now);
        }
    }

    /// An older file says that something was told, not by whom: by all that there are. What a way was that is none any
    /// more is forgotten.
    fn account(&mut self, ways: &[String]) {
        if self.form < FORM {
            let all = |at: Timestamp| ways.iter().map(move |way| (way.clone(), at)).collect();
            for known in self.matters.values_mut() {
                known.ways = known.told.map(all).unwrap_or_default();
            }
            self.weeklies = self.weekly.map(all).unwrap_or_default();
            self.form = FORM;
        }
        let is = |way: &String| ways.contains(way);
        self.weeklies.retain(|way, _| is(way));
        self.failing.retain(|way, _| is(way));
        let of_none =
            |matter: &Matter| failing::way(matter).is_some_and(|way| !is(&way.to_owned()));
        self.matters.retain(|_, known| !of_none(&known.matter));
        self.over.retain(|over| !of_none(&over.matter));
        for known in self.matters.values_mut() {
            known.ways.retain(|way, _| is(way));
        }
        for over in &mut self.over {
            over.ways.retain(|way, _| is(way));
        }
        for gap in &mut self.gaps {
            gap.ways.retain(is);
        }
        self.tidy();
    }

    fn tidy(&mut self) {
        self.over.retain(|over| !over.ways.is_empty());
        self.gaps.retain(|gap| !gap.ways.is_empty());
        self.over.drain(..self.over.len().saturating_sub(WAITING));
        self.gaps.drain(..self.gaps.len().saturating_sub(WAITING));
    }

    /// Notes that a way carried a letter.
    pub fn carried(&mut self, letter: &Letter, way: &str, now: Timestamp) {
        let tells = &letter.tells;
        self.failing.remove(way);
        for key in tells.new.iter().chain(&tells.again) {
            if let Some(known) = self.matters.get_mut(key) {
                known.ways.insert(way.to_owned(), now);
                known.told = Some(now);
            }
        }
        for over in self.over.iter_mut().filter(|over| tells.over.contains(&over.matter.key)) {
            over.ways.remove(way);
        }
        for gap in self.gaps.iter_mut().filter(|gap| tells.gaps.contains(&gap.to)) {
            gap.ways.remove(way);
        }
        if tells.weekly {
            self.weeklies.insert(way.to_owned(), now);
            self.weekly = Some(now);
        }
        self.tidy();
    }
}

/// What is to be told now by which way, and what is known after this look; what a way carries is noted by [`Told::carried`].
pub fn decide(
    told: &Told,
    look: Look<'_>,
    scene: Scene<'_>,
    ways: &[String],
) -> (Vec<Letter>, Told) {
    let now = scene.now;
    let mut next = told.clone();
    next.set_right(now);
    next.account(ways);
    if let Some(from) = next.looked.filter(|from| now.duration_since(*from) >= MISSED) {
        next.gaps.push(Gap { from, to: now, ways: ways.iter().cloned().collect() });
    }
    next.looked = Some(now);
    let failing = failing::matters(&next);
    let look = Look { matters: &[look.matters, &failing[..]].concat(), ..look };
    for matter in look.matters {
        seen(&mut next, matter, now);
    }
    let standing = ended(&mut next, look, now);
    // An end that waits is told by a look that could have seen it go on.
    next.over.retain(|over| (look.asked)(&over.matter) != Asked::Dropped);
    let hidden = |matter: &Matter| look.matters.iter().any(|it| it.hides(matter));
    let over = next.over.iter().map(|over| &over.matter);
    let over = over.filter(|it| (look.asked)(it) != Asked::Failed && !hidden(it));
    let over: BTreeSet<String> = over.map(|it| it.key.clone()).collect();
    next.tidy();
    let worry = |known: &Known| known.matter.weight != Weight::Notice && !known.matter.settled;
    let well = scene.whole && !next.matters.values().any(worry);
    let mut letters: Vec<Letter> = Vec::new();
    for way in ways {
        let tells = owed(&next, (&standing, &over), way, now, scene.weekly && well);
        if let Some(same) = letters.iter_mut().find(|letter| letter.tells == tells) {
            same.ways.push(way.clone());
        } else if let Some(notice) = compose(&next, scene, &tells) {
            letters.push(Letter { ways: vec![way.clone()], notice, tells });
        }
    }
    (letters, next)
}

/// A matter that is there.
fn seen(next: &mut Told, matter: &Matter, now: Timestamp) {
    // One that came back before a way could tell its end is still told there.
    let back = next.over.iter().position(|over| over.matter.key == matter.key);
    let back = back.map(|at| next.over.remove(at).ways).unwrap_or_default();
    let known = next.matters.entry(matter.key.clone()).or_insert_with(|| Known {
        matter: matter.clone(),
        since: now,
        seen: now,
        told: back.values().max().copied(),
        ways: back,
    });
    if matter.weight < known.matter.weight {
        known.ways.clear();
    }
    (known.seen, known.matter) = (now, matter.clone());
}

/// Takes out what is over; the keys of what stands.
fn ended(next: &mut Told, look: Look<'_>, now: Timestamp) -> BTreeSet<String> {
    let mut standing: BTreeSet<String> = look.matters.iter().map(|it| it.key.clone()).collect();
    let mut over = Vec::new();
    next.matters.retain(|key, known| {
        if standing.contains(key) {
            return true;
        }
        let asked = (look.asked)(&known.matter);
        let hidden = look.matters.iter().any(|matter| matter.hides(&known.matter));
        match asked {
            Asked::Dropped => return false,
            Asked::No => {
                standing.insert(key.clone());
                return true;
            }
            Asked::Failed => {
                known.seen = now;
                standing.insert(key.clone());
                return true;
            }
            Asked::Yes if hidden => {
                known.seen = now;
                return true;
            }
            Asked::Yes => {}
        }
        let gone = now.duration_since(known.seen) >= AWAY;
        if gone && !known.ways.is_empty() && !known.matter.settled {
            over.push(Over { matter: known.matter.clone(), ways: known.ways.clone() });
        }
        !gone
    });
    next.over.extend(over);
    standing
}

/// What a way has still to tell.
fn owed(
    next: &Told,
    (standing, ended): (&BTreeSet<String>, &BTreeSet<String>),
    way: &str,
    now: Timestamp,
    weekly: bool,
) -> Tells {
    let mut tells = Tells::default();
    for (key, known) in next.matters.iter().filter(|(key, _)| standing.contains(*key)) {
        // It would have to carry the news that it carries none.
        if failing::way(&known.matter).is_some_and(|it| it == way) {
            continue;
        }
        // A way that fails had its patience before it became a matter.
        let grave = known.matter.weight == Weight::Wrong || known.matter.daily;
        let lasted = now.duration_since(known.since) >= PATIENCE;
        match known.ways.get(way) {
            None if known.matter.weight != Weight::Notice && (grave || lasted) => {
                tells.new.push(key.clone());
            }
            Some(at) if grave && now.duration_since(*at) >= AGAIN => tells.again.push(key.clone()),
            _ => {}
        }
    }
    let over = next.over.iter().filter(|over| over.ways.contains_key(way));
    let over = over.filter(|over| ended.contains(&over.matter.key));
    tells.over = over.map(|over| over.matter.key.clone()).collect();
    let gaps = next.gaps.iter().filter(|gap| gap.ways.contains(way));
    tells.gaps = gaps.map(|gap| gap.to).collect();
    tells.out = next.failing.get(way).filter(|it| it.is_lasting()).map(|it| it.since);
    let due = next.weeklies.get(way).is_none_or(|last| now.duration_since(*last) >= WEEK);
    tells.weekly = weekly && due && tells == Tells::default();
    tells
}

fn compose(told: &Told, scene: Scene<'_>, tells: &Tells) -> Option<Notice> {
    let host = scene.host;
    let of = |keys: &[String]| -> Vec<&Matter> {
        keys.iter().filter_map(|key| told.matters.get(key)).map(|it| &it.matter).collect()
    };
    let (new, again) = (of(&tells.new), of(&tells.again));
    let over = told.over.iter().filter(|over| tells.over.contains(&over.matter.key));
    let over: Vec<&Matter> = over.map(|over| &over.matter).collect();
    let gaps: Vec<&Gap> = told.gaps.iter().filter(|gap| tells.gaps.contains(&gap.to)).collect();
    let first = new.iter().chain(&again).min_by_key(|matter| matter.weight);
    let what = match (first, over.first(), gaps.first()) {
        (Some(first), ..) => first.says.clone(),
        (None, Some(over), _) => format!("over: {}", over.says),
        (None, None, Some(_)) => "zbay was not running for a while".to_owned(),
        (None, None, None) if tells.weekly => "all pools are healthy".to_owned(),
        (None, None, None) if tells.out.is_some() => "this way works again".to_owned(),
        (None, None, None) => return None,
    };
    let more = (new.len() + again.len() + over.len()).saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let mut body = String::new();
    let when = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    for headline in scene.headlines {
        let _ = writeln!(body, "{headline}");
    }
    if let Some(out) = tells.out {
        let _ = write!(
            body,
            "\nnothing reached you this way since {}: `journalctl -u zbay-notify` has the alerts\n",
            when(out)
        );
    }
    for (word, matters) in [("now", &new), ("still", &again)] {
        for matter in matters {
            let _ = write!(body, "\n{word}: {}\n", matter.says);
            if !matter.means.is_empty() {
                let _ = writeln!(body, "  {}", matter.means);
            }
            for drive in &matter.drives {
                let _ = writeln!(body, "  {drive}");
            }
            if let Some(next) = &matter.next {
                let _ = writeln!(body, "  do this: {next}");
            }
        }
    }
    for matter in &over {
        let _ = write!(body, "\nover: {}\n", matter.says);
    }
    for gap in gaps {
        let _ = write!(
            body,
            "\nno checks ran between {} and {}: the server was off, or `systemctl status \
             zbay-notify.timer` says why\n",
            when(gap.from),
            when(gap.to)
        );
    }
    let weight = first.map_or(Weight::Notice, |matter| matter.weight);
    Some(Notice { subject: format!("{host}: {what}{more}"), body, weight })
}
