//! Failure rates by drive model: counted ones with the interval that the count allows, and published shares.
//!
//! The model matters, not size or brand. Few failures are not a low rate: the interval of a Poisson count says
//! how low it may be, and how high. All figures are Backblaze's drive statistics of the quarter named; those with
//! counts were published with failures and drive days, the others as a share alone, which has no interval. A data
//! centre's drives are not a closet's: they run cooler and are younger.

use std::str::FromStr;

use super::afr::{Afr, AfrError};

/// What is published of one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// What the model's name begins with.
    pub model: &'static str,
    /// How it is known.
    pub by: By,
    /// Publication.
    pub source: &'static str,
}

/// How a rate is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum By {
    /// Failures, and days of all drives together.
    Count(u32, u32),
    /// A share that was published without them.
    Share(f64),
}

const Q1: &str = "Backblaze Drive Stats, first quarter of 2025";
const Q3: &str = "Backblaze Drive Stats, third quarter of 2025";
const Q4: &str = "Backblaze Drive Stats, fourth quarter of 2025";

const fn count(model: &'static str, failures: u32, days: u32, source: &'static str) -> Known {
    Known { model, by: By::Count(failures, days), source }
}

/// The models, each once.
pub static MODELS: [Known; 14] = [
    count("WUH722222ALE6L4", 50, 3_555_491, Q3),
    count("MG10ACA20TE", 21, 1_416_127, Q3),
    count("ST16000NM001G", 57, 3_125_133, Q3),
    count("HMS5C4040BLE640", 1, 17_151, Q4),
    count("HUH728080ALE600", 27, 95_800, Q4),
    count("HUH721212ALE600", 4, 239_745, Q4),
    count("HUH721212ALE604", 85, 1_221_499, Q4),
    count("HUH721212ALN604", 76, 900_963, Q4),
    count("ST8000DM002", 38, 818_034, Q4),
    count("ST8000NM000A", 0, 22_700, Q4),
    count("ST8000NM0055", 56, 1_217_828, Q4),
    count("ST10000NM0086", 13, 90_651, Q4),
    Known { model: "ST12000NM0007", by: By::Share(0.0947), source: Q1 },
    Known { model: "ST14000NM0138", by: By::Share(0.0682), source: Q1 },
];

/// What is known of a model, as the drive calls itself: `TOSHIBA MG10ACA20TE`.
pub fn known(model: &str) -> Option<&'static Known> {
    let mut words = model.split_whitespace();
    words.find_map(|word| MODELS.iter().find(|known| word.starts_with(known.model)))
}

impl Known {
    /// The rate as counted; a model without failures has half a one.
    pub fn rate(&self) -> f64 {
        match self.by {
            By::Count(failures, days) => f64::from(failures).max(0.5) / f64::from(days) * 365.0,
            By::Share(share) => share,
        }
    }

    /// Limits that the true rate is below and above with 5 % each (Wilson and Hilferty's form of the Poisson
    /// limits); `None`: nobody published the count.
    pub fn limits(&self) -> Option<(f64, f64)> {
        const Z: f64 = 1.645;
        let By::Count(failures, days) = self.by else { return None };
        let cube = |count: f64, sign: f64| {
            count * (1.0 - 1.0 / (9.0 * count) + sign * Z / (3.0 * count.sqrt())).powi(3)
        };
        let count = f64::from(failures);
        let low = if failures == 0 { 0.0 } else { cube(count, -1.0) };
        let rate = |count: f64| count / f64::from(days) * 365.0;
        Some((rate(low), rate(cube(count + 1.0, 1.0))))
    }
}

/// Whose rate it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    /// All drives of the fleet: the model is not known, or not in the table.
    Fleet,
    /// As asked for.
    Told,
    /// One model's.
    Model(&'static Known),
    /// The mean of drives of several models, so many of which are in the table.
    Mean {
        /// In the table.
        known: u32,
        /// All.
        all: u32,
    },
}

/// The rate of the drives of a vdev.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The rate.
    pub afr: Afr,
    /// Below and above with 5 % each; `None`: not counted.
    pub limits: Option<(Afr, Afr)>,
    /// Whose.
    pub of: Of,
}

impl Rate {
    /// The fleet's.
    pub const FLEET: Self = Self { afr: Afr::FLEET, limits: None, of: Of::Fleet };

    /// A model's.
    pub fn of(known: &'static Known) -> Self {
        let limits = known.limits().map(|(low, high)| (Afr::near(low), Afr::near(high)));
        Self { afr: Afr::near(known.rate()), limits, of: Of::Model(known) }
    }

    /// Of drives that call themselves so, the mean: drives of a vdev fail each at its own rate. A drive that is not in
    /// the table has the fleet's.
    pub fn mean<'a>(models: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let (mut sum, mut low, mut high) = (0.0, 0.0, 0.0);
        let (mut all, mut count, mut first, mut alike, mut counted) =
            (0.0, 0_u32, None, true, false);
        let mut in_table = 0;
        for model in models {
            let rate = model.and_then(known).map_or(Self::FLEET, Self::of);
            let (least, most) = rate.limits.unwrap_or((rate.afr, rate.afr));
            sum += rate.afr.share();
            low += least.share();
            high += most.share();
            all += 1.0;
            count = count.saturating_add(1);
            counted |= rate.limits.is_some();
            in_table += u32::from(rate.of != Of::Fleet);
            alike &= *first.get_or_insert(rate) == rate;
        }
        match first {
            Some(rate) if alike => rate,
            None => Self::FLEET,
            Some(_) => Self {
                afr: Afr::near(sum / all),
                limits: counted.then(|| (Afr::near(low / all), Afr::near(high / all))),
                of: Of::Mean { known: in_table, all: count },
            },
        }
    }
}

