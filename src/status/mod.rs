//! How a pool is, in words that a person can act on: what is wrong, in which bay, what to do next.
//!
//! Pure. [`of`] takes what was seen and gives a [`Status`]: the conditions that the pool is in ([`what::What`], one
//! table), its members by bay, what each vdev can still lose, what runs and when it ends. `zpool status` itself names
//! one condition at a time (a resilver hides the fault that it mends); here all of them are told, the heaviest first.
//! A healthy bay is never named for a failed one: see [`member`].

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::finding::{Finding, Severity};
use crate::hw::Hw;
use crate::inventory::bond::Drives;
use crate::inventory::seats::in_bay;
use crate::inventory::{Class, Disk, Inventory, Pool, State};
use crate::names::BayId;
use crate::units::Bytes;

mod damage;
mod find;
pub mod left;
pub mod member;
pub mod running;
mod said;
pub mod waiting;
pub mod what;

#[cfg(test)]
mod outside_tests;
#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use damage::Damage;
pub use left::Left;
pub use member::{Member, Role};
pub use running::{Running, Task};
pub use what::{Weight, What};

/// Scrubs further apart than this are told.
pub const SCRUB_DAYS: u64 = 35;

/// How a pool is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Status {
    /// Its name.
    pub pool: String,
    /// ZFS's word for its state.
    pub state: State,
    /// What it is in, the heaviest first.
    #[schemars(with = "Vec<Finding>")]
    pub conditions: Vec<Condition>,
    /// Its vdevs by bay.
    pub vdevs: Vec<VdevStatus>,
    /// What each vdev with data can still lose.
    pub left: Vec<Left>,
    /// What runs.
    pub running: Vec<Running>,
    /// The last scrub.
    pub scrub: Scrub,
    /// SIZE of `zpool list -p`.
    pub size: Bytes,
    /// ALLOC of `zpool list -p`.
    pub allocated: Bytes,
    /// Whole percent of it.
    pub percent: u64,
    /// Damaged files, where they were asked for.
    pub damaged: Vec<String>,
    /// Who scrubs it and who is told, where that is known.
    pub care: Option<String>,
}

/// A vdev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VdevStatus {
    /// `raidz1-0`.
    pub name: String,
    /// What it is for.
    pub class: Class,
    /// Its kind.
    pub kind: String,
    /// ZFS's word for its state.
    pub state: State,
    /// Its members.
    pub members: Vec<Member>,
}

impl VdevStatus {
    /// What a new drive was to replace, by GUID.
    fn olds_of(&self, new: &Member) -> Vec<u64> {
        let olds = self.members.iter();
        let olds = olds.filter(|it| it.shares.is_some() && it.shares == new.shares);
        olds.filter(|it| it.role == Role::Replaced).map(|it| it.guid).collect()
    }
}

/// When the pool was last read through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "last")]
pub enum Scrub {
    /// Never.
    Never,
    /// It runs, or was paused or broken off.
    Unfinished,
    /// ZFS remembers one scan, and a resilver took the scrub's place.
    Forgotten {
        /// When the resilver ended.
        resilver: Option<Timestamp>,
    },
    /// Then.
    Ended {
        /// When it ended.
        at: Timestamp,
        /// Days since.
        days: u64,
        /// Seconds that it took.
        took: u64,
        /// Errors that it could not mend.
        errors: u64,
        /// Bytes that it mended.
        repaired: Bytes,
    },
}

/// One condition, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which.
    pub what: What,
    /// The pool.
    pub pool: String,
    /// Drives that it is about, in a sentence.
    pub who: Vec<String>,
    /// The bay of the first of them.
    pub bay: Option<BayId>,
    /// What a command calls the first of them.
    pub member: Option<String>,
    /// Their serials.
    pub serials: Vec<String>,
    /// The vdev, or what else takes its place in the sentence.
    pub vdev: String,
    /// A number with its unit, or words.
    pub count: String,
    /// What to type, where that is something else than the table has; empty: nothing now.
    pub instead: Option<&'static str>,
}

impl Condition {
    /// Of the pool as a whole.
    pub fn of_pool(what: What, pool: &str) -> Self {
        Self {
            what,
            pool: pool.to_owned(),
            who: Vec::new(),
            bay: None,
            member: None,
            serials: Vec::new(),
            vdev: String::new(),
            count: String::new(),
            instead: None,
        }
    }

