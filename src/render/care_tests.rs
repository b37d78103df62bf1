//! The screen of `care` in a few cases: what is said, in 80 columns and 20 lines.

use jiff::Timestamp;

use super::{Screen, render};
use crate::care::{Every, Job, Keeper, Kept, PoolCare, Teller, Told};
use crate::check::{Note, Rule, Severity};
use crate::status::Scrub;
use crate::units::Bytes;

fn care(scrub: Vec<Keeper>) -> PoolCare {
    let scrub = Kept { by: scrub, unknown: None };
    PoolCare { pool: "tank".into(), flash: false, scrub, trim: Kept::default() }
}

fn timer() -> Keeper {
    let next = Some("2025-12-07T02:41:00Z".parse().unwrap());
    Keeper::Timer { unit: Job::Scrub.timer(Every::Month, "tank"), every: Every::Month, next }
}

fn now() -> Timestamp {
    "2025-11-28T00:00:00Z".parse().unwrap()
}

fn screen<'a>(pools: &'a [(PoolCare, Scrub)], told: &'a Told, boot: &'a [Note]) -> Screen<'a> {
    let testers = Some(&[][..]);
    Screen { pools: Ok(pools), testers, told, boot, boot_unknown: None, wish: None, now: now() }
}

#[test]
fn one_schedule_and_no_voice() {
    let at = "2025-11-02T05:00:00Z".parse().unwrap();
    let last = Scrub::Ended { at, days: 26, took: 9000, errors: 0, repaired: Bytes(0) };
    let pools = [(care(vec![timer()]), last)];
    assert_eq!(
        render(&screen(&pools, &Told::default(), &[])),
        "\
tank
scrubbed monthly by zfs-scrub-monthly@tank.timer; last 2025-11-02 (26 days ago),
         next 2025-12-07
trimmed  not needed: none of its drives is known to be an SSD

tests    no self-tests: add `care:` to the profile
alerts   no alerts: set `notify:` in the profile (`zbay help notices`)
boot     the boot device is writable and has free space
next     a profile with `care:` and `notify:` does all of it: `zbay help care`
"
    );
}

#[test]
fn what_is_done_twice_is_named_with_the_way_out() {
    let twice = care(vec![timer(), Keeper::Cron { sunday: 2 }]);
    let mut worst = twice.clone();
    worst.trim = Kept { by: vec![Keeper::Autotrim, Keeper::Cron { sunday: 1 }], unknown: None };
    let told = Told {
        by: vec![
            Teller::Zbay { ways: vec!["mail to root".into()] },
            Teller::Zed { to: "root".into() },
        ],
        silent: vec![
            "smartd would mail root, but there is no `mail` program: `apt install bsd-mailx`"
                .into(),
        ],
        unknown: None,
    };
    let note = Note {
        severity: Severity::Warning,
        rule: Rule::BootFull,
        at: String::new(),
        message: "the root file system is 97 % full".into(),
        remedy: "`apt clean`".into(),
        bay: None,
        wwn: None,
    };
    let pools = [(worst, Scrub::Never)];
    let text = render(&screen(&pools, &told, &[note]));
    for words in [
        "two schedules scrub it",
        "two schedules trim it",
        "ZED_EMAIL_ADDR",
        "silent   smartd",
        "97 % full",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.lines().count() <= 20 && text.lines().all(|line| line.len() <= 80), "{text}");
}

#[test]
fn not_known_is_not_nobody() {
    let mut dark = care(vec![]);
    dark.scrub.unknown = Some("systemd's timers (not recorded)".into());
    let pools = [(dark, Scrub::Unfinished)];
    let told = Told { unknown: Some("ZED's address (not recorded)".into()), ..Told::default() };
    let text = render(&Screen { testers: None, ..screen(&pools, &told, &[]) });
    assert!(text.contains("not known: systemd's timers") && !text.contains("nobody"), "{text}");
    let text = render(&Screen { pools: Err("no answer"), ..screen(&pools, &told, &[]) });
    assert!(text.starts_with("pools    not known: no answer\n"), "{text}");
}
