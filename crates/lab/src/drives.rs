//! The drives of a box, from outside: spoiled, exchanged, taken out, put in, looked at byte by byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::process::Command;

use camino::Utf8PathBuf;
use nix::unistd::{Whence, lseek64};
use sha2::{Digest, Sha256};
use zbay::names::BayId;

use crate::files::{Put, blank, boot_drive, put};
use crate::host::{COMMAND, run};
use crate::lab::Lab;
use crate::recipe::VmDrive;

impl Lab {
    /// A drive by its bay: `1`, `usb`.
    pub fn drive(&self, bay: &str) -> &VmDrive {
        let bay: BayId = bay.parse().expect("a bay");
        self.spec.drives.iter().find(|drive| drive.at == bay).expect("a drive in that bay")
    }

    /// The image file of the drive in a bay.
    pub fn image(&self, bay: &str) -> Utf8PathBuf {
        self.files.drive(self.drive(bay))
    }

    /// Writes to a drive of a box that is off.
    pub fn write_at(&self, bay: &str, at: u64, bytes: &[u8]) {
        assert!(self.qemu.is_none(), "the box runs");
        let file = OpenOptions::new().write(true).open(self.image(bay)).expect("a drive");
        file.write_all_at(bytes, at).expect("write");
    }

    /// Spoils every so many bytes of what is on a drive of a box that is off, its first and last 64 MiB apart, where labels
    /// and tables are. How many pieces of 4 KiB.
    pub fn spoil(&self, bay: &str, every: u64) -> usize {
        let places = self.data(bay, every);
        let file = OpenOptions::new().write(true).open(self.image(bay)).expect("a drive");
        for at in &places {
            file.write_all_at(&[0x5a; 4096], *at).expect("write");
        }
        places.len()
    }

    /// Where data is on a drive of a box that is off, its first and last 64 MiB apart: a place every so many bytes.
    fn data(&self, bay: &str, every: u64) -> Vec<u64> {
        const EDGE: u64 = 64 << 20;
        assert!(self.qemu.is_none(), "the box runs");
        let file = File::open(self.image(bay)).expect("a drive");
        let end = file.metadata().expect("a size").len() - EDGE;
        let place = |at: u64| i64::try_from(at).expect("a place");
        let (mut at, mut places) = (EDGE, Vec::new());
        while let Ok(data) = lseek64(&file, place(at), Whence::SeekData) {
            at = u64::try_from(data).expect("a place").next_multiple_of(4096);
            if at >= end {
                break;
            }
            places.push(at);
            at += every;
        }
        places
    }

    /// Has a drive of a box that is off fail to read some of the sectors that hold data, `every` so many bytes, until
    /// [`Self::readable`]; they can be written, as on a drive that puts others in their place. How many.
    pub fn bad_sectors(&mut self, bay: &str, every: u64, most: usize) -> usize {
        let places: Vec<u64> = self.data(bay, every).into_iter().take(most).collect();
        let mut rules = String::new();
        for at in &places {
            let sector = at / 512;
            let _ = writeln!(
                rules,
                "[inject-error]\nevent = \"read_aio\"\niotype = \"read\"\nerrno = \"5\"\nsector = \"{sector}\"\n"
            );
        }
        let file = self.files.dir.join("errors");
        fs::write(&file, rules).expect("rules");
        self.errors(bay, Some(file));
        places.len()
    }

    /// All of the drive can be read again.
    pub fn readable(&mut self, bay: &str) {
        self.errors(bay, None);
    }

    fn errors(&mut self, bay: &str, rules: Option<Utf8PathBuf>) {
        assert!(self.qemu.is_none(), "the box runs");
        let bay: BayId = bay.parse().expect("a bay");
        let drive = self.spec.drives.iter_mut().find(|drive| drive.at == bay);
        drive.expect("a drive in that bay").errors = rules;
    }

    /// Runs a program of the host on the image of a drive of a box that is off: `mkfs.ext4 -q -F`.
    pub fn on_image(&self, bay: &str, program: &str, args: &[&str]) {
        assert!(self.qemu.is_none(), "the box runs");
        let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("/usr/bin/env");
        command.env("PATH", path).arg(program).args(args).arg(self.image(bay));
        let ran = run(command, COMMAND, b"").expect("in time");
        assert_eq!(ran.status, 0, "{program}: {}{}", ran.out, ran.err);
    }

