//! How long each test of the boxes may take, and the long run in parts by it.
//!
//! A budget is no limit: a test that passes it is named at the end of a run, and the run's result stays as it is. They are
//! for two cores without KVM, three boxes at a time, with room: some half more than a run took.

use std::str::FromStr;

/// What the long run begins with, as one piece: formatting, lints, the libraries' tests, the fuzzer.
pub const FAST: &str = "fast";
/// Its seconds, building included.
const FAST_SECONDS: u64 = 900;
/// What the name of a release's drill begins with: `release 2.4`.
pub const RELEASE: &str = "release ";
/// Its seconds: an appliance of its own is built for it.
const RELEASE_SECONDS: u64 = 1200;

/// A test by its path, its seconds in an ordinary run (or by its name), and with `--long`, where some do more.
pub const BUDGETS: &[(&str, u64, u64)] = &[
    ("care::one_schedule_that_is_planned_kept_and_given_back", 300, 300),
    ("drills::kills_of_zbay_alone_and_a_journal_that_cannot_be_written", 420, 1800),
    ("drills::power_cuts_inside_zpool_create_and_around_it", 300, 2700),
    ("earlier::a_server_of_an_earlier_version_is_recorded", 60, 60),
    ("equal::pools_are_what_the_model_says_to_the_byte", 480, 2400),
    (
        "every_kind::everything_that_others_left_is_refused_by_name_and_taken_only_by_name",
        600,
        1410,
    ),
    ("foreign::a_file_system_and_a_foreign_pool_are_refused_by_name", 150, 150),
    ("foreign::a_saved_plan_is_refused_when_a_disk_changed", 330, 330),
    ("foreign::an_empty_bay_stops_first_boot_and_a_drive_in_it_lets_it_go_on", 300, 300),
    ("growth::a_raidz_pool_grows_in_every_way", 1800, 1800),
    ("growth::a_second_mirror_comes_and_goes", 270, 270),
    ("growth::mirrors_grow_and_shrink", 1800, 1800),
    ("inventory::a_thousand_disks_and_a_screen_of_any_width", 300, 300),
    ("inventory::drives_by_bay_with_smart_and_what_came_went_and_moved", 270, 270),
    ("keys::a_key_opens_its_dataset_at_boot_and_is_missed_when_it_is_gone", 420, 420),
    ("killed::killed_anywhere_it_goes_on_when_it_is_typed_again", 300, 2400),
    ("life::a_blank_drive_in_the_bay_of_a_dead_one_is_taken_where_the_profile_says_so", 330, 330),
    ("life::a_drive_that_fails_is_replaced", 540, 540),
    ("life::a_replacement_keeps_the_layout_and_may_not_end", 300, 300),
    ("life::a_spare_stands_in_and_goes_back", 240, 240),
    ("life::flipped_bytes_a_wrong_pull_and_a_suspended_pool", 480, 480),
    ("moving::a_foreign_pool_covers_nothing_now_or_after_a_boot", 360, 360),
    ("moving::a_pool_made_by_hand_is_adopted_moves_and_comes_back", 600, 600),
    ("newcomers::drives_of_other_sizes_and_sectors_and_a_draid", 360, 360),
    ("profiles::a_24_bay_box", 240, 240),
    ("profiles::every_property_of_a_dataset_is_set_once", 240, 240),
    ("profiles::gen8_raid_fifth_port", 210, 210),
    ("profiles::gen8_seed_3", 180, 180),
    ("profiles::gen8_usb_mirror", 180, 180),
    ("profiles::gen8_usb_raidz", 180, 180),
    ("profiles::gen8_usb_raidz2", 180, 180),
    ("profiles::gen8_usb_raidz_slog", 270, 270),
    ("profiles::gen8_with_a_reserve", 210, 210),
    ("profiles::what_is_proposed_can_be_had", 180, 180),
    ("reborn::a_fresh_boot_device_and_another_box", 540, 540),
    ("reborn::drives_that_changed_places_and_one_that_is_lost", 330, 330),
    ("releases::the_whole_way_on_this_release", 300, 300),
    ("seed::the_articles_box_sets_itself_up_and_nothing_is_done_twice", 270, 270),
    ("smoke::a_virtual_24_bay_box_has_24_bays", 150, 150),
    ("smoke::a_virtual_gen8_is_like_the_real_one", 150, 150),
    ("smoke::boxes_that_begin_where_one_was_booted_are_as_new", 120, 120),
    ("storm::whatever_comes_no_acknowledged_byte_is_lost", 300, 1800),
    ("told::a_drive_that_goes_is_told_once_with_its_bay_and_the_next_step", 360, 360),
];

/// The seconds that a test may take; `None`: the table lacks it.
pub fn budget(test: &str, long: bool) -> Option<u64> {
    let (_, seconds, with_long) = BUDGETS.iter().find(|(name, ..)| *name == test)?;
    Some(if long { *with_long } else { *seconds })
}

