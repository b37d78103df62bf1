//! Vdevs as they are typed: `raidz2:6x4TB`, `mirror:8TB,8TB`, `draid2:4d:11c:1s:11x16TB`, `log:mirror:2x100GB`.
//!
//! A size in whole decimal gigabytes is a drive's label, for a drive of the bytes that makers agree on behind
//! it; any other size is exact. `-4kn` behind it is a drive with sectors of 4096 bytes. A word that begins with a letter
//! is the model of a drive that is there, which the caller looks up. What stands here reads back as it was meant:
//! drives are counted, not listed, where they are alike.

use std::fmt::Write as _;

use thiserror::Error;

use super::class::Class;
use super::drive::{Drive, labelled};
use super::error::CapacityError;
use super::kind::{Kind, KindError};
use super::vdev::{Part, Vdev};
use crate::units::{Ashift, Bytes, SizeError};

/// Fewest and most bytes of a drive (`SPA_MINDEVSIZE`; beyond the other it is a mistake).
const LEAST: u64 = 64 << 20;
const MOST: u64 = 1 << 60;
/// The most drives of one vdev or stripe as it is typed.
const MAX_DRIVES: usize = 1 << 16;

/// What was typed is no layout.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SpecError {
    /// Not `KIND:DRIVES`.
    #[error(
        "`{0}` is not a layout: write KIND:DRIVES, as in raidz2:6x4TB, mirror:8TB,8TB or \
         draid2:4d:11c:1s:11x16TB"
    )]
    Form(String),
    /// No such kind.
    #[error("in `{spec}`: {source}")]
    Kind {
        /// As typed.
        spec: String,
        /// Why.
        source: KindError,
    },
    /// Not a size.
    #[error("in `{spec}`: {source}")]
    Size {
        /// As typed.
        spec: String,
        /// Why.
        source: SizeError,
    },
    /// No drive has this size.
    #[error(
        "in `{spec}`: a drive of {bytes} bytes is impossible: use {LEAST} (64 MiB) to {MOST} (1 \
         EiB) bytes"
    )]
    Drive {
        /// As typed.
        spec: String,
        /// As given.
        bytes: Bytes,
    },
    /// Too many or no drives.
    #[error("in `{spec}`: {count} drives: write 1 to {MAX_DRIVES}, as in 6x4TB")]
    Count {
        /// As typed.
        spec: String,
        /// As given.
        count: String,
    },
    /// No drive of this model is there.
    #[error(
        "in `{spec}`: `{model}` is neither a size nor the model of a drive here\n{there}\nor write \
         a size, as in 4TB"
    )]
    Model {
        /// As typed.
        spec: String,
        /// As typed.
        model: String,
        /// The models that are there.
        there: String,
    },
    /// Drives that make no such vdev.
    #[error("in `{spec}`: {source}")]
    Vdev {
        /// As typed.
        spec: String,
        /// Why.
        source: CapacityError,
    },
}

/// The bytes of a drive of this size: a label's, or the size itself.
pub fn drive_bytes(size: Bytes) -> Bytes {
    labelled(size).unwrap_or(size)
}

/// A drive of a model that is there, and what it calls itself; or the models that are there, in words.
pub type Found = Result<(Drive, String), String>;

/// Vdevs, and of each drive the model, where one was typed.
pub type Named = Vec<(Part, Vec<Option<String>>)>;

/// The vdevs that `spec` says: one, or one for each drive of a stripe.
pub fn parse(spec: &str, ashift: Ashift) -> Result<Vec<Part>, SpecError> {
    let nobody = |_: &str| Err("no machine was looked at".to_owned());
    Ok(parse_named(spec, ashift, nobody)?.into_iter().map(|(part, _)| part).collect())
}

/// The same where drives may be models, which `found` knows.
pub fn parse_named(
    spec: &str,
    ashift: Ashift,
    found: impl Fn(&str) -> Found,
) -> Result<Named, SpecError> {
    let spec: String = spec.chars().take(4096).collect();
    let form = || SpecError::Form(spec.chars().take(80).collect());
    let (kind, drives) = spec.rsplit_once(':').ok_or_else(form)?;
    let (class, kind) = match kind.split_once(':') {
        Some((class, kind)) if !class.starts_with("draid") => {
            (class.parse().map_err(|_| form())?, kind)
        }
        _ => (Class::Normal, kind),
    };
    let kind: Kind =
        kind.parse().map_err(|source| SpecError::Kind { spec: spec.clone(), source })?;
    let (mut leaves, mut models) = (Vec::new(), Vec::new());
    for item in drives.split(',') {
        let (count, drive, model) = item_of(&spec, item, &found)?;
        if leaves.len() + count > MAX_DRIVES {
            return Err(SpecError::Count { spec, count: format!("{}", leaves.len() + count) });
        }
        leaves.resize(leaves.len() + count, drive);
        models.resize(leaves.len(), model);
    }
    let part = |leaves| Part { class, ..Vdev { kind, leaves, ashift }.into() };
    if kind == Kind::Stripe {
        let single = |(drive, model)| (part(vec![drive]), vec![model]);
        return Ok(leaves.into_iter().zip(models).map(single).collect());
    }
    if kind.data(u64::try_from(leaves.len()).unwrap_or(u64::MAX)).is_none() {
        let source = CapacityError::Width { kind, leaves: leaves.len() };
        return Err(SpecError::Vdev { spec, source });
    }
    Ok(vec![(part(leaves), models)])
}

