//! Being told: ZED's events and the timer's looks become one notice for each change, by mail, with bay, serial and the next
//! step; a mail server that hangs keeps nobody waiting and costs no notice; figures for Prometheus.

use std::time::Duration;

use zbay_lab::Lab;

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
const SERVICE: &str = include_str!("../../../../systemd/zbay-notify.service");
const REPLACE: &str = include_str!("../../../../systemd/zbay-replace.service");
const TICK: &str = include_str!("../../../../systemd/zbay-tick.service");
const EVENTS: &str = include_str!("../../../../systemd/zbay-notify.path");
const TIMER: &str = include_str!("../../../../systemd/zbay-notify.timer");
const ZEDLET: &str = include_str!("../../../../systemd/all-zbay.sh");
/// What a mail server's sendmail does, as far as it can be seen from here: takes a message and ends.
const SENDMAIL: &str = "#!/bin/sh\n{ echo \"== $*\"; cat; } >>/root/mail\n";

fn mails(lab: &Lab) -> Vec<String> {
    let all = lab.ok("cat /root/mail 2>/dev/null || true");
    all.split("== ").skip(1).map(str::to_owned).collect()
}

#[test]
fn a_drive_that_goes_is_told_once_with_its_bay_and_the_next_step() {
    let wish = format!("{WISH}notify:\n  mail: root\n");
    let mut lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    lab.ready();
    lab.push("/etc/systemd/system/zbay-replace.service", REPLACE);
    lab.push("/etc/systemd/system/zbay-tick.service", TICK);
    lab.push("/etc/systemd/system/zbay-notify.path", EVENTS);
    lab.push("/etc/systemd/system/zbay-notify.service", SERVICE);
    lab.push("/etc/systemd/system/zbay-notify.timer", TIMER);
    lab.push("/etc/zfs/zed.d/all-zbay.sh", ZEDLET);
    lab.push("/usr/sbin/sendmail", SENDMAIL);
    lab.ok("chmod 755 /usr/sbin/sendmail /etc/zfs/zed.d/all-zbay.sh; mkdir -p /var/lib/prometheus/node-exporter; \
        systemctl daemon-reload; systemctl restart zfs-zed; systemctl enable --quiet --now zbay-notify.path; \
        systemctl start zbay-notify.service");
    assert_eq!(mails(&lab), [""; 0], "nothing is the matter");
    let test = lab.sh("zbay notify --test");
    assert_eq!((test.status, test.out.as_str()), (0, "sent: mail to root\n"), "{}", test.err);
    assert!(mails(&lab)[0].contains("To: root\nSubject: "), "{:?}", mails(&lab));
    lab.ok("rm /root/mail");

    // Pulled: ZED sees it, and a notice follows without anybody looking.
    let serial = lab.drive("3").serial.clone();
    lab.ok("d=$(readlink -f /dev/disk/by-path/pci-0000:00:1f.2-ata-3); echo 1 > /sys/block/${d##*/}/device/delete; \
        date > /tank/data/now; zpool sync tank");
    let came = lab.until("grep -q Subject /root/mail", Duration::from_mins(3));
    assert_eq!(came.status, 0, "{}", lab.ok("journalctl -u zbay-notify -u zfs-zed | tail -30"));
    lab.ok("sleep 1; while systemctl is-active -q zbay-notify.service; do sleep 0.2; done");
    for _ in 0..3 {
        lab.ok("date > /tank/data/now; zpool sync tank; systemctl start zbay-notify.service");
    }
    let all = mails(&lab);
    assert_eq!(all.len(), 1, "{all:#?}");
    for word in ["bay 3", serial.as_str(), "do this: zbay replace 3", "tank is DEGRADED"] {
        assert!(all[0].contains(word), "{word}: {}", all[0]);
    }
    for healthy in ["bay 1", "bay 2", "bay 4"] {
        assert!(!all[0].contains(healthy), "{healthy}: {}", all[0]);
    }

    // The figures: by bay, and none that is made up.
    let figures = lab.ok("cat /var/lib/prometheus/node-exporter/zbay.prom");
    for line in [
        "zbay_pool_state{pool=\"tank\",state=\"DEGRADED\"} 1",
        "zbay_pool_state{pool=\"tank\",state=\"ONLINE\"} 0",
        &format!(
            "zbay_member_online{{pool=\"tank\",vdev=\"raidz1-0\",bay=\"3\",serial=\"{serial}\",guid="
        ),
        "zbay_pool_imported{pool=\"tank\",guid=",
        "zbay_drive_temperature_celsius{bay=\"1\"",
    ] {
        assert!(figures.contains(line), "{line}: {figures}");
    }
    assert!(!figures.contains("zbay_pool_last_scrub_timestamp_seconds{"), "it never was");

    // Not told yet, and the mail server hangs: it is abandoned, and told when it answers again.
    lab.push("/usr/sbin/sendmail", "#!/bin/sh\nsleep 3600\n");
    lab.ok("rm -f /var/lib/zbay/told.json");
    let hung = lab.sh_within("zbay notify", Duration::from_mins(3), b"");
    assert_eq!(hung.status, 1, "{}{}", hung.out, hung.err);
    assert!(
        hung.err.contains("could not send the alert by mail") && hung.err.contains("40 s"),
        "{}",
        hung.err
    );
    assert_eq!(mails(&lab).len(), 1);
    lab.push("/usr/sbin/sendmail", SENDMAIL);
    lab.ok("chmod 755 /usr/sbin/sendmail; zbay notify >/dev/null");
    assert_eq!(mails(&lab).len(), 2, "{:#?}", mails(&lab));
    assert_eq!(lab.sh("zbay status").status, 1);
    // Root's alone, whoever made it first.
    assert_eq!(lab.ok("stat -c %a /var/lib/zbay/told.json").trim(), "600");

    // An event in the middle of a look has another one follow it.
    lab.push("/usr/sbin/sendmail", "#!/bin/sh\nsleep 8\n");
    let looks = "journalctl -u zbay-notify --no-pager -o cat | grep -c '^Starting'";
    lab.ok("rm -f /var/lib/zbay/told.json; systemctl start --no-block zbay-notify.service");
    lab.until("pgrep -x sleep", Duration::from_mins(1));
    let before: u32 = lab.ok(looks).trim().parse().expect("a count");
    lab.ok("ZEVENT_SUBCLASS=statechange /etc/zfs/zed.d/all-zbay.sh");
    lab.until(&format!("test $({looks}) -gt {before}"), Duration::from_mins(1));
    lab.ok("while systemctl is-active -q zbay-notify.service; do sleep 0.2; done");
    lab.push("/usr/sbin/sendmail", SENDMAIL);
    lab.ok("chmod 755 /usr/sbin/sendmail");

    suspended_is_told_by_the_timer(&lab);
    gone_is_told_as_lost(&mut lab);
}

