//! Being told in time: one notice for each change of state, not for each look.
//!
//! Pure. What is the matter is a set of [`Matter`]s; what was told of them lies in a small file ([`Told`]). A matter that is
//! new is told at once where data is at stake, and else when it is still there at the next look; one that is over is told
//! when it has stayed away for a while, so that a cable that comes and goes makes one notice and not a hundred. A notice
//! that could not be sent is sent again at the next look, together with what came since.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::status::Weight;

pub mod matters;
pub mod metrics;
pub mod send;

/// Where what was told lies.
pub const PATH: &str = "/var/lib/zbay/told.json";
/// A matter that does not lose data is told when it has lasted this long.
const PATIENCE: SignedDuration = SignedDuration::from_mins(4);
/// It is over when it has stayed away this long.
const AWAY: SignedDuration = SignedDuration::from_mins(15);
/// A look is missed when none was for this long.
const MISSED: SignedDuration = SignedDuration::from_mins(60);
/// The weekly line.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Where a matter is told again though nothing changed: data at stake.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Something that is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// What tells it from others: pool, condition, serials.
    pub key: String,
    /// How much it matters.
    pub weight: Weight,
    /// One sentence: `bay 3 has failed`.
    pub says: String,
    /// What follows from it.
    pub means: String,
    /// What to type.
    pub next: Option<String>,
    /// Rows about the drives: bay, model, serial.
    pub drives: Vec<String>,
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// When the last look was.
    pub looked: Option<Timestamp>,
    /// When drives were asked for their health.
    pub asked: Option<Timestamp>,
    /// When the last weekly line was sent.
    pub weekly: Option<Timestamp>,
    /// Matters by key.
    pub matters: BTreeMap<String, Known>,
    /// Allocated bytes by pool, one value a day, the newest last.
    pub filled: BTreeMap<String, Vec<(Timestamp, u64)>>,
}

/// A matter that was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// As it was seen last.
    pub matter: Matter,
    /// When it was seen first.
    pub since: Timestamp,
    /// When it was seen last.
    pub seen: Timestamp,
    /// When it was told; `None`: not yet.
    pub told: Option<Timestamp>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// One line.
    pub subject: String,
    /// Lines.
    pub body: String,
    /// The gravest of what it tells.
    pub weight: Weight,
}

/// What a look is about: the host's name for the subject, and the headlines of its pools.
#[derive(Clone, Debug)]
pub struct Scene<'a> {
    /// Host.
    pub host: &'a str,
    /// When.
    pub now: Timestamp,
    /// One sentence a pool.
    pub headlines: &'a [String],
    /// Whether all is told once a week.
    pub weekly: bool,
}

/// What is to be told now, and what will have been told if that is sent.
pub fn decide(told: &Told, matters: &[Matter], scene: &Scene<'_>) -> (Option<Notice>, Told) {
    let now = scene.now;
    let mut next = Told { looked: Some(now), ..told.clone() };
    let mut new: Vec<Matter> = Vec::new();
    let mut again: Vec<Matter> = Vec::new();
    for matter in matters {
        let known = next.matters.entry(matter.key.clone()).or_insert_with(|| Known {
            matter: matter.clone(),
            since: now,
            seen: now,
            told: None,
        });
        (known.seen, known.matter) = (now, matter.clone());
        let grave = matter.weight == Weight::Wrong;
        let lasted = now.duration_since(known.since) >= PATIENCE;
        match known.told {
            None if matter.weight != Weight::Notice && (grave || lasted) => {
                known.told = Some(now);
                new.push(matter.clone());
            }
            Some(at) if grave && now.duration_since(at) >= AGAIN => {
                known.told = Some(now);
                again.push(matter.clone());
            }
            _ => {}
        }
    }
    let mut over: Vec<Matter> = Vec::new();
    next.matters.retain(|_, known| {
        let gone = now.duration_since(known.seen) >= AWAY;
        if gone && known.told.is_some() {
            over.push(known.matter.clone());
        }
        !gone
    });
    let missed = told.looked.filter(|looked| now.duration_since(*looked) >= MISSED);
    let well = matters.iter().all(|matter| matter.weight == Weight::Notice);
    let due = told.weekly.is_none_or(|last| now.duration_since(last) >= WEEK);
    let weekly = scene.weekly && well && due && new.is_empty() && over.is_empty();
    if weekly {
        next.weekly = Some(now);
    }
    let notice = compose(scene, &new, &again, &over, missed, weekly);
    (notice, next)
}

fn compose(
    scene: &Scene<'_>,
    new: &[Matter],
    again: &[Matter],
    over: &[Matter],
    missed: Option<Timestamp>,
    weekly: bool,
) -> Option<Notice> {
    let host = scene.host;
    let first = new.iter().chain(again).min_by_key(|matter| matter.weight);
    let what = match (first, over.first(), missed) {
        (Some(first), ..) => first.says.clone(),
        (None, Some(over), _) => format!("over: {}", over.says),
        (None, None, Some(_)) => "zbay did not look for a while".to_owned(),
        (None, None, None) if weekly => "all is well".to_owned(),
        (None, None, None) => return None,
    };
    let more = (new.len() + again.len() + over.len()).saturating_sub(1);
    let more = if more > 0 { format!(" (and {more} more)") } else { String::new() };
    let mut body = String::new();
    for headline in scene.headlines {
        let _ = writeln!(body, "{headline}");
    }
    for (word, matters) in [("now", new), ("still", again)] {
        for matter in matters {
            let _ = write!(body, "\n{word}: {}\n", matter.says);
            let _ = writeln!(body, "  {}", matter.means);
            for drive in &matter.drives {
                let _ = writeln!(body, "  {drive}");
            }
            if let Some(next) = &matter.next {
                let _ = writeln!(body, "  do this: {next}");
            }
        }
    }
    for matter in over {
        let _ = write!(body, "\nover: {}\n", matter.says);
    }
    if let Some(looked) = missed {
        let when = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let _ = write!(
            body,
            "\nnobody looked between {} and {}: the box was off, or `systemctl status zbay-notify.timer` says why\n",
            when(looked),
            when(scene.now)
        );
    }
    let weight = first.map_or(Weight::Notice, |matter| matter.weight);
    Some(Notice { subject: format!("{host}: {what}{more}"), body, weight })
}

#[cfg(test)]
mod tests;
