//! Old drives: in other bays, in a box whose boot device is new, in another box.

use zbay_lab::Lab;
use zbay_lab::files::zbay;

use crate::promises::{by_zbay, json};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");
const UNIT: &str = include_str!("../../../../systemd/zbay-firstboot.service");

#[test]
fn drives_that_changed_places_and_one_that_is_lost() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    let plan = json(&lab, "plan");
    assert_eq!(plan["plan"]["steps"], serde_json::json!([]), "{plan}");
    lab.ok("echo precious > /tank/data/file; sync");
    lab.stop();
    lab.swap("2", "3");
    lab.start();
    lab.settled();
    let verify = lab.sh("zbay verify");
    assert_eq!(verify.status, 0, "{}{}", verify.out, verify.err);
    let (two, three) = (lab.drive("2").serial.clone(), lab.drive("3").serial.clone());
    let flat = verify.out.replace("\n    ", " ");
    assert!(flat.contains(&format!("{two} is now in bay 2, it was in bay 3")), "{flat}");
    assert!(flat.contains(&format!("{three} is now in bay 3, it was in bay 2")), "{flat}");
    lab.trace();
    assert_eq!(lab.sh("zbay apply --yes").status, 0);
    assert_eq!(by_zbay(&lab.traced()), Vec::<String>::new());
    assert_eq!(lab.ok("cat /tank/data/file"), "precious\n");
    lab.ok("zbay notify");

    // The drive that sits in bay 3 now dies. ZFS remembers it in bay 2, where a healthy one is; the last look saw it.
    lab.stop();
    let lost = lab.take_out("3");
    lab.start();
    lab.ended("zbay-firstboot.service");
    lab.settled();
    assert!(lab.ok("zpool list -H -o health tank").contains("DEGRADED"));
    let show = lab.sh("zbay show pool");
    assert_eq!(show.status, 1, "{}{}", show.out, show.err);
    let gone: Vec<&str> = show.out.lines().filter(|line| line.contains("missing: ")).collect();
    assert!(
        matches!(gone[..], [line] if line.contains("bay 3") && line.contains(&lost)),
        "{}",
        show.out
    );
    let status = lab.sh("zbay status");
    assert_eq!(status.status, 1, "{}{}", status.out, status.err);
    let sentence = "tank is DEGRADED: the drive in bay 3 is missing. No redundancy left: one more\nfailure loses the pool\n";
    assert!(status.out.starts_with(sentence) && status.out.contains(&lost), "{}", status.out);
    assert!(status.out.lines().count() <= 20, "{}", status.out);
    let verify = lab.sh("zbay verify");
    assert_eq!(verify.status, 1, "{}{}", verify.out, verify.err);
    assert!(verify.out.contains("DEGRADED") && !verify.out.contains("destroy"), "{}", verify.out);
    for bay in ["bay 1", "bay 4"] {
        assert!(!verify.out.contains(bay), "{bay} is healthy: {}", verify.out);
    }

    // A pool that is not well gets properties, and nothing else.
    let more = WISH
        .replace("  backup: {recordsize: 1M}", "  backup: {recordsize: 1M, quota: 1G}\n  new: {}");
    assert_ne!(more, WISH);
    lab.push("/root/more.yaml", &more);
    lab.trace();
    let applied = lab.sh("zbay apply /root/more.yaml --yes --replace-profile");
    assert_eq!(applied.status, 1, "{}{}", applied.out, applied.err);
    let changed = by_zbay(&lab.traced());
    assert!(
        matches!(&changed[..], [line] if line.contains("zfs set quota=1073741824 tank/backup")),
        "{changed:?}"
    );
    assert!(
        applied
            .out
            .replace("\n    ", " ")
            .contains("there is no dataset tank/new; that has to wait"),
        "{}",
        applied.out
    );

    // In its place one that is too small, and beside it one that somebody has used: both are refused as they are.
    lab.stop();
    lab.put_in("3", "2", "TOOSMALL", 3_000_592_982_016);
    lab.put_in("fifth-port", "2", "USEDDRIVE", 4_000_787_030_016);
    lab.on_image("fifth-port", "mkfs.ext4", &["-q", "-F", "-L", "photos"]);
    lab.start();
    lab.settled();
    let before = lab.digests();
    for (command, words) in [
        ("replace 3 --yes --serial TOOSMALL", ["bay 3 is too small", "TOOSMALL"]),
        ("replace 3 --with fifth-port --yes --serial USEDDRIVE", ["is not free", "photos"]),
    ] {
        let ran = lab.sh(&format!("zbay {command}"));
        assert_eq!(ran.status, 2, "{command}: {}{}", ran.out, ran.err);
        assert!(words.iter().all(|word| ran.err.contains(word)), "{command}: {}", ran.err);
        for healthy in ["bay 1 ", "bay 2 ", "bay 4 "] {
            assert!(!ran.err.contains(healthy), "{command}: {}", ran.err);
        }
    }
    lab.ok("sync");
    let after = lab.digests();
    for bay in ["3", "fifth-port"] {
        assert_eq!(before[bay], after[bay], "{bay}: a drive that was refused was written to");
    }
}

