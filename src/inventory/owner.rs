//! Whose disk it is: from what every source saw to one verdict. Pure.
//!
//! A disk belongs to someone else until it is proved free, and the proof needs all sources at once: nobody
//! holds it, no pool has it, libblkid finds nothing on it or its partitions, our own reader finds no ZFS
//! label in any place, and the sampled blocks are zero. A source that failed, timed out or contradicts
//! another one makes the disk unknown; never blank.

use serde::Serialize;

use crate::inventory::held::Hold;
use crate::inventory::signatures::{Found, spoken};
use crate::inventory::sysfs::Partition;
use crate::inventory::{Contents, Facet, Membership, Owner, Unknown, label};
use crate::machine::{Hash, Span};

/// What the sources saw of one disk.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// Kernel name.
    pub disk: String,
    /// Partitions that the kernel knows.
    pub partitions: Vec<Partition>,
    /// Its users.
    pub holds: Facet<Vec<Hold>>,
    /// Its place in an imported pool; an error: pools may be imported, and nobody could say which.
    pub member: Facet<Option<Membership>>,
    /// What libblkid finds.
    pub signatures: Facet<Vec<Found>>,
    /// What udev remembers of libblkid's answer.
    pub udev: Vec<String>,
    /// ZFS labels.
    pub labels: Facet<Vec<label::Found>>,
    /// The first sampled byte that is not zero, with the hash of its sample; `None`: all are zero.
    pub bytes: Facet<Option<(u64, Hash)>>,
    /// Nothing but a partition table of ZFS's types, and zeros elsewhere.
    pub only_table: bool,
    /// What must become zero for it to be blank.
    pub erase: Vec<Span>,
}

/// The verdict.
pub(super) fn contents(evidence: &Evidence) -> Contents {
    let owner = owner(evidence);
    let erasable = erasable(evidence);
    let erase = if erasable && owner != Owner::Blank { evidence.erase.clone() } else { Vec::new() };
    let (seen, digest) = (seen(evidence), digest(evidence));
    Contents { owner, seen, digest, erasable, only_table: evidence.only_table, erase }
}

/// The digest of a disk that is proved blank: what an erased one must have.
pub(super) fn blank_digest() -> String {
    digest(&Evidence {
        disk: String::new(),
        partitions: Vec::new(),
        holds: Ok(Vec::new()),
        member: Ok(None),
        signatures: Ok(Vec::new()),
        udev: Vec::new(),
        labels: Ok(Vec::new()),
        bytes: Ok(None),
        only_table: false,
        erase: Vec::new(),
    })
}

/// Every source that must know answered, and nobody has the disk. (Samples are not asked where others told.)
fn erasable(it: &Evidence) -> bool {
    it.holds.as_ref().is_ok_and(Vec::is_empty)
        && matches!(it.member, Ok(None))
        && it.signatures.is_ok()
        && it.labels.is_ok()
        && (it.bytes.is_ok() || it.bytes == Err(unasked()))
}

fn owner(it: &Evidence) -> Owner {
    let unknown = |why: &dyn std::fmt::Display| Owner::Unknown { why: why.to_string() };
    match &it.holds {
        Err(why) => return unknown(why),
        Ok(holds) if !holds.is_empty() => {
            return Owner::Held {
                by: holds.iter().map(|hold| hold.by.clone()).collect(),
                boot: holds.iter().any(|hold| hold.boot),
            };
        }
        Ok(_) => {}
    }
    match &it.member {
        Err(why) => return unknown(why),
        Ok(Some(member)) => return Owner::Member(member.clone()),
        Ok(None) => {}
    }
    let (signatures, labels) = match (&it.signatures, &it.labels) {
        (Ok(signatures), Ok(labels)) => (signatures, labels),
        (Err(why), _) | (_, Err(why)) => return unknown(why),
    };
    if let Some(owner) = of_others(it, signatures, labels) {
        return owner;
    }
    if let Some(owner) = of_zfs(signatures, labels) {
        return owner;
    }
    if let Some(table) = signatures.iter().find(|found| found.is_table()) {
        return table_of(it, table, signatures, labels);
    }
    if !it.partitions.is_empty() {
        return unknown(
            &"the kernel lists partitions on it, but libblkid finds no partition table",
        );
    }
    if !it.udev.is_empty() {
        let udev = it.udev.join(", ");
        return unknown(&format!("udev says {udev}, but libblkid now finds nothing"));
    }
    match &it.bytes {
        Err(why) => unknown(why),
        Ok(Some((at, _))) => {
            unknown(&format!("unrecognised data (no known signature), first at byte {at}"))
        }
        Ok(None) => Owner::Blank,
    }
}

