//! What several tests ask of a box with zbay: which programs changed something, what ZFS says to the byte.

use serde_json::Value;
use zbay_lab::Lab;

/// Of the programs that were traced, those that change disks, pools or the system.
pub fn changing(traced: &[String]) -> Vec<String> {
    let reads = [
        ("zpool", &["status", "list", "get", "version", "events", "history"][..]),
        ("zfs", &["list", "get", "version", "mount"][..]),
        ("systemctl", &["is-enabled", "is-active", "is-system-running", "show", "list-jobs"][..]),
    ];
    let changes = |line: &&String| {
        let mut words = line.split_whitespace().skip(2);
        let program = words.next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        let args: Vec<&str> = words.collect();
        match program {
            // Without a pool's name or -a, `zpool import` only lists; `zpool create -n` only rehearses.
            "zpool" if args.first() == Some(&"import") => {
                args.iter().skip(1).any(|arg| !arg.starts_with('-') || *arg == "-a")
            }
            "zpool" if args.starts_with(&["create", "-n"]) => false,
            "wipefs" => !args.iter().any(|arg| arg.starts_with("-n") || *arg == "--no-act"),
            "sgdisk" | "sfdisk" | "parted" | "dd" | "blkdiscard" | "zgenhostid" | "chown"
            | "chmod" => true,
            _ => reads
                .iter()
                .find(|(name, _)| *name == program)
                .is_some_and(|(_, reads)| args.first().is_some_and(|first| !reads.contains(first))),
        }
    };
    traced.iter().filter(changes).cloned().collect()
}

/// The changing programs without those that the box's own start-up and the test run.
pub fn by_zbay(traced: &[String]) -> Vec<String> {
    let own = [
        "systemctl --no-block",
        "zpool events",
        "systemctl show",
        "systemctl list-jobs",
        "systemctl is-",
    ];
    changing(traced)
        .into_iter()
        .filter(|line| !own.iter().any(|words| line.contains(words)))
        .collect()
}

/// SIZE of a pool, and USED + AVAIL of its root dataset, in bytes.
pub fn sizes(lab: &Lab, pool: &str) -> (u64, u64) {
    let number = |text: &str| text.trim().parse::<u64>().expect("a number");
    let size = number(&lab.ok(&format!("zpool list -Hp -o size {pool}")));
    let both = lab.ok(&format!("zfs list -Hp -o used,available {pool}"));
    (size, both.split_whitespace().map(number).sum())
}

/// An answer of zbay as JSON, whatever its exit status.
pub fn json(lab: &Lab, command: &str) -> Value {
    let ran = lab.sh(&format!("zbay --json {command}"));
    serde_json::from_str(&ran.out)
        .unwrap_or_else(|why| lab.fail(&format!("{command}: {why}: {}{}", ran.out, ran.err)))
}

/// After a reboot the pool is there, all is as wished, and apply runs no changing program.
pub fn lives_on(lab: &mut Lab, pool: &str) {
    let count = |lab: &Lab| {
        lab.ok(&format!("zpool history -i {pool} | wc -l")).trim().parse::<u32>().expect("a count")
    };
    let before = count(lab);
    let sized = sizes(lab, pool);
    lab.reboot();
    lab.settled();
    assert!(lab.ok(&format!("zpool list -H -o health {pool}")).contains("ONLINE"));
    lab.trace();
    let verify = lab.sh("zbay verify");
    assert_eq!(verify.status, 0, "{}{}", verify.out, verify.err);
    let applied = json(lab, "apply --yes");
    assert_eq!(applied["changed"], false, "{applied}");
    assert_eq!(applied["plan"]["steps"], serde_json::json!([]), "{applied}");
    assert_eq!(by_zbay(&lab.traced()), Vec::<String>::new());
    // ZFS's own memory agrees: since the reboot the pool was imported, and neither it nor a dataset was changed.
    let new = lab.ok(&format!("zpool history -i {pool} | tail -n +{}", before + 1));
    assert!(new.contains("import pool version"), "{new}");
    let changes = [
        "create", "destroy", "set", "inherit", "add", "attach", "replace", "remove", "rename",
        "snapshot",
    ];
    for line in new.lines() {
        let mut words = line
            .split_whitespace()
            .skip(1)
            .skip_while(|word| word.starts_with('[') || *word == "zpool" || *word == "zfs");
        let verb = words.next().unwrap_or_default();
        assert!(!changes.contains(&verb), "{line}");
    }
    assert_eq!(sizes(lab, pool).0, sized.0);
    assert_eq!(sizes(lab, pool).1, sized.1);
}

/// A pool made by hand: zpool may find a partition that it has just made not named by udev yet, and is asked again.
pub fn made(lab: &Lab, create: &str) {
    lab.ok(&format!(
        "for i in 1 2 3; do udevadm settle; {create} && exit 0; sleep 2; done; exit 1"
    ));
}

/// Runs zbay until it has synced for the `n`-th time and sends it a signal there. False: it ended before. strace counts by
/// thread: zbay changes files in one. The programs that it starts are let go.
pub fn at_sync(lab: &Lab, command: &str, n: u32, signal: &str) -> bool {
    lab.ok(&format!(
        "rm -f /run/drill /run/drill.out; (setsid strace -f -b execve -qq -o /run/drill -e trace=fsync -e inject=fsync:signal={signal}:when={n} \
         {command} >/run/drill.out 2>&1 </dev/null; echo ended >>/run/drill.out) >/dev/null 2>&1 & \
         for i in $(seq 900); do grep -qE 'SIGSTOP|SIGKILL' /run/drill 2>/dev/null && exit 0; grep -q ended /run/drill.out 2>/dev/null && exit 0; sleep 0.2; done; exit 1"
    ));
    lab.sh("sleep 0.5; grep -qE 'SIGSTOP|SIGKILL' /run/drill").status == 0
}
