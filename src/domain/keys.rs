//! Keys of encrypted datasets: whether each opens its dataset, now and at the next boot, whose their files are, and whether
//! the processor is made for it.

use std::collections::BTreeMap;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::check::{Note, Rule, Severity};
use crate::domain::face::{Chain, Domain, POOL, Phase, World};
use crate::domain::storage::arrival::{self, Left, Mount};
use crate::drift::{APPLY, Difference, Differs};
use crate::machine::{CHMOD, CHOWN, Change, Cmd, Hash, IoError, Machine};
use crate::profile::Profile;
use crate::profile::places::full;
use crate::step::{Condition, Danger, Effect, Of, Step, command, run, step};

/// The domain.
#[derive(Debug)]
pub struct Keys;

/// What it looks at.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The keys that the profile names.
    pub keys: Vec<Key>,
    /// What is in [`KEYS_AT_BOOT`]; not looked for where the profile has no keys.
    pub at_boot: Option<String>,
    /// Whether the processor has AES instructions; not looked for where the profile has no keys.
    pub aes: Option<bool>,
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

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "drift")]
pub enum Drift {
    /// An encrypted dataset is closed, and its key is there, or is asked for.
    Locked {
        /// Full name.
        dataset: String,
        /// Its passphrase is asked for.
        asks: bool,
    },
    /// The key file of an encrypted dataset does not open it.
    Key {
        /// Full name.
        dataset: String,
        /// The file.
        path: Utf8PathBuf,
        /// Why, in words.
        why: String,
    },
    /// Keys would not be loaded at boot.
    KeysAtBoot {
        /// What is in the file now.
        was: Option<Hash>,
    },
}

impl Difference for Drift {
    fn mendable(&self) -> bool {
        match self {
            Self::Locked { .. } | Self::KeysAtBoot { .. } => true,
            Self::Key { .. } => false,
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Key { path, .. } => format!(
                "put the right key back as {path} (mode 600, 64 hexadecimal digits): without it the data is lost at the \
                 next boot"
            ),
            Self::Locked { .. } | Self::KeysAtBoot { .. } => APPLY.to_owned(),
        }
    }

    fn subject(&self) -> (&'static str, String) {
        match self {
            Self::Locked { dataset, .. } => ("locked", format!("dataset {dataset}")),
            Self::Key { dataset, .. } => ("key", format!("dataset {dataset}")),
            Self::KeysAtBoot { .. } => ("keys-at-boot", "server".to_owned()),
        }
    }

    fn is_wrong(&self) -> bool {
        matches!(self, Self::Key { .. })
    }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { dataset, asks: false } => write!(f, "{dataset} is encrypted and locked"),
            Self::Locked { dataset, asks: true } => {
                write!(f, "{dataset} is encrypted and locked until its passphrase is typed")
            }
            Self::Key { dataset, path, why } => {
                write!(f, "the key of {dataset} is not in {path}: {why}")
            }
            Self::KeysAtBoot { .. } => f.write_str("encrypted datasets would stay locked at boot"),
        }
    }
}

impl Domain for Keys {
    type Facts = Facts;
    type Drift = Drift;

    fn look(machine: &dyn Machine, profile: &Profile) -> Result<Facts, IoError> {
        let keys = keys(machine, profile);
        Ok(Facts {
            at_boot: wanted_text(!keys.is_empty(), machine, KEYS_AT_BOOT),
            aes: wanted_text(!keys.is_empty(), machine, CPUINFO).as_deref().and_then(has_aes),
            keys,
        })
    }

    fn drift(_world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
        drift(facts).into_iter().map(Ok).collect()
    }

    fn steps(_world: &World<'_>, facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
        let chain = |one: &Drift| match one {
            Drift::Locked { dataset, asks } => {
                let key = facts.keys.iter().find(|key| key.dataset == *dataset);
                let place = key.and_then(|key| key.place.as_ref()?.as_ref().ok());
                let steps = unlock(dataset, *asks, place.map(Utf8PathBuf::as_path));
                // One dataset that stays closed holds up no other.
                let name = format!("key of {dataset}");
                Some(Chain::new(Phase::Open, name, &[POOL], steps))
            }
            Drift::KeysAtBoot { was } => {
                let steps = vec![keys_at_boot(was.as_ref())];
                Some(Chain::new(Phase::Open, "keys at boot", &[], steps))
            }
            Drift::Key { .. } => None,
        };
        drift.iter().filter_map(chain).collect()
    }

    fn notes(facts: &Facts, steps: &[Step]) -> Vec<Note> {
        let mut notes = open(&facts.keys);
        notes.extend(left(&facts.keys));
        let is_key = |change: &Change| match change {
            Change::NewKey { .. } => true,
            Change::Run(cmd) => cmd.asks.is_some(),
            _ => false,
        };
        if steps.iter().any(|step| step.changes.iter().any(is_key)) {
            notes.extend(slow(facts.aes));
        }
        notes
    }

    fn keeps() -> &'static [&'static str] {
        &["/etc/zbay/keys", "/etc/systemd/system"]
    }
}

