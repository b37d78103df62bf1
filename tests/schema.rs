//! Every answer for a program is as its schema says: each command that can be run on a recorded machine, on each of them.
//! A key that no schema names is a fault.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use jsonschema::Validator;
use serde_json::{Value, json};

/// What is typed, behind the name of its schema.
const TYPED: &[(&str, &[&str])] = &[
    ("overview", &[]),
    ("status", &["status"]),
    ("status", &["status", "tank"]),
    ("show disk", &["show", "disk"]),
    ("show disk", &["show", "disk", "-a"]),
    ("show disk", &["show", "disk", "-sm"]),
    ("show disk", &["show", "disk", "--list-cols"]),
    ("show hw", &["show", "hw"]),
    ("show hw", &["show", "hw", "--vdev-id"]),
    ("show pool", &["show", "pool"]),
    ("propose", &["propose"]),
    ("propose", &["propose", "--drives", "4TB,4TB,8TB"]),
    ("plan", &["plan"]),
    ("plan", &["plan", "gen8-seed"]),
    ("plan", &["plan", "gen8-usb-raidz"]),
    ("verify", &["verify", "gen8-seed"]),
    ("verify", &["verify", "gen8-usb-raidz"]),
    ("replace", &["replace", "2"]),
    ("expand", &["expand", "remove", "sdf"]),
    ("expand", &["expand", "remove", "sde"]),
    ("import", &["import"]),
    ("import", &["import", "p9"]),
    ("export", &["export", "tank"]),
    ("destroy", &["destroy", "tank/data"]),
    ("care", &["care"]),
    ("selftest", &["selftest", "short"]),
    ("notify", &["notify", "--dry-run"]),
    ("forget", &["forget", "tank"]),
    ("metrics", &["metrics"]),
    ("tick", &["tick"]),
    ("check", &["check", "gen8-seed", "gen8-usb-raidz"]),
    ("capacity", &["capacity"]),
    ("capacity", &["capacity", "raidz2:6x4TB"]),
    ("capacity", &["capacity", "gen8-seed"]),
    ("optimal", &["optimal"]),
    ("optimal", &["optimal", "--drives", "12", "--size", "4TB", "--price", "4TB=90"]),
    ("grow", &["grow", "raidz1:4x4TB", "--to", "raidz2:6x4TB"]),
    ("explain", &["explain"]),
    ("profile", &["profile", "--from-pool"]),
    ("learn", &["learn"]),
    ("locate", &["locate", "1"]),
    ("completions", &["completions", "bash"]),
    ("help", &["help", "foreign"]),
];

fn zbay(args: &[&str]) -> (Value, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(args)
        .arg("--json")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zbay runs");
    let answer = serde_json::from_slice(&output.stdout);
    let answer = answer.unwrap_or_else(|why| {
        panic!("{args:?}: {why}: {}", String::from_utf8_lossy(&output.stderr))
    });
    (answer, output.status.code().expect("it ends by itself"))
}

