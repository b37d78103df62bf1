//! From values to pixels, and where the ticks of an axis go.
//!
//! Pixels are no bytes: this is drawing, and floating-point numbers are good enough. What is printed has one decimal.

use crate::risk::real;
use crate::units::Bytes;

/// A line of values laid on a line of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The first and the last value.
    pub values: (f64, f64),
    /// Where they lie.
    pub pixels: (f64, f64),
}

impl Scale {
    /// Where a value lies; the ends, where the scale has no length.
    pub fn at(&self, value: f64) -> f64 {
        let ((from, to), (first, last)) = (self.values, self.pixels);
        let share = if to > from { (value - from) / (to - from) } else { 0.0 };
        share.mul_add(last - first, first)
    }
}

/// Decimal terabytes.
pub fn terabytes(bytes: Bytes) -> f64 {
    real(bytes.0) / 1e12
}

/// Ticks within `from` and `to`, about `wanted` of them, at steps of 1, 2 or 5 and zeros; and their decimals.
pub fn ticks(from: f64, to: f64, wanted: f64) -> (Vec<f64>, usize) {
    let rough = (to - from) / wanted;
    if !rough.is_finite() || rough <= 0.0 {
        return (vec![from], 0);
    }
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|by| by * power).into_iter().find(|it| *it >= rough);
    let step = step.unwrap_or(rough);
    let decimals = [1.0, 0.1, 0.01].iter().position(|unit| step >= unit * 0.999).unwrap_or(3);
    let mut out = Vec::new();
    let mut at = (from / step).ceil();
    while at * step <= to * 1.000_001 && out.len() < 100 {
        out.push(at * step);
        at += 1.0;
    }
    (out, decimals)
}

/// A count as a number of pixels' arithmetic.
pub fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Scale, terabytes, ticks};
    use crate::units::Bytes;

    #[test]
    fn values_lie_between_the_ends() {
        let scale = Scale { values: (20.0, 100.0), pixels: (200.0, 40.0) };
        for (value, pixel) in [(20.0, 200.0), (60.0, 120.0), (100.0, 40.0)] {
            assert!((scale.at(value) - pixel).abs() < 1e-9);
        }
        let none = Scale { values: (5.0, 5.0), pixels: (1.0, 9.0) };
        assert!((none.at(5.0) - 1.0).abs() < 1e-9);
        assert!((terabytes(Bytes(11_483_534_589_952)) - 11.483_5).abs() < 1e-4);
    }

    #[test]
    fn ticks_are_round_numbers() {
        let said = |from, to| {
            let (ticks, decimals) = ticks(from, to, 6.0);
            ticks.iter().map(|tick| format!("{tick:.decimals$}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(0.0, 16.0), "0 5 10 15");
        assert_eq!(said(60.0, 88.0), "60 65 70 75 80 85");
        assert_eq!(said(0.0, 1.0), "0.0 0.2 0.4 0.6 0.8 1.0");
        assert_eq!(said(0.0, 0.1), "0.00 0.02 0.04 0.06 0.08 0.10");
        assert_eq!(said(3.0, 3.0), "3");
    }
}
