//! What is promised to users, proved on real OpenZFS in virtual boxes: `scripts/test` runs it by name.
//!
//! Each test boots a box of its own and takes about a minute under emulation, so that a test does many
//! things in one boot. They run one after another: two boxes would share two cores.
// Tests end by panicking, and tell the seconds of a boot on standard error.
#![allow(clippy::expect_used, clippy::print_stderr)]
#![allow(clippy::disallowed_methods)] // the tests are outside of zbay: they start programs and write files themselves

mod care;
mod dice;
mod drills;
mod earlier;
mod equal;
mod every_kind;
mod foreign;
mod growth;
mod inventory;
mod keys;
mod killed;
mod lab;
mod life;
mod moving;
mod newcomers;
#[path = "../capacity/pools.rs"]
mod pools;
mod profiles;
mod promises;
mod reborn;
mod releases;
mod seed;
mod shelf;
mod smoke;
mod storm;
mod told;
