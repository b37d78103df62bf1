//! From drift to steps: each with its changes, and what must hold before and after.

use camino::{Utf8Path, Utf8PathBuf};

use crate::care::wish;
use crate::inventory::{ForeignPool, Inventory, Owner};
use crate::machine::{Change, Hash};
use crate::plan::pick::{Picked, Picks};
use crate::plan::reserve;
use crate::profile::places::{full, mountpoint_of, wished_datasets};
use crate::profile::property::Setting;
use crate::profile::{Layout, Profile, Uneven};
use crate::shipped::WISH;
use crate::step::command::{self, Create};
use crate::step::shape::VdevArgs;
use crate::step::{Condition, Danger, Fingerprint, Of, Rehearsal, Step, free, run, step};
use crate::system::arrival::Mount;
use crate::system::{HOSTID, KEPT, KEYS_AT_BOOT, Key, LOAD_KEYS, Own, System};
use crate::words;

/// Records the profile in /etc/zbay/profile.yaml.
pub fn record_wish(text: &str, system: &System) -> Step {
    let was = system.wish.as_ref().map(|old| Hash::of(old.as_bytes()));
    let path = Utf8PathBuf::from(WISH);
    let (what, danger) = match was {
        None => (format!("record the profile in {WISH}"), Danger::Harmless),
        Some(_) => {
            (format!("replace the profile that is recorded in {WISH}"), Danger::ReplacesWish)
        }
    };
    let changes = Change::file(&path, text, was).into();
    let after = vec![Condition::File { path, hash: Some(Hash::of(text.as_bytes())) }];
    Step { after, ..step(what, danger, changes) }
}

/// The hostid that the box has, or would get.
pub fn own_hostid(inventory: &Inventory, own: &Own) -> Option<String> {
    inventory.host.hostid.clone().or_else(|| new_hostid(inventory, own).map(|(value, _)| value))
}

/// What a hostid is made from where there is nothing else.
const CHANCE: &str = "chance, since the server has no UUID, serial number or MAC address of its \
                      own";

/// A hostid of eight hexadecimal digits, and what it is made from.
///
/// Boards of one maker may share their UUID or their serial number, so that all that a box has is mixed: UUID, serial number
/// and the lowest MAC address that a maker gave. Where there is none of them, chance.
fn new_hostid(inventory: &Inventory, own: &Own) -> Option<(String, String)> {
    if let Some(value) = had(inventory) {
        return Some((value, "this host's name and UUID: it is what it had before".to_owned()));
    }
    let dmi = &inventory.host.dmi;
    let uuid = dmi.product_uuid.as_deref().filter(says_something);
    let serial = dmi.product_serial.as_deref().filter(says_something);
    let mac =
        inventory.host.nics.iter().map(|nic| nic.mac.as_str()).filter(|mac| is_makers(mac)).min();
    let told = [(uuid, "UUID"), (serial, "serial number"), (mac, "MAC address")];
    let told: Vec<(&str, &str)> =
        told.into_iter().filter_map(|(text, of)| Some((text?, of))).collect();
    if told.is_empty() {
        // A saved plan keeps what was drawn for it.
        let drawn = own.drawn.clone().or_else(|| digits(own.random.as_deref()?));
        return drawn.map(|value| (value, CHANCE.to_owned()));
    }
    let source: Vec<&str> = told.iter().map(|(text, _)| *text).collect();
    let of: Vec<String> = told.iter().map(|(_, of)| (*of).to_owned()).collect();
    digits(&source.join("\n")).map(|value| (value, format!("the server's {}", words::and(&of))))
}

/// Noughts and `f` are no number; words of filler are not told by the look at all.
fn says_something(text: &&str) -> bool {
    let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    digits.len() >= 6 && digits.chars().any(|c| c != '0' && !c.eq_ignore_ascii_case(&'f'))
}

/// Eight digits of a hash; a hostid of 0 means none.
fn digits(source: &str) -> Option<String> {
    let hash = Hash::of(source.to_ascii_lowercase().as_bytes());
    let mut digits =
        hash.0.as_bytes().chunks(8).map(|eight| String::from_utf8_lossy(eight).into_owned());
    digits.find(|digits| digits != "00000000")
}