    /// Exchanges the drives of two bays of a box that is off.
    pub fn swap(&mut self, one: &str, other: &str) {
        assert!(self.qemu.is_none(), "the box runs");
        let (a, b) = (self.image(one), self.image(other));
        let beside = self.files.dir.join("swapped");
        fs::rename(&a, &beside).and_then(|()| fs::rename(&b, &a)).expect("rename");
        fs::rename(&beside, &b).expect("rename");
        let [one, other]: [BayId; 2] = [one, other].map(|bay| bay.parse().expect("a bay"));
        for drive in &mut self.spec.drives {
            drive.at = match &drive.at {
                at if *at == one => other.clone(),
                at if *at == other => one.clone(),
                at => at.clone(),
            };
        }
    }

    /// Takes a drive out of a box that is off, for good; gives its serial.
    pub fn take_out(&mut self, bay: &str) -> String {
        assert!(self.qemu.is_none(), "the box runs");
        let drive = self.drive(bay).clone();
        self.spec.drives.retain(|other| other.at != drive.at);
        drive.serial.clone()
    }

    /// Puts a new blank drive into an empty bay of a box that is off: like the one in bay `like`, of this size.
    pub fn put_in(&mut self, bay: &str, like: &str, serial: &str, size: u64) {
        assert!(self.qemu.is_none(), "the box runs");
        let tail: u32 = serial.bytes().fold(7, |sum, byte| sum * 31 % 0xffff + u32::from(byte));
        let drive = VmDrive {
            at: bay.parse().expect("a bay"),
            serial: serial.to_owned(),
            wwn: format!("0x5000c5009{tail:07x}").parse().ok(),
            size,
            ..self.drive(like).clone()
        };
        assert!(self.spec.drives.iter().all(|other| other.at != drive.at), "bay {bay} is taken");
        let path = self.files.drive(&drive);
        let _ = fs::remove_file(&path); // of the drive that was taken out
        blank(&drive, &path).unwrap_or_else(|e| panic!("{e}"));
        self.spec.drives.push(drive);
    }

    /// Gives a box that is off a new boot drive, from the appliance, with these files in it.
    pub fn fresh_boot_drive(&mut self, puts: &[Put]) {
        assert!(self.qemu.is_none(), "the box runs");
        let boot = self.spec.boot_drive().expect("a boot drive").clone();
        fs::remove_file(self.files.drive(&boot)).expect("the old one");
        boot_drive(&boot, &self.files, puts).unwrap_or_else(|e| panic!("{e}"));
    }

    /// Puts files into the root file system of a box that is off.
    pub fn put(&self, puts: &[Put]) {
        assert!(self.qemu.is_none(), "the box runs");
        let boot = self.spec.boot_drive().expect("a boot drive");
        put(&self.files.drive(boot), &self.files, puts).unwrap_or_else(|e| panic!("{e}"));
    }

    /// A digest of what each drive but the boot drive holds: equal digests, equal contents. Runs of
    /// zeros count as nothing, wherever they are stored. Of a running box it is what QEMU has written.
    pub fn digests(&self) -> BTreeMap<String, String> {
        let digest = |drive: &VmDrive| {
            assert_eq!(drive.format(), "raw", "a digest needs a raw image");
            (drive.at.to_string(), contents(&self.files.drive(drive)))
        };
        self.spec.data_drives().map(digest).collect()
    }
}

/// The digest of a sparse file's contents: of each block of 4 KiB that is not zero, with its place.
fn contents(path: &Utf8PathBuf) -> String {
    let file = File::open(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let size = file.metadata().expect("a size").len();
    let mut digest = Sha256::new();
    digest.update(size.to_le_bytes());
    let mut at = 0;
    // ENXIO: no data from here to the end.
    while let Ok(data) = lseek64(&file, at, Whence::SeekData) {
        let hole = lseek64(&file, data, Whence::SeekHole).expect("an end");
        let (mut from, to) =
            (u64::try_from(data).expect("a place"), u64::try_from(hole).expect("a place"));
        from -= from % 4096;
        let mut block = vec![0; 1 << 20];
        while from < to {
            let want = usize::try_from((to - from).min(1 << 20)).expect("a length");
            let got = file.read_at(&mut block[..want], from).expect("read");
            if got == 0 {
                break;
            }
            for (number, part) in (0_u64..).zip(block[..got].chunks(4096)) {
                if part.iter().any(|byte| *byte != 0) {
                    digest.update((from + number * 4096).to_le_bytes());
                    digest.update(part);
                }
            }
            from += u64::try_from(got).expect("a length");
        }
        at = hole;
    }
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
