//! `capacity LAYOUT...`: what one pool gives, in few lines, or every byte of the way with `--explain`.
//!
//! What `zpool list` and `zfs list` will say comes first; what block sizes make of it stands apart and says so. Sizes
//! are decimal, binary and to the byte, because people meet all three.

use schemars::JsonSchema;
use serde::Serialize;

use crate::capacity::fits::Mix;
use crate::capacity::margin::Margin;
use crate::capacity::table::Row;
use crate::capacity::{Capacity, Class, Cut, Part, Terms, Zfs, spec};
use crate::render::bar;
use crate::render::capacity::binary;
use crate::render::sheet::Sheet;
use crate::render::svg::{Canvas, where_to};
use crate::risk::Odds;
use crate::risk::odds::Shown;
use crate::table;
use crate::units::{Ashift, Bytes};
use crate::words;

/// A pool that was reckoned.
#[derive(Clone, Debug, PartialEq)]
pub struct Reckoned {
    /// Its vdevs.
    pub parts: Vec<Part>,
    /// Under what.
    pub terms: Terms,
    /// Where the release comes from: `installed`, `asked`, `the default`.
    pub because: &'static str,
    /// What it gives.
    pub pool: Capacity,
    /// What is asked to be filled in.
    pub mixes: Vec<Mix>,
    /// How likely it is to be lost, what it draws and costs.
    pub odds: Odds,
}

/// A line of the way from the drives to usable.
pub(super) struct Line {
    pub what: String,
    pub bytes: Bytes,
    /// A blank: what there is; `-`: what is lost; `+`: what comes back.
    pub sign: char,
    pub why: &'static str,
}

/// A line of the way, and under it why.
pub(super) fn line(it: &Line) -> String {
    let (tb, tib) = (it.bytes.tb(), binary(it.bytes));
    let Line { what, bytes, sign, why } = it;
    format!("{sign} {what:<29}{tb:>11} {tib:>10} {:>21}\n      {why}\n", bytes.0)
}

/// The way from the drives to usable.
pub(super) fn chain(pool: &Capacity) -> Vec<Line> {
    let sum = |what: &str, bytes, why| Line { what: what.to_owned(), bytes, sign: ' ', why };
    let mut lines = vec![sum("drives", pool.drives, "all bytes of all drives")];
    let (before, after): (Vec<_>, Vec<_>) =
        pool.deductions.iter().partition(|line| line.what.is_before_size());
    let lost = |line: &&crate::capacity::Deduction| Line {
        what: line.what.to_string(),
        bytes: line.bytes,
        sign: '-',
        why: line.what.why(),
    };
    lines.extend(before.iter().map(lost));
    lines.push(sum(
        "SIZE",
        pool.size,
        "of `zpool list -p`: a raidz with its parity, a mirror once",
    ));
    lines.extend(after.iter().map(lost));
    lines.push(sum("usable", pool.usable, "of `zfs list -p`: USED + AVAIL of the root dataset"));
    lines
}

/// What drives of each size would hold; of a layout, what it holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Held {
    /// With a layout, a pool or a profile: what it holds.
    Layout(Box<OfLayout>),
    /// Without one: drives of each size.
    Sizes {
        /// How many drives.
        bays: usize,
        /// log2 of the smallest write.
        ashift: Ashift,
        /// A row for each size.
        rows: Vec<Row>,
    },
}

/// What a layout holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OfLayout {
    /// The layout, as it is typed: `raidz2:6x4TB`.
    pub layout: String,
    /// The release of OpenZFS that it is computed for.
    pub zfs: Zfs,
    /// How the drives are partitioned.
    pub partition: String,
    /// What it gives, to the byte.
    pub pool: Capacity,
    /// How much of each mix of files it holds.
    pub fits: Vec<Fitting>,
    /// Of each vdev, how far its drives are from the next and from the last whole metaslab.
    pub margins: Vec<Margin>,
    /// Risk, power and cost.
    #[serde(flatten)]
    pub odds: Shown,
}

/// How much of a mix of files a pool holds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fitting {
    /// The mix.
    pub mix: String,
    /// Bytes; `null`: it cannot be computed for this layout.
    pub bytes: Option<Bytes>,
}

