//! `show disk` in a box whose drives come, go and change places while it looks: rows by bay, SMART by the real
//! smartmontools, what is missing, what changed, a light that blinks.

use serde_json::Value;
use zbay_lab::Lab;

use crate::promises::{by_zbay, json};

const WISH: &str = include_str!("../../../../profiles/gen8-usb-raidz.yaml");

fn disks(lab: &Lab) -> Value {
    json(lab, "show disk")
}

/// The row of the drive in a bay.
fn row<'a>(look: &'a Value, bay: &str) -> &'a Value {
    let all = look["disks"].as_array().expect("disks");
    all.iter().find(|disk| disk["bay"] == bay).unwrap_or_else(|| panic!("bay {bay}: {look}"))
}

/// The changes that `show disk` tells, in words.
fn changed(lab: &Lab) -> Vec<String> {
    let out = lab.ok("zbay show disk").replace("\n         ", " ");
    let lines = out.lines().filter_map(|line| line.strip_prefix("changed  "));
    lines.map(str::to_owned).collect()
}

#[test]
fn drives_by_bay_with_smart_and_what_came_went_and_moved() {
    let mut lab = Lab::new("gen8-4x4tb").with_wish(WISH).boot();
    lab.ready();
    let look = disks(&lab);
    for drive in lab.spec.drives.clone() {
        let at = drive.at.to_string();
        let row = row(&look, &at);
        assert_eq!(row["serial"], drive.serial.as_str(), "bay {at}");
        assert_eq!(row["size"], drive.size, "bay {at}");
        if at != "usb" {
            // QEMU's drives tell these; the words are smartctl's.
            assert_eq!(row["smart"]["passed"], true, "bay {at}: {row}");
            assert!(row["temp"].as_i64().is_some_and(|degrees| degrees > 0), "bay {at}: {row}");
            assert_eq!((&row["pool"], &row["asleep"]), (&"tank".into(), &false.into()), "bay {at}");
        }
    }
    // Real smartmontools says the same of the bits.
    let bare = lab.sh("smartctl -n standby -j -x /dev/disk/by-path/pci-0000:00:1f.2-ata-1");
    let bare: Value = serde_json::from_str(&bare.out).expect("JSON");
    assert_eq!(row(&look, "1")["temp"], bare["temperature"]["current"]);

    // A second look has nothing new to say, and says nothing; nor does it change the box.
    lab.trace();
    let before = lab.ok("cat /var/lib/zbay/history.jsonl");
    assert_eq!(changed(&lab), [""; 0]);
    assert_eq!(lab.ok("cat /var/lib/zbay/history.jsonl"), before);
    assert_eq!(by_zbay(&lab.traced()), [""; 0]);

    // By the name of the original, its flags in any order.
    let table = lab.ok("show disk -sm");
    assert_eq!(table, lab.ok("show disk -ms"));
    assert!(table.contains("| sda | ") && table.starts_with("| Dev | Model "), "{table}");

    // Pulled while it runs: the pool says which leaf, the row says which bay and serial.
    let serial = |lab: &Lab, bay: &str| lab.drive(bay).serial.clone();
    let third = serial(&lab, "3");
    lab.ok("d=$(readlink -f /dev/disk/by-path/pci-0000:00:1f.2-ata-3); echo 1 > /sys/block/${d##*/}/device/delete");
    lab.ok(
        "dd if=/dev/urandom of=/tank/data/a bs=1M count=8 status=none; zpool sync tank; sleep 2",
    );
    let said = lab.ok("zbay show disk");
    let lost =
        said.lines().find(|line| line.starts_with("MISSING")).unwrap_or_else(|| panic!("{said}"));
    assert!(
        lost.contains("bay 3: was") && lost.contains(&third) && lost.contains("tank/raidz1-0"),
        "{said}"
    );
    assert!(said.contains("is gone, last seen"), "{said}");
    assert_eq!(disks(&lab)["missing"][0]["bay"], "3");
    // Put back.
    lab.ok("for h in /sys/class/scsi_host/host*; do echo '- - -' > $h/scan; done; udevadm settle; sleep 2");
    let back = changed(&lab);
    assert!(
        matches!(&back[..], [line] if line.starts_with("bay 3: ") && line.contains(&third) && line.ends_with("is back")),
        "{back:?}"
    );

    // A light that blinks by reads alone: of this drive, and nothing is written.
    let count = |field: u8| {
        let script = format!(
            "d=$(readlink -f /dev/disk/by-path/pci-0000:00:1f.2-ata-2); awk '{{print ${field}}}' /sys/block/${{d##*/}}/stat"
        );
        lab.ok(&script).trim().parse::<u64>().expect("a count")
    };
    lab.ok("zpool export tank");
    let (reads, writes, images) = (count(1), count(5), lab.digests());
    let said = lab.sh("zbay locate 2 --seconds 4");
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.err.contains(&serial(&lab, "2")), "{}", said.err);
    assert!(count(1) > reads + 20, "{} reads", count(1) - reads);
    assert_eq!(count(5), writes);
    assert_eq!(lab.digests(), images);
    let none = lab.sh("zbay locate 9");
    assert!(none.status == 2 && none.err.contains("this server has no bay `9`"), "{}", none.err);
    lab.ok("zpool import tank");

    // Swapped while the power is off: each is found where it is, and told once.
    lab.stop();
    lab.swap("1", "4");
    lab.start();
    lab.settled();
    lab.ended("zbay-firstboot.service");
    let look = disks(&lab);
    for bay in ["1", "4"] {
        assert_eq!(row(&look, bay)["serial"], serial(&lab, bay).as_str());
    }
    let told = look["since"]["changes"].to_string() + &lab.ok("cat /var/lib/zbay/history.jsonl");
    assert!(told.contains("\"bay\":\"4\""), "{told}");
    let history = lab.ok(&format!("zbay show disk --history {}", serial(&lab, "4")));
    assert!(history.contains("| bay 1 |") && history.contains("| bay 4 |"), "{history}");

    // No room for the history: the look is the same.
    lab.ok("mount -t tmpfs -o ro none /var/lib/zbay");
    let silent = lab.sh("zbay show disk");
    assert_eq!((silent.status, silent.err.as_str()), (0, ""), "{}", silent.err);
    lab.ok("umount /var/lib/zbay");
}

#[test]
#[ignore = "long: a thousand disks"]
fn a_thousand_disks_and_a_screen_of_any_width() {
    let lab = Lab::new("gen8-seed").with_zbay().boot();
    lab.ok(
        "modprobe scsi_debug num_tgts=25 max_luns=40 dev_size_mb=8 && udevadm settle --timeout=240",
    );
    let all: usize = lab.ok("lsblk -dno NAME | grep -c ^sd").trim().parse().expect("a count");
    assert!(all > 900, "{all}");
    let rows = lab.ok("zbay show disk -sm | wc -l");
    assert_eq!(rows.trim().parse::<usize>().expect("a count"), all + 1);
    let time = |command: &str| -> f64 {
        let script = format!(
            "for n in 1 2 3; do s=$(date +%s%N); {command} >/dev/null 2>&1; echo $(( ($(date +%s%N) - s) / 1000 )); done | sort -n | head -1"
        );
        lab.ok(&script).trim().parse().expect("microseconds")
    };
    let (ours, theirs) = (time("zbay show disk -sm"), time("lsblk -d -o NAME,MODEL,SIZE"));
    eprintln!(
        "{all} disks: show disk -sm {ours} us, lsblk {theirs} us, ratio {:.2}",
        ours / theirs
    );
    lab.ok("rmmod scsi_debug");
}
