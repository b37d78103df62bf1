//! What the host does for a box: programs with a limit, ports, the directory of all boxes.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

/// An emulated box is up in 30 seconds; a loaded host may need many times that.
pub(crate) const BOOT: Duration = Duration::from_mins(10);
/// After this long a kernel without a root stands still.
pub(crate) const STILL: Duration = Duration::from_mins(2);
/// The limit of one command in the box.
pub(crate) const COMMAND: Duration = Duration::from_mins(6);
/// How long a box may take to shut down.
pub(crate) const STOP: Duration = Duration::from_mins(2);

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
pub(crate) fn sweep(run: &Utf8PathBuf) {
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

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}

/// True once a server says that it speaks ssh.
pub(crate) fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(3)));
    let mut word = [0; 4];
    stream.read_exact(&mut word).is_ok() && &word == b"SSH-"
}

/// Runs a program to its end; `None`: it was killed at its limit.
pub(crate) fn run(mut command: Command, limit: Duration, stdin: &[u8]) -> Option<Ran> {
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
