//! What drives cost, from prices that are told: `4TB=90`, in any currency.
//!
//! No price is known here. Cost is that of all drives, spares too, for each usable TB, and for each usable TB and year
//! over five years, with the electricity where its price is told. A price that no drive has, and a drive that has no
//! price, are refused: a cost that leaves something out would look like a bargain.

use std::str::FromStr;

use serde::Serialize;

use super::amount::{Amount, AmountError};
use super::power::Power;
use crate::spec::{drive_bytes, size_word};
use crate::units::{Bytes, SizeError};

/// Years over which a drive is paid.
pub const YEARS: u32 = 5;
const TB: u64 = 1_000_000_000_000;

/// The price of a drive of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Bytes of the drive.
    pub drive: Bytes,
    /// Of one.
    pub each: Amount,
}

/// Why something is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Not `SIZE=PRICE`.
    #[error("`{0}` is not a drive price: write SIZE=PRICE, as in 4TB=90")]
    Form(String),
    /// Not a size.
    #[error("in `{0}`: {1}")]
    Size(String, SizeError),
    /// Not an amount of money.
    #[error("in `{0}`: {1}")]
    Money(String, AmountError),
}

/// Prices that do not fit the drives.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Two of one size.
    #[error("drives of {size} have two prices, {one} and {other}: give one")]
    Twice {
        /// The size.
        size: String,
        /// A price.
        one: Amount,
        /// Another.
        other: Amount,
    },
    /// Of a size that is not there.
    #[error("there are no drives of {size} to price, only drives of {there}")]
    Nobody {
        /// The size.
        size: String,
        /// The sizes that are there.
        there: String,
    },
    /// Drives without one.
    #[error("drives of {size} have no price: add `--price {size}=PRICE`")]
    Missing {
        /// The size.
        size: String,
    },
}

impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let shown = || text.chars().take(60).collect::<String>();
        let (size, price) = text.split_once('=').ok_or_else(|| PriceError::Form(shown()))?;
        let size: Bytes = size.parse().map_err(|error| PriceError::Size(shown(), error))?;
        let each = Amount::money(price).map_err(|error| PriceError::Money(shown(), error))?;
        Ok(Self { drive: drive_bytes(size), each })
    }
}

/// What a pool costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Cost {
    /// All drives.
    pub drives: Amount,
    /// For each usable TB.
    pub per_tb: Amount,
    /// The electricity of five years, at least and at most; `None`: its price was not told.
    pub electricity: Option<(Amount, Amount)>,
    /// For each usable TB and year over five years, at least and at most.
    pub per_tb_year: (Amount, Amount),
}

impl Cost {
    /// Of `drives`, sizes and how many of each, that give `usable` bytes; `None`: no prices.
    ///
    /// # Errors
    /// Prices that do not fit the drives.
    pub fn of(
        drives: &[(Bytes, u64)],
        usable: Bytes,
        prices: &[Price],
        kwh: Option<Amount>,
        power: &Power,
    ) -> Result<Option<Self>, MoneyError> {
        let Some(all) = all(drives, prices)? else { return Ok(None) };
        let per_tb = |amount: Amount| amount.times(TB).over(usable.0);
        let electricity = kwh.map(|price| {
            let (least, most) = power.kwh_a_year();
            let years = |energy: Amount| energy.by(price).times(u64::from(YEARS));
            (years(least), years(most))
        });
        let (least, most) = electricity.unwrap_or_default();
        let year = |more: Amount| per_tb(all.and(more)).over(u64::from(YEARS));
        let per_tb_year = (year(least), year(most));
        Ok(Some(Self { drives: all, per_tb: per_tb(all), electricity, per_tb_year }))
    }
}

