//! What the system says of who cares for pools: asked in one call of systemctl and a few small files, or of files alone.
//!
//! What was not answered is not known, and no screen fails for it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::care::{CRON, Every, Job, MAIL, NOTIFY, SMARTD, ZED};
use crate::inventory::{Facet, Unknown};
use crate::machine::{Cmd, IoError, Machine, RunError};
use crate::smart::selftest::Kind;
use crate::step::command;

/// Debian's cron jobs for OpenZFS.
pub const CRON_FILE: &str = "/etc/cron.d/zfsutils-linux";
const ZED_RC: &str = "/etc/zfs/zed.d/zed.rc";
const SMARTD_CONF: &str = "/etc/smartd.conf";

/// This is all of a screen, and a box under load takes its time.
const PATIENT: Duration = Duration::from_secs(30);

/// Where `systemctl enable` links timers, and systemd-cron's target.
const WANTED: [&str; 2] =
    ["/etc/systemd/system/timers.target.wants", "/etc/systemd/system/multi-user.target.wants"];

/// A unit as systemd has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// There is such a unit.
    pub there: bool,
    /// It starts at boot.
    pub enabled: bool,
    /// It runs; a timer waits.
    pub active: bool,
    /// When a timer went off last.
    pub last: Option<Timestamp>,
    /// When it will.
    pub next: Option<Timestamp>,
}

/// Which of Debian's jobs are in its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cron {
    /// The scrub.
    pub scrub: bool,
    /// The trim.
    pub trim: bool,
}

/// What /etc/smartd.conf tells smartd to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Smartd {
    /// Whom it mails (`-m`).
    pub mail: Option<String>,
    /// It has drives test themselves (`-s`).
    pub tests: bool,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Units by name.
    pub units: Facet<BTreeMap<String, Unit>>,
    /// Debian's cron jobs.
    pub cron: Facet<Cron>,
    /// Whom ZED mails.
    pub zed: Facet<Option<String>>,
    /// smartd.
    pub smartd: Facet<Smartd>,
    /// Whether there is a program that ZED and smartd could mail with.
    pub mail: Facet<bool>,
}

/// Asks, for these pools. Changes nothing.
pub fn look(machine: &dyn Machine, pools: &[&str]) -> Facts {
    let names = names(pools);
    let units = answered(machine, &names, &command::show_units(&names).within(PATIENT));
    with(machine, units)
}

/// The same without a program, for a line of a screen that must not wait: what starts at boot is a link of
/// `systemctl enable`, a service that runs has a control group. Of a timer that somebody started and did not enable it
/// knows nothing.
pub fn glance(machine: &dyn Machine, pools: &[&str]) -> Facts {
    with(machine, at_a_glance(machine, &names(pools)))
}

fn at_a_glance(machine: &dyn Machine, names: &[String]) -> Facet<BTreeMap<String, Unit>> {
    let list = |dir: &str| machine.list(dir.into()).map_err(|why| unread(&why));
    let services = list("/sys/fs/cgroup/system.slice")?;
    let services = services.ok_or_else(|| Unknown::because("systemd is not running here"))?;
    let mut enabled = Vec::new();
    for dir in WANTED {
        enabled.extend(list(dir)?.unwrap_or_default());
    }
    let unit = |name: &String| {
        let enabled = enabled.contains(name);
        // A target has no group: it is reached where it is enabled.
        let active = services.contains(name) || enabled && name.ends_with(".target");
        Unit { there: true, enabled, active, ..Unit::default() }
    };
    Ok(names.iter().map(|name| (name.clone(), unit(name))).collect())
}

fn with(machine: &dyn Machine, units: Facet<BTreeMap<String, Unit>>) -> Facts {
    let text = |path: &str| -> Facet<String> {
        let bytes = machine.file(path.into()).map_err(|why| unread(&why))?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let bin = machine.list("/usr/bin".into()).map_err(|why| unread(&why));
    Facts {
        units,
        cron: text(CRON_FILE).map(|text| cron(&text)),
        zed: text(ZED_RC).map(|text| address(&text)),
        smartd: text(SMARTD_CONF).map(|text| smartd(&text)),
        mail: bin.map(|names| names.unwrap_or_default().iter().any(|name| name == MAIL)),
    }
}

/// Every unit that may care for these pools. A pool whose name cannot be part of a unit's has no timer.
fn names(pools: &[&str]) -> Vec<String> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    let mut all: Vec<String> =
        [NOTIFY, ZED, SMARTD].iter().chain(&CRON).map(|it| (*it).to_owned()).collect();
    all.extend(Kind::BOTH.map(Kind::timer));
    for pool in pools.iter().filter(|pool| pool.chars().all(fine)) {
        for job in Job::BOTH {
            all.extend(Every::BOTH.map(|every| job.timer(every, pool)));
        }
    }
    all
}

/// What systemd says of units, by their names.
pub fn units(machine: &dyn Machine, names: &[String]) -> Facet<BTreeMap<String, Unit>> {
    answered(machine, names, &command::show_units(names))
}

fn answered(machine: &dyn Machine, names: &[String], cmd: &Cmd) -> Facet<BTreeMap<String, Unit>> {
    let output = machine.read(cmd).map_err(|why| unanswered(&why))?;
    let text = output.ok(cmd).map_err(|why| unanswered(&why))?;
    let blocks: Vec<&str> = text.trim().split("\n\n").collect();
    if blocks.len() != names.len() {
        return Err(Unknown::because(format!("`systemctl show` said: {}", output.said())));
    }
    Ok(names.iter().cloned().zip(blocks.into_iter().map(unit)).collect())
}

