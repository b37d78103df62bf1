//! Rules over a box and a profile: what cannot work, what is at stake, and the way out of each.
//!
//! A rule is a row of [`Rule`]; what it found is a [`Note`] that points at a key of the profile, so that an
//! error is drawn with its line and caret. Rules here need no machine: `zbay check` runs them offline, and
//! every plan runs them again. What depends on the drives that are there is decided in `plan::pick`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, Faults};
use crate::finding::{self, Finding};
use crate::hw::{CanBoot, ControllerMode, Hw};
use crate::inventory::vacancy::is_usb;
use crate::names::{BayId, Wwn};
use crate::profile::{BootFrom, Layout, Profile, Uneven};
use crate::yaml::{MAX_FAULTS, Parsed};

/// How grave a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Advice,
    /// Something is at stake; goes on.
    Warning,
    /// Refused.
    Error,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// How grave.
    pub severity: Severity,
    /// Which rule.
    pub rule: Rule,
    /// The key of the profile that it is about: `pool.bays[0][1]`.
    pub at: String,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// The bay, where there is one.
    pub bay: Option<BayId>,
    /// The drive, where there is one.
    pub wwn: Option<Wwn>,
}

impl From<&Note> for Finding {
    fn from(note: &Note) -> Self {
        let severity = match note.severity {
            Severity::Advice => finding::Severity::Notice,
            Severity::Warning => finding::Severity::Warning,
            Severity::Error => finding::Severity::Refuses,
        };
        let (id, why) = note.rule.row();
        let subject = match &note.bay {
            _ if !note.at.is_empty() => note.at.clone(),
            Some(bay) => bay.spoken(),
            None => "server".to_owned(),
        };
        let found = Self::new(id, severity, &subject, note.message.clone());
        let found = found.meaning(why).remedy(&note.remedy);
        found.about(note.bay.as_ref(), note.wwn.as_ref())
    }
}

macro_rules! rules {
    ($($variant:ident = $id:literal: $why:literal),+ $(,)?) => {
        /// The rules. Their reasons stand in docs/rules.md, which is made from this table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Rule {
            $(#[doc = $why] #[serde(rename = $id)] $variant,)+
        }

        impl Rule {
            /// All of them: the rule, its name in JSON, its reason.
            pub const ALL: &'static [(Self, &'static str, &'static str)] =
                &[$((Self::$variant, $id, $why),)+];

            /// Its name in JSON and its reason.
            pub fn row(self) -> (&'static str, &'static str) {
                match self {
                    $(Self::$variant => ($id, $why),)+
                }
            }
        }
    };
}

