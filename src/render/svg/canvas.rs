//! What can be drawn: text, lines, areas and the shapes of points. Everything is escaped here and nowhere else.
//!
//! A canvas remembers the box of each text and each point, for whoever has to keep clear of them.

use std::fmt::Write as _;

use super::style::{Face, Fill, PATTERNS, SHEET};

/// Pixels from the left and from the top.
pub type At = (f64, f64);

/// A box on a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// The left edge.
    pub left: f64,
    /// The upper edge.
    pub top: f64,
    /// The right edge.
    pub right: f64,
    /// The lower edge.
    pub bottom: f64,
}

impl Area {
    /// Round a point.
    pub fn round((x, y): At, radius: f64) -> Self {
        Self { left: x - radius, top: y - radius, right: x + radius, bottom: y + radius }
    }

    /// Whether the two share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether the other lies within.
    pub fn holds(&self, other: &Self) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

/// Which end of a text its place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A circle.
    Circle,
    /// A square.
    Square,
    /// A triangle.
    Triangle,
    /// A square on its corner.
    Diamond,
}

/// A picture in the making.
#[derive(Clone, Debug)]
pub struct Canvas {
    size: At,
    title: String,
    description: String,
    body: String,
    /// Where text is.
    pub texts: Vec<Area>,
    /// Where points and leaders are.
    pub marks: Vec<Area>,
}

/// As XML takes it: no character that it forbids or reads as its own.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.push('?'),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

impl Canvas {
    /// Of so many pixels, with a title above, and a description for who cannot see it.
    pub fn new(width: f64, title: &str, below: &str, description: &str) -> Self {
        let mut canvas = Self {
            size: (width, 0.0),
            title: title.to_owned(),
            description: description.to_owned(),
            body: String::new(),
            texts: Vec::new(),
            marks: Vec::new(),
        };
        canvas.text((24.0, 32.0), Anchor::Start, Face::Title, &fitting(Face::Title, title, width));
        canvas.text((24.0, 51.0), Anchor::Start, Face::Quiet, &fitting(Face::Quiet, below, width));
        canvas
    }

    /// The whole picture.
    pub fn area(&self) -> Area {
        Area { left: 0.0, top: 0.0, right: self.size.0, bottom: self.size.1 }
    }

    /// How high it is, once that is known.
    pub fn set_height(&mut self, height: f64) {
        self.size.1 = height;
    }

    /// What a text would take up.
    pub fn box_of((x, y): At, anchor: Anchor, face: Face, words: &str) -> Area {
        let width = face.width(words);
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let size = face.size();
        Area { left, top: y - size * 0.85, right: left + width, bottom: y + size * 0.25 }
    }

    /// Words on a baseline.
    pub fn text(&mut self, at: At, anchor: Anchor, face: Face, words: &str) {
        self.texts.push(Self::box_of(at, anchor, face, words));
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (class, words) = (face.class(), escaped(words));
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\"{anchor}>{words}</text>",
            at.0, at.1
        );
    }

    /// A line through points.
    pub fn line(&mut self, class: &str, points: &[At]) {
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    /// A filled area; what `said` is shown where a pointer rests on it.
    pub fn fill(&mut self, area: &Area, fill: Fill, said: &str) {
        let (width, height) = (area.right - area.left, area.bottom - area.top);
        let place = format!(
            "x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"",
            area.left, area.top
        );
        let said = escaped(said);
        let colour = fill.colour;
        let _ = writeln!(
            self.body,
            "<g><title>{said}</title><rect class=\"{colour}\" {place}/>{}</g>",
            fill.pattern
                .map_or_else(String::new, |it| format!("<rect fill=\"url(#zbay-{it})\" {place}/>"))
        );
    }

    /// The edge of an area.
    pub fn edge(&mut self, class: &str, area: &Area) {
        let Area { left, top, right, bottom } = *area;
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
        self.line(class, &corners);
    }

    /// A point; `said` is shown where a pointer rests on it.
    pub fn point(&mut self, class: &str, shape: Shape, at: At, radius: f64, said: &str) {
        self.marks.push(Area::round(at, radius));
        let ((x, y), r, said) = (at, radius, escaped(said));
        let drawn = match shape {
            Shape::Circle => {
                format!("<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\">")
            }
            Shape::Square => {
                let (x, y, side) = (x - r * 0.9, y - r * 0.9, r * 1.8);
                format!(
                    "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side:.1}\" height=\"{side:.1}\">"
                )
            }
            Shape::Triangle => format!(
                "<path class=\"{class}\" d=\"M{x:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\">",
                y - r * 1.1,
                x + r * 1.1,
                y + r * 0.8,
                x - r * 1.1,
                y + r * 0.8
            ),
            Shape::Diamond => format!(
                "<path class=\"{class}\" d=\"M{x:.1} {:.1}L{:.1} {y:.1}L{x:.1} {:.1}L{:.1} {y:.1}Z\">",
                y - r * 1.2,
                x + r * 1.2,
                y + r * 1.2,
                x - r * 1.2
            ),
        };
        let name = match shape {
            Shape::Circle => "circle",
            Shape::Square => "rect",
            Shape::Triangle | Shape::Diamond => "path",
        };
        let _ = writeln!(self.body, "{drawn}<title>{said}</title></{name}>");
    }

    /// The file.
    pub fn svg(&self) -> String {
        let (width, height) = self.size;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-labelledby=\"zbay-title zbay-desc\">\n\
             <title id=\"zbay-title\">{}</title>\n<desc id=\"zbay-desc\">{}</desc>\n\
             <style>\n{SHEET}</style>\n<defs>\n{PATTERNS}</defs>\n\
             <rect class=\"ground\" width=\"{width:.0}\" height=\"{height:.0}\"/>\n{}</svg>\n",
            escaped(&self.title),
            escaped(&self.description),
            self.body
        )
    }
}

/// As many words as go between the margins of a picture of this width.
fn fitting(face: Face, words: &str, width: f64) -> String {
    clipped(face, words, width - 48.0)
}

/// As many words as go into so many pixels.
pub fn clipped(face: Face, words: &str, room: f64) -> String {
    let mut out = words.to_owned();
    while face.width(&out) > room && !out.is_empty() {
        let kept = out.trim_end_matches("..").chars().count().saturating_sub(1);
        let cut: String = out.chars().take(kept).collect();
        out = if kept == 0 { String::new() } else { format!("{}..", cut.trim_end()) };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Area, clipped, escaped};
    use crate::render::svg::style::Face;

    #[test]
    fn nothing_breaks_out_of_its_element() {
        assert_eq!(escaped("a<b>&\"c\u{1b}\n\u{ffff}"), "a&lt;b&gt;&amp;&quot;c???");
        let long = clipped(Face::Text, &"raidz2:6x4TB + ".repeat(9), 200.0);
        assert!(long.ends_with("..") && Face::Text.width(&long) <= 200.0, "{long}");
        assert_eq!(clipped(Face::Text, "short", 200.0), "short");
        assert_eq!(clipped(Face::Text, "short", 1.0), "");
    }

    #[test]
    fn edges_may_touch() {
        let one = Area { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };
        let beside = Area { left: 10.0, right: 20.0, ..one };
        assert!(!one.overlaps(&beside) && one.overlaps(&Area { left: 9.0, ..beside }));
        assert!(one.holds(&Area::round((5.0, 5.0), 5.0)) && !one.holds(&beside));
    }
}
