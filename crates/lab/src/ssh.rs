//! A box that runs, spoken to over ssh: one connection, which all commands share.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::host::{BOOT, COMMAND, Ran, greets, run};
use crate::lab::Lab;

/// A command that takes this long is told with its time.
const LONG: Duration = Duration::from_secs(3);

impl Lab {
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
        let began = Instant::now();
        match run(ssh, limit, stdin) {
            Some(ran) => {
                // Where a test's time goes, with --nocapture.
                if began.elapsed() >= LONG {
                    let start: String = command.chars().take(100).collect();
                    eprintln!("{}: {:.1} s: {start:?}", self.name, began.elapsed().as_secs_f64());
                }
                ran
            }
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

    /// First boot has ended well: its unit is active.
    ///
    /// # Panics
    /// With its journal, if it is not.
    pub fn ready(&self) {
        let state = self.ended("zbay-firstboot.service");
        if state != "active" {
            let log = self.sh("journalctl -u zbay-firstboot --no-pager -o cat").out;
            self.fail(&format!("first boot is {state}:\n{log}"));
        }
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

    pub(crate) fn ssh(&self) -> Command {
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
    pub(crate) fn connect(&mut self, began: Instant) {
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

    pub(crate) fn disconnect(&mut self) {
        if let Some(mut master) = self.master.take() {
            let _ = master.kill();
            let _ = master.wait();
        }
        let _ = fs::remove_file(self.files.dir.join("ssh"));
    }
}
