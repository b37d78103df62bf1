//! Reads an nvlist that was packed as XDR, the form of ZFS labels.
//!
//! Form: `module/nvpair/nvpair.c` of OpenZFS (`nvs_xdr`), RFC 4506 for the scalars. What is read comes from
//! disks of strangers: every length is checked against the bytes that are left, depth is limited, and
//! nothing is allocated for a count before its bytes were seen. Values that zbay does not need are
//! stepped over by the size that each pair gives of itself.

use std::collections::BTreeMap;

/// Nested lists below a label's are four deep at most; so many are taken.
const DEPTH: u8 = 12;

/// A packed list, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct List(BTreeMap<String, Value>);

/// A value of a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Number(u64),
    Text(String),
    List(List),
    Lists(Vec<List>),
    /// Of a type that zbay has no use for.
    Other,
}

/// A value of a pair that is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    /// An unsigned 64-bit number.
    Number(u64),
    /// A text.
    Text(&'a str),
}

impl List {
    /// An unsigned 64-bit number.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.0.get(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A list within.
    pub fn list(&self, name: &str) -> Option<&Self> {
        match self.0.get(name)? {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// Lists within; none where there are none.
    pub fn lists(&self, name: &str) -> &[Self] {
        match self.0.get(name) {
            Some(Value::Lists(lists)) => lists,
            _ => &[],
        }
    }

    /// Sees each text and number with the name of its pair, in lists within too.
    pub fn each(&self, see: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (name, value) in &self.0 {
            match value {
                Value::Number(number) => see(name, Scalar::Number(*number)),
                Value::Text(text) => see(name, Scalar::Text(text)),
                Value::List(list) => list.each(see),
                Value::Lists(lists) => lists.iter().for_each(|list| list.each(see)),
                Value::Other => {}
            }
        }
    }

    /// Packs the pairs whose names are in `keep`, as XDR with its header, each text and number as `number` and `text` say.
    pub fn pack(
        &self,
        keep: &[&str],
        text: &dyn Fn(&str, &str) -> String,
        number: &dyn Fn(u64) -> u64,
    ) -> Vec<u8> {
        let mut bytes = vec![1, 1, 0, 0];
        self.pack_into(&mut bytes, keep, text, number);
        bytes
    }

    fn pack_into(
        &self,
        to: &mut Vec<u8>,
        keep: &[&str],
        text: &dyn Fn(&str, &str) -> String,
        number: &dyn Fn(u64) -> u64,
    ) {
        to.extend([0, 0, 0, 0, 0, 0, 0, 1]); // version, NV_UNIQUE_NAME
        for (name, value) in self.0.iter().filter(|(name, _)| keep.contains(&name.as_str())) {
            let mut data = Vec::new();
            let (kind, count): (u32, usize) = match value {
                Value::Number(it) => {
                    data.extend(number(*it).to_be_bytes());
                    (8, 1)
                }
                Value::Text(it) => {
                    pack_text(&mut data, &text(name, it));
                    (9, 1)
                }
                Value::List(list) => {
                    list.pack_into(&mut data, keep, text, number);
                    (19, 1)
                }
                Value::Lists(lists) => {
                    for list in lists {
                        list.pack_into(&mut data, keep, text, number);
                    }
                    (20, lists.len())
                }
                Value::Other => continue,
            };
            let mut pair = Vec::new();
            pack_text(&mut pair, name);
            pair.extend(kind.to_be_bytes());
            pair.extend(u32::try_from(count).unwrap_or(0).to_be_bytes());
            pair.extend(data);
            let size = u32::try_from(pair.len() + 8).unwrap_or(0).to_be_bytes();
            to.extend([size, size].concat()); // the second is the size in memory, which no reader needs
            to.extend(pair);
        }
        to.extend([0; 8]);
    }

    /// Reads a packed list with its four bytes of header (`nvs_header_t`). The error is a phrase.
    pub fn unpack(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut from = Cursor(bytes);
        match from.take(4)? {
            [1, 0 | 1, _, _] => from.list(0),
            _ => Err("it is no nvlist in XDR"),
        }
    }
}

fn pack_text(to: &mut Vec<u8>, text: &str) {
    to.extend(u32::try_from(text.len()).unwrap_or(0).to_be_bytes());
    to.extend(text.as_bytes());
    to.resize(to.len() + text.len().next_multiple_of(4) - text.len(), 0);
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("the nvlist ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, &'static str> {
        let bytes = self.take(4)?.try_into().map_err(|_| "the nvlist ends too early")?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, &'static str> {
        let bytes = self.take(8)?.try_into().map_err(|_| "the nvlist ends too early")?;
        Ok(u64::from_be_bytes(bytes))
    }

    /// A string: length, bytes, padding to four.
    fn text(&mut self) -> Result<String, &'static str> {
        let len = usize::try_from(self.u32()?).map_err(|_| "a string is too long")?;
        let text = self.take(len)?;
        self.take(len.next_multiple_of(4) - len)?;
        // Names of devices and hosts of strangers: shown, so nothing that moves a cursor.
        let text = String::from_utf8_lossy(text);
        Ok(text.chars().map(|c| if c.is_control() { '?' } else { c }).collect())
    }

    /// Version, flags, pairs, and a pair of zero sizes as the end.
    fn list(&mut self, depth: u8) -> Result<List, &'static str> {
        if depth > DEPTH {
            return Err("the nvlist is nested too deep");
        }
        self.take(8)?;
        let mut list = List::default();
        loop {
            let size = self.u32()?;
            let decoded = self.u32()?;
            if size == 0 && decoded == 0 {
                return Ok(list);
            }
            let size = usize::try_from(size).map_err(|_| "a pair is too long")?;
            let body = size.checked_sub(8).ok_or("a pair has an impossible size")?;
            let mut pair = Cursor(self.take(body)?);
            let name = pair.text()?;
            let kind = pair.u32()?;
            let count = pair.u32()?;
            let value = match (kind, count) {
                (8, 1) => Value::Number(pair.u64()?),
                (9, 1) => Value::Text(pair.text()?),
                (19, 1) => Value::List(pair.list(depth + 1)?),
                (20, count) => {
                    let mut lists = Vec::new();
                    for _ in 0..count {
                        lists.push(pair.list(depth + 1)?);
                    }
                    Value::Lists(lists)
                }
                _ => Value::Other,
            };
            list.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A pair as `nvs_xdr` packs it.
    fn pair(name: &str, kind: u32, count: u32, value: &[u8]) -> Vec<u8> {
        let text = |text: &str| {
            let mut bytes = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
            bytes.extend(text.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(4), 0);
            bytes
        };
        let mut body = text(name);
        body.extend(kind.to_be_bytes());
        body.extend(count.to_be_bytes());
        body.extend(if kind == 9 { text(str::from_utf8(value).unwrap()) } else { value.to_vec() });
        let size = u32::try_from(body.len() + 8).unwrap();
        [&size.to_be_bytes()[..], &size.to_be_bytes(), &body].concat()
    }

    fn list(pairs: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        bytes.extend(pairs.concat());
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn every_form_is_read_or_stepped_over() {
        let child = list(&[pair("id", 8, 1, &7_u64.to_be_bytes())]);
        let body = list(&[
            pair("is_log", 1, 0, &[]),
            pair("name", 9, 1, b"ta\x1bnk"),
            pair("guid", 8, 1, &u64::MAX.to_be_bytes()),
            pair("array", 16, 2, &[0; 20]),
            pair("tree", 19, 1, &child),
            pair("children", 20, 2, &[child.clone(), child].concat()),
        ]);
        let it = List::unpack(&[&[1, 1, 0, 0][..], &body].concat()).unwrap();
        assert_eq!(it.text("name"), Some("ta?nk"));
        assert_eq!(it.number("guid"), Some(u64::MAX));
        assert_eq!(it.list("tree").and_then(|tree| tree.number("id")), Some(7));
        assert_eq!(it.lists("children").len(), 2);
        assert_eq!((it.number("array"), it.number("is_log")), (None, None));
    }

    #[test]
    fn a_list_in_a_list_for_ever_ends() {
        let mut body = list(&[]);
        for _ in 0..40 {
            body = list(&[pair("c", 19, 1, &body)]);
        }
        let bytes = [&[1, 1, 0, 0][..], &body].concat();
        assert_eq!(List::unpack(&bytes), Err("the nvlist is nested too deep"));
    }

    #[test]
    fn a_count_without_bytes_costs_nothing() {
        let bytes = [&[1, 1, 0, 0][..], &list(&[pair("c", 20, u32::MAX, &[])])].concat();
        assert_eq!(List::unpack(&bytes), Err("the nvlist ends too early"));
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = List::unpack(&[&[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &bytes].concat());
        }

        #[test]
        fn damage_to_a_good_list_never_panics(at in 0_usize..200, byte in any::<u8>()) {
            let child = list(&[pair("id", 8, 1, &[0; 8]), pair("path", 9, 1, b"/dev/sda1")]);
            let body = list(&[pair("name", 9, 1, b"tank"), pair("c", 20, 2, &child.repeat(2))]);
            let mut bytes = [&[1, 1, 0, 0][..], &body].concat();
            if let Some(slot) = bytes.get_mut(at) {
                *slot = byte;
            }
            let _ = List::unpack(&bytes);
        }
    }
}
