//! The server itself: the recorded profile, its hostid, and whether pools come back at boot.

use std::collections::BTreeMap;
use std::fmt;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::domain::face::{Chain, Domain, POOL, Phase, SERVER, World};
use crate::drift::{APPLY, Difference, Differs, NotKnown};
use crate::inventory::{Facet, ForeignPool, Inventory, Owner, Unknown};
use crate::machine::{Change, Cmd, Hash, IoError, Machine, SYSTEMCTL};
use crate::profile::Profile;
use crate::shipped::{WISH, recorded_wish};
use crate::step::{Condition, Danger, Effect, Step, command, run, step};
use crate::words;

/// Units of OpenZFS that bring a pool back at boot.
pub const UNITS: [&str; 4] =
    ["zfs-import-cache.service", "zfs-import.target", "zfs-mount.service", "zfs.target"];

/// The file of gethostid(3).
pub const HOSTID: &str = "/etc/hostid";

/// The domain.
#[derive(Debug)]
pub struct Host;

/// What it looks at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Text of `/etc/zbay/profile.yaml`.
    pub recorded: Option<String>,
    /// Whether each of [`UNITS`] is enabled.
    pub units: Facet<BTreeMap<String, bool>>,
    /// What a hostid could be made from.
    pub own: Own,
}

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "drift")]
pub enum Drift {
    /// The server has no hostid.
    NoHostid,
    /// The recorded profile is another one, or none.
    Wish {
        /// True if another one is recorded.
        other: bool,
    },
    /// Units that bring the pool back at boot are not enabled.
    Disabled {
        /// Their names.
        units: Vec<String>,
    },
}

impl Difference for Drift {
    fn mendable(&self) -> bool {
        true
    }

    fn remedy(&self) -> String {
        APPLY.to_owned()
    }

    fn subject(&self) -> (&'static str, String) {
        match self {
            Self::NoHostid => ("no-hostid", "server".to_owned()),
            Self::Wish { .. } => ("profile-not-recorded", "profile".to_owned()),
            Self::Disabled { .. } => ("disabled", "server".to_owned()),
        }
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHostid => f.write_str("this server has no hostid of its own"),
            Self::Wish { other: true } => {
                f.write_str("another profile is recorded in /etc/zbay/profile.yaml")
            }
            Self::Wish { other: false } => {
                f.write_str("the profile is not recorded in /etc/zbay/profile.yaml")
            }
            Self::Disabled { units } => {
                write!(f, "the pool would not come back at boot: {} not enabled", units.join(", "))
            }
        }
    }
}

impl Domain for Host {
    type Facts = Facts;
    type Drift = Drift;

    fn look(machine: &dyn Machine, _profile: &Profile) -> Result<Facts, IoError> {
        let recorded = recorded_wish(machine)?;
        Ok(Facts {
            recorded: recorded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
            units: units(machine),
            own: Own::look(machine),
        })
    }

    fn drift(world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
        let mut found = Vec::new();
        if facts.recorded.as_deref() != Some(world.text) {
            found.push(Ok(Drift::Wish { other: facts.recorded.is_some() }));
        }
        if world.inventory.host.hostid.is_none() {
            found.push(Ok(Drift::NoHostid));
        }
        match &facts.units {
            Ok(units) => {
                let off = units.iter().filter(|(_, on)| !**on);
                let off: Vec<String> = off.map(|(unit, _)| unit.clone()).collect();
                found.extend((!off.is_empty()).then_some(Ok(Drift::Disabled { units: off })));
            }
            Err(unknown) => {
                let what = "whether the pool comes back at boot";
                found.push(Err(NotKnown::new(what, &unknown.why)));
            }
        }
        found
    }

    fn steps(world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for one in drift {
            match one {
                Drift::Wish { .. } => first.push(record(world.text, facts)),
                Drift::NoHostid => first.extend(hostid(world.inventory, &facts.own)),
                Drift::Disabled { units } => last.push(enable(units)),
            }
        }
        // What makes the pool come back means something only once there is a pool.
        vec![
            Chain::new(Phase::Make, SERVER, &[], first),
            Chain::new(Phase::Tidy, "boot", &[SERVER, POOL], last),
        ]
    }

