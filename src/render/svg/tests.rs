//! What holds for every picture, and what each one says.

use roxmltree::{Document, Node};

use super::canvas::{Anchor, Canvas};
use super::style::Face;
use super::{Point, bays, front, ways, where_to, widths};
use crate::capacity::table::{Layout, table_of};
use crate::capacity::{Terms, of_parts, spec, widths as rule};
use crate::inventory::{Disk, Inventory};
use crate::render::fixture::{disk, holding, hw, with_pool};
use crate::render::front::slots;
use crate::smart::Smart;
use crate::units::{Ashift, Bytes};

const TB: u64 = 1_000_000_000_000;

fn pool(specs: &[&str]) -> Canvas {
    let parse = |spec: &&str| spec::parse(spec, Ashift::DEFAULT).unwrap();
    let parts: Vec<_> = specs.iter().flat_map(parse).collect();
    where_to(&parts, &of_parts(&parts, Terms::default()).unwrap(), "OpenZFS 2.3 (asked), <&>")
}

fn table(labels: &[u64], n: usize, layouts: &[Layout]) -> Canvas {
    let labels: Vec<_> = labels.iter().map(|tb| Bytes(tb * TB)).collect();
    bays(&table_of(&labels, n, Ashift::DEFAULT, layouts, Terms::default()).unwrap(), n)
}

/// A crowd: ways that differ by little, some of them alike.
fn crowd(number: u64) -> Vec<Point> {
    let point = |at: u64| Point {
        name: format!("raidz{} of {} + raidz{} of {at}", at % 3 + 1, 24 - at % 20, at % 3 + 1),
        usable: Bytes((40 + at * 7 % 40) * TB),
        risk: 10_f64.powi(-i32::try_from(at % 11).unwrap()) / 7.0,
        survives: at % 3 + 1,
        noted: at == 5,
    };
    (0..number).map(point).collect()
}

fn box_of(name: &str, inventory: &Inventory) -> Canvas {
    let hw = hw(name);
    front(&hw.title, &inventory.host.dmi, &slots(&hw, inventory))
}

/// As long as words of drives get.
fn wordy() -> Inventory {
    let drive = |n: u64| -> Disk {
        let port = format!("pci-0000:01:00.0-sas-phy{n}-lun-0");
        let serial = format!("WWWWWWWWWWWWWWWWWWW{n}");
        let mut disk = disk(&format!("sd{n}"), &"M".repeat(40), &serial, 64 << 50, &port);
        let reallocated = n.is_multiple_of(2).then_some(7);
        disk.smart = Ok(Smart { temperature: Some(104), reallocated, ..Smart::default() });
        disk
    };
    holding((0..8).map(drive).collect())
}

fn pictures() -> Vec<(&'static str, Canvas)> {
    let every = (1..=30).collect::<Vec<_>>();
    vec![
        ("front", box_of("hp-microserver-gen8", &with_pool())),
        ("front of 24 bays", box_of("4u-24bay", &wordy())),
        ("widths", widths(&rule::widths(Ashift::DEFAULT), Ashift::DEFAULT)),
        ("widths, ashift 9", widths(&rule::widths(Ashift::MIN), Ashift::MIN)),
        ("raidz", pool(&["raidz1:4x4TB"])),
        ("mixed", pool(&["raidz1:1TB,3x2TB", "log:mirror:2x100GB", "special:mirror:2x1TB"])),
        ("small", pool(&["stripe:1GiB"])),
        ("large", pool(&["stripe:1000x100TB"])),
        ("draid", pool(&["draid2:4d:11c:1s:11x16TB", "mirror:2x8TB", "mirror:2x8TB"])),
        (
            "many",
            pool(
                &(1..14)
                    .map(|tb| format!("mirror:2x{tb}TB"))
                    .collect::<Vec<_>>()
                    .iter()
                    .map(String::as_str)
                    .collect::<Vec<_>>(),
            ),
        ),
        ("table", table(&[3, 4, 6, 8], 4, &Layout::ALL)),
        ("all sizes", table(&every, 12, &Layout::EVERY)),
        ("no bays", table(&[4], 0, &Layout::ALL)),
        ("no sizes", table(&[], 4, &Layout::ALL)),
        ("ways", ways(&crowd(90), 24, "4TB", "AFR 1.57 %")),
        ("one way", ways(&crowd(1), 2, "4TB", "AFR 1.57 %")),
        ("no way", ways(&[], 2, "4TB", "AFR 1.57 %")),
    ]
}

