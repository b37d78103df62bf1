//! The only place that spells arguments of zpool, zfs and their kin.
//!
//! Every name that gets here is a validated type or comes from ZFS itself, disks are `/dev/disk/by-id` links,
//! and nothing passes a shell.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use crate::machine::{
    BLOCKDEV, Cmd, DF, SGDISK, SMARTCTL, STAT, SYNC, SYSTEMCTL, UDEVADM, ZFS, ZGENHOSTID, ZPOOL,
};
use crate::profile::property::Setting;
use crate::smart::selftest::Kind;
use crate::step::shape::{Further, VdevArgs};
use crate::step::{Again, Import, Of};
use crate::units::Bytes;

/// `zpool create` labels and partitions disks one after the other, and udev has to follow.
const SLOW: Duration = Duration::from_mins(15);
/// Questions that a screen waits for.
const SOON: Duration = Duration::from_secs(5);
/// The type GUID of a partition that holds ZFS, in sgdisk's short form.
const ZFS_PARTITION: &str = "bf01";

/// Everything that `zpool create` is told.
#[derive(Clone, Debug)]
pub struct Create<'a> {
    /// Name.
    pub name: &'a str,
    /// `-o`.
    pub pool: Vec<Setting>,
    /// `-O`.
    pub root: Vec<Setting>,
    /// Data vdevs.
    pub data: Vec<VdevArgs>,
    /// Log vdevs.
    pub log: Vec<VdevArgs>,
    /// Cache devices.
    pub cache: Vec<Utf8PathBuf>,
    /// Spares.
    pub spares: Vec<Utf8PathBuf>,
}

impl Create<'_> {
    /// The command; `force` is `-f`.
    pub fn run(&self, force: bool) -> Cmd {
        self.command(force.then_some("-f"))
    }

    /// The same as a dry run, never with `-f`.
    pub fn rehearse(&self) -> Cmd {
        self.command(Some("-n"))
    }

    fn command(&self, flag: Option<&str>) -> Cmd {
        let mut args: Vec<String> = vec!["create".to_owned()];
        args.extend(flag.map(str::to_owned));
        for (option, settings) in [("-o", &self.pool), ("-O", &self.root)] {
            for setting in settings {
                args.push(option.to_owned());
                args.push(assignment(setting));
            }
        }
        args.push(self.name.to_owned());
        let mut vdevs = |class: Option<&str>, vdevs: &[VdevArgs]| {
            args.extend(class.filter(|_| !vdevs.is_empty()).map(str::to_owned));
            for vdev in vdevs {
                args.extend(vdev.kind.map(str::to_owned));
                args.extend(vdev.devices.iter().map(Utf8PathBuf::to_string));
            }
        };
        let plain = |devices: &[Utf8PathBuf]| {
            if devices.is_empty() {
                vec![]
            } else {
                vec![VdevArgs { kind: None, devices: devices.to_vec() }]
            }
        };
        vdevs(None, &self.data);
        vdevs(Some("log"), &self.log);
        vdevs(Some("cache"), &plain(&self.cache));
        vdevs(Some("spare"), &plain(&self.spares));
        Cmd::new(ZPOOL, args).within(SLOW)
    }
}

fn assignment(setting: &Setting) -> String {
    format!("{}={}", setting.name, setting.value)
}

/// `zpool replace` of a member, named by its GUID.
pub fn replace(pool: &str, member: u64, device: &Utf8Path) -> Cmd {
    Cmd::new(ZPOOL, ["replace", pool, &member.to_string(), device.as_str()]).within(SLOW)
}

/// `zpool attach`: to a raidz vdev by its name, to a mirror or a single disk by the GUID of a member of it.
pub fn attach(pool: &str, beside: &str, device: &Utf8Path) -> Cmd {
    Cmd::new(ZPOOL, ["attach", pool, beside, device.as_str()]).within(SLOW)
}

/// `zpool detach` of a mirror's member, named by its GUID.
pub fn detach(pool: &str, member: u64) -> Cmd {
    Cmd::new(ZPOOL, ["detach", pool, &member.to_string()]).within(SLOW)
}

/// `zpool remove` of a vdev or a device, named by its GUID.
pub fn remove(pool: &str, vdev: u64) -> Cmd {
    Cmd::new(ZPOOL, ["remove", pool, &vdev.to_string()]).within(SLOW)
}

