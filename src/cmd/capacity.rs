//! x
/// x
#[derive(Debug, clap::Args)]
pub struct CapacityArgs {}
