//! Pools of layouts.txt: how each is made on a real box, what the model says of it, and what was read off it.
#![allow(dead_code)] // the recorded and the virtual tests use different parts

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use zbay::capacity::write::{File, Record, Target};
use zbay::capacity::{Born, Class, Cut, Drive, Kind, Part, Terms, Zfs, of_parts, spec};
use zbay::units::{Ashift, Bytes};

const LAYOUTS: &str = include_str!("layouts.txt");

/// Files that are written: bytes, record size. The first two are one block.
pub const FILES: [(u64, u64); 7] = [
    (5_000, 128 << 10),
    (100_000, 128 << 10),
    (1_000_000, 128 << 10),
    (3_000_000, 1 << 20),
    (20_000_000, 16 << 20),
    (1_000_000, 4 << 10),
    (777_777, 16 << 10),
];

/// A line of layouts.txt.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Made in every run.
    pub fixed: bool,
    /// Without the mark: its name in measured.jsonl.
    pub text: String,
    /// Whether files are written.
    pub write: bool,
    medium: String,
    ashift: Ashift,
    first: Vec<String>,
    then: Vec<(String, String)>,
}

/// What ZFS says of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    pub layout: String,
    pub zfs: String,
    /// `zpool list -p`.
    pub size: u64,
    /// USED + AVAIL of `zfs list -p`, without what is allocated on special and dedup vdevs: that counts as well.
    pub usable: u64,
    pub vdevs: Vec<Metaslabs>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Blocks>,
}

/// What zdb says of a top-level vdev.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metaslabs {
    pub asize: u64,
    pub ms_shift: u32,
    pub ms_count: u64,
}

/// What zdb says of the data blocks of a file; `used` (of `stat`, to the nearest 512 bytes) only where there are no
/// others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocks {
    pub bytes: u64,
    pub record: u64,
    pub allocated: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
}

/// All lines of layouts.txt.
pub fn layouts() -> Vec<Layout> {
    let lines = LAYOUTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(Layout::of).collect()
}

impl Layout {
    fn of(line: &str) -> Self {
        let fixed = line.starts_with('*');
        let text = line.trim_start_matches('*').trim().to_owned();
        let (plain, write) = match text.strip_suffix(" write") {
            Some(plain) => (plain, true),
            None => (text.as_str(), false),
        };
        let mut parts = plain.split(" then ");
        let mut first = parts.next().expect("a layout").split_whitespace();
        let (medium, ashift) = first
            .next()
            .expect("a medium")
            .split_once(':')
            .unwrap_or((plain.split_whitespace().next().expect("a medium"), "12"));
        let ashift = Ashift::new(ashift.parse().expect("an ashift")).expect("9 to 16");
        let first = first.map(str::to_owned).collect();
        let then = parts.map(|part| part.split_once(' ').expect("an action and its object"));
        let then = then.map(|(action, of)| (action.to_owned(), of.to_owned())).collect();
        Self { fixed, medium: medium.to_owned(), ashift, first, then, write, text }
    }

    /// Whether the pool is changed after it was made.
    pub fn grown(&self) -> bool {
        !self.then.is_empty()
    }

    fn parse(&self, word: &str) -> Vec<Part> {
        spec::parse(word, self.ashift).unwrap_or_else(|why| panic!("{}: {why}", self.text))
    }

    fn drive(&self, word: &str) -> Drive {
        self.parse(&format!("stripe:{word}"))[0].vdev.leaves[0]
    }

    fn at_first(&self) -> Vec<Part> {
        self.first.iter().flat_map(|word| self.parse(word)).collect()
    }

    /// The vdevs as they are in the end.
    fn parts(&self, zfs: Zfs) -> Vec<Part> {
        let mut parts = self.at_first();
        let born = Born { leaves: parts[0].vdev.leaves.clone(), zfs };
        for (action, of) in &self.then {
            let leaves = &mut parts[0].vdev.leaves;
            match action.as_str() {
                "attach" => leaves.push(self.drive(of)),
                "replace" => leaves.fill(self.drive(of)),
                "add" => parts.extend(self.parse(of)),
                other => panic!("{other}"),
            }
            if action != "add" {
                parts[0].born = Some(born.clone());
            }
        }
        parts
    }

