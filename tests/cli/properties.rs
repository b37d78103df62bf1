//! Every property that a profile can wish is known of a dataset that exists.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};
use zbay::property::DATASET;

use super::{Altered, Said};

/// A value of each that the recorded dataset does not have, and how `zfs get -p` would print it.
fn other(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "mountpoint" => ("/srv/other", "/srv/other"),
        "quota" | "refquota" | "reservation" | "refreservation" => ("8G", "8589934592"),
        "recordsize" => ("1M", "1048576"),
        "compression" => ("gzip-6", "gzip"),
        "atime" => ("off", "off"),
        "xattr" => ("dir", "dir"),
        "acltype" => ("nfsv4", "nfsv4"),
        "dnodesize" => ("4k", "4k"),
        "sync" => ("always", "always"),
        "copies" => ("2", "2"),
        "snapdir" => ("visible", "visible"),
        "casesensitivity" => ("mixed", "mixed"),
        "encryption" | "keyformat" | "keylocation" => return None,
        _ => panic!("the table has a new property: {name}"),
    })
}

fn verified(altered: &Altered, wishes: &str) -> Said {
    let profile = altered.0.path().join("wish.yaml");
    let text = format!(
        "hardware: hp-microserver-gen8\ncontroller: ahci\nboot: usb\npool:\n  name: tank\n  layout: raidz\n  \
         bays: [1, 2, 3, 4]\ndatasets:\n  data:\n{wishes}"
    );
    fs::write(&profile, text).expect("written");
    altered.run(&["--json", "verify", profile.to_str().expect("UTF-8")])
}

fn differences(said: &Said, name: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    let drift = answer["drift"].as_array().expect("drift").iter();
    let says = drift.map(|it| it["summary"].as_str().expect("text").to_owned());
    says.filter(|it| it.starts_with(&format!("{name} of tank/data"))).collect()
}

#[test]
fn every_property_is_looked_at_compared_and_set() {
    let mut all = String::new();
    for row in DATASET {
        let Some((wished, is)) = other(row.name) else { continue };
        let line = format!("    {}: {wished}\n", row.name);
        let _ = write!(all, "{line}");
        let before = Altered::of("every-owner");
        let said = verified(&before, &line);
        let found = differences(&said, row.name);
        assert!(
            matches!(&found[..], [one] if one.contains(", the profile says ")),
            "{}: {found:?}",
            row.name
        );
        // As it is once it was set.
        let after = Altered::of("every-owner").edit("commands.json", |all| {
            for (name, answer) in all.as_object_mut().expect("commands") {
                if !name.starts_with("zfs get") {
                    continue;
                }
                let text = answer["stdout"].as_str().expect("text");
                let mut said: Value = serde_json::from_str(text).expect("JSON");
                let property = &mut said["datasets"]["tank/data"]["properties"][row.name];
                assert!(property.is_object(), "{} was recorded", row.name);
                (property["value"], property["source"]["type"]) = (json!(is), json!("LOCAL"));
                answer["stdout"] = said.to_string().into();
            }
        });
        let said = verified(&after, &line);
        assert_eq!(differences(&said, row.name), [""; 0], "{}: {}", row.name, said.out);
    }
    let said = verified(&Altered::of("every-owner"), &all);
    assert!(!said.out.contains("zfs did not tell it"), "{}", said.out);
}
