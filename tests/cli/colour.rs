//! Colour says what the words say: without it every byte is the same, and nothing that comes from outside is a colour.

use zbay::paint::unpainted;

use crate::{MACHINES, on, said, zbay};

/// Screens, and refusals.
const SCREENS: [&[&str]; 12] = [
    &[],
    &["status"],
    &["show", "disk"],
    &["show", "hw"],
    &["show", "pool"],
    &["plan", "gen8-seed"],
    &["plan", "gen8-usb-raidz"],
    &["verify", "gen8-usb-raidz"],
    &["propose"],
    &["care"],
    &["import", "--dry-run"],
    &["replace", "2", "--dry-run"],
];

/// The command with colours asked for by the environment; what else of it speaks of colours is taken away.
fn with(machine: &str, args: &[&str], vars: &[(&str, &str)]) -> crate::Said {
    let dir = format!("tests/machines/{machine}");
    let mut command = zbay(&[&["--machine", &dir], args].concat());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    said(command.envs(vars.iter().copied()).output().expect("zbay runs"))
}

#[test]
fn a_painted_screen_has_the_words_of_the_plain_one() {
    let mut painted = 0;
    for machine in MACHINES {
        for screen in SCREENS {
            let plain = on(machine, screen);
            let colour = on(machine, &[&["--color", "always"], screen].concat());
            assert_eq!(colour.status, plain.status);
            assert!(!plain.out.contains('\u{1b}') && !plain.err.contains('\u{1b}'));
            assert_eq!(unpainted(&colour.out), plain.out, "{machine} {screen:?}");
            assert_eq!(unpainted(&colour.err), plain.err, "{machine} {screen:?}");
            painted += usize::from(colour.out.contains('\u{1b}') || colour.err.contains('\u{1b}'));
        }
    }
    assert!(painted > 60, "{painted}");
}

#[test]
fn colour_has_a_meaning() {
    let trouble = on("in-trouble", &["status", "--color", "always"]).out;
    let first = trouble.lines().next().expect("a headline");
    assert!(first.starts_with("\u{1b}[1;31m") && first.ends_with("\u{1b}[0m"), "{first:?}");
    for red in ["\u{1b}[1;31mMISSING\u{1b}[0m", "\u{1b}[1;31mDEGRADED\u{1b}[0m"] {
        assert!(trouble.contains(red), "{trouble}");
    }
    assert!(!trouble.contains("[1;32m"), "nothing is green in a pool that is not well: {trouble}");
    let overview = on("in-trouble", &["--color", "always"]).out;
    assert!(overview.contains("\u{1b}[33mwarning\u{1b}[0m"), "{overview}");
    let refused = on("in-trouble", &["plan", "gen8-seed", "--color", "always"]).err;
    assert!(refused.starts_with("\u{1b}[1;31merror:\u{1b}[0m "), "{refused:?}");
}

#[test]
fn the_environment_asks_for_colour_and_refuses_it() {
    let is_painted = |args: &[&str], vars: &[(&str, &str)]| {
        with("in-trouble", args, vars).out.contains('\u{1b}')
    };
    assert!(!is_painted(&["status"], &[]), "a pipe");
    assert!(is_painted(&["status"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_painted(&["status"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!is_painted(&["status", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(is_painted(&["status", "--color", "always"], &[("NO_COLOR", "1")]));
    // A program reads words, and so does who gets a mail.
    assert!(!is_painted(&["status", "--json"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_painted(&["notify", "--dry-run"], &[("CLICOLOR_FORCE", "1")]));
}
