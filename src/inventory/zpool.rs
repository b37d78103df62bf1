//! Imported pools, from the JSON of `zpool status` and `zpool get`.
//!
//! Forms are those of OpenZFS 2.3 (`zpool_do_status`, `zpool_do_get` in `cmd/zpool/zpool_main.c`), read
//! from `zpool status -j --json-int -P -p` and `zpool get -j -p`. The latter goes without `--json-int`:
//! with it the `guid` property is cut to `i64`. A pool that one command names and another lacks is a
//! reason to stop.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;

use super::json::{Number, Ordered, RawProperty, document};
use super::{Class, Dataset, Leaf, Pool, Property, Unknown, Vdev};
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
    #[serde(default)]
    scan_stats: Option<Activity>,
    #[serde(default)]
    removal_stats: Option<Activity>,
    #[serde(default)]
    raidz_expand_stats: Option<Activity>,
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
}

#[derive(Deserialize)]
struct Activity {
    #[serde(default)]
    function: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    scrub_pause: serde_json::Value,
}

#[derive(Deserialize)]
struct Node {
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
    document::<Status>("zpool status", text)?.pools.values().map(pool).collect()
}

fn pool(it: &StatusPool) -> Result<Pool, Unknown> {
    let guid = it.pool_guid.0.ok_or_else(|| {
        Unknown::because(format!("`zpool status` gives pool {} no readable guid", it.name))
    })?;
    let root = it.vdevs.values().flat_map(|root| root.vdevs.values());
    let mut vdevs = Vec::new();
    vdevs.extend(root.map(|node| (Class::Normal, node)));
    vdevs.extend(it.special.values().map(|node| (Class::Special, node)));
    vdevs.extend(it.dedup.values().map(|node| (Class::Dedup, node)));
    vdevs.extend(it.logs.values().map(|node| (Class::Log, node)));
    vdevs.extend(it.l2cache.values().map(|node| (Class::Cache, node)));
    vdevs.extend(it.spares.values().map(|node| (Class::Spare, node)));
    Ok(Pool {
        name: it.name.clone(),
        guid,
        state: it.state.clone(),
        status: it.status.as_deref().map(|status| match it.action.as_deref() {
            Some(action) => format!("{} {}", words(status), words(action)),
            None => words(status),
        }),
        busy: busy(it),
        errors: it.error_count.0.unwrap_or(0),
        size: Bytes::ZERO,
        allocated: Bytes::ZERO,
        vdevs: vdevs
            .into_iter()
            .map(|(class, node)| vdev(class, node))
            .collect::<Result<_, _>>()?,
        properties: Vec::new(),
        datasets: Vec::new(),
    })
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `pool_scan_stat_t` and its kin: `SCANNING` runs, `FINISHED` and `CANCELED` do not.
fn busy(it: &StatusPool) -> Option<String> {
    let runs = |activity: &&Activity| activity.state.as_deref() == Some("SCANNING");
    if let Some(scan) = it.scan_stats.as_ref().filter(runs) {
        let function = scan.function.as_deref().unwrap_or("scan").to_ascii_lowercase();
        let paused = match &scan.scrub_pause {
            serde_json::Value::Number(number) => number.as_u64() != Some(0),
            serde_json::Value::String(text) => text != "-" && text != "0",
            _ => false,
        };
        return Some(if paused { format!("{function}, paused") } else { function });
    }
    if it.raidz_expand_stats.as_ref().is_some_and(|it| runs(&it)) {
        return Some("raidz expansion".to_owned());
    }
    it.removal_stats.as_ref().filter(runs).map(|_| "device removal".to_owned())
}

fn vdev(class: Class, node: &Node) -> Result<Vdev, Unknown> {
    let mut leaves = Vec::new();
    collect(node, &mut leaves)?;
    Ok(Vdev {
        name: node.name.clone(),
        guid: guid(node)?,
        kind: kind(node),
        class,
        state: state(node),
        ashift: None,
        width: node.vdevs.0.len().max(1),
        size: node.total_space.0.map(Bytes),
        deflated: node.def_space.0.map(Bytes),
        allocated: node.alloc_space.0.map(Bytes),
        leaves,
    })
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

fn guid(node: &Node) -> Result<u64, Unknown> {
    let why = || Unknown::because(format!("`zpool status` gives {} no readable guid", node.name));
    node.guid.0.ok_or_else(why)
}

fn collect(node: &Node, leaves: &mut Vec<Leaf>) -> Result<(), Unknown> {
    if !node.vdevs.0.is_empty() {
        return node.vdevs.values().try_for_each(|child| collect(child, leaves));
    }
    let count = |number: Number| number.0.unwrap_or(0);
    // A leaf that cannot be opened is named by its guid, and `was` has its path.
    let path = node.was.clone().or_else(|| node.path.clone());
    leaves.push(Leaf {
        path: path.filter(|path| path.is_absolute()),
        guid: guid(node)?,
        state: state(node),
        phys_path: node.phys_path.clone(),
        devid: node.devid.clone(),
        errors: [count(node.read_errors), count(node.write_errors), count(node.checksum_errors)],
        partition: node.phys_space.0.map(Bytes),
        disk: None,
    });
    Ok(())
}

/// Pool properties from `zpool get -j -p all`, by pool.
pub(super) fn properties(text: &str) -> Result<BTreeMap<String, Vec<Property>>, Unknown> {
    let get = document::<Get>("zpool get", text)?;
    let list = |pool: GetPool| {
        pool.properties.0.iter().map(|(name, property)| property.named(name)).collect()
    };
    Ok(get.pools.0.into_iter().map(|(name, pool)| (name, list(pool))).collect())
}

/// ashift by vdev guid, from `zpool get -j -p ashift POOL all-vdevs`.
pub(super) fn ashifts(text: &str) -> Result<BTreeMap<u64, u8>, Unknown> {
    let get = document::<VdevGet>("zpool get", text)?;
    let ashift = |vdev: &VdevProperties| {
        let value = vdev.properties.get("ashift")?.text().parse().ok().filter(|it| *it != 0)?;
        Some((vdev.guid.0?, value))
    };
    Ok(get.vdevs.values().filter_map(ashift).collect())
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
mod tests {
    use super::*;

    // OpenZFS 2.3.9: a raidz1 with log, cache and spare, its scrub paused.
    const SCRUB: &str = include_str!("samples/zpool-status-scrub.json");

    fn leaf(name: &str, rest: &str) -> String {
        format!(r#""{name}": {{"name": "{name}", "path": "{name}", "guid": 5{rest}}}"#)
    }

    fn raidz(vdev: &str, leaves: &str) -> Vec<Pool> {
        let text = format!(
            r#"{{"output_version": {{"command": "zpool status", "vers_major": 0, "vers_minor": 1}},
            "pools": {{"t": {{"name": "t", "state": "ONLINE", "pool_guid": "18446744073709551615",
            "vdevs": {{"t": {{"name": "t", "guid": 1, "vdevs":
            {{"{vdev}": {{"name": "{vdev}", "guid": 2, "vdevs": {{{leaves}}}}}}}}}}}}}}}}}"#
        );
        status(&text).unwrap()
    }

    #[test]
    fn what_a_pool_is_busy_with() {
        assert_eq!(status(SCRUB).unwrap()[0].busy.as_deref(), Some("scrub, paused"));
        let runs = SCRUB.replace("\"scrub_pause\":1795357053", "\"scrub_pause\":0");
        assert_eq!(status(&runs).unwrap()[0].busy.as_deref(), Some("scrub"));
        let done = runs.replace("SCANNING", "FINISHED");
        assert_eq!(status(&done).unwrap()[0].busy, None);
    }

    // The two forms below were seen on 2.3.2 and 2.3.9, and are cut down here.
    #[test]
    fn draid_without_a_type_has_its_kind_from_its_name() {
        let pools = raidz("draid1:4d:11c:1s-0", &leaf("/dev/sda1", ""));
        let vdev = &pools[0].vdevs[0];
        assert_eq!((vdev.kind.as_str(), vdev.state.as_str()), ("draid1:4d:11c:1s", "UNKNOWN"));
        assert_eq!(pools[0].guid, u64::MAX);
    }

    #[test]
    fn an_absent_disk_is_named_by_its_guid() {
        let rest =
            r#", "state": "CANT_OPEN", "was": "/dev/disk/by-id/wwn-0x1-part1", "not_present": 1"#;
        let leaf = raidz("raidz1-0", &leaf("5", rest))[0].vdevs[0].leaves[0].clone();
        assert_eq!(leaf.state, "UNAVAIL");
        assert_eq!(leaf.path.as_ref().unwrap().as_str(), "/dev/disk/by-id/wwn-0x1-part1");
    }

    #[test]
    fn leaves_of_a_spare_stand_in_its_place() {
        let inner = [leaf("/dev/a", ""), leaf("/dev/b", "")].join(", ");
        let spare = format!(r#""spare-1": {{"name": "spare-1", "guid": 3, "vdevs": {{{inner}}}}}"#);
        let all = [leaf("/dev/z", ""), spare, leaf("/dev/c", "")].join(", ");
        let pools = raidz("raidz1-0", &all);
        let paths: Vec<_> =
            pools[0].vdevs[0].leaves.iter().map(|it| it.path.as_ref().unwrap().as_str()).collect();
        assert_eq!(paths, ["/dev/z", "/dev/a", "/dev/b", "/dev/c"]);
    }

    #[test]
    fn pools_that_one_command_lacks() {
        let pools = || raidz("mirror-0", &leaf("/dev/a", ""));
        let why = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            join(&names, pools(), BTreeMap::new(), BTreeMap::new()).unwrap_err().to_string()
        };
        assert_eq!(why(&["t", "u"]), "`zpool list` names pool u, `zpool status` does not");
        assert_eq!(why(&[]), "`zpool status` names pool t, `zpool list` does not");
        assert_eq!(why(&["t"]), "`zpool status` names pool t, `zpool get` does not");
    }

    #[test]
    fn garbage_is_an_error() {
        for text in ["", "{", "no pools available\n", "{\"pools\": {}}"] {
            assert!(status(text).is_err() && properties(text).is_err() && ashifts(text).is_err());
        }
        assert!(status(&SCRUB.replace("\"pool_guid\":", "\"pool_guid\":-")).is_err());
    }
}
