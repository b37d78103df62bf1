//! A pool that is on drives here and not imported: why, and the way in.

use super::{Condition, What};
use crate::inventory::{ImportablePool, Reason, State};

impl What {
    /// What a pool that waits is in.
    pub fn of_waiting(pool: &ImportablePool) -> Self {
        match pool.reason {
            Reason::InUse => Self::ImportInUse,
            Reason::NoHostid => Self::ImportNoHostid,
            Reason::Newer => Self::ImportNewer,
            Reason::Features => Self::ImportFeatures,
            Reason::ReadOnly => Self::ImportReadOnly,
            _ if pool.log_lost => Self::ImportLog,
            Reason::BadLog => Self::ImportLog,
            Reason::OtherHost => Self::ImportOtherHost,
            Reason::Missing if pool.state != State::Degraded => Self::ImportMissing,
            Reason::Corrupted if pool.state != State::Degraded => Self::ImportDamaged,
            Reason::Damaged => Self::ImportDamaged,
            _ if pool.state.is_working() => Self::NotImported,
            _ => Self::ImportRefused,
        }
    }
}

/// What a shell takes as one word.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

/// What is to say of one; `all`: those that wait with it, of which some may have its name.
pub fn waiting(pool: &ImportablePool, all: &[ImportablePool]) -> Condition {
    let is_alone = all.iter().filter(|it| !it.destroyed && it.name == pool.name).count() < 2;
    let by_name = is_alone && is_plain(&pool.name);
    let name = if is_alone { pool.name.clone() } else { format!("{} ({})", pool.name, pool.guid) };
    let detail = pool.detail.clone().unwrap_or_else(|| pool.state.to_string());
    let member = if by_name { pool.name.clone() } else { pool.guid.clone() };
    Condition {
        member: Some(member),
        vdev: name,
        ..Condition::of_pool(What::of_waiting(pool), &pool.name).with(detail)
    }
}