/// A second drive goes, and nobody but the timer looks.
fn suspended_is_told_by_the_timer(lab: &Lab) {
    lab.ok("systemctl stop zfs-zed zbay-notify.path; rm -f /root/mail");
    lab.ok("d=$(readlink -f /dev/disk/by-path/pci-0000:00:1f.2-ata-2); echo 1 > /sys/block/${d##*/}/device/delete; \
        (date > /tank/data/now; zpool sync tank) >/dev/null 2>&1 &");
    lab.until("grep -q SUSPENDED /proc/spl/kstat/zfs/tank/state", Duration::from_mins(3));
    lab.ok("systemctl start zbay-notify.timer");
    let came = lab.until("grep -q Subject /root/mail", Duration::from_mins(8));
    assert_eq!(came.status, 0);
    let told = mails(lab).concat();
    let known = told.contains("tank is suspended") || told.contains("could not get pool status");
    assert!(known && !told.contains("over: "), "{told}");
}

/// The box comes up without both: the pool is nowhere, and that is no end of what was the matter with it.
fn gone_is_told_as_lost(lab: &mut Lab) {
    lab.ok("systemctl disable --now --quiet zbay-notify.timer; systemctl stop zbay-notify.service; rm -f /root/mail; sync -f /root");
    lab.power_cut();
    let serials = ["2", "3"].map(|bay| lab.take_out(bay));
    lab.start();
    lab.settled();
    assert_eq!(lab.ok("zpool list -H -o name"), "");
    let early = lab.sh("cut -d. -f1 /proc/uptime; zbay notify; cut -d. -f1 /proc/uptime");
    let up: u32 = early.out.lines().last().and_then(|it| it.parse().ok()).expect("an uptime");
    if up < 180 {
        let told = mails(lab).concat();
        assert!(!told.contains("lost"), "drives may still spin up: {told}");
    }
    lab.until("test $(cut -d. -f1 /proc/uptime) -gt 185", Duration::from_mins(5));
    lab.sh("zbay notify");
    let told = mails(lab).concat();
    assert!(told.contains("tank is lost: it is no longer imported"), "{told}");
    for serial in &serials {
        assert!(told.contains(serial.as_str()), "{serial}: {told}");
    }
    assert!(lab.ok("cat /run/issue.d/zbay.issue").contains("tank is lost"));
    let figures = lab.ok("cat /var/lib/prometheus/node-exporter/zbay.prom");
    assert!(figures.contains("zbay_pool_state{pool=\"tank\",state=\"DEGRADED\"} 0"), "{figures}");
    // Twenty minutes later it is neither over nor told again, and a day later it is.
    lab.ok("rm /root/mail; date -s '+20 minutes' >/dev/null; zbay notify >/dev/null || true");
    let told = mails(lab).concat();
    assert!(!told.contains("over: ") && !told.contains("all pools are healthy"), "{told}");
    lab.ok("rm -f /root/mail; date -s '+25 hours' >/dev/null; zbay notify >/dev/null || true");
    let told = mails(lab).concat();
    assert!(told.contains("still: tank is lost"), "{told}");
    let refused = lab.sh("zbay forget tank");
    assert!(refused.status == 2 && refused.err.contains("the profile"), "{}", refused.err);
    lab.ok("mv /etc/zbay/profile.yaml /root/; zbay forget tank; rm -f /root/mail; date -s '+25 hours' >/dev/null");
    lab.sh("zbay notify");
    assert!(!mails(lab).concat().contains("tank"), "{}", mails(lab).concat());
}
