//! Whole looks at recorded machines: what was seen there, and what must follow when a source fails.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};

use super::LookError;
use super::look::look;
use super::{Contents, Disk, Inventory, Owner, PoolState, Want};
use crate::machine::recorded::Recorded;
use crate::machine::recording::{Answer, Bytes, Recording, Said};
use crate::machine::{IoError, RunError};

fn machine(name: &str) -> Recording {
    let dir = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machines").join(name);
    Recorded::open(&dir).unwrap().recording().clone()
}

static SEED: LazyLock<Recording> = LazyLock::new(|| machine("gen8-seed"));
static EVERY: LazyLock<Recording> = LazyLock::new(|| machine("every-owner"));

static TROUBLE: LazyLock<Recording> = LazyLock::new(|| machine("in-trouble"));

fn seen(recording: &Recording, want: Want) -> Inventory {
    look(&Recorded::new("x".to_owned(), recording.clone()), want).unwrap()
}

fn disk<'a>(inventory: &'a Inventory, name: &str) -> &'a Disk {
    inventory.disks.iter().find(|disk| disk.name == name).unwrap()
}

fn contents<'a>(inventory: &'a Inventory, name: &str) -> &'a Contents {
    disk(inventory, name).contents.as_ref().unwrap()
}

fn model<'a>(inventory: &'a Inventory, end: &str) -> &'a Contents {
    let found =
        inventory.disks.iter().find(|it| it.model.as_ref().is_some_and(|m| m.ends_with(end)));
    found.unwrap().contents.as_ref().unwrap()
}

#[test]
fn the_articles_box_is_blank_and_boots_from_usb() {
    let it = seen(&SEED, Want::ALL);
    let rows: Vec<_> = it
        .disks
        .iter()
        .map(|disk| {
            let model = disk.model.clone().unwrap();
            (disk.name.clone(), model, disk.size.gb_rounded(), disk.path.clone().unwrap())
        })
        .collect();
    let row = |name: &str, model: &str, gb: u64, path: &str| {
        (name.to_owned(), model.to_owned(), gb, path.to_owned())
    };
    assert_eq!(
        rows,
        [
            row("sda", "SAMSUNG HD103UJ", 1000, "pci-0000:00:1f.2-ata-1"),
            row("sdb", "ST2000DM001-1CH164", 2000, "pci-0000:00:1f.2-ata-2"),
            row("sdc", "ST2000DM001-1ER164", 2000, "pci-0000:00:1f.2-ata-3"),
            row("sdd", "SAMSUNG HM250HI", 250, "pci-0000:00:1d.0-usb-0:1:1.0-scsi-0:0:0:0"),
            row("sde", "ST2000DM001-1ER164", 2000, "pci-0000:00:1f.2-ata-4"),
        ]
    );
    for name in ["sda", "sdb", "sdc", "sde"] {
        assert_eq!(contents(&it, name).owner, Owner::Blank);
        assert_eq!(
            contents(&it, name).seen,
            ["libblkid: nothing", "ZFS labels: none", "sampled blocks: all zero"]
        );
    }
    let by = vec!["mounted at /".to_owned()];
    assert_eq!(contents(&it, "sdd").owner, Owner::Held { by, boot: true });
    assert_eq!(it.host.boot_disk.as_deref(), Some("sdd"));
    assert_eq!(it.host.dmi.product_name.as_deref(), Some("ProLiant MicroServer Gen8"));
    // QEMU says what the board could, and nothing of its modules.
    assert_eq!((it.host.ecc, it.host.ecc_board), (None, Some(true)));
    assert_eq!(it.host.controllers[0].id, "8086:2922");
    assert_eq!(it.pools.as_ref().map(Vec::len), Ok(0));
    assert_eq!(it.importable.as_ref().map(Vec::len), Ok(0));
}

