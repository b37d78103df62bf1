//! Text that fits a plain console: 80 columns, or as many more as the terminal has.
//!
//! What a drive, a label or a pool calls itself is foreign input: [`plain`] turns whatever could move a cursor, hide itself
//! or fake a line into `?` before it is shown, and everything but ASCII where the console may not have it. Words are
//! wrapped, never numbers or names in their middle.

use std::cell::Cell;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::paint::{Tone, painted, unpainted};

/// Columns of a screen whose width is not known, and the least of any.
pub const WIDTH: usize = 80;

thread_local! {
    /// Columns of the screen that is being drawn.
    static COLUMNS: Cell<usize> = const { Cell::new(WIDTH) };
    /// Letters that the screen has.
    static LETTERS: Cell<Letters> = const { Cell::new(Letters::Ascii) };
}

/// Which letters a screen can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// Printable ASCII: a serial console, a login prompt, a mail.
    #[default]
    Ascii,
    /// All that are printable: a terminal whose locale is UTF-8, or a program that reads JSON.
    Unicode,
}

impl Letters {
    /// For all that is drawn on this thread from here on.
    pub fn choose(self) {
        LETTERS.set(self);
    }

    /// What `draw` draws with these letters.
    pub fn within<T>(self, draw: impl FnOnce() -> T) -> T {
        let before = LETTERS.replace(self);
        let drawn = draw();
        LETTERS.set(before);
        drawn
    }

    /// Those of the screen that is being drawn.
    pub fn now() -> Self {
        LETTERS.get()
    }

    fn has(self, c: char) -> bool {
        if c.is_ascii() {
            return c == ' ' || c.is_ascii_graphic();
        }
        // What std writes as an escape is no letter or sign: controls, formats such as a bidi override, private use,
        // blanks of other kinds, what has no meaning yet, and marks that change the letter before them.
        self == Self::Unicode
            && c.escape_debug().len() == 1
            && c.width().is_some_and(|width| width > 0)
    }
}

/// Columns that there are: [`WIDTH`], or more [`within`] a wider screen.
pub fn width() -> usize {
    COLUMNS.get()
}

/// What `draw` draws, on a screen of so many columns.
pub fn within<T>(columns: usize, draw: impl FnOnce() -> T) -> T {
    let before = COLUMNS.replace(columns.max(WIDTH));
    let drawn = draw();
    COLUMNS.set(before);
    drawn
}

/// Columns that a text takes: a wide character takes two, a combining one and what paints none.
pub fn columns(text: &str) -> usize {
    unpainted(text).width()
}

/// Where the text of a labelled paragraph begins: behind `notices`.
const INDENT: usize = 9;

/// What the screen can show as it is, anything else as `?`; blanks at the end are dropped.
pub fn plain(text: &str) -> String {
    let letters = Letters::now();
    let shown = |c: char| if letters.has(c) { c } else { '?' };
    text.trim_end().chars().map(shown).collect()
}

/// A word as it can be typed at a shell: as it is, or between single quotes.
pub fn typeable(word: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+%".contains(c);
    if !word.is_empty() && word.chars().all(bare) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// At most `width` columns, the last two of them dots where something was cut.
pub fn clip(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if columns(&kept) > width.saturating_sub(2) {
            kept.pop();
            break;
        }
    }
    format!("{}{}", kept.trim_end(), ".".repeat(width.min(2)))
}

/// `label` and behind it `text`, wrapped at [`width`] with a hanging indent, ending in a newline.
pub fn labelled(label: &str, text: &str) -> String {
    hanging(label, INDENT, text).replacen(label, &painted(Tone::of_label(label), label), 1)
}

