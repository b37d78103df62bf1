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
    BootCannot = "boot-cannot": "a box must be able to start: in AHCI mode a Gen8 does not boot the fifth port",
    BootVolume = "boot-volume": "in RAID mode some places boot only from a drive that is in a volume of the RAID firmware",
    BootUnknown = "boot-unknown": "nothing is known of this boot device on this box",
    BootBayInPool = "boot-bay-in-pool": "a drive that the system boots from cannot be a member of the pool",
    ModeWarning = "mode-warning": "some controller modes put drives at stake or lose functions",
    ModeUnknown = "mode-unknown": "the box has no such controller mode",
    NoSuchBay = "no-such-bay": "a pool can only be built from bays that the box has",
    BayTwice = "bay-twice": "a drive can have one role only",
    PlaceNotForPool = "place-not-for-pool": "sticks, cards and virtual media are no place for a pool's data",
    TooFew = "too-few": "a vdev with fewer drives than its layout needs gives nothing that another layout would not give better",
    Uneven = "uneven": "vdevs of different width in one pool fill and fail differently",
    NoRedundancy = "no-redundancy": "without redundancy any drive that fails takes the whole pool with it",
    Wide = "wide": "many drives under single parity make a second failure during a resilver likely",
    AuxMirror = "aux-mirror": "a mirror needs two devices",
    CacheMirror = "cache-mirror": "a cache needs no redundancy: what it holds is in the pool too",
    SharedSize = "shared-size": "a device that the log and the cache share is cut in two: the log's part needs a size",
    NotEmpty = "impossible": "a list that must name something is empty",
    BetterLayout = "better-layout": "the same drives may give more in another layout that survives no less: every drive of a RAIDZ vdev counts as its smallest",
    LittleSlack = "little-slack": "a new drive must hold every whole metaslab of its vdev: with less than 1 GiB to spare, another maker's may be too small",
    ReserveSize = "reserve-size": "a reserve is for a drive that is a little smaller: makers differ by some MiB, 2GiB is ample",
    KeyOnRoot = "key-on-root": "a pool whose root is encrypted gives nothing without the key, not even what zbay keeps in it: datasets are encrypted one by one",
    TwoKeys = "two-keys": "a dataset has one key: a file opens it at boot by itself, a passphrase has to be typed",
    KeyTwice = "key-twice": "a key file that is made for two datasets opens both for whoever has it",
    KeyInPool = "key-in-pool": "keys are loaded at boot before anything of the pool is mounted",
    MountCovers = "mount-covers": "what is mounted over files hides them, and what is mounted over a directory of the system stops it",
    KeyOpen = "key-open": "whoever may read a key opens what it is for, and whoever may write it locks its owner out",
    SecretInClear = "secret-in-clear": "plain http is read by whoever is on the way, and so is the secret in an address",
    NoAes = "no-aes": "without the processor's AES instructions encrypted data is read and written many times slower",
    ParentMount = "mountpoint-twice": "two datasets cannot be mounted at the same place",
    WwnPlaceholder = "wwn-placeholder": "a world wide name that many drives share does not tell one from the other",
    WwnTwice = "wwn-twice": "two drives with one world wide name cannot be told apart by it",
    OneDrive = "one-drive": "two disks that are one drive (two paths, two namespaces, two logical units) fail together",
    SerialTwice = "serial-twice": "two drives with one model and serial cannot be told apart by their labels",
    NoAddress = "no-address": "a pool must find its drives again after a reboot, whatever letters they get",
    BayAssumed = "bay-assumed": "where nobody has proved which port is which bay, the serial on the label decides",
    BoxUnknown = "box-unknown": "without a description of the box, ports cannot be told as bays",
    DriveHealthUnknown = "drive-health-unknown": "a drive that says nothing of its health may be about to fail: no word is no good word",
    DriveZoned = "drive-zoned": "a zoned drive takes only sequential writes, and ZFS writes its labels in place",
    NoCapacity = "no-capacity": "a drive without a capacity can hold nothing: often one of a storage array, with sectors of 520 bytes",
    NoSectors = "no-sectors": "without the size of its sectors nobody can say what ZFS would make of a drive, nor where labels of an older pool lie",
    DriveMarginal = "drive-marginal": "an attribute of age or use at its threshold tells of wear that the drive's verdict leaves out",
    DriveSpare = "drive-spare": "flash without spare blocks goes read-only at the next that wears out",
    DriveFailing = "drive-failing": "a drive's own verdict comes late: one that says it is failing soon does",
    DrivePrefail = "drive-prefail": "makers set the thresholds of attributes that foretell failure",
    DrivePending = "drive-pending": "a sector that cannot be read is lost wherever redundancy is",
    DriveTestFailed = "drive-test-failed": "a self-test reads every sector: one that fails has found some that cannot be read",
    DriveReallocated = "drive-reallocated": "drives whose sectors begin to be replaced fail more often in the months after",
    DriveUncorrectable = "drive-uncorrectable": "errors that the drive could not correct were somebody's data, or a warning",
    DriveCable = "drive-cable": "errors on the cable cost speed and, in the end, the drive its place in the pool",
    DriveHot = "drive-hot": "heat ages drives, all of a box at once",
    DriveOld = "drive-old": "after five years failures rise, and drives bought together reach that age together",
    DriveNew = "drive-new": "drives fail early too: a long self-test finds what the transport did",
    DriveWorn = "drive-worn": "flash wears out, and mirrored SSDs wear alike",
    DriveParked = "drive-parked": "heads are made for a number of parkings that eager power management uses up in a year",
    DriveRecovery = "drive-recovery": "a drive that tries for minutes to read a sector is dropped, where one that gives up is helped by redundancy",
    DriveLink = "drive-link": "a link that runs slower than it could has a bad contact",
    DriveSectors = "drive-sectors": "a drive whose sectors are larger than the vdev's pieces reads before it writes",
    DriveShingled = "drive-shingled": "shingled drives take days to resilver, and may be dropped in the course of it",
    SameBatch = "same-batch": "drives of one batch share their faults and their age",
    BootReadonly = "boot-readonly": "a boot device that went read-only keeps nothing, and is often worn out",
    BootFull = "boot-full": "a root file system that is full keeps no journal and takes no update",
    BaysElsewhere = "bays-elsewhere": "a bay without a drive at its port is not empty where drives sit at ports that nobody described",
    SamePort = "same-port": "a profile names ports, and drives that share one cannot be told apart by it",
    Volumes = "volumes": "a volume of a RAID controller or a disk of a hypervisor is no drive: redundancy over several may stand on one",
    NoIdentity = "no-identity": "a disk without serial and wwn is known by its slot alone, and another disk there passes for it",
    BootElsewhere = "boot-elsewhere": "a system that its firmware cannot start depends on a boot loader somewhere else",
    OneBridge = "one-bridge": "drives behind one bridge go together with it, its cable and its power, whatever the layout",
    OtherName = "other-name": "a hostid that boards share does not tell whose a pool is, and two hosts that have it at once destroy it",
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
        let message = format!("{} has no place `{from}` to boot from", hw.title);
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
        let message = format!("{} is the boot device and a pool device at once", from.spoken());
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
        "use {}; the system may be on {} where a boot loader on one of those places starts it: name the boot loader's place",
        ways.join(", or "),
        from.spoken()
    )
}

