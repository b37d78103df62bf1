//! When each test had its boxes: noted by them in the file `ZBAY_SECONDS`, and read by scripts/test.
//!
//! A line is `SECOND begin TEST` or `SECOND end TEST`, once for each box, and `SECONDS used TEST`: how long a process of QEMU had a
//! processor. A test's time is from its first box to its last.
//! How long one takes is told and never tested: a machine may be slow.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::UNIX_EPOCH;

use crate::budget::budget;

/// What a box does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A test takes it.
    Begin,
    /// It goes.
    End,
}

/// The second, since 1970.
pub fn now() -> u64 {
    UNIX_EPOCH.elapsed().map_or(0, |time| time.as_secs())
}

/// Notes that a test begins or ends to have a box.
pub(crate) fn note(what: What, test: &str) {
    let word = match what {
        What::Begin => "begin",
        What::End => "end",
    };
    append(&format!("{} {word} {test}\n", now()));
}

/// Notes how long a box of a test has had a processor, in seconds.
pub(crate) fn used(seconds: u64, test: &str) {
    append(&format!("{seconds} used {test}\n"));
}

/// One write: two tests may note at a time.
fn append(line: &str) {
    let Some(to) = std::env::var_os("ZBAY_SECONDS") else { return };
    let file = OpenOptions::new().append(true).create(true).open(to);
    let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
}

/// From when to when a test has had boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: u64,
    to: u64,
}

/// What the tests have noted, by test. A line that was cut off is left out.
pub fn read(notes: &str) -> BTreeMap<&str, Span> {
    let mut all: BTreeMap<&str, Span> = BTreeMap::new();
    for line in notes.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(Ok(second)), Some("begin" | "end"), Some(test)) =
            (words.next().map(str::parse::<u64>), words.next(), words.next())
        else {
            continue;
        };
        let span = all.entry(test).or_insert(Span { from: second, to: second });
        span.from = span.from.min(second);
        span.to = span.to.max(second);
    }
    all
}

/// How long the boxes of each test had a processor, in seconds.
fn processor(notes: &str) -> BTreeMap<&str, u64> {
    let mut all = BTreeMap::new();
    for line in notes.lines() {
        let Some((seconds, test)) = line.split_once(" used ") else { continue };
        *all.entry(test).or_insert(0) += seconds.parse::<u64>().unwrap_or(0);
    }
    all
}

/// The names of the tests that have ended, by the harness's own lines.
fn ended(log: &str) -> BTreeSet<&str> {
    log.lines()
        .filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "))
        .filter(|(_, rest)| rest.ends_with("ok") || rest.ends_with("FAILED"))
        .map(|(name, _)| name)
        .collect()
}

