//! What is promised to users, proved on real OpenZFS in virtual boxes: `scripts/test` runs it by name.
//!
//! Each test boots a box of its own and takes about a minute under emulation, so that a test does many
//! things in one boot. Two run at a time where there is memory for it.
// Tests end by panicking, and tell the seconds of a boot on standard error.
#![allow(clippy::expect_used, clippy::print_stderr)]
#![allow(clippy::disallowed_methods)] // the tests are outside of zbay: they start programs and write files themselves

// What the tests share: each of these imports only from those above it.
mod dice;
#[path = "../../../../tests/capacity/pools.rs"]
mod pools;
mod promises;
mod shelf;

// The tests.
mod care;
mod drills;
mod earlier;
mod equal;
mod every_kind;
mod foreign;
mod growth;
mod inventory;
mod keys;
mod killed;
mod life;
mod moving;
mod newcomers;
mod profiles;
mod reborn;
mod releases;
mod seed;
mod smoke;
mod storm;
mod told;