fn machines() -> Vec<String> {
    let dir = format!("{}/tests/machines", env!("CARGO_MANIFEST_DIR"));
    let names = fs::read_dir(dir)
        .expect("recordings")
        .map(|entry| entry.expect("a recording").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

/// The judge of a command's answers.
fn judge(command: &str) -> Judge {
    let words: Vec<&str> = ["schema"].into_iter().chain(command.split(' ')).collect();
    let (schema, status) = zbay(&words);
    assert_eq!(status, 0, "{command}: {schema}");
    let forms = match schema["anyOf"].as_array() {
        Some(forms) => forms.clone(),
        None => vec![schema.clone()],
    };
    let whole = |mut form: Value| {
        form["$defs"] = schema["$defs"].clone();
        form["$schema"] = schema["$schema"].clone();
        jsonschema::validator_for(&form).unwrap_or_else(|why| panic!("{command}: {why}"))
    };
    Judge(forms.into_iter().map(whole).collect())
}

/// A command's answers have one form or several.
struct Judge(Vec<Validator>);

/// What is wrong with an answer in the form that it is nearest to.
fn faults(judge: &Judge, answer: &Value) -> Vec<String> {
    let of = |form: &Validator| -> Vec<String> {
        let all = form.iter_errors(answer);
        all.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
    };
    judge.0.iter().map(of).min_by_key(Vec::len).unwrap_or_default()
}

#[test]
fn every_answer_is_as_its_schema_says() {
    let failed = judge("error");
    let mut judges: BTreeMap<&str, Judge> = BTreeMap::new();
    let mut given: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for machine in machines() {
        let dir = format!("tests/machines/{machine}");
        for (command, words) in TYPED {
            let args = [&["--machine", &dir], *words].concat();
            let (answer, status) = zbay(&args);
            let judge = judges.entry(command).or_insert_with(|| judge(command));
            let judge = if status == 2 { &failed } else { judge };
            *given.entry(command).or_default() += usize::from(status != 2);
            let found = faults(judge, &answer);
            all.extend(found.iter().map(|fault| format!("{words:?} on {machine}: {fault:.300}")));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    let nowhere: Vec<&str> =
        given.into_iter().filter(|(_, count)| *count == 0).map(|(command, _)| command).collect();
    assert_eq!(nowhere, REFUSED, "another way to type it, or another recording");
}

#[test]
fn every_schema_has_an_answer_that_is_held_against_it() {
    let (listed, _) = zbay(&["schema"]);
    let listed = listed["text"].as_str().expect("names").lines().map(str::to_owned);
    let untried: Vec<String> = listed
        .filter(|name| name != "error" && !TYPED.iter().any(|(one, _)| one == name))
        .collect();
    assert_eq!(untried, UNTRIED, "run it above, or say that it needs a server");
}

/// Commands that no recording answers in another way than by an error.
const REFUSED: &[&str] = &["destroy", "forget", "locate", "profile", "replace"];

/// Commands whose answers need a server that is changed, or looked at as root.
const UNTRIED: &[&str] = &["apply", "firstboot", "adopt", "record"];

#[test]
fn a_key_that_no_schema_names_is_a_fault() {
    let (mut answer, _) = zbay(&["--machine", "gen8-seed", "show", "disk"]);
    let judge = judge("show disk");
    assert_eq!(faults(&judge, &answer), [""; 0]);
    answer["disks"][0]["colour"] = json!("red");
    assert!(!faults(&judge, &answer).is_empty());
    answer["disks"][0].as_object_mut().expect("a disk").remove("colour");
    answer["disks"][0]["size"] = json!("1 TB");
    assert!(!faults(&judge, &answer).is_empty());
    answer["disks"][0]["size"] = Value::Null;
    answer["colour"] = json!("red");
    assert!(!faults(&judge, &answer).is_empty());
}

#[test]
fn no_key_is_spelled_in_another_way() {
    let (listed, _) = zbay(&["schema"]);
    for command in listed["text"].as_str().expect("names").lines() {
        let words: Vec<&str> = ["schema"].into_iter().chain(command.split(' ')).collect();
        keys(&zbay(&words).0, command);
    }
}

#[test]
fn every_type_has_a_name_of_its_own() {
    let page = fs::read_to_string("docs/json.md").expect("docs/json.md");
    let types = page.lines().filter_map(|line| line.strip_prefix("### "));
    let doubles: Vec<&str> =
        types.filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(doubles.is_empty(), "two types of one name: {doubles:?}");
}

/// Keys are snake case.
fn keys(schema: &Value, command: &str) {
    match schema {
        Value::Object(map) => {
            let named = map.get("properties").and_then(Value::as_object);
            for key in named.into_iter().flat_map(|named| named.keys()) {
                let is_snake = |letter: char| {
                    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
                };
                assert!(key.chars().all(is_snake), "{command}: {key}");
            }
            map.values().for_each(|value| keys(value, command));
        }
        Value::Array(all) => all.iter().for_each(|value| keys(value, command)),
        _ => {}
    }
}
