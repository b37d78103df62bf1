//! The values that properties take, each validated as it is read.
//!
//! What exists as a value may stand in an argument of zpool or zfs: nothing here looks like an option, a path
//! of the system or a shell's word.

use camino::Utf8PathBuf;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::console::moves;
use crate::units::Bytes;

/// `on` or `off`; YAML's `true` and `false` work too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnOff {
    /// on
    On,
    /// off
    Off,
}

impl OnOff {
    pub(super) fn as_str(self) -> &'static str {
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

/// The GUID of a pool: a number, or its digits as text; written as text, since it may exceed what readers of JSON take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolGuid(u64);

impl std::fmt::Display for PoolGuid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for PoolGuid {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PoolGuid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Number;
        impl serde::de::Visitor<'_> for Number {
            type Value = PoolGuid;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the GUID of a pool, a number")
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<PoolGuid, E> {
                if value == 0 {
                    return Err(E::custom("a pool's GUID is not 0"));
                }
                Ok(PoolGuid(value))
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<PoolGuid, E> {
                let number = value.parse::<u64>();
                number
                    .map_err(|_| E::custom("a pool's GUID is a number"))
                    .and_then(|it| self.visit_u64(it))
            }
        }
        from.deserialize_any(Number)
    }
}

/// What happens to a new drive in the bay of a missing member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Autoreplace {
    /// Nothing.
    #[default]
    Off,
    /// ZED uses any drive.
    On,
    /// zbay uses a drive that is proved blank.
    Blank,
}

impl Autoreplace {
    /// The pool's property: zbay's own way leaves ZED out.
    pub(super) fn of_zpool(self) -> &'static str {
        if self == Self::On { "on" } else { "off" }
    }
}

impl<'de> Deserialize<'de> for Autoreplace {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word;
        impl serde::de::Visitor<'_> for Word {
            type Value = Autoreplace;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("`off`, `blank` or `on`")
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Autoreplace, E> {
                Ok(if value { Autoreplace::On } else { Autoreplace::Off })
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Autoreplace, E> {
                match value {
                    "off" | "no" => Ok(Autoreplace::Off),
                    "on" | "yes" => Ok(Autoreplace::On),
                    "blank" => Ok(Autoreplace::Blank),
                    other => Err(E::unknown_variant(other, &["off", "blank", "on"])),
                }
            }
        }
        from.deserialize_any(Word)
    }
}

/// A value as `zfs get -p` prints it.
pub(super) trait OfZfs {
    /// That text.
    fn of_zfs(&self) -> String;
}

impl OfZfs for OnOff {
    fn of_zfs(&self) -> String {
        self.as_str().to_owned()
    }
}

impl OfZfs for Mountpoint {
    fn of_zfs(&self) -> String {
        self.0.to_string()
    }
}

impl OfZfs for Limit {
    fn of_zfs(&self) -> String {
        self.0.0.to_string()
    }
}

impl OfZfs for RecordSize {
    fn of_zfs(&self) -> String {
        self.0.to_string()
    }
}

impl OfZfs for Compression {
    fn of_zfs(&self) -> String {
        self.0.clone()
    }
}

impl OfZfs for Copies {
    fn of_zfs(&self) -> String {
        self.0.to_string()
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
            pub(super) fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl OfZfs for $name {
            fn of_zfs(&self) -> String {
                self.as_str().to_owned()
            }
        }
    };
}

words! {
    /// What a pool does when too many drives are missing (zpoolprops(7)).
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
    /// How file names compare; fixed when the dataset is created.
    CaseSensitivity { Sensitive = "sensitive", Insensitive = "insensitive", Mixed = "mixed" }
}

/// The name of a feature set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Compatibility(pub(super) String);

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
                "`{text}` is not a feature set: use off, or a name like openzfs-2.3-linux"
            )));
        }
        Ok(Self(text))
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
pub struct Principal(pub(super) String);

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
pub struct Mode(pub(super) String);
from_text!(Mode, "a mode in quotes, as in \"0750\",", |text| {
    let octal = text.chars().all(|c| ('0'..='7').contains(&c));
    if octal && (3..=4).contains(&text.len()) {
        Ok(())
    } else {
        Err("is not a mode: three or four digits from 0 to 7, as in \"0750\"")
    }
});

