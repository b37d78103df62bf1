//! Releases of OpenZFS, as far as they compute differently: one table of what each one changed.
//!
//! What counts is the release that made a vdev for its metaslabs and its labels, and the one that runs
//! for the slop and the embedded logs. A version without a patch level is the first of its series, as
//! 2.0 is 2.0.0. Not in the table, because an empty pool does not show it, but a function of its own:
//! whether what is *allocated* on special and dedup vdevs is added to what may hold data.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::class::Class;
use crate::units::Bytes;

/// A span of releases with the same arithmetic, named by its first one.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize,
)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Zfs {
    /// 0.6.2 to 0.6.4: slop of a 64th, metaslabs of 128 KiB and more.
    V0_6_4,
    /// 0.6.5: slop of a 32nd, metaslabs of 16 MiB and more.
    V0_6_5,
    /// 0.7: the slop of a small pool is half of it, 128 MiB at most.
    V0_7,
    /// 0.8 to 2.0.6: metaslabs of 512 MiB to 16 GiB; special and dedup vdevs.
    V0_8,
    /// 2.0.7: the slop is 128 GiB at most.
    V2_0_7,
    /// 2.1 to 2.3: dRAID; an embedded log on each vdev of more than 64 metaslabs.
    #[default]
    V2_1,
    /// 2.4: special vdevs have an embedded log as well.
    V2_4,
    /// After 2.4: whole 4Kn drives lose no more than others to their partition table.
    Master,
}

/// Not a release that is modelled.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown OpenZFS release `{0}`: use 0.6 to 2.4, as in 2.3 or 2.3.9, or master")]
pub struct ZfsError(String);

impl Zfs {
    /// All of them, the oldest first.
    pub const ALL: [Self; 8] = [
        Self::V0_6_4,
        Self::V0_6_5,
        Self::V0_7,
        Self::V0_8,
        Self::V2_0_7,
        Self::V2_1,
        Self::V2_4,
        Self::Master,
    ];

    /// The releases, as people say them.
    pub fn releases(self) -> &'static str {
        match self {
            Self::V0_6_4 => "up to 0.6.4",
            Self::V0_6_5 => "0.6.5",
            Self::V0_7 => "0.7",
            Self::V0_8 => "0.8 to 2.0.6",
            Self::V2_0_7 => "2.0.7",
            Self::V2_1 => "2.1 to 2.3",
            Self::V2_4 => "2.4",
            Self::Master => "master",
        }
    }

    /// A release that parses as this span.
    fn name(self) -> &'static str {
        match self {
            Self::V0_6_4 => "0.6.4",
            Self::V0_6_5 => "0.6.5",
            Self::V0_7 => "0.7",
            Self::V0_8 => "0.8",
            Self::V2_0_7 => "2.0.7",
            Self::V2_1 => "2.3",
            Self::V2_4 => "2.4",
            Self::Master => "master",
        }
    }

    /// Of `dspace` bytes that may hold data, and `log` bytes of embedded logs beside them, all deflated: what is kept
    /// back (`spa_get_slop_space`; up to 0.6.4 `dsl_pool_adjustedsize`). Never more than `dspace`.
    pub fn slop(self, dspace: Bytes, log: Bytes) -> Bytes {
        /// `spa_max_slop`.
        const MAX: u64 = 128 << 30;
        /// `spa_min_slop`, and half of `SPA_MINDEVSIZE` before it.
        const MIN: u64 = 128 << 20;
        const OLD_MIN: u64 = 32 << 20;
        let dspace = dspace.0;
        let part = dspace >> if self == Self::V0_6_4 { 6 } else { 5 };
        let part = if self >= Self::V2_0_7 { part.min(MAX) } else { part };
        let part = if self >= Self::V2_1 { part - log.0.min(part >> 1) } else { part };
        let least = if self >= Self::V0_7 { (dspace >> 1).min(MIN) } else { OLD_MIN };
        Bytes(part.max(least).min(dspace))
    }

    /// Whether a vdev of this class and of so many metaslabs gives one of them for synchronous writes
    /// (`vdev_metaslab_init`; `zfs_embedded_slog_min_ms` is 64).
    pub fn embeds_log(self, class: Class, metaslabs: u64) -> bool {
        let has = match class {
            Class::Normal => self >= Self::V2_1,
            Class::Special => self >= Self::V2_4,
            Class::Dedup | Class::Log => false,
        };
        has && metaslabs > 64
    }

    /// Whether gaps of a whole disk's partition table are the same bytes on a 4Kn drive (`zpool_label_disk`).
    pub fn labels_4kn_in_bytes(self) -> bool {
        self >= Self::Master
    }

    /// Whether it can make vdevs of this class (`SPA_FEATURE_ALLOCATION_CLASSES`).
    pub fn has_class(self, class: Class) -> bool {
        self >= Self::V0_8 || matches!(class, Class::Normal | Class::Log)
    }
}

/// Whether what is allocated on special and dedup vdevs counts in USED + AVAIL of the root dataset
/// (`spa_update_dspace`): from 2.2.10, 2.3.7 and 2.4.1 on. Without a patch level it does not; an unknown release
/// counts as a new one.
pub fn counts_allocated_special(version: &str) -> bool {
    let plain = version.trim().trim_start_matches("zfs-");
    let plain = plain.split(['-', '+', '~']).next().unwrap_or_default();
    let mut numbers = plain.split('.').map(|number| number.parse::<u16>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next().unwrap_or(0)) {
        (Some(0), ..) | (Some(2), Some(0 | 1), _) => false,
        (Some(2), Some(2), patch) => patch >= 10,
        (Some(2), Some(3), patch) => patch >= 7,
        (Some(2), Some(4), patch) => patch >= 1,
        _ => true,
    }
}