rules! {
    BootCannot = "boot-cannot": "the server must be able to boot: in AHCI mode a Gen8 does not boot from the fifth port",
    BootVolume = "boot-volume": "in RAID mode some places boot only from a drive that is in a RAID volume of the firmware",
    BootUnknown = "boot-unknown": "nothing is known about this boot device on this server",
    BootBayInPool = "boot-bay-in-pool": "a drive that the system boots from cannot be a member of the pool",
    ModeWarning = "mode-warning": "some controller modes endanger drives or lose features",
    ModeUnknown = "mode-unknown": "the server has no such controller mode",
    NoSuchBay = "no-such-bay": "a pool can only be built from bays that the server has",
    BayTwice = "bay-twice": "a drive can have only one role",
    PlaceNotForPool = "place-not-for-pool": "a pool's data does not belong on USB sticks, cards or virtual media",
    TooFew = "too-few": "a vdev with fewer drives than its layout needs has no advantage over a simpler layout",
    Uneven = "uneven": "vdevs of different widths in one pool fill up and fail differently",
    NoRedundancy = "no-redundancy": "without redundancy, any drive failure loses the whole pool",
    Wide = "wide": "with many drives on single parity, a second failure during a resilver is likely",
    AuxMirror = "aux-mirror": "a mirror needs two devices",
    CacheMirror = "cache-mirror": "a cache needs no redundancy: what it holds is in the pool too",
    SharedSize = "shared-size": "a device shared by log and cache is split in two: the log's part needs a size",
    NotEmpty = "impossible": "a list that must not be empty is empty",
    BetterLayout = "better-layout": "the same drives may hold more in another layout with the same redundancy: every drive of a RAIDZ vdev counts as its smallest",
    LittleSlack = "little-slack": "a new drive must hold every whole metaslab of its vdev: with less than 1 GiB to spare, another manufacturer's may be too small",
    ReserveSize = "reserve-size": "a reserve allows for a slightly smaller drive: manufacturers differ by a few MiB, so 2GiB is plenty",
    KeyOnRoot = "key-on-root": "without its key, nothing can be read from a pool with an encrypted root, not even zbay's own files: encrypt datasets one by one",
    TwoKeys = "two-keys": "a dataset has one key: a key file unlocks it automatically at boot, a passphrase has to be typed",
    KeyTwice = "key-twice": "a key file shared by two datasets unlocks both for anyone who has it",
    KeyInPool = "key-in-pool": "at boot, keys are loaded before anything in the pool is mounted",
    MountCovers = "mount-covers": "mounting over files hides them, and mounting over a system directory breaks the system",
    KeyOpen = "key-open": "anyone who can read a key can unlock the data, and anyone who can write it can lock its owner out",
    SecretInClear = "secret-in-clear": "anyone on the network path can read plain http, including a secret in the address",
    NoAes = "no-aes": "without the processor's AES instructions, encrypted data is read and written many times slower",
    ParentMount = "mountpoint-twice": "two datasets cannot share a mountpoint",
    WwnPlaceholder = "wwn-placeholder": "a world wide name shared by many drives does not identify any of them",
    WwnTwice = "wwn-twice": "two drives with the same world wide name cannot be told apart by it",
    OneDrive = "one-drive": "two disks that are one drive (two paths, two namespaces, two logical units) fail together",
    SerialTwice = "serial-twice": "two drives with the same model and serial cannot be told apart by their labels",
    NoAddress = "no-address": "a pool must find its drives again after a reboot, whatever letters they get",
    BayAssumed = "bay-assumed": "where it is not confirmed which port is which bay, go by the serial on the label",
    BoxUnknown = "box-unknown": "without a hardware description, ports cannot be matched to bays",
    DriveHealthUnknown = "drive-health-unknown": "a drive that reports nothing about its health may be about to fail: no news is not good news",
    DriveZoned = "drive-zoned": "a zoned drive accepts only sequential writes, but ZFS writes its labels in place",
    NoCapacity = "no-capacity": "a drive that reports no capacity cannot hold anything: often it is from a storage array, with 520-byte sectors",
    NoSectors = "no-sectors": "without a drive's sector size, it is unknown how ZFS would use it and where labels of an older pool are",
    DriveMarginal = "drive-marginal": "a usage attribute at its threshold shows wear that the drive's own verdict ignores",
    DriveSpare = "drive-spare": "flash without spare blocks goes read-only when the next block wears out",
    DriveFailing = "drive-failing": "a drive's own verdict comes late: one that reports failure soon fails",
    DrivePrefail = "drive-prefail": "manufacturers set the thresholds of attributes that predict failure",
    DrivePending = "drive-pending": "an unreadable sector is lost data unless redundancy covers it",
    DriveTestFailed = "drive-test-failed": "a long self-test reads every sector: a failed one has found unreadable sectors",
    DriveReallocated = "drive-reallocated": "drives that start to reallocate sectors fail more often in the months after",
    DriveUncorrectable = "drive-uncorrectable": "errors that the drive could not correct were data, or a warning",
    DriveCable = "drive-cable": "link errors cost speed and can end with ZFS dropping the drive",
    DriveHot = "drive-hot": "heat ages drives, and all drives in a server at once",
    DriveOld = "drive-old": "after five years failures rise, and drives bought together reach that age together",
    DriveNew = "drive-new": "drives fail early too: a long self-test finds shipping damage",
    DriveWorn = "drive-worn": "flash wears out, and mirrored SSDs wear at the same rate",
    DriveParked = "drive-parked": "heads are rated for a number of parkings that aggressive power management can use up in a year",
    DriveRecovery = "drive-recovery": "a drive that retries a bad sector for minutes is dropped; one that gives up quickly is covered by redundancy",
    DriveLink = "drive-link": "a link that runs slower than it could often has a bad contact",
    DriveSectors = "drive-sectors": "a drive whose sectors are larger than the vdev's smallest write has to read before it writes",
    DriveShingled = "drive-shingled": "shingled (SMR) drives take days to resilver, and may be dropped in the process",
    SameBatch = "same-batch": "drives from one batch share their faults and their age",
    BootReadonly = "boot-readonly": "a boot device that has gone read-only saves nothing, and is often worn out",
    BootFull = "boot-full": "a full root file system stops logs and updates",
    BaysElsewhere = "bays-elsewhere": "a bay with no drive at its port may not be empty if there are drives at ports that no description names",
    SamePort = "same-port": "a profile goes by ports, so drives that share a port cannot be told apart",
    Volumes = "volumes": "a RAID controller's volume or a hypervisor's disk is not a drive: redundancy across several may rest on one",
    NoIdentity = "no-identity": "a disk without serial and wwn is known only by its slot, so another disk there passes for it",
    BootElsewhere = "boot-elsewhere": "a system that its firmware cannot boot depends on a boot loader somewhere else",
    OneBridge = "one-bridge": "drives behind one bridge fail with it, its cable and its power, whatever the layout",
    OtherName = "other-name": "a hostid shared by several boards does not say who owns a pool, and two hosts that write to one pool destroy it",
    PoolState = "pool-state": "a pool that is not ONLINE has lost a drive, data, or its redundancy",
}