/// Whether a word is the drives of a layout without its kind: `6x4TB`, `4TB,8TB`.
pub fn is_drives(word: &str) -> bool {
    let nobody = |_: &str| Err(String::new());
    let word: String = word.chars().take(4096).collect();
    word.split(',').all(|item| item_of(&word, item, &nobody).is_ok())
}

/// `6x4TB`, `4TB`, `4000787030016-4kn`, `6xST4000VN008`.
fn item_of(
    spec: &str,
    item: &str,
    found: &impl Fn(&str) -> Found,
) -> Result<(usize, Drive, Option<String>), SpecError> {
    let is_model = |word: &str| word.starts_with(|c: char| c.is_ascii_alphabetic());
    let (count, size) = match item.split_once('x').filter(|_| !is_model(item)) {
        Some((count, size)) => {
            let number = count.parse().ok().filter(|number| (1..=MAX_DRIVES).contains(number));
            let refused = || SpecError::Count { spec: spec.to_owned(), count: count.to_owned() };
            (number.ok_or_else(refused)?, size)
        }
        None => (1, item),
    };
    if is_model(size) {
        let (drive, model) = found(size).map_err(|there| {
            let model = size.chars().take(40).collect();
            SpecError::Model { spec: spec.to_owned(), model, there }
        })?;
        return Ok((count, drive, Some(model)));
    }
    let (size, logical_sector) = match size.strip_suffix("-4kn") {
        Some(size) => (size, 4096),
        None => (size, 512),
    };
    let size: Bytes =
        size.parse().map_err(|source| SpecError::Size { spec: spec.to_owned(), source })?;
    let bytes = drive_bytes(size);
    if !(LEAST..=MOST).contains(&bytes.0) {
        return Err(SpecError::Drive { spec: spec.to_owned(), bytes });
    }
    Ok((count, Drive { bytes, logical_sector }, None))
}

/// Vdevs as they would be typed, like ones counted: `2 x raidz2:6x4TB + log:mirror:2x100GB`.
pub fn words(parts: &[Part]) -> String {
    let mut out: Vec<(String, usize)> = Vec::new();
    for part in parts {
        let word = word(part);
        match out.last_mut() {
            Some((last, count)) if *last == word => *count += 1,
            _ => out.push((word, 1)),
        }
    }
    let counted = |(word, count): (String, usize)| match count {
        1 => word,
        _ => format!("{count} x {word}"),
    };
    out.into_iter().map(counted).collect::<Vec<_>>().join(" + ")
}

fn word(part: &Part) -> String {
    let mut out = String::new();
    if part.class != Class::Normal {
        let _ = write!(out, "{}:", part.class);
    }
    let _ = write!(out, "{}:", part.vdev.kind);
    let mut runs: Vec<(Drive, usize)> = Vec::new();
    for drive in &part.vdev.leaves {
        match runs.last_mut() {
            Some((last, count)) if last == drive => *count += 1,
            _ => runs.push((*drive, 1)),
        }
    }
    for (at, (drive, count)) in runs.into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { "," });
        if count > 1 {
            let _ = write!(out, "{count}x");
        }
        out.push_str(&size_word(drive.bytes));
        out.push_str(if drive.logical_sector == 4096 { "-4kn" } else { "" });
    }
    out
}

