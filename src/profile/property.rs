//! The properties of pools and datasets that a profile may set, and their defaults.
//!
//! One table each (`pool_settings`, `fs_settings`) turns what is wished into `name=value` in the spelling of
//! `zpool get -p` and `zfs get -p`, so that a wish can be compared with what is and a second apply finds
//! nothing to do. Defaults and reasons: docs/defaults.md.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::units::Bytes;

/// A property and its value as `-p` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Name, as in zfsprops(7) and zpoolprops(7).
    pub name: String,
    /// Value.
    pub value: String,
}

impl Setting {
    fn new(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }
}

/// `on` or `off`; YAML's `true` and `false` are taken too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnOff {
    /// on
    On,
    /// off
    Off,
}

impl OnOff {
    fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

impl<'de> Deserialize<'de> for OnOff {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word;
        impl serde::de::Visitor<'_> for Word {
            type Value = OnOff;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`on` or `off`")
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<OnOff, E> {
                Ok(if value { OnOff::On } else { OnOff::Off })
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<OnOff, E> {
                match value {
                    "on" | "yes" => Ok(OnOff::On),
                    "off" | "no" => Ok(OnOff::Off),
                    other => Err(E::unknown_variant(other, &["on", "off"])),
                }
            }
        }
        from.deserialize_any(Word)
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
        pub enum $name {
            $(#[doc = $word] #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

words! {
    /// What a pool does when too many drives are gone (zpoolprops(7)).
    Failmode { Wait = "wait", Continue = "continue", Panic = "panic" }
}
words! {
    /// Where extended attributes live.
    Xattr { Sa = "sa", Dir = "dir", Off = "off" }
}
words! {
    /// Access control lists.
    AclType { Posix = "posix", Off = "off", Nfsv4 = "nfsv4" }
}
words! {
    /// Size of dnodes.
    DnodeSize { Legacy = "legacy", Auto = "auto", K1 = "1k", K2 = "2k", K4 = "4k", K8 = "8k", K16 = "16k" }
}
words! {
    /// Synchronous writes.
    Sync { Standard = "standard", Always = "always", Disabled = "disabled" }
}
words! {
    /// Whether `.zfs` is shown.
    SnapDir { Hidden = "hidden", Visible = "visible" }
}
words! {
    /// How names compare; fixed when the dataset is made.
    CaseSensitivity { Sensitive = "sensitive", Insensitive = "insensitive", Mixed = "mixed" }
}

/// Properties of a pool (zpoolprops(7)).
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolProperties {
    /// Grow by itself when all drives of a vdev are larger. Default: on.
    #[serde(default)]
    pub autoexpand: Option<OnOff>,
    /// Take any new drive in a failed one's place. Default: off, since a strange drive must never be taken.
    #[serde(default)]
    pub autoreplace: Option<OnOff>,
    /// Tell SSDs at once what is free. Default: off, a timer trims.
    #[serde(default)]
    pub autotrim: Option<OnOff>,
    /// wait, continue or panic when the pool cannot go on. Default: wait.
    #[serde(default)]
    pub failmode: Option<Failmode>,
    /// Name of a feature set under /usr/share/zfs/compatibility.d, or off. Default: openzfs-2.3-linux, so that any
    /// Debian 13 rescue stick imports the pool.
    #[serde(default)]
    pub compatibility: Option<Compatibility>,
}

/// The name of a feature set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Compatibility(String);

impl<'de> Deserialize<'de> for Compatibility {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.is_empty()
            || text.len() > 60
            || text.starts_with(['-', '.'])
            || !text.chars().all(fine)
        {
            return Err(D::Error::custom(format!(
                "`{text}` is not a feature set: off, or a name such as openzfs-2.3-linux"
            )));
        }
        Ok(Self(text))
    }
}

impl PoolProperties {
    /// What is wished, defaults included.
    pub fn settings(&self) -> Vec<Setting> {
        let on_off = |value: Option<OnOff>, default: OnOff| value.unwrap_or(default).as_str();
        let compatibility = self.compatibility.as_ref().map_or("openzfs-2.3-linux", |c| &c.0);
        vec![
            Setting::new("autoexpand", on_off(self.autoexpand, OnOff::On)),
            Setting::new("autoreplace", on_off(self.autoreplace, OnOff::Off)),
            Setting::new("autotrim", on_off(self.autotrim, OnOff::Off)),
            Setting::new("failmode", self.failmode.unwrap_or(Failmode::Wait).as_str()),
            Setting::new("compatibility", compatibility),
        ]
    }
}

/// A dataset: its properties (zfsprops(7)), and owner, group and mode of its mountpoint.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FsWish {
    /// User that owns the mountpoint, by name or number; set when the dataset is made. Default: root.
    #[serde(default)]
    pub owner: Option<Principal>,
    /// Group of the mountpoint, by name or number; set when the dataset is made. Default: root.
    #[serde(default)]
    pub group: Option<Principal>,
    /// Permissions of the mountpoint as an octal text, such as "0750"; set when the dataset is made. Default: "0755".
    #[serde(default)]
    pub mode: Option<Mode>,
    /// Where it is mounted: an absolute path, legacy or none. Default: inherited; the root's is /POOL.
    #[serde(default)]
    pub mountpoint: Option<Mountpoint>,
    /// The most that the dataset and what is below it may use; none lifts it.
    #[serde(default)]
    pub quota: Option<Limit>,
    /// The most that the dataset alone may use.
    #[serde(default)]
    pub refquota: Option<Limit>,
    /// Space that is kept for the dataset and what is below it.
    #[serde(default)]
    pub reservation: Option<Limit>,
    /// Space that is kept for the dataset alone.
    #[serde(default)]
    pub refreservation: Option<Limit>,
    /// The largest block of a file: a power of two from 512 to 16M.
    #[serde(default)]
    pub recordsize: Option<RecordSize>,
    /// off, on, lz4, zstd, zstd-1 to zstd-19, gzip, gzip-1 to gzip-9, zle. Default of the root: lz4.
    #[serde(default)]
    pub compression: Option<Compression>,
    /// Note when a file was read. Default of the root: off.
    #[serde(default)]
    pub atime: Option<OnOff>,
    /// Where extended attributes live: sa, dir or off. Default of the root: sa.
    #[serde(default)]
    pub xattr: Option<Xattr>,
    /// Access control lists: posix, nfsv4 or off. Default of the root: posix.
    #[serde(default)]
    pub acltype: Option<AclType>,
    /// Size of dnodes. Default of the root: auto.
    #[serde(default)]
    pub dnodesize: Option<DnodeSize>,
    /// Synchronous writes: standard, always or disabled.
    #[serde(default)]
    pub sync: Option<Sync>,
    /// Copies of each block: 1 to 3.
    #[serde(default)]
    pub copies: Option<Copies>,
    /// Whether .zfs is visible: hidden or visible.
    #[serde(default)]
    pub snapdir: Option<SnapDir>,
    /// How names compare: sensitive, insensitive or mixed. Fixed when the dataset is made.
    #[serde(default)]
    pub casesensitivity: Option<CaseSensitivity>,
}

/// Properties that can be set only when a dataset is made.
pub const FIXED: [&str; 1] = ["casesensitivity"];

impl FsWish {
    /// What is wished, without defaults.
    pub fn settings(&self) -> Vec<Setting> {
        let limit = |limit: &Limit| limit.0.0.to_string();
        let table: [(&str, Option<String>); 14] = [
            ("mountpoint", self.mountpoint.as_ref().map(|m| m.0.to_string())),
            ("quota", self.quota.as_ref().map(limit)),
            ("refquota", self.refquota.as_ref().map(limit)),
            ("reservation", self.reservation.as_ref().map(limit)),
            ("refreservation", self.refreservation.as_ref().map(limit)),
            ("recordsize", self.recordsize.map(|size| size.0.to_string())),
            ("compression", self.compression.as_ref().map(|c| c.0.clone())),
            ("atime", self.atime.map(|v| v.as_str().to_owned())),
            ("xattr", self.xattr.map(|v| v.as_str().to_owned())),
            ("acltype", self.acltype.map(|v| v.as_str().to_owned())),
            ("dnodesize", self.dnodesize.map(|v| v.as_str().to_owned())),
            ("sync", self.sync.map(|v| v.as_str().to_owned())),
            ("copies", self.copies.map(|copies| copies.0.to_string())),
            ("snapdir", self.snapdir.map(|v| v.as_str().to_owned())),
        ];
        let mut settings: Vec<Setting> = table
            .into_iter()
            .filter_map(|(name, value)| value.map(|value| Setting::new(name, value)))
            .collect();
        if let Some(case) = self.casesensitivity {
            settings.push(Setting::new("casesensitivity", case.as_str()));
        }
        settings
    }

