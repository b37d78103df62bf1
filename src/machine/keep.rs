//! What a recording keeps of what was answered: an allow list.
//!
//! A recording goes to strangers. So of each answer there is kept what zbay's readers need, and what nobody here has judged is
//! not kept at all: a file that is in no list is refused in the recording as if it could not be read. Then every name that tells
//! the owner from others is collected from all answers, by the place where it stands and not from what is in the machine now
//! (a pool remembers drives that left long ago), and replaced ([`super::disguise`]).

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use crate::machine::disguise::Disguise;
use crate::machine::ordered_json::Json;
use crate::machine::recording::{Answer, Bytes, Recording, Said, may_be_secret};
use crate::machine::{IoError, RunError};

/// udev's properties that are kept, by how they begin.
const PROPERTIES: [&str; 30] = [
    "DEVLINKS",
    "DEVNAME",
    "DEVPATH",
    "DEVTYPE",
    "DM_NAME",
    "DM_UUID",
    "ID_ATA",
    "ID_BUS",
    "ID_FS_TYPE",
    "ID_FS_USAGE",
    "ID_FS_UUID",
    "ID_FS_VERSION",
    "ID_INSTANCE",
    "ID_MODEL",
    "ID_NSID",
    "ID_PART_ENTRY_",
    "ID_PART_TABLE_",
    "ID_PATH",
    "ID_REVISION",
    "ID_SCSI",
    "ID_SERIAL",
    "ID_TYPE",
    "ID_USB_",
    "ID_VENDOR",
    "ID_WWN",
    "MAJOR",
    "MD_LEVEL",
    "MD_UUID",
    "MINOR",
    "SUBSYSTEM",
];

/// Directories below `/dev/disk` whose links say where a disk is or what it is, and not what somebody called it.
const LINKS: [&str; 5] = [
    "/dev/disk/by-id/",
    "/dev/disk/by-path/",
    "/dev/disk/by-partuuid/",
    "/dev/disk/by-uuid/",
    "/dev/mapper/",
];

/// Properties of pools and datasets whose value may be anybody's address, path or remark: only these values of them are kept.
const PRIVATE: [(&str, &[&str]); 9] = [
    ("comment", &["-", ""]),
    ("keylocation", &["none", "prompt", "-"]),
    ("sharenfs", &["on", "off", "-"]),
    ("sharesmb", &["on", "off", "-"]),
    ("mlslabel", &["none", "-"]),
    ("context", &["none", "-"]),
    ("fscontext", &["none", "-"]),
    ("defcontext", &["none", "-"]),
    ("rootcontext", &["none", "-"]),
];

/// Keys of JSON whose texts are ZFS's and smartctl's own words: no name that a person chose is looked for in them.
const OWN_WORDS: [&str; 16] = [
    "type",
    "vdev_type",
    "class",
    "state",
    "function",
    "command",
    "health",
    "usage",
    "offset",
    "protocol",
    "family",
    "trim_notsup",
    "string",
    "svn_revision",
    "platform_info",
    "build_info",
];

/// What a recording that was disguised still shows.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "nothing was written: {what} would have been left in the recording; `--keep-serials` records \
     it with all names, keep it to yourself"
)]
pub struct Leak {
    /// What sort of name.
    pub what: String,
}

/// How the text of a profile is read; `None`: it is none.
pub type Reader<'a> = &'a dyn Fn(&str) -> Option<Json>;

/// Drops what no reader needs of every answer but blocks of drives.
pub fn kept(mut recording: Recording, profile: Reader<'_>) -> Recording {
    for (path, answer) in &mut recording.files {
        *answer = file(path, answer, profile);
    }
    if let Answer::Given(devices) = &mut recording.udev {
        for device in devices {
            device.properties.retain(|name, _| {
                PROPERTIES.iter().any(|known| name.starts_with(known)) && !label(name)
            });
            if let Some(links) = device.properties.get_mut("DEVLINKS") {
                let known = |link: &&str| LINKS.iter().any(|dir| link.starts_with(dir));
                *links = links.split(' ').filter(known).collect::<Vec<_>>().join(" ");
            }
        }
    }
    for said in recording.commands.values_mut() {
        if let Said::Ended { stdout, .. } = said {
            rewrite(stdout, without_remarks);
        }
    }
    recording
}

