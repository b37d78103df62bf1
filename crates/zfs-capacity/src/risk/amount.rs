//! Numbers as they are typed beside a layout: hours, factors, prices, watts, shares.
//!
//! Decimal and exact, in ten-thousandths, so that a price of 89.90 is not 89.90000000000001. What is no such number,
//! or out of its range, is refused with the range; nothing here can be negative, infinite or not a number.

use std::fmt;

use serde::{Serialize, Serializer};

/// Ten-thousandths in one.
const ONE: u128 = 10_000;

/// A number, in ten-thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(u128);

/// Why something is no such number.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a {what}: write {range}")]
pub struct AmountError {
    text: String,
    what: &'static str,
    range: &'static str,
}

impl Amount {
    /// A whole number.
    pub fn whole(number: u32) -> Self {
        Self(u128::from(number) * ONE)
    }

    /// Hours: 0 to 8766, a year.
    ///
    /// # Errors
    /// As all of these: no number, or out of range.
    pub fn hours(text: &str) -> Result<Self, AmountError> {
        let range = "0 to 8766, as in 48";
        read(text, "number of hours", range, 0, 8766)
    }

    /// A factor: 1 to 1000.
    ///
    /// # Errors
    /// As [`Amount::hours`].
    pub fn factor(text: &str) -> Result<Self, AmountError> {
        read(text, "factor", "1 to 1000, as in 10", ONE, 1000)
    }

    /// Money: over 0, up to a million million.
    ///
    /// # Errors
    /// As [`Amount::hours`].
    pub fn money(text: &str) -> Result<Self, AmountError> {
        let range =
            "a number over 0 and up to 1000000000000, with at most four decimals, as in 0.30";
        read(text, "price", range, 1, 1_000_000_000_000)
    }

    /// Watts of a drive: over 0, up to 100.
    ///
    /// # Errors
    /// As [`Amount::hours`].
    pub fn watts(text: &str) -> Result<Self, AmountError> {
        read(text, "number of watts", "one over 0 and up to 100, as in 5.5", 1, 100)
    }

    /// Percent with its sign: over 0 %, up to 100 %.
    ///
    /// # Errors
    /// As [`Amount::hours`].
    pub fn percent(text: &str) -> Result<Self, AmountError> {
        let range = "a percentage over 0% and up to 100%, as in 60%";
        let digits = text.strip_suffix('%').unwrap_or("");
        read(digits, "share", range, 1, 100)
            .map_err(|error| AmountError { text: short(text), ..error })
    }

    /// So many times.
    #[must_use]
    pub fn times(self, many: u64) -> Self {
        Self(self.0.saturating_mul(u128::from(many)))
    }

    /// Of so many parts one.
    #[must_use]
    pub fn over(self, parts: u64) -> Self {
        Self(self.0.checked_div(u128::from(parts)).unwrap_or(0))
    }

    /// This times that.
    #[must_use]
    pub fn by(self, other: Self) -> Self {
        Self(self.0.saturating_mul(other.0) / ONE)
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This share, in percent, of a whole number.
    pub fn percent_of(self, number: u64) -> u64 {
        let share = u128::from(number).saturating_mul(self.0) / (100 * ONE);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// As a number of the machine.
    pub fn real(self) -> f64 {
        let whole = |part: u128| super::real(u64::try_from(part).unwrap_or(u64::MAX));
        whole(self.0 / ONE) + whole(self.0 % ONE) / 10_000.0
    }
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Digits with at most four decimals; `least` in ten-thousandths, `most` whole.
fn read(
    text: &str,
    what: &'static str,
    range: &'static str,
    least: u128,
    most: u128,
) -> Result<Amount, AmountError> {
    let refused = || AmountError { text: short(text), what, range };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 4 || whole.len() > 15 {
        return Err(refused());
    }
    let all: u128 = format!("{whole}{fraction:0<4}").parse().map_err(|_| refused())?;
    if all < least || all > most * ONE { Err(refused()) } else { Ok(Amount(all)) }
}

impl fmt::Display for Amount {
    /// With two decimals, rounded; more where it would be nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 50 {
            return write!(f, "0.{:04}", self.0);
        }
        let hundredths = self.0.saturating_add(50) / 100;
        write!(f, "{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        f64::json_schema(generator)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.real())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Amount;

    #[test]
    fn numbers_are_read_and_said_exactly() {
        for (text, said) in [
            ("90", "90.00"),
            ("89.90", "89.90"),
            ("0.305", "0.31"),
            ("0.0012", "0.0012"),
            ("1000000000000", "1000000000000.00"),
        ] {
            assert_eq!(Amount::money(text).unwrap().to_string(), said);
        }
        assert_eq!(Amount::whole(8766), Amount::hours("8766").unwrap());
        assert_eq!(Amount::percent("60%").unwrap().percent_of(1_000), 600);
        assert_eq!(serde_json::to_string(&Amount::money("89.9").unwrap()).unwrap(), "89.9");
    }

    #[test]
    fn what_is_no_such_number_is_named_with_its_range() {
        for text in
            ["NaN", "-1", "0", "inf", "", "1e3", "1.", ".5", "1.00001", "1000000000001", "9x"]
        {
            let said = Amount::money(text).unwrap_err().to_string();
            assert!(
                said.starts_with(&format!(
                    "`{text}` is not a price: write a number over 0 and up to"
                )),
                "{said}"
            );
        }
        for (error, words) in [
            (
                Amount::hours("8767").unwrap_err(),
                "`8767` is not a number of hours: write 0 to 8766",
            ),
            (Amount::factor("0.5").unwrap_err(), "`0.5` is not a factor: write 1 to 1000"),
            (Amount::watts("0").unwrap_err(), "`0` is not a number of watts: write one over 0"),
            (Amount::percent("60").unwrap_err(), "`60` is not a share: write a percentage over 0%"),
            (Amount::percent("101%").unwrap_err(), "`101%` is not a share"),
        ] {
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_typed_panics(text in ".{0,24}") {
            let _ = (Amount::money(&text), Amount::hours(&text), Amount::percent(&text));
        }
    }
}