/// Encrypted datasets that are closed, or would be at the next boot.
fn drift(facts: &Facts) -> Vec<Drift> {
    let mut found = Vec::new();
    for key in &facts.keys {
        let dataset = || key.dataset.clone();
        let Some(path) = &key.path else {
            if key.loaded == Some(false) {
                found.push(Drift::Locked { dataset: dataset(), asks: true });
            }
            continue;
        };
        let drift =
            |why: &str| Drift::Key { dataset: dataset(), path: path.clone(), why: why.to_owned() };
        match (key.loaded, &key.file, &key.wrong) {
            (Some(_), None, _) => found.push(drift("there is no such file")),
            (Some(_), Some(_), Some(why)) => found.push(drift(why)),
            (Some(false), Some(_), None) => {
                found.push(Drift::Locked { dataset: dataset(), asks: false });
            }
            (Some(true), Some((mode, _)), None) if mode & 0o077 != 0 => {
                found.push(drift(&format!("others can read it (mode {mode:o})")));
            }
            (None, ..) | (Some(true), Some(_), None) => {}
        }
    }
    let in_files = facts.keys.iter().any(|key| key.path.is_some());
    if in_files && facts.at_boot.as_deref() != Some(LOAD_KEYS) {
        let was = facts.at_boot.as_ref().map(|text| Hash::of(text.as_bytes()));
        found.push(Drift::KeysAtBoot { was });
    }
    found
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

/// Key files that a profile names and that do not exist, by dataset.
pub(super) fn absent(machine: &dyn Machine, profile: &Profile) -> BTreeMap<String, Utf8PathBuf> {
    let all = key_files(machine, profile).into_iter();
    all.filter(|key| key.file.is_none()).filter_map(|key| Some((key.dataset, key.path?))).collect()
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

/// Opens an encrypted dataset with the key in its file, or with its passphrase, and mounts it where that covers nothing.
pub fn unlock(dataset: &str, asks: bool, place: Option<&Utf8Path>) -> Vec<Step> {
    let load = command::load_key(dataset);
    let load = if asks { load.asking(dataset) } else { load };
    let key = if asks { "passphrase" } else { "key" };
    let mut open = step(
        format!("unlock {dataset} with its {key}"),
        Effect::Unlock,
        Danger::Harmless,
        run([load]),
    );
    open.after = vec![Condition::Property {
        of: Of::Zfs,
        object: dataset.to_owned(),
        name: "keystatus".to_owned(),
        value: "available".to_owned(),
    }];
    let mount = place
        .map(|at| Mount { dataset: dataset.to_owned(), at: at.to_owned(), share: false }.step());
    std::iter::once(open).chain(mount).collect()
}

/// Has the box open encrypted datasets before it mounts datasets.
fn keys_at_boot(was: Option<&Hash>) -> Step {
    let path = Utf8PathBuf::from(KEYS_AT_BOOT);
    let mut changes: Vec<Change> = Change::file(&path, LOAD_KEYS, was.cloned()).into();
    changes.extend(run([command::reload_units()]));
    let mut keys =
        step("unlock encrypted datasets at boot", Effect::Files, Danger::Harmless, changes);
    keys.after = vec![Condition::File { path, hash: Some(Hash::of(LOAD_KEYS.as_bytes())) }];
    keys
}

/// Keys in files that somebody else has the say over, or reads. They are used all the same.
pub fn open(keys: &[Key]) -> Vec<Note> {
    let one = |key: &Key| {
        let (path, (mode, _)) = (key.path.as_ref()?, key.file?);
        let other = key.owner.filter(|uid| *uid != 0);
        let (message, remedy) = match other {
            Some(uid) => {
                let own = Cmd::new(CHOWN, ["root:root", path.as_str()]);
                (format!("the key {path} belongs to another user (uid {uid})"), own)
            }
            None if mode & 0o077 != 0 => {
                let close = Cmd::new(CHMOD, ["600", path.as_str()]);
                let may = if mode & 0o022 == 0 { "read" } else { "read or changed" };
                (format!("the key {path} can be {may} by others (mode {mode:o})"), close)
            }
            None => return None,
        };
        Some(Note {
            severity: Severity::Warning,
            rule: Rule::KeyOpen,
            at: "datasets".to_owned(),
            message,
            remedy: format!("`{remedy}`"),
            bay: None,
            wwn: None,
        })
    };
    keys.iter().filter_map(one).collect()
}

/// Encrypted datasets that are opened and stay unmounted, since they would cover something.
pub fn left(keys: &[Key]) -> Vec<Note> {
    let left = keys.iter().filter_map(|key| key.place.as_ref()?.as_ref().err());
    let note = |left: &Left| Note {
        severity: Severity::Warning,
        rule: Rule::MountCovers,
        at: "datasets".to_owned(),
        message: format!("{} is opened and not mounted at {}: {}", left.dataset, left.at, left.why),
        remedy: format!("empty that, then `zfs mount {}`; or {}", left.dataset, left.remedy()),
        bay: None,
        wwn: None,
    };
    left.map(note).collect()
}

/// What is told where keys are made and the processor has no instructions for them; `aes`: whether it has, if that is known.
fn slow(aes: Option<bool>) -> Option<Note> {
    (aes == Some(false)).then(|| Note {
        severity: Severity::Warning,
        rule: Rule::NoAes,
        at: "datasets".to_owned(),
        message: "this processor has no AES instructions: encrypted datasets are slow on it"
            .to_owned(),
        remedy: "encrypt what needs it, and nothing else".to_owned(),
        bay: None,
        wwn: None,
    })
}
