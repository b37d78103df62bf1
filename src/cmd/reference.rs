//! The reference pages of docs/, made from the types: their doc comments are the documentation.

use std::fmt::Write as _;

use crate::render::disk::schema::schema as disk_schema;
use anyhow::{Result, bail};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde_json::{Value, json};

use super::Answer;
use super::man;
use super::row::{Does, Group, Page, Row, Run, given, options};
use crate::check::Rule;
use crate::hw::Hw;
use crate::machine::local::write_new_file;
use crate::profile::Profile;
use crate::status::What;

/// The command.
pub const ROW: Row = Row {
    name: "reference",
    about: "Write the reference pages that are made from the types",
    more: "",
    group: Group::Hidden,
    does: Does::Computes,
    page: Page::Narrow,
    arguments: options::<ReferenceArgs>,
    run: Run::Commands(|rows, matches| {
        let args: ReferenceArgs = given(matches)?;
        match &args.dir {
            Some(dir) => manual(rows, dir),
            None => run(&args.page),
        }
    }),
    examples: &[],
};

/// Arguments of `reference`.
#[derive(Debug, Args)]
pub struct ReferenceArgs {
    /// Which: profile, hw, rules, status, capabilities or show-disk.schema; or man, the pages of the manual.
    pub page: String,
    /// Where the pages of the manual are written.
    #[arg(required_if_eq("page", "man"))]
    pub dir: Option<Utf8PathBuf>,
}

/// Writes the pages of the manual into a directory that is there.
fn manual(rows: &[Row], dir: &Utf8Path) -> Result<Answer> {
    let mut text = String::new();
    for (name, page) in man::pages(rows)? {
        write_new_file(&dir.join(&name), &page)?;
        text.extend([name.as_str(), "\n"]);
    }
    Ok(Answer { json: json!({ "text": text }), text, status: 0 })
}

/// Writes one page.
///
/// # Errors
/// There is no such page.
pub fn run(page: &str) -> Result<Answer> {
    let text = match page {
        "profile" => schema(
            "Profiles",
            "What `profiles/NAME.yaml` and /etc/zbay/profile.yaml may say",
            &schemars::schema_for!(Profile).to_value(),
        ),
        "hw" => schema(
            "Hardware descriptions",
            "What `hw/NAME.yaml` may say",
            &schemars::schema_for!(Hw).to_value(),
        ),
        "rules" => rules(),
        "capabilities" => super::capabilities::page(),
        "status" => status(),
        "show-disk.schema" => serde_json::to_string_pretty(&disk_schema())? + "\n",
        other => bail!(
            "there is no reference page `{other}`: profile, hw, rules, status, capabilities, show-disk.schema"
        ),
    };
    Ok(Answer { json: json!({ "text": text }), text, status: 0 })
}

fn rules() -> String {
    let mut out = head("Rules", "What `zbay check` and every plan look for, and why");
    out.push_str("| rule | why |\n|---|---|\n");
    for (_, id, why) in Rule::ALL {
        let _ = writeln!(out, "| `{id}` | {why} |");
    }
    out
}

fn status() -> String {
    let what = "What `zbay status` says about a pool, what it means, and what to type next";
    let mut out = head("Status", what);
    out.push_str(
        "The most serious comes first, as in this table. `zbay status` exits with 0 if there are \
         only notices, with 1 if something is wrong or there is a warning, and with 2 if ZFS did not answer within 10 seconds.\n\n\
         For a failed drive, a bay is named only if the drive itself (wwn, or model and serial) is found in it, or if ZFS remembers the drive there and no other member is there now. Otherwise its model and serial are named. ZFS keeps reporting ONLINE for members of a suspended pool: there, zbay looks which drives are missing.\n\n\
         ZFS remembers one scan: after a resilver the date of the last scrub is unknown, and zbay says so. For a few seconds after a drive comes back, ZFS shows no sign of the data it is missing: the remaining redundancy is known once ZFS reports the resilver.\n\n\
         | weight | says | means | next | ZFS | in JSON |\n|---|---|---|---|---|---|\n",
    );
    for what in What::ALL {
        let row = what.row();
        let next = if row.next.is_empty() { String::new() } else { format!("`{}`", row.next) };
        let _ = writeln!(
            out,
            "| {} | {} | {} | {next} | {} | `{}` |",
            row.weight.word(),
            row.says,
            row.means,
            row.zfs,
            row.id
        );
    }
    out
}

fn head(title: &str, what: &str) -> String {
    format!(
        "<!-- made by `scripts/reference` from the types: change them, not this page -->\n# {title}\n\n{what}.\n\n"
    )
}

fn schema(title: &str, what: &str, schema: &Value) -> String {
    let mut out = head(title, what);
    out.push_str(
        "Unknown keys are refused. Sizes are bytes, or a number with a unit: `4TB` is decimal, `500G` and `1M` are powers of 1024.\n",
    );
    section(&mut out, "top of the file", schema);
    if let Some(definitions) = schema.get("$defs").and_then(Value::as_object) {
        for (name, definition) in definitions {
            section(&mut out, name, definition);
        }
    }
    out
}

fn section(out: &mut String, name: &str, schema: &Value) {
    let about = text_of(schema);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        words(out, name, schema, &about);
        return;
    };
    let _ = writeln!(out, "\n## {name}\n\n{about}\n\n| key | type | what |\n|---|---|---|");
    let required = |key: &str| {
        let list = schema.get("required").and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|one| one == key))
    };
    for (key, value) in properties {
        let must = if required(key) { " (needed)" } else { "" };
        let _ = writeln!(
            out,
            "| `{key}`{must} | {} | {} |",
            type_of(value),
            text_of(value).replace('|', "\\|")
        );
    }
}

/// A type that is one of some words.
fn words(out: &mut String, name: &str, schema: &Value, about: &str) {
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
    let _ = writeln!(out, "\n## {name}\n\n{about}\n");
    for (word, what) in rows {
        let what =
            if what.is_empty() || what == word { String::new() } else { format!(": {what}") };
        let _ = writeln!(out, "* `{word}`{what}");
    }
}

fn text_of(schema: &Value) -> String {
    schema.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

fn type_of(schema: &Value) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or(target);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array) {
        let kinds: Vec<String> =
            any.iter().filter(|one| one.get("type") != Some(&json!("null"))).map(type_of).collect();
        return kinds.join(" or ");
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