impl Mode {
    /// The bits.
    pub fn bits(&self) -> u32 {
        self.0.bytes().fold(0, |bits, digit| bits * 8 + u32::from(digit & 7))
    }
}

/// Where a dataset is mounted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Mountpoint(#[schemars(with = "String")] pub(super) Utf8PathBuf);
from_text!(Mountpoint, "an absolute path, legacy or none", |text| {
    if text == "none" || text == "legacy" { Ok(()) } else { fit_to_mount(text) }
});

/// Whether a dataset may be mounted at a path, whoever says so.
///
/// # Errors
/// Why not, in words that follow the path.
pub fn fit_to_mount(text: &str) -> Result<(), &'static str> {
    // Nothing of the first kind, nor below it; of the second kind, what is below may be mounted.
    const WHOLE: [&str; 36] = [
        "bin",
        "boot",
        "dev",
        "etc",
        "lib",
        "lib32",
        "lib64",
        "libx32",
        "proc",
        "root",
        "run",
        "sbin",
        "sys",
        "tmp",
        "usr",
        "var/backups",
        "var/cache/apt",
        "var/lib/NetworkManager",
        "var/lib/apt",
        "var/lib/dbus",
        "var/lib/dhcp",
        "var/lib/dpkg",
        "var/lib/initramfs-tools",
        "var/lib/pam",
        "var/lib/polkit-1",
        "var/lib/private",
        "var/lib/sudo",
        "var/lib/systemd",
        "var/lib/ucf",
        "var/lib/zbay",
        "var/lock",
        "var/log/journal",
        "var/run",
        "var/spool/anacron",
        "var/spool/cron",
        "var/tmp",
    ];
    const ITSELF: [&str; 6] = ["", "var", "var/cache", "var/lib", "var/log", "var/spool"];
    // Of /usr/local what programs and their settings are taken from; other names there are somebody's own.
    const LOCAL: [&str; 9] =
        ["bin", "etc", "games", "include", "lib", "libexec", "sbin", "share", "src"];
    let dots = text.split('/').any(|part| part == ".." || part == ".");
    let below = |path: &str, dir: &str| {
        path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let bare = text.trim_matches('/');
    let own_local = bare
        .strip_prefix("usr/local/")
        .is_some_and(|rest| !LOCAL.contains(&rest.split('/').next().unwrap_or_default()));
    // Whoever writes there logs in as somebody else.
    let keys = bare.split('/').any(|part| part == ".ssh");
    let hidden = |c: char| c.is_control() || moves(c);
    if !text.starts_with('/') || dots || text.contains("//") || text.contains(hidden) {
        Err("is not a mountpoint: an absolute path, legacy or none")
    } else if ITSELF.contains(&bare)
        || keys
        || (!own_local && WHOLE.iter().any(|dir| below(bare, dir)))
    {
        Err("belongs to the system: mount below /srv, /mnt or a directory of your own")
    } else {
        Ok(())
    }
}

/// The file that holds the key of an encrypted dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyFile(#[schemars(with = "String")] pub(super) Utf8PathBuf);
from_text!(KeyFile, "an absolute path", |text| {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let dots = text.split('/').any(|part| part == ".." || part == ".");
    let lost = ["/tmp/", "/run/", "/dev/", "/proc/", "/sys/", "/var/tmp/", "/var/run/"];
    // Where the system takes its own files from, a key says by its name, or that of its directory, that it is one.
    let system = ["/bin/", "/boot/", "/lib", "/sbin/", "/usr/", "/var/lib/", "/var/spool/"];
    let own = |name: &str| {
        const FILES: [&str; 26] = [
            "crontab",
            "environment",
            "exports",
            "fstab",
            "group",
            "gshadow",
            "hostid",
            "hostname",
            "hosts",
            "issue",
            "ld.so.conf",
            "ld.so.preload",
            "localtime",
            "machine-id",
            "motd",
            "mtab",
            "nsswitch.conf",
            "passwd",
            "profile",
            "resolv.conf",
            "securetty",
            "shadow",
            "subgid",
            "subuid",
            "sudoers",
            "timezone",
        ];
        name.contains('/') || FILES.contains(&name.trim_end_matches('-'))
    };
    let of_system = system.iter().any(|dir| text.starts_with(dir))
        || text.strip_prefix("/etc/").is_some_and(own);
    let called = text.rsplit('/').take(2).any(|part| part.to_ascii_lowercase().contains("key"));
    if !text.starts_with('/') || text.ends_with('/') || dots || !text.chars().all(fine) {
        Err("is not the path of a key: use an absolute path of letters, digits, `-`, `_` and `.`")
    } else if lost.iter().any(|dir| text.starts_with(dir)) {
        Err("would be lost at the next boot, and the data with it: put it in /etc/zbay/keys")
    } else if of_system && !called {
        Err("belongs to the system: put it in /etc/zbay/keys")
    } else {
        Ok(())
    }
});

