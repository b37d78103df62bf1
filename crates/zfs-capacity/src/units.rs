//! Quantities: bytes and ashift, as types that cannot be mixed up.
//!
//! Sizes are whole bytes in `u64` everywhere (OpenZFS's own type), and no float takes part in any
//! of them. Three ways of printing stand beside each other because people meet all three: the drive
//! maker's decimal TB, `zfs list`'s rounded `2.55T` (which means TiB), and the exact count.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A count of bytes.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct Bytes(pub u64);

/// What a size in a file or an argument may not be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SizeError {
    /// Not a number with a unit.
    #[error("`{0}` is not a size: write bytes, or a number with a unit, as in 4TB, 500G or 1M")]
    Form(String),
    /// Does not fit `u64`.
    #[error("`{0}` is more than 16 EiB")]
    TooLarge(String),
}

impl Bytes {
    /// Zero bytes.
    pub const ZERO: Self = Self(0);
    /// 2^20 bytes.
    pub const MIB: Self = Self(1 << 20);

    /// Decimal terabytes with two decimals, as drives are labelled: `2.00 TB`; gigabytes below 0.1 TB.
    pub fn tb(self) -> String {
        if self.0 >= 100_000_000_000 {
            format!("{} TB", ratio(self.0, 1_000_000_000_000))
        } else if self.0 >= 100_000_000 {
            format!("{} GB", ratio(self.0, 1_000_000_000))
        } else {
            format!("{} MB", ratio(self.0, 1_000_000))
        }
    }

    /// Whole decimal gigabytes, rounded: the `GB` column of `show disk`.
    pub fn gb_rounded(self) -> u64 {
        (self.0 / 500_000_000).div_ceil(2)
    }

    /// As `zpool list` and `zfs list` print it without `-p` (`zfs_nicenum_format`, lib/libzutil):
    /// powers of 1024, at most five characters, exact multiples without decimals.
    pub fn zfs(self) -> String {
        const UNITS: [&str; 7] = ["B", "K", "M", "G", "T", "P", "E"];
        let mut index = 0;
        let mut whole = self.0;
        while whole >= 1024 && index + 1 < UNITS.len() {
            whole /= 1024;
            index += 1;
        }
        let shift = 10 * index;
        if index == 0 || self.0 & ((1 << shift) - 1) == 0 {
            return format!("{whole}{}", UNITS[index]);
        }
        for decimals in (0..=2_u32).rev() {
            let text = rounded(self.0, shift, decimals);
            if text.len() < 5 || decimals == 0 {
                return format!("{text}{}", UNITS[index]);
            }
        }
        String::new()
    }
}

/// `value / 2^shift` with `decimals` places, rounded half to even as C's printf does.
fn rounded(value: u64, shift: usize, decimals: u32) -> String {
    let scale = 10_u128.pow(decimals);
    let scaled = u128::from(value) * scale;
    let (quotient, rest) = (scaled >> shift, scaled & ((1 << shift) - 1));
    let half = 1_u128 << (shift - 1);
    let up = rest > half || (rest == half && quotient & 1 == 1);
    let number = quotient + u128::from(up);
    if decimals == 0 {
        number.to_string()
    } else {
        let width = usize::try_from(decimals).unwrap_or(0);
        format!("{}.{:0width$}", number / scale, number % scale)
    }
}

fn ratio(value: u64, unit: u64) -> String {
    let hundredths = (u128::from(value) * 100 + u128::from(unit / 2)) / u128::from(unit);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        Self(iter.map(|bytes| bytes.0).sum())
    }
}

impl FromStr for Bytes {
    type Err = SizeError;

    /// `4000787030016`, `4TB` (decimal), `500G`, `1M`, `16KiB` (a bare letter is a power of 1024, as
    /// zfs(8) reads it; `TB` with its B is the drive maker's power of 1000).
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let form = || SizeError::Form(text.to_owned());
        let large = || SizeError::TooLarge(text.to_owned());
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let unit = unit.trim_start();
        let letter = unit.chars().next().map(|c| c.to_ascii_uppercase());
        let power = match letter {
            None | Some('B') => 0,
            Some(c) => 1 + "KMGTPE".find(c).ok_or_else(form)?,
        };
        let rest = unit.get(1..).unwrap_or("");
        let base: u128 = match (power, rest) {
            (0, "") => 1,
            (_, "B") => 1000,
            (_, "" | "iB") => 1024,
            _ => return Err(form()),
        };
        let scale = base.pow(u32::try_from(power).map_err(|_| form())?);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || (number.contains('.') && (fraction.is_empty() || scale == 1)) {
            return Err(form());
        }
        if whole.len() > 20 || fraction.len() > 9 {
            return Err(large());
        }
        let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| form())?;
        let divisor = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| form())?);
        let bytes = digits.checked_mul(scale).ok_or_else(large)? / divisor;
        u64::try_from(bytes).map(Self).map_err(|_| large())
    }
}

