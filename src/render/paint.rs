//! Colour on a terminal. It repeats what signs and words say, so that nothing is lost without it.
//!
//! A text is cut and padded first and painted then: escapes take no column. Red and yellow are for findings alone;
//! pools get the other colours, in the order in which they are imported.

/// What a piece of text is painted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Plain,
    /// The n-th pool.
    Pool(usize),
    /// A person should look at it.
    Warning,
    /// A person has to act.
    Bad,
}

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

/// Cyan, magenta, blue, green: each of them can be read on black and on white.
const POOLS: [&str; 4] = ["36", "35", "34", "32"];

impl Paint {
    /// No escape is ever written.
    pub const NONE: Self = Self(false);
    /// Escapes of ECMA-48, sixteen colours.
    pub const ANSI: Self = Self(true);

    /// The text, painted.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Pool(n) => POOLS.get(n % POOLS.len()).copied().unwrap_or_default(),
            Tone::Warning => "33",
            Tone::Bad => "1;31",
            Tone::Plain => return text.to_owned(),
        };
        if self.0 && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Paint, Tone};
    use crate::console::ESCAPES;

    #[test]
    fn colour_adds_nothing_but_escapes() {
        for tone in [Tone::Plain, Tone::Pool(0), Tone::Pool(7), Tone::Warning, Tone::Bad] {
            assert_eq!(Paint::NONE.paint(tone, "x"), "x");
            assert_eq!(Paint::ANSI.paint(tone, ""), "");
        }
        assert_eq!(Paint::ANSI.paint(Tone::Bad, "x"), "\u{1b}[1;31mx\u{1b}[0m");
        assert_eq!(Paint::ANSI.paint(Tone::Plain, "x"), "x");
        // A pool is never painted as a finding, and neighbours differ.
        let pool = |n| Paint::ANSI.paint(Tone::Pool(n), "x");
        assert!((0..9).all(|n| !pool(n).contains("[33m") && !pool(n).contains("31m")));
        let known =
            |text: &str| ESCAPES.iter().fold(text.to_owned(), |text, it| text.replace(it, ""));
        let tones = [Tone::Warning, Tone::Bad].into_iter().chain((0..4).map(Tone::Pool));
        assert!(tones.into_iter().all(|tone| known(&Paint::ANSI.paint(tone, "x")) == "x"));
        assert_ne!(pool(0), pool(1));
        assert_eq!(pool(0), pool(4));
    }
}
