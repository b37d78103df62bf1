//! How much of the server's memory ZFS may cache in: `memory:` in a profile.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::units::Bytes;

/// The smallest limit of the ARC that OpenZFS heeds (`MIN_ARC_MAX` of 2.3 in module/zfs/arc.c), bytes.
const LEAST: Bytes = Bytes(64 << 20);

/// How memory is shared between ZFS and all else on the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The most that ZFS's cache (the ARC) takes, such as 4GiB. Default: OpenZFS decides.
    #[serde(default, deserialize_with = "limit")]
    #[schemars(with = "Option<String>")]
    pub arc: Option<Bytes>,
}

fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
    let limit = crate::yaml::size::option::deserialize(deserializer)?;
    if limit.is_some_and(|limit| limit < LEAST) {
        return Err(serde::de::Error::custom("OpenZFS ignores a limit below 64MiB"));
    }
    Ok(limit)
}
