//! `zbay capacity` as it is typed and piped: no machine is looked at, nothing is changed.
#![allow(clippy::disallowed_methods)] // the program itself
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn zbay(args: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("zbay runs");
    // What it refuses it does not read.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let said = Said {
        status: output.status.code().expect("ended by itself"),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}

fn line(id: u64, kind: &str, width: usize) -> String {
    let children = vec![4_000_787_030_016_u64; width];
    json!({"id": id, "vdevs": [{"type": kind, "children": children}]}).to_string() + "\n"
}

#[test]
fn a_batch_is_answered_in_order() {
    let good: String = (0..50).map(|id| line(id, "raidz2", 6)).collect();
    let said = zbay(&["capacity", "--batch"], &good);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for (id, text) in said.out.lines().enumerate() {
        let answer: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(answer["id"], json!(id));
        assert_eq!(answer["usable"], json!(15_847_120_699_392_u64));
    }
    assert_eq!(said.out.lines().count(), 50);
    let bad = line(1, "raidz2", 6) + &line(2, "raidz1", 1) + "{]\n" + &line(3, "mirror", 2);
    let said = zbay(&["--json", "capacity", "--batch"], &bad);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    let refused =
        r#"{"id":2,"error":"a raidz1 vdev cannot be made of 1 drives: it takes 2 to 255"}"#;
    assert_eq!((lines.len(), lines[1]), (4, refused));
    assert!(
        lines[2].starts_with(r#"{"id":null,"error":"#)
            && lines[3].starts_with(r#"{"id":3,"size":"#)
    );
    // Terms for all lines, and for one that has its own.
    let own = line(1, "mirror", 2).replace("{\"id\"", "{\"partition\":\"linux\",\"id\"");
    let both =
        zbay(&["capacity", "--batch", "--partition", "none"], &(line(1, "mirror", 2) + &own));
    let asize = |text: &str| {
        serde_json::from_str::<Value>(text).expect("JSON")["vdevs"][0]["asize"].clone()
    };
    let asizes: Vec<Value> = both.out.lines().map(asize).collect();
    assert_eq!(asizes, [json!(4_000_782_221_312_u64), json!(4_000_771_997_696_u64)]);
}
