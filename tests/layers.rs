//! The floors of the house: a room imports only from rooms that stand above it in src/lib.rs, and no files import each
//! other in a ring. So do the laboratory, and the tests' own files: a test's root is the ground floor of its modules.
//!
//! Read from the sources alone, tests left out of the program's.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // the sources are read where they lie; a file that is gone fails the test

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the program: where it stands, and its text without comments, strings and tests.
struct Source {
    /// `["plan", "make"]`.
    module: Vec<String>,
    /// Its code.
    code: String,
}

type Sources = BTreeMap<String, Source>;

/// Without comments and the contents of strings; lines stay lines.
fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let raw = out.ends_with('r') || out.ends_with('#');
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with('"') {
            let hashes = out.len() - out.trim_end_matches('#').len();
            let end = if raw { format!("\"{}", "#".repeat(hashes)) } else { "\"".to_owned() };
            let mut from = 1;
            let mut close = None;
            while let Some(found) = rest[from..].find(&end) {
                let before = &rest[..from + found];
                let slashes = before.len() - before.trim_end_matches('\\').len();
                from += found + 1;
                if raw || slashes.is_multiple_of(2) {
                    close = Some(from + end.len() - 1);
                    break;
                }
            }
            rest = &rest[close.unwrap_or(rest.len())..];
        } else if rest.starts_with("'\"'") || rest.starts_with("'/'") || rest.starts_with("'\\''") {
            rest = &rest[rest[1..].find('\'').map_or(rest.len(), |at| at + 2)..];
        } else {
            out.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    out + rest
}

/// What is compiled for tests alone is left out: modules in the file, and the names of those in files of their own.
fn without_tests(code: &str) -> (String, Vec<String>) {
    let (mut out, mut files) = (String::new(), Vec::new());
    let mut rest = code;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        let item = &rest[at + "#[cfg(test)]".len()..];
        let head = item.trim_start();
        let end = item.find(['{', ';']).unwrap_or(item.len());
        if item[end..].starts_with('{') {
            let mut depth = 0_usize;
            let close = item[end..].find(|c| {
                depth = match c {
                    '{' => depth + 1,
                    '}' => depth - 1,
                    _ => depth,
                };
                depth == 0
            });
            rest = &item[close.map_or(item.len(), |at| end + at + 1)..];
        } else {
            let words: Vec<&str> = head[..head.find(';').unwrap_or(0)].split_whitespace().collect();
            if let [.., "mod", name] = words[..] {
                files.push(name.to_owned());
            }
            rest = item.get(end + 1..).unwrap_or_default();
        }
    }
    (out + rest, files)
}

fn files_below(dir: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, all);
        } else if path.extension().is_some_and(|it| it == "rs") {
            all.push(path);
        }
    }
}

/// All files of the program below `src`, by the path from there.
fn sources(src: &Path) -> Sources {
    let mut paths = Vec::new();
    files_below(src, &mut paths);
    let (mut all, mut tests) = (Sources::new(), BTreeSet::new());
    for path in paths {
        let name = path.strip_prefix(src).unwrap().to_str().unwrap().to_owned();
        let mut module: Vec<String> =
            name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let (code, of_tests) = without_tests(&bare(&fs::read_to_string(&path).unwrap()));
        tests.extend(of_tests.into_iter().map(|test| [&module[..], &[test]].concat()));
        all.insert(name, Source { module, code });
    }
    all.retain(|_, it| !tests.iter().any(|test| it.module.starts_with(test)));
    all
}

/// Every path that a text names from `crate`, `self` or `super` on, braces written out.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let starts = ["crate::", "super::", "self::"];
    let mut at = 0;
    while let Some((found, start)) =
        starts.iter().filter_map(|it| Some((code[at..].find(it)? + at, *it))).min()
    {
        let before = code[..found].chars().next_back();
        at = found + start.len();
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
            tree(&code[found..], &[], &mut all);
        }
    }
    all
}

