//! The table of `zbay capacity`, drawn: for each drive size and layout what people compute, and what `zfs list` says.
//!
//! Bars lie on their side, so that any number of them has room for its words. The frame is the nominal figure, what
//! is filled is usable.

use super::canvas::{Anchor, Area, Canvas};
use super::scale::{Scale, terabytes, ticks};
use super::style::{Face, Fill, solid, under};
use crate::capacity::table::Layout;
use crate::capacity::{Cell, Row};
use crate::render::capacity::label;
use crate::units::Bytes;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 168.0;
/// Room for the words behind the longest bar.
const RIGHT: f64 = WIDTH - 200.0;
const BAR: f64 = 16.0;
const STEP: f64 = 22.0;
const GAP: f64 = 14.0;

fn look(layout: Layout) -> Fill {
    match layout {
        Layout::Raidz => solid("sky"),
        Layout::Raidz2 => under("green", "hatch"),
        Layout::Raidz3 => under("pink", "cross"),
        Layout::Mirrors => under("orange", "bars"),
        Layout::Stripe => under("yellow", "dots"),
    }
}

/// The picture.
pub fn bays(rows: &[Row], bays: usize) -> Canvas {
    let cells = || rows.iter().flat_map(|row| &row.cells);
    let said = |row: &Row, cell: &Cell| {
        let (nominal, usable) = (label(cell.nominal), cell.usable.tb());
        format!("{} of {} drives: {usable} of {nominal}", cell.layout, label(row.label))
    };
    let all: Vec<String> =
        rows.iter().flat_map(|row| row.cells.iter().map(move |cell| said(row, cell))).collect();
    let description = format!(
        "Usable space against the nominal figure, {bays} bays with drives of one size. {}.",
        all.join("; ")
    );
    let title = format!("What drives hold in {bays} bays");
    let below = "frame: drives minus redundancy, by drive count; filled: USED + AVAIL of zfs list";
    let mut canvas = Canvas::new(WIDTH, &title, below, &description);
    let most = cells().map(|cell| cell.nominal.max(cell.usable)).max().unwrap_or(Bytes(1));
    let across = Scale { values: (0.0, terabytes(most)), pixels: (LEFT, RIGHT) };
    let (marks, decimals) = ticks(0.0, terabytes(most), 8.0);
    let lines: usize = rows.iter().map(|row| row.cells.len().max(1)).sum();
    let top = 72.0;
    let bottom =
        super::scale::count(rows.len()).mul_add(GAP, top + super::scale::count(lines) * STEP);
    for tick in &marks {
        let x = across.at(*tick);
        canvas.line("grid", &[(x, top), (x, bottom)]);
        let words = format!("{tick:.decimals$}");
        canvas.text((x, bottom + 16.0), Anchor::Middle, Face::Text, &words);
    }
    canvas.line("axis", &[(LEFT, top), (LEFT, bottom), (RIGHT, bottom)]);
    let mut y = top + GAP / 2.0;
    for row in rows {
        canvas.text((24.0, y + 12.0), Anchor::Start, Face::Head, &label(row.label));
        for cell in &row.cells {
            bar(&mut canvas, cell, &across, y, &said(row, cell));
            y += STEP;
        }
        if row.cells.is_empty() {
            let none = "no layout fits so few bays";
            canvas.text((LEFT + 8.0, y + 12.0), Anchor::Start, Face::Quiet, none);
            y += STEP;
        }
        y += GAP;
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    let title = "TB (10^12 bytes)";
    canvas.text((middle, bottom + 36.0), Anchor::Middle, Face::Text, title);
    canvas.set_height(bottom + 50.0);
    canvas
}

fn bar(canvas: &mut Canvas, cell: &Cell, across: &Scale, y: f64, said: &str) {
    let to = |bytes: Bytes| across.at(terabytes(bytes));
    let at = |right: f64| Area { left: LEFT, top: y, right, bottom: y + BAR };
    let name = cell.layout.to_string();
    canvas.text((LEFT - 8.0, y + 12.0), Anchor::End, Face::Text, &name);
    canvas.fill(&at(to(cell.usable)), look(cell.layout), said);
    canvas.edge("edge", &at(to(cell.nominal)));
    let words = format!("{} of {}", cell.usable.tb(), label(cell.nominal));
    let end = to(cell.nominal).max(to(cell.usable)) + 8.0;
    canvas.text((end, y + 12.0), Anchor::Start, Face::Text, &words);
}
