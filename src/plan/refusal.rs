//! Why a plan cannot be made: one value for each reason, and the words for it in one place.
//!
//! A refusal lets a person decide: which drive (bay, model, size, serial, wwn), what is the matter, and what
//! to do about it. All refusals of a look are told together.

use std::fmt;

use serde::Serialize;

use crate::drive::Drive;
use crate::inventory::{Flaw, Owner};
use crate::names::{BayId, Serial};
use crate::render::foreign as contents;
use crate::render::text::{labelled, plain};
use crate::units::Bytes;

/// Why no plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "refusal")]
pub enum Refusal {
    /// The wish is for another box.
    OtherBox {
        /// Title of the box that the wish is for.
        wished: String,
        /// What this one is.
        is: String,
    },
    /// The controller is in another mode than wished.
    OtherMode {
        /// Wished.
        wished: String,
        /// Is.
        is: String,
    },
    /// OpenZFS is missing or older than 2.3.
    Zfs {
        /// What is the matter.
        why: String,
        /// What to type.
        remedy: String,
    },
    /// Something that must be known is not.
    NotKnown {
        /// What.
        what: String,
        /// Why not.
        why: String,
    },
    /// A wished bay is empty.
    EmptyBay {
        /// Which.
        bay: BayId,
    },
    /// More than one disk answers for a bay.
    ManyInBay {
        /// Which.
        bay: BayId,
    },
    /// A disk whose identity cannot be relied on.
    Flawed {
        /// Which.
        drive: Drive,
        /// Why.
        flaw: Flaw,
    },
    /// A disk that is not proved free.
    NotFree {
        /// Which.
        drive: Drive,
        /// Whose it is.
        owner: Owner,
        /// What each source saw.
        seen: Vec<String>,
    },
    /// A disk that is not what the profile expects.
    Unexpected {
        /// Which.
        drive: Drive,
        /// Wished.
        wished: String,
        /// Is.
        is: String,
    },
    /// Drives of different sizes in a vdev, not accepted by the profile.
    MixedSizes {
        /// The drives of the vdev.
        drives: Vec<Drive>,
        /// Bytes that would stay unused.
        unused: Bytes,
    },
    /// A spare that is too small to stand in.
    SmallSpare {
        /// Which.
        drive: Drive,
        /// The least.
        needed: Bytes,
    },
    /// A pool of the wished name exists somewhere, but is not imported.
    PoolElsewhere {
        /// Name.
        pool: String,
        /// Who names it.
        sources: Vec<String>,
    },
    /// A mountpoint that is wished holds files.
    Occupied {
        /// Path.
        path: String,
    },
    /// A user or group that does not exist.
    NoPrincipal {
        /// `user` or `group`.
        kind: &'static str,
        /// Name.
        name: String,
    },
    /// The feature set that is wished is not known to this OpenZFS.
    NoFeatureSet {
        /// Name.
        name: String,
    },
    /// The box boots by BIOS from a drive with 4096-byte sectors.
    Boot4Kn {
        /// Which.
        drive: Drive,
    },
}

