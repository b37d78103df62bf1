//! The parsed file as a tree of nodes that know where they stand.
//!
//! `serde_yaml` hands over the nodes in the order of the text, duplicate keys included, and `scan` found
//! the places of the scalars in the same order: walking both together gives each node its place. A node
//! keeps the number that it got here, so that a fault can name it and `remove` can take it out.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::scan::Token;
use crate::fault::Fault;

/// The number of nodes that stand in for a missing key; real ones have smaller numbers.
pub(super) const STAND_IN: usize = usize::MAX;

/// A node with its number and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) id: usize,
    pub(super) span: Range<usize>,
    pub(super) value: Value,
    /// Keys that were taken out of this map.
    lost: Vec<String>,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: usize,
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    fn bare(value: Value) -> Self {
        Self { id: 0, span: 0..0, value, lost: Vec::new() }
    }

    /// What may stand in for a missing value, the first to be tried last.
    pub(super) fn stand_ins() -> Vec<Value> {
        let one = Self { id: STAND_IN, ..Self::bare(Value::Unsigned(1)) };
        let seq = Value::Seq(vec![one]);
        vec![
            Value::Map(Vec::new()),
            Value::Bool(true),
            seq,
            Value::Unsigned(1),
            Value::Text("x".into()),
        ]
    }

    /// Adds `key` to the map with this number; what stood in for others before is taken for granted.
    pub(super) fn add(&mut self, id: usize, key: &str, value: Option<Value>) -> bool {
        let Some(value) = value else { return false };
        self.settle_stand_in();
        self.put(id, key, value)
    }

    fn put(&mut self, id: usize, key: &str, value: Value) -> bool {
        let own = self.id == id;
        match &mut self.value {
            Value::Map(entries) if own => {
                let node = Self { id: STAND_IN, span: self.span.clone(), ..Self::bare(value) };
                let span = self.span.clone();
                entries.push(Entry { id: STAND_IN, key: key.to_owned(), span, node });
                true
            }
            Value::Map(entries) => {
                entries.iter_mut().any(|entry| entry.node.put(id, key, value.clone()))
            }
            Value::Seq(items) => items.iter_mut().any(|item| item.put(id, key, value.clone())),
            _ => false,
        }
    }

    /// Puts another value in the place of the one that stands in now; without one, takes it out.
    pub(super) fn stand_in(&mut self, value: Option<Value>) -> bool {
        match &mut self.value {
            Value::Map(entries) => {
                if let Some(at) = entries.iter().position(|entry| entry.id == STAND_IN) {
                    match value {
                        Some(value) => entries[at].node.value = value,
                        None => return false,
                    }
                    return true;
                }
                entries.iter_mut().any(|entry| entry.node.stand_in(value.clone()))
            }
            Value::Seq(items) => items.iter_mut().any(|item| item.stand_in(value.clone())),
            _ => false,
        }
    }

    /// The stand-in of an earlier key was taken: it is like any other from here on.
    fn settle_stand_in(&mut self) {
        match &mut self.value {
            Value::Map(entries) => {
                for entry in entries {
                    if entry.id == STAND_IN {
                        (entry.id, entry.node.id) = (STAND_IN - 1, STAND_IN - 1);
                    }
                    entry.node.settle_stand_in();
                }
            }
            Value::Seq(items) => items.iter_mut().for_each(Self::settle_stand_in),
            _ => {}
        }
    }

    /// The place of the node or key with this number.
    pub(super) fn find_span(&self, id: usize) -> Option<Range<usize>> {
        if self.id == id {
            return Some(self.span.clone());
        }
        match &self.value {
            Value::Map(entries) => entries.iter().find_map(|entry| {
                let scalar = !matches!(entry.node.value, Value::Map(_) | Value::Seq(_));
                if entry.id == id || (entry.node.id == id && !scalar) {
                    Some(entry.span.clone())
                } else {
                    entry.node.find_span(id)
                }
            }),
            Value::Seq(items) => items.iter().find_map(|item| item.find_span(id)),
            _ => None,
        }
    }

    /// Takes the node (or the entry of the key) with this number out of the tree.
    pub(super) fn remove(&mut self, id: usize) -> bool {
        match &mut self.value {
            Value::Map(entries) => {
                let found = entries.iter().position(|entry| entry.id == id || entry.node.id == id);
                if let Some(index) = found {
                    self.lost.push(entries.remove(index).key);
                    return true;
                }
                entries.iter_mut().any(|entry| entry.node.remove(id))
            }
            Value::Seq(items) => {
                if let Some(index) = items.iter().position(|item| item.id == id) {
                    items.remove(index);
                    self.lost.push(String::new());
                    return true;
                }
                items.iter_mut().any(|item| item.remove(id))
            }
            _ => false,
        }
    }

    /// True if the node with this number is a list that lost all its items.
    pub(super) fn hollow(&self, id: usize) -> bool {
        match &self.value {
            Value::Seq(items) if self.id == id => items.is_empty() && !self.lost.is_empty(),
            Value::Seq(items) => items.iter().any(|item| item.hollow(id)),
            Value::Map(entries) => entries.iter().any(|entry| entry.node.hollow(id)),
            _ => false,
        }
    }

    /// True if `key` was taken out of the map with this number.
    pub(super) fn lost(&self, id: usize, key: &str) -> bool {
        if self.id == id {
            return self.lost.iter().any(|lost| lost == key);
        }
        match &self.value {
            Value::Map(entries) => entries.iter().any(|entry| entry.node.lost(id, key)),
            Value::Seq(items) => items.iter().any(|item| item.lost(id, key)),
            _ => false,
        }
    }
}

