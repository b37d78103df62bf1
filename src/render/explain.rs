//! `explain`: where the bytes of a pool went, from its drives to AVAIL, each line with its reason.

use schemars::JsonSchema;
use serde::Serialize;

use super::capacity::binary;
use super::capacity_of::{Line, chain, line};
use crate::capacity::{Capacity, Zfs};
use crate::explain::{Difference, Explained};
use crate::units::Bytes;
use crate::words;

/// The screen.
pub fn render(it: &Explained) -> String {
    let mut out = words::labelled("pool", &format!("{}: {}", words::plain(&it.name), it.words));
    let ashifts: Vec<String> = it.ashifts.iter().map(ToString::to_string).collect();
    let under = format!("OpenZFS {}, ashift {}", it.zfs.releases(), ashifts.join(", "));
    out.push_str(&words::labelled("under", &under));
    out.push('\n');
    for step in chain(&it.live.pool) {
        out.push_str(&line(&step));
    }
    for step in after(it) {
        out.push_str(&line(&step));
    }
    out.push('\n');
    for difference in &it.differences {
        out.push_str(&words::labelled("differs", &difference.words()));
    }
    out.push_str(&words::labelled("today", &today(it)));
    for at in &it.live.unknown {
        let vdev = it.live.pool.vdevs.get(*at).map_or_else(String::new, |it| it.kind.to_string());
        let said = format!(
            "how vdev {} ({vdev}) was created is unknown: it is computed as if it were new",
            at + 1
        );
        out.push_str(&words::labelled("unknown", &said));
    }
    if it.absent > 0 {
        let said = match it.absent {
            1 => "1 of its drives is not here: its partition is counted".to_owned(),
            many => format!("{many} of its drives are not here: their partitions are counted"),
        };
        out.push_str(&words::labelled("absent", &said));
    }
    out
}

/// From the model's usable to AVAIL.
fn after(it: &Explained) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut push = |what: &str, bytes: Bytes, sign: char, why: &'static str| {
        lines.push(Line { what: what.to_owned(), bytes, sign, why });
    };
    if it.special > Bytes::ZERO {
        let why = "what is allocated on special and dedup vdevs counts too";
        push("on special vdevs", it.special, '+', why);
    }
    let rest = Bytes(u64::try_from(it.rest.unsigned_abs()).unwrap_or(u64::MAX));
    if it.rest > 0 {
        push("saved", rest, '+', "from cloning or deduplication: the same blocks hold more");
    } else if it.rest < 0 {
        push(
            "waiting",
            rest,
            '-',
            "a checkpoint, or frees still in progress; if it stays, a tuned slop",
        );
    }
    let both = Bytes(it.used.0.saturating_add(it.available.0));
    if it.special > Bytes::ZERO || it.rest != 0 {
        push("USED + AVAIL", both, ' ', "of `zfs list -p`, the root dataset");
    }
    push("USED", it.used, '-', "files, snapshots, reservations and metadata");
    push("AVAIL", it.available, ' ', "what `zfs list` says is free");
    lines
}

fn today(it: &Explained) -> String {
    let (now, new) = (it.live.pool.usable, it.live.today.usable);
    let than = |bytes: u64, word: &str| {
        let bytes = Bytes(bytes);
        format!("{} ({} bytes) {word} than this pool has", binary(bytes), bytes.0)
    };
    let compared = match new.cmp(&now) {
        std::cmp::Ordering::Equal => "as this pool".to_owned(),
        std::cmp::Ordering::Greater => than(new.0 - now.0, "more"),
        std::cmp::Ordering::Less => than(now.0 - new.0, "less"),
    };
    format!("a new pool on the same drives would have {} usable, {compared}", new.tb())
}

/// Where the bytes of a pool went.
#[derive(Serialize, JsonSchema)]
pub struct Accounted {
    /// The pool.
    pool: String,
    /// Its layout, as it is typed.
    layout: String,
    /// The release of OpenZFS that runs.
    zfs: Zfs,
    /// What its drives give by the model, to the byte.
    capacity: Capacity,
    /// SIZE as `zpool list -p` says it, bytes.
    size: Bytes,
    /// Bytes on special and dedup vdevs that this release adds to what may hold data.
    special: Bytes,
    /// Bytes that ZFS says beyond the model's; below 0 where it says less.
    rest: i64,
    /// USED of the root dataset, bytes.
    used: Bytes,
    /// AVAIL of the root dataset, bytes.
    available: Bytes,
    /// What the same drives would give if the pool were made today, bytes.
    today: Bytes,
    /// In what the pool is not as it would be made today.
    differences: Vec<Difference>,
    /// Vdevs that the model does not know to the byte, by their place in `capacity.vdevs`, from 0.
    unknown: Vec<usize>,
    /// Drives of the pool that are not here: their partitions count instead.
    absent: usize,
}