    /// The same for a pool's root dataset, with the defaults that its children inherit.
    pub fn root_settings(&self, pool: &str) -> Vec<Setting> {
        let defaults = [
            ("mountpoint", format!("/{pool}")),
            ("compression", "lz4".to_owned()),
            ("atime", "off".to_owned()),
            ("xattr", "sa".to_owned()),
            ("acltype", "posix".to_owned()),
            ("dnodesize", "auto".to_owned()),
        ];
        let mut settings = self.settings();
        for (name, value) in defaults {
            if !settings.iter().any(|setting| setting.name == name) {
                settings.push(Setting::new(name, value));
            }
        }
        settings.sort_by(|a, b| a.name.cmp(&b.name));
        settings
    }

    /// `owner:group` and mode for the mountpoint, defaults included.
    pub fn access(&self) -> (String, String) {
        let name = |principal: &Option<Principal>| {
            principal.as_ref().map_or_else(|| "root".to_owned(), |p| p.0.clone())
        };
        let mode = self.mode.as_ref().map_or("0755", |mode| &mode.0);
        (format!("{}:{}", name(&self.owner), name(&self.group)), mode.to_owned())
    }
}

macro_rules! from_text {
    ($name:ident, $what:literal, $check:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        let check: fn(&str) -> Result<(), &'static str> = $check;
                        check(text).map_err(|why| E::custom(format!("`{text}` {why}")))?;
                        Ok($name(text.into()))
                    }
                }
                from.deserialize_any(Text)
            }
        }
    };
}

