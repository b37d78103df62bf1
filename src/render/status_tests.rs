//! Screens of `status` from real answers: what a person reads, and that it fits.

use super::{Screen, duration, render};
use crate::status::samples::{SAMPLES, hw, status};
use crate::status::{Condition, Status, Weight, What};

fn screen(statuses: &[Status], others: &[Condition]) -> String {
    render(&Screen { hw: &hw(), pools: statuses, others, unknown: None })
}

#[test]
fn every_state_fits_the_screen_and_ends_with_what_to_type() {
    for (name, _) in SAMPLES {
        let text = screen(&[status(name)], &[]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.len() <= 20, "{name}: {} lines\n{text}", lines.len());
        assert!(lines.iter().all(|line| line.len() <= 80 && line.is_ascii()), "{name}\n{text}");
        assert!(lines.last().unwrap().starts_with("next     "), "{name}\n{text}");
        assert!(text.ends_with('\n') && !text.contains('{'), "{name}\n{text}");
    }
}

#[test]
fn a_drive_that_is_gone() {
    let wanted = "\
tank is DEGRADED: the drive in bay 2 is missing. No redundancy left: one more
failure loses the pool

  [ 1 ok ] [ 2 MISSING ] [ 3 - ] [ 4 ok ]
  raidz1-0                                         DEGRADED
    bay 1   ST4000DM000-1F2168           Z302EXA1  ONLINE
    bay 2   missing: ST4000DM000-1F2168  Z302EXA2  REMOVED
    bay 4   ST4000DM000-1F2168           Z302EXA4  ONLINE

means    the drive does not answer: it was pulled, has a loose cable, or died;
         put it back, or replace it
redundancy raidz1-0: none left
scrub    unknown: a resilver of 2026-11-23 has replaced the record
full     [--------------------] 0 %, 1.03G of 10.9T
order    the bay is assumed: compare the serial Z302EXA2 before you touch it
next     `zbay replace 2`
";
    assert_eq!(screen(&[status("removed")], &[]), wanted);
}

#[test]
fn a_spare_that_is_being_filled() {
    let text = screen(&[status("sparing")], &[]);
    for line in [
        "  [ 1 ok ] [ 2 ok ] [ 3 FAILED ] [ 4 resilvering ]\n",
        "    bay 4   ST4000DM000-1F2168  Z302EXA4  ONLINE    stands in\n",
        "\nresilver [########------------] 38 %, 292M of 752M, 1.62M/s, 5 min left\n",
        "\nwarning  bay 4 is resilvering: `zbay status --watch`\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(text.matches("Z302EXA4").count(), 1, "the spare stands in one place\n{text}");
}

/// Conditions that are told by a line of their own, and those for which there is room.
const HAVE_A_LINE: usize = 6;
const SHOWN: usize = 2;

#[test]
fn what_has_no_room_is_counted() {
    let mut one = status("removed");
    let many = What::ALL.iter().map(|what| Condition::of_pool(*what, "tank").with("9 %"));
    one.conditions.extend(many);
    let text = screen(&[one], &[]);
    assert!(text.lines().count() <= 20, "{text}");
    let more = What::ALL.len() - HAVE_A_LINE - SHOWN;
    assert!(text.contains(&format!("\nmore     {more} others: `zbay status --json`\n")), "{text}");
}

#[test]
fn what_is_wrong_goes_before_the_names_of_damaged_files() {
    let mut one = status("damaged").naming(Ok(["/a", "/b", "/c", "/d"].map(str::to_owned).into()));
    let wrong = [What::DriveGone, What::DriveNeeded, What::Unfinished];
    one.conditions.extend(wrong.map(|what| Condition::of_pool(what, "tank").with("9 %")));
    one.conditions.sort_by_key(|it| it.what);
    let text = screen(&[one.clone()], &[]);
    let worst = one.conditions.iter().filter(|it| it.weight() == Weight::Wrong).skip(1);
    assert_eq!(text.matches("\nwrong    ").count(), worst.count(), "{text}");
    assert!(text.lines().count() <= 20, "{text}");
}

#[test]
fn bays_that_fill_the_screen_hide_nothing_that_is_wrong() {
    for rows in 1..12 {
        let mut one = status("removed");
        let member = one.vdevs[0].members[0].clone();
        one.vdevs[0].members.extend(std::iter::repeat_n(member, rows));
        one.conditions.push(Condition::of_pool(What::DriveNeeded, "tank").with("9 %"));
        one.conditions.sort_by_key(|it| it.what);
        let text = screen(&[one], &[]);
        assert!(text.contains("\nwrong    "), "{rows} more: {text}");
    }
}

#[test]
fn damaged_files_are_named_and_cannot_move_the_cursor() {
    let files = ["/tank/a b", "/tank/\u{1b}[2J", "/c", "/d", "/e"].map(str::to_owned);
    let text = screen(&[status("damaged").naming(Ok(files.into()))], &[]);
    let named = "damaged  /tank/a b\ndamaged  /tank/?[2J\ndamaged  /c\ndamaged  and 2 more\n";
    assert!(text.contains(named), "{text}");
    let said = "tank is DEGRADED: 5 files are damaged. No redundancy left: one more failure\nloses the pool\n";
    assert!(text.starts_with(said), "{text}");
}

#[test]
fn pools_that_are_not_imported_and_none_at_all() {
    let waits = Condition {
        member: Some("media".into()),
        vdev: "media".into(),
        ..Condition::of_pool(What::NotImported, "media").with("ONLINE")
    };
    assert_eq!(
        screen(&[], &[waits]),
        "media is on drives here but not imported (ONLINE)\n\n\
         means    it cannot be read until it is imported\nnext     `zbay import media`\n"
    );
    assert!(screen(&[], &[]).starts_with("no pool is imported, and none is waiting to be\n"));
}

#[test]
fn what_is_not_known_is_not_none() {
    let why = Some("a drive is asleep");
    let text = render(&Screen { hw: &hw(), pools: &[], others: &[], unknown: why });
    assert_eq!(
        text,
        "no pool is imported; it is unknown whether one could be\n\n\
         why      a drive is asleep\nnext     `zbay show disk`\n"
    );
}

#[test]
fn times_as_a_person_says_them() {
    let said = [0, 89, 90, 3_599, 3_600, 12_000, 86_400, 190_000].map(duration);
    let wanted = ["0 s", "89 s", "2 min", "60 min", "1 h", "3 h 20 min", "1 d", "2 d 4 h"];
    assert_eq!(said, wanted);
}
