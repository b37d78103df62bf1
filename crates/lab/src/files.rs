//! The files of a virtual box: its drives, and what is put into its root file system.
//!
//! Drives are sparse, so that a 24-bay box costs the bytes that are written to it. The boot drive is a copy
//! of the appliance's root.img with a partition table of the drive's true size round it; files get into
//! its file system by debugfs, without mounting anything and without being root.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use crate::recipe::{Files, VmBox, VmDrive, VmError};

/// Where the root file system starts in root.img and on the boot drive, bytes.
pub const ROOT_START: u64 = 1 << 20;

/// A file to put into a box before it starts; owner and group are root's.
#[derive(Clone, Debug)]
pub enum Put {
    /// A copy of a file of the host.
    File {
        /// The absolute path in the box.
        to: Utf8PathBuf,
        /// The file on the host.
        from: Utf8PathBuf,
        /// Permissions, such as `0o755`.
        mode: u32,
    },
    /// A file with this text.
    Text {
        /// The absolute path in the box.
        to: Utf8PathBuf,
        /// The content.
        text: String,
        /// Permissions.
        mode: u32,
    },
    /// A symbolic link.
    Link {
        /// The absolute path in the box.
        to: Utf8PathBuf,
        /// What the link says.
        target: String,
    },
}

impl Put {
    fn to(&self) -> &Utf8Path {
        match self {
            Self::File { to, .. } | Self::Text { to, .. } | Self::Link { to, .. } => to,
        }
    }
}

/// What makes a box one that runs zbay at first boot: the program, its unit, the profile.
///
/// `unit` is the text of systemd/zbay-firstboot.service; without a `wish` the unit is not put in, and the
/// box has the program alone.
pub fn zbay(program: &Utf8Path, unit: &str, wish: Option<&str>) -> Vec<Put> {
    const UNIT: &str = "/usr/lib/systemd/system/zbay-firstboot.service";
    const WANTED: &str = "/etc/systemd/system/multi-user.target.wants/zbay-firstboot.service";
    let mut puts = vec![
        Put::File { to: "/usr/bin/zbay".into(), from: program.into(), mode: 0o755 },
        Put::Link { to: "/usr/bin/show".into(), target: "zbay".into() },
    ];
    if let Some(wish) = wish {
        puts.extend([
            Put::Text { to: "/etc/zbay/profile.yaml".into(), text: wish.into(), mode: 0o644 },
            Put::Text { to: UNIT.into(), text: unit.into(), mode: 0o644 },
            Put::Link { to: WANTED.into(), target: UNIT.into() },
        ]);
    }
    puts
}

/// Makes all drives of a box in `files.dir`, which is created: blank ones, and the boot drive with the
/// appliance's root and `puts` in it.
pub fn create_drives(spec: &VmBox, files: &Files, puts: &[Put]) -> Result<(), VmError> {
    fs::create_dir_all(&files.dir).map_err(VmError::io("create", &files.dir))?;
    let boot = spec.boot_drive()?;
    for drive in &spec.drives {
        let path = files.drive(drive);
        if drive.at == boot.at {
            boot_drive(drive, files, puts)?;
        } else {
            blank(drive, &path)?;
        }
    }
    Ok(())
}

/// Makes a blank drive.
pub fn blank(drive: &VmDrive, path: &Utf8Path) -> Result<(), VmError> {
    if drive.format() == "raw" {
        let file = File::create(path).map_err(VmError::io("create", path))?;
        return file.set_len(drive.size).map_err(VmError::io("create", path));
    }
    let size = drive.size.to_string();
    tool("qemu-img", &["create", "-q", "-f", "qcow2", path.as_str(), &size], path).map(drop)
}

/// Makes a boot drive: the appliance's root with `puts` in it.
///
/// # Errors
/// A drive that no box can boot from, or a tool that fails.
pub fn boot_drive(drive: &VmDrive, files: &Files, puts: &[Put]) -> Result<(), VmError> {
    let path = files.drive(drive);
    let root = files.of_image("root.img");
    let size = fs::metadata(&root).map_err(VmError::io("read", &root))?.len();
    if drive.format() != "raw" || drive.logical != 512 || drive.size < size {
        let why = "a boot drive has sectors of 512 bytes, at least 4 GiB and at most 16 TiB";
        return Err(VmError::Drive { place: drive.at.clone(), why });
    }
    tool("cp", &["--sparse=always", "--no-preserve=all", root.as_str(), path.as_str()], &path)?;
    let file = OpenOptions::new().write(true).open(&path).map_err(VmError::io("open", &path))?;
    file.set_len(drive.size).map_err(VmError::io("create", &path))?;
    drop(file);
    let sectors = (size - 2 * ROOT_START) / 512;
    let table = files.dir.join("partitions");
    let text = format!("label: gpt\nstart={},size={sectors},type=linux\n", ROOT_START / 512);
    fs::write(&table, text).map_err(VmError::io("create", &table))?;
    let script = File::open(&table).map_err(VmError::io("read", &table))?;
    let args = ["--quiet", "--no-reread", "--no-tell-kernel", "--wipe-partitions=never"];
    run(command("sfdisk").args(args).arg(&path).stdin(script), "sfdisk", &path)?;
    put(&path, files, puts)
}