#[test]
fn a_fresh_boot_device_and_another_box() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    let guid = lab.ok("zpool get -Hp -o value guid tank");
    let hostid = lab.ok("hostid");
    lab.ok("echo precious > /tank/data/file; hostname first; zpool set cachefile=/etc/zfs/zpool.cache tank; sync");
    lab.stop();
    let drives = lab.digests();

    // The boot stick died: a new one, the same box, the pool never exported.
    lab.fresh_boot_drive(&zbay(&zbay_lab::program(), UNIT, Some(WISH)));
    lab.start();
    lab.ready();
    let console = lab.console();
    assert!(console.contains("import pool tank"), "{console}");
    assert_eq!(lab.ok("zpool get -Hp -o value guid tank"), guid);
    assert_eq!(lab.ok("hostid"), hostid, "made from the box's UUID");
    assert_eq!(lab.ok("cat /tank/data/file"), "precious\n");
    assert_eq!(lab.sh("zbay verify").status, 0);
    assert_eq!(lab.ok("zbay profile --from-pool"), WISH);
    assert_eq!(lab.ok("zbay profile --from-pool tank"), WISH);
    let nowhere = lab.sh("zbay profile --from-pool nowhere");
    assert!(
        nowhere.status == 2 && nowhere.err.contains("there is no pool nowhere"),
        "{}",
        nowhere.err
    );
    lab.stop();
    assert_ne!(lab.digests(), drives, "it was in use");
    let drives = lab.digests();

    // The drives in another box: it is not its to take, and not a byte changes.
    lab.spec.smbios.uuid = "7a626179-0000-4000-8000-0000000000ff".into();
    lab.fresh_boot_drive(&zbay(&zbay_lab::program(), UNIT, Some(WISH)));
    lab.start();
    assert_eq!(lab.ended("zbay-firstboot.service"), "failed");
    let host = lab.ok("hostname").trim().to_owned();
    let refused = lab.sh("zbay apply --yes");
    assert_eq!(refused.status, 2, "{}", refused.out);
    let flat = refused.err.replace("\n         ", " ");
    assert!(flat.contains("the bays of the profile hold pool `tank`, last used by host"), "{flat}");
    assert!(flat.contains("--from-host"), "{flat}");
    assert!(lab.sh("zpool list -H").out.is_empty());
    let other = lab.sh("zbay apply --yes --adopt somebody");
    assert_eq!(other.status, 2, "{}", other.out);
    lab.stop();
    assert_eq!(lab.digests(), drives, "no drive was written to");

    lab.start();
    lab.ended("zbay-firstboot.service");
    let adopted = lab.sh(&format!("zbay apply --yes --adopt {host}"));
    assert!(adopted.status <= 1, "{}{}", adopted.out, adopted.err);
    assert_eq!(lab.ok("zpool get -Hp -o value guid tank"), guid);
    assert_ne!(lab.ok("hostid"), hostid, "a box has a hostid of its own");
    assert_eq!(lab.ok("cat /tank/data/file"), "precious\n");

    // Exported in good order, it is anybody's.
    lab.ok("zpool export tank");
    lab.stop();
    lab.spec.smbios.uuid = "7a626179-0000-4000-8000-0000000000fe".into();
    lab.fresh_boot_drive(&zbay(&zbay_lab::program(), UNIT, Some(WISH)));
    lab.start();
    lab.ready();
    assert_eq!(lab.ok("zpool get -Hp -o value guid tank"), guid);
    assert_eq!(lab.sh("zbay verify").status, 0);
}
