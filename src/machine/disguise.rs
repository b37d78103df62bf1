//! What tells a machine from all others, replaced in a recording by something made up: serial numbers, world wide names, the
//! box's serial and UUID, network addresses.
//!
//! Always the same for the same, in every file and in what was read off the drives (as hexadecimal digits), and as long as it
//! was, so that the recording still plans, recognises and refuses as the machine does. The letters that tell a maker stay. What
//! stands in for a name depends on chance, so that it says nothing of the name.

use sha2::{Digest, Sha256};

use super::to_hex;

/// Shorter names are no names: they stand in other words too.
const LEAST: usize = 5;

/// A name and what stands in for it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    name: String,
    other: String,
}

/// Names with what stands in for each.
#[derive(Clone, Debug, Default)]
pub struct Disguise {
    pairs: Vec<Pair>,
}

impl Disguise {
    /// For these serial numbers, of which the first three letters stay, and these numbers in hexadecimal digits (world wide
    /// names, UUIDs, network addresses), of which the first `maker` stay. `chance` is never kept.
    pub fn new(chance: &str, serials: &[String], numbers: &[(String, usize)]) -> Self {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut add = |name: &str, other: String| {
            if name.len() >= LEAST && !pairs.iter().any(|pair| pair.name == name) {
                pairs.push(Pair { name: name.to_owned(), other });
            }
        };
        for serial in serials {
            let other = stand_in(chance, serial, 3);
            add(serial, other.clone());
            // As udev writes a name with blanks.
            add(&serial.replace(' ', "_"), other.replace(' ', "_"));
        }
        for (number, maker) in numbers {
            let other = stand_in(chance, &number.to_ascii_lowercase(), *maker);
            add(&number.to_ascii_lowercase(), other.clone());
            add(&number.to_ascii_uppercase(), other.to_ascii_uppercase());
        }
        // The longest first: one may stand within another.
        pairs.sort_by_key(|pair| std::cmp::Reverse(pair.name.len()));
        Self { pairs }
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// A text of the recording with all of them replaced, also where they are written as hexadecimal digits.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for Pair { name, other } in &self.pairs {
            out = out.replace(name, other);
            out = out.replace(&to_hex(name.as_bytes()), &to_hex(other.as_bytes()));
        }
        out
    }
}

/// As long as the name and of the same kinds of letters; the first `kept` are its own.
fn stand_in(chance: &str, name: &str, kept: usize) -> String {
    let hash = Sha256::digest(format!("{chance}\n{name}"));
    let hex =
        name.chars().all(|c| c.is_ascii_hexdigit() || c == '-' || c == ':') && name.len() > 11;
    let mut bytes = hash.iter().cycle();
    let letter = |(at, c): (usize, char)| {
        let byte = bytes.next().copied().unwrap_or(0);
        let of = |letters: &[u8]| char::from(letters[usize::from(byte) % letters.len()]);
        match c {
            c if at < kept => c,
            '0'..='9' | 'a'..='f' if hex => of(b"0123456789abcdef"),
            '0'..='9' => of(b"0123456789"),
            'A'..='Z' => of(b"ABCDEFGHJKLMNPQRSTUVWXYZ"),
            'a'..='z' => of(b"abcdefghjkmnpqrstuvwxyz"),
            other => other,
        }
    };
    name.chars().enumerate().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_gone_everywhere_and_the_same_becomes_the_same() {
        let serials = ["Z4Z0EXA2".to_owned(), "WD-WCC4E1234567".to_owned(), "x".to_owned()];
        let numbers = [
            ("5000c5007cebaf42".to_owned(), 7),
            ("7a626179-0000-4000-8000-000000000001".to_owned(), 0),
        ];
        let disguise = Disguise::new("chance", &serials, &numbers);
        let text = "ata-ST2000_Z4Z0EXA2 wwn-0x5000c5007cebaf42 0x5000C5007CEBAF42 WD-WCC4E1234567 x \
            5a345a3045584132 7a626179-0000-4000-8000-000000000001 Z4Z0EXA2";
        let out = disguise.text(text);
        assert_eq!(out.len(), text.len());
        for name in [
            "Z4Z0EXA2",
            "5000c5007cebaf42",
            "5000C5007CEBAF42",
            "WCC4E1234567",
            "5a345a3045584132",
            "7a626179",
        ] {
            assert!(!out.contains(name), "{name}: {out}");
        }
        assert!(out.contains("_Z4Z") && out.contains("0x5000c50") && out.contains(" x "), "{out}");
        let serial = out.rsplit(' ').next().unwrap();
        assert!(out.starts_with(&format!("ata-ST2000_{serial} ")), "{out}");
        assert!(out.contains(&to_hex(serial.as_bytes())), "{out}");
        assert_eq!(disguise.text(text), out);
        assert_ne!(Disguise::new("other", &serials, &numbers).text(text), out);
        assert!(!Disguise::default().text(text).is_empty() && Disguise::default().is_empty());
    }
}
