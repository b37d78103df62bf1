//! What must wait until a pool is well.

use crate::domain::storage::drift::Drift;
use crate::drift::Differs;
use crate::inventory::{Activity, Pool, State};
use crate::property::Property;

/// Why nothing but properties may be changed on a pool now; `None`: it is well. The flag is true where not even
/// those can be.
pub fn unwell(pool: &Pool) -> Option<(String, bool)> {
    let name = &pool.name;
    let readonly = |it: &Property| it.name == "readonly" && it.value == "on";
    if pool.properties.iter().any(readonly) {
        return Some((format!("pool {name} is imported read-only"), true));
    }
    if pool.state == State::Suspended {
        return Some((format!("pool {name} is SUSPENDED"), true));
    }
    if pool.state != State::Online {
        return Some((format!("pool {name} is {}", pool.state), false));
    }
    let rebuilds = matches!(pool.activity(), Some(Activity::Resilver | Activity::Expansion));
    let busy = pool.busy.as_ref().filter(|_| rebuilds);
    busy.map(|busy| (format!("pool {name}: {busy}"), false))
}

/// What differs, with what must wait until the pool is well said to.
pub fn patient(drift: Vec<Differs<Drift>>, pool: &Pool) -> Vec<Differs<Drift>> {
    let Some((why, all)) = unwell(pool) else { return drift };
    let wait = |one: Drift| match one {
        Drift::DatasetMissing { .. } | Drift::NotKept { .. } => {
            Drift::Waits { what: one.to_string(), why: why.clone() }
        }
        Drift::Property { fixed: false, .. } if all => {
            Drift::Waits { what: one.to_string(), why: why.clone() }
        }
        other => other,
    };
    drift.into_iter().map(|one| one.map(wait)).collect()
}
