//! Every file of tests/bad is refused: exit status 2, nothing on standard output, and exactly the words that
//! stand beside it in NAME.stderr. `ZBAY_BLESS=1 cargo test --test bad` writes them anew, to be read in the diff.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn check(file: &str) -> Output {
    let zbay = env!("CARGO_BIN_EXE_zbay");
    Command::new(zbay)
        .args(["check", file])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("zbay runs")
}

#[test]
fn every_bad_file_is_refused_in_exactly_these_words() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let bless = std::env::var_os("ZBAY_BLESS").is_some();
    let mut names: Vec<String> = fs::read_dir(&dir)
        .expect("tests/bad")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 80, "the files are gone");
    let mut wrong = Vec::new();
    for name in names {
        let output = check(&format!("tests/bad/{name}.yaml"));
        let said = String::from_utf8(output.stderr).expect("text");
        if output.status.code() != Some(2) || !output.stdout.is_empty() {
            wrong.push(format!("{name}: {}, {} bytes out", output.status, output.stdout.len()));
        }
        let beside = dir.join(format!("{name}.stderr"));
        if bless {
            fs::write(&beside, &said).expect("written");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if said != expected {
            wrong.push(format!("{name} says\n{said}\nand not\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_of_100_mb_is_refused_at_once_and_not_read() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("large.yaml");
    let mut file = fs::File::create(&path).expect("a file");
    file.write_all(b"hardware: hp-microserver-gen8\n").expect("written");
    file.seek(SeekFrom::Start(100 << 20)).expect("sparse");
    file.write_all(b"\n").expect("written");
    let begun = Instant::now();
    let output = check(path.to_str().expect("UTF-8"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("larger than 262144 bytes"), "{said}");
    assert!(said.len() < 1000 && begun.elapsed() < Duration::from_secs(10), "{said}");
}

#[test]
fn what_is_no_file_is_refused_too() {
    for (word, part) in [
        ("tests/bad", "cannot read tests/bad"),
        ("./none.yaml", "there is no file ./none.yaml"),
        ("gen8-sede", "did you mean `gen8-seed`?"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("$(reboot)", "there is no profile"),
        ("", "there is no profile"),
    ] {
        let output = check(word);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{word}: {said}");
        assert!(said.contains(part) && output.stdout.is_empty(), "{word}: {said}");
    }
}
