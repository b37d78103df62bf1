//! The one seam between zbay and the world.
//!
//! Everything that zbay learns or does passes through [`Machine`]: commands that only read, files,
//! raw blocks, udev, the clock, and, from `apply` (and `locate`, for a light) alone, changes. [`real::Real`] is the machine that
//! zbay runs on, [`recorded::Recorded`] replays one that was recorded, [`record::Record`] makes such a
//! recording while it passes everything through. There is no mock and no second implementation of any
//! logic: a test on a recorded machine runs the program that users run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

mod deadline;
pub mod disguise;
pub mod extent;
pub mod keep;
pub mod local;
pub mod mounts;
pub mod ordered_json;
pub mod real;
pub mod record;
pub mod recorded;
pub mod recording;
pub mod threads;
pub mod trust;

/// A machine with disks: this one, or a recorded one. Asked from several threads at once: disks are slow.
pub trait Machine: Sync {
    /// Runs a command that changes nothing: `zpool status -j`, `wipefs -nJ`.
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError>;
    /// A whole file. `None`: there is none. An error: could not look.
    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError>;
    /// A whole file in a directory that others may write to, such as the root of a pool: no link is followed, and what
    /// somebody else owns or may write is an error.
    /// On a machine that was recorded it is a file like any other.
    fn file_beneath(&self, root: &Utf8Path, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        self.file(&root.join(path))
    }
    /// `len` bytes of a block device from byte `at`; fewer only where the device ends.
    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError>;
    /// The names in a directory, sorted. `None`: there is no such directory.
    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError>;
    /// Where a symbolic link points, as written in it. `None`: there is none.
    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError>;
    /// The number of the block device that a path leads to, through links. `None`: it leads to none. A recorded machine
    /// has no devices, and knows no number.
    fn number(&self, path: &Utf8Path) -> Result<Option<DeviceNumber>, IoError> {
        let (what, file) = ("tell the number of".to_owned(), "a recording".to_owned());
        Err(IoError::Unrecorded { what, path: path.to_owned(), file })
    }
    /// Block devices as udev knows them, by name.
    fn block_devices(&self, which: Devices) -> Result<Vec<UdevDevice>, IoError>;
    /// Programs that have a block device open for writing, this one apart. A recorded machine has none: nobody is at
    /// work on it any more.
    fn writers(&self) -> Result<Vec<Writer>, IoError>;
    /// Processor, memory, system: what the sysinfo crate says.
    fn host(&self) -> Result<HostFacts, IoError>;
    /// The time.
    fn now(&self) -> Timestamp;
    /// Keeps a record of zbay's own, such as the history: adds `text`, or puts it in place of what has this hash. No
    /// change of the machine: it may be lost, and a look goes on without it. A recorded machine keeps nothing.
    fn note(&self, path: &Utf8Path, text: &str, instead_of: Option<&Hash>) -> Result<(), RunError>;
    /// Changes something. Called by `apply` alone, by `locate` for the light beside a drive, to send a notice, and to
    /// have a drive test itself: none of these is what a disk or a file holds.
    fn change(&self, change: &Change) -> Result<Output, RunError>;
}

/// What the kernel knows a device by, whatever its node is called: major and minor number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceNumber(pub u64, pub u64);

impl fmt::Display for DeviceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

/// Which block devices are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Whole disks with hardware behind them.
    Disks,
    /// All: partitions too, and what the kernel makes up (loops, zvols).
    All,
}

/// A block device with its udev properties.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UdevDevice {
    /// Kernel name: `sda`, `sda1`.
    pub name: String,
    /// `disk` or `partition`.
    pub devtype: String,
    /// Path below `/sys`, beginning with `/devices/`.
    pub devpath: Utf8PathBuf,
    /// False where udevd has not handled it: then its properties are not there yet, which is not
    /// the same as absent.
    pub initialized: bool,
    /// Properties, such as `ID_PATH`.
    pub properties: BTreeMap<String, String>,
}

impl UdevDevice {
    /// A whole disk that the kernel did not make up.
    fn is_hardware(&self) -> bool {
        self.devtype == "disk" && !is_made_up(self.devpath.as_str())
    }
}

/// Whether a device's path is that of a loop, a zvol, md, dm or memory: what has no bus below it.
fn is_made_up(devpath: &str) -> bool {
    devpath.contains("/devices/virtual/block/")
}