#[test]
fn every_owner_is_told() {
    let it = seen(&EVERY, Want::ALL);
    let member = |disk: &str| match &model(&it, disk).owner {
        Owner::Member(member) => format!("{} in {}", member.vdev, member.pool),
        other => panic!("{other:?}"),
    };
    assert_eq!(member("HD103UJ"), "raidz1-0 in tank");
    assert_eq!(
        [member("DRIVE0"), member("DRIVE1"), member("DRIVE2")],
        ["logs in tank", "cache in tank", "spares in tank"]
    );
    let pool = |disk: &str| match &model(&it, disk).owner {
        Owner::ForeignPool(pool) => pool.clone(),
        other => panic!("{other:?}"),
    };
    let zapped = pool("DRIVE3");
    assert_eq!(zapped.name.as_deref(), Some("p2"));
    assert_eq!(zapped.guid.as_deref(), Some("14461270416335879428"));
    assert_eq!((zapped.state, zapped.labels), (PoolState::Exported, 4));
    assert_eq!((zapped.shape.as_deref(), zapped.others), (Some("mirror of 2"), Some(1)));
    assert_eq!((zapped.hostname.as_deref(), zapped.hostid.as_deref()), (Some("nas"), None));
    // As `zdb -lu` of that box says: 1795355686.
    assert_eq!(zapped.last_used.unwrap().to_string(), "2026-11-22T13:54:46Z");
    let place = "where partition 1 of a whole-disk member would lie";
    let words = format!("ZFS labels: 4 of 4 labels {place}, of pool \"p2\", exported");
    assert_eq!(model(&it, "DRIVE3").seen, ["libblkid: nothing".to_owned(), words]);
    assert_eq!(pool("DRIVE4"), zapped, "the other half says the same");
    assert_eq!(pool("DRIVE5").state, PoolState::Destroyed);
    assert_eq!((pool("DRIVE9").labels, pool("DRIVE9").shape.as_deref()), (4, Some("disk")));
    assert_eq!(disk(&it, "sdn").logical, Some(4096));
    match &model(&it, "DRIVE6").owner {
        Owner::Filesystem(it) => {
            assert_eq!((it.kind.as_str(), it.label.as_deref()), ("ext4", Some("photos")));
        }
        other => panic!("{other:?}"),
    }
    let stale = format!("ZFS labels: 2 of 4 labels {place}, of pool \"p6\", exported");
    assert!(model(&it, "DRIVE6").seen.contains(&stale), "both are told");
    assert!(matches!(model(&it, "DRIVE7").owner, Owner::Swap(_)));
    let partitions = ["sdm1: ext4 \"old\"", "sdm2: swap"].map(str::to_owned).to_vec();
    let table = Owner::PartitionTable { kind: "gpt".to_owned(), partitions };
    assert_eq!(model(&it, "DRIVE8").owner, table);
    let digests: std::collections::BTreeSet<_> =
        it.disks.iter().map(|disk| disk.contents.as_ref().unwrap().digest.clone()).collect();
    assert_eq!(digests.len(), 13, "three members of one raidz and one size look alike");
}

