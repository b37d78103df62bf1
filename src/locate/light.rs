//! The light beside a drive, as far as ledctl(8) of the package ledmon knows one.
//!
//! It is asked in two ways. Since 0.97 `--list-slots` names the slots of controllers of some types with the device in
//! each: such a slot can be lit. Older ones, and on-board AHCI ports, have only `--list-controllers`, a line
//! `/sys/devices/pci0000:00/0000:00:1f.2 (AHCI)` for each: a drive below such a path can be sent the pattern, but
//! whether a light listens depends on the backplane, and on most plain ports none does (ledmon issues 58, 76, 86).
//! That is why nobody is told that a light is lit, only that it was asked for.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::inventory::Disk;
use crate::machine::{Change, Cmd, LEDCTL, Machine, RunError};
use crate::words::plain;

/// The types of controllers whose slots ledctl lists (ledctl(8), "slot management options").
const SLOTTED: [&str; 4] = ["VMD", "NPEM", "SCSI", "AMD"];

/// How the light of a drive is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Light {
    /// Its slot is listed.
    Slot {
        /// Type of the controller: `SCSI`.
        kind: String,
        /// ledctl's name for the slot.
        slot: String,
    },
    /// The controller of its port is listed.
    Port {
        /// Type of the controller: `AHCI`.
        kind: String,
    },
}

/// Why there is none.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoLight {
    /// The program is not there.
    #[error("ledctl is not installed: `apt install {package}`", package = LEDCTL.package)]
    NotInstalled,
    /// It lists neither slot nor controller.
    #[error("ledctl knows no light at this port")]
    None,
    /// It does not say.
    #[error("ledctl does not tell: {0}")]
    Silent(String),
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slot { kind, slot } => {
                write!(f, "ledctl lists its slot, {} ({})", plain(slot), plain(kind))
            }
            Self::Port { kind } => write!(
                f,
                "ledctl lists its controller ({}), so it is lit where the backplane listens",
                plain(kind)
            ),
        }
    }
}

impl Light {
    /// The command that lights it, or puts it out.
    pub fn command(&self, dev: &Utf8Path, on: bool) -> Cmd {
        let state = if on { "locate" } else { "locate_off" };
        match self {
            Self::Slot { kind, .. } => Cmd::new(
                LEDCTL,
                [
                    "--set-slot".to_owned(),
                    format!("--controller-type={kind}"),
                    format!("--device={dev}"),
                    format!("--state={state}"),
                ],
            ),
            // Without it ledctl puts out all other lights.
            Self::Port { .. } => {
                Cmd::new(LEDCTL, ["--listed-only".to_owned(), format!("{state}={dev}")])
            }
        }
    }
}

/// The light of a drive. Nothing is lit.
///
/// # Errors
/// There is none that is known, and why.
pub fn find(machine: &dyn Machine, disk: &Disk) -> Result<Light, NoLight> {
    let silent = |why: RunError| match why {
        RunError::Missing { .. } => NoLight::NotInstalled,
        other => NoLight::Silent(other.to_string()),
    };
    let cmd = Cmd::new(LEDCTL, ["--list-controllers"]);
    let output = machine.read(&cmd).map_err(silent)?;
    let all = controllers(output.ok(&cmd).map_err(silent)?)?;
    let mut listed: Vec<&str> = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    for (_, kind) in &all {
        if !SLOTTED.contains(&kind.as_str()) || asked.contains(&kind.as_str()) {
            continue;
        }
        asked.push(kind);
        let cmd =
            Cmd::new(LEDCTL, ["--list-slots".to_owned(), format!("--controller-type={kind}")]);
        // One that does not know the option, or this type, is asked for the port.
        let Ok(output) = machine.read(&cmd) else { continue };
        let Ok(text) = output.ok(&cmd) else { continue };
        listed.push(kind);
        if let Some(slot) = slot(text, &disk.dev) {
            return Ok(Light::Slot { kind: kind.clone(), slot });
        }
    }
    // Where slots are listed and this drive is in none of them, its controller says no more.
    let open = all.iter().filter(|(_, kind)| !listed.contains(&kind.as_str()));
    let place = machine.link(&Utf8Path::new("/sys/block").join(&disk.name)).ok().flatten();
    let place = place
        .map(|link| Utf8PathBuf::from(format!("/sys/{}", link.as_str().trim_start_matches("../"))));
    let above = |path: &str| place.as_ref().is_some_and(|place| place.starts_with(path));
    let port = open.into_iter().find(|(path, _)| above(path));
    port.map(|(_, kind)| Light::Port { kind: kind.clone() }).ok_or(NoLight::None)
}

