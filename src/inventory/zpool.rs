//! Imported pools, from the JSON of `zpool status` and `zpool get`.
//!
//! Forms are those of OpenZFS 2.3 (`zpool_do_status`, `zpool_do_get` in `cmd/zpool/zpool_main.c`), read
//! from `zpool status -j --json-int -P -p` and `zpool get -j -p`. The latter goes without `--json-int`:
//! with it the `guid` property is cut to `i64`. A pool that one command names and another lacks is a
//! reason to stop.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;

use crate::inventory::json::{Number, Ordered, RawProperty, document};
use crate::inventory::pool::UNTOLD;
use crate::inventory::told::{RawCheckpoint, RawCopy, RawLeaf, RawScan, Run, Told, Within};
use crate::inventory::{Class, Dataset, Leaf, Pool, Unknown, Vdev};
use crate::property::Property;
use crate::units::Bytes;

#[derive(Deserialize)]
struct Status {
    pools: Ordered<StatusPool>,
}

#[derive(Deserialize)]
struct StatusPool {
    name: String,
    state: String,
    pool_guid: Number,
    status: Option<String>,
    action: Option<String>,
    msgid: Option<String>,
    #[serde(default)]
    scan_stats: RawScan,
    removal_stats: Option<RawCopy>,
    raidz_expand_stats: Option<RawCopy>,
    checkpoint_stats: Option<RawCheckpoint>,
    #[serde(default)]
    vdevs: Ordered<Node>,
    #[serde(default)]
    logs: Ordered<Node>,
    #[serde(default)]
    l2cache: Ordered<Node>,
    #[serde(default)]
    spares: Ordered<Node>,
    #[serde(default)]
    special: Ordered<Node>,
    #[serde(default)]
    dedup: Ordered<Node>,
    #[serde(default)]
    error_count: Number,
    #[serde(default)]
    errlist: Damaged,
}

/// The names of the damaged files, or why ZFS could not read them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Damaged {
    Names(Vec<String>),
    Failed(String),
}

impl Default for Damaged {
    fn default() -> Self {
        Self::Names(Vec::new())
    }
}

#[derive(Deserialize)]
struct Node {
    #[serde(default)]
    name: String,
    #[serde(default)]
    vdev_type: Option<String>,
    #[serde(default)]
    guid: Number,
    #[serde(default)]
    path: Option<Utf8PathBuf>,
    #[serde(default)]
    was: Option<Utf8PathBuf>,
    #[serde(default)]
    phys_path: Option<String>,
    #[serde(default)]
    devid: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    read_errors: Number,
    #[serde(default)]
    write_errors: Number,
    #[serde(default)]
    checksum_errors: Number,
    #[serde(default)]
    total_space: Number,
    #[serde(default)]
    def_space: Number,
    #[serde(default)]
    alloc_space: Number,
    #[serde(default)]
    phys_space: Number,
    #[serde(flatten)]
    more: RawLeaf,
    #[serde(default)]
    vdevs: Ordered<Node>,
}

#[derive(Deserialize)]
struct Get {
    pools: Ordered<GetPool>,
}

#[derive(Deserialize)]
struct GetPool {
    properties: Ordered<RawProperty>,
}

#[derive(Deserialize)]
struct VdevGet {
    vdevs: Ordered<VdevProperties>,
}

#[derive(Deserialize)]
struct VdevProperties {
    #[serde(default)]
    guid: Number,
    properties: Ordered<RawProperty>,
}

/// The names that `zpool list -H -o name` prints, one a line.
pub(super) fn names(list: &str) -> Vec<String> {
    list.lines().map(str::to_owned).collect()
}

/// Pools from `zpool status -j --json-int -P -p`, without properties, sizes and datasets.
pub(super) fn status(text: &str) -> Result<Vec<Pool>, Unknown> {
    let mut pools = document::<Status>("zpool status", text)?.pools;
    for (_, pool) in &mut pools.0 {
        let classes = [
            &mut pool.logs,
            &mut pool.l2cache,
            &mut pool.spares,
            &mut pool.special,
            &mut pool.dedup,
        ];
        name(&mut pool.vdevs);
        classes.into_iter().for_each(name);
    }
    pools.values().map(pool).collect()
}

/// A vdev without a name of its own is called what it stands under.
fn name(nodes: &mut Ordered<Node>) {
    for (key, node) in &mut nodes.0 {
        if node.name.is_empty() {
            node.name.clone_from(key);
        }
        name(&mut node.vdevs);
    }
}

