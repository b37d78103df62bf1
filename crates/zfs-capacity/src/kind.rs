//! The kinds of data vdev, and how much of their raw space holds data.
//!
//! ZFS turns raw space into what `zfs list` shows with one ratio for each vdev: that of a 128 KiB
//! block, whatever the recordsize is. The ratio is a whole number of 512ths, and is fixed when the
//! vdev is made; so is everything here. Three parities are three kinds, so that a raidz of parity
//! 0 or 4 cannot be written down.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::draid::{Draid, DraidError};
use crate::units::{Ashift, Bytes};

/// The block that the ratio is taken from (`SPA_OLD_MAXBLOCKSIZE`).
const TYPICAL_BLOCK: u64 = 128 << 10;
/// The ratio of a vdev without parity: 512 bytes of each 512-byte sector (`SPA_MINBLOCKSHIFT`).
const WHOLE: u64 = 512;
/// The most leaves of a raidz (`is_grouping` in cmd/zpool).
const RAIDZ_MAX_WIDTH: u64 = 255;

/// A kind of top-level vdev that holds data, named as `zpool create` and `zpool status` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Kind {
    /// A single drive. A pool of several is several vdevs.
    Stripe,
    /// Each leaf holds everything.
    Mirror,
    /// One drive's worth of parity.
    Raidz1,
    /// Two.
    Raidz2,
    /// Three.
    Raidz3,
    /// Parity in groups over all drives, with spares among them.
    Draid(Draid),
}

/// Not a kind of vdev.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KindError {
    /// No such word.
    #[error(
        "unknown vdev kind `{0}`{hint}: use stripe, mirror, raidz1, raidz2, raidz3, or draid as in \
         draid2:4d:11c:1s",
        hint = hint(.0)
    )]
    Word(String),
    /// A dRAID that ZFS refuses.
    #[error(transparent)]
    Draid(#[from] DraidError),
}

/// What was probably meant.
fn hint(word: &str) -> String {
    let meant = raid_level(word, &["stripe", "mirror", "raidz1", "raidz2", "raidz3"]);
    meant.map(|meant| format!(" (did you mean `{meant}`?)")).unwrap_or_default()
}

impl Kind {
    /// The raidz kind of this parity, if there is one.
    pub fn raidz(parity: u8) -> Option<Self> {
        match parity {
            1 => Some(Self::Raidz1),
            2 => Some(Self::Raidz2),
            3 => Some(Self::Raidz3),
            _ => None,
        }
    }

    /// What `zpool status` calls so: single disks and files are stripes. `None`: what a removed vdev leaves, and the like.
    pub fn called(word: &str) -> Option<Self> {
        match word {
            "disk" | "file" => Some(Self::Stripe),
            word => word.parse().ok(),
        }
    }

    /// `vdev_get_nparity`; 0 for what has none.
    pub fn parity(self) -> u64 {
        match self {
            Self::Stripe | Self::Mirror => 0,
            Self::Raidz1 => 1,
            Self::Raidz2 => 2,
            Self::Raidz3 => 3,
            Self::Draid(draid) => draid.parity(),
        }
    }

    /// How many leaves' worth of data `width` leaves hold, rounded down for dRAID; `None` for a width that this kind
    /// cannot have.
    pub fn data(self, width: u64) -> Option<u64> {
        match self {
            Self::Stripe => (width == 1).then_some(1),
            Self::Mirror => (width >= 2).then_some(1),
            Self::Raidz1 | Self::Raidz2 | Self::Raidz3 if width <= RAIDZ_MAX_WIDTH => {
                width.checked_sub(self.parity()).filter(|data| *data > 0)
            }
            Self::Raidz1 | Self::Raidz2 | Self::Raidz3 => None,
            Self::Draid(draid) => {
                let data = draid.disks() * draid.data() / draid.group();
                (width == draid.children()).then_some(data)
            }
        }
    }

