//! Which mountpoints of a pool from elsewhere are taken, and what is said of the rest.

use camino::Utf8Path;

use super::{Arrival, is_unsettled, judge, vacant};
use crate::inventory::{Dataset, Pool, Told};
use crate::machine::recorded::Recorded;
use crate::machine::recording::{Answer, Bytes, Recording};
use crate::property::Property;
use crate::units::Bytes as Size;

fn property(name: &str, value: &str) -> Property {
    Property { name: name.into(), value: value.into(), source: "local".into() }
}

fn dataset(name: &str, at: &str, more: &[(&str, &str)]) -> Dataset {
    let usual = [("canmount", "on"), ("mounted", "no"), ("mountpoint", at)];
    let given = |name: &str| more.iter().any(|(other, _)| *other == name);
    let usual = usual.iter().filter(|(name, _)| !given(name));
    Dataset {
        name: name.into(),
        kind: "filesystem".into(),
        used: Size(0),
        available: Size(0),
        properties: usual.chain(more).map(|(name, value)| property(name, value)).collect(),
    }
}

fn pool(datasets: Vec<Dataset>) -> Pool {
    Pool {
        name: "rpool".into(),
        guid: 7,
        state: "ONLINE".into(),
        status: None,
        busy: None,
        errors: 0,
        size: Size(1),
        allocated: Size(0),
        vdevs: vec![],
        properties: vec![property("cachefile", "none")],
        datasets,
        told: Told::default(),
    }
}

/// A box with these directories, links and mounts; nothing else is there.
fn machine(dirs: &[(&str, &[&str])], links: &[(&str, &str)], mounts: &[&str]) -> Recorded {
    let mut recording = Recording::default();
    for (dir, names) in dirs {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        recording.lists.insert((*dir).into(), Answer::Given(Some(names)));
    }
    for (link, target) in links {
        recording.links.insert((*link).into(), Answer::Given(Some((*target).into())));
    }
    let rows = mounts.iter().map(|at| format!("1 2 8:1 / {at} rw - ext4 /dev/x rw"));
    let mountinfo = rows.collect::<Vec<_>>().join("\n");
    let text = Answer::Given(Some(Bytes::of(mountinfo.as_bytes())));
    recording.files.insert("/proc/self/mountinfo".into(), text);
    Recorded::new("here".to_owned(), recording)
}

/// The same, where what has this name is no directory.
fn without(
    file: &str,
    dirs: &[(&str, &[&str])],
    links: &[(&str, &str)],
    mounts: &[&str],
) -> Recorded {
    let mut recording = machine(dirs, links, mounts).recording().clone();
    recording.lists.insert(file.into(), Answer::Given(None));
    Recorded::new("here".to_owned(), recording)
}

fn mounts(arrival: &Arrival) -> Vec<&str> {
    arrival.mount.iter().map(|mount| mount.at.as_str()).collect()
}

