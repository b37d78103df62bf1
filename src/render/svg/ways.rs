//! The ways to share out drives, drawn: usable space against the risk of losing the pool.
//!
//! Right and low is good. The line joins the ways that none is better than in both; these are named where there is
//! room, and so is a way that has a remark. All others are points that say their name to a pointer.

use super::canvas::{Anchor, Area, At, Canvas, Shape};
use super::label::{name, steps};
use super::scale::{Scale, terabytes, ticks};
use super::style::Face;
use crate::risk::words::one_in;
use crate::units::Bytes;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 128.0;
const RIGHT: f64 = WIDTH - 28.0;
const TOP: f64 = 100.0;
const BOTTOM: f64 = 560.0;
/// Less is nothing that anybody can know.
const LEAST: f64 = 1e-15;

/// A way.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// As it is written.
    pub name: String,
    /// USED + AVAIL.
    pub usable: Bytes,
    /// Probability that the pool is lost in five years.
    pub risk: f64,
    /// Losses survived, whichever they are.
    pub survives: u64,
    /// Named in any case.
    pub noted: bool,
}

/// The ways that no other one beats in both, the most space first.
fn front(all: &[Point]) -> Vec<&Point> {
    let mut order: Vec<&Point> = all.iter().collect();
    order.sort_by(|a, b| b.usable.cmp(&a.usable).then(a.risk.total_cmp(&b.risk)));
    let mut least = f64::INFINITY;
    order.retain(|point| {
        let better = point.risk < least;
        least = least.min(point.risk);
        better
    });
    order
}

fn look(survives: u64) -> (&'static str, Shape) {
    match survives {
        0 | 1 => ("one", Shape::Circle),
        2 => ("two", Shape::Square),
        _ => ("three", Shape::Triangle),
    }
}

/// The picture of ways to use `drives` of `size`; `assumed` says what the risk assumes.
pub fn ways(all: &[Point], drives: u64, size: &str, assumed: &str) -> Canvas {
    let front = front(all);
    let said = |it: &Point| format!("{}: {}, {}", it.name, it.usable.tb(), one_in(it.risk));
    let best: Vec<String> = front.iter().map(|it| said(it)).collect();
    let description = format!(
        "Usable space against the probability that the pool is lost in 5 years, of {} ways to use {drives} drives of \
         {size}. None is better in both than: {}.",
        all.len(),
        best.join("; ")
    );
    let title = format!("Space against risk: {drives} drives of {size}");
    let mut canvas = Canvas::new(WIDTH, &title, assumed, &description);
    key(&mut canvas);
    let (across, up) = scales(all);
    axes(&mut canvas, &across, &up);
    let at = |it: &Point| -> At {
        (across.at(terabytes(it.usable)), up.at(it.risk.clamp(LEAST, 1.0).log10()))
    };
    let stairs: Vec<At> = front.iter().map(|it| at(it)).collect();
    let mut path: Vec<At> = Vec::new();
    for here in stairs {
        if let Some(last) = path.last().copied() {
            path.push((here.0, last.1));
        }
        path.push(here);
    }
    canvas.line("front", &path);
    let is_front = |it: &Point| front.iter().any(|other| std::ptr::eq(*other, it));
    for it in all.iter().filter(|it| !is_front(it) && !it.noted) {
        let (class, shape) = look(it.survives);
        canvas.point(&format!("{class} faint"), shape, at(it), 3.6, &said(it));
    }
    for it in all.iter().filter(|it| is_front(it) || it.noted) {
        let (class, shape) = look(it.survives);
        if it.noted {
            canvas.point("ring", Shape::Circle, at(it), 9.0, &said(it));
        }
        canvas.point(class, shape, at(it), 5.2, &said(it));
    }
    for pair in path.windows(2) {
        if let [from, to] = pair {
            canvas.marks.extend(steps(*from, *to));
        }
    }
    let field =
        Area { left: LEFT + 2.0, top: TOP - 8.0, right: RIGHT + 20.0, bottom: BOTTOM - 2.0 };
    let (mut named, noted): (Vec<&Point>, Vec<&Point>) =
        all.iter().filter(|it| is_front(it) || it.noted).partition(|it| !it.noted);
    named.sort_by_key(|it| std::cmp::Reverse(it.usable));
    for it in noted {
        let words = format!("{} (the article's)", it.name);
        name(&mut canvas, (at(it), 5.0), Face::Head, &words, &field);
    }
    // The ends and the middle first: where not all have room, the line is still named all along.
    for it in spread(&named) {
        name(&mut canvas, (at(it), 0.0), Face::Text, &it.name, &field);
    }
    canvas.set_height(BOTTOM + 56.0);
    canvas
}

