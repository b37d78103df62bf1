//! The words by which a person names a bay, a drive or a member of a pool, so that every command understands the same.
//!
//! A bay's own word comes first: `2` is bay 2, whatever a serial ends in. Then a drive or a member that is called so
//! whole (the kernel's name, a name below `/dev/disk`, its wwn, its serial, a member's GUID or what ZFS calls it), then
//! one whose serial ends so. What means more than one is refused, and nobody guesses.

use crate::drive::Drive;
use crate::hw::Hw;
use crate::inventory::seats::in_bay;
use crate::inventory::vacancy::Vacancy;
use crate::inventory::{Disk, Inventory};
use crate::life::ReplaceError;
use crate::life::member::{self, Member};
use crate::names::{BayId, Serial};
use crate::plan::{Refusal, Refused};

/// How a word fits a name, the better the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Never.
    No,
    /// It is the end of its serial, four characters or more.
    End,
    /// It is one of its names but for the number of a partition.
    Part,
    /// It is one of its names.
    Whole,
}

/// What words are understood from.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The box.
    pub hw: &'a Hw,
    /// The look.
    pub inventory: &'a Inventory,
}

/// What a word names.
#[derive(Clone, Debug)]
pub enum Named<'a> {
    /// A bay or another place of the box, or a drive that is here.
    Spot(Spot<'a>),
    /// A member whose drive is not here.
    Gone(Member<'a>),
}

/// A bay, empty or not; or a drive, where its bay does not say which one is meant.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    /// The bay; `None`: the drive is in none.
    pub bay: Option<BayId>,
    /// The drive, where the bay alone does not say it: it is in none, or several are in it.
    own: Option<&'a Disk>,
}

impl<'a> Spot<'a> {
    /// A bay, whoever is in it.
    pub fn bay(bay: BayId) -> Self {
        Self { bay: Some(bay), own: None }
    }

    /// Where a drive is.
    pub fn of(known: &Known<'a>, disk: &'a Disk) -> Self {
        let Known { hw, inventory, .. } = *known;
        let seat = disk.seat(hw);
        let alone = seat.as_ref().is_some_and(|seat| in_bay(hw, inventory, &seat.bay).len() == 1);
        Self { bay: seat.map(|seat| seat.bay), own: Some(disk).filter(|_| !alone) }
    }

    /// The drive that is there; `None`: the bay is empty.
    ///
    /// # Errors
    /// Several drives are in the bay.
    pub fn disk(&self, known: &Known<'a>) -> Result<Option<&'a Disk>, ReplaceError> {
        let (None, Some(bay)) = (self.own, &self.bay) else { return Ok(self.own) };
        match in_bay(known.hw, known.inventory, bay)[..] {
            [] => Ok(None),
            [disk] => Ok(Some(disk)),
            _ => Err(ReplaceError::Drive(Refused(vec![Refusal::ManyInBay { bay: bay.clone() }]))),
        }
    }

    /// Why nobody can say that the bay is empty; `None`: it is. A bay in doubt is not named as the one to fill.
    pub fn doubted(&self, known: &Known<'_>) -> Option<ReplaceError> {
        let bay = self.bay.as_ref().filter(|_| self.own.is_none())?;
        match known.hw.vacancy(known.inventory, bay) {
            Vacancy::NotKnown(doubt) => {
                let bays = vec![bay.clone()];
                Some(ReplaceError::Drive(Refused(vec![Refusal::BaysNotKnown { bays, doubt }])))
            }
            Vacancy::Taken | Vacancy::Empty => None,
        }
    }

    /// Whether a member is on the drive that is there.
    pub fn has(&self, hw: &Hw, member: &Member<'_>) -> bool {
        match self.own {
            Some(own) => member.disk.is_some_and(|disk| disk.name == own.name),
            None => self.bay.as_ref().is_some_and(|bay| member.is_in(hw, bay)),
        }
    }

    /// As a sentence names it: `bay 3`, `the fifth port`, `` `sdb` ``.
    pub fn spoken(&self) -> String {
        match (self.own, &self.bay) {
            (Some(disk), _) => format!("`{}`", disk.name),
            (None, bay) => bay.as_ref().map(BayId::spoken).unwrap_or_default(),
        }
    }

    /// As it is typed again: the bay, or the name of the drive that stays when the kernel counts anew.
    pub fn typed(&self) -> String {
        let name = |disk: &Disk| {
            let stable = disk.address.as_ref().and_then(|address| address.file_name());
            stable.unwrap_or(&disk.name).to_owned()
        };
        let bay = || self.bay.as_ref().map(ToString::to_string).unwrap_or_default();
        self.own.map_or_else(bay, name)
    }
}

/// What a person means by a word.
///
/// # Errors
/// Nothing is called so, or more than one.
pub fn named<'a>(known: &Known<'a>, word: &str) -> Result<Named<'a>, ReplaceError> {
    let Known { hw, inventory, .. } = *known;
    let bay: Option<BayId> = word.parse().ok();
    let is_bay =
        |bay: &BayId| (hw.knows(bay) && !hw.is_generic()) || !in_bay(hw, inventory, bay).is_empty();
    if let Some(bay) = bay.clone().filter(is_bay) {
        return Ok(Named::Spot(Spot::bay(bay)));
    }
    let members = member::all(inventory);
    let drives = inventory.disks.iter().map(|disk| {
        let on_it = members.iter().filter(|it| it.disk.is_some_and(|it| it.name == disk.name));
        let as_member = on_it.map(|member| member.called(known, word)).max();
        let fit = disk_called(disk, word).max(as_member.unwrap_or(Fit::No));
        (fit, Named::Spot(Spot::of(known, disk)), disk_words(hw, disk))
    });
    let gone = members.iter().filter(|member| member.disk.is_none()).map(|member| {
        let words = member.named(hw, &member.missing(known.hw, known.inventory));
        (member.called(known, word), Named::Gone(*member), words)
    });
    let all: Vec<(Fit, Named<'a>, String)> = drives.chain(gone).collect();
    let best = all.iter().map(|(fit, ..)| *fit).max().unwrap_or(Fit::No);
    let fitting = all.iter().filter(|(fit, ..)| *fit == best && best > Fit::No);
    // Where ports stand for bays, one that nothing is at is an empty one.
    let empty = bay.filter(|bay| hw.knows(bay));
    match (&fitting.collect::<Vec<_>>()[..], empty) {
        ([(_, one, _)], _) => Ok(one.clone()),
        ([], Some(bay)) => Ok(Named::Spot(Spot::bay(bay))),
        ([], None) => Err(ReplaceError::NoBay {
            word: word.to_owned(),
            is_bay: is_number(word),
            known: hw.seats(),
            drives: inventory.disks.iter().map(|disk| disk_words(hw, disk)).collect(),
        }),
        (many, _) => Err(ReplaceError::Ambiguous {
            word: word.to_owned(),
            known: many.iter().map(|(.., words)| words.clone()).collect(),
        }),
    }
}

