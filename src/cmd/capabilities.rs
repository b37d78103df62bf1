//! What zbay can do and what it cannot: the table of README.md, which `scripts/reference` writes from here.
//!
//! A command that is new stands in it, or a test fails: a page that says that a feature is missing cannot go stale.

use std::fmt::Write as _;

/// What a person looks for, whether it is there, and the command or the key of the profile.
const TABLE: &[(&str, &str, &str)] = &[
    ("what is in each bay: drives, health, pools", "yes", "`zbay`, `zbay show`, `zbay status`"),
    ("which port is which bay, found by lights and serials", "yes", "`zbay learn`, `zbay locate`"),
    ("layouts for the drives you have", "yes", "`zbay propose`"),
    (
        "usable space to the byte, and the risk of a layout",
        "yes",
        "`zbay capacity`, `zbay explain`, `zbay optimal`, `zbay grow`",
    ),
    (
        "creating a pool with its datasets and properties from a file",
        "yes",
        "`zbay check`, `zbay plan`, `zbay apply`, `zbay verify`",
    ),
    ("the same at first boot, without a keyboard", "yes", "`zbay firstboot`"),
    ("encrypted datasets, by key file or passphrase", "yes", "`key_file:`, `passphrase: ask`"),
    (
        "replacing a failed drive, step by step or automatically",
        "yes",
        "`zbay replace`, `autoreplace: blank`",
    ),
    (
        "growing a pool: attach, add, log, cache, spare, special, larger drives",
        "yes",
        "`zbay expand`",
    ),
    (
        "pools from other systems: import, export, adopt",
        "yes",
        "`zbay import`, `zbay export`, `zbay adopt`, `zbay profile`",
    ),
    ("destroying a dataset, by its full name", "yes", "`zbay destroy`"),
    ("destroying a pool", "no", "by hand: `zpool destroy`"),
    (
        "alerts: mail, push (HTTP POST), the login prompt",
        "yes",
        "`zbay notify`, `zbay forget`, `notify:`",
    ),
    ("metrics for Prometheus", "yes", "`zbay metrics`"),
    (
        "scrubs, trims and self-tests on a schedule; other jobs when they are due",
        "yes",
        "`zbay care`, `zbay selftest`, `zbay tick`, `care:`",
    ),
    ("a limit for the memory that ZFS caches in", "yes", "`memory:`"),
    ("answers for programs, with their schemas", "yes", "`--json`, `zbay schema`"),
    ("built-in documentation", "yes", "`zbay help`"),
    ("man pages, and completions for bash, zsh and fish", "yes", "`man zbay`, `zbay completions`"),
    ("special vdevs and dRAID in a profile", "no", "`zbay expand special` adds one to a pool"),
    ("ZFS as root", "no", ""),
    (
        "shares, users, snapshots, backups, a web page",
        "no",
        "set those up alongside, or use a full NAS distribution",
    ),
];

/// The table as Markdown.
pub fn page() -> String {
    let mut out = "| | | |\n|---|---|---|\n".to_owned();
    for (what, there, how) in TABLE {
        let _ = writeln!(out, "| {what} | {there} | {how} |");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::cmd::row::Group;
    use crate::cmd::table::TABLE as COMMANDS;

    #[test]
    fn every_command_is_in_the_table_and_every_command_in_it_is_one() {
        let shown = COMMANDS.iter().filter(|row| row.group != Group::Hidden);
        let names: Vec<&str> = shown.map(|row| row.name).collect();
        let said = TABLE.iter().flat_map(|(_, _, how)| how.split('`').skip(1).step_by(2));
        let said: Vec<&str> =
            said.filter_map(|word| word.strip_prefix("zbay ")?.split(' ').next()).collect();
        for name in &names {
            assert!(said.contains(name), "`zbay {name}` is not in the table");
        }
        for name in said {
            assert!(names.contains(&name), "`zbay {name}` is no command");
        }
    }
}