struct Found(Vec<Note>);

impl Found {
    fn add(&mut self, severity: Severity, rule: Rule, at: &str, message: String, remedy: &str) {
        self.0.push(Note {
            severity,
            rule,
            at: at.to_owned(),
            message,
            remedy: remedy.to_owned(),
            bay: None,
            wwn: None,
        });
    }

    fn error(&mut self, rule: Rule, at: &str, message: String, remedy: &str) {
        self.add(Severity::Error, rule, at, message, remedy);
    }

    /// The last one is about this bay.
    fn about(&mut self, bay: &BayId) {
        if let Some(last) = self.0.last_mut() {
            last.bay = Some(bay.clone());
        }
    }

    fn warning(&mut self, rule: Rule, at: &str, message: String, remedy: &str) {
        self.add(Severity::Warning, rule, at, message, remedy);
    }
}

/// Everything that the rules find, errors first.
pub fn check(hw: &Hw, profile: &Profile) -> Vec<Note> {
    let mut found = Found(Vec::new());
    boot(hw, profile, &mut found);
    mode(hw, profile, &mut found);
    // A mode that moves the ports leaves no bay that could be named.
    let hw = &hw.clone().in_mode(Some(profile.controller));
    bays(hw, profile, &mut found);
    one_drive(hw, profile, &mut found);
    shape(profile, &mut found);
    aux(profile, &mut found);
    reserve::reserve(profile, &mut found);
    mounts(profile, &mut found);
    keys::keys(profile, &mut found);
    let url = profile.notify.url.as_ref();
    found.0.extend(url.and_then(|url| address::in_clear("notify.url", url)));
    found.0.sort_by_key(|note| std::cmp::Reverse(note.severity));
    found.0
}

/// The errors among `notes`, drawn into the profile; `None` where there is none.
pub fn refusal(profile: &Parsed<Profile>, notes: &[Note]) -> Option<Faults> {
    let errors = notes.iter().filter(|note| note.severity == Severity::Error);
    let mut spans: Vec<(usize, &Note)> =
        errors.map(|note| (profile.span(&note.at).start, note)).collect();
    spans.sort_by_key(|(start, _)| *start);
    let faults: Vec<Fault> = spans
        .into_iter()
        .take(MAX_FAULTS)
        .map(|(_, note)| note)
        .map(|note| Fault::new(profile.span(&note.at), &note.message).help(&note.remedy))
        .collect();
    (!faults.is_empty()).then(|| profile.refuse(faults))
}

