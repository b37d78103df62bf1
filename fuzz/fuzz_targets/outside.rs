//! Every reader of text and bytes from outside; the first byte says which. `scripts/fuzz` runs it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zbay::outside::readers;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    let all = readers();
    let (_, read) = all[usize::from(*which) % all.len()];
    read(rest);
});
