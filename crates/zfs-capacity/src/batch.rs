//! One line of JSON in, one out: a pool and what it gives, for programs that ask for many.
//!
//! A line is judged by itself; one that cannot be is answered by an error that names the value and what is
//! allowed. Unknown keys are refused, so that a misspelt one is not ignored. Answering allocates what the
//! parser needs and one list that is used again, because a batch may be of millions of lines.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::batch_fields::{Child, Length, RecordSize, Shift, Text};
use super::class::Class;
use super::cut::Cut;
use super::drive::Drive;
use super::error::CapacityError;
use super::geometry::{Birth, Geometry, Make, Totals};
use super::kind::Kind;
use super::leaf::leaf;
use super::pool::MAX_VDEVS;
use super::vdev::{Terms, check_sector};
use super::write::{File, Record, Target};
use super::zfs::Zfs;
use crate::units::{Ashift, Bytes};

/// A pool, as a line says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    id: Value,
    zfs: Option<Text<Zfs>>,
    partition: Option<Text<Cut>>,
    vdevs: Vec<Asked>,
    write: Option<AskedFile>,
}

/// A vdev; a stripe of several children is several.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "type")]
    kind: Text<Kind>,
    ashift: Option<Shift>,
    children: Vec<Child>,
    class: Option<Text<Class>>,
    /// Logical sector of the children: 512 where it is left out.
    sector: Option<u32>,
    born: Option<AskedBirth>,
}

/// What a vdev was made of, where it has grown since.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedBirth {
    children: Vec<Child>,
    zfs: Option<Text<Zfs>>,
}

/// A file that is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedFile {
    bytes: Length,
    recordsize: Option<RecordSize>,
    /// On where it is left out, as in new pools.
    compression: Option<bool>,
}

#[derive(Serialize)]
struct Response<'a> {
    id: &'a Value,
    size: Bytes,
    usable: Bytes,
    slop: Bytes,
    vdevs: &'a [Answered],
    #[serde(skip_serializing_if = "Option::is_none")]
    write: Option<AnsweredFile>,
}

#[derive(Serialize)]
struct Answered {
    asize: Bytes,
    ms_shift: u32,
    ms_count: u64,
    deflate_ratio: u64,
    dspace: Bytes,
}

#[derive(Serialize)]
struct AnsweredFile {
    allocated: Bytes,
    used: Bytes,
}

#[derive(Serialize)]
struct Refused<'a> {
    id: &'a Value,
    error: &'a str,
}

/// Answers lines, one after the other.
#[derive(Default)]
pub struct Batch {
    terms: Terms,
    vdevs: Vec<Answered>,
    targets: Vec<Target>,
}

impl Batch {
    /// Under these terms, where a line does not name its own.
    pub fn new(terms: Terms) -> Self {
        Self { terms, ..Self::default() }
    }

    /// Writes the answer to `line` behind `out`, with a line feed; `false`: it is an error.
    pub fn answer(&mut self, line: &[u8], out: &mut Vec<u8>) -> bool {
        let request = match serde_json::from_slice::<Request>(line) {
            Ok(request) => request,
            Err(why) => {
                let id = id_of(line);
                refuse(&id, &why.to_string(), out);
                return false;
            }
        };
        let before = out.len();
        match self.respond(&request, out) {
            Ok(()) => {
                out.push(b'\n');
                true
            }
            Err(why) => {
                out.truncate(before);
                refuse(&request.id, &why.to_string(), out);
                false
            }
        }
    }

