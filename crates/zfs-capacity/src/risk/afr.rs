//! How many drives fail in a year: a share, annualised as drive makers and Backblaze do.
//!
//! A share of 1.57 % is a constant rate of failure at which 1.57 % of new drives are gone after a year; what wears out
//! or dies young does not keep to it. `models` says whose share it is.

use std::fmt;
use std::str::FromStr;

use super::YEAR;

/// Annualised failure rate: the share of drives that fail within a year, over 0 and under 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Afr(f64);

/// Why something is no such share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a failure rate: write a yearly rate over 0 % and under 100 %, as in `1.5%`")]
pub struct AfrError(String);

impl Afr {
    /// The fleet of 2024 (Backblaze, Drive Stats for 2024): 1.57 %.
    pub const FLEET: Self = Self(0.0157);

    /// From a share, 0.0157 for 1.57 %.
    ///
    /// # Errors
    /// Not over 0 and under 1.
    pub fn new(share: f64) -> Result<Self, AfrError> {
        // The extremes would make a time infinite or nought.
        if (1e-6..=0.999_999).contains(&share) {
            Ok(Self(share))
        } else {
            Err(AfrError(share.to_string()))
        }
    }

    /// The share that comes nearest.
    pub(super) fn near(share: f64) -> Self {
        Self(if share.is_nan() { Self::FLEET.0 } else { share.clamp(1e-6, 0.999_999) })
    }

    /// The share.
    pub fn share(self) -> f64 {
        self.0
    }

    /// Failures of one drive an hour, at a constant rate.
    pub fn per_hour(self) -> f64 {
        -(-self.0).ln_1p() / YEAR
    }
}

impl FromStr for Afr {
    type Err = AfrError;

    fn from_str(text: &str) -> Result<Self, AfrError> {
        let refused = || AfrError(text.chars().take(40).collect());
        let digits = text.trim().strip_suffix('%').ok_or_else(refused)?;
        let percent: f64 = digits.trim().parse().map_err(|_| refused())?;
        Self::new(percent / 100.0).map_err(|_| refused())
    }
}

impl fmt::Display for Afr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} %", self.0 * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_read_as_percent() {
        assert_eq!("1.57%".parse::<Afr>().unwrap().to_string(), Afr::FLEET.to_string());
        assert_eq!(" 2 % ".parse::<Afr>().unwrap().to_string(), "2.00 %");
        for text in ["", "1.57", "0%", "-1%", "100%", "NaN%", "inf%", "x%", "1e-9%"] {
            let said = text.parse::<Afr>().unwrap_err().to_string();
            assert!(said.contains("over 0 % and under 100 %"), "{said}");
        }
    }
}
