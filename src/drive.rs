//! A drive as every message names it: bay, model, size, serial and wwn.
//!
//! Nobody pulls a drive by its kernel name. A [`Drive`] is what a person needs to find the right one, and it
//! says when the bay is not proved: then the serial on the drive's label has to be compared.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hw::{Hw, Sure};
use crate::inventory::Disk;
use crate::names::{BayId, Serial, Wwn};
use crate::units::Bytes;
use std::cmp::Ordering;

/// What tells a drive from all others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drive {
    /// Bay or place; `None`: at a port that the box's description does not know.
    pub bay: Option<BayId>,
    /// True where it is not confirmed that this port is this bay.
    pub assumed: bool,
    /// Model.
    pub model: Option<String>,
    /// Size.
    pub size: Bytes,
    /// Serial number.
    pub serial: Option<Serial>,
    /// World wide name.
    pub wwn: Option<Wwn>,
    /// Kernel name of this boot, where nothing better is known.
    pub name: String,
}

impl Drive {
    /// The drive that `disk` is, seated by `hw`.
    pub fn of(hw: &Hw, disk: &Disk) -> Self {
        let seat = disk.seat(hw);
        Self {
            assumed: seat.as_ref().is_some_and(|seat| seat.sure == Sure::Assumed && seat.is_bay),
            bay: seat.map(|seat| seat.bay),
            model: disk.model.as_deref().map(printable),
            size: disk.size,
            serial: disk.serial.as_ref().and_then(|serial| printable(serial.as_str()).parse().ok()),
            wwn: disk.wwn.clone(),
            name: disk.name.clone(),
        }
    }

    /// The bay as a line begins with it: `bay 1`, `usb`, `sda` where there is none.
    pub fn place(&self) -> String {
        match &self.bay {
            Some(bay) if bay.as_str().starts_with(|c: char| c.is_ascii_digit()) => {
                format!("bay {bay}")
            }
            Some(bay) => bay.to_string(),
            None => self.name.clone(),
        }
    }

    /// As a sentence begins with it: `bay 3`, `the fifth port`.
    pub fn spoken(&self) -> String {
        self.bay.as_ref().map_or_else(|| format!("`{}`", self.name), BayId::spoken)
    }

    /// Model, size, serial and wwn in columns, for a line below an error.
    pub fn label(&self) -> String {
        let model = self.model.as_deref().unwrap_or("(no model)");
        let serial = self.serial.as_ref().map_or("(no serial)", Serial::as_str);
        let wwn =
            self.wwn.as_ref().map_or_else(|| "(no wwn)".to_owned(), |wwn| format!("wwn-{wwn}"));
        format!("{model}  {}  {serial}  {wwn}", self.capacity())
    }

    /// `4.00 TB`, or that it has none.
    fn capacity(&self) -> String {
        if self.size == Bytes(0) { "no capacity".to_owned() } else { self.size.tb() }
    }
}

/// What a drive calls itself is foreign input: nothing in it may move a cursor or fake a line.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

impl fmt::Display for Drive {
    /// In one line: `bay 3, ST2000DM001-1ER164 2.00 TB, serial Z4Z0EXA2, wwn 0x5000c5007cebaf42`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spoken())?;
        write!(f, ", {} {}", self.model.as_deref().unwrap_or("unknown model"), self.capacity())?;
        match &self.serial {
            Some(serial) => write!(f, ", serial {serial}")?,
            None => f.write_str(", no serial")?,
        }
        match &self.wwn {
            Some(wwn) => write!(f, ", wwn {wwn}")?,
            None => f.write_str(", no wwn")?,
        }
        if self.assumed {
            f.write_str(" (the bay is assumed: compare the serial on the drive)")?;
        }
        Ok(())
    }
}

/// Drives in the order of their places, those without one behind.
pub fn by_place(a: &Drive, b: &Drive) -> Ordering {
    a.bay.is_none().cmp(&b.bay.is_none()).then_with(|| a.bay.cmp(&b.bay))
}
