//! The properties of a dataset that a profile may wish: one table, for all who deal with them.
//!
//! What always holds: whatever can be wished is looked at. A profile's field with its documentation and its setting
//! ([`crate::profile::property`]), what a look keeps ([`super::zfs`]), how two values compare, and what is fixed once a
//! dataset is made all come from here, so that a property cannot be added in one place and forgotten in another.

use schemars::JsonSchema;
use serde::Serialize;

/// A property as ZFS has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Property {
    /// Name.
    pub name: String,
    /// Value, as `-p` prints it.
    pub value: String,
    /// `local`, `default`, `inherited`, `received`, `none` (`-` and read-only).
    pub source: String,
}

/// How a wished value and the one that `zfs get -p` prints compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// As text.
    Text,
    /// As bytes, where `0`, `none` and `-` are one.
    Size,
    /// As text, or as one of these pairs: what is wished, and what ZFS prints of it.
    Spelled(&'static [(&'static str, &'static str)]),
}

/// A property of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name in zfsprops(7).
    pub name: &'static str,
    /// It is set when the dataset is made, and never again.
    pub fixed: bool,
    /// How its values compare.
    pub equality: Equality,
}

/// `xattr=sa` reads back as `on` since OpenZFS 2.3 (both mean system attributes there).
const XATTR: &[(&str, &str)] = &[("sa", "on")];
/// `acltype=posix` is `posixacl` in older releases.
const ACL: &[(&str, &str)] = &[("posix", "posixacl")];
/// Level 6 is gzip's own, and ZFS prints it without its number (`compress_table`, `module/zcommon/zfs_prop.c`).
const GZIP: &[(&str, &str)] = &[("gzip-6", "gzip")];

/// Gives the rows to a macro: documentation, name, type of the profile's value, `free` or `fixed`, and its [`Equality`].
macro_rules! dataset_properties {
    ($to:ident) => {
        $to! {
            /// Where it is mounted: an absolute path, legacy or none. Default: inherited; the root's is /POOL.
            mountpoint: Mountpoint, free, Text;
            /// The most that the dataset and everything below it may use; none removes the limit.
            quota: Limit, free, Size;
            /// The most that the dataset alone may use.
            refquota: Limit, free, Size;
            /// Space reserved for the dataset and everything below it.
            reservation: Limit, free, Size;
            /// Space reserved for the dataset alone.
            refreservation: Limit, free, Size;
            /// The largest block of a file: a power of two from 512 to 16M.
            recordsize: RecordSize, free, Text;
            /// off, on, lz4, zstd, zstd-1 to zstd-19, gzip, gzip-1 to gzip-9, zle. Default of the root: lz4.
            compression: Compression, free, Spelled(GZIP);
            /// Record when a file was read. Default of the root: off.
            atime: OnOff, free, Text;
            /// Where extended attributes live: sa, dir or off. Default of the root: sa.
            xattr: Xattr, free, Spelled(XATTR);
            /// Access control lists: posix, nfsv4 or off. Default of the root: posix.
            acltype: AclType, free, Spelled(ACL);
            /// Size of dnodes. Default of the root: auto.
            dnodesize: DnodeSize, free, Text;
            /// Synchronous writes: standard, always or disabled.
            sync: Sync, free, Text;
            /// Copies of each block: 1 to 3.
            copies: Copies, free, Text;
            /// Whether .zfs is visible: hidden or visible.
            snapdir: SnapDir, free, Text;
            /// How file names compare: sensitive, insensitive or mixed. Fixed when the dataset is created.
            casesensitivity: CaseSensitivity, fixed, Text;
        }
    };
}
pub(crate) use dataset_properties;

macro_rules! is_fixed {
    (free) => {
        false
    };
    (fixed) => {
        true
    };
}

macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident: $type:ident, $when:ident, $how:ident $(($with:ident))?;)*) => {
        /// All of them; the last three are what `key_file` and `passphrase` of a profile stand for.
        pub const DATASET: &[Row] = &[
            $(Row {
                name: stringify!($name),
                fixed: is_fixed!($when),
                equality: Equality::$how $(($with))?,
            },)*
            Row { name: "encryption", fixed: true, equality: Equality::Text },
            Row { name: "keyformat", fixed: true, equality: Equality::Text },
            Row { name: "keylocation", fixed: true, equality: Equality::Text },
        ];
    };
}
dataset_properties!(rows);

/// What is looked at besides: nobody can wish it.
const SHOWN: [&str; 6] = ["guid", "keystatus", "canmount", "mounted", "relatime", "volsize"];

/// The row of a property.
pub fn row(name: &str) -> Option<&'static Row> {
    DATASET.iter().find(|row| row.name == name)
}

/// Whether a look keeps the property although nobody set it.
pub fn is_looked_at(name: &str) -> bool {
    row(name).is_some() || SHOWN.contains(&name)
}

/// True if two values of a property are equal, or two spellings of the same.
pub fn same(name: &str, wished: &str, is: &str) -> bool {
    let none = |value: &str| value == "0" || value == "none" || value == "-";
    let cachefile =
        name == "cachefile" && (is == "-" || is.is_empty() || is == "/etc/zfs/zpool.cache");
    wished == is
        || cachefile
        || (name.starts_with("org.debian:periodic-") && wished == "auto" && is == "-")
        || row(name).is_some_and(|row| match row.equality {
            Equality::Text => false,
            Equality::Size => none(wished) && none(is),
            Equality::Spelled(pairs) => pairs.contains(&(wished, is)),
        })
}
