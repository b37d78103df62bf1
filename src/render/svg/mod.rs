//! Pictures of capacity and of boxes, as SVG: what the screens say, for people who see better than they read.
//!
//! A picture is pure text made from the values of a screen: the same values give the same bytes. Text stays text,
//! nothing is loaded from elsewhere, colours are those of Okabe and Ito and never stand alone (shapes, patterns and
//! words say the same), and a dark screen gets its own. The writer is ours because it is three files; every
//! text leaves its box behind ([`Canvas::texts`]), so that tests can prove that none lies on another.

mod bays;
mod canvas;
mod front;
mod label;
mod scale;
mod style;
#[cfg(test)]
mod tests;
mod ways;
mod where_to;
mod widths;

pub use bays::bays;
pub use canvas::{Area, Canvas};
pub use front::front;
pub use ways::{Point, ways};
pub use where_to::where_to;
pub use widths::widths;