const ASSUMED: &str = "the order of the bays is assumed: compare the serial on the drive";

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compare = |f: &mut fmt::Formatter<'_>, drive: &Drive| {
            if drive.assumed {
                write!(f, "\n  {ASSUMED}")?;
            }
            Ok(())
        };
        match self {
            Self::OtherBox { wished, is } => {
                write!(f, "the profile is for {wished}, and this is {is}\n")?;
                write!(
                    f,
                    "do this  name a profile for this box, or `hardware: generic` with ports as bays"
                )
            }
            Self::OtherMode { wished, is } => {
                write!(
                    f,
                    "the profile wishes the controller in {wished} mode, and it is in {is} mode\n"
                )?;
                write!(
                    f,
                    "do this  change it in the BIOS set-up (F9, SATA Controller Options), or the profile"
                )
            }
            Self::Zfs { why, remedy } => write!(f, "{why}\ndo this  {remedy}"),
            Self::NotKnown { what, why } => {
                write!(
                    f,
                    "{what} is not known: {why}\ndo this  mend that first; nothing is concluded from a failed look"
                )
            }
            Self::EmptyBay { bay } => {
                write!(f, "{} is empty, and the profile wants a drive there\n", bay.spoken())?;
                write!(f, "do this  put a drive in, or take the bay out of the profile")
            }
            Self::ManyInBay { bay } => {
                write!(f, "more than one drive answers for {}\n", bay.spoken())?;
                write!(f, "do this  see `zbay show disk -p`; a port multiplier cannot be used")
            }
            Self::Flawed { drive, flaw } => {
                write!(
                    f,
                    "{} cannot be told from others for sure: {}\n",
                    drive.spoken(),
                    flaw_words(flaw)
                )?;
                write!(f, "\n  {}  {}", drive.place(), drive.label())?;
                compare(f, drive)?;
                write!(
                    f,
                    "\n\ndo this  use a drive or an adapter that passes its own wwn and serial"
                )
            }
            Self::NotFree { drive, owner, seen } => {
                write!(f, "{} is not free, so nothing was written\n", drive.spoken())?;
                write!(f, "\n  {}  {}", drive.place(), drive.label())?;
                write!(f, "\n\n{}", labelled("holds", &contents::sentence(owner)))?;
                for (index, line) in seen.iter().enumerate() {
                    f.write_str(&labelled(if index == 0 { "seen" } else { "" }, &plain(line)))?;
                }
                if drive.assumed {
                    f.write_str(&labelled("order", ASSUMED))?;
                }
                f.write_str(&labelled("keep it", &contents::keep(owner)))?;
                let erase = "zbay does not erase drives: docs/foreign.md says how to do it by hand";
                f.write_str(labelled("erase it", erase).trim_end())
            }
            Self::Unexpected { drive, wished, is } => {
                write!(f, "{} holds {is}, and the profile expects {wished}\n", drive.spoken())?;
                write!(f, "\n  {}  {}", drive.place(), drive.label())?;
                compare(f, drive)?;
                write!(f, "\n\ndo this  exchange the drive, or change `expect` in the profile")
            }
            Self::MixedSizes { drives, unused } => {
                write!(
                    f,
                    "the drives of one vdev differ in size; {} would stay unused\n",
                    unused.tb()
                )?;
                let model = |drive: &Drive| drive.model.clone().unwrap_or_default();
                let widest = drives.iter().map(|drive| model(drive).len()).max().unwrap_or(0);
                for drive in drives {
                    let serial = drive.serial.as_ref().map_or("(no serial)", Serial::as_str);
                    let (place, model) = (drive.place(), model(drive));
                    write!(f, "\n  {place:<6}  {model:<widest$}  {serial:<15}")?;
                    write!(f, "  {}  {:>14} bytes", drive.size.tb(), drive.size.0)?;
                }
                write!(
                    f,
                    "\n\ndo this  use equal drives, or accept it: `mixed_sizes: waste` below `pool`"
                )
            }
            Self::SmallSpare { drive, needed } => {
                write!(
                    f,
                    "the spare in {} is smaller than what it must stand in for\n",
                    drive.spoken()
                )?;
                write!(f, "\n  {}  {}", drive.place(), drive.label())?;
                write!(f, "\n\ndo this  use a spare of {needed} bytes or more")
            }
            Self::PoolElsewhere { pool, sources } => {
                write!(
                    f,
                    "a pool named `{pool}` exists and is not imported here: {}\n",
                    sources.join("; ")
                )?;
                write!(
                    f,
                    "do this  `zpool import {pool}` if it is yours, or give the wish another name"
                )
            }
            Self::Occupied { path } => {
                write!(
                    f,
                    "{path} is a mountpoint of the wish and holds files that do not belong to the pool\n"
                )?;
                write!(f, "do this  move them away, or write another `mountpoint`")
            }
            Self::NoPrincipal { kind, name } => {
                write!(f, "there is no {kind} `{name}` on this machine\n")?;
                write!(
                    f,
                    "do this  make it first: {} {name}",
                    if *kind == "user" { "adduser" } else { "addgroup" }
                )
            }
            Self::NoFeatureSet { name } => {
                write!(f, "this OpenZFS does not know the feature set `{name}`\n")?;
                write!(
                    f,
                    "do this  write one of /usr/share/zfs/compatibility.d, or `compatibility: off`"
                )
            }
            Self::Boot4Kn { drive } => {
                write!(
                    f,
                    "{} has 4096-byte sectors, and this box's BIOS cannot boot from it\n",
                    drive.spoken()
                )?;
                write!(f, "\n  {}  {}", drive.place(), drive.label())?;
                write!(f, "\n\ndo this  boot from a drive with 512-byte logical sectors")
            }
        }
    }
}

impl Refusal {
    fn empty_bay(&self) -> Option<String> {
        match self {
            Self::EmptyBay { bay } => Some(bay.to_string()),
            _ => None,
        }
    }
}

fn flaw_words(flaw: &Flaw) -> String {
    match flaw {
        Flaw::PlaceholderWwn => "its wwn is one that many units share".to_owned(),
        Flaw::DuplicateWwn { with } => format!("{} has the same wwn", with.join(", ")),
        Flaw::DuplicateSerial { with } => {
            format!("{} has the same model and serial", with.join(", "))
        }
        Flaw::NoAddress => "it has no name that survives a reboot".to_owned(),
    }
}

/// All refusals of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

impl std::error::Error for Refused {}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A whole row of empty bays is one thing to say.
        let empty: Vec<String> = self.0.iter().filter_map(Refusal::empty_bay).collect();
        let row = empty.len() > 2;
        if row {
            write!(f, "bays {} are empty, and the profile wants drives there\n", empty.join(", "))?;
            write!(f, "do this  put drives in, or take the bays out of the profile")?;
        }
        let rest = self.0.iter().filter(|refusal| !row || refusal.empty_bay().is_none());
        for (index, refusal) in rest.enumerate() {
            if row || index > 0 {
                f.write_str("\n\nerror: ")?;
            }
            write!(f, "{refusal}")?;
        }
        Ok(())
    }
}
