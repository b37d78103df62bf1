//! What a command can be told: what it has no use for it does not take, and no help says a default twice.

use serde_json::Value;
use zbay::cmd::row::{Does, Group};
use zbay::cmd::table::{TABLE, Typed};

use super::run;

/// Ways of `zbay expand`, with what they take apart from what all do: new drives that are erased, and data that moves.
const WAYS: [(&str, bool, bool); 8] = [
    ("attach", true, true),
    ("add", true, false),
    ("log", true, false),
    ("cache", true, false),
    ("spare", true, false),
    ("special", true, false),
    ("larger", true, true),
    ("remove", false, true),
];

#[test]
fn a_way_to_grow_takes_what_it_has_a_use_for() {
    for (way, takes, waits) in WAYS {
        let help = run(&["expand", way, "--help"]).out;
        let tried = [
            (&["--take", "0x5000c500a1b2c3d7=Z1"][..], takes),
            (&["--no-wait"], waits),
            (&["--dry-run"], true),
            (&["--yes", "--dry-run"], true),
            (&["--pool", "tank"], true),
        ];
        for (flags, has) in tried {
            assert_eq!(help.contains(flags[0]), has, "{way} {flags:?}: {help}");
            let args = [&["--machine", "gen8-seed", "expand", way, "1"], flags].concat();
            let said = run(&args);
            assert_eq!(said.status, 2, "{way} {flags:?}");
            let refused = format!("unexpected argument '{}'", flags[0]);
            assert_eq!(said.err.contains(&refused), !has, "{way} {flags:?}: {}", said.err);
        }
    }
}