fn boot(hw: &Hw, profile: &Profile, found: &mut Found) {
    let BootFrom::From(from) = &profile.boot else { return };
    let mode = profile.controller;
    if !hw.knows(from) && !hw.is_generic() {
        let places: Vec<&str> = hw.places.iter().map(|place| place.place.as_str()).collect();
        let remedy = format!("write one of {}, bay-1 or any", places.join(", "));
        let message = format!("{} has no boot device `{from}`", hw.title);
        found.error(Rule::BootUnknown, "boot", message, &remedy);
        return;
    }
    match hw.can_boot(from, mode) {
        Some((CanBoot::No, _)) => {
            let message = format!("{} cannot boot from {} in {mode} mode", hw.title, from.spoken());
            let remedy = ways_to_boot(hw, from, mode);
            found.error(Rule::BootCannot, "boot", message, &remedy);
        }
        Some((CanBoot::Volume, row)) => {
            let message =
                format!("in {mode} mode {} boots only a drive in a RAID volume", from.spoken());
            let note = row.note.as_deref().unwrap_or("put the boot drive alone in a RAID 0 volume");
            found.warning(Rule::BootVolume, "boot", message, note);
        }
        Some((CanBoot::Yes, _)) | None => {}
    }
    let used = profile.pool.bays.all().chain(&profile.pool.spares).chain(aux_bays(profile));
    if used.into_iter().any(|bay| bay == from) {
        let message = format!("{} is both the boot device and a pool device", from.spoken());
        let at = if profile.pool.bays.all().any(|bay| bay == from) { "pool.bays" } else { "boot" };
        let remedy = "boot from USB or microSD, or leave this bay out of the pool";
        found.error(Rule::BootBayInPool, at, message, remedy);
    }
}

/// The other places that boot in this mode, and the modes in which this place boots.
fn ways_to_boot(hw: &Hw, from: &BayId, mode: ControllerMode) -> String {
    let can = |place: &BayId, mode| matches!(hw.can_boot(place, mode), Some((CanBoot::Yes, _)));
    let mut ways: Vec<String> = hw
        .places
        .iter()
        .filter(|place| can(&place.place, mode))
        .map(|place| format!("`boot: {}`", place.place))
        .collect();
    for other in [ControllerMode::Raid, ControllerMode::Hba, ControllerMode::Ahci] {
        let how = match hw.can_boot(from, other) {
            _ if other == mode => continue,
            Some((CanBoot::Volume, _)) => " (the boot drive in a RAID volume)",
            Some((CanBoot::Yes, _)) if other == ControllerMode::Hba => {
                " (the bays' cable at an HBA in the slot)"
            }
            Some((CanBoot::Yes, _)) => "",
            Some((CanBoot::No, _)) | None => continue,
        };
        let word = other.to_string().to_lowercase();
        ways.push(format!("`controller: {word}`{how}"));
    }
    format!(
        "use {}; the system may be on {} if a boot loader on one of those starts it: then name the boot loader's device",
        ways.join(", or "),
        from.spoken()
    )
}

fn mode(hw: &Hw, profile: &Profile, found: &mut Found) {
    let mode = profile.controller;
    if hw.controller.is_none() {
        if mode != ControllerMode::Ahci {
            let message = format!("nothing is known about the controller modes of {}", hw.title);
            found.warning(
                Rule::ModeUnknown,
                "controller",
                message,
                "leave out `controller`, or describe them in /etc/zbay/hw",
            );
        }
        return;
    }
    match hw.mode_of(mode) {
        None => {
            let message = format!("{} has no {mode} mode", hw.title);
            if hw.has_mode(mode) {
                return;
            }
            found.error(Rule::ModeUnknown, "controller", message, "write `controller: ahci`");
        }
        Some(described) => {
            if let Some(warning) = &described.warning {
                let remedy = match mode {
                    ControllerMode::Ahci => "",
                    _ => "`controller: ahci` with `boot: usb` avoids the question",
                };
                found.warning(Rule::ModeWarning, "controller", warning.clone(), remedy);
            }
        }
    }
}

fn aux_bays(profile: &Profile) -> impl Iterator<Item = &BayId> {
    let log = profile.pool.log.iter().flat_map(|aux| &aux.bays);
    log.chain(profile.pool.cache.iter().flat_map(|aux| &aux.bays))
}

/// Every bay with the key that names it.
fn named(profile: &Profile) -> Vec<(String, &BayId)> {
    let pool = &profile.pool;
    let single = pool.bays.0.len() == 1;
    let mut all = Vec::new();
    for (group, bays) in pool.bays.0.iter().enumerate() {
        for (index, bay) in bays.iter().enumerate() {
            let at = if single {
                format!("pool.bays[{index}]")
            } else {
                format!("pool.bays[{group}][{index}]")
            };
            all.push((at, bay));
        }
    }
    let lists = [("pool.log.bays", &pool.log), ("pool.cache.bays", &pool.cache)];
    for (key, aux) in lists {
        let bays = aux.iter().flat_map(|aux| &aux.bays).enumerate();
        all.extend(bays.map(|(index, bay)| (format!("{key}[{index}]"), bay)));
    }
    let spares = pool.spares.iter().enumerate();
    all.extend(spares.map(|(index, bay)| (format!("pool.spares[{index}]"), bay)));
    all
}

