//! Who cares for the pools: who scrubs, who trims, who has the drives test themselves, and who gets alerts.
//!
//! OpenZFS's timers and Debian's cron can both scrub a pool, ZED, smartd and zbay can all mail: here each is found by name, so
//! that what is done twice and what nobody does is said. All but [`facts`] is pure. Nothing is taken over without a
//! wish (`care:` in a profile): then [`wish`] says what differs, and a plan makes it so, and back again by `debian`.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::inventory::{Class, Inventory, Pool};
use crate::machine::Hash;
use crate::profile::Profile;
use crate::profile::notify::Notify;
use crate::smart::selftest::Kind;

pub mod boot;
pub mod facts;
pub mod selftest;
pub mod wish;

#[cfg(test)]
mod tests;

use facts::{Facts, Unit};

/// The unit of zbay's own notices.
pub const NOTIFY: &str = "zbay-notify.timer";
/// ZED.
pub const ZED: &str = "zfs-zed.service";
/// smartd, as Debian calls its unit.
pub const SMARTD: &str = "smartmontools.service";
/// What runs the files of /etc/cron.d: Debian's cron, or systemd-cron.
pub const CRON: [&str; 2] = ["cron.service", "cron.target"];
/// The program that ZED and smartd mail with.
pub const MAIL: &str = "mail";

/// Something that is done to a whole pool from time to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// Every block is read and compared with its checksum.
    Scrub,
    /// Flash is told what is free.
    Trim,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Every {
    /// Once a month.
    Month,
    /// Once a week.
    Week,
}

impl Every {
    /// Both, as OpenZFS has timers for them.
    pub const BOTH: [Self; 2] = [Self::Month, Self::Week];

    /// `monthly`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Month => "monthly",
            Self::Week => "weekly",
        }
    }
}

impl Job {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Scrub, Self::Trim];

    /// `scrub`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scrub => "scrub",
            Self::Trim => "trim",
        }
    }

    /// OpenZFS's timer for a pool.
    pub fn timer(self, every: Every, pool: &str) -> String {
        format!("zfs-{}-{}@{pool}.timer", self.word(), every.word())
    }

    /// The property of the root dataset by which Debian's cron is told to leave the pool: `auto`, `enable`, `disable`.
    pub fn property(self) -> &'static str {
        match self {
            Self::Scrub => "org.debian:periodic-scrub",
            Self::Trim => "org.debian:periodic-trim",
        }
    }
}

/// Who does a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Keeper {
    /// A timer of OpenZFS.
    Timer {
        /// Its name.
        unit: String,
        /// How often.
        every: Every,
        /// When it will be, if systemd says.
        next: Option<Timestamp>,
    },
    /// Debian's cron, /etc/cron.d/zfsutils-linux.
    Cron {
        /// Which Sunday of the month.
        sunday: u8,
    },
    /// ZFS, all the time: `autotrim=on`.
    Autotrim,
}

/// A job on a pool: who does it, and what could not be known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Kept {
    /// Who; more than one is one too many.
    pub by: Vec<Keeper>,
    /// What could not be known, in words; then somebody may be missing.
    pub unknown: Option<String>,
}

/// Who mails or posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Teller {
    /// `zbay notify`, by the ways of the profile.
    Zbay {
        /// `mail to root`.
        ways: Vec<String>,
    },
    /// ZED.
    Zed {
        /// To whom.
        to: String,
    },
    /// smartd.
    Smartd {
        /// To whom.
        to: String,
    },
}

/// Who is told, and what keeps others from being told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    /// Who tells.
    pub by: Vec<Teller>,
    /// Who would, and why nothing comes of it, with the way out.
    pub silent: Vec<String>,
    /// What could not be known.
    pub unknown: Option<String>,
}

/// Who cares for a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PoolCare {
    /// Name.
    pub pool: String,
    /// Whether a member is flash; HDDs have nothing to trim.
    pub flash: bool,
    /// Scrubs.
    pub scrub: Kept,
    /// Trims.
    pub trim: Kept,
}

impl Kept {
    /// Done by more than one.
    pub fn is_twice(&self) -> bool {
        self.by.len() > 1
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timer { unit, every, .. } => write!(f, "{} by {unit}", every.word()),
            Self::Cron { sunday: 1 } => {
                f.write_str("monthly by Debian's cron, on the first Sunday at 00:24")
            }
            Self::Cron { .. } => {
                f.write_str("monthly by Debian's cron, on the second Sunday at 00:24")
            }
            Self::Autotrim => f.write_str("all the time by ZFS (autotrim=on)"),
        }
    }
}

