//! The profile: `profiles/NAME.yaml`.
//!
//! A profile names bays, not disks: which hardware, which controller mode, where it boots from, one pool
//! with its layout over bays, its properties and its datasets. Types here hold what parsed and nothing
//! that zfs would refuse by form; whether the profile makes sense on the box is `check`'s matter. What a
//! profile leaves out gets the defaults that are documented at each key.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::hw::ControllerMode;
use crate::names::{BayId, DatasetName, PoolName};
use crate::units::Bytes;

pub mod care;
pub mod memory;
pub mod notify;
pub mod places;
pub mod property;
pub mod value;

use care::Care;
use notify::Notify;
use property::{FsWish, PoolProperties};

/// A profile: a file under `profiles/`, or `/etc/zbay/profile.yaml`.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Name of the hardware description, for example hp-microserver-gen8.
    pub hardware: String,
    /// Mode of the storage controller: ahci, raid or legacy; hba if the bays are cabled to a card in a slot (`zbay
    /// learn` finds out which of its ports is which bay). Default: ahci.
    #[serde(default)]
    pub controller: ControllerMode,
    /// Where the operating system boots from: usb, fifth-port, microsd, bay-1, or `any` if it does not matter (generic
    /// servers). Default: any.
    #[serde(default)]
    #[schemars(with = "String")]
    pub boot: BootFrom,
    /// The pool.
    pub pool: PoolWish,
    /// Datasets below the pool's root, by name (`data`, `home/anna`); a parent that is not named is created with
    /// inherited properties.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, FsWish>")]
    pub datasets: BTreeMap<DatasetName, FsWish>,
    /// Where alerts are sent, besides the journal. Default: nowhere.
    #[serde(default)]
    pub notify: Notify,
    /// How often the pool is scrubbed and trimmed and its drives are self-tested, and by what. Default: left as it is.
    #[serde(default)]
    pub care: Option<Care>,
    /// How memory is shared between ZFS and all else on the server. Default: OpenZFS decides.
    #[serde(default)]
    pub memory: memory::Memory,
}

/// The pool.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolWish {
    /// Its name.
    #[schemars(with = "String")]
    pub name: PoolName,
    /// The GUID of the one pool that is meant, as shown by `zpool get guid`; `zbay adopt` writes it. A pool of the
    /// same name with another GUID is left alone, and no new pool is created. Default: any pool of this name.
    #[serde(default)]
    #[schemars(with = "Option<u64>")]
    pub guid: Option<value::PoolGuid>,
    /// raidz, raidz2, raidz3, mirror, or stripe (no redundancy; only if you ask for it by this name).
    pub layout: Layout,
    /// The bays: a list for one vdev ([1, 2, 3, 4]), or a list of lists for one vdev each ([[1, 2], [3, 4]]).
    #[schemars(with = "Vec<serde_json::Value>")]
    pub bays: Groups,
    /// Drives of different sizes in one vdev: `refuse`, or `waste` the extra space on the larger ones. Default: refuse.
    #[serde(default)]
    pub mixed_sizes: MixedSizes,
    /// Vdevs of different widths in one pool: `refuse`, or `accept`. Default: refuse.
    #[serde(default)]
    pub uneven_vdevs: Uneven,
    /// Space left free at the end of each data drive, for example 2GiB, so that a slightly smaller drive can replace
    /// it later; the pool then uses partitions. Fixed when the pool is created. Default: none, whole drives.
    #[serde(default, deserialize_with = "crate::yaml::size::option::deserialize")]
    #[schemars(with = "Option<String>")]
    pub reserve: Option<Bytes>,
    /// `true` accepts drives that report SMART failure or have unreadable sectors. Default: they are refused.
    #[serde(default)]
    pub accept_smart: bool,
    /// What every drive must be; others are refused, with their bay.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// log2 of the smallest write, 9 to 16. Default: from the largest physical sector, at least 12. Cannot be changed
    /// later.
    #[serde(default, deserialize_with = "ashift")]
    #[schemars(with = "Option<u8>")]
    pub ashift: Option<crate::units::Ashift>,
    /// A separate intent log (SLOG).
    #[serde(default)]
    pub log: Option<Aux>,
    /// A read cache (L2ARC).
    #[serde(default)]
    pub cache: Option<Aux>,
    /// Bays of hot spares.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub spares: Vec<BayId>,
    /// Properties of the pool.
    #[serde(default)]
    pub properties: PoolProperties,
    /// The pool's root dataset.
    #[serde(default)]
    pub root: FsWish,
}

/// A log or a cache.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aux {
    /// The bays or places of its devices.
    #[schemars(with = "Vec<String>")]
    pub bays: Vec<BayId>,
    /// Only for a log: `true` mirrors its devices. Default: false.
    #[serde(default)]
    pub mirror: bool,
    /// How much of each device it gets, as a partition. Default: the whole device, or the rest of one shared by log
    /// and cache.
    #[serde(default, deserialize_with = "crate::yaml::size::option::deserialize")]
    #[schemars(with = "Option<String>")]
    pub size: Option<Bytes>,
}

