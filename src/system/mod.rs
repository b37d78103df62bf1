//! What a plan needs to know of the system beside its disks and pools.
//!
//! The recorded profile, whether the pool would be imported at boot, who may own datasets, which mountpoints
//! already hold files, and whether OpenZFS knows the wished feature set: everything that would make a step
//! fail half-way is asked before the first one.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::care::wish::{self, Scene};
use crate::inventory::{Facet, Unknown};
use crate::machine::{Cmd, Hash, IoError, Machine, SYSTEMCTL};
use crate::profile::Profile;
use crate::profile::places::{compatibility, full, mountpoint_of, mountpoints};
use crate::shipped::recorded_wish;
use crate::step::journal::{self, Unfinished};
use crate::step::{Of, command};
use crate::system::arrival::{Arrival, Left};

pub mod arrival;
pub mod keys;

/// Units of OpenZFS that bring a pool back at boot.
pub const UNITS: [&str; 4] =
    ["zfs-import-cache.service", "zfs-import.target", "zfs-mount.service", "zfs.target"];

/// The file of gethostid(3).
pub const HOSTID: &str = "/etc/hostid";

/// The system as a plan needs it.
#[derive(Clone, Debug)]
pub struct System {
    /// Text of `/etc/zbay/profile.yaml`.
    pub wish: Option<String>,
    /// Where the pool keeps a copy of the profile, and what is there; `None`: it has no mountpoint to keep it in.
    pub kept: Option<(Utf8PathBuf, Facet<Option<String>>)>,
    /// Why what is there is not read: it is none of zbay's own.
    pub kept_refused: Option<String>,
    /// Whether each of [`UNITS`] is enabled.
    pub units: Facet<BTreeMap<String, bool>>,
    /// Users of `/etc/passwd`.
    pub users: Facet<Vec<String>>,
    /// Groups of `/etc/group`.
    pub groups: Facet<Vec<String>>,
    /// Wished mountpoints that exist and are not empty.
    pub occupied: Vec<Utf8PathBuf>,
    /// Whether OpenZFS has the wished feature set.
    pub feature_set: Facet<bool>,
    /// What a hostid could be made from.
    pub own: Own,
    /// Disks that the journal holds as begun and never finished; empty where there is no journal.
    pub unfinished: Vec<Unfinished>,
    /// The keys that the profile wishes for.
    pub keys: Vec<Key>,
    /// What is in [`KEYS_AT_BOOT`]; not looked for where the profile has no keys.
    pub keys_at_boot: Option<String>,
    /// Whether the processor has AES instructions; not looked for where the profile has no keys.
    pub aes: Option<bool>,
    /// Where the wished pool was imported and is not settled yet: what becomes of its datasets.
    pub arrival: Option<Arrival>,
    /// Who scrubs and trims, where the profile has a profile for it.
    pub care: Option<Scene>,
}

/// The key file of a dataset, and whether it opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The dataset, in full.
    pub dataset: String,
    /// The file; `None`: a passphrase is asked for.
    pub path: Option<Utf8PathBuf>,
    /// Permission bits and bytes of what is there; `None`: nothing.
    pub file: Option<(u32, u64)>,
    /// The user whose it is; `None`: nobody said.
    pub owner: Option<u32>,
    /// Whether the key is loaded; `None`: there is no such dataset, or it is not encrypted.
    pub loaded: Option<bool>,
    /// Where it will be mounted once it is opened, or why it will not; `None`: nowhere, or it is open.
    pub place: Option<Result<Utf8PathBuf, Left>>,
    /// ZFS's words where the file's key does not open the dataset.
    pub wrong: Option<String>,
}

/// Has the box load all keys that are in files before it mounts datasets.
pub const KEYS_AT_BOOT: &str = "/etc/systemd/system/zfs-mount.service.d/zbay-keys.conf";

/// What is in it. A key that is missing stops no other dataset.
pub const LOAD_KEYS: &str = "# Datasets with a `key_file` in /etc/zbay/profile.yaml\n[Service]\nExecStartPre=-/usr/sbin/zfs load-key -a\n";

/// Bytes of a key file: 256 bits in hexadecimal digits.
pub const KEY_BYTES: u64 = 64;

const CPUINFO: &str = "/proc/cpuinfo";