/// Why a command said nothing, in few words: the command itself fills a screen.
pub(super) fn unanswered(why: &RunError) -> Unknown {
    Unknown::because(match why {
        RunError::Unrecorded { .. } => "not recorded".to_owned(),
        RunError::TimedOut { seconds, .. } => format!("no answer within {seconds} s"),
        RunError::Failed { status, said, .. } => {
            let said: String = said.chars().take(80).collect();
            format!("status {status}: {said}")
        }
        other => other.to_string(),
    })
}

/// Why a file could not be looked at.
pub(super) fn unread(why: &IoError) -> Unknown {
    Unknown::because(match why {
        IoError::Unrecorded { .. } => "not recorded".to_owned(),
        other => other.to_string(),
    })
}

/// `systemctl show`: a line `NAME=VALUE` for each property that such a unit has.
fn unit(block: &str) -> Unit {
    let value = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    Unit {
        there: value("LoadState") == "loaded",
        enabled: matches!(
            value("UnitFileState"),
            "enabled" | "enabled-runtime" | "static" | "alias"
        ),
        active: matches!(value("ActiveState"), "active" | "activating" | "reloading"),
        last: time(value("LastTriggerUSec")),
        next: time(value("NextElapseUSecRealtime")),
    }
}

/// `@1764547200` (`--timestamp=unix`), or `Mon 2025-12-01 00:00:00 UTC` of a systemd that does not know it.
fn time(text: &str) -> Option<Timestamp> {
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds = seconds.split('.').next()?.parse().ok()?;
        return Timestamp::from_second(seconds).ok().filter(|at| at.as_second() > 0);
    }
    let mut words = text.split_whitespace().skip(1);
    let (date, time) = (words.next()?, words.next()?);
    words.next().filter(|zone| *zone == "UTC")?;
    format!("{date}T{time}Z").parse().ok()
}

/// /etc/cron.d/zfsutils-linux: lines that are not commented out.
fn cron(text: &str) -> Cron {
    let runs = |program: &str| {
        text.lines().any(|line| !line.trim_start().starts_with('#') && line.contains(program))
    };
    Cron { scrub: runs("/usr/lib/zfs-linux/scrub"), trim: runs("/usr/lib/zfs-linux/trim") }
}

/// `ZED_EMAIL_ADDR` of zed.rc, a file of the shell; the last one counts.
fn address(text: &str) -> Option<String> {
    let set = |line: &&str| line.trim_start().starts_with("ZED_EMAIL_ADDR=");
    let (_, value) = text.lines().rfind(set)?.split_once('=')?;
    let value = value.split(" #").next()?.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// smartd.conf(5): directives up to `#`; a backslash goes on in the next line.
fn smartd(text: &str) -> Smartd {
    let joined = text.replace("\\\n", " ");
    let mut found = Smartd::default();
    for line in joined.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "-m" => {
                    let to = words.next().unwrap_or_default();
                    let people: Vec<&str> = to
                        .split(',')
                        .filter(|who| !who.is_empty() && *who != "<nomailer>")
                        .collect();
                    if !people.is_empty() {
                        found.mail = Some(people.join(", "));
                    }
                }
                "-s" => found.tests |= words.next().is_some(),
                _ => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Cron, Smartd, address, cron, smartd, time, unit};

    #[test]
    fn units_as_systemd_shows_them() {
        let timer = unit(
            "NextElapseUSecRealtime=@1764547200\nLastTriggerUSec=@1762041600\nLoadState=loaded\n\
             ActiveState=active\nUnitFileState=enabled",
        );
        assert!(timer.there && timer.enabled && timer.active);
        assert_eq!(timer.next.unwrap().to_string(), "2025-12-01T00:00:00Z");
        assert_eq!(timer.last.unwrap().to_string(), "2025-11-02T00:00:00Z");
        let masked = unit("LoadState=masked\nActiveState=inactive\nUnitFileState=masked");
        assert!(!masked.there && !masked.enabled && !masked.active);
        assert_eq!(time("Mon 2025-12-01 00:00:00 UTC"), time("@1764547200"));
        assert_eq!([time(""), time("n/a"), time("@0"), time("infinity")], [None; 4]);
        assert_eq!(time("Mon 2025-12-01 00:00:00 CET"), None, "no zone is guessed");
    }

    #[test]
    fn debians_jobs_zeds_address_and_smartds() {
        let jobs = "# Scrub the second Sunday of every month.\n24 0 8-14 * * root if [ $(date +\\%w) -eq 0 ] && \
            [ -x /usr/lib/zfs-linux/scrub ]; then /usr/lib/zfs-linux/scrub; fi\n# /usr/lib/zfs-linux/trim\n";
        assert_eq!(cron(jobs), Cron { scrub: true, trim: false });
        assert_eq!(cron(""), Cron::default());
        assert_eq!(address("# x\nZED_EMAIL_ADDR=\"root\"\n"), Some("root".to_owned()));
        assert_eq!(address("#ZED_EMAIL_ADDR=\"root\"\n"), None);
        assert_eq!(
            address("ZED_EMAIL_ADDR=root # me\nZED_EMAIL_ADDR=''\n"),
            None,
            "the last counts"
        );
        let debian = "DEVICESCAN -d removable -n standby -m root -M exec /usr/share/smartmontools/smartd-runner\n";
        assert_eq!(smartd(debian), Smartd { mail: Some("root".to_owned()), tests: false });
        let tests =
            "#DEVICESCAN -m root\n/dev/sda -a \\\n -s (S/../.././02|L/../../6/03) -m <nomailer>\n";
        assert_eq!(smartd(tests), Smartd { mail: None, tests: true });
    }
}
