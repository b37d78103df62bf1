//! A vdev as a chain of states: 0 drives failed, 1, ... one too many. The mean time until then.
//!
//! Drives fail each at its own rate, and one drive is rebuilt at a time (the resilver of a vdev rebuilds what it can
//! at once, but a person brings one drive). From a state with i drives gone the next one is reached at the rate
//! of those that are left, and the one before at the rate of repair; the mean time of a step follows from that of the
//! step before. For one tolerated failure this is MTBF^2 / (N (N-1) MTTR) of R. Elling's "ZFS Data Protection
//! Comparison" (2010), within 0.3 %.

/// A chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chain {
    /// Drives.
    pub drives: u32,
    /// How many may be gone.
    pub parity: u32,
    /// Failures of one drive an hour.
    pub failure: f64,
    /// Repairs an hour.
    pub repair: f64,
    /// How much likelier further drives fail once one has.
    pub correlation: f64,
}

impl Chain {
    /// Hours, in the mean, until one drive more has failed than may.
    pub fn mean_hours(&self) -> f64 {
        let (mut total, mut step) = (0.0, 0.0);
        for gone in 0..=self.parity.min(self.drives.saturating_sub(1)) {
            let factor = if gone == 0 { 1.0 } else { self.correlation };
            let failure = f64::from(self.drives - gone) * self.failure * factor;
            let repair = if gone == 0 { 0.0 } else { self.repair };
            step = (1.0 + repair * step) / failure;
            total += step;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::Chain;
    use crate::risk::{Afr, YEAR};

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
            let failure = Afr::FLEET.per_hour();
            let chain = Chain { drives, parity, failure, repair: 1.0 / hours, correlation: 1.0 };
            let is = chain.mean_hours() / YEAR;
            assert!((is / years - 1.0).abs() < 0.004, "{drives} {parity} {hours}: {is}");
        }
    }

    #[test]
    fn drives_that_die_together_die_sooner() {
        let chain =
            |correlation| Chain { drives: 4, parity: 1, failure: 1e-6, repair: 1e-2, correlation };
        let (alone, together) = (chain(1.0).mean_hours(), chain(10.0).mean_hours());
        assert!(together < alone / 9.0 && together > alone / 11.0, "{alone} {together}");
    }
}