impl Reckoned {
    fn margins(&self) -> Vec<Margin> {
        self.parts.iter().zip(&self.pool.vdevs).map(|(part, vdev)| Margin::of(part, vdev)).collect()
    }

    /// The way from drives to usable as rows of plain values: what is lost is negative.
    pub fn sheet(&self) -> Sheet {
        let row = |line: Line| {
            let sign = if line.sign == ' ' { "" } else { "-" };
            vec![line.what, format!("{sign}{}", line.bytes), line.why.to_owned()]
        };
        Sheet {
            header: vec!["step", "bytes", "why"],
            rows: chain(&self.pool).into_iter().map(row).collect(),
        }
    }

    /// The answer for programs.
    pub fn json(&self) -> OfLayout {
        let fits = |mix: &Mix| Fitting { mix: mix.name.clone(), bytes: mix.fits(&self.pool) };
        OfLayout {
            layout: spec::words(&self.parts),
            zfs: self.terms.zfs,
            partition: self.terms.cut.to_string(),
            pool: self.pool.clone(),
            fits: self.mixes.iter().map(fits).collect(),
            margins: self.margins(),
            odds: self.odds.shown(),
        }
    }

    /// The screen.
    pub fn text(&self, explain: bool) -> String {
        let mut out = words::labelled("pool", &spec::words(&self.parts));
        out.push_str(&words::labelled("under", &self.under()));
        out.push('\n');
        if explain {
            for step in chain(&self.pool) {
                out.push_str(&line(&step));
            }
            out.push('\n');
        } else {
            let row = |what: &str, bytes: Bytes| {
                vec![what.to_owned(), bytes.tb(), binary(bytes), format!("{bytes} bytes")]
            };
            let rows = [
                row("drives", self.pool.drives),
                row("SIZE", self.pool.size),
                row("usable", self.pool.usable),
            ];
            out.push_str(&table::bars(None, &rows));
            let what = "SIZE of `zpool list`; usable: USED + AVAIL of the root in `zfs list`";
            out.push_str(&words::labelled("means", what));
            let (bar, legend) = bar::bar(&self.pool);
            out.push_str(&words::labelled("where", &bar));
            out.push_str(&words::labelled("", &legend));
        }
        out.push_str(&self.fits());
        out.push_str(&words::labelled("survives", &self.pool.losses_survived.to_string()));
        out.push_str(&self.margin_lines());
        out.push_str(&super::odds::text(&self.odds, explain));
        out
    }

    /// The picture.
    pub fn picture(&self) -> Canvas {
        where_to(&self.parts, &self.pool, &self.under())
    }

    fn under(&self) -> String {
        let zfs = format!("OpenZFS {} ({})", self.terms.zfs.releases(), self.because);
        let cut = match self.terms.cut {
            Cut::Whole => "whole drives as on Linux".to_owned(),
            Cut::Reserve(bytes) => format!("partitions that leave {} free", bytes.zfs()),
            Cut::Truenas => "drives as TrueNAS SCALE partitions them".to_owned(),
            Cut::Bare => "no partition table: every byte belongs to the vdev".to_owned(),
        };
        let mut ashifts: Vec<u8> = self.parts.iter().map(|part| part.vdev.ashift.get()).collect();
        ashifts.dedup();
        let ashifts: Vec<String> = ashifts.iter().map(u8::to_string).collect();
        format!("{zfs}, {cut}, ashift {}", ashifts.join(", "))
    }

    fn fits(&self) -> String {
        let one = |mix: &Mix| {
            let bytes = mix.fits(&self.pool);
            let bytes = bytes
                .map_or_else(|| "nothing".to_owned(), |it| format!("{} = {}", it.tb(), binary(it)));
            format!("{bytes} of {}", mix.name)
        };
        if self.mixes.is_empty() {
            return String::new();
        }
        let all: Vec<String> = self.mixes.iter().map(one).collect();
        let text = format!("{} as stored (`zfs list` takes 128K)", all.join("; "));
        words::labelled("fits", &text)
    }

