//! The text of a description with another order of its bays: ports and sureness are replaced where they stand, every
//! comment and all else is left as it was. What comes out is read again and must say what was meant, or it is refused.

use std::ops::Range;

use serde_json::Value;
use thiserror::Error;

use super::Proof;
use crate::fault::Faults;
use crate::hw::{Bay, Hw, Sure};
use crate::names::BayId;
use crate::words;
use crate::yaml::{Parsed, read};

/// How the line begins that says where an order is from.
const MARK: &str = "# Found on this server with `zbay learn`: ";

/// Why there is no such text.
#[derive(Debug, Error)]
pub enum EditError {
    /// What came out is no sound description.
    #[error("the new description is not valid, so it was not written\n{0}")]
    Faults(Faults),
    /// It says something else.
    #[error(
        "{0} is written in a way that cannot be edited safely, so it was left alone\n\
         do this  put the ports that were found into it by hand"
    )]
    Other(String),
}

/// The text with the proofs in it.
///
/// # Errors
/// A text that would not say what was meant.
pub fn renewed(was: &Parsed<Hw>, proofs: &[Proof]) -> Result<String, EditError> {
    let order = super::order(&was.value, proofs);
    let mut wanted = was.value.clone();
    for (bay, (port, sure)) in wanted.bays.iter_mut().zip(&order) {
        bay.link = link(&was.value, bay, port);
        bay.port.clone_from(port);
        bay.sure = *sure;
    }
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (at, (bay, (port, sure))) in was.value.bays.iter().zip(&order).enumerate() {
        let place = was.span(&format!("bays[{at}].port"));
        if bay.port != *port {
            edits.push((place.clone(), format!("\"{port}\"")));
        }
        if bay.sure != *sure {
            edits.push(sureness(was, at, place.end, *sure));
        }
        let speed = link(&was.value, bay, port);
        if bay.link != speed {
            let place = was.span(&format!("bays[{at}].link"));
            edits.push((place, speed.map_or_else(|| "null".to_owned(), |speed| speed.to_string())));
        }
    }
    // From the end, so that places before stay where they are; at one place the insertion comes behind the value.
    edits.sort_by_key(|(place, _)| (place.start, place.end));
    let mut out = was.text.clone();
    for (place, with) in edits.into_iter().rev() {
        if out.get(place.clone()).is_none() {
            return Err(EditError::Other(was.file.clone()));
        }
        out.replace_range(place, &with);
    }
    let out = marked(&out, &learned(&wanted));
    let now = read::<Hw>(&was.file, out.as_bytes()).map_err(EditError::Faults)?;
    if value(&now.value) != value(&wanted) {
        return Err(EditError::Other(was.file.clone()));
    }
    Ok(out)
}

fn value(hw: &Hw) -> Value {
    serde_json::to_value(hw).unwrap_or_else(|why| Value::from(why.to_string()))
}

/// The speed of a bay's link once it has this port: it is the port's. Of one that is not described it is not known; what
/// said nothing before goes on saying nothing.
fn link(hw: &Hw, bay: &Bay, port: &str) -> Option<u32> {
    bay.link?;
    hw.bays.iter().find(|other| other.port == port).and_then(|other| other.link)
}

fn learned(hw: &Hw) -> Vec<BayId> {
    let learned = hw.bays.iter().filter(|bay| bay.sure == Sure::Learned);
    learned.map(|bay| bay.bay.clone()).collect()
}

/// Replaces the word, or adds the key behind the port where it was left out.
fn sureness(was: &Parsed<Hw>, at: usize, port_ends: usize, sure: Sure) -> (Range<usize>, String) {
    let whole = was.span(&format!("bays[{at}]"));
    let place = was.span(&format!("bays[{at}].sure"));
    if place != whole {
        return (place, sure.to_string());
    }
    let text = &was.text;
    let before = text.get(..port_ends).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let key = text.get(line..port_ends).and_then(|line| line.rfind("port")).unwrap_or(0);
    let head = text.get(line..line + key).unwrap_or_default();
    if head.trim_end().ends_with(['{', ',']) {
        return (port_ends..port_ends, format!(", sure: {sure}"));
    }
    let ends = text.get(port_ends..).and_then(|rest| rest.find('\n'));
    let ends = ends.map_or(text.len(), |more| port_ends + more);
    (ends..ends, format!("\n{}sure: {sure}", " ".repeat(key)))
}

/// The first line says what was learned, once.
fn marked(text: &str, bays: &[BayId]) -> String {
    let rest = match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(MARK) => rest,
        _ => text,
    };
    format!("{MARK}{}.\n{rest}", words::bays(bays))
}

