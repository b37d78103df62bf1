//! `care`: for each pool who scrubs, trims and tests, and who gets alerts; what is done twice or by nobody, with the way out.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::care::{Every, Job, Keeper, Kept, PoolCare, Teller, Told};
use crate::check::Note;
use crate::profile::Profile;
use crate::status::{Scrub, unread};
use crate::words;

/// What a screen is made of.
pub struct Screen<'a> {
    /// The imported pools, each with its last scrub; or why they are not known.
    pub pools: Result<&'a [(PoolCare, Scrub)], &'a str>,
    /// Who has drives test themselves, and when next; `None`: not known.
    pub testers: Option<&'a [(String, Option<Timestamp>)]>,
    /// Who is told.
    pub told: &'a Told,
    /// What is to be told of the boot device.
    pub boot: &'a [Note],
    /// What could not be known of it.
    pub boot_unknown: Option<&'a str>,
    /// The recorded profile.
    pub wish: Option<&'a Profile>,
    /// When it was looked.
    pub now: Timestamp,
}

/// The screen.
pub fn render(screen: &Screen<'_>) -> String {
    let mut out = String::new();
    match screen.pools {
        Err(why) => {
            out.push_str(&words::labelled("pools", &words::plain(&format!("not known: {why}"))));
        }
        Ok([]) => out.push_str("no pool is imported\n"),
        Ok(pools) => {
            for (care, last) in pools {
                out.push_str(&words::sentence(&words::plain(&care.pool)));
                out.push_str(&words::labelled(
                    "scrubbed",
                    &scrubbed(&care.scrub, *last, screen.now),
                ));
                out.push_str(&words::labelled("trimmed", &trimmed(care)));
                for line in ways_out(care) {
                    out.push_str(&words::labelled("twice", &line));
                }
            }
        }
    }
    out.push('\n');
    out.push_str(&words::labelled("tests", &tests(screen)));
    out.push_str(&words::labelled("alerts", &told(screen.told, screen.wish)));
    for line in &screen.told.silent {
        out.push_str(&words::labelled("silent", &words::plain(line)));
    }
    if screen.told.by.len() > 1 {
        out.push_str(&words::labelled("twice", two_voices(screen.told)));
    }
    for note in screen.boot {
        let said = format!("{}: {}", note.message, note.remedy);
        out.push_str(&words::labelled("boot", &words::plain(&said)));
    }
    if screen.boot.is_empty() {
        let fine = "the boot device is writable and has free space".to_owned();
        let said = screen.boot_unknown.map_or(fine, |why| format!("not known: {why}"));
        out.push_str(&words::labelled("boot", &words::plain(&said)));
    }
    out.push_str(&words::labelled("next", &next(screen)));
    out
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Who does it, or nobody; what could not be known is said beside it.
fn who(kept: &Kept, nobody: &str) -> String {
    let mut all: Vec<String> = kept.by.iter().map(ToString::to_string).collect();
    match &kept.unknown {
        Some(why) if all.is_empty() => return words::plain(&format!("not known: {why}")),
        Some(why) => all.push(format!("not known: {why}")),
        None if all.is_empty() => return nobody.to_owned(),
        None => {}
    }
    words::plain(&all.join("; and "))
}

fn scrubbed(kept: &Kept, last: Scrub, now: Timestamp) -> String {
    let mut said =
        who(kept, "no schedule: add `care: {scrub: monthly}` to the profile, or run `zpool scrub`");
    said.push_str(match last {
        Scrub::Never => "; it has never run",
        Scrub::Unfinished => "; one is under way",
        Scrub::Forgotten { .. } => {
            "; the last date is unknown, because a resilver replaced the record"
        }
        Scrub::Ended { .. } => "",
    });
    if let Scrub::Ended { at, days, .. } = last {
        let ago = match days {
            0 => "today".to_owned(),
            1 => "1 day ago".to_owned(),
            days => format!("{days} days ago"),
        };
        let _ = write!(said, "; last {} ({ago})", day(at));
    }
    said + &upcoming(kept, now)
}

fn upcoming(kept: &Kept, now: Timestamp) -> String {
    let next = kept.by.iter().filter_map(|keeper| match keeper {
        Keeper::Timer { next, .. } => *next,
        _ => None,
    });
    let next = next.filter(|at| *at >= now).min();
    next.map(|at| format!(", next {}", day(at))).unwrap_or_default()
}

fn trimmed(care: &PoolCare) -> String {
    if !care.flash && care.trim.by.is_empty() {
        return "not needed: none of its drives is known to be an SSD".to_owned();
    }
    who(&care.trim, "no schedule: add `care: {trim: monthly}` to the profile, or run `zpool trim`")
}

/// What is done twice, and the way out.
fn ways_out(care: &PoolCare) -> Vec<String> {
    let mut lines = Vec::new();
    for (job, kept) in [(Job::Scrub, &care.scrub), (Job::Trim, &care.trim)] {
        if !kept.is_twice() {
            continue;
        }
        let cron = kept.by.iter().any(|it| matches!(it, Keeper::Cron { .. }));
        let word = job.word();
        lines.push(if cron {
            format!("two schedules {word} it: `care:` in the profile and `zbay apply` make it one")
        } else {
            format!("two schedules {word} it: `systemctl disable --now` one of them")
        });
    }
    lines
}

fn tests(screen: &Screen<'_>) -> String {
    match screen.testers {
        None => "it is unknown whether self-tests are scheduled".to_owned(),
        Some([]) if screen.wish.is_some_and(|wish| wish.care.is_some()) => {
            "no self-tests: the profile says `selftest: off`".to_owned()
        }
        Some([]) => "no self-tests: add `care:` to the profile".to_owned(),
        Some(all) => {
            let one = |(who, next): &(String, Option<Timestamp>)| match next {
                Some(at) => format!("{who}, next {}", day(*at)),
                None => who.clone(),
            };
            let names: Vec<String> = all.iter().map(one).collect();
            let smartd = all.iter().any(|(who, _)| who.starts_with("smartd"));
            let twice = smartd && all.len() > 1;
            let out = if twice {
                "; twice: remove `-s` from /etc/smartd.conf, or set `selftest: off`"
            } else {
                ""
            };
            words::plain(&format!("{}{out}", names.join("; ")))
        }
    }
}

fn told(told: &Told, wish: Option<&Profile>) -> String {
    let names: Vec<String> = told.by.iter().map(ToString::to_string).collect();
    let set = wish.is_some_and(|wish| !wish.notify.is_empty());
    match (&names[..], &told.unknown) {
        ([], Some(why)) => words::plain(&format!("not known: {why}")),
        ([], None) if set => "no alerts, although `notify:` is set".to_owned(),
        ([], None) => "no alerts: set `notify:` in the profile (`zbay help notices`)".to_owned(),
        (_, None) => words::plain(&names.join("; ")),
        (_, Some(why)) => words::plain(&format!("{}; not known: {why}", names.join("; "))),
    }
}

/// Two that mail.
fn two_voices(told: &Told) -> &'static str {
    let zbay = told.by.iter().any(|it| matches!(it, Teller::Zbay { .. }));
    let zed = told.by.iter().any(|it| matches!(it, Teller::Zed { .. }));
    match (zbay, zed) {
        (true, true) => {
            "put `#` before ZED_EMAIL_ADDR in /etc/zfs/zed.d/zed.rc: zbay gets ZED's events"
        }
        (true, false) => "smartd mails the same as zbay: remove `-m` from /etc/smartd.conf",
        (false, _) => "`notify:` in the profile covers both; then `zbay care` again",
    }
}