/// Signatures that are neither a partition table nor ZFS's.
fn of_others(it: &Evidence, signatures: &[Found], labels: &[label::Found]) -> Option<Owner> {
    let other = |found: &&Found| !found.is_table() && found.signature.kind != "zfs_member";
    let first = signatures.iter().find(other)?;
    // On the whole disk it is what the disk is; within a partition the table is, and says what it has.
    let whole = signatures.iter().filter(other).find(|found| found.device == it.disk);
    let Some(found) = whole else {
        let table = signatures.iter().find(|found| found.is_table()).unwrap_or(first);
        return Some(table_of(it, table, signatures, labels));
    };
    let signature = found.signature.clone();
    Some(match signature.kind.as_str() {
        "linux_raid_member" => Owner::Md(signature),
        "LVM2_member" | "LVM1_member" => Owner::Lvm(signature),
        "crypto_LUKS" => Owner::Luks(signature),
        "swap" | "swsuspend" => Owner::Swap(signature),
        _ if found.usage == "filesystem" => Owner::Filesystem(signature),
        _ => Owner::Other(signature),
    })
}

fn of_zfs(signatures: &[Found], labels: &[label::Found]) -> Option<Owner> {
    // The newest of the most complete: a disk may carry stale labels of an older pool elsewhere.
    let best = labels.iter().filter(|found| found.best.is_some());
    let best = best.max_by_key(|found| (found.newest, found.agree));
    if let Some(pool) = best.and_then(label::Found::pool) {
        return Some(Owner::ForeignPool(pool));
    }
    if let Some(traces) = labels.first() {
        return Some(Owner::Unknown { why: format!("it has {}", traces.words()) });
    }
    let member = signatures.iter().find(|found| found.signature.kind == "zfs_member")?;
    let why = format!("libblkid finds {}, but no ZFS label can be read", member.words());
    Some(Owner::Unknown { why })
}

fn table_of(it: &Evidence, table: &Found, signatures: &[Found], labels: &[label::Found]) -> Owner {
    let words = |partition: &Partition| {
        let on = |found: &&Found| found.device == partition.name;
        let mut held: Vec<String> =
            signatures.iter().filter(on).map(|found| spoken(&found.signature)).collect();
        held.dedup();
        let inside = |found: &&label::Found| {
            found.place.at == partition.start && found.place.size == partition.size
        };
        if let Some(found) = labels.iter().find(inside) {
            held.retain(|kind| !kind.starts_with("zfs_member"));
            held.push(found.words());
        }
        let held = if held.is_empty() { "nothing known".to_owned() } else { held.join(", ") };
        format!("{}: {held}", partition.name)
    };
    Owner::PartitionTable {
        kind: if table.is_table() { table.signature.kind.clone() } else { "unknown".to_owned() },
        partitions: it.partitions.iter().map(words).collect(),
    }
}

/// A source that was not asked, because another one had told enough.
pub(super) fn unasked() -> Unknown {
    Unknown::because("not asked")
}

/// What a source that gave no answer says instead; one that was not asked says nothing.
fn failed(seen: &mut Vec<String>, source: &str, why: &Unknown) {
    if *why != unasked() {
        seen.push(format!("{source}: {why}"));
    }
}