    fn keeps() -> &'static [&'static str] {
        &["/etc/zbay", HOSTID, "/etc/systemd/system"]
    }
}

/// What a hostid could be made from, beside the box's own numbers.
#[derive(Clone, Debug)]
pub struct Own {
    /// What /etc/hostid holds, if it is there: a power cut may leave an empty one.
    pub hostid: Option<Hash>,
    /// A random UUID, for a hostid where the box has nothing of its own.
    pub random: Option<String>,
    /// The hostid that a saved plan has drawn already.
    pub drawn: Option<String>,
}

impl Own {
    /// Looks.
    pub fn look(machine: &dyn Machine) -> Self {
        let random = machine.file("/proc/sys/kernel/random/uuid".into()).ok().flatten();
        Self {
            hostid: machine.file(HOSTID.into()).ok().flatten().map(|bytes| Hash::of(&bytes)),
            random: random.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()),
            drawn: None,
        }
    }

    /// Takes the hostid that a saved plan has drawn, where it is one.
    pub fn draw(&mut self, drawn: Option<&str>) {
        let digits = |text: &&str| {
            text.len() == 8 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
        };
        self.drawn = drawn.filter(digits).filter(|text| *text != "00000000").map(str::to_owned);
    }
}

/// Records the profile in /etc/zbay/profile.yaml.
fn record(text: &str, facts: &Facts) -> Step {
    let was = facts.recorded.as_ref().map(|old| Hash::of(old.as_bytes()));
    let path = Utf8PathBuf::from(WISH);
    let (what, danger) = match was {
        None => (format!("record the profile in {WISH}"), Danger::Harmless),
        Some(_) => {
            (format!("replace the profile that is recorded in {WISH}"), Danger::ReplacesWish)
        }
    };
    let changes = Change::file(&path, text, was).into();
    let after = vec![Condition::File { path, hash: Some(Hash::of(text.as_bytes())) }];
    Step { after, ..step(what, Effect::Record, danger, changes) }
}

/// The hostid that the box has, or would get.
pub fn own_hostid(inventory: &Inventory, own: &Own) -> Option<String> {
    inventory.host.hostid.clone().or_else(|| new_hostid(inventory, own).map(|(value, _)| value))
}

/// What a hostid is made from where there is nothing else.
const CHANCE: &str =
    "chance, since the server has no UUID, serial number or MAC address of its own";

/// A hostid of eight hexadecimal digits, and what it is made from.
///
/// Boards of one maker may share their UUID or their serial number, so that all that a box has is mixed: UUID, serial number
/// and the lowest MAC address that a maker gave. Where there is none of them, chance.
fn new_hostid(inventory: &Inventory, own: &Own) -> Option<(String, String)> {
    if let Some(value) = had(inventory) {
        return Some((value, "this host's name and UUID: it is what it had before".to_owned()));
    }
    let dmi = &inventory.host.dmi;
    let uuid = dmi.product_uuid.as_deref().filter(says_something);
    let serial = dmi.product_serial.as_deref().filter(says_something);
    let mac =
        inventory.host.nics.iter().map(|nic| nic.mac.as_str()).filter(|mac| is_makers(mac)).min();
    let told = [(uuid, "UUID"), (serial, "serial number"), (mac, "MAC address")];
    let told: Vec<(&str, &str)> =
        told.into_iter().filter_map(|(text, of)| Some((text?, of))).collect();
    if told.is_empty() {
        // A saved plan keeps what was drawn for it.
        let drawn = own.drawn.clone().or_else(|| digits(own.random.as_deref()?));
        return drawn.map(|value| (value, CHANCE.to_owned()));
    }
    let source: Vec<&str> = told.iter().map(|(text, _)| *text).collect();
    let of: Vec<String> = told.iter().map(|(_, of)| (*of).to_owned()).collect();
    digits(&source.join("\n")).map(|value| (value, format!("the server's {}", words::and(&of))))
}

/// Noughts and `f` are no number; words of filler are not told by the look at all.
fn says_something(text: &&str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    digits.len() >= 6 && digits.chars().any(|c| c != '0' && !c.eq_ignore_ascii_case(&'f'))
}

