//! Boxes that begin where one was booted.
//!
//! The first test that wants such a box boots it and stops it there: its memory lies in a file, as QEMU's migration
//! writes it, beside its drives. Whoever wants one after that copies the drives and goes on from the memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

use crate::host::{COMMAND, STILL, run};
use crate::lab::{FIRSTBOOT, Lab};
use crate::recipe::VmBox;

/// Boxes that several tests begin with.
const SHARED: [&str; 3] = ["gen8-4x4tb", "gen8-foreign", "4u-foreign"];
/// One of them with the profile that several tests begin with: its first boot is done once.
const READY: (&str, &str) = ("gen8-4x4tb", include_str!("../../../profiles/gen8-usb-raidz.yaml"));
/// So many drives of `4u-foreign` are enough for most, and a box with the first of them is booted once for all.
pub const FIRST: u8 = 8;

impl Lab {
    /// Makes the drives if need be, starts the box and waits until it can be spoken to.
    ///
    /// A box that several tests begin with is not booted again: it goes on from where the first of them had booted
    /// ([`Self::forks`]), and first boot, if there is a profile, is begun by hand.
    #[must_use]
    pub fn boot(self) -> Self {
        if self.files.dir.exists() || !self.forks() {
            return self.booted();
        }
        let ready = self.wish.as_deref() == Some(READY.1) && self.name == READY.0;
        let state = frozen(&self.name, ready);
        self.forked(&state, !ready)
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

    /// Goes on from a box that was frozen; `begins`: with the first boot of its profile.
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
}

/// A box of [`SHARED`]; of the shelf its first drives.
fn shared(name: &str) -> VmBox {
    let mut spec = VmBox::shipped(name).expect("a shipped box").expect("a sound box");
    if name == "4u-foreign" {
        spec.drives.retain(|drive| drive.at == spec.boot || drive.number() <= FIRST);
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
        lab.ready();
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