/// Lights it, does something, and puts it out again whatever came of that.
///
/// # Errors
/// It cannot be lit (then nothing else was done), or not put out.
pub fn lit<T>(
    machine: &dyn Machine,
    dev: &Utf8Path,
    light: &Light,
    during: impl FnOnce() -> T,
) -> Result<(T, Result<(), RunError>), RunError> {
    set(machine, &light.command(dev, true))?;
    let came = during();
    Ok((came, set(machine, &light.command(dev, false))))
}

fn set(machine: &dyn Machine, cmd: &Cmd) -> Result<(), RunError> {
    machine.change(&Change::Run(cmd.clone()))?.ok(cmd).map(|_| ())
}

/// `ledctl --list-controllers`: path and type of each.
fn controllers(text: &str) -> Result<Vec<(String, String)>, NoLight> {
    let line = |line: &str| {
        let parts = line.strip_suffix(')').and_then(|line| line.rsplit_once(" ("));
        let (path, kind) =
            parts.filter(|(path, _)| path.starts_with("/sys/")).ok_or_else(|| {
                NoLight::Silent(format!("`ledctl --list-controllers` says `{}`", plain(line)))
            })?;
        Ok((path.trim_end().to_owned(), kind.trim().to_owned()))
    };
    // 0.95 says on standard output which configuration it takes, and may log there.
    let chat = |line: &&str| {
        line.is_empty() || line.starts_with("ledctl:") || line.contains("does not exist, using")
    };
    text.lines().map(str::trim).filter(|line| !chat(line)).map(line).collect()
}

