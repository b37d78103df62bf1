//! What a box and its drives draw: watts, and kWh a year.
//!
//! A range, since nobody knows how often the drives sleep or work. Where no watts are told, a drive is taken for one of
//! 3.5 inch that spins all year: makers' data sheets of NAS drives of 4 to 20 TB have 3 to 6 W idle and 5 to 9 W at
//! work, of which the middle is taken. The box is counted where its description says what it draws and who measured it.

use serde::Serialize;

use super::amount::Amount;

/// Watts of a drive that spins idle, and of one at work.
const DRIVE: (u32, u32) = (4, 8);
/// Hours of a year (365.25 days).
const HOURS: u64 = 8766;

/// The box without its drives at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Case {
    /// Its name.
    pub title: String,
    /// Watts, from and to.
    pub watts: (u32, u32),
    /// Who measured it.
    pub source: String,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Power {
    /// Drives, spares too.
    pub drives: u64,
    /// Watts of one, from and to.
    pub each: (Amount, Amount),
    /// Whether those were told.
    pub is_told: bool,
    /// The box; `None`: not known, and not counted.
    pub case: Option<Case>,
}

impl Power {
    /// Of so many drives, of so many watts each if they are told.
    pub fn of(drives: u64, each: Option<Amount>, case: Option<Case>) -> Self {
        let typical = (Amount::whole(DRIVE.0), Amount::whole(DRIVE.1));
        Self { drives, each: each.map_or(typical, |it| (it, it)), is_told: each.is_some(), case }
    }

    /// Watts, from and to.
    pub fn watts(&self) -> (Amount, Amount) {
        let case = self.case.as_ref().map_or((0, 0), |case| case.watts);
        let with = |each: Amount, case: u32| each.times(self.drives).and(Amount::whole(case));
        (with(self.each.0, case.0), with(self.each.1, case.1))
    }

    /// Energy of a year.
    pub fn kwh_a_year(&self) -> (Amount, Amount) {
        let (from, to) = self.watts();
        (from.times(HOURS).over(1000), to.times(HOURS).over(1000))
    }
}

#[cfg(test)]
mod tests {
    use super::{Case, Power};
    use crate::risk::amount::Amount;

    #[test]
    fn drives_and_the_box_add_up() {
        let power = Power::of(4, None, None);
        assert_eq!(power.watts(), (Amount::whole(16), Amount::whole(32)));
        let kwh = power.kwh_a_year();
        assert_eq!(
            (kwh.0.to_string(), kwh.1.to_string()),
            ("140.26".to_owned(), "280.51".to_owned())
        );
        let case = Case { title: "box".to_owned(), watts: (30, 35), source: "someone".to_owned() };
        let power = Power::of(4, Some(Amount::watts("5.5").unwrap()), Some(case));
        assert_eq!(power.watts(), (Amount::whole(52), Amount::whole(57)));
    }
}
