//! What others call themselves stays text: no command lets through a character that moves a cursor, hides itself or turns a
//! line round, whatever drives, labels, pools, DMI and programs say.

use std::fs;
use std::os::unix::ffi::OsStringExt;

use serde_json::Value;

use zbay::paint::unpainted;

use crate::{Altered, run, said, zbay};

/// Clears the screen, rings, turns round, begins an escape of its own, and colours what follows.
const EVIL: &str = "\u{1b}[2J\u{7}\u{202e}\u{9b}31m\u{200b}\u{1b}[31m\u{1b}[1;31m\u{1b}[0m";

const COMMANDS: [&[&str]; 21] = [
    &[],
    &["status"],
    &["show", "disk"],
    &["show", "hw"],
    &["show", "pool"],
    &["plan"],
    &["plan", "gen8-usb-raidz"],
    &["plan", "n54l"],
    &["verify", "gen8-seed"],
    &["propose"],
    &["care"],
    &["explain"],
    &["metrics"],
    &["notify", "--dry-run"],
    &["import", "--dry-run"],
    &["import", "no\u{1b}[2Jsuch\u{202e}"],
    &["export", "--dry-run"],
    &["adopt", "--dry-run"],
    &["replace", "1", "--dry-run"],
    &["profile", "--from-pool"],
    &["selftest", "short"],
];

fn evil(value: &mut Value) {
    if let Value::String(text) = value {
        text.push_str(EVIL);
    }
}

/// Appends to every string that is somebody's own word.
fn spoil(value: &mut Value, own: &dyn Fn(&str) -> bool) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if value.is_string() && own(key) { evil(value) } else { spoil(value, own) }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| spoil(value, own)),
        _ => {}
    }
}

fn words(key: &str) -> bool {
    [
        "status",
        "action",
        "see",
        "model_name",
        "model_family",
        "comment",
        "label",
        "firmware_version",
        "string",
    ]
    .contains(&key)
}

/// The answer of a program, spoiled where it stays of its form.
fn spoiled(answer: &mut Value) {
    let text = match &answer["stdout"] {
        Value::String(text) => text.clone(),
        Value::Array(lines) => {
            lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
        }
        _ => return,
    };
    if let Ok(mut document) = serde_json::from_str::<Value>(&text) {
        spoil(&mut document, &words);
        answer["stdout"] = Value::String(document.to_string());
    } else if text.contains("action:") {
        let line = |line: &str| {
            let own = ["action:", "status:"].iter().any(|word| line.trim_start().starts_with(word));
            format!("{line}{}\n", if own { EVIL } else { "" })
        };
        answer["stdout"] = Value::String(text.lines().map(line).collect());
    }
    if answer["stderr"].as_str().is_some_and(|text| !text.is_empty() && !text.starts_with("no ")) {
        evil(&mut answer["stderr"]);
    }
}

fn hostile(machine: &str) -> Altered {
    Altered::of(machine)
        .edit("files.json", |all| {
            for (path, text) in all.as_object_mut().expect("files") {
                if path.starts_with("/sys/class/dmi/id/") && text.is_string() {
                    evil(text);
                }
            }
        })
        .edit("udev.json", |all| {
            let own = |key: &str| {
                ["ID_MODEL", "ID_SERIAL", "ID_FS_LABEL", "ID_VENDOR"]
                    .iter()
                    .any(|word| key.starts_with(word))
            };
            spoil(all, &own);
        })
        .edit("machine.json", |all| {
            spoil(all, &|key| ["hostname", "os", "cpu", "kernel"].contains(&key));
        })
        .edit("commands.json", |all| {
            all.as_object_mut().expect("commands").iter_mut().for_each(|(_, it)| spoiled(it));
        })
}

fn clean(what: &str, text: &str) {
    let moves = |c: char| zbay::console::moves(c);
    let found = text.char_indices().find(|(_, c)| moves(*c));
    if let Some((at, c)) = found {
        let from = text[..at].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
        panic!("{what}: {c:?} behind {:?}", &text[from..at]);
    }
}

#[test]
fn no_command_lets_through_what_moves_a_cursor() {
    for machine in ["gen8-seed", "in-trouble", "every-owner", "mixed", "bare"] {
        let hostile = hostile(machine);
        for (index, command) in COMMANDS.iter().enumerate() {
            let json = index % 2 == machine.len() % 2;
            let args = [if json { &["--json"][..] } else { &[] }, command].concat();
            let ran = hostile.run(&args);
            clean(&format!("{machine} {args:?}"), &ran.out);
            clean(&format!("{machine} {args:?}"), &ran.err);
            assert!(ran.status <= 2, "{machine} {args:?}");
        }
    }
}

/// What is painted is zbay's own: a colour from outside is shown as text, painted screen or not.
#[test]
fn no_colour_comes_from_outside() {
    for machine in ["gen8-seed", "in-trouble", "every-owner", "mixed", "bare"] {
        let hostile = hostile(machine);
        for command in COMMANDS.iter().filter(|command| command.first() != Some(&"notify")) {
            let plain = hostile.run(command);
            let painted = hostile.run(&[&["--color", "always"], *command].concat());
            assert_eq!(unpainted(&painted.out), plain.out, "{machine} {command:?}");
            let left = unpainted(&painted.err).into_owned();
            clean(&format!("{machine} {command:?}"), &left);
        }
    }
}

