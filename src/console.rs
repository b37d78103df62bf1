//! What may reach a terminal or the system's journal.
//!
//! Drives, labels, pools, DMI, other programs and files all have their say in what zbay prints, and none of them may move a
//! cursor, turn text round or clear a screen. Everything passes here at the two places where it leaves the program: answers
//! to standard output, words to standard error. Only zbay's own progress and colours go past it.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use terminal_size::terminal_size_of;

use crate::paint::{ESCAPES, Paint, Tone, unpainted};
use crate::words::Letters;

/// Whether a character moves the cursor, hides itself, turns round what is beside it, or means something else on each
/// system. A line's end is none.
pub fn moves(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}' | '\u{f0000}'..='\u{10ffff}')
}

/// The text with `?` for each such character. The end of a line may be that of another system.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let mut rest = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(c) = rest.next() {
        let ends = c == '\r' && rest.peek() == Some(&'\n');
        out.push(if moves(c) && !ends { '?' } else { c });
    }
    Cow::Owned(out)
}

/// The same for JSON: nothing is lost, since such a character stands in a string and can be written as an escape.
pub fn clean_json(text: &str) -> Cow<'_, str> {
    if !text.contains(moves) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if moves(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}"); // a String takes all
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The text of a screen that zbay has painted: its own colours stay.
pub fn clean_painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, from) = rest.split_at(at);
        out.push_str(&clean(before));
        let own = ESCAPES.iter().find(|own| from.starts_with(**own));
        let taken = own.map_or(1, |own| own.len());
        let (escape, after) = from.split_at(taken);
        out.push_str(if own.is_some() { escape } else { "?" });
        rest = after;
    }
    out.push_str(&clean(rest));
    out
}

/// The text of a screen that was painted so, or not at all.
pub fn clean_screen(text: &str, paint: Paint) -> String {
    let text = if paint == Paint::ANSI { clean_painted(text) } else { clean(text).into_owned() };
    for_terminal(text, io::stdout().is_terminal(), letters())
}

/// Columns of the terminal that standard output is, no fewer than a plain console has; `None`: it is none.
pub fn columns() -> Option<usize> {
    let (width, _) = terminal_size_of(io::stdout())?;
    Some(usize::from(width.0).max(crate::words::WIDTH))
}

/// Whether colours are written where nothing else was asked for: never, always, or on a terminal that has them and whose
/// user has not refused them (`NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM=dumb`).
pub fn choose_colour(choice: ColorChoice) {
    choice.write_global();
}

/// Letters that the locale of this process has: those that a terminal can show, and what is written for one.
pub fn letters() -> Letters {
    let of = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
    letters_of(["LC_ALL", "LC_CTYPE", "LANG"].map(of))
}

/// The first of the three that says anything decides, as in locale(7).
fn letters_of(locale: [Option<String>; 3]) -> Letters {
    let said = locale.into_iter().flatten().find(|value| !value.is_empty()).unwrap_or_default();
    let said = said.to_lowercase();
    if said.contains("utf-8") || said.contains("utf8") { Letters::Unicode } else { Letters::Ascii }
}

/// On a terminal that has ASCII alone nothing else is written; a file or another program gets the text as it is.
fn for_terminal(text: String, is_terminal: bool, letters: Letters) -> String {
    if !is_terminal || letters == Letters::Unicode || text.is_ascii() {
        return text;
    }
    text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect()
}

/// How standard output is painted.
pub fn paint() -> Paint {
    of_choice(AutoStream::choice(&io::stdout()))
}

fn of_choice(choice: ColorChoice) -> Paint {
    if choice == ColorChoice::Never { Paint::NONE } else { Paint::ANSI }
}

/// An error to standard error, its first word painted where that is a terminal.
pub fn say_error(text: &str) {
    let mut err = err();
    let word = err.paint.paint(Tone::Bad, "error:");
    let _ = writeln!(err, "{word} {text}");
}

/// Standard error, filtered.
#[derive(Debug)]
pub struct Err {
    lock: io::StderrLock<'static>,
    paint: Paint,
}

