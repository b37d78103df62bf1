//! What a pool is as, in a profile: all that a profile has words for, and the rest by name.

use super::*;
use crate::life::expand::fixture::Made;
use crate::profile::Profile;
use crate::render::fixture::hw;
use crate::yaml::read;

fn frame(made: &Made) -> Frame {
    Frame::of(&hw("4u-24bay"), &made.0, "tank".parse().unwrap())
}

fn adopted(made: &mut Made) -> Result<Adopted, NoWish> {
    let (hw, frame, pool) = (hw("4u-24bay"), frame(made), made.pool().clone());
    wish(&hw, &made.0, &pool, &frame)
}

fn profile(text: &str) -> Profile {
    read::<Profile>("adopted", text.as_bytes())
        .unwrap_or_else(|faults| panic!("{faults}\n{text}"))
        .value
}

fn property(name: &str, value: &str, source: &str) -> Property {
    Property { name: name.into(), value: value.into(), source: source.into() }
}

fn dataset(name: &str, kind: &str, properties: &[(&str, &str, &str)]) -> Dataset {
    Dataset {
        name: name.into(),
        kind: kind.into(),
        properties: properties.iter().map(|(n, v, s)| property(n, v, s)).collect(),
        used: Bytes(0),
        available: Bytes(0),
    }
}

#[test]
fn vdevs_of_every_class_are_told_by_bay() {
    let mut made = Made::of(&[
        ("mirror", Class::Normal, &[1, 2]),
        ("mirror", Class::Normal, &[3, 4]),
        ("mirror", Class::Log, &[5, 6]),
        ("disk", Class::Cache, &[7]),
        ("disk", Class::Spare, &[8]),
        ("disk", Class::Spare, &[9]),
    ]);
    let pool = profile(&adopted(&mut made).unwrap().text).pool;
    let words = |bays: &[BayId]| bays.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(pool.layout, Layout::Mirror);
    assert_eq!(pool.bays.0.iter().map(|it| words(it)).collect::<Vec<_>>(), ["1 2", "3 4"]);
    let log = pool.log.unwrap();
    assert_eq!((words(&log.bays).as_str(), log.mirror, log.size), ("5 6", true, None));
    assert_eq!(words(&pool.cache.unwrap().bays), "7");
    assert_eq!(words(&pool.spares), "8 9");
    assert_eq!(pool.ashift.map(crate::units::Ashift::get), Some(12));
}

#[test]
fn a_log_and_a_cache_on_one_drive_share_it_by_size() {
    let mut made = Made::of(&[
        ("raidz1", Class::Normal, &[1, 2, 3]),
        ("disk", Class::Log, &[4]),
        ("disk", Class::Cache, &[4]),
    ]);
    made.pool().vdevs[1].leaves[0].partition = Some(Bytes(8 << 30));
    let pool = profile(&adopted(&mut made).unwrap().text).pool;
    assert_eq!(pool.log.unwrap().size, Some(Bytes(8 << 30)));
    assert_eq!(pool.cache.unwrap().size, None);
}

#[test]
fn properties_and_datasets_are_told_as_they_are_and_what_has_no_word_is_named() {
    let mut made = Made::of(&[("raidz1", Class::Normal, &[1, 2, 3])]);
    made.set("autoexpand", "off");
    made.set("compatibility", "off");
    made.pool().datasets = vec![
        dataset(
            "tank",
            "filesystem",
            &[
                ("compression", "zstd-3", "local"),
                ("atime", "on", "default"),
                ("xattr", "on", "local"),
                ("acltype", "posixacl", "local"),
                ("dnodesize", "legacy", "default"),
                ("mountpoint", "/srv/nas", "local"),
                ("used", "5", "none"),
            ],
        ),
        dataset(
            "tank/home/anna",
            "filesystem",
            &[
                ("quota", "536870912000", "local"),
                ("recordsize", "1048576", "received"),
                ("compression", "zstd-3", "inherited"),
                ("logbias", "throughput", "local"),
            ],
        ),
        dataset("tank/vm0", "volume", &[("volsize", "1073741824", "local")]),
    ];
    let Adopted { text, beside } = adopted(&mut made).unwrap();
    let profile = profile(&text);
    let has = |settings: &[Setting], name: &str| {
        settings.iter().find(|it| it.name == name).map(|it| it.value.clone())
    };
    let pool = profile.pool.properties.settings();
    assert_eq!(has(&pool, "autoexpand").as_deref(), Some("off"));
    assert_eq!(has(&pool, "compatibility").as_deref(), Some("off"));
    let root = profile.pool.root.root_settings("tank");
    for (name, value) in [
        ("compression", "zstd-3"),
        ("atime", "on"),
        ("xattr", "sa"),
        ("acltype", "posix"),
        ("dnodesize", "legacy"),
        ("mountpoint", "/srv/nas"),
    ] {
        assert_eq!(has(&root, name).as_deref(), Some(value), "{text}");
    }
    let (name, home) = profile.datasets.iter().next().unwrap();
    let home = home.settings();
    assert_eq!(name.as_str(), "home/anna");
    assert_eq!(has(&home, "quota").as_deref(), Some("536870912000"));
    assert_eq!(has(&home, "recordsize").as_deref(), Some("1048576"));
    assert_eq!(has(&home, "compression"), None, "what is inherited is not its own");
    assert_eq!(beside, ["logbias=throughput of tank/home/anna", "volume tank/vm0"]);
}

#[test]
fn what_a_profile_cannot_say_is_refused_with_every_reason() {
    let mut made = Made::of(&[
        ("raidz1", Class::Normal, &[1, 2, 3]),
        ("mirror", Class::Normal, &[4, 5]),
        ("mirror", Class::Special, &[6, 7]),
    ]);
    made.pool().state = "DEGRADED".into();
    made.disk(2).path = Some("pci-0000:09:00.0-ata-1".into());
    let why = adopted(&mut made).unwrap_err().to_string();
    for part in [
        "DEGRADED",
        "different kinds: mirror, raidz1",
        "special",
        "is not in a bay",
        "zbay replace",
    ] {
        assert!(why.contains(part), "`{part}` is not in: {why}");
    }
}

#[test]
fn a_size_reads_back_as_the_same_bytes() {
    for bytes in [0, 1, 1023, 1024, 131_072, 1 << 20, (1 << 30) + 512, 8 << 30, 3 << 40] {
        let text = exact(Bytes(bytes));
        assert_eq!(text.parse::<Bytes>().unwrap(), Bytes(bytes), "{text}");
    }
}
