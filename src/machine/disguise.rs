//! What tells a machine and its owner from all others, replaced in a recording by something made up.
//!
//! Two sorts of names. *Marks* are long enough to be found anywhere: serial numbers, world wide names, GUIDs, UUIDs, network
//! addresses. *Words* are what people chose: host, pools, datasets, users, labels, files; they are replaced only where they stand
//! alone, since `nas` also stands within other words. Always the same for the same, in every answer, and as long as it was, so that
//! the recording still plans, recognises and refuses as the machine does. The letters that tell a maker stay. What stands in for
//! a name depends on chance, so that it says nothing of the name. At the end [`Disguise::left_in`] looks for every name once more.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::to_hex;

/// Shorter marks are none: they stand in other words too.
const LEAST: usize = 5;

/// Names that shipped profiles, installers and most people give: they tell nothing of anybody.
const COMMON: [&str; 58] = [
    "tank",
    "testpool",
    "rpool",
    "bpool",
    "zroot",
    "pool",
    "data",
    "storage",
    "ROOT",
    "BOOT",
    "debian",
    "ubuntu",
    "default",
    "USERDATA",
    "home",
    "root",
    "var",
    "lib",
    "log",
    "srv",
    "mnt",
    "media",
    "export",
    "usr",
    "usr-local",
    "local",
    "boot",
    "efi",
    "etc",
    "opt",
    "tmp",
    "run",
    "dev",
    "zfs",
    "zvol",
    "mapper",
    "proc",
    "sys",
    "cache",
    "spool",
    "mail",
    "www",
    "git",
    "games",
    "docs",
    "backup",
    "backups",
    "shares",
    "share",
    "vm",
    "iso",
    "old",
    "by-id",
    "by-path",
    "by-partuuid",
    "by-vdev",
    "disk",
    "none",
];

/// Names with what stands in for each.
#[derive(Clone, Debug, Default)]
pub struct Disguise {
    chance: String,
    marks: BTreeMap<String, String>,
    words: BTreeMap<String, String>,
    /// The marks in order of use: the longest first, as one may stand within another.
    ordered: Vec<(String, String)>,
}

