//! What holds for places of any shape, and the shapes that ZFS is known to make.

use crate::inventory::State;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq, prop_assume};

use super::{Holds, Needed, Place, Redundancy};
use crate::inventory::{
    Class, Copying, Leaf, LeafTold, Pool, Run, Scan, StandIn, Told, Vdev, Within,
};
use crate::units::Bytes;

/// What stands in a place, before it has numbers.
#[derive(Clone, Debug)]
enum Node {
    Drive { state: &'static str, errors: u64, deferred: bool, much: bool },
    Shared(StandIn, Vec<Node>),
}

const fn drive(state: &'static str) -> Node {
    Node::Drive { state, errors: 0, deferred: false, much: false }
}

fn replacing(children: Vec<Node>) -> Node {
    Node::Shared(StandIn::Replacing, children)
}

fn spare(children: Vec<Node>) -> Node {
    Node::Shared(StandIn::Spare, children)
}

fn leaves(node: &Node, within: &[Within], next: &mut u64, into: &mut Vec<Leaf>) {
    *next += 1;
    match node {
        Node::Drive { state, errors, deferred, much } => into.push(Leaf {
            path: None,
            guid: *next,
            state: (*state).into(),
            phys_path: None,
            devid: None,
            errors: [0, 0, *errors],
            partition: None,
            disk: None,
            told: LeafTold {
                within: within.to_vec(),
                deferred: *deferred,
                resilvered: if *much { 1 << 30 } else { 0 },
                ..LeafTold::default()
            },
        }),
        Node::Shared(kind, children) => {
            let (guid, of) = (*next, children.len());
            for (at, child) in children.iter().enumerate() {
                let mine = Within { name: format!("x-{guid}"), guid, kind: *kind, at, of };
                leaves(child, &[within, &[mine]].concat(), next, into);
            }
        }
    }
}

fn vdev(kind: &str, nodes: &[Node]) -> Vdev {
    let (mut all, mut next) = (Vec::new(), 100);
    for node in nodes {
        leaves(node, &[], &mut next, &mut all);
    }
    Vdev {
        name: format!("{kind}-0"),
        guid: 7,
        kind: kind.to_owned(),
        class: Class::Normal,
        state: "DEGRADED".into(),
        ashift: None,
        width: nodes.len(),
        size: None,
        deflated: None,
        allocated: None,
        leaves: all,
    }
}

fn scan(run: Run, errors: u64) -> Scan {
    Scan {
        resilver: true,
        run,
        began: None,
        ended: None,
        all: Bytes(1 << 40),
        done: Bytes(1 << 30),
        repaired: Bytes(0),
        errors,
        pass_began: None,
        pass_done: Bytes(0),
        pass_paused: 0,
    }
}

fn pool(vdevs: Vec<Vdev>, scan: Option<Scan>) -> Pool {
    Pool {
        name: "tank".to_owned(),
        guid: 1,
        state: "DEGRADED".into(),
        status: None,
        busy: None,
        errors: 0,
        size: Bytes(0),
        allocated: Bytes(0),
        vdevs,
        properties: Vec::new(),
        datasets: Vec::new(),
        told: Told { scan, ..Told::default() },
    }
}

fn left(kind: &str, nodes: &[Node], scan: Option<Scan>) -> Redundancy {
    let pool = pool(vec![vdev(kind, nodes)], scan);
    pool.redundancy(&pool.vdevs[0], &|_| false).expect("a data vdev")
}

fn out(kind: &str, nodes: &[Node], at: usize) -> Result<(), Needed> {
    let pool = pool(vec![vdev(kind, nodes)], None);
    pool.may_take_out(&pool.vdevs[0], &pool.vdevs[0].leaves[at])
}

const ON: Node = drive("ONLINE");

#[test]
fn a_replacement_and_a_spare_are_one_place_each() {
    let running = || Some(scan(Run::Active, 0));
    let gone = || drive("UNAVAIL");
    // The old one gone, the new one resilvering; then the old one still there.
    let one = [ON, replacing(vec![gone(), ON]), ON, ON];
    assert_eq!(left("raidz1", &one, running()).left, Some(0));
    let both = [ON, replacing(vec![ON, ON]), ON, ON];
    assert_eq!(left("raidz1", &both, running()).left, Some(1));
    // Three in one place, and a spare nested in a replacement: one place still.
    let three = [ON, replacing(vec![gone(), drive("OFFLINE"), ON]), ON, ON];
    assert_eq!(left("raidz2", &three, running()).left, Some(1));
    let nested = [ON, replacing(vec![spare(vec![drive("FAULTED"), ON]), ON]), ON, ON];
    assert_eq!(left("raidz1", &nested, None).left, Some(1), "the spare holds all");
    assert_eq!(left("raidz1", &nested, running()).left, Some(0), "neither does yet");
    let vdev = vdev("raidz1", &nested);
    let places = vdev.places();
    let member = |at: usize| places[at].member().unwrap().guid;
    assert_eq!((places.len(), vdev.leaves.len()), (4, 6));
    assert_eq!(member(1), vdev.leaves[3].guid, "the new drive of a replacement");
    assert!(places[1].has(vdev.leaves[1].guid) && !places[0].has(vdev.leaves[1].guid));
    let spared = [ON, spare(vec![drive("UNAVAIL"), ON])];
    assert_eq!(left("mirror", &spared, None).left, Some(1));
}

#[test]
fn what_lacks_data_is_not_whole() {
    let waits = || Node::Drive { state: "ONLINE", errors: 0, deferred: true, much: false };
    let filled = || Node::Drive { state: "ONLINE", errors: 0, deferred: false, much: true };
    assert_eq!(left("raidz2", &[ON, ON, ON, waits()], None).left, Some(1));
    // A replacement that is there though no resilver runs did not end.
    let stuck = [ON, ON, replacing(vec![drive("UNAVAIL"), ON])];
    assert_eq!(left("raidz1", &stuck, None).left, Some(0));
    // What a resilver with errors could not copy is missing still.
    let after = |errors| left("raidz1", &[ON, ON, filled()], Some(scan(Run::Finished, errors)));
    assert_eq!((after(0).left, after(3).left), (Some(1), Some(0)));
}

#[test]
fn a_resilver_of_nobody_knows_what_leaves_nothing_known() {
    let running = || Some(scan(Run::Active, 0));
    let it = left("raidz2", &[ON, ON, ON, ON], running());
    assert_eq!((it.unsure, it.left), (true, Some(0)));
    let filled = Node::Drive { state: "ONLINE", errors: 0, deferred: false, much: true };
    let it = left("raidz2", &[ON, ON, ON, filled], running());
    assert_eq!((it.unsure, it.left), (false, Some(1)));
    // A sequential one says of which vdev.
    let work = |vdev: &str| Copying {
        vdev: vdev.to_owned(),
        run: Run::Active,
        began: None,
        ended: None,
        all: Bytes(0),
        done: Bytes(0),
    };
    let mut pool = pool(vec![vdev("mirror", &[ON, ON])], None);
    for (name, unsure) in [("mirror-0", true), ("mirror-9", false)] {
        pool.told.rebuilds = vec![work(name)];
        let it = pool.redundancy(&pool.vdevs[0], &|_| false).unwrap();
        assert_eq!(it.unsure, unsure, "{name}");
    }
    assert_eq!(pool.may_take_out(&pool.vdevs[0], &pool.vdevs[0].leaves[0]), Ok(()));
    pool.told.rebuilds = vec![work("mirror-0")];
    let why = pool.may_take_out(&pool.vdevs[0], &pool.vdevs[0].leaves[0]);
    assert_eq!(why, Err(Needed::Unsure));
}

#[test]
fn the_last_copy_stays_whatever_zfs_says_of_it() {
    let bad = || drive("DEGRADED");
    let errors = |state| Node::Drive { state, errors: 4, deferred: false, much: false };
    assert!(out("mirror", &[bad(), bad()], 0).is_err(), "each may hold the only good copy");
    assert!(out("mirror", &[bad(), drive("FAULTED")], 0).is_err());
    assert!(out("mirror", &[bad(), drive("FAULTED")], 1).is_err(), "nobody leans on the other");
    assert_eq!(out("disk", &[bad()], 0), Err(Needed::Alone));
    assert!(out("mirror", &[errors("ONLINE"), ON], 0).is_ok());
    assert!(out("mirror", &[ON, errors("ONLINE")], 0).is_err(), "the other one had errors");
    assert!(out("mirror", &[drive("FAULTED"), errors("ONLINE")], 0).is_ok(), "it is read no more");
    assert!(out("raidz1", &[bad(), ON, drive("UNAVAIL")], 0).is_err());
    assert!(out("raidz2", &[bad(), ON, ON, drive("UNAVAIL")], 0).is_ok());
    // One whose spare holds all may go; the spare then may not.
    let spared = [ON, spare(vec![bad(), ON])];
    assert!(out("mirror", &spared, 1).is_ok() && out("mirror", &spared, 0).is_ok());
    let thin = || [spare(vec![bad(), ON]), drive("UNAVAIL"), ON];
    assert_eq!(out("raidz1", &thin(), 0), Ok(()), "the spare stays");
    assert!(out("raidz1", &thin(), 1).is_err() && out("raidz1", &thin(), 2).is_ok());
    assert!(out("raidz1", &[spare(vec![drive("FAULTED"), ON]), drive("UNAVAIL"), ON], 1).is_err());
}

#[test]
fn degraded_members_are_read_and_yet_nothing_is_left() {
    let it = left("raidz1", &[ON, drive("DEGRADED"), drive("DEGRADED")], None);
    assert_eq!((it.left, it.over), (Some(0), false), "all of it is read");
    let it = left("raidz1", &[ON, drive("FAULTED"), drive("FAULTED")], None);
    assert_eq!((it.left, it.over), (None, true));
}

fn node() -> impl Strategy<Value = Node> {
    let state = prop_oneof![
        5 => Just("ONLINE"),
        1 => Just("DEGRADED"),
        1 => Just("FAULTED"),
        1 => Just("OFFLINE"),
        1 => Just("UNAVAIL"),
        1 => Just("REMOVED"),
    ];
    let errors = prop_oneof![4 => Just(0_u64), 1 => 1..9_u64];
    let drive = (state, errors, any::<u8>(), any::<u8>()).prop_map(|(state, errors, a, b)| {
        Node::Drive { state, errors, deferred: a < 20, much: b < 40 }
    });
    drive.prop_recursive(2, 9, 3, |inner| {
        let kind = prop_oneof![Just(StandIn::Replacing), Just(StandIn::Spare)];
        (kind, vec(inner, 2..4)).prop_map(|(kind, all)| Node::Shared(kind, all))
    })
}

fn topology() -> impl Strategy<Value = (Vdev, usize)> {
    let kinds = prop_oneof![
        Just("mirror"),
        Just("raidz1"),
        Just("raidz2"),
        Just("raidz3"),
        Just("draid1:2d:5c:1s"),
    ];
    (kinds, vec(node(), 5..8)).prop_map(|(kind, mut nodes)| {
        if kind.starts_with("draid") {
            nodes.truncate(5);
        }
        (vdev(kind, &nodes), nodes.len())
    })
}

fn a_scan() -> impl Strategy<Value = Option<Scan>> {
    let run = prop_oneof![Just(Run::Active), Just(Run::Finished)];
    let scan = (run, 0..2_u64).prop_map(|(run, errors)| Some(scan(run, errors)));
    prop_oneof![2 => Just(None), 1 => scan]
}

proptest! {
    #[test]
    fn folding_keeps_all_leaves_in_order_and_is_done_once((vdev, width) in topology()) {
        let places = vdev.places();
        prop_assert_eq!(places.len(), width);
        let folded: Vec<u64> = places.iter().flat_map(Place::leaves).map(|leaf| leaf.guid).collect();
        let all: Vec<u64> = vdev.leaves.iter().map(|leaf| leaf.guid).collect();
        prop_assert_eq!(folded, all);
        // A vdev of the members alone folds to itself.
        let members = places.iter().filter_map(Place::member).cloned();
        let members = members.map(|mut leaf| { leaf.told.within.clear(); leaf });
        let again = Vdev { leaves: members.collect(), ..vdev.clone() };
        prop_assert_eq!(again.places().len(), width);
        prop_assert!(again.places().iter().all(|place| matches!(place, Place::Drive(_))));
    }

    #[test]
    fn no_more_is_left_than_whole_places_allow((vdev, width) in topology(), scan in a_scan()) {
        let pool = pool(vec![vdev], scan);
        let vdev = &pool.vdevs[0];
        let it = pool.redundancy(vdev, &|_| false).unwrap();
        // An upper bound that knows nothing of places: a place with no ONLINE leaf is not whole.
        let online = |place: &Place<'_>| place.leaves().iter().any(|leaf| leaf.state == State::Online);
        let whole = vdev.places().iter().filter(|place| online(place)).count();
        if let Some(left) = it.left {
            prop_assert!(left <= it.of && left <= (whole + it.of).saturating_sub(width));
        }
        prop_assert!(!it.over || it.left.is_none());
    }

    #[test]
    fn what_may_be_taken_out_leaves_a_vdev_that_is_read(
        (vdev, _) in topology(), scan in a_scan(), at in any::<usize>(), damaged in 0..2_u64,
    ) {
        let mut pool = pool(vec![vdev], scan);
        pool.errors = damaged;
        let vdev = &pool.vdevs[0];
        let leaf = &vdev.leaves[at % vdev.leaves.len()];
        prop_assume!(pool.may_take_out(vdev, leaf).is_ok());
        let after = pool.redundancy(vdev, &|it| it.guid == leaf.guid).unwrap();
        prop_assert!(after.left.is_some() && !after.over);
        // Whoever is leaned on holds all of it.
        let needed = vdev.width - after.of;
        let lean = |place: &Place<'_>| {
            let sound = |it: &&Leaf| it.guid != leaf.guid && pool.holds(vdev, it) == Holds::All;
            place.leaves().iter().any(sound)
        };
        prop_assert!(vdev.places().iter().filter(|place| lean(place)).count() >= needed);
    }

