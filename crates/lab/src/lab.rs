//! A virtual box under test: made, booted, cut off.
//!
//! What always holds: every wait has a limit; a guest dies with its test (on drop, and by the kernel if
//! the test runner itself is killed); a box's files lie in a directory of its own, which goes when the
//! test has passed and stays, with the console log, when it has failed. The appliance comes from
//! `ZBAY_IMAGE`, which scripts/test sets, else from the cache.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use crate::files::{Put, create_drives, zbay};
use crate::host::{BOOT, COMMAND, STILL, STOP, cache, free_port, greets, sweep};
use crate::program::program;
use crate::qemu::qemu_args;
use crate::recipe::{Accel, Files, VmBox};
use crate::seconds::{What, note, used};

/// The unit that a box with a profile has.
pub(crate) const FIRSTBOOT: &str = include_str!("../../../systemd/zbay-firstboot.service");

/// A virtual box; see the module.
pub struct Lab {
    /// The box as vm-images/*.yaml has it.
    pub spec: VmBox,
    /// Its files.
    pub files: Files,
    pub(crate) name: String,
    pub(crate) zbay: bool,
    pub(crate) wish: Option<String>,
    pub(crate) puts: Vec<Put>,
    pub(crate) qemu: Option<Child>,
    pub(crate) master: Option<Child>,
    /// Its files stay when it goes.
    pub(crate) kept: bool,
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
        let lab = Self {
            spec,
            files,
            name: name.into(),
            zbay: false,
            wish: None,
            puts: Vec::new(),
            qemu: None,
            master: None,
            kept: false,
        };
        note(What::Begin, &lab.test());
        lab
    }

    /// Puts this build of zbay into the box, without a profile: nothing happens at first boot.
    #[must_use]
    pub fn with_zbay(mut self) -> Self {
        self.zbay = true;
        self
    }

    /// Puts this build of zbay into the box, with its first-boot unit and the profile that it applies.
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
            puts = zbay(&program(), FIRSTBOOT, self.wish.as_deref());
        }
        puts.extend(self.puts.iter().cloned());
        create_drives(&self.spec, &self.files, &puts).unwrap_or_else(|e| panic!("{e}"));
        self
    }

    /// The same, by a boot of its own whoever else has booted such a box: where the boot is what is tested.
    #[must_use]
    pub fn booted(self) -> Self {
        let mut lab = if self.files.dir.exists() { self } else { self.made() };
        lab.start();
        lab
    }

    /// What QEMU has used of a processor, in seconds.
    pub(crate) fn cpu(&self) -> u64 {
        let Some(qemu) = &self.qemu else { return 0 };
        let stat = fs::read_to_string(format!("/proc/{}/stat", qemu.id())).unwrap_or_default();
        let after = stat.rsplit(") ").next().unwrap_or_default();
        // Fields 14 and 15 of proc_pid_stat(5), in hundredths.
        let ticks = after.split(' ').skip(11).take(2).filter_map(|word| word.parse::<u64>().ok());
        ticks.sum::<u64>() / 100
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

    pub(crate) fn spawn(&mut self, more: &[&str]) {
        self.files.ssh_port = free_port();
        let hw = self.spec.hw().unwrap_or_else(|e| panic!("{e}"));
        let args = qemu_args(&hw, &self.spec, &self.files).unwrap_or_else(|e| panic!("{e}"));
        let log = File::create(self.files.dir.join("qemu.log")).expect("a log");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64"]).args(args).args(more);
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
        self.qemu = Some(command.spawn().expect("qemu-system-x86_64"));
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
        used(self.cpu(), &self.test());
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
        used(self.cpu(), &self.test());
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

    /// What the box has written to its serial console, over all boots.
    pub fn console(&self) -> String {
        let bytes = fs::read(self.files.console()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Ends the test with the end of the console.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        panic!("{}: {why}\n{}", self.name, self.tail());
    }

    /// Whose box it is: the harness names its threads after the tests.
    fn test(&self) -> String {
        let thread = std::thread::current();
        thread.name().filter(|name| *name != "main").unwrap_or(&self.name).to_owned()
    }

    pub(crate) fn tail(&self) -> String {
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

    pub(crate) fn alive(&mut self) {
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
        used(self.cpu(), &self.test());
        if let Some(mut qemu) = self.qemu.take() {
            let _ = qemu.kill();
            let _ = qemu.wait();
        }
        if self.kept {
            return;
        }
        note(What::End, &self.test());
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