/// The answer for programs.
pub fn json(it: &Explained) -> Accounted {
    Accounted {
        pool: it.name.clone(),
        layout: it.words.clone(),
        zfs: it.zfs,
        capacity: it.live.pool.clone(),
        size: it.size,
        special: it.special,
        // Whole bytes within i64 wherever sizes are.
        rest: i64::try_from(it.rest).unwrap_or(i64::MAX),
        used: it.used,
        available: it.available,
        today: it.live.today.usable,
        differences: it.differences.clone(),
        unknown: it.live.unknown.clone(),
        absent: it.absent,
    }
}

/// For tests: the lines as signed bytes, sums as they stand.
#[cfg(test)]
pub(super) fn figures(it: &Explained) -> Vec<(String, char, u64)> {
    let lines = chain(&it.live.pool).into_iter().chain(after(it));
    lines.map(|line| (line.what, line.sign, line.bytes.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::{figures, render};
    use crate::explain::{Difference, explain};
    use crate::inventory::{Inventory, Vdev};
    use crate::render::fixture::with_pool;
    use crate::units::Bytes;

    /// The seed's pool: drives of 1 and 2 TB, as OpenZFS 2.3.9 said of it.
    fn seed() -> Inventory {
        let mut inventory = with_pool();
        let pool = &mut inventory.pools.as_mut().unwrap()[0];
        let vdev = &mut pool.vdevs[0];
        vdev.size = Some(Bytes(3_985_729_650_688));
        vdev.deflated = Some(Bytes(2_895_881_699_328));
        for (leaf, bytes) in vdev.leaves.iter_mut().zip([
            1_000_194_703_360,
            2_000_389_406_720,
            2_000_389_406_720,
            2_000_389_406_720,
        ]) {
            leaf.partition = Some(Bytes(bytes));
        }
        pool.datasets[0].available = Bytes(2_805_775_466_496 - pool.datasets[0].used.0);
        inventory
    }

    #[test]
    fn the_lines_go_from_the_drives_to_avail_and_add_up() {
        let inventory = seed();
        let pool = &inventory.pools.as_ref().unwrap()[0];
        let explained = explain(pool, &inventory.disks, "2.3.9").unwrap();
        assert_eq!((explained.rest, explained.absent), (0, 1));
        let mut left = 0_i128;
        let figures = figures(&explained);
        for (what, sign, bytes) in &figures {
            match sign {
                '-' => left -= i128::from(*bytes),
                '+' => left += i128::from(*bytes),
                _ if left == 0 => left = i128::from(*bytes),
                _ => assert_eq!(left, i128::from(*bytes), "{what}"),
            }
        }
        assert_eq!(left, i128::from(pool.datasets[0].available.0));
        let text = render(&explained);
        assert!(text.lines().all(|line| line.is_ascii() && line.len() <= 80), "{text}");
        assert!(text.contains("AVAIL") && text.contains("as this pool"), "{text}");
    }

    #[test]
    fn what_zfs_says_beyond_the_model_is_a_line_and_the_past_is_named() {
        let mut inventory = seed();
        let pool = &mut inventory.pools.as_mut().unwrap()[0];
        pool.datasets[0].available.0 -= 4096;
        // As a raidz of three that a fourth drive was attached to: its ratio stays 341.
        let vdev: &mut Vdev = &mut pool.vdevs[0];
        vdev.deflated = Some(Bytes(3_985_729_650_688 / 512 * 341));
        let pool = &inventory.pools.as_ref().unwrap()[0];
        let explained = explain(pool, &inventory.disks, "2.3.9").unwrap();
        let widened = Difference::Widened { vdev: "raidz1-0".into(), was: 3, is: 4 };
        assert!(explained.differences.contains(&widened), "{:?}", explained.differences);
        assert_ne!(explained.rest, 0);
        assert!(render(&explained).contains("more than this pool has"), "{}", render(&explained));
    }

    #[test]
    fn what_is_not_told_is_said() {
        let inventory = with_pool();
        let pool = &inventory.pools.as_ref().unwrap()[0];
        let error = explain(pool, &inventory.disks, "2.3.9").unwrap_err().to_string();
        assert!(
            error.starts_with("raidz1-0 of testpool: ZFS does not report its partition's size"),
            "{error}"
        );
    }
}
