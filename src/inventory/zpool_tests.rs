//! Pools as `zpool status -j` of OpenZFS 2.3.9 has them: real answers, and forms cut down from them.

use super::*;

// OpenZFS 2.3.9: a raidz1 with log, cache and spare, its scrub paused.
const SCRUB: &str = include_str!("samples/zpool-status-scrub.json");

fn leaf(name: &str, rest: &str) -> String {
    format!(r#""{name}": {{"name": "{name}", "path": "{name}", "guid": 5{rest}}}"#)
}

fn raidz(vdev: &str, leaves: &str) -> Vec<Pool> {
    let text = format!(
        r#"{{"output_version": {{"command": "zpool status", "vers_major": 0, "vers_minor": 1}},
        "pools": {{"t": {{"name": "t", "state": "ONLINE", "pool_guid": "18446744073709551615",
        "vdevs": {{"t": {{"name": "t", "guid": 1, "vdevs":
        {{"{vdev}": {{"name": "{vdev}", "guid": 2, "vdevs": {{{leaves}}}}}}}}}}}}}}}}}"#
    );
    status(&text).unwrap()
}

#[test]
fn what_a_pool_is_busy_with() {
    assert_eq!(status(SCRUB).unwrap()[0].busy.as_deref(), Some("scrub, paused"));
    let runs = SCRUB.replace("\"scrub_pause\":1795357053", "\"scrub_pause\":0");
    assert_eq!(status(&runs).unwrap()[0].busy.as_deref(), Some("scrub"));
    let done = runs.replace("SCANNING", "FINISHED");
    assert_eq!(status(&done).unwrap()[0].busy, None);
}

// The two forms below were seen on 2.3.2 and 2.3.9, and are cut down here.
#[test]
fn draid_without_a_type_has_its_kind_from_its_name() {
    let pools = raidz("draid1:4d:11c:1s-0", &leaf("/dev/sda1", ""));
    let vdev = &pools[0].vdevs[0];
    assert_eq!((vdev.kind.as_str(), vdev.state.as_str()), ("draid1:4d:11c:1s", "UNKNOWN"));
    assert_eq!(pools[0].guid, u64::MAX);
}

#[test]
fn an_absent_disk_is_named_by_its_guid() {
    let rest =
        r#", "state": "CANT_OPEN", "was": "/dev/disk/by-id/wwn-0x1-part1", "not_present": 1"#;
    let leaf = raidz("raidz1-0", &leaf("5", rest))[0].vdevs[0].leaves[0].clone();
    assert_eq!(leaf.state, "UNAVAIL".into());
    assert_eq!(leaf.path.as_ref().unwrap().as_str(), "/dev/disk/by-id/wwn-0x1-part1");
}

#[test]
fn leaves_of_a_spare_stand_in_its_place() {
    let inner = [leaf("/dev/a", ""), leaf("/dev/b", "")].join(", ");
    let spare = format!(r#""spare-1": {{"name": "spare-1", "guid": 3, "vdevs": {{{inner}}}}}"#);
    let all = [leaf("/dev/z", ""), spare, leaf("/dev/c", "")].join(", ");
    let pools = raidz("raidz1-0", &all);
    let paths: Vec<_> =
        pools[0].vdevs[0].leaves.iter().map(|it| it.path.as_ref().unwrap().as_str()).collect();
    assert_eq!(paths, ["/dev/z", "/dev/a", "/dev/b", "/dev/c"]);
}

#[test]
fn pools_that_one_command_lacks() {
    let pools = || raidz("mirror-0", &leaf("/dev/a", ""));
    let why = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        join(&names, pools(), BTreeMap::new(), BTreeMap::new()).unwrap_err().to_string()
    };
    assert_eq!(why(&["t", "u"]), "`zpool list` names pool u, `zpool status` does not");
    assert_eq!(why(&[]), "`zpool status` names pool t, `zpool list` does not");
    assert_eq!(why(&["t"]), "`zpool status` names pool t, `zpool get` does not");
}

#[test]
fn garbage_is_an_error() {
    for text in ["", "{", "no pools available\n", "{\"pools\": {}}"] {
        assert!(status(text).is_err() && properties(text).is_err() && ashifts(text).is_err());
    }
    assert!(status(&SCRUB.replace("\"pool_guid\":", "\"pool_guid\":-")).is_err());
}
