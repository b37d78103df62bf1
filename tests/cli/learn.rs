//! `zbay learn` with answers from a pipe, on recorded machines: what it asks, shows, and never writes.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Altered, Said, said, zbay};

pub fn learn(machine: &str, more: &[&str], answers: &str) -> Said {
    let mut command = zbay(&[&["--machine", machine, "learn"], more].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("runs");
    // A zbay that asks nothing may be gone before it is answered.
    let _ = child.stdin.take().expect("piped").write_all(answers.as_bytes());
    said(child.wait_with_output().expect("ends"))
}

#[test]
fn serials_give_the_order_and_the_file_is_shown() {
    let said = learn("gen8-seed", &[], "EXA1\nMPLE\n\nEXA3\nyes\n");
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains("bay 1: last 4 characters of its serial"), "{}", said.err);
    assert!(said.err.contains("S13PJ0EXAMPLE  SAMSUNG HD103UJ"), "{}", said.err);
    for words in [
        "  bay 1 is pci-0000:00:1f.2-ata-2, not pci-0000:00:1f.2-ata-1 (Z1E0EXA1)\n",
        "  bay 4 is pci-0000:00:1f.2-ata-4, as was assumed (Z4Z0EXA3)\n",
        "/etc/zbay/hw/hp-microserver-gen8.yaml would be hw/hp-microserver-gen8.yaml with these changes\n",
        "+ # Found on this server with `zbay learn`: bays 1-2 and 4.\n",
        "-   - {bay: 1, port: \"pci-0000:00:1f.2-ata-1\", sure: assumed, ",
        "+   - {bay: 1, port: \"pci-0000:00:1f.2-ata-2\", sure: learned, ",
        "nothing was written: a recorded machine cannot be changed\n",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(!said.out.contains("bay: 3"), "it was skipped: {}", said.out);
}

#[test]
fn json_has_the_proofs_and_the_whole_description() {
    let said = learn("gen8-seed", &["--json"], "EXA1\nq\n");
    let json: Value = serde_json::from_str(&said.out).expect("JSON");
    let port = "pci-0000:00:1f.2-ata-2";
    assert_eq!(json["learned"], json!([{ "bay": "1", "port": port, "serial": "Z1E0EXA1" }]));
    let text = json["description"].as_str().expect("text");
    assert!(text.contains("# it works, although the caddies"), "comments stay");
    assert!(text.contains("- {bay: 2, port: \"pci-0000:00:1f.2-ata-1\", sure: assumed"), "{text}");
    assert_eq!(json["changed"], json!(false));
}

#[test]
fn nothing_said_is_nothing_learned() {
    for answers in ["", "q\n", "\n\nempty\n\n", "blink\nq\n"] {
        let said = learn("gen8-seed", &[], answers);
        assert_eq!(said.status, 0, "{}", said.err);
        assert_eq!(said.out, "nothing was learned, so nothing was written\n", "{answers:?}");
    }
    let said = learn("gen8-seed", &[], "blink\n");
    assert!(said.err.contains("a recorded machine has no lights"), "{}", said.err);
}

#[test]
fn a_file_of_ones_own_is_built_on_or_shown_to_differ() {
    let path = "/etc/zbay/hw/hp-microserver-gen8.yaml";
    let shipped = std::fs::read_to_string("hw/hp-microserver-gen8.yaml").expect("there");
    let own =
        shipped.replace("title: HP ProLiant MicroServer Gen8", "title: the one in the cellar");
    let altered = Altered::new()
        .edit("files.json", |all| all[path] = json!(own))
        .edit("lists.json", |all| all["/etc/zbay/hw"] = json!(["hp-microserver-gen8.yaml"]));
    let machine = altered.0.path().to_str().expect("UTF-8");
    let said = learn(machine, &[], "MPLE\nq\n");
    assert!(said.out.contains(&format!("changes of {path}\n")), "{} {}", said.out, said.err);
    assert!(!said.out.contains("title"), "the rest stays: {}", said.out);
    // Another description of that name: all of what is there would go.
    let said = learn(machine, &["--hw", "hw/hp-microserver-gen8.yaml"], "MPLE\nq\n");
    assert!(said.out.contains("differs from hw/hp-microserver-gen8.yaml"), "{}", said.out);
    assert!(said.out.contains("- title: the one in the cellar\n"), "{}", said.out);
    // Once learned there is nothing to ask.
    let done = shipped.replace("sure: assumed, link", "sure: learned, link");
    let altered = Altered::new().edit("files.json", |all| all[path] = json!(done));
    let said = learn(altered.0.path().to_str().expect("UTF-8"), &[], "");
    assert_eq!(said.out, format!("the order of all bays is proved already: {path}\n"));
}

#[test]
fn a_box_whose_bays_nobody_described_has_no_order() {
    let said = learn("tests/machines/t20", &[], "");
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("no order to learn\ndo this  describe it"), "{}", said.err);
}
