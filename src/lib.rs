//! zbay turns a small server with a few drive bays into a ZFS NAS, and keeps it one.
//!
//! Data goes one way. Each arrow is a plain function, each word between them a plain value:
//!
//! ```text
//!   what may be written             what is there
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
//! * A plan decides everything; `apply` carries it out or stops. It looks again first, and after.
//! * What could not be known is a value of its own, never a default and never "empty".
//! * A fault is a value until it is printed at the edge, once.
//!
//! The rooms, in the order in which data flows through them. Where to begin: [`plan::make`].

/// OpenZFS's arithmetic, before anything is written; quantities; how likely a pool is to be lost. Pure, and of use without
/// zbay: a crate of its own, the ground of all rooms.
pub use zfs_capacity as capacity;
pub use zfs_capacity::{risk, units};

/// Names of pools, datasets, bays; serials and world wide names. What exists as a value may stand in a command.
pub mod names;

/// Colour by meaning, on a terminal.
pub mod paint;

/// Words for a console: plain text, wrapped, lists of bays, labelled lines.
pub mod words;

/// What firmware leaves in a field that should tell one unit from another.
pub mod filler;

/// One thing that a person should know or do, as programs read it.
pub mod finding;

/// The one filter before a terminal: what comes from outside is shown and never obeyed.
pub mod console;

/// Tables of text.
pub mod table;

/// A fault in a user's file: place, message, what to type instead.
pub mod fault;

/// YAML to types, with every fault of the file at once.
pub mod yaml;

/// The one door to the world: real, or recorded and played back.
pub mod machine;

/// What a drive says of its own health, and what follows from it. Pure.
pub mod smart;

/// The properties of a dataset that a profile may set: one table.
pub mod property;

/// What a box is: bays, ports, modes, what boots.
pub mod hw;

/// What is wished: one pool over bays, its properties, its datasets.
pub mod profile;

/// What is there, and whose it is.
pub mod inventory;

/// A drive as every message names it.
pub mod drive;

/// How zbay says no, in one form for all commands.
pub mod refuse;

/// The files that come with zbay, and where they can be overridden.
pub mod shipped;

/// What earlier looks saw of the drives.
pub mod history;

/// Where the bytes of a pool that exists went. Pure.
pub mod explain;

/// Makes a drive show itself, by a light or by reads.
pub mod locate;

/// Which port is which bay of this very box, found out with the person before it.
pub mod learn;

/// What is done, as values: steps, commands, conditions, and the journal of what was begun.
pub mod step;

/// What all differences between the profile and the machine have in common.
pub mod drift;

/// A layout and its drives as the vdevs that the arithmetic knows. Pure.
pub mod layout;

/// Rules over box, wish and drives: what cannot work, what is at stake, the way out.
pub mod check;

/// Who scrubs, trims, tests and tells: one schedule and one voice. Pure, but for [`care::facts`].
pub mod care;

/// Capabilities with the same few faces: what each looks at, what differs, what mends it, what is due.
pub mod domain;

/// How a pool is: what is wrong, in which bay, what to do next. Pure.
pub mod status;

/// Layouts for the drives that are there, side by side, the best one first. Pure.
pub mod propose;

/// Profile and look to a plan. Pure.
pub mod plan;

/// A profile made from a pool that is there already.
pub mod adopt;

/// The life of a pool that exists: what fails, what takes its place, how it grows. Pure.
pub mod life;

/// Being told in time: one notice for each change. Pure.
pub mod notice;

/// Does what a plan says, step by step, with a journal.
pub mod apply;

/// Values to screens.
pub mod render;

/// Every reader of outside text and bytes by name, for tests that feed them rubbish.
pub mod outside;

/// What can be typed.
pub mod cli;

/// One file a command: load, call, render.
pub mod cmd;