#[test]
fn an_imported_pool_is_told_whole() {
    let it = seen(&EVERY, Want::ALL);
    let pool = &it.pools.as_ref().unwrap()[0];
    assert_eq!((pool.name.as_str(), pool.guid), ("tank", 18_101_382_665_317_604_723));
    assert_eq!((pool.size.0, pool.state.as_str(), pool.errors), (3_985_729_650_688, "ONLINE", 0));
    let vdevs: Vec<_> =
        pool.vdevs.iter().map(|it| (it.kind.as_str(), it.ashift, it.leaves.len())).collect();
    assert_eq!(
        vdevs,
        [("raidz1", Some(12), 4), ("disk", Some(12), 1), ("disk", None, 1), ("disk", None, 1)]
    );
    // In the order of the pool, not of the alphabet.
    let paths: Vec<_> =
        pool.vdevs[0].leaves.iter().map(|it| it.phys_path.as_deref().unwrap()).collect();
    assert_eq!(paths, [1, 2, 3, 4].map(|port| format!("pci-0000:00:1f.2-ata-{port}.0")));
    assert_eq!(pool.vdevs[0].leaves[0].disk.as_deref(), Some("sda"));
    let comment = pool.properties.iter().find(|it| it.name == "comment").unwrap();
    assert_eq!((comment.value.as_str(), comment.source.as_str()), ("zbay:0123", "local"));
    let names: Vec<_> = pool.datasets.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["tank", "tank/data"]);
    let quota = pool.datasets[1].properties.iter().find(|it| it.name == "quota").unwrap();
    assert_eq!((quota.value.as_str(), quota.source.as_str()), ("1073741824", "local"));
    let importable = it.importable.as_ref().unwrap();
    let names: Vec<_> = importable.iter().map(|it| (it.name.as_str(), it.destroyed)).collect();
    assert_eq!(names, [("p2", false), ("p9", false), ("p3", true)]);
}

#[test]
fn disks_of_others_and_disks_in_use_are_told() {
    let it = seen(&TROUBLE, Want::ALL);
    let pool = |disk: &str| match &model(&it, disk).owner {
        Owner::ForeignPool(pool) => pool.clone(),
        other => panic!("{other:?}"),
    };
    let data = pool("DRIVE1");
    assert_eq!((data.name.as_deref(), data.state), (Some("pb"), PoolState::Active));
    assert_eq!((data.hostname.as_deref(), data.hostid.as_deref()), (Some("nas"), Some("00bab10c")));
    assert_eq!(data.comment.as_deref(), Some("elsewhere"));
    assert_eq!(pool("DRIVE2").shape.as_deref(), Some("log, disk"));
    let nameless = |disk: &str| (pool(disk).name, pool(disk).guid, pool(disk).state);
    assert_eq!(nameless("DRIVE3"), (None, None, PoolState::Cache));
    assert_eq!(nameless("DRIVE4"), (None, None, PoolState::Spare));
    let held = |by: &str| Owner::Held { by: vec![by.to_owned()], boot: false };
    assert_eq!(model(&it, "DRIVE5").owner, held("held by md127"));
    assert_eq!(model(&it, "DRIVE6").owner, held("held by md127"));
    assert_eq!(model(&it, "DRIVE8").owner, held("held by dm-0"));
    assert!(matches!(model(&it, "DRIVE7").owner, Owner::Luks(_)));
    let why = "unrecognised data (no known signature), first at byte 32000000000".to_owned();
    assert_eq!(model(&it, "DRIVE9").owner, Owner::Unknown { why });
}

#[test]
fn a_drive_that_is_gone_is_a_leaf_without_a_disk() {
    let it = seen(&TROUBLE, Want::ALL);
    let pool = &it.pools.as_ref().unwrap()[0];
    assert_eq!(pool.state, "DEGRADED".into());
    let status = pool.status.as_deref().unwrap();
    assert!(status.starts_with("One or more devices have been removed. Sufficient"), "{status}");
    let leaf = &pool.vdevs[0].leaves[1];
    assert_eq!((leaf.state.as_str(), leaf.disk.as_deref()), ("REMOVED", None));
    assert_eq!(leaf.phys_path.as_deref(), Some("pci-0000:00:1f.2-ata-2.0"));
    assert_eq!(leaf.devid.as_deref(), Some("ata-ST2000DM001-1CH164_Z1E0EXA1-part1"));
    assert_eq!(it.host.hostid.as_deref(), Some("00bab10c"));
}

