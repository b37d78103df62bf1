//! Where the bytes of a pool go: one bar from all drives to what is usable, each step in its own colour and pattern.
//!
//! Usable stands first and the steps follow in the reverse order of the chain, so that usable, SIZE and the drives
//! each begin at the left and can be measured below. A step is true to scale however small it is; a letter with a
//! leader finds it, and the list below names it.

use super::canvas::{Anchor, Area, Canvas, clipped};
use super::scale::{Scale, count, terabytes, ticks};
use super::style::{Face, Fill, solid, under};
use crate::capacity::{Capacity, Class, Part, What, spec};
use crate::render::bar::{percent, shares};
use crate::render::capacity::binary;
use crate::units::Bytes;

const WIDTH: f64 = 920.0;
const LEFT: f64 = 24.0;
const RIGHT: f64 = WIDTH - 24.0;
/// More vdevs than that are not drawn one by one.
const MOST_VDEVS: usize = 8;

/// A part of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    /// `None`: what is left.
    what: Option<What>,
    bytes: Bytes,
}

/// A bar for vdevs that are alike.
struct Bar {
    name: String,
    segments: Vec<Segment>,
}

fn look(what: Option<What>) -> Fill {
    match what {
        None => solid("green"),
        Some(What::Parity) => under("sky", "hatch"),
        Some(What::Copies) => under("sky", "back"),
        Some(What::Spares) => under("pink", "hatch"),
        Some(What::MixedSizes) => under("orange", "cross"),
        Some(What::Padding) => under("yellow", "dots"),
        Some(What::OldRatio) => under("yellow", "back"),
        Some(What::Slop) => under("grey", "dots"),
        Some(What::EmbeddedLog) => under("pink", "bars"),
        Some(What::LogVdevs) => under("pink", "cross"),
        Some(What::OtherClass) => under("orange", "dots"),
        Some(What::MetaslabTail) => under("red", "hatch"),
        Some(What::DraidRows) => under("red", "bars"),
        Some(What::DraidStripes) => under("red", "dots"),
        Some(What::Partitions) => under("grey", "cross"),
        Some(What::Labels) => under("grey", "back"),
    }
}

/// What is left, then the steps, the last one first.
fn segments(left: Bytes, deductions: &[crate::capacity::Deduction]) -> Vec<Segment> {
    let first = Segment { what: None, bytes: left };
    let lost = deductions.iter().rev().map(|it| Segment { what: Some(it.what), bytes: it.bytes });
    std::iter::once(first).chain(lost).filter(|it| it.bytes.0 > 0).collect()
}

/// Vdevs that are alike are one bar, of all of them together.
fn vdevs(parts: &[Part], pool: &Capacity) -> Vec<Bar> {
    let mut alike: Vec<(&Part, usize, u64)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        match alike.iter_mut().find(|(other, ..)| *other == part) {
            Some((_, _, many)) => *many += 1,
            None => alike.push((part, at, 1)),
        }
    }
    let bar = |(part, at, many): (&Part, usize, u64)| {
        let vdev = pool.vdevs.get(at)?;
        let left = if vdev.class == Class::Normal { vdev.dspace } else { Bytes::ZERO };
        let mut segments = segments(left, &vdev.deductions);
        for segment in &mut segments {
            segment.bytes = Bytes(segment.bytes.0.saturating_mul(many));
        }
        let word = spec::words(std::slice::from_ref(part));
        let name = if many == 1 { word } else { format!("{many} x {word}") };
        Some(Bar { name, segments })
    };
    alike.into_iter().filter_map(bar).collect()
}

