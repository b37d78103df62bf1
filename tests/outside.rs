//! Rubbish from outside: what programs, drives and kernels say, cut, repeated and overwritten anywhere, makes no reader
//! panic. The twins of `fuzz/fuzz_targets`, over what real machines said.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use zbay::outside::readers;

/// What the recorded machines' programs, files and drives said.
fn seeds() -> Vec<Vec<u8>> {
    fn texts(value: &Value, all: &mut Vec<Vec<u8>>) {
        match value {
            Value::String(text) if text.len() > 8 => all.push(text.clone().into_bytes()),
            Value::Array(lines) if lines.iter().all(Value::is_string) => {
                let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
                all.push(lines.join("\n").into_bytes());
            }
            Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
            Value::Object(map) => map.values().for_each(|item| texts(item, all)),
            _ => {}
        }
    }
    let machines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    let mut all = vec![Vec::new()];
    for name in ["in-trouble", "mixed", "every-owner"] {
        for file in ["commands.json", "files.json"] {
            let text = fs::read_to_string(machines.join(name).join(file)).expect("recorded");
            texts(&serde_json::from_str(&text).expect("JSON"), &mut all);
        }
        let udev = fs::read_to_string(machines.join(name).join("udev.json")).expect("recorded");
        let udev: Vec<Value> = serde_json::from_str(&udev).expect("JSON");
        all.extend(udev.iter().filter_map(|device| {
            let pair = |(key, value): (&String, &Value)| {
                format!("{key}={}\n", value.as_str().unwrap_or_default())
            };
            Some(
                device["properties"].as_object()?.iter().map(pair).collect::<String>().into_bytes(),
            )
        }));
    }
    // smartctl's answers by release and protocol.
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/smartctl");
    for entry in fs::read_dir(samples).expect("samples") {
        all.push(fs::read(entry.expect("a sample").path()).expect("a sample"));
    }
    // Forms that others have met.
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/inventory/samples");
    for dir in [samples.clone(), samples.join("status")] {
        let files = fs::read_dir(dir).expect("samples").filter_map(Result::ok);
        let files = files.filter(|entry| entry.path().is_file());
        all.extend(files.map(|entry| fs::read(entry.path()).expect("read")));
    }
    all.sort();
    all.dedup();
    assert!(all.len() > 100, "{}", all.len());
    all
}

/// One way to spoil bytes.
#[derive(Clone, Debug)]
enum Spoil {
    Set(usize, u8),
    Cut(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

const WORDS: [&str; 12] = [
    "-1",
    "1e999",
    "18446744073709551616",
    "null",
    "{}",
    "[[[[[[[[",
    "\"\"",
    "\u{0}",
    "\u{1b}[2J",
    "\\uD800",
    "\u{fffd}",
    "9223372036854775807",
];

fn spoil() -> impl Strategy<Value = Spoil> {
    let at = any::<prop::sample::Index>().prop_map(|index| index.index(1 << 16));
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Spoil::Set(at, byte)),
        (at.clone(), 1..200_usize).prop_map(|(at, len)| Spoil::Cut(at, len)),
        (at.clone(), 1..200_usize).prop_map(|(at, len)| Spoil::Repeat(at, len)),
        (at, prop::sample::select(&WORDS[..])).prop_map(|(at, word)| Spoil::Insert(at, word)),
    ]
}

fn spoiled(mut bytes: Vec<u8>, spoils: &[Spoil]) -> Vec<u8> {
    for spoil in spoils {
        let place = |at: &usize| if bytes.is_empty() { 0 } else { at % bytes.len() };
        match spoil {
            Spoil::Set(at, byte) if !bytes.is_empty() => {
                let at = place(at);
                bytes[at] = *byte;
            }
            Spoil::Set(..) => {}
            Spoil::Cut(at, len) => {
                let from = place(at);
                let to = (from + len).min(bytes.len());
                bytes.drain(from..to);
            }
            Spoil::Repeat(at, len) => {
                let from = place(at);
                let piece = bytes[from..(from + len).min(bytes.len())].to_vec();
                bytes.splice(from..from, piece);
            }
            Spoil::Insert(at, word) => {
                let from = place(at);
                bytes.splice(from..from, word.bytes());
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_reader_panics_on_what_was_spoiled(
        seed in any::<prop::sample::Index>(),
        spoils in vec(spoil(), 0..12),
    ) {
        thread_local!(static SEEDS: Vec<Vec<u8>> = seeds());
        let bytes = SEEDS.with(|seeds| spoiled(seed.get(seeds).clone(), &spoils));
        for (_, read) in readers() {
            read(&bytes);
        }
    }

    #[test]
    fn no_reader_panics_on_bytes(bytes in vec(any::<u8>(), 0..4096)) {
        for (_, read) in readers() {
            read(&bytes);
        }
    }
}
