//! No line of a screen is wider than the screen, and no reason is cut, on every recorded machine.

use camino::Utf8PathBuf;

use crate::cmd::table::Typed;
use crate::machine::recorded::Recorded;
use crate::words::WIDTH;

const SCREENS: [&[&str]; 11] = [
    &[],
    &["show", "hw"],
    &["show", "pool"],
    &["status"],
    &["plan", "gen8-seed"],
    &["plan", "gen8-usb-raidz"],
    &["plan", "gen8-usb-raidz-slog"],
    &["plan", "gen8-raid-fifth-port"],
    &["plan", "4u-24bay-raidz2"],
    &["plan", "--full", "gen8-usb-raidz"],
    &["plan", "gen8-seed-3"],
];

/// A screen of a recorded machine; `None`: it is refused there.
fn screen(machine: &str, typed: &[&str], columns: usize) -> Option<String> {
    let dir = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machines").join(machine);
    let typed = Typed::parse([&["zbay"], typed].concat()).unwrap();
    let answer = typed.run_on(Box::new(Recorded::open(&dir).unwrap()), columns);
    Some(answer.ok()?.text)
}

#[test]
fn no_line_is_wider_than_the_screen_and_no_reason_is_cut() {
    let dir = Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/machines");
    let mut machines: Vec<String> =
        dir.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned()).collect();
    machines.sort();
    let mut wider = 0;
    for machine in &machines {
        for typed in SCREENS {
            let mut words: Option<Vec<String>> = None;
            for columns in [200, 120, WIDTH] {
                let Some(text) = screen(machine, typed, columns) else { continue };
                for line in text.lines() {
                    let alone = line.split_whitespace().filter(|word| word.len() + 12 > columns);
                    let fits = line.chars().count() <= columns || alone.count() > 0;
                    assert!(fits, "{machine} {typed:?} at {columns}:\n{line}\n\n{text}");
                    wider += usize::from(line.chars().count() > WIDTH);
                }
                // The picture has a card for each bay, and words of it are on the line too.
                let own = |line: &&str| line.starts_with("  ") && !line.starts_with("  |");
                let rows = text.lines().filter(own);
                let mut all: Vec<String> =
                    rows.flat_map(str::split_whitespace).map(str::to_owned).collect();
                all.retain(|word| !word.starts_with(['+', '\\', '-']));
                all.sort();
                // At 200 columns nothing is cut: all words that are there are there at 80, models apart.
                let cut = all.iter().filter(|word| word.ends_with("..")).count();
                let full = words.get_or_insert_with(|| all.clone());
                assert!(columns < 200 || cut == 0, "{machine} {typed:?}:\n{text}");
                let lost = full.iter().filter(|word| !all.contains(word)).count();
                assert!(lost <= 2 * cut, "{machine} {typed:?} at {columns}:\n{text}");
            }
        }
    }
    assert!(wider > 100, "{wider}");
}
