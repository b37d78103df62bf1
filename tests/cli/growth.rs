//! `zbay expand` on recorded machines: everything is only shown, and what is refused says the way out.

use serde_json::{Value, json};

use super::{Altered, on};

#[test]
fn a_pool_that_is_not_well_does_not_grow() {
    for (way, words) in [
        (&["attach", "1"][..], &["pool tank is DEGRADED", "zbay replace BAY"][..]),
        (&["add", "usb"], &["a single drive is never added", "zbay expand attach BAY"]),
        (&["add", "1", "2"], &["a raidz1 needs 3 drives or more"]),
        (&["special", "1", "2"], &["pool tank is DEGRADED"]),
        (&["log", "3"], &["bay 3 is not free", "leave it in pool `tank`"]),
        (&["spare", "usb"], &["USB is too small", "1000204157440 bytes"]),
        (&["larger", "1"], &["would be lost, so it stays", "--with OTHER-BAY"]),
        (&["larger", "2"], &["bay 2 holds no pool member"]),
        (&["remove", "1"], &["can be widened but never narrowed"]),
        (&["remove", "raidz1-0"], &["while the pool has a raidz (raidz1-0)"]),
        (&["attach", "usb", "--to", "raidz1-7"], &["there is no vdev `raidz1-7`"]),
        (&["log", "usb", "--pool", "tnak"], &["no pool `tnak` is imported", "tank"]),
    ] {
        let said = on("in-trouble", &[&["expand"], way].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{way:?}");
        let flat = said.err.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "{way:?} lacks `{word}`: {}", said.err);
        }
    }
    let said = on("gen8-seed", &["expand", "attach", "1"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("no pool is imported"), "{}", said.err);
}

#[test]
fn what_can_leave_is_shown_and_not_done() {
    let status = "zpool status -j --json-int -P -p";
    let name = |class: &str| {
        let all = Altered::of("every-owner");
        let text = std::fs::read_to_string(all.0.path().join("commands.json")).expect("there");
        let all: Value = serde_json::from_str(&text).expect("JSON");
        let status = all[status]["stdout"].as_str().expect("text");
        let status: Value = serde_json::from_str(status).expect("JSON");
        let of = status["pools"]["tank"][class].as_object().expect("vdevs");
        of.keys().next().expect("one").clone()
    };
    for class in ["logs", "l2cache", "spares"] {
        let said = on("every-owner", &["expand", "remove", &name(class)]);
        assert_eq!((said.status, said.err.as_str()), (1, ""), "{class}");
        assert!(
            said.out.contains("zpool remove tank ") && said.out.contains("as before"),
            "{class}"
        );
        assert!(said.out.ends_with("nothing was done: this is a recorded machine\n"), "{class}");
        let said = on("every-owner", &["--json", "expand", "remove", &name(class)]);
        let answer: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(
            (&answer["changed"], &answer["task"]["follows"]),
            (&json!(false), &json!("nothing"))
        );
    }
}