fn mode(hw: &Hw, profile: &Profile, found: &mut Found) {
    let mode = profile.controller;
    if hw.controller.is_none() {
        if mode != ControllerMode::Ahci {
            let message = format!("nothing is known of the controller's modes of {}", hw.title);
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
                    _ => "`controller: ahci` with `boot: usb` has no such question",
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
            let mut remedy = format!("the box has {}", hw.seats());
            if bay.is_port() && !hw.is_generic() {
                remedy.push_str(
                    "; a drive at another port needs a place with `pool: true`, or a bay, in a description in /etc/zbay/hw \
                     (`zbay help hw`)",
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
                format!("{} is a {kind} port, and no description names it as a bay", bay.spoken());
            let remedy = "zbay takes such drives only where a description names their ports as bays: put one into /etc/zbay/hw \
                          (`zbay help hw`)";
            found.error(Rule::PlaceNotForPool, &at, message, remedy);
            found.about(bay);
            continue;
        }
        let place = hw.places.iter().find(|place| place.place == *bay);
        if let Some(place) = place.filter(|place| !place.pool) {
            let message = format!("the {} is no place for a pool's drive", place.title);
            found.error(Rule::PlaceNotForPool, &at, message, &format!("use {}", hw.seats()));
        }
        if let Some(first) = seen.get(bay) {
            let shared = first.starts_with("pool.log") && at.starts_with("pool.cache");
            let data = first.starts_with("pool.bays") && !at.starts_with("pool.bays");
            if data {
                let message = format!("{} is a bay of the pool's data already", bay.spoken());
                let remedy = "give the log, the cache or the spare a place of its own";
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
                    let remedy = "a vdev may hold one part of a drive: its redundancy would be lost with that drive";
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
            found.warning(Rule::Wide, &at, message, "use one more parity, or two vdevs");
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
        let message = "this pool has no redundancy: one drive that fails takes all data with it";
        found.warning(
            Rule::NoRedundancy,
            "pool.layout",
            message.to_owned(),
            "keep nothing here that exists nowhere else",
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
            let message = "the log and the cache share a device, and the log's size is not said";
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
            let message = format!("{mount} is the mountpoint of {other} already");
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
