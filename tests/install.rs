//! scripts/install in a directory of its own (DESTDIR): what it puts where, twice, and what it takes away.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const PROGRAM: &str = "usr/local/bin/zbay";
const UNIT: &str = "etc/systemd/system/zbay-firstboot.service";

/// A root directory to install into.
struct Root(TempDir);

impl Root {
    /// One of Debian, without OpenZFS.
    fn debian(version: &str) -> Self {
        let root = Self(TempDir::new().expect("a directory"));
        root.write(
            "etc/os-release",
            &format!("NAME=\"Debian\"\nVERSION_ID=\"{version}\"\nID=debian\n"),
        );
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Exit status, standard output, standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let output = Command::new("bash")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install"))
            .args(args)
            .env("DESTDIR", self.0.path())
            .current_dir("/")
            .output()
            .expect("bash runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code().expect("ended"), text(output.stdout), text(output.stderr))
    }

    /// The prefix is refused, and nothing is written.
    fn refuses_prefix(&self, prefix: &str) {
        let before = self.files();
        let (status, out, err) =
            self.run(&["--prefix", prefix, "--binary", env!("CARGO_BIN_EXE_zbay")]);
        assert_eq!((status, out.as_str()), (2, ""), "{prefix}");
        assert!(err.contains("--prefix"), "{prefix}: {err}");
        assert_eq!(self.files(), before, "{prefix}");
    }

    fn install(&self) -> String {
        let (status, out, err) = self.run(&["--binary", env!("CARGO_BIN_EXE_zbay")]);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        out
    }

    /// All files, sorted.
    fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut dirs = vec![self.0.path().to_owned()];
        while let Some(dir) = dirs.pop() {
            for entry in fs::read_dir(dir).expect("there") {
                let path = entry.expect("there").path();
                if path.is_dir() {
                    dirs.push(path);
                } else {
                    let name = path.strip_prefix(self.0.path()).expect("within");
                    files.push(name.to_str().expect("UTF-8").to_owned());
                }
            }
        }
        files.sort();
        files
    }
}

#[test]
fn what_is_installed_works_and_a_second_run_changes_nothing() {
    let root = Root::debian("13");
    let out = root.install();
    for said in ["installed /usr/local/bin/zbay", "next      zbay show hw"] {
        assert!(out.contains(said), "{out}");
    }
    let mode =
        |path: &str| fs::metadata(root.path(path)).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(PROGRAM), mode(UNIT)), (0o755, 0o644));
    let ran = Command::new(root.path(PROGRAM)).arg("--version").output().expect("runs");
    assert!(ran.stdout.starts_with(b"zbay "));
    let unit = fs::read_to_string(root.path(UNIT)).expect("there");
    assert!(
        unit.contains("\nExecStart=/usr/local/bin/zbay firstboot --console /dev/console\n"),
        "{unit}"
    );
    let readme = "usr/local/share/doc/zbay/README.md";
    assert!(unit.contains(&format!("\nDocumentation=file:///{readme}\n")), "{unit}");
    let test =
        fs::read_to_string(root.path("etc/systemd/system/zbay-selftest@.service")).expect("there");
    assert!(test.contains("\nExecStart=/usr/local/bin/zbay selftest %i --due\n"), "{test}");
    assert!(root.path("etc/systemd/system/zbay-selftest@.timer").exists());
    let on = root.path("etc/systemd/system/timers.target.wants/zbay-selftest@long.timer");
    assert!(!on.exists(), "a profile turns it on");
    let replaces =
        fs::read_to_string(root.path("etc/systemd/system/zbay-replace.service")).expect("there");
    assert!(replaces.contains("\nExecStart=/usr/local/bin/zbay replace --waiting\n"), "{replaces}");
    let tick =
        fs::read_to_string(root.path("etc/systemd/system/zbay-tick.service")).expect("there");
    assert!(tick.contains("\nExecStart=/usr/local/bin/zbay tick\n"), "{tick}");
    assert!(root.path("etc/systemd/system/zbay-notify.path").exists());
    for (path, words) in [
        ("usr/local/share/man/man1/zbay.1", ".TH zbay 1"),
        ("usr/local/share/man/man1/zbay-replace.1", "\\-\\-no\\-wait"),
        ("usr/local/share/man/man1/zbay-show-disk.1", "\\-\\-csv"),
        ("usr/local/share/bash-completion/completions/zbay", "complete -F _zbay"),
        ("usr/local/share/zsh/site-functions/_zbay", "#compdef zbay"),
        ("usr/local/share/fish/vendor_completions.d/zbay.fish", "complete -c zbay"),
    ] {
        let page = fs::read_to_string(root.path(path)).expect(path);
        assert!(page.contains(words), "{path}: {page}");
        assert_eq!(mode(path), 0o644, "{path}");
    }
    let files = root.files();
    assert!(files.iter().any(|file| file == readme));
    assert!(files.iter().any(|file| file.ends_with("docs/install.md")));
    let written = || fs::metadata(root.path(PROGRAM)).expect("there").modified().expect("known");
    let first = written();
    let again = root.install();
    assert!(!again.contains("installed ") && !again.contains("replaced "), "{again}");
    assert_eq!((written(), root.files()), (first, files));
    // What somebody changed is put right, and said to be.
    fs::set_permissions(root.path(PROGRAM), fs::Permissions::from_mode(0o700)).expect("changed");
    assert!(root.install().contains("replaced  /usr/local/bin/zbay"));
    assert_eq!(mode(PROGRAM), 0o755);
}

