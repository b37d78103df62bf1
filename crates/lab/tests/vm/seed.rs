//! The seed article's box: its drives, its pool to the letter, and nothing done twice.

use zbay_lab::Lab;

use crate::promises::{by_zbay, json, lives_on, sizes};

const WISH: &str = include_str!("../../../../profiles/gen8-seed.yaml");

#[test]
fn the_articles_box_sets_itself_up_and_nothing_is_done_twice() {
    let mut lab = Lab::new("gen8-seed").with_wish(WISH).with_trace_from_boot().boot();
    lab.ready();
    let first = by_zbay(&lab.traced());
    let creates = first.iter().filter(|line| line.contains("zpool create")).count();
    // Once; and once more for each time that the journal says why.
    let again = lab.ok("grep -c '\"again\"' /var/lib/zbay/journal.jsonl || true");
    assert_eq!(creates, 1 + again.trim().parse::<usize>().expect("a count"), "{first:#?}");
    as_in_the_article(&lab);

    // What was predicted is what there is, to the byte.
    assert_eq!(sizes(&lab, "testpool"), (3_985_729_650_688, 2_805_775_466_496));
    let log = lab.ok("journalctl -u zbay-firstboot --no-pager -o cat");
    assert!(log.contains("2805775466496 bytes"), "{log}");
    assert!(
        lab.console().contains("zbay first boot: done, pool testpool is ready"),
        "{}",
        lab.console()
    );
    assert!(!log.contains("DIFFERENT"), "{log}");
    let state = lab.ok("cat /run/zbay/firstboot.json");
    let state: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    assert_eq!(state["state"], "done", "{state}");
    assert_eq!(state["pool_guid"], lab.ok("zpool get -H -o value guid testpool").trim());
    assert!(lab.ok("cat /etc/issue.d/zbay.issue").contains("pool testpool is ready"));

    // The box has a hostid of its own, made from its UUID, and the pool carries the plan's mark.
    assert_eq!(lab.ok("stat -c %s /etc/hostid").trim(), "4");
    assert!(lab.ok("zpool get -H -o value comment testpool").starts_with("zbay:"));

    lives_on(&mut lab, "testpool");

    // A property that the profile changes leads to exactly that `zfs set`.
    lab.push("/root/wish.yaml", &format!("{WISH}  root: {{recordsize: 1M}}\n"));
    assert_eq!(lab.sh("zbay plan /root/wish.yaml").status, 1);
    let refused = lab.sh("zbay apply /root/wish.yaml --yes");
    assert_eq!(refused.status, 2, "another wish is recorded: {}", refused.out);
    assert!(refused.err.contains("--replace-profile"), "{}", refused.err);
    let silent = lab.sh("zbay apply /root/wish.yaml < /dev/null");
    assert_eq!(silent.status, 2, "without a terminal: {}", silent.out);
    assert_eq!(lab.ok("zfs get -H -o value recordsize testpool").trim(), "128K");
    lab.trace();
    lab.ok("zbay apply /root/wish.yaml --yes --replace-profile");
    let changed = by_zbay(&lab.traced());
    assert_eq!(changed.len(), 1, "{changed:#?}");
    assert!(changed[0].ends_with("zfs set recordsize=1048576 testpool"), "{changed:#?}");
    assert_eq!(json(&lab, "apply --yes")["changed"], false);

    // What cannot be changed in place is drift with a way out, never forced.
    lab.push("/root/other.yaml", &WISH.replace("raidz", "raidz2"));
    let drift = lab.sh("zbay verify /root/other.yaml");
    assert_eq!(drift.status, 1);
    assert!(drift.out.contains("not changed in place"), "{}", drift.out);

    // The journal has the intent before the outcome, and no two applies run at once.
    let journal = lab.ok("cat /var/lib/zbay/journal.jsonl");
    let lines = journal.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let events: Vec<serde_json::Value> =
        lines.filter(|line: &serde_json::Value| line["event"] != "again").collect();
    assert!(
        events.len() >= 6
            && events.chunks(2).all(|two| two[0]["event"] == "intent" && two[1]["event"] == "done")
    );
    // Where every byte went, on the pool that exists.
    let explained: serde_json::Value =
        serde_json::from_str(&lab.ok("zbay --json explain testpool")).expect("JSON");
    assert_eq!(explained["rest"], 0, "{explained}");
    let held = lab.sh("flock /run/zbay/lock zbay apply --yes");
    assert_eq!(held.status, 2);
    assert!(held.err.contains("is running (it holds /run/zbay/lock)"), "{}", held.err);
}

/// `show disk` and `zpool status` say what the article's do.
fn as_in_the_article(lab: &Lab) {
    let shown = lab.ok("zbay show disk -sm");
    let mut rows: Vec<String> = shown
        .lines()
        .skip(1)
        .map(|line| {
            line.split('|').skip(2).map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
        })
        .collect();
    rows.sort();
    assert_eq!(
        rows,
        [
            "SAMSUNG HD103UJ 1000",
            "SAMSUNG HM250HI 250",
            "ST2000DM001-1CH164 2000",
            "ST2000DM001-1ER164 2000",
            "ST2000DM001-1ER164 2000",
        ],
        "{shown}"
    );
    let status = lab.ok("zpool status testpool");
    let names: Vec<&str> = status
        .lines()
        .skip_while(|line| !line.trim_start().starts_with("NAME"))
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .take(6)
        .collect();
    assert_eq!(
        names,
        [
            "testpool",
            "raidz1-0",
            "wwn-0x50000f0008064806",
            "wwn-0x5000c5006518af8f",
            "wwn-0x5000c5007cebaf42",
            "wwn-0x5000c5007ceba5a5",
        ],
        "{status}"
    );
    assert!(status.contains("errors: No known data errors"), "{status}");
}