/// `ledctl --list-slots`: `slot: 3   led state: NORMAL   device: /dev/sda`; the slot of the device.
fn slot(text: &str, dev: &Utf8Path) -> Option<String> {
    text.lines().find_map(|line| {
        let (slot, rest) = line.trim().strip_prefix("slot:")?.split_once("led state:")?;
        let (_, device) = rest.split_once("device:")?;
        (device.trim() == dev.as_str()).then(|| slot.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{Light, NoLight, controllers, find, lit};
    use crate::machine::Change;
    use crate::machine::RunError;
    use crate::machine::recorded::Recorded;
    use crate::machine::recording::{Answer, Bytes, Recording, Said};
    use crate::render::fixture::disk;

    const AHCI: &str = "/sys/devices/pci0000:00/0000:00:1f.2 (AHCI)\n";
    const SCSI: &str = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0 (SCSI)\n";
    const SLOTS: &str = "ledctl --list-slots --controller-type=SCSI";

    /// A machine whose ledctl says this; sda is at the on-board port, sdb behind the HBA.
    fn machine(answers: &[(&str, i32, &str)]) -> Recorded {
        let mut recording = Recording::default();
        for (command, status, text) in answers {
            let stdout = Bytes::of(text.as_bytes());
            let said = Said::Ended { status: *status, stdout, stderr: Bytes::of(b"") };
            recording.commands.insert((*command).to_owned(), said);
        }
        for (name, target) in [
            ("sda", "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda"),
            ("sdb", "../devices/pci0000:00/0000:00:01.0/0000:01:00.0/host6/block/sdb"),
        ] {
            let link = format!("/sys/block/{name}").into();
            recording.links.insert(link, Answer::Given(Some(target.into())));
        }
        Recorded::new("x".to_owned(), recording)
    }

    fn of(name: &str, answers: &[(&str, i32, &str)]) -> Result<Light, NoLight> {
        find(&machine(answers), &disk(name, "M", "S", 1, "pci-x"))
    }

    #[test]
    fn a_slot_that_is_listed_is_lit_by_its_device() {
        let slots = "slot: 1-1             led state: NORMAL          device: (empty)        \n\
                     slot: Slot 02         led state: NORMAL          device: /dev/sdb       \n";
        let both = format!("{AHCI}{SCSI}");
        let all = [("ledctl --list-controllers", 0, both.as_str()), (SLOTS, 0, slots)];
        let light = of("sdb", &all).unwrap();
        assert_eq!(light, Light::Slot { kind: "SCSI".into(), slot: "Slot 02".into() });
        assert_eq!(
            light.command("/dev/sdb".into(), true).to_string(),
            "ledctl --set-slot --controller-type=SCSI --device=/dev/sdb --state=locate"
        );
        assert_eq!(light.to_string(), "ledctl lists its slot, Slot 02 (SCSI)");
        // The other drive hangs on a controller without slots.
        assert_eq!(of("sda", &all), Ok(Light::Port { kind: "AHCI".into() }));
    }

    #[test]
    fn an_older_ledctl_is_told_the_device_and_leaves_other_lights_alone() {
        let light = of("sda", &[("ledctl --list-controllers", 0, AHCI)]).unwrap();
        let words = |on| light.command("/dev/sda".into(), on).to_string();
        assert_eq!(words(true), "ledctl --listed-only locate=/dev/sda");
        assert_eq!(words(false), "ledctl --listed-only locate_off=/dev/sda");
        assert!(light.to_string().contains("where the backplane listens"));
        // It does not know `--list-slots`.
        let light = of("sdb", &[("ledctl --list-controllers", 0, SCSI), (SLOTS, 35, "")]).unwrap();
        assert_eq!(light, Light::Port { kind: "SCSI".into() });
    }

    #[test]
    fn where_there_is_no_light_it_says_why() {
        let listed = |text| [("ledctl --list-controllers", 0, text)];
        assert_eq!(of("sda", &listed("")), Err(NoLight::None));
        assert_eq!(of("sda", &listed(SCSI)), Err(NoLight::None));
        // Slots are listed, and this drive is in none of them.
        let empty = "slot: 1   led state: NORMAL   device: (empty)\n";
        let all = [("ledctl --list-controllers", 0, SCSI), (SLOTS, 0, empty)];
        assert_eq!(of("sdb", &all), Err(NoLight::None));
        // The address of one controller may begin like that of another.
        assert_eq!(
            of("sda", &listed("/sys/devices/pci0000:00/0000:00:1f (AHCI)\n")),
            Err(NoLight::None)
        );
        for (why, words) in [
            (of("sda", &[("ledctl --list-controllers", 30, "Only root")]), "does not tell"),
            (of("sda", &listed("what is this")), "says `what is this`"),
            (of("sda", &[]), "has no answer"),
        ] {
            let why = why.unwrap_err().to_string();
            assert!(why.contains(words), "{why}");
        }
        let mut recording = Recording::default();
        let (program, package) = ("/usr/sbin/ledctl".to_owned(), "ledmon".to_owned());
        let failed = Said::Failed { failed: RunError::Missing { program, package } };
        recording.commands.insert("ledctl --list-controllers".to_owned(), failed);
        let bare = Recorded::new("x".to_owned(), recording);
        let why = find(&bare, &disk("sda", "M", "S", 1, "pci-x")).unwrap_err();
        assert_eq!(why.to_string(), "ledctl is not installed: `apt install ledmon`");
    }

    #[test]
    fn a_light_is_put_out_again() {
        let machine = machine(&[]);
        let light = Light::Port { kind: "AHCI".into() };
        let (came, out) =
            lit(&machine, "/dev/sda".into(), &light, || machine.changes().len()).unwrap();
        assert_eq!((came, out), (1, Ok(())), "it is lit before");
        let states = [true, false].map(|on| Change::Run(light.command("/dev/sda".into(), on)));
        assert_eq!(machine.changes(), states);
    }

    #[test]
    fn words_of_its_log_are_no_controllers() {
        let all = controllers(
            "/etc/ledmon.conf: does not exist, using built-in defaults\nledctl: (raid_device_init) path: md127\n/sys/devices/pci0000:00/0000:00:17.0 (Dell SSD)\n",
        );
        let wanted = ("/sys/devices/pci0000:00/0000:00:17.0".to_owned(), "Dell SSD".to_owned());
        assert_eq!(all, Ok(vec![wanted]));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = controllers(&text);
            let _ = super::slot(&text, "/dev/sda".into());
        }
    }
}
