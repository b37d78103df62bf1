//! The laboratory itself: a virtual box shows what the real one would show.

use std::collections::BTreeMap;

use zbay_lab::Lab;
use zbay_lab::files::Put;

/// Path, model, serial, wwn and size of each disk that the box's udev knows.
fn disks(lab: &Lab) -> BTreeMap<String, [String; 4]> {
    let script = "for d in /sys/block/sd*; do udevadm info -q property -x -n ${d##*/} | \
        grep -E '^ID_(PATH|PATH_ATA_COMPAT|VENDOR|MODEL|SERIAL_SHORT|SCSI_SERIAL|WWN_WITH_EXTENSION)='; \
        echo SIZE=\\'$(blockdev --getsize64 /dev/${d##*/})\\'; echo; done";
    let text = lab.ok(script);
    let mut disks = BTreeMap::new();
    for block in text.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let line = |line: &str| {
            line.split_once('=').map(|(k, v)| (k.to_owned(), v.trim_matches('\'').to_owned()))
        };
        let of: BTreeMap<String, String> = block.lines().filter_map(line).collect();
        let get = |key: &str| of.get(key).cloned().unwrap_or_default();
        let first = |a: &str, b: &str| if of.contains_key(a) { get(a) } else { get(b) };
        disks.insert(
            first("ID_PATH_ATA_COMPAT", "ID_PATH"),
            [
                get("ID_MODEL"),
                first("ID_SCSI_SERIAL", "ID_SERIAL_SHORT"),
                get("ID_WWN_WITH_EXTENSION"),
                get("SIZE"),
            ],
        );
    }
    disks
}

/// Every drive of the box is where its hardware's description says, and is what its file says.
fn as_described(lab: &Lab) {
    let hw = lab.spec.hw().expect("hardware");
    let seen = disks(lab);
    for drive in &lab.spec.drives {
        let port = drive.port.clone().or_else(|| hw.port(&drive.at)).expect("a port");
        let Some([model, serial, wwn, size]) = seen.get(&port) else {
            panic!("no drive at {port}: {seen:#?}");
        };
        assert_eq!(*model, drive.model.replace(' ', "_"), "{port}");
        assert_eq!(*serial, drive.serial, "{port}");
        assert_eq!(*wwn, drive.wwn.as_ref().map(ToString::to_string).unwrap_or_default(), "{port}");
        assert_eq!(*size, drive.size.to_string(), "{port}");
        assert_eq!(hw.seat(&port).map(|seat| seat.bay).as_ref(), Some(&drive.at), "{port}");
    }
    assert_eq!(seen.len(), lab.spec.drives.len(), "{seen:#?}");
}

#[test]
fn a_virtual_gen8_is_like_the_real_one() {
    let mut lab = Lab::new("gen8-seed").boot();
    as_described(&lab);
    let dmi = |name: &str| lab.ok(&format!("cat /sys/class/dmi/id/{name}")).trim().to_owned();
    assert_eq!(dmi("sys_vendor"), "HP");
    assert_eq!(dmi("product_name"), "ProLiant MicroServer Gen8");
    assert_eq!(dmi("product_serial"), lab.spec.smbios.serial);
    assert_eq!(lab.ok("cat /sys/bus/pci/devices/0000:00:1f.2/class").trim(), "0x010601");
    assert!(lab.ok("zfs version").contains("zfs-kmod-2."));
    assert_eq!(lab.settled(), "running", "{}", lab.sh("systemctl --failed").out);

    // The trace sees a program that a shell starts, with its arguments.
    lab.trace();
    lab.ok("zpool list -H");
    let traced = lab.traced();
    assert!(traced.iter().any(|line| line.ends_with("zpool list -H")), "{traced:#?}");

    // Contents count, not where zeros are stored.
    let before = lab.digests();
    lab.ok("dd if=/dev/zero of=/dev/disk/by-id/wwn-0x5000c5006518af8f bs=1M count=1 conv=fsync status=none");
    assert_eq!(lab.digests(), before);
    lab.ok("echo x | dd of=/dev/disk/by-id/wwn-0x5000c5006518af8f bs=512 seek=99 conv=fsync status=none");
    assert_ne!(lab.digests(), before);

    // Files can be put in after a power cut, over a journal that was not replayed.
    lab.ok("rm -r /usr/share/zoneinfo; cp -r /usr/share/zsh /root/a; sync");
    lab.power_cut();
    let text = "put in after the power cut\n".to_owned();
    lab.put(&[
        Put::Text { to: "/etc/lab/text".into(), text: text.clone(), mode: 0o644 },
        Put::Link { to: "/etc/lab/link".into(), target: "text".into() },
    ]);
    lab.start();
    assert_eq!(lab.ok("cat /etc/lab/link"), text);
    assert_eq!(lab.ok("dmesg | grep -i 'ext4.*error' || true"), "");
}

#[test]
fn boxes_that_begin_where_one_was_booted_are_as_new() {
    let one = Lab::new("gen8-4x4tb").with_zbay().boot();
    as_described(&one);
    assert_eq!(one.settled(), "running", "{}", one.sh("systemctl --failed").out);
    one.ok("zpool create -f tank /dev/disk/by-id/wwn-0x5000c5007a020001; echo mine > /tank/file; sync; zpool sync tank");
    // The other knows nothing of it, and its clock is right.
    let mut other = Lab::new("gen8-4x4tb").with_zbay().boot();
    as_described(&other);
    assert_eq!(other.ok("zpool list -H; wipefs /dev/disk/by-id/wwn-0x5000c5007a020001"), "");
    assert_eq!(other.sh("test -e /etc/hostid").status, 1, "none that both have");
    let told: u64 = other.ok("date +%s").trim().parse().expect("seconds");
    let now = std::time::UNIX_EPOCH.elapsed().expect("a time").as_secs();
    assert!(told.abs_diff(now) < 60, "{told} {now}");
    other.power_cut();
    other.start();
    assert_eq!(other.ok("zpool import 2>&1; true"), "no pools available to import\n");
    assert_eq!(one.ok("cat /tank/file"), "mine\n");
}

#[test]
#[ignore = "long: every_kind boots such a box in each run"]
fn a_virtual_24_bay_box_has_24_bays() {
    let lab = Lab::new("4u-24x4tb").boot();
    as_described(&lab);
    assert_eq!(lab.settled(), "running", "{}", lab.sh("systemctl --failed").out);
    lab.ok("zpool create -o ashift=12 t raidz2 $(ls /dev/disk/by-id/wwn-0x5000c5007a0600?? | head -18) \
        raidz2 $(ls /dev/disk/by-id/wwn-0x5000c5007a0600?? | tail -6)");
    eprintln!("{}", lab.ok("zpool status; zpool list -p; zpool destroy t"));
}
