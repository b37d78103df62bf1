//! Every reader of text and bytes from outside; the first byte says which. `scripts/fuzz` runs it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zbay::inventory::outside::READERS;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    let (_, read) = READERS[usize::from(*which) % READERS.len()];
    read(rest);
});