#[test]
fn identity_opens_no_disk_and_runs_nothing() {
    let mut deaf = EVERY.clone();
    deaf.commands.clear();
    deaf.blocks.clear();
    deaf.lists.retain(|path, _| !path.as_str().contains("holders"));
    let it = seen(&deaf, Want::IDENTITY);
    assert_eq!(it.disks.len(), 15);
    assert!(it.disks.iter().all(|disk| disk.flaws.is_empty() && disk.address.is_some()));
    let why = |it: &dyn std::fmt::Display| it.to_string();
    assert_eq!(why(it.disks[0].contents.as_ref().unwrap_err()), "not asked for");
    assert_eq!(why(it.pools.as_ref().unwrap_err()), "not asked for");
    assert_eq!(it.host.boot_disk.as_deref(), Some("sdo"));
}

#[test]
fn a_recording_without_an_answer_is_an_error() {
    let mut lacking = SEED.clone();
    lacking.files.remove(Utf8Path::new("/sys/block/sda/size"));
    let error = look(&Recorded::new("x".to_owned(), lacking), Want::IDENTITY).unwrap_err();
    assert_eq!(error.to_string(), "x/files.json has no answer to `read /sys/block/sda/size`");
}

/// No disk of the box may be called blank, and `sda` for the reason given.
fn refused(recording: &Recording, why: &str) {
    let it = seen(recording, Want::ALL);
    match &contents(&it, "sda").owner {
        Owner::Unknown { why: is } => assert!(is.contains(why), "{is}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_probe_that_fails_is_never_blank() {
    let wipefs = |recording: &Recording| {
        let find = |it: &&String| it.starts_with("wipefs") && it.ends_with("/dev/sda");
        recording.commands.keys().find(find).unwrap().clone()
    };
    let mut it = SEED.clone();
    let failed = RunError::TimedOut { command: "wipefs".to_owned(), seconds: 30 };
    it.commands.insert(wipefs(&it), Said::Failed { failed });
    refused(&it, "gave no answer within 30 s");

    let mut it = SEED.clone();
    let output = |status: i32, stdout: &str, stderr: &str| Said::Ended {
        status,
        stdout: Bytes::of(stdout.as_bytes()),
        stderr: Bytes::of(stderr.as_bytes()),
    };
    let words = "wipefs: error: /dev/sda: probing initialization failed: No such file or directory";
    it.commands.insert(wipefs(&it), output(1, "", words));
    refused(&it, "probing initialization failed");
    it.commands.insert(wipefs(&it), output(0, "{\"signatures\": [", ""));
    refused(&it, "wrote no such JSON");

    let mut it = SEED.clone();
    for extent in it.blocks.get_mut(Utf8Path::new("/dev/sda")).unwrap() {
        if extent.at > 1 << 39 {
            let why = "Input/output error".to_owned();
            let (what, path) = ("read".to_owned(), "/dev/sda".into());
            extent.refused = Some(IoError::System { what, path, why });
        }
    }
    refused(&it, "cannot read /dev/sda: Input/output error");

    let mut it = SEED.clone();
    let hung = RunError::TimedOut { command: "zpool status".to_owned(), seconds: 30 };
    let status = "zpool status -j --json-int -P -p".to_owned();
    it.commands.insert(status, Said::Failed { failed: hung });
    refused(&it, "it may be in a pool: `zpool status` gave no answer within 30 s");

    let mut it = SEED.clone();
    let mounts = Utf8PathBuf::from("/proc/swaps");
    it.files.insert(mounts, Answer::Given(Some(Bytes::of(b"what is this\n"))));
    refused(&it, "cannot tell what is in use: /proc/swaps has the line \"what is this\"");
}

#[test]
fn a_byte_in_a_sample_is_never_blank() {
    let device = Utf8Path::new("/dev/sda");
    let size = SEED_SDA;
    for at in [0, 600_000, size / 4, size / 2, size - 1] {
        let mut it = SEED.clone();
        for extent in it.blocks.get_mut(device).unwrap() {
            let place = at.checked_sub(extent.at).and_then(|it| usize::try_from(it).ok());
            if let Some(place) = place.filter(|place| *place < extent.len) {
                extent.data.insert(place, "01".to_owned());
            }
        }
        refused(&it, &format!("unrecognised data (no known signature), first at byte {at}"));
    }
}

/// Bytes of the article's 1 TB drive.
const SEED_SDA: u64 = 1_000_204_886_016;

#[test]
fn sources_that_disagree_are_never_blank() {
    let mut it = SEED.clone();
    if let Answer::Given(devices) = &mut it.udev {
        let device = devices.iter_mut().find(|device| device.name == "sda").unwrap();
        device.properties.insert("ID_FS_TYPE".to_owned(), "ext4".to_owned());
    }
    refused(&it, "udev says ext4 on sda, but libblkid now finds nothing");

    let mut it = SEED.clone();
    it.commands.insert(
        "zpool list -H -o name".to_owned(),
        Said::Ended { status: 0, stdout: Bytes::of(b"ghost\n"), stderr: Bytes::of(b"") },
    );
    it.commands
        .insert("zpool get -j -p all".to_owned(), EVERY.commands["zpool get -j -p all"].clone());
    let zfs = "zfs get -j -p -t filesystem,volume all";
    it.commands.insert(zfs.to_owned(), EVERY.commands[zfs].clone());
    refused(&it, "`zpool list` names pool ghost, `zpool status` does not");
}

#[test]
fn without_zfs_disks_can_still_be_blank() {
    let mut it = SEED.clone();
    it.files.insert("/sys/module/zfs/version".into(), Answer::Given(None));
    for (command, said) in &mut it.commands {
        if command.starts_with("zpool") {
            let (program, package) = ("zpool".to_owned(), "zfsutils-linux".to_owned());
            *said = Said::Failed { failed: RunError::Missing { program, package } };
        }
    }
    let it = seen(&it, Want::ALL);
    assert_eq!(
        it.pools.unwrap_err().to_string(),
        "zpool is not installed: apt install zfsutils-linux"
    );
    assert!(it.importable.is_err() && it.host.zfs.is_none());
    assert_eq!(it.disks[0].contents.as_ref().unwrap().owner, Owner::Blank);
}

#[test]
fn flaws_of_identity_are_found() {
    let mut it = SEED.clone();
    if let Answer::Given(devices) = &mut it.udev {
        let mut set = |name: &str, key: &str, value: &str| {
            let device = devices.iter_mut().find(|device| device.name == name).unwrap();
            device.properties.insert(key.to_owned(), value.to_owned());
        };
        set("sdb", "ID_WWN_WITH_EXTENSION", "0x5000c5007ceba5a5"); // that of sde
        set("sda", "ID_WWN_WITH_EXTENSION", "0x5000000000000001");
        set("sdc", "ID_SERIAL_SHORT", "Z4Z0EXA3"); // as sde, of the same model
    }
    let it = seen(&it, Want::IDENTITY);
    let flaws = |name: &str| serde_json::to_string(&disk(&it, name).flaws).unwrap();
    assert_eq!(flaws("sda"), r#"[{"flaw":"placeholder-wwn"}]"#);
    assert_eq!(flaws("sdb"), r#"[{"flaw":"duplicate-wwn","with":["sde"]}]"#);
    assert_eq!(flaws("sdc"), r#"[{"flaw":"duplicate-serial","with":["sde"]}]"#);
    let address = |name: &str| disk(&it, name).address.as_ref().unwrap().as_str();
    assert_eq!(address("sda"), "/dev/disk/by-id/ata-SAMSUNG_HD103UJ_S13PJ0EXAMPLE");
    assert_eq!(address("sdc"), "/dev/disk/by-id/wwn-0x5000c5007cebaf42");
    assert_eq!(address("sde"), "/dev/disk/by-path/pci-0000:00:1f.2-ata-4");
}

/// The same wwn, serial, model and size at another port.
#[test]
fn one_drive_by_two_paths_is_told_as_one_and_taken_by_nobody() {
    let mut it = SEED.clone();
    if let Answer::Given(devices) = &mut it.udev {
        let first = devices.iter().find(|device| device.name == "sdc").unwrap().properties.clone();
        let second = devices.iter_mut().find(|device| device.name == "sde").unwrap();
        for key in ["ID_WWN", "ID_WWN_WITH_EXTENSION", "ID_SERIAL_SHORT", "ID_SERIAL"] {
            second.properties.insert(key.to_owned(), first[key].clone());
        }
    }
    let it = seen(&it, Want::IDENTITY);
    for (name, other) in [("sdc", "sde"), ("sde", "sdc")] {
        let flaws = serde_json::to_string(&disk(&it, name).flaws).unwrap();
        assert_eq!(flaws, format!(r#"[{{"flaw":"one-drive","bond":"paths","with":["{other}"]}}]"#));
    }
    let hw = crate::render::fixture::hw("hp-microserver-gen8");
    let notes = crate::check::machine::drives(&hw, true, &it.disks);
    let told: Vec<_> =
        notes.iter().filter(|note| note.rule == crate::check::Rule::OneDrive).collect();
    assert_eq!(told.len(), 1, "told once");
    assert_eq!(told[0].message, "bay 3 (sdc) and sde are one drive, seen through two paths");
    assert!(told[0].remedy.contains("dm-multipath") && !told[0].remedy.contains("another drive"));
}

#[test]
fn without_udev_sysfs_answers() {
    let mut it = SEED.clone();
    if let Answer::Given(devices) = &mut it.udev {
        for device in devices {
            device.initialized = false;
        }
    }
    let link = |it: &mut Recording, name: &str, target: &str| {
        it.links.insert(name.into(), Answer::Given(Some(target.into())));
    };
    let file = |it: &mut Recording, name: &str, content: Option<&[u8]>| {
        it.files.insert(name.into(), Answer::Given(content.map(Bytes::of)));
    };
    for name in ["sda", "sdb", "sdc", "sdd", "sde"] {
        let target = "../devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda";
        link(&mut it, &format!("/sys/block/{name}"), target);
        let dir = format!("/sys/block/{name}");
        file(&mut it, &format!("{dir}/device/vendor"), Some(b"ATA     \n"));
        file(&mut it, &format!("{dir}/device/model"), Some(b"ST2000DM001-1CH1\n"));
        let page = format!("\0\u{7f}\0\u{14}{name}                 ").replace('\u{7f}', "\u{1}");
        let mut page = page.into_bytes();
        page[1] = 0x80;
        file(&mut it, &format!("{dir}/device/vpd_pg80"), Some(&page));
        file(&mut it, &format!("{dir}/device/rev"), Some(b"2.5+\n"));
        file(&mut it, &format!("{dir}/wwid"), None);
        file(&mut it, &format!("{dir}/device/wwid"), Some(b"naa.50000f0008064806\n"));
    }
    file(&mut it, "/sys/class/ata_port/ata1/port_no", Some(b"1\n"));
    let it = seen(&it, Want::IDENTITY);
    let sda = disk(&it, "sda");
    assert_eq!(sda.model.as_deref(), Some("ST2000DM001-1CH1"));
    assert_eq!(sda.serial.as_ref().unwrap().as_str(), "sda");
    assert_eq!(sda.wwn.as_ref().unwrap().as_str(), "0x50000f0008064806");
    assert_eq!(sda.path.as_deref(), Some("pci-0000:00:1f.2-ata-1"));
    assert!(!sda.by_udev && sda.address.is_none());
    assert!(sda.flaws.contains(&super::Flaw::NoAddress));
}

#[test]
fn a_machine_that_shows_nothing_is_an_empty_inventory_or_an_error() {
    let nothing = Recorded::new("x".to_owned(), Recording::default());
    let error = look(&nothing, Want::IDENTITY).unwrap_err();
    assert!(matches!(error, LookError::Io(IoError::Unrecorded { .. })), "{error}");
}

/// A pool made in a dock whose bridge showed sectors of 4096 bytes: its first label is at 8 MiB.
#[test]
fn a_member_made_with_sectors_of_another_size_is_nobodys_to_take() {
    let mut it = EVERY.clone();
    let seen_before = seen(&it, Want::ALL);
    let ends = |disk: &&Disk| disk.model.as_ref().is_some_and(|model| model.ends_with("DRIVE3"));
    let drive = seen_before.disks.iter().find(ends).unwrap();
    let (size, name) = (drive.size.0, drive.name.clone());
    let place = |sector: u64| {
        let sectors = size / sector;
        let length = sectors - 2 - 16_384 / sector - 16_384 - 2_048;
        let (at, length) = (2_048 * sector, (length - length % 2_048) * sector);
        let end = at + length - length % (256 << 10);
        [at, at + (256 << 10), end - (512 << 10), end - (256 << 10)]
    };
    let extents = it.blocks.get_mut(&drive.dev).unwrap();
    let mut moved = Vec::new();
    for (from, to) in place(512).into_iter().zip(place(4096)) {
        let own = |extent: &&mut crate::machine::extent::Extent| extent.at == from;
        for extent in extents.iter_mut().filter(own) {
            let mut there = extent.clone();
            (there.at, extent.data) = (to, BTreeMap::new());
            moved.push(there);
        }
    }
    assert!(moved.len() >= 4, "{}", moved.len());
    extents.extend(moved);
    // All else that is asked of a drive is zero.
    for sample in super::samples::samples(size) {
        let data = BTreeMap::new();
        let (at, len) = (sample.at, sample.len);
        extents.push(crate::machine::extent::Extent { at, len, short: None, refused: None, data });
    }
    let it = seen(&it, Want::ALL);
    let found = contents(&it, &name);
    let Owner::ForeignPool(pool) = &found.owner else { panic!("{:?}", found.owner) };
    assert_eq!((pool.name.as_deref(), pool.labels), (Some("p2"), 4));
    let words = "where partition 1 of a whole-disk member would lie with sectors of 4096 bytes";
    assert!(found.seen.iter().any(|line| line.contains(words)), "{:?}", found.seen);
}

#[test]
fn sectors_that_are_not_told_are_not_known_and_the_drive_is_refused() {
    let unknown = [None, Some(&b"\n"[..]), Some(b"0\n"), Some(b"what\n")];
    for content in unknown {
        let mut it = SEED.clone();
        let file = "/sys/block/sda/queue/logical_block_size";
        it.files.insert(file.into(), Answer::Given(content.map(Bytes::of)));
        let it = seen(&it, Want::ALL);
        let sda = serde_json::to_value(disk(&it, "sda")).unwrap();
        assert_eq!(sda["logical"], serde_json::Value::Null, "{content:?}");
        assert_eq!(sda["flaws"], serde_json::json!([{"flaw": "no-sectors"}]));
        let hw = crate::render::fixture::hw("hp-microserver-gen8");
        let notes = crate::check::machine::drives(&hw, true, &it.disks);
        let told = notes.iter().find(|note| serde_json::json!(note.rule) == "no-sectors").unwrap();
        assert_eq!(told.message, "bay 1 (sda) does not report its sector size");
        assert!(told.remedy.starts_with("it is refused for pools: plug it in again"));
    }
}

#[test]
fn a_partition_that_cannot_be_read_is_never_blank() {
    let mut it = SEED.clone();
    let dir: Utf8PathBuf = "/sys/block/sda".into();
    let Some(Answer::Given(Some(names))) = it.lists.get_mut(&dir) else { panic!() };
    names.push("sda1".to_owned());
    for file in ["partition", "start", "size"] {
        it.files.insert(dir.join("sda1").join(file), Answer::Given(None));
    }
    refused(&it, "cannot tell the size of sda1");
}