fn bays(hw: &Hw, profile: &Profile, found: &mut Found) {
    let mut seen: BTreeMap<&BayId, String> = BTreeMap::new();
    for (at, bay) in named(profile) {
        if !hw.knows(bay) {
            let mut remedy = format!("this server has {}", hw.seats());
            if bay.is_port() && !hw.is_generic() {
                remedy.push_str(
                    "; a drive at another port needs a bay, or a place with `pool: true`, in a description in /etc/zbay/hw (`zbay help hw`)",
                );
            }
            found.error(
                Rule::NoSuchBay,
                &at,
                format!("{} has no {}", hw.title, bay.spoken()),
                &remedy,
            );
            found.about(bay);
            continue;
        }
        let other = hw.seat(bay.as_str()).filter(|seat| hw.is_generic() && seat.bay != *bay);
        if let Some(seat) = other {
            let kind = if is_usb(bay.as_str()) { "USB".to_owned() } else { seat.bay.to_string() };
            let message =
                format!("{} is a {kind} port that no description names as a bay", bay.spoken());
            let remedy = "zbay uses such drives only if a description names their ports as bays: put one into /etc/zbay/hw (`zbay help hw`)";
            found.error(Rule::PlaceNotForPool, &at, message, remedy);
            found.about(bay);
            continue;
        }
        let place = hw.places.iter().find(|place| place.place == *bay);
        if let Some(place) = place.filter(|place| !place.pool) {
            let message = format!("the {} cannot hold a drive of the pool", place.title);
            found.error(Rule::PlaceNotForPool, &at, message, &format!("use {}", hw.seats()));
        }
        if let Some(first) = seen.get(bay) {
            let shared = first.starts_with("pool.log") && at.starts_with("pool.cache");
            let data = first.starts_with("pool.bays") && !at.starts_with("pool.bays");
            if data {
                let message = format!("{} is already used for the pool's data", bay.spoken());
                let remedy = "give the log, cache or spare a device of its own";
                found.error(Rule::BayTwice, &at, message, remedy);
            } else if !shared {
                let message = format!("{} is named twice", bay.spoken());
                found.error(Rule::BayTwice, &at, message, "name each bay once");
            }
        } else {
            seen.insert(bay, at);
        }
    }
}

/// What is one drive by the names of its ports: a SAS target with several units, an NVMe controller with several namespaces.
fn drive_of(port: &str) -> Option<&str> {
    let (drive, number) = match port.rsplit_once("-lun-") {
        Some(parts) if port.contains("-sas-") => parts,
        Some(_) => return None,
        None => port.rsplit_once("-nvme-")?,
    };
    number.bytes().all(|byte| byte.is_ascii_digit()).then_some(drive)
}

/// Two units or namespaces of one drive in a vdev.
fn one_drive(hw: &Hw, profile: &Profile, found: &mut Found) {
    let pool = &profile.pool;
    if pool.layout == Layout::Stripe {
        return;
    }
    let log = pool.log.iter().filter(|log| log.mirror);
    let log = log.map(|log| ("pool.log.bays".to_owned(), &log.bays));
    let single = pool.bays.0.len() == 1;
    let data = pool.bays.0.iter().enumerate().map(|(index, bays)| {
        let at = if single { "pool.bays".to_owned() } else { format!("pool.bays[{index}]") };
        (at, bays)
    });
    for (at, bays) in data.chain(log) {
        let mut seen: BTreeMap<String, (&BayId, String)> = BTreeMap::new();
        for (index, bay) in bays.iter().enumerate() {
            let Some(port) = hw.port(bay) else { continue };
            let Some(drive) = drive_of(&port) else { continue };
            match seen.get(drive) {
                Some((other, at_port)) if *at_port != port => {
                    let message =
                        format!("{} and {} are parts of one drive", other.spoken(), bay.spoken());
                    let remedy = "a vdev may hold only one part of a drive: otherwise its redundancy is lost with that drive";
                    found.error(Rule::OneDrive, &format!("{at}[{index}]"), message, remedy);
                }
                Some(_) => {}
                None => {
                    seen.insert(drive.to_owned(), (bay, port.clone()));
                }
            }
        }
    }
}

