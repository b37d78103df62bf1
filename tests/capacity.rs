//! `zbay capacity` as it is typed and piped: no machine is looked at, nothing is changed.
#![allow(clippy::disallowed_methods)] // the program itself
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

struct Said {
    status: i32,
    out: String,
    err: String,
}

fn zbay(args: &[&str], input: &str) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("zbay runs");
    // What it refuses it does not read.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let said = Said {
        status: output.status.code().expect("ended by itself"),
        out: text(output.stdout),
        err: text(output.stderr),
    };
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said
}

fn line(id: u64, kind: &str, width: usize) -> String {
    let children = vec![4_000_787_030_016_u64; width];
    json!({"id": id, "vdevs": [{"type": kind, "children": children}]}).to_string() + "\n"
}

#[test]
fn a_batch_is_answered_in_order() {
    let good: String = (0..50).map(|id| line(id, "raidz2", 6)).collect();
    let said = zbay(&["capacity", "--batch"], &good);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    for (id, text) in said.out.lines().enumerate() {
        let answer: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(answer["id"], json!(id));
        assert_eq!(answer["usable"], json!(15_847_120_699_392_u64));
    }
    assert_eq!(said.out.lines().count(), 50);
    let bad = line(1, "raidz2", 6) + &line(2, "raidz1", 1) + "{]\n" + &line(3, "mirror", 2);
    let said = zbay(&["--json", "capacity", "--batch"], &bad);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    let lines: Vec<&str> = said.out.lines().collect();
    let refused =
        r#"{"id":2,"error":"a raidz1 vdev cannot be made of 1 drives: it takes 2 to 255"}"#;
    assert_eq!((lines.len(), lines[1]), (4, refused));
    assert!(
        lines[2].starts_with(r#"{"id":null,"error":"#)
            && lines[3].starts_with(r#"{"id":3,"size":"#)
    );
    // Terms for all lines, and for one that has its own.
    let own = line(1, "mirror", 2).replace("{\"id\"", "{\"partition\":\"linux\",\"id\"");
    let both =
        zbay(&["capacity", "--batch", "--partition", "none"], &(line(1, "mirror", 2) + &own));
    let asize = |text: &str| {
        serde_json::from_str::<Value>(text).expect("JSON")["vdevs"][0]["asize"].clone()
    };
    let asizes: Vec<Value> = both.out.lines().map(asize).collect();
    assert_eq!(asizes, [json!(4_000_782_221_312_u64), json!(4_000_771_997_696_u64)]);
}

fn gen8(args: &[&str]) -> Said {
    zbay(&[&["--machine", "gen8-seed", "capacity"], args].concat(), "")
}

#[test]
fn one_pool_in_lines_in_json_and_for_spreadsheets() {
    let said = gen8(&["raidz2:6x4TB"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(
        said.out.contains("| usable | 15.85 TB | 14.4 TiB | 15847120699392 bytes |"),
        "{}",
        said.out
    );
    assert!(said.out.ends_with("next     `zbay capacity --explain raidz2:6x4TB`\n"));
    assert!(said.out.lines().count() <= 20);
    let bar = said.out.lines().find(|line| line.starts_with("where ")).expect("a bar");
    assert!(bar.starts_with("where    [####") && bar.ends_with("p]") && bar.len() == 80, "{bar}");
    assert!(
        said.out.contains("\n         # usable 66.0 %, p parity 33.3 %, . padding"),
        "{}",
        said.out
    );
    let json: Value = serde_json::from_str(&gen8(&["--json", "raidz2:6x4TB"]).out).expect("JSON");
    assert_eq!(json["pool"]["usable"], json!(15_847_120_699_392_u64));
    assert_eq!((&json["layout"], &json["zfs"]), (&json!("raidz2:6x4TB"), &json!("2.3")));
    assert_eq!(json["margins"][0]["smallest"], json!(4_000_060_555_776_u64));
    let csv = gen8(&["--csv", "raidz:4x4TB"]).out;
    assert!(csv.starts_with("step,bytes,why\ndrives,16003148120064,"), "{csv}");
    assert!(csv.contains("\nusable,11483534589952,"), "{csv}");
    let explained = gen8(&["--explain", "mirror:2x8TB", "mirror:2x4TB"]);
    assert!(explained.out.lines().all(|line| line.len() <= 80));
    assert!(explained.out.contains("pool     mirror:2x8TB + mirror:2x4TB\n"));
    let wide =
        gen8(&["--sizes", "24TB,30TB", "--bays", "12", "--layouts", "raidz3,mirrors", "--csv"]);
    assert_eq!((wide.status, wide.out.lines().count()), (0, 5), "{}", wide.err);
}

#[test]
fn a_profile_is_reckoned_with_the_drives_it_expects_or_finds() {
    let json = |args: &[&str]| -> Value {
        serde_json::from_str(&gen8(&[args, &["--json"]].concat()).out).expect("JSON")
    };
    assert_eq!(json(&["4u-24bay-raidz2"])["pool"]["usable"], json!(79_832_234_852_352_u64));
    assert_eq!(json(&["gen8-seed"])["pool"]["usable"], json!(2_805_775_466_496_u64));
    assert_eq!(json(&["gen8-seed", "--zfs", "0.6.4"])["zfs"], json!("0.6.4"));
}

#[test]
fn what_cannot_be_is_named() {
    for (args, words) in [
        (&["raidz:1x4TB"][..], "a raidz1 vdev cannot be made of 1 drives: it takes 2 to 255"),
        (&["raidz2:256x4TB"], "a raidz2 vdev cannot be made of 256 drives: it takes 3 to 255"),
        (&["draid2:4d:5c:0s:5x4TB"], "need 6 drives or more, but there are 5"),
        (&["draid1:4d:11c:1s:11x4TB", "--zfs", "0.8.6"], "OpenZFS 0.8 to 2.0.6 has no dRAID"),
        (&["log:mirror:2x4TB"], "a pool needs at least one vdev that holds data"),
        (&["stripe:1000000x4TB"], "1000000 drives: write 1 to 65536"),
        (&["raidz:4x-4TB"], "`-4TB` is not a size"),
        (&["raidz:4x10MB"], "use 67108864 (64 MiB) to"),
        (&["mirror:2x4TB", "--ashift", "8"], "8 is not in 9..=16"),
        (&["mirror:2x4TB", "--zfs", "1.2"], "unknown OpenZFS release `1.2`: use 0.6 to 2.4"),
        (&["mirror:2x4TB", "--partition", "mbr"], "unknown partition scheme `mbr`"),
        (&["mirror:2x4TB", "--recordsize", "3K"], "use a power of two from 512 to 16777216 (16M)"),
        (
            &["mirror:2x4TB", "--mix", "music"],
            "unknown mix `music`: use media, documents, vm, or a file",
        ),
        (
            &["mirror:2x4TB", "--mix", "Cargo.toml"],
            "line 1 of a mix, `[package]`: write SIZE COUNT",
        ),
        (&["mirror:2x4TB", "--bays", "4"], "cannot be used with"),
        (&["--layouts", "raidz9"], "the table has no layout `raidz9`: use raidz, raidz2"),
    ] {
        let said = gen8(args);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

#[test]
fn the_rule_of_powers_of_two_and_the_ways_of_24_drives() {
    let said = zbay(&["optimal"], "");
    // The article's own lists come first, to the letter; then which of them hold.
    assert!(
        said.out.starts_with(
            "RAID-Z: 3, 5, 9, 17, 33 drives\nRAID-Z2: 4, 6, 10, 18, 34 drives\n\
             RAID-Z3: 5, 7, 11, 19, 35 drives\n\n"
        ),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("\nhold     RAID-Z of 3, 5, 9 and 17; RAID-Z2 of 6 and 18"),
        "{}",
        said.out
    );
    assert!(said.out.contains("\ndo not   RAID-Z of 33; RAID-Z2 of 4, 10 and 34"), "{}", said.out);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(
        said.out.contains(
            "| raidz2 of 10 | optimal, and wrong | 80.0     | 76.2 | 79.8 | 73.3 | 66.7 |"
        ),
        "{}",
        said.out
    );
    assert!(said.out.lines().all(|line| line.len() <= 80 && line.is_ascii()));
    let every: Value = serde_json::from_str(&zbay(&["--json", "optimal"], "").out).expect("JSON");
    assert_eq!(every["widths"].as_array().map(Vec::len), Some(35 + 34 + 33));
    let said = zbay(&["optimal", "--drives", "24", "--size", "4TB"], "");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.contains("*  raidz2 of 18 + raidz2 of 6"), "{}", said.out);
    assert!(said.out.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{}", said.out);
    let ways: Value = serde_json::from_str(&zbay(&["--json", "optimal", "--drives", "24"], "").out)
        .expect("JSON");
    let named = |name: &str| {
        ways["ways"].as_array().expect("ways").iter().find(|way| way["layout"] == name)
    };
    assert_eq!(
        named("raidz2 of 18 + raidz2 of 6").expect("kept")["usable"],
        json!(79_832_234_852_352_u64)
    );
    for (args, words) in [
        (&["optimal", "--drives", "1"][..], "cannot lay out 1 drives: use 2 to 500"),
        (&["optimal", "--drives", "1000000"], "cannot lay out 1000000 drives"),
        (
            &["optimal", "--drives", "4", "--size", "10MB"],
            "too few for a pool member: ZFS needs 64 MiB",
        ),
        (&["optimal", "--drives", "4", "--size", "2EiB"], "(1 EiB) are accepted"),
    ] {
        let said = zbay(args, "");
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}

#[test]
fn pictures_are_written_beside_the_screen() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("picture.svg");
    let path = file.to_str().expect("text");
    let read = || std::fs::read_to_string(&file).expect("written");
    let mut last = String::new();
    for args in [
        &["capacity", "--bays", "4"][..],
        &["--machine", "gen8-seed", "capacity", "raidz2:6x4TB"],
        &["--machine", "gen8-seed", "capacity", "--explain", "mirror:2x8TB", "raidz1:4x4TB"],
        &["optimal"],
        &["optimal", "--drives", "24"],
    ] {
        let plain = zbay(args, "");
        let drawn = zbay(&[args, &["--svg", path]].concat(), "");
        assert_eq!((drawn.status, drawn.err.as_str()), (0, ""), "{args:?}");
        assert!(drawn.out.starts_with(&plain.out), "{args:?}: the screen is as it was");
        assert!(drawn.out.contains("\npicture  "), "{args:?}: {}", drawn.out);
        let is_short = args.contains(&"capacity") && !args.contains(&"--explain");
        assert!(!is_short || drawn.out.lines().count() <= 20, "{}", drawn.out);
        let now = read();
        assert!(now.starts_with("<svg xmlns=") && now.ends_with("</svg>\n"), "{args:?}");
        assert_ne!(now, last, "{args:?}: a picture of its own");
        last = now;
        // Rows for a program stay rows.
        let csv = zbay(&[args, &["--svg", path, "--csv"]].concat(), "");
        assert_eq!(csv.out, zbay(&[args, &["--csv"]].concat(), "").out, "{args:?}");
        let json = zbay(&[&["--json"], args, &["--svg", path]].concat(), "");
        let json: Value = serde_json::from_str(&json.out).expect("JSON");
        assert_eq!(json["picture"], json!(path));
        assert_eq!(read(), last, "{args:?}: the same again");
    }
    let of_the_article = ["raidz2 of 18 + raidz2 of 6 (the article's)", "class=\"front\""];
    assert!(of_the_article.iter().all(|words| last.contains(words)));
    let dir = dir.path().to_str().expect("text");
    for (args, words) in [
        (&["capacity", "--bays", "4", "--svg", dir][..], "it is a directory: name a file within"),
        (&["optimal", "--svg", "/dev/null"], "cannot write /dev/null: it is not a regular file"),
        (&["optimal", "--svg", "/none/such.svg"], "cannot write /none/such.svg: No such file"),
        (&["optimal", "--svg", ""], "an empty path names no file"),
        (&["capacity", "--batch", "--svg", path], "cannot be used with"),
        (&["capacity", "raidz2:2x4TB", "--svg", path], "it takes 3 to 255"),
    ] {
        let said = zbay(args, "");
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
    assert_eq!(read(), last, "what failed wrote nothing");
}

#[test]
fn ways_to_grow_are_compared() {
    let both = ["raidz2:6x4TB", "--", "raidz2:6x4TB+raidz2:6x4TB", "raidz2:12x4TB"];
    let said = zbay(&[&["--machine", "gen8-seed", "grow"], &both[..]].concat(), "");
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.lines().all(|line| line.len() <= 80 && line.is_ascii()), "{}", said.out);
    assert!(
        said.out.contains("| attach 6 | 31.83 TB | 16.7   | 33.4 | 17.2 | 6   | 42-132 | -"),
        "{}",
        said.out
    );
    let args = ["--json", "--machine", "gen8-seed", "grow", "mirror:2x4TB", "--", "mirror:2x8TB"];
    let json: Value = serde_json::from_str(&zbay(&args, "").out).expect("JSON");
    assert_eq!(json["targets"][0]["ways"][1]["way"]["grown"]["replaced"], json!(2));
    for (args, words) in [
        (&["grow", "raidz2:6x4TB"][..], "zbay grow raidz2:6x4TB --to TO"),
        (&["grow", "raidz2:6x4TB", "--", "raidz2:2x4TB"], "it takes 3 to 255"),
        (&["grow", "raidz2:6x4TB", "--", "x"], "`x` is not a layout"),
    ] {
        let said = zbay(args, "");
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{args:?}");
        assert!(said.err.contains(words), "{args:?}: {}", said.err);
    }
}