/// The text of a file that is wanted, if it is there.
fn wanted_text(wanted: bool, machine: &dyn Machine, path: &str) -> Option<String> {
    let bytes = if wanted { machine.file(path.into()).ok().flatten()? } else { return None };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn has_aes(cpuinfo: &str) -> Option<bool> {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"))?;
    Some(flags.split_whitespace().any(|flag| flag == "aes"))
}

fn keys(machine: &dyn Machine, profile: &Profile) -> Vec<Key> {
    let wished = profile.datasets.iter().filter_map(|(name, wish)| {
        let path = wish.key_file.as_ref().map(|key| key.path().to_owned());
        (path.is_some() || wish.passphrase.is_some()).then(|| (full(profile, name.as_str()), path))
    });
    let said = |cmd: &Cmd| machine.read(cmd).ok().filter(|output| output.status == 0);
    let text =
        |cmd: &Cmd| said(cmd).map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let one = |(dataset, path): (String, Option<Utf8PathBuf>)| {
        let (file, owner) = path.as_ref().map_or((None, None), |path| of_file(machine, path));
        let status = text(&command::get(Of::Zfs, &dataset, "keystatus"));
        let loaded = status.as_deref().and_then(|status| match status {
            "available" => Some(true),
            "unavailable" => Some(false),
            _ => None,
        });
        let tried =
            loaded.filter(|_| file.is_some()).map(|_| machine.read(&command::try_key(&dataset)));
        let wrong = tried.and_then(|tried| match tried {
            Ok(output) if output.status == 0 => None,
            Ok(output) => Some(output.said()),
            Err(why) => Some(why.to_string()),
        });
        let place = (loaded == Some(false)).then(|| arrival::place_of(machine, &dataset)).flatten();
        Key { dataset, path, file, owner, loaded, place, wrong }
    };
    wished.map(one).collect()
}

/// Permission bits and bytes of a key file, and whose it is.
fn of_file(machine: &dyn Machine, path: &Utf8Path) -> (Option<(u32, u64)>, Option<u32>) {
    let text = |cmd: &Cmd| {
        let output = machine.read(cmd).ok().filter(|output| output.status == 0)?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let file = text(&command::mode_and_size(path)).and_then(|text| {
        let (mode, size) = text.split_once(' ')?;
        Some((u32::from_str_radix(mode, 8).ok()?, size.parse().ok()?))
    });
    let owner = file.and_then(|_| text(&command::owner_of(path))?.parse().ok());
    (file, owner)
}

/// The key files that a profile names as they are on this machine; no pool is asked.
pub fn key_files(machine: &dyn Machine, profile: &Profile) -> Vec<Key> {
    let named = profile.datasets.iter().filter_map(|(name, wish)| {
        Some((full(profile, name.as_str()), wish.key_file.as_ref()?.path().to_owned()))
    });
    let one = |(dataset, path): (String, Utf8PathBuf)| {
        let (file, owner) = of_file(machine, &path);
        Key { dataset, path: Some(path), file, owner, loaded: None, place: None, wrong: None }
    };
    named.map(one).collect()
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

/// Looks. Changes nothing.
///
/// # Errors
/// A file that is there and cannot be read.
pub fn look(machine: &dyn Machine, profile: &Profile) -> Result<System, IoError> {
    let recorded =
        recorded_wish(machine)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let names = |path: &str| -> Facet<Vec<String>> {
        let bytes = machine.file(path.into()).map_err(Unknown::because)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok(text.lines().filter_map(|line| line.split(':').next()).map(str::to_owned).collect())
    };
    let mut occupied = Vec::new();
    for path in mountpoints(profile) {
        match machine.list(&path) {
            Ok(Some(entries)) if !entries.is_empty() => occupied.push(path),
            // A recorded machine was not asked about mountpoints of somebody's own.
            Ok(_) | Err(IoError::Unrecorded { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    // What cannot be read proves nothing: then nothing is taken for zbay's own.
    let journal = machine.file(journal::PATH.into()).ok().flatten().unwrap_or_default();
    let keys = keys(machine, profile);
    let root = mountpoint_of(profile, "");
    let kept = root.as_ref().map(|root| machine.file_beneath(root, KEPT.into()));
    let kept_refused = match &kept {
        Some(Err(why @ IoError::System { .. })) => Some(why.to_string()),
        _ => None,
    };
    Ok(System {
        wish: recorded,
        kept: root.zip(kept).map(|(root, text)| {
            let text = text.map_err(Unknown::because);
            let text = text.map(|bytes| bytes.map(|it| String::from_utf8_lossy(&it).into_owned()));
            (kept_in(&root), text)
        }),
        kept_refused,
        units: units(machine),
        users: names("/etc/passwd"),
        groups: names("/etc/group"),
        occupied,
        feature_set: feature_set(machine, profile),
        own: Own::look(machine),
        keys_at_boot: wanted_text(!keys.is_empty(), machine, KEYS_AT_BOOT),
        aes: wanted_text(!keys.is_empty(), machine, CPUINFO).as_deref().and_then(has_aes),
        keys,
        unfinished: journal::unfinished(&String::from_utf8_lossy(&journal)),
        arrival: None,
        care: wish::look(machine, profile),
    })
}

/// The name of the copy of the profile below the root of a pool.
pub const KEPT: &str = ".zbay/profile.yaml";

/// Where a pool that is mounted at `root` keeps a copy of the profile.
pub fn kept_in(root: &Utf8Path) -> Utf8PathBuf {
    root.join(KEPT)
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

fn feature_set(machine: &dyn Machine, profile: &Profile) -> Facet<bool> {
    let name = compatibility(profile);
    if name == "off" || name == "legacy" {
        return Ok(true);
    }
    for dir in ["/usr/share/zfs/compatibility.d", "/etc/zfs/compatibility.d"] {
        let names = machine.list(Utf8Path::new(dir)).map_err(Unknown::because)?;
        if names.is_some_and(|names| names.contains(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}
