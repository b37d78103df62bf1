//! The JSON Schema of `show disk --json`, made from the table of columns.

use serde_json::{Map, Value, json};

use super::columns::{COLUMNS, Kind};
use crate::render::json::VERSION;

/// The schema (draft 2020-12). A column that is not known is `null`; fields may be added.
pub fn schema() -> Value {
    let mut disk = Map::new();
    for column in COLUMNS.iter().filter(|column| column.key() != "tb") {
        let mut is = match column.is {
            Kind::Text => json!({ "type": ["string", "null"] }),
            Kind::Integer => json!({ "type": ["integer", "null"] }),
            Kind::Boolean => json!({ "type": ["boolean", "null"] }),
            Kind::Counts => {
                json!({ "type": ["array", "null"], "items": { "type": "integer" }, "minItems": 3, "maxItems": 3 })
            }
            Kind::Object => json!({ "type": "object" }),
        };
        is["description"] = json!(column.help);
        disk.insert(column.key().to_owned(), is);
    }
    for (key, kind, what) in [
        ("bay_assumed", "boolean", "It is not confirmed that this port is this bay"),
        (
            "flaws",
            "array",
            "Why its identity cannot be relied on; such a disk is refused for pools",
        ),
        ("smart", "object", "What it reports about its health, raw; absent if unknown"),
        ("findings", "array", "What follows from that, the worst first"),
    ] {
        disk.insert(key.to_owned(), json!({ "type": kind, "description": what }));
    }
    for (key, kind, what) in [
        (
            "asleep",
            "boolean",
            "Whether it was asleep when it was asked, before anything could wake it",
        ),
        ("address", "string", "The name below /dev/disk that zbay uses for it"),
        ("smart_as_of", "string", "When it reported what is in `smart`, if it is asleep now"),
    ] {
        disk.insert(key.to_owned(), json!({ "type": [kind, "null"], "description": what }));
    }
    let text = json!({ "type": ["string", "null"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zbay show disk --json",
        "description": "Bytes, bits per second and counts are whole numbers, GUIDs and times (RFC 3339) are texts. \
            Fields may be added; `version` changes when one goes or means something else.",
        "type": "object",
        "required": ["version", "changed", "hardware", "disks", "missing", "since", "notes"],
        "properties": {
            "version": { "const": VERSION },
            "changed": { "const": false, "description": "Whether the machine was changed" },
            "hardware": { "type": "string", "description": "The description of the box" },
            "try": { "type": "string", "description": "On a machine that shows nothing: where to see one that does" },
            "disks": {
                "type": "array",
                "description": "Whole disks in natural order of their kernel names",
                "items": {
                    "type": "object",
                    "required": ["bay", "dev", "serial", "wwn", "bay_assumed", "asleep", "address", "flaws"],
                    "properties": disk,
                },
            },
            "missing": {
                "type": "array",
                "description": "Members of imported pools whose drives are not there",
                "items": {
                    "type": "object",
                    "required": ["bay", "place", "model", "serial", "pool", "vdev", "guid", "state"],
                    "properties": {
                        "bay": text, "place": { "type": "string" }, "model": { "type": "string" },
                        "serial": text, "pool": { "type": "string" }, "vdev": { "type": "string" },
                        "guid": { "type": "string" }, "state": { "type": "string" },
                    },
                },
            },
            "since": {
                "type": "object",
                "description": "What differs from the look before",
                "required": ["looked", "changes"],
                "properties": { "looked": text, "changes": { "type": "array", "items": { "type": "object" } } },
            },
            "notes": {
                "type": "array",
                "description": "Findings about drives: rule, severity, message, remedy",
                "items": {
                    "type": "object",
                    "required": ["rule", "severity", "message", "remedy"],
                    "properties": {
                        "rule": { "type": "string" },
                        "severity": { "enum": ["advice", "warning", "error"] },
                        "message": { "type": "string" }, "remedy": { "type": "string" },
                        "at": { "type": "string" }, "bay": text, "wwn": text,
                    },
                },
            },
        },
    })
}