    /// The same with a number or words.
    #[must_use]
    pub fn with(self, count: impl fmt::Display) -> Self {
        Self { count: count.to_string(), ..self }
    }

    /// How much it matters.
    pub fn weight(&self) -> Weight {
        self.what.row().weight
    }

    /// What follows.
    pub fn means(&self) -> String {
        self.fill(self.what.row().means)
    }

    /// What to type next; `None`: nothing.
    pub fn next(&self) -> Option<String> {
        let next = self.instead.unwrap_or(self.what.row().next);
        if next.contains("{bay}") && self.bay.is_none() {
            return Some("zbay show disk".to_owned());
        }
        (!next.is_empty()).then(|| self.fill(next))
    }

    fn fill(&self, text: &str) -> String {
        let many = self.who.len() > 1;
        let who = spoken(&self.who);
        let drive = if who.starts_with("bay") && self.who.len() <= NAMED {
            format!("the drive{} in {who}", if many { "s" } else { "" })
        } else {
            who.clone()
        };
        let verb = |one: &str, all: &str| if many { all.to_owned() } else { one.to_owned() };
        let pairs = [
            ("{who}", who),
            ("{drive}", drive),
            ("{pool}", self.pool.clone()),
            ("{bay}", self.bay.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("{vdev}", self.vdev.clone()),
            ("{scan}", self.vdev.clone()),
            ("{count}", self.count.clone()),
            ("{member}", self.member.clone().unwrap_or_default()),
            ("{spare}", verb("a spare", "spares")),
            ("{stands}", verb("stands", "stand")),
            ("{is}", verb("is", "are")),
            ("{has}", verb("has", "have")),
            ("{was}", verb("was", "were")),
        ];
        // Filled in once: what a pool or a drive calls itself is no placeholder.
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some((name, value)) = pairs.iter().find(|(name, _)| rest.starts_with(name)) else {
                break;
            };
            out.push_str(value);
            rest = &rest[name.len()..];
        }
        out.push_str(rest);
        out
    }
}

/// Drives that a sentence names; of more only how many.
const NAMED: usize = 4;

/// `bay 3`, `bays 2 and 3`, `bay 1 and the fifth port`, `7 drives`.
fn spoken(who: &[String]) -> String {
    let bays: Option<Vec<&str>> = who.iter().map(|who| who.strip_prefix("bay ")).collect();
    let and = |all: &[&str]| match all {
        [] => "a drive".to_owned(),
        [only] => (*only).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    };
    match bays {
        _ if who.len() > NAMED => format!("{} drives", who.len()),
        Some(bays) if bays.len() > 1 => format!("bays {}", and(&bays)),
        _ => and(&who.iter().map(String::as_str).collect::<Vec<_>>()),
    }
}

/// The same as the beginning of a sentence.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let pool = ["it ", "its ", "no ", "the "].iter().any(|word| text.starts_with(word));
    if pool { first.to_uppercase().chain(rest).collect() } else { text.to_owned() }
}

impl fmt::Display for Condition {
    /// `the drive in bay 3 has failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fill(self.what.row().says))
    }
}

impl Serialize for Condition {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Finding::from(self).serialize(to)
    }
}

impl From<Weight> for Severity {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Wrong => Self::Wrong,
            Weight::Warning => Self::Warning,
            Weight::Notice => Self::Notice,
        }
    }
}

impl From<&Condition> for Finding {
    fn from(condition: &Condition) -> Self {
        let subject = format!("pool {}", condition.pool);
        let severity = condition.weight().into();
        let found = Self::new(condition.what.row().id, severity, &subject, condition.to_string());
        let found = found.meaning(&condition.means()).command(condition.next());
        let found = found.about(condition.bay.as_ref(), None::<&String>);
        Self { serials: condition.serials.clone(), ..found }
    }
}

impl Status {
    /// Whether nothing has to be done.
    pub fn is_well(&self) -> bool {
        self.conditions.iter().all(|it| it.weight() == Weight::Notice)
    }

