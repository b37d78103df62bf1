//! JSON of other programs, rewritten in place: keys stay in their order, since zpool's order means something, and a document
//! that was pretty-printed stays so.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A document.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// Keys in the order of the text; a key that stands twice is there twice.
    Object(Vec<(String, Json)>),
    /// A list.
    List(Vec<Json>),
    /// A text.
    Text(String),
    /// A number, a truth or nothing.
    Other(Value),
}

impl Json {
    /// From a text; `None`: it is no JSON document.
    pub fn parse(text: &str) -> Option<Self> {
        text.trim_start().starts_with(['{', '[']).then(|| serde_json::from_str(text).ok())?
    }

    /// As text, on lines of its own where `like` is.
    pub fn write(&self, like: &str) -> Option<String> {
        let lines = like.trim_end().contains('\n');
        let text =
            if lines { serde_json::to_string_pretty(self) } else { serde_json::to_string(self) };
        text.ok().map(|text| if like.ends_with('\n') { text + "\n" } else { text })
    }

    /// The text at a key of an object.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number at a key of an object.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Self::Other(Value::Number(number)) => number.as_u64(),
            _ => None,
        }
    }

    /// The value at a key of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(pairs) = self else { return None };
        pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sees each value with the keys that lead to it, those around it first.
    pub fn walk(&self, at: &mut Vec<String>, see: &mut dyn FnMut(&[String], &Self)) {
        see(at, self);
        match self {
            Self::Object(pairs) => {
                for (key, value) in pairs {
                    at.push(key.clone());
                    value.walk(at, see);
                    at.pop();
                }
            }
            Self::List(items) => items.iter().for_each(|item| item.walk(at, see)),
            Self::Text(_) | Self::Other(_) => {}
        }
    }

    /// Changes each value with the keys that lead to it, what is within it afterwards.
    pub fn change(&mut self, at: &mut Vec<String>, change: &mut dyn FnMut(&[String], &mut Self)) {
        change(at, self);
        match self {
            Self::Object(pairs) => {
                for (key, value) in pairs {
                    at.push(key.clone());
                    value.change(at, change);
                    at.pop();
                }
            }
            Self::List(items) => items.iter_mut().for_each(|item| item.change(at, change)),
            Self::Text(_) | Self::Other(_) => {}
        }
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(pairs) => {
                let mut map = to.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Self::Text(text) => to.serialize_str(text),
            Self::Other(value) => value.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Json::Object(pairs))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_bool<E>(self, is: bool) -> Result<Json, E> {
        Ok(Json::Other(is.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        Ok(Json::Other(number.into()))
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Other(Value::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_lines_stay() {
        let text = "{\n  \"z\": [\n    1,\n    -2,\n    18101382665317604723\n  ],\n  \"a\": {\n    \"b\": null\n  }\n}\n";
        let mut json = Json::parse(text).unwrap();
        assert_eq!(json.write(text).unwrap(), text);
        json.change(&mut Vec::new(), &mut |at, value| {
            if at == ["a", "b"] {
                *value = Json::Text("x".to_owned());
            }
        });
        let one = r#"{"z":[1,-2,18101382665317604723],"a":{"b":"x"}}"#;
        assert_eq!(json.write("{}").unwrap(), one);
        assert_eq!(Json::parse("NAME\tSIZE"), None);
    }
}
