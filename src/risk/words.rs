//! A probability as a person reads it, and the sentence about a pool.

use super::{Assumed, Risk};

/// `about 1 in 8,000`: two digits at most, since nothing here is known better.
pub fn one_in(probability: f64) -> String {
    if probability <= 0.0 {
        return "none".to_owned();
    }
    if probability > 0.4 {
        return format!("{:.0} %", (probability * 100.0).min(99.0));
    }
    let odds = 1.0 / probability;
    if odds >= 1e9 {
        return "less than 1 in 1,000,000,000".to_owned();
    }
    // Two digits below a hundred, one above.
    let step = if odds < 100.0 { 1.0 } else { 10_f64.powf(odds.log10().floor()) };
    format!("about 1 in {}", grouped(&format!("{:.0}", (odds / step).round() * step)))
}

fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The sentence: what is likely in so many years, what is not counted, and what is assumed.
pub fn sentence(risk: &Risk, assumed: &Assumed, years: u32) -> String {
    let files = if risk.file > 0.0 {
        format!(", {} a file in a resilver", one_in(risk.file))
    } else {
        String::new()
    };
    format!(
        "{} to lose the pool in {years} years{files} (AFR {}, {:.0} h to a new drive, 1 bad bit in {:.0e}); fire, \
         theft, mistakes and bad batches not counted: have a backup",
        one_in(risk.pool),
        assumed.afr,
        assumed.waiting,
        assumed.bits_per_error,
    )
}

#[cfg(test)]
mod tests {
    use super::{one_in, sentence};
    use crate::risk::{Assumed, Vdev, of};
    use crate::units::Bytes;

    #[test]
    fn odds_have_as_many_digits_as_are_known() {
        for (probability, words) in [
            (0.0, "none"),
            (1e-12, "less than 1 in 1,000,000,000"),
            (1.0 / 8_340.0, "about 1 in 8,000"),
            (1.0 / 34.6, "about 1 in 35"),
            (1.0 / 123_456.0, "about 1 in 100,000"),
            (1.0 / 999.0, "about 1 in 1,000"),
            (0.333, "about 1 in 3"),
            (0.5, "50 %"),
            (1.0, "99 %"),
        ] {
            assert_eq!(one_in(probability), words);
        }
    }

    #[test]
    fn the_sentence_says_what_is_not_counted() {
        let drive = Bytes(4_000_787_030_016);
        let vdev = Vdev { drives: 4, parity: 1, drive, read: 3, resilver: 22 };
        let assumed = Assumed::default();
        assert_eq!(
            sentence(&of(&[vdev], &assumed, 5.0), &assumed, 5),
            "about 1 in 8,000 to lose the pool in 5 years, about 1 in 35 a file in a resilver (AFR 1.57 %, 48 h to a \
             new drive, 1 bad bit in 1e15); fire, theft, mistakes and bad batches not counted: have a backup"
        );
    }
}
