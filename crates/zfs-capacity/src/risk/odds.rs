//! Risk, power and cost of one pool, together: what the screens and the JSON answer show.

use serde_json::{Value, json};

use super::chain::State;
use super::models::Rate;
use super::money::Cost;
use super::power::Power;
use super::{Assumed, Risk, Vdev, YEAR, limits, of, words};

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

    /// For programs: `risk`, `power` and `cost`. Hours and probabilities; `null` where there is no interval or no end.
    pub fn json(&self) -> Value {
        let years = |years: f64| {
            let limits = self.limits(years);
            json!({
                "years": years,
                "likely": self.risk(years),
                "low": limits.map(|(low, _)| low),
                "high": limits.map(|(_, high)| high),
            })
        };
        let vdev = |vdev: &Vdev| {
            json!({
                "kind": vdev.kind,
                "count": vdev.count,
                "drives": vdev.drives,
                "survives": vdev.parity,
                "rate": rate(&vdev.rate),
                "waiting_hours": vdev.waiting(&self.assumed),
                "resilver_hours": vdev.resilver(&self.assumed),
                "bytes_read": vdev.read_bytes(&self.assumed),
                "states": vdev.chain(&self.assumed).states().take(MOST).collect::<Vec<State>>(),
                "mean_hours": vdev.chain(&self.assumed).mean_hours(),
            })
        };
        json!({
            "risk": {
                "assumed": self.assumed,
                "within": [years(1.0), years(5.0)],
                "mean_years": self.mean_hours() / YEAR,
                "vdevs": self.vdevs.iter().map(vdev).collect::<Vec<_>>(),
            },
            "power": {
                "drives": self.power.drives,
                "watts_each": self.power.each,
                "box": self.power.case,
                "watts": self.power.watts(),
                "kwh_a_year": self.power.kwh_a_year(),
            },
            "cost": self.cost,
        })
    }
}

/// States of a chain that are listed: a mirror may have thousands.
pub(super) const MOST: usize = 8;

/// A rate for programs.
pub fn rate(rate: &Rate) -> Value {
    json!({
        "afr": rate.afr.share(),
        "limits": rate.limits.map(|(low, high)| [low.share(), high.share()]),
        "of": words::rate(rate),
    })
}