#[test]
fn taking_it_away_leaves_the_wish_and_the_journal() {
    let root = Root::debian("13");
    let before = root.files();
    root.install();
    for kept in ["etc/zbay/profile.yaml", "etc/zbay/hw/mine.yaml", "var/lib/zbay/journal.jsonl"] {
        root.write(kept, "mine\n");
    }
    root.write("etc/issue.d/zbay.issue", "done\n");
    root.write("etc/systemd/system/timers.target.wants/zbay-selftest@short.timer", "");
    let (status, out, err) = root.run(&["--uninstall"]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("left      your pools"), "{out}");
    let mut left = root.files();
    left.retain(|file| !before.contains(file));
    assert_eq!(
        left,
        ["etc/zbay/hw/mine.yaml", "etc/zbay/profile.yaml", "var/lib/zbay/journal.jsonl"]
    );
    assert_eq!(root.run(&["--uninstall"]).0, 0, "twice is fine");
}

#[test]
fn a_system_without_openzfs_gets_its_commands() {
    for (version, suite) in [("12", "Suites: bookworm-backports"), ("13", "Suites: trixie")] {
        let out = Root::debian(version).install();
        assert!(out.contains("OpenZFS   is missing"), "{out}");
        assert!(out.contains(suite) && out.matches("Suites:").count() == 1, "{out}");
        assert!(out.contains("zfs-dkms") && !out.contains("cargo"), "{out}");
    }
    let other = Root(TempDir::new().expect("a directory")).install();
    assert!(other.contains("known for Debian 12 and 13"), "{other}");
    let there = Root::debian("13");
    there.write("usr/sbin/zpool", "");
    assert!(there.install().contains("OpenZFS   is there"));
}

#[test]
fn another_prefix_and_requests_that_make_no_sense() {
    let root = Root::debian("13");
    let binary = env!("CARGO_BIN_EXE_zbay");
    let (status, _, err) = root.run(&["--prefix", "/opt/zbay", "--binary", binary]);
    assert_eq!((status, err.as_str()), (0, ""));
    let unit = fs::read_to_string(root.path(UNIT)).expect("there");
    assert!(unit.contains("\nExecStart=/opt/zbay/bin/zbay firstboot"), "{unit}");
    assert_eq!(root.run(&["--prefix", "/opt/zbay", "--uninstall"]).0, 0);
    assert_eq!(root.files(), ["etc/os-release"]);
    for (args, words) in [
        (&["--frob"][..], "`--frob` is not an option"),
        (&["--prefix", "here"], "--prefix needs an absolute directory"),
        (&["--binary", "/nonexistent"], "there is no program at `/nonexistent`"),
        (&["--binary", "/bin/false"], "does not run here"),
    ] {
        let (status, _, err) = root.run(args);
        assert!(status == 2 && err.contains(words), "{args:?}: {err}");
    }
    assert_eq!(root.files(), ["etc/os-release"], "and nothing was written");
}

