//! A virtual box under test: made, booted, spoken to over ssh, cut off, looked at from outside.
//!
//! What always holds: every wait has a limit; a guest dies with its test (on drop, and by the kernel if
//! the test runner itself is killed); a box's files lie in a directory of its own, which goes when the
//! test has passed and stays, with the console log, when it has failed. The appliance comes from
//! `ZBAY_IMAGE`, which scripts/test sets, else from the cache.
#![allow(dead_code)] // not every test uses every verb

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use nix::unistd::{Whence, lseek64};
use sha2::{Digest, Sha256};
use zbay::names::BayId;
use zbay::vmbox::files::{Put, blank, boot_drive, create_drives, put, zbay};
use zbay::vmbox::{Accel, Files, VmBox, VmDrive, qemu_args};

use crate::shelf::FIRST;

/// An emulated box is up in 30 seconds; a loaded host may need many times that.
const BOOT: Duration = Duration::from_mins(10);
/// After this long a kernel without a root stands still.
const STILL: Duration = Duration::from_mins(2);
/// The limit of one command in the box.
const COMMAND: Duration = Duration::from_mins(6);
/// How long a box may take to shut down.
const STOP: Duration = Duration::from_mins(2);

/// Boxes that several tests begin with.
const SHARED: [&str; 3] = ["gen8-4x4tb", "gen8-foreign", "4u-foreign"];
/// One of them with the wish that several tests begin with: its first boot is done once.
const READY: (&str, &str) = ("gen8-4x4tb", include_str!("../../profiles/gen8-usb-raidz.yaml"));
const FIRSTBOOT: &str = include_str!("../../systemd/zbay-firstboot.service");

/// What a command did.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Exit status; 255 is ssh's own too.
    pub status: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A virtual box; see the module.
pub struct Lab {
    /// The box as vm-images/*.yaml has it.
    pub spec: VmBox,
    /// Its files.
    pub files: Files,
    name: String,
    zbay: bool,
    wish: Option<String>,
    puts: Vec<Put>,
    qemu: Option<Child>,
    master: Option<Child>,
    /// Its files stay when it goes.
    kept: bool,
    began: Instant,
}

