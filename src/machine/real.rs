//! The machine that zbay runs on.
//!
//! The one file that may start programs, open files and read the clock. Programs get an empty
//! environment (`LC_ALL=C`, `TZ=UTC`, a fixed `PATH`), a process group of their own, no terminal, and a
//! limit. One that is over its limit is killed if it can be and then left behind, never waited for: a
//! `zpool export` with two drives gone sits in the kernel for minutes and no signal reaches it. Blocks
//! are read under a limit too, since a dying drive may keep a reader just as long.
#![allow(clippy::disallowed_methods)] // this file is the seam that the rule protects

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use super::{
    Change, Cmd, Hash, HostFacts, IoError, Machine, Output, PROGRAMS, RunError, UdevDevice,
};

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";
/// The largest file that is read whole; what zbay asks for has kilobytes.
const FILE_CAP: u64 = 64 << 20;
/// How long one read of a disk may take. A drive's own recovery of a bad sector takes up to two minutes.
const BLOCK_LIMIT: Duration = Duration::from_secs(30);

/// The machine that zbay runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real;

impl Machine for Real {
    fn read(&self, cmd: &Cmd) -> Result<Output, RunError> {
        run(cmd)
    }

    fn file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, IoError> {
        let read = || {
            let mut bytes = Vec::new();
            File::open(path)?.take(FILE_CAP + 1).read_to_end(&mut bytes)?;
            if bytes.len() > usize::try_from(FILE_CAP).unwrap_or(usize::MAX) {
                return Err(io::Error::other(format!("it has more than {FILE_CAP} bytes")));
            }
            Ok(bytes)
        };
        present(read(), "read", path)
    }

    fn read_at(&self, dev: &Utf8Path, at: u64, len: usize) -> Result<Vec<u8>, IoError> {
        let (tell, told) = mpsc::channel();
        let device = dev.to_owned();
        let started = Instant::now();
        thread::spawn(move || tell.send(blocks(&device, at, len)));
        let bytes = told.recv_timeout(BLOCK_LIMIT).unwrap_or_else(|_| {
            let seconds = BLOCK_LIMIT.as_secs();
            Err(io::Error::other(format!("no answer within {seconds} s at byte {at}")))
        });
        tracing::trace!(%dev, at, len, ms = started.elapsed().as_millis(), "read blocks");
        bytes.map_err(|why| refused("read", dev, &why))
    }

    fn list(&self, dir: &Utf8Path) -> Result<Option<Vec<String>>, IoError> {
        let read = || {
            let mut names = Vec::new();
            for entry in fs::read_dir(dir)? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names)
        };
        present(read(), "list", dir)
    }

    fn link(&self, path: &Utf8Path) -> Result<Option<Utf8PathBuf>, IoError> {
        let target = match fs::read_link(path) {
            Err(why) if why.kind() == ErrorKind::InvalidInput => return Ok(None), // no link
            other => other,
        };
        let text = target.and_then(|target| {
            Utf8PathBuf::from_path_buf(target).map_err(|_| io::Error::other("it is not UTF-8"))
        });
        present(text, "read the link", path)
    }

    fn block_devices(&self) -> Result<Vec<UdevDevice>, IoError> {
        let scan = || {
            let mut enumerator = udev::Enumerator::new()?;
            enumerator.match_subsystem("block")?;
            let mut devices: Vec<UdevDevice> =
                enumerator.scan_devices()?.map(|device| udev_device(&device)).collect();
            devices.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(devices)
        };
        scan().map_err(|why| refused("list", "/sys/class/block".into(), &why))
    }

    fn host(&self) -> Result<HostFacts, IoError> {
        let memory = MemoryRefreshKind::nothing().with_ram();
        let kind = RefreshKind::nothing().with_memory(memory).with_cpu(CpuRefreshKind::nothing());
        let system = System::new_with_specifics(kind)
            .map_err(|why| refused("read", "/proc".into(), &io::Error::other(why.to_string())))?;
        Ok(HostFacts {
            memory: system.total_memory(),
            cpus: system.cpus().len(),
            cpu: system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default(),
            kernel: System::kernel_version().unwrap_or_default(),
            os: [System::name(), System::os_version()].map(Result::unwrap_or_default).join(" "),
            hostname: System::host_name().unwrap_or_default(),
        })
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn change(&self, change: &Change) -> Result<Output, RunError> {
        match change {
            Change::Run(cmd) => run(cmd),
            Change::WriteFile { path, mode, content, was } => {
                write_file(path, *mode, content, was.as_ref())
            }
            Change::AppendLine { path, line } => done(append(path, line), "append to", path),
            Change::Mkdir { path, mode } => done(mkdir(path, *mode), "make", path),
            Change::Remove { path } => done(remove(path), "remove", path),
        }
    }
}