/// The same, where only what is here will do: a bay, or a drive.
///
/// # Errors
/// Nothing is called so, more than one, or a member that is not here.
pub fn spot<'a>(known: &Known<'a>, word: &str) -> Result<Spot<'a>, ReplaceError> {
    match named(known, word)? {
        Named::Spot(spot) => Ok(spot),
        Named::Gone(member) => {
            let was = member.named(known.hw, &member.missing(known.hw, known.inventory));
            Err(ReplaceError::NotHere { word: word.to_owned(), was })
        }
    }
}

/// The members that a person means by a word: those in the bay of this name, or else those that are called so.
pub fn members<'a>(known: &Known<'_>, all: &[Member<'a>], word: &str) -> Vec<Member<'a>> {
    if let Ok(bay) = word.parse::<BayId>() {
        let in_it = all.iter().filter(|member| member.is_in(known.hw, &bay));
        let in_it: Vec<Member<'a>> = in_it.copied().collect();
        if !in_it.is_empty() {
            return in_it;
        }
    }
    members_named(known, all, word)
}

/// The same, by their own names alone and no bay's.
pub fn members_named<'a>(known: &Known<'_>, all: &[Member<'a>], word: &str) -> Vec<Member<'a>> {
    let fits: Vec<Fit> = all.iter().map(|member| member.called(known, word)).collect();
    let best = fits.iter().max().copied().unwrap_or(Fit::No);
    let called = all.iter().zip(fits).filter(|(_, fit)| *fit == best && best > Fit::No);
    called.map(|(member, _)| *member).collect()
}

/// How a word fits a drive's own names.
pub fn disk_called(disk: &Disk, word: &str) -> Fit {
    let typed = word.to_ascii_lowercase();
    let links = disk.links.iter().map(|link| name_called(link.as_str(), word));
    let fit = links.max().unwrap_or(Fit::No).max(match kernel_called(&disk.name, &typed) {
        Some("") => Fit::Whole,
        Some(_) => Fit::Part,
        None => Fit::No,
    });
    let wwn = disk.wwn.as_ref().map(|wwn| wwn.to_string().to_ascii_lowercase());
    if wwn.is_some_and(|wwn| typed == wwn || typed.strip_prefix("wwn-") == Some(&wwn)) {
        return Fit::Whole;
    }
    let serial = disk.serial.as_ref();
    let serial = serial.map(|serial| serial_called(serial, disk.model.as_deref(), word));
    fit.max(serial.unwrap_or(Fit::No))
}

/// Whether a word has the number of another partition of the drive than a member's path has.
pub fn is_other_partition(disk: &Disk, path: &str, word: &str) -> bool {
    let number = |name: &str| {
        let name = name.to_ascii_lowercase();
        let kernel = kernel_called(&disk.name, &name).filter(|number| !number.is_empty());
        let link = without_part(&name).1;
        kernel.or(link).and_then(|number| number.parse::<u32>().ok())
    };
    matches!((number(path), number(word)), (Some(own), Some(typed)) if own != typed)
}

/// How a word fits a serial, as the drive tells it or as its label has it.
pub fn serial_called(serial: &Serial, model: Option<&str>, word: &str) -> Fit {
    let whole = [serial.as_str(), serial.on_label(model)];
    if whole.iter().any(|serial| serial.eq_ignore_ascii_case(word)) {
        return Fit::Whole;
    }
    if word.len() > 3 && serial.ends_with(word, model) { Fit::End } else { Fit::No }
}

/// How a word fits this path or name of a device, with its directory or without.
pub fn name_called(name: &str, word: &str) -> Fit {
    let (name, typed) = (name.to_ascii_lowercase(), word.to_ascii_lowercase());
    let (long, short) = (below_dev(&name), name.rsplit('/').next().unwrap_or(&name));
    let typed = below_dev(&typed);
    if typed.is_empty() {
        return Fit::No;
    }
    let part = |name: &str| typed == without_part(name).0 || without_part(typed).0 == name;
    match (typed == long || typed == short, part(long) || part(short)) {
        (true, _) => Fit::Whole,
        (false, true) => Fit::Part,
        (false, false) => Fit::No,
    }
}

/// Whether a word in small letters is the kernel's name of a drive or of a partition of it: the number of that, or nothing.
fn kernel_called<'a>(name: &str, typed: &'a str) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let rest = typed.strip_prefix("/dev/").unwrap_or(typed).strip_prefix(name.as_str())?;
    if rest.is_empty() {
        return Some(rest);
    }
    // `nvme0n12` is another drive than `nvme0n1`: where the name ends in a digit, a partition has a `p` before its number.
    let p = name.ends_with(|it: char| it.is_ascii_digit());
    let number = if p { rest.strip_prefix('p')? } else { rest };
    is_digits(number).then_some(number)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// `/dev/disk/by-id/wwn-0x..`, `by-id/wwn-0x..`: the name; `/dev/mapper/x` keeps its directory.
fn below_dev(path: &str) -> &str {
    let path = path.strip_prefix("/dev/").unwrap_or(path);
    let path = path.strip_prefix("disk/").unwrap_or(path);
    match path.split_once('/') {
        Some((dir, name)) if dir.starts_with("by-") => name,
        _ => path,
    }
}

/// A name without `-partN`, and the number.
fn without_part(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once("-part") {
        Some((base, part)) if is_digits(part) => (base, Some(part)),
        _ => (name, None),
    }
}

/// `3`; a GUID is a number too, and longer than any bay.
pub fn is_number(word: &str) -> bool {
    word.len() < 6 && is_digits(word)
}

/// A word as a sentence names it: `bay 3`, or in backticks as it was typed.
pub fn spoken(word: &str) -> String {
    let bay = word.parse::<BayId>().ok().filter(|_| is_number(word));
    bay.map_or_else(|| format!("`{word}`"), |bay| bay.spoken())
}

/// `bay 3, ST2000DM001-1ER164 Z4Z0EXA2`.
fn disk_words(hw: &Hw, disk: &Disk) -> String {
    let drive = Drive::of(hw, disk);
    let serial = drive.serial.as_ref().map_or("no serial".to_owned(), ToString::to_string);
    let name = if drive.place() == disk.name { String::new() } else { format!(" ({})", disk.name) };
    format!("{}{name}, {} {serial}", drive.place(), drive.model.unwrap_or_default())
}

impl Member<'_> {
    /// How a word fits it: its GUID, its name as ZFS has it, any name of the drive that it is on, or the serial of the drive
    /// that it was on.
    pub fn called(&self, known: &Known<'_>, word: &str) -> Fit {
        if self.leaf.guid.to_string() == word {
            return Fit::Whole;
        }
        let leaf = self.leaf;
        let path = leaf.path.as_ref().map(|path| path.as_str());
        let names = [path, leaf.devid.as_deref(), leaf.told.name.as_deref()];
        let own = names.into_iter().flatten().map(|name| name_called(name, word));
        let own = own.max().unwrap_or(Fit::No);
        if let Some(disk) = self.disk {
            let other = path.is_some_and(|path| is_other_partition(disk, path, word));
            let as_drive = if other { Fit::No } else { disk_called(disk, word) };
            return own.max(as_drive);
        }
        let gone = self.missing(known.hw, known.inventory);
        let serial: Option<Serial> = gone.serial.and_then(|serial| serial.parse().ok());
        let serial = serial.map(|it| serial_called(&it, Some(&gone.model), word));
        own.max(serial.unwrap_or(Fit::No))
    }
}

#[cfg(test)]
#[path = "called_tests.rs"]
mod tests;
