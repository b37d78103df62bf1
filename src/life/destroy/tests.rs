//! What goes with a dataset, and what keeps one.

use super::*;
use crate::inventory::Class;
use crate::life::expand::fixture::Made;
use crate::property::Property;
use crate::yaml::read;

const LIST: &str = "destroy\ttank/media@monday\ndestroy\ttank/media/a@x\ndestroy\ttank/media/a\ndestroy\ttank/media\nreclaim\t8388608\n";

fn box_with(datasets: &[&str]) -> Made {
    let mut made = Made::of(&[("mirror", Class::Normal, &[1, 2])]);
    made.pool().datasets = datasets
        .iter()
        .map(|name| Dataset {
            name: (*name).into(),
            kind: "filesystem".into(),
            properties: vec![
                Property { name: "guid".into(), value: "4242".into(), source: "none".into() },
                Property {
                    name: "mountpoint".into(),
                    value: format!("/{name}"),
                    source: "default".into(),
                },
            ],
            used: Bytes(9_000_000),
            available: Bytes(1),
        })
        .collect();
    made
}

fn ask(dataset: &str, would: Result<&str, &str>, wish: Option<&str>) -> Result<Task, ReplaceError> {
    let made = box_with(&["tank", "tank/media", "tank/media/a", "tank/mediathek"]);
    let wish = wish.map(|text| read::<Profile>("wish", text.as_bytes()).unwrap().value);
    make(&Request { inventory: &made.0, wish: wish.as_ref(), dataset, would })
}

fn why(dataset: &str, would: Result<&str, &str>, wish: Option<&str>) -> String {
    ask(dataset, would, wish)
        .unwrap_err()
        .to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn all_that_would_be_lost_is_in_plain_sight() {
    let task = ask("tank/media", Ok(LIST), None).unwrap();
    let said: Vec<String> = task.facts.iter().map(|(word, say)| format!("{word}: {say}")).collect();
    assert!(said[0].contains("8M (2 datasets, 2 snapshots)"), "{said:?}");
    for part in ["tank/media/a", "tank/media@monday", "tank/media/a@x"] {
        assert!(said.contains(&format!("with it: {part}")), "{said:?}");
    }
    assert!(said.contains(&"mounted: /tank/media".to_owned()), "{said:?}");
    assert_eq!(task.steps[0].danger, Danger::Erases, "no `--yes` alone answers for it");
    assert!(
        matches!(&task.steps[0].before[..], [Condition::Property { value, .. }] if value == "4242")
    );
    assert_eq!(task.steps[0].changes, run([command::destroy("tank/media")]));
    let many: Vec<String> = (0..100).map(|n| format!("destroy\ttank/media@{n:03}\n")).collect();
    let many = many.concat();
    let task = ask("tank/media", Ok(&many), None).unwrap();
    assert!(task.facts.iter().any(|(_, say)| say.starts_with("and 94 more")), "{:?}", task.facts);
}

#[test]
fn pools_wished_datasets_and_what_zfs_holds_stay() {
    assert!(why("tank", Ok(LIST), None).contains("zbay does not destroy pools"));
    assert!(why("nope/x", Ok(LIST), None).contains("is not imported"));
    assert!(why("tank/nope", Ok(LIST), None).contains("tank/mediathek"));
    assert!(why("tank/media", Err("has dependent clones"), None).contains("has dependent clones"));
    assert!(why("tank/media", Ok("rubbish\n"), None).contains("rubbish"));
    let wish = |dataset: &str| {
        format!(
            "hardware: generic\npool: {{name: tank, layout: mirror, bays: [1, 2]}}\ndatasets: {{{dataset}: {{}}}}\n"
        )
    };
    assert!(
        why("tank/media", Ok(LIST), Some(&wish("media/a"))).contains("profile names tank/media/a")
    );
    assert!(ask("tank/media", Ok(LIST), Some(&wish("mediathek"))).is_ok(), "another one");
    let other = wish("media").replace("tank", "other");
    assert!(ask("tank/media", Ok(LIST), Some(&other)).is_ok(), "another pool's wish");
}