/// A sentence without a label, over more lines where it is long, ending in a newline.
pub fn sentence(sentence: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in sentence.split(' ') {
        if used > 0 && used + 1 + columns(word) > width() {
            out.push('\n');
            used = 0;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += columns(word);
    }
    out.push('\n');
    out
}

/// `text` behind a mark such as `!`, wrapped as [`labelled`] does.
pub fn marked(mark: &str, text: &str) -> String {
    let tone = if mark == "!" { Tone::Warning } else { Tone::Plain };
    hanging(&format!("  {mark}"), 4, text).replacen(mark, &painted(tone, mark), 1)
}

/// `lead`, and from column `indent` on `text`.
fn hanging(lead: &str, indent: usize, text: &str) -> String {
    let mut out = String::new();
    let mut line = format!("{lead:<width$}", width = indent - 1);
    let mut empty = true;
    // What stands between backticks is typed as it is: it stays on one line.
    for word in words(text) {
        if !empty && columns(&line) + 1 + columns(word) > width() {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent - 1);
        }
        line.push(' ');
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

/// A text in lines of at most `width` characters; a word that is longer has a line of its own.
pub fn pieces(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.extend([" ", word]);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Words, where what backticks enclose is one word unless it would fill a line.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let quoted = rest.strip_prefix('`').and_then(|inner| inner.find('`')).map(|at| at + 2);
        let from = quoted.filter(|end| *end < width() - INDENT).unwrap_or(0);
        let tail = rest.get(from..).unwrap_or("");
        let end = tail.find(' ').map_or(rest.len(), |at| from + at);
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after.trim_start();
    }
    words
}

/// Numbers in as few words as a person would use: `bay 1`, `bays 1-4`, `bays 1-3 and 7`.
pub fn bays(all: &[crate::names::BayId]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut run: Option<(u64, u64)> = None;
    let close = |run: Option<(u64, u64)>, parts: &mut Vec<String>| match run {
        Some((from, to)) if from == to => parts.push(from.to_string()),
        Some((from, to)) => parts.push(format!("{from}-{to}")),
        None => {}
    };
    let mut others = Vec::new();
    for bay in all {
        let Ok(number) = bay.as_str().parse::<u64>() else {
            others.push(bay.spoken());
            continue;
        };
        run = match run {
            Some((from, to)) if number == to + 1 => Some((from, number)),
            other => {
                close(other, &mut parts);
                Some((number, number))
            }
        };
    }
    close(run, &mut parts);
    let several = parts.len() > 1 || parts.iter().any(|part| part.contains('-'));
    let mut list = Vec::new();
    if !parts.is_empty() {
        list.push(format!("bay{} {}", if several { "s" } else { "" }, and(&parts)));
    }
    list.append(&mut others);
    and(&list)
}

/// `a`, `a and b`, `a, b and c`.
pub fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Letters, bays, clip, columns, labelled, pieces, plain};
    use crate::paint::{Paint, unpainted};

    #[test]
    fn foreign_words_cannot_move_the_cursor() {
        assert_eq!(plain("WD\u{1b}[2J Blue\n"), "WD?[2J Blue");
        assert_eq!(plain("Größe"), "Gr??e");
    }

    #[test]
    fn letters_of_others_are_shown_where_the_console_has_them() {
        let unicode = |text: &str| Letters::Unicode.within(|| plain(text));
        let ascii = |text: &str| Letters::Ascii.within(|| plain(text));
        for text in ["Größe", "Łódź", "фото", "写真", "한국", "α/β", "50 € – 4×4"]
        {
            assert_eq!(unicode(text), text);
            assert!(ascii(text).is_ascii(), "{}", ascii(text));
            assert_eq!(ascii(text).chars().count(), text.chars().count());
        }
        for (text, shown) in [
            ("photos\u{202e}gpj", "photos?gpj"),
            ("a\u{2066}b\u{2069}\u{200f}c", "a?b??c"),
            ("a\u{200b}b\u{feff}c\u{ad}d", "a?b?c?d"),
            ("a\u{e000}b\u{f8ff}\u{100000}", "a?b??"),
            ("a\u{a0}b\u{3000}c\u{2028}d", "a?b?c?d"),
            ("Gro\u{308}\u{df}e", "Gro?\u{df}e"),
            ("a\u{1160}\u{fe0f}\u{e0041}\u{378}\u{ffff}", "a?????"),
            ("\u{1b}[2J\u{9b}31m\n\t\u{7f}x", "?[2J?31m???x"),
        ] {
            assert_eq!(unicode(text), shown);
            assert!(ascii(text).is_ascii());
        }
        assert_eq!(Letters::now(), Letters::Ascii, "it ends with the screen");
    }

    #[test]
    fn cuts_show() {
        assert_eq!(clip("SAMSUNG HD103UJ", 15), "SAMSUNG HD103UJ");
        assert_eq!(clip("SAMSUNG HD103UJ", 10), "SAMSUNG..");
        assert_eq!(clip("abc", 1), ".");
    }

    #[test]
    fn widths_are_those_of_a_terminal() {
        assert_eq!(columns("Gr\u{f6}\u{df}e"), 5);
        assert_eq!(columns("Gro\u{308}\u{df}e"), 5, "a mark above a letter takes none");
        assert_eq!(columns("\u{5bfc}"), 2);
        assert_eq!(columns("\u{1b}[1;31mx\u{1b}[0m"), 1);
        assert_eq!(clip("Gr\u{f6}\u{df}e \u{5bfc}\u{5165}", 9), "Gr\u{f6}\u{df}e..");
        assert_eq!(clip("Gr\u{f6}\u{df}e", 5), "Gr\u{f6}\u{df}e");
        assert_eq!(pieces("\u{e4}\u{e4} \u{f6}\u{f6}", 5).len(), 1);
        let text = format!("{} \u{f6}", "\u{e4}".repeat(69));
        assert_eq!(labelled("x", &text).lines().count(), 1, "80 columns");
    }

    #[test]
    fn a_painted_label_takes_no_more_room() {
        let text = "word ".repeat(40);
        for label in ["warning", "wrong", "next"] {
            let plain = labelled(label, &text);
            let painted = Paint::ANSI.within(|| labelled(label, &text));
            assert_eq!(unpainted(&painted), plain);
            assert_eq!(painted != plain, label != "next");
        }
    }

    #[test]
    fn paragraphs_hang_and_keep_commands_whole() {
        let text = "bays 1-4 = ports 1-4 is assumed, not confirmed: compare the serial with `zbay \
                    show disk -bS` first";
        let shown = labelled("order", text);
        assert_eq!(
            shown,
            "order    bays 1-4 = ports 1-4 is assumed, not confirmed: compare the serial with\n\
             \x20        `zbay show disk -bS` first\n"
        );
        assert!(labelled("x", &"`zbay apply`, ".repeat(30)).lines().all(|l| l.len() <= 80));
        assert_eq!(labelled("pool", ""), "pool\n");
    }

    #[test]
    fn bays_as_a_person_counts_them() {
        let of = |names: &[&str]| {
            bays(&names.iter().map(|name| name.parse().unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(of(&["1"]), "bay 1");
        assert_eq!(of(&["1", "2", "3", "4"]), "bays 1-4");
        assert_eq!(of(&["1", "2", "4", "usb"]), "bays 1-2 and 4 and USB");
        assert_eq!(of(&["fifth-port"]), "the fifth port");
        assert_eq!(of(&[]), "");
    }
}
