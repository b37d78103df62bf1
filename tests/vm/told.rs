//! Being told: ZED's events and the timer's looks become one notice for each change, by mail, with bay, serial and the next
//! step; a mail server that hangs keeps nobody waiting and costs no notice; figures for Prometheus.

use std::time::Duration;

use crate::lab::Lab;
use crate::promises::ready;

const WISH: &str = include_str!("../../profiles/gen8-usb-raidz.yaml");
const SERVICE: &str = include_str!("../../systemd/zbay-notify.service");
const TIMER: &str = include_str!("../../systemd/zbay-notify.timer");
const ZEDLET: &str = include_str!("../../systemd/all-zbay.sh");
/// What a mail server's sendmail does, as far as it can be seen from here: takes a message and ends.
const SENDMAIL: &str = "#!/bin/sh\n{ echo \"== $*\"; cat; } >>/root/mail\n";

fn mails(lab: &Lab) -> Vec<String> {
    let all = lab.ok("cat /root/mail 2>/dev/null || true");
    all.split("== ").skip(1).map(str::to_owned).collect()
}

#[test]
fn a_drive_that_goes_is_told_once_with_its_bay_and_the_next_step() {
    let wish = format!("{WISH}notify:\n  mail: root\n");
    let lab = Lab::new("gen8-4x4tb").with_wish(&wish).boot();
    ready(&lab);
    lab.push("/etc/systemd/system/zbay-notify.service", SERVICE);
    lab.push("/etc/systemd/system/zbay-notify.timer", TIMER);
    lab.push("/etc/zfs/zed.d/all-zbay.sh", ZEDLET);
    lab.push("/usr/sbin/sendmail", SENDMAIL);
    lab.ok("chmod 755 /usr/sbin/sendmail /etc/zfs/zed.d/all-zbay.sh; mkdir -p /var/lib/prometheus/node-exporter; \
        systemctl daemon-reload; systemctl restart zfs-zed; systemctl start zbay-notify.service");
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
            "zbay_member_online{{pool=\"tank\",vdev=\"raidz1-0\",bay=\"3\",serial=\"{serial}\"}} 0"
        ),
        "zbay_drive_temperature_celsius{bay=\"1\"",
    ] {
        assert!(figures.contains(line), "{line}: {figures}");
    }
    assert!(!figures.contains("zbay_pool_scrubbed_seconds{"), "it never was");

    // Not told yet, and the mail server hangs: it is abandoned, and told when it answers again.
    lab.push("/usr/sbin/sendmail", "#!/bin/sh\nsleep 3600\n");
    lab.ok("rm -f /var/lib/zbay/told.json");
    let hung = lab.sh_within("zbay notify", Duration::from_mins(3), b"");
    assert_eq!(hung.status, 1, "{}{}", hung.out, hung.err);
    assert!(
        hung.err.contains("could not be sent by mail") && hung.err.contains("40 s"),
        "{}",
        hung.err
    );
    assert_eq!(mails(&lab).len(), 1);
    lab.push("/usr/sbin/sendmail", SENDMAIL);
    lab.ok("chmod 755 /usr/sbin/sendmail; zbay notify >/dev/null");
    assert_eq!(mails(&lab).len(), 2, "{:#?}", mails(&lab));
    assert_eq!(lab.sh("zbay status").status, 1);
}