/// A program that has a block device open for writing, such as a virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    /// The device's node: `/dev/sda1`.
    pub device: Utf8PathBuf,
    /// The program's name.
    pub program: String,
    /// Its process id.
    pub pid: u32,
}

/// Processor, memory and system of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostFacts {
    /// Bytes of memory that the kernel can use.
    pub memory: u64,
    /// Logical processors.
    pub cpus: usize,
    /// Brand of the first processor.
    pub cpu: String,
    /// Kernel release.
    pub kernel: String,
    /// `Debian GNU/Linux 13`.
    pub os: String,
    /// Host name.
    pub hostname: String,
}

/// A program that zbay runs, by its absolute paths, and the Debian package that holds it. No other is ever started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Absolute path, where distributions put it.
    pub path: &'static str,
    /// Where else it may be, as what is built from source.
    pub else_at: Option<&'static str>,
    /// Debian package.
    pub package: &'static str,
}

/// zpool(8).
pub const ZPOOL: Program = Program {
    path: "/usr/sbin/zpool",
    else_at: Some("/usr/local/sbin/zpool"),
    package: "zfsutils-linux",
};
/// zfs(8).
pub const ZFS: Program = Program {
    path: "/usr/sbin/zfs",
    else_at: Some("/usr/local/sbin/zfs"),
    package: "zfsutils-linux",
};
/// wipefs(8): every signature that libblkid finds, stacked ones too.
pub const WIPEFS: Program =
    Program { path: "/usr/sbin/wipefs", else_at: None, package: "util-linux" };
/// smartctl(8).
pub const SMARTCTL: Program =
    Program { path: "/usr/sbin/smartctl", else_at: None, package: "smartmontools" };
/// systemctl(1).
pub const SYSTEMCTL: Program =
    Program { path: "/usr/bin/systemctl", else_at: None, package: "systemd" };
/// zgenhostid(8).
pub const ZGENHOSTID: Program =
    Program { path: "/usr/sbin/zgenhostid", else_at: None, package: "zfsutils-linux" };
/// chown(1): only ever named as a remedy.
pub const CHOWN: Program = Program { path: "/usr/bin/chown", else_at: None, package: "coreutils" };
/// chmod(1): only ever named as a remedy.
pub const CHMOD: Program = Program { path: "/usr/bin/chmod", else_at: None, package: "coreutils" };
/// stat(1).
pub const STAT: Program = Program { path: "/usr/bin/stat", else_at: None, package: "coreutils" };
/// sync(1): of single files.
pub const SYNC: Program = Program { path: "/usr/bin/sync", else_at: None, package: "coreutils" };
/// df(1): how full a file system is.
pub const DF: Program = Program { path: "/usr/bin/df", else_at: None, package: "coreutils" };
/// udevadm(8).
pub const UDEVADM: Program = Program { path: "/usr/bin/udevadm", else_at: None, package: "udev" };

/// blockdev(8): makes the kernel read a partition table again.
pub const BLOCKDEV: Program =
    Program { path: "/usr/sbin/blockdev", else_at: None, package: "util-linux" };
/// sgdisk(8): partitions of an SSD that the log and the cache share.
pub const SGDISK: Program = Program { path: "/usr/sbin/sgdisk", else_at: None, package: "gdisk" };

/// ledctl(8): the light beside a drive, where a backplane has one.
pub const LEDCTL: Program = Program { path: "/usr/sbin/ledctl", else_at: None, package: "ledmon" };

/// sendmail(8), of whichever mail server is there.
pub const SENDMAIL: Program =
    Program { path: "/usr/sbin/sendmail", else_at: None, package: "msmtp-mta" };
/// curl(1).
pub const CURL: Program = Program { path: "/usr/bin/curl", else_at: None, package: "curl" };

/// All programs that are ever started.
pub const PROGRAMS: [Program; 15] = [
    ZPOOL, ZFS, WIPEFS, SMARTCTL, SYSTEMCTL, ZGENHOSTID, UDEVADM, BLOCKDEV, SGDISK, SYNC, LEDCTL,
    SENDMAIL, CURL, DF, STAT,
];

