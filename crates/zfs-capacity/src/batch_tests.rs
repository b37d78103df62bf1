//! Lines in, lines out: what is answered, what is refused with which words, and that a line says what the
//! model says.

use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::{collection, prop_assert, prop_assert_eq, sample};
use serde_json::{Value, json};

use super::batch::Batch;
use super::{Class, Cut, Drive, Kind, Part, Terms, Vdev, Zfs, of_parts};
use crate::units::{Ashift, Bytes};

fn ask(line: &str) -> (bool, Value) {
    let mut out = Vec::new();
    let fine = Batch::default().answer(line.as_bytes(), &mut out);
    assert_eq!(out.last(), Some(&b'\n'));
    (fine, serde_json::from_slice(&out).unwrap())
}

fn error(line: &str) -> String {
    let (fine, answer) = ask(line);
    assert!(!fine && answer.as_object().unwrap().len() == 2, "{answer}");
    answer["error"].as_str().unwrap().to_owned()
}

#[test]
fn four_drives_of_4_tb() {
    let line = json!({"id": 7, "zfs": "2.3", "partition": "linux", "vdevs": [
        {"type": "raidz1", "ashift": 12, "children": vec![4_000_787_030_016_u64; 4], "class": "normal"}]});
    let (fine, answer) = ask(&line.to_string());
    assert!(fine);
    assert_eq!(
        answer,
        json!({"id": 7, "size": 15_994_458_210_304_u64, "usable": 11_483_534_589_952_u64, "slop": 124_956_704_768_u64,
            "vdevs": [{"asize": 16_003_087_990_784_u64, "ms_shift": 34, "ms_count": 931, "deflate_ratio": 372,
                "dspace": 11_608_491_294_720_u64}]})
    );
}

#[test]
fn a_stripe_is_a_vdev_for_each_child_and_a_log_is_listed() {
    let line = json!({"id": ["x", null], "partition": "none", "vdevs": [
        {"type": "stripe", "children": [1_u64 << 40, 1_u64 << 41]},
        {"type": "mirror", "children": [1_u64 << 33, 1_u64 << 33], "class": "log"}]});
    let (fine, answer) = ask(&line.to_string());
    assert!(fine, "{answer}");
    assert_eq!(answer["id"], json!(["x", null]));
    let asizes: Vec<u64> =
        answer["vdevs"].as_array().unwrap().iter().map(|v| v["asize"].as_u64().unwrap()).collect();
    assert_eq!(asizes, [(1 << 40) - (9 << 19), (1 << 41) - (9 << 19), (1 << 33) - (9 << 19)]);
    let of = |at: usize| {
        answer["vdevs"][at]["ms_count"].as_u64().unwrap()
            << answer["vdevs"][at]["ms_shift"].as_u64().unwrap()
    };
    assert_eq!(answer["size"].as_u64(), Some(of(0) + of(1)));
    assert!(answer.get("write").is_none());
}

#[test]
fn files_and_vdevs_that_grew() {
    let raidz = |write: Value| {
        json!({"vdevs": [{"type": "raidz1", "children": vec![4_000_787_030_016_u64; 4],
            "born": {"children": vec![4_000_787_030_016_u64; 3], "zfs": "2.3.1"}}], "write": write})
        .to_string()
    };
    let (_, answer) = ask(&raidz(json!({"bytes": 1 << 20, "recordsize": 131_072})));
    assert_eq!(answer["vdevs"][0]["deflate_ratio"], 341);
    assert_eq!(answer["write"], json!({"allocated": 8 * 44 * 4096, "used": 8 * 44 * 8 * 341}));
    let (_, answer) = ask(&raidz(json!({"bytes": 129 << 10, "compression": false})));
    assert_eq!(answer["write"]["allocated"], 2 * 44 * 4096);
    let error = error(&raidz(json!({"bytes": 1, "recordsize": 3000})));
    assert_eq!(
        error,
        "a record size of 3000 bytes is impossible: use a power of two from 512 to 16777216 (16M)"
    );
}

