//! zbay: a small server with drive bays becomes a ZFS NAS.
pub mod inventory;
pub mod machine;
pub mod names;
pub mod units;
