//! The pages of the manual: zbay(1), and one for each command, made of the rows as the help is.

use anyhow::Result;
use clap::Command;
use clap_mangen::Man;

use super::parser::whole;
use super::row::Row;

/// Each page with its file name: `zbay.1`, `zbay-show-disk.1`.
///
/// # Errors
/// A page cannot be written.
pub fn pages(rows: &[Row]) -> Result<Vec<(String, String)>> {
    let mut pages = Vec::new();
    let root = whole(rows);
    let list = "zbay help TOPIC prints a document, and zbay help lists the topics.";
    add(&mut pages, &root, "zbay", &format!(".SH DOCUMENTS\n{}\n", escaped(list)))?;
    for row in rows {
        let Some(command) = root.find_subcommand(row.name).filter(|it| !it.is_hide_set()) else {
            continue;
        };
        add(&mut pages, command, &format!("zbay-{}", row.name), &examples(row))?;
        for below in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            add(&mut pages, below, &format!("zbay-{}-{}", row.name, below.get_name()), "")?;
        }
    }
    Ok(pages)
}

fn add(pages: &mut Vec<(String, String)>, command: &Command, name: &str, last: &str) -> Result<()> {
    let mut out = Vec::new();
    let command = command.clone().after_help(None::<&str>).version(env!("CARGO_PKG_VERSION"));
    let source = concat!("zbay ", env!("CARGO_PKG_VERSION"));
    Man::new(command.display_name(name)).title(name).source(source).render(&mut out)?;
    pages.push((format!("{name}.1"), String::from_utf8(out)? + last));
    Ok(())
}

fn examples(row: &Row) -> String {
    if row.examples.is_empty() {
        return String::new();
    }
    let mut out = ".SH EXAMPLES\n".to_owned();
    for (typed, what) in row.examples {
        out.extend([".TP\n.B ", &escaped(&format!("zbay {typed}")), "\n", &escaped(what), "\n"]);
    }
    out
}

/// What roff would read as its own.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")
}

#[cfg(test)]
mod tests {
    use super::pages;
    use crate::cmd::row::Group;
    use crate::cmd::table::TABLE;

    #[test]
    fn every_command_that_is_listed_has_a_page_with_what_it_takes() {
        let pages = pages(TABLE).unwrap();
        let page = |name: &str| pages.iter().find(|(file, _)| file == name).map(|(_, text)| text);
        for row in TABLE {
            let text = page(&format!("zbay-{}.1", row.name));
            assert_eq!(text.is_some(), row.group != Group::Hidden, "{}", row.name);
            let Some(text) = text else { continue };
            assert!(text.contains(".SH SYNOPSIS") && !text.contains('\u{1b}'), "{text}");
            let shown = text.contains(".SH EXAMPLES");
            assert_eq!(shown, !row.examples.is_empty(), "{}", row.name);
        }
        let first = page("zbay.1").unwrap();
        for words in ["zbay\\-status(1)", "zbay\\-expand(1)", "\\-\\-machine"] {
            assert!(first.contains(words), "{words}: {first}");
        }
        assert!(page("zbay-plan.1").unwrap().contains("\\-\\-onto\\-existing"));
        assert!(page("zbay-show-disk.1").unwrap().contains("\\-\\-list\\-cols"));
        assert!(page("zbay-expand-attach.1").is_some());
    }
}