impl KeyFile {
    /// Where it is.
    pub fn path(&self) -> &camino::Utf8Path {
        &self.0
    }
}

/// A secret that is asked for each time it is needed, and never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// ask
    Ask,
}

/// A quota or reservation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Limit(#[schemars(with = "String")] pub(super) Bytes);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Size;
        impl serde::de::Visitor<'_> for Size {
            type Value = Limit;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a size like 500G, or none")
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
pub struct RecordSize(pub(super) u64);

impl<'de> Deserialize<'de> for RecordSize {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let size = crate::yaml::size::deserialize(from)?.0;
        if !size.is_power_of_two() || !(512..=16 << 20).contains(&size) {
            return Err(D::Error::custom(format!(
                "a record of {size} bytes is impossible: use a power of two from 512 to 16M"
            )));
        }
        Ok(Self(size))
    }
}

/// A compression algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Compression(pub(super) String);

impl<'de> Deserialize<'de> for Compression {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Word;
        impl serde::de::Visitor<'_> for Word {
            type Value = Compression;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a compression like lz4")
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
pub struct Copies(pub(super) u8);

impl<'de> Deserialize<'de> for Copies {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u8::deserialize(from)? {
            copies @ 1..=3 => Ok(Self(copies)),
            other => Err(D::Error::custom(format!("{other} copies are impossible: use 1 to 3"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyFile, fit_to_mount};

    #[test]
    fn nothing_is_mounted_over_the_system() {
        for good in [
            "/tank",
            "/srv",
            "/srv/data",
            "/mnt/x",
            "/home",
            "/home/anna",
            "/opt/x",
            "/media/films",
            "/var/lib/docker",
            "/var/www",
            "/var/log/nas",
            "/usr/local/nas",
            "/export/a b",
            "/tmpfs",
            "/etcetera",
        ] {
            assert_eq!(fit_to_mount(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "x",
            "/",
            "//",
            "/root",
            "/root/.ssh",
            "/etc",
            "/etc/cron.d",
            "/etc/",
            "/usr",
            "/usr/local",
            "/usr/local/sbin",
            "/usr/local/bin/x",
            "/usr/bin",
            "/var",
            "/var/lib",
            "/var/lib/zbay",
            "/var/lib/zbay/x",
            "/var/lib/systemd",
            "/var/log",
            "/var/log/journal",
            "/var/spool/cron",
            "/var/spool/cron/crontabs",
            "/tmp",
            "/tmp/x",
            "/var/tmp/x",
            "/run/x",
            "/dev/shm",
            "/boot/efi",
            "/srv/../etc",
            "/srv/./x",
            "/srv//x",
            "/home/anna/.ssh",
            "/srv/\u{202e}x",
            "/srv/\u{1b}[2J",
            "/srv/a\nb",
            "none",
            "legacy",
        ] {
            assert!(fit_to_mount(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_is_no_file_of_the_system() {
        let read = |path: &str| serde_json::from_value::<KeyFile>(serde_json::json!(path));
        for good in [
            "/etc/zbay/keys/tank-media",
            "/etc/k",
            "/etc/zfs/tank.key",
            "/etc/keys/a",
            "/root/k",
            "/root/secrets/tank",
            "/boot/keys/tank",
            "/media/stick/tank",
            "/srv/key",
        ] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "/etc/shadow",
            "/etc/shadow-",
            "/etc/passwd",
            "/etc/zbay/profile.yaml",
            "/etc/cron.d/x",
            "/etc/sudoers.d/x",
            "/var/lib/zbay/journal.jsonl",
            "/usr/bin/x",
            "/lib/x",
            "/lib64/x",
            "/var/spool/cron/x",
            "/tmp/key",
            "/run/key",
            "/etc/../etc/key",
            "key",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