    /// Of how many parts of the allocatable bytes how many are no parity.
    pub(super) fn without_parity(self, width: u64) -> Option<(u64, u64)> {
        match self {
            Self::Stripe | Self::Mirror => Some((1, 1)),
            Self::Raidz1 | Self::Raidz2 | Self::Raidz3 => Some((self.data(width)?, width)),
            Self::Draid(draid) => Some((draid.data(), draid.group())),
        }
    }

    /// Allocatable bytes of `width` leaves whose smallest has `leaf` (`vdev_raidz_open`, `vdev_mirror_open`,
    /// `vdev_draid_open`); `None` beyond `u64`.
    pub(super) fn asize(self, leaf: u64, width: u64) -> Option<u64> {
        match self {
            Self::Stripe | Self::Mirror => Some(leaf),
            Self::Raidz1 | Self::Raidz2 | Self::Raidz3 => leaf.checked_mul(width),
            Self::Draid(draid) => draid.asize(leaf),
        }
    }

    /// How many leaves may be lost at once, whichever they are; 0 for an impossible width.
    pub fn losses(self, width: u64) -> u64 {
        match self {
            Self::Mirror => width.saturating_sub(1),
            Self::Stripe | Self::Raidz1 | Self::Raidz2 | Self::Raidz3 | Self::Draid(_) => {
                self.parity()
            }
        }
    }

    /// The widths of this kind, in words.
    pub(super) fn widths(self) -> &'static str {
        match self {
            Self::Stripe => "exactly 1",
            Self::Mirror => "2 or more",
            Self::Raidz1 => "2 to 255",
            Self::Raidz2 => "3 to 255",
            Self::Raidz3 => "4 to 255",
            Self::Draid(_) => "as many as its `c` says",
        }
    }

    /// Raw bytes that a block of `size` bytes takes up (`vdev_raidz_asize`, `vdev_default_asize`):
    /// for raidz its sectors, parity for each row of them, and padding to a multiple of parity + 1,
    /// so that a freed gap can always be used again. `None` for an impossible width, or beyond
    /// `u64`.
    pub fn allocated(self, size: Bytes, width: u64, ashift: Ashift) -> Option<Bytes> {
        let (parity, data) = (self.parity(), self.data(width)?);
        let unit = 1_u64.checked_shl(u32::from(ashift.get()))?;
        let sectors = size.0.div_ceil(unit);
        if let Self::Draid(draid) = self {
            return draid.sectors(sectors)?.checked_mul(unit).map(Bytes);
        }
        let rows = sectors.div_ceil(data);
        let sectors = sectors.checked_add(parity.checked_mul(rows)?)?;
        sectors.checked_next_multiple_of(parity + 1)?.checked_mul(unit).map(Bytes)
    }

    /// Bytes of data in 512 raw bytes, rounded down (`vdev_set_deflate_ratio`); 512 without parity.
    pub fn deflate_ratio(self, width: u64, ashift: Ashift) -> Option<u64> {
        let raw = self.allocated(Bytes(TYPICAL_BLOCK), width, ashift)?;
        TYPICAL_BLOCK.checked_div(raw.0 / WHOLE)
    }

    /// `vdev_deflated_space`: raw bytes, whole sectors, times the ratio. Never more than `raw`.
    pub(super) fn deflated(raw: u64, ratio: u64) -> u64 {
        (raw / WHOLE).saturating_mul(ratio.min(WHOLE))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Stripe => "stripe",
            Self::Mirror => "mirror",
            Self::Raidz1 => "raidz1",
            Self::Raidz2 => "raidz2",
            Self::Raidz3 => "raidz3",
            Self::Draid(draid) => return f.pad(&draid.to_string()),
        })
    }
}

impl FromStr for Kind {
    type Err = KindError;

