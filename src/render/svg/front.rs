//! The front of a box, drawn: each bay a box in its place, with what `show hw` says of it.
//!
//! A band in the colour and pattern of its pool ties the bays of a pool together; signs, shapes and words say the same
//! without colour.

use super::canvas::{Anchor, Area, Canvas, Shape, clipped};
use super::scale::count;
use super::style::{Face, Fill, solid, under};
use crate::hw::host::Dmi;
use crate::render::front::{Held, Sign, Slot};
use crate::words::plain;

const LEFT: f64 = 24.0;
const TOP: f64 = 70.0;
/// A bay, the space within its edge, and the space to the next one.
const BOX: (f64, f64) = (206.0, 142.0);
const PAD: f64 = 10.0;
const GAP: f64 = 10.0;
const BAND: f64 = 12.0;
/// Bays side by side, unless fewer fill the rows evenly.
const MOST: usize = 4;

/// The band of a pool; red is kept for what is wrong.
fn pool(at: usize) -> Fill {
    let looks = [
        under("sky", "hatch"),
        under("pink", "back"),
        under("green", "bars"),
        under("yellow", "cross"),
    ];
    looks.get(at % looks.len()).copied().unwrap_or(solid("grey"))
}

fn band(held: &Held) -> Option<Fill> {
    match (held.pool, held.sign) {
        (Some(at), _) => Some(pool(at)),
        (None, Sign::Blank) => None,
        (None, _) => Some(under("grey", "dots")),
    }
}

/// What a pointer that rests on a bay, or a person who cannot see it, is told.
fn said(slot: &Slot) -> String {
    let Some(held) = &slot.drive else { return format!("{}: empty", slot.bay.spoken()) };
    let all = [&held.model, &held.serial, &held.size, &held.stated(), &held.heat, &held.owned()];
    let all: Vec<&str> = all.into_iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    format!("{}: {}", slot.bay.spoken(), all.join(", "))
}

/// The picture.
pub fn front(title: &str, dmi: &Dmi, slots: &[Slot]) -> Canvas {
    let rows = slots.len().div_ceil(MOST).max(1);
    let across = slots.len().div_ceil(rows).max(1);
    let side = |of: f64, number: usize| (of + GAP).mul_add(count(number), -GAP);
    let key: f64 = Sign::ALL.iter().map(|sign| key_width(*sign)).sum();
    let width = side(BOX.0, across).max(key) + 2.0 * LEFT;
    let serial = dmi.product_serial.as_deref().map_or("unknown".to_owned(), plain);
    let description = slots.iter().map(said).collect::<Vec<_>>().join("; ");
    let title = format!("{}: its bays", plain(title));
    let below = format!("serial {serial}");
    let mut canvas =
        Canvas::new(width, &title, &below, &format!("The bays of a box. {description}."));
    let mut top = TOP;
    for row in slots.chunks(across) {
        for (at, slot) in row.iter().enumerate() {
            let left = (BOX.0 + GAP).mul_add(count(at), LEFT);
            let area = Area { left, top, right: left + BOX.0, bottom: top + BOX.1 };
            bay(&mut canvas, slot, &area);
        }
        top += BOX.1 + GAP;
    }
    let mut x = LEFT;
    for sign in Sign::ALL {
        let letter = sign.letter().to_string();
        canvas.text((x, top + 14.0), Anchor::Start, Face::Head, &letter);
        canvas.text((x + 16.0, top + 14.0), Anchor::Start, Face::Quiet, sign.words());
        x += key_width(sign);
    }
    canvas.set_height(top + 30.0);
    canvas
}

fn key_width(sign: Sign) -> f64 {
    16.0 + Face::Quiet.width(sign.words()) + 14.0
}

fn bay(canvas: &mut Canvas, slot: &Slot, area: &Area) {
    let (left, right) = (area.left + PAD, area.right - PAD);
    let y = |line: usize| 18.0_f64.mul_add(count(line), area.top + BAND + 20.0);
    let name = slot.bay.spoken();
    canvas.text((left, y(0)), Anchor::Start, Face::Head, &clipped(Face::Head, &name, 90.0));
    let Some(held) = &slot.drive else {
        canvas.edge("dash", area);
        canvas.text((left, y(1)), Anchor::Start, Face::Quiet, "empty");
        return;
    };
    if let Some(fill) = band(held) {
        let top = Area { bottom: area.top + BAND, ..*area };
        canvas.fill(&top, fill, &said(slot));
        canvas.edge("edge", &top);
    }
    canvas.edge(if held.size.is_empty() { "dash" } else { "edge" }, area);
    let mut text = |at, anchor, face, words: &str| {
        if !words.is_empty() {
            canvas.text(at, anchor, face, words);
        }
    };
    text((right, y(0)), Anchor::End, Face::Text, &held.size);
    let room = right - left;
    for (line, face, words) in
        [(1, Face::Text, &held.model), (2, Face::Text, &held.serial), (3, Face::Quiet, &held.link)]
    {
        text((left, y(line)), Anchor::Start, face, &clipped(face, words, room));
    }
    let shape = match held.alarm {
        Some(Sign::Bad) => Some((Shape::Square, "red")),
        Some(_) => Some((Shape::Triangle, "orange")),
        None if held.state.is_empty() => None,
        None => Some((Shape::Circle, "grey")),
    };
    let indent = if shape.is_some() { 16.0 } else { 0.0 };
    let heat = Face::Text.width(&held.heat) + 8.0;
    let words = clipped(Face::Text, &held.stated(), room - indent - heat);
    text((left + indent, y(4)), Anchor::Start, Face::Text, &words);
    text((right, y(4)), Anchor::End, Face::Text, &held.heat);
    let owned = clipped(Face::Head, &held.owned(), room);
    text((left, y(5)), Anchor::Start, Face::Head, &owned);
    if let Some((shape, colour)) = shape {
        canvas.point(colour, shape, (left + 5.0, y(4) - 4.0), 5.0, &held.stated());
    }
}