/// The price of all drives.
fn all(drives: &[(Bytes, u64)], prices: &[Price]) -> Result<Option<Amount>, MoneyError> {
    if prices.is_empty() {
        return Ok(None);
    }
    for (at, price) in prices.iter().enumerate() {
        let size = || size_word(price.drive);
        if let Some(other) = prices.iter().skip(at + 1).find(|other| other.drive == price.drive) {
            return Err(MoneyError::Twice { size: size(), one: price.each, other: other.each });
        }
        if !drives.iter().any(|(bytes, _)| *bytes == price.drive) {
            let there: Vec<String> = drives.iter().take(8).map(|(it, _)| size_word(*it)).collect();
            return Err(MoneyError::Nobody { size: size(), there: there.join(", ") });
        }
    }
    let mut sum = Amount::default();
    for (bytes, count) in drives {
        let price = prices.iter().find(|price| price.drive == *bytes);
        let price = price.ok_or_else(|| MoneyError::Missing { size: size_word(*bytes) })?;
        sum = sum.and(price.each.times(*count));
    }
    Ok(Some(sum))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cost, Price};
    use crate::risk::amount::Amount;
    use crate::risk::power::Power;
    use crate::units::Bytes;

    const TB4: Bytes = Bytes(4_000_787_030_016);
    const TB8: Bytes = Bytes(8_001_563_222_016);

    fn prices(texts: &[&str]) -> Vec<Price> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn six_drives_of_90() {
        let power = Power::of(6, Some(Amount::whole(5)), None);
        let usable = Bytes(15_000_000_000_000);
        let kwh = Some(Amount::money("0.30").unwrap());
        let cost =
            Cost::of(&[(TB4, 6)], usable, &prices(&["4TB=90"]), None, &power).unwrap().unwrap();
        assert_eq!(
            (cost.drives.to_string(), cost.per_tb.to_string()),
            ("540.00".to_owned(), "36.00".to_owned())
        );
        assert_eq!(cost.per_tb_year.0.to_string(), "7.20");
        // 30 W are 262.98 kWh a year: 394.47 in five.
        let cost =
            Cost::of(&[(TB4, 6)], usable, &prices(&["4TB=90"]), kwh, &power).unwrap().unwrap();
        assert_eq!(cost.electricity.unwrap().0.to_string(), "394.47");
        assert_eq!(cost.per_tb_year.1.to_string(), "12.46");
        let mixed = Cost::of(
            &[(TB4, 2), (TB8, 2)],
            usable,
            &prices(&["8TB=150.50", "4TB=90"]),
            None,
            &power,
        );
        assert_eq!(mixed.unwrap().unwrap().drives.to_string(), "481.00");
        assert_eq!(Cost::of(&[(TB4, 2)], usable, &[], kwh, &power), Ok(None));
    }

    #[test]
    fn prices_that_do_not_fit_are_named() {
        for (text, words) in [
            ("4TB", "`4TB` is not a drive price: write SIZE=PRICE, as in 4TB=90"),
            ("4XB=90", "in `4XB=90`: `4XB` is not a size"),
            ("4TB=", "in `4TB=`: `` is not a price: write a number over 0 and up to 1000000000000"),
            ("4TB=NaN", "in `4TB=NaN`: `NaN` is not a price: write a number over 0"),
            ("4TB=-90", "`-90` is not a price"),
            ("4TB=0", "`0` is not a price"),
            ("4TB=inf", "`inf` is not a price"),
        ] {
            let said = text.parse::<Price>().unwrap_err().to_string();
            assert!(said.contains(words), "{text}: {said}");
        }
        let power = Power::of(6, None, None);
        for (texts, words) in [
            (&["4TB=90", "4TB=80"][..], "drives of 4TB have two prices, 90.00 and 80.00: give one"),
            (&["6TB=90"], "there are no drives of 6TB to price, only drives of 4TB, 8TB"),
            (&["4TB=90"], "drives of 8TB have no price: add `--price 8TB=PRICE`"),
        ] {
            let drives = [(TB4, 1), (TB8, 1)];
            let said = Cost::of(&drives, TB4, &prices(texts), None, &power).unwrap_err();
            assert_eq!(said.to_string(), words);
        }
    }

    proptest! {
        #[test]
        fn no_price_panics(
            text in "[0-9]{1,13}(\\.[0-9]{1,4})?",
            count in any::<u64>(),
            usable in any::<u64>(),
        ) {
            if let Ok(price) = format!("4TB={text}").parse::<Price>() {
                let power = Power::of(count, None, None);
                let cost = Cost::of(&[(TB4, count)], Bytes(usable), &[price], Some(Amount::whole(1)), &power);
                let cost = cost.unwrap().unwrap();
                prop_assert!(cost.per_tb_year.0 <= cost.per_tb_year.1);
            }
        }
    }
}