/// Standard error, filtered; locked for as long as this is kept.
pub fn err() -> Err {
    let lock = io::stderr().lock();
    let paint = of_choice(AutoStream::choice(&lock));
    Err { lock, paint }
}

impl Err {
    /// Whether somebody reads it as it is written.
    pub fn is_terminal(&self) -> bool {
        self.lock.is_terminal()
    }
}

impl Write for Err {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let text = if self.paint == Paint::ANSI {
            clean_painted(&text)
        } else {
            clean(&unpainted(&text)).into_owned()
        };
        let text = for_terminal(text, self.is_terminal(), letters());
        self.lock.write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_json, clean_painted, for_terminal, letters_of, moves};
    use crate::words::{Letters, plain};

    #[test]
    fn nothing_of_others_moves_a_cursor_or_turns_text_round() {
        assert_eq!(
            clean("a\u{1b}[2Jb\u{7}\u{9b}31m\u{202e}c\u{200f}\n\td\u{7f}"),
            "a?[2Jb??31m?c?\n\td?"
        );
        assert_eq!(
            clean("Gr\u{f6}\u{df}e \u{2026} 4\u{d7}4\n"),
            "Gr\u{f6}\u{df}e \u{2026} 4\u{d7}4\n"
        );
        assert_eq!(clean("one\r\ntwo\rthree"), "one\r\ntwo?three");
        let json = serde_json::json!({ "a\u{202e}": "b\u{9b}\u{1b}\u{e0041}\n" });
        let text = json.to_string();
        let cleaned = clean_json(&text);
        assert!(!cleaned.contains(moves), "{cleaned}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&cleaned).unwrap(), json);
        let painted = "\u{1b}[1;31mx\u{1b}[0m \u{1b}[2J \u{1b}[99my \u{1b}";
        assert_eq!(clean_painted(painted), "\u{1b}[1;31mx\u{1b}[0m ?[2J ?[99my ?");
    }

    #[test]
    fn the_locale_says_which_letters_a_terminal_has() {
        let of = |all: &str, ctype: &str, lang: &str| {
            let said = |value: &str| (value != "-").then(|| value.to_owned());
            letters_of([said(all), said(ctype), said(lang)])
        };
        for (all, ctype, lang) in [
            ("-", "-", "de_DE.UTF-8"),
            ("-", "-", "C.utf8"),
            ("-", "en_US.UTF-8", "C"),
            ("C.UTF-8", "POSIX", "C"),
            ("", "", "en_US.utf-8"),
        ] {
            assert_eq!(of(all, ctype, lang), Letters::Unicode, "{all} {ctype} {lang}");
        }
        for (all, ctype, lang) in [
            ("-", "-", "-"),
            ("-", "-", "C"),
            ("C", "en_US.UTF-8", "en_US.UTF-8"),
            ("-", "POSIX", "en_US.UTF-8"),
            ("-", "-", "de_DE.ISO-8859-1"),
        ] {
            assert_eq!(of(all, ctype, lang), Letters::Ascii, "{all} {ctype} {lang}");
        }
        let shown = |is_terminal, letters| for_terminal("Größe\n".into(), is_terminal, letters);
        assert_eq!(shown(true, Letters::Ascii), "Gr??e\n");
        assert_eq!(shown(true, Letters::Unicode), "Größe\n");
        assert_eq!(shown(false, Letters::Ascii), "Größe\n", "a file keeps what it is given");
    }

    #[test]
    fn what_a_screen_shows_of_others_passes_the_last_filter() {
        let all: String = ('\0'..=char::MAX).filter(|c| !matches!(c, '\n' | '\t')).collect();
        let shown = Letters::Unicode.within(|| plain(&all));
        assert!(!shown.contains(moves));
        assert!(shown.chars().filter(|c| *c != '?').count() > 100_000, "letters are shown");
    }

    proptest::proptest! {
        #[test]
        fn what_is_cleaned_is_clean(text in "\\PC*|(?s).{0,60}") {
            let text: String = text;
            proptest::prop_assert!(!clean(&text).replace("\r\n", "\n").contains(moves));
            proptest::prop_assert!(!clean_json(&text).contains(moves));
            proptest::prop_assert_eq!(clean(&text).lines().count(), text.lines().count());
        }
    }
}