/// `zpool online -e`: the member takes all of its drive. Named by its path, as for [`online`].
pub fn online_expand(pool: &str, path: &Utf8Path) -> Cmd {
    Cmd::new(ZPOOL, ["online", "-e", pool, path.as_str()]).within(SLOW)
}

/// What `zpool add` adds. A data vdev is of the pool's own shape: [`Further`] has no other maker.
#[derive(Clone, Copy, Debug)]
pub enum Added<'a> {
    /// Data.
    Data(&'a Further),
    /// A log: one drive, or a mirror of several.
    Log(&'a [Utf8PathBuf]),
    /// A mirror for metadata and small blocks.
    Special(&'a [Utf8PathBuf]),
    /// Caches, each by itself.
    Cache(&'a [Utf8PathBuf]),
    /// Spares, each by itself.
    Spare(&'a [Utf8PathBuf]),
}

/// Everything that `zpool add` is told. Never `-f`.
#[derive(Clone, Copy, Debug)]
pub struct Add<'a> {
    /// The pool.
    pub pool: &'a str,
    /// What.
    pub added: Added<'a>,
    /// The ashift of what is added, so that it is that of the pool; caches and spares have none.
    pub ashift: Option<u8>,
}

impl Add<'_> {
    /// The command; `mismatch` lets through drives of different sizes and another width, and nothing else.
    pub fn run(&self, mismatch: bool) -> Cmd {
        self.command(mismatch.then_some("--allow-replication-mismatch"))
    }

    /// The same as a dry run, which lets nothing through.
    pub fn rehearse(&self) -> Cmd {
        self.command(Some("-n"))
    }

    fn command(&self, flag: Option<&str>) -> Cmd {
        let mut args: Vec<String> = vec!["add".to_owned()];
        args.extend(flag.map(str::to_owned));
        if let Some(ashift) = self.ashift {
            args.extend(["-o".to_owned(), format!("ashift={ashift}")]);
        }
        args.push(self.pool.to_owned());
        let mut words = |words: &[&str], devices: &[Utf8PathBuf]| {
            args.extend(words.iter().map(|word| (*word).to_owned()));
            args.extend(devices.iter().map(Utf8PathBuf::to_string));
        };
        match self.added {
            Added::Data(further) => {
                for vdev in further.vdevs() {
                    words(vdev.kind.as_slice(), &vdev.devices);
                }
            }
            Added::Log(devices) if devices.len() > 1 => words(&["log", "mirror"], devices),
            Added::Log(devices) => words(&["log"], devices),
            Added::Special(devices) => words(&["special", "mirror"], devices),
            Added::Cache(devices) => words(&["cache"], devices),
            Added::Spare(devices) => words(&["spare"], devices),
        }
        Cmd::new(ZPOOL, args).within(SLOW)
    }
}

/// `zpool offline` of a member, named by its GUID.
pub fn offline(pool: &str, member: u64) -> Cmd {
    Cmd::new(ZPOOL, ["offline", pool, &member.to_string()]).within(SLOW)
}

/// `zpool online` of a member, named by its path: with autoexpand=on ZFS does not find it by its GUID (openzfs/zfs #8449).
pub fn online(pool: &str, path: &Utf8Path) -> Cmd {
    Cmd::new(ZPOOL, ["online", pool, path.as_str()]).within(SLOW)
}

/// The one failure after which a command that labels disks may be run again: udev was still reading the partitions.
pub fn udev_race() -> Again {
    Again {
        said: "one or more devices is currently unavailable".to_owned(),
        settle: settle(),
        times: 3,
    }
}

/// What `zpool online` says, with exit status 0, where ZFS could not open the drive yet: with autoexpand=on zpool has just had
/// the partition table read anew, and udev was still making the names of the partitions.
pub fn not_open_yet() -> Again {
    Again { said: "remains in faulted state".to_owned(), ..udev_race() }
}

/// `zpool set` or `zfs set`.
pub fn set(of: Of, object: &str, setting: &Setting) -> Cmd {
    let program = if of == Of::Zpool { ZPOOL } else { ZFS };
    Cmd::new(program, ["set".to_owned(), assignment(setting), object.to_owned()])
}

/// `zpool get` or `zfs get` of one value.
pub fn get(of: Of, object: &str, name: &str) -> Cmd {
    let program = if of == Of::Zpool { ZPOOL } else { ZFS };
    Cmd::new(program, ["get", "-H", "-p", "-o", "value", name, object])
}

/// `zfs create`.
pub fn create_dataset(name: &str, settings: &[Setting]) -> Cmd {
    let mut args = vec!["create".to_owned()];
    for setting in settings {
        args.extend(["-o".to_owned(), assignment(setting)]);
    }
    args.push(name.to_owned());
    Cmd::new(ZFS, args).within(Duration::from_mins(2))
}

/// What `zfs destroy` of a dataset and all below it would destroy; it does nothing.
pub fn would_destroy(name: &str) -> Cmd {
    Cmd::new(ZFS, ["destroy", "-n", "-v", "-p", "-r", name]).within(Duration::from_mins(2))
}

/// `zfs destroy` of a dataset, its snapshots and all below it; never what a clone elsewhere needs (`-R`), never with `-f`.
pub fn destroy(name: &str) -> Cmd {
    Cmd::new(ZFS, ["destroy", "-r", name]).within(SLOW)
}

/// Whether a dataset exists: `zfs list` of its name.
pub fn find_dataset(name: &str) -> Cmd {
    Cmd::new(ZFS, ["list", "-H", "-o", "name", name])
}

/// State of a pool.
pub fn health(pool: &str) -> Cmd {
    Cmd::new(ZPOOL, ["list", "-H", "-o", "name,health", pool])
}

/// zgenhostid(8).
pub fn hostid(value: &str) -> Cmd {
    Cmd::new(ZGENHOSTID, [value])
}

/// Has a file that another program wrote on the disk before the next step.
pub fn sync(path: &Utf8Path) -> Cmd {
    Cmd::new(SYNC, [path.as_str()])
}

/// Permission bits, in octal, and bytes of a file.
pub fn mode_and_size(path: &Utf8Path) -> Cmd {
    Cmd::new(STAT, ["--format=%a %s", "--", path.as_str()])
}

/// The number of the user whose a file is.
pub fn owner_of(path: &Utf8Path) -> Cmd {
    Cmd::new(STAT, ["--format=%u", "--", path.as_str()])
}

/// Whether the key where a dataset says it is opens it; it stays as it is.
pub fn try_key(dataset: &str) -> Cmd {
    Cmd::new(ZFS, ["load-key", "-n", dataset])
}

/// Loads the key of a dataset from where it says it is.
pub fn load_key(dataset: &str) -> Cmd {
    Cmd::new(ZFS, ["load-key", dataset])
}

/// Mounts a dataset.
pub fn mount(dataset: &str) -> Cmd {
    Cmd::new(ZFS, ["mount", dataset])
}

/// Shares a dataset as its properties say.
pub fn share(dataset: &str) -> Cmd {
    Cmd::new(ZFS, ["share", dataset])
}

/// Enables units.
pub fn enable(units: &[String]) -> Cmd {
    Cmd::new(SYSTEMCTL, std::iter::once("enable".to_owned()).chain(units.iter().cloned()))
}

/// What systemd has of units, in one call: a block of lines for each, in this order.
pub fn show_units(units: &[String]) -> Cmd {
    let properties =
        "--property=LoadState,UnitFileState,ActiveState,LastTriggerUSec,NextElapseUSecRealtime";
    let args = ["show", "--timestamp=unix", properties, "--"];
    let units = units.iter().cloned();
    Cmd::new(SYSTEMCTL, args.map(str::to_owned).into_iter().chain(units))
}

/// Disables a unit and stops it.
pub fn disable_now(unit: &str) -> Cmd {
    Cmd::new(SYSTEMCTL, ["disable", "--now", unit])
}

/// Starts a unit, anew where it runs: a timer takes what its files say.
pub fn restart(unit: &str) -> Cmd {
    Cmd::new(SYSTEMCTL, ["restart", unit])
}

/// Starts a unit and waits for nothing of it.
pub fn start(unit: &str) -> Cmd {
    Cmd::new(SYSTEMCTL, ["start", "--no-block", unit])
}

/// Has systemd read its files.
pub fn reload_units() -> Cmd {
    Cmd::new(SYSTEMCTL, ["daemon-reload"])
}

/// df(1): bytes used and free of the file system at `path`.
pub fn disk_free(path: &Utf8Path) -> Cmd {
    Cmd::new(DF, ["-B1", "--output=used,avail", path.as_str()]).within(SOON)
}

/// What a drive says of its self-tests; one that sleeps is let sleep.
pub fn test_account(dev: &Utf8Path) -> Cmd {
    let args = ["-n", "standby", "-j", "-i", "-A", "-c", "-l", "selftest", dev.as_str()];
    Cmd::new(SMARTCTL, args)
}

/// Has a drive test itself; one that fell asleep since is let sleep.
pub fn test_begin(dev: &Utf8Path, kind: Kind) -> Cmd {
    Cmd::new(SMARTCTL, ["-n", "standby", "-t", kind.word(), dev.as_str()])
}

/// Waits until udev has handled all that happened so far.
pub fn settle() -> Cmd {
    Cmd::new(UDEVADM, ["settle", "--timeout=60"]).within(Duration::from_secs(90))
}

/// The file from which OpenZFS imports pools at boot.
pub const CACHE: &str = "/etc/zfs/zpool.cache";

/// `zpool import` of one pool by its GUID; members are looked for where they are known to be. Nothing of it is mounted, now
/// or at the next boot, before its mountpoints were judged ([`crate::system::arrival`]).
pub fn import(import: &Import) -> Cmd {
    let mut args = vec!["import".to_owned()];
    args.extend(import.force.then(|| "-f".to_owned()));
    args.extend(import.without_log.then(|| "-m".to_owned()));
    args.extend(["-N", "-o", "cachefile=none"].map(str::to_owned));
    let all = [Utf8PathBuf::from("/dev/disk/by-id")];
    let places = if import.devices.is_empty() { &all[..] } else { &import.devices };
    for place in places {
        args.extend(["-d".to_owned(), place.to_string()]);
    }
    args.push(import.guid.clone());
    Cmd::new(ZPOOL, args).within(SLOW)
}

/// `zpool export`, never with `-f`: what is in use is not taken away from its users.
pub fn export(pool: &str) -> Cmd {
    Cmd::new(ZPOOL, ["export", pool]).within(SLOW)
}

/// GUID and state of a pool, if it is imported.
pub fn find_pool(pool: &str) -> Cmd {
    Cmd::new(ZPOOL, ["list", "-H", "-p", "-o", "guid,health", pool])
}

/// Makes the kernel forget the partitions of a disk whose table was erased.
pub fn reread(device: &Utf8Path) -> Cmd {
    Cmd::new(BLOCKDEV, ["--rereadpt", device.as_str()])
}

/// Cuts a free device in two: the first part of `first` bytes, the second the rest.
pub fn partition(device: &Utf8Path, first: u64) -> Vec<Cmd> {
    let kib = first.div_ceil(1024);
    let kind = |number: u8| format!("--typecode={number}:{ZFS_PARTITION}");
    let args = [
        "--clear".to_owned(),
        format!("--new=1:1M:+{kib}K"),
        kind(1),
        "--new=2:0:0".to_owned(),
        kind(2),
        device.to_string(),
    ];
    vec![Cmd::new(SGDISK, args).within(Duration::from_mins(2)), settle()]
}

/// Cuts one partition of `length` bytes, a multiple of 1 MiB, out of a free device: from its first MiB on, the rest
/// stays free. `sector` is its logical one; sgdisk counts the alignment in those.
pub fn first_partition(device: &Utf8Path, sector: u32, length: Bytes) -> Cmd {
    let alignment = Bytes::MIB.0 / u64::from(sector.max(512));
    let args = [
        "--clear".to_owned(),
        format!("--set-alignment={alignment}"),
        format!("--new=1:1M:+{}K", length.0 / 1024),
        format!("--typecode=1:{ZFS_PARTITION}"),
        device.to_string(),
    ];
    Cmd::new(SGDISK, args).within(Duration::from_mins(2))
}

/// The name of a partition of a device that is named by a link below `/dev/disk`.
pub fn part(device: &Utf8Path, number: u8) -> Utf8PathBuf {
    format!("{device}-part{number}").into()
}
