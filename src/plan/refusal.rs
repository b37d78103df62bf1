//! Why a plan cannot be made: one value for each reason, and the words for it in one place.
//!
//! A refusal lets a person decide: which drive (bay, model, size, serial, wwn), what is the matter, and what
//! to do about it. All refusals of a look are told together.

use camino::Utf8PathBuf;
use serde::Serialize;

use crate::drive::Drive;
use crate::inventory::vacancy::Doubt;
use crate::inventory::{Flaw, Owner, sentence};
use crate::names::{BayId, Serial, Wwn};
use crate::refuse::{ASSUMED, Refuses, Words, shown_as_words};
use crate::smart::rules::Finding;
use crate::table::list;
use crate::units::Bytes;
use crate::words::{self, plain};

/// Why no plan is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "refusal")]
pub enum Refusal {
    /// The profile is for another box.
    OtherBox {
        /// Title of the box that the profile is for.
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
    /// Whether drives are in wished bays cannot be told.
    BaysNotKnown {
        /// Which.
        bays: Vec<BayId>,
        /// Why not.
        doubt: Doubt,
    },
    /// The bays are wished at a card, and the description has them at the chipset.
    NotLearned,
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
        /// True where a person may have it erased.
        erasable: bool,
    },
    /// A disk that a person named to be erased, and that is in use or could not be looked at.
    CannotTake {
        /// Which.
        drive: Drive,
        /// Why not.
        why: String,
    },
    /// The serial that was typed is not the disk's.
    OtherSerial {
        /// The disk, without its serial: it has to be read off the label.
        drive: Drive,
        /// What was typed.
        typed: Serial,
    },
    /// A disk is to be erased, and the pool is there already.
    TakeTooLate {
        /// The pool.
        pool: String,
    },
    /// No disk of the profile has the wwn that was typed.
    NoSuchTake {
        /// The wwn.
        wwn: Wwn,
    },
    /// A disk that says of itself that it is no good.
    Unsound {
        /// Which.
        drive: Drive,
        /// What it says.
        finding: Finding,
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
    /// The wished pool is in the wished bays, and another host had it last.
    UsedElsewhere {
        /// Name.
        pool: String,
        /// The host.
        host: String,
        /// Who used it last and when, in words.
        last: String,
    },
    /// A pool that zbay did not make, and a shipped profile that nobody said it should become.
    NotOurs {
        /// Name.
        pool: String,
        /// The profile's name.
        profile: String,
        /// Whether a profile of the pool as it is can be written.
        adoptable: bool,
    },
    /// The profile is for another pool of this name, or for one that is not here.
    OtherGuid {
        /// Name.
        pool: String,
        /// The GUID in the profile.
        wished: String,
        /// That of the pool that is here; `None`: there is none.
        is: Option<String>,
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
    /// A key file that is there and is no key, or others can read it.
    NoKey {
        /// The file.
        path: Utf8PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Its bytes.
        bytes: u64,
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

impl Refuses for Refusal {
    fn id(&self) -> &'static str {
        match self {
            Self::OtherBox { .. } => "other-box",
            Self::OtherMode { .. } => "other-mode",
            Self::Zfs { .. } => "zfs",
            Self::NotKnown { .. } => "not-known",
            Self::EmptyBay { .. } => "empty-bay",
            Self::BaysNotKnown { .. } => "bays-not-known",
            Self::NotLearned { .. } => "not-learned",
            Self::ManyInBay { .. } => "many-in-bay",
            Self::Flawed { .. } => "flawed",
            Self::NotFree { .. } => "not-free",
            Self::CannotTake { .. } => "cannot-take",
            Self::OtherSerial { .. } => "other-serial",
            Self::TakeTooLate { .. } => "take-too-late",
            Self::NoSuchTake { .. } => "no-such-take",
            Self::Unsound { .. } => "unsound",
            Self::Unexpected { .. } => "unexpected",
            Self::MixedSizes { .. } => "mixed-sizes",
            Self::SmallSpare { .. } => "small-spare",
            Self::PoolElsewhere { .. } => "pool-elsewhere",
            Self::UsedElsewhere { .. } => "used-elsewhere",
            Self::NotOurs { .. } => "not-ours",
            Self::OtherGuid { .. } => "other-guid",
            Self::Occupied { .. } => "occupied",
            Self::NoPrincipal { .. } => "no-principal",
            Self::NoKey { .. } => "no-key",
            Self::NoFeatureSet { .. } => "no-feature-set",
            Self::Boot4Kn { .. } => "boot4-kn",
        }
    }

    fn words(&self) -> Vec<Words> {
        vec![self.own_words()]
    }
}

shown_as_words!(Refusal);

impl Refusal {
    /// The number of the bay that is empty, where that is the matter.
    fn empty_bay(&self) -> Option<String> {
        match self {
            Self::EmptyBay { bay } if bay.as_str().parse::<u32>().is_ok() => Some(bay.to_string()),
            _ => None,
        }
    }

    /// The words of each.
    #[allow(clippy::too_many_lines)] // a row for each
    fn own_words(&self) -> Words {
        match self {
            Self::OtherBox { wished, is } => Words::new(
                format!("the profile is for {wished}, but this is {is}"),
                "`zbay propose` shows layouts for this one",
            ),
            Self::NotOurs { pool, profile, adoptable } => not_ours(pool, profile, *adoptable),
            Self::OtherGuid { pool, wished, is } => Words::new(
                match is {
                    Some(is) => format!(
                        "pool {pool} here has the GUID {is}, but the profile is for {wished}"
                    ),
                    None => format!("pool {pool} with the GUID {wished} is not here"),
                },
                "connect the drives of that pool; or remove `guid` from the profile if another \
                 pool is meant",
            ),
            Self::OtherMode { wished, is } => Words::new(
                format!("the profile requires {wished} mode; the controller is in {is} mode"),
                "change it in the BIOS setup (F9, SATA Controller Options), or the profile",
            ),
            Self::Zfs { why, remedy } => Words::new(why.clone(), remedy.clone()),
            Self::NotKnown { what, why } => Words::new(
                format!("{what} is not known: {why}"),
                "fix that first; a failed look proves nothing",
            ),
            Self::EmptyBay { bay } => Words::new(
                format!("{} is empty, but the profile wants a drive there", bay.spoken()),
                "put a drive in, or remove the bay from the profile: `zbay propose` has layouts",
            ),
            Self::BaysNotKnown { bays, doubt } => Words::new(
                format!("cannot tell whether there are drives in {}: {doubt}", words::bays(bays)),
                doubt.remedy(),
            ),
            Self::NotLearned => Words::new(
                "the profile has the bays at an HBA, but the description of this server has them \
                 at the chipset"
                    .to_owned(),
                "`zbay learn` finds out which port of the card is which bay; if the bays are at the chipset: \
                 `controller: ahci`",
            ),
            Self::ManyInBay { bay } => Words::new(
                format!("more than one drive answers for {}", bay.spoken()),
                "see `zbay show disk -p`; a port multiplier cannot be used: use direct ports or another controller",
            ),
            Self::PoolElsewhere { pool, sources } => Words::new(
                format!(
                    "a pool named `{pool}` exists but is not imported here: {}",
                    sources.join("; ")
                ),
                format!(
                    "`zbay import {pool}` if it is yours, or give the pool another name in the profile"
                ),
            ),
            Self::UsedElsewhere { pool, host, last } => Words::new(
                format!(
                    "the bays of the profile hold pool `{pool}`, {last}; this server is another \
                     host"
                ),
                format!(
                    "if no other machine is using it, import it with `zbay apply --from-host {}`",
                    plain(host)
                ),
            ),
            Self::TakeTooLate { pool } => Words::new(
                format!("pool `{pool}` already exists, so no drive is taken for it"),
                "leave out `--take`: it is for drives of a pool that is yet to be created",
            ),
            Self::NoSuchTake { wwn } => Words::new(
                format!("no drive in the bays of the profile has the wwn {wwn}"),
                "`zbay plan` without `--take` says which drives are not free, with their wwns",
            ),
            Self::Occupied { path } => Words::new(
                format!(
                    "{path} is a mountpoint of the profile but holds files that are not in the pool"
                ),
                "move them away, or write another `mountpoint`",
            ),
            Self::NoPrincipal { kind, name } => Words::new(
                format!("there is no {kind} `{name}` on this machine"),
                format!(
                    "make it first: {} {name}",
                    if *kind == "user" { "adduser" } else { "addgroup" }
                ),
            ),
            Self::NoFeatureSet { name } => Words::new(
                format!("this OpenZFS does not know the feature set `{name}`"),
                "write one of /usr/share/zfs/compatibility.d, or `compatibility: off`",
            ),
            Self::NoKey { path, mode, bytes } => Words::new(
                format!("{path} is not a key that zbay would use: mode {mode:o}, {bytes} bytes"),
                "a key is 64 hexadecimal digits that only root may read: `chmod 600`, or move the \
                 file away and zbay makes one",
            ),
            Self::Flawed {
                drive,
                flaw:
                    flaw @ (Flaw::OneDrive { .. }
                    | Flaw::Zoned { .. }
                    | Flaw::NoCapacity
                    | Flaw::NoSectors),
            } => Words::new(
                format!("{} ({}) {}", drive.spoken(), drive.name, flaw.words()),
                flaw.remedy(),
            )
            .about(drive),
            Self::Flawed { drive, flaw } => Words::new(
                format!("{} cannot be identified for sure: {}", drive.spoken(), flaw_words(flaw)),
                "use a drive or an adapter that passes its own wwn and serial",
            )
            .about(drive),
            Self::NotFree { drive, owner, seen, erasable } => {
                not_free(drive, owner, seen, *erasable)
            }
            Self::CannotTake { drive, why } => Words::new(
                format!("{} cannot be erased: {why}", drive.spoken()),
                "do not erase what is in use or cannot be read; see `zbay show disk -a`",
            )
            .about(drive),
            Self::OtherSerial { drive, typed } => Words::new(
                format!(
                    "the serial `{typed}` is not that of the drive in {}, so nothing was written",
                    drive.spoken()
                ),
                "take the drive out, read the serial off its label, and type that",
            ),
            Self::Unsound { drive, finding } => {
                let mut words = Words::new(
                    format!("{} {}", drive.spoken(), finding.words()),
                    "use another drive; to use this one anyway: `accept_smart: true` below `pool`",
                )
                .about(drive);
                words.advice.push(("or", finding.remedy().to_owned()));
                words
            }
            Self::Unexpected { drive, wished, is } => Words::new(
                format!("{} holds {is}, but the profile expects {wished}", drive.spoken()),
                "swap the drive, or change `expect` in the profile",
            )
            .about(drive),
            Self::MixedSizes { drives, unused } => {
                let unused = unused.tb();
                let mut words = Words::new(
                    format!("the drives of one vdev differ in size; {unused} would stay unused"),
                    "use equal drives, another layout (`zbay propose`), or accept it: \
                     `mixed_sizes: waste` below `pool`",
                );
                words.drives = in_columns(drives);
                words
            }
            Self::SmallSpare { drive, needed } => Words::new(
                format!(
                    "the spare in {} is smaller than the drives it has to replace",
                    drive.spoken()
                ),
                format!("use a spare of {needed} bytes or more"),
            )
            .about(drive),
            Self::Boot4Kn { drive } => Words::new(
                format!(
                    "{} has 4096-byte sectors, and this server's BIOS cannot boot from it",
                    drive.spoken()
                ),
                "boot from a drive with 512-byte logical sectors",
            )
            .about(drive),
        }
    }
}

/// One line a drive, aligned.
fn in_columns(drives: &[Drive]) -> Vec<String> {
    let rows: Vec<Vec<String>> = drives
        .iter()
        .map(|drive| {
            let mut row = vec![drive.place()];
            row.extend(drive.label().split("  ").map(str::to_owned));
            row
        })
        .collect();
    list(0, &rows).lines().map(str::to_owned).collect()
}

fn not_free(drive: &Drive, owner: &Owner, seen: &[String], erasable: bool) -> Words {
    let mut words = Words::new(
        format!("{} is not free, so nothing was written", drive.spoken()),
        String::new(),
    );
    words.advice = vec![("holds", sentence::sentence(owner))];
    let label = |index| if index == 0 { "seen" } else { "" };
    words.advice.extend(seen.iter().enumerate().map(|(index, line)| (label(index), plain(line))));
    if drive.assumed {
        words.advice.push(("order", ASSUMED.to_owned()));
    }
    words.advice.push(("keep it", sentence::keep(owner)));
    if let (true, Some(wwn)) = (erasable, &drive.wwn) {
        words.advice.push(("erase it", format!("zbay apply --take wwn-{wwn}=SERIAL")));
        let how = "with the serial read off the drive; it erases this drive alone";
        words.advice.push(("", how.to_owned()));
    } else {
        words.advice.push(("erase it", "not by zbay: `zbay help foreign`".to_owned()));
    }
    words.drives.push(format!("{}  {}", drive.place(), drive.label()));
    words
}

fn flaw_words(flaw: &Flaw) -> String {
    match flaw {
        Flaw::PlaceholderWwn => "its wwn is shared by many units".to_owned(),
        Flaw::OneDrive { .. } | Flaw::Zoned { .. } | Flaw::NoCapacity | Flaw::NoSectors => {
            flaw.words()
        }
        Flaw::DuplicateWwn { with } => format!("{} has the same wwn", with.join(", ")),
        Flaw::DuplicateSerial { with } => {
            format!("{} has the same serial", with.join(", "))
        }
        Flaw::NoAddress => "it has no name that survives a reboot".to_owned(),
    }
}

/// All refusals of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub Vec<Refusal>);

impl Refuses for Refused {
    fn id(&self) -> &'static str {
        self.0.first().map_or("refused", Refuses::id)
    }

    fn words(&self) -> Vec<Words> {
        // A whole row of empty bays is one thing to say.
        let empty: Vec<String> = self.0.iter().filter_map(Refusal::empty_bay).collect();
        let row = empty.len() > 2;
        let of_row = row.then(|| {
            Words::new(
                format!("bays {} are empty, but the profile wants drives there", empty.join(", ")),
                "put drives in, or remove the bays from the profile",
            )
        });
        let rest = self.0.iter().filter(|refusal| !row || refusal.empty_bay().is_none());
        of_row.into_iter().chain(rest.map(Refusal::own_words)).collect()
    }
}

shown_as_words!(Refused);

/// The words for a pool that zbay did not make.
fn not_ours(pool: &str, profile: &str, adoptable: bool) -> Words {
    let onto = format!("`zbay plan {profile} --onto-existing` changes it to this profile");
    let mut words = Words::new(
        format!(
            "pool {pool} was not made by zbay, so zbay does not apply a shipped profile to it \
             unasked"
        ),
        if adoptable {
            format!("`zbay adopt {pool}` writes a profile of the pool as it is")
        } else {
            "write your own profile for it, and name that file".to_owned()
        },
    );
    words.advice.push(("or", onto));
    words
}
