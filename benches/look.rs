//! A look at 24 drives, each of which takes 100 ms to say how it is: all are asked at once.
//!
//! `cargo bench --bench look`. The drives are those of the recorded 24-bay box; smartctl's answer is that of another
//! recorded drive, given after its delay.

#![allow(clippy::expect_used)] // no answer of a shipped recording is missing

use std::thread::sleep;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use zbay::inventory::{Want, look};
use zbay::machine::recorded::Recorded;
use zbay::machine::{
    Change, Cmd, Devices, Hash, HostFacts, IoError, Machine, Output, RunError, UdevDevice, Writer,
};

const DELAY: Duration = Duration::from_millis(100);
/// Answers of smartctl that were recorded on the aging box.
const ANSWERS: &str = include_str!("../tests/machines/gen8-aging/commands.json");

fn main() {
    divan::main();
}

/// The recorded box, whose drives answer slowly.
struct Slow {
    box_: Recorded,
    answer: Vec<u8>,
}

impl Slow {
    fn new() -> Self {
        let dir = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/machines/4u-24x4tb");
        let all: serde_json::Value = serde_json::from_str(ANSWERS).expect("recorded");
        let commands = all.as_object().expect("commands");
        let smart = commands.iter().find(|(cmd, said)| {
            cmd.starts_with("smartctl") && said["stdout"].as_str().is_some_and(|it| it.len() > 1000)
        });
        let answer = smart.and_then(|(_, said)| said["stdout"].as_str()).expect("an answer");
        Self { box_: Recorded::open(&dir).expect("shipped"), answer: answer.into() }
    }
}

impl Machine for Slow {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        if cmd.to_string().starts_with("smartctl") {
            sleep(DELAY);
            return Ok(Output { status: 0, stdout: self.answer.clone(), stderr: Vec::new() });
        }
        self.box_.read(cmd)
    }
    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        self.box_.file(path)
    }
    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        self.box_.read_at(dev, at, len)
    }
    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        self.box_.list(dir)
    }
    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        self.box_.link(path)
    }
    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError> {
        self.box_.block_devices(which)
    }
    fn writers(&self) -> Result<Vec<Writer>, IoError> {
        self.box_.writers()
    }
    fn host(&self) -> Result<HostFacts, IoError> {
        self.box_.host()
    }
    fn now(&self) -> Timestamp {
        self.box_.now()
    }
    fn note(&self, path: &Utf8Path, text: &str, of: Option<&Hash>) -> Result<(), RunError> {
        self.box_.note(path, text, of)
    }
    fn change(&self, change: &Change) -> Result<Output, RunError> {
        self.box_.change(change)
    }
}

/// All drives with what they say of their health.
#[divan::bench]
fn smart_of_24_slow_drives(bencher: divan::Bencher<'_, '_>) {
    let slow = Slow::new();
    let want = Want { smart: true, ..Want::IDENTITY };
    let seen = look::look(&slow, want).expect("recorded");
    let known = seen.disks.iter().filter(|disk| disk.smart.is_ok()).count();
    assert!(known >= 24, "{known} drives answered");
    bencher.bench_local(|| look::look(&slow, want).expect("recorded"));
}