/// Eight digits of a hash; a hostid of 0 means none.
fn digits(source: &str) -> Option<String> {
    let hash = Hash::of(source.to_ascii_lowercase().as_bytes());
    let mut digits =
        hash.0.as_bytes().chunks(8).map(|eight| String::from_utf8_lossy(eight).into_owned());
    digits.find(|digits| digits != "00000000")
}

/// True for an address that is not made up here: neither nought nor locally administered (IEEE 802c).
fn is_makers(mac: &str) -> bool {
    let first = mac.get(..2).and_then(|first| u8::from_str_radix(first, 16).ok());
    let zero = mac.chars().all(|c| c == '0' || c == ':');
    first.is_some_and(|first| first.trailing_zeros() >= 2) && !zero
}

/// The hostid that an earlier zbay made of the UUID or the serial number alone, where a pool here was last used with it by
/// a host of this name: a box that is installed anew goes on being itself.
fn had(inventory: &Inventory) -> Option<String> {
    let dmi = &inventory.host.dmi;
    let uuid = dmi.product_uuid.as_deref().filter(says_something);
    let serial = dmi.product_serial.as_deref().filter(says_something);
    let value = digits(uuid.or(serial)?)?;
    let hostname = &inventory.host.facts.as_ref()?.hostname;
    let mut labels =
        inventory.disks.iter().filter_map(|disk| match &disk.contents.as_ref().ok()?.owner {
            Owner::ForeignPool(pool) => Some(pool),
            _ => None,
        });
    let ours = |pool: &ForeignPool| {
        pool.hostid.as_ref() == Some(&value) && pool.hostname.as_ref() == Some(hostname)
    };
    labels.any(ours).then_some(value)
}

/// The hostid that would be drawn by chance; `None`: the box has one, or something to make it from.
pub fn drawn_hostid(inventory: &Inventory, own: &Own) -> Option<String> {
    if inventory.host.hostid.is_some() {
        return None;
    }
    new_hostid(inventory, own).filter(|(_, of)| of == CHANCE).map(|(value, _)| value)
}

/// Gives the box a hostid of its own.
pub fn hostid(inventory: &Inventory, own: &Own) -> Option<Step> {
    let (value, of) = new_hostid(inventory, own)?;
    let bytes = u32::from_str_radix(&value, 16).ok()?.to_ne_bytes();
    let path = Utf8PathBuf::from(HOSTID);
    let mut changes = run([command::hostid(&value), command::sync(&path)]);
    if own.hostid.is_some() {
        // One that is there and is none: zgenhostid was cut off before its bytes were on the disk.
        changes.insert(0, Change::Remove { path: path.clone() });
    }
    let what = format!("set this server's hostid to {value}, made from {of}");
    let mut step = step(what, Effect::Files, Danger::Harmless, changes);
    step.before = vec![Condition::File { path: path.clone(), hash: own.hostid.clone() }];
    step.after = vec![Condition::File { path, hash: Some(Hash::of(&bytes)) }];
    Some(step)
}

/// Makes the pool come back at boot.
fn enable(units: &[String]) -> Step {
    let mut enable = step(
        "import the pool at boot",
        Effect::Units,
        Danger::Harmless,
        run([command::enable(units)]),
    );
    enable.after = vec![Condition::Enabled { units: units.to_vec() }];
    enable
}

/// The command that asks which of [`UNITS`] are enabled.
pub fn ask_units() -> Cmd {
    Cmd::new(SYSTEMCTL, std::iter::once("is-enabled").chain(UNITS))
}

/// One line a unit; the exit status is not 0 where one of them is not enabled (systemctl(1)).
pub fn units(machine: &dyn Machine) -> Facet<BTreeMap<String, bool>> {
    let output = machine.read(&ask_units()).map_err(Unknown::because)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let states: Vec<&str> = text.lines().map(str::trim).collect();
    if states.len() != UNITS.len() {
        return Err(Unknown::because(format!("`{}` said: {}", ask_units(), output.said())));
    }
    let on = |state: &str| ["enabled", "static", "alias", "indirect", "generated"].contains(&state);
    Ok(UNITS.iter().zip(states).map(|(unit, state)| ((*unit).to_owned(), on(state))).collect())
}