    /// What is wrong, and what the pool can still lose. Each of its sentences is right when it is read alone.
    pub fn headline(&self) -> String {
        let pool = &self.pool;
        let left = Left::sentence(&self.left);
        let state = match self.state.as_str() {
            "DEGRADED" => "DEGRADED",
            "ONLINE" => "online",
            "SUSPENDED" => "suspended",
            _ => "not readable",
        };
        let worst = self.conditions.first().filter(|it| it.weight() != Weight::Notice);
        let Some(worst) = worst else {
            let runs = self.conditions.iter().find(|it| it.what.runs());
            let runs = runs.map(|it| format!("; {it}")).unwrap_or_default();
            let left = left.map(|left| format!(": {left}")).unwrap_or_default();
            let left = left.replacen(": no redundancy", ", with no redundancy", 1);
            return format!("{pool} is healthy{left}{runs}");
        };
        let says = worst.to_string();
        let says = if says.starts_with("its ") {
            format!("{pool}{}", says.replacen("its ", "'s ", 1))
        } else if let Some(says) = says.strip_prefix("it ") {
            format!("{pool} {says}")
        } else if state == "online" {
            format!("{pool} is online, but {says}")
        } else {
            format!("{pool} is {state}: {says}")
        };
        // Of a pool that cannot be read nothing is promised, and nothing is left to lose.
        let left = left.filter(|_| matches!(state, "online" | "DEGRADED"));
        let left = left.map(|left| format!(". {}", capital(&left))).unwrap_or_default();
        format!("{says}{left}")
    }

    /// What to type next; `None`: nothing. A drive for which a spare is resilvering is replaced when that is done.
    pub fn next(&self) -> Option<String> {
        let worst = self.conditions.first().filter(|it| it.weight() != Weight::Notice);
        let mut vdevs = self.vdevs.iter();
        let is_spared = |it: &&Condition| {
            matches!(
                it.what,
                What::DriveFailed
                    | What::DriveForced
                    | What::DriveGone
                    | What::DriveBack
                    | What::PutBack
                    | What::LabelBad
            ) && vdevs.any(|vdev| {
                vdev.name == it.vdev
                    && vdev.members.iter().any(|it| it.role == Role::StandsIn && it.filling)
            })
        };
        let waits = worst.as_ref().is_some_and(is_spared);
        let runs = self.running.iter().any(|it| !it.paused);
        match worst {
            Some(condition) if !waits => condition.next(),
            _ if runs => Some("zbay status --watch".to_owned()),
            _ => self.conditions.iter().find_map(Condition::next),
        }
    }

    /// The same with rates since an earlier look, `spent` seconds ago.
    #[must_use]
    pub fn since(mut self, earlier: &Self, spent: u64) -> Self {
        let running = std::mem::take(&mut self.running);
        self.running = running.into_iter().map(|it| it.since(&earlier.running, spent)).collect();
        self
    }

    /// The same, knowing which files are damaged, or why nobody knows.
    #[must_use]
    pub fn naming(mut self, damaged: Result<Vec<String>, String>) -> Self {
        match damaged {
            Ok(files) => {
                if !files.is_empty() {
                    self.conditions.retain(|it| it.what != What::DataErrors);
                }
                for kind in Damage::ALL {
                    let count = files.iter().filter(|name| Damage::of(name) == kind).count();
                    if count > 0 {
                        let (what, words) = kind.condition(count);
                        self.conditions.push(Condition::of_pool(what, &self.pool).with(words));
                    }
                }
                self.conditions.sort_by_key(|it| it.what);
                self.damaged = files;
            }
            Err(why) => {
                self.conditions.push(Condition::of_pool(What::Unanswered, &self.pool).with(why));
                self.conditions.sort_by_key(|it| it.what);
            }
        }
        self
    }
}

/// What helps where nobody says which pools there are; `sudo`: the command to type again as root.
pub fn unread(why: &str, sudo: &str) -> String {
    if why.contains("gave no answer within") {
        "a drive or a pool hangs: `dmesg` names the drive; pull it, or reboot".to_owned()
    } else if why.to_lowercase().contains("permission denied") {
        format!("`sudo {sudo}`")
    } else if let Some((_, how)) = why.split_once("not installed: ") {
        format!("`{how}`")
    } else {
        "ask ZFS itself: `zpool status`".to_owned()
    }
}

