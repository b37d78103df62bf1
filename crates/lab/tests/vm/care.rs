//! One schedule and one voice on real OpenZFS: `care:` turns OpenZFS's timer on and tells Debian's cron to leave the pool, once;
//! `zbay care` says so; it changes with the profile and is given back to Debian; drives test themselves, one of a vdev at a time.

use std::time::Duration;

use serde_json::json;
use zbay_lab::Lab;

use crate::promises::{by_zbay, json as answer};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
const SERVICE: &str = include_str!("../../../../systemd/zbay-selftest@.service");
const TIMER: &str = include_str!("../../../../systemd/zbay-selftest@.timer");

fn unit(lab: &Lab, name: &str) -> String {
    let is = |what: &str| lab.ok(&format!("systemctl show -P {what} {name}")).trim().to_owned();
    format!("{} {}", is("UnitFileState"), is("ActiveState"))
}

fn property(lab: &Lab, name: &str) -> String {
    lab.ok(&format!("zfs get -H -o value org.debian:periodic-{name} tank")).trim().to_owned()
}

/// A profile in place of the one before.
fn apply(lab: &Lab, care: &str) {
    lab.push("/root/wish.yaml", &format!("{WISH}{care}"));
    let ran = lab.sh("zbay apply /root/wish.yaml --yes --replace-profile");
    if ran.status != 0 {
        lab.fail(&format!("{care}: {}{}", ran.out, ran.err));
    }
}