#[test]
fn every_text_can_be_read() {
    for (name, canvas) in pictures() {
        for (at, text) in canvas.texts.iter().enumerate() {
            assert!(canvas.area().holds(text), "{name}: {text:?} leaves the picture");
            let on = canvas.texts.iter().skip(at + 1).find(|other| other.overlaps(text));
            assert_eq!(on, None, "{name}: lies on {text:?}");
        }
    }
}

#[test]
fn every_picture_is_sound_and_needs_nothing_else() {
    for (name, canvas) in pictures() {
        let svg = canvas.svg();
        let document = Document::parse(&svg).unwrap_or_else(|why| panic!("{name}: {why}"));
        let root = document.root_element();
        let said = |tag: &str| {
            let found =
                root.children().find(|it| it.has_tag_name(("http://www.w3.org/2000/svg", tag)));
            found.and_then(|it| it.text()).unwrap_or_default().to_owned()
        };
        assert!(said("title").len() > 10 && said("desc").len() > 40, "{name}");
        assert!(said("style").contains("(prefers-color-scheme: dark)"), "{name}");
        for node in root.descendants().filter(Node::is_element) {
            let tag = node.tag_name().name();
            assert!(
                !["script", "image", "foreignObject", "use", "a"].contains(&tag),
                "{name}: {tag}"
            );
            for attribute in node.attributes() {
                let value = attribute.value();
                assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {value}");
            }
        }
        assert_eq!(svg.matches("http").count(), 1, "{name}: nothing but the name of SVG");
        assert!(!svg.contains("@import") && !svg.contains("@font-face"), "{name}");
    }
    let twice = || pictures().iter().map(|(_, canvas)| canvas.svg()).collect::<Vec<_>>();
    assert_eq!(twice(), twice());
}

fn texts(canvas: &Canvas) -> Vec<String> {
    let svg = canvas.svg();
    let document = Document::parse(&svg).unwrap();
    let texts = document.descendants().filter(|it| it.tag_name().name() == "text");
    texts.filter_map(|it| it.text().map(str::to_owned)).collect()
}

#[test]
fn the_bar_of_a_pool_names_every_step_and_adds_up() {
    let canvas = pool(&["raidz1:4x4TB"]);
    let said = texts(&canvas);
    for words in [
        "usable 11.48 TB = 10.4 TiB (zfs list: 11483534589952 bytes)",
        "SIZE 15.99 TB = 14.5 TiB (zpool list: 15994458210304 bytes)",
        "raidz padding at 128 KiB",
        "slop, kept for deletions",
        "embedded log",
        "partition tables and gaps",
        "71.8 %",
        "<0.1 %",
    ] {
        assert!(said.iter().any(|it| it == words), "{words}: {said:#?}");
    }
    // The parts of the upper bar meet, from edge to edge.
    let svg = canvas.svg();
    let document = Document::parse(&svg).unwrap();
    let number =
        |node: &Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let bar: Vec<(f64, f64)> = document
        .descendants()
        .filter(|it| it.attribute("height") == Some("50.0") && it.attribute("class").is_some())
        .map(|it| (number(&it, "x"), number(&it, "width")))
        .collect();
    assert_eq!(bar.len(), 8);
    let ends = bar.iter().fold(24.0, |at: f64, (x, width)| {
        assert!((at - x).abs() < 0.11, "{bar:?}");
        x + width
    });
    assert!((ends - 896.0).abs() < 0.11, "{bar:?}");
    let usable = bar[0].1 / (896.0 - 24.0);
    assert!((usable - 11_483_534_589_952.0 / 16_003_148_120_064.0).abs() < 0.001);
}

#[test]
fn vdevs_that_differ_have_bars_of_their_own() {
    let said = texts(&pool(&["mirror:2x8TB", "mirror:2x8TB", "raidz2:6x4TB"]));
    assert!(said.iter().any(|it| it == "2 x mirror:2x8TB"), "{said:#?}");
    assert!(said.iter().any(|it| it == "raidz2:6x4TB"), "{said:#?}");
    let alike = texts(&pool(&["mirror:2x8TB", "mirror:2x8TB"]));
    assert!(!alike.iter().any(|it| it == "2 x mirror:2x8TB"), "{alike:#?}");
}

