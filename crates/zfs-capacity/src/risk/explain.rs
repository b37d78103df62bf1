//! Risk, power and cost in full, each with what it rests on: the section of `--explain`.
//!
//! A line is a label with its sentence, or a table. Nothing is said here that the one sentence of the short screen does
//! not stand on; factors and assumptions are shown with what another one would make of the answer.

use super::models::Rate;
use super::words::{one_in, one_in_short, rate, time};
use super::{Amount, Assumed, Odds, Repairs, Vdev, of, real};
use crate::units::Bytes;

/// Vdevs that differ, at most.
const MOST: usize = 4;

/// A part of the section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A label and its text.
    Text(&'static str, String),
    /// A header and rows.
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

impl Odds {
    /// The section.
    pub fn explain(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        self.rates(&mut lines);
        for vdev in self.vdevs.iter().take(MOST) {
            self.chain(vdev, &mut lines);
        }
        if self.vdevs.len() > MOST {
            let more = format!("and {} vdevs that differ from these", self.vdevs.len() - MOST);
            lines.push(Line::Text("chain", more));
        }
        self.likely(&mut lines);
        self.what_if(&mut lines);
        self.times(&mut lines);
        let not = "fire, theft, mistakes, firmware, a bad power supply, drives that wear out: have a backup";
        lines.push(Line::Text("without", not.to_owned()));
        self.power(&mut lines);
        self.money(&mut lines);
        lines
    }

    fn rates(&self, lines: &mut Vec<Line>) {
        let mut seen: Vec<Rate> = Vec::new();
        for vdev in &self.vdevs {
            if !seen.contains(&vdev.rate) && seen.len() < MOST {
                seen.push(vdev.rate);
                lines.push(Line::Text("AFR", rate(&vdev.rate)));
            }
        }
    }

    fn chain(&self, vdev: &Vdev, lines: &mut Vec<Line>) {
        let many = if vdev.count > 1 { format!("each of {} ", vdev.count) } else { String::new() };
        let chain = vdev.chain(&self.assumed);
        let lost = format!("{many}{} of {}: averages over very many", vdev.kind, vdev.drives);
        lines.push(Line::Text("chain", lost));
        let mut reached = 0.0;
        let mut rows = Vec::new();
        for state in chain.states().take(super::odds::MOST) {
            let repaired =
                if state.repair > 0.0 { time(1.0 / state.repair) } else { "-".to_owned() };
            let after = if state.gone == 0 { "-".to_owned() } else { time(reached) };
            rows.push(vec![state.gone.to_string(), time(1.0 / state.failure), repaired, after]);
            reached += state.hours;
        }
        let end = format!("{}: lost", vdev.parity.saturating_add(1));
        rows.push(vec![end, String::new(), String::new(), time(chain.mean_hours())]);
        let header = vec!["drives gone", "next one in", "one rebuilt in", "reached after"];
        lines.push(Line::Table(header, rows));
    }

    fn likely(&self, lines: &mut Vec<Line>) {
        let mean = format!("the pool is lost after {} on average", time(self.mean_hours()));
        lines.push(Line::Text("loss", mean));
        let rows = [1_u32, 5].map(|years| {
            let likely = self.risk(f64::from(years));
            let between = self.limits(f64::from(years)).map_or_else(
                || "not known".to_owned(),
                |(low, high)| format!("{} .. {}", one_in_short(high.pool), one_in_short(low.pool)),
            );
            let years = if years == 1 { "1 year".to_owned() } else { format!("{years} years") };
            vec![years, one_in_short(likely.pool), between, one_in_short(likely.file)]
        });
        let header = vec!["within", "pool lost", "interval of the AFR", "file lost in a resilver"];
        lines.push(Line::Table(header, rows.to_vec()));
    }

    /// What other assumptions would make of it.
    fn what_if(&self, lines: &mut Vec<Line>) {
        let pool = |assumed: &Assumed| one_in(of(&self.vdevs, assumed, 5.0).pool);
        if self.vdevs.iter().any(|vdev| vdev.parity > 0) {
            let mut factors = vec![Amount::whole(1), self.assumed.correlation, Amount::whole(10)];
            factors.sort();
            factors.dedup();
            let said = |correlation: &Amount| {
                let odds = pool(&Assumed { correlation: *correlation, ..self.assumed });
                format!("{odds} at factor {}", correlation.real())
            };
            let said: Vec<String> = factors.iter().map(said).collect();
            let text = format!(
                "drives share age, heat and batch, so another one is more likely to fail once one \
                 has: {} in 5 years",
                said.join(", ")
            );
            lines.push(Line::Text("together", text));
        }
        if self.vdevs.iter().any(|vdev| vdev.parity > 1) {
            let at_once = pool(&Assumed { repairs: Repairs::Parallel, ..self.assumed });
            let text = format!(
                "one drive is rebuilt at a time; if all were rebuilt at once, {at_once} in 5 years"
            );
            lines.push(Line::Text("repair", text));
        }
        if let Some(read) = self.read_bytes() {
            let text = format!(
                "an unreadable sector while there is no redundancy costs its file, not the pool: 1 \
                 bit of {:.0e} (data sheet), {} are read then; scrubs find most of them before",
                self.assumed.bits_per_error,
                read.tb()
            );
            lines.push(Line::Text("file", text));
        }
    }

    fn read_bytes(&self) -> Option<Bytes> {
        let redundant = self.vdevs.iter().filter(|vdev| vdev.parity > 0);
        redundant.map(|vdev| Bytes(vdev.read_bytes(&self.assumed))).max()
    }

    /// Resilver and waiting, and the warning of a day without redundancy.
    fn times(&self, lines: &mut Vec<Line>) {
        let redundant = || self.vdevs.iter().filter(|vdev| vdev.parity > 0);
        let Some(largest) = redundant().max_by_key(|vdev| vdev.moved) else { return };
        let (from, to) = largest.resilver(&self.assumed);
        let moved = Bytes(self.assumed.full.percent_of(largest.moved.0));
        let text = format!(
            "{from} to {to} h: {} on a drive ({:.0} % full) at 150 MB/s idle, 50 under load; the \
             chain uses the latter",
            moved.tb(),
            self.assumed.full.real()
        );
        lines.push(Line::Text("resilver", text));
        let waits = redundant().map(|vdev| vdev.waiting(&self.assumed)).fold(0.0, f64::max);
        let text = if waits > 0.0 {
            format!(
                "{waits:.0} h until it starts: noticed, ordered, delivered (`--wait`); 0 with a \
                 hot spare"
            )
        } else {
            "none, the resilver starts automatically".to_owned()
        };
        lines.push(Line::Text("waiting", text));
        let bare = redundant().filter(|vdev| vdev.parity == 1).map(|vdev| {
            let (from, to) = vdev.resilver(&self.assumed);
            (vdev.waiting(&self.assumed), from, to)
        });
        let worst = bare.max_by(|a, b| (a.0 + real(a.2)).total_cmp(&(b.0 + real(b.2))));
        if let Some((waiting, from, to)) =
            worst.filter(|(waiting, _, to)| waiting + real(*to) > 24.0)
        {
            let text = format!(
                "{:.0} to {:.0} h without redundancy after one failure: more than a day",
                waiting + real(from),
                waiting + real(to)
            );
            lines.push(Line::Text("warning", text));
        }
    }

    fn power(&self, lines: &mut Vec<Line>) {
        let ((low, high), (least, most)) = (self.power.watts(), self.power.kwh_a_year());
        let (idle, work) = self.power.each;
        let each = if self.power.is_told {
            format!("{} W a drive, as given", trimmed(idle))
        } else {
            let drive = "a 3.5 inch drive, idle to at work, assumed from data sheets (`--watts`)";
            format!("{} to {} W {drive}", trimmed(idle), trimmed(work))
        };
        let case = match &self.power.case {
            Some(case) => {
                let (from, to) = case.watts;
                format!("{from} to {to} W {}, drives in standby ({})", case.title, case.source)
            }
            None => "the server itself is not counted: its draw is unknown".to_owned(),
        };
        let watts = between(low, high, "W");
        let energy = between(least, most, "kWh a year");
        lines.push(Line::Text("power", format!("{watts}, {energy}: {each}; {case}")));
    }

    fn money(&self, lines: &mut Vec<Line>) {
        let Some(cost) = &self.cost else { return };
        let (low, high) = cost.per_tb_year;
        let with = match cost.electricity {
            Some((least, most)) => format!(
                "{} of it electricity",
                if least == most { least.to_string() } else { format!("{least} to {most}") }
            ),
            None => "without electricity (`--kwh PRICE`)".to_owned(),
        };
        let year = if low == high { low.to_string() } else { format!("{low} to {high}") };
        let text = format!("{} for the drives, {} a usable TB", cost.drives, cost.per_tb);
        lines.push(Line::Text("cost", text));
        let text = format!("{year} a usable TB, over 5 years, {with}");
        lines.push(Line::Text("a year", text));
    }
}

/// Without decimals that say nothing.
fn trimmed(amount: Amount) -> String {
    amount.real().to_string()
}

fn between(low: Amount, high: Amount, unit: &str) -> String {
    if low == high {
        format!("{:.0} {unit}", low.real())
    } else {
        format!("{:.0} to {:.0} {unit}", low.real(), high.real())
    }
}

impl Line {
    /// The text behind this label, if it is it.
    pub fn text_of(&self, label: &str) -> Option<&str> {
        match self {
            Self::Text(own, text) if *own == label => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Line;
    use crate::Kind;
    use crate::risk::models::Of;
    use crate::risk::power::Power;
    use crate::risk::{Amount, Assumed, Odds, Rate, Vdev};
    use crate::units::Bytes;

    fn odds(kind: Kind, width: u64, rate: &str, assumed: Assumed) -> Odds {
        let rate = if rate.is_empty() { Rate::FLEET } else { rate.parse().unwrap() };
        let vdev = Vdev::new(kind, width, Bytes(4_000_787_030_016), rate, 1).unwrap();
        Odds { vdevs: vec![vdev], assumed, power: Power::of(width, None, None), cost: None }
    }

    fn said(lines: &[Line], label: &str) -> String {
        lines.iter().find_map(|line| line.text_of(label)).unwrap_or_default().to_owned()
    }

    #[test]
    fn a_day_without_redundancy_is_warned_of_where_it_is_one() {
        let wait = Assumed::default();
        let lines = odds(Kind::Raidz1, 4, "", wait).explain();
        assert_eq!(
            said(&lines, "warning"),
            "55 to 70 h without redundancy after one failure: more than a day"
        );
        let spare = Assumed { spares: 1, ..wait };
        assert_eq!(said(&odds(Kind::Raidz1, 4, "", spare).explain(), "warning"), "");
        assert_eq!(said(&odds(Kind::Raidz2, 4, "", wait).explain(), "warning"), "");
    }

    #[test]
    fn factors_are_shown_with_what_they_make_of_it() {
        let asked = Assumed { correlation: Amount::whole(3), ..Assumed::default() };
        let text = said(&odds(Kind::Raidz1, 4, "", asked).explain(), "together");
        assert!(text.contains("1 in 8,000 at factor 1, about 1 in 3,000 at factor 3"), "{text}");
        assert!(text.contains("about 1 in 800 at factor 10 in 5 years"), "{text}");
    }

    #[test]
    fn an_interval_is_shown_where_failures_were_counted() {
        let table = |rate: &str| {
            let lines = odds(Kind::Raidz1, 4, rate, Assumed::default()).explain();
            let last = |line: &Line| match line {
                Line::Table(header, rows) if header[0] == "within" => Some(rows[1].clone()),
                _ => None,
            };
            lines.iter().find_map(last).unwrap()
        };
        assert_eq!(table("")[..3], ["5 years", "1 in 8,000", "not known"]);
        let counted = table("MG10ACA20TE");
        assert_eq!(counted[1..3], ["1 in 70,000", "1 in 30,000 .. 1 in 200k"]);
        let vdev = odds(Kind::Raidz1, 4, "MG10ACA20TE", Assumed::default()).vdevs[0];
        assert!(matches!(vdev.rate.of, Of::Model(_)));
    }
}
