//! Runs one program to its end or its limit, whichever is first.
//!
//! Output is drained in threads up to the cap, so that a full pipe stops nobody. A program over its limit is
//! killed with its whole group and left to a thread that nobody joins; so is one whose grandchild keeps the
//! pipe open, since its answer is not whole.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::machine::{Cmd, Output, PROGRAMS, Program, RunError};

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// What the threads around a running program report.
enum Event {
    /// Standard output ended.
    Stdout(io::Result<Vec<u8>>),
    /// Standard error ended.
    Stderr(io::Result<Vec<u8>>),
    /// One of them is over the cap.
    TooMuch,
}

/// Runs it, and tells the log.
pub(super) fn run(cmd: &Cmd) -> Result<Output, RunError> {
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
    if let (Some(dataset), None) = (&cmd.asks, &cmd.stdin) {
        return Err(RunError::Unasked { command: cmd.to_string(), dataset: dataset.clone() });
    }
    let (program, place) = known(cmd)?;
    let mut command = Command::new(place);
    command.args(&cmd.args).env_clear().envs([("LC_ALL", "C"), ("TZ", "UTC"), ("PATH", PATH)]);
    command.current_dir("/").process_group(0);
    command.stdin(if cmd.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().map_err(|why| {
        if why.kind() != ErrorKind::NotFound {
            return RunError::Io { what: format!("cannot start `{cmd}`"), why: why.to_string() };
        }
        RunError::Missing {
            program: cmd.program.file_name().unwrap_or(cmd.program.as_str()).to_owned(),
            package: program.package.to_owned(),
        }
    })
}

/// The program, and where it is. A plan may come from a file: what is in no list is not started, whoever asks for it.
fn known(cmd: &Cmd) -> Result<(&'static Program, &'static str), RunError> {
    let meant = |program: &&Program| program.path == cmd.program.as_str();
    let Some(program) = PROGRAMS.iter().chain(OF_TESTS).find(meant) else {
        return Err(RunError::Foreign { program: cmd.program.to_string() });
    };
    let other = program.else_at.filter(|place| is_absent(program.path) && !is_absent(place));
    Ok((program, other.unwrap_or(program.path)))
}

fn is_absent(path: &str) -> bool {
    fs::symlink_metadata(path).is_err_and(|why| why.kind() == ErrorKind::NotFound)
}

#[cfg(not(test))]
const OF_TESTS: &[Program] = &[];
#[cfg(test)]
const OF_TESTS: &[Program] = super::tests::PROGRAMS;

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