/// The parser's words, which speak of its own machinery, as a person needs them.
fn reworded(message: &str) -> (&str, &'static str) {
    let indented = "indent lines that belong together with the same number of spaces, never with \
                    tabs";
    match message {
        "mapping values are not allowed in this context" => {
            ("no `key: value` can stand here", indented)
        }
        "did not find expected key" | "did not find expected '-' indicator" => {
            ("this line does not fit the ones above", indented)
        }
        "did not find expected ',' or ']'" => ("this list is never closed", "add a `,` or a `]`"),
        "did not find expected ',' or '}'" => ("this map is never closed", "add a `,` or a `}`"),
        "recursion limit exceeded" => ("nested too deeply", "no key of zbay needs this"),
        other => (other, "YAML is `key: value`, indented with spaces, never with tabs"),
    }
}

/// Parses, places the nodes, and notes duplicate keys (the first one stays).
pub(super) fn parse(text: &str, tokens: &[Token], faults: &mut Vec<Fault>) -> Result<Node, Fault> {
    let mut root: Node = serde_yaml::from_str(text).map_err(|error| {
        let at = error.location().map_or(text.len(), |location| location.index()).min(text.len());
        let whole = error.to_string();
        let (message, help) = reworded(whole.split(" at line ").next().unwrap_or(&whole));
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end).max(at);
        Fault::new(at..end, message).help(help)
    })?;
    let mut place = Place { text, tokens, next: 0, id: 0, last: 0 };
    place.node(&mut root, faults);
    Ok(root)
}

struct Place<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    id: usize,
    last: usize,
}

impl Place<'_> {
    fn number(&mut self) -> usize {
        self.id += 1;
        self.id
    }

    /// The next token's place, and those of the lines that a folded text goes on in.
    fn take(&mut self, content: Option<&str>) -> Range<usize> {
        let Some(token) = self.tokens.get(self.next) else { return self.last..self.last };
        let mut span = token.span.clone();
        self.next += 1;
        if let Some(content) = content {
            let mut so_far = self.text[span.clone()].to_owned();
            while content.len() > so_far.len() && content.starts_with(&so_far) {
                let Some(more) = self.tokens.get(self.next) else { break };
                so_far = format!("{so_far} {}", &self.text[more.span.clone()]);
                if !content.starts_with(&so_far) {
                    break;
                }
                span.end = more.span.end;
                self.next += 1;
            }
        }
        self.last = span.end;
        span
    }

    fn node(&mut self, node: &mut Node, faults: &mut Vec<Fault>) {
        node.id = self.number();
        match &mut node.value {
            Value::Null => {
                let written =
                    self.tokens.get(self.next).map(|token| &self.text[token.span.clone()]);
                node.span = match written {
                    Some("~" | "null" | "Null" | "NULL") => self.take(None),
                    _ => self.last..self.last,
                };
            }
            Value::Text(text) => node.span = self.take(Some(text)),
            Value::Seq(items) => {
                let start = self.tokens.get(self.next).map_or(self.last, |token| token.span.start);
                for item in items.iter_mut() {
                    self.node(item, faults);
                }
                node.span = start..items.last().map_or(start, |item| item.span.end);
            }
            Value::Map(entries) => {
                let start =
                    self.tokens.get(self.next).map_or(self.last, |token| token.span.clone().start);
                let mut end = start;
                for entry in entries.iter_mut() {
                    entry.id = self.number();
                    entry.span = self.take(Some(&entry.key));
                    end = end.max(entry.span.end).min(entry.span.end.max(start));
                    self.node(&mut entry.node, faults);
                }
                // A map is pointed at by its first key: the whole of it would underline a page.
                node.span = start..entries.first().map_or(end, |entry| entry.span.end);
                drop_duplicates(entries, faults);
            }
            _ => node.span = self.take(None),
        }
    }
}

fn drop_duplicates(entries: &mut Vec<Entry>, faults: &mut Vec<Fault>) {
    let mut seen: Vec<String> = Vec::new();
    entries.retain(|entry| {
        if seen.contains(&entry.key) {
            let message = format!("`{}` is here twice", entry.key);
            faults.push(Fault::new(entry.span.clone(), message).help("keep one of the two"));
            return false;
        }
        seen.push(entry.key.clone());
        true
    });
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Build)
    }
}

struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::bare(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::bare(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Node, D::Error> {
        from.deserialize_any(Build)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::bare(Value::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::bare(Value::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::bare(u64::try_from(value).map_or(Value::Signed(value), Value::Unsigned)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::bare(Value::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::bare(Value::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Node::bare(Value::Seq(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, node)) = map.next_entry::<Node, Node>()? {
            let key = match key.value {
                Value::Text(text) => text,
                Value::Unsigned(number) => number.to_string(),
                Value::Signed(number) => number.to_string(),
                Value::Bool(value) => value.to_string(),
                _ => return Err(serde::de::Error::custom("a key is a word")),
            };
            entries.push(Entry { id: 0, key, span: 0..0, node });
        }
        Ok(Node::bare(Value::Map(entries)))
    }
}
