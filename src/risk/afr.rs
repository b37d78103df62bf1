//! How many drives fail in a year: a share, from counted failures, with the interval that the count allows.
//!
//! The model matters, not size or brand. Few failures are not a low rate: the interval of a Poisson count says
//! how low it may be, and how high. The figures are Backblaze's drive statistics, in the publications named.

use std::fmt;
use std::str::FromStr;

use super::YEAR;

/// Annualised failure rate: the share of drives that fail within a year, over 0 and under 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Afr(f64);

/// Why something is no such share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no failure rate: write a share of drives a year over 0 % and under 100 %, such as `1.5%`"
)]
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

/// Counted failures of one model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What the model's name begins with.
    pub model: &'static str,
    /// Failures.
    pub failures: u32,
    /// Days of all drives together.
    pub drive_days: u32,
    /// Publication.
    pub source: &'static str,
}

const SOURCE: &str = "Backblaze Drive Stats, third quarter of 2025";

/// Models with counts that were published with their drive days.
pub const MODELS: [Counted; 3] = [
    Counted { model: "WUH722222ALE6L4", failures: 50, drive_days: 3_555_491, source: SOURCE },
    Counted { model: "MG10ACA20TE", failures: 21, drive_days: 1_416_127, source: SOURCE },
    Counted { model: "ST16000NM001G", failures: 57, drive_days: 3_125_133, source: SOURCE },
];

/// The counts of a model, as the drive calls itself: `TOSHIBA MG10ACA20TE`.
pub fn counted(model: &str) -> Option<&'static Counted> {
    let mut words = model.split_whitespace();
    words.find_map(|word| MODELS.iter().find(|known| word.starts_with(known.model)))
}

impl Counted {
    /// The rate as counted; a model without failures has half a one.
    pub fn rate(&self) -> f64 {
        f64::from(self.failures).max(0.5) / f64::from(self.drive_days) * 365.0
    }

    /// Limits that the true rate is below and above with 5 % each (Wilson and Hilferty's form of the Poisson
    /// limits).
    pub fn limits(&self) -> (f64, f64) {
        const Z: f64 = 1.645;
        let cube = |count: f64, sign: f64| {
            count * (1.0 - 1.0 / (9.0 * count) + sign * Z / (3.0 * count.sqrt())).powi(3)
        };
        let count = f64::from(self.failures);
        let low = if self.failures == 0 { 0.0 } else { cube(count, -1.0) };
        let rate = |count: f64| count / f64::from(self.drive_days) * 365.0;
        (rate(low), rate(cube(count + 1.0, 1.0)))
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

    #[test]
    fn published_rates_and_limits() {
        // Rate and 95 % limit in percent as published with the counts.
        for (model, rate, limit) in [
            ("WDC WUH722222ALE6L4", 0.51, 0.65),
            ("TOSHIBA MG10ACA20TE", 0.54, 0.78),
            ("ST16000NM001G-2KK103", 0.67, 0.83),
        ] {
            let counted = counted(model).unwrap();
            assert!((counted.rate() * 100.0 - rate).abs() < 0.006, "{model}: {}", counted.rate());
            let (low, high) = counted.limits();
            assert!((high * 100.0 - limit).abs() < 0.01, "{model}: {high}");
            assert!(low < counted.rate() && counted.rate() < high);
        }
        assert_eq!(counted("ST4000DM000-1F2168"), None);
        let none = Counted { model: "x", failures: 0, drive_days: 36_500, source: "" };
        let (low, high) = none.limits();
        assert!(
            low == 0.0 && high > 0.029 && none.rate() > 0.0,
            "no failure is not no risk: {high}"
        );
    }
}
