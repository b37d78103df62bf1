//! What a refusal says of a disk that is not free: enough for a person to decide whose it is.
//!
//! [`super::phrase`] has the short phrase of the tables; here are the sentence with host, date and members, and the
//! way to keep what is on the disk.

use super::phrase::contents_phrase;
use crate::inventory::{ForeignPool, Owner, PoolState};
use crate::words::plain;

/// What the disk holds, in a sentence.
pub fn sentence(owner: &Owner) -> String {
    match owner {
        Owner::ForeignPool(pool) => foreign(pool),
        Owner::Member(member) => {
            format!(
                "a member of the imported pool `{}` ({})",
                plain(&member.pool),
                plain(&member.vdev)
            )
        }
        other => {
            let uuid = match other {
                Owner::Filesystem(found)
                | Owner::Md(found)
                | Owner::Lvm(found)
                | Owner::Luks(found) => found.uuid.as_deref(),
                _ => None,
            };
            let phrase = contents_phrase(other);
            uuid.map_or_else(|| phrase.clone(), |uuid| format!("{phrase}, UUID {}", plain(uuid)))
        }
    }
}

fn foreign(pool: &ForeignPool) -> String {
    let name = pool
        .name
        .as_deref()
        .map_or_else(|| "of unknown name".to_owned(), |n| format!("`{}`", plain(n)));
    let role = match pool.state {
        PoolState::Spare => "a hot spare of a ZFS pool",
        PoolState::Cache => "a cache device of a ZFS pool",
        _ => "a member of ZFS pool",
    };
    let mut parts = vec![format!("{role} {name}")];
    let others = pool.others.map(|others| format!("{others} other members"));
    parts.extend(match (&pool.shape, others) {
        (Some(shape), Some(others)) => Some(format!("({}, {others})", plain(shape))),
        (Some(one), None) => Some(format!("({})", plain(one))),
        (None, Some(one)) => Some(format!("({one})")),
        (None, None) => None,
    });
    let mut text = parts.join(" ");
    match (&pool.hostname, &pool.hostid) {
        (Some(host), _) => text.extend([", last used by host `", &plain(host), "`"]),
        (None, Some(id)) => text.extend([", last used by a host with hostid ", &plain(id)]),
        (None, None) if pool.last_used.is_some() => text.push_str(", last used"),
        (None, None) => {}
    }
    if let Some(when) = pool.last_used {
        text.extend([" on ".to_owned(), when.strftime("%Y-%m-%d").to_string()]);
    }
    text.push_str(match pool.state {
        PoolState::Active => ", not exported",
        PoolState::Exported => ", exported",
        PoolState::Destroyed => ", destroyed but still recoverable",
        PoolState::Spare | PoolState::Cache | PoolState::Other => "",
    });
    if pool.labels < 4 {
        text.extend([" (only ", &pool.labels.to_string(), " of 4 labels are readable)"]);
    }
    text
}

/// How to keep what is on the disk.
pub fn keep(owner: &Owner) -> String {
    match owner {
        Owner::ForeignPool(pool) => {
            let name = pool.name.as_deref().map(plain).filter(|name| !name.is_empty());
            match (pool.state, name) {
                (PoolState::Destroyed, Some(name)) => {
                    format!("take the drive out, or bring its pool back: `zpool import -D {name}`")
                }
                (PoolState::Active | PoolState::Exported, Some(name)) => {
                    format!(
                        "take the drive out, or bring its pool back whole: `zbay import {name}`"
                    )
                }
                _ => "take the drive out, and find out which pool it belongs to".to_owned(),
            }
        }
        Owner::Member(member) => {
            format!("it is in use: leave it in pool `{}`", plain(&member.pool))
        }
        Owner::Held { .. } => "it is in use: find out by what before anything else".to_owned(),
        Owner::Unknown { .. } => "take the drive out, and look at it on another machine".to_owned(),
        _ => "take the drive out, or copy what is on it elsewhere".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{keep, sentence};
    use crate::inventory::{ForeignPool, Owner, PoolState, Signature};

    #[test]
    fn a_foreign_pool_is_told_with_host_and_date() {
        let owner = Owner::ForeignPool(ForeignPool {
            name: Some("media".into()),
            guid: None,
            state: PoolState::Active,
            hostname: Some("oldnas".into()),
            hostid: None,
            last_used: "2024-03-02T10:00:00Z".parse().ok(),
            txg: Some(4711),
            others: Some(3),
            shape: Some("raidz1 of 4".into()),
            comment: None,
            labels: 4,
            never_synced: false,
        });
        assert_eq!(
            sentence(&owner),
            "a member of ZFS pool `media` (raidz1 of 4, 3 other members), last used by host `oldnas` on \
             2024-03-02, not exported"
        );
        assert!(keep(&owner).contains("zbay import media"));
    }

    #[test]
    fn a_file_system_is_told_with_its_uuid() {
        let found = Signature {
            kind: "ext4".into(),
            label: Some("photos".into()),
            uuid: Some("1-2".into()),
        };
        assert_eq!(sentence(&Owner::Filesystem(found)), "ext4 \"photos\", UUID 1-2");
    }
}