fn commands(arrival: &Arrival) -> Vec<String> {
    let changes = arrival.steps().into_iter().flat_map(|step| step.changes);
    changes
        .filter_map(|change| match change {
            crate::machine::Change::Run(cmd) => Some(cmd.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn what_would_cover_something_is_named_and_the_rest_is_mounted() {
    let here = without(
        "/srv/file",
        &[("/srv/full", &["a"]), ("/srv/bare", &[]), ("/srv", &["full", "bare", "file"])],
        &[("/srv/link", "/etc"), ("/srv/fine", "bare"), ("/srv/round", "round")],
        &["/", "/mnt/stick"],
    );
    let pool = pool(vec![
        dataset("rpool", "/rpool", &[]),
        dataset("rpool/root", "/root", &[]),
        dataset("rpool/root/ssh", "/root/.ssh", &[]),
        dataset("rpool/cron", "/etc/cron.d", &[]),
        dataset("rpool/slash", "/", &[]),
        dataset("rpool/bin", "/usr/local/sbin", &[]),
        dataset("rpool/zbay", "/var/lib/zbay", &[]),
        dataset("rpool/tmp", "/tmp/x", &[]),
        dataset("rpool/dots", "/srv/../etc", &[]),
        dataset("rpool/esc", "/srv/\u{1b}[2J", &[]),
        dataset("rpool/full", "/srv/full", &[]),
        dataset("rpool/full/below", "/srv/full/below", &[]),
        dataset("rpool/bare", "/srv/bare", &[]),
        dataset("rpool/new", "/srv/new", &[]),
        dataset("rpool/twice", "/srv/new", &[]),
        dataset("rpool/link", "/srv/link/cron.d", &[]),
        dataset("rpool/round", "/srv/round", &[]),
        dataset("rpool/file", "/srv/file", &[]),
        dataset("rpool/stick", "/mnt/stick", &[]),
        dataset("rpool/off", "/root", &[("canmount", "off")]),
        dataset("rpool/noauto", "/root", &[("canmount", "noauto")]),
        dataset("rpool/none", "none", &[]),
        dataset("rpool/legacy", "legacy", &[]),
        dataset("rpool/is", "/srv/is", &[("mounted", "yes")]),
        dataset("rpool/closed", "/srv/closed", &[("keystatus", "unavailable")]),
        dataset("rpool/open", "/srv/open", &[("keystatus", "available")]),
    ]);
    assert!(is_unsettled(&pool));
    let arrival = judge(&here, &pool, false).unwrap();
    assert_eq!(mounts(&arrival), ["/rpool", "/srv/bare", "/srv/new", "/srv/open"]);
    let left: Vec<&str> = arrival.left.iter().map(|left| left.dataset.as_str()).collect();
    let expected = [
        "slash",
        "root",
        "cron",
        "tmp",
        "stick",
        "dots",
        "esc",
        "file",
        "full",
        "round",
        "twice",
        "zbay",
        "bin",
        "root/ssh",
        "full/below",
        "link",
    ];
    let mut expected: Vec<String> = expected.iter().map(|name| format!("rpool/{name}")).collect();
    let mut left: Vec<String> = left.into_iter().map(str::to_owned).collect();
    expected.sort();
    left.sort();
    assert_eq!(left, expected);
    let why = |name: &str| {
        let left = arrival.left.iter().find(|left| left.dataset == format!("rpool/{name}"));
        left.unwrap().why.clone()
    };
    for (name, words) in [
        ("root", "belongs to the system"),
        ("cron", "belongs to the system"),
        ("full", "not empty"),
        ("full/below", "below rpool/full"),
        ("twice", "something else is mounted there"),
        ("stick", "something else is mounted there"),
        ("link", "leads to /etc/cron.d"),
        ("round", "circle"),
        ("file", "no directory"),
    ] {
        assert!(why(name).contains(words), "{name}: {}", why(name));
    }
    // Nothing of it comes back at boot by itself as long as something is left.
    assert!(commands(&arrival).iter().all(|cmd| cmd.starts_with("zfs mount rpool")));
    let rows = arrival.rows();
    assert!(rows.iter().any(|(_, row)| row.contains("`zfs set mountpoint=/mnt/root rpool/root`")));
    assert!(rows.iter().any(|(_, row)| row.contains("`zbay import rpool`")), "{rows:?}");
}

#[test]
fn a_pool_that_covers_nothing_is_as_it_always_was() {
    let here = machine(&[], &[], &["/"]);
    let ours = pool(vec![
        dataset("rpool", "/tank", &[]),
        dataset("rpool/b", "/tank/b", &[("sharenfs", "on"), ("sharesmb", "off")]),
        dataset("rpool/a", "/tank/a", &[]),
    ]);
    let arrival = judge(&here, &ours, true).unwrap();
    assert!(arrival.left.is_empty() && arrival.rows().is_empty());
    let expected = [
        "zfs mount rpool",
        "zfs mount rpool/a",
        "zfs mount rpool/b",
        "zfs share rpool/b",
        "zpool set cachefile=/etc/zfs/zpool.cache rpool",
    ];
    assert_eq!(commands(&arrival), expected);
    // What comes from elsewhere is not shared on its own word.
    let arrival = judge(&here, &ours, false).unwrap();
    assert!(commands(&arrival).iter().all(|cmd| !cmd.contains("share")), "{arrival:?}");
    assert!(arrival.rows()[0].1.contains("`zfs set sharenfs=off rpool/b`"), "{arrival:?}");
}

#[test]
fn a_mountpoint_is_looked_at_again_before_it_is_used() {
    let swapped = machine(&[("/tank", &["media"])], &[("/tank/media", "/etc")], &[]);
    assert!(vacant(&swapped, Utf8Path::new("/tank/media")).is_err());
    let fine = machine(&[("/tank", &["media"]), ("/tank/media", &[])], &[], &[]);
    assert_eq!(vacant(&fine, Utf8Path::new("/tank/media")), Ok(()));
}