/// The commands that a help lists: those of the first page stand in groups.
fn listed(help: &str) -> Vec<String> {
    let commands = help.lines().skip_while(|line| !matches!(*line, "Commands:" | "Look")).skip(1);
    let commands = commands.take_while(|line| !line.is_empty() && *line != "Global options");
    let named = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_first_page_lists_every_command_on_one_screen() {
    let help = run(&["--help"]).out;
    assert_eq!(help, run(&["-h"]).out);
    // A line is left for the prompt.
    assert!(help.lines().count() < 40, "{} lines:\n{help}", help.lines().count());
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    let shown = TABLE.iter().filter(|row| !matches!(row.group, Group::Help | Group::Hidden));
    assert_eq!(listed(&help), shown.map(|row| row.name).collect::<Vec<_>>());
    let headings: Vec<&str> =
        help.lines().filter(|line| line.starts_with(char::is_uppercase)).collect();
    let groups = Group::LISTED.map(|(_, heading)| heading);
    assert!(headings.windows(groups.len()).any(|some| some == groups), "{headings:?}");
    for row in TABLE.iter().filter(|row| row.group == Group::Help) {
        assert!(help.contains(&format!("`zbay {}", row.name)), "{help}");
    }
    // Those that all commands take are the same here and there.
    let other = run(&["care", "--help"]).out;
    let globals = other.split("Global options:").nth(1).expect("a heading of their own");
    let globals: Vec<&str> = globals.split_whitespace().filter(|it| it.starts_with("--")).collect();
    assert!(globals.len() >= 4, "{globals:?}");
    let said = help.split("Global options").nth(1).expect("a heading");
    for option in globals.iter().filter(|option| **option != "--verbose...") {
        assert!(said.contains(option), "{option}: {said}");
    }
    assert!(said.contains("-v"));
}

/// Examples that end with 2 on every recording: what they begin with, and why.
const HELD: [(&str, &str); 14] = [
    ("locate", "a recorded machine has no lights"),
    ("learn", "it asks a person"),
    ("check ./mine.yaml", "a file of yours"),
    ("apply", "a recorded machine is not changed"),
    ("firstboot", "a recorded machine is not changed"),
    ("propose --write", "a recorded machine is not changed"),
    ("notify", "a recorded machine sends nothing"),
    ("profile", "no recorded pool keeps one"),
    ("replace", "no recording has a new drive in that bay"),
    ("expand", "no recording has a new drive in that bay"),
    ("import tank", "no recording has a pool of that name to import"),
    ("adopt tank", "the recorded pools of that name have what no profile can describe"),
    ("destroy", "no recording has that dataset"),
    ("forget", "no recording has seen that pool"),
];

#[test]
fn examples_can_be_typed() {
    let machines = ["gen8-seed", "gen8-4x4tb", "in-trouble", "every-owner", "gen8-aging", "mixed"];
    let mut typed = 0;
    for row in TABLE.iter().filter(|row| row.group != Group::Hidden) {
        assert!(!row.examples.is_empty(), "{} has no example", row.name);
        let help = run(&[row.name, "--help"]).out;
        assert!(help.contains("Examples:"), "{help}");
        for (example, _) in row.examples {
            assert!(help.contains(&format!("zbay {example}")), "{example}: {help}");
            let mut words: Vec<&str> = example.split(' ').collect();
            if let Err(why) = Typed::parse([&["zbay"], &words[..]].concat()) {
                panic!("zbay {example}: {why}");
            }
            if HELD.iter().any(|(held, _)| example.starts_with(held)) {
                continue;
            }
            if row.does == Does::Changes && !words.contains(&"--dry-run") {
                words.push("--dry-run");
            }
            let tried: Vec<_> = if example.contains("--machine") {
                vec![run(&words)]
            } else {
                let on = |name: &&str| {
                    let dir = format!("tests/machines/{name}");
                    run(&[&["--machine", &dir], &words[..]].concat())
                };
                machines.iter().map(on).collect()
            };
            let said: Vec<&String> = tried.iter().map(|said| &said.err).collect();
            // What is meant is the profile that a server has recorded, and no recording has one.
            let recorded = said.iter().all(|err| err.contains("error: no profile was given"));
            assert!(
                recorded || tried.iter().any(|said| said.status < 2),
                "zbay {example}: {said:#?}"
            );
            typed += 1;
        }
    }
    assert!(typed > 25, "{typed}");
}

#[test]
fn what_cannot_be_understood_is_told_to_a_program_too() {
    for typed in
        [&["--json", "statsu"][..], &["status", "--json", "--bogus"], &["replace", "--json"]]
    {
        let said = run(typed);
        assert_eq!(said.status, 2, "{typed:?}");
        let answer: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!(answer["version"], 2);
        let error = answer["error"]["text"].as_str().expect("words");
        assert_eq!(answer["error"]["code"], "usage", "{typed:?}");
        assert!(!error.starts_with("error:") && said.err.contains(error), "{error}\n{}", said.err);
    }
    // What stands behind `--` is no option.
    assert_eq!(run(&["explain", "--", "a", "--json"]).out, "");
}

#[test]
fn no_help_says_a_default_twice() {
    let mut todo: Vec<Vec<String>> = vec![vec![]];
    let mut seen = 0;
    while let Some(command) = todo.pop() {
        for long in [true, false] {
            let flag = if long { "--help" } else { "-h" };
            let args: Vec<&str> = command.iter().map(String::as_str).chain([flag]).collect();
            let help = run(&args).out;
            // An option and what is said of it: until the next one.
            let mut options: Vec<String> = Vec::new();
            for line in help.lines() {
                let begins =
                    line.trim_start().starts_with(['-', '<', '[']) && line.starts_with(' ');
                let value =
                    line.trim_start().starts_with("- ") || line.trim().starts_with("[default");
                match options.last_mut() {
                    Some(last) if !begins || value => last.extend([" ", line.trim()]),
                    _ => options.push(line.trim().to_owned()),
                }
            }
            for option in options.iter().filter(|option| option.contains("[default: ")) {
                let said = option.to_lowercase();
                let count = said.matches("default").count() + said.matches("left out").count();
                assert_eq!(count, 1, "{command:?}: {option}");
                let default = option.split("[default: ").nth(1).and_then(|it| it.split(']').next());
                let text = option.split("[default: ").next().unwrap_or_default();
                let ends = format!(": {}", default.unwrap_or_default());
                assert!(!text.trim_end().ends_with(&ends), "{command:?}: {option}");
                seen += 1;
            }
            if long {
                todo.extend(
                    listed(&help).into_iter().map(|one| [command.clone(), vec![one]].concat()),
                );
            }
        }
    }
    assert!(seen > 12, "{seen}");
}

/// Spellings of earlier versions, which scripts have, and what they are called now.
const EARLIER: [(&[&str], &str); 8] = [
    (&["replace", "2", "--plan"], "--dry-run"),
    (&["expand", "attach", "2", "--plan"], "--dry-run"),
    (&["import", "--plan"], "--dry-run"),
    (&["export", "--plan"], "--dry-run"),
    (&["destroy", "tank/data", "--plan"], "--dry-run"),
    (&["import", "--from", "oldnas"], "--from-host"),
    (&["plan", "--adopt", "oldnas"], "--from-host"),
    (&["apply", "--adopt", "oldnas"], "--from-host"),
];

#[test]
fn spellings_of_earlier_versions_go_on_working_and_no_help_has_them() {
    for (typed, now) in EARLIER {
        let old = typed.iter().find(|word| word.starts_with("--")).expect("an option");
        let new: Vec<&str> =
            typed.iter().map(|word| if word == old { now } else { word }).collect();
        let said = |typed: &[&str]| {
            let said = run(&[&["--machine", "every-owner"], typed].concat());
            (said.status, said.out, said.err)
        };
        assert_eq!(said(typed), said(&new), "{typed:?}");
        let help = run(&[typed[0], "--help"]).out;
        assert!(
            !help.contains(&format!("{old} ")) && !help.contains(&format!("{old}\n")),
            "{help}"
        );
    }
    let said = run(&["--machine", "gen8-seed", "show", "hw", "--color", "never"]);
    assert!(said.status < 2, "{}", said.err);
}