/// Puts files into the root file system of a boot drive whose box does not run, however it was stopped.
pub fn put(drive: &Utf8Path, files: &Files, puts: &[Put]) -> Result<(), VmError> {
    if puts.is_empty() {
        return Ok(());
    }
    let mut script = String::new();
    let mut made = Vec::new();
    for (number, put) in puts.iter().enumerate() {
        let mut parents: Vec<&Utf8Path> = put.to().ancestors().skip(1).collect();
        parents.reverse();
        for parent in parents {
            if parent != "/" && !made.contains(&parent) {
                made.push(parent);
                // "already exists" is as good; the check below tells whether it worked.
                let _ = writeln!(script, "mkdir {parent}");
            }
        }
        let to = put.to();
        let _ = writeln!(script, "rm {to}");
        let mut write = |from: &Utf8Path, mode: u32| {
            let _ = writeln!(script, "write {from} {to}");
            let _ = writeln!(script, "set_inode_field {to} mode 0100{mode:o}");
            let _ = writeln!(script, "set_inode_field {to} uid 0");
            let _ = writeln!(script, "set_inode_field {to} gid 0");
        };
        match put {
            Put::File { from, mode, .. } => write(from, *mode),
            Put::Text { text, mode, .. } => {
                let from = files.dir.join(format!("put-{number}"));
                fs::write(&from, text).map_err(VmError::io("create", &from))?;
                write(&from, *mode);
            }
            Put::Link { target, .. } => {
                let _ = writeln!(script, "symlink {to} {target}");
            }
        }
    }
    let path = files.dir.join("debugfs");
    fs::write(&path, script).map_err(VmError::io("create", &path))?;
    let image = format!("{drive}?offset={ROOT_START}");
    if tool("dumpe2fs", &["-h", &image], drive)?.contains("needs_recovery") {
        replay(drive, files)?;
    }
    tool("debugfs", &["-w", "-f", path.as_str(), &image], drive)?;
    for put in puts {
        let stat = format!("stat {}", put.to());
        let said = tool("debugfs", &["-R", &stat, &image], drive)?;
        let size = match put {
            Put::File { from, .. } => {
                fs::metadata(from).map_err(VmError::io("read", from))?.len().to_string()
            }
            Put::Text { text, .. } => text.len().to_string(),
            Put::Link { target, .. } => target.len().to_string(),
        };
        let mut words = said.split_whitespace().skip_while(|word| *word != "Size:").skip(1);
        if words.next() != Some(&size) {
            let text = format!("`{}` is not there whole afterwards", put.to());
            return Err(VmError::Tool { program: "debugfs", path: drive.into(), text });
        }
    }
    Ok(())
}

/// Replays the journal of a root file system that was cut off: left to the box, it would undo what is
/// put in now. e2fsck and debugfs 1.47 lose the offset while they replay, so that it is done on a copy.
fn replay(drive: &Utf8Path, files: &Files) -> Result<(), VmError> {
    let root = files.of_image("root.img");
    let size = fs::metadata(&root).map_err(VmError::io("read", &root))?.len() - 2 * ROOT_START;
    let copy = files.dir.join("root");
    let count = format!("count={}", size / ROOT_START);
    let (from, to) = (format!("if={drive}"), format!("of={copy}"));
    let block = format!("bs={ROOT_START}");
    tool("dd", &[&from, &to, &block, "skip=1", &count, "conv=sparse", "status=none"], drive)?;
    // Status 1: errors were corrected, which is what replaying is.
    let mut fsck = command("e2fsck");
    let checked = fsck.args(["-fy", copy.as_str()]).env("LC_ALL", "C").output();
    let checked = checked.map_err(VmError::io("check", &copy))?;
    if checked.status.code().is_none_or(|code| code > 1) {
        let text = String::from_utf8_lossy(&checked.stdout).trim().to_owned();
        return Err(VmError::Tool { program: "e2fsck", path: copy, text });
    }
    let (at, length) = (ROOT_START.to_string(), size.to_string());
    let hole = ["--punch-hole", "--offset", &at, "--length", &length, drive.as_str()];
    tool("fallocate", &hole, drive)?;
    let (from, to) = (format!("if={copy}"), format!("of={drive}"));
    tool("dd", &[&from, &to, &block, "seek=1", "conv=sparse,notrunc", "status=none"], drive)?;
    fs::remove_file(&copy).map_err(VmError::io("remove", &copy))
}

/// An ordinary user's PATH may lack sbin, where debugfs and sfdisk live.
fn command(program: &str) -> Command {
    let search = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("/usr/bin/env");
    command.env("PATH", search).arg(program);
    command
}

fn tool(program: &'static str, args: &[&str], path: &Utf8Path) -> Result<String, VmError> {
    run(command(program).args(args), program, path)
}

fn run(command: &mut Command, program: &'static str, path: &Utf8Path) -> Result<String, VmError> {
    let failed = |text: String| VmError::Tool { program, path: path.into(), text };
    let output = command.env("LC_ALL", "C").output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}