    fn respond(&mut self, request: &Request, out: &mut Vec<u8>) -> Result<(), CapacityError> {
        let terms = Terms {
            zfs: request.zfs.as_ref().map_or(self.terms.zfs, |it| it.0),
            cut: request.partition.as_ref().map_or(self.terms.cut, |it| it.0),
        };
        self.vdevs.clear();
        self.targets.clear();
        let mut totals = Totals::default();
        for asked in &request.vdevs {
            let each = if asked.kind.0 == Kind::Stripe { 1 } else { asked.children.len().max(1) };
            if asked.children.is_empty() {
                return Err(CapacityError::Width { kind: asked.kind.0, leaves: 0 });
            }
            for children in asked.children.chunks(each) {
                totals = self.add(asked, children, terms, totals)?;
            }
        }
        let (slop, usable) = totals.slop_and_usable(terms.zfs)?;
        let write = request.write.as_ref().map(|file| self.write(file)).transpose()?;
        let (id, size, vdevs) = (&request.id, totals.size, &self.vdevs[..]);
        let response = Response { id, size, usable, slop, vdevs, write };
        serde_json::to_writer(out, &response).map_err(|_| CapacityError::TooLarge)
    }

    fn add(
        &mut self,
        asked: &Asked,
        children: &[Child],
        terms: Terms,
        totals: Totals,
    ) -> Result<Totals, CapacityError> {
        if self.vdevs.len() == MAX_VDEVS {
            return Err(CapacityError::Vdevs { count: MAX_VDEVS + 1 });
        }
        let ashift = asked.ashift.as_ref().map_or(Ashift::DEFAULT, |it| it.0);
        let sector = asked.sector.unwrap_or(512);
        let class = asked.class.as_ref().map_or(Class::Normal, |it| it.0);
        let (width, least) = smallest(children, sector, ashift, terms)?;
        let born = match &asked.born {
            None => None,
            Some(born) => {
                let zfs = born.zfs.as_ref().map_or(terms.zfs, |it| it.0);
                let terms = Terms { zfs, ..terms };
                let (width, leaf) = smallest(&born.children, sector, ashift, terms)?;
                Some(Birth { width, leaf, zfs })
            }
        };
        let kind = asked.kind.0;
        let shape = Make { kind, width, leaf: least, ashift, class, born };
        let vdev = Geometry::of(&shape, terms.zfs)?;
        self.vdevs.push(Answered {
            asize: vdev.asize,
            ms_shift: vdev.metaslabs.shift,
            ms_count: vdev.metaslabs.count,
            deflate_ratio: vdev.deflate_ratio,
            dspace: vdev.dspace,
        });
        if class == Class::Normal {
            let (deflate_ratio, size) = (vdev.deflate_ratio, vdev.size);
            self.targets.push(Target { kind, width, ashift, deflate_ratio, size });
        }
        totals.and(class, &vdev)
    }

    fn write(&self, asked: &AskedFile) -> Result<AnsweredFile, CapacityError> {
        let record =
            asked.recordsize.as_ref().map_or(Ok(Record::DEFAULT), |it| Record::new(it.0))?;
        let compression = asked.compression.unwrap_or(true);
        let file = File { bytes: Bytes(asked.bytes.0), record, compression };
        let written = file.written(&self.targets)?;
        Ok(AnsweredFile { allocated: written.allocated, used: written.used })
    }
}

/// How many children there are, and the allocatable bytes of the smallest leaf.
fn smallest(
    children: &[Child],
    logical_sector: u32,
    ashift: Ashift,
    terms: Terms,
) -> Result<(u64, Bytes), CapacityError> {
    let width = u64::try_from(children.len()).map_err(|_| CapacityError::TooLarge)?;
    let least = children.iter().map(|child| child.0).min().unwrap_or(0);
    let drive = Drive { bytes: Bytes(least), logical_sector };
    check_sector(ashift, drive)?;
    Ok((width, leaf(terms.cut.made_by(terms.zfs, drive)?)?))
}

/// The id of a line that is no request, if it is JSON at all.
fn id_of(line: &[u8]) -> Value {
    match serde_json::from_slice(line) {
        Ok(Value::Object(mut map)) => map.remove("id").unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// Writes the answer to a line that cannot be.
pub fn refuse(id: &Value, error: &str, out: &mut Vec<u8>) {
    let before = out.len();
    if serde_json::to_writer(&mut *out, &Refused { id, error }).is_err() {
        out.truncate(before);
    }
    out.push(b'\n');
}