/// `2:05`.
fn clock(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The tests that run, each with its time so far, in `width` characters at most: names are cut.
pub fn running(notes: &str, log: &str, now: u64, width: usize) -> String {
    let ended = ended(log);
    let mut left: Vec<(&str, Span)> =
        read(notes).into_iter().filter(|(test, _)| !ended.contains(test)).collect();
    left.sort_by_key(|(_, span)| span.from);
    let room = (width + 2) / left.len().max(1);
    let one = |(test, span): &(&str, Span)| {
        let time = clock(now.saturating_sub(span.from));
        // A blank before the time, a comma and a blank after it.
        let room = room.saturating_sub(time.len() + 3).max(8);
        if test.len() <= room {
            return format!("{test} {time}");
        }
        let cut: String = test.chars().take(room - 2).collect();
        format!("{cut}.. {time}")
    };
    left.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What stands after the line of a test that has ended: its time and its budget.
pub fn of_test(notes: &str, test: &str, long: bool) -> String {
    let Some(span) = read(notes).get(test).copied() else { return String::new() };
    let took = span.to - span.from;
    match budget(test, long) {
        Some(budget) if took > budget => format!(", {took} s: OVER its budget of {budget} s"),
        Some(budget) => format!(", {took} s of {budget} s"),
        None => format!(", {took} s"),
    }
}

/// For the end of a run: the ten that had their boxes longest, and all that passed their budgets.
pub fn sums(notes: &str, long: bool) -> String {
    let mut all: Vec<(&str, u64)> =
        read(notes).into_iter().map(|(test, span)| (test, span.to - span.from)).collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let busy = processor(notes);
    let mut text =
        String::from("the ten that had their boxes longest, seconds (and those of a processor):\n");
    for (test, took) in all.iter().take(10) {
        let _ = writeln!(text, "  {took:5} {:5} {test}", busy.get(test).copied().unwrap_or(0));
    }
    let spans = read(notes);
    let (from, to) = (spans.values().map(|it| it.from).min(), spans.values().map(|it| it.to).max());
    if let (Some(from), Some(to)) = (from, to) {
        let all: u64 = busy.values().sum();
        let _ = writeln!(text, "all boxes: {all} s of a processor in {} s", to - from);
    }
    let over: Vec<_> = all
        .iter()
        .filter_map(|(test, took)| Some((test, took, budget(test, long)?)))
        .filter(|(_, took, budget)| *took > budget)
        .collect();
    if !over.is_empty() {
        text += "\nOVER BUDGET (nothing fails by it: crates/lab/src/budget.rs, or the test, wants a look):\n";
        for (test, took, budget) in over {
            let _ = writeln!(text, "  {took:5} s, budget {budget} s: {test}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{of_test, running, sums};

    const NOTES: &str = "100 begin seed::the_articles_box_sets_itself_up_and_nothing_is_done_twice
110 begin smoke::a_virtual_gen8_is_like_the_real_one
40 used smoke::a_virtual_gen8_is_like_the_real_one
30 used smoke::a_virtual_gen8_is_like_the_real_one
130 end smoke::a_virtual_gen8_is_like_the_real_one
140 begin smoke::a_virtual_gen8_is_like_the_real_one
300 end smoke::a_virtual_gen8_is_like_the_real_one
305 begin told::a
3";

    #[test]
    fn a_tests_time_is_from_its_first_box_to_its_last() {
        let smoke = "smoke::a_virtual_gen8_is_like_the_real_one";
        assert_eq!(of_test(NOTES, smoke, false), ", 190 s: OVER its budget of 150 s");
        let less = NOTES.replace("300 end", "250 end");
        assert_eq!(of_test(&less, smoke, false), ", 140 s of 150 s");
        assert_eq!(of_test(NOTES, "told::a", false), ", 0 s");
        assert_eq!(of_test(NOTES, "nobody", false), "");
    }

    #[test]
    fn those_that_run_are_named_with_their_time_and_fit() {
        let log = "test smoke::a_virtual_gen8_is_like_the_real_one ... ok\ntest told::b ... ignored, long\n";
        assert_eq!(running(NOTES, log, 426, 58), "seed::the_articles_bo.. 5:26, told::a 2:01");
        assert!(running(NOTES, "", 4260, 58).len() <= 58, "{}", running(NOTES, "", 4260, 58));
        assert_eq!(running("", log, 426, 58), "");
        let wide = running(NOTES, log, 426, 200);
        assert!(wide.contains("nothing_is_done_twice 5:26, told::a 2:01"), "{wide}");
        let failed = format!("{log}test told::a ... FAILED\n");
        assert!(!running(NOTES, &failed, 426, 58).contains("told"));
    }

    #[test]
    fn at_the_end_the_longest_come_first_and_those_over_budget_again() {
        assert_eq!(
            sums(NOTES, false),
            "the ten that had their boxes longest, seconds (and those of a processor):
    190    70 smoke::a_virtual_gen8_is_like_the_real_one
      0     0 seed::the_articles_box_sets_itself_up_and_nothing_is_done_twice
      0     0 told::a
all boxes: 70 s of a processor in 205 s

OVER BUDGET (nothing fails by it: crates/lab/src/budget.rs, or the test, wants a look):
    190 s, budget 150 s: smoke::a_virtual_gen8_is_like_the_real_one
"
        );
        assert!(!sums(&NOTES.replace("300 end", "250 end"), false).contains("OVER"));
        let many: Vec<String> = (0..12).map(|n| format!("0 begin t{n}\n{n} end t{n}")).collect();
        assert_eq!(sums(&many.join("\n"), false).lines().count(), 12);
    }
}