impl Disguise {
    /// With no names yet. `chance` is never kept in a recording.
    pub fn new(chance: &str) -> Self {
        Self { chance: chance.to_owned(), ..Self::default() }
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.marks.len() + self.words.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn mark(&mut self, name: &str, other: String) {
        if name.len() >= LEAST && name != other && !self.marks.contains_key(name) {
            self.marks.insert(name.to_owned(), other);
        }
    }

    /// A serial number; its first three letters, which often tell the maker, stay.
    pub fn serial(&mut self, serial: &str) {
        let serial = serial.trim();
        let other = stand_in(&self.chance, serial, 3);
        self.mark(serial, other.clone());
        // As udev writes a name with blanks.
        self.mark(&serial.replace(' ', "_"), other.replace(' ', "_"));
    }

    /// A number in hexadecimal digits, with `-` or `:` between them or without: a world wide name, a UUID, a network address. The
    /// first `maker` characters stay.
    pub fn digits(&mut self, number: &str, maker: usize) {
        let number = number.to_ascii_lowercase();
        let other = stand_in(&self.chance, &number, maker);
        let without = |text: &str| text.replace([':', '-'], "");
        for (name, other) in [(number.clone(), other.clone()), (without(&number), without(&other))]
        {
            self.mark(&name.to_ascii_uppercase(), other.to_ascii_uppercase());
            self.mark(&name, other);
        }
        // The end of the address that IPv6 makes of a network address (RFC 4291, appendix A).
        let end = |text: &str| match text.split(':').collect::<Vec<_>>()[..] {
            [_, _, _, d, e, f] => {
                Some([format!("fe{d}:{e}{f}"), format!("fe{d}:{}{f}", e.trim_start_matches('0'))])
            }
            _ => None,
        };
        if let (Some(names), Some(others)) = (end(&number), end(&other)) {
            names.iter().zip(others).for_each(|(name, other)| self.mark(name, other));
        }
    }

    /// A GUID of ZFS, which is written in decimal digits.
    pub fn guid(&mut self, guid: u64) {
        if guid >= 10_000 {
            let name = guid.to_string();
            let other = stand_in(&self.chance, &name, 1);
            // No more than 64 bits hold.
            let other = if name.len() == 20 { format!("10{}", &other[2..]) } else { other };
            self.mark(&name, other);
        }
    }

    /// A hostid, in the three ways that it is written.
    pub fn hostid(&mut self, hostid: u32) {
        let name = format!("{hostid:08x}");
        let other = stand_in(&self.chance, &name, 1);
        if let (Ok(new), true) = (u32::from_str_radix(&other, 16), hostid != 0) {
            let new = if new == hostid { new ^ 1 } else { new };
            self.mark(&name, format!("{new:08x}"));
            self.mark(&format!("{hostid:x}"), format!("{new:x}"));
            self.mark(&hostid.to_string(), new.to_string());
        }
    }

    /// What a person called something. Names that everybody gives stay.
    pub fn word(&mut self, word: &str) {
        let tells = word.chars().any(char::is_alphanumeric) && !COMMON.contains(&word);
        if tells && !self.words.contains_key(word) {
            let other = stand_in(&self.chance, word, 0);
            self.words.insert(word.to_owned(), other);
        }
    }

    /// A path or the name of a dataset: each part of it is what somebody called something.
    pub fn path(&mut self, path: &str) {
        let parts: Vec<&str> = path.split(['/', '@', '#', ':']).collect();
        if parts.len() < 2 {
            return self.word(path);
        }
        let other: Vec<String> = parts.iter().map(|part| self.part(part)).collect();
        let mut at = 0;
        let mut name = String::new();
        for (index, part) in other.iter().enumerate() {
            if index > 0 {
                at += parts[index - 1].len();
                name.push_str(&path[at..=at]);
                at += 1;
            }
            name.push_str(part);
        }
        if name != path {
            self.words.insert(path.to_owned(), name);
        }
    }

    fn part(&self, part: &str) -> String {
        if COMMON.contains(&part)
            || part.starts_with('<')
            || !part.chars().any(char::is_alphanumeric)
        {
            return part.to_owned();
        }
        self.words.get(part).cloned().unwrap_or_else(|| stand_in(&self.chance, part, 0))
    }

    /// To be called once when all names are known.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        let both = self.marks.iter().flat_map(|(name, other)| {
            let hex = |text: &str| to_hex(text.as_bytes());
            [(name.clone(), other.clone()), (hex(name), hex(other))]
        });
        self.ordered = both.collect();
        self.ordered.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        self
    }

    /// A text with all marks replaced, also where they are written as hexadecimal digits.
    pub fn marks(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, other) in &self.ordered {
            if out.contains(name.as_str()) {
                out = out.replace(name.as_str(), other);
            }
        }
        out
    }

    /// A text with all names replaced: marks everywhere, words where they stand alone.
    pub fn text(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, other) in self.words.iter().rev().filter(|(name, _)| name.contains('/')) {
            out = alone(&out, name, other);
        }
        for (name, other) in self.words.iter().filter(|(name, _)| !name.contains('/')) {
            out = alone(&out, name, other);
        }
        self.marks(&out)
    }

    /// A text with marks and paths replaced: for texts in which a word may be one of ZFS's own.
    pub fn paths(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for (name, other) in self.words.iter().rev().filter(|(name, _)| name.contains('/')) {
            out = alone(&out, name, other);
        }
        self.marks(&out)
    }

    /// What stands in for a whole name, else the name with its marks and paths replaced.
    pub fn name(&self, name: &str) -> String {
        self.words.get(name).cloned().unwrap_or_else(|| self.text(name))
    }

    /// A number of ZFS (GUID, hostid) that is not written as text.
    pub fn number(&self, number: u64) -> u64 {
        self.marks.get(&number.to_string()).and_then(|other| other.parse().ok()).unwrap_or(number)
    }

    /// A name that is still in a text; what stands in for another one does not count.
    pub fn left_in(&self, text: &str) -> Option<&str> {
        let made = |name: &str| {
            self.marks.values().chain(self.words.values()).any(|other| other.contains(name))
        };
        let marks = self.marks.keys().filter(|name| text.contains(name.as_str()));
        let paths =
            self.words.keys().filter(|name| name.contains('/') && alone(text, name, "\0") != *text);
        marks.chain(paths).find(|name| !made(name)).map(String::as_str)
    }
}

