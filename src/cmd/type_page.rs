//! Types as Markdown: their doc comments are the documentation, their schemas the tables.

use std::fmt::Write as _;

use serde_json::Value;

/// How a page begins that is made from the types.
pub(super) fn head(title: &str, what: &str) -> String {
    format!(
        "<!-- made by `scripts/reference` from the types: change them, not this page -->\n# {title}\n\n{what}.\n\n"
    )
}

/// A page about a file that people write.
pub(super) fn schema(title: &str, what: &str, schema: &Value) -> String {
    let mut out = head(title, what);
    out.push_str(
        "Unknown keys are refused. Sizes are bytes, or a number with a unit: `4TB` is decimal, `500G` and `1M` are powers of 1024.\n",
    );
    section(&mut out, "##", "top of the file", schema, Of::File);
    if let Some(definitions) = schema.get("$defs").and_then(Value::as_object) {
        for (name, definition) in definitions {
            section(&mut out, "##", name, definition, Of::File);
        }
    }
    out
}

/// A type of its own: its keys, or its words. `level`: of the heading.
pub(super) fn section(out: &mut String, level: &str, name: &str, schema: &Value, of: Of) {
    let about = text_of(schema);
    if schema.get("properties").is_none() {
        words(out, level, name, schema, &about);
        return;
    }
    let _ = writeln!(out, "\n{level} {name}\n\n{about}\n");
    keys(out, schema, of);
}

/// What a type describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// A file that people write: most keys may be left out.
    File,
    /// An answer: few keys are left out, and many may be `null`.
    Answer,
}

/// A table of keys.
pub(super) fn keys(out: &mut String, schema: &Value, of: Of) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    out.push_str("| key | type | what |\n|---|---|---|\n");
    let required = |key: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|one| one == key))
    };
    for (key, value) in properties {
        let must = match of {
            Of::File if required(key) => " (needed)",
            Of::Answer if !required(key) => " (may be absent)",
            _ => "",
        };
        let null = if of == Of::Answer && is_nullable(value) { " or null" } else { "" };
        let _ = writeln!(
            out,
            "| `{key}`{must} | {}{null} | {} |",
            type_of(value),
            text_of(value).replace('|', "\\|")
        );
    }
}

/// A type that is one of some words.
fn words(out: &mut String, level: &str, name: &str, schema: &Value, about: &str) {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut rows: Vec<(String, String)> = Vec::new();
    for one in list("oneOf") {
        if let Some(word) = one.get("const").and_then(Value::as_str) {
            rows.push((word.to_owned(), text_of(&one)));
        }
        for word in one.get("enum").and_then(Value::as_array).into_iter().flatten() {
            rows.extend(word.as_str().map(|word| (word.to_owned(), String::new())));
        }
    }
    rows.extend(
        list("enum").iter().filter_map(|one| Some((one.as_str()?.to_owned(), String::new()))),
    );
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{level} {name}\n\n{about}\n");
    for (word, what) in rows {
        let what =
            if what.is_empty() || what == word { String::new() } else { format!(": {what}") };
        let _ = writeln!(out, "* `{word}`{what}");
    }
}

fn is_nullable(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_null),
        _ => schema
            .get("anyOf")
            .and_then(Value::as_array)
            .is_some_and(|any| any.iter().any(|one| one.get("type").is_some_and(is_null))),
    }
}

/// What a doc comment says, in a line.
pub(super) fn text_of(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

/// A type in words.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let kinds: Vec<String> = any
            .iter()
            .filter(|one| one.get("type").and_then(Value::as_str) != Some("null"))
            .map(type_of)
            .collect();
        return kinds.join(" or ");
    }
    if schema.pointer("/properties/unknown").is_some() {
        return "`unknown`, why".to_owned();
    }
    match schema.get("type") {
        Some(Value::String(kind)) if kind == "array" => {
            let of = schema.get("items").map(type_of).unwrap_or_default();
            if of.is_empty() || of == "any" { "list".to_owned() } else { format!("list of {of}") }
        }
        Some(Value::String(kind)) if kind == "object" => {
            let of = schema.get("additionalProperties").map(type_of).unwrap_or_default();
            if of.is_empty() || of == "any" { "map".to_owned() } else { format!("map of {of}") }
        }
        Some(Value::String(kind)) => plain(kind),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.map(plain).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

fn plain(kind: &str) -> String {
    match kind {
        "string" => "text",
        "integer" => "number",
        "boolean" => "true or false",
        other => other,
    }
    .to_owned()
}