/// One path, or a tree of them; answers with how much of the text it took.
fn tree(text: &str, stem: &[String], all: &mut Vec<Vec<String>>) -> usize {
    let (mut stem, mut at) = (stem.to_vec(), 0);
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if text[at..].starts_with('{') {
            at += 1;
            while !text[at..].starts_with('}') && at < text.len() {
                let took = tree(&text[at..], &stem, all);
                at += took;
                let stop = text[at..].find([',', '}', '{']).map_or(text.len(), |stop| at + stop);
                at = if text[stop..].starts_with(',') { stop + 1 } else { stop };
                at += text[at..].len() - text[at..].trim_start().len();
                if took == 0 && !text[at..].starts_with('}') {
                    at += 1;
                }
            }
            return at + 1;
        }
        let end = text[at..].find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = end.map_or(text.len(), |end| at + end);
        if end > at {
            stem.push(text[at..end].to_owned());
        }
        at = end;
        if text[at..].starts_with("::") {
            at += 2;
        } else {
            all.push(stem);
            return at;
        }
    }
}

/// Names that a file hands on from others: `pub use make::{make, Request}`.
fn handed_on(code: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].trim_end();
        if before.ends_with("pub")
            || before.ends_with("pub(crate)")
            || before.ends_with("pub(super)")
        {
            tree(&code[at + 4..], &[], &mut all);
        }
    }
    all
}

/// The file in which what a path names is defined; `None`: none of these.
fn home(sources: &Sources, from: &[String], path: &[String], depth: usize) -> Option<String> {
    let mut full: Vec<String> = Vec::new();
    let mut words = path.iter();
    match path.first()?.as_str() {
        "crate" => drop(words.next()),
        "self" => {
            words.next();
            full.extend_from_slice(from);
        }
        "super" => {
            full.extend_from_slice(from);
        }
        _ => full.extend_from_slice(from),
    }
    for word in words {
        if word == "super" { drop(full.pop()) } else { full.push(word.clone()) }
    }
    let longest = sources
        .iter()
        .filter(|(_, it)| full.starts_with(&it.module) && !it.module.is_empty())
        .max_by_key(|(_, it)| it.module.len());
    let (name, source) = longest.or_else(|| {
        // A module whose file lies elsewhere is not the root's.
        let (name, root) = ground(sources)?;
        full.first().is_none_or(|it| !order(&root.code).contains(it)).then_some((name, root))
    })?;
    let item = full.get(source.module.len());
    if let Some(item) = item.filter(|_| depth < 8) {
        for handed in handed_on(&source.code) {
            if handed.last() == Some(item) && handed.len() > 1 {
                return home(sources, &source.module, &handed, depth + 1);
            }
        }
    }
    Some(name.clone())
}

/// The root of a test, which has what its modules share. (A library's root only lists its rooms.)
fn ground(sources: &Sources) -> Option<(&String, &Source)> {
    sources.iter().find(|(name, it)| it.module.is_empty() && *name != "lib.rs")
}

/// The modules that a test's root names without more: `learn::learn(...)`.
fn below(root: &Source) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for module in order(&root.code) {
        let path = format!("{module}::");
        let names = |(at, _): (usize, &str)| {
            let before = root.code[..at].chars().next_back();
            before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':')
        };
        if root.code.match_indices(&path).any(names) {
            all.push(vec!["crate".to_owned(), module]);
        }
    }
    all
}

/// Which file names which.
fn arrows(sources: &Sources) -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    if let Some((name, root)) = ground(sources) {
        let to = below(root).into_iter().filter_map(|path| home(sources, &[], &path, 0));
        all.extend(to.filter(|to| to != name).map(|to| (name.clone(), to)));
    }
    for (name, source) in sources {
        let handed = handed_on(&source.code);
        for path in paths(&source.code) {
            if let Some(to) = home(sources, &source.module, &path, 0)
                && to != *name
                && !handed.contains(&path)
            {
                all.insert((name.clone(), to));
            }
        }
    }
    all
}