/// True for an address that is not made up here: neither nought nor locally administered (IEEE 802c).
fn is_makers(mac: &str) -> bool {
    let first = mac.get(..2).and_then(|first| u8::from_str_radix(first, 16).ok());
    let zero = mac.chars().all(|c| c == '0' || c == ':');
    first.is_some_and(|first| first.trailing_zeros() >= 2) && !zero
}

/// The hostid that an earlier zbay made of the UUID or the serial number alone, where a pool here was last used with it by
/// a host of this name: a box that is installed anew goes on being itself.
fn had(inventory: &Inventory) -> Option<String> {
    let dmi = &inventory.host.dmi;
    let uuid = dmi.product_uuid.as_deref().filter(says_something);
    let serial = dmi.product_serial.as_deref().filter(says_something);
    let value = digits(uuid.or(serial)?)?;
    let hostname = &inventory.host.facts.as_ref()?.hostname;
    let mut labels =
        inventory.disks.iter().filter_map(|disk| match &disk.contents.as_ref().ok()?.owner {
            Owner::ForeignPool(pool) => Some(pool),
            _ => None,
        });
    let ours = |pool: &ForeignPool| {
        pool.hostid.as_ref() == Some(&value) && pool.hostname.as_ref() == Some(hostname)
    };
    labels.any(ours).then_some(value)
}

/// The hostid that would be drawn by chance; `None`: the box has one, or something to make it from.
pub fn drawn_hostid(inventory: &Inventory, own: &Own) -> Option<String> {
    if inventory.host.hostid.is_some() {
        return None;
    }
    new_hostid(inventory, own).filter(|(_, of)| of == CHANCE).map(|(value, _)| value)
}

/// Gives the box a hostid of its own.
pub fn hostid(inventory: &Inventory, own: &Own) -> Option<Step> {
    let (value, of) = new_hostid(inventory, own)?;
    let bytes = u32::from_str_radix(&value, 16).ok()?.to_ne_bytes();
    let path = Utf8PathBuf::from(HOSTID);
    let mut changes = run([command::hostid(&value), command::sync(&path)]);
    if own.hostid.is_some() {
        // One that is there and is none: zgenhostid was cut off before its bytes were on the disk.
        changes.insert(0, Change::Remove { path: path.clone() });
    }
    let what = format!("set this server's hostid to {value}, made from {of}");
    let mut step = step(what, Danger::Harmless, changes);
    step.before = vec![Condition::File { path: path.clone(), hash: own.hostid.clone() }];
    step.after = vec![Condition::File { path, hash: Some(Hash::of(&bytes)) }];
    Some(step)
}

/// Keeps the profile in the pool too, for a box whose boot device is new. Nothing is written unless the pool is
/// mounted: the file would land on the boot device.
pub fn keep_wish(text: &str, pool: &str, path: &Utf8Path, was: Option<&Hash>) -> Step {
    let root = path.as_str().strip_suffix(KEPT).unwrap_or_default().trim_end_matches('/');
    let root = Utf8PathBuf::from(if root.is_empty() { "/" } else { root });
    let changes = vec![Change::WriteBeneath {
        root: root.clone(),
        path: KEPT.into(),
        content: text.to_owned(),
        was: was.cloned(),
    }];
    let mut keep = step(format!("keep the profile in the pool: {path}"), Danger::Harmless, changes);
    keep.before = vec![Condition::Property {
        of: Of::Zfs,
        object: pool.to_owned(),
        name: "mounted".to_owned(),
        value: "yes".to_owned(),
    }];
    let hash = Some(Hash::of(text.as_bytes()));
    keep.after = vec![Condition::FileBeneath { root, path: KEPT.into(), hash }];
    keep
}

