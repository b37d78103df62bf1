//! What a server that an earlier version set up leaves behind, for tests/fixtures/server-VERSION and tests/earlier.rs.
//!
//! `ZBAY_EARLIER` is a checkout of that version in which `cargo build` has run: its installer puts it into the box, it sets the
//! server up, and this version records the machine, so that what it asks today is answered. A version that asks more has it made
//! anew; the server is the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use zbay_lab::Lab;
use zbay_lab::files::Put;

use crate::promises::at_sync;

/// Two drives, an SSD for log and cache, a key, everybody told, and all that zbay does by itself.
const WISH: &str = "hardware: hp-microserver-gen8
controller: ahci
boot: usb
pool:
  name: tank
  layout: mirror
  bays: [1, 2]
  log: {bays: [fifth-port], size: 8G}
  cache: {bays: [fifth-port]}
  properties: {autoreplace: blank}
datasets:
  data: {recordsize: 128K}
  films: {recordsize: 1M, quota: 500G}
  home/anna: {owner: games, group: users, mode: \"0750\", mountpoint: /srv/anna}
  letters: {key_file: /etc/zbay/keys/letters}
notify: {mail: root, weekly: true}
care: {scrub: monthly, trim: monthly, selftest: {short: weekly, long: monthly}}
";
/// One look, beside those that the timer and ZED begin.
const LOOK: &str = "look() { for i in $(seq 60); do zbay notify; [ $? = 2 ] || return 0; sleep 1; done; return 1; }";
/// What a later version may want to know, beside what today's asks.
const ASKED: &[&str] = &[
    "zpool get -H -p all tank",
    "zpool get -H -p all media",
    "zfs get -H -p -r all tank",
    "zfs get -H -p -r all media",
    "zpool status -P -p -v -t -i -s",
    "zpool status -j --json-int --json-flat-vdevs",
    "zpool list -H -p -v",
    "zpool history -i",
    "zpool events -H",
    "zpool version -j",
    "zfs list -j --json-int -t all",
    "systemctl list-unit-files --no-legend --no-pager",
    "systemctl list-units --all --no-legend --plain --no-pager",
    "lsblk -J -b -O",
    "findmnt -J -A -b",
];
/// Files and directories that a later version may read.
const READ: &str = "find /etc/systemd/system /usr/lib/systemd/system/z* /etc/zfs /etc/zbay /etc/cron.d /etc/default /var/lib/zbay /tank/.zbay \
    /media/.zbay -not -path '*/keys/*' -a";

fn puts(dir: &Path, root: &Path, found: &mut Vec<Put>) {
    for entry in fs::read_dir(dir).expect("installed").map(|entry| entry.expect("installed")) {
        let path = entry.path();
        let to = PathBuf::from("/").join(path.strip_prefix(root).expect("below it"));
        let to = to.to_str().expect("UTF-8").to_owned();
        if path.is_dir() {
            puts(&path, root, found);
        } else if !to.contains("/share/doc/") {
            let runs = to.contains("/bin/") || to.contains("/zed.d/");
            let mode = if runs { 0o755 } else { 0o644 };
            let from = path.to_str().expect("UTF-8").into();
            found.push(Put::File { to: to.into(), from, mode });
        }
    }
}

/// The earlier version, as its own installer puts it there.
fn installed(checkout: &str, to: &Path) -> Vec<Put> {
    let mut install = Command::new(format!("{checkout}/scripts/install"));
    install.args(["--binary", &format!("{checkout}/target/debug/zbay"), "--prefix", "/usr"]);
    assert!(install.env("DESTDIR", to).status().expect("installs").success());
    let mut found = Vec::new();
    puts(to, to, &mut found);
    found
}

/// A recording with more answers in one of its files.
fn more(dir: &Path, file: &str, add: impl FnOnce(&mut serde_json::Map<String, Value>)) {
    let path = dir.join(file);
    let mut all: Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("recorded")).expect("JSON");
    add(all.as_object_mut().expect("answers"));
    fs::write(&path, serde_json::to_string_pretty(&all).expect("JSON") + "\n").expect("written");
}

fn lines(text: &str) -> Value {
    match text.split_once('\n') {
        None | Some((_, "")) => json!(text),
        Some(_) => json!(text.split('\n').collect::<Vec<_>>()),
    }
}