/// Shape of each vdev of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// Single parity.
    Raidz,
    /// Double parity.
    Raidz2,
    /// Triple parity.
    Raidz3,
    /// Each drive holds a copy.
    Mirror,
    /// No redundancy: any drive failure loses the whole pool.
    Stripe,
}

impl Layout {
    /// As a profile and a sentence spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raidz => "raidz",
            Self::Raidz2 => "raidz2",
            Self::Raidz3 => "raidz3",
            Self::Mirror => "mirror",
            Self::Stripe => "stripe",
        }
    }

    /// As `zpool create` and `zpool status` spell it; nothing for a stripe.
    pub fn vdev_type(self) -> Option<&'static str> {
        match self {
            Self::Raidz => Some("raidz1"),
            Self::Stripe => None,
            other => Some(other.as_str()),
        }
    }

    /// Parity devices of a RAIDZ.
    pub fn parity(self) -> Option<usize> {
        match self {
            Self::Raidz => Some(1),
            Self::Raidz2 => Some(2),
            Self::Raidz3 => Some(3),
            Self::Mirror | Self::Stripe => None,
        }
    }

    /// The fewest drives of a vdev that make sense: what fewer would give, another layout gives better.
    pub fn fewest(self) -> usize {
        match self {
            Self::Stripe => 1,
            Self::Mirror => 2,
            Self::Raidz => 3,
            Self::Raidz2 => 4,
            Self::Raidz3 => 5,
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What to do with drives of different sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MixedSizes {
    /// Refuse.
    #[default]
    Refuse,
    /// Accept them, and leave the extra space on the larger ones unused.
    Waste,
}

/// What to do with vdevs of different widths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Uneven {
    /// Refuse.
    #[default]
    Refuse,
    /// Take them.
    Accept,
}

/// What every drive of the pool must be.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Size as on the label (4TB), within one percent.
    #[serde(default, deserialize_with = "crate::yaml::size::option::deserialize")]
    #[schemars(with = "Option<String>")]
    pub size: Option<Bytes>,
    /// hdd or ssd.
    #[serde(default)]
    pub kind: Option<DriveKind>,
}

/// Hard disk or SSD.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DriveKind {
    /// Rotating.
    Hdd,
    /// Not rotating.
    Ssd,
}

/// Where the operating system boots from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BootFrom {
    /// It does not matter.
    #[default]
    Any,
    /// A bay or place.
    From(BayId),
}

impl FromStr for BootFrom {
    type Err = crate::names::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "any" => Ok(Self::Any),
            text => Ok(Self::From(text.strip_prefix("bay-").unwrap_or(text).parse()?)),
        }
    }
}

impl<'de> Deserialize<'de> for BootFrom {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The bays of each vdev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Groups(pub Vec<Vec<BayId>>);

impl Groups {
    /// All bays, in order.
    pub fn all(&self) -> impl Iterator<Item = &BayId> {
        self.0.iter().flatten()
    }
}

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(GroupsVisitor)
    }
}

struct GroupsVisitor;

impl<'de> Visitor<'de> for GroupsVisitor {
    type Value = Groups;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of bays, as in [1, 2, 3, 4], or of lists, as in [[1, 2], [3, 4]],")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Groups, A::Error> {
        let (mut single, mut groups) = (Vec::new(), Vec::new());
        while let Some(item) = seq.next_element::<OneOrMore>()? {
            match item {
                OneOrMore::One(bay) => single.push(bay),
                OneOrMore::More(bays) => groups.push(bays),
            }
        }
        match (single.is_empty(), groups.is_empty()) {
            (false, true) => Ok(Groups(vec![single])),
            (true, false) => Ok(Groups(groups)),
            (true, true) => Err(A::Error::custom("a pool needs bays")),
            (false, false) => {
                Err(A::Error::custom("bays and lists of bays are mixed: write one or the other"))
            }
        }
    }
}

enum OneOrMore {
    One(BayId),
    More(Vec<BayId>),
}

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OneOrMore;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bay, or a list of bays")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<OneOrMore, E> {
                value.to_string().parse().map(OneOrMore::One).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<OneOrMore, E> {
                value.parse().map(OneOrMore::One).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMore, A::Error> {
                let mut bays = Vec::new();
                while let Some(bay) = seq.next_element()? {
                    bays.push(bay);
                }
                Ok(OneOrMore::More(bays))
            }
        }
        from.deserialize_any(Either)
    }
}

fn ashift<'de, D: Deserializer<'de>>(from: D) -> Result<Option<crate::units::Ashift>, D::Error> {
    let value = u8::deserialize(from)?;
    crate::units::Ashift::new(value)
        .map(Some)
        .ok_or_else(|| D::Error::custom(format!("ashift {value} is impossible: use 9 to 16")))
}
