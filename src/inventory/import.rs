//! Pools that could be imported, from the text of `zpool import` and `zpool import -D`.
//!
//! There is no JSON of these (`show_import` in `cmd/zpool/zpool_main.c`). A pool is a block of `key:
//! value` lines whose values go on behind a tab, and a `config:` whose tree is told by indentation.
//! A line that fits neither is an error with the line in it.

use super::{ImportablePool, Reason, Unknown};

const KEYS: [&str; 10] =
    ["pool", "id", "state", "status", "action", "see", "comment", "scan", "errors", "config"];

/// How a pool's `status:` begins (`show_import`, OpenZFS 2.3 and 2.4), and what it is.
const REASONS: [(&str, Reason); 22] = [
    ("One or more devices are missing", Reason::Missing),
    ("One or more devices contains", Reason::Corrupted),
    ("One or more devices are faulted", Reason::Corrupted),
    ("The pool data is corrupted", Reason::Damaged),
    ("The pool metadata is corrupted", Reason::Damaged),
    ("An intent log record", Reason::BadLog),
    ("The pool is formatted using an incompatible", Reason::Newer),
    ("The pool uses the following feature", Reason::Features),
    ("The pool can only be accessed in read-only", Reason::ReadOnly),
    ("The pool is currently imported by another", Reason::InUse),
    ("The pool has the multihost property on", Reason::NoHostid),
    ("The pool was last accessed by another", Reason::OtherHost),
    ("One or more devices are offlined", Reason::Nothing),
    ("The pool is formatted using a legacy", Reason::Nothing),
    ("Some supported", Reason::Nothing),
    ("Error reading or parsing", Reason::Nothing),
    ("One or more features are enabled", Reason::Nothing),
    ("One or more devices were being resilvered", Reason::Nothing),
    ("One or more devices are configured to use a non-native", Reason::Nothing),
    ("Errata #", Reason::Nothing),
    ("The pool was destroyed", Reason::Nothing),
    ("The pool is currently exported", Reason::Nothing),
];

/// The sentences that are told of a pool before its tree.
#[derive(Default)]
struct Said {
    status: Vec<String>,
    action: Vec<String>,
    last: Option<bool>,
}

impl Said {
    fn begin(&mut self, key: &str, value: &str) {
        self.last = match key {
            "status" => Some(true),
            "action" => Some(false),
            _ => None,
        };
        self.more(value);
    }

    /// The rest of a sentence.
    fn more(&mut self, line: &str) {
        let lines = match self.last {
            Some(true) => &mut self.status,
            Some(false) => &mut self.action,
            None => return,
        };
        lines.push(line.trim().to_owned());
    }

    fn reason(&self) -> (Reason, Option<String>) {
        let (status, action) = (self.status.join(" "), self.action.join(" "));
        if status.is_empty() {
            return (Reason::Nothing, None);
        }
        let found = REASONS.iter().find(|(begins, _)| status.starts_with(begins));
        let mut reason = found.map_or(Reason::Other, |(_, reason)| *reason);
        // 2.2 and 2.3 tell features that only writing needs by what can be done.
        if reason == Reason::Features && action.contains("readonly=on") {
            reason = Reason::ReadOnly;
        }
        let features = |all: &str| all.split_once("system:").map(|(_, all)| all.trim().to_owned());
        let detail = match reason {
            Reason::Features | Reason::ReadOnly => features(&status),
            Reason::InUse => action
                .split_once("exported from ")
                .and_then(|(_, rest)| rest.split_once(" before"))
                .map(|(host, _)| host.to_owned()),
            Reason::Other => Some(status.trim_end_matches('.').to_owned()),
            _ => None,
        };
        (reason, detail.filter(|detail| !detail.is_empty()))
    }
}