/// log2 of a vdev's smallest write, in 9..=16 (`ashift` in zpoolprops(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ashift(u8);

/// An ashift outside 9..=16.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("ashift {0} is not in 9 to 16")]
pub struct AshiftError(u8);

impl TryFrom<u8> for Ashift {
    type Error = AshiftError;

    fn try_from(value: u8) -> Result<Self, AshiftError> {
        Self::new(value).ok_or(AshiftError(value))
    }
}

impl From<Ashift> for u8 {
    fn from(ashift: Ashift) -> Self {
        ashift.0
    }
}

impl Ashift {
    /// 512-byte sectors.
    pub const MIN: Self = Self(9);
    /// 4096-byte sectors: the least that zbay takes by itself.
    pub const DEFAULT: Self = Self(12);
    /// 64 KiB.
    pub const MAX: Self = Self(16);

    /// `None` outside 9..=16.
    pub fn new(value: u8) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&value).then_some(Self(value))
    }

    /// The exponent.
    pub fn get(self) -> u8 {
        self.0
    }

    /// The smallest ashift whose unit holds a sector of `bytes`.
    pub fn of_sector(bytes: u32) -> Option<Self> {
        u8::try_from(bytes.checked_next_power_of_two()?.trailing_zeros())
            .ok()
            .and_then(|shift| Self::new(shift.max(Self::MIN.0)))
    }
}

impl fmt::Display for Ashift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ashift, Bytes};

    #[test]
    fn a_file_cannot_say_an_impossible_ashift() {
        assert_eq!(serde_json::from_str::<Ashift>("12").unwrap(), Ashift::DEFAULT);
        assert_eq!(serde_json::to_string(&Ashift::MAX).unwrap(), "16");
        let error = serde_json::from_str::<Ashift>("64").unwrap_err();
        assert!(error.to_string().starts_with("ashift 64 is not in 9 to 16"));
    }

    #[test]
    fn prints_as_zfs_list_does() {
        for (bytes, text) in [
            (3_985_729_650_688, "3.62T"),
            (2_805_775_466_496, "2.55T"),
            (24_000_277_250_048, "21.8T"),
            (43_980_465_111_040, "40T"),
            (1 << 40, "1T"),
            (512, "512B"),
            (0, "0B"),
            (1_098_974_756_864, "1024G"),
        ] {
            assert_eq!(Bytes(bytes).zfs(), text);
        }
    }

    #[test]
    fn prints_as_a_drive_is_labelled() {
        assert_eq!(Bytes(2_000_398_934_016).tb(), "2.00 TB");
        assert_eq!(Bytes(250_059_350_016).tb(), "0.25 TB");
        assert_eq!(Bytes(2_000_398_934_016).gb_rounded(), 2000);
        assert_eq!(Bytes(1_000_204_886_016).gb_rounded(), 1000);
        assert_eq!(Bytes(250_059_350_016).gb_rounded(), 250);
    }

    #[test]
    fn reads_sizes() {
        for (text, bytes) in [
            ("4TB", 4_000_000_000_000),
            ("1.5TB", 1_500_000_000_000),
            ("500G", 500 << 30),
            ("1M", 1 << 20),
            ("16KiB", 16 << 10),
            ("4000787030016", 4_000_787_030_016),
            ("512B", 512),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "TB", "4XB", "-1", "1.T", "4 T B", "99999999999999999999T", "1.5"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }

    #[test]
    fn ashift_follows_the_sector() {
        assert_eq!(Ashift::of_sector(512), Some(Ashift::MIN));
        assert_eq!(Ashift::of_sector(4096), Some(Ashift::DEFAULT));
        assert_eq!(Ashift::of_sector(1 << 20), None);
    }
}