/// How a pool is.
pub fn of(hw: &Hw, inventory: &Inventory, pool: &Pool) -> Status {
    let shown = |vdev: &crate::inventory::Vdev| {
        let members = vdev.leaves.iter().map(|leaf| Member::of(hw, inventory, pool, vdev, leaf));
        VdevStatus {
            name: vdev.name.clone(),
            class: vdev.class,
            kind: vdev.kind.clone(),
            state: vdev.state.clone(),
            members: members.collect(),
        }
    };
    let vdevs: Vec<VdevStatus> = pool.vdevs.iter().map(shown).collect();
    let drives = Drives::of(&inventory.disks);
    let left: Vec<Left> = pool
        .vdevs
        .iter()
        .zip(&vdevs)
        .filter_map(|(vdev, it)| Left::of(&drives, pool, vdev, &it.members))
        .collect();
    let percent = u128::from(pool.allocated.0) * 100 / u128::from(pool.size.0.max(1));
    let mut status = Status {
        pool: pool.name.clone(),
        state: pool.state.clone(),
        conditions: Vec::new(),
        left,
        running: Running::of(pool, inventory.taken),
        scrub: find::scrub(pool, inventory.taken),
        size: pool.size,
        allocated: pool.allocated,
        percent: u64::try_from(percent).unwrap_or(100),
        vdevs,
        damaged: Vec::new(),
        care: None,
    };
    status.conditions = find::conditions(pool, &status);
    let new = newcomers(hw, inventory, &status);
    status.conditions.extend(new);
    let parts = one_drive(&drives, pool, &status);
    status.conditions.extend(parts);
    status.conditions.sort_by_key(|it| it.what);
    if !status.state.is_working() {
        // Of a pool that cannot be read nothing is promised, whatever its vdevs look like.
        status.left.clear();
    }
    status
}

/// Members of one vdev that are partitions, namespaces or logical units of one drive: they do not fail apart.
fn one_drive(drives: &Drives<'_>, pool: &Pool, status: &Status) -> Vec<Condition> {
    let mut found = Vec::new();
    for (vdev, seen) in pool.vdevs.iter().zip(&status.vdevs) {
        // Of a cache or a spare nothing is counted.
        if matches!(vdev.class, Class::Cache | Class::Spare) {
            continue;
        }
        for parts in drives.in_vdev(vdev).into_values() {
            let parts: Vec<&Member> =
                parts.into_iter().filter_map(|at| seen.members.get(at)).collect();
            let [first, .., last] = &parts[..] else { continue };
            let serial = first.serial.as_deref().unwrap_or("not known");
            found.push(Condition {
                who: vec![format!("{} (serial {serial})", first.spoken)],
                bay: first.bay.clone(),
                member: Some(last.name.clone()),
                serials: first.serial.iter().cloned().collect(),
                vdev: vdev.name.rsplit('/').next().unwrap_or(&vdev.name).to_owned(),
                ..Condition::of_pool(What::OneDrive, &pool.name).with(parts.len())
            });
        }
    }
    found
}

/// Drives in the bays of members that are gone: most likely somebody has put them there to replace those.
fn newcomers(hw: &Hw, inventory: &Inventory, status: &Status) -> Vec<Condition> {
    if status.state == State::Suspended {
        // What was pulled has to come back first.
        return Vec::new();
    }
    let gone = status.vdevs.iter().flat_map(|vdev| &vdev.members).filter(|member| {
        member.gone && !matches!(member.role, Role::Replaced) && member.state != State::Online
    });
    let used = |disk: &Disk| {
        inventory.leaves().any(|(_, _, leaf)| leaf.disk.as_ref() == Some(&disk.name))
            || inventory.host.boot_disk.as_ref() == Some(&disk.name)
    };
    let new = gone.filter_map(|member| {
        let bay = member.bay.as_ref()?;
        let disk = match in_bay(hw, inventory, bay)[..] {
            [disk] if !used(disk) => disk,
            _ => return None,
        };
        let serial = disk.serial.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        Some(Condition {
            who: vec![bay.spoken()],
            bay: Some(bay.clone()),
            serials: vec![serial.clone()],
            ..Condition::of_pool(What::NewDrive, &status.pool).with(serial)
        })
    });
    new.collect()
}
