//! Pools that could be imported, from the text of `zpool import` and `zpool import -D`.
//!
//! There is no JSON of these (`show_import` in `cmd/zpool/zpool_main.c`). A pool is a block of `key:
//! value` lines whose values go on behind a tab, and a `config:` whose tree is told by indentation.
//! A line that fits neither is an error with the line in it.

use super::{ImportablePool, Unknown};

/// Reads one listing. `destroyed`: it is that of `zpool import -D`.
pub(super) fn pools(text: &str, destroyed: bool) -> Result<Vec<ImportablePool>, Unknown> {
    let mut pools: Vec<ImportablePool> = Vec::new();
    let mut config: Option<Vec<(usize, &str)>> = None;
    for line in text.lines() {
        let unread =
            || Unknown::because(format!("`zpool import` wrote {line:?}, which is not known"));
        if let Some(body) = line.strip_prefix('\t') {
            // Behind a tab: the tree, or the rest of a sentence.
            if let Some(tree) = &mut config
                && !body.trim().is_empty()
            {
                tree.push((body.len() - body.trim_start().len(), body.trim()));
            }
            continue;
        }
        if line.trim().is_empty() {
            // The tree begins and ends with an empty line.
            if let (Some(tree), Some(pool)) = (&config, pools.last_mut())
                && !tree.is_empty()
            {
                pool.members = members(tree);
                pool.log_lost = log_lost(tree);
                config = None;
            }
            continue;
        }
        let (key, value) = line.trim_start().split_once(':').ok_or_else(unread)?;
        let value = value.trim();
        match key {
            "pool" => {
                finish(&mut pools, config.take());
                pools.push(ImportablePool {
                    name: value.to_owned(),
                    guid: String::new(),
                    state: String::new(),
                    destroyed,
                    members: Vec::new(),
                    log_lost: false,
                });
            }
            "config" => config = Some(Vec::new()),
            "id" => pools.last_mut().ok_or_else(unread)?.guid = guid(value).ok_or_else(unread)?,
            "state" => {
                let state = value.strip_suffix(" (DESTROYED)").unwrap_or(value);
                state.clone_into(&mut pools.last_mut().ok_or_else(unread)?.state);
            }
            "status" | "action" | "see" | "comment" | "scan" | "errors" => {}
            _ => return Err(unread()),
        }
    }
    finish(&mut pools, config);
    match pools.iter().find(|pool| pool.guid.is_empty() || pool.state.is_empty()) {
        Some(pool) => {
            Err(Unknown::because(format!("`zpool import` gives pool {} no id or state", pool.name)))
        }
        None => Ok(pools),
    }
}

fn guid(value: &str) -> Option<String> {
    value.parse::<u64>().ok().map(|guid| guid.to_string())
}

fn finish(pools: &mut [ImportablePool], config: Option<Vec<(usize, &str)>>) {
    if let (Some(tree), Some(pool)) = (config, pools.last_mut()) {
        pool.members = members(&tree);
        pool.log_lost = log_lost(&tree);
    }
}

/// Whether a log of the pool cannot be opened: `zpool import` calls such a pool usable, and does not import it without `-m`.
fn log_lost(tree: &[(usize, &str)]) -> bool {
    let section = tree.iter().skip_while(|(depth, text)| *depth > 0 || *text != "logs").skip(1);
    let lines: Vec<&(usize, &str)> = section.take_while(|(depth, _)| *depth > 0).collect();
    let top = lines.iter().map(|(depth, _)| *depth).min();
    let state = |text: &str| text.split_whitespace().nth(1).map(str::to_owned);
    let gone = ["UNAVAIL", "REMOVED", "FAULTED"];
    lines
        .iter()
        .filter(|(depth, _)| Some(*depth) == top)
        .any(|(_, text)| state(text).is_some_and(|state| gone.contains(&state.as_str())))
}

