use super::metrics::full_at;
use super::*;

fn at(minutes: i64) -> Timestamp {
    "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

const SCENE: Scene<'_> =
    Scene { host: "nas", now: Timestamp::UNIX_EPOCH, headlines: &[], weekly: false, whole: true };

fn matter(key: &str, weight: Weight) -> Matter {
    Matter {
        means: "what follows".into(),
        next: Some("zbay replace 3".into()),
        drives: vec!["bay 3  ST2000DM001  serial Z4Z0EXA2".into()],
        pool: Some("tank".into()),
        ..Matter::of(key, weight, format!("tank: {key}"))
    }
}

/// A look that saw all, by the journal and by these ways; each letter is carried by those of them that `work`.
fn turn(
    told: &Told,
    matters: &[Matter],
    scene: Scene<'_>,
    ways: &[&str],
    work: &[&str],
) -> (Vec<Letter>, Told) {
    let ways: Vec<String> = ways.iter().map(|way| (*way).to_owned()).collect();
    let look = Look { matters, asked: &|_| Asked::Yes };
    let (letters, mut next) = decide(told, look, scene, &ways);
    for letter in &letters {
        for way in &letter.ways {
            if work.contains(&way.as_str()) {
                next.carried(letter, way, scene.now);
            } else {
                next.failed(way, way, "no route to host", scene.now);
            }
        }
    }
    (letters, next)
}

/// The same with one way that works.
fn one(told: &Told, matters: &[Matter], scene: Scene<'_>) -> (Option<Notice>, Told) {
    let (mut letters, next) = turn(told, matters, scene, &["mail"], &["mail"]);
    assert!(letters.len() < 2, "{letters:?}");
    (letters.pop().map(|letter| letter.notice), next)
}

/// Looks one after the other: at a minute, with these matters; what each sent.
fn looks(all: &[(i64, &[Matter])]) -> Vec<Option<String>> {
    let mut told = Told { weekly: Some(at(0)), ..Told::default() };
    let mut sent = Vec::new();
    for (minute, matters) in all {
        let headlines = ["tank is degraded".to_owned()];
        let scene = Scene { now: at(*minute), headlines: &headlines, ..SCENE };
        let (notice, next) = one(&told, matters, scene);
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
fn a_program_reads_what_kind_of_matter_it_is() {
    let of = |key: &str, pool: Option<&str>| {
        let matter = Matter { pool: pool.map(str::to_owned), ..matter(key, Weight::Wrong) };
        let found = Finding::from(&matter);
        (found.id, found.subject)
    };
    let said = |id: &str, subject: &str| (id.to_owned(), subject.to_owned());
    assert_eq!(of("tank drive-gone Z1 Z2", Some("tank")), said("drive-gone", "pool tank"));
    assert_eq!(of("lost 123", Some("tank")), said("pool-lost", "pool tank"));
    assert_eq!(of("drive DriveFailing 0x5", None), said("drive-failing", "bay 3"));
    assert_eq!(of("boot BootFull", None), said("boot-full", "bay 3"));
    assert_eq!(of("unanswered", None), said("unanswered", "bay 3"));
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
    assert_eq!(sent, [None, None, some("nas: zbay was not running for a while"), None]);
    let scene = |minute: i64| Scene { now: at(minute), weekly: true, ..SCENE };
    let told = Told { looked: Some(at(0)), weekly: Some(at(0)), ..Told::default() };
    assert_eq!(one(&told, &[], scene(30)).0, None);
    let told = Told { looked: Some(at(7 * 24 * 60 - 5)), ..told };
    let (notice, next) = one(&told, &[], scene(7 * 24 * 60));
    assert_eq!(notice.unwrap().subject, "nas: all pools are healthy");
    assert_eq!(next.weekly, Some(at(7 * 24 * 60)));
    let ill = [matter("x", Weight::Warning)];
    assert_eq!(one(&told, &ill, scene(7 * 24 * 60)).0, None, "it is not well");
}

#[test]
fn the_body_names_the_drive_and_the_next_step() {
    let headlines = ["tank is degraded".to_owned()];
    let scene = Scene { now: at(0), headlines: &headlines, ..SCENE };
    let both = [matter("bay 3 has failed", Weight::Wrong), matter("bay 4 is gone", Weight::Wrong)];
    let notice = one(&Told::default(), &both, scene).0.unwrap();
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

#[test]
fn a_way_that_failed_is_tried_again_and_the_others_do_not_hear_it_twice() {
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let scene = |minute| Scene { now: at(minute), ..SCENE };
    let both = ["mail", "post"];
    let (letters, told) = turn(&Told::default(), &failed, scene(0), &both, &["mail"]);
    assert_eq!(letters[0].ways, both);
    let (letters, told) = turn(&told, &failed, scene(3), &both, &["mail"]);
    assert_eq!((letters.len(), &letters[0].ways[..]), (1, &["post".to_owned()][..]));
    // It works again when all is over: then the end of what it never told is none of its business.
    let (letters, told) = turn(&told, &[], scene(10), &both, &both);
    assert_eq!(letters, []);
    let (letters, _) = turn(&told, &[], scene(25), &both, &both);
    assert_eq!((letters.len(), &letters[0].ways[..]), (1, &["mail".to_owned()][..]));
    assert_eq!(letters[0].notice.subject, "nas: over: tank: bay 3 has failed");
}

#[test]
fn a_new_warning_keeps_its_hour_where_nobody_could_be_told() {
    let full = [matter("it is 90 % full", Weight::Warning)];
    let scene = |minute| Scene { now: at(minute), ..SCENE };
    let (_, told) = turn(&Told::default(), &full, scene(0), &["mail"], &[]);
    let (letters, told) = turn(&told, &full, scene(5), &["mail"], &[]);
    assert_eq!(letters.len(), 1);
    assert_eq!(told.matters["it is 90 % full"].since, at(0));
    let (letters, _) = turn(&told, &full, scene(10), &["mail"], &["mail"]);
    assert_eq!(letters.len(), 1, "and is told as soon as somebody can be");
}

#[test]
fn an_end_that_was_not_delivered_is_kept_until_it_is() {
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let scene = |minute| Scene { now: at(minute), ..SCENE };
    let (_, told) = turn(&Told::default(), &failed, scene(0), &["mail"], &["mail"]);
    let (_, told) = turn(&told, &[], scene(5), &["mail"], &[]);
    let (letters, told) = turn(&told, &[], scene(20), &["mail"], &[]);
    assert_eq!(letters.len(), 1);
    let (letters, told) = turn(&told, &[], scene(23), &["mail"], &[]);
    assert_eq!(letters.len(), 1, "again");
    // It comes back meanwhile: whoever was never told its end is not told its beginning twice.
    let (letters, told) = turn(&told, &failed, scene(30), &["mail"], &["mail"]);
    assert_eq!(letters, []);
    assert_eq!(told.over, []);
}

#[test]
fn a_clock_that_was_ahead_silences_nothing() {
    let year = 14 * 365 * 24 * 60;
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let ahead = Scene { now: at(year), weekly: true, ..SCENE };
    let (_, told) = one(&Told::default(), &failed, ahead);
    let told = Told { asked: Some(at(year)), weekly: Some(at(year)), ..told };
    let scene = Scene { now: at(0), weekly: true, ..SCENE };
    let (notice, told) = one(&told, &failed, scene);
    assert_eq!(notice.unwrap().subject, "nas: tank: bay 3 has failed");
    assert_eq!(told.asked, None, "drives are asked");
    let (notice, _) = one(&told, &failed, Scene { now: at(24 * 60), ..SCENE });
    assert_eq!(notice.unwrap().subject, "nas: tank: bay 3 has failed", "and daily");
    // A warning's patience, and the week.
    let full = [matter("it is 90 % full", Weight::Warning)];
    let (_, told) = one(&Told::default(), &full, ahead);
    let (_, told) = one(&told, &full, Scene { now: at(0), ..SCENE });
    assert!(one(&told, &full, Scene { now: at(5), ..SCENE }).0.is_some());
    let (_, told) = one(&Told::default(), &[], ahead);
    assert_eq!(one(&told, &[], scene).0.unwrap().subject, "nas: all pools are healthy");
    // One that is put right by a little repeats nothing.
    let (_, told) = one(&Told::default(), &failed, Scene { now: at(5), ..SCENE });
    assert_eq!(one(&told, &failed, Scene { now: at(0), ..SCENE }).0, None);
}

#[test]
fn what_a_graver_matter_hides_is_not_over() {
    let gone = |serials: &[&str]| Matter {
        serials: serials.iter().map(|it| (*it).to_owned()).collect(),
        ..matter(&format!("tank drive-gone {}", serials.join(" ")), Weight::Wrong)
    };
    let (one_gone, both) = ([gone(&["A"])], [gone(&["A", "B"])]);
    let suspended = [Matter { covers: true, ..matter("tank suspended ", Weight::Wrong) }];
    for graver in [&both, &suspended] {
        let mut all: Vec<(i64, &[Matter])> = vec![(0, &one_gone)];
        all.extend((1..12).map(|look| (look * 5, &graver[..])));
        all.extend((12..20).map(|look| (look * 5, &[][..])));
        let sent: Vec<String> = looks(&all).into_iter().flatten().collect();
        assert_eq!(sent.len(), 3, "{sent:?}");
        assert!(sent[2].contains("over: ") && sent[2].ends_with("(and 1 more)"), "{sent:?}");
    }
    // Another drive's is.
    let other = [gone(&["B"])];
    let mut all: Vec<(i64, &[Matter])> = vec![(0, &one_gone)];
    all.extend((1..12).map(|look| (look * 5, &other[..])));
    assert_eq!(looks(&all).into_iter().flatten().count(), 3);
}

#[test]
fn a_file_of_an_older_version_repeats_nothing() {
    let text = r#"{"looked": "2026-11-01T00:00:00Z", "asked": null, "weekly": "2026-11-01T00:00:00Z", "filled": {},
        "matters": {"tank drive-gone Z1": {"matter": {"key": "tank drive-gone Z1", "weight": "wrong",
        "says": "tank: bay 2 is gone", "means": "it is", "next": null, "drives": []},
        "since": "2026-10-31T23:00:00Z", "seen": "2026-11-01T00:00:00Z", "told": "2026-10-31T23:00:00Z"}}}"#;
    let told: Told = serde_json::from_str(text).unwrap();
    let known = told.matters["tank drive-gone Z1"].matter.clone();
    assert_eq!(known.pool(), Some("tank"));
    let scene = |minute| Scene { now: at(minute), weekly: true, ..SCENE };
    let (letters, next) =
        turn(&told, std::slice::from_ref(&known), scene(5), &["mail", "post"], &[]);
    assert_eq!(letters, [], "whoever was told is not told again");
    let ways = &next.matters["tank drive-gone Z1"].ways;
    assert_eq!(ways.keys().collect::<Vec<_>>(), ["mail", "post"]);
    // One that is added later is.
    let (letters, _) = turn(&next, &[known], scene(10), &["mail", "post", "new"], &[]);
    assert_eq!(letters[0].ways, ["new"]);
    // What another version wrote of who is told costs nothing else.
    let other = text.replacen('{', r#"{"notify": {"pigeon": 3}, "#, 1);
    let told: Told = serde_json::from_str(&other).unwrap();
    assert_eq!((told.notify, told.matters.len()), (None, 1));
}

#[test]
fn a_way_that_keeps_failing_is_told_by_the_others_daily_and_is_tried_until_it_works() {
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let scene = |minute| Scene { now: at(minute), ..SCENE };
    let both = ["mail", "post"];
    let mut told = Told::default();
    let mut heard: Vec<(i64, Vec<String>, String)> = Vec::new();
    let day = 24 * 60;
    for look in 0..(2 * day / 5) {
        // It is over soon: nothing else is left that the mail could carry.
        let matters = if look < 4 { &failed[..] } else { &[] };
        let (letters, next) = turn(&told, matters, scene(look * 5), &both, &["post"]);
        told = next;
        for letter in letters.iter().filter(|letter| letter.ways != ["mail"]) {
            heard.push((look * 5, letter.ways.clone(), letter.notice.subject.clone()));
        }
        let waits = letters.iter().any(|letter| letter.ways.contains(&"mail".to_owned()));
        assert!(waits, "the mail is tried at each look: {look}");
    }
    let says = |what: &str| heard.iter().filter(|(.., it)| it.contains(what)).collect::<Vec<_>>();
    let of_mail = says("alerts cannot be sent by mail");
    let minutes: Vec<i64> = of_mail.iter().map(|(minute, ..)| *minute).collect();
    assert_eq!(minutes, [10, 10 + day], "once it lasts, and daily: {heard:?}");
    assert!(of_mail.iter().all(|(_, ways, _)| *ways == ["post"]), "{of_mail:?}");
    let matter = &told.matters["way mail"].matter;
    assert_eq!(matter.next.as_deref(), Some("zbay notify --test"));
    assert!(matter.means.contains("2026-11-01 00:00 UTC: no route to host"), "{}", matter.means);

    // It works: whoever it reaches hears that something is missing, the others that it is over.
    let now = 2 * day;
    let (letters, next) = turn(&told, &[], scene(now), &both, &both);
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(
        (&letter.ways[..], letter.notice.subject.as_str()),
        (&["mail".to_owned()][..], "nas: this way works again")
    );
    assert!(letter.notice.body.contains("since 2026-11-01 00:00 UTC"), "{}", letter.notice.body);
    let (letters, next) = turn(&next, &[], scene(now + 5), &both, &both);
    assert_eq!(letters, []);
    let (letters, next) = turn(&next, &[], scene(now + 15), &both, &both);
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    assert_eq!(letter.ways, ["post"]);
    assert_eq!(letter.notice.subject, "nas: over: alerts cannot be sent by mail");
    assert_eq!((next.failing.len(), next.matters.len()), (0, 0));
}

#[test]
fn a_way_that_failed_once_or_is_no_way_any_more_is_no_matter() {
    let failed = [matter("bay 3 has failed", Weight::Wrong)];
    let scene = |minute| Scene { now: at(minute), ..SCENE };
    let both = ["mail", "post"];
    let (_, told) = turn(&Told::default(), &failed, scene(0), &both, &["post"]);
    let (letters, told) = turn(&told, &failed, scene(5), &both, &both);
    assert_eq!(letters.len(), 1, "the mail hears what it missed");
    assert!(
        letters[0].notice.body.contains("bay 3") && !letters[0].notice.body.contains("this way")
    );
    assert!(told.failing.is_empty() && !told.matters.contains_key("way mail"));
    // A profile without it.
    let mut told = Told::default();
    for minute in [0, 5, 10] {
        told = turn(&told, &failed, scene(minute), &both, &["post"]).1;
    }
    assert!(told.matters.contains_key("way mail"));
    for minute in [15, 30, 45] {
        let (letters, next) = turn(&told, &failed, scene(minute), &["post"], &["post"]);
        assert_eq!(letters, [], "nobody misses it");
        told = next;
    }
    assert!(told.failing.is_empty() && !told.matters.contains_key("way mail"));
}
