//! The figures for Prometheus: their names are frozen, and its own `promtool` has nothing against them.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use zbay::notice::metrics::{FAMILIES, Family, RENAMED};

fn figures(machine: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(["--machine", &format!("tests/machines/{machine}"), "metrics"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zbay runs");
    String::from_utf8(output.stdout).expect("text")
}

fn machines() -> Vec<String> {
    let dir = format!("{}/tests/machines", env!("CARGO_MANIFEST_DIR"));
    let names = fs::read_dir(dir).expect("recordings");
    names.map(|entry| entry.expect("one").file_name().into_string().expect("a name")).collect()
}

#[test]
fn a_name_is_never_changed() {
    let frozen = include_str!("metrics.names");
    let line = |Family { name, kind, labels, .. }: &Family| {
        format!("{name} {kind} {labels}").trim_end().to_owned()
    };
    let now: Vec<String> = FAMILIES.iter().map(line).collect();
    let frozen: Vec<&str> = frozen.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &frozen {
        assert!(now.iter().any(|now| now == line), "dashboards have `{line}`: leave it as it was");
    }
    for line in &now {
        assert!(frozen.contains(&line.as_str()), "a new one: add `{line}` to tests/metrics.names");
    }
    for (_, name) in RENAMED {
        let name = name.split(['{', ' ']).next().unwrap_or_default();
        assert!(FAMILIES.iter().any(|family| family.name == name), "{name}");
    }
}

#[test]
fn names_follow_the_conventions_and_labels_are_those_of_the_table() {
    for Family { name, kind, .. } in FAMILIES {
        assert_eq!(name.ends_with("_total"), *kind == "counter", "{name}");
    }
    for machine in machines() {
        let text = figures(&machine);
        let mut family = "";
        let mut seen: Vec<&str> = Vec::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                family = rest.split(' ').next().unwrap_or_default();
                assert!(!seen.contains(&family), "{machine}: {family} twice");
                seen.push(family);
            }
            if line.starts_with('#') {
                continue;
            }
            let (series, _) = line.rsplit_once(' ').expect("a value");
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            assert_eq!(name, family, "{machine}: the lines of a family stand together");
            assert!(!labels.contains("=\"\""), "{machine}: {line}");
            let known = FAMILIES.iter().find(|one| one.name == name).expect("in the table");
            for label in labels.trim_end_matches('}').split("\",").filter(|one| !one.is_empty()) {
                let key = label.split('=').next().unwrap_or_default();
                assert!(known.labels.split(' ').any(|one| one == key), "{machine}: {line}");
            }
        }
        assert_eq!(seen.len(), FAMILIES.len(), "{machine}");
    }
}

/// It is in Debian's package `prometheus`; `scripts/test` brings it, and says by `ZBAY_TOOLS` that it has to be there.
#[test]
fn promtool_has_nothing_against_them() {
    for machine in machines() {
        let tool = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut tool = match tool {
            Err(why)
                if why.kind() == ErrorKind::NotFound
                    && std::env::var_os("ZBAY_TOOLS").is_none() =>
            {
                return;
            }
            tool => tool.expect("promtool runs"),
        };
        let text = figures(&machine);
        tool.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("read");
        let said = tool.wait_with_output().expect("it ends");
        let words = String::from_utf8_lossy(&said.stdout) + String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success() && words.trim().is_empty(), "{machine}: {words}");
    }
}
