use super::metrics::full_at;
use super::*;

fn at(minutes: i64) -> Timestamp {
    "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

fn matter(key: &str, weight: Weight) -> Matter {
    Matter {
        key: key.into(),
        weight,
        says: format!("tank: {key}"),
        means: "what follows".into(),
        next: Some("zbay replace 3".into()),
        drives: vec!["bay 3  ST2000DM001  serial Z4Z0EXA2".into()],
    }
}

/// Looks one after the other: at a minute, with these matters; what each sent.
fn looks(all: &[(i64, &[Matter])]) -> Vec<Option<String>> {
    let mut told = Told { weekly: Some(at(0)), ..Told::default() };
    let mut sent = Vec::new();
    for (minute, matters) in all {
        let headlines = ["tank is degraded".to_owned()];
        let scene = Scene { host: "nas", now: at(*minute), headlines: &headlines, weekly: false };
        let (notice, next) = decide(&told, matters, &scene);
        told = next;
        sent.push(notice.map(|notice| notice.subject));
    }
    sent
}

#[allow(clippy::unnecessary_wraps)] // what a look sends
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_failed_drive_is_told_at_once_and_once() {
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let sent = looks(&[(0, &[]), (5, &failed), (10, &failed), (15, &failed)]);
    assert_eq!(sent, [None, some("nas: tank: bay 3 has failed"), None, None]);
}

#[test]
fn a_warning_is_told_when_it_lasts_and_its_end_when_it_stays_away() {
    let full = [matter("it is 90 % full", Weight::Warning)];
    let sent =
        looks(&[(0, &full), (5, &full), (10, &full), (15, &[]), (20, &[]), (30, &[]), (35, &[])]);
    let over = some("nas: over: tank: it is 90 % full");
    assert_eq!(sent, [None, some("nas: tank: it is 90 % full"), None, None, None, over, None]);
}

#[test]
fn what_comes_and_goes_makes_one_notice() {
    let cable = [matter("bay 3 is gone", Weight::Wrong)];
    let mut all: Vec<(i64, &[Matter])> = Vec::new();
    for round in 0..20 {
        all.push((round * 10, &cable));
        all.push((round * 10 + 5, &[]));
    }
    assert_eq!(looks(&all).into_iter().flatten().count(), 1);
    // A warning that never lasts is never told, and its end neither.
    let flash = [matter("slow", Weight::Warning)];
    let sent = looks(&[(0, &flash), (5, &[]), (40, &[]), (45, &flash), (50, &[])]);
    assert_eq!(sent.into_iter().flatten().count(), 0);
}

#[test]
fn data_at_stake_is_told_again_after_a_day_and_notices_never() {
    let failed = [matter("bay 3 has failed", Weight::Wrong), matter("scrubbing", Weight::Notice)];
    let mut all: Vec<(i64, &[Matter])> = Vec::new();
    for look in 0..(3 * 24 * 4) {
        all.push((look * 15, &failed));
    }
    assert_eq!(looks(&all).into_iter().flatten().count(), 3);
}

#[test]
fn a_gap_in_the_looks_and_a_good_week_are_told() {
    let sent = looks(&[(0, &[]), (5, &[]), (200, &[]), (205, &[])]);
    assert_eq!(sent, [None, None, some("nas: zbay did not look for a while"), None]);
    let scene = |minute: i64| Scene { host: "nas", now: at(minute), headlines: &[], weekly: true };
    let told = Told { looked: Some(at(0)), weekly: Some(at(0)), ..Told::default() };
    assert_eq!(decide(&told, &[], &scene(30)).0, None);
    let told = Told { looked: Some(at(7 * 24 * 60 - 5)), ..told };
    let (notice, next) = decide(&told, &[], &scene(7 * 24 * 60));
    assert_eq!(notice.unwrap().subject, "nas: all is well");
    assert_eq!(next.weekly, Some(at(7 * 24 * 60)));
    let ill = [matter("x", Weight::Warning)];
    assert_eq!(decide(&told, &ill, &scene(7 * 24 * 60)).0, None, "it is not well");
}

#[test]
fn the_body_names_the_drive_and_the_next_step() {
    let scene =
        Scene { host: "nas", now: at(0), headlines: &["tank is degraded".into()], weekly: false };
    let both = [matter("bay 3 has failed", Weight::Wrong), matter("bay 4 is gone", Weight::Wrong)];
    let notice = decide(&Told::default(), &both, &scene).0.unwrap();
    assert_eq!(notice.subject, "nas: tank: bay 3 has failed (and 1 more)");
    for word in [
        "tank is degraded",
        "serial Z4Z0EXA2",
        "do this: zbay replace 3",
        "now: tank: bay 4 is gone",
    ] {
        assert!(notice.body.contains(word), "{word}: {}", notice.body);
    }
}

#[test]
fn when_a_pool_will_be_full_is_told_from_a_week_on() {
    let day = 24 * 60;
    let filling: Vec<(Timestamp, u64)> =
        (0..10).map(|n| (at(n * day), 1_000 + 100 * n.unsigned_abs())).collect();
    let now = at(9 * day);
    // 1900 are used on the tenth day, 100 more each day: 3000 in eleven days.
    assert_eq!(full_at(&filling, 3_000, now), Some(at(20 * day)));
    assert_eq!(full_at(&filling[..6], 3_000, now), None);
    let emptying: Vec<(Timestamp, u64)> =
        filling.iter().map(|(at, used)| (*at, 5_000 - used)).collect();
    assert_eq!(full_at(&emptying, 9_000, now), None);
    assert_eq!(full_at(&filling, 1 << 50, now), None, "not within ten years");
}
