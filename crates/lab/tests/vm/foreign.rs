//! A drive that holds something is refused by name, and not a byte of any drive changes.

use zbay_lab::Lab;

use crate::promises::changing;

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");

#[test]
#[ignore = "long: every_kind has both among twenty in each run"]
fn a_file_system_and_a_foreign_pool_are_refused_by_name() {
    // Bay 2 becomes a member of a pool of another machine, bay 3 gets somebody's ext4.
    let mut lab = Lab::new("gen8-foreign").with_zbay().boot();
    let wwn = |bay: &str| lab.drive(bay).wwn.as_ref().expect("a wwn").to_string();
    let (two, three) =
        (format!("/dev/disk/by-id/wwn-{}", wwn("2")), format!("/dev/disk/by-id/wwn-{}", wwn("3")));
    lab.ok("zgenhostid -f 0badcafe && hostname oldnas");
    lab.ok(&format!("zpool create media {two} && cp /etc/os-release /media/"));
    lab.ok(&format!(
        "mkfs.ext4 -q -L photos {three} && sync && rm -f /etc/zfs/zpool.cache /etc/hostid"
    ));
    // In good order: files are put into the root file system next, which must be clean for that. The pool stays
    // unexported all the same.
    lab.stop();
    let before = lab.digests();
    assert_ne!(before["2"], before["1"], "bay 2 holds something");

    let unit = include_str!("../../../../systemd/zbay-firstboot.service");
    lab.put(&zbay_lab::files::zbay(&zbay_lab::program(), unit, Some(WISH)));
    lab.start();
    assert_eq!(lab.ended("zbay-firstboot.service"), "failed");
    let console = lab.console();
    for words in [
        "bay 2 is not free",
        "media",
        "oldnas",
        "bay 3 is not free",
        "ext4",
        "photos",
        "nothing was written",
    ] {
        assert!(console.contains(words), "{words} is not on the console:\n{console}");
    }
    for drive in ["2", "3"] {
        let drive = lab.drive(drive);
        assert!(
            console.contains(drive.serial.as_str()) && console.contains(&drive.model),
            "{console}"
        );
    }

    assert!(lab.ok("cat /run/zbay/firstboot.json").contains("\"state\": \"stopped\""));
    assert!(lab.ok("cat /etc/issue.d/zbay.issue").contains("bay 2 is not free"));

    lab.trace();
    for command in ["zbay plan", "zbay apply --yes", "zbay firstboot"] {
        let ran = lab.sh(command);
        assert_eq!(ran.status, 2, "{command}: {}{}", ran.out, ran.err);
        assert!(
            ran.err.contains("bay 2 is not free") && ran.err.contains("bay 3 is not free"),
            "{}",
            ran.err
        );
    }
    assert_eq!(changing(&lab.traced()), Vec::<String>::new());
    lab.stop();
    assert_eq!(lab.digests(), before, "no drive was written to");
}

#[test]
fn an_empty_bay_stops_first_boot_and_a_drive_in_it_lets_it_go_on() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH);
    let taken: Vec<_> = lab.spec.drives.iter().filter(|d| d.at.as_str() == "4").cloned().collect();
    lab = lab.made();
    lab.spec.drives.retain(|drive| drive.at.as_str() != "4");
    lab.start();
    assert_eq!(lab.ended("zbay-firstboot.service"), "failed");
    let console = lab.console();
    assert!(console.contains("bay 4 EMPTY") && console.contains("bay 4 is empty"), "{console}");
    assert!(console.contains("put a drive in"), "{console}");
    assert!(lab.sh("zpool list -H").out.trim().is_empty());
    lab.stop();
    lab.spec.drives.extend(taken);
    lab.start();
    lab.ready();
    assert!(lab.ok("zpool list -H -o name,health").contains("tank\tONLINE"));
}

/// A zpool that hangs, is killed, fails or prints nonsense.
fn no_answer_proves_nothing(lab: &Lab) {
    for (script, words) in [
        (
            "[ \"$1\" = list ] && exec sleep 300; exec /usr/sbin/zpool.real \"$@\"",
            "gave no answer within 30 s",
        ),
        ("[ \"$1\" = status ] && kill -9 $$; exec /usr/sbin/zpool.real \"$@\"", "status 137"),
        (
            "[ \"$1\" = import ] && { echo no memory >&2; exit 1; }; exec /usr/sbin/zpool.real \"$@\"",
            "no memory",
        ),
        (
            "[ \"$1\" = status ] && { echo '{]'; exit 0; }; exec /usr/sbin/zpool.real \"$@\"",
            "not known",
        ),
    ] {
        lab.push("/usr/sbin/zpool.drill", &format!("#!/bin/sh\n{script}\n"));
        lab.ok("[ -e /usr/sbin/zpool.real ] || cp -a /usr/sbin/zpool /usr/sbin/zpool.real; chmod 755 /usr/sbin/zpool.drill; mount --bind /usr/sbin/zpool.drill /usr/sbin/zpool");
        let ran = lab.sh("zbay plan gen8-usb-raidz");
        // What was given up may still have it open.
        lab.ok("umount -l /usr/sbin/zpool");
        assert_eq!(ran.status, 2, "{script}: {}", ran.out);
        assert!(ran.err.contains(words), "{script}: {}", ran.err);
    }
}