fn udev_device(device: &udev::Device) -> UdevDevice {
    let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
    UdevDevice {
        name: text(device.sysname()),
        devtype: device.devtype().map(text).unwrap_or_default(),
        devpath: Utf8PathBuf::from(text(device.devpath())),
        initialized: device.is_initialized(),
        properties: device
            .properties()
            .map(|property| (text(property.name()), text(property.value())))
            .filter(|(name, _)| name != "USEC_INITIALIZED") // differs at every boot, says nothing
            .collect(),
    }
}

fn refused(what: &str, path: &Utf8Path, why: &io::Error) -> IoError {
    let (what, path) = (what.to_owned(), path.to_owned());
    match why.kind() {
        ErrorKind::PermissionDenied => IoError::Denied { what, path },
        _ => IoError::System { what, path, why: why.to_string() },
    }
}

fn present<T>(found: io::Result<T>, what: &str, path: &Utf8Path) -> Result<Option<T>, IoError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) if matches!(why.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(why) => Err(refused(what, path, &why)),
    }
}

/// Reads a device. What the page cache has of it is dropped first: ZFS writes past that cache, and the
/// cache of a disk and those of its partitions do not know of each other.
fn blocks(dev: &Utf8Path, at: u64, len: usize) -> io::Result<Vec<u8>> {
    let file = File::open(dev)?;
    if let (Ok(start), Ok(count)) = (i64::try_from(at), i64::try_from(len)) {
        let advice = PosixFadviseAdvice::POSIX_FADV_DONTNEED;
        let _ = posix_fadvise(&file, start, count, advice); // advice: a refusal costs nothing
    }
    let mut bytes = vec![0; len];
    let mut filled = 0;
    while filled < len {
        let offset = at + u64::try_from(filled).unwrap_or(u64::MAX);
        match file.read_at(&mut bytes[filled..], offset) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(why) if why.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

/// What the threads around a running program report.
enum Event {
    /// Standard output ended.
    Stdout(io::Result<Vec<u8>>),
    /// Standard error ended.
    Stderr(io::Result<Vec<u8>>),
    /// One of them is over the cap.
    TooMuch,
}

fn run(cmd: &Cmd) -> Result<Output, RunError> {
    let started = Instant::now();
    let answer = spawn(cmd).and_then(|child| attend(cmd, child, started));
    let ms = started.elapsed().as_millis();
    match &answer {
        Ok(output) => tracing::debug!(command = %cmd, status = output.status, ms, "ran"),
        Err(error) => tracing::debug!(command = %cmd, %error, ms, "gave no answer"),
    }
    answer
}

fn spawn(cmd: &Cmd) -> Result<Child, RunError> {
    let mut command = Command::new(&cmd.program);
    command.args(&cmd.args).env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", PATH)]);
    command.current_dir("/").process_group(0);
    command.stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|why| {
        if why.kind() != ErrorKind::NotFound {
            return RunError::Io { what: format!("cannot start `{cmd}`"), why: why.to_string() };
        }
        let known = PROGRAMS.iter().find(|program| program.path == cmd.program);
        RunError::Missing {
            program: cmd.program.file_name().unwrap_or(cmd.program.as_str()).to_owned(),
            package: known.map_or("?", |program| program.package).to_owned(),
        }
    })
}

/// Sees a running program through to its end or its limit, whichever is first.
fn attend(cmd: &Cmd, mut child: Child, started: Instant) -> Result<Output, RunError> {
    let (tell, told) = mpsc::channel();
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), cmd.stdin.clone()) {
        thread::spawn(move || pipe.write_all(&input)); // it may end without reading: no error of ours
    }
    if let Some(pipe) = child.stdout.take() {
        drain(pipe, cmd.cap, tell.clone(), Event::Stdout);
    }
    if let Some(pipe) = child.stderr.take() {
        drain(pipe, cmd.cap, tell, Event::Stderr);
    }
    let broken = |why: io::Error| RunError::Io {
        what: format!("cannot follow `{cmd}`"),
        why: why.to_string(),
    };
    let (mut stdout, mut stderr) = (None, None);
    let error = loop {
        let left = cmd.limit.saturating_sub(started.elapsed());
        if let (Some(out), Some(err)) = (&mut stdout, &mut stderr) {
            match ended(&mut child, left) {
                Ok(Some(status)) => {
                    let killed = status.signal().unwrap_or(0);
                    let status = status.code().unwrap_or(128 + killed);
                    let (stdout, stderr) = (std::mem::take(out), std::mem::take(err));
                    return Ok(Output { status, stdout, stderr });
                }
                Ok(None) => break timed_out(cmd),
                Err(why) => break broken(why),
            }
        }
        match told.recv_timeout(left) {
            Ok(Event::Stdout(Ok(bytes))) => stdout = Some(bytes),
            Ok(Event::Stderr(Ok(bytes))) => stderr = Some(bytes),
            Ok(Event::Stdout(Err(why)) | Event::Stderr(Err(why))) => break broken(why),
            Ok(Event::TooMuch) => {
                break RunError::TooMuch { command: cmd.to_string(), cap: cmd.cap };
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                break timed_out(cmd);
            }
        }
    };
    abandon(child);
    Err(error)
}