/// The lines that differ, as diff(1) shows them: `-` was, `+` is.
pub fn difference(was: &str, is: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (was.lines().collect(), is.lines().collect());
    let (mut old, mut new) = (&old[..], &new[..]);
    let mut out = String::new();
    let mut show = |sign: char, line: &str| {
        out.push(sign);
        out.extend([" ", words::plain(line).as_str(), "\n"]);
    };
    loop {
        match (old.split_first(), new.split_first()) {
            (None, None) => return out,
            (Some((a, old_rest)), Some((b, new_rest))) if a == b => {
                (old, new) = (old_rest, new_rest);
            }
            (Some((a, _)), Some((b, new_rest))) if new_rest.contains(a) => {
                show('+', b);
                new = new_rest;
            }
            (Some((a, old_rest)), Some((b, _))) if old_rest.contains(b) => {
                show('-', a);
                old = old_rest;
            }
            (a, b) => {
                if let Some((line, rest)) = a {
                    show('-', line);
                    old = rest;
                }
                if let Some((line, rest)) = b {
                    show('+', line);
                    new = rest;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, difference, renewed};
    use crate::hw::{Hw, Sure};
    use crate::learn::Proof;
    use crate::shipped::HW;
    use crate::yaml::{Parsed, read};

    fn parsed(name: &str, text: &str) -> Parsed<Hw> {
        read::<Hw>(name, text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"))
    }

    fn proof(bay: &str, port: &str) -> Proof {
        Proof { bay: bay.parse().unwrap(), port: port.to_owned(), serial: "S".to_owned() }
    }

    #[test]
    fn every_shipped_description_can_be_turned_round_and_keeps_its_comments() {
        let mut turned = 0;
        for (name, old) in HW {
            let was = parsed(name, old);
            let ports: Vec<String> =
                was.value.bays.iter().rev().map(|bay| bay.port.clone()).collect();
            let proofs: Vec<Proof> = was
                .value
                .bays
                .iter()
                .zip(&ports)
                .map(|(bay, port)| proof(bay.bay.as_str(), port))
                .collect();
            if proofs.is_empty() {
                continue;
            }
            turned += 1;
            let new = renewed(&was, &proofs).unwrap();
            let now = parsed(name, &new).value;
            assert!(now.bays.iter().zip(&ports).all(|(bay, port)| bay.port == *port), "{new}");
            assert!(now.bays.iter().all(|bay| bay.sure == Sure::Learned), "{new}");
            let comments = |text: &str| text.matches('#').count();
            assert_eq!(comments(&new), comments(old) + 1, "{name}");
            assert_eq!(new.lines().count(), old.lines().count() + 1, "{name}");
            // Learned again: the same text.
            assert_eq!(renewed(&parsed(name, &new), &proofs).unwrap(), new);
        }
        assert!(turned >= 2);
    }

    #[test]
    fn a_key_that_was_left_out_is_added_in_either_way_of_writing() {
        let was = parsed(
            "x",
            "hardware: x\ntitle: X\nbays:\n  - {bay: 1, port: \"pci-1\", link: 3000}\n  - bay: 2\n    port: pci-2   # the right one\n    link: 3000\n",
        );
        let new = renewed(&was, &[proof("1", "pci-2"), proof("2", "pci-1")]).unwrap();
        let wanted = "bays 1-2.\nhardware: x\ntitle: X\nbays:\n  - {bay: 1, port: \"pci-2\", sure: learned, link: 3000}\n  - bay: 2\n    port: \"pci-1\"   # the right one\n    sure: learned\n    link: 3000\n";
        assert_eq!(new, format!("{MARK}{wanted}"));
    }

    #[test]
    fn only_what_is_proved_is_learned() {
        let (name, old) = HW[0];
        let new = renewed(&parsed(name, old), &[proof("2", "pci-0000:00:1f.2-ata-2")]).unwrap();
        assert!(new.starts_with(&format!("{MARK}bay 2.\n# HP")), "{new}");
        let shown = difference(old, &new);
        let wanted = format!(
            "+ {MARK}bay 2.\n- {0}assumed{1}\n+ {0}learned{1}\n",
            "  - {bay: 2, port: \"pci-0000:00:1f.2-ata-2\", sure: ",
            ", link: 6000, link_sure: verified, form: 3.5 inch}"
        );
        assert_eq!(shown, wanted);
        assert_eq!(difference(old, old), "");
    }
}
