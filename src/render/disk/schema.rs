//! A drive's row for programs, and its JSON schema: both made from the table of columns.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::columns::{COLUMNS, Column, Kind, OnDisk, Sectors};
use crate::finding::Finding;
use crate::render::json::Known;
use crate::smart::Smart;

/// A drive: a key for each column, and what is no column.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct DriveRow(pub Map<String, Value>);

/// What stands beside the columns.
#[derive(Serialize, JsonSchema)]
pub struct Beside {
    /// It is not confirmed that this port is this bay.
    pub bay_assumed: bool,
    /// Whether it was asleep when it was asked, before anything could wake it; `null`: not asked, or it cannot tell.
    pub asleep: Option<bool>,
    /// The name below /dev/disk that zbay uses for it; `null`: it has none that survives a reboot.
    pub address: Option<String>,
    /// Why its identity cannot be relied on; such a disk is refused for pools.
    pub flaws: Vec<Finding>,
    /// What it reports about its health; absent if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smart: Option<Smart>,
    /// What follows from that, the worst first; absent where `smart` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
    /// When it said what stands in `smart`, where it sleeps now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smart_as_of: Option<Timestamp>,
}

/// The columns that are keys: the size stands in bytes alone.
pub fn keys() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| column.key() != "tb")
}

/// A column's key: its name in snake case.
pub fn key(column: &Column) -> String {
    column.key().replace('-', "_")
}

impl JsonSchema for DriveRow {
    fn schema_name() -> Cow<'static, str> {
        "Drive".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let beside = Beside::json_schema(generator).to_value();
        let mut keys: Map<String, Value> = Map::new();
        for column in self::keys() {
            let mut is = match column.is {
                Kind::Text => json_schema!({ "type": ["string", "null"] }),
                Kind::Integer => json_schema!({ "type": ["integer", "null"] }),
                Kind::Boolean => json_schema!({ "type": ["boolean", "null"] }),
                Kind::Counts => json_schema!({
                    "type": ["array", "null"], "items": { "type": "integer" }, "minItems": 3, "maxItems": 3
                }),
                Kind::Sectors => generator.subschema_for::<Option<Sectors>>(),
                Kind::Object => generator.subschema_for::<Known<OnDisk>>(),
            };
            is.insert("description".to_owned(), column.help.into());
            keys.insert(key(column), is.to_value());
        }
        if let Some(Value::Object(more)) = beside.get("properties") {
            keys.extend(more.clone());
        }
        let mut must: Vec<Value> =
            ["bay", "dev", "serial", "wwn"].into_iter().map(Value::from).collect();
        if let Some(Value::Array(more)) = beside.get("required") {
            must.extend(more.clone());
        }
        json_schema!({
            "description": "A disk that is there. The columns that were asked for, without flags all of them; `null` is \
                not known.",
            "type": "object",
            "properties": keys,
            "required": must,
        })
    }
}
