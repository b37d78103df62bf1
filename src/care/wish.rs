//! `care:` against what is: which timers are to be on, which off, and with what beside them. Pure.
//!
//! OpenZFS's own timers serve; a drop-in of zbay's beside each moves it to a night of its own: as they come, the scrub and
//! the trim of a month begin in the same hour. The delay is fixed by the host's machine-id, so that fifty boxes do not
//! start together and each keeps its hour.

use std::collections::BTreeMap;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::care::facts::{Facts, Unit, units};
use crate::care::{Every, Job, hash};
use crate::drift::{APPLY, Difference, Differs, NotKnown};
use crate::hw::Hw;
use crate::inventory::seats::in_bay;
use crate::inventory::{Facet, Inventory, Unknown};
use crate::machine::{Hash, Machine};
use crate::profile::Profile;
use crate::profile::care::{Care, Rhythm, TestRhythm};
use crate::profile::property::Setting;
use crate::smart::selftest::Kind;

/// A timer as it is wished, where it is not so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timer {
    /// Its name.
    pub unit: String,
    /// On or off.
    pub on: bool,
    /// The file beside it, where that differs.
    pub file: Option<Beside>,
}

/// A drop-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// Where.
    pub path: Utf8PathBuf,
    /// What it is to hold; `None`: it goes.
    pub text: Option<String>,
    /// What is there now.
    pub was: Option<Hash>,
}

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "drift")]
pub enum Drift {
    /// Timers are not as `care:` wishes them.
    Timers {
        /// What is wished: `scrub tank monthly`.
        what: String,
        /// Those that differ.
        timers: Vec<Timer>,
    },
    /// A timer that `care:` needs is not installed.
    NoUnit {
        /// Its name.
        unit: String,
    },
}

impl Difference for Drift {
    fn mendable(&self) -> bool {
        matches!(self, Self::Timers { .. })
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoUnit { unit } if unit.starts_with("zbay-") => {
                "`scripts/install` installs it; or write `selftest: off`".to_owned()
            }
            Self::NoUnit { .. } => {
                "`apt install zfsutils-linux` installs it (OpenZFS 2.1.3 or newer)".to_owned()
            }
            Self::Timers { .. } => APPLY.to_owned(),
        }
    }

    fn subject(&self) -> (&'static str, String) {
        let id = match self {
            Self::Timers { .. } => "timers",
            Self::NoUnit { .. } => "no-unit",
        };
        (id, "server".to_owned())
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timers { what, timers } => {
                let state = |timer: &Timer| {
                    let state = if timer.on { "on" } else { "off" };
                    if timer.file.is_some() {
                        format!(
                            "{} should be {state}, {}",
                            timer.unit,
                            if timer.on { "with its schedule" } else { "without a drop-in" }
                        )
                    } else {
                        format!("{} should be {state}", timer.unit)
                    }
                };
                let timers: Vec<String> = timers.iter().map(state).collect();
                write!(f, "the profile asks to {what}: {}", timers.join(", "))
            }
            Self::NoUnit { unit } => write!(f, "the profile needs {unit}, which is not installed"),
        }
    }
}

/// What a plan needs to know where a profile says `care:`.
#[derive(Clone, Debug)]
pub struct Scene {
    /// Units by name.
    pub units: Facet<BTreeMap<String, Unit>>,
    /// The drop-ins of zbay's.
    pub files: BTreeMap<Utf8PathBuf, Facet<Option<String>>>,
}

/// Looks; `None` where the profile says nothing of care, so that nobody is asked.
pub fn look(machine: &dyn Machine, profile: &Profile) -> Option<Scene> {
    profile.care?;
    let pool = profile.pool.name.as_str();
    let mut names = timers_of(pool);
    let file = |unit: &String| {
        let path = beside(unit);
        let text = machine.file(&path).map_err(Unknown::because);
        let text = text.map(|bytes| bytes.map(|it| String::from_utf8_lossy(&it).into_owned()));
        (path, text)
    };
    let files = names.iter().map(file).collect();
    names.extend(Kind::BOTH.map(Kind::timer));
    Some(Scene { units: units(machine, &names), files })
}

fn timers_of(pool: &str) -> Vec<String> {
    Job::BOTH.iter().flat_map(|job| Every::BOTH.map(|every| job.timer(every, pool))).collect()
}

/// zbay's drop-in for a timer.
pub fn beside(unit: &str) -> Utf8PathBuf {
    Utf8Path::new("/etc/systemd/system").join(format!("{unit}.d")).join("zbay.conf")
}

/// What stands in it.
fn drop_in(job: Job, every: Every) -> String {
    let (day, why) = match job {
        Job::Scrub => ("Sun", "the first Sunday"),
        Job::Trim => ("Wed", "a night without a scrub"),
    };
    let (days, why) = match every {
        Every::Month => ("*-*-1..7", why),
        Every::Week => ("*-*-*", "once a week"),
    };
    format!(
        "# zbay, from `care:` in the profile: {why}, at an hour of this host's own\n[Timer]\nOnCalendar=\n\
         OnCalendar={day} {days} 02:00\nRandomizedDelaySec=4h\nFixedRandomDelay=true\n"
    )
}

