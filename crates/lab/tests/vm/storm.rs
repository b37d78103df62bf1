//! Whatever comes: drives that are pulled, put back and replaced, bytes that go bad, the power cut, zbay killed, in an order
//! that chance throws. While redundancy holds no acknowledged byte is lost, no healthy bay is named for another, and in
//! the end the pool is whole.

use std::collections::BTreeSet;
use std::time::Duration;

use zbay_lab::{FIRST, Lab};

use crate::dice::Dice;
use crate::promises::made;
use crate::shelf::{ZBAY, boxed, flat, intact, pull, put_back, scrubbed, serial, state, wipe, wwn};

/// Drives of the box.
const BAYS: u8 = FIRST;
/// What comes in a run, and in the long one.
const EVENTS: usize = 6;
const LONG: usize = 40;
/// A pool of one vdev: its words for zpool, its drives, how many may fail.
const LAYOUTS: [(&str, u8, usize); 3] = [("raidz1", 4, 1), ("raidz2", 5, 2), ("mirror", 3, 2)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Write,
    Pull,
    PutBack,
    Replace { killed: bool },
    BadBytes,
    PowerCut,
    Attach,
}

struct Storm {
    lab: Lab,
    dice: Dice,
    layout: (&'static str, u8, usize),
    members: BTreeSet<u8>,
    /// Members that were pulled and are not there.
    out: BTreeSet<u8>,
    /// Blank drives.
    free: BTreeSet<u8>,
    /// Drives with a label of a pool that does without them.
    stale: BTreeSet<u8>,
    files: u32,
}

impl Storm {
    fn new() -> Self {
        let mut dice = Dice::new("a storm");
        let layout = *dice.one(&LAYOUTS).expect("a layout");
        let (kind, width, _) = layout;
        let lab = boxed(BAYS, |_, _| {});
        let members: BTreeSet<u8> = (1..=width).collect();
        let drives: Vec<String> = members.iter().copied().map(wwn).collect();
        let drives = drives.join(" ");
        made(&lab, &format!("zpool create -o ashift=12 -o autoexpand=on tank {kind} {drives}"));
        let free = (width + 1..=BAYS).collect();
        let (out, stale) = (BTreeSet::new(), BTreeSet::new());
        eprintln!("{kind} of {width}");
        Self { lab, dice, layout, members, out, free, stale, files: 0 }
    }

    /// What may come now.
    fn possible(&self) -> Vec<Event> {
        let mut all = vec![Event::Write, Event::PowerCut];
        if self.out.len() < self.layout.2 {
            all.extend([Event::Pull, Event::Pull]);
        }
        if self.out.is_empty() {
            all.push(Event::BadBytes);
            if self.layout.0 != "mirror" && self.members.len() < 6 && !self.free.is_empty() {
                all.push(Event::Attach);
            }
        } else {
            all.extend([Event::PutBack, Event::PutBack]);
            if !self.free.is_empty() {
                all.extend([
                    Event::Replace { killed: false },
                    Event::Replace { killed: true },
                    Event::Replace { killed: true },
                ]);
            }
        }
        all
    }

    fn write(&mut self) {
        self.files += 1;
        let file = format!("f{}", self.files);
        self.lab.ok(&format!(
            "cd /tank && dd if=/dev/urandom of={file} bs=1M count=6 conv=fsync status=none && sha256sum {file} >> /root/tank.sums && sync /root/tank.sums"
        ));
    }

    fn one(&mut self, of: &BTreeSet<u8>) -> u8 {
        let of: Vec<u8> = of.iter().copied().collect();
        *self.dice.one(&of).expect("one")
    }

    /// Runs a command that goes on where it was left, until what it is for is there. `others`: more drives are out, so that
    /// the pool stays degraded, which the command says and ends with 1.
    fn until_done(&self, command: &str, bay: u8, others: bool) {
        let within = Duration::from_mins(5);
        self.lab.until("mkdir -p /run/zbay; flock -n /run/zbay/lock true", within);
        let ran = self.lab.sh_within(command, within, b"");
        let said = flat(&ran);
        // ZFS's own daemon may have been quicker, and a run that was killed may have done all.
        let known = ["is healthy", "is not free", "nothing is missing"];
        let left = others && ran.status == 1 && said.contains("pool tank is DEGRADED");
        let well = ran.status == 0 || left || known.iter().any(|it| said.contains(it));
        assert!(well, "`{command}`: {said}\n{}", self.lab.ok("zpool status tank"));
        self.lab.ok("zpool wait -t resilver,replace tank");
        let name = wwn(bay);
        let name = name.rsplit('/').next().expect("a name");
        let online = format!("zpool status tank | grep {name} | grep -q ONLINE");
        self.lab.until(&online, Duration::from_mins(1));
    }

