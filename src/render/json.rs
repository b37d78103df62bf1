//! What every JSON answer has, and the schema of each.
//!
//! An answer is a type of its command; beside its keys stand `version`, `changed` and `notes`. Bytes are numbers, GUIDs are
//! texts (they exceed what a JSON number holds safely), times are RFC 3339, what is not known is `null` or says why. Keys are
//! added without notice; the version changes when one goes or means something else.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::check::Note;
use crate::finding::Finding;
use crate::inventory::Facet;

pub mod plan;
pub mod pool;

/// Version of the answers' shape.
pub const VERSION: u32 = 2;

/// What `zbay` alone answers with is known by.
pub const OVERVIEW: &str = "overview";
/// What a request that failed answers with is known by.
pub const ERROR: &str = "error";

/// A value, or why it is not known.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Known<T> {
    /// It is known.
    Value(T),
    /// It is not.
    Unknown {
        /// Why, in words.
        unknown: String,
    },
}

impl<T> Known<T> {
    /// The value in the form of the answer.
    pub fn of<F>(facet: &Facet<F>, shown: impl FnOnce(&F) -> T) -> Self {
        match facet {
            Ok(value) => Self::Value(shown(value)),
            Err(unknown) => Self::Unknown { unknown: unknown.why.clone() },
        }
    }
}

/// A text as people read it, and nothing else.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Text {
    /// The text.
    pub text: String,
}

/// What stands in every answer.
#[derive(Serialize, JsonSchema)]
struct Frame {
    /// Version of the answers' shape: it changes when a key goes or means something else.
    version: u32,
    /// Whether the machine was changed.
    changed: bool,
    /// What else a person should know.
    notes: Vec<Finding>,
    /// On a machine that shows nothing to work on: where to see one that does.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    try_: Option<String>,
    /// The file that a picture was written into, where one was wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<String>,
}

/// An answer of a command that changes nothing: `body` beside `version`, `changed` and `notes`.
pub fn answer(notes: &[Note], body: impl Serialize) -> Value {
    changed(notes, false, body)
}

/// An answer that says whether the machine was changed.
pub fn changed(notes: &[Note], changed: bool, body: impl Serialize) -> Value {
    let notes = notes.iter().map(Finding::from).collect();
    let frame = Frame { version: VERSION, changed, notes, try_: None, picture: None };
    let object = |value| match value {
        Ok(Value::Object(map)) => map,
        // No type of an answer is another kind of value.
        _ => Map::new(),
    };
    let mut all = object(serde_json::to_value(&frame));
    let notes = all.remove("notes");
    all.extend(object(serde_json::to_value(&body)));
    all.extend(notes.map(|notes| ("notes".to_owned(), notes)));
    Value::Object(all)
}

/// The shape of a command's answer.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// The command, as it is typed: `show disk`; [`OVERVIEW`] and [`ERROR`] are none.
    pub command: &'static str,
    /// Its own keys.
    body: fn(&mut SchemaGenerator) -> Schema,
}

impl Shape {
    /// Of a command that answers with a `B`.
    pub const fn of<B: JsonSchema>(command: &'static str) -> Self {
        Self { command, body: B::json_schema }
    }

    /// What gives such an answer: `zbay show disk --json`.
    pub fn typed(&self) -> String {
        match self.command {
            OVERVIEW => "zbay --json".to_owned(),
            ERROR => "an error with --json".to_owned(),
            command => format!("zbay {command} --json"),
        }
    }

    /// Its own keys, without those of every answer; forms that are types of their own in their place.
    pub fn body(&self, generator: &mut SchemaGenerator) -> Value {
        let mut body = (self.body)(generator).to_value();
        for variants in ["anyOf", "oneOf"] {
            let all = body.get_mut(variants).and_then(Value::as_array_mut);
            all.into_iter().flatten().for_each(|one| inlined(one, generator));
        }
        body
    }

    /// The schema of the whole answer (draft 2020-12), where the types that it names have theirs.
    pub fn within(&self, generator: &mut SchemaGenerator) -> Value {
        let frame = frame(generator);
        let mut body = self.body(generator);
        for variants in ["anyOf", "oneOf"] {
            let Some(all) = body.get_mut(variants).and_then(Value::as_array_mut) else { continue };
            for one in all {
                join(one, &frame);
            }
            return body;
        }
        join(&mut body, &frame);
        body
    }

    /// The same, alone.
    pub fn schema(&self) -> Value {
        let mut generator = generator();
        let mut schema = self.within(&mut generator);
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["title"] = self.typed().into();
        schema["$defs"] = Value::Object(generator.take_definitions(true));
        closed(&mut schema);
        schema
    }
}

/// The keys of every answer.
pub fn frame(generator: &mut SchemaGenerator) -> Value {
    Frame::json_schema(generator).to_value()
}

/// What makes the schemas of answers.
pub fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().for_serialize().into_generator()
}

/// A variant that is a type of its own: its keys in its place.
fn inlined(schema: &mut Value, generator: &SchemaGenerator) {
    let Some(path) = schema.get("$ref").and_then(Value::as_str) else { return };
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(found) = generator.definitions().get(name) {
        *schema = found.clone();
    }
}

/// Puts the keys of one object beside those of another.
fn join(schema: &mut Value, other: &Value) {
    for (key, empty) in
        [("properties", Value::Object(Map::new())), ("required", Value::Array(Vec::new()))]
    {
        if schema.get(key).is_none() {
            schema[key] = empty;
        }
        match (&mut schema[key], other.get(key)) {
            (Value::Object(all), Some(Value::Object(more))) => all.extend(more.clone()),
            (Value::Array(all), Some(Value::Array(more))) => all.extend(more.clone()),
            _ => {}
        }
    }
}

/// No object has a key that its schema does not name.
pub fn closed(schema: &mut Value) {
    let defs = schema.get("$defs").cloned().unwrap_or_default();
    close(schema, &defs);
}

fn close(schema: &mut Value, defs: &Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(|one| close(one, defs)),
        Value::Object(map) => {
            // Keys of its own beside those of a type: a variant that is told by a tag.
            let named = map.get("$ref").and_then(Value::as_str);
            let named = named.and_then(|path| defs.get(path.rsplit('/').next()?)).cloned();
            if let Some(named) = named.filter(|_| map.contains_key("properties")) {
                map.remove("$ref");
                let mut whole = Value::Object(std::mem::take(map));
                join(&mut whole, &named);
                if let Value::Object(whole) = whole {
                    *map = whole;
                }
            }
            for (key, one) in map.iter_mut() {
                match one {
                    // Names of keys and of types, not schemas.
                    Value::Object(named) if ["properties", "$defs"].contains(&key.as_str()) => {
                        named.values_mut().for_each(|one| close(one, defs));
                    }
                    one => close(one, defs),
                }
            }
            if map.contains_key("properties") && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".to_owned(), false.into());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;
    use serde_json::json;

    use super::{Shape, answer};

    #[derive(Serialize, JsonSchema)]
    struct Body {
        disks: Vec<u32>,
    }

    #[test]
    fn every_answer_has_the_same_frame() {
        let value = answer(&[], Body { disks: vec![1] });
        assert_eq!(value, json!({"version": 2, "changed": false, "disks": [1], "notes": []}));
        let schema = Shape::of::<Body>("show disk").schema();
        assert_eq!(schema["title"], "zbay show disk --json");
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["$defs"]["Finding"]["additionalProperties"], json!(false));
        let keys = schema["properties"].as_object().unwrap();
        assert!(keys.contains_key("disks") && keys.contains_key("try"), "{keys:?}");
    }
}
