//! What a command can be told: what it has no use for it does not take, and no help says a default twice.

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
            (&["--plan"], true),
            (&["--yes", "--plan"], true),
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

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let named = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
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
