//! zbay turns a small server with a few drive bays into a ZFS NAS, and keeps it one.
//!
//! Data goes one way. Each arrow is a plain function, each word between them a plain value:
//!
//! ```text
//!   what you may write              what is there
//!   hw/*.yaml   profiles/*.yaml     udev, sysfs, wipefs, zpool, raw labels
//!        |            |                  |            (or a recorded machine)
//!        +--- yaml ---+               Machine
//!        |            |                  |
//!        Hw        Profile         inventory::look
//!        |            |                  |
//!        +-- check ---+              Inventory
//!               |                        |
//!             Notes                      |
//!               +-------> plan <---------+------> domain -> Drift
//!          capacity ----> make
//!                          |
//!                         Plan ---> render -> text, JSON
//!                          |
//!                        apply ---> Machine::change, journal; then look again
//! ```
//!
//! * Only `machine::real` (and what a user names by a path, `machine::local`) touches the world; clippy sees to it.
//! * A plan decides everything; `apply` carries it out or stops. It looks again before and after.
//! * What is unknown is a separate value, never a default and never "empty".
//! * A fault is a value until it is printed once, at the edge.
//!
//! The modules ("rooms"), in the order in which data flows through them. Start reading at [`plan::make`].

/// OpenZFS's space arithmetic, before anything is written; quantities; the risk of losing a pool. Pure, and useful without
/// zbay: a separate crate that everything else builds on.
pub use zfs_capacity as capacity;
pub use zfs_capacity::{risk, units};

/// Names of pools, datasets and bays; serials and world wide names. What exists as a value is safe in a command.
pub mod names;

/// Colour by meaning, on a terminal.
pub mod paint;

/// Words for a console: plain text, wrapped, lists of bays, labelled lines.
pub mod words;

/// Placeholders that firmware leaves in fields that should identify a unit.
pub mod filler;

/// One thing that a person should know or do, as programs read it.
pub mod finding;

/// The last filter before a terminal: foreign text is shown, never obeyed.
pub mod console;

/// Tables of text.
pub mod table;

/// A fault in a user's file: position, message, what to type instead.
pub mod fault;

/// YAML to types, with every fault of the file at once.
pub mod yaml;

/// The only interface to the real system: real, or recorded and played back.
pub mod machine;

/// What a drive reports about its health, and what follows from it. Pure.
pub mod smart;

/// The properties of a dataset that a profile may set: one table.
pub mod property;

/// Hardware descriptions: bays, ports, modes, what boots.
pub mod hw;

/// The profile: one pool over bays, its properties, its datasets.
pub mod profile;

/// What is there, and who owns it.
pub mod inventory;

/// A drive as every message names it.
pub mod drive;

/// How zbay refuses, in one form for all commands.
pub mod refuse;

/// The files that come with zbay, and where they can be overridden.
pub mod shipped;

/// What earlier runs saw of the drives.
pub mod history;

/// Where the bytes of an existing pool went. Pure.
pub mod explain;

/// Makes a drive identify itself, with its light or by reads.
pub mod locate;

/// Which port is which bay on this server, found out with the person in front of it.
pub mod learn;

/// What is done, as values: steps, commands, conditions, and the journal of what was started.
pub mod step;

/// What all differences between the profile and the machine have in common.
pub mod drift;

/// A layout and its drives as the vdevs that the arithmetic knows. Pure.
pub mod layout;

/// Rules over server, profile and drives: what cannot work, what is at risk, the remedy.
pub mod check;

/// Which jobs scrub, trim, test and send alerts: one schedule, one source of alerts. Pure, except [`care::facts`].
pub mod care;

/// Capabilities with the same few faces: what each looks at, what differs, what mends it, what is due.
pub mod domain;

/// A pool's health: what is wrong, in which bay, what to do next. Pure.
pub mod status;

/// Layouts for the drives here, side by side, the best one first. Pure.
pub mod propose;

/// From a profile and what is there to a plan. Pure.
pub mod plan;

/// A profile written from an existing pool.
pub mod adopt;

/// The life of an existing pool: replacing failed drives, growing, moving. Pure.
pub mod life;

/// Alerts: one for each change. Pure.
pub mod notice;

/// Carries out a plan step by step, with a journal.
pub mod apply;

/// From values to screens.
pub mod render;

/// Every parser of outside text and bytes by name, for tests that feed them garbage.
pub mod outside;

/// What can be typed.
pub mod cli;

/// One file per command: load, call, render.
pub mod cmd;
