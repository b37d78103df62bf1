//! Faults that others have had: answers changed into what public reports show, and what must be said then.

use serde_json::{Value, json};

use super::samples::{SAMPLES, hw, seen, text};
use super::{Status, Weight, What, of};
use crate::inventory::Inventory;

fn told(inventory: &Inventory) -> Status {
    of(&hw(), inventory, &inventory.pools.as_ref().unwrap()[0])
}

/// An answer, its pool's object changed.
fn pool(name: &str, change: impl FnOnce(&mut Value)) -> Status {
    let mut answer: Value = serde_json::from_str(text(name)).unwrap();
    change(&mut answer["pools"]["tank"]);
    told(&seen(&answer.to_string(), &[]))
}

/// Every vdev below, its parent's path first; the root's own children are `/vdevs/tank/vdevs/...`.
fn vdevs(at: &Value, path: &str, all: &mut Vec<String>) {
    for kind in ["vdevs", "logs", "l2cache", "spares", "special", "dedup"] {
        for name in at[kind].as_object().into_iter().flat_map(|them| them.keys()) {
            let name = name.replace('~', "~0").replace('/', "~1");
            let path = format!("{path}/{kind}/{name}");
            vdevs(at[kind].get(name.replace("~1", "/").replace("~0", "~")).unwrap(), &path, all);
            all.push(path);
        }
    }
}

#[test]
fn what_is_not_told_of_one_vdev_is_unknown_there_alone() {
    for name in ["draid-spared", "classes-gone", "sparing", "replacing"] {
        let whole: Value = serde_json::from_str(text(name)).unwrap();
        let mut paths = Vec::new();
        vdevs(&whole["pools"]["tank"], "/pools/tank", &mut paths);
        for path in paths {
            let vdev = whole.pointer(&path).unwrap().as_object().unwrap();
            let is_leaf = !vdev.contains_key("vdevs");
            for key in vdev.keys().filter(|key| *key != "vdevs") {
                let mut less = whole.clone();
                less.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(key);
                let inventory = seen(&less.to_string(), &[]);
                let known = inventory.pools.as_ref().map(Vec::len);
                assert_eq!(known, Ok(1), "{name}: {path} without {key}");
                let status = told(&inventory);
                assert!(key != "state" || !is_leaf || !status.is_well(), "{name}: {path}");
            }
        }
    }
}

/// OpenZFS 2.3.0 to 2.3.2 tell four things less of a dRAID.
#[test]
fn a_draid_of_an_older_release_hides_no_other_pool() {
    let status = pool("draid-spared", |pool| {
        let draid = pool["vdevs"]["tank"]["vdevs"].as_object_mut().unwrap();
        let draid = draid.values_mut().next().unwrap().as_object_mut().unwrap();
        for key in ["vdev_type", "guid", "class", "state"] {
            assert!(draid.remove(key).is_some(), "{key}");
        }
    });
    assert_eq!(
        status.headline(),
        "tank is DEGRADED: v3 was taken offline by force. It can lose any 1 drive"
    );
    let unknown = status.conditions.iter().find(|it| it.what == What::Unanswered).unwrap();
    assert!(unknown.to_string().contains("the state of draid1:2d:5c:1s-0"), "{unknown}");
    assert!(serde_json::to_string(&status).unwrap().contains("draid1:2d:5c:1s-0"));
}

#[test]
fn a_pool_that_cannot_be_opened_is_wrong_whatever_its_vdevs_look_like() {
    let closed = |state: &str, id: Option<&str>, said: &str| {
        pool("healthy", |pool| {
            pool["state"] = json!(state);
            pool.as_object_mut().unwrap().remove("scan_stats");
            (pool["status"], pool["action"]) = (json!(said), json!("Restore it from a backup.\n"));
            if let Some(id) = id {
                pool["msgid"] = json!(id);
            }
            // Its members are all there, and had errors.
            for leaf in pool["vdevs"]["tank"]["vdevs"]["raidz1-0"]["vdevs"]
                .as_object_mut()
                .unwrap()
                .values_mut()
            {
                leaf["checksum_errors"] = json!(12);
            }
        })
    };
    let corrupt = closed(
        "FAULTED",
        Some("ZFS-8000-72"),
        "The pool metadata is corrupted and the pool cannot be opened.\n",
    );
    assert_eq!(corrupt.headline(), "tank's metadata is corrupted, and it cannot be opened");
    assert_eq!(corrupt.next().as_deref(), Some("zpool clear -Fn tank"));
    for (state, id, said) in [
        (
            "UNAVAIL",
            Some("ZFS-8000-A5"),
            "The pool has been upgraded to a newer, incompatible on-disk version.",
        ),
        ("UNAVAIL", Some("ZFS-8000-6X"), "One or more devices are missing from the system."),
        (
            "UNAVAIL",
            Some("ZFS-8000-3C"),
            "One or more devices could not be opened. There are insufficient replicas",
        ),
        (
            "UNAVAIL",
            None,
            "The pool cannot be accessed on this system because it uses the\n\tfollowing feature(s)",
        ),
        ("FAULTED", None, "The moon is full."),
        ("FAULTED", None, ""),
        ("OFFLINE", Some("ZFS-9000-ZZ"), "Nobody knows this one."),
    ] {
        let status = closed(state, id, said);
        let first = &status.conditions[0];
        assert_eq!((first.what, first.weight()), (What::NotReadable, Weight::Wrong), "{said}");
        for status in [&status, &corrupt] {
            let whole = format!("{} {}", status.headline(), serde_json::to_string(status).unwrap());
            assert!(!whole.contains("lose") && !whole.contains("tolerated"), "{whole}");
            // Nothing is to be written to its drives.
            for it in &status.conditions {
                assert!(!it.to_string().contains("scrub"), "{it}");
            }
        }
    }
}