/// The first, the last, the one in the middle, and so on.
fn spread<'a>(all: &[&'a Point]) -> Vec<&'a Point> {
    let mut step = all.len().next_power_of_two().max(1);
    let mut order: Vec<usize> = all.len().checked_sub(1).into_iter().collect();
    while step > 0 {
        for at in (0..all.len()).step_by(step) {
            if !order.contains(&at) {
                order.push(at);
            }
        }
        step /= 2;
    }
    order.into_iter().filter_map(|at| all.get(at).copied()).collect()
}

fn key(canvas: &mut Canvas) {
    let mut x = 24.0;
    for (survives, words) in [(1, "survives any 1 loss"), (2, "any 2"), (3, "any 3")] {
        let (class, shape) = look(survives);
        canvas.point(class, shape, (x + 6.0, 71.0), 5.2, words);
        canvas.text((x + 18.0, 75.0), Anchor::Start, Face::Text, words);
        x += 36.0 + Face::Text.width(words);
    }
    canvas.line("front", &[(x, 71.0), (x + 30.0, 71.0)]);
    let words = "none is better in both; right and low is good";
    canvas.text((x + 38.0, 75.0), Anchor::Start, Face::Text, words);
}

/// Usable from the least to the most, risk by whole powers of ten.
fn scales(all: &[Point]) -> (Scale, Scale) {
    let tb = || all.iter().map(|it| terabytes(it.usable));
    let (least, most) = (tb().fold(f64::INFINITY, f64::min), tb().fold(0.0, f64::max));
    let room = ((most - least) * 0.05).max(most * 0.01).max(0.01);
    let across = Scale { values: ((least - room).max(0.0), most + room), pixels: (LEFT, RIGHT) };
    let powers = || all.iter().map(|it| it.risk.clamp(LEAST, 1.0).log10());
    let low = powers().fold(0.0, f64::min).floor() - 0.5;
    let high = (powers().fold(-15.0, f64::max) + 0.3).ceil().min(0.5);
    (across, Scale { values: (low, high), pixels: (BOTTOM, TOP) })
}

fn axes(canvas: &mut Canvas, across: &Scale, up: &Scale) {
    let (marks, decimals) = ticks(across.values.0, across.values.1, 9.0);
    for tick in marks {
        let x = across.at(tick);
        canvas.line("grid", &[(x, TOP), (x, BOTTOM)]);
        let words = format!("{tick:.decimals$}");
        canvas.text((x, BOTTOM + 16.0), Anchor::Middle, Face::Text, &words);
    }
    let (powers, _) = ticks(up.values.0, up.values.1, (up.values.1 - up.values.0).min(10.0));
    for power in powers.into_iter().filter(|power| power.fract() == 0.0) {
        let y = up.at(power);
        canvas.line("grid", &[(LEFT, y), (RIGHT, y)]);
        canvas.text((LEFT - 8.0, y + 4.0), Anchor::End, Face::Text, &odds(power));
    }
    canvas.line("axis", &[(LEFT, TOP), (LEFT, BOTTOM), (RIGHT, BOTTOM)]);
    let middle = f64::midpoint(LEFT, RIGHT);
    let title = "usable space in TB (USED + AVAIL of zfs list)";
    canvas.text((middle, BOTTOM + 38.0), Anchor::Middle, Face::Text, title);
    let title = "probability that the pool is lost in 5 years (log scale)";
    canvas.text((24.0, TOP - 11.0), Anchor::Start, Face::Text, title);
}

/// A power of ten as odds.
fn odds(power: f64) -> String {
    match format!("{:.0}", power.abs()).parse::<usize>() {
        Ok(0) => "certain".to_owned(),
        Ok(zeros @ 1..=3) => format!("1 in 1{}", "0".repeat(zeros)),
        Ok(zeros) => format!("1 in 10^{zeros}"),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::odds;

    #[test]
    fn powers_of_ten_as_odds() {
        let said = [0.0, -1.0, -3.0, -4.0, -12.0].map(odds);
        assert_eq!(said, ["certain", "1 in 10", "1 in 1000", "1 in 10^4", "1 in 10^12"]);
    }
}
