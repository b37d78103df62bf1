//! zbay killed on the way, in each thing that it does to a pool: the same words typed again end it, and nothing is lost.
//!
//! Where it is killed is told by its n-th sync: each line of the journal is one, so that all sides of each step are met.
//! Chance draws a few in each run; the long run takes each.

use std::time::Duration;

use zbay_lab::{FIRST, Lab};

use crate::dice::Dice;
use crate::promises::{at_sync, made};
use crate::shelf::{
    ZBAY, boxed, fill, flat, intact, pull, put_back, scrubbed, serial, state, wipe, wwn,
};

/// How many are drawn for a run.
const DRAWN: usize = 3;
/// More syncs than anything has.
const SYNCS: u32 = 40;

/// A thing that zbay does to pool `two`, a mirror over bays 1 and 2.
struct Flow {
    what: &'static str,
    /// Makes it needed.
    before: fn(&Lab),
    command: fn(&Lab) -> String,
    /// Succeeds once it is done.
    done: &'static str,
    /// As it was before.
    after: fn(&Lab),
}

const FLOWS: [Flow; 6] = [
    Flow {
        what: "a drive that was put back",
        before: |lab| {
            pull(lab, "two", 2);
            put_back(lab);
        },
        command: |_| "replace 2 --yes".to_owned(),
        done: "zpool list -H -o health two | grep -q ONLINE",
        after: |_| {},
    },
    Flow {
        what: "a new drive in another bay",
        before: |lab| pull(lab, "two", 2),
        command: |lab| format!("replace 2 --with 3 --yes --serial {}", serial(lab, 3)),
        done: "zpool status two | grep 5000c5007a070003 | grep -q ONLINE",
        after: |lab| {
            put_back(lab);
            wipe(lab, 2);
            lab.ok(&format!("for i in 1 2 3; do zpool replace two {} {} && break; udevadm settle; sleep 1; done", wwn(3), wwn(2)));
            lab.ok("zpool wait -t replace,resilver two");
            wipe(lab, 3);
        },
    },
    Flow {
        what: "a third copy",
        before: |_| {},
        command: |_| "expand attach 4 --yes".to_owned(),
        done: "zpool status two | grep 5000c5007a070004 | grep -q ONLINE",
        after: |lab| {
            lab.ok(&format!("zpool detach two {}", wwn(4)));
            wipe(lab, 4);
        },
    },
    Flow {
        what: "a copy that goes",
        before: |lab| {
            lab.ok(&format!("for i in 1 2 3; do zpool attach two {} {} && break; udevadm settle; sleep 1; done; zpool wait -t resilver two", wwn(1), wwn(4)));
        },
        command: |_| "expand remove 4 --yes".to_owned(),
        done: "! zpool status two | grep -q 5000c5007a070004",
        after: |lab| wipe(lab, 4),
    },
    Flow {
        what: "a log",
        before: |_| {},
        command: |_| "expand log 5 6 --yes".to_owned(),
        done: "zpool status two | grep -A1 logs | grep -q mirror",
        after: |lab| {
            lab.ok("zpool remove two $(zpool status two | grep -A1 logs | tail -n 1 | awk '{print $1}'); zpool sync two");
            wipe(lab, 5);
            wipe(lab, 6);
        },
    },
    Flow {
        what: "a pool that leaves and comes back",
        before: |lab| {
            lab.ok("zpool export two");
        },
        command: |_| "import two --yes".to_owned(),
        done: "zpool list two >/dev/null 2>&1",
        after: |_| {},
    },
];

/// Kills it at its n-th sync, and has it go on. False: it had ended before.
fn goes_on(lab: &Lab, flow: &Flow, n: u32) -> bool {
    (flow.before)(lab);
    let command = format!("{ZBAY} {}", (flow.command)(lab));
    let killed = at_sync(lab, &command, n, "SIGKILL");
    // A program that it had started may still be at work: the next zbay is kept out by the lock, and says so.
    lab.until("flock -n /run/zbay/lock true", Duration::from_mins(5));
    let drill = format!("{}, killed at sync {n}", flow.what);
    let was_done = lab.sh(flow.done).status == 0;
    let ran = lab.sh(&command);
    let said = flat(&ran);
    eprintln!("{drill}: killed {killed}, done {was_done}, then {}", ran.status);
    // 1: it is done, and there is more to do: a pool that came has no profile.
    assert!(was_done || ran.status <= 1, "{drill}: {said}");
    lab.ok("zpool wait -t resilver,replace two");
    lab.until(flow.done, Duration::from_mins(1));
    assert_eq!(state(lab, "two"), "ONLINE", "{drill}: {said}");
    intact(lab, "two", &drill);
    (flow.after)(lab);
    killed
}

#[test]
fn killed_anywhere_it_goes_on_when_it_is_typed_again() {
    let lab = boxed(FIRST, |_, _| {});
    made(
        &lab,
        &format!("zpool create -o ashift=12 -o autoexpand=on two mirror {} {}", wwn(1), wwn(2)),
    );
    fill(&lab, "two", 16);
    if std::env::var_os("ZBAY_LONG").is_some() {
        for flow in &FLOWS {
            let last = (1..SYNCS).find(|n| !goes_on(&lab, flow, *n));
            assert!(last.is_some_and(|last| last > 2), "{}: {last:?} syncs", flow.what);
        }
    } else {
        let mut dice = Dice::new(&format!("{DRAWN} kills"));
        for _ in 0..DRAWN {
            let flow = dice.one(&FLOWS).expect("a flow");
            let n = u32::try_from(1 + dice.below(4)).expect("a few");
            goes_on(&lab, flow, n);
        }
    }
    scrubbed(&lab, "two", "in the end");
}