#[test]
fn one_schedule_that_is_planned_kept_and_given_back() {
    let wish = format!("{WISH}care: {{selftest: off}}\n");
    let lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();

    // The first boot has done it, with the pool.
    assert_eq!(unit(&lab, "zfs-scrub-monthly@tank.timer"), "enabled active");
    assert_eq!(unit(&lab, "zfs-scrub-weekly@tank.timer"), "disabled inactive");
    assert_eq!(unit(&lab, "zfs-trim-monthly@tank.timer"), "disabled inactive", "HDDs");
    assert_eq!([property(&lab, "scrub"), property(&lab, "trim")], ["disable", "disable"]);
    let night = lab.ok("systemctl show -P TimersCalendar zfs-scrub-monthly@tank.timer");
    assert!(night.contains("Sun *-*-01..07 02:00:00"), "{night}");
    assert_eq!(
        lab.ok("systemctl show -P FixedRandomDelay zfs-scrub-monthly@tank.timer").trim(),
        "yes"
    );
    assert!(!lab.ok("zpool status tank").contains("scrub in progress"), "nothing begins by it");

    lab.trace();
    let second = lab.sh("zbay apply --yes");
    assert_eq!(
        (second.status, by_zbay(&lab.traced())),
        (0, vec![]),
        "{}{}",
        second.out,
        second.err
    );
    assert_eq!(lab.sh("zbay verify").status, 0);
    let care = lab.sh("zbay care");
    assert_eq!((care.status, care.err.as_str()), (0, ""), "{}", care.out);
    eprintln!("{}", care.out);
    for words in [
        "scrubbed monthly by zfs-scrub-monthly@tank.timer;",
        "it has never run, next",
        "alerts   no alerts: set",
    ] {
        assert!(care.out.contains(words), "{words}: {}", care.out);
    }
    assert!(care.out.lines().count() <= 20);
    let boot = &answer(&lab, "care")["boot"];
    assert_eq!(boot["readonly"], json!(false), "{boot}");
    assert!(boot["full"].as_u64().is_some_and(|full| full < 100), "{boot}");
    let status = lab.ok("zbay status");
    assert!(
        status.contains("\ncare     scrubbed monthly by zbay's profile; no alerts"),
        "{status}"
    );

    // Somebody turns the other one on too: named, and mended.
    lab.ok("systemctl enable --now zfs-scrub-weekly@tank.timer");
    let twice = lab.sh("zbay care");
    assert_eq!(twice.status, 1, "{}", twice.out);
    assert!(twice.out.contains("twice    two schedules scrub it"), "{}", twice.out);
    assert_eq!(lab.sh("zbay verify").status, 1);
    lab.ok("zbay apply --yes");
    assert_eq!(unit(&lab, "zfs-scrub-weekly@tank.timer"), "disabled inactive");

    // Another rhythm, with tests whose units are not there: said, and all else is done.
    lab.push("/root/wish.yaml", &format!("{WISH}care: {{scrub: weekly}}\n"));
    let lacking = lab.sh("zbay plan /root/wish.yaml");
    let words: Vec<&str> = lacking.out.split_whitespace().collect();
    let needs = "the profile needs zbay-selftest@short.timer, which is not installed";
    assert!(words.join(" ").contains(needs), "{}", lacking.out);
    lab.push("/etc/systemd/system/zbay-selftest@.service", SERVICE);
    lab.push("/etc/systemd/system/zbay-selftest@.timer", TIMER);
    lab.ok("systemctl daemon-reload");
    apply(&lab, "care: {scrub: weekly}\n");
    assert_eq!(unit(&lab, "zfs-scrub-weekly@tank.timer"), "enabled active");
    assert_eq!(unit(&lab, "zfs-scrub-monthly@tank.timer"), "disabled inactive");
    assert_eq!(unit(&lab, "zbay-selftest@long.timer"), "enabled active");
    assert_eq!(
        lab.sh("test -e /etc/systemd/system/zfs-scrub-monthly@tank.timer.d/zbay.conf").status,
        1
    );

    // Drives test themselves: all of them the short way, of a vdev one the long way; none beside a scrub.
    let short = lab.sh("zbay selftest short");
    eprintln!("{}{}", short.out, short.err);
    assert_eq!(short.status, 0, "{}{}", short.out, short.err);
    let began = |kind: &str| {
        let all = answer(&lab, &format!("selftest {kind}"));
        let drives = all["drives"].as_array().expect("drives").clone();
        drives.iter().filter(|it| it["is"]["verdict"] == json!("start")).count()
    };
    assert!(short.out.starts_with("the short self-test began on 4 drives\n"), "{}", short.out);
    assert_eq!(began("long"), 1, "one of a vdev");
    lab.ok("dd if=/dev/urandom of=/tank/data/some bs=1M count=64 status=none; zpool sync tank");
    lab.ok("echo 1 > /sys/module/zfs/parameters/zfs_scan_suspend_progress; zpool scrub tank");
    let held = lab.sh("zbay selftest short");
    assert!(
        held.out.contains("a scrub is running") && held.out.contains("began on 0 drives"),
        "{}",
        held.out
    );
    lab.ok("echo 0 > /sys/module/zfs/parameters/zfs_scan_suspend_progress");
    lab.until("zpool wait -t scrub tank", Duration::from_mins(2));

    // Given back to Debian: the timers are off, and what its cron heeds is as it came.
    apply(&lab, "care: {scrub: debian, trim: debian, selftest: off}\n");
    for name in
        ["zfs-scrub-weekly@tank.timer", "zbay-selftest@long.timer", "zbay-selftest@short.timer"]
    {
        assert_eq!(unit(&lab, name), "disabled inactive");
    }
    assert_eq!([property(&lab, "scrub"), property(&lab, "trim")], ["auto", "auto"]);
    assert_eq!(lab.sh("find /etc/systemd/system -name zbay.conf | grep .").status, 1);
    let nobody = lab.sh("zbay care");
    // No cron runs in this box, so that nobody scrubs: said, and never claimed otherwise.
    assert!(nobody.status == 1 && nobody.out.contains("scrubbed no schedule"), "{}", nobody.out);
    lab.trace();
    let again = lab.sh("zbay apply --yes");
    assert_eq!((again.status, by_zbay(&lab.traced())), (0, vec![]), "{}{}", again.out, again.err);
}