/// `text` with `name` replaced where nothing that could belong to it stands before or behind.
fn alone(text: &str, name: &str, other: &str) -> String {
    let belongs = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    while let Some(at) = text[from..].find(name).map(|at| from + at) {
        let end = at + name.len();
        let before = text[..at].chars().next_back();
        let mut after = text[end..].chars();
        let next = after.next();
        // A full stop that ends a sentence is none of the name's.
        let next = if next == Some('.') && !after.next().is_some_and(char::is_alphanumeric) {
            None
        } else {
            next
        };
        let whole = !before.is_some_and(belongs) && !next.is_some_and(belongs);
        out.push_str(&text[from..at]);
        out.push_str(if whole { other } else { name });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// As long as the name and of the same kinds of letters; the first `kept` are its own.
fn stand_in(chance: &str, name: &str, kept: usize) -> String {
    (0..8_u8)
        .map(|salt| made_up(chance, name, kept, salt))
        .find(|other| other != name)
        .unwrap_or_else(|| "x".repeat(name.len()))
}

fn made_up(chance: &str, name: &str, kept: usize, salt: u8) -> String {
    let hash = Sha256::digest(format!("{chance}\n{salt}\n{name}"));
    let hex = name.chars().all(|c| c.is_ascii_hexdigit() || c == '-' || c == ':')
        && name.len() > 7
        && name.chars().any(|c| c.is_ascii_lowercase() || c == ':' || c == '-');
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
            c if c.is_alphanumeric() => of(b"abcdefghjkmnpqrstuvwxyz"),
            other => other,
        }
    };
    name.chars().enumerate().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disguise() -> Disguise {
        let mut it = Disguise::new("chance");
        for serial in ["Z4Z0EXA2", "WD-WCC4E1234567", "x"] {
            it.serial(serial);
        }
        it.digits("5000c5007cebaf42", 7);
        it.digits("7a626179-0000-4000-8000-000000000001", 0);
        it.digits("3c:4a:92:01:02:03", 8);
        it.guid(18_101_382_665_317_604_723);
        it.hostid(0x00ba_b10c);
        it.word("nas");
        it.word("tank");
        it.path("tank/family photos/2020");
        it.path("/srv/anna");
        it.sealed()
    }

    #[test]
    fn names_are_gone_everywhere_and_the_same_becomes_the_same() {
        let disguise = disguise();
        let text = "ata-ST2000_Z4Z0EXA2 wwn-0x5000c5007cebaf42 0x5000C5007CEBAF42 WD-WCC4E1234567 x \
            5a345a3045584132 7a626179-0000-4000-8000-000000000001 enx3c4a92010203 fe80::3e4a:92ff:fe01:203 \
            fe80::3e4a:92ff:fe01:0203 18101382665317604723 hostid=00bab10c nas nasty tank/family photos/2020@x \
            /srv/anna/x /srv/annabel Z4Z0EXA2";
        let out = disguise.text(text);
        for name in [
            "Z4Z0EXA2",
            "5000c5007cebaf42",
            "5000C5007CEBAF42",
            "WCC4E1234567",
            "5a345a3045584132",
            "7a626179",
            "3c4a92010203",
            "fe01:0203",
            "18101382665317604723",
            "00bab10c",
            " nas ",
            "photos",
            "/srv/anna/",
        ] {
            assert!(!out.contains(name), "{name}: {out}");
        }
        for name in ["_Z4Z", "0x5000c50", " x ", "nasty", "tank/", "/srv/annabel", "enx3c4a92"] {
            assert!(out.contains(name), "{name}: {out}");
        }
        let serial = out.rsplit(' ').next().unwrap();
        assert!(out.starts_with(&format!("ata-ST2000_{serial} ")), "{out}");
        assert!(out.contains(&to_hex(serial.as_bytes())), "{out}");
        assert_eq!(disguise.text(text), out);
        assert_eq!(disguise.left_in(&out), None);
        assert!(disguise.left_in(text).is_some());
        let guid = disguise.number(18_101_382_665_317_604_723);
        assert!(out.contains(&guid.to_string()), "{guid}");
        assert!(!Disguise::default().text(text).is_empty() && Disguise::default().is_empty());
    }
}
