//! Numbers as smartctl writes them.

use serde_json::Value;

/// A count, also where it is written as a text because it exceeds what a JSON number holds safely.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
