//! Colour on a terminal. It repeats what signs and words say, so that nothing is lost without it.
//!
//! A text is cut and padded first and painted then: escapes take no column. Red and yellow are for findings alone, green is
//! for what is known to be well and for nothing else; pools get other colours, in the order in which they are imported.

use std::borrow::Cow;
use std::cell::Cell;

/// What a piece of text is painted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    Plain,
    /// The n-th pool.
    Pool(usize),
    /// The first line of a screen.
    Head,
    /// What was seen to be well.
    Well,
    /// A person should look at it.
    Warning,
    /// A person has to act.
    Bad,
}

impl Tone {
    /// Of a row of a screen, by its label, which is always one of zbay's own.
    pub fn of_label(label: &str) -> Self {
        match label {
            "wrong" | "error" | "errors" | "damaged" | "missing" | "MISSING" => Self::Bad,
            "warning" | "not root" => Self::Warning,
            _ => Self::Plain,
        }
    }

    /// Of a state, as ZFS says it or as the screens do.
    pub fn of_state(state: &str) -> Self {
        match state {
            "DEGRADED" | "FAULTED" | "UNAVAIL" | "REMOVED" | "SUSPENDED" | "MISSING" | "FAILED"
            | "NO LABEL" => Self::Bad,
            "OFFLINE" | "FAILING" | "errors" => Self::Warning,
            _ => Self::Plain,
        }
    }
}

/// Whether there is colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint(bool);

/// Cyan, magenta, blue: each of them can be read on black and on white.
const POOLS: [&str; 3] = ["36", "35", "34"];

/// Every escape that is ever written.
pub const ESCAPES: [&str; 8] = [
    "\u{1b}[36m",
    "\u{1b}[35m",
    "\u{1b}[34m",
    "\u{1b}[33m",
    "\u{1b}[1m",
    "\u{1b}[1;31m",
    "\u{1b}[1;32m",
    "\u{1b}[0m",
];

thread_local! {
    /// Whether the screen that is being drawn is painted.
    static PAINT: Cell<Paint> = const { Cell::new(Paint::NONE) };
}

impl Paint {
    /// No escape is ever written.
    pub const NONE: Self = Self(false);
    /// Escapes of ECMA-48, sixteen colours.
    pub const ANSI: Self = Self(true);

    /// That of the screen that is being drawn.
    pub fn now() -> Self {
        PAINT.get()
    }

    /// What `draw` draws, painted so.
    pub fn within<T>(self, draw: impl FnOnce() -> T) -> T {
        let before = PAINT.replace(self);
        let drawn = draw();
        PAINT.set(before);
        drawn
    }

    /// The text, painted.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Pool(n) => POOLS.get(n % POOLS.len()).copied().unwrap_or_default(),
            Tone::Head => "1",
            Tone::Well => "1;32",
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

/// The text as the screen that is being drawn has it, each line painted alone.
pub fn painted(tone: Tone, text: &str) -> String {
    let lines = text.split('\n').map(|line| Paint::now().paint(tone, line));
    lines.collect::<Vec<_>>().join("\n")
}

/// The text without what paints it.
pub fn unpainted(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(ESCAPES.iter().fold(text.to_owned(), |text, escape| text.replace(escape, "")))
}

#[cfg(test)]
mod tests {
    use super::{Paint, Tone, painted, unpainted};

    #[test]
    fn colour_adds_nothing_but_escapes() {
        for tone in [Tone::Plain, Tone::Pool(0), Tone::Head, Tone::Well, Tone::Bad] {
            assert_eq!(Paint::NONE.paint(tone, "x"), "x");
            assert_eq!(Paint::ANSI.paint(tone, ""), "");
        }
        assert_eq!(Paint::ANSI.paint(Tone::Bad, "x"), "\u{1b}[1;31mx\u{1b}[0m");
        assert_eq!(Paint::ANSI.paint(Tone::Plain, "x"), "x");
        // A pool is never painted as a finding, and neighbours differ.
        let pool = |n| Paint::ANSI.paint(Tone::Pool(n), "x");
        assert!((0..9).all(|n| !pool(n).contains("[33m") && !pool(n).contains("31m")));
        let tones = [Tone::Head, Tone::Well, Tone::Warning, Tone::Bad];
        let tones = tones.into_iter().chain((0..4).map(Tone::Pool));
        assert!(tones.into_iter().all(|tone| unpainted(&Paint::ANSI.paint(tone, "x")) == "x"));
        assert_ne!(pool(0), pool(1));
        assert_eq!(pool(0), pool(3));
        assert!((0..9).all(|n| !pool(n).contains("32m")), "green says that it is well");
    }

    #[test]
    fn a_screen_is_painted_line_by_line_and_only_where_it_was_asked_for() {
        assert_eq!(painted(Tone::Head, "a\nb\n"), "a\nb\n");
        let said = Paint::ANSI.within(|| painted(Tone::Head, "a\nb\n"));
        assert_eq!(said, "\u{1b}[1ma\u{1b}[0m\n\u{1b}[1mb\u{1b}[0m\n");
        assert_eq!(unpainted(&said), "a\nb\n");
        assert_eq!(Paint::now(), Paint::NONE);
    }
}
