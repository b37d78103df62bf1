//! zbay: a small server with drive bays becomes a ZFS NAS.
pub mod units;