/// The picture.
pub fn where_to(parts: &[Part], pool: &Capacity, made: &str) -> Canvas {
    let layout = spec::words(parts);
    let all = segments(pool.usable, &pool.deductions);
    let of_mille = shares(&all.iter().map(|it| it.bytes.0).collect::<Vec<_>>(), 1000);
    let said: Vec<String> = all
        .iter()
        .zip(&of_mille)
        .map(|(it, mille)| {
            format!("{} {}, {}", name(*it), it.bytes.tb(), percent(*mille, it.bytes))
        })
        .collect();
    let description =
        format!("Of {} on the drives of {layout}: {}.", pool.drives.tb(), said.join("; "));
    let title = format!("Where the bytes go: {layout}");
    let mut canvas = Canvas::new(WIDTH, &title, made, &description);
    let across = Scale { values: (0.0, terabytes(pool.drives)), pixels: (LEFT, RIGHT) };
    let lines = |(it, mille): (&Segment, &u64)| {
        vec![format!("{} {}", name(*it), it.bytes.tb()), percent(*mille, it.bytes)]
    };
    let lines: Vec<_> = all.iter().zip(&of_mille).map(lines).collect();
    draw(&mut canvas, &all, &lines, &across, (104.0, 154.0));
    letters(&mut canvas, &all, &across, 82.0, 104.0);
    axis(&mut canvas, &across, 154.0);
    let mut y = 206.0;
    for (name, bytes, of) in [
        ("usable", pool.usable, "zfs list"),
        ("SIZE", pool.size, "zpool list"),
        ("drives", pool.drives, "all of them"),
    ] {
        let words = format!("{name} {} = {} ({of}: {bytes} bytes)", bytes.tb(), binary(bytes));
        let end = across.at(terabytes(bytes));
        // Above the line, or behind it where it is too short.
        let above = Canvas::box_of((LEFT + 6.0, y), Anchor::Start, Face::Text, &words);
        let behind = Canvas::box_of((end + 8.0, y + 9.0), Anchor::Start, Face::Text, &words);
        if above.right > end && behind.right < RIGHT {
            canvas.text((end + 8.0, y + 9.0), Anchor::Start, Face::Text, &words);
        } else {
            canvas.text((LEFT + 6.0, y), Anchor::Start, Face::Text, &words);
        }
        canvas.line("edge", &[(LEFT, y + 5.0), (end, y + 5.0)]);
        canvas.line("edge", &[(LEFT, y + 3.0), (LEFT, y + 9.0)]);
        canvas.line("edge", &[(end, y + 3.0), (end, y + 9.0)]);
        y += 24.0;
    }
    y = by_vdev(&mut canvas, &vdevs(parts, pool), &all, &across, y + 4.0);
    list(&mut canvas, &all, &of_mille, y + 14.0);
    canvas
}

fn name(it: Segment) -> String {
    it.what.map_or_else(|| "usable".to_owned(), |what| what.to_string())
}

/// The bar itself; the lines of words where they have room.
fn draw(
    canvas: &mut Canvas,
    all: &[Segment],
    lines: &[Vec<String>],
    across: &Scale,
    at: (f64, f64),
) {
    let mut before = 0_u64;
    for (segment, lines) in all.iter().zip(lines) {
        let after = before.saturating_add(segment.bytes.0);
        let (left, right) =
            (across.at(terabytes(Bytes(before))), across.at(terabytes(Bytes(after))));
        before = after;
        let area = Area { left, top: at.0, right, bottom: at.1 };
        let said = format!("{} {}", name(*segment), segment.bytes.tb());
        canvas.fill(&area, look(segment.what), &said);
        if right - left > 2.0 {
            canvas.edge("edge", &area);
        }
        let room = right - left - 8.0;
        if !lines.iter().all(|line| Face::On.width(line) <= room) {
            continue;
        }
        let first = f64::midpoint(at.0, at.1) + 4.0 - 7.5 * count(lines.len().saturating_sub(1));
        for (at_line, line) in lines.iter().enumerate() {
            let y = 15.0_f64.mul_add(count(at_line), first);
            // The pattern must not run through the words.
            let middle = f64::midpoint(left, right);
            let under = Canvas::box_of((middle, y), Anchor::Middle, Face::On, line);
            if look(segment.what).pattern.is_some() {
                canvas.fill(&under, solid(look(segment.what).colour), "");
            }
            canvas.text((middle, y), Anchor::Middle, Face::On, line);
        }
    }
}