impl Lab {
    /// The shipped box `name`, with blank drives and without zbay, not started yet.
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let spec = VmBox::shipped(name).expect("a shipped box").expect("a sound box");
        let cache = cache();
        sweep(&cache.join("run"));
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let image = std::env::var("ZBAY_IMAGE")
            .map_or_else(|_| cache.join("appliance/current"), Utf8PathBuf::from);
        assert!(image.join("root.img").exists(), "no appliance at {image}: run scripts/test once");
        let told = std::env::var("ZBAY_ACCEL").or_else(|_| fs::read_to_string(cache.join("accel")));
        let accel =
            if told.is_ok_and(|word| word.trim() == "kvm") { Accel::Kvm } else { Accel::Tcg };
        let dir = cache.join("run").join(format!("{}-{count}-{name}", std::process::id()));
        let processors = if accel == Accel::Kvm { 2 } else { 1 };
        let files = Files { dir, image, ssh_port: 0, accel, processors, append: Vec::new() };
        Self {
            spec,
            files,
            name: name.into(),
            zbay: false,
            wish: None,
            puts: Vec::new(),
            qemu: None,
            master: None,
            kept: false,
            began: Instant::now(),
        }
    }

    /// Puts this build of zbay into the box, without a wish: nothing happens at first boot.
    #[must_use]
    pub fn with_zbay(mut self) -> Self {
        self.zbay = true;
        self
    }

    /// Puts this build of zbay into the box, with its first-boot unit and the wish that it applies.
    #[must_use]
    pub fn with_wish(mut self, profile: &str) -> Self {
        self.zbay = true;
        self.wish = Some(profile.to_owned());
        self
    }

    /// Puts more files into the box.
    #[must_use]
    pub fn with(mut self, puts: impl IntoIterator<Item = Put>) -> Self {
        self.puts.extend(puts);
        self
    }

    /// Traces every program that starts in the box, from early in its boot: see [`Self::traced`].
    #[must_use]
    pub fn with_trace_from_boot(self) -> Self {
        let unit = "[Unit]\nDescription=trace of all programs\nDefaultDependencies=no\n\
            Before=basic.target\nAfter=local-fs.target\n[Service]\nType=oneshot\n\
            ExecStart=/usr/local/sbin/exec-trace start\n";
        let at = "/etc/systemd/system/exec-trace.service";
        let wanted = "/etc/systemd/system/sysinit.target.wants/exec-trace.service";
        self.with([
            Put::Text { to: at.into(), text: unit.into(), mode: 0o644 },
            Put::Link { to: wanted.into(), target: at.into() },
        ])
    }

    /// Makes the drives. [`Self::boot`] does it if it was not done; a test that writes to the drives
    /// before the box starts calls it first.
    #[must_use]
    pub fn made(self) -> Self {
        let mut puts = Vec::new();
        if self.zbay {
            let program = env!("CARGO_BIN_EXE_zbay").into();
            puts = zbay(program, FIRSTBOOT, self.wish.as_deref());
        }
        puts.extend(self.puts.iter().cloned());
        create_drives(&self.spec, &self.files, &puts).unwrap_or_else(|e| panic!("{e}"));
        self
    }

    /// Makes the drives if need be, starts the box and waits until it can be spoken to.
    ///
    /// A box that several tests begin with is not booted again: it goes on from where the first of them had booted
    /// ([`Self::forks`]), and first boot, if there is a wish, is begun by hand.
    #[must_use]
    pub fn boot(self) -> Self {
        if self.files.dir.exists() || !self.forks() {
            return self.booted();
        }
        let ready = self.wish.as_deref() == Some(READY.1) && self.name == READY.0;
        let state = frozen(&self.name, ready);
        self.forked(&state, !ready)
    }

    /// The same, by a boot of its own whoever else has booted such a box: where the boot is what is tested.
    #[must_use]
    pub fn booted(self) -> Self {
        let mut lab = if self.files.dir.exists() { self } else { self.made() };
        lab.start();
        lab
    }

    /// What QEMU has used of a processor, in seconds.
    fn cpu(&self) -> u64 {
        let Some(qemu) = &self.qemu else { return 0 };
        let stat = fs::read_to_string(format!("/proc/{}/stat", qemu.id())).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        // Fields 14 and 15 of proc_pid_stat(5), in hundredths.
        let ticks = after.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
        ticks.sum::<u64>() / 100
    }

    /// Whether all that tells it from a box of [`SHARED`] can be done after its boot. `ZBAY_BOOT=1` boots them all.
    fn forks(&self) -> bool {
        SHARED.contains(&self.name.as_str())
            && self.zbay
            && self.puts.is_empty()
            && self.files.append.is_empty()
            && self.spec == shared(&self.name)
            && std::env::var_os("ZBAY_BOOT").is_none()
    }

    /// Goes on from a box that was frozen; `begins`: with the first boot of its wish.
    fn forked(mut self, state: &Utf8Path, begins: bool) -> Self {
        let began = Instant::now();
        fs::create_dir_all(&self.files.dir).expect("a directory");
        let names = self.spec.drives.iter().map(|drive| self.files.drive(drive));
        for to in names.chain([self.files.console()]) {
            let from = state.join(to.file_name().expect("a name"));
            let mut cp = Command::new("cp");
            cp.args(["--sparse=always", "--reflink=auto", from.as_str(), to.as_str()]);
            let ran = run(cp, COMMAND, b"").expect("in time");
            assert_eq!(ran.status, 0, "{from}: {}", ran.err);
        }
        self.spawn(&["-incoming", "defer"]);
        while UnixStream::connect(self.files.qmp()).is_err() {
            self.alive();
            assert!(began.elapsed() < STILL, "QEMU's socket");
            sleep(Duration::from_millis(20));
        }
        let uri = self.memory(state, "cat");
        self.qmp("migrate-incoming", &serde_json::json!({ "uri": uri }));
        self.migrated();
        self.qmp("cont", &serde_json::Value::Null);
        self.connect(Instant::now());
        // Its clock stood still. What chance gave the first boot is as it was there.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
        self.ok(&format!("date -s @{now}"));
        if let Some(wish) = self.wish.clone().filter(|_| begins) {
            self.ok("mkdir -p /etc/zbay");
            self.push("/etc/zbay/profile.yaml", &wish);
            self.push("/usr/lib/systemd/system/zbay-firstboot.service", FIRSTBOOT);
            self.ok("systemctl daemon-reload; systemctl enable --quiet zbay-firstboot; systemctl start --no-block zbay-firstboot");
        }
        eprintln!(
            "{}: forked in {:.1} s, {} s of a processor",
            self.name,
            began.elapsed().as_secs_f64(),
            self.cpu()
        );
        self
    }

    /// Stops the box for good where it is, with its memory in a file beside its drives.
    fn freeze(&mut self) {
        // No connection is open while it sleeps.
        self.disconnect();
        sleep(Duration::from_millis(500));
        let none = serde_json::Value::Null;
        self.qmp("stop", &none);
        let fast = serde_json::json!({"max-bandwidth": 100_000_000_000_u64});
        self.qmp("migrate-set-parameters", &fast);
        let uri = self.memory(&self.files.dir, "cat >");
        self.qmp("migrate", &serde_json::json!({ "uri": uri }));
        self.migrated();
        self.power_cut();
    }

    /// Where its memory lies while it is frozen, in QEMU's terms. From 9.0 on each page has its place in the file, which is
    /// mapped and not read; before, it is a stream.
    fn memory(&self, dir: &Utf8Path, cat: &str) -> String {
        let file = dir.join("memory");
        let version = self.qmp("query-version", &serde_json::Value::Null);
        if version["qemu"]["major"].as_u64().is_none_or(|major| major < 9) {
            return format!("exec:{cat} '{file}'");
        }
        let on = serde_json::json!([{"capability": "mapped-ram", "state": true}]);
        self.qmp("migrate-set-capabilities", &serde_json::json!({ "capabilities": on }));
        format!("file:{file}")
    }

    fn migrated(&self) {
        let began = Instant::now();
        loop {
            let told = self.qmp("query-migrate", &serde_json::Value::Null);
            match told["status"].as_str() {
                Some("completed") => return,
                Some("failed" | "cancelled") => self.fail(&format!("its memory: {told}")),
                _ => assert!(began.elapsed() < STILL, "its memory: {told}"),
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Starts a box that is off and waits until it can be spoken to.
    pub fn start(&mut self) {
        assert!(self.qemu.is_none(), "{} runs already", self.name);
        let began = Instant::now();
        let told = self.console().len();
        self.spawn(&[]);
        // Two faults of QEMU's emulation end a boot before anything of ours runs: a kernel that has not mounted its
        // root after two minutes stands still, and one that patched its own text under another processor's feet
        // panics with `Oops: int3`. Once, the box is started again.
        let patched = |lab: &Self| lab.console()[told..].contains("Oops: int3");
        while !greets(self.files.ssh_port) && began.elapsed() < STILL && !patched(self) {
            self.alive();
            sleep(Duration::from_millis(200));
        }
        let stands = began.elapsed() >= STILL && !self.console()[told..].contains("initrd: root");
        if stands || patched(self) {
            eprintln!("{}: QEMU's fault, started again\n{}", self.name, self.tail());
            self.power_cut();
            self.spawn(&[]);
        }
        self.connect(Instant::now());
        eprintln!(
            "{}: up after {:.1} s, {} s of a processor",
            self.name,
            began.elapsed().as_secs_f64(),
            self.cpu()
        );
    }

    fn spawn(&mut self, more: &[&str]) {
        self.files.ssh_port = free_port();
        let hw = self.spec.hw().unwrap_or_else(|e| panic!("{e}"));
        let args = qemu_args(&hw, &self.spec, &self.files).unwrap_or_else(|e| panic!("{e}"));
        let log = File::create(self.files.dir.join("qemu.log")).expect("a log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]).args(args).args(more);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        self.qemu = Some(command.spawn().expect("qemu-system-x86_64"));
    }

    /// Runs a shell command in the box, as root, within [`COMMAND`].
    pub fn sh(&self, command: &str) -> Ran {
        self.sh_within(command, COMMAND, b"")
    }

    /// The same with a limit of its own and standard input.
    pub fn sh_within(&self, command: &str, limit: Duration, stdin: &[u8]) -> Ran {
        let mut ssh = self.ssh();
        ssh.arg(format!(
            "export LC_ALL=C PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin; {command}"
        ));
        match run(ssh, limit, stdin) {
            Some(ran) => ran,
            None => self.fail(&format!("`{command}` took more than {limit:?}")),
        }
    }

    /// Standard output of a command that must succeed.
    pub fn ok(&self, command: &str) -> String {
        let ran = self.sh(command);
        if ran.status != 0 {
            self.fail(&format!("`{command}` gave {}\n{}{}", ran.status, ran.out, ran.err));
        }
        ran.out
    }

    /// Repeats a command until it succeeds, for at most `limit`; gives its last output.
    pub fn until(&self, command: &str, limit: Duration) -> Ran {
        let began = Instant::now();
        loop {
            let ran = self.sh(command);
            if ran.status == 0 {
                return ran;
            }
            if began.elapsed() > limit {
                self.fail(&format!(
                    "`{command}` did not succeed in {limit:?}: {}{}",
                    ran.out, ran.err
                ));
            }
            sleep(Duration::from_millis(500));
        }
    }

    /// Waits until no unit is starting any more; says `running`, or `degraded` where one failed.
    pub fn settled(&self) -> String {
        let busy =
            "case $(systemctl is-system-running) in running|degraded) true;; *) false;; esac";
        self.until(busy, BOOT);
        self.sh("systemctl is-system-running").out.trim().to_owned()
    }

    /// Waits until a unit has ended, well or not: `active`, `inactive` (a oneshot that ended) or `failed`.
    pub fn ended(&self, unit: &str) -> String {
        let state = format!("systemctl show -P ActiveState {unit}");
        let jobs = format!("systemctl list-jobs --no-legend {unit}");
        let done = format!("[ -z \"$({jobs})\" ] && case $({state}) in *ing) false;; esac");
        self.until(&done, BOOT);
        self.ok(&state).trim().to_owned()
    }

    /// Reboots the box in good order and waits until it can be spoken to again.
    pub fn reboot(&mut self) {
        let began = Instant::now();
        let before = self.ok("cat /proc/sys/kernel/random/boot_id");
        self.sh_within("systemctl --no-block reboot", COMMAND, b"");
        self.disconnect();
        loop {
            self.connect(began);
            if self.sh("cat /proc/sys/kernel/random/boot_id").out != before {
                break;
            }
            if began.elapsed() > BOOT {
                self.fail("the box did not reboot");
            }
            sleep(Duration::from_millis(500));
            self.disconnect();
        }
        eprintln!("{}: rebooted in {:.1} s", self.name, began.elapsed().as_secs_f64());
    }

    /// Shuts the box down in good order.
    pub fn stop(&mut self) {
        self.sh("systemctl --no-block poweroff");
        self.disconnect();
        let Some(mut qemu) = self.qemu.take() else { return };
        let began = Instant::now();
        while qemu.try_wait().expect("qemu").is_none() {
            if began.elapsed() > STOP {
                self.qemu = Some(qemu);
                self.fail("the box did not shut down");
            }
            sleep(Duration::from_millis(100));
        }
    }

    /// Takes the power away. The drives keep what QEMU had written to them; the box's memory is lost.
    pub fn power_cut(&mut self) {
        self.disconnect();
        if let Some(mut qemu) = self.qemu.take() {
            qemu.kill().expect("kill qemu");
            qemu.wait().expect("qemu");
        }
    }

    /// From now on every program that starts in the box is noted by its kernel.
    pub fn trace(&self) {
        self.ok("exec-trace start");
    }

    /// The programs that started since [`Self::trace`] (or boot): `SECONDS COMM[PID] ARGV0 ARGV1 ...`.
    pub fn traced(&self) -> Vec<String> {
        self.ok("exec-trace stop").lines().map(str::to_owned).collect()
    }

    /// Copies a file or directory of the box to the host.
    pub fn pull(&self, from: &str, to: &Path) {
        fs::create_dir_all(to).expect("a directory");
        let mut ssh = self.ssh();
        ssh.arg(format!("tar -C {from} -cf - .")).stdout(Stdio::piped()).stdin(Stdio::null());
        let mut ssh = ssh.spawn().expect("ssh");
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(to).args(["-xf", "-"]).stdin(ssh.stdout.take().expect("a pipe"));
        assert!(tar.status().expect("tar").success() && ssh.wait().expect("ssh").success());
    }

    /// Writes a file of the box, from text.
    pub fn push(&self, to: &str, text: &str) {
        let ran = self.sh_within(&format!("cat > {to}"), COMMAND, text.as_bytes());
        assert_eq!(ran.status, 0, "{to}: {}", ran.err);
    }

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

    /// What the box has written to its serial console, over all boots.
    pub fn console(&self) -> String {
        let bytes = fs::read(self.files.console()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A command for QEMU's own monitor (QMP), such as `device_del` with `{"id": "dev-bay-1"}`.
    pub fn qmp(&self, command: &str, arguments: &serde_json::Value) -> serde_json::Value {
        let socket = UnixStream::connect(self.files.qmp()).expect("QEMU's socket");
        socket.set_read_timeout(Some(COMMAND)).expect("a limit");
        let mut lines = BufReader::new(socket.try_clone().expect("a socket")).lines();
        let mut answer = |ask: Option<serde_json::Value>| {
            if let Some(ask) = ask {
                writeln!(&socket, "{ask}").expect("QEMU's socket");
            }
            for line in &mut lines {
                let line: serde_json::Value =
                    serde_json::from_str(&line.expect("an answer")).expect("JSON");
                if line.get("event").is_none() {
                    return line;
                }
            }
            panic!("QEMU closed its socket");
        };
        answer(None);
        answer(Some(serde_json::json!({"execute": "qmp_capabilities"})));
        let ask = if arguments.is_null() {
            serde_json::json!({ "execute": command })
        } else {
            serde_json::json!({"execute": command, "arguments": arguments})
        };
        let got = answer(Some(ask));
        assert!(got.get("error").is_none(), "{command}: {got}");
        got["return"].clone()
    }

    /// Ends the test with the end of the console.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        panic!("{}: {why}\n{}", self.name, self.tail());
    }

    fn tail(&self) -> String {
        let qemu = fs::read_to_string(self.files.dir.join("qemu.log")).unwrap_or_default();
        let console = self.console();
        let lines: Vec<&str> = console.lines().collect();
        let from = lines.len().saturating_sub(40);
        let mut text = format!("--- qemu: {}\n--- the console ends with:\n", qemu.trim());
        for line in &lines[from..] {
            let _ = writeln!(text, "  {}", line.trim_end());
        }
        let _ = writeln!(text, "--- all of it: {}", self.files.console());
        text
    }

    fn ssh(&self) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg("/dev/null").arg("-i").arg(self.files.of_image("key"));
        ssh.arg("-p").arg(self.files.ssh_port.to_string());
        for option in [
            "BatchMode=yes",
            "StrictHostKeyChecking=no",
            "UserKnownHostsFile=/dev/null",
            "LogLevel=ERROR",
            "IdentitiesOnly=yes",
            "ConnectTimeout=60",
            "ServerAliveInterval=20",
            "ServerAliveCountMax=6",
        ] {
            ssh.arg("-o").arg(option);
        }
        ssh.arg("-S").arg(self.files.dir.join("ssh")).arg("root@127.0.0.1");
        ssh
    }

    /// Waits for ssh and keeps one connection open, which all commands share.
    fn connect(&mut self, began: Instant) {
        while !greets(self.files.ssh_port) {
            self.alive();
            if began.elapsed() > BOOT {
                self.fail("ssh does not answer");
            }
            sleep(Duration::from_millis(200));
        }
        while began.elapsed() < BOOT {
            let mut ssh = Command::new("setpriv");
            let log = File::create(self.files.dir.join("ssh.log")).expect("a log");
            let plain = self.ssh();
            ssh.args(["--pdeathsig", "KILL", "ssh", "-M", "-N"]).args(plain.get_args());
            ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
            self.master = Some(ssh.spawn().expect("ssh"));
            let tried = Instant::now();
            while tried.elapsed() < Duration::from_secs(90) {
                self.alive();
                if self.files.dir.join("ssh").exists() {
                    return;
                }
                let master = self.master.as_mut().expect("ssh");
                if master.try_wait().expect("ssh").is_some() {
                    break;
                }
                sleep(Duration::from_millis(50));
            }
            self.disconnect();
            sleep(Duration::from_millis(300));
        }
        self.fail("no login over ssh");
    }

    fn disconnect(&mut self) {
        if let Some(mut master) = self.master.take() {
            let _ = master.kill();
            let _ = master.wait();
        }
        let _ = fs::remove_file(self.files.dir.join("ssh"));
    }

    /// How long the test had its box, for the list at the end of scripts/test.
    fn note_seconds(&self) {
        let Some(to) = std::env::var_os("ZBAY_SECONDS") else { return };
        let thread = std::thread::current();
        let test = thread.name().filter(|name| *name != "main").unwrap_or(&self.name);
        // From and until when: a test may have two boxes at a time.
        let now = UNIX_EPOCH.elapsed().expect("a time").as_secs();
        let from = now - self.began.elapsed().as_secs();
        let file = OpenOptions::new().append(true).create(true).open(to);
        let _ = file.and_then(|mut file| writeln!(file, "{from} {now} {test}"));
    }

    fn alive(&mut self) {
        let ended = self.qemu.as_mut().and_then(|qemu| qemu.try_wait().expect("qemu"));
        if let Some(status) = ended {
            self.qemu = None;
            self.fail(&format!("QEMU ended with {status}"));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.disconnect();
        if let Some(mut qemu) = self.qemu.take() {
            let _ = qemu.kill();
            let _ = qemu.wait();
        }
        if self.kept {
            return;
        }
        self.note_seconds();
        if std::thread::panicking() {
            // The drives go, what tells why stays.
            for drive in &self.spec.drives {
                let _ = fs::remove_file(self.files.drive(drive));
            }
            eprintln!("{}", self.tail());
        } else {
            let _ = fs::remove_dir_all(&self.files.dir);
        }
    }
}

/// A box of [`SHARED`]; of the shelf its first drives.
fn shared(name: &str) -> VmBox {
    let mut spec = VmBox::shipped(name).expect("a shipped box").expect("a sound box");
    if name == "4u-foreign" {
        spec.drives.retain(|drive| drive.at == spec.boot || crate::shelf::number(drive) <= FIRST);
    }
    spec
}

/// The directory of a shared box that was booted once, with zbay and blank drives, and stopped there; `ready`: after the
/// first boot of [`READY`].
fn frozen(name: &str, ready: bool) -> Utf8PathBuf {
    type Slot = Arc<Mutex<Option<Utf8PathBuf>>>;
    static STATES: Mutex<BTreeMap<(String, bool), Slot>> = Mutex::new(BTreeMap::new());
    let mut states = STATES.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = Arc::clone(states.entry((name.to_owned(), ready)).or_default());
    drop(states);
    // Whoever comes second waits for the first; one that failed is tried again.
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(state) = &*slot {
        return state.clone();
    }
    let mut lab = if ready {
        let lab = Lab::new(name).with_wish(READY.1).forked(&frozen(name, false), true);
        crate::promises::ready(&lab);
        lab
    } else {
        let mut lab = Lab::new(name).with_zbay();
        lab.spec = shared(name);
        lab.booted()
    };
    lab.settled();
    lab.ok("sync");
    let began = Instant::now();
    let used = lab.cpu();
    lab.freeze();
    lab.kept = true;
    eprintln!("{name}: frozen in {:.1} s, at {used} s", began.elapsed().as_secs_f64());
    let state = lab.files.dir.clone();
    *slot = Some(state.clone());
    state
}

/// Where images and running boxes are kept, outside the checkout.
pub fn cache() -> Utf8PathBuf {
    if let Ok(cache) = std::env::var("ZBAY_CACHE") {
        return cache.into();
    }
    let home =
        std::env::var("XDG_CACHE_HOME").or_else(|_| std::env::var("HOME").map(|h| h + "/.cache"));
    Utf8PathBuf::from(home.expect("HOME")).join("zbay")
}

/// Removes what earlier runs left that are not alive any more.
fn sweep(run: &Utf8PathBuf) {
    for entry in fs::read_dir(run).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.split('-').next().and_then(|pid| pid.parse::<u32>().ok()) else {
            continue;
        };
        if !Path::new(&format!("/proc/{pid}")).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}

/// True once a server says that it speaks ssh.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
    let mut word = [0; 4];
    stream.read_exact(&mut word).is_ok() && &word == b"SSH-"
}

/// Runs a program to its end; `None`: it was killed at its limit.
fn run(mut command: Command, limit: Duration, stdin: &[u8]) -> Option<Ran> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("a program");
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = stdin.to_vec();
    let writer = spawn(move || {
        let _ = pipe.write_all(&input);
    });
    let out = drain(child.stdout.take().expect("a pipe"));
    let err = drain(child.stderr.take().expect("a pipe"));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a program") {
            break Some(status);
        }
        if began.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            break None;
        }
        sleep(Duration::from_millis(10));
    };
    let status = status?;
    writer.join().expect("a thread");
    let (out, err) = (out.join().expect("a thread"), err.join().expect("a thread"));
    Some(Ran { status: status.code().unwrap_or(-1), out, err })
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
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
