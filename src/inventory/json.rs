//! What the JSON of `zpool -j` and `zfs -j` has in common.
//!
//! Objects are keyed by name and ordered by meaning (vdevs, leaves, datasets), so they are read as
//! lists, never as maps. Numbers come as numbers or as text, depending on `--json-int`, and GUIDs exceed
//! `i64`. Every document says which version of the form it has; another major one is refused.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::inventory::Unknown;
use crate::property::Property;

/// An object as pairs, in its own order.
#[derive(Clone, Debug)]
pub(super) struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The values in order.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Pairs<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Ordered(pairs))
            }
        }
        from.deserialize_map(Pairs(PhantomData))
    }
}

/// A number, written as one or as text; `-` and other words are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(pub Option<u64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match serde_json::Value::deserialize(from)? {
            serde_json::Value::Number(number) => Self(number.as_u64()),
            serde_json::Value::String(text) => Self(text.parse().ok()),
            _ => Self(None),
        })
    }
}

#[derive(Deserialize)]
struct Head {
    output_version: Version,
}

#[derive(Deserialize)]
struct Version {
    command: String,
    vers_major: u64,
    vers_minor: u64,
}

/// Reads a document of `command` (`zpool status`), refusing another command's and another version's.
pub(super) fn document<T: DeserializeOwned>(command: &str, text: &str) -> Result<T, Unknown> {
    let damaged =
        |why: serde_json::Error| Unknown::because(format!("`{command}` wrote no such JSON: {why}"));
    let Head { output_version: version } = serde_json::from_str(text).map_err(damaged)?;
    if version.command != command || version.vers_major != 0 {
        let Version { command: other, vers_major, vers_minor } = version;
        return Err(Unknown::because(format!(
            "`{command}` wrote version {vers_major}.{vers_minor} of `{other}`, which this zbay does not know"
        )));
    }
    serde_json::from_str(text).map_err(damaged)
}

/// A property as both programs write it.
#[derive(Deserialize)]
pub(super) struct RawProperty {
    value: serde_json::Value,
    source: Source,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
}

impl RawProperty {
    /// The value as text.
    pub fn text(&self) -> String {
        match &self.value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }

    /// With its name.
    pub fn named(&self, name: &str) -> Property {
        Property {
            name: name.to_owned(),
            value: self.text(),
            source: self.source.kind.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_numbers_are_both() {
        let it: Ordered<Number> = serde_json::from_str(
            r#"{"z": 18101382665317604723, "a": "18101382665317604723", "m": "-"}"#,
        )
        .unwrap();
        let guid = Number(Some(18_101_382_665_317_604_723));
        assert_eq!(it.0, [("z".into(), guid), ("a".into(), guid), ("m".into(), Number(None))]);
    }

    #[test]
    fn another_version_is_refused() {
        let head = |text| document::<Ordered<serde_json::Value>>("zpool status", text).err();
        let good = r#"{"output_version":{"command":"zpool status","vers_major":0,"vers_minor":7}}"#;
        assert_eq!(head(good), None);
        let newer = good.replace("\"vers_major\":0", "\"vers_major\":1");
        assert_eq!(
            head(&newer).unwrap().to_string(),
            "`zpool status` wrote version 1.7 of `zpool status`, which this zbay does not know"
        );
        let other =
            head(r#"{"output_version":{"command":"zfs get","vers_major":0,"vers_minor":1}}"#);
        assert!(other.is_some());
        let broken = head(r#"{"output_version":"#).unwrap().to_string();
        assert!(broken.starts_with("`zpool status` wrote no such JSON: EOF"), "{broken}");
    }
}
