//! The seed article's box as values, for tests of screens.

use jiff::Timestamp;

use crate::hw::Hw;
use crate::hw::host::{Dmi, Host, Nic, PciDevice};
use crate::inventory::{
    Class, Contents, Dataset, Disk, Facet, Inventory, Leaf, LeafTold, Membership, Owner, Pool,
    Told, Transport, Unknown, Vdev,
};
use crate::machine::HostFacts;
use crate::shipped;
use crate::units::Bytes;
use crate::yaml::read;

pub fn hw(name: &str) -> Hw {
    let (_, text) = shipped::HW.iter().find(|(hw, _)| *hw == name).unwrap();
    read::<Hw>(name, text.as_bytes()).unwrap().value
}

#[allow(clippy::unnecessary_wraps)] // a facet is what a disk has
pub fn holds(owner: Owner) -> Facet<Contents> {
    Ok(Contents::bare(owner))
}

pub fn disk(name: &str, model: &str, serial: &str, size: u64, path: &str) -> Disk {
    let wwn: Option<crate::names::Wwn> = (!serial.is_empty())
        .then(|| format!("0x5000c500{:08x}", name.bytes().map(u32::from).sum::<u32>()))
        .map(|wwn| wwn.parse().unwrap());
    let link = wwn.as_ref().map(|wwn| format!("/dev/disk/by-id/wwn-{wwn}").into());
    Disk {
        name: name.into(),
        dev: format!("/dev/{name}").into(),
        model: (!model.is_empty()).then(|| model.into()),
        serial: serial.parse().ok(),
        address: link.clone(),
        links: link.into_iter().collect(),
        wwn_base: wwn.clone(),
        wwn,
        host: None,
        firmware: None,
        size: Bytes(size),
        logical: Some(512),
        physical: Some(4096),
        rotational: Some(true),
        zoned: None,
        transport: Transport::Sata,
        removable: false,
        link: path.contains("-ata-").then_some(3000),
        path: (!path.is_empty()).then(|| path.into()),
        flaws: Vec::new(),
        asleep: None,
        by_udev: true,
        contents: holds(Owner::Blank),
        smart: Err(Unknown::because("not asked for")),
        remembered: None,
        first_seen: None,
    }
}

pub fn disks() -> Vec<Disk> {
    let port = |port: u32| format!("pci-0000:00:1f.2-ata-{port}");
    let tb2 = 2_000_398_934_016;
    let usb = "pci-0000:00:1d.0-usb-0:1.5:1.0-scsi-0:0:0:0";
    let mut disks = vec![
        disk("sda", "SAMSUNG HD103UJ", "S13PJ0EXAMPLE", 1_000_204_886_016, &port(1)),
        disk("sdb", "ST2000DM001-1CH164", "Z1E0EXA1", tb2, &port(2)),
        disk("sdc", "ST2000DM001-1ER164", "Z4Z0EXA2", tb2, &port(3)),
        disk("sdd", "SAMSUNG HM250HI", "S20TEXAMPLE", 250_059_350_016, usb),
        disk("sde", "ST2000DM001-1ER164", "Z4Z0EXA3", tb2, &port(4)),
    ];
    disks[3].transport = Transport::Usb;
    disks[3].contents = holds(Owner::Held { by: vec!["mounted at /".into()], boot: true });
    disks
}

/// The same box with these disks.
pub fn holding(disks: Vec<Disk>) -> Inventory {
    Inventory { disks, ..inventory() }
}

pub fn inventory() -> Inventory {
    Inventory {
        taken: Timestamp::UNIX_EPOCH,
        host: Host {
            dmi: Dmi {
                sys_vendor: Some("HP".into()),
                product_name: Some("ProLiant MicroServer Gen8".into()),
                product_serial: Some("CZ00000001".into()),
                bios_version: Some("J06".into()),
                bios_date: Some("04/04/2019".into()),
                ..Dmi::default()
            },
            facts: Some(HostFacts {
                memory: 10_414_182_400,
                cpus: 2,
                cpu: "Intel(R) Celeron(R) CPU G1610T @ 2.30GHz".into(),
                kernel: "6.12.0".into(),
                os: "Debian GNU/Linux 13".into(),
                hostname: "nas".into(),
            }),
            ecc: Some(true),
            ecc_board: Some(true),
            nics: vec![Nic {
                name: "eno1".into(),
                mac: "00:00:5e:00:53:01".into(),
                speed: Some(1000),
                state: "up".into(),
            }],
            controllers: vec![PciDevice {
                address: "0000:00:1f.2".into(),
                id: "8086:1c02".into(),
                class: "0106".into(),
                driver: Some("ahci".into()),
            }],
            hostid: None,
            zfs: Some("2.3.9-1".into()),
            boot_disk: Some("sdd".into()),
        },
        disks: disks(),
        blind: None,
        pools: Ok(Vec::new()),
        importable: Ok(Vec::new()),
    }
}

/// The same box with the article's pool; bay 3's drive is gone.
pub fn with_pool() -> Inventory {
    let mut inventory = inventory();
    let leaf = |disk: &Disk| Leaf {
        path: disk.address.clone(),
        guid: u64::MAX,
        state: "ONLINE".into(),
        phys_path: disk.path.clone(),
        devid: Some(format!(
            "ata-{}_{}-part1",
            disk.model.as_ref().unwrap().replace(' ', "_"),
            disk.serial.as_ref().unwrap()
        )),
        errors: [0, 0, 0],
        partition: None,
        disk: Some(disk.name.clone()),
        told: LeafTold::default(),
    };
    let mut leaves: Vec<Leaf> = [0, 1, 2, 4].map(|at| leaf(&inventory.disks[at])).into();
    leaves[2].state = "UNAVAIL".into();
    leaves[2].disk = None;
    leaves[1].errors = [0, 0, 3];
    inventory.disks.remove(2);
    for disk in inventory.disks.iter_mut().filter(|disk| disk.transport == Transport::Sata) {
        let (pool, vdev) = ("testpool".into(), "raidz1-0".into());
        disk.contents = holds(Owner::Member(Membership { pool, guid: u64::MAX, vdev }));
    }
    inventory.pools = Ok(vec![Pool {
        name: "testpool".into(),
        guid: u64::MAX,
        state: "DEGRADED".into(),
        status: Some("One or more devices could not be opened.".into()),
        busy: None,
        errors: 0,
        size: Bytes(3_985_729_650_688),
        allocated: Bytes(1_048_576),
        vdevs: vec![Vdev {
            name: "raidz1-0".into(),
            guid: 7,
            kind: "raidz1".into(),
            class: Class::Normal,
            state: "DEGRADED".into(),
            ashift: Some(12),
            width: 4,
            size: None,
            deflated: None,
            allocated: None,
            leaves,
        }],
        properties: Vec::new(),
        datasets: vec![Dataset {
            name: "testpool".into(),
            kind: "filesystem".into(),
            properties: Vec::new(),
            used: Bytes(466_496),
            available: Bytes(2_805_775_000_000),
        }],
        told: Told::default(),
    }]);
    inventory
}

/// As an ordinary user sees it: nothing could be opened, no pool asked for.
pub fn unprivileged() -> Inventory {
    let mut inventory = inventory();
    for disk in &mut inventory.disks {
        disk.contents = Err(Unknown::because("permission denied, run as root"));
    }
    inventory.pools = Err(Unknown::because("permission denied, run as root"));
    inventory.importable = inventory.pools.clone().map(|_| Vec::new());
    inventory
}
