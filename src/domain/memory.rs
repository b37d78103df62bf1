//! How much memory ZFS's cache may take: now, and after the next boot.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::face::{Chain, Domain, Phase, World};
use crate::drift::{APPLY, Difference, Differs, NotKnown};
use crate::inventory::{Facet, Unknown};
use crate::machine::{Change, Hash, IoError, Machine};
use crate::profile::Profile;
use crate::step::{Condition, Danger, Effect, step};
use crate::units::Bytes;

/// The parameter of the module that runs; 0: OpenZFS decides.
const NOW: &str = "/sys/module/zfs/parameters/zfs_arc_max";
/// What the module is given when it is loaded.
const AT_BOOT: &str = "/etc/modprobe.d/zbay-arc.conf";

/// The domain.
#[derive(Debug)]
pub struct Memory;

/// What it looks at.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The limit that holds, in bytes; 0: OpenZFS decides. `None`: the module is not loaded.
    pub now: Facet<Option<u64>>,
    /// What [`AT_BOOT`] holds.
    pub at_boot: Facet<Option<String>>,
}

/// What can differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "drift")]
pub enum Drift {
    /// The cache has another limit.
    Arc {
        /// The profile's, in bytes; 0: OpenZFS decides.
        wished: u64,
        /// The one that holds.
        is: u64,
    },
    /// The cache would have another limit after the next boot.
    ArcAtBoot {
        /// The profile's, in bytes; 0: OpenZFS decides.
        wished: u64,
        /// What is in the file now.
        was: Option<Hash>,
    },
    /// A limit that OpenZFS does not heed.
    ArcTooLarge {
        /// The profile's, in bytes.
        wished: u64,
        /// The server's memory, in bytes.
        memory: u64,
    },
}

impl Difference for Drift {
    fn mendable(&self) -> bool {
        !matches!(self, Self::ArcTooLarge { .. })
    }

    fn remedy(&self) -> String {
        match self {
            Self::Arc { .. } | Self::ArcAtBoot { .. } => APPLY.to_owned(),
            Self::ArcTooLarge { memory, .. } => {
                format!("write less than {} at `memory.arc`, or leave it out", Bytes(*memory).zfs())
            }
        }
    }

    fn subject(&self) -> (&'static str, String) {
        let id = match self {
            Self::Arc { .. } => "arc",
            Self::ArcAtBoot { .. } => "arc-at-boot",
            Self::ArcTooLarge { .. } => "arc-too-large",
        };
        (id, "server".to_owned())
    }
}

/// A limit in words.
fn words(limit: u64) -> String {
    if limit == 0 { "left to OpenZFS".to_owned() } else { Bytes(limit).zfs() }
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arc { wished, is } => write!(
                f,
                "the limit of ZFS's cache is {}, the profile says {}",
                words(*is),
                words(*wished)
            ),
            Self::ArcAtBoot { wished, .. } => write!(
                f,
                "after the next boot the limit of ZFS's cache would not be {} ({AT_BOOT})",
                words(*wished)
            ),
            Self::ArcTooLarge { wished, memory } => write!(
                f,
                "OpenZFS ignores a cache limit of {}: the server has {} of memory",
                words(*wished),
                Bytes(*memory).zfs()
            ),
        }
    }
}

/// What [`AT_BOOT`] is to hold.
fn file(limit: u64) -> String {
    format!("# zbay, from `memory:` in the profile\noptions zfs zfs_arc_max={limit}\n")
}

impl Domain for Memory {
    type Facts = Facts;
    type Drift = Drift;

