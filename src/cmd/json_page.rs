//! docs/json.md: what commands answer for programs, made from the types of the answers.

use std::fmt::Write as _;

use serde_json::Value;

use super::row::Row;
use super::schema::shapes;
use super::type_page::{Of, head, keys, section, text_of, type_of};
use crate::render::json::{frame, generator};

const ABOUT: &str = "Every command takes `--json`. Standard output is then one JSON object, and standard error has words for people. The exit
status is the same with and without it: 0 healthy or as wanted, 1 something differs or is wrong, 2 an error.

* Bytes, bits per second and counts are whole numbers. GUIDs are texts, since they exceed what a JSON number holds safely. Times are
  texts in RFC 3339. A key whose value is not known is `null`, or an object with `unknown`, the reason.
* A wwn is written as udev has it, `0x5000c500a1b2c3d4`; `--take` takes it so, and with `wwn-` before it.
* Texts such as `summary` are for people and may change; decide by `id`, `code`, `severity`, states and numbers.
* Keys are added without notice. `version` changes when a key goes or means something else. A schema names every key of the zbay that
  prints it: hold an answer against the schema of the same zbay.

`zbay schema` lists the commands that have a JSON schema (draft 2020-12), `zbay schema status` prints one. All answers of the recorded
servers are held against them.

```text
zbay status --json | jq -r '.pools[] | select(.next != null) | \"\\(.pool): \\(.next)\"'
zbay verify --json | jq -e '.drift == []'
zbay show disk --json | jq -r '.disks[] | [.bay, .serial, .health] | @tsv'
```
";

/// The page.
pub fn page(rows: &[Row]) -> String {
    let mut out = head("JSON", "What commands answer for programs");
    out.push_str(ABOUT);
    let mut generator = generator();
    let frame = frame(&mut generator);
    let _ = writeln!(out, "\n## Every answer\n\n{}\n", text_of(&frame));
    keys(&mut out, &frame, Of::Answer);
    let finding = generator.definitions().get("Finding").cloned().unwrap_or_default();
    section(&mut out, "##", "Finding", &finding, Of::Answer);
    let severity = generator.definitions().get("Severity").cloned().unwrap_or_default();
    section(&mut out, "##", "Severity", &severity, Of::Answer);
    out.push_str("\n## Commands\n");
    for shape in shapes(rows) {
        let body = shape.body(&mut generator);
        let _ = writeln!(out, "\n### {}\n\n{}\n", shape.typed(), text_of(&body));
        match body.get("anyOf").and_then(Value::as_array) {
            None => keys(&mut out, &body, Of::Answer),
            Some(forms) => {
                for (index, form) in forms.iter().enumerate() {
                    let gap = if index == 0 { "" } else { "\n" };
                    let _ = writeln!(out, "{gap}{}\n", text_of(form));
                    keys(&mut out, form, Of::Answer);
                }
            }
        }
    }
    out.push_str("\n## Types\n");
    for (name, definition) in generator.take_definitions(true) {
        match name.as_str() {
            "Finding" | "Severity" => {}
            _ if definition.get("oneOf").is_some_and(has_keys) => {
                tagged(&mut out, &name, &definition);
            }
            _ => section(&mut out, "###", &name, &definition, Of::Answer),
        }
    }
    out
}

fn has_keys(variants: &Value) -> bool {
    variants.as_array().is_some_and(|all| all.iter().any(|one| one.get("properties").is_some()))
}

/// A type that is one of several objects, or words: each with its own keys.
fn tagged(out: &mut String, name: &str, definition: &Value) {
    let _ = writeln!(out, "\n### {name}\n\n{}\n", text_of(definition));
    for variant in definition.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        let properties = variant.get("properties").and_then(Value::as_object);
        let mut tag = variant.get("const").map(ToString::to_string);
        let mut own = Vec::new();
        for (key, value) in properties.into_iter().flatten() {
            match value.get("const") {
                Some(word) => tag = Some(format!("{key}: {word}")),
                None if text_of(value).is_empty() => {
                    own.push(format!("`{key}` ({})", type_of(value)));
                }
                None => own.push(format!("`{key}`: {}", text_of(value).trim_end_matches('.'))),
            }
        }
        if variant.get("$ref").is_some() {
            own.push(format!("the keys of {}", type_of(variant)));
        }
        let tag = tag.map(|tag| format!("`{tag}` ")).unwrap_or_default();
        let own = if own.is_empty() { String::new() } else { format!(" With {}.", own.join("; ")) };
        let _ = writeln!(out, "* {tag}{}{own}", text_of(variant));
    }
}
