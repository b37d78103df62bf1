//! dRAID: groups of data and parity laid over all drives, with the spares' space spread among them.
//!
//! Written as `zpool create` does, `draid2:4d:11c:1s`. Each drive gives whole rows of 16 MiB, less two of
//! them; blocks fill whole stripes, and so each metaslab is cut to whole groups at both of its ends.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::metaslab::Metaslabs;

/// `VDEV_DRAID_ROWHEIGHT`, and `VDEV_DRAID_REFLOW_RESERVE`: two of them.
const ROW: u64 = 16 << 20;
pub(super) const REFLOW_RESERVE: u64 = 2 * ROW;
/// `VDEV_DRAID_MAX_CHILDREN`.
const MAX_CHILDREN: u8 = 255;
/// `VDEV_DRAID_MAXSPARES`.
const MAX_SPARES: u8 = 100;

/// The shape of a dRAID vdev; only shapes that ZFS takes exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Draid {
    parity: u8,
    data: u8,
    children: u8,
    spares: u8,
}

/// A shape that ZFS refuses (`draid_config_by_type`, `vdev_draid_init`).
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DraidError {
    /// Not `draidP:Dd:Cc:Ss`.
    #[error(
        "`{0}` is not a dRAID layout: write draid2:4d:11c:1s (parity 1 to 3, data, children, \
         spares)"
    )]
    Form(String),
    /// A number out of its range.
    #[error("{what} {value} in a dRAID: use {least} to {most}")]
    Range {
        /// Which number.
        what: &'static str,
        /// As given.
        value: u64,
        /// Allowed.
        least: u8,
        /// Allowed.
        most: u8,
    },
    /// The groups and the spares need more drives than there are.
    #[error(
        "dRAID groups of {data} data and {parity} parity with {spares} spares need {} drives or \
         more, but there are {children}", u16::from(*.data) + u16::from(*.parity) + u16::from(*.spares)
    )]
    Children {
        /// Drives.
        children: u8,
        /// Data drives of a group.
        data: u8,
        /// Parity drives of a group.
        parity: u8,
        /// Distributed spares.
        spares: u8,
    },
}

fn within(what: &'static str, value: u64, least: u8, most: u8) -> Result<u8, DraidError> {
    let small = u8::try_from(value).ok().filter(|small| (least..=most).contains(small));
    small.ok_or(DraidError::Range { what, value, least, most })
}

impl Draid {
    /// Groups of `data` + `parity` over `children` drives with `spares` among them.
    pub fn new(parity: u64, data: u64, children: u64, spares: u64) -> Result<Self, DraidError> {
        let parity = within("parity", parity, 1, 3)?;
        let children = within("children", children, 2, MAX_CHILDREN)?;
        let data = within("data", data, 1, MAX_CHILDREN - parity)?;
        let spares = within("spares", spares, 0, MAX_SPARES)?;
        if u16::from(data) + u16::from(parity) + u16::from(spares) > u16::from(children) {
            return Err(DraidError::Children { children, data, parity, spares });
        }
        Ok(Self { parity, data, children, spares })
    }

    /// Parity drives of a group.
    pub fn parity(self) -> u64 {
        u64::from(self.parity)
    }

    /// Data drives of a group.
    pub fn data(self) -> u64 {
        u64::from(self.data)
    }

    /// All drives.
    pub fn children(self) -> u64 {
        u64::from(self.children)
    }

    /// Distributed spares.
    pub fn spares(self) -> u64 {
        u64::from(self.spares)
    }

    /// Drives of a group (`vdc_groupwidth`).
    pub fn group(self) -> u64 {
        self.data() + self.parity()
    }

    /// Drives' worth of groups (`vdc_ndisks`).
    pub(super) fn disks(self) -> u64 {
        self.children() - self.spares()
    }

    /// Bytes of a leaf that take part (`vdev_draid_open`).
    pub(super) fn child(leaf: u64) -> u64 {
        let rest = leaf.saturating_sub(REFLOW_RESERVE);
        rest - rest % ROW
    }

    /// `vdev_asize` over drives whose smallest leaf has `leaf` bytes; `None` beyond `u64`.
    pub(super) fn asize(self, leaf: u64) -> Option<u64> {
        let group = self.group() * ROW;
        let all = Self::child(leaf).checked_mul(self.disks())?;
        Some(all - all % group)
    }

    /// Raw bytes of a block of `sectors` (`vdev_draid_psize_to_asize`): whole stripes.
    pub(super) fn sectors(self, sectors: u64) -> Option<u64> {
        sectors.div_ceil(self.data()).checked_mul(self.group())
    }

