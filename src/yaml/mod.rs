//! YAML files in, typed values out, with every fault of the file at once and in its place.
//!
//! `serde_yaml` (here and in `tree` the only users of it) parses; it stops at the first fault and keeps
//! no positions. So a file goes through three steps: `scan` finds where each scalar stands and refuses
//! what no file of ours needs (anchors, aliases and tags, which hostile files are made of); `tree` holds
//! the parsed nodes with those positions; `de` turns the tree into a type. When a node is refused, it is
//! noted and taken out of the tree, and the rest is tried again, until nothing new is found.

mod de;
mod scan;
mod tree;

use std::ops::Range;

use serde::de::DeserializeOwned;

use crate::fault::{Fault, Faults};
use tree::{Node, STAND_IN, Value};

/// The largest file that is read, bytes.
pub const MAX_BYTES: usize = 256 << 10;
/// Where a file has more faults than this, the rest is left for the next run.
pub const MAX_FAULTS: usize = 40;

/// A value and the places where its parts stand in the file.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// The value.
    pub value: T,
    /// The file, as the user named it.
    pub file: String,
    /// Its text.
    pub text: String,
    tree: Node,
}

impl<T> Parsed<T> {
    /// The bytes of the node at `path`, such as `pool.bays[1]`; where it is not written in the file,
    /// those of the nearest one around it. A key's place for maps and lists, the value's for scalars.
    pub fn span(&self, path: &str) -> Range<usize> {
        let mut node = &self.tree;
        let mut span = node.span.clone();
        for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
            let next = match &node.value {
                Value::Map(entries) => {
                    entries.iter().find(|entry| entry.key == step).map(|entry| {
                        let scalar = !matches!(entry.node.value, Value::Map(_) | Value::Seq(_));
                        let place = if scalar { &entry.node.span } else { &entry.span };
                        (&entry.node, place.clone())
                    })
                }
                Value::Seq(items) => step
                    .trim_end_matches(']')
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, item.span.clone())),
                _ => None,
            };
            match next {
                Some((inner, place)) => (node, span) = (inner, place),
                None => break,
            }
        }
        span
    }

    /// A refusal of this file for faults of meaning.
    pub fn refuse(&self, list: Vec<Fault>) -> Faults {
        Faults { file: self.file.clone(), text: self.text.clone(), list }
    }
}

/// Reads `text` as a `T`.
///
/// # Errors
/// All faults of the file: of size, of syntax, duplicate and unknown keys, wrong types.
pub fn read<T: DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<Parsed<T>, Faults> {
    let refuse = |text: &str, list: Vec<Fault>| {
        Err(Faults { file: file.to_owned(), text: text.to_owned(), list })
    };
    if bytes.len() > MAX_BYTES {
        let message =
            format!("the file is larger than {MAX_BYTES} bytes, more than any profile needs");
        return refuse("", vec![Fault::new(0..0, message).help("is this the right file?")]);
    }
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]).into_owned();
            let end = good.len();
            let fault = Fault::new(end..end, "what follows is not UTF-8 text");
            return refuse(&good, vec![fault.help("save the file as UTF-8")]);
        }
    };
    if text.starts_with('\u{feff}') {
        let fault = Fault::new(0..3, "the file begins with a byte order mark");
        return refuse(text, vec![fault.help("save the file as UTF-8 without one")]);
    }
    let scalars = match scan::scan(text) {
        Ok(scalars) => scalars,
        Err(faults) => return refuse(text, faults),
    };
    let mut faults = Vec::new();
    let tree = match tree::parse(text, &scalars, &mut faults) {
        Ok(tree) => tree,
        Err(fault) => return refuse(text, vec![fault]),
    };
    if matches!(tree.value, Value::Null) {
        let fault = Fault::new(0..0, "the file is empty");
        return refuse(
            text,
            vec![fault.help("begin with `hardware: ...`: see `zbay help profile`")],
        );
    }
    let value = settle(tree.clone(), &mut faults);
    match value {
        Some(value) if faults.is_empty() => {
            Ok(Parsed { value, file: file.to_owned(), text: text.to_owned(), tree })
        }
        _ => {
            faults.sort_by_key(|fault| fault.span.start);
            refuse(text, faults)
        }
    }
}

/// Deserialises, and after each refusal takes the refused node out and tries again. A key that is missing gets a
/// stand-in, tried silently until it is taken, so that the next missing key comes to light.
fn settle<T: DeserializeOwned>(mut tree: Node, faults: &mut Vec<Fault>) -> Option<T> {
    let (mut stand_ins, mut hinted) = (Vec::new(), false);
    loop {
        let error = match T::deserialize(de::NodeDe(&tree)) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let id = error.at.unwrap_or(tree.id);
        if id == STAND_IN {
            if error.known.is_some() && !std::mem::replace(&mut hinted, true) {
                stand_ins.extend(error.known.map(|word| Value::Text(word.to_owned())));
            }
            if !tree.stand_in(stand_ins.pop()) {
                return None;
            }
            continue;
        }
        // A key that is missing because its faulty value was taken out has been complained of already.
        // So has a list that lost all its items.
        let echo = error.missing.as_ref().is_some_and(|key| tree.lost(id, key)) || tree.hollow(id);
        if !echo {
            let span = tree.find_span(id).unwrap_or_else(|| tree.span.clone());
            faults.push(Fault { span, message: error.message, help: error.help });
        }
        if faults.len() >= MAX_FAULTS {
            return None;
        }
        if let Some(key) = &error.missing {
            (stand_ins, hinted) = (Node::stand_ins(), false);
            if tree.add(id, key, stand_ins.pop()) {
                continue;
            }
        }
        if id == tree.id || !tree.remove(id) {
            return None;
        }
    }
}

/// Reads bytes or a text such as `4TB`: for `#[serde(deserialize_with)]`.
pub mod size {
    use serde::{Deserializer, de::Error, de::Visitor};
    use std::fmt;

    use crate::units::Bytes;

    /// See the module.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        struct Size;
        impl Visitor<'_> for Size {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size: bytes, or a number with a unit, as in 4TB, 500G or 1M")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Bytes, E> {
                Ok(Bytes(value))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Bytes, E> {
                value.parse().map_err(E::custom)
            }
        }
        from.deserialize_any(Size)
    }

    /// The same where the key may be left out.
    pub mod option {
        use super::{Bytes, Deserializer};

        /// See the module.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Bytes>, D::Error> {
            super::deserialize(from).map(Some)
        }
    }
}

#[cfg(test)]
mod tests;
