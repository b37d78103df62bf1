//! The files that come with zbay, in the binary itself, and where they can be overridden.
//!
//! A name such as `gen8-seed` is looked for in `/etc/zbay/profiles` (or `/etc/zbay/hw`) first and among the
//! shipped files then; whatever contains a `/` or ends in `.yaml` is a path and nothing else.

use camino::Utf8Path;
use thiserror::Error;

use crate::fault::{Faults, near_miss};
use crate::hw::Hw;
use crate::hw::host::Host;
use crate::machine::local::read_user_file;
use crate::machine::{IoError, Machine};
use crate::profile::Profile;
use crate::yaml::{MAX_BYTES, Parsed, read};

macro_rules! shipped {
    ($dir:literal: $($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../", $dir, "/", $name, ".yaml")))),+]
    };
}

/// Name and text of each description of a box, in the order in which they are tried.
pub const HW: [(&str, &str); 8] = shipped!("hw":
    "hp-microserver-gen8", "hp-microserver-n36l-n40l-n54l", "hpe-microserver-gen10",
    "hpe-microserver-gen10-plus", "hpe-microserver-gen10-plus-v2", "dell-poweredge-t20",
    "4u-24bay", "generic");

/// Name and text of each profile.
pub const PROFILES: [(&str, &str); 8] = shipped!("profiles":
    "gen8-usb-raidz", "gen8-usb-raidz2", "gen8-usb-mirror", "gen8-raid-fifth-port",
    "gen8-usb-raidz-slog", "gen8-seed", "gen8-seed-3", "4u-24bay-raidz2");

/// Where the profile of this machine is recorded.
pub const WISH: &str = "/etc/zbay/profile.yaml";

/// Why a file could not be had.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Its faults.
    #[error("{0}")]
    Faults(Faults),
    /// No file of this name.
    #[error("there is no {kind} `{name}`{hint}; shipped: {known}")]
    NoSuchName {
        /// `profile`, `description of a box`.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// `: did you mean ...`.
        hint: String,
        /// The names that there are.
        known: String,
    },
    /// No file at this path.
    #[error("there is no file {0}")]
    NoFile(String),
    /// Could not be read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// Nothing was named and nothing is recorded.
    #[error("no profile was given, and {WISH} does not exist: name one of {0}, or a file")]
    NoWish(String),
}

/// What a word given as PROFILE or HW is.
pub fn is_path(word: &str) -> bool {
    let yaml = Utf8Path::new(word).extension().is_some_and(|ext| ext == "yaml" || ext == "yml");
    word.contains('/') || yaml
}

