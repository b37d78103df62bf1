//! A vdev as a chain of states: 0 drives failed, 1, ... one too many. The mean time until then.
//!
//! Drives fail each at its own rate. Either one drive is rebuilt at a time (a person brings one, and the resilver of a
//! vdev starts again with each), or all that are gone at once. From a state with i drives gone the next one is reached
//! at the rate of those that are left, and the one before at the rate of repair; the mean time of a step follows from
//! that of the step before. For one tolerated failure this is MTBF^2 / (N (N-1) MTTR) of R. Elling's "ZFS Data
//! Protection Comparison" (2010), within 0.3 %.

use serde::Serialize;

/// How many drives are rebuilt at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Repairs {
    /// One.
    #[default]
    Serial,
    /// All that are gone.
    Parallel,
}

/// A chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// Drives.
    pub drives: u32,
    /// How many may be gone.
    pub parity: u32,
    /// Failures of one drive an hour.
    pub failure: f64,
    /// Repairs of one drive an hour.
    pub repair: f64,
    /// How much likelier further drives fail once one has.
    pub correlation: f64,
    /// How many drives are rebuilt at once.
    pub repairs: Repairs,
}

/// A state that is not yet the end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct State {
    /// Drives that are gone.
    pub gone: u32,
    /// Failures an hour, to the next state.
    pub failure: f64,
    /// Repairs an hour, to the state before.
    pub repair: f64,
    /// Hours, in the mean, until the next state is first reached from this one.
    pub hours: f64,
}

impl Chain {
    /// The states, from the whole vdev to the last that is not lost.
    pub fn states(&self) -> impl Iterator<Item = State> + use<> {
        let chain = *self;
        let last = chain.parity.min(chain.drives.saturating_sub(1));
        (0..=last).scan(0.0, move |before, gone| {
            let factor = if gone == 0 { 1.0 } else { chain.correlation };
            let failure = f64::from(chain.drives - gone) * chain.failure * factor;
            let at_once = match chain.repairs {
                Repairs::Serial => gone.min(1),
                Repairs::Parallel => gone,
            };
            let repair = f64::from(at_once) * chain.repair;
            let hours = (1.0 + repair * *before) / failure;
            *before = hours;
            Some(State { gone, failure, repair, hours })
        })
    }

    /// Hours, in the mean, until one drive more has failed than may.
    pub fn mean_hours(&self) -> f64 {
        self.states().map(|state| state.hours).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Chain, Repairs};
    use crate::risk::{Afr, YEAR};

    fn chain(drives: u32, parity: u32, hours: f64, repairs: Repairs) -> Chain {
        let failure = Afr::FLEET.per_hour();
        Chain { drives, parity, failure, repair: 1.0 / hours, correlation: 1.0, repairs }
    }

    #[test]
    fn known_mean_times_in_years() {
        for (drives, parity, hours, years) in [
            (2, 1, 24.0, 729_300.0),
            (2, 1, 72.0, 243_100.0),
            (4, 1, 24.0, 121_600.0),
            (4, 1, 72.0, 40_550.0),
            (4, 2, 24.0, 1.403e9),
            (4, 2, 72.0, 1.56e8),
            (6, 2, 24.0, 2.807e8),
            (6, 2, 72.0, 3.12e7),
            (12, 2, 24.0, 2.55e7),
            (12, 2, 72.0, 2.84e6),
        ] {
            let is = |repairs| chain(drives, parity, hours, repairs).mean_hours() / YEAR;
            let (one, all) = (is(Repairs::Serial), is(Repairs::Parallel));
            assert!((one / years - 1.0).abs() < 0.004, "{drives} {parity} {hours}: {one}");
            // Two drives rebuilt at once halve the time in which a third one may fail.
            let times = f64::from(parity);
            assert!((all / years / times - 1.0).abs() < 0.006, "{drives} {parity} {hours}: {all}");
        }
    }

    #[test]
    fn three_parities_follow_ellings_formula() {
        // MTBF^4 / (N (N-1) (N-2) (N-3) MTTR^3), and 3! times that where all are rebuilt at once.
        let mtbf = 1.0 / Afr::FLEET.per_hour();
        let formula = mtbf.powi(4) / (8.0 * 7.0 * 6.0 * 5.0 * 24.0_f64.powi(3));
        for (repairs, times) in [(Repairs::Serial, 1.0), (Repairs::Parallel, 6.0)] {
            let is = chain(8, 3, 24.0, repairs).mean_hours();
            assert!((is / formula / times - 1.0).abs() < 0.004, "{repairs:?}: {is}");
        }
    }

    #[test]
    fn states_are_those_until_the_loss() {
        let states: Vec<_> = chain(6, 2, 24.0, Repairs::Parallel).states().collect();
        let gone: Vec<u32> = states.iter().map(|state| state.gone).collect();
        assert_eq!(gone, [0, 1, 2]);
        assert!(states[0].repair.abs() < f64::EPSILON);
        assert!((states[2].repair / states[1].repair - 2.0).abs() < 1e-9);
        assert!(states[0].failure > states[1].failure && states[1].failure > states[2].failure);
        // More parity than drives, and a mirror of very many.
        assert_eq!(chain(1, 3, 24.0, Repairs::Serial).states().count(), 1);
        assert!(chain(1 << 16, 65_535, 24.0, Repairs::Serial).mean_hours() > 1e300);
    }

    #[test]
    fn drives_that_die_together_die_sooner() {
        let chain = |correlation| Chain { correlation, ..chain(4, 1, 100.0, Repairs::Serial) };
        let (alone, together) = (chain(1.0).mean_hours(), chain(10.0).mean_hours());
        assert!(together < alone / 9.0 && together > alone / 11.0, "{alone} {together}");
    }
}
