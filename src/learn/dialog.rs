//! The questions: plain lines out, plain lines in, so that a pipe can answer as well as a person.
//!
//! An answer that fits nothing, or two drives, or a drive that is in another bay already, is said to be so, and the
//! question comes again. The end of the input is `q`: what was found until then stands.

use std::io::{self, BufRead, Write};

use super::{Found, Proof, SUFFIX, ending};
use crate::names::{BayId, Serial};
use crate::table;

/// Makes a drive blink for a while; an error in words where it cannot.
pub type Blink<'b> = &'b mut dyn FnMut(&Found<'_>) -> Result<(), String>;

/// One conversation.
pub struct Dialog<'d, 'a> {
    /// The bays to ask for.
    pub bays: Vec<BayId>,
    /// The drives that may be in them.
    pub found: &'d [Found<'a>],
    /// Answers.
    pub input: &'d mut dyn BufRead,
    /// Questions.
    pub output: &'d mut dyn Write,
}

/// What was answered to the question for a bay.
enum Reply {
    Skip,
    Empty,
    Blink,
    Stop,
    Serial(String),
}

impl Reply {
    fn of(line: &str) -> Self {
        match line.trim() {
            "" => Self::Skip,
            "q" | "quit" => Self::Stop,
            "empty" => Self::Empty,
            "blink" => Self::Blink,
            word => Self::Serial(word.split_whitespace().collect()),
        }
    }
}

impl Dialog<'_, '_> {
    /// Asks for each bay once; the proofs in the order of the bays.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn ask(&mut self, blink: Blink<'_>) -> io::Result<Vec<Proof>> {
        self.introduce()?;
        let mut proofs: Vec<Proof> = Vec::new();
        let mut turn = 0;
        for bay in self.bays.clone() {
            while !proofs.iter().any(|proof| proof.bay == bay) {
                write!(
                    self.output,
                    "{}: last {SUFFIX} characters of its serial (enter: skip, empty, blink, q: stop): ",
                    bay.spoken()
                )?;
                let Some(line) = self.line()? else { return Ok(self.sorted(proofs)) };
                match Reply::of(&line) {
                    Reply::Stop => return Ok(self.sorted(proofs)),
                    Reply::Skip | Reply::Empty => break,
                    Reply::Blink => self.blinked(&mut proofs, &mut turn, blink)?,
                    Reply::Serial(end) => match self.named(&end, &proofs) {
                        Ok(one) => proofs.push(proof(&bay, one)),
                        Err(why) => writeln!(self.output, "  {why}")?,
                    },
                }
            }
        }
        Ok(self.sorted(proofs))
    }

    fn introduce(&mut self) -> io::Result<()> {
        let row = |found: &Found<'_>| {
            let drive = &found.drive;
            let model = drive.model.clone().unwrap_or_else(|| "no model".to_owned());
            vec![serial(found).to_owned(), model, drive.size.tb(), found.port.to_owned()]
        };
        let rows: Vec<_> = self.found.iter().map(row).collect();
        write!(self.output, "{}", table::list_fit(2, &rows))?;
        writeln!(
            self.output,
            "\nread the serial on the drive in each bay, its last {SUFFIX} characters will do.\n\
             `empty`: no drive is in it. `blink`: one of them blinks, and you say where.\n\
             nothing is written before you are asked\n"
        )
    }

    /// The drive that is meant, if it is one and in no other bay.
    fn named(&self, end: &str, proofs: &[Proof]) -> Result<&Found<'_>, String> {
        let all = ending(self.found, end);
        let whole = all.iter().any(|found| serial(found).eq_ignore_ascii_case(end));
        let serials = |all: &[&Found<'_>]| {
            all.iter().map(|found| serial(found)).collect::<Vec<_>>().join(", ")
        };
        match &all[..] {
            [] => {
                let there: Vec<_> = self.found.iter().collect();
                Err(format!(
                    "no drive's serial ends in `{}`: there are {}",
                    plain(end),
                    serials(&there)
                ))
            }
            [_, _, ..] if whole => {
                Err("two drives have that serial: `blink` tells them apart".to_owned())
            }
            [_, _, ..] => Err(format!("more characters, please: {} end like that", serials(&all))),
            [_] if !whole && end.len() < SUFFIX => {
                Err(format!("at least {SUFFIX} characters, so that a slip is noticed"))
            }
            [one] => match proofs.iter().find(|proof| proof.port == one.port) {
                Some(proof) => Err(format!(
                    "{} is in {}: a drive can only be in one bay",
                    serial(one),
                    proof.bay.spoken()
                )),
                None => Ok(one),
            },
        }
    }

    /// Makes the next drive whose bay is not known blink, and asks in which bay it was.
    fn blinked(
        &mut self,
        proofs: &mut Vec<Proof>,
        turn: &mut usize,
        blink: Blink<'_>,
    ) -> io::Result<()> {
        let open: Vec<_> = self
            .found
            .iter()
            .filter(|found| !proofs.iter().any(|proof| proof.port == found.port))
            .collect();
        let Some(one) = open.get(*turn % open.len().max(1)).copied() else {
            return writeln!(self.output, "  the bays of all drives are known");
        };
        *turn += 1;
        writeln!(self.output, "  {} blinks now: three short bursts and a pause", serial(one))?;
        if let Err(why) = blink(one) {
            return writeln!(self.output, "  {why}");
        }
        loop {
            write!(self.output, "  in which bay was it? (enter: not seen): ")?;
            let line = self.line()?.unwrap_or_default();
            let word = line.trim().trim_start_matches("bay").trim();
            if word.is_empty() {
                return Ok(());
            }
            let bay = self.bays.iter().find(|bay| bay.as_str() == word);
            match bay {
                None => {
                    let all: Vec<&str> = self.bays.iter().map(BayId::as_str).collect();
                    writeln!(self.output, "  that is not one of the bays {}", all.join(", "))?;
                }
                Some(bay) if proofs.iter().any(|proof| proof.bay == *bay) => {
                    writeln!(self.output, "  another drive is in {}", bay.spoken())?;
                }
                Some(bay) => {
                    proofs.push(proof(bay, one));
                    return Ok(());
                }
            }
        }
    }

    /// `None`: the input has ended.
    fn line(&mut self) -> io::Result<Option<String>> {
        self.output.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            writeln!(self.output)?;
            return Ok(None);
        }
        Ok(Some(line))
    }

    fn sorted(&self, mut proofs: Vec<Proof>) -> Vec<Proof> {
        proofs.sort_by_key(|proof| self.bays.iter().position(|bay| *bay == proof.bay));
        proofs
    }
}