#[test]
fn the_name_show_is_a_link_that_takes_nobodys_place() {
    let root = Root::debian("13");
    let zbay = ["--show-link", "--binary", env!("CARGO_BIN_EXE_zbay")];
    for word in ["installed", "as it was"] {
        let (status, out, err) = root.run(&zbay);
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        let line = out.lines().find(|line| line.ends_with("/usr/local/bin/show")).expect("a line");
        assert!(line.contains(word), "{line}");
    }
    let output = Command::new(root.path("usr/local/bin/show"))
        .args(["disk", "-sm", "--machine", "gen8-seed"])
        .output()
        .expect("runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.starts_with("| Dev | Model"), "{text}");
    root.run(&["--uninstall"]);
    assert!(!root.path("usr/local/bin/show").exists());
    // Somebody else's program of that name.
    root.write("usr/local/bin/show", "#!/bin/sh\n");
    let (status, _, err) = root.run(&zbay);
    assert!(status != 0 && err.contains("another program"), "{err}");
    root.run(&["--uninstall"]);
    assert!(root.path("usr/local/bin/show").exists());
}

fn unit(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name);
    fs::read_to_string(path).expect("shipped")
}

/// The value of a setting of a unit.
fn setting<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
}

#[test]
fn a_blank_drive_is_taken_whether_or_not_anybody_could_be_told() {
    let notify = unit("zbay-notify.service");
    // What follows ExecStart in the same unit runs only where it ended with 0.
    assert_eq!(setting(&notify, "ExecStartPost"), [""; 0]);
    assert_eq!(setting(&notify, "ExecStart"), ["/usr/bin/zbay notify"]);
    assert_eq!(setting(&notify, "Wants"), ["zbay-tick.service"]);
    assert_eq!(setting(&unit("zbay-tick.service"), "ExecStart"), ["/usr/bin/zbay tick"]);
    let replaces = unit("zbay-replace.service");
    for unit in [unit("zbay-tick.service"), replaces] {
        let after: Vec<&str> = setting(&unit, "After")[0].split(' ').collect();
        assert!(after.contains(&"zbay-notify.service"), "an order, and no condition");
        for key in ["Requires", "Requisite", "BindsTo", "PartOf"] {
            assert_eq!(setting(&unit, key), [""; 0], "{key}");
        }
    }
}

#[test]
fn no_unit_ends_a_command_that_changes_a_disk() {
    for name in ["zbay-replace.service", "zbay-firstboot.service"] {
        assert_eq!(setting(&unit(name), "TimeoutStartSec"), ["infinity"], "{name}");
    }
    // A look: zpool status, list, import, import -D, the labels, smartctl twice, df, sendmail, two of curl.
    let longest = 10 + 10 + 120 + 120 + 300 + 50 + 30 + 3 * 40;
    let limit = setting(&unit("zbay-notify.service"), "TimeoutStartSec")[0].to_owned();
    let minutes: u32 = limit.strip_suffix("min").expect("minutes").parse().expect("a number");
    assert!(minutes * 60 > longest, "{limit}");
}

