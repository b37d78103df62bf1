//! Every example of README.md and of docs/tour.md that shows output is run, and says to the letter what stands there; every reference
//! page is what the types say. `ZBAY_BLESS=1` writes the examples anew, `scripts/reference` the pages.
#![allow(clippy::disallowed_methods)] // the files of the tests themselves
#![allow(clippy::expect_used)] // helpers of tests are tests too

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn zbay(args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_zbay"))
        .args(args)
        .current_dir(root())
        .output()
        .expect("zbay runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (text(output.stdout), text(output.stderr))
}

/// An example is a command that begins with `$ zbay`, in a fenced block of kind `console`.
fn renewed(text: &str) -> (String, usize) {
    let mut out = String::new();
    let (mut inside, mut skipping, mut count) = (false, false, 0);
    for line in text.lines() {
        match (inside, line) {
            (false, "```console") => inside = true,
            (true, "```") => (inside, skipping) = (false, false),
            (true, line) => {
                if let Some(command) = line.strip_prefix("$ ") {
                    skipping = command.starts_with("zbay ");
                    if skipping {
                        let args: Vec<&str> = command.split_whitespace().skip(1).collect();
                        let (stdout, stderr) = zbay(&args);
                        out.extend([line, "\n", &stdout, &stderr]);
                        count += 1;
                        continue;
                    }
                }
                if skipping {
                    continue;
                }
            }
            _ => {}
        }
        out.push_str(line);
        out.push('\n');
    }
    (out, count)
}

#[test]
fn every_example_says_what_stands_there() {
    for (page, least) in [("README.md", 2), ("docs/tour.md", 8)] {
        let path = root().join(page);
        let text = fs::read_to_string(&path).expect(page);
        let (now, count) = renewed(&text);
        assert!(count >= least, "the examples of {page} are gone: {count}");
        if std::env::var_os("ZBAY_BLESS").is_some() {
            fs::write(&path, &now).expect("written");
            continue;
        }
        for (is, should) in text.lines().zip(now.lines()) {
            assert_eq!(is, should, "{page} is stale: ZBAY_BLESS=1 cargo test --test readme");
        }
        assert_eq!(text, now);
    }
}

#[test]
fn reference_pages_are_what_the_types_say() {
    for page in ["profile", "hw", "rules", "status", "json", "metrics"] {
        let (now, errors) = zbay(&["reference", page]);
        assert_eq!(errors, "");
        let is = fs::read_to_string(root().join(format!("docs/{page}.md"))).unwrap_or_default();
        assert!(is == now, "docs/{page}.md is stale: run scripts/reference");
    }
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let table = readme.split_once("<!-- capabilities: scripts/reference writes this -->\n");
    let table = table.and_then(|(_, rest)| rest.split_once("<!-- end of capabilities -->"));
    let now = zbay(&["reference", "capabilities"]).0;
    assert_eq!(table.map(|(table, _)| table), Some(now.as_str()), "run scripts/reference");
    let schema = fs::read_to_string(root().join("docs/show-disk.schema.json")).unwrap_or_default();
    let now = zbay(&["reference", "show-disk.schema"]).0;
    assert!(schema == now, "docs/show-disk.schema.json is stale: run scripts/reference");
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    for dir in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(dir)).expect("docs") {
            let path = entry.expect("docs").path();
            pages.extend(path.extension().is_some_and(|ext| ext == "md").then_some(path));
        }
    }
    assert!(pages.len() > 12);
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if file.is_empty() || file.contains("://") {
                continue;
            }
            let target = page.parent().expect("a directory").join(file);
            assert!(target.exists(), "{}: {link}", page.display());
        }
    }
}
