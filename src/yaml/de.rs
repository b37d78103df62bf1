//! From the tree to a type: a serde deserialiser whose errors name the node that they are about.
//!
//! The words for a wrong type, an unknown key or an unknown value are made here once, with what was
//! probably meant.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::tree::{Entry, Node, Value};
use crate::fault::near_miss;

/// A refusal, and the number of the node that it is about.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) at: Option<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The key that is missing, where that is the matter.
    pub(super) missing: Option<String>,
    /// A word that would have been known here.
    pub(super) known: Option<&'static str>,
}

impl Refusal {
    fn new(message: impl AsRef<str>, help: Option<String>) -> Self {
        // What a file says may be quoted here, and must not steer the reader's terminal.
        let plain =
            |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
        let message = message.as_ref().chars().map(plain).collect();
        Self { at: None, message, help, missing: None, known: None }
    }

    /// Another kind of value than belongs here.
    fn kind(found: &str, belongs: &str, help: Option<String>) -> Self {
        Self::new(format!("found {found} where {belongs} belongs"), help)
    }

    fn at(mut self, id: usize) -> Self {
        self.at.get_or_insert(id);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

fn spoken(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Unit => "nothing".to_owned(),
        Unexpected::Str(text) => format!("the text `{text}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Map => "a map of keys".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        other => other.to_string(),
    }
}

/// serde's names of types, for people.
fn belongs(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "a string" => "a text".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more,".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        other => other.to_owned(),
    }
}

fn choices(word: &str, known: &'static [&'static str]) -> Option<String> {
    match near_miss(word, known.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if known.is_empty() => None,
        None => Some(format!("known here: {}", known.join(", "))),
    }
}

impl serde::de::Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string(), None)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown key `{field}`"), choices(field, expected))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let refusal =
            Self::new(format!("`{variant}` is not known here"), choices(variant, expected));
        Self { known: expected.first().copied(), ..refusal }
    }

    fn missing_field(field: &'static str) -> Self {
        let help = Some(format!("add `{field}: ...`"));
        Self { missing: Some(field.to_owned()), ..Self::new(format!("`{field}` is missing"), help) }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::kind(&spoken(unexpected), &belongs(expected), None)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = spoken(unexpected);
        Self::new(format!("{found} is impossible here: {} belongs here", belongs(expected)), None)
    }
}

/// A deserialiser over a node.
pub(super) struct NodeDe<'a>(pub(super) &'a Node);

impl NodeDe<'_> {
    fn found(&self) -> String {
        spoken(match &self.0.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::Unsigned(value) => Unexpected::Unsigned(*value),
            Value::Signed(value) => Unexpected::Signed(*value),
            Value::Float(value) => Unexpected::Float(*value),
            Value::Text(text) => Unexpected::Str(text),
            Value::Seq(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
        })
    }
}

impl<'de> Deserializer<'de> for NodeDe<'_> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let result = match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Signed(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(text) => visitor.visit_str(text),
            Value::Seq(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => {
                visitor.visit_map(Entries { entries: entries.iter(), held: None })
            }
        };
        result.map_err(|refusal: Refusal| refusal.at(self.0.id))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if matches!(self.0.value, Value::Map(_)) {
            return self.deserialize_any(visitor);
        }
        let help = Some(format!("known here: {}", fields.join(", ")));
        Err(Refusal::kind(&self.found(), "a map of keys", help).at(self.0.id))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        let id = self.0.id;
        let result = match &self.0.value {
            Value::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Value::Map(entries) if entries.len() == 1 => visitor.visit_enum(Tagged(&entries[0])),
            _ => {
                let help = Some(format!("known here: {}", words.join(", ")));
                Err(Refusal::kind(&self.found(), "a word", help))
            }
        };
        result.map_err(|refusal| refusal.at(id))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refusal> {
        self.0.next().map(|item| seed.deserialize(NodeDe(item))).transpose()
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    held: Option<&'a Entry>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refusal> {
        let Some(entry) = self.entries.next() else { return Ok(None) };
        self.held = Some(entry);
        let key: StrDeserializer<'_, Refusal> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|refusal| refusal.at(entry.id))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        match self.held.take() {
            Some(entry) => {
                seed.deserialize(NodeDe(&entry.node)).map_err(|refusal| refusal.at(entry.node.id))
            }
            None => Err(serde::de::Error::custom("a value without a key")),
        }
    }
}

/// `variant: content`.
struct Tagged<'a>(&'a Entry);

impl<'de, 'a> EnumAccess<'de> for Tagged<'a> {
    type Error = Refusal;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'a>), Refusal> {
        let key: StrDeserializer<'_, Refusal> = self.0.key.as_str().into_deserializer();
        let value = seed.deserialize(key).map_err(|refusal| refusal.at(self.0.id))?;
        Ok((value, Content(&self.0.node)))
    }
}

struct Content<'a>(&'a Node);

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        match self.0.value {
            Value::Null => Ok(()),
            _ => Err(Refusal::new("nothing belongs below this", None).at(self.0.id)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refusal> {
        seed.deserialize(NodeDe(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refusal> {
        NodeDe(self.0).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        NodeDe(self.0).deserialize_any(visitor)
    }
}