fn seen(it: &Evidence) -> Vec<String> {
    let mut seen = Vec::new();
    match &it.holds {
        Ok(holds) => seen.extend(holds.iter().map(|hold| format!("kernel: {}", hold.by))),
        Err(why) => seen.push(format!("kernel: {why}")),
    }
    match &it.member {
        Ok(None) => {}
        Ok(Some(member)) => seen.push(format!("zpool status: {} in {}", member.vdev, member.pool)),
        Err(why) => seen.push(format!("zpool status: {why}")),
    }
    match &it.signatures {
        Ok(found) if found.is_empty() => seen.push("libblkid: nothing".to_owned()),
        Ok(found) => {
            let mut words: Vec<String> = found.iter().map(Found::words).collect();
            words.dedup();
            seen.extend(words.into_iter().map(|words| format!("libblkid: {words}")));
        }
        Err(why) => failed(&mut seen, "libblkid", why),
    }
    seen.extend(it.udev.iter().map(|kind| format!("udev: {kind}")));
    match &it.labels {
        Ok(found) if found.is_empty() => seen.push("ZFS labels: none".to_owned()),
        Ok(found) => seen.extend(found.iter().map(|it| format!("ZFS labels: {}", it.words()))),
        Err(why) => failed(&mut seen, "ZFS labels", why),
    }
    match &it.bytes {
        Ok(None) => seen.push("sampled blocks: all zero".to_owned()),
        Ok(Some((at, _))) => seen.push(format!("sampled blocks: not zero at byte {at}")),
        Err(why) => failed(&mut seen, "sampled blocks", why),
    }
    seen
}

/// What the fingerprint is made of: contents, without kernel names and what changes by itself.
#[derive(Serialize)]
struct Fingerprint<'a> {
    held: Option<Vec<&'a str>>,
    member: String,
    partitions: Vec<(u32, u64, u64)>,
    signatures: Option<Vec<Print>>,
    labels: Option<Vec<Print>>,
    bytes: String,
}

/// Something at a place: number of the partition, byte on it.
#[derive(Serialize)]
struct Print {
    place: (Option<u32>, String),
    what: String,
}