/// One of so many parts of the long run: `3/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    number: usize,
    of: usize,
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (number, of) = text.split_once('/').unwrap_or((text, ""));
        match (number.parse(), of.parse()) {
            (Ok(number), Ok(of)) if (1..=of).contains(&number) && of <= 99 => {
                Ok(Self { number, of })
            }
            _ => Err(format!("`{text}` is no part: 3/8 is the third of eight, of 99 at most")),
        }
    }
}

/// A piece of the long run that no part divides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// [`FAST`], `release 2.4`, or a test's path.
    pub name: String,
    /// What it is expected to take.
    pub seconds: u64,
}

/// All pieces, shared out to so many parts: the longest first, each to the part that is done first. The fast ones are the
/// first part's.
pub fn parts(of: usize, releases: &[String]) -> Vec<Vec<Piece>> {
    let mut pieces: Vec<Piece> = BUDGETS
        .iter()
        .map(|(name, _, seconds)| Piece { name: (*name).to_owned(), seconds: *seconds })
        .collect();
    pieces.extend(
        releases
            .iter()
            .map(|release| Piece { name: format!("{RELEASE}{release}"), seconds: RELEASE_SECONDS }),
    );
    pieces.sort_by(|a, b| b.seconds.cmp(&a.seconds).then_with(|| a.name.cmp(&b.name)));
    pieces.insert(0, Piece { name: FAST.to_owned(), seconds: FAST_SECONDS });
    let mut parts: Vec<Vec<Piece>> = vec![Vec::new(); of.max(1)];
    for piece in pieces {
        // Of equal ones the first.
        if let Some(part) = parts.iter_mut().min_by_key(|part| at_most(part)) {
            part.push(piece);
        }
    }
    parts
}

/// The seconds that pieces need at most: three boxes at a time, in whatever order (a third of all, and two thirds of the
/// longest), and the others by themselves.
pub fn at_most(pieces: &[Piece]) -> u64 {
    let (boxes, alone): (Vec<&Piece>, Vec<&Piece>) =
        pieces.iter().partition(|piece| piece.name.contains("::"));
    let sum = |of: &[&Piece]| of.iter().map(|piece| piece.seconds).sum::<u64>();
    let longest = boxes.iter().map(|piece| piece.seconds).max().unwrap_or_default();
    sum(&alone) + (sum(&boxes) + 2 * longest).div_ceil(3)
}

/// The pieces of one part.
pub fn part(part: Part, releases: &[String]) -> Vec<Piece> {
    parts(part.of, releases).swap_remove(part.number - 1)
}

#[cfg(test)]
mod tests {
    use super::{BUDGETS, FAST, Part, Piece, at_most, budget, part, parts};

    fn releases() -> Vec<String> {
        ["2.3.2", "2.4"].map(str::to_owned).to_vec()
    }

    #[test]
    fn every_piece_is_in_one_part_whatever_their_number() {
        let mut all: Vec<String> = BUDGETS.iter().map(|(name, ..)| (*name).to_owned()).collect();
        all.extend(["release 2.3.2", "release 2.4", FAST].map(str::to_owned));
        all.sort();
        for of in [1, 2, 3, 8, 13, 99] {
            let parts = parts(of, &releases());
            let mut found: Vec<String> = parts.iter().flatten().map(|it| it.name.clone()).collect();
            found.sort();
            assert_eq!(found, all, "{of} parts");
            assert!(parts[0].iter().any(|piece| piece.name == FAST), "{of} parts");
            for number in 1..=of {
                let one = format!("{number}/{of}").parse().unwrap();
                assert_eq!(part(one, &releases()), parts[number - 1], "{of} parts, again");
            }
        }
    }

    #[test]
    fn each_of_eight_parts_is_done_in_an_hour_building_included() {
        for (number, pieces) in parts(8, &releases()).iter().enumerate() {
            let minutes = at_most(pieces) / 60;
            assert!(minutes <= 50, "part {}: {minutes} minutes of {pieces:#?}", number + 1);
        }
    }

    #[test]
    fn boxes_share_the_time_and_the_rest_is_alone() {
        let piece = |name: &str, seconds| Piece { name: name.to_owned(), seconds };
        let boxes = [piece("a::b", 100), piece("a::c", 60), piece("a::d", 40)];
        assert_eq!(at_most(&boxes), 134);
        assert_eq!(at_most(&[piece("release 2.4", 100), piece("a::b", 10)]), 110);
        assert_eq!(at_most(&[]), 0);
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "3", "0/8", "9/8", "3/0", "/", "a/b", "-1/8", "1/100", "1/8/2"] {
            assert!(text.parse::<Part>().is_err(), "{text}");
        }
        assert!("8/8".parse::<Part>().is_ok());
    }

    #[test]
    fn a_budget_is_longer_where_the_long_run_does_more() {
        let test = "storm::whatever_comes_no_acknowledged_byte_is_lost";
        assert!(budget(test, false) < budget(test, true));
        assert_eq!(budget("storm", true), None);
    }
}
