//! `zbay care`, `zbay selftest` and `care:` in a plan, on recorded machines.

use std::fs;

use serde_json::{Value, json};

use super::{Altered, Said, on};

const UNITS: [&str; 11] = [
    "zbay-notify.timer",
    "zfs-zed.service",
    "smartmontools.service",
    "cron.service",
    "cron.target",
    "zbay-selftest@short.timer",
    "zbay-selftest@long.timer",
    "zfs-scrub-monthly@tank.timer",
    "zfs-scrub-weekly@tank.timer",
    "zfs-trim-monthly@tank.timer",
    "zfs-trim-weekly@tank.timer",
];
const SHOW: &str = "systemctl show --timestamp=unix --property=LoadState,UnitFileState,ActiveState,\
    LastTriggerUSec,NextElapseUSecRealtime --";

/// Debian as it comes, with these units on.
fn box_with(on: &[&str]) -> Altered {
    let unit = |name: &&str| {
        let state =
            if on.contains(name) { ("enabled", "active") } else { ("disabled", "inactive") };
        format!("LoadState=loaded\nActiveState={}\nUnitFileState={}\n", state.1, state.0)
    };
    let shown: Vec<String> = UNITS.iter().map(unit).collect();
    let cron =
        "24 0 8-14 * * root /usr/lib/zfs-linux/scrub\n24 0 1-7 * * root /usr/lib/zfs-linux/trim\n";
    Altered::of("every-owner")
        .edit("commands.json", |all| {
            let said = |text: &str| json!({"status": 0, "stdout": text});
            all[format!("{SHOW} {}", UNITS.join(" "))] = said(&shown.join("\n"));
            all["df -B1 --output=used,avail /"] = said("Used Avail\n95 5\n");
        })
        .edit("files.json", |all| {
            all["/etc/cron.d/zfsutils-linux"] = json!(cron);
            all["/etc/zfs/zed.d/zed.rc"] = json!("ZED_EMAIL_ADDR=\"root\"\n");
            all["/etc/smartd.conf"] =
                json!("DEVICESCAN -m root -M exec /usr/share/smartmontools/smartd-runner\n");
        })
        .edit("lists.json", |all| {
            let those = |kind: &str| -> Vec<&&str> {
                on.iter().filter(|name| name.ends_with(kind)).collect()
            };
            all["/usr/bin"] = json!(["bash", "mail"]);
            all["/sys/fs/cgroup/system.slice"] = json!(those(".service"));
            all["/etc/systemd/system/timers.target.wants"] = json!(those(".timer"));
            all["/etc/systemd/system/multi-user.target.wants"] = json!(["ssh.service"]);
        })
}

fn fits(said: &Said) {
    assert!(said.out.lines().count() <= 20, "{}", said.out);
    assert!(said.out.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{}", said.out);
}

#[test]
fn debian_as_it_comes_is_shown_and_nothing_is_claimed() {
    let debian = box_with(&["cron.service", "zfs-zed.service"]);
    let status = debian.run(&["status"]).out;
    let line = "\ncare     possibly scrubbed by Debian's cron; ZED mails root\n";
    assert!(status.contains(line), "{status}");
    let said = debian.run(&["care"]);
    fits(&said);
    for words in [
        "scrubbed monthly by Debian's cron, on the second Sunday at 00:24",
        "alerts   ZED mails root\n",
        "boot     the root file system is 95 % full",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert_eq!(said.status, 1, "the boot device is nearly full");
}

#[test]
fn two_that_scrub_are_named_with_the_way_out() {
    let both = box_with(&["cron.service", "zfs-scrub-monthly@tank.timer"]);
    let said = both.run(&["care"]);
    fits(&said);
    assert!(
        said.out.contains("twice    two schedules scrub it: `care:` in the profile"),
        "{}",
        said.out
    );
    assert!(said.out.contains("alerts   no alerts"), "{}", said.out);
    let json: Value = serde_json::from_str(&both.run(&["care", "--json"]).out).expect("JSON");
    let by = &json["pools"][0]["scrub"]["by"];
    assert_eq!((by.as_array().map(Vec::len), &by[1]["by"]), (Some(2), &json!("cron")));
    let status = both.run(&["status"]).out;
    let line = "\ncare     scrubbed monthly by OpenZFS's timer; no alerts: set `notify:`\n";
    assert!(status.contains(line), "{status}");
    assert!(!on("every-owner", &["status"]).out.contains("\ncare "), "not known is not said");
}

#[test]
fn a_plan_says_what_debians_cron_is_told_and_what_is_not_known() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("wish.yaml");
    let seed = fs::read_to_string("profiles/gen8-seed.yaml").expect("shipped");
    fs::write(&file, format!("{seed}care: {{}}\n")).expect("written");
    let said = on("gen8-seed", &["plan", file.to_str().expect("UTF-8"), "--full"]);
    assert_eq!(said.status, 1, "{}", said.err);
    assert!(said.out.contains("-O org.debian:periodic-scrub=disable"), "{}", said.out);
    assert!(said.out.contains("what scrubs and trims is not known"), "{}", said.out);
}

#[test]
fn a_drive_that_sleeps_or_is_not_known_begins_no_test() {
    let account = json!({"status": 0, "stdout": r#"{"power_on_time": {"hours": 900}}"#});
    let asleep =
        r#"{"smartctl": {"messages": [{"string": "Device is in STANDBY mode, exit(2)"}]}}"#;
    let ask = |dev: &str| format!("smartctl -n standby -j -i -A -c -l selftest /dev/{dev}");
    let altered = Altered::of("every-owner").edit("commands.json", |all| {
        for dev in ["sda", "sdb", "sdc", "sde"] {
            all[ask(dev)] = account.clone();
        }
        all[ask("sdb")] = json!({"status": 2, "stdout": asleep});
    });
    let short = altered.run(&["selftest", "short"]);
    assert_eq!((short.status, short.err.as_str()), (0, ""));
    assert!(short.out.contains("asleep, left asleep"), "{}", short.out);
    assert!(short.out.contains("cannot: not recorded"), "{}", short.out);
    let begins = |said: &Said| said.out.lines().filter(|line| line.ends_with("  begins")).count();
    let long = altered.run(&["selftest", "long"]);
    assert!(begins(&long) >= 1 && begins(&long) < begins(&short), "{}{}", long.out, short.out);
    assert!(long.out.contains("waiting for another drive of its vdev"), "{}", long.out);
    assert_eq!(on("every-owner", &["selftest", "quick"]).status, 2);
}
