//! Asks for the passphrases that steps need, before the first of them is done: without showing them at a terminal, else a
//! line of standard input for each.

use std::io::IsTerminal;

use anyhow::{Result, bail};

use crate::apply::secrets::Secrets;
use crate::machine::local::{hidden_line, short_line};
use crate::step::Step;

/// What ZFS takes (zfsprops(7), keyformat), bytes.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=512;

/// All that the steps ask for.
///
/// # Errors
/// None was given, two that differ, or one that ZFS does not take.
pub fn ask(steps: &[Step]) -> Result<Secrets> {
    let mut secrets = Secrets::default();
    let stdin = std::io::stdin();
    let is_terminal = stdin.is_terminal();
    let line = |question: &str| -> Result<Option<String>> {
        if is_terminal {
            return Ok(hidden_line(question)?);
        }
        Ok(short_line(stdin.lock())?)
    };
    for (dataset, is_new) in steps.iter().flat_map(Step::asks) {
        let Some(typed) = line(&format!("passphrase of {dataset}: "))? else {
            bail!(
                "no passphrase was given for {dataset}, so nothing was written\n\
                 do this  type it at a terminal, or pass it as a line of standard input"
            );
        };
        if !LENGTH.contains(&typed.len()) {
            bail!(
                "the passphrase of {dataset} has {} bytes, so nothing was written\n\
                 do this  use {} to {}: ZFS accepts nothing else",
                typed.len(),
                LENGTH.start(),
                LENGTH.end()
            );
        }
        if is_new && is_terminal && line("the same again: ")?.as_ref() != Some(&typed) {
            bail!("the two differ, so nothing was written");
        }
        secrets.keep(dataset, typed);
    }
    Ok(secrets)
}