#[test]
fn a_saved_plan_is_refused_when_a_disk_changed() {
    // A drive that is exchanged between plan and apply: same bay, same size, blank too.
    let mut lab = Lab::new("gen8-4x4tb").with_zbay().boot();
    let first = lab.sh("zbay plan gen8-usb-raidz --save /root/other.json");
    assert_eq!(first.status, 1, "a plan with changes to make: {}{}", first.out, first.err);
    no_answer_proves_nothing(&lab);
    lab.stop();
    let old = lab.drive("3").clone();
    let bay = old.at.clone();
    for drive in lab.spec.drives.iter_mut().filter(|drive| drive.at == bay) {
        drive.serial = "Z30NEW03".into();
        drive.wwn = Some("0x5000c5007a0f0003".parse().expect("a wwn"));
    }
    lab.start();
    let ran = lab.sh("zbay apply /root/other.json --yes");
    assert_eq!(ran.status, 2, "{}", ran.out);
    assert!(ran.err.contains(&old.serial) && ran.err.contains("Z30NEW03"), "{}", ran.err);
    assert!(lab.sh("zpool list -H").out.trim().is_empty());

    let first = lab.sh("zbay plan gen8-usb-raidz --save /root/plan.json");
    assert_eq!(first.status, 1, "a plan with changes to make: {}{}", first.out, first.err);
    let wwn = lab.drive("3").wwn.as_ref().expect("a wwn").to_string();
    lab.ok(&format!("echo hello | dd of=/dev/disk/by-id/wwn-{wwn} conv=fsync status=none"));
    let ran = lab.sh("zbay apply /root/plan.json --yes");
    assert_eq!(ran.status, 2, "{}", ran.out);
    assert!(ran.err.contains("bay 3"), "{}", ran.err);
    assert!(lab.sh("zpool list -H").out.trim().is_empty());
    assert!(lab.sh("ls /etc/zbay/profile.yaml").status != 0);
    lab.ok(&format!(
        "dd if=/dev/zero of=/dev/disk/by-id/wwn-{wwn} bs=4096 count=1 conv=fsync status=none"
    ));

    // At a terminal it asks once, and anything but yes means no.
    let asked = lab.sh("echo no | script -qec 'zbay apply gen8-usb-raidz' /dev/null");
    assert!(asked.out.contains("type yes") && asked.out.contains("not confirmed"), "{}", asked.out);
    assert!(lab.sh("zpool list -H").out.trim().is_empty());

    // A file that was edited, or that others can edit, has no say.
    lab.ok("sed 's#/usr/sbin/zpool#/usr/bin/touch#' /root/plan.json > /root/edited.json");
    let ran = lab.sh("zbay apply /root/edited.json --yes");
    assert_eq!((ran.status, ran.err.contains("different steps")), (2, true), "{}", ran.err);
    lab.ok("cp /root/plan.json /root/open.json && chmod 666 /root/open.json");
    let ran = lab.sh("zbay apply /root/open.json --yes");
    assert_eq!(
        (ran.status, ran.err.contains("`chmod go-w /root/open.json`")),
        (2, true),
        "{}",
        ran.err
    );
    assert!(lab.sh("zpool list -H").out.trim().is_empty());

    let done = lab.sh("zbay apply /root/plan.json --yes");
    assert_eq!(done.status, 0, "{}{}", done.out, done.err);
    assert!(lab.ok("zpool list -H -o name,health").contains("tank\tONLINE"));

    // A dataset that is added to the profile later: owner, group, mode and limits as wished, and what is there stays.
    let more = "  home: {owner: games, group: users, mode: \"0750\", mountpoint: /srv/home, quota: 1G, compression: zstd}\n";
    let wish = format!("{WISH}{more}");
    lab.push("/root/more.yaml", &wish);
    lab.ok("zbay apply /root/more.yaml --yes --replace-profile");
    assert_eq!(lab.ok("stat -c '%U:%G %a' /srv/home").trim(), "games:users 750");
    assert_eq!(lab.ok("zfs get -Hp -o value quota,compression tank/home"), "1073741824\nzstd\n");
    let nobody = wish.replace("owner: games", "owner: nosuchuser");
    lab.push(
        "/root/nobody.yaml",
        &nobody.replace("home:", "home2:").replace("/srv/home", "/srv/home2"),
    );
    let refused = lab.sh("zbay apply /root/nobody.yaml --yes --replace-profile");
    assert_eq!(refused.status, 2, "{}", refused.out);
    assert!(refused.err.contains("adduser nosuchuser"), "{}", refused.err);
    assert_eq!(lab.sh("zfs list tank/home2").status, 1, "nothing was made");
}
