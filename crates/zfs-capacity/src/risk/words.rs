//! A probability, a time, a rate as a person reads them, and the sentence about a pool.

use super::models::{By, Of, Rate};
use super::{Assumed, Risk, Vdev, YEAR};

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
    format!("about 1 in {}", grouped(&format!("{:.0}", rounded(odds))))
}

/// The same for a column: `1 in 8,000`, `1 in 400k`, `1 in 3M`, `< 1 in 1e9`.
pub fn one_in_short(probability: f64) -> String {
    if probability <= 0.0 || probability > 0.4 {
        return one_in(probability);
    }
    let odds = rounded(1.0 / probability);
    if odds >= 1e9 {
        "< 1 in 1e9".to_owned()
    } else if odds >= 1e6 {
        format!("1 in {:.0}M", odds / 1e6)
    } else if odds >= 1e5 {
        format!("1 in {:.0}k", odds / 1e3)
    } else {
        format!("1 in {}", grouped(&format!("{odds:.0}")))
    }
}

/// All digits, for programs.
pub fn exact(probability: f64) -> String {
    format!("{probability:e}")
}

/// Two digits below a hundred, one above.
fn rounded(odds: f64) -> f64 {
    let step = if odds < 100.0 { 1.0 } else { 10_f64.powf(odds.log10().floor()) };
    (odds / step).round() * step
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

/// Hours as hours, days or years, three digits.
pub fn time(hours: f64) -> String {
    let years = hours / YEAR;
    if years >= 1e12 {
        "over 10^12 years".to_owned()
    } else if years >= 100.0 {
        let step = 10_f64.powf(years.log10().floor() - 2.0);
        format!("{} years", grouped(&format!("{:.0}", (years / step).round() * step)))
    } else if years >= 2.0 {
        format!("{years:.1} years")
    } else if hours >= 96.0 {
        format!("{:.0} days", hours / 24.0)
    } else {
        format!("{hours:.0} h")
    }
}

/// A rate, whose it is, and how well it is known.
pub fn rate(rate: &Rate) -> String {
    let afr = rate.afr;
    let between = rate.limits.map(|(low, high)| {
        format!("{:.2} to {high}, with 5 % beyond each end", low.share() * 100.0)
    });
    match rate.of {
        Of::Fleet => format!(
            "{afr} of drives a year: all that Backblaze ran in 2024. Assumed: no model is known here, and single models \
             have 0.5 to 10 % (`--afr`)"
        ),
        Of::Told => format!("{afr} of drives a year, as given"),
        Of::Model(known) => match (known.by, between) {
            (By::Count(failures, days), Some(between)) => format!(
                "{afr} of drives a year: {} had {failures} failures in {} drive days, {between} ({})",
                known.model,
                grouped(&days.to_string()),
                known.source
            ),
            _ => format!(
                "{afr} of drives a year: {}, published without a count, so its uncertainty is \
                 unknown ({})",
                known.model, known.source
            ),
        },
        Of::Mean { known, all } => {
            let between = between.map_or_else(String::new, |between| format!(", {between}"));
            format!(
                "{afr} of drives a year{between}: the mean of the drives of a vdev; the models of {known} of {all} are \
                 in the table, others have the fleet's {}",
                Rate::FLEET.afr
            )
        }
    }
}

/// The rates of the vdevs in short.
fn rates(vdevs: &[Vdev]) -> String {
    let first = vdevs.first().map_or(Rate::FLEET, |vdev| vdev.rate);
    if vdevs.iter().any(|vdev| vdev.rate != first) {
        let shares = || vdevs.iter().map(|vdev| vdev.rate.afr.share() * 100.0);
        let (low, high) = (shares().fold(100.0, f64::min), shares().fold(0.0, f64::max));
        return format!("{low:.2} to {high:.2} % by model");
    }
    rate_in_short(&first)
}

/// A rate and whose it is.
fn rate_in_short(rate: &Rate) -> String {
    match rate.of {
        Of::Fleet => format!("{} of the fleet", rate.afr),
        Of::Told => rate.afr.to_string(),
        Of::Model(known) => format!("{} of {}", rate.afr, known.model),
        Of::Mean { .. } => format!("{}, the models' mean", rate.afr),
    }
}

/// What the column of a list of ways means, and what it assumes.
pub fn column(rate: &Rate, assumed: &Assumed) -> String {
    format!(
        "the pool, within 5 years: AFR {}, {:.0} h to a new drive, none with a spare; have a \
         backup anyway",
        rate_in_short(rate),
        assumed.waiting.real()
    )
}

/// The sentence: what is likely in so many years, what is not counted, and what is assumed.
pub fn sentence(vdevs: &[Vdev], risk: &Risk, assumed: &Assumed, years: u32) -> String {
    let files = if risk.file > 0.0 {
        format!(", {} that a resilver loses a file", one_in(risk.file))
    } else {
        String::new()
    };
    let waiting = if assumed.spares > 0 || vdevs.iter().all(|vdev| vdev.has_spares) {
        "a hot spare".to_owned()
    } else {
        format!("{:.0} h to a new drive", assumed.waiting.real())
    };
    format!(
        "{} of losing the pool in {years} years{files} (AFR {}, {waiting}, 1 bad bit in {:.0e}); \
         not counting fire, theft, mistakes, bad batches: have a backup",
        one_in(risk.pool),
        rates(vdevs),
        assumed.bits_per_error,
    )
}

#[cfg(test)]
mod tests {
    use super::{one_in, one_in_short, rate, sentence, time};
    use crate::Kind;
    use crate::risk::{Assumed, Rate, Vdev, of};
    use crate::units::Bytes;

    #[test]
    fn odds_have_as_many_digits_as_are_known() {
        for (probability, words, short) in [
            (0.0, "none", "none"),
            (1e-12, "less than 1 in 1,000,000,000", "< 1 in 1e9"),
            (1.0 / 8_340.0, "about 1 in 8,000", "1 in 8,000"),
            (1.0 / 34.6, "about 1 in 35", "1 in 35"),
            (1.0 / 123_456.0, "about 1 in 100,000", "1 in 100k"),
            (1.0 / 999.0, "about 1 in 1,000", "1 in 1,000"),
            (1.0 / 2.6e7, "about 1 in 30,000,000", "1 in 30M"),
            (0.333, "about 1 in 3", "1 in 3"),
            (0.5, "50 %", "50 %"),
            (1.0, "99 %", "99 %"),
        ] {
            assert_eq!((&*one_in(probability), &*one_in_short(probability)), (words, short));
        }
    }

    #[test]
    fn times_have_a_unit_that_fits() {
        for (hours, words) in [
            (70.0, "70 h"),
            (240.0, "10 days"),
            (8766.0 * 15.84, "15.8 years"),
            (8766.0 * 41_712.0, "41,700 years"),
            (f64::INFINITY, "over 10^12 years"),
        ] {
            assert_eq!(time(hours), words);
        }
    }

    #[test]
    fn the_sentence_says_what_is_not_counted() {
        let drive = Bytes(4_000_787_030_016);
        let vdev = Vdev::new(Kind::Raidz1, 4, drive, Rate::FLEET, 1).unwrap();
        let assumed = Assumed::default();
        assert_eq!(
            sentence(&[vdev], &of(&[vdev], &assumed, 5.0), &assumed, 5),
            "about 1 in 8,000 of losing the pool in 5 years, about 1 in 35 that a resilver loses a \
             file (AFR 1.57 % of the fleet, 48 h to a new drive, 1 bad bit in 1e15); not counting \
             fire, theft, mistakes, bad batches: have a backup"
        );
    }

    #[test]
    fn a_rate_says_whose_it_is() {
        for (text, words) in [
            ("2%", "2.00 % of drives a year, as given"),
            (
                "MG10ACA20TE",
                "0.54 % of drives a year: MG10ACA20TE had 21 failures in 1,416,127 drive days, 0.36 to 0.78 %, with 5 % \
                 beyond each end (Backblaze Drive Stats, third quarter of 2025)",
            ),
            (
                "ST12000NM0007",
                "9.47 % of drives a year: ST12000NM0007, published without a count, so its \
                 uncertainty is unknown (Backblaze Drive Stats, first quarter of 2025)",
            ),
        ] {
            assert_eq!(rate(&text.parse().unwrap()), words);
        }
        assert!(rate(&Rate::FLEET).contains("Assumed: no model is known here"));
        let mean = rate(&Rate::mean([Some("ST12000NM0007"), None]));
        assert!(
            mean.contains("the models of 1 of 2 are in the table, others have the fleet's 1.57 %"),
            "{mean}"
        );
    }
}