fn timed_out(cmd: &Cmd) -> RunError {
    RunError::TimedOut { command: cmd.to_string(), seconds: cmd.limit.as_secs() }
}

fn drain<P, E>(mut pipe: P, cap: usize, tell: Sender<Event>, event: E)
where
    P: Read + Send + 'static,
    E: FnOnce(io::Result<Vec<u8>>) -> Event + Send + 'static,
{
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
        let read = pipe.by_ref().take(most).read_to_end(&mut bytes);
        // Nobody listens any more if the program was abandoned.
        let _ = tell.send(match read {
            Ok(_) if bytes.len() > cap => Event::TooMuch,
            Ok(_) => event(Ok(bytes)),
            Err(why) => event(Err(why)),
        });
    });
}

/// Waits for the end of a program that has closed its output: mostly at once.
fn ended(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    let mut pause = Duration::from_micros(100);
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if started.elapsed() >= limit => return Ok(None),
            None => thread::sleep(pause),
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Kills the whole group, and leaves the waiting to a thread that nobody joins.
fn abandon(mut child: Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL); // it may have ended by now
    }
    thread::spawn(move || child.wait());
}

fn done(result: io::Result<()>, what: &str, path: &Utf8Path) -> Result<Output, RunError> {
    match result {
        Ok(()) => {
            tracing::debug!(%path, "{what}");
            Ok(Output::default())
        }
        Err(why) => {
            Err(RunError::Io { what: format!("cannot {what} {path}"), why: why.to_string() })
        }
    }
}

fn write_file(
    path: &Utf8Path,
    mode: u32,
    content: &str,
    was: Option<&Hash>,
) -> Result<Output, RunError> {
    let now = Real.file(path).map_err(|why| RunError::Io {
        what: format!("cannot write {path}"),
        why: why.to_string(),
    })?;
    if now.map(|bytes| Hash::of(&bytes)).as_ref() != was {
        return Err(RunError::Moved { path: path.to_owned() });
    }
    done(replace(path, mode, content), "write", path)
}

/// Writes beside the place, then moves there: whoever reads sees the old file or the new one.
fn replace(path: &Utf8Path, mode: u32, content: &str) -> io::Result<()> {
    let dir = parent(path)?;
    let name = path.file_name().ok_or_else(|| io::Error::other("it has no name"))?;
    let beside = dir.join(format!(".{name}.zbay-new"));
    let write = || {
        if let Err(why) = fs::remove_file(&beside) // left by a run that was cut off
            && why.kind() != ErrorKind::NotFound
        {
            return Err(why);
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(content.as_bytes())?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        sync_dir(dir)
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&beside); // the error is told; the debris is a courtesy
    })
}

/// Adds one line. A line that a power cut tore is ended first, so that it cannot swallow the new one.
fn append(path: &Utf8Path, line: &str) -> io::Result<()> {
    if line.contains('\n') {
        return Err(io::Error::other("the line has a line end within"));
    }
    let dir = parent(path)?;
    let new = !path.exists();
    let mut file =
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let torn = if last == *b"\n" { "" } else { "\n" };
    file.write_all(format!("{torn}{line}\n").as_bytes())?;
    file.sync_all()?;
    if new { sync_dir(dir) } else { Ok(()) }
}

fn mkdir(path: &Utf8Path, mode: u32) -> io::Result<()> {
    let dir = parent(path)?;
    DirBuilder::new().recursive(true).mode(mode).create(path)?;
    sync_dir(dir)
}

fn remove(path: &Utf8Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Ok(()) => sync_dir(parent(path)?),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why),
    }
}

fn parent(path: &Utf8Path) -> io::Result<&Utf8Path> {
    if !path.is_absolute() {
        return Err(io::Error::other("it is not an absolute path"));
    }
    path.parent().ok_or_else(|| io::Error::other("it has no directory above"))
}

/// A name is on the disk only once its directory is.
fn sync_dir(dir: &Utf8Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