#[test]
fn what_was_typed_is_told_without_what_moves_a_cursor() {
    for args in [
        &["\u{1b}[2J"][..],
        &["check", "\u{1b}]0;x\u{7}"],
        &["plan", "--\u{202e}x"],
        &["--hw", "a\u{9b}b", "plan"],
    ] {
        let ran = run(args);
        assert_eq!(ran.status, 2, "{args:?}");
        clean(&format!("{args:?}"), &ran.err);
    }
}

#[test]
fn an_argument_that_is_no_text_is_an_error_of_the_command_line() {
    for args in [
        &[&b"\xff"[..]][..],
        &[b"check", b"\xff"],
        &[b"--hw", b"a\xfe", b"plan"],
        &[b"--machine", b"\xc3", b"status"],
    ] {
        let args = args.iter().map(|arg| std::ffi::OsString::from_vec(arg.to_vec()));
        let ran = said(zbay(&[]).args(args).output().expect("zbay runs"));
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{}", ran.err);
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
    }
}

#[test]
fn help_that_could_not_be_written_is_no_success() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("there");
    let ended = zbay(&["--help"]).stdout(full).status().expect("zbay runs");
    assert_eq!(ended.code(), Some(2));
    assert_eq!(run(&["--help"]).status, 0);
}

/// Files that are none keep nobody waiting, whoever names them.
#[test]
fn a_fifo_a_device_or_an_endless_file_keeps_nobody_waiting() {
    let dir = tempfile::tempdir().expect("a directory");
    let fifo = dir.path().join("fifo.yaml");
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o600);
    nix::unistd::mkfifo(&fifo, mode).expect("made");
    let endless = dir.path().join("endless.yaml");
    fs::File::create(&endless).expect("made").set_len(1 << 40).expect("sparse");
    let link = dir.path().join("link.yaml");
    std::os::unix::fs::symlink("/dev/zero", &link).expect("made");
    for file in [&fifo, &endless, &link] {
        let file = file.to_str().expect("UTF-8");
        for args in [
            &["check", file][..],
            &["--machine", "gen8-seed", "plan", file],
            &["--machine", "gen8-seed", "verify", file],
            &["--machine", "gen8-seed", "--hw", file, "show", "hw"],
            &["capacity", "--mix", file],
        ] {
            let ran = said(
                std::process::Command::new("timeout")
                    .arg("20")
                    .arg(env!("CARGO_BIN_EXE_zbay"))
                    .args(args)
                    .stdin(std::process::Stdio::null())
                    .output()
                    .expect("zbay runs"),
            );
            assert_eq!(ran.status, 2, "{args:?}: {}{}", ran.out, ran.err);
        }
    }
}

/// A profile of thousands of bays is told in time, and not at length.
#[test]
fn a_profile_without_end_is_told_in_time_and_in_short() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("many.yaml");
    for count in [4_000, 30_000] {
        let bays: Vec<String> = (100..100 + count).map(|bay| bay.to_string()).collect();
        let text = format!(
            "hardware: hp-microserver-gen8\npool: {{name: tank, layout: raidz, bays: [{}]}}\n",
            bays.join(", ")
        );
        fs::write(&file, text).expect("written");
        let begun = std::time::Instant::now();
        let ran = run(&["check", file.to_str().expect("UTF-8")]);
        assert_eq!(ran.status, 2, "{}", ran.err.len());
        assert!(ran.err.contains("has no bay"), "{}", &ran.err[..200]);
        // The line itself is long; what is said of it is said forty times at most.
        assert!(ran.err.matches("error:").count() <= 41, "{}", ran.err.matches("error:").count());
        assert!(begun.elapsed().as_secs() < 60, "{count}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_label_is_shown_in_its_own_letters_where_the_locale_has_them() {
    let machine = Altered::of("every-owner");
    for file in ["commands.json", "udev.json"] {
        let path = machine.0.path().join(file);
        let text = fs::read_to_string(&path).expect("recorded");
        fs::write(path, text.replace("photos", "Gr\u{f6}\u{df}e \u{5199}\u{771f}\u{202e}fdp"))
            .expect("written");
    }
    let path = machine.0.path().to_str().expect("UTF-8");
    let shown = |locale: &str, args: &[&str]| {
        let all = [&["--machine", path], args].concat();
        said(zbay(&all).env("LC_ALL", locale).output().expect("zbay runs"))
    };
    let wide = "ext4 \"Gr\u{f6}\u{df}e \u{5199}\u{771f}?fdp\"";
    let narrow = "ext4 \"Gr??e ???fdp\"";
    for args in [&[][..], &["show", "hw"], &["propose"]] {
        let (utf8, plain) = (shown("C.UTF-8", args), shown("C", args));
        assert!(utf8.out.contains(wide) && !utf8.out.contains('\u{202e}'), "{}", utf8.out);
        assert!(plain.out.contains(narrow) && plain.out.is_ascii(), "{}", plain.out);
        let row = utf8.out.lines().find(|line| line.contains(wide)).expect("there");
        assert!(zbay::words::columns(row) <= 80, "{}", utf8.out);
    }
    let table = shown("C.UTF-8", &["show", "disk", "--cols", "contents,serial"]).out;
    let columns: Vec<usize> =
        table.lines().filter(|line| line.starts_with('|')).map(zbay::words::columns).collect();
    assert!(columns.len() > 10 && columns.iter().all(|wide| *wide == columns[0]), "{table}");
    assert!(shown("C.UTF-8", &["show", "hw", "--ascii"]).out.is_ascii());
    let json = shown("C", &["show", "disk", "--json"]).out;
    assert!(json.contains("Gr\u{f6}\u{df}e") && !json.contains('\u{202e}'), "{json}");
}