/// Reads one listing. `destroyed`: it is that of `zpool import -D`.
pub(super) fn pools(text: &str, destroyed: bool) -> Result<Vec<ImportablePool>, Unknown> {
    let mut pools: Vec<ImportablePool> = Vec::new();
    let mut config: Option<Vec<(usize, &str)>> = None;
    let mut said = Said::default();
    for line in text.lines() {
        let unread =
            || Unknown::because(format!("`zpool import` wrote {line:?}, which is not known"));
        if let Some(body) = line.strip_prefix('\t') {
            // Behind a tab: the tree, or the rest of a sentence.
            if let Some(tree) = &mut config
                && !body.trim().is_empty()
            {
                tree.push((body.len() - body.trim_start().len(), body.trim()));
            } else if config.is_none() {
                said.more(body);
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
        let known = line.trim_start().split_once(':').filter(|(key, _)| KEYS.contains(key));
        let Some((key, value)) = known else {
            // Two of ZFS's sentences go on without a tab.
            if said.last.is_none() || config.is_some() || !line.starts_with(char::is_alphabetic) {
                return Err(unread());
            }
            said.more(line);
            continue;
        };
        let value = value.trim();
        said.begin(key, value);
        match key {
            "pool" => {
                said = Said::default();
                finish(&mut pools, config.take());
                pools.push(ImportablePool {
                    name: value.to_owned(),
                    guid: String::new(),
                    state: String::new().into(),
                    destroyed,
                    members: Vec::new(),
                    log_lost: false,
                    reason: Reason::Nothing,
                    detail: None,
                });
            }
            "config" => {
                let pool = pools.last_mut().ok_or_else(unread)?;
                (pool.reason, pool.detail) = said.reason();
                config = Some(Vec::new());
            }
            "id" => pools.last_mut().ok_or_else(unread)?.guid = guid(value).ok_or_else(unread)?,
            "state" => {
                let state = value.strip_suffix(" (DESTROYED)").unwrap_or(value);
                pools.last_mut().ok_or_else(unread)?.state = state.into();
            }
            _ => {}
        }
    }
    finish(&mut pools, config);
    match pools.iter().find(|pool| pool.guid.is_empty() || pool.state.as_str().is_empty()) {
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
    fn every_reason_is_told() {
        let one = |lines: &str| {
            let text = format!(
                "   pool: a pool\n     id: 5\n  state: UNAVAIL\n{lines}comment: zbay:x: y\n   see: https://x\n config:\n\n\ta  UNAVAIL\n"
            );
            let pool = pools(&text, false).unwrap().remove(0);
            (pool.reason, pool.detail)
        };
        for (begins, reason) in REASONS {
            assert_eq!(one(&format!("status: {begins} and more.\n")).0, reason, "{begins}");
        }
        assert_eq!(one(""), (Reason::Nothing, None));
        assert_eq!(
            one("status: The moon is full.\n"),
            (Reason::Other, Some("The moon is full".into()))
        );
        let host = " action: The pool must be exported from nas (hostid=1f)\n\tbefore it can be safely imported.\n";
        let in_use =
            one(&format!("status: The pool is currently imported by another system.\n{host}"));
        assert_eq!(in_use, (Reason::InUse, Some("nas (hostid=1f)".into())));
        let features = "status: The pool uses the following feature(s) not supported on this system:\n\torg.openzfs:blake3 (BLAKE3)\n\tcom.x:y\n";
        let names = Some("org.openzfs:blake3 (BLAKE3) com.x:y".to_owned());
        assert_eq!(one(features), (Reason::Features, names.clone()));
        let only = " action: The pool cannot be imported in read-write mode. Import the pool with\n\t\"-o readonly=on\", or\n";
        assert_eq!(one(&format!("{features}{only}")), (Reason::ReadOnly, names));
        // These go on without a tab.
        let two = "status: Error reading or parsing the file(s) indicated by the 'compatibility'\nproperty.\n";
        assert_eq!(one(two), (Reason::Nothing, None));
    }

    #[test]
    fn a_listing_of_pools_that_do_not_come() {
        let pools = pools(include_str!("samples/zpool-import-reasons.txt"), false).unwrap();
        let said: Vec<_> = pools.iter().map(|it| (it.name.as_str(), it.reason)).collect();
        let wanted = [
            ("newer", Reason::ReadOnly),
            ("odd name:1", Reason::Nothing),
            ("elsewhere", Reason::InUse),
            ("lacking", Reason::Missing),
        ];
        assert_eq!(said, wanted);
        assert_eq!(pools[3].members, ["wwn-0x5000c50070000008"]);
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