impl fmt::Display for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zbay { ways } => write!(f, "zbay: {}", ways.join(", ")),
            Self::Zed { to } => write!(f, "ZED mails {to}"),
            Self::Smartd { to } => write!(f, "smartd mails {to}"),
        }
    }
}

impl Teller {
    /// In two or three words.
    fn brief(&self) -> String {
        match self {
            Self::Zbay { .. } => "zbay sends alerts".to_owned(),
            other => other.to_string(),
        }
    }
}

/// Who cares for `pool`. Its datasets' properties count where they were asked for; else Debian's cron is not known.
pub fn of(inventory: &Inventory, pool: &Pool, facts: &Facts) -> PoolCare {
    let flash = has_flash(inventory, pool);
    let [scrub, trim] = Job::BOTH.map(|job| kept(inventory, pool, facts, job));
    PoolCare { pool: pool.name.clone(), flash, scrub, trim }
}

/// Whether a drive of a pool is flash.
fn has_flash(inventory: &Inventory, pool: &Pool) -> bool {
    disks(inventory, pool).any(|disk| disk.is_flash() == Some(true))
}

fn disks<'a>(
    inventory: &'a Inventory,
    pool: &'a Pool,
) -> impl Iterator<Item = &'a crate::inventory::Disk> {
    let leaves = pool.vdevs.iter().flat_map(|vdev| &vdev.leaves);
    leaves.filter_map(|leaf| inventory.disk_of(leaf))
}

fn kept(inventory: &Inventory, pool: &Pool, facts: &Facts, job: Job) -> Kept {
    let mut kept = Kept::default();
    match &facts.units {
        Ok(units) => {
            for every in Every::BOTH {
                let unit = job.timer(every, &pool.name);
                if let Some(is) = units.get(&unit).filter(|it| it.enabled || it.active) {
                    kept.by.push(Keeper::Timer { unit, every, next: is.next });
                }
            }
        }
        Err(why) => kept.unknown = Some(format!("systemd's timers ({why})")),
    }
    if job == Job::Trim && property(&pool.properties, "autotrim") == Some("on") {
        kept.by.push(Keeper::Autotrim);
    }
    match cron(inventory, pool, facts, job) {
        Ok(Some(keeper)) => kept.by.push(keeper),
        Ok(None) => {}
        Err(why) => kept.unknown = kept.unknown.or(Some(format!("Debian's cron ({why})"))),
    }
    kept
}

fn property<'a>(all: &'a [crate::property::Property], name: &str) -> Option<&'a str> {
    all.iter().find(|it| it.name == name).map(|it| it.value.as_str())
}

/// Debian's cron, as /usr/lib/zfs-linux/{scrub,trim} of zfsutils-linux 2.3.9 decide: pools that are ONLINE at that hour, whose root
/// dataset does not say `disable`; a trim without `enable` only where every drive is NVMe.
fn cron(
    inventory: &Inventory,
    pool: &Pool,
    facts: &Facts,
    job: Job,
) -> Result<Option<Keeper>, String> {
    let lines = facts.cron.as_ref().map_err(|why| why.why.clone())?;
    let listed = match job {
        Job::Scrub => lines.scrub,
        Job::Trim => lines.trim,
    };
    if !listed {
        return Ok(None);
    }
    let units = facts.units.as_ref().map_err(|why| why.why.clone())?;
    if !CRON.iter().any(|unit| units.get(*unit).is_some_and(|it| it.active)) {
        return Ok(None);
    }
    let root = pool.datasets.iter().find(|dataset| dataset.name == pool.name);
    let root = root.ok_or("the properties of the root dataset were not asked for")?;
    let said = property(&root.properties, job.property()).unwrap_or("-");
    let nvme = || {
        let mut all = disks(inventory, pool).peekable();
        all.peek().is_some() && all.all(|disk| disk.transport == crate::inventory::Transport::Nvme)
    };
    let does = match (job, said) {
        (Job::Scrub, "-" | "auto" | "enable") | (Job::Trim, "enable") => true,
        (Job::Trim, "-" | "auto") => nvme(),
        _ => false,
    };
    let sunday = if job == Job::Scrub { 2 } else { 1 };
    Ok(does.then_some(Keeper::Cron { sunday }))
}

/// Who has drives test themselves: zbay's timers, smartd. `None`: not known.
pub fn testers(facts: &Facts) -> Option<Vec<(String, Option<Timestamp>)>> {
    let units = facts.units.as_ref().ok()?;
    let mut all = Vec::new();
    for kind in Kind::BOTH {
        let unit = kind.timer();
        if let Some(is) = units.get(&unit).filter(|it| it.enabled || it.active) {
            all.push((unit, is.next));
        }
    }
    let smartd = units.get(SMARTD).is_some_and(|it| it.active);
    if smartd && facts.smartd.as_ref().ok()?.tests {
        all.push(("smartd (-s in /etc/smartd.conf)".to_owned(), None));
    }
    Some(all)
}