/// Names of partitions and file systems: udev has them in six forms, and no reader asks for them.
fn label(property: &str) -> bool {
    property.ends_with("_NAME") && property.starts_with("ID_PART") || property.contains("LABEL")
}

/// A file as it is kept.
fn file(
    path: &Utf8Path,
    answer: &Answer<Option<Bytes>>,
    profile: Reader<'_>,
) -> Answer<Option<Bytes>> {
    let refused = || {
        let (what, path) = ("read".to_owned(), path.to_owned());
        Answer::Refused { refused: IoError::Denied { what, path } }
    };
    let Answer::Given(Some(bytes)) = answer else { return answer.clone() };
    if may_be_secret(path) {
        return refused();
    }
    let text = || bytes.bytes().and_then(|bytes| String::from_utf8(bytes).ok());
    let replaced = |text: Option<String>| {
        text.map_or_else(refused, |text| Answer::Given(Some(Bytes::of(text.as_bytes()))))
    };
    match path.as_str() {
        "/etc/hostid"
        | "/etc/os-release"
        | "/proc/self/mountinfo"
        | "/proc/swaps"
        | "/proc/cpuinfo"
        | "/proc/uptime"
        | "/var/lib/zbay/history.jsonl" => answer.clone(),
        "/etc/passwd" | "/etc/group" => replaced(text().map(|text| accounts(&text))),
        path if path.starts_with("/sys/") || path.starts_with("/proc/sys/") => answer.clone(),
        path if profile_like(path) => replaced(text().and_then(|text| public(profile(&text)?))),
        path if path.starts_with("/etc/systemd/") || path.starts_with("/usr/lib/systemd/") => {
            answer.clone()
        }
        "/etc/zfs/zed.d/zed.rc" | "/etc/smartd.conf" => {
            replaced(text().map(|text| addressless(&text)))
        }
        path if path.starts_with("/etc/cron.d/") => replaced(text().map(|text| addressless(&text))),
        // What was done and told earlier: old profiles with their addresses, drives that left. A look goes on without it.
        path if path.starts_with("/var/lib/zbay/") || path.starts_with("/run/zbay/") => {
            Answer::Given(None)
        }
        _ => refused(),
    }
}

fn profile_like(path: &str) -> bool {
    (path.starts_with("/etc/zbay/") || path.ends_with("/.zbay/profile.yaml"))
        && Utf8Path::new(path).extension() == Some("yaml")
}

/// Accounts of the system, and of others name and number alone.
fn accounts(text: &str) -> String {
    let line = |line: &str| {
        let mut parts = line.split(':');
        let (name, _, id) = (parts.next()?, parts.next()?, parts.next()?);
        let rest: Vec<&str> = parts.collect();
        let colons = ":".repeat(rest.len());
        Some(format!("{name}:x:{id}{colons}\n"))
    };
    text.lines().filter_map(line).collect()
}

/// A profile or a description without the owner's addresses and remarks; `None`: it is neither.
fn public(mut json: Json) -> Option<String> {
    let Json::Object(pairs) = &mut json else { return None };
    pairs.retain(|(key, _)| {
        key != "notify" && key != "users" && key != "shares" && key != "backups"
    });
    // YAML reads JSON; and on lines of its own a person can read it.
    json.write("{\n}\n")
}

/// Settings of others: no remarks, and `someone` for each address that mail goes to.
fn addressless(text: &str) -> String {
    let word = |word: &str| if word.contains('@') { "someone".to_owned() } else { word.to_owned() };
    let ends = |c: char| c.is_whitespace() || "\"'=,".contains(c);
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        out.extend(line.split_inclusive(ends).map(|piece| {
            let bare = piece.trim_end_matches(ends);
            word(bare) + &piece[bare.len()..]
        }));
        out.push('\n');
    }
    out
}