/// A command: never a shell, secrets only on standard input, always with a limit.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cmd {
    /// Absolute path of the program.
    pub program: Utf8PathBuf,
    /// Arguments, without the program.
    pub args: Vec<String>,
    /// Standard input; kept out of logs, plans, journals and recordings.
    #[serde(skip)]
    pub stdin: Option<Vec<u8>>,
    /// The dataset whose passphrase a person types for its standard input, before the first step is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<String>,
    /// After this long the command is abandoned, and said to be.
    pub limit: Duration,
    /// The most bytes of output that are taken; more is an error.
    pub cap: usize,
}

impl Cmd {
    /// A command with the usual limits: 30 seconds, 16 MiB.
    pub fn new<A: Into<String>>(program: Program, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            program: program.path.into(),
            args: args.into_iter().map(Into::into).collect(),
            stdin: None,
            asks: None,
            limit: Duration::from_secs(30),
            cap: 16 << 20,
        }
    }

    /// The same with the passphrase of this dataset on its standard input. A key is made of it by some hundred thousand
    /// rounds of a hash.
    #[must_use]
    pub fn asking(mut self, dataset: &str) -> Self {
        self.asks = Some(dataset.to_owned());
        self.within(Duration::from_mins(2))
    }

    /// The same with another time limit.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }
}

impl fmt::Display for Cmd {
    /// As a person would type it: the program's bare name, arguments quoted where a shell needs it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.program.file_name().unwrap_or("?"))?;
        for arg in &self.args {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
            if !arg.is_empty() && arg.chars().all(plain) {
                write!(f, " {arg}")?;
            } else {
                write!(f, " '{}'", arg.replace('\'', "'\\''"))?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Cmd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cmd(`{self}`, {:?})", self.limit)
    }
}

/// What a command that ended has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Exit status; 128 + signal where it was killed by one.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text if the exit status is 0, else the failure in words.
    pub fn ok(&self, cmd: &Cmd) -> Result<&str, RunError> {
        if self.status != 0 {
            return Err(RunError::Failed {
                command: cmd.to_string(),
                status: self.status,
                said: self.said(),
            });
        }
        str::from_utf8(&self.stdout).map_err(|_| RunError::NotText { command: cmd.to_string() })
    }

    /// What it wrote to standard error (or, where that is empty, to standard output), on one line.
    pub fn said(&self) -> String {
        let text = if self.stderr.is_empty() { &self.stdout } else { &self.stderr };
        let text = String::from_utf8_lossy(text);
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() { "it said nothing".to_owned() } else { lines.join("; ") }
    }
}

/// Why a command gave no answer.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunError {
    /// The program is not installed.
    #[error("{program} is not installed: apt install {package}")]
    Missing {
        /// Its path.
        program: String,
        /// The Debian package.
        package: String,
    },
    /// Over its limit.
    #[error("`{command}` gave no answer within {seconds} s and was abandoned")]
    TimedOut {
        /// The command.
        command: String,
        /// The limit.
        seconds: u64,
    },
    /// It wants a passphrase that nobody typed.
    #[error("`{command}` needs the passphrase of {dataset}, which was not asked for")]
    Unasked {
        /// The command.
        command: String,
        /// The dataset.
        dataset: String,
    },
    /// More output than its cap.
    #[error("`{command}` wrote more than {cap} bytes")]
    TooMuch {
        /// The command.
        command: String,
        /// The cap.
        cap: usize,
    },
    /// Exit status not 0.
    #[error("`{command}` failed (status {status}): {said}")]
    Failed {
        /// The command.
        command: String,
        /// Exit status.
        status: i32,
        /// Its words.
        said: String,
    },
    /// Output that is not UTF-8.
    #[error("`{command}` wrote something that is not text")]
    NotText {
        /// The command.
        command: String,
    },
    /// A program that is none of zbay's.
    #[error("{program} is not one of the programs that zbay runs")]
    Foreign {
        /// Its path.
        program: String,
    },
    /// Could not be started, or a file change failed.
    #[error("{what}: {why}")]
    Io {
        /// What was tried.
        what: String,
        /// The system's words.
        why: String,
    },
    /// A file changed between the look and the write.
    #[error("{path} is no longer as it was when the plan was made, so it was left alone")]
    Moved {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A recorded machine has no answer to this command.
    #[error("{file} has no answer to `{command}`")]
    Unrecorded {
        /// The command.
        command: String,
        /// The file to add it to.
        file: String,
    },
}