#[test]
fn a_look_is_hardened_and_sees_who_has_a_disk_open() {
    let notify = unit("zbay-notify.service");
    for (key, value) in [
        ("PrivateTmp", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("LimitCORE", "0"),
        ("UMask", "0022"),
    ] {
        assert_eq!(setting(&notify, key), [value], "{key}");
    }
    for key in ["NoNewPrivileges", "ProtectProc", "CapabilityBoundingSet", "PrivateDevices"] {
        assert_eq!(setting(&notify, key), [""; 0], "{key}");
    }
    // An event in the middle of a look has another one follow.
    let event = "/run/zbay/event";
    assert!(unit("all-zbay.sh").contains(&format!(": >{event}")));
    assert_eq!(setting(&unit("zbay-notify.path"), "PathExists"), [event]);
    assert!(setting(&notify, "ExecStartPre")[0].ends_with(event), "taken away before the look");
}

#[test]
fn a_prefix_that_a_unit_would_read_otherwise_is_refused() {
    let root = Root::debian("13");
    for prefix in [
        "/opt/a&b",
        "/opt/a b",
        "/opt/a|b",
        "/opt/a%b",
        "/opt/$HOME",
        "/opt/a\\b",
        "/opt/\"a",
        "/a/../b",
        "/a\nb",
    ] {
        root.refuses_prefix(prefix);
    }
    let binary = env!("CARGO_BIN_EXE_zbay");
    let (status, _, err) = root.run(&["--prefix", "/opt/zbay-0.1+b@c", "--binary", binary]);
    assert_eq!((status, err.as_str()), (0, ""));
    let unit = fs::read_to_string(root.path(UNIT)).expect("there");
    assert!(unit.contains("\nExecStart=/opt/zbay-0.1+b@c/bin/zbay firstboot"), "{unit}");
}

#[test]
fn what_it_turns_on_is_said() {
    let root = Root::debian("13");
    let out = root.install();
    assert!(out.contains("zbay-notify.timer: without it there are no alerts"), "{out}");
    let (_, help, _) = root.run(&["--help"]);
    for words in ["It enables one thing", "--no-timer", "zbay-notify.timer"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert!(!help.contains("Nothing is enabled"), "{help}");
    let page = fs::read_to_string(root.path("usr/local/share/doc/zbay/docs/install.md"));
    let page = page.expect("installed");
    assert!(page.contains("--no-timer") && !page.contains("enables nothing"), "{page}");
    let (status, _, err) = root.run(&["--no-timer", "--binary", env!("CARGO_BIN_EXE_zbay")]);
    assert_eq!((status, err.as_str()), (0, ""));
}

#[test]
fn a_program_is_replaced_whole_and_belongs_to_root() {
    let root = Root::debian("13");
    root.write(PROGRAM, "#!/bin/sh\nexit 1\n");
    // Whoever runs the old one goes on with it: the new one is another file, put in its place.
    let old = fs::File::open(root.path(PROGRAM)).expect("there");
    let node = |meta: &fs::Metadata| std::os::unix::fs::MetadataExt::ino(meta);
    let before = node(&old.metadata().expect("known"));
    assert!(root.install().contains("replaced  /usr/local/bin/zbay"));
    assert_ne!(node(&fs::metadata(root.path(PROGRAM)).expect("there")), before);
    assert_eq!(old.metadata().expect("known").len(), 17, "the old one was not written to");
    assert!(root.files().iter().all(|file| !file.contains(".new.")));
    // A link that somebody put there is replaced, not followed.
    let elsewhere = root.path("srv/other");
    root.write("srv/other", "mine\n");
    fs::remove_file(root.path(PROGRAM)).expect("removed");
    std::os::unix::fs::symlink(&elsewhere, root.path(PROGRAM)).expect("linked");
    root.install();
    assert_eq!(fs::read_to_string(&elsewhere).expect("there"), "mine\n");
    // The same bytes, owned by somebody else: only root can see to that.
    if std::os::unix::fs::chown(root.path(PROGRAM), Some(65534), Some(65534)).is_ok() {
        assert!(root.install().contains("replaced  /usr/local/bin/zbay"));
        let meta = fs::metadata(root.path(PROGRAM)).expect("there");
        assert_eq!(std::os::unix::fs::MetadataExt::uid(&meta), 0);
    }
}

#[test]
fn taking_it_away_says_what_stays_and_leaves_no_stale_figures() {
    let root = Root::debian("13");
    root.install();
    for stale in ["run/issue.d/zbay.issue", "var/lib/prometheus/node-exporter/zbay.prom"] {
        root.write(stale, "old\n");
    }
    let scrub = "etc/systemd/system/timers.target.wants/zfs-scrub-monthly@tank.timer";
    let drop_in = "etc/systemd/system/zfs-scrub-monthly@tank.timer.d/zbay.conf";
    root.write(scrub, "");
    root.write(drop_in, "");
    root.write("etc/zbay/profile.yaml", "hardware: generic\ncare: {}\n");
    let (status, out, err) = root.run(&["--uninstall"]);
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    for gone in ["run/issue.d/zbay.issue", "var/lib/prometheus/node-exporter/zbay.prom"] {
        assert!(!root.path(gone).exists() && out.contains(gone), "{out}");
    }
    for left in [scrub, drop_in, "org.debian:periodic-scrub", "zfs inherit"] {
        assert!(out.contains(left), "{left}: {out}");
    }
    assert!(root.path(drop_in).exists());
}

#[test]
fn a_cache_without_its_marker_is_not_removed() {
    let clean = |cache: &Path| {
        let output = Command::new("bash")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/demo"))
            .arg("--clean")
            .env("ZBAY_CACHE", cache)
            .output()
            .expect("bash runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let dir = TempDir::new().expect("a directory");
    let cache = dir.path().join("srv");
    fs::create_dir(&cache).expect("made");
    fs::write(cache.join("mine"), "mine\n").expect("written");
    let (status, err) = clean(&cache);
    assert!(status == Some(2) && err.contains("is not removed"), "{err}");
    assert!(cache.join("mine").exists());
    fs::write(cache.join(".zbay-cache"), "").expect("written");
    assert_eq!(clean(&cache).0, Some(0));
    assert!(!cache.exists());
}
