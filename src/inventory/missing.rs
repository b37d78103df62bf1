//! Members of imported pools whose drives are not there: what ZFS remembers of each, and the bay that it was in.

use super::state::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::seats::bay_of_missing;
use super::{Inventory, Leaf, guid};
use crate::hw::Hw;
use crate::names::BayId;

/// A member whose drive is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Missing {
    /// Its bay, where that can be told.
    pub bay: Option<BayId>,
    /// The bay or port as a person says it: `bay 3`, `bay ?`.
    pub place: String,
    /// Model, or the name or guid that ZFS has for it.
    pub model: String,
    /// Serial.
    pub serial: Option<String>,
    /// Its pool.
    pub pool: String,
    /// Its vdev.
    pub vdev: String,
    /// GUID of its leaf.
    #[serde(with = "guid")]
    #[schemars(with = "Option<String>")]
    pub guid: u64,
    /// ZFS's word for its state.
    pub state: State,
}

/// What is known of a leaf whose drive is not there; pool and vdev are the caller's.
pub fn of(hw: &Hw, inventory: &Inventory, leaf: &Leaf) -> Missing {
    let seat = bay_of_missing(hw, inventory, leaf);
    let place = match &seat {
        Some(seat) if seat.is_bay && !hw.is_generic() => format!("bay {}", seat.bay),
        Some(seat) => seat.bay.to_string(),
        None => "bay ?".to_owned(),
    };
    // `ata-MODEL_SERIAL-part1`
    let named = leaf.devid.as_deref().and_then(|devid| {
        let (_, name) = devid.split_once('-')?;
        let name = name.rsplit_once("-part").map_or(name, |(name, _)| name);
        name.rsplit_once('_')
    });
    let seen = leaf.told.seen.as_deref().and_then(|seen| {
        let serial = seen.serial.as_ref()?.to_string();
        Some((seen.model.clone().unwrap_or_else(|| "drive".to_owned()), serial))
    });
    let (model, serial) = match (named, seen, &leaf.path) {
        (Some((model, serial)), ..) => (model.to_owned(), Some(serial.to_owned())),
        (None, Some((model, serial)), _) => (model, Some(serial)),
        (None, None, Some(path)) => (path.file_name().unwrap_or(path.as_str()).to_owned(), None),
        (None, None, None) => (format!("guid {}", leaf.guid), None),
    };
    Missing {
        bay: seat.map(|seat| seat.bay),
        place,
        model,
        serial,
        pool: String::new(),
        vdev: String::new(),
        guid: leaf.guid,
        state: leaf.state.clone(),
    }
}

/// All of them, in the order of the pools.
pub fn missing(hw: &Hw, inventory: &Inventory) -> Vec<Missing> {
    // A file, or a spare that waits, is where ZFS says it is.
    let gone = inventory.leaves().filter(|(_, _, leaf)| leaf.disk.is_none() && !leaf.is_well());
    gone.map(|(pool, vdev, leaf)| Missing {
        pool: pool.name.clone(),
        vdev: vdev.name.clone(),
        ..of(hw, inventory, leaf)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::missing;
    use crate::inventory::{Leaf, Seen};
    use crate::render::fixture::{disk, hw, with_pool};

    #[test]
    fn a_member_that_is_gone_is_named_by_bay_model_and_serial() {
        let (hw, inventory) = (hw("hp-microserver-gen8"), with_pool());
        let all = missing(&hw, &inventory);
        let [one] = &all[..] else { panic!("{all:?}") };
        assert_eq!((one.place.as_str(), one.model.as_str()), ("bay 3", "ST2000DM001-1ER164"));
        assert_eq!(one.serial.as_deref(), Some("Z4Z0EXA2"));
        assert_eq!((one.pool.as_str(), one.vdev.as_str()), ("testpool", "raidz1-0"));
        assert_eq!(one.state, "UNAVAIL".into());
    }

    #[test]
    fn a_bay_is_never_named_because_it_is_left_over() {
        let (hw, mut inventory) = (hw("hp-microserver-gen8"), with_pool());
        // Bay 3 is the only one without a member; ZFS remembers nothing, or a port that is no bay.
        for port in [None, Some("pci-0000:04:00.0-nvme-1")] {
            let vdev = &mut inventory.pools.as_mut().unwrap()[0].vdevs[0];
            let gone = vdev.leaves.iter_mut().find(|leaf| leaf.disk.is_none()).unwrap();
            gone.phys_path = port.map(str::to_owned);
            let all = missing(&hw, &inventory);
            assert_eq!((all[0].bay.as_ref(), all[0].place.as_str()), (None, "bay ?"), "{port:?}");
        }
    }

    #[test]
    fn where_it_was_seen_last_goes_before_what_zfs_remembers() {
        let (hw, mut inventory) = (hw("hp-microserver-gen8"), with_pool());
        let vdev = &mut inventory.pools.as_mut().unwrap()[0].vdevs[0];
        let gone = vdev.leaves.iter_mut().find(|leaf| leaf.disk.is_none()).unwrap();
        // Drives changed places: what ZFS remembers is where a healthy member is now.
        gone.phys_path = Some("pci-0000:00:1f.2-ata-2.0".to_owned());
        gone.devid = None;
        let port = Some("pci-0000:00:1f.2-ata-3".to_owned());
        let (model, serial) = (Some("ST2000DM001-1ER164".into()), "Z4Z0EXA2".parse().ok());
        gone.told.seen = Some(Box::new(Seen { port, model, serial }));
        let all = missing(&hw, &inventory);
        assert_eq!((all[0].place.as_str(), all[0].model.as_str()), ("bay 3", "ST2000DM001-1ER164"));
        assert_eq!(all[0].serial.as_deref(), Some("Z4Z0EXA2"));
        // A member sits there by now as well.
        let vdev = &mut inventory.pools.as_mut().unwrap()[0].vdevs[0];
        let gone = vdev.leaves.iter_mut().find(|leaf| leaf.disk.is_none()).unwrap();
        gone.told.seen.as_mut().unwrap().port = Some("pci-0000:00:1f.2-ata-2".to_owned());
        assert_eq!(missing(&hw, &inventory)[0].place, "bay ?");
    }

    #[test]
    fn a_bay_is_not_given_to_a_member_whose_place_a_new_drive_has_taken() {
        let (hw, mut inventory) = (hw("hp-microserver-gen8"), with_pool());
        // A new drive in bay 3 is resilvering for the one that was there, and bay 2 is pulled meanwhile.
        let path = "pci-0000:00:1f.2-ata-3";
        inventory.disks.push(disk("sdf", "ST2000DM008", "NEWTHIRD", 2_000_398_934_016, path));
        inventory.disks.retain(|disk| disk.name != "sdb");
        let vdev = &mut inventory.pools.as_mut().unwrap()[0].vdevs[0];
        for (leaf, guid) in vdev.leaves.iter_mut().zip(11..) {
            leaf.guid = guid;
        }
        (vdev.leaves[1].state, vdev.leaves[1].disk) = ("REMOVED".into(), None);
        let new = vdev.leaves[0].clone();
        vdev.leaves.push(Leaf { guid: 15, disk: Some("sdf".into()), ..new });
        let places: Vec<(Option<String>, String)> =
            missing(&hw, &inventory).into_iter().map(|one| (one.serial, one.place)).collect();
        let wanted = [("Z1E0EXA1", "bay 2"), ("Z4Z0EXA2", "bay ?")];
        assert_eq!(places, wanted.map(|(serial, place)| (Some(serial.into()), place.into())));
    }
}