    fn come(&mut self, event: Event) {
        match event {
            Event::Write => {}
            Event::Pull => {
                let here = self.members.difference(&self.out).copied().collect();
                let bay = self.one(&here);
                eprintln!("  pulled: bay {bay}");
                pull(&self.lab, "tank", bay);
                self.out.insert(bay);
            }
            Event::PutBack => {
                put_back(&self.lab);
                let out = std::mem::take(&mut self.out);
                for (bay, left) in out.iter().zip((0..out.len()).rev()) {
                    self.until_done(&format!("{ZBAY} replace {bay} --yes"), *bay, left > 0);
                }
            }
            Event::Replace { killed } => {
                let (old, new) = (self.one(&self.out.clone()), self.one(&self.free.clone()));
                let serial = serial(&self.lab, new);
                let command = format!("{ZBAY} replace {old} --with {new} --yes --serial {serial}");
                eprintln!("  bay {new} for bay {old}");
                if killed {
                    let tenths = self.dice.below(120);
                    eprintln!("  killed after {tenths} tenths of a second");
                    self.lab.sh(&format!(
                        "(setsid {command} >/dev/null 2>&1 </dev/null &); sleep {}.{}; pkill -KILL -x zbay",
                        tenths / 10,
                        tenths % 10
                    ));
                }
                self.until_done(&command, new, self.out.len() > 1);
                self.free.remove(&new);
                self.out.remove(&old);
                self.members.remove(&old);
                self.members.insert(new);
                self.stale.insert(old);
            }
            Event::BadBytes => {
                let bay = self.one(&self.members.clone());
                eprintln!("  bad bytes: bay {bay}");
                self.lab.ok(&format!(
                    "zpool sync tank; for at in $(seq 64 2 600); do dd if=/dev/urandom of={} bs=4k count=8 \
                     seek=$((at * 256)) oflag=direct conv=notrunc status=none; done",
                    wwn(bay)
                ));
                self.lab.ok("zpool scrub -w tank; zpool clear tank");
                scrubbed(&self.lab, "tank", "bad bytes");
            }
            Event::PowerCut => {
                self.lab.power_cut();
                self.lab.start();
                self.lab.settled();
                self.lab
                    .ok("zpool list tank >/dev/null 2>&1 || zpool import -d /dev/disk/by-id tank");
                // A drive that was pulled is there again, and is filled with what it missed.
                self.lab.ok("zpool wait -t resilver tank");
                // Where it is read before it is filled, ZFS counts what it missed as checksum errors, and `zbay status` tells them.
                if !self.out.is_empty() {
                    self.lab.ok("zpool scrub -w tank; zpool clear tank");
                    scrubbed(&self.lab, "tank", "a drive that was out came back with the power");
                }
                self.out.clear();
            }
            Event::Attach => {
                let new = self.one(&self.free.clone());
                eprintln!("  attached: bay {new}");
                let command = format!("{ZBAY} expand attach {new} --yes");
                let ran = self.lab.sh_within(&command, Duration::from_mins(6), b"");
                assert_eq!(ran.status, 0, "{}", flat(&ran));
                self.lab.ok("zpool wait -t raidz_expand,scrub tank");
                self.free.remove(&new);
                self.members.insert(new);
            }
        }
    }

    /// What holds whatever came.
    fn holds(&self, event: Event) {
        intact(&self.lab, "tank", &format!("{event:?}"));
        let ran = self.lab.sh(&format!("{ZBAY} status tank"));
        let said = flat(&ran);
        let wrong = u8::from(!self.out.is_empty());
        assert!(ran.status == i32::from(wrong), "{event:?}: status {}: {said}", ran.status);
        for bay in 1..=BAYS {
            let gone = said.contains(&format!("bay {bay} is missing"))
                || said.contains(&format!("bay {bay} missing:"));
            assert!(!gone || self.out.contains(&bay), "{event:?}: bay {bay} is named: {said}");
        }
        for bay in &self.out {
            assert!(
                said.contains(&format!("bay {bay}")),
                "{event:?}: bay {bay} is not named: {said}"
            );
        }
    }

    /// Drives that were replaced are blank again.
    fn tidy(&mut self) {
        if self.free.is_empty() && self.out.is_empty() && !self.stale.is_empty() {
            put_back(&self.lab);
            for bay in std::mem::take(&mut self.stale) {
                wipe(&self.lab, bay);
                self.free.insert(bay);
            }
        }
    }
}

#[test]
fn whatever_comes_no_acknowledged_byte_is_lost() {
    let mut storm = Storm::new();
    storm.write();
    let long = std::env::var_os("ZBAY_LONG").is_some();
    for number in 1..=if long { LONG } else { EVENTS } {
        storm.tidy();
        let event = *storm.dice.one(&storm.possible()).expect("an event");
        eprintln!("{number}: {event:?}, out {:?}, free {:?}", storm.out, storm.free);
        storm.write();
        storm.come(event);
        storm.holds(event);
    }
    if !storm.out.is_empty() {
        storm.come(Event::PutBack);
        storm.holds(Event::PutBack);
    }
    scrubbed(&storm.lab, "tank", "in the end");
    assert_eq!(state(&storm.lab, "tank"), "ONLINE");
}