impl fmt::Display for Zfs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Zfs {
    type Err = ZfsError;

    /// `2.3`, `2.3.9`, `zfs-2.3.9-1~bpo13+1`, `0.8.6`, `master`.
    fn from_str(text: &str) -> Result<Self, ZfsError> {
        if text == "master" {
            return Ok(Self::Master);
        }
        let bad = || ZfsError(text.to_owned());
        let plain = text.strip_prefix("zfs-").unwrap_or(text);
        let plain = plain.split(['-', '+', '~']).next().unwrap_or_default();
        let mut numbers = plain.split('.').map(str::parse::<u16>);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
            return Err(bad());
        };
        let patch = numbers.next().unwrap_or(Ok(0)).map_err(|_| bad())?;
        match (major, minor, patch) {
            (0, 6, 0..=4) => Ok(Self::V0_6_4),
            (0, 6, _) => Ok(Self::V0_6_5),
            (0, 7, _) => Ok(Self::V0_7),
            (0, 8, _) | (2, 0, 0..=6) => Ok(Self::V0_8),
            (2, 0, _) => Ok(Self::V2_0_7),
            (2, 1..=3, _) => Ok(Self::V2_1),
            (2, 4, _) => Ok(Self::V2_4),
            _ => Err(bad()),
        }
    }
}

impl TryFrom<String> for Zfs {
    type Error = ZfsError;

    fn try_from(text: String) -> Result<Self, ZfsError> {
        text.parse()
    }
}

impl From<Zfs> for String {
    fn from(zfs: Zfs) -> Self {
        zfs.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Zfs;
    use crate::units::Bytes;

    #[test]
    fn versions_are_told_apart_where_the_arithmetic_changed() {
        for (text, zfs) in [
            ("0.6.4", Zfs::V0_6_4),
            ("0.6.4.2", Zfs::V0_6_4),
            ("0.6.5.11", Zfs::V0_6_5),
            ("0.7.13", Zfs::V0_7),
            ("0.8.6", Zfs::V0_8),
            ("2.0", Zfs::V0_8),
            ("2.0.6", Zfs::V0_8),
            ("2.0.7", Zfs::V2_0_7),
            ("2.1.5-1ubuntu6", Zfs::V2_1),
            ("2.3", Zfs::V2_1),
            ("zfs-2.3.9-1~bpo13+1", Zfs::V2_1),
            ("2.4.1", Zfs::V2_4),
            ("2.4.99-rc1", Zfs::V2_4),
            ("master", Zfs::Master),
        ] {
            assert_eq!(text.parse(), Ok(zfs), "{text}");
        }
        for text in ["", "2", "1.0", "2.5", "3.0", "0.5.9", "2.3.x", "2.-1", "latest", "99999.1"] {
            assert!(text.parse::<Zfs>().is_err(), "{text}");
        }
        for zfs in Zfs::ALL {
            assert_eq!(zfs.to_string().parse(), Ok(zfs));
        }
        assert_eq!(Zfs::default(), "2.3".parse().unwrap());
    }

    #[test]
    fn patch_levels_that_count_special_space() {
        for version in ["2.2.10", "2.3.7", "zfs-2.3.9-0+deb13u1", "2.4.1", "2.4.99", "master"] {
            assert!(super::counts_allocated_special(version), "{version}");
        }
        for version in ["0.8.6", "2.1.15", "2.2.9", "2.3", "2.3.6", "2.4.0-rc1"] {
            assert!(!super::counts_allocated_special(version), "{version}");
        }
    }

    #[test]
    fn slop_has_a_floor_and_a_ceiling() {
        let of = |dspace, log| Zfs::default().slop(Bytes(dspace), Bytes(log)).0;
        assert_eq!(of(0, 0), 0);
        assert_eq!(of(100 << 20, 0), 50 << 20);
        assert_eq!(of(1 << 30, 0), 128 << 20);
        assert_eq!(of(1 << 40, 0), 32 << 30);
        assert_eq!(of(1 << 40, 8 << 30), 24 << 30);
        assert_eq!(of(1 << 40, 20 << 30), 16 << 30);
        assert_eq!(of(u64::MAX, 0), 128 << 30);
        assert_eq!(of(u64::MAX, u64::MAX), 64 << 30);
    }

    #[test]
    fn slop_by_release() {
        let of = |zfs: Zfs, dspace: u64| zfs.slop(Bytes(dspace), Bytes(1 << 30)).0;
        assert_eq!(of(Zfs::V0_6_4, 64 << 40), 1 << 40);
        assert_eq!(of(Zfs::V0_6_5, 64 << 40), 2 << 40);
        assert_eq!(of(Zfs::V0_8, 64 << 40), 2 << 40);
        assert_eq!(of(Zfs::V2_0_7, 64 << 40), 128 << 30);
        assert_eq!(of(Zfs::V2_1, 64 << 40), 127 << 30);
        assert_eq!(of(Zfs::V0_6_5, 100 << 20), 32 << 20);
        assert_eq!(of(Zfs::V0_7, 100 << 20), 50 << 20);
        assert_eq!(of(Zfs::V0_6_4, 1 << 20), 1 << 20, "never more than there is");
    }
}
