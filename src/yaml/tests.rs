//! What a reader of a broken file relies on: every fault, its place, its remedy.

use proptest::prelude::{any, prop, proptest};
use serde::Deserialize;

use super::{MAX_BYTES, read};
use crate::fault::Faults;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Top {
    name: String,
    count: Option<u8>,
    inner: Inner,
    #[serde(default)]
    list: Vec<Inner>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    layout: Layout,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Layout {
    Raidz2,
    Mirror,
}

fn faults(text: &str) -> Faults {
    read::<Top>("x.yaml", text.as_bytes()).expect_err("has a fault")
}

fn places(text: &str) -> Vec<(String, String)> {
    let faults = faults(text);
    faults.list.iter().map(|f| (text[f.span.clone()].to_owned(), f.message.clone())).collect()
}

#[test]
fn reads_what_is_sound_and_knows_where() {
    let text =
        "# c\nname: a # b\ninner:\n  layout: mirror\nlist: [{layout: raidz2}, {layout: mirror}]\n";
    let parsed = read::<Top>("x.yaml", text.as_bytes()).expect("sound");
    assert_eq!(parsed.value.inner.layout, Layout::Mirror);
    assert_eq!(parsed.value.name, "a");
    assert_eq!(parsed.value.count, None);
    assert_eq!(parsed.value.list[0].layout, Layout::Raidz2);
    assert_eq!(&text[parsed.span("inner.layout")], "mirror");
    assert_eq!(&text[parsed.span("list[0].layout")], "raidz2");
    assert_eq!(&text[parsed.span("list")], "list");
    assert_eq!(&text[parsed.span("inner.nothing")], "inner");
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let text = "nmae: a\ncount: many\ninner:\n  layout: raid-z2\n  size: 3\nlist:\n  - layout: mirror\n  - layout: 7\n";
    let found = places(text);
    let spots: Vec<&str> = found.iter().map(|(spot, _)| spot.as_str()).collect();
    assert_eq!(spots, ["nmae", "nmae", "many", "raid-z2", "size", "7"], "{found:?}");
    assert!(found[5].1.contains('7'), "{found:?}");
}

#[test]
fn a_fault_shows_line_caret_and_remedy() {
    let text = "name: a\ninner:\n  layout: raid-z2\n";
    let shown = faults(text).to_string();
    assert_eq!(
        shown,
        "error: `raid-z2` is not known here\n --> x.yaml:3:11\n  |\n3 |   layout: raid-z2\n  |           ^^^^^^^\n  |\n  = help: did you mean `raidz2`?"
    );
}

#[test]
fn duplicate_keys_are_refused_where_the_second_stands() {
    let text = "name: a\ninner: {layout: mirror}\nname: b\n";
    let faults = faults(text);
    assert_eq!(faults.list.len(), 1);
    assert_eq!(faults.list[0].span.start, text.rfind("name").unwrap_or(0));
}

#[test]
fn hostile_files_end_in_one_clear_fault() {
    let bomb = "a: &a [x,x,x]\nb: &b [*a,*a]\nname: *b\n";
    assert!(faults(bomb).to_string().contains("anchors and aliases are not supported"));
    let deep = format!("name: {}x{}", "[".repeat(5000), "]".repeat(5000));
    assert!(faults(&deep).to_string().contains("nested too deeply"));
    let dashes = format!("name:\n  {}x", "- ".repeat(5000));
    assert!(faults(&dashes).to_string().contains("nested too deeply"));
    let block: Vec<String> = (0..3000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let block = block.concat();
    assert!(faults(&block[..block.len().min(MAX_BYTES)]).list.len() == 1);
    let large = "x".repeat(MAX_BYTES + 1);
    assert!(faults(&large).to_string().contains("larger than 262144 bytes"));
    assert!(read::<Top>("x.yaml", b"name: \xff\xfe").is_err());
    assert!(faults("name: \"open\n").to_string().contains("never closed"));
    assert!(faults("").to_string().contains("the file is empty"));
    assert!(faults("name: a\n\tinner: b\n").list.len() == 1);
}

proptest! {
    #[test]
    fn no_text_panics(text in "[a-z:\\-\\[\\]{}#,'\"&*!|> \n\t0-9é]{0,200}") {
        let _ = read::<Top>("x.yaml", text.as_bytes()).map_err(|faults| faults.to_string());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read::<Top>("x.yaml", &bytes).map_err(|faults| faults.to_string());
    }
}

#[test]
fn every_missing_key_is_told_at_once() {
    let missing = |text: &str| {
        let faults = faults(text);
        faults.list.iter().map(|fault| fault.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(missing("count: 1\n"), ["`name` is missing", "`inner` is missing"]);
    assert_eq!(missing("inner: {}\n"), ["`layout` is missing", "`name` is missing"]);
    // A key whose value is wrong is not missing too.
    assert_eq!(missing("name: a\ninner: {layout: 7}\n").len(), 1);
}