/// Remarks, addresses and properties of the owner's own making become `-`.
fn without_remarks(json: &mut Json) {
    json.change(&mut Vec::new(), &mut |at, value| {
        let Json::Object(pairs) = value else { return };
        if at.last().is_some_and(|key| key == "properties") {
            pairs.retain(|(name, _)| {
                !name.contains(':') || name.starts_with("org.debian:") || name.starts_with("zbay:")
            });
        }
        for (name, value) in pairs {
            let Some((_, keeps)) = PRIVATE.iter().find(|(private, _)| private == name) else {
                continue;
            };
            let blank = |text: &mut String| {
                let known = keeps.contains(&text.as_str()) || text.starts_with("zbay:");
                let key = text.starts_with("file:///");
                if !known && !key {
                    "-".clone_into(text);
                }
            };
            match value {
                Json::Text(text) => blank(text),
                Json::Object(inner) => {
                    for (key, value) in inner {
                        if let ("value", Json::Text(text)) = (key.as_str(), value) {
                            blank(text);
                        }
                    }
                }
                _ => {}
            }
        }
    });
}

fn rewrite(bytes: &mut Bytes, change: impl FnOnce(&mut Json)) {
    let Some(text) = bytes.bytes().and_then(|bytes| String::from_utf8(bytes).ok()) else { return };
    let Some(mut json) = Json::parse(&text) else { return };
    change(&mut json);
    if let Some(text) = json.write(&text) {
        *bytes = Bytes::of(text.as_bytes());
    }
}

/// Collects every name that tells this machine and its owner. `shared`: names that many machines share (a board's filler, a wwn
/// that two drives have), which are a fault that the recording is to show. Names that stand in labels are not among them.
pub fn names(recording: &Recording, chance: &str, shared: &[String]) -> Disguise {
    let mut found = Found { disguise: Disguise::new(chance), shared, models: Vec::new() };
    found.everything(recording);
    found.disguise
}

struct Found<'a> {
    disguise: Disguise,
    shared: &'a [String],
    models: Vec<String>,
}

