//! Chance that can be had again: a seed that is printed, and `ZBAY_SEED=N` for the same throws.

use std::time::{SystemTime, UNIX_EPOCH};

/// A seed and what it has come to.
pub struct Dice {
    state: u64,
}

impl Dice {
    /// By `ZBAY_SEED`, else by the clock. `what` is drawn with them, for the line that tells the seed.
    pub fn new(what: &str) -> Self {
        let told = std::env::var("ZBAY_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.as_secs());
        let seed: u64 = told.unwrap_or_else(now);
        eprintln!("{what} by ZBAY_SEED={seed}");
        Self { state: seed | 1 }
    }

    /// From 0 to less than `end`.
    pub fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let at = self.state % u64::try_from(end.max(1)).expect("a few");
        usize::try_from(at).expect("a few")
    }

    /// One of them; none of none.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        let at = self.below(of.len());
        of.get(at)
    }
}
