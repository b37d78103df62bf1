//! [`Real`] against temporary directories and small programs.

use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::super::{Change, Cmd, Devices, Hash, IoError, Machine, Program, RunError};
use super::Real;

const SH: Program = Program { path: "/bin/sh", else_at: None, package: "dash" };
const SLEEP: Program = Program { path: "/bin/sleep", else_at: None, package: "coreutils" };

const NOWHERE: Program =
    Program { path: "/nowhere/sh", else_at: Some("/bin/sh"), package: "nothing" };
/// What these tests start beside what zbay does.
pub(super) const PROGRAMS: &[Program] =
    &[SH, SLEEP, NOWHERE, Program { path: "/nowhere/zpool", else_at: None, package: "nothing" }];

fn sh(script: &str) -> Cmd {
    Cmd::new(SH, ["-c", script])
}

fn temp() -> (tempfile::TempDir, Utf8PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(dir.path().to_owned()).unwrap();
    (dir, path)
}

fn content(path: &Utf8Path) -> String {
    String::from_utf8(Real.file(path).unwrap().unwrap()).unwrap()
}

fn write(path: &Utf8Path, content: &str, was: Option<Hash>) -> Result<(), RunError> {
    let change =
        Change::WriteFile { path: path.to_owned(), mode: 0o640, content: content.to_owned(), was };
    Real.change(&change).map(|_| ())
}

#[test]
fn a_program_sees_a_clean_room() {
    let output = Real.read(&sh("env | sort; pwd; test -t 0 || echo no terminal; cat")).unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("LC_ALL=C\n") && text.contains("TZ=UTC\n"), "{text}");
    assert!(text.contains("PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"), "{text}");
    assert!(!text.contains("HOME=") && text.ends_with("/\nno terminal\n"), "{text}");
}

#[test]
fn standard_input_arrives_and_stays_out_of_words() {
    let mut cmd = sh("cat; echo said >&2; exit 3");
    cmd.stdin = Some(b"secret".repeat(50_000));
    let output = Real.read(&cmd).unwrap();
    assert_eq!((output.status, output.stdout.len()), (3, 300_000));
    assert_eq!(output.stderr, b"said\n");
    assert!(!format!("{cmd} {cmd:?}").contains("secret"));
}

#[test]
fn a_program_that_reads_nothing_is_no_error() {
    let mut cmd = sh("exit 0");
    cmd.stdin = Some(vec![0; 1 << 20]);
    assert_eq!(Real.read(&cmd).unwrap().status, 0);
}

