//! Names beside points, where nothing lies yet.
//!
//! The nearest free place is taken, at one of eight sides; from further off a leader goes to the point. What has no
//! place within reach has no name, and its point still says it to a pointer.

use super::canvas::{Anchor, Area, At, Canvas};
use super::scale::count;
use super::style::Face;

/// How far off a name may stand, in pixels.
const RADII: [f64; 8] = [9.0, 16.0, 26.0, 38.0, 52.0, 68.0, 86.0, 106.0];
/// A leader is drawn from here on.
const LEADER: f64 = 16.0;
/// Sides: to the right and the left, below and above.
const SIDES: [(f64, f64); 8] = [
    (1.0, 0.0),
    (-1.0, 0.0),
    (0.75, -0.75),
    (-0.75, 0.75),
    (0.75, 0.75),
    (-0.75, -0.75),
    (0.0, -1.0),
    (0.0, 1.0),
];

/// Writes `words` near `at`, and so much further off where its mark is larger; nowhere, if there is
/// no room.
pub fn name(canvas: &mut Canvas, (at, clear): (At, f64), face: Face, words: &str, within: &Area) {
    for radius in RADII.map(|radius| radius + clear) {
        for (right, down) in SIDES {
            let end = (at.0 + right * radius, at.1 + down * radius);
            let anchor = match right {
                0.0 => Anchor::Middle,
                right if right < 0.0 => Anchor::End,
                _ => Anchor::Start,
            };
            let line = (end.0, end.1 + face.size() * 0.3 + down * face.size() * 0.4);
            let place = Canvas::box_of(line, anchor, face, words);
            let leader = if radius < LEADER + clear { Vec::new() } else { steps(at, end) };
            let taken = |area: &Area| {
                canvas.texts.iter().chain(&canvas.marks).any(|other| other.overlaps(area))
            };
            let crossed = |area: &Area| canvas.texts.iter().any(|other| other.overlaps(area));
            if !within.holds(&place) || taken(&place) || leader.iter().any(crossed) {
                continue;
            }
            if !leader.is_empty() {
                canvas.line("leader", &[at, end]);
                canvas.marks.extend(leader);
            }
            canvas.text(line, anchor, face, words);
            return;
        }
    }
}

/// Small boxes along a line, but for its last bit.
pub fn steps(from: At, to: At) -> Vec<Area> {
    let step = |at: usize| {
        let share = count(at) / 12.0;
        let on = |from: f64, to: f64| share.mul_add(to - from, from);
        Area::round((on(from.0, to.0), on(from.1, to.1)), 1.0)
    };
    (1..12).map(step).collect()
}
