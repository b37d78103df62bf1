//! Datasets of imported pools, from `zfs get -j -p -t filesystem,volume all`.
//!
//! The form is that of OpenZFS 2.3 (`zfs_do_get`, `cmd/zfs/zfs_main.c`). Of the seventy properties of a
//! dataset those are kept that someone set, and those that a profile may wish or that zbay shows ([`super::property`]).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::inventory::json::{Ordered, RawProperty, document};
use crate::inventory::{Dataset, Unknown};
use crate::property::is_looked_at;
use crate::units::Bytes;

#[derive(Deserialize)]
struct Get {
    datasets: Ordered<GetDataset>,
}

#[derive(Deserialize)]
struct GetDataset {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    pool: String,
    properties: Ordered<RawProperty>,
}

/// The datasets by pool, each pool's in the order of `zfs list`: the root first.
pub(super) fn datasets(text: &str) -> Result<BTreeMap<String, Vec<Dataset>>, Unknown> {
    let mut by_pool: BTreeMap<String, Vec<Dataset>> = BTreeMap::new();
    for it in document::<Get>("zfs get", text)?.datasets.values() {
        let number = |name: &str| {
            let property = it.properties.get(name).and_then(|it| it.text().parse().ok());
            property.map(Bytes).ok_or_else(|| {
                Unknown::because(format!("`zfs get` gives {} no readable {name}", it.name))
            })
        };
        let kept = it.properties.0.iter().map(|(name, property)| property.named(name));
        let set = |source: &str| ["local", "inherited", "received", "temporary"].contains(&source);
        by_pool.entry(it.pool.clone()).or_default().push(Dataset {
            name: it.name.clone(),
            kind: it.kind.to_ascii_lowercase(),
            used: number("used")?,
            available: number("available")?,
            properties: kept.filter(|it| set(&it.source) || is_looked_at(&it.name)).collect(),
        });
    }
    Ok(by_pool)
}