/// The properties of the root dataset that keep Debian's cron from doing the same again, or give it the pool back.
pub fn settings(care: Option<Care>) -> Vec<Setting> {
    let Some(care) = care else { return Vec::new() };
    let of = |job: Job, rhythm| Setting {
        name: job.property().to_owned(),
        value: if rhythm == Rhythm::Debian { "auto" } else { "disable" }.to_owned(),
    };
    vec![of(Job::Scrub, care.scrub), of(Job::Trim, care.trim)]
}

/// Whether one of the wished drives is flash: HDDs refuse a trim, and a timer would fail each month.
fn wishes_flash(hw: &Hw, profile: &Profile, inventory: &Inventory) -> bool {
    let disks = profile.pool.bays.all().flat_map(|bay| in_bay(hw, inventory, bay));
    disks.into_iter().any(|disk| disk.is_flash() == Some(true))
}

/// How often, as the profile has it for these drives; `None`: not by a timer.
fn rhythm(job: Job, care: Care, flash: bool) -> Option<Every> {
    let wished = match job {
        Job::Scrub => care.scrub,
        Job::Trim if flash => care.trim,
        Job::Trim => Rhythm::Off,
    };
    match wished {
        Rhythm::Monthly => Some(Every::Month),
        Rhythm::Weekly => Some(Every::Week),
        Rhythm::Off | Rhythm::Debian => None,
    }
}

/// What differs.
pub fn drift(
    hw: &Hw,
    profile: &Profile,
    inventory: &Inventory,
    scene: Option<&Scene>,
) -> Vec<Differs<Drift>> {
    let (Some(care), Some(scene)) = (profile.care, scene) else { return Vec::new() };
    let pool = profile.pool.name.as_str();
    let units = match &scene.units {
        Ok(units) => units,
        Err(why) => {
            let what = "what scrubs and trims".to_owned();
            return vec![Err(NotKnown::new(what, &why.why))];
        }
    };
    let flash = wishes_flash(hw, profile, inventory);
    let mut found = Vec::new();
    for job in Job::BOTH {
        let wished = rhythm(job, care, flash);
        let mut timers = Vec::new();
        for every in Every::BOTH {
            let (unit, on) = (job.timer(every, pool), wished == Some(every));
            let text = on.then(|| drop_in(job, every));
            match timer(&unit, on, units.get(&unit), Some((scene, text))) {
                Ok(timer) => timers.extend(timer),
                Err(differs) => found.push(differs),
            }
        }
        let what = match wished {
            Some(every) => format!("{} {pool} {}", job.word(), every.word()),
            None => format!("stop scheduled {}s of {pool}", job.word()),
        };
        if !timers.is_empty() {
            found.push(Ok(Drift::Timers { what, timers }));
        }
    }
    let mut timers = Vec::new();
    let wished = [care.selftest.short, care.selftest.long];
    for (kind, rhythm) in Kind::BOTH.into_iter().zip(wished) {
        let unit = kind.timer();
        match timer(&unit, rhythm != TestRhythm::Off, units.get(&unit), None) {
            Ok(timer) => timers.extend(timer),
            Err(differs) => found.push(differs),
        }
    }
    if !timers.is_empty() {
        let what = if wished == [TestRhythm::Off; 2] {
            "stop self-tests of drives"
        } else {
            "run self-tests of drives"
        };
        found.push(Ok(Drift::Timers { what: what.to_owned(), timers }));
    }
    found
}

/// How a timer differs; `None`: it does not.
fn timer(
    unit: &str,
    on: bool,
    is: Option<&Unit>,
    file: Option<(&Scene, Option<String>)>,
) -> Result<Option<Timer>, Differs<Drift>> {
    let is = is.cloned().unwrap_or_default();
    if on && !is.there {
        return Err(Ok(Drift::NoUnit { unit: unit.to_owned() }));
    }
    let mut changed = None;
    if let Some((scene, text)) = file {
        let path = beside(unit);
        match scene.files.get(&path) {
            Some(Ok(was)) if *was != text => {
                changed = Some(Beside { path, text, was: was.as_deref().map(hash) });
            }
            Some(Err(why)) => {
                return Err(Err(NotKnown::new(path.as_str(), &why.why)));
            }
            _ => {}
        }
    }
    let as_is = if on { is.enabled && is.active } else { !is.enabled && !is.active };
    let differs = !as_is || changed.is_some();
    Ok(differs.then(|| Timer { unit: unit.to_owned(), on, file: changed }))
}

/// How often the self-test `kind` is wished, in days.
pub fn test_days(care: Care, kind: Kind) -> Option<u64> {
    match kind {
        Kind::Short => care.selftest.short.days(),
        Kind::Long => care.selftest.long.days(),
    }
}

/// When the next scrub of a pool by a timer is.
pub fn next_scrub(facts: &Facts, pool: &str) -> Option<jiff::Timestamp> {
    let units = facts.units.as_ref().ok()?;
    let timers = Every::BOTH.map(|every| Job::Scrub.timer(every, pool));
    timers.iter().filter_map(|unit| units.get(unit)?.next).min()
}
