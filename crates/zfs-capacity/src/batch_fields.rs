//! The fields of a batch line: words and numbers that say what they would have been.
//!
//! serde alone would say `expected u8` of an ashift of 300. Here an error names the value and the range,
//! and nothing is copied on the way.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::units::Ashift;

/// A word that parses as `T`.
pub(super) struct Text<T>(pub T);

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = Text<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<T>, E> {
        text.parse().map(Text).map_err(E::custom)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor(PhantomData))
    }
}

/// A whole number within a range, and what it counts.
struct Whole {
    what: &'static str,
    least: u64,
    most: u64,
}

impl Whole {
    fn refuse<E: Error>(&self, value: impl fmt::Display) -> E {
        let Self { what, least, most } = self;
        E::custom(format_args!("{what} is {value}: use a whole number from {least} to {most}"))
    }
}

impl Visitor<'_> for Whole {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: a whole number from {} to {}", self.what, self.least, self.most)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        if (self.least..=self.most).contains(&value) { Ok(value) } else { Err(self.refuse(value)) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<u64, E> {
        Err(self.refuse(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
        Err(self.refuse(value))
    }
}

/// Bytes of a child: from what ZFS takes to one exbibyte.
pub(super) struct Child(pub u64);

impl Child {
    /// `SPA_MINDEVSIZE`.
    pub(super) const LEAST: u64 = 64 << 20;
    /// Beyond it a number is a mistake, not a drive.
    pub(super) const MOST: u64 = 1 << 60;
}

impl<'de> Deserialize<'de> for Child {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = Whole { what: "a child", least: Self::LEAST, most: Self::MOST };
        deserializer.deserialize_u64(range).map(Self)
    }
}

/// An ashift.
pub(super) struct Shift(pub Ashift);

impl<'de> Deserialize<'de> for Shift {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (least, most) = (u64::from(Ashift::MIN.get()), u64::from(Ashift::MAX.get()));
        let value = deserializer.deserialize_u64(Whole { what: "ashift", least, most })?;
        let small = u8::try_from(value).ok().and_then(Ashift::new);
        small.map(Self).ok_or_else(|| D::Error::custom(format_args!("ashift {value}")))
    }
}

/// The length of a file.
pub(super) struct Length(pub u64);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = Whole { what: "bytes", least: 0, most: 1 << 60 };
        deserializer.deserialize_u64(range).map(Self)
    }
}

/// A record size; whether it is a power of two is seen later.
pub(super) struct RecordSize(pub u64);

impl<'de> Deserialize<'de> for RecordSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let range = Whole { what: "recordsize", least: 512, most: 16 << 20 };
        deserializer.deserialize_u64(range).map(Self)
    }
}