#[test]
#[ignore = "long: makes tests/fixtures/server-VERSION in ZBAY_TO anew, by the built checkout in ZBAY_EARLIER"]
fn a_server_of_an_earlier_version_is_recorded() {
    let (Ok(checkout), Ok(to)) = (std::env::var("ZBAY_EARLIER"), std::env::var("ZBAY_TO")) else {
        eprintln!("nothing to do without ZBAY_EARLIER and ZBAY_TO");
        return;
    };
    let installs = std::env::temp_dir().join(format!("zbay-installs-{}", std::process::id()));
    fs::create_dir(&installs).expect("a directory");
    let mut all = installed(&checkout, &installs);
    all.push(Put::File { to: "/root/zbay-now".into(), from: zbay_lab::program(), mode: 0o755 });
    let lab = Lab::new("gen8-4x4tb-ssd").with(all).boot();
    fs::remove_dir_all(&installs).expect("removed");
    lab.push("/usr/sbin/sendmail", "#!/bin/sh\n{ echo \"== $*\"; cat; } >>/root/mail\n");
    lab.ok("chmod 755 /usr/sbin/sendmail; mkdir -p /var/lib/prometheus/node-exporter; systemctl daemon-reload");
    lab.push("/root/tank.yaml", WISH);

    // Cut off half-way, and finished by the next run.
    let planned = lab.sh("zbay plan /root/tank.yaml --save /root/plan.json");
    assert_eq!(planned.status, 1, "{}{}", planned.out, planned.err);
    assert!(at_sync(&lab, "zbay apply /root/plan.json --yes", 17, "SIGKILL"));
    lab.until("flock -n /run/zbay/lock true", Duration::from_mins(5));
    eprintln!(
        "{}",
        lab.ok(
            "tail -n 1 /var/lib/zbay/journal.jsonl | cut -c1-200; zbay apply /root/tank.yaml --yes"
        )
    );
    lab.ok("systemctl enable --quiet --now zbay-notify.timer; systemctl start zbay-notify.service; zbay notify --test");
    lab.ok("echo dear aunt > /tank/letters/one; zfs snapshot tank/data@before; zbay status; zbay verify");

    // A pool that somebody made by hand is adopted; then the first one's profile is the recorded one again.
    let wwn = |bay: &str| lab.drive(bay).wwn.as_ref().expect("a wwn").to_string();
    let (three, four) = (wwn("3"), wwn("4"));
    crate::promises::made(
        &lab,
        &format!(
            "zpool create -f -o ashift=12 -O compression=lz4 media mirror wwn-{three} wwn-{four}"
        ),
    );
    lab.ok("zfs create -o recordsize=1M media/films; zfs create -o atime=off media/music; echo la > /media/music/a");
    lab.ok("zbay adopt media --yes --replace-profile; zbay verify");
    lab.ok("zbay apply /root/tank.yaml --yes --replace-profile; zbay verify");

    // A drive that went and came back: told, and told to be over.
    let one = wwn("2");
    lab.ok(&format!("{LOOK}; zpool offline tank wwn-{one}; look; date -s '+6 minutes'; look"));
    lab.ok(&format!(
        "{LOOK}; zpool online tank wwn-{one}; zpool wait -t resilver tank; zpool clear tank; look"
    ));
    lab.ok(&format!("{LOOK}; date -s '+20 minutes'; look; zbay status; zbay selftest short; date -s '+10 minutes'; look; sync"));
    lab.until("[ $(systemctl is-active zbay-notify.service) = inactive ]", Duration::from_mins(5));
    lab.ok("systemctl stop zbay-notify.timer zfs-zed.service");
    assert_eq!(lab.ok("zbay notify --dry-run"), "nothing new to report\n");
    for command in ["plan", "verify", "status", "care"] {
        let ran = lab.sh(&format!("zbay {command}"));
        eprintln!("{command}: {}\n{}{}", ran.status, ran.out, ran.err);
    }

    let to = PathBuf::from(to);
    for old in ["machine", "left"] {
        let _ = fs::remove_dir_all(to.join(old));
    }
    lab.ok("systemctl start zbay-notify.timer zfs-zed.service; /root/zbay-now record --keep-serials /root/machine");
    lab.pull("/root/machine", &to.join("machine"));
    // What it left: no key, and the links of what is enabled as a list.
    let left = "/etc/zbay /var/lib/zbay /tank/.zbay /media/.zbay /etc/systemd/system/*zbay* /etc/systemd/system/*.d \
        /etc/zfs/zed.d/all-zbay.sh /var/lib/prometheus/node-exporter/zbay.prom /root/plan.json /root/mail";
    lab.ok(&format!(
        "mkdir -p /root/left; cd /; tar --exclude=keys -chf - {left} | tar -C /root/left -xf -; \
         find /etc/systemd/system -type l -path '*.wants/*' | sort > /root/left/enabled"
    ));
    lab.pull("/root/left", &to.join("left"));
    let asked: Vec<_> = ASKED.iter().map(|command| (*command, lab.sh(command))).collect();
    more(&to.join("machine"), "commands.json", |all| {
        for (command, ran) in asked {
            all.entry(command)
                .or_insert_with(|| json!({"status": ran.status, "stdout": lines(&ran.out)}));
        }
    });
    let files = lab.ok(&format!("{READ} -type f -size -40k"));
    let read: Vec<_> = files.lines().map(|path| (path, lab.ok(&format!("cat {path}")))).collect();
    more(&to.join("machine"), "files.json", |all| {
        for (path, text) in read {
            all.entry(path).or_insert_with(|| lines(&text));
        }
    });
    let dirs = lab.ok(&format!("{READ} -type d"));
    let listed: Vec<_> =
        dirs.lines().map(|path| (path, lab.ok(&format!("ls -A {path}")))).collect();
    more(&to.join("machine"), "lists.json", |all| {
        for (path, text) in listed {
            all.entry(path).or_insert_with(|| json!(text.lines().collect::<Vec<_>>()));
        }
    });
}