    fn look(machine: &dyn Machine, _profile: &Profile) -> Result<Facts, IoError> {
        // A machine that was recorded before zbay asked for them has neither.
        let text = |path: &str| -> Facet<Option<String>> {
            match machine.file(path.into()) {
                Err(IoError::Unrecorded { .. }) => Ok(None),
                bytes => bytes
                    .map(|bytes| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
                    .map_err(Unknown::because),
            }
        };
        let number = |text: String| {
            let number = text.trim().parse();
            number.map_err(|_| Unknown::because(format!("{NOW} holds `{}`", text.trim())))
        };
        Ok(Facts {
            now: text(NOW).and_then(|text| text.map(number).transpose()),
            at_boot: text(AT_BOOT),
        })
    }

    fn drift(world: &World<'_>, facts: &Facts) -> Vec<Differs<Drift>> {
        let limit = world.profile.memory.arc.map(|limit| limit.0);
        let memory = world.inventory.host.facts.as_ref().map(|facts| facts.memory);
        if let (Some(wished), Some(memory)) = (limit, memory)
            && wished >= memory
        {
            return vec![Ok(Drift::ArcTooLarge { wished, memory })];
        }
        let mut found = Vec::new();
        let at_boot = match &facts.at_boot {
            Ok(text) => text,
            Err(why) => return vec![Err(NotKnown::new(AT_BOOT, &why.why))],
        };
        // A limit that somebody else has set is theirs, until the profile names one; one of ours goes with its line.
        if limit.is_none() && at_boot.is_none() {
            return found;
        }
        let wished = limit.unwrap_or(0);
        match &facts.now {
            Ok(Some(is)) if *is != wished => found.push(Ok(Drift::Arc { wished, is: *is })),
            Ok(_) => {}
            Err(why) => found.push(Err(NotKnown::new("the limit of ZFS's cache", &why.why))),
        }
        if *at_boot != limit.map(file) {
            let was = at_boot.as_ref().map(|text| Hash::of(text.as_bytes()));
            found.push(Ok(Drift::ArcAtBoot { wished, was }));
        }
        found
    }

    fn steps(_world: &World<'_>, _facts: &Facts, drift: &[Drift]) -> Vec<Chain> {
        let mut steps = Vec::new();
        for one in drift {
            match one {
                Drift::Arc { wished, .. } => {
                    let value = wished.to_string();
                    let change = Change::Attribute { path: NOW.into(), value: value.clone() };
                    let what = format!("limit ZFS's cache: {}", words(*wished));
                    let mut set = step(what, Effect::Set, Danger::Harmless, vec![change]);
                    let hash = Some(Hash::of(format!("{value}\n").as_bytes()));
                    set.after = vec![Condition::File { path: NOW.into(), hash }];
                    steps.push(set);
                }
                Drift::ArcAtBoot { wished, was } => {
                    let text = (*wished != 0).then(|| file(*wished));
                    let changes = match &text {
                        Some(text) => Change::file(AT_BOOT.into(), text, was.clone()).into(),
                        None => vec![Change::Remove { path: AT_BOOT.into() }],
                    };
                    let what = format!("limit ZFS's cache at boot: {}", words(*wished));
                    let mut keep = step(what, Effect::Files, Danger::Harmless, changes);
                    keep.before = vec![Condition::File { path: AT_BOOT.into(), hash: was.clone() }];
                    let hash = text.map(|text| Hash::of(text.as_bytes()));
                    keep.after = vec![Condition::File { path: AT_BOOT.into(), hash }];
                    steps.push(keep);
                }
                Drift::ArcTooLarge { .. } => {}
            }
        }
        vec![Chain::new(Phase::Make, "memory", &[], steps)]
    }

    fn keeps() -> &'static [&'static str] {
        &[AT_BOOT]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::fixture::{hw, inventory};
    use crate::yaml::{Parsed, read};

    fn profile(more: &str) -> Parsed<Profile> {
        let text = format!(
            "hardware: hp-microserver-gen8\npool:\n  name: tank\n  layout: raidz\n  bays: [1, 2, 3, 4]\n{more}"
        );
        read("x.yaml", text.as_bytes()).unwrap()
    }

    fn found(more: &str, now: Option<u64>, at_boot: Option<&str>) -> Vec<Drift> {
        let (hw, profile, inventory) = (hw("hp-microserver-gen8"), profile(more), inventory());
        let facts = Facts { now: Ok(now), at_boot: Ok(at_boot.map(str::to_owned)) };
        Memory::drift(&World::of(&hw, &profile, &inventory), &facts)
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn a_limit_is_set_once_changed_and_given_back() {
        let (one, gib) = ("memory: {arc: 1GiB}\n", 1 << 30);
        assert_eq!(found("", Some(0), None), []);
        assert_eq!(found("", Some(5 << 30), None), [], "what others have set is theirs");
        let first = found(one, Some(0), None);
        assert_eq!(first[0], Drift::Arc { wished: gib, is: 0 });
        assert!(matches!(first[1], Drift::ArcAtBoot { wished, was: None } if wished == gib));
        assert_eq!(found(one, Some(gib), Some(&file(gib))), []);
        // The module is not loaded: then the file alone matters.
        assert_eq!(found(one, None, Some(&file(gib))), []);
        assert_eq!(found("memory: {arc: 512MiB}\n", Some(gib), Some(&file(gib))).len(), 2);
        let back = found("", Some(gib), Some(&file(gib)));
        assert!(matches!(
            back[..],
            [Drift::Arc { wished: 0, .. }, Drift::ArcAtBoot { wished: 0, .. }]
        ));
        assert!(back.iter().all(Difference::mendable));
    }

    #[test]
    fn what_zfs_would_ignore_is_said() {
        let memory = inventory().host.facts.unwrap().memory;
        let much = format!("memory: {{arc: {memory}}}\n");
        let [one] = &found(&much, Some(0), None)[..] else { panic!() };
        assert!(!one.mendable() && one.to_string().contains("ignores"), "{one}");
        assert!(one.remedy().contains("memory.arc"), "{}", one.remedy());
        let text =
            "hardware: x\npool: {name: tank, layout: mirror, bays: [1, 2]}\nmemory: {arc: 32MiB}\n";
        let why = read::<Profile>("x.yaml", text.as_bytes()).unwrap_err().to_string();
        assert!(why.contains("64MiB"), "{why}");
    }
}
