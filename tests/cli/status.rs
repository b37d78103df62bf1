//! `zbay status`: what it says, and what it ends with.

use serde_json::{Value, json};

use super::{Altered, on};

const STATUS: &str = "zpool status -j --json-int -P -p -t -i";

#[test]
fn it_ends_with_0_1_or_2() {
    // A spare of 64 GB stands beside drives of 1 TB and more.
    let small = on("every-owner", &["status"]);
    assert_eq!(small.status, 1);
    assert!(small.out.starts_with("tank's spare `sdf` is too small for raidz1-0"), "{}", small.out);
    let without = Altered::of("every-owner").edit("commands.json", |all| {
        let said = all[STATUS]["stdout"].as_str().expect("text");
        let mut said: Value = serde_json::from_str(said).expect("JSON");
        said["pools"]["tank"].as_object_mut().expect("a pool").remove("spares").expect("a spare");
        all[STATUS]["stdout"] = said.to_string().into();
    });
    assert_eq!(without.run(&["status"]).status, 0, "a notice is no fault");
    let lost = on("in-trouble", &["status"]);
    assert_eq!((lost.status, lost.err.as_str()), (1, ""));
    let said = "tank is DEGRADED: the drive in bay 2 is missing. No redundancy left: one more\nfailure loses the pool\n";
    assert!(lost.out.starts_with(said), "{}", lost.out);
    assert!(lost.out.ends_with("\nnext     `zbay replace 2`\n"), "{}", lost.out);
    let json: Value =
        serde_json::from_str(&on("in-trouble", &["status", "--json"]).out).expect("JSON");
    let first = &json["pools"][0]["conditions"][0];
    assert_eq!(
        (&first["id"], &first["severity"], &first["bay"], &first["serials"]),
        (&json!("drive-gone"), &json!("wrong"), &json!("2"), &json!(["Z1E0EXA1"]))
    );
    assert_eq!(json["pools"][0]["next"], json!("zbay replace 2"));
    let none = on("container", &["status"]);
    assert_eq!((none.status, none.out.as_str()), (2, ""));
    assert!(none.err.contains("apt install zfsutils-linux"), "{}", none.err);
}

#[test]
fn a_pool_that_hangs_is_said_and_does_not_keep_anybody() {
    let hung = json!({"failed": {"TimedOut": {"command": STATUS, "seconds": 10}}});
    let said = Altered::new().answer(STATUS, &hung).run(&["status"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    let wanted = format!(
        "error: could not get pool status: `{STATUS}` gave no answer within 10 s and was \
         abandoned\n\
         do this  a drive or a pool hangs: `dmesg` names the drive; pull it, or reboot\n"
    );
    assert_eq!(said.err, wanted);
    // What is only worth knowing may hang.
    let frag = json!({"failed": {"TimedOut": {"command": "zpool list", "seconds": 10}}});
    let said = Altered::new().answer("zpool list -H -p", &frag).run(&["status"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
}

#[test]
fn pools_by_name_and_pools_that_are_nowhere() {
    let other = on("in-trouble", &["status", "nope"]);
    assert_eq!(other.status, 2);
    assert_eq!(other.err, "error: no pool `nope` is imported: there is tank\n");
    // One that waits for an import is told when it is asked for.
    let waits = on("in-trouble", &["status", "pb"]);
    assert_eq!(waits.status, 1, "{}", waits.err);
    assert!(waits.out.ends_with("next     `zbay import pb`\n"), "{}", waits.out);
    assert_eq!(on("in-trouble", &["status", "tank"]).out, on("in-trouble", &["status"]).out);
    let asleep = on("gen8-asleep", &["status"]);
    assert!(asleep.out.contains("it is unknown whether one could be"), "{}", asleep.out);
}

#[test]
fn a_recording_is_watched_once() {
    let said = on("in-trouble", &["status", "--watch"]);
    assert_eq!(said.out, on("in-trouble", &["status"]).out);
    assert_eq!(on("in-trouble", &["status", "--watch", "0"]).status, 2);
}