fn shape(profile: &Profile, found: &mut Found) {
    let pool = &profile.pool;
    let layout = pool.layout;
    let groups = &pool.bays.0;
    for (index, bays) in groups.iter().enumerate() {
        let at =
            if groups.len() == 1 { "pool.bays".to_owned() } else { format!("pool.bays[{index}]") };
        let count = bays.len();
        if count < layout.fewest() {
            let message = format!(
                "a {layout} of {count} makes no sense: it needs {} drives",
                layout.fewest()
            );
            found.error(Rule::TooFew, &at, message, better(layout, count));
        }
        if layout == Layout::Raidz && count > 8 || layout == Layout::Raidz2 && count > 20 {
            let message = format!("{count} drives in one {layout} vdev");
            found.warning(Rule::Wide, &at, message, "use one more parity drive, or two vdevs");
        }
    }
    if groups.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
        let widths: Vec<String> = groups.iter().map(|bays| bays.len().to_string()).collect();
        let message = format!("the vdevs have {} drives", widths.join(" and "));
        if pool.uneven_vdevs == Uneven::Refuse {
            let remedy = "make them equal, or write `uneven_vdevs: accept` below `pool`";
            found.error(Rule::Uneven, "pool.bays", message, remedy);
        }
    }
    if layout == Layout::Stripe {
        let message = "this pool has no redundancy: any drive failure loses all data";
        found.warning(
            Rule::NoRedundancy,
            "pool.layout",
            message.to_owned(),
            "keep only data here that also exists elsewhere",
        );
    }
}

fn better(layout: Layout, count: usize) -> &'static str {
    match (layout, count) {
        (_, 0 | 1) => "add drives, or write `layout: stripe` for a pool without redundancy",
        (Layout::Raidz | Layout::Raidz2 | Layout::Raidz3, 2) => "write `layout: mirror`",
        (Layout::Raidz2 | Layout::Raidz3, 3) => "write `layout: raidz`, or `mirror` for two losses",
        (Layout::Raidz3, 4) => "write `layout: raidz2`",
        _ => "add drives",
    }
}

fn aux(profile: &Profile, found: &mut Found) {
    let pool = &profile.pool;
    if let Some(log) = &pool.log {
        if log.bays.is_empty() {
            found.error(
                Rule::NotEmpty,
                "pool.log.bays",
                "a log needs a device".into(),
                "name a bay",
            );
        }
        if log.mirror && log.bays.len() < 2 {
            let message = "a mirrored log needs two devices".to_owned();
            found.error(Rule::AuxMirror, "pool.log.mirror", message, "leave out `mirror`");
        }
    }
    let Some(cache) = &pool.cache else { return };
    if cache.bays.is_empty() {
        found.error(
            Rule::NotEmpty,
            "pool.cache.bays",
            "a cache needs a device".into(),
            "name a bay",
        );
    }
    if cache.mirror {
        let message = "a cache cannot be mirrored".to_owned();
        found.error(Rule::CacheMirror, "pool.cache.mirror", message, "leave out `mirror`");
    }
    if let Some(log) = &pool.log {
        let shared = log.bays.iter().any(|bay| cache.bays.contains(bay));
        if shared && log.size.is_none() {
            let message = "the log and the cache share a device, but the log has no size";
            found.error(
                Rule::SharedSize,
                "pool.log",
                message.to_owned(),
                "add `size: 8G` to the log",
            );
        }
    }
}

fn mounts(profile: &Profile, found: &mut Found) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let root = ("the pool".to_owned(), "pool.root.mountpoint".to_owned(), &profile.pool.root);
    let rest = profile
        .datasets
        .iter()
        .map(|(name, wish)| (name.to_string(), format!("datasets.{name}.mountpoint"), wish));
    for (name, at, wish) in std::iter::once(root).chain(rest) {
        let mount = wish.settings().into_iter().find(|setting| setting.name == "mountpoint");
        let Some(mount) = mount.map(|setting| setting.value).filter(|value| value.starts_with('/'))
        else {
            continue;
        };
        if let Some(other) = seen.get(&mount) {
            let message = format!("{mount} is already the mountpoint of {other}");
            found.error(Rule::ParentMount, &at, message, "mount it elsewhere");
        }
        seen.insert(mount, name);
    }
}

pub mod address;
pub mod health;
mod keys;
pub mod machine;
mod reserve;
pub mod seats;
#[cfg(test)]
mod tests;
