//! Passphrases that a person typed for the steps that ask: in memory, and on the standard input of one command each.

use std::collections::BTreeMap;
use std::fmt;

use crate::machine::Change;

/// By dataset.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, String>);

/// Nobody was asked for any.
pub static NONE: Secrets = Secrets(BTreeMap::new());

impl Secrets {
    /// Keeps the passphrase of a dataset.
    pub fn keep(&mut self, dataset: &str, passphrase: String) {
        self.0.insert(dataset.to_owned(), passphrase);
    }

    /// The change with its passphrase on the command's standard input, where it asks for one that was typed.
    pub(super) fn fill(&self, change: Change) -> Change {
        let Change::Run(mut cmd) = change else { return change };
        let typed = cmd.asks.as_ref().and_then(|dataset| self.0.get(dataset));
        if let Some(typed) = typed {
            cmd.stdin = Some(format!("{typed}\n").into_bytes());
        }
        Change::Run(cmd)
    }
}

impl fmt::Debug for Secrets {
    /// Whose, and not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