    /// A line for vdevs that are alike.
    fn margin_lines(&self) -> String {
        let mut out = String::new();
        let mut seen: Vec<(Margin, Vec<usize>)> = Vec::new();
        for (at, margin) in self.margins().into_iter().enumerate() {
            if self.parts.get(at).is_some_and(|part| part.class == Class::Log) {
                continue;
            }
            match seen.iter_mut().find(|(other, _)| *other == margin) {
                Some((_, vdevs)) => vdevs.push(at + 1),
                None => seen.push((margin, vec![at + 1])),
            }
        }
        let several = seen.len() > 1;
        for (margin, vdevs) in &seen {
            let lead = match (&vdevs[..], several) {
                (_, false) => String::new(),
                ([one], _) => format!("vdev {one}: "),
                (many, _) => format!("vdevs {} and {} like it: ", many[0], many.len() - 1),
            };
            let needs_4kn = margin.smallest_4kn.map_or_else(
                || "no 4Kn drive fits".to_owned(),
                |bytes| format!("4Kn: {bytes} or more"),
            );
            let beware = match (margin.refuses_4kn, margin.is_tight) {
                (false, false) => "",
                (false, true) => "; another maker's drive may be smaller",
                (true, false) => "; a 4Kn drive with the same label does not fit",
                (true, true) => {
                    "; a 4Kn drive with the same label does not fit, and another manufacturer's \
                     may not"
                }
            };
            let replace = format!(
                "{lead}a drive of {} bytes or more, {} less than the smallest now; \
                 {needs_4kn}{beware}",
                margin.smallest,
                binary(margin.slack)
            );
            out.push_str(&words::labelled("replace", &replace));
            let margin = format!(
                "{lead}{} more on each drive gives {} more SIZE",
                binary(margin.below_per_drive),
                binary(margin.metaslab)
            );
            out.push_str(&words::labelled("margin", &margin));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Reckoned;
    use crate::capacity::fits::Mix;
    use crate::capacity::{Terms, of_parts, spec};
    use crate::risk::power::Power;
    use crate::risk::{Assumed, Odds, Rate, Vdev, merged};
    use crate::units::Ashift;

    fn reckoned(specs: &[&str]) -> Reckoned {
        let parse = |spec: &&str| spec::parse(spec, Ashift::DEFAULT).unwrap();
        let parts: Vec<_> = specs.iter().flat_map(parse).collect();
        let terms = Terms::default();
        let pool = of_parts(&parts, terms).unwrap();
        let vdevs = merged(pool.vdevs.iter().filter_map(|vdev| Vdev::of(vdev, Rate::FLEET)));
        let power = Power::of(6, None, None);
        let odds = Odds { vdevs, assumed: Assumed::default(), power, cost: None };
        Reckoned { parts, terms, because: "asked", pool, mixes: vec![Mix::media()], odds }
    }

    #[test]
    fn every_way_is_explained_to_the_byte_in_80_columns() {
        for specs in [
            &["raidz1:4x4TB"][..],
            &["mirror:2x8TB", "mirror:2x8TB", "mirror:4TB,6TB", "log:mirror:2x100GB"],
            &["draid2:4d:11c:1s:11x16TB", "special:mirror:2x1TB"],
            &["stripe:10000x100TB"],
        ] {
            let reckoned = reckoned(specs);
            for text in [reckoned.text(true), reckoned.text(false)] {
                let fits =
                    |line: &str| line.is_ascii() && line.len() <= 80 && line.trim_end() == line;
                let long: Vec<&str> = text.lines().filter(|line| !fits(line)).collect();
                assert!(long.is_empty(), "{long:#?}");
            }
            let (mut left, mut sums) = (0_i128, 0);
            for row in reckoned.sheet().rows {
                let bytes: i128 = row[1].parse().unwrap();
                if bytes < 0 || left == 0 {
                    left += bytes;
                } else {
                    assert_eq!(left, bytes, "{}", row[0]);
                    sums += 1;
                }
                assert!(!row[2].is_empty());
            }
            assert_eq!(sums, 2, "SIZE and usable");
        }
    }
}
