//! What people and programs see: values in, text or JSON out.
//!
//! Nothing here looks at a machine, so every screen is a function that a test can call. Screens keep to 80
//! columns of ASCII, name the bay first, never cut a serial, and show what is not known as `?` or in words.
//! `table` alone knows the table crate, [`crate::words`] alone cuts and wraps,
//! [`crate::inventory::phrase`] says what a disk holds, `svg` draws.

pub mod bar;
pub mod capacity;
pub mod capacity_of;
pub mod care;
pub mod disk;
pub mod explain;
#[cfg(test)]
pub(crate) mod fixture;
pub mod front;
pub mod grow;
pub mod history;
pub mod hw;
pub mod json;
pub mod odds;
pub mod optimal;
pub mod overview;
pub mod plan;
pub mod pool;
pub mod propose;
pub mod sheet;
pub mod status;
pub mod svg;
pub mod task;
pub mod vdev_id;

#[cfg(test)]
mod width_tests;