fn digest(it: &Evidence) -> String {
    let number = |device: &str| {
        it.partitions.iter().find(|partition| partition.name == device).map(|it| it.number)
    };
    let signature = |found: &'_ Found| Print {
        place: (number(&found.device), found.offset.clone()),
        what: format!("{} {:?}", found.signature.kind, found.signature.uuid),
    };
    let label = |found: &label::Found| Print {
        place: (None, found.place.at.to_string()),
        what: format!(
            "{:?} {} {}",
            found.best.as_ref().map(|it| &it.digest),
            found.agree,
            found.differ
        ),
    };
    let fingerprint = Fingerprint {
        held: it.holds.as_ref().ok().map(|holds| holds.iter().map(|it| it.by.as_str()).collect()),
        member: match &it.member {
            Ok(Some(member)) => format!("{} of {}", member.vdev, member.guid),
            Ok(None) => "none".to_owned(),
            Err(_) => "unknown".to_owned(),
        },
        partitions: it.partitions.iter().map(|it| (it.number, it.start, it.size)).collect(),
        signatures: it.signatures.as_ref().ok().map(|it| it.iter().map(signature).collect()),
        labels: it.labels.as_ref().ok().map(|it| it.iter().map(label).collect()),
        bytes: match &it.bytes {
            Ok(Some((at, hash))) => format!("{at} {}", hash.0),
            Ok(None) => "zero".to_owned(),
            Err(_) => "unknown".to_owned(),
        },
    };
    // Plain values without maps: it cannot fail, and if it did, nothing would compare equal to it.
    let text = serde_json::to_vec(&fingerprint).unwrap_or_default();
    Hash::of(&text).0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Signature, label::Place, label::Uberblock};
    use super::*;

    fn clean() -> Evidence {
        Evidence {
            disk: "sda".to_owned(),
            partitions: vec![],
            holds: Ok(vec![]),
            member: Ok(None),
            signatures: Ok(vec![]),
            udev: vec![],
            labels: Ok(vec![]),
            bytes: Ok(None),
            only_table: false,
            erase: vec![],
        }
    }

    fn signature(device: &str, kind: &str, usage: &str) -> Found {
        Found {
            device: device.to_owned(),
            offset: "0x0".to_owned(),
            usage: usage.to_owned(),
            signature: Signature { kind: kind.to_owned(), label: None, uuid: None },
        }
    }

    fn partition() -> Partition {
        Partition { name: "sda1".to_owned(), number: 1, start: 1 << 20, size: 1 << 30 }
    }

    fn traces() -> label::Found {
        label::Found {
            place: Place {
                at: 0,
                size: 1 << 40,
                words: "on the whole disk".to_owned(),
                of_other_sectors: false,
            },
            best: None,
            agree: 0,
            differ: 0,
            broken: vec!["uberblocks without a label".to_owned()],
            newest: Some(Uberblock { txg: 1, timestamp: 1 }),
        }
    }

    fn held(boot: bool) -> Hold {
        Hold { by: "mounted at /".to_owned(), boot }
    }

    /// Everything that can be wrong with a disk, one at a time.
    fn faults() -> Vec<fn(&mut Evidence)> {
        vec![
            |it| it.holds = Err(Unknown::because("it failed")),
            |it| it.holds = Ok(vec![held(true)]),
            |it| it.member = Err(Unknown::because("it failed")),
            |it| {
                let pool = "tank".to_owned();
                it.member = Ok(Some(Membership { pool, guid: 1, vdev: "raidz1-0".to_owned() }));
            },
            |it| it.signatures = Err(Unknown::because("it failed")),
            |it| it.signatures = Ok(vec![signature("sda", "ext4", "filesystem")]),
            |it| it.signatures = Ok(vec![signature("sda", "gpt", "partition-table")]),
            |it| it.signatures = Ok(vec![signature("sda", "zfs_member", "filesystem")]),
            |it| it.signatures = Ok(vec![signature("sda1", "xfs", "filesystem")]),
            |it| it.partitions = vec![partition()],
            |it| it.udev = vec!["ext4 on sda".to_owned()],
            |it| it.labels = Err(Unknown::because("it failed")),
            |it| it.labels = Ok(vec![traces()]),
            |it| it.bytes = Err(unasked()),
            |it| it.bytes = Ok(Some((7, Hash::of(b"x")))),
        ]
    }

    #[test]
    fn nothing_is_erased_that_somebody_uses_or_nobody_could_look_at() {
        assert!(contents(&clean()).erasable);
        assert_eq!(contents(&clean()).digest, blank_digest());
        for (index, fault) in faults().into_iter().enumerate() {
            let mut it = clean();
            fault(&mut it);
            let failed = [0, 2, 4, 11].contains(&index);
            let used = [1, 3].contains(&index);
            assert_eq!(contents(&it).erasable, !failed && !used, "{index}");
        }
        let failed = Evidence { bytes: Err(Unknown::because("it failed")), ..clean() };
        assert!(!contents(&failed).erasable);
    }

    #[test]
    fn blank_is_what_all_sources_agree_on() {
        assert_eq!(contents(&clean()).owner, Owner::Blank);
        for (index, fault) in faults().into_iter().enumerate() {
            let mut it = clean();
            fault(&mut it);
            let found = contents(&it);
            assert_ne!(found.owner, Owner::Blank, "{index}");
            // What udev remembers is an older answer of libblkid, not something on the disk.
            let same = found.digest == contents(&clean()).digest;
            assert_eq!(same, !it.udev.is_empty(), "{index}");
        }
    }

    #[test]
    fn kinds_have_owners() {
        let owner = |kind: &str, usage: &str| {
            let signatures = Ok(vec![signature("sda", kind, usage)]);
            contents(&Evidence { signatures, ..clean() }).owner
        };
        assert!(matches!(owner("linux_raid_member", "raid"), Owner::Md(_)));
        assert!(matches!(owner("LVM2_member", "raid"), Owner::Lvm(_)));
        assert!(matches!(owner("crypto_LUKS", "crypto"), Owner::Luks(_)));
        assert!(matches!(owner("swap", "other"), Owner::Swap(_)));
        assert!(matches!(owner("btrfs", "filesystem"), Owner::Filesystem(_)));
        assert!(matches!(owner("bcache", "other"), Owner::Other(_)));
        assert!(matches!(owner("isw_raid_member", "raid"), Owner::Other(_)));
        let empty = Owner::PartitionTable { kind: "dos".to_owned(), partitions: vec![] };
        assert_eq!(owner("dos", "partition-table"), empty);
    }

    proptest! {
        #[test]
        fn no_pile_of_faults_looks_blank(chosen in proptest::collection::vec(0_usize..15, 1..6)) {
            let mut it = clean();
            for index in chosen {
                faults()[index](&mut it);
            }
            prop_assert_ne!(contents(&it).owner, Owner::Blank);
        }
    }
}
