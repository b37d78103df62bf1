//! Ways out that keep failing: whoever is reached by another way hears of it, and the way itself is tried at each look until
//! it works again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::matters::WAY;
use super::{Matter, PATIENCE, Told};
use crate::status::Weight;

/// A way that has carried nothing since it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    /// When it failed first.
    pub since: Timestamp,
    /// When it was tried last.
    pub tried: Timestamp,
    /// What it is, in a sentence: `mail`.
    pub word: String,
    /// Why, without an address that may be a secret.
    pub why: String,
}

impl Failing {
    /// After a clock that was ahead: how long it has failed stays known.
    pub(super) fn set_right(&mut self, now: Timestamp) {
        let ahead = self.tried.duration_since(now);
        if ahead.is_positive() {
            self.since = self.since.checked_sub(ahead).unwrap_or(now);
            self.tried = now;
        }
        self.since = self.since.min(self.tried);
    }

    /// Whether it is more than one look's bad luck.
    pub(super) fn is_lasting(&self) -> bool {
        self.tried.duration_since(self.since) >= PATIENCE
    }
}

/// What is to be told of the ways that keep failing. Pure.
pub fn matters(told: &Told) -> Vec<Matter> {
    let lasting = told.failing.iter().filter(|(_, failing)| failing.is_lasting());
    lasting.map(|(way, failing)| matter(way, failing)).collect()
}

/// The way out that it is about.
pub(super) fn way(matter: &Matter) -> Option<&str> {
    matter.key.strip_prefix(WAY)
}

fn matter(way: &str, failing: &Failing) -> Matter {
    let Failing { since, word, why, .. } = failing;
    let since = since.strftime("%Y-%m-%d %H:%M UTC");
    Matter {
        means: format!("nothing has arrived that way since {since}: {why}"),
        next: Some("zbay notify --test".to_owned()),
        daily: true,
        ..Matter::of(
            &format!("{WAY}{way}"),
            Weight::Warning,
            format!("alerts cannot be sent by {word}"),
        )
    }
}

impl Told {
    /// Notes that a way carried nothing. `word` is what it is in a sentence, `why` holds no secret.
    pub fn failed(&mut self, way: &str, word: &str, why: &str, now: Timestamp) {
        let (word, why) = (word.to_owned(), why.to_owned());
        let since = self.failing.get(way).map_or(now, |failing| failing.since);
        self.failing.insert(way.to_owned(), Failing { since, tried: now, word, why });
    }
}