/// A drive's label where it has the bytes of one, else its bytes.
pub fn size_word(bytes: Bytes) -> String {
    const GB: u64 = 1_000_000_000;
    let near = bytes.0 / GB;
    let label =
        (near.saturating_sub(2)..=near).rev().find(|gb| labelled(Bytes(gb * GB)) == Ok(bytes));
    match label {
        Some(gb) if gb % 1000 == 0 => format!("{}TB", gb / 1000),
        Some(gb) if gb > 1000 && gb % 100 == 0 => format!("{}.{}TB", gb / 1000, gb % 1000 / 100),
        Some(gb) => format!("{gb}GB"),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_named, words};
    use crate::units::{Ashift, Bytes};
    use crate::{Class, Drive, Kind, Terms, of_parts};

    fn said(specs: &[&str]) -> String {
        let parts: Vec<_> =
            specs.iter().flat_map(|spec| parse(spec, Ashift::DEFAULT).unwrap()).collect();
        words(&parts)
    }

    #[test]
    fn what_is_typed_reads_back() {
        for spec in [
            "raidz2:6x4TB",
            "raidz1:1TB,3x2TB",
            "draid2:4d:11c:1s:11x16TB",
            "mirror:2x1.5TB",
            "log:mirror:2x100GB",
            "special:raidz1:3x960GB-4kn",
            "mirror:2x4000786153472",
        ] {
            assert_eq!(said(&[spec]), spec);
        }
        assert_eq!(said(&["raidz:4x4TB"]), "raidz1:4x4TB");
        assert_eq!(said(&["mirror:2x8TB", "mirror:8TB,8TB"]), "2 x mirror:2x8TB");
        assert_eq!(said(&["stripe:3x4TB"]), "3 x stripe:4TB");
        let parts = parse("mirror:64MiB,1GiB", Ashift::MIN).unwrap();
        assert_eq!(parts[0].vdev.leaves[0].bytes, Bytes(64 << 20), "exact, not a label");
        let special = parse("dedup:stripe:1TB", Ashift::DEFAULT).unwrap();
        assert_eq!((special[0].class, special[0].vdev.kind), (Class::Dedup, Kind::Stripe));
    }

    #[test]
    fn what_is_typed_wrong_is_named() {
        for (spec, words) in [
            ("", "`` is not a layout: write KIND:DRIVES, as in raidz2:6x4TB"),
            ("raidz2", "`raidz2` is not a layout"),
            ("cache:mirror:2x4TB", "`cache:mirror:2x4TB` is not a layout"),
            (
                "raidz4:6x4TB",
                "in `raidz4:6x4TB`: unknown vdev kind `raidz4`: use stripe, mirror, raidz1",
            ),
            ("raidz2:6x4XB", "in `raidz2:6x4XB`: `4XB` is not a size"),
            ("raidz2:6x-4TB", "`-4TB` is not a size"),
            ("raidz2:0x4TB", "in `raidz2:0x4TB`: 0 drives: write 1 to 65536"),
            ("stripe:1000000x4TB", "1000000 drives: write 1 to 65536"),
            ("raidz2:-6x4TB", "-6 drives: write 1 to 65536"),
            ("raidz2:6x0", "a drive of 0 bytes is impossible: use 67108864 (64 MiB) to"),
            ("raidz2:6x63MiB", "a drive of 66060288 bytes is impossible: use 67108864 (64 MiB) to"),
            ("raidz2:6x2EiB", "to 1152921504606846976 (1 EiB) bytes"),
            ("raidz2:6x999999EB", "`999999EB` is more than 16 EiB"),
            (
                "raidz:1x4TB",
                "in `raidz:1x4TB`: a raidz1 vdev cannot be made of 1 drives: it takes 2 to 255",
            ),
            ("raidz3:256x4TB", "a raidz3 vdev cannot be made of 256 drives: it takes 4 to 255"),
            ("mirror:4TB", "a mirror vdev cannot be made of 1 drives: it takes 2 or more"),
            (
                "draid2:4d:11c:1s:10x4TB",
                "cannot be made of 10 drives: it takes as many as its `c` says",
            ),
            ("draid2:9d:11c:1s:11x4TB", "need 12 drives or more, but there are 11"),
        ] {
            let error = parse(spec, Ashift::DEFAULT).unwrap_err().to_string();
            assert!(error.contains(words), "{spec}: {error}");
        }
    }

    #[test]
    fn a_model_is_a_drive_that_is_there() {
        let drive = Drive::sector_4kn(Bytes(4_000_785_948_160));
        let found = |word: &str| match word {
            "ST4000VN008" => Ok((drive, "ST4000VN008-2DR166".to_owned())),
            _ => Err("here are ST4000VN008-2DR166".to_owned()),
        };
        let named = parse_named("raidz2:3xST4000VN008,4TB", Ashift::DEFAULT, found).unwrap();
        let (part, models) = &named[0];
        assert_eq!(part.vdev.leaves[..3], [drive; 3]);
        assert_eq!((models[2].as_deref(), &models[3]), (Some("ST4000VN008-2DR166"), &None));
        let striped = parse_named("stripe:ST4000VN008,4TB", Ashift::DEFAULT, found).unwrap();
        assert_eq!((striped.len(), striped[1].1.len()), (2, 1));
        let error = parse_named("mirror:2xWD40EFRX", Ashift::DEFAULT, found).unwrap_err();
        assert_eq!(
            error.to_string(),
            "in `mirror:2xWD40EFRX`: `WD40EFRX` is neither a size nor the model of a drive here\n\
             here are ST4000VN008-2DR166\nor write a size, as in 4TB"
        );
    }

    #[test]
    fn mirrors_of_two_sizes_are_added_up() {
        let of = |specs: &[&str]| {
            let parts: Vec<_> =
                specs.iter().flat_map(|spec| parse(spec, Ashift::DEFAULT).unwrap()).collect();
            of_parts(&parts, Terms::default()).unwrap()
        };
        assert_eq!(of(&["mirror:2x1TB", "mirror:4TB,8TB"]).usable.tb(), "4.84 TB");
    }
}
