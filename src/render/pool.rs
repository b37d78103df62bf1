//! `show pool`: imported pools, each leaf by the bay that its drive is in.
//!
//! A drive that is gone is named by what ZFS remembers of it: the port that it was at, its model and serial.
//! Where the pools could not be asked for, that is said; it is not the same as none.

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::{Class, Facet, ImportablePool, Inventory, Leaf, Pool, Vdev, missing};
use crate::paint::painted;
use crate::render::disk;
use crate::render::status::tone;
use crate::status;
use crate::table;
use crate::words;

/// The screen.
pub fn render(hw: &Hw, inventory: &Inventory) -> String {
    let mut out = String::new();
    match &inventory.pools {
        Err(unknown) => {
            out.push_str(&words::labelled(
                "pools",
                &format!("not known: {}", words::plain(&unknown.why)),
            ));
        }
        Ok(pools) if pools.is_empty() => out.push_str("no pool is imported\n"),
        Ok(pools) => {
            for (index, pool) in pools.iter().enumerate() {
                if index > 0 {
                    out.push('\n');
                }
                out.push_str(&one(hw, inventory, pool));
            }
            out.push_str(&disk::order(hw));
        }
    }
    if let Some(said) = importable(&inventory.importable) {
        out.push_str(&words::labelled("others", &said));
    }
    out
}

/// Pools that are not imported, in words; `None`: there is none.
pub fn importable(pools: &Facet<Vec<ImportablePool>>) -> Option<String> {
    let pools = match pools {
        Err(unknown) => return Some(format!("not known: {}", words::plain(&unknown.why))),
        Ok(pools) if pools.is_empty() => return None,
        Ok(pools) => pools,
    };
    let said = pools.iter().map(|pool| {
        let state = if pool.destroyed { "destroyed" } else { pool.state.as_str() };
        format!("{} ({})", words::plain(&pool.name), words::plain(state))
    });
    Some(format!("{}: on drives here, not imported", words::and(&said.collect::<Vec<_>>())))
}

fn one(hw: &Hw, inventory: &Inventory, pool: &Pool) -> String {
    let status = status::of(hw, inventory, pool);
    let headline = words::sentence(&words::plain(&status.headline()));
    let mut out = painted(tone(&status), &headline);
    for (label, said) in [("status", &pool.status), ("busy", &pool.busy)] {
        if let Some(said) = said {
            out.push_str(&words::labelled(label, &words::plain(said)));
        }
    }
    out.push('\n');
    let mut rows = Vec::new();
    for vdev in &pool.vdevs {
        if vdev.kind != "disk" || vdev.class != Class::Normal {
            rows.push(heading(vdev));
        }
        rows.extend(vdev.leaves.iter().map(|leaf| row(hw, inventory, leaf)));
    }
    out.push_str(&table::states(2, &rows, 3));
    out.push('\n');
    out.push_str(&words::labelled("size", &size(pool)));
    out.push_str(&words::labelled("usable", &usable(pool)));
    if pool.errors > 0 {
        let said =
            format!("{} data errors: `zpool status -v {}` names the files", pool.errors, pool.name);
        out.push_str(&words::labelled("errors", &said));
    }
    out
}

fn heading(vdev: &Vdev) -> Vec<String> {
    let class = match vdev.class {
        Class::Normal => "",
        Class::Log => "log ",
        Class::Cache => "cache ",
        Class::Spare => "spare ",
        Class::Special => "special ",
        Class::Dedup => "dedup ",
    };
    let name = if vdev.kind == "disk" { "" } else { vdev.name.as_str() };
    let ashift = vdev.ashift.map(|ashift| format!("ashift {ashift}")).unwrap_or_default();
    vec![
        format!("{class}{name}").trim_end().to_owned(),
        ashift,
        String::new(),
        vdev.state.to_string(),
        String::new(),
    ]
}