/// Who is told, beside the journal.
pub fn told(notify: &Notify, facts: &Facts) -> Told {
    let mut told = Told::default();
    let units = match &facts.units {
        Ok(units) => Some(units),
        Err(why) => {
            told.unknown = Some(format!("systemd's units ({why})"));
            None
        }
    };
    let is =
        |unit: &str, of: fn(&Unit) -> bool| units.and_then(|units| units.get(unit)).is_some_and(of);
    if !notify.is_empty() {
        if is(NOTIFY, |it| it.enabled || it.active) {
            told.by.push(Teller::Zbay { ways: notify.ways() });
        } else if units.is_some() {
            told.silent.push(format!(
                "`notify:` is set, but the timer is off: `systemctl enable --now {NOTIFY}`"
            ));
        }
    }
    let zed = facts.zed.clone();
    let smartd = facts.smartd.as_ref().map(|it| it.mail.clone()).map_err(Clone::clone);
    for (who, to, unit) in [("ZED", zed, ZED), ("smartd", smartd, SMARTD)] {
        let teller = |to| if who == "ZED" { Teller::Zed { to } } else { Teller::Smartd { to } };
        match (to, &facts.mail) {
            _ if !is(unit, |it| it.active) => {}
            (Ok(None), _) => {}
            (Ok(Some(to)), Ok(true)) => told.by.push(teller(to)),
            (Ok(Some(to)), Ok(false)) => told.silent.push(format!(
                "{who} would mail {to}, but there is no `{MAIL}` program: `apt install bsd-mailx`"
            )),
            (Err(why), _) => told.unknown = Some(format!("who {who} mails ({why})")),
            (Ok(Some(_)), Err(why)) => {
                told.unknown = Some(format!("whether {who} can mail ({why})"));
            }
        }
    }
    told
}

/// One line for `zbay status`: who scrubs, and that nobody is told. `None`: nothing of it is known.
pub fn line(pool: &str, wish: Option<&Profile>, facts: &Facts) -> Option<String> {
    let units = facts.units.as_ref().ok()?;
    let on = |every: &Every| {
        units.get(&Job::Scrub.timer(*every, pool)).is_some_and(|it| it.enabled || it.active)
    };
    let timers: Vec<&str> =
        Every::BOTH.iter().filter(|every| on(every)).map(|every| every.word()).collect();
    let wish = wish.filter(|wish| wish.pool.name.as_str() == pool);
    let wished = wish.and_then(|wish| wish.care);
    let cron = CRON.iter().any(|unit| units.get(*unit).is_some_and(|it| it.active));
    let cron = cron && facts.cron.as_ref().is_ok_and(|lines| lines.scrub);
    let scrubbed = match (timers[..].first(), wished) {
        (Some(_), _) if timers.len() > 1 => "scrubbed twice: `zbay care`".to_owned(),
        (Some(every), Some(care)) if care.scrub.to_string() == **every => {
            format!("scrubbed {every} by zbay's profile")
        }
        (Some(every), _) => format!("scrubbed {every} by OpenZFS's timer"),
        // Whether the pool's root dataset says otherwise would be one more question.
        (None, _) if cron => "possibly scrubbed by Debian's cron".to_owned(),
        (None, _) => "no scrub schedule: `zbay care`".to_owned(),
    };
    let nobody = Notify::default();
    let told = told(wish.map_or(&nobody, |wish| &wish.notify), facts);
    let heard = match told.by.as_slice() {
        [] if told.unknown.is_some() => return Some(scrubbed),
        [] if wish.is_some_and(|wish| !wish.notify.is_empty()) => {
            "no alerts: zbay-notify is off".to_owned()
        }
        [] => "no alerts: set `notify:`".to_owned(),
        all => all.iter().map(Teller::brief).collect::<Vec<_>>().join(", "),
    };
    Some(format!("{scrubbed}; {heard}"))
}

/// Members of a pool that could test themselves: name of the vdev and kernel name of the disk.
pub fn members(pool: &Pool) -> impl Iterator<Item = (&str, &str)> {
    let vdevs = pool.vdevs.iter().filter(|vdev| vdev.class != Class::Cache);
    vdevs.flat_map(|vdev| {
        let leaves = vdev.leaves.iter().filter_map(|leaf| leaf.disk.as_deref());
        leaves.map(|disk| (vdev.name.as_str(), disk))
    })
}

/// A file as a step compares it.
fn hash(text: &str) -> Hash {
    Hash::of(text.as_bytes())
}
