//! What a disk holds, in few words: one place for all screens and refusals.
//!
//! A phrase names what was found and never guesses: what is not known stays `unknown` with its reason, and is
//! never called empty. Labels come from the disk and are shown as plain text.

use crate::inventory::{Contents, Facet, ForeignPool, Owner, PoolState, Signature};
use crate::words::plain;

/// What `owner` means, in a phrase: `blank`, `ext4 "photos"`, `ZFS pool media (exported)`.
pub fn contents_phrase(owner: &Owner) -> String {
    match owner {
        Owner::Blank => "blank".to_owned(),
        Owner::Member(member) => {
            format!("pool {} ({})", plain(&member.pool), plain(&member.vdev))
        }
        Owner::ForeignPool(pool) => foreign(pool),
        Owner::Filesystem(found) | Owner::Other(found) => named(&plain(&found.kind), found),
        Owner::PartitionTable { kind, partitions } if partitions.is_empty() => {
            format!("{} partition table, no partition", plain(kind))
        }
        Owner::PartitionTable { kind, partitions } => {
            let list: Vec<String> = partitions.iter().map(|part| plain(part)).collect();
            format!("{} partitions: {}", plain(kind), list.join(", "))
        }
        Owner::Md(found) => named("md array member", found),
        Owner::Lvm(found) => named("LVM physical volume", found),
        Owner::Luks(found) => named("LUKS encrypted volume", found),
        Owner::Swap(found) => named("swap space", found),
        Owner::Held { by, boot } => {
            let mut list: Vec<String> = by.iter().map(|part| plain(part)).collect();
            list.extend(boot.then(|| "the running system".to_owned()));
            if list.is_empty() {
                list.push("by what is not known".to_owned());
            }
            format!("in use: {}", list.join(", "))
        }
        Owner::Unknown { why } => format!("unknown: {}", plain(why)),
    }
}

/// The same phrase for a facet: a disk that could not be looked at is `unknown` too.
pub fn phrase(contents: &Facet<Contents>) -> String {
    match contents {
        Ok(contents) => contents_phrase(&contents.owner),
        Err(unknown) if unknown.asleep => "asleep: `zbay plan` reads it".to_owned(),
        Err(unknown) => format!("unknown: {}", plain(&unknown.why)),
    }
}

/// One or two words for a narrow place: `blank`, `pool tank`, `not free`, `unknown`.
pub fn word(contents: &Facet<Contents>) -> String {
    let contents = match contents {
        Ok(contents) => contents,
        Err(unknown) if unknown.asleep => return "asleep".to_owned(),
        Err(_) => return "unknown".to_owned(),
    };
    match &contents.owner {
        Owner::Blank => "blank".to_owned(),
        Owner::Member(member) => format!("pool {}", plain(&member.pool)),
        Owner::ForeignPool(_) => "other pool".to_owned(),
        Owner::Held { .. } => "in use".to_owned(),
        Owner::Unknown { .. } => "unknown".to_owned(),
        _ => "not free".to_owned(),
    }
}

/// Whether the disk may be taken; `None`: not known.
pub fn free(contents: &Facet<Contents>) -> Option<bool> {
    match contents.as_ref().ok()?.owner {
        Owner::Blank => Some(true),
        Owner::Unknown { .. } => None,
        _ => Some(false),
    }
}

fn named(what: &str, found: &Signature) -> String {
    match &found.label {
        Some(label) => format!("{what} \"{}\"", plain(label)),
        None => what.to_owned(),
    }
}

fn foreign(pool: &ForeignPool) -> String {
    let name = pool.name.as_deref().map_or_else(|| "of unknown name".to_owned(), plain);
    let state = match pool.state {
        PoolState::Active => "not exported",
        PoolState::Exported => "exported",
        PoolState::Destroyed => "destroyed",
        PoolState::Spare => "hot spare",
        PoolState::Cache => "cache",
        PoolState::Other => "state not known",
    };
    match pool.labels {
        4.. => format!("ZFS pool {name} ({state})"),
        labels => format!("ZFS pool {name} ({state}, {labels} of 4 labels)"),
    }
}

#[cfg(test)]
mod tests {
    use super::{contents_phrase, free, phrase, word};
    use crate::inventory::{Contents, ForeignPool, Owner, PoolState, Signature, Unknown};

    fn signature(kind: &str, label: Option<&str>) -> Signature {
        Signature { kind: kind.into(), label: label.map(Into::into), uuid: None }
    }

    fn pool(name: Option<&str>, state: PoolState, labels: u8) -> Owner {
        Owner::ForeignPool(ForeignPool {
            name: name.map(Into::into),
            guid: None,
            state,
            hostname: None,
            hostid: None,
            last_used: None,
            txg: Some(4711),
            others: None,
            shape: None,
            comment: None,
            labels,
            never_synced: false,
        })
    }

    #[test]
    fn phrases() {
        for (owner, words) in [
            (Owner::Blank, "blank"),
            (Owner::Filesystem(signature("ext4", Some("photos"))), "ext4 \"photos\""),
            (Owner::Filesystem(signature("ntfs", Some("a\u{1b}[1m"))), "ntfs \"a?[1m\""),
            (pool(Some("media"), PoolState::Exported, 4), "ZFS pool media (exported)"),
            (
                pool(None, PoolState::Spare, 2),
                "ZFS pool of unknown name (hot spare, 2 of 4 labels)",
            ),
            (Owner::Md(signature("linux_raid_member", None)), "md array member"),
            (
                Owner::PartitionTable { kind: "gpt".into(), partitions: vec![] },
                "gpt partition table, no partition",
            ),
            (
                Owner::Held { by: vec!["mounted at /".into()], boot: true },
                "in use: mounted at /, the running system",
            ),
            (Owner::Held { by: vec!["md0".into()], boot: false }, "in use: md0"),
            (Owner::Held { by: vec![], boot: false }, "in use: by what is not known"),
            (Owner::Unknown { why: "non-zero bytes".into() }, "unknown: non-zero bytes"),
        ] {
            assert_eq!(contents_phrase(&owner), words);
        }
    }

    #[test]
    fn only_blank_is_free_and_nothing_unknown_is_empty() {
        let of = |owner| Ok(Contents::bare(owner));
        assert_eq!(free(&of(Owner::Blank)), Some(true));
        assert_eq!(free(&of(Owner::Swap(signature("swap", None)))), Some(false));
        assert_eq!(free(&of(Owner::Unknown { why: String::new() })), None);
        let unknown = Err(Unknown::because("permission denied"));
        assert_eq!(free(&unknown), None);
        assert_eq!(phrase(&unknown), "unknown: permission denied");
        assert_eq!(word(&unknown), "unknown");
    }
}
