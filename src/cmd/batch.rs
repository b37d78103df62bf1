//! `zbay capacity --batch`: lines of JSON from standard input, an answer to each on standard output.
//!
//! Answers come in the order of the lines and as soon as the input pauses. A reader that has seen enough is no fault.

use std::io::{BufRead, ErrorKind, Read, Write};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::capacity::Terms;
use crate::capacity::batch::{Batch, refuse};

/// The longest line: more than 10^4 drives take a hundredth of it.
const LONGEST: usize = 16 << 20;
/// Answers are written in pieces of about so many bytes.
const PIECE: usize = 1 << 16;

/// Answers all lines; whether all of them could be.
pub fn run(mut input: impl BufRead, mut output: impl Write, terms: Terms) -> Result<bool> {
    let mut batch = Batch::new(terms);
    let (mut line, mut out, mut fine) = (Vec::new(), Vec::with_capacity(2 * PIECE), true);
    loop {
        // What waits for more input is given away first: somebody may want to read it before they go on.
        let more = input.fill_buf().context("standard input")?;
        if more.is_empty() {
            break;
        }
        let ends_within = more.contains(&b'\n');
        if (out.len() > PIECE || !ends_within) && !give(&mut output, &mut out)? {
            return Ok(fine);
        }
        line.clear();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
        let read =
            input.by_ref().take(most).read_until(b'\n', &mut line).context("standard input")?;
        if read == LONGEST && line.last() != Some(&b'\n') {
            skip(&mut input).context("standard input")?;
            refuse(&Value::Null, &format!("a line of more than {LONGEST} bytes"), &mut out);
            fine = false;
            continue;
        }
        fine &= batch.answer(&line, &mut out);
    }
    give(&mut output, &mut out)?;
    Ok(fine)
}

/// Reads to the end of a line.
fn skip(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let (used, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        input.consume(used);
        if ended {
            return Ok(());
        }
    }
}

/// Writes what there is; `false`: nobody reads any more.
fn give(output: &mut impl Write, out: &mut Vec<u8>) -> Result<bool> {
    let given = output.write_all(out).and_then(|()| output.flush());
    out.clear();
    match given {
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(false),
        other => other.context("standard output").map(|()| true),
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, run};
    use crate::capacity::Terms;

    fn answers(input: &[u8]) -> (bool, Vec<String>) {
        let mut out = Vec::new();
        let fine = run(input, &mut out, Terms::default()).unwrap();
        (fine, String::from_utf8(out).unwrap().lines().map(str::to_owned).collect())
    }

    const GOOD: &str = r#"{"id": 1, "vdevs": [{"type": "stripe", "children": [1000204886016]}]}"#;

    #[test]
    fn a_bad_line_does_not_stop_the_rest() {
        let (fine, lines) = answers(format!("{GOOD}\nnonsense\n{GOOD}").as_bytes());
        assert!(!fine);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with(r#"{"id":null,"error":"expected"#), "{}", lines[1]);
        assert_eq!(lines[0], lines[2]);
        assert_eq!(answers(format!("{GOOD}\n").as_bytes()), (true, vec![lines[0].clone()]));
        assert_eq!(answers(b""), (true, vec![]));
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut input = vec![b' '; 2 * LONGEST];
        input.push(b'\n');
        input.extend(GOOD.as_bytes());
        let (fine, lines) = answers(&input);
        assert!(!fine && lines.len() == 2);
        assert_eq!(lines[0], r#"{"id":null,"error":"a line of more than 16777216 bytes"}"#);
    }
}