#[test]
fn zfs_is_silenced_by_a_condition_of_its_own_kind_alone() {
    // Members with errors explain no member that is out, no damage and nothing that is unheard of.
    for (id, said) in [
        ("ZFS-8000-2Q", "One or more devices could not be opened. Sufficient replicas exist"),
        ("ZFS-8000-4J", "One or more devices could not be used because the label is missing"),
        (
            "ZFS-8000-8A",
            "One or more devices has experienced an error resulting in data corruption",
        ),
        ("ZFS-9000-ZZ", "The moon is full"),
    ] {
        let status = pool("healthy", |pool| {
            (pool["status"], pool["msgid"]) = (json!(format!("{said}. More.\n")), json!(id));
            let members = &mut pool["vdevs"]["tank"]["vdevs"]["raidz1-0"]["vdevs"];
            members.as_object_mut().unwrap().values_mut().next().unwrap()["read_errors"] = json!(3);
        });
        let whats: Vec<What> = status.conditions.iter().map(|it| it.what).collect();
        assert!(
            whats.contains(&What::Other) && whats.contains(&What::DriveErrors),
            "{id}: {whats:?}"
        );
    }
}

#[test]
fn heartbeats_that_did_not_arrive_are_not_said_to_be_another_host() {
    let status = told(&seen(&text("suspended").replace("ZFS-8000-HC", "ZFS-8000-MM"), &[]));
    let first = &status.conditions[0];
    let said = format!("{first}: {}", first.means());
    assert!(said.contains("heartbeats") && said.contains("or another host"), "{said}");
    assert!(
        said.find("drive") < said.find("another host"),
        "the likelier cause comes first: {said}"
    );
    // OpenZFS 2.3 resumes it by that once the drives answer, and refuses where another host may have had it meanwhile.
    let (clear, reboot) = (said.find("`zpool clear tank`"), said.find("reboot"));
    assert!(clear.is_some() && clear < reboot && said.find("drives first") < clear, "{said}");
    assert_eq!(status.next().as_deref(), Some("zbay show disk"));
}

#[test]
fn names_that_moved_are_no_drives_that_failed() {
    let status = pool("healthy", |pool| {
        (pool["state"], pool["msgid"]) = (json!("UNAVAIL"), json!("ZFS-8000-5E"));
        pool["status"] =
            json!("One or more devices could not be used because the label is missing.\n");
        let root = &mut pool["vdevs"]["tank"];
        (root["state"], root["vdevs"]["raidz1-0"]["state"]) =
            (json!("CANT_OPEN"), json!("CANT_OPEN"));
        let members = root["vdevs"]["raidz1-0"]["vdevs"].as_object_mut().unwrap();
        for (leaf, name) in members.values_mut().zip(["sdz1", "sdy1", "sdx1", "sdw1"]) {
            let path = json!(format!("/dev/{name}"));
            (leaf["name"], leaf["path"]) = (path.clone(), path);
            (leaf["state"], leaf["aux"]) = (json!("FAULTED"), json!("CORRUPT_DATA"));
        }
    });
    let whats: Vec<What> = status.conditions.iter().map(|it| it.what).collect();
    assert_eq!(whats[0], What::NamesMoved, "{whats:?}");
    assert!(
        !whats.contains(&What::DriveFailed) && !whats.contains(&What::Unavailable),
        "{whats:?}"
    );
    assert_eq!(status.next().as_deref(), Some("zbay export tank"));
}

#[test]
fn what_is_damaged_is_called_what_it_is() {
    let named = |names: &[&str]| {
        let status = pool("damaged", |_| {});
        status.naming(Ok(names.iter().map(|it| (*it).to_owned()).collect()))
    };
    let pool = named(&["<metadata>:<0x0>", "<metadata>:<0x24>"]);
    assert!(
        pool.headline().starts_with("tank's own metadata is damaged in 2 places. "),
        "{}",
        pool.headline()
    );
    let mixed = named(&["<0x95>:<0x0>", "tank/media@auto:/film.mkv", "/tank/a", "tank/vm0:<0x1>"]);
    let said: Vec<String> = mixed.conditions.iter().map(ToString::to_string).collect();
    for words in [
        "1 file is damaged",
        "1 object without a path is damaged",
        "1 file in a snapshot is damaged",
        "the damaged data has since been deleted (1 entry)",
    ] {
        assert!(said.iter().any(|it| it == words), "{words}: {said:?}");
    }
    assert!(!named(&["<0x95>:<0x0>"]).conditions.iter().any(|it| it.what == What::DataErrors));
}

#[test]
fn every_sample_says_nothing_of_its_own_that_zfs_says_already() {
    for (name, answer) in SAMPLES {
        let status = told(&seen(answer, &[]));
        let other = status.conditions.iter().find(|it| it.what == What::Other);
        assert_eq!(other.map(ToString::to_string), None, "{name}");
    }
}