fn room(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// Arrows to a room that stands below: (file, room).
fn upwards(order: &[String], arrows: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let floor = |file: &str| order.iter().position(|it| it == room(file)).unwrap_or(order.len());
    let up = arrows.iter().filter(|(from, to)| floor(to) > floor(from));
    up.map(|(from, to)| (from.clone(), room(to).to_owned())).collect()
}

/// Files that reach each other: each ring's files, the largest ring first.
fn rings(arrows: &BTreeSet<(String, String)>) -> Vec<Vec<String>> {
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().push(to);
    }
    let reach = |from: &str| {
        let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
        while let Some(at) = left.pop() {
            for to in next.get(at).into_iter().flatten() {
                if seen.insert(*to) {
                    left.push(to);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = next.keys().map(|it| (*it, reach(it))).collect();
    let mut all: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, to) in reached.iter().filter(|(from, to)| to.contains(*from)) {
        let ring = to.iter().filter(|it| reached.get(*it).is_some_and(|back| back.contains(from)));
        all.insert(ring.map(|it| (*it).to_owned()).collect());
    }
    let mut all: Vec<Vec<String>> = all.into_iter().collect();
    all.sort_by_key(|ring| usize::MAX - ring.len());
    all
}

/// The rooms in the order of lib.rs, or of a test's root.
fn order(root: &str) -> Vec<String> {
    let rooms = root.lines().filter_map(|line| {
        line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?.strip_suffix(';')
    });
    rooms.map(str::to_owned).collect()
}

/// The files of a test: its root, and those of its directory.
fn of_test(root: &Path, dir: &Path) -> Sources {
    let mut all = sources(dir);
    let name = root.file_name().unwrap().to_str().unwrap().to_owned();
    let code = bare(&fs::read_to_string(root).unwrap());
    all.insert(name, Source { module: Vec::new(), code });
    all
}

/// All tests of several files: (root, directory).
fn tests_of_files(dir: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let (main, directory) = (path.join("main.rs"), path.with_extension(""));
        if main.exists() {
            all.push((main, path));
        } else if path.extension().is_some_and(|it| it == "rs") && directory.is_dir() {
            all.push((path, directory));
        }
    }
    all
}

/// What goes against the order of a crate or a test of which nothing is listed.
fn wrong(what: &Path, sources: &Sources, order: &[String]) -> Vec<String> {
    let arrows = arrows(sources);
    let up = upwards(order, &arrows).into_iter();
    let mut all: Vec<String> = up
        .map(|(file, room)| format!("{}: {file} imports from below: {room}", what.display()))
        .collect();
    let rings = rings(&arrows).into_iter();
    all.extend(rings.map(|ring| format!("{}: a ring: {}", what.display(), ring.join(", "))));
    all
}

fn src() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn no_arrow_runs_upwards_and_no_files_form_a_ring() {
    let sources = sources(&src());
    let mut order = order(&fs::read_to_string(src().join("lib.rs")).unwrap());
    order.push("main".to_owned());
    for file in sources.keys().filter(|file| *file != "lib.rs") {
        assert!(order.iter().any(|it| it == room(file)), "lib.rs has no place for {file}");
    }
    let arrows = arrows(&sources);
    let up = upwards(&order, &arrows);
    let up: Vec<String> = up.iter().map(|(file, room)| format!("{file} -> {room}")).collect();
    assert!(up.is_empty(), "these import a room that stands below them in lib.rs: {up:#?}");
    let rings = rings(&arrows);
    assert!(rings.is_empty(), "files that import each other in rings: {rings:#?}");
}

#[test]
fn the_laboratory_and_the_tests_own_files_are_in_order() {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/lab");
    let root = fs::read_to_string(lab.join("src/lib.rs")).unwrap();
    let mut all = wrong(&lab.join("src"), &sources(&lab.join("src")), &order(&root));
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let found = [tests_of_files(&lab.join("tests")), tests_of_files(&tests)].concat();
    for one in ["vm/main.rs", "cli.rs"] {
        assert!(found.iter().any(|(root, _)| root.ends_with(one)), "{one}: {found:?}");
    }
    for (root, dir) in found {
        let files = of_test(&root, &dir);
        let ground = root.file_stem().unwrap().to_str().unwrap().to_owned();
        let order = [vec![ground], order(&fs::read_to_string(&root).unwrap())].concat();
        all.extend(wrong(&dir, &files, &order));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// A test whose root shares a function and calls a module, which calls back; and one that imports the next.
#[test]
fn in_a_test_a_planted_ring_with_its_root_is_found() {
    let file = |module: &[&str], code: &str| Source {
        module: module.iter().map(|it| (*it).to_owned()).collect(),
        code: bare(code),
    };
    let root = |calls: &str| format!("mod one;\nmod two;\nmod pools;\nfn shared() {{ {calls} }}");
    let planted = |calls: &str| {
        Sources::from([
            ("cli.rs".into(), file(&[], &root(calls))),
            (
                "one.rs".into(),
                file(&["one"], "use super::shared; use crate::pools::Pool; fn f() {}"),
            ),
            ("two.rs".into(), file(&["two"], "fn f() { super::one::f() }")),
        ])
    };
    let names = ["cli", "one", "two", "pools"].map(str::to_owned);
    let what = Path::new("cli");
    assert_eq!(wrong(what, &planted(""), &names), Vec::<String>::new());
    let found = wrong(what, &planted("one::f()"), &names);
    assert_eq!(found, ["cli: cli.rs imports from below: one", "cli: a ring: cli.rs, one.rs"]);
    let names = ["cli", "two", "one", "pools"].map(str::to_owned);
    assert_eq!(wrong(what, &planted(""), &names), ["cli: two.rs imports from below: one"]);
}

#[test]
fn a_planted_arrow_and_a_planted_ring_are_found() {
    let file = |module: &[&str], code: &str| Source {
        module: module.iter().map(|it| (*it).to_owned()).collect(),
        code: without_tests(&bare(code)).0,
    };
    let planted = Sources::from([
        ("units.rs".into(), file(&["units"], "use crate::{names::{self, Bay}, units::Bytes};")),
        (
            "names.rs".into(),
            file(&["names"], "// use crate::step::Step;\nfn f() { \"crate::step::Step\" }"),
        ),
        ("plan/mod.rs".into(), file(&["plan"], "pub use make::make; mod make; pub struct Step;")),
        (
            "plan/make.rs".into(),
            file(
                &["plan", "make"],
                "use super::Step; fn f() -> crate::units::Bytes {}\n#[cfg(test)]\nmod tests { use crate::cmd::X; }",
            ),
        ),
        ("apply.rs".into(), file(&["apply"], "use crate::plan::{Step, make};")),
        ("cmd.rs".into(), file(&["cmd"], "use crate::{apply::run};")),
    ]);
    let names = ["units", "names", "plan", "apply", "cmd"].map(str::to_owned);
    let arrow = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let all = arrows(&planted);
    let wanted = [
        arrow("apply.rs", "plan/make.rs"),
        arrow("apply.rs", "plan/mod.rs"),
        arrow("cmd.rs", "apply.rs"),
        arrow("plan/make.rs", "plan/mod.rs"),
        arrow("plan/make.rs", "units.rs"),
        arrow("units.rs", "names.rs"),
    ];
    assert_eq!(all, BTreeSet::from(wanted));
    assert_eq!(upwards(&names, &all), BTreeSet::from([arrow("units.rs", "names")]));
    assert_eq!(rings(&all), Vec::<Vec<String>>::new());
    let mut ring = all.clone();
    ring.insert(arrow("plan/mod.rs", "apply.rs"));
    let found = ["apply.rs", "plan/make.rs", "plan/mod.rs"].map(str::to_owned).to_vec();
    assert_eq!(rings(&ring), [found]);
}
