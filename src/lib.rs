//! zbay: a small server with drive bays becomes a ZFS NAS.
pub mod apply;
pub mod capacity;
pub mod check;
pub mod drive;
pub mod fault;
pub mod hw;
pub mod inventory;
pub mod machine;
pub mod names;
pub mod plan;
pub mod profile;
pub mod render;
pub mod shipped;
pub mod units;
pub mod vmbox;
pub mod verify;
pub mod yaml;