/// The steps that make the pool: shared SSDs are cut in two first.
pub fn create_pool(
    profile: &Profile,
    picks: &Picks<'_>,
    prints: &[Fingerprint],
    id: &str,
) -> Vec<Step> {
    let pool = &profile.pool;
    let address = |pick: &Picked<'_>| pick.disk.address.clone().unwrap_or_default();
    let shared: Vec<Picked<'_>> = picks
        .log
        .iter()
        .filter(|pick| picks.cache.iter().any(|c| c.bay == pick.bay))
        .copied()
        .collect();
    let is_shared = |pick: &Picked<'_>| shared.iter().any(|other| other.bay == pick.bay);
    let aux = |picks: &[Picked<'_>], number: u8| -> Vec<Utf8PathBuf> {
        let part = |pick: &Picked<'_>| {
            let whole = address(pick);
            if is_shared(pick) { command::part(&whole, number) } else { whole }
        };
        picks.iter().map(part).collect()
    };
    let mut steps = Vec::new();
    let size = pool.log.as_ref().and_then(|log| log.size).unwrap_or_default();
    for pick in &shared {
        let mut cut = step(
            format!(
                "split the SSD in {} in two: {} for the log, the rest for the cache",
                pick.bay.spoken(),
                size.zfs()
            ),
            Danger::TakesFreeDisks,
            run(command::partition(&address(pick), size.0)),
        );
        cut.before = free(prints, |print| print.address == address(pick));
        steps.push(cut);
    }

    steps.extend(reserve::cut_step(profile, picks, prints));
    let mut settings = vec![
        Setting { name: "ashift".to_owned(), value: picks.ashift(profile).to_string() },
        Setting { name: "comment".to_owned(), value: format!("zbay:{id}") },
    ];
    settings.extend(pool.properties.settings().into_iter().filter(|s| !is_pool_default(s)));
    let device = |pick: &Picked<'_>| reserve::device(profile, &address(pick));
    let devices = |vdev: &Vec<Picked<'_>>| vdev.iter().map(device).collect::<Vec<_>>();
    let kind = pool.layout.vdev_type();
    let mirrored = pool.log.as_ref().is_some_and(|log| log.mirror);
    let log = aux(&picks.log, 1);
    let create = Create {
        name: pool.name.as_str(),
        pool: settings,
        root: root_settings(profile),
        data: picks.data.iter().map(|vdev| VdevArgs { kind, devices: devices(vdev) }).collect(),
        log: if log.is_empty() {
            vec![]
        } else {
            vec![VdevArgs { kind: mirrored.then_some(Layout::Mirror.as_str()), devices: log }]
        },
        cache: aux(&picks.cache, 2),
        spares: picks.spares.iter().map(address).collect(),
    };
    let mut accepted = Vec::new();
    if picks.mixed() {
        accepted.push("contains devices of different sizes".to_owned());
    }
    let uneven = picks.data.windows(2).any(|two| two[0].len() != two[1].len());
    if uneven && pool.uneven_vdevs == Uneven::Accept {
        accepted.push("mismatched replication level".to_owned());
    }
    let count = prints.len();
    let mut make = step(
        format!(
            "create pool {} from {count} drive{}",
            pool.name,
            if count == 1 { "" } else { "s" }
        ),
        Danger::TakesFreeDisks,
        run([create.run(!accepted.is_empty())]),
    );
    // What an earlier step has cut is no longer free; that step has looked.
    let cut = |print: &Fingerprint| pool.reserve.is_some() && print.role == "data";
    let whole = |print: &Fingerprint| shared.iter().all(|pick| address(pick) != print.address);
    make.before = free(prints, |print| whole(print) && !cut(print));
    make.before.push(Condition::PoolAbsent { pool: pool.name.to_string() });
    make.again = Some(command::udev_race());
    let (cmd, plain) = (create.rehearse(), create.run(false));
    make.rehearsal = Some(Rehearsal { cmd, accepted, plain });
    make.changes.extend(access(profile, "", pool.root.access()));
    make.after = vec![Condition::PoolOnline { pool: pool.name.to_string() }];
    steps.push(make);
    steps
}

/// What OpenZFS does by itself: left out of `zpool create`, so that the command stays readable.
fn is_pool_default(setting: &Setting) -> bool {
    [("autoreplace", "off"), ("autotrim", "off"), ("failmode", "wait"), ("compatibility", "off")]
        .contains(&(setting.name.as_str(), setting.value.as_str()))
}

