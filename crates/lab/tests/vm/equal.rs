//! Byte equality: pools of tests/capacity/layouts.txt, made by real OpenZFS on sparse drives of real sizes.
//!
//! A fixed part in every run, three more by a seed that is printed (`ZBAY_SEED=N` gives the same ones), and all of
//! them in the long run; `ZBAY_LAYOUTS=draid` takes those whose line contains a word. With `ZBAY_BLESS=1` what is read is written to tests/capacity/measured.jsonl.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use zbay_lab::Lab;

use crate::dice::Dice;
use crate::pools::{Blocks, FILES, Layout, Measured, Metaslabs, layouts};

/// The limit of one pool.
const POOL: Duration = Duration::from_mins(6);
/// How many are drawn.
const DRAWN: usize = 3;

/// The layouts of this run.
fn chosen() -> Vec<Layout> {
    if let Ok(word) = std::env::var("ZBAY_LAYOUTS") {
        return layouts().into_iter().filter(|it| it.text.contains(&word)).collect();
    }
    let (mut chosen, mut others): (Vec<_>, Vec<_>) = layouts().into_iter().partition(|it| it.fixed);
    if std::env::var_os("ZBAY_LONG").is_some() {
        chosen.extend(others);
        return chosen;
    }
    let mut dice = Dice::new(&format!("{DRAWN} layouts"));
    for _ in 0..DRAWN.min(others.len()) {
        chosen.push(others.swap_remove(dice.below(others.len())));
    }
    chosen
}

/// Makes the pool of a layout and reads what ZFS says.
fn measure(lab: &Lab, layout: &Layout, zfs: &str) -> Result<Measured, String> {
    let mut script = format!(". /root/measure.sh\naway\n{}figures\n", layout.commands());
    if layout.write {
        for (bytes, record) in FILES {
            let _ = writeln!(script, "write {bytes} {record}");
        }
    }
    if layout.grown() {
        script += "echo explain $(zbay --json explain tank)\n";
    }
    script += "away\n";
    let ran = lab.sh_within("bash -s", POOL, script.as_bytes());
    if ran.status != 0 {
        return Err(format!("{}: status {}\n{}{script}", layout.text, ran.status, ran.err));
    }
    if layout.grown() {
        explained(&ran.out).map_err(|why| format!("{}: {why}", layout.text))?;
    }
    read(layout, zfs, &ran.out)
        .ok_or_else(|| format!("{}: cannot be read:\n{}", layout.text, ran.out))
}

/// What zbay says of a pool that has grown: it finds out how, and nothing is left over.
fn explained(out: &str) -> Result<(), String> {
    let line = out.lines().find_map(|line| line.strip_prefix("explain "));
    let answer: serde_json::Value = line
        .and_then(|line| serde_json::from_str(line).ok())
        .ok_or_else(|| format!("not explained: {out}"))?;
    let sound = answer["rest"] == 0 && answer["unknown"].as_array().is_some_and(Vec::is_empty);
    if sound { Ok(()) } else { Err(format!("explained as {answer}")) }
}

fn read(layout: &Layout, zfs: &str, out: &str) -> Option<Measured> {
    let mut said: BTreeMap<&str, Vec<Vec<&str>>> = BTreeMap::new();
    let mut files: Vec<Blocks> = Vec::new();
    for line in out.lines() {
        let mut words = line.split_whitespace();
        let key = words.next()?;
        let words: Vec<&str> = words.collect();
        match key {
            "file" => {
                let number = |at: usize| words.get(at)?.parse::<u64>().ok();
                let (bytes, record) = (number(0)?, number(1)?);
                let used = (bytes <= record).then_some(number(2)?);
                files.push(Blocks { bytes, record, allocated: 0, used });
            }
            "block" => {
                // OFFSET L0 VDEV:OFFSET:ASIZE
                let asize = words.get(2)?.rsplit(':').next()?;
                files.last_mut()?.allocated += u64::from_str_radix(asize, 16).ok()?;
            }
            _ => said.entry(key).or_default().push(words),
        }
    }
    let number = |words: &[&str], at: usize| words.get(at)?.parse::<u64>().ok();
    let of = |key: &str| -> Vec<u64> {
        let lines = said.get("vdev").into_iter().flatten();
        lines.filter(|words| words[0] == key).filter_map(|words| number(words, 1)).collect()
    };
    let counts: Vec<u64> =
        said.get("count")?.iter().map(|words| number(words, 0)).collect::<Option<_>>()?;
    let (shifts, asizes) = (of("metaslab_shift"), of("asize"));
    if shifts.len() != counts.len() || asizes.len() != counts.len() {
        return None;
    }
    let vdevs = counts.iter().zip(shifts).zip(asizes).map(|((count, shift), asize)| Metaslabs {
        asize,
        ms_shift: u32::try_from(shift).unwrap_or(0),
        ms_count: *count,
    });
    let usable = said.get("usable")?.first()?;
    let sum = number(usable, 0)? + number(usable, 1)?;
    Some(Measured {
        layout: layout.text.clone(),
        zfs: zfs.to_owned(),
        size: number(said.get("size")?.first()?, 0)?,
        usable: sum.checked_sub(special(said.get("list")?))?,
        vdevs: vdevs.collect(),
        files,
    })
}

/// Bytes allocated on special and dedup vdevs, of `zpool list -vHp`: NAME SIZE ALLOC ...
fn special(list: &[Vec<&str>]) -> u64 {
    let (mut within, mut sum) = (false, 0);
    for words in list {
        match words[0] {
            "special" | "dedup" => within = true,
            "logs" | "cache" | "spare" => within = false,
            _ if within => {
                sum += words.get(2).and_then(|alloc| alloc.parse::<u64>().ok()).unwrap_or(0);
            }
            _ => {}
        }
    }
    sum
}

#[test]
fn pools_are_what_the_model_says_to_the_byte() {
    let lab = Lab::new("4u-24x4tb").with_zbay().boot();
    lab.push("/root/measure.sh", include_str!("measure.sh"));
    let zfs = lab.ok("cat /sys/module/zfs/version").trim().to_owned();
    let chosen = chosen();
    let (mut wrong, mut measured) = (Vec::new(), Vec::new());
    for layout in &chosen {
        eprintln!("{}", layout.text);
        match measure(&lab, layout, &zfs) {
            Err(why) => wrong.push(why),
            Ok(real) => {
                let model = layout.model(&zfs);
                if model != real {
                    wrong.push(format!("model    {model:?}\nmeasured {real:?}"));
                }
                measured.push(real);
            }
        }
    }
    eprintln!("{} pools made, {} are not as the model says", chosen.len(), wrong.len());
    if std::env::var_os("ZBAY_BLESS").is_some() {
        write_down(&measured);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Puts what was read into measured.jsonl, in the order of layouts.txt; other lines stay.
fn write_down(measured: &[Measured]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/capacity/measured.jsonl");
    let text = std::fs::read_to_string(path).expect("there");
    let old: Vec<Measured> =
        text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
    let lines: Vec<String> = layouts()
        .iter()
        .filter_map(|layout| {
            let mut all = measured.iter().chain(&old);
            all.find(|it| it.layout == layout.text)
        })
        .map(|it| serde_json::to_string(it).expect("JSON"))
        .collect();
    std::fs::write(path, lines.join("\n") + "\n").expect("written");
}
