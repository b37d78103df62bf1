//! Risk, power and cost of a pool: one sentence, or the section of `--explain`.

use crate::risk::Odds;
use crate::risk::explain::Line;
use crate::table;
use crate::words;

/// The sentence, with the cost where a price was told; or everything.
pub fn text(odds: &Odds, explain: bool) -> String {
    let mut out = odds.sentence().map_or_else(String::new, |it| words::labelled("risk", &it));
    if explain {
        out.push('\n');
    }
    for line in odds.explain() {
        match line {
            Line::Text(label, said) if explain || label == "cost" => {
                out.push_str(&words::labelled(label, &said));
            }
            Line::Table(header, rows) if explain => {
                out.push_str(&table::bars(Some(&header), &rows));
            }
            _ => {}
        }
    }
    out
}