#[test]
fn a_front_says_what_the_screen_says() {
    let canvas = box_of("hp-microserver-gen8", &with_pool());
    let said = texts(&canvas);
    for words in [
        "bay 3",
        "Z4Z0EXA2",
        "! MISSING",
        "! testpool UNAVAIL",
        "~ testpool DEGRADED",
        "3.0 of 6.0 Gb/s",
    ] {
        assert!(said.iter().any(|it| it == words), "{words}: {said:#?}");
    }
    let svg = canvas.svg();
    assert!(!svg.contains('\u{1b}'));
    // One band for each drive of the pool, the one that is gone too, in one look.
    assert_eq!(svg.matches("url(#zbay-hatch)").count(), 4);
    // What is in a bay stays in it.
    let wide = box_of("4u-24bay", &wordy());
    for text in wide.texts.iter().filter(|text| text.top > 80.0 && text.bottom < 230.0) {
        let left = ((text.left - 24.0) / 216.0).floor().mul_add(216.0, 24.0);
        assert!(text.right <= left + 206.0, "{text:?}");
    }
}

#[test]
fn the_rule_is_marked_where_it_is_kept_and_where_not() {
    let canvas = widths(&rule::widths(Ashift::DEFAULT), Ashift::DEFAULT);
    let svg = canvas.svg();
    // One more of each is in the key.
    assert_eq!(svg.matches("class=\"wrong\"").count(), 6 + 1);
    assert_eq!(svg.matches("class=\"ring\"").count(), 9 + 1);
    let said = texts(&canvas);
    assert!(said.iter().any(|it| it == "10: 76.2 %, not 80.0"), "{said:#?}");
    assert!(svg.contains("raidz2 of 12: 76.2 % for 128K records, promised 83.3 %"));
}

#[test]
fn each_size_and_layout_has_a_bar() {
    let said = texts(&table(&[3, 4, 6, 8], 4, &Layout::ALL));
    for words in ["8.58 TB of 9 TB", "5.67 TB of 6 TB", "5.84 TB of 6 TB", "23.12 TB of 24 TB"] {
        assert_eq!(said.iter().filter(|it| *it == words).count(), 1, "{words}: {said:#?}");
    }
}

#[test]
fn the_front_is_named_and_no_name_lies_on_a_point() {
    let point = |name: &str, usable, risk, survives| Point {
        name: name.to_owned(),
        usable: Bytes(usable * TB),
        risk,
        survives,
        noted: name == "article",
    };
    let all = [
        point("most", 90, 1e-2, 1),
        point("beaten", 70, 1e-3, 1),
        point("article", 80, 1e-3, 2),
        point("middle", 80, 1e-6, 2),
        point("alike", 80, 1e-6, 2),
        point("safest", 60, 1e-12, 3),
    ];
    let canvas = ways(&all, 24, "4TB", "AFR");
    let said = texts(&canvas);
    for (name, is_named) in [
        ("most", true),
        ("middle", true),
        ("safest", true),
        ("article (the article's)", true),
        ("beaten", false),
        ("alike", false),
    ] {
        assert_eq!(said.iter().any(|it| it == name), is_named, "{name}: {said:#?}");
    }
    assert!(canvas.svg().contains("beaten: 70.00 TB, about 1 in 1,000"));
    for canvas in [canvas, ways(&crowd(90), 24, "4TB", "AFR")] {
        for text in &canvas.texts {
            let on = canvas.marks.iter().find(|mark| mark.overlaps(text));
            assert_eq!(on, None, "{text:?}");
        }
    }
}

#[test]
fn foreign_words_stay_words() {
    let mut canvas = Canvas::new(300.0, "</title><script>x</script>", "\u{1b}[2J&", "]]>\"'");
    canvas.text((10.0, 90.0), Anchor::Start, Face::Text, "<text onload=\"x\">\u{0}");
    canvas.set_height(100.0);
    let svg = canvas.svg();
    let document = Document::parse(&svg).unwrap();
    assert!(document.descendants().all(|it| it.tag_name().name() != "script"));
    assert!(texts(&canvas).contains(&"<text onload=\"x\">?".to_owned()));
}