fn pool(it: &StatusPool) -> Result<Pool, Unknown> {
    let guid = it.pool_guid.0.ok_or_else(|| {
        Unknown::because(format!("`zpool status` gives pool {} no readable guid", it.name))
    })?;
    let root = it.vdevs.values().next();
    let mut vdevs = Vec::new();
    let tops = it.vdevs.values().flat_map(|root| root.vdevs.values());
    vdevs.extend(tops.map(|node| (Class::Normal, node)));
    vdevs.extend(it.special.values().map(|node| (Class::Special, node)));
    vdevs.extend(it.dedup.values().map(|node| (Class::Dedup, node)));
    vdevs.extend(it.logs.values().map(|node| (Class::Log, node)));
    vdevs.extend(it.l2cache.values().map(|node| (Class::Cache, node)));
    vdevs.extend(it.spares.values().map(|node| (Class::Spare, node)));
    let told = Told {
        msgid: it.msgid.clone(),
        scan: it.scan_stats.scan(),
        rebuilds: it.scan_stats.rebuilds(),
        expansion: it.raidz_expand_stats.as_ref().and_then(RawCopy::copying),
        removal: it.removal_stats.as_ref().and_then(RawCopy::copying),
        checkpoint: it.checkpoint_stats.as_ref().and_then(RawCheckpoint::checkpoint),
        fragmentation: None,
    };
    Ok(Pool {
        name: it.name.clone(),
        guid,
        state: it.state.as_str().into(),
        status: it.status.as_deref().map(|status| match it.action.as_deref() {
            Some(action) => format!("{} {}", words(status), words(action)),
            None => words(status),
        }),
        busy: busy(&told),
        errors: it.error_count.0.unwrap_or(0),
        size: Bytes(root.and_then(|root| root.total_space.0).unwrap_or(0)),
        allocated: Bytes(root.and_then(|root| root.alloc_space.0).unwrap_or(0)),
        vdevs: vdevs.into_iter().map(|(class, node)| vdev(class, node)).collect(),
        properties: Vec::new(),
        datasets: Vec::new(),
        told,
    })
}

/// The files that `zpool status -v` names as damaged, in its words.
pub(super) fn damaged(text: &str) -> Result<Vec<String>, Unknown> {
    let pools = document::<Status>("zpool status", text)?.pools;
    let mut all = Vec::new();
    for (_, pool) in pools.0 {
        match pool.errlist {
            Damaged::Names(names) => all.extend(names),
            Damaged::Failed(why) => return Err(Unknown::because(why)),
        }
    }
    Ok(all)
}

