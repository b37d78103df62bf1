//! Risk, power and cost of one pool, together: what the screens and the JSON answer show.

use serde::Serialize;

use super::amount::Amount;
use super::chain::State;
use super::models::Rate;
use super::money::Cost;
use super::power::{Case, Power};
use super::{Assumed, Risk, Vdev, YEAR, limits, of, words};
use crate::Kind;

/// Of one pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Odds {
    /// Its vdevs, those that are alike once.
    pub vdevs: Vec<Vdev>,
    /// Under what.
    pub assumed: Assumed,
    /// What it draws.
    pub power: Power,
    /// What it costs; `None`: no price was told.
    pub cost: Option<Cost>,
}

impl Odds {
    /// What is likely in so many years.
    pub fn risk(&self, years: f64) -> Risk {
        of(&self.vdevs, &self.assumed, years)
    }

    /// The same at both limits of the rates, where they have some.
    pub fn limits(&self, years: f64) -> Option<(Risk, Risk)> {
        limits(&self.vdevs, &self.assumed, years)
    }

    /// One sentence; `None`: nothing is redundant, and everybody knows what that means.
    pub fn sentence(&self) -> Option<String> {
        let is_redundant = self.vdevs.iter().any(|vdev| vdev.parity > 0);
        let sentence = || words::sentence(&self.vdevs, &self.risk(5.0), &self.assumed, 5);
        is_redundant.then(sentence)
    }

    /// Hours, in the mean, until the pool is lost.
    pub fn mean_hours(&self) -> f64 {
        let lost = |vdev: &Vdev| f64::from(vdev.count) / vdev.chain(&self.assumed).mean_hours();
        1.0 / self.vdevs.iter().map(lost).sum::<f64>()
    }

    /// For programs: `risk`, `power` and `cost`. Hours and probabilities.
    pub fn shown(&self) -> Shown {
        let within = |years: f64| {
            let limits = self.limits(years);
            Within {
                years,
                likely: self.risk(years),
                low: limits.map(|(low, _)| low),
                high: limits.map(|(_, high)| high),
            }
        };
        let vdev = |vdev: &Vdev| VdevRisk {
            kind: vdev.kind,
            count: vdev.count,
            drives: vdev.drives,
            failures_tolerated: vdev.parity,
            rate: ShownRate::of(&vdev.rate),
            waiting_hours: finite(vdev.waiting(&self.assumed)),
            resilver_hours: vdev.resilver(&self.assumed),
            bytes_read: vdev.read_bytes(&self.assumed),
            states: vdev.chain(&self.assumed).states().take(MOST).collect(),
            mean_hours: finite(vdev.chain(&self.assumed).mean_hours()),
        };
        Shown {
            risk: PoolRisk {
                assumed: self.assumed,
                within: vec![within(1.0), within(5.0)],
                mean_years: finite(self.mean_hours() / YEAR),
                vdevs: self.vdevs.iter().map(vdev).collect(),
            },
            power: ShownPower {
                drives: self.power.drives,
                watts_each: self.power.each,
                server: self.power.case.clone(),
                watts: self.power.watts(),
                kwh_a_year: self.power.kwh_a_year(),
            },
            cost: self.cost,
        }
    }
}

/// JSON has no word for what is without end.
fn finite(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// Risk, power and cost for programs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Shown {
    /// How likely the pool is to be lost.
    pub risk: PoolRisk,
    /// What it draws.
    pub power: ShownPower,
    /// What it costs; `null`: no price was given.
    pub cost: Option<Cost>,
}

/// How likely a pool is to be lost.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PoolRisk {
    /// What is assumed.
    pub assumed: Assumed,
    /// Probabilities within 1 and within 5 years.
    pub within: Vec<Within>,
    /// Years, in the mean, until the pool is lost; `null`: never.
    pub mean_years: Option<f64>,
    /// Its vdevs, those that are alike once.
    pub vdevs: Vec<VdevRisk>,
}

/// Probabilities within some years.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Within {
    /// How many years.
    pub years: f64,
    /// With the rate as it is measured.
    pub likely: Risk,
    /// At the lower limit of its interval; `null`: it has none.
    pub low: Option<Risk>,
    /// At the upper limit.
    pub high: Option<Risk>,
}

/// A vdev, or several that are alike.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VdevRisk {
    /// What it is.
    pub kind: Kind,
    /// How many are alike.
    pub count: u32,
    /// Drives of each.
    pub drives: u32,
    /// Drives of each that may fail.
    pub failures_tolerated: u32,
    /// How often its drives fail.
    pub rate: ShownRate,
    /// Hours until a new drive is in.
    pub waiting_hours: Option<f64>,
    /// Hours of a resilver, at best and under load.
    pub resilver_hours: (u64, u64),
    /// Bytes that a resilver reads.
    pub bytes_read: u64,
    /// The states between whole and lost, at most 8.
    pub states: Vec<State>,
    /// Hours, in the mean, until it is lost; `null`: never.
    pub mean_hours: Option<f64>,
}

/// How often drives fail.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Rate"))]
pub struct ShownRate {
    /// The share of drives that fail in a year.
    pub afr: f64,
    /// The limits of its interval; `null`: it has none.
    pub limits: Option<[f64; 2]>,
    /// Where it comes from.
    pub of: String,
}

impl ShownRate {
    fn of(rate: &Rate) -> Self {
        Self {
            afr: rate.afr.share(),
            limits: rate.limits.map(|(low, high)| [low.share(), high.share()]),
            of: words::rate(rate),
        }
    }
}

/// What a server draws.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Power"))]
pub struct ShownPower {
    /// How many drives.
    pub drives: u64,
    /// Watts of each, at least and at most.
    pub watts_each: (Amount, Amount),
    /// The server without its drives; `null`: not known, and not counted.
    pub server: Option<Case>,
    /// Watts of all, at least and at most.
    pub watts: (Amount, Amount),
    /// Kilowatt-hours a year, at least and at most.
    pub kwh_a_year: (Amount, Amount),
}

/// States of a chain that are listed: a mirror may have thousands.
pub(super) const MOST: usize = 8;
