//! The rule of powers of two, drawn: the share of the raw space that holds data, against the width of a vdev.
//!
//! A field for each parity, one above the other on the same widths, since the lines of three would hide each other.

use super::canvas::{Anchor, Area, At, Canvas, Shape};
use super::label::steps;
use super::scale::Scale;
use super::style::Face;
use crate::capacity::Kind;
use crate::capacity::widths::Width;
use crate::risk::real;
use crate::units::Ashift;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 78.0;
const FIELD: f64 = 172.0;
const GAP: f64 = 26.0;
const TOP: f64 = 122.0;
/// The colour of each parity, and the shape of its points.
const LOOKS: [(Kind, &str, Shape); 3] = [
    (Kind::Raidz1, "one", Shape::Circle),
    (Kind::Raidz2, "two", Shape::Square),
    (Kind::Raidz3, "three", Shape::Triangle),
];

/// The picture.
pub fn widths(all: &[Width], ashift: Ashift) -> Canvas {
    let broken: Vec<String> = all
        .iter()
        .filter(|it| it.is_broken_promise())
        .map(|it| {
            let (got, said) = (percent(it.records_128k), percent(it.promised));
            format!("{} of {}: {got} % and not {said} %", it.kind, it.width)
        })
        .collect();
    let description = format!(
        "Usable share of the raw space against the number of drives in a raidz vdev, ashift {ashift}. The rule of \
         powers of two promises too much for {} of its widths with records of 128K: {}.",
        broken.len(),
        broken.join("; ")
    );
    let below =
        format!("usable share of the raw space by width, ashift {ashift}; computed by zbay");
    let title = "Does a raidz of 2^n data drives waste least?";
    let mut canvas = Canvas::new(WIDTH, title, &below, &description);
    key(&mut canvas);
    let most = all.iter().map(|it| it.width).max().unwrap_or(3);
    let across = Scale { values: (1.0, real(most) + 1.0), pixels: (LEFT, WIDTH - 24.0) };
    let mut top = TOP;
    for (kind, colour, shape) in LOOKS {
        let these: Vec<&Width> = all.iter().filter(|it| it.kind == kind).collect();
        let up = Scale { values: (20.0, 100.0), pixels: (top + FIELD, top) };
        field(&mut canvas, kind, &across, &up);
        lines(&mut canvas, &these, (colour, shape), &across, &up);
        top += FIELD + GAP;
    }
    let bottom = top - GAP;
    for width in (2..=most).step_by(2) {
        let at = (across.at(real(width)), bottom + 16.0);
        canvas.text(at, Anchor::Middle, Face::Text, &width.to_string());
    }
    let middle = f64::midpoint(LEFT, WIDTH - 24.0);
    let title = "drives in the vdev, parity included";
    canvas.text((middle, bottom + 36.0), Anchor::Middle, Face::Text, title);
    canvas.set_height(bottom + 52.0);
    canvas
}

fn percent(per_mille: u64) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

/// What lines and points mean.
fn key(canvas: &mut Canvas) {
    let mut entry = |x: f64, y: f64, class: &str, words: &str| {
        canvas.line(class, &[(x, y - 4.0), (x + 30.0, y - 4.0)]);
        canvas.text((x + 38.0, y), Anchor::Start, Face::Text, words);
    };
    entry(24.0, 76.0, "edge thick", "128K records: what zfs list says");
    entry(300.0, 76.0, "edge thin", "1M records");
    entry(450.0, 76.0, "dash", "drives minus parity: what the rule promises");
    canvas.point("ring", Shape::Circle, (32.0, 93.0), 5.5, "optimal by the rule");
    let kept = "a width that the rule calls optimal, and is";
    canvas.text((62.0, 97.0), Anchor::Start, Face::Text, kept);
    canvas.point("wrong", Shape::Diamond, (458.0, 93.0), 6.0, "optimal by the rule, wrongly");
    let wrong = "one that it calls optimal, and gives less";
    canvas.text((488.0, 97.0), Anchor::Start, Face::Text, wrong);
}

fn field(canvas: &mut Canvas, kind: Kind, across: &Scale, up: &Scale) {
    let (left, right) = across.pixels;
    for share in [20.0, 40.0, 60.0, 80.0, 100.0] {
        let y = up.at(share);
        canvas.line("grid", &[(left, y), (right, y)]);
        let words = format!("{share:.0} %");
        canvas.text((left - 8.0, y + 4.0), Anchor::End, Face::Text, &words);
    }
    canvas.line("axis", &[(left, up.pixels.1), (left, up.pixels.0), (right, up.pixels.0)]);
    let name = (right - 8.0, up.at(20.0) - 10.0);
    canvas.text(name, Anchor::End, Face::Head, &format!("{kind}: usable share of raw space"));
}

fn lines(
    canvas: &mut Canvas,
    these: &[&Width],
    (colour, shape): (&str, Shape),
    across: &Scale,
    up: &Scale,
) {
    let at =
        |it: &Width, share: u64| -> At { (across.at(real(it.width)), up.at(real(share) / 10.0)) };
    let line = |share: fn(&Width) -> u64| -> Vec<At> {
        these.iter().map(|it| at(it, share(it))).collect()
    };
    canvas.line("dash", &line(|it| it.promised));
    canvas.line(&format!("{colour}-line thin"), &line(|it| it.records_1m));
    canvas.line(&format!("{colour}-line thick"), &line(|it| it.records_128k));
    for it in these {
        let (got, said) = (percent(it.records_128k), percent(it.promised));
        let words =
            format!("{} of {}: {got} % for 128K records, promised {said} %", it.kind, it.width);
        let here = at(it, it.records_128k);
        match (it.by_rule, it.is_broken_promise()) {
            (true, true) => canvas.point("wrong", Shape::Diamond, here, 6.0, &words),
            (true, false) => canvas.point("ring", Shape::Circle, here, 5.5, &words),
            (false, _) => canvas.point(colour, shape, here, 2.6, &words),
        }
    }
    // Below the line, which rises: there is room, if a little further down.
    let line = line(|it| it.records_128k);
    let taken: Vec<Area> =
        line.iter().zip(line.iter().skip(1)).flat_map(|(from, to)| steps(*from, *to)).collect();
    for it in these.iter().filter(|it| it.by_rule) {
        let (x, y) = at(it, it.records_128k);
        let words = if it.is_broken_promise() {
            format!("{}: {} %, not {}", it.width, percent(it.records_128k), percent(it.promised))
        } else {
            it.width.to_string()
        };
        let place = |x: f64, y: f64, anchor| Canvas::box_of((x, y), anchor, Face::Text, &words);
        let is_inside = place(x + 6.0, y, Anchor::Start).right < across.pixels.1;
        let anchor = if is_inside { Anchor::Start } else { Anchor::End };
        let free = |y: &f64| {
            let place = place(x + 6.0, *y, anchor);
            !taken.iter().any(|area| area.overlaps(&place))
        };
        let y = [17.0, 21.0, 25.0, 29.0, 33.0].map(|down| y + down).into_iter().find(free);
        canvas.text((x + 6.0, y.unwrap_or(up.pixels.0 - 4.0)), anchor, Face::Text, &words);
    }
}