    #[test]
    fn a_drive_that_gets_worse_never_makes_anything_better(
        (vdev, _) in topology(), scan in a_scan(), at in any::<usize>(), out in any::<usize>(),
    ) {
        let pool = pool(vec![vdev], scan);
        let count = pool.vdevs[0].leaves.len();
        let (at, out) = (at % count, out % count);
        let mut worse = pool.clone();
        worse.vdevs[0].leaves[at].state = "FAULTED".into();
        // Which drive a resilver is of may be known by this one alone.
        let (before, after) = (&pool.vdevs[0], &worse.vdevs[0]);
        let is = pool.redundancy(before, &|_| false).unwrap();
        let then = worse.redundancy(after, &|_| false).unwrap();
        prop_assert!(then.left <= is.left || is.unsure);
        if at != out && !is.unsure && pool.may_take_out(before, &before.leaves[out]).is_err() {
            prop_assert!(worse.may_take_out(after, &after.leaves[out]).is_err());
        }
    }
}

#[test]
fn a_resilver_that_has_yet_to_begin_is_told_from_one_that_has_ended() {
    let at = |second: i64, resilver: bool| {
        let began = jiff::Timestamp::from_second(second).ok();
        Some(Scan { resilver, began, ..scan(Run::Finished, 0) })
    };
    let with = |scan| pool(vec![], scan);
    let scrubbed = with(at(100, false));
    assert!(!with(None).resilvers_since(&with(None)));
    assert!(!scrubbed.resilvers_since(&scrubbed), "a scrub is none");
    assert!(!with(at(100, true)).resilvers_since(&with(at(100, true))), "the one before");
    for earlier in [with(None), scrubbed, with(at(100, true))] {
        assert!(with(at(107, true)).resilvers_since(&earlier));
    }
    let work = Copying {
        vdev: "mirror-0".to_owned(),
        run: Run::Finished,
        began: None,
        ended: None,
        all: Bytes(1 << 40),
        done: Bytes(1 << 40),
    };
    let mut rebuilt = with(None);
    rebuilt.told.rebuilds.push(work);
    assert!(rebuilt.resilvers_since(&with(None)) && !rebuilt.resilvers_since(&rebuilt));
}