    /// Bytes of all metaslabs once each is cut to whole groups (`vdev_draid_metaslab_init`), and of the first one
    /// alone, which becomes the embedded log of a new vdev.
    pub(super) fn metaslabs(self, metaslabs: Metaslabs, ashift: u8) -> (u64, u64) {
        let stripe = self.group() << ashift;
        let first = (1_u64 << metaslabs.shift) / stripe * stripe;
        let Some(inner) = metaslabs.count.checked_sub(1) else { return (0, 0) };
        // A border between two metaslabs costs a stripe, unless it lies between two stripes.
        let odd = self.group() >> self.group().trailing_zeros();
        let cut = inner - inner / odd;
        ((metaslabs.bytes() / stripe - cut) * stripe, first)
    }
}

impl fmt::Display for Draid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "draid{}:{}d:{}c:{}s", self.parity, self.data, self.children, self.spares)
    }
}

impl FromStr for Draid {
    type Err = DraidError;

    /// `draid2:4d:11c:1s`; the order of the numbers is free, spares are 0 where they are left out.
    fn from_str(text: &str) -> Result<Self, DraidError> {
        let form = || DraidError::Form(text.to_owned());
        let mut parts = text.split(':');
        let parity =
            match parts.next().and_then(|word| word.strip_prefix("draid")).ok_or_else(form)? {
                "" => 1,
                digits => digits.parse().map_err(|_| form())?,
            };
        let (mut data, mut children, mut spares) = (None, None, None);
        for part in parts {
            let (digits, letter) =
                part.split_at_checked(part.len().saturating_sub(1)).ok_or_else(form)?;
            let slot = match letter {
                "d" => &mut data,
                "c" => &mut children,
                "s" => &mut spares,
                _ => return Err(form()),
            };
            if slot.replace(digits.parse().map_err(|_| form())?).is_some() {
                return Err(form());
            }
        }
        Self::new(parity, data.ok_or_else(form)?, children.ok_or_else(form)?, spares.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Draid, DraidError};
    use crate::metaslab::Metaslabs;

    #[test]
    fn is_written_as_zpool_does() {
        let draid: Draid = "draid2:4d:11c:1s".parse().unwrap();
        assert_eq!((draid.parity(), draid.data(), draid.children(), draid.spares()), (2, 4, 11, 1));
        assert_eq!(draid.to_string(), "draid2:4d:11c:1s");
        assert_eq!("draid:2s:16d:36c".parse::<Draid>().unwrap().to_string(), "draid1:16d:36c:2s");
        for text in
            ["draid", "raidz2", "draid2:4d", "draid2:4d:4d:11c", "draid2:xd:11c", "draid2:4d:11c:"]
        {
            assert_eq!(text.parse::<Draid>(), Err(DraidError::Form(text.to_owned())));
        }
        let error = |text: &str| text.parse::<Draid>().unwrap_err().to_string();
        assert_eq!(error("draid4:4d:11c"), "parity 4 in a dRAID: use 1 to 3");
        assert_eq!(error("draid1:0d:11c"), "data 0 in a dRAID: use 1 to 254");
        assert_eq!(error("draid1:4d:256c"), "children 256 in a dRAID: use 2 to 255");
        assert!(error("draid2:8d:11c:2s").ends_with("need 12 drives or more, but there are 11"));
    }

    /// The sum in one step is the sum of the metaslabs one by one, cut as OpenZFS cuts each of them.
    #[test]
    fn metaslabs_one_by_one() {
        for text in [
            "draid1:16d:36c:2s",
            "draid2:4d:11c:1s",
            "draid1:7d:8c",
            "draid3:252d:255c",
            "draid1:2d:3c",
        ] {
            let draid: Draid = text.parse().unwrap();
            for (shift, count, ashift) in [(24, 3, 16), (29, 199, 12), (34, 1000, 12), (34, 1, 9)] {
                let stripe = draid.group() << ashift;
                let size = |at: u64| {
                    let (from, to) = (at << shift, (at + 1) << shift);
                    (to - from.next_multiple_of(stripe)) / stripe * stripe
                };
                let all: u64 = (0..count).map(size).sum();
                let is = draid.metaslabs(Metaslabs { shift, count }, ashift);
                assert_eq!(is, (all, size(0)), "{text} {shift} {count}");
            }
        }
        assert_eq!(
            "draid1:2d:3c"
                .parse::<Draid>()
                .unwrap()
                .metaslabs(Metaslabs { shift: 24, count: 0 }, 9),
            (0, 0)
        );
    }
}
