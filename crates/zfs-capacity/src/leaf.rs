//! What ZFS leaves of a partition: its labels and the boot area are kept out of the vdev.
//!
//! Two labels and 3.5 MiB for a boot loader in front, two labels behind; the partition counts in
//! whole labels. Calculators that take 5 MiB off are half a MiB wrong, mostly without effect.

use super::error::CapacityError;
use crate::units::Bytes;

/// `sizeof (vdev_label_t)`.
const LABEL: u64 = 256 << 10;
/// `VDEV_LABEL_START_SIZE` + `VDEV_LABEL_END_SIZE`: four labels, `VDEV_BOOT_SIZE`.
const LABELS: u64 = 4 * LABEL + (7 << 19);
/// `SPA_MINDEVSIZE`.
const MINIMUM: u64 = 64 << 20;

/// The leaf's allocatable bytes on a device of `device` bytes (`vdev_open`).
pub fn leaf(device: Bytes) -> Result<Bytes, CapacityError> {
    let usable = device.0 - device.0 % LABEL;
    if usable < MINIMUM {
        return Err(CapacityError::TooSmall { bytes: device });
    }
    Ok(Bytes(usable - LABELS))
}

/// The smallest device that gives a leaf of `leaf` bytes: the inverse of [`leaf`].
pub fn smallest_device(leaf: Bytes) -> Result<Bytes, CapacityError> {
    let device = leaf
        .0
        .checked_add(LABELS)
        .and_then(|bytes| bytes.checked_next_multiple_of(LABEL))
        .ok_or(CapacityError::TooLarge)?;
    Ok(Bytes(device.max(MINIMUM)))
}

#[cfg(test)]
mod tests {
    use super::{leaf, smallest_device};
    use crate::CapacityError;
    use crate::units::Bytes;

    #[test]
    fn a_leaf_of_a_4_tb_drive() {
        assert_eq!(leaf(Bytes(4_000_776_716_288)), Ok(Bytes(4_000_771_997_696)));
        assert_eq!(leaf(Bytes((64 << 20) + 1)), Ok(Bytes(119 << 19)));
        let bytes = Bytes((64 << 20) - 1);
        assert_eq!(leaf(bytes), Err(CapacityError::TooSmall { bytes }));
        assert!(leaf(Bytes(u64::MAX)).is_ok());
    }

    #[test]
    fn the_inverse_is_tight() {
        for wanted in [119 << 19, (119 << 19) + 1, 8_001_524_072_448] {
            let device = smallest_device(Bytes(wanted)).unwrap();
            assert!(leaf(device).unwrap().0 >= wanted);
            let less = leaf(Bytes(device.0 - 1));
            assert!(less.is_err() || less.unwrap().0 < wanted, "{wanted}");
        }
        assert_eq!(smallest_device(Bytes::ZERO), Ok(Bytes(64 << 20)));
        assert_eq!(smallest_device(Bytes(u64::MAX)), Err(CapacityError::TooLarge));
    }
}
