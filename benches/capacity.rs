//! Layouts a second, on one core: the chain alone, a whole pool with its ledger, and a line of a batch.
//!
//! `cargo bench --bench capacity`; scripts/bench puts the batch beside a peer in the same run.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use zbay::capacity::batch::Batch;
use zbay::capacity::geometry::{Geometry, Make, Totals};
use zbay::capacity::leaf::leaf;
use zbay::capacity::{Class, Cut, Drive, Kind, Part, Terms, of_parts, spec};
use zbay::units::{Ashift, Bytes};

fn main() {
    divan::main();
}

const KINDS: [Kind; 4] = [Kind::Raidz1, Kind::Raidz2, Kind::Raidz3, Kind::Mirror];

/// One vdev of four kinds, 4 to 33 drives and ten sizes: no two alike.
fn pools() -> Vec<(Kind, u64, Drive)> {
    let mut pools = Vec::new();
    for kind in KINDS {
        for width in 4..34 {
            for size in 1..=10_u64 {
                let drive = Drive::sector_512(Bytes(size * 2_000_398_934_016 + width));
                pools.push((kind, width, drive));
            }
        }
    }
    pools
}

/// From a drive to usable, without a list.
#[divan::bench]
fn chain(bencher: Bencher<'_, '_>) {
    let (pools, terms) = (pools(), Terms::default());
    bencher.counter(ItemsCount::new(pools.len())).bench_local(|| {
        let mut sum = 0_u64;
        for (kind, width, drive) in black_box(&pools) {
            let partition = Cut::Whole.made_by(terms.zfs, *drive);
            let usable = partition.and_then(leaf).and_then(|leaf| {
                let (kind, width, ashift) = (*kind, *width, Ashift::DEFAULT);
                let make = Make { kind, width, leaf, ashift, class: Class::Normal, born: None };
                let vdev = Geometry::of(&make, terms.zfs)?;
                Totals::default().and(Class::Normal, &vdev)?.slop_and_usable(terms.zfs)
            });
            sum = sum.wrapping_add(usable.map_or(0, |(_, usable)| usable.0));
        }
        sum
    });
}

/// A pool with every deduction named, and what may replace a drive.
#[divan::bench]
fn explained(bencher: Bencher<'_, '_>) {
    let parts: Vec<Vec<Part>> = pools()
        .into_iter()
        .filter_map(|(kind, width, drive)| {
            spec::parse(&format!("{kind}:{width}x{}", drive.bytes), Ashift::DEFAULT).ok()
        })
        .collect();
    bencher.counter(ItemsCount::new(parts.len())).bench_local(|| {
        let usable =
            |parts: &Vec<Part>| of_parts(parts, Terms::default()).map_or(0, |it| it.usable.0);
        black_box(&parts).iter().map(usable).fold(0_u64, u64::wrapping_add)
    });
}

/// A line of JSON in, one out.
#[divan::bench]
fn batch(bencher: Bencher<'_, '_>) {
    let lines: Vec<String> = pools()
        .into_iter()
        .enumerate()
        .map(|(id, (kind, width, drive))| {
            let child = drive.bytes.to_string() + ",";
            let children = child.repeat(usize::try_from(width).unwrap_or(4));
            let children = children.trim_end_matches(',');
            format!(r#"{{"id":{id},"vdevs":[{{"type":"{kind}","children":[{children}]}}]}}"#)
        })
        .collect();
    let (mut batch, mut out) = (Batch::new(Terms::default()), Vec::new());
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        out.clear();
        for line in black_box(&lines) {
            batch.answer(line.as_bytes(), &mut out);
        }
        out.len()
    });
}