/// Why a file, directory, link or device could not be looked at.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
pub enum IoError {
    /// The system's refusal.
    #[error("cannot {what} {path}: {why}")]
    System {
        /// The verb: `read`, `list`.
        what: String,
        /// The object.
        path: Utf8PathBuf,
        /// The system's words.
        why: String,
    },
    /// Not allowed.
    #[error("cannot {what} {path}: permission denied, run as root")]
    Denied {
        /// The verb.
        what: String,
        /// The object.
        path: Utf8PathBuf,
    },
    /// A recorded machine does not know it.
    #[error("{file} has no answer to `{what} {path}`")]
    Unrecorded {
        /// The verb.
        what: String,
        /// The object.
        path: Utf8PathBuf,
        /// The file to add it to.
        file: String,
    },
}

/// SHA-256 of some bytes, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

impl Hash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(to_hex(&Sha256::digest(bytes)))
    }
}

/// One change to the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    /// A command.
    Run(Cmd),
    /// A whole file, written beside its place, synced, and moved there.
    WriteFile {
        /// Absolute path.
        path: Utf8PathBuf,
        /// Permission bits.
        mode: u32,
        /// The new content.
        content: String,
        /// What must be there now; `None`: nothing.
        was: Option<Hash>,
    },
    /// A value that the kernel takes as it is written: a parameter of the module zfs.
    Attribute {
        /// Absolute path below /sys.
        path: Utf8PathBuf,
        /// What is written, without a newline.
        value: String,
    },
    /// A file of ours in a directory that others may write to, such as the root of a pool, with its own directory. No link
    /// is followed, and what somebody else owns or may write is left alone.
    WriteBeneath {
        /// The directory.
        root: Utf8PathBuf,
        /// The file's name below it.
        path: Utf8PathBuf,
        /// The new content.
        content: String,
        /// What must be there now; `None`: nothing.
        was: Option<Hash>,
    },
    /// A file that was not there, with a key of 64 hexadecimal digits made by chance, that root alone may read; its
    /// directory too. The key itself is in no plan and no journal.
    NewKey {
        /// Absolute path.
        path: Utf8PathBuf,
    },
    /// Adds a line to a file, synced before it returns (the journal).
    AppendLine {
        /// Absolute path.
        path: Utf8PathBuf,
        /// The line, without its end.
        line: String,
    },
    /// A directory and its parents; fine if it is there.
    Mkdir {
        /// Absolute path.
        path: Utf8PathBuf,
        /// Permission bits of what is made.
        mode: u32,
    },
    /// A file, if it is there.
    Remove {
        /// Absolute path.
        path: Utf8PathBuf,
    },
    /// Owner and mode of the directory at which a dataset is mounted. It is opened once, seen to be the top of that very
    /// dataset, and changed by what was opened: whoever may rename in the directories above leads it nowhere else.
    Access {
        /// The dataset, as mountinfo names it.
        dataset: String,
        /// Where it is mounted.
        path: Utf8PathBuf,
        /// `user:group`, by names or numbers; `None`: as they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        /// Permission bits; `None`: as they are.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mode: Option<u32>,
    },
    /// Zeros on a block device, synced. It is opened for this alone (`O_EXCL`): the kernel refuses a device that
    /// is mounted, or that md, dm or ZFS holds.
    Zero {
        /// A link below `/dev/disk`.
        dev: Utf8PathBuf,
        /// What becomes zero, in order of place.
        spans: Vec<Span>,
        /// The device that the link has to lead to when it is opened: the one that was looked at. In no plan and no
        /// journal; `None`: a machine without numbers.
        #[serde(skip)]
        number: Option<DeviceNumber>,
    },
}

impl Change {
    /// A whole file that everybody may read, with its directory. `was` is what must be there now; `None`: nothing.
    pub fn file(path: &Utf8Path, content: &str, was: Option<Hash>) -> [Self; 2] {
        let dir = path.parent().unwrap_or(Utf8Path::new("/")).to_owned();
        let (path, content) = (path.to_owned(), content.to_owned());
        [
            Self::Mkdir { path: dir, mode: 0o755 },
            Self::WriteFile { path, mode: 0o644, content, was },
        ]
    }
}

/// A piece of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First byte.
    pub at: u64,
    /// Bytes.
    pub len: u64,
}

/// `base64`-free bytes for recordings: lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The reverse of [`to_hex`]; `None` where it is no such text.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