/// `a`, `b` ... above the segments, spread so that each can be read.
fn letters(canvas: &mut Canvas, all: &[Segment], across: &Scale, y: f64, bar: f64) {
    let step = 17.0;
    let mut middles = Vec::new();
    let mut before = 0_u64;
    for segment in all {
        let half = Bytes(before.saturating_add(segment.bytes.0 / 2));
        middles.push(across.at(terabytes(half)));
        before = before.saturating_add(segment.bytes.0);
    }
    let mut places = middles.clone();
    // From the right: none beyond the edge; then from the left: none on its neighbour.
    let mut most = RIGHT - 5.0;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - step;
    }
    let mut least = LEFT + 5.0;
    for place in &mut places {
        *place = place.max(least);
        least = *place + step;
    }
    for ((letter, place), middle) in ('a'..='z').zip(places).zip(middles) {
        canvas.text((place, y), Anchor::Middle, Face::Head, &letter.to_string());
        canvas.line("leader", &[(place, y + 5.0), (middle, bar)]);
    }
}

fn axis(canvas: &mut Canvas, across: &Scale, y: f64) {
    let (marks, decimals) = ticks(0.0, across.values.1, 10.0);
    canvas.line("axis", &[(LEFT, y), (RIGHT, y)]);
    let last = marks.len().saturating_sub(1);
    for (at, tick) in marks.into_iter().enumerate() {
        let x = across.at(tick);
        canvas.line("axis", &[(x, y), (x, y + 5.0)]);
        let unit = if at == last { " TB" } else { "" };
        let words = format!("{tick:.decimals$}{unit}");
        let anchor = match at {
            0 => Anchor::Start,
            _ if at == last => Anchor::End,
            _ => Anchor::Middle,
        };
        canvas.text((x, y + 17.0), anchor, Face::Text, &words);
    }
}

/// A bar for each vdev that differs, on the same scale. Where that ends.
fn by_vdev(canvas: &mut Canvas, bars: &[Bar], all: &[Segment], across: &Scale, mut y: f64) -> f64 {
    if bars.len() < 2 {
        return y;
    }
    let head = "by vdev, on the same scale; slop is the pool's, so that it is in the first part";
    canvas.text((LEFT, y + 10.0), Anchor::Start, Face::Quiet, head);
    y += 18.0;
    for bar in bars.iter().take(MOST_VDEVS) {
        let words = clipped(Face::Text, &bar.name, RIGHT - LEFT);
        canvas.text((LEFT, y + 13.0), Anchor::Start, Face::Text, &words);
        let letter = |it: &Segment| {
            let found = ('a'..='z').zip(all).find(|(_, other)| other.what == it.what);
            vec![found.map_or_else(String::new, |(letter, _)| letter.to_string())]
        };
        let letters: Vec<_> = bar.segments.iter().map(letter).collect();
        draw(canvas, &bar.segments, &letters, across, (y + 18.0, y + 36.0));
        y += 42.0;
    }
    if bars.len() > MOST_VDEVS {
        let words = format!("and {} more kinds of vdev", bars.len() - MOST_VDEVS);
        canvas.text((LEFT, y + 13.0), Anchor::Start, Face::Quiet, &words);
        y += 18.0;
    }
    y + 12.0
}

/// Every step with its letter, its look, its bytes, and why.
fn list(canvas: &mut Canvas, all: &[Segment], of_mille: &[u64], top: f64) {
    let mut y = top;
    for ((letter, segment), mille) in ('a'..='z').zip(all).zip(of_mille) {
        let at = |x: f64| (x, y);
        canvas.text(at(LEFT + 5.0), Anchor::Middle, Face::Head, &letter.to_string());
        let swatch = Area { left: 44.0, top: y - 11.0, right: 68.0, bottom: y + 3.0 };
        canvas.fill(&swatch, look(segment.what), &name(*segment));
        canvas.edge("edge", &swatch);
        canvas.text(at(78.0), Anchor::Start, Face::Text, &name(*segment));
        canvas.text(at(312.0), Anchor::End, Face::Text, &segment.bytes.tb());
        canvas.text(at(372.0), Anchor::End, Face::Text, &percent(*mille, segment.bytes));
        let why = segment.what.map_or(
            "USED + AVAIL of the root in zfs list: what files can fill, by 128K blocks",
            What::why,
        );
        canvas.text(at(388.0), Anchor::Start, Face::Quiet, why);
        y += 20.0;
    }
    canvas.set_height(y + 4.0);
}
