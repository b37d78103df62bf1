//! Every reader of text and bytes from outside, by name, for tests that feed them with rubbish: whatever comes, a reader
//! gives a value or an error, does not panic and takes no more memory than a small multiple of what it was given.

use std::collections::BTreeMap;

use super::{dmi, import, label, nvlist, power, signatures, udev, zfs, zpool};
use crate::machine::{Output, UdevDevice, mounts};
use crate::smart;

/// A reader: the name of what it reads, and the reader with its answer thrown away.
pub type Reader = (&'static str, fn(&[u8]));

/// All of them.
pub const OF_LOOKS: [Reader; 15] = [
    ("smartctl", |bytes| {
        let (status, rest) =
            bytes.split_first().map_or((0, bytes), |(first, rest)| (i32::from(*first), rest));
        let _ = smart::read(status, rest);
        let _ = smart::read(0, bytes).map(|smart| smart::rules::findings(None, &smart, None, None));
    }),
    ("smartctl-power", |bytes| {
        let _ = power::asleep(&Output { status: 0, stdout: bytes.to_vec(), stderr: Vec::new() });
    }),
    ("zpool-status", |bytes| text(bytes, |text| drop(zpool::status(text)))),
    ("zpool-list", |bytes| text(bytes, |text| drop(zpool::names(text)))),
    ("zpool-get", |bytes| text(bytes, |text| drop(zpool::properties(text)))),
    ("zpool-get-vdevs", |bytes| text(bytes, |text| drop(zpool::ashifts(text)))),
    ("zpool-import", |bytes| text(bytes, |text| drop(import::pools(text, false)))),
    ("zfs-get", |bytes| text(bytes, |text| drop(zfs::datasets(text)))),
    ("wipefs", |bytes| text(bytes, |text| drop(signatures::signatures(text)))),
    ("mountinfo", |bytes| text(bytes, |text| drop(mounts::mountinfo(text)))),
    ("swaps", |bytes| text(bytes, |text| drop(mounts::swaps(text)))),
    ("label", |bytes| drop(label::read(bytes))),
    ("nvlist", |bytes| drop(nvlist::List::unpack(bytes))),
    ("dmi", |bytes| {
        let _ = dmi::corrects(bytes);
        text(bytes, |text| drop(dmi::strings(std::array::from_fn(|_| Some(text.to_owned())))));
    }),
    ("udev", |bytes| {
        text(bytes, |text| {
            let pair = |line: &str| {
                line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
            };
            let properties: BTreeMap<String, String> = text.lines().filter_map(pair).collect();
            let device = UdevDevice { name: "sda".to_owned(), properties, ..UdevDevice::default() };
            let identity = udev::identity(&device);
            drop(identity);
        });
    }),
];

fn text(bytes: &[u8], read: impl Fn(&str)) {
    read(&String::from_utf8_lossy(bytes));
}