#[test]
fn over_its_limit_it_is_abandoned() {
    let started = Instant::now();
    let cmd = Cmd::new(SLEEP, ["30"]).within(Duration::from_millis(200));
    let error = Real.read(&cmd).unwrap_err();
    assert_eq!(error, RunError::TimedOut { command: "sleep 30".to_owned(), seconds: 0 });
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_grandchild_that_keeps_the_pipe_is_abandoned_too() {
    let started = Instant::now();
    let (_guard, dir) = temp();
    let pid = dir.join("pid");
    let cmd = sh(&format!("sleep 30 & echo $! > {pid}; echo out; exit 0"));
    let error = Real.read(&cmd.within(Duration::from_millis(300))).unwrap_err();
    assert!(matches!(error, RunError::TimedOut { .. }), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    // It was in the program's group, and was killed with it.
    let stat = format!("/proc/{}/stat", content(&pid).trim());
    let gone = || match Real.file(Utf8Path::new(&stat)) {
        Ok(Some(stat)) => String::from_utf8_lossy(&stat).contains(") Z"),
        _ => true,
    };
    while !gone() && started.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(gone());
}

#[test]
fn a_grandchild_that_escapes_the_group_keeps_nobody() {
    let started = Instant::now();
    let cmd = Cmd::new(SH, ["-c", "setsid sleep 2 & exit 0"]).within(Duration::from_millis(200));
    assert!(matches!(Real.read(&cmd), Err(RunError::TimedOut { .. })));
    assert!(started.elapsed() < Duration::from_millis(1500));
}

#[test]
fn a_program_that_closes_its_output_and_stays_has_a_limit() {
    let cmd = sh("exec >&- 2>&-; sleep 30").within(Duration::from_millis(200));
    assert!(matches!(Real.read(&cmd), Err(RunError::TimedOut { .. })));
}

#[test]
fn too_much_output_is_an_error() {
    let mut cmd = sh("while :; do echo yes yes yes yes yes; done");
    cmd.cap = 100_000;
    let error = Real.read(&cmd).unwrap_err();
    assert!(matches!(error, RunError::TooMuch { cap: 100_000, .. }), "{error}");
    let mut cmd = sh("printf 12345678");
    cmd.cap = 8;
    assert_eq!(Real.read(&cmd).unwrap().stdout, b"12345678");
}

#[test]
fn a_missing_program_names_its_package() {
    let missing = Program { path: "/nowhere/zpool", ..NOWHERE };
    let error = Real.read(&Cmd::new(missing, ["status"])).unwrap_err();
    assert_eq!(error.to_string(), "zpool is not installed: apt install nothing");
    let elsewhere = Real.read(&Cmd::new(NOWHERE, ["-c", "exit 3"])).unwrap();
    assert_eq!(elsewhere.status, 3, "at its other place");
}

#[test]
fn nothing_is_started_that_is_not_in_the_list() {
    let (_guard, dir) = temp();
    let marker = dir.join("ran");
    let touch = |program: &str| {
        let script = format!("touch {marker}");
        let mut cmd = Cmd::new(SH, ["-c", &script]);
        cmd.program = program.into();
        cmd
    };
    for program in [
        "/usr/bin/bash",
        "/usr/bin/env",
        "/bin/dash",
        "sh",
        "zpool",
        "./zpool",
        "/usr/sbin/../../bin/sh",
        "/bin//sh",
        "/tmp/zpool",
        "/proc/self/exe",
        "",
    ] {
        for cmd in [touch(program), touch(program).within(Duration::from_secs(1))] {
            let foreign = Err(RunError::Foreign { program: program.to_owned() });
            assert_eq!(Real.read(&cmd), foreign);
            assert_eq!(Real.change(&Change::Run(cmd)), foreign);
        }
    }
    assert!(!marker.exists());
}

#[test]
fn a_signal_is_a_status() {
    assert_eq!(Real.read(&sh("kill -9 $$")).unwrap().status, 137);
}

#[test]
fn absent_is_not_refused() {
    let (_guard, dir) = temp();
    assert_eq!(Real.file(&dir.join("x")), Ok(None));
    assert_eq!(Real.list(&dir.join("x")), Ok(None));
    assert_eq!(Real.link(&dir.join("x")), Ok(None));
    write(&dir.join("y"), "1234", None).unwrap();
    assert_eq!(Real.file(&dir.join("y/z")), Ok(None));
    assert_eq!(Real.link(&dir.join("y")), Ok(None));
    assert!(matches!(Real.file(&dir), Err(IoError::System { .. })));
    assert!(matches!(Real.read_at(&dir.join("x"), 0, 1), Err(IoError::System { .. })));
    std::os::unix::fs::symlink("y", dir.join("l")).unwrap();
    assert_eq!(Real.link(&dir.join("l")), Ok(Some("y".into())));
    assert_eq!(Real.list(&dir), Ok(Some(vec!["l".to_owned(), "y".to_owned()])));
    assert_eq!(Real.read_at(&dir.join("y"), 1, 2), Ok(b"23".to_vec()));
    assert_eq!(Real.read_at(&dir.join("y"), 2, 9), Ok(b"34".to_vec()), "the device ends");
}

#[test]
fn a_file_is_written_only_if_it_is_as_planned() {
    let (_guard, dir) = temp();
    let path = dir.join("wish.yaml");
    write(&path, "one", None).unwrap();
    assert_eq!(write(&path, "two", None), Err(RunError::Moved { path: path.clone() }));
    assert_eq!(content(&path), "one");
    let other = Some(Hash::of(b"other"));
    assert_eq!(write(&path, "two", other.clone()), Err(RunError::Moved { path: path.clone() }));
    assert_eq!(write(&dir.join("absent"), "x", other), {
        Err(RunError::Moved { path: dir.join("absent") })
    });
    write(&path, "two", Some(Hash::of(b"one"))).unwrap();
    assert_eq!(content(&path), "two");
    let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
    assert_eq!(mode & 0o7777, 0o640);
    assert_eq!(Real.list(&dir), Ok(Some(vec!["wish.yaml".to_owned()])), "nothing left beside it");
    assert!(matches!(write(Utf8Path::new("wish.yaml"), "x", None), Err(RunError::Io { .. })));
}

#[test]
fn what_somebody_hid_from_others_stays_hidden() {
    use std::os::unix::fs::PermissionsExt;
    let (_guard, dir) = temp();
    let path = dir.join("wish.yaml");
    write(&path, "one", None).unwrap();
    let mode = || path.metadata().unwrap().permissions().mode() & 0o7777;
    for (now, then) in [(0o600, 0o600), (0o640, 0o640), (0o644, 0o644), (0o666, 0o644)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(now)).unwrap();
        let was = content(&path);
        write(&path, &format!("{was}x"), Some(Hash::of(was.as_bytes()))).unwrap();
        assert_eq!(mode(), then);
    }
    let open = dir.join("a/b");
    Real.change(&Change::Mkdir { path: open.clone(), mode: 0o777 }).unwrap();
    for made in [&open, &dir.join("a")] {
        assert_eq!(made.metadata().unwrap().permissions().mode() & 0o022, 0, "{made}");
    }
}

#[test]
fn what_is_no_file_keeps_nobody_waiting() {
    let (_guard, dir) = temp();
    let fifo = dir.join("fifo");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(fifo.as_std_path(), mode).unwrap();
    let started = Instant::now();
    for path in [fifo.as_path(), Utf8Path::new("/dev/zero"), dir.as_path()] {
        assert!(Real.file(path).is_err(), "{path}");
        assert!(Real.note(path, "x", None).is_err(), "{path}");
        assert!(write(path, "x", Some(Hash::of(b""))).is_err(), "{path}");
        let line = Change::AppendLine { path: path.to_owned(), line: "x".to_owned() };
        assert!(Real.change(&line).is_err(), "{path}");
        assert!(super::super::local::lock(path).is_err(), "{path}");
        assert!(super::super::local::read_user_file(path, 10).is_err(), "{path}");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn lines_are_added_even_after_a_torn_one() {
    let (_guard, dir) = temp();
    let path = dir.join("journal");
    let append = |line: &str| {
        Real.change(&Change::AppendLine { path: path.clone(), line: line.to_owned() }).map(|_| ())
    };
    append("one").unwrap();
    append("two").unwrap();
    assert_eq!(content(&path), "one\ntwo\n");
    write(&path, "one\nto", Some(Hash::of(b"one\ntwo\n"))).unwrap();
    append("three").unwrap();
    assert_eq!(content(&path), "one\nto\nthree\n");
    assert!(matches!(append("a\nb"), Err(RunError::Io { .. })));
}

#[test]
fn directories_are_made_and_files_removed_twice_without_harm() {
    let (_guard, dir) = temp();
    let deep = dir.join("a/b/c");
    for _ in 0..2 {
        Real.change(&Change::Mkdir { path: deep.clone(), mode: 0o700 }).unwrap();
    }
    write(&deep.join("f"), "x", None).unwrap();
    for _ in 0..2 {
        Real.change(&Change::Remove { path: deep.join("f") }).unwrap();
    }
    assert_eq!(Real.list(&deep), Ok(Some(vec![])));
    assert!(Real.change(&Change::Remove { path: deep }).is_err(), "a directory is no file");
}

#[test]
fn the_host_and_its_block_devices_answer() {
    let host = Real.host().unwrap();
    assert!(host.memory > 0 && host.cpus > 0, "{host:?}");
    assert!(Real.block_devices(Devices::All).unwrap().iter().all(|device| !device.name.is_empty()));
}

#[test]
fn a_device_is_known_by_its_number_and_a_file_has_none() {
    let (_guard, dir) = temp();
    write(&dir.join("file"), "x", None).unwrap();
    assert_eq!(Real.number(&dir.join("file")), Ok(None));
    assert_eq!(Real.number(&dir.join("none")), Ok(None));
    assert_eq!(Real.number("/dev/null".into()), Ok(None), "not a block device");
    for device in Real.block_devices(Devices::All).unwrap() {
        let node = Utf8PathBuf::from(format!("/dev/{}", device.name));
        let number = Real.file(Utf8Path::new(&format!("/sys/class/block/{}/dev", device.name)));
        if let (Ok(Some(is)), Ok(Some(number))) = (Real.number(&node), number) {
            assert_eq!(is.to_string(), String::from_utf8_lossy(&number).trim(), "{node}");
        }
    }
}

/// Earlier versions named what they wrote beside a file after their process.
#[test]
fn what_a_killed_run_left_beside_is_swept_and_nothing_else() {
    let (_guard, dir) = temp();
    let debris = [".zbay-new-4194999", ".zbay-new-4194998", ".wish.yaml.zbay-new"];
    let own = format!(".zbay-new-{}", std::process::id());
    let kept = [own.as_str(), ".zbay-new-", ".zbay-new-x", "zbay-new-1", ".zbay-new-12x"];
    for name in debris.iter().chain(&kept) {
        std::fs::write(dir.join(name), "x").unwrap();
    }
    std::fs::create_dir(dir.join(".zbay-new-4194997")).unwrap();
    std::os::unix::fs::symlink("/etc", dir.join(".zbay-new-4194996")).unwrap();
    write(&dir.join("wish.yaml"), "one", None).unwrap();
    let left = Real.list(&dir).unwrap().unwrap();
    for name in debris {
        assert!(!left.contains(&name.to_owned()), "{name} is left: {left:?}");
    }
    for name in kept.iter().chain(&[".zbay-new-4194997", ".zbay-new-4194996", "wish.yaml"]) {
        assert!(left.contains(&(*name).to_owned()), "{name} is gone: {left:?}");
    }
}