fn row(hw: &Hw, inventory: &Inventory, leaf: &Leaf) -> Vec<String> {
    let here = inventory.disk_of(leaf);
    let (place, model, serial) = match here {
        Some(disk) => {
            let drive = Drive::of(hw, disk);
            let serial = drive.serial.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
            (drive.place(), drive.model.clone().unwrap_or_else(|| "?".to_owned()), serial)
        }
        None => gone(hw, inventory, leaf),
    };
    vec![format!("  {place}"), model, serial, leaf.state.to_string(), errors(leaf.errors)]
}

/// A leaf whose drive is not there: the bay where it can be told, model and serial as ZFS remembers them.
fn gone(hw: &Hw, inventory: &Inventory, leaf: &Leaf) -> (String, String, String) {
    let was = missing::of(hw, inventory, leaf);
    (was.place, format!("missing: {}", was.model), was.serial.unwrap_or_else(|| "?".to_owned()))
}

fn errors([read, write, checksum]: [u64; 3]) -> String {
    let parts = [("read", read), ("write", write), ("cksum", checksum)];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    if parts.is_empty() { String::new() } else { parts.join(", ") }
}

fn size(pool: &Pool) -> String {
    let (size, used) = (pool.size, pool.allocated);
    format!("SIZE {} ({size} bytes), {} ({used}) allocated", size.zfs(), used.zfs())
}

fn usable(pool: &Pool) -> String {
    let Some(root) = pool.datasets.first() else {
        return "not known: the datasets could not be asked for".to_owned();
    };
    let usable = crate::units::Bytes(root.used.0.saturating_add(root.available.0));
    format!(
        "{} (zfs: {}, {usable} bytes), {} ({}) used",
        usable.tb(),
        usable.zfs(),
        root.used.zfs(),
        root.used
    )
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::inventory::{ImportablePool, Unknown};
    use crate::render::fixture::{hw, inventory, unprivileged, with_pool};

    #[test]
    fn a_pool_with_a_drive_gone() {
        let text = render(&hw("hp-microserver-gen8"), &with_pool());
        let wanted = "\
testpool is DEGRADED: the drive in bay 3 is missing. No redundancy left: one
more failure loses the pool
status   One or more devices could not be opened.

  raidz1-0  ashift 12                                   DEGRADED
    bay 1   SAMSUNG HD103UJ              S13PJ0EXAMPLE  ONLINE
    bay 2   ST2000DM001-1CH164           Z1E0EXA1       ONLINE    3 cksum
    bay 3   missing: ST2000DM001-1ER164  Z4Z0EXA2       UNAVAIL
    bay 4   ST2000DM001-1ER164           Z4Z0EXA3       ONLINE

size     SIZE 3.62T (3985729650688 bytes), 1M (1048576) allocated
usable   2.81 TB (zfs: 2.55T, 2805775466496 bytes), 456K (466496) used
order    which port is which of bays 1-4 is assumed, not confirmed: compare the
         serial on the label before you pull a drive
";
        assert_eq!(text, wanted);
    }

    #[test]
    fn none_is_not_the_same_as_not_known() {
        let hw = hw("hp-microserver-gen8");
        let mut box_ = inventory();
        assert_eq!(render(&hw, &box_), "no pool is imported\n");
        box_.importable = Ok(vec![ImportablePool {
            name: "media".into(),
            guid: "1".into(),
            state: "ONLINE".into(),
            destroyed: false,
            members: vec![],
            log_lost: false,
            reason: crate::inventory::Reason::Nothing,
            detail: None,
        }]);
        assert!(
            render(&hw, &box_).ends_with("others   media (ONLINE): on drives here, not imported\n")
        );
        let mut denied = unprivileged();
        denied.importable = Err(Unknown::because("nobody asked"));
        let text = render(&hw, &denied);
        assert_eq!(
            text,
            "pools    not known: permission denied, run as root\nothers   not known: nobody asked\n"
        );
    }
}