#[test]
fn what_cannot_be_is_named_with_what_is_allowed() {
    let vdev = |vdev: &str| format!(r#"{{"id": "a", "vdevs": [{vdev}]}}"#);
    for (line, words) in [
        (String::new(), "EOF while parsing a value"),
        ("{".to_owned(), "EOF while parsing an object"),
        ("[1]".to_owned(), "invalid length 1"),
        ("{}".to_owned(), "missing field `vdevs`"),
        (r#"{"vdevs": []}"#.to_owned(), "a pool needs at least one vdev that holds data"),
        (
            r#"{"vdevs": [], "zsf": 1}"#.to_owned(),
            "unknown field `zsf`, expected one of `id`, `zfs`",
        ),
        (
            r#"{"zfs": "9.1", "vdevs": []}"#.to_owned(),
            "unknown OpenZFS release `9.1`: use 0.6 to 2.4",
        ),
        (
            r#"{"partition": "mbr", "vdevs": []}"#.to_owned(),
            "unknown partition scheme `mbr`: use linux, truenas",
        ),
        (
            vdev(r#"{"type": "raidz4", "children": [1]}"#),
            "unknown vdev kind `raidz4`: use stripe, mirror, raidz1",
        ),
        (
            vdev(r#"{"type": "mirror", "children": [-5]}"#),
            "a child is -5: use a whole number from 67108864 to",
        ),
        (
            vdev(r#"{"type": "mirror", "children": [0]}"#),
            "a child is 0: use a whole number from 67108864 to",
        ),
        (
            vdev(r#"{"type": "mirror", "children": [1e12]}"#),
            "a child is 1000000000000: use a whole number",
        ),
        (
            vdev(r#"{"type": "mirror", "children": [18446744073709551615]}"#),
            "to 1152921504606846976",
        ),
        (
            vdev(r#"{"type": "mirror", "children": ["4TB"]}"#),
            "invalid type: string \"4TB\", expected a child",
        ),
        (
            vdev(r#"{"type": "stripe", "children": []}"#),
            "a stripe vdev cannot be made of 0 drives: it takes exactly 1",
        ),
        (
            vdev(r#"{"type": "mirror", "children": [99999999]}"#),
            "a mirror vdev cannot be made of 1 drives: it takes 2 or more",
        ),
        (
            vdev(r#"{"type": "raidz1", "children": [99999999]}"#),
            "a raidz1 vdev cannot be made of 1 drives: it takes 2 to 255",
        ),
        (
            vdev(r#"{"type": "mirror", "ashift": 17, "children": []}"#),
            "ashift is 17: use a whole number from 9 to 16",
        ),
        (vdev(r#"{"type": "mirror", "ashift": 300, "children": []}"#), "ashift is 300"),
        (
            vdev(r#"{"type": "draid2:4d:5c", "children": []}"#),
            "need 6 drives or more, but there are 5",
        ),
        (
            vdev(r#"{"type": "mirror", "class": "cache", "children": []}"#),
            "unknown class `cache`: use normal, special, dedup or log",
        ),
    ] {
        let text = error(&line);
        assert!(text.contains(words), "{line}: {text}");
    }
    assert_eq!(
        ask(&vdev(r#"{"type": "raidz4"}"#)).1["id"],
        "a",
        "the id of a line that is no request"
    );
    let small = vdev(r#"{"type": "mirror", "children": [67108864, 67108864]}"#);
    assert!(error(&small).contains("ZFS needs 64 MiB after partitioning"));
    let wide =
        json!({"vdevs": [{"type": "raidz2", "children": vec![1_u64 << 40; 256]}]}).to_string();
    assert_eq!(error(&wide), "a raidz2 vdev cannot be made of 256 drives: it takes 3 to 255");
    let many =
        json!({"vdevs": [{"type": "stripe", "children": vec![1_u64 << 40; 100_000]}]}).to_string();
    assert_eq!(error(&many), "65537 vdevs are too many: the limit here is 65536");
}

proptest! {
    #[test]
    fn a_line_says_what_the_model_says(
        kinds in collection::vec((0_usize..6, collection::vec((1_u64 << 33)..(1 << 45), 11), 9_u8..17), 1..5),
        zfs in sample::select(&Zfs::ALL),
        cut in sample::select(&[Cut::Whole, Cut::Bare, Cut::Truenas]),
        class in sample::select(&[Class::Normal, Class::Special, Class::Log]),
    ) {
        let names = ["stripe", "mirror", "raidz1", "raidz2", "raidz3", "draid2:4d:11c:1s"];
        let (mut parts, mut asked) = (Vec::new(), Vec::new());
        for (at, (kind, children, ashift)) in kinds.iter().enumerate() {
            let class = if at == 0 { Class::Normal } else { class };
            let name = names[*kind];
            asked.push(json!({"type": name, "ashift": ashift, "children": children, "class": class}));
            let kind: Kind = name.parse().unwrap();
            let each = if kind == Kind::Stripe { 1 } else { children.len() };
            for children in children.chunks(each) {
                let leaves = children.iter().map(|bytes| Drive::sector_512(Bytes(*bytes))).collect();
                let vdev = Vdev { kind, leaves, ashift: Ashift::new(*ashift).unwrap() };
                parts.push(Part { vdev, class, born: None });
            }
        }
        let line = json!({"id": 1, "zfs": zfs, "partition": cut.to_string(), "vdevs": asked});
        let (fine, answer) = ask(&line.to_string());
        match of_parts(&parts, Terms { zfs, cut }) {
            Err(why) => prop_assert_eq!(&answer["error"], &json!(why.to_string())),
            Ok(pool) => {
                prop_assert!(fine, "{}", answer);
                prop_assert_eq!(&answer["size"], &json!(pool.size));
                prop_assert_eq!(&answer["usable"], &json!(pool.usable));
                prop_assert_eq!(&answer["slop"], &json!(pool.slop));
                for (is, vdev) in answer["vdevs"].as_array().unwrap().iter().zip(&pool.vdevs) {
                    let should = json!({"asize": vdev.asize, "ms_shift": vdev.ms_shift, "ms_count": vdev.ms_count,
                        "deflate_ratio": vdev.deflate_ratio, "dspace": vdev.dspace});
                    prop_assert_eq!(is, &should);
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_answered_by_one_line(
        line in prop_oneof![collection::vec(any::<u8>(), 0..200), "[\\[\\]{}\",:a-z0-9.-]{0,80}".prop_map(String::into_bytes)],
    ) {
        let mut out = Vec::new();
        Batch::default().answer(&line, &mut out);
        prop_assert_eq!(out.split(|byte| *byte == b'\n').count(), 2);
        prop_assert!(serde_json::from_slice::<Value>(&out).is_ok());
    }
}