impl Found<'_> {
    fn everything(&mut self, recording: &Recording) {
        if let Answer::Given(devices) = &recording.udev {
            let model =
                |name: &str| name.starts_with("ID_MODEL") || name.starts_with("ID_USB_MODEL");
            let all = devices.iter().flat_map(|device| &device.properties);
            self.models =
                all.filter(|(name, _)| model(name)).map(|(_, value)| value.clone()).collect();
            for (name, value) in devices.iter().flat_map(|device| &device.properties) {
                self.property(name, value);
            }
        }
        if let Some(Answer::Given(host)) = &recording.machine.host {
            self.disguise.word(host.hostname.split('.').next().unwrap_or_default());
            self.disguise.word(&host.hostname);
        }
        for (path, answer) in &recording.files {
            if let Answer::Given(Some(bytes)) = answer {
                self.of_file(path, &bytes.bytes().unwrap_or_default());
            }
        }
        for said in recording.commands.values() {
            if let Said::Ended { stdout, stderr, .. } = said {
                for bytes in [stdout, stderr] {
                    self.of_text(&String::from_utf8_lossy(&bytes.bytes().unwrap_or_default()));
                }
            }
        }
        for command in recording.commands.keys() {
            self.patterns(command);
        }
        for (dir, answer) in &recording.lists {
            let system = ["/sys", "/proc", "/etc", "/usr", "/lib", "/dev", "/run", "/var"];
            if let (false, Answer::Given(Some(names))) =
                (system.iter().any(|known| dir.starts_with(known)), answer)
            {
                for name in names {
                    self.disguise.word(name);
                }
            }
        }
        let dirs = recording.lists.keys().chain(recording.links.keys());
        dirs.for_each(|path| self.patterns(path.as_str()));
    }

    fn serial(&mut self, serial: &str) {
        let model = self.models.iter().any(|model| model.contains(serial));
        if !model && !self.is_shared(serial) && serial.chars().any(|c| c.is_ascii_digit()) {
            self.disguise.serial(serial);
        }
    }

    fn digits(&mut self, number: &str, maker: usize) {
        if !self.is_shared(number) {
            self.disguise.digits(number, maker);
        }
    }

    fn is_shared(&self, name: &str) -> bool {
        self.shared.iter().any(|shared| {
            shared.trim_start_matches("0x").eq_ignore_ascii_case(name.trim_start_matches("0x"))
        })
    }

    fn property(&mut self, name: &str, value: &str) {
        match name {
            "ID_SERIAL_SHORT" | "ID_SCSI_SERIAL" | "ID_USB_SERIAL_SHORT" => self.serial(value),
            "ID_FS_UUID" | "ID_PART_TABLE_UUID" | "ID_PART_ENTRY_UUID" | "MD_UUID" | "DM_UUID" => {
                self.anything(value);
            }
            "DM_NAME" => self.disguise.word(value),
            "ID_PART_ENTRY_TYPE" => {}
            _ => self.patterns(value),
        }
    }

    /// A UUID, a GUID, or some other mark of a file system.
    fn anything(&mut self, value: &str) {
        self.patterns(value);
        match value.parse::<u64>() {
            Ok(guid) if value.len() > 12 => self.disguise.guid(guid),
            _ if uuid(value).is_some() => {}
            _ if value.len() > 7 => self.digits(value, 0),
            _ => {}
        }
    }

    fn of_file(&mut self, path: &Utf8Path, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        match path.as_str() {
            "/etc/hostid" => {
                if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
                    self.disguise.hostid(u32::from_le_bytes(bytes));
                }
            }
            "/sys/class/dmi/id/product_serial" => self.serial(text.trim()),
            "/sys/class/dmi/id/product_uuid" => self.digits(text.trim(), 0),
            "/etc/passwd" | "/etc/group" => {
                for line in text.lines() {
                    let mut parts = line.split(':');
                    let (name, id) = (
                        parts.next().unwrap_or_default(),
                        parts.nth(1).and_then(|id| id.parse::<u32>().ok()),
                    );
                    if id.is_some_and(|id| (1000..60_000).contains(&id)) {
                        self.disguise.word(name);
                    }
                }
            }
            "/proc/self/mountinfo" => {
                for line in text.lines() {
                    let mut words = line.split(' ');
                    if let Some(at) = words.nth(4) {
                        self.disguise.path(at);
                    }
                    // Behind the dash: kind, source, options.
                    if let Some((kind, rest)) =
                        line.split_once(" - ").and_then(|(_, rest)| rest.split_once(' '))
                    {
                        let source = rest.split(' ').next().unwrap_or_default();
                        if kind == "zfs" || source.starts_with("//") || source.contains(":/") {
                            self.disguise.path(source);
                        }
                    }
                }
                self.patterns(&text);
            }
            path if path.ends_with("/address") && path.contains("/net/") => {
                self.digits(text.trim(), 8);
            }
            path if path.ends_with("/serial") => self.serial(text.trim()),
            path if path.ends_with("/wwid") || path.contains("/vpd_pg") => self.patterns(&text),
            path if path.ends_with("history.jsonl") => {
                text.lines().for_each(|line| self.of_text(line));
            }
            path if profile_like(path) => {
                if let Some(json) = Json::parse(&text) {
                    self.of_profile(&json);
                }
            }
            _ => self.patterns(&text),
        }
    }

    fn of_profile(&mut self, json: &Json) {
        let pool =
            json.get("pool").and_then(|pool| pool.text("name")).unwrap_or_default().to_owned();
        self.disguise.path(&pool);
        json.walk(&mut Vec::new(), &mut |at, value| {
            if let ([.., list], Json::Object(pairs)) = (at, value)
                && list == "datasets"
            {
                for (name, _) in pairs {
                    self.disguise.path(&format!("{pool}/{name}"));
                }
            }
            let (Some(key), Json::Text(text)) = (at.last(), value) else { return };
            match key.as_str() {
                "name" | "dataset" if at.iter().any(|key| key == "datasets") => {
                    self.disguise.path(&format!("{pool}/{text}"));
                    self.disguise.path(text);
                }
                "mountpoint" | "key_file" => self.disguise.path(text),
                "owner" | "group" => text.split(':').for_each(|name| self.disguise.word(name)),
                _ => self.patterns(text),
            }
        });
    }

    fn of_text(&mut self, text: &str) {
        match Json::parse(text) {
            Some(json) => self.of_json(&json),
            None => self.of_words(text),
        }
    }

    fn of_json(&mut self, json: &Json) {
        json.walk(&mut Vec::new(), &mut |at, value| {
            let key = at.last().map(String::as_str).unwrap_or_default();
            let around = at
                .len()
                .checked_sub(2)
                .and_then(|index| at.get(index))
                .map(String::as_str)
                .unwrap_or_default();
            if matches!(around, "pools" | "datasets") {
                self.disguise.path(key);
            }
            match value {
                Json::Text(text) => self.of_value(at, key, around, text),
                Json::Other(Value::Number(number)) => {
                    let number = number.as_u64().unwrap_or_default();
                    match key {
                        "hostid" => self.disguise.hostid(u32::try_from(number).unwrap_or_default()),
                        key if key.ends_with("guid") => self.disguise.guid(number),
                        _ => {}
                    }
                }
                Json::Object(_) if key == "wwn" || key == "eui64" => {
                    if let Some((digits, _)) = named(value) {
                        self.digits(&digits, 7);
                    }
                }
                _ => {}
            }
        });
    }

    fn of_value(&mut self, at: &[String], key: &str, around: &str, text: &str) {
        let property = if key == "value" { around } else { key };
        match property {
            "guid" | "pool_guid" | "hostid" | "uuid" => match text.parse::<u64>() {
                Ok(number) if property == "hostid" => {
                    self.disguise.hostid(u32::try_from(number).unwrap_or_default());
                }
                Ok(number) => self.disguise.guid(number),
                Err(_) => self.anything(text),
            },
            key if key.ends_with("guid") => {
                if let Ok(number) = text.parse() {
                    self.disguise.guid(number);
                }
            }
            "serial_number" | "serial" => self.serial(text),
            "wwn" | "logical_unit_id" => self.digits(text.trim_start_matches("0x"), 7),
            "hostname" | "label" => self.disguise.word(text),
            "pool" | "name"
                if at.iter().any(|key| key == "datasets" || key == "pools")
                    && !at.iter().any(|key| key == "vdevs") =>
            {
                self.disguise.path(text);
            }
            "mountpoint" | "bootfs" | "origin" | "keylocation" | "altroot" | "cachefile"
                if text.contains('/') =>
            {
                self.disguise.path(text.trim_start_matches("file://"));
            }
            // Files that are damaged, and what else ZFS says of them.
            _ if at.iter().any(|key| key == "errors" || key == "errlist") => {
                self.disguise.path(text);
            }
            "path" | "was" if !text.starts_with("/dev/") && text.starts_with('/') => {
                self.disguise.path(text);
            }
            _ => self.patterns(text),
        }
    }

    /// What `zpool import`, `zpool list` and others say in words.
    fn of_words(&mut self, text: &str) {
        for line in text.lines() {
            match line.trim().split_once(": ") {
                Some(("pool", name)) => self.disguise.path(name.trim()),
                Some(("id", guid)) => {
                    if let Ok(guid) = guid.trim().parse() {
                        self.disguise.guid(guid);
                    }
                }
                Some(("comment", remark)) if !remark.trim().starts_with("zbay:") => {
                    self.disguise.word(remark.trim());
                }
                _ => {}
            }
            if let Some((name, _)) = line.split_once('\t').filter(|(name, _)| !name.is_empty()) {
                self.disguise.path(name);
            }
        }
        if text.lines().all(|line| !line.contains([' ', '\t', ':'])) {
            text.lines()
                .filter(|line| !line.is_empty() && !OWN_LINES.contains(line))
                .for_each(|name| self.disguise.path(name));
        }
        self.patterns(text);
    }

    /// Hosts in ZFS's sentences: `last accessed by nas (hostid=1f2e3d4c)`, `must be exported from nas (hostid=..)`.
    fn hosts(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("(hostid=") {
            if let Some(host) = before.split_whitespace().next_back() {
                self.disguise.word(host);
            }
            let digits: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
            self.disguise.hostid(u32::from_str_radix(&digits, 16).unwrap_or_default());
            rest = after;
        }
    }

    /// Marks that are known by their form, wherever they stand.
    fn patterns(&mut self, text: &str) {
        self.hosts(text);
        let parts = |c: char| c.is_whitespace() || "\"',;()[]{}<>=".contains(c);
        for word in text.split(parts).filter(|word| word.len() > 7) {
            for piece in word.split('/') {
                let piece = piece.split_once("-part").map_or(piece, |(whole, _)| whole);
                if let Some(rest) = ["ata-", "usb-", "nvme-", "scsi-S", "virtio-"]
                    .iter()
                    .find_map(|kind| piece.strip_prefix(kind))
                {
                    let rest = rest.split_once("-0:").map_or(rest, |(rest, _)| rest);
                    let mut ends = rest.rsplit('_').take(2).filter(|end| end.len() > 4);
                    if let (true, Some(serial)) = (rest.contains('_'), ends.next()) {
                        self.serial(serial);
                    }
                } else if let Some(digits) =
                    piece.strip_prefix("scsi-").and_then(|rest| rest.get(1..))
                {
                    self.hex(digits);
                }
                if let Some(serial) =
                    piece.strip_prefix("nvme.").and_then(|rest| rest.split('-').nth(1))
                {
                    // The name that the kernel makes where a drive has none: maker, serial and model in hexadecimal digits.
                    self.digits(serial, 0);
                }
                for mark in ["0x", "eui.", "naa.", "uuid."] {
                    for (at, _) in piece.match_indices(mark) {
                        self.hex(&piece[at + mark.len()..]);
                    }
                }
            }
            let starts = word
                .char_indices()
                .filter(|(at, _)| !word[..*at].ends_with(|c: char| c.is_ascii_hexdigit()));
            for at in starts.map(|(at, _)| at).collect::<Vec<_>>() {
                if let Some(uuid) = uuid(&word[at..]) {
                    self.digits(uuid, 0);
                }
                if let Some(mac) = mac(&word[at..]) {
                    self.digits(mac, 8);
                }
            }
        }
    }

    fn hex(&mut self, text: &str) {
        let len = text.chars().take_while(char::is_ascii_hexdigit).count();
        if matches!(len, 16 | 32) {
            self.digits(&text[..len], 7);
        }
    }
}

