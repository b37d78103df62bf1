//! The properties of pools and datasets that a profile may set, and their defaults.
//!
//! What is wished is turned into `name=value` in the spelling of `zpool get -p` and `zfs get -p`, so that a profile can be
//! compared with what is and a second apply finds nothing to do. The properties of a dataset stand in one table
//! ([`crate::property`]). Defaults and reasons: docs/defaults.md.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{
    AclType, Asked, Autoreplace, CaseSensitivity, Compatibility, Compression, Copies, DnodeSize,
    Failmode, KeyFile, Limit, Mode, Mountpoint, OfZfs as _, OnOff, Principal, RecordSize, SnapDir,
    Sync, Xattr,
};
use crate::property::dataset_properties;

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

/// Properties of a pool (zpoolprops(7)).
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolProperties {
    /// Grow automatically when all drives of a vdev are larger. Default: on.
    #[serde(default)]
    pub autoexpand: Option<OnOff>,
    /// What happens to a new drive in the bay of a missing member. off: nothing, until you run `zbay replace`. blank:
    /// zbay uses it automatically if it is proved blank and fits. on: ZED uses any drive, whatever is on it. Default:
    /// off, since a strange drive must never be taken.
    #[serde(default)]
    pub autoreplace: Option<Autoreplace>,
    /// Trim SSDs as space is freed. Default: off, a timer trims.
    #[serde(default)]
    pub autotrim: Option<OnOff>,
    /// wait, continue or panic when too many drives are missing. Default: wait.
    #[serde(default)]
    pub failmode: Option<Failmode>,
    /// Name of a feature set under /usr/share/zfs/compatibility.d, or off. Default: openzfs-2.3-linux, so that any
    /// Debian 13 rescue stick can import the pool.
    #[serde(default)]
    pub compatibility: Option<Compatibility>,
}

impl PoolProperties {
    /// What is wished, defaults included.
    pub fn settings(&self) -> Vec<Setting> {
        let on_off = |value: Option<OnOff>, default: OnOff| value.unwrap_or(default).as_str();
        let compatibility = self.compatibility.as_ref().map_or("openzfs-2.3-linux", |c| &c.0);
        vec![
            Setting::new("autoexpand", on_off(self.autoexpand, OnOff::On)),
            Setting::new("autoreplace", self.autoreplace.unwrap_or_default().of_zpool()),
            Setting::new("autotrim", on_off(self.autotrim, OnOff::Off)),
            Setting::new("failmode", self.failmode.unwrap_or(Failmode::Wait).as_str()),
            Setting::new("compatibility", compatibility),
        ]
    }
}

macro_rules! fs_wish {
    ($($(#[$doc:meta])* $name:ident: $type:ident, $when:ident, $how:ident $(($with:ident))?;)*) => {
        /// A dataset: its properties (zfsprops(7)), and owner, group and mode of its mountpoint.
        #[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct FsWish {
            /// User that owns the mountpoint, by name or number; set when the dataset is created. Default: root.
            #[serde(default)]
            pub owner: Option<Principal>,
            /// Group of the mountpoint, by name or number; set when the dataset is created. Default: root.
            #[serde(default)]
            pub group: Option<Principal>,
            /// Permissions of the mountpoint as an octal text, as in "0750"; set when the dataset is created. Default:
            /// "0755".
            #[serde(default)]
            pub mode: Option<Mode>,
            $(
                $(#[$doc])*
                #[serde(default)]
                pub $name: Option<$type>,
            )*
            /// Encrypt the dataset and everything below it (aes-256-gcm) with the key in this file, for example
            /// /etc/zbay/keys/private. zbay creates the key along with the dataset, readable only by root, and the
            /// server unlocks the dataset at each boot. If the file is lost, so is the data: keep a copy elsewhere.
            /// Fixed when the dataset is created.
            #[serde(default)]
            pub key_file: Option<KeyFile>,
            /// `ask`: encrypt the dataset and everything below it (aes-256-gcm) with a passphrase that `zbay apply`
            /// asks for when it creates the dataset, and to unlock it after each boot. It is never stored: if it is
            /// forgotten, the data is lost. Fixed when the dataset is created.
            #[serde(default)]
            pub passphrase: Option<Asked>,
        }

        impl FsWish {
            /// What is wished of the properties that have a field of their own.
            fn own(&self) -> Vec<Setting> {
                let all = [$(
                    self.$name.as_ref().map(|value| Setting::new(stringify!($name), value.of_zfs())),
                )*];
                all.into_iter().flatten().collect()
            }
        }
    };
}
dataset_properties!(fs_wish);

impl FsWish {
    /// What is wished, without defaults.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = self.own();
        if let Some(key) = &self.key_file {
            settings.push(Setting::new("encryption", "aes-256-gcm"));
            settings.push(Setting::new("keyformat", "hex"));
            settings.push(Setting::new("keylocation", format!("file://{}", key.path())));
        } else if self.passphrase.is_some() {
            settings.push(Setting::new("encryption", "aes-256-gcm"));
            settings.push(Setting::new("keyformat", "passphrase"));
            settings.push(Setting::new("keylocation", "prompt"));
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

    /// `owner:group` and permission bits for the mountpoint, defaults included.
    pub fn access(&self) -> (String, u32) {
        let name = |principal: &Option<Principal>| {
            principal.as_ref().map_or_else(|| "root".to_owned(), |p| p.0.clone())
        };
        let mode = self.mode.as_ref().map_or(0o755, Mode::bits);
        (format!("{}:{}", name(&self.owner), name(&self.group)), mode)
    }
}