    /// What the model says that ZFS will say.
    pub fn model(&self, zfs: &str) -> Measured {
        let release: Zfs = zfs.parse().expect("a release");
        let cut = if self.medium == "file" { Cut::Bare } else { Cut::Whole };
        let pool = of_parts(&self.parts(release), Terms { zfs: release, cut })
            .unwrap_or_else(|why| panic!("{}: {why}", self.text));
        let normal = pool.vdevs.iter().filter(|vdev| vdev.class == Class::Normal);
        let targets: Vec<Target> = normal
            .map(|vdev| Target {
                kind: vdev.kind,
                width: vdev.width,
                ashift: vdev.ashift,
                deflate_ratio: vdev.deflate_ratio,
                size: vdev.size,
            })
            .collect();
        let file = |(bytes, record): (u64, u64)| {
            let of = Record::new(record).expect("a record size");
            let file = File { bytes: Bytes(bytes), record: of, compression: true };
            let written = file.written(&targets).expect("fits");
            let used = (bytes <= record).then_some((written.used.0 + 256) / 512 * 512);
            Blocks { bytes, record, allocated: written.allocated.0, used }
        };
        let metaslabs = |vdev: &zbay::capacity::VdevCapacity| Metaslabs {
            asize: vdev.asize.0,
            ms_shift: vdev.ms_shift,
            ms_count: vdev.ms_count,
        };
        Measured {
            layout: self.text.clone(),
            zfs: zfs.to_owned(),
            size: pool.size.0,
            usable: pool.usable.0,
            vdevs: pool.vdevs.iter().map(metaslabs).collect(),
            files: if self.write { FILES.map(file).to_vec() } else { Vec::new() },
        }
    }

    /// Shell commands that make the pool `tank` in a box that has `file` and `disk` (measure.sh).
    pub fn commands(&self) -> String {
        let mut shell = Shell { text: String::new(), drives: 0, medium: &self.medium };
        let mut create = format!("zpool create -f -o ashift={} tank", self.ashift.get());
        let mut firsts = Vec::new();
        let at_first = self.at_first();
        for (at, part) in at_first.iter().enumerate() {
            let drives = shell.drives(&part.vdev.leaves);
            create += &vdev_words(part, at_first.get(at.wrapping_sub(1)), &drives);
            if at == 0 {
                firsts = drives;
            }
        }
        let _ = writeln!(shell.text, "{create}");
        for (action, of) in &self.then {
            match action.as_str() {
                "attach" => {
                    let new = shell.drives(&[self.drive(of)]);
                    let vdev = at_first[0].vdev.kind;
                    let _ = writeln!(
                        shell.text,
                        "zpool attach -f tank {vdev}-0 {}; zpool wait -t raidz_expand tank",
                        new[0]
                    );
                    firsts.extend(new);
                }
                "replace" => {
                    for old in &mut firsts {
                        let new = shell.drives(&[self.drive(of)]).remove(0);
                        let _ = writeln!(
                            shell.text,
                            "zpool replace -f -w tank {old} {new}; gone {old}"
                        );
                        *old = new;
                    }
                    for drive in &firsts {
                        let _ = writeln!(shell.text, "zpool online -e tank {drive}");
                    }
                }
                _ => {
                    for part in self.parse(of) {
                        let drives = shell.drives(&part.vdev.leaves);
                        let words = vdev_words(&part, None, &drives);
                        let ashift = self.ashift.get();
                        let _ = writeln!(shell.text, "zpool add -f -o ashift={ashift} tank{words}");
                    }
                }
            }
        }
        shell.text
    }
}

struct Shell<'a> {
    text: String,
    drives: usize,
    medium: &'a str,
}

impl Shell<'_> {
    /// Makes drives and gives the variables that hold their paths.
    fn drives(&mut self, leaves: &[Drive]) -> Vec<String> {
        let mut names = Vec::new();
        for leaf in leaves {
            self.drives += 1;
            let (n, bytes) = (self.drives, leaf.bytes.0);
            let _ = match self.medium {
                "file" => writeln!(self.text, "file {n} {bytes}; d{n}=/lab/{n}"),
                _ => writeln!(self.text, "disk {n} {bytes} {}; d{n}=$disk", leaf.logical_sector),
            };
            names.push(format!("$d{n}"));
        }
        names
    }
}

/// The words of a vdev for zpool; the class is said where the one before has another.
fn vdev_words(part: &Part, before: Option<&Part>, drives: &[String]) -> String {
    let mut words = String::new();
    if part.class != Class::Normal && before.is_none_or(|before| before.class != part.class) {
        let _ = write!(words, " {}", part.class);
    }
    if part.vdev.kind != Kind::Stripe {
        let _ = write!(words, " {}", part.vdev.kind);
    }
    let _ = write!(words, " {}", drives.join(" "));
    words
}