fn serial<'f>(found: &'f Found<'_>) -> &'f str {
    found.drive.serial.as_ref().map_or("", Serial::as_str)
}

fn plain(word: &str) -> String {
    crate::words::plain(&word.chars().take(40).collect::<String>())
}

fn proof(bay: &BayId, found: &Found<'_>) -> Proof {
    Proof { bay: bay.clone(), port: found.port.to_owned(), serial: serial(found).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::Dialog;
    use crate::learn::{Found, found, open_bays};
    use crate::render::fixture::{hw, inventory};

    /// What was proved, as `bay port`, and what was said.
    fn talk(answers: &str, blinks: &mut Vec<String>) -> (Vec<String>, String) {
        let (hw, inventory) = (hw("hp-microserver-gen8"), inventory());
        let all = found(&hw, &inventory);
        let mut output = Vec::new();
        let mut dialog = Dialog {
            bays: open_bays(&hw).into_iter().map(|bay| bay.bay.clone()).collect(),
            found: &all,
            input: &mut answers.as_bytes(),
            output: &mut output,
        };
        let mut blink = |found: &Found<'_>| {
            blinks.push(found.disk.name.clone());
            if blinks.len() > 2 { Err("no light".to_owned()) } else { Ok(()) }
        };
        let proofs = dialog.ask(&mut blink).unwrap();
        let short = |port: &str| port.rsplit('-').next().unwrap().to_owned();
        let proofs = proofs.iter().map(|it| format!("{} {}", it.bay, short(&it.port))).collect();
        (proofs, String::from_utf8(output).unwrap())
    }

    #[test]
    fn serials_say_which_port_is_which_bay() {
        let (proofs, said) = talk("EXA3\nexa2\n z1e0exa1 \nMPLE\n", &mut Vec::new());
        assert_eq!(proofs, ["1 4", "2 3", "3 2", "4 1"]);
        assert!(
            said.contains("  S13PJ0EXAMPLE  SAMSUNG HD103UJ     1.00 TB  pci-0000:00:1f.2-ata-1\n")
        );
        let before = said.split("bay 1:").next().unwrap();
        assert!(before.lines().all(|line| line.len() <= 80), "{said}");
    }

    #[test]
    fn what_fits_nothing_or_two_is_asked_again() {
        let (proofs, said) = talk("XXXX\nA1\nEXA1\nEXA1\nEXA2\nempty\n\n", &mut Vec::new());
        assert_eq!(proofs, ["1 2", "2 3"]);
        for words in [
            "no drive's serial ends in `XXXX`: there are S13PJ0EXAMPLE, Z1E0EXA1, Z4Z0EXA2, Z4Z0EXA3",
            "at least 4 characters",
            "Z1E0EXA1 is in bay 1: a drive can only be in one bay",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(said.matches("bay 2: last").count(), 2, "{said}");
        let (none, said) = talk("E\n", &mut Vec::new());
        assert!(none.is_empty() && said.contains("at least 4"), "{said}");
    }

    #[test]
    fn the_end_of_the_answers_keeps_what_was_found() {
        assert_eq!(talk("EXA1\nq\nEXA2\n", &mut Vec::new()).0, ["1 2"]);
        assert_eq!(talk("EXA1\n", &mut Vec::new()).0, ["1 2"]);
        assert!(talk("", &mut Vec::new()).0.is_empty());
    }

    #[test]
    fn a_drive_that_blinks_is_found_by_looking() {
        let mut blinks = Vec::new();
        let (proofs, said) = talk("blink\n7\nbay 3\nblink\n3\n1\nblink\nEXA3\n\n", &mut blinks);
        assert_eq!(blinks[..2], ["sda", "sdc"]);
        assert_eq!(proofs[..2], ["1 3", "2 4"], "{said}");
        assert_eq!(proofs[2..], ["3 1"]);
        for words in ["not one of the bays 1, 2, 3, 4", "another drive is in bay 3", "  no light"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
}
