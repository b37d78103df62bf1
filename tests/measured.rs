//! The capacity model against figures that were read off real pools: SIZE, USED + AVAIL, the vdevs' bytes and
//! metaslabs, and what files took up. crates/lab/tests/vm/equal.rs reads them anew; with `ZBAY_BLESS=1` it writes them down.
#![allow(clippy::expect_used)] // helpers of tests are tests too

#[path = "capacity/pools.rs"]
mod pools;

use pools::{Measured, layouts};

#[test]
fn the_model_says_what_zfs_said_to_the_byte() {
    let text = include_str!("capacity/measured.jsonl");
    let measured: Vec<Measured> =
        text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let mut wrong = Vec::new();
    for layout in layouts() {
        let Some(real) = measured.iter().find(|it| it.layout == layout.text) else {
            wrong.push(format!("{}: never measured", layout.text));
            continue;
        };
        let model = layout.model(&real.zfs);
        if model != *real {
            wrong.push(format!("model    {model:?}\nmeasured {real:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(measured.len() >= 60, "{}", measured.len());
}