/// Lines that systemctl says.
const OWN_LINES: [&str; 8] =
    ["enabled", "disabled", "static", "masked", "active", "inactive", "failed", "not-found"];

/// Types of partitions are the same everywhere.
const TYPES: [&str; 2] = ["-11d2-", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"];

fn uuid(text: &str) -> Option<&str> {
    let found = text.get(..36)?;
    let fits = found.char_indices().all(|(at, c)| match at {
        8 | 13 | 18 | 23 => c == '-',
        _ => c.is_ascii_hexdigit(),
    });
    let known = TYPES.iter().any(|known| found.to_ascii_lowercase().contains(known));
    let more = text[36..].starts_with(|c: char| c.is_ascii_hexdigit());
    (fits && !known && !more).then_some(found)
}

fn mac(text: &str) -> Option<&str> {
    let found = text.get(..17)?;
    let fits = found
        .char_indices()
        .all(|(at, c)| if at % 3 == 2 { c == ':' } else { c.is_ascii_hexdigit() });
    let zero = found.chars().all(|c| c == '0' || c == ':');
    let more = text[17..].starts_with(|c: char| c.is_ascii_hexdigit() || c == ':');
    (fits && !zero && !more).then_some(found)
}

/// A world wide name in smartctl's three or two decimal numbers: its hexadecimal digits, and the digits of the last number.
fn named(value: &Json) -> Option<(String, usize)> {
    if let (Some(naa), Some(oui), Some(id)) =
        (value.number("naa"), value.number("oui"), value.number("id"))
    {
        return Some((format!("{naa:x}{oui:06x}{id:09x}"), 9));
    }
    let (oui, id) = (value.number("oui")?, value.number("ext_id")?);
    Some((format!("{oui:06x}{id:010x}"), 10))
}

/// The recording with all names replaced, but for the blocks of drives.
pub fn disguised(recording: &Recording, disguise: &Disguise) -> Recording {
    let path = |path: &Utf8PathBuf| Utf8PathBuf::from(disguise.text(path.as_str()));
    let mut out = recording.clone();
    if let Some(Answer::Given(host)) = &mut out.machine.host {
        host.hostname = disguise.text(&host.hostname);
    }
    if let Answer::Given(devices) = &mut out.udev {
        for device in devices {
            device.properties.values_mut().for_each(|value| *value = disguise.paths(value));
            if let Some(name) = device.properties.get_mut("DM_NAME") {
                *name = disguise.name(name);
            }
            for key in ["DEVLINKS", "DEVNAME"] {
                if let Some(value) = device.properties.get_mut(key) {
                    *value = disguise.text(value);
                }
            }
        }
    }
    let file = |(name, answer): (&Utf8PathBuf, &Answer<Option<Bytes>>)| {
        let answer = match answer {
            Answer::Given(Some(bytes)) => Answer::Given(Some(plain(name, bytes, disguise))),
            other => other.clone(),
        };
        (path(name), answer)
    };
    out.files = recording.files.iter().map(file).collect();
    out.lists = recording
        .lists
        .iter()
        .map(|(name, answer)| {
            let names =
                |names: &Vec<String>| names.iter().map(|name| disguise.name(name)).collect();
            (
                path(name),
                match answer {
                    Answer::Given(given) => Answer::Given(given.as_ref().map(names)),
                    refused @ Answer::Refused { .. } => refused.clone(),
                },
            )
        })
        .collect();
    out.links = recording
        .links
        .iter()
        .map(|(name, answer)| {
            (
                path(name),
                match answer {
                    Answer::Given(given) => Answer::Given(given.as_ref().map(path)),
                    refused @ Answer::Refused { .. } => refused.clone(),
                },
            )
        })
        .collect();
    out.commands = recording
        .commands
        .iter()
        .map(|(command, said)| (disguise.text(command), answer(said, disguise)))
        .collect();
    out
}

/// Looks for every name in what would be written.
///
/// # Errors
/// One is there.
pub fn proved(texts: &[(&'static str, String)], disguise: &Disguise) -> Result<(), Leak> {
    for (file, text) in texts {
        if disguise.left_in(text).is_some() {
            return Err(Leak { what: format!("a name in {file}") });
        }
        if let Some(what) = addressed(text) {
            return Err(Leak { what: format!("{what} in {file}") });
        }
    }
    Ok(())
}

/// An address of a person or a service.
fn addressed(text: &str) -> Option<&'static str> {
    let known = [
        "openzfs.github.io",
        "openzfs.org",
        "zfsonlinux.org",
        "www.smartmontools.org",
        "smartmontools.org",
    ];
    let urls = ["http://", "https://"].iter().flat_map(|mark| text.split(mark).skip(1));
    let foreign = |rest: &str| !known.iter().any(|host| rest.starts_with(host));
    urls.into_iter().any(foreign).then_some("an address of the net")
}

fn plain(name: &Utf8Path, bytes: &Bytes, disguise: &Disguise) -> Bytes {
    let raw = bytes.bytes().unwrap_or_default();
    if name == "/etc/hostid"
        && let Ok(four) = <[u8; 4]>::try_from(&raw[..])
    {
        let other =
            u32::try_from(disguise.number(u32::from_le_bytes(four).into())).unwrap_or_default();
        return Bytes::of(&other.to_le_bytes());
    }
    let Ok(text) = String::from_utf8(raw) else { return bytes.clone() };
    Bytes::of(words(&text, disguise).as_bytes())
}

fn words(text: &str, disguise: &Disguise) -> String {
    let Some(mut json) = Json::parse(text) else {
        // One document a line, as history has them.
        let lines: Vec<&str> = text.split('\n').collect();
        if lines.len() > 1 && lines[0].starts_with('{') {
            return lines.iter().map(|line| words(line, disguise)).collect::<Vec<_>>().join("\n");
        }
        return disguise.text(text);
    };
    json.change(&mut Vec::new(), &mut |at, value| rename(at, value, disguise));
    json.write(text).unwrap_or_default()
}

fn rename(at: &[String], value: &mut Json, disguise: &Disguise) {
    let key = at.last().map(String::as_str).unwrap_or_default();
    match value {
        Json::Object(pairs) => {
            if let (true, Some((digits, _))) =
                (key == "wwn" || key == "eui64", named(&Json::Object(pairs.clone())))
            {
                let other = disguise.marks(&digits);
                let number = |from: usize| {
                    u64::from_str_radix(other.get(from..).unwrap_or_default(), 16).ok()
                };
                for (name, value) in pairs.iter_mut() {
                    let number = match name.as_str() {
                        "id" => number(7),
                        "ext_id" => number(6),
                        _ => None,
                    };
                    if let Some(number) = number {
                        *value = Json::Other(number.into());
                    }
                }
            }
            let named = matches!(
                key,
                "pools"
                    | "datasets"
                    | "vdevs"
                    | "logs"
                    | "l2cache"
                    | "spares"
                    | "special"
                    | "dedup"
            );
            for (name, value) in pairs {
                if named && matches!(value, Json::Object(_)) {
                    *name = disguise.name(name);
                } else {
                    *name = disguise.paths(name);
                }
            }
        }
        Json::Text(text) => {
            *text = match key {
                "value" => match at
                    .len()
                    .checked_sub(2)
                    .and_then(|index| at.get(index))
                    .map(String::as_str)
                {
                    Some("name" | "hostname" | "bootfs") => disguise.name(text),
                    _ => disguise.paths(text),
                },
                key if OWN_WORDS.contains(&key) => disguise.marks(text),
                _ => disguise.text(text),
            }
        }
        Json::Other(Value::Number(number)) => {
            let other = number.as_u64().map(|number| disguise.number(number));
            if let (Some(other), true) = (other, key == "hostid" || key.ends_with("guid")) {
                *number = other.into();
            }
        }
        Json::List(_) | Json::Other(_) => {}
    }
}

fn answer(said: &Said, disguise: &Disguise) -> Said {
    let bytes = |bytes: &Bytes| match bytes.bytes().map(String::from_utf8) {
        Some(Ok(text)) => Bytes::of(words(&text, disguise).as_bytes()),
        _ => bytes.clone(),
    };
    match said {
        Said::Ended { status, stdout, stderr } => {
            Said::Ended { status: *status, stdout: bytes(stdout), stderr: bytes(stderr) }
        }
        Said::Failed { failed: RunError::Failed { command, status, said } } => Said::Failed {
            failed: RunError::Failed {
                command: disguise.text(command),
                status: *status,
                said: disguise.text(said),
            },
        },
        failed @ Said::Failed { .. } => failed.clone(),
    }
}