/// FRAG by pool, from `zpool list -H -p -o name,fragmentation`; ZFS has `-` where it cannot tell.
pub(super) fn fragmentation(list: &str) -> BTreeMap<String, u8> {
    let pairs = list.lines().filter_map(|line| line.split_once('\t'));
    pairs.filter_map(|(name, frag)| Some((name.to_owned(), frag.parse().ok()?))).collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What runs, in a word or two.
fn busy(told: &Told) -> Option<String> {
    let scan = told.scan.as_ref().filter(|it| matches!(it.run, Run::Active | Run::Paused));
    if let Some(scan) = scan {
        let function = if scan.resilver { "resilver" } else { "scrub" };
        let paused = if scan.run == Run::Paused { ", paused" } else { "" };
        return Some(format!("{function}{paused}"));
    }
    if told.rebuilds.iter().any(|it| it.run == Run::Active) {
        return Some("resilver".to_owned());
    }
    if told.expansion.as_ref().is_some_and(|it| it.run == Run::Active) {
        return Some("raidz expansion".to_owned());
    }
    told.removal.as_ref().filter(|it| it.run == Run::Active).map(|_| "device removal".to_owned())
}

fn vdev(class: Class, node: &Node) -> Vdev {
    let mut leaves = Vec::new();
    // A single disk whose drive is replaced, or for which a spare stands in, is one place still.
    let stands =
        !node.vdevs.0.is_empty() && Within::kind(&node.name, node.vdev_type.as_deref()).is_some();
    collect(node, &[], !stands, &mut leaves);
    Vdev {
        name: node.name.clone(),
        guid: guid(node),
        kind: if stands { "disk".to_owned() } else { kind(node) },
        class,
        state: state(node).into(),
        ashift: None,
        width: if stands { 1 } else { node.vdevs.0.len().max(1) },
        size: node.total_space.0.map(Bytes),
        deflated: node.def_space.0.map(Bytes),
        allocated: node.alloc_space.0.map(Bytes),
        leaves,
    }
}

/// `raidz1-0` is a raidz1; `draid1:4d:11c:1s-0` a draid1:4d:11c:1s, whatever `vdev_type` says of it
/// (2.3.2 has none for dRAID).
fn kind(node: &Node) -> String {
    let from_name = || node.name.rsplit_once('-').map_or("unknown", |(kind, _)| kind).to_owned();
    match node.vdev_type.as_deref() {
        Some("raidz" | "draid") => from_name(),
        Some(kind) => kind.to_owned(),
        None if node.vdevs.0.is_empty() && node.name.starts_with('/') => "disk".to_owned(),
        None => from_name(),
    }
}

/// The text form says UNAVAIL where the JSON has the kernel's `CANT_OPEN`.
fn state(node: &Node) -> String {
    match node.state.as_deref() {
        Some("CANT_OPEN") => "UNAVAIL".to_owned(),
        Some(state) => state.to_owned(),
        None => "UNKNOWN".to_owned(),
    }
}

/// 2.3.0 to 2.3.2 do not find a dRAID by its name, and leave out its type, GUID, class and state: that is unknown there and
/// nowhere else.
fn guid(node: &Node) -> u64 {
    node.guid.0.unwrap_or(UNTOLD)
}

/// The leaves of a vdev, or itself; `within`: the vdevs between them and the top-level one.
fn collect(node: &Node, within: &[Within], is_top: bool, leaves: &mut Vec<Leaf>) {
    for (at, child) in node.vdevs.values().enumerate() {
        let mut inner = within.to_vec();
        if !is_top {
            let (kind, of) = (node.vdev_type.as_deref(), node.vdevs.0.len());
            inner.push(Within::of(&node.name, guid(node), kind, at, of));
        }
        collect(child, &inner, false, leaves);
    }
    if !node.vdevs.0.is_empty() {
        return;
    }
    let count = |number: Number| number.0.unwrap_or(0);
    // A leaf that cannot be opened is named by its guid, and `was` has its path.
    let path = node.was.clone().or_else(|| node.path.clone());
    leaves.push(Leaf {
        path: path.filter(|path| path.is_absolute()),
        guid: guid(node),
        state: state(node).into(),
        phys_path: node.phys_path.clone(),
        devid: node.devid.clone(),
        errors: [count(node.read_errors), count(node.write_errors), count(node.checksum_errors)],
        partition: node.phys_space.0.map(Bytes),
        disk: None,
        told: node.more.told(&node.name, within),
    });
}

/// Pool properties from `zpool get -j -p all`, by pool.
pub(super) fn properties(text: &str) -> Result<BTreeMap<String, Vec<Property>>, Unknown> {
    let get = document::<Get>("zpool get", text)?;
    let list = |pool: GetPool| {
        pool.properties.0.iter().map(|(name, property)| property.named(name)).collect()
    };
    Ok(get.pools.0.into_iter().map(|(name, pool)| (name, list(pool))).collect())
}

/// GUID and ashift by the vdev's name.
pub(super) type Ashifts = BTreeMap<String, (Option<u64>, Option<u8>)>;

/// From `zpool get -j -p ashift POOL all-vdevs`.
pub(super) fn ashifts(text: &str) -> Result<Ashifts, Unknown> {
    let get = document::<VdevGet>("zpool get", text)?;
    let of = |(name, vdev): (String, VdevProperties)| {
        let ashift = vdev.properties.get("ashift").and_then(|it| it.text().parse().ok());
        (name, (vdev.guid.0, ashift.filter(|it| *it != 0)))
    };
    Ok(get.vdevs.0.into_iter().map(of).collect())
}

/// Puts together what the commands said. Refused where they do not name the same pools.
pub(super) fn join(
    names: &[String],
    mut pools: Vec<Pool>,
    mut properties: BTreeMap<String, Vec<Property>>,
    mut datasets: BTreeMap<String, Vec<Dataset>>,
) -> Result<Vec<Pool>, Unknown> {
    let disagree = |one: &str, other: &str, name: &str| {
        Err(Unknown::because(format!("`{one}` names pool {name}, `{other}` does not")))
    };
    for name in names {
        if !pools.iter().any(|pool| pool.name == *name) {
            return disagree("zpool list", "zpool status", name);
        }
    }
    for pool in &mut pools {
        if !names.contains(&pool.name) {
            return disagree("zpool status", "zpool list", &pool.name);
        }
        let Some(properties) = properties.remove(&pool.name) else {
            return disagree("zpool status", "zpool get", &pool.name);
        };
        let number = |name: &str| {
            let property = properties.iter().find(|property| property.name == name);
            property.and_then(|property| property.value.parse().ok()).map(Bytes)
        };
        let (Some(size), Some(allocated)) = (number("size"), number("allocated")) else {
            let why = format!("`zpool get` gives pool {} no readable size", pool.name);
            return Err(Unknown::because(why));
        };
        (pool.size, pool.allocated) = (size, allocated);
        pool.properties = properties;
        pool.datasets = datasets.remove(&pool.name).unwrap_or_default();
    }
    Ok(pools)
}

#[cfg(test)]
#[path = "zpool_tests.rs"]
mod tests;