fn names(table: &[(&'static str, &'static str)]) -> String {
    table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The text of a user's file or of a shipped one, with the name to print in faults.
fn text(
    machine: &dyn Machine,
    word: &str,
    kind: &'static str,
    dir: &str,
    table: &[(&'static str, &'static str)],
) -> Result<(String, Vec<u8>), LoadError> {
    if is_path(word) {
        let bytes = read_user_file(Utf8Path::new(word), MAX_BYTES + 1)?;
        return bytes
            .map(|b| (word.to_owned(), b))
            .ok_or_else(|| LoadError::NoFile(word.to_owned()));
    }
    let shipped = table.iter().find(|(name, _)| *name == word);
    let sane = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let path = format!("{dir}/{word}.yaml");
    let own =
        if sane && !word.starts_with('.') { machine.file(path.as_str().into()) } else { Ok(None) };
    match (own, shipped) {
        (Ok(Some(bytes)), _) => Ok((path, bytes)),
        // A recorded machine that was never asked has no overrides.
        (Ok(None) | Err(IoError::Unrecorded { .. }), Some((name, text))) => Ok((
            format!("{}/{name}.yaml", dir.rsplit('/').next().unwrap_or(dir)),
            text.as_bytes().to_vec(),
        )),
        (Ok(None) | Err(IoError::Unrecorded { .. }), None) => {
            let meant = near_miss(word, table.iter().map(|(name, _)| *name));
            Err(LoadError::NoSuchName {
                kind,
                name: word.chars().take(60).collect(),
                hint: meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default(),
                known: names(table),
            })
        }
        (Err(error), _) => Err(error.into()),
    }
}

/// A profile by shipped name or path; `None`: the recorded profile of this machine.
///
/// # Errors
/// No such file, or its faults.
pub fn profile(machine: &dyn Machine, word: Option<&str>) -> Result<Parsed<Profile>, LoadError> {
    let (file, bytes) = match word {
        Some(word) => text(machine, word, "profile", "/etc/zbay/profiles", &PROFILES)?,
        None => match recorded_wish(machine)? {
            Some(bytes) => (WISH.to_owned(), bytes),
            None => return Err(LoadError::NoWish(names(&PROFILES))),
        },
    };
    read(&file, &bytes).map_err(LoadError::Faults)
}

/// The text of `/etc/zbay/profile.yaml` on this machine.
///
/// # Errors
/// It is there and cannot be read.
pub fn recorded_wish(machine: &dyn Machine) -> Result<Option<Vec<u8>>, IoError> {
    match machine.file(WISH.into()) {
        Err(IoError::Unrecorded { .. }) => Ok(None),
        other => other,
    }
}

/// A description of a box by name or path.
///
/// # Errors
/// No such file, or its faults.
pub fn hw(machine: &dyn Machine, word: &str) -> Result<Parsed<Hw>, LoadError> {
    let (file, bytes) = text(machine, word, "hardware description", "/etc/zbay/hw", &HW)?;
    read(&file, &bytes).map_err(LoadError::Faults)
}

impl LoadError {
    /// In one line.
    pub fn first_line(&self) -> String {
        match self {
            Self::Faults(faults) => faults.first_line(),
            other => other.to_string(),
        }
    }
}

/// Where a box's own descriptions lie.
const OWN: &str = "/etc/zbay/hw";

/// The names of the descriptions in [`OWN`].
fn own(machine: &dyn Machine) -> Vec<String> {
    let names = machine.list(OWN.into()).ok().flatten().unwrap_or_default();
    names.iter().filter_map(|name| name.strip_suffix(".yaml")).map(str::to_owned).collect()
}

/// Descriptions in [`OWN`] that cannot be read, each with its file and why.
pub fn broken(machine: &dyn Machine) -> Vec<(String, LoadError)> {
    let read = |name: &String| Some((format!("{OWN}/{name}.yaml"), hw(machine, name).err()?));
    own(machine).iter().filter_map(read).collect()
}

/// The description that fits the box, `generic` where none does; the flag tells which. One that is broken fits nothing, nor
/// does a shipped one of its name: what it says of the bays is what somebody found to be otherwise.
///
/// # Errors
/// `generic` itself cannot be read.
pub fn recognise(machine: &dyn Machine, host: &Host) -> Result<(Parsed<Hw>, bool), LoadError> {
    let own = own(machine);
    for name in own.iter().map(String::as_str).chain(HW.iter().map(|(name, _)| *name)) {
        match hw(machine, name) {
            Ok(parsed) if parsed.value.recognise.as_ref().is_some_and(|it| it.fits(host)) => {
                return Ok((parsed, true));
            }
            Err(error) if !own.iter().any(|it| it == name) => return Err(error),
            _ => {}
        }
    }
    let generic = match hw(machine, "generic") {
        Err(_) if own.iter().any(|it| it == "generic") => embedded("generic")?,
        other => other?,
    };
    Ok((generic, false))
}

/// The description of any box, by its ports.
///
/// # Errors
/// None, since the program carries it.
pub fn generic() -> Result<Parsed<Hw>, LoadError> {
    embedded("generic")
}

/// A description that the program carries, whatever lies in [`OWN`].
fn embedded(name: &str) -> Result<Parsed<Hw>, LoadError> {
    let text = HW.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    read(&format!("hw/{name}.yaml"), text.as_bytes()).map_err(LoadError::Faults)
}

#[cfg(test)]
mod tests {
    use super::{HW, PROFILES};
    use crate::hw::Hw;
    use crate::profile::Profile;
    use crate::yaml::read;

    #[test]
    fn every_shipped_file_is_sound_and_named_like_itself() {
        for (name, text) in HW {
            let hw = read::<Hw>(name, text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
            assert_eq!(hw.value.hardware, name);
        }
        for (name, text) in PROFILES {
            let profile = read::<Profile>(name, text.as_bytes()).unwrap_or_else(|f| panic!("{f}"));
            assert!(HW.iter().any(|(hw, _)| *hw == profile.value.hardware), "{name}");
        }
    }
}