/// What to type.
fn next(screen: &Screen<'_>) -> String {
    let pools = match screen.pools {
        Err(unknown) => return words::plain(&unread(unknown, "zbay care")),
        Ok([]) if screen.wish.is_some() => return "`zbay plan`".to_owned(),
        Ok([]) => return "`zbay` shows what is here".to_owned(),
        Ok(pools) => pools,
    };
    let alone = |kept: &Kept| kept.unknown.is_some() || kept.by.len() == 1;
    let ill = pools.iter().find(|(care, _)| !alone(&care.scrub) || care.trim.is_twice());
    let heard = !screen.told.by.is_empty() || screen.told.unknown.is_some();
    let said = match (screen.wish, ill) {
        (None, Some((care, _))) if care.scrub.by.is_empty() => {
            let unit = Job::Scrub.timer(Every::Month, &words::plain(&care.pool));
            return format!("`systemctl enable --now {unit}`");
        }
        (None, _) => "a profile with `care:` and `notify:` does all of it: `zbay help care`",
        (Some(wish), Some(_)) if wish.care.is_some() => "`zbay plan`",
        (Some(_), Some(_)) => "add `care: {}` to the profile, then `zbay plan`",
        (Some(_), None) if heard => "nothing to do",
        (Some(wish), None) if wish.notify.is_empty() => {
            "add `notify:` to the profile, then `zbay notify --test`"
        }
        (Some(_), None) => "`systemctl enable --now zbay-notify.timer`",
    };
    said.to_owned()
}

#[cfg(test)]
#[path = "care_tests.rs"]
mod tests;