    /// As `zpool create` takes them; `raidz` is raidz1.
    fn from_str(text: &str) -> Result<Self, KindError> {
        match text {
            "stripe" => Ok(Self::Stripe),
            "mirror" => Ok(Self::Mirror),
            "raidz" | "raidz1" => Ok(Self::Raidz1),
            "raidz2" => Ok(Self::Raidz2),
            "raidz3" => Ok(Self::Raidz3),
            draid if draid.starts_with("draid") => Ok(Self::Draid(draid.parse()?)),
            other => Err(KindError::Word(other.to_owned())),
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = KindError;

    fn try_from(text: String) -> Result<Self, KindError> {
        text.parse()
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.to_string()
    }
}

/// What other systems call the layouts.
const LEVELS: [(&str, &[&str]); 8] = [
    ("raid5", &["raidz", "raidz1"]),
    ("raid6", &["raidz2"]),
    ("raid7", &["raidz3"]),
    ("raid1", &["mirror"]),
    ("raid10", &["mirror"]),
    ("raid1+0", &["mirror"]),
    ("raid0", &["stripe"]),
    ("jbod", &["stripe"]),
];

/// The layout of `known` that other systems call by this name of a RAID level.
pub fn raid_level<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let bare = word.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let (_, names) = LEVELS.iter().find(|(level, _)| *level == bare)?;
    known.iter().find(|candidate| names.contains(candidate)).copied()
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::units::{Ashift, Bytes};

    #[test]
    fn ratios_at_4096_byte_sectors() {
        for (kind, parity, ratios) in [
            (
                Kind::Raidz1,
                1,
                &[(3, 341), (4, 372), (5, 409), (6, 409), (7, 431), (8, 431), (12, 455), (17, 481)]
                    [..],
            ),
            (Kind::Raidz2, 2, &[(4, 248), (5, 303), (6, 341), (7, 341), (8, 364), (12, 390)]),
            (Kind::Raidz3, 3, &[(5, 204), (7, 292), (8, 292), (11, 372), (12, 372)]),
        ] {
            assert_eq!(Kind::raidz(parity), Some(kind));
            for (width, ratio) in ratios {
                assert_eq!(kind.deflate_ratio(*width, Ashift::DEFAULT), Some(*ratio), "{width}");
            }
        }
        assert_eq!(Kind::Mirror.deflate_ratio(3, Ashift::DEFAULT), Some(512));
        assert_eq!(Kind::Stripe.deflate_ratio(1, Ashift::MAX), Some(512));
        assert_eq!(Kind::Raidz1.deflate_ratio(4, Ashift::MIN), Some(383));
        assert_eq!(Kind::raidz(0).or(Kind::raidz(4)), None);
    }

    #[test]
    fn blocks_take_what_raidz_makes_of_them() {
        let raidz = |size, width| Kind::Raidz1.allocated(Bytes(size), width, Ashift::DEFAULT);
        assert_eq!(raidz(128 << 10, 4), Some(Bytes(44 * 4096)));
        assert_eq!(raidz(1, 4), Some(Bytes(2 * 4096)));
        assert_eq!(raidz(3 * 4096, 4), Some(Bytes(4 * 4096)));
        assert_eq!(raidz(2 * 4096, 4), Some(Bytes(4 * 4096)), "padded");
        assert_eq!(raidz(u64::MAX, 4), None);
        let mirror = Kind::Mirror.allocated(Bytes(4097), 2, Ashift::DEFAULT);
        assert_eq!(mirror, Some(Bytes(8192)));
    }

    #[test]
    fn impossible_widths_have_no_data() {
        for (kind, bad, good) in [
            (Kind::Stripe, &[0, 2][..], &[1][..]),
            (Kind::Mirror, &[0, 1], &[2, 3, 1000]),
            (Kind::Raidz1, &[0, 1, 256, u64::MAX], &[2, 255]),
            (Kind::Raidz3, &[0, 3], &[4]),
        ] {
            assert!(bad.iter().all(|width| kind.data(*width).is_none()), "{kind}");
            assert!(good.iter().all(|width| kind.data(*width).is_some()), "{kind}");
        }
    }

    #[test]
    fn is_written_as_zpool_does() {
        let kinds: Vec<Kind> =
            serde_json::from_str(r#"["raidz", "raidz2", "mirror", "draid2:4d:11c:1s"]"#).unwrap();
        assert_eq!(kinds[..3], [Kind::Raidz1, Kind::Raidz2, Kind::Mirror]);
        for kind in kinds {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