/// The names of the leaves: lines with none below them. Headings of sections (`logs`) and the pool's own
/// line stand at the margin.
fn members(tree: &[(usize, &str)]) -> Vec<String> {
    let deeper = |index: usize, depth: usize| tree.get(index + 1).is_some_and(|(d, _)| *d > depth);
    let leaf =
        |(index, (depth, _)): &(usize, &(usize, &str))| *depth > 0 && !deeper(*index, *depth);
    let name = |(_, (_, text)): (usize, &(usize, &str))| {
        text.split_whitespace().next().unwrap_or("").to_owned()
    };
    tree.iter().enumerate().filter(leaf).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // OpenZFS 2.3.9: a 4Kn drive, and a mirror of which one drive's partition table was zapped.
    const TWO: &str = include_str!("samples/zpool-import.txt");
    const DESTROYED: &str = include_str!("samples/zpool-import-destroyed.txt");

    #[test]
    fn pools_states_and_members() {
        let pools = pools(TWO, false).unwrap();
        let short: Vec<_> = pools.iter().map(|p| (p.name.as_str(), p.state.as_str())).collect();
        assert_eq!(short, [("p9", "ONLINE"), ("p2", "DEGRADED")]);
        assert_eq!(pools[1].guid, "14461270416335879428");
        assert_eq!(pools[1].members, ["wwn-0x5000c50070000003", "wwn-0x5000c50070000004"]);
        assert!(!pools[0].destroyed);
    }

    #[test]
    fn destroyed_pools() {
        let pools = pools(DESTROYED, true).unwrap();
        assert_eq!((pools.len(), pools[0].destroyed), (1, true));
        assert_eq!((pools[0].name.as_str(), pools[0].state.as_str()), ("p3", "ONLINE"));
        assert_eq!(pools[0].members, ["wwn-0x5000c50070000005"]);
    }

    #[test]
    fn sections_and_a_comment() {
        let pools = pools(include_str!("samples/zpool-import-sections.txt"), false).unwrap();
        assert_eq!(pools[0].name, "pb");
        let wwn = |digit: u8| format!("wwn-0x5000c5007000000{digit}");
        assert_eq!(pools[0].members, [wwn(1), wwn(3), wwn(4), wwn(2)]);
        assert_eq!((pools[1].name.as_str(), pools[1].state.as_str()), ("tank", "DEGRADED"));
        assert_eq!(pools[1].members.len(), 5);
    }

    #[test]
    fn a_log_that_cannot_be_opened_is_told() {
        let text = include_str!("samples/zpool-import-sections.txt");
        assert!(pools(text, false).unwrap().iter().all(|pool| !pool.log_lost));
        let one = |lines: &str| {
            let head = "   pool: a\n     id: 5\n  state: ONLINE\n config:\n\n";
            pools(&format!("{head}{lines}\n"), false).unwrap()[0].log_lost
        };
        assert!(one("\ta  ONLINE\n\t  sda  ONLINE\n\tlogs\t\n\t  77  UNAVAIL\n"));
        assert!(!one("\ta  ONLINE\n\t  sda  UNAVAIL\n\tlogs\t\n\t  sdb  ONLINE\n"));
        let half =
            "\ta  ONLINE\n\tlogs\t\n\t  mirror-1  DEGRADED\n\t    sdb  ONLINE\n\t    77  UNAVAIL\n";
        assert!(!one(half), "a mirrored log that lost one is enough");
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(pools("", false), Ok(vec![]));
    }

    #[test]
    fn an_unknown_line_is_an_error() {
        let error = pools("  pool: a\nwhat is this\n", false).unwrap_err();
        assert_eq!(error.to_string(), "`zpool import` wrote \"what is this\", which is not known");
        assert!(pools("  pool: a\n    id: 5\n", false).is_err());
        assert!(pools("    id: 5\n", false).is_err());
        assert!(pools("  pool: a\n    id: five\n state: ONLINE\n", false).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "[ \\t\\n:a-z]{0,200}") {
            let _ = pools(&text, false);
        }
    }
}