/// Neither a share nor a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}, or a model of the table: {models}", models = names())]
pub struct RateError(#[from] AfrError);

/// The models of the table.
pub fn names() -> String {
    let names: Vec<&str> = MODELS.iter().map(|known| known.model).collect();
    names.join(", ")
}

impl FromStr for Rate {
    type Err = RateError;

    /// `1.5%`, or a model of the table.
    fn from_str(text: &str) -> Result<Self, RateError> {
        if let Some(known) = known(text) {
            return Ok(Self::of(known));
        }
        Ok(Self { afr: text.parse()?, limits: None, of: Of::Told })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{By, Known, MODELS, Of, Rate, known};

    #[test]
    fn published_rates_and_limits() {
        // Rate and 95 % limit in percent as published with the counts.
        for (model, rate, limit) in [
            ("WDC WUH722222ALE6L4", 0.51, 0.65),
            ("TOSHIBA MG10ACA20TE", 0.54, 0.78),
            ("ST16000NM001G-2KK103", 0.67, 0.83),
        ] {
            let counted = known(model).unwrap();
            assert!((counted.rate() * 100.0 - rate).abs() < 0.006, "{model}: {}", counted.rate());
            let (_, high) = counted.limits().unwrap();
            assert!((high * 100.0 - limit).abs() < 0.01, "{model}: {high}");
        }
        // Rates as published for the quarter; a model without failures is none.
        for (model, rate) in [
            ("HMS5C4040BLE640", 2.13),
            ("HUH728080ALE600", 10.29),
            ("HUH721212ALE600", 0.61),
            ("HUH721212ALE604", 2.54),
            ("HUH721212ALN604", 3.08),
            ("ST8000DM002", 1.70),
            ("ST8000NM0055", 1.68),
            ("ST10000NM0086", 5.23),
            ("ST12000NM0007", 9.47),
            ("ST14000NM0138", 6.82),
        ] {
            assert!((known(model).unwrap().rate() * 100.0 - rate).abs() < 0.006, "{model}");
        }
        assert_eq!(known("ST4000DM000-1F2168"), None);
        assert_eq!(known("ST12000NM0007-2A1101").unwrap().limits(), None, "no count, no interval");
    }

    #[test]
    fn each_model_stands_once_and_lies_in_its_interval() {
        for model in &MODELS {
            assert!(std::ptr::eq(known(model.model).unwrap(), model), "{} hides", model.model);
            if let Some((low, high)) = model.limits() {
                assert!(low < model.rate() && model.rate() < high, "{}", model.model);
            }
        }
        let (low, high) = known("ST8000NM000A").unwrap().limits().unwrap();
        assert!(low == 0.0 && high > 0.04, "no failure is not no risk: {high}");
    }

    #[test]
    fn drives_of_a_vdev_fail_each_at_its_own_rate() {
        let one = Rate::mean([Some("WDC WUH722222ALE6L4"); 3]);
        assert!(matches!(one.of, Of::Model(model) if model.model == "WUH722222ALE6L4"));
        let two =
            Rate::mean([Some("WUH722222ALE6L4"), Some("ST12000NM0007"), None, Some("HD103UJ")]);
        assert_eq!(two.of, Of::Mean { known: 2, all: 4 });
        let mean = (0.513 + 9.47 + 1.57 * 2.0) / 4.0;
        assert!((two.afr.share() * 100.0 - mean).abs() < 0.01, "{}", two.afr);
        assert!(two.limits.is_some());
        assert_eq!(Rate::mean([None, Some("HD103UJ")]), Rate::FLEET);
        assert_eq!(Rate::mean([]), Rate::FLEET);
    }

    #[test]
    fn a_rate_is_a_share_or_a_model() {
        assert_eq!("WUH722222ALE6L4".parse(), Ok(Rate::of(&MODELS[0])));
        assert_eq!("1.5%".parse::<Rate>().unwrap().of, Of::Told);
        let said = "WD40EFRX".parse::<Rate>().unwrap_err().to_string();
        assert!(
            said.starts_with("`WD40EFRX` is not a failure rate: write a yearly rate"),
            "{said}"
        );
        assert!(said.contains("a model of the table: WUH722222ALE6L4, MG10ACA20TE,"), "{said}");
    }

    proptest! {
        #[test]
        fn an_interval_contains_the_estimate(failures in 0_u32..100_000, days in 1_u32..u32::MAX) {
            let known = Known { model: "x", by: By::Count(failures, days), source: "" };
            let (low, high) = known.limits().unwrap();
            prop_assert!(0.0 <= low && low <= known.rate() && known.rate() <= high, "{low} {high}");
        }
    }
}