fn root_settings(profile: &Profile) -> Vec<Setting> {
    let pool = profile.pool.name.as_str();
    let default = format!("/{pool}");
    let own = |setting: &Setting| setting.name != "mountpoint" || setting.value != default;
    let care = wish::settings(profile.care).into_iter().filter(|setting| setting.value != "auto");
    profile.pool.root.root_settings(pool).into_iter().filter(own).chain(care).collect()
}

/// Owner and mode of a mountpoint, where they are not what zfs gives by itself.
fn access(profile: &Profile, name: &str, (owner, mode): (String, u32)) -> Option<Change> {
    let path = mountpoint_of(profile, name)?;
    let owner = (owner != "root:root").then_some(owner);
    let mode = (mode != 0o755).then_some(mode);
    let dataset = full(profile, name);
    let wished = owner.is_some() || mode.is_some();
    wished.then_some(Change::Access { dataset, path, owner, mode })
}

/// Makes a dataset; `name` is below the root.
pub fn create_dataset(profile: &Profile, name: &str, keys: &[Key]) -> Step {
    let dataset = full(profile, name);
    let settings = wished_datasets(profile)
        .into_iter()
        .find(|(other, _)| other == name)
        .map(|(_, settings)| settings);
    let settings = settings.unwrap_or_default();
    let wish =
        profile.datasets.iter().find(|(other, _)| other.as_str() == name).map(|(_, wish)| wish);
    let asks = wish.is_some_and(|wish| wish.passphrase.is_some());
    let create = command::create_dataset(&dataset, &settings);
    let mut changes = run([if asks { create.asking(&dataset) } else { create }]);
    if let Some(wish) = wish {
        changes.extend(access(profile, name, wish.access()));
    }
    let mut before = vec![Condition::DatasetAbsent { dataset: dataset.clone() }];
    let mut what = format!("create dataset {dataset}");
    if asks {
        what.push_str(" with a passphrase that you type");
    }
    // One that is there is of a run that was cut off, or somebody's own: the plan refuses what is no key.
    let lacks = |key: &&Key| key.dataset == dataset && key.file.is_none();
    if let Some(path) = keys.iter().find(lacks).and_then(|key| key.path.clone()) {
        what = format!("{what} with its own key in {path}");
        changes.insert(0, Change::NewKey { path: path.clone() });
        before.push(Condition::File { path, hash: None });
    }
    let mut make = step(what, Danger::Harmless, changes);
    make.before = before;
    make.after = settings
        .into_iter()
        .map(|Setting { name, value }| Condition::Property {
            of: Of::Zfs,
            object: dataset.clone(),
            name,
            value,
        })
        .collect();
    make
}

/// Opens an encrypted dataset with the key in its file, or with its passphrase, and mounts it where that covers nothing.
pub fn unlock(dataset: &str, asks: bool, place: Option<&Utf8Path>) -> Vec<Step> {
    let load = command::load_key(dataset);
    let load = if asks { load.asking(dataset) } else { load };
    let key = if asks { "passphrase" } else { "key" };
    let mut open = step(format!("unlock {dataset} with its {key}"), Danger::Harmless, run([load]));
    open.after = vec![Condition::Property {
        of: Of::Zfs,
        object: dataset.to_owned(),
        name: "keystatus".to_owned(),
        value: "available".to_owned(),
    }];
    let mount = place
        .map(|at| Mount { dataset: dataset.to_owned(), at: at.to_owned(), share: false }.step());
    std::iter::once(open).chain(mount).collect()
}

/// Has the box open encrypted datasets before it mounts datasets.
pub fn keys_at_boot(was: Option<&Hash>) -> Step {
    let path = Utf8PathBuf::from(KEYS_AT_BOOT);
    let mut changes: Vec<Change> = Change::file(&path, LOAD_KEYS, was.cloned()).into();
    changes.extend(run([command::reload_units()]));
    let mut keys = step("unlock encrypted datasets at boot", Danger::Harmless, changes);
    keys.after = vec![Condition::File { path, hash: Some(Hash::of(LOAD_KEYS.as_bytes())) }];
    keys
}

/// Makes the pool come back at boot.
pub fn enable(units: &[String]) -> Step {
    let mut enable =
        step("import the pool at boot", Danger::Harmless, run([command::enable(units)]));
    enable.after = vec![Condition::Enabled { units: units.to_vec() }];
    enable
}
