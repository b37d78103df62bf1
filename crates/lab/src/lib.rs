//! The laboratory: virtual boxes with real OpenZFS, in which zbay is proved. No part of the product.
//!
//! ```text
//!   vm-images/BOX.yaml   zbay's hw/NAME.yaml
//!            |                   |
//!          VmBox ----------------+--> qemu_args --> Lab: booted, forked, spoken to, cut off
//!            |                                       |
//!          files: drives, with the appliance's root  +--> seconds: how long each test had its boxes
//! ```
//!
//! The library `zbay` is known here for its descriptions of hardware, its YAML and its names; zbay knows nothing of
//! this crate. What is in a box is zbay the program, as cargo builds it.
// A test ends by panicking, and so does what it is made of; seconds go to standard error; a laboratory starts programs
// and writes files itself.
#![allow(clippy::expect_used, clippy::missing_panics_doc, clippy::print_stderr)]
#![allow(clippy::disallowed_methods)]

/// A box as its file has it: what it is, and the drives in it.
pub mod recipe;

/// The QEMU command line of a box. Pure.
pub mod qemu;

/// The drives of a box as files, and what is put into its root file system.
pub mod files;

/// Programs with a limit, ports, the directory of all boxes.
mod host;

/// The zbay that goes into the boxes.
mod program;

/// How long each test may take, and the long run in parts. Pure.
pub mod budget;

/// When each test had its boxes, and what is said of it.
pub mod seconds;

/// A box under test.
mod lab;

/// A box that runs, over ssh.
mod ssh;

/// A box, by QEMU's monitor.
mod qmp;

/// The drives of a box, from outside.
mod drives;

/// Boxes that begin where one was booted.
mod fork;

pub use fork::FIRST;
pub use host::Ran;
pub use lab::Lab;
pub use program::program;
