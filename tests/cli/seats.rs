//! Where drives are and what they stand on: bays at a card, USB enclosures, ports of other buses, ports that drives share,
//! volumes, parts of one drive. Each machine is a recording with the ports and names of its drives changed.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Altered, Said, on};

/// What udev says of the four data drives of gen8-4x4tb, in the order of their bays.
fn with(edit: impl Fn(usize, &mut serde_json::Map<String, Value>)) -> Altered {
    Altered::of("gen8-4x4tb").edit("udev.json", |all| {
        for device in all.as_array_mut().expect("devices") {
            let name = device["name"].as_str().unwrap_or_default().to_owned();
            let Some(bay) = ["sdd", "sda", "sdb", "sdc"].iter().position(|it| *it == name) else {
                continue;
            };
            device["devpath"] = json!(format!("/devices/made/up/block/{name}"));
            edit(bay, device["properties"].as_object_mut().expect("properties"));
        }
    })
}

/// The same at these ports.
fn at(port: impl Fn(usize) -> String) -> Altered {
    with(|bay, of| {
        of.insert("ID_PATH".to_owned(), json!(port(bay)));
    })
}

/// One that no description fits.
fn unknown(machine: Altered) -> Altered {
    machine.edit("files.json", |all| {
        all["/sys/class/dmi/id/product_name"] = json!("Some Box\n");
        all["/sys/class/dmi/id/product_uuid"] = json!("31393637-3136-5a43-3334-343130303031\n");
    })
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn has(said: &Said, words: &[&str]) {
    let all = flat(&format!("{}\n{}", said.out, said.err));
    for word in words {
        assert!(all.contains(word), "{word}\n{}{}", said.out, said.err);
    }
}

fn lacks(said: &Said, words: &[&str]) {
    let all = flat(&format!("{}\n{}", said.out, said.err));
    for word in words {
        assert!(!all.contains(word), "{word}\n{}{}", said.out, said.err);
    }
}

/// A profile beside the machine.
fn profile(dir: &TempDir, text: &str) -> String {
    let path = dir.path().join("p.yaml");
    fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

const CARD: &str = "pci-0000:07:00.0";

fn at_an_hba() -> Altered {
    at(|bay| format!("{CARD}-sas-phy{}-lun-0", 3 - bay))
}

#[test]
fn bays_whose_cable_is_at_a_card_are_not_called_empty() {
    for machine in [at_an_hba(), at(|bay| format!("{CARD}-ata-{}", bay + 1))] {
        for look in [&[][..], &["show", "hw"]] {
            let said = machine.run(look);
            assert_eq!((said.status, said.err.as_str()), (0, ""), "{look:?}");
            let empty =
                said.out.lines().any(|line| line.contains("bay 1") && line.contains("empty"));
            assert!(!empty && !said.out.contains("| empty"), "{}", said.out);
            has(&said, &["not known", "`zbay learn`", CARD]);
        }
        let said = machine.run(&["plan", "gen8-usb-raidz"]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        has(&said, &["cannot tell whether there are drives in bays 1-4", "`zbay learn`"]);
        lacks(&said, &["empty", "put drives in"]);
        let said = machine.run(&["propose"]);
        has(
            &said,
            &[
                "left out `sda`",
                "`sdb`",
                "`sdc`",
                "`sdd`",
                "which the description does not name",
                "`zbay learn`",
            ],
        );
        lacks(&said, &["there is no drive"]);
    }
    // Where one drive is at the bays' own controller, the others are empty.
    let one = at(|bay| {
        if bay == 1 {
            "pci-0000:00:1f.2-ata-2".to_owned()
        } else {
            format!("{CARD}-ata-{}", bay + 1)
        }
    });
    has(&one.run(&[]), &["bay 1 empty"]);
}

/// The order is reversed on this cable; what `learn` writes is a description with which the box is drawn and planned.
#[test]
fn bays_at_a_card_are_learned_and_planned_by_the_word_hba() {
    let machine = at_an_hba();
    let dir = TempDir::new().expect("a directory");
    let hba = |boot: &str| {
        format!(
            "hardware: hp-microserver-gen8\ncontroller: hba\nboot: {boot}\npool:\n  name: tank\n  layout: raidz\n  \
             bays: [1, 2, 3, 4]\n"
        )
    };
    let wish = profile(&dir, &hba("usb"));
    let said = machine.run(&["plan", &wish]);
    has(&said, &["the profile has the bays at an HBA", "`zbay learn`"]);
    let path = machine.0.path().to_str().expect("UTF-8").to_owned();
    let said = super::learn::learn(&path, &["--json"], "EXA1\nEXA2\nEXA3\nEXA4\n");
    let said: Value = serde_json::from_str(&said.out).expect("JSON");
    let description = said["description"].as_str().expect("a description");
    for bay in 1..=4 {
        let port = format!("{CARD}-sas-phy{}-lun-0", 4 - bay);
        assert!(
            description
                .contains(&format!("{{bay: {bay}, port: \"{port}\", sure: learned, link: null")),
            "{description}"
        );
    }
    let file = dir.path().join("hp-microserver-gen8.yaml");
    fs::write(&file, description).expect("written");
    let machine = at_an_hba().edit("files.json", |all| {
        let pci = "/sys/bus/pci/devices/0000:07:00.0";
        for (name, text) in
            [("class", "0x010700\n"), ("vendor", "0x1000\n"), ("device", "0x0072\n")]
        {
            all[format!("{pci}/{name}")] = json!(text);
        }
    });
    let machine = machine.edit("links.json", |all| {
        all["/sys/bus/pci/devices/0000:07:00.0/driver"] = json!("../../../bus/pci/drivers/mpt3sas");
    });
    let machine = machine.edit("lists.json", |all| {
        all["/sys/bus/pci/devices"].as_array_mut().expect("a list").push(json!("0000:07:00.0"));
    });
    let hw = file.to_str().expect("UTF-8");
    let run = |args: &[&str]| machine.run(&[&["--hw", hw], args].concat());
    let shown = run(&["show", "hw"]);
    has(
        &shown,
        &[
            "| bay 1",
            "Z302EXA1",
            "HBA: bays at the card at 0000:07:00.0",
            "mpt3sas",
            "in HBA mode",
            "the fifth port (assumed)",
        ],
    );
    lacks(&shown, &["not known:", "| empty"]);
    for boot in ["usb", "microsd", "fifth-port"] {
        let said = run(&["plan", &profile(&dir, &hba(boot))]);
        assert_eq!((said.status, said.err.as_str()), (1, ""), "{boot}: {}", said.out);
        has(&said, &["create pool tank"]);
    }
    let said = run(&[
        "plan",
        &profile(&dir, &hba("fifth-port").replace("controller: hba", "controller: ahci")),
    ]);
    assert_eq!(said.status, 2);
    has(
        &said,
        &["cannot boot from the fifth port in AHCI mode", "`controller: hba`", "boot loader"],
    );
    // One that was recorded before there was such a word goes on working.
    let said =
        run(&["plan", &profile(&dir, &hba("usb").replace("controller: hba", "controller: ahci"))]);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    // A bay without a drive at the card is empty; without the card nobody knows.
    let said = run(&["propose", "--out", dir.path().join("new.yaml").to_str().expect("UTF-8")]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{}", said.out);
    assert!(
        fs::read_to_string(dir.path().join("new.yaml"))
            .expect("written")
            .contains("controller: hba\n")
    );
}

#[test]
fn drives_in_a_usb_enclosure_are_told_with_the_way_to_use_them() {
    let port = |bay: usize| format!("pci-0000:00:14.0-usb-0:3.{}:1.0-scsi-0:0:0:0", bay + 1);
    let usb = || {
        unknown(with(|bay, of| {
            of.insert("ID_PATH".to_owned(), json!(port(bay)));
            of.insert("ID_BUS".to_owned(), json!("usb"));
        }))
    };
    let said = usb().run(&["propose"]);
    has(
        &said,
        &[
            "left out `sda`",
            "`sdd`",
            "a USB drive at pci-0000:00:14.0-usb-0:3.1:1.0",
            "only if a description names their ports as bays",
        ],
    );
    let shown = usb().run(&["show", "hw"]);
    has(&shown, &[&port(0), &port(3)]);
    let dir = TempDir::new().expect("a directory");
    let ports: Vec<String> = (0..4).map(|bay| format!("\"{}\"", port(bay))).collect();
    let wish = format!(
        "hardware: generic\nboot: any\npool:\n  name: tank\n  layout: raidz\n  bays: [{}]\n",
        ports.join(", ")
    );
    let wish = profile(&dir, &wish);
    let said = usb().run(&["check", &wish]);
    assert_eq!(said.status, 2);
    has(&said, &["is a USB port", "only if a description names their ports as bays"]);
    let said = usb().run(&["plan", &wish]);
    assert_eq!(said.status, 2);
    has(&said, &["it holds ST4000DM000-1F2168", "Z302EXA1"]);
    lacks(&said, &["empty", "put a drive in"]);
    // With a description they are bays.
    let bays: Vec<String> = (0..4)
        .map(|bay| format!("  - {{bay: {}, port: \"{}\", sure: verified}}\n", bay + 1, port(bay)))
        .collect();
    let hw = dir.path().join("das.yaml");
    fs::write(
        &hw,
        format!("hardware: das\ntitle: a box with an enclosure\nbays:\n{}", bays.concat()),
    )
    .expect("written");
    let hw = hw.to_str().expect("UTF-8");
    let said = usb().run(&["--hw", hw, "propose"]);
    assert_eq!(said.status, 0);
    has(&said, &["4 blank drives: 4.00 TB in bays 1-4"]);
    // In another USB port nobody knows which bay is which.
    let moved = unknown(with(|bay, of| {
        of.insert("ID_PATH".to_owned(), json!(port(bay).replace("0:3.", "0:2.")));
        of.insert("ID_BUS".to_owned(), json!("usb"));
    }));
    let said = moved.run(&["--hw", hw]);
    lacks(&said, &["bay 1 empty"]);
    has(&said, &["moved to another USB port"]);
}

#[test]
fn drives_at_a_card_in_a_described_box_are_left_out_by_name() {
    let card = at(|bay| match bay {
        0 | 1 => format!("pci-0000:00:1f.2-ata-{}", bay + 1),
        _ => format!("{CARD}-ata-{}", bay - 1),
    });
    let said = card.run(&["propose"]);
    has(
        &said,
        &[
            "2 blank drives",
            "left out `sdb`",
            "pci-0000:07:00.0-ata-1",
            "`sdc`",
            "`pool: true`",
            "/etc/zbay/hw",
        ],
    );
    has(&card.run(&["show", "hw"]), &["pci-0000:07:00.0-ata-2"]);
    has(&card.run(&[]), &["pci-0000:07:00.0-ata-2", "bay 3 empty"]);
    let dir = TempDir::new().expect("a directory");
    let wish = profile(
        &dir,
        "hardware: hp-microserver-gen8\nboot: usb\npool:\n  name: tank\n  layout: mirror\n  bays: [1, 2]\n  \
         log: {bays: [\"pci-0000:07:00.0-ata-1\"], size: 8G}\n",
    );
    let said = card.run(&["plan", &wish]);
    has(
        &said,
        &["has no port pci-0000:07:00.0-ata-1", "it holds ST4000DM000-1F2168", "`pool: true`"],
    );
}

/// Whatever `propose` writes passes `check` and `plan` on the same machine.
fn proposes_what_it_plans(name: &str, run: &dyn Fn(&[&str]) -> Said) -> bool {
    let dir = TempDir::new().expect("a directory");
    let mut any = false;
    for number in 1..=5 {
        let file = dir.path().join(format!("{number}.yaml"));
        let file = file.to_str().expect("UTF-8");
        let said = run(&["propose", &format!("--write={number}"), "--out", file]);
        if said.status == 2 && said.err.contains("there is no layout") {
            continue;
        }
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{name}: {}", said.out);
        let checked = run(&["check", file]);
        assert_eq!(checked.status, 0, "{name}: {}{}", checked.out, checked.err);
        let planned = run(&["plan", file]);
        assert_eq!(planned.status, 1, "{name}: {}", planned.err);
        any = true;
    }
    any
}

#[test]
fn what_is_proposed_is_planned_on_every_machine() {
    let mut with_layouts = 0;
    for entry in fs::read_dir("tests/machines").expect("there") {
        let name = entry.expect("there").file_name().into_string().expect("UTF-8");
        with_layouts += usize::from(proposes_what_it_plans(&name, &|args| on(&name, args)));
    }
    assert!(with_layouts >= 5, "{with_layouts}");
}

#[test]
fn what_is_proposed_is_planned_at_ports_of_any_bus() {
    type Port = fn(usize) -> String;
    let forms: [(&str, Port); 9] = [
        ("SoC SATA", |bay| format!("platform-f10a8000.sata-ata-{}", bay + 1)),
        ("SoC SATA below a bus", |bay| format!("platform-soc@0-platform-fc80000{bay}.sata-ata-1")),
        ("PCIe of an SoC", |bay| {
            format!("platform-fe2a0000.pcie-pci-0002:01:00.0-ata-{}", bay + 1)
        }),
        ("ccw", |bay| format!("ccw-0.0.012{bay}")),
        ("Hyper-V", |bay| {
            format!("acpi-VMBUS:01-vmbus-f8b3781b1e824818a1c363d806ec15b{bay}-lun-0")
        }),
        ("SAS", |bay| format!("pci-0000:01:00.0-sas-exp0x50030480000000bf-phy{bay}-lun-0")),
        ("SAS addresses", |bay| format!("pci-0000:03:00.0-sas-0x5000c5007a02000{bay}-lun-0")),
        ("SCSI", |bay| format!("pci-0000:03:00.0-scsi-0:0:{bay}:0")),
        ("iSCSI", |bay| {
            format!("ip-192.0.2.1:3260-iscsi-iqn.2005-10.org.example.ctl:disk{bay}-lun-0")
        }),
    ];
    for (name, port) in forms {
        let machine = unknown(at(port));
        assert!(proposes_what_it_plans(name, &|args| machine.run(args)), "{name} has no layout");
    }
    let usb = unknown(with(|bay, of| {
        of.insert(
            "ID_PATH".to_owned(),
            json!(format!("platform-xhci-hcd.{bay}-usb-0:1:1.0-scsi-0:0:0:0")),
        );
        of.insert("ID_BUS".to_owned(), json!("usb"));
    }));
    let said = usb.run(&["propose"]);
    has(&said, &["left out `sda`", "`sdd`", "a USB drive at platform-xhci-hcd.0-usb-0:1:1.0"]);
}

#[test]
fn of_drives_that_share_a_port_none_counts() {
    for port in ["pci-0000:01:00.0-ata-1.0", "pci-0000:09:00.0-sas-0x5fcfffff00000001-lun-0"] {
        let machine = unknown(at(|_| port.to_owned()));
        let said = machine.run(&["propose"]);
        assert_eq!(said.status, 1);
        has(
            &said,
            &[
                "0 blank drives",
                "left out `sda`",
                "`sdd`",
                "the same port",
                "port multiplier",
                "all drives are left out",
            ],
        );
        lacks(&said, &["second one of the same size"]);
        has(&machine.run(&["show", "hw"]), &["ST4000DM000-1F2168"]);
        has(&machine.run(&[]), &["sda, sdb, sdc and sdd share the port"]);
    }
}

#[test]
fn volumes_are_not_taken_for_drives() {
    for (vendor, model, words) in [
        ("DELL", "PERC_H710", "volumes of a RAID controller"),
        ("HP", "LOGICAL_VOLUME", "volumes of a RAID controller"),
        ("QEMU", "QEMU_HARDDISK", "disks of a hypervisor"),
        ("VMware", "Virtual_disk", "disks of a hypervisor"),
        ("Msft", "Virtual_Disk", "disks of a hypervisor"),
    ] {
        let machine = unknown(with(|bay, of| {
            of.remove("ID_MODEL_ENC");
            of.remove("ID_VENDOR_ENC");
            for (key, value) in [("ID_BUS", "scsi"), ("ID_VENDOR", vendor), ("ID_MODEL", model)] {
                of.insert(key.to_owned(), json!(value));
            }
            of.insert("ID_SCSI_SERIAL".to_owned(), json!(format!("drive-scsi{bay}")));
            of.insert("ID_PATH".to_owned(), json!(format!("pci-0000:02:00.0-scsi-0:2:{bay}:0")));
        }));
        has(&machine.run(&[]), &[words, "it is unknown which of them fail together"]);
        has(&machine.run(&["propose"]), &[words]);
        let dir = TempDir::new().expect("a directory");
        let file = dir.path().join("p.yaml");
        let file = file.to_str().expect("UTF-8");
        assert_eq!(machine.run(&["propose", "--out", file]).status, 0);
        let said = machine.run(&["plan", file]);
        has(&said, &[words, "it is unknown which fail together"]);
        lacks(&said, &["from one batch"]);
    }
}

#[test]
fn parts_of_one_drive_never_share_a_vdev() {
    let dir = TempDir::new().expect("a directory");
    for ports in [
        ["pci-0000:01:00.0-sas-phy0-lun-0", "pci-0000:01:00.0-sas-phy0-lun-1"],
        ["pci-0000:01:00.0-nvme-1", "pci-0000:01:00.0-nvme-2"],
    ] {
        let wish = format!(
            "hardware: generic\npool:\n  name: tank\n  layout: mirror\n  bays: [\"{}\", \"{}\"]\n",
            ports[0], ports[1]
        );
        let said = super::run(&["check", &profile(&dir, &wish)]);
        assert_eq!(said.status, 2);
        has(&said, &["are parts of one drive"]);
    }
    let wish = "hardware: generic\npool:\n  name: tank\n  layout: mirror\n  bays: [\"pci-0000:01:00.0-nvme-1\", \
                \"pci-0000:02:00.0-nvme-1\"]\n";
    assert_eq!(super::run(&["check", &profile(&dir, wish)]).status, 0);
}

#[test]
fn one_serial_of_a_usb_bridge_is_noticed_whatever_the_model() {
    let machine = unknown(with(|bay, of| {
        let path = format!("pci-0000:00:14.0-usb-0:3:1.0-scsi-0:0:0:{bay}");
        for (key, value) in [
            ("ID_PATH", path),
            ("ID_BUS", "usb".to_owned()),
            ("ID_MODEL", format!("DISK0{bay}")),
            ("ID_VENDOR", "Bridge".to_owned()),
            ("ID_SERIAL_SHORT", "0123456789ABCDEF".to_owned()),
            ("DEVLINKS", format!("/dev/disk/by-id/usb-Bridge_DISK0{bay}_0123456789ABCDEF-0:{bay}")),
        ] {
            of.insert(key.to_owned(), json!(value));
        }
        for key in
            ["ID_WWN", "ID_WWN_WITH_EXTENSION", "ID_MODEL_ENC", "ID_VENDOR_ENC", "ID_SCSI_SERIAL"]
        {
            of.remove(key);
        }
    }));
    let dir = TempDir::new().expect("a directory");
    let bays: Vec<String> = (0..4)
        .map(|bay| format!("  - {{bay: {}, port: \"pci-0000:00:14.0-usb-0:3:1.0-scsi-0:0:0:{bay}\", sure: verified}}\n", bay + 1))
        .collect();
    let hw = dir.path().join("das.yaml");
    fs::write(
        &hw,
        format!("hardware: das\ntitle: a box with an enclosure\nbays:\n{}", bays.concat()),
    )
    .expect("written");
    let hw = hw.to_str().expect("UTF-8");
    let wish = profile(
        &dir,
        "hardware: das\npool:\n  name: tank\n  layout: raidz\n  bays: [1, 2, 3, 4]\n",
    );
    let said = machine.run(&["--hw", hw, "plan", &wish]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    has(
        &said,
        &["cannot be identified for sure", "has the same serial", "passes its own wwn and serial"],
    );
}

#[test]
fn disks_that_tell_nothing_of_themselves_are_warned_of() {
    let machine = unknown(with(|bay, of| {
        let path = format!("pci-0000:06:0{}.0", bay + 1);
        of.clear();
        of.insert("DEVLINKS".to_owned(), json!(format!("/dev/disk/by-path/{path}")));
        of.insert("ID_PATH".to_owned(), json!(path));
    }));
    let dir = TempDir::new().expect("a directory");
    let file = dir.path().join("p.yaml");
    let file = file.to_str().expect("UTF-8");
    assert_eq!(machine.run(&["propose", "--out", file]).status, 0);
    has(&machine.run(&["plan", file]), &["only the slot identifies them", "`serial=`"]);
}

#[test]
fn what_the_board_could_is_not_said_of_its_modules() {
    let modules = |total: &str| {
        let machine = Altered::of("gen8-4x4tb").edit("files.json", |all| {
            let raw = format!("112800110010feff{total}40000020090001021a8040600903040506020000000060090000000000000000");
            all["/sys/firmware/dmi/entries/17-0/raw"] = json!({ "hex": raw });
        });
        machine.run(&["show", "hw"]).out
    };
    assert!(flat(&modules("4000")).contains("no ECC modules (the board could)"));
    assert!(flat(&modules("4800")).contains("GiB, ECC;"));
    assert!(flat(&modules("ffff")).contains("ECC not known"));
}

#[test]
fn a_system_on_a_port_that_does_not_boot_was_started_elsewhere() {
    let machine = Altered::of("gen8-raid-fifth-port").edit("files.json", |all| {
        all["/sys/bus/pci/devices/0000:00:1f.2/device"] = json!("0x1c02\n");
    });
    let said = machine.run(&["show", "hw"]);
    has(&said, &["fifth-port", "system, in use", "a boot loader elsewhere started it"]);
    lacks(&said, &["boots, in use"]);
    lacks(&machine.run(&[]), &["booted from the fifth port"]);
}

#[test]
fn a_description_without_bays_is_not_called_none() {
    has(&on("t20", &["capacity"]), &["the description of Dell PowerEdge T20 names no bays"]);
}

#[test]
fn the_hostid_is_mixed_from_what_a_box_has() {
    let made = |uuid: &str, serial: &str, mac: &str| {
        let machine = Altered::of("gen8-4x4tb").edit("files.json", |all| {
            all["/sys/class/dmi/id/product_uuid"] = json!(uuid);
            all["/sys/class/dmi/id/product_serial"] = json!(serial);
            let files = all.as_object_mut().expect("files");
            let nic =
                |name: &str| name.starts_with("/sys/class/net/") && name.ends_with("/address");
            for (_, text) in files.iter_mut().filter(|(name, _)| nic(name)) {
                *text = json!(mac);
            }
        });
        let said = machine.run(&["--json", "plan", "gen8-usb-raidz"]);
        let (_, of) = said.out.split_once("set this server's hostid to ").expect("a step");
        let of = of.split('"').next().unwrap_or_default();
        let (value, of) = of.split_once(", ").expect("a value and what it is made from");
        (value.to_owned(), of.to_owned())
    };
    let uuid = "31393637-3136-5a43-3334-343130303031\n";
    let (one, of) = made(uuid, "CZ00000001\n", "00:11:22:33:44:01\n");
    assert!(of.contains("made from the server's UUID, serial number and MAC address"), "{of}");
    let (other, _) = made(uuid, "CZ00000002\n", "00:11:22:33:44:02\n");
    assert_ne!(one, other, "one UUID in two boxes");
    assert_eq!(one, made(uuid, "CZ00000001\n", "00:11:22:33:44:01\n").0);
    let filler = "03000200-0400-0500-0006-000700080009\n";
    let (one, of) = made(filler, "Default string\n", "00:11:22:33:44:01\n");
    assert!(of.contains("made from the server's MAC address"), "{of}");
    assert_ne!(one, made(filler, "Default string\n", "00:11:22:33:44:02\n").0);
    // Made up by software: it may be another one tomorrow.
    assert!(
        made(filler, "System Serial Number\n", "52:54:00:12:34:56\n")
            .1
            .contains("made from chance")
    );
}