/// A user or group, by name or number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Principal(String);

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Name;
        impl serde::de::Visitor<'_> for Name {
            type Value = Principal;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a user or group, by name or number")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Principal, E> {
                u32::try_from(value).map(|id| Principal(id.to_string())).map_err(E::custom)
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Principal, E> {
                let fine = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
                let first = value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                if !first || value.len() > 32 || !value.chars().all(fine) {
                    return Err(E::custom(format!("`{value}` is not the name of a user or group")));
                }
                Ok(Principal(value.to_owned()))
            }
        }
        from.deserialize_any(Name)
    }
}

/// Permission bits as an octal text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Mode(String);
from_text!(Mode, "a mode in quotes, as in \"0750\",", |text| {
    let octal = text.chars().all(|c| ('0'..='7').contains(&c));
    if octal && (3..=4).contains(&text.len()) {
        Ok(())
    } else {
        Err("is not a mode: three or four digits from 0 to 7, as in \"0750\"")
    }
});

/// Where a dataset is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Mountpoint(#[schemars(with = "String")] Utf8PathBuf);
from_text!(Mountpoint, "an absolute path, legacy or none", |text| {
    let dots = text.split('/').any(|part| part == ".." || part == ".");
    // Nothing of the first kind, nor below it; of the second kind, what is below may be mounted.
    let whole =
        ["bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys", "usr"];
    let itself = ["", "var", "var/lib", "var/log"];
    let bare = text.trim_matches('/');
    let system = whole.contains(&bare.split('/').next().unwrap_or_default());
    if text == "none" || text == "legacy" {
        Ok(())
    } else if !text.starts_with('/')
        || dots
        || text.contains("//")
        || text.contains(char::is_control)
    {
        Err("is not a mountpoint: an absolute path, legacy or none")
    } else if itself.contains(&bare) || (system && !bare.starts_with("usr/local/")) {
        Err("belongs to the system: mount below /srv, /mnt or a name of your own")
    } else {
        Ok(())
    }
});

/// A quota or reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Limit(#[schemars(with = "String")] Bytes);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Size;
        impl serde::de::Visitor<'_> for Size {
            type Value = Limit;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a size such as 500G, or none")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Limit, E> {
                Ok(Limit(Bytes(value)))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Limit, E> {
                match value {
                    "none" => Ok(Limit(Bytes::ZERO)),
                    text => text.parse().map(Limit).map_err(E::custom),
                }
            }
        }
        from.deserialize_any(Size)
    }
}

/// A record size, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct RecordSize(u64);

impl<'de> Deserialize<'de> for RecordSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let size = crate::yaml::size::deserialize(from)?.0;
        if !size.is_power_of_two() || !(512..=16 << 20).contains(&size) {
            return Err(D::Error::custom(format!(
                "a record of {size} bytes is impossible: a power of two from 512 to 16M is taken"
            )));
        }
        Ok(Self(size))
    }
}

/// A compression algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Compression(String);

impl<'de> Deserialize<'de> for Compression {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word;
        impl serde::de::Visitor<'_> for Word {
            type Value = Compression;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a compression such as lz4")
            }

            fn visit_bool<E: serde::de::Error>(self, on: bool) -> Result<Compression, E> {
                Ok(Compression(if on { "on" } else { "off" }.to_owned()))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Compression, E> {
                let level = |most: u32| {
                    value
                        .rsplit('-')
                        .next()
                        .and_then(|level| level.parse().ok())
                        .is_some_and(|n: u32| (1..=most).contains(&n))
                };
                let fine = ["on", "off", "lz4", "zstd", "gzip", "zle", "lzjb"].contains(&value)
                    || (value.starts_with("zstd-fast-") && level(1000))
                    || (value.strip_prefix("zstd-").is_some_and(|rest| rest.len() <= 2)
                        && level(19))
                    || (value.strip_prefix("gzip-").is_some_and(|rest| rest.len() == 1)
                        && level(9));
                if fine {
                    Ok(Compression(value.to_owned()))
                } else {
                    Err(E::unknown_variant(
                        value,
                        &["lz4", "zstd", "zstd-3", "gzip", "gzip-6", "zle", "on", "off"],
                    ))
                }
            }
        }
        from.deserialize_any(Word)
    }
}

/// Copies of each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Copies(u8);

impl<'de> Deserialize<'de> for Copies {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u8::deserialize(from)? {
            copies @ 1..=3 => Ok(Self(copies)),
            other => {
                Err(D::Error::custom(format!("{other} copies are impossible: 1 to 3 are taken")))
            }
        }
    }
}
